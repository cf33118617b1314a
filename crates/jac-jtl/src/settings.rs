//! The settings of reading and counting. The defaults are those that JAC documents.

use crate::TimeFormat;

/// The meaning of the log's `timeStamp` column (`sampleresult.timestamp.start` in JMeter).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TimestampMeaning {
    /// The sample's start: what `jmeter.properties` ships with.
    #[default]
    Start,
    /// The sample's end.
    End,
}

/// The unit of a numeric `timeStamp`, since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeUnit {
    /// Seconds.
    Seconds,
    /// Milliseconds: what JMeter writes.
    Milliseconds,
    /// Microseconds.
    Microseconds,
    /// Nanoseconds.
    Nanoseconds,
}

impl TimeUnit {
    /// The unit in which a number is a time of this century, milliseconds if there is none: ten digits of seconds cover
    /// 2001 to 2286, whereas ten digits of milliseconds end in April 1970.
    pub(crate) fn of_stamp(stamp: u64) -> Self {
        match stamp {
            1_000_000_000..10_000_000_000 => Self::Seconds,
            1_000_000_000_000_000..10_000_000_000_000_000 => Self::Microseconds,
            1_000_000_000_000_000_000..10_000_000_000_000_000_000 => Self::Nanoseconds,
            _ => Self::Milliseconds,
        }
    }

    /// Converts a number of this unit to milliseconds, truncated.
    pub(crate) fn milliseconds(self, number: u64) -> u64 {
        match self {
            Self::Seconds => number.saturating_mul(1_000),
            Self::Milliseconds => number,
            Self::Microseconds => number / 1_000,
            Self::Nanoseconds => number / 1_000_000,
        }
    }

    /// Its name in the plural.
    pub fn name(self) -> &'static str {
        match self {
            Self::Seconds => "seconds",
            Self::Milliseconds => "milliseconds",
            Self::Microseconds => "microseconds",
            Self::Nanoseconds => "nanoseconds",
        }
    }
}

/// Whether the day or the month comes first in an ambiguous date such as `05/03/2024`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// The month.
    #[default]
    MonthFirst,
    /// The day.
    DayFirst,
}

/// The certainty of [`Settings::date_order`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrderSource {
    /// The logs were not examined: it is the default.
    #[default]
    Default,
    /// The logs were examined, and can be read either way.
    Guessed,
    /// Some rows of the logs can only be read in this order.
    Certain,
}

/// Settings and limits of one reading. All parts that are merged later must be read with the same settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Apdex: a successful sample of at most this many milliseconds satisfies (500).
    pub apdex_satisfied_ms: u32,
    /// Apdex: a successful sample of at most this many milliseconds is tolerated (1500).
    pub apdex_tolerated_ms: u32,
    /// Labels that are counted separately (10,000); further ones are counted under [`Settings::OTHER_LABELS`].
    pub max_labels: usize,
    /// Error groups, response codes and hosts that are counted separately, each (1,000); the others are combined.
    pub max_groups: usize,
    /// Time buckets with samples (1,500: a day of minutes); above that the buckets become wider.
    pub max_buckets: usize,
    /// How many of the busiest labels get a series of their own (50).
    pub series_labels: usize,
    /// How many of the most frequent response codes get a series of their own (10).
    pub series_codes: usize,
    /// Approximate memory for all counts, in bytes (384 MB); the parts of one reading share it. Beyond it, buckets
    /// become wider, and if labels take more than three quarters of it, response times are rounded, which a note
    /// reports.
    pub memory_bytes: usize,
    /// The meaning of `timeStamp` (start).
    pub timestamp: TimestampMeaning,
    /// Minutes east of UTC of the clock that wrote time stamps as text (0); of no effect on epoch milliseconds.
    pub utc_offset_minutes: i32,
    /// The unit of a numeric `timeStamp`; `None`: the first row decides ([`TimeUnit`]).
    pub time_unit: Option<TimeUnit>,
    /// The format of `timeStamp`; `None`: any of the formats that JAC knows.
    pub time_format: Option<TimeFormat>,
    /// Whether the day or the month comes first in an ambiguous date (the month).
    pub date_order: DateOrder,
    /// Its certainty (none).
    pub date_order_source: DateOrderSource,
    /// The columns of a log without a header; `None`: JMeter's defaults.
    pub columns: Option<Vec<String>>,
    /// Bytes of a CSV log that are indexed at once (32 KB), at least 1. No effect on the result.
    pub block_bytes: usize,
}

impl Settings {
    /// The label under which samples of labels beyond [`Settings::max_labels`] are counted.
    pub const OTHER_LABELS: &'static str = "(other labels)";
    /// The response code under which codes beyond [`Settings::max_groups`] are counted.
    pub const OTHER_CODES: &'static str = "(other codes)";
    /// The host under which hosts beyond [`Settings::max_groups`] are counted.
    pub const OTHER_HOSTS: &'static str = "(other hosts)";
    /// The message of the group in which error groups beyond [`Settings::max_groups`] are counted.
    pub const OTHER_ERRORS: &'static str = "(other errors)";
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            apdex_satisfied_ms: 500,
            apdex_tolerated_ms: 1_500,
            max_labels: 10_000,
            max_groups: 1_000,
            max_buckets: 1_500,
            series_labels: 50,
            series_codes: 10,
            memory_bytes: 384 << 20,
            timestamp: TimestampMeaning::Start,
            utc_offset_minutes: 0,
            time_unit: None,
            time_format: None,
            date_order: DateOrder::MonthFirst,
            date_order_source: DateOrderSource::Default,
            columns: None,
            block_bytes: 32 << 10,
        }
    }
}
