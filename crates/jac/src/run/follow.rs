//! Follows a run until it has finished: shows its progress, and handles the keyboard's signals.

use super::{Job, LAST_ANSWER, Waits};
use crate::client::Client;
use crate::exit::{Interrupted, RunFailed, hinted};
use crate::retries::{Refused, Retries};
use jac_engine::view::{RunView, Snapshot};
use jac_model::{RunPhase, StopMode};
use serde::Deserialize;
use serde_json::json;
use std::pin::Pin;
use std::time::Duration;
use tokio::time::{sleep, timeout};

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
        // A signal may have arrived while the run was being started.
        let mut stop = Stop::new(client, run, self.signals.requested_stop());
        let mut pause = Duration::ZERO;
        loop {
            let asked = async {
                sleep(pause).await;
                let polled = client.get::<Snapshot>(&format!("{path}?after={after}")).await;
                let event = match &polled {
                    Ok(snapshot) => cluster_event(client, snapshot).await,
                    Err(_) => None,
                };
                (polled, event)
            };
            let seen = async {
                tokio::select! {
                    how = stop.sent() => Seen::Stopping(how),
                    seen = asked => Seen::Run(Box::new(seen)),
                }
            };
            let (polled, event) = match self.signals.unless(seen).await {
                Ok(Seen::Run(seen)) => *seen,
                Ok(Seen::Stopping(how)) => {
                    self.line.print(match how {
                        StopMode::Graceful => "Stopping gracefully. Press Ctrl-C again to abort requests in flight.",
                        StopMode::Force => "Force stopping. Press Ctrl-C again to leave without the results.",
                    });
                    continue;
                }
                Err(signal) => match self.signals.requested_stop() {
                    Some(how) => {
                        // The server's answer may take a while.
                        self.line.step(match how {
                            StopMode::Graceful => "Requesting a graceful stop.",
                            StopMode::Force => "Requesting a forced stop.",
                        });
                        stop = Stop::new(client, run, Some(how));
                        continue;
                    }
                    None => {
                        if stop.sending.is_some() {
                            self.line.step("The stop is not confirmed yet. Press Ctrl-C again to leave at once.");
                        }
                        let is_sent = tokio::select! {
                            is_sent = stop.sent_within(LAST_ANSWER) => is_sent,
                            _fourth = self.signals.next() => false,
                        };
                        return Err(self.left(run, signal, is_sent));
                    }
                },
            };
            pause = POLL_INTERVAL;
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

    /// The run is not waited for any more. `is_stopping`: its server has accepted the stop.
    fn left(&mut self, run: &RunView, signal: u8, is_stopping: bool) -> anyhow::Error {
        self.waits = Waits::Nothing;
        let id = &run.id;
        let continuing = match self.client.url() {
            Some(url) if is_stopping => format!("The run {id} is still being stopped: {url}/runs/{id}."),
            Some(url) => format!(
                "The server did not confirm the stop: the run {id} may continue. Stop it there: {url}/runs/{id}."
            ),
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

/// What there was first.
enum Seen {
    Run(Box<(anyhow::Result<Snapshot>, Option<String>)>),
    /// The server has accepted the stop.
    Stopping(StopMode),
}

/// A stop on its way to the server. A server that is briefly unavailable receives it when it is back; a poll does not
/// cancel the request, and the third signal waits for it; the second replaces it.
struct Stop<'a> {
    /// `None`: no stop was requested, or it was accepted.
    sending: Option<Pin<Box<dyn Future<Output = StopMode> + 'a>>>,
}

impl<'a> Stop<'a> {
    fn new(client: &'a Client, run: &'a RunView, how: Option<StopMode>) -> Self {
        let send = async move |how: StopMode| loop {
            let path = format!("/runs/{}/stop", run.id);
            if client.post::<RunView>(&path, &json!({ "how": how })).await.is_ok() {
                return how;
            }
            sleep(POLL_INTERVAL).await;
        };
        Self { sending: how.map(|how| Box::pin(send(how)) as _) }
    }

    /// Waits until the stop is accepted; never returns without one. Nothing is lost when this is dropped half way.
    async fn sent(&mut self) -> StopMode {
        match &mut self.sending {
            Some(sending) => {
                let how = sending.await;
                self.sending = None;
                how
            }
            None => std::future::pending().await,
        }
    }

    /// Whether the stop is accepted in this time, or was before.
    async fn sent_within(&mut self, limit: Duration) -> bool {
        self.sending.is_none() || timeout(limit, self.sent()).await.is_ok()
    }
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
