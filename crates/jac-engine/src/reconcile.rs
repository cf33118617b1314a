//! The reconciler: compares what the rows want with what the providers have, on a timer and without any input.
//!
//! It terminates a cluster if and only if its lifetime or its idle limit is over, or its row says that it has ended and
//! the provider still has nodes of it. Nodes that no row knows are left to their lease. It renews the leases of what is
//! wanted, and marks nodes that are gone.

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::ports::{Instance, Lease};
use jac_model::{Cluster, ClusterPhase, NodeState};
use std::collections::HashSet;
use tokio::time::{Instant, MissedTickBehavior, interval};

/// Reconciles until the engine ends.
pub(crate) async fn forever(engine: Engine) {
    let mut timer = interval(engine.settings().reconcile_every);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = once(&engine).await {
            tracing::warn!(%error, "reconciling: {error}; trying again");
        }
    }
}

async fn once(engine: &Engine) -> Result<(), EngineError> {
    let mut instances = Vec::new();
    for cloud in engine.clouds() {
        instances.extend(cloud.list().await?);
    }
    for cluster in &engine.store().clusters()? {
        // One cluster that cannot be looked after is no reason to leave the others.
        if let Err(error) = look_after(engine, cluster, &instances).await {
            tracing::warn!(cluster = %cluster.id, %error, "reconciling {}: {error}; trying again", cluster.id);
        }
    }
    Ok(())
}

async fn look_after(engine: &Engine, cluster: &Cluster, instances: &[Instance]) -> Result<(), EngineError> {
    match cluster.phase {
        ClusterPhase::Requested | ClusterPhase::Launching | ClusterPhase::Preparing => {
            engine.drive_cluster(&cluster.id);
            renew(engine, cluster).await;
            end_if_over(engine, cluster)?;
        }
        ClusterPhase::Ready => {
            free_if_run_has_ended(engine, cluster)?;
            renew(engine, cluster).await;
            mark_lost_nodes(engine, cluster, instances)?;
            end_if_over(engine, cluster)?;
        }
        ClusterPhase::Failed | ClusterPhase::Terminating => engine.drive_cluster(&cluster.id),
        ClusterPhase::Terminated => {
            if instances.iter().any(|instance| instance.cluster == cluster.id) {
                tracing::warn!(cluster = %cluster.id, "cluster {} has ended but its nodes are there; ending them", cluster.id);
                engine.cloud(cluster.provider)?.terminate(&cluster.id).await?;
            }
        }
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
    let stop = std::time::Duration::from_secs(run.run.grace_s) + settings.cut_limit * 2;
    let stop_ms = i64::try_from(stop.as_millis()).unwrap_or(i64::MAX);
    stop_ms.min((cluster.expires_at_ms - cluster.created_ms) / 4)
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
    let lease = wanted_lease(engine, cluster);
    let renewed = match engine.cloud(cluster.provider) {
        Ok(cloud) => cloud.renew_lease(&cluster.id, lease).await.map_err(EngineError::from),
        Err(error) => Err(error),
    };
    match renewed {
        Ok(()) => drop(engine.renewed().insert(cluster.id.clone(), Instant::now())),
        Err(error) => {
            tracing::warn!(cluster = %cluster.id, %error, "cluster {}: its lease could not be renewed: {error}; trying again", cluster.id);
        }
    }
}

/// While a run is on the cluster, the lease reaches to the run's expected end and a while on, so that a server that is
/// away does not cost a long test; it is never shorter than without a run, and never longer than the cluster's life.
pub(crate) fn wanted_lease(engine: &Engine, cluster: &Cluster) -> Lease {
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
