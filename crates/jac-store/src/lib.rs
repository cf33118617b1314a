//! What JAC remembers: clusters, plans and runs in SQLite, files in a folder, secrets sealed.
//!
//! Owns the data folder's layout, the database and its migrations, and the key that secrets are sealed with. Does not own what any of it means: transitions are
//! jac-model's, deeds are jac-engine's.

mod credentials;
mod documents;
mod folder;
mod seal;
mod series;
mod sign_in;
mod vault;

pub use documents::{ClusterEventRow, Filter, RunRow};
pub use folder::{DataFolder, FolderError, Lock};
pub use seal::{SealError, SealingKey};
pub use series::StoredPoint;
pub use vault::{AwsKind, SavedAws, Vault, VaultError};

use rusqlite::Connection;
use rusqlite_migration::{M, Migrations};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Append only: a migration that was released is never changed.
const MIGRATIONS: &[M<'static>] =
    &[M::up(include_str!("../migrations/001-first.sql")), M::up(include_str!("../migrations/002-credentials.sql"))];

/// How long a statement waits for another process that reads the database.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

/// The database. Every call is one short transaction; it may be called from asynchronous tasks. Clones are the same one.
#[derive(Debug, Clone)]
pub struct Store {
    connection: Arc<Mutex<Connection>>,
}

/// What the database could not do.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("there is no {kind} {id}")]
    NotFound { kind: &'static str, id: String },
    #[error("the database could not {what}: {source}")]
    Database { what: &'static str, source: rusqlite::Error },
    #[error("the database could not be brought up to date: {0}")]
    Migration(#[from] rusqlite_migration::Error),
    #[error("a row of the database cannot be read ({what}): {source}")]
    Corrupt { what: &'static str, source: serde_json::Error },
}

impl StoreError {
    /// Whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, Self::Database { source: rusqlite::Error::SqliteFailure(error, _), .. } if error.code == rusqlite::ErrorCode::DiskFull)
    }
}

/// Names the operation of a database error.
fn during(what: &'static str) -> impl FnOnce(rusqlite::Error) -> StoreError {
    move |source| StoreError::Database { what, source }
}

impl Store {
    /// Opens the database, makes it where there is none, and brings it up to date.
    ///
    /// # Errors
    /// When it cannot be opened or is of a newer JAC.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::prepare(Connection::open(path).map_err(during("be opened"))?)
    }

    /// A database that is gone with its last user.
    ///
    /// # Errors
    /// When SQLite has no memory.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::prepare(Connection::open_in_memory().map_err(during("be opened"))?)
    }

    fn prepare(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY_LIMIT).map_err(during("be opened"))?;
        connection
            .execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON;")
            .map_err(during("be opened"))?;
        Migrations::from_slice(MIGRATIONS).to_latest(&mut connection)?;
        Ok(Self { connection: Arc::new(Mutex::new(connection)) })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        // A panic between two statements leaves SQLite itself whole: its transaction was rolled back.
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
