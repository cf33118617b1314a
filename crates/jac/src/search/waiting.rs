//! Waiting until a run's samples are at the search targets, for as long as something moves.

use crate::client::Client;
use crate::exit::coded;
use crate::history::encoded;
use jac_engine::{Shipment, TargetView};
use jac_model::search::ShipmentState;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// A target that accepts nothing for this long is not waited for: longer than a request may take, so that its failure is
/// reported.
const STANDSTILL: Duration = Duration::from_secs(100);

/// Returns the shipments once all have ended, or their current state when none has progressed for this long. A queued one, at a target that accepts
/// others, is waited for. `say` gets each reason why one is waited for, once.
pub async fn wait(client: &Client, run: &str, say: &mut dyn FnMut(&str)) -> anyhow::Result<Vec<Shipment>> {
    let moved = |shipments: &[Shipment]| shipments.iter().map(|one| (one.rows, one.state)).collect::<Vec<_>>();
    let mut last = Vec::new();
    let mut since = Instant::now();
    let mut said = BTreeMap::new();
    loop {
        let shipments: Vec<Shipment> = client.poll(&format!("/runs/{}/search", encoded(run))).await?;
        // A target that the server no longer has receives nothing.
        if shipments.iter().all(|shipment| shipment.state.is_final() || shipment.target_info.is_none()) {
            return Ok(shipments);
        }
        for shipment in shipments.iter().filter(|shipment| !shipment.state.is_final()) {
            let code = shipment.trouble.as_ref().map(|trouble| trouble.code.clone());
            if let Some(reason) = reason(shipment)
                && said.insert(shipment.target.clone(), code.clone()) != Some(code)
            {
                say(&format!("{run}: waiting for the search target {}: {reason}", shipment.target));
            }
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

/// The reason why a shipment is behind.
fn reason(shipment: &Shipment) -> Option<String> {
    shipment.trouble.as_ref().map(|trouble| coded(&trouble.message, &trouble.code))
}

/// The state of a shipment.
pub fn sentence(shipment: &Shipment) -> String {
    let Shipment { target, rows, refused, .. } = shipment;
    let trouble = reason(shipment).map_or_else(String::new, |reason| format!(" {reason}"));
    let refused = if *refused == 0 { String::new() } else { format!(", {refused} rejected") };
    match (shipment.state, shipment.counted) {
        (ShipmentState::Complete, _) => format!("{target}: complete, all {rows} rows counted."),
        (ShipmentState::Delivered, _) => {
            format!("{target}: delivered, {rows} rows; it cannot report how many arrived.{trouble}")
        }
        (ShipmentState::Incomplete, Some(counted)) => {
            format!("{target}: incomplete, {rows} rows, {counted} documents counted{refused}.{trouble}")
        }
        (ShipmentState::Incomplete, None) => format!("{target}: incomplete, {rows} rows{refused}.{trouble}"),
        (ShipmentState::Shipping, _) if shipment.target_info.is_none() => {
            format!("{target}: not shipped any more, {rows} rows until then{refused}.{trouble}")
        }
        (ShipmentState::Shipping, _) => {
            let left =
                shipment.waiting_bytes.map_or_else(String::new, |bytes| format!(", {bytes} bytes of the log left"));
            format!("{target}: shipping, {rows} rows so far{refused}{left}.{trouble}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Json, Router, routing::get};
    use serde_json::json;

    #[tokio::test(start_paused = true)]
    async fn the_reason_for_waiting_is_given_at_once_and_only_once() {
        let trouble = json!({ "code": "search_index_blocked", "message": "The index is read only." });
        let target = json!({ "name": "es", "kind": "elasticsearch", "address": "http://es", "index_pattern": "x" });
        let shipment = json!({
            "target": "es", "target_info": target, "state": "shipping", "rows": 5, "shipped": 5, "refused": 0,
            "trouble": trouble, "updated_ms": 1,
        });
        let targets = json!([{ "target": target, "unfinished": 1, "trouble": trouble }]);
        let router = Router::new()
            .route("/api/v1/runs/r-1/search", get(move || async move { Json(json!([shipment])) }))
            .route("/api/v1/search/targets", get(move || async move { Json(targets) }));
        let client = Client::in_process(router, "t");
        let (begin, mut said) = (Instant::now(), Vec::new());
        let mut say = |reason: &str| said.push((begin.elapsed(), reason.to_owned()));
        let waited = wait(&client, "r-1", &mut say).await.expect("an answer");
        assert_eq!(waited[0].state, ShipmentState::Shipping);
        let [(after, reason)] = said.as_slice() else { panic!("{said:?}") };
        assert!(*after < POLL_INTERVAL && reason.ends_with("[search_index_blocked]"), "{after:?} {reason}");
    }
}
