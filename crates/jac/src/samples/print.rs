//! Found samples for a terminal and for other programs.

use jac_logs::FoundSample;
use jac_report::{aligned, csv_field, one_line};
use std::time::{Duration, UNIX_EPOCH};

/// All fields, times as in the log: epoch milliseconds and milliseconds.
const CSV_HEADER: &str = "log,position,timeStamp,elapsed,label,responseCode,responseMessage,failureMessage,threadName,success,\
    bytes,sentBytes,Latency,Connect,URL\n";

/// A line per sample; a failure says why.
pub fn text(samples: &[FoundSample]) -> String {
    let head = ["Start (UTC)", "ms", "Code", "", "Label", "Thread", "Message"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = std::iter::once(head).chain(samples.iter().map(row)).collect();
    aligned(&rows, &[1]).into_iter().map(|line| line + "\n").collect()
}

fn row(sample: &FoundSample) -> Vec<String> {
    let message = if sample.failure_message.is_empty() { &sample.message } else { &sample.failure_message };
    vec![
        utc(sample.start_ms),
        sample.elapsed_ms.to_string(),
        one_line(&sample.code),
        if sample.success { "ok".to_owned() } else { "FAILED".to_owned() },
        one_line(&sample.label),
        one_line(&sample.thread),
        one_line(message),
    ]
}

/// The names of the columns are JMeter's, so that the result is a log that JAC and JMeter read.
pub fn csv(samples: &[FoundSample]) -> String {
    let number = |number: Option<u64>| number.map(|number| number.to_string()).unwrap_or_default();
    let mut csv = CSV_HEADER.to_owned();
    for sample in samples {
        let fields = [
            sample.log.to_string(),
            sample.position.to_string(),
            sample.start_ms.to_string(),
            sample.elapsed_ms.to_string(),
            csv_field(&sample.label),
            csv_field(&sample.code),
            csv_field(&sample.message),
            csv_field(&sample.failure_message),
            csv_field(&sample.thread),
            sample.success.to_string(),
            number(sample.received_bytes),
            number(sample.sent_bytes),
            number(sample.latency_ms),
            number(sample.connect_ms),
            csv_field(&sample.url),
        ];
        csv.push_str(&fields.join(","));
        csv.push('\n');
    }
    csv
}

/// `2026-11-25T08:30:00.123Z`, as `--from` takes it.
fn utc(epoch_ms: i64) -> String {
    let time = u64::try_from(epoch_ms).ok().and_then(|ms| UNIX_EPOCH.checked_add(Duration::from_millis(ms)));
    time.map_or_else(|| epoch_ms.to_string(), |time| humantime::format_rfc3339_millis(time).to_string())
}
