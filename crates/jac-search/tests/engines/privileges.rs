//! Credentials that are accepted and may not do enough: found out by the test of a target, before a run.
//!
//! The engines here have no security. A gate before them answers as Elasticsearch's `_has_privileges` is documented to, and refuses
//! requests as OpenSearch's security plugin does.

use crate::engine::Engine;
use crate::gate::{Gate, Rules};
use crate::{ELASTICSEARCH_8, OPENSEARCH_2, made, settings};
use jac_search::{Layout, Settings};
use reqwest::Method;
use serde_json::{Value, json};

/// An index for each run: Elasticsearch's minimal distribution has no data streams.
const INDICES: &str = "jmeter.sample-default-*";

/// Documented answer, with these privileges missing.
fn told(lacks: &[&str]) -> Value {
    let has = |name: &str| !lacks.contains(&name);
    let index =
        ["create_doc", "read", "maintenance", "auto_configure", "create_index", "delete_index", "view_index_metadata"];
    let index: serde_json::Map<String, Value> =
        index.iter().map(|name| ((*name).to_owned(), has(name).into())).collect();
    json!({ "username": "jac", "has_all_requested": false, "application": {},
        "cluster": { "manage_index_templates": has("manage_index_templates") }, "index": { INDICES: index } })
}

#[tokio::test(flavor = "multi_thread")]
async fn elasticsearch_says_what_the_credentials_lack() {
    let Some(engine) = Engine::start(ELASTICSEARCH_8, "").await else { return };
    let test = async |lacks: &[&str]| {
        let gate = Gate::before(engine.port(), Rules { privileges: Some(told(lacks)), ..Rules::default() }).await;
        made(Settings { layout: Layout::IndexPerRun, ..settings(&gate.url) }).test().await
    };
    // The template is not there yet.
    for lacks in [
        &["create_doc"][..],
        &["read"],
        &["maintenance"],
        &["auto_configure", "create_index"],
        &["manage_index_templates"],
    ] {
        let missing = test(lacks).await.expect_err("not enough");
        assert_eq!(missing.code, "search_privileges_missing", "{lacks:?}: {}", missing.message);
        assert!(missing.message.contains(lacks[0]) && missing.message.contains(INDICES), "{}", missing.message);
    }
    assert_eq!(test(&["auto_configure"]).await.expect("the other one is enough").notes, [""; 0]);
    assert_eq!(test(&["delete_index"]).await.expect("enough to ship").notes.len(), 1);
    // Nothing was made by asking.
    let indices = async || engine.ask(Method::GET, "_cat/indices?format=json&h=index", Value::Null).await;
    assert_eq!(indices().await, json!([]));
    // Without security it is tried out, and then the template is there.
    let tried = made(Settings { layout: Layout::IndexPerRun, ..settings(&engine.url()) }).test().await;
    assert_eq!(tried.expect("it takes everything").notes, [""; 0]);
    assert_eq!(indices().await, json!([]));
    test(&["manage_index_templates"]).await.expect("not needed any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_refuses_a_step_of_shipping_is_reported_and_nothing_is_stored_by_the_test() {
    let Some(engine) = Engine::start(OPENSEARCH_2, "").await else { return };
    for layout in [Layout::DataStream, Layout::IndexPerRun] {
        let test = async |denies: Vec<&'static str>| {
            let gate = Gate::before(engine.port(), Rules { denies, ..Rules::default() }).await;
            made(Settings { layout, ..settings(&gate.url) }).test().await
        };
        for step in ["PUT /_component_template", "/_bulk", "/_count"] {
            let missing = test(vec![step]).await.expect_err("not enough");
            assert_eq!(missing.code, "search_privileges_missing", "{layout:?} {step}: {}", missing.message);
            let _gone = engine.ask(Method::DELETE, "_index_template/jac-*", Value::Null).await;
        }
        assert_eq!(test(vec!["/_refresh"]).await.expect("it is only late").notes.len(), 1);
        assert_eq!(test(Vec::new()).await.expect("everything").notes, [""; 0]);
    }
    let deleted = engine.ask(Method::GET, "jmeter.sample*,logs-jmeter*/_count", Value::Null).await;
    assert_eq!(deleted["count"], 0, "{deleted}");
    let indices = engine.ask(Method::GET, "_cat/indices?format=json&h=index", Value::Null).await;
    let left = |index: &Value| index["index"].as_str().is_some_and(|name| name.contains("privileges"));
    assert!(!indices.as_array().expect("a list").iter().any(left), "{indices}");
}
