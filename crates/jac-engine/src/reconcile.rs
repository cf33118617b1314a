//! The reconciler: compares what the rows want with what a provider has, on a timer and without any input.
//!
//! It terminates a cluster if and only if its lifetime or its idle limit is over, or all of its nodes are gone, or its row
//! says that it has ended and the provider still has nodes of it, or no row knows it and its own tags say that its time
//! is over. Other nodes that no row knows are left to their lease. It renews the leases of what is wanted, and marks
//! nodes that are gone. Each provider has a reconciler of its own; while one cannot be asked, its clusters still end at
//! their time, but none of their nodes counts as gone.

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::settings::Settings;
use jac_model::ports::{Instance, Lease, PortError};
use jac_model::{Cluster, ClusterId, ClusterPhase, EpochMs, NodeState, Provider};
use std::collections::{HashMap, HashSet};
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

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
    let instances = match engine.cloud(provider) {
        // Why it failed was told when it began to.
        Ok(_) => engine.look(provider).await.ok(),
        // One that is switched off now may have been on before.
        Err(_) => None,
    };
    // The rows after the nodes: a cluster that is written down between the two is no orphan.
    let rows = engine.store().clusters()?;
    for cluster in rows.iter().filter(|cluster| cluster.provider == provider) {
        // One cluster that cannot be looked after is no reason to leave the others.
        if let Err(error) = look_after(engine, cluster, instances.as_deref()).await {
            tracing::warn!(cluster = %cluster.id, %error, "reconciling {}: {error}; trying again", cluster.id);
        }
    }
    end_orphans_past_their_time(engine, provider, &rows, instances.as_deref().unwrap_or_default()).await
}

/// `instances`: what the provider has; `None` while it cannot say.
async fn look_after(engine: &Engine, cluster: &Cluster, instances: Option<&[Instance]>) -> Result<(), EngineError> {
    match cluster.phase {
        ClusterPhase::Requested | ClusterPhase::Launching | ClusterPhase::Preparing => {
            engine.drive_cluster(&cluster.id);
            renew(engine, cluster).await;
            end_if_over(engine, cluster)?;
        }
        ClusterPhase::Ready => {
            free_if_run_has_ended(engine, cluster)?;
            renew(engine, cluster).await;
            if let Some(instances) = instances {
                mark_lost_nodes(engine, cluster, instances)?;
            }
            end_if_over(engine, cluster)?;
        }
        ClusterPhase::Failed | ClusterPhase::Terminating => engine.drive_cluster(&cluster.id),
        ClusterPhase::Terminated => {
            if instances.is_some_and(|all| all.iter().any(|instance| instance.cluster == cluster.id)) {
                tracing::warn!(cluster = %cluster.id, "cluster {} has ended but its nodes are there; ending them", cluster.id);
                engine.cloud(cluster.provider)?.terminate(&cluster.id).await?;
            }
        }
    }
    Ok(())
}

/// A cluster that no row knows ends when its own tags say so. Nobody can extend it but by adopting it.
async fn end_orphans_past_their_time(
    engine: &Engine,
    provider: Provider,
    rows: &[Cluster],
    instances: &[Instance],
) -> Result<(), EngineError> {
    let known: HashSet<&ClusterId> = rows.iter().map(|cluster| &cluster.id).collect();
    let mut latest_ms: HashMap<&ClusterId, i64> = HashMap::new();
    for instance in instances.iter().filter(|instance| !known.contains(&instance.cluster)) {
        // What does not say when its time is over is left to its lease.
        let end_ms = instance.rented.as_ref().and_then(|rented| rented.expires_at_ms).unwrap_or(i64::MAX);
        let latest = latest_ms.entry(&instance.cluster).or_insert(end_ms);
        *latest = end_ms.max(*latest);
    }
    for (orphan, _) in latest_ms.into_iter().filter(|(_, end_ms)| *end_ms <= engine.now_ms()) {
        tracing::warn!(cluster = %orphan, "no row knows the cluster {orphan}, and its time is over; ending it");
        engine.cloud(provider)?.terminate(orphan).await?;
    }
    Ok(())
}

/// A crash between a run's end and its cluster's release leaves the cluster busy with a run that is over.
fn free_if_run_has_ended(engine: &Engine, cluster: &Cluster) -> Result<(), EngineError> {
    let Some(run) = &cluster.current_run else { return Ok(()) };
    let over = match engine.store().run(run) {
        Ok(row) => row.run.phase.is_terminal(),
        Err(jac_store::StoreError::NotFound { .. }) => true,
        Err(error) => return Err(error.into()),
    };
    if over { engine.release_cluster(&cluster.id, run) } else { Ok(()) }
}

/// When a cluster with a run on it has to begin to end, so that the run can stop gracefully before the nodes' leases
/// are over: as long before its end as a stop may take, but at most a quarter of its life.
fn time_to_stop_ms(engine: &Engine, cluster: &Cluster) -> i64 {
    let Some(run) = cluster.current_run.as_ref().and_then(|id| engine.store().run(id).ok()) else { return 0 };
    let settings = engine.settings();
    part_of_life_ms(cluster, Duration::from_secs(run.run.grace_s) + settings.cut_limit * 2, 4)
}

/// When a run that is being stopped is cut at the latest, whatever its grace: JMeter still has to end, and its last
/// samples to be fetched, before the nodes' leases are over.
pub(crate) fn last_call_ms(settings: &Settings, cluster: &Cluster) -> EpochMs {
    cluster.expires_at_ms - part_of_life_ms(cluster, settings.cut_limit * 2, 8)
}

/// So much of a cluster's life, but at most one `part`th of it.
fn part_of_life_ms(cluster: &Cluster, wanted: Duration, part: i64) -> i64 {
    let wanted_ms = i64::try_from(wanted.as_millis()).unwrap_or(i64::MAX);
    wanted_ms.min((cluster.expires_at_ms - cluster.created_ms) / part)
}

fn end_if_over(engine: &Engine, cluster: &Cluster) -> Result<(), EngineError> {
    let now_ms = engine.now_ms();
    let cause = if now_ms >= cluster.expires_at_ms - time_to_stop_ms(engine, cluster) {
        "Its lifetime is over."
    } else if cluster.idle_ends_at_ms().is_some_and(|limit_ms| now_ms >= limit_ms) {
        "Nothing ran on it for as long as its idle limit allows."
    } else {
        return Ok(());
    };
    engine.request_termination(&cluster.id, cause, "JAC, because the cluster's time was over").map(drop)
}

/// Renews the nodes' lease when it is time. A node that does not answer is no reason to leave the cluster's end, or its
/// lost nodes, unseen: it is tried again at the next look.
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
    /// Tells the provider the lease that the cluster's nodes are to have now.
    pub(crate) async fn renew_lease(&self, cluster: &Cluster) -> Result<(), EngineError> {
        let limit = self.settings().ask_limit;
        let lease = wanted_lease(self, cluster);
        let renewed =
            timeout(limit, self.cloud(cluster.provider)?.renew_lease(&cluster.id, lease, &cluster.lost_nodes)).await;
        let what = "renew the lease of its nodes".to_owned();
        let late = |_| PortError::TooSlow { node: format!("The provider {}", cluster.provider), what, limit };
        Ok(renewed.map_err(late)??)
    }
}

/// While a run is on the cluster, the lease reaches to the run's expected end and a while on, so that a server that is
/// away does not cost a long test; it is never shorter than without a run, and never longer than the cluster's life.
fn wanted_lease(engine: &Engine, cluster: &Cluster) -> Lease {
    let ordinary_ms = engine.lease_end(cluster);
    let ordinary = Lease { until_ms: ordinary_ms, after_run: None, expires_at_ms: cluster.expires_at_ms };
    // Nobody comes back for the run of a `jac run` that is gone, so its nodes do not wait for anybody.
    if cluster.attended_by.is_some() {
        return ordinary;
    }
    let Some(run) = cluster.current_run.as_ref().and_then(|id| engine.store().run(id).ok()) else {
        return ordinary;
    };
    let after_run = engine.settings().lease_after_run;
    let after_run_ms = i64::try_from(after_run.as_millis()).unwrap_or(i64::MAX);
    let run_end_ms = match (run.run.started_ms, run.run.expected_s) {
        (Some(started_ms), Some(expected_s)) => {
            started_ms + i64::try_from(expected_s).unwrap_or(0) * 1000 + after_run_ms
        }
        (Some(_), None) => cluster.expires_at_ms,
        (None, _) => return ordinary,
    };
    let until_ms = run_end_ms.max(ordinary_ms).min(cluster.expires_at_ms);
    Lease { until_ms, after_run: Some(after_run), ..ordinary }
}

fn mark_lost_nodes(engine: &Engine, cluster: &Cluster, instances: &[Instance]) -> Result<(), EngineError> {
    let alive: HashSet<&str> = instances
        .iter()
        .filter(|instance| instance.cluster == cluster.id && instance.alive)
        .map(|instance| instance.name.as_str())
        .collect();
    let lost: Vec<String> =
        crate::engine::node_names(cluster).filter(|name| !alive.contains(name)).map(str::to_owned).collect();
    if lost.len() == cluster.nodes.len() && cluster.current_run.is_none() {
        let by = "JAC, because the cluster's nodes are gone";
        engine.request_termination(&cluster.id, "All of its nodes are gone.", by)?;
    }
    if lost == cluster.lost_nodes {
        return Ok(());
    }
    if cluster.lost_nodes.iter().any(|name| !lost.contains(name)) {
        // It was passed over while it was away, and the cluster may have been extended since.
        engine.renewed().remove(&cluster.id);
    }
    engine.store().update_cluster::<_, EngineError>(&cluster.id, |cluster| {
        for node in &mut cluster.nodes {
            node.state = if lost.contains(&node.name) { NodeState::Lost } else { NodeState::Running };
        }
        cluster.lost_nodes.clone_from(&lost);
        Ok(())
    })?;
    for name in &lost {
        engine.note_cluster(&cluster.id, Some(name), format!("{name} is gone."));
    }
    engine.tell(Event::Cluster(cluster.id.clone()));
    Ok(())
}
