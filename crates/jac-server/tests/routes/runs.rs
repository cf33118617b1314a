//! Starting runs over HTTP: what is refused before anything is made, and what a run's page needs to start it again.

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
    let told: Vec<_> = faults.iter().map(|fault| (fault["field"].as_str(), fault["code"].as_str())).collect();
    let missing = Some("secret_missing");
    assert_eq!(told, [(Some("/properties"), missing), (Some("/system_properties"), missing)]);
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
