//! Samples of one log counted by several threads, within one limit of memory.

use crate::scan::{Collector, threads};
use crate::{Filter, ReadOptions};
use jac_jtl::{Sample, SampleStatistics, Settings, TakeSample};
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The state shared by the threads that read one log: the memory limit of all counts together.
///
/// Counting in parts loses nothing: as soon as the parts exceed the remaining memory, those with more than their share
/// hand over their counts, and a single set of statistics has to keep to the limit.
pub(crate) struct Shared {
    /// Maximum bytes of the parts and of the handed-over counts together.
    limit: usize,
    threads: usize,
    handed_over: Mutex<Option<SampleStatistics>>,
    /// Bytes of the handed-over counts, and of all parts.
    handed_over_bytes: AtomicUsize,
    part_bytes: AtomicUsize,
}

/// All parts together may always use this share of the memory, so that they need not hand over every few rows.
const LEAST_SHARE: usize = 8;

impl Shared {
    pub(crate) fn new(options: &ReadOptions, counted: usize) -> Self {
        let memory = options.settings.memory_bytes;
        Self {
            limit: memory.saturating_sub(counted).max(memory / LEAST_SHARE),
            threads: threads(options.threads).max(1),
            handed_over: Mutex::new(None),
            handed_over_bytes: AtomicUsize::new(0),
            part_bytes: AtomicUsize::new(0),
        }
    }

    pub(crate) fn handed_over(&self) -> MutexGuard<'_, Option<SampleStatistics>> {
        self.handed_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts again with nothing.
    pub(crate) fn forget(&self) {
        *self.handed_over() = None;
        self.handed_over_bytes.store(0, Ordering::Relaxed);
        self.part_bytes.store(0, Ordering::Relaxed);
    }

    /// Whether a part of this many bytes, which had this many before, has to hand them over.
    fn is_too_much(&self, before: usize, now: usize) -> bool {
        let others = self.part_bytes.fetch_sub(before, Ordering::Relaxed) - before;
        self.part_bytes.fetch_add(now, Ordering::Relaxed);
        let left = self.limit.saturating_sub(self.handed_over_bytes.load(Ordering::Relaxed));
        let room = left.max(self.limit / LEAST_SHARE);
        others + now > room && now > room / self.threads
    }

    fn hand_over(&self, counted: SampleStatistics) -> ControlFlow<()> {
        let mut all = self.handed_over();
        match &mut *all {
            Some(all) => all.merge(counted),
            none => *none = Some(counted),
        }
        let all = all.as_ref();
        self.handed_over_bytes.store(all.map_or(0, SampleStatistics::memory), Ordering::Relaxed);
        if all.is_some_and(SampleStatistics::has_folded) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

/// Counts the samples of one thread.
pub(crate) struct Counting<'a> {
    pub(crate) statistics: SampleStatistics,
    filter: &'a Filter,
    source: u32,
    settings: &'a Settings,
    shared: &'a Shared,
    /// Bytes of its counts at the last check.
    memory: usize,
}

impl<'a> Counting<'a> {
    /// Empty statistics of a log; `source` is its number.
    pub(crate) fn new(settings: &'a Settings, source: u32, filter: &'a Filter, shared: &'a Shared) -> Self {
        let statistics = SampleStatistics::of_source(settings, source);
        Self { statistics, filter, source, settings, shared, memory: 0 }
    }
}

impl Collector for Counting<'_> {
    fn settle(&mut self) {
        self.statistics.settle();
    }

    fn relieve(&mut self) -> ControlFlow<()> {
        if self.statistics.has_folded() {
            return ControlFlow::Break(());
        }
        let before = std::mem::replace(&mut self.memory, self.statistics.memory());
        if !self.shared.is_too_much(before, self.memory) {
            return ControlFlow::Continue(());
        }
        self.shared.is_too_much(self.memory, 0);
        self.memory = 0;
        let empty = SampleStatistics::of_source(self.settings, self.source);
        self.shared.hand_over(std::mem::replace(&mut self.statistics, empty))
    }
}

impl TakeSample for Counting<'_> {
    // Inlined into the reader's loop: a sample need not be written to memory to be counted.
    #[inline(always)]
    fn take(&mut self, sample: &Sample<'_>) {
        if self.filter.matches(sample) {
            self.statistics.add(sample);
        }
    }
}
