//! Credentials, forecasts, and machines that cost money.

use crate::rented::instance;
use crate::served::{Answer, Served};
use http::{Method, StatusCode};
use jac_model::Role;
use jac_model::ports::Unseen;

const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
const CLUSTER: &str = r#"{"provider":"ec2","config":{"workers":2,"heap_mb":null,"lifetime_minutes":60,"idle_minutes":null,"remove_after_run":false,"ec2":{}}}"#;

fn message(answer: &Answer) -> &str {
    answer.body["error"]["message"].as_str().unwrap_or_default()
}

async fn save(served: &Served) {
    let body =
        format!(r#"{{"access_key_id":"AKIAIOSFODNN7EXAMPLE","secret_access_key":"{SECRET}","region":"eu-central-1"}}"#);
    let saved = served.as_owner(Method::PUT, "/credentials/aws", &body).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    assert_eq!(saved.body["saved"]["access_key_id"], "AKIA…MPLE");
    assert!(!saved.body.to_string().contains(SECRET) && !saved.body.to_string().contains("IOSFODNN7"));
}

#[tokio::test]
async fn credentials_go_in_and_never_come_out() {
    let served = Served::new().await;
    let none = served.as_owner(Method::GET, "/credentials/aws", "").await;
    assert_eq!((none.status, &none.body["saved"]), (StatusCode::OK, &serde_json::Value::Null));
    save(&served).await;
    let shown = served.as_owner(Method::GET, "/credentials/aws", "").await.body;
    assert_eq!(
        (&shown["saved"]["kind"], &shown["saved"]["region"], &shown["saved"]["has_session_token"]),
        (&"keys".into(), &"eu-central-1".into(), &false.into())
    );
    assert!(!shown.to_string().contains(SECRET));
    let bad = served
        .as_owner(Method::PUT, "/credentials/aws", r#"{"access_key_id":"A B","role_arn":"me","region":"Here"}"#)
        .await;
    assert_eq!(bad.status, StatusCode::BAD_REQUEST);
    assert_eq!(bad.body["error"]["details"].as_array().map(Vec::len), Some(4), "{}", bad.body);
    let unknown = served.as_owner(Method::PUT, "/credentials/aws", &format!(r#"{{"secret":"{SECRET}"}}"#)).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(!unknown.body.to_string().contains(SECRET), "{}", unknown.body);
    assert_eq!(served.as_owner(Method::DELETE, "/credentials/aws", "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(served.as_owner(Method::GET, "/credentials/aws", "").await.body["saved"], serde_json::Value::Null);
}

#[tokio::test]
async fn credentials_stay_while_a_cluster_lives_that_was_made_with_them() {
    let served = Served::new().await;
    let without = served.as_owner(Method::POST, "/clusters", CLUSTER).await;
    assert_eq!(without.status, StatusCode::ACCEPTED, "{}", without.body);
    assert_eq!(without.body["config"]["ec2"]["credentials"], "environment", "none are saved");
    save(&served).await;
    let with = served.as_owner(Method::POST, "/clusters", CLUSTER).await;
    assert_eq!(with.body["config"]["ec2"]["credentials"], "saved");
    let refused = served.as_owner(Method::DELETE, "/credentials/aws", "").await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let (with, without) = (with.body["id"].as_str().expect("an id"), without.body["id"].as_str().expect("an id"));
    assert!(message(&refused).contains(with) && !message(&refused).contains(without), "{}", refused.body);
    assert!(refused.body["error"]["hint"].is_string());
    save(&served).await;
}

#[tokio::test]
async fn a_forecast_tells_faults_and_price_and_makes_nothing() {
    let served = Served::new().await;
    let good = served.as_owner(Method::POST, "/clusters/forecast", CLUSTER).await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.body);
    assert_eq!(good.body["faults"], serde_json::json!([]));
    assert_eq!((&good.body["usd_per_hour"], &good.body["notes"][0]), (&1.5.into(), &"The image is debian-12.".into()));
    let bad = CLUSTER.replace(r#""ec2":{}"#, r#""ec2":{"region":"Here","disk_gb":1}"#);
    let bad = served.as_owner(Method::POST, "/clusters/forecast", &bad).await;
    assert_eq!(bad.body["faults"].as_array().map(Vec::len), Some(2), "{}", bad.body);
    *served.rented.failure.lock().expect("no panic") = Some("no credentials were found".to_owned());
    let down = served.as_owner(Method::POST, "/clusters/forecast", CLUSTER).await;
    assert_eq!((down.status, &down.body["usd_per_hour"]), (StatusCode::OK, &serde_json::Value::Null));
    assert_eq!(down.body["faults"][0], "EC2 could not be asked: no credentials were found.");
    assert_eq!(served.as_owner(Method::GET, "/clusters?ended=true", "").await.body["items"], serde_json::json!([]));
    let defaults = served.as_owner(Method::GET, "/clusters/defaults?provider=ec2", "").await.body;
    assert_eq!(defaults["ec2"]["worker_type"], "c6i.large");
}

/// What is shown of machines once it is what is waited for, or after five seconds: a reconciler looks every two.
async fn machines_when(served: &Served, is_there: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let mut shown = serde_json::Value::Null;
    for _ in 0..100 {
        let answer = served.as_owner(Method::GET, "/machines", "").await;
        assert_eq!(answer.status, StatusCode::OK);
        shown = answer.body;
        if is_there(&shown) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    shown
}

#[tokio::test]
async fn machines_that_no_row_knows_are_orphans_to_be_ended_or_adopted() {
    let served = Served::new().await;
    let theirs = crate::things::others(&served).await.0;
    *served.rented.instances.lock().expect("no panic") = vec![
        instance(&theirs, "worker-1", Role::Worker),
        instance("c-77777777", "worker-1", Role::Worker),
        instance("c-99999999", "master", Role::Master),
    ];
    let shown = machines_when(&served, |shown| shown["machines"] != serde_json::json!([])).await;
    let machines = shown["machines"].as_array().expect("machines");
    let orphans: Vec<&str> = machines
        .iter()
        .filter(|machine| machine["orphan"] == true)
        .filter_map(|machine| machine["cluster_id"].as_str())
        .collect();
    assert_eq!(orphans, ["c-99999999", "c-77777777"]);
    let known = machines.iter().find(|machine| machine["orphan"] == false);
    // The row of that cluster has ended, so its machine may have been ended already.
    assert!(known.is_none_or(|machine| machine["cluster_name"] == "theirs"), "{known:?}");

    let headless = served.as_owner(Method::POST, "/orphans/c-77777777/adopt", "").await;
    assert_eq!(headless.status, StatusCode::CONFLICT, "{}", headless.body);
    assert!(message(&headless).contains("master"), "{}", headless.body);
    for (method, path) in [
        (Method::POST, "/orphans/c-88888888/adopt"),
        (Method::DELETE, "/orphans/c-88888888"),
        (Method::DELETE, "/orphans/..%2f"),
    ] {
        let unknown = served.as_owner(method, path, "").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{path}: {}", unknown.body);
    }
    let ours = served.as_owner(Method::DELETE, &format!("/orphans/{theirs}"), "").await;
    assert_eq!(ours.status, StatusCode::CONFLICT, "it has a row");
    assert_eq!(served.as_owner(Method::DELETE, "/orphans/c-77777777", "").await.status, StatusCode::NO_CONTENT);
    let left = served.as_owner(Method::GET, "/machines", "").await.body;
    assert!(!left.to_string().contains("c-77777777"), "{left}");
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_shown_as_such() {
    let served = Served::new().await;
    *served.rented.failure.lock().expect("no panic") = Some("the token has expired".to_owned());
    let shown = machines_when(&served, |shown| shown["unreachable"] != serde_json::json!([])).await;
    assert_eq!(
        shown["unreachable"],
        serde_json::json!([{"provider": "ec2", "region": null, "reason": "EC2 could not be asked: the token has expired."}])
    );
    let orphan = served.as_owner(Method::DELETE, "/orphans/c-88888888", "").await;
    assert_ne!(orphan.status, StatusCode::NOT_FOUND, "it may have it");
}

#[tokio::test]
async fn a_region_that_cannot_be_looked_at_is_shown_as_such_and_what_was_seen_there_stays_shown() {
    let served = Served::new().await;
    let mut elsewhere = instance("c-99999999", "master", Role::Master);
    elsewhere.rented.as_mut().expect("it costs money").region = "eu-west-3".to_owned();
    *served.rented.instances.lock().expect("no panic") = vec![elsewhere];
    let shown = machines_when(&served, |shown| shown["machines"] != serde_json::json!([])).await;
    assert_eq!(shown["unreachable"], serde_json::json!([]));
    *served.rented.unseen.lock().expect("no panic") = vec![Unseen {
        region: "eu-west-3".to_owned(),
        reason: "AWS in eu-west-3 does not answer: it is cut off".to_owned(),
    }];
    let shown = machines_when(&served, |shown| shown["unreachable"] != serde_json::json!([])).await;
    let reason = "AWS in eu-west-3 does not answer: it is cut off.";
    assert_eq!(shown["unreachable"], serde_json::json!([{"provider": "ec2", "region": "eu-west-3", "reason": reason}]));
    assert_eq!(shown["machines"].as_array().map(Vec::len), Some(1), "{shown}");
    let orphan = served.as_owner(Method::DELETE, "/orphans/c-88888888", "").await;
    assert_ne!(orphan.status, StatusCode::NOT_FOUND, "that region may have it");
}
