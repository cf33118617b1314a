//! Result logs that users have, after public reports: each file of `cases/` represents a kind, and the table has the
//! expected results.

use serde_json::Value;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn jac(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_jac")).args(arguments).stdin(Stdio::null()).output().expect("jac starts")
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The table as JSON.
fn summary(names: &[&str], arguments: &[&str], code: i32) -> Value {
    let paths: Vec<PathBuf> = names.iter().map(|name| case(name)).collect();
    let files: Vec<&str> = paths.iter().map(|path| text(path)).collect();
    let output = jac(&[&["report", "--output", "json"], &files[..], arguments].concat());
    assert_eq!(output.status.code(), Some(code), "{names:?}: {}", err(&output));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

/// The data that a report page embeds.
fn report(names: &[&str]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let page = folder.path().join("page.html");
    summary(names, &["--html", text(&page)], 0);
    let page = std::fs::read_to_string(page).expect("the page");
    let data =
        page.split(r#"id="jac-report">"#).nth(1).and_then(|rest| rest.split("</script>").next()).expect("the data");
    serde_json::from_str(data).expect("JSON")
}

fn codes(summary: &Value) -> Vec<&str> {
    summary["notes"].as_array().expect("notes").iter().filter_map(|note| note["code"].as_str()).collect()
}

fn note<'a>(summary: &'a Value, code: &str) -> &'a Value {
    let notes = summary["notes"].as_array().expect("notes");
    notes.iter().find(|note| note["code"] == code).unwrap_or_else(|| panic!("no {code} in {:?}", codes(summary)))
}

fn label<'a>(summary: &'a Value, name: &str) -> &'a Value {
    summary["labels"].as_array().expect("labels").iter().find(|entry| entry["label"] == name).expect(name)
}

/// Samples and errors of the total, duration of the log in seconds, unreadable rows, codes of the notes.
type Right<'a> = (&'a str, &'a [&'a str], u64, u64, f64, u64, &'a [&'a str]);

#[test]
fn each_log_has_the_figures_and_the_notes_that_are_right() {
    let table: &[Right<'_>] = &[
        ("good.jtl", &[], 100, 0, 10.049, 0, &[]),
        ("utf16.jtl", &[], 100, 0, 10.049, 0, &[]),
        ("negative-latency.jtl", &[], 4, 0, 0.43, 0, &["values_unread"]),
        ("transactions.jtl", &[], 100, 0, 49.3, 0, &["transactions_not_in_total"]),
        ("headless-12.jtl", &[], 100, 0, 10.049, 0, &[]),
        ("start-zero.jtl", &[], 101, 1, 10.049, 0, &["samples_outside_time"]),
        ("seconds.jtl", &[], 100, 0, 99.149, 0, &["time_unit_guessed"]),
        ("seconds.jtl", &["--time-unit", "s"], 100, 0, 99.149, 0, &[]),
        ("no-success-col.jtl", &[], 100, 25, 10.049, 0, &["transactions_unknown"]),
        ("no-message-col.jtl", &[], 150, 0, 49.3, 0, &["transactions_unknown"]),
        ("no-bytes-col.jtl", &[], 100, 0, 10.049, 0, &["transactions_unknown"]),
        ("ddmmyyyy-silent.jtl", &[], 4, 0, 3.1, 0, &["date_order_guessed"]),
        (
            "ddmmyyyy-silent.jtl",
            &["--time-format", "dd/MM/yyyy HH:mm:ss.SSS", "--time-zone", "+02:00"],
            4,
            0,
            3.1,
            0,
            &[],
        ),
        ("time-only.jtl", &[], 100, 0, 9.149, 0, &["day_unknown"]),
        ("cut.xml", &[], 100, 0, 10.049, 1, &["rows_unread", "log_incomplete"]),
        ("negative-elapsed.jtl", &[], 3, 0, 0.42, 0, &["values_unread", "transactions_not_in_total"]),
        ("hostname-col.jtl", &[], 400, 0, 40.0, 0, &[]),
    ];
    for (name, arguments, samples, errors, seconds, unread, notes) in table {
        let summary = summary(&[name], arguments, 0);
        let total = &summary["total"];
        assert_eq!((total["samples"].as_u64(), total["errors"].as_u64()), (Some(*samples), Some(*errors)), "{name}");
        assert_eq!(summary["duration_ms"].as_f64(), Some(seconds * 1_000.0), "{name}");
        assert_eq!(summary["rejected_rows"].as_u64(), Some(*unread), "{name}");
        assert_eq!(codes(&summary), *notes, "{name}");
        let timed = if *name == "start-zero.jtl" { samples - 1 } else { *samples };
        let rate = total["throughput_per_s"].as_f64().expect("a rate");
        assert!((rate - timed as f64 / seconds).abs() < 1e-9, "{name}: {rate}");
    }
}

#[test]
fn what_holds_no_sample_or_is_no_log_is_refused_by_its_kind_wherever_it_is_named() {
    let good = case("good.jtl");
    for (name, words, hint) in [
        ("empty.jtl", "contains no samples: it is empty", "jmeter.log"),
        ("header-only.jtl", "contains no samples: it has no rows", "jmeter.log"),
        ("plan.jmx", "is a JMeter test plan, not a result log", "results.jtl"),
        ("statistics.json", "statistics.json of a JMeter dashboard", "results.jtl"),
        ("aggregate-report.csv", "Aggregate Report", "results.jtl"),
        ("good.jtl.zip", "is a ZIP archive", "unzip -p"),
    ] {
        let path = case(name);
        let path = text(&path);
        let mut calls = vec![
            vec!["report", path],
            vec!["report", text(&good), path],
            vec!["samples", path],
            vec!["samples", text(&good), path],
        ];
        if name != "statistics.json" {
            calls.extend([vec!["compare", path, text(&good)], vec!["compare", text(&good), path]]);
        }
        for call in calls {
            let output = jac(&call);
            assert_eq!(output.status.code(), Some(2), "{call:?}: {}", out(&output));
            let stderr = err(&output);
            assert!(stderr.starts_with("error: "), "{call:?}: {stderr}");
            assert!(stderr.contains(words) && stderr.contains(hint), "{call:?}: {stderr}");
            assert!(stderr.contains(name) && out(&output).is_empty(), "{call:?}: {stderr}");
        }
    }
    let table = case("statistics.json");
    let refused = jac(&["compare", text(&good), text(&table)]);
    assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
    // Through a pipe the archive's content is read.
    let mut zip = zip_of(&case("good.jtl.zip"));
    let mut child = Command::new(env!("CARGO_BIN_EXE_jac"))
        .args(["report", "-", "--output", "json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("jac starts");
    std::io::copy(&mut zip.as_slice(), child.stdin.as_mut().expect("a pipe")).expect("jac reads");
    zip.clear();
    let read: Value = serde_json::from_slice(&child.wait_with_output().expect("it ends").stdout).expect("JSON");
    assert_eq!(read["total"]["samples"], 100);
}

/// The only file of an archive, which is deflated (APPNOTE.TXT 4.3.7: sizes and the lengths of name and extra field).
fn zip_of(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).expect("the archive");
    let number = |at: usize| usize::from(u16::from_le_bytes([bytes[at], bytes[at + 1]]));
    let begin = 30 + number(26) + number(28);
    let mut unpacked = Vec::new();
    flate2::read::DeflateDecoder::new(&bytes[begin..]).read_to_end(&mut unpacked).expect("it unpacks");
    unpacked
}

#[test]
fn rows_that_cannot_be_read_are_in_every_verdict() {
    let comma = case("comma-in-label.jtl");
    let folder = tempfile::tempdir().expect("a folder");
    let junit = folder.path().join("junit.xml");
    let arguments = ["report", text(&comma), "--fail-on", "error > 1%", "--junit", text(&junit)];
    let output = jac(&arguments);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    let stderr = err(&output);
    assert!(stderr.contains("cannot be judged: ") && !stderr.lines().any(|line| line.starts_with("met:")), "{stderr}");
    assert!(stderr.contains("10 rows could not be read"), "{stderr}");
    let xml = std::fs::read_to_string(&junit).expect("the file");
    assert!(xml.contains(r#"<property name="unread_rows" value="10"/>"#), "{xml}");
    assert!(xml.contains(r#"<testsuite name="criteria" tests="2" failures="2""#), "{xml}");
    let allowed = jac(&[&arguments[..], &["--max-unread", "50%"]].concat());
    assert_eq!(allowed.status.code(), Some(0), "{}", err(&allowed));
    // Without a criterion it is not a success either.
    let summary = summary(&["comma-in-label.jtl"], &[], 1);
    assert_eq!((&summary["rejected_rows"], &summary["unread_percent"]), (&10.into(), &50.0.into()));
    let rows = summary["rejected"].as_array().expect("rows");
    assert_eq!(rows.len(), 10);
    assert_eq!((&rows[0]["file"], &rows[0]["code"]), (&text(&comma).into(), &"columns".into()));
    assert!(rows[0]["line"].as_u64().is_some_and(|line| line > 10) && rows[0]["reason"].is_string());
    assert_eq!(note(&summary, "rows_unread")["params"]["rows"], 10);
    let compared = jac(&["compare", text(&case("good.jtl")), text(&comma), "--output", "json"]);
    assert_eq!(compared.status.code(), Some(1));
    let comparison: Value = serde_json::from_slice(&compared.stdout).expect("JSON");
    assert_eq!(comparison["outcome"], "cannot_be_judged");
    let finding =
        comparison["findings"].as_array().expect("findings").iter().find(|note| note["code"] == "rows_unread");
    assert_eq!(finding.expect("a finding")["params"]["rows"], 10);
    for wrong in ["-1", "200%", "some"] {
        let refused = jac(&["report", text(&comma), &format!("--max-unread={wrong}")]);
        assert_eq!(refused.status.code(), Some(2), "{wrong}");
    }
}

#[test]
fn transactions_are_marked_in_every_form_and_reported_as_not_in_the_total() {
    let folder = tempfile::tempdir().expect("a folder");
    let csv = folder.path().join("table.csv");
    let path = case("transactions.jtl");
    let output = jac(&["report", text(&path), "--csv", text(&csv)]);
    let table = out(&output);
    let line = |begin: &str| table.lines().find(|line| line.starts_with(begin)).unwrap_or_default();
    assert!(line("Whole").contains("transaction") && line("Step A").contains("request"), "{table}");
    assert!(line("Transactions are listed but not counted").contains("100 requests"), "{table}");
    let csv = std::fs::read_to_string(csv).expect("the table");
    let kind_at = csv.lines().next().and_then(|names| names.split(',').position(|name| name == "kind"));
    let whole = csv.lines().find(|line| line.starts_with("label,Whole,50,")).unwrap_or_default();
    assert_eq!(whole.split(',').nth(kind_at.expect("a column")), Some("transaction"), "{csv}");
    let summary = summary(&["transactions.jtl"], &[], 0);
    let kind = |name: &str| label(&summary, name)["kind"].clone();
    assert_eq!((kind("Whole"), kind("Step A")), ("transaction".into(), "request".into()));
    assert_eq!(
        summary["labels"].as_array().expect("labels").iter().filter_map(|entry| entry["samples"].as_u64()).sum::<u64>(),
        150
    );
    let counted = |arguments: &[&str]| {
        let output = jac(&[&["samples", text(&path), "--limit", "1", "--output", "json"], arguments].concat());
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        ["matched", "searched", "matched_transactions", "searched_transactions"]
            .map(|key| found[key].as_u64().expect(key))
    };
    // The same number of samples as in the report.
    assert_eq!(counted(&[]), [100, 100, 50, 50]);
    assert_eq!(counted(&["--where", "kind=request"]), [100, 100, 0, 50]);
    assert_eq!(counted(&["--where", "kind=transaction"]), [0, 100, 50, 50]);
}

#[test]
fn the_slowest_requests_come_before_the_transactions_that_they_are_part_of() {
    let path = case("slowest.jtl");
    let slowest = |arguments: &[&str]| {
        let output =
            jac(&[&["samples", text(&path), "--slowest", "--limit", "60", "--output", "json"], arguments].concat());
        let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let samples = found["samples"].as_array().expect("samples").clone();
        samples.iter().map(|sample| sample["kind"].as_str().expect("a kind").to_owned()).collect::<Vec<_>>()
    };
    let kinds = slowest(&[]);
    assert_eq!((kinds.len(), &*kinds[0], &*kinds[49], &*kinds[50]), (60, "request", "request", "transaction"));
    assert!(slowest(&["--where", "kind=transaction"]).iter().all(|kind| kind == "transaction"));
}

#[test]
fn numbers_that_a_log_does_not_have_are_missing_and_not_zero() {
    let bytes = report(&["no-bytes-col.jtl"]);
    for key in ["received_kb_per_s", "sent_kb_per_s", "avg_bytes"] {
        assert!(bytes["summary"]["total"][key].is_null(), "{key}");
    }
    let points = bytes["series"]["points"].as_array().expect("points");
    assert!(!points.is_empty() && points.iter().all(|point| point["received_bytes"].is_null()));
    let table = out(&jac(&["report", text(&case("no-bytes-col.jtl"))]));
    assert!(table.lines().filter(|line| line.starts_with("Home")).all(|line| line.contains(" -  ")), "{table}");
    let negative = summary(&["negative-elapsed.jtl"], &[], 0);
    let checkout = label(&negative, "Checkout");
    assert_eq!(
        (&checkout["samples"], &checkout["errors"], &checkout["kind"]),
        (&1.into(), &1.into(), &"transaction".into())
    );
    assert!(checkout["mean_ms"].is_null() && checkout["max_ms"].is_null());
    assert_eq!((&negative["total"]["min_ms"], &negative["total"]["mean_ms"]), (&100.into(), &110.0.into()));
    let latency = summary(&["negative-latency.jtl"], &[], 0);
    assert_eq!(note(&latency, "values_unread")["params"]["values"], 2);
}

#[test]
fn one_sample_without_a_start_does_not_stretch_the_log() {
    let report = report(&["start-zero.jtl"]);
    let message = note(&report["summary"], "samples_outside_time")["message"].as_str().expect("a sentence").to_owned();
    assert!(message.starts_with("1 sample lies before 1973"), "{message}");
    let points = report["series"]["points"].as_array().expect("points");
    assert!(points.iter().all(|point| point["t_ms"].as_i64().is_some_and(|t| t >= 1_699_999_000_000)), "{points:?}");
    assert_eq!(report["series"]["bucket_ms"], 1_000);
    assert_eq!(report["summary"]["start_ms"], 1_700_000_000_000_i64);
}

/// The maximum number of active users.
fn most_users(report: &Value) -> u64 {
    let points = report["series"]["points"].as_array().expect("points");
    points.iter().filter_map(|point| point["active_users"].as_u64()).max().expect("users")
}

#[test]
fn users_of_several_load_generators_are_added_up() {
    let distributed = report(&["distributed.jtl"]);
    assert_eq!((most_users(&distributed), distributed["hosts"].as_array().map(Vec::len)), (40, Some(2)));
    let engines = report(&["engine1.csv", "engine2.csv"]);
    assert_eq!(most_users(&engines), 40);
    assert_eq!(note(&engines["summary"], "logs_are_generators")["params"]["logs"], 2);
    // Read one after the other they count as two logs of one load generator.
    let folder = tempfile::tempdir().expect("a folder");
    let log = std::fs::read_to_string(case("engine1.csv")).expect("the log");
    let rows: Vec<&str> = log.lines().collect();
    let part = |name: &str, rows: &[&str]| {
        let path = folder.path().join(name);
        std::fs::write(&path, rows.join("\n") + "\n").expect("a file");
        path
    };
    let (first, header) = (part("a.csv", &rows[..200]), [rows[0]]);
    let second = part("b.csv", &[&header[..], &rows[200..]].concat());
    let page = folder.path().join("page.html");
    let output = jac(&["report", text(&first), text(&second), "--html", text(&page), "--output", "json"]);
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(!codes(&summary).contains(&"logs_are_generators"));
    let page = std::fs::read_to_string(page).expect("the page");
    assert!(!page.contains("\"active_users\":40") && page.contains("\"active_users\":20"));
}

#[test]
fn dates_are_day_first_where_any_of_them_proves_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jtl");
    let mut log = "timeStamp,elapsed,label,responseMessage,success\n".to_owned();
    // Only the last of many rows proves it, far after the start of the log.
    for row in 0..4_000 {
        log += &format!("10/03/2024 23:{:02}:{:02}.000,5,Home,OK,true\n", row / 60 % 60, row % 60);
    }
    log += "13/03/2024 00:00:00.000,5,Home,OK,true\n";
    std::fs::write(&path, log).expect("a file");
    let output = jac(&["report", text(&path), "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&summary["total"]["samples"], &summary["rejected_rows"]), (&4_001.into(), &0.into()));
    // 10 March 2024, 23:00 UTC.
    assert_eq!(summary["start_ms"], 1_710_111_600_000_i64);
    assert_eq!(codes(&summary), Vec::<&str>::new());
    let silent = case("ddmmyyyy-silent.jtl");
    for (arguments, words) in [
        (["--time-format", "QQ"], "--time-format"),
        (["--time-zone", "Europe/Vienna"], "offset from UTC"),
        (["--columns", "a,b"], "ignored"),
    ] {
        let output = jac(&[&["report", text(&silent)], &arguments[..]].concat());
        // A log with a header gets its columns from the header.
        let expected = if words == "ignored" { Some(0) } else { Some(2) };
        assert_eq!(output.status.code(), expected, "{arguments:?}: {}", err(&output));
        assert!(words == "ignored" || err(&output).contains(words), "{}", err(&output));
    }
}

#[test]
fn a_log_without_a_header_in_any_layout_is_read_with_its_columns() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jtl");
    std::fs::write(&path, "Home;1700000000000;120;true\nHome;1700000000500;80;false\n").expect("a file");
    let refused = jac(&["report", text(&path)]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(err(&refused).contains("--columns"), "{}", err(&refused));
    let output = jac(&["report", text(&path), "--columns", "label,timeStamp,elapsed,success", "--output", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let summary: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!((&summary["total"]["samples"], &summary["total"]["errors"]), (&2.into(), &1.into()));
}

#[test]
fn an_upload_that_broke_is_counted_as_far_as_it_goes_and_marked() {
    let summary = summary(&["good-truncated.jtl.gz"], &[], 0);
    let samples = summary["total"]["samples"].as_u64().expect("a number");
    assert!((1..100).contains(&samples), "{samples}");
    assert!(summary["partial"]["cause"].is_string());
    note(&summary, "log_incomplete");
    let truncated = self::summary(&["cut.xml"], &[], 0);
    assert!(truncated["partial"]["cause"].is_string() && truncated["unread_percent"] == 0.0);
}

#[test]
fn samples_as_csv_are_a_log_again_with_the_same_users_hosts_and_labels() {
    let folder = tempfile::tempdir().expect("a folder");
    let again = |name: &str| {
        let path = folder.path().join(name);
        let found = jac(&["samples", text(&case(name)), "--limit", "1000", "--output", "csv"]);
        assert_eq!(found.status.code(), Some(0), "{}", err(&found));
        std::fs::write(&path, found.stdout).expect("a file");
        let page = folder.path().join("page.html");
        let output = jac(&["report", text(&path), "--html", text(&page)]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        let page = std::fs::read_to_string(page).expect("the page");
        let data = page.split(r#"id="jac-report">"#).nth(1).and_then(|rest| rest.split("</script>").next());
        serde_json::from_str::<Value>(data.expect("the data")).expect("JSON")
    };
    for name in ["hostname-col.jtl", "distributed.jtl", "nasty-labels.jtl", "negative-elapsed.jtl"] {
        let (before, after) = (report(&[name]), again(name));
        for key in ["hosts", "errors", "codes", "series"] {
            assert_eq!(before[key], after[key], "{name}: {key}");
        }
        for key in ["total", "labels", "start_ms", "end_ms"] {
            assert_eq!(before["summary"][key], after["summary"][key], "{name}: {key}");
        }
    }
    assert_eq!(again("hostname-col.jtl")["hosts"].as_array().map(Vec::len), Some(2));
    assert_eq!(most_users(&again("hostname-col.jtl")), 40);
}

#[test]
fn nasty_labels_stay_whole_and_distinct_and_never_control_the_terminal() {
    let path = case("nasty-labels.jtl");
    let log = std::fs::read_to_string(&path).expect("the log");
    let long = log.lines().find_map(|line| line.split(',').find(|field| field.len() > 1_000)).expect("a long label");
    for output in [jac(&["report", text(&path)]), jac(&["samples", text(&path)])] {
        let table = out(&output);
        let steers =
            |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        assert!(!table.chars().any(steers), "{table}");
        assert!(
            table.contains("two\\nlines") && table.contains("\\u{1b}[31mred") && table.contains("\\u{202e}evil"),
            "{table}"
        );
        // The output is a file here.
        assert!(table.contains(long));
    }
    let json = jac(&["report", text(&path), "--output", "json"]);
    assert!(!out(&json).contains('\u{202e}') && !out(&json).contains('\u{1b}'));
    let labels: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert!(labels["labels"].as_array().expect("labels").iter().any(|entry| entry["label"] == "\u{202e}evil"));
    let refused = jac(&["report", "\u{1b}[31m-missing.jtl"]);
    assert!(!err(&refused).contains('\u{1b}') && err(&refused).contains("\\u{1b}[31m"), "{}", err(&refused));
    let criterion = jac(&["report", text(&path), "--fail-on", "p95(\"\u{1b}[2J\") > 1s"]);
    assert!(!err(&criterion).contains('\u{1b}'), "{}", err(&criterion));
}

#[test]
fn a_full_disk_is_an_error_and_a_reader_that_leaves_is_none() {
    let good = case("good.jtl");
    let calls: [&[&str]; 3] =
        [&["report", text(&good)], &["compare", text(&good), text(&good)], &["samples", text(&good)]];
    for call in calls {
        let full = std::fs::File::options().write(true).open("/dev/full").expect("the device");
        let output = Command::new(env!("CARGO_BIN_EXE_jac"))
            .args(call)
            .stdin(Stdio::null())
            .stdout(full)
            .output()
            .expect("jac starts");
        assert_eq!(output.status.code(), Some(2), "{call:?}: {}", err(&output));
        assert!(err(&output).contains("error: standard output cannot be written"), "{}", err(&output));
    }
    let shell = |script: &str| {
        let output = Command::new("bash")
            .args(["-c", script])
            .env("JAC", env!("CARGO_BIN_EXE_jac"))
            .output()
            .expect("bash starts");
        (out(&output), err(&output))
    };
    for (criterion, code) in [("p95 > 10s", "0"), ("p95 > 1ms", "1")] {
        let script = format!(
            "\"$JAC\" report '{}' --fail-on '{criterion}' 2>&1 | head -1; echo \"${{PIPESTATUS[0]}}\"",
            good.display()
        );
        let (printed, stderr) = shell(&script);
        assert_eq!(printed.lines().last(), Some(code), "{printed}{stderr}");
        assert!(!printed.contains("panic") && !stderr.contains("panic"), "{printed}{stderr}");
    }
    let closed = shell(&format!("\"$JAC\" report '{}' --fail-on 'p95 > 1ms' >&- 2>&-; echo $?", good.display()));
    assert_eq!(closed.0.lines().last(), Some("1"), "{closed:?}");
}

#[test]
fn failures_that_differ_by_an_id_are_one_group_with_one_example() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jtl");
    let mut log = "timeStamp,elapsed,label,responseCode,responseMessage,success,failureMessage\n".to_owned();
    for row in 0..5_000_u64 {
        let id = row.wrapping_mul(0x9E37_79B9_7F4A_7C15);
        log += &format!(
            "{},5,Page {},500,Order {:08x}-{:04x}-4abc-9def-{:012x} of user {row} failed,false,no basket {row}\n",
            1_700_000_000_000 + row,
            row % 7,
            id >> 32,
            id & 0xFFFF,
            id & 0xFFFF_FFFF_FFFF
        );
    }
    std::fs::write(&path, log).expect("a file");
    let page = folder.path().join("page.html");
    let output = jac(&["report", text(&path), "--html", text(&page)]);
    assert!(out(&output).contains("Order # of user # failed"), "{}", out(&output));
    let page = std::fs::read_to_string(&page).expect("the page");
    let data =
        page.split(r#"id="jac-report">"#).nth(1).and_then(|rest| rest.split("</script>").next()).expect("the data");
    let report: Value = serde_json::from_str(data).expect("JSON");
    let types = report["error_types"].as_array().expect("types");
    assert_eq!((types.len(), &types[0]["count"], &types[0]["labels"]), (1, &5_000.into(), &7.into()));
    assert!(types[0]["example"].as_str().expect("an example").ends_with("of user 0 failed"));
    assert_eq!(report["errors"].as_array().map(Vec::len), Some(7), "one for each label");
}

#[test]
fn a_log_in_which_every_sample_failed_meets_no_criterion() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("log.jtl");
    let mut log = "timeStamp,elapsed,label,responseCode,responseMessage,success\n".to_owned();
    for row in 0..100 {
        log += &format!("{},5,Home,500,down,false\n", 1_700_000_000_000_u64 + row);
    }
    std::fs::write(&path, log).expect("a file");
    let output = jac(&["report", text(&path), "--fail-on", "p95 > 1s"]);
    assert_eq!(output.status.code(), Some(1), "{}", err(&output));
    assert!(err(&output).contains("All 100 samples failed."), "{}", err(&output));
}

#[test]
fn a_log_in_frames_gives_the_report_of_the_plain_one_by_name_and_by_pipe() {
    let folder = tempfile::tempdir().expect("a folder");
    let compressed = folder.path().join("log.zst");
    let names = [
        "good.jtl",
        "utf16.jtl",
        "transactions.jtl",
        "negative-elapsed.jtl",
        "start-zero.jtl",
        "time-only.jtl",
        "cut.xml",
        "ddmmyyyy-silent.jtl",
        "comma-in-label.jtl",
        "nasty-labels.jtl",
        "hostname-col.jtl",
        "distributed.jtl",
        "no-bytes-col.jtl",
    ];
    for name in names {
        let plain = case(name);
        let content = jac_logs::Content::Samples;
        jac_logs::compress(&plain, &compressed, content, &mut || std::ops::ControlFlow::Continue(())).expect(name);
        let by_name = |log: &Path| {
            let report = out(&jac(&["report", text(log), "--output", "json"]));
            serde_json::from_str::<Value>(&report.replace(text(log), "the log")).expect(name)
        };
        let by_pipe = |log: &Path| {
            let output = Command::new(env!("CARGO_BIN_EXE_jac"))
                .args(["report", "-", "--output", "json"])
                .stdin(std::fs::File::open(log).expect(name))
                .output()
                .expect("jac starts");
            serde_json::from_slice::<Value>(&output.stdout).expect(name)
        };
        assert_eq!(by_name(&compressed), by_name(&plain), "{name}");
        assert_eq!(by_pipe(&compressed), by_pipe(&plain), "{name}");
    }
}

#[test]
fn a_results_folder_stands_for_its_log_and_for_why_it_is_partial() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path().join("shop-1");
    std::fs::create_dir(&folder).expect("a folder");
    let empty = jac(&["report", text(&folder)]);
    assert_eq!(empty.status.code(), Some(2), "{}", err(&empty));
    assert!(err(&empty).contains("contains no results") && err(&empty).contains("results.jtl"), "{}", err(&empty));
    let log = folder.join("results.jtl");
    std::fs::copy(case("good.jtl"), &log).expect("copied");
    let mut table = summary(&["good.jtl"], &[], 0);
    table["partial"] = serde_json::json!({ "cause": "It was stopped." });
    std::fs::write(folder.join("summary.json"), table.to_string()).expect("written");

    let read = |command: &[&str]| {
        let output = jac(&[command, &[text(&folder)]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        out(&output)
    };
    let report: Value = serde_json::from_str(&read(&["report", "--output", "json"])).expect("JSON");
    assert_eq!((&report["total"]["samples"], &report["partial"]["cause"]), (&100.into(), &"It was stopped.".into()));
    assert_eq!(read(&["samples", "--count"]).trim(), "100");
    let twice = jac(&["report", text(&folder), text(&log)]);
    assert_eq!(twice.status.code(), Some(2), "{}", err(&twice));
    assert!(err(&twice).contains("is given twice"), "{}", err(&twice));
}

#[test]
fn an_address_without_a_run_is_refused_by_its_reason_and_reading_creates_nothing() {
    let place = tempfile::tempdir().expect("a folder");
    let folder = |name: &str| format!("file://{}/{name}", place.path().display());
    std::fs::create_dir(place.path().join("out")).expect("a folder");
    std::fs::copy(case("good.jtl"), place.path().join("out/results.jtl")).expect("copied");
    assert_eq!(jac(&["report", &folder("out/results.jtl")]).status.code(), Some(0));
    for (address, code) in [
        (folder("missing/run"), "[artefacts_bucket_missing]"),
        (folder("run"), "[artefacts_object_missing]"),
        (folder("out"), "manifest.json. [artefacts_object_missing]"),
        ("s3://bucket:1/run".to_owned(), "[artefacts_url_invalid]"),
    ] {
        for command in [&["report"][..], &["compare", &folder("out/results.jtl")]] {
            let refused = jac(&[command, &[&address]].concat());
            assert_eq!(refused.status.code(), Some(2), "{address}: {}", err(&refused));
            assert!(err(&refused).contains(code), "{address}: {}", err(&refused));
        }
    }
    let left: Vec<_> =
        std::fs::read_dir(place.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["out"]);
}

#[test]
fn an_endpoint_without_a_protocol_is_refused_before_any_request() {
    for (name, value) in [
        ("AWS_ENDPOINT_URL_S3", "127.0.0.1:17480"),
        ("AWS_ENDPOINT_URL", "localhost:17480"),
        ("JAC_ARTIFACTS_ENDPOINT", "localhost:17480"),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
        command.args(["report", "s3://bucket/run"]).env(name, value).env("AWS_REGION", "us-east-1");
        let refused = command.stdin(Stdio::null()).output().expect("jac starts");
        assert_eq!(refused.status.code(), Some(2), "{name}: {}", err(&refused));
        assert!(err(&refused).contains(name) && err(&refused).contains("[config_value_invalid]"), "{}", err(&refused));
    }
}
