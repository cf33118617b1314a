-- History: what people say of runs, and the figures that the trends of plans are made of.
-- Beside a run's document, which has them too: `tags` a JSON list, `baseline_ms` when it was made its plan's baseline (the newest of a plan is it).
ALTER TABLE runs ADD COLUMN tags TEXT NOT NULL DEFAULT '[]';
ALTER TABLE runs ADD COLUMN note TEXT NOT NULL DEFAULT '';
ALTER TABLE runs ADD COLUMN baseline_ms INTEGER;
-- Whether its figures are in run_metrics: 0 not yet, 1 they are, 2 there are none.
ALTER TABLE runs ADD COLUMN metrics INTEGER NOT NULL DEFAULT 0;

CREATE INDEX runs_without_metrics ON runs (metrics, created_ms, id) WHERE metrics = 0 AND phase = 'finished' AND version > 0;

CREATE TABLE run_tags (
  tag TEXT NOT NULL COLLATE NOCASE,
  run TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
  PRIMARY KEY (tag, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_tags_by_run ON run_tags (run);

-- A row for the total of each finished run (total = 1, label '') and for each of its busiest labels, in the order in which a trend reads them.
CREATE TABLE run_metrics (
  plan           TEXT NOT NULL,
  total          INTEGER NOT NULL,
  label          TEXT NOT NULL,
  created_ms     INTEGER NOT NULL,
  run            TEXT NOT NULL REFERENCES runs ON DELETE CASCADE,
  samples        INTEGER NOT NULL,
  errors         INTEGER NOT NULL,
  mean_ms        REAL,
  median_ms      REAL,
  p90_ms         REAL,
  p95_ms         REAL,
  p99_ms         REAL,
  rate_per_s     REAL,
  -- Of the whole log's rows.
  unread_percent REAL,
  -- Counted response times in coarse steps (jac-report, CoarseTimes).
  times          BLOB NOT NULL,
  PRIMARY KEY (plan, total, label, created_ms, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX run_metrics_by_run ON run_metrics (run);
-- A plan's baseline is found without looking through its runs.
CREATE INDEX runs_baseline ON runs (plan, baseline_ms) WHERE baseline_ms IS NOT NULL;
