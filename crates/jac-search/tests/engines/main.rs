//! With real engines: every row is stored once, whatever happens on the way.

mod engine;
mod faults;
mod gate;
#[path = "../common/log.rs"]
mod log;
mod privileges;
mod proxy;
mod tls;

use engine::Engine;
use jac_model::search::{Cursor, SampleTarget, TargetKind};
use jac_search::{Auth, Layout, Secret, Settings, target};
use log::{Kept, MemoryLog, log_of, run};
use proxy::{Proxy, Trouble};
use reqwest::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tls::Secured;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

const OPENSEARCH_2: &str = "opensearch-2.19.4";
const OPENSEARCH_3: &str = "opensearch-3.6.0";
const ELASTICSEARCH_8: &str = "elasticsearch-8.19.5";
/// Nothing takes this long.
const LIMIT: Duration = Duration::from_secs(240);
const RUN: &str = "r-23456789";
const ROWS: usize = 20_000;

fn settings(url: &str) -> Settings {
    let url = url.parse().expect("a URL");
    Settings { batch_rows: 1_000, ..Settings::new("test", TargetKind::Elasticsearch, url) }
}

fn made(settings: Settings) -> Arc<dyn SampleTarget> {
    target(settings).expect("a target")
}

async fn ship(target: &Arc<dyn SampleTarget>, log: &MemoryLog, from: Cursor) -> Cursor {
    let run = run(RUN);
    let shipped = timeout(LIMIT, target.ship(&run, from, log)).await;
    shipped.expect("in time").expect("shipped")
}

/// The same concurrently with the rest of the test.
fn shipping(target: &Arc<dyn SampleTarget>, log: &Arc<MemoryLog>) -> JoinHandle<Cursor> {
    let (target, log) = (Arc::clone(target), Arc::clone(log));
    tokio::spawn(async move { ship(&target, &log, Cursor::default()).await })
}

/// Waits until the log's keeper has received something of that kind.
async fn until(log: &MemoryLog, what: &str, is_so: impl Fn(&Kept) -> bool) {
    let so = async {
        while !is_so(&log.kept()) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    let in_time = timeout(LIMIT, so).await.is_ok();
    assert!(in_time, "never: {what}; reported: {:?}", log.kept().reported);
}

async fn until_reported(log: &MemoryLog, code: &str) {
    until(log, code, |kept| kept.reported.contains(&code)).await;
}

async fn count(target: &Arc<dyn SampleTarget>) -> u64 {
    target.count(&RUN.parse().expect("an id")).await.expect("a count")
}

/// Ships all rows, ships them again after an index rollover, deletes duplicates, and then everything.
async fn takes_every_row_once(name: &str, version: &str) {
    let Some(engine) = Engine::start(name, "").await else { return };
    let target = made(settings(&engine.url()));
    let tested = target.test().await.expect("it answers");
    assert_eq!((tested.version.as_str(), tested.layout.as_str()), (version, "data_stream"));
    assert!(name.starts_with(&tested.server), "{tested:?}");
    let (log, run) = (MemoryLog::new(log_of(ROWS)), run(RUN).id);
    let rows = ROWS as u64;

    let end = ship(&target, &log, Cursor::default()).await;
    assert_eq!((end.rows, end.shipped, end.refused), (rows, rows, 0));
    assert_eq!(end, log.kept().cursor);
    assert_eq!(count(&target).await, rows);
    // Existing rows are not an error, and are stored once.
    assert_eq!(ship(&target, &log, Cursor::default()).await.shipped, rows);
    assert_eq!(count(&target).await, rows);

    // The fields have the documented types.
    let counted = async |field: &str, value: serde_json::Value| {
        let query = json!({ "query": { "term": { field: value } } });
        engine.ask(Method::POST, "logs-jmeter.sample-default/_count", query).await["count"].as_u64()
    };
    assert_eq!(counted("event.outcome", json!("failure")).await, Some(rows / 10));
    assert_eq!(counted("http.response.status_code", json!(500)).await, Some(rows / 10));
    assert_eq!(counted("jmeter.transaction", json!(true)).await, Some(rows / 100));
    assert_eq!(counted("jmeter.label", json!("Pay")).await, Some(rows / 10));
    assert_eq!(counted("run.plan", json!("shop")).await, Some(rows));

    // IDs are unique within one index only.
    engine.ask(Method::POST, "logs-jmeter.sample-default/_rollover", json!({})).await;
    ship(&target, &log, Cursor::default()).await;
    assert_eq!(count(&target).await, 2 * rows);
    assert_eq!(target.delete_doubles(&run).await.expect("deleted"), rows);
    assert_eq!(count(&target).await, rows);
    assert_eq!(target.delete(&run).await.expect("deleted"), rows);
    assert_eq!(count(&target).await, 0);

    // The other layout.
    let target = made(Settings { layout: Layout::IndexPerRun, ..settings(&engine.url()) });
    assert_eq!(count(&target).await, 0);
    ship(&target, &log, Cursor::default()).await;
    assert_eq!(count(&target).await, rows);
    assert_eq!(target.delete(&run).await.expect("deleted"), rows);
    assert_eq!(count(&target).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn opensearch_2_takes_every_row_once() {
    takes_every_row_once(OPENSEARCH_2, "2.19.4").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opensearch_3_takes_every_row_once() {
    takes_every_row_once(OPENSEARCH_3, "3.6.0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elasticsearch_8_takes_every_row_once() {
    takes_every_row_once(ELASTICSEARCH_8, "8.19.5").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_and_started_again_in_the_middle_has_every_row() {
    let Some(mut engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    let target = made(Settings { batch_rows: 200, ..settings(&engine.url()) });
    let log = Arc::new(MemoryLog::new(log_of(ROWS)));
    let shipping = shipping(&target, &log);
    until(&log, "ten steps", |kept| kept.steps >= 10).await;
    engine.kill();
    until_reported(&log, "search_unreachable").await;
    engine.start_again().await;
    let end = shipping.await.expect("shipped");
    assert_eq!((end.rows, end.shipped), (ROWS as u64, ROWS as u64));
    assert_eq!(log.kept().reported.last(), Some(&""), "it said that it continues");
    assert_eq!(count(&target).await, ROWS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_too_much_to_do_and_a_bound_of_1_mb_gets_every_row() {
    let lines = "thread_pool.write.size: 1\nthread_pool.write.queue_size: 1\nhttp.max_content_length: 1mb\n";
    let Some(engine) = Engine::start(OPENSEARCH_2, lines).await else { return };
    // More requests at a time than it can queue, and more rows in each than it accepts.
    let target = made(Settings { batch_rows: 4_000, in_flight: 12, ..settings(&engine.url()) });
    let rows = 3 * ROWS;
    let log = MemoryLog::new(log_of(rows));
    let end = ship(&target, &log, Cursor::default()).await;
    assert_eq!((end.rows, end.shipped, end.refused), (rows as u64, rows as u64, 0));
    assert_eq!(count(&target).await, rows as u64);
    assert!(log.kept().reported.contains(&"search_busy"), "it had not too much to do: {:?}", log.kept().reported);
}

#[tokio::test(flavor = "multi_thread")]
async fn slow_lines_lost_answers_and_a_proxy_that_cuts_large_requests_cost_no_row() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    for (trouble, cuts) in [
        (Trouble { slow: Some(Duration::from_millis(2)), ..Trouble::default() }, false),
        (Trouble { cut_after: Some(40 << 10), ..Trouble::default() }, true),
        (Trouble { swallows_answers_of_each: Some(2), ..Trouble::default() }, true),
    ] {
        let proxy = Proxy::before(engine.port(), trouble).await;
        let target = made(settings(&proxy.url));
        let log = MemoryLog::new(log_of(ROWS));
        let end = ship(&target, &log, Cursor::default()).await;
        assert_eq!((end.shipped, end.refused), (ROWS as u64, 0), "{trouble:?}");
        let direct = made(settings(&engine.url()));
        assert_eq!(count(&direct).await, ROWS as u64, "{trouble:?}");
        assert_eq!(proxy.cuts.load(std::sync::atomic::Ordering::Relaxed) > 0, cuts, "{trouble:?}");
        direct.delete(&RUN.parse().expect("an id")).await.expect("deleted");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shipper_that_is_killed_at_any_step_goes_on_where_it_was() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    let target = made(Settings { batch_rows: 300, ..settings(&engine.url()) });
    let bytes = log_of(ROWS);
    let mut cursor = Cursor::default();
    let mut lives = 0;
    loop {
        let mut log = MemoryLog::new(bytes.clone());
        // Each time a few more batches are acknowledged than are recorded.
        log.dies_after = Some(1 + (lives * 7) % 10);
        lives += 1;
        let shipped = timeout(LIMIT, target.ship(&run(RUN), cursor, &log)).await.expect("in time");
        if log.kept().steps > 0 {
            cursor = log.kept().cursor;
        }
        match shipped {
            Ok(end) => break assert_eq!((end.rows, end.shipped), (ROWS as u64, ROWS as u64)),
            Err(error) => assert_eq!(error.code, "killed"),
        }
    }
    assert!(lives >= 10, "{lives} lives");
    assert_eq!(count(&target).await, ROWS as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_that_an_index_refuses_are_reported_with_its_reason_and_the_others_are_there() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    // A user's own mapping in which a label is a number.
    let theirs = json!({ "template": { "mappings": { "properties": { "jmeter": { "properties": { "label": { "type": "long" } } } } } } });
    engine.ask(Method::PUT, "_component_template/jac@custom", theirs).await;
    let target = made(settings(&engine.url()));
    let mut bytes = log_of(500);
    bytes.extend_from_slice(b"1700000099000,5,42,200,OK,Users 1-1,text,true,,1,1,1,1,,0,0,0\n");
    let log = MemoryLog::new(bytes);
    let end = ship(&target, &log, Cursor::default()).await;
    assert_eq!((end.rows, end.shipped, end.refused), (501, 1, 500));
    assert_eq!(count(&target).await, 1);
    let refused = log.kept().refused.clone();
    assert_eq!((refused.len(), refused[0].status), (500, 400));
    assert!(refused[0].reason.contains("jmeter.label") && refused[0].id.starts_with(RUN), "{:?}", refused[0]);
    let document: serde_json::Value = serde_json::from_str(&refused[0].document).expect("the document");
    assert_eq!(document["jmeter"]["label"], "Pay");

    // An index that is temporarily read-only is waited for.
    engine.ask(Method::PUT, "logs-jmeter.sample-default/_settings", json!({ "index.blocks.write": true })).await;
    let log = Arc::new(MemoryLog::new(b"timeStamp,elapsed,label,success\n1700000000000,5,7,true\n".to_vec()));
    let shipping = shipping(&target, &log);
    until(&log, "an answer", |kept| !kept.reported.is_empty()).await;
    assert_eq!(log.kept().reported, ["search_index_blocked"]);
    engine.ask(Method::PUT, "logs-jmeter.sample-default/_settings", json!({ "index.blocks.write": false })).await;
    assert_eq!(shipping.await.expect("shipped").shipped, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_with_tls_and_a_password_or_a_key_takes_every_row_and_nothing_of_who_has_neither() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    // RFC 7617 has this header as its example.
    let basic = "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
    let signed_in = Auth::Basic { user: "Aladdin".to_owned(), password: Secret::new("open sesame") };
    let key = Auth::ApiKey(Secret::new("VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw=="));
    let api_key = "ApiKey VnVhQ2ZHY0JDZGJrUW0tZTVhT3g6dWkybHAyYXhUTm1zeWFrdzl0dk5udw==";
    // The same as Elasticsearch's documentation has it: id and key with a colon, and their base64.
    let apart = Auth::ApiKey(Secret::new("VuaCfGcBCdbkQm-e5aOx:ui2lp2axTNmsyakw9tvNnw"));
    for (authorization, auth) in [(basic, signed_in), (api_key, key), (api_key, apart)] {
        let proxy = Secured::before(engine.port(), authorization).await;
        let trusting = Settings { ca_pem: Some(proxy.ca_pem.clone()), ..settings(&proxy.url) };
        let distrusted = made(settings(&proxy.url)).test().await.expect_err("its certificate is not known");
        assert_eq!(distrusted.code, "search_certificate");
        let nobody = made(trusting.clone()).test().await.expect_err("nobody has signed in");
        assert_eq!((nobody.code, proxy.let_through.load(Ordering::Relaxed)), ("search_denied", 0));
        let target = made(Settings { auth, ..trusting });
        assert_eq!(target.test().await.expect("it answers").version, "2.19.4");
        let refused = proxy.refused.load(Ordering::Relaxed);
        let end = ship(&target, &MemoryLog::new(log_of(2_000)), Cursor::default()).await;
        assert_eq!((end.shipped, count(&target).await), (2_000, 2_000));
        assert_eq!(target.delete(&RUN.parse().expect("an id")).await.expect("deleted"), 2_000);
        assert_eq!(proxy.refused.load(Ordering::Relaxed), refused, "each request is signed in");
    }
}
