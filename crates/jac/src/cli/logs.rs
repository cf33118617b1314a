//! The arguments of the commands that read result logs: `jac report`, `jac compare`, `jac samples`.

use super::Output;
use clap::{Args, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Which of a log's samples are looked at.
#[derive(Debug, Args)]
pub struct NarrowArguments {
    /// Only samples that started then or later: 2026-11-25T08:30:00 (UTC), epoch milliseconds, or +90s after the log's start
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only samples that started before then
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only samples whose label matches somewhere
    #[arg(long, value_name = "REGEX")]
    pub label: Option<String>,
}

/// How a log is read where it does not say it itself.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// The columns of a log without a header, such as timeStamp,elapsed,label,responseCode,success
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// How time stamps are written, as in JMeter's timestamp_format: 'dd/MM/yyyy HH:mm:ss.SSS'
    #[arg(long, value_name = "PATTERN", conflicts_with = "time_unit")]
    pub time_format: Option<String>,
    /// Time zone of dates that do not name one: UTC, +02:00
    #[arg(long, value_name = "OFFSET", default_value = "UTC", allow_hyphen_values = true)]
    pub time_zone: String,
    /// What numeric time stamps count; default: by their size
    #[arg(long, value_enum)]
    pub time_unit: Option<TimeUnitName>,
}

/// What numeric time stamps count.
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
    /// Apdex: the response times in ms within which a success satisfies and is tolerated
    #[arg(long, value_name = "MS,MS", default_value = "500,1500")]
    pub apdex: String,
    /// Labels that are kept apart; later ones are counted together
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub max_labels: usize,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Result logs; several are merged
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub count: CountArguments,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Write the report as one offline page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the table as CSV
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the criteria and labels as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// What the page is called; default: the first file's name
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// What fails the report, such as 'p95 > 800ms'
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Samples that start so long after the first one count for --fail-on, earlier ones do not: 30s, 2m. The report has all of them
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration, default_value = "0s")]
    pub warm_up: Duration,
    /// Share of the rows that may be unread before the result cannot be judged
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// What is compared with: a folder of results, a log, or a summary.json
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// What is judged
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Write the comparison as one offline page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Greatest probability of calling noise a change
    #[arg(long, value_name = "P", default_value_t = 0.01)]
    pub significance: f64,
    /// Least change of mean, median or p95 that matters, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub min_change: f64,
    /// Least such change in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2.0)]
    pub min_ms: f64,
    /// Least change of the share of failures that matters, in percentage points
    #[arg(long, value_name = "POINTS", default_value_t = 0.1)]
    pub min_errors: f64,
    /// Share of the rows of either that may be unread before they cannot be judged
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
}

#[derive(Debug, Args)]
pub struct SamplesArguments {
    /// Result logs
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// A condition, such as success=false, 'elapsed>2s', 'label~^Log', kind=request
    #[arg(long = "where", value_name = "FIELD OP VALUE")]
    pub conditions: Vec<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    /// The slowest in place of the first; requests before transactions
    #[arg(long)]
    pub slowest: bool,
    /// How many are shown; all are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// Print only how many there are
    #[arg(long)]
    pub count: bool,
    /// What is printed on standard output
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
