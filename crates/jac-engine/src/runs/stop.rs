//! How a run is stopped: the request, which is stored in its row, and its execution: its JMeter is stopped gracefully,
//! then by force, then killed, each with its time limit.

use super::prepare::launcher;
use super::process_name;
use super::supervise::Task;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::fan_out::{for_all, within};
use crate::retrying::is_silence;
use jac_jmeter::command::{self, StopWord};
use jac_model::ports::Remote;
use jac_model::{Cluster, EpochMs, ResultsMode, Run, RunId, StopMode};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long JMeter's own stop client may take: it is a JVM that starts, sends one datagram and ends.
const CLIENT_LIMIT: Duration = Duration::from_secs(20);
/// Total time that a node may take, before the others continue without it.
const SEND_LIMIT: Duration = Duration::from_secs(25);
/// How long it may take to report whether its JMeter listens.
const LISTEN_LIMIT: Duration = Duration::from_secs(4);

/// After how long a graceful stop is sent a second time; after that, at doubling intervals. A JMeter that is stopped
/// while it creates its threads misses those that have not begun: they would run until their requests are aborted.
const ASK_AGAIN: Duration = Duration::from_secs(2);

impl Engine {
    /// Requests the end of a run. Requesting it again with `Force` ends it faster; a finished run is unchanged.
    ///
    /// # Errors
    /// When the run does not exist.
    pub async fn request_stop(&self, id: &RunId, how: StopMode, by: &str) -> Result<Run, EngineError> {
        let by = by.to_owned();
        let (run, ()) = self
            .store()
            .update_run::<_, EngineError>(id, move |run| {
                if !run.phase.is_terminal() && run.stop_requested.is_none_or(|before| before < how) {
                    run.stop_requested = Some(how);
                    run.stop_requested_by.get_or_insert(by);
                }
                Ok(())
            })
            .await?;
        self.notify(Event::Run(id.clone()));
        Ok(run)
    }
}

/// A JMeter to stop.
#[derive(Clone, Copy)]
pub(super) struct Target<'a> {
    /// Its node.
    pub name: &'a str,
    pub remote: &'a dyn Remote,
}

/// The progress of the stop.
#[derive(Debug, Default)]
pub(super) struct Stopping {
    asked: Option<StopMode>,
    next_at: Option<Instant>,
    again: Option<Again>,
}

/// When a graceful stop is sent again.
#[derive(Debug, Clone, Copy)]
struct Again {
    at: Instant,
    pause: Duration,
}

/// The next action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Nothing,
    Ask,
    AskAgain,
    Force,
    Kill,
}

impl Stopping {
    /// Resumes where an earlier engine stopped, according to the run's row. Its time limits kept counting meanwhile.
    pub fn resume(run: &Run, force_limit: Duration, now_ms: EpochMs) -> Self {
        let next_at = run.stop_sent.map(|sent| {
            let limit = match sent {
                StopMode::Graceful => Duration::from_secs(run.stop_timeout_s),
                StopMode::Force => force_limit,
            };
            due_after(limit, run.stop_sent_ms, now_ms)
        });
        // It is unknown whether each of them received it.
        let again = run.stop_sent.map(|_| Again { at: Instant::now(), pause: ASK_AGAIN });
        Self { asked: run.stop_sent, next_at, again }
    }

    /// How the run was ended, if it was.
    pub fn how(&self) -> Option<StopMode> {
        self.asked
    }

    fn next(&self, requested: StopMode, now: Instant) -> Next {
        let over = self.next_at.is_some_and(|at| now >= at);
        match (self.asked, requested) {
            (None, StopMode::Graceful) if over => Next::Force,
            (None, StopMode::Graceful) => Next::Ask,
            (None, StopMode::Force) | (Some(StopMode::Graceful), StopMode::Force) => Next::Force,
            (Some(StopMode::Graceful), StopMode::Graceful) if over => Next::Force,
            (Some(StopMode::Force), _) if over => Next::Kill,
            (Some(StopMode::Graceful), StopMode::Graceful) if self.again.is_some_and(|again| now >= again.at) => {
                Next::AskAgain
            }
            (Some(StopMode::Graceful), StopMode::Graceful) | (Some(StopMode::Force), _) => Next::Nothing,
        }
    }

    /// Performs the due steps of the requested stop for all running processes.
    pub async fn advance(
        &mut self,
        task: &Task,
        run: &Run,
        targets: &[Target<'_>],
        requested: StopMode,
        grace: Duration,
    ) -> Result<(), EngineError> {
        let now = Instant::now();
        match self.next(requested, now) {
            Next::Nothing => (),
            Next::Ask => {
                // The grace period begins with the request. A JMeter that is still starting cannot be stopped yet.
                self.next_at.get_or_insert(now + grace);
                let listening = for_all(targets.iter().map(|target| listens(target.remote, run))).await;
                if listening.into_iter().all(|listens| listens) {
                    let step = task.step("stopping", "Stopping: threads finish their current sample.").await;
                    task.try_to("report the current step", step);
                    self.send(task, run, targets, StopMode::Graceful, StopWord::Shutdown).await;
                    self.again = Some(Again { at: Instant::now() + ASK_AGAIN, pause: ASK_AGAIN });
                }
            }
            Next::AskAgain => {
                send_all(task, run, targets, StopWord::Shutdown).await;
                let pause = self.again.map_or(ASK_AGAIN, |again| again.pause * 2);
                self.again = Some(Again { at: Instant::now() + pause, pause });
            }
            Next::Force => {
                let step = task.step("force_stopping", "Stopping: requests in flight are aborted.").await;
                task.try_to("report the current step", step);
                self.send(task, run, targets, StopMode::Force, StopWord::StopTestNow).await;
                self.next_at = Some(Instant::now() + task.engine.settings().force_limit);
            }
            Next::Kill => {
                let name = process_name(&run.id);
                // A process that does not respond is killed when the results are collected; the cause of the stop is known.
                for killed in for_all(targets.iter().map(|target| target.remote.kill(&name))).await {
                    task.try_to("kill a JMeter", killed.map_err(EngineError::from));
                }
            }
        }
        Ok(())
    }

    /// Records the command and sends it: an engine that resumes must know that it was sent. If it cannot be recorded it
    /// is sent anyway, and that engine sends it again.
    async fn send(&mut self, task: &Task, run: &Run, targets: &[Target<'_>], how: StopMode, word: StopWord) {
        let now_ms = task.engine.now_ms();
        let written = task.change(move |run| {
            run.stop_sent = Some(how);
            run.stop_sent_ms = Some(now_ms);
            Ok(())
        });
        task.try_to("record the stop", written.await.map(drop));
        self.asked = Some(how);
        send_all(task, run, targets, word).await;
    }
}

async fn send_all(task: &Task, run: &Run, targets: &[Target<'_>], word: StopWord) {
    for_all(targets.iter().map(|target| send_to(task, run, target, word))).await;
}

/// When an action that began at `since_ms` reaches its time limit.
fn due_after(limit: Duration, since_ms: Option<EpochMs>, now_ms: EpochMs) -> Instant {
    let gone_ms = since_ms.map_or(0, |since_ms| (now_ms - since_ms).max(0).unsigned_abs());
    Instant::now() + limit.saturating_sub(Duration::from_millis(gone_ms))
}

/// Whether a JMeter is listening for commands: it prints that when the test has started. A node that does not respond does not delay others.
async fn listens(remote: &dyn Remote, run: &Run) -> bool {
    const LENGTH: usize = 256 * 1024;
    let out = format!("processes/{}/out", process_name(&run.id));
    match timeout(LISTEN_LIMIT, remote.read_at(&out, 0, LENGTH)).await {
        Ok(Ok(Some(chunk))) => String::from_utf8_lossy(&chunk.bytes).contains("Waiting for possible Shutdown"),
        Ok(Ok(None)) => false,
        Ok(Err(error)) => is_silence(&error),
        Err(_) => true,
    }
}

/// Sends a command to a JMeter. If it is lost, the next step of the stop applies.
async fn send_to(task: &Task, run: &Run, target: &Target<'_>, word: StopWord) {
    let name = target.name;
    let sent = async {
        // A node that runs the plan by itself has only this port.
        let own = || run.nodes.iter().find(|node| node.name == name)?.ports.first().copied();
        let port = match run.results {
            ResultsMode::Rmi => run.shutdown_port,
            ResultsMode::Direct => own(),
        };
        let port = port.ok_or_else(|| EngineError::JMeter(format!("The port of JMeter on {name} is not known.")))?;
        let of_node =
            |cluster: Cluster| cluster.nodes.into_iter().find(|node| node.name == name).and_then(|node| node.tools);
        let tools = match of_node(task.cluster(run).await?) {
            Some(tools) => tools,
            // The run was started by a JAC that did not write it down.
            None => of_node(task.engine.equip(&run.cluster_id).await?)
                .ok_or_else(|| EngineError::JMeter(format!("The location of JMeter on {name} is unknown.")))?,
        };
        let command = command::stop(&tools.java, &launcher(&tools), word, port);
        let output = target.remote.run(&command, CLIENT_LIMIT).await?;
        if output.exit_code == 0 {
            return Ok(());
        }
        Err(EngineError::JMeter(format!(
            "JMeter's stop client ended with {}: {}",
            output.exit_code,
            output.stderr.trim()
        )))
    };
    if let Err(error) = within(SEND_LIMIT, name, "run JMeter's stop client", sent).await {
        tracing::warn!(run = %run.id, node = name, %error, "run {}: {word:?} could not be sent to JMeter on {name}: {error}", run.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopping(asked: Option<StopMode>, due: Instant) -> Stopping {
        Stopping { asked, next_at: Some(due), again: None }
    }

    #[tokio::test(start_paused = true)]
    async fn a_grace_period_continues_while_no_engine_watches() {
        let left = |limit_s: u64, gone_ms: i64| {
            let limit = Duration::from_secs(limit_s);
            let due = due_after(limit, Some(1_000), 1_000 + gone_ms);
            due.saturating_duration_since(Instant::now()).as_secs()
        };
        assert_eq!(left(30, 20_000), 10);
        assert_eq!(left(30, 40_000), 0, "it was over in the meantime");
        assert_eq!(left(30, -5_000), 30, "a clock that was set back gives no more than the whole of it");
        let unknown = due_after(Duration::from_secs(30), None, 99_000);
        assert_eq!(unknown, Instant::now() + Duration::from_secs(30), "a JAC that did not write it down");
    }

    #[test]
    fn a_graceful_stop_is_forced_after_its_grace_and_killed_after_that() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        use StopMode::{Force, Graceful};
        assert_eq!(Stopping::default().next(Graceful, now), Next::Ask);
        assert_eq!(stopping(None, now).next(Graceful, now), Next::Force, "a master that never listened");
        assert_eq!(stopping(Some(Graceful), later).next(Graceful, now), Next::Nothing);
        assert_eq!(stopping(Some(Graceful), now).next(Graceful, now), Next::Force);
        assert_eq!(stopping(Some(Graceful), later).next(Force, now), Next::Force);
        assert_eq!(stopping(Some(Force), later).next(Force, now), Next::Nothing);
        assert_eq!(stopping(Some(Force), now).next(Graceful, now), Next::Kill);
    }

    #[test]
    fn who_still_runs_is_asked_again_until_the_grace_is_over() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        use StopMode::{Force, Graceful};
        let due = |due, at| Stopping { again: Some(Again { at, pause: ASK_AGAIN }), ..stopping(Some(Graceful), due) };
        assert_eq!(due(later, later).next(Graceful, now), Next::Nothing);
        assert_eq!(due(later, now).next(Graceful, now), Next::AskAgain);
        assert_eq!(due(now, now).next(Graceful, now), Next::Force);
        assert_eq!(due(later, now).next(Force, now), Next::Force);
    }
}
