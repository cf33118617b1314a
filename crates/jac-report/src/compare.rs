//! Compares two results: which differences are changes, and which are noise.
//!
//! Three tests per line of the table, on the exact distributions: Mann–Whitney U on the response times of passed
//! samples (are they slower overall?), the share of these above the common 95th percentile (is the tail slower?) and
//! the share of failures, the latter two as two-proportion z tests. Failures are excluded from the first two: failing
//! at once is not fast, and a timeout counts as a failure. Holm's method corrects for the number of tests. A change
//! counts when its test is significant *and* it exceeds the thresholds; one alone is not worth a red build: with many
//! samples any trifle is significant, and with few anything looks large.

mod coarse;
mod comparison;
mod line;
mod sentences;
mod side;
mod significance;
#[cfg(test)]
mod tests;
mod text;

pub use coarse::CoarseTimes;
pub use comparison::{Change, ChangedMetric, Comparison, ComparisonOutcome, LineComparison, NumberChange};
pub use line::EVERY_SAMPLE_FAILED;
pub use side::{Side, Thresholds};
pub use significance::TestResult;
pub use text::comparison_text;

use jac_jtl::{Entry, Summary};
use line::line;
use sentences::{findings, notes};
use significance::{Distribution, holm};
use std::collections::HashMap;

/// Compares two results.
pub fn compare(before: &Side, after: &Side, thresholds: Thresholds) -> Comparison {
    let totals = |side: &Side| side.passed_times.as_ref().map(|times| Distribution::new(&times.total));
    let (times_before, times_after) = (by_label(before), by_label(after));
    let of =
        |times: &HashMap<&str, &[(u32, u64)]>, label: &str| times.get(label).map(|counts| Distribution::new(counts));
    let (entries_before, entries_after) = (entries(&before.summary), entries(&after.summary));
    let mut lines =
        vec![line(&before.summary.total, &after.summary.total, totals(before).as_ref(), totals(after).as_ref())];
    let (mut missing, mut new) = (Vec::new(), Vec::new());
    for entry in &after.summary.labels {
        match entries_before.get(entry.label.as_str()) {
            Some(earlier) => {
                let (a, b) = (of(&times_before, &entry.label), of(&times_after, &entry.label));
                lines.push(line(earlier, entry, a.as_ref(), b.as_ref()));
            }
            None => new.push(entry.label.clone()),
        }
    }
    for entry in &before.summary.labels {
        if !entries_after.contains_key(entry.label.as_str()) {
            missing.push(entry.label.clone());
        }
    }
    let basis_differs = before.summary.total_basis != after.summary.total_basis;
    if basis_differs {
        lines[0].forget_tests();
    }
    let mut tests: Vec<&mut TestResult> = lines.iter_mut().flat_map(LineComparison::tests_mut).collect();
    let count = tests.len();
    holm(&mut tests);
    for line in &mut lines {
        line.judge(thresholds);
    }
    let mut lines = lines.into_iter();
    let mut total = lines.next().unwrap_or_else(|| line(&before.summary.total, &after.summary.total, None, None));
    let labels: Vec<LineComparison> = lines.collect();
    if labels.is_empty() {
        // The lines of the two totals have nothing in common.
        total.change = Change::Unclear;
        total.sentence = "no labels in common".to_owned();
    } else if basis_differs {
        total.sentence = "the totals cover different rows: requests and transactions".to_owned();
    } else if after.summary.all_failed() {
        total.change = if before.summary.all_failed() { Change::Unclear } else { Change::Worse };
        total.changed.clear();
        total.sentence = EVERY_SAMPLE_FAILED.to_owned();
    }
    let outcome = outcome(&total, &labels, [before, after], thresholds);
    let findings = findings([before, after], &outcome, thresholds);
    let some_failed = labels.iter().chain([&total]).any(LineComparison::some_failed);
    Comparison {
        version: 1,
        before: before.name.clone(),
        after: after.name.clone(),
        worse: matches!(outcome, ComparisonOutcome::Worse | ComparisonOutcome::Mixed),
        outcome,
        notes: notes(before, after, thresholds, count, some_failed),
        findings,
        total,
        labels,
        missing,
        new,
        tests: count,
    }
}

/// Compares one line of two results of which only the line itself and the response times of its passed samples in
/// coarse steps are left, as [`compare`] does with the lines of a table. The correction covers only its own tests.
pub fn compare_lines(
    before: (&Entry, &CoarseTimes),
    after: (&Entry, &CoarseTimes),
    thresholds: Thresholds,
) -> LineComparison {
    let of = |times: &CoarseTimes| (!times.counts().is_empty()).then(|| Distribution::new(&times.middles()));
    let mut line = line(before.0, after.0, of(before.1).as_ref(), of(after.1).as_ref());
    holm(&mut line.tests_mut().collect::<Vec<_>>());
    line.judge(thresholds);
    line
}

fn by_label(side: &Side) -> HashMap<&str, &[(u32, u64)]> {
    let labels = side.passed_times.iter().flat_map(|times| &times.labels);
    labels.map(|(label, counts)| (label.as_str(), counts.as_slice())).collect()
}

fn entries(summary: &Summary) -> HashMap<&str, &Entry> {
    summary.labels.iter().map(|entry| (entry.label.as_str(), entry)).collect()
}

fn outcome(
    total: &LineComparison,
    labels: &[LineComparison],
    sides: [&Side; 2],
    thresholds: Thresholds,
) -> ComparisonOutcome {
    let any = |change: Change| labels.iter().chain([total]).any(|line| line.change == change);
    let too_many = |side: &Side| side.exceeded_percent(thresholds).is_some();
    if sides.into_iter().any(too_many) || sides.into_iter().all(|side| side.summary.all_failed()) {
        ComparisonOutcome::CannotBeJudged
    } else if labels.is_empty() {
        ComparisonOutcome::NoCommonLabel
    } else if any(Change::Worse) || sides[1].summary.all_failed() {
        ComparisonOutcome::Worse
    } else if any(Change::Mixed) {
        ComparisonOutcome::Mixed
    } else if any(Change::Better) {
        ComparisonOutcome::Better
    } else if any(Change::Same) {
        ComparisonOutcome::Same
    } else {
        ComparisonOutcome::Unclear
    }
}
