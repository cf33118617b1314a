//! The table of a time range, added up from the buckets: during a run its log is not read again for this.

use super::buckets::Sums;
use super::kind::Kind;
use super::shape::Shape;
use super::times::STEPS;
use super::{SampleStatistics, Shown};
use crate::{Entry, EntryKind, WindowTable};
use std::ops::Range;

/// Maximum number of failure groups in a window.
const ERRORS: usize = 20;

impl SampleStatistics {
    /// The table of the buckets that overlap the time in which samples ended, epoch milliseconds, and the labels with these names
    /// as one. Without a bucket there it is empty, with the requested duration.
    pub fn window(&mut self, ended_ms: Range<i64>, names: &[String]) -> WindowTable {
        self.settle();
        let show = self.show();
        let cells = self.buckets.cells_within(&ended_ms, show.outside);
        let covered = self.buckets.covered(&ended_ms, show.outside).unwrap_or(ended_ms);
        let seconds = (covered.end - covered.start) as f64 / 1_000.0;
        let line = |label: &str, kind, sums: &Sums, steps: &[(u32, u64)]| line(label, kind, sums, steps, seconds, show);
        let basis = match show.basis {
            Kind::Request => EntryKind::Request,
            Kind::Transaction => EntryKind::Transaction,
        };
        let sums = cells.add_up(|_, kind| kind == show.basis, &mut self.summing);
        let total = line("Total", basis, &sums, self.summing.take());
        let mut labels = Vec::new();
        let mut together: Option<EntryKind> = None;
        for (number, label) in self.labels.in_order() {
            let sums = cells.of_label(number, &mut self.summing);
            let steps = self.summing.take();
            if sums.samples == 0 {
                continue;
            }
            labels.push(line(&label.text, label.kind(), &sums, steps));
            if names.contains(&label.text) {
                let kind = label.kind();
                together = Some(together.map_or(kind, |known| if known == kind { kind } else { EntryKind::Mixed }));
            }
        }
        let together = together.map(|kind| {
            let is_named = |number: u32| names.iter().any(|name| name == self.labels.text(number));
            let sums = cells.add_up(|number, _| is_named(number), &mut self.summing);
            line("", kind, &sums, self.summing.take())
        });
        let mut errors = self.errors.sorted(show.basis, &self.labels, Some(&covered));
        errors.truncate(ERRORS);
        WindowTable { from_ms: covered.start, to_ms: covered.end, total, labels, together, errors }
    }
}

fn line(label: &str, kind: EntryKind, sums: &Sums, steps: &[(u32, u64)], seconds: f64, show: Shown) -> Entry {
    let counts: Vec<(u32, u64)> =
        steps.iter().filter_map(|(step, count)| Some((STEPS.least_of(*step)?, *count))).collect();
    let shape = Shape::of(&counts);
    let some = sums.samples > 0;
    let per_s = |amount: u64| (seconds > 0.0).then(|| amount as f64 / seconds);
    let kb_per_s = |bytes: u64, known: bool| per_s(bytes).filter(|_| known).map(|bytes| bytes / 1_024.0);
    Entry {
        label: label.to_owned(),
        kind,
        samples: sums.samples,
        errors: sums.errors,
        error_percent: some.then(|| sums.errors as f64 * 100.0 / sums.samples as f64),
        mean_ms: sums.elapsed.value(),
        min_ms: shape.map(|shape| u64::from(shape.min)),
        max_ms: shape.map(|_| u64::from(sums.max_ms)),
        stddev_ms: shape.map(|shape| shape.stddev),
        median_ms: shape.map(|shape| shape.median),
        p90_ms: shape.map(|shape| shape.p90),
        p95_ms: shape.map(|shape| shape.p95),
        p99_ms: shape.map(|shape| shape.p99),
        p999_ms: shape.map(|shape| shape.p999),
        throughput_per_s: per_s(sums.samples),
        received_kb_per_s: kb_per_s(sums.received, show.received),
        sent_kb_per_s: kb_per_s(sums.sent, show.sent),
        avg_bytes: (some && show.received).then(|| sums.received as f64 / sums.samples as f64),
        latency_ms: sums.latency.value(),
        connect_ms: sums.connect.value(),
        apdex: None,
    }
}

#[cfg(test)]
mod tests {
    use crate::{LogStatistics, Settings};
    use std::fmt::Write as _;

    const HEADER: &str = "timeStamp,elapsed,label,success,bytes,sentBytes,Latency,Connect\n";

    /// Ten seconds, in each ten samples of a and five of b.
    fn log() -> LogStatistics {
        let mut text = HEADER.to_owned();
        for row in 0..150_i64 {
            let (second, place) = (row / 15, row % 15);
            let (label, elapsed) = if place < 10 { ("a", 10 + place) } else { ("b", 100 + second) };
            let end_ms = 1_700_000_000_000 + second * 1_000 + 500;
            writeln!(
                text,
                "{},{elapsed},{label},{},1024,10,{},{}",
                end_ms - elapsed,
                place != 14,
                elapsed / 2,
                place % 2
            )
            .expect("a row");
        }
        let mut log = LogStatistics::new(Settings::default());
        log.feed(text.as_bytes());
        log
    }

    #[test]
    fn a_window_counts_the_buckets_that_it_has_a_part_of() {
        let mut log = log();
        let names = ["a".to_owned(), "b".to_owned(), "none".to_owned()];
        let window = log.window(1_700_000_002_000..1_700_000_005_500, &names);
        assert_eq!((window.from_ms, window.to_ms), (1_700_000_002_000, 1_700_000_006_000));
        assert_eq!((window.total.samples, window.total.errors), (60, 4));
        assert_eq!(window.total.throughput_per_s, Some(15.0));
        assert_eq!(window.total.received_kb_per_s, Some(15.0));
        let labels: Vec<(&str, u64)> = window.labels.iter().map(|entry| (&entry.label[..], entry.samples)).collect();
        assert_eq!(labels, [("a", 40), ("b", 20)]);
        assert_eq!((window.labels[1].min_ms, window.labels[1].max_ms), (Some(102), Some(105)));
        // Of a 10 to 19 ms and half of it cut, of b 102 to 105; the connects of every other sample took 1 ms.
        assert_eq!((window.labels[0].latency_ms, window.labels[0].connect_ms), (Some(7.0), Some(0.5)));
        assert_eq!((window.labels[1].latency_ms, window.labels[1].connect_ms), (Some(51.5), Some(0.4)));
        assert_eq!(window.labels[0].p999_ms, Some(19.0));
        let together = window.together.expect("the labels");
        assert_eq!((together.samples, &together.p95_ms), (60, &window.total.p95_ms));
        let [errors] = &window.errors[..] else { panic!("one group: {:?}", window.errors) };
        assert_eq!((&errors.label[..], errors.count, window.total.errors), ("b", 4, 4));
        assert_eq!((errors.first_ms, errors.last_ms), (1_700_000_002_500, 1_700_000_005_500));
        assert_eq!(log.errors(20)[0].count, 10);
    }

    #[test]
    fn the_rate_of_a_window_is_of_its_time_and_not_of_its_buckets() {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(HEADER.as_bytes());
        for second in [0, 1, 50, 99] {
            log.feed(format!("{},0,a,true,1,1,0,0\n", 1_700_000_000_000_i64 + second * 1_000).as_bytes());
        }
        let at = |second: i64| 1_700_000_000_000 + second * 1_000;
        for (window, expected, rate) in [
            (at(10)..at(90), at(10)..at(90), 1.0 / 80.0),
            (at(0)..at(20), at(0)..at(20), 0.1),
            // No longer than the run.
            (at(-100)..at(1_000), at(0)..at(100), 0.04),
            (at(10) + 300..at(60) + 1, at(10)..at(61), 1.0 / 51.0),
        ] {
            let table = log.window(window.clone(), &[]);
            assert_eq!(
                (table.from_ms..table.to_ms, table.total.throughput_per_s),
                (expected, Some(rate)),
                "{window:?}"
            );
        }
    }

    #[test]
    fn the_window_of_everything_has_the_tables_figures() {
        let mut log = log();
        let summary = log.summary();
        let window = log.window(0..i64::MAX, &[]);
        assert_eq!((&window.together, &window.errors), (&None, &log.errors(20)));
        for (whole, part) in
            summary.labels.iter().chain([&summary.total]).zip(window.labels.iter().chain([&window.total]))
        {
            let figures = |entry: &crate::Entry| {
                let means = (entry.mean_ms, entry.latency_ms, entry.connect_ms);
                let times = (entry.min_ms, entry.max_ms, entry.median_ms, entry.p99_ms, entry.p999_ms);
                (entry.samples, entry.errors, means, times)
            };
            assert_eq!(figures(part), figures(whole));
        }
    }

    #[test]
    fn a_window_without_a_bucket_is_empty() {
        for window in
            [log().window(5..1_000, &["a".to_owned()]), LogStatistics::new(Settings::default()).window(0..10, &[])]
        {
            assert_eq!((window.total.samples, window.labels.len(), window.together), (0, 0, None));
            assert_eq!(window.errors, []);
        }
    }

    #[test]
    fn labels_together_are_counted_as_one() {
        let mut log = log();
        let total = log.summary().total;
        let together = log.together(&["b".to_owned(), "a".to_owned()]).expect("an entry");
        assert_eq!(crate::Entry { label: "Total".to_owned(), ..together }, total);
        let one = log.together(&["b".to_owned()]).expect("an entry");
        assert_eq!((one.samples, one.median_ms), (50, Some(104.5)));
        assert_eq!(log.together(&["none".to_owned()]), None);
    }
}
