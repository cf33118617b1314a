//! The way back from a thread that may wait: long work on files and logs runs there, and asks the database between.

use std::future::Future;

/// Waits for an answer. Only for work that was started with `spawn_blocking`: on a thread of the runtime it panics.
pub(crate) fn wait<T>(answer: impl Future<Output = T>) -> T {
    tokio::runtime::Handle::current().block_on(answer)
}
