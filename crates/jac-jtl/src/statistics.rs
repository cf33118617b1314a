//! From samples to statistics: exact, mergeable, bounded.
//!
//! It owns the counting; the reader reads. A sample first goes to a *hot* cell (time bucket and group); from there it
//! is counted into its label and its bucket at rest. Every result is computed from those two on demand.
//!
//! Response times are stored in three forms, each with its own purpose: unprocessed (`hot`), packed at rest (`times`,
//! `buckets/cell`), and in a table that adds up sets of them (`summing`) and returns rising values with their counts.

mod active;
mod buckets;
mod distribution;
mod errors;
mod hot;
mod interner;
mod keyed;
mod kind;
mod labels;
mod leading;
mod log;
mod packed;
mod pattern;
mod profiles;
mod recent;
mod shape;
mod summing;
mod tables;
mod tally;
mod times;
mod window;

pub use log::LogStatistics;
pub use shape::TimeFigures;
pub use tables::{BusiestEntries, ResponseTimes, SpreadEntry};

use crate::{ChangedCodes, LabelSeries, Point, Sample, Settings, TotalBasis};
use active::{Ahead, Clocks, UNNAMED};
use buckets::{Buckets, Numbers};
use errors::Errors;
use hot::{Hot, HotCell, Keys, Taken};
use keyed::{Count, Keyed};
use kind::Kind;
use labels::{Label, Labels, group_id};
use leading::Leading;
use recent::Recent;
use std::collections::BTreeMap;
use summing::Summing;

/// Statistics over samples that are added one by one. Most callers use [`LogStatistics`], which reads them from bytes.
#[derive(Debug, Clone)]
pub struct SampleStatistics {
    settings: Settings,
    source: u32,
    labels: Labels,
    hot: Hot,
    summing: Summing,
    buckets: Buckets,
    errors: Errors,
    codes: Keyed,
    /// The codes that a chart shows separately while samples arrive.
    leading: Leading,
    hosts: Keyed,
    /// By [`Hot`]'s slot of the node.
    recent: Vec<Recent>,
    /// By how many milliseconds nodes' clocks are ahead, by the nodes' names.
    ahead: BTreeMap<String, i64>,
    /// No more samples will follow: no worker's last thread count is carried on.
    finished: bool,
    /// What the returned points cover.
    shown: Option<Shown>,
    /// What the total covers, if determined by the caller.
    basis: Option<Kind>,
    /// Arrival time of the current samples, by the server's clock.
    now_ms: Option<i64>,
}

/// How far an unmeasured clock may be ahead: a sample that ends later than that is excluded from current figures.
pub(crate) const FUTURE_MS: i64 = 60_000;

/// What all points depend on in addition to their own bucket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Shown {
    /// What the total covers.
    basis: Kind,
    /// There are samples before the log's time.
    outside: bool,
    /// Any sample has a number of received, or sent, bytes.
    received: bool,
    sent: bool,
}

impl Shown {
    /// Removes the numbers that no sample has.
    fn known(self, mut points: Vec<Point>) -> Vec<Point> {
        if !(self.received && self.sent) {
            for point in &mut points {
                point.received_bytes = point.received_bytes.filter(|_| self.received);
                point.sent_bytes = point.sent_bytes.filter(|_| self.sent);
            }
        }
        points
    }
}

/// The points that changed since a number that was returned before.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedPoints {
    /// The number for the next call.
    pub now: u64,
    /// Width of a bucket.
    pub bucket_ms: u64,
    /// All points are included and replace every earlier one: it is the first call, the width has changed, or the total
    /// now covers something else.
    pub reset: bool,
    /// The total's points in order of time.
    pub points: Vec<Point>,
    /// Its samples by response code.
    pub codes: ChangedCodes,
}

/// The points of labels that changed since a number that was returned before: like [`ChangedPoints`], which has the
/// total's.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangedLabels {
    /// The number for the next call.
    pub now: u64,
    /// Width of a bucket.
    pub bucket_ms: u64,
    /// All points are here and replace every earlier one.
    pub reset: bool,
    /// Those of the labels that have a sample.
    pub labels: Vec<LabelSeries>,
}

impl SampleStatistics {
    /// Statistics without a sample.
    pub fn new(settings: &Settings) -> Self {
        Self::of_source(settings, 0)
    }

    /// Statistics of one of several logs. Labels are listed in the order of sources, then of bytes.
    pub fn of_source(settings: &Settings, source: u32) -> Self {
        let buckets = Buckets::new(settings.max_buckets);
        Self {
            settings: settings.clone(),
            source,
            labels: Labels::new(settings.max_labels),
            hot: Hot::new(buckets.width_ms()),
            summing: Summing::default(),
            buckets,
            errors: Errors::new(settings.max_groups),
            codes: Keyed::new(settings.max_groups),
            leading: Leading::default(),
            hosts: Keyed::new(settings.max_groups),
            recent: Vec::new(),
            ahead: BTreeMap::new(),
            finished: false,
            shown: None,
            basis: None,
            now_ms: None,
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
        if self.now_ms.is_none_or(|now_ms| self.is_from_now(sample, now_ms)) {
            hot::at_slot(&mut self.recent, worker).add(sample.end_ms, kind);
        }
        if !sample.success {
            // A copy: the sample itself can stay in registers.
            self.errors.add(&{ *sample }, label, kind);
        }
        let keys = Keys { group: group_id(label, kind), kind, worker, code };
        if self.hot.add(sample, keys, &self.settings) {
            self.count_waiting();
        }
    }

    /// Marks the end of the samples.
    pub fn finish(&mut self) {
        self.finished = true;
    }

    /// Adds the statistics of other samples, read with the same settings: the result equals one pass over both.
    pub fn merge(&mut self, other: Self) {
        self.merge_all(vec![other]);
    }

    /// The same for many at once, on several threads if there is much to do: faster than one after the other.
    pub fn merge_all(&mut self, others: Vec<Self>) {
        self.settle();
        let buckets = others.into_iter().map(|mut other| {
            other.settle();
            let labels = self.labels.merge(other.labels, &mut self.summing);
            let workers = self.hosts.merge(&other.hosts);
            let codes = self.codes.merge(&other.codes);
            self.errors.merge(&other.errors, &labels);
            for (slot, recent) in other.recent.iter().enumerate() {
                let theirs = hot::number_of(slot);
                let ours = workers.get(theirs as usize).copied().unwrap_or(theirs);
                hot::at_slot(&mut self.recent, ours).merge(recent);
            }
            (other.buckets, Numbers { labels, workers, codes })
        });
        let buckets = buckets.collect();
        self.buckets.merge(buckets);
        self.keep_to_memory();
    }

    /// Counts the waiting samples. Queries do it themselves, but parts can do it in parallel.
    pub fn settle(&mut self) {
        self.count_waiting();
        self.labels.pack(&mut self.summing);
        self.keep_to_memory();
    }

    /// Moves the contents of the hot cells to labels and buckets.
    fn count_waiting(&mut self) {
        if self.hot.is_empty() {
            return;
        }
        let Taken { cells, threads, codes, starts } = self.hot.take();
        let mut order: Vec<&HotCell> = cells.iter().collect();
        order.sort_by_key(|cell| cell.group);
        for cells in order.chunk_by(|a, b| a.group == b.group) {
            self.labels.add(cells[0].group, cells, &mut self.summing);
        }
        order.clear();
        order.extend(&cells);
        order.sort_by_key(|cell| (cell.bucket_start_ms, cell.group));
        for cells in order.chunk_by(|a, b| a.bucket_start_ms == b.bucket_start_ms) {
            self.buckets.add(cells[0].bucket_start_ms, cells, &mut self.summing);
        }
        for cell in cells {
            self.hot.recycle(cell.elapsed_ms);
        }
        let unnamed = self.hosts.find_added(b"");
        for mut latest in threads {
            if Some(latest.worker) == unnamed {
                latest.worker = UNNAMED + self.source.min(u32::MAX - UNNAMED - 1);
            }
            self.buckets.add_threads(latest);
        }
        for code in codes {
            self.buckets.add_code(code);
        }
        for start in starts {
            self.buckets.add_start(start);
        }
        self.keep_to_memory();
    }

    /// Keeps to [`Settings::memory_bytes`]: the table must be exact, so buckets are reduced first, except for the last
    /// quarter.
    ///
    /// What is reduced depends only on the samples, not on the parts in which they were counted or on their order: more
    /// samples never take less memory, so whatever a part reduces, the whole has to reduce too.
    fn keep_to_memory(&mut self) {
        let bytes = self.settings.memory_bytes;
        let for_buckets = bytes / 4;
        self.labels.keep_to(bytes - for_buckets, &mut self.summing);
        let left = if self.labels.is_rounding() { for_buckets } else { bytes - self.labels.bytes() };
        self.buckets.keep_to(left, &mut self.summing);
        self.hot.set_width(self.buckets.width_ms());
        self.errors.keep_to_width(self.buckets.width());
    }

    /// Bytes that the counts take, about; what waits to be counted is not among them.
    pub fn memory(&self) -> usize {
        self.labels.bytes() + self.buckets.memory() + self.errors.bytes()
    }

    /// Whether keys were combined because there were more than the limits allow. Which ones depends on the order of the
    /// samples, and on the parts in which they were counted.
    pub fn has_folded(&self) -> bool {
        self.labels.has_rest() || self.codes.folded() > 0 || self.hosts.folded() > 0 || self.errors.has_rest()
    }

    /// Sets by how many milliseconds a node's clock is ahead (negative: behind); the node is named as in
    /// [`Sample::host`].
    pub fn set_clock_offset(&mut self, host: &str, ahead_ms: i64) {
        self.ahead.insert(host.to_owned(), ahead_ms);
    }

    /// Sets the server's time at the arrival of the following samples: throughput and active users are current figures,
    /// and a single sample that ends far in the future would make all other workers count as silent.
    pub fn set_now(&mut self, now_ms: i64) {
        self.now_ms = Some(now_ms);
    }

    /// Sets what the total covers, regardless of the samples: the total of a part covers the same as that of the whole.
    pub fn set_total_basis(&mut self, basis: TotalBasis) {
        self.basis = Some(match basis {
            TotalBasis::Samples => Kind::Request,
            TotalBasis::Transactions => Kind::Transaction,
        });
    }

    fn is_from_now(&self, sample: &Sample<'_>, now_ms: i64) -> bool {
        let latest_ms = now_ms.saturating_add(FUTURE_MS);
        if sample.end_ms <= latest_ms {
            return true;
        }
        let host = String::from_utf8_lossy(sample.host());
        let ahead_ms = self.ahead.get(host.as_ref()).copied().unwrap_or(0);
        sample.end_ms.saturating_sub(ahead_ms) <= latest_ms
    }

    /// The clocks by which active users are counted.
    fn clocks(&self) -> Clocks {
        let latest_ms =
            self.now_ms.filter(|_| !self.finished).map_or(i64::MAX, |now_ms| now_ms.saturating_add(FUTURE_MS));
        Clocks { ahead: self.ahead(), latest_ms }
    }

    /// The clocks' offsets by the nodes' numbers.
    fn ahead(&self) -> Ahead {
        let number = |host: &str| match host {
            "" => Some(UNNAMED + self.source),
            host => self.hosts.find_added(host.as_bytes()),
        };
        self.ahead.iter().filter_map(|(host, ahead_ms)| Some((number(host)?, *ahead_ms))).collect()
    }

    /// What the total covers: requests, unless every row is a transaction.
    fn basis(&self) -> Kind {
        if let Some(basis) = self.basis {
            return basis;
        }
        if !self.labels.has(Kind::Request) && self.labels.has(Kind::Transaction) {
            Kind::Transaction
        } else {
            Kind::Request
        }
    }

    /// What the points cover, from everything that was counted.
    fn show(&self) -> Shown {
        let tally = self.labels.tally();
        Shown {
            basis: self.basis(),
            outside: tally.span.samples > 0 && tally.early.samples > 0,
            received: tally.received.count > 0,
            sent: tally.sent.count > 0,
        }
    }

    /// The total's points of the buckets that changed after the number `since`, which an earlier call returned; 0
    /// requests all points.
    pub fn changed_points(&mut self, since: u64) -> ChangedPoints {
        self.settle();
        let show = self.show();
        if self.shown.replace(show).is_some_and(|shown| shown != show) {
            self.buckets.replace_all();
            self.leading = Leading::default();
        }
        if self.leading.update(&self.codes, show.basis, self.settings.series_codes) {
            self.buckets.replace_codes();
        }
        self.buckets.refresh_active_users(!self.finished, &self.clocks());
        let reset = self.buckets.replaced_after(since);
        let points =
            show.known(self.buckets.points(show.basis, show.outside, if reset { 0 } else { since }, &mut self.summing));
        let codes_reset = self.buckets.codes_replaced_after(since);
        let series = self.code_series(show, self.leading.numbers(), if codes_reset { 0 } else { since });
        let codes = ChangedCodes { reset: codes_reset, series };
        ChangedPoints { now: self.buckets.tick(), bucket_ms: self.buckets.width_ms(), reset, points, codes }
    }

    /// The same for labels, by their names.
    pub fn changed_labels(&mut self, names: &[String], since: u64) -> ChangedLabels {
        let ChangedPoints { now, bucket_ms, reset, .. } = self.changed_points(since);
        let (show, since) = (self.show(), if reset { 0 } else { since });
        let found = self.labels.in_order().into_iter();
        let found = found.filter(|(_, label)| label.samples() > 0 && names.contains(&label.text));
        let labels = found.map(|(number, label)| LabelSeries {
            label: label.text.clone(),
            transaction: label.is_transaction(),
            points: show.known(self.buckets.label_points(number, show.outside, since)),
        });
        ChangedLabels { now, bucket_ms, reset, labels: labels.collect() }
    }

    /// Threads active on all workers together, by the latest samples.
    pub fn active_users(&mut self) -> Option<u64> {
        self.settle();
        let clocks = self.clocks();
        self.buckets.active_users_now(&clocks)
    }

    /// Samples per second over the last full seconds (up to five) before each node's newest sample, all nodes together.
    /// It uses the samples' own clocks, because samples that have not arrived yet are not a pause. Once a caller knows
    /// that no more samples will arrive, it should stop calling this.
    pub fn rate_per_s(&self) -> Option<f64> {
        let ahead = self.ahead();
        let unnamed = self.hosts.find_added(b"");
        let nodes = self.recent.iter().enumerate().map(|(slot, recent)| {
            let number = hot::number_of(slot);
            let number = if Some(number) == unnamed { UNNAMED + self.source } else { number };
            (recent, ahead.get(&number).copied().unwrap_or(0))
        });
        recent::rate_per_s(nodes, self.basis())
    }
}
