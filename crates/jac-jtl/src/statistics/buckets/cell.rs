//! One group's samples in one time bucket, packed: a few sums, and the response times in steps.
//!
//! A long run has hundreds of thousands of cells, so each is a single allocation. Its size is bounded by the number of
//! steps; the mean and the maximum stay exact.

use crate::statistics::hot::HotCell;
use crate::statistics::labels::GroupId;
use crate::statistics::packed::{read_number, unpack};
use crate::statistics::summing::Summing;
use crate::statistics::tally::Mean;
use crate::statistics::times::STEPS;

/// The sums over samples of one bucket.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::statistics) struct Sums {
    pub(in crate::statistics) samples: u64,
    pub(in crate::statistics) errors: u64,
    pub(in crate::statistics) received: u64,
    pub(in crate::statistics) sent: u64,
    pub(in crate::statistics) latency: Mean,
    pub(in crate::statistics) connect: Mean,
    /// Response time.
    pub(in crate::statistics) elapsed: Mean,
    pub(in crate::statistics) max_ms: u32,
}

impl Sums {
    fn of(hot: &HotCell) -> Self {
        let times = &hot.elapsed_ms;
        Self {
            samples: hot.tally.samples,
            errors: hot.tally.errors,
            received: hot.tally.received.sum,
            sent: hot.tally.sent.sum,
            latency: hot.tally.latency,
            connect: hot.tally.connect,
            elapsed: Mean { sum: times.iter().map(|ms| u64::from(*ms)).sum(), count: times.len() as u64 },
            max_ms: times.iter().copied().max().unwrap_or(0),
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.received = self.received.saturating_add(other.received);
        self.sent = self.sent.saturating_add(other.sent);
        self.latency.merge(other.latency);
        self.connect.merge(other.connect);
        self.elapsed.merge(other.elapsed);
        self.max_ms = self.max_ms.max(other.max_ms);
    }

    /// The packed form. Nearly all samples have every number, so it stores how many lack it.
    fn numbers(&self) -> [u64; 11] {
        [
            self.samples,
            self.errors,
            self.received,
            self.sent,
            self.latency.sum,
            self.samples - self.latency.count,
            self.connect.sum,
            self.samples - self.connect.count,
            self.elapsed.sum,
            self.samples - self.elapsed.count,
            u64::from(self.max_ms),
        ]
    }

    fn read(from: &mut &[u8]) -> Self {
        let mut number = || read_number(from).unwrap_or_default();
        let [samples, errors, received, sent] = std::array::from_fn(|_| number());
        let mut mean = || Mean { sum: number(), count: samples - number() };
        let [latency, connect, elapsed] = std::array::from_fn(|_| mean());
        Self { samples, errors, received, sent, latency, connect, elapsed, max_ms: number() as u32 }
    }
}

/// One group's samples.
#[derive(Debug, Clone)]
pub(super) struct Cell {
    pub(super) group: GroupId,
    packed: Box<[u8]>,
}

impl Cell {
    /// Memory of a cell without a sample, about: its place in the bucket and the allocator's share.
    pub(super) const BYTES: usize = 44;

    /// Without a sample.
    pub(super) fn new(group: GroupId) -> Self {
        Self { group, packed: Box::default() }
    }

    /// A cell of these sums and of the times that were added up.
    pub(super) fn packed(group: GroupId, sums: &Sums, summing: &mut Summing) -> Self {
        Self { group, packed: summing.pack_behind(&sums.numbers()) }
    }

    /// Adds samples of the same group.
    pub(super) fn add(&mut self, hot: &HotCell, summing: &mut Summing) {
        let mut sums = self.add_to(summing);
        sums.merge(&Sums::of(hot));
        summing.add_steps(&hot.elapsed_ms, STEPS);
        *self = Self::packed(self.group, &sums, summing);
    }

    /// Adds the times to a sum, by step, and returns the other sums.
    pub(super) fn add_to(&self, summing: &mut Summing) -> Sums {
        let mut rest = &*self.packed;
        let sums = Sums::read(&mut rest);
        summing.add(unpack(rest), rest.len());
        sums
    }

    /// Approximate memory in bytes: the same for the same samples, and never less for more of them.
    pub(super) fn memory(&self) -> usize {
        Self::BYTES + self.packed.len()
    }
}
