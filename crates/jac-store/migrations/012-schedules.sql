-- Schedules, and what came of each of their times.
CREATE TABLE schedules (
  id         TEXT PRIMARY KEY,
  version    INTEGER NOT NULL,
  created_ms INTEGER NOT NULL,
  name       TEXT NOT NULL COLLATE NOCASE,
  owner      TEXT NOT NULL,
  owner_name TEXT NOT NULL,
  team       TEXT,
  team_name  TEXT,
  plan       TEXT NOT NULL,
  state      TEXT NOT NULL,
  -- The largest number: there is none, which is after all others.
  next_ms    INTEGER NOT NULL,
  search     TEXT NOT NULL
) STRICT;
CREATE INDEX schedules_by_next ON schedules (next_ms, id);
CREATE INDEX schedules_by_name ON schedules (name, id);
CREATE INDEX schedules_by_created ON schedules (created_ms, id);

CREATE TABLE schedule_documents (
  id       TEXT PRIMARY KEY REFERENCES schedules ON DELETE CASCADE,
  schema   INTEGER NOT NULL,
  document TEXT NOT NULL
) STRICT;

-- A row is written in the transaction that takes its time from the schedule, with the ids that its cluster and its run will have: whoever
-- goes on after a crash finds by them what is there already.
CREATE TABLE firings (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  schedule   TEXT NOT NULL REFERENCES schedules ON DELETE CASCADE,
  due_ms     INTEGER NOT NULL,
  state      TEXT NOT NULL,
  -- Who asked for it by hand.
  by_id      TEXT,
  by_name    TEXT,
  code       TEXT,
  message    TEXT,
  run        TEXT,
  cluster    TEXT,
  -- What is other than the schedule says, sealed, in hex.
  changes    TEXT,
  times      INTEGER NOT NULL DEFAULT 1,
  ended_ms   INTEGER
) STRICT;
CREATE INDEX firings_by_schedule ON firings (schedule, id);
-- A time is started once, whatever happens to the server.
CREATE UNIQUE INDEX firings_once ON firings (schedule, due_ms) WHERE by_id IS NULL;
CREATE INDEX firings_open ON firings (id) WHERE state IN ('starting', 'waiting', 'running');
CREATE INDEX firings_by_run ON firings (run) WHERE run IS NOT NULL;
