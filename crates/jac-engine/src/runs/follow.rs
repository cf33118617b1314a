//! Follows a running JMeter: polls its processes while its log is read concurrently ([`super::tail`]). However slowly
//! the log arrives, a stop is sent and a dead worker detected at once.
//!
//! It ends when the master's process has ended and its log was read to the end.

use super::health::{self, Alarm, Watched};
use super::prepare::error_excerpt;
use super::stop::{Stopping, Target};
use super::supervise::{Interruption, Task, stopped};
use super::tail::{self, TailState};
use super::tailed_spool::{MasterLog, TailedSpool, publish};
use super::watch::{Watch, rest_is_not_in_the_log};
use super::{NodePlaces, process_name};
use crate::error::EngineError;
use crate::fan_out::for_all;
use crate::retrying::{is_own_fault, is_silence};
use jac_model::ports::{PortError, ProcessState, Remote};
use jac_model::{Cause, Message, NodePhase, Role, Run, RunEvent, StopMode};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// How long a worker's node may take to report the state of its process.
const WORKER_POLL_LIMIT: Duration = Duration::from_secs(2);

struct Follower<'a> {
    watch: Watch<'a>,
    master_name: String,
    master: Arc<dyn Remote>,
    workers: Vec<(String, Arc<dyn Remote>)>,
    stopping: Stopping,
    /// Since when the master's process cannot be observed.
    unseen_since: Option<Instant>,
    /// The state of reading its log.
    tail: Arc<TailState>,
    /// When the end of the master's process was first detected.
    master_ended_at: Option<Instant>,
    /// Since when a worker's process cannot be observed.
    unseen_workers: HashMap<String, Instant>,
    /// The workers whose process has ended, or is gone.
    over: HashSet<String>,
    workers_ended_at: Option<Instant>,
}

pub(super) async fn follow(task: &Task, run: &Run) -> Result<(), Interruption> {
    task.step("running", "Running.").await?;
    let mut tailed = TailedSpool::open(task).await?;
    let cluster = task.cluster(run).await?;
    let name_of = |role| run.nodes.iter().filter(move |node| node.role == role).map(|node| node.name.clone());
    let master_name =
        name_of(Role::Master).next().ok_or_else(|| EngineError::JMeter("The run has no master.".to_owned()))?;
    let workers = name_of(Role::Worker)
        .map(|name| task.remote(&cluster, &name).map(|remote| (name, remote)))
        .collect::<Result<_, _>>()?;
    let mut follower = Follower {
        watch: Watch::new(task, run, Arc::clone(&tailed.live)),
        master: task.remote(&cluster, &master_name)?,
        master_name: master_name.clone(),
        workers,
        stopping: Stopping::resume(run, task.engine.settings().force_limit, task.engine.now_ms()),
        unseen_since: None,
        tail: Arc::default(),
        master_ended_at: None,
        unseen_workers: HashMap::new(),
        over: HashSet::new(),
        workers_ended_at: None,
    };
    let log = NodePlaces::of(&task.id).results();
    let all = std::iter::once(&follower.master).chain(follower.workers.iter().map(|(_, worker)| worker));
    let _following: Vec<_> = all.map(|node| node.follow(&process_name(&task.id), &log)).collect();
    // Only the master writes the log.
    let log = Some(Arc::clone(&follower.tail));
    let master = Watched { name: master_name, remote: Arc::clone(&follower.master), log };
    let workers = follower.workers.iter().cloned().map(|(name, remote)| Watched { name, remote, log: None });
    let alarm = Alarm::default();
    health::keep_watching(task, cluster.provider, std::iter::once(master).chain(workers).collect(), &alarm);
    let (live, tail) = (Arc::clone(&tailed.live), Arc::clone(&follower.tail));
    let master = Arc::clone(&follower.master);
    let mut log = MasterLog { tailed: &mut tailed, master: master.as_ref() };
    let cause = tokio::select! {
        cause = follower.lead(&alarm) => cause?,
        never = tail::read(&mut log, &tail, task.engine.settings().tail_every) => match never {},
    };
    publish(task, &live).await;
    task.change(move |run| {
        run.cause.get_or_insert(cause);
        run.phase = run.phase.apply(RunEvent::MasterEnded)?;
        Ok(())
    })
    .await?;
    Ok(())
}

impl Follower<'_> {
    /// Polls, publishes and performs due operations until the run has ended.
    async fn lead(&mut self, alarm: &Alarm) -> Result<Cause, Interruption> {
        let settings = self.watch.task.engine.settings();
        let mut ticks = interval(settings.tail_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_snapshot = Instant::now() + settings.snapshot_every;
        loop {
            ticks.tick().await;
            if let Some(reason) = alarm.get() {
                self.watch.fail(reason.clone(), Some(rest_is_not_in_the_log()), Duration::ZERO).await;
            }
            let state = self.poll_master().await?;
            self.judge_log().await;
            if Instant::now() >= next_snapshot {
                next_snapshot = Instant::now() + settings.snapshot_every;
                self.watch.take_snapshot(self.master_ended_at.is_some()).await?;
                // The workers of a master that does not respond are evaluated when it is back.
                if state.is_some() {
                    // It is recorded when there is space; the test continues meanwhile.
                    let polled = self.poll_workers().await;
                    self.watch.unless_full(polled)?;
                }
            }
            if let Some(cause) = self.advance(state).await? {
                return Ok(cause);
            }
        }
    }

    /// State of the master's process; `None` while it cannot be observed.
    async fn poll_master(&mut self) -> Result<Option<ProcessState>, Interruption> {
        match self.master.process(&process_name(&self.watch.task.id)).await {
            Ok(state) => {
                self.unseen_since = None;
                Ok(Some(state))
            }
            Err(error) if is_own_fault(&error) => {
                self.unseen_since = None;
                Ok(None)
            }
            // A single failed response of any kind must not end an active run.
            Err(error) => {
                let since = *self.unseen_since.get_or_insert_with(Instant::now);
                if since.elapsed() < self.watch.wait_limit(&self.master_name, &error).await {
                    return Ok(None);
                }
                if let Some(failure) = &self.watch.failure {
                    return Err(Interruption::End(failure.cause()));
                }
                let lost =
                    Message::new("master_samples_lost", "Samples that were not collected from it by then are lost.");
                let (code, what) = match is_silence(&error) {
                    true => ("node_lost", "The master node is lost"),
                    false => ("node_unreadable", "Cannot check the master"),
                };
                let reason = Message::new(code, format!("{what}: {error}."))
                    .with("node", self.master_name.as_str())
                    .with("detail", error.to_string());
                Err(Interruption::failed(reason, Some(lost)))
            }
        }
    }

    /// An unreadable log of a machine that responds ends the run: continuing would produce results that nobody can see.
    /// A log that waits for disk space here is read when there is some; until then it is safe on its machine.
    async fn judge_log(&mut self) {
        let Some((since, reason)) = self.tail.trouble() else { return };
        if since.elapsed() >= self.watch.task.engine.settings().unreachable_limit {
            self.watch.fail(reason, Some(rest_is_not_in_the_log()), Duration::ZERO).await;
        }
    }

    /// Records the workers' states. A dead worker ends the run: the master would wait for it forever.
    async fn poll_workers(&mut self) -> Result<(), EngineError> {
        let process = process_name(&self.watch.task.id);
        let polls = self.workers.iter().map(|(name, remote)| async {
            // A machine that does not answer must not delay the reading of the log.
            let limit = WORKER_POLL_LIMIT;
            let late = PortError::TooSlow { node: name.clone(), what: "answer".to_owned(), limit };
            (name.clone(), timeout(limit, remote.process(&process)).await.unwrap_or(Err(late)))
        });
        let mut seen: Vec<(String, Result<ProcessState, PortError>)> = Vec::new();
        for (name, poll) in for_all(polls).await {
            match poll {
                Ok(state) => {
                    self.unseen_workers.remove(&name);
                    match state {
                        ProcessState::Running { .. } => self.over.remove(&name),
                        _ => self.over.insert(name.clone()),
                    };
                    seen.push((name, Ok(state)));
                }
                Err(error) if is_own_fault(&error) => drop(self.unseen_workers.remove(&name)),
                Err(error) => {
                    let since = *self.unseen_workers.entry(name.clone()).or_insert_with(Instant::now);
                    if since.elapsed() >= self.watch.wait_limit(&name, &error).await {
                        self.over.insert(name.clone());
                        seen.push((name, Err(error)));
                    }
                }
            }
        }
        let run = self.watch.run().await?;
        let phase_of = |state: &Result<ProcessState, PortError>| match state {
            Ok(ProcessState::Running { .. }) => (NodePhase::Running, None),
            Ok(ProcessState::Exited { code }) => (NodePhase::Ended, Some(*code)),
            Ok(ProcessState::Absent | ProcessState::Vanished) | Err(_) => (NodePhase::Lost, None),
        };
        let changed = seen.iter().any(|(name, state)| {
            let (phase, exit_code) = phase_of(state);
            run.nodes.iter().any(|node| node.name == *name && (node.state != phase || node.exit_code != exit_code))
        });
        if changed {
            let phases: HashMap<String, _> = seen.iter().map(|(name, state)| (name.clone(), phase_of(state))).collect();
            self.watch
                .task
                .change(move |run| {
                    for node in &mut run.nodes {
                        if let Some(phase) = phases.get(&node.name) {
                            (node.state, node.exit_code) = *phase;
                        }
                    }
                    Ok(())
                })
                .await?;
        }
        let dead = seen
            .iter()
            .find(|(_, state)| !matches!(state, Ok(ProcessState::Running { .. } | ProcessState::Exited { code: 0 })));
        // While the run is being stopped, workers may end in any way.
        if let Some((name, state)) = dead
            && self.stopping.how().is_none()
        {
            let what = match state {
                Ok(ProcessState::Exited { code }) => {
                    let text = format!("JMeter on {name} exited with code {code} during the run.");
                    Message::new("worker_exited", text).with("exit_code", *code)
                }
                Err(error) if !is_silence(error) => {
                    let text = format!("Cannot check JMeter on {name}: {error}.");
                    Message::new("node_unreadable", text).with("detail", error.to_string())
                }
                _ => Message::new("worker_lost", format!("JMeter on {name} was killed, or its host is lost.")),
            };
            let what = what.with("node", name.as_str());
            let text = format!(
                "Samples that {name} had not sent yet (at most 100, or those of half a second and its next one) are \
                 lost, and it recorded none after that."
            );
            let lost = Message::new("worker_samples_lost", text).with("node", name.as_str());
            self.watch.fail(what, Some(lost), self.watch.task.engine.settings().last_samples_limit).await;
        }
        let all_ended = !self.workers.is_empty() && self.workers.iter().all(|(name, _)| self.over.contains(name));
        // If the master has ended too, it is only waited for because its log is still arriving.
        if !all_ended || self.master_ended_at.is_some() {
            self.workers_ended_at = None;
        } else if self.workers_ended_at.get_or_insert_with(Instant::now).elapsed()
            > self.watch.task.engine.settings().master_end_limit
        {
            let text = "All workers had ended, but the master had not; it was killed.";
            self.watch.fail(Message::new("master_did_not_end", text), None, Duration::ZERO).await;
        }
        Ok(())
    }

    /// Performs the due actions, and returns the cause once there is nothing more to wait for.
    async fn advance(&mut self, master: Option<ProcessState>) -> Result<Option<Cause>, Interruption> {
        let run = self.watch.run().await?;
        if let Some(ProcessState::Running { .. }) | None = master {
            self.master_ended_at = None;
        } else {
            // A read that began after its end has the whole log.
            let ended_at = *self.master_ended_at.get_or_insert_with(Instant::now);
            if !self.tail.has_read_all_since(ended_at) && self.watch.failure.is_none() {
                return Ok(None);
            }
        }
        match master {
            Some(ProcessState::Exited { code }) => return Ok(Some(self.cause_at_exit(&run, code).await)),
            Some(ProcessState::Vanished | ProcessState::Absent) => return Ok(Some(self.cause_of_vanishing(&run))),
            Some(ProcessState::Running { .. }) | None => (),
        }
        let targets = [Target { name: &self.master_name, remote: self.master.as_ref() }];
        if let Some(failure) = &self.watch.failure {
            let workers_left =
                run.nodes.iter().any(|node| node.role == Role::Worker && node.state == NodePhase::Running);
            if Instant::now() >= failure.deadline || !workers_left {
                if let Err(error) = self.master.kill(&process_name(&run.id)).await {
                    tracing::warn!(run = %run.id, %error, "run {}: the master could not be ended: {error}", run.id);
                    // It is retried, and also when the results are collected; the failure itself is known.
                    if failure.deadline.elapsed() >= self.watch.task.engine.settings().unreachable_limit {
                        return Ok(Some(failure.cause()));
                    }
                }
                return Ok(None);
            }
            // The remaining workers send their samples.
            let limit = self.watch.task.engine.settings().last_samples_limit;
            self.stopping.advance(self.watch.task, &run, &targets, StopMode::Graceful, limit).await?;
            return Ok(None);
        }
        if let Some(mode) = run.stop_requested {
            let mode = if self.watch.cluster_is_about_to_end(&run).await? { StopMode::Force } else { mode };
            let grace = Duration::from_secs(run.stop_timeout_s);
            self.stopping.advance(self.watch.task, &run, &targets, mode, grace).await?;
        }
        Ok(None)
    }

    async fn cause_at_exit(&self, run: &Run, code: i32) -> Cause {
        if let Some(failure) = &self.watch.failure {
            return failure.cause();
        }
        if let Some(how) = self.stopping.how() {
            return stopped(run, how);
        }
        if code != 0 {
            let words = error_excerpt(self.master.as_ref(), run).await;
            let text = format!("JMeter's master exited with code {code}. {words}");
            let reason = Message::new("master_exited", text).with("exit_code", code).with("error_excerpt", words);
            return Cause::Failed { reason, lost: None };
        }
        if self.watch.has_no_sample() {
            let words = error_excerpt(self.master.as_ref(), run).await;
            let text = format!("The plan ended without recording a sample. {words}");
            let reason = Message::new("no_sample", text).with("error_excerpt", words);
            return Cause::Failed { reason, lost: None };
        }
        Cause::Completed
    }

    fn cause_of_vanishing(&self, run: &Run) -> Cause {
        if let Some(failure) = &self.watch.failure {
            return failure.cause();
        }
        // It did not end on request, and was killed.
        if self.stopping.how() == Some(StopMode::Force) {
            return stopped(run, StopMode::Force);
        }
        let lost = "Samples that the workers had not yet sent to the master are lost.";
        Cause::Failed {
            reason: Message::new("master_killed", "JMeter's master was killed, or its host restarted."),
            lost: Some(Message::new("worker_samples_lost", lost)),
        }
    }
}
