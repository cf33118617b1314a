//! Search targets that are temporarily not queried for samples, so that nobody waits for one that does not respond.
//!
//! An unreachable target is not queried for any run. A slow search means less: the run may be a large one, and others
//! are answered. So it pauses only searches of its own run, and those of the whole target only if another run's search
//! took too long too.

use jac_model::RunId;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// The code of a search that was not answered in time.
pub(super) const TIMEOUT: &str = "search_timeout";
/// How long a target that did not answer is left alone.
const PAUSE: Duration = Duration::from_secs(30);
/// The faults of a target that affect all runs.
const AWAY: [&str; 6] = [
    "search_unreachable",
    "search_unavailable",
    "search_busy",
    "search_denied",
    "search_credentials",
    "search_certificate",
];

/// A target, and the single run that is not searched there; `None`: no run is.
type Paused = (String, Option<RunId>);

/// Until when, and why.
#[derive(Debug, Default)]
pub(super) struct Pauses(Mutex<HashMap<Paused, (Instant, &'static str)>>);

impl Pauses {
    /// Why a target is not queried for a run now.
    pub fn code(&self, target: &str, run: &RunId) -> Option<&'static str> {
        let (pauses, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        let of = |run: Option<RunId>| pauses.get(&(target.to_owned(), run)).filter(|(until, _)| now < *until);
        of(None).or_else(|| of(Some(run.clone()))).map(|(_, code)| *code)
    }

    /// A search of a run failed so.
    pub fn note(&self, target: &str, run: &RunId, code: &'static str) {
        let (mut pauses, now) = (self.0.lock().unwrap_or_else(PoisonError::into_inner), Instant::now());
        pauses.retain(|_, (until, _)| now < *until);
        let of_run = || (target.to_owned(), Some(run.clone()));
        let paused = match code {
            TIMEOUT => {
                let is_others = |(of, other): &Paused| of == target && other.as_ref().is_some_and(|other| other != run);
                if pauses.keys().any(is_others) { (target.to_owned(), None) } else { of_run() }
            }
            code if AWAY.contains(&code) => (target.to_owned(), None),
            _ => return,
        };
        pauses.insert(paused, (now + PAUSE, code));
    }
}

#[cfg(test)]
mod tests {
    use super::{PAUSE, Pauses, TIMEOUT};
    use jac_model::RunId;

    #[tokio::test(start_paused = true)]
    async fn a_target_that_is_away_is_asked_for_no_run_and_a_slow_search_pauses_its_own_run() {
        let pauses = Pauses::default();
        let [large, small, other]: [RunId; 3] = [1, 2, 3].map(|byte| RunId::from_random([byte; 8]));
        pauses.note("es", &large, TIMEOUT);
        assert_eq!((pauses.code("es", &large), pauses.code("es", &small)), (Some(TIMEOUT), None));
        pauses.note("es", &large, TIMEOUT);
        assert_eq!(pauses.code("es", &small), None, "the same run again says no more");
        pauses.note("es", &small, TIMEOUT);
        assert_eq!((pauses.code("es", &other), pauses.code("another", &large)), (Some(TIMEOUT), None));
        tokio::time::advance(PAUSE).await;
        assert_eq!([&large, &small, &other].map(|run| pauses.code("es", run)), [None; 3]);
        pauses.note("es", &small, TIMEOUT);
        assert_eq!(pauses.code("es", &other), None, "what was before is forgotten");
        pauses.note("es", &large, "search_filter_inexact");
        assert_eq!(pauses.code("es", &large), None, "it answered");
        pauses.note("es", &large, "search_unreachable");
        assert_eq!(pauses.code("es", &other), Some("search_unreachable"));
    }
}
