//! One question for the machines of all clusters that are on their way up or down: whoever wants to know waits until the question before
//! it is answered, and the next one asks for all who wait then.
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
/// The most values of a filter ("Using filtering", EC2's user guide).
const MOST_CLUSTERS: usize = 200;

/// What a question brought, for one of those who wait.
type Answer = Result<Vec<Machine>, PortError>;
/// Who waits, and for which cluster.
type Waiting = (ClusterId, oneshot::Sender<Answer>);

/// The questions of one account's region.
#[derive(Debug, Default)]
pub struct Describing {
    waiting: Mutex<Vec<Waiting>>,
    /// Held by who asks; when the last question was asked.
    last: tokio::sync::Mutex<Option<Instant>>,
}

impl Describing {
    /// Every machine of the cluster as it is after this was called, what is gone too.
    ///
    /// # Errors
    /// When AWS cannot be asked.
    pub async fn of_cluster(&self, aws: &Aws, installation: &str, cluster: &ClusterId) -> Answer {
        'asked: loop {
            let (send, mut answer) = oneshot::channel();
            self.waiting().push((cluster.clone(), send));
            let mut last = tokio::select! {
                biased;
                answer = &mut answer => match answer {
                    Ok(answer) => return answer,
                    // Who asked was dropped before the answer came.
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
            // Who does not wait any more needs no answer.
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
