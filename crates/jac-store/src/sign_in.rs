//! One-time sign-in links and sessions. Only digests of their secrets are kept: who reads the database gets in nowhere.

use crate::{Store, StoreError, during};
use jac_model::EpochMs;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// A session that is to be opened.
#[derive(Debug, Clone, Copy)]
pub struct NewSession<'a> {
    /// For the browser's cookie.
    pub secret: &'a str,
    /// For the page itself.
    pub page: &'a str,
    pub expires_ms: EpochMs,
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

    /// Opens a session with a link; `None` for a link that is unknown, used or over. The link is used up by the session's
    /// first use: whoever's browser does not keep the session can try again.
    pub fn sign_in(&self, link: &str, session: &NewSession<'_>, now_ms: EpochMs) -> Result<Option<String>, StoreError> {
        let failed = || during("sign in");
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(failed())?;
        transaction.execute("DELETE FROM sign_in_links WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
        transaction.execute("DELETE FROM sessions WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
        let person: Option<String> = transaction
            .query_row("SELECT person FROM sign_in_links WHERE token = ?1", [digest(link)], |row| row.get(0))
            .optional()
            .map_err(failed())?;
        if let Some(person) = &person {
            // The tries before this one were not kept by their browser.
            transaction.execute("DELETE FROM sessions WHERE link = ?1", [digest(link)]).map_err(failed())?;
            transaction
                .execute(
                    "INSERT INTO sessions (token, page, person, expires_ms, link) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![digest(session.secret), digest(session.page), person, session.expires_ms, digest(link)],
                )
                .map_err(failed())?;
        }
        transaction.commit().map_err(failed())?;
        Ok(person)
    }

    /// Whose session it is, and whether the page's secret is the session's; `None` for one that is unknown or over. A session
    /// that is used for the first time with both uses its link up.
    pub fn session(
        &self,
        session: &str,
        page: Option<&str>,
        now_ms: EpochMs,
    ) -> Result<Option<(String, bool)>, StoreError> {
        let connection = self.connection();
        let found: Option<(String, String, Option<String>)> = connection
            .query_row(
                "SELECT person, page, link FROM sessions WHERE token = ?1 AND expires_ms > ?2",
                params![digest(session), now_ms],
                |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
            )
            .optional()
            .map_err(during("read a session"))?;
        let Some((person, kept, link)) = found else { return Ok(None) };
        // Digests are compared: the time that it takes tells nothing of the secret.
        let is_own_page = page.is_some_and(|page| digest(page) == kept);
        if let (true, Some(link)) = (is_own_page, link) {
            connection
                .execute("DELETE FROM sign_in_links WHERE token = ?1", [link])
                .map_err(during("use a link up"))?;
            connection
                .execute("UPDATE sessions SET link = NULL WHERE token = ?1", [digest(session)])
                .map_err(during("use a link up"))?;
        }
        Ok(Some((person, is_own_page)))
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
        let new = |secret| NewSession { secret, page: "page", expires_ms: 2000 };
        let session = |secret: &str, page, now_ms| store.session(secret, page, now_ms).expect("asked");
        let admin = |is_own_page| Some(("admin".to_owned(), is_own_page));
        assert_eq!(store.sign_in("one", &new("s0"), 500).expect("asked").as_deref(), Some("admin"));
        assert_eq!(session("s0", None, 600), admin(false), "a cookie alone has used nothing up");
        assert_eq!(session("s0", Some("other"), 600), admin(false));
        assert_eq!(store.sign_in("one", &new("s1"), 500).expect("asked").as_deref(), Some("admin"), "it did not take");
        assert_eq!(session("s0", Some("page"), 600), None, "the try before is over");
        assert_eq!(session("s1", Some("page"), 1999), admin(true));
        assert_eq!(store.sign_in("one", &new("s2"), 500).expect("asked"), None);
        assert_eq!(store.sign_in("two", &new("s3"), 1000).expect("asked"), None);
        assert_eq!(session("s1", Some("page"), 2000), None);
        store.sign_out("s1").expect("asked");
        assert_eq!(session("s1", Some("page"), 600), None);
    }
}
