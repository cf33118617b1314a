//! Follows a run until it has finished: shows its progress, and handles the keyboard's signals.

use super::{Job, Waits};
use crate::client::Client;
use crate::exit::{Interrupted, RunFailed, hinted};
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
    /// Shows the run until it has finished, and handles the keyboard's signals: the first stops the run, the second
    /// forces the stop, the third leaves it.
    pub(super) async fn follow(&mut self, run: &RunView) -> anyhow::Result<RunView> {
        let client = self.client;
        let path = format!("/runs/{}/live", run.id);
        let mut after = 0;
        let mut retries = Retries::default();
        // A signal received while the run was being started.
        let mut unsent = self.signals.requested_stop();
        let mut pause = Duration::ZERO;
        loop {
            let asked = async {
                sleep(pause).await;
                let is_sent = match unsent {
                    Some(how) => stop(client, run, how).await.is_ok(),
                    None => false,
                };
                let polled = client.get::<Snapshot>(&format!("{path}?after={after}")).await;
                let event = match &polled {
                    Ok(snapshot) => cluster_event(client, snapshot).await,
                    Err(_) => None,
                };
                (is_sent, polled, event)
            };
            let (is_sent, polled, event) = match self.signals.unless(asked).await {
                Ok(seen) => seen,
                Err(signal) => {
                    unsent = Some(self.signals.requested_stop().ok_or_else(|| self.left(run, signal))?);
                    pause = Duration::ZERO;
                    continue;
                }
            };
            pause = POLL_INTERVAL;
            // A server that is briefly unavailable receives the stop when it is back.
            if is_sent && let Some(how) = unsent.take() {
                self.line.print(match how {
                    StopMode::Graceful => "Stopping gracefully. Press Ctrl-C again to abort requests in flight.",
                    StopMode::Force => "Force stopping. Press Ctrl-C again to leave without the results.",
                });
            }
            let snapshot = match retries.answer(polled) {
                Ok(Some(snapshot)) => snapshot,
                Ok(None) => continue,
                Err(error) => return Err(self.lost(run, &error)),
            };
            after = snapshot.seq;
            if let Some(event) = event {
                self.line.cluster(&event);
            }
            self.line.show(&snapshot);
            if snapshot.run.phase == RunPhase::Finished {
                return Ok(snapshot.run);
            }
        }
    }

    /// The run is no longer waited for.
    fn left(&mut self, run: &RunView, signal: u8) -> anyhow::Error {
        self.waits = Waits::Nothing;
        let id = &run.id;
        let continuing = match self.client.url() {
            Some(url) => format!("The run {id} is still being stopped: {url}/runs/{id}."),
            None => format!(
                "The run {id} is not stopped yet: the next `jac` on this data folder ends it and keeps what it recorded."
            ),
        };
        Interrupted { signal: self.signals.received().unwrap_or(signal), continuing }.into()
    }

    /// The run can no longer be followed.
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
}

async fn stop(client: &Client, run: &RunView, how: StopMode) -> anyhow::Result<RunView> {
    client.post(&format!("/runs/{}/stop", run.id), &json!({ "how": how })).await
}

/// While the run waits, the cluster's events are shown.
async fn cluster_event(client: &Client, snapshot: &Snapshot) -> Option<String> {
    #[derive(Deserialize)]
    struct ClusterEvent {
        node: Option<String>,
        message: String,
    }
    if let Some(step) = snapshot.run.steps.last()
        && step.code == "waiting_in_queue"
    {
        return Some(step.message.clone());
    }
    if snapshot.run.phase != RunPhase::Queued {
        return None;
    }
    let path = format!("/clusters/{}/events", snapshot.run.cluster.id);
    let last = client.get::<Vec<ClusterEvent>>(&path).await.ok()?.pop()?;
    let of_node = last.node.map_or_else(String::new, |node| format!("{node}: "));
    Some(format!("{of_node}{}", last.message))
}
