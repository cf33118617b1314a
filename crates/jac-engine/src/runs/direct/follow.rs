//! Follows a run whose workers each run the plan independently: polls their processes while their logs are read concurrently
//! ([`super::tail`]), stops all of them at once, and ends when all have ended and their logs are read to the end.
//!
//! A lost worker ends the run, as with RMI, unless the run may continue with the remaining ones.

use super::merge::{Merge, SharedMerge, lock};
use super::tail::{self, Tailed};
use crate::error::EngineError;
use crate::fan_out::for_all;
use crate::retrying::{is_own_fault, is_silence};
use crate::runs::health;
use crate::runs::prepare::error_excerpt;
use crate::runs::stop::{Stopping, Target};
use crate::runs::supervise::{Interruption, Task, stopped};
use crate::runs::tailed_spool::publish;
use crate::runs::watch::{Watch, rest_is_not_in_the_log};
use crate::runs::{NodePlaces, process_name};
use jac_model::ports::{PortError, ProcessState};
use jac_model::{Cause, Message, NodePhase, Run, RunEvent, StopMode};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval, timeout};

/// How long a node may take to report the state of its process.
const POLL_LIMIT: Duration = Duration::from_secs(2);

/// How a worker's process ended.
#[derive(Debug)]
enum Ending {
    Exited(i32),
    /// It was killed, or its machine restarted.
    Vanished,
    /// Its node does not respond, or cannot be observed.
    Unseen(PortError),
}

/// A worker whose process has ended.
struct Over {
    since: Instant,
    how: Ending,
}

impl Over {
    /// It ended normally.
    fn is_ordinary(&self) -> bool {
        matches!(self.how, Ending::Exited(0))
    }

    fn phase(&self) -> (NodePhase, Option<i32>) {
        match self.how {
            Ending::Exited(code) => (NodePhase::Ended, Some(code)),
            Ending::Vanished | Ending::Unseen(_) => (NodePhase::Lost, None),
        }
    }
}

struct Follower<'a> {
    watch: Watch<'a>,
    merge: SharedMerge,
    nodes: Vec<Tailed>,
    stopping: Stopping,
    /// Since when a worker's process cannot be observed.
    unseen: HashMap<String, Instant>,
    over: HashMap<String, Over>,
}

pub(in crate::runs) async fn follow(task: &Task, run: &Run) -> Result<(), Interruption> {
    task.step("running", "Running.").await?;
    let merge = Merge::open(task).await?;
    let cluster = task.cluster(run).await?;
    let nodes: Vec<Tailed> = run
        .nodes
        .iter()
        .map(|node| {
            let remote = task.remote(&cluster, &node.name)?;
            Ok(Tailed { name: node.name.clone(), remote, state: Arc::default() })
        })
        .collect::<Result<_, EngineError>>()?;
    let log = NodePlaces::of(&task.id).results();
    let _following: Vec<_> = nodes.iter().map(|node| node.remote.follow(&process_name(&task.id), &log)).collect();
    let live = Arc::clone(&lock(&merge).tailed.live);
    let alarm = health::Alarm::default();
    let watched =
        nodes.iter().cloned().map(|Tailed { name, remote, state }| health::Watched { name, remote, log: Some(state) });
    health::keep_watching(task, cluster.provider, watched.collect(), &alarm);
    let tailed = nodes.clone();
    let mut follower = Follower {
        watch: Watch::new(task, run, Arc::clone(&live)),
        merge: Arc::clone(&merge),
        nodes,
        stopping: Stopping::resume(run, task.engine.settings().force_limit, task.engine.now_ms()),
        unseen: HashMap::new(),
        over: HashMap::new(),
    };
    let cause = tokio::select! {
        cause = follower.lead(&alarm) => cause?,
        never = tail::read(task, &merge, &tailed) => match never {},
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
    fn task(&self) -> &Task {
        self.watch.task
    }

    /// Polls, publishes and performs due operations until the run has ended.
    async fn lead(&mut self, alarm: &health::Alarm) -> Result<Cause, Interruption> {
        let settings = self.task().engine.settings().clone();
        let mut ticks = interval(tail::every(self.task(), self.nodes.len()));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut next_snapshot = Instant::now() + settings.snapshot_every;
        loop {
            ticks.tick().await;
            if let Some(reason) = alarm.get() {
                self.watch.fail(reason.clone(), Some(rest_is_not_in_the_log()), Duration::ZERO).await;
            }
            let polled = self.poll().await;
            self.watch.unless_full(polled)?;
            self.judge_logs().await;
            if Instant::now() >= next_snapshot {
                next_snapshot = Instant::now() + settings.snapshot_every;
                self.watch.take_snapshot(self.over.len() == self.nodes.len()).await?;
                let noted = self.note_first_samples().await;
                self.watch.unless_full(noted)?;
            }
            if let Some(cause) = self.advance().await? {
                return Ok(cause);
            }
        }
    }

    /// Records the workers' states, and which are lost.
    async fn poll(&mut self) -> Result<(), EngineError> {
        let process = process_name(&self.task().id);
        let polls = self.nodes.iter().map(|node| async {
            // A machine that does not answer must not delay the others.
            let limit = POLL_LIMIT;
            let late = PortError::TooSlow { node: node.name.clone(), what: "answer".to_owned(), limit };
            (node.name.clone(), timeout(limit, node.remote.process(&process)).await.unwrap_or(Err(late)))
        });
        for (name, poll) in for_all(polls).await {
            let how = match poll {
                Ok(ProcessState::Running { .. }) => {
                    self.unseen.remove(&name);
                    self.over.remove(&name);
                    continue;
                }
                Ok(ProcessState::Exited { code }) => Ending::Exited(code),
                Ok(ProcessState::Absent | ProcessState::Vanished) => Ending::Vanished,
                Err(error) if is_own_fault(&error) => {
                    self.unseen.remove(&name);
                    continue;
                }
                Err(error) => {
                    let since = *self.unseen.entry(name.clone()).or_insert_with(Instant::now);
                    if since.elapsed() < self.watch.wait_limit(&name, &error).await {
                        continue;
                    }
                    Ending::Unseen(error)
                }
            };
            if !matches!(how, Ending::Unseen(_)) {
                self.unseen.remove(&name);
            }
            let since = self.over.get(&name).map_or_else(Instant::now, |over| over.since);
            // A node that disappears after its JMeter had ended has lost only what was not read yet.
            if !(matches!(how, Ending::Unseen(_))
                && self.over.get(&name).is_some_and(Over::is_ordinary)
                && self.has_read(&name))
            {
                self.over.insert(name, Over { since, how });
            }
        }
        self.mark_nodes().await?;
        self.continue_without_lost().await
    }

    fn has_read(&self, name: &str) -> bool {
        let node = self.nodes.iter().find(|node| node.name == name);
        self.over.get(name).zip(node).is_some_and(|(over, node)| node.state.has_read_all_since(over.since))
    }

    async fn mark_nodes(&self) -> Result<(), EngineError> {
        let run = self.watch.run().await?;
        let phase_of = |name: &str| self.over.get(name).map_or((NodePhase::Running, None), Over::phase);
        if run.nodes.iter().all(|node| (node.state, node.exit_code) == phase_of(&node.name)) {
            return Ok(());
        }
        let phases: HashMap<String, _> =
            self.nodes.iter().map(|node| (node.name.clone(), phase_of(&node.name))).collect();
        self.task()
            .change(move |run| {
                for node in &mut run.nodes {
                    if let Some(phase) = phases.get(&node.name) {
                        (node.state, node.exit_code) = *phase;
                    }
                }
                Ok(())
            })
            .await
            .map(drop)
    }

    /// Ends the run because of lost workers, or continues without them while enough are left. While it is being stopped
    /// any ending is accepted.
    async fn continue_without_lost(&mut self) -> Result<(), EngineError> {
        if self.stopping.how().is_some() || self.watch.failure.is_some() {
            return Ok(());
        }
        let run = self.watch.run().await?;
        let is_lost = |name: &str| self.over.get(name).is_some_and(|over| !over.is_ordinary());
        let back: Vec<String> = run
            .nodes
            .iter()
            .filter(|node| node.lost_ms.is_some() && !is_lost(&node.name))
            .map(|node| node.name.clone())
            .collect();
        let lost: Vec<String> = run
            .nodes
            .iter()
            .filter(|node| node.lost_ms.is_none() && is_lost(&node.name))
            .map(|node| node.name.clone())
            .collect();
        if lost.is_empty() && back.is_empty() {
            return Ok(());
        }
        let left = self.nodes.iter().filter(|node| !is_lost(&node.name)).count();
        let continues = run.min_workers.is_some_and(|least| left >= least as usize);
        let mut notes = Vec::new();
        let reasons = for_all(lost.iter().map(|name| self.what_happened(&run, name))).await;
        for (name, what) in lost.iter().zip(reasons) {
            if continues {
                let text = format!("{what} The run continues with {left} of {} workers.", self.nodes.len());
                notes.push(Message { message: text, ..what }.with("left", left));
            } else {
                let what = match run.min_workers {
                    Some(least) => {
                        let text = format!(
                            "{what} {left} of {} workers are left, fewer than the required {least}.",
                            self.nodes.len()
                        );
                        Message { code: "too_few_workers".to_owned(), message: text, ..what }
                            .with("left", left)
                            .with("min_workers", least)
                    }
                    None => what,
                };
                let text = format!("Samples of {name} that were not collected yet are lost.");
                let lost = Message::new("worker_samples_lost", text).with("node", name.as_str());
                self.watch.fail(what, Some(lost), self.task().engine.settings().last_samples_limit).await;
            }
        }
        let now_ms = self.task().engine.now_ms();
        self.task()
            .change(move |run| {
                for node in &mut run.nodes {
                    if lost.contains(&node.name) {
                        node.lost_ms = Some(now_ms);
                    } else if back.contains(&node.name) {
                        node.lost_ms = None;
                    }
                }
                run.notes.extend(notes);
                Ok(())
            })
            .await
            .map(drop)
    }

    /// What happened to a lost worker.
    async fn what_happened(&self, run: &Run, name: &str) -> Message {
        let (code, text) = match self.over.get(name).map(|over| &over.how) {
            Some(Ending::Exited(code)) => {
                let words = match self.nodes.iter().find(|node| node.name == name) {
                    Some(node) => error_excerpt(node.remote.as_ref(), run).await,
                    None => String::new(),
                };
                let text = format!("JMeter on {name} exited with code {code} during the run. {words}");
                return Message::new("worker_exited", text)
                    .with("node", name)
                    .with("exit_code", *code)
                    .with("error_excerpt", words);
            }
            Some(Ending::Unseen(error)) if !is_silence(error) => {
                ("node_unreadable", format!("Cannot check JMeter on {name}: {error}."))
            }
            _ => ("worker_lost", format!("JMeter on {name} was killed, or its host is lost.")),
        };
        Message::new(code, text).with("node", name)
    }

    /// An unreadable log of a node that responds ends the run: continuing would produce results that nobody can see.
    async fn judge_logs(&mut self) {
        let limit = self.task().engine.settings().unreachable_limit;
        let troubles: Vec<_> = self.nodes.iter().filter_map(|node| node.state.trouble()).collect();
        for (since, reason) in troubles {
            if since.elapsed() >= limit {
                self.watch.fail(reason, Some(rest_is_not_in_the_log()), Duration::ZERO).await;
            }
        }
    }

    /// Records when each worker's first sample started, once known.
    async fn note_first_samples(&self) -> Result<(), EngineError> {
        let run = self.watch.run().await?;
        if run.nodes.iter().all(|node| node.first_sample_ms.is_some()) {
            return Ok(());
        }
        let first: HashMap<String, i64> = {
            let merge = lock(&self.merge);
            let unknown = run.nodes.iter().filter(|node| node.first_sample_ms.is_none());
            unknown.filter_map(|node| Some((node.name.clone(), merge.first_sample_ms(node)?))).collect()
        };
        if first.is_empty() {
            return Ok(());
        }
        self.task()
            .change(move |run| {
                for node in &mut run.nodes {
                    node.first_sample_ms = node.first_sample_ms.or_else(|| first.get(&node.name).copied());
                }
                Ok(())
            })
            .await
            .map(drop)
    }

    /// Performs the due actions, and returns the cause once there is nothing more to wait for.
    async fn advance(&mut self) -> Result<Option<Cause>, Interruption> {
        let run = self.watch.run().await?;
        let all_over = self.nodes.iter().all(|node| self.over.contains_key(&node.name));
        if all_over {
            // A read that began after its end has the whole log. From a node that does not answer nothing more arrives.
            let is_read = |node: &Tailed| {
                matches!(self.over.get(&node.name), Some(Over { how: Ending::Unseen(_), .. }))
                    || self.has_read(&node.name)
            };
            if self.watch.failure.is_some() || self.nodes.iter().all(is_read) {
                return Ok(Some(self.cause(&run).await));
            }
            return Ok(None);
        }
        let targets: Vec<Target<'_>> = self
            .nodes
            .iter()
            .filter(|node| !self.over.contains_key(&node.name))
            .map(|node| Target { name: &node.name, remote: node.remote.as_ref() })
            .collect();
        if let Some(failure) = &self.watch.failure {
            if Instant::now() < failure.deadline {
                // The remaining workers finish their current samples.
                let limit = self.watch.task.engine.settings().last_samples_limit;
                self.stopping.advance(self.watch.task, &run, &targets, StopMode::Graceful, limit).await?;
                return Ok(None);
            }
            let process = process_name(&run.id);
            let ended = targets.iter().map(|target| async { (target.name, target.remote.kill(&process).await) });
            for (node, ended) in for_all(ended).await {
                if let Err(error) = ended {
                    tracing::warn!(run = %run.id, node, %error, "run {}: JMeter on {node} could not be ended: {error}", run.id);
                }
            }
            // It is retried, and also when the results are collected; the failure itself is known.
            let is_late = failure.deadline.elapsed() >= self.watch.task.engine.settings().unreachable_limit;
            return Ok(is_late.then(|| failure.cause()));
        }
        if let Some(mode) = run.stop_requested {
            let mode = if self.watch.cluster_is_about_to_end(&run).await? { StopMode::Force } else { mode };
            let grace = Duration::from_secs(run.stop_timeout_s);
            self.stopping.advance(self.watch.task, &run, &targets, mode, grace).await?;
        }
        Ok(None)
    }

    async fn cause(&self, run: &Run) -> Cause {
        if let Some(failure) = &self.watch.failure {
            return failure.cause();
        }
        if let Some(how) = self.stopping.how() {
            return stopped(run, how);
        }
        match self.nodes.first() {
            Some(first) if self.watch.has_no_sample() => {
                let words = error_excerpt(first.remote.as_ref(), run).await;
                let text = format!("The plan ended without recording a sample. {words}");
                Cause::Failed { reason: Message::new("no_sample", text).with("error_excerpt", words), lost: None }
            }
            _ => Cause::Completed,
        }
    }
}
