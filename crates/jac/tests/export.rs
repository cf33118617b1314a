//! The output of `jac export`, read by other programs (`JAC_TEST_PYTHON`; `scripts/test` installs it) and compared with the summary.

use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};

fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("JAC_TEST_PYTHON");
    if python.is_none() {
        assert!(
            std::env::var_os("CI").is_none(),
            "JAC_TEST_PYTHON names no Python with the readers; scripts/test does"
        );
        eprintln!("skipped: JAC_TEST_PYTHON names no Python with the readers");
    }
    python
}

fn jac(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    for name in ["JAC_SERVER", "JAC_TOKEN", "JAC_ARTIFACTS_URL", "JAC_SEARCH_URL"] {
        command.env_remove(name);
    }
    command.env("JAC_DATA_DIR", folder.join("data")).current_dir(folder).args(arguments).output().expect("jac starts")
}

fn done(output: Output) -> Output {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output
}

fn read_by(python: &std::ffi::OsStr, script: &str, folder: &Path, arguments: &[&str]) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers").join(script);
    let output = Command::new(python).arg(script).args(arguments).current_dir(folder).output().expect("Python starts");
    serde_json::from_slice(&done(output).stdout).expect("JSON")
}

/// A log with failures, transactions, missing numbers, text that has to be quoted, and more rows than a row group.
fn write_log(path: &Path, rows: u64) {
    let mut log =
        "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,URL\n".to_owned();
    for n in 0..rows {
        let start = 1_700_000_000_000 + n * 3;
        let (label, elapsed) =
            (["Home", "Log in", "\"Pay, ünsafe\""][usize::try_from(n % 3).expect("small")], 5 + n * 7919 % 4_000);
        let is_good = n % 50 != 0;
        let bytes = if n % 3 == 2 { String::new() } else { (n % 700).to_string() };
        log += &format!(
            "{start},{elapsed},{label},{},OK,T 1-{},{is_good},,{bytes},http://shop/{n}\n",
            if is_good { 200 } else { 500 },
            n % 9
        );
        if n % 10 == 0 {
            let message = "\"Number of samples in transaction : 2, number of failing samples : 0\"";
            log += &format!("{start},{},Checkout,,{message},T 1-1,true,,0,\n", elapsed * 2);
        }
    }
    std::fs::write(path, log).expect("written");
}

#[test]
fn duckdb_and_pandas_count_the_same_as_the_summary() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    write_log(&folder.join("results.jtl"), 150_000);
    done(jac(folder, &["export", "results.jtl", "--parquet", "log.parquet"]));
    let run: Value = serde_json::from_slice(
        &done(jac(folder, &["import", "results.jtl", "--plan", "Shop", "--output", "json"])).stdout,
    )
    .expect("JSON");
    let id = run["id"].as_str().expect("an id");
    done(jac(folder, &["export", id, "--parquet", "run.parquet"]));
    let summary = std::fs::read(folder.join("data/runs").join(id).join("summary.json")).expect("a summary");
    let summary: Value = serde_json::from_slice(&summary).expect("JSON");
    for file in ["log.parquet", "run.parquet"] {
        let read = read_by(&python, "parquet_figures.py", folder, &[file]);
        assert_eq!(read["duckdb"], read["pandas"], "{file}");
        assert_eq!((&read["rows"], &read["compression"]), (&json!(165_000), &json!("ZSTD")), "{file}");
        assert_eq!((&read["groups"], &read["largest_group"]), (&json!(2), &json!(131_072)), "{file}");
        assert_eq!(
            (&read["types"]["start"], &read["types"]["label"]),
            (&json!("timestamp[ms, tz=UTC]"), &json!("string"))
        );
        let labels = read["duckdb"].as_array().expect("labels");
        assert_eq!(labels.len(), 3, "without the transaction");
        for label in labels {
            let of = summary["labels"].as_array().expect("labels").iter().find(|entry| entry["label"] == label[0]);
            let of = of.unwrap_or_else(|| panic!("{label}"));
            assert_eq!((&label[1], &label[2], &label[4]), (&of["samples"], &of["errors"], &of["max_ms"]), "{label}");
            let mean = label[3].as_f64().expect("a sum") / label[1].as_f64().expect("a count");
            assert!((mean - of["mean_ms"].as_f64().expect("a mean")).abs() < 1e-6, "{label}");
        }
        let counts: u64 = labels.iter().filter_map(|label| label[1].as_u64()).sum();
        assert_eq!(json!(counts), summary["total"]["samples"]);
        assert_eq!(labels[0][5], summary["start_ms"]);
        assert_eq!(labels.iter().filter(|label| label[6].is_null()).count(), 1, "unknown from the log");
    }
}

#[test]
fn another_hdrhistogram_finds_the_same_percentiles() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    write_log(&folder.join("results.jtl"), 30_000);
    let run: Value = serde_json::from_slice(
        &done(jac(folder, &["import", "results.jtl", "--plan", "Shop", "--output", "json"])).stdout,
    )
    .expect("JSON");
    let id = run["id"].as_str().expect("an id");
    done(jac(folder, &["export", id, "--hdr", "times.hlog", "--interval", "5s"]));
    let kept = format!("data/runs/{id}/histograms.json");
    let read = read_by(&python, "hdr_figures.py", folder, &["times.hlog", &kept]);
    // The lines of all intervals add up to the whole run, in total and by label.
    assert!(read["log"]["lines"].as_u64().is_some_and(|lines| lines > 50), "{read}");
    assert_eq!(read["log"]["tags"][""], read["run"]["total"]);
    for (label, tag) in
        [("Home", "Home"), ("Log in", "Log%20in"), ("Checkout", "Checkout"), ("Pay, ünsafe", "Pay%2C%20%C3%BCnsafe")]
    {
        assert!(read["run"]["labels"][label]["count"].as_u64().is_some_and(|count| count >= 3_000), "{label}: {read}");
        assert_eq!(read["log"]["tags"][tag], read["run"]["labels"][label], "{label}");
    }
    // The percentiles of the same times, calculated here: the smallest value with that share at or below it, as HdrHistogram defines it.
    let log = std::fs::read_to_string(folder.join("results.jtl")).expect("the log");
    let is_request = |row: &&str| !row.contains("Number of samples");
    let mut times: Vec<u64> =
        log.lines().skip(1).filter(is_request).filter_map(|row| row.split(',').nth(1)?.parse().ok()).collect();
    times.sort_unstable();
    assert_eq!(read["run"]["total"]["count"], json!(times.len()));
    for (at, percent) in [50.0, 90.0, 95.0, 99.0, 99.9, 100.0].into_iter().enumerate() {
        let rank = ((percent / 100.0 * times.len() as f64).ceil() as usize).clamp(1, times.len());
        let (exact, found) =
            (times[rank - 1] as f64, read["run"]["total"]["percentiles"][at].as_f64().expect("a time"));
        assert!((found - exact).abs() <= exact * 0.001 + 1.0, "p{percent}: {found}, exactly {exact}");
    }
}

#[test]
fn what_was_written_is_printed_as_json() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    write_log(&folder.join("log.jtl"), 100);
    let call = ["export", "log.jtl", "--parquet", "out.parquet", "--hdr", "out.hdr", "--output", "json"];
    let printed = done(jac(folder, &call)).stdout;
    let files: Value = serde_json::from_slice(&printed).expect("JSON");
    let shown: Vec<_> = files.as_array().expect("files").iter().map(|one| (&one["file"], &one["samples"])).collect();
    assert_eq!(shown[0].0, "out.parquet");
    assert_eq!(shown[1].0, "out.hdr");
    assert!(shown.iter().all(|(_, samples)| samples.as_u64() > Some(0)), "{files}");
}

#[test]
fn what_cannot_be_exported_is_bad_input_and_leaves_no_file() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    std::fs::write(folder.join("letter.txt"), "Dear Ada,\n").expect("written");
    for call in [
        &["export", "letter.txt", "--parquet", "out"][..],
        &["export", "r-22222222", "--parquet", "out"],
        &["export", "nobody", "--hdr", "out"],
        &["export", "letter.txt"],
        &["export", "letter.txt", "--hdr", "out", "--interval", "0s"],
    ] {
        let refused = jac(folder, call);
        assert_eq!(refused.status.code(), Some(2), "{call:?}: {}", String::from_utf8_lossy(&refused.stderr));
    }
    let mut names: Vec<_> =
        std::fs::read_dir(folder).expect("the folder").flatten().map(|entry| entry.file_name()).collect();
    names.retain(|name| name != "data");
    assert_eq!(names, ["letter.txt"]);
}
