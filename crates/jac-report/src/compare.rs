//! What has changed between two results, and what of it is noise.
//!
//! Three tests per line of the table, on the exact distributions: Mann–Whitney U on the response times (are they slower
//! altogether?), the share of samples above the common 95th percentile (is the tail slower?) and the share of failures,
//! the latter two as two-proportion z tests. Holm's method corrects for the number of tests. A change counts when its
//! test says so *and* it is large enough to matter; each alone is not worth a red build: many samples make any trifle
//! significant, and few make anything look large.

mod tests;
mod text;

pub use tests::TestResult;
pub use text::comparison_text;

use jac_jtl::{Entry, LogStatistics, ResponseTimes, Summary};
use serde::{Deserialize, Serialize};
use tests::{Distribution, holm, mann_whitney, proportions};

/// One of the two results.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// What to call it.
    pub name: String,
    /// Its table.
    pub summary: Summary,
    /// Its response times; without them (all there is is a `summary.json`) only failures can be tested.
    pub response_times: Option<ResponseTimes>,
}

impl Side {
    /// From a log's statistics.
    pub fn of_log(name: impl Into<String>, log: &mut LogStatistics) -> Self {
        Self { name: name.into(), summary: log.summary(), response_times: Some(log.response_times()) }
    }

    /// From a `summary.json` alone.
    pub fn of_summary(name: impl Into<String>, summary: Summary) -> Self {
        Self { name: name.into(), summary, response_times: None }
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
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { significance: 0.01, time_percent: 5.0, time_ms: 2.0, error_points: 0.1 }
    }
}

/// Two results beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Comparison {
    /// Version of this format: 1.
    pub version: u32,
    /// Name of the result that is compared with.
    pub before: String,
    /// Name of the result that is judged.
    pub after: String,
    /// The totals.
    pub total: LineComparison,
    /// Labels that both have, in the order of `after`.
    pub labels: Vec<LineComparison>,
    /// Labels that only `before` has.
    pub missing: Vec<String>,
    /// Labels that only `after` has.
    pub new: Vec<String>,
    /// Is any line worse?
    pub worse: bool,
    /// How many tests were made, which the corrected probabilities take into account.
    pub tests: usize,
    /// What has to be known about the tests, sentences.
    pub notes: Vec<String>,
}

/// One line of the two tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LineComparison {
    /// The label; `Total` for the totals.
    pub label: String,
    /// What it comes to.
    pub change: Change,
    /// Why, a sentence.
    pub sentence: String,
    /// The line in `before`.
    pub before: Entry,
    /// The line in `after`.
    pub after: Entry,
    /// Are the response times slower altogether? `share` is the probability that one of `after` is slower than one of
    /// `before`, equal ones counted half.
    pub response_times: Option<TestResult>,
    /// Is the tail slower? `share` is the share of `after` above the common 95th percentile.
    pub tail: Option<TestResult>,
    /// Are there more failures? `share` is their share in `after`.
    pub errors: Option<TestResult>,
}

/// What a comparison of one line comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Change {
    /// Slower or with more failures, beyond noise and enough to matter.
    Worse,
    /// Faster or with fewer failures, and nothing worse.
    Better,
    /// No change beyond noise that matters.
    Same,
    /// There are too few samples, or no distribution, to say.
    Unclear,
}

/// Compares two results.
pub fn compare(before: &Side, after: &Side, thresholds: Thresholds) -> Comparison {
    let of = |side: &Side, label: &str| -> Option<Distribution> {
        let times = side.response_times.as_ref()?;
        times.labels.iter().find(|(name, _)| name == label).map(|(_, counts)| Distribution::new(counts))
    };
    let totals = |side: &Side| side.response_times.as_ref().map(|times| Distribution::new(&times.total));
    let mut lines =
        vec![line(&before.summary.total, &after.summary.total, totals(before).as_ref(), totals(after).as_ref())];
    let (mut missing, mut new) = (Vec::new(), Vec::new());
    for entry in &after.summary.labels {
        match find(&before.summary, &entry.label) {
            Some(earlier) => {
                let (a, b) = (of(before, &entry.label), of(after, &entry.label));
                lines.push(line(earlier, entry, a.as_ref(), b.as_ref()));
            }
            None => new.push(entry.label.clone()),
        }
    }
    for entry in &before.summary.labels {
        if find(&after.summary, &entry.label).is_none() {
            missing.push(entry.label.clone());
        }
    }
    let mut tests: Vec<&mut TestResult> = lines.iter_mut().flat_map(LineComparison::tests_mut).collect();
    let count = tests.len();
    holm(&mut tests);
    for line in &mut lines {
        line.judge(thresholds);
    }
    let mut lines = lines.into_iter();
    let total = lines.next().unwrap_or_else(|| line(&before.summary.total, &after.summary.total, None, None));
    let labels: Vec<LineComparison> = lines.collect();
    let worse = labels.iter().chain([&total]).any(|line| line.change == Change::Worse);
    Comparison {
        version: 1,
        before: before.name.clone(),
        after: after.name.clone(),
        worse,
        total,
        labels,
        missing,
        new,
        tests: count,
        notes: notes(before, after, thresholds, count),
    }
}

fn find<'a>(summary: &'a Summary, label: &str) -> Option<&'a Entry> {
    summary.labels.iter().find(|entry| entry.label == label)
}

fn line(before: &Entry, after: &Entry, a: Option<&Distribution>, b: Option<&Distribution>) -> LineComparison {
    let times = a.zip(b);
    LineComparison {
        label: after.label.clone(),
        change: Change::Unclear,
        sentence: String::new(),
        response_times: times.and_then(|(a, b)| mann_whitney(a, b)),
        tail: times.and_then(|(a, b)| {
            let limit = a.common_percentile(b, 0.95);
            proportions((a.above(limit), a.total()), (b.above(limit), b.total()))
        }),
        errors: proportions((before.errors, before.samples), (after.errors, after.samples)),
        before: before.clone(),
        after: after.clone(),
    }
}

impl LineComparison {
    fn tests_mut(&mut self) -> impl Iterator<Item = &mut TestResult> {
        [&mut self.response_times, &mut self.tail, &mut self.errors].into_iter().flatten()
    }

    fn judge(&mut self, thresholds: Thresholds) {
        let sure = |test: &Option<TestResult>| test.filter(|test| test.corrected_p < thresholds.significance);
        let (mut worse, mut better) = (Vec::new(), Vec::new());
        let mut note = |rise: Option<String>, slower: bool| {
            if let Some(rise) = rise {
                if slower { worse.push(rise) } else { better.push(rise) }
            }
        };
        if let Some(test) = sure(&self.response_times) {
            let slower = test.share > 0.5;
            let moved = [
                ("mean", self.before.mean_ms, self.after.mean_ms),
                ("median", self.before.median_ms, self.after.median_ms),
            ];
            note(moved.into_iter().find_map(|(name, a, b)| moved_time(name, a, b, slower, thresholds)), slower);
        }
        if let Some(test) = sure(&self.tail) {
            let slower = test.share > test.share_before;
            note(moved_time("p95", self.before.p95_ms, self.after.p95_ms, slower, thresholds), slower);
        }
        if let Some(test) = sure(&self.errors) {
            let points = (test.share - test.share_before) * 100.0;
            if points.abs() >= thresholds.error_points {
                let text = format!("errors {:.2} % -> {:.2} %", test.share_before * 100.0, test.share * 100.0);
                note(Some(text), points > 0.0);
            }
        }
        (self.change, self.sentence) = if !worse.is_empty() {
            (Change::Worse, worse.join(", "))
        } else if !better.is_empty() {
            (Change::Better, better.join(", "))
        } else if self.response_times.is_some() {
            (Change::Same, "no change beyond noise that matters".to_owned())
        } else {
            (Change::Unclear, "too few samples, or no distribution, to tell the response times apart".to_owned())
        };
    }
}

/// The change of a time in the direction that its test found, if it is large enough to matter.
fn moved_time(name: &str, a: Option<f64>, b: Option<f64>, slower: bool, thresholds: Thresholds) -> Option<String> {
    let (a, b) = (a?, b?);
    let (by, percent) = (b - a, percent(a, b)?);
    let matters = by.abs() >= thresholds.time_ms && percent.abs() >= thresholds.time_percent && (by > 0.0) == slower;
    matters.then(|| format!("{name} {a:.0} -> {b:.0} ms ({percent:+.1} %)"))
}

/// Change in percent of what was before; `None` from nothing.
fn percent(before: f64, after: f64) -> Option<f64> {
    (before != 0.0).then(|| (after - before) * 100.0 / before)
}

fn notes(before: &Side, after: &Side, thresholds: Thresholds, tests: usize) -> Vec<String> {
    let mut notes = vec![
        format!(
            "A change counts when its test has a probability of noise below {} (Mann-Whitney U for response times, two-proportion \
             z for the share above the common 95th percentile and for failures; {tests} tests, corrected by Holm's method) and it is at \
             least {} % and {} ms, or {} percentage points of failures.",
            thresholds.significance, thresholds.time_percent, thresholds.time_ms, thresholds.error_points
        ),
        "The tests take samples as independent. Samples of one run follow one another and share what happens to the system, so two \
         runs of an unchanged system may differ more than the tests expect: repeat a run before believing a small change."
            .to_owned(),
        "Rates are shown and not judged: they are what the plan asks for as much as what the system gives.".to_owned(),
    ];
    for side in [before, after].into_iter().filter(|side| side.response_times.is_none()) {
        notes.push(format!("{} is a table without distributions, so response times cannot be tested.", side.name));
    }
    for side in [before, after] {
        if let Some(partial) = &side.summary.partial {
            notes.push(format!("{} is not a whole run: {}", side.name, partial.cause));
        }
    }
    notes
}

#[cfg(test)]
mod compared {
    use super::{Change, Side, Thresholds, compare};
    use jac_jtl::{LogStatistics, Settings};

    /// 2,000 samples whose times lie around a middle, in an order that depends on the seed.
    fn side(name: &str, seed: u64, middle: u64, tail: u64, failures: u64) -> Side {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success\n");
        let mut state = seed;
        for n in 0..2_000u64 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let random = (state >> 33) % 100;
            let elapsed = if random >= 90 { tail } else { middle } + (state >> 40) % 50;
            log.feed(format!("{},{elapsed},Home,{}\n", n * 10, n % 1_000 >= failures).as_bytes());
        }
        log.finish();
        Side::of_log(name, &mut log)
    }

    fn change(a: &Side, b: &Side) -> Change {
        let comparison = compare(a, b, Thresholds::default());
        assert_eq!(comparison.worse, comparison.labels[0].change == Change::Worse);
        comparison.labels[0].change
    }

    #[test]
    fn what_is_slower_or_fails_more_is_worse_and_the_reverse_better() {
        let base = side("a", 1, 200, 600, 5);
        for (worse, why) in [
            (side("b", 2, 260, 660, 5), "mean "),
            (side("b", 3, 200, 900, 5), "p95 "),
            (side("b", 4, 200, 600, 50), "errors "),
        ] {
            assert_eq!(change(&base, &worse), Change::Worse, "{why}");
            assert_eq!(change(&worse, &base), Change::Better, "{why}");
            assert!(compare(&base, &worse, Thresholds::default()).total.sentence.contains(why));
        }
    }

    #[test]
    fn noise_and_trifles_are_the_same() {
        let base = side("a", 1, 200, 600, 5);
        assert_eq!(change(&base, &side("b", 99, 200, 600, 6)), Change::Same);
        assert_eq!(change(&base, &side("b", 98, 203, 603, 5)), Change::Same);
    }

    #[test]
    fn unchanged_systems_are_hardly_ever_called_worse() {
        let wrong = (0..100).filter(|n| {
            let (a, b) = (side("a", 1_000 + n, 200, 600, 20), side("b", 5_000 + n, 200, 600, 20));
            change(&a, &b) != Change::Same
        });
        assert!(wrong.count() <= 1);
    }

    #[test]
    fn without_distributions_or_samples_it_is_unclear() {
        let base = side("a", 1, 200, 600, 0);
        let table = Side::of_summary("summary.json", side("b", 2, 900, 1_600, 0).summary);
        assert_eq!(change(&base, &table), Change::Unclear);
        let comparison = compare(&base, &table, Thresholds::default());
        assert!(comparison.notes.iter().any(|note| note.starts_with("summary.json is a table")));
    }
}
