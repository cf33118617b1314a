//! The form of a snapshot that is pushed to the pages that watch a run: only the changed numbers of the label table,
//! all of it compressed.
//!
//! Owns the last pushed state of each run's table. A request (`subscribe_run`, `GET /runs/{id}/live`) returns a
//! complete snapshot; a page that has one needs only the changes, and requests it again when a number is missing. With
//! 500 labels that all change each second, a message is a tenth of the whole (`scripts/bench-live.mjs`).
//!
//! A message is JSON in a zlib stream (RFC 1950, which a browser's `DecompressionStream("deflate")` reads): a snapshot
//! whose `summary.labels` is empty, and `table`: `columns` are the names of an entry's fields except `label`, and each
//! row is a label, a bit mask of the changed columns, and their values in that order. Values are rounded as described
//! at [`rounded`]; those of the report are exact.

use bytes::Bytes;
use flate2::{Compression, write::ZlibEncoder};
use jac_engine::blocking::in_place;
use jac_engine::view::Snapshot;
use jac_model::RunId;
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::io::Write;
use std::time::Duration;
use tokio::time::Instant;

/// The compression level: most of the possible gain for a tenth of the time.
const LEVEL: u32 = 4;

/// A run without a push for this long has ended, or has no watchers: the next push is complete.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(60);

/// The last pushed state of each run's labels.
#[derive(Debug, Default)]
pub struct Tables {
    of_runs: HashMap<RunId, Table>,
}

#[derive(Debug)]
struct Table {
    /// The cells of each label.
    known: HashMap<String, Vec<Value>>,
    pushed_at: Instant,
}

impl Tables {
    /// The message for all who watch the run; `None` if it cannot be written.
    pub fn message(&mut self, snapshot: &Snapshot) -> Option<Bytes> {
        in_place(|| self.made_of(snapshot))
    }

    fn made_of(&mut self, snapshot: &Snapshot) -> Option<Bytes> {
        let mut whole = serde_json::to_value(snapshot).ok()?;
        let labels = whole.pointer_mut("/summary/labels").map(Value::take)?;
        whole["summary"]["labels"] = json!([]);
        let now = Instant::now();
        self.of_runs.retain(|_, table| now - table.pushed_at < FORGOTTEN_AFTER);
        let new = || Table { known: HashMap::new(), pushed_at: now };
        let table = self.of_runs.entry(snapshot.run_id.clone()).or_insert_with(new);
        table.pushed_at = now;
        whole["table"] = changed(&mut table.known, labels);
        packed(&whole)
    }
}

fn packed(message: &Value) -> Option<Bytes> {
    let mut packed = ZlibEncoder::new(Vec::new(), Compression::new(LEVEL));
    packed.write_all(&serde_json::to_vec(message).ok()?).ok()?;
    packed.finish().ok().map(Bytes::from)
}

/// The rows that differ from the known state, which is updated.
fn changed(known: &mut HashMap<String, Vec<Value>>, labels: Value) -> Value {
    let Value::Array(labels) = labels else { return Value::Null };
    let mut columns: Vec<String> = Vec::new();
    let mut rows = Vec::new();
    for label in labels {
        let Value::Object(mut fields) = label else { continue };
        let Some(Value::String(name)) = fields.remove("label") else { continue };
        if columns.is_empty() {
            columns = fields.keys().cloned().collect();
        }
        let cells = cells(fields);
        let before = known.get(&name);
        let differs = |at: usize| before.is_none_or(|before| before.get(at) != cells.get(at));
        let (mut mask, mut row) = (0_u64, vec![Value::from(name.as_str()), Value::Null]);
        for at in (0..cells.len()).filter(|at| differs(*at)) {
            mask |= 1 << at;
            row.push(cells[at].clone());
        }
        if mask != 0 {
            row[1] = mask.into();
            rows.push(Value::Array(row));
            known.insert(name, cells);
        }
    }
    json!({ "columns": columns, "rows": rows })
}

fn cells(fields: Map<String, Value>) -> Vec<Value> {
    fields.into_iter().map(|(name, value)| rounded(&name, value)).collect()
}

/// As finely as a page shows it: times and bytes to a tenth, percentages, rates and scores to a thousandth.
fn rounded(name: &str, value: Value) -> Value {
    let Some(number) = value.as_f64().filter(|_| value.is_f64()) else { return value };
    let parts = if name.ends_with("_ms") || name.ends_with("bytes") { 10.0 } else { 1_000.0 };
    json!((number * parts).round() / parts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_jtl::{LogStatistics, Settings};

    fn entry(label: &str, samples: u64, mean_ms: f64) -> Value {
        json!({ "label": label, "kind": "request", "samples": samples, "mean_ms": mean_ms, "p99_ms": null })
    }

    #[test]
    fn only_cells_that_changed_are_in_a_table() {
        let mut known = HashMap::new();
        let first = changed(&mut known, json!([entry("a", 1, 10.04), entry("b", 2, 20.0)]));
        assert_eq!(first["columns"], json!(["kind", "mean_ms", "p99_ms", "samples"]));
        assert_eq!(first["rows"], json!([["a", 15, "request", 10.0, null, 1], ["b", 15, "request", 20.0, null, 2]]));
        let next = changed(&mut known, json!([entry("a", 1, 10.01), entry("b", 3, 21.26), entry("c", 1, 5.0)]));
        assert_eq!(next["rows"], json!([["b", 10, 21.3, 3], ["c", 15, "request", 5.0, null, 1]]));
        assert_eq!(changed(&mut known, json!([entry("b", 3, 21.26)]))["rows"], json!([]));
    }

    #[test]
    fn a_second_of_five_hundred_labels_is_less_than_twenty_kilobytes() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success,bytes,sentBytes,Latency,Connect\n");
        let (mut known, mut random, mut largest) = (HashMap::new(), 1_u64, 0);
        for second in 0..120 {
            for row in 0..3_000 {
                random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let (label, elapsed) = (row % 500, 20 + (random >> 33) % 400 * ((random >> 45) % 5));
                let (at, bytes) = (second * 1_000 + row / 3, 4_000 + (random >> 40) % 3_000);
                let is_good = !(random >> 50).is_multiple_of(97);
                let line =
                    format!("{at},{elapsed},GET /api/v1/items/{label}/detail,{is_good},{bytes},312,{elapsed},1\n");
                log.feed(line.as_bytes());
            }
            let labels = serde_json::to_value(log.summary().labels).expect("JSON");
            let whole = serde_json::to_vec(&labels).expect("JSON").len();
            let table = changed(&mut known, labels);
            assert_eq!(table["rows"].as_array().map(Vec::len), Some(500), "all have samples each second");
            let message = packed(&table).expect("packed").len();
            // The first one has everything.
            if second > 0 {
                largest = largest.max(message);
                assert!(message * 8 < whole, "{message} of {whole}");
            }
        }
        assert!(largest < 20_000, "{largest}");
        println!("the largest message: {largest} bytes");
    }
}
