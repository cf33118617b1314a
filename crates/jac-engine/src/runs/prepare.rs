//! Brings a run from its cluster to a running JMeter: files, properties, workers, master.
//!
//! | step    | does                                                          | undone by                        |
//! |---------|---------------------------------------------------------------|----------------------------------|
//! | clean   | ends what an earlier try started, removes its folder          | nothing                          |
//! | tools   | Java and JMeter are still on every node, else brought again   | nothing                          |
//! | files   | the plan's files to every node, split ones dealt out          | the folder is removed            |
//! | workers | JMeter servers on free ports, until all accept connections    | their processes are ended        |
//! | master  | JMeter's master with the workers' addresses                   | its process is ended             |
//!
//! A crash at any point leads back to `clean`, except once the master was started: then it is only followed.

use super::supervise::{Interruption, Task};
use super::{NodePlaces, process_name};
use crate::drive::key_store_path;
use crate::error::EngineError;
use crate::plans::check::relative_to_main;
use futures_util::future::try_join_all;
use jac_jmeter::properties::{self, Properties, RmiStoreOnNode};
use jac_jmeter::{Launch, MasterLaunch, WorkerLaunch};
use jac_jmx::Splitter;
use jac_model::ports::{ProcessState, Remote};
use jac_model::{Cluster, NodePhase, NodeTools, Plan, PlanFileKind, Role, Run, RunEvent};
use std::collections::HashMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Between two looks at workers that are starting.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Ports are found free and taken a moment later; somebody else may come between.
const PORT_TRIES: u32 = 3;

/// A node of the run with the way to it.
struct Place {
    name: String,
    role: Role,
    address: String,
    memory_mb: u64,
    tools: NodeTools,
    remote: Arc<dyn Remote>,
}

/// The key store of the cluster with the word that opens it.
struct KeyStore {
    bytes: Vec<u8>,
    password: String,
    /// As JMeter names it on every node: relative to its working folder. JMeter sends the name along to the others
    /// (apache/jmeter#6248), and an absolute one would have to be the same on machines that have nothing else in common.
    path: String,
}

/// What all nodes of the run are started with.
struct Common {
    user: Properties,
    key_store: Option<KeyStore>,
    heap_mb: Option<u32>,
    has_plugins: bool,
    /// The plan's folder and its name in there.
    working_folder: String,
    plan_name: String,
    properties_files: Vec<String>,
}

pub(super) async fn prepare(task: &Task, run: &Run) -> Result<(), Interruption> {
    let mut cluster = task.cluster(run)?;
    let master = cluster.nodes.first().ok_or_else(|| EngineError::JMeter("The cluster has no node.".to_owned()))?;
    let master = task.remote(&cluster, &master.name)?;
    if master.process(&process_name(&run.id)).await? == ProcessState::Absent {
        clean(task, run, &cluster).await?;
        task.step("Looking at the nodes' Java and JMeter.")?;
        cluster = task.engine.equip(&cluster.id).await?;
        let places = places(task, &cluster)?;
        let (master, workers) =
            places.split_first().ok_or_else(|| EngineError::JMeter("The cluster has no node.".to_owned()))?;
        let clocks: Vec<_> = places.iter().map(|place| (place.name.clone(), Arc::clone(&place.remote))).collect();
        super::health::measure_clocks(task, &clocks).await?;
        let plan = task.engine.store().plan(&run.plan_id)?;
        let common = common(task, run, &cluster, &plan).await?;
        task.step("Copying the plan's files.")?;
        copy_files(task, run, &plan, &places).await?;
        task.stop_wanted()?;
        let addresses = start_workers(task, run, &common, master, workers).await?;
        task.stop_wanted()?;
        task.step("Starting the master.")?;
        start_master(task, run, &common, master, &addresses).await?;
    }
    let now_ms = task.engine.now_ms();
    task.change(|run| {
        run.started_ms.get_or_insert(now_ms);
        for node in &mut run.nodes {
            node.state = NodePhase::Running;
        }
        run.phase = run.phase.apply(RunEvent::MasterStarted)?;
        Ok(())
    })?;
    extend_lease(task, &cluster).await;
    Ok(())
}

/// The nodes are to outlive a server that is away for as long as the run takes. If that fails the ordinary lease goes on.
async fn extend_lease(task: &Task, cluster: &Cluster) {
    if let Err(error) = task.engine.renew_lease(cluster).await {
        tracing::warn!(run = %task.id, %error, "run {}: the lease of its nodes could not be extended: {error}", task.id);
    }
}

/// The cluster's nodes, the master first.
fn places(task: &Task, cluster: &Cluster) -> Result<Vec<Place>, EngineError> {
    cluster
        .nodes
        .iter()
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
                remote: task.remote(cluster, &node.name)?,
            })
        })
        .collect()
}

async fn clean(task: &Task, run: &Run, cluster: &Cluster) -> Result<(), EngineError> {
    try_join_all(cluster.nodes.iter().map(|node| async {
        let remote = task.remote(cluster, &node.name)?;
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
    let key_store = if run.workers == 0 { None } else { Some(key_store(task, run, cluster, &working_folder)?) };
    Ok(Common {
        user: run.properties.clone(),
        key_store,
        heap_mb: cluster.config.heap_mb,
        has_plugins: plan.files.iter().any(|file| file.kind == PlanFileKind::Plugin),
        working_folder,
        plan_name: plan_name.to_owned(),
        properties_files: run.properties_files.clone(),
    })
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

/// A place on a node as seen from one of its folders, both named from the node's folder on.
fn relative(from: &str, to: &str) -> String {
    format!("{}{to}", "../".repeat(from.split('/').count()))
}

impl Common {
    fn properties_files(&self, place: &Place, run: &Run) -> Vec<String> {
        let plan = NodePlaces::of(&run.id).plan();
        self.properties_files.iter().map(|file| absolute(place, &format!("{plan}/{file}"))).collect()
    }

    fn plugins(&self, place: &Place, run: &Run) -> Option<String> {
        self.has_plugins.then(|| absolute(place, &NodePlaces::of(&run.id).plugins()))
    }

    /// Where the node finds its copy of the key store, which is put there.
    async fn bring_key(&self, place: &Place, run: &Run) -> Result<Option<RmiStoreOnNode<'_>>, EngineError> {
        let Some(KeyStore { bytes, password, path }) = &self.key_store else { return Ok(None) };
        place.remote.write(&NodePlaces::of(&run.id).key_store(), bytes).await?;
        Ok(Some(RmiStoreOnNode { path, password }))
    }

    fn heap_mb(&self, place: &Place) -> u32 {
        self.heap_mb.unwrap_or_else(|| jac_jmeter::command::default_heap_mb(place.memory_mb))
    }
}

/// A place on a node as programs there name it.
fn absolute(place: &Place, path: &str) -> String {
    format!("{}/{path}", place.remote.folder())
}

async fn copy_files(task: &Task, run: &Run, plan: &Plan, places: &[Place]) -> Result<(), EngineError> {
    let source = task.engine.folder().plan(&plan.id);
    let parts = split_files(task, run, plan, &source).await?;
    let node_places = NodePlaces::of(&run.id);
    let workers = places.iter().filter(|place| place.role == Role::Worker).map(|place| place.name.as_str());
    let numbers: HashMap<&str, usize> = workers.enumerate().map(|(number, name)| (name, number)).collect();
    try_join_all(places.iter().map(|place| {
        let (source, parts, node_places, numbers) = (&source, &parts, &node_places, &numbers);
        async move {
            for file in &plan.files {
                let to = match file.kind {
                    PlanFileKind::Plugin => {
                        format!("{}/{}", node_places.plugins(), file.path.rsplit('/').next().unwrap_or(&file.path))
                    }
                    PlanFileKind::Plan | PlanFileKind::Data | PlanFileKind::Properties => {
                        format!("{}/{}", node_places.plan(), file.path)
                    }
                };
                let part = numbers.get(place.name.as_str()).and_then(|number| parts.get(&file.path)?.get(*number));
                place.remote.put(part.unwrap_or(&source.join(&file.path)), &to).await?;
            }
            Ok::<(), EngineError>(())
        }
    }))
    .await?;
    // The parts are on the workers now.
    crate::plans::remove_folder(&parts_folder(task, run));
    Ok(())
}

fn parts_folder(task: &Task, run: &Run) -> PathBuf {
    task.engine.folder().run(&run.id).join("parts")
}

/// Deals the rows of the files to be split out among the workers. One file per worker for each, by the file's path.
async fn split_files(
    task: &Task,
    run: &Run,
    plan: &Plan,
    source: &Path,
) -> Result<HashMap<String, Vec<PathBuf>>, EngineError> {
    if run.split.is_empty() || run.workers == 0 {
        return Ok(HashMap::new());
    }
    let (folder, workers, properties) = (parts_folder(task, run), run.workers as usize, run.properties.clone());
    let main = source.join(&plan.main_file);
    let wanted: Vec<(usize, String, String, PathBuf)> = plan
        .files
        .iter()
        .enumerate()
        .filter_map(|(number, file)| {
            let name = relative_to_main(&plan.main_file, &file.path)?;
            run.split
                .iter()
                .any(|split| split == name)
                .then(|| (number, file.path.clone(), name.to_owned(), source.join(&file.path)))
        })
        .collect();
    let work = tokio::task::spawn_blocking(move || {
        let failed = |what: &str, error| EngineError::file(format!("splitting {what}"), error);
        let bytes = std::fs::read(&main).map_err(|error| failed("the plan's files", error))?;
        let parsed = jac_jmx::Plan::parse(&bytes).map_err(|error| EngineError::JMeter(error.to_string()))?;
        let mut parts = HashMap::new();
        for (number, path, name, from) in wanted {
            let shape = parsed.csv_shape(&name, &properties).unwrap_or_default();
            let files: Vec<PathBuf> = (0..workers).map(|worker| folder.join(format!("{number}-{worker}"))).collect();
            split_one(&from, &files, shape).map_err(|error| failed(&path, error))?;
            parts.insert(path, files);
        }
        Ok(parts)
    });
    work.await.map_err(|panic| EngineError::JMeter(panic.to_string()))?
}

fn split_one(from: &Path, to: &[PathBuf], shape: jac_jmx::CsvShape) -> std::io::Result<()> {
    if let Some(folder) = to.first().and_then(|file| file.parent()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut files = to
        .iter()
        .map(|path| std::fs::File::create(path).map(std::io::BufWriter::new))
        .collect::<std::io::Result<Vec<_>>>()?;
    let mut sink = |part: usize, bytes: &[u8]| files[part].write_all(bytes);
    let mut splitter = Splitter::new(to.len(), shape);
    let mut from = std::fs::File::open(from)?;
    let mut buffer = vec![0; 256 * 1024];
    loop {
        match from.read(&mut buffer)? {
            0 => break,
            length => splitter.push(&buffer[..length], &mut sink)?,
        }
    }
    splitter.finish(&mut sink)?;
    files.iter_mut().try_for_each(Write::flush)
}

/// Starts all workers and waits until each accepts connections. Returns their registries' addresses.
async fn start_workers(
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
        task.step(&format!(
            "Starting {}.",
            if workers.len() == 1 { "1 worker".to_owned() } else { format!("{} workers", workers.len()) }
        ))?;
        let ports = choose_ports(workers).await?;
        try_join_all(workers.iter().zip(&ports).map(|(worker, ports)| start_worker(run, common, worker, *ports)))
            .await?;
        task.change(|run| {
            for (node, (_, ports)) in
                run.nodes.iter_mut().filter(|node| node.role == Role::Worker).zip(workers.iter().zip(&ports))
            {
                node.state = NodePhase::Starting;
                node.ports = vec![ports.0, ports.1];
            }
            Ok(())
        })?;
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
                try_join_all(workers.iter().map(|worker| worker.remote.forget(&name))).await?;
            }
            Err(NotReachable::PortTaken) => {
                return Err(Interruption::failed(
                    "A worker found its port taken, three times in a row. Something on the machine takes ports as they become free.",
                    None,
                ));
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
    try_join_all(workers.iter().map(|worker| async {
        let ports = worker.remote.free_ports(2).await?;
        Ok((ports[0], ports[1]))
    }))
    .await
}

async fn start_worker(run: &Run, common: &Common, worker: &Place, ports: (u16, u16)) -> Result<(), EngineError> {
    let places = NodePlaces::of(&run.id);
    let store = common
        .bring_key(worker, run)
        .await?
        .ok_or_else(|| EngineError::JMeter("The cluster has no key.".to_owned()))?;
    let properties = properties::worker(&common.user, common.plugins(worker, run).as_deref(), store, ports.0, ports.1);
    worker.remote.write(&places.properties(), properties::to_file(&properties).as_bytes()).await?;
    let user_files = common.properties_files(worker, run);
    let command = WorkerLaunch {
        common: Launch {
            java: &worker.tools.java,
            launcher: &launcher(&worker.tools),
            heap_mb: common.heap_mb(worker),
            user_properties_files: &user_files,
            properties_file: &absolute(worker, &places.properties()),
            log_file: &absolute(worker, &places.log()),
            working_folder: &common.working_folder,
        },
        address: &worker.address,
    }
    .command();
    Ok(worker.remote.start(&process_name(&run.id), &command).await?)
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
    task.change(|run| {
        run.shutdown_port = Some(shutdown_port);
        Ok(())
    })?;
    let store = common.bring_key(master, run).await?;
    let properties = properties::master(&common.user, common.plugins(master, run).as_deref(), store, shutdown_port);
    master.remote.write(&places.properties(), properties::to_file(&properties).as_bytes()).await?;
    let user_files = common.properties_files(master, run);
    let command = MasterLaunch {
        common: Launch {
            java: &master.tools.java,
            launcher: &launcher(&master.tools),
            heap_mb: common.heap_mb(master),
            user_properties_files: &user_files,
            properties_file: &absolute(master, &places.properties()),
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

enum NotReachable {
    /// Somebody was quicker; with other ports it may work.
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
        let mut still = Vec::new();
        for (worker, ports) in waiting {
            match worker.remote.process(&process_name(&run.id)).await? {
                ProcessState::Exited { .. } | ProcessState::Vanished => {
                    let why = last_words(worker.remote.as_ref(), run).await;
                    if why.contains("Address already in use")
                        || why.contains("Port already in use")
                        || why.contains("Could not bind")
                    {
                        return Err(NotReachable::PortTaken);
                    }
                    let reason = format!("JMeter on {} ended while it was starting. {why}", worker.name);
                    return Err(Interruption::failed(reason, None).into());
                }
                ProcessState::Absent | ProcessState::Running { .. } => (),
            }
            // The master is the one that must reach it: a firewall may stand between the two.
            let reachable = master.remote.can_connect(&worker.address, ports.0).await?
                && master.remote.can_connect(&worker.address, ports.1).await?;
            if !reachable {
                still.push((worker, ports));
            }
        }
        if still.is_empty() {
            return Ok(());
        }
        task.stop_wanted()?;
        if Instant::now() > deadline {
            let names: Vec<&str> = still.iter().map(|(worker, _)| worker.name.as_str()).collect();
            let reason = format!(
                "{} did not accept the master's connections within {} s. {}",
                names.join(", "),
                limit.as_secs(),
                last_words(still[0].0.remote.as_ref(), run).await
            );
            return Err(Interruption::failed(reason, None).into());
        }
        waiting = still;
        sleep(LOOK_EVERY).await;
    }
}

/// The jar that starts a node's JMeter.
pub(super) fn launcher(tools: &NodeTools) -> String {
    format!("{}/bin/ApacheJMeter.jar", tools.jmeter_home)
}

/// What a JMeter said last, for a cause: the errors at the end of its log, else the end of what it printed.
pub(super) async fn last_words(remote: &dyn Remote, run: &Run) -> String {
    let log = tail(remote, &NodePlaces::of(&run.id).log()).await;
    let out = tail(remote, &format!("processes/{}/out", process_name(&run.id))).await;
    let telling = |text: &str| {
        let lines: Vec<&str> = text
            .lines()
            .filter(|line| line.contains("ERROR") || line.contains("Exception") || line.contains("Error"))
            .collect();
        lines.iter().rev().take(3).rev().map(|line| line.trim().to_owned()).collect::<Vec<_>>().join(" / ")
    };
    let words = [telling(&log), telling(&out), out.lines().last().unwrap_or_default().to_owned()];
    words
        .into_iter()
        .find(|words| !words.is_empty())
        .map_or_else(|| "It left no word why.".to_owned(), |words| format!("It said: {words}"))
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
