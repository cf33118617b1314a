//! The reconciler: compares the rows with what a provider has, on a timer and without any input.
//!
//! It terminates a cluster if and only if its lifetime or its idle timeout has expired (not at once after a start, when
//! the clock may be wrong), or all of its nodes are gone, or its row has ended and the provider still has nodes of it,
//! or it has no row and has expired by its own tags. Other nodes without a row are left to their lease. It renews the
//! leases of clusters that continue, and marks nodes that are gone. Each provider has its own reconciler; while a
//! provider cannot be queried, its clusters still end on time, but none of their nodes counts as gone.
//!
//! A provider's list may be old, late or incomplete. It is ignored for a cluster that became ready after it; a node
//! counts as gone when two consecutive lists lack it and it does not answer, and a cluster when more lists over some
//! time do.

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::fan_out::for_all;
use crate::grace::millis;
use crate::machines::Observed;
use jac_model::ports::{Command, Instance, Lease, PortError};
use jac_model::{Cluster, ClusterId, ClusterPhase, EpochMs, Message, NodeState, Provider};
use jac_store::{Kind, RunRow, StoreError};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// Number of consecutive lists that must lack a node before it counts as gone…
const LISTS_UNTIL_LOST: u32 = 2;
/// …and this many have to lack all nodes, over at least [`ALL_GONE_FOR`], before their cluster is ended for that.
const LISTS_UNTIL_ENDED: u32 = 3;
const ALL_GONE_FOR: Duration = Duration::from_secs(10);
/// Lists created closer together than this count as one.
const SAME_LIST: Duration = Duration::from_secs(1);
/// How long a node may take to answer that lists do not name.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// A machine's own lease ends with its cluster's lifetime, but the machine counts it in whole seconds: nodes first
/// missed this shortly before that time, or later, were ended by it; those that were missed earlier are lost.
const LEASE_GRAIN: Duration = Duration::from_secs(5);

/// Which nodes of a cluster are missing from the provider's lists.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    /// How many lists in a row lacked each node, and since when.
    nodes: HashMap<String, (u32, Instant)>,
    /// When the newest of them was created.
    newest: Option<Instant>,
}

impl Missing {
    /// Applies a list from the time `at`: the existing nodes. Applying it again changes nothing.
    fn observe(&mut self, at: Instant, nodes: &[&str], alive: &HashSet<&str>) {
        // A provider that caches its list reports its approximate age: nearly the same time means the same list.
        if self.newest.is_some_and(|newest| at < newest + SAME_LIST) {
            return;
        }
        self.newest = Some(at);
        self.nodes.retain(|name, _| nodes.contains(&name.as_str()) && !alive.contains(name.as_str()));
        for name in nodes.iter().filter(|name| !alive.contains(*name)) {
            self.nodes.entry((*name).to_owned()).or_insert((0, at)).0 += 1;
        }
    }

    fn is_lost(&self, name: &str) -> bool {
        self.nodes.get(name).is_some_and(|(lists, _)| *lists >= LISTS_UNTIL_LOST)
    }

    /// How long ago the last of the nodes was listed; `None` if one is not missing.
    fn all_missed_for(&self, nodes: &[&str]) -> Option<Duration> {
        let each = nodes.iter().map(|name| self.nodes.get(*name).map(|(_, since)| since.elapsed()));
        each.min().flatten()
    }

    fn are_all_gone(&self, nodes: &[&str]) -> bool {
        nodes.iter().all(|name| {
            self.nodes
                .get(*name)
                .is_some_and(|(lists, since)| *lists >= LISTS_UNTIL_ENDED && since.elapsed() >= ALL_GONE_FOR)
        })
    }
}

/// Reconciles until the engine ends.
pub(crate) async fn forever(engine: Engine, provider: Provider) {
    let mut timer = interval(engine.settings().reconcile_every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = once(&engine, provider).await {
            tracing::warn!(%provider, %error, "reconciling {provider}: {error}; trying again");
        }
    }
}

async fn once(engine: &Engine, provider: Provider) -> Result<(), EngineError> {
    let observed = match engine.cloud(provider) {
        // The reason was reported at the first failure.
        Ok(_) => engine.observe(provider).await.ok(),
        // A provider that is disabled now may have been enabled before.
        Err(_) => None,
    };
    // The rows after the nodes: a cluster that is recorded between the two is not an orphan.
    let rows = engine.store().living_clusters().await?;
    for cluster in rows.iter().filter(|cluster| cluster.provider == provider) {
        // A failure with one cluster must not affect the others.
        let what = format!("reconciling the cluster {}", cluster.id);
        let done = engine.guarded("reconciler", what, reconcile_cluster(engine, cluster, observed.as_ref())).await;
        if let Err(error) = done.unwrap_or_else(|panicked| Err(panicked.into())) {
            tracing::warn!(cluster = %cluster.id, %error, "reconciling {}: {error}; trying again", cluster.id);
        }
    }
    let instances = observed.map(|observed| observed.instances).unwrap_or_default();
    end_what_is_over(engine, provider, &rows, &instances).await?;
    end_orphans_past_their_time(engine, provider, &instances).await
}

/// Ends the nodes of clusters that have ended.
async fn end_what_is_over(
    engine: &Engine,
    provider: Provider,
    living: &[Cluster],
    instances: &[Instance],
) -> Result<(), EngineError> {
    let alive = instances.iter().filter(|instance| instance.alive).map(|instance| &instance.cluster);
    let others: HashSet<&ClusterId> = alive.filter(|id| !living.iter().any(|cluster| cluster.id == **id)).collect();
    for id in others {
        match engine.store().cluster(id).await {
            Ok(cluster) if cluster.phase.is_terminal() => {
                tracing::warn!(cluster = %id, "cluster {id} is terminated but still has nodes; terminating them");
                engine.cloud(provider)?.terminate(id).await?;
            }
            // A cluster created in between, an orphan, or one whose row cannot be read.
            Ok(_) | Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) => (),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// `observed`: the provider's machines; `None` while it is unreachable.
async fn reconcile_cluster(engine: &Engine, cluster: &Cluster, observed: Option<&Observed>) -> Result<(), EngineError> {
    match cluster.phase {
        ClusterPhase::Requested | ClusterPhase::Launching | ClusterPhase::Preparing => {
            engine.continue_cluster(&cluster.id);
            renew(engine, cluster).await;
            end_if_over(engine, cluster).await?;
        }
        ClusterPhase::Ready => {
            if let Err(error) = free_if_run_has_ended(engine, cluster).await {
                // Its machines still end on time.
                tracing::warn!(cluster = %cluster.id, %error, "cluster {}: {error}; trying again", cluster.id);
            }
            renew(engine, cluster).await;
            // Before its nodes are checked: if their leases end with its lifetime, the lifetime is the reason.
            if end_if_over(engine, cluster).await? {
                return Ok(());
            }
            if let Some(observed) = observed.filter(|observed| !observed.unknown.contains_key(&cluster.id)) {
                mark_lost_nodes(engine, cluster, observed).await?;
            }
        }
        ClusterPhase::Failed | ClusterPhase::Terminating => engine.continue_cluster(&cluster.id),
        // Its remaining machines are terminated afterwards.
        ClusterPhase::Terminated => (),
    }
    Ok(())
}

/// Terminates clusters without a row that have expired by their own tags. Only an adopted one can be extended.
async fn end_orphans_past_their_time(
    engine: &Engine,
    provider: Provider,
    instances: &[Instance],
) -> Result<(), EngineError> {
    // Read after the list: a cluster that is recorded between the two is not an orphan, nor is one whose row cannot be
    // read.
    let clusters: HashSet<String> = instances.iter().map(|instance| instance.cluster.to_string()).collect();
    let known = engine.store().known(Kind::Cluster, clusters.into_iter().collect()).await?;
    let mut latest_ms: HashMap<&ClusterId, i64> = HashMap::new();
    for instance in instances.iter().filter(|instance| !known.contains(instance.cluster.as_str())) {
        // A machine without an expiry time ends with its lease.
        let end_ms = instance.billable.as_ref().and_then(|billable| billable.expires_at_ms).unwrap_or(i64::MAX);
        let latest = latest_ms.entry(&instance.cluster).or_insert(end_ms);
        *latest = end_ms.max(*latest);
    }
    // It is treated as older than this engine's start.
    let is_over = |end_ms: EpochMs| engine.after_grace_ms(EpochMs::MIN, end_ms) <= engine.now_ms();
    for (orphan, _) in latest_ms.into_iter().filter(|(_, end_ms)| is_over(*end_ms)) {
        tracing::warn!(cluster = %orphan,
            "the cluster {orphan} is not in the database and has expired; terminating it");
        engine.cloud(provider)?.terminate(orphan).await?;
    }
    Ok(())
}

/// After a crash between a run's end and its cluster's release, the cluster is still marked as busy with that run.
async fn free_if_run_has_ended(engine: &Engine, cluster: &Cluster) -> Result<(), EngineError> {
    let Some(run) = &cluster.current_run else { return Ok(()) };
    let over = match engine.store().run(run).await {
        Ok(row) => row.run.phase.is_terminal(),
        Err(StoreError::NotFound { .. }) => true,
        Err(error) => return Err(error.into()),
    };
    if over { engine.release_cluster(&cluster.id, run).await } else { Ok(()) }
}

/// The run that has the cluster now, if its row can be read.
async fn current_run(engine: &Engine, cluster: &Cluster) -> Option<RunRow> {
    engine.store().run(cluster.current_run.as_ref()?).await.ok()
}

/// When a cluster with a run on it has to begin to end, so that the run can stop gracefully before the nodes' leases
/// end: as long before its end as a stop may take, but at most a quarter of its lifetime.
async fn time_to_stop_ms(engine: &Engine, cluster: &Cluster) -> i64 {
    let Some(run) = current_run(engine, cluster).await else { return 0 };
    let settings = engine.settings();
    part_of_life_ms(cluster, Duration::from_secs(run.run.stop_timeout_s) + settings.force_limit * 2, 4)
}

/// The latest time at which a run that is being stopped is force stopped, whatever its graceful stop timeout: JMeter
/// still has to end, and its last samples to be fetched, before the nodes' leases end.
pub(crate) fn last_call_ms(engine: &Engine, cluster: &Cluster) -> EpochMs {
    engine.expiry_ms(cluster) - part_of_life_ms(cluster, engine.settings().force_limit * 2, 8)
}

/// `time`, but at most one `part`th of a cluster's life.
fn part_of_life_ms(cluster: &Cluster, time: Duration, part: i64) -> i64 {
    millis(time).min((cluster.expires_at_ms - cluster.created_ms) / part)
}

const LIFETIME_OVER: (&str, &str) = ("lifetime_over", "Its lifetime has expired.");
const IDLE: (&str, &str) = ("idle", "Its idle timeout has expired.");
const BY_ITS_TIME: &str = "JAC, because the cluster expired";
const NODES_GONE: (&str, &str) = ("nodes_gone", "All of its nodes are lost.");
const BY_LOSS: &str = "JAC, because the cluster's nodes are lost";

/// Whether its lifetime is over; if so, its termination has begun.
async fn end_if_over(engine: &Engine, cluster: &Cluster) -> Result<bool, EngineError> {
    let now_ms = engine.now_ms();
    let stop_ms =
        engine.after_grace_ms(cluster.created_ms, cluster.expires_at_ms - time_to_stop_ms(engine, cluster).await);
    let idle_ms = cluster.idle_ends_at_ms().map(|limit_ms| engine.after_grace_ms(cluster.created_ms, limit_ms));
    let (end_ms, cause) = if now_ms >= stop_ms {
        (stop_ms, LIFETIME_OVER)
    } else if let Some(idle_ms) = idle_ms.filter(|idle_ms| now_ms >= *idle_ms) {
        (idle_ms, IDLE)
    } else {
        return Ok(false);
    };
    let (cause, by) =
        if were_gone_before(engine, cluster, end_ms) { (NODES_GONE, BY_LOSS) } else { (cause, BY_ITS_TIME) };
    engine.request_termination_of(cluster, Message::new(cause.0, cause.1), by).await?;
    Ok(true)
}

/// Whether all of its nodes were lost clearly before a given time, so that this time is not the reason.
fn were_gone_before(engine: &Engine, cluster: &Cluster, end_ms: EpochMs) -> bool {
    let names: Vec<&str> = crate::engine::node_names(cluster).collect();
    if names.is_empty() || names.iter().any(|name| !cluster.lost_nodes.iter().any(|lost| lost == name)) {
        return false;
    }
    // Nodes that an earlier engine found lost were lost before its end.
    let missed_for = engine.missing().get(&cluster.id).and_then(|missing| missing.all_missed_for(&names));
    missed_for.is_none_or(|gone_for| engine.now_ms() - millis(gone_for) < end_ms - millis(LEASE_GRAIN))
}

/// Renews the nodes' lease when it is due. A node that does not answer must not prevent the detection of the cluster's
/// end or its lost nodes: the renewal is retried at the next check.
async fn renew(engine: &Engine, cluster: &Cluster) {
    let due =
        engine.renewed().get(&cluster.id).is_none_or(|renewed| renewed.elapsed() >= engine.settings().renew_every);
    if !due {
        return;
    }
    match engine.renew_lease(cluster).await {
        Ok(()) => drop(engine.renewed().insert(cluster.id.clone(), Instant::now())),
        Err(error) => {
            tracing::warn!(cluster = %cluster.id, %error, "cluster {}: its lease could not be renewed: {error}; trying again", cluster.id);
        }
    }
}

impl Engine {
    /// Renews the lease of the cluster's nodes at the provider.
    pub(crate) async fn renew_lease(&self, cluster: &Cluster) -> Result<(), EngineError> {
        let limit = self.settings().ask_limit;
        let lease = due_lease(self, cluster).await;
        let renewed =
            timeout(limit, self.cloud(cluster.provider)?.renew_lease(&cluster.id, lease, &cluster.lost_nodes)).await;
        let what = "renew the lease of its nodes".to_owned();
        let late = |_| PortError::TooSlow { node: format!("The provider {}", cluster.provider), what, limit };
        Ok(renewed.map_err(late)??)
    }
}

/// While a run is on the cluster, the lease extends beyond the run's expected end, so that a long test survives a
/// downtime of the server; it is never shorter than without a run, and never longer than the cluster's lifetime.
async fn due_lease(engine: &Engine, cluster: &Cluster) -> Lease {
    let ordinary_ms = engine.lease_end(cluster);
    let ordinary = Lease { left: engine.until(ordinary_ms), after_run: None, expires_at_ms: cluster.expires_at_ms };
    // Nobody resumes the run of an ended `jac run`, so its nodes do not wait.
    if cluster.ephemeral_of.is_some() {
        return ordinary;
    }
    let Some(run) = current_run(engine, cluster).await else {
        return ordinary;
    };
    let after_run = engine.settings().lease_after_run;
    let after_run_ms = millis(after_run);
    let run_end_ms = match (run.run.started_ms, run.run.expected_s) {
        (Some(started_ms), Some(expected_s)) => {
            started_ms + i64::try_from(expected_s).unwrap_or(0) * 1000 + after_run_ms
        }
        (Some(_), None) => engine.expiry_ms(cluster),
        (None, _) => return ordinary,
    };
    let until_ms = run_end_ms.max(ordinary_ms).min(engine.expiry_ms(cluster));
    Lease { left: engine.until(until_ms), after_run: Some(after_run), ..ordinary }
}

async fn mark_lost_nodes(engine: &Engine, cluster: &Cluster, observed: &Observed) -> Result<(), EngineError> {
    // A list from before all its nodes existed is ignored for them.
    if engine.became_ready().get(&cluster.id).is_some_and(|ready| observed.at < *ready) {
        return Ok(());
    }
    let of_cluster = || observed.instances.iter().filter(|instance| instance.cluster == cluster.id);
    let alive: HashSet<&str> =
        of_cluster().filter(|instance| instance.alive).map(|instance| instance.name.as_str()).collect();
    let names: Vec<&str> = crate::engine::node_names(cluster).collect();
    let (mut lost, all_gone) = {
        let mut missing = engine.missing();
        let missing = missing.entry(cluster.id.clone()).or_default();
        missing.observe(observed.at, &names, &alive);
        // A node that was lost before this engine's first list stays lost until it is observed.
        let stays_lost = |name: &str| cluster.lost_nodes.iter().any(|lost| lost == name) && !alive.contains(name);
        let is_lost = |name: &&&str| missing.is_lost(name) || stays_lost(name);
        let lost: Vec<String> = names.iter().filter(is_lost).map(|name| (*name).to_owned()).collect();
        (lost, missing.are_all_gone(&names))
    };
    // A node that the provider lists as dead is lost; one that it does not list is queried.
    let unnamed = lost.iter().filter(|name| !of_cluster().any(|instance| instance.name == **name));
    let answering = answering(engine, cluster, unnamed).await?;
    lost.retain(|name| !answering.contains(name));
    if all_gone && answering.is_empty() && cluster.current_run.is_none() {
        engine.request_termination_of(cluster, Message::new(NODES_GONE.0, NODES_GONE.1), BY_LOSS).await?;
    }
    if lost == cluster.lost_nodes {
        return Ok(());
    }
    if cluster.lost_nodes.iter().any(|name| !lost.contains(name)) {
        // It was skipped while it was unreachable, and the cluster may have been extended since.
        engine.renewed().remove(&cluster.id);
    }
    let now_lost = lost.clone();
    engine
        .store()
        .update_cluster::<_, EngineError>(&cluster.id, move |cluster| {
            for node in &mut cluster.nodes {
                node.state = if now_lost.contains(&node.name) { NodeState::Lost } else { NodeState::Running };
            }
            cluster.lost_nodes = now_lost;
            Ok(())
        })
        .await?;
    for name in lost.iter().filter(|name| !cluster.lost_nodes.contains(name)) {
        let message = Message::new("node_lost", format!("{name} is lost."));
        engine.note_cluster(&cluster.id, Some(name), message).await;
    }
    engine.notify(Event::Cluster(cluster.id.clone()));
    Ok(())
}

/// Those of the nodes that answer, whether their provider lists them or not.
async fn answering(
    engine: &Engine,
    cluster: &Cluster,
    nodes: impl Iterator<Item = &String>,
) -> Result<Vec<String>, EngineError> {
    let cloud = engine.cloud(cluster.provider)?;
    let command = Command { program: "true".to_owned(), ..Command::default() };
    let asked = for_all(nodes.map(|name| {
        let (remote, command) = (cloud.remote(&cluster.id, name), &command);
        async move {
            let answered = timeout(ANSWER_LIMIT, remote.run(command, ANSWER_LIMIT)).await;
            matches!(answered, Ok(Ok(_))).then(|| name.clone())
        }
    }));
    Ok(asked.await.into_iter().flatten().collect())
}

impl Engine {
    /// Forgets the observations of a terminated cluster.
    pub(crate) fn forget_observations(&self, id: &ClusterId) {
        self.missing().remove(id);
        self.became_ready().remove(id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_node_is_lost_after_two_lists_and_a_cluster_gone_after_three_over_a_while() {
        let nodes = ["master", "worker-1"];
        let (all, none) = (HashSet::from(nodes), HashSet::new());
        let mut missing = Missing::default();
        let mut list = async |alive: &HashSet<&str>, after_s: u64| {
            tokio::time::advance(Duration::from_secs(after_s)).await;
            missing.observe(Instant::now(), &nodes, alive);
            (missing.is_lost("worker-1"), missing.are_all_gone(&nodes))
        };
        assert_eq!(list(&none, 0).await, (false, false), "a single list decides nothing");
        assert_eq!(list(&none, 2).await, (true, false));
        assert_eq!(list(&none, 2).await, (true, false), "three, but all of one moment");
        assert_eq!(list(&none, 7).await, (true, true));
        assert_eq!(list(&all, 2).await, (false, false), "it is back");
        assert_eq!(list(&HashSet::from(["master"]), 2).await, (false, false), "and starts again");
        let at = Instant::now();
        missing.observe(at, &nodes, &none);
        missing.observe(at, &nodes, &none);
        assert!(!missing.is_lost("master"), "the same list twice is one");
    }
}
