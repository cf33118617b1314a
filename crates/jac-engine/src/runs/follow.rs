//! Follows a running JMeter: its log into the spool and the statistics, its processes for what may happen to them.
//!
//! The spool is written before the statistics are fed and before the offset moves on, so after a crash the spool *is*
//! the offset. It ends when the master's process has ended and its log is read to the end.

use super::health::{self, Alarm};
use super::prepare::last_words;
use super::stop::Stopping;
use super::supervise::{Interruption, Task, stopped};
use super::{NodePlaces, RESULTS, process_name, spool};
use crate::engine::{Event, administrator};
use crate::error::EngineError;
use crate::live::LiveRun;
use crate::reconcile::last_call_ms;
use futures_util::future::join_all;
use jac_model::ports::{PortError, ProcessState, Remote};
use jac_model::{Cause, ClusterId, NodePhase, Role, Run, RunEvent, RunId, StopMode};
use jac_store::StoredPoint;
use std::collections::HashMap;
use std::io::{Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// How much of the log is read in one go.
const PIECE: usize = 1 << 20;
/// How long a worker's node may take to say what its process does.
const WORKER_LOOK_LIMIT: Duration = Duration::from_secs(2);
const NOT_IN_THE_LOG: &str = "What was measured after that is not in the log.";

/// The spool of a run with the statistics of all that is in it.
pub(super) struct Intake {
    run: RunId,
    file: std::fs::File,
    offset: u64,
    pub live: Arc<LiveRun>,
}

impl Intake {
    /// Opens the spool and reads what is in it already, which takes a while for a long run.
    pub async fn open(task: &Task) -> Result<Self, EngineError> {
        let task = task.clone();
        let opened = tokio::task::spawn_blocking(move || Self::open_blocking(&task)).await;
        opened.map_err(|panic| EngineError::JMeter(panic.to_string()))?
    }

    fn open_blocking(task: &Task) -> Result<Self, EngineError> {
        let path = spool(task.engine.folder(), &task.id);
        let failed = |error| EngineError::file("the run's log", error);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let mut file = std::fs::File::options().create(true).append(true).read(true).open(&path).map_err(failed)?;
        let known = task.engine.live().get(&task.id).cloned();
        let offset = file.metadata().map_err(failed)?.len();
        if let Some(live) = known {
            return Ok(Self { run: task.id.clone(), file, offset, live });
        }
        let base = task
            .engine
            .store()
            .series(&task.id)?
            .and_then(|(_, points)| points.iter().map(|point| point.seq).max())
            .unwrap_or(0);
        let live = Arc::new(LiveRun::new(base));
        let mut buffer = vec![0; PIECE];
        loop {
            match file.read(&mut buffer).map_err(failed)? {
                0 => break,
                length => live.feed(&buffer[..length]),
            }
        }
        task.engine.live().insert(task.id.clone(), Arc::clone(&live));
        Ok(Self { run: task.id.clone(), file, offset, live })
    }

    /// Takes in everything that the master's log has now. Returns how many bytes.
    pub async fn pull(&mut self, master: &dyn Remote) -> Result<u64, EngineError> {
        let results = NodePlaces::of(&self.run).results();
        let mut taken = 0;
        loop {
            let Some(chunk) = master.read_at(&results, self.offset, PIECE).await? else { return Ok(taken) };
            if chunk.bytes.is_empty() {
                return Ok(taken);
            }
            if let Err(error) = self.file.write_all(&chunk.bytes) {
                // What was written of the piece would be taken for the whole of it after a restart.
                drop(self.file.set_len(self.offset));
                return Err(EngineError::file(format!("the run's log ({RESULTS})"), error));
            }
            self.live.feed(&chunk.bytes);
            self.offset += chunk.bytes.len() as u64;
            taken += chunk.bytes.len() as u64;
        }
    }

    pub fn offset(&self) -> u64 {
        self.offset
    }
}

/// Something that ends the run from within.
struct Failure {
    reason: String,
    lost: Option<String>,
    /// When the master is killed, whatever is still to come.
    deadline: Instant,
}

struct Follower<'a> {
    task: &'a Task,
    cluster: ClusterId,
    master_name: String,
    master: Arc<dyn Remote>,
    workers: Vec<(String, Arc<dyn Remote>)>,
    stopping: Stopping,
    failure: Option<Failure>,
    unreachable_since: Option<Instant>,
    /// Since when the master's log cannot be read though the master answers.
    unread_since: Option<Instant>,
    /// Since when each worker does not answer that does not.
    away: HashMap<String, Instant>,
    workers_ended_at: Option<Instant>,
}

pub(super) async fn follow(task: &Task, run: &Run) -> Result<(), Interruption> {
    task.step("Running.")?;
    let mut intake = Intake::open(task).await?;
    let cluster = task.cluster(run)?;
    let name_of = |role| run.nodes.iter().filter(move |node| node.role == role).map(|node| node.name.clone());
    let master_name =
        name_of(Role::Master).next().ok_or_else(|| EngineError::JMeter("The run has no master.".to_owned()))?;
    let workers = name_of(Role::Worker)
        .map(|name| task.remote(&cluster, &name).map(|remote| (name, remote)))
        .collect::<Result<_, _>>()?;
    let mut follower = Follower {
        task,
        cluster: cluster.id.clone(),
        master: task.remote(&cluster, &master_name)?,
        master_name: master_name.clone(),
        workers,
        stopping: Stopping::resume(run, task.engine.settings().cut_limit, task.engine.now_ms()),
        failure: match &run.failing {
            Some(Cause::Failed { reason, lost }) => {
                let deadline = Instant::now() + task.engine.settings().last_samples_limit;
                Some(Failure { reason: reason.clone(), lost: lost.clone(), deadline })
            }
            _ => None,
        },
        unreachable_since: None,
        unread_since: None,
        away: HashMap::new(),
        workers_ended_at: None,
    };
    let watched = std::iter::once((master_name, Arc::clone(&follower.master))).chain(follower.workers.iter().cloned());
    let alarm = Alarm::default();
    task.engine.spawn(health::watch(task.clone(), cluster.provider, watched.collect(), Arc::clone(&alarm)));
    let settings = task.engine.settings();
    let mut ticks = interval(settings.tail_every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut next_snapshot = Instant::now() + settings.snapshot_every;
    let cause = loop {
        ticks.tick().await;
        if let Some(reason) = alarm.get() {
            follower.fail(reason.clone(), Some(NOT_IN_THE_LOG.to_owned()), Duration::ZERO);
        }
        // The state first, the log after it: when the process had ended, the log that is read now is complete.
        let state = follower.look_at_master().await?;
        let pulled = intake.pull(follower.master.as_ref()).await;
        follower.judge_log(pulled);
        if Instant::now() >= next_snapshot {
            next_snapshot = Instant::now() + settings.snapshot_every;
            publish(task, &intake.live);
            follower.look_at_workers().await?;
        }
        if let Some(cause) = follower.go_on(state, &intake).await? {
            break cause;
        }
    };
    publish(task, &intake.live);
    task.change(|run| {
        run.cause.get_or_insert(cause);
        run.phase = run.phase.apply(RunEvent::MasterEnded)?;
        Ok(())
    })?;
    Ok(())
}

/// The node did not say anything, so that there is nothing to learn from what it said.
fn is_silence(error: &PortError) -> bool {
    matches!(error, PortError::Unreachable { .. } | PortError::TooSlow { .. })
}

impl Follower<'_> {
    /// What the master's process does; `None` while its node does not answer.
    async fn look_at_master(&mut self) -> Result<Option<ProcessState>, Interruption> {
        match self.master.process(&process_name(&self.task.id)).await {
            Ok(state) => {
                self.unreachable_since = None;
                Ok(Some(state))
            }
            // One answer that is none is no reason to give up a run that goes on, whatever it says.
            Err(error) => {
                let since = *self.unreachable_since.get_or_insert_with(Instant::now);
                if since.elapsed() < self.patience(&self.master_name) {
                    return Ok(None);
                }
                let lost = "What the master had not handed over by then is lost.".to_owned();
                let what =
                    if is_silence(&error) { "The master's node is gone" } else { "The master cannot be looked at" };
                Err(Interruption::failed(format!("{what}: {error}."), Some(lost)))
            }
        }
    }

    /// How long a node that does not answer is waited for: one of which its provider says that it is gone, no more.
    fn patience(&self, node: &String) -> Duration {
        let engine = &self.task.engine;
        match engine.store().cluster(&self.cluster) {
            Ok(cluster) if cluster.lost_nodes.contains(node) => Duration::ZERO,
            _ => engine.settings().unreachable_limit,
        }
    }

    /// A log that cannot be kept ends the run: going on would measure what nobody gets to see.
    fn judge_log(&mut self, pulled: Result<u64, EngineError>) {
        match pulled {
            Ok(_) => self.unread_since = None,
            // The looks at the master's process tell of that.
            Err(EngineError::Port(error)) if is_silence(&error) => (),
            Err(EngineError::Port(_))
                if self.unread_since.get_or_insert_with(Instant::now).elapsed()
                    < self.task.engine.settings().unreachable_limit => {}
            Err(error) => self.fail(crate::tools::sentence(&error), Some(NOT_IN_THE_LOG.to_owned()), Duration::ZERO),
        }
    }

    fn fail(&mut self, reason: String, lost: Option<String>, time_left: Duration) {
        if self.failure.is_none() {
            tracing::error!(run = %self.task.id, "run {}: {reason}", self.task.id);
            let failing = Cause::Failed { reason: reason.clone(), lost: lost.clone() };
            let written = self.task.change(|run| {
                run.failing = Some(failing);
                Ok(())
            });
            if let Err(error) = written {
                tracing::warn!(run = %self.task.id, %error, "run {}: {error}", self.task.id);
            }
            self.failure = Some(Failure { reason, lost, deadline: Instant::now() + time_left });
        }
    }

    /// Marks what the workers do. One that died ends the run: the master would wait for it for ever.
    async fn look_at_workers(&mut self) -> Result<(), EngineError> {
        let process = process_name(&self.task.id);
        let looks = self.workers.iter().map(|(name, remote)| async {
            // A machine that does not answer must not hold up the log's way.
            let limit = WORKER_LOOK_LIMIT;
            let late = PortError::TooSlow { node: name.clone(), what: "answer".to_owned(), limit };
            (name.clone(), timeout(limit, remote.process(&process)).await.unwrap_or(Err(late)))
        });
        let (mut seen, mut refused) = (Vec::new(), None);
        for (name, look) in join_all(looks).await {
            match look {
                Ok(state) => {
                    self.away.remove(&name);
                    seen.push((name, Some(state)));
                }
                Err(error) => {
                    // The same patience as with the master: a network may be away for a moment, and JMeter outlives that.
                    let since = *self.away.entry(name.clone()).or_insert_with(Instant::now);
                    if since.elapsed() >= self.patience(&name) {
                        refused = refused.or_else(|| (!is_silence(&error)).then(|| (name.clone(), error)));
                        seen.push((name, None));
                    }
                }
            }
        }
        let run = self.task.run()?;
        let phase_of = |state: Option<ProcessState>| match state {
            Some(ProcessState::Running { .. }) => (NodePhase::Running, None),
            Some(ProcessState::Exited { code }) => (NodePhase::Ended, Some(code)),
            Some(ProcessState::Absent | ProcessState::Vanished) | None => (NodePhase::Lost, None),
        };
        let changed = seen.iter().any(|(name, state)| {
            let (phase, exit_code) = phase_of(*state);
            run.nodes.iter().any(|node| node.name == *name && (node.state != phase || node.exit_code != exit_code))
        });
        if changed {
            self.task.change(|run| {
                for node in &mut run.nodes {
                    if let Some((_, state)) = seen.iter().find(|(name, _)| *name == node.name) {
                        (node.state, node.exit_code) = phase_of(*state);
                    }
                }
                Ok(())
            })?;
        }
        let dead = seen
            .iter()
            .find(|(_, state)| !matches!(state, Some(ProcessState::Running { .. } | ProcessState::Exited { code: 0 })));
        // While the run is being stopped, workers may end in any way.
        if let Some((name, state)) = dead
            && self.stopping.how().is_none()
        {
            let what = match (state, &refused) {
                (Some(ProcessState::Exited { code }), _) => {
                    format!("JMeter on {name} ended with exit code {code} in the middle of the run.")
                }
                (None, Some((of, error))) if of == name => format!("JMeter on {name} cannot be looked at: {error}."),
                _ => format!("JMeter on {name} was killed from outside, or its machine is gone."),
            };
            let lost = format!(
                "What {name} had measured and not yet sent (at most 100 samples, or half a second and its next sample) is lost, and so is all that it was still to measure."
            );
            self.fail(what, Some(lost), self.task.engine.settings().last_samples_limit);
        }
        let all_ended = !seen.is_empty()
            && seen.len() == self.workers.len()
            && !seen.iter().any(|(_, state)| matches!(state, Some(ProcessState::Running { .. })));
        if !all_ended {
            self.workers_ended_at = None;
        } else if self.workers_ended_at.get_or_insert_with(Instant::now).elapsed()
            > self.task.engine.settings().master_end_limit
        {
            self.fail("All workers had ended, but the master did not, and was ended.".to_owned(), None, Duration::ZERO);
        }
        Ok(())
    }

    /// Does what is due, and returns the cause once there is nothing more to wait for.
    async fn go_on(&mut self, master: Option<ProcessState>, intake: &Intake) -> Result<Option<Cause>, Interruption> {
        let run = self.task.run()?;
        match master {
            Some(ProcessState::Exited { code }) => return Ok(Some(self.cause_at_exit(&run, code, intake).await)),
            Some(ProcessState::Vanished | ProcessState::Absent) => return Ok(Some(self.cause_of_vanishing(&run))),
            Some(ProcessState::Running { .. }) | None => (),
        }
        if let Some(failure) = &self.failure {
            let workers_left =
                run.nodes.iter().any(|node| node.role == Role::Worker && node.state == NodePhase::Running);
            if Instant::now() >= failure.deadline || !workers_left {
                self.master.kill(&process_name(&run.id)).await?;
                return Ok(None);
            }
            // The workers that are left hand in what they have.
            self.stopping
                .go_on(
                    self.task,
                    &run,
                    self.master.as_ref(),
                    StopMode::Graceful,
                    self.task.engine.settings().last_samples_limit,
                )
                .await?;
            return Ok(None);
        }
        if let Some(wanted) = run.stop_requested {
            let wanted = if self.cluster_is_about_to_end(&run)? { StopMode::Cut } else { wanted };
            self.stopping
                .go_on(self.task, &run, self.master.as_ref(), wanted, Duration::from_secs(run.grace_s))
                .await?;
        }
        Ok(None)
    }

    /// The grace period does not outlast the machines: at their end the run has to have been cut, and its log to be here.
    fn cluster_is_about_to_end(&self, run: &Run) -> Result<bool, EngineError> {
        let engine = &self.task.engine;
        Ok(engine.now_ms() >= last_call_ms(engine.settings(), &self.task.cluster(run)?))
    }

    async fn cause_at_exit(&self, run: &Run, code: i32, intake: &Intake) -> Cause {
        if let Some(failure) = &self.failure {
            return Cause::Failed { reason: failure.reason.clone(), lost: failure.lost.clone() };
        }
        if let Some(how) = self.stopping.how() {
            return stopped(run, how);
        }
        if code != 0 {
            let words = last_words(self.master.as_ref(), run).await;
            return Cause::Failed {
                reason: format!("JMeter's master ended with exit code {code}. {words}"),
                lost: None,
            };
        }
        if intake.live.since(u64::MAX).summary.labels.is_empty() {
            let words = last_words(self.master.as_ref(), run).await;
            return Cause::Failed {
                reason: format!("The plan ended without having taken a sample. {words}"),
                lost: None,
            };
        }
        Cause::Completed
    }

    fn cause_of_vanishing(&self, run: &Run) -> Cause {
        if let Some(failure) = &self.failure {
            return Cause::Failed { reason: failure.reason.clone(), lost: failure.lost.clone() };
        }
        // It did not end when it was told to, and was killed.
        if self.stopping.how() == Some(StopMode::Cut) {
            return stopped(run, StopMode::Cut);
        }
        Cause::Failed {
            reason: "JMeter's master was killed from outside, or its machine was started anew.".to_owned(),
            lost: Some("Samples that the workers had not yet handed to the master are lost.".to_owned()),
        }
    }
}

/// Keeps all points of a run anew: one that could not be written while it ran would be missing for ever.
pub(super) fn keep_all_points(task: &Task, live: &LiveRun) -> Result<(), EngineError> {
    let measured = live.since(u64::MAX);
    let points = stored(&measured.points, measured.seq);
    Ok(task.engine.store().put_series(&task.id, i64::try_from(measured.bucket_ms).unwrap_or(i64::MAX), &points)?)
}

fn stored(points: &[jac_jtl::Point], seq: u64) -> Vec<StoredPoint> {
    let stored =
        |point: &jac_jtl::Point| Some(StoredPoint { t_ms: point.t_ms, seq, point: serde_json::to_value(point).ok()? });
    points.iter().filter_map(stored).collect()
}

/// Sends the next snapshot to whoever watches, and keeps its points.
pub(super) fn publish(task: &Task, live: &LiveRun) {
    let engine = &task.engine;
    let measured = live.advance(engine.now_ms());
    let points = stored(&measured.points, measured.seq);
    let bucket_ms = i64::try_from(measured.bucket_ms).unwrap_or(i64::MAX);
    if let Err(error) = engine.store().put_series(&task.id, bucket_ms, &points) {
        // All points are kept anew at the end.
        tracing::warn!(run = %task.id, %error, "run {}: points could not be stored: {error}", task.id);
    }
    // One person sees all runs as their owner; with accounts, what each may do is asked for apart.
    if let Ok(row) = engine.store().run(&task.id) {
        let snapshot = engine.snapshot_of(row, measured, &administrator());
        engine.tell(Event::Snapshot(Arc::new(snapshot)));
    }
}
