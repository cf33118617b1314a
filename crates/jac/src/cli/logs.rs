//! The arguments of the commands that read result logs: `jac report`, `jac compare`, `jac samples`.

use super::{Output, number, whole_number, whole_seconds};
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Which of a log's samples are counted.
#[derive(Debug, Args)]
pub struct NarrowArguments {
    /// Only samples that started at or after this time: 2026-11-25T08:30:00 (UTC), epoch milliseconds, or +90s after
    /// the log's start
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only samples that started before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only samples whose label matches this regular expression
    #[arg(long, value_name = "REGEX")]
    pub label: Option<String>,
}

/// How a log is read if the log itself does not define it.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// The columns of a log without a header, e.g. timeStamp,elapsed,label,responseCode,success
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// The format of timestamps, as in JMeter's timestamp_format: 'dd/MM/yyyy HH:mm:ss.SSS'
    #[arg(long, value_name = "PATTERN", conflicts_with = "time_unit")]
    pub time_format: Option<String>,
    /// Time zone of dates without one: UTC, +02:00
    #[arg(long, value_name = "OFFSET", default_value = "UTC", allow_hyphen_values = true)]
    pub time_zone: String,
    /// Unit of numeric timestamps; default: by their size
    #[arg(long, value_enum)]
    pub time_unit: Option<TimeUnitName>,
}

/// The unit of numeric time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TimeUnitName {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
    /// Microseconds
    Us,
    /// Nanoseconds
    Ns,
}

/// How a log is counted.
#[derive(Debug, Args)]
pub struct CountArguments {
    /// Apdex thresholds in ms: satisfied, tolerated
    #[arg(long, value_name = "MS,MS", default_value = "500,1500")]
    pub apdex: String,
    /// Maximum number of labels; further ones are grouped
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = whole_number(0..=usize::MAX))]
    pub max_labels: usize,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Result logs, results folders of `jac run`, or addresses of runs or logs in a store (s3://…); several are merged
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub count: CountArguments,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Write the report as a single offline HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the table as CSV
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the criteria and labels as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// The title of the page; default: the first file's name
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// Pass/fail criterion, e.g. 'p95 > 800ms' (true = failed)
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Warm-up: samples of the first 30s, 2m, … do not count for --fail-on. The report includes them
    #[arg(long, value_name = "TIME", value_parser = whole_seconds, default_value = "0s")]
    pub warm_up: Duration,
    /// Maximum share of unreadable rows; above it the result cannot be judged
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The baseline: a results folder, a log, a summary.json, or the address of a run or log in a store (s3://…)
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// The result to compare with the baseline
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Write the comparison as a single offline HTML page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Significance level of the tests
    #[arg(long, value_name = "P", default_value_t = 0.01, value_parser = number)]
    pub significance: f64,
    /// Minimum change of mean, median or p95, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0, value_parser = number)]
    pub min_change: f64,
    /// Minimum change of mean, median or p95, in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2.0, value_parser = number)]
    pub min_ms: f64,
    /// Minimum change of the error rate, in percentage points
    #[arg(long, value_name = "POINTS", default_value_t = 0.1, value_parser = number)]
    pub min_errors: f64,
    /// Maximum share of unreadable rows of either; above it they cannot be judged
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
}

#[derive(Debug, Args)]
pub struct SamplesArguments {
    /// Result logs, results folders of `jac run`, or addresses of runs or logs in a store (s3://…)
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// A condition, e.g. success=false, 'elapsed>2s', 'label~^Log', kind=request
    #[arg(long = "where", value_name = "FIELD OP VALUE")]
    pub conditions: Vec<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    /// Show the slowest samples instead of the first; requests before transactions
    #[arg(long)]
    pub slowest: bool,
    /// How many to show; all matches are counted
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = whole_number(0..=usize::MAX))]
    pub limit: usize,
    /// Print only the number of matches
    #[arg(long)]
    pub count: bool,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = SamplesOutput::Text)]
    pub output: SamplesOutput,
}

/// How samples are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SamplesOutput {
    /// A table
    Text,
    /// All fields as CSV, with a header
    Csv,
    /// All fields as JSON
    Json,
}
