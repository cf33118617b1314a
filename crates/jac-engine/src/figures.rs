//! The engine's current figures for monitoring the server, and whether it can work.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::supervisor::TaskFigures;
use jac_store::StoreError;
use nix::unistd::AccessFlags;
use serde::Serialize;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// Counts of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Figures {
    /// Clusters that have not ended, by provider and phase.
    pub clusters: BTreeMap<(String, String), u64>,
    /// Runs that have not finished, by phase.
    pub runs: BTreeMap<String, u64>,
    /// Samples of the runs that are followed now.
    pub samples_followed: u64,
    /// The engine's tasks, by kind.
    pub tasks: BTreeMap<&'static str, TaskFigures>,
    /// How long the database took to answer.
    pub database: Duration,
}

/// Why the server cannot work now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unready {
    /// The database does not respond.
    DatabaseUnavailable,
    /// The disk of the data folder has no space for another run.
    DiskLow,
    /// The data folder cannot be written.
    DataFolderUnwritable,
}

impl Engine {
    /// Counts.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn figures(&self) -> Result<Figures, EngineError> {
        let began = Instant::now();
        let clusters = self.store().living_clusters().await?;
        let runs = self.store().unfinished_runs().await?;
        let database = began.elapsed();
        let mut counted = Figures {
            clusters: BTreeMap::new(),
            runs: BTreeMap::new(),
            samples_followed: 0,
            tasks: self.supervisor().figures(),
            database,
        };
        for cluster in &clusters {
            *counted.clusters.entry((cluster.provider.to_string(), word(&cluster.phase))).or_default() += 1;
        }
        for run in &runs {
            *counted.runs.entry(word(&run.phase)).or_default() += 1;
        }
        let live: Vec<_> = self.live().values().cloned().collect();
        counted.samples_followed = live.iter().filter_map(|run| run.headline()).map(|headline| headline.samples).sum();
        Ok(counted)
    }

    /// The faults that prevent the server from working; empty if it works.
    pub async fn unready(&self) -> Vec<Unready> {
        let mut faults = Vec::new();
        let answered: Result<bool, StoreError> = self.store().has_sign_in().await;
        if answered.is_err() {
            faults.push(Unready::DatabaseUnavailable);
        }
        if self.need_room().is_err() {
            faults.push(Unready::DiskLow);
        }
        if nix::unistd::access(self.folder().root(), AccessFlags::W_OK).is_err() {
            faults.push(Unready::DataFolderUnwritable);
        }
        faults
    }
}

/// A phase as it is spelled everywhere.
fn word(phase: &impl Serialize) -> String {
    serde_json::to_value(phase).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}
