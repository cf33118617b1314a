//! The table: one entry per label and the total. This is `summary.json`.

use crate::{ErrorGroup, Note, Rejected};
use serde::{Deserialize, Serialize};

/// The statistics table of a log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Summary {
    /// Version of this format: 1.
    pub version: u32,
    /// Start of the first sample, epoch milliseconds.
    pub start_ms: Option<i64>,
    /// End of the last sample, epoch milliseconds.
    pub end_ms: Option<i64>,
    /// All samples without the transactions' rows, as JMeter counts; see `total_basis`.
    pub total: Entry,
    /// What the total covers.
    pub total_basis: TotalBasis,
    /// One entry per label, in order of first appearance.
    pub labels: Vec<Entry>,
    /// Rows of the log that could not be read.
    pub rejected_rows: u64,
    /// Why the log is not the whole run, if it is not.
    pub partial: Option<Partial>,
    /// From the first start to the last end, in milliseconds.
    #[serde(default)]
    pub duration_ms: Option<i64>,
    /// Share of the log's rows that could not be read, in percent; a truncated last row does not count.
    #[serde(default)]
    pub unread_percent: Option<f64>,
    /// The first 100 rows that could not be read.
    #[serde(default)]
    pub rejected: Vec<Rejected>,
    /// Notes on the figures.
    #[serde(default)]
    pub notes: Vec<Note>,
}

impl Summary {
    /// Whether every sample failed; `false` if there are no samples.
    pub fn all_failed(&self) -> bool {
        self.total.samples > 0 && self.total.errors == self.total.samples
    }
}

/// The table of a time range of a run, from the buckets of its charts: counts, means and maximum response times are exact, other
/// response times exact below 1,024 ms and less than 0.2 % too low above. Apdex is not available for a time range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WindowTable {
    /// Start of its first bucket, epoch milliseconds.
    pub from_ms: i64,
    /// End of its last bucket, epoch milliseconds.
    pub to_ms: i64,
    /// Covers the same rows as the run's total, within this time. Rates are per second of this time.
    pub total: Entry,
    /// One entry for each label with a sample in this time, in order of first appearance.
    pub labels: Vec<Entry>,
    /// The requested labels as one, with an empty `label`; `null`: none of them has a sample in this time.
    pub together: Option<Entry>,
    /// The most frequent groups of failures in this time, at most 20, with the times of the first and last failure in it. `example` is the run's first. In a
    /// run in which very many groups fail all the time, they are counted in wider intervals than the charts, each in full.
    pub errors: Vec<ErrorGroup>,
}

/// What the total covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TotalBasis {
    /// All rows that are not transactions.
    Samples,
    /// The transactions' rows, because the log has no others.
    Transactions,
}

/// The kind of a table row's samples.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum EntryKind {
    /// Samplers' rows.
    #[default]
    Request,
    /// Rows of Transaction Controllers, each of which covers several samples; the total excludes them if there are
    /// other rows.
    Transaction,
    /// Both, under one label.
    Mixed,
}

impl EntryKind {
    /// Its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Transaction => "transaction",
            Self::Mixed => "mixed",
        }
    }
}

/// The mark of a result that is not the whole run's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Partial {
    /// Why the run ended early, as a sentence.
    pub cause: String,
}

/// One line of the table. Times are milliseconds, rates per second, KB are 1024 bytes; a missing number is `null`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Entry {
    /// The sampler's name; `Total` for the total.
    pub label: String,
    /// Kind of its rows.
    #[serde(default)]
    pub kind: EntryKind,
    /// Rows counted.
    pub samples: u64,
    /// Rows with `success` false.
    pub errors: u64,
    /// errors * 100 / samples.
    pub error_percent: Option<f64>,
    /// Mean response time.
    pub mean_ms: Option<f64>,
    /// Least response time.
    pub min_ms: Option<u64>,
    /// Greatest response time.
    pub max_ms: Option<u64>,
    /// Standard deviation of the population of response times.
    pub stddev_ms: Option<f64>,
    /// 50th percentile (position p(n+1)/100, linear between neighbours).
    pub median_ms: Option<f64>,
    /// 90th percentile.
    pub p90_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// 99.9th percentile; `null` in a result of an older JAC, like the two means below.
    pub p999_ms: Option<f64>,
    /// samples / (last end - first start).
    pub throughput_per_s: Option<f64>,
    /// KB received / (last end - first start); `null` in a log without bytes.
    pub received_kb_per_s: Option<f64>,
    /// KB sent / (last end - first start); `null` in a log without them.
    pub sent_kb_per_s: Option<f64>,
    /// Mean bytes received, of the samples that have this number.
    pub avg_bytes: Option<f64>,
    /// Mean time to the first byte, of the samples that have one.
    pub latency_ms: Option<f64>,
    /// Mean time to connect, of the samples that have one; 0 for a reused connection.
    pub connect_ms: Option<f64>,
    /// Application performance index: (satisfied + tolerated / 2) / samples, failures frustrated.
    pub apdex: Option<f64>,
}
