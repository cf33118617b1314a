//! Runs with direct results: each worker runs the plan independently, with the real JMeter.

use crate::place::{Place, Running, kill};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeMap;

/// How many samples each label has.
fn counts(place: &Place) -> BTreeMap<String, u64> {
    let summary = place.summary();
    let labels = summary["labels"].as_array().expect("labels");
    let count = |label: &Value| Some((label["label"].as_str()?.to_owned(), label["samples"].as_u64()?));
    labels.iter().filter_map(count).collect()
}

/// How many rows each source has.
fn rows_by_source(place: &Place) -> BTreeMap<String, usize> {
    let mut rows = BTreeMap::new();
    for row in place.log().lines().skip(1) {
        let source = row.split(',').nth(5).and_then(|thread| thread.split('-').next()).expect("a source");
        *rows.entry(source.to_owned()).or_default() += 1;
    }
    rows
}

/// What JMeter's own summariser counted on a worker.
fn counted_by_jmeter(place: &Place, node: &str) -> usize {
    let log = std::fs::read_to_string(place.out().join("nodes").join(node).join("jmeter.log")).expect("its log");
    let last = log.lines().rev().find(|line| line.contains("summary =")).expect("its summary");
    last.split("summary =")
        .nth(1)
        .and_then(|rest| rest.split_whitespace().next())
        .and_then(|count| count.parse().ok())
        .expect("a count")
}

#[test]
fn the_counts_are_those_of_rmi_and_each_workers_rows_are_what_its_jmeter_counted() {
    let mut of_modes = Vec::new();
    for mode in ["rmi", "direct"] {
        let place = Place::new();
        let arguments = ["--workers", "2", "--results", mode, "--share", "threads=3", "-Jloops=30"];
        let done = place.finish(place.run("counted.jmx", &arguments)).expect(0);
        assert!(done.stderr.contains("threads=3 is divided among the workers: 2, 1."), "{}", done.stderr);
        assert!(done.stderr.contains("3 threads"), "{}", done.stderr);
        if mode == "direct" {
            let rows = rows_by_source(&place);
            let counted = ["worker-1", "worker-2"].map(|node| counted_by_jmeter(&place, node));
            assert_eq!((counted, rows.len()), ([60, 30], 2), "{rows:?}");
            let mut sorted: Vec<usize> = rows.into_values().collect();
            sorted.sort_unstable();
            assert_eq!(sorted, [30, 60]);
            assert!(!place.out().join("nodes/master").exists(), "no master has run");
        }
        of_modes.push(counts(&place));
        place.assert_nothing_left();
    }
    let expected = [("Node 1 of 2", 60), ("Node 2 of 2", 30)].map(|(label, count)| (label.to_owned(), count));
    assert_eq!(of_modes, [BTreeMap::from(expected.clone()), BTreeMap::from(expected)]);
}

#[test]
fn ctrl_c_stops_all_workers_gracefully() {
    let place = Place::new();
    let run = Running::start(place.run("steady.jmx", &["--workers", "2", "--results", "direct", "-Jduration=300"]));
    place.wait_until("samples", || place.rows_so_far() > 20);
    run.signal(Signal::SIGINT);
    let done = run.wait().expect(130);
    let summary = place.summary();
    let failed: Vec<String> = place.log().lines().filter(|row| row.contains(",false,")).map(str::to_owned).collect();
    assert_eq!(summary["total"]["errors"], 0, "nothing was aborted: {failed:?}\n{}", done.stderr);
    let rows = rows_by_source(&place);
    assert_eq!(
        rows.values().sum::<usize>(),
        ["worker-1", "worker-2"].map(|node| counted_by_jmeter(&place, node)).iter().sum::<usize>()
    );
    place.assert_nothing_left();
}

#[test]
fn a_killed_worker_ends_the_run_unless_it_may_continue_without() {
    for (more, code) in [(&["-Jduration=300"][..], 3), (&["-Jduration=15", "--min-workers", "1"], 0)] {
        let place = Place::new();
        let mut arguments = vec!["--workers", "2", "--results", "direct"];
        arguments.extend(more);
        let run = Running::start(place.run("steady.jmx", &arguments));
        place.wait_until("samples", || place.rows_so_far() > 20);
        let before = place.rows_so_far();
        kill(place.jvm_of("worker-2"));
        let done = run.wait().expect(code);
        assert!(done.stderr.contains("worker-2"), "{}", done.stderr);
        let summary = place.summary();
        assert!(summary["total"]["samples"].as_u64().is_some_and(|samples| samples as usize >= before), "{summary}");
        assert_eq!(summary["partial"].is_null(), code == 0, "{summary}");
        if code == 0 {
            assert!(done.stderr.contains("The run continues with 1 of 2 workers."), "{}", done.stderr);
        }
        place.assert_nothing_left();
    }
}

#[test]
fn what_cannot_be_spread_over_the_workers_is_refused_before_anything_is_made() {
    for (arguments, words) in [
        (&["--share", "threads=many"][..], "--share threads=many"),
        (&["--share", "threads=1"], "threads=1 cannot be divided among 2 workers"),
        (&["--share", "threads=9", "-Jthreads=3"], "threads is given twice"),
        (&["--min-workers", "1"], "only with direct results"),
        (&["--results", "direct", "--min-workers", "3"], "must be 1 to 2"),
    ] {
        let place = Place::new();
        let mut all = vec!["--workers", "2"];
        all.extend(arguments);
        let done = place.finish(place.run("steady.jmx", &all)).expect(2);
        assert!(done.stderr.contains(words), "{}", done.stderr);
        assert!(place.has_no_nodes());
    }
}
