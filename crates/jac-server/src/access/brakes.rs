//! Delays after sign-ins that failed: for the name that was tried, and for the address that it was tried from.
//!
//! The first tries are free; then each wait is twice the one before, up to a limit. An account is never locked: whoever knows the password
//! waits a minute at most, however much others guess.

use jac_model::folded;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// So many tries may fail before there is a delay: of one name, and from one address, which many people may share.
const FREE: [u32; 2] = [3, 10];
const LONGEST: Duration = Duration::from_secs(60);
/// After so long without a failure it is forgotten.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// So much of a name is looked at: no account has a longer one.
const LONGEST_NAME: usize = 256;
/// So many names and addresses are remembered; the oldest go first.
const MOST: usize = 10_000;

#[derive(Debug, Default)]
pub struct Brakes {
    failures: Mutex<HashMap<String, Failures>>,
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
    until: Instant,
}

impl Brakes {
    /// How long this name from this address has to wait; `None`: it may try.
    pub fn wait(&self, name: &str, address: &str) -> Option<Duration> {
        let now = Instant::now();
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |key: String| failures.get(&key)?.until.checked_duration_since(now).filter(|left| !left.is_zero());
        keys(name, address).into_iter().filter_map(left).max()
    }

    /// A try failed. Counted before it is known, so that many at once count as many.
    pub fn failed(&self, name: &str, address: &str) {
        let now = Instant::now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, failure| now.duration_since(failure.last) < MEMORY);
        if failures.len() >= MOST
            && let Some(oldest) = failures.iter().min_by_key(|(_, failure)| failure.last).map(|(key, _)| key.clone())
        {
            failures.remove(&oldest);
        }
        for (key, free) in keys(name, address).into_iter().zip(FREE) {
            let failure = failures.entry(key).or_insert(Failures { count: 0, last: now, until: now });
            failure.count += 1;
            failure.last = now;
            if let Some(over) = failure.count.checked_sub(free + 1) {
                failure.until = now + Duration::from_secs(1 << over.min(6)).min(LONGEST);
            }
        }
    }

    /// It was the right one: the name's failures are forgotten. The address's stay, but for this try, which was counted before it was
    /// known: many people may sign in from one address.
    pub fn succeeded(&self, name: &str, address: &str) {
        let [name, address] = keys(name, address);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&name);
        if let Some(failure) = failures.get_mut(&address) {
            failure.count -= 1;
            failure.until = Instant::now();
            if failure.count == 0 {
                failures.remove(&address);
            }
        }
    }
}

fn keys(name: &str, address: &str) -> [String; 2] {
    // No account has a longer name, and nobody fills the memory with what they call themselves.
    let name = folded(&name.chars().take(LONGEST_NAME).collect::<String>());
    [format!("name {name}"), format!("address {address}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn each_failure_after_the_third_waits_twice_as_long_and_a_minute_at_most() {
        let brakes = Brakes::default();
        let mut waits = Vec::new();
        for _ in 0..12 {
            brakes.failed("Ada", "192.0.2.1");
            let wait = brakes.wait("ada", "192.0.2.9").unwrap_or_default();
            waits.push(wait.as_secs());
            tokio::time::advance(wait).await;
        }
        assert_eq!(waits, [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
        assert!(brakes.wait("bob", "192.0.2.9").is_none(), "others are not held up");
        assert!(brakes.wait("bob", "192.0.2.1").is_none(), "the address has waited with the name");
        brakes.failed("bob", "192.0.2.1");
        assert!(brakes.wait("bob", "192.0.2.1").is_some(), "but its next failure counts");
        tokio::time::advance(MEMORY).await;
        brakes.failed("eve", "192.0.2.1");
        assert!(brakes.wait("eve", "192.0.2.1").is_none(), "all is forgotten by then");
    }

    #[tokio::test(start_paused = true)]
    async fn a_success_forgets_the_names_failures() {
        let brakes = Brakes::default();
        for _ in 0..5 {
            brakes.failed("ada", "192.0.2.1");
        }
        assert!(brakes.wait("ada", "").is_some());
        brakes.succeeded("ada", "192.0.2.1");
        assert!(brakes.wait("ada", "").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn many_people_sign_in_from_one_address_without_a_wait() {
        let brakes = Brakes::default();
        for number in 0..100 {
            let name = format!("person {number}");
            assert!(brakes.wait(&name, "192.0.2.1").is_none(), "{name}");
            brakes.failed(&name, "192.0.2.1");
            brakes.succeeded(&name, "192.0.2.1");
        }
    }
}
