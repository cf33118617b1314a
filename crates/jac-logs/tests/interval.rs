//! The samples of an interval are the same whether the whole log is read or only the parts that are known to contain some.

use jac_jtl::Settings;
use jac_logs::{
    Bound, Condition, Content, Empty, Filter, Input, Interval, PartTimes, ReadOptions, compress, read_logs_with,
};
use std::fmt::Write as _;
use std::ops::{ControlFlow, Range};
use std::path::Path;
use std::sync::Arc;

const START_MS: i64 = 1_700_000_000_000;
const ROWS: i64 = 250_000;

/// Rows of 5 s each in the order of their ends, some of them late: 15 MB.
fn log() -> String {
    let mut log = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,allThreads\n".to_owned();
    for row in 0..ROWS {
        let late = if row % 1_000 == 0 { 40_000 } else { 0 };
        let (end_ms, elapsed) = (START_MS + row - late, row * 7_919 % 5_000);
        let good = row % 50 != 0;
        writeln!(log, "{},{elapsed},Label {},200,OK,Users 1-{},{good},9", end_ms - elapsed, row % 7, row % 9)
            .expect("a row");
    }
    log
}

fn read(path: &Path, interval: Option<Interval>, filter: Filter) -> jac_jtl::Summary {
    let options = ReadOptions { interval, filter, empty: Empty::Allowed, ..ReadOptions::default() };
    let input = [Input::File(path.to_owned())];
    read_logs_with(&input, &options, &mut |_| ControlFlow::Continue(())).expect("statistics").summary()
}

/// By reading the whole log.
fn expected(path: &Path, ended_ms: &Range<i64>) -> jac_jtl::Summary {
    let mut filter = Filter::default();
    filter.add(Condition::End(Bound::AtLeast(ended_ms.start)));
    filter.add(Condition::End(Bound::Below(ended_ms.end)));
    read(path, None, filter)
}

#[test]
fn known_parts_change_no_figure() {
    let folder = tempfile::tempdir().expect("a folder");
    let (plain, framed) = (folder.path().join("results.jtl"), folder.path().join("results.jtl.zst"));
    std::fs::write(&plain, log()).expect("a file");
    compress(&plain, &framed, Content::Samples, &mut || ControlFlow::Continue(())).expect("compressed");
    let second = |second: i64| START_MS + second * 1_000;
    let intervals = [
        second(0)..second(600),
        second(100)..second(130),
        second(50)..second(50) + 1,
        second(10)..second(240),
        second(700)..second(800),
    ];
    let expected = intervals.each_ref().map(|ended_ms| expected(&plain, ended_ms));
    for path in [&plain, &framed] {
        let parts = Arc::new(PartTimes::default());
        for (ended_ms, expected) in intervals.iter().zip(&expected) {
            let interval = Interval { ended_ms: ended_ms.clone(), parts: Arc::clone(&parts) };
            let found = read(path, Some(interval), Filter::default());
            assert_eq!(found.total, expected.total, "{ended_ms:?} of {path:?}");
            assert_eq!(found.labels, expected.labels);
            assert_eq!((found.start_ms, found.end_ms), (expected.start_ms, expected.end_ms));
        }
        assert!(parts.known() > 1, "{} parts of {path:?}", parts.known());
    }
}

#[test]
fn a_half_open_interval_counts_what_a_bucket_counts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("results.jtl");
    let rows = [(START_MS, 0), (START_MS - 900, 1_899), (START_MS + 500, 500), (START_MS - 10, 9)];
    let rows: String = rows.iter().map(|(start_ms, elapsed)| format!("{start_ms},{elapsed},Home,true\n")).collect();
    std::fs::write(&path, format!("timeStamp,elapsed,label,success\n{rows}")).expect("a file");
    let input = [Input::File(path.clone())];
    let options = ReadOptions { settings: Settings::default(), ..ReadOptions::default() };
    let mut log = read_logs_with(&input, &options, &mut |_| ControlFlow::Continue(())).expect("statistics");
    let bucket = log.series().points.into_iter().find(|point| point.t_ms == START_MS).expect("a bucket");
    let interval = Interval { ended_ms: START_MS..START_MS + 1_000, parts: Arc::default() };
    assert_eq!(read(&path, Some(interval), Filter::default()).total.samples, bucket.samples);
    assert_eq!(bucket.samples, 2);
}
