//! The time buckets at rest, and how they become wider when there are too many.
//!
//! A bucket exists only where a sample started or ended, so absurd times cost one bucket each and no more. Widths divide one
//! another: making buckets wider adds them up, and nothing of what they show becomes less exact.

mod join;
mod points;

use super::active::{Ahead, Latest, active_users, unnamed_generators};
use super::hot::{HotCell, HotCode, HotStart, HotThreads};
use super::kind::{KINDS, Kind};
use super::labels::GroupId;
use super::packed::Packed;
use super::tally::{ERA_MS, Mean, Tally};
use crate::TimedCount;
use crate::hash::IntegerMap;
use std::collections::BTreeMap;
use std::collections::hash_map::Entry;

/// Widths of a bucket in seconds; each divides the next. The last ones are for logs with absurd times.
const WIDTHS_S: [u64; 14] =
    [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400, 864_000, 8_640_000, 86_400_000, 864_000_000, 8_640_000_000];

/// Memory of one code's counter in one bucket, about, in bytes.
const CODE_BYTES: usize = 32;

/// One group's samples in one bucket.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Cell {
    elapsed_ms: Packed,
    samples: u64,
    errors: u64,
    received: u64,
    sent: u64,
    latency: Mean,
    connect: Mean,
}

/// One bucket: its cells by group, its samples by code, those that started in it, and its workers' latest thread counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Bucket {
    cells: IntegerMap<GroupId, Cell>,
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
    /// Bytes that all buckets may hold before they become wider.
    budget: usize,
    buckets: BTreeMap<i64, Bucket>,
    /// Bytes in all buckets, about.
    memory: usize,
    /// The number that a bucket which changes now is marked with.
    now: u64,
    /// The number at which all points were last replaced by others.
    replaced: u64,
    room: Vec<u8>,
    counts: Vec<(u32, u64)>,
}

/// The numbers here of another one's labels, workers and codes.
#[derive(Debug)]
pub(super) struct Numbers {
    pub(super) labels: Vec<u32>,
    pub(super) workers: Vec<u32>,
    pub(super) codes: Vec<u32>,
}

impl Buckets {
    pub(super) fn new(limit: usize, budget: usize) -> Self {
        Self {
            width: 0,
            limit: limit.max(2),
            budget,
            buckets: BTreeMap::new(),
            memory: 0,
            now: 1,
            replaced: 1,
            room: Vec::new(),
            counts: Vec::new(),
        }
    }

    pub(super) fn set_budget(&mut self, bytes: usize) {
        self.budget = bytes;
    }

    pub(super) fn width_ms(&self) -> u64 {
        WIDTHS_S[self.width] * 1_000
    }

    /// Adds a cell whose times have been counted.
    pub(super) fn add(&mut self, hot: &HotCell, counts: &[(u32, u64)]) {
        let mut cell = Cell::default();
        cell.add_sums(&hot.tally);
        cell.elapsed_ms.add(counts, &mut self.room);
        self.add_cell(hot.bucket_start_ms, hot.group, cell);
        self.keep_to_limits();
    }

    pub(super) fn add_threads(&mut self, hot: HotThreads) {
        let bucket = self.bucket(hot.bucket_start_ms);
        bucket.put_threads(hot.worker, hot.latest);
        self.keep_to_limits();
    }

    pub(super) fn add_code(&mut self, hot: HotCode) {
        self.put_code(hot.bucket_start_ms, hot.code, hot.samples.map(u64::from));
        self.keep_to_limits();
    }

    pub(super) fn add_start(&mut self, hot: HotStart) {
        self.put_started(hot.bucket_start_ms, hot.samples.map(u64::from));
        self.keep_to_limits();
    }

    /// Brings every bucket's active users up to date; buckets whose value changed count as changed.
    pub(super) fn refresh_active_users(&mut self, growing: bool, ahead: &Ahead) {
        let all = active_users(&self.buckets, growing, ahead);
        for (bucket, users) in self.buckets.values_mut().zip(all) {
            if bucket.active_users != users {
                bucket.active_users = users;
                bucket.changed = self.now;
            }
        }
    }

    pub(super) fn active_users_now(&self, ahead: &Ahead) -> Option<u64> {
        super::active::active_users_now(&self.buckets, ahead)
    }

    /// Logs without a node's name that overlap in time.
    pub(super) fn unnamed_generators(&self) -> usize {
        unnamed_generators(&self.buckets)
    }

    /// Bytes in all buckets, about.
    pub(super) fn memory(&self) -> usize {
        self.memory
    }

    /// The buckets of the log's time; `outside`: those before the era are not of it.
    fn of_time(&self, outside: bool) -> impl Iterator<Item = (&i64, &Bucket)> {
        let width = self.width_ms() as i64;
        let from = if outside { ERA_MS.div_euclid(width) * width } else { i64::MIN };
        self.buckets.range(from..)
    }

    /// Says that all points are others from now on.
    pub(super) fn replace_all(&mut self) {
        self.replaced = self.now;
    }

    /// Do the points that were handed out with this number stand no more?
    pub(super) fn replaced_after(&self, since: u64) -> bool {
        since < self.replaced
    }

    /// Ends a stretch of changes: what was marked until here has at most the returned number.
    pub(super) fn tick(&mut self) -> u64 {
        self.now += 1;
        self.now - 1
    }

    /// Samples of a kind over time by code, which `named` says: each code's where it answers, all others' together.
    pub(super) fn codes(
        &self,
        kind: Kind,
        outside: bool,
        named: impl Fn(u32) -> Option<usize>,
    ) -> BTreeMap<Option<usize>, Vec<TimedCount>> {
        let mut series: BTreeMap<Option<usize>, Vec<TimedCount>> = BTreeMap::new();
        for (start, bucket) in self.of_time(outside) {
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

    fn put_code(&mut self, start_ms: i64, code: u32, samples: [u64; KINDS]) {
        let bucket = self.bucket(start_ms);
        let before = bucket.codes.len();
        add_each(bucket.codes.entry(code).or_default(), samples);
        let more = (bucket.codes.len() - before) * CODE_BYTES;
        self.memory += more;
    }

    fn put_started(&mut self, start_ms: i64, samples: [u64; KINDS]) {
        add_each(&mut self.bucket(start_ms).started, samples);
    }

    /// Adds a group's samples to a bucket. Where they are its first ones they move in as they are.
    fn add_cell(&mut self, start_ms: i64, group: GroupId, cell: Cell) {
        let mut room = std::mem::take(&mut self.room);
        let mut counts = std::mem::take(&mut self.counts);
        let (before, after) = match self.bucket(start_ms).cells.entry(group) {
            Entry::Vacant(place) => (0, place.insert(cell).memory()),
            Entry::Occupied(mut known) => {
                let known = known.get_mut();
                let before = known.memory();
                known.merge_sums(&cell);
                counts.clear();
                counts.extend(cell.elapsed_ms.iter());
                known.elapsed_ms.add(&counts, &mut room);
                (before, known.memory())
            }
        };
        self.memory = self.memory + after - before;
        self.room = room;
        self.counts = counts;
    }

    fn bucket(&mut self, time_ms: i64) -> &mut Bucket {
        let width = self.width_ms() as i64;
        let bucket = self.buckets.entry(time_ms.div_euclid(width) * width).or_default();
        bucket.changed = self.now;
        bucket
    }

    fn keep_to_limits(&mut self) {
        while (self.buckets.len() > self.limit || self.memory > self.budget) && self.width + 1 < WIDTHS_S.len() {
            self.widen();
        }
    }
}

fn add_each(sums: &mut [u64; KINDS], more: [u64; KINDS]) {
    for (sum, more) in sums.iter_mut().zip(more) {
        *sum += more;
    }
}

impl Bucket {
    /// A label's cells, of every kind.
    fn cells_of(&self, label: u32) -> impl Iterator<Item = &Cell> {
        (0..KINDS as u32).filter_map(move |kind| self.cells.get(&(label * KINDS as u32 + kind)))
    }

    fn put_threads(&mut self, worker: u32, latest: Latest) {
        let known = self.threads.entry(worker).or_insert(latest);
        *known = (*known).max(latest);
    }
}

impl Cell {
    fn add_sums(&mut self, tally: &Tally) {
        self.samples += tally.samples;
        self.errors += tally.errors;
        self.received = self.received.saturating_add(tally.received.sum);
        self.sent = self.sent.saturating_add(tally.sent.sum);
        self.latency.merge(tally.latency);
        self.connect.merge(tally.connect);
    }

    fn merge_sums(&mut self, other: &Self) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.received = self.received.saturating_add(other.received);
        self.sent = self.sent.saturating_add(other.sent);
        self.latency.merge(other.latency);
        self.connect.merge(other.connect);
    }

    fn memory(&self) -> usize {
        // The cell, its place in the map and the allocator's share.
        size_of::<Self>() * 3 / 2 + self.elapsed_ms.bytes() + 16
    }
}
