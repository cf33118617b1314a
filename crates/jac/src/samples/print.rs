//! Found samples for a terminal and for other programs.

use jac_engine::PlanSample;
use jac_jtl::EntryKind;
use jac_logs::FoundSample;
use jac_report::{Labels, aligned, plain_csv_field};
use std::time::{Duration, UNIX_EPOCH};

/// A column of the CSV: its name, and its value for a sample.
type Column = (&'static str, fn(&FoundSample) -> String);

/// JMeter's columns under their names and in their order, times as in the log: epoch milliseconds and milliseconds.
/// After them the place where a sample was found, quoted in the way that JMeter quotes the names of variables: it reads
/// a header with any other name in it as a row (`CSVSaveService#getSampleSaveConfiguration`).
const COLUMNS: [Column; 18] = [
    ("timeStamp", |sample| sample.start_ms.to_string()),
    // JMeter cannot read an empty time; the log had a negative one.
    ("elapsed", |sample| sample.elapsed_ms.map_or_else(|| "-1".to_owned(), |elapsed| elapsed.to_string())),
    ("label", |sample| plain_csv_field(&sample.label)),
    ("responseCode", |sample| plain_csv_field(&sample.code)),
    ("responseMessage", |sample| plain_csv_field(&sample.message)),
    ("threadName", |sample| plain_csv_field(&sample.thread)),
    ("success", |sample| sample.success.to_string()),
    ("failureMessage", |sample| plain_csv_field(&sample.failure_message)),
    ("bytes", |sample| number(sample.received_bytes)),
    ("sentBytes", |sample| number(sample.sent_bytes)),
    ("grpThreads", |sample| number(sample.group_threads.map(u64::from))),
    ("allThreads", |sample| number(sample.all_threads.map(u64::from))),
    ("URL", |sample| plain_csv_field(&sample.url)),
    ("Latency", |sample| number(sample.latency_ms)),
    ("Hostname", |sample| plain_csv_field(&sample.hostname)),
    ("Connect", |sample| number(sample.connect_ms)),
    ("\"log\"", |sample| sample.log.to_string()),
    ("\"position\"", |sample| sample.position.to_string()),
];

/// Columns that are omitted if no sample has a value for them: JMeter cannot read empty numbers.
const OPTIONAL: [&str; 9] =
    ["failureMessage", "bytes", "sentBytes", "grpThreads", "allThreads", "URL", "Latency", "Connect", "Hostname"];

fn number(number: Option<u64>) -> String {
    number.map(|number| number.to_string()).unwrap_or_default()
}

/// A line per sample; a failure with its reason.
pub fn text(samples: &[FoundSample], labels: Labels) -> String {
    table(&rows(&samples.iter().collect::<Vec<_>>(), labels), &[1])
}

/// The same for samples of several runs, each preceded by its run's ID.
pub fn text_of_runs(samples: &[PlanSample], labels: Labels) -> String {
    let mut rows = rows(&samples.iter().map(|found| &found.sample).collect::<Vec<_>>(), labels);
    let runs = std::iter::once("Run".to_owned()).chain(samples.iter().map(|found| found.run.to_string()));
    rows.iter_mut().zip(runs).for_each(|(row, run)| row.insert(0, run));
    table(&rows, &[2])
}

fn table(rows: &[Vec<String>], numbers: &[usize]) -> String {
    aligned(rows, numbers).into_iter().map(|line| line + "\n").collect()
}

/// The head, and a row per sample.
fn rows(samples: &[&FoundSample], labels: Labels) -> Vec<Vec<String>> {
    let head = ["Start (UTC)", "ms", "Code", "", "Label", "Thread", "Message"].map(str::to_owned).to_vec();
    let names = labels.of(samples.iter().map(|sample| sample.label.as_str()));
    let lines = samples.iter().zip(names).map(|(sample, name)| row(sample, name, labels));
    std::iter::once(head).chain(lines).collect()
}

fn row(sample: &FoundSample, name: String, labels: Labels) -> Vec<String> {
    let message = if sample.failure_message.is_empty() { &sample.message } else { &sample.failure_message };
    let short = |text: &str| labels.of([text]).concat();
    vec![
        utc(sample.start_ms),
        sample.elapsed_ms.map_or_else(|| "-".to_owned(), |elapsed| elapsed.to_string()),
        short(&sample.code),
        if sample.success { "ok".to_owned() } else { "FAILED".to_owned() },
        if sample.kind == EntryKind::Transaction { name + " (transaction)" } else { name },
        short(&sample.thread),
        short(message),
    ]
}

/// A log again, which JAC and JMeter read.
pub fn csv(samples: &[FoundSample]) -> String {
    let columns: Vec<&Column> = COLUMNS
        .iter()
        .filter(|(name, of)| !OPTIONAL.contains(name) || samples.iter().any(|sample| !of(sample).is_empty()))
        .collect();
    let mut csv = columns.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(",") + "\n";
    for sample in samples {
        let fields: Vec<String> = columns.iter().map(|(_, of)| of(sample)).collect();
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
