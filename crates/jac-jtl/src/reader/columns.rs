//! The columns' meaning: from the header by name in any order, or JMeter's default columns if there is no header.

use super::rejects::Reason;
use super::row::{FieldEnds, split_row};
use crate::{Settings, TimeUnit};

/// The columns that JAC reads, by their JMeter names (`CSVSaveService`).
const NAMES: [&str; Column::COUNT] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "allThreads",
    "URL",
    "Latency",
    "Connect",
    "Hostname",
    "ErrorCount",
    "grpThreads",
];

/// JMeter's other columns: known, so that a header is recognised, but not read.
const OTHER_NAMES: [&str; 5] = ["dataType", "Filename", "Encoding", "SampleCount", "IdleTime"];

/// The columns that JMeter 2.13 writes by default.
const DEFAULT_2_13: [&str; 12] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "bytes",
    "grpThreads",
    "allThreads",
    "Latency",
];

/// The columns that JMeter 5 writes by default.
const DEFAULT: [&str; 17] = [
    "timeStamp",
    "elapsed",
    "label",
    "responseCode",
    "responseMessage",
    "threadName",
    "dataType",
    "success",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
];

/// The delimiters to try, in this order.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A column that JAC reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Column {
    TimeStamp,
    Elapsed,
    Label,
    ResponseCode,
    ResponseMessage,
    ThreadName,
    Success,
    FailureMessage,
    Bytes,
    SentBytes,
    AllThreads,
    Url,
    Latency,
    Connect,
    Hostname,
    ErrorCount,
    GroupThreads,
}

impl Column {
    pub(super) const COUNT: usize = 17;

    pub(super) const ALL: [Self; Self::COUNT] = [
        Self::TimeStamp,
        Self::Elapsed,
        Self::Label,
        Self::ResponseCode,
        Self::ResponseMessage,
        Self::ThreadName,
        Self::Success,
        Self::FailureMessage,
        Self::Bytes,
        Self::SentBytes,
        Self::AllThreads,
        Self::Url,
        Self::Latency,
        Self::Connect,
        Self::Hostname,
        Self::ErrorCount,
        Self::GroupThreads,
    ];

    pub(super) fn name(self) -> &'static str {
        NAMES[self as usize]
    }
}

/// The byte order mark with which a UTF-8 file may begin, and so each of several concatenated files.
pub(super) const BYTE_ORDER_MARK: &[u8] = b"\xEF\xBB\xBF";

/// No such column.
const ABSENT: u16 = u16::MAX;

/// The layout of a log's rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns {
    pub(super) delimiter: u8,
    /// Number of fields in a row; `None` until the first row of a log without a header was read.
    pub(super) count: Option<usize>,
    /// The format of timestamps; `None` until the first sample was read.
    pub(super) stamps: Option<Stamps>,
    /// Index of each column, or [`ABSENT`].
    at: [u16; Column::COUNT],
}

/// The format of a log's time stamps. A single row may still have another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamps {
    /// Numbers.
    Numbers(TimeUnit),
    /// Dates with a time.
    Dates,
    /// Dates and times of digits alone: `yyyyMMddHHmmss` or `yyyyMMddHHmmssSSS`.
    DigitDates,
    /// Times of an unknown day.
    TimesOfDay,
}

/// The kind of a log's first line.
pub(super) enum FirstLine {
    Header(Columns),
    /// No header, but it begins like a row in JMeter's default columns.
    Row(Columns),
    Neither(Reason),
}

impl Columns {
    /// The position of the column in a row, if the log has it.
    #[inline(always)]
    pub(super) fn index(&self, column: Column) -> Option<usize> {
        let index = self.at[column as usize];
        (index != ABSENT).then_some(usize::from(index))
    }

    /// Whether a row can be read without looking at earlier rows.
    pub(super) fn is_settled(&self) -> bool {
        self.count.is_some() && self.stamps.is_some()
    }

    /// A layout with every column that JAC reads, in their own order.
    pub(super) fn of_all() -> Self {
        Self::named(b',', Some(NAMES.len()), &NAMES)
    }

    /// Recognises the first line of a log, and finds its delimiter.
    pub(super) fn of_first_line(
        line: &[u8],
        settings: &Settings,
        is_number_row: impl Fn(&[u8], &[u8]) -> bool,
    ) -> FirstLine {
        match Self::of_header(line) {
            Some(Ok(columns)) => return FirstLine::Header(columns),
            Some(Err(reason)) => return FirstLine::Neither(reason),
            None => {}
        }
        if let Some(names) = &settings.columns {
            return Self::given(line, names);
        }
        for delimiter in DELIMITERS {
            let mut fields = line.split(|byte| *byte == delimiter);
            if let (Some(first), Some(second), Some(_)) = (fields.next(), fields.next(), fields.next())
                && is_number_row(first, second)
            {
                return FirstLine::Row(Self::named(delimiter, None, &DEFAULT));
            }
        }
        FirstLine::Neither(Reason::NoHeader)
    }

    /// The layout of a log without a header whose columns were given; the delimiter is the one that gives this number
    /// of columns.
    fn given(line: &[u8], names: &[String]) -> FirstLine {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut ends = FieldEnds::default();
        let delimiter = DELIMITERS
            .into_iter()
            .find(|delimiter| split_row(line, *delimiter, &mut ends).is_ok() && ends.count() == names.len());
        let columns = Self::named(delimiter.unwrap_or(DELIMITERS[0]), Some(names.len()), &names);
        let missing = [Column::TimeStamp, Column::Elapsed].into_iter().find(|needed| columns.index(*needed).is_none());
        match missing {
            Some(needed) => FirstLine::Neither(Reason::HeaderWithout(needed.name())),
            None => FirstLine::Row(columns),
        }
    }

    /// Reads a header line; `None` when the line is not one.
    pub(super) fn of_header(line: &[u8]) -> Option<Result<Self, Reason>> {
        let line = line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(line);
        // Most lines that are tested are rows, and rows begin with a time stamp.
        if line.first().is_none_or(u8::is_ascii_digit) {
            return None;
        }
        // `jmeter.save.saveservice.default_delimiter` may be any character: the first one here that is in no column's
        // name.
        let another = line.iter().copied().find(|byte| may_delimit(*byte));
        let (delimiter, names, known) = DELIMITERS
            .into_iter()
            .chain(another)
            .map(|delimiter| {
                let names = header_names(line, delimiter);
                let known = names.iter().filter(|name| is_known(name)).count();
                (delimiter, names, known)
            })
            .collect::<Vec<_>>()
            .into_iter()
            .rev()
            .max_by_key(|(_, _, known)| *known)?;
        if known < 2 {
            return None;
        }
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let columns = Self::named(delimiter, Some(names.len()), &names);
        for needed in [Column::TimeStamp, Column::Elapsed] {
            if columns.index(needed).is_none() {
                return Some(Err(Reason::HeaderWithout(needed.name())));
            }
        }
        Some(Ok(columns))
    }

    /// Takes the number of fields from the first row of a log without a header: JMeter's default columns, without
    /// the URL as older releases wrote them, as JMeter 2.13 wrote them, or with any extra variables after them.
    pub(super) fn settle(&mut self, found: usize) -> Result<(), Reason> {
        match found {
            12 => {
                *self = Self::named(self.delimiter, Some(found), &DEFAULT_2_13);
                Ok(())
            }
            16 => {
                let without_url: Vec<&str> = DEFAULT.into_iter().filter(|name| *name != "URL").collect();
                *self = Self::named(self.delimiter, Some(found), &without_url);
                Ok(())
            }
            17.. => {
                self.count = Some(found);
                Ok(())
            }
            _ => Err(Reason::NoHeader),
        }
    }

    /// The same columns as in the rows before: a repeated header changes nothing, not even the format of time stamps.
    pub(super) fn after(mut self, before: Option<&Self>) -> Self {
        if let Some(before) = before
            && (before.delimiter, before.count, before.at) == (self.delimiter, self.count, self.at)
        {
            self.stamps = before.stamps;
        }
        self
    }

    fn named(delimiter: u8, count: Option<usize>, names: &[&str]) -> Self {
        let mut at = [ABSENT; Column::COUNT];
        for (place, known) in at.iter_mut().zip(NAMES) {
            // The first match counts: sample variables, which may have any name, come last.
            let index = names
                .iter()
                .position(|name| *name == known)
                .or_else(|| names.iter().position(|name| name.eq_ignore_ascii_case(known)));
            *place = index.and_then(|index| u16::try_from(index).ok()).unwrap_or(ABSENT);
        }
        Self { delimiter, count, stamps: None, at }
    }
}

/// ASCII, and neither part of a column's name nor next to one.
fn may_delimit(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, 0 | b'\n' | b'\r' | b'_' | b'"' | b' ')
}

fn is_known(name: &str) -> bool {
    NAMES.iter().chain(&OTHER_NAMES).any(|known| name.eq_ignore_ascii_case(known))
}

fn header_names(line: &[u8], delimiter: u8) -> Vec<String> {
    let mut ends = FieldEnds::default();
    match split_row(line, delimiter, &mut ends) {
        Ok(()) => ends.row().map(|field| String::from_utf8_lossy(field.trim_ascii()).into_owned()).collect(),
        Err(_) => Vec::new(),
    }
}
