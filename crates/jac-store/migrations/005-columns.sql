-- What lists filter, sort and show stands in narrow rows; the documents are in tables of their own, which no list reads.
-- Rows that are taken over have the version 0 until their columns have been filled from their documents (documents.rs).
-- In columns that are sorted by, -1 says that the figure is not there: a cursor cannot compare with NULL.
ALTER TABLE clusters RENAME TO former_clusters;
ALTER TABLE plans RENAME TO former_plans;
ALTER TABLE runs RENAME TO former_runs;
ALTER TABLE cluster_events RENAME TO former_cluster_events;
ALTER TABLE run_series RENAME TO former_run_series;

CREATE TABLE clusters (
  id           TEXT PRIMARY KEY,
  version      INTEGER NOT NULL,
  created_ms   INTEGER NOT NULL,
  phase        TEXT NOT NULL,
  name         TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
  owner        TEXT NOT NULL DEFAULT '',
  owner_name   TEXT NOT NULL DEFAULT '',
  team         TEXT,
  team_name    TEXT,
  provider     TEXT NOT NULL DEFAULT '',
  -- Whose rights its machines are made with; NULL: it needs none.
  credential   TEXT,
  cause        TEXT,
  workers      INTEGER NOT NULL DEFAULT 0,
  lost_nodes   TEXT NOT NULL DEFAULT '[]',
  current_run  TEXT,
  ready_ms     INTEGER,
  ended_ms     INTEGER,
  expires_ms   INTEGER NOT NULL DEFAULT -1,
  idle_ends_ms INTEGER,
  usd_per_hour REAL,
  search       TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE cluster_documents (
  id       TEXT PRIMARY KEY REFERENCES clusters ON DELETE CASCADE,
  schema   INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

CREATE TABLE cluster_events (
  id      INTEGER PRIMARY KEY,
  cluster TEXT NOT NULL REFERENCES clusters ON DELETE CASCADE,
  at_ms   INTEGER NOT NULL,
  node    TEXT,
  text    TEXT NOT NULL
) STRICT;

CREATE TABLE plans (
  id          TEXT PRIMARY KEY,
  version     INTEGER NOT NULL,
  created_ms  INTEGER NOT NULL,
  name        TEXT NOT NULL DEFAULT '' COLLATE NOCASE,
  owner       TEXT NOT NULL DEFAULT '',
  owner_name  TEXT NOT NULL DEFAULT '',
  team        TEXT,
  team_name   TEXT,
  revision    INTEGER NOT NULL DEFAULT 1,
  ephemeral   INTEGER NOT NULL DEFAULT 0,
  main_file   TEXT NOT NULL DEFAULT '',
  files       INTEGER NOT NULL DEFAULT 0,
  bytes       INTEGER NOT NULL DEFAULT 0,
  -- When its newest run was asked for.
  last_run_ms INTEGER NOT NULL DEFAULT -1,
  search      TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE plan_documents (
  id       TEXT PRIMARY KEY REFERENCES plans ON DELETE CASCADE,
  schema   INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

-- A run keeps the ids and names of its plan and its cluster when those are gone.
CREATE TABLE runs (
  id            TEXT PRIMARY KEY,
  version       INTEGER NOT NULL,
  created_ms    INTEGER NOT NULL,
  phase         TEXT NOT NULL,
  cluster       TEXT NOT NULL,
  plan          TEXT NOT NULL,
  name          TEXT NOT NULL DEFAULT '',
  cluster_name  TEXT NOT NULL DEFAULT '',
  plan_name     TEXT NOT NULL DEFAULT '',
  plan_revision INTEGER,
  owner         TEXT NOT NULL DEFAULT '',
  owner_name    TEXT NOT NULL DEFAULT '',
  team          TEXT,
  team_name     TEXT,
  provider      TEXT,
  step          TEXT NOT NULL DEFAULT '',
  -- The kind of the cause, and the cause whole, JSON.
  cause         TEXT,
  cause_whole   TEXT,
  verdict       TEXT NOT NULL DEFAULT 'none',
  workers       INTEGER NOT NULL DEFAULT 0,
  pinned        INTEGER NOT NULL DEFAULT 0,
  started_ms    INTEGER NOT NULL DEFAULT -1,
  ended_ms      INTEGER NOT NULL DEFAULT -1,
  duration_ms   INTEGER NOT NULL DEFAULT -1,
  expected_s    INTEGER,
  stop_requested TEXT,
  samples       INTEGER NOT NULL DEFAULT -1,
  errors        INTEGER NOT NULL DEFAULT -1,
  p95_ms        REAL NOT NULL DEFAULT -1,
  rate_per_s    REAL NOT NULL DEFAULT -1,
  active_users  INTEGER,
  search        TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE run_documents (
  id       TEXT PRIMARY KEY REFERENCES runs ON DELETE CASCADE,
  schema   INTEGER NOT NULL,
  document TEXT NOT NULL,
  -- What was measured, as far as a run's page shows it beside its report; NULL until the run has finished.
  result   TEXT
) STRICT;

CREATE TABLE run_series (
  run       TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
  t_ms      INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  bucket_ms INTEGER NOT NULL,
  point     TEXT NOT NULL,
  PRIMARY KEY (run, t_ms)
) STRICT, WITHOUT ROWID;

INSERT INTO clusters (id, version, created_ms, phase) SELECT id, 0, created_ms, phase FROM former_clusters ORDER BY created_ms;
INSERT INTO cluster_documents SELECT id, 1, document FROM former_clusters ORDER BY created_ms;
INSERT INTO cluster_events SELECT rowid, cluster, at_ms, node, text FROM former_cluster_events
  WHERE cluster IN (SELECT id FROM clusters) ORDER BY rowid;
INSERT INTO plans (id, version, created_ms) SELECT id, 0, created_ms FROM former_plans ORDER BY created_ms;
INSERT INTO plan_documents SELECT id, 1, document FROM former_plans ORDER BY created_ms;
INSERT INTO runs (id, version, created_ms, phase, cluster, plan)
  SELECT id, 0, created_ms, phase, cluster, plan FROM former_runs ORDER BY created_ms;
INSERT INTO run_documents SELECT id, 1, document, result FROM former_runs ORDER BY created_ms;
INSERT INTO run_series SELECT * FROM former_run_series WHERE run IN (SELECT id FROM runs);

DROP TABLE former_clusters;
DROP TABLE former_plans;
DROP TABLE former_runs;
DROP TABLE former_cluster_events;
DROP TABLE former_run_series;

-- The one that writes a name here writes it in lists/*.rs, which tells SQLite which index a list takes.
CREATE INDEX clusters_living ON clusters (created_ms, id) WHERE phase <> 'terminated';
CREATE INDEX clusters_by_created ON clusters (created_ms, id);
CREATE INDEX clusters_by_expires ON clusters (expires_ms, id);
CREATE INDEX clusters_by_name ON clusters (name, id);
CREATE INDEX clusters_by_ended ON clusters (ended_ms) WHERE phase = 'terminated';
CREATE INDEX clusters_unfilled ON clusters (id) WHERE version = 0;
CREATE INDEX cluster_events_by_cluster ON cluster_events (cluster, id);

CREATE INDEX plans_by_created ON plans (created_ms, id);
CREATE INDEX plans_by_name ON plans (name, id);
CREATE INDEX plans_by_last_run ON plans (last_run_ms, id);
CREATE INDEX plans_ephemeral ON plans (created_ms) WHERE ephemeral = 1;
CREATE INDEX plans_unfilled ON plans (id) WHERE version = 0;

CREATE INDEX runs_unfinished ON runs (phase, created_ms, id) WHERE phase <> 'finished';
CREATE INDEX runs_unfilled ON runs (id) WHERE version = 0;
CREATE INDEX runs_by_plan ON runs (plan, created_ms, id);
CREATE INDEX runs_by_cluster ON runs (cluster, created_ms, id);
CREATE INDEX runs_by_owner ON runs (owner, created_ms, id);
-- The filters stand in each index of an order: a page whose filter few rows pass reads the index only.
CREATE INDEX runs_by_created ON runs (created_ms, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, search);
CREATE INDEX runs_by_started ON runs (started_ms, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, created_ms, search);
CREATE INDEX runs_by_duration ON runs (duration_ms, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, created_ms, search);
CREATE INDEX runs_by_samples ON runs (samples, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, created_ms, search);
CREATE INDEX runs_by_errors ON runs (errors, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, created_ms, search);
CREATE INDEX runs_by_p95 ON runs (p95_ms, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, created_ms, search);
CREATE INDEX runs_by_rate ON runs (rate_per_s, id, version, owner, team, provider, phase, verdict, pinned, plan, cluster, created_ms, search);

-- A JAC of before does not find the documents.
UPDATE oldest_reader SET schema = 5;
