//! Waits for a run's shipping to search targets, and reports missing samples. They are not a failure of the run.

use super::{Job, Waits};
use crate::search::waiting::{sentence, wait};
use jac_engine::Shipment;
use jac_engine::view::RunView;
use jac_model::search::ShipmentState;
use std::time::Duration;

/// How long the state of the shipments may take to be read.
const LOOK_LIMIT: Duration = Duration::from_secs(5);

impl Job<'_> {
    /// Waits until the run's samples have arrived at the targets that they are shipped to. A signal ends only the wait.
    pub(super) async fn wait_for_search(&mut self, run: &RunView) {
        let path = format!("/runs/{}/search", run.id);
        let look = async { tokio::time::timeout(LOOK_LIMIT, self.client.get::<Vec<Shipment>>(&path)).await };
        let seen = match look.await {
            Ok(Ok(shipments)) if shipments.is_empty() => return,
            Ok(seen) => seen,
            Err(_) => Err(anyhow::anyhow!("the server does not answer")),
        };
        let waited = if self.waits == Waits::All {
            self.line.step("Waiting for the search targets.");
            let mut say = |reason: &str| self.line.print(reason);
            match self.signals.unless(wait(self.client, run.id.as_str(), &mut say)).await {
                Ok(waited) => waited,
                Err(_) => {
                    drop(self.interrupted());
                    seen
                }
            }
        } else {
            seen
        };
        match waited {
            Ok(shipments) => shipments.iter().for_each(|shipment| self.print_shipment(run, shipment)),
            Err(error) => {
                self.line.print(&format!("warning: it is unknown whether all samples were shipped: {error:#}."))
            }
        }
    }

    fn print_shipment(&mut self, run: &RunView, shipment: &Shipment) {
        match shipment.state {
            ShipmentState::Complete | ShipmentState::Delivered => {
                self.line.print(&format!("Search target {}", sentence(shipment)));
            }
            ShipmentState::Incomplete | ShipmentState::Shipping => {
                self.line.print(&format!("warning: search target {}", sentence(shipment)));
                self.line.print(&format!("hint: `jac search backfill {}` ships what is missing.", run.id));
            }
        }
    }
}
