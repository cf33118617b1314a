//! People. Owns their rows, and the rule that one administrator must remain. Pages of them are in lists/people.rs,
//! teams in teams.rs.

use crate::audit::AuditedChange;
use crate::{Kind, Store, StoreError, during};
use jac_model::{EpochMs, Named, Person, UserRole, folded};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeSet, HashMap};

/// A person as stored in the database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    pub id: String,
    pub name: String,
    /// The folded name for comparison, unique among people.
    pub name_key: String,
    pub role: UserRole,
    pub teams: Vec<Named>,
    /// They may not sign in, and their sessions and tokens are invalid.
    pub disabled: bool,
    pub has_password: bool,
    /// They come from the company's sign-on.
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

/// The changes of a person; `None` leaves a value unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonChange {
    pub role: Option<UserRole>,
    /// IDs of all their teams.
    pub teams: Option<Vec<String>>,
    pub disabled: Option<bool>,
}

pub(crate) const COLUMNS: &str =
    "id, name, role, disabled, password IS NOT NULL, issuer IS NOT NULL, created_ms, last_seen_ms, name_key";

pub(crate) fn row_of(row: &Row<'_>) -> rusqlite::Result<PersonRow> {
    Ok(PersonRow {
        id: row.get(0)?,
        name: row.get(1)?,
        // An unknown role is read as the lowest.
        role: UserRole::of_word(&row.get::<_, String>(2)?).unwrap_or(UserRole::Viewer),
        teams: Vec::new(),
        disabled: row.get(3)?,
        has_password: row.get(4)?,
        via_company: row.get(5)?,
        created_ms: row.get(6)?,
        last_seen_ms: row.get(7)?,
        name_key: row.get(8)?,
    })
}

pub(crate) fn teams_of(connection: &Connection, person: &str) -> rusqlite::Result<Vec<Named>> {
    connection
        .prepare_cached(
            "SELECT id, name FROM teams JOIN team_members ON team = id WHERE person = ?1 ORDER BY name_key",
        )?
        .query_map([person], |row| Ok(Named { id: row.get(0)?, name: row.get(1)? }))?
        .collect()
}

/// The person of that id with their teams.
pub(crate) fn person_of(connection: &Connection, id: &str) -> Result<Option<PersonRow>, StoreError> {
    find(connection, "id = ?1", id)
}

pub(crate) fn find(connection: &Connection, condition: &str, value: &str) -> Result<Option<PersonRow>, StoreError> {
    let read = || {
        let sql = format!("SELECT {COLUMNS} FROM people WHERE {condition}");
        let found = connection.query_row(&sql, [value], row_of).optional()?;
        let with_teams = |mut person: PersonRow| {
            person.teams = teams_of(connection, &person.id)?;
            Ok(person)
        };
        found.map(with_teams).transpose()
    };
    read().map_err(during("read a person"))
}

/// The person with that name: an exact match takes precedence over one that differs in case; a database of an older JAC may have both.
pub(crate) fn named(connection: &Connection, name: &str) -> Result<Option<PersonRow>, StoreError> {
    match find(connection, "name = ?1", name)? {
        Some(person) => Ok(Some(person)),
        None => find(connection, "name_key = ?1", &folded(name)),
    }
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
    report_difference("teams", &shown(before), &shown(after));
    Ok(())
}

/// Adds the added and removed elements of a list to the audit trail.
pub(crate) fn report_difference(what: &str, before: &BTreeSet<String>, after: &BTreeSet<String>) {
    for (how, difference) in [("added", after - before), ("removed", before - after)] {
        if !difference.is_empty() {
            AuditedChange::detail(&format!("{what}_{how}"), Vec::from_iter(difference).join(", "));
        }
    }
}

/// Rejects a change that would leave no administrator who can sign in.
pub(crate) fn keep_an_administrator(connection: &Connection) -> Result<(), StoreError> {
    let left: i64 = connection
        .query_row("SELECT count(*) FROM people WHERE role = 'administrator' AND NOT disabled", [], |row| row.get(0))
        .map_err(during("count the administrators"))?;
    if left == 0 { Err(StoreError::LastAdministrator) } else { Ok(()) }
}

/// Rejects a new item of a person who was removed after the request.
pub(crate) fn must_be_there(connection: &Connection, owner: &Person) -> Result<(), StoreError> {
    let found =
        connection.prepare_cached("SELECT 1 FROM people WHERE id = ?1").and_then(|mut found| found.exists([&owner.id]));
    match found.map_err(during("read a person"))? {
        true => Ok(()),
        false => Err(StoreError::OwnerMissing { name: owner.name.clone() }),
    }
}

/// Whether a person owns anything, including ended items.
const OWNS_ANYTHING: &str =
    "SELECT EXISTS (SELECT 1 FROM clusters WHERE owner = ?1) OR EXISTS (SELECT 1 FROM plans WHERE owner = ?1)
    OR EXISTS (SELECT 1 FROM runs WHERE owner = ?1) OR EXISTS (SELECT 1 FROM schedules WHERE owner = ?1)
    OR EXISTS (SELECT 1 FROM results_stores WHERE owner = ?1) OR EXISTS (SELECT 1 FROM search_targets WHERE owner = ?1)
    OR EXISTS (SELECT 1 FROM credentials WHERE owner = ?1)";

/// Ends a person's sessions, including those stored elsewhere, and their links.
pub(crate) fn sign_out_everywhere(connection: &Connection, id: &str, now_ms: EpochMs) -> Result<(), StoreError> {
    let failed = || during("sign somebody out everywhere");
    connection.execute("UPDATE people SET signed_out_ms = ?2 WHERE id = ?1", params![id, now_ms]).map_err(failed())?;
    connection.execute("DELETE FROM sessions WHERE person = ?1", [id]).map_err(failed())?;
    connection.execute("DELETE FROM sign_in_links WHERE person = ?1", [id]).map(drop).map_err(failed())
}

pub(crate) const OWNED_CLUSTERS: &str = "SELECT count(*) FROM clusters WHERE owner = ?1 AND phase <> 'terminated'";
pub(crate) const OWNED_PLANS: &str = "SELECT count(*) FROM plans WHERE owner = ?1";
pub(crate) const OWNED_RUNS: &str = "SELECT count(*) FROM runs WHERE owner = ?1";

/// How much a person owns.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Owned {
    /// Active clusters.
    pub clusters: u64,
    pub plans: u64,
    pub runs: u64,
}

impl Store {
    /// Everybody, by name.
    pub async fn people(&self) -> Result<Vec<PersonRow>, StoreError> {
        self.read(|connection| {
            let read = || {
                let mut statement =
                    connection.prepare_cached(&format!("SELECT {COLUMNS} FROM people ORDER BY name_key"))?;
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

    /// Whether another person is an administrator who can sign in.
    pub async fn has_other_administrator(&self, than: &str) -> Result<bool, StoreError> {
        let than = than.to_owned();
        self.read(move |connection| {
            let sql = "SELECT 1 FROM people WHERE role = 'administrator' AND NOT disabled AND id <> ?1";
            let exists = || connection.prepare_cached(sql)?.exists([than]);
            exists().map_err(during("look for an administrator"))
        })
        .await
    }

    /// The number of items that each of these people owns, by their IDs.
    pub async fn owned_counts(&self, people: Vec<String>) -> Result<HashMap<String, Owned>, StoreError> {
        self.read_at_once(move |connection| {
            let read = || {
                let [mut clusters, mut plans, mut runs] = [
                    connection.prepare_cached(OWNED_CLUSTERS)?,
                    connection.prepare_cached(OWNED_PLANS)?,
                    connection.prepare_cached(OWNED_RUNS)?,
                ];
                let mut all = HashMap::with_capacity(people.len());
                for id in people {
                    let count = |row: &Row<'_>| Ok(row.get::<_, i64>(0)?.unsigned_abs());
                    let owned = Owned {
                        clusters: clusters.query_row([&id], count)?,
                        plans: plans.query_row([&id], count)?,
                        runs: runs.query_row([&id], count)?,
                    };
                    all.insert(id, owned);
                }
                Ok(all)
            };
            read().map_err(during("count what people own"))
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
            let Some(person) = named(connection, &name)? else { return Ok(None) };
            let password = connection
                .query_row("SELECT password FROM people WHERE id = ?1", [&person.id], |row| row.get(0))
                .map_err(during("read a password"))?;
            Ok(Some((person, password)))
        })
        .await
    }

    /// Adds a person.
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
                    "INSERT INTO people (id, name, name_key, role, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)",
                    params![id, name, folded(&name), role.word(), now_ms],
                )
                .map_err(taken("person", &name))?;
            set_teams(connection, &id, &teams)?;
            person_of(connection, &id)?.ok_or_else(|| not_found("person", &id))
        })
        .await
    }

    /// Changes a person. A disabled person is signed out everywhere, and their tokens are invalid until they are
    /// enabled.
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
                    sign_out_everywhere(connection, &id, now_ms)?;
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

    /// Removes a person with their sessions, links and tokens. The caller must hand over everything they own first: a person who owns anything
    /// is not removed, and nothing new is written for a removed person.
    ///
    /// # Errors
    /// `StillOwns` if something is left, which may have been created during the handover.
    pub async fn remove_person(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let owns = connection.query_row(OWNS_ANYTHING, [&id], |row| row.get(0));
            if owns.map_err(during("read what somebody owns"))? {
                return Err(StoreError::StillOwns);
            }
            let removed =
                connection.execute("DELETE FROM people WHERE id = ?1", [&id]).map_err(during("remove a person"))?;
            if removed == 0 {
                return Err(not_found("person", &id));
            }
            keep_an_administrator(connection)
        })
        .await
    }

    /// Stores a password's hash, and ends all of the person's sessions except one, and their sign-in links.
    pub async fn set_password(&self, id: &str, hash: &str, keep_session: Option<&str>) -> Result<(), StoreError> {
        let (id, hash, keep) = (id.to_owned(), hash.to_owned(), keep_session.map(str::to_owned));
        self.write(move |connection| {
            let failed = || during("write a password");
            connection.execute("UPDATE people SET password = ?2 WHERE id = ?1", params![id, hash]).map_err(failed())?;
            connection
                .execute("DELETE FROM sessions WHERE person = ?1 AND id IS NOT ?2", params![id, keep])
                .map_err(failed())?;
            // A link would allow access without the password.
            connection.execute("DELETE FROM sign_in_links WHERE person = ?1", [&id]).map_err(failed())?;
            // The next change requires the password.
            connection.execute("UPDATE sessions SET by_link = 0 WHERE person = ?1", [&id]).map(drop).map_err(failed())
        })
        .await
    }

    /// The IDs of the objects that a person owns.
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

    /// The IDs of items whose owner has no account, with the owners' names.
    pub async fn without_account(&self, kind: Kind) -> Result<Vec<(String, String)>, StoreError> {
        let sql = format!("SELECT id, owner_name FROM {} WHERE owner NOT IN (SELECT id FROM people)", kind.rows());
        self.read(move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(&sql)?;
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
            };
            read().map_err(during("read what belongs to nobody"))
        })
        .await
    }

    /// Changes an item's owner in its row only: this version cannot read its document, which is unchanged.
    pub async fn give_row(&self, kind: Kind, id: &str, to: &Person) -> Result<(), StoreError> {
        let sql = format!("UPDATE {} SET owner = ?2, owner_name = ?3 WHERE id = ?1", kind.rows());
        let (id, to) = (id.to_owned(), to.clone());
        self.write(move |connection| {
            connection.execute(&sql, [&id, &to.id, &to.name]).map(drop).map_err(during("give a row to somebody"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TeamChange;

    #[tokio::test]
    async fn people_and_teams_are_kept_and_the_last_administrator_stays() {
        let store = Store::in_memory().await.expect("a database");
        store.add_team("t-1", "Shop").await.expect("made");
        assert!(matches!(store.add_team("t-2", "shop").await, Err(StoreError::NameTaken { kind: "team", .. })));
        store.add_team("t-3", "Käse").await.expect("made");
        assert!(matches!(store.add_team("t-4", "KÄSE").await, Err(StoreError::NameTaken { kind: "team", .. })));
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
        let renamed =
            TeamChange { name: Some("Shops".to_owned()), remove: vec!["u-1".to_owned()], ..TeamChange::default() };
        store.change_team("t-1", renamed).await.expect("changed");
        let team = store.team("t-1").await.expect("the team");
        assert_eq!((team.name.as_str(), team.member_count, team.members.len()), ("Shops", 0, 0));
        let taken = TeamChange { name: Some("kÄSE".to_owned()), ..TeamChange::default() };
        assert!(matches!(store.change_team("t-1", taken).await, Err(StoreError::NameTaken { kind: "team", .. })));
        store.remove_team("t-1").await.expect("removed");
        assert!(store.remove_team("t-1").await.is_err());
    }

    #[tokio::test]
    async fn who_owns_anything_is_not_removed_and_who_is_removed_gets_nothing_new() {
        use crate::examples;
        let store = examples::store().await;
        let owner = examples::owner();
        let refused = async |what: &str| {
            let removed = store.remove_person(&owner.id).await;
            assert!(matches!(removed, Err(StoreError::StillOwns)), "{what}: {removed:?}");
        };
        let next = Person { id: "admin".to_owned(), name: "Administrator".to_owned() };
        let (cluster, plan) = (examples::cluster(1), examples::plan(1));
        let (run, schedule) = (examples::run(1), examples::schedule(1));
        store.insert_cluster(&cluster).await.expect("written");
        refused("a cluster").await;
        store.give_row(Kind::Cluster, cluster.id.as_str(), &next).await.expect("given");
        store.insert_plan(&plan).await.expect("written");
        refused("a plan").await;
        store.give_row(Kind::Plan, plan.id.as_str(), &next).await.expect("given");
        store.insert_run(&run).await.expect("written");
        refused("a run").await;
        store.give_row(Kind::Run, run.id.as_str(), &next).await.expect("given");
        store.insert_schedule(&schedule).await.expect("written");
        refused("a schedule").await;
        store.give_row(Kind::Schedule, schedule.id.as_str(), &next).await.expect("given");
        store.remove_person(&owner.id).await.expect("nothing is left");
        let late = [
            store.insert_cluster(&examples::cluster(2)).await,
            store.insert_plan(&examples::plan(2)).await,
            store.insert_run(&examples::run(2)).await,
            store.insert_finished_run(&examples::run(2), None, None).await,
            store.insert_schedule(&examples::schedule(2)).await,
        ];
        for written in late {
            assert!(matches!(written, Err(StoreError::OwnerMissing { .. })), "{written:?}");
        }
        let gone = Person { id: "u-gone".to_owned(), name: "Gone".to_owned() };
        let taken = store.update_schedule::<_, StoreError>(&schedule.id, move |schedule| {
            schedule.owner = gone;
            Ok(())
        });
        assert!(matches!(taken.await, Err(StoreError::OwnerMissing { .. })), "by saving it");
    }

    #[tokio::test]
    async fn names_that_differ_in_case_alone_are_one_in_every_script() {
        let store = Store::in_memory().await.expect("a database");
        store.add_person("u-1", "Ädä", UserRole::Member, Vec::new(), 5).await.expect("added");
        for same in ["ädä", "ÄDÄ", "A\u{308}da\u{308}"] {
            let twice = store.add_person("u-2", same, UserRole::Member, Vec::new(), 5).await;
            assert!(matches!(twice, Err(StoreError::NameTaken { kind: "person", .. })), "{same}");
            let (found, _) = store.person_named(same).await.expect("read").expect("the person");
            assert_eq!(found.id, "u-1", "{same}");
        }
    }
}
