//! Limits concurrent scans of result logs. A scan reads a whole log and keeps a CPU busy, so only a few run at a time, one person's wait
//! for each other, and a person with too many waiting ones is rejected.

use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::per_person::PerPerson;
use axum::http::StatusCode;
use jac_engine::EngineError;
use std::sync::Arc;
use tokio::sync::Semaphore;

/// Active and waiting scans of one person; a page requests a handful at once.
const MOST_OF_A_PERSON: usize = 8;
/// Maximum concurrent scans of one person: others do not have to wait for all of them.
const TURNS_OF_A_PERSON: usize = 2;
/// After this many seconds a retry makes sense.
const RETRY_AFTER_S: u64 = 2;

/// The active scans. Clones refer to the same ones.
#[derive(Debug, Clone)]
pub struct Scans {
    /// Turns of everybody together.
    turns: Arc<Semaphore>,
    people: PerPerson<OwnTurns>,
    metrics: Metrics,
}

/// The turns of one person.
#[derive(Debug, Clone)]
struct OwnTurns(Arc<Semaphore>);

impl Default for OwnTurns {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(TURNS_OF_A_PERSON)))
    }
}

impl Scans {
    /// For a machine with this many CPUs: one of them is left for everything else.
    pub fn new(processors: usize, metrics: Metrics) -> Self {
        let at_a_time = processors.saturating_sub(1).clamp(1, 8);
        Self { turns: Arc::new(Semaphore::new(at_a_time)), people: PerPerson::new(MOST_OF_A_PERSON), metrics }
    }

    /// Runs work that scans logs, when it is its turn. A caller who disconnects loses the turn; work in progress
    /// completes.
    ///
    /// # Errors
    /// The error of the work; `busy` when the person has too many waiting.
    pub async fn run<T: Send + 'static>(
        &self,
        person: &str,
        work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        self.run_if(person, async { Ok(()) }, work).await
    }

    /// The same, unless `check` fails when it is its turn.
    ///
    /// # Errors
    /// As [`run`](Self::run), and the error of the check.
    pub async fn run_if<T: Send + 'static>(
        &self,
        person: &str,
        check: impl Future<Output = Result<(), ApiError>>,
        work: impl FnOnce() -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, ApiError> {
        let (place, OwnTurns(turns)) = self.people.enter(person).ok_or_else(|| self.too_many())?;
        // The person's own turn first, so that nobody occupies the common queue more often than that.
        let closed = |_| EngineError::JMeter("The server is shutting down.".to_owned());
        let own = turns.acquire_owned().await.map_err(closed)?;
        let shared = Arc::clone(&self.turns).acquire_owned().await.map_err(closed)?;
        check.await?;
        let done = tokio::task::spawn_blocking(move || {
            let _held = (place, own, shared);
            work()
        });
        Ok(done.await.map_err(|panic| EngineError::JMeter(panic.to_string()))??)
    }

    fn too_many(&self) -> ApiError {
        self.metrics.scan_refused();
        ApiError::Later {
            status: StatusCode::TOO_MANY_REQUESTS,
            code: "busy",
            message: format!("You already have {MOST_OF_A_PERSON} searches or comparisons in progress."),
            seconds: RETRY_AFTER_S,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;
    use std::time::Duration;
    use tokio::time::timeout;

    const LIMIT: Duration = Duration::from_secs(20);

    #[tokio::test]
    async fn one_person_too_many_is_asked_to_come_back_and_others_are_not() {
        let scans = Scans::new(4, Metrics::default());
        let mut ends = Vec::new();
        let mut going = Vec::new();
        for _ in 0..MOST_OF_A_PERSON {
            let (end, ended) = mpsc::channel::<()>();
            ends.push(end);
            let scans = scans.clone();
            going.push(tokio::spawn(async move { scans.run("ann", move || Ok(ended.recv().is_ok())).await }));
        }
        let of_ann = || scans.people.count("ann");
        timeout(LIMIT, async {
            while of_ann() < MOST_OF_A_PERSON {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("all are queued");
        let refused = scans.run("ann", || Ok(())).await.expect_err("one too many");
        assert!(matches!(refused, ApiError::Later { code: "busy", status: StatusCode::TOO_MANY_REQUESTS, .. }));
        timeout(LIMIT, scans.run("bob", || Ok(())))
            .await
            .expect("at once: ann has two of the three turns")
            .expect("done");
        // A waiting caller who disconnects returns their place.
        going.pop().expect("the last").abort();
        timeout(LIMIT, async {
            while of_ann() == MOST_OF_A_PERSON {
                tokio::task::yield_now().await;
            }
        })
        .await
        .expect("a place is free");
        drop(ends);
        for task in going {
            assert!(!task.await.expect("no panic").expect("done"), "its sender is gone");
        }
        assert_eq!(of_ann(), 0, "nobody is remembered for nothing");
    }
}
