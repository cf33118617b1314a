//! What the audit trail says of changes that take many steps, or change many things, and how it is taken out.

use crate::served::{Answer, Served};
use crate::things::owned;
use http::{Method, StatusCode};
use jac_model::UserRole;
use serde_json::{Value, json};

/// Somebody with things of theirs.
async fn with_things(served: &Served, id: &str, name: &str) -> (String, String) {
    let store = served.app.engine.store();
    let ada = store.add_person(id, name, UserRole::Member, Vec::new(), 1).await.expect("a person").person();
    let (_, plan, run) = owned(served, 0, &ada, None).await;
    (plan.to_string(), run.to_string())
}

/// The newest entries, the newest first, as action, outcome and code.
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
    // What describes her plan cannot be written: a folder is in its place.
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
