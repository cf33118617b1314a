//! The CSV log: finds complete rows however the bytes are split, quickly if rows have no quotes.
//!
//! Rows without quotes are cut out of a block by an index of its delimiters. A row with a quote, or one that spans two
//! pieces, takes the slow path: a resumable scan finds its end, then it is split with its quotes resolved.
//! `reference.rs` and the property tests verify that both paths agree.

mod blocks;

use super::columns::{BYTE_ORDER_MARK, Column, Columns, FirstLine, Stamps};
use super::index::Index;
use super::layout::Layout;
use super::number::{Number, number};
use super::rejects::{Lacks, Lost, ReadOutcome, Reason};
use super::row::{FieldEnds, split_row};
use super::scan::{FIELD_LIMIT, RowScan, Scanned};
use super::timestamp::{date_time_ms, is_ambiguous, time_of_day_ms};
use crate::{DateOrderSource, Sample, Settings, TakeSample, TimeUnit};
use memchr::{memchr, memchr_iter};

#[derive(Debug, Clone)]
enum State {
    /// No header and no row has been recognised yet.
    Start,
    /// There is a header, but it lacks a column that is needed; every row is rejected for that.
    Unusable(Reason),
    /// Rows have these columns.
    Rows(Columns),
}

/// Reads a CSV log.
#[derive(Debug, Clone)]
pub(super) struct CsvReader {
    settings: Settings,
    state: State,
    /// The begun row that the next piece completes.
    tail: Vec<u8>,
    scan: RowScan,
    /// Bytes are skipped up to the next line end, because their row was rejected.
    skipping: bool,
    /// Place of the row that is read next.
    position: u64,
    outcome: ReadOutcome,
    index: Index,
    split: FieldEnds,
    /// For times without a date: the time of the previous row, with its day.
    before_ms: Option<i64>,
}

const DAY_MS: i64 = 86_400_000;

impl CsvReader {
    pub(super) fn new(settings: &Settings) -> Self {
        Self {
            settings: settings.clone(),
            state: State::Start,
            tail: Vec::new(),
            scan: RowScan::default(),
            skipping: false,
            position: 0,
            outcome: ReadOutcome::default(),
            index: Index::default(),
            split: FieldEnds::default(),
            before_ms: None,
        }
    }

    pub(super) fn continued(settings: &Settings, layout: &Layout, position: u64) -> Self {
        Self { state: State::Rows(layout.columns.clone()), position, ..Self::new(settings) }
    }

    pub(super) fn layout(&self) -> Option<Layout> {
        match &self.state {
            // Times without a day are relative to the first row, so such a log cannot be read in parts.
            State::Rows(columns) if columns.stamps == Some(Stamps::TimesOfDay) => None,
            State::Rows(columns) if columns.is_settled() => Some(Layout { columns: columns.clone() }),
            State::Rows(_) | State::Start | State::Unusable(_) => None,
        }
    }

    pub(super) fn is_between_rows(&self, layout: &Layout) -> bool {
        self.tail.is_empty()
            && !self.skipping
            && matches!(&self.state, State::Rows(columns) if *columns == layout.columns)
    }

    pub(super) fn outcome(&self) -> ReadOutcome {
        let mut outcome = self.outcome.clone();
        if let State::Rows(columns) = &self.state
            && outcome.samples > 0
        {
            let has = |column| columns.index(column).is_some();
            outcome.lacks = Lacks {
                success: !has(Column::Success) && !has(Column::ErrorCount),
                message: !has(Column::ResponseMessage),
            };
        }
        outcome
    }

    pub(super) fn feed(&mut self, bytes: &[u8], sink: &mut impl TakeSample) {
        self.outcome.bytes += bytes.len() as u64;
        self.take(bytes, sink);
    }

    /// Reads `bytes`, and again whatever a fault returns for re-reading.
    fn take(&mut self, bytes: &[u8], sink: &mut impl TakeSample) {
        let mut from = 0;
        let mut again: Vec<(Vec<u8>, usize)> = Vec::new();
        loop {
            let piece = again.last().map_or(&bytes[from..], |(piece, at)| &piece[*at..]);
            if piece.is_empty() {
                if again.pop().is_none() {
                    return;
                }
                continue;
            }
            let (used, given_back) = self.step(piece, sink);
            match again.last_mut() {
                Some((_, at)) => *at += used,
                None => from += used,
            }
            if let Some(given_back) = given_back {
                again.push((given_back, 0));
            }
        }
    }

    pub(super) fn finish(&mut self, sink: &mut impl TakeSample) {
        if self.skipping {
            self.skipping = false;
            return;
        }
        while !self.tail.is_empty() {
            let tail = std::mem::take(&mut self.tail);
            let scan = std::mem::take(&mut self.scan);
            let unpaired = match memchr(b'\n', &tail) {
                Some(end) if scan.is_quoted() && self.holds_a_row(&tail[end + 1..]) => Some(end),
                _ => None,
            };
            match (&self.state, unpaired) {
                (State::Start, _) => {
                    self.first_line(&tail, sink);
                    if !self.tail.is_empty() {
                        // It began like a row, and the log ends with it.
                        let tail = std::mem::take(&mut self.tail);
                        self.slow_row(&tail, true, sink);
                    }
                }
                (State::Rows(_), Some(end)) => {
                    // An unmatched quote must not consume the valid rows after it.
                    self.reject(&Reason::Cut);
                    self.advance(end + 1, 1);
                    self.take(&tail[end + 1..], sink);
                }
                (State::Unusable(reason), _) => {
                    let reason = reason.clone();
                    self.reject(&reason);
                    self.advance(tail.len(), 0);
                }
                _ => self.slow_row(&tail, true, sink),
            }
        }
        self.scan = RowScan::default();
    }

    /// One step: how many bytes of the piece it used, and what has to be read again before the remaining bytes.
    fn step(&mut self, piece: &[u8], sink: &mut impl TakeSample) -> (usize, Option<Vec<u8>>) {
        if self.skipping {
            return match memchr(b'\n', piece) {
                Some(end) => {
                    self.skipping = false;
                    self.advance(end + 1, 1);
                    (end + 1, None)
                }
                None => {
                    self.advance(piece.len(), 0);
                    (piece.len(), None)
                }
            };
        }
        let State::Rows(columns) = &self.state else {
            return (self.line_step(piece, sink), None);
        };
        let (delimiter, settled) = (columns.delimiter, columns.is_settled());
        if self.tail.is_empty() && settled {
            let used = self.fast_rows(piece, sink);
            if used > 0 {
                return (used, None);
            }
        }
        match self.scan.scan(piece, delimiter) {
            Scanned::More => {
                self.tail.extend_from_slice(piece);
                (piece.len(), None)
            }
            Scanned::Row(end) => {
                self.scan = RowScan::default();
                if self.tail.is_empty() {
                    self.slow_row(&piece[..end], false, sink);
                } else {
                    let mut row = std::mem::take(&mut self.tail);
                    row.extend_from_slice(&piece[..end]);
                    self.slow_row(&row, false, sink);
                    row.clear();
                    self.tail = row;
                }
                (end, None)
            }
            Scanned::Fault(at, reason) => {
                self.scan = RowScan::default();
                let mut row = std::mem::take(&mut self.tail);
                row.extend_from_slice(&piece[..at]);
                self.reject(&reason);
                match memchr(b'\n', &row) {
                    // Only the line on which it began is lost; what follows may be rows again.
                    Some(end) => {
                        self.advance(end + 1, 1);
                        (at, Some(row.split_off(end + 1)))
                    }
                    None => {
                        self.advance(row.len(), 0);
                        self.skipping = true;
                        (at, None)
                    }
                }
            }
        }
    }

    /// Lines are read one by one before the columns are known, or if they cannot be known.
    fn line_step(&mut self, piece: &[u8], sink: &mut impl TakeSample) -> usize {
        let Some(end) = memchr(b'\n', piece) else {
            if self.tail.len() + piece.len() > FIELD_LIMIT {
                let begun = if self.tail.is_empty() { piece } else { &self.tail };
                let reason = carriage_returns(begun).unwrap_or(Reason::FieldTooLong);
                self.reject(&reason);
                let begun = self.tail.len();
                self.tail.clear();
                self.advance(begun, 0);
                self.skipping = true;
                return 0;
            }
            self.tail.extend_from_slice(piece);
            return piece.len();
        };
        let mut line = std::mem::take(&mut self.tail);
        line.extend_from_slice(&piece[..=end]);
        if line.len() > FIELD_LIMIT {
            self.reject(&Reason::FieldTooLong);
            self.advance(line.len(), 1);
            return end + 1;
        }
        match &self.state {
            State::Unusable(reason) => {
                let reason = reason.clone();
                if !blank(&line) {
                    match Columns::of_header(trimmed(&line)) {
                        Some(Ok(columns)) => self.state = State::Rows(columns),
                        _ => self.reject(&reason),
                    }
                }
                self.advance(line.len(), 1);
            }
            _ => self.first_line(&line, sink),
        }
        if !self.tail.is_empty() {
            // The line began a row of a log without header: it is read again as one.
            let row = std::mem::take(&mut self.tail);
            self.take(&row, sink);
        }
        end + 1
    }

    /// Recognises the first line; if it is a row, leaves it in `tail` to be read as a row.
    fn first_line(&mut self, line: &[u8], _sink: &mut impl TakeSample) {
        let mark = if self.position == 0 && line.starts_with(BYTE_ORDER_MARK) { BYTE_ORDER_MARK.len() } else { 0 };
        let text = &line[mark..];
        let line_ends = u64::from(line.ends_with(b"\n"));
        if blank(text) {
            self.advance(line.len(), line_ends);
            return;
        }
        if let Some(reason) = carriage_returns(text) {
            self.reject(&reason);
            self.advance(line.len(), line_ends);
            return;
        }
        let settings = &self.settings;
        let begins_row = |stamp: &[u8], elapsed: &[u8]| {
            matches!(number(elapsed), Number::Value(_) | Number::Negative)
                && (matches!(number(stamp), Number::Value(_))
                    || date_time_ms(stamp, settings).is_some()
                    || time_of_day_ms(stamp, settings).is_some())
        };
        match Columns::of_first_line(trimmed(text), settings, begins_row) {
            FirstLine::Header(columns) => {
                self.state = State::Rows(columns);
                self.advance(line.len(), line_ends);
            }
            FirstLine::Row(columns) => {
                self.state = State::Rows(columns);
                self.advance(mark, 0);
                self.tail = text.to_vec();
            }
            FirstLine::Neither(reason) => {
                self.reject(&reason);
                if matches!(reason, Reason::HeaderWithout(_)) {
                    self.state = State::Unusable(reason);
                }
                self.advance(line.len(), line_ends);
            }
        }
    }

    /// Reads one complete row, or at the log's end a row that may be truncated.
    fn slow_row(&mut self, row: &[u8], at_end: bool, sink: &mut impl TakeSample) {
        if !blank(row)
            && let Err(reason) = self.try_row(row, sink)
            // Concatenated logs: a later one may begin like the first.
            && row.strip_prefix(BYTE_ORDER_MARK).is_none_or(|row| self.try_row(row, sink).is_err())
        {
            match Columns::of_header(trimmed(row)) {
                // The header is repeated, possibly with other columns.
                Some(Ok(columns)) => {
                    let before = match &self.state {
                        State::Rows(before) => Some(before),
                        State::Start | State::Unusable(_) => None,
                    };
                    self.state = State::Rows(columns.after(before));
                }
                _ if at_end => self.outcome.cut(self.outcome.lines + 1, self.position),
                _ => self.reject(&reason),
            }
        }
        self.advance(row.len(), memchr_iter(b'\n', row).count() as u64);
    }

    fn try_row(&mut self, row: &[u8], sink: &mut impl TakeSample) -> Result<(), Reason> {
        let State::Rows(columns) = &mut self.state else {
            return Err(Reason::NoHeader);
        };
        split_row(row, columns.delimiter, &mut self.split)?;
        let found = self.split.count();
        let expected = match columns.count {
            Some(count) => count,
            None => match columns.settle(found) {
                Ok(()) => found,
                Err(reason) => {
                    self.state = State::Start;
                    return Err(reason);
                }
            },
        };
        if found != expected {
            return Err(Reason::Columns { expected, found });
        }
        let mut lost = Lost::default();
        let row = self.split.as_row();
        let (mut sample, form) = row.sample(columns, &self.settings, self.position, &mut lost)?;
        columns.stamps = columns.stamps.or(form);
        let guesses = &mut self.outcome.guesses;
        match form {
            None | Some(Stamps::Numbers(TimeUnit::Milliseconds) | Stamps::DigitDates) => {}
            Some(Stamps::Numbers(unit)) => guesses.unit = self.settings.time_unit.is_none().then_some(unit),
            Some(Stamps::Dates) => {
                guesses.date_order |= self.settings.time_format.is_none()
                    && self.settings.date_order_source != DateOrderSource::Certain
                    && is_ambiguous(row.text(columns, Column::TimeStamp));
            }
            Some(Stamps::TimesOfDay) => {
                guesses.day = true;
                // Rows are roughly in order of time: each belongs to the day that brings it nearest to the previous row.
                let ahead_ms = self.before_ms.map_or(0, |before_ms| before_ms - sample.start_ms);
                let days_ms = (ahead_ms + DAY_MS / 2).div_euclid(DAY_MS) * DAY_MS;
                let (start_ms, end_ms) = (sample.start_ms + days_ms, sample.end_ms + days_ms);
                self.before_ms = Some(start_ms);
                sample = Sample { start_ms, end_ms, ..sample };
            }
        }
        self.outcome.samples += 1;
        if lost.count > 0 {
            self.outcome.lose(self.outcome.lines + 1, self.position, lost);
        }
        sink.take(&sample);
        Ok(())
    }

    /// Whether one of these lines is a row by itself.
    fn holds_a_row(&mut self, lines: &[u8]) -> bool {
        let State::Rows(columns) = &self.state else {
            return false;
        };
        lines.split(|byte| *byte == b'\n').any(|line| {
            split_row(line, columns.delimiter, &mut self.split).is_ok()
                && Some(self.split.count()) == columns.count
                && self.split.as_row().sample(columns, &self.settings, 0, &mut Lost::default()).is_ok()
        })
    }

    fn reject(&mut self, reason: &Reason) {
        self.outcome.reject(self.outcome.lines + 1, self.position, reason);
    }

    fn advance(&mut self, bytes: usize, lines: u64) {
        self.position += bytes as u64;
        self.outcome.lines += lines;
    }
}

fn trimmed(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether a header ends with a carriage return only.
fn carriage_returns(text: &[u8]) -> Option<Reason> {
    let (header, rows) = trimmed(text).split_at_checked(memchr(b'\r', text)?)?;
    (rows.len() > 1 && Columns::of_header(header).is_some()).then_some(Reason::CarriageReturns)
}

fn blank(line: &[u8]) -> bool {
    trimmed(line).is_empty()
}
