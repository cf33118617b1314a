//! How often each response time occurred: exact, mergeable, and small where times are few or alike.
//!
//! Counts begin packed, two or three bytes for a value that occurred. [`Counts::spread_out`] moves the values up to
//! [`PAGED`] into pages, where adding is cheapest; longer ones stay packed.

use super::packed::Packed;
use crate::percentile::percentile;

const PAGE: usize = 64;
/// Times below this may be counted in pages, longer ones are always packed.
const PAGED: u32 = 1 << 16;
/// Binary digits that are kept of a rounded time: less than 0.2 % of it is lost.
const DIGITS: u32 = 10;

/// Counts of whole milliseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    /// `None`: everything is packed.
    pages: Option<Vec<Option<Box<[u64; PAGE]>>>>,
    packed: Packed,
    /// What is still to be packed, in no order: packing anew costs as much as there is.
    late: Vec<(u32, u64)>,
    total: u64,
}

/// From so many packed bytes on, what is added waits for [`Counts::pack_late`].
const LATE_FROM: usize = 4 << 10;

impl Counts {
    /// Counts to add many others to, one after the other.
    pub(super) fn with_pages() -> Self {
        Self { pages: Some(Vec::new()), ..Self::default() }
    }

    /// Adds counts, which must be rising by value.
    pub(super) fn add(&mut self, counts: &[(u32, u64)], room: &mut Vec<u8>) {
        if counts.is_empty() {
            return;
        }
        self.total += counts.iter().map(|(_, count)| count).sum::<u64>();
        let Some(pages) = &mut self.pages else {
            self.packed.add(counts, room);
            return;
        };
        let (short, long) = counts.split_at(counts.partition_point(|(value, _)| *value < PAGED));
        for (value, count) in short {
            let page = *value as usize / PAGE;
            if page >= pages.len() {
                pages.resize_with(page + 1, || None);
            }
            pages[page].get_or_insert_with(|| Box::new([0; PAGE]))[*value as usize % PAGE] += count;
        }
        if !long.is_empty() {
            self.packed.add(long, room);
        }
    }

    /// The same, for adding often: what would have to be packed may wait. Returns whether something does; until
    /// [`Counts::pack_late`] the counts must not be looked at.
    pub(super) fn add_late(&mut self, counts: &[(u32, u64)], room: &mut Vec<u8>) -> bool {
        let from = if self.pages.is_some() { counts.partition_point(|(value, _)| *value < PAGED) } else { 0 };
        if self.packed.bytes() < LATE_FROM || from == counts.len() {
            self.add(counts, room);
            return !self.late.is_empty();
        }
        let (short, long) = counts.split_at(from);
        self.add(short, room);
        self.total += long.iter().map(|(_, count)| count).sum::<u64>();
        self.late.extend_from_slice(long);
        true
    }

    /// Packs what waited.
    pub(super) fn pack_late(&mut self, room: &mut Vec<u8>) {
        if self.late.is_empty() {
            return;
        }
        let mut late = std::mem::take(&mut self.late);
        late.sort_unstable();
        late.dedup_by(|(value, count), (before, sum)| {
            let same = value == before;
            if same {
                *sum += *count;
            }
            same
        });
        self.packed.add(&late, room);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.add(&other.iter().collect::<Vec<_>>(), &mut Vec::new());
    }

    /// Moves the shorter times into pages.
    pub(super) fn spread_out(&mut self) {
        if self.pages.is_none() {
            let mut spread = Self::with_pages();
            spread.merge(self);
            *self = spread;
        }
    }

    pub(super) fn has_pages(&self) -> bool {
        self.pages.is_some()
    }

    /// Rounds all times with [`rounded`].
    pub(super) fn round(&mut self) {
        let counts = rounded(self.iter());
        *self = if self.has_pages() { Self::with_pages() } else { Self::default() };
        self.add(&counts, &mut Vec::new());
    }

    /// Memory in bytes, about.
    pub(super) fn memory(&self) -> usize {
        let pages = self.pages.as_ref().map_or(0, |pages| {
            pages.len() * size_of::<Option<Box<[u64; PAGE]>>>()
                + pages.iter().flatten().count() * (size_of::<[u64; PAGE]>() + 16)
        });
        pages + self.packed.bytes() + self.late.capacity() * size_of::<(u32, u64)>()
    }

    /// Values that occurred, rising, each with its count.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, u64)> {
        debug_assert!(self.late.is_empty(), "looked at before everything was packed");
        let pages = self.pages.iter().flatten().enumerate().filter_map(|(at, page)| Some((at, page.as_ref()?)));
        let short = pages.flat_map(|(at, page)| {
            page.iter()
                .enumerate()
                .filter(|(_, count)| **count > 0)
                .map(move |(offset, count)| ((at * PAGE + offset) as u32, *count))
        });
        short.chain(self.packed.iter())
    }

    /// Everything that is computed from the counts.
    pub(super) fn shape(&self) -> Option<Shape> {
        let Outline { mean, max, median, p90, p95, p99 } = Outline::of(|| self.iter())?;
        let (min, _) = self.iter().next()?;
        let squares: f64 = self.iter().map(|(value, times)| times as f64 * (f64::from(value) - mean).powi(2)).sum();
        Some(Shape { mean, min, max, stddev: (squares / self.total as f64).sqrt(), median, p90, p95, p99 })
    }

    /// Percentiles at rising percentages, in one walk; 0 where nothing was counted.
    pub(super) fn percentiles<const N: usize>(&self, percents: [f64; N]) -> [f64; N] {
        let mut walk = Walk::new(self.iter());
        percents
            .map(|percent| percentile(percent, self.total, |rank| u64::from(walk.value_at(rank))).unwrap_or_default())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.total == 0
    }
}

/// The same counts with times of more than ten binary digits cut to ten: exact below 1,024 ms, and less than 0.2 % too
/// low above.
pub(super) fn rounded(counts: impl Iterator<Item = (u32, u64)>) -> Vec<(u32, u64)> {
    let mut rounded: Vec<(u32, u64)> = Vec::new();
    for (value, count) in counts {
        let cut = (u32::BITS - value.leading_zeros()).saturating_sub(DIGITS);
        let value = value >> cut << cut;
        match rounded.last_mut() {
            Some((last, known)) if *last == value => *known += count,
            _ => rounded.push((value, count)),
        }
    }
    rounded
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

/// What a point shows of a distribution, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Outline {
    pub(super) mean: f64,
    pub(super) max: u32,
    pub(super) median: f64,
    pub(super) p90: f64,
    pub(super) p95: f64,
    pub(super) p99: f64,
}

impl Outline {
    /// In two walks over rising values with their counts; `None` without any.
    pub(super) fn of<I: Iterator<Item = (u32, u64)>>(counts: impl Fn() -> I) -> Option<Self> {
        let (mut total, mut sum, mut max) = (0, 0u128, 0);
        for (value, count) in counts() {
            total += count;
            sum += u128::from(value) * u128::from(count);
            max = value;
        }
        if total == 0 {
            return None;
        }
        let mut walk = Walk::new(counts());
        let [median, p90, p95, p99] = [50.0, 90.0, 95.0, 99.0]
            .map(|percent| percentile(percent, total, |rank| u64::from(walk.value_at(rank))).unwrap_or_default());
        Some(Self { mean: sum as f64 / total as f64, max, median, p90, p95, p99 })
    }
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

#[cfg(test)]
mod tests {
    use super::{Counts, rounded};

    #[test]
    fn packed_and_spread_out_counts_are_the_same() {
        let pieces: [&[(u32, u64)]; 4] =
            [&[(0, 1), (7, 2), (70_000, 3)], &[(7, 1), (65_535, 1), (65_536, 1)], &[(u32::MAX, 9)], &[(1_500, 4)]];
        for spread_after in 0..=pieces.len() {
            let (mut counts, mut packed, mut room) = (Counts::default(), Counts::default(), Vec::new());
            for (at, piece) in pieces.iter().enumerate() {
                if at == spread_after {
                    counts.spread_out();
                }
                counts.add(piece, &mut room);
                packed.add(piece, &mut room);
            }
            assert_eq!(counts, packed);
            assert_eq!(counts.shape(), packed.shape());
            assert_eq!(counts.percentiles([0.0, 50.0, 100.0]), [0.0, 70_000.0, f64::from(u32::MAX)]);
        }
    }

    #[test]
    fn what_is_packed_late_is_packed() {
        for mut late in [Counts::default(), Counts::with_pages()] {
            let (mut at_once, mut room, mut waited) = (late.clone(), Vec::new(), false);
            for at in 0..200_u32 {
                let piece: Vec<_> = (0..50).map(|n| (n * 90_001 + at % 7 * 13_003, u64::from(at + 1))).collect();
                at_once.add(&piece, &mut room);
                waited |= late.add_late(&piece, &mut room);
                let more: Vec<_> = (0..60).map(|n| (at * 100_000 + n * 1_000, 1)).collect();
                at_once.add(&more, &mut room);
                waited |= late.add_late(&more, &mut room);
            }
            assert!(waited);
            late.pack_late(&mut room);
            assert_eq!(late, at_once);
        }
    }

    #[test]
    fn rounded_times_are_few_and_lose_less_than_two_thousandths() {
        let all: Vec<(u32, u64)> = (0..3_000_000).step_by(7).map(|value| (value, 1)).collect();
        let few = rounded(all.iter().copied());
        assert!(few.len() < 8_000, "{}", few.len());
        assert_eq!(few.iter().map(|(_, count)| count).sum::<u64>(), all.len() as u64);
        assert!(few.windows(2).all(|pair| pair[0].0 < pair[1].0));
        for (value, _) in &all {
            let (near, _) = rounded(std::iter::once((*value, 1)))[0];
            assert!(near <= *value && f64::from(*value - near) <= f64::from(*value) / 512.0);
            assert!(*value >= 1_024 || near == *value);
        }
    }
}
