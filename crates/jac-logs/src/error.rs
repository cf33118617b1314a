//! Why a log could not be read, and what to do about it.

use crate::Kind;
use jac_jtl::ReadOutcome;

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be opened.
    #[error("cannot open {name}: {source}")]
    Open {
        /// The log's name.
        name: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// It is a folder.
    #[error("{name} is a folder; give the log file in it, such as {name}/results.jtl")]
    Directory {
        /// The folder's name.
        name: String,
    },
    /// Reading or unpacking it failed midway.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The log's name.
        name: String,
        /// The system's or the decoder's error.
        #[source]
        source: std::io::Error,
    },
    /// It is not a result log.
    #[error("{name} is {kind}, not a result log")]
    NotALog {
        /// The file's name.
        name: String,
        /// What it is instead.
        kind: Kind,
    },
    /// It has no sample.
    #[error("{name} contains no samples: {}", without_samples(outcome))]
    NoSample {
        /// The log's name.
        name: String,
        /// The outcome of its reading.
        outcome: Box<ReadOutcome>,
    },
    /// There was nothing to read.
    #[error("no log given")]
    Nothing,
    /// A pipe would have to be read twice.
    #[error("times after the start (+90s, a warm-up) need a file: {name} can be read only once")]
    OnlyOnce {
        /// The log's name.
        name: String,
    },
    /// A pipe has to be read twice to determine the order of its dates, and cannot be copied for that.
    #[error("cannot copy {name} to a temporary file, to find out the order of its dates: {source}")]
    Spool {
        /// The log's name.
        name: String,
        /// The system's error.
        #[source]
        source: std::io::Error,
    },
    /// The caller ended it.
    #[error("reading was cancelled")]
    Cancelled,
}

impl LogError {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "log_not_opened",
            Self::Directory { .. } => "log_is_a_folder",
            Self::Read { .. } => "log_not_read",
            Self::NotALog { .. } => "not_a_result_log",
            Self::NoSample { .. } => "no_sample",
            Self::Nothing => "no_log_named",
            Self::OnlyOnce { .. } => "input_only_once",
            Self::Spool { .. } => "log_not_copied",
            Self::Cancelled => "cancelled",
        }
    }

    /// How to fix it, a sentence.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotALog { name, kind } => Some(kind.hint(name)),
            Self::NoSample { outcome, .. } => Some(match outcome.rejected.first().map(|row| row.code.as_str()) {
                None => "JMeter may have ended before its first sample; check its jmeter.log.".to_owned(),
                Some("no_header") => {
                    "If it has no header, give its columns: --columns timeStamp,elapsed,label,…".to_owned()
                }
                Some("time_stamp") => {
                    "Give the format of its timestamps: --time-format 'dd/MM/yyyy HH:mm:ss', or --time-unit.".to_owned()
                }
                Some("out_of_range") => {
                    "If its timestamps are dates or in another unit, give --time-format yyyyMMddHHmmssSSS or --time-unit."
                        .to_owned()
                }
                Some(_) => "Give a result log written by JMeter, as CSV or XML.".to_owned(),
            }),
            Self::Spool { .. } => Some(
                "Give the format of its timestamps (--time-format 'dd/MM/yyyy HH:mm:ss'), or set TMPDIR to a folder with room."
                    .to_owned(),
            ),
            Self::Open { .. }
            | Self::Directory { .. }
            | Self::Read { .. }
            | Self::Nothing
            | Self::OnlyOnce { .. }
            | Self::Cancelled => None,
        }
    }
}

fn without_samples(outcome: &ReadOutcome) -> String {
    match (outcome.bytes, outcome.rejected.first()) {
        (0, _) if outcome.cut_logs == 0 => "it is empty".to_owned(),
        (_, None) if outcome.cut_logs > 0 => "it ends before its first one".to_owned(),
        (_, None) => "it has no rows".to_owned(),
        (_, Some(first)) => {
            let rows = outcome.rejected_rows;
            let of_rows = if rows == 1 { "its row".to_owned() } else { format!("none of its {rows} rows") };
            let could = if rows == 1 { "could not" } else { "could" };
            format!("{of_rows} {could} be read (line {}: {})", first.line, first.reason)
        }
    }
}
