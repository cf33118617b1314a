//! Figures computed from counted response times, which are rising values with their counts.

use crate::percentile::percentile;
use serde::{Deserialize, Serialize};

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
    pub(super) p999: f64,
}

impl Shape {
    /// `None` without any.
    pub(super) fn of(counts: &[(u32, u64)]) -> Option<Self> {
        let (&(min, _), &(max, _)) = (counts.first()?, counts.last()?);
        let total = total(counts);
        let sum: u128 = counts.iter().map(|(ms, count)| u128::from(*ms) * u128::from(*count)).sum();
        let mean = sum as f64 / total as f64;
        let squares: f64 = counts.iter().map(|(ms, count)| *count as f64 * (f64::from(*ms) - mean).powi(2)).sum();
        let [median, p90, p95, p99, p999] = percentiles(counts, [50.0, 90.0, 95.0, 99.0, 99.9]);
        Some(Self { mean, min, max, stddev: (squares / total as f64).sqrt(), median, p90, p95, p99, p999 })
    }
}

/// Some figures of counted response times, in milliseconds, calculated as those of a table's line are.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimeFigures {
    pub mean_ms: f64,
    pub median_ms: f64,
    pub p95_ms: f64,
}

impl TimeFigures {
    /// Of rising times with their counts; `None` without any.
    pub fn of(counts: &[(u32, u64)]) -> Option<Self> {
        Shape::of(counts).map(|shape| Self { mean_ms: shape.mean, median_ms: shape.median, p95_ms: shape.p95 })
    }
}

/// Median, 90th, 95th and 99th percentile; 0 without any.
pub(super) fn shown_percentiles(counts: &[(u32, u64)]) -> [f64; 4] {
    percentiles(counts, [50.0, 90.0, 95.0, 99.0])
}

/// Percentiles at rising percentages, in one walk; 0 without any.
pub(super) fn percentiles<const N: usize>(counts: &[(u32, u64)], percents: [f64; N]) -> [f64; N] {
    let total = total(counts);
    let mut walk = Walk { counts, at: 0, from: 0 };
    percents.map(|percent| percentile(percent, total, |rank| u64::from(walk.value_at(rank))).unwrap_or_default())
}

fn total(counts: &[(u32, u64)]) -> u64 {
    counts.iter().map(|(_, count)| count).sum()
}

/// Finds values by rank; the ranks rise, but for neighbours of two percentiles that overlap.
struct Walk<'a> {
    counts: &'a [(u32, u64)],
    at: usize,
    /// The first rank of the value there.
    from: u64,
}

impl Walk<'_> {
    fn value_at(&mut self, rank: u64) -> u32 {
        while rank < self.from {
            self.at -= 1;
            self.from -= self.counts[self.at].1;
        }
        while rank >= self.from + self.counts[self.at].1 {
            self.from += self.counts[self.at].1;
            self.at += 1;
        }
        self.counts[self.at].0
    }
}

#[cfg(test)]
mod tests {
    use super::{Shape, percentiles};
    use crate::percentile_of_sorted;

    #[test]
    fn percentiles_of_counts_are_those_of_the_values() {
        for counts in [&[(7, 1)][..], &[(0, 1), (7, 2), (70_000, 3), (u32::MAX, 9)], &[(5, 100), (6, 1), (9, 899)]] {
            let all: Vec<u64> =
                counts.iter().flat_map(|(ms, count)| vec![u64::from(*ms); usize::try_from(*count).unwrap()]).collect();
            let percents = [0.0, 1.0, 10.0, 10.1, 50.0, 90.0, 95.0, 99.0, 99.9, 100.0];
            let expected = percents.map(|percent| percentile_of_sorted(percent, &all).expect("a value"));
            assert_eq!(percentiles(counts, percents), expected);
            let shape = Shape::of(counts).expect("a shape");
            assert_eq!((u64::from(shape.min), u64::from(shape.max)), (all[0], all[all.len() - 1]));
            assert_eq!([shape.median, shape.p90, shape.p95, shape.p99, shape.p999], expected[4..9]);
        }
        assert_eq!(Shape::of(&[]), None);
        assert_eq!(percentiles(&[], [50.0]), [0.0]);
    }
}
