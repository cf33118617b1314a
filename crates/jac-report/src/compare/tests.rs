use super::{Change, CoarseTimes, ComparisonOutcome, Side, Thresholds, compare, compare_lines};
use jac_jtl::{LogStatistics, Settings};

/// 2,000 samples whose times vary around a middle, in an order that depends on the seed.
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

/// A log whose times are given by the number of the sample.
fn of_times(name: &str, label: &str, every_ms: u64, elapsed: impl Fn(u64) -> u64) -> Side {
    let mut log = LogStatistics::new(Settings::default());
    log.feed(b"timeStamp,elapsed,label,success\n");
    for n in 0..2_000 {
        log.feed(format!("{},{},{label},true\n", n * every_ms, elapsed(n)).as_bytes());
    }
    log.finish();
    Side::of_log(name, &mut log)
}

fn codes(comparison: &super::Comparison) -> Vec<&str> {
    // These logs have few columns.
    let codes = comparison.findings.iter().map(|note| note.code.as_str());
    codes.filter(|code| *code != "transactions_unknown").collect()
}

#[test]
fn a_median_and_a_tail_that_go_apart_are_mixed_and_both_said() {
    let slow = |n: u64| n.is_multiple_of(8);
    let a = of_times("a", "Home", 10, |n| if slow(n) { 3_000 + n % 50 } else { 100 + n % 20 });
    let b = of_times("b", "Home", 10, |n| if slow(n) { 600 + n % 50 } else { 130 + n % 20 });
    let comparison = compare(&a, &b, Thresholds::default());
    assert_eq!((comparison.outcome, comparison.total.change), (ComparisonOutcome::Mixed, Change::Mixed));
    let changed: Vec<_> = comparison.total.changed.iter().map(|number| (number.metric, number.worse)).collect();
    use super::ChangedMetric::{MeanMs, MedianMs, P95Ms};
    assert_eq!(changed, [(MedianMs, true), (MeanMs, false), (P95Ms, false)]);
    assert!(comparison.worse && !comparison.outcome.is_fine());
}

#[test]
fn a_rise_from_nothing_is_worse_and_its_share_is_not_said() {
    let a = of_times("a", "Home", 10, |_| 0);
    let b = of_times("b", "Home", 10, |n| 40 + n % 9);
    assert_eq!(change(&a, &b), Change::Worse);
    assert_eq!(change(&b, &a), Change::Better);
    let sentence = compare(&a, &b, Thresholds::default()).total.sentence;
    assert!(sentence.contains("mean 0 → 44 ms") && !sentence.contains("%)"), "{sentence}");
    // Below the least difference that matters.
    let little = of_times("b", "Home", 10, |n| n % 3);
    assert_ne!(change(&a, &little), Change::Worse);
}

#[test]
fn without_a_common_label_there_is_no_verdict() {
    let (a, b) = (of_times("a", "Home", 10, |n| 100 + n % 9), of_times("b", "Start", 10, |n| 900 + n % 9));
    let comparison = compare(&a, &b, Thresholds::default());
    assert_eq!(comparison.outcome, ComparisonOutcome::NoCommonLabel);
    assert_eq!((comparison.total.change, comparison.worse), (Change::Unclear, false));
    assert_eq!(codes(&comparison), ["no_common_label"]);
}

#[test]
fn another_load_is_said_first_and_unread_rows_are_said() {
    let a = of_times("a", "Home", 10, |n| 100 + n % 9);
    let mut log = LogStatistics::new(Settings::default());
    log.feed(b"timeStamp,elapsed,label,success\n");
    for n in 0..2_000 {
        log.feed(format!("{},{},Home,true\n1,2\n", n * 20, 100 + n % 9).as_bytes());
    }
    log.finish();
    let b = Side::of_log("b", &mut log);
    let comparison = compare(&a, &b, Thresholds::default());
    assert_eq!(comparison.outcome, ComparisonOutcome::CannotBeJudged);
    assert_eq!(codes(&comparison), ["load_differs", "rows_unread", "cannot_be_judged"]);
    let unread = comparison.findings.iter().find(|note| note.code == "rows_unread").expect("a note");
    assert_eq!(unread.params["rows"], 2_000_u64.into());
    let tolerant = Thresholds { max_unread_percent: 50.0, ..Thresholds::default() };
    assert_eq!(compare(&a, &b, tolerant).outcome, ComparisonOutcome::Same);
    let accepted = |most| Side { max_unread_percent: Some(most), ..b.clone() };
    assert_eq!(compare(&a, &accepted(50.0), Thresholds::default()).outcome, ComparisonOutcome::Same, "its own");
    let refused = compare(&a, &accepted(20.0), tolerant);
    let sentence = &refused.findings.last().expect("a note").message;
    assert!(sentence.contains("more than 20 %"), "{sentence}");
}

/// A log of requests, of transactions, or of both under one label each.
fn of_kinds(name: &str, requests: bool, transactions: bool, success: bool) -> Side {
    let mut log = LogStatistics::new(Settings::default());
    log.feed(b"timeStamp,elapsed,label,responseMessage,success\n");
    for n in 0..500 {
        if requests {
            log.feed(format!("{},{},Home,OK,{success}\n", n * 10, 100 + n % 20).as_bytes());
        }
        if transactions {
            let message = "\"Number of samples in transaction : 9, number of failing samples : 0\"";
            log.feed(format!("{},{},Order,{message},{success}\n", n * 10, 900 + n % 20).as_bytes());
        }
    }
    log.finish();
    Side::of_log(name, &mut log)
}

#[test]
fn totals_of_other_rows_are_not_compared() {
    let (both, transactions) = (of_kinds("a", true, true, true), of_kinds("b", false, true, true));
    let comparison = compare(&both, &transactions, Thresholds::default());
    assert_eq!((comparison.total.change, comparison.outcome), (Change::Unclear, ComparisonOutcome::Same));
    assert_eq!((comparison.total.response_times, comparison.tests), (None, 2));
    assert_eq!(codes(&comparison)[0], "total_basis_differs");
}

#[test]
fn a_result_in_which_everything_failed_is_worse_or_cannot_be_judged() {
    let (good, bad) = (of_kinds("a", true, false, true), of_kinds("b", true, false, false));
    let mut few = of_kinds("c", true, false, false);
    // As good as all failed before: no test shows a rise.
    few.summary.total.errors -= 1;
    for before in [&good, &few] {
        let comparison = compare(before, &bad, Thresholds::default());
        assert_eq!((comparison.outcome, comparison.total.change), (ComparisonOutcome::Worse, Change::Worse));
        assert!(comparison.worse && codes(&comparison).contains(&"all_failed"));
    }
    let both = compare(&bad, &bad, Thresholds::default());
    assert_eq!((both.outcome, both.total.change), (ComparisonOutcome::CannotBeJudged, Change::Unclear));
    assert!(!both.outcome.is_fine() && codes(&both).contains(&"cannot_be_judged"));
    assert_eq!(compare(&bad, &good, Thresholds::default()).outcome, ComparisonOutcome::Better);
}

/// A log of two labels: all samples of one failed or passed, in this many milliseconds; those of the other passed.
fn with_failing(name: &str, elapsed_ms: u64, success: bool) -> Side {
    let mut log = LogStatistics::new(Settings::default());
    log.feed(b"timeStamp,elapsed,label,responseMessage,success\n");
    for n in 0..500 {
        log.feed(format!("{},{},Pay,OK,{success}\n", n * 10, elapsed_ms + n % 5).as_bytes());
        log.feed(format!("{},{},Home,OK,true\n", n * 10, 200 + n % 20).as_bytes());
    }
    log.finish();
    Side::of_log(name, &mut log)
}

#[test]
fn what_failed_is_neither_faster_nor_slower() {
    // The connection is refused at once, or only after a timeout.
    let (refused, late, repaired) =
        (with_failing("a", 1, false), with_failing("b", 2_000, false), with_failing("c", 150, true));
    for (before, after, change) in [
        (&refused, &repaired, Change::Better),
        (&late, &repaired, Change::Better),
        (&repaired, &refused, Change::Worse),
        (&late, &refused, Change::Unclear),
        (&refused, &late, Change::Unclear),
    ] {
        let pay = compare(before, after, Thresholds::default()).labels.swap_remove(0);
        assert_eq!((pay.label.as_str(), pay.change), ("Pay", change), "{}", pay.sentence);
        assert_eq!((pay.response_times, pay.tail), (None, None));
    }
    // Half of all samples were fast because they failed: only the passed ones are compared.
    let total = compare(&refused, &repaired, Thresholds::default()).total;
    assert_eq!(total.change, Change::Better);
    assert!(total.sentence.contains("errors ") && !total.sentence.contains("worse"), "{}", total.sentence);
    let both = compare(&late, &refused, Thresholds::default());
    assert_eq!(both.labels[0].sentence, super::EVERY_SAMPLE_FAILED);
    // A run that failed as a whole, too.
    let (fast, good) = (of_kinds("a", true, false, false), of_times("b", "Home", 10, |n| 900 + n % 20));
    assert_eq!(compare(&fast, &good, Thresholds::default()).outcome, ComparisonOutcome::Better);
}

#[test]
fn many_labels_are_looked_up_and_not_searched_for() {
    // A search through all labels for each of them would be 4 * 10^9 comparisons of strings.
    let many = 30_000;
    let mut log = LogStatistics::new(Settings { max_labels: many, ..Settings::default() });
    log.feed(b"timeStamp,elapsed,label\n");
    for n in 0..many {
        log.feed(format!("{n},5,a label with a beginning that all have {n}\n").as_bytes());
    }
    log.finish();
    let side = Side::of_log("a", &mut log);
    let comparison = compare(&side, &side, Thresholds::default());
    assert_eq!((comparison.labels.len(), comparison.missing.len()), (many, 0));
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

/// A line's verdict on coarse steps equals the one on exact times.
#[test]
fn coarse_steps_change_no_verdict() {
    let base = side("a", 1, 200, 600, 5);
    for (number, other) in [
        side("b", 2, 260, 660, 5),
        side("b", 3, 200, 900, 5),
        side("b", 4, 200, 600, 50),
        side("b", 99, 200, 600, 6),
        side("b", 98, 203, 603, 5),
        side("b", 97, 160, 500, 5),
    ]
    .iter()
    .enumerate()
    {
        for (before, after) in [(&base, other), (other, &base)] {
            let coarse = |side: &Side| {
                let times = side.passed_times.as_ref().expect("times");
                CoarseTimes::of(times.total.iter().copied())
            };
            let (entry, later) = (&before.summary.total, &after.summary.total);
            let line = compare_lines((entry, &coarse(before)), (later, &coarse(after)), Thresholds::default());
            let exact = compare(before, after, Thresholds::default()).total;
            // If some failed, the sentence contains the means of the steps.
            assert_eq!(line.change, exact.change, "{number}: {} and {}", line.sentence, exact.sentence);
        }
    }
}

#[test]
fn without_distributions_or_samples_it_is_unclear() {
    let base = side("a", 1, 200, 600, 0);
    let table = Side::of_summary("summary.json", side("b", 2, 900, 1_600, 0).summary);
    assert_eq!(change(&base, &table), Change::Unclear);
    let comparison = compare(&base, &table, Thresholds::default());
    assert!(comparison.notes.iter().any(|note| note.code == "no_distribution"));
}

#[test]
fn coarse_steps_make_no_change_where_only_one_side_has_failures() {
    // +2.5 %: below the 5 % from which on a change counts.
    let failed_once = |n: u64| (n == 7).then_some(1_052);
    let (base, later) = (of_failures("a", 1_050, failed_once), of_failures("b", 1_076, |_| None));
    let coarse = |side: &Side| {
        let times = side.passed_times.as_ref().expect("times");
        CoarseTimes::of(times.total.iter().copied())
    };
    for (before, after) in [(&base, &later), (&later, &base)] {
        let (a, b) = (&before.summary.total, &after.summary.total);
        let line = compare_lines((a, &coarse(before)), (b, &coarse(after)), Thresholds::default());
        assert_eq!(line.change, Change::Same, "{}", line.sentence);
        let (before, after) = (line.passed_before.expect("of both"), line.passed_after.expect("of both"));
        assert!(((after.mean_ms - before.mean_ms) / before.mean_ms).abs() < 0.05, "{before:?} {after:?}");
    }
}

#[test]
fn passed_samples_are_never_compared_with_all() {
    let failed = |n: u64| n.is_multiple_of(4).then_some(1);
    let (log, table) = (of_failures("a", 200, failed), of_failures("b", 200, failed));
    let table = Side::of_summary("summary.json", table.summary);
    let comparison = compare(&log, &table, Thresholds::default());
    assert_eq!((comparison.total.passed_before, comparison.total.passed_after), (None, None));
    assert!(comparison.notes.iter().all(|note| note.code != "passed_times_compared"));
}

/// 2,000 samples: those that `failed` says are failures that take so long, the others take `passed` milliseconds and up to 50 more.
fn of_failures(name: &str, passed: u64, failed: impl Fn(u64) -> Option<u64>) -> Side {
    let mut log = LogStatistics::new(Settings::default());
    log.feed(b"timeStamp,elapsed,label,success\n");
    for n in 0..2_000 {
        let failure = failed(n);
        let elapsed = failure.unwrap_or(passed + n * 7_919 % 50);
        log.feed(format!("{},{elapsed},Home,{}\n", n * 10, failure.is_none()).as_bytes());
    }
    log.finish();
    Side::of_log(name, &mut log)
}

#[test]
fn failures_have_no_say_in_response_times_however_long_they_take() {
    let refused_at_once = |n: u64| n.is_multiple_of(10).then_some(1);
    let timed_out = |n: u64| n.is_multiple_of(10).then_some(30_000);
    let never = |_| None;
    // The repaired samples take as long as before: the mean did not rise from 180 to 200 ms.
    let repaired =
        compare(&of_failures("a", 200, refused_at_once), &of_failures("b", 200, never), Thresholds::default());
    assert_eq!((repaired.outcome, repaired.worse), (ComparisonOutcome::Better, false), "{}", repaired.total.sentence);
    // Samples that begin to fail are not faster or slower, only failed.
    for failures in [&refused_at_once as &dyn Fn(u64) -> Option<u64>, &timed_out] {
        let broken = compare(&of_failures("a", 200, never), &of_failures("b", 200, failures), Thresholds::default());
        let metrics: Vec<_> = broken.total.changed.iter().map(|number| number.metric).collect();
        assert_eq!((broken.outcome, metrics), (ComparisonOutcome::Worse, vec![super::ChangedMetric::ErrorPercent]));
    }
    // The same number fail, only later: this is not a slower response.
    let (at_once, later) = (of_failures("a", 200, refused_at_once), of_failures("b", 200, timed_out));
    assert_eq!(compare(&at_once, &later, Thresholds::default()).outcome, ComparisonOutcome::Same);
}

#[test]
fn what_is_compared_is_told_beside_the_figures_of_all_samples() {
    let failed = |n: u64| n.is_multiple_of(4).then_some(1);
    let (a, b) = (of_failures("a", 200, failed), of_failures("b", 300, failed));
    let comparison = compare(&a, &b, Thresholds::default());
    let line = &comparison.labels[0];
    assert_eq!(line.change, Change::Worse);
    let (before, after) = (line.passed_before.expect("some failed"), line.passed_after.expect("some failed"));
    let is_about = |ms: f64, about: f64| (ms - about).abs() < 5.0;
    assert!(is_about(before.mean_ms, 224.5) && is_about(after.mean_ms, 324.5), "{before:?} {after:?}");
    // A quarter of the table's own figures is a millisecond.
    assert!(line.before.mean_ms.is_some_and(|ms| is_about(ms, 168.6)), "{:?}", line.before.mean_ms);
    let mean = line.changed.iter().find(|number| number.metric == super::ChangedMetric::MeanMs).expect("the mean");
    assert_eq!((mean.before, mean.after), (before.mean_ms, after.mean_ms));
    assert!(line.sentence.contains("mean of passed samples"), "{}", line.sentence);
    let codes = |comparison: &super::Comparison| -> Vec<String> {
        comparison.notes.iter().map(|note| note.code.clone()).collect()
    };
    assert!(codes(&comparison).contains(&"passed_times_compared".to_owned()));
    // If nothing failed, they are the table's.
    let (a, b) = (of_failures("a", 200, |_| None), of_failures("b", 300, |_| None));
    let comparison = compare(&a, &b, Thresholds::default());
    let line = &comparison.labels[0];
    assert_eq!((line.passed_before, line.passed_after), (None, None));
    assert_eq!(line.changed.first().map(|number| Some(number.before)), Some(line.before.mean_ms));
    assert!(!codes(&comparison).contains(&"passed_times_compared".to_owned()));
}
