//! The first stage of counting: the cell of a sample's time bucket and group, with its values in sequence and a few
//! sums, and the counters of its bucket.
//!
//! Cells are counted and moved to the buckets at rest when enough has accumulated, or on a query. So a row costs a few
//! additions to cached memory, whatever the number of labels and buckets.

use super::active::Latest;
use super::keyed::REST;
use super::kind::{KINDS, Kind};
use super::labels::GroupId;
use super::tally::Tally;
use crate::hash::IntegerMap;
use crate::{Sample, Settings};

/// Samples that may wait in all cells together, and cells in which they wait.
const WAITING: usize = 128 << 10;
const CELLS: usize = 32 << 10;
/// Buckets whose cells are found without a hash: time advances, with neighbouring buckets interleaved.
const NEAR: usize = 4;
/// The same for the buckets in which samples started, which are earlier by the samples' durations.
const NEAR_STARTS: usize = 64;
/// Vectors kept for reuse, and the maximum capacity of each.
const SPARE: usize = 512;
const SPARE_CAPACITY: usize = 8 << 10;

/// Samples of one group that ended in one bucket and are not counted yet.
#[derive(Debug, Clone)]
pub(super) struct HotCell {
    pub(super) bucket_start_ms: i64,
    pub(super) group: GroupId,
    pub(super) tally: Tally,
    pub(super) elapsed_ms: Vec<u32>,
    /// Those of failures once more.
    pub(super) failed_ms: Vec<u32>,
}

/// The cells of one near bucket by group, its workers' latest thread counts and its samples by code.
#[derive(Debug, Clone)]
struct Near {
    bucket_start_ms: i64,
    /// By group: number of the cell + 1, or 0.
    cells: Vec<u32>,
    /// By [`slot`] of the worker.
    latest: Vec<Option<Latest>>,
    /// By [`slot`] of the code.
    codes: Vec<[u32; KINDS]>,
}

/// Samples that started in one near bucket.
#[derive(Debug, Clone, Copy)]
struct NearStart {
    bucket_start_ms: i64,
    samples: [u32; KINDS],
}

/// No bucket: nothing is counted here yet.
const NO_START: NearStart = NearStart { bucket_start_ms: i64::MIN, samples: [0; KINDS] };

/// A worker's latest thread count in one bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct HotThreads {
    pub(super) bucket_start_ms: i64,
    pub(super) worker: u32,
    pub(super) latest: Latest,
}

/// Samples of one code that ended in one bucket, by kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct HotCode {
    pub(super) bucket_start_ms: i64,
    pub(super) code: u32,
    pub(super) samples: [u32; KINDS],
}

/// Samples that started in one bucket, by kind.
#[derive(Debug, Clone, Copy)]
pub(super) struct HotStart {
    pub(super) bucket_start_ms: i64,
    pub(super) samples: [u32; KINDS],
}

/// The contents taken from the hot cells.
#[derive(Debug, Default)]
pub(super) struct Taken {
    pub(super) cells: Vec<HotCell>,
    pub(super) threads: Vec<HotThreads>,
    pub(super) codes: Vec<HotCode>,
    pub(super) starts: Vec<HotStart>,
}

/// The keys of a sample: its label and kind, its worker, its response code.
#[derive(Debug, Clone, Copy)]
pub(super) struct Keys {
    pub(super) group: GroupId,
    pub(super) kind: Kind,
    pub(super) worker: u32,
    pub(super) code: u32,
}

/// All cells that are not counted yet.
#[derive(Debug, Clone)]
pub(super) struct Hot {
    width_ms: i64,
    cells: Vec<HotCell>,
    by_key: IntegerMap<(i64, GroupId), u32>,
    near: [Near; NEAR],
    last: usize,
    near_starts: [NearStart; NEAR_STARTS],
    last_start: usize,
    waiting: usize,
    threads: Vec<HotThreads>,
    codes: Vec<HotCode>,
    starts: Vec<HotStart>,
    spare: Vec<Vec<u32>>,
}

impl Hot {
    pub(super) fn new(width_ms: u64) -> Self {
        let near = Near { bucket_start_ms: i64::MIN, cells: Vec::new(), latest: Vec::new(), codes: Vec::new() };
        Self {
            width_ms: width_ms as i64,
            cells: Vec::new(),
            by_key: IntegerMap::default(),
            near: [near.clone(), near.clone(), near.clone(), near],
            last: 0,
            near_starts: [NO_START; NEAR_STARTS],
            last_start: 0,
            waiting: 0,
            threads: Vec::new(),
            codes: Vec::new(),
            starts: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Adds a sample. Returns true if the caller must [`Hot::take`] the cells before it adds more.
    #[inline(always)]
    pub(super) fn add(&mut self, sample: &Sample<'_>, keys: Keys, settings: &Settings) -> bool {
        let near = self.near(sample.end_ms);
        let known = self.near[near].cells.get(keys.group as usize).copied().unwrap_or(0);
        let cell = if known > 0 { known as usize - 1 } else { self.new_cell(near, keys.group) };
        let cell = &mut self.cells[cell];
        cell.tally.add(sample, settings);
        if let Some(elapsed_ms) = sample.elapsed_ms {
            cell.elapsed_ms.push(elapsed_ms);
            if !sample.success {
                cell.failed_ms.push(elapsed_ms);
            }
        }
        if let Some(threads) = sample.all_threads {
            self.put_threads(near, keys.worker, Latest { end_ms: sample.end_ms, threads });
        }
        self.put_code(near, keys);
        self.put_start(sample.start_ms, keys.kind);
        self.waiting += 1;
        self.waiting >= WAITING || self.cells.len() >= CELLS
    }

    /// Takes everything out; from now on buckets have this width.
    pub(super) fn take(&mut self) -> Taken {
        for near in 0..NEAR {
            self.forget(near);
        }
        for near in 0..NEAR_STARTS {
            self.forget_start(near);
        }
        self.by_key.clear();
        self.waiting = 0;
        Taken {
            cells: std::mem::take(&mut self.cells),
            threads: std::mem::take(&mut self.threads),
            codes: std::mem::take(&mut self.codes),
            starts: std::mem::take(&mut self.starts),
        }
    }

    pub(super) fn set_width(&mut self, width_ms: u64) {
        debug_assert!(self.cells.is_empty());
        self.width_ms = width_ms as i64;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Returns the memory of a taken cell for reuse.
    pub(super) fn recycle(&mut self, mut elapsed_ms: Vec<u32>) {
        if self.spare.len() < SPARE && (1..=SPARE_CAPACITY).contains(&elapsed_ms.capacity()) {
            elapsed_ms.clear();
            self.spare.push(elapsed_ms);
        }
    }

    /// The near bucket that contains this time.
    #[inline]
    fn near(&mut self, end_ms: i64) -> usize {
        if self.is_in(self.near[self.last].bucket_start_ms, end_ms) {
            return self.last;
        }
        let bucket = end_ms.div_euclid(self.width_ms);
        self.last = bucket as usize % NEAR;
        let start = bucket * self.width_ms;
        if self.near[self.last].bucket_start_ms != start {
            self.forget(self.last);
            self.near[self.last].bucket_start_ms = start;
        }
        self.last
    }

    #[cold]
    fn new_cell(&mut self, near: usize, group: GroupId) -> usize {
        let near = &mut self.near[near];
        let bucket_start_ms = near.bucket_start_ms;
        let cell = *self.by_key.entry((bucket_start_ms, group)).or_insert_with(|| {
            let elapsed_ms = self.spare.pop().unwrap_or_default();
            let failed_ms = Vec::new();
            self.cells.push(HotCell { bucket_start_ms, group, tally: Tally::default(), elapsed_ms, failed_ms });
            self.cells.len() as u32 - 1
        });
        if near.cells.len() <= group as usize {
            near.cells.resize(group as usize + 1, 0);
        }
        near.cells[group as usize] = cell + 1;
        cell as usize
    }

    #[inline]
    fn put_threads(&mut self, near: usize, worker: u32, latest: Latest) {
        let known = at_slot(&mut self.near[near].latest, worker);
        *known = Some(known.map_or(latest, |known| known.max(latest)));
    }

    #[inline]
    fn put_code(&mut self, near: usize, keys: Keys) {
        at_slot(&mut self.near[near].codes, keys.code)[keys.kind as usize] += 1;
    }

    #[inline]
    fn put_start(&mut self, start_ms: i64, kind: Kind) {
        let last = self.near_starts[self.last_start].bucket_start_ms;
        if !self.is_in(last, start_ms) {
            self.find_start(start_ms);
        }
        self.near_starts[self.last_start].samples[kind as usize] += 1;
    }

    #[inline(never)]
    fn find_start(&mut self, start_ms: i64) {
        let bucket = start_ms.div_euclid(self.width_ms);
        self.last_start = bucket as usize % NEAR_STARTS;
        let start = bucket * self.width_ms;
        if self.near_starts[self.last_start].bucket_start_ms != start {
            self.forget_start(self.last_start);
            self.near_starts[self.last_start].bucket_start_ms = start;
        }
    }

    /// Whether the bucket that begins there contains this time. Division is the main cost of finding a bucket.
    #[inline]
    fn is_in(&self, bucket_start_ms: i64, time_ms: i64) -> bool {
        time_ms >= bucket_start_ms
            && time_ms.wrapping_sub(bucket_start_ms) < self.width_ms
            && bucket_start_ms != i64::MIN
    }

    fn forget(&mut self, near: usize) {
        let near = &mut self.near[near];
        let bucket_start_ms = near.bucket_start_ms;
        for (slot, latest) in near.latest.iter_mut().enumerate() {
            if let Some(latest) = latest.take() {
                self.threads.push(HotThreads { bucket_start_ms, worker: number_of(slot), latest });
            }
        }
        for (slot, samples) in near.codes.iter_mut().enumerate() {
            if *samples != [0; KINDS] {
                let samples = std::mem::take(samples);
                self.codes.push(HotCode { bucket_start_ms, code: number_of(slot), samples });
            }
        }
        near.cells.clear();
        near.bucket_start_ms = i64::MIN;
    }

    fn forget_start(&mut self, near: usize) {
        let NearStart { bucket_start_ms, samples } = std::mem::replace(&mut self.near_starts[near], NO_START);
        if samples != [0; KINDS] {
            self.starts.push(HotStart { bucket_start_ms, samples });
        }
    }
}

/// The slot of a worker's or code's number: the remainder is first, so that the others are close together.
#[inline]
pub(super) fn at_slot<T: Default + Clone>(slots: &mut Vec<T>, number: u32) -> &mut T {
    let slot = match number {
        REST => 0,
        number => number as usize + 1,
    };
    if slots.len() <= slot {
        slots.resize(slot + 1, T::default());
    }
    &mut slots[slot]
}

/// The number that belongs to a slot.
pub(super) fn number_of(slot: usize) -> u32 {
    if slot == 0 { REST } else { slot as u32 - 1 }
}
