//! Work on the store that takes longer than a request may: a job continues in the background, and requests wait for it for a limited time.
//!
//! It owns the list of jobs; their work is in `archive/verify.rs` and `archive/rebuild.rs`. A request for work that is already in progress waits for the
//! same job. A result whose callers have gone is kept for a minute for the next request. A job is bounded because each of its requests
//! to the store is bounded.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::supervisor::Panicked;
use jac_artefacts::ArtefactError;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};

/// How long a request waits: less than clients and proxies wait for a response.
const ANSWER_LIMIT: Duration = Duration::from_secs(25);
/// How long an unfetched result is kept.
const KEPT_FOR: Duration = Duration::from_secs(60);

/// A job's result and its time.
type End<T> = Option<(Instant, Result<T, ArtefactError>)>;

/// The jobs of one kind, by their subject.
#[derive(Debug)]
pub(super) struct Jobs<K, T> {
    jobs: Mutex<HashMap<K, watch::Receiver<End<T>>>>,
}

impl<K, T> Default for Jobs<K, T> {
    fn default() -> Self {
        Self { jobs: Mutex::default() }
    }
}

impl<K: Eq + Hash, T> Jobs<K, T> {
    /// The existing job, or a new one with the handle to complete it.
    fn take(&self, key: K) -> (watch::Receiver<End<T>>, Option<watch::Sender<End<T>>>) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| match job.borrow().as_ref() {
            Some((ended, _)) => ended.elapsed() < KEPT_FOR,
            None => job.has_changed().is_ok(),
        });
        if let Some(job) = jobs.get(&key) {
            return (job.clone(), None);
        }
        let (end, job) = watch::channel(None);
        jobs.insert(key, job.clone());
        (job, Some(end))
    }

    /// Its result was returned: the next request starts a new job.
    fn forget(&self, given: &watch::Receiver<End<T>>) {
        let mut jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        jobs.retain(|_, job| !job.same_channel(given));
    }
}

impl Engine {
    /// Waits for the job with that key, which is started if needed. `what` names it for people. `None`: it continues; repeat the request to wait again.
    pub(super) async fn wait_for_job<K, T>(
        &self,
        jobs: &Jobs<K, T>,
        key: K,
        what: String,
        work: impl Future<Output = Result<T, ArtefactError>> + Send + 'static,
    ) -> Result<Option<T>, EngineError>
    where
        K: Eq + Hash,
        T: Clone + Send + Sync + 'static,
    {
        let (mut job, begun) = jobs.take(key);
        if let Some(end) = begun {
            let engine = self.clone();
            self.spawn(async move {
                let done = engine.guarded("archive_job", what, work).await;
                let panicked = |panicked: Panicked| Err(ArtefactError::Panicked { detail: panicked.to_string() });
                end.send_replace(Some((Instant::now(), done.unwrap_or_else(panicked))));
            });
        }
        let ended = match timeout(ANSWER_LIMIT, job.wait_for(Option::is_some)).await {
            Err(_) => return Ok(None),
            Ok(ended) => ended.ok().and_then(|ended| ended.clone()),
        };
        jobs.forget(&job);
        let (_, done) = ended.ok_or_else(|| EngineError::JMeter("The server is shutting down.".to_owned()))?;
        Ok(Some(done?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Numbers = Jobs<&'static str, u32>;

    #[tokio::test(start_paused = true)]
    async fn what_is_being_done_is_waited_for_by_all_and_kept_for_a_while() {
        let jobs = Numbers::default();
        let (mut first, end) = jobs.take("a");
        let end = end.expect("a new one");
        let (second, no_end) = jobs.take("a");
        assert!(no_end.is_none() && second.same_channel(&first));
        assert!(jobs.take("b").1.is_some(), "another");
        end.send_replace(Some((Instant::now(), Ok(7))));
        drop(end);
        let done = first.wait_for(Option::is_some).await.expect("its end").clone();
        assert_eq!(done.expect("its end").1, Ok(7));
        tokio::time::advance(KEPT_FOR - Duration::from_secs(1)).await;
        assert!(jobs.take("a").0.same_channel(&first), "for whoever asks again");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(jobs.take("a").1.is_some(), "it is too old");
    }

    #[test]
    fn a_result_that_was_given_and_a_job_that_broke_off_are_no_answer() {
        let jobs = Numbers::default();
        let (job, end) = jobs.take("a");
        end.expect("a new one").send_replace(Some((Instant::now(), Ok(7))));
        jobs.forget(&job);
        let (_, end) = jobs.take("a");
        drop(end.expect("a new one"));
        assert!(jobs.take("a").1.is_some());
    }
}
