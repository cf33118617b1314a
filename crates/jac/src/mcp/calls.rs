//! The requests of each tool to the server's API, and the part of the response that an assistant gets.

use crate::client::Client;
use crate::history::encoded;
use http::Method;
use jac_model::{folded, is_same_name};
use jac_store::MOST_LISTED;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// Why there is no result: the server's own message with its code.
pub struct Refusal(pub Value);

impl Refusal {
    fn new(code: &str, message: impl Into<String>) -> Self {
        Self(json!({ "code": code, "message": message.into() }))
    }
}

type Answer = Result<Value, Refusal>;

pub async fn call(client: &Client, tool: &str, arguments: Value) -> Answer {
    match tool {
        "list" => list(client, read(arguments)?).await,
        "check" => check(client, read(arguments)?).await,
        "status" => status(client, read(arguments)?).await,
        "summary" => summary(client, read(arguments)?).await,
        "errors" => errors(client, read(arguments)?).await,
        "compare" => compare(client, read(arguments)?).await,
        "samples" => samples(client, read(arguments)?).await,
        "run" => run(client, read(arguments)?).await,
        "stop" => stop(client, read(arguments)?).await,
        other => Err(Refusal::new("no_such_tool", format!("Unknown tool '{other}'."))),
    }
}

fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, Refusal> {
    serde_json::from_value(arguments).map_err(|error| Refusal::new("arguments_invalid", format!("{error}.")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    #[serde(default)]
    what: What,
    plan: Option<String>,
    tag: Option<String>,
    limit: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "snake_case")]
enum What {
    #[default]
    Runs,
    Plans,
    Clusters,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    plan: String,
    #[serde(default)]
    workers: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OfRun {
    run: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Summary {
    run: String,
    label: Option<String>,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Errors {
    run: String,
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compare {
    runs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Run {
    plan: String,
    cluster: String,
    name: Option<String>,
    #[serde(default)]
    properties: Map<String, Value>,
    /// Absent: the plan's.
    #[serde(default)]
    criteria: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Stop {
    run: String,
    #[serde(default)]
    force: bool,
}

async fn list(client: &Client, List { what, plan, tag, limit }: List) -> Answer {
    let limit = limit.unwrap_or(20).clamp(1, 100);
    if !matches!(what, What::Runs) && (plan.is_some() || tag.is_some()) {
        return Err(Refusal::new("arguments_invalid", "plan and tag are for runs only."));
    }
    let path = match what {
        What::Runs => {
            let plan = match plan {
                Some(plan) => format!("&plan={}", id_of(client, "plans", &plan).await?),
                None => String::new(),
            };
            let tag = tag.map_or_else(String::new, |tag| format!("&tag={}", encoded(&tag)));
            format!("/runs?limit={limit}{plan}{tag}")
        }
        What::Plans => format!("/plans?limit={limit}"),
        What::Clusters => format!("/clusters?limit={limit}"),
    };
    let page = get(client, &path).await?;
    Ok(json!({ "items": page["items"], "more": !page["next"].is_null() }))
}

async fn check(client: &Client, Check { plan, workers }: Check) -> Answer {
    let plan = id_of(client, "plans", &plan).await?;
    get(client, &format!("/plans/{plan}/check?workers={workers}")).await
}

async fn status(client: &Client, OfRun { run }: OfRun) -> Answer {
    let run = get(client, &format!("/runs/{}", encoded(&run))).await?;
    let kept = [
        "id",
        "name",
        "plan",
        "cluster",
        "provider",
        "owner",
        "tags",
        "note",
        "phase",
        "step",
        "cause",
        "verdict",
        "criteria",
        "created_ms",
        "started_ms",
        "ended_ms",
        "expected_s",
        "workers",
        "total_threads",
        "nodes",
        "notes",
        "headline",
    ];
    Ok(only(&run, &kept))
}

async fn summary(client: &Client, Summary { run, label, limit }: Summary) -> Answer {
    // The live snapshot of a finished run is that of its report.
    let snapshot = get(client, &format!("/runs/{}/live", encoded(&run))).await?;
    let table = &snapshot["summary"];
    let mut labels: Vec<Value> = table["labels"].as_array().cloned().unwrap_or_default();
    if let Some(label) = &label {
        let part = folded(label);
        labels.retain(|entry| entry["label"].as_str().is_some_and(|name| folded(name).contains(&part)));
    }
    labels.sort_by_key(|entry| std::cmp::Reverse(entry["samples"].as_u64()));
    let all = if label.is_some() { json!(labels.len()) } else { snapshot["labels"].clone() };
    labels.truncate(limit.unwrap_or(30).clamp(1, 200));
    Ok(json!({
        "run": only(&snapshot["run"], &["id", "name", "plan", "phase", "cause", "verdict", "criteria", "notes"]),
        "start_ms": table["start_ms"],
        "end_ms": table["end_ms"],
        "partial": table["partial"],
        "rejected_rows": table["rejected_rows"],
        "notes": table["notes"],
        "total": table["total"],
        "total_basis": table["total_basis"],
        "labels": labels,
        "label_count": all,
    }))
}

async fn errors(client: &Client, Errors { run, limit }: Errors) -> Answer {
    let report = get(client, &format!("/runs/{}/report", encoded(&run))).await?;
    let limit = limit.unwrap_or(20).clamp(1, 100);
    let first = |name: &str| -> Vec<Value> {
        report[name].as_array().map(|list| list.iter().take(limit).cloned().collect()).unwrap_or_default()
    };
    Ok(json!({
        "samples": report["summary"]["total"]["samples"],
        "errors": report["summary"]["total"]["errors"],
        "error_percent": report["summary"]["total"]["error_percent"],
        "groups": first("errors"),
        "types": first("error_types"),
        "codes": first("codes"),
    }))
}

async fn compare(client: &Client, Compare { runs }: Compare) -> Answer {
    let ids: Vec<String> = runs.iter().map(|run| encoded(run)).collect();
    let report = get(client, &format!("/compare?runs={}", ids.join(","))).await?;
    let results: Vec<Value> = report["results"].as_array().into_iter().flatten().map(|result| {
        json!({ "run": result["run_id"], "name": result["name"], "start_ms": result["start_ms"], "total": result["summary"]["total"], "partial": result["summary"]["partial"] })
    }).collect();
    Ok(json!({ "results": results, "comparisons": report["comparisons"], "notes": report["notes"] }))
}

async fn samples(client: &Client, mut arguments: Map<String, Value>) -> Answer {
    let mut text = |name: &str| arguments.remove(name).and_then(|value| value.as_str().map(str::to_owned));
    let (run, plan, after) = (text("run"), text("plan"), text("after"));
    let path = match (run, plan) {
        (Some(run), None) => format!("/runs/{}/samples", encoded(&run)),
        (None, Some(plan)) => format!("/plans/{}/samples", id_of(client, "plans", &plan).await?),
        _ => return Err(Refusal::new("arguments_invalid", "Give run or plan, and not both.")),
    };
    let known = ["success", "label", "code", "text", "min_ms", "max_ms", "from_ms", "to_ms", "keep", "limit"];
    if let Some(unknown) = arguments.keys().find(|name| !known.contains(&name.as_str())) {
        return Err(Refusal::new("arguments_invalid", format!("Unknown argument '{unknown}'.")));
    }
    let limit = arguments.remove("limit").and_then(|limit| limit.as_u64()).unwrap_or(20).clamp(1, 100);
    let query: String = arguments
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            format!("&{name}={}", encoded(value.as_str().map_or_else(|| value.to_string(), str::to_owned).as_str()))
        })
        .collect();
    let after = after.map_or_else(String::new, |after| format!("&after={}", encoded(&after)));
    get(client, &format!("{path}?limit={limit}{query}{after}")).await
}

async fn run(client: &Client, arguments: Run) -> Answer {
    let plan = id_of(client, "plans", &arguments.plan).await?;
    let cluster = id_of(client, "clusters", &arguments.cluster).await?;
    let new = json!({
        "plan_id": plan,
        "cluster_id": cluster,
        "name": arguments.name,
        "properties": arguments.properties,
        "criteria": arguments.criteria,
    });
    let run = ask(client, Method::POST, "/runs", Some(&new)).await?;
    Ok(only(&run, &["id", "name", "plan", "cluster", "phase", "step", "total_threads", "expected_s"]))
}

async fn stop(client: &Client, Stop { run, force }: Stop) -> Answer {
    let how = json!({ "how": if force { "force" } else { "graceful" } });
    let run = ask(client, Method::POST, &format!("/runs/{}/stop", encoded(&run)), Some(&how)).await?;
    Ok(only(&run, &["id", "name", "phase", "step", "stop_requested", "cause"]))
}

/// The id of a plan or cluster that is named by its id or its name.
async fn id_of(client: &Client, what: &str, named: &str) -> Result<String, Refusal> {
    let path = format!("/{what}?text={}", encoded(named));
    let found = ids_in(client, &path, |item| {
        let is_it = item["id"] == named || item["name"].as_str().is_some_and(|name| is_same_name(name, named));
        is_it.then_some(item)
    });
    match &found.await?[..] {
        [id] => Ok(id.clone()),
        [] if what == "plans" => plan_of_runs(client, named).await,
        [] => Ok(encoded(named)),
        several => Err(ambiguous(what, named, several)),
    }
}

/// The different IDs of what `chosen` returns of a list's items, until there are several. It is read page by page, as the named one may be on
/// any of them. `path` has a query already.
async fn ids_in(
    client: &Client,
    path: &str,
    chosen: impl Fn(&Value) -> Option<&Value>,
) -> Result<Vec<String>, Refusal> {
    let (mut ids, mut after) = (BTreeSet::new(), String::new());
    loop {
        let page = get(client, &format!("{path}&limit={MOST_LISTED}{after}")).await?;
        let items = page["items"].as_array().into_iter().flatten();
        ids.extend(items.filter_map(&chosen).filter_map(|one| one["id"].as_str()).map(str::to_owned));
        match page["next"].as_str() {
            Some(next) if ids.len() < 2 => after = format!("&after={}", encoded(next)),
            _ => return Ok(ids.into_iter().collect()),
        }
    }
}

fn ambiguous(what: &str, named: &str, ids: &[String]) -> Refusal {
    Refusal::new("ambiguous", format!("Several {what} have the name '{named}': {}.", ids.join(", ")))
}

/// The ID of a plan that was deleted, or that runs were imported under: its runs contain it.
async fn plan_of_runs(client: &Client, named: &str) -> Result<String, Refusal> {
    let path = format!("/runs?text={}", encoded(named));
    let found = ids_in(client, &path, |run| {
        Some(&run["plan"]).filter(|plan| plan["name"].as_str().is_some_and(|name| is_same_name(name, named)))
    });
    match &found.await?[..] {
        [] => Ok(encoded(named)),
        [id] => Ok(id.clone()),
        several => Err(ambiguous("plans", named, several)),
    }
}

fn only(value: &Value, kept: &[&str]) -> Value {
    let fields = value.as_object().into_iter().flatten();
    Value::Object(
        fields
            .filter(|(name, _)| kept.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect(),
    )
}

async fn get(client: &Client, path: &str) -> Answer {
    ask(client, Method::GET, path, None).await
}

async fn ask(client: &Client, method: Method, path: &str, body: Option<&Value>) -> Answer {
    match client.ask(method, path, body).await {
        Ok((status, answer)) if status.is_success() => Ok(answer),
        Ok((status, mut answer)) => Err(match answer["error"].take() {
            Value::Null => Refusal::new("server_failed", format!("The server answered {status}.")),
            error => Refusal(error),
        }),
        Err(error) => Err(Refusal::new("server_unreachable", format!("{error:#}."))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::extract::Query;
    use axum::routing::get;
    use axum::{Json, Router};
    use std::collections::HashMap;

    /// Lists of three pages, in the server's format; the named item is on the last.
    async fn listed(Query(query): Query<HashMap<String, String>>) -> Json<Value> {
        let limit: usize = query["limit"].parse().expect("a number");
        let page = query.get("after").map_or(0, |after| after.parse::<usize>().expect("a number"));
        let entry = |number: usize| {
            let name = if page == 2 && number == 0 { "shop".to_owned() } else { format!("shop {page} {number}") };
            json!({ "id": format!("p-{page}-{number}"), "name": name, "plan": { "id": format!("p-{page}-{number}"), "name": name } })
        };
        let items: Vec<Value> = (0..limit).map(entry).collect();
        Json(json!({ "items": items, "next": (page < 2).then(|| (page + 1).to_string()) }))
    }

    #[tokio::test]
    async fn what_is_named_is_found_on_any_page() {
        let nothing = || async { Json(json!({ "items": [], "next": null })) };
        let router = Router::new().route("/api/v1/plans", get(listed)).route("/api/v1/runs", get(nothing));
        let client = Client::in_process(router, "t");
        assert_eq!(id_of(&client, "plans", "shop").await.ok().as_deref(), Some("p-2-0"));
        let router = Router::new().route("/api/v1/plans", get(nothing)).route("/api/v1/runs", get(listed));
        let client = Client::in_process(router, "t");
        assert_eq!(id_of(&client, "plans", "Shop").await.ok().as_deref(), Some("p-2-0"), "of a deleted plan's runs");
    }
}
