//! Parses an expression, with errors that say what was expected.

use super::metric::Unit;
use super::{Criterion, Metric, Operator};

/// Why an expression is not a valid criterion.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CriterionError {
    /// It is not of the form.
    #[error("expected METRIC[(\"LABEL\")] OP NUMBER[ms|s|%|/s], such as p95(\"Log in\") > 800ms")]
    Form,
    /// Unknown metric.
    #[error("unknown metric {name:?}; expected one of {}", metric_names())]
    Metric {
        /// The text found instead.
        name: String,
    },
    /// The label is not quoted.
    #[error("the label must be in quotes: {metric}(\"{label}\")")]
    LabelUnquoted {
        /// The metric as written.
        metric: String,
        /// The label as written.
        label: String,
    },
    /// The label's end is missing.
    #[error("the label's closing quote is missing")]
    LabelUnclosed,
    /// The parenthesis is missing.
    #[error("expected a closing parenthesis after the label")]
    Parenthesis,
    /// Unknown operator.
    #[error("expected >, >=, < or <= after the metric, found {found:?}")]
    Operator {
        /// The text found instead.
        found: String,
    },
    /// It is not a valid number.
    #[error("expected a number after {operator}, found {found:?}")]
    Number {
        /// The operator as written.
        operator: &'static str,
        /// The text found instead of a number.
        found: String,
    },
    /// The number is more than can be.
    #[error("{found} is too large")]
    TooLarge {
        /// The number as written.
        found: String,
    },
    /// The unit does not fit the metric.
    #[error("invalid unit {found:?} for {}: {}", metric.name(), fitting(*metric))]
    Unit {
        /// The metric.
        metric: Metric,
        /// The unit as written.
        found: String,
    },
}

pub(super) fn parse(expression: &str) -> Result<Criterion, CriterionError> {
    let text = expression.trim();
    let (name, rest) = name(text)?;
    let metric =
        Metric::named(&name.to_ascii_lowercase()).ok_or_else(|| CriterionError::Metric { name: name.to_owned() })?;
    let Comparison { label, operator, sign, threshold, rest } = comparison(name, rest)?;
    let (number, unit) = (number(sign, threshold, rest)?, rest.trim());
    let factor = factor(metric.unit(), unit).ok_or_else(|| CriterionError::Unit { metric, found: unit.to_owned() })?;
    let threshold = finite(number * factor, threshold)?;
    Ok(Criterion { expression: text.to_owned(), metric, label, operator, threshold })
}

/// The part after a metric: `("LABEL") OP NUMBER`, and the remaining text.
pub(super) struct Comparison<'a> {
    pub label: Option<String>,
    pub operator: Operator,
    pub sign: &'static str,
    /// The number as written.
    pub threshold: &'a str,
    /// From the unit on.
    pub rest: &'a str,
}

/// The metric's name and what follows it.
pub(super) fn name(text: &str) -> Result<(&str, &str), CriterionError> {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(text.len());
    if end == 0 { Err(CriterionError::Form) } else { Ok(text.split_at(end)) }
}

pub(super) fn comparison<'a>(name: &str, rest: &'a str) -> Result<Comparison<'a>, CriterionError> {
    let (label, rest) = label(name, rest.trim_start())?;
    let (operator, sign, rest) = operator(rest.trim_start())?;
    let rest = rest.trim();
    let number_end = rest
        .char_indices()
        .find(|(at, c)| !(c.is_ascii_digit() || *c == '.' || (*at == 0 && matches!(c, '-' | '+'))))
        .map_or(rest.len(), |(at, _)| at);
    let (threshold, rest) = rest.split_at(number_end);
    Ok(Comparison { label, operator, sign, threshold, rest })
}

/// The number after `sign`.
pub(super) fn number(sign: &'static str, written: &str, rest: &str) -> Result<f64, CriterionError> {
    written.parse().map_err(|_| CriterionError::Number { operator: sign, found: format!("{written}{rest}") })
}

pub(super) fn finite(threshold: f64, written: &str) -> Result<f64, CriterionError> {
    if threshold.is_finite() {
        return Ok(threshold);
    }
    Err(CriterionError::TooLarge { found: written.chars().take(20).chain(['…']).collect() })
}

/// An optional `("LABEL")`; in it `\"` is a quote and `\\` a backslash.
fn label<'a>(metric: &str, text: &'a str) -> Result<(Option<String>, &'a str), CriterionError> {
    let Some(inside) = text.strip_prefix('(') else {
        return Ok((None, text));
    };
    let inside = inside.trim_start();
    let Some(quoted) = inside.strip_prefix('"') else {
        let label = inside.split(')').next().unwrap_or_default().trim().to_owned();
        return Err(CriterionError::LabelUnquoted { metric: metric.to_owned(), label });
    };
    let mut label = String::new();
    let mut characters = quoted.char_indices();
    loop {
        match characters.next() {
            None => return Err(CriterionError::LabelUnclosed),
            Some((_, '\\')) => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => label.push(escaped),
                Some((_, other)) => label.extend(['\\', other]),
                None => return Err(CriterionError::LabelUnclosed),
            },
            Some((end, '"')) => {
                let rest = quoted[end + 1..].trim_start().strip_prefix(')').ok_or(CriterionError::Parenthesis)?;
                return Ok((Some(label), rest));
            }
            Some((_, other)) => label.push(other),
        }
    }
}

fn operator(text: &str) -> Result<(Operator, &'static str, &str), CriterionError> {
    // The longer signs first.
    for (sign, operator) in
        [(">=", Operator::AtLeast), ("<=", Operator::AtMost), (">", Operator::More), ("<", Operator::Less)]
    {
        if let Some(rest) = text.strip_prefix(sign) {
            return Ok((operator, sign, rest));
        }
    }
    match text {
        "" => Err(CriterionError::Form),
        found => Err(CriterionError::Operator { found: found.to_owned() }),
    }
}

/// The factor that converts a number in this unit to the metric's own unit.
pub(super) fn factor(measured: Unit, unit: &str) -> Option<f64> {
    match (measured, unit) {
        (_, "") | (Unit::Milliseconds, "ms") | (Unit::Percent, "%") => Some(1.0),
        (Unit::Milliseconds, "s") => Some(1_000.0),
        (Unit::PerSecond, "/s") | (Unit::KilobytesPerSecond, "/s" | "KB/s") => Some(1.0),
        _ => None,
    }
}

fn metric_names() -> String {
    Metric::ALL.map(Metric::name).join(", ")
}

fn fitting(metric: Metric) -> &'static str {
    match metric.unit() {
        Unit::None => "it has no unit",
        Unit::Milliseconds => "expected ms or s",
        Unit::Percent => "expected %",
        Unit::PerSecond => "expected /s",
        Unit::KilobytesPerSecond => "expected KB/s",
    }
}
