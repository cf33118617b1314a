-- Whether a cluster is terminated after its run, so that lists of clusters for other runs leave it out.
ALTER TABLE clusters ADD COLUMN remove_after_run INTEGER NOT NULL DEFAULT 0;
UPDATE clusters SET remove_after_run = 1 WHERE id IN (
  SELECT id FROM cluster_documents WHERE json_valid(document) AND document ->> '$.config.remove_after_run' = 1
);
