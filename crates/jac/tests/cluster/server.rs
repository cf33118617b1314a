//! A server that is killed and restarted, a run from the shell through it, and its messages.

use crate::place::{Place, Running, kept, kill, plan_path};
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// A running server on the place's data folder.
pub struct Server {
    child: Child,
    pub url: String,
}

impl Server {
    pub fn start(place: &Place) -> Self {
        Self::listen(place, "127.0.0.1:0")
    }

    /// At the address of an earlier one.
    pub fn listen(place: &Place, address: &str) -> Self {
        Self::of(place.jac(&["serve", "--listen", address]))
    }

    /// A server with additional environment variables.
    pub fn with(place: &Place, variables: &[(&'static str, String)]) -> Self {
        let mut command = place.jac(&["serve", "--listen", "127.0.0.1:0"]);
        command.envs(variables.iter().map(|(name, value)| (*name, value)));
        Self::of(command)
    }

    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("jac starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("text");
        let url = first.split_whitespace().last().expect("the address").to_owned();
        Self { child, url }
    }

    pub fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(self.child.id()).expect("a number"));
        nix::sys::signal::kill(pid, signal).expect("it is there");
    }

    pub fn kill(mut self) {
        kill(i32::try_from(self.child.id()).expect("a number"));
        let _reaped = self.child.wait();
    }

    /// Sends it SIGTERM, and waits until it has ended.
    pub fn end(mut self) {
        self.signal(nix::sys::signal::Signal::SIGTERM);
        let deadline = std::time::Instant::now() + crate::place::LIMIT;
        while self.child.try_wait().expect("it is ours").is_none() {
            assert!(std::time::Instant::now() < deadline, "the server does not end");
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn a_server_that_is_killed_in_mid_run_costs_no_sample() {
    let place = Place::new();
    let server = Server::start(&place);
    let run = Running::start(place.run("steady.jmx", &["--workers", "2", "-Jduration=25"]));
    place.wait_until("samples", || place.rows_so_far() > 20);
    let address = server.url.trim_start_matches("http://").to_owned();
    server.kill();
    let jvm = place.jvm_of("worker-1");
    let at_the_kill = place.rows_so_far();
    let _server = Server::listen(&place, &address);
    assert_eq!(place.jvm_of("worker-1"), jvm, "the same JVM continues");
    place.wait_until("more samples than before", || place.rows_so_far() > at_the_kill);
    // The shell's run continues automatically when its server is back.
    run.wait().expect(0);
    let (folder, log, summary) = (place.out(), place.log(), place.summary());
    assert_eq!(summary["partial"], serde_json::Value::Null, "the run came to its own end");
    assert_eq!(summary["total"]["samples"], log.lines().count() - 1);
    assert_eq!(summary["rejected_rows"], 0);
    // Everything that the workers measured has arrived: the count of the master's own summariser.
    let counted = std::fs::read_to_string(folder.join("nodes/master/jmeter.log")).expect("the master's log");
    let last = counted.lines().rev().find(|line| line.contains("summary =")).expect("JMeter's summary");
    let samples: usize = last
        .split("summary =")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|number| number.parse().ok())
        .expect("a number");
    assert_eq!(samples, log.lines().count() - 1);
    place.assert_nothing_left();
}

fn runs_of(place: &Place) -> Vec<std::path::PathBuf> {
    std::fs::read_dir(place.data().join("runs")).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

#[test]
fn a_server_that_is_killed_while_it_prepares_a_run_prepares_it_again() {
    let place = Place::new();
    let server = Server::start(&place);
    let run = Running::start(place.run("steady.jmx", &["--workers", "2", "-Jduration=3"]));
    place.wait_until("a worker's JVM", || place.has_jvm("worker-2"));
    server.kill();
    drop(run);
    let _server = Server::start(&place);
    place.wait_until("the run's end", || runs_of(&place).iter().any(|run| run.join("summary.json").is_file()));
    let folder = runs_of(&place).remove(0);
    let log = kept(&folder.join("results.jtl")).expect("the log");
    let summary: serde_json::Value =
        serde_json::from_slice(&std::fs::read(folder.join("summary.json")).expect("the summary")).expect("JSON");
    assert_eq!(summary["partial"], serde_json::Value::Null, "{summary}");
    assert_eq!(summary["total"]["samples"], log.lines().count() - 1);
    place.assert_nothing_left();
}

#[test]
fn a_run_through_the_server_on_the_folder_prints_the_same() {
    let place = Place::new();
    let server = Server::start(&place);
    let done =
        place.finish(place.run("steady.jmx", &["--workers", "1", "-Jduration=3", "--fail-on", "mean > 1ms"])).expect(1);
    assert!(done.stderr.contains(&format!("Live at {}/runs/", server.url)), "{}", done.stderr);
    assert!(done.stdout.contains("Ask ann"), "{}", done.stdout);
    assert!(place.out().join("nodes/worker-1/jmeter.log").is_file());
    place.assert_nothing_left();
}

#[test]
fn a_second_server_and_a_taken_port_are_distinguished_in_one_sentence_each() {
    let place = Place::new();
    let server = Server::start(&place);
    let second = place.finish(place.jac(&["serve", "--listen", "127.0.0.1:0"])).expect(2);
    assert!(second.stderr.contains("another jac process uses the data folder"), "{}", second.stderr);
    let other = Place::new();
    let address = server.url.trim_start_matches("http://");
    let taken = other.finish(other.jac(&["serve", "--listen", address])).expect(2);
    assert!(taken.stderr.contains("is in use"), "{}", taken.stderr);
    assert!(!other.data().join("server.json").exists());
}

#[test]
fn check_reports_what_is_missing() {
    let place = Place::new();
    let mut command =
        place.jac(&["check", "--workers", "2", "-J", "durration=3", "-J", "threads=2", "-J", "summariser.interval=9"]);
    command.arg(plan_path("steady.jmx"));
    let done = place.finish(command).expect(0);
    assert!(done.stdout.contains("2 threads x 2 workers = 4 threads"), "{}", done.stdout);
    let unread: Vec<&str> = done.stdout.lines().filter(|line| line.contains("does not seem to be used")).collect();
    assert!(unread.len() == 1 && unread[0].contains("'durration'"), "{unread:?}");
}

#[test]
fn a_run_is_tagged_found_and_in_the_trend_of_its_plan() {
    let place = Place::new();
    let _server = Server::start(&place);
    place.finish(place.run("steady.jmx", &["-Jduration=5"])).expect(0);
    let json = |arguments: &[&str]| {
        let done = place.finish(place.jac(&[&["runs"], arguments, &["--output", "json"]].concat())).expect(0);
        serde_json::from_str::<serde_json::Value>(&done.stdout).expect("JSON")
    };
    let (runs, summary) = (json(&["list"]), place.summary());
    let (id, plan) = (runs[0]["id"].as_str().expect("an id"), runs[0]["plan"]["id"].as_str().expect("an id"));
    place.wait_until("its figures", || json(&["trend", plan])["items"][0]["run"] == id);
    json(&["tag", id, "nightly"]);
    json(&["note", id, "The first one."]);
    json(&["baseline", id]);
    let found = json(&["list", "--tag", "Nightly"]);
    assert_eq!((&found[0]["id"], &found[0]["baseline"]), (&id.into(), &true.into()), "{found}");
    for entry in std::iter::once(&summary["total"]).chain(summary["labels"].as_array().expect("labels")) {
        let label = entry["label"].as_str().expect("a label");
        let of_label = if entry == &summary["total"] { vec![] } else { vec!["--label", label] };
        let trend = json(&[&["trend", plan][..], &of_label].concat());
        let point = &trend["items"][0];
        assert_eq!((&trend["baseline"]["run"], &point["run"]), (&id.into(), &id.into()), "{label}: {trend}");
        for (figure, of_table) in
            [("samples", "samples"), ("errors", "errors"), ("p50_ms", "median_ms"), ("p95_ms", "p95_ms")]
        {
            assert_eq!(point[figure], entry[of_table], "{label}: {figure}");
        }
    }
}

#[test]
fn a_run_finds_its_server_again_on_another_port() {
    let place = Place::new();
    let server = Server::start(&place);
    let run = Running::start(place.run("steady.jmx", &["--workers", "1", "-Jduration=20"]));
    place.wait_until("samples", || place.rows_so_far() > 5);
    server.end();
    let _next = Server::start(&place);
    run.wait().expect(0);
    assert_eq!(place.summary()["partial"], serde_json::Value::Null);
    place.assert_nothing_left();
}

#[test]
fn a_run_whose_command_is_refused_continues_to_its_end() {
    let place = Place::new();
    let server = Server::start(&place);
    let create = ["admin", "token", "create", "Administrator", "--scope", "all"];
    let token = place.finish(place.jac(&create)).expect(0).stdout;
    let arguments = ["--workers", "1", "-Jduration=15", "--server", &server.url];
    let mut command = place.run("steady.jmx", &arguments);
    command.env("JAC_TOKEN", token.trim());
    let run = Running::start(command);
    place.wait_until("samples", || place.rows_so_far() > 5);
    let listed = place.finish(place.jac(&["admin", "token", "list", "--output", "json"])).expect(0).stdout;
    let tokens: serde_json::Value = serde_json::from_str(&listed).expect("JSON");
    place.finish(place.jac(&["admin", "token", "revoke", tokens[0]["id"].as_str().expect("its ID")])).expect(0);
    let done = run.wait().expect(3);
    assert!(place.finished_runs().is_empty(), "at once, while the run continues");
    assert!(done.stderr.contains("cannot be followed") && done.stderr.contains("hint: See http"), "{}", done.stderr);
    place.wait_until("the run's end", || !place.finished_runs().is_empty());
    assert_eq!(place.finished_runs()[0]["partial"], serde_json::Value::Null, "it came to its own end");
    place.assert_nothing_left();
}

#[test]
fn a_run_has_its_verdict_although_a_file_cannot_be_downloaded() {
    let place = Place::new();
    let _server = Server::start(&place);
    let criteria = ["--fail-on", "p95 >= 0ms"];
    for (code, criteria) in [(1, &criteria[..]), (3, &[])] {
        let out = place.out().join(code.to_string());
        let mut command = place.jac(&["run"]);
        command.arg(plan_path("steady.jmx")).arg("-Jduration=3").arg("--out").arg(&out).args(criteria);
        let mut run = Running::start(command);
        run.wait_for_word("Live at");
        // At the log's path there is something else.
        std::fs::create_dir_all(out.join("results.jtl/in the way")).expect("a folder");
        let done = run.wait().expect(code);
        assert!(done.stderr.contains("not all results of the run r-"), "{}", done.stderr);
        assert!(
            done.stderr.contains("results.jtl: ") && out.join("nodes/master/jmeter.log").is_file(),
            "the others are"
        );
        assert_eq!(done.stderr.contains("not met:"), code == 1, "{}", done.stderr);
    }
    place.assert_nothing_left();
}

#[test]
fn an_id_that_is_a_path_reaches_no_other_route() {
    let place = Place::new();
    let commands: [&[&str]; 7] = [
        &["artifacts", "status", "../plans"],
        &["artifacts", "verify", "../plans"],
        &["artifacts", "retry", "x/archive"],
        &["notify", "status", "../plans"],
        &["notify", "retry", "a b?c#d"],
        &["runs", "annotations", "../plans"],
        &["runs", "note", "../plans", "text"],
    ];
    for command in commands {
        let refused = place.finish(place.jac(command)).expect(2);
        assert!(refused.stderr.contains("[not_found]"), "{command:?}: {}", refused.stderr);
    }
}
