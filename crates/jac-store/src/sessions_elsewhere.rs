//! Database queries for sessions that are stored outside of the database, where several servers share them.
//!
//! Owns the mapping of such a session to a person on this server, and the one-time links that open one. The sessions
//! themselves are the server's.

use crate::people::{PersonRow, find, person_of};
use crate::sign_in::digest;
use crate::{Store, StoreError, during};
use jac_model::EpochMs;
use rusqlite::{OptionalExtension, params};

/// The prefix of an account of this server; the person's name follows.
const BY_NAME: &str = "name:";
/// The prefix of an account of the company's sign-on; the person's ID follows.
const BY_ID: &str = "id:";

impl PersonRow {
    /// The account of a session on every server that shares it. A person from the company's sign-on has the same ID on
    /// all of them; an account that was created by an administrator is identified by its name.
    pub fn account(&self) -> String {
        if self.via_company { format!("{BY_ID}{}", self.id) } else { format!("{BY_NAME}{}", self.name_key) }
    }
}

/// The digest under which a sign-in link is stored, for a session that was opened with it.
pub fn link_digest(link: &str) -> String {
    digest(link)
}

impl Store {
    /// The person here whose account a session belongs to, if it was opened at that time; `None`: there is no such
    /// account, it is disabled, or the session is older than the account or than its being disabled.
    pub async fn person_of_account(&self, account: &str, opened_ms: EpochMs) -> Result<Option<PersonRow>, StoreError> {
        let account = account.to_owned();
        self.read(move |connection| {
            let found = match (account.strip_prefix(BY_ID), account.strip_prefix(BY_NAME)) {
                (Some(id), _) => person_of(connection, id)?.filter(|person| person.via_company),
                // A name assigned by the company's sign-on does not identify the person with that name on another
                // server.
                (None, Some(name)) => find(connection, "name_key = ?1", name)?.filter(|person| !person.via_company),
                (None, None) => None,
            };
            let Some(person) = found else { return Ok(None) };
            let sql = "SELECT signed_out_ms FROM people WHERE id = ?1";
            let signed_out_ms: EpochMs =
                connection.query_row(sql, [&person.id], |row| row.get(0)).map_err(during("read a person"))?;
            let is_theirs = !person.disabled && opened_ms >= person.created_ms && opened_ms > signed_out_ms;
            Ok(is_theirs.then_some(person))
        })
        .await
    }

    /// The person of a sign-in link; `None` if it is unknown, used or expired. This does not use the link up.
    pub async fn person_of_link(&self, link: &str, now_ms: EpochMs) -> Result<Option<PersonRow>, StoreError> {
        let link = digest(link);
        self.read(move |connection| {
            let sql = "SELECT person FROM sign_in_links WHERE token = ?1 AND expires_ms > ?2";
            let person: Option<String> = connection
                .query_row(sql, params![link, now_ms], |row| row.get(0))
                .optional()
                .map_err(during("read a sign-in link"))?;
            let person = person.map(|id| person_of(connection, &id)).transpose()?.flatten();
            Ok(person.filter(|person| !person.disabled))
        })
        .await
    }

    /// Uses a sign-in link up, by its digest. A missing one is used up already.
    pub async fn use_link_up(&self, digest: &str) -> Result<(), StoreError> {
        let digest = digest.to_owned();
        self.write(move |connection| {
            let sql = "DELETE FROM sign_in_links WHERE token = ?1";
            connection.execute(sql, [digest]).map(drop).map_err(during("use a sign-in link up"))
        })
        .await
    }

    /// Records that a person was active.
    pub async fn note_seen(&self, person: &str, now_ms: EpochMs) -> Result<(), StoreError> {
        let person = person.to_owned();
        self.write(move |connection| {
            let sql = "UPDATE people SET last_seen_ms = ?2 WHERE id = ?1";
            connection.execute(sql, params![person, now_ms]).map(drop).map_err(during("note that somebody was here"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{CompanyPerson, PersonChange};
    use jac_model::UserRole;

    async fn company_person(store: &Store, name: &str) -> PersonRow {
        let reported = CompanyPerson {
            issuer: "https://login.example".to_owned(),
            subject: "42".to_owned(),
            names: vec![name.to_owned()],
            role: None,
            teams: None,
        };
        store.company_person(reported, 10).await.expect("made")
    }

    #[tokio::test]
    async fn a_session_is_of_the_same_company_account_or_of_the_same_name_on_another_server() {
        let (here, there) = (Store::in_memory().await.expect("one"), Store::in_memory().await.expect("another"));
        let ada = here.add_person("u-1", "Ada", UserRole::Member, Vec::new(), 10).await.expect("added");
        there.add_person("u-2", "ADA", UserRole::Viewer, Vec::new(), 10).await.expect("added");
        let found = there.person_of_account(&ada.account(), 20).await.expect("asked").expect("a person");
        assert_eq!((found.id.as_str(), found.role), ("u-2", UserRole::Viewer), "with the rights that they have there");
        let bob = company_person(&here, "Bob").await;
        assert_eq!(there.person_of_account(&bob.account(), 20).await.expect("asked"), None, "nobody has come in yet");
        // Two servers may have assigned different available names to the same person.
        company_person(&there, "bob@shop.example").await;
        let found = there.person_of_account(&bob.account(), 20).await.expect("asked").expect("a person");
        assert_eq!((found.id, found.name.as_str()), (bob.id, "bob@shop.example"));
    }

    #[tokio::test]
    async fn an_account_of_the_company_and_one_of_the_servers_own_are_never_each_others() {
        let (here, there) = (Store::in_memory().await.expect("one"), Store::in_memory().await.expect("another"));
        let ada = company_person(&here, "Ada").await;
        let own = there.add_person("u-1", "Ada", UserRole::Administrator, Vec::new(), 10).await.expect("added");
        assert_eq!(there.person_of_account(&ada.account(), 20).await.expect("asked"), None);
        assert_eq!(here.person_of_account(&own.account(), 20).await.expect("asked"), None);
        for account in ["id:admin", "id:u-1", "name:u-1", "Ada", ""] {
            assert_eq!(there.person_of_account(account, 20).await.expect("asked"), None, "{account}");
        }
    }

    #[tokio::test]
    async fn a_session_is_nobodys_while_they_are_disabled_and_after_they_were() {
        let store = Store::in_memory().await.expect("a database");
        let ada = store.add_person("u-1", "Ada", UserRole::Member, Vec::new(), 10).await.expect("added");
        let is_theirs =
            async |opened_ms| store.person_of_account(&ada.account(), opened_ms).await.expect("asked").is_some();
        assert!(!is_theirs(9).await, "it was of an Ada before her");
        assert!(is_theirs(10).await);
        let disabled = |disabled| PersonChange { disabled: Some(disabled), ..PersonChange::default() };
        store.change_person("u-1", disabled(true), 20).await.expect("changed");
        assert!(!is_theirs(15).await && !is_theirs(25).await);
        store.change_person("u-1", disabled(false), 30).await.expect("changed");
        assert!(!is_theirs(15).await && !is_theirs(20).await, "they were signed out");
        assert!(is_theirs(31).await);
    }

    #[tokio::test]
    async fn a_link_lets_its_person_in_until_it_is_used_up_or_over() {
        let store = Store::in_memory().await.expect("a database");
        store.add_sign_in_link("one", "admin", 100).await.expect("written");
        let whose =
            async |link: &str, now_ms| store.person_of_link(link, now_ms).await.expect("asked").map(|person| person.id);
        assert_eq!(whose("one", 99).await.as_deref(), Some("admin"));
        assert_eq!(whose("one", 99).await.as_deref(), Some("admin"), "asking does not use it up");
        assert_eq!(whose("one", 100).await, None);
        assert_eq!(whose("two", 99).await, None);
        store.use_link_up(&link_digest("one")).await.expect("used");
        assert_eq!(whose("one", 99).await, None);
    }
}
