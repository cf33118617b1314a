//! Signals while clusters launch and terminate: what is partly created without a server is terminated, and what
//! continues elsewhere is reported.
//!
//! A slow machine is simulated by a port on which the kernel accepts connections without an answer.

use crate::place::{Finished, Place, Running, plan_path};
use crate::server::Server;
use nix::sys::signal::Signal;
use serde_json::Value;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

fn clusters(place: &Place) -> Vec<Value> {
    let done = place.finish(place.jac(&["cluster", "list", "--all", "--output", "json"])).expect(0);
    let listed: Value = serde_json::from_str(&done.stdout).expect("JSON");
    listed["clusters"].as_array().expect("a list").clone()
}

/// A port that never answers: a machine whose key is known, and a key to sign in there.
struct Silence {
    folder: tempfile::TempDir,
    listener: TcpListener,
}

impl Silence {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = listener.local_addr().expect("its address");
        let key = jac_ssh::key::from_seed(&[7; 32], "of a test").expect("a key");
        std::fs::write(folder.path().join("key"), &key.private).expect("a file");
        let known = format!("[{}]:{} {}\n", host.ip(), host.port(), key.public);
        std::fs::write(folder.path().join("known_hosts"), known).expect("a file");
        Self { folder, listener }
    }

    /// A command with that machine as the only one.
    fn given_to(&self, mut command: Command) -> Command {
        let host = self.listener.local_addr().expect("its address").to_string();
        command.args(["--provider", "ssh", "--hosts", &host, "--user", "nobody", "--key"]);
        command.arg(self.folder.path().join("key")).arg("--known-hosts").arg(self.folder.path().join("known_hosts"));
        command
    }
}

/// It ends at once.
fn soon(running: Running) -> Finished {
    let since = Instant::now();
    let done = running.wait();
    assert!(since.elapsed() < Duration::from_secs(5), "it took {:?}: {}", since.elapsed(), done.stderr);
    done
}

#[test]
fn a_partly_created_cluster_without_a_server_is_terminated_by_the_first_signal() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let place = Place::new();
        let mut creating = Running::start(place.jac(&["cluster", "create", "--workers", "1", "--output", "json"]));
        creating.wait_for_word("Requested.");
        creating.signal(signal);
        let done = creating.wait().expect(code);
        assert!(
            done.stderr.contains("which is partly created") && done.stderr.contains("All its resources are removed"),
            "{}",
            done.stderr
        );
        assert_eq!(done.stdout, "", "no cluster is shown as made");
        place.assert_nothing_left();
        assert_eq!(clusters(&place)[0]["phase"], "terminated");
    }
}

#[test]
fn a_second_signal_ends_at_once_and_the_next_jac_continues_terminating() {
    let silence = Silence::new();
    let place = Place::new();
    let mut creating = Running::start(silence.given_to(place.jac(&["cluster", "create"])));
    creating.wait_for_word("Requested.");
    creating.signal(Signal::SIGINT);
    creating.wait_for_word("Press Ctrl-C again to stop waiting.");
    creating.signal(Signal::SIGINT);
    let done = soon(creating).expect(130);
    // It may have ended at this very moment.
    let gone_already = done.stderr.contains("All its resources are removed");
    assert!(gone_already || done.stderr.contains("the next `jac` on this data folder continues"), "{}", done.stderr);
    let phase = clusters(&place)[0]["phase"].clone();
    assert!(phase == "terminating" || phase == "terminated", "{phase}");
}

#[test]
fn with_a_server_only_the_waiting_for_a_new_cluster_ends() {
    let place = Place::new();
    let _server = Server::start(&place);
    let mut creating = Running::start(place.jac(&["cluster", "create", "--name", "mine", "--workers", "2", "--wait"]));
    creating.wait_for_word("Requested.");
    creating.signal(Signal::SIGINT);
    let done = soon(creating).expect(130);
    let id = clusters(&place)[0]["id"].as_str().expect("an id").to_owned();
    assert!(done.stderr.contains(&format!("{id} is still being created.")), "{}", done.stderr);
    assert!(done.stderr.contains(&format!("`jac cluster terminate {id}`")), "{}", done.stderr);
    place.wait_until("it is ready all the same", || clusters(&place)[0]["phase"] == "ready");
    place.finish(place.jac(&["cluster", "terminate", &id, "--wait"])).expect(0);
    place.assert_nothing_left();
}

#[test]
fn with_a_server_only_the_waiting_for_a_clusters_end_ends() {
    let silence = Silence::new();
    let place = Place::new();
    let _server = Server::start(&place);
    place.finish(silence.given_to(place.jac(&["cluster", "create", "--name", "silent"]))).expect(0);
    place.wait_until("it is on its way", || clusters(&place)[0]["phase"] == "launching");
    let ending = Running::start(place.jac(&["cluster", "terminate", "silent", "--wait"]));
    place.wait_until("it is asked for", || clusters(&place)[0]["phase"] != "launching");
    if clusters(&place)[0]["phase"] == "terminating" {
        ending.signal(Signal::SIGTERM);
        let done = soon(ending);
        // It may have ended at this very moment.
        if done.code != 0 {
            assert_eq!(done.code, 143, "{}", done.stderr);
            assert!(done.stderr.contains("is still being terminated."), "{}", done.stderr);
        }
    }
    place.wait_until("it is gone", || clusters(&place)[0]["phase"] == "terminated");
}

/// Something in a node's folder that cannot be removed: a mounted file system, or without root a read-only
/// folder.
struct Held(PathBuf);

impl Held {
    /// `None`, with a message, if neither is possible.
    fn in_the_masters_folder(place: &Place) -> Option<Self> {
        let cluster =
            std::fs::read_dir(place.data().join("local")).expect("nodes").flatten().next().expect("a cluster");
        let held = Self(cluster.path().join("master/held"));
        std::fs::create_dir(&held.0).expect("a folder");
        if nix::unistd::geteuid().is_root() {
            let mounted = Command::new("mount").args(["-t", "tmpfs", "none"]).arg(&held.0).status();
            if !mounted.is_ok_and(|status| status.success()) {
                eprintln!("SKIPPED: nothing can be mounted here");
                return None;
            }
        } else {
            std::fs::write(held.0.join("file"), "").expect("a file");
            std::fs::set_permissions(&held.0, std::fs::Permissions::from_mode(0o500)).expect("it is ours");
        }
        Some(held)
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let _none_is_mounted = Command::new("umount").arg(&self.0).stderr(Stdio::null()).status();
        let _gone = std::fs::set_permissions(&self.0, std::fs::Permissions::from_mode(0o700));
    }
}

#[test]
fn a_run_whose_cluster_is_not_waited_for_reports_what_is_left_and_until_when_and_the_next_one_removes_it() {
    let place = Place::new();
    let mut running = Running::start(place.run("steady.jmx", &["-Jduration=3", "--lease-seconds", "600"]));
    running.wait_for_word("JMeter is starting the test.");
    let Some(held) = Held::in_the_masters_folder(&place) else { return };
    running.wait_for_word("Terminating the cluster.");
    running.signal(Signal::SIGINT);
    let done = soon(running).expect(130);
    let id = clusters(&place)[0]["id"].as_str().expect("an id").to_owned();
    let left = format!("Not terminated yet: {id} (local), 1 node. The next `jac` on this data folder continues;");
    for words in ["waiting was interrupted", &left, " UTC at the latest."] {
        assert!(done.stderr.contains(words), "{words}: {}", done.stderr);
    }
    // The next one waits for what was left, and reports that.
    let mut next = place.jac(&["run"]);
    next.arg(plan_path("steady.jmx")).arg("--out").arg(place.out().with_file_name("second")).arg("-Jduration=1");
    let mut next = Running::start(next);
    next.wait_for_word(&format!("Waiting until {id} is terminated."));
    drop(held);
    next.wait().expect(0);
    place.assert_nothing_left();
}

#[test]
fn a_stop_that_the_server_does_not_confirm_is_reported_as_such() {
    let place = Place::new();
    let server = Server::start(&place);
    let mut running = Running::start(place.run("steady.jmx", &["-Jduration=60"]));
    place.wait_until("it runs", || place.rows_so_far() > 5);
    server.signal(Signal::SIGSTOP);
    for word in ["a graceful stop", "a forced stop", "not confirmed yet"] {
        running.signal(Signal::SIGINT);
        running.wait_for_word(word);
    }
    // The fourth ends the wait for an answer, too.
    running.signal(Signal::SIGINT);
    let done = soon(running).expect(130);
    server.signal(Signal::SIGCONT);
    assert!(done.stderr.contains("did not confirm the stop"), "{}", done.stderr);
}

#[test]
fn a_signal_after_the_stop_leaves_all_waits_of_a_run_at_once() {
    let place = Place::new();
    // Neither the store nor the search target ever answers.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", silent.local_addr().expect("its address"));
    let mut command = place.run("steady.jmx", &["-Jduration=120"]);
    command.env("JAC_ARTIFACTS_URL", "s3://results/load").env("AWS_ENDPOINT_URL_S3", &url).env("JAC_SEARCH_URL", &url);
    command.env("AWS_REGION", "us-east-1").env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
    let mut running = Running::start(command);
    place.wait_until("it runs", || place.rows_so_far() > 5);
    running.signal(Signal::SIGINT);
    running.wait_for_word("Stopping gracefully.");
    running.wait_for_word("s3://results/load");
    running.signal(Signal::SIGINT);
    let done = soon(running).expect(130);
    assert!(done.stderr.contains("it is unknown whether the results of"), "{}", done.stderr);
    assert!(place.summary()["total"]["samples"].as_u64() > Some(5), "the results are here");
    place.assert_nothing_left();
}
