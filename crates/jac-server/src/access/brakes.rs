//! Delays after failed sign-ins: for a name from an address, for the address, and for the name from anywhere.
//!
//! The first failures cause no delay; then each delay is twice the previous one, up to a limit. An account is never locked: a person who knows the password and
//! uses an address from which they have signed in before is only delayed by failures from there, however much others guess elsewhere.

use jac_model::{folded, network_of};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Failures before there is a delay: for one name from one address; from one address, which many people may share; for one name from
/// everywhere, against guessing from many addresses.
const FREE: [u32; 3] = [3, 10, 30];
const LONGEST: Duration = Duration::from_secs(60);
/// After this long without a failure the failures are forgotten.
const MEMORY: Duration = Duration::from_secs(15 * 60);
/// Maximum length of a name that is considered: no account has a longer one.
const LONGEST_NAME: usize = 256;
/// Maximum number of remembered names and addresses; the oldest are removed first.
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
    /// Delay of this name because of failures from this address; `None`: none.
    pub fn wait(&self, name: &str, address: &str) -> Option<Duration> {
        let [pair, address, _] = keys(name, address);
        self.longest(&[pair, address])
    }

    /// Delay of this name because of failures from anywhere, at an address from which it has never signed in.
    pub fn wait_elsewhere(&self, name: &str) -> Option<Duration> {
        let [_, _, name] = keys(name, "");
        self.longest(&[name])
    }

    /// Delay of an address for sign-in links.
    pub fn wait_for_links(&self, address: &str) -> Option<Duration> {
        let [_, address, _] = keys("", address);
        self.longest(&[address])
    }

    fn longest(&self, keys: &[String]) -> Option<Duration> {
        let now = Instant::now();
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let left = |key| failures.get(key)?.until.checked_duration_since(now).filter(|left: &Duration| !left.is_zero());
        keys.iter().filter_map(left).max()
    }

    /// Records a failed attempt. It is called before the result is known, so that concurrent attempts all count.
    pub fn failed(&self, name: &str, address: &str) {
        self.count(keys(name, address).into_iter().zip(FREE));
    }

    /// A sign-in link was invalid.
    pub fn link_failed(&self, address: &str) {
        let [_, address, _] = keys("", address);
        self.count([(address, FREE[1])].into_iter());
    }

    fn count(&self, keys: impl Iterator<Item = (String, u32)>) {
        let now = Instant::now();
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.retain(|_, failure| now.duration_since(failure.last) < MEMORY);
        while failures.len() + FREE.len() > MOST
            && let Some(oldest) = failures.iter().min_by_key(|(_, failure)| failure.last).map(|(key, _)| key.clone())
        {
            failures.remove(&oldest);
        }
        for (key, free) in keys {
            let failure = failures.entry(key).or_insert(Failures { count: 0, last: now, until: now });
            failure.count += 1;
            failure.last = now;
            if let Some(over) = failure.count.checked_sub(free + 1) {
                failure.until = now + Duration::from_secs(1 << over.min(6)).min(LONGEST);
            }
        }
    }

    /// The password was correct: the name's failures from this address are cleared. The others stay, except for this attempt, which was counted before
    /// the result was known: many people may sign in from one address, and others may be guessing this name.
    pub fn succeeded(&self, name: &str, address: &str) {
        let [pair, address, name] = keys(name, address);
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&pair);
        for key in [address, name] {
            if let Some(failure) = failures.get_mut(&key) {
                failure.count -= 1;
                failure.until = Instant::now();
                if failure.count == 0 {
                    failures.remove(&key);
                }
            }
        }
    }
}

fn keys(name: &str, address: &str) -> [String; 3] {
    // No account has a longer name, and long invented names must not fill the memory.
    let name = folded(&name.chars().take(LONGEST_NAME).collect::<String>());
    let address = network(address);
    [format!("{address} {name}"), format!("address {address}"), format!("name {name}")]
}

/// The unit that counts as one address.
fn network(address: &str) -> String {
    address.parse().map_or_else(|_| address.to_owned(), |address| network_of(address).to_string())
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
            let wait = brakes.wait("ada", "192.0.2.1").unwrap_or_default();
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
        assert!(brakes.wait("ada", "192.0.2.1").is_some());
        brakes.succeeded("ada", "192.0.2.1");
        assert!(brakes.wait("ada", "192.0.2.1").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn others_who_guess_a_name_hold_nobody_up_who_comes_from_where_they_have_been() {
        let brakes = Brakes::default();
        for number in 0..40 {
            brakes.failed("ada", &format!("192.0.2.{number}"));
        }
        assert!(brakes.wait("ada", "198.51.100.7").is_none(), "nothing failed from there");
        assert!(brakes.wait_elsewhere("ADA").is_some(), "guessing from many addresses is slowed down");
        brakes.failed("ada", "198.51.100.7");
        brakes.succeeded("ada", "198.51.100.7");
        for _ in 0..4 {
            brakes.failed("bob", "2001:db8:1:2::1");
        }
        assert!(brakes.wait("bob", "2001:db8:1:2:3:4:5:6").is_some(), "a host has many addresses of IPv6");
        assert!(brakes.wait("bob", "2001:db8:1:3::1").is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn links_that_are_none_are_counted_by_address_and_the_memory_is_bounded() {
        let brakes = Brakes::default();
        for _ in 0..11 {
            brakes.link_failed("192.0.2.1");
        }
        assert!(brakes.wait_for_links("192.0.2.1").is_some() && brakes.wait_for_links("192.0.2.2").is_none());
        for number in 0..MOST {
            brakes.failed(&number.to_string(), &number.to_string());
        }
        assert!(brakes.failures.lock().expect("no panic").len() <= MOST);
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
