//! Work with files and processes, which waits for a disk or the kernel: never on the threads that run the engine's tasks, and no longer than a limit.

use jac_model::ports::PortError;
use std::io;
use std::time::Duration;

/// Runs the work on a separate thread. Work that exceeds the limit continues there, but its result is dropped.
///
/// # Errors
/// Those of the work, and [`PortError::TooSlow`].
pub async fn blocking<T: Send + 'static>(
    node: &str,
    what: &str,
    limit: Duration,
    work: impl FnOnce() -> Result<T, PortError> + Send + 'static,
) -> Result<T, PortError> {
    match tokio::time::timeout(limit, tokio::task::spawn_blocking(work)).await {
        Ok(done) => done.unwrap_or_else(|panic| Err(PortError::of_io(node, what, &io::Error::other(panic)))),
        Err(_) => Err(PortError::TooSlow { node: node.to_owned(), what: what.to_owned(), limit }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_has_no_answer_within_the_limit_holds_nobody_up() {
        let (answer, wait) = std::sync::mpsc::channel::<()>();
        let limit = Duration::from_millis(20);
        let work = move || Ok(wait.recv().is_ok());
        let late = blocking("worker-1", "answer", limit, work).await;
        assert!(matches!(late, Err(PortError::TooSlow { limit: reported, .. }) if reported == limit), "{late:?}");
        drop(answer);
    }
}
