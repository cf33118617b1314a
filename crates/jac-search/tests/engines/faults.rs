//! Conditions of an engine or its proxy that may last for minutes: overload, a limit on request size, a red index.
//!
//! A failure store is tested in `tests/sinks`: Elasticsearch's minimal distribution has the setting, but not the module that uses it.

use crate::engine::Engine;
use crate::gate::{Gate, Rules};
use crate::log::{MemoryLog, log_of};
use crate::{ELASTICSEARCH_8, OPENSEARCH_2, ROWS, count, made, settings, ship, shipping, until_reported};
use jac_model::search::Cursor;
use jac_search::Settings;
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::sleep;

/// How long the server is overloaded: a minute with `JAC_TEST_BUSY_S=60`.
fn busy_time() -> Duration {
    let given = std::env::var_os("JAC_TEST_BUSY_S").and_then(|text| text.to_str()?.parse().ok());
    Duration::from_secs(given.unwrap_or(6))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_has_too_much_to_do_for_a_time_is_asked_rarely_and_gets_every_row() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    let gate = Gate::before(engine.port(), Rules { busy_after: 5, ..Rules::default() }).await;
    let target = made(Settings { batch_rows: 200, in_flight: 4, ..settings(&gate.url) });
    let log = Arc::new(MemoryLog::new(log_of(ROWS)));
    let shipping = shipping(&target, &log);
    until_reported(&log, "search_busy").await;
    // The duration itself is what this test is about.
    sleep(busy_time()).await;
    gate.rules.is_busy.store(false, Ordering::Relaxed);
    let end = shipping.await.expect("shipped");
    assert_eq!((end.rows, end.shipped, end.refused), (ROWS as u64, ROWS as u64, 0));
    assert_eq!(count(&made(settings(&engine.url()))).await, ROWS as u64);
    // Requests in flight may have been accepted when it was first reported, and others rejected at the end.
    let reported = log.kept().reported.clone();
    assert!(
        reported.iter().all(|code| ["search_busy", ""].contains(code)) && reported.last() == Some(&""),
        "{reported:?}"
    );
    // Four at first, then each after twice the time: about twenty in six seconds, not hundreds.
    let asked = gate.rules.answered.load(Ordering::Relaxed);
    assert!(asked < 60, "{asked} requests to a server that had too much to do");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_refuses_large_requests_before_it_has_read_them_costs_no_row() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    let gate = Gate::before(engine.port(), Rules { most_bytes: 24 << 10, ..Rules::default() }).await;
    // Even compressed, a batch is several times as large as the limit.
    let target = made(Settings { batch_rows: 4_000, ..settings(&gate.url) });
    let log = MemoryLog::new(log_of(2 * ROWS));
    let end = ship(&target, &log, Cursor::default()).await;
    let rows = 2 * ROWS as u64;
    assert_eq!((end.rows, end.shipped, end.refused), (rows, rows, 0));
    assert_eq!(count(&made(settings(&engine.url()))).await, rows);
    // Whether the answer or the reset of the connection is seen first depends on timing, so either may be reported.
    let reported = log.kept().reported.clone();
    assert!(reported.iter().all(|code| ["search_unreachable", ""].contains(code)), "{reported:?}");
    let asked = gate.rules.answered.load(Ordering::Relaxed);
    assert!((1..80).contains(&asked), "{asked} requests that were too large");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_index_is_waited_for() {
    for name in [OPENSEARCH_2, ELASTICSEARCH_8] {
        let Some(engine) = Engine::start(name, "").await else { return };
        // No node has that name, so the index cannot be allocated.
        let nowhere = json!({ "index.routing.allocation.require._name": "nowhere" });
        let theirs = json!({ "template": { "settings": nowhere } });
        engine.ask(Method::PUT, "_component_template/jac@custom", theirs).await;
        let gate = Gate::before(engine.port(), Rules { shard_wait_ms: 500, ..Rules::default() }).await;
        let target = made(settings(&gate.url));
        let log = Arc::new(MemoryLog::new(log_of(ROWS)));
        let shipping = shipping(&target, &log);
        until_reported(&log, "search_unavailable").await;
        let health = engine.ask(Method::GET, "_cluster/health", json!(null)).await;
        assert_eq!((&health["status"], log.kept().cursor.shipped), (&json!("red"), 0), "{name}: {health}");
        let anywhere = json!({ "index.routing.allocation.require._name": null });
        engine.ask(Method::PUT, "logs-jmeter.sample-default/_settings", anywhere).await;
        let end = shipping.await.expect("shipped");
        assert_eq!((end.rows, end.shipped, end.refused), (ROWS as u64, ROWS as u64, 0), "{name}");
        assert_eq!(count(&target).await, ROWS as u64, "{name}");
        assert_eq!(log.kept().reported.last(), Some(&""), "{name}: it said that it continues");
    }
}
