//! Sign-ins that have begun and whose browsers are on the provider's page.
//!
//! Kept is no more than that there is one, under a digest of what the way back brings along. In memory, where a restart makes them begin
//! again; or in the Redis that servers share, where one that was begun on one of them ends on any.

use super::{CompanyError, LIFE};
use crate::sessions::redis::Redis;
use jac_model::EpochMs;
use redis::pipe;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// So many may be on their way; the oldest is forgotten first. Anybody can begin one.
const MOST: usize = 10_000;
/// Digests in the order in which they began.
const KEY: &str = "jac:company-sign-ins";

#[derive(Debug)]
pub enum Pendings {
    Memory { all: Mutex<HashMap<String, EpochMs>>, most: usize },
    Redis(Redis),
}

/// Found by who knows both: whoever does not have the cookie uses up nobody's.
fn digest(state: &str, browser: &str) -> String {
    hex::encode(Sha256::digest(format!("{state}\n{browser}")))
}

fn life_ms() -> i64 {
    i64::try_from(LIFE.as_millis()).unwrap_or(i64::MAX)
}

impl Pendings {
    pub fn new(redis: Option<Redis>) -> Self {
        redis.map_or_else(|| Self::Memory { all: Mutex::default(), most: MOST }, Self::Redis)
    }

    /// Remembers a sign-in that begins now.
    ///
    /// # Errors
    /// [`CompanyError::SessionsUnavailable`] when Redis does not answer.
    pub async fn keep(&self, state: &str, browser: &str, now_ms: EpochMs) -> Result<(), CompanyError> {
        let digest = digest(state, browser);
        match self {
            Self::Memory { all, most } => {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.retain(|_, since_ms| now_ms - *since_ms < life_ms());
                if all.len() >= *most
                    && let Some(oldest) = all.iter().min_by_key(|(_, since_ms)| **since_ms).map(|(key, _)| key.clone())
                {
                    all.remove(&oldest);
                }
                all.insert(digest, now_ms);
                Ok(())
            }
            Self::Redis(redis) => {
                let mut asked = pipe();
                asked.atomic().zrembyscore(KEY, "-inf", now_ms - life_ms()).ignore();
                asked.zadd(KEY, digest, now_ms).ignore();
                let all_but_most = -1 - isize::try_from(MOST).unwrap_or(isize::MAX - 1);
                asked.zremrangebyrank(KEY, 0, all_but_most).ignore();
                asked.pexpire(KEY, life_ms()).ignore();
                Ok(redis.ask(&asked).await?)
            }
        }
    }

    /// Whether there is a sign-in of that state which this browser has begun; once.
    ///
    /// # Errors
    /// [`CompanyError::SessionsUnavailable`] when Redis does not answer.
    pub async fn take(&self, state: &str, browser: &str, now_ms: EpochMs) -> Result<bool, CompanyError> {
        let digest = digest(state, browser);
        match self {
            Self::Memory { all, .. } => {
                let since_ms = all.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
                Ok(since_ms.is_some_and(|since_ms| now_ms - since_ms < life_ms()))
            }
            Self::Redis(redis) => {
                let mut asked = pipe();
                asked.atomic().zrembyscore(KEY, "-inf", now_ms - life_ms()).ignore();
                asked.zrem(KEY, digest);
                let (taken,): (usize,) = redis.ask(&asked).await?;
                Ok(taken == 1)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_sign_in_comes_back_once_in_time_and_to_its_own_browser() {
        let all = Pendings::new(None);
        all.keep("s1", "mine", 0).await.expect("kept");
        let take = async |state, browser, now_ms| all.take(state, browser, now_ms).await.expect("asked");
        assert!(!take("s1", "theirs", 1).await);
        assert!(!take("s2", "mine", 1).await);
        assert!(take("s1", "mine", 1).await, "others' tries have not used it up");
        assert!(!take("s1", "mine", 1).await);
        all.keep("s3", "mine", 0).await.expect("kept");
        assert!(!take("s3", "mine", life_ms()).await);
    }

    #[tokio::test]
    async fn the_oldest_goes_when_there_are_too_many() {
        let all = Pendings::Memory { all: Mutex::default(), most: 2 };
        for (now_ms, state) in (0..).zip(["s1", "s2", "s3"]) {
            all.keep(state, "mine", now_ms).await.expect("kept");
        }
        assert!(!all.take("s1", "mine", 3).await.expect("asked"));
        for state in ["s2", "s3"] {
            assert!(all.take(state, "mine", 3).await.expect("asked"));
        }
    }
}
