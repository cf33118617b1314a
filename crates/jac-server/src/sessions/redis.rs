//! The Redis that servers share: queries with a time limit, and one log message when it becomes unreachable and one
//! when it is back.
//!
//! Owns the connections and the notification of ended sessions. Its contents belong to [`super::shared`] and
//! [`crate::company`].

use crate::access::Access;
use crate::config::RedisUrl;
use crate::error::ApiError;
use futures_util::StreamExt;
use redis::aio::{ConnectionManager, ConnectionManagerConfig, PubSub};
use redis::{Client, FromRedisValue, Pipeline, RedisResult, pipe};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, OnceCell};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

/// How long Redis may take to accept a connection, or to answer.
const TIMEOUT: Duration = Duration::from_secs(1);
/// How long a request waits for it in all, with a second try on a new connection.
const TOTAL_LIMIT: Duration = Duration::from_secs(2);
/// Interval between attempts while it is unreachable.
const TRY_EVERY: Duration = Duration::from_secs(1);
/// Between two checks of the connection that reports ended sessions.
const LOOK_EVERY: Duration = Duration::from_secs(30);
/// The notification that sessions have ended. It does not name them: every server checks its own live connections.
const ENDED: &str = "jac:sessions-ended";
/// Written to test whether Redis accepts writes; it expires by itself.
const PROBE: &str = "jac:probe";

/// Redis does not respond, or rejects the command.
#[derive(Debug, thiserror::Error)]
#[error("Redis is not available")]
pub struct Unavailable;

impl From<Unavailable> for ApiError {
    fn from(_: Unavailable) -> Self {
        Self::SessionsUnavailable
    }
}

/// The Redis. Clones refer to the same one.
#[derive(Clone)]
pub struct Redis(Arc<Inner>);

struct Inner {
    url: RedisUrl,
    /// Created with the first request: it needs a runtime.
    connection: OnceCell<ConnectionManager>,
    is_away: AtomicBool,
    went_away: Notify,
}

impl fmt::Debug for Redis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("Redis").field(&self.0.url).finish()
    }
}

impl Redis {
    pub fn new(url: RedisUrl) -> Self {
        Self(Arc::new(Inner {
            url,
            connection: OnceCell::new(),
            is_away: AtomicBool::new(false),
            went_away: Notify::new(),
        }))
    }

    /// Sends all commands at once. All of JAC's commands may be repeated.
    pub async fn ask<T: FromRedisValue>(&self, asked: &Pipeline) -> Result<T, Unavailable> {
        match timeout(TOTAL_LIMIT, self.ask_twice(asked)).await {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(error)) => Err(self.failed(&error)),
            Err(_) => Err(self.failed(&"it did not answer in time")),
        }
    }

    /// Runs a script on one key.
    pub async fn run<T: FromRedisValue>(
        &self,
        script: &str,
        key: &str,
        arguments: &[String],
    ) -> Result<T, Unavailable> {
        let mut asked = pipe();
        asked.cmd("EVAL").arg(script).arg(1).arg(key).arg(arguments);
        let (answer,) = self.ask(&asked).await?;
        Ok(answer)
    }

    /// Whether it accepts writes.
    pub async fn available(&self) -> Result<(), Unavailable> {
        let mut asked = pipe();
        asked.cmd("SET").arg(PROBE).arg("").arg("PX").arg(1000).ignore();
        self.ask(&asked).await
    }

    async fn ask_twice<T: FromRedisValue>(&self, asked: &Pipeline) -> RedisResult<T> {
        let kept = self.0.connection.get_or_try_init(|| connect(self.0.url.client())).await?;
        let mut connection = kept.clone();
        match asked.query_async(&mut connection).await {
            // It was restarted since the connection was established.
            Err(error) if error.is_io_error() && !error.is_timeout() => asked.query_async(&mut connection).await,
            answer => answer,
        }
    }

    fn failed(&self, error: &dyn fmt::Display) -> Unavailable {
        if !self.0.is_away.swap(true, Ordering::Relaxed) {
            let url = &self.0.url;
            tracing::error!(
                code = "sessions_unavailable",
                "Redis at {url} is unavailable: {error}. Nobody can sign in until it is back; runs and tokens keep working"
            );
            self.0.went_away.notify_one();
        }
        Unavailable
    }

    /// Reports sessions that end on other servers, and detects that Redis is unavailable or available again. It never ends.
    pub async fn follow(self, access: Access) {
        loop {
            match timeout(TOTAL_LIMIT, self.listen()).await {
                Ok(Ok(words)) => {
                    self.look_whether_it_is_back().await;
                    // Notifications sent in the meantime were missed.
                    access.rights_changed();
                    self.pass_on(words, &access).await;
                }
                Ok(Err(error)) => drop(self.failed(&error)),
                Err(_) => drop(self.failed(&"it did not answer in time")),
            }
            sleep(TRY_EVERY).await;
        }
    }

    async fn listen(&self) -> RedisResult<PubSub> {
        let mut words = self.0.url.client().get_async_pubsub().await?;
        words.subscribe(ENDED).await?;
        Ok(words)
    }

    /// Until the connection is lost.
    async fn pass_on(&self, words: PubSub, access: &Access) {
        let (mut sink, mut words) = words.split();
        let mut look = interval(LOOK_EVERY);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut again = interval(TRY_EVERY);
        again.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let is_away = self.0.is_away.load(Ordering::Relaxed);
            tokio::select! {
                word = words.next() => match word {
                    Some(_) => access.rights_changed(),
                    None => return,
                },
                () = self.0.went_away.notified() => again.reset(),
                _ = again.tick(), if is_away => self.look_whether_it_is_back().await,
                // Subscribing again gets a response if it is reachable.
                _ = look.tick() => match timeout(TIMEOUT, sink.subscribe(ENDED)).await {
                    Ok(Ok(())) => (),
                    Ok(Err(_)) | Err(_) => return,
                },
            }
        }
    }

    async fn look_whether_it_is_back(&self) {
        if self.available().await.is_ok() && self.0.is_away.swap(false, Ordering::Relaxed) {
            tracing::info!("Redis at {} can be used again", self.0.url);
        }
    }
}

/// Adds the notification of ended sessions to the commands.
pub fn publish_the_end(asked: &mut Pipeline) {
    asked.publish(ENDED, "").ignore();
}

/// Each request tries to connect by itself, so attempts need not be repeated.
async fn connect(client: &Client) -> RedisResult<ConnectionManager> {
    let config = ConnectionManagerConfig::new()
        .set_number_of_retries(0)
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT));
    ConnectionManager::new_lazy_with_config(client.clone(), config)
}
