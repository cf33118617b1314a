//! A comparison for the terminal.

use super::line::percent;
use super::{Change, Comparison, LineComparison};
use crate::shown::{Labels, visible, width};
use crate::text::{ALL_BUT_FIRST, aligned, decimals, time};
use jac_jtl::EntryKind;

/// The table: a line per label that both have and the totals, worse lines marked, then what only one side has and the
/// notes.
pub fn comparison_text(comparison: &Comparison, labels: Labels) -> String {
    let mut rows: Vec<Vec<String>> =
        vec![["Label", "Rate /s", "Mean ms", "Median", "p95", "p99", "Error %", ""].map(str::to_owned).to_vec()];
    let lines: Vec<&LineComparison> = comparison.labels.iter().chain([&comparison.total]).collect();
    let mut names = labels.of(lines.iter().map(|line| line.label.as_str()));
    for (name, line) in names.iter_mut().zip(&comparison.labels) {
        if line.after.kind == EntryKind::Transaction {
            name.push_str(" (transaction)");
        }
    }
    rows.extend(names.iter().zip(&lines).map(|(name, line)| row(name, line)));
    let table = aligned(&rows, &ALL_BUT_FIRST);
    let rule = "-".repeat(table.iter().map(|line| width(line)).max().unwrap_or(0));
    let mut text = format!("{} -> {}\n\n", visible(&comparison.before), visible(&comparison.after));
    // Findings that affect the figures come before them.
    for finding in &comparison.findings {
        text.push_str(&format!("{}\n", visible(&finding.message)));
    }
    if !comparison.findings.is_empty() {
        text.push('\n');
    }
    for (at, line) in table.iter().enumerate() {
        if at == 1 || at + 1 == table.len() {
            text.push_str(&rule);
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    let judged = || {
        let changed = |change| matches!(change, Change::Worse | Change::Mixed | Change::Better);
        names.iter().zip(&lines).filter(move |(_, line)| changed(line.change))
    };
    if judged().next().is_some() {
        text.push('\n');
    }
    for (name, line) in judged() {
        text.push_str(&format!("{} {name}: {}\n", word(line.change), line.sentence));
    }
    for (only, what) in [(&comparison.missing, "no longer there"), (&comparison.new, "new")] {
        if !only.is_empty() {
            text.push_str(&format!("{what}: {}\n", labels.of(only.iter().map(String::as_str)).join(", ")));
        }
    }
    text.push('\n');
    for note in &comparison.notes {
        text.push_str(&format!("note: {}\n", visible(&note.message)));
    }
    text
}

fn row(name: &str, line: &LineComparison) -> Vec<String> {
    let (a, b) = (&line.before, &line.after);
    let moved = |a: Option<f64>, b: Option<f64>, show: fn(Option<f64>) -> String| match a
        .zip(b)
        .and_then(|(a, b)| percent(a, b))
    {
        Some(percent) => format!("{} {percent:+.0}%", show(b)),
        None => show(b),
    };
    vec![
        name.to_owned(),
        moved(a.throughput_per_s, b.throughput_per_s, |value| decimals(value, 1)),
        moved(a.mean_ms, b.mean_ms, time),
        moved(a.median_ms, b.median_ms, time),
        moved(a.p95_ms, b.p95_ms, time),
        moved(a.p99_ms, b.p99_ms, time),
        format!("{} -> {}", decimals(a.error_percent, 2), decimals(b.error_percent, 2)),
        word(line.change).to_owned(),
    ]
}

fn word(change: Change) -> &'static str {
    match change {
        Change::Worse => "WORSE",
        Change::Mixed => "MIXED",
        Change::Better => "better",
        Change::Same => "same",
        Change::Unclear => "unclear",
    }
}
