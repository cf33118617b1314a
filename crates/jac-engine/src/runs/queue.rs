//! Which run has a cluster, and which wait for it: one at a time, in the order in which they were started.

use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{Cluster, ClusterId, Message, RunId};

/// So many runs wait for one cluster at most.
const MOST_WAITING: usize = 20;

/// What keeps a run from its cluster for now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Held {
    /// Its master is being restarted for an image.
    Restarting,
    /// Another run is on it.
    By(RunId),
    /// So many runs that were started earlier wait for it.
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
                format!("The cluster '{cluster}' has {} waiting for it.", runs_of(*runs)),
                Some("Queue the run, or use another cluster."),
            ),
        }
    }

    /// For a run that waits.
    pub fn step(&self) -> Message {
        let code = "waiting_in_queue";
        match self {
            Self::Restarting => Message::new(code, "Waiting until the cluster's master has restarted."),
            Self::By(run) => Message::new(code, format!("Waiting until {run} has ended.")).with("run", run.to_string()),
            Self::Behind(runs) => {
                Message::new(code, format!("Waiting behind {}.", runs_of(*runs))).with("ahead", *runs)
            }
        }
    }
}

fn runs_of(number: usize) -> String {
    if number == 1 { "1 run".to_owned() } else { format!("{number} runs") }
}

impl Engine {
    /// Takes the cluster for the run: one test at a time fits on a worker. `Some`: what keeps it from it for now.
    pub(crate) async fn claim_cluster(&self, cluster: &ClusterId, run: &RunId) -> Result<Option<Held>, EngineError> {
        if self.restarting().contains(cluster) {
            return Ok(Some(Held::Restarting));
        }
        let waiting = self.store().queued_runs(cluster).await?;
        let ahead = waiting.iter().position(|other| other == run).unwrap_or(waiting.len());
        let holder = move |cluster: &Cluster, run: &RunId| match &cluster.current_run {
            Some(other) if other != run => Some(Held::By(other.clone())),
            None if ahead > 0 => Some(Held::Behind(ahead)),
            None | Some(_) => None,
        };
        // Nothing changes while it is held, so that those who wait do not wake each other.
        if let Some(held) = holder(&self.store().cluster(cluster).await?, run) {
            return Ok(Some(held));
        }
        let (engine, run) = (self.clone(), run.clone());
        let (_, held) = self
            .change_cluster(cluster, move |cluster| {
                // Asked again where changes take turns: it may have begun just now.
                if engine.restarting().contains(&cluster.id) {
                    return Ok(Some(Held::Restarting));
                }
                let held = holder(cluster, &run);
                if held.is_none() {
                    cluster.current_run = Some(run);
                }
                Ok(held)
            })
            .await?;
        Ok(held)
    }

    /// The same for a run that has just been written down: where the cluster is held it waits if it may.
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
        // The one that has the cluster is among them while that is still launching.
        let is_ahead = |other: &&RunId| **other != *run && held != Held::By((*other).clone());
        if self.store().queued_runs(&cluster.id).await?.iter().filter(is_ahead).count() >= MOST_WAITING {
            return Err(conflict(
                format!("{MOST_WAITING} runs wait for the cluster '{}' already.", cluster.name),
                Some("Use another cluster, or cancel one of them."),
            ));
        }
        Ok(())
    }
}
