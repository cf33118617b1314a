//! The rows of people's own search targets: sealed bytes, and the displayable attributes.

use crate::{Store, StoreError, during};
use jac_model::{EpochMs, Person};
use rusqlite::{Row, params};

/// A person's search target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SearchTargetRow {
    /// The target's name on this server, which shipments are of.
    pub id: String,
    pub owner: Person,
    /// Name, unique for its owner.
    pub name: String,
    /// Its address and the layout of samples there, JSON.
    pub settings: String,
    /// The set of credentials that requests are signed with: its ID.
    pub credentials: Option<String>,
    /// The password or API key.
    pub sealed: Option<Vec<u8>>,
    pub saved_ms: EpochMs,
}

impl SearchTargetRow {
    /// The purpose that its password or API key is sealed for: it does not open for another person's target.
    pub fn purpose(&self) -> String {
        Self::purpose_of(&self.id, &self.owner.id)
    }

    /// The same for a target that has no row yet.
    pub fn purpose_of(id: &str, owner: &str) -> String {
        format!("search target {id} of {owner}")
    }
}

const COLUMNS: &str =
    "SELECT search_targets.id, owner, people.name, search_targets.name, settings, credentials, sealed, saved_ms
     FROM search_targets JOIN people ON people.id = owner";

fn row_of(row: &Row<'_>) -> rusqlite::Result<SearchTargetRow> {
    Ok(SearchTargetRow {
        id: row.get(0)?,
        owner: Person { id: row.get(1)?, name: row.get(2)? },
        name: row.get(3)?,
        settings: row.get(4)?,
        credentials: row.get(5)?,
        sealed: row.get(6)?,
        saved_ms: row.get(7)?,
    })
}

impl Store {
    /// All search targets of people, by their owners' names and their own.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn search_targets(&self) -> Result<Vec<SearchTargetRow>, StoreError> {
        self.read(|connection| {
            let read = || {
                let sql = format!("{COLUMNS} ORDER BY people.name, search_targets.name");
                connection.prepare_cached(&sql)?.query_map([], row_of)?.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(during("read the search targets"))
        })
        .await
    }

    /// Writes a target, and replaces its owner's one with that ID.
    ///
    /// # Errors
    /// When its owner has another with that name, its set of credentials does not exist, or the database cannot be
    /// written.
    pub async fn put_search_target(&self, row: SearchTargetRow) -> Result<(), StoreError> {
        self.write(move |connection| {
            let sql = "INSERT INTO search_targets (id, owner, name, settings, credentials, sealed, saved_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
                 ON CONFLICT (id) DO UPDATE SET name = ?3, settings = ?4, credentials = ?5, sealed = ?6, saved_ms = ?7 WHERE owner = ?2";
            let values =
                params![row.id, row.owner.id, row.name, row.settings, row.credentials, row.sealed, row.saved_ms];
            connection.execute(sql, values).map(drop).map_err(|error| match error {
                rusqlite::Error::SqliteFailure(failure, _)
                    if failure.extended_code == rusqlite::ffi::SQLITE_CONSTRAINT_UNIQUE =>
                {
                    StoreError::NameTaken { kind: "search target", name: row.name.clone() }
                }
                source => StoreError::Database { what: "write a search target", source },
            })
        })
        .await
    }

    /// Encrypts the secrets of all targets again, in one transaction; returns their number.
    pub(crate) async fn seal_targets_again<E: From<StoreError> + Send + 'static>(
        &self,
        again: impl Fn(&SearchTargetRow, &[u8]) -> Result<Vec<u8>, E> + Send + 'static,
    ) -> Result<usize, E> {
        self.write(move |connection| {
            let read = || {
                let sql = format!("{COLUMNS} WHERE sealed IS NOT NULL");
                connection.prepare(&sql)?.query_map([], row_of)?.collect::<rusqlite::Result<Vec<_>>>()
            };
            let rows = read().map_err(during("read the search targets"))?;
            for row in &rows {
                let sealed = again(row, row.sealed.as_deref().unwrap_or_default())?;
                let sql = "UPDATE search_targets SET sealed = ?2 WHERE id = ?1";
                connection.execute(sql, params![row.id, sealed]).map_err(during("write the search targets"))?;
            }
            Ok(rows.len())
        })
        .await
    }

    /// Deletes a target. None there is a success.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn delete_search_target(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let deleted = connection.execute("DELETE FROM search_targets WHERE id = ?1", [id]);
            deleted.map(drop).map_err(during("delete a search target"))
        })
        .await
    }
}
