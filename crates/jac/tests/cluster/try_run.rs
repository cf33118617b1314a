//! Try runs: one user and one iteration on one node, whatever the plan defines.

use crate::api::Api;
use crate::place::{Place, plan_path};
use crate::server::Server;
use serde_json::{Value, json};

/// The rows of a result log, without its header.
fn rows(log: &str) -> usize {
    log.lines().count() - 1
}

#[test]
fn a_try_runs_one_iteration_on_one_worker_and_keeps_what_failed_samples_got() {
    let place = Place::new();
    let load = ["--try", "--workers", "3", "-Jthreads=50", "-Jduration=600", "-Jstatus=broken"];
    let done = place.finish(place.run("steady.jmx", &load)).expect(1);
    assert!(done.stderr.contains("try run on 1 node"), "{}", done.stderr);
    assert_eq!(rows(&place.log()), 1, "one user, one iteration: {}", place.log());
    let nodes: Vec<_> = std::fs::read_dir(place.out().join("nodes")).expect("nodes").flatten().collect();
    assert_eq!(nodes.iter().map(std::fs::DirEntry::file_name).collect::<Vec<_>>(), ["worker-1"]);
    let failed = nodes[0].path().join("files/jac-failed-responses.xml");
    let failed = std::fs::read_to_string(failed).expect("the failed samples");
    assert!(failed.contains("lb=\"Ask ") && failed.contains("<responseData"), "{failed}");
    assert!(failed.trim_end().ends_with("</testResults>"), "{failed}");
    let plan = std::fs::read_to_string(place.out().join("plan/steady.jmx")).expect("the plan that it ran");
    assert!(plan.contains("JAC: responses of failed samples"), "{plan}");
    place.assert_nothing_left();
}

#[test]
fn a_try_on_a_servers_cluster_is_marked_and_is_in_no_trend() {
    let place = Place::new();
    let server = Server::start(&place);
    let token = std::fs::read_to_string(place.data().join("token")).expect("its token");
    let api = Api::new(&server.url, token.trim());
    let file = |name| (name, std::fs::read(plan_path(name)).expect("a file of the plan"));
    let plan = api.upload(vec![file("steady.jmx"), file("data/names.csv")]);
    let out = place.out();
    let run = ["run", "--plan", "steady.jmx", "--try", "-Jthreads=50", "--out", out.to_str().expect("a name")];
    place.finish(place.jac(&run)).expect(0);
    let listed = api.get(&format!("/runs?plan={plan}&try_run=true"))["items"].clone();
    let ran = api.get(&format!("/runs/{}", listed[0]["id"].as_str().expect("its id")));
    assert_eq!((&ran["try_run"], &ran["verdict"], &ran["total_threads"]), (&json!(true), &json!("passed"), &json!(1)));
    assert_eq!(ran["criteria_expressions"], json!(["error_percent > 0%"]));
    let codes: Vec<&Value> = ran["notes"].as_array().expect("notes").iter().map(|note| &note["code"]).collect();
    assert_eq!(codes, ["try_plan_changed"], "{ran}");
    assert_eq!(api.get(&format!("/runs?plan={plan}&try_run=false"))["items"], json!([]));
    assert_eq!(api.get(&format!("/plans/{plan}/trend"))["items"], json!([]));
    assert!(place.finish(place.jac(&["runs", "list"])).expect(0).stdout.contains("  try"), "it is marked");
    place.assert_nothing_left();
}
