//! Samples of complete runs in a real OpenSearch: from the shell, and by a server that is killed repeatedly.
//!
//! `JAC_SEARCH_ENGINES` is the folder with the engines, `JMETER_HOME` a JMeter; `scripts/test` sets both.

#[path = "search/answers.rs"]
mod answers;
#[path = "../../jac-search/tests/engines/engine.rs"]
#[expect(dead_code, reason = "the tests of the adapter use all of it")]
mod engine;

use engine::Engine;
use reqwest::Method;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const OPENSEARCH: &str = "opensearch-2.19.4";
const LIMIT: Duration = Duration::from_secs(240);
const RUN: &str = "r-33333333";

fn jac(data: &Path, search_url: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    command
        .env("JAC_DATA_DIR", data)
        .env("JAC_SEARCH_URL", search_url)
        .env_remove("JAC_SERVER")
        .env_remove("JAC_TOKEN")
        .stdin(Stdio::null());
    command
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

async fn count(engine: &Engine, run: &str) -> Option<u64> {
    let index = "logs-jmeter.sample-default";
    engine.ask(Method::POST, &format!("{index}/_refresh"), json!({})).await;
    let query = json!({ "query": { "term": { "run.id": run } } });
    engine.ask(Method::POST, &format!("{index}/_count"), query).await["count"].as_u64()
}

#[tokio::test(flavor = "multi_thread")]
async fn jac_run_ends_when_its_samples_are_counted_there() {
    let Some(mut engine) = Engine::start(OPENSEARCH, "").await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (data, out) = (folder.path().join("data"), folder.path().join("out"));
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans/steady.jmx");
    let url = engine.url();
    let run = |duration: &str| {
        let mut command = jac(&data, &url);
        command.arg("run").arg(&plan).arg("--out").arg(&out).args([
            "--workers",
            "1",
            &format!("-Jduration={duration}"),
        ]);
        command.output().expect("jac starts")
    };
    let output = run("5");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let rows = fs::read_to_string(out.join("results.jtl")).expect("the log").lines().count() as u64 - 1;
    assert!(rows > 20, "{rows} rows");
    assert!(text(&output).contains(&format!("complete, all {rows} rows counted")), "{}", text(&output));
    let runs: Vec<String> = fs::read_dir(data.join("runs"))
        .expect("runs")
        .flatten()
        .map(|run| run.file_name().to_string_lossy().into_owned())
        .collect();
    assert_eq!(count(&engine, &runs[0]).await, Some(rows));

    // Without the target the run is complete, and what is missing is reported and shipped later.
    engine.kill();
    fs::remove_dir_all(&out).expect("removed");
    let output = run("3");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(
        text(&output).contains("search_unreachable") && text(&output).contains("jac search backfill r-"),
        "{}",
        text(&output)
    );
    engine.start_again().await;
    let rows = fs::read_to_string(out.join("results.jtl")).expect("the log").lines().count() as u64 - 1;
    let second = fs::read_dir(data.join("runs"))
        .expect("runs")
        .flatten()
        .map(|run| run.file_name().to_string_lossy().into_owned());
    let second = second.into_iter().find(|run| !runs.contains(run)).expect("the second run");
    let output = jac(&data, &url).args(["search", "backfill", &second]).output().expect("jac starts");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(count(&engine, &second).await, Some(rows));
    let output = jac(&data, &url).args(["search", "delete", &second]).output().expect("jac starts");
    assert!(text(&output).contains(&format!("{rows} documents deleted")), "{}", text(&output));
    assert_eq!(count(&engine, &second).await, Some(0));
    assert_eq!(count(&engine, &runs[0]).await.map(|count| count > 20), Some(true), "the other run's stay");
}

/// A data folder with only a finished run and its own description.
fn folder_of_a_run(data: &Path, rows: u64) {
    let mut log = "timeStamp,elapsed,label,responseCode,success\n".to_owned();
    for row in 0..rows {
        let (time, elapsed) = (1_700_000_000_000 + row * 3, row * 7_919 % 1_499);
        writeln!(log, "{time},{elapsed},Label {},200,{}", row % 7, row % 10 != 0).expect("text");
    }
    let folder = data.join("runs").join(RUN);
    fs::create_dir_all(&folder).expect("a folder");
    let run = json!({
        "id": RUN, "name": "evening", "plan_id": "p-22222222", "plan_name": "shop", "cluster_id": "c-22222222",
        "cluster_name": "c", "owner": { "id": "admin", "name": "Administrator" }, "phase": "finished", "step": "",
        "cause": { "kind": "completed" }, "criteria": [], "created_ms": 1, "started_ms": 1, "ended_ms": 2, "expected_s": null,
        "stop_requested": null, "stop_requested_by": null, "nodes": [], "properties": {}, "properties_files": [], "split": [],
        "workers": 1, "total_threads": null, "grace_s": 30, "notes": [], "steps": [], "shutdown_port": null,
        "provider": "local",
    });
    let record = json!({ "schema": 1, "jac_version": "0.1.0", "run": run, "result": null });
    fs::write(folder.join("run.json"), record.to_string()).expect("written");
    fs::write(folder.join("results.jtl"), log).expect("written");
}

struct Server(Child);

impl Server {
    /// Starts it and waits until it answers.
    fn start(data: &Path, search_url: &str) -> Self {
        let mut command = jac(data, search_url);
        command.args(["serve", "--listen", "127.0.0.1:0"]);
        let server = Self(command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("jac starts"));
        let deadline = Instant::now() + LIMIT;
        while !jac(data, search_url).arg("health").output().expect("jac starts").status.success() {
            assert!(Instant::now() < deadline, "the server does not answer");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// The only shipment of the run.
fn shipment(data: &Path, search_url: &str) -> Value {
    let output =
        jac(data, search_url).args(["search", "status", RUN, "--output", "json"]).output().expect("jac starts");
    let shipments: Value = serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", text(&output)));
    shipments[RUN][0].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_killed_ten_times_while_it_ships_has_every_row_there_once() {
    const ROWS: u64 = 300_000;
    let Some(engine) = Engine::start(OPENSEARCH, "").await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (data, url) = (folder.path().join("data"), engine.url());
    folder_of_a_run(&data, ROWS);
    let mut server = Server::start(&data, &url);
    let mut backfill = jac(&data, &url)
        .args(["search", "backfill", RUN])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("jac starts");
    let deadline = Instant::now() + LIMIT;
    let mut kills_in_the_middle = 0;
    for round in 0..10_u64 {
        // Each time a little later, so that each of its steps is interrupted: reading, sending, storing the cursor, compressing the log.
        let enough = (ROWS * (round + 1) / 14).max(1);
        while shipment(&data, &url)["rows"].as_u64().unwrap_or(0) < enough {
            assert!(Instant::now() < deadline, "it does not get on: {}", shipment(&data, &url));
        }
        std::thread::sleep(Duration::from_millis(round * 37 % 100));
        kills_in_the_middle += u32::from(shipment(&data, &url)["state"] == "shipping");
        drop(server);
        server = Server::start(&data, &url);
    }
    drop(backfill.wait());
    assert!(kills_in_the_middle >= 5, "{kills_in_the_middle} of ten came while it shipped");
    loop {
        let now = shipment(&data, &url);
        if now["state"] != "shipping" {
            assert_eq!(
                (&now["state"], &now["rows"], &now["counted"]),
                (&json!("complete"), &json!(ROWS), &json!(ROWS)),
                "{now}"
            );
            break;
        }
        assert!(Instant::now() < deadline, "{now}");
    }
    assert_eq!(count(&engine, RUN).await, Some(ROWS));
}
