//! From samples to statistics: exact, mergeable, bounded.
//!
//! It owns the counting; the reading is the reader's. A sample lands in a *hot* cell (time bucket and group); from there
//! it is counted into its label and its bucket at rest. Everything that is shown is computed from those two when asked.

mod active;
mod buckets;
mod counting;
mod counts;
mod distribution;
mod errors;
mod hot;
mod interner;
mod keyed;
mod kind;
mod labels;
mod log;
mod packed;
mod profiles;
mod recent;
mod summing;
mod tables;
mod tally;

pub use log::LogStatistics;
pub use tables::ResponseTimes;

use crate::{Point, Sample, Settings};
use buckets::{Buckets, Numbers};
use counting::Counting;
use errors::Errors;
use hot::{Hot, Keys, Taken};
use keyed::{Count, Keyed};
use kind::Kind;
use labels::{Label, Labels, group_id};
use recent::Recent;

/// Statistics over samples that are added one by one. Most callers want [`LogStatistics`], which reads them from bytes.
#[derive(Debug, Clone)]
pub struct SampleStatistics {
    settings: Settings,
    source: u32,
    labels: Labels,
    hot: Hot,
    counting: Counting,
    buckets: Buckets,
    errors: Errors,
    codes: Keyed,
    hosts: Keyed,
    recent: Recent,
    /// No more samples are to come: nobody's last thread count is carried on.
    finished: bool,
    /// The kind that the points which were handed out are over.
    shown: Option<Kind>,
}

/// The points that changed since a number that was handed out before.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedPoints {
    /// Hand this back next time.
    pub now: u64,
    /// Width of a bucket.
    pub bucket_ms: u64,
    /// All points are here and replace every earlier one: it is the first time, the width has changed, or the total is
    /// over something else now.
    pub reset: bool,
    /// The total's points in order of time.
    pub points: Vec<Point>,
}

impl SampleStatistics {
    /// Statistics without a sample.
    pub fn new(settings: &Settings) -> Self {
        Self::of_source(settings, 0)
    }

    /// Statistics of one of several logs. Labels are listed in the order of sources, then of bytes.
    pub fn of_source(settings: &Settings, source: u32) -> Self {
        // The labels' counts are what the table stands on: buckets give way first.
        let buckets = Buckets::new(settings.max_buckets, settings.memory_bytes / 2);
        Self {
            settings: settings.clone(),
            source,
            labels: Labels::new(settings.max_labels, settings.memory_bytes / 2),
            hot: Hot::new(buckets.width_ms()),
            counting: Counting::default(),
            buckets,
            errors: Errors::new(settings.max_groups),
            codes: Keyed::new(settings.max_groups),
            hosts: Keyed::new(settings.max_groups),
            recent: Recent::default(),
            finished: false,
            shown: None,
        }
    }

    /// Counts one sample.
    #[inline(always)]
    pub fn add(&mut self, sample: &Sample<'_>) {
        let label = self.labels.number(sample.label, (self.source, sample.position));
        let kind = if sample.is_transaction() {
            if sample.is_empty_transaction() {
                // JMeter lists its label and counts it nowhere.
                return;
            }
            Kind::Transaction
        } else {
            Kind::Request
        };
        let worker = self.hosts.add(sample.host(), kind, sample.success);
        let code = self.codes.add(sample.code, kind, sample.success);
        self.recent.add(sample.end_ms, kind);
        if !sample.success {
            // A copy: the sample itself need not be in memory.
            self.errors.add(&{ *sample }, label, kind);
        }
        let keys = Keys { group: group_id(label, kind), kind, worker, code };
        if self.hot.add(sample, keys, &self.settings) {
            self.settle();
        }
    }

    /// From now on the counts may take so much memory, as [`Settings::memory_bytes`] says: parts that were counted at the
    /// same time are merged into one of them.
    pub fn set_memory(&mut self, bytes: usize) {
        self.settings.memory_bytes = bytes;
        self.buckets.set_budget(bytes / 2);
        self.labels.set_budget(bytes / 2);
    }

    /// Says that no more samples are to come.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Adds the statistics of other samples, read with the same settings: the result is that of one pass over both.
    pub fn merge(&mut self, other: Self) {
        self.merge_all(vec![other]);
    }

    /// The same for many at once, on several threads where there is much: quicker than one after the other.
    pub fn merge_all(&mut self, others: Vec<Self>) {
        self.settle();
        let buckets = others.into_iter().map(|mut other| {
            other.settle();
            let labels = self.labels.merge(&other.labels);
            let workers = self.hosts.merge(&other.hosts);
            let codes = self.codes.merge(&other.codes);
            self.errors.merge(&other.errors, &labels);
            self.recent.merge(&other.recent);
            (other.buckets, Numbers { labels, workers, codes })
        });
        let buckets = buckets.collect();
        self.buckets.merge(buckets);
        self.hot.set_width(self.buckets.width_ms());
    }

    /// Counts what waits to be counted together. Whoever asks for a number need not, but parts can do it at the same time.
    pub fn settle(&mut self) {
        if self.hot.is_empty() {
            return;
        }
        let Taken { cells, threads, codes, starts } = self.hot.take();
        let mut failed = Vec::new();
        for mut cell in cells {
            failed.clear();
            failed.extend_from_slice(self.counting.count(&mut cell.failed_ms));
            let counts = self.counting.count(&mut cell.elapsed_ms);
            self.labels.add(cell.group, &cell.tally, counts, &failed);
            self.buckets.add(&cell, counts);
            self.hot.recycle(cell.elapsed_ms);
        }
        self.labels.pack_late();
        for latest in threads {
            self.buckets.add_threads(latest);
        }
        for code in codes {
            self.buckets.add_code(code);
        }
        for start in starts {
            self.buckets.add_start(start);
        }
        self.hot.set_width(self.buckets.width_ms());
    }

    /// What the total is over: requests, unless every row is a transaction.
    fn basis(&self) -> Kind {
        if !self.labels.has(Kind::Request) && self.labels.has(Kind::Transaction) {
            Kind::Transaction
        } else {
            Kind::Request
        }
    }

    /// The total's points of the buckets that changed after the number `since`, which an earlier call returned; 0 asks
    /// for all.
    pub fn changed_points(&mut self, since: u64) -> ChangedPoints {
        self.settle();
        let basis = self.basis();
        if self.shown.replace(basis).is_some_and(|shown| shown != basis) {
            self.buckets.replace_all();
        }
        self.buckets.refresh_active_users(!self.finished);
        let reset = self.buckets.replaced_after(since);
        let points = self.buckets.points(basis, if reset { 0 } else { since });
        ChangedPoints { now: self.buckets.tick(), bucket_ms: self.buckets.width_ms(), reset, points }
    }

    /// Threads active on all workers together, by the latest samples.
    pub fn active_users(&mut self) -> Option<u64> {
        self.settle();
        self.buckets.active_users_now()
    }

    /// Samples per second over the last full seconds (up to five) before the newest sample's second, or before `now_ms`
    /// (epoch milliseconds) where the caller has a clock that agrees with the log's.
    pub fn rate_per_s(&self, now_ms: Option<i64>) -> Option<f64> {
        self.recent.rate_per_s(self.basis(), now_ms)
    }
}
