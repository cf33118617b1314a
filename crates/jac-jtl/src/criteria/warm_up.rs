//! The samples that count for the criteria of a run with a warm-up: those that start late enough after the log's first
//! one.
//!
//! They are counted a second time, because percentiles cannot be subtracted. Without a warm-up nothing is counted
//! twice.

use crate::{Sample, SampleStatistics, Settings, Summary};
use std::collections::HashMap;

/// Only the table is used, so coarse buckets suffice.
const BUCKETS: usize = 60;

/// The statistics of the samples after the warm-up.
#[derive(Debug, Clone)]
pub(super) struct WarmUp {
    length_ms: i64,
    /// When the log's first row started, by the server's clock.
    first_start_ms: Option<i64>,
    /// How far the nodes' clocks are ahead of it.
    ahead_ms: HashMap<Vec<u8>, i64>,
    statistics: SampleStatistics,
}

impl WarmUp {
    /// `None` if there is no warm-up.
    pub fn of_seconds(length_s: u64) -> Option<Self> {
        if length_s == 0 {
            return None;
        }
        let defaults = Settings::default();
        let memory_bytes = defaults.memory_bytes / 2;
        let settings = Settings { max_buckets: BUCKETS, memory_bytes, ..defaults };
        let length_ms = i64::try_from(length_s).unwrap_or(i64::MAX).saturating_mul(1_000);
        Some(Self {
            length_ms,
            first_start_ms: None,
            ahead_ms: HashMap::new(),
            statistics: SampleStatistics::new(&settings),
        })
    }

    pub fn set_clock_offset(&mut self, host: &str, ahead_ms: i64) {
        self.ahead_ms.insert(host.as_bytes().to_vec(), ahead_ms);
    }

    pub fn add(&mut self, sample: &Sample<'_>) {
        // JMeter writes 0 for a sample that never began.
        if sample.start_ms <= 0 {
            return;
        }
        let ahead_ms = self.ahead_ms.get(sample.host()).copied().unwrap_or(0);
        let start_ms = sample.start_ms.saturating_sub(ahead_ms);
        let first_start_ms = *self.first_start_ms.get_or_insert(start_ms);
        if start_ms >= first_start_ms.saturating_add(self.length_ms) {
            self.statistics.add(sample);
        }
    }

    /// The table of the samples that count; unread rows are those of the whole log.
    pub fn summary(&mut self, whole: &Summary) -> Summary {
        self.statistics.set_total_basis(whole.total_basis);
        Summary {
            rejected_rows: whole.rejected_rows,
            unread_percent: whole.unread_percent,
            ..self.statistics.summary()
        }
    }
}
