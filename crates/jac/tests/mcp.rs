//! `jac mcp` as an assistant sees it: the Model Context Protocol's own Python client against the real executable.

use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("JAC_TEST_PYTHON");
    if python.is_none() {
        assert!(std::env::var_os("CI").is_none(), "JAC_TEST_PYTHON names no Python with the client; scripts/test does");
        eprintln!("skipped: JAC_TEST_PYTHON names no Python with the client");
    }
    python
}

fn jac(folder: &Path, arguments: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
    command.env("JAC_DATA_DIR", folder.join("data")).env_remove("JAC_SERVER").env_remove("JAC_TOKEN");
    let output = command.current_dir(folder).args(arguments).args(["--output", "json"]).output().expect("jac starts");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

/// A session in which these tools are called in sequence.
fn converse(python: &std::ffi::OsStr, folder: &Path, arguments: &[&str], calls: &Value) -> Value {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/readers/assistant.py");
    let mut command = Command::new(python);
    command.arg(script).arg(env!("CARGO_BIN_EXE_jac")).arg("mcp").args(arguments);
    command.env("JAC_DATA_DIR", folder.join("data")).env_remove("JAC_SERVER").env_remove("JAC_TOKEN");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("Python starts");
    child.stdin.take().expect("its input").write_all(calls.to_string().as_bytes()).expect("written");
    let output = child.wait_with_output().expect("it ends");
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn log(folder: &Path, name: &str, slower_ms: u64) {
    let mut log = "timeStamp,elapsed,label,responseCode,responseMessage,success\n".to_owned();
    for n in 0..3_000_u64 {
        let (code, message) = if n % 30 == 7 { (500, "no basket") } else { (200, "OK") };
        let label = if n < 2_000 { n % 500 } else { 0 };
        log += &format!(
            "{},{},Page {label},{code},{message},{}\n",
            1_700_000_000_000 + n * 20,
            100 + n % 20 + slower_ms,
            code == 200
        );
    }
    std::fs::write(folder.join(name), log).expect("written");
}

#[test]
fn an_assistant_reads_runs_with_the_meaning_of_their_figures() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    log(folder, "a.jtl", 0);
    log(folder, "b.jtl", 300);
    let [first, second] = ["a.jtl", "b.jtl"].map(|log| jac(folder, &["import", log, "--plan", "Shop"]));
    let calls = json!([
        ["list", { "plan": "Shop" }],
        ["status", { "run": first["id"] }],
        ["summary", { "run": first["id"] }],
        ["summary", { "run": first["id"], "label": "page 0", "limit": 1 }],
        ["errors", { "run": first["id"], "limit": 2 }],
        ["compare", { "runs": [first["id"], second["id"]] }],
        ["samples", { "run": first["id"], "success": false, "limit": 3, "keep": "slowest" }],
        ["status", { "run": "r-22222222" }],
        ["summary", { "run": first["id"], "colour": "red" }],
        ["run", { "plan": "Shop", "cluster": "load" }],
        ["samples", { "plan": "Shop", "success": false, "limit": 3, "keep": "slowest" }],
        ["samples", { "success": false }],
    ]);
    let session = converse(&python, folder, &[], &calls);
    assert_eq!(session["opened"]["serverInfo"]["name"], "jac");
    let tools: Vec<&str> =
        session["tools"].as_array().expect("tools").iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(tools, ["list", "check", "status", "summary", "errors", "compare", "samples"]);
    for tool in session["tools"].as_array().expect("tools") {
        assert_eq!(
            (&tool["inputSchema"]["type"], &tool["annotations"]["readOnlyHint"]),
            (&json!("object"), &json!(true)),
            "{tool}"
        );
        assert!(tool["description"].as_str().is_some_and(|text| text.len() > 100), "{tool}");
    }
    let answer = |at: usize| &session["answers"][at]["structuredContent"];
    assert_eq!(answer(0)["items"].as_array().map(Vec::len), Some(2), "{}", answer(0));
    assert_eq!((&answer(1)["phase"], &answer(1)["cause"]["kind"]), (&json!("finished"), &json!("imported")));
    let summary = answer(2);
    assert_eq!((&summary["total"]["samples"], &summary["total"]["errors"]), (&json!(3_000), &json!(100)));
    assert_eq!((&summary["labels"][0]["label"], &summary["label_count"]), (&json!("Page 0"), &json!(500)));
    assert_eq!(summary["labels"].as_array().map(Vec::len), Some(30));
    assert_eq!(
        (answer(3)["labels"].as_array().map(Vec::len), &answer(3)["labels"][0]["samples"]),
        (Some(1), &json!(1_004))
    );
    assert_eq!((&answer(4)["errors"], &answer(4)["types"][0]["code"]), (&json!(100), &json!("500")), "{}", answer(4));
    assert_eq!(answer(5)["comparisons"][0]["total"]["change"], "worse", "{}", answer(5));
    assert_eq!((&answer(6)["matched"], answer(6)["samples"].as_array().map(Vec::len)), (&json!(100), Some(3)));
    let of_plan = answer(10);
    assert_eq!((&of_plan["matched"], of_plan["runs"].as_array().map(Vec::len)), (&json!(200), Some(2)), "{of_plan}");
    assert_eq!(of_plan["samples"][0]["run"], second["id"], "the slower run's");
    for (at, code) in [(7, "not_found"), (8, "arguments_invalid"), (11, "arguments_invalid")] {
        assert_eq!(
            (&session["answers"][at]["isError"], &answer(at)["code"]),
            (&json!(true), &json!(code)),
            "{}",
            session["answers"][at]
        );
    }
    assert!(
        session["answers"][9]["refused"].is_string(),
        "without --allow-run there is no such tool: {}",
        session["answers"][9]
    );
    for answer in session["answers"].as_array().expect("answers") {
        assert!(answer["structuredContent"].to_string().len() < 50_000, "an answer is bounded");
    }
}

#[test]
fn only_with_allow_run_can_runs_be_started_and_the_server_decides() {
    let Some(python) = python() else { return };
    let place = tempfile::tempdir().expect("a folder");
    let folder = place.path();
    let calls = json!([["run", { "plan": "Shop", "cluster": "load" }], ["stop", { "run": "r-22222222" }],
                       ["list", { "what": "plans", "tag": "nightly" }], ["list", { "what": "clusters", "plan": "Shop" }]]);
    let session = converse(&python, folder, &["--allow-run"], &calls);
    let tools: Vec<&str> =
        session["tools"].as_array().expect("tools").iter().filter_map(|tool| tool["name"].as_str()).collect();
    assert_eq!(tools[7..], ["run", "stop"]);
    for answer in session["answers"].as_array().expect("answers") {
        assert_eq!(answer["isError"], true, "there is no such thing: {answer}");
        assert!(answer["structuredContent"]["code"].is_string(), "{answer}");
    }
}
