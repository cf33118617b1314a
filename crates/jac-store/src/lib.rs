//! JAC's persistent data: clusters, plans and runs in SQLite, files in a folder, sealed secrets.
//!
//! Owns the data folder's layout, the database and its migrations, and the key that secrets are sealed with. Does not
//! own the meaning of the data: transitions belong to jac-model, operations to jac-engine.

pub mod audit;
mod clusters;
mod company;
mod connections;
mod credentials;
mod deliveries;
mod documents;
#[cfg(test)]
mod examples;
mod folder;
mod history;
mod key_ring;
mod lists;
#[cfg(test)]
mod older;
mod people;
mod plans;
mod results_stores;
mod retention;
mod runs;
mod schedules;
mod seal;
mod search_targets;
mod series;
mod sessions_elsewhere;
mod shares;
mod shipments;
mod sign_in;
mod teams;
mod vault;

pub use clusters::ClusterEventRow;
pub use company::CompanyPerson;
pub use credentials::{CredentialKind, CredentialRow};
pub use deliveries::{DeliveryRow, NewDelivery};
pub use documents::Kind;
pub use folder::{DataFolder, FolderError, Lock};
pub use history::{RunMetrics, TrendPlace, TrendRow, TrendRows};
pub use lists::clusters::{ClusterFilter, ListedCluster};
pub use lists::people::PersonFilter;
pub use lists::plans::{ListedPlan, ListedRunOfPlan, PlanFilter};
pub use lists::runs::{ListedRun, RunFilter};
pub use lists::schedules::ScheduleFilter;
pub use lists::{MOST_LISTED, Page, PageRequest};
pub use people::{Owned, PersonChange, PersonRow};
pub use results_stores::ResultsStoreRow;
pub use retention::RunPlace;
pub use runs::RunRow;
pub use schedules::firings::{FiringRow, NewFiring};
pub use seal::{SealError, SealingKey};
pub use search_targets::SearchTargetRow;
pub use series::StoredPoint;
pub use sessions_elsewhere::link_digest;
pub use shares::{ShareKind, ShareRow};
pub use shipments::{Attempt, ShipmentRow};
pub use sign_in::{NewSession, OpenSession, SessionLimits, SessionRow, TokenRow};
pub use teams::{MOST_SHOWN_MEMBERS, TeamChange, TeamRow};
pub use vault::{NewSet, Secret, Vault, VaultError};

use audit::AuditedChange;
use connections::Connections;
use rusqlite::Connection;
use rusqlite_migration::{M, Migrations, SchemaVersion};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// Append only: a migration that was released is never changed.
const MIGRATIONS: &[M<'static>] = &[
    M::up(include_str!("../migrations/001-first.sql")),
    M::up(include_str!("../migrations/002-credentials.sql")),
    M::up(include_str!("../migrations/003-oldest-reader.sql")),
    M::up(include_str!("../migrations/004-page-secrets.sql")),
    M::up(include_str!("../migrations/005-columns.sql")),
    M::up(include_str!("../migrations/006-people.sql")),
    M::up(include_str!("../migrations/007-credentials.sql")),
    M::up(include_str!("../migrations/008-sessions-elsewhere.sql")),
    M::up(include_str!("../migrations/009-shipments.sql")),
    M::up(include_str!("../migrations/010-history.sql")),
    M::up(include_str!("../migrations/011-deliveries.sql")),
    M::up(include_str!("../migrations/012-schedules.sql")),
    M::up(include_str!("../migrations/013-pinned.sql")),
    M::up(include_str!("../migrations/014-plan-revisions.sql")),
    M::up(include_str!("../migrations/015-event-codes.sql")),
    M::up(include_str!("../migrations/016-own-stores-and-targets.sql")),
    M::up(include_str!("../migrations/017-folded-names.sql")),
    M::up(include_str!("../migrations/018-try-runs.sql")),
    M::up(include_str!("../migrations/019-total-basis.sql")),
    M::up(include_str!("../migrations/020-invisible-letters.sql")),
    M::up(include_str!("../migrations/021-sign-ins-and-passed-times.sql")),
    M::up(include_str!("../migrations/022-cluster-causes.sql")),
    M::up(include_str!("../migrations/023-clusters-of-one-run.sql")),
];

/// The database. Every call is one short transaction, on a thread that may block. Clones refer to the same database.
#[derive(Debug, Clone)]
pub struct Store {
    connections: Connections,
    unreadable: Unreadable,
}

/// The rows that could not be read, with the reason, by kind and id.
type Unreadable = Arc<Mutex<BTreeMap<(&'static str, String), String>>>;

/// Errors of the database.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("no {kind} {id}")]
    NotFound { kind: &'static str, id: String },
    #[error("the database could not {what}: {source}")]
    Database { what: &'static str, source: rusqlite::Error },
    #[error("a {kind} '{name}' already exists")]
    NameTaken { kind: &'static str, name: String },
    /// The owner of a new item was removed meanwhile.
    #[error("the account of {name} was removed")]
    OwnerMissing { name: String },
    /// The person to be removed still owns something.
    #[error("the person still owns something")]
    StillOwns,
    #[error("there would be no administrator left")]
    LastAdministrator,
    #[error("the database is closed: this process is shutting down")]
    Ending,
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] rusqlite_migration::Error),
    #[error(
        "the database was written by a newer version of JAC (schema {found}, this version supports {known}); start \
         that version, or restore a backup"
    )]
    Newer { found: usize, known: usize },
    /// One row; the others are as they were.
    #[error("the row of the {kind} {id} cannot be read: {source}")]
    Unreadable { kind: &'static str, id: String, source: serde_json::Error },
    /// The cursor is not valid, or is that of another list.
    #[error("the list cannot be continued from there")]
    Cursor,
    #[error("a search can have at most {longest} characters")]
    TextTooLong { longest: usize },
    #[error("{what} cannot be written as JSON: {source}")]
    Unwritable { what: &'static str, source: serde_json::Error },
}

/// A row that this JAC cannot read. It is left unchanged and omitted from every list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnreadableRow {
    /// `cluster`, `plan`, `run` or `schedule`.
    pub kind: &'static str,
    pub id: String,
    pub reason: String,
}

impl StoreError {
    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Database { source: rusqlite::Error::SqliteFailure(error, _), .. } if error.code == rusqlite::ErrorCode::DiskFull)
    }
}

/// Remembers a row that cannot be read.
fn note_unreadable(known: &Unreadable, kind: &'static str, id: &str, reason: &dyn std::fmt::Display) {
    let mut known = known.lock().unwrap_or_else(PoisonError::into_inner);
    known.insert((kind, id.to_owned()), reason.to_string());
}

/// Names the operation of a database error.
fn during(what: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| StoreError::Database { what, source }
}

impl Store {
    /// Opens the database, creates it if it does not exist, and migrates it to the current schema.
    ///
    /// # Errors
    /// When it cannot be opened or was written by a newer JAC.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connections::of_file(path)).await
    }

    /// Whether a database has the schema of this JAC, so that opening it changes nothing. `false` if it does not exist.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_current(path: &Path) -> Result<bool, StoreError> {
        if !path.exists() {
            return Ok(false);
        }
        let failed = || during("read the version of the schema");
        let connection =
            Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(failed())?;
        let version: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(failed())?;
        Ok(version as usize == MIGRATIONS.len())
    }

    /// A database that ceases to exist with its last user.
    ///
    /// # Errors
    /// When SQLite runs out of memory.
    pub async fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connections::in_memory()).await
    }

    async fn prepare(connections: Connections) -> Result<Self, StoreError> {
        connections.alone(migrate).await?;
        let store = Self { connections, unreadable: Arc::default() };
        let unreadable = store.unreadable.clone();
        store.write(move |connection| documents::fill_rows(connection, &unreadable)).await?;
        // After the creation of a database, its log is four times as long as the database, which is much on a small
        // disk. If the disk is full it stays: a server that does not start could not delete anything.
        if let Err(error) = store.connections.alone(|connection| shorten_log(connection)).await {
            tracing::warn!(%error, "{error}; it stays as long as it is");
        }
        Ok(store)
    }

    /// The rows that could not be read since this JAC was started, as far as they were requested.
    pub fn unreadable(&self) -> Vec<UnreadableRow> {
        let known = self.unreadable.lock().unwrap_or_else(PoisonError::into_inner);
        let row = |((kind, id), reason): (&(&'static str, String), &String)| UnreadableRow {
            kind,
            id: id.clone(),
            reason: reason.clone(),
        };
        known.iter().map(row).collect()
    }

    /// Writes all committed data to a new file, which is an independent database. It blocks nobody.
    ///
    /// # Errors
    /// When the file exists already or cannot be written.
    pub async fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        let file = file.to_string_lossy().into_owned();
        self.read(move |connection| connection.execute("VACUUM INTO ?1", [file]).map(drop).map_err(during("be copied")))
            .await
    }

    /// Queries the database.
    async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let asked = self.connections.read(ask).await;
        if let Err(StoreError::Unreadable { kind, id, source }) = &asked {
            note_unreadable(&self.unreadable, kind, id, source);
        }
        asked
    }

    /// Runs several queries on one snapshot of the database.
    async fn read_at_once<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.read(move |connection| {
            let moment = connection.unchecked_transaction().map_err(during("begin to read"))?;
            ask(&moment)
        })
        .await
    }

    /// Changes the database in one transaction; nothing is changed when `change` fails.
    async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let Some(audited) = AuditedChange::current() else { return self.connections.write(change).await };
        let of_request = audited.clone();
        let changed = self.connections.write(move |connection| {
            // The change may add details to its entry.
            let answer = audited.around_blocking(|| change(connection))?;
            let entry = audited.due();
            if let Some(entry) = &entry {
                audit::insert(connection, entry)?;
            }
            Ok::<_, E>((answer, entry.is_some()))
        });
        let (answer, with_entry) = changed.await?;
        if with_entry {
            of_request.written();
        }
        Ok(answer)
    }
}

/// Moves committed data into the database's file, as far as no reader prevents it, and truncates the write-ahead log.
fn shorten_log(connection: &Connection) -> Result<(), StoreError> {
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).map_err(during("shorten its log"))
}

/// Migrates the schema. A database of a newer JAC is used unchanged if it is marked as readable for this version.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let migrations = Migrations::from_slice(MIGRATIONS);
    let found = match migrations.current_version(connection)? {
        SchemaVersion::Outside(version) => version.get(),
        SchemaVersion::NoneSet | SchemaVersion::Inside(_) => return Ok(migrations.to_latest(connection)?),
    };
    let oldest = connection.query_row("SELECT schema FROM oldest_reader", [], |row| row.get::<_, u32>(0));
    match oldest {
        Ok(oldest) if oldest as usize <= MIGRATIONS.len() => Ok(()),
        _ => Err(StoreError::Newer { found, known: MIGRATIONS.len() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_a_newer_jac_opens_where_that_one_says_so() {
        let known = u32::try_from(MIGRATIONS.len()).expect("a number");
        let newer = |oldest: u32| {
            let mut connection = Connection::open_in_memory().expect("a database");
            connections::add_functions(&connection).expect("added");
            migrate(&mut connection).expect("migrated");
            connection.execute("UPDATE oldest_reader SET schema = ?1", [oldest]).expect("written");
            connection.pragma_update(None, "user_version", known + 1).expect("written");
            migrate(&mut connection)
        };
        newer(known).expect("the next version by one added a column only");
        let refused = newer(known + 1);
        assert!(matches!(refused, Err(StoreError::Newer { found, known }) if found == known + 1), "{refused:?}");
    }
}
