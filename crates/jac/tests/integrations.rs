//! Notifications and metrics of a real run by a real server: a webhook that fails and hangs, and figures in a real
//! metrics store, which must equal those of the run's own summary.
//!
//! `JMETER_HOME` is a JMeter and `JAC_TEST_VICTORIA_METRICS` the store; `scripts/test` sets both.

#[path = "edge/place.rs"]
#[expect(dead_code, reason = "the tests of the edge use all of it")]
mod place;
#[path = "../../jac-integrations/tests/targets/sink.rs"]
#[expect(dead_code, reason = "the tests of the adapter use all of it")]
mod sink;
#[path = "../../jac-integrations/tests/targets/victoria_metrics.rs"]
mod victoria_metrics;

use place::{LIMIT, Place, Server, err, out};
use serde_json::Value;
use sink::{Answer, Received, Sink};
use std::fmt::Write as _;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime};
use tokio::time::sleep;
use victoria_metrics::VictoriaMetrics;

fn jac(place: &Place, arguments: &[&str]) -> Command {
    let mut command = place.jac(arguments);
    for name in ["JMETER_HOME", "PATH", "JAVA_HOME"] {
        command.envs(std::env::var_os(name).map(|value| (name, value)));
    }
    command
}

async fn done(mut command: Command) -> Output {
    tokio::task::spawn_blocking(move || command.output().expect("jac starts")).await.expect("it ends")
}

/// A configuration with the sink as a notification target.
fn config(sink: &Sink) -> String {
    format!(
        "listen = \"127.0.0.1:0\"\npublic_url = \"http://127.0.0.1\"\n[[notify]]\nname = \"hook\"\nkind = \"webhook\"\nurl = \"{}/hook\"\n\
         secret_file = \"secrets/hook\"\n",
        sink.url
    )
}

fn write_secret(place: &Place) {
    std::fs::create_dir_all(place.data().join("secrets")).expect("a folder");
    std::fs::write(place.data().join("secrets/hook"), "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").expect("written");
}

/// Runs a plan on the server, and returns the run's ID and its summary.
async fn run(place: &Place, seconds: u32) -> (String, Value) {
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/steady.jmx");
    let folder = place.0.path().join(format!("out-{seconds}"));
    let mut command = jac(place, &["run", "--workers", "1", &format!("-Jduration={seconds}"), "--out"]);
    command.arg(&folder).arg(plan);
    let output = done(command).await;
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let summary = std::fs::read(folder.join("summary.json")).expect("a summary");
    let listed = done(jac(place, &["runs", "list", "--output", "json"])).await;
    let runs: Value = serde_json::from_str(&out(&listed)).expect("JSON");
    let id = runs[0]["id"].as_str().expect("an id").to_owned();
    (id, serde_json::from_slice(&summary).expect("JSON"))
}

async fn received(sink: &Sink, least: usize) -> Vec<Received> {
    let began = Instant::now();
    while sink.received().len() < least {
        assert!(began.elapsed() < LIMIT, "{} of {least} came", sink.received().len());
        sleep(Duration::from_millis(20)).await;
    }
    sink.received()
}

/// The notification of a run to the sink, once it is in that state.
async fn delivery(place: &Place, run: &str, state: &str) -> Value {
    let began = Instant::now();
    loop {
        let output = done(jac(place, &["notify", "status", run, "--output", "json"])).await;
        let deliveries: Value = serde_json::from_str(&out(&output)).unwrap_or_else(|_| panic!("{}", err(&output)));
        if deliveries[0]["state"] == state {
            return deliveries[0].clone();
        }
        assert!(began.elapsed() < LIMIT, "{deliveries}");
        sleep(Duration::from_millis(50)).await;
    }
}

fn now_ms() -> i64 {
    #[expect(clippy::disallowed_methods, reason = "the store of metrics goes by the same clock")]
    let now = SystemTime::now();
    let since = now.duration_since(SystemTime::UNIX_EPOCH).expect("after 1970");
    i64::try_from(since.as_millis()).expect("not that long")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finished_run_is_notified_and_its_figures_are_those_of_its_summary_in_every_protocol() {
    let metrics = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
    let scrape = format!(
        "scrape_configs:\n- job_name: jac\n  scrape_interval: 1s\n  scrape_timeout: 1s\n  static_configs:\n  - targets: ['{metrics}']\n"
    );
    let Some(store) = VictoriaMetrics::start(Some(&scrape)) else { return };
    let sink = Sink::start(&[Answer::Status(503)]).await;
    let place = Place::new();
    let mut text = format!("metrics_listen = \"{metrics}\"\n{}", config(&sink));
    for (name, kind, rest) in [
        ("otel", "otlp", "url = \"URL/opentelemetry/v1/metrics\""),
        ("influx-two", "influxdb", "url = \"URL\"\nbucket = \"two\""),
        ("influx-one", "influxdb", "url = \"URL\"\ndatabase = \"one\""),
        ("nowhere", "otlp", "url = \"http://127.0.0.1:1\""),
    ] {
        let rest = rest.replace("URL", &store.url);
        writeln!(text, "[[metrics_export]]\nname = \"{name}\"\nkind = \"{kind}\"\ninterval_s = 1\n{rest}")
            .expect("text");
    }
    place.write_config(&text);
    write_secret(&place);
    let _server = Server::spawn(&place, jac(&place, &["serve"]));
    let (id, summary) = run(&place, 6).await;

    // Rejected the first time, and sent again with the same ID.
    let requests = received(&sink, 2).await;
    assert_eq!(requests[0].headers["webhook-id"], requests[1].headers["webhook-id"]);
    let document: Value = serde_json::from_slice(&requests[1].body).expect("JSON");
    let total = &summary["total"];
    assert_eq!((&document["run"]["id"], &document["event"]), (&Value::from(id.as_str()), &"run.finished".into()));
    assert_eq!(document["run"]["figures"]["samples"], total["samples"]);
    assert_eq!(document["run"]["figures"]["p95_ms"], total["p95_ms"]);
    assert_eq!(document["run"]["url"], format!("http://127.0.0.1/runs/{id}"));
    let delivered = delivery(&place, &id, "delivered").await;
    assert_eq!((&delivered["attempts"], &delivered["id"]), (&2.into(), &document["id"]));

    let samples = total["samples"].as_f64().expect("samples");
    let p95_s = total["p95_ms"].as_f64().expect("a percentile") / 1_000.0;
    assert!(samples > 50.0, "{summary}");
    let value = |query: String, expected: f64| {
        let store = &store;
        async move { store.expect(&format!("last_over_time({query}[5m])"), now_ms(), expected).await }
    };
    value(format!("jac_run_samples_total{{run=\"{id}\",plan=\"steady\"}}"), samples).await;
    value(format!("jac_run_response_seconds_count{{run=\"{id}\"}}"), samples).await;
    value(format!("jac_run_response_quantile_seconds{{run=\"{id}\",quantile=\"0.95\"}}"), p95_s).await;
    value(format!("jac_run_active_users{{run=\"{id}\",job=\"jac\"}}"), 0.0).await;
    value(format!("{{__name__=\"jac.run.samples\",\"jac.run.id\"=\"{id}\"}}"), samples).await;
    value(format!("{{__name__=\"jac.run.response.duration_count\",\"jac.run.id\"=\"{id}\"}}"), samples).await;
    for database in ["", "one"] {
        value(format!("jac_run_samples{{run=\"{id}\",db=\"{database}\"}}"), samples).await;
    }
    for entry in summary["labels"].as_array().expect("labels") {
        let (label, count) = (entry["label"].as_str().expect("a label"), entry["samples"].as_f64().expect("samples"));
        value(format!("jac_run_label_samples_total{{run=\"{id}\",label=\"{label}\"}}"), count).await;
        value(
            format!("{{__name__=\"jac.run.label.samples\",\"jac.run.id\"=\"{id}\",\"jmeter.label\"=\"{label}\"}}"),
            count,
        )
        .await;
        value(format!("jac_label_samples{{run=\"{id}\",label=\"{label}\",db=\"one\"}}"), count).await;
    }
    // During the run there were points in between.
    let between = format!("count_over_time(jac_run_samples_total{{run=\"{id}\"}}[5m])");
    assert!(store.value(&between, now_ms()).await.is_some_and(|points| points >= 4.0));

    // The unreachable target delayed nothing, and is reported as unreachable.
    let tested = done(jac(&place, &["notify", "test", "--output", "json"])).await;
    assert_eq!(tested.status.code(), Some(3), "{}", err(&tested));
    let tested: Value = serde_json::from_str(&out(&tested)).expect("JSON");
    let failed: Vec<&str> = tested
        .as_array()
        .expect("targets")
        .iter()
        .filter(|target| !target["error"].is_null())
        .filter_map(|target| target["target"].as_str())
        .collect();
    assert_eq!(failed, ["nowhere"], "{tested}");
    let codes: Vec<&str> = tested.as_array().expect("targets").iter().filter_map(|one| one["code"].as_str()).collect();
    assert_eq!(codes, ["integration_unreachable"], "{tested}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_while_it_notifies_notifies_again_under_the_same_id() {
    let sink = Sink::start(&[Answer::Hang]).await;
    let place = Place::new();
    place.write_config(&config(&sink));
    write_secret(&place);
    let server = Server::spawn(&place, jac(&place, &["serve"]));
    let (id, _) = run(&place, 2).await;
    received(&sink, 1).await;
    // kill -9, while the target has it and has not answered.
    drop(server);
    let _server = Server::spawn(&place, jac(&place, &["serve"]));
    let delivered = delivery(&place, &id, "delivered").await;
    let requests = received(&sink, 2).await;
    assert_eq!(requests.len(), 2);
    for received in &requests {
        assert_eq!(received.headers["webhook-id"].to_str().ok(), delivered["id"].as_str());
    }
    let retried = done(jac(&place, &["notify", "retry", &id])).await;
    assert!(out(&retried).contains("hook: delivered"), "{}", out(&retried));
    assert_eq!(received(&sink, 2).await.len(), 2, "what was delivered is not sent again");
}
