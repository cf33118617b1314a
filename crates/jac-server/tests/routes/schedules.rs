//! Schedules over HTTP: errors and their fields, ownership, and entries in the audit trail.

use crate::served::{Answer, Served};
use crate::things::others;
use http::{Method, StatusCode};
use jac_model::UserRole;
use serde_json::{Value, json};

fn body(plan: &str, change: impl FnOnce(&mut Value)) -> String {
    let mut new = json!({
        "name": "nightly", "plan_id": plan, "on": {"kind": "new", "provider": "local", "config": {"workers": 2}},
        "timing": {"kind": "cron", "expression": "0 3 * * *", "zone": "europe/berlin"},
    });
    change(&mut new);
    new.to_string()
}

fn fields(answer: &Answer) -> Vec<(String, String)> {
    let text = |fault: &Value, key: &str| fault[key].as_str().unwrap_or_default().to_owned();
    let faults = answer.body["error"]["faults"].as_array().expect("faults");
    faults.iter().map(|fault| (text(fault, "field"), text(fault, "code"))).collect()
}

#[tokio::test]
async fn a_schedule_is_created_looked_at_changed_and_deleted() {
    let served = Served::new().await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].as_str().expect("an id").to_owned();
    let made = served.as_owner(Method::POST, "/schedules", &body(&plan, |_| ())).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.body["timing"]["zone"], "Europe/Berlin", "as JAC spells it");
    assert_eq!(made.body["on"]["config"]["remove_after_run"], true);
    let next = made.body["next"].as_array().expect("times");
    assert_eq!(next.len(), 5);
    assert!(
        next.iter().all(|time| time["local"].as_str().is_some_and(|local| local.contains("T03:00:00+0"))),
        "{next:?}"
    );
    let path = format!("/schedules/{}", made.body["id"].as_str().expect("an id"));
    assert_eq!(served.as_owner(Method::GET, &path, "").await.body["last"], Value::Null);
    for (query, count) in [("?owner=me", 1), ("?owner=u-other", 0), ("?state=paused", 0), ("?text=night", 1)] {
        let listed = served.as_owner(Method::GET, &format!("/schedules{query}"), "").await;
        assert_eq!(listed.body["items"].as_array().map(Vec::len), Some(count), "{query}: {}", listed.body);
    }
    let stale = body(&plan, |new| new["revision"] = json!(7));
    assert_eq!(served.as_owner(Method::PUT, &path, &stale).await.status, StatusCode::CONFLICT);
    let once = json!({"kind": "once", "at": "2199-01-01T00:00", "zone": "UTC"});
    let saved = served.as_owner(Method::PUT, &path, &body(&plan, |new| new["timing"] = once)).await;
    assert_eq!(
        (saved.status, saved.body["next"].as_array().map(Vec::len)),
        (StatusCode::OK, Some(1)),
        "{}",
        saved.body
    );
    let paused = served.as_owner(Method::POST, &format!("{path}/pause"), "{}").await;
    assert_eq!((paused.body["state"].as_str(), &paused.body["next"]), (Some("paused"), &json!([])));
    let resumed = served.as_owner(Method::POST, &format!("{path}/resume"), "{}").await;
    assert_eq!(resumed.body["state"], "active");
    assert_eq!(served.as_owner(Method::DELETE, &path, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(served.as_owner(Method::GET, &path, "").await.refusal(), (StatusCode::NOT_FOUND, "not_found"));
    let audit = served.as_owner(Method::GET, "/audit?limit=50", "").await.body;
    let actions: Vec<&str> = audit["items"]
        .as_array()
        .expect("entries")
        .iter()
        .filter(|entry| entry["outcome"] == "done")
        .filter_map(|entry| entry["action"].as_str()?.strip_prefix("schedule."))
        .collect();
    assert_eq!(actions, ["delete", "resume", "pause", "save", "create"]);
}

#[tokio::test]
async fn what_cannot_work_is_refused_with_its_fields_all_at_once() {
    let served = Served::new().await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].as_str().expect("an id").to_owned();
    let wrong = body(&plan, |new| {
        new["name"] = json!("a\u{202E}b");
        new["timing"]["expression"] = json!("61 * * * *");
        new["on"]["config"]["workers"] = json!(1000);
        new["run"] = json!({"criteria": ["fast"], "stop_timeout_s": 1_000_000});
    });
    let refused = served.as_owner(Method::POST, "/schedules", &wrong).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "schedule_invalid"));
    let fault = |field: &str, code: &str| (field.to_owned(), code.to_owned());
    assert_eq!(
        fields(&refused),
        [
            fault("/timing/expression", "cron_invalid"),
            fault("/name", "name_invalid"),
            fault("/on/config/workers", "out_of_range"),
            fault("/run/criteria/0", "malformed"),
            fault("/run/stop_timeout_s", "out_of_range"),
        ]
    );
    for (run, field, code) in [
        (json!({"share": {"threads": 1}}), "/run/share", "share_too_small"),
        (json!({"min_workers": 1}), "/run/min_workers", "min_workers_needs_direct"),
        (json!({"min_workers": 3, "results": "direct"}), "/run/min_workers", "out_of_range"),
    ] {
        let refused = served.as_owner(Method::POST, "/schedules", &body(&plan, |new| new["run"] = run)).await;
        assert_eq!(fields(&refused), [fault(field, code)], "of its two workers");
    }
    for (timing, code) in [
        (json!({"kind": "once", "at": "2020-01-01T00:00", "zone": "UTC"}), "no_next_time"),
        (json!({"kind": "cron", "expression": "0 0 30 2 *", "zone": "UTC"}), "no_next_time"),
        (json!({"kind": "cron", "expression": "@daily", "zone": "Mars"}), "zone_unknown"),
    ] {
        let refused = served.as_owner(Method::POST, "/schedules", &body(&plan, |new| new["timing"] = timing)).await;
        assert_eq!(fields(&refused)[0].1, code);
    }
    let preview = served.as_owner(Method::GET, "/schedules/preview?cron=0+3+*+*+*&zone=America/New_York", "").await;
    assert_eq!(preview.body.as_array().map(Vec::len), Some(5), "{}", preview.body);
    let preview = served.as_owner(Method::GET, "/schedules/preview?cron=x", "").await;
    assert_eq!(preview.refusal(), (StatusCode::BAD_REQUEST, "timing_invalid"));
    let preview = served.as_owner(Method::GET, "/schedules/preview", "").await;
    assert_eq!(preview.refusal(), (StatusCode::BAD_REQUEST, "timing_missing"));
}

#[tokio::test]
async fn nobody_schedules_what_they_could_not_start_and_who_saves_it_owns_it() {
    let served = Served::new().await;
    others(&served).await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].as_str().expect("an id").to_owned();
    let store = served.app.engine.store();
    store.add_team("t-1", "Shop").await.expect("made");
    store.add_person("ann", "Ann", UserRole::Member, vec!["t-1".to_owned()], 0).await.expect("added");
    let (cookie, page) = served.sign_in_as("ann").await;
    let as_ann = async |method: Method, path: &str, body: &str| {
        served.call(method, path, &[("cookie", &cookie), ("x-jac-page", &page)], body).await
    };
    let theirs = json!({"kind": "cluster", "cluster_id": "c-22222222"});
    let refused = as_ann(Method::POST, "/schedules", &body(&plan, |new| new["on"] = theirs)).await;
    assert_eq!(refused.refusal(), (StatusCode::FORBIDDEN, "not_owner"));
    let file = body(&plan, |new| new["on"]["config"]["jmeter_home"] = json!("/opt/jmeter"));
    assert_eq!(
        as_ann(Method::POST, "/schedules", &file).await.refusal(),
        (StatusCode::FORBIDDEN, "administrator_only")
    );
    let with_secret = body(&plan, |new| new["run"] = json!({"properties": {"password": "hunter2"}}));
    let made = served.as_owner(Method::POST, "/schedules", &with_secret).await;
    assert_eq!(made.body["run"]["properties"]["password"], "***");
    let path = format!("/schedules/{}", made.body["id"].as_str().expect("an id"));
    assert_eq!(as_ann(Method::PUT, &path, &body(&plan, |_| ())).await.refusal(), (StatusCode::FORBIDDEN, "not_owner"));
    let shared = served.as_owner(Method::PATCH, &format!("{path}/team"), r#"{"team":"t-1"}"#).await;
    assert_eq!(shared.body["team"]["id"], "t-1");
    let masked = body(&plan, |new| new["run"] = json!({"properties": {"password": "***"}}));
    let refused = as_ann(Method::PUT, &path, &masked).await;
    assert_eq!(fields(&refused), [("/run/properties".to_owned(), "secret_missing".to_owned())]);
    let saved = as_ann(Method::PUT, &path, &body(&plan, |_| ())).await;
    assert_eq!((saved.body["owner"]["id"].as_str(), saved.body["revision"].as_u64()), (Some("ann"), Some(2)));
    let audit = served.as_owner(Method::GET, "/audit?limit=1", "").await.body;
    assert_eq!(
        (&audit["items"][0]["action"], &audit["items"][0]["details"]["owner_before"]),
        (&json!("schedule.save"), &json!("Administrator (admin)"))
    );
}

#[tokio::test]
async fn a_run_that_somebody_started_has_no_schedule() {
    let served = Served::new().await;
    let run = crate::things::run(&served, "r-22222222", &jac_engine::administrator()).await;
    let of_run = served.as_owner(Method::GET, &format!("/runs/{}/schedule", run.id), "").await;
    assert_eq!((of_run.status, &of_run.body), (StatusCode::OK, &Value::Null));
    let none = served.as_owner(Method::GET, "/runs/r-33333333/schedule", "").await;
    assert_eq!(none.refusal(), (StatusCode::NOT_FOUND, "not_found"));
}
