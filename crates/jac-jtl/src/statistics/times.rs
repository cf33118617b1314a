//! How often each response time occurred, at rest: exact, mergeable, and small.
//!
//! The values are packed, rising, each as its difference from the previous one and its count. Repacking costs as much
//! as there is data, so a few values wait until it is worthwhile.

use super::packed::unpack;
use super::summing::Summing;
use crate::steps::Steps;

/// The steps of response times when memory does not suffice for exact ones, and of each in a time bucket: exact below
/// 1,024 ms, less than 0.2 % too low above.
pub(super) const STEPS: Steps = Steps::of_digits(10);

/// Number of values that may wait, or a quarter of the number of packed bytes if that is more.
const LATE: usize = 64;

/// The precision of a stored response time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Precision {
    /// Whole milliseconds.
    #[default]
    Exact,
    /// The least time of its step.
    Steps,
}

/// Response times with their counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    packed: Box<[u8]>,
    /// Unsorted values that are still to be packed.
    late: Vec<u32>,
}

impl Times {
    /// From summed-up values.
    pub(super) fn of(summing: &mut Summing) -> Self {
        Self { packed: summing.pack_behind(&[]), late: Vec::new() }
    }

    /// Adds values; a few wait for [`Times::pack`], which must be called before any query.
    pub(super) fn add<'a>(
        &mut self,
        values: impl Iterator<Item = &'a [u32]> + Clone,
        precision: Precision,
        summing: &mut Summing,
    ) {
        let more: usize = values.clone().map(<[u32]>::len).sum();
        if self.late.len() + more <= LATE.max(self.packed.len() / 4) {
            values.for_each(|values| self.late.extend_from_slice(values));
        } else {
            self.pack_with(values, precision, summing);
        }
    }

    /// Whether a value waits.
    pub(super) fn waits(&self) -> bool {
        !self.late.is_empty()
    }

    /// Packs what waits.
    pub(super) fn pack(&mut self, precision: Precision, summing: &mut Summing) {
        if self.waits() {
            self.pack_with(std::iter::empty(), precision, summing);
        }
    }

    fn pack_with<'a>(&mut self, values: impl Iterator<Item = &'a [u32]>, precision: Precision, summing: &mut Summing) {
        let late = std::mem::take(&mut self.late);
        summing.add(unpack(&self.packed), self.packed.len());
        let mut add = |values: &[u32]| match precision {
            Precision::Exact => summing.add_values(values),
            Precision::Steps => summing.add(values.iter().map(|ms| (STEPS.cut(*ms), 1)), values.len()),
        };
        add(&late);
        values.for_each(add);
        self.packed = summing.pack_behind(&[]);
    }

    /// Adds another's. No values may be waiting on either side, and both must have the same precision.
    pub(super) fn merge(&mut self, other: Self, summing: &mut Summing) {
        debug_assert!(!self.waits() && !other.waits());
        if self.packed.is_empty() {
            *self = other;
        } else if !other.packed.is_empty() {
            summing.add(unpack(&self.packed), self.packed.len());
            summing.add(unpack(&other.packed), other.packed.len());
            self.packed = summing.pack_behind(&[]);
        }
    }

    /// Reduces each value to its step.
    pub(super) fn round(&mut self, summing: &mut Summing) {
        self.pack(Precision::Steps, summing);
        summing.add(unpack(&self.packed).map(|(ms, count)| (STEPS.cut(ms), count)), self.packed.len());
        self.packed = summing.pack_behind(&[]);
    }

    /// Size of the packed bytes: the same for the same times, and never smaller for more of them.
    pub(super) fn bytes(&self) -> usize {
        self.packed.len()
    }

    /// Adds all to a sum.
    pub(super) fn add_to(&self, summing: &mut Summing) {
        debug_assert!(!self.waits(), "looked at before everything was packed");
        summing.add(unpack(&self.packed), self.packed.len());
    }

    /// The values, rising, each with its count.
    pub(super) fn counts(&self) -> Vec<(u32, u64)> {
        debug_assert!(!self.waits(), "looked at before everything was packed");
        unpack(&self.packed).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::{Precision, STEPS, Times};
    use crate::statistics::summing::Summing;
    use std::collections::BTreeMap;

    fn values(seed: u32, count: u32, limit: u32) -> Vec<u32> {
        (0..count).map(|at| (at ^ seed).wrapping_mul(2_654_435_761) % limit).collect()
    }

    fn counted(values: &[u32], precision: Precision) -> Vec<(u32, u64)> {
        let mut counts = BTreeMap::new();
        for ms in values {
            let kept = if precision == Precision::Exact { *ms } else { STEPS.cut(*ms) };
            *counts.entry(kept).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    #[test]
    fn values_in_any_pieces_and_merged_parts_are_the_same_counts() {
        let mut summing = Summing::default();
        for (limit, precision) in [
            (40, Precision::Exact),
            (3_000, Precision::Exact),
            (u32::MAX, Precision::Exact),
            (400_000, Precision::Steps),
        ] {
            let all = values(7, 5_000, limit);
            for piece in [1, 70, 5_000] {
                let mut parts = [Times::default(), Times::default()];
                for (at, piece) in all.chunks(piece).enumerate() {
                    parts[at % 2].add([piece].into_iter(), precision, &mut summing);
                }
                parts.iter_mut().for_each(|part| part.pack(precision, &mut summing));
                let [mut times, other] = parts;
                times.merge(other, &mut summing);
                assert_eq!(times.counts(), counted(&all, precision));
            }
        }
    }

    #[test]
    fn rounding_before_and_after_merging_is_the_same() {
        let mut summing = Summing::default();
        let (mut one, mut other) = (Times::default(), Times::default());
        one.add([&*values(1, 3_000, 9_000_000)].into_iter(), Precision::Exact, &mut summing);
        other.add([&*values(2, 3_000, 9_000)].into_iter(), Precision::Exact, &mut summing);
        one.pack(Precision::Exact, &mut summing);
        other.pack(Precision::Exact, &mut summing);
        let mut after = one.clone();
        after.merge(other.clone(), &mut summing);
        after.round(&mut summing);
        one.round(&mut summing);
        other.round(&mut summing);
        one.merge(other, &mut summing);
        assert_eq!(one.counts(), after.counts());
        assert!(one.counts().iter().all(|(ms, _)| STEPS.cut(*ms) == *ms));
    }

    #[test]
    fn more_times_never_take_fewer_bytes() {
        let (mut times, mut summing, mut before) = (Times::default(), Summing::default(), 0);
        for ms in values(3, 4_000, 70_000).into_iter().chain(values(4, 4_000, 300)) {
            times.add([&[ms][..]].into_iter(), Precision::Exact, &mut summing);
            times.pack(Precision::Exact, &mut summing);
            assert!(times.bytes() >= before);
            before = times.bytes();
        }
    }
}
