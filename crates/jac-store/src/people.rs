//! People and teams.

use crate::audit::AuditedChange;
use crate::{Kind, Store, StoreError, during};
use jac_model::{EpochMs, Named, Person, UserRole};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeSet, HashMap};

/// A person as the database has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    pub role: UserRole,
    pub teams: Vec<Named>,
    /// They may not sign in, and what they had signed in with works no more.
    pub disabled: bool,
    pub has_password: bool,
    /// The company's sign-on knows them.
    pub via_company: bool,
    pub created_ms: EpochMs,
    pub last_seen_ms: Option<EpochMs>,
}

impl PersonRow {
    /// As the owner of something.
    pub fn person(&self) -> Person {
        Person { id: self.id.clone(), name: self.name.clone() }
    }
}

/// A team with its members.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    pub id: String,
    pub name: String,
    pub members: Vec<Person>,
}

/// What is to be changed of a person; `None` leaves it as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChange {
    pub role: Option<UserRole>,
    /// The ids of all their teams.
    pub teams: Option<Vec<String>>,
    pub disabled: Option<bool>,
}

const COLUMNS: &str =
    "id, name, role, disabled, password IS NOT NULL, issuer IS NOT NULL, created_ms, last_seen_ms FROM people";

fn row_of(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        id: row.get(0)?,
        name: row.get(1)?,
        // A word that this JAC does not know is read as the least.
        role: UserRole::of_word(&row.get::<_, String>(2)?).unwrap_or(UserRole::Viewer),
        teams: Vec::new(),
        disabled: row.get(3)?,
        has_password: row.get(4)?,
        via_company: row.get(5)?,
        created_ms: row.get(6)?,
        last_seen_ms: row.get(7)?,
    })
}

fn teams_of(connection: &Connection, person: &str) -> rusqlite::Result<Vec<Named>> {
    connection
        .prepare_cached("SELECT id, name FROM teams JOIN team_members ON team = id WHERE person = ?1 ORDER BY name")?
        .query_map([person], |row| Ok(Named { id: row.get(0)?, name: row.get(1)? }))?
        .collect()
}

/// The person of that id with their teams.
pub(crate) fn person_of(connection: &Connection, id: &str) -> Result<Option<PersonRow>, StoreError> {
    find(connection, "id = ?1", id)
}

pub(crate) fn find(connection: &Connection, condition: &str, value: &str) -> Result<Option<PersonRow>, StoreError> {
    let read = || {
        let sql = format!("SELECT {COLUMNS} WHERE {condition}");
        let found = connection.query_row(&sql, [value], row_of).optional()?;
        let with_teams = |mut person: PersonRow| {
            person.teams = teams_of(connection, &person.id)?;
            Ok(person)
        };
        found.map(with_teams).transpose()
    };
    read().map_err(during("read a person"))
}

pub(crate) fn not_found(kind: &'static str, id: &str) -> StoreError {
    StoreError::NotFound { kind, id: id.to_owned() }
}

fn is_taken(error: &rusqlite::Error) -> bool {
    matches!(error, rusqlite::Error::SqliteFailure(error, _) if error.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE)
}

pub(crate) fn taken(kind: &'static str, name: &str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    let name = name.to_owned();
    move |error| {
        if is_taken(&error) {
            StoreError::NameTaken { kind, name }
        } else {
            StoreError::Database { what: "write a name", source: error }
        }
    }
}

pub(crate) fn set_teams(connection: &Connection, person: &str, teams: &[String]) -> Result<(), StoreError> {
    let failed = || during("write a person's teams");
    let before = teams_of(connection, person).map_err(failed())?;
    connection.execute("DELETE FROM team_members WHERE person = ?1", [person]).map_err(failed())?;
    for team in teams {
        let known = connection
            .query_row("SELECT 1 FROM teams WHERE id = ?1", [team], |_| Ok(()))
            .optional()
            .map_err(failed())?;
        known.ok_or_else(|| not_found("team", team))?;
        connection
            .execute("INSERT OR IGNORE INTO team_members (team, person) VALUES (?1, ?2)", params![team, person])
            .map_err(failed())?;
    }
    let after = teams_of(connection, person).map_err(failed())?;
    let shown = |teams: Vec<Named>| teams.into_iter().map(|team| format!("{} ({})", team.name, team.id)).collect();
    tell_difference("teams", &shown(before), &shown(after));
    Ok(())
}

/// Says in the audit trail who or what came into a list, and what left it.
fn tell_difference(what: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    for (how, difference) in [("added", after - before), ("removed", before - after)] {
        if !difference.is_empty() {
            AuditedChange::detail(&format!("{what}_{how}"), Vec::from_iter(difference).join(", "));
        }
    }
}

/// The members of a team, as the audit trail has them.
fn members_of(connection: &Connection, team: &str) -> rusqlite::Result<BTreeSet<String>> {
    connection
        .prepare_cached("SELECT name, id FROM people JOIN team_members ON person = id WHERE team = ?1")?
        .query_map([team], |row| Ok(format!("{} ({})", row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect()
}

/// Refuses what would leave nobody who can look after the installation.
pub(crate) fn keep_an_administrator(connection: &Connection) -> Result<(), StoreError> {
    let left: i64 = connection
        .query_row("SELECT count(*) FROM people WHERE role = 'administrator' AND NOT disabled", [], |row| row.get(0))
        .map_err(during("count the administrators"))?;
    if left == 0 { Err(StoreError::LastAdministrator) } else { Ok(()) }
}

/// How much somebody owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owned {
    /// That live.
    pub clusters: u64,
    pub plans: u64,
    pub runs: u64,
}

impl Store {
    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        self.read(|connection| {
            let read = || {
                let mut statement = connection.prepare_cached(&format!("SELECT {COLUMNS} ORDER BY name"))?;
                let mut people: Vec<PersonRow> =
                    statement.query_map([], row_of)?.collect::<Result<_, rusqlite::Error>>()?;
                for person in &mut people {
                    person.teams = teams_of(connection, &person.id)?;
                }
                Ok(people)
            };
            read().map_err(during("read the people"))
        })
        .await
    }

    /// How many people there are.
    pub async fn count_people(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let count: i64 = connection
                .query_row("SELECT count(*) FROM people", [], |row| row.get(0))
                .map_err(during("count the people"))?;
            Ok(count.unsigned_abs())
        })
        .await
    }

    /// How much everybody owns, by their ids; who owns nothing is left out.
    pub async fn owned_counts(&self) -> Result<HashMap<String, Owned>, StoreError> {
        self.read(|connection| {
            let mut all: HashMap<String, Owned> = HashMap::new();
            let mut count = |sql: &str, into: fn(&mut Owned) -> &mut u64| {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query([])?;
                while let Some(row) = rows.next()? {
                    *into(all.entry(row.get(0)?).or_default()) = row.get::<_, i64>(1)?.unsigned_abs();
                }
                Ok::<_, rusqlite::Error>(())
            };
            count("SELECT owner, COUNT(*) FROM clusters WHERE phase <> 'terminated' GROUP BY owner", |owned| {
                &mut owned.clusters
            })
            .and_then(|()| count("SELECT owner, COUNT(*) FROM plans GROUP BY owner", |owned| &mut owned.plans))
            .and_then(|()| count("SELECT owner, COUNT(*) FROM runs GROUP BY owner", |owned| &mut owned.runs))
            .map_err(during("count what people own"))?;
            Ok(all)
        })
        .await
    }

    /// The person of that id.
    pub async fn person(&self, id: &str) -> Result<PersonRow, StoreError> {
        let id = id.to_owned();
        self.read(move |connection| person_of(connection, &id)?.ok_or_else(|| not_found("person", &id))).await
    }

    /// The person who signs in with that name, and their password's hash.
    pub async fn person_named(&self, name: &str) -> Result<Option<(PersonRow, Option<String>)>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| {
            let Some(person) = find(connection, "name = ?1", &name)? else { return Ok(None) };
            let password = connection
                .query_row("SELECT password FROM people WHERE id = ?1", [&person.id], |row| row.get(0))
                .map_err(during("read a password"))?;
            Ok(Some((person, password)))
        })
        .await
    }

    /// Adds somebody.
    pub async fn add_person(
        &self,
        id: &str,
        name: &str,
        role: UserRole,
        teams: Vec<String>,
        now_ms: EpochMs,
    ) -> Result<PersonRow, StoreError> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO people (id, name, role, created_ms) VALUES (?1, ?2, ?3, ?4)",
                    params![id, name, role.word(), now_ms],
                )
                .map_err(taken("person", &name))?;
            set_teams(connection, &id, &teams)?;
            person_of(connection, &id)?.ok_or_else(|| not_found("person", &id))
        })
        .await
    }

    /// Changes somebody. Who is disabled is signed out everywhere, and their tokens work no more until they are enabled.
    pub async fn change_person(
        &self,
        id: &str,
        change: PersonChange,
        now_ms: EpochMs,
    ) -> Result<PersonRow, StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            person_of(connection, &id)?.ok_or_else(|| not_found("person", &id))?;
            let failed = || during("change a person");
            if let Some(role) = change.role {
                let sql = "UPDATE people SET role = ?2 WHERE id = ?1";
                connection.execute(sql, params![id, role.word()]).map_err(failed())?;
            }
            if let Some(disabled) = change.disabled {
                let sql = "UPDATE people SET disabled = ?2 WHERE id = ?1";
                connection.execute(sql, params![id, disabled]).map_err(failed())?;
                if disabled {
                    let sql = "UPDATE people SET signed_out_ms = ?2 WHERE id = ?1";
                    connection.execute(sql, params![id, now_ms]).map_err(failed())?;
                    connection.execute("DELETE FROM sessions WHERE person = ?1", [&id]).map_err(failed())?;
                    connection.execute("DELETE FROM sign_in_links WHERE person = ?1", [&id]).map_err(failed())?;
                }
            }
            if let Some(teams) = &change.teams {
                set_teams(connection, &id, teams)?;
            }
            keep_an_administrator(connection)?;
            person_of(connection, &id)?.ok_or_else(|| not_found("person", &id))
        })
        .await
    }

    /// Removes somebody with their sessions, links and tokens. What they own is the caller's to hand over before.
    pub async fn remove_person(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let removed =
                connection.execute("DELETE FROM people WHERE id = ?1", [&id]).map_err(during("remove a person"))?;
            if removed == 0 {
                return Err(not_found("person", &id));
            }
            keep_an_administrator(connection)
        })
        .await
    }

    /// Keeps a password's hash, and ends all of the person's sessions but one.
    pub async fn set_password(&self, id: &str, hash: &str, keep_session: Option<&str>) -> Result<(), StoreError> {
        let (id, hash, keep) = (id.to_owned(), hash.to_owned(), keep_session.map(str::to_owned));
        self.write(move |connection| {
            let failed = || during("write a password");
            connection.execute("UPDATE people SET password = ?2 WHERE id = ?1", params![id, hash]).map_err(failed())?;
            connection
                .execute("DELETE FROM sessions WHERE person = ?1 AND id IS NOT ?2", params![id, keep])
                .map_err(failed())?;
            // The next change wants the password.
            connection.execute("UPDATE sessions SET by_link = 0 WHERE person = ?1", [&id]).map(drop).map_err(failed())
        })
        .await
    }

    /// The ids of what somebody owns.
    pub async fn owned(&self, kind: Kind, person: &str) -> Result<Vec<String>, StoreError> {
        let sql = match kind {
            Kind::Cluster => "SELECT id FROM clusters WHERE owner = ?1",
            Kind::Plan => "SELECT id FROM plans WHERE owner = ?1",
            Kind::Run => "SELECT id FROM runs WHERE owner = ?1",
            Kind::Schedule => "SELECT id FROM schedules WHERE owner = ?1",
        };
        let person = person.to_owned();
        self.read(move |connection| {
            let read =
                || connection.prepare_cached(sql)?.query_map([person], |row| row.get(0))?.collect::<Result<_, _>>();
            read().map_err(during("read what somebody owns"))
        })
        .await
    }

    /// Gives something to somebody by its row alone: its document cannot be read by this JAC, and is left as it is.
    pub async fn give_row(&self, kind: Kind, id: &str, to: &Person) -> Result<(), StoreError> {
        let sql = format!("UPDATE {} SET owner = ?2, owner_name = ?3 WHERE id = ?1", kind.rows());
        let (id, to) = (id.to_owned(), to.clone());
        self.write(move |connection| {
            connection.execute(&sql, [&id, &to.id, &to.name]).map(drop).map_err(during("give a row to somebody"))
        })
        .await
    }

    /// All teams, by name.
    pub async fn teams(&self) -> Result<Vec<TeamRow>, StoreError> {
        self.read(|connection| {
            let read = || {
                let mut statement = connection.prepare_cached("SELECT id, name FROM teams ORDER BY name")?;
                let team = |row: &Row<'_>| Ok(TeamRow { id: row.get(0)?, name: row.get(1)?, members: Vec::new() });
                let mut teams: Vec<TeamRow> = statement.query_map([], team)?.collect::<Result<_, rusqlite::Error>>()?;
                let mut members = connection.prepare_cached(
                    "SELECT id, name FROM people JOIN team_members ON person = id WHERE team = ?1 ORDER BY name",
                )?;
                for team in &mut teams {
                    let person = |row: &Row<'_>| Ok(Person { id: row.get(0)?, name: row.get(1)? });
                    team.members = members.query_map([&team.id], person)?.collect::<Result<_, _>>()?;
                }
                Ok(teams)
            };
            read().map_err(during("read the teams"))
        })
        .await
    }

    /// Makes a team.
    pub async fn add_team(&self, id: &str, name: &str) -> Result<(), StoreError> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.write(move |connection| {
            connection
                .execute("INSERT INTO teams (id, name) VALUES (?1, ?2)", params![id, name])
                .map(drop)
                .map_err(taken("team", &name))
        })
        .await
    }

    /// Renames a team, or says who is in it.
    pub async fn change_team(
        &self,
        id: &str,
        name: Option<String>,
        members: Option<Vec<String>>,
    ) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let failed = || during("change a team");
            let known = connection
                .query_row("SELECT 1 FROM teams WHERE id = ?1", [&id], |_| Ok(()))
                .optional()
                .map_err(failed())?;
            known.ok_or_else(|| not_found("team", &id))?;
            if let Some(name) = &name {
                let sql = "UPDATE teams SET name = ?2 WHERE id = ?1";
                connection.execute(sql, params![id, name]).map_err(taken("team", name))?;
                AuditedChange::detail("name", name);
            }
            if let Some(members) = &members {
                let before = members_of(connection, &id).map_err(failed())?;
                connection.execute("DELETE FROM team_members WHERE team = ?1", [&id]).map_err(failed())?;
                for person in members {
                    person_of(connection, person)?.ok_or_else(|| not_found("person", person))?;
                    let sql = "INSERT OR IGNORE INTO team_members (team, person) VALUES (?1, ?2)";
                    connection.execute(sql, params![id, person]).map_err(failed())?;
                }
                tell_difference("members", &before, &members_of(connection, &id).map_err(failed())?);
            }
            Ok(())
        })
        .await
    }

    /// Removes a team; what it could write is its owners' alone.
    pub async fn remove_team(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            match connection.execute("DELETE FROM teams WHERE id = ?1", [&id]).map_err(during("remove a team"))? {
                0 => Err(not_found("team", &id)),
                _ => Ok(()),
            }
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn people_and_teams_are_kept_and_the_last_administrator_stays() {
        let store = Store::in_memory().await.expect("a database");
        store.add_team("t-1", "Shop").await.expect("made");
        assert!(matches!(store.add_team("t-2", "shop").await, Err(StoreError::NameTaken { kind: "team", .. })));
        let ada = store.add_person("u-1", "Ada", UserRole::Member, vec!["t-1".to_owned()], 5).await.expect("added");
        assert_eq!((ada.role, ada.teams[0].name.as_str(), ada.disabled), (UserRole::Member, "Shop", false));
        let twice = store.add_person("u-2", "ADA", UserRole::Viewer, Vec::new(), 5).await;
        assert!(matches!(twice, Err(StoreError::NameTaken { kind: "person", .. })));
        let nowhere = store.add_person("u-2", "Bob", UserRole::Viewer, vec!["t-9".to_owned()], 5).await;
        assert!(matches!(nowhere, Err(StoreError::NotFound { kind: "team", .. })));
        assert_eq!(store.people().await.expect("people").len(), 2, "what failed left nobody");

        let demoted = PersonChange { role: Some(UserRole::Member), ..PersonChange::default() };
        assert!(matches!(store.change_person("admin", demoted.clone(), 6).await, Err(StoreError::LastAdministrator)));
        assert!(matches!(store.remove_person("admin").await, Err(StoreError::LastAdministrator)));
        let promoted = PersonChange { role: Some(UserRole::Administrator), ..PersonChange::default() };
        store.change_person("u-1", promoted, 6).await.expect("changed");
        store.change_person("admin", demoted, 6).await.expect("there is another");
        store.change_team("t-1", Some("Shops".to_owned()), Some(Vec::new())).await.expect("changed");
        let teams = store.teams().await.expect("teams");
        assert_eq!((teams[0].name.as_str(), teams[0].members.len()), ("Shops", 0));
        store.remove_team("t-1").await.expect("removed");
        assert!(store.remove_team("t-1").await.is_err());
    }
}
