//! `jac report`, `jac compare` and `jac samples` from a shell: files, exit codes, messages.

use nix::sys::signal::Signal;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,URL";

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(&path, bytes).expect("a file");
        path
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("the folder").flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
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

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// 600 samples over ten minutes: `Home` is fast, `Buy` slow and sometimes failing.
fn log(slower_ms: u64) -> String {
    let mut log = format!("{HEADER}\n");
    for second in 0..600_u64 {
        let (label, elapsed) = if second % 3 == 0 { ("Buy", 900) } else { ("Home", 100) };
        let failed = second % 90 == 0;
        let (code, message, failure) = if failed {
            ("500", "Server error", "\"Test failed: no \"\"basket\"\", sorry\"")
        } else {
            ("200", "OK", "")
        };
        log.push_str(&format!(
            "{},{},{label},{code},{message},10.0.0.{}:1099-Users 1-{},{},{failure},100,http://shop/{label}?n={second}\n",
            1_700_000_000_000 + second * 1_000,
            elapsed + slower_ms + (second * 7_919) % 50,
            second % 2 + 1,
            second % 9,
            !failed
        ));
    }
    log
}

#[test]
fn a_report_counts_only_what_it_was_narrowed_to_and_notes_it() {
    let place = Place::new();
    let log = place.write("log.jtl", log(0));
    let whole = jac(&["report", text(&log), "--output", "json"]);
    assert_eq!(whole.status.code(), Some(0), "{}", err(&whole));
    let samples = |output: &Output| -> u64 {
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        summary["total"]["samples"].as_u64().expect("a number")
    };
    assert_eq!(samples(&whole), 600);
    let narrowed = |arguments: &[&str]| {
        let output = jac(&[&["report", text(&log), "--output", "json"], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert!(err(&output).contains("Only samples that"), "{}", err(&output));
        samples(&output)
    };
    assert_eq!(narrowed(&["--from", "+60s"]), 540);
    assert_eq!(narrowed(&["--from", "+60s", "--to", "+2m"]), 60);
    assert_eq!(narrowed(&["--to", "1700000010000"]), 10);
    assert_eq!(narrowed(&["--from", "2023-11-14T22:23:00Z"]), 20);
    assert_eq!(narrowed(&["--label", "^B"]), 200);
    let apdex = |thresholds: &str| {
        let output = jac(&["report", text(&log), "--output", "json", "--label", "Buy", "--apdex", thresholds]);
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        summary["total"]["apdex"].as_f64().expect("a number")
    };
    assert!(apdex("1000,2000") > apdex("500,1500") && apdex("100,200") == 0.0);
    for (arguments, expected) in [
        (["--from", "soon"], "2026-11-25T08:30:00"),
        (["--label", "("], "invalid regular expression"),
        (["--apdex", "9,3"], "not a pair of thresholds"),
        (["--fail-on", "p96 > 3"], "p96"),
    ] {
        let refused = jac(&[&["report", text(&log)], &arguments[..]].concat());
        assert_eq!(refused.status.code(), Some(2), "{arguments:?}");
        assert!(err(&refused).starts_with("error: ") && err(&refused).contains(expected), "{}", err(&refused));
    }
}

#[test]
fn a_warm_up_is_left_out_of_the_criteria_and_not_of_the_report() {
    let place = Place::new();
    let row = |second: i64, elapsed: i64| format!("{},{elapsed},Home,true\n", 1_700_000_000_000 + second * 1_000);
    let rows: String = (0..60).map(|second| row(second, if second < 30 { 900 } else { 100 })).collect();
    let log = place.write("log.jtl", format!("timeStamp,elapsed,label,success\n{rows}"));
    for (warm_up, code) in [("0s", 1), ("29s", 1), ("30s", 0), ("2m", 1)] {
        let judged = ["report", text(&log), "--fail-on", "max > 800ms", "--warm-up", warm_up, "--output", "json"];
        let output = jac(&judged);
        assert_eq!(output.status.code(), Some(code), "{warm_up}: {}", err(&output));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(summary["total"]["samples"], 60, "the report has all of them");
    }
}

#[test]
fn what_a_report_writes_everybody_may_read_and_nothing_else_is_left() {
    let place = Place::new();
    let log = place.write("log.jtl", log(0));
    let (html, csv, junit) = (place.path("report.html"), place.path("table.csv"), place.path("junit.xml"));
    let arguments = ["--html", text(&html), "--csv", text(&csv), "--junit", text(&junit), "--title", "Tuesday"];
    let output = jac(&[&["report", text(&log)], &arguments[..]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert_eq!(place.names(), ["junit.xml", "log.jtl", "report.html", "table.csv"]);
    let plain = std::fs::metadata(&log).expect("the log").permissions().mode();
    for path in [&html, &csv, &junit] {
        assert_eq!(std::fs::metadata(path).expect("it is there").permissions().mode(), plain, "{}", path.display());
    }
    assert!(std::fs::read_to_string(&html).expect("the page").contains("\"title\":\"Tuesday\""));
    let nowhere = jac(&["report", text(&log), "--html", text(&place.path("missing/report.html"))]);
    assert_eq!(nowhere.status.code(), Some(2));
    assert!(err(&nowhere).contains("cannot be written"), "{}", err(&nowhere));
    let named = err(&nowhere).replace(text(&place.path("missing/report.html")), "");
    assert!(named.contains("No such file or directory") && !named.contains(".tmp"), "{}", err(&nowhere));
}

#[test]
fn no_output_replaces_a_log_or_another_output_and_no_log_counts_twice() {
    let place = Place::new();
    let whole = log(0);
    let log = place.write("log.jtl", &whole);
    let link = place.path("link.jtl");
    std::os::unix::fs::symlink(&log, &link).expect("a link");
    let (name, other, page) = (text(&log), text(&link), place.path("page.html"));
    for call in [
        &["report", name, "--csv", name][..],
        &["report", other, "--html", name],
        &["report", name, "--html", text(&page), "--junit", text(&page)],
        &["compare", name, name, "--html", other],
        &["export", name, "--parquet", name],
        &["export", name, "--parquet", text(&page), "--hdr", text(&page)],
    ] {
        let refused = jac(call);
        assert_eq!(refused.status.code(), Some(2), "{call:?}");
        assert!(err(&refused).contains("would replace the file of"), "{call:?}: {}", err(&refused));
    }
    for call in
        [&["report", name, other][..], &["samples", name, name, "--count"], &["import", name, other, "--plan", "Shop"]]
    {
        let refused = jac(call);
        assert_eq!(refused.status.code(), Some(2), "{call:?}");
        assert!(err(&refused).contains("is given twice"), "{call:?}: {}", err(&refused));
    }
    assert_eq!(place.names(), ["link.jtl", "log.jtl"]);
    assert_eq!(std::fs::read_to_string(&log).expect("the log"), whole);
}

/// The exit code of `jac` after a signal while it reads a log from its standard input.
fn interrupted(arguments: &[&str], signal: Signal) -> Option<i32> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_jac"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("jac starts");
    let mut stdin = child.stdin.take().expect("a pipe");
    // More than a pipe holds: once it is written, jac is reading.
    stdin.write_all(log(0).repeat(20).as_bytes()).expect("jac reads");
    let pid = nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a pid"));
    nix::sys::signal::kill(pid, signal).expect("it lives");
    child.wait().expect("it ends").code()
}

#[test]
fn ctrl_c_while_a_log_is_read_leaves_no_file() {
    let place = Place::new();
    let html = place.path("report.html");
    assert_eq!(interrupted(&["report", "-", "--html", text(&html)], Signal::SIGINT), Some(130));
    assert_eq!(place.names(), Vec::<String>::new());
}

#[test]
fn ctrl_c_while_a_pipe_is_copied_leaves_no_file() {
    let place = Place::new();
    for (word, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let output = place.path("samples.parquet");
        assert_eq!(interrupted(&["export", "-", "--parquet", text(&output)], word), Some(code));
        assert_eq!(place.names(), Vec::<String>::new());
    }
}

/// Rows with dates that do not show whether the day comes first, one a second; the last ones may show it.
fn dates(rows: u64, day: impl Fn(u64) -> u64) -> String {
    let row = |n: u64| {
        let (hour, minute, second) = (n / 3_600, n / 60 % 60, n % 60);
        format!(
            "{:02}/03/2024 {hour:02}:{minute:02}:{second:02},{},Home page,200,OK,Users 1-1,true,,100,\n",
            day(n),
            100 + n % 50
        )
    };
    format!("{HEADER}\n{}", (0..rows).map(row).collect::<String>())
}

/// Runs `jac` on a named pipe, into which the bytes are written.
fn jac_on_a_pipe(place: &Place, bytes: &str, arguments: &[&str]) -> Output {
    let pipe = place.path("pipe");
    let _ = std::fs::remove_file(&pipe);
    nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe");
    let (path, bytes) = (pipe.clone(), bytes.to_owned());
    // If the pipe is rejected unread, nothing reads what would be written.
    let writer = std::thread::spawn(move || std::fs::write(path, bytes));
    let arguments: Vec<&str> = arguments.iter().map(|word| if *word == "PIPE" { text(&pipe) } else { word }).collect();
    let output = jac(&arguments);
    // Again, because the reader may not have opened it yet.
    while !writer.is_finished() {
        let flags = nix::fcntl::OFlag::O_RDONLY | nix::fcntl::OFlag::O_NONBLOCK;
        drop(nix::fcntl::open(&pipe, flags, nix::sys::stat::Mode::empty()).expect("the pipe"));
        std::thread::yield_now();
    }
    let _ = writer.join();
    output
}

#[test]
fn a_pipe_with_a_path_is_read_to_its_end() {
    let place = Place::new();
    let total = |output: &Output| -> (u64, u64, f64) {
        assert_eq!(output.status.code(), Some(0), "{}", err(output));
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let number = |value: &serde_json::Value| value.as_u64().expect("a number");
        let seconds = summary["duration_ms"].as_f64().expect("a number") / 1_000.0;
        (number(&summary["total"]["samples"]), number(&summary["rejected_rows"]), seconds)
    };
    let json = ["--output", "json", "--fail-on", "error_percent > 50"];
    // More than the part that is inspected first, and than a pipe holds.
    for day in [|_: u64| 5, |n: u64| if n < 19_000 { 5 } else { 25 }] {
        let log = dates(20_000, day);
        assert!(log.len() > 1 << 20);
        let file = place.write("dates.jtl", &log);
        let expected = total(&jac(&[&["report", text(&file)], &json[..]].concat()));
        assert_eq!((expected.0, expected.1), (20_000, 0));
        assert_eq!(total(&jac_on_a_pipe(&place, &log, &[&["report", "PIPE"], &json[..]].concat())), expected);
        let mut child = Command::new(env!("CARGO_BIN_EXE_jac"))
            .args([&["report", "-"], &json[..]].concat())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("jac starts");
        child.stdin.take().expect("a pipe").write_all(log.as_bytes()).expect("jac reads");
        assert_eq!(total(&child.wait_with_output().expect("it ends")), expected);
        let found = jac_on_a_pipe(&place, &log, &["samples", "PIPE", "--count"]);
        assert_eq!(out(&found).trim(), "20000", "{}", err(&found));
        let compared = jac_on_a_pipe(&place, &log, &["compare", text(&file), "PIPE", "--output", "json"]);
        let comparison: serde_json::Value = serde_json::from_slice(&compared.stdout).expect("JSON");
        assert_eq!(comparison["total"]["after"]["samples"], 20_000, "{}", err(&compared));
    }
    let refused = jac_on_a_pipe(&place, &log(0), &["report", "PIPE", "--from", "+2s"]);
    assert_eq!(refused.status.code(), Some(2), "{}", out(&refused));
    assert!(err(&refused).contains("can be read only once"), "{}", err(&refused));
    let (parquet, hdr) = (place.path("samples.parquet"), place.path("times.hlog"));
    let written = ["export", "PIPE", "--parquet", text(&parquet), "--hdr", text(&hdr)];
    let exported = jac_on_a_pipe(&place, &log(0), &written);
    assert_eq!(exported.status.code(), Some(0), "{}", err(&exported));
    assert!(err(&exported).contains("600 samples"), "{}", err(&exported));
}

#[test]
fn the_order_of_day_and_month_is_that_of_all_logs_together() {
    let place = Place::new();
    let log = |name: &str, dates: &[&str]| {
        let rows: String = dates.iter().map(|date| format!("{date} 10:00:00,5,Home,true\n")).collect();
        place.write(name, format!("timeStamp,elapsed,label,success\n{rows}"))
    };
    let (open, certain) = (log("a.jtl", &["05/03/2024"]), log("b.jtl", &["13/03/2024"]));
    let (next, month_first) = (log("c.jtl", &["06/03/2024"]), log("d.jtl", &["03/13/2024"]));
    let days = |files: &[&PathBuf]| {
        let files: Vec<&str> = files.iter().map(|file| text(file)).collect();
        let output = jac(&[&["report"], &files[..], &["--output", "json"]].concat());
        let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        assert_eq!(summary["rejected_rows"], 0);
        let guessed =
            summary["notes"].as_array().is_some_and(|notes| notes.iter().any(|n| n["code"] == "date_order_guessed"));
        (summary["duration_ms"].as_u64().expect("a number") / 86_400_000, guessed)
    };
    assert_eq!(days(&[&open, &certain]), (8, false));
    assert_eq!(days(&[&certain, &open]), (8, false));
    assert_eq!(days(&[&open, &next]), (1, true), "day first is shorter");
    // Each log with a definite order keeps its own.
    assert_eq!(days(&[&certain, &month_first]), (0, false));
    let compared = jac(&["compare", text(&open), text(&certain), "--output", "json"]);
    let comparison: serde_json::Value = serde_json::from_slice(&compared.stdout).expect("JSON");
    let findings = comparison["findings"].as_array().expect("findings");
    assert!(!findings.iter().any(|finding| finding["code"] == "date_order_guessed"), "{findings:?}");
}

#[test]
fn a_comparison_distinguishes_worse_from_noise_by_its_exit_code() {
    let place = Place::new();
    let before = place.write("before/results.jtl", log(0));
    place.write("same/results.jtl", log(1));
    place.write("worse/results.jtl", log(90));
    let folder = |name: &str| text(&place.path(name)).to_owned();
    let same = jac(&["compare", &folder("before"), &folder("same")]);
    assert_eq!(same.status.code(), Some(0), "{}", out(&same));
    assert!(out(&same).contains("same") && !out(&same).contains("WORSE"));
    let page = place.path("comparison.html");
    let worse = jac(&["compare", text(&before), &folder("worse"), "--html", text(&page)]);
    assert_eq!(worse.status.code(), Some(1), "{}", out(&worse));
    assert!(out(&worse).contains("WORSE Home: mean "), "{}", out(&worse));
    assert!(std::fs::read_to_string(page).expect("the page").contains("\"comparisons\":[{"));
    let json = jac(&["compare", &folder("worse"), &folder("before"), "--output", "json"]);
    assert_eq!(json.status.code(), Some(0));
    let comparison: serde_json::Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!((&comparison["worse"], &comparison["total"]["change"]), (&false.into(), &"better".into()));
    let tolerant = jac(&["compare", &folder("before"), &folder("worse"), "--min-change", "200"]);
    assert_eq!(tolerant.status.code(), Some(0), "{}", out(&tolerant));
    let later = jac(&["compare", &folder("before"), &folder("worse"), "--from", "+9m", "--label", "Home"]);
    assert_eq!(later.status.code(), Some(1), "{}", out(&later));
}

#[test]
fn a_run_that_was_stopped_early_is_partial_in_a_comparison_of_folders() {
    let place = Place::new();
    let before = place.write("before/results.jtl", log(0));
    place.write("after/results.jtl", log(1));
    let mut summary: serde_json::Value =
        serde_json::from_slice(&jac(&["report", text(&before), "--output", "json"]).stdout).expect("JSON");
    summary["partial"] = serde_json::json!({ "cause": "The run was stopped by admin." });
    place.write("after/summary.json", summary.to_string());
    let compared = jac(&["compare", text(&place.path("before")), text(&place.path("after")), "--output", "json"]);
    let comparison: serde_json::Value = serde_json::from_slice(&compared.stdout).expect("JSON");
    let findings = comparison["findings"].as_array().expect("findings");
    let partial = findings.iter().find(|finding| finding["code"] == "partial").expect("it is said");
    assert!(partial["message"].as_str().is_some_and(|text| text.contains("stopped by admin")), "{partial}");
    place.write("after/summary.json", "{");
    let compared = jac(&["compare", text(&place.path("before")), text(&place.path("after"))]);
    assert!(err(&compared).contains("the run may be partial"), "{}", err(&compared));
}

#[test]
fn a_table_alone_can_be_compared_and_what_is_none_cannot() {
    let place = Place::new();
    let log = place.write("log.jtl", log(0));
    let summary = jac(&["report", text(&log), "--output", "json"]).stdout;
    let table = place.write("only/summary.json", summary);
    let compared = jac(&["compare", text(&place.path("only")), text(&log)]);
    assert_eq!(compared.status.code(), Some(0), "{}", err(&compared));
    assert!(out(&compared).contains("is a summary table without distributions"), "{}", out(&compared));
    place.write("empty/readme.txt", "nothing");
    let other = place.write("other.json", "{}");
    for (path, words) in [
        (place.path("empty"), "contains no results"),
        (place.path("missing"), "cannot open"),
        (other, "is a JSON document, not a result log"),
    ] {
        let refused = jac(&["compare", text(&log), text(&path)]);
        assert_eq!(refused.status.code(), Some(2), "{}", path.display());
        assert!(err(&refused).contains(words), "{}", err(&refused));
    }
    let narrowed = jac(&["compare", text(&table), text(&log), "--label", "Home"]);
    assert_eq!(narrowed.status.code(), Some(2));
    let odd = jac(&["compare", text(&log), text(&log), "--significance", "2"]);
    assert!(odd.status.code() == Some(2) && err(&odd).contains("between 0 and 1"), "{}", err(&odd));
}

#[test]
fn samples_are_found_counted_and_printed_in_every_form() {
    let place = Place::new();
    let log = place.write("log.jtl", log(0));
    let find = |arguments: &[&str]| {
        let output = jac(&[&["samples", text(&log)], arguments].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        output
    };
    let failed = find(&["--where", "success=false"]);
    assert_eq!(out(&failed).lines().count(), 8, "{}", out(&failed));
    assert!(out(&failed).contains("FAILED") && out(&failed).contains("no \"basket\", sorry"), "{}", out(&failed));
    assert!(err(&failed).contains("7 of 600 samples match, all shown."), "{}", err(&failed));
    let count = |arguments: &[&str]| out(&find(&[arguments, &["--count"]].concat())).trim().to_owned();
    assert_eq!(count(&["--where", "elapsed >= 900ms", "--where", "label = Buy"]), "200");
    assert_eq!(count(&["--where", "host=10.0.0.2:1099"]), "300");
    assert_eq!(count(&["--where", "text~(?i)BASKET", "--where", "code~^5"]), "7");
    assert_eq!(count(&["--where", "url~n=59\\d$", "--from", "+5m"]), "10");
    let slowest = find(&["--slowest", "--limit", "3", "--output", "json"]);
    let found: serde_json::Value = serde_json::from_slice(&slowest.stdout).expect("JSON");
    let times: Vec<u64> =
        found["samples"].as_array().expect("samples").iter().filter_map(|s| s["elapsed_ms"].as_u64()).collect();
    assert!(times.len() == 3 && times.is_sorted_by(|a, b| a >= b) && times[0] >= 940, "{times:?}");
    assert_eq!(found["matched"], 600);
    // Its CSV output is a log again.
    let csv = place.write("found.csv", find(&["--where", "success=false", "--output", "csv"]).stdout);
    let again = jac(&["samples", text(&csv), "--where", "message~basket", "--count"]);
    assert_eq!(out(&again).trim(), "7", "{}", err(&again));
    for (condition, words) in
        [("slow", "invalid condition"), ("size>3", "unknown field"), ("label~(", "invalid regular expression")]
    {
        let refused = jac(&["samples", text(&log), "--where", condition]);
        assert_eq!(refused.status.code(), Some(2), "{condition}");
        assert!(err(&refused).contains(words), "{}", err(&refused));
    }
}

#[test]
fn odd_logs_are_a_sentence_or_counted_rows_and_never_a_panic() {
    let place = Place::new();
    let binary: Vec<u8> = (0..200_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    let back = format!("{HEADER}\n2000000000000,5,A,200,OK,t,true,,1,\n1000000000000,5,A,200,OK,t,true,,1,\n");
    let absurd =
        format!("{HEADER}\n1700000000000,-5,A,200,OK,t,true,,1,\n1700000000000,99999999999,A,200,OK,t,true,,1,\n");
    let other = "label;elapsed;timeStamp\nPay;60;1700000000000\n";
    // Name, bytes, samples, exit code, text on standard error.
    type Case = (&'static str, Vec<u8>, Option<u64>, i32, &'static str);
    let cases: [Case; 7] = [
        ("empty", Vec::new(), None, 2, "it is empty"),
        ("header", format!("{HEADER}\n").into_bytes(), None, 2, "it has no rows"),
        ("binary", binary, None, 2, "rows could be read"),
        ("line", vec![b'x'; 64 << 20], None, 2, "its row could not be read"),
        ("back", back.into_bytes(), Some(2), 0, ""),
        ("absurd", absurd.into_bytes(), Some(1), 1, "1 row could not be read"),
        ("mixed", other.as_bytes().to_vec(), Some(1), 0, ""),
    ];
    let ordinary = place.write("ordinary", log(0));
    for (name, bytes, samples, code, words) in cases {
        let path = place.write(name, bytes);
        let page = place.path("page.html");
        for files in [&[text(&path)][..], &[text(&ordinary), text(&path)]] {
            let output = jac(&[&["report"], files, &["--output", "json", "--html", text(&page)]].concat());
            assert_eq!(output.status.code(), Some(code), "{name}: {}", err(&output));
            assert!(err(&output).contains(words), "{name}: {}", err(&output));
            match samples {
                Some(samples) => {
                    let summary: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
                    let others = if files.len() > 1 { 600 } else { 0 };
                    assert_eq!(summary["total"]["samples"], samples + others, "{name}");
                }
                None => {
                    assert!(err(&output).contains(&format!("{name} contains no samples")), "{}", err(&output));
                    assert!(!page.exists(), "{name}");
                }
            }
            let _ = std::fs::remove_file(&page);
        }
    }
    let folder = jac(&["report", text(place.0.path())]);
    assert_eq!(folder.status.code(), Some(2));
    assert!(err(&folder).contains("contains no results"), "{}", err(&folder));
}
