-- Which revisions of a plan runs have run: those stay when others go.
CREATE INDEX runs_by_plan_revision ON runs (plan, plan_revision);
