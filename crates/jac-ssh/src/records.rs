//! The records of the clusters' machines, stored in files ([`crate::record_files`]).

use jac_model::{ClusterId, EpochMs, Role, SshConfig};
use serde::{Deserialize, Serialize};

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
    /// What was created there; `None`: nothing yet, so nothing has to be removed.
    pub made: Option<Made>,
}

/// What exists of a node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Made {
    /// `<home>/.jac`.
    pub base: String,
    pub memory_mb: u64,
    /// When the node has certainly terminated itself, if it is not contacted again.
    pub lease_end_ms: EpochMs,
}

impl ClusterRecord {
    pub fn node(&self, name: &str) -> Option<&NodeRecord> {
        self.nodes.iter().find(|node| node.name == name)
    }
}
