//! The `local` provider: makes, lists and removes nodes on this machine.

use crate::lease::Lease;
use crate::process::{self, Identity};
use crate::remote::LocalRemote;
use async_trait::async_trait;
use jac_jmeter::JavaSearch;
use jac_model::ports::{self, Cloud, Instance, Listed, NodeRequest, PortError, Remote, Tell};
use jac_model::{ClusterConfig, ClusterId, Role, descriptors};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How long the processes of a node may take to be gone after they were ended.
const END_LIMIT: Duration = Duration::from_secs(20);

/// The most memory of a node that nobody gave a size: it shares the machine with everything else on it.
const POLITE_MEMORY_MB: u64 = 2048;

/// What a node is, as it lies in its folder.
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
}

impl LocalCloud {
    /// Nodes below `root`. `keeper` is the command, program first, that runs [`crate::keep`] on the folder that is
    /// put behind it.
    pub fn new(root: PathBuf, keeper: Vec<String>, java: JavaSearch) -> Self {
        Self { root, keeper, java }
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
            // A folder may go while it is looked at: a keeper at the end of its lease. What cannot be looked at is not gone.
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

/// `MemTotal` of `/proc/meminfo` in MiB; 2 GiB where it cannot be read.
fn machine_memory_mb() -> u64 {
    fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| {
            text.lines()
                .find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok())
        })
        .map_or(2048, |kilobytes| kilobytes / 1024)
}

fn failed(node: &str, what: &str, error: &io::Error) -> PortError {
    let (node, what) = (node.to_owned(), what.to_owned());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PortError::DiskFull { node, what },
        _ if descriptors::are_used_up(error) => PortError::OutOfDescriptors { node, what, reason: error.to_string() },
        _ => PortError::Refused { node, what, reason: error.to_string() },
    }
}

#[async_trait]
impl Cloud for LocalCloud {
    async fn launch(
        &self,
        _config: &ClusterConfig,
        requests: &[NodeRequest],
        _tell: Tell<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        requests
            .iter()
            .map(|request| self.launch_one(request).map_err(|error| failed(&request.name, "be made", &error)))
            .collect()
    }

    async fn list(&self) -> Result<Listed, PortError> {
        let asked = tokio::time::Instant::now();
        let instances = self.list_now().map_err(|error| failed("this machine", "list its nodes", &error))?;
        Ok(Listed { instances, age: asked.elapsed(), unknown: std::collections::BTreeMap::new() })
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        let folder = self.cluster_folder(cluster);
        let nodes: Vec<PathBuf> = match fs::read_dir(&folder) {
            Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(failed(cluster.as_str(), "be removed", &error)),
        };
        let deadline = tokio::time::Instant::now() + END_LIMIT;
        for node in &nodes {
            let kill =
                || process::kill_all(node).map_err(|error| failed(cluster.as_str(), "end its processes", &error));
            while kill()? > 0 {
                if tokio::time::Instant::now() > deadline {
                    return Err(PortError::TooSlow {
                        node: node.display().to_string(),
                        what: "end its processes".to_owned(),
                        limit: END_LIMIT,
                    });
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(failed(cluster.as_str(), "be removed", &error))
            }
            _ => Ok(()),
        }
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: ports::Lease, _: &[String]) -> Result<(), PortError> {
        let folder = self.cluster_folder(cluster);
        for node in fs::read_dir(&folder).into_iter().flatten().flatten() {
            if node.path().join("node.json").exists() {
                Lease::new(lease.left, lease.after_run)
                    .write(&node.path())
                    .map_err(|error| failed(&node.file_name().to_string_lossy(), "renew its lease", &error))?;
            }
        }
        Ok(())
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        Arc::new(LocalRemote::new(node.to_owned(), self.cluster_folder(cluster).join(node), self.java.clone()))
    }
}
