-- Why a cluster ended, with its code, so that lists tell a failed launch from a termination. A document that cannot be read leaves the sentence.
ALTER TABLE clusters ADD COLUMN cause_whole TEXT;
UPDATE clusters SET cause_whole = (
  SELECT document -> '$.cause' FROM cluster_documents WHERE cluster_documents.id = clusters.id AND json_valid(document)
) WHERE cause IS NOT NULL;
