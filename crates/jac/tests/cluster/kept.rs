//! A plan that a server keeps, with its criteria, run from the shell.

use crate::api::Api;
use crate::place::{Place, plan_path};
use crate::server::Server;
use serde_json::{Value, json};

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

    let out = place.out();
    let run = ["run", "--plan", "steady.jmx", "-Jduration=6", "--out", out.to_str().expect("a name")];
    let done = place.finish(place.jac(&run)).expect(1);
    for said in [
        "Fails if mean > 1ms. The first 2 s (warm-up) do not count.",
        "Automatic stop: if error_percent >= 90% for 60s.",
    ] {
        assert!(done.stderr.contains(said), "{said}: {}", done.stderr);
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
