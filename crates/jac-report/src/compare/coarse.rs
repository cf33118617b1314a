//! [`CoarseTimes`]: response times in steps of about 3 %, which take a few hundred bytes: they are kept for a run
//! indefinitely, so that it can be tested against later ones without its log.
//!
//! The steps are those of an HdrHistogram with five bits. Both sides of a test are put into the same steps, so a step
//! adds ties and no bias. Two can be merged.

use jac_jtl::{DistributionBin, Steps};
use std::collections::BTreeMap;

/// Up to 63 ms each millisecond, above it 32 to each doubling.
const STEPS: Steps = Steps::of_digits(6);
/// The first byte of the stored form.
const VERSION: u8 = 1;

/// Response times by step, with how many there are of each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CoarseTimes {
    /// The least time of a step in milliseconds, with its count; rising.
    counts: Vec<(u32, u64)>,
}

impl CoarseTimes {
    /// From counted times.
    pub fn of(counts: impl IntoIterator<Item = (u32, u64)>) -> Self {
        let mut steps: BTreeMap<u32, u64> = BTreeMap::new();
        for (ms, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            let sum = steps.entry(STEPS.step_of(ms)).or_default();
            *sum = sum.saturating_add(count);
        }
        Self { counts: steps.into_iter().filter_map(|(step, count)| Some((STEPS.least_of(step)?, count))).collect() }
    }

    /// From a curve of percentiles, with `percents` rising from 0 to 100, if nothing finer is left: the samples between
    /// two of its points are split evenly between them.
    pub fn of_percentiles(percents: &[f64], times_ms: &[f64], samples: u64) -> Self {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "rounded on purpose"
        )]
        let until = |percent: f64| (samples as f64 * percent / 100.0).round() as u64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "rounded on purpose, and bounded")]
        let whole = |ms: f64| ms.round().clamp(0.0, f64::from(u32::MAX)) as u32;
        let pairs = percents.windows(2).zip(times_ms.windows(2));
        Self::of(pairs.flat_map(|(percents, times)| {
            let count = until(percents[1]).saturating_sub(until(percents[0]));
            [(whole(times[0]), count / 2), (whole(times[1]), count - count / 2)]
        }))
    }

    /// The passed samples among these, according to a histogram that contains the failed ones.
    ///
    /// A bin that has both does not say which of them were faster, and neither does a step over several bins; each step is reduced by the share
    /// that failed in its bins. Where the failed samples of such bins and steps are more than a fiftieth of what passed, that would be a guess,
    /// and the result is empty.
    #[must_use]
    pub fn passed(&self, bins: &[DistributionBin]) -> Self {
        let passed_in = |bin: &DistributionBin| bin.samples.saturating_sub(bin.errors);
        let passed: u64 = bins.iter().map(passed_in).sum();
        let mut uncertain: u64 = bins.iter().filter(|bin| passed_in(bin) > 0).map(|bin| bin.errors).sum();
        let mut kept = Vec::with_capacity(self.counts.len());
        for &(ms, count) in &self.counts {
            let from = bins.partition_point(|bin| bin.to_ms <= u64::from(ms));
            let until = bins.partition_point(|bin| bin.from_ms < u64::from(end_of_step(ms)));
            let of_step = bins.get(from..until).unwrap_or_default();
            let samples: u64 = of_step.iter().map(|bin| bin.samples).sum();
            let passed: u64 = of_step.iter().map(passed_in).sum();
            let of_count =
                |share: u64| u64::try_from(u128::from(count) * u128::from(share) / u128::from(samples.max(1)));
            let left = of_count(passed).unwrap_or(count);
            if samples == 0 || (of_step.len() > 1 && passed > 0) {
                uncertain += count - left;
            }
            kept.push((ms, left));
        }
        if uncertain > passed / 50 { Self::default() } else { Self::of(kept) }
    }

    /// The middle of each step with its count, rising: what a mean is computed of, as the least time of each would be up to 3 % too low.
    pub fn middles(&self) -> Vec<(u32, u64)> {
        self.counts.iter().map(|&(ms, count)| (ms + (end_of_step(ms) - 1 - ms) / 2, count)).collect()
    }

    /// Both together.
    #[must_use]
    pub fn merged(&self, other: &Self) -> Self {
        Self::of(self.counts.iter().chain(&other.counts).copied())
    }

    /// The least time of each step with its count, rising.
    pub fn counts(&self) -> &[(u32, u64)] {
        &self.counts
    }

    /// As it is stored: a version, then for each step how far it is from the one before and its count, both as variable-length numbers
    /// (LEB128).
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![VERSION];
        let mut before = 0;
        for (least, count) in &self.counts {
            let step = STEPS.step_of(*least);
            push(&mut bytes, u64::from(step - before));
            push(&mut bytes, *count);
            before = step;
        }
        bytes
    }

    /// Reads the output of [`to_bytes`](Self::to_bytes); `None` for anything else.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (version, mut rest) = bytes.split_first()?;
        if *version != VERSION {
            return None;
        }
        let (mut counts, mut step): (Vec<(u32, u64)>, u32) = (Vec::new(), 0);
        while !rest.is_empty() {
            let further = u32::try_from(take(&mut rest)?).ok()?;
            if further == 0 && !counts.is_empty() {
                return None;
            }
            step = step.checked_add(further)?;
            counts.push((STEPS.least_of(step)?, take(&mut rest)?));
        }
        Some(Self { counts })
    }
}

/// The least time of the step after that of a time.
fn end_of_step(ms: u32) -> u32 {
    STEPS.least_of(STEPS.step_of(ms) + 1).unwrap_or(u32::MAX)
}

fn push(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push((number & 0x7f) as u8);
}

fn take(rest: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..u64::BITS).step_by(7) {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f).checked_shl(shift)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod coarse_times {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_curve_of_percentiles_gives_as_many_samples_where_they_were() {
        let (percents, times) = ([0.0, 50.0, 90.0, 100.0], [10.0, 20.0, 60.0, 60.0]);
        let coarse = CoarseTimes::of_percentiles(&percents, &times, 1_000);
        assert_eq!(coarse.counts(), [(10, 250), (20, 450), (60, 300)]);
        assert!(CoarseTimes::of_percentiles(&[], &[], 5).counts().is_empty());
    }

    #[test]
    fn a_usual_run_takes_a_few_hundred_bytes() {
        let times = (0..1_000_000_u32).map(|n| (80 + n % 700 + (n % 97) * 20, 1));
        let bytes = CoarseTimes::of(times).to_bytes().len();
        assert!(bytes < 600, "{bytes}");
    }

    proptest! {
        #[test]
        fn what_is_stored_comes_back_and_any_bytes_do_no_harm(
            counts in prop::collection::vec((any::<u32>(), 1..u64::MAX / 1_000), 0..200),
            bytes in prop::collection::vec(any::<u8>(), 0..60),
        ) {
            let coarse = CoarseTimes::of(counts.clone());
            prop_assert_eq!(CoarseTimes::from_bytes(&coarse.to_bytes()), Some(coarse));
            drop(CoarseTimes::from_bytes(&bytes));
        }

        #[test]
        fn merging_is_counting_all_at_once(
            one in prop::collection::vec((0..500_000_u32, 1..100_u64), 0..100),
            other in prop::collection::vec((0..500_000_u32, 1..100_u64), 0..100),
        ) {
            let merged = CoarseTimes::of(one.clone()).merged(&CoarseTimes::of(other.clone()));
            prop_assert_eq!(merged, CoarseTimes::of(one.into_iter().chain(other)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bin(from_ms: u64, to_ms: u64, samples: u64, errors: u64) -> DistributionBin {
        DistributionBin { from_ms, to_ms, samples, errors }
    }

    #[test]
    fn failed_samples_are_taken_out_where_the_histogram_says_which_they_are() {
        let all = CoarseTimes::of([(1, 10), (40, 500), (60, 490), (60_000, 200)]);
        let times = all.passed(&[bin(0, 1000, 1000, 10), bin(60_000, 61_000, 200, 200)]);
        assert_eq!(times.counts(), [(1, 9), (40, 495), (60, 485)]);
        assert_eq!(all.passed(&[bin(0, 1000, 1000, 0), bin(60_000, 61_000, 200, 200)]).counts(), &all.counts()[..3]);
    }

    #[test]
    fn a_step_over_bins_of_passed_and_of_failed_samples_is_a_guess() {
        // From 512 to 1,023 ms a step is 16 ms wide; these bins are 10 ms wide.
        let all = CoarseTimes::of((530..540).map(|ms| (ms, 800)).chain((540..700).map(|ms| (ms, 100))));
        let passed = (54..70).map(|tens| bin(tens * 10, tens * 10 + 10, 1_000, 0));
        let bins: Vec<_> = [bin(530, 540, 8_000, 8_000)].into_iter().chain(passed.clone()).collect();
        assert_eq!(all.passed(&bins), CoarseTimes::default());
        // A few of them may be wrong.
        let all = CoarseTimes::of((530..540).map(|ms| (ms, 10)).chain((540..700).map(|ms| (ms, 100))));
        let bins: Vec<_> = [bin(530, 540, 100, 100)].into_iter().chain(passed).collect();
        let kept: u64 = all.passed(&bins).counts().iter().map(|(_, count)| count).sum();
        assert!((15_800..=16_100).contains(&kept), "{kept}");
    }

    #[test]
    fn what_would_be_a_guess_is_left_out() {
        let all = CoarseTimes::of([(1, 500), (50, 500)]);
        assert_eq!(all.passed(&[bin(0, 1000, 1000, 500)]), CoarseTimes::default());
        assert_eq!(all.passed(&[]), CoarseTimes::default());
    }
}
