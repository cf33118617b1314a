//! The sentences of a comparison: the changes of a line, the method, and the remarks on the verdict.
//!
//! Nothing is decided here. The table for the terminal is in `compare/text.rs`.

use super::comparison::{ChangedMetric, ComparisonOutcome, NumberChange};
use super::line::percent;
use super::side::{Side, Thresholds};
use crate::figures;
use jac_jtl::{Note, TotalBasis};

/// The worse, or the better, values as a sentence.
pub(super) fn sentence(changed: &[NumberChange], worse: bool, some_failed: bool) -> String {
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

pub(super) fn notes(before: &Side, after: &Side, thresholds: Thresholds, tests: usize, some_failed: bool) -> Vec<Note> {
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

/// Remarks on the verdict: first those about the load.
pub(super) fn findings(sides: [&Side; 2], outcome: &ComparisonOutcome, thresholds: Thresholds) -> Vec<Note> {
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

/// Notes of a table that a comparison expresses differently, or that are irrelevant for it.
const SAID_OTHERWISE: [&str; 3] = ["rows_unread", "log_incomplete", "transactions_not_in_total"];
