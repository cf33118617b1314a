//! What has changed between two results, and what of it is noise.
//!
//! Three tests per line of the table, on the exact distributions: Mann–Whitney U on the response times of passed samples (are they slower
//! altogether?), the share of these above the common 95th percentile (is the tail slower?) and the share of failures,
//! the latter two as two-proportion z tests. A failure has no say in the first two: failing at once is not fast, and running into a timeout
//! is counted as the failure that it is. Holm's method corrects for the number of tests. A change counts when its
//! test says so *and* it is large enough to matter; each alone is not worth a red build: many samples make any trifle
//! significant, and few make anything look large.

mod coarse;
mod significance;
#[cfg(test)]
mod tests;
mod text;

pub use coarse::CoarseTimes;
pub use significance::TestResult;
pub use text::comparison_text;

use crate::figures;
use jac_jtl::criteria::MAX_UNREAD_PERCENT;
use jac_jtl::{Entry, LogStatistics, Note, ResponseTimes, Summary, TimeFigures, TotalBasis};
use serde::{Deserialize, Serialize};
use significance::{Distribution, holm, mann_whitney, proportions};
use std::collections::HashMap;

/// One of the two results.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// Its table.
    pub summary: Summary,
    /// Response times of its passed samples; without them (all there is is a `summary.json`) only failures can be tested.
    pub passed_times: Option<ResponseTimes>,
    /// Share of its rows that may be unread, in percent; `None`: that of the thresholds.
    pub max_unread_percent: Option<f64>,
}

impl Side {
    /// From a log's statistics.
    pub fn of_log(name: impl Into<String>, log: &mut LogStatistics) -> Self {
        let passed_times = Some(log.passed_times());
        Self { name: name.into(), summary: log.summary(), passed_times, max_unread_percent: None }
    }

    /// From a `summary.json` alone.
    pub fn of_summary(name: impl Into<String>, summary: Summary) -> Self {
        Self { name: name.into(), summary, passed_times: None, max_unread_percent: None }
    }

    /// The share of unread rows that puts the verdict in doubt, if it has more.
    fn exceeded_percent(&self, thresholds: Thresholds) -> Option<f64> {
        let most = self.max_unread_percent.unwrap_or(thresholds.max_unread_percent);
        self.summary.unread_percent.is_some_and(|unread| unread > most).then_some(most)
    }
}

/// When a change counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Greatest probability of calling noise a change, over all tests together (0.01).
    pub significance: f64,
    /// Least change of mean, median or 95th percentile that matters, in percent (5).
    pub time_percent: f64,
    /// Least such change in milliseconds (2): below it the clocks' steps are all there is.
    pub time_ms: f64,
    /// Least change of the share of failures that matters, in percentage points (0.1).
    pub error_points: f64,
    /// Share of a log's rows that may be unread without putting the verdict in doubt, in percent (0.1), where its result has none of its own.
    pub max_unread_percent: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            significance: 0.01,
            time_percent: 5.0,
            time_ms: 2.0,
            error_points: 0.1,
            max_unread_percent: MAX_UNREAD_PERCENT,
        }
    }
}

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
    /// How many tests were made, which the corrected probabilities take into account.
    pub tests: usize,
    /// How was tested: which tests, from when on a change counts, what could not be tested.
    pub notes: Vec<Note>,
    /// What has to be known about the results and their verdict.
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
    /// A line is better, and none is worse.
    Better,
    /// No change beyond noise that matters.
    Same,
    /// There are too few samples, or no distribution, to say.
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
    /// The numbers for which it is a change; none where it is not.
    #[serde(default)]
    pub changed: Vec<NumberChange>,
    /// The reason, a sentence.
    pub sentence: String,
    /// The line in `before`.
    pub before: Entry,
    /// The line in `after`.
    pub after: Entry,
    /// Response times of the passed samples in `before`, which are what is compared; `null`: they are the line's own, as no sample failed, or there
    /// are none.
    #[serde(default)]
    pub passed_before: Option<TimeFigures>,
    /// The same in `after`.
    #[serde(default)]
    pub passed_after: Option<TimeFigures>,
    /// Are the response times slower altogether? `share` is the probability that one of `after` is slower than one of
    /// `before`, equal ones counted half.
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
    /// Is it worse? Else it is better.
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
    /// The usual response time went one way and the slow ones the other, or response times rose while fewer samples failed; both beyond noise
    /// and enough to matter.
    Mixed,
    /// Faster or with fewer failures, and nothing worse.
    Better,
    /// No change beyond noise that matters.
    Same,
    /// There are too few samples, or no distribution, to say.
    Unclear,
}

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
        // What both are made of has nothing in common.
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

/// Why a total in which every sample failed is worse, or unclear if every sample failed before too.
pub const EVERY_SAMPLE_FAILED: &str = "every sample failed";

/// Compares one line of two results of which nothing is left but the line itself and the response times of its passed samples in coarse steps, as
/// [`compare`] does with the lines of a table. Only its own tests are corrected for.
pub fn compare_lines(
    before: (&Entry, &CoarseTimes),
    after: (&Entry, &CoarseTimes),
    thresholds: Thresholds,
) -> LineComparison {
    let of = |times: &CoarseTimes| (!times.counts().is_empty()).then(|| Distribution::new(times.counts()));
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

fn line(before: &Entry, after: &Entry, a: Option<&Distribution>, b: Option<&Distribution>) -> LineComparison {
    let times = a.zip(b);
    let passed = |entry: &Entry, times: Option<&Distribution>| times.filter(|_| entry.errors > 0)?.figures();
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
        passed_before: passed(before, a),
        passed_after: passed(after, b),
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
    fn forget_tests(&mut self) {
        (self.response_times, self.tail, self.errors) = (None, None, None);
    }

    fn tests_mut(&mut self) -> impl Iterator<Item = &mut TestResult> {
        [&mut self.response_times, &mut self.tail, &mut self.errors].into_iter().flatten()
    }

    /// Are the compared times not the line's own, as some of its samples failed?
    fn some_failed(&self) -> bool {
        self.passed_before.is_some() || self.passed_after.is_some()
    }

    fn judge(&mut self, thresholds: Thresholds) {
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
            // A mean that goes against most samples goes with the slow ones.
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
        // With more failures, the faster ones may be all that still pass; with fewer, slow ones may pass that failed before.
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

/// Mean, median and 95th percentile of the samples that passed.
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

/// Those that are worse, or better, for people.
fn sentence(changed: &[NumberChange], worse: bool, some_failed: bool) -> String {
    let parts =
        changed.iter().filter(|number| number.worse == worse).map(|NumberChange { metric, before, after, .. }| {
            let name = match metric {
                ChangedMetric::MeanMs => "mean",
                ChangedMetric::MedianMs => "median",
                ChangedMetric::P95Ms => "p95",
                ChangedMetric::ErrorPercent => return format!("errors {}", figures::shares(*before, *after)),
            };
            let of = if some_failed { " of passed samples" } else { "" };
            let share = percent(*before, *after).map_or_else(String::new, |by| format!(" ({})", figures::change(by)));
            format!("{name}{of} {}{share}", figures::times(*before, *after))
        });
    parts.collect::<Vec<_>>().join(", ")
}

/// Change in percent of what was before; `None` from nothing.
fn percent(before: f64, after: f64) -> Option<f64> {
    (before != 0.0).then(|| (after - before) * 100.0 / before)
}

fn notes(before: &Side, after: &Side, thresholds: Thresholds, tests: usize, some_failed: bool) -> Vec<Note> {
    let rule = format!(
        "A change is significant when the p-value of its test is below {} (Mann-Whitney U for response times of passed samples, two-proportion \
         z for the share above the common 95th percentile and for failures; {tests} test{}, Holm-corrected) and it is at least \
         {} % and {} ms, or {} percentage points of the error rate.",
        thresholds.significance,
        if tests == 1 { "" } else { "s" },
        thresholds.time_percent,
        thresholds.time_ms,
        thresholds.error_points
    );
    let independent = "The tests assume independent samples. Samples of one run are correlated, so two runs of an unchanged system \
                       may differ more than the tests expect: repeat a run before you rely on a small change.";
    let rates =
        "Throughput is shown but not judged: it depends on the load of the plan as much as on the system under test.";
    let mut notes = vec![
        Note::new("when_a_change_counts", rule).with("tests", tests as u64),
        Note::new("samples_taken_as_independent", independent),
        Note::new("rates_not_judged", rates),
    ];
    if some_failed {
        let passed = "Some samples failed. Their response times are in the figures of the table, but only those of passed samples are compared.";
        notes.push(Note::new("passed_times_compared", passed));
    }
    for side in [before, after].into_iter().filter(|side| side.passed_times.is_none()) {
        let text = format!("{} is a summary table without distributions: response times cannot be tested.", side.name);
        notes.push(Note::new("no_distribution", text).with("side", side.name.as_str()));
    }
    notes
}

/// Rates that differ by more than this, in percent, are another load.
const OTHER_LOAD_PERCENT: f64 = 10.0;

/// What has to be known before the verdict is believed: the load first.
fn findings(sides: [&Side; 2], outcome: &ComparisonOutcome, thresholds: Thresholds) -> Vec<Note> {
    let mut findings = Vec::new();
    let [before, after] = sides.map(|side| side.summary.total.throughput_per_s);
    let [basis_before, basis_after] = sides.map(|side| side.summary.total_basis);
    if basis_before != basis_after {
        let name = |basis| if basis == TotalBasis::Transactions { "transactions" } else { "requests" };
        let (before, after) = (name(basis_before), name(basis_after));
        let message = format!(
            "The totals cover different rows, so they are not compared: {before} before, {after} after. Compare the labels."
        );
        let note = Note::new("total_basis_differs", message).with("before", before);
        findings.push(note.with("after", after));
    } else if let (Some(before), Some(after)) = (before, after)
        && let Some(change) = percent(before, after).filter(|change| change.abs() > OTHER_LOAD_PERCENT)
    {
        let message = format!(
            "Throughput differs: {} before, {} after ({}). Response times depend on the load.",
            figures::rate(before),
            figures::rate(after),
            figures::change(change)
        );
        let note = Note::new("load_differs", message).with("before_per_s", before).with("after_per_s", after);
        findings.push(note.with("percent", change));
    }
    for side in sides {
        let (name, summary) = (&side.name, &side.summary);
        if summary.rejected_rows > 0 {
            let unread = summary.unread_percent.unwrap_or(0.0);
            let rows = summary.rejected_rows;
            let message =
                format!("{name}: {rows} rows could not be read and were skipped ({unread:.3} % of its rows).");
            let note = Note::new("rows_unread", message).with("side", name.as_str());
            findings.push(note.with("rows", rows).with("percent", unread));
        }
        if let Some(partial) = &summary.partial {
            let message = format!("{name} is a partial run: {}", partial.cause);
            findings.push(Note::new("partial", message).with("side", name.as_str()));
        }
        if summary.all_failed() {
            let message = format!("{name}: every sample failed.");
            findings.push(Note::new("all_failed", message).with("side", name.as_str()));
        }
        for note in summary.notes.iter().filter(|note| !SAID_OTHERWISE.contains(&note.code.as_str())) {
            let message = format!("{name}: {}", note.message);
            findings.push(Note { message, ..note.clone() }.with("side", name.as_str()));
        }
    }
    match outcome {
        ComparisonOutcome::CannotBeJudged if sides.into_iter().all(|side| side.summary.all_failed()) => findings
            .push(Note::new("cannot_be_judged", "The results cannot be judged: every sample of both results failed.")),
        ComparisonOutcome::CannotBeJudged => findings.push(Note::new(
            "cannot_be_judged",
            format!(
                "The results cannot be judged: more than {} % of the rows of one result could not be read.",
                sides.into_iter().find_map(|side| side.exceeded_percent(thresholds)).unwrap_or_default()
            ),
        )),
        ComparisonOutcome::NoCommonLabel => findings
            .push(Note::new("no_common_label", "The results have no labels in common, so they cannot be compared.")),
        ComparisonOutcome::Worse
        | ComparisonOutcome::Mixed
        | ComparisonOutcome::Better
        | ComparisonOutcome::Same
        | ComparisonOutcome::Unclear => {}
    }
    findings
}

/// Notes of a table that a comparison says in its own words, or that do not matter to it.
const SAID_OTHERWISE: [&str; 3] = ["rows_unread", "log_incomplete", "transactions_not_in_total"];
