//! From buckets to points of a series.

use super::{Bucket, Buckets, Cell};
use crate::Point;
use crate::hash::IntegerMap;
use crate::statistics::counts::Outline;
use crate::statistics::kind::{KINDS, Kind};
use crate::statistics::summing::Summing;

/// Cells from which on several threads make their points, and how many: for a moment, on however few processors.
const WORTH_THREADS: usize = 2_000;
const THREADS: usize = 4;

impl Buckets {
    /// The points of all rows of a kind in the buckets that changed after `since` (0: all). `outside`: there are buckets
    /// before the log's time.
    pub(in crate::statistics) fn points(&self, kind: Kind, outside: bool, since: u64) -> Vec<Point> {
        let mut times = Summing::default();
        let changed = self.of_time(outside).filter(|(_, bucket)| bucket.changed > since);
        changed
            .filter_map(|(start, bucket)| {
                let cells = bucket.cells.iter().filter(|(group, _)| **group as usize % KINDS == kind as usize);
                point(*start, cells.map(|(_, cell)| cell), bucket.active_users, &mut times)
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
    let (mut times, mut of_label, mut counts) = (Summing::default(), Summing::default(), Vec::new());
    for (start, bucket) in buckets {
        let mut sums = Cell::default();
        for (group, cell) in &bucket.cells {
            let label = group / KINDS as u32;
            counts.clear();
            counts.extend(cell.elapsed_ms.iter());
            if *group as usize % KINDS == kind as usize {
                sums.merge_sums(cell);
                times.add(counts.iter().copied());
            }
            let Some(place) = places.get(&label) else { continue };
            let cells = || bucket.cells_of(label);
            if cells().nth(1).is_none() {
                of_labels[*place].extend(outlined(*start, cell, &counts, None));
            } else if cells().next().is_some_and(|first| std::ptr::eq(first, cell)) {
                of_labels[*place].extend(point(*start, cells(), None, &mut of_label));
            }
        }
        counts.clear();
        times.take(&mut counts);
        total.extend(outlined(*start, &sums, &counts, bucket.active_users));
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
    let mut sums = Cell::default();
    for cell in cells {
        sums.merge_sums(cell);
        times.add(cell.elapsed_ms.iter());
    }
    let mut counts = Vec::new();
    times.take(&mut counts);
    outlined(t_ms, &sums, &counts, active_users)
}

/// The point of samples with these sums and rising response times, if there are any.
fn outlined(t_ms: i64, sums: &Cell, counts: &[(u32, u64)], active_users: Option<u64>) -> Option<Point> {
    if sums.samples == 0 {
        return None;
    }
    // Samples without a response time have a point as well.
    let outline = Outline::of(|| counts.iter().copied());
    Some(Point {
        t_ms,
        samples: sums.samples,
        errors: sums.errors,
        mean_ms: outline.map(|outline| outline.mean),
        p50_ms: outline.map(|outline| outline.median),
        p90_ms: outline.map(|outline| outline.p90),
        p95_ms: outline.map(|outline| outline.p95),
        p99_ms: outline.map(|outline| outline.p99),
        max_ms: outline.map(|outline| u64::from(outline.max)),
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
