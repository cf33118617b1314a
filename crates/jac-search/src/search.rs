//! Searches single samples of a run among its documents: the same rows, order and counts as in its log, or an error.
//!
//! Three queries at once. The mapping: a field whose type differs from JAC's template gives other results. All
//! documents of the run: their number, and whether a text was too long to be searched. And the matches. Queries use
//! only features for which both servers respond in the same way.

use crate::document::{FORM, NAME_LENGTH, TEXT_LENGTH};
use crate::http::{Http, Payload};
use jac_model::RunId;
use jac_model::search::{
    QueryCondition, QueryField, QueryOrder, SampleCounts, SampleMatches, SampleQuery, StoredSample, TargetError,
    TextTest, Within,
};
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// The beginning of JMeter's message for a transaction in which nothing ran (`report.core.Sample#isEmptyController`).
const EMPTY_TRANSACTION: &str = "Number of samples in transaction : 0";
const MESSAGE: &str = "jmeter.response_message";
const TRANSACTION: &str = "jmeter.transaction";
const ELAPSED: &str = "jmeter.elapsed_ms";
const POSITION: &str = "jmeter.position";
const FORM_FIELD: &str = "jmeter.form";
const TOO_LONG: &str = "jmeter.too_long";
const OUTCOME: &str = "event.outcome";
const START: &str = "@timestamp";
/// The fields of a sample.
const SOURCE: [&str; 5] = ["event.outcome", "http", "jmeter", "process.thread.name", "url.full"];

/// The queried fields, each with the type that it must have.
struct Fields(BTreeSet<(&'static str, &'static str)>);

impl Fields {
    fn of(query: &SampleQuery) -> Self {
        let mut fields: BTreeSet<_> = [
            ("run.id", "keyword"),
            (MESSAGE, "keyword"),
            (TRANSACTION, "boolean"),
            (POSITION, "long"),
            (FORM_FIELD, "long"),
            (TOO_LONG, "boolean"),
            (START, "date"),
        ]
        .into();
        for condition in &query.conditions {
            fields.extend(match condition {
                QueryCondition::Elapsed(_) => Some((ELAPSED, "long")),
                QueryCondition::Success(_) => Some((OUTCOME, "keyword")),
                QueryCondition::Text(field, _) => Some((name(*field), "keyword")),
                QueryCondition::Start(_) | QueryCondition::Transaction(_) => None,
            });
        }
        if query.order == QueryOrder::Slowest {
            fields.insert((ELAPSED, "long"));
        }
        Self(fields)
    }

    /// Whether each of them has the required type in each index.
    fn fit(&self, mappings: &Value) -> bool {
        let Some(indices) = mappings.as_object().filter(|indices| !indices.is_empty()) else { return false };
        indices.values().all(|index| self.0.iter().all(|(field, kind)| fits(&index["mappings"], field, kind)))
    }
}

/// Whether a field has that type and its values are those of the documents.
fn fits(mappings: &Value, field: &str, kind: &str) -> bool {
    let leaf = field.rsplit('.').next().unwrap_or(field);
    let mapping = &mappings[field]["mapping"][leaf];
    let longest = if field == MESSAGE { TEXT_LENGTH } else { NAME_LENGTH };
    let is_cut = mapping["ignore_above"].as_u64().is_some_and(|most| most < longest as u64);
    let changes_values = ["normalizer", "null_value", "script"].iter().any(|key| !mapping[key].is_null());
    mapping["type"] == kind && !changes_values && !is_cut && mapping["index"] != false && mapping["doc_values"] != false
}

fn name(field: QueryField) -> &'static str {
    match field {
        QueryField::Label => "jmeter.label",
        QueryField::Code => "jmeter.response_code",
        QueryField::Thread => "process.thread.name",
    }
}

/// Searches samples of a run in an index.
pub(crate) async fn search(http: &Http, index: &str, query: &SampleQuery) -> Result<SampleMatches, TargetError> {
    let fields = Fields::of(query);
    let names: Vec<&str> = fields.0.iter().map(|(field, _)| *field).collect();
    let mappings = format!("{index}/_mapping/field/{}", names.join(","));
    let (whole, matching) = (whole(&query.run), matching(query));
    let (mappings, whole, matching) = tokio::try_join!(
        http.call(Method::GET, &mappings, None),
        ask(http, index, &whole),
        ask(http, index, &matching)
    )?;
    if !fields.fit(&mappings) {
        let text = "The field types of the index differ from JAC's template.";
        return Err(TargetError::new("search_mapping_differs", text));
    }
    let documents = whole.hits.total.as_ref().map(|total| total.value);
    let documents = documents.ok_or_else(|| unreadable("the number of documents is missing"))?;
    if whole.count("formed")? < documents {
        return Err(older());
    }
    let too_long = whole.count("too_long")?;
    if too_long > 0 {
        let text = format!("{too_long} documents have a text that is too long to search.");
        return Err(TargetError::new("search_values_not_indexed", text));
    }
    Ok(SampleMatches {
        documents,
        searched: whole.counts()?,
        matched: matching.counts()?,
        samples: matching.hits.hits.into_iter().map(sample).collect::<Result<_, _>>()?,
    })
}

/// The query for all documents of a run. It does not change, so the server may cache the result.
fn whole(run: &RunId) -> Value {
    let mut counts = counts();
    counts.insert("formed".to_owned(), json!({ "filter": { "range": { FORM_FIELD: { "gte": FORM } } } }));
    counts.insert("too_long".to_owned(), json!({ "filter": { "term": { TOO_LONG: true } } }));
    json!({ "size": 0, "track_total_hits": true, "query": { "bool": { "filter": [of_run(run)] } }, "aggs": counts })
}

/// The question for what matches.
fn matching(query: &SampleQuery) -> Value {
    let conditions = std::iter::once(of_run(&query.run)).chain(query.conditions.iter().map(condition));
    let by_position = json!({ POSITION: "asc" });
    let sort = match query.order {
        QueryOrder::Log => vec![by_position],
        QueryOrder::Slowest => {
            vec![
                json!({ TRANSACTION: "asc" }),
                json!({ ELAPSED: { "order": "desc", "missing": "_last" } }),
                by_position,
            ]
        }
    };
    json!({
        "size": query.limit, "track_total_hits": false, "query": { "bool": { "filter": conditions.collect::<Vec<_>>() } },
        "aggs": counts(), "sort": sort, "_source": SOURCE, "docvalue_fields": [{ "field": START, "format": "epoch_millis" }],
    })
}

fn of_run(run: &RunId) -> Value {
    json!({ "term": { "run.id": run } })
}

/// Requests, and transactions in which something ran, counted.
fn counts() -> Map<String, Value> {
    let is = |transaction: bool| json!({ "term": { TRANSACTION: transaction } });
    let not_empty =
        json!({ "bool": { "filter": [is(true)], "must_not": [{ "prefix": { MESSAGE: EMPTY_TRANSACTION } }] } });
    Map::from_iter([
        ("requests".to_owned(), json!({ "filter": is(false) })),
        ("transactions".to_owned(), json!({ "filter": not_empty })),
    ])
}

fn condition(condition: &QueryCondition) -> Value {
    match condition {
        QueryCondition::Start(within) => range(START, *within, Some("epoch_millis")),
        QueryCondition::Elapsed(within) => range(ELAPSED, *within, None),
        QueryCondition::Success(success) => {
            json!({ "term": { OUTCOME: if *success { "success" } else { "failure" } } })
        }
        QueryCondition::Transaction(transaction) => json!({ "term": { TRANSACTION: transaction } }),
        QueryCondition::Text(field, test) => text(name(*field), test),
    }
}

fn range(field: &str, within: Within, format: Option<&str>) -> Value {
    let mut bounds = Map::new();
    for (key, limit) in [("gte", within.at_least), ("lte", within.at_most)] {
        bounds.extend(limit.map(|limit| (key.to_owned(), json!(limit))));
    }
    bounds.extend(format.map(|format| ("format".to_owned(), json!(format))));
    json!({ "range": { field: bounds } })
}

fn text(field: &str, test: &TextTest) -> Value {
    if test.at_start && test.at_end {
        return json!({ "terms": { field: test.any_of } });
    }
    let one = |text: &String| match (test.at_start, test.at_end) {
        (true, _) => json!({ "prefix": { field: { "value": text } } }),
        (false, true) => json!({ "wildcard": { field: { "value": format!("*{}", escaped(text)) } } }),
        (false, false) => json!({ "wildcard": { field: { "value": format!("*{}*", escaped(text)) } } }),
    };
    json!({ "bool": { "should": test.any_of.iter().map(one).collect::<Vec<_>>(), "minimum_should_match": 1 } })
}

/// A text as part of a pattern.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if matches!(letter, '*' | '?' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

#[derive(Deserialize)]
struct Answer {
    timed_out: bool,
    hits: Hits,
    #[serde(default)]
    aggregations: Map<String, Value>,
}

#[derive(Deserialize)]
struct Hits {
    total: Option<Total>,
    hits: Vec<Hit>,
}

#[derive(Deserialize)]
struct Total {
    value: u64,
}

#[derive(Deserialize)]
struct Hit {
    _source: Value,
    fields: Map<String, Value>,
}

impl Answer {
    fn count(&self, name: &str) -> Result<u64, TargetError> {
        let count = self.aggregations.get(name).and_then(|count| count["doc_count"].as_u64());
        count.ok_or_else(|| unreadable(&format!("the count of {name} is missing")))
    }

    fn counts(&self) -> Result<SampleCounts, TargetError> {
        Ok(SampleCounts { requests: self.count("requests")?, transactions: self.count("transactions")? })
    }
}

fn unreadable(why: &str) -> TargetError {
    TargetError::new("search_answer_invalid", format!("The answer to a search cannot be read: {why}."))
}

async fn ask(http: &Http, index: &str, question: &Value) -> Result<Answer, TargetError> {
    let path = format!("{index}/_search?allow_partial_search_results=false");
    let answer = http.call(Method::POST, &path, Some(&Payload::json(question))).await?;
    let answer: Answer = serde_json::from_value(answer).map_err(|error| unreadable(&error.to_string()))?;
    if answer.timed_out {
        return Err(TargetError::new("search_timeout", "The server ended the search early."));
    }
    Ok(answer)
}

fn older() -> TargetError {
    let text = "The documents of this run were shipped by an older version of JAC and lack fields. Run `jac search delete`, \
         then `jac search backfill`.";
    TargetError::new("search_documents_older", text)
}

/// The row that a document represents.
fn sample(hit: Hit) -> Result<StoredSample, TargetError> {
    let Hit { _source: document, fields } = hit;
    let jmeter = &document["jmeter"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let small = |value: &Value| value.as_u64().and_then(|number| u32::try_from(number).ok());
    let start = fields.get(START).and_then(|values| values.get(0));
    let start_ms = start.and_then(|start| start.as_i64().or_else(|| start.as_str()?.parse().ok()));
    let http = &document["http"];
    Ok(StoredSample {
        position: jmeter["position"].as_u64().ok_or_else(|| unreadable("a document has no position"))?,
        start_ms: start_ms.ok_or_else(|| unreadable("a document has no time"))?,
        elapsed_ms: small(&jmeter["elapsed_ms"]),
        label: text(&jmeter["label"]),
        is_transaction: jmeter["transaction"] == true,
        code: text(&jmeter["response_code"]),
        message: text(&jmeter["response_message"]),
        failure_message: text(&jmeter["failure_message"]),
        thread: text(&document["process"]["thread"]["name"]),
        success: document["event"]["outcome"] == "success",
        received_bytes: http["response"]["bytes"].as_u64(),
        sent_bytes: http["request"]["bytes"].as_u64(),
        latency_ms: jmeter["latency_ms"].as_u64(),
        connect_ms: jmeter["connect_ms"].as_u64(),
        url: if jmeter["url_is_null"] == true { "null".to_owned() } else { text(&document["url"]["full"]) },
        hostname: text(&jmeter["hostname"]),
        all_threads: small(&jmeter["all_threads"]),
        group_threads: small(&jmeter["group_threads"]),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_within_a_pattern_stands_for_itself() {
        let test = |at_start, at_end| TextTest { any_of: vec![r"a*b?\c".to_owned()], at_start, at_end };
        let pattern = |at_end| text("f", &test(false, at_end))["bool"]["should"][0]["wildcard"]["f"]["value"].clone();
        assert_eq!((pattern(false), pattern(true)), (json!(r"*a\*b\?\\c*"), json!(r"*a\*b\?\\c")));
        assert_eq!(text("f", &test(true, true)), json!({ "terms": { "f": [r"a*b?\c"] } }));
        assert_eq!(text("f", &test(true, false))["bool"]["should"][0]["prefix"]["f"]["value"], r"a*b?\c");
    }

    #[test]
    fn a_field_that_changes_its_values_or_is_of_another_kind_does_not_fit() {
        let mapped = |mapping: Value| json!({ "jmeter.label": { "full_name": "jmeter.label", "mapping": { "label": mapping } } });
        let fitting = |mapping| fits(&mapped(mapping), "jmeter.label", "keyword");
        assert!(fitting(json!({ "type": "keyword", "ignore_above": 1024 })));
        for other in [
            json!({ "type": "text" }),
            json!({ "type": "keyword", "normalizer": "lowercase" }),
            json!({ "type": "keyword", "null_value": "none" }),
            json!({ "type": "keyword", "index": false }),
            json!({ "type": "keyword", "ignore_above": 256 }),
            Value::Null,
        ] {
            assert!(!fitting(other.clone()), "{other}");
        }
    }
}
