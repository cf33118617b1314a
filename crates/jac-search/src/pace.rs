//! The rate of sending to a target: fewer concurrent requests when it is overloaded, more again when it keeps up;
//! smaller ones if it, or a proxy before it, rejects large ones.

use jac_model::search::TargetError;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Semaphore, SemaphorePermit};

/// After this many answers in a row one more request is sent at a time.
const STEADY: u32 = 16;
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// The maximum honoured retry delay of a server.
const LONGEST_ASKED: Duration = Duration::from_secs(120);
/// Wrong credentials are not tried so often that an account would be locked.
const SLOW_PAUSE: Duration = Duration::from_secs(10);
/// After this many consecutive responses, requests that were made smaller because of broken connections grow again.
const LONG_STEADY: u32 = 8 * STEADY;
/// Minimum size of a request.
pub(crate) const SMALLEST: usize = 32 << 10;

/// Shared by the requests to one target for one run.
#[derive(Debug)]
pub(crate) struct Pace {
    turns: Semaphore,
    state: Mutex<State>,
    most: usize,
}

#[derive(Debug)]
struct State {
    /// Requests at a time now.
    allowed: usize,
    /// Permits to be removed when they are returned.
    surplus: usize,
    steady: u32,
    most_bytes: usize,
    /// The normal size of a request; less once the server has rejected a request as too large.
    full_bytes: usize,
    /// Consecutive responses since requests were made smaller.
    unbroken: u32,
}

impl Pace {
    pub fn new(in_flight: usize, bytes: usize) -> Self {
        let most = in_flight.max(1);
        let state = State { allowed: most, surplus: 0, steady: 0, most_bytes: bytes, full_bytes: bytes, unbroken: 0 };
        Self { turns: Semaphore::new(most), state: Mutex::new(state), most }
    }

    /// Waits until another request may be sent.
    pub async fn turn(&self) -> Turn<'_> {
        // Never closed.
        Turn { pace: self, permit: self.turns.acquire().await.ok() }
    }

    /// Current maximum size of a request in bytes.
    pub fn most_bytes(&self) -> usize {
        self.state().most_bytes
    }

    /// A request was accepted.
    pub fn took(&self) {
        let mut state = self.state();
        state.unbroken += 1;
        if state.unbroken >= LONG_STEADY && state.most_bytes < state.full_bytes {
            state.unbroken = 0;
            state.most_bytes = (state.most_bytes * 2).min(state.full_bytes);
        }
        state.steady += 1;
        if state.steady >= STEADY && state.allowed < self.most {
            state.steady = 0;
            state.allowed += 1;
            if state.surplus > 0 {
                state.surplus -= 1;
            } else {
                self.turns.add_permits(1);
            }
        }
    }

    /// The server is overloaded.
    pub fn slower(&self) {
        let mut state = self.state();
        state.steady = 0;
        if state.allowed > 1 {
            state.allowed -= 1;
            state.surplus += 1;
        }
    }

    /// Records that the connection broke in requests of this size: smaller ones may get through. Returns whether the next will be smaller.
    pub fn smaller(&self, than: usize) -> bool {
        let mut state = self.state();
        state.unbroken = 0;
        state.most_bytes = state.most_bytes.min((than / 2).max(SMALLEST));
        state.most_bytes < than
    }

    /// The server, or a proxy before it, rejected a request of this many bytes as too large.
    pub fn too_large(&self, bytes: usize) {
        self.smaller(bytes);
        let mut state = self.state();
        state.full_bytes = state.full_bytes.min(state.most_bytes);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The permit to send a request. It is returned while its holder waits.
pub(crate) struct Turn<'a> {
    pace: &'a Pace,
    permit: Option<SemaphorePermit<'a>>,
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let Some(permit) = self.permit.take() else { return };
        let mut state = self.pace.state();
        if state.surplus > 0 {
            state.surplus -= 1;
            permit.forget();
        }
    }
}

/// The delay before attempt number `tries` (from 1): longer each time, with jitter.
pub(crate) fn pause(tries: u32, error: &TargetError, asked: Option<Duration>) -> Duration {
    let least = match error.code {
        "search_denied" | "search_certificate" | "search_credentials" => SLOW_PAUSE,
        _ => FIRST_PAUSE,
    };
    let doubled = least.saturating_mul(1 << tries.saturating_sub(1).min(10)).min(LONGEST_PAUSE);
    let jittered = doubled.mul_f64(0.5 + rand::random::<f64>());
    jittered.max(asked.unwrap_or_default().min(LONGEST_ASKED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn it_slows_down_at_once_and_speeds_up_again_bit_by_bit() {
        let pace = Pace::new(4, 1 << 20);
        let free = || pace.turns.available_permits();
        let (first, second) = (pace.turn().await, pace.turn().await);
        pace.slower();
        pace.slower();
        drop((first, second));
        assert_eq!(free(), 2);
        for _ in 0..10 {
            pace.slower();
            drop(pace.turn().await);
        }
        assert_eq!(free(), 1, "one request is always sent");
        for _ in 0..STEADY {
            pace.took();
        }
        assert_eq!(free(), 2);
        for _ in 0..10 * STEADY {
            pace.took();
        }
        assert_eq!(free(), 4, "never more than at first");
    }

    #[test]
    fn requests_shrink_to_a_bound_and_pauses_grow_to_one() {
        let pace = Pace::new(4, 5 << 20);
        assert!(pace.smaller(1 << 20));
        assert_eq!(pace.most_bytes(), 512 << 10);
        assert!(pace.smaller(512 << 10), "another batch's part of the size before");
        assert!(!pace.smaller(1), "the smallest is what it is");
        assert_eq!(pace.most_bytes(), SMALLEST);
        (0..LONG_STEADY * 20).for_each(|_| pace.took());
        assert_eq!(pace.most_bytes(), 5 << 20, "broken connections are forgotten");
        pace.too_large(1 << 20);
        (0..LONG_STEADY * 20).for_each(|_| pace.took());
        assert_eq!(pace.most_bytes(), 512 << 10, "what the server has said is not");
        let busy = TargetError::new("search_busy", "");
        assert!(pause(1, &busy, None) < Duration::from_secs(1));
        assert!((1..100).all(|tries| pause(tries, &busy, None) <= LONGEST_PAUSE.mul_f64(1.5)));
        assert!(pause(1, &TargetError::new("search_denied", ""), None) >= SLOW_PAUSE / 2);
        assert_eq!(pause(1, &busy, Some(Duration::from_secs(7))), Duration::from_secs(7));
    }
}
