//! The workers of a run: JMeter servers on free ports, until the master can connect to each.

use super::{Common, Place, absolute, error_excerpt, launcher};
use crate::error::EngineError;
use crate::fan_out::try_for_all;
use crate::runs::supervise::{Interruption, Task};
use crate::runs::{NodePlaces, process_name};
use jac_jmeter::properties::{self, Properties};
use jac_jmeter::{Launch, WorkerLaunch};
use jac_model::ports::ProcessState;
use jac_model::{Message, NodePhase, Role, Run, plural};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two polls of workers that are starting.
const POLL_EVERY: Duration = Duration::from_millis(100);
/// Ports are determined as free and used a moment later; another process may take them in between.
const PORT_TRIES: u32 = 3;

/// Starts all workers and waits until each accepts connections. Returns their registries' addresses.
pub(super) async fn start_workers(
    task: &Task,
    run: &Run,
    common: &Common,
    master: &Place,
    workers: &[Place],
) -> Result<Vec<String>, Interruption> {
    if workers.is_empty() {
        return Ok(Vec::new());
    }
    let mut tries = 0;
    loop {
        tries += 1;
        let count = plural(workers.len() as u64, "worker");
        task.step("starting_workers", &format!("Starting {count}.")).await?;
        let ports = choose_ports(workers).await?;
        let starting = workers.iter().zip(&ports).enumerate().map(|(number, (worker, ports))| {
            let user = common.of_worker(run, number, workers.len());
            async move { start_worker(run, common, &user, worker, *ports).await }
        });
        try_for_all(starting).await?;
        let chosen = ports.clone();
        task.change(move |run| {
            for (node, ports) in run.nodes.iter_mut().filter(|node| node.role == Role::Worker).zip(chosen) {
                node.state = NodePhase::Starting;
                node.ports = vec![ports.0, ports.1];
            }
            Ok(())
        })
        .await?;
        match wait_until_reachable(task, run, master, workers, &ports).await {
            Ok(()) => {
                return Ok(workers
                    .iter()
                    .zip(&ports)
                    .map(|(worker, ports)| format!("{}:{}", worker.address, ports.0))
                    .collect());
            }
            Err(NotReachable::PortTaken) if tries < PORT_TRIES => {
                let name = process_name(&run.id);
                try_for_all(workers.iter().map(|worker| worker.remote.forget(&name))).await?;
            }
            Err(NotReachable::PortTaken) => {
                let text = "A worker's port was in use three times in a row. Another process on the machine takes free \
                            ports.";
                return Err(Interruption::failed(Message::new("port_taken", text), None));
            }
            Err(NotReachable::Interrupted(interruption)) => return Err(interruption),
        }
    }
}

/// A registry and an engine port for each worker. Nodes that share an address share their ports.
async fn choose_ports(workers: &[Place]) -> Result<Vec<(u16, u16)>, EngineError> {
    let addresses: std::collections::HashSet<&str> = workers.iter().map(|worker| worker.address.as_str()).collect();
    if addresses.len() < workers.len() {
        let all = workers[0].remote.free_ports(workers.len() * 2).await?;
        return Ok(all.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect());
    }
    try_for_all(workers.iter().map(|worker| async {
        let ports = worker.remote.free_ports(2).await?;
        Ok((ports[0], ports[1]))
    }))
    .await
}

async fn start_worker(
    run: &Run,
    common: &Common,
    user: &Properties,
    worker: &Place,
    ports: (u16, u16),
) -> Result<(), EngineError> {
    let places = NodePlaces::of(&run.id);
    let store = common
        .bring_key(worker, run)
        .await?
        .ok_or_else(|| EngineError::JMeter("The cluster has no key.".to_owned()))?;
    let properties = properties::worker(user, common.plugins(worker, run).as_deref(), store, ports.0, ports.1);
    worker.remote.write(&places.properties(), properties::to_file(&properties).as_bytes()).await?;
    let user_files = common.properties_files(worker, run);
    let system_file = common.bring_system_properties(worker, run).await?;
    let command = WorkerLaunch {
        common: Launch {
            java: &worker.tools.java,
            launcher: &launcher(&worker.tools),
            heap_mb: common.heap_mb(worker),
            user_properties_files: &user_files,
            removed_properties: &common.removed,
            removed_system_properties: &common.removed_system,
            properties_file: &absolute(worker, &places.properties()),
            system_properties_file: system_file.as_deref(),
            log_file: &absolute(worker, &places.log()),
            working_folder: &common.working_folder,
        },
        address: &worker.address,
    }
    .command();
    Ok(worker.remote.start(&process_name(&run.id), &command).await?)
}

enum NotReachable {
    /// Another process was faster; other ports may work.
    PortTaken,
    Interrupted(Interruption),
}

impl<E: Into<Interruption>> From<E> for NotReachable {
    fn from(error: E) -> Self {
        Self::Interrupted(error.into())
    }
}

async fn wait_until_reachable(
    task: &Task,
    run: &Run,
    master: &Place,
    workers: &[Place],
    ports: &[(u16, u16)],
) -> Result<(), NotReachable> {
    let limit = task.engine.settings().worker_start_limit;
    let deadline = Instant::now() + limit;
    let mut waiting: Vec<(&Place, (u16, u16))> = workers.iter().zip(ports.iter().copied()).collect();
    loop {
        let polls = waiting.into_iter().map(|(worker, ports)| async move {
            match worker.remote.process(&process_name(&run.id)).await? {
                ProcessState::Exited { .. } | ProcessState::Vanished => {
                    let why = error_excerpt(worker.remote.as_ref(), run).await;
                    if why.contains("Address already in use")
                        || why.contains("Port already in use")
                        || why.contains("Could not bind")
                    {
                        return Err(NotReachable::PortTaken);
                    }
                    let text = format!("JMeter on {} exited while starting. {why}", worker.name);
                    let reason = Message::new("worker_did_not_start", text).with("node", worker.name.as_str());
                    let reason = reason.with("error_excerpt", why);
                    return Err(Interruption::failed(reason, None).into());
                }
                ProcessState::Absent | ProcessState::Running { .. } => (),
            }
            // The master must be able to reach it: there may be a firewall in between.
            let reachable = master.remote.can_connect(&worker.address, ports.0).await?
                && master.remote.can_connect(&worker.address, ports.1).await?;
            Ok((!reachable).then_some((worker, ports)))
        });
        let still: Vec<_> = try_for_all(polls).await?.into_iter().flatten().collect();
        if still.is_empty() {
            return Ok(());
        }
        task.check_stop_request().await?;
        if Instant::now() > deadline {
            let names: Vec<&str> = still.iter().map(|(worker, _)| worker.name.as_str()).collect();
            let why = error_excerpt(still[0].0.remote.as_ref(), run).await;
            let (all, limit_s) = (names.join(", "), limit.as_secs());
            let text = format!("{all} did not accept the master's connections within {limit_s} s. {why}");
            let reason = Message::new("worker_unreachable", text).with("nodes", names).with("limit_s", limit_s);
            let reason = reason.with("error_excerpt", why);
            return Err(Interruption::failed(reason, None).into());
        }
        waiting = still;
        sleep(POLL_EVERY).await;
    }
}
