-- What is told of each finished run, to each notification target that it was for when it ended.
CREATE TABLE deliveries (
  run        TEXT NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
  target     TEXT NOT NULL,
  -- The same in each try, so that a receiver can tell what it has already.
  id         TEXT NOT NULL,
  -- waiting, delivered, given_up
  state      TEXT NOT NULL,
  attempts   INTEGER NOT NULL DEFAULT 0,
  -- From when on it counts how long it was tried: the run's end, or when somebody asked for it again.
  since_ms   INTEGER NOT NULL,
  next_ms    INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  -- What was wrong with the last try.
  code       TEXT,
  message    TEXT,
  PRIMARY KEY (run, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX deliveries_waiting ON deliveries (target, next_ms) WHERE state = 'waiting';
CREATE INDEX deliveries_tried ON deliveries (target, updated_ms) WHERE attempts > 0;
