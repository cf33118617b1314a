-- What happened to a cluster, for programs: a code, and its parameters as JSON. Events of before have neither.
ALTER TABLE cluster_events ADD COLUMN code TEXT NOT NULL DEFAULT '';
ALTER TABLE cluster_events ADD COLUMN params TEXT NOT NULL DEFAULT '{}';
