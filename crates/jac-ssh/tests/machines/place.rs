//! A cluster on machines of a test, as the engine uses one.

use crate::sshd::Machines;
use jac_model::ports::{AwsCredentials, Cloud, Command, CredentialSource, Instance, NodeRequest, PortError, Remote};
use jac_model::{Cluster, ClusterConfig, ClusterId, CredentialChoice, Person, SshConfig};
use jac_ssh::{SshCloud, SshSettings};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub const LIMIT: Duration = Duration::from_secs(30);

/// A data folder with the provider on it, and a cluster of all the machines.
pub struct Place {
    pub machines: Machines,
    folder: tempfile::TempDir,
    pub cloud: SshCloud,
    pub cluster: ClusterId,
    pub messages: Mutex<Vec<String>>,
}

impl Place {
    /// A provider that has not been called yet.
    pub fn new(machines: Machines) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let cloud = cloud(&folder, &machines);
        Self { machines, folder, cloud, cluster: ClusterId::from_random([7; 8]), messages: Mutex::default() }
    }

    /// A launched cluster of this many machines; `None` without sshd.
    pub async fn launched(count: u8) -> Option<Self> {
        let place = Self::new(Machines::start(count)?);
        place.launch(Duration::from_secs(600)).await.expect("the machines are good");
        Some(place)
    }

    /// The next JAC on the same data folder.
    pub fn next_jac(&mut self) {
        self.cloud = cloud(&self.folder, &self.machines);
    }

    pub fn config(&self) -> ClusterConfig {
        let ssh = SshConfig {
            hosts: self.machines.hosts(),
            user: self.machines.user(),
            key: None,
            key_file: Some(self.machines.key().display().to_string()),
            known_hosts: self.machines.known_hosts(),
        };
        let workers = u32::try_from(ssh.hosts.len() - 1).expect("few");
        ClusterConfig { workers, ssh: Some(ssh), ..ClusterConfig::default() }
    }

    pub async fn launch(&self, lease: Duration) -> Result<Vec<Instance>, PortError> {
        self.launch_as(&self.config(), lease).await
    }

    pub async fn launch_as(&self, config: &ClusterConfig, lease: Duration) -> Result<Vec<Instance>, PortError> {
        let requests: Vec<NodeRequest> = Cluster::requested_nodes(config.workers)
            .into_iter()
            .map(|node| NodeRequest {
                cluster: self.cluster.clone(),
                name: node.name,
                role: node.role,
                nodes_in_cluster: config.workers + 1,
                lease,
                cluster_name: "a test".to_owned(),
                owner: Person { id: "tester".to_owned(), name: "Tester".to_owned() },
                expires_at_ms: in_ms(lease),
            })
            .collect();
        let report = |node: &str, message: jac_model::Message| {
            self.messages.lock().expect("no panic").push(format!("{node}: {}", message.message))
        };
        self.cloud.launch(config, &requests, &report).await
    }

    pub fn remote(&self, node: &str) -> Arc<dyn Remote> {
        self.cloud.remote(&self.cluster, node)
    }

    pub fn master(&self) -> Arc<dyn Remote> {
        self.remote("master")
    }
}

/// A vault with one key, that of the machines, under the id `k-1`.
struct Vault(PathBuf);

#[async_trait::async_trait]
impl CredentialSource for Vault {
    async fn aws(&self, _: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError> {
        unreachable!("these machines are nobody's but ours")
    }

    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError> {
        unreachable!("these machines are nobody's but ours")
    }

    async fn ssh_key(&self, id: &str) -> Result<String, PortError> {
        assert_eq!(id, "k-1");
        Ok(std::fs::read_to_string(&self.0).expect("a key"))
    }

    fn seal(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, PortError> {
        unreachable!("nothing is sealed here")
    }

    fn open(&self, _: &str, _: &[u8]) -> Result<Vec<u8>, PortError> {
        unreachable!("nothing is sealed here")
    }
}

fn cloud(folder: &tempfile::TempDir, machines: &Machines) -> SshCloud {
    SshCloud::new(SshSettings {
        records: folder.path().join("ssh"),
        bundles: folder.path().join("bundles"),
        installation: "0123456789abcdef".to_owned(),
        credentials: Arc::new(Vault(machines.key())),
        java: jac_jmeter::JavaSearch { java_home: None, search_path: std::env::var_os("PATH") },
    })
}

/// Then, by this machine's clock.
#[expect(clippy::disallowed_methods, reason = "a test has no engine's clock")]
pub fn in_ms(time: Duration) -> i64 {
    let then = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock") + time;
    i64::try_from(then.as_millis()).expect("a time")
}

pub fn shell(script: &str) -> Command {
    Command { program: "/bin/sh".to_owned(), arguments: vec!["-c".to_owned(), script.to_owned()], ..Command::default() }
}
