//! The sums over a set of samples that are not a distribution.

use crate::{Sample, Settings};

/// Sums over samples. `merge` is commutative and associative, so any partition of the samples gives the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) samples: u64,
    pub(super) errors: u64,
    pub(super) satisfied: u64,
    pub(super) tolerated: u64,
    pub(super) received: u64,
    pub(super) sent: u64,
    pub(super) latency: Mean,
    pub(super) connect: Mean,
    pub(super) first_start_ms: i64,
    pub(super) last_end_ms: i64,
}

/// Sum and number of the values that there were.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mean {
    pub(super) sum: u64,
    pub(super) count: u64,
}

impl Mean {
    #[inline]
    fn add(&mut self, value: Option<u64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.sum += other.sum;
        self.count += other.count;
    }

    pub(super) fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            samples: 0,
            errors: 0,
            satisfied: 0,
            tolerated: 0,
            received: 0,
            sent: 0,
            latency: Mean::default(),
            connect: Mean::default(),
            first_start_ms: i64::MAX,
            last_end_ms: i64::MIN,
        }
    }
}

impl Tally {
    #[inline(always)]
    pub(super) fn add(&mut self, sample: &Sample<'_>, settings: &Settings) {
        self.samples += 1;
        self.errors += u64::from(!sample.success);
        let satisfied = sample.success && sample.elapsed_ms <= settings.apdex_satisfied_ms;
        let tolerated = sample.success && sample.elapsed_ms <= settings.apdex_tolerated_ms;
        self.satisfied += u64::from(satisfied);
        self.tolerated += u64::from(tolerated & !satisfied);
        self.received += sample.received_bytes.unwrap_or(0);
        self.sent += sample.sent_bytes.unwrap_or(0);
        self.latency.add(sample.latency_ms);
        self.connect.add(sample.connect_ms);
        self.first_start_ms = self.first_start_ms.min(sample.start_ms);
        self.last_end_ms = self.last_end_ms.max(sample.end_ms);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.satisfied += other.satisfied;
        self.tolerated += other.tolerated;
        self.received += other.received;
        self.sent += other.sent;
        self.latency.merge(other.latency);
        self.connect.merge(other.connect);
        self.first_start_ms = self.first_start_ms.min(other.first_start_ms);
        self.last_end_ms = self.last_end_ms.max(other.last_end_ms);
    }

    /// (satisfied + tolerated / 2) / samples (Apdex Technical Specification 1.1), failures frustrated.
    pub(super) fn apdex(&self) -> Option<f64> {
        (self.samples > 0).then(|| (self.satisfied as f64 + self.tolerated as f64 / 2.0) / self.samples as f64)
    }

    /// Seconds from the first start to the last end, if that is any time at all.
    pub(super) fn duration_s(&self) -> Option<f64> {
        (self.last_end_ms > self.first_start_ms).then(|| (self.last_end_ms - self.first_start_ms) as f64 / 1_000.0)
    }
}
