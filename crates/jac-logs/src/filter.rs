//! Selects samples by conditions that must all match.

mod parse;

pub use parse::{FilterError, Moment};

use jac_jtl::Sample;
use regex::bytes::Regex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Conditions on a sample, all of which must match. The default has none, so every sample matches.
///
/// Parsed from text, as in `jac samples --where`:
/// ```
/// let mut filter = jac_logs::Filter::default();
/// filter.add("elapsed >= 2s".parse()?);
/// filter.add("label ~ ^(Home|Search)$".parse()?);
/// # Ok::<(), jac_logs::FilterError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Filter {
    conditions: Vec<Condition>,
}

/// By how many milliseconds nodes' clocks are ahead, by the nodes' names as in [`Sample::host`].
pub type ClockOffsets = BTreeMap<Vec<u8>, i64>;

/// When a sample started, by the reference clock of the nodes' clock offsets.
pub(crate) fn corrected_start_ms(sample: &Sample<'_>, offsets: &ClockOffsets) -> i64 {
    sample.start_ms.saturating_sub(offsets.get(sample.host()).copied().unwrap_or(0))
}

/// One condition on a sample.
#[derive(Debug, Clone)]
pub enum Condition {
    /// When it started, epoch milliseconds.
    Time(Bound<i64>),
    /// The same by a common clock for all nodes, whose own clocks may differ.
    CorrectedTime(Bound<i64>, Arc<ClockOffsets>),
    /// When it ended, epoch milliseconds.
    End(Bound<i64>),
    /// The start, in milliseconds after the log's first start: [`Filter::settle`] converts it to a [`Condition::Time`].
    SinceStart(Bound<i64>),
    /// How long it took, in milliseconds; one without a time matches nothing.
    Elapsed(Bound<i64>),
    /// Bytes that it received; one without a number matches nothing.
    Bytes(Bound<i64>),
    /// It passed (true) or failed (false).
    Success(bool),
    /// It is a transaction's row (true) or a sampler's (false).
    Transaction(bool),
    /// The text of a field.
    Text(Field, Test),
}

/// A comparison with a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound<T> {
    /// `=`
    Is(T),
    /// `!=`
    IsNot(T),
    /// `>`
    Above(T),
    /// `>=`
    AtLeast(T),
    /// `<`
    Below(T),
    /// `<=`
    AtMost(T),
}

/// A field with text in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The sampler's name.
    Label,
    /// The response code.
    Code,
    /// The thread's name.
    Thread,
    /// The node that took it, as in the report.
    Host,
    /// The response message or the failed assertion's.
    Message,
    /// The request's URL.
    Url,
    /// Message, failed assertion's message or URL.
    Anywhere,
}

/// A comparison with text.
#[derive(Debug, Clone)]
pub enum Test {
    /// `=`: the whole field is this.
    Is(Vec<u8>),
    /// `!=`
    IsNot(Vec<u8>),
    /// `~`: the pattern matches somewhere.
    Matches(Regex),
    /// `!~`
    Lacks(Regex),
}

impl Filter {
    /// Adds a condition.
    pub fn add(&mut self, condition: Condition) {
        self.conditions.push(condition);
    }

    /// The conditions, in the order in which they were added.
    pub fn conditions(&self) -> &[Condition] {
        &self.conditions
    }

    /// Whether there are no conditions.
    pub fn is_empty(&self) -> bool {
        self.conditions.is_empty()
    }

    /// Whether a condition is relative to the log's first start.
    pub fn counts_from_start(&self) -> bool {
        self.conditions.iter().any(|condition| matches!(condition, Condition::SinceStart(_)))
    }

    /// Converts conditions relative to the log's first start to absolute times.
    #[must_use]
    pub fn settle(&self, first_start_ms: i64) -> Self {
        let settled = |condition: &Condition| match condition {
            Condition::SinceStart(bound) => Condition::Time(bound.moved(first_start_ms)),
            other => other.clone(),
        };
        Self { conditions: self.conditions.iter().map(settled).collect() }
    }

    /// Whether all conditions match. A condition relative to the log's start that was not settled does not.
    #[inline(always)]
    pub fn matches(&self, sample: &Sample<'_>) -> bool {
        self.conditions.is_empty() || self.all_hold(*sample)
    }

    /// By value: without conditions the sample need not be in memory.
    #[inline(never)]
    fn all_hold(&self, sample: Sample<'_>) -> bool {
        self.conditions.iter().all(|condition| condition.holds(&sample))
    }
}

impl Condition {
    /// The label matches a regular expression somewhere.
    ///
    /// # Errors
    /// When it is not a valid regular expression.
    pub fn label(pattern: &str) -> Result<Self, FilterError> {
        Ok(Self::Text(Field::Label, Test::Matches(parse::pattern(pattern)?)))
    }

    /// The thread's name matches a regular expression somewhere.
    ///
    /// # Errors
    /// When it is not a valid regular expression.
    pub fn thread(pattern: &str) -> Result<Self, FilterError> {
        Ok(Self::Text(Field::Thread, Test::Matches(parse::pattern(pattern)?)))
    }

    /// The response code is this one.
    pub fn code(code: &str) -> Self {
        Self::Text(Field::Code, Test::Is(code.as_bytes().to_vec()))
    }

    /// This text is in the message, the failed assertion's message or the URL, upper and lower case alike.
    ///
    /// # Errors
    /// When the text is too long to be searched for.
    pub fn anywhere(text: &str) -> Result<Self, FilterError> {
        Ok(Self::Text(Field::Anywhere, Test::Matches(parse::pattern(&format!("(?i){}", regex::escape(text)))?)))
    }

    #[inline]
    fn holds(&self, sample: &Sample<'_>) -> bool {
        match self {
            Self::Time(bound) => bound.holds(sample.start_ms),
            Self::CorrectedTime(bound, offsets) => bound.holds(corrected_start_ms(sample, offsets)),
            Self::End(bound) => bound.holds(sample.end_ms),
            Self::SinceStart(_) => false,
            Self::Elapsed(bound) => sample.elapsed_ms.is_some_and(|elapsed| bound.holds(i64::from(elapsed))),
            Self::Bytes(bound) => {
                sample.received_bytes.is_some_and(|bytes| bound.holds(i64::try_from(bytes).unwrap_or(i64::MAX)))
            }
            Self::Success(success) => sample.success == *success,
            Self::Transaction(transaction) => sample.is_transaction() == *transaction,
            Self::Text(field, test) => match field {
                Field::Label => test.holds(sample.label),
                Field::Code => test.holds(sample.code),
                Field::Thread => test.holds(sample.thread),
                Field::Host => test.holds(sample.host()),
                Field::Url => test.holds(sample.url),
                Field::Message => test.holds_in([sample.message, sample.failure_message]),
                Field::Anywhere => test.holds_in([sample.message, sample.failure_message, sample.url]),
            },
        }
    }
}

impl<T: Copy + Ord> Bound<T> {
    #[inline]
    fn holds(self, value: T) -> bool {
        match self {
            Self::Is(limit) => value == limit,
            Self::IsNot(limit) => value != limit,
            Self::Above(limit) => value > limit,
            Self::AtLeast(limit) => value >= limit,
            Self::Below(limit) => value < limit,
            Self::AtMost(limit) => value <= limit,
        }
    }
}

impl Bound<i64> {
    fn moved(self, by: i64) -> Self {
        let at = |limit: i64| limit.saturating_add(by);
        match self {
            Self::Is(limit) => Self::Is(at(limit)),
            Self::IsNot(limit) => Self::IsNot(at(limit)),
            Self::Above(limit) => Self::Above(at(limit)),
            Self::AtLeast(limit) => Self::AtLeast(at(limit)),
            Self::Below(limit) => Self::Below(at(limit)),
            Self::AtMost(limit) => Self::AtMost(at(limit)),
        }
    }
}

impl Test {
    #[inline]
    fn holds(&self, field: &[u8]) -> bool {
        self.holds_in([field])
    }

    /// One of several fields has to match; for a negative test none may match.
    #[inline]
    fn holds_in<const N: usize>(&self, fields: [&[u8]; N]) -> bool {
        match self {
            Self::Is(text) => fields.contains(&text.as_slice()),
            Self::IsNot(text) => !fields.contains(&text.as_slice()),
            Self::Matches(pattern) => fields.iter().any(|field| pattern.is_match(field)),
            Self::Lacks(pattern) => !fields.iter().any(|field| pattern.is_match(field)),
        }
    }
}
