//! The same operation on many nodes: a limited number in parallel, and a slow one does not delay the others.

use futures_util::future::{join_all, try_join_all};
use jac_model::ports::PortError;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Maximum number of nodes in parallel. Each costs a few packets and no thread; the limit bounds memory, file
/// descriptors of files being sent, and the share of the server's bandwidth.
const AT_ONCE: usize = 100;

/// Runs it for all nodes. Returns the results in the same order.
pub(crate) fn for_all<F: Future>(work: impl IntoIterator<Item = F>) -> impl Future<Output = Vec<F::Output>> {
    join_all(in_places(work))
}

/// The same until the first failure; the others are dropped then.
pub(crate) fn try_for_all<T, E, F: Future<Output = Result<T, E>>>(
    work: impl IntoIterator<Item = F>,
) -> impl Future<Output = Result<Vec<T>, E>> {
    try_join_all(in_places(work))
}

/// Each waits for one of a limited number of slots. One that hangs only occupies its slot.
fn in_places<F: Future>(work: impl IntoIterator<Item = F>) -> Vec<impl Future<Output = F::Output>> {
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let in_place = |work: F| {
        let places = Arc::clone(&places);
        async move {
            let _place = places.acquire().await;
            work.await
        }
    };
    work.into_iter().map(in_place).collect()
}

/// Limits the time of a node's operation.
pub(crate) async fn within<T, E: From<PortError>>(
    limit: Duration,
    node: &str,
    what: &str,
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let late = |_| PortError::TooSlow { node: node.to_owned(), what: what.to_owned(), limit };
    timeout(limit, work).await.map_err(late)?
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::{Instant, sleep};

    #[tokio::test(start_paused = true)]
    async fn one_that_is_slow_holds_up_no_other_and_results_keep_their_order() {
        let began = Instant::now();
        let work = (0..1000_u64).map(|number| async move {
            sleep(if number == 0 { Duration::from_secs(5) } else { Duration::from_millis(60) }).await;
            number
        });
        assert_eq!(for_all(work).await, (0..1000).collect::<Vec<_>>());
        assert_eq!(began.elapsed(), Duration::from_secs(5), "the others took 0.7 s beside it");
    }

    #[tokio::test(start_paused = true)]
    async fn the_first_failure_is_given_at_once() {
        let began = Instant::now();
        let work = (0..300_u64).map(|number| async move {
            sleep(Duration::from_secs(number + 1)).await;
            if number == 3 { Err(number) } else { Ok(number) }
        });
        assert_eq!(try_for_all(work).await, Err(3));
        assert_eq!(began.elapsed(), Duration::from_secs(4));
    }
}
