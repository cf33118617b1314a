//! Prepares a run on its cluster up to a running JMeter: files, properties, workers, master.
//!
//! | step    | does                                                          | undone by                        |
//! |---------|---------------------------------------------------------------|----------------------------------|
//! | clean   | ends what an earlier attempt started, removes its folder      | nothing                          |
//! | tools   | Java and JMeter are still on every node, otherwise copied again | nothing                        |
//! | files   | the plan's files to every node, split ones in parts        | the folder is removed            |
//! | workers | JMeter servers on free ports, until all accept connections    | their processes are ended        |
//! | master  | JMeter's master with the workers' addresses                   | its process is ended             |
//!
//! A crash at any point leads back to `clean`, except once the master was started: then it is only followed.
//!
//! If each worker runs the plan by itself ([`ResultsMode::Direct`]) no master is started, and the last two steps are
//! one: all workers begin at the same time. Once all of them were started they are only followed.

mod direct;
mod files;
mod workers;

use super::supervise::{Interruption, Task};
use super::{NodePlaces, process_name};
use crate::error::EngineError;
use crate::fan_out::try_for_all;
use crate::javas;
use crate::lifecycle::key_store_path;
use crate::tools::RequestedJMeter;
use jac_jmeter::properties::{self, Properties, RmiStoreOnNode};
use jac_jmeter::{Launch, MasterLaunch};
use jac_model::ports::{ProcessState, Remote};
use jac_model::{
    Cluster, EpochMs, Message, NodePhase, NodeTools, Plan, PlanCriteria, PlanFileKind, ResultsMode, Role, Run,
    RunEvent, Versions, sentence, shares_of,
};
use std::sync::Arc;

/// A node of the run with access to it.
struct Place {
    name: String,
    role: Role,
    address: String,
    memory_mb: u64,
    tools: NodeTools,
    remote: Arc<dyn Remote>,
}

/// The key store of the cluster with its password.
struct KeyStore {
    bytes: Vec<u8>,
    password: String,
    /// Its path in JMeter's properties on every node: relative to JMeter's working folder. JMeter sends the path to the
    /// others (apache/jmeter#6248), and an absolute one would have to be the same on machines that have nothing else in
    /// common.
    path: String,
}

/// The start parameters of all nodes of the run.
struct Common {
    user: Properties,
    /// Properties given without a value: JMeter removes them.
    removed: Vec<String>,
    system: Properties,
    removed_system: Vec<String>,
    key_store: Option<KeyStore>,
    heap_mb: Option<u32>,
    has_plugins: bool,
    /// The plan's folder and its name in there.
    working_folder: String,
    plan_name: String,
    properties_files: Vec<String>,
}

pub(super) async fn prepare(task: &Task, run: &Run) -> Result<(), Interruption> {
    let mut cluster = task.cluster(run).await?;
    let started = if is_started(task, run, &cluster).await? {
        task.engine.now_ms()
    } else {
        clean(task, run, &cluster).await?;
        task.step("checking_nodes", "Checking Java and JMeter on the nodes.").await?;
        cluster = task.engine.equip(&cluster.id).await?;
        let places = places(task, run, &cluster)?;
        let clocks: Vec<_> = places.iter().map(|place| (place.name.clone(), Arc::clone(&place.remote))).collect();
        super::health::measure_clocks(task, &clocks).await?;
        // From here on it contains the values for JMeter, which are never stored.
        let run = &task.engine.with_secrets(run)?;
        let plan = what_it_runs(task, run).await?;
        note_versions(task, &cluster).await?;
        let common = common(task, run, &cluster, &plan).await?;
        match run.results {
            ResultsMode::Rmi => start_with_master(task, run, &common, &plan, &places).await?,
            ResultsMode::Direct => start_in_step(task, run, &cluster, &common, &plan, &places).await?,
        }
    };
    task.change(move |run| {
        run.started_ms.get_or_insert(started);
        for node in &mut run.nodes {
            node.state = NodePhase::Running;
        }
        run.phase = run.phase.apply(RunEvent::MasterStarted)?;
        Ok(())
    })
    .await?;
    extend_lease(task, &cluster).await;
    Ok(())
}

/// Whether an earlier attempt has started everything that writes a log: then it is only followed.
async fn is_started(task: &Task, run: &Run, cluster: &Cluster) -> Result<bool, EngineError> {
    let logging = match run.results {
        ResultsMode::Rmi => &cluster.nodes[..cluster.nodes.len().min(1)],
        ResultsMode::Direct => &cluster.nodes[..],
    };
    if logging.is_empty() {
        return Err(EngineError::JMeter("The cluster has no nodes.".to_owned()));
    }
    let name = process_name(&run.id);
    let of_run = logging.iter().filter(|node| run.nodes.iter().any(|known| known.name == node.name));
    let states =
        try_for_all(of_run.map(|node| async {
            Ok::<_, EngineError>(task.retrying_remote(cluster, &node.name)?.process(&name).await?)
        }));
    Ok(states.await?.iter().all(|state| *state != ProcessState::Absent))
}

/// Starts the workers as servers and then the master. Returns when.
async fn start_with_master(
    task: &Task,
    run: &Run,
    common: &Common,
    plan: &Plan,
    places: &[Place],
) -> Result<EpochMs, Interruption> {
    let (master, workers) =
        places.split_first().ok_or_else(|| EngineError::JMeter("The cluster has no nodes.".to_owned()))?;
    task.step("copying_files", "Copying the plan's files.").await?;
    files::copy_files(task, run, plan, places).await?;
    task.check_stop_request().await?;
    let addresses = workers::start_workers(task, run, common, master, workers).await?;
    task.check_stop_request().await?;
    task.step("starting_master", "Starting the master.").await?;
    start_master(task, run, common, master, &addresses).await?;
    Ok(task.engine.now_ms())
}

/// Starts workers that each run the plan by themselves. Returns the time at which all of them begin.
async fn start_in_step(
    task: &Task,
    run: &Run,
    cluster: &Cluster,
    common: &Common,
    plan: &Plan,
    places: &[Place],
) -> Result<EpochMs, Interruption> {
    if let Some(least) = run.min_workers.filter(|least| *least > run.workers) {
        let text = format!("Only {} workers launched, fewer than the required {least}.", run.workers);
        let reason = Message::new("too_few_workers", text).with("left", run.workers).with("min_workers", least);
        return Err(Interruption::failed(reason, None));
    }
    for number in 0..direct::TRIES {
        if number > 0 {
            tracing::warn!(run = %run.id, "run {}: not all workers got their start time in time", run.id);
            clean(task, run, cluster).await?;
        }
        task.step("copying_files", "Copying the plan's files.").await?;
        files::copy_files(task, run, plan, places).await?;
        task.check_stop_request().await?;
        if let Some(at_ms) = direct::start_all(task, run, common, places, number).await? {
            return Ok(at_ms);
        }
    }
    Err(direct::missed(places.len()))
}

/// The plan at the time of the request. A run of an earlier version has no copy and uses the current plan.
async fn what_it_runs(task: &Task, run: &Run) -> Result<Plan, EngineError> {
    if run.files.is_empty() {
        return Ok(task.engine.store().plan(&run.plan_id).await?);
    }
    Ok(Plan {
        id: run.plan_id.clone(),
        name: run.plan_name.clone(),
        owner: run.owner.clone(),
        team: run.team.clone(),
        created_ms: run.created_ms,
        revision: run.plan_revision.unwrap_or(1),
        ephemeral: false,
        keep: Vec::new(),
        main_file: run.main_file.clone(),
        files: run.files.clone(),
        criteria: PlanCriteria::default(),
    })
}

/// Records the versions that the run is measured with.
async fn note_versions(task: &Task, cluster: &Cluster) -> Result<(), EngineError> {
    let home = task.engine.toolbox().home(&RequestedJMeter::of(&cluster.config))?;
    let jmeter = home.map_or_else(|| "unknown".to_owned(), |home| home.version().to_owned());
    let differs = javas::different(cluster);
    let java = javas::versions(cluster).into_iter().map(str::to_owned).collect();
    let versions = Versions { jac: env!("CARGO_PKG_VERSION").to_owned(), jmeter, java };
    task.change(move |run| {
        run.versions = Some(versions);
        // After a crash it exists already.
        run.notes.extend(differs.filter(|note| !run.notes.contains(note)));
        Ok(())
    })
    .await?;
    Ok(())
}

/// The nodes should outlive a server outage as long as the run takes. If that fails the ordinary lease applies.
async fn extend_lease(task: &Task, cluster: &Cluster) {
    if let Err(error) = task.engine.renew_lease(cluster).await {
        tracing::warn!(run = %task.id, %error, "run {}: the lease of its nodes could not be extended: {error}", task.id);
    }
}

/// The nodes of the cluster that the run uses, the master first if it takes part.
fn places(task: &Task, run: &Run, cluster: &Cluster) -> Result<Vec<Place>, EngineError> {
    cluster
        .nodes
        .iter()
        .filter(|node| run.nodes.iter().any(|known| known.name == node.name))
        .map(|node| {
            Ok(Place {
                name: node.name.clone(),
                role: node.role,
                address: node.address.clone().unwrap_or_else(|| "127.0.0.1".to_owned()),
                memory_mb: node.memory_mb.unwrap_or(2048),
                tools: node
                    .tools
                    .clone()
                    .ok_or_else(|| EngineError::JMeter(format!("{} has no JMeter.", node.name)))?,
                remote: task.retrying_remote(cluster, &node.name)?,
            })
        })
        .collect()
}

async fn clean(task: &Task, run: &Run, cluster: &Cluster) -> Result<(), EngineError> {
    try_for_all(cluster.nodes.iter().map(|node| async {
        let remote = task.retrying_remote(cluster, &node.name)?;
        remote.forget(&process_name(&run.id)).await?;
        Ok::<(), EngineError>(remote.remove(NodePlaces::of(&run.id).folder()).await?)
    }))
    .await?;
    Ok(())
}

async fn common(task: &Task, run: &Run, cluster: &Cluster, plan: &Plan) -> Result<Common, EngineError> {
    let (folder, plan_name) = plan.main_file.rsplit_once('/').unwrap_or(("", &plan.main_file));
    let plan_folder = NodePlaces::of(&run.id).plan();
    let working_folder = if folder.is_empty() { plan_folder } else { format!("{plan_folder}/{folder}") };
    let has_rmi = run.workers > 0 && run.results == ResultsMode::Rmi;
    let key_store = if has_rmi { Some(key_store(task, run, cluster, &working_folder)?) } else { None };
    let mut user = with_values(&run.properties);
    let has_plugins = plan.files.iter().any(|file| file.kind == PlanFileKind::Plugin);
    if has_plugins && let Some(paths) = search_paths(task, run, cluster, plan)? {
        user.insert(properties::SEARCH_PATHS.to_owned(), paths);
    }
    Ok(Common {
        user,
        removed: removed(&run.properties),
        system: with_values(&run.system_properties),
        removed_system: removed(&run.system_properties),
        key_store,
        heap_mb: cluster.config.heap_mb,
        has_plugins,
        working_folder,
        plan_name: plan_name.to_owned(),
        properties_files: run.properties_files.clone(),
    })
}

/// JMeter's own search path for plugins: JAC's folder is added, because the last value takes precedence.
fn search_paths(task: &Task, run: &Run, cluster: &Cluster, plan: &Plan) -> Result<Option<String>, EngineError> {
    let folder = files::source(task, run, plan);
    let main = folder.join(&plan.main_file);
    let home = task.engine.toolbox().home(&RequestedJMeter::of(&cluster.config))?;
    let beside = |name: &str| Some(main.parent()?.join(name));
    let all = home.map(|home| home.properties(&beside)).transpose();
    let mut all = all.map_err(|error| EngineError::JMeter(sentence(&error)))?.unwrap_or_default();
    for file in &run.properties_files {
        let bytes =
            std::fs::read(folder.join(file)).map_err(|error| EngineError::file(format!("reading {file}"), error))?;
        all.extend(properties::from_file(&bytes));
    }
    all.extend(run.properties.clone());
    Ok(all.remove(properties::SEARCH_PATHS).filter(|paths| !paths.is_empty()))
}

fn with_values(given: &Properties) -> Properties {
    given.iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// JMeter removes a property that is given without a value.
fn removed(given: &Properties) -> Vec<String> {
    given.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name.clone()).collect()
}

fn key_store(task: &Task, run: &Run, cluster: &Cluster, working_folder: &str) -> Result<KeyStore, EngineError> {
    let folder = task.engine.folder().cluster(&cluster.id);
    let failed = |error| EngineError::file("reading the cluster's key", error);
    Ok(KeyStore {
        bytes: std::fs::read(key_store_path(&folder)).map_err(failed)?,
        password: std::fs::read_to_string(folder.join("rmi.password")).map_err(failed)?,
        path: relative(working_folder, &NodePlaces::of(&run.id).key_store()),
    })
}

/// A path on a node relative to one of its folders; both are relative to the node's folder.
fn relative(from: &str, to: &str) -> String {
    format!("{}{to}", "../".repeat(from.split('/').count()))
}

impl Common {
    /// The properties of the worker with this number, from 0 on: those of all, its part of the totals, and its number.
    fn of_worker(&self, run: &Run, worker: usize, workers: usize) -> Properties {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let mut properties = self.user.clone();
        properties.extend(shares_of(&run.share, number(workers), number(worker)));
        properties::number(&mut properties, worker, workers);
        properties
    }

    fn properties_files(&self, place: &Place, run: &Run) -> Vec<String> {
        let plan = NodePlaces::of(&run.id).plan();
        self.properties_files.iter().map(|file| absolute(place, &format!("{plan}/{file}"))).collect()
    }

    fn plugins(&self, place: &Place, run: &Run) -> Option<String> {
        self.has_plugins.then(|| absolute(place, &NodePlaces::of(&run.id).plugins()))
    }

    /// Copies the key store to the node and returns its path there.
    async fn bring_key(&self, place: &Place, run: &Run) -> Result<Option<RmiStoreOnNode<'_>>, EngineError> {
        let Some(KeyStore { bytes, password, path }) = &self.key_store else { return Ok(None) };
        place.remote.write(&NodePlaces::of(&run.id).key_store(), bytes).await?;
        Ok(Some(RmiStoreOnNode { path, password }))
    }

    /// Copies the file of system properties to the node and returns its path there; `None`: the run sets no system properties.
    async fn bring_system_properties(&self, place: &Place, run: &Run) -> Result<Option<String>, EngineError> {
        if self.system.is_empty() {
            return Ok(None);
        }
        let path = NodePlaces::of(&run.id).system_properties();
        place.remote.write(&path, properties::to_file(&self.system).as_bytes()).await?;
        Ok(Some(absolute(place, &path)))
    }

    fn heap_mb(&self, place: &Place) -> u32 {
        self.heap_mb.unwrap_or_else(|| jac_jmeter::command::default_heap_mb(place.memory_mb))
    }
}

/// A place on a node as programs there name it.
fn absolute(place: &Place, path: &str) -> String {
    format!("{}/{path}", place.remote.folder())
}

async fn start_master(
    task: &Task,
    run: &Run,
    common: &Common,
    master: &Place,
    workers: &[String],
) -> Result<(), EngineError> {
    let places = NodePlaces::of(&run.id);
    let shutdown_port = master.remote.free_ports(1).await?[0];
    task.change(move |run| {
        run.shutdown_port = Some(shutdown_port);
        Ok(())
    })
    .await?;
    let store = common.bring_key(master, run).await?;
    // Without workers it runs the plan itself; with workers it distributes the plan, and the workers have properties of
    // their own.
    let user = common.of_worker(run, 0, 1);
    let properties = properties::master(&user, common.plugins(master, run).as_deref(), store, shutdown_port);
    master.remote.write(&places.properties(), properties::to_file(&properties).as_bytes()).await?;
    let user_files = common.properties_files(master, run);
    let system_file = common.bring_system_properties(master, run).await?;
    let command = MasterLaunch {
        common: Launch {
            java: &master.tools.java,
            launcher: &launcher(&master.tools),
            heap_mb: common.heap_mb(master),
            user_properties_files: &user_files,
            removed_properties: &common.removed,
            removed_system_properties: &common.removed_system,
            properties_file: &absolute(master, &places.properties()),
            system_properties_file: system_file.as_deref(),
            log_file: &absolute(master, &places.log()),
            working_folder: &common.working_folder,
        },
        address: &master.address,
        plan: &common.plan_name,
        results: &absolute(master, &places.results()),
        workers,
    }
    .command();
    Ok(master.remote.start(&process_name(&run.id), &command).await?)
}

/// The jar that starts a node's JMeter.
pub(super) fn launcher(tools: &NodeTools) -> String {
    format!("{}/bin/ApacheJMeter.jar", tools.jmeter_home)
}

/// The error excerpt of a JMeter, for a cause: the errors at the end of its log, otherwise the end of its output.
pub(super) async fn error_excerpt(remote: &dyn Remote, run: &Run) -> String {
    let log = tail(remote, &NodePlaces::of(&run.id).log()).await;
    let out = tail(remote, &format!("processes/{}/out", process_name(&run.id))).await;
    let errors_of = |text: &str| {
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("ERROR") || line.contains("Exception") || line.contains("Error"))
            .collect();
        lines.iter().rev().take(3).rev().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(" / ")
    };
    let excerpts = [errors_of(&log), errors_of(&out), out.lines().last().unwrap_or_default().to_owned()];
    excerpts
        .into_iter()
        .find(|excerpt| !excerpt.is_empty())
        .map_or_else(|| "It printed no error.".to_owned(), |excerpt| format!("Its output: {excerpt}"))
}

async fn tail(remote: &dyn Remote, path: &str) -> String {
    const LENGTH: u64 = 16 * 1024;
    let size = match remote.read_at(path, u64::MAX, 0).await {
        Ok(Some(chunk)) => chunk.file_size,
        _ => return String::new(),
    };
    match remote.read_at(path, size.saturating_sub(LENGTH), LENGTH as usize).await {
        Ok(Some(chunk)) => String::from_utf8_lossy(&chunk.bytes).into_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::relative;

    #[test]
    fn a_place_is_named_from_the_working_folder() {
        assert_eq!(relative("runs/r/plan", "runs/r/rmi.p12"), "../../../runs/r/rmi.p12");
        assert_eq!(relative("runs/r/plan/sub", "runs/r/rmi.p12"), "../../../../runs/r/rmi.p12");
    }
}
