-- Few runs are pinned, whatever the number of runs.
CREATE INDEX runs_pinned ON runs (created_ms, id) WHERE pinned = 1;
