-- What the total of a run's figures is over, and which share of unread rows was allowed: figures of other rows are not compared.
ALTER TABLE run_metrics ADD COLUMN total_basis TEXT;
ALTER TABLE run_metrics ADD COLUMN max_unread_percent REAL;
