//! One line of the two tables: its tests, and their evaluation with the thresholds.
//!
//! The tests themselves are in `compare/significance.rs`, the sentences about a change in `compare/sentences.rs`.

use super::comparison::{Change, ChangedMetric, LineComparison, NumberChange};
use super::sentences::sentence;
use super::side::Thresholds;
use super::significance::{Distribution, TestResult, mann_whitney, proportions};
use jac_jtl::{Entry, TimeFigures};

/// Why a total in which every sample failed is worse, or unclear if every sample failed before too.
pub const EVERY_SAMPLE_FAILED: &str = "every sample failed";

pub(super) fn line(
    before: &Entry,
    after: &Entry,
    a: Option<&Distribution>,
    b: Option<&Distribution>,
) -> LineComparison {
    let times = a.zip(b);
    // Of both or of neither: times of passed samples say nothing about times of all.
    let some_failed = before.errors + after.errors > 0;
    let (passed_before, passed_after) =
        times.filter(|_| some_failed).and_then(|(a, b)| a.figures().zip(b.figures())).unzip();
    LineComparison {
        label: after.label.clone(),
        change: Change::Unclear,
        changed: Vec::new(),
        sentence: String::new(),
        response_times: times.and_then(|(a, b)| mann_whitney(a, b)),
        tail: times.and_then(|(a, b)| {
            let limit = a.common_percentile(b, 0.95);
            proportions((a.above(limit), a.total()), (b.above(limit), b.total()))
        }),
        errors: proportions((before.errors, before.samples), (after.errors, after.samples)),
        passed_before,
        passed_after,
        before: before.clone(),
        after: after.clone(),
    }
}

/// Did every sample of a line fail?
fn all_failed(entry: &Entry) -> bool {
    entry.samples > 0 && entry.errors == entry.samples
}

impl LineComparison {
    /// Tests of lines that cover different rows are meaningless.
    pub(super) fn forget_tests(&mut self) {
        (self.response_times, self.tail, self.errors) = (None, None, None);
    }

    pub(super) fn tests_mut(&mut self) -> impl Iterator<Item = &mut TestResult> {
        [&mut self.response_times, &mut self.tail, &mut self.errors].into_iter().flatten()
    }

    /// Whether the compared times differ from the line's own, because some of its samples failed.
    pub(super) fn some_failed(&self) -> bool {
        self.passed_before.is_some()
    }

    pub(super) fn judge(&mut self, thresholds: Thresholds) {
        let sure = |test: &Option<TestResult>| test.filter(|test| test.corrected_p < thresholds.significance);
        let before = times_of(&self.before, self.passed_before);
        let after = times_of(&self.after, self.passed_after);
        let moved = |metric, slower| moved_time(metric, before, after, slower, thresholds);
        let usual = sure(&self.response_times).map(|test| test.share > 0.5);
        let tail = sure(&self.tail).map(|test| test.share > test.share_before);
        let mut changed = Vec::new();
        if let Some(slower) = usual {
            changed.extend(moved(ChangedMetric::MeanMs, slower).or_else(|| moved(ChangedMetric::MedianMs, slower)));
        }
        if let Some(slower) = tail {
            // A mean that changed in the opposite direction to most samples follows the slow ones.
            if usual == Some(!slower) {
                changed.extend(moved(ChangedMetric::MeanMs, slower));
            }
            changed.extend(moved(ChangedMetric::P95Ms, slower));
        }
        let of = |changed: &[NumberChange], worse| changed.iter().any(|number| number.worse == worse);
        let mut more_errors = false;
        if let Some(test) = sure(&self.errors) {
            let (before, after) = (test.share_before * 100.0, test.share * 100.0);
            if (after - before).abs() >= thresholds.error_points {
                more_errors = after > before;
                changed.push(NumberChange { metric: ChangedMetric::ErrorPercent, worse: more_errors, before, after });
            }
        }
        let told = |changed: &[NumberChange], worse| sentence(changed, worse, self.some_failed());
        let goes_apart = of(&changed, true) && of(&changed, false);
        // With more failures, possibly only the faster samples still pass; with fewer, slow ones may pass that failed
        // before.
        (self.change, self.sentence) = if goes_apart && !more_errors {
            (Change::Mixed, format!("worse: {}; better: {}", told(&changed, true), told(&changed, false)))
        } else if of(&changed, true) {
            changed.retain(|number| number.worse);
            (Change::Worse, told(&changed, true))
        } else if of(&changed, false) {
            (Change::Better, told(&changed, false))
        } else if self.response_times.is_some() {
            (Change::Same, "no significant change".to_owned())
        } else if all_failed(&self.after) {
            (Change::Unclear, EVERY_SAMPLE_FAILED.to_owned())
        } else {
            (Change::Unclear, "not enough data to compare response times".to_owned())
        };
        self.changed = changed;
    }
}

/// Mean, median and 95th percentile of the passed samples.
fn times_of(entry: &Entry, passed: Option<TimeFigures>) -> [Option<f64>; 3] {
    match passed {
        Some(passed) => [passed.mean_ms, passed.median_ms, passed.p95_ms].map(Some),
        None => [entry.mean_ms, entry.median_ms, entry.p95_ms],
    }
}

/// The change of a time in the direction that its test found, if it is large enough to matter.
fn moved_time(
    metric: ChangedMetric,
    before: [Option<f64>; 3],
    after: [Option<f64>; 3],
    slower: bool,
    thresholds: Thresholds,
) -> Option<NumberChange> {
    let of = |[mean, median, p95]: [Option<f64>; 3]| match metric {
        ChangedMetric::MeanMs => mean,
        ChangedMetric::MedianMs => median,
        ChangedMetric::P95Ms => p95,
        ChangedMetric::ErrorPercent => None,
    };
    let (before, after) = (of(before)?, of(after)?);
    let by = after - before;
    // An increase from 0 ms exceeds any relative threshold.
    let is_share_enough = percent(before, after).is_none_or(|percent| percent.abs() >= thresholds.time_percent);
    let matters = by.abs() >= thresholds.time_ms && is_share_enough && (by > 0.0) == slower;
    matters.then_some(NumberChange { metric, worse: slower, before, after })
}

/// Change in percent of the value before; `None` if that is 0.
pub(super) fn percent(before: f64, after: f64) -> Option<f64> {
    (before != 0.0).then(|| (after - before) * 100.0 / before)
}
