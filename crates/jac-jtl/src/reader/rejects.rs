//! Rows that could not be read: counted, and the first of them kept with place and reason.

use serde::{Deserialize, Serialize};

/// How many rejected rows are kept with their reason; all are counted.
const KEPT: usize = 100;

/// A row that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rejected {
    /// Line on which the row begins, from 1.
    pub line: u64,
    /// Byte at which the row begins, from 0.
    pub position: u64,
    /// What is wrong with it, a sentence.
    pub reason: String,
}

/// What a reading brought besides samples.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOutcome {
    /// Bytes taken.
    pub bytes: u64,
    /// Line ends seen in complete rows.
    pub lines: u64,
    /// Rows that could not be read.
    pub rejected_rows: u64,
    /// The first 100 of them.
    pub rejected: Vec<Rejected>,
}

impl ReadOutcome {
    pub(crate) fn reject(&mut self, line: u64, position: u64, reason: &Reason) {
        self.rejected_rows += 1;
        if self.rejected.len() < KEPT {
            self.rejected.push(Rejected { line, position, reason: reason.to_string() });
        }
    }

    /// Adds what was read of a following part of the same log: its lines are counted on from here.
    pub fn append(&mut self, following: &Self) {
        let room = KEPT.saturating_sub(self.rejected.len());
        self.rejected.extend(following.rejected.iter().take(room).map(|row| Rejected {
            line: self.lines + row.line,
            position: row.position,
            reason: row.reason.clone(),
        }));
        self.bytes += following.bytes;
        self.lines += following.lines;
        self.rejected_rows += following.rejected_rows;
    }

    /// Adds what was read of another log, whose lines are its own.
    pub fn merge(&mut self, other: &Self) {
        let room = KEPT.saturating_sub(self.rejected.len());
        self.rejected.extend(other.rejected.iter().take(room).cloned());
        self.bytes += other.bytes;
        self.lines += other.lines;
        self.rejected_rows += other.rejected_rows;
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
    #[error("{column} is beyond any sensible value: {text:?}")]
    Absurd { column: &'static str, text: String },
    #[error("timeStamp is neither epoch milliseconds nor a date that JAC knows: {text:?}")]
    TimeStamp { text: String },
    #[error("success is neither true nor false: {text:?}")]
    Success { text: String },
    #[error("a quoted field goes on after its closing quote")]
    AfterQuote,
    #[error("a field is longer than 1 MB")]
    FieldTooLong,
    #[error("the row is longer than 4 MB")]
    RowTooLong,
    #[error("the log ends within this row")]
    Cut,
    #[error("neither a header nor a row in JMeter's default columns")]
    NoHeader,
    #[error("the header has no column {0}")]
    HeaderWithout(&'static str),
}

impl Reason {
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
