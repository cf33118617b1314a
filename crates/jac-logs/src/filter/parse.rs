//! Parses conditions: `FIELD OP VALUE`.

use super::{Bound, Condition, Field, Test};
use regex::bytes::Regex;
use std::str::FromStr;
use std::time::UNIX_EPOCH;

/// A condition that cannot be understood.
#[derive(Debug, thiserror::Error)]
pub enum FilterError {
    /// It contains no operator.
    #[error("invalid condition {0:?}; expected FIELD OP VALUE, such as elapsed>1000 or label~^Home")]
    NoOperator(String),
    /// Unknown field.
    #[error(
        "unknown field {0:?}; expected label, kind, code, success, elapsed, time, thread, host, message, url, bytes or \
         text"
    )]
    NoField(String),
    /// The operator is not valid for the field.
    #[error("{field} takes {takes}, not {operator}")]
    WrongOperator {
        /// The field.
        field: String,
        /// The given operator.
        operator: String,
        /// The operators that it takes.
        takes: &'static str,
    },
    /// The value is not valid for the field.
    #[error("invalid {field} {value:?}; expected {expected}")]
    WrongValue {
        /// The field.
        field: String,
        /// The given value.
        value: String,
        /// The expected kind of value.
        expected: &'static str,
    },
    /// A pattern that is not a valid regular expression.
    #[error("invalid regular expression {pattern:?}: {source}")]
    Pattern {
        /// The given pattern.
        pattern: String,
        /// Its syntax error.
        #[source]
        source: Box<regex::Error>,
    },
}

/// Longer ones first, because a shorter one may be a prefix of a longer one.
const OPERATORS: [&str; 8] = [">=", "<=", "!=", "!~", "=", "~", ">", "<"];

const NUMBER_OPERATORS: &str = "= != > >= < <=";
const TEXT_OPERATORS: &str = "= != ~ !~";

impl FromStr for Condition {
    type Err = FilterError;

    fn from_str(words: &str) -> Result<Self, FilterError> {
        let (at, operator) = words
            .char_indices()
            .find_map(|(at, _)| Some((at, OPERATORS.into_iter().find(|operator| words[at..].starts_with(operator))?)))
            .ok_or_else(|| FilterError::NoOperator(words.to_owned()))?;
        let field = words[..at].trim();
        let value = words[at + operator.len()..].trim();
        let wrong = |expected| FilterError::WrongValue { field: field.to_owned(), value: value.to_owned(), expected };
        let number = |value: Option<i64>, expected| value.ok_or_else(|| wrong(expected));
        let text = |kind| Ok(Self::Text(kind, test(field, operator, value)?));
        match field {
            "elapsed" => {
                let value = number(milliseconds(value), "milliseconds, or a number with ms or s")?;
                Ok(Self::Elapsed(bound(field, operator, value)?))
            }
            "bytes" => Ok(Self::Bytes(bound(field, operator, number(value.parse().ok(), "a whole number")?)?)),
            "time" => {
                let moment: Moment = value.parse().map_err(|()| wrong(Moment::EXPECTED))?;
                Ok(match moment {
                    Moment::At(ms) => Self::Time(bound(field, operator, ms)?),
                    Moment::AfterStart(ms) => Self::SinceStart(bound(field, operator, ms)?),
                })
            }
            "success" => match (operator, value) {
                ("=", "true") | ("!=", "false") => Ok(Self::Success(true)),
                ("=", "false") | ("!=", "true") => Ok(Self::Success(false)),
                ("=" | "!=", _) => Err(wrong("true or false")),
                _ => Err(wrong_operator(field, operator, "= !=")),
            },
            "kind" => match (operator, value) {
                ("=", "transaction") | ("!=", "request") => Ok(Self::Transaction(true)),
                ("=", "request") | ("!=", "transaction") => Ok(Self::Transaction(false)),
                ("=" | "!=", _) => Err(wrong("request or transaction")),
                _ => Err(wrong_operator(field, operator, "= !=")),
            },
            "label" => text(Field::Label),
            "code" => text(Field::Code),
            "thread" => text(Field::Thread),
            "host" => text(Field::Host),
            "message" => text(Field::Message),
            "url" => text(Field::Url),
            "text" => text(Field::Anywhere),
            _ => Err(FilterError::NoField(field.to_owned())),
        }
    }
}

/// A time as entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Epoch milliseconds.
    At(i64),
    /// Milliseconds after the log's first start.
    AfterStart(i64),
}

impl Moment {
    /// The accepted formats.
    pub const EXPECTED: &str =
        "a time such as 2026-11-25T08:30:00 (UTC), epoch milliseconds, or +90s and +5m after the log's start";
}

impl FromStr for Moment {
    type Err = ();

    fn from_str(words: &str) -> Result<Self, ()> {
        if let Some(offset) = words.strip_prefix('+') {
            let offset = humantime::parse_duration(offset).map_err(drop)?;
            return Ok(Self::AfterStart(i64::try_from(offset.as_millis()).map_err(drop)?));
        }
        if let Ok(ms) = words.parse() {
            return Ok(Self::At(ms));
        }
        let time = humantime::parse_rfc3339_weak(words).map_err(drop)?;
        let since = time.duration_since(UNIX_EPOCH).map_err(drop)?;
        Ok(Self::At(i64::try_from(since.as_millis()).map_err(drop)?))
    }
}

/// `250`, `250ms` or `1.5s` as milliseconds.
fn milliseconds(value: &str) -> Option<i64> {
    let (number, factor) = match value.strip_suffix("ms") {
        Some(number) => (number, 1.0),
        None => value.strip_suffix('s').map_or((value, 1.0), |number| (number, 1_000.0)),
    };
    let number: f64 = number.trim().parse().ok()?;
    let milliseconds = (number * factor).round();
    // A float represents even longer times than a log can contain exactly.
    (0.0..=1e15).contains(&milliseconds).then_some(milliseconds as i64)
}

fn bound(field: &str, operator: &str, value: i64) -> Result<Bound<i64>, FilterError> {
    Ok(match operator {
        "=" => Bound::Is(value),
        "!=" => Bound::IsNot(value),
        ">" => Bound::Above(value),
        ">=" => Bound::AtLeast(value),
        "<" => Bound::Below(value),
        "<=" => Bound::AtMost(value),
        _ => return Err(wrong_operator(field, operator, NUMBER_OPERATORS)),
    })
}

fn test(field: &str, operator: &str, value: &str) -> Result<Test, FilterError> {
    Ok(match operator {
        "=" => Test::Is(value.as_bytes().to_vec()),
        "!=" => Test::IsNot(value.as_bytes().to_vec()),
        "~" => Test::Matches(pattern(value)?),
        "!~" => Test::Lacks(pattern(value)?),
        _ => return Err(wrong_operator(field, operator, TEXT_OPERATORS)),
    })
}

fn wrong_operator(field: &str, operator: &str, takes: &'static str) -> FilterError {
    FilterError::WrongOperator { field: field.to_owned(), operator: operator.to_owned(), takes }
}

pub(super) fn pattern(pattern: &str) -> Result<Regex, FilterError> {
    Regex::new(pattern).map_err(|source| FilterError::Pattern { pattern: pattern.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests {
    use super::{Condition, Moment};
    use crate::Filter;
    use jac_jtl::Sample;

    fn sample() -> Sample<'static> {
        Sample {
            start_ms: 1_700_000_000_000,
            end_ms: 1_700_000_001_500,
            elapsed_ms: Some(1_500),
            label: b"Log in",
            code: b"500",
            message: b"Server error",
            failure_message: b"Test failed: text expected to contain /basket/",
            thread: b"127.0.0.1:24001-Users 1-3",
            hostname: b"",
            group_threads: b"",
            url: b"http://shop/login?user=7",
            success: false,
            received_bytes: Some(2_048),
            sent_bytes: None,
            latency_ms: None,
            connect_ms: None,
            all_threads: None,
            position: 0,
        }
    }

    #[test]
    fn words_mean_what_they_say() {
        let table = [
            ("elapsed>1000", true),
            ("elapsed <= 1.5s", true),
            ("elapsed<1500ms", false),
            ("elapsed!=1500", false),
            ("success=false", true),
            ("kind=request", true),
            ("kind!=request", false),
            ("kind = transaction", false),
            ("success!=false", false),
            ("label = Log in", true),
            ("label=Log", false),
            ("label~^Log", true),
            ("label!~in$", false),
            ("code!=200", true),
            ("code~^5", true),
            ("thread~Users 1-", true),
            ("host=127.0.0.1:24001", true),
            ("message~(?i)BASKET", true),
            ("message=Server error", true),
            ("message!~expected", false),
            ("url~user=7$", true),
            ("text~user=7", true),
            ("text!~shop", false),
            ("bytes>=2048", true),
            ("time>=2023-11-14T22:13:20", true),
            ("time<2023-11-14T22:13:20Z", false),
            ("time=1700000000000", true),
            // Not settled.
            ("time>=+0s", false),
        ];
        for (words, expected) in table {
            let mut filter = Filter::default();
            filter.add(words.parse().unwrap_or_else(|error| panic!("{words}: {error}")));
            assert_eq!(filter.matches(&sample()), expected, "{words}");
        }
    }

    #[test]
    fn times_after_the_start_are_settled_with_it() {
        let mut filter = Filter::default();
        filter.add("time>=+1m".parse().expect("a condition"));
        assert!(filter.counts_from_start());
        assert!(filter.settle(1_699_999_940_000).matches(&sample()));
        assert!(!filter.settle(1_699_999_940_001).matches(&sample()));
    }

    #[test]
    fn what_is_not_a_condition_is_a_sentence() {
        let table = [
            ("slow", "invalid condition"),
            ("size>3", "unknown field \"size\""),
            ("elapsed~3", "elapsed takes = != > >= < <=, not ~"),
            ("label>3", "label takes = != ~ !~, not >"),
            ("success=maybe", "true or false"),
            ("kind=page", "request or transaction"),
            ("elapsed>fast", "milliseconds"),
            ("elapsed>-1", "milliseconds"),
            ("time>yesterday", "2026-11-25T08:30:00"),
            ("label~(", "invalid regular expression"),
        ];
        for (words, expected) in table {
            let error = words.parse::<Condition>().expect_err(words).to_string();
            assert!(error.contains(expected), "{words}: {error}");
        }
        assert_eq!("+1h 30m".parse(), Ok(Moment::AfterStart(5_400_000)));
    }
}
