//! How the response times are distributed.

use super::shape::percentiles;
use crate::DistributionBin;

/// Number of bins of equal width; longer times go to one last bin.
const BINS: u64 = 120;
/// The bins' width is chosen so that the 99th percentile is near this bin.
const BINS_TO_P99: f64 = 60.0;

/// The bins that contain samples, by rising time. Their width is 1, 2 or 5 times a power of ten milliseconds, such that
/// the 99th percentile is in the first sixty bins; the 121st bin extends to the longest time.
pub(super) fn distribution(times: &[(u32, u64)], failed: &[(u32, u64)]) -> Vec<DistributionBin> {
    if times.is_empty() {
        return Vec::new();
    }
    let [p99] = percentiles(times, [99.0]);
    let width = round_width(p99 / BINS_TO_P99);
    let mut bins: Vec<DistributionBin> = Vec::new();
    for (value, count) in times.iter().copied() {
        let (from_ms, to_ms) = bin_of(u64::from(value), width);
        match bins.last_mut() {
            Some(last) if last.from_ms == from_ms => {
                last.samples += count;
                last.to_ms = last.to_ms.max(to_ms);
            }
            _ => bins.push(DistributionBin { from_ms, to_ms, samples: count, errors: 0 }),
        }
    }
    for (value, count) in failed.iter().copied() {
        let (from_ms, _) = bin_of(u64::from(value), width);
        if let Ok(at) = bins.binary_search_by_key(&from_ms, |bin| bin.from_ms) {
            bins[at].errors += count;
        }
    }
    bins
}

fn bin_of(value: u64, width: u64) -> (u64, u64) {
    match value / width {
        bin if bin < BINS => (bin * width, (bin + 1) * width),
        _ => (BINS * width, value + 1),
    }
}

/// The next greater of 1, 2, 5, 10, 20, 50, …
fn round_width(least: f64) -> u64 {
    let mut power = 1;
    loop {
        for step in [1, 2, 5] {
            if (step * power) as f64 >= least {
                return step * power;
            }
        }
        power *= 10;
    }
}
