//! Number and times of a group's failures: in total, and in each interval that has any, so that those of a time range can be
//! reported while a run is active.

use std::ops::Range;

/// Memory of an interval, in bytes.
pub(super) const PART_BYTES: usize = size_of::<Count>();

/// Failures, and when the first and the last of them ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Count {
    pub(super) count: u64,
    pub(super) first_ms: i64,
    pub(super) last_ms: i64,
}

impl Count {
    /// One failure.
    pub(super) fn one(end_ms: i64) -> Self {
        Self { count: 1, first_ms: end_ms, last_ms: end_ms }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.first_ms = self.first_ms.min(other.first_ms);
        self.last_ms = self.last_ms.max(other.last_ms);
    }

    /// The interval that it belongs to.
    fn interval(self, width_ms: i64) -> i64 {
        self.first_ms.div_euclid(width_ms)
    }
}

/// Failures over time. The owner stores the width of the intervals, which is the same for all.
#[derive(Debug, Clone)]
pub(super) struct OverTime {
    all: Count,
    /// One for each interval that has any, in order of time.
    parts: Vec<Count>,
}

impl From<Count> for OverTime {
    /// Failures of one interval.
    fn from(all: Count) -> Self {
        Self { all, parts: vec![all] }
    }
}

impl OverTime {
    pub(super) fn all(&self) -> Count {
        self.all
    }

    /// Number of intervals.
    pub(super) fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Adds failures of one interval.
    pub(super) fn add(&mut self, count: Count, width_ms: i64) {
        self.all.merge(count);
        self.put(count, width_ms);
    }

    /// Adds other failures, whose intervals are no wider than these.
    pub(super) fn merge(&mut self, other: &Self, width_ms: i64) {
        if let [one] = other.parts[..] {
            return self.add(one, width_ms);
        }
        self.all.merge(other.all);
        self.parts.extend_from_slice(&other.parts);
        self.parts.sort_by_key(|part| part.first_ms);
        self.widen(width_ms);
    }

    /// Widens its intervals to a multiple of their width.
    pub(super) fn widen(&mut self, width_ms: i64) {
        self.parts.dedup_by(|later, earlier| {
            let is_same = later.interval(width_ms) == earlier.interval(width_ms);
            if is_same {
                earlier.merge(*later);
            }
            is_same
        });
    }

    /// Failures in the intervals that overlap this time; `None`: no failure.
    pub(super) fn within(&self, time_ms: &Range<i64>, width_ms: i64) -> Option<Count> {
        let begins = |part: &Count| part.interval(width_ms) * width_ms;
        let first = self.parts.partition_point(|part| begins(part) + width_ms <= time_ms.start);
        let after = self.parts.partition_point(|part| begins(part) < time_ms.end);
        let (one, others) = self.parts.get(first..after)?.split_first()?;
        let mut count = *one;
        others.iter().for_each(|other| count.merge(*other));
        Some(count)
    }

    /// Its interval is nearly always the newest.
    fn put(&mut self, count: Count, width_ms: i64) {
        let interval = count.interval(width_ms);
        let at = match self.parts.last() {
            Some(last) if last.interval(width_ms) < interval => self.parts.len(),
            Some(last) if last.interval(width_ms) == interval => self.parts.len() - 1,
            _ => self.parts.partition_point(|part| part.interval(width_ms) < interval),
        };
        match self.parts.get_mut(at) {
            Some(part) if part.interval(width_ms) == interval => part.merge(count),
            _ => self.parts.insert(at, count),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000;

    fn of(ends_ms: &[i64], width_ms: i64) -> OverTime {
        let mut all = OverTime::from(Count::one(ends_ms[0]));
        ends_ms[1..].iter().for_each(|end_ms| all.add(Count::one(*end_ms), width_ms));
        all
    }

    #[test]
    fn a_stretch_has_the_failures_of_the_intervals_that_it_has_a_part_of() {
        let failures = of(&[3_400, 1_200, 1_900, 3_100, -200], SECOND);
        assert_eq!(failures.parts(), 3);
        let within =
            |time_ms| failures.within(&time_ms, SECOND).map(|count| (count.count, count.first_ms, count.last_ms));
        assert_eq!(within(1_999..3_000), Some((2, 1_200, 1_900)));
        assert_eq!(within(2_000..3_000), None);
        assert_eq!(within(-1..0), Some((1, -200, -200)));
        assert_eq!(within(0..i64::MAX), Some((4, 1_200, 3_400)));
        assert_eq!(within(9_000..9_001), None);
    }

    #[test]
    fn parts_come_to_the_same_in_any_order_and_width() {
        let ends_ms = [500, 1_500, 5_500, 61_000, 4_999, 62_000, 1_501];
        let whole = of(&ends_ms, SECOND);
        for split in 1..ends_ms.len() {
            let (one, other) = (of(&ends_ms[..split], SECOND), of(&ends_ms[split..], SECOND));
            for (mut first, second) in [(one.clone(), &other), (other.clone(), &one)] {
                first.merge(second, SECOND);
                assert_eq!((first.all, &first.parts), (whole.all, &whole.parts), "{split}");
                let mut wide = first;
                wide.widen(5 * SECOND);
                assert_eq!(wide.parts, of(&ends_ms, 5 * SECOND).parts);
            }
        }
    }
}
