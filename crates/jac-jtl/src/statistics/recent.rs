//! How many samples ended in each of the last seconds: the rate that a live line shows.

use super::kind::{KINDS, Kind};

const SECONDS: i64 = 64;
/// Full seconds that the rate is taken over.
const WINDOW: i64 = 5;

/// Samples per second of the last minute, by the samples' own clock.
#[derive(Debug, Clone)]
pub(super) struct Recent {
    slots: Vec<(i64, [u64; KINDS])>,
    newest: i64,
    oldest: i64,
}

impl Default for Recent {
    fn default() -> Self {
        Self { slots: vec![(i64::MIN, [0; KINDS]); SECONDS as usize], newest: i64::MIN, oldest: i64::MAX }
    }
}

impl Recent {
    #[inline]
    pub(super) fn add(&mut self, end_ms: i64, kind: Kind) {
        self.put(end_ms.div_euclid(1_000), kind, 1);
    }

    #[inline]
    fn put(&mut self, second: i64, kind: Kind, count: u64) {
        let slot = &mut self.slots[(second & (SECONDS - 1)) as usize];
        if slot.0 != second {
            if slot.0 > second {
                return;
            }
            *slot = (second, [0; KINDS]);
            self.newest = self.newest.max(second);
            self.oldest = self.oldest.min(second);
        }
        slot.1[kind as usize] += count;
    }

    pub(super) fn merge(&mut self, other: &Self) {
        for (second, counts) in &other.slots {
            if *second > i64::MIN {
                for kind in Kind::ALL {
                    self.put(*second, kind, counts[kind as usize]);
                }
            }
        }
        self.oldest = self.oldest.min(other.oldest);
    }

    /// Samples per second over the last full seconds (five, fewer at the start) before the newest second, or before
    /// `now_ms` where a caller has a clock.
    pub(super) fn rate_per_s(&self, kind: Kind, now_ms: Option<i64>) -> Option<f64> {
        let end = now_ms.map_or(self.newest, |now_ms| now_ms.div_euclid(1_000));
        let start = (end.checked_sub(WINDOW)?).max(self.oldest);
        if start >= end {
            return None;
        }
        let samples: u64 = self
            .slots
            .iter()
            .filter(|(second, _)| (start..end).contains(second))
            .map(|(_, counts)| counts[kind as usize])
            .sum();
        Some(samples as f64 / (end - start) as f64)
    }
}
