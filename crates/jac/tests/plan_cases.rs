//! Plans that users have (`crates/jac-jmx/tests/cases`), each representing a kind: what `jac check` reports, and
//! what JMeter itself does with it, which is authoritative.
//!
//! Needs `JMETER_HOME`, a JMeter 5.6.3, and `java`; `scripts/test` provides both. Without them the tests fail and are not skipped.

#[path = "plan_cases/table.rs"]
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use table::{CASES, Case, Does};

/// JMeter takes a few seconds for each plan, even on a busy machine; a plan without an end is stopped then.
const LIMIT: Duration = Duration::from_secs(60);
const ENDLESS: Duration = Duration::from_secs(10);

fn cases() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../jac-jmx/tests/cases")
}

fn home() -> PathBuf {
    let home = std::env::var_os("JMETER_HOME").expect("JMETER_HOME names a JMeter 5.6.3; scripts/test sets it");
    assert!(Path::new(&home).join("bin/ApacheJMeter.jar").is_file(), "JMETER_HOME is not a JMeter home");
    home.into()
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("its files").flatten() {
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

/// The result of `jac check`: its JSON, or its standard error.
fn check(data: &Path, case: &Case) -> Result<serde_json::Value, String> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    command.args(["check", case.plan, "--output", "json"]).args(case.given).args(case.check_only);
    let output = command.env("JAC_DATA_DIR", data).current_dir(cases()).output().expect("jac starts");
    let code = output.status.code();
    match serde_json::from_slice::<serde_json::Value>(&output.stdout) {
        Ok(check) => {
            assert_eq!(code, Some(if check["ok"] == true { 0 } else { 2 }), "{}", case.plan);
            Ok(check)
        }
        Err(_) => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
    }
}

#[test]
fn each_plan_is_checked_as_the_table_expects() {
    home();
    let data = tempfile::tempdir().expect("a folder");
    let mut faults = Vec::new();
    for case in CASES {
        let mut fault = |text: String| faults.push(format!("{}: {text}", case.plan));
        let check = match (check(data.path(), case), case.not_a_plan) {
            (Ok(check), None) => check,
            (Err(stderr), Some(words)) if words.iter().all(|word| stderr.contains(word)) => continue,
            (other, expected) => {
                fault(format!("{other:?}, expected {expected:?}"));
                continue;
            }
        };
        let findings = check["findings"].as_array().expect("findings");
        let has = |code: &str, severity: &str| findings.iter().any(|f| f["code"] == code && f["severity"] == severity);
        if check["ok"] != case.ok {
            fault(format!("ok is {}: {findings:#?}", check["ok"]));
        }
        for (severity, code) in case.findings {
            if !has(code, severity) {
                fault(format!("no {severity} {code}: {findings:#?}"));
            }
        }
        let is_expected = |finding: &serde_json::Value| {
            finding["severity"] == "info" || case.findings.iter().any(|(_, code)| finding["code"] == *code)
        };
        for finding in findings.iter().filter(|finding| !is_expected(finding)) {
            fault(format!("unexpected {finding:#}"));
        }
        if let Some(threads) = case.threads
            && check["threads_per_node"] != serde_json::to_value(threads).expect("JSON")
        {
            fault(format!("threads are {}", check["threads_per_node"]));
        }
        let mut found: Vec<&str> = Vec::new();
        for file in check["data_files"].as_array().expect("files").iter().filter(|file| file["found"] == true) {
            found.extend(file["path"].as_str());
        }
        if found != case.found {
            fault(format!("found {found:?}"));
        }
        for finding in findings {
            let message = finding["message"].as_str().unwrap_or_default();
            if message.contains("\"\"") || message.contains("  ") || message.contains(" ,") {
                fault(format!("an empty name in: {message}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn the_property_that_a_files_name_comes_from_is_named() {
    home();
    let data = tempfile::tempdir().expect("a folder");
    let case = CASES.iter().find(|case| case.plan.starts_with("f22")).expect("the case");
    let check = check(data.path(), case).expect("a check");
    let missing = check["findings"].as_array().expect("findings").iter().find(|f| f["code"] == "file_missing");
    assert_eq!(missing.expect("a finding")["params"]["property"], "payload");
}

#[test]
fn jmeter_itself_does_what_the_table_expects() {
    let home = home();
    // One of the plans writes a file.
    let copy = tempfile::tempdir().expect("a folder");
    copy_folder(&cases(), copy.path());
    let mut faults = Vec::new();
    for case in CASES.iter().filter(|case| case.does != Does::NotTried) {
        let work = tempfile::tempdir().expect("a folder");
        let results = work.path().join("r.jtl");
        let plan = copy.path().join(case.plan);
        let mut command = Command::new("java");
        command
            .args(["-Xmx256m", "-XX:TieredStopAtLevel=1", "-Djava.awt.headless=true", "-jar"])
            .arg(home.join("bin/ApacheJMeter.jar"))
            .args(["-n", "-Jjmeterengine.force.system.exit=true", "-t"])
            .arg(plan.file_name().expect("a name"))
            .arg("-l")
            .arg(&results)
            .arg("-j")
            .arg(work.path().join("jmeter.log"))
            .args(case.given)
            .current_dir(plan.parent().expect("a folder"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut child = command.spawn().expect("java starts");
        let limit = if case.does == Does::NeverEnds { ENDLESS } else { LIMIT };
        let deadline = Instant::now() + limit;
        let status = loop {
            match child.try_wait().expect("its state") {
                Some(status) => break Some(status),
                None if Instant::now() > deadline => break None,
                // Between two polls of its state.
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        };
        if status.is_none() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
        let log = std::fs::read_to_string(&results).unwrap_or_default();
        let samples = log.lines().count().saturating_sub(1);
        let did = match status {
            None => Does::NeverEnds,
            Some(status) if !status.success() => Does::Refuses,
            Some(_) => Does::Takes(samples),
        };
        if did != case.does {
            faults.push(format!("{}: {did:?}, expected {:?}", case.plan, case.does));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn nothing_of_a_plan_reaches_the_terminal_as_a_command_to_it() {
    home();
    let folder = tempfile::tempdir().expect("a folder");
    let text = std::fs::read_to_string(cases().join("f21_csv_without_name.jmx")).expect("a plan");
    let name = "a&#x1b;]0;x&#x7;&#x9b;1m&#x202e;&#xa;error: none";
    let text = text
        .replace("testname=\"rows\"", &format!("testname=\"{name}\""))
        .replace("testname=\"Users\"", &format!("testname=\"{name}\""));
    let plan = folder.path().join("p.jmx");
    std::fs::write(&plan, text).expect("written");
    for (command, output) in [("check", "text"), ("check", "json"), ("run", "text")] {
        let done = Command::new(env!("CARGO_BIN_EXE_jac"))
            .arg(command)
            .arg(&plan)
            .args(["--output", output])
            .env("JAC_DATA_DIR", folder.path().join("data"))
            .current_dir(folder.path())
            .output()
            .expect("jac starts");
        assert_eq!(done.status.code(), Some(2));
        let printed = [done.stdout, done.stderr].concat();
        let printed = String::from_utf8(printed).expect("text");
        assert!(!printed.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']), "{command} {output}: {printed:?}");
        assert!(!printed.lines().any(|line| line.starts_with("error: none")), "{command} {output}: {printed:?}");
        assert!(printed.contains("1b"), "it is shown: {printed}");
    }
}

#[test]
fn the_homes_own_properties_count_in_a_check() {
    let whole = home();
    let place = tempfile::tempdir().expect("a folder");
    let own = place.path().join("home");
    std::fs::create_dir_all(own.join("bin")).expect("a folder");
    for entry in
        std::fs::read_dir(whole.join("bin")).expect("its files").flatten().filter(|entry| entry.path().is_file())
    {
        std::fs::copy(entry.path(), own.join("bin").join(entry.file_name())).expect("a copy");
    }
    std::os::unix::fs::symlink(whole.join("lib"), own.join("lib")).expect("a link");
    std::fs::write(own.join("bin/user.properties"), "threads = 7 \nusers.file=data/rows.csv\n").expect("written");
    std::fs::write(own.join("bin/system.properties"), "javax.net.ssl.keyStore=/dev/null\n").expect("written");
    let home = own.to_str().expect("a name");
    let check = |plan: &'static str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
        command.args(["check", plan, "--output", "json", "--jmeter-home", home]).current_dir(cases());
        let output = command.env("JAC_DATA_DIR", place.path().join("data")).output().expect("jac starts");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).expect("a check")
    };
    assert_eq!(check("f01_blank_in_default.jmx")["threads_per_node"], 7);
    let files = &check("f02_file_named_in_q.jmx")["data_files"];
    assert_eq!((&files[0]["path"], &files[0]["found"]), (&"data/rows.csv".into(), &true.into()));
    assert_eq!(check("f12_keystore.jmx")["findings"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_check_divides_totals_among_the_workers_and_refuses_what_cannot_work_on_so_many() {
    home();
    let place = tempfile::tempdir().expect("a folder");
    let check = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
        command.args(["check", "f01_blank_in_default.jmx", "--workers", "3"]).args(arguments).current_dir(cases());
        command.env("JAC_DATA_DIR", place.path().join("data")).output().expect("jac starts")
    };
    let shared = check(&["--share", "threads=10", "--results", "direct", "--min-workers", "2", "--output", "json"]);
    let shared: serde_json::Value = serde_json::from_slice(&shared.stdout).expect("a check");
    assert_eq!((&shared["threads_per_node"], &shared["total_threads"]), (&4.into(), &10.into()), "4, 3 and 3");
    let text = String::from_utf8(check(&["--share", "threads=10"]).stdout).expect("text");
    assert!(text.contains("10 threads on 3 workers."), "{text}");
    for arguments in [["--share", "threads=2"], ["--min-workers", "1"], ["--share", "threads"]] {
        let refused = check(&arguments);
        assert_eq!((refused.status.code(), refused.stdout.is_empty()), (Some(2), true), "{arguments:?}");
    }
}

/// A plan with one thread group that takes `${__P(threads,5)}` threads, with this in it.
fn plan_with(inside: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?><jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="TestPlanGui" testclass="TestPlan" testname="p"/>
        <hashTree><ThreadGroup guiclass="ThreadGroupGui" testclass="ThreadGroup" testname="g"><stringProp name="ThreadGroup.num_threads">${{__P(threads,5)}}</stringProp>
        <elementProp name="ThreadGroup.main_controller" elementType="LoopController" guiclass="LoopControlPanel" testclass="LoopController">
        <boolProp name="LoopController.continue_forever">false</boolProp><stringProp name="LoopController.loops">1</stringProp></elementProp></ThreadGroup>
        <hashTree>{inside}<DebugSampler guiclass="TestBeanGUI" testclass="DebugSampler" testname="s"/><hashTree/></hashTree></hashTree></hashTree></jmeterTestPlan>"#
    )
}

fn csv_data_set(file: &str, names: &str) -> String {
    format!(
        r#"<CSVDataSet guiclass="TestBeanGUI" testclass="CSVDataSet" testname="rows"><stringProp name="filename">{file}</stringProp>
        <stringProp name="variableNames">{names}</stringProp></CSVDataSet><hashTree/>"#
    )
}

/// The check of a plan in a folder with these files; its standard error instead of its JSON if the plan is rejected.
fn check_of(files: &[(&str, &str)], arguments: &[&str]) -> Result<serde_json::Value, String> {
    let place = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(place.path().join(name), text).expect("written");
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    command.args(["check", "p.jmx", "--output", "json", "--jmeter-home"]).arg(home()).args(arguments);
    let output =
        command.env("JAC_DATA_DIR", place.path().join("data")).current_dir(place.path()).output().expect("jac starts");
    serde_json::from_slice(&output.stdout).map_err(|_| String::from_utf8_lossy(&output.stderr).into_owned())
}

fn codes_of(check: &serde_json::Value) -> Vec<(&str, &str)> {
    let findings = check["findings"].as_array().expect("findings").iter();
    findings.map(|f| (f["severity"].as_str().unwrap_or_default(), f["code"].as_str().unwrap_or_default())).collect()
}

#[test]
fn a_file_whose_name_has_the_workers_number_is_taken_for_each_of_them() {
    let plan = plan_with(&csv_data_set("users_${__P(jac.node)}.csv", "a"));
    let rows = "1\n2\n";
    let some = [("p.jmx", plan.as_str()), ("users_1.csv", rows), ("users_2.csv", rows)];
    let check = check_of(&some, &["--workers", "4"]).expect("a check");
    assert_eq!((&check["ok"], codes_of(&check)[0]), (&false.into(), ("error", "file_missing")));
    let missing = &check["findings"][0];
    assert_eq!((&missing["params"]["worker"], &missing["params"]["path"]), (&"3".into(), &"users_3.csv".into()));
    assert!(
        missing["message"].as_str().is_some_and(|message| message.ends_with("The same applies to 1 more workers."))
    );
    let found: Vec<bool> =
        check["data_files"].as_array().expect("files").iter().map(|file| file["found"] == true).collect();
    assert_eq!(found, [true, true, false, false]);
    let check = check_of(&some, &["--workers", "2"]).expect("a check");
    assert_eq!(
        (&check["ok"], codes_of(&check)),
        (&true.into(), vec![("info", "threads_multiply")]),
        "not copied to each"
    );
    // A share of a total in a name works in the same way.
    let shared = plan_with(&csv_data_set("users_${__P(seats)}.csv", "a"));
    let check = check_of(&[("p.jmx", &shared), some[1], some[2]], &["--workers", "2", "--share", "seats=3"]);
    assert_eq!(check.expect("a check")["ok"], true);
}

#[test]
fn a_property_without_a_value_is_removed_as_jmeter_removes_it() {
    let plan = plan_with("");
    let files = [("p.jmx", plan.as_str()), ("user.properties", "threads=3\n"), ("e.properties", "threads=4\n")];
    let threads = |arguments: &[&str]| check_of(&files, arguments).expect("a check")["threads_per_node"].clone();
    assert_eq!(threads(&[]), 3, "user.properties beside the plan");
    assert_eq!(threads(&["-q", "e.properties"]), 4);
    assert_eq!(threads(&["-q", "e.properties", "-J", "threads="]), 5, "the default of the plan");
}

#[test]
fn a_properties_file_that_jmeter_does_not_start_with_is_refused_with_its_line() {
    let plan = plan_with("");
    let refused =
        check_of(&[("p.jmx", &plan), ("e.properties", "threads=4\ndir=C:\\users\n")], &["-q", "e.properties"]);
    let refused = refused.expect_err("it is refused");
    assert!(refused.contains("e.properties") && refused.contains("line 2"), "{refused}");
}

#[test]
fn a_file_with_its_header_line_alone_has_no_rows() {
    for (names, text, has_rows) in [("", "user,pw\n", false), ("", "user,pw\na,b\n", true), ("a,b", "x,y", true)] {
        let check = check_of(&[("p.jmx", &plan_with(&csv_data_set("r.csv", names))), ("r.csv", text)], &[]);
        let check = check.expect("a check");
        assert_eq!(codes_of(&check).contains(&("error", "file_without_rows")), !has_rows, "{names} {text:?}");
    }
}
