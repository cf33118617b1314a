//! A run as followed by pages: as a whole, some of its labels, or a part of its time.
//!
//! `live.rs` measures; a finished run is read back in `runs/finish.rs`.

use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::view::{LiveLabels, Snapshot};
use jac_jtl::{Entry, LogStatistics, WindowTable};
use jac_model::RunId;
use jac_store::RunRow;
use std::ops::Range;

/// Maximum number of labels in a snapshot; the report of a finished run has all.
const MOST_LABELS: usize = 500;

/// Maximum number of labels whose points one page follows: as many as a chart has lines.
const MOST_LIVE_LABELS: usize = 10;

impl Engine {
    /// The current state of the run, with the points that changed since the snapshot `after` (0: all).
    ///
    /// # Errors
    /// When the run does not exist, or its files cannot be read.
    pub fn snapshot(&self, id: &RunId, after: u64) -> Result<Snapshot, EngineError> {
        // Before the row: if the run ends in between, its measured data is known instead of appearing empty.
        let live = self.live().get(id).cloned();
        let row = wait(self.store().run(id))?;
        match live {
            Some(live) => Ok(self.snapshot_of(row, live.since(after))),
            None => self.stored_snapshot(row, after),
        }
    }

    /// The points of some labels of a run that changed since the snapshot `after` (0: all). A run that is not being
    /// followed has no points.
    ///
    /// # Errors
    /// When the run does not exist, or too many labels are requested.
    pub fn live_labels(&self, id: &RunId, after: u64, labels: &[String]) -> Result<LiveLabels, EngineError> {
        few_labels(labels)?;
        let live = self.live().get(id).cloned();
        wait(self.store().run(id))?;
        let Some(live) = live else {
            let (run_id, labels) = (id.clone(), Vec::new());
            return Ok(LiveLabels { run_id, seq: 0, bucket_ms: 1_000, reset: true, labels, together: None });
        };
        let (seq, changed, together) = live.labels_since(after, labels);
        Ok(LiveLabels {
            run_id: id.clone(),
            seq,
            bucket_ms: changed.bucket_ms,
            reset: changed.reset,
            labels: changed.labels,
            together,
        })
    }

    /// The table of a time range of an active run, from its buckets, with some labels as one. For a run that is not being followed it
    /// is empty.
    ///
    /// # Errors
    /// When the run does not exist, too many labels are requested, or the time range ends before it starts.
    pub fn live_window(&self, id: &RunId, ended_ms: Range<i64>, labels: &[String]) -> Result<WindowTable, EngineError> {
        few_labels(labels)?;
        if ended_ms.is_empty() {
            return Err(EngineError::invalid("interval_empty", "from_ms must be less than to_ms."));
        }
        let live = self.live().get(id).cloned();
        wait(self.store().run(id))?;
        Ok(match live {
            Some(live) => live.window(ended_ms, labels),
            None => LogStatistics::new(jac_jtl::Settings::default()).window(ended_ms, labels),
        })
    }

    pub(crate) fn snapshot_of(&self, row: RunRow, measured: crate::live::Measured) -> Snapshot {
        let mut summary = measured.summary;
        let labels = keep_busiest(&mut summary.labels, MOST_LABELS);
        Snapshot {
            labels,
            run_id: row.run.id.clone(),
            seq: measured.seq,
            at_ms: self.now_ms(),
            run: self.view_run(row),
            summary,
            bucket_ms: measured.bucket_ms,
            reset: measured.reset,
            points: measured.points,
            codes: measured.codes,
            errors: measured.errors,
        }
    }
}

pub(super) fn few_labels(labels: &[String]) -> Result<(), EngineError> {
    if labels.len() <= MOST_LIVE_LABELS {
        return Ok(());
    }
    let message = format!("At most {MOST_LIVE_LABELS} labels can be requested at once.");
    Err(EngineError::invalid("too_many_labels", message))
}

/// Keeps the labels with the most samples, in their order, and returns how many there were.
fn keep_busiest(labels: &mut Vec<Entry>, most: usize) -> u64 {
    let all = labels.len();
    if all > most {
        let mut samples: Vec<u64> = labels.iter().map(|label| label.samples).collect();
        let (_, least, _) = samples.select_nth_unstable_by(most - 1, |one, other| other.cmp(one));
        let least = *least;
        // Of those with as many samples as the last one, as many as fit.
        let mut even = most - labels.iter().filter(|label| label.samples > least).count();
        labels.retain(|label| {
            let is_even = label.samples == least && even > 0;
            even -= usize::from(is_even);
            label.samples > least || is_even
        });
    }
    all as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_the_busiest_labels_in_their_order() {
        let mut log = jac_jtl::LogStatistics::new(jac_jtl::Settings::default());
        log.feed(b"timeStamp,elapsed,label,responseCode,threadName,success\n");
        for (label, samples) in [("a", 1), ("b", 3), ("c", 2), ("d", 2), ("e", 2)] {
            for _ in 0..samples {
                log.feed(format!("1700000000000,1,{label},200,T 1-1,true\n").as_bytes());
            }
        }
        log.finish();
        let all = log.summary().labels;
        for (most, kept) in [(5, "abcde"), (4, "bcde"), (3, "bcd"), (2, "bc"), (1, "b")] {
            let mut labels = all.clone();
            assert_eq!(keep_busiest(&mut labels, most), 5);
            assert_eq!(labels.iter().map(|label| label.label.as_str()).collect::<String>(), kept);
        }
    }
}
