//! Several threads give the same result as one, on logs that are easy to split and on logs that are not.

use jac_jtl::Settings;
use jac_logs::{
    Content, Empty, Filter, FramedLog, Input, Keep, ReadOptions, Search, compress, read_logs_with, search_logs,
};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::path::Path;

const HEADER: &str = "timeStamp,elapsed,label,responseCode,success,failureMessage,threadName,allThreads,bytes\n";

/// About 20 MB with failures in quotes, line breaks in them, rejected rows, and `odd` at intervals.
fn log(odd: &str) -> String {
    let mut log = HEADER.to_owned();
    let mut row = 0u64;
    while log.len() < 20 << 20 {
        row += 1;
        let (time, elapsed) = (1_700_000_000_000 + row * 3, row * 7919 % 1_500);
        let label = ["Home", "\"Buy, now\"", "Pay"][(row % 3) as usize];
        let (worker, threads) = (row % 2, row % 9);
        match row % 50 {
            0 => writeln!(
                log,
                "{time},{elapsed},{label},500,false,\"expected \"\"a\"\",\ngot \"\"b\"\"\",10.0.0.{worker}:1099-U 1-1,{threads},7"
            ),
            1 if row % 5_000 == 1 => writeln!(log, "broken {row}"),
            2 if row % 1_000 == 2 => log.write_str(odd),
            _ => writeln!(log, "{time},{elapsed},{label},200,true,,10.0.0.{worker}:1099-U 1-1,{threads},99"),
        }
        .expect("a string can be written to");
    }
    log
}

fn written(folder: &Path, name: &str, bytes: &[u8]) -> Input {
    let path = folder.join(name);
    std::fs::write(&path, bytes).expect("a file");
    Input::File(path)
}

fn filter(conditions: &[&str]) -> Filter {
    let mut filter = Filter::default();
    for condition in conditions {
        filter.add(condition.parse().expect("a condition"));
    }
    filter
}

/// Everything that the statistics show.
fn shown(input: &Input, threads: usize) -> String {
    shown_with(std::slice::from_ref(input), threads, &ReadOptions::default())
}

fn shown_with(inputs: &[Input], threads: usize, options: &ReadOptions) -> String {
    let options = ReadOptions { threads: NonZero::new(threads), empty: Empty::Allowed, ..options.clone() };
    let mut log = read_logs_with(inputs, &options, &mut |_| ControlFlow::Continue(())).expect("statistics");
    let name = inputs[0].name();
    let shown = format!(
        "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{:?}",
        log.summary(),
        log.response_times(),
        log.series(),
        log.errors(usize::MAX),
        log.codes(),
        log.hosts(),
        log.profiles(),
        log.outcome()
    );
    shown.replace(&name, "the log")
}

fn same_on_any_number_of_threads(odd: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let log = log(odd);
    let plain = written(folder.path(), "log.jtl", log.as_bytes());
    let expected = shown(&plain, 1);
    assert!(shown(&plain, 3) == expected, "plain");
    let zstandard = zstd::encode_all(log.as_bytes(), -5).expect("packs");
    assert!(shown(&written(folder.path(), "log.zst", &zstandard), 3) == expected, "packed");
    let framed = folder.path().join("framed.zst");
    compress(&folder.path().join("log.jtl"), &framed, Content::Samples, &mut || ControlFlow::Continue(()))
        .expect("packs");
    assert!(FramedLog::open(&framed).expect("it opens").expect("its table").frame_count() > 3);
    for threads in [1, 3] {
        assert!(shown(&Input::File(framed.clone()), threads) == expected, "in frames, {threads} threads");
    }
}

#[test]
fn an_ordinary_log_is_read_alike() {
    same_on_any_number_of_threads("");
}

#[test]
fn long_quoted_fields_that_look_like_rows_do_not_mislead() {
    let looks_like_rows = "1700000000000,1,Fake,200,true,,t,1,1\n".repeat(2_000);
    same_on_any_number_of_threads(&format!("1700000000000,5,Real,500,false,\"{looks_like_rows}\",t,1,1\n"));
}

#[test]
fn quotes_without_partners_do_not_mislead() {
    same_on_any_number_of_threads("1700000000000,5,\"open,200,true,,t,1,1\n");
}

#[test]
fn a_second_header_in_the_middle_does_not_mislead() {
    same_on_any_number_of_threads(
        "elapsed,timeStamp,label,responseCode,success,failureMessage,threadName,allThreads,bytes\n",
    );
}

#[test]
fn a_filter_narrows_what_is_counted() {
    let folder = tempfile::tempdir().expect("a folder");
    let input = written(folder.path(), "log.jtl", log("").as_bytes());
    let filter = filter(&["label~^Pay$", "time<1700000030000"]);
    let options = ReadOptions { filter, ..ReadOptions::default() };
    let mut log = read_logs_with(&[input], &options, &mut |_| ControlFlow::Continue(())).expect("statistics");
    let summary = log.summary();
    assert_eq!(summary.labels.len(), 1);
    assert!(summary.total.samples > 3_000 && summary.total.samples < 3_334, "{}", summary.total.samples);
}

#[test]
fn a_search_counts_all_and_keeps_the_first_or_the_slowest() {
    let folder = tempfile::tempdir().expect("a folder");
    let inputs = [
        written(folder.path(), "a.jtl", log("").as_bytes()),
        written(folder.path(), "b.jtl", format!("{HEADER}5,9999,Home,500,false,GOT lost,t,1,1\n").as_bytes()),
    ];
    let mut search = Search { filter: filter(&["success=false", "text~(?i)got"]), limit: 5, ..Search::default() };
    let mut results = Vec::new();
    for (keep, threads) in [(Keep::First, 1), (Keep::First, 3), (Keep::Slowest, 1), (Keep::Slowest, 3)] {
        search.keep = keep;
        search.threads = NonZero::new(threads);
        results.push(search_logs(&inputs, &search, &mut |_| ControlFlow::Continue(())).expect("a result"));
    }
    assert_eq!(results[0], results[1]);
    assert_eq!(results[2], results[3]);
    assert_eq!(results[0].matched, results[2].matched);
    assert!(results[0].matched > 4_000 && results[0].searched > 200_000);
    assert!(results[0].samples.is_sorted_by_key(|sample| (sample.log, sample.position)));
    assert_eq!(results[0].samples.len(), 5);
    assert_eq!((results[2].samples[0].elapsed_ms, results[2].samples[0].log), (Some(9_999), 1));
    assert_eq!(results[2].samples[1].failure_message, "expected \"a\",\ngot \"b\"");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn one_and_many_threads_give_the_same_digits(
        seed in any::<u64>(),
        rows in 500..6_000_u64,
        labels in prop::sample::select(vec![1_u64, 12, 90]),
        codes in prop::sample::select(vec![2_u64, 40]),
        messages in prop::sample::select(vec![1_u64, 70]),
        elapsed_ms in prop::sample::select(vec![50_u64, 3_000, 5_000_000]),
        gap_ms in prop::sample::select(vec![1_u64, 90, 4_000]),
        memory_bytes in 5_000..400_000_usize,
        part_bytes in 2_000..60_000_u64,
    ) {
        let mut logs = [HEADER.to_owned(), HEADER.to_owned()];
        let mut state = seed;
        let mut below = |limit: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % limit
        };
        for row in 0..rows {
            let (time, elapsed) = (1_700_000_000_000 + row * gap_ms, below(elapsed_ms));
            let (label, code, message) = (below(labels), 200 + below(codes), below(messages));
            // Messages are grouped by their text.
            let message = ["lost", "late", "gone"][message as usize % 3].repeat(message as usize / 3 + 1);
            let (success, worker, threads, bytes) = (below(3) > 0, below(3), below(9), below(100_000));
            let log = &mut logs[usize::from(row % 5 == 0)];
            writeln!(log, "{time},{elapsed},label {label},{code},{success},{message},10.0.0.{worker}:1099-U 1-1,{threads},{bytes}")
                .expect("a string can be written to");
        }
        let folder = tempfile::tempdir().expect("a folder");
        let inputs = [
            written(folder.path(), "one.jtl", logs[0].as_bytes()),
            written(folder.path(), "other.jtl", logs[1].as_bytes()),
        ];
        let settings = Settings { memory_bytes, max_labels: 80, max_groups: 30, max_buckets: 200, ..Settings::default() };
        let options = ReadOptions { settings, part_bytes: NonZero::new(part_bytes), ..ReadOptions::default() };
        let expected = shown_with(&inputs, 1, &options);
        for threads in [2, 7, 32] {
            let ours = shown_with(&inputs, threads, &options);
            prop_assert!(ours == expected, "{threads} threads: {ours}\none thread: {expected}");
        }
    }
}

#[test]
fn what_is_exact_on_two_processors_is_exact_on_thirty_two() {
    let folder = tempfile::tempdir().expect("a folder");
    // Every part of 8 MB has nearly all response times.
    let mut log = String::from("timeStamp,elapsed,label\n");
    for row in 0..700_000_u64 {
        let _ = writeln!(log, "{},{},Home", 1_700_000_000_000 + row * 3, row * 7_919 % 40_000);
    }
    let input = [written(folder.path(), "log.jtl", log.as_bytes())];
    let read = |threads: usize| {
        let settings = Settings { memory_bytes: 4 << 20, ..Settings::default() };
        let options = ReadOptions { settings, threads: NonZero::new(threads), ..ReadOptions::default() };
        let mut log = read_logs_with(&input, &options, &mut |_| ControlFlow::Continue(())).expect("statistics");
        (log.summary(), log.profiles(), log.series().bucket_ms)
    };
    let expected = read(1);
    assert!(expected.0.notes.iter().all(|note| note.code != "response_times_rounded"), "{:?}", expected.0.notes);
    for threads in [2, 8, 32] {
        assert!(read(threads) == expected, "{threads} threads");
    }
}
