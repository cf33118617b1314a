//! The `_bulk` API: the requests, and the meaning of each item in a response.

use crate::batch::Batch;
use crate::http::{Answer, Http, Payload, ServerFault, Silence};
use crate::ship::{Failure, Verdict};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use jac_model::search::TargetError;
use reqwest::Method;
use reqwest::header::HeaderValue;
use serde::Deserialize;
use std::io::Write;
use std::ops::Range;
use std::sync::Arc;

/// The fields of the response that are read.
const ANSWER_FIELDS: &str = "errors,items.*.status,items.*.error,items.*.failure_store";

/// An answer to `_bulk`.
#[derive(Debug, Deserialize)]
struct BulkAnswer {
    items: Vec<ItemLine>,
}

#[derive(Debug, Deserialize)]
struct ItemLine {
    #[serde(alias = "delete")]
    create: Item,
}

#[derive(Debug, Deserialize)]
struct Item {
    status: u16,
    error: Option<ServerFault>,
    /// Elasticsearch 9.1 and newer: `used` if the document was rejected and put into the failure store, with a status
    /// of success.
    failure_store: Option<String>,
}

/// The meaning of one item.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Stored,
    /// Never will be.
    Refused(String),
    /// May be later.
    Again(TargetError),
}

impl Item {
    fn meaning(&self) -> Meaning {
        let kind = self.error.as_ref().map(|error| error.kind.as_str()).unwrap_or_default();
        let reason = || match &self.error {
            Some(error) => error.sentence(),
            None => format!("HTTP {} without a reason", self.status),
        };
        let again = |code, what: &str| Meaning::Again(TargetError::new(code, format!("{what}: {}.", reason())));
        match (self.status, kind) {
            (200..300, _) => match self.failure_store.as_deref() {
                Some("used") => Meaning::Refused(
                    "the index refused the document, and the server put it into the failure store".to_owned(),
                ),
                Some("failed") => Meaning::Refused("the index and the failure store refused the document".to_owned()),
                _ => Meaning::Stored,
            },
            // It exists: an earlier attempt succeeded although its response was lost.
            (409, "version_conflict_engine_exception") => Meaning::Stored,
            (_, "cluster_block_exception") => again("search_index_blocked", "The index is read only"),
            (401 | 403, _) => again("search_denied", "The credentials lack this permission"),
            (404, _) => again("search_index_missing", "The index does not exist"),
            (429, _) => again("search_busy", "The server is overloaded"),
            // The index cannot be created at present: the shard limit is reached, or its name is taken by something
            // else.
            (400, "validation_exception" | "invalid_index_name_exception" | "resource_already_exists_exception") => {
                again("search_index_refused", "The index cannot be created")
            }
            // The user's own ingest pipeline fails on this document, and would each time: only an exception that has no
            // status of its own is reported as 500.
            (500, kind) if kind.ends_with("_processor_exception") => Meaning::Refused(reason()),
            (500.., _) => again("search_unavailable", "The server is temporarily unavailable"),
            _ => Meaning::Refused(reason()),
        }
    }
}

/// Sends these rows of a batch to an index.
pub(crate) async fn send(
    http: &Http,
    index: &str,
    batch: &Arc<Batch>,
    rows: Vec<Range<usize>>,
) -> Result<Verdict, Failure> {
    let failed = |error| Failure::Passing { error, retry_after: None };
    let sent: Vec<usize> = rows.iter().cloned().flatten().collect();
    let packed = Arc::clone(batch);
    let body = off_the_runtime(move || pack(rows.iter().map(|range| packed.bytes(range.clone())))).await;
    let payload = ndjson(body.map_err(failed)?);
    let path = format!("{index}/_bulk?filter_path={ANSWER_FIELDS}");
    let answer = match http.send(Method::POST, &path, Some(&payload)).await {
        Ok(answer) => answer,
        Err(Silence { error, while_sending: true }) => return Err(Failure::Broken(error)),
        Err(Silence { error, while_sending: false }) => return Err(failed(error)),
    };
    if !answer.status.is_success() {
        return Err(failure(&answer));
    }
    let answered: BulkAnswer = answer.json().map_err(failed)?;
    if answered.items.len() != sent.len() {
        let text = format!("The server answered for {} rows of {}.", answered.items.len(), sent.len());
        return Err(failed(TargetError::new("search_answer_invalid", text)));
    }
    let mut verdict = Verdict::default();
    for (row, line) in sent.into_iter().zip(&answered.items) {
        match line.create.meaning() {
            Meaning::Stored => (),
            Meaning::Refused(reason) => verdict.refused.push((row, line.create.status, reason)),
            Meaning::Again(error) => {
                verdict.again.push(row);
                verdict.trouble.get_or_insert(error);
            }
        }
    }
    Ok(verdict)
}

/// Tests whether documents may be created in an index, with a document whose time is invalid, so that it is not stored.
///
/// # Errors
/// When they may not, or the index cannot be created.
pub(crate) async fn try_to_create(http: &Http, index: &str) -> Result<(), TargetError> {
    #[derive(Deserialize)]
    struct Tried {
        items: Vec<TriedLine>,
    }
    #[derive(Deserialize)]
    struct TriedLine {
        create: TriedItem,
    }
    #[derive(Deserialize)]
    struct TriedItem {
        #[serde(default, rename = "_index")]
        index: String,
        #[serde(flatten)]
        item: Item,
    }
    const ID: &str = "jac-privileges-test";
    let lines = format!("{{\"create\":{{\"_id\":\"{ID}\"}}}}\n{{\"@timestamp\":\"not a time\"}}\n");
    let media_type = HeaderValue::from_static("application/x-ndjson");
    let payload = Payload { bytes: lines.into(), media_type, is_gzip: false };
    let answer = http.call(Method::POST, &format!("{index}/_bulk"), Some(&payload)).await?;
    let tried: Tried = serde_json::from_value(answer).map_err(|error| {
        TargetError::new(
            "search_answer_invalid",
            format!("The answer to a request for one document cannot be read: {error}."),
        )
    })?;
    for TriedLine { create: TriedItem { index: stored_in, item } } in tried.items {
        match item.meaning() {
            Meaning::Refused(_) => (),
            // A custom mapping that accepts any time.
            Meaning::Stored => {
                delete(http, &[(stored_in, ID.to_owned())]).await?;
            }
            Meaning::Again(error) => return Err(error),
        }
    }
    Ok(())
}

/// Deletes documents, each by its index and ID, and returns how many existed. A missing document is not an error.
pub(crate) async fn delete(http: &Http, documents: &[(String, String)]) -> Result<u64, TargetError> {
    let mut deleted = 0;
    let mut parts = vec![documents];
    while let Some(part) = parts.pop() {
        match delete_part(http, part).await? {
            Some(gone) => deleted += gone,
            None => {
                let (first, second) = part.split_at(part.len() / 2);
                parts.extend([second, first]);
            }
        }
    }
    Ok(deleted)
}

/// The same in one request. `None`: it is too large, but can be split.
async fn delete_part(http: &Http, documents: &[(String, String)]) -> Result<Option<u64>, TargetError> {
    let line = |(index, id): &(String, String)| serde_json::json!({ "delete": { "_index": index, "_id": id } });
    let lines: String = documents.iter().map(|document| format!("{}\n", line(document))).collect();
    let path = format!("_bulk?filter_path={ANSWER_FIELDS}");
    let answer = http.send(Method::POST, &path, Some(&ndjson(pack(std::iter::once(lines.as_bytes()))?))).await;
    let answer = answer.map_err(|silence| silence.error)?;
    if answer.status.as_u16() == 413 && documents.len() > 1 {
        return Ok(None);
    }
    if !answer.status.is_success() {
        return Err(answer.fault());
    }
    let answered: BulkAnswer = answer.json()?;
    match answered.items.iter().find(|line| !matches!(line.create.status, 200..300 | 404)) {
        None => Ok(Some(answered.items.iter().filter(|line| line.create.status != 404).count() as u64)),
        Some(line) => Err(match line.create.meaning() {
            Meaning::Again(error) => error,
            Meaning::Refused(reason) => {
                TargetError::new("search_refused", format!("A document cannot be deleted: {reason}."))
            }
            Meaning::Stored => TargetError::new("search_refused", "A document changed while it was being deleted."),
        }),
    }
}

fn ndjson(bytes: Bytes) -> Payload {
    Payload { bytes, media_type: HeaderValue::from_static("application/x-ndjson"), is_gzip: true }
}

/// Runs work that uses a CPU for a while.
pub(crate) async fn off_the_runtime<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, TargetError> + Send + 'static,
) -> Result<T, TargetError> {
    let failed = |panic| TargetError::new("search_failed", format!("A request could not be created: {panic}."));
    tokio::task::spawn_blocking(work).await.map_err(failed)?
}

/// Compresses pieces as one, at the level that costs least.
pub(crate) fn pack<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Bytes, TargetError> {
    let failed = |error: std::io::Error| {
        TargetError::new("search_failed", format!("The request cannot be compressed: {error}."))
    };
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    for piece in pieces {
        packed.write_all(piece).map_err(failed)?;
    }
    packed.finish().map(Bytes::from).map_err(failed)
}

/// The meaning of a response that is not a success as a whole.
pub(crate) fn failure(answer: &Answer) -> Failure {
    match answer.status.as_u16() {
        413 => Failure::Divide { status: 413, reason: answer.fault().message },
        _ => Failure::Passing { error: answer.fault(), retry_after: answer.retry_after() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meaning(item: &str) -> Meaning {
        serde_json::from_str::<Item>(item).expect("an item").meaning()
    }

    fn code(item: &str) -> &'static str {
        match meaning(item) {
            Meaning::Stored => "stored",
            Meaning::Refused(_) => "refused",
            Meaning::Again(error) => error.code,
        }
    }

    #[test]
    fn what_an_item_means_is_read_off_its_status_its_fault_and_the_failure_store() {
        for (item, meant) in [
            (r#"{"status":201}"#, "stored"),
            (r#"{"status":201,"failure_store":"not_enabled"}"#, "stored"),
            (r#"{"status":201,"failure_store":"used"}"#, "refused"),
            (r#"{"status":409,"error":{"type":"version_conflict_engine_exception","reason":"there"}}"#, "stored"),
            (r#"{"status":409,"error":{"type":"something_else","reason":"?"}}"#, "refused"),
            (r#"{"status":400,"error":{"type":"document_parsing_exception","reason":"no"}}"#, "refused"),
            (
                r#"{"status":400,"error":{"type":"validation_exception","reason":"too many shards"}}"#,
                "search_index_refused",
            ),
            (
                r#"{"status":403,"error":{"type":"cluster_block_exception","reason":"read-only"}}"#,
                "search_index_blocked",
            ),
            (r#"{"status":429,"error":{"type":"cluster_block_exception","reason":"disk"}}"#, "search_index_blocked"),
            (r#"{"status":403,"error":{"type":"security_exception","reason":"no"}}"#, "search_denied"),
            (r#"{"status":404,"error":{"type":"index_not_found_exception","reason":"no"}}"#, "search_index_missing"),
            (r#"{"status":429,"error":{"type":"es_rejected_execution_exception","reason":"full"}}"#, "search_busy"),
            (r#"{"status":503,"error":{"type":"unavailable_shards_exception","reason":"red"}}"#, "search_unavailable"),
            (r#"{"status":500}"#, "search_unavailable"),
            (r#"{"status":500,"error":{"type":"fail_processor_exception","reason":"no user"}}"#, "refused"),
            (r#"{"status":500,"error":{"type":"ingest_processor_exception","reason":"no user"}}"#, "refused"),
            (r#"{"status":500,"error":{"type":"translog_exception","reason":"disk"}}"#, "search_unavailable"),
        ] {
            assert_eq!(code(item), meant, "{item}");
        }
    }

    #[test]
    fn a_refusal_has_the_servers_reason_with_its_causes() {
        let item = r#"{"status":400,"error":{"type":"mapper_parsing_exception","reason":"failed","caused_by":{"type":"x","reason":"not a long"}}}"#;
        assert_eq!(meaning(item), Meaning::Refused("mapper_parsing_exception: failed; not a long".to_owned()));
    }
}
