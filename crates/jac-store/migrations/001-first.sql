-- Documents are JSON; what is searched or sorted by stands in columns beside them.
CREATE TABLE clusters (
  id         TEXT PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  phase      TEXT NOT NULL,
  document   TEXT NOT NULL
) STRICT;
CREATE INDEX clusters_by_phase ON clusters (phase);

CREATE TABLE cluster_events (
  cluster TEXT NOT NULL,
  at_ms   INTEGER NOT NULL,
  node    TEXT,
  text    TEXT NOT NULL
) STRICT;
CREATE INDEX cluster_events_by_cluster ON cluster_events (cluster, at_ms);

CREATE TABLE plans (
  id         TEXT PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  document   TEXT NOT NULL
) STRICT;

CREATE TABLE runs (
  id         TEXT PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  phase      TEXT NOT NULL,
  cluster    TEXT NOT NULL,
  plan       TEXT NOT NULL,
  document   TEXT NOT NULL,
  -- What was measured, as far as the list of runs shows it; NULL until the run has finished.
  result     TEXT
) STRICT;
CREATE INDEX runs_by_phase ON runs (phase);
CREATE INDEX runs_by_cluster ON runs (cluster);
CREATE INDEX runs_by_plan ON runs (plan);

-- The charts of a run: one row for each bucket of its series.
CREATE TABLE run_series (
  run       TEXT NOT NULL,
  t_ms      INTEGER NOT NULL,
  -- The number of the snapshot that changed the bucket last.
  seq       INTEGER NOT NULL,
  bucket_ms INTEGER NOT NULL,
  point     TEXT NOT NULL,
  PRIMARY KEY (run, t_ms)
) STRICT, WITHOUT ROWID;

-- Secrets are kept as their SHA-256 only.
CREATE TABLE sign_in_links (
  token      TEXT PRIMARY KEY,
  person     TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE sessions (
  token      TEXT PRIMARY KEY,
  person     TEXT NOT NULL,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
