//! How a running JMeter is brought to its end: asked, then told, then killed, each with its time.

use super::process_name;
use super::supervise::Task;
use crate::error::EngineError;
use jac_jmeter::command::{self, StopWord};
use jac_model::ports::Remote;
use jac_model::{Run, StopMode};
use std::time::Duration;
use tokio::time::Instant;

/// How long JMeter's own stop client may take: it is a JVM that starts, sends one datagram and ends.
const CLIENT_LIMIT: Duration = Duration::from_secs(20);

/// How far the end has come.
#[derive(Debug, Default)]
pub(super) struct Stopping {
    asked: Option<StopMode>,
    next_at: Option<Instant>,
    /// JMeter did not end by itself and was killed.
    pub killed: bool,
}

/// What is to be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Next {
    Nothing,
    Ask,
    Cut,
    Kill,
}

impl Stopping {
    /// How the run was ended, if it was.
    pub fn how(&self) -> Option<StopMode> {
        self.asked
    }

    fn next(&self, wanted: StopMode, now: Instant) -> Next {
        let over = self.next_at.is_some_and(|at| now >= at);
        match (self.asked, wanted) {
            (None, StopMode::Graceful) => Next::Ask,
            (None, StopMode::Cut) | (Some(StopMode::Graceful), StopMode::Cut) => Next::Cut,
            (Some(StopMode::Graceful), StopMode::Graceful) if over => Next::Cut,
            (Some(StopMode::Cut), _) if over => Next::Kill,
            (Some(StopMode::Graceful), StopMode::Graceful) | (Some(StopMode::Cut), _) => Next::Nothing,
        }
    }

    /// Does what is due now towards the wanted end.
    pub async fn go_on(
        &mut self,
        task: &Task,
        run: &Run,
        master: &dyn Remote,
        wanted: StopMode,
        grace: Duration,
    ) -> Result<(), EngineError> {
        let now = Instant::now();
        match self.next(wanted, now) {
            Next::Nothing => (),
            Next::Ask => {
                task.step("Stopping: threads finish their samples.")?;
                tell(task, run, master, StopWord::Shutdown).await;
                self.asked = Some(StopMode::Graceful);
                self.next_at = Some(now + grace);
            }
            Next::Cut => {
                task.step("Stopping: requests in flight are cut.")?;
                tell(task, run, master, StopWord::StopTestNow).await;
                self.asked = Some(StopMode::Cut);
                self.next_at = Some(now + task.engine.settings().cut_limit);
            }
            Next::Kill => {
                self.killed = true;
                master.kill(&process_name(&run.id)).await?;
            }
        }
        Ok(())
    }
}

/// Tells the master. If the word does not get through, the next step of the stop does.
async fn tell(task: &Task, run: &Run, master: &dyn Remote, word: StopWord) {
    let told = async {
        let port =
            run.shutdown_port.ok_or_else(|| EngineError::JMeter("The master's port is not known.".to_owned()))?;
        let cluster = task.cluster(run)?;
        let named = cluster.config.jmeter_home.as_deref().map(std::path::Path::new);
        let tools = task.engine.toolbox().ready(named, &|_| ()).await?;
        let command = command::stop(
            &tools.java.path.display().to_string(),
            &tools.home.launcher().display().to_string(),
            word,
            port,
        );
        let output = master.run(&command, CLIENT_LIMIT).await?;
        if output.exit_code == 0 {
            return Ok(());
        }
        Err(EngineError::JMeter(format!(
            "JMeter's stop client ended with {}: {}",
            output.exit_code,
            output.stderr.trim()
        )))
    };
    if let Err(error) = told.await {
        tracing::warn!(run = %run.id, %error, "run {}: the master could not be told {word:?}: {error}", run.id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stopping(asked: Option<StopMode>, due: Instant) -> Stopping {
        Stopping { asked, next_at: Some(due), killed: false }
    }

    #[test]
    fn a_graceful_stop_is_cut_after_its_grace_and_killed_after_that() {
        let now = Instant::now();
        let later = now + Duration::from_secs(1);
        use StopMode::{Cut, Graceful};
        assert_eq!(Stopping::default().next(Graceful, now), Next::Ask);
        assert_eq!(stopping(Some(Graceful), later).next(Graceful, now), Next::Nothing);
        assert_eq!(stopping(Some(Graceful), now).next(Graceful, now), Next::Cut);
        assert_eq!(stopping(Some(Graceful), later).next(Cut, now), Next::Cut);
        assert_eq!(stopping(Some(Cut), later).next(Cut, now), Next::Nothing);
        assert_eq!(stopping(Some(Cut), now).next(Graceful, now), Next::Kill);
    }
}
