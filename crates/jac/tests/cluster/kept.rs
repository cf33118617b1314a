//! Plans on the server, with their criteria, run from the shell; and files that are run repeatedly.

use crate::api::Api;
use crate::place::{Place, plan_path};
use crate::server::Server;
use serde_json::{Value, json};
use std::path::Path;

#[test]
fn a_kept_plan_is_run_with_its_criteria_and_stays() {
    let place = Place::new();
    let server = Server::start(&place);
    let token = std::fs::read_to_string(place.data().join("token")).expect("its token");
    let api = Api::new(&server.url, token.trim());
    let file = |name| (name, std::fs::read(plan_path(name)).expect("a file of the plan"));
    let plan = api.upload(vec![file("steady.jmx"), file("data/names.csv")]);

    let set = ["plans", "criteria", "steady.jmx", "--fail-on", "mean > 1ms", "--warm-up", "2s", "--output", "json"];
    let kept: Value = serde_json::from_str(&place.finish(place.jac(&set)).expect(0).stdout).expect("JSON");
    let rules = json!(["error_percent >= 90% for 60s"]);
    assert_eq!(kept, json!({ "version": 2, "criteria": ["mean > 1ms"], "warm_up_s": 2, "stop_rules": rules }));
    let refused = place.finish(place.jac(&["plans", "criteria", "steady.jmx", "--stop-if", "p95 > 1s"])).expect(2);
    assert!(refused.stderr.contains("such as: for 60s"), "{}", refused.stderr);
    let listed = place.finish(place.jac(&["plans", "list", "--text", "steady"])).expect(0).stdout;
    assert!(listed.starts_with(&plan) && listed.contains("steady.jmx, 2 files, 0 runs"), "{listed}");
    let none = place.finish(place.jac(&["plans", "list", "--text", "nothing"])).expect(0).stdout;
    assert_eq!(none.trim(), "No plans.");

    let out = place.out();
    let run = ["run", "--plan", "steady.jmx", "-Jduration=6", "--out", out.to_str().expect("a name")];
    let done = place.finish(place.jac(&run)).expect(1);
    for line in [
        "Fails if mean > 1ms. The first 2 s (warm-up) do not count.",
        "Automatic stop: if error_percent >= 90% for 60s.",
        // The check uses the properties of this run.
        ", 6 s.",
    ] {
        assert!(done.stderr.contains(line), "{line}: {}", done.stderr);
    }
    let runs = api.get(&format!("/runs?plan={plan}"));
    let ran = api.get(&format!("/runs/{}", runs["items"][0]["id"].as_str().expect("its id")));
    assert_eq!((&ran["criteria_version"], &ran["warm_up_s"]), (&json!(2), &json!(2)), "{ran}");
    let watch = &ran["criteria_watch"][0];
    assert_eq!((&watch["met"], &watch["met_ms"]), (&json!(false), &json!(0)), "{watch}");
    assert_eq!(ran["criteria"][0]["detail"]["metric"], "mean_ms", "{ran}");

    std::fs::remove_dir_all(&out).expect("removed");
    let other = [&run[..], &["--fail-on", "mean > 10s", "--no-auto-stop"]].concat();
    let done = place.finish(place.jac(&other)).expect(0);
    assert!(done.stderr.contains("Automatic stop: off."), "{}", done.stderr);
    let runs = api.get(&format!("/runs?plan={plan}"));
    let ran = api.get(&format!("/runs/{}", runs["items"][0]["id"].as_str().expect("its id")));
    assert_eq!((&ran["criteria_version"], &ran["stop_rules"]), (&Value::Null, &json!([])), "{ran}");
    assert_eq!(api.get(&format!("/plans/{plan}/criteria"))["version"], 2, "the plan's are as they were");
    place.assert_nothing_left();
}

#[test]
fn a_file_that_is_run_again_has_one_trend_and_its_changes_are_revisions() {
    let place = Place::new();
    let run = |plan: &Path, more: &[&str]| {
        let _none_yet = std::fs::remove_dir_all(place.out());
        let mut command = place.jac(&["run", "-Jduration=2", "--out"]);
        command.arg(place.out()).arg(plan).args(more);
        let stderr = place.finish(command).expect(0).stderr;
        let line = stderr.lines().find(|line| line.starts_with("Revision ")).unwrap_or_else(|| panic!("{stderr}"));
        line.to_owned()
    };
    let trend = |plan: &str| -> Vec<u64> {
        let stdout = place.finish(place.jac(&["runs", "trend", plan, "--output", "json"])).expect(0).stdout;
        let trend: Value = serde_json::from_str(&stdout).expect("JSON");
        let items = trend["items"].as_array().expect("runs");
        items.iter().map(|point| point["plan_revision"].as_u64().expect("a revision")).collect()
    };
    let first = run(&plan_path("steady.jmx"), &[]);
    assert!(first.starts_with("Revision 1 of plan 'steady' (p-"), "{first}");
    assert_eq!(run(&plan_path("steady.jmx"), &[]), first, "the same file");
    // In another folder, as each build has its own.
    let elsewhere = tempfile::tempdir().expect("a folder");
    let copy = elsewhere.path().join("steady.jmx");
    let text = std::fs::read_to_string(plan_path("steady.jmx")).expect("the plan");
    std::fs::write(&copy, text.replacen("testname=\"", "testname=\"Our ", 1)).expect("written");
    std::fs::create_dir(elsewhere.path().join("data")).expect("a folder");
    std::fs::copy(plan_path("data/names.csv"), elsewhere.path().join("data/names.csv")).expect("copied");
    assert_eq!(run(&copy, &[]), first.replace("Revision 1", "Revision 2"));
    assert_eq!(trend("steady"), [2, 1, 1]);

    let nightly = run(&copy, &["--plan", "nightly"]);
    assert!(nightly.starts_with("Revision 1 of plan 'nightly' (p-"), "{nightly}");
    let id = nightly.split(['(', ')']).nth(1).expect("an ID");
    assert_eq!(run(&plan_path("steady.jmx"), &["--plan", id]), nightly.replace("Revision 1", "Revision 2"));
    assert_eq!((trend(id), trend("steady")), (vec![2, 1], vec![2, 1, 1]));
    let refused = place.finish(place.jac(&["run", "--plan", "nightly", "--data", "rows.csv"])).expect(2);
    assert!(refused.stderr.contains("<PLAN.jmx>"), "{}", refused.stderr);
    place.assert_nothing_left();
}
