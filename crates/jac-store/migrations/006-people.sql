-- People, teams, their sessions and tokens, and what they did. The first administrator is there from the start, without a
-- password: a one-time link lets them in.
CREATE TABLE people (
  id           TEXT PRIMARY KEY,
  -- What they sign in with and are shown as.
  name         TEXT NOT NULL UNIQUE COLLATE NOCASE,
  role         TEXT NOT NULL,
  -- Argon2id, in PHC's form; NULL: they sign in by link or by the company's sign-on only.
  password     TEXT,
  -- The company's sign-on that knows them.
  issuer       TEXT,
  subject      TEXT,
  disabled     INTEGER NOT NULL DEFAULT 0,
  created_ms   INTEGER NOT NULL,
  last_seen_ms INTEGER,
  UNIQUE (issuer, subject)
) STRICT;
INSERT INTO people (id, name, role, created_ms) VALUES ('admin', 'Administrator', 'administrator', 0);

CREATE TABLE teams (
  id   TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE COLLATE NOCASE
) STRICT;
CREATE TABLE team_members (
  team   TEXT NOT NULL REFERENCES teams (id) ON DELETE CASCADE,
  person TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  PRIMARY KEY (team, person)
) STRICT, WITHOUT ROWID;
CREATE INDEX team_members_by_person ON team_members (person);

-- Secrets are kept as their SHA-256 only.
DROP TABLE sessions;
DROP TABLE sign_in_links;
CREATE TABLE sign_in_links (
  token      TEXT PRIMARY KEY,
  person     TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  expires_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_links_by_person ON sign_in_links (person);
CREATE TABLE sessions (
  -- The cookie's secret.
  token        TEXT PRIMARY KEY,
  -- What it is called in lists.
  id           TEXT NOT NULL UNIQUE,
  -- The page's secret.
  page         TEXT NOT NULL,
  person       TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  created_ms   INTEGER NOT NULL,
  last_used_ms INTEGER NOT NULL,
  expires_ms   INTEGER NOT NULL,
  address      TEXT,
  user_agent   TEXT,
  -- The link that opened it, kept until the session is used: a browser that does not take the cookie has not used it up.
  link         TEXT,
  by_link      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_person ON sessions (person);

CREATE TABLE tokens (
  id           TEXT PRIMARY KEY,
  digest       TEXT NOT NULL UNIQUE,
  person       TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  name         TEXT NOT NULL,
  scope        TEXT NOT NULL,
  created_ms   INTEGER NOT NULL,
  expires_ms   INTEGER,
  last_used_ms INTEGER
) STRICT;
CREATE INDEX tokens_by_person ON tokens (person);

-- Append only. It names people and things as they were called then, and outlives them.
CREATE TABLE audit (
  id          INTEGER PRIMARY KEY AUTOINCREMENT,
  at_ms       INTEGER NOT NULL,
  person      TEXT,
  person_name TEXT,
  via         TEXT NOT NULL,
  via_name    TEXT,
  address     TEXT,
  action      TEXT NOT NULL,
  kind        TEXT,
  thing       TEXT,
  thing_name  TEXT,
  outcome     TEXT NOT NULL,
  code        TEXT,
  details     TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_person ON audit (person, id);
CREATE INDEX audit_by_thing ON audit (thing, id);
CREATE INDEX audit_by_action ON audit (action, id);
CREATE INDEX audit_by_time ON audit (at_ms, id);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END;

-- A JAC of before knows one person and takes every session for theirs.
UPDATE oldest_reader SET schema = 6;
