//! One-time sign-in links and sessions. Only digests of their secrets are kept: who reads the database gets in nowhere.

use crate::{Store, StoreError, during};
use jac_model::EpochMs;
use rusqlite::{OptionalExtension, params};
use sha2::{Digest, Sha256};

fn digest(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// A session that is to be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSession {
    /// For the browser's cookie.
    pub secret: String,
    /// For the page itself.
    pub page: String,
    pub expires_ms: EpochMs,
}

impl Store {
    /// Whether anybody was ever let in or invited.
    pub async fn has_sign_in(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM sign_in_links UNION ALL SELECT 1 FROM sessions)";
            connection.query_row(sql, [], |row| row.get(0)).map_err(during("read the sessions"))
        })
        .await
    }

    /// Writes a sign-in link down; it works once and until `expires_ms`.
    pub async fn add_sign_in_link(&self, secret: &str, person: &str, expires_ms: EpochMs) -> Result<(), StoreError> {
        let (token, person) = (digest(secret), person.to_owned());
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO sign_in_links (token, person, expires_ms) VALUES (?1, ?2, ?3)",
                    params![token, person, expires_ms],
                )
                .map(drop)
                .map_err(during("write a sign-in link"))
        })
        .await
    }

    /// Opens a session with a link; `None` for a link that is unknown, used or over. The link is used up by the session's
    /// first use: whoever's browser does not keep the session can try again.
    pub async fn sign_in(
        &self,
        link: &str,
        session: NewSession,
        now_ms: EpochMs,
    ) -> Result<Option<String>, StoreError> {
        let failed = || during("sign in");
        let link = digest(link);
        self.write(move |connection| {
            connection.execute("DELETE FROM sign_in_links WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
            connection.execute("DELETE FROM sessions WHERE expires_ms <= ?1", [now_ms]).map_err(failed())?;
            let person: Option<String> = connection
                .query_row("SELECT person FROM sign_in_links WHERE token = ?1", [&link], |row| row.get(0))
                .optional()
                .map_err(failed())?;
            if let Some(person) = &person {
                // The tries before this one were not kept by their browser.
                connection.execute("DELETE FROM sessions WHERE link = ?1", [&link]).map_err(failed())?;
                connection
                    .execute(
                        "INSERT INTO sessions (token, page, person, expires_ms, link) VALUES (?1, ?2, ?3, ?4, ?5)",
                        params![digest(&session.secret), digest(&session.page), person, session.expires_ms, link],
                    )
                    .map_err(failed())?;
            }
            Ok(person)
        })
        .await
    }

    /// Whose session it is, and whether the page's secret is the session's; `None` for one that is unknown or over. A session
    /// that is used for the first time with both uses its link up.
    pub async fn session(
        &self,
        session: &str,
        page: Option<&str>,
        now_ms: EpochMs,
    ) -> Result<Option<(String, bool)>, StoreError> {
        let (token, page) = (digest(session), page.map(digest));
        let asked = token.clone();
        let found: Option<(String, String, Option<String>)> = self
            .read(move |connection| {
                connection
                    .query_row(
                        "SELECT person, page, link FROM sessions WHERE token = ?1 AND expires_ms > ?2",
                        params![asked, now_ms],
                        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                    )
                    .optional()
                    .map_err(during("read a session"))
            })
            .await?;
        let Some((person, kept, link)) = found else { return Ok(None) };
        // Digests are compared: the time that it takes tells nothing of the secret.
        let is_own_page = page.is_some_and(|page| page == kept);
        if let (true, Some(link)) = (is_own_page, link) {
            self.write(move |connection| {
                let used_up = || during("use a link up");
                connection.execute("DELETE FROM sign_in_links WHERE token = ?1", [link]).map_err(used_up())?;
                connection.execute("UPDATE sessions SET link = NULL WHERE token = ?1", [token]).map_err(used_up())
            })
            .await?;
        }
        Ok(Some((person, is_own_page)))
    }

    /// Ends a session. One that is not there has ended already.
    pub async fn sign_out(&self, session: &str) -> Result<(), StoreError> {
        let token = digest(session);
        self.write(move |connection| {
            connection.execute("DELETE FROM sessions WHERE token = ?1", [token]).map(drop).map_err(during("sign out"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_link_works_once_and_not_after_its_time() {
        let store = Store::in_memory().await.expect("a database");
        assert!(!store.has_sign_in().await.expect("read"));
        store.add_sign_in_link("one", "admin", 1000).await.expect("written");
        store.add_sign_in_link("two", "admin", 1000).await.expect("written");
        let new = |secret: &str| NewSession { secret: secret.to_owned(), page: "page".to_owned(), expires_ms: 2000 };
        let session = async |secret: &str, page, now_ms| store.session(secret, page, now_ms).await.expect("asked");
        let sign_in =
            async |link: &str, secret: &str, now_ms| store.sign_in(link, new(secret), now_ms).await.expect("asked");
        let admin = |is_own_page| Some(("admin".to_owned(), is_own_page));
        assert_eq!(sign_in("one", "s0", 500).await.as_deref(), Some("admin"));
        assert_eq!(session("s0", None, 600).await, admin(false), "a cookie alone has used nothing up");
        assert_eq!(session("s0", Some("other"), 600).await, admin(false));
        assert_eq!(sign_in("one", "s1", 500).await.as_deref(), Some("admin"), "it did not take");
        assert_eq!(session("s0", Some("page"), 600).await, None, "the try before is over");
        assert_eq!(session("s1", Some("page"), 1999).await, admin(true));
        assert_eq!(sign_in("one", "s2", 500).await, None);
        assert_eq!(sign_in("two", "s3", 1000).await, None);
        assert_eq!(session("s1", Some("page"), 2000).await, None);
        store.sign_out("s1").await.expect("asked");
        assert_eq!(session("s1", Some("page"), 600).await, None);
    }
}
