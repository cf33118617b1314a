//! The last seconds of a log that is still being written: mergeable counts by the time at which samples ended.
//!
//! A window ends at the time up to which every node that still sends has reported, by its own clock: a node whose
//! samples arrive late does not count as one without samples. Memory is bounded by the window's slots and the steps of
//! response times.

use crate::{Sample, Steps};
use std::collections::{BTreeMap, HashMap};

/// Number of slots of a window; a window of fewer seconds has slots of one second.
const SLOTS: i64 = 60;
/// Steps of response times, less than 1 % wide.
const STEPS: Steps = Steps::of_digits(8);
/// Maximum number of nodes whose progress is tracked; the samples of further ones count, but their lateness is not
/// detected.
const MAX_HOSTS: usize = 1_000;

/// The end of each node's newest sample, corrected by its clock offset.
#[derive(Debug, Clone, Default)]
pub(super) struct Progress {
    hosts: HashMap<Vec<u8>, i64>,
    ahead_ms: HashMap<Vec<u8>, i64>,
    first_end_ms: Option<i64>,
    newest_ms: Option<i64>,
}

impl Progress {
    pub fn set_clock_offset(&mut self, host: &str, ahead_ms: i64) {
        self.ahead_ms.insert(host.as_bytes().to_vec(), ahead_ms);
    }

    /// When a sample ended.
    pub fn end_ms(&self, sample: &Sample<'_>) -> i64 {
        let ahead_ms = self.ahead_ms.get(sample.host()).copied().unwrap_or(0);
        sample.end_ms.saturating_sub(ahead_ms)
    }

    /// Records a sample that ended at this time.
    pub fn add(&mut self, sample: &Sample<'_>, end_ms: i64) {
        let host = sample.host();
        self.first_end_ms = Some(self.first_end_ms.map_or(end_ms, |first| first.min(end_ms)));
        self.newest_ms = Some(self.newest_ms.map_or(end_ms, |newest| newest.max(end_ms)));
        if let Some(newest) = self.hosts.get_mut(host) {
            *newest = (*newest).max(end_ms);
        } else if self.hosts.len() < MAX_HOSTS {
            self.hosts.insert(host.to_vec(), end_ms);
        }
    }

    /// The time up to which all nodes have reported; a node that is silent for longer than `silence_ms` is ignored.
    pub fn heard_until_ms(&self, silence_ms: i64) -> Option<i64> {
        let newest_ms = self.newest_ms?;
        let sending = self.hosts.values().filter(|at_ms| **at_ms >= newest_ms.saturating_sub(silence_ms));
        Some(sending.min().copied().unwrap_or(newest_ms))
    }

    /// When the first sample ended.
    pub fn first_end_ms(&self) -> Option<i64> {
        self.first_end_ms
    }
}

/// Counts of the samples that ended within a slot or a window.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Counted {
    pub samples: u64,
    pub errors: u64,
    elapsed_sum_ms: u64,
    timed: u64,
    /// By step of response time; empty: no rule needs them.
    times: Vec<u32>,
}

impl Counted {
    fn add(&mut self, sample: &Sample<'_>, times: bool) {
        self.samples += 1;
        self.errors += u64::from(!sample.success);
        let Some(elapsed_ms) = sample.elapsed_ms else { return };
        self.timed += 1;
        self.elapsed_sum_ms += u64::from(elapsed_ms);
        if times {
            let step = STEPS.step_of(elapsed_ms) as usize;
            if self.times.len() <= step {
                self.times.resize(step + 1, 0);
            }
            self.times[step] = self.times[step].saturating_add(1);
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.samples += other.samples;
        self.errors += other.errors;
        self.timed += other.timed;
        self.elapsed_sum_ms += other.elapsed_sum_ms;
        if self.times.len() < other.times.len() {
            self.times.resize(other.times.len(), 0);
        }
        for (ours, theirs) in self.times.iter_mut().zip(&other.times) {
            *ours = ours.saturating_add(*theirs);
        }
    }

    pub fn mean_ms(&self) -> Option<f64> {
        (self.timed > 0).then(|| self.elapsed_sum_ms as f64 / self.timed as f64)
    }

    /// The response time that this share of the samples, in percent, did not exceed, at most 1 % too low: a value
    /// exactly at the limit must not break a rule.
    pub fn percentile_ms(&self, percent: f64) -> Option<f64> {
        let rank = (self.timed as f64 * percent / 100.0).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (step, count) in (0..).zip(&self.times) {
            seen += u64::from(*count);
            if seen >= rank {
                return STEPS.least_of(step).map(f64::from);
            }
        }
        None
    }
}

/// The samples of one rule, of the last time.
#[derive(Debug, Clone)]
pub(super) struct Window {
    length_ms: i64,
    slot_ms: i64,
    /// Response times are needed.
    times: bool,
    /// By number; requests and transactions separately.
    slots: BTreeMap<i64, [Counted; 2]>,
}

/// Which rows count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rows {
    Requests,
    Transactions,
    All,
}

/// The contents of a window.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Seen {
    pub from_ms: i64,
    pub to_ms: i64,
    pub counted: Counted,
    /// The log reaches back to the window's beginning.
    pub is_full: bool,
}

impl Window {
    pub fn new(length_s: u64, times: bool) -> Self {
        let length_s = i64::try_from(length_s).unwrap_or(i64::MAX / 2_000).max(1);
        let slot_s = (length_s + SLOTS - 1) / SLOTS;
        Self { length_ms: length_s * 1_000, slot_ms: slot_s * 1_000, times, slots: BTreeMap::new() }
    }

    /// Number of slots in a window.
    fn count(&self) -> i64 {
        (self.length_ms + self.slot_ms - 1) / self.slot_ms
    }

    pub fn length_ms(&self) -> i64 {
        self.length_ms
    }

    #[cfg(test)]
    pub fn slots(&self) -> usize {
        self.slots.len()
    }

    pub fn add(&mut self, sample: &Sample<'_>, end_ms: i64) {
        let slot = end_ms.div_euclid(self.slot_ms);
        let newest = self.slots.last_key_value().map_or(slot, |(newest, _)| (*newest).max(slot));
        // A node may be one window behind the newest one, and its own window extends one further back.
        let oldest = newest - 2 * self.count() - 1;
        if slot < oldest {
            return;
        }
        while self.slots.first_key_value().is_some_and(|(first, _)| *first < oldest) {
            self.slots.pop_first();
        }
        self.slots.entry(slot).or_default()[usize::from(sample.is_transaction())].add(sample, self.times);
    }

    /// The whole slots up to the time until which all nodes have reported.
    pub fn seen(&self, progress: &Progress, rows: Rows) -> Option<Seen> {
        let heard_until_ms = progress.heard_until_ms(self.length_ms)?;
        let end = heard_until_ms.div_euclid(self.slot_ms);
        let begin = end - self.count();
        let mut counted = Counted::default();
        for [requests, transactions] in self.slots.range(begin..end).map(|(_, slot)| slot) {
            if rows != Rows::Transactions {
                counted.merge(requests);
            }
            if rows != Rows::Requests {
                counted.merge(transactions);
            }
        }
        let from_ms = begin * self.slot_ms;
        let is_full = progress.first_end_ms().is_some_and(|first_ms| first_ms <= from_ms);
        Some(Seen { from_ms, to_ms: heard_until_ms, counted, is_full })
    }
}
