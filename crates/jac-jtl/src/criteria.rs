//! Pass and fail criteria: `METRIC[("LABEL")] OP NUMBER[ms|s|%|/s]`, such as `p95("Log in") > 800ms`.
//!
//! The expression is what *fails* the run. METRIC is a field of the table's [`Entry`] with or without its unit's
//! suffix, OP is one of `>`, `>=`, `<`, `<=`; without a label it applies to the total. A criterion whose label never
//! appears or whose value does not exist is not met, and the message says so.
//!
//! The rules of the automatic stop ([`stop`]) have the same syntax, followed by a window.

mod evaluation;
mod metric;
mod parse;
mod processors;
pub mod stop;
mod warm_up;
mod window;

use crate::{Entry, Summary, TotalBasis};
pub use evaluation::Evaluation;
pub use metric::{Metric, Unit};
pub use parse::CriterionError;
use serde::{Deserialize, Serialize};

/// One criterion, ready to be applied.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    expression: String,
    metric: Metric,
    label: Option<String>,
    operator: Operator,
    /// In the metric's own unit.
    threshold: f64,
}

/// How a value is compared with the threshold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Operator {
    /// `>`
    #[serde(rename = ">")]
    More,
    /// `>=`
    #[serde(rename = ">=")]
    AtLeast,
    /// `<`
    #[serde(rename = "<")]
    Less,
    /// `<=`
    #[serde(rename = "<=")]
    AtMost,
}

/// Result of a criterion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionResult {
    /// The criterion as it was entered.
    pub expression: String,
    /// Whether the criterion is met.
    pub met: bool,
    /// Its outcome; `null` in results of older versions.
    #[serde(default)]
    pub code: Option<CriterionCode>,
    /// Why, for people.
    pub sentence: String,
    /// The compared values; `null` if nothing was compared, and in results of older versions.
    #[serde(default)]
    pub detail: Option<CriterionDetail>,
}

/// The values that a criterion compared.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionDetail {
    /// A field of the table, such as `p95_ms`.
    pub metric: String,
    /// `null`: the total.
    pub label: Option<String>,
    /// How it is compared with the limit; if true, the criterion is not met.
    pub operator: Operator,
    /// In `unit`.
    pub limit: f64,
    /// In `unit`; `null`: no sample provides one.
    pub actual: Option<f64>,
    pub unit: Unit,
}

/// Outcome of a criterion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum CriterionCode {
    /// It is met.
    Met,
    /// It is not met.
    NotMet,
    /// No sample has its label.
    LabelMissing,
    /// Its value does not exist: there are too few samples, or none has it.
    ValueMissing,
    /// Too many rows of the log could not be read.
    CannotBeJudged,
    /// Every sample failed: the run fails regardless of its criteria.
    AllFailed,
    /// No sample started after the warm-up.
    WithinWarmUp,
    /// A rule of the automatic stop ended the run.
    AutoStopped,
}

/// Share of a log's rows that may be unread without putting every verdict in doubt, in percent (0.1).
pub const MAX_UNREAD_PERCENT: f64 = 0.1;

/// The results of the criteria on a table. Two rules apply to every run: unread rows do not count as successes, and a
/// run in which every sample failed does not pass.
///
/// `summary` contains the samples that count: with a warm-up of `warm_up_s` seconds, those that started after it. If
/// none did, no criterion is met ([`CriterionCode::WithinWarmUp`]). `max_unread_percent`: above this share of unread
/// rows no criterion is met and one more result says why ([`CriterionCode::CannotBeJudged`]). If every sample failed,
/// there is one more result too ([`CriterionCode::AllFailed`]).
pub fn judge(
    criteria: &[Criterion],
    summary: &Summary,
    warm_up_s: u64,
    max_unread_percent: f64,
) -> Vec<CriterionResult> {
    let mut results: Vec<CriterionResult> = criteria.iter().map(|criterion| criterion.evaluate(summary)).collect();
    if warm_up_s > 0 && summary.labels.is_empty() {
        for result in &mut results {
            result.met = false;
            result.code = Some(CriterionCode::WithinWarmUp);
            result.sentence = format!("No sample started after the warm-up of {warm_up_s} s.");
        }
    }
    let failed = |expression: String, code, sentence| CriterionResult {
        expression,
        met: false,
        code: Some(code),
        sentence,
        detail: None,
    };
    if let Some(unread) = summary.unread_percent.filter(|unread| *unread > max_unread_percent) {
        for result in &mut results {
            result.met = false;
            result.code = Some(CriterionCode::CannotBeJudged);
            result.sentence =
                format!("Cannot be judged: some rows could not be read. Without them: {}", result.sentence);
        }
        let sentence = format!(
            "The result cannot be judged: {unread:.3} % of the log's rows could not be read ({} rows; limit {max_unread_percent} %).",
            summary.rejected_rows
        );
        let expression = format!("unread rows > {max_unread_percent} %");
        results.push(failed(expression, CriterionCode::CannotBeJudged, sentence));
    }
    if summary.all_failed() {
        let which = if warm_up_s > 0 { " after the warm-up" } else { "" };
        let sentence = format!("All {} samples{which} failed.", summary.total.samples);
        results.push(failed("every sample failed".to_owned(), CriterionCode::AllFailed, sentence));
    }
    results
}

/// Whether a run's criteria passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// All were met.
    Passed,
    /// At least one was not met, too many rows could not be read, or every sample failed.
    Failed,
    /// There were no criteria.
    None,
}

impl Verdict {
    /// The verdict that follows from the results.
    pub fn of(results: &[CriterionResult]) -> Self {
        match results {
            [] => Self::None,
            results if results.iter().all(|result| result.met) => Self::Passed,
            _ => Self::Failed,
        }
    }
}

impl std::str::FromStr for Criterion {
    type Err = CriterionError;

    fn from_str(expression: &str) -> Result<Self, CriterionError> {
        parse::parse(expression)
    }
}

impl std::fmt::Display for Criterion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.expression)
    }
}

impl Criterion {
    /// The metric that it evaluates.
    pub fn metric(&self) -> Metric {
        self.metric
    }

    /// The label that it evaluates; `None`: the total.
    pub fn label(&self) -> Option<&str> {
        self.label.as_deref()
    }

    /// Applies it to a table.
    pub fn evaluate(&self, summary: &Summary) -> CriterionResult {
        let (code, actual, sentence) = self.judge(summary);
        let detail = CriterionDetail {
            metric: self.metric.name().to_owned(),
            label: self.label.clone(),
            operator: self.operator,
            limit: self.threshold,
            actual,
            unit: self.metric.unit(),
        };
        CriterionResult {
            expression: self.expression.clone(),
            met: code == CriterionCode::Met,
            code: Some(code),
            sentence,
            detail: Some(detail),
        }
    }

    fn judge(&self, summary: &Summary) -> (CriterionCode, Option<f64>, String) {
        let metric = self.metric.words();
        let (entry, of): (&Entry, String) = match &self.label {
            Some(label) => match summary.labels.iter().find(|entry| entry.label == *label) {
                Some(entry) => (entry, format!("\"{label}\"")),
                None => return (CriterionCode::LabelMissing, None, without_label(label, summary)),
            },
            None if summary.total_basis == TotalBasis::Transactions => {
                (&summary.total, "Total (transactions)".to_owned())
            }
            None => (&summary.total, "Total".to_owned()),
        };
        let Some(value) = self.metric.value(entry) else {
            // These exist as soon as one sample provides the value.
            let optional = matches!(self.metric, Metric::AvgBytes | Metric::Latency | Metric::Connect);
            let why = if optional && entry.samples > 0 { "no sample has it" } else { "too few samples" };
            let sentence = format!("{metric} is not available for {of}: {why}.");
            return (CriterionCode::ValueMissing, None, sentence);
        };
        let fails = self.operator.holds(value, self.threshold);
        let sentence = format!(
            "{metric} of {of} = {} (fails when {} {}).",
            self.metric.with_unit(value),
            self.operator.sign(),
            self.metric.with_unit(self.threshold)
        );
        (if fails { CriterionCode::NotMet } else { CriterionCode::Met }, Some(value), sentence)
    }
}

fn without_label(label: &str, summary: &Summary) -> String {
    match summary.notes.iter().find(|note| note.code == "labels_folded") {
        Some(_) => format!(
            "No sample has the label \"{label}\", or it is one of the labels that are grouped as one: raise --max-labels."
        ),
        None => format!("No sample has the label \"{label}\"."),
    }
}

impl Operator {
    fn holds(self, value: f64, threshold: f64) -> bool {
        match self {
            Self::More => value > threshold,
            Self::AtLeast => value >= threshold,
            Self::Less => value < threshold,
            Self::AtMost => value <= threshold,
        }
    }

    fn sign(self) -> &'static str {
        match self {
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::Less => "<",
            Self::AtMost => "<=",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Criterion, CriterionCode, MAX_UNREAD_PERCENT, Verdict, judge};
    use crate::{LogStatistics, Settings};

    fn judged(expression: &str) -> (bool, String) {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success,Latency,Connect\n0,100,Home,true,80,3\n500,900,Home,false,,\n1000,250,Log in,true,90,0\n");
        log.finish();
        let result = expression.parse::<Criterion>().expect("an expression").evaluate(&log.summary());
        (result.met, result.sentence)
    }

    #[test]
    fn a_true_expression_fails_the_run_and_says_why() {
        let table = [
            ("max > 800ms", false, "max of Total = 900 ms (fails when > 800 ms)."),
            ("max > 0.9 s", true, "max of Total = 900 ms (fails when > 900 ms)."),
            ("max >= 0.9s", false, "max of Total = 900 ms (fails when >= 900 ms)."),
            ("median_ms(\"Log in\")>100", false, "median of \"Log in\" = 250 ms (fails when > 100 ms)."),
            ("error_percent >= 50%", true, "error rate of Total = 33.333 % (fails when >= 50 %)."),
            ("throughput < 2/s", true, "throughput of Total = 2.143 /s (fails when < 2 /s)."),
            ("p999 > 899ms", false, "p99.9 of Total = 900 ms (fails when > 899 ms)."),
            ("latency > 85", true, "mean latency of Total = 85 ms (fails when > 85 ms)."),
            ("connect_ms(\"Home\") >= 3", false, "mean connect time of \"Home\" = 3 ms (fails when >= 3 ms)."),
            ("avg_bytes > 1", false, "mean bytes is not available for Total: no sample has it."),
            ("samples <= 3", false, "samples of Total = 3 (fails when <= 3)."),
            ("mean(\"Nowhere\") > 1", false, "No sample has the label \"Nowhere\"."),
        ];
        for (expression, met, sentence) in table {
            assert_eq!(judged(expression), (met, sentence.to_owned()), "{expression}");
        }
    }

    #[test]
    fn a_value_that_does_not_exist_is_not_met() {
        let mut log = LogStatistics::new(Settings::default());
        log.finish();
        let result = "p95 > 800ms".parse::<Criterion>().expect("an expression").evaluate(&log.summary());
        assert!(!result.met);
        assert_eq!(result.sentence, "p95 is not available for Total: too few samples.");
    }

    #[test]
    fn what_is_no_criterion_is_explained() {
        let table = [
            ("", "expected METRIC[(\"LABEL\")] OP NUMBER[ms|s|%|/s], such as p95(\"Log in\") > 800ms"),
            ("speed > 3", "unknown metric \"speed\"; expected one of "),
            ("p95 = 3", "expected >, >=, < or <= after the metric, found \"= 3\""),
            ("p95 > fast", "expected a number after >, found \"fast\""),
            ("p95 > 3%", "invalid unit \"%\" for p95_ms: expected ms or s"),
            ("samples > 3ms", "invalid unit \"ms\" for samples: it has no unit"),
            ("p95(Home) > 3", "the label must be in quotes: p95(\"Home\")"),
            ("p95(\"Home > 3", "the label's closing quote is missing"),
            ("p95(\"Home\" > 3", "expected a closing parenthesis after the label"),
            ("p95 > inf", "expected a number after >, found \"inf\""),
            (HUGE, "is too large"),
            (
                "p95 > 1000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000s",
                "is too large",
            ),
            ("p95 > inf", "expected a number after >, found \"inf\""),
        ];
        for (expression, message) in table {
            let error = expression.parse::<Criterion>().expect_err(expression).to_string();
            assert!(error.contains(message), "{expression}: {error}");
        }
    }

    /// More than any number can be.
    const HUGE: &str = concat!(
        "p95 > 9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "99999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999",
        "9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999"
    );

    #[test]
    fn unread_rows_put_every_criterion_in_doubt() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success\n0,100,Home,true\n500,900,Search, all,false\n1000,250,Home,true\n");
        log.finish();
        let summary = log.summary();
        let criteria = ["error > 1%".parse().expect("a criterion")];
        let codes = |most| -> Vec<_> { judge(&criteria, &summary, 0, most).iter().filter_map(|r| r.code).collect() };
        assert_eq!(codes(MAX_UNREAD_PERCENT), [CriterionCode::CannotBeJudged, CriterionCode::CannotBeJudged]);
        assert_eq!(codes(33.4), [CriterionCode::Met]);
        assert_eq!(Verdict::of(&judge(&[], &summary, 0, MAX_UNREAD_PERCENT)), Verdict::Failed);
        assert_eq!(Verdict::of(&judge(&[], &summary, 0, 100.0)), Verdict::None);
    }

    #[test]
    fn a_label_that_may_be_among_others_is_not_said_to_have_no_sample() {
        let mut log = LogStatistics::new(Settings { max_labels: 1, ..Settings::default() });
        log.feed(b"timeStamp,elapsed,label,success\n0,100,Home,true\n500,900,Buy,true\n");
        log.finish();
        let result = "p95(\"Buy\") > 1s".parse::<Criterion>().expect("an expression").evaluate(&log.summary());
        assert_eq!(result.code, Some(CriterionCode::LabelMissing));
        assert!(result.sentence.contains("--max-labels"), "{}", result.sentence);
    }

    #[test]
    fn a_log_in_which_every_sample_failed_does_not_pass() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success\n0,100,Home,false\n500,10,Home,false\n");
        log.finish();
        let results = judge(&["p95 > 1s".parse().expect("a criterion")], &log.summary(), 0, MAX_UNREAD_PERCENT);
        let codes: Vec<_> = results.iter().filter_map(|result| result.code).collect();
        assert_eq!(codes, [CriterionCode::Met, CriterionCode::AllFailed]);
        assert_eq!(Verdict::of(&results), Verdict::Failed);
    }

    #[test]
    fn every_field_of_the_table_is_a_metric() {
        let fields = serde_json::to_value(judged_summary()).expect("json");
        for (name, value) in fields["total"].as_object().expect("an object") {
            if name != "label" && name != "kind" {
                let expression = format!("{name} > 0");
                let criterion = expression.parse::<Criterion>().expect(&expression);
                assert_eq!(criterion.metric().name(), name);
                assert_eq!(criterion.metric().value(&judged_summary().total), value.as_f64(), "{name}");
            }
        }
    }

    fn judged_summary() -> crate::Summary {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success\n0,100,Home,true\n500,900,Home,false\n");
        log.finish();
        log.summary()
    }
}
