//! The `local` provider: creates, lists and removes nodes on this machine.

use crate::blocking::blocking;
use crate::lease::Lease;
use crate::process::{self, Identity, Scan};
use crate::remote::LocalRemote;
use async_trait::async_trait;
use jac_jmeter::JavaSearch;
use jac_model::ports::{self, Cloud, Instance, Listed, NodeRequest, PortError, ProgressSink, Remote};
use jac_model::{Backoff, ClusterConfig, ClusterId, Role};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// Time limit for the processes of a cluster to disappear after they were killed.
const END_LIMIT: Duration = Duration::from_secs(20);
/// Time limit for small files and a scan of all processes, even on a busy machine.
const LOOK_LIMIT: Duration = Duration::from_secs(20);
/// How long the start of all keepers of a cluster may take.
const LAUNCH_LIMIT: Duration = Duration::from_secs(60);
/// How long removing the folders of a cluster may take: gigabytes of logs on a slow disk.
const REMOVE_LIMIT: Duration = Duration::from_secs(120);

/// Default maximum memory of a node: it shares the machine with everything else on it.
const POLITE_MEMORY_MB: u64 = 2048;

/// The description of a node, as stored in its folder.
#[derive(Debug, Serialize, Deserialize)]
struct NodeFile {
    cluster: ClusterId,
    name: String,
    role: Role,
    memory_mb: u64,
}

/// Nodes below one folder of this machine.
#[derive(Debug, Clone)]
pub struct LocalCloud {
    root: PathBuf,
    keeper: Vec<String>,
    java: JavaSearch,
    scan: Arc<Scan>,
}

impl LocalCloud {
    /// Nodes below `root`. `keeper` is the command, program first, that runs [`crate::keep`] on the folder that is
    /// appended to it.
    pub fn new(root: PathBuf, keeper: Vec<String>, java: JavaSearch) -> Self {
        Self { root, keeper, java, scan: Arc::default() }
    }

    fn cluster_folder(&self, cluster: &ClusterId) -> PathBuf {
        self.root.join(cluster.as_str())
    }

    fn launch_one(&self, request: &NodeRequest) -> io::Result<Instance> {
        let folder = self.cluster_folder(&request.cluster).join(&request.name);
        if let Some(instance) = look(&folder)?.filter(|instance| instance.alive) {
            return Ok(instance);
        }
        fs::create_dir_all(&folder)?;
        let memory_mb = (machine_memory_mb() / u64::from(request.nodes_in_cluster.max(1))).min(POLITE_MEMORY_MB);
        let file =
            NodeFile { cluster: request.cluster.clone(), name: request.name.clone(), role: request.role, memory_mb };
        Lease::new(request.lease, None).write(&folder)?;
        fs::write(folder.join("node.json"), serde_json::to_vec(&file)?)?;
        self.start_keeper(&folder)?;
        look(&folder)?.ok_or_else(|| io::Error::other("its folder was removed while it was created"))
    }

    fn start_keeper(&self, folder: &Path) -> io::Result<()> {
        let (program, arguments) = self.keeper.split_first().ok_or_else(|| io::Error::other("no keeper is set"))?;
        let mut command = std::process::Command::new(program);
        command
            .args(arguments)
            .arg(folder)
            .env_clear()
            .envs(process::environment())
            .env(process::NODE_VARIABLE, folder)
            .current_dir("/")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        process::detach(&mut command);
        let child = tokio::process::Command::from(command).spawn()?;
        let identity = child.id().map(Identity::of).transpose()?.flatten();
        let identity = identity.ok_or_else(|| io::Error::other("its keeper exited at once"))?;
        fs::write(folder.join("keeper.pid"), format!("{} {}", identity.pid, identity.start))
    }

    fn list_now(&self) -> io::Result<Vec<Instance>> {
        let clusters = match fs::read_dir(&self.root) {
            Ok(clusters) => clusters,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut instances = Vec::new();
        for cluster in clusters {
            // A folder may disappear meanwhile: a keeper removes it at the end of the lease. A folder that cannot be
            // read is not gone.
            let nodes = match fs::read_dir(cluster?.path()) {
                Ok(nodes) => nodes,
                Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                    continue;
                }
                Err(error) => return Err(error),
            };
            for node in nodes {
                instances.extend(look(&node?.path())?);
            }
        }
        Ok(instances)
    }
}

/// The node in a folder, if there is one.
fn look(folder: &Path) -> io::Result<Option<Instance>> {
    let Some(file) = process::read_if_there(&folder.join("node.json"))? else { return Ok(None) };
    let Ok(file) = serde_json::from_slice::<NodeFile>(&file) else { return Ok(None) };
    let keeper = Identity::recorded(&folder.join("keeper.pid"))?;
    let alive = keeper.map(Identity::is_alive).transpose()?.unwrap_or_default();
    Ok(Some(Instance {
        cluster: file.cluster,
        name: file.name,
        role: file.role,
        address: "127.0.0.1".to_owned(),
        detail: folder.display().to_string(),
        memory_mb: file.memory_mb,
        alive,
        billable: None,
    }))
}

/// `MemTotal` of `/proc/meminfo` in MiB; 2 GiB if it cannot be read.
fn machine_memory_mb() -> u64 {
    fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        })
        .map_or(2048, |kilobytes| kilobytes / 1024)
}

/// The folders of a cluster's nodes; empty if it has none.
fn nodes_in(cluster: &Path) -> io::Result<Vec<PathBuf>> {
    match fs::read_dir(cluster) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Cloud for LocalCloud {
    async fn launch(
        &self,
        _config: &ClusterConfig,
        requests: &[NodeRequest],
        _progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        let (this, requests) = (self.clone(), requests.to_owned());
        let launch = move || {
            let launch =
                |request| this.launch_one(request).map_err(|error| PortError::of_io(&request.name, "be made", &error));
            requests.iter().map(launch).collect()
        };
        blocking(first.cluster.as_str(), "be made", LAUNCH_LIMIT, launch).await
    }

    async fn list(&self) -> Result<Listed, PortError> {
        let asked = tokio::time::Instant::now();
        let (this, node, what) = (self.clone(), "this machine", "list its nodes");
        let list = move || this.list_now().map_err(|error| PortError::of_io(node, what, &error));
        let instances = blocking(node, what, LOOK_LIMIT, list).await?;
        Ok(Listed { instances, age: asked.elapsed(), unknown: std::collections::BTreeMap::new() })
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        let deadline = tokio::time::Instant::now() + END_LIMIT;
        let mut pauses = Backoff::new(Duration::from_millis(20), Duration::from_millis(500));
        let what = "end its processes";
        loop {
            let (folder, name) = (self.cluster_folder(cluster), cluster.to_string());
            let kill = move || {
                let killed = nodes_in(&folder).and_then(|nodes| process::kill_all(&nodes));
                killed.map_err(|error| PortError::of_io(&name, what, &error))
            };
            if blocking(cluster.as_str(), what, LOOK_LIMIT, kill).await? == 0 {
                break;
            }
            if tokio::time::Instant::now() > deadline {
                let (node, what) = (cluster.to_string(), what.to_owned());
                return Err(PortError::TooSlow { node, what, limit: END_LIMIT });
            }
            tokio::time::sleep(pauses.pause()).await;
        }
        let (folder, name) = (self.cluster_folder(cluster), cluster.to_string());
        let remove = move || match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(PortError::of_io(&name, "be removed", &error)),
            _ => Ok(()),
        };
        blocking(cluster.as_str(), "be removed", REMOVE_LIMIT, remove).await
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: ports::Lease, _: &[String]) -> Result<(), PortError> {
        let (folder, name, what) = (self.cluster_folder(cluster), cluster.to_string(), "renew its lease");
        let renew = move || {
            // A node that cannot be accessed is not renewed, and does not count as missing either.
            let nodes = nodes_in(&folder).map_err(|error| PortError::of_io(&name, what, &error))?;
            for node in nodes {
                let name = node.file_name().unwrap_or_default().to_string_lossy();
                let renewed = node.join("node.json").try_exists().and_then(|is_node| {
                    if is_node { Lease::new(lease.left, lease.after_run).write(&node) } else { Ok(()) }
                });
                renewed.map_err(|error| PortError::of_io(&name, what, &error))?;
            }
            Ok(())
        };
        blocking(cluster.as_str(), what, LOOK_LIMIT, renew).await
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        let folder = self.cluster_folder(cluster).join(node);
        Arc::new(LocalRemote::new(node.to_owned(), folder, self.java.clone(), Arc::clone(&self.scan)))
    }
}
