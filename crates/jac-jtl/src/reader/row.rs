//! One row: its fields, and the sample that they make.

use super::columns::{Column, Columns};
use super::number::{Number, number};
use super::rejects::Reason;
use super::scan::FIELD_LIMIT;
use super::timestamp::{LIMIT_MS, date_time_ms};
use crate::{Sample, Settings, TimestampMeaning};

/// The fields of one row: they begin at `start` and each ends at its entry of `ends`, one byte before the next begins.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: usize,
    pub(super) ends: &'a [u32],
}

impl<'a> Row<'a> {
    /// Where the field at an index, which must be below the number of fields, begins and ends.
    #[inline(always)]
    pub(super) fn bounds(&self, index: usize) -> (usize, usize) {
        let start = if index == 0 { self.start } else { self.ends[index - 1] as usize + 1 };
        (start, self.ends[index] as usize)
    }

    /// The field at an index, which must be below the number of fields.
    #[inline(always)]
    pub(super) fn field(&self, index: usize) -> &'a [u8] {
        let (start, end) = self.bounds(index);
        &self.bytes[start..end]
    }

    #[inline(always)]
    pub(super) fn text(&self, columns: &Columns, column: Column) -> &'a [u8] {
        match columns.index(column) {
            Some(index) => self.field(index),
            None => &[],
        }
    }

    fn whole(&self, columns: &Columns, column: Column) -> Result<Option<u64>, Reason> {
        let field = self.text(columns, column);
        match number(field) {
            Number::Value(value) if value <= BYTES_LIMIT => Ok(Some(value)),
            Number::Empty => Ok(None),
            other => Err(fault(other, column, field)),
        }
    }

    /// Reads the sample of a row that has the right number of fields.
    pub(super) fn sample(&self, columns: &Columns, settings: &Settings, position: u64) -> Result<Sample<'a>, Reason> {
        let stamp_field = self.text(columns, Column::TimeStamp);
        let stamp = match number(stamp_field) {
            Number::Value(stamp) => stamp,
            Number::Empty | Number::Other => date_time_ms(stamp_field, settings.utc_offset_minutes)
                .ok_or_else(|| Reason::TimeStamp { text: Reason::excerpt(stamp_field) })?,
            other => return Err(fault(other, Column::TimeStamp, stamp_field)),
        };
        if stamp >= LIMIT_MS {
            return Err(fault(Number::TooBig, Column::TimeStamp, stamp_field));
        }
        let elapsed_field = self.text(columns, Column::Elapsed);
        let elapsed_ms = match number(elapsed_field) {
            Number::Value(elapsed) => match u32::try_from(elapsed) {
                Ok(elapsed) => elapsed,
                Err(_) => return Err(fault(Number::TooBig, Column::Elapsed, elapsed_field)),
            },
            other => return Err(fault(other, Column::Elapsed, elapsed_field)),
        };
        let (start_ms, end_ms) = match settings.timestamp {
            TimestampMeaning::Start => (stamp as i64, stamp as i64 + i64::from(elapsed_ms)),
            TimestampMeaning::End => (stamp as i64 - i64::from(elapsed_ms), stamp as i64),
        };
        let all_threads = match self.whole(columns, Column::AllThreads)? {
            Some(threads) => Some(
                u32::try_from(threads)
                    .map_err(|_| fault(Number::TooBig, Column::AllThreads, self.text(columns, Column::AllThreads)))?,
            ),
            None => None,
        };
        Ok(Sample {
            start_ms,
            end_ms,
            elapsed_ms,
            label: self.text(columns, Column::Label),
            code: self.text(columns, Column::ResponseCode),
            message: self.text(columns, Column::ResponseMessage),
            failure_message: self.text(columns, Column::FailureMessage),
            thread: self.text(columns, Column::ThreadName),
            hostname: self.text(columns, Column::Hostname),
            url: self.text(columns, Column::Url),
            success: self.success(columns)?,
            received_bytes: self.whole(columns, Column::Bytes)?,
            sent_bytes: self.whole(columns, Column::SentBytes)?,
            latency_ms: self.whole(columns, Column::Latency)?,
            connect_ms: self.whole(columns, Column::Connect)?,
            all_threads,
            position,
        })
    }

    fn success(&self, columns: &Columns) -> Result<bool, Reason> {
        let Some(index) = columns.index(Column::Success) else {
            return Ok(true);
        };
        match self.field(index) {
            b"true" => Ok(true),
            b"false" => Ok(false),
            other => match other.trim_ascii() {
                word if word.eq_ignore_ascii_case(b"true") => Ok(true),
                word if word.eq_ignore_ascii_case(b"false") => Ok(false),
                _ => Err(Reason::Success { text: Reason::excerpt(other) }),
            },
        }
    }
}

/// Greatest byte count or duration that is taken for real: 2^48, so that sums over any log fit 64 bits.
pub(super) const BYTES_LIMIT: u64 = 1 << 48;

#[cold]
fn fault(number: Number, column: Column, field: &[u8]) -> Reason {
    let (column, text) = (column.name(), Reason::excerpt(field));
    match number {
        Number::Negative => Reason::Negative { column, text },
        Number::TooBig | Number::Value(_) => Reason::Absurd { column, text },
        Number::Empty | Number::Other => Reason::NotANumber { column, text },
    }
}

/// A row taken apart by [`split_row`]: quotes resolved, fields joined by one byte between them.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldEnds {
    text: Vec<u8>,
    ends: Vec<u32>,
}

impl FieldEnds {
    pub(super) fn as_row(&self) -> Row<'_> {
        Row { bytes: &self.text, start: 0, ends: &self.ends }
    }

    pub(super) fn row(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len()).map(|index| self.as_row().field(index))
    }

    pub(super) fn count(&self) -> usize {
        self.ends.len()
    }

    /// Makes it a row of these fields.
    pub(super) fn set(&mut self, fields: &[Vec<u8>]) {
        self.text.clear();
        self.ends.clear();
        for field in fields {
            self.text.extend_from_slice(field);
            self.end_field();
        }
    }

    fn end_field(&mut self) {
        self.ends.push(self.text.len() as u32);
        self.text.push(b'\n');
    }
}

/// Splits a complete row, with or without its line end, into fields. A quote is special only at a field's start.
pub(super) fn split_row(row: &[u8], delimiter: u8, into: &mut FieldEnds) -> Result<(), Reason> {
    into.text.clear();
    into.ends.clear();
    let row = row.strip_suffix(b"\n").unwrap_or(row);
    let row = row.strip_suffix(b"\r").unwrap_or(row);
    let mut at = 0;
    loop {
        let begun = into.text.len();
        if row.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(quote) = memchr::memchr(b'"', &row[at..]) else {
                    return Err(Reason::Cut);
                };
                into.text.extend_from_slice(&row[at..at + quote]);
                at += quote + 1;
                if row.get(at) != Some(&b'"') {
                    break;
                }
                into.text.push(b'"');
                at += 1;
            }
            if at < row.len() && row[at] != delimiter {
                return Err(Reason::AfterQuote);
            }
        } else {
            let end = memchr::memchr(delimiter, &row[at..]).map_or(row.len(), |end| at + end);
            into.text.extend_from_slice(&row[at..end]);
            at = end;
        }
        if into.text.len() - begun > FIELD_LIMIT {
            return Err(Reason::FieldTooLong);
        }
        into.end_field();
        if at >= row.len() {
            return Ok(());
        }
        at += 1;
    }
}
