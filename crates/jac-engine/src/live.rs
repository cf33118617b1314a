//! The live statistics of a run: bytes of the log in, numbered snapshots out.
//!
//! Only one number is stored per snapshot: the statistics know which buckets changed since then, so a page that was
//! disconnected gets exactly what it missed; after more than [`MARKS`] snapshots it gets everything.

mod shown;
#[cfg(test)]
mod tests;

use crate::runs::NodeSeries;
use crate::view::Headline;
use jac_jtl::criteria::stop::StopRuleState;
use jac_jtl::criteria::{CriterionResult, Evaluation, MAX_UNREAD_PERCENT};
use jac_jtl::{
    BusiestEntries, ChangedCodes, ChangedLabels, Entry, ErrorGroup, LogStatistics, Point, Sample, Settings, Summary,
    WindowTable,
};
use jac_model::{CriterionWatch, EpochMs};
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) use shown::Judged;
use shown::Shown;

/// How many groups of failures a snapshot shows.
const ERRORS_SHOWN: usize = 20;

/// Number of snapshots in memory: those of an hour.
const MARKS: usize = 3_600;

/// One run while it is measured.
pub(crate) struct LiveRun {
    state: Mutex<State>,
    /// Data that pages, lists and metrics request at any time. This lock is never held during measuring or writing, as
    /// that of the state is; code that needs both locks the state first.
    shown: Mutex<Shown>,
    /// Number of received bytes of its log.
    received: AtomicU64,
    /// The log's next bytes cannot be stored until there is space on the disk.
    waits_for_room: AtomicBool,
    /// Observations of its nodes.
    nodes: Mutex<NodeSeries>,
}

struct State {
    statistics: LogStatistics,
    evaluation: Evaluation,
    /// The number of the newest snapshot.
    seq: u64,
    /// The oldest snapshot in memory; at first the number before the first one of this process. A request based on an
    /// older one gets everything.
    base: u64,
    /// The statistics' change number at each snapshot since `base`.
    marks: VecDeque<u64>,
    /// When the last bytes arrived, by the time of the snapshot before or after.
    heard_ms: Option<EpochMs>,
    /// Bytes arrived since the last snapshot.
    fed: bool,
}

/// After this long without a sample the rate is 0.
const SILENCE_MS: EpochMs = 10_000;

/// The measured part of a snapshot.
pub(crate) struct Measured {
    pub seq: u64,
    pub summary: Summary,
    pub bucket_ms: u64,
    pub reset: bool,
    pub points: Vec<Point>,
    pub codes: ChangedCodes,
    pub errors: Vec<ErrorGroup>,
}

impl LiveRun {
    /// Statistics without samples, whose snapshots are numbered from `base`, with their criteria. `watch`: the history
    /// of the criteria from an earlier process.
    pub fn new(base: u64, evaluation: Evaluation, watch: Vec<CriterionWatch>) -> Self {
        let state = State {
            statistics: LogStatistics::new(Settings::default()),
            evaluation,
            seq: base,
            base,
            marks: VecDeque::from([0]),
            heard_ms: None,
            fed: false,
        };
        let shown = Shown { judged: Judged { watch, ..Judged::default() }, ..Shown::default() };
        Self {
            state: Mutex::new(state),
            shown: Mutex::new(shown),
            received: AtomicU64::new(0),
            waits_for_room: AtomicBool::new(false),
            nodes: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn shown(&self) -> MutexGuard<'_, Shown> {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sets the arrival time of the next bytes.
    pub fn set_now(&self, now_ms: EpochMs) {
        let mut state = self.state();
        state.statistics.set_now(now_ms);
        state.evaluation.set_now(now_ms);
    }

    /// Takes the next bytes of the log.
    pub fn feed(&self, bytes: &[u8]) {
        let mut state = self.state();
        let State { statistics, evaluation, .. } = &mut *state;
        statistics.feed_and(bytes, &mut |sample: &Sample<'_>| evaluation.add(sample));
        state.fed |= !bytes.is_empty();
        self.received.fetch_add(bytes.len() as u64, Ordering::Relaxed);
    }

    /// Number of received bytes of the log.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }

    pub fn waits_for_room(&self) -> bool {
        self.waits_for_room.load(Ordering::Relaxed)
    }

    /// Returns whether that is news.
    pub fn set_waits_for_room(&self, waits: bool) -> bool {
        self.waits_for_room.swap(waits, Ordering::Relaxed) != waits
    }

    /// Sets by how many milliseconds a node's clock is ahead of the server's; the node is named as in its samples'
    /// threads, `host:port`.
    pub fn set_clock_offset(&self, host: &str, ahead_ms: i64) {
        let mut state = self.state();
        state.statistics.set_clock_offset(host, ahead_ms);
        state.evaluation.set_clock_offset(host, ahead_ms);
    }

    /// Adds an observation of a load generator's CPU usage.
    pub fn add_processors(&self, node: &str, at_ms: EpochMs, percent: u32) {
        self.state().evaluation.add_processors(node, at_ms, percent);
    }

    /// Reads or changes the observations of its nodes.
    pub fn nodes<T>(&self, of: impl FnOnce(&mut NodeSeries) -> T) -> T {
        of(&mut self.nodes.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Creates the next snapshot; its points are those that changed since the last one.
    pub fn advance(&self, now_ms: EpochMs) -> Measured {
        let mut state = self.state();
        let after = state.seq;
        state.seq += 1;
        let (measured, now) = state.measure(after);
        let total = &measured.summary.total;
        let headline = Headline {
            samples: total.samples,
            errors: total.errors,
            error_percent: total.error_percent,
            rate_per_s: state.rate_per_s(now_ms),
            p95_ms: total.p95_ms,
            active_users: state.statistics.active_users(),
        };
        state.marks.push_back(now);
        if state.marks.len() > MARKS {
            state.marks.pop_front();
            state.base += 1;
        }
        let (criteria, rules) = state.judge(&measured.summary, now_ms);
        let mut shown = self.shown();
        shown.headline = Some(headline);
        shown.judge(criteria, rules, now_ms);
        measured
    }

    /// The changes since the snapshot `after`, including those since the newest snapshot.
    pub fn since(&self, after: u64) -> Measured {
        self.state().measure(after).0
    }

    /// The points of some labels that changed since the snapshot `after`, the labels' statistics as one, and the number of the newest snapshot.
    pub fn labels_since(&self, after: u64, labels: &[String]) -> (u64, ChangedLabels, Option<Entry>) {
        let mut state = self.state();
        let mark = state.mark(after);
        let changed = state.statistics.changed_labels(labels, mark);
        (state.seq, changed, state.statistics.together(labels))
    }

    /// The table of a time range.
    pub fn window(&self, ended_ms: Range<i64>, labels: &[String]) -> WindowTable {
        self.state().statistics.window(ended_ms, labels)
    }

    /// The total and the busiest labels, with the rows that could not be read and the active users.
    pub fn busiest(&self, most: usize, bounds_ms: &[u32]) -> (BusiestEntries, u64, Option<u64>) {
        let mut state = self.state();
        let busiest = state.statistics.busiest(most, bounds_ms);
        (busiest, state.statistics.rejected_rows(), state.statistics.active_users())
    }

    /// The statistics themselves and their evaluation, when no more bytes will arrive.
    pub fn finished<T>(&self, now_ms: EpochMs, read: impl FnOnce(&mut LogStatistics, &Judged) -> T) -> T {
        let mut state = self.state();
        let State { statistics, evaluation, .. } = &mut *state;
        statistics.finish_and(&mut |sample: &Sample<'_>| evaluation.add(sample));
        let summary = statistics.summary();
        let (criteria, rules) = state.judge(&summary, now_ms);
        let judged = {
            let mut shown = self.shown();
            shown.judge(criteria, rules, now_ms);
            shown.judged.clone()
        };
        read(&mut state.statistics, &judged)
    }
}

impl State {
    /// The rate by the samples' own clocks: the server's clock differs, and not everything that the nodes have measured
    /// has arrived yet. It is 0 when nothing has arrived for a while.
    fn rate_per_s(&mut self, now_ms: EpochMs) -> Option<f64> {
        if std::mem::take(&mut self.fed) || self.heard_ms.is_none() {
            self.heard_ms = Some(now_ms);
        }
        let silent = self.heard_ms.is_some_and(|heard_ms| now_ms - heard_ms > SILENCE_MS);
        let rate = self.statistics.rate_per_s();
        if silent { rate.map(|_| 0.0) } else { rate }
    }

    /// Evaluates the criteria and rules.
    fn judge(&mut self, summary: &Summary, now_ms: EpochMs) -> (Vec<CriterionResult>, Vec<StopRuleState>) {
        (self.evaluation.judge(summary, MAX_UNREAD_PERCENT), self.evaluation.rules(now_ms))
    }

    /// The statistics' change number at a snapshot; 0 for an unknown one.
    fn mark(&self, snapshot: u64) -> u64 {
        let place = snapshot.checked_sub(self.base).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| self.marks.get(place)).copied().unwrap_or(0)
    }

    /// The changes since a snapshot, and the statistics' current change number.
    fn measure(&mut self, after: u64) -> (Measured, u64) {
        let mark = self.mark(after);
        let changed = self.statistics.changed_points(mark);
        let measured = Measured {
            seq: self.seq,
            summary: self.statistics.summary(),
            bucket_ms: changed.bucket_ms,
            reset: changed.reset,
            points: changed.points,
            codes: changed.codes,
            errors: self.statistics.errors(ERRORS_SHOWN),
        };
        (measured, changed.now)
    }
}
