//! The time buckets at rest, and how they become wider when there are too many.
//!
//! A bucket exists only where a sample started or ended, so an absurd time costs only one bucket. Each width divides
//! the next: widening buckets adds them up without losing accuracy.
//!
//! Their width depends only on the samples, not on their order or on the parts in which they were counted: it is the
//! smallest width at which buckets and memory keep to their limits, and more samples never need less of either.

mod cell;
mod join;
mod points;
mod within;

use super::active::{Clocks, Latest, active_users, unnamed_generators};
use super::hot::{HotCell, HotCode, HotStart, HotThreads};
use super::kind::{KINDS, Kind};
use super::summing::Summing;
use super::tally::ERA_MS;
use crate::TimedCount;
use cell::Cell;
pub(super) use cell::Sums;
use std::collections::BTreeMap;

/// Widths of a bucket in seconds; each divides the next. The last ones are for logs with absurd times.
pub(super) const WIDTHS_S: [u64; 14] =
    [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 864_000, 8_640_000, 86_400_000, 864_000_000, 8_640_000_000];

/// Approximate memory in bytes of a bucket without its cells, of one code's counter in it and of one worker's thread
/// count.
const BUCKET_BYTES: usize = 200;
const CODE_BYTES: usize = 32;
const THREADS_BYTES: usize = 32;

/// One bucket: its cells by group, its samples by code, those that started in it, and its workers' latest thread counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Bucket {
    /// Rising by group, one for each.
    cells: Vec<Cell>,
    codes: BTreeMap<u32, [u64; KINDS]>,
    started: [u64; KINDS],
    pub(super) threads: BTreeMap<u32, Latest>,
    active_users: Option<u64>,
    changed: u64,
}

/// All buckets by their start.
#[derive(Debug, Clone)]
pub(super) struct Buckets {
    width: usize,
    limit: usize,
    buckets: BTreeMap<i64, Bucket>,
    /// Bytes in all buckets, about.
    memory: usize,
    /// The number that a bucket which changes now is marked with.
    now: u64,
    /// The number at which all points were last replaced by others.
    replaced: u64,
    /// The same for the series by code.
    codes_replaced: u64,
}

/// The numbers here of another one's labels, workers and codes.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) labels: Vec<u32>,
    pub(super) workers: Vec<u32>,
    pub(super) codes: Vec<u32>,
}

impl Buckets {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            width: 0,
            limit: limit.max(2),
            buckets: BTreeMap::new(),
            memory: 0,
            now: 1,
            replaced: 1,
            codes_replaced: 1,
        }
    }

    /// Its index in [`WIDTHS_S`].
    pub(super) fn width(&self) -> usize {
        self.width
    }

    pub(super) fn width_ms(&self) -> u64 {
        WIDTHS_S[self.width] * 1_000
    }

    /// Adds the counts for one bucket, at most one cell of a group. Call [`Buckets::keep_to`] after the last of
    /// several.
    pub(super) fn add(&mut self, start_ms: i64, cells: &[&HotCell], summing: &mut Summing) {
        let bucket = self.bucket(start_ms);
        let known = bucket.cells.len();
        let (mut more, mut less) = (0, 0);
        for hot in cells {
            let at = bucket.cells[..known].binary_search_by_key(&hot.group, |cell| cell.group).unwrap_or_else(|_| {
                bucket.cells.push(Cell::new(hot.group));
                more += Cell::BYTES;
                bucket.cells.len() - 1
            });
            let cell = &mut bucket.cells[at];
            less += cell.memory();
            cell.add(hot, summing);
            more += cell.memory();
        }
        bucket.cells.sort_by_key(|cell| cell.group);
        self.memory = self.memory + more - less;
    }

    pub(super) fn add_threads(&mut self, hot: HotThreads) {
        let bucket = self.bucket(hot.bucket_start_ms);
        let known = bucket.threads.len();
        bucket.put_threads(hot.worker, hot.latest);
        self.memory += (bucket.threads.len() - known) * THREADS_BYTES;
    }

    pub(super) fn add_code(&mut self, hot: HotCode) {
        let bucket = self.bucket(hot.bucket_start_ms);
        let known = bucket.codes.len();
        add_each(bucket.codes.entry(hot.code).or_default(), hot.samples.map(u64::from));
        self.memory += (bucket.codes.len() - known) * CODE_BYTES;
    }

    pub(super) fn add_start(&mut self, hot: HotStart) {
        add_each(&mut self.bucket(hot.bucket_start_ms).started, hot.samples.map(u64::from));
    }

    /// Updates every bucket's active users; buckets whose value changed count as changed.
    pub(super) fn refresh_active_users(&mut self, growing: bool, clocks: &Clocks) {
        let all = active_users(&self.buckets, growing, clocks);
        for (bucket, users) in self.buckets.values_mut().zip(all) {
            if bucket.active_users != users {
                bucket.active_users = users;
                bucket.changed = self.now;
            }
        }
    }

    pub(super) fn active_users_now(&self, clocks: &Clocks) -> Option<u64> {
        super::active::active_users_now(&self.buckets, clocks)
    }

    /// Logs without a node's name that overlap in time.
    pub(super) fn unnamed_generators(&self) -> usize {
        unnamed_generators(&self.buckets)
    }

    /// Bytes in all buckets, about.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// The buckets of the log's time; `outside`: excludes those before the era.
    fn of_time(&self, outside: bool) -> impl DoubleEndedIterator<Item = (&i64, &Bucket)> {
        let width = self.width_ms() as i64;
        let from = if outside { ERA_MS.div_euclid(width) * width } else { i64::MIN };
        self.buckets.range(from..)
    }

    /// Marks all points as replaced.
    pub(super) fn replace_all(&mut self) {
        self.replaced = self.now;
    }

    /// Whether the points that were returned with this number are no longer valid.
    pub(super) fn replaced_after(&self, since: u64) -> bool {
        since < self.replaced
    }

    /// Marks all series by code as replaced.
    pub(super) fn replace_codes(&mut self) {
        self.codes_replaced = self.now;
    }

    /// Whether the series by code that were returned with this number are no longer valid.
    pub(super) fn codes_replaced_after(&self, since: u64) -> bool {
        since < self.codes_replaced || self.replaced_after(since)
    }

    /// Ends a group of changes: everything marked before has at most the returned number.
    pub(super) fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now - 1
    }

    /// Samples of a kind over time by code, in the buckets that changed after `since` (0: all): those of each code in
    /// `named`, which contains their positions, and of all others together.
    pub(super) fn codes(
        &self,
        kind: Kind,
        outside: bool,
        since: u64,
        named: impl Fn(u32) -> Option<usize>,
    ) -> BTreeMap<Option<usize>, Vec<TimedCount>> {
        let mut series: BTreeMap<Option<usize>, Vec<TimedCount>> = BTreeMap::new();
        for (start, bucket) in self.of_time(outside).filter(|(_, bucket)| bucket.changed > since) {
            for (code, counts) in &bucket.codes {
                let samples = counts[kind as usize];
                if samples == 0 {
                    continue;
                }
                let points = series.entry(named(*code)).or_default();
                match points.last_mut() {
                    Some(last) if last.t_ms == *start => last.samples += samples,
                    _ => points.push(TimedCount { t_ms: *start, samples }),
                }
            }
        }
        series
    }

    /// Samples of a kind by the bucket in which they started.
    pub(super) fn started(&self, kind: Kind, outside: bool) -> Vec<TimedCount> {
        let counts = self.of_time(outside).map(|(start, bucket)| (*start, bucket.started[kind as usize]));
        counts.filter(|(_, samples)| *samples > 0).map(|(t_ms, samples)| TimedCount { t_ms, samples }).collect()
    }

    fn bucket(&mut self, time_ms: i64) -> &mut Bucket {
        let width = self.width_ms() as i64;
        let bucket = self.buckets.entry(time_ms.div_euclid(width) * width).or_insert_with(|| {
            self.memory += BUCKET_BYTES;
            Bucket::default()
        });
        bucket.changed = self.now;
        bucket
    }

    /// Widens buckets until they keep to their maximum number and to this many bytes.
    pub(super) fn keep_to(&mut self, bytes: usize, summing: &mut Summing) {
        while (self.buckets.len() > self.limit || self.memory > bytes) && self.width + 1 < WIDTHS_S.len() {
            self.widen(summing);
        }
    }
}

fn add_each(sums: &mut [u64; KINDS], more: [u64; KINDS]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

impl Bucket {
    fn put_threads(&mut self, worker: u32, latest: Latest) {
        let known = self.threads.entry(worker).or_insert(latest);
        *known = (*known).max(latest);
    }

    /// Bytes, about.
    fn memory(&self) -> usize {
        BUCKET_BYTES
            + self.cells.iter().map(Cell::memory).sum::<usize>()
            + self.codes.len() * CODE_BYTES
            + self.threads.len() * THREADS_BYTES
    }
}
