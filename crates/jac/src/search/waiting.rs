//! Waiting until a run's samples are at the search targets, for as long as something moves.

use crate::client::Client;
use jac_engine::{Shipment, TargetView};
use jac_model::search::ShipmentState;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// A target that accepts nothing for this long is not waited for: longer than a request may take, so that its failure is
/// reported.
const STANDSTILL: Duration = Duration::from_secs(100);

/// Returns the shipments once all have ended, or their current state when none has progressed for this long. A queued one, at a target that accepts
/// others, is waited for.
pub async fn wait(client: &Client, run: &str) -> anyhow::Result<Vec<Shipment>> {
    let moved = |shipments: &[Shipment]| shipments.iter().map(|one| (one.rows, one.state)).collect::<Vec<_>>();
    let mut last = Vec::new();
    let mut since = Instant::now();
    loop {
        let shipments: Vec<Shipment> = client.poll(&format!("/runs/{run}/search")).await?;
        // A target that the server no longer has receives nothing.
        if shipments.iter().all(|shipment| shipment.state.is_final() || shipment.target_info.is_none()) {
            return Ok(shipments);
        }
        let now = moved(&shipments);
        if now != last {
            last = now;
            since = Instant::now();
        }
        if since.elapsed() > STANDSTILL {
            if !is_queued(client, &shipments).await? {
                return Ok(shipments);
            }
            since = Instant::now();
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Whether all shipments that have not ended have not started either, and their targets have no problem.
async fn is_queued(client: &Client, shipments: &[Shipment]) -> anyhow::Result<bool> {
    let targets: Vec<TargetView> = client.poll("/search/targets").await?;
    let is_free = |name: &str| targets.iter().any(|view| view.target.name == name && view.trouble.is_none());
    let mut waiting = shipments.iter().filter(|shipment| !shipment.state.is_final() && shipment.target_info.is_some());
    Ok(waiting.all(|shipment| shipment.rows == 0 && shipment.trouble.is_none() && is_free(&shipment.target)))
}

/// The state of a shipment.
pub fn sentence(shipment: &Shipment) -> String {
    let Shipment { target, rows, refused, .. } = shipment;
    let trouble = shipment
        .trouble
        .as_ref()
        .map_or_else(String::new, |trouble| format!(" {} [{}]", trouble.message, trouble.code));
    let refused = if *refused == 0 { String::new() } else { format!(", {refused} refused") };
    match (shipment.state, shipment.counted) {
        (ShipmentState::Complete, _) => format!("{target}: complete, all {rows} rows counted."),
        (ShipmentState::Delivered, _) => {
            format!("{target}: delivered, {rows} rows; it cannot report how many arrived.{trouble}")
        }
        (ShipmentState::Incomplete, Some(counted)) => {
            format!("{target}: incomplete, {rows} rows, {counted} documents counted{refused}.{trouble}")
        }
        (ShipmentState::Incomplete, None) => format!("{target}: incomplete, {rows} rows{refused}.{trouble}"),
        (ShipmentState::Shipping, _) => {
            let left =
                shipment.waiting_bytes.map_or_else(String::new, |bytes| format!(", {bytes} bytes of the log left"));
            format!("{target}: shipping, {rows} rows so far{refused}{left}.{trouble}")
        }
    }
}
