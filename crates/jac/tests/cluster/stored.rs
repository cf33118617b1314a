//! Results in a real S3 server: what is there when a command ends, what a killed server had started, what is restored to an empty folder.

use crate::gateway::{BUCKET, Gateway, program};
use crate::place::{Place, Running};
use crate::server::Server;
use nix::sys::signal::Signal;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The command with the store's environment. The keys are those that the AWS SDK reads.
pub fn with(mut command: Command, gateway: &Gateway) -> Command {
    for (name, value) in variables(gateway) {
        command.env(name, value);
    }
    command
}

pub fn variables(gateway: &Gateway) -> [(&'static str, String); 5] {
    [
        ("JAC_ARTIFACTS_URL", format!("s3://{BUCKET}/team/load")),
        ("AWS_ENDPOINT_URL_S3", gateway.options().endpoint.expect("an address")),
        ("AWS_REGION", "us-east-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", gateway.keys.id.clone()),
        ("AWS_SECRET_ACCESS_KEY", gateway.keys.secret.clone()),
    ]
}

/// The folder of the only run.
pub fn run_folder(place: &Place) -> PathBuf {
    let runs: Vec<_> = fs::read_dir(place.data().join("runs")).expect("runs").flatten().collect();
    assert_eq!(runs.len(), 1, "{runs:?}");
    runs[0].path()
}

pub fn id_of(folder: &Path) -> String {
    folder.file_name().expect("a name").to_str().expect("text").to_owned()
}

pub fn json(bytes: &[u8]) -> serde_json::Value {
    serde_json::from_slice(bytes).expect("it is JSON")
}

#[test]
fn a_run_is_in_the_store_when_its_command_ends_and_comes_back_to_an_empty_folder() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    place.finish(with(place.run("steady.jmx", &["-Jduration=2"]), &gateway)).expect(0);
    let folder = run_folder(&place);
    let id = id_of(&folder);
    let manifest = json(&fs::read(folder.join("manifest.json")).expect("a manifest"));
    let samples = place.summary()["total"]["samples"].clone();
    assert_eq!(manifest["samples"], samples);
    place.finish(with(place.jac(&["artifacts", "verify", &id]), &gateway)).expect(0);

    let empty = Place::new();
    let rebuilt = empty.finish(with(empty.jac(&["artifacts", "rebuild", "--output", "json"]), &gateway)).expect(0);
    assert_eq!(json(rebuilt.stdout.as_bytes())["restored"], 1, "{}", rebuilt.stdout);
    // The log is only in the store, and is read there.
    assert!(!run_folder(&empty).join("results.jtl.zst").exists());
    let status = empty.finish(with(empty.jac(&["artifacts", "status", &id, "--output", "json"]), &gateway)).expect(0);
    let status = json(status.stdout.as_bytes());
    assert_eq!(status["phase"], "stored");
    let address = status["address"].as_str().expect("an address");
    let report = empty.finish(with(empty.jac(&["report", address, "--output", "json"]), &gateway)).expect(0);
    assert_eq!(json(report.stdout.as_bytes())["total"]["samples"], samples);
    let found = empty.finish(with(empty.jac(&["samples", address, "--count"]), &gateway)).expect(0);
    assert_eq!(found.stdout.trim(), samples.to_string());

    // A damaged object, and a missing one.
    let stored = gateway.file(address.trim_start_matches(&format!("s3://{BUCKET}/team/load/")));
    fs::write(stored.join("plan/steady.jmx"), "other").expect("written");
    fs::remove_file(stored.join("report.html")).expect("removed");
    let verified = empty.finish(with(empty.jac(&["artifacts", "verify", &id, "--output", "json"]), &gateway)).expect(1);
    let verified = json(verified.stdout.as_bytes());
    assert_eq!(verified["missing"], serde_json::json!(["report.html"]));
    assert_eq!(verified["different"], serde_json::json!(["plan/steady.jmx"]));
    empty.finish(with(empty.jac(&["artifacts", "retry", &id]), &gateway)).expect(0);
    empty.finish(with(empty.jac(&["artifacts", "verify", &id]), &gateway)).expect(0);

    // Files derived from the others may be missing, and changed ones are not accepted as the run's.
    fs::remove_file(stored.join("report.html")).expect("removed");
    let rebuild = |expected| {
        let other = Place::new();
        let rebuilt = other.finish(with(other.jac(&["artifacts", "rebuild", "--output", "json"]), &gateway));
        json(rebuilt.expect(expected).stdout.as_bytes())["restored"].clone()
    };
    assert_eq!(rebuild(0), 1);
    let summary = fs::read_to_string(stored.join("summary.json")).expect("a summary");
    fs::write(stored.join("summary.json"), summary.replace('1', "2")).expect("written");
    assert_eq!(rebuild(3), 0);
}

#[test]
fn a_manifest_that_leads_out_of_the_runs_folder_restores_nothing() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    place.finish(with(place.run("steady.jmx", &["-Jduration=2"]), &gateway)).expect(0);
    let stored = find(&gateway.file("runs"), &id_of(&run_folder(&place)));
    let good = fs::read_to_string(stored.join("manifest.json")).expect("a manifest");
    for name in ["../../lost/evil", "/tmp/evil", "plan/../../evil", "plan/./run.jmx"] {
        fs::write(stored.join("manifest.json"), good.replace("plan/steady.jmx", name)).expect("written");
        let empty = Place::new();
        let rebuilt = empty.finish(with(empty.jac(&["artifacts", "rebuild", "--output", "json"]), &gateway)).expect(3);
        let rebuilt = json(rebuilt.stdout.as_bytes());
        assert_eq!((&rebuilt["restored"], rebuilt["failed"].as_array().map(Vec::len)), (&0.into(), Some(1)), "{name}");
        assert!(fs::read_dir(empty.data().join("runs")).expect("runs").next().is_none(), "{name}");
    }
}

#[test]
fn what_is_in_one_store_is_not_taken_for_what_is_in_another() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    place.finish(with(place.run("steady.jmx", &["-Jduration=2"]), &gateway)).expect(0);
    let (folder, other) = (run_folder(&place), format!("s3://{BUCKET}/team/load/other"));
    let elsewhere = |arguments: &[&str]| {
        let mut command = with(place.jac(arguments), &gateway);
        command.env("JAC_ARTIFACTS_URL", &other);
        place.finish(command)
    };
    elsewhere(&["artifacts", "retry", &id_of(&folder)]).expect(0);
    elsewhere(&["artifacts", "verify", &id_of(&folder)]).expect(0);
    assert!(find(&gateway.file("other"), &id_of(&folder)).join("samples/master.jtl.zst").is_file());
    place.finish(with(place.jac(&["artifacts", "verify", &id_of(&folder)]), &gateway)).expect(0);
}

#[test]
fn a_store_that_is_away_costs_no_result_and_gets_it_later() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    let mut away = with(place.run("steady.jmx", &["-Jduration=2"]), &gateway);
    away.env("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");
    let mut run = Running::start(away);
    run.wait_for_word("Not stored");
    // After an interruption of the wait, the results are there all the same.
    run.signal(Signal::SIGINT);
    run.wait().expect(0);
    assert!(place.summary()["total"]["samples"].as_u64().is_some_and(|samples| samples > 0));
    let folder = run_folder(&place);
    assert!(!folder.join("manifest.json").exists());
    place.finish(with(place.jac(&["artifacts", "retry", &id_of(&folder)]), &gateway)).expect(0);
    assert!(folder.join("manifest.json").exists());
    place.finish(with(place.jac(&["artifacts", "verify", &id_of(&folder)]), &gateway)).expect(0);
}

#[test]
fn a_server_that_is_killed_again_and_again_stores_a_run_whole() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    place.finish(place.run("steady.jmx", &["-Jduration=2"])).expect(0);
    let folder = run_folder(&place);
    // The files of a plan: more parts than are in flight at a time.
    let large = folder.join("plan/large.bin");
    fs::write(&large, noise(150 << 20)).expect("written");
    let mut kills = 0;
    for number in 0..10_u64 {
        let server = Server::with(&place, &variables(&gateway));
        // At any time during the upload: random times are the aim of this test.
        std::thread::sleep(Duration::from_millis(50 + (rand::random::<u64>() % 60) * (number + 1)));
        kills += u32::from(!folder.join("manifest.json").exists());
        server.kill();
    }
    assert!(kills >= 3, "it was killed in an upload: {kills} times");
    let _server = Server::with(&place, &variables(&gateway));
    place.wait_until("it is stored", || folder.join("manifest.json").exists());
    place.finish(with(place.jac(&["artifacts", "verify", &id_of(&folder)]), &gateway)).expect(0);
    let manifest = json(&fs::read(folder.join("manifest.json")).expect("a manifest"));
    let objects = manifest["objects"].as_array().expect("objects");
    for object in objects {
        let name = object["name"].as_str().expect("a name");
        let local = name.replace("samples/master.", "results.").replace("logs/", "nodes/");
        let stored = find(&gateway.file("runs"), &id_of(&folder)).join(name);
        assert!(fs::read(stored).expect("it is there") == fs::read(folder.join(local)).expect("it is here"), "{name}");
    }
    assert!(objects.iter().any(|object| object["name"] == "plan/large.bin"));
    assert!(!folder.join("uploads.json").exists(), "nothing is open any more");
}

/// The folder of that name anywhere below.
pub fn find(folder: &Path, name: &str) -> PathBuf {
    let mut level = vec![folder.to_owned()];
    while let Some(next) = level.pop() {
        if next.ends_with(name) {
            return next;
        }
        level.extend(fs::read_dir(&next).into_iter().flatten().flatten().map(|entry| entry.path()));
    }
    panic!("there is no {name}");
}

/// Bytes without repetitions close to each other.
pub fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut all = Vec::with_capacity(bytes);
    while all.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        all.extend_from_slice(&state.to_le_bytes());
    }
    all
}
