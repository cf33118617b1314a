//! Waits for a run's shipping to search targets, and reports missing samples. They are not a failure of the run.

use super::Job;
use crate::search::waiting::{sentence, wait};
use jac_engine::Shipment;
use jac_engine::view::RunView;
use jac_model::search::ShipmentState;

impl Job<'_> {
    /// Waits until the run's samples are where they are shipped to. A signal ends the waiting, and nothing else.
    pub(super) async fn wait_for_search(&mut self, run: &RunView) {
        let first = self.client.get::<Vec<Shipment>>(&format!("/runs/{}/search", run.id)).await;
        if first.is_ok_and(|shipments| shipments.is_empty()) {
            return;
        }
        self.line.step("Waiting for the search targets.");
        let waited = tokio::select! {
            waited = wait(self.client, run.id.as_str()) => waited,
            _ = self.signals.next_stop() => {
                self.waits = false;
                self.client.get(&format!("/runs/{}/search", run.id)).await
            }
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
