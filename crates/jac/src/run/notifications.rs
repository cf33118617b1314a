//! The notifications of a run whose engine is in this process: the command waits briefly until each was attempted,
//! because otherwise only the next JAC on the folder sends them. A failed notification is not a failure of the run.

use super::{Job, Waits};
use jac_engine::Delivery;
use jac_engine::view::RunView;
use jac_model::notify::DeliveryState;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const LIMIT: Duration = Duration::from_secs(20);
const POLL_INTERVAL: Duration = Duration::from_millis(100);

impl Job<'_> {
    /// Waits until every target of the run was attempted, and prints those that were not notified.
    pub(super) async fn wait_for_notifications(&mut self, run: &RunView) {
        if self.waits != Waits::All {
            return;
        }
        let path = format!("/runs/{}/notifications", run.id);
        let began = Instant::now();
        let deliveries = loop {
            let asked = self.signals.unless(self.client.poll::<Vec<Delivery>>(&path)).await;
            let Ok(Ok(deliveries)) = asked else {
                if asked.is_err() {
                    drop(self.interrupted());
                }
                return;
            };
            let is_tried = |delivery: &Delivery| delivery.attempts > 0 || delivery.state != DeliveryState::Waiting;
            // With a server, waiting is up to the server.
            if deliveries.iter().all(is_tried) || self.client.url().is_some() || began.elapsed() > LIMIT {
                break deliveries;
            }
            self.line.step("Sending notifications.");
            tokio::select! {
                () = sleep(POLL_INTERVAL) => (),
                _ = self.signals.next() => {
                    drop(self.interrupted());
                    break deliveries;
                }
            }
        };
        for delivery in deliveries {
            if let Some(trouble) = delivery.trouble {
                self.line.print(&format!("warning: {} was not notified: {}", delivery.target, trouble.message));
            }
        }
    }
}
