//! One-time sign-in links and sessions. Only digests of their secrets are kept: who reads the database gets in nowhere.

use crate::{Store, StoreError, during};
use jac_model::EpochMs;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

impl Store {
    /// Whether anybody was ever let in or invited.
    pub fn has_sign_in(&self) -> Result<bool, StoreError> {
        self.connection()
            .query_row("SELECT EXISTS (SELECT 1 FROM sign_in_links UNION ALL SELECT 1 FROM sessions)", [], |row| {
                row.get(0)
            })
            .map_err(during("read the sessions"))
    }

    /// Writes a sign-in link down; it works once and until `expires_ms`.
    pub fn add_sign_in_link(&self, secret: &str, person: &str, expires_ms: EpochMs) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO sign_in_links (token, person, expires_ms) VALUES (?1, ?2, ?3)",
                params![digest(secret), person, expires_ms],
            )
            .map(drop)
            .map_err(during("write a sign-in link"))
    }

    /// Uses a link up and opens a session; `None` for a link that is unknown, used or over.
    pub fn sign_in(
        &self,
        link: &str,
        session: &str,
        now_ms: EpochMs,
        expires_ms: EpochMs,
    ) -> Result<Option<String>, StoreError> {
        let failed = || during("sign in");
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(failed())?;
        let found: Option<(String, EpochMs)> = transaction
            .query_row(
                "DELETE FROM sign_in_links WHERE token = ?1 RETURNING person, expires_ms",
                [digest(link)],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(failed())?;
        let person = match found {
            Some((person, until_ms)) if until_ms > now_ms => person,
            _ => {
                transaction.commit().map_err(failed())?;
                return Ok(None);
            }
        };
        transaction.execute("DELETE FROM sessions WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
        transaction
            .execute(
                "INSERT INTO sessions (token, person, expires_ms) VALUES (?1, ?2, ?3)",
                params![digest(session), person, expires_ms],
            )
            .map_err(failed())?;
        transaction.commit().map_err(failed())?;
        Ok(Some(person))
    }

    /// Whose session it is; `None` for one that is unknown or over.
    pub fn session(&self, session: &str, now_ms: EpochMs) -> Result<Option<String>, StoreError> {
        self.connection()
            .query_row(
                "SELECT person FROM sessions WHERE token = ?1 AND expires_ms > ?2",
                params![digest(session), now_ms],
                |row| row.get(0),
            )
            .optional()
            .map_err(during("read a session"))
    }

    /// Ends a session. One that is not there has ended already.
    pub fn sign_out(&self, session: &str) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM sessions WHERE token = ?1", [digest(session)])
            .map(drop)
            .map_err(during("sign out"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_works_once_and_not_after_its_time() {
        let store = Store::in_memory().expect("a database");
        assert!(!store.has_sign_in().expect("read"));
        store.add_sign_in_link("one", "admin", 1000).expect("written");
        store.add_sign_in_link("two", "admin", 1000).expect("written");
        assert_eq!(store.sign_in("one", "s1", 500, 2000).expect("asked").as_deref(), Some("admin"));
        assert_eq!(store.sign_in("one", "s2", 500, 2000).expect("asked"), None);
        assert_eq!(store.sign_in("two", "s3", 1000, 2000).expect("asked"), None);
        assert_eq!(store.session("s1", 1999).expect("asked").as_deref(), Some("admin"));
        assert_eq!(store.session("s1", 2000).expect("asked"), None);
        store.sign_out("s1").expect("asked");
        assert_eq!(store.session("s1", 600).expect("asked"), None);
    }
}
