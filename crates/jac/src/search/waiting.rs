//! Waiting until a run's samples are at the search targets, for as long as something moves.

use crate::client::Client;
use jac_engine::Shipment;
use jac_model::search::ShipmentState;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// A target that takes nothing for so long is not waited for: longer than a request may take, so that its failure is
/// reported.
const STANDSTILL: Duration = Duration::from_secs(100);

/// Returns the shipments once all have ended, or as they are when none has moved for so long.
pub async fn wait(client: &Client, run: &str) -> anyhow::Result<Vec<Shipment>> {
    let moved = |shipments: &[Shipment]| shipments.iter().map(|one| (one.rows, one.state)).collect::<Vec<_>>();
    let mut last = Vec::new();
    let mut since = Instant::now();
    loop {
        let shipments: Vec<Shipment> = client.poll(&format!("/runs/{run}/search")).await?;
        // A target that the server does not have any more receives nothing.
        if shipments.iter().all(|shipment| shipment.state.is_final() || shipment.target_info.is_none()) {
            return Ok(shipments);
        }
        let now = moved(&shipments);
        if now != last {
            last = now;
            since = Instant::now();
        }
        if since.elapsed() > STANDSTILL {
            return Ok(shipments);
        }
        sleep(POLL_INTERVAL).await;
    }
}

/// Where a shipment is.
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
