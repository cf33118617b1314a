//! Teams and who is in them.

use crate::audit::AuditedChange;
use crate::lists::{Holds, Key, Page, PageRequest, Query};
use crate::people::{not_found, person_of, report_difference, taken};
use crate::{Kind, Store, StoreError, during};
use jac_model::{Named, Person, folded};
use rusqlite::{Connection, OptionalExtension, Row, params};
use std::collections::{BTreeMap, BTreeSet};

/// Maximum number of members listed with a team; the list of people has all of them.
pub const MOST_SHOWN_MEMBERS: u32 = 10;

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamRow {
    pub id: String,
    pub name: String,
    pub member_count: u64,
    /// All members by name, or the first [`MOST_SHOWN_MEMBERS`].
    pub members: Vec<Person>,
}

/// Changes to a team; empty fields are unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TeamChange {
    pub name: Option<String>,
    /// IDs of people to add.
    pub add: Vec<String>,
    /// IDs of people to remove; a person in both lists is removed.
    pub remove: Vec<String>,
}

pub(crate) const MEMBERS: &str = "SELECT count(*) FROM team_members WHERE team = ?1";

pub(crate) const SOME_MEMBERS: &str =
    "SELECT id, name, name_key FROM team_members JOIN people ON id = person WHERE team = ?1 LIMIT ?2";

fn with_members(connection: &Connection, team: Named) -> rusqlite::Result<TeamRow> {
    let count: i64 = connection.prepare_cached(MEMBERS)?.query_row([&team.id], |row| row.get(0))?;
    let keyed = |row: &Row<'_>| Ok((row.get::<_, String>(2)?, Person { id: row.get(0)?, name: row.get(1)? }));
    let mut statement = connection.prepare_cached(SOME_MEMBERS)?;
    let some: BTreeMap<String, Person> =
        statement.query_map(params![team.id, MOST_SHOWN_MEMBERS], keyed)?.collect::<rusqlite::Result<_>>()?;
    let members = some.into_values().collect();
    Ok(TeamRow { id: team.id, name: team.name, member_count: count.unsigned_abs(), members })
}

/// The members of a team, in the form of the audit trail.
fn members_of(connection: &Connection, team: &str) -> rusqlite::Result<BTreeSet<String>> {
    connection
        .prepare_cached("SELECT name, id FROM people JOIN team_members ON person = id WHERE team = ?1")?
        .query_map([team], |row| Ok(format!("{} ({})", row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?
        .collect()
}

/// The ID of the team with that name, by the same rule as for people.
pub(crate) fn team_named(connection: &Connection, name: &str) -> Result<Option<String>, StoreError> {
    let find = |condition: &str, value: &str| {
        let sql = format!("SELECT id FROM teams WHERE {condition}");
        connection.query_row(&sql, [value], |row| row.get(0)).optional().map_err(during("read a team"))
    };
    match find("name = ?1", name)? {
        Some(id) => Ok(Some(id)),
        None => find("name_key = ?1", &folded(name)),
    }
}

pub(crate) fn insert_team(connection: &Connection, id: &str, name: &str) -> Result<(), StoreError> {
    connection
        .execute("INSERT INTO teams (id, name, name_key) VALUES (?1, ?2, ?3)", params![id, name, folded(name)])
        .map(drop)
        .map_err(taken("team", name))
}

pub(crate) fn query(text: Option<&str>, page: &PageRequest<()>) -> Result<Query, StoreError> {
    let key = Key { column: "name_key", holds: Holds::Text, index: "teams_by_name" };
    let mut query = Query::new("teams", "name", key, page)?;
    query.text_in("name_key", text)?;
    Ok(query)
}

impl Store {
    /// A page of the teams whose names contain each word of the text, by name.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_teams(&self, text: Option<&str>, page: &PageRequest<()>) -> Result<Page<TeamRow>, StoreError> {
        let query = query(text, page)?;
        let unreadable = self.unreadable.clone();
        self.read_at_once(move |connection| {
            query.run(connection, &unreadable, |row| {
                with_members(connection, Named { id: row.get("id")?, name: row.get("name")? })
            })
        })
        .await
    }

    /// The team of that id.
    pub async fn team(&self, id: &str) -> Result<TeamRow, StoreError> {
        let id = id.to_owned();
        self.read_at_once(move |connection| {
            let read = || {
                let team = |row: &Row<'_>| Ok(Named { id: row.get(0)?, name: row.get(1)? });
                let found = connection.query_row("SELECT id, name FROM teams WHERE id = ?1", [&id], team).optional()?;
                found.map(|team| with_members(connection, team)).transpose()
            };
            read().map_err(during("read a team"))?.ok_or_else(|| not_found("team", &id))
        })
        .await
    }

    /// The ID of the team with that name, regardless of case.
    pub async fn team_named(&self, name: &str) -> Result<Option<String>, StoreError> {
        let name = name.to_owned();
        self.read(move |connection| team_named(connection, &name)).await
    }

    /// The IDs of objects that belong to a team that this database has never had, with the team's name. A team that was
    /// removed here is in the audit trail: a later team with the same name gets none of its objects.
    pub async fn without_team(&self, kind: Kind) -> Result<Vec<(String, String)>, StoreError> {
        let sql = format!(
            "SELECT id, team_name FROM {} WHERE team IS NOT NULL AND team_name IS NOT NULL AND team NOT IN (SELECT id FROM teams)
             AND team NOT IN (SELECT thing FROM audit WHERE action = 'team.delete' AND thing IS NOT NULL)",
            kind.rows()
        );
        self.read(move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(&sql)?;
                statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()
            };
            read().map_err(during("read what belongs to no team"))
        })
        .await
    }

    /// Creates a team.
    pub async fn add_team(&self, id: &str, name: &str) -> Result<(), StoreError> {
        let (id, name) = (id.to_owned(), name.to_owned());
        self.write(move |connection| insert_team(connection, &id, &name)).await
    }

    /// Renames a team, or changes its members.
    pub async fn change_team(&self, id: &str, change: TeamChange) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let failed = || during("change a team");
            let known = connection
                .query_row("SELECT 1 FROM teams WHERE id = ?1", [&id], |_| Ok(()))
                .optional()
                .map_err(failed())?;
            known.ok_or_else(|| not_found("team", &id))?;
            if let Some(name) = &change.name {
                // A duplicate name from before names were compared with Unicode case folding keeps its key.
                let sql = "UPDATE teams SET name = ?2, name_key = ?3 WHERE id = ?1 AND name <> ?2 COLLATE BINARY";
                connection.execute(sql, params![id, name, folded(name)]).map_err(taken("team", name))?;
                AuditedChange::detail("name", name);
            }
            if change.add.is_empty() && change.remove.is_empty() {
                return Ok(());
            }
            let before = members_of(connection, &id).map_err(failed())?;
            for person in &change.add {
                person_of(connection, person)?.ok_or_else(|| not_found("person", person))?;
                let sql = "INSERT OR IGNORE INTO team_members (team, person) VALUES (?1, ?2)";
                connection.execute(sql, params![id, person]).map_err(failed())?;
            }
            for person in &change.remove {
                let sql = "DELETE FROM team_members WHERE team = ?1 AND person = ?2";
                connection.execute(sql, params![id, person]).map_err(failed())?;
            }
            report_difference("members", &before, &members_of(connection, &id).map_err(failed())?);
            Ok(())
        })
        .await
    }

    /// Removes a team; its shared items can then only be changed by their owners.
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
    use crate::audit::{NewEntry, Outcome};
    use crate::examples;

    #[tokio::test]
    async fn things_of_a_team_of_another_database_are_found_and_those_of_a_removed_one_are_not() {
        let store = examples::store().await;
        let of_team = |number: u32, team: Option<&str>| {
            let mut run = examples::run(number);
            run.team = team.map(|id| Named { id: id.to_owned(), name: format!("Name of {id}") });
            run
        };
        store.add_team("t-here", "Shop").await.expect("a team");
        let runs =
            [of_team(1, Some("t-here")), of_team(2, Some("t-lost")), of_team(3, Some("t-removed")), of_team(4, None)];
        for run in &runs {
            store.insert_run(run).await.expect("written");
        }
        let removal = NewEntry {
            at_ms: 1,
            person: None,
            via: "shell",
            via_name: None,
            address: None,
            action: "team.delete".to_owned(),
            kind: Some("team".to_owned()),
            thing: Some("t-removed".to_owned()),
            thing_name: None,
            outcome: Outcome::Done,
            code: None,
            details: BTreeMap::new(),
        };
        store.add_entry(removal).await.expect("written");
        let found = store.without_team(Kind::Run).await.expect("read");
        assert_eq!(found, [(runs[1].id.to_string(), "Name of t-lost".to_owned())]);
        assert_eq!(store.without_team(Kind::Plan).await.expect("read"), []);
    }
}
