//! How many samples ended in each of the last seconds, by load generator: the current throughput of a live run.
//!
//! Every node has its own clock and sends at its own pace, so each node's rate covers the seconds before its own newest
//! sample. Samples that have not arrived yet are not a pause.

use super::active::SILENCE_MS;
use super::kind::{KINDS, Kind};

const SECONDS: i64 = 64;
/// Number of full seconds that the rate covers.
const WINDOW: i64 = 5;

/// Samples per second of the last minute, by one node's clock.
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

    /// Samples per second over the last full seconds (five, fewer at the start) before the newest.
    fn rate_per_s(&self, kind: Kind) -> Option<f64> {
        let end = self.newest;
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

/// The rate of several nodes together, each with how many milliseconds its clock is ahead. A node whose newest sample
/// is far behind the newest of all has stopped.
pub(super) fn rate_per_s<'a>(nodes: impl Iterator<Item = (&'a Recent, i64)> + Clone, kind: Kind) -> Option<f64> {
    let newest_ms = |(recent, ahead_ms): (&Recent, i64)| {
        (recent.newest > i64::MIN).then(|| recent.newest.saturating_mul(1_000).saturating_sub(ahead_ms))
    };
    let newest = nodes.clone().filter_map(newest_ms).max()?;
    nodes
        .filter(|node| newest_ms(*node).is_some_and(|own| newest.saturating_sub(own) <= SILENCE_MS))
        .filter_map(|(recent, _)| recent.rate_per_s(kind))
        .reduce(|sum, rate| sum + rate)
}
