//! Files that the plan wrote on its nodes: fetched, stored and listed, within their limits.

use crate::gateway::{BUCKET, Gateway, program};
use crate::place::{Place, plan_path};
use crate::server::Server;
use crate::sshd::Machines;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

const KEEP: [&str; 6] = ["--keep", "*.csv", "--keep", "screens/**/*.png", "--keep", "data/*"];

fn writing(place: &Place, arguments: &[&str]) -> Command {
    let users = plan_path("data/users.csv");
    let mut command = place.run("writes.jmx", &["--workers", "2", "--data", users.to_str().expect("a name")]);
    command.args(arguments);
    command
}

/// The files that were kept below a folder of nodes, with their length.
fn kept(nodes: &Path) -> BTreeMap<String, u64> {
    fn visit(root: &Path, folder: &Path, found: &mut BTreeMap<String, u64>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let (path, metadata) = (entry.path(), entry.path().symlink_metadata().expect("it is there"));
            assert!(!metadata.is_symlink(), "{}", path.display());
            if metadata.is_dir() {
                visit(root, &path, found);
            } else {
                let name = path.strip_prefix(root).expect("below").to_str().expect("text").to_owned();
                found.extend(name.contains("/files/").then_some((name, metadata.len())));
            }
        }
    }
    let mut found = BTreeMap::new();
    visit(nodes, nodes, &mut found);
    found
}

/// What both workers and the master leave: the listener runs on the master alone, the script on the workers. `names.csv` belongs to the plan
/// and is unchanged; linked files are elsewhere.
fn assert_all(files: &BTreeMap<String, u64>) {
    let names: Vec<&str> = files.keys().map(String::as_str).collect();
    let of_worker = ["data/names.csv.new", "data/users.csv", "own.csv", "screens/deep/shot 1#50%.png"];
    let of_workers = [1, 2].map(|number| of_worker.map(|file| format!("worker-{number}/files/{file}")));
    let expected: Vec<String> =
        std::iter::once("master/files/written.csv".to_owned()).chain(of_workers.into_iter().flatten()).collect();
    assert_eq!(names, expected);
    assert_eq!(files["worker-2/files/screens/deep/shot 1#50%.png"], 1000);
    assert_eq!(files["worker-1/files/data/users.csv"], "ann\nbob\neve\n".len() as u64);
}

fn run_folder(place: &Place) -> std::path::PathBuf {
    std::fs::read_dir(place.data().join("runs")).expect("runs").flatten().next().expect("a run").path()
}

fn notes(place: &Place) -> Vec<serde_json::Value> {
    let record = std::fs::read(run_folder(place).join("run.json")).expect("a record");
    let record: serde_json::Value = serde_json::from_slice(&record).expect("JSON");
    record["run"]["notes"].as_array().expect("its notes").clone()
}

#[test]
fn files_that_the_plan_wrote_come_from_every_node_and_nothing_else_does() {
    let place = Place::new();
    place.finish(writing(&place, &KEEP)).expect(0);
    assert_all(&kept(&run_folder(&place).join("nodes")));
    // They are downloaded with everything else.
    assert_all(&kept(&place.out().join("nodes")));
    let rows = std::fs::read_to_string(place.out().join("nodes/master/files/written.csv")).expect("the listener's");
    assert_eq!(rows.lines().count() - 1, place.log().lines().count() - 1, "{rows}");
    place.assert_nothing_left();
}

#[test]
fn without_a_pattern_nothing_is_kept_and_a_wrong_one_is_refused_before_anything_is_made() {
    let place = Place::new();
    place.finish(writing(&place, &[])).expect(0);
    assert!(kept(&run_folder(&place).join("nodes")).is_empty());
    let refused = place.finish(writing(&place, &["--keep", "../*.csv"])).expect(2);
    assert!(refused.stderr.contains("../*.csv"), "{}", refused.stderr);
    place.assert_nothing_left();
}

#[test]
fn files_come_from_other_machines_too() {
    let Some(machines) = Machines::start(3) else { return };
    let place = Place::new();
    let mut command = place.run("writes.jmx", &["--provider", "ssh", "--hosts", &machines.hosts().join(",")]);
    command.args(["--user", &machines.user(), "--key"]).arg(machines.key());
    command.arg("--known-hosts").arg(machines.known_hosts_file());
    command.arg("--data").arg(plan_path("data/users.csv")).args(KEEP);
    place.finish(command).expect(0);
    assert_all(&kept(&place.out().join("nodes")));
}

#[test]
fn files_over_the_limit_stay_and_are_reported() {
    let place = Place::new();
    let _server = Server::with(&place, &[("JAC_KEEP_MAX_FILES", "3".to_owned())]);
    place.finish(writing(&place, &KEEP)).expect(0);
    assert_eq!(kept(&run_folder(&place).join("nodes")).len(), 3);
    let left = |note: &serde_json::Value| (note["params"]["node"].clone(), note["params"]["left"].clone());
    let notes = notes(&place);
    let left: Vec<_> = notes.iter().filter(|note| note["code"] == "kept_files_limit").map(left).collect();
    assert_eq!(left, [("worker-1".into(), 2.into()), ("worker-2".into(), 4.into())]);
}

#[test]
fn kept_files_are_in_the_store_with_the_rest() {
    let Some(program) = program() else { return };
    let (place, gateway) = (Place::new(), Gateway::start(&program));
    let mut command = writing(&place, &KEEP);
    command.env("JAC_ARTIFACTS_URL", format!("s3://{BUCKET}/load"));
    command.env("AWS_ENDPOINT_URL_S3", gateway.options().endpoint.expect("an address")).env("AWS_REGION", "us-east-1");
    command.env("AWS_ACCESS_KEY_ID", &gateway.keys.id).env("AWS_SECRET_ACCESS_KEY", &gateway.keys.secret);
    place.finish(command).expect(0);
    let manifest = std::fs::read_to_string(run_folder(&place).join("manifest.json")).expect("a manifest");
    for name in ["logs/worker-1/files/screens/deep/shot 1#50%.png", "logs/worker-2/files/data/names.csv.new"] {
        assert!(manifest.contains(name), "{manifest}");
    }
}
