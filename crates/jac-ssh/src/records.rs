//! What is known of the clusters' machines, one file per cluster, written before anything is made there: so the next
//! JAC on this data folder finds them, and a termination knows where it has to go.

use jac_model::{ClusterId, EpochMs, Role, SshConfig};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::PathBuf;

/// A cluster's machines.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClusterRecord {
    pub cluster: ClusterId,
    pub ssh: SshConfig,
    pub nodes: Vec<NodeRecord>,
}

/// One node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRecord {
    pub name: String,
    pub role: Role,
    /// One of the configuration's hosts.
    pub host: String,
    /// What was made there; `None`: nothing yet, so nothing has to be taken away.
    pub made: Option<Made>,
}

/// What is there of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// `<home>/.jac`.
    pub base: String,
    pub memory_mb: u64,
    /// When the node has surely ended by itself, if it is not heard of again.
    pub lease_end_ms: EpochMs,
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

    /// # Errors
    /// When the file is there and cannot be read.
    pub fn read(&self, cluster: &ClusterId) -> io::Result<Option<ClusterRecord>> {
        match fs::read(self.path(cluster)) {
            Ok(bytes) => serde_json::from_slice(&bytes).map(Some).map_err(io::Error::other),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All of them. One that cannot be read is said and left out, so that the others are looked after.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn all(&self) -> io::Result<Vec<ClusterRecord>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut records = Vec::new();
        for path in entries.flatten().map(|entry| entry.path()) {
            if path.extension().is_none_or(|extension| extension != "json") {
                continue;
            }
            match fs::read(&path).and_then(|bytes| serde_json::from_slice(&bytes).map_err(io::Error::other)) {
                Ok(record) => records.push(record),
                Err(error) if error.kind() == io::ErrorKind::NotFound => (),
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "{} cannot be read: {error}", path.display())
                }
            }
        }
        Ok(records)
    }

    /// In one step.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, record: &ClusterRecord) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let path = self.path(&record.cluster);
        let new = path.with_extension("new");
        fs::write(&new, serde_json::to_vec_pretty(record)?)?;
        fs::rename(new, path)
    }

    /// None there is a success.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, cluster: &ClusterId) -> io::Result<()> {
        match fs::remove_file(self.path(cluster)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }
}

impl ClusterRecord {
    pub fn node(&self, name: &str) -> Option<&NodeRecord> {
        self.nodes.iter().find(|node| node.name == name)
    }
}
