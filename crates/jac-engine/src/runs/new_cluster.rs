//! A run on a cluster that is created for it and terminated after it. Each step requires the success of the previous
//! one:
//!
//! | step                    | if it fails                                                        |
//! |-------------------------|--------------------------------------------------------------------|
//! | check the run's settings | nothing is created                                                 |
//! | create the cluster      | nothing is left                                                    |
//! | create the run          | the cluster is terminated                                          |
//!
//! If the server ends between the last two, the cluster ends by its idle timeout or its lifetime.

use super::NewRun;
use crate::clusters::{Lifespan, NewCluster};
use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::CheckTurn;
use jac_model::{Fault, Message, Person, Run};
use jac_store::audit::AuditedChange;

/// The default idle timeout of such a cluster, in minutes.
const IDLE_MINUTES: u32 = 15;

impl Engine {
    /// Creates a cluster and a run on it, after validating the run in the given check turn. The run waits until its
    /// cluster is ready, and the cluster is terminated when the run has ended.
    ///
    /// # Errors
    /// When the run or the cluster cannot be created; neither is left then.
    pub async fn create_run_on_new_cluster(
        &self,
        turn: CheckTurn,
        owner: Person,
        new: NewRun,
        mut cluster: NewCluster,
    ) -> Result<Run, EngineError> {
        cluster.config.remove_after_run = true;
        cluster.config.idle_minutes.get_or_insert(IDLE_MINUTES);
        cluster.config.workers = super::try_run::workers_to_create(new.try_run, &cluster.config);
        let faults = self.faults_of(&cluster);
        if !faults.is_empty() {
            let faults = faults.into_iter().map(|fault| fault.under("/new_cluster")).collect();
            return Err(EngineError::faulty("cluster_invalid", faults));
        }
        let (checked, config) = (new.clone(), cluster.config.clone());
        let check = move |engine: &Engine, gone: &dyn Fn() -> bool| {
            engine.check_new_run(checked, &config, config.workers, gone).map(drop)
        };
        self.check_with(turn, check).await?;
        let engine = self.clone();
        // The caller may disconnect: a billable cluster must not be left without its run, and the audit trail has both.
        let audited = AuditedChange::current().unwrap_or_default();
        let created = tokio::spawn(async move { audited.around(engine.create_both(owner, new, cluster)).await });
        created.await.map_err(|panic| EngineError::JMeter(panic.to_string()))?
    }

    async fn create_both(&self, owner: Person, new: NewRun, cluster: NewCluster) -> Result<Run, EngineError> {
        AuditedChange::prepare("cluster.create");
        let id = self.create_cluster(owner.clone(), cluster, Lifespan::Persistent).await?.id;
        AuditedChange::conclude();
        AuditedChange::is_about(None);
        AuditedChange::detail("cluster", id.to_string());
        let new = NewRun { cluster_id: Some(id.clone()), new_cluster: None, ..new };
        let created = self.check_in_turn(move |engine, gone| engine.create_run(owner, new, gone)).await;
        if created.is_err() {
            AuditedChange::prepare("cluster.terminate");
            AuditedChange::is_about(Some(("cluster", id.as_str())));
            let cause = Message::new("run_not_started", "The run that it was created for could not be started.");
            self.request_termination(&id, cause, "JAC, because the run could not be started").await?;
        }
        created
    }
}

/// Checks that either a cluster or a new one is requested.
pub(super) fn fault_of_place(new: &NewRun) -> Option<Fault> {
    match (&new.cluster_id, &new.new_cluster) {
        (Some(_), None) | (None, Some(_)) => None,
        (None, None) => Some(Fault::at("/cluster_id", "cluster_missing", "Give a cluster, or a new one for this run.")),
        (Some(_), Some(_)) => {
            let text = "Give a cluster or a new one for this run, not both.";
            Some(Fault::at("/new_cluster", Fault::CONFLICTING, text))
        }
    }
}
