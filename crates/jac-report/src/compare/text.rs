//! A comparison for the terminal.

use super::{Change, Comparison, LineComparison, percent};
use crate::text::{ALL_BUT_FIRST, aligned, decimals, one_line, time};

/// The table: a line per label that both have and the totals, worse lines marked, then what only one side has and the
/// notes.
pub fn comparison_text(comparison: &Comparison) -> String {
    let mut rows: Vec<Vec<String>> =
        vec![["Label", "Rate /s", "Mean ms", "Median", "p95", "p99", "Error %", ""].map(str::to_owned).to_vec()];
    rows.extend(comparison.labels.iter().chain([&comparison.total]).map(row));
    let table = aligned(&rows, &ALL_BUT_FIRST);
    let width = table.iter().map(|line| line.chars().count()).max().unwrap_or(0);
    let mut text = format!("{} -> {}\n\n", comparison.before, comparison.after);
    for (at, line) in table.iter().enumerate() {
        if at == 1 || at + 1 == table.len() {
            text.push_str(&"-".repeat(width));
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    let judged: Vec<&LineComparison> = comparison
        .labels
        .iter()
        .chain([&comparison.total])
        .filter(|line| matches!(line.change, Change::Worse | Change::Better))
        .collect();
    if !judged.is_empty() {
        text.push('\n');
    }
    for line in judged {
        text.push_str(&format!("{} {}: {}\n", word(line.change), one_line(&line.label), line.sentence));
    }
    for (labels, what) in [(&comparison.missing, "no longer there"), (&comparison.new, "new")] {
        if !labels.is_empty() {
            let labels: Vec<String> = labels.iter().map(|label| one_line(label)).collect();
            text.push_str(&format!("{what}: {}\n", labels.join(", ")));
        }
    }
    text.push('\n');
    for note in &comparison.notes {
        text.push_str(&format!("note: {note}\n"));
    }
    text
}

fn row(line: &LineComparison) -> Vec<String> {
    let (a, b) = (&line.before, &line.after);
    let moved = |a: Option<f64>, b: Option<f64>, show: fn(Option<f64>) -> String| match a
        .zip(b)
        .and_then(|(a, b)| percent(a, b))
    {
        Some(percent) => format!("{} {percent:+.0}%", show(b)),
        None => show(b),
    };
    vec![
        one_line(&line.label),
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
        Change::Better => "better",
        Change::Same => "same",
        Change::Unclear => "unclear",
    }
}
