//! `jac import` as a shell sees it: the figures of `jac report`, exit codes, what is left.

use serde_json::Value;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output};

fn jac(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    for name in ["JAC_SERVER", "JAC_TOKEN", "JAC_ARTIFACTS_URL", "JAC_SEARCH_URL"] {
        command.env_remove(name);
    }
    command.env("JAC_DATA_DIR", folder.join("data")).current_dir(folder).args(arguments).output().expect("jac starts")
}

fn json(output: &Output) -> Value {
    let told = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {told}"))
}

fn log(start_ms: i64) -> String {
    let rows = (0..500).map(|n| {
        let (at, elapsed) = (start_ms + n * 137, 20 + n * 7 % 90);
        format!("{at},{elapsed},Page {},200,OK,T 1-{},{},{}\n", n % 3, n % 5, n % 50 != 0, n * 3)
    });
    let header = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes\n";
    std::iter::once(header.to_owned()).chain(rows).collect()
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
