//! Retries while a server is briefly unavailable: which errors are tolerated, for how long, and which are final.

use crate::exit::RunFailed;
use std::time::Duration;
use tokio::time::sleep;

/// Maximum number of consecutive failures: a server that restarts is briefly unavailable.
const FAILED_TRIES: u32 = 60;
/// Delay between two attempts.
const RETRY_INTERVAL: Duration = Duration::from_millis(500);

/// The server's own rejection of a request: the next attempt would be rejected too.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refused(pub String);

/// A response that is not from the server itself, such as a proxy's: the next attempt may succeed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Temporary(pub String);

/// Whether the server is unreachable, as opposed to a rejection or a fault of this machine.
pub fn is_absence(error: &anyhow::Error) -> bool {
    error.is::<RunFailed>() || error.is::<Temporary>()
}

/// Counts the tries that fail in a row.
#[derive(Debug, Default)]
pub struct Retries {
    failed: u32,
}

impl Retries {
    /// The result of an attempt; `None` if the next one may succeed.
    ///
    /// # Errors
    /// Final errors: a rejection, a fault of this machine, or too many consecutive failures.
    pub fn answer<T>(&mut self, tried: anyhow::Result<T>) -> anyhow::Result<Option<T>> {
        match tried {
            Ok(answer) => {
                self.failed = 0;
                Ok(Some(answer))
            }
            Err(error) if is_absence(&error) && self.failed < FAILED_TRIES => {
                self.failed += 1;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// Repeats an idempotent operation until it succeeds or its failure is [final](Retries::answer).
pub async fn retrying<T>(mut attempt: impl AsyncFnMut() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let mut retries = Retries::default();
    loop {
        if let Some(answer) = retries.answer(attempt().await)? {
            return Ok(answer);
        }
        sleep(RETRY_INTERVAL).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn away() -> anyhow::Error {
        RunFailed("the server does not answer".to_owned()).into()
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_away_is_asked_again_and_one_that_refuses_is_not() {
        let mut tries = 0;
        let answer = retrying(async || {
            tries += 1;
            match tries {
                1..=50 => Err(away()),
                51..=60 => Err(anyhow::Error::new(Temporary("404 of a proxy".to_owned()))),
                _ => Ok("back"),
            }
        });
        assert_eq!(answer.await.expect("an answer"), "back");
        for is_final in [anyhow::Error::new(Refused("no such run".to_owned())), anyhow::anyhow!("the disk is full")] {
            let mut is_final = Some(is_final);
            let refused = retrying(async || Err::<(), _>(is_final.take().expect("one try only"))).await;
            refused.expect_err("it is final");
        }
        let mut tries = 0;
        let lost = retrying(async || {
            tries += 1;
            Err::<(), _>(away())
        });
        lost.await.expect_err("it is given up");
        assert_eq!(tries, FAILED_TRIES + 1);
    }

    #[test]
    fn only_failures_in_a_row_count() {
        let mut retries = Retries::default();
        for _ in 0..3 {
            for _ in 0..FAILED_TRIES {
                assert_eq!(retries.answer(Err::<u8, _>(away())).expect("tolerated"), None);
            }
            assert_eq!(retries.answer(Ok(1)).expect("an answer"), Some(1));
        }
    }
}
