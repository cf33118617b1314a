//! People from the company's sign-on.

use crate::people::{PersonRow, keep_an_administrator, not_found, person_of, set_teams, sign_out_everywhere, taken};
use crate::teams::{insert_team, team_named};
use crate::{Store, StoreError, during};
use jac_model::{EpochMs, UserRole, folded};
use rusqlite::{Connection, OptionalExtension, params};
use sha2::{Digest, Sha256};

/// A person reported by the company's sign-on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompanyPerson {
    pub issuer: String,
    pub subject: String,
    /// Possible names, the best one first: the first that nobody else has is used.
    pub names: Vec<String>,
    /// `None`: as it is; a member who is new.
    pub role: Option<UserRole>,
    /// Names of teams; missing ones are created. `None`: unchanged.
    pub teams: Option<Vec<String>>,
}

impl Store {
    /// The person reported by the company's sign-on; created the first time, and updated each time. The last
    /// administrator keeps that role, whatever the sign-on reports.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] when other people have all of the names.
    pub async fn company_person(&self, reported: CompanyPerson, now_ms: EpochMs) -> Result<PersonRow, StoreError> {
        self.write(move |connection| {
            let id = match known_person(connection, &reported.issuer, &reported.subject)? {
                Some(id) => {
                    if let Some(role) = reported.role {
                        give_role(connection, &id, role)?;
                    }
                    id
                }
                None => add_company_person(connection, &reported, now_ms)?,
            };
            if let Some(names) = &reported.teams {
                let mut teams = Vec::new();
                for name in names {
                    let known = team_named(connection, name)?;
                    if let Some(team) = known {
                        teams.push(team);
                        continue;
                    }
                    // A team that was created for this name earlier may have been renamed.
                    let new = company_id("t", &[name, &now_ms.to_string()]);
                    insert_team(connection, &new, name)?;
                    teams.push(new);
                }
                set_teams(connection, &id, &teams)?;
            }
            person_of(connection, &id)?.ok_or_else(|| not_found("person", &id))
        })
        .await
    }

    /// Revokes permissions granted by the company's sign-on, because a person it knows has no role any more. They are signed out everywhere and have
    /// the lowest role until they sign in with another one; the last administrator keeps that role. Returns the person, if known here.
    pub async fn company_person_without_role(
        &self,
        issuer: &str,
        subject: &str,
        now_ms: EpochMs,
    ) -> Result<Option<PersonRow>, StoreError> {
        let (issuer, subject) = (issuer.to_owned(), subject.to_owned());
        self.write(move |connection| {
            let Some(id) = known_person(connection, &issuer, &subject)? else { return Ok(None) };
            give_role(connection, &id, UserRole::Viewer)?;
            sign_out_everywhere(connection, &id, now_ms)?;
            person_of(connection, &id)
        })
        .await
    }
}

fn known_person(connection: &Connection, issuer: &str, subject: &str) -> Result<Option<String>, StoreError> {
    let sql = "SELECT id FROM people WHERE issuer = ?1 AND subject = ?2";
    let known = connection.query_row(sql, [issuer, subject], |row| row.get(0)).optional();
    known.map_err(during("look for a person of the company's sign-on"))
}

/// The role that the company's sign-on reports, unless that would remove the last administrator.
fn give_role(connection: &Connection, id: &str, role: UserRole) -> Result<(), StoreError> {
    let before = person_of(connection, id)?.ok_or_else(|| not_found("person", id))?;
    let set = |role: UserRole| {
        connection
            .execute("UPDATE people SET role = ?2 WHERE id = ?1", params![id, role.word()])
            .map(drop)
            .map_err(during("change a role"))
    };
    set(role)?;
    match keep_an_administrator(connection) {
        Err(StoreError::LastAdministrator) if before.role == UserRole::Administrator => set(before.role),
        kept => kept,
    }
}

fn add_company_person(
    connection: &Connection,
    reported: &CompanyPerson,
    now_ms: EpochMs,
) -> Result<String, StoreError> {
    let id = company_id("u", &[&reported.issuer, &reported.subject]);
    let role = reported.role.unwrap_or(UserRole::Member).word();
    let mut failure = StoreError::NameTaken { kind: "person", name: reported.subject.clone() };
    for name in &reported.names {
        let added = connection.execute(
            "INSERT INTO people (id, name, name_key, role, issuer, subject, created_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![id, name, folded(name), role, reported.issuer, reported.subject, now_ms],
        );
        match added.map_err(taken("person", name)) {
            Ok(_) => return Ok(id),
            Err(error @ StoreError::NameTaken { .. }) => failure = error,
            Err(error) => return Err(error),
        }
    }
    Err(failure)
}

/// An ID that is the same on every server with the same company's sign-on.
fn company_id(kind: &str, words: &[&str]) -> String {
    let mut digest = Sha256::new();
    for word in words {
        digest.update(word);
        digest.update(b"\0");
    }
    format!("{kind}-{}", hex::encode(&digest.finalize()[..8]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NewSession, PersonChange, TeamChange};

    #[tokio::test]
    async fn the_company_says_anew_each_time_who_somebody_is() {
        let store = Store::in_memory().await.expect("a database");
        let first = store.company_person(reported("42", Some(UserRole::Member), &["Shop"]), 1).await.expect("made");
        let again =
            store.company_person(reported("42", Some(UserRole::Viewer), &["Shop", "Pay"]), 2).await.expect("known");
        assert_eq!(first.id, again.id);
        assert!(again.via_company && again.role == UserRole::Viewer && again.teams.len() == 2);
        let silent = CompanyPerson { teams: None, ..reported("42", None, &[]) };
        let same = store.company_person(silent, 3).await.expect("known");
        assert_eq!((same.role, same.teams.len()), (UserRole::Viewer, 2), "what it does not report stays");
        let new = store.company_person(reported("43", None, &[]), 4).await.expect("made");
        assert_eq!((new.role, new.name.as_str()), (UserRole::Member, "ada@shop.example"), "Ada is somebody else");
        let shop = again.teams.iter().find(|team| team.name == "Shop").expect("a team").id.clone();
        store
            .change_team(&shop, TeamChange { name: Some("Store".to_owned()), ..TeamChange::default() })
            .await
            .expect("renamed");
        let renamed = store.company_person(reported("42", None, &["Shop"]), 5).await.expect("known");
        assert!(renamed.teams.len() == 1 && renamed.teams[0].id != shop, "the group's team is made again");
        let third = store.company_person(reported("44", None, &[]), 5).await;
        assert!(matches!(third, Err(StoreError::NameTaken { kind: "person", .. })));
    }

    #[tokio::test]
    async fn the_company_cannot_take_the_last_administrator_away() {
        let store = Store::in_memory().await.expect("a database");
        let ada = store.company_person(reported("42", Some(UserRole::Administrator), &[]), 1).await.expect("made");
        let demoted = PersonChange { role: Some(UserRole::Member), ..PersonChange::default() };
        store.change_person("admin", demoted, 2).await.expect("there is Ada");
        let kept = store.company_person(reported("42", Some(UserRole::Viewer), &["Shop"]), 2).await.expect("known");
        assert_eq!((kept.role, kept.teams.len()), (UserRole::Administrator, 1));
        let promoted = PersonChange { role: Some(UserRole::Administrator), ..PersonChange::default() };
        store.change_person("admin", promoted, 3).await.expect("changed");
        let taken = store.company_person(reported("42", Some(UserRole::Viewer), &[]), 3).await.expect("known");
        assert_eq!((taken.id, taken.role), (ada.id, UserRole::Viewer));
    }

    #[tokio::test]
    async fn who_has_no_role_any_more_loses_what_it_gave() {
        let store = Store::in_memory().await.expect("a database");
        let ada =
            store.company_person(reported("42", Some(UserRole::Administrator), &["Shop"]), 1).await.expect("made");
        store.add_sign_in_link("secret", &ada.id, 1_000).await.expect("a link");
        let issuer = "https://login.example";
        let left = store.company_person_without_role(issuer, "42", 2).await.expect("written").expect("known");
        assert_eq!((left.id, left.role, left.disabled), (ada.id.clone(), UserRole::Viewer, false));
        let session = NewSession {
            id: "s".to_owned(),
            secret: "cookie".to_owned(),
            page: "page".to_owned(),
            expires_ms: 1_000,
            address: None,
            user_agent: None,
        };
        assert!(store.sign_in("secret", session, 3).await.expect("looked").is_none(), "the link is gone");
        assert!(store.company_person_without_role(issuer, "43", 2).await.expect("read").is_none());
        assert!(store.company_person_without_role("https://other.example", "42", 2).await.expect("read").is_none());
        let back = store.company_person(reported("42", Some(UserRole::Administrator), &[]), 4).await.expect("known");
        assert_eq!(back.role, UserRole::Administrator, "as soon as they are in a group again");
        let demoted = PersonChange { role: Some(UserRole::Member), ..PersonChange::default() };
        store.change_person("admin", demoted, 5).await.expect("there is Ada");
        let kept = store.company_person_without_role(issuer, "42", 6).await.expect("written").expect("known");
        assert_eq!(kept.role, UserRole::Administrator, "the last one");
    }

    fn reported(subject: &str, role: Option<UserRole>, teams: &[&str]) -> CompanyPerson {
        CompanyPerson {
            issuer: "https://login.example".to_owned(),
            subject: subject.to_owned(),
            names: vec!["Ada".to_owned(), "ada@shop.example".to_owned()],
            role,
            teams: Some(teams.iter().map(|team| (*team).to_owned()).collect()),
        }
    }
}
