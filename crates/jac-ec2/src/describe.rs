//! One query for the machines of all clusters that are starting or terminating: callers wait until the current query is
//! answered, and the next query covers all who wait then.
//!
//! Each set of clients has one, i.e. each set of credentials and region, even if two belong to one account. What is visible
//! depends on the credentials, so one set's result does not apply to another.

use crate::aws::Aws;
use crate::machines::{self, Machine};
use jac_model::ClusterId;
use jac_model::ports::PortError;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot::{self, error::TryRecvError};
use tokio::time::{Instant, sleep_until};

/// Between two questions at least.
const EVERY: Duration = Duration::from_secs(1);
/// Maximum number of values in a filter ("Using filtering", EC2's user guide).
const MOST_CLUSTERS: usize = 200;

/// The result of a query for one waiting caller.
type Answer = Result<Vec<Machine>, PortError>;
/// A waiting caller's cluster, and the channel for its answer.
type Waiting = (ClusterId, oneshot::Sender<Answer>);

/// The questions of one account's region.
#[derive(Debug, Default)]
pub struct Describing {
    waiting: Mutex<Vec<Waiting>>,
    /// Held by the querying caller; the time of the last query.
    last: tokio::sync::Mutex<Option<Instant>>,
}

impl Describing {
    /// Every machine of the cluster as it is after the call, including terminated ones.
    ///
    /// # Errors
    /// When AWS cannot be queried.
    pub async fn of_cluster(&self, aws: &Aws, installation: &str, cluster: &ClusterId) -> Answer {
        'asked: loop {
            let (send, mut answer) = oneshot::channel();
            self.waiting().push((cluster.clone(), send));
            let mut last = tokio::select! {
                biased;
                answer = &mut answer => match answer {
                    Ok(answer) => return answer,
                    // The querying caller was dropped before the response arrived.
                    Err(_) => continue,
                },
                last = self.last.lock() => last,
            };
            loop {
                if let Some(before) = *last {
                    sleep_until(before + EVERY).await;
                }
                *last = Some(Instant::now());
                self.ask_for_all(aws, installation).await;
                match answer.try_recv() {
                    Ok(answer) => return answer,
                    // More were waiting before than one question may name.
                    Err(TryRecvError::Empty) => (),
                    Err(TryRecvError::Closed) => continue 'asked,
                }
            }
        }
    }

    async fn ask_for_all(&self, aws: &Aws, installation: &str) {
        let asked: Vec<Waiting> = {
            let mut waiting = self.waiting();
            // A caller that no longer waits needs no result.
            waiting.retain(|(_, send)| !send.is_closed());
            let most = waiting.len().min(MOST_CLUSTERS);
            waiting.drain(..most).collect()
        };
        let clusters: BTreeSet<ClusterId> = asked.iter().map(|(cluster, _)| cluster.clone()).collect();
        let found = machines::of_clusters(aws, installation, &clusters).await;
        for (cluster, send) in asked {
            let own = |found: &Vec<Machine>| {
                found.iter().filter(|machine| machine.tags.cluster == cluster).cloned().collect()
            };
            drop(send.send(found.as_ref().map(own).map_err(Clone::clone)));
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
