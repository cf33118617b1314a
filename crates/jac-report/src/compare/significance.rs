//! The statistical tests: on counted distributions, so that their cost does not grow with the samples.

use jac_jtl::TimeFigures;
use serde::{Deserialize, Serialize};

/// Fewer samples than this are not tested: the normal approximation is not valid.
const LEAST_SAMPLES: u64 = 20;
/// Fewer cases than this in both sides together are not tested.
const LEAST_CASES: u64 = 5;

/// Result of a test.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TestResult {
    /// The tested share in `before`, between 0 and 1.
    pub share_before: f64,
    /// The same in `after`.
    pub share: f64,
    /// Probability of a difference at least this large under the null hypothesis (two-sided).
    pub p: f64,
    /// The same, corrected for the number of tests.
    pub corrected_p: f64,
}

impl TestResult {
    fn of_z(share_before: f64, share: f64, z: f64) -> Self {
        let p = two_sided(z);
        Self { share_before, share, p, corrected_p: p }
    }
}

/// Response times with their counts, ascending.
pub(super) struct Distribution {
    counts: Vec<(u32, u64)>,
    total: u64,
}

impl Distribution {
    pub(super) fn new(counts: &[(u32, u64)]) -> Self {
        Self { counts: counts.to_vec(), total: counts.iter().map(|(_, count)| count).sum() }
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    /// `None` without any.
    pub(super) fn figures(&self) -> Option<TimeFigures> {
        TimeFigures::of(&self.counts)
    }

    /// Samples that took longer.
    pub(super) fn above(&self, limit: u32) -> u64 {
        self.counts.iter().filter(|(value, _)| *value > limit).map(|(_, count)| count).sum()
    }

    /// The lowest time that the given share of both sides' samples does not exceed, with equal weight of both sides.
    pub(super) fn common_percentile(&self, other: &Self, share: f64) -> u32 {
        let weight = |count: u64, of: &Self| count as f64 / of.total.max(1) as f64 / 2.0;
        let mut below = 0.0;
        let mut last = 0;
        for (value, a, b) in both(self, other) {
            last = value;
            below += weight(a, self) + weight(b, other);
            if below >= share {
                break;
            }
        }
        last
    }
}

/// Each value of either side, ascending, with its count in both.
fn both<'a>(a: &'a Distribution, b: &'a Distribution) -> impl Iterator<Item = (u32, u64, u64)> + 'a {
    let (mut a, mut b) = (a.counts.iter().peekable(), b.counts.iter().peekable());
    std::iter::from_fn(move || {
        let value = match (a.peek(), b.peek()) {
            (Some((a, _)), Some((b, _))) => *a.min(b),
            (Some((value, _)), None) | (None, Some((value, _))) => *value,
            (None, None) => return None,
        };
        let count = |side: Option<&(u32, u64)>| side.map_or(0, |(_, count)| *count);
        Some((value, count(a.next_if(|(a, _)| *a == value)), count(b.next_if(|(b, _)| *b == value))))
    })
}

/// Mann–Whitney U, normal approximation with correction for ties (Mann and Whitney 1947; Lehmann, "Nonparametrics").
/// The share is U / (n·m): the probability that one of `b` is greater than one of `a`; equal ones count half.
pub(super) fn mann_whitney(a: &Distribution, b: &Distribution) -> Option<TestResult> {
    if a.total < LEAST_SAMPLES || b.total < LEAST_SAMPLES {
        return None;
    }
    let (n, m) = (a.total as f64, b.total as f64);
    let all = n + m;
    let (mut smaller, mut u, mut ties) = (0.0, 0.0, 0.0);
    for (_, in_a, in_b) in both(a, b) {
        let (in_a, in_b) = (in_a as f64, in_b as f64);
        u += in_b * (smaller + in_a / 2.0);
        smaller += in_a;
        let tied = in_a + in_b;
        ties += tied * (tied * tied - 1.0);
    }
    let variance = n * m / 12.0 * (all + 1.0 - ties / (all * (all - 1.0)));
    // All times equal: no difference at all.
    let z = if variance > 0.0 { (u - n * m / 2.0) / variance.sqrt() } else { 0.0 };
    Some(TestResult::of_z(0.5, u / (n * m), z))
}

/// Two-proportion z test with pooled variance; cases and samples of `a` and of `b`.
pub(super) fn proportions(a: (u64, u64), b: (u64, u64)) -> Option<TestResult> {
    if a.1 < LEAST_SAMPLES || b.1 < LEAST_SAMPLES || a.0 + b.0 < LEAST_CASES {
        return None;
    }
    let (n, m) = (a.1 as f64, b.1 as f64);
    let (share_a, share_b) = (a.0 as f64 / n, b.0 as f64 / m);
    let pooled = (a.0 + b.0) as f64 / (n + m);
    let variance = pooled * (1.0 - pooled) * (1.0 / n + 1.0 / m);
    let z = if variance > 0.0 { (share_b - share_a) / variance.sqrt() } else { 0.0 };
    Some(TestResult::of_z(share_a, share_b, z))
}

/// Corrects the tests' probabilities for their number (Holm 1979): the least times n, the next times n-1, never falling.
pub(super) fn holm(tests: &mut [&mut TestResult]) {
    tests.sort_by(|a, b| a.p.total_cmp(&b.p));
    let count = tests.len();
    let mut least = 0.0_f64;
    for (rank, test) in tests.iter_mut().enumerate() {
        least = least.max(test.p * (count - rank) as f64).min(1.0);
        test.corrected_p = least;
    }
}

/// Probability that a standard normal number is at least |z| away from 0: erfc(|z|/√2), by a Chebyshev fit with a
/// relative error below 1.2e-7 (Press et al., "Numerical Recipes", 6.2).
fn two_sided(z: f64) -> f64 {
    const FIT: [f64; 10] = [
        -1.265_512_23,
        1.000_023_68,
        0.374_091_96,
        0.096_784_18,
        -0.186_288_06,
        0.278_868_07,
        -1.135_203_98,
        1.488_515_87,
        -0.822_152_23,
        0.170_872_77,
    ];
    let x = z.abs() / std::f64::consts::SQRT_2;
    let t = 1.0 / (1.0 + x / 2.0);
    let fit = FIT.iter().rev().fold(0.0, |sum, factor| sum * t + factor);
    (t * (fit - x * x).exp()).min(1.0)
}

#[cfg(test)]
mod checked {
    use super::{Distribution, TestResult, holm, mann_whitney, proportions, two_sided};

    #[test]
    fn the_normal_tail_is_that_of_the_tables() {
        for (z, p) in [(0.0, 1.0), (1.0, 0.317_310_5), (1.959_964, 0.05), (3.290_527, 0.001), (6.0, 1.973_175e-9)] {
            assert!((two_sided(z) - p).abs() <= 1e-6 * p, "{z}: {}", two_sided(z));
            assert_eq!(two_sided(z), two_sided(-z));
        }
    }

    #[test]
    fn mann_whitney_agrees_with_counting_pairs() {
        let a = Distribution::new(&[(1, 10), (3, 20), (7, 5)]);
        let b = Distribution::new(&[(2, 5), (3, 10), (9, 10)]);
        let result = mann_whitney(&a, &b).expect("enough samples");
        // Pairs in which b is greater: 5*10 + 10*10 + 10*35; equal: 10*20.
        assert!((result.share - (500.0 + 100.0) / (35.0 * 25.0)).abs() < 1e-12);
        // The same from all pairs, with Python's math.erfc.
        assert!((result.p - P_BY_PAIRS).abs() < 1e-6, "{}", result.p);
    }

    const P_BY_PAIRS: f64 = 0.008_791_421_9;

    #[test]
    fn proportions_agree_with_the_textbook() {
        // 30 of 1000 against 50 of 1000: z = 2.2822, p = 0.0225.
        let result = proportions((30, 1_000), (50, 1_000)).expect("enough");
        assert!((result.p - 0.022_48).abs() < 1e-4, "{}", result.p);
        assert_eq!(proportions((0, 1_000), (2, 1_000)), None);
    }

    #[test]
    fn holm_multiplies_the_least_by_all() {
        let test = |p| TestResult { share_before: 0.0, share: 0.0, p, corrected_p: p };
        let (mut a, mut b, mut c) = (test(0.01), test(0.04), test(0.03));
        holm(&mut [&mut a, &mut b, &mut c]);
        assert_eq!((a.corrected_p, b.corrected_p, c.corrected_p), (0.03, 0.06, 0.06));
    }
}
