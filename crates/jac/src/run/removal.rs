//! The end of the run's own cluster: terminated and waited for, or reported with who continues.

use super::{Job, LAST_ANSWER, Target, Waits};
use crate::connect::Connection;
use crate::retries::retrying;
use crate::{clusters, context, utc};
use jac_engine::list::ClusterSummary;
use jac_engine::view::ClusterView;
use jac_model::{ClusterPhase, EpochMs, NodeState, plural};
use serde_json::json;
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

impl Job<'_> {
    /// Terminates the cluster and waits until it is gone. If that fails, its nodes end with their leases.
    pub(super) async fn remove(&mut self, cluster: &ClusterView, connection: &Connection) {
        if matches!(self.target, Target::Existing { .. }) {
            return;
        }
        let id = &cluster.cluster.id;
        self.removing_since = Some(Instant::now());
        let path = format!("/clusters/{id}/terminate");
        let client = self.client;
        let mut asked = pin!(retrying(async || client.post::<ClusterView>(&path, &json!({})).await));
        let limit = if self.waits == Waits::Nothing { LAST_ANSWER } else { Duration::MAX };
        let gone = match self.signals.unless(timeout(limit, &mut asked)).await {
            Ok(Ok(Ok(view))) => self.wait_until_gone(view).await,
            Ok(Ok(Err(error))) => Err((cluster.clone(), error)),
            Ok(Err(_late)) => Err((cluster.clone(), anyhow::anyhow!("no answer in {} s", limit.as_secs()))),
            Err(_) => {
                let why = self.interrupted();
                // The request should still arrive.
                tokio::select! {
                    _ = timeout(LAST_ANSWER, asked) => (),
                    _ = self.signals.next() => self.waits = Waits::Nothing,
                }
                Err((cluster.clone(), why))
            }
        };
        let Err((left, error)) = gone else { return };
        self.line.print(&format!("warning: the cluster {id} could not be terminated: {error}."));
        // Without a server the remaining clusters are waited for and reported at the very end.
        if matches!(connection, Connection::Server(_)) {
            self.line.print(&left_behind(&left, "The server", "lifetime ends", left.cluster.expires_at_ms));
        }
    }

    /// Returns the cluster as last observed, and why it is not terminated.
    async fn wait_until_gone(&mut self, cluster: ClusterView) -> Result<(), (ClusterView, anyhow::Error)> {
        let limit = clusters::removal_limit(&cluster);
        let deadline = Instant::now() + limit;
        let mut seen = cluster;
        if self.waits == Waits::Nothing {
            return Err((seen, anyhow::anyhow!("waiting was interrupted")));
        }
        let path = format!("/clusters/{}", seen.cluster.id);
        loop {
            match self.signals.unless(self.client.poll::<ClusterView>(&path)).await {
                Ok(Ok(view)) if view.cluster.phase == ClusterPhase::Terminated => return Ok(()),
                Ok(Ok(view)) => seen = view,
                Ok(Err(error)) => return Err((seen, error)),
                Err(_) => return Err((seen, self.interrupted())),
            }
            if Instant::now() > deadline {
                return Err((seen, anyhow::anyhow!("it is not terminated after {} s", limit.as_secs())));
            }
            tokio::select! {
                _ = self.signals.next() => return Err((seen, self.interrupted())),
                () = sleep(Duration::from_millis(100)) => (),
            }
        }
    }

    /// A signal arrived during a wait. The first of all signals ends the waits for what continues elsewhere; the
    /// results are still downloaded. Any further one ends the command.
    pub(super) fn interrupted(&mut self) -> anyhow::Error {
        self.waits = if self.signals.count() > 1 { Waits::Nothing } else { Waits::Results };
        anyhow::anyhow!("waiting was interrupted")
    }

    /// This process's engine terminates what this or an earlier `jac run` left behind; the command waits for that as
    /// long as machines take to terminate, and then reports the remaining ones. `lease`: how long nodes run without an
    /// engine.
    pub(super) async fn wait_for_leftovers(&mut self, lease: Duration) {
        let since = self.removing_since.unwrap_or_else(Instant::now);
        loop {
            let left = self.ephemeral_clusters().await;
            let Some(limit) = left.iter().map(clusters::removal_limit).max() else { return };
            if self.waits != Waits::All || since.elapsed() > limit {
                let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
                let lease_ends_ms = context::now_ms().saturating_add(lease_ms);
                for view in &left {
                    let ends_ms = lease_ends_ms.min(view.cluster.expires_at_ms);
                    let who = "The next `jac` on this data folder";
                    self.line.print(&left_behind(view, who, "lease expires", ends_ms));
                }
                return;
            }
            let ids: Vec<&str> = left.iter().map(|view| view.cluster.id.as_str()).collect();
            self.line.step(&format!("Waiting until {} is terminated.", ids.join(", ")));
            tokio::select! {
                _ = self.signals.next() => drop(self.interrupted()),
                () = sleep(Duration::from_millis(200)) => (),
            }
        }
    }

    /// The active ephemeral clusters. If they cannot be queried, they are not waited for.
    async fn ephemeral_clusters(&self) -> Vec<ClusterView> {
        let living: Vec<ClusterSummary> = self.client.list("/clusters?ended=false").await.unwrap_or_default();
        let mut ephemeral = Vec::new();
        for cluster in living {
            if let Ok(view) = self.client.get::<ClusterView>(&format!("/clusters/{}", cluster.id)).await
                && view.cluster.ephemeral_of.is_some()
            {
                ephemeral.push(view);
            }
        }
        ephemeral
    }
}

/// The remaining parts of a cluster, who continues to terminate it, and when it ends automatically at the latest.
fn left_behind(view: &ClusterView, who: &str, ended_by: &str, ends_ms: EpochMs) -> String {
    let cluster = &view.cluster;
    let nodes = cluster.nodes.iter().filter(|node| node.state != NodeState::Terminated).count();
    let they = if nodes == 1 { "it terminates when its" } else { "they terminate when their" };
    let nodes = plural(nodes as u64, "node");
    format!(
        "Not terminated yet: {} ({}), {nodes}. {who} continues; {they} {ended_by}, at {} at the latest.",
        cluster.id,
        cluster.provider,
        utc::minute(ends_ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::{Cluster, ClusterConfig, ClusterId, Person, Provider};

    pub(super) fn cluster(provider: Provider, workers: u32) -> ClusterView {
        let cluster = Cluster {
            id: ClusterId::from_random([1; 8]),
            name: "a run's".to_owned(),
            description: String::new(),
            owner: Person { id: "admin".to_owned(), name: "Administrator".to_owned() },
            team: None,
            provider,
            config: ClusterConfig { workers, ..ClusterConfig::default() },
            phase: ClusterPhase::Terminating,
            cause: None,
            lost_nodes: Vec::new(),
            current_run: None,
            master_restarting: false,
            nodes: Cluster::requested_nodes(workers),
            created_ms: 0,
            ready_ms: None,
            ended_ms: None,
            expires_at_ms: 0,
            idle_since_ms: None,
            ephemeral_of: Some("this one".to_owned()),
            usd_per_hour: None,
            node_prices: None,
        };
        ClusterView { cluster, idle_ends_at_ms: None, usd_so_far: None, warnings: Vec::new() }
    }

    #[test]
    fn what_is_left_is_reported_with_who_continues_and_when_it_terminates_by_itself() {
        let mut view = cluster(Provider::Ec2, 3);
        view.cluster.nodes[3].state = NodeState::Terminated;
        let who = "The next `jac` on this data folder";
        let sentence = left_behind(&view, who, "lease expires", 20_780 * 86_400_000 + 3_600_000);
        let id = &view.cluster.id;
        assert_eq!(
            sentence,
            format!(
                "Not terminated yet: {id} (ec2), 3 nodes. The next `jac` on this data folder continues; they \
                 terminate when their lease expires, at 2026-11-23 01:00 UTC at the latest."
            )
        );
        let sentence = left_behind(&cluster(Provider::Local, 0), "The server", "lifetime ends", 0);
        assert!(
            sentence.contains("(local), 1 node. The server")
                && sentence.contains("it terminates when its lifetime ends"),
            "{sentence}"
        );
    }

    #[test]
    fn machines_of_ec2_are_waited_for_longer_and_live_no_longer_than_their_bound() {
        assert_eq!(clusters::removal_limit(&cluster(Provider::Ec2, 1)), Duration::from_secs(600));
        assert_eq!(clusters::removal_limit(&cluster(Provider::Local, 1)), Duration::from_secs(120));
    }
}
