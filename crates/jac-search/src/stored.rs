//! Stored documents: counted, searched for duplicates, deleted. A page at a time, with searches that both servers have
//! long supported.

use crate::bulk;
use crate::http::{Http, Payload};
use jac_model::RunId;
use jac_model::search::TargetError;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::sleep;

/// Number of documents per request.
const PAGE: usize = 5_000;
/// Initial delay before repeating a search that found only deleted documents; doubled each time. The total exceeds the
/// interval after which a server makes changes visible to searches (5 s in JAC's template).
const STALE_PAUSE: Duration = Duration::from_millis(250);
/// How often.
const STALE_TRIES: u32 = 6;
/// Maximum number of additional pages beyond those of the counted documents.
const MORE_PAGES: u64 = 20;

#[derive(Deserialize)]
struct Found {
    hits: Hits,
}

#[derive(Deserialize)]
struct Hits {
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Hit {
    _index: String,
    _id: String,
    #[serde(default)]
    sort: Vec<Value>,
}

/// Makes written documents searchable. Without the privilege it waits for the server's own interval, which the caller's timeout covers.
pub(crate) async fn refresh(http: &Http, index: &str) -> Result<(), TargetError> {
    match http.call(Method::POST, &format!("{index}/_refresh?{MISSING}"), None).await {
        Err(error) if !matches!(error.code, "search_denied" | "search_refused") => Err(error),
        _ => Ok(()),
    }
}

/// A missing index has no documents.
const MISSING: &str = "ignore_unavailable=true&allow_no_indices=true";

fn of_run(run: &RunId) -> Value {
    json!({ "term": { "run.id": run } })
}

/// How many documents a run has.
pub(crate) async fn count(http: &Http, index: &str, run: &RunId) -> Result<u64, TargetError> {
    let query = Payload::json(&json!({ "query": of_run(run) }));
    let answer = http.call(Method::POST, &format!("{index}/_count?{MISSING}"), Some(&query)).await?;
    // A shard that does not respond would reduce the count.
    let failed = answer.pointer("/_shards/failed").and_then(Value::as_u64).unwrap_or(0);
    match answer.get("count").and_then(Value::as_u64) {
        Some(count) if failed == 0 => Ok(count),
        Some(_) => {
            Err(TargetError::new("search_unavailable", format!("{failed} shards did not answer the count request.")))
        }
        None => Err(TargetError::new("search_answer_invalid", "The answer to the count request has no number.")),
    }
}

/// Deletes all documents of a run. Bounded: without the privilege to refresh, deleted documents are found again for a while, and somebody may keep
/// adding documents.
pub(crate) async fn delete(http: &Http, index: &str, run: &RunId) -> Result<u64, TargetError> {
    let query = json!({ "size": PAGE, "_source": false, "query": of_run(run), "sort": ["_doc"] });
    refresh(http, index).await?;
    let pages = count(http, index, run).await? / PAGE as u64 + MORE_PAGES;
    let (mut deleted, mut stale) = (0, 0);
    for _ in 0..pages {
        let page = search(http, index, &query).await?;
        if page.is_empty() {
            return Ok(deleted);
        }
        let gone = bulk::delete(http, &addresses(page)).await?;
        deleted += gone;
        stale = if gone > 0 { 0 } else { stale + 1 };
        if stale > STALE_TRIES {
            break;
        }
        if stale > 0 {
            sleep(STALE_PAUSE * (1 << (stale - 1))).await;
        }
        refresh(http, index).await?;
    }
    let text = format!("{deleted} documents were deleted, but searches still find some. Try again later.");
    Err(TargetError::new("search_delete_unfinished", text))
}

/// Deletes duplicates. IDs are unique within an index only, and a data stream may roll over to another one while a batch is sent
/// again: such documents have the same place in the log.
pub(crate) async fn delete_doubles(http: &Http, index: &str, run: &RunId) -> Result<u64, TargetError> {
    let mut query = json!({
        "size": PAGE, "_source": false, "query": of_run(run),
        "sort": [{ "run.source": "asc" }, { "jmeter.position": "asc" }, { "_index": "asc" }],
    });
    let (mut before, mut deleted) = (None, 0);
    loop {
        let page = search(http, index, &query).await?;
        let Some(last) = page.last().map(|hit| hit.sort.clone()) else { return Ok(deleted) };
        let mut doubles = Vec::new();
        for hit in page {
            let place = hit.sort.get(..2).map(<[Value]>::to_vec);
            if place.is_some() && place == before {
                doubles.push(hit);
            }
            before = place;
        }
        if !doubles.is_empty() {
            deleted += bulk::delete(http, &addresses(doubles)).await?;
        }
        query["search_after"] = Value::Array(last);
    }
}

async fn search(http: &Http, index: &str, query: &Value) -> Result<Vec<Hit>, TargetError> {
    let path = format!("{index}/_search?{MISSING}&allow_partial_search_results=false");
    let answer = http.call(Method::POST, &path, Some(&Payload::json(query))).await?;
    let found: Found = serde_json::from_value(answer).map_err(|error| {
        TargetError::new("search_answer_invalid", format!("The answer to a search cannot be read: {error}."))
    })?;
    Ok(found.hits.hits)
}

fn addresses(hits: Vec<Hit>) -> Vec<(String, String)> {
    hits.into_iter().map(|hit| (hit._index, hit._id)).collect()
}
