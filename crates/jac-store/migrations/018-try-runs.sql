-- A try shows whether a plan works, and is told apart in lists.
ALTER TABLE runs ADD COLUMN try_run INTEGER NOT NULL DEFAULT 0;
