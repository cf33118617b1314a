//! What is known of a cluster's machines, one file per cluster, written before AWS is asked for anything: so a termination
//! knows where it has to go, whatever happened in between. Beside it lies the cluster's private key.
//!
//! Everything that a launch says to AWS is in it, since the same `ClientToken` with other words is refused.

use jac_model::ports::PortError;
use jac_model::{ClusterId, Ec2Config, EpochMs, Role};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
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
    /// Nodes are dealt out among them.
    pub subnets: Vec<String>,
    pub group: Group,
    /// How long a machine lives at first, from its boot on.
    pub first_lease_s: u64,
    pub tags: BTreeMap<String, String>,
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
#[derive(Debug, Clone)]
pub struct Records {
    folder: PathBuf,
}

impl Records {
    pub fn new(folder: PathBuf) -> Self {
        Self { folder }
    }

    fn path(&self, cluster: &ClusterId) -> PathBuf {
        self.folder.join(format!("{cluster}.json"))
    }

    /// Where the private key lies that signs in on the cluster's machines.
    pub fn key_path(&self, cluster: &ClusterId) -> PathBuf {
        self.folder.join(format!("{cluster}.key"))
    }

    pub fn read(&self, cluster: &ClusterId) -> Result<Option<ClusterRecord>, PortError> {
        match fs::read(self.path(cluster)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(|error| failed(&error.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed(&error)),
        }
    }

    /// All of them. One that cannot be read is said and left out, so that the others are looked after.
    pub fn all(&self) -> Result<Vec<ClusterRecord>, PortError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&error)),
        };
        let mut records = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|extension| extension != "json") || path.ends_with(REGIONS) {
                continue;
            }
            match fs::read(&path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::other)) {
                Ok(record) => records.push(record),
                Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "{} cannot be read: {error}", path.display());
                }
            }
        }
        Ok(records)
    }

    /// In one step.
    pub fn write(&self, record: &ClusterRecord) -> Result<(), PortError> {
        let bytes = serde_json::to_vec_pretty(record).map_err(|error| failed(&error.into()))?;
        self.replace(&self.path(&record.cluster), &bytes).map_err(|error| failed(&error))
    }

    /// Writes the private key, readable for this user only.
    pub fn write_key(&self, cluster: &ClusterId, key: &str) -> Result<(), PortError> {
        self.replace(&self.key_path(cluster), key.as_bytes()).map_err(|error| failed(&error))
    }

    /// The key, what a killed server had half written, and the record as the last. None there is a success.
    pub fn remove(&self, cluster: &ClusterId) -> Result<(), PortError> {
        let mut all = vec![self.key_path(cluster)];
        all.extend(self.half_written(cluster).map_err(|error| failed(&error))?);
        all.push(self.path(cluster));
        for path in all {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(&error)),
                _ => (),
            }
        }
        Ok(())
    }

    /// What was to replace the record or the key of a cluster and never did: it may hold what they hold.
    fn half_written(&self, cluster: &ClusterId) -> io::Result<Vec<PathBuf>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let begin = format!("{cluster}.");
        let is_one = |name: &str| name.starts_with(&begin) && name.ends_with(HALF_WRITTEN);
        let found = entries.flatten().filter(|entry| entry.file_name().to_str().is_some_and(is_one));
        Ok(found.map(|entry| entry.path()).collect())
    }

    /// Every region in which this installation ever asked for machines.
    pub fn regions(&self) -> Vec<String> {
        fs::read(self.folder.join(REGIONS))
            .ok()
            .and_then(|bytes| serde_json::from_slice(&bytes).ok())
            .unwrap_or_default()
    }

    /// Keeps a region, for those who look for what was left there.
    pub fn remember_region(&self, region: &str) -> Result<(), PortError> {
        let mut regions = self.regions();
        if regions.iter().any(|known| known == region) {
            return Ok(());
        }
        regions.push(region.to_owned());
        let bytes = serde_json::to_vec(&regions).map_err(|error| failed(&error.into()))?;
        self.replace(&self.folder.join(REGIONS), &bytes).map_err(|error| failed(&error))
    }

    fn replace(&self, path: &std::path::Path, bytes: &[u8]) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let new = path.with_extension(format!("{:016x}{HALF_WRITTEN}", rand::random::<u64>()));
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            drop(fs::remove_file(&new));
        }
        written
    }
}

const REGIONS: &str = "regions.json";

/// How the name of a file ends that is to replace another one.
const HALF_WRITTEN: &str = ".new";

fn failed(error: &io::Error) -> PortError {
    let (node, what) = ("JAC".to_owned(), "note what it knows of the machines".to_owned());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => PortError::DiskFull { node, what },
        _ => PortError::Refused { node, what, reason: error.to_string() },
    }
}

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
    fn a_record_is_kept_read_and_removed_with_its_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let records = Records::new(folder.path().join("ec2"));
        let cluster = ClusterId::from_random([1; 8]);
        assert_eq!(records.read(&cluster).expect("none is no fault"), None);
        let record = ClusterRecord {
            cluster: cluster.clone(),
            config: Ec2Config::default(),
            region: "eu-central-1".to_owned(),
            nodes: Vec::new(),
            launch: None,
        };
        records.write(&record).expect("it is written");
        records.write_key(&cluster, "a secret").expect("it is written");
        records.remember_region("eu-central-1").expect("it is kept");
        records.remember_region("eu-central-1").expect("once");
        assert_eq!(records.all().expect("the folder"), [record]);
        let mode = std::os::unix::fs::PermissionsExt::mode(
            &fs::metadata(records.key_path(&cluster)).expect("it").permissions(),
        );
        assert_eq!(mode & 0o777, 0o600);
        // As a server leaves it that is killed while it writes.
        let half = records.key_path(&cluster).with_extension("00112233aabbccdd.new");
        fs::write(&half, "half a sec").expect("it is written");
        records.remove(&cluster).expect("it goes");
        assert!(!half.exists());
        records.remove(&cluster).expect("twice is no fault");
        assert!(records.all().expect("the folder").is_empty());
        assert_eq!(records.regions(), ["eu-central-1"]);
    }
}
