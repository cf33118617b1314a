//! The templates from which the samples' data stream or indices are created. JAC's own are written if they are missing
//! or from an older JAC; the team's (`jac@custom`) is created empty once and never changed again.

use crate::document::{NAME_LENGTH, TEXT_LENGTH};
use crate::http::{Http, Payload};
use crate::settings::{Layout, Settings};
use jac_model::search::TargetError;
use reqwest::Method;
use serde_json::{Value, json};

/// Raised when a template changes.
const VERSION: u64 = 2;
/// Higher than the priority of the templates that come with Elasticsearch: `logs-*-*` has 100, and would enable a
/// pipeline and the failure store.
const PRIORITY: u64 = 500;
const MAPPINGS: &str = "jac-mappings";
const SETTINGS: &str = "jac-settings";
/// For settings and fields of the team's own.
const CUSTOM: &str = "jac@custom";

/// Ensures that the templates exist.
pub(crate) async fn prepare(http: &Http, settings: &Settings, layout: Layout) -> Result<(), TargetError> {
    let (path, there) = find(http, settings, layout).await;
    match there {
        Ok(Some(known)) if known.version >= VERSION => return Ok(()),
        Ok(_) => (),
        // Credentials that may write samples need not be allowed to read templates: either they exist, or the first row fails.
        Err(error) if error.code == "search_denied" => return Ok(()),
        Err(error) => return Err(error),
    }
    put(http, &format!("_component_template/{MAPPINGS}"), &component(mappings())).await?;
    put(http, &format!("_component_template/{SETTINGS}"), &component(json!({ "settings": index_settings() }))).await?;
    let custom = format!("_component_template/{CUSTOM}");
    if !is_there(http, &custom).await? {
        put(
            http,
            &custom,
            &json!({ "template": {}, "_meta": { "description": "Settings and fields of your own for JAC's samples" } }),
        )
        .await?;
    }
    put(http, &path, &index_template(settings, layout)).await
}

/// Whether the index template is missing, or from an older JAC. An unreadable one is assumed to exist.
pub(crate) async fn is_missing(http: &Http, settings: &Settings, layout: Layout) -> Result<bool, TargetError> {
    match find(http, settings, layout).await.1 {
        Ok(known) => Ok(known.is_none_or(|known| known.version < VERSION)),
        Err(error) if error.code == "search_denied" => Ok(false),
        Err(error) => Err(error),
    }
}

/// The path of the index template, and the existing one.
async fn find(http: &Http, settings: &Settings, layout: Layout) -> (String, Result<Option<Known>, TargetError>) {
    let mut path = format!("_index_template/jac-{}", settings.index_name(layout));
    let mut there = known(http, &path).await;
    // Both layouts may have the same name, and indices created from the other layout's template keep it.
    if matches!(&there, Ok(Some(known)) if known.layout.is_some_and(|known| known != layout)) {
        path = format!("{path}-{}", layout.word());
        there = known(http, &path).await;
    }
    (path, there)
}

/// An existing index template.
struct Known {
    version: u64,
    /// What it creates; `None`: not specified.
    layout: Option<Layout>,
}

/// An index template; `None`: it does not exist.
async fn known(http: &Http, path: &str) -> Result<Option<Known>, TargetError> {
    let answer = http.send(Method::GET, path, None).await.map_err(|silence| silence.error)?;
    match answer.status.as_u16() {
        404 => Ok(None),
        200..300 => {
            let answer: Value = answer.json()?;
            let template = answer.pointer("/index_templates/0/index_template");
            let version = template.and_then(|template| template.get("version")?.as_u64()).unwrap_or(0);
            let layout = template.map(|template| match template.get("data_stream") {
                Some(_) => Layout::DataStream,
                None => Layout::IndexPerRun,
            });
            Ok(Some(Known { version, layout }))
        }
        _ => Err(answer.fault()),
    }
}

async fn is_there(http: &Http, path: &str) -> Result<bool, TargetError> {
    let answer = http.send(Method::GET, path, None).await.map_err(|silence| silence.error)?;
    match answer.status.as_u16() {
        404 => Ok(false),
        200..300 => Ok(true),
        _ => Err(answer.fault()),
    }
}

async fn put(http: &Http, path: &str, body: &Value) -> Result<(), TargetError> {
    http.call(Method::PUT, path, Some(&Payload::json(body))).await.map(drop).map_err(|error| match error.code {
        "search_refused" => {
            TargetError::new("search_template_refused", format!("The template {path} was rejected. {}", error.message))
        }
        _ => error,
    })
}

fn component(template: Value) -> Value {
    json!({ "template": template, "version": VERSION, "_meta": { "managed_by": "jac" } })
}

fn index_template(settings: &Settings, layout: Layout) -> Value {
    let mut template = json!({
        "index_patterns": [settings.index_pattern(layout)],
        "priority": PRIORITY,
        "composed_of": [MAPPINGS, SETTINGS, CUSTOM],
        "version": VERSION,
        "_meta": { "managed_by": "jac", "description": "Samples of JMeter's runs" },
    });
    if layout == Layout::DataStream {
        template["data_stream"] = json!({});
    }
    template
}

fn index_settings() -> Value {
    // One copy if there is only one machine: otherwise the cluster would permanently be yellow.
    json!({ "index": { "codec": "best_compression", "refresh_interval": "5s", "auto_expand_replicas": "0-1" } })
}

/// The names of all fields that can be searched.
#[cfg(test)]
pub(crate) fn field_names() -> std::collections::BTreeSet<String> {
    fn add(prefix: &str, properties: &Value, names: &mut std::collections::BTreeSet<String>) {
        for (name, field) in properties.as_object().into_iter().flatten() {
            match field.get("properties") {
                Some(below) => add(&format!("{prefix}{name}."), below, names),
                None => drop(names.insert(format!("{prefix}{name}"))),
            }
        }
    }
    let mut names = std::collections::BTreeSet::new();
    add("", &mappings()["mappings"]["properties"], &mut names);
    names
}

/// The types of the fields. Other fields are stored, but not searchable: each additional field costs memory in every
/// index.
fn mappings() -> Value {
    let keyword = || json!({ "type": "keyword", "ignore_above": NAME_LENGTH });
    let long_text = || json!({ "type": "keyword", "ignore_above": TEXT_LENGTH });
    let long = || json!({ "type": "long" });
    let fields = |fields: Value| json!({ "properties": fields });
    json!({ "mappings": {
        "dynamic": false,
        "dynamic_templates": [{ "labels": { "path_match": "labels.*", "match_mapping_type": "string", "mapping": keyword() } }],
        "properties": {
            "@timestamp": { "type": "date" },
            "ecs": fields(json!({ "version": keyword() })),
            "data_stream": fields(json!({ "type": keyword(), "dataset": keyword(), "namespace": keyword() })),
            "event": fields(json!({ "kind": keyword(), "dataset": keyword(), "outcome": keyword(), "duration": long() })),
            "http": fields(json!({
                "request": fields(json!({ "bytes": long() })),
                "response": fields(json!({ "bytes": long(), "status_code": long() })),
            })),
            "url": fields(json!({ "full": long_text() })),
            "error": fields(json!({ "message": long_text() })),
            "host": fields(json!({ "name": keyword() })),
            "process": fields(json!({ "thread": fields(json!({ "name": keyword() })) })),
            "service": fields(json!({ "name": keyword() })),
            "user": fields(json!({ "name": keyword() })),
            "labels": { "type": "object", "dynamic": true },
            "run": fields(json!({ "id": keyword(), "name": keyword(), "plan": keyword(), "cluster": keyword(), "source": long() })),
            "jmeter": fields(json!({
                "label": keyword(), "form": long(), "position": long(), "transaction": { "type": "boolean" }, "sample_count": long(),
                "error_count": long(), "elapsed_ms": long(), "latency_ms": long(), "connect_ms": long(), "response_code": keyword(),
                "response_message": long_text(), "failure_message": long_text(), "hostname": keyword(),
                "url_is_null": { "type": "boolean" }, "too_long": { "type": "boolean" }, "thread_group": keyword(), "group_threads": long(), "all_threads": long(),
            })),
        },
    } })
}
