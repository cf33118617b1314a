//! Rules of the automatic stop: `METRIC[("LABEL")] OP NUMBER[unit] for NUMBER s`, such as `error_percent >= 90% for 60s`.
//!
//! A rule is broken when its metric, of all samples that ended within the rule's last N seconds together, is beyond the limit. It
//! looks at what is new only: while samples come late, and before there is a whole window with enough samples, nothing is broken.

use super::parse::{self, Comparison};
use super::processors::Processors;
use super::window::{Progress, Rows, Window};
use super::{CriterionError, Metric, Operator, Unit};
use crate::Sample;
use crate::statistics::FUTURE_MS;
use serde::{Deserialize, Serialize};

/// The stop rule of plans that have no other.
pub const DEFAULT_RULE: &str = "error_percent >= 90% for 60s";
/// The longest window, in seconds: an hour.
pub const LONGEST_WINDOW_S: u64 = 3_600;

/// A window with fewer samples is not evaluated.
const FEWEST_SAMPLES: u64 = 5;
/// Samples that ended longer ago than this, or than half of the window, are old.
const LATE_MS: i64 = 10_000;
/// How busy the generators' processors are.
const PROCESSORS: &str = "generator_cpu_percent";

/// What a rule evaluates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    /// A metric of the samples.
    Samples(Metric),
    /// The busiest generator's processors.
    Processors,
}

/// The metrics that are of a window.
const OF_A_WINDOW: [Metric; 6] =
    [Metric::ErrorPercent, Metric::Mean, Metric::Median, Metric::P90, Metric::P95, Metric::P99];

impl Subject {
    fn name(self) -> &'static str {
        match self {
            Self::Samples(metric) => metric.name(),
            Self::Processors => PROCESSORS,
        }
    }

    fn unit(self) -> Unit {
        match self {
            Self::Samples(metric) => metric.unit(),
            Self::Processors => Unit::Percent,
        }
    }

    fn percentile(self) -> Option<f64> {
        match self {
            Self::Samples(Metric::Median) => Some(50.0),
            Self::Samples(Metric::P90) => Some(90.0),
            Self::Samples(Metric::P95) => Some(95.0),
            Self::Samples(Metric::P99) => Some(99.0),
            _ => None,
        }
    }

    /// The minimum number of samples for an evaluation: for a percentile, enough that one sample is beyond it.
    fn fewest_samples(self) -> u64 {
        self.percentile()
            .map_or(FEWEST_SAMPLES, |percent| (100.0 / (100.0 - percent)).round() as u64)
            .max(FEWEST_SAMPLES)
    }
}

/// Why an expression is not a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StopRuleError {
    /// The text before the window is not a comparison.
    #[error(transparent)]
    Comparison(#[from] CriterionError),
    /// Not a metric of a window.
    #[error("the automatic stop has no metric {name:?}; expected one of {}", names())]
    Metric {
        /// The text found instead.
        name: String,
    },
    /// The unit does not fit the metric.
    #[error("invalid unit {found:?} for {name}: expected {unit}")]
    Unit {
        /// The metric.
        name: &'static str,
        /// Its unit.
        unit: &'static str,
        /// The text found instead.
        found: String,
    },
    /// CPU usage belongs to no label.
    #[error("{PROCESSORS} takes no label")]
    Label,
    /// The window is missing.
    #[error("expected a window after the limit, such as: for 60s")]
    Window,
    /// It is too short or too long.
    #[error("the window must be 1 to {LONGEST_WINDOW_S} whole seconds")]
    WindowLength,
}

fn names() -> String {
    OF_A_WINDOW.map(Metric::name).into_iter().chain([PROCESSORS]).collect::<Vec<_>>().join(", ")
}

/// One rule, ready to be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct StopRule {
    expression: String,
    subject: Subject,
    label: Option<String>,
    operator: Operator,
    /// In the metric's own unit.
    limit: f64,
    window_s: u64,
}

impl StopRule {
    /// The length of its window in seconds.
    pub fn window_s(&self) -> u64 {
        self.window_s
    }
}

impl std::str::FromStr for StopRule {
    type Err = StopRuleError;

    fn from_str(expression: &str) -> Result<Self, StopRuleError> {
        let text = expression.trim();
        let (name, rest) = parse::name(text)?;
        let name_in_lower_case = name.to_ascii_lowercase();
        let of_samples =
            Metric::named(&name_in_lower_case).filter(|metric| OF_A_WINDOW.contains(metric)).map(Subject::Samples);
        let is_processors = [PROCESSORS, "generator_cpu"].contains(&name_in_lower_case.as_str());
        let subject = of_samples.or(is_processors.then_some(Subject::Processors));
        let subject = subject.ok_or_else(|| StopRuleError::Metric { name: name.to_owned() })?;
        let Comparison { label, operator, sign, threshold, rest } = parse::comparison(name, rest)?;
        if label.is_some() && subject == Subject::Processors {
            return Err(StopRuleError::Label);
        }
        let number = parse::number(sign, threshold, rest)?;
        let (unit, window) = rest.split_once("for").ok_or(StopRuleError::Window)?;
        let unit = unit.trim();
        let factor = parse::factor(subject.unit(), unit).ok_or_else(|| StopRuleError::Unit {
            name: subject.name(),
            unit: subject.unit().symbol(),
            found: unit.to_owned(),
        })?;
        let limit = parse::finite(number * factor, threshold)?;
        let window = window.trim();
        let window = window.strip_suffix('s').ok_or(StopRuleError::Window)?.trim_end();
        let window_s = window.parse::<u64>().ok().filter(|length_s| (1..=LONGEST_WINDOW_S).contains(length_s));
        let window_s = window_s.ok_or(StopRuleError::WindowLength)?;
        Ok(Self { expression: text.to_owned(), subject, label, operator, limit, window_s })
    }
}

impl std::fmt::Display for StopRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.expression)
    }
}

/// State of a rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum StopRuleCode {
    /// There is no whole window with enough samples yet.
    Waiting,
    /// The data is too old to stop a run.
    Late,
    /// It is within its limit.
    Held,
    /// It is beyond: the run is stopped.
    Broken,
}

/// Current state of a rule.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StopRuleState {
    /// The rule as it was entered.
    pub expression: String,
    /// A field of the table, or `generator_cpu_percent`.
    pub metric: String,
    /// `null`: the total.
    pub label: Option<String>,
    /// The comparison with the limit; if it is true, the run is stopped.
    pub operator: Operator,
    /// In `unit`.
    pub limit: f64,
    pub unit: Unit,
    /// Length of the window in seconds.
    pub window_s: u64,
    pub code: StopRuleCode,
    /// Over the window, in `unit`; `null`: too few samples, or none.
    pub actual: Option<f64>,
    /// The window's beginning.
    pub since_ms: Option<i64>,
    /// The busiest load generator, for rules on CPU usage.
    pub node: Option<String>,
}

/// The rules and the data that they are evaluated on.
#[derive(Debug, Clone, Default)]
pub(super) struct StopRules {
    rules: Vec<(StopRule, Window)>,
    progress: Progress,
    processors: Processors,
    has_requests: bool,
    /// Arrival time of the current samples, by the server's clock.
    now_ms: Option<i64>,
}

impl StopRules {
    pub fn new(rules: Vec<StopRule>) -> Self {
        let with_window = |rule: StopRule| {
            let window = Window::new(rule.window_s, rule.subject.percentile().is_some());
            (rule, window)
        };
        Self { rules: rules.into_iter().map(with_window).collect(), ..Self::default() }
    }

    pub fn set_clock_offset(&mut self, host: &str, ahead_ms: i64) {
        self.progress.set_clock_offset(host, ahead_ms);
    }

    pub fn set_now(&mut self, now_ms: i64) {
        self.now_ms = Some(now_ms);
    }

    pub fn add(&mut self, sample: &Sample<'_>) {
        if self.rules.is_empty() || sample.is_empty_transaction() || sample.start_ms <= 0 {
            return;
        }
        let end_ms = self.progress.end_ms(sample);
        // Samples cannot end in the future: they would make the other workers count as silent, and their windows would
        // be dropped.
        if self.now_ms.is_some_and(|now_ms| end_ms > now_ms.saturating_add(FUTURE_MS)) {
            return;
        }
        self.has_requests |= !sample.is_transaction();
        self.progress.add(sample, end_ms);
        for (rule, window) in &mut self.rules {
            let is_its = match &rule.label {
                None => rule.subject != Subject::Processors,
                Some(label) => label.as_bytes() == sample.label,
            };
            if is_its {
                window.add(sample, end_ms);
            }
        }
    }

    pub fn add_processors(&mut self, node: &str, at_ms: i64, percent: u32) {
        let longest = self.rules.iter().filter(|(rule, _)| rule.subject == Subject::Processors);
        if let Some(kept_ms) = longest.map(|(_, window)| window.length_ms()).max() {
            self.processors.add(node, at_ms, percent, kept_ms);
        }
    }

    /// The state of each rule at a time of the server's clock.
    pub fn states(&self, now_ms: i64) -> Vec<StopRuleState> {
        self.rules.iter().map(|(rule, window)| self.state(rule, window, now_ms)).collect()
    }

    fn state(&self, rule: &StopRule, window: &Window, now_ms: i64) -> StopRuleState {
        let (code, actual, since_ms, node) = match rule.subject {
            Subject::Samples(metric) => {
                let (code, actual, since_ms) = self.of_samples(rule, metric, window, now_ms);
                (code, actual, since_ms, None)
            }
            Subject::Processors => match self.processors.busiest(now_ms, window.length_ms()) {
                Some(busiest) => {
                    let from_ms = now_ms - window.length_ms();
                    // A starting JVM uses CPU itself, so CPU usage counts only after the first samples.
                    let is_full = self.progress.first_end_ms().is_some_and(|first_ms| first_ms <= from_ms);
                    let code = if is_full { rule.code_of(busiest.percent) } else { StopRuleCode::Waiting };
                    (code, Some(busiest.percent), Some(from_ms), Some(busiest.node))
                }
                None => (StopRuleCode::Waiting, None, None, None),
            },
        };
        StopRuleState {
            expression: rule.expression.clone(),
            metric: rule.subject.name().to_owned(),
            label: rule.label.clone(),
            operator: rule.operator,
            limit: rule.limit,
            unit: rule.subject.unit(),
            window_s: rule.window_s,
            code,
            actual,
            since_ms,
            node,
        }
    }

    fn of_samples(
        &self,
        rule: &StopRule,
        metric: Metric,
        window: &Window,
        now_ms: i64,
    ) -> (StopRuleCode, Option<f64>, Option<i64>) {
        let rows = match (&rule.label, self.has_requests) {
            (Some(_), _) => Rows::All,
            (None, true) => Rows::Requests,
            (None, false) => Rows::Transactions,
        };
        let Some(seen) = window.seen(&self.progress, rows) else { return (StopRuleCode::Waiting, None, None) };
        let counted = &seen.counted;
        let value = match (metric, rule.subject.percentile()) {
            _ if counted.samples == 0 => None,
            (_, Some(percent)) => counted.percentile_ms(percent),
            (Metric::ErrorPercent, _) => Some(counted.errors as f64 * 100.0 / counted.samples as f64),
            _ => counted.mean_ms(),
        };
        let Some(value) = value else { return (StopRuleCode::Waiting, None, None) };
        let code = if now_ms - seen.to_ms > LATE_MS.max(window.length_ms() / 2) {
            StopRuleCode::Late
        } else if !seen.is_full || counted.samples < rule.subject.fewest_samples() {
            StopRuleCode::Waiting
        } else {
            rule.code_of(value)
        };
        (code, Some(value), Some(seen.from_ms))
    }
}

impl StopRule {
    fn code_of(&self, value: f64) -> StopRuleCode {
        if self.operator.holds(value, self.limit) { StopRuleCode::Broken } else { StopRuleCode::Held }
    }
}

#[cfg(test)]
mod tests;
