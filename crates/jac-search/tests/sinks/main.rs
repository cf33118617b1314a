//! With sinks: answers that no engine can be made to give, and what Logstash's inputs receive.

mod breaking;
#[path = "../common/log.rs"]
mod log;
mod sink;

use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use axum::response::IntoResponse;
use breaking::Breaking;
use jac_model::search::{Cursor, DashboardsKind, SampleTarget, ShippedRun, TargetKind};
use jac_search::{Auth, DashboardsSettings, Layout, Secret, Settings, SigV4, import_dashboards, target};
use log::{MemoryLog, log_of, run};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sink::{Seen, Sink, bulk, page};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::time::timeout;

const LIMIT: Duration = Duration::from_secs(60);
const RUN: &str = "r-23456789";

fn settings(kind: TargetKind, url: &str) -> Settings {
    Settings { batch_rows: 100, ..Settings::new("test", kind, url.parse().expect("a URL")) }
}

async fn ship(settings: Settings, log: &MemoryLog) -> Cursor {
    let target = target(settings).expect("a target");
    let run = run(RUN);
    timeout(LIMIT, target.ship(&run, Cursor::default(), log)).await.expect("in time").expect("shipped")
}

#[tokio::test]
async fn what_went_to_the_failure_store_was_refused() {
    let every_third = |seen: &Seen| {
        let item = |id: &str| {
            let row: u64 = id.rsplit('-').next().and_then(|position| position.parse().ok()).expect("a position");
            json!({ "status": 201, "failure_store": if row.is_multiple_of(3) { "used" } else { "not_enabled" } })
        };
        seen.path.ends_with("/_bulk").then(|| bulk(seen, item))
    };
    let sink = Sink::start(every_third).await;
    let log = MemoryLog::new(log_of(500));
    let end = ship(settings(TargetKind::Elasticsearch, &sink.url), &log).await;
    let refused = log.kept().refused.clone();
    assert!(end.refused > 100 && end.refused as usize == refused.len() && end.shipped + end.refused == 500, "{end:?}");
    assert!(refused.iter().all(|row| row.reason.contains("failure store") && row.document.contains("@timestamp")));
    assert!(
        refused.windows(2).all(|two| two[0].id.len() < two[1].id.len() || two[0].id < two[1].id),
        "in the log's order"
    );
}

#[tokio::test]
async fn answers_that_make_no_sense_and_servers_that_cannot_now_are_asked_again() {
    let number = AtomicUsize::new(0);
    let odd = move |seen: &Seen| {
        if !seen.path.ends_with("/_bulk") {
            return None;
        }
        match number.fetch_add(1, Ordering::Relaxed) {
            0 => Some(page(200, "{\"items\":[]}")),
            1 => Some(page(200, "<html>Welcome</html>")),
            2 => Some(page(502, "<html><h1>Bad Gateway</h1></html>")),
            3 => Some(page(429, "")),
            // Half of the rows only.
            4 => Some(bulk(seen, |id| {
                if id.ends_with(['1', '3', '5', '7', '9']) {
                    json!({ "status": 201 })
                } else {
                    json!({ "status": 503 })
                }
            })),
            5 => Some(page(301, "")),
            _ => None,
        }
    };
    let sink = Sink::start(odd).await;
    let log = MemoryLog::new(log_of(50));
    let end = ship(settings(TargetKind::Elasticsearch, &sink.url), &log).await;
    assert_eq!((end.rows, end.shipped), (50, 50));
    let reported = log.kept().reported.clone();
    assert_eq!(
        reported,
        ["search_answer_invalid", "search_unavailable", "search_busy", "search_unavailable", "search_refused", ""]
    );
    let bulks = sink.bulks();
    let all: BTreeSet<String> = bulks.last().expect("the last").ids().into_iter().collect();
    assert!(
        all.len() < 50 && all.iter().all(|id| id.ends_with(['0', '2', '4', '6', '8'])),
        "only what was not taken is sent again"
    );
}

#[tokio::test]
async fn what_is_too_large_is_halved_down_to_the_row_that_is() {
    let at_most_20_kb = |seen: &Seen| {
        (seen.path.ends_with("/_bulk") && seen.body.len() > 20_000)
            .then(|| page(413, "<html>Request Entity Too Large</html>"))
    };
    let sink = Sink::start(at_most_20_kb).await;
    let mut bytes = log_of(99);
    bytes.extend_from_slice(
        format!("1700000009000,5,{},200,OK,Users 1-1,text,true,,1,1,1,1,,0,0,0\n", "x".repeat(30_000)).as_bytes(),
    );
    let log = MemoryLog::new(bytes);
    let end = ship(settings(TargetKind::Elasticsearch, &sink.url), &log).await;
    assert_eq!((end.shipped, end.refused), (99, 1));
    assert_eq!(log.kept().refused[0].status, 413);
    assert_eq!(log.kept().reported, [""; 0], "that is no trouble of the target");
}

#[tokio::test]
async fn a_log_that_was_joined_is_shipped_on_with_the_header_that_its_rows_have() {
    const ROWS: usize = 4_000;
    let rows = |label: &str, code: &str, is_swapped: bool| {
        let row = |row: usize| {
            let (first, second) = if is_swapped { (code, label) } else { (label, code) };
            format!("{},5,{first},{second},OK,Users 1-1,{}\n", 1_700_000_000_000_u64 + row as u64, "x".repeat(60))
        };
        let columns = if is_swapped { "responseCode,label" } else { "label,responseCode" };
        let header = format!("timeStamp,elapsed,{columns},responseMessage,threadName,URL\n");
        std::iter::once(header).chain((0..ROWS).map(row)).collect::<String>()
    };
    let text = rows("First", "200", false) + &rows("Second", "500", true);
    let run = ShippedRun { is_imported: true, ..run(RUN) };
    let sink = Sink::start(|_| None).await;
    let target = target(settings(TargetKind::Elasticsearch, &sink.url)).expect("a target");
    let mut log = MemoryLog::new(text.clone().into_bytes());
    log.dies_after = Some(60);
    timeout(LIMIT, target.ship(&run, Cursor::default(), &log)).await.expect("in time").expect_err("it is killed");
    let from = log.kept().cursor;
    assert_eq!(from.rows, 6_000, "behind the second header");
    let end = timeout(LIMIT, target.ship(&run, from, &MemoryLog::new(text.into_bytes()))).await;
    let end = end.expect("in time").expect("shipped");
    assert_eq!((end.rows, end.shipped), (2 * ROWS as u64, 2 * ROWS as u64));
    let bulks = sink.bulks();
    let documents = bulks.iter().flat_map(|seen| seen.body.lines().skip(1).step_by(2));
    for document in documents {
        let document: Value = serde_json::from_str(document).expect("JSON");
        let reported = (&document["jmeter"]["label"], &document["jmeter"]["response_code"]);
        assert!(
            [(&json!("First"), &json!("200")), (&json!("Second"), &json!("500"))].contains(&reported),
            "{document}"
        );
    }
}

#[tokio::test]
async fn a_large_row_that_breaks_every_connection_is_refused_while_the_target_answers() {
    let sink = Sink::start(|_| None).await;
    let address = sink.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
    let proxy = Breaking::before(&address, 24 << 10, "").await;
    let mut bytes = log_of(20);
    // Nothing in it repeats, so it is as large when compressed.
    let mut state = 7_u64;
    let mut letter = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        char::from(b'a' + u8::try_from((state >> 33) % 26).expect("a letter"))
    };
    let text: String = (0..60_000).map(|_| letter()).collect();
    bytes
        .extend_from_slice(format!("1700000009000,5,Pay,500,{text},Users 1-1,text,false,,1,1,1,1,,0,0,0\n").as_bytes());
    let log = MemoryLog::new(bytes);
    let end = ship(settings(TargetKind::Elasticsearch, &proxy.url), &log).await;
    assert_eq!((end.shipped, end.refused), (20, 1));
    let refused = log.kept().refused[0].clone();
    assert!(refused.status == 413 && refused.document.contains(&text[..1_000]), "{}", refused.reason);
    assert_eq!(log.kept().reported.last(), Some(&""), "nothing holds it up any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_breaks_large_requests_with_or_without_an_answer_gets_smaller_ones_soon() {
    const ROWS: usize = 20_000;
    let too_large = "HTTP/1.1 413 Payload Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for answer in ["", too_large] {
        let sink = Sink::start(|_| None).await;
        let address = sink.url.trim_start_matches("http://").trim_end_matches('/');
        let proxy = Breaking::before(address, 24 << 10, answer).await;
        let log = MemoryLog::new(log_of(ROWS));
        let settings = Settings { batch_rows: 4_000, ..settings(TargetKind::Elasticsearch, &proxy.url) };
        let end = ship(settings, &log).await;
        assert_eq!((end.rows, end.shipped, end.refused), (ROWS as u64, ROWS as u64, 0), "{answer}");
        let ids: Vec<String> = sink.bulks().iter().flat_map(Seen::ids).collect();
        assert_eq!((ids.len(), ids.iter().collect::<BTreeSet<_>>().len()), (ROWS, ROWS), "{answer}: each is sent once");
        let reported = log.kept().reported.clone();
        assert!(reported.iter().all(|code| ["search_unreachable", ""].contains(code)), "{answer}: {reported:?}");
        assert!(!answer.is_empty() || reported.last() == Some(&""), "it said that it continues: {reported:?}");
        // Two of each size of each batch in flight, not one every second.
        let broken = proxy.broken.load(Ordering::Relaxed);
        assert!((1..80).contains(&broken), "{answer}: {broken} requests that were too large");
    }
}

#[tokio::test]
async fn credentials_are_sent_as_the_server_wants_them_and_a_refusal_is_waited_for() {
    let refuses_once = || {
        let number = AtomicUsize::new(0);
        move |seen: &Seen| (seen.path == "/" && number.fetch_add(1, Ordering::Relaxed) == 0).then(|| page(401, "{}"))
    };
    let provider = SharedCredentialsProvider::new(Credentials::new("AKIDEXAMPLE", "secret", None, None, "test"));
    let now = Arc::new(|| SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    for (auth, begins) in [
        (Auth::Basic { user: "ann".to_owned(), password: Secret::new("p:w") }, "Basic YW5uOnA6dw=="),
        (Auth::ApiKey(Secret::new("VnVhQ2ZHY0JDZGJrU")), "ApiKey VnVhQ2ZHY0JDZGJrU"),
        (
            Auth::SigV4(SigV4 {
                region: "eu-central-1".to_owned(),
                service: "es".to_owned(),
                credentials: provider,
                now,
            }),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20231114/eu-central-1/es/aws4_request",
        ),
    ] {
        let sink = Sink::start(refuses_once()).await;
        let log = MemoryLog::new(log_of(10));
        let shipped = ship(Settings { auth, ..settings(TargetKind::Elasticsearch, &sink.url) }, &log).await;
        assert_eq!((shipped.shipped, log.kept().reported.clone()), (10, vec!["search_denied", ""]));
        for seen in sink.seen().iter() {
            let header = seen.headers["authorization"].to_str().expect("text");
            assert!(header.starts_with(begins), "{header}");
            if begins.starts_with("AWS4") {
                let digest: String = Sha256::digest(&seen.raw).iter().map(|byte| format!("{byte:02x}")).collect();
                assert_eq!(seen.headers["x-amz-content-sha256"], digest.as_str(), "of the body as it is sent, packed");
            }
        }
    }
}

#[tokio::test]
async fn templates_are_written_once_and_the_teams_own_is_left_alone() {
    let sink = Sink::start(|seen| match (seen.method.as_str(), seen.path.as_str()) {
        ("GET", "/_index_template/jac-logs-jmeter.sample-default") => Some(page(404, "{}")),
        ("GET", path) if path.starts_with("/_component_template/") => Some(axum::Json(json!({})).into_response()),
        _ => None,
    })
    .await;
    let target: Arc<dyn SampleTarget> = target(settings(TargetKind::Elasticsearch, &sink.url)).expect("a target");
    for _ in 0..2 {
        let log = MemoryLog::new(log_of(3));
        target.ship(&run(RUN), Cursor::default(), &log).await.expect("shipped");
    }
    let put: Vec<String> =
        sink.seen().iter().filter(|seen| seen.method == "PUT").map(|seen| seen.path.clone()).collect();
    assert_eq!(
        put,
        [
            "/_component_template/jac-mappings",
            "/_component_template/jac-settings",
            "/_index_template/jac-logs-jmeter.sample-default"
        ]
    );
    let template: Value =
        serde_json::from_str(&sink.seen().iter().rfind(|seen| seen.method == "PUT").expect("it").body).expect("JSON");
    assert_eq!((&template["priority"], &template["data_stream"]), (&json!(500), &json!({})));
    assert_eq!(template["composed_of"], json!(["jac-mappings", "jac-settings", "jac@custom"]));
}

#[tokio::test]
async fn a_layout_whose_name_has_a_template_of_the_other_one_gets_its_own() {
    for (layout, there, name, pattern) in [
        (
            Layout::IndexPerRun,
            json!({ "index_patterns": ["shop"], "data_stream": {}, "version": 1_000 }),
            "jac-shop-index_per_run",
            "shop-*",
        ),
        (Layout::DataStream, json!({ "index_patterns": ["shop-*"], "version": 1_000 }), "jac-shop-data_stream", "shop"),
    ] {
        let sink = Sink::start(move |seen| match (seen.method.as_str(), seen.path.as_str()) {
            ("GET", "/_index_template/jac-shop") => {
                let template = json!({ "name": "jac-shop", "index_template": there });
                Some(axum::Json(json!({ "index_templates": [template] })).into_response())
            }
            ("GET", path) if path.starts_with("/_index_template/") => Some(page(404, "{}")),
            _ => None,
        })
        .await;
        let settings =
            Settings { layout, index: Some("shop".to_owned()), ..settings(TargetKind::Elasticsearch, &sink.url) };
        ship(settings, &MemoryLog::new(log_of(3))).await;
        let seen = sink.seen();
        let put = seen.iter().find(|seen| seen.method == "PUT" && seen.path.starts_with("/_index_template/"));
        let put = put.expect("a template");
        assert_eq!(put.path, format!("/_index_template/{name}"));
        assert!(put.body.contains(&format!("[\"{pattern}\"]")), "{}", put.body);
    }
}

#[tokio::test]
async fn a_server_without_data_streams_gets_an_index_for_each_run() {
    let sink = Sink::start(|seen| match seen.path.as_str() {
        "/_index_template/_simulate" => {
            let reason = "[index_template] unknown field [data_stream]";
            Some(
                (
                    axum::http::StatusCode::BAD_REQUEST,
                    axum::Json(json!({ "error": { "type": "x_content_parse_exception", "reason": reason } })),
                )
                    .into_response(),
            )
        }
        _ => None,
    })
    .await;
    let target = target(settings(TargetKind::Elasticsearch, &sink.url)).expect("a target");
    target.ship(&run(RUN), Cursor::default(), &MemoryLog::new(log_of(3))).await.expect("shipped");
    assert_eq!(sink.bulks()[0].path, format!("/jmeter.sample-default-{RUN}/_bulk"));
    assert_eq!(target.info().index_pattern, "jmeter.sample-default-*", "what was found there");
}

#[tokio::test]
async fn logstash_s_http_input_gets_arrays_with_ids_and_is_waited_for_when_its_queue_is_full() {
    let number = AtomicUsize::new(0);
    let stored: Arc<Mutex<Vec<Value>>> = Arc::default();
    let taken = Arc::clone(&stored);
    let input = move |seen: &Seen| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        if number == 1 {
            return Some(page(429, "queue full"));
        }
        let events: Vec<Value> = serde_json::from_str(&seen.body).expect("an array");
        taken.lock().expect("it").extend(events);
        // This answer is lost, although the rows are accepted.
        Some(page(if number == 2 { 503 } else { 200 }, "ok"))
    };
    let sink = Sink::start(input).await;
    let log = MemoryLog::new(log_of(1_000));
    let end = ship(settings(TargetKind::Logstash, &sink.url), &log).await;
    assert_eq!((end.rows, end.shipped), (1_000, 1_000));
    assert_eq!(sink.seen()[0].headers["content-type"], "application/json");
    let stored = stored.lock().expect("it");
    let ids: BTreeSet<&str> = stored.iter().map(|event| event["@metadata"]["_id"].as_str().expect("an id")).collect();
    assert!(stored.len() > 1_000 && ids.len() == 1_000, "{} events, {} ids", stored.len(), ids.len());
    assert!(stored.iter().all(|event| event["run"]["id"] == RUN && event["@timestamp"].is_string()));
}

#[tokio::test]
async fn logstash_s_tcp_input_gets_a_document_on_each_line() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("tcp://{}", listener.local_addr().expect("its address"));
    let reading = tokio::spawn(async move {
        let mut ids = BTreeSet::new();
        let (stream, _) = listener.accept().await.expect("a connection");
        let mut lines = BufReader::new(stream).lines();
        while let Some(line) = lines.next_line().await.expect("a line") {
            let event: Value = serde_json::from_str(&line).expect("JSON");
            ids.insert(event["@metadata"]["_id"].as_str().expect("an id").to_owned());
        }
        ids.len()
    });
    let end = ship(settings(TargetKind::Logstash, &url), &MemoryLog::new(log_of(1_000))).await;
    assert_eq!(end.shipped, 1_000);
    assert_eq!(timeout(LIMIT, reading).await.expect("in time").expect("read"), 1_000);
}

#[tokio::test]
async fn an_answer_without_an_end_is_given_up() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}/", listener.local_addr().expect("its address"));
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            drop(stream.read(&mut [0; 4096]).await);
            drop(stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n").await);
            while stream.write_all(&[b' '; 64 << 10]).await.is_ok() {}
        }
    });
    let target = target(settings(TargetKind::Elasticsearch, &url)).expect("a target");
    let refused = timeout(LIMIT, target.test()).await.expect("in time").expect_err("it has no end");
    assert_eq!(refused.code, "search_answer_invalid");
}

#[tokio::test]
async fn a_servers_own_authority_is_trusted_where_its_certificate_is_given() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate], rustls::pki_types::PrivateKeyDer::Pkcs8(key.into()))
        .expect("a pair");
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("https://localhost:{}/", listener.local_addr().expect("its address").port());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut request = [0; 4096];
            // The same answer to whatever is asked: who it is, and that all is well.
            let body = r#"{"version":{"number":"8.19.5"},"count":0,"has_all_requested":true}"#;
            let answer =
                format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
            drop(stream.read(&mut request).await);
            drop(stream.write_all(answer.as_bytes()).await);
            drop(stream.shutdown().await);
        }
    });
    let settings = settings(TargetKind::Elasticsearch, &url);
    let distrusted = target(settings.clone()).expect("a target").test().await.expect_err("that authority is unknown");
    assert_eq!(distrusted.code, "search_certificate", "{distrusted}");
    let trusting = target(Settings { ca_pem: Some(made.cert.pem().into_bytes()), ..settings }).expect("a target");
    assert_eq!(trusting.test().await.expect("it is trusted").version, "8.19.5");
}

#[tokio::test]
async fn dashboards_are_imported_with_the_header_that_each_application_wants() {
    for (kind, header) in [(DashboardsKind::Kibana, "kbn-xsrf"), (DashboardsKind::OpensearchDashboards, "osd-xsrf")] {
        let sink = Sink::start(move |seen| {
            let is_import = seen.path == "/s/load/api/saved_objects/_import" && seen.headers.contains_key(header);
            Some(if is_import { page(200, r#"{"success":true,"successCount":15}"#) } else { page(400, "{}") })
        })
        .await;
        let url = format!("{}s/load", sink.url).parse().expect("a URL");
        let dashboards = DashboardsSettings { kind, url };
        assert_eq!(import_dashboards(&dashboards, Auth::None, None, "logs-*").await, Ok(15));
        let seen = sink.seen()[0].clone();
        let form = seen.headers["content-type"].to_str().expect("text").to_owned();
        assert!(
            form.starts_with("multipart/form-data; boundary=") && seen.body.contains("filename=\"jac.ndjson\""),
            "{form}"
        );
    }
    let sink = Sink::start(|_| Some(page(200, r#"{"success":false,"successCount":3,"errors":[{"id":"x"}]}"#))).await;
    let dashboards = DashboardsSettings { kind: DashboardsKind::Kibana, url: sink.url.parse().expect("a URL") };
    let refused = import_dashboards(&dashboards, Auth::None, None, "logs-*").await.expect_err("some were not taken");
    assert_eq!(refused.code, "search_import_refused");
}

#[tokio::test]
async fn an_import_at_a_wrong_address_or_without_the_right_has_a_code_and_repeats_no_page() {
    let of_engine = r#"{"error":"Incorrect HTTP method for uri [/api/saved_objects/_import]","status":405}"#;
    let of_kibana = r#"{"statusCode":400,"error":"Bad Request","message":"Invalid file extension x-secret-page"}"#;
    for (status, body, code) in [
        (200, "<html>x-secret-page</html>", "search_not_dashboards"),
        (404, "<html>x-secret-page</html>", "search_not_dashboards"),
        (404, r#"{"statusCode":404,"error":"Not Found","message":"Not Found"}"#, "search_not_dashboards"),
        (405, of_engine, "search_not_dashboards"),
        (200, r#"{"acknowledged":true}"#, "search_not_dashboards"),
        (401, "x-secret-page", "search_import_denied"),
        (403, r#"{"statusCode":403,"error":"Forbidden","message":"Unable to bulk_create"}"#, "search_import_denied"),
        (503, "x-secret-page", "search_unavailable"),
        (
            503,
            r#"{"statusCode":503,"error":"Service Unavailable","message":"License is not available."}"#,
            "search_unavailable",
        ),
        (400, of_kibana, "search_import_refused"),
    ] {
        let sink = Sink::start(move |_| Some(page(status, body))).await;
        let dashboards = DashboardsSettings { kind: DashboardsKind::Kibana, url: sink.url.parse().expect("a URL") };
        let refused = import_dashboards(&dashboards, Auth::None, None, "logs-*").await.expect_err("not imported");
        assert_eq!(refused.code, code, "{status} {body}: {}", refused.message);
        let repeats = refused.message.contains("x-secret-page");
        assert_eq!(repeats, code == "search_import_refused", "Kibana's own sentence only: {}", refused.message);
    }
}

#[tokio::test]
async fn deleting_ends_also_where_searches_go_on_finding_what_was_deleted_or_is_added_again() {
    for (status, deleted) in [(404, "0 documents"), (200, "20 documents")] {
        let sink = Sink::start(move |seen| {
            let answer = match seen.path.rsplit('/').next() {
                Some("_search") => json!({ "hits": { "hits": [{ "_index": "i", "_id": "a", "sort": [1] }] } }),
                Some("_bulk") => json!({ "items": [{ "delete": { "status": status } }] }),
                Some("_refresh") => return Some(page(403, "{}")),
                _ => return None,
            };
            Some(page(200, &answer.to_string()))
        })
        .await;
        let target = target(settings(TargetKind::Elasticsearch, &sink.url)).expect("a target");
        let run = RUN.parse().expect("an id");
        let error = timeout(LIMIT, target.delete(&run)).await.expect("in time").expect_err("it cannot be finished");
        assert_eq!(error.code, "search_delete_unfinished");
        assert!(error.message.starts_with(deleted), "{error}");
    }
}

#[tokio::test]
async fn deletions_that_are_too_large_for_one_request_are_divided() {
    let page_of = Mutex::new(Some(10_usize));
    let sink = Sink::start(move |seen| {
        let lines = seen.body.lines().count();
        let answer = match seen.path.rsplit('/').next() {
            Some("_search") => {
                let hits = page_of.lock().expect("it").take().unwrap_or(0);
                let hit = |id: usize| json!({ "_index": "i", "_id": id.to_string(), "sort": [id] });
                json!({ "hits": { "hits": (0..hits).map(hit).collect::<Vec<_>>() } })
            }
            Some("_bulk") if lines > 3 => return Some(page(413, "")),
            Some("_bulk") => json!({ "items": vec![json!({ "delete": { "status": 200 } }); lines] }),
            _ => return None,
        };
        Some(page(200, &answer.to_string()))
    })
    .await;
    let target = target(settings(TargetKind::Elasticsearch, &sink.url)).expect("a target");
    let run = RUN.parse().expect("an id");
    assert_eq!(timeout(LIMIT, target.delete(&run)).await.expect("in time"), Ok(10));
}
