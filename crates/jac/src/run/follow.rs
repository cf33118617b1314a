//! Follows a run until it has finished: shows it live, and passes on the keyboard's signals.

use super::Job;
use crate::exit::{RunFailed, hinted};
use crate::retries::{Refused, Retries};
use jac_engine::view::{RunView, Snapshot};
use jac_model::{RunPhase, StopMode};
use serde::Deserialize;
use serde_json::json;
use std::time::Duration;
use tokio::time::sleep;

/// Between two polls of the run.
const POLL_INTERVAL: Duration = Duration::from_millis(500);

impl Job<'_> {
    /// Shows the run until it has finished, and passes on the keyboard's signals.
    pub(super) async fn follow(&mut self, run: &RunView) -> anyhow::Result<RunView> {
        let path = format!("/runs/{}/live", run.id);
        let mut after = 0;
        let mut retries = Retries::default();
        // A signal received while the run was being started.
        let mut unsent = self.signals.received().map(|_| StopMode::Graceful);
        loop {
            tokio::select! {
                how = self.signals.next_stop() => unsent = Some(how),
                () = sleep(POLL_INTERVAL) => (),
            }
            // A server that is briefly unavailable receives the stop when it is back.
            if let Some(how) = unsent
                && self.stop(run, how).await.is_ok()
            {
                unsent = None;
            }
            let polled = self.client.get(&format!("{path}?after={after}")).await;
            let snapshot: Snapshot = match retries.answer(polled) {
                Ok(Some(snapshot)) => snapshot,
                Ok(None) => continue,
                Err(error) => return Err(self.lost(run, &error)),
            };
            after = snapshot.seq;
            self.show_cluster(&snapshot).await;
            self.line.show(&snapshot);
            if snapshot.run.phase == RunPhase::Finished {
                return Ok(snapshot.run);
            }
        }
    }

    /// The run cannot be followed any more.
    fn lost(&self, run: &RunView, error: &anyhow::Error) -> anyhow::Error {
        let id = &run.id;
        if error.is::<Refused>() {
            return hinted(RunFailed(format!("the run {id} cannot be followed: {error}")), self.place_of(run));
        }
        let continues = if self.client.url().is_some() { ". The run continues without this command" } else { "" };
        hinted(RunFailed(format!("lost contact with the run {id}: {error:#}{continues}")), self.place_of(run))
    }

    /// The address of the run's page, as a hint; `None`: its engine ends with this command.
    pub(super) fn place_of(&self, run: &RunView) -> Option<String> {
        let url = self.client.url()?;
        let id = &run.id;
        Some(format!("See {url}/runs/{id} or `jac runs list`. Its results can be exported with `jac export {id}`."))
    }

    async fn stop(&mut self, run: &RunView, how: StopMode) -> anyhow::Result<()> {
        let _: RunView = self.client.post(&format!("/runs/{}/stop", run.id), &json!({ "how": how })).await?;
        self.line.print(match how {
            StopMode::Graceful => "Stopping gracefully. Press Ctrl-C again to abort requests in flight.",
            StopMode::Force => "Force stopping.",
        });
        Ok(())
    }

    /// While the run waits, what the cluster does is what there is to see.
    async fn show_cluster(&mut self, snapshot: &Snapshot) {
        #[derive(Deserialize)]
        struct ClusterEvent {
            node: Option<String>,
            message: String,
        }
        if let Some(step) = snapshot.run.steps.last()
            && step.code == "waiting_in_queue"
        {
            self.line.cluster(&step.message);
        } else if snapshot.run.phase == RunPhase::Queued
            && let Ok(events) =
                self.client.get::<Vec<ClusterEvent>>(&format!("/clusters/{}/events", snapshot.run.cluster.id)).await
            && let Some(last) = events.last()
        {
            let of_node = last.node.as_ref().map_or_else(String::new, |node| format!("{node}: "));
            self.line.cluster(&format!("{of_node}{}", last.message));
        }
    }
}
