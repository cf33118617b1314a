//! A node's lease: when it ends itself, whoever else is alive.

use jac_model::EpochMs;
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The lease as it lies in the node's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    pub until_ms: EpochMs,
    /// How long the node stays once nothing runs on it any more; `None`: until `until_ms`.
    pub after_run_ms: Option<i64>,
}

impl Lease {
    /// A lease that the engine asked for.
    pub fn new(until_ms: EpochMs, after_run: Option<Duration>) -> Self {
        Self { until_ms, after_run_ms: after_run.map(|time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX)) }
    }

    /// The lease of a node; `None` when there is none or it is none, which a keeper takes for the end.
    ///
    /// # Errors
    /// When the file cannot be read now.
    pub fn read(node: &Path) -> io::Result<Option<Self>> {
        let bytes = crate::process::read_if_there(&node.join("lease.json"))?;
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    /// Writes it in one step.
    pub fn write(self, node: &Path) -> io::Result<()> {
        let new = node.join("lease.json.new");
        fs::write(&new, serde_json::to_vec(&self)?)?;
        fs::rename(new, node.join("lease.json"))
    }
}

/// Now, by this machine's clock. The keeper is a process of its own, outside of the engine's clock.
#[expect(clippy::disallowed_methods, reason = "the keeper's only source of time; the engine has a clock of its own")]
pub fn now_ms() -> EpochMs {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
