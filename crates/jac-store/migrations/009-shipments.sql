-- How far each run's log has been shipped to each search target. A row is of one moment: cursor and counts belong together.
CREATE TABLE shipments (
  run           TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  target        TEXT NOT NULL,
  -- shipping, complete, incomplete, delivered
  state         TEXT NOT NULL,
  -- Byte at which the last acknowledged row of the log begins; -1: none is.
  row_at        INTEGER NOT NULL DEFAULT -1,
  rows          INTEGER NOT NULL DEFAULT 0,
  shipped       INTEGER NOT NULL DEFAULT 0,
  refused       INTEGER NOT NULL DEFAULT 0,
  -- How long the file of refused rows was then: what a crash left behind that is cut off.
  refused_bytes INTEGER NOT NULL DEFAULT 0,
  newest_ms     INTEGER NOT NULL DEFAULT -1,
  -- Documents of the run at the target; -1: not counted yet.
  counted       INTEGER NOT NULL DEFAULT -1,
  -- 0: from the cursor on; 1: what is there is deleted first, and everything is shipped; 2: everything was shipped again by itself.
  attempt       INTEGER NOT NULL DEFAULT 0,
  -- What holds it up, or was wrong in the end.
  code          TEXT,
  message       TEXT,
  -- Why the first of the refused rows was.
  reason        TEXT,
  updated_ms    INTEGER NOT NULL,
  PRIMARY KEY (run, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX shipments_unfinished ON shipments (run) WHERE state = 'shipping';
