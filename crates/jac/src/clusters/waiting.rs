//! Waits for clusters to be ready or terminated, and shows their events meanwhile. After a signal the work continues
//! elsewhere, and a sentence reports that.

use crate::client::Client;
use crate::connected::{Connected, saying};
use crate::exit::{Interrupted, RunFailed};
use jac_engine::view::{ClusterView, Machines};
use jac_model::{ClusterId, ClusterPhase, Provider};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two polls of a cluster.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long a cluster may take to be ready: the engine's own limits are shorter.
const READY_LIMIT: Duration = Duration::from_secs(45 * 60);

/// Time limit for a cluster to terminate: AWS takes a minute or two per machine.
pub fn removal_limit(cluster: &ClusterView) -> Duration {
    match cluster.cluster.provider {
        Provider::Ec2 => Duration::from_secs(600),
        Provider::Local | Provider::Ssh | Provider::Imported => Duration::from_secs(120),
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct ClusterEvent {
    id: i64,
    node: Option<String>,
    message: String,
}

/// Shows each event once. Events are identified by their IDs: the server's list is limited, and loses its oldest.
#[derive(Debug, Default)]
struct Shown {
    last: Option<i64>,
}

impl Shown {
    fn new_of<'a>(&mut self, events: &'a [ClusterEvent]) -> Vec<&'a ClusterEvent> {
        let last = self.last;
        let new: Vec<&ClusterEvent> = events.iter().filter(|event| last.is_none_or(|last| event.id > last)).collect();
        self.last = new.iter().map(|event| event.id).max().or(last);
        new
    }
}

/// Shows what happens to a cluster until it takes runs.
async fn until_ready(client: &Client, id: &ClusterId) -> anyhow::Result<ClusterView> {
    let deadline = Instant::now() + READY_LIMIT;
    let mut shown = Shown::default();
    loop {
        let view: ClusterView = client.poll(&format!("/clusters/{id}")).await?;
        let events: Vec<ClusterEvent> = client.poll(&format!("/clusters/{id}/events")).await?;
        for event in shown.new_of(&events) {
            eprintln!("{}{}", event.node.as_ref().map_or_else(String::new, |node| format!("{node}: ")), event.message);
        }
        match view.cluster.phase {
            ClusterPhase::Ready => return Ok(view),
            ClusterPhase::Failed | ClusterPhase::Terminating | ClusterPhase::Terminated => {
                // Its machines should be gone before this ends.
                until_gone(client, &view).await?;
                let cause = view.cluster.cause.map_or_else(|| "It was terminated.".to_owned(), |cause| cause.message);
                return Err(anyhow::Error::new(RunFailed(cause)));
            }
            _ if Instant::now() > deadline => {
                return Err(anyhow::Error::new(RunFailed(format!("the cluster {id} is still launching"))));
            }
            _ => sleep(POLL_INTERVAL).await,
        }
    }
}

/// Waits until a cluster is terminated, and returns its row.
async fn until_gone(client: &Client, view: &ClusterView) -> anyhow::Result<ClusterView> {
    let (id, limit) = (&view.cluster.id, removal_limit(view));
    let deadline = Instant::now() + limit;
    loop {
        let view: ClusterView = client.poll(&format!("/clusters/{id}")).await?;
        if view.cluster.phase == ClusterPhase::Terminated {
            return Ok(view);
        }
        if Instant::now() > deadline {
            return Err(anyhow::Error::new(RunFailed(format!(
                "the cluster {id} is not terminated after {} s; its machines terminate when their lease expires",
                limit.as_secs()
            ))));
        }
        sleep(POLL_INTERVAL).await;
    }
}

impl Connected<'_> {
    /// Waits for a cluster that is being created. Without a server nothing else creates it, so a signal terminates it;
    /// a server continues.
    pub async fn wait_for_creation(&mut self, view: &ClusterView) -> anyhow::Result<ClusterView> {
        let id = &view.cluster.id;
        match self.signals.unless(until_ready(self.client, id)).await {
            Ok(ready) => ready,
            Err(signal) if self.is_server => {
                let continuing = format!("{id} is still being created. To terminate it: `jac cluster terminate {id}`.");
                Err(Interrupted { signal, continuing }.into())
            }
            Err(signal) => Err(Interrupted { signal, continuing: self.terminate_partly_created(view).await }.into()),
        }
    }

    /// Returns the result as a sentence.
    async fn terminate_partly_created(&mut self, view: &ClusterView) -> String {
        let id = &view.cluster.id;
        let client = self.client;
        let terminated = async {
            let _: ClusterView = client.post(&format!("/clusters/{id}/terminate"), &json!({})).await?;
            // Printed once it is recorded: if this is ended now, the next `jac` finds the record.
            eprintln!("Terminating {id}, which is partly created. Press Ctrl-C again to stop waiting.");
            until_gone(client, view).await
        };
        match self.signals.unless(terminated).await {
            Ok(Ok(_)) => format!("{id} is terminated. All its resources are removed."),
            Ok(Err(error)) => format!("It could not be terminated: {error}. {}", self.left_to_terminate(id)),
            Err(_second) => self.left_to_terminate(id),
        }
    }

    fn left_to_terminate(&self, id: &ClusterId) -> String {
        if self.is_server {
            return format!("{id} is still being terminated.");
        }
        format!(
            "{id} is not terminated yet: the next `jac` on this data folder continues, and its nodes terminate when \
             their lease expires."
        )
    }

    /// Waits for a cluster that was adopted; a signal ends only the waiting.
    pub async fn wait_for_adopted(&mut self, view: &ClusterView) -> anyhow::Result<ClusterView> {
        let id = &view.cluster.id;
        self.signals.unless(until_ready(self.client, id)).await.map_err(|signal| {
            let continuing = if self.is_server {
                format!("{id} is adopted and still being prepared. To terminate it: `jac cluster terminate {id}`.")
            } else {
                format!(
                    "{id} is adopted; the next `jac` on this data folder continues to prepare it. Until then its lease \
                     is not renewed. To terminate it: `jac cluster terminate {id}`."
                )
            };
            Interrupted { signal, continuing }
        })?
    }

    /// Waits for a cluster that is being terminated; a signal ends only the waiting.
    pub async fn wait_for_end(&mut self, view: &ClusterView) -> anyhow::Result<ClusterView> {
        match self.signals.unless(until_gone(self.client, view)).await {
            Ok(gone) => gone,
            Err(signal) => Err(Interrupted { signal, continuing: self.left_to_terminate(&view.cluster.id) }.into()),
        }
    }

    /// The billable machines. An engine that has just started searches all its regions for them; if that takes longer,
    /// a line reports it.
    pub async fn machines(&mut self) -> anyhow::Result<Machines> {
        let client = self.client;
        let what = "Searching all regions in which this installation created instances.";
        let listed = saying(what, client.get::<Machines>("/machines"));
        self.signals.unless(listed).await.map_err(Interrupted::early)?
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(ids: std::ops::Range<i64>) -> Vec<ClusterEvent> {
        ids.map(|id| ClusterEvent { id, node: None, message: format!("event {id}") }).collect()
    }

    #[test]
    fn each_event_is_shown_once_also_when_the_list_has_lost_its_oldest() {
        let mut shown = Shown::default();
        let mut seen = Vec::new();
        for list in [events(7..7), events(7..10), events(7..10), events(9..14), events(12..17), events(20..22)] {
            seen.extend(shown.new_of(&list).into_iter().map(|event| event.id));
        }
        assert_eq!(seen, (7..17).chain(20..22).collect::<Vec<i64>>());
    }
}
