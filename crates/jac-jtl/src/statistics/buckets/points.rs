//! From buckets to points of a series.

use super::cell::Sums;
use super::{Bucket, Buckets, Cell};
use crate::Point;
use crate::hash::IntegerMap;
use crate::statistics::kind::{KINDS, Kind};
use crate::statistics::shape::shown_percentiles;
use crate::statistics::summing::Summing;
use crate::statistics::times::STEPS;

/// The number of cells above which several threads compute points, and the number of threads: for a moment, regardless
/// of the number of CPUs.
const WORTH_THREADS: usize = 2_000;
const THREADS: usize = 4;

impl Bucket {
    /// A label's cells, of every kind.
    fn cells_of(&self, label: u32) -> std::slice::Iter<'_, Cell> {
        let kinds = KINDS as u32;
        let first = self.cells.partition_point(|cell| cell.group / kinds < label);
        let after = self.cells.partition_point(|cell| cell.group / kinds <= label);
        self.cells[first..after].iter()
    }
}

impl Buckets {
    /// The points of all rows of a kind in the buckets that changed after `since` (0: all). `outside`: there are buckets
    /// before the log's time.
    pub(in crate::statistics) fn points(
        &self,
        kind: Kind,
        outside: bool,
        since: u64,
        times: &mut Summing,
    ) -> Vec<Point> {
        let changed = self.of_time(outside).filter(|(_, bucket)| bucket.changed > since);
        changed
            .filter_map(|(start, bucket)| {
                let cells = bucket.cells.iter().filter(|cell| cell.group as usize % KINDS == kind as usize);
                point(*start, cells, bucket.active_users, times)
            })
            .collect()
    }

    /// The points of a label, all its rows, in the buckets that changed after `since` (0: all).
    pub(in crate::statistics) fn label_points(&self, label: u32, outside: bool, since: u64) -> Vec<Point> {
        let mut times = Summing::default();
        let changed = self.of_time(outside).filter(|(_, bucket)| bucket.changed > since);
        changed.filter_map(|(start, bucket)| point(*start, bucket.cells_of(label), None, &mut times)).collect()
    }

    /// The points of all rows of a kind, and those of some labels, all their rows: every cell is unpacked once, those of a
    /// long log by several threads.
    pub(in crate::statistics) fn all_points(
        &self,
        kind: Kind,
        outside: bool,
        labels: &[u32],
    ) -> (Vec<Point>, Vec<Vec<Point>>) {
        let places: IntegerMap<u32, usize> = labels.iter().copied().zip(0..).collect();
        let buckets: Vec<(i64, &Bucket)> = self.of_time(outside).map(|(start, bucket)| (*start, bucket)).collect();
        let cells: usize = buckets.iter().map(|(_, bucket)| bucket.cells.len()).sum();
        if cells < WORTH_THREADS {
            return points_of(&buckets, kind, &places);
        }
        let (mut total, mut of_labels) = (Vec::new(), vec![Vec::new(); labels.len()]);
        std::thread::scope(|scope| {
            let parts = buckets.chunks(buckets.len().div_ceil(THREADS));
            let running: Vec<_> = parts.map(|part| scope.spawn(|| points_of(part, kind, &places))).collect();
            for thread in running {
                let (points, more) = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                total.extend(points);
                of_labels.iter_mut().zip(more).for_each(|(points, more): (&mut Vec<_>, _)| points.extend(more));
            }
        });
        (total, of_labels)
    }
}

/// The points of some buckets in order: of all rows of a kind, and of the labels that have places.
fn points_of(buckets: &[(i64, &Bucket)], kind: Kind, places: &IntegerMap<u32, usize>) -> (Vec<Point>, Vec<Vec<Point>>) {
    let (mut total, mut of_labels) = (Vec::new(), vec![Vec::new(); places.len()]);
    let mut times = Summing::default();
    for (start, bucket) in buckets {
        let cells = bucket.cells.iter().filter(|cell| cell.group as usize % KINDS == kind as usize);
        total.extend(point(*start, cells, bucket.active_users, &mut times));
        for cells_of_label in bucket.cells.chunk_by(|a, b| a.group / KINDS as u32 == b.group / KINDS as u32) {
            if let Some(place) = places.get(&(cells_of_label[0].group / KINDS as u32)) {
                of_labels[*place].extend(point(*start, cells_of_label.iter(), None, &mut times));
            }
        }
    }
    (total, of_labels)
}

/// The point of some cells, if any sample is in them.
fn point<'a>(
    t_ms: i64,
    cells: impl Iterator<Item = &'a Cell>,
    active_users: Option<u64>,
    times: &mut Summing,
) -> Option<Point> {
    let mut sums = Sums::default();
    for cell in cells {
        sums.merge(&cell.add_to(times));
    }
    let steps = times.take();
    if sums.samples == 0 {
        return None;
    }
    let counts: Vec<(u32, u64)> =
        steps.iter().filter_map(|(step, count)| Some((STEPS.least_of(*step)?, *count))).collect();
    // Samples without a response time also have a point.
    let timed = sums.elapsed.count > 0;
    let [p50_ms, p90_ms, p95_ms, p99_ms] = shown_percentiles(&counts).map(|ms| timed.then_some(ms));
    Some(Point {
        t_ms,
        samples: sums.samples,
        errors: sums.errors,
        mean_ms: sums.elapsed.value(),
        p50_ms,
        p90_ms,
        p95_ms,
        p99_ms,
        max_ms: timed.then(|| u64::from(sums.max_ms)),
        latency_ms: sums.latency.value(),
        connect_ms: sums.connect.value(),
        received_bytes: Some(sums.received),
        sent_bytes: Some(sums.sent),
        active_users,
    })
}

#[cfg(test)]
mod tests {
    use super::{Buckets, IntegerMap, Kind, WORTH_THREADS, points_of};
    use crate::{LogReader, Sample, SampleStatistics, Settings};
    use std::fmt::Write;

    #[test]
    fn several_threads_make_the_points_that_one_makes() {
        let mut log = "timeStamp,elapsed,label,responseMessage,success\n".to_owned();
        for number in 0..40_000_u64 {
            let (start_ms, elapsed_ms) = (1_700_000_000_000 + number * 25, number * 7_919 % 3_000);
            let label = ["a", "b", "c"][(number % 3) as usize];
            let message = if number % 4 == 0 { "Number of samples in transaction : 1" } else { "OK" };
            writeln!(log, "{start_ms},{elapsed_ms},{label},{message},{}", number % 10 > 0).expect("a row");
        }
        let settings = Settings::default();
        let mut statistics = SampleStatistics::new(&settings);
        LogReader::new(&settings).feed(log.as_bytes(), &mut |sample: &Sample<'_>| statistics.add(sample));
        statistics.settle();
        let buckets: &Buckets = &statistics.buckets;
        assert!(buckets.buckets.values().map(|bucket| bucket.cells.len()).sum::<usize>() >= WORTH_THREADS);
        let labels = [2, 0];
        let places: IntegerMap<u32, usize> = labels.into_iter().zip(0..).collect();
        let all: Vec<_> = buckets.buckets.iter().map(|(start, bucket)| (*start, bucket)).collect();
        for kind in Kind::ALL {
            let expected = points_of(&all, kind, &places);
            assert!(expected.0.len() > 900 && expected.1.iter().all(|points| points.len() > 900));
            assert_eq!(buckets.all_points(kind, false, &labels), expected);
        }
    }
}
