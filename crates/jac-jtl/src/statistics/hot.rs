//! Where a sample lands first: the cell of its time bucket and group, as one value behind the others and a few sums.
//!
//! Cells are counted and moved to the buckets at rest when enough has come together, or when somebody asks. So a row costs
//! some additions to memory that is in the cache, whatever the number of labels and buckets.

use super::active::Latest;
use super::labels::GroupId;
use super::tally::Tally;
use crate::hash::IntegerMap;
use crate::{Sample, Settings};

/// Samples that may wait in all cells together.
const WAITING: usize = 128 << 10;
/// Buckets whose cells are found without a hash: time runs on, with neighbours interleaved.
const NEAR: usize = 4;
/// Vectors kept for reuse, and the most values each may hold room for.
const SPARE: usize = 512;
const SPARE_CAPACITY: usize = 8 << 10;

/// Samples of one group that ended in one bucket and are not counted yet.
#[derive(Debug, Clone)]
pub(super) struct HotCell {
    pub(super) bucket_start_ms: i64,
    pub(super) group: GroupId,
    pub(super) tally: Tally,
    pub(super) elapsed_ms: Vec<u32>,
}

/// The cells of one near bucket by group, and its workers' latest thread counts.
#[derive(Debug, Clone)]
struct Near {
    bucket_start_ms: i64,
    /// By group: number of the cell + 1, or 0.
    cells: Vec<u32>,
    latest: Vec<Option<Latest>>,
}

/// A worker's latest thread count in one bucket.
#[derive(Debug, Clone, Copy)]
pub(super) struct HotThreads {
    pub(super) bucket_start_ms: i64,
    pub(super) worker: u32,
    pub(super) latest: Latest,
}

/// All cells that are not counted yet.
#[derive(Debug, Clone)]
pub(super) struct Hot {
    width_ms: i64,
    cells: Vec<HotCell>,
    by_key: IntegerMap<(i64, GroupId), u32>,
    near: [Near; NEAR],
    last: usize,
    waiting: usize,
    threads: Vec<HotThreads>,
    spare: Vec<Vec<u32>>,
}

impl Hot {
    pub(super) fn new(width_ms: u64) -> Self {
        let near = Near { bucket_start_ms: i64::MIN, cells: Vec::new(), latest: Vec::new() };
        Self {
            width_ms: width_ms as i64,
            cells: Vec::new(),
            by_key: IntegerMap::default(),
            near: [near.clone(), near.clone(), near.clone(), near],
            last: 0,
            waiting: 0,
            threads: Vec::new(),
            spare: Vec::new(),
        }
    }

    /// Adds a sample. True means: [`Hot::take`] the cells before more are added.
    #[inline]
    pub(super) fn add(&mut self, sample: &Sample<'_>, group: GroupId, worker: u32, settings: &Settings) -> bool {
        let near = self.near(sample.end_ms);
        let known = self.near[near].cells.get(group as usize).copied().unwrap_or(0);
        let cell = if known > 0 { known as usize - 1 } else { self.new_cell(near, group) };
        let cell = &mut self.cells[cell];
        cell.tally.add(sample, settings);
        cell.elapsed_ms.push(sample.elapsed_ms);
        if let Some(threads) = sample.all_threads {
            self.put_threads(near, worker, Latest { end_ms: sample.end_ms, threads });
        }
        self.waiting += 1;
        self.waiting >= WAITING
    }

    /// Takes everything out; from now on buckets have this width.
    pub(super) fn take(&mut self) -> (Vec<HotCell>, Vec<HotThreads>) {
        for near in 0..NEAR {
            self.forget(near);
        }
        self.by_key.clear();
        self.waiting = 0;
        (std::mem::take(&mut self.cells), std::mem::take(&mut self.threads))
    }

    pub(super) fn set_width(&mut self, width_ms: u64) {
        debug_assert!(self.cells.is_empty());
        self.width_ms = width_ms as i64;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Gives the memory of a taken cell back for reuse.
    pub(super) fn recycle(&mut self, mut elapsed_ms: Vec<u32>) {
        if self.spare.len() < SPARE && elapsed_ms.capacity() <= SPARE_CAPACITY {
            elapsed_ms.clear();
            self.spare.push(elapsed_ms);
        }
    }

    /// Which near bucket holds this time.
    #[inline]
    fn near(&mut self, end_ms: i64) -> usize {
        let start = self.near[self.last].bucket_start_ms;
        if end_ms >= start && end_ms.wrapping_sub(start) < self.width_ms && start != i64::MIN {
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
            self.cells.push(HotCell { bucket_start_ms, group, tally: Tally::default(), elapsed_ms });
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
        let slots = &mut self.near[near].latest;
        let slot = match worker {
            super::keyed::REST => 0,
            worker => worker as usize + 1,
        };
        if slots.len() <= slot {
            slots.resize(slot + 1, None);
        }
        let known = &mut slots[slot];
        *known = Some(known.map_or(latest, |known| known.max(latest)));
    }

    fn forget(&mut self, near: usize) {
        let near = &mut self.near[near];
        let bucket_start_ms = near.bucket_start_ms;
        for (slot, latest) in near.latest.iter_mut().enumerate() {
            if let Some(latest) = latest.take() {
                let worker = if slot == 0 { super::keyed::REST } else { slot as u32 - 1 };
                self.threads.push(HotThreads { bucket_start_ms, worker, latest });
            }
        }
        near.cells.clear();
        near.bucket_start_ms = i64::MIN;
    }
}
