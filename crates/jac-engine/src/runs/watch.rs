//! The parts of supervising a run that do not depend on how its samples are collected: snapshots, stop rules, failures.

use super::supervise::Task;
use super::tailed_spool::publish;
use crate::blocking::in_place;
use crate::changes::{Changes, RECHECK_EVERY};
use crate::error::EngineError;
use crate::live::LiveRun;
use crate::reconcile::last_call_ms;
use crate::retrying::is_silence;
use jac_model::ports::PortError;
use jac_model::{Cause, ClusterId, Message, Role, Run, StopMode};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// How long a node is waited for if it does not answer and its provider reports it as gone.
const GONE_LIMIT: Duration = Duration::from_secs(5);

/// The missing data if the log could not be read any further.
pub(super) fn rest_is_not_in_the_log() -> Message {
    Message::new("rest_not_in_log", "Samples recorded after that are not in the log.")
}

/// Something that ends the run from within.
pub(super) struct Failure {
    pub reason: Message,
    pub lost: Option<Message>,
    /// When JMeter is killed, even if data is still arriving.
    pub deadline: Instant,
}

impl Failure {
    pub fn cause(&self) -> Cause {
        Cause::Failed { reason: self.reason.clone(), lost: self.lost.clone() }
    }
}

/// A run that is being supervised.
pub(super) struct Watch<'a> {
    pub task: &'a Task,
    cluster: ClusterId,
    live: Arc<LiveRun>,
    pub failure: Option<Failure>,
    row: Mutex<Row>,
}

/// The run's row as it was last read, and its events since.
struct Row {
    changes: Changes,
    last: Option<(Instant, Arc<Run>)>,
}

impl<'a> Watch<'a> {
    /// Resumes where an earlier engine stopped, according to the run's row.
    pub fn new(task: &'a Task, run: &Run, live: Arc<LiveRun>) -> Self {
        let failure = match &run.failing {
            Some(Cause::Failed { reason, lost }) => {
                let deadline = Instant::now() + task.engine.settings().last_samples_limit;
                Some(Failure { reason: reason.clone(), lost: lost.clone(), deadline })
            }
            _ => None,
        };
        let row = Mutex::new(Row { changes: task.engine.changes_of_run(&task.id), last: None });
        Self { task, cluster: run.cluster_id.clone(), live, failure, row }
    }

    /// The run as it is now. The database is read after an event of the run, not on each call.
    pub async fn run(&self) -> Result<Arc<Run>, EngineError> {
        let mut row = self.row.lock().await;
        let has_changed = row.changes.any();
        if let Some((at, run)) = &row.last
            && !has_changed
            && at.elapsed() < RECHECK_EVERY
        {
            return Ok(Arc::clone(run));
        }
        // If it cannot be read at present, the next call reads it.
        row.last = None;
        let run = Arc::new(self.task.run().await?);
        row.last = Some((Instant::now(), Arc::clone(&run)));
        Ok(run)
    }

    /// A change that cannot be recorded because the disk is full is kept in memory, and recorded when there is space.
    pub fn unless_full(&self, done: Result<(), EngineError>) -> Result<(), EngineError> {
        match done {
            Err(error @ EngineError::DiskFull { .. }) => {
                tracing::warn!(run = %self.task.id, %error, "run {}: {error}", self.task.id);
                Ok(())
            }
            done => done,
        }
    }

    /// Sends the next snapshot, and evaluates the criteria and stop rules. `ended`: JMeter has ended.
    pub async fn take_snapshot(&self, ended: bool) -> Result<(), EngineError> {
        self.observe_processors().await?;
        publish(self.task, &self.live).await;
        self.unless_full(self.judge(ended).await)
    }

    /// Shows the rules of the automatic stop how busy the load generators are: the workers; the master in a run without workers.
    async fn observe_processors(&self) -> Result<(), EngineError> {
        let run = self.run().await?;
        let has_workers = run.nodes.iter().any(|node| node.role == Role::Worker);
        let role = if has_workers { Role::Worker } else { Role::Master };
        for node in run.nodes.iter().filter(|node| node.role == role) {
            if let Some(health) = node.health {
                self.live.add_processors(&node.name, health.at_ms, health.cpu_percent);
            }
        }
        Ok(())
    }

    /// Records the state of the criteria, and requests a stop of the run if a rule is broken: like a person's request,
    /// and only once.
    async fn judge(&self, ended: bool) -> Result<(), EngineError> {
        if let Some(watch) = self.live.changed_watch() {
            self.task
                .change(move |run| {
                    run.criteria_watch = watch;
                    Ok(())
                })
                .await?;
            self.live.watch_is_kept();
        }
        let Some(broken) = self.live.broken_rule().filter(|_| self.failure.is_none() && !ended) else {
            return Ok(());
        };
        if self.run().await?.stop_requested.is_some() {
            return Ok(());
        }
        tracing::warn!(run = %self.task.id, rule = broken.rule, actual = broken.actual, "run {}: the automatic stop's rule {} is broken", self.task.id, broken.rule);
        self.task
            .change(move |run| {
                // Another request was faster and has stopped it.
                if run.stop_requested.is_none() {
                    run.stop_requested = Some(StopMode::Graceful);
                    run.broken_rule = Some(broken);
                }
                Ok(())
            })
            .await?;
        Ok(())
    }

    /// How long polls of a node may fail before it counts as lost: networks recover, and JMeter survives outages.
    pub async fn wait_limit(&self, node: &String, error: &PortError) -> Duration {
        let engine = &self.task.engine;
        match engine.store().cluster(&self.cluster).await {
            Ok(cluster) if is_silence(error) && cluster.lost_nodes.contains(node) => GONE_LIMIT,
            _ => engine.settings().unreachable_limit,
        }
    }

    /// Fails the run, unless it has failed. JMeter has this long to end.
    pub async fn fail(&mut self, reason: Message, lost: Option<Message>, time_left: Duration) {
        if self.failure.is_none() {
            tracing::error!(run = %self.task.id, "run {}: {reason}", self.task.id);
            let failing = Cause::Failed { reason: reason.clone(), lost: lost.clone() };
            let written = self
                .task
                .change(move |run| {
                    run.failing = Some(failing);
                    Ok(())
                })
                .await;
            if let Err(error) = written {
                tracing::warn!(run = %self.task.id, %error, "run {}: {error}", self.task.id);
            }
            self.failure = Some(Failure { reason, lost, deadline: Instant::now() + time_left });
        }
    }

    /// The grace period must not exceed the machines' lifetime: by its end the run must have been force-stopped, and
    /// its log must have arrived.
    pub async fn cluster_is_about_to_end(&self, run: &Run) -> Result<bool, EngineError> {
        let engine = &self.task.engine;
        Ok(engine.now_ms() >= last_call_ms(engine, &self.task.cluster(run).await?))
    }

    pub fn has_no_sample(&self) -> bool {
        in_place(|| self.live.since(u64::MAX)).summary.labels.is_empty()
    }
}
