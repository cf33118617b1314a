//! What is known of a cluster's machines and kept in files ([`jac_ssh::record_files`]). Beside each lies the cluster's private
//! key.
//!
//! Everything that a launch says to AWS is in it, since the same `ClientToken` with other words is refused.

use jac_model::ports::PortError;
use jac_model::{ClusterId, CredentialChoice, Ec2Config, EpochMs, Role};
use jac_ssh::record_files::RecordFiles;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// A cluster's machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRecord {
    pub cluster: ClusterId,
    pub config: Ec2Config,
    pub region: String,
    pub nodes: Vec<NodeRecord>,
    /// What the launch says; `None`: nothing was asked for yet.
    pub launch: Option<LaunchRecord>,
}

/// What is found out before the launch and does not change after it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LaunchRecord {
    pub vpc: String,
    /// Nodes are spread across them.
    pub subnets: Vec<String>,
    pub group: Group,
    /// How long a machine lives at first, from its boot on.
    pub first_lease_s: u64,
    pub tags: BTreeMap<String, String>,
    /// What everything of the cluster was tagged with when it was asked for: a name or a lifetime may change while it is, and a
    /// launch that goes on has to say the same. Empty in records of earlier versions.
    #[serde(default)]
    pub common_tags: BTreeMap<String, String>,
    /// What machines are given for their first boot, with places to be filled in for each ([`crate::user_data`]): another version of
    /// JAC may have other words, and a launch that goes on has to say the same. `None` in records of earlier versions.
    #[serde(default)]
    pub first_boot: Option<String>,
    /// The seed of the cluster's keys, sealed, in Base64.
    pub sealed_seed: String,
}

/// The security group of the machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub id: String,
    /// It was made for the cluster and goes with it.
    pub is_ours: bool,
    /// From where SSH is let in by a rule of ours.
    pub ssh_from: Option<String>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub name: String,
    pub role: Role,
    pub kind: String,
    pub image: String,
    pub root_device: String,
    pub memory_mb: u64,
    /// The subnet that it was asked for in; `None` in records of earlier versions.
    #[serde(default)]
    pub subnet: Option<String>,
    /// When AWS was first asked for it; `None`: it was not.
    pub asked_ms: Option<EpochMs>,
    pub instance: Option<String>,
    /// Its first boot is done: its folder and its keeper are there.
    #[serde(default)]
    pub is_up: bool,
    /// Where it is reached by SSH.
    pub ssh_address: Option<String>,
    pub private_address: Option<String>,
    pub zone: Option<String>,
}

/// The folder of the records.
#[derive(Debug)]
pub struct Records {
    files: RecordFiles<ClusterRecord>,
}

impl Records {
    pub fn new(folder: PathBuf) -> Self {
        Self { files: RecordFiles::new(folder) }
    }

    /// Where the private key lies that signs in on the cluster's machines.
    pub fn key_path(&self, cluster: &ClusterId) -> PathBuf {
        self.files.beside(cluster, "key")
    }

    pub fn read(&self, cluster: &ClusterId) -> Result<Option<ClusterRecord>, PortError> {
        self.files.read(cluster)
    }

    pub fn all(&self) -> Result<Vec<ClusterRecord>, PortError> {
        self.files.all()
    }

    pub fn write(&self, record: &ClusterRecord) -> Result<(), PortError> {
        self.files.write(&record.cluster, record)
    }

    /// Writes the private key, readable for this user only.
    pub fn write_key(&self, cluster: &ClusterId, key: &str) -> Result<(), PortError> {
        self.files.replace(&self.key_path(cluster), key.as_bytes())
    }

    /// The record with the key; none there is a success.
    pub fn remove(&self, cluster: &ClusterId) -> Result<(), PortError> {
        self.files.remove(cluster)
    }

    /// Every region in which this installation ever asked for machines.
    pub fn regions(&self) -> Vec<String> {
        fs::read(self.files.path(REGIONS))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Whether anything here was ever made with the credentials of the server's environment.
    pub fn knows_environment(&self) -> bool {
        self.files.path(ENVIRONMENT).exists()
    }

    /// Keeps that the environment's credentials were used: sets that somebody saves later are not of the same account, perhaps, and do not
    /// show what was made with these.
    pub fn remember_environment(&self) -> Result<(), PortError> {
        if self.knows_environment() {
            return Ok(());
        }
        self.files.replace(&self.files.path(ENVIRONMENT), b"true")
    }

    /// Keeps where something is made, and with whose credentials, for those who look for what was left there.
    pub fn remember(&self, region: &str, choice: &CredentialChoice) -> Result<(), PortError> {
        if *choice == CredentialChoice::Environment {
            self.remember_environment()?;
        }
        self.remember_region(region)
    }

    fn remember_region(&self, region: &str) -> Result<(), PortError> {
        let mut regions = self.regions();
        if regions.iter().any(|known| known == region) {
            return Ok(());
        }
        regions.push(region.to_owned());
        let bytes = serde_json::to_vec(&regions).expect("names have no failing way to JSON");
        self.files.replace(&self.files.path(REGIONS), &bytes)
    }
}

const REGIONS: &str = "regions.json";
const ENVIRONMENT: &str = "environment.json";

impl ClusterRecord {
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

    #[test]
    fn a_cluster_goes_with_its_key_and_its_region_stays_known() {
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
        records.write(&record).expect("it is written");
        records.write_key(&cluster, "a secret").expect("it is written");
        records.remember("eu-central-1", &CredentialChoice::Set("k-1".to_owned())).expect("it is kept");
        assert!(!records.knows_environment());
        records.remember("eu-central-1", &CredentialChoice::Environment).expect("the region once");
        assert!(records.knows_environment());
        assert_eq!(records.all().expect("the folder"), [record], "the regions are not a record");
        records.remove(&cluster).expect("it goes");
        assert!(!records.key_path(&cluster).exists());
        assert!(records.all().expect("the folder").is_empty());
        assert_eq!(records.regions(), ["eu-central-1"]);
    }
}
