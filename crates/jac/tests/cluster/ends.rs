//! Runs that end for other reasons than the plan: a stop during which the server is killed, an expired lifetime, an owner who terminates
//! the cluster while somebody still downloads.

use crate::api::Api;
use crate::place::{Place, kept, kept_bytes, plan_path};
use crate::server::Server;
use serde_json::{Value, json};
use socket2::{Domain, Socket, Type};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::time::Duration;

/// A server on a place's data folder, used over HTTP.
struct House {
    place: Place,
    server: Option<Server>,
    api: Api,
}

fn api(place: &Place, server: &Server) -> Api {
    let token = std::fs::read_to_string(place.data().join("token")).expect("its token");
    Api::new(&server.url, token.trim())
}

impl House {
    fn new() -> Self {
        let place = Place::new();
        let server = Server::start(&place);
        let api = api(&place, &server);
        Self { place, server: Some(server), api }
    }

    /// `kill -9`.
    fn kill(&mut self) {
        self.server.take().expect("it lives").kill();
    }

    fn start(&mut self) {
        let server = Server::start(&self.place);
        self.api = api(&self.place, &server);
        self.server = Some(server);
    }

    fn cluster(&self, workers: u32, lifetime_minutes: u32) -> String {
        let config = json!({ "workers": workers, "heap_mb": 256, "lifetime_minutes": lifetime_minutes, "idle_minutes": null, "remove_after_run": false });
        let cluster =
            self.api.post("/clusters", &json!({ "name": "of a test", "provider": "local", "config": config }));
        cluster["id"].as_str().expect("its id").to_owned()
    }

    /// Starts the steady plan for five minutes.
    fn run(&self, cluster: &str, stop_timeout_s: u64, properties: &[(&str, &str)]) -> String {
        self.run_as(cluster, stop_timeout_s, properties, "auto")
    }

    /// The same, with this path of results.
    fn run_as(&self, cluster: &str, stop_timeout_s: u64, properties: &[(&str, &str)], results: &str) -> String {
        let file = |name| (name, std::fs::read(plan_path(name)).expect("a file of the plan"));
        let plan = self.api.upload(vec![file("steady.jmx"), file("data/names.csv")]);
        let mut all = serde_json::Map::from_iter([("duration".to_owned(), json!("300"))]);
        all.extend(properties.iter().map(|(name, value)| ((*name).to_owned(), json!(value))));
        let request = json!({ "cluster_id": cluster, "plan_id": plan, "stop_timeout_s": stop_timeout_s, "properties": all, "results": results });
        self.api.post("/runs", &request)["id"].as_str().expect("its id").to_owned()
    }

    fn show(&self, run: &str) -> Value {
        self.api.get(&format!("/runs/{run}"))
    }

    fn finished(&self, run: &str) -> Value {
        self.place.wait_until("the run's end", || self.show(run)["phase"] == "finished");
        self.show(run)
    }

    fn phase_of(&self, cluster: &str) -> Value {
        self.api.get(&format!("/clusters/{cluster}"))["phase"].clone()
    }

    fn folder(&self, run: &str) -> PathBuf {
        self.place.data().join("runs").join(run)
    }

    fn file(&self, run: &str, name: &str) -> String {
        kept(&self.folder(run).join(name)).unwrap_or_default()
    }

    fn summary(&self, run: &str) -> Value {
        serde_json::from_str(&self.file(run, "summary.json")).expect("a summary")
    }

    /// Waits until the threads of a run without samples are at their first one.
    fn wait_for_threads(&self, run: &str, node: &str) {
        self.place.wait_until("threads", || {
            let (status, piece) = self.api.send("GET", &format!("/runs/{run}/logs/{node}"), &Value::Null);
            status == 200 && piece["text"].as_str().is_some_and(|text| text.contains("Thread started"))
        });
    }

    fn wait_for_step(&self, run: &str, code: &str) {
        self.place.wait_until(code, || last_step(&self.show(run))["code"] == code);
    }

    /// The count of the master's own summariser, without samples that were lost on the way to it.
    fn counted_by_jmeter(&self, run: &str) -> Option<usize> {
        self.counted_on(run, "master")
    }

    fn counted_on(&self, run: &str, node: &str) -> Option<usize> {
        let log = self.file(run, &format!("nodes/{node}/jmeter.log"));
        let last = log.lines().rev().find(|line| line.contains("summary ="))?;
        last.split("summary =").nth(1)?.split_whitespace().next()?.parse().ok()
    }

    /// The results are kept, the log and the table agree, and both have the cause of the end.
    fn assert_kept(&self, run: &str, cause: &str) -> usize {
        let summary = self.summary(run);
        let rows = self.file(run, "results.jtl").lines().count().saturating_sub(1);
        assert_eq!(summary["total"]["samples"], rows, "{summary}");
        assert_eq!(summary["partial"]["cause"], cause, "{summary}");
        assert!(self.file(run, "report.html").contains(cause), "the report has the cause");
        rows
    }

    fn terminate(&self, cluster: &str) {
        self.api.post(&format!("/clusters/{cluster}/terminate"), &Value::Null);
    }
}

#[test]
fn a_graceful_stop_outlives_its_server_and_every_sample_ends() {
    let mut house = House::new();
    let cluster = house.cluster(2, 60);
    // Long enough for a server to be killed and restarted while a sample is running.
    let run = house.run(&cluster, 300, &[("sleep", "8000")]);
    house.place.wait_until("samples", || house.place.rows_so_far() >= 4);
    house.api.post(&format!("/runs/{run}/stop"), &json!({ "how": "graceful" }));
    house.wait_for_step(&run, "stopping");
    house.kill();
    assert!(house.place.has_jvm("master") && house.place.has_jvm("worker-1"), "JMeter is still stopping");
    house.start();
    let ended = house.finished(&run);
    assert_eq!(ended["cause"], json!({ "kind": "stopped", "by": "Administrator", "how": "graceful" }), "{ended}");
    let rows = house.assert_kept(&run, "Stopped by Administrator (graceful).");
    assert!(rows >= 8, "the samples that were on their way have ended: {rows}");
    assert_eq!(house.summary(&run)["total"]["errors"], 0, "and none was aborted");
    assert_eq!(house.counted_by_jmeter(&run), Some(rows));
    assert_eq!(house.phase_of(&cluster), "ready", "the cluster stays");
    house.terminate(&cluster);
    house.place.assert_nothing_left();
}

#[test]
fn a_grace_period_that_ends_while_no_server_lives_is_over_for_the_next_one() {
    let mut house = House::new();
    let cluster = house.cluster(1, 60);
    let run = house.run(&cluster, 20, &[("sleep", "200000")]);
    house.wait_for_threads(&run, "worker-1");
    house.api.post(&format!("/runs/{run}/stop"), &json!({ "how": "graceful" }));
    house.wait_for_step(&run, "stopping");
    let asked_ms = last_step(&house.show(&run))["started_ms"].as_i64().expect("a time");
    house.kill();
    // Most of the timeout passes; no state shows it.
    std::thread::sleep(Duration::from_secs(15));
    house.start();
    house.wait_for_step(&run, "force_stopping");
    let forced_ms = last_step(&house.show(&run))["started_ms"].as_i64().expect("a time");
    assert!(
        (20_000..34_000).contains(&(forced_ms - asked_ms)),
        "20 s were given, not as much again: {}",
        forced_ms - asked_ms
    );
    let ended = house.finished(&run);
    assert_eq!(ended["cause"], json!({ "kind": "stopped", "by": "Administrator", "how": "force" }), "{ended}");
    house.assert_kept(&run, "Aborted by Administrator; requests in flight count as failures.");
    house.terminate(&cluster);
    house.place.assert_nothing_left();
}

#[test]
fn a_run_with_direct_results_outlives_its_server_twice_and_no_row_is_lost_or_doubled() {
    let mut house = House::new();
    let cluster = house.cluster(2, 60);
    let run = house.run_as(&cluster, 30, &[("duration", "25"), ("sleep", "5")], "direct");
    for rows in [200, 2_000] {
        house.place.wait_until("samples", || house.place.rows_so_far() > rows);
        house.kill();
        assert!(house.place.has_jvm("worker-1") && !house.place.has_jvm("master"), "each worker runs by itself");
        house.start();
    }
    let ended = house.finished(&run);
    assert_eq!((&ended["cause"]["kind"], &ended["results"]), (&json!("completed"), &json!("direct")), "{ended}");
    let nodes = ended["nodes"].as_array().expect("nodes");
    assert!(nodes.len() == 2 && nodes.iter().all(|node| node["log"]["whole"] == true), "{ended}");
    let rows = house.file(&run, "results.jtl").lines().count() - 1;
    let counted: usize = ["worker-1", "worker-2"].iter().filter_map(|node| house.counted_on(&run, node)).sum();
    assert_eq!((rows, &house.summary(&run)["total"]["samples"]), (counted, &json!(rows)));
    house.terminate(&cluster);
    house.place.assert_nothing_left();
}

/// Everything was fetched, and the log here equals the master's. A busy machine is not an error.
fn assert_nothing_missed(run: &Value) {
    let notes = run["notes"].as_array().expect("its notes");
    assert_eq!(notes.iter().filter(|note| note["code"] != "generators_busy").count(), 0, "{notes:?}");
}

fn last_step(run: &Value) -> &Value {
    run["steps"].as_array().and_then(|steps| steps.last()).expect("a step")
}

#[test]
fn a_lifetime_that_ends_with_a_run_on_it_stops_the_run_in_time_and_reports_it() {
    let house = House::new();
    let cluster = house.cluster(1, 1);
    let run = house.run(&cluster, 30, &[]);
    house.place.wait_until("samples", || house.place.rows_so_far() > 20);
    let ended = house.finished(&run);
    let by = "JAC, because the cluster expired";
    assert_eq!(ended["cause"], json!({ "kind": "stopped", "by": by, "how": "graceful" }), "{ended}");
    assert_nothing_missed(&ended);
    let rows = house.assert_kept(&run, &format!("Stopped by {by} (graceful)."));
    assert_eq!(house.summary(&run)["total"]["errors"], 0);
    assert_eq!(house.counted_by_jmeter(&run), Some(rows));
    house.place.wait_until("the cluster's end", || house.phase_of(&cluster) == "terminated");
    let shown = house.api.get(&format!("/clusters/{cluster}"));
    assert_eq!(shown["cause"]["code"], "lifetime_over", "{shown}");
    let (end_ms, limit_ms) = (ended["ended_ms"].as_i64(), shown["expires_at_ms"].as_i64());
    assert!(end_ms < limit_ms, "in time: {end_ms:?} of {limit_ms:?}");
    house.place.assert_nothing_left();
}

#[test]
fn samples_that_do_not_end_are_aborted_before_the_lifetime_is_over_whatever_the_stop_timeout() {
    let house = House::new();
    let cluster = house.cluster(1, 1);
    let run = house.run(&cluster, 600, &[("sleep", "200000")]);
    house.wait_for_threads(&run, "worker-1");
    let ended = house.finished(&run);
    let by = "JAC, because the cluster expired";
    assert_eq!(ended["cause"], json!({ "kind": "stopped", "by": by, "how": "force" }), "{ended}");
    let rows = house.assert_kept(&run, &format!("Aborted by {by}; requests in flight count as failures."));
    assert_eq!(rows, 2, "what both threads were at is in the log: {:?}", ended["notes"]);
    house.place.wait_until("the cluster's end", || house.phase_of(&cluster) == "terminated");
    house.place.assert_nothing_left();
}

/// A client with a slow connection: reads an answer's head, and the rest on request.
struct SlowReader {
    stream: BufReader<TcpStream>,
    length: u64,
}

impl SlowReader {
    fn get(house: &House, path: &str) -> Self {
        let address: SocketAddr =
            house.server.as_ref().expect("it lives").url.trim_start_matches("http://").parse().expect("an address");
        let mut stream = with_small_window(address);
        let token = std::fs::read_to_string(house.place.data().join("token")).expect("its token");
        let head = format!(
            "GET /api/v1{path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: close\r\n\r\n",
            token.trim()
        );
        stream.write_all(head.as_bytes()).expect("it is sent");
        let mut stream = BufReader::with_capacity(1024, stream);
        let mut length = None;
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).expect("a line of the head");
            if line.trim().is_empty() {
                break;
            }
            let line = line.to_ascii_lowercase();
            length = length.or(line.strip_prefix("content-length:").and_then(|rest| rest.trim().parse().ok()));
        }
        Self { stream, length: length.expect("its length") }
    }

    fn rest(mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.stream.read_to_end(&mut bytes).expect("the rest");
        bytes
    }
}

/// A connection with a small receive window, like one from far away.
fn with_small_window(address: SocketAddr) -> TcpStream {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None).expect("a socket");
    socket.set_recv_buffer_size(16 * 1024).expect("a small window");
    socket.connect(&address.into()).expect("it connects");
    socket.set_read_timeout(Some(Duration::from_secs(30))).expect("a limit");
    socket.into()
}

/// More than the kernel buffers for a client that does not read.
const MUCH: u64 = 12 << 20;

#[test]
fn a_cluster_that_its_owner_terminates_ends_its_run_and_no_download() {
    let house = House::new();
    let cluster = house.cluster(1, 60);
    let run = house.run(&cluster, 30, &[("sleep", "0"), ("threads", "8")]);
    let log = house.folder(&run).join("results.jtl");
    let size = || std::fs::metadata(&log).map_or(0, |file| file.len());
    house.place.wait_until("a long log", || size() > MUCH);
    let slow = SlowReader::get(&house, &format!("/runs/{run}/artefacts/results.jtl"));
    assert!(slow.length > MUCH);
    // Another client follows the log of the master's JMeter beyond the cluster's termination.
    let mut followed = Vec::new();
    let mut follow = || {
        let piece = house.api.get(&format!("/runs/{run}/logs/master?from={}", followed.len()));
        followed.extend_from_slice(piece["text"].as_str().expect("text").as_bytes());
        assert_eq!(piece["next"], followed.len());
    };
    house.terminate(&cluster);
    house.place.wait_until("the cluster's end", || {
        follow();
        house.phase_of(&cluster) == "terminated"
    });
    follow();
    let ended = house.show(&run);
    assert_eq!(ended["phase"], "finished", "the run has ended before its machines");
    assert_eq!(ended["cause"], json!({ "kind": "stopped", "by": "Administrator", "how": "graceful" }), "{ended}");
    assert_nothing_missed(&ended);
    assert_eq!(String::from_utf8_lossy(&followed), house.file(&run, "nodes/master/jmeter.log"));
    house.place.assert_nothing_left();
    let length = slow.length;
    let read = slow.rest();
    assert_eq!(read.len() as u64, length, "the download comes to its end");
    let kept = kept_bytes(&log).expect("the log");
    assert!(kept.starts_with(&read), "with the log's own bytes");
    let rows = house.assert_kept(&run, "Stopped by Administrator (graceful).");
    assert_eq!(house.counted_by_jmeter(&run), Some(rows));
}

#[test]
fn a_run_that_is_deleted_ends_no_download_and_a_reader_that_never_reads_holds_up_no_server() {
    let mut house = House::new();
    let cluster = house.cluster(0, 60);
    let run = house.run(&cluster, 30, &[("sleep", "0"), ("threads", "8")]);
    let log = house.folder(&run).join("results.jtl");
    house.place.wait_until("a long log", || std::fs::metadata(&log).map_or(0, |file| file.len()) > MUCH);
    house.terminate(&cluster);
    house.finished(&run);
    let kept = kept_bytes(&log).expect("the log");
    let path = format!("/runs/{run}/artefacts/results.jtl");
    let (slow, stuck) = (SlowReader::get(&house, &path), SlowReader::get(&house, &path));
    let (status, answer) = house.api.send("DELETE", &format!("/runs/{run}"), &Value::Null);
    assert_eq!(status, 204, "{answer}");
    assert!(!house.folder(&run).exists(), "it is gone");
    assert!(slow.rest() == kept, "who had begun gets it all");
    house.place.wait_until("the cluster's end", || house.phase_of(&cluster) == "terminated");
    house.server.take().expect("it lives").end();
    drop(stuck);
    house.place.assert_nothing_left();
}

#[test]
fn a_backup_of_a_living_server_comes_back_and_what_was_measured_since_is_not_lost() {
    let mut house = House::new();
    let cluster = house.cluster(0, 30);
    let short = [("duration", "2")];
    let before = house.run(&cluster, 5, &short);
    house.finished(&before);
    let file = house.place.out().with_file_name("jac.tar.zst");
    let archive = file.to_str().expect("text");
    house.place.finish(house.place.jac(&["admin", "backup", archive, "--with-results"])).expect(0);
    house.place.wait_until("the cluster's release", || {
        house.api.get(&format!("/clusters/{cluster}"))["current_run"].is_null()
    });
    let after = house.run(&cluster, 5, &short);
    let measured = house.finished(&after)["headline"]["samples"].clone();
    house.place.finish(house.place.jac(&["admin", "restore", archive])).expect(2);
    house.server.take().expect("it lives").end();

    house.place.finish(house.place.jac(&["admin", "restore", archive])).expect(0);
    house.start();
    let listed = house.api.get("/runs?sort=created&order=asc");
    let ids: Vec<_> = listed["items"].as_array().expect("runs").iter().map(|run| run["id"].clone()).collect();
    assert_eq!(ids, [json!(before), json!(after)], "the second came after the backup");
    assert_eq!(house.show(&after)["headline"]["samples"], measured);
    assert_eq!(house.api.get("/plans")["items"].as_array().map(Vec::len), Some(2), "the second's plan too");
    assert!(
        house
            .place
            .data()
            .read_dir()
            .expect("the folder")
            .flatten()
            .any(|entry| { entry.file_name().to_string_lossy().starts_with("jac.db.before-restore-") })
    );

    // In another folder, which is empty.
    let mut elsewhere = House::new();
    elsewhere.server.take().expect("it lives").end();
    elsewhere.place.finish(elsewhere.place.jac(&["admin", "restore", archive])).expect(2);
    std::fs::remove_dir_all(elsewhere.place.data()).expect("removed");
    elsewhere.place.finish(elsewhere.place.jac(&["admin", "restore", archive])).expect(0);
    elsewhere.start();
    let run = elsewhere.show(&before);
    assert_eq!(
        (run["phase"].clone(), elsewhere.file(&before, "results.jtl")),
        (json!("finished"), house.file(&before, "results.jtl"))
    );
    assert_eq!(elsewhere.api.send("GET", &format!("/runs/{after}"), &Value::Null).0, 404);
    house.api.post(&format!("/clusters/{cluster}/terminate"), &Value::Null);
    house.place.wait_until("the cluster's end", || house.phase_of(&cluster) == "terminated");
}
