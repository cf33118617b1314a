//! The audit trail's entries about changes with many steps or of many objects, and its export.

use crate::served::{Answer, Served};
use crate::things::{others, owned};
use http::{Method, Request, StatusCode};
use jac_engine::administrator;
use jac_model::{Cluster, ClusterPhase, UserRole};
use jac_server::listen::Peer;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::timeout;

/// No step takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// A user who owns objects.
async fn with_things(served: &Served, id: &str, name: &str) -> (String, String) {
    let store = served.app.engine.store();
    let ada = store.add_person(id, name, UserRole::Member, Vec::new(), 1).await.expect("a person").person();
    let (_, plan, run) = owned(served, 0, &ada, None).await;
    (plan.to_string(), run.to_string())
}

/// The newest entries, newest first, as action, result and code.
async fn trail(served: &Served, count: usize) -> Vec<(String, String, Value)> {
    let answer = served.as_owner(Method::GET, &format!("/audit?limit={count}"), "").await;
    let entries = answer.body["items"].as_array().expect("entries").clone();
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("-").to_owned();
    entries.into_iter().map(|entry| (word(&entry, "action"), word(&entry, "outcome"), entry)).collect()
}

async fn remove(served: &Served, person: &str, heir: &str) -> Answer {
    served.as_owner(Method::DELETE, &format!("/people/{person}?to={heir}"), "").await
}

#[tokio::test]
async fn a_removal_that_fails_in_the_middle_is_recorded_as_far_as_it_came_and_never_as_done() {
    let served = Served::new().await;
    let (plan, _) = with_things(&served, "u-ada", "Ada").await;
    let store = served.app.engine.store();
    store.add_person("u-bob", "Bob", UserRole::Member, Vec::new(), 1).await.expect("an heir");
    // The description of her plan cannot be written: there is a folder in its place.
    let description = served.app.engine.folder().plans().join(format!("{plan}.json"));
    std::fs::create_dir_all(description.join("in-the-way")).expect("a folder");
    let failed = remove(&served, "u-ada", "u-bob").await;
    assert!(failed.status.is_server_error() || failed.status == StatusCode::BAD_REQUEST, "{}", failed.body);
    let entries = trail(&served, 2).await;
    let words: Vec<_> = entries.iter().map(|(action, outcome, _)| (action.as_str(), outcome.as_str())).collect();
    assert_eq!(words, [("person.delete", "failed"), ("person.hand_over", "done")]);
    let (last, before) = (&entries[0].2, &entries[1].2);
    assert_eq!((&last["code"], &last["details"]["clusters"]), (&failed.code().into(), &json!("1")), "{last}");
    assert!(last["details"]["plans"].is_null(), "no plan was handed over: {last}");
    assert_eq!((&before["thing"], &before["details"]["to"]), (&json!("u-ada"), &json!("Bob (u-bob)")), "{before}");

    std::fs::remove_dir_all(&description).expect("out of the way");
    let removed = remove(&served, "u-ada", "u-bob").await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
    let entries = trail(&served, 2).await;
    let words: Vec<_> = entries.iter().map(|(action, outcome, _)| (action.as_str(), outcome.as_str())).collect();
    assert_eq!(words, [("person.delete", "done"), ("person.hand_over", "done")]);
    assert_eq!(entries[0].2["details"]["runs"], "1", "{}", entries[0].2);
}

#[tokio::test]
async fn a_change_of_a_team_or_of_somebodys_teams_says_who_came_and_who_left() {
    let served = Served::new().await;
    let store = served.app.engine.store();
    for (id, name) in [("u-ada", "Ada"), ("u-bob", "Bob"), ("u-eve", "Eve")] {
        store.add_person(id, name, UserRole::Member, Vec::new(), 1).await.expect("a person");
    }
    let made = served.as_owner(Method::POST, "/teams", r#"{"name":"Shop"}"#).await;
    let team = made.body["id"].as_str().expect("an id").to_owned();
    let details = async |body: Value| {
        let changed = served.as_owner(Method::PATCH, &format!("/teams/{team}"), &body.to_string()).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        trail(&served, 1).await.remove(0).2["details"].clone()
    };
    let first = details(json!({ "add": ["u-ada", "u-bob"] })).await;
    assert_eq!(first, json!({ "members_added": "Ada (u-ada), Bob (u-bob)" }));
    let second = details(json!({ "name": "Shops", "add": ["u-eve"], "remove": ["u-ada"] })).await;
    assert_eq!(second, json!({ "name": "Shops", "members_added": "Eve (u-eve)", "members_removed": "Ada (u-ada)" }));
    assert_eq!(details(json!({ "add": ["u-bob", "u-eve"], "remove": ["u-ada"] })).await, json!({}), "the same again");
    let changed = served.as_owner(Method::PATCH, "/people/u-eve", r#"{"teams":[]}"#).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(trail(&served, 1).await[0].2["details"], json!({ "teams_removed": format!("Shops ({team})") }));
}

#[tokio::test]
async fn an_export_has_every_entry_in_both_formats() {
    let served = Served::new().await;
    for number in 0..5 {
        let body = json!({ "name": format!("Team \"{number}\", the") }).to_string();
        assert_eq!(served.as_owner(Method::POST, "/teams", &body).await.status, StatusCode::CREATED);
    }
    let all = trail(&served, 200).await.len();
    let export = async |format: &str| {
        let answer = served.as_owner(Method::GET, &format!("/audit/export?format={format}"), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        assert!(!answer.headers.contains_key("x-jac-next"), "it is whole");
        answer.body.as_str().expect("text").to_owned()
    };
    let lines: Vec<Value> =
        export("jsonl").await.lines().map(|line| serde_json::from_str(line).expect("an entry a line")).collect();
    assert_eq!(lines.len(), all);
    assert_eq!(lines[0]["thing_name"], "Team \"4\", the", "the newest first");
    assert_eq!(export("csv").await.lines().count(), all + 1, "and a header");
}

/// A plan that can be run.
async fn plan_that_works(served: &Served) -> String {
    let plan = served.upload("/plans", &[("a.jmx", crate::checks::LOADED.as_bytes())]).await;
    plan.body["id"].as_str().expect("an id").to_owned()
}

#[tokio::test]
async fn a_run_on_a_new_cluster_is_recorded_with_its_id_also_when_the_caller_has_gone() {
    let served = Served::new().await;
    let plan = plan_that_works(&served).await;
    let config = json!({ "workers": 2, "heap_mb": null, "lifetime_minutes": 60, "idle_minutes": null, "ec2": {} });
    let body = json!({ "plan_id": plan, "new_cluster": { "name": "for it", "provider": "ec2", "config": config } });
    let store = served.app.engine.store();
    let gone = async {
        while store.living_clusters().await.expect("clusters").is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let body = body.to_string();
    let asked = served.as_owner(Method::POST, "/runs", &body);
    // The cluster exists, and its run may not yet.
    timeout(LIMIT, async {
        tokio::select! {
            biased;
            () = gone => (),
            answer = asked => assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body),
        }
    })
    .await
    .expect("a cluster");
    let run = timeout(LIMIT, async {
        loop {
            if let Some((_, _, entry)) = trail(&served, 1).await.pop().filter(|(action, _, _)| action == "run.create") {
                let id = entry["thing"].as_str().expect("an id").parse().expect("an id");
                break store.run(&id).await.expect("the run").run;
            }
        }
    });
    let run = run.await.expect("the run and its entry");
    let entries = trail(&served, 2).await;
    let found: Vec<_> = entries
        .iter()
        .map(|(action, outcome, entry)| (action.as_str(), outcome.as_str(), entry["thing"].as_str().unwrap_or("-")))
        .collect();
    let cluster = run.cluster_id.to_string();
    assert_eq!(found, [("run.create", "done", run.id.as_str()), ("cluster.create", "done", cluster.as_str())]);
    assert_eq!(entries[0].2["details"]["cluster"], cluster.as_str(), "{}", entries[0].2);
}

#[tokio::test]
async fn a_run_that_is_refused_by_a_busy_cluster_is_never_recorded_as_done() {
    let served = Served::new().await;
    let plan = plan_that_works(&served).await;
    let (theirs, _) = others(&served).await;
    let store = served.app.engine.store();
    let like = store.cluster(&theirs.parse().expect("an id")).await.expect("a cluster");
    let busy = Cluster {
        id: "c-33333333".parse().expect("an id"),
        owner: administrator(),
        phase: ClusterPhase::Ready,
        current_run: Some("r-22222222".parse().expect("an id")),
        ..like
    };
    store.insert_cluster(&busy).await.expect("written");
    let body = json!({ "plan_id": plan, "cluster_id": busy.id }).to_string();
    let refused = served.as_owner(Method::POST, "/runs", &body).await;
    assert_eq!(refused.refusal(), (StatusCode::CONFLICT, "conflict"), "{}", refused.body);
    let entries = trail(&served, 2).await;
    assert_eq!((entries[0].0.as_str(), entries[0].1.as_str()), ("run.create", "failed"), "{}", entries[0].2);
    assert_ne!(entries[1].0, "run.create", "{}", entries[1].2);
    assert!(store.unfinished_runs().await.expect("runs").is_empty(), "nothing was written down");
}

#[tokio::test]
async fn nobody_fills_the_trail_with_long_texts_or_with_links_that_are_none() {
    let served = Served::new().await;
    let (_, run) = with_things(&served, "u-ada", "Ada").await;
    let text = "x".repeat(1 << 20);
    let refused =
        served.as_owner(Method::POST, &format!("/runs/{run}/annotations"), &json!({ "text": text }).to_string()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let entry = trail(&served, 1).await.remove(0).2;
    assert_eq!(entry["details"]["text"].as_str().map(|text| text.chars().count()), Some(200), "{entry}");

    let before = trail(&served, 200).await.len();
    let mut answers = Vec::new();
    for _ in 0..14 {
        let request = Request::post("/api/v1/session").header("content-type", "application/json");
        let mut request = request.body(r#"{"token":"none"}"#.into()).expect("a request");
        request.extensions_mut().insert(Peer("192.0.2.1".parse().expect("an address")));
        answers.push(served.send(request).await.status);
    }
    assert!(answers.starts_with(&[StatusCode::UNAUTHORIZED; 10]), "{answers:?}");
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
    let added = trail(&served, 200).await.len() - before;
    assert_eq!(added, answers.iter().filter(|status| **status == StatusCode::UNAUTHORIZED).count());
}
