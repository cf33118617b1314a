//! Workers that each run the plan by themselves, started in step: all of them wait for a time a few seconds ahead, each
//! by its own clock.

use super::{Common, Place, absolute, launcher};
use crate::error::EngineError;
use crate::fan_out::try_for_all;
use crate::runs::supervise::{Interruption, Task};
use crate::runs::{NodePlaces, process_name};
use jac_jmeter::{Launch, MasterLaunch, command, properties};
use jac_model::ports::Command;
use jac_model::{EpochMs, Message, NodePhase, Run, plural};
use std::collections::HashSet;
use std::time::Duration;

/// How far ahead the time is…
const LEAD: Duration = Duration::from_secs(2);
/// …plus this much for each worker: starting all of them takes less.
const LEAD_OF_WORKER: Duration = Duration::from_millis(20);
/// For each further try it is twice as far.
pub(super) const TRIES: u32 = 3;
/// No worker waits longer than this, whatever its clock shows.
const LONGEST_WAIT_MS: i64 = 120_000;

/// How far ahead the time of a try is, the first being 0.
fn lead(workers: usize, number: u32) -> Duration {
    (LEAD + LEAD_OF_WORKER * u32::try_from(workers).unwrap_or(u32::MAX)) * 2_u32.pow(number)
}

/// Starts all workers. Returns their start time by the server's clock; `None`: it passed before all of them were started, so that
/// some may have begun without the others.
pub(super) async fn start_all(
    task: &Task,
    run: &Run,
    common: &Common,
    workers: &[Place],
    number: u32,
) -> Result<Option<EpochMs>, Interruption> {
    let count = plural(workers.len() as u64, "worker");
    task.step("starting_workers", &format!("Starting {count}.")).await?;
    let ports = choose_ports(workers).await?;
    let chosen = ports.clone();
    let nodes = task
        .change(move |run| {
            for (node, port) in run.nodes.iter_mut().zip(chosen) {
                node.state = NodePhase::Starting;
                node.ports = vec![port];
            }
            Ok(())
        })
        .await?
        .nodes;
    let commands = workers.iter().zip(&ports).enumerate().map(|(worker, (place, port))| {
        let numbered = Numbered { worker, workers: workers.len(), port: *port };
        async move { bring(run, common, place, &numbered).await }
    });
    let commands = try_for_all(commands).await?;
    task.check_stop_request().await?;
    let lead_ms = i64::try_from(lead(workers.len(), number).as_millis()).unwrap_or(i64::MAX);
    let at_ms = task.engine.now_ms() + lead_ms;
    let started = workers.iter().zip(commands).map(|(worker, command)| {
        let ahead_ms = nodes.iter().find(|node| node.name == worker.name).and_then(|node| node.clock_offset_ms);
        let command = command::at(command, at_ms + ahead_ms.unwrap_or(0), LONGEST_WAIT_MS);
        async move { worker.remote.start(&process_name(&run.id), &command).await }
    });
    try_for_all(started).await?;
    Ok((task.engine.now_ms() < at_ms).then_some(at_ms))
}

/// The cause of a run whose workers could not all be started in time.
pub(super) fn missed(workers: usize) -> Interruption {
    let limit_s = lead(workers, TRIES - 1).as_secs();
    let text = format!("Not all workers could be started within {limit_s} s, so none was started.");
    Interruption::failed(Message::new("start_missed", text).with("limit_s", limit_s), None)
}

/// A port for each worker to receive commands on. Nodes that share an address share their ports.
async fn choose_ports(workers: &[Place]) -> Result<Vec<u16>, EngineError> {
    let addresses: HashSet<&str> = workers.iter().map(|worker| worker.address.as_str()).collect();
    if addresses.len() < workers.len() {
        return Ok(workers[0].remote.free_ports(workers.len()).await?);
    }
    let ports = workers.iter().map(|worker| worker.remote.free_ports(1));
    Ok(try_for_all(ports).await?.into_iter().map(|ports| ports[0]).collect())
}

/// Which worker it is, from 0 on, of how many, and its port.
struct Numbered {
    worker: usize,
    workers: usize,
    port: u16,
}

/// Copies the files that a worker's JMeter needs, and returns the command that starts it.
async fn bring(run: &Run, common: &Common, worker: &Place, numbered: &Numbered) -> Result<Command, EngineError> {
    let places = NodePlaces::of(&run.id);
    let source = format!("{}:{}", worker.address, numbered.port);
    let user = common.of_worker(run, numbered.worker, numbered.workers);
    let properties = properties::direct(&user, common.plugins(worker, run).as_deref(), &source, numbered.port);
    worker.remote.write(&places.properties(), properties::to_file(&properties).as_bytes()).await?;
    let user_files = common.properties_files(worker, run);
    let system_file = common.bring_system_properties(worker, run).await?;
    Ok(MasterLaunch {
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
        plan: &common.plan_name,
        results: &absolute(worker, &places.results()),
        workers: &[],
    }
    .command())
}
