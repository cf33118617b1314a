//! Which run uses a cluster, and which wait for it: one at a time, in the order in which they were started.

use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{Cluster, ClusterId, Message, RunId, plural};

/// Maximum number of runs waiting for one cluster.
const MOST_WAITING: usize = 20;

/// Why a run cannot use its cluster at present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// Its master is being restarted to create an image.
    Restarting,
    /// Another run is using it.
    By(RunId),
    /// Number of earlier runs that wait for the cluster.
    Behind(usize),
}

impl Held {
    /// For a run that does not wait.
    pub fn refusal(&self, cluster: &str) -> EngineError {
        match self {
            Self::Restarting => conflict(
                "The cluster's master is being restarted for an image.",
                Some("Try again in two minutes, or use another cluster."),
            ),
            Self::By(run) => conflict(
                format!("The cluster '{cluster}' is running {run}."),
                Some("Queue the run, wait until it ends, stop it, or use another cluster."),
            ),
            Self::Behind(runs) => conflict(
                format!("Other runs are waiting for the cluster '{cluster}' ({}).", plural(*runs as u64, "run")),
                Some("Queue the run, or use another cluster."),
            ),
        }
    }

    /// For a run that waits. `name`: that of the run that uses the cluster.
    pub fn step(&self, name: Option<&str>) -> Message {
        let code = "waiting_in_queue";
        match self {
            Self::Restarting => Message::new(code, "Waiting until the cluster's master has restarted."),
            Self::By(run) => {
                let step = Message::new(code, format!("Waiting until {} has ended.", name.unwrap_or(run.as_str())));
                step.with("run", run.to_string()).with("name", name.unwrap_or(run.as_str()))
            }
            Self::Behind(runs) => {
                Message::new(code, format!("Waiting behind {}.", plural(*runs as u64, "run"))).with("ahead", *runs)
            }
        }
    }
}

impl Engine {
    /// Claims the cluster for the run: a worker can execute one test at a time. `Some`: why that is not possible at present.
    pub(crate) async fn claim_cluster(&self, cluster: &ClusterId, run: &RunId) -> Result<Option<Held>, EngineError> {
        let waiting = self.store().queued_runs(cluster).await?;
        let ahead = waiting.iter().position(|other| other == run).unwrap_or(waiting.len());
        let holder = move |cluster: &Cluster, run: &RunId| match &cluster.current_run {
            _ if cluster.master_restarting => Some(Held::Restarting),
            Some(other) if other != run => Some(Held::By(other.clone())),
            None if ahead > 0 => Some(Held::Behind(ahead)),
            None | Some(_) => None,
        };
        // Nothing changes while the claim fails, so that waiting runs do not wake each other.
        if let Some(held) = holder(&self.store().cluster(cluster).await?, run) {
            return Ok(Some(held));
        }
        let run = run.clone();
        let (_, held) = self
            .change_cluster(cluster, move |cluster| {
                // Checked again under the lock of changes.
                let held = holder(cluster, &run);
                if held.is_none() {
                    cluster.current_run = Some(run);
                }
                Ok(held)
            })
            .await?;
        Ok(held)
    }

    /// The same for a run that has just been recorded: if the cluster is in use it waits, if it may.
    pub(super) async fn claim_or_queue(
        &self,
        cluster: &Cluster,
        run: &RunId,
        may_wait: bool,
    ) -> Result<(), EngineError> {
        let Some(held) = self.claim_cluster(&cluster.id, run).await? else { return Ok(()) };
        if !may_wait {
            return Err(held.refusal(&cluster.name));
        }
        if cluster.config.remove_after_run {
            return Err(conflict(
                format!("The cluster '{}' is terminated after its run.", cluster.name),
                Some("Use another cluster, or let the run create one."),
            ));
        }
        // The run that has claimed the cluster is one of them while the cluster is launching.
        let is_ahead = |other: &&RunId| **other != *run && held != Held::By((*other).clone());
        if self.store().queued_runs(&cluster.id).await?.iter().filter(is_ahead).count() >= MOST_WAITING {
            return Err(conflict(
                format!("{MOST_WAITING} runs are already waiting for the cluster '{}'.", cluster.name),
                Some("Use another cluster, or cancel one of them."),
            ));
        }
        Ok(())
    }
}
