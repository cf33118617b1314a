//! Threads that may block: long work on files and logs runs there, and queries the database in between.

use crate::engine::Engine;
use crate::error::EngineError;
use jac_store::audit::AuditedChange;
use std::future::Future;
use std::sync::Arc;
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::task::{JoinError, block_in_place};

/// Maximum number of concurrent blocking requests. Each occupies a thread of the runtime's pool, which has 512, and a
/// second one for each of its database queries: without a limit all threads could be occupied and wait for another.
pub(crate) const TURNS: usize = 64;

/// Waits for an answer. Only for work that was started with `spawn_blocking`: on a thread of the runtime it panics.
pub(crate) fn wait<T>(answer: impl Future<Output = T>) -> T {
    Handle::current().block_on(answer)
}

/// The result of work on a thread that may block. If it panicked, the waiting caller panics too, and the supervisor counts that.
///
/// # Errors
/// When the work was never started because the runtime is shutting down.
pub(crate) fn resumed<T>(done: Result<T, JoinError>) -> Result<T, JoinError> {
    done.or_else(|ended| match ended.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(ended) => Err(ended),
    })
}

/// Runs work on files or figures that takes a while on this thread, while the runtime's other tasks move to other
/// threads. It has ended when this returns, even if the caller is dropped: for work that must not be interrupted
/// halfway, and for work that borrows.
pub fn in_place<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|runtime| runtime.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => block_in_place(work),
        // A runtime with one thread has no other thread to continue on.
        _ => work(),
    }
}

impl Engine {
    /// Runs work that reads files or waits for the database on a thread where it blocks nobody, when it is its turn.
    /// Once begun it completes, even if the caller has disconnected.
    ///
    /// # Errors
    /// The error of the work.
    pub async fn run_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let ending = |_| EngineError::JMeter("The server is shutting down.".to_owned());
        let turn = Arc::clone(self.blocking_turns()).acquire_owned().await.map_err(ending)?;
        let engine = self.clone();
        // Its writes belong to this request.
        let audited = AuditedChange::current();
        let done = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            match audited {
                Some(audited) => audited.around_blocking(|| work(&engine)),
                None => work(&engine),
            }
        });
        resumed(done.await).map_err(|ended| EngineError::JMeter(ended.to_string()))?
    }
}
