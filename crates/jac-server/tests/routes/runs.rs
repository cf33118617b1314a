//! Starting runs over HTTP: what is rejected before anything is created, and what a run's page needs to start it again.

use crate::served::Served;
use crate::things::{others, run};
use http::{Method, StatusCode};
use jac_engine::administrator;
use jac_model::{Cluster, ClusterPhase, Run};
use serde_json::json;

#[tokio::test]
async fn a_masked_value_is_never_taken_for_the_value() {
    let served = Served::new().await;
    let store = served.app.engine.store();
    let (theirs, _) = others(&served).await;
    let like = store.cluster(&theirs.parse().expect("an id")).await.expect("a cluster");
    let id = "c-33333333".parse().expect("an id");
    let mine = Cluster { id, owner: administrator(), phase: ClusterPhase::Ready, ..like };
    store.insert_cluster(&mine).await.expect("written");
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].as_str().expect("an id").to_owned();
    let copied = json!({
        "cluster_id": mine.id, "plan_id": plan,
        "properties": {"password": "***", "threads": "2"}, "system_properties": {"pin": "***"}, "secret": ["pin"],
    });
    let refused = served.as_owner(Method::POST, "/runs", &copied.to_string()).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "run_invalid"), "{}", refused.body);
    let faults = refused.body["error"]["faults"].as_array().expect("faults");
    let found: Vec<_> = faults.iter().map(|fault| (fault["field"].as_str(), fault["code"].as_str())).collect();
    let missing = Some("secret_missing");
    assert_eq!(found, [(Some("/properties"), missing), (Some("/system_properties"), missing)]);
}

#[tokio::test]
async fn a_run_names_the_properties_files_that_it_reads() {
    let served = Served::new().await;
    let like = run(&served, "r-22222222", &administrator()).await;
    let id = "r-33333333".parse().expect("an id");
    let other = Run { id, properties_files: vec!["shop.properties".to_owned()], ..like };
    served.app.engine.store().insert_run(&other).await.expect("written");
    let shown = served.as_owner(Method::GET, "/runs/r-33333333", "").await;
    assert_eq!(shown.body["properties_files"], json!(["shop.properties"]));
}

#[tokio::test]
async fn a_run_may_have_a_cluster_of_its_own_which_is_created_only_for_a_run_that_works() {
    let served = Served::new().await;
    let upload = async |plan: &[u8]| {
        served.upload("/plans", &[("a.jmx", plan)]).await.body["id"].as_str().expect("an id").to_owned()
    };
    let (works, does_nothing) = (upload(crate::checks::LOADED.as_bytes()).await, upload(crate::PLAN).await);
    let config = json!({ "workers": 2, "heap_mb": null, "lifetime_minutes": 60, "idle_minutes": null, "ec2": {} });
    let cluster = json!({ "name": "for one run", "provider": "ec2", "config": config });
    let start = async |body: &serde_json::Value| served.as_owner(Method::POST, "/runs", &body.to_string()).await;
    let clusters = async || served.as_owner(Method::GET, "/clusters?ended=true", "").await.body["items"].clone();
    let faults = |answer: &crate::served::Answer| -> Vec<String> {
        let faults = answer.body["error"]["faults"].as_array().cloned().unwrap_or_default();
        faults
            .iter()
            .map(|fault| {
                format!("{} {}", fault["field"].as_str().unwrap_or("-"), fault["code"].as_str().unwrap_or("-"))
            })
            .collect()
    };
    let refused = start(&json!({ "plan_id": works })).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "run_invalid"));
    assert_eq!(faults(&refused), ["/cluster_id cluster_missing"]);
    let (theirs, _) = others(&served).await;
    let own = served.app.engine.store().cluster(&theirs.parse().expect("an id")).await.expect("a cluster");
    let id = "c-33333333".parse().expect("an id");
    let own = Cluster { id, owner: administrator(), phase: ClusterPhase::Ready, ..own };
    served.app.engine.store().insert_cluster(&own).await.expect("written");
    let before = clusters().await;
    let both = start(&json!({ "plan_id": works, "cluster_id": own.id, "new_cluster": cluster })).await;
    assert_eq!(faults(&both), ["/new_cluster conflicting"]);
    let refused = start(&json!({ "plan_id": does_nothing, "new_cluster": cluster })).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "plan_check"), "{}", refused.body);
    let mut wrong = cluster.clone();
    wrong["config"]["lifetime_minutes"] = json!(0);
    let refused = start(&json!({ "plan_id": works, "new_cluster": wrong })).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "cluster_invalid"));
    assert!(faults(&refused)[0].starts_with("/new_cluster/config/lifetime_minutes "), "{:?}", faults(&refused));
    let refused = start(&json!({ "plan_id": works, "new_cluster": cluster, "min_workers": 7 })).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "run_invalid"));
    assert_eq!(clusters().await, before, "nothing is created for a run that cannot be");

    let started = start(&json!({ "plan_id": works, "new_cluster": cluster, "share": { "threads": 100 } })).await;
    assert_eq!(started.status, StatusCode::ACCEPTED, "{}", started.body);
    assert_eq!((&started.body["phase"], &started.body["total_threads"]), (&json!("queued"), &json!(100)));
    let id = started.body["cluster"]["id"].as_str().expect("a cluster").parse().expect("an id");
    let made = served.app.engine.store().cluster(&id).await.expect("a cluster");
    assert_eq!((made.name.as_str(), made.config.remove_after_run), ("for one run", true));
    assert_eq!(made.config.idle_minutes, Some(15), "one that no run comes to does not stay");
    assert_eq!(made.current_run.map(|run| run.to_string()).as_deref(), started.body["id"].as_str());
}

#[tokio::test]
async fn a_part_of_a_runs_time_may_begin_before_all_time() {
    let served = Served::new().await;
    run(&served, "r-22222222", &administrator()).await;
    let all = format!("/runs/r-22222222/live/window?from_ms={}&to_ms={}", i64::MIN, i64::MAX);
    assert_eq!(served.as_owner(Method::GET, &all, "").await.status, StatusCode::OK);
    let none = format!("/runs/r-22222222/live/window?from_ms={}&to_ms=-1", i64::MIN);
    assert_eq!(served.as_owner(Method::GET, &none, "").await.refusal(), (StatusCode::BAD_REQUEST, "interval_empty"));
}
