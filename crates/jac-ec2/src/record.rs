//! The records of clusters' machines, stored in files ([`jac_ssh::record_files`]). The cluster's private key is next to
//! each.
//!
//! A record contains every parameter of a launch, because AWS rejects the same `ClientToken` with other parameters.

use jac_model::ports::PortError;
use jac_model::{ClusterId, CredentialChoice, Ec2Config, EpochMs, Role};
use jac_ssh::record_files::RecordFiles;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

/// A cluster's machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRecord {
    pub cluster: ClusterId,
    pub config: Ec2Config,
    pub region: String,
    pub nodes: Vec<NodeRecord>,
    /// The parameters of the launch; `None`: nothing was requested yet.
    pub launch: Option<LaunchRecord>,
}

/// Determined before the launch; it does not change afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchRecord {
    pub vpc: String,
    /// Nodes are spread across them.
    pub subnets: Vec<String>,
    /// Subnets in other zones, for nodes that those have no capacity for.
    #[serde(default)]
    pub other_subnets: Vec<String>,
    /// The possible types of workers, first choice first. Empty in records of earlier versions: then the nodes' own
    /// types.
    #[serde(default)]
    pub worker_kinds: Vec<KindRecord>,
    pub group: Group,
    /// A machine's first lifetime, counted from its boot.
    pub first_lease_s: u64,
    pub tags: BTreeMap<String, String>,
    /// The tags that every resource of the cluster was requested with: a name or a lifetime may change meanwhile, and a
    /// continued launch must use the same. Empty in records of earlier versions.
    #[serde(default)]
    pub common_tags: BTreeMap<String, String>,
    /// The user data for the machines' first boot, with placeholders that are filled in for each
    /// ([`crate::user_data`]): another version of JAC may have another text, and a continued launch must use the same.
    /// `None` in records of earlier versions.
    #[serde(default)]
    pub first_boot: Option<String>,
    /// The seed of the cluster's keys, sealed, in Base64.
    pub sealed_seed: String,
}

/// The security group of the machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub id: String,
    /// It was created for the cluster and is deleted with it.
    pub is_ours: bool,
    /// The source of SSH that a rule of ours permits.
    pub ssh_from: Option<String>,
}

/// An instance type with its image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KindRecord {
    #[serde(rename = "kind")]
    pub name: String,
    pub image: String,
    pub root_device: String,
    pub memory_mb: u64,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub name: String,
    pub role: Role,
    /// Its current choice: the first, unless there is no capacity for that.
    #[serde(flatten)]
    pub kind: KindRecord,
    /// The subnet in which it is requested; `None` in records of earlier versions.
    #[serde(default)]
    pub subnet: Option<String>,
    /// It is not requested as its first choice.
    #[serde(default)]
    pub is_moved: bool,
    /// When AWS was first asked for it; `None`: never.
    pub asked_ms: Option<EpochMs>,
    pub instance: Option<String>,
    /// Its first boot is complete: its folder and its keeper exist.
    #[serde(default)]
    pub is_up: bool,
    /// Its address for SSH.
    pub ssh_address: Option<String>,
    pub private_address: Option<String>,
    pub zone: Option<String>,
}

/// The folder of the records.
#[derive(Debug)]
pub struct Records {
    files: RecordFiles<ClusterRecord>,
    /// Every region in which this installation ever requested machines.
    regions: Mutex<Vec<String>>,
    /// Regions are added by one at a time.
    remembering: tokio::sync::Mutex<()>,
    /// Whether anything was ever created here with the credentials of the server's environment.
    knows_environment: AtomicBool,
}

impl Records {
    pub fn new(folder: PathBuf) -> Self {
        let files = RecordFiles::new(folder);
        let regions = fs::read(files.path(REGIONS)).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
        let knows_environment = AtomicBool::new(files.path(ENVIRONMENT).exists());
        Self {
            files,
            regions: Mutex::new(regions.unwrap_or_default()),
            remembering: Default::default(),
            knows_environment,
        }
    }

    /// The path of the private key for signing in on the cluster's machines.
    pub fn key_path(&self, cluster: &ClusterId) -> PathBuf {
        self.files.beside(cluster, "key")
    }

    pub fn read(&self, cluster: &ClusterId) -> Result<Option<ClusterRecord>, PortError> {
        self.files.read(cluster)
    }

    pub fn all(&self) -> Result<Vec<ClusterRecord>, PortError> {
        self.files.all()
    }

    pub async fn write(&self, record: ClusterRecord) -> Result<(), PortError> {
        self.files.write(&record.cluster.clone(), record).await
    }

    /// Changes a cluster's record. Nothing happens if it has none.
    pub async fn change(&self, cluster: &ClusterId, change: impl FnOnce(&mut ClusterRecord)) -> Result<(), PortError> {
        self.files.change(cluster, change).await
    }

    /// Writes the private key, readable for this user only.
    pub async fn write_key(&self, cluster: &ClusterId, key: &str) -> Result<(), PortError> {
        self.files.replace(self.key_path(cluster), key.as_bytes().to_vec()).await
    }

    /// The record with the key; none there is a success.
    pub async fn remove(&self, cluster: &ClusterId) -> Result<(), PortError> {
        self.files.remove(cluster).await
    }

    /// Every region in which this installation ever requested machines.
    pub fn regions(&self) -> Vec<String> {
        self.regions.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether anything was ever created here with the credentials of the server's environment.
    pub fn knows_environment(&self) -> bool {
        self.knows_environment.load(Ordering::Acquire)
    }

    /// Records that the environment's credentials were used: sets that are saved later may belong to another account,
    /// and then do not show what was created with these.
    pub async fn remember_environment(&self) -> Result<(), PortError> {
        if self.knows_environment() {
            return Ok(());
        }
        self.files.replace(self.files.path(ENVIRONMENT), b"true".to_vec()).await?;
        self.knows_environment.store(true, Ordering::Release);
        Ok(())
    }

    /// Records a region and credentials with which something is created, for the search for leftover machines.
    pub async fn remember(&self, region: &str, choice: &CredentialChoice) -> Result<(), PortError> {
        if *choice == CredentialChoice::Environment {
            self.remember_environment().await?;
        }
        self.remember_region(region).await
    }

    async fn remember_region(&self, region: &str) -> Result<(), PortError> {
        let _one_at_a_time = self.remembering.lock().await;
        let mut regions = self.regions();
        if regions.iter().any(|known| known == region) {
            return Ok(());
        }
        regions.push(region.to_owned());
        let bytes = serde_json::to_vec(&regions).expect("names have no failing way to JSON");
        self.files.replace(self.files.path(REGIONS), bytes).await?;
        *self.regions.lock().unwrap_or_else(PoisonError::into_inner) = regions;
        Ok(())
    }
}

const REGIONS: &str = "regions.json";
const ENVIRONMENT: &str = "environment.json";

impl ClusterRecord {
    /// The security group that was created for the cluster.
    pub fn own_group(&self) -> Option<&str> {
        self.launch.as_ref().map(|launch| &launch.group).filter(|group| group.is_ours).map(|group| group.id.as_str())
    }

    pub fn node(&self, name: &str) -> Option<&NodeRecord> {
        self.nodes.iter().find(|node| node.name == name)
    }

    pub fn node_mut(&mut self, name: &str) -> Option<&mut NodeRecord> {
        self.nodes.iter_mut().find(|node| node.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_cluster_goes_with_its_key_and_its_region_stays_known() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = Records::new(folder.path().join("ec2"));
        let cluster = ClusterId::from_random([1; 8]);
        let record = ClusterRecord {
            cluster: cluster.clone(),
            config: Ec2Config::default(),
            region: "eu-central-1".to_owned(),
            nodes: Vec::new(),
            launch: None,
        };
        records.write(record.clone()).await.expect("it is written");
        records.write_key(&cluster, "a secret").await.expect("it is written");
        records.remember("eu-central-1", &CredentialChoice::Set("k-1".to_owned())).await.expect("it is kept");
        assert!(!records.knows_environment());
        records.remember("eu-central-1", &CredentialChoice::Environment).await.expect("the region once");
        assert!(records.knows_environment());
        assert_eq!(records.all().expect("the folder"), [record], "the regions are not a record");
        records.remove(&cluster).await.expect("it goes");
        assert!(!records.key_path(&cluster).exists());
        assert!(records.all().expect("the folder").is_empty());
        assert_eq!(records.regions(), ["eu-central-1"]);
        let next = Records::new(folder.path().join("ec2"));
        assert!(next.knows_environment() && next.regions() == ["eu-central-1"], "the next JAC reads it");
    }
}
