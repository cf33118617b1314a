//! One document per row: Elastic Common Schema where it has a field, otherwise `run.*` and `jmeter.*`.
//!
//! Written by hand into one buffer, field by field, because there are tens of thousands per second; texts are escaped
//! by serde_json. Missing values of a row are omitted.

use crate::settings::Settings;
use jac_jtl::Sample;
use jac_model::search::ShippedRun;
use serde_json::{Value, json};
use std::io::Write;

/// The version of the Elastic Common Schema whose names are used.
const ECS_VERSION: &str = "8.11.0";
/// Incremented when documents contain more of their rows. From 2 on they contain everything that JAC shows of a sample.
pub(crate) const FORM: u64 = 2;
/// The longest text, in bytes, of fields that are searched for short names; `ignore_above` of the mapping, in characters.
pub(crate) const NAME_LENGTH: usize = 1024;
/// The same for messages and addresses.
pub(crate) const TEXT_LENGTH: usize = 8191;
const DAY_MS: i64 = 86_400_000;

/// Writes documents of one run.
#[derive(Debug, Clone)]
pub(crate) struct DocumentWriter {
    /// The end of all documents, including the closing brace.
    end: Vec<u8>,
    /// The date of the day, from the epoch, that was written last.
    day: Option<(i64, String)>,
}

impl DocumentWriter {
    pub fn new(run: &ShippedRun, settings: &Settings) -> Self {
        let mut fields = json!({
            "ecs": { "version": ECS_VERSION },
            "run": { "id": run.id, "name": run.name, "plan": run.plan, "cluster": run.cluster, "source": run.source },
            "user": { "name": run.owner },
        });
        if let Value::Object(fields) = &mut fields {
            if !settings.labels.is_empty() {
                fields.insert("labels".to_owned(), json!(settings.labels));
            }
            if let Some(service) = &settings.service {
                fields.insert("service".to_owned(), json!({ "name": service }));
            }
            if let Some((kind, dataset, namespace)) = settings.data_stream_parts() {
                let parts = json!({ "type": kind, "dataset": dataset, "namespace": namespace });
                fields.insert("data_stream".to_owned(), parts);
            }
        }
        let text = fields.to_string();
        Self { end: format!(",{}", &text[1..]).into_bytes(), day: None }
    }

    /// Appends the document of a row, without a line end.
    pub fn write(&mut self, sample: &Sample<'_>, out: &mut Vec<u8>) {
        out.extend_from_slice(b"{\"@timestamp\":\"");
        self.write_time(sample.start_ms, out);
        out.extend_from_slice(b"\",\"event\":{\"kind\":\"event\",\"dataset\":\"jmeter.sample\",\"outcome\":\"");
        out.extend_from_slice(if sample.success { b"success" } else { b"failure" });
        out.push(b'"');
        if let Some(elapsed_ms) = sample.elapsed_ms {
            number(out, b",\"duration\":", u64::from(elapsed_ms) * 1_000_000);
        }
        out.push(b'}');
        write_http(sample, out);
        // JMeter writes `null` if a sampler has none.
        if !matches!(sample.url, b"" | b"null") {
            text(out, b",\"url\":{\"full\":", sample.url);
            out.push(b'}');
        }
        if !sample.success && !sample.error_message().is_empty() {
            text(out, b",\"error\":{\"message\":", sample.error_message());
            out.push(b'}');
        }
        if !sample.host().is_empty() {
            text(out, b",\"host\":{\"name\":", sample.host());
            out.push(b'}');
        }
        if !sample.thread.is_empty() {
            text(out, b",\"process\":{\"thread\":{\"name\":", sample.thread);
            out.extend_from_slice(b"}}");
        }
        write_jmeter(sample, out);
        out.extend_from_slice(&self.end);
    }

    /// Appends a time as ISO 8601 in UTC, which Logstash requires, with milliseconds.
    fn write_time(&mut self, epoch_ms: i64, out: &mut Vec<u8>) {
        let (day, ms) = (epoch_ms.div_euclid(DAY_MS), epoch_ms.rem_euclid(DAY_MS));
        if self.day.as_ref().is_none_or(|(known, _)| *known != day) {
            let (year, month, date) = civil(day);
            self.day = Some((day, format!("{year:04}-{month:02}-{date:02}T")));
        }
        let date = self.day.as_ref().map(|(_, text)| text.as_str()).unwrap_or_default();
        out.extend_from_slice(date.as_bytes());
        let (second, ms) = (ms / 1000, ms % 1000);
        // A vector takes every write.
        drop(write!(out, "{:02}:{:02}:{:02}.{ms:03}Z", second / 3600, second / 60 % 60, second % 60));
    }
}

fn write_http(sample: &Sample<'_>, out: &mut Vec<u8>) {
    let status = status_code(sample.code);
    if status.is_none() && sample.received_bytes.is_none() && sample.sent_bytes.is_none() {
        return;
    }
    out.extend_from_slice(b",\"http\":{\"response\":{");
    if let Some(status) = status {
        number(out, b"\"status_code\":", u64::from(status));
    }
    if let Some(bytes) = sample.received_bytes {
        number(out, if status.is_some() { b",\"bytes\":" } else { b"\"bytes\":" }, bytes);
    }
    out.push(b'}');
    if let Some(bytes) = sample.sent_bytes {
        number(out, b",\"request\":{\"bytes\":", bytes);
        out.push(b'}');
    }
    out.push(b'}');
}

fn write_jmeter(sample: &Sample<'_>, out: &mut Vec<u8>) {
    text(out, b",\"jmeter\":{\"label\":", sample.label);
    number(out, b",\"form\":", FORM);
    number(out, b",\"position\":", sample.position);
    let transaction = sample.is_transaction();
    out.extend_from_slice(if transaction { b",\"transaction\":true" } else { b",\"transaction\":false" });
    let (samples, errors) = match transaction.then(|| counts(sample.message)).flatten() {
        Some(counts) => counts,
        None => (1, u64::from(!sample.success)),
    };
    number(out, b",\"sample_count\":", samples);
    number(out, b",\"error_count\":", errors);
    if let Some(elapsed_ms) = sample.elapsed_ms {
        number(out, b",\"elapsed_ms\":", elapsed_ms.into());
    }
    for (name, value) in [(&b",\"latency_ms\":"[..], sample.latency_ms), (b",\"connect_ms\":", sample.connect_ms)] {
        if let Some(value) = value {
            number(out, name, value);
        }
    }
    if !sample.code.is_empty() {
        text(out, b",\"response_code\":", sample.code);
    }
    if !sample.message.is_empty() {
        text(out, b",\"response_message\":", sample.message);
    }
    for (name, value) in [(&b",\"failure_message\":"[..], sample.failure_message), (b",\"hostname\":", sample.hostname)]
    {
        if !value.is_empty() {
            text(out, name, value);
        }
    }
    // Not in each server's `_ignored` field.
    let names = [sample.label, sample.code, sample.thread];
    if names.iter().any(|name| name.len() > NAME_LENGTH) || sample.message.len() > TEXT_LENGTH {
        out.extend_from_slice(b",\"too_long\":true");
    }
    if sample.url == b"null" {
        out.extend_from_slice(b",\"url_is_null\":true");
    }
    if let Some(group) = thread_group(sample) {
        text(out, b",\"thread_group\":", group);
    }
    if let Some(threads) = std::str::from_utf8(sample.group_threads).ok().and_then(|text| text.trim().parse().ok()) {
        number(out, b",\"group_threads\":", threads);
    }
    if let Some(threads) = sample.all_threads {
        number(out, b",\"all_threads\":", threads.into());
    }
    out.push(b'}');
}

fn number(out: &mut Vec<u8>, name: &[u8], value: u64) {
    out.extend_from_slice(name);
    drop(write!(out, "{value}"));
}

fn text(out: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    out.extend_from_slice(name);
    // Serialising a string into a vector cannot fail.
    drop(serde_json::to_writer(&mut *out, &String::from_utf8_lossy(value)));
}

/// A code that is an HTTP status: other samplers have codes of their own.
fn status_code(code: &[u8]) -> Option<u16> {
    match code {
        [b'1'..=b'5', b'0'..=b'9', b'0'..=b'9'] => std::str::from_utf8(code).ok()?.parse().ok(),
        _ => None,
    }
}

/// How many samples a transaction had, and how many of them failed: `Number of samples in transaction : 2, number of failing samples : 1`.
fn counts(message: &[u8]) -> Option<(u64, u64)> {
    let text = std::str::from_utf8(message).ok()?;
    let mut numbers = text.split(':').skip(1).map(|part| {
        let digits = part.trim_start();
        let end = digits.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    });
    Some((numbers.next()??, numbers.next()??))
}

/// The group of `10.0.0.7:1099-Thread Group 1-3`: without the worker, and without the numbers of group and thread after
/// it.
fn thread_group<'a>(sample: &Sample<'a>) -> Option<&'a [u8]> {
    let name = match sample.worker() {
        Some(worker) => sample.thread.get(worker.len() + 1..)?,
        None => sample.thread,
    };
    let space = name.iter().rposition(|byte| *byte == b' ')?;
    let (first, second) = std::str::from_utf8(&name[space + 1..]).ok()?.split_once('-')?;
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (is_number(first) && is_number(second)).then_some(&name[..space])
}

/// A time as ISO 8601 in UTC, with milliseconds.
pub(crate) fn iso(epoch_ms: i64) -> String {
    let (year, month, date) = civil(epoch_ms.div_euclid(DAY_MS));
    let ms = epoch_ms.rem_euclid(DAY_MS);
    let second = ms / 1000;
    format!(
        "{year:04}-{month:02}-{date:02}T{:02}:{:02}:{:02}.{:03}Z",
        second / 3600,
        second / 60 % 60,
        second % 60,
        ms % 1000
    )
}

/// Year, month and day of a day since 1970 in the Gregorian calendar ("civil_from_days", Howard Hinnant, chrono-compatible low-level date
/// algorithms).
fn civil(day: i64) -> (i64, i64, i64) {
    let day = day + 719_468;
    let era = day.div_euclid(146_097);
    let of_era = day.rem_euclid(146_097);
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * of_year + 2) / 153;
    let date = of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::Layout;
    use jac_jtl::LogReader;
    use jac_model::search::TargetKind;

    const HEADER: &str = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

    fn settings() -> Settings {
        Settings::new("es", TargetKind::Elasticsearch, "http://localhost:9200".parse().expect("a URL"))
    }

    fn documents(settings: &Settings, rows: &str) -> Vec<Value> {
        let run = ShippedRun {
            is_imported: false,
            id: "r-23456789".parse().expect("an id"),
            name: "Nightly \"big\"".to_owned(),
            plan: "shop".to_owned(),
            cluster: "local".to_owned(),
            owner: "Ann".to_owned(),
            source: 0,
        };
        let mut writer = DocumentWriter::new(&run, settings);
        let mut found = Vec::new();
        let mut reader = LogReader::new(&jac_jtl::Settings::default());
        let mut take = |sample: &Sample<'_>| {
            let mut out = Vec::new();
            writer.write(sample, &mut out);
            found.push(serde_json::from_slice(&out).expect("JSON"));
        };
        reader.feed(format!("{HEADER}{rows}").as_bytes(), &mut take);
        reader.finish(&mut take);
        found
    }

    #[test]
    fn a_row_becomes_a_document_with_the_common_schemas_names() {
        let rows = "1700000000123,120,Log in,200,OK,10.0.0.7:1099-Users of A 1-3,text,true,,1000,200,7,9,http://shop.test/?a=\u{fc},100,0,2\n";
        let position = HEADER.len();
        assert_eq!(
            documents(&settings(), rows),
            [json!({
                "@timestamp": "2023-11-14T22:13:20.123Z",
                "event": { "kind": "event", "dataset": "jmeter.sample", "outcome": "success", "duration": 120_000_000 },
                "http": { "response": { "status_code": 200, "bytes": 1000 }, "request": { "bytes": 200 } },
                "url": { "full": "http://shop.test/?a=\u{fc}" },
                "host": { "name": "10.0.0.7:1099" },
                "process": { "thread": { "name": "10.0.0.7:1099-Users of A 1-3" } },
                "jmeter": {
                    "label": "Log in", "form": FORM, "position": position, "transaction": false, "sample_count": 1, "error_count": 0,
                    "elapsed_ms": 120, "latency_ms": 100, "connect_ms": 2, "response_code": "200", "response_message": "OK",
                    "thread_group": "Users of A", "group_threads": 7, "all_threads": 9
                },
                "run": { "id": "r-23456789", "name": "Nightly \"big\"", "plan": "shop", "cluster": "local", "source": 0 },
                "user": { "name": "Ann" },
                "ecs": { "version": ECS_VERSION },
                "data_stream": { "type": "logs", "dataset": "jmeter.sample", "namespace": "default" }
            })]
        );
    }

    #[test]
    fn a_failure_is_one_with_or_without_an_assertion_and_a_code_of_another_protocol_is_no_status() {
        let rows = "1700000000000,5,Query,ORA-1017,denied,Users 1-1,text,false,,,,1,1,,0,0,0\n\
                    1700000000000,5,Page,200,OK,Users 1-1,text,false,\"no \"\"basket\"\"\",10,,1,1,,0,0,0\n";
        let found = documents(&settings(), rows);
        assert_eq!(found[0]["event"]["outcome"], "failure");
        assert_eq!(found[0]["error"]["message"], "denied");
        assert_eq!((&found[0]["http"], &found[0]["jmeter"]["response_code"]), (&Value::Null, &json!("ORA-1017")));
        assert_eq!(found[1]["error"]["message"], "no \"basket\"");
        assert_eq!(found[1]["http"], json!({ "response": { "status_code": 200, "bytes": 10 } }));
        assert_eq!(found[1]["jmeter"]["error_count"], 1);
    }

    #[test]
    fn a_transaction_is_marked_and_has_the_counts_of_its_samples() {
        let rows = "1700000000000,300,Checkout,,\"Number of samples in transaction : 3, number of failing samples : 1\",Users 1-1,,false,,0,0,1,1,null,0,0,0\n";
        let found = documents(&settings(), rows);
        let jmeter = &found[0]["jmeter"];
        assert_eq!(
            (&jmeter["transaction"], &jmeter["sample_count"], &jmeter["error_count"]),
            (&json!(true), &json!(3), &json!(1))
        );
    }

    #[test]
    fn labels_and_service_are_in_every_document_and_a_name_of_ones_own_has_no_parts() {
        let settings = Settings {
            labels: [("team".to_owned(), "checkout".to_owned())].into(),
            service: Some("shop".to_owned()),
            index: Some("loadtests".to_owned()),
            layout: Layout::DataStream,
            ..settings()
        };
        let found = documents(&settings, "1700000000000,5,Page,200,OK,main,text,true,,1,1,1,1,,0,0,0\n");
        assert_eq!(
            (&found[0]["labels"], &found[0]["service"]),
            (&json!({ "team": "checkout" }), &json!({ "name": "shop" }))
        );
        assert_eq!((&found[0]["data_stream"], &found[0]["jmeter"]["thread_group"]), (&Value::Null, &Value::Null));
    }

    #[test]
    fn days_are_those_of_the_calendar() {
        for (day, date) in [
            (0, (1970, 1, 1)),
            (-1, (1969, 12, 31)),
            (11_016, (2000, 2, 29)),
            (20_785, (2026, 11, 28)),
            (47_540, (2100, 2, 28)),
            (47_541, (2100, 3, 1)),
        ] {
            assert_eq!(civil(day), date, "{day}");
        }
    }
}
