//! Merges several sets of buckets, and narrow buckets into wider ones: everything that belongs to one bucket is
//! unpacked, added up and packed once.

use super::{Bucket, Buckets, Cell, Numbers, WIDTHS_S, add_each};
use crate::statistics::active::UNNAMED;
use crate::statistics::keyed::REST;
use crate::statistics::kind::KINDS;
use crate::statistics::summing::Summing;
use std::collections::BTreeMap;

/// The number of cells above which several threads merge sets, and the number of threads: for a moment, regardless of
/// the number of CPUs.
const WORTH_THREADS: usize = 2_000;
const THREADS: usize = 4;

/// A bucket that will be merged with others: its start, the bucket itself, and, if it comes from another set, the
/// numbers that its keys have here.
type Loose<'a> = (i64, Bucket, Option<&'a Numbers>);

impl Buckets {
    /// Adds others' buckets. All become as wide as the limit of their total number requires; call [`Buckets::keep_to`]
    /// afterwards.
    pub(in crate::statistics) fn merge(&mut self, others: Vec<(Self, Numbers)>) {
        let width = common_width(std::iter::once(&*self).chain(others.iter().map(|(other, _)| other)));
        if width != self.width {
            self.width = width;
            self.replaced = self.now;
        }
        let own = std::mem::take(&mut self.buckets);
        let (others, numbers): (Vec<_>, Vec<_>) =
            others.into_iter().map(|(other, numbers)| (other.buckets, numbers)).unzip();
        let mut loose: Vec<Loose<'_>> = own.into_iter().map(|(start, bucket)| (start, bucket, None)).collect();
        for (other, numbers) in others.into_iter().zip(&numbers) {
            loose.extend(other.into_iter().map(|(start, bucket)| (start, bucket, Some(numbers))));
        }
        loose.sort_by_key(|(start, ..)| *start);
        self.put_together(loose, THREADS, &mut Summing::default());
    }

    /// Widens buckets by one step.
    pub(super) fn widen(&mut self, summing: &mut Summing) {
        self.width += 1;
        self.replaced = self.now;
        let narrow = std::mem::take(&mut self.buckets);
        self.put_together(narrow.into_iter().map(|(start, bucket)| (start, bucket, None)).collect(), 1, summing);
    }

    /// Builds buckets of this width from narrower ones, which are in the order of time. There must be no other buckets
    /// yet.
    fn put_together(&mut self, loose: Vec<Loose<'_>>, threads: usize, summing: &mut Summing) {
        let width_ms = self.width_ms() as i64;
        let now = self.now;
        let cells: usize = loose.iter().map(|(_, bucket, _)| bucket.cells.len()).sum();
        let parts = if cells < WORTH_THREADS { vec![loose] } else { split(loose, threads, width_ms) };
        let mut wide = Vec::new();
        std::thread::scope(|scope| {
            let mut parts = parts.into_iter();
            let first = parts.next();
            let running: Vec<_> =
                parts.map(|part| scope.spawn(move || wider(part, width_ms, now, &mut Summing::default()))).collect();
            wide.extend(first.map(|first| wider(first, width_ms, now, summing)).unwrap_or_default());
            for thread in running {
                wide.extend(thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            }
        });
        self.memory = wide.iter().map(|(_, bucket)| bucket.memory()).sum();
        self.buckets = wide.into_iter().collect::<BTreeMap<_, _>>();
    }
}

/// The smallest width at which all these buckets together do not exceed the limit.
fn common_width<'a>(parts: impl Iterator<Item = &'a Buckets>) -> usize {
    let (mut width, mut limit, mut starts) = (0, usize::MAX, Vec::new());
    for part in parts {
        width = part.width.max(width);
        limit = part.limit.min(limit);
        starts.extend(part.buckets.keys().copied());
    }
    loop {
        let width_ms = WIDTHS_S[width] as i64 * 1_000;
        starts.iter_mut().for_each(|start| *start = wide_start(*start, width_ms));
        starts.sort_unstable();
        starts.dedup();
        if starts.len() <= limit || width + 1 == WIDTHS_S.len() {
            return width;
        }
        width += 1;
    }
}

fn wide_start(start_ms: i64, width_ms: i64) -> i64 {
    start_ms.div_euclid(width_ms) * width_ms
}

/// About equal parts, none of which ends within a wide bucket.
fn split(mut loose: Vec<Loose<'_>>, parts: usize, width_ms: i64) -> Vec<Vec<Loose<'_>>> {
    let mut split = Vec::new();
    for part in (1..parts).rev() {
        let mut at = loose.len() * part / (part + 1);
        while at > 0 && at < loose.len() && wide_start(loose[at - 1].0, width_ms) == wide_start(loose[at].0, width_ms) {
            at -= 1;
        }
        split.push(loose.split_off(at));
    }
    split.push(loose);
    split.reverse();
    split
}

/// Builds wider buckets from narrower ones, which are in the order of time.
fn wider(loose: Vec<Loose<'_>>, width_ms: i64, now: u64, summing: &mut Summing) -> Vec<(i64, Bucket)> {
    let mut wide: Vec<(i64, Bucket)> = Vec::new();
    let mut cells = Vec::new();
    let mut loose = loose.into_iter().peekable();
    while let Some((start, first, numbers)) = loose.next() {
        let start = wide_start(start, width_ms);
        let is_alone = loose.peek().is_none_or(|(next, ..)| wide_start(*next, width_ms) != start);
        if is_alone && numbers.is_none() {
            wide.push((start, first));
            continue;
        }
        let mut bucket = Bucket { changed: now, ..Bucket::default() };
        bucket.take(first, numbers, &mut cells);
        while let Some((_, next, numbers)) = loose.next_if(|(next, ..)| wide_start(*next, width_ms) == start) {
            bucket.take(next, numbers, &mut cells);
        }
        bucket.put_cells(&mut cells, summing);
        wide.push((start, bucket));
    }
    wide
}

impl Bucket {
    /// Adds everything of another one except its cells, which are appended to `cells`.
    fn take(&mut self, other: Self, numbers: Option<&Numbers>, cells: &mut Vec<Cell>) {
        let here = |numbers: Option<&Vec<u32>>, number: u32| match numbers {
            Some(numbers) => numbers.get(number as usize).copied().unwrap_or(REST),
            None => number,
        };
        cells.extend(other.cells.into_iter().map(|mut cell| {
            if let Some(numbers) = numbers {
                cell.group = numbers.labels[cell.group as usize / KINDS] * KINDS as u32 + cell.group % KINDS as u32;
            }
            cell
        }));
        for (worker, latest) in other.threads {
            // A log that names no worker is identified by its own number, wherever it is counted.
            let worker = match worker {
                UNNAMED.. if worker != REST => worker,
                _ => here(numbers.map(|numbers| &numbers.workers), worker),
            };
            self.put_threads(worker, latest);
        }
        for (code, samples) in other.codes {
            add_each(self.codes.entry(here(numbers.map(|numbers| &numbers.codes), code)).or_default(), samples);
        }
        add_each(&mut self.started, other.started);
    }

    /// Moves cells into an empty bucket and merges those of the same group.
    fn put_cells(&mut self, cells: &mut Vec<Cell>, summing: &mut Summing) {
        cells.sort_by_key(|cell| cell.group);
        let mut cells = cells.drain(..).peekable();
        while let Some(mut cell) = cells.next() {
            if cells.peek().is_some_and(|next| next.group == cell.group) {
                let mut sums = cell.add_to(summing);
                while let Some(other) = cells.next_if(|next| next.group == cell.group) {
                    sums.merge(&other.add_to(summing));
                }
                cell = Cell::packed(cell.group, &sums, summing);
            }
            self.cells.push(cell);
        }
        self.cells.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::{Buckets, WORTH_THREADS};
    use crate::{LogReader, Sample, SampleStatistics, Settings};
    use std::fmt::Write;

    const HEADER: &str = "timeStamp,elapsed,label,responseCode,threadName,success,allThreads\n";

    fn rows(numbers: impl Iterator<Item = u64>) -> String {
        let mut log = HEADER.to_owned();
        for number in numbers {
            let (start_ms, elapsed_ms) = (1_700_000_000_000 + number * 25, number * 7_919 % 90_000);
            let (label, worker, code) = (number * 31 % 11, number % 3, 200 + number * 17 % 5);
            writeln!(
                log,
                "{start_ms},{elapsed_ms},label {label},{code},10.0.0.{worker}:1099-T 1-1,{},{}",
                number % 9 > 0,
                number % 4
            )
            .expect("a row");
        }
        log
    }

    fn counted(log: &str, settings: &Settings) -> SampleStatistics {
        let mut statistics = SampleStatistics::new(settings);
        let mut reader = LogReader::new(settings);
        reader.feed(log.as_bytes(), &mut |sample: &Sample<'_>| statistics.add(sample));
        statistics.settle();
        statistics
    }

    fn cells(buckets: &Buckets) -> usize {
        buckets.buckets.values().map(|bucket| bucket.cells.len()).sum()
    }

    #[test]
    fn many_parts_put_together_by_threads_are_like_one_pass() {
        const ROWS: u64 = 40_000;
        for max_buckets in [1_200, 600, 90] {
            let settings = Settings { max_buckets, ..Settings::default() };
            let mut whole = counted(&rows(0..ROWS), &settings);
            // Stretches by turns, as threads read them.
            let part = |of: u64| counted(&rows((0..ROWS).filter(|number| number / 700 % 3 == of)), &settings);
            let mut first = part(0);
            let others = vec![part(1), part(2)];
            assert!(
                cells(&first.buckets) + others.iter().map(|part| cells(&part.buckets)).sum::<usize>() >= WORTH_THREADS
            );
            first.merge_all(others);
            assert_eq!(first.series().bucket_ms, whole.series().bucket_ms);
            assert_eq!(first.series().points, whole.series().points);
            let by_name = |statistics: &mut SampleStatistics| {
                let mut labels = statistics.series().labels;
                labels.sort_by(|a, b| a.label.cmp(&b.label));
                labels
            };
            assert_eq!(by_name(&mut first), by_name(&mut whole));
            assert_eq!(first.series().codes, whole.series().codes);
            assert_eq!(first.series().started, whole.series().started);
            assert_eq!(first.hosts(), whole.hosts());
            assert_eq!(first.buckets.memory, first.buckets.buckets.values().map(super::Bucket::memory).sum::<usize>());
        }
    }
}
