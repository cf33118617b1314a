-- Several sets of credentials for each person. What is sealed is bound to the set's id and its owner; the one set of before is still
-- bound to `credentials/aws` and is sealed anew when it is first used.
ALTER TABLE credentials RENAME TO credentials_of_before;
CREATE TABLE credentials (
  id       TEXT PRIMARY KEY,
  owner    TEXT NOT NULL REFERENCES people (id),
  name     TEXT NOT NULL COLLATE NOCASE,
  -- `aws_keys`, `aws_role` or `ssh_key`.
  kind     TEXT NOT NULL,
  sealed   BLOB NOT NULL,
  region   TEXT,
  -- What may be shown of it: names with texts, JSON.
  shown    TEXT NOT NULL,
  saved_ms INTEGER NOT NULL,
  -- Who the provider says that it is.
  identity TEXT,
  -- Why it did not work when it was last used; NULL: it did, or was not.
  fault    TEXT,
  UNIQUE (owner, name)
) STRICT, WITHOUT ROWID;
INSERT INTO credentials (id, owner, name, kind, sealed, region, shown, saved_ms)
SELECT 'aws', 'admin', 'default', CASE kind WHEN 'role' THEN 'aws_role' ELSE 'aws_keys' END, sealed, region,
  json_patch('{}', json_object(
    'access_key_id', json_extract(shown, '$.access_key_id'),
    'role_arn', json_extract(shown, '$.role_arn'),
    'external_id', CASE json_extract(shown, '$.has_external_id') WHEN 1 THEN 'saved' END,
    'session_token', CASE json_extract(shown, '$.has_session_token') WHEN 1 THEN 'saved' END)),
  saved_ms
FROM credentials_of_before WHERE id = 'aws';
DROP TABLE credentials_of_before;

-- Links that show runs to whoever has them. The secret is kept as its SHA-256 only.
CREATE TABLE shares (
  id         TEXT PRIMARY KEY,
  digest     TEXT NOT NULL UNIQUE,
  -- `run` or `comparison`.
  kind       TEXT NOT NULL,
  -- Ids with commas between, in the order in which they are compared.
  runs       TEXT NOT NULL,
  person     TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  created_ms INTEGER NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX shares_by_runs ON shares (kind, runs);
CREATE INDEX shares_by_person ON shares (person);

-- A JAC of before knows one set, and would seal over it.
UPDATE oldest_reader SET schema = 7;
