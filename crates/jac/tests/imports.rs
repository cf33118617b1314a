//! `jac import` from a shell: the figures of `jac report`, exit codes, leftovers.

#[path = "../../jac-artefacts/tests/s3/gateway.rs"]
#[expect(dead_code, reason = "jac-artefacts' own tests use all of it")]
mod gateway;

use gateway::{Gateway, TestKeys, program};
use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

fn jac(folder: &Path, arguments: &[&str]) -> Output {
    jac_with(folder, &[], arguments)
}

fn jac_with(folder: &Path, variables: &[(&str, &str)], arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    for name in ["JAC_SERVER", "JAC_TOKEN", "JAC_ARTIFACTS_URL", "JAC_SEARCH_URL", "JAC_ALLOWED_ENDPOINTS"] {
        command.env_remove(name);
    }
    command.env("JAC_DATA_DIR", folder.join("data")).envs(variables.iter().copied());
    command.current_dir(folder).args(arguments).output().expect("jac starts")
}

fn json(output: &Output) -> Value {
    let stderr = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {stderr}"))
}

fn log(start_ms: i64) -> String {
    let rows = (0..500).map(|n| {
        let (at, elapsed) = (start_ms + n * 137, 20 + n * 7 % 90);
        format!("{at},{elapsed},Page {},200,OK,T 1-{},{},{}\n", n % 3, n % 5, n % 50 != 0, n * 3)
    });
    let header = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes\n";
    std::iter::once(header.to_owned()).chain(rows).collect()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn imported_logs_have_the_figures_that_jac_report_gives_them() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("a.jtl"), log(1_700_000_000_000)).expect("written");
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(log(1_700_000_020_000).as_bytes()).expect("packs");
    std::fs::write(folder.join("b.jtl.gz"), gzip.finish().expect("packs")).expect("written");

    let report = json(&jac(folder, &["report", "a.jtl", "b.jtl.gz", "--output", "json"]));
    let run =
        json(&jac(folder, &["import", "a.jtl", "b.jtl.gz", "--plan", "Shop", "--name", "Friday", "--output", "json"]));
    let summary = folder.join("data/runs").join(run["id"].as_str().expect("an id")).join("summary.json");
    let summary: Value = serde_json::from_slice(&std::fs::read(summary).expect("a summary")).expect("JSON");
    assert_eq!(summary, report);
    assert_eq!((&run["name"], &run["plan"]["name"]), (&"Friday".into(), &"Shop".into()));
    let listed = json(&jac(folder, &["runs", "list", "--output", "json"]));
    assert!(listed.to_string().contains("imported"), "{listed}");
}

#[test]
fn what_cannot_be_imported_is_bad_input_and_leaves_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("letter.txt"), "Dear Ada,\n").expect("written");
    for log in ["letter.txt", "missing.jtl"] {
        let refused = jac(folder, &["import", log, "--plan", "Shop"]);
        assert_eq!(refused.status.code(), Some(2), "{}", String::from_utf8_lossy(&refused.stderr));
    }
    // A results folder, and the log in it.
    std::fs::create_dir(folder.join("out")).expect("a folder");
    std::fs::write(folder.join("out/results.jtl"), log(1_700_000_000_000)).expect("written");
    let twice = jac(folder, &["import", "out", "out/results.jtl", "--plan", "Shop"]);
    assert_eq!(twice.status.code(), Some(2), "{}", String::from_utf8_lossy(&twice.stderr));
    for below in ["runs", "uploads"] {
        let left = std::fs::read_dir(folder.join("data").join(below)).expect("the folder").count();
        assert_eq!(left, 0, "{below}");
    }
}

#[test]
fn a_log_that_is_larger_than_what_may_wait_in_memory_is_imported_without_a_server() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    let one = log(1_700_000_000_000);
    let (header, rows) = one.split_once('\n').expect("a header");
    std::fs::write(folder.join("long.jtl"), format!("{header}\n{}", rows.repeat(400))).expect("written");
    let run = json(&jac(folder, &["import", "long.jtl", "--plan", "Shop", "--output", "json"]));
    assert_eq!(run["headline"]["samples"], 200_000, "{run}");
}

/// Makes all runs in a bucket belong to an account that does not exist here.
fn change_owner(bucket: &Path, id: &str, name: &str) {
    let mut folders = vec![bucket.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder").map(|entry| entry.expect("an entry").path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.ends_with("manifest.json") {
                let read = |path: &Path| -> Value {
                    serde_json::from_slice(&std::fs::read(path).expect("an object")).expect("JSON")
                };
                let record = folder.join("run.json");
                let mut changed = read(&record);
                changed["run"]["owner"] = serde_json::json!({ "id": id, "name": name });
                std::fs::write(&record, changed.to_string()).expect("written");
                let (bytes, sha256) = jac_artefacts::digest(&record).expect("its digest");
                let mut manifest = read(&entry);
                for object in manifest["objects"].as_array_mut().expect("objects") {
                    if object["name"] == "run.json" {
                        (object["bytes"], object["sha256"]) = (bytes.into(), sha256.clone().into());
                    }
                }
                std::fs::write(&entry, manifest.to_string()).expect("written");
            }
        }
    }
}

#[test]
fn runs_of_a_lost_database_belong_to_whoever_has_their_owners_name() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("a.jtl"), log(1_700_000_000_000)).expect("written");
    let run = json(&jac(folder, &["import", "a.jtl", "--plan", "Shop", "--output", "json"]));
    let record = folder.join("data/runs").join(run["id"].as_str().expect("an id")).join("run.json");
    let read = || -> Value { serde_json::from_slice(&std::fs::read(&record).expect("a record")).expect("JSON") };
    let mut changed = read();
    changed["run"]["owner"] = serde_json::json!({ "id": "u-lost", "name": "Ädä" });
    std::fs::write(&record, changed.to_string()).expect("written");
    for entry in std::fs::read_dir(folder.join("data")).expect("a folder").map(|entry| entry.expect("an entry")) {
        if entry.file_name().to_string_lossy().starts_with("jac.db") {
            std::fs::remove_file(entry.path()).expect("removed");
        }
    }
    let owner = || json(&jac(folder, &["runs", "list", "--output", "json"]))[0]["owner"].clone();
    assert_eq!(owner()["id"], "u-lost", "nobody has that name");
    let added = jac(folder, &["admin", "user", "add", "ÄDÄ", "--role", "member"]);
    assert!(added.status.success(), "{}", stderr(&added));
    let adopted = owner();
    assert!(adopted["name"] == "ÄDÄ" && adopted["id"] != "u-lost", "{adopted}");
    assert_eq!(read()["run"]["owner"], adopted, "in its folder too");
}

#[test]
fn what_was_begun_in_the_servers_store_leaves_it_when_its_owner_has_one() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let keys = gateway.add_person(&program, "own-results");
    let endpoint = gateway.options().endpoint.expect("an address");
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("a.jtl"), log(1_700_000_000_000)).expect("written");
    assert!(save_store(folder, &endpoint, &keys).status.success());
    // It may not connect to the owner's store yet, so it begins nothing there.
    let run = json(&jac(folder, &["import", "a.jtl", "--plan", "Shop", "--output", "json"]));
    let (id, created_ms) = (run["id"].as_str().expect("an id"), run["created_ms"].as_i64().expect("a time"));
    // As a server that was stopped in the middle of an upload leaves it.
    let prefix = jac_artefacts::run_prefix(&id.parse().expect("an id"), created_ms);
    let begun = folder.join("server-store").join(prefix);
    std::fs::create_dir_all(&begun).expect("a folder");
    std::fs::write(begun.join("report.html"), "half").expect("written");
    std::fs::write(folder.join("data/runs").join(id).join("uploads.json"), "{}").expect("written");
    let server = format!("file://{}", folder.join("server-store").display());
    let variables = [("JAC_ALLOWED_ENDPOINTS", endpoint.as_str()), ("JAC_ARTIFACTS_URL", server.as_str())];
    let stored = jac_with(folder, &variables, &["artifacts", "retry", id]);
    assert!(stored.status.success(), "{}", stderr(&stored));
    assert!(!begun.join("report.html").exists());
    let verified = json(&jac_with(folder, &variables, &["artifacts", "verify", id, "--output", "json"]));
    assert!(verified.to_string().contains("s3://own-results/load"), "{verified}");
}

/// Saves keys as a set of that name, and a store that uses it.
fn save_store(folder: &Path, endpoint: &str, keys: &TestKeys) -> Output {
    let variables = [
        ("JAC_ALLOWED_ENDPOINTS", endpoint),
        ("AWS_ACCESS_KEY_ID", keys.id.as_str()),
        ("AWS_SECRET_ACCESS_KEY", keys.secret.as_str()),
    ];
    let saved = jac_with(folder, &variables, &["credentials", "aws", "--save", "--no-test", "--name", "results"]);
    assert!(saved.status.success(), "{}", String::from_utf8_lossy(&saved.stderr));
    let store = [
        "artifacts",
        "store",
        "--save",
        "s3://own-results/load",
        "--credentials",
        "results",
        "--region",
        "us-east-1",
        "--endpoint",
        endpoint,
        "--output",
        "json",
    ];
    jac_with(folder, &variables, &store)
}

#[test]
fn runs_are_in_a_bucket_of_ones_own_and_every_command_finds_them_there() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let keys = gateway.add_person(&program, "own-results");
    let endpoint = gateway.options().endpoint.expect("an address");
    let allowed = [("JAC_ALLOWED_ENDPOINTS", endpoint.as_str())];
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("a.jtl"), log(1_700_000_000_000)).expect("written");

    let refused = save_store(folder, &endpoint, &TestKeys { secret: "another".to_owned(), ..keys.clone() });
    assert!(!refused.status.success() && stderr(&refused).contains("rejected the credentials"), "{}", stderr(&refused));
    let saved = json(&save_store(folder, &endpoint, &keys));
    assert_eq!((&saved[0]["address"], &saved[0]["is_current"]), (&"s3://own-results/load".into(), &true.into()));
    let run = json(&jac_with(folder, &allowed, &["import", "a.jtl", "--plan", "Shop", "--output", "json"]));
    let run = run["id"].as_str().expect("an id");
    let stored = jac_with(folder, &allowed, &["artifacts", "retry", run]);
    assert!(stored.status.success(), "{}", stderr(&stored));
    std::fs::remove_file(folder.join("data/runs").join(run).join("results.jtl.zst")).expect("it was compressed");
    for arguments in [&["artifacts", "verify", run][..], &["export", run, "--hdr", "times.hlog"]] {
        let done = jac_with(folder, &allowed, arguments);
        assert!(done.status.success(), "{arguments:?}: {}", stderr(&done));
    }
    let forbidden = jac(folder, &["artifacts", "verify", run]);
    assert!(!forbidden.status.success() && stderr(&forbidden).contains("may not connect"), "{}", stderr(&forbidden));

    // After the data folder was lost, the store is saved again, and its runs are restored.
    let empty = tempfile::tempdir().expect("a folder");
    assert!(save_store(empty.path(), &endpoint, &keys).status.success());
    let rebuilt = json(&jac_with(empty.path(), &allowed, &["artifacts", "rebuild", "--output", "json"]));
    assert_eq!((&rebuilt["restored"], &rebuilt["failed"]), (&1.into(), &serde_json::json!([])), "{rebuilt}");
    let verified = jac_with(empty.path(), &allowed, &["artifacts", "verify", run]);
    assert!(verified.status.success(), "{}", stderr(&verified));
    // A user whose account was lost is found by name, and the runs of others in the same bucket are left out.
    for (name, expected) in [("aDMINISTRATOR", (1, 0)), ("Bob", (0, 1))] {
        change_owner(&gateway.bucket("own-results"), "u-lost", name);
        let new = tempfile::tempdir().expect("a folder");
        assert!(save_store(new.path(), &endpoint, &keys).status.success());
        let rebuilt = jac_with(new.path(), &allowed, &["artifacts", "rebuild", "--output", "json"]);
        assert!(rebuilt.status.success(), "{}", stderr(&rebuilt));
        let rebuilt = json(&rebuilt);
        assert_eq!((&rebuilt["restored"], &rebuilt["others"]), (&expected.0.into(), &expected.1.into()), "{rebuilt}");
        let listed = json(&jac_with(new.path(), &allowed, &["runs", "list", "--output", "json"]));
        let owners: Vec<&Value> = listed.as_array().expect("a list").iter().map(|run| &run["owner"]["id"]).collect();
        assert_eq!(owners, vec!["admin"; expected.0]);
        let left = std::fs::read_dir(new.path().join("data/uploads")).expect("the folder").count();
        assert_eq!(left, 0, "nothing but its record was fetched, and that is gone");
    }
    let stopped = json(&jac_with(empty.path(), &allowed, &["artifacts", "store", "--stop", "--output", "json"]));
    assert_eq!((&stopped[0]["is_current"], &stopped[0]["runs"]), (&false.into(), &1.into()), "what is there stays");
}

#[test]
fn runs_of_one_name_are_listed_searched_and_have_a_trend_by_it() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    for (name, start_ms) in [("a.jtl", 1_700_000_000_000), ("b.jtl", 1_700_100_000_000)] {
        std::fs::write(folder.join(name), log(start_ms)).expect("written");
        json(&jac(folder, &["import", name, "--plan", "Nightly", "--output", "json"]));
    }
    let json_of = |arguments: &[&str]| json(&jac(folder, &[arguments, &["--output", "json"]].concat()));
    let runs = json_of(&["runs", "list", "--plan", "nightly"]);
    assert_eq!(runs.as_array().map(Vec::len), Some(2));
    assert_eq!(json_of(&["runs", "trend", "Nightly"])["items"].as_array().map(Vec::len), Some(2));
    let found = json_of(&["runs", "samples", "Nightly", "--limit", "1"]);
    let samples: u64 =
        runs.as_array().expect("runs").iter().filter_map(|run| run["headline"]["samples"].as_u64()).sum();
    assert_eq!((&found["matched"], &found["searched"]), (&samples.into(), &samples.into()), "{found}");
    assert_eq!(found["samples"][0]["run"], runs[0]["id"], "the newest run's first");
    // One run at a time, until as many as requested were searched.
    let one = json_of(&["runs", "samples", "Nightly", "--runs", "1", "--limit", "1"]);
    assert_eq!((one["runs"].as_array().map(Vec::len), one["next"].is_string()), (Some(1), true));
    let text = jac(folder, &["runs", "samples", "Nightly", "--slowest", "--limit", "2"]);
    let text = String::from_utf8(text.stdout).expect("text");
    assert!(text.starts_with("Run ") && text.lines().count() == 3, "{text}");
    for arguments in [
        &["runs", "samples", "elsewhere"][..],
        &["runs", "samples", "Nightly", "--label", "("],
        &["runs", "samples", "Nightly", "--from", "+5s"],
        &["runs", "samples", "Nightly", "--runs", "0"],
    ] {
        assert_eq!(jac(folder, arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn a_run_is_annotated_from_the_shell() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("a.jtl"), log(1_700_000_000_000)).expect("written");
    let run = json(&jac(folder, &["import", "a.jtl", "--plan", "Shop", "--output", "json"]));
    let (id, started_ms) = (run["id"].as_str().expect("an id"), run["started_ms"].as_i64().expect("a start"));
    let json_of = |arguments: &[&str]| json(&jac(folder, &[arguments, &["--output", "json"]].concat()));
    let deployed = json_of(&["runs", "annotate", id, "Deployed 2.4", "--at", "+5s"]);
    assert_eq!((&deployed["text"], &deployed["at_ms"]), (&"Deployed 2.4".into(), &(started_ms + 5_000).into()));
    let flushed = json_of(&["runs", "annotate", id, "Cache flushed", "--at", "2023-11-14T22:13:30"]);
    assert_eq!(flushed["at_ms"], 1_700_000_010_000_i64);
    let now = json_of(&["runs", "annotate", id, "Reviewed"]);
    assert!(now["at_ms"] == now["written_ms"], "{now}");
    let texts = || {
        let listed = json_of(&["runs", "annotations", id]);
        let texts =
            listed.as_array().expect("a list").iter().map(|each| each["text"].as_str().unwrap_or_default().to_owned());
        texts.collect::<Vec<_>>()
    };
    assert_eq!(texts(), ["Deployed 2.4", "Cache flushed", "Reviewed"]);
    let line = jac(folder, &["runs", "annotations", id]);
    let line = String::from_utf8(line.stdout).expect("text");
    assert!(line.contains("  2023-11-14T22:13:30Z  Cache flushed  ("), "{line}");
    let flushed = flushed["id"].as_str().expect("an id");
    assert_eq!(json_of(&["runs", "annotate", id, "--remove", flushed])["removed"], flushed);
    assert_eq!(texts(), ["Deployed 2.4", "Reviewed"]);
    for arguments in [
        &["runs", "annotate", id, "--remove", flushed][..],
        &["runs", "annotate", id, ""],
        &["runs", "annotate", id, "Too early", "--at", "1969-12-31T00:00:00"],
        &["runs", "annotate", id, "Tomorrow's", "--at", "2999-01-01T00:00:00"],
    ] {
        assert_eq!(jac(folder, arguments).status.code(), Some(2), "{arguments:?}");
    }
}
