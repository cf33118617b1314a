//! The table for a terminal: readable without colour, numbers right-aligned.

use crate::shown::{Labels, visible, width};
use jac_jtl::{Entry, EntryKind, Summary, TotalBasis};

/// The columns of the numbers.
pub(crate) const ALL_BUT_FIRST: [usize; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

/// One column: its heading and how it shows an entry.
type Column = (&'static str, fn(&Entry) -> String);

const COLUMNS: [Column; 12] = [
    ("Samples", |entry| whole(entry.samples)),
    ("Errors", |entry| whole(entry.errors)),
    ("Error %", |entry| decimals(entry.error_percent, 2)),
    ("Mean ms", |entry| time(entry.mean_ms)),
    ("Median", |entry| time(entry.median_ms)),
    ("p90", |entry| time(entry.p90_ms)),
    ("p95", |entry| time(entry.p95_ms)),
    ("p99", |entry| time(entry.p99_ms)),
    ("Max ms", |entry| time(entry.max_ms.map(|value| value as f64))),
    ("Rate /s", |entry| decimals(entry.throughput_per_s, 1)),
    ("KB/s in", |entry| decimals(entry.received_kb_per_s, 1)),
    ("Apdex", |entry| decimals(entry.apdex, 2)),
];

/// The table: a line per label in order of first appearance, a rule, the total. Times are in milliseconds; a missing
/// number is a hyphen. If there are transactions, a column shows each line's kind, and a line explains why labels add
/// up to more than the total.
pub fn table_text(summary: &Summary, labels: Labels) -> String {
    let has_transactions = summary.labels.iter().any(|entry| entry.kind != EntryKind::Request);
    let mut rows: Vec<Vec<String>> = vec![heading()];
    let names = labels.of(summary.labels.iter().map(|entry| entry.label.as_str()));
    rows.extend(names.iter().zip(&summary.labels).map(|(name, entry)| row(name, entry)));
    rows.push(row(total_name(summary), &summary.total));
    if has_transactions {
        let kinds = summary.labels.iter().map(|entry| entry.kind.name());
        for (row, kind) in rows.iter_mut().zip(std::iter::once("Kind").chain(kinds).chain([""])) {
            row.insert(1, kind.to_owned());
        }
    }
    let numbers: Vec<usize> = ALL_BUT_FIRST.iter().map(|column| column + usize::from(has_transactions)).collect();
    let table = aligned(&rows, &numbers);
    let rule = "-".repeat(table.iter().map(|line| width(line)).max().unwrap_or(0));
    let last = table.len() - 1;
    let mut text = String::new();
    for (at, line) in table.iter().enumerate() {
        if at == 1 || at == last {
            text.push_str(&rule);
            text.push('\n');
        }
        text.push_str(line);
        text.push('\n');
    }
    for note in summary.notes.iter().filter(|note| IN_TABLE.contains(&note.code.as_str())) {
        text.push_str(&visible(&note.message));
        text.push('\n');
    }
    text
}

/// The notes below the table itself.
pub const IN_TABLE: [&str; 1] = ["transactions_not_in_total"];

fn total_name(summary: &Summary) -> &'static str {
    match summary.total_basis {
        TotalBasis::Samples => "Total",
        TotalBasis::Transactions => "Total of the transactions",
    }
}

fn heading() -> Vec<String> {
    std::iter::once("Label").chain(COLUMNS.iter().map(|(heading, _)| *heading)).map(str::to_owned).collect()
}

fn row(label: &str, entry: &Entry) -> Vec<String> {
    std::iter::once(label.to_owned()).chain(COLUMNS.iter().map(|(_, show)| show(entry))).collect()
}

/// Lines whose columns are as wide as their widest cell: right-aligned if `right` contains the column's number,
/// otherwise left-aligned.
pub fn aligned(rows: &[Vec<String>], right: &[usize]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell)).max();
    let widths: Vec<usize> = (0..columns).map(|column| widest(column).unwrap_or(0)).collect();
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, cells))| {
                // Not by the formatter, which counts characters and not cells.
                let blanks = " ".repeat(cells.saturating_sub(width(cell)));
                if right.contains(&column) { blanks + cell } else { cell.clone() + &blanks }
            });
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect()
}

/// A text on one line, without characters that control a terminal, and truncated if it is long.
pub fn one_line(text: &str) -> String {
    Labels::SHORT.of([text]).concat()
}

/// A whole number in groups of three.
pub(crate) fn whole(number: u64) -> String {
    let digits = number.to_string();
    let first = digits.len() % 3;
    let mut text = digits[..first].to_owned();
    for group in digits.as_bytes()[first..].chunks(3) {
        if !text.is_empty() {
            text.push(',');
        }
        text.extend(group.iter().map(|digit| char::from(*digit)));
    }
    text
}

/// Milliseconds: whole, with one decimal below ten.
pub(crate) fn time(milliseconds: Option<f64>) -> String {
    match milliseconds {
        None => "-".to_owned(),
        Some(value) if value < 9.95 && value.fract() != 0.0 => format!("{value:.1}"),
        Some(value) => whole(value.round() as u64),
    }
}

pub(crate) fn decimals(number: Option<f64>, places: usize) -> String {
    let Some(number) = number else {
        return "-".to_owned();
    };
    let text = format!("{number:.places$}");
    match text.split_once('.') {
        Some((integer, fraction)) => match integer.parse::<u64>() {
            Ok(integer) => format!("{}.{fraction}", whole(integer)),
            Err(_) => text,
        },
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::{decimals, table_text, time, whole};
    use crate::Labels;
    use jac_jtl::{LogStatistics, Settings};

    #[test]
    fn the_table_is_aligned_and_the_total_last() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(
            b"timeStamp,elapsed,label,success,bytes\n0,120,Home,true,1024\n1000,12345,\"a\n\xE6\x97\xA5\",false,0\n",
        );
        log.finish();
        let expected = "\
Label  Samples  Errors  Error %  Mean ms  Median     p90     p95     p99  Max ms  Rate /s  KB/s in  Apdex
---------------------------------------------------------------------------------------------------------
Home         1       0     0.00      120     120     120     120     120     120      8.3      8.3   1.00
a\\n日        1       1   100.00   12,345  12,345  12,345  12,345  12,345  12,345      0.1      0.0   0.00
---------------------------------------------------------------------------------------------------------
Total        2       1    50.00    6,233   6,233  12,345  12,345  12,345  12,345      0.1      0.1   0.50
";
        assert_eq!(table_text(&log.summary(), Labels::SHORT), expected);
    }

    #[test]
    fn a_table_of_nothing_has_hyphens() {
        let mut log = LogStatistics::new(Settings::default());
        log.finish();
        let text = table_text(&log.summary(), Labels::SHORT);
        assert!(text.lines().last().is_some_and(|line| line.starts_with("Total") && line.ends_with("-")), "{text}");
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!(whole(0), "0");
        assert_eq!(whole(1_234_567), "1,234,567");
        assert_eq!(time(Some(3.25)), "3.2");
        assert_eq!(time(Some(1234.4)), "1,234");
        assert_eq!(decimals(Some(12_345.678), 1), "12,345.7");
    }

    #[test]
    fn transactions_are_marked_and_said_to_be_outside_of_the_total() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,responseMessage\n0,120,Home,OK\n0,300,Whole,Number of samples in transaction : 1\n");
        log.finish();
        let text = table_text(&log.summary(), Labels::SHORT);
        let line = |label: &str| text.lines().find(|line| line.starts_with(label)).unwrap_or_default().to_owned();
        assert!(line("Home").contains(" request ") && line("Whole").contains(" transaction "), "{text}");
        assert!(line("Transactions are listed").contains("1 request counted, 1 transaction"), "{text}");
    }
}
