//! The samples of a log that ended within an interval. Only the parts of the log that contain such samples are read.
//!
//! Owns the index of a log's parts: the time span in which the samples of each part ended. It is filled while parts are
//! read, so the first query for an interval reads the whole log, and the next ones only what they need. The result is
//! the same in both cases.

use crate::scan::Collector;
use crate::{Bound, Condition, Filter};
use jac_jtl::{Sample, TakeSample};
use std::collections::HashMap;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, PoisonError};

/// Which samples of a log are counted, by when they ended.
#[derive(Debug, Clone)]
pub struct Interval {
    /// Epoch milliseconds; the end is exclusive, as in the buckets of a series.
    pub ended_ms: Range<i64>,
    /// The index filled by earlier readings of the same log, which this one extends. It must not belong to another log,
    /// nor to one that has grown since.
    pub parts: Arc<PartTimes>,
}

/// Between which times the samples of a log's parts ended.
#[derive(Debug, Default)]
pub struct PartTimes(Mutex<HashMap<u64, Span>>);

impl PartTimes {
    /// Number of known parts.
    pub fn known(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Interval {
    /// The filter's conditions and this one.
    pub(crate) fn narrow(&self, filter: &Filter) -> Filter {
        let mut filter = filter.clone();
        filter.add(Condition::End(Bound::AtLeast(self.ended_ms.start)));
        filter.add(Condition::End(Bound::Below(self.ended_ms.end)));
        filter
    }

    /// Whether the part that begins at this byte may contain such a sample.
    pub(crate) fn may_be_in(&self, position: u64) -> bool {
        let parts = self.parts.0.lock().unwrap_or_else(PoisonError::into_inner);
        parts.get(&position).is_none_or(|span| span.meets(&self.ended_ms))
    }

    /// Remembers the part that begins at this byte.
    pub(crate) fn learn(&self, position: u64, span: Span) {
        self.parts.0.lock().unwrap_or_else(PoisonError::into_inner).insert(position, span);
    }
}

/// When the first and the last of some samples ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    first_ms: i64,
    last_ms: i64,
}

impl Span {
    /// Of no sample.
    const NONE: Self = Self { first_ms: i64::MAX, last_ms: i64::MIN };

    fn meets(self, interval: &Range<i64>) -> bool {
        self.first_ms < interval.end && self.last_ms >= interval.start
    }
}

/// Passes samples on and records when they ended.
pub(crate) struct Spanning<'a, C> {
    pub(crate) inner: &'a mut C,
    pub(crate) span: Span,
}

impl<'a, C> Spanning<'a, C> {
    pub(crate) fn new(inner: &'a mut C) -> Self {
        Self { inner, span: Span::NONE }
    }
}

impl<C: TakeSample> TakeSample for Spanning<'_, C> {
    #[inline(always)]
    fn take(&mut self, sample: &Sample<'_>) {
        self.span.first_ms = self.span.first_ms.min(sample.end_ms);
        self.span.last_ms = self.span.last_ms.max(sample.end_ms);
        self.inner.take(sample);
    }
}

impl<C: Collector> Collector for Spanning<'_, C> {
    fn settle(&mut self) {
        self.inner.settle();
    }

    fn relieve(&mut self) -> ControlFlow<()> {
        self.inner.relieve()
    }
}
