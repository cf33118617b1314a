//! Rows that could not be read: all are counted, and the first of them are kept with position and reason.

use crate::TimeUnit;
use serde::{Deserialize, Serialize};

/// Maximum number of rejected rows that are kept with their reason; all are counted.
const KEPT: usize = 100;

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejected {
    /// The log that contains it, if there may be several; empty otherwise.
    #[serde(default)]
    pub file: String,
    /// Line on which the row begins, from 1.
    pub line: u64,
    /// Byte at which the row begins, from 0.
    pub position: u64,
    /// The problem: `columns`, `not_a_number`, `negative`, `out_of_range`, `time_stamp`, `success`,
    /// `after_quote`, `field_too_long`, `row_too_long`, `cut`, `no_header`, `carriage_returns`, `column_missing` or `outside_samples`.
    #[serde(default)]
    pub code: String,
    /// The same as a sentence.
    pub reason: String,
}

/// The outcome of a reading, apart from the samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOutcome {
    /// Number of bytes read.
    pub bytes: u64,
    /// Line ends in complete rows.
    pub lines: u64,
    /// Rows that were read as samples.
    pub samples: u64,
    /// Rows that could not be read.
    pub rejected_rows: u64,
    /// The first 100 of them.
    pub rejected: Vec<Rejected>,
    /// Those of them in which a log ends.
    pub cut_rows: u64,
    /// Logs that do not end properly: within a row, or as XML without their closing tag.
    pub cut_logs: u64,
    /// Those of them that are damaged compressed files: rows after the damage are missing or wrong.
    pub damaged_logs: u64,
    /// Nested samples of an XML log that lie deeper than JMeter writes them to a CSV log: they are left out.
    pub too_deep: u64,
    /// Unreadable numbers in columns that a sample does not need; they count as missing.
    pub unread_values: u64,
    /// The first of them.
    pub unread_value: Option<Rejected>,
    /// Data that the logs do not contain.
    pub lacks: Lacks,
    /// How ambiguous time stamps were interpreted.
    pub guesses: Guesses,
}

/// Data that a log does not contain, so that some facts about its samples are unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Lacks {
    /// No `success` and no `ErrorCount`: all samples count as successes.
    pub success: bool,
    /// No `responseMessage`: transactions cannot be distinguished from requests.
    pub message: bool,
}

/// How ambiguous time stamps were interpreted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Guesses {
    /// Numbers were not milliseconds, by their size.
    pub unit: Option<TimeUnit>,
    /// Times without a day: the first is on 1970-01-02.
    pub day: bool,
    /// Dates in which either the day or the month may come first ([`Settings::date_order`](crate::Settings)).
    pub date_order: bool,
}

impl ReadOutcome {
    pub(crate) fn reject(&mut self, line: u64, position: u64, reason: &Reason) {
        self.rejected_rows += 1;
        if self.rejected.len() < KEPT {
            self.rejected.push(Rejected::new(line, position, reason));
        }
    }

    /// Notes that the log ends within a row.
    pub(crate) fn cut(&mut self, line: u64, position: u64) {
        self.reject(line, position, &Reason::Cut);
        self.cut_rows += 1;
        self.cut_logs += 1;
    }

    /// Notes numbers of a row that could not be read.
    pub(crate) fn lose(&mut self, line: u64, position: u64, lost: Lost) {
        self.unread_values += u64::from(lost.count);
        if let (None, Some(reason)) = (&self.unread_value, lost.first) {
            self.unread_value = Some(Rejected::new(line, position, &reason));
        }
    }

    /// Sets the log that the rows belong to, unless it is already set.
    pub fn name_file(&mut self, file: &str) {
        for row in self.rejected.iter_mut().chain(&mut self.unread_value).filter(|row| row.file.is_empty()) {
            file.clone_into(&mut row.file);
        }
    }

    /// Calls the logs of these rows by other names.
    pub fn rename_files(&mut self, name: &dyn Fn(&str) -> String) {
        for row in self.rejected.iter_mut().chain(&mut self.unread_value) {
            row.file = name(&row.file);
        }
    }

    /// Share of the rows that could not be read, from 0 to 1. A truncated last row does not count: the log is
    /// incomplete then, which is reported separately.
    pub fn unread_share(&self) -> f64 {
        let unread = self.rejected_rows - self.cut_rows;
        let rows = unread + self.samples;
        if rows == 0 { 0.0 } else { unread as f64 / rows as f64 }
    }

    /// A sentence about the logs that do not end properly.
    pub fn incompleteness(&self) -> Option<String> {
        let truncated = match self.cut_logs - self.damaged_logs {
            0 => None,
            1 => Some("The log is truncated: the run was killed, or the file is incomplete.".to_owned()),
            logs => Some(format!("{logs} logs are truncated: the run was killed, or the files are incomplete.")),
        };
        let damaged = match self.damaged_logs {
            0 => None,
            1 => Some("The log is damaged: its rows after the damage are missing or wrong.".to_owned()),
            logs => Some(format!("{logs} logs are damaged: their rows after the damage are missing or wrong.")),
        };
        truncated.into_iter().chain(damaged).reduce(|first, second| format!("{first} {second}"))
    }

    /// Adds what was read of a following part of the same log: its lines are counted on from here.
    pub fn append(&mut self, following: &Self) {
        self.add(following, self.lines);
    }

    /// Adds the outcome of another log, which has line numbers of its own.
    pub fn merge(&mut self, other: &Self) {
        self.add(other, 0);
    }

    fn add(&mut self, other: &Self, lines_before: u64) {
        let moved = |row: &Rejected| Rejected { line: lines_before + row.line, ..row.clone() };
        let room = KEPT.saturating_sub(self.rejected.len());
        self.rejected.extend(other.rejected.iter().take(room).map(moved));
        if self.unread_value.is_none() {
            self.unread_value = other.unread_value.as_ref().map(moved);
        }
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.samples += other.samples;
        self.rejected_rows += other.rejected_rows;
        self.cut_rows += other.cut_rows;
        self.cut_logs += other.cut_logs;
        self.damaged_logs += other.damaged_logs;
        self.too_deep += other.too_deep;
        self.unread_values += other.unread_values;
        self.lacks.success |= other.lacks.success;
        self.lacks.message |= other.lacks.message;
        self.guesses.unit = self.guesses.unit.or(other.guesses.unit);
        self.guesses.day |= other.guesses.day;
        self.guesses.date_order |= other.guesses.date_order;
    }
}

impl Rejected {
    fn new(line: u64, position: u64, reason: &Reason) -> Self {
        Self { file: String::new(), line, position, code: reason.code().to_owned(), reason: reason.to_string() }
    }
}

/// Numbers of one row that could not be read, in columns that a sample does not need.
#[derive(Debug, Default)]
pub(crate) struct Lost {
    pub(crate) count: u32,
    /// The reason for the first of them.
    pub(crate) first: Option<Reason>,
}

impl Lost {
    pub(crate) fn add(&mut self, reason: Reason) {
        self.count += 1;
        self.first.get_or_insert(reason);
    }
}

/// Why a row could not be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Reason {
    #[error("expected {expected} columns, found {found}")]
    Columns { expected: usize, found: usize },
    #[error("{column} is not a whole number: {text:?}")]
    NotANumber { column: &'static str, text: String },
    #[error("{column} is negative: {text:?}")]
    Negative { column: &'static str, text: String },
    #[error("{column} is out of range: {text:?}")]
    Absurd { column: &'static str, text: String },
    #[error("unrecognised timeStamp: {text:?}")]
    TimeStamp { text: String },
    #[error("success is neither true nor false: {text:?}")]
    Success { text: String },
    #[error("text after the closing quote of a field")]
    AfterQuote,
    #[error("a field is longer than 1 MB")]
    FieldTooLong,
    #[error("the row is longer than 4 MB")]
    RowTooLong,
    #[error("truncated row")]
    Cut,
    #[error("neither a header nor a row in JMeter's default columns")]
    NoHeader,
    #[error("lines end with a carriage return alone; convert them: tr '\\r' '\\n'")]
    CarriageReturns,
    #[error("text outside of the samples of an XML log")]
    OutsideSamples,
    #[error("the header lacks the column {0}")]
    HeaderWithout(&'static str),
}

impl Reason {
    /// Its stable name.
    fn code(&self) -> &'static str {
        match self {
            Self::Columns { .. } => "columns",
            Self::NotANumber { .. } => "not_a_number",
            Self::Negative { .. } => "negative",
            Self::Absurd { .. } => "out_of_range",
            Self::TimeStamp { .. } => "time_stamp",
            Self::Success { .. } => "success",
            Self::AfterQuote => "after_quote",
            Self::FieldTooLong => "field_too_long",
            Self::RowTooLong => "row_too_long",
            Self::Cut => "cut",
            Self::NoHeader => "no_header",
            Self::CarriageReturns => "carriage_returns",
            Self::OutsideSamples => "outside_samples",
            Self::HeaderWithout(_) => "column_missing",
        }
    }

    /// The text of a field for a message, lossy and short.
    pub(crate) fn excerpt(field: &[u8]) -> String {
        let shown = &field[..field.len().min(60)];
        let mut text = String::from_utf8_lossy(shown).into_owned();
        if shown.len() < field.len() {
            text.push('…');
        }
        text
    }
}
