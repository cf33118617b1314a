//! The task of one run: takes it from phase to phase. Each phase can be entered again after a crash.
//!
//! | phase      | does                                                        | ends with                          |
//! |------------|-------------------------------------------------------------|------------------------------------|
//! | queued     | waits until the cluster is ready                            | the cluster is ready, or never     |
//! | preparing  | copies files, starts the workers, then the master           | JMeter's master is running         |
//! | running    | follows the log into the spool and the statistics           | JMeter's master has ended          |
//! | collecting | verifies the spool, fetches the logs, creates the artefacts | everything is kept, nodes are clean |
//!
//! Every failure becomes the run's cause, and the run continues with collecting: its results are kept.

use super::queue::Held;
use super::{direct, follow, prepare};
use crate::changes::Changes;
use crate::clusters::conflict;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::retrying::RetryingRemote;
use jac_model::ports::Remote;
use jac_model::{
    BrokenRule, Cause, Cluster, ClusterPhase, Message, Provider, ResultsMode, Run, RunEvent, RunId, RunPhase, RunStep,
    StopMode,
};
use jac_store::StoreError;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// Number of consecutive panics of a run's task after which its current phase fails.
const PANICS_UNTIL_GIVEN_UP: u32 = 3;
/// Maximum number of attempts to collect a run whose files here are unusable.
const COLLECT_TRIES: u32 = 60;
/// Interval of attempts to record the end of a run.
const RETRY_EVERY: Duration = Duration::from_secs(1);

/// Why a phase did not end normally.
#[derive(Debug)]
pub(super) enum Interruption {
    /// The run ends with this cause.
    End(Cause),
    /// Something failed; the error becomes the cause.
    Failed(EngineError),
}

impl<E: Into<EngineError>> From<E> for Interruption {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

impl Interruption {
    pub fn failed(reason: Message, lost: Option<Message>) -> Self {
        Self::End(Cause::Failed { reason, lost })
    }

    fn into_cause(self) -> Cause {
        match self {
            Self::End(cause) => cause,
            Self::Failed(error) => Cause::Failed { reason: error.as_message(), lost: None },
        }
    }
}

/// Whether it is a problem of the server's database, which does not affect the run. A full disk does: local nodes use the same disk.
fn passes(error: &EngineError) -> bool {
    matches!(error, EngineError::Store(StoreError::Database { .. }))
}

/// A run and the cluster that it uses exclusively.
#[derive(Clone)]
pub(super) struct Task {
    pub engine: Engine,
    pub id: RunId,
}

impl Engine {
    /// Starts the task of a run.
    pub(crate) fn supervise(&self, id: RunId) {
        let task = Task { engine: self.clone(), id };
        self.work_on("run", task.id.to_string(), format!("the run {}", task.id), move |panics| {
            let task = task.clone();
            async move {
                if panics > 0 {
                    // It may lack samples that were being counted: the spool has all, and is read again.
                    task.engine.live().remove(&task.id);
                }
                if panics >= PANICS_UNTIL_GIVEN_UP {
                    task.fail_phase(panics).await;
                }
                task.lead().await;
            }
        });
    }
}

impl Task {
    async fn lead(&self) {
        let mut failures = 0;
        loop {
            let run = match self.run().await {
                Ok(run) => run,
                Err(EngineError::NotFound { .. }) => return,
                Err(error) => {
                    tracing::error!(run = %self.id, %error, "run {} cannot be read: {error}; trying again", self.id);
                    sleep(RETRY_EVERY).await;
                    continue;
                }
            };
            let outcome = match run.phase {
                RunPhase::Queued => self.wait_for_cluster(&run).await,
                // A stop must not wait for a slow machine.
                RunPhase::Preparing => tokio::select! {
                    prepared = prepare::prepare(self, &run) => prepared,
                    stopped = self.until_stopped() => Err(stopped),
                },
                RunPhase::Running => match run.results {
                    ResultsMode::Rmi => follow::follow(self, &run).await,
                    ResultsMode::Direct => direct::follow(self, &run).await,
                },
                RunPhase::Collecting => match self.collect(&run).await {
                    Ok(()) => Ok(()),
                    Err(error) => {
                        tracing::error!(run = %self.id, %error, "run {}: {error}; trying again", self.id);
                        // Its files here are unusable, which does not pass: the cluster must not wait forever.
                        failures += u32::from(matches!(error, EngineError::File { .. }));
                        if failures >= COLLECT_TRIES {
                            let reason = error.as_message();
                            let lost = Some(Message::new(
                                "received_log_kept",
                                "The log in the run's folder contains the samples received until then.",
                            ));
                            if let Err(error) = self.finish_without_results(Cause::Failed { reason, lost }).await {
                                tracing::error!(run = %self.id, %error, "run {}: {error}; trying again", self.id);
                            }
                        }
                        sleep(RETRY_EVERY).await;
                        continue;
                    }
                },
                RunPhase::Finished => {
                    if let Some(archive) = self.engine.archive() {
                        archive.expect(&run);
                    }
                    self.engine.compression().add(self.id.clone());
                    return;
                }
            };
            match outcome {
                Ok(()) => (),
                // The test itself is not affected and continues; the phase resumes as after a restart of the server.
                Err(Interruption::Failed(error)) if passes(&error) => {
                    tracing::warn!(run = %self.id, %error, "run {}: {error}; trying again", self.id);
                    sleep(RETRY_EVERY).await;
                }
                Err(interruption) => self.conclude(interruption.into_cause()).await,
            }
        }
    }

    /// Records the cause and continues with collecting. It retries indefinitely: a run whose end is not recorded would
    /// keep its machines.
    async fn conclude(&self, cause: Cause) {
        tracing::info!(run = %self.id, "run {} ends: {}", self.id, cause.sentence());
        loop {
            let cause = cause.clone();
            let written = self
                .change(move |run| {
                    run.cause.get_or_insert(cause);
                    run.phase = run.phase.apply(RunEvent::MasterEnded)?;
                    Ok(())
                })
                .await;
            match written {
                Ok(_) => return,
                Err(error) => {
                    tracing::error!(run = %self.id, %error, "run {}: its end cannot be written down: {error}; trying again", self.id);
                    // Data on another machine uses no space here, and may be all that there is of the run.
                    if let (EngineError::DiskFull { .. }, Ok(run)) = (&error, self.run().await)
                        && self.cluster(&run).await.is_ok_and(|cluster| cluster.provider == Provider::Local)
                    {
                        self.make_room(&run).await;
                    }
                }
            }
            sleep(RETRY_EVERY).await;
        }
    }

    /// Ends a run whose task fails each time: because the same phase would fail again, it continues with the next one.
    async fn fail_phase(&self, panics: u32) {
        let Ok(run) = self.run().await else { return };
        let reason = Message::new("internal_error", "Internal error while JAC ran the test. See the server's log.");
        let lost = Message::new("result_may_be_incomplete", "The result may be incomplete.");
        let cause = Cause::Failed { reason, lost: Some(lost) };
        match run.phase {
            RunPhase::Finished => (),
            RunPhase::Queued | RunPhase::Preparing | RunPhase::Running => self.conclude(cause).await,
            // It had its attempts before.
            RunPhase::Collecting if panics < PANICS_UNTIL_GIVEN_UP * 2 => (),
            RunPhase::Collecting => {
                if let Err(error) = self.finish_without_results(cause).await {
                    tracing::error!(run = %self.id, %error, "run {}: {error}", self.id);
                }
            }
        }
    }

    /// Waits until a stop of the run is requested.
    async fn until_stopped(&self) -> Interruption {
        let mut changes = self.engine.changes_of_run(&self.id);
        loop {
            // An unreadable database ends nothing.
            if let Err(stopped @ Interruption::End(_)) = self.check_stop_request().await {
                return stopped;
            }
            changes.next().await;
        }
    }

    async fn wait_for_cluster(&self, run: &Run) -> Result<(), Interruption> {
        self.step("waiting_for_cluster", "Waiting for the cluster.").await?;
        let mut changes = self.engine.changes_of_both(&self.id, &run.cluster_id);
        // After a crash between writing the run down and taking the cluster, this takes it.
        let waited = self.wait_in_queue(run, &mut changes).await?;
        let cluster = self.cluster(run).await?;
        let limit = self.engine.settings().queue_limit_of(cluster.provider, cluster.nodes.len());
        let left = if waited { limit } else { self.engine.left_of(limit, run.created_ms) };
        let deadline = Instant::now() + left;
        let cluster = loop {
            let cluster = self.cluster(run).await?;
            match cluster.phase {
                ClusterPhase::Ready => break cluster,
                ClusterPhase::Requested | ClusterPhase::Launching | ClusterPhase::Preparing => (),
                ClusterPhase::Failed | ClusterPhase::Terminating | ClusterPhase::Terminated => {
                    self.check_stop_request().await?;
                    let why = cluster.cause.map_or_else(|| "It was terminated.".to_owned(), |cause| cause.message);
                    let reason = Message::new("cluster_never_ready", format!("The cluster never became ready. {why}"))
                        .with("cluster_cause", why.as_str());
                    return Err(Interruption::failed(reason, None));
                }
            }
            self.check_stop_request().await?;
            if Instant::now() > deadline {
                let limit = limit.as_secs() / 60;
                let text = format!("The cluster was not ready within {limit} minutes.");
                let reason = Message::new("cluster_not_ready_in_time", text).with("limit_minutes", limit);
                return Err(Interruption::failed(reason, None));
            }
            changes.next().await;
        };
        self.change(move |run| {
            super::nodes::take_nodes(run, &cluster);
            run.phase = run.phase.apply(RunEvent::ClusterReady)?;
            Ok(())
        })
        .await?;
        Ok(())
    }

    /// Waits until this run has the cluster. Returns whether it had to wait.
    async fn wait_in_queue(&self, run: &Run, changes: &mut Changes) -> Result<bool, Interruption> {
        let mut reported = None;
        loop {
            let held = self.engine.claim_cluster(&run.cluster_id, &run.id).await?;
            self.check_stop_request().await?;
            let cluster = self.cluster(run).await?;
            let Some(held) = held else {
                let lost = &cluster.lost_nodes;
                if reported.is_some() && !lost.is_empty() {
                    let text = format!("The cluster lost {} while the run was waiting for it.", lost.join(", "));
                    let reason = Message::new("cluster_incomplete", text).with("nodes", lost.clone());
                    return Err(Interruption::failed(reason, None));
                }
                return Ok(reported.is_some());
            };
            if cluster.phase != ClusterPhase::Ready && !cluster.phase.is_coming_up() {
                let text = "The cluster was terminated while the run was waiting for it.";
                return Err(Interruption::failed(Message::new("cluster_terminated_while_waiting", text), None));
            }
            if reported.as_ref() != Some(&held) {
                // The ID is used if its row cannot be read.
                let user = match &held {
                    Held::By(other) => self.engine.store().run(other).await.ok().map(|row| row.run.name),
                    Held::Restarting | Held::Behind(_) => None,
                };
                self.begin_step(held.step(user.as_deref())).await?;
                reported = Some(held);
                // The state may have changed before this was recorded.
                continue;
            }
            changes.next().await;
        }
    }

    /// An interruption if a stop of the run was requested before JMeter was started.
    pub async fn check_stop_request(&self) -> Result<(), Interruption> {
        let run = self.run().await?;
        match run.stop_requested {
            Some(how) => Err(Interruption::End(stopped(&run, how))),
            None => Ok(()),
        }
    }

    pub async fn run(&self) -> Result<Run, EngineError> {
        Ok(self.engine.store().run(&self.id).await?.run)
    }

    pub async fn cluster(&self, run: &Run) -> Result<Cluster, EngineError> {
        Ok(self.engine.store().cluster(&run.cluster_id).await?)
    }

    pub fn remote(&self, cluster: &Cluster, node: &str) -> Result<Arc<dyn Remote>, EngineError> {
        Ok(self.engine.cloud(cluster.provider)?.remote(&cluster.id, node))
    }

    /// The same, with retries while the node is unreachable: a short network outage must not fail a step.
    pub fn retrying_remote(&self, cluster: &Cluster, node: &str) -> Result<Arc<dyn Remote>, EngineError> {
        let limit = self.engine.settings().unreachable_limit;
        Ok(Arc::new(RetryingRemote { remote: self.remote(cluster, node)?, limit }))
    }

    /// Changes the run and publishes the change.
    pub async fn change(
        &self,
        change: impl FnOnce(&mut Run) -> Result<(), EngineError> + Send + 'static,
    ) -> Result<Run, EngineError> {
        let (run, ()) = self.engine.store().update_run(&self.id, change).await?;
        self.engine.notify(Event::Run(self.id.clone()));
        Ok(run)
    }

    /// Sets the current step.
    pub async fn step(&self, code: &'static str, message: &str) -> Result<(), EngineError> {
        self.begin_step(Message::new(code, message)).await
    }

    /// The same with parameters.
    async fn begin_step(&self, step: Message) -> Result<(), EngineError> {
        let now_ms = self.engine.now_ms();
        self.change(move |run| {
            let Message { code, params, message } = step;
            // Another run of that name is another one to wait for.
            if run.step == message
                && run.steps.last().is_some_and(|last| last.message == message && last.params == params)
            {
                return Ok(());
            }
            if let Some(last) = run.steps.last_mut() {
                last.ended_ms.get_or_insert(now_ms);
            }
            run.step.clone_from(&message);
            run.steps.push(RunStep { code, params, message, started_ms: now_ms, ended_ms: None });
            Ok(())
        })
        .await
        .map(drop)
    }

    /// Adds a remark for readers of the report, once.
    pub async fn note(&self, note: Message) -> Result<(), EngineError> {
        self.change(move |run| {
            if !run.notes.contains(&note) {
                run.notes.push(note);
            }
            Ok(())
        })
        .await
        .map(drop)
    }
}

/// The cause of a run that was ended by a person, or by a stop rule.
pub(super) fn stopped(run: &Run, how: StopMode) -> Cause {
    if let Some(BrokenRule { rule, actual, unit, since_ms, node }) = run.broken_rule.clone() {
        return Cause::AutoStopped { rule, actual, unit, since_ms, node, how };
    }
    Cause::Stopped { by: run.stop_requested_by.clone().unwrap_or_else(|| "somebody".to_owned()), how }
}

/// A node's name is one of the cluster's.
pub(super) fn known_node(run: &Run, name: &str) -> Result<(), EngineError> {
    if run.nodes.iter().any(|node| node.name == name) {
        return Ok(());
    }
    Err(conflict(format!("The run {} has no node '{name}'.", run.id), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::ffi;

    #[test]
    fn a_database_that_is_busy_ends_no_run() {
        let source = rusqlite::Error::SqliteFailure(ffi::Error::new(ffi::SQLITE_BUSY), None);
        assert!(passes(&EngineError::Store(StoreError::Database { what: "write", source })));
        assert!(!passes(&EngineError::DiskFull { what: "writing".to_owned() }));
        assert!(!passes(&EngineError::JMeter("it failed".to_owned())));
    }
}
