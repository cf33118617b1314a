//! The sums over a set of samples that are not a distribution.

use crate::{Sample, Settings};

/// No sample was taken before this time (3 March 1973), epoch milliseconds: JMeter writes 0 for a sample that never
/// began. If a log has later samples, earlier ones do not belong to its time.
pub(super) const ERA_MS: i64 = 100_000_000_000;

/// Sums over samples. `merge` is commutative and associative, so any partition of the samples gives the same result;
/// sums saturate at the greatest value.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) samples: u64,
    pub(super) errors: u64,
    pub(super) satisfied: u64,
    pub(super) tolerated: u64,
    /// Successes without a response time.
    pub(super) untimed: u64,
    pub(super) received: Mean,
    pub(super) sent: Mean,
    pub(super) latency: Mean,
    pub(super) connect: Mean,
    /// From the first start to the last end of samples since [`ERA_MS`], and of those before.
    pub(super) span: Span,
    pub(super) early: Span,
}

/// How many samples, and from when to when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) samples: u64,
    pub(super) first_start_ms: i64,
    pub(super) last_end_ms: i64,
}

impl Default for Span {
    fn default() -> Self {
        Self { samples: 0, first_start_ms: i64::MAX, last_end_ms: i64::MIN }
    }
}

impl Span {
    #[inline(always)]
    fn add(&mut self, sample: &Sample<'_>) {
        self.samples += 1;
        self.first_start_ms = self.first_start_ms.min(sample.start_ms);
        self.last_end_ms = self.last_end_ms.max(sample.end_ms);
    }

    fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.first_start_ms = self.first_start_ms.min(other.first_start_ms);
        self.last_end_ms = self.last_end_ms.max(other.last_end_ms);
    }
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
            self.sum = self.sum.saturating_add(value);
            self.count += 1;
        }
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.sum = self.sum.saturating_add(other.sum);
        self.count += other.count;
    }

    pub(super) fn value(self) -> Option<f64> {
        (self.count > 0).then(|| self.sum as f64 / self.count as f64)
    }
}

impl Tally {
    #[inline(always)]
    pub(super) fn add(&mut self, sample: &Sample<'_>, settings: &Settings) {
        self.samples += 1;
        self.errors += u64::from(!sample.success);
        match sample.elapsed_ms {
            Some(elapsed_ms) => {
                let satisfied = sample.success && elapsed_ms <= settings.apdex_satisfied_ms;
                let tolerated = sample.success && elapsed_ms <= settings.apdex_tolerated_ms;
                self.satisfied += u64::from(satisfied);
                self.tolerated += u64::from(tolerated & !satisfied);
            }
            None => self.untimed += u64::from(sample.success),
        }
        self.received.add(sample.received_bytes);
        self.sent.add(sample.sent_bytes);
        self.latency.add(sample.latency_ms);
        self.connect.add(sample.connect_ms);
        if sample.start_ms >= ERA_MS {
            self.span.add(sample);
        } else {
            self.early.add(sample);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.satisfied += other.satisfied;
        self.tolerated += other.tolerated;
        self.untimed += other.untimed;
        self.received.merge(other.received);
        self.sent.merge(other.sent);
        self.latency.merge(other.latency);
        self.connect.merge(other.connect);
        self.span.merge(&other.span);
        self.early.merge(&other.early);
    }

    /// (satisfied + tolerated / 2) / samples (Apdex Technical Specification 1.1), failures frustrated; successes
    /// without a response time are ignored.
    pub(super) fn apdex(&self) -> Option<f64> {
        let judged = self.samples - self.untimed;
        (judged > 0).then(|| (self.satisfied as f64 + self.tolerated as f64 / 2.0) / judged as f64)
    }

    /// The time span of its samples; `outside`: those before the era do not count, because the log has later ones.
    pub(super) fn time(&self, outside: bool) -> Option<Span> {
        let mut time = self.span;
        if !outside {
            time.merge(&self.early);
        }
        (time.samples > 0).then_some(time)
    }

    /// Samples in its time span, and seconds from the first start to the last end, if greater than zero.
    pub(super) fn duration_s(&self, outside: bool) -> Option<f64> {
        let time = self.time(outside)?;
        (time.last_end_ms > time.first_start_ms).then(|| (time.last_end_ms - time.first_start_ms) as f64 / 1_000.0)
    }
}
