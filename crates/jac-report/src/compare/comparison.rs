//! A comparison as data: its lines, their tests and their verdicts. It is stored and served; the computation is
//! elsewhere.

use super::significance::TestResult;
use jac_jtl::{Entry, Note, TimeFigures};
use serde::{Deserialize, Serialize};

/// A comparison of two results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// Version of this format: 1.
    pub version: u32,
    /// Name of the reference result.
    pub before: String,
    /// Name of the result being judged.
    pub after: String,
    /// The totals.
    pub total: LineComparison,
    /// Labels that both have, in the order of `after`.
    pub labels: Vec<LineComparison>,
    /// Labels that only `before` has.
    pub missing: Vec<String>,
    /// Labels that only `after` has.
    pub new: Vec<String>,
    /// Is any line worse, or worse in part?
    pub worse: bool,
    /// Its outcome.
    #[serde(default)]
    pub outcome: ComparisonOutcome,
    /// The number of tests, which the corrected probabilities take into account.
    pub tests: usize,
    /// The method: which tests, the thresholds for a change, and what could not be tested.
    pub notes: Vec<Note>,
    /// Remarks on the results and their verdict.
    #[serde(default)]
    pub findings: Vec<Note>,
}

/// Outcome of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ComparisonOutcome {
    /// A line is worse.
    Worse,
    /// No line is worse as a whole, but one is in part.
    Mixed,
    /// At least one line is better, and none is worse.
    Better,
    /// No change beyond noise that matters.
    Same,
    /// There are too few samples, or no distribution, for a verdict.
    #[default]
    Unclear,
    /// The results have no label in common: there is nothing to compare.
    NoCommonLabel,
    /// Too many rows of a log could not be read, or every sample of both failed.
    CannotBeJudged,
}

impl ComparisonOutcome {
    /// Whether nothing is worse, as far as the tests show.
    pub fn is_fine(self) -> bool {
        matches!(self, Self::Better | Self::Same | Self::Unclear)
    }
}

/// One line of the two tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineComparison {
    /// The label; `Total` for the totals.
    pub label: String,
    /// Its outcome.
    pub change: Change,
    /// The numbers that make it a change; empty if it is not one.
    #[serde(default)]
    pub changed: Vec<NumberChange>,
    /// The reason, a sentence.
    pub sentence: String,
    /// The line in `before`.
    pub before: Entry,
    /// The line in `after`.
    pub after: Entry,
    /// Response times of the passed samples in `before`, which are what is compared; of a trend in steps of 3 %. `null`, then on both sides: no
    /// sample failed, or one side has no passed sample or no distribution.
    #[serde(default)]
    pub passed_before: Option<TimeFigures>,
    /// The same in `after`.
    #[serde(default)]
    pub passed_after: Option<TimeFigures>,
    /// Are the response times slower overall? `share` is the probability that one of `after` is slower than one of
    /// `before`; equal ones count half.
    pub response_times: Option<TestResult>,
    /// Is the tail slower? `share` is the share of `after` above the common 95th percentile.
    pub tail: Option<TestResult>,
    /// Are there more failures? `share` is their share in `after`.
    pub errors: Option<TestResult>,
}

/// A number of a line that differs beyond noise, and by enough to matter.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NumberChange {
    pub metric: ChangedMetric,
    /// Whether it is worse; otherwise it is better.
    pub worse: bool,
    /// In the metric's unit, as is `after`; times are those of passed samples.
    pub before: f64,
    pub after: f64,
}

/// The metric: a field of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ChangedMetric {
    MeanMs,
    MedianMs,
    P95Ms,
    ErrorPercent,
}

/// Result of comparing one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    /// Slower or with more failures, beyond noise and enough to matter.
    Worse,
    /// The typical response time and the slow ones changed in opposite directions, or response times rose while fewer
    /// samples failed; both are significant and exceed the thresholds.
    Mixed,
    /// Faster or with fewer failures, and nothing worse.
    Better,
    /// No change beyond noise that matters.
    Same,
    /// There are too few samples, or no distribution, for a verdict.
    Unclear,
}
