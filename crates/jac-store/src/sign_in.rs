//! One-time sign-in links, sessions and personal tokens. Only digests of their secrets are stored: reading the database
//! does not allow anybody to sign in.

use crate::audit::AuditedChange;
use crate::people::{PersonRow, person_of};
use crate::{Store, StoreError, during};
use jac_model::{EpochMs, TokenScope};
use rusqlite::{Connection, OptionalExtension, Row, params};
use sha2::{Digest, Sha256};

/// Maximum age of the stored time of the last use: it is not written at each use.
const LAST_USE_MS: i64 = 60_000;

pub(crate) fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// A new session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// Its ID in lists.
    pub id: String,
    /// For the browser's cookie.
    pub secret: String,
    /// The secret for the page itself.
    pub page: String,
    /// It ends then, however much it is used.
    pub expires_ms: EpochMs,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// A valid session, and its person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenSession {
    pub id: String,
    pub person: PersonRow,
    /// The page's secret was given and belongs to the session.
    pub is_own_page: bool,
    /// It was opened with a one-time link, and no password was set since.
    pub by_link: bool,
}

/// A session as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionRow {
    pub id: String,
    pub created_ms: EpochMs,
    pub last_used_ms: EpochMs,
    pub expires_ms: EpochMs,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// A personal token as its person sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRow {
    pub id: String,
    pub name: String,
    pub scope: TokenScope,
    pub created_ms: EpochMs,
    /// `None`: it works until it is revoked.
    pub expires_ms: Option<EpochMs>,
    pub last_used_ms: Option<EpochMs>,
}

/// How long a session stays valid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionLimits {
    pub now_ms: EpochMs,
    /// A session that was not used for this long has ended.
    pub idle_ms: i64,
    /// Whether this request counts as a use of the session: a page that only listens would otherwise keep its session
    /// forever.
    pub is_use: bool,
}

impl SessionLimits {
    /// Whether the time of the last use must be written again: rarely, but often enough for a short idle limit.
    pub fn is_use_due(&self, last_used_ms: EpochMs) -> bool {
        self.is_use && self.now_ms - last_used_ms >= LAST_USE_MS.min(self.idle_ms / 4)
    }
}

fn token_row(row: &Row<'_>) -> rusqlite::Result<TokenRow> {
    Ok(TokenRow {
        id: row.get(0)?,
        name: row.get(1)?,
        // An unknown scope is read as the lowest.
        scope: TokenScope::of_word(&row.get::<_, String>(2)?).unwrap_or(TokenScope::Read),
        created_ms: row.get(3)?,
        expires_ms: row.get(4)?,
        last_used_ms: row.get(5)?,
    })
}

fn open_session(
    connection: &Connection,
    person: &str,
    session: &NewSession,
    link: Option<&str>,
    now_ms: EpochMs,
) -> Result<(), StoreError> {
    connection
        .execute(
            "INSERT INTO sessions (token, id, page, person, created_ms, last_used_ms, expires_ms, address, user_agent, link, by_link)
             VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                digest(&session.secret),
                session.id,
                digest(&session.page),
                person,
                now_ms,
                session.expires_ms,
                session.address,
                session.user_agent,
                link,
                link.is_some()
            ],
        )
        .map(drop)
        .map_err(during("open a session"))
}

/// People stay signed in while the database cannot be written to: the last use need not be recorded.
pub(crate) fn continue_without_note(noted: Result<(), StoreError>) {
    if let Err(error) = noted {
        tracing::warn!(%error, "the last use of a sign-in could not be recorded: {error}");
    }
}

impl Store {
    /// Whether anybody ever signed in or was invited.
    pub async fn has_sign_in(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM sign_in_links UNION ALL SELECT 1 FROM sessions
                       UNION ALL SELECT 1 FROM people WHERE password IS NOT NULL OR last_seen_ms IS NOT NULL)";
            connection.query_row(sql, [], |row| row.get(0)).map_err(during("read the sessions"))
        })
        .await
    }

    /// Stores a sign-in link; it works once and until `expires_ms`. Earlier links of the person become invalid.
    pub async fn add_sign_in_link(&self, secret: &str, person: &str, expires_ms: EpochMs) -> Result<(), StoreError> {
        let (token, person) = (digest(secret), person.to_owned());
        self.write(move |connection| {
            let failed = || during("write a sign-in link");
            connection.execute("DELETE FROM sign_in_links WHERE person = ?1", [&person]).map_err(failed())?;
            let sql = "INSERT INTO sign_in_links (token, person, expires_ms) VALUES (?1, ?2, ?3)";
            connection.execute(sql, params![token, person, expires_ms]).map(drop).map_err(failed())
        })
        .await
    }

    /// Opens a session with a link; `None` if the link is unknown, used or expired. The session's first use uses the
    /// link up: a person whose browser did not keep the session can try again.
    pub async fn sign_in(
        &self,
        link: &str,
        session: NewSession,
        now_ms: EpochMs,
    ) -> Result<Option<PersonRow>, StoreError> {
        let failed = || during("sign in");
        let link = digest(link);
        self.write(move |connection| {
            connection.execute("DELETE FROM sign_in_links WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
            connection.execute("DELETE FROM sessions WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
            let person: Option<String> = connection
                .query_row("SELECT person FROM sign_in_links WHERE token = ?1", [&link], |row| row.get(0))
                .optional()
                .map_err(failed())?;
            let person = person.map(|id| person_of(connection, &id)).transpose()?.flatten();
            let Some(person) = person.filter(|person| !person.disabled) else {
                AuditedChange::hold();
                return Ok(None);
            };
            AuditedChange::is_of(&person.person());
            // The browser did not keep the sessions of earlier attempts.
            connection.execute("DELETE FROM sessions WHERE link = ?1", [&link]).map_err(failed())?;
            open_session(connection, &person.id, &session, Some(&link), now_ms)?;
            Ok(Some(person))
        })
        .await
    }

    /// Opens a session for a person who has proved their identity.
    pub async fn open_session(&self, person: &str, session: NewSession, now_ms: EpochMs) -> Result<(), StoreError> {
        let person = person.to_owned();
        self.write(move |connection| {
            let ended = "DELETE FROM sessions WHERE expires_ms <= ?1";
            connection.execute(ended, [now_ms]).map_err(during("open a session"))?;
            open_session(connection, &person, &session, None, now_ms)
        })
        .await
    }

    /// The person of a session, and whether the page's secret belongs to the session; `None` if it is unknown or
    /// expired. The first use of a session with both uses its link up.
    pub async fn session(
        &self,
        session: &str,
        page: Option<&str>,
        limits: SessionLimits,
    ) -> Result<Option<OpenSession>, StoreError> {
        let (token, page) = (digest(session), page.map(digest));
        let asked = token.clone();
        let SessionLimits { now_ms, idle_ms, .. } = limits;
        let found = self
            .read(move |connection| {
                type Found = (String, String, String, Option<String>, bool, EpochMs);
                let found: Option<Found> = connection
                    .query_row(
                        "SELECT id, person, page, link, by_link, last_used_ms FROM sessions
                         WHERE token = ?1 AND expires_ms > ?2 AND last_used_ms > ?3",
                        params![asked, now_ms, now_ms - idle_ms],
                        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?)),
                    )
                    .optional()
                    .map_err(during("read a session"))?;
                let Some((id, person, kept, link, by_link, used_ms)) = found else { return Ok(None) };
                let person = person_of(connection, &person)?.filter(|person| !person.disabled);
                Ok(person.map(|person| (OpenSession { id, person, is_own_page: false, by_link }, kept, link, used_ms)))
            })
            .await?;
        let Some((mut open, kept, link, used_ms)) = found else { return Ok(None) };
        // Digests are compared, so the time reveals nothing about the secret.
        open.is_own_page = page.is_some_and(|page| page == kept);
        let uses_link_up = open.is_own_page && link.is_some();
        if uses_link_up || limits.is_use_due(used_ms) {
            let person = open.person.id.clone();
            let noted = self.write(move |connection| {
                let used = || during("note a session's use");
                if let (true, Some(link)) = (uses_link_up, link) {
                    connection.execute("DELETE FROM sign_in_links WHERE token = ?1", [link]).map_err(used())?;
                    connection.execute("UPDATE sessions SET link = NULL WHERE token = ?1", [&token]).map_err(used())?;
                }
                let sql = "UPDATE sessions SET last_used_ms = ?2 WHERE token = ?1";
                connection.execute(sql, params![token, now_ms]).map_err(used())?;
                let sql = "UPDATE people SET last_seen_ms = ?2 WHERE id = ?1";
                connection.execute(sql, params![person, now_ms]).map(drop).map_err(used())
            });
            match noted.await {
                // Otherwise the link would work twice.
                Err(error) if uses_link_up => return Err(error),
                noted => continue_without_note(noted),
            }
        }
        Ok(Some(open))
    }

    /// Ends a session. A missing one has ended already.
    pub async fn sign_out(&self, session: &str) -> Result<(), StoreError> {
        let token = digest(session);
        self.write(move |connection| {
            let sql = "DELETE FROM sessions WHERE token = ?1";
            connection.execute(sql, [token]).map(drop).map_err(during("sign out"))
        })
        .await
    }

    /// A person's sessions, the one used last first.
    pub async fn sessions_of(&self, person: &str, limits: SessionLimits) -> Result<Vec<SessionRow>, StoreError> {
        let person = person.to_owned();
        self.read(move |connection| {
            let read = || {
                connection
                    .prepare_cached(
                        "SELECT id, created_ms, last_used_ms, expires_ms, address, user_agent FROM sessions
                         WHERE person = ?1 AND expires_ms > ?2 AND last_used_ms > ?3 ORDER BY last_used_ms DESC, id",
                    )?
                    .query_map(params![person, limits.now_ms, limits.now_ms - limits.idle_ms], |row| {
                        Ok(SessionRow {
                            id: row.get(0)?,
                            created_ms: row.get(1)?,
                            last_used_ms: row.get(2)?,
                            expires_ms: row.get(3)?,
                            address: row.get(4)?,
                            user_agent: row.get(5)?,
                        })
                    })?
                    .collect::<Result<_, _>>()
            };
            read().map_err(during("read sessions"))
        })
        .await
    }

    /// Ends one of a person's sessions, by its ID in lists.
    pub async fn end_session(&self, person: &str, id: &str) -> Result<(), StoreError> {
        let (person, id) = (person.to_owned(), id.to_owned());
        self.write(move |connection| {
            let sql = "DELETE FROM sessions WHERE person = ?1 AND id = ?2";
            match connection.execute(sql, params![person, id]).map_err(during("end a session"))? {
                0 => Err(StoreError::NotFound { kind: "session", id }),
                _ => Ok(()),
            }
        })
        .await
    }

    /// Writes a personal token down.
    pub async fn add_token(&self, person: &str, secret: &str, token: TokenRow) -> Result<(), StoreError> {
        let (person, digest) = (person.to_owned(), digest(secret));
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO tokens (id, digest, person, name, scope, created_ms, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                    params![
                        token.id,
                        digest,
                        person,
                        token.name,
                        token.scope.word(),
                        token.created_ms,
                        token.expires_ms
                    ],
                )
                .map(drop)
                .map_err(during("write a token"))
        })
        .await
    }

    /// The person of a token; `None` if it is unknown or expired, or its person is disabled.
    pub async fn token(&self, secret: &str, now_ms: EpochMs) -> Result<Option<(PersonRow, TokenRow)>, StoreError> {
        let digest = digest(secret);
        let found = self
            .read(move |connection| {
                let found = connection
                    .query_row(
                        "SELECT id, name, scope, created_ms, expires_ms, last_used_ms, person FROM tokens
                         WHERE digest = ?1 AND (expires_ms IS NULL OR expires_ms > ?2)",
                        params![digest, now_ms],
                        |row| Ok((token_row(row)?, row.get::<_, String>(6)?)),
                    )
                    .optional()
                    .map_err(during("read a token"))?;
                let Some((token, person)) = found else { return Ok(None) };
                let person = person_of(connection, &person)?.filter(|person| !person.disabled);
                Ok(person.map(|person| (person, token)))
            })
            .await?;
        if let Some((person, token)) = &found
            && token.last_used_ms.is_none_or(|used_ms| now_ms - used_ms >= LAST_USE_MS)
        {
            let (id, person) = (token.id.clone(), person.id.clone());
            let noted = self.write(move |connection| {
                let used = || during("note a token's use");
                let sql = "UPDATE tokens SET last_used_ms = ?2 WHERE id = ?1";
                connection.execute(sql, params![id, now_ms]).map_err(used())?;
                let sql = "UPDATE people SET last_seen_ms = ?2 WHERE id = ?1";
                connection.execute(sql, params![person, now_ms]).map(drop).map_err(used())
            });
            continue_without_note(noted.await);
        }
        Ok(found)
    }

    /// The ID of the token's owner.
    pub async fn token_owner(&self, id: &str) -> Result<Option<String>, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| {
            connection
                .query_row("SELECT person FROM tokens WHERE id = ?1", [id], |row| row.get(0))
                .optional()
                .map_err(during("read a token"))
        })
        .await
    }

    /// A person's tokens, the newest first.
    pub async fn tokens_of(&self, person: &str) -> Result<Vec<TokenRow>, StoreError> {
        let person = person.to_owned();
        self.read(move |connection| {
            let read = || {
                connection
                    .prepare_cached(
                        "SELECT id, name, scope, created_ms, expires_ms, last_used_ms FROM tokens
                         WHERE person = ?1 ORDER BY created_ms DESC, id",
                    )?
                    .query_map([person], token_row)?
                    .collect::<Result<_, _>>()
            };
            read().map_err(during("read tokens"))
        })
        .await
    }

    /// Revokes one of a person's tokens.
    pub async fn revoke_token(&self, person: &str, id: &str) -> Result<(), StoreError> {
        let (person, id) = (person.to_owned(), id.to_owned());
        self.write(move |connection| {
            let sql = "DELETE FROM tokens WHERE person = ?1 AND id = ?2";
            match connection.execute(sql, params![person, id]).map_err(during("revoke a token"))? {
                0 => Err(StoreError::NotFound { kind: "token", id }),
                _ => Ok(()),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PersonChange;
    use jac_model::UserRole;

    fn new(secret: &str) -> NewSession {
        NewSession {
            id: format!("id-{secret}"),
            secret: secret.to_owned(),
            page: "page".to_owned(),
            expires_ms: 2000,
            address: Some("192.0.2.1".to_owned()),
            user_agent: None,
        }
    }

    fn at(now_ms: EpochMs) -> SessionLimits {
        SessionLimits { now_ms, idle_ms: 1_000_000, is_use: true }
    }

    #[tokio::test]
    async fn a_new_password_ends_the_links_of_its_person() {
        let store = Store::in_memory().await.expect("a database");
        store.add_sign_in_link("one", "admin", 1000).await.expect("written");
        store.set_password("admin", "hash", None).await.expect("set");
        assert!(store.sign_in("one", new("s"), 500).await.expect("asked").is_none());
    }

    #[tokio::test]
    async fn who_is_signed_in_stays_so_while_the_database_cannot_be_written() {
        let store = Store::in_memory().await.expect("a database");
        store.open_session("admin", NewSession { expires_ms: 10_000_000, ..new("s1") }, 0).await.expect("opened");
        let token = TokenRow {
            id: "k-1".to_owned(),
            name: "ci".to_owned(),
            scope: TokenScope::Read,
            created_ms: 0,
            expires_ms: None,
            last_used_ms: None,
        };
        store.add_token("admin", "secret", token).await.expect("written");
        store.add_sign_in_link("link", "admin", 10_000_000).await.expect("written");
        store.sign_in("link", NewSession { expires_ms: 10_000_000, ..new("s2") }, 0).await.expect("asked").expect("in");
        let full = "CREATE TRIGGER full_disk BEFORE UPDATE ON people BEGIN SELECT RAISE(ABORT, 'full'); END";
        store.write::<_, StoreError>(move |c| c.execute_batch(full).map_err(during("break it"))).await.expect("broken");
        assert!(store.session("s1", Some("page"), at(500_000)).await.expect("found").is_some());
        assert!(store.token("secret", 500_000).await.expect("found").is_some());
        assert!(store.session("s2", Some("page"), at(1)).await.is_err(), "its link would work twice");
    }

    #[tokio::test]
    async fn a_link_works_once_and_not_after_its_time() {
        let store = Store::in_memory().await.expect("a database");
        assert!(!store.has_sign_in().await.expect("read"));
        store.add_sign_in_link("sent to a wrong address", "admin", 1000).await.expect("written");
        store.add_sign_in_link("one", "admin", 1000).await.expect("written");
        let session = async |secret: &str, page, now_ms| {
            let open = store.session(secret, page, at(now_ms)).await.expect("asked");
            open.map(|open| (open.person.id, open.is_own_page))
        };
        let sign_in = async |link: &str, secret: &str, now_ms| {
            store.sign_in(link, new(secret), now_ms).await.expect("asked").map(|person| person.id)
        };
        let admin = |is_own_page| Some(("admin".to_owned(), is_own_page));
        assert_eq!(sign_in("sent to a wrong address", "s0", 500).await, None, "there is a newer one");
        assert_eq!(sign_in("one", "s0", 500).await.as_deref(), Some("admin"));
        assert_eq!(session("s0", None, 600).await, admin(false), "a cookie alone has used nothing up");
        assert_eq!(session("s0", Some("other"), 600).await, admin(false));
        assert_eq!(sign_in("one", "s1", 500).await.as_deref(), Some("admin"), "it did not take");
        assert_eq!(session("s0", Some("page"), 600).await, None, "the try before is over");
        assert_eq!(session("s1", Some("page"), 1999).await, admin(true));
        assert_eq!(sign_in("one", "s2", 500).await, None);
        store.add_sign_in_link("two", "admin", 1000).await.expect("written");
        assert_eq!(sign_in("two", "s3", 1000).await, None);
        assert_eq!(session("s1", Some("page"), 2000).await, None);
        store.sign_out("s1").await.expect("asked");
        assert_eq!(session("s1", Some("page"), 600).await, None);
    }

    #[tokio::test]
    async fn a_session_that_is_not_used_ends_and_so_do_all_of_who_is_disabled() {
        let store = Store::in_memory().await.expect("a database");
        store.add_person("u-1", "Ada", UserRole::Member, Vec::new(), 0).await.expect("added");
        let long = |secret: &str| NewSession { expires_ms: 10_000_000, ..new(secret) };
        store.open_session("u-1", long("s1"), 0).await.expect("opened");
        let lives = async |now_ms, idle_ms| {
            store
                .session("s1", Some("page"), SessionLimits { now_ms, idle_ms, is_use: true })
                .await
                .expect("asked")
                .is_some()
        };
        assert!(lives(90_000, 100_000).await && lives(180_000, 100_000).await, "it was used in between");
        assert!(!lives(300_000, 100_000).await);
        assert!(lives(300_000, 200_000).await);
        assert_eq!(store.sessions_of("u-1", at(300_000)).await.expect("sessions").len(), 1);
        let disabled = PersonChange { disabled: Some(true), ..PersonChange::default() };
        store.change_person("u-1", disabled, 300_000).await.expect("changed");
        assert!(!lives(300_000, 200_000).await);
        assert!(store.end_session("u-1", "id-s1").await.is_err(), "it is gone");
    }

    #[tokio::test]
    async fn a_token_is_its_persons_until_it_is_over_or_revoked() {
        let store = Store::in_memory().await.expect("a database");
        store.add_person("u-1", "Ada", UserRole::Member, Vec::new(), 0).await.expect("added");
        let token = TokenRow {
            id: "k-1".to_owned(),
            name: "ci".to_owned(),
            scope: TokenScope::Run,
            created_ms: 0,
            expires_ms: Some(1000),
            last_used_ms: None,
        };
        store.add_token("u-1", "secret", token.clone()).await.expect("written");
        let (person, found) = store.token("secret", 999).await.expect("asked").expect("it lives");
        assert_eq!((person.id.as_str(), found.scope), ("u-1", TokenScope::Run));
        assert_eq!(store.tokens_of("u-1").await.expect("tokens")[0].last_used_ms, Some(999));
        assert!(store.token("secret", 1000).await.expect("asked").is_none(), "its time is over");
        assert!(store.token("Secret", 1).await.expect("asked").is_none());
        assert!(store.revoke_token("admin", "k-1").await.is_err(), "it is somebody else's");
        store.revoke_token("u-1", "k-1").await.expect("revoked");
        assert!(store.token("secret", 1).await.expect("asked").is_none());
    }
}
