-- Names are compared by Unicode's case folding (`folded`, a function of ours), not only in the letters A to Z. `name_key` is what accounts and teams
-- are found and sorted by. Where two had names that are one by that rule, the one that was added first keeps the key; the key of the other has its id
-- behind it, and it is found by its name exactly as it is written.
ALTER TABLE people ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE people SET name_key = folded(name);
UPDATE people SET name_key = name_key || char(31) || id WHERE id IN (
  SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY name_key ORDER BY created_ms, id) AS place FROM people) WHERE place > 1
);
CREATE UNIQUE INDEX people_by_name ON people (name_key);
CREATE INDEX people_by_created ON people (created_ms, id);
-- As lists sort by it: a cursor cannot compare with NULL.
ALTER TABLE people ADD COLUMN seen_ms INTEGER GENERATED ALWAYS AS (ifnull(last_seen_ms, -1)) VIRTUAL;
CREATE INDEX people_by_last_seen ON people (seen_ms, id);

ALTER TABLE teams ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE teams SET name_key = folded(name);
UPDATE teams SET name_key = name_key || char(31) || id WHERE id IN (
  SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY name_key ORDER BY rowid) AS place FROM teams) WHERE place > 1
);
CREATE UNIQUE INDEX teams_by_name ON teams (name_key);

-- What people own is counted for the few of one page.
CREATE INDEX clusters_by_owner ON clusters (owner) WHERE phase <> 'terminated';
CREATE INDEX plans_by_owner ON plans (owner);

-- Tags and the texts that are searched are kept folded.
UPDATE OR REPLACE run_tags SET tag = folded(tag) WHERE tag <> folded(tag) COLLATE BINARY;
UPDATE runs SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
UPDATE clusters SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
UPDATE plans SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';
UPDATE schedules SET search = folded(search) WHERE search GLOB '*[^' || char(1) || '-~]*';

-- A JAC of before adds people without a key.
UPDATE oldest_reader SET schema = 17;
