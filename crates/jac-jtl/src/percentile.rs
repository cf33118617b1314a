//! The percentile that JMeter's dashboard shows: commons-math3's `Percentile`, estimation type `LEGACY`.

/// The `percent`-th percentile of `count` whole numbers in rising order, of which `value_at` gives the one at an index
/// (0-based).
///
/// Position `p/100 * (n + 1)`, linear between its neighbours; below 1 the least, from n on the greatest value
/// (<https://commons.apache.org/proper/commons-math/javadocs/api-3.6.1/org/apache/commons/math3/stat/descriptive/rank/Percentile.html>).
/// `None` when there is no value.
pub(crate) fn percentile(percent: f64, count: u64, mut value_at: impl FnMut(u64) -> u64) -> Option<f64> {
    if count == 0 {
        return None;
    }
    let position = percent / 100.0 * (count as f64 + 1.0);
    if position < 1.0 {
        return Some(value_at(0) as f64);
    }
    if position >= count as f64 {
        return Some(value_at(count - 1) as f64);
    }
    let floor = position.floor();
    let lower = value_at(floor as u64 - 1) as f64;
    let upper = value_at(floor as u64) as f64;
    Some(lower + (position - floor) * (upper - lower))
}

/// The same for a sorted slice, for callers that have the values themselves.
pub fn percentile_of_sorted(percent: f64, sorted: &[u64]) -> Option<f64> {
    percentile(percent, sorted.len() as u64, |index| sorted[index as usize])
}

#[cfg(test)]
mod tests {
    use super::percentile_of_sorted;

    #[test]
    fn positions_follow_commons_math() {
        let ten: Vec<u64> = (1..=10).map(|value| value * 10).collect();
        let table = [(50.0, 55.0), (90.0, 99.0), (95.0, 100.0), (99.0, 100.0), (5.0, 10.0), (25.0, 27.5)];
        for (percent, expected) in table {
            assert_eq!(percentile_of_sorted(percent, &ten), Some(expected), "p{percent}");
        }
        assert_eq!(percentile_of_sorted(50.0, &[7]), Some(7.0));
        assert_eq!(percentile_of_sorted(50.0, &[]), None);
    }
}
