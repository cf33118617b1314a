//! The connections to the database: one writer and several readers, each used on a thread that may block.
//!
//! SQLite permits one writing connection at a time; a second would only wait for the first, so there is only one, with
//! our own queue. With the write-ahead log readers and the writer do not block each other. [Decision
//! 12](../../../docs/decisions/012-sqlite-off-the-runtime.md) explains why this is not a library's pool.

use crate::{StoreError, during};
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// Number of concurrent queries; each reader has a page cache.
const READERS: usize = 4;

/// How long a statement waits for another process that uses the database, e.g. `jac admin`.
const BUSY_LIMIT: Duration = Duration::from_secs(5);

/// Every commit is on disk when it returns: a reported transition is never undone by a power failure.
const WRITER: &str = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const READER: &str = "PRAGMA foreign_keys = ON;";

/// Clones refer to the same connections. Readers are closed before the writer: the last one to close removes the
/// write-ahead log, which would otherwise be applied to a database that replaces this one.
#[derive(Debug, Clone)]
pub(crate) struct Connections {
    readers: Arc<Pool>,
    writer: Arc<Pool>,
}

#[derive(Debug)]
struct Pool {
    path: PathBuf,
    pragmas: &'static str,
    free: Mutex<Vec<Connection>>,
    turns: Arc<Semaphore>,
}

impl Connections {
    pub(crate) fn of_file(path: &Path) -> Self {
        Self { readers: Pool::new(path, READERS, READER), writer: Pool::new(path, 1, WRITER) }
    }

    /// A single connection: a second one would have a database of its own.
    pub(crate) fn in_memory() -> Self {
        let only = Pool::new(Path::new(":memory:"), 1, WRITER);
        Self { readers: Arc::clone(&only), writer: only }
    }

    pub(crate) async fn read<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        on(&self.readers, move |connection| ask(connection)).await
    }

    pub(crate) async fn write<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        change: impl FnOnce(&Connection) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        on(&self.writer, move |connection| {
            let begun = Transaction::new(connection, TransactionBehavior::Immediate);
            let transaction = begun.map_err(during("begin a transaction"))?;
            let answer = change(&transaction)?;
            transaction.commit().map_err(during("commit a transaction"))?;
            Ok(answer)
        })
        .await
    }

    /// Works on the connection that writes, in no transaction.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        on(&self.writer, work).await
    }
}

impl Pool {
    fn new(path: &Path, size: usize, pragmas: &'static str) -> Arc<Self> {
        let turns = Arc::new(Semaphore::new(size));
        Arc::new(Self { path: path.to_owned(), pragmas, free: Mutex::default(), turns })
    }

    fn take(&self) -> Result<Connection, StoreError> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.map_or_else(|| self.open().map_err(during("be opened")), Ok)
    }

    fn open(&self) -> Result<Connection, rusqlite::Error> {
        let connection = Connection::open(&self.path)?;
        connection.busy_timeout(BUSY_LIMIT)?;
        connection.execute_batch(self.pragmas)?;
        add_functions(&connection)?;
        Ok(connection)
    }
}

/// Registers `folded(text)` for SQL statements: the form in which names are compared.
pub(crate) fn add_functions(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("folded", 1, flags, |call| {
        let text: Option<String> = call.get(0)?;
        Ok(text.map(|text| jac_model::folded(&text)))
    })
}

/// Waits for a connection and runs `work` on it. A panic in `work` closes the connection, which rolls back its
/// transaction, and continues in the caller, whose supervisor waits for it.
async fn on<T: Send + 'static, E: From<StoreError> + Send + 'static>(
    pool: &Arc<Pool>,
    work: impl FnOnce(&mut Connection) -> Result<T, E> + Send + 'static,
) -> Result<T, E> {
    let ending = || StoreError::Ending;
    let turn = Arc::clone(&pool.turns).acquire_owned().await.map_err(|_| ending())?;
    let pool = Arc::clone(pool);
    let done = tokio::task::spawn_blocking(move || {
        let _turn = turn;
        let mut connection = pool.take()?;
        let answer = work(&mut connection);
        pool.free.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        answer
    });
    match done.await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => Err(ending().into()),
    }
}
