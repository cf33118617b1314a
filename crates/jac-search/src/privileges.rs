//! The privileges of the credentials at the server, checked before a run needs them.
//!
//! Elasticsearch with security reports them (`_security/user/_has_privileges`). OpenSearch has no such query for index
//! privileges, and a proxy may have rules of its own: there JAC does what a first shipment does, with a document that
//! no index can store, so nothing has to be deleted.

use crate::http::{Http, Payload};
use crate::server::Distribution;
use crate::settings::{Layout, Settings};
use crate::{bulk, template};
use jac_model::search::TargetError;
use reqwest::Method;
use serde::Deserialize;
use serde_json::json;
use std::collections::BTreeMap;

/// Without these no sample can be stored, or samples cannot be counted.
const NEEDED: [&str; 3] = ["create_doc", "read", "maintenance"];
/// One of them is needed to create the data stream or the index.
const CREATING: [&str; 2] = ["auto_configure", "create_index"];
const TEMPLATES: &str = "manage_index_templates";
/// Features that need a privilege that shipping does not need.
const OPTIONAL: [(&str, &str); 3] = [
    ("delete", "`jac search delete` and the removal of duplicate documents do not work"),
    ("view_index_metadata", "the sample search reads the log"),
    ("delete_index", "`jac search delete` does not work"),
];
/// Of each run's own index; JAC deletes this one again.
const TEST_SUFFIX: &str = "privileges-test";

#[derive(Debug, Deserialize)]
struct Privileges {
    has_all_requested: bool,
    #[serde(default)]
    cluster: BTreeMap<String, bool>,
    #[serde(default)]
    index: BTreeMap<String, BTreeMap<String, bool>>,
}

/// Tests whether samples can be stored and counted. Returns what else does not work.
///
/// # Errors
/// `search_privileges_missing`, or any other fault of the target.
pub(crate) async fn check(
    http: &Http,
    settings: &Settings,
    layout: Layout,
    distribution: Distribution,
) -> Result<Vec<String>, TargetError> {
    let told = match distribution {
        Distribution::Elasticsearch => ask(http, settings, layout).await?,
        Distribution::OpenSearch => None,
    };
    match told {
        Some(told) => judge(http, settings, layout, &told).await,
        None => attempt(http, settings, layout).await,
    }
}

/// The privileges that Elasticsearch reports; `None`: it has no security, or does not report them.
async fn ask(http: &Http, settings: &Settings, layout: Layout) -> Result<Option<Privileges>, TargetError> {
    let optional = OPTIONAL.iter().map(|(name, _)| *name);
    let privileges: Vec<&str> = NEEDED.into_iter().chain(CREATING).chain(optional).collect();
    let names = [settings.index_pattern(layout)];
    let asked = json!({ "cluster": [TEMPLATES], "index": [{ "names": names, "privileges": privileges }] });
    let answer = http.send(Method::POST, "_security/user/_has_privileges", Some(&Payload::json(&asked))).await;
    let answer = answer.map_err(|silence| silence.error)?;
    Ok(answer.status.is_success().then(|| answer.json().ok()).flatten())
}

async fn judge(
    http: &Http,
    settings: &Settings,
    layout: Layout,
    told: &Privileges,
) -> Result<Vec<String>, TargetError> {
    if told.has_all_requested {
        return Ok(Vec::new());
    }
    let lacks = |name: &str| told.index.values().any(|index| index.get(name) == Some(&false));
    let mut missing: Vec<&str> = NEEDED.into_iter().filter(|name| lacks(name)).collect();
    if CREATING.into_iter().all(lacks) && !(layout == Layout::DataStream && exists(http, settings).await?) {
        missing.push(CREATING[0]);
    }
    if told.cluster.get(TEMPLATES) == Some(&false) && template::is_missing(http, settings, layout).await? {
        missing.push(TEMPLATES);
    }
    if !missing.is_empty() {
        return Err(lacking(settings, layout, &missing.join(", ")));
    }
    let matters = |name: &str| match name {
        "delete" => layout == Layout::DataStream,
        "delete_index" => layout == Layout::IndexPerRun,
        _ => true,
    };
    let optional = OPTIONAL.into_iter().filter(|(name, _)| matters(name) && lacks(name));
    Ok(optional.map(|(name, effect)| format!("Without the privilege {name}, {effect}.")).collect())
}

async fn exists(http: &Http, settings: &Settings) -> Result<bool, TargetError> {
    let path = format!("_data_stream/{}", settings.index_name(Layout::DataStream));
    let answer = http.send(Method::GET, &path, None).await.map_err(|silence| silence.error)?;
    match answer.status.as_u16() {
        200..300 => Ok(true),
        // Without permission to check it is left open: the first shipment will show it.
        401 | 403 => Ok(true),
        // Without the module of data streams the address has no GET.
        404 | 405 => Ok(false),
        _ => Err(answer.fault()),
    }
}

/// Does what a first shipment does: the templates, a document, its refresh, a count.
async fn attempt(http: &Http, settings: &Settings, layout: Layout) -> Result<Vec<String>, TargetError> {
    let denied = |what: &'static str| {
        move |error: TargetError| match error.code {
            "search_denied" => lacking(settings, layout, &format!("to {what} ({})", error.message)),
            _ => error,
        }
    };
    template::prepare(http, settings, layout).await.map_err(denied("create index templates"))?;
    let name = settings.index_name(layout);
    let index = match layout {
        Layout::DataStream => name,
        Layout::IndexPerRun => format!("{name}-{TEST_SUFFIX}"),
    };
    let created = bulk::try_to_create(http, &index).await;
    let missing = "ignore_unavailable=true&allow_no_indices=true";
    let counted = http.call(Method::GET, &format!("{index}/_count?{missing}"), None).await;
    let refreshed = http.call(Method::POST, &format!("{index}/_refresh?{missing}"), None).await;
    // Also where the rest failed: the engine may have created the index before that.
    let deleted = match layout {
        Layout::DataStream => Ok(()),
        Layout::IndexPerRun => delete_index(http, &index).await,
    };
    created.map_err(denied("create documents"))?;
    counted.map_err(denied("count documents"))?;
    let mut notes = Vec::new();
    let mut note = |done: Result<(), TargetError>, effect: &str| match done {
        Err(error) if error.code == "search_denied" => {
            notes.push(format!("{effect}: {}.", error.message));
            Ok(())
        }
        done => done,
    };
    note(refreshed.map(drop), "The samples of a run are counted late")?;
    note(deleted, &format!("`jac search delete` does not work, and the empty index {index} is left"))?;
    Ok(notes)
}

async fn delete_index(http: &Http, index: &str) -> Result<(), TargetError> {
    let deleted = http.send(Method::DELETE, index, None).await.map_err(|silence| silence.error)?;
    match deleted.status.as_u16() {
        200..300 | 404 => Ok(()),
        _ => Err(deleted.fault()),
    }
}

fn lacking(settings: &Settings, layout: Layout, what: &str) -> TargetError {
    let pattern = settings.index_pattern(layout);
    let text = format!("The credentials are accepted, but lack privileges on {pattern}: {what}.");
    TargetError::new("search_privileges_missing", text)
}
