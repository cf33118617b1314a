-- Where people have the results of their own runs stored: a place in S3, with one of their sets of credentials.
CREATE TABLE results_stores (
  id            TEXT PRIMARY KEY,
  owner         TEXT NOT NULL REFERENCES people (id),
  -- s3://BUCKET/PREFIX
  address       TEXT NOT NULL,
  region        TEXT,
  endpoint      TEXT,
  kms_key       TEXT,
  storage_class TEXT,
  -- While a store needs a set, the set stays.
  credentials   TEXT NOT NULL REFERENCES credentials (id),
  -- 1: its owner's runs go there; 0: it has earlier ones.
  is_current    INTEGER NOT NULL,
  saved_ms      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX results_stores_current ON results_stores (owner) WHERE is_current = 1;
CREATE INDEX results_stores_by_credentials ON results_stores (credentials);

-- The runs that are in one of them, or may be: a row is written before the first request, and removed when the store has forgotten the run, which may be
-- after the run's own row is gone.
CREATE TABLE placed_runs (
  run   TEXT PRIMARY KEY,
  store TEXT NOT NULL REFERENCES results_stores (id)
) STRICT, WITHOUT ROWID;
CREATE INDEX placed_runs_by_store ON placed_runs (store);

-- Search targets of people, which their own runs are shipped to.
CREATE TABLE search_targets (
  -- What shipments are of: the target's name on this server.
  id          TEXT PRIMARY KEY,
  owner       TEXT NOT NULL REFERENCES people (id),
  name        TEXT NOT NULL,
  -- Where it is and how samples are laid out there, JSON; nothing secret.
  settings    TEXT NOT NULL,
  -- The set of credentials that requests are signed with, if they are.
  credentials TEXT REFERENCES credentials (id),
  -- The password or API key, if it has one, bound to the target and its owner.
  sealed      BLOB,
  saved_ms    INTEGER NOT NULL,
  UNIQUE (owner, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX search_targets_by_credentials ON search_targets (credentials) WHERE credentials IS NOT NULL;
