//! Sign-ins that have begun and whose browsers are on the provider's page. In memory: after a restart they begin again.

use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use tokio::time::Instant;

/// So many may be on their way; the oldest is forgotten first. Anybody can begin one.
const MOST: usize = 10_000;

/// What the way back needs. None of it has left the server.
#[derive(Clone, PartialEq, Eq)]
pub struct Pending {
    pub nonce: String,
    pub verifier: String,
    pub redirect: String,
}

impl fmt::Debug for Pending {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Pending").field("redirect", &self.redirect).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub struct Pendings {
    all: Mutex<HashMap<String, Kept>>,
    most: usize,
}

impl Default for Pendings {
    fn default() -> Self {
        Self { all: Mutex::default(), most: MOST }
    }
}

#[derive(Debug)]
struct Kept {
    browser: [u8; 32],
    since: Instant,
    pending: Pending,
}

fn digest(browser: &str) -> [u8; 32] {
    Sha256::digest(browser).into()
}

impl Pendings {
    pub fn keep(&self, state: &str, browser: &str, pending: Pending) {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, kept| kept.since.elapsed() < super::LIFE);
        if all.len() >= self.most
            && let Some(oldest) = all.iter().min_by_key(|(_, kept)| kept.since).map(|(state, _)| state.clone())
        {
            all.remove(&oldest);
        }
        all.insert(state.to_owned(), Kept { browser: digest(browser), since: Instant::now(), pending });
    }

    /// The sign-in of that state, once, for the browser that has begun it.
    pub fn take(&self, state: &str, browser: &str) -> Option<Pending> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = all.get(state)?;
        // Who does not have the cookie uses up nobody's.
        if kept.browser != digest(browser) {
            return None;
        }
        all.remove(state).filter(|kept| kept.since.elapsed() < super::LIFE).map(|kept| kept.pending)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pending(nonce: &str) -> Pending {
        Pending { nonce: nonce.to_owned(), verifier: "verifier".to_owned(), redirect: "http://localhost/".to_owned() }
    }

    #[tokio::test(start_paused = true)]
    async fn a_sign_in_comes_back_once_in_time_and_to_its_own_browser() {
        let all = Pendings::default();
        all.keep("s1", "mine", pending("n1"));
        assert_eq!(all.take("s1", "theirs"), None);
        assert_eq!(all.take("s2", "mine"), None);
        assert_eq!(all.take("s1", "mine"), Some(pending("n1")), "others' tries have not used it up");
        assert_eq!(all.take("s1", "mine"), None);
        all.keep("s3", "mine", pending("n3"));
        tokio::time::advance(super::super::LIFE).await;
        assert_eq!(all.take("s3", "mine"), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_oldest_goes_when_there_are_too_many() {
        let all = Pendings { most: 2, ..Pendings::default() };
        for state in ["s1", "s2", "s3"] {
            all.keep(state, "mine", pending("n"));
            tokio::time::advance(std::time::Duration::from_millis(1)).await;
        }
        assert_eq!(all.take("s1", "mine"), None);
        assert!(all.take("s2", "mine").is_some() && all.take("s3", "mine").is_some());
    }

    #[test]
    fn its_secrets_are_not_printed() {
        let printed = format!("{:?}", pending("hunter2"));
        assert!(!printed.contains("hunter2") && !printed.contains("verifier"), "{printed}");
    }
}
