//! Sign-ins that have begun and whose browsers are on the provider's page.
//!
//! Only their existence is stored, under a digest of the parameters of the return. In memory, where a restart makes
//! them begin again; or in the Redis that servers share, where a sign-in that began on one server can end on any.

use super::{CompanyError, LIFE};
use crate::sessions::redis::Redis;
use jac_model::EpochMs;
use redis::pipe;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// Maximum number of pending sign-ins; the oldest is removed first. Anybody can begin one.
const MOST: usize = 10_000;
/// Digests in the order in which they began.
const KEY: &str = "jac:company-sign-ins";

#[derive(Debug)]
pub struct Pendings {
    kept: Kept,
    most: usize,
}

#[derive(Debug)]
enum Kept {
    Memory(Mutex<HashMap<String, EpochMs>>),
    Redis(Redis),
}

/// Found only with both values: without the cookie nobody can use up another person's sign-in.
fn digest(state: &str, browser: &str) -> String {
    hex::encode(Sha256::digest(format!("{state}\n{browser}")))
}

fn life_ms() -> i64 {
    i64::try_from(LIFE.as_millis()).unwrap_or(i64::MAX)
}

impl Pendings {
    pub fn new(redis: Option<Redis>) -> Self {
        let kept = redis.map_or_else(|| Kept::Memory(Mutex::default()), Kept::Redis);
        Self { kept, most: MOST }
    }

    /// Stores a sign-in that begins now.
    ///
    /// # Errors
    /// [`CompanyError::SessionsUnavailable`] when Redis does not respond.
    pub async fn keep(&self, state: &str, browser: &str, now_ms: EpochMs) -> Result<(), CompanyError> {
        let digest = digest(state, browser);
        match &self.kept {
            Kept::Memory(all) => {
                let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
                all.retain(|_, since_ms| now_ms - *since_ms < life_ms());
                if all.len() >= self.most
                    && let Some(oldest) = all.iter().min_by_key(|(_, since_ms)| **since_ms).map(|(key, _)| key.clone())
                {
                    all.remove(&oldest);
                }
                all.insert(digest, now_ms);
                Ok(())
            }
            Kept::Redis(redis) => {
                let mut asked = pipe();
                asked.atomic().zrembyscore(KEY, "-inf", now_ms - life_ms()).ignore();
                asked.zadd(KEY, digest, now_ms).ignore();
                let all_but_most = -1 - isize::try_from(self.most).unwrap_or(isize::MAX - 1);
                asked.zremrangebyrank(KEY, 0, all_but_most).ignore();
                asked.pexpire(KEY, life_ms()).ignore();
                Ok(redis.ask(&asked).await?)
            }
        }
    }

    /// Whether this browser has begun a sign-in with that state; only once.
    ///
    /// # Errors
    /// [`CompanyError::SessionsUnavailable`] when Redis does not respond.
    pub async fn take(&self, state: &str, browser: &str, now_ms: EpochMs) -> Result<bool, CompanyError> {
        let digest = digest(state, browser);
        match &self.kept {
            Kept::Memory(all) => {
                let since_ms = all.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
                Ok(since_ms.is_some_and(|since_ms| now_ms - since_ms < life_ms()))
            }
            Kept::Redis(redis) => {
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
    use crate::config::RedisUrl;
    use crate::redis_server::RedisServer;

    fn redis(server: &RedisServer) -> Redis {
        Redis::new(RedisUrl::parse(&server.url()).expect("an address"))
    }

    async fn comes_back_once_in_time_and_to_its_own_browser(begun: &Pendings, ended: &Pendings) {
        begun.keep("s1", "mine", 0).await.expect("kept");
        let take = async |state, browser, now_ms| ended.take(state, browser, now_ms).await.expect("asked");
        assert!(!take("s1", "theirs", 1).await);
        assert!(!take("s2", "mine", 1).await);
        assert!(take("s1", "mine", 1).await, "others' tries have not used it up");
        assert!(!take("s1", "mine", 1).await);
        assert!(!begun.take("s1", "mine", 1).await.expect("asked"));
        begun.keep("s3", "mine", 0).await.expect("kept");
        assert!(!take("s3", "mine", life_ms()).await);
    }

    async fn forgets_the_oldest_when_there_are_too_many(kept: Kept) {
        let all = Pendings { kept, most: 2 };
        for (now_ms, state) in (0..).zip(["s1", "s2", "s3"]) {
            all.keep(state, "mine", now_ms).await.expect("kept");
        }
        assert!(!all.take("s1", "mine", 3).await.expect("asked"));
        for state in ["s2", "s3"] {
            assert!(all.take(state, "mine", 3).await.expect("asked"));
        }
    }

    #[tokio::test]
    async fn a_sign_in_comes_back_once_in_time_and_to_its_own_browser() {
        let all = Pendings::new(None);
        comes_back_once_in_time_and_to_its_own_browser(&all, &all).await;
        forgets_the_oldest_when_there_are_too_many(Kept::Memory(Mutex::default())).await;
    }

    #[tokio::test]
    async fn a_sign_in_that_was_begun_on_one_server_ends_once_on_any_that_shares_the_redis() {
        let server = RedisServer::start();
        let (one, other) = (redis(&server), redis(&server));
        comes_back_once_in_time_and_to_its_own_browser(&Pendings::new(Some(one.clone())), &Pendings::new(Some(other)))
            .await;
        forgets_the_oldest_when_there_are_too_many(Kept::Redis(one)).await;
    }

    #[tokio::test]
    async fn without_redis_no_sign_in_begins_or_ends_and_the_code_says_why() {
        let mut server = RedisServer::start();
        let all = Pendings::new(Some(redis(&server)));
        server.kill();
        let begun = all.keep("s1", "mine", 0).await.expect_err("it is away");
        let ended = all.take("s1", "mine", 0).await.expect_err("it is away");
        assert_eq!((begun.code(), ended.code()), ("sessions_unavailable", "sessions_unavailable"));
    }
}
