-- Credentials of providers. Secrets are in `sealed` only, which nobody opens without the key outside of this database.
CREATE TABLE credentials (
  id       TEXT PRIMARY KEY,
  kind     TEXT NOT NULL,
  sealed   BLOB NOT NULL,
  region   TEXT,
  -- What may be shown of them, JSON.
  shown    TEXT NOT NULL,
  saved_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
