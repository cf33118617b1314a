//! A schedule from the shell, the server that starts its run, and its ephemeral cluster.

use crate::place::{Place, plan_path};
use crate::server::Server;
use jac_engine::clock::{Clock, SystemClock};
use jac_model::Timing;
use serde_json::Value;
use std::time::Duration;

fn json(place: &Place, arguments: &[&str]) -> Value {
    let mut command = place.jac(arguments);
    command.args(["--output", "json"]);
    let done = command.output().expect("jac starts");
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).expect("JSON")
}

/// A moment from now, as a local time in UTC.
fn utc_in(time: Duration) -> String {
    let at_ms = SystemClock.now_ms() + i64::try_from(time.as_millis()).expect("not that long");
    let utc = Timing::Cron { expression: "@daily".to_owned(), zone: "UTC".to_owned() };
    utc.times().expect("a timing").local(at_ms).trim_end_matches("+00:00").to_owned()
}

#[test]
fn a_schedule_runs_once_on_a_cluster_of_its_own_and_leaves_nothing() {
    let place = Place::new();
    let _server = Server::start(&place);
    let plan = plan_path("steady.jmx").display().to_string();
    let at = utc_in(Duration::from_secs(4));
    let added =
        json(&place, &["schedule", "add", &plan, "--at", &at, "--name", "nightly", "-Jduration=2", "--workers", "1"]);
    assert_eq!((added["state"].as_str(), added["next"].as_array().map(Vec::len)), (Some("active"), Some(1)));
    let id = added["id"].as_str().expect("an id").to_owned();
    assert_eq!(json(&place, &["schedule", "list", "--mine"])[0]["id"], added["id"]);
    let mut shown = Value::Null;
    place.wait_until("its result", || {
        shown = json(&place, &["schedule", "show", "nightly"]);
        shown["firings"][0]["ended_ms"].is_number()
    });
    let firing = &shown["firings"][0];
    assert_eq!((firing["state"].as_str(), firing["code"].as_str()), (Some("finished"), Some("completed")), "{shown}");
    assert_eq!(shown["schedule"]["state"], "done");
    let runs = json(&place, &["runs", "list"]);
    assert_eq!(runs.as_array().map(Vec::len), Some(1));
    assert_eq!((&runs[0]["id"], &runs[0]["name"]), (&firing["run_id"], &Value::from("nightly")));
    assert_eq!(runs[0]["workers"], 1);
    assert!(runs[0]["headline"]["samples"].as_u64() > Some(5), "{runs}");
    place.assert_nothing_left();
    // The same manually, smaller.
    json(&place, &["schedule", "start", &id, "--workers", "0", "-Jduration=1"]);
    place.wait_until("the run by hand", || {
        let firing = &json(&place, &["schedule", "show", &id])["firings"][0];
        firing["by"].is_object() && firing["ended_ms"].is_number()
    });
    assert_eq!(json(&place, &["runs", "list"])[0]["workers"], 0);
    json(&place, &["schedule", "remove", &id]);
    assert_eq!(json(&place, &["schedule", "list"]).as_array().map(Vec::len), Some(0));
    assert_eq!(json(&place, &["runs", "list"]).as_array().map(Vec::len), Some(2), "its runs stay");
    place.assert_nothing_left();
}

#[test]
fn a_file_that_is_scheduled_and_run_is_one_plan_and_the_schedule_keeps_its_revision() {
    let place = Place::new();
    let _server = Server::start(&place);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("nightly.jmx");
    let text = std::fs::read_to_string(plan_path("steady.jmx")).expect("the plan");
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    std::fs::copy(plan_path("data/names.csv"), folder.path().join("data/names.csv")).expect("copied");
    std::fs::write(&file, &text).expect("written");
    let path = file.to_str().expect("UTF-8");
    let add = |name: &str| json(&place, &["schedule", "add", path, "--cron", "@daily", "--name", name]);
    let run = || {
        let _none_yet = std::fs::remove_dir_all(place.out());
        let out = place.out();
        place.finish(place.jac(&["run", path, "-Jduration=1", "--out", out.to_str().expect("UTF-8")])).expect(0);
    };
    let of = |schedule: &Value| (schedule["plan"]["id"].clone(), schedule["run"]["plan_revision"].clone());
    let first = add("first");
    run();
    assert_eq!(of(&add("the same again")), of(&first), "an unchanged file makes no revision");
    std::fs::write(&file, text.replacen("testname=\"", "testname=\"Our ", 1)).expect("written");
    run();
    let second = add("second");
    let plans = json(&place, &["plans", "list"]);
    let plans = plans.as_array().expect("plans");
    assert_eq!((plans.len(), &plans[0]["name"], &plans[0]["runs"]), (1, &"nightly".into(), &2.into()), "{plans:?}");
    assert_eq!(of(&first), (plans[0]["id"].clone(), 1.into()));
    assert_eq!(of(&second), (plans[0]["id"].clone(), 2.into()));
    assert_eq!(of(&json(&place, &["schedule", "show", "first"])["schedule"]), of(&first), "what was scheduled stays");
    let refused = place.finish(place.jac(&["schedule", "add", path, "--cron", "@daily", "--revision", "1"])).expect(2);
    assert!(refused.stderr.contains("--revision"), "{}", refused.stderr);
}

#[test]
fn a_schedule_that_is_refused_leaves_no_plan_and_no_option_is_ignored() {
    let place = Place::new();
    let _server = Server::start(&place);
    let plan = plan_path("steady.jmx").display().to_string();
    let plan = plan.as_str();
    let long = "x".repeat(500);
    for (call, sentence) in [
        (&[plan, "-J", "=x"][..], "invalid property"),
        (&[plan, "--fail-on", "slow"], "--fail-on"),
        (&[plan, "--stop-timeout", "999999999"], "invalid --stop-timeout"),
        (&[plan, "--name", &long], "The name is longer than"),
        (
            &[plan, "--on", "mine", "--workers", "2", "--spot"],
            "no effect with --on: the cluster exists: --workers, --spot",
        ),
        (&["nofile.jmx"], "no file nofile.jmx"),
    ] {
        let call = [&["schedule", "add"], call, &["--cron", "@daily"]].concat();
        let done = place.finish(place.jac(&call)).expect(2);
        assert!(done.stderr.contains(sentence), "{call:?}: {}", done.stderr);
    }
    let plans = std::fs::read_dir(place.data().join("plans")).expect("the folder").count();
    assert_eq!(plans, 0, "no plan is left");
    json(&place, &["schedule", "add", plan, "--cron", "@daily"]);
    let kept = ["schedule", "add", "steady", "--cron", "@daily", "--data", plan, "--root", "."];
    let done = place.finish(place.jac(&kept)).expect(2);
    assert!(done.stderr.contains("no effect on an uploaded plan: --data, --root"), "{}", done.stderr);
}

#[test]
fn a_timing_that_makes_no_sense_is_bad_input_and_nothing_is_uploaded() {
    let place = Place::new();
    let plan = plan_path("steady.jmx").display().to_string();
    for timing in [
        &["--cron", "61 * * * *"][..],
        &["--cron", "@daily", "--zone", "Berlin"],
        &["--at", "2026-03-29T02:30", "--zone", "Europe/Berlin"],
        &["--at", "2020-01-01T00:00"],
    ] {
        let done = place.jac(&[&["schedule", "add", &plan], timing].concat()).output().expect("jac starts");
        assert_eq!(done.status.code(), Some(2), "{timing:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
    assert_eq!(json(&place, &["schedule", "list"]).as_array().map(Vec::len), Some(0));
}
