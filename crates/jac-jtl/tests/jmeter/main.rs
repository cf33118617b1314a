//! The table's numbers are JMeter's own: the dashboard generator of a real JMeter reads the same logs, with its sliding
//! window switched off, and its `statistics.json` is compared field by field.
//!
//! Needs `JMETER_HOME` and `java`; `scripts/test` provides both. Without them the tests fail and are not skipped.

mod dashboard;
mod formats;
mod generated;

use dashboard::{Dashboard, compare, statistics_json};
use generated::{Columns, LogWriter, Row};
use jac_jtl::{LogStatistics, Settings, Summary, TotalBasis};

fn summary(log: &[u8]) -> Summary {
    let mut statistics = LogStatistics::new(Settings::default());
    for piece in log.chunks(64 << 10) {
        statistics.feed(piece);
    }
    statistics.finish();
    assert_eq!(statistics.rejected(), []);
    statistics.summary()
}

/// Requests, failures and transactions containing them, with labels that need quotes.
fn mixed(rows: u64, columns: Columns) -> Vec<u8> {
    let labels = ["Home", "Search, by name", "Say \"hello\"", "two\nlines", "Größe ✓", "trailing ", "a;b\tc", "rare"];
    let mut log = LogWriter::new(columns);
    let mut random = generated::Random::new(7);
    let mut time = 1_700_000_000_000;
    for n in 0..rows {
        time += random.below(9);
        let label = labels[if n % 1_009 == 0 { 7 } else { random.below(7) as usize }];
        let row = Row::request(time, random.log_normal(180.0, 0.9), label)
            .with_bytes(random.below(40_000), random.below(900));
        let row = if random.below(50) == 0 {
            row.failed("500", "Test failed: text expected to contain /\"ok\", twice/")
        } else {
            row
        };
        log.write(&row);
        if n % 5 == 4 {
            let name = ["Buy", "Browse"][random.below(2) as usize];
            log.write(&Row::transaction(time - 300, 300 + random.below(900), name, 5, random.below(20) == 0));
        }
    }
    log.bytes()
}

#[test]
fn requests_failures_and_transactions_match() {
    let log = mixed(20_000, Columns::Default);
    let ours = summary(&log);
    let theirs = statistics_json(&log);
    assert_eq!(ours.total_basis, TotalBasis::Samples);
    compare(&ours, &theirs, Dashboard::WithTotal);
}

#[test]
fn a_million_rows_match() {
    let log = mixed(1_000_000, Columns::Default);
    compare(&summary(&log), &statistics_json(&log), Dashboard::WithTotal);
}

#[test]
fn sample_counts_and_host_names_change_nothing() {
    let log = mixed(3_000, Columns::WithSampleCount);
    compare(&summary(&log), &statistics_json(&log), Dashboard::WithTotal);
}

#[test]
fn a_log_without_sent_bytes_and_connect_times_matches() {
    let log = mixed(3_000, Columns::Few);
    compare(&summary(&log), &statistics_json(&log), Dashboard::WithTotal);
}

#[test]
fn a_log_of_generated_parents_has_its_total_over_the_transactions() {
    let mut log = LogWriter::new(Columns::Default);
    let mut random = generated::Random::new(11);
    for n in 0..2_000 {
        log.write(&Row::transaction(
            1_700_000_000_000 + n * 20,
            random.log_normal(400.0, 0.5),
            "Checkout",
            3,
            n % 40 == 0,
        ));
        log.write(&Row::transaction(1_700_000_000_005 + n * 20, random.log_normal(90.0, 0.5), "Look around", 2, false));
    }
    let log = log.bytes();
    let ours = summary(&log);
    compare(&ours, &statistics_json(&log), Dashboard::TotalLeftEmpty);
    assert_eq!(ours.total_basis, TotalBasis::Transactions);
    assert_eq!(ours.total.samples, 4_000);
    assert_eq!(ours.total.errors, 50);
}

#[test]
fn a_label_called_total_is_a_label() {
    let mut log = LogWriter::new(Columns::Default);
    for n in 0..100 {
        log.write(&Row::request(1_700_000_000_000 + n * 10, 50 + n, "Total"));
        log.write(&Row::request(1_700_000_000_000 + n * 10, 150 + n, "Home"));
    }
    let log = log.bytes();
    let ours = summary(&log);
    compare(&ours, &statistics_json(&log), Dashboard::TotalOverwritten);
    assert_eq!(ours.total.samples, 200);
    assert_eq!((ours.labels[0].label.as_str(), ours.labels[0].samples), ("Total", 100));
}

#[test]
fn few_samples_and_empty_transactions_match() {
    let mut log = LogWriter::new(Columns::Default);
    log.write(&Row::request(1_700_000_000_000, 0, "no time at all"));
    log.write(&Row::transaction(1_700_000_000_100, 0, "empty transaction", 0, false));
    log.write(&Row::request(1_700_000_000_200, 70_000, "once"));
    for elapsed in [3, 1] {
        log.write(&Row::request(1_700_000_000_300, elapsed, "twice"));
    }
    log.write(&Row::request(1_700_000_000_300, 44, "both kinds"));
    log.write(&Row::transaction(1_700_000_000_300, 440, "both kinds", 1, false));
    let log = log.bytes();
    let ours = summary(&log);
    compare(&ours, &statistics_json(&log), Dashboard::WithTotal);
    let empty = &ours.labels[1];
    assert_eq!((empty.label.as_str(), empty.samples, empty.min_ms, empty.apdex), ("empty transaction", 0, None, None));
}
