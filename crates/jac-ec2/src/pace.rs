//! Launches at the rate that AWS permits.
//!
//! A bucket contains the calls of `RunInstances` that an account may make in a region at once, 5, and is refilled by 2
//! a second ("Request throttling for the Amazon EC2 API" in EC2's developer guide). The rate here stays a little below
//! both, which leaves some for the account's other callers. If AWS throttles nevertheless, everybody pauses, longer
//! each time, and continues once a call is accepted.
//!
//! The bucket belongs to an account in a region, whichever credentials are used: all of them share one rate. Another
//! account has its own: nobody waits for it. Queries (`Describe…`) have a bucket of 100 calls that is refilled by 20 a
//! second; one a second for each set of credentials ([`crate::describe`]) is far below that, so these are not paced
//! together.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// Calls that may be made at once after a while without any.
const BURST: u32 = 4;
/// Between two calls after that.
pub const EVERY: Duration = Duration::from_millis(550);
/// The pause after a throttled call; doubled after each further one, up to the longest.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(20);

/// The paces of accounts, each in a region.
#[derive(Debug, Default)]
pub struct Paces(Mutex<HashMap<(String, String), Arc<Pace>>>);

impl Paces {
    pub fn of(&self, account: &str, region: &str) -> Arc<Pace> {
        let mut paces = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(paces.entry((account.to_owned(), region.to_owned())).or_default())
    }
}

/// Grants turns to launch.
#[derive(Debug, Default)]
pub struct Pace {
    /// Held by the next in turn, so that the others keep their order.
    next: tokio::sync::Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the next call is due at a rate without bursts (the generic cell rate algorithm's theoretical arrival time).
    due: Option<Instant>,
    paused_until: Option<Instant>,
    pause: Duration,
}

impl State {
    /// The earliest time of the next call.
    fn earliest(&self, now: Instant) -> Instant {
        let burst = EVERY * (BURST - 1);
        let by_rate = self.due.and_then(|due| due.checked_sub(burst)).unwrap_or(now);
        self.paused_until.map_or(by_rate, |until| until.max(by_rate)).max(now)
    }
}

impl Pace {
    /// Waits for the turn to make one call.
    pub async fn turn(&self) {
        let _mine = self.next.lock().await;
        loop {
            let at = {
                let mut state = self.state();
                let now = Instant::now();
                let at = state.earliest(now);
                if at <= now {
                    state.due = Some(state.due.map_or(now, |due| due.max(now)) + EVERY);
                    return;
                }
                at
            };
            // It may be later meanwhile: then it is waited for again.
            sleep_until(at).await;
        }
    }

    /// A call was accepted: the next pause is short again.
    pub fn taken(&self) {
        self.state().pause = Duration::ZERO;
    }

    /// Records that a call was throttled. Concurrent calls are throttled too and cause only one pause.
    pub fn throttled(&self) {
        let mut state = self.state();
        let now = Instant::now();
        if state.paused_until.is_some_and(|until| now < until) {
            return;
        }
        state.pause = (state.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        let until = now + state.pause;
        state.paused_until = Some(until);
        // The bucket is empty: no burst after it.
        state.due = Some(until + EVERY * (BURST - 1));
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::future::join_all;

    #[tokio::test(start_paused = true)]
    async fn forty_calls_begin_with_a_burst_and_stay_below_two_a_second() {
        let pace = Pace::default();
        let began = Instant::now();
        let turns = join_all((0..40).map(|_| async {
            pace.turn().await;
            began.elapsed()
        }))
        .await;
        assert!(turns[..4].iter().all(Duration::is_zero), "{turns:?}");
        for (number, window) in turns.windows(9).enumerate() {
            let calls_within = window[8] - window[0];
            assert!(calls_within > Duration::from_secs(2), "the bucket of 5 and 2 a second: call {number}, {turns:?}");
        }
        assert_eq!(turns[39], EVERY * 36);
    }

    #[tokio::test(start_paused = true)]
    async fn after_a_throttled_call_all_wait_longer_each_time_until_one_is_taken() {
        let pace = Pace::default();
        let began = Instant::now();
        for wait_s in [1, 2, 4, 8, 16, 20, 20] {
            let before = began.elapsed();
            // Two at once are one pause.
            pace.throttled();
            pace.throttled();
            pace.turn().await;
            assert_eq!((began.elapsed() - before).as_secs(), wait_s);
        }
        pace.taken();
        let before = began.elapsed();
        pace.throttled();
        pace.turn().await;
        assert_eq!((began.elapsed() - before).as_secs(), 1);
    }
}
