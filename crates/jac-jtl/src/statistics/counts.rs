//! How often each response time occurred: exact, mergeable, and small where times are alike.

use crate::percentile::percentile;
use std::collections::BTreeMap;

const PAGE: usize = 64;
/// Times below this are counted in pages, longer ones in a map.
const PAGED: u32 = 1 << 16;

/// Counts of whole milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pages: Vec<Option<Box<[u64; PAGE]>>>,
    long: BTreeMap<u32, u64>,
    total: u64,
}

impl Counts {
    #[inline]
    pub(super) fn add(&mut self, value: u32, count: u64) {
        self.total += count;
        if value < PAGED {
            let page = value as usize / PAGE;
            if page >= self.pages.len() {
                self.pages.resize_with(page + 1, || None);
            }
            self.pages[page].get_or_insert_with(|| Box::new([0; PAGE]))[value as usize % PAGE] += count;
        } else {
            *self.long.entry(value).or_insert(0) += count;
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (value, count) in other.iter() {
            self.add(value, count);
        }
    }

    /// Forgets the counts and keeps the memory.
    pub(super) fn clear(&mut self) {
        for page in self.pages.iter_mut().flatten() {
            page.fill(0);
        }
        self.long.clear();
        self.total = 0;
    }

    /// Values that occurred, rising, each with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        let paged = self.pages.iter().enumerate().filter_map(|(at, page)| Some((at, page.as_ref()?)));
        let short = paged.flat_map(|(at, page)| {
            page.iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(move |(offset, count)| ((at * PAGE + offset) as u32, *count))
        });
        short.chain(self.long.iter().map(|(value, count)| (*value, *count)))
    }

    /// Everything that is computed from the counts, in two walks.
    pub(super) fn shape(&self) -> Option<Shape> {
        let count = self.total;
        if count == 0 {
            return None;
        }
        let mut min = None;
        let mut max = 0;
        let mut sum = 0u128;
        for (value, times) in self.iter() {
            min.get_or_insert(value);
            max = value;
            sum += u128::from(value) * u128::from(times);
        }
        let mean = sum as f64 / count as f64;
        let squares: f64 = self.iter().map(|(value, times)| times as f64 * (f64::from(value) - mean).powi(2)).sum();
        let mut walk = Walk::new(self.iter());
        let [median, p90, p95, p99] = [50.0, 90.0, 95.0, 99.0]
            .map(|percent| percentile(percent, count, |rank| u64::from(walk.value_at(rank))).unwrap_or_default());
        Some(Shape {
            mean,
            min: min.unwrap_or_default(),
            max,
            stddev: (squares / count as f64).sqrt(),
            median,
            p90,
            p95,
            p99,
        })
    }

    /// One percentile.
    pub(super) fn percentile(&self, percent: f64) -> Option<f64> {
        let mut walk = Walk::new(self.iter());
        percentile(percent, self.total, |rank| u64::from(walk.value_at(rank)))
    }
}

impl PartialEq for Counts {
    fn eq(&self, other: &Self) -> bool {
        self.total == other.total && self.iter().eq(other.iter())
    }
}

/// Numbers that describe a distribution of response times, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shape {
    pub(super) mean: f64,
    pub(super) min: u32,
    pub(super) max: u32,
    pub(super) stddev: f64,
    pub(super) median: f64,
    pub(super) p90: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
}

/// Finds values by rank while the ranks rise; one may lie one step behind the last, as the neighbours of two percentiles
/// may overlap.
struct Walk<I> {
    counts: I,
    before: u32,
    value: u32,
    /// Ranks of `value` are in `from..to`.
    from: u64,
    to: u64,
}

impl<I: Iterator<Item = (u32, u64)>> Walk<I> {
    fn new(counts: I) -> Self {
        Self { counts, before: 0, value: 0, from: 0, to: 0 }
    }

    fn value_at(&mut self, rank: u64) -> u32 {
        if rank < self.from {
            return self.before;
        }
        while rank >= self.to {
            let Some((value, count)) = self.counts.next() else {
                return self.value;
            };
            self.before = self.value;
            self.value = value;
            self.from = self.to;
            self.to += count;
        }
        self.value
    }
}
