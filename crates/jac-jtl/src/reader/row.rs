//! One row: its fields, and the sample that they describe.

use super::columns::{Column, Columns, Stamps};
use super::number::{Number, number};
use super::rejects::{Lost, Reason};
use super::scan::FIELD_LIMIT;
use super::timestamp::{LIMIT_MS, date_time_ms, digit_date_ms, has_length_of_digit_date, time_of_day_ms};
use crate::{Sample, Settings, TimeFormat, TimeUnit, TimestampMeaning};

/// The fields of one row: they begin at `start` and each ends at its entry of `ends`, one byte before the next begins.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) start: usize,
    pub(super) ends: &'a [u32],
}

impl<'a> Row<'a> {
    /// Start and end of the field at an index, which must be below the number of fields.
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

    /// An optional number of a sample: an unreadable one counts as missing.
    fn whole(&self, columns: &Columns, column: Column, limit: u64, lost: &mut Lost) -> Option<u64> {
        let field = self.text(columns, column);
        match number(field) {
            Number::Value(value) if value <= limit => Some(value),
            Number::Empty => None,
            other => {
                lost.add(fault(other, column, field));
                None
            }
        }
    }

    /// Reads the timestamp, in milliseconds, and its format; a 0 does not show its unit.
    fn stamp(&self, columns: &Columns, settings: &Settings) -> Result<(u64, Option<Stamps>), Reason> {
        let field = self.text(columns, Column::TimeStamp);
        let (stamp, form) = match number(field) {
            _ if settings.time_format.is_some() => {
                let (stamp, form) = if settings.time_format.as_ref().is_some_and(TimeFormat::has_day) {
                    (date_time_ms(field, settings), Stamps::Dates)
                } else {
                    (time_of_day_ms(field, settings), Stamps::TimesOfDay)
                };
                (stamp.ok_or_else(|| unknown_stamp(field))?, Some(form))
            }
            Number::Value(0) if settings.time_unit.is_none() && columns.stamps.is_none() => (0, None),
            Number::Value(stamp) => {
                if settings.time_unit.is_none()
                    && matches!(columns.stamps, None | Some(Stamps::DigitDates))
                    && let Some(stamp) = digit_date_ms(field, settings)
                {
                    return Ok((stamp, Some(Stamps::DigitDates)));
                }
                if columns.stamps == Some(Stamps::DigitDates) && has_length_of_digit_date(field) {
                    return Err(unknown_stamp(field));
                }
                let unit = match (settings.time_unit, columns.stamps) {
                    (Some(unit), _) | (None, Some(Stamps::Numbers(unit))) => unit,
                    (None, Some(_)) => TimeUnit::Milliseconds,
                    (None, None) => TimeUnit::of_stamp(stamp),
                };
                (unit.milliseconds(stamp), Some(Stamps::Numbers(unit)))
            }
            Number::Empty | Number::Other => match (date_time_ms(field, settings), time_of_day_ms(field, settings)) {
                (Some(stamp), _) => (stamp, Some(Stamps::Dates)),
                (None, Some(stamp)) => (stamp, Some(Stamps::TimesOfDay)),
                (None, None) => return Err(unknown_stamp(field)),
            },
            other => return Err(fault(other, Column::TimeStamp, field)),
        };
        if stamp >= LIMIT_MS {
            return Err(fault(Number::TooBig, Column::TimeStamp, field));
        }
        Ok((stamp, form))
    }

    /// Reads the sample of a row that has the right number of fields, and the format of its time stamp.
    pub(super) fn sample(
        &self,
        columns: &Columns,
        settings: &Settings,
        position: u64,
        lost: &mut Lost,
    ) -> Result<(Sample<'a>, Option<Stamps>), Reason> {
        let (stamp, form) = self.stamp(columns, settings)?;
        let elapsed_field = self.text(columns, Column::Elapsed);
        let elapsed_ms = match number(elapsed_field) {
            Number::Value(elapsed) => match u32::try_from(elapsed) {
                Ok(elapsed) => Some(elapsed),
                Err(_) => return Err(fault(Number::TooBig, Column::Elapsed, elapsed_field)),
            },
            Number::Negative => {
                lost.add(fault(Number::Negative, Column::Elapsed, elapsed_field));
                None
            }
            other => return Err(fault(other, Column::Elapsed, elapsed_field)),
        };
        let took = i64::from(elapsed_ms.unwrap_or(0));
        let (start_ms, end_ms) = match settings.timestamp {
            TimestampMeaning::Start => (stamp as i64, stamp as i64 + took),
            TimestampMeaning::End => (stamp as i64 - took, stamp as i64),
        };
        let threads = self.whole(columns, Column::AllThreads, u64::from(u32::MAX), lost);
        let sample = Sample {
            start_ms,
            end_ms,
            elapsed_ms,
            label: self.text(columns, Column::Label),
            code: self.text(columns, Column::ResponseCode),
            message: self.text(columns, Column::ResponseMessage),
            failure_message: self.text(columns, Column::FailureMessage),
            thread: self.text(columns, Column::ThreadName),
            hostname: self.text(columns, Column::Hostname),
            group_threads: self.text(columns, Column::GroupThreads),
            url: self.text(columns, Column::Url),
            success: self.success(columns)?,
            received_bytes: self.whole(columns, Column::Bytes, BYTES_LIMIT, lost),
            sent_bytes: self.whole(columns, Column::SentBytes, BYTES_LIMIT, lost),
            latency_ms: self.whole(columns, Column::Latency, BYTES_LIMIT, lost),
            connect_ms: self.whole(columns, Column::Connect, BYTES_LIMIT, lost),
            all_threads: threads.map(|threads| threads as u32),
            position,
        };
        Ok((sample, form))
    }

    fn success(&self, columns: &Columns) -> Result<bool, Reason> {
        let Some(index) = columns.index(Column::Success) else {
            // Old logs have the number of failed samples in its place.
            let Some(errors) = columns.index(Column::ErrorCount).map(|index| self.field(index)) else {
                return Ok(true);
            };
            return match number(errors) {
                Number::Value(errors) => Ok(errors == 0),
                other => Err(fault(other, Column::ErrorCount, errors)),
            };
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

#[cold]
fn unknown_stamp(field: &[u8]) -> Reason {
    Reason::TimeStamp { text: Reason::excerpt(field) }
}

/// Greatest byte count or duration that is considered plausible: 2^48.
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

/// A row split by [`split_row`]: quotes resolved, fields joined by one byte.
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

    /// Replaces it with a row of these fields.
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
