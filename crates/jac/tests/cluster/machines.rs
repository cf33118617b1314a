//! Runs on existing machines: OpenSSH's own server, several times on loopback, each with its own home folder.
//!
//! Skipped with a message if sshd is not installed; `scripts/test` installs it.

use crate::place::{Place, Running};
use crate::server::Server;
use crate::sshd::Machines;
use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

/// `jac run` of the steady plan on all of the machines.
fn run(place: &Place, machines: &Machines, arguments: &[&str]) -> Command {
    let mut command = place.run("steady.jmx", &["--provider", "ssh", "--hosts", &machines.hosts().join(",")]);
    command.args(["--user", &machines.user(), "--key"]).arg(machines.key());
    command.arg("--known-hosts").arg(machines.known_hosts_file()).args(arguments);
    command
}

/// Only JMeter is left on the machines, for the next time, and nothing in the data folder.
fn assert_nothing_left(place: &Place, machines: &Machines) {
    place.assert_nothing_left();
    for machine in &machines.machines {
        assert!(machine.processes().is_empty(), "{}", machine.host());
        assert!(machine.left_behind().is_empty(), "{}: {:?}", machine.host(), machine.left_behind());
        assert!(machine.home.join(".jac/jmeter").is_dir(), "{}", machine.host());
    }
    let records = std::fs::read_dir(place.data().join("ssh")).into_iter().flatten().count();
    assert_eq!(records, 0, "a cluster's record is left");
}

/// Everything that the workers measured has arrived: the count of the master's own summariser.
fn assert_no_sample_is_lost(place: &Place) {
    let log = place.log();
    let counted = std::fs::read_to_string(place.out().join("nodes/master/jmeter.log")).expect("the master's log");
    let last = counted.lines().rev().find(|line| line.contains("summary =")).expect("JMeter's summary");
    let samples = last.split("summary =").nth(1).and_then(|rest| rest.split_whitespace().next());
    assert_eq!(samples.and_then(|number| number.parse().ok()), Some(log.lines().count() - 1));
    assert_eq!(place.summary()["partial"], serde_json::Value::Null, "the run came to its own end");
}

#[test]
fn two_workers_on_other_machines_run_the_plan_and_nothing_is_left() {
    let Some(machines) = Machines::start(3) else { return };
    let place = Place::new();
    let done = place.finish(run(&place, &machines, &["--output", "json"])).expect(0);
    assert!(done.stderr.contains("Sending JMeter"), "{}", done.stderr);
    let printed: serde_json::Value = serde_json::from_str(&done.stdout).expect("the summary is printed");
    assert_eq!(printed, place.summary());
    let log = place.log();
    let rows = log.lines().count() - 1;
    assert_eq!(printed["total"]["samples"], rows);
    assert!(rows > 100, "2 workers x 2 threads x 5 s / 50 ms, less what starting takes: {rows}");
    // Each worker is identified by the address at which its machine is reached.
    let workers: BTreeSet<&str> =
        log.lines().skip(1).filter_map(|row| row.split(',').nth(5)?.split(':').next()).collect();
    assert_eq!(workers, BTreeSet::from(["127.0.0.2", "127.0.0.3"]));
    for file in ["report.html", "nodes/master/jmeter.log", "nodes/worker-1/jmeter.log", "nodes/worker-2/jmeter.log"] {
        assert!(place.out().join(file).is_file(), "{file}");
    }
    assert_no_sample_is_lost(&place);
    assert_nothing_left(&place, &machines);

    // JMeter is there now, and a master alone needs no RMI.
    std::fs::remove_dir_all(place.out()).expect("the results");
    let mut alone = place.run("steady.jmx", &["--provider", "ssh", "--hosts", &machines.hosts()[0]]);
    alone.args(["--user", &machines.user(), "--key"]).arg(machines.key());
    alone.arg("--known-hosts").arg(machines.known_hosts_file()).arg("-Jduration=2");
    let done = place.finish(alone).expect(0);
    assert!(!done.stderr.contains("Sending JMeter"), "{}", done.stderr);
    assert_nothing_left(&place, &machines);
}

#[test]
fn lost_connections_and_servers_that_are_away_for_a_moment_cost_no_sample() {
    let Some(mut machines) = Machines::start(3) else { return };
    let place = Place::new();
    // Long enough for all of this, even on a busy machine.
    let running = Running::start(run(&place, &machines, &["-Jduration=40"]));
    for _ in 0..2 {
        let before = place.rows_so_far();
        place.wait_until("more samples", || place.rows_so_far() > before + 20);
        for machine in &machines.machines {
            machine.cut();
        }
    }
    // A worker's connection: the log is read from the master, and continues.
    machines.machines[1].go_down();
    let before = place.rows_so_far();
    place.wait_until("more samples, without that one", || place.rows_so_far() > before + 100);
    machines.machines[1].go_up();
    // The master's connection: nothing arrives until it is back, and then all of it.
    machines.machines[0].go_down();
    std::thread::sleep(Duration::from_secs(4));
    machines.machines[0].go_up();
    running.wait().expect(0);
    assert_no_sample_is_lost(&place);
    assert_nothing_left(&place, &machines);
}

#[test]
fn a_server_that_is_killed_finds_its_machines_again_and_no_sample_is_lost() {
    let Some(machines) = Machines::start(3) else { return };
    let place = Place::new();
    let server = Server::start(&place);
    let running = Running::start(run(&place, &machines, &["-Jduration=20"]));
    place.wait_until("samples", || place.rows_so_far() > 20);
    let address = server.url.trim_start_matches("http://").to_owned();
    server.kill();
    let at_the_kill = place.rows_so_far();
    let _server = Server::listen(&place, &address);
    place.wait_until("more samples than before", || place.rows_so_far() > at_the_kill);
    running.wait().expect(0);
    assert_no_sample_is_lost(&place);
    assert_nothing_left(&place, &machines);
}

#[test]
fn machines_that_cannot_be_used_are_refused_before_anything_is_made() {
    let Some(mut machines) = Machines::start(3) else { return };
    let place = Place::new();
    let refused = |command: Command, words: &[&str], code: i32| {
        let done = place.finish(command).expect(code);
        for word in words {
            assert!(done.stderr.contains(word), "{word}: {}", done.stderr);
        }
    };
    refused(run(&place, &machines, &["--workers", "5"]), &["--workers 5 does not match", "--workers 2"], 2);
    let empty = machines.key().with_file_name("empty");
    std::fs::write(&empty, "").expect("a file");
    let mut command = place.run("steady.jmx", &["--provider", "ssh", "--hosts", &machines.hosts().join(",")]);
    command.args(["--user", "x", "--key"]).arg(machines.key()).arg("--known-hosts").arg(&empty);
    refused(command, &["has no host key of", "ssh-keyscan"], 2);
    refused(place.run("steady.jmx", &["--provider", "ssh"]), &["requires hosts"], 2);
    refused(place.run("steady.jmx", &["--hosts", "a"]), &["--provider ssh"], 2);
    // Two machines with errors: both are reported.
    machines.machines[0].go_down();
    std::fs::write(machines.machines[2].home.join(".jac"), "theirs").expect("a file");
    let hosts = machines.hosts();
    refused(run(&place, &machines, &[]), &[&hosts[0], "cannot connect to", &hosts[2], "cannot write to"], 3);
    assert!(machines.machines[1].processes().is_empty() && machines.machines[1].left_behind().is_empty());
    place.assert_nothing_left();
}
