//! The report of a part of a finished run's time: counted again from its log, by the same code as the complete report.
//!
//! Owns the indexes of logs (in memory, bounded): the time spans of their parts' samples, and the statistics of blocks
//! of time, so that an interval of a long log is the sum of its blocks, and only its edges are read.

use super::judged::criteria_of;
use super::snapshot::few_labels;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_jtl::criteria::{CriterionCode, CriterionResult, MAX_UNREAD_PERCENT, Verdict, judge};
use jac_jtl::{Entry, LogStatistics, Settings, Summary};
use jac_logs::{
    Bound, ClockOffsets, Condition, Empty, Filter, Input, Interval, LogError, ReadOptions, TimeBlocks, first_row_start,
    read_logs_with,
};
use jac_model::{Run, RunId};
use jac_report::{Report, ReportInterval};
use std::collections::VecDeque;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Semaphore;

/// Number of logs whose parts are remembered: a log of 10 million samples has about 300.
const MOST_LOGS: usize = 64;
/// Number of logs whose blocks are kept.
const MOST_LOGS_IN_BLOCKS: usize = 4;
/// Logs with fewer samples are read about as quickly as blocks are added up.
const WORTH_BLOCKS: u64 = 1_000_000;
/// Number of runs that may wait for their blocks: a person who opens more reports at once will not zoom in all of them.
const MOST_WAITING: usize = 8;

/// Indexes of logs that were read.
#[derive(Debug)]
pub(crate) struct KnownLogs {
    /// The latest first.
    logs: Mutex<VecDeque<(String, Arc<TimeBlocks>)>>,
    /// Runs whose blocks are being counted or are queued.
    waiting: Mutex<Vec<RunId>>,
    /// One at a time: it uses a CPU for seconds.
    turn: Semaphore,
}

impl Default for KnownLogs {
    fn default() -> Self {
        Self { logs: Mutex::default(), waiting: Mutex::default(), turn: Semaphore::new(1) }
    }
}

impl KnownLogs {
    /// For a log whose samples ended within this time. A finished run's log never changes, but its name does when it is
    /// compressed or moved to a store.
    ///
    /// # Errors
    /// When the log does not exist: a run's log is tried under several names.
    fn of(&self, input: &Input, time_ms: Range<i64>) -> Result<Arc<TimeBlocks>, LogError> {
        let name = input.name();
        if let Input::File(path) = input
            && let Err(source) = std::fs::metadata(path)
        {
            return Err(LogError::Open { name, source });
        }
        let mut logs = self.logs.lock().unwrap_or_else(PoisonError::into_inner);
        let place = logs.iter().position(|(known, _)| *known == name);
        let known = place.and_then(|place| logs.remove(place)).map(|(_, blocks)| blocks);
        let blocks = known.unwrap_or_else(|| Arc::new(TimeBlocks::new(time_ms)));
        logs.push_front((name, Arc::clone(&blocks)));
        logs.truncate(MOST_LOGS);
        logs.iter().skip(MOST_LOGS_IN_BLOCKS).for_each(|(_, blocks)| blocks.clear());
        Ok(blocks)
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<RunId>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a run's blocks should be counted now.
    fn begin(&self, run: &RunId) -> bool {
        let mut waiting = self.waiting();
        let is_new = waiting.len() < MOST_WAITING && !waiting.contains(run);
        if is_new {
            waiting.push(run.clone());
        }
        is_new
    }

    fn end(&self, run: &RunId) {
        self.waiting().retain(|waiting| waiting != run);
    }
}

/// When the samples of a log ended.
fn time_of(whole: &Summary) -> Range<i64> {
    whole.start_ms.unwrap_or_default()..whole.end_ms.unwrap_or_default().saturating_add(1)
}

impl Engine {
    /// The report of the samples that ended within an interval, epoch milliseconds, its end excluded: the same samples
    /// as in the charts' buckets of that time. Unread rows and remarks on the run are those of the whole run. Without a
    /// bound it begins or ends with the run. It reads the log: do not call it on an async thread.
    ///
    /// # Errors
    /// When the run has not finished, its log is gone, or the interval is empty or outside of the run.
    pub fn report_within(&self, id: &RunId, from_ms: Option<i64>, to_ms: Option<i64>) -> Result<Report, EngineError> {
        let whole = self.report(id)?;
        let ended_ms = checked(&whole.summary, from_ms, to_ms)?;
        let run = wait(self.store().run(id))?.run;
        let mut log = self.count_within(id, &ended_ms, &whole.summary)?;
        let summary = of_part(log.summary(), &whole.summary);
        let criteria = self.judged_within(&run, &ended_ms, &summary, &whole.summary)?;
        let interval = ReportInterval { from_ms: ended_ms.start, to_ms: ended_ms.end };
        let mut report = whole.narrowed(interval, summary, &mut log);
        if let Some(facts) = &mut report.run {
            facts.verdict = Verdict::of(&criteria);
            facts.criteria = criteria;
            // They are of the whole run, as the server saw it live.
            facts.criteria_watch = Vec::new();
        }
        Ok(report)
    }

    /// Statistics of some labels of a finished run as one, in an interval as for [`Engine::report_within`]. It reads
    /// the log: do not call it on an async thread.
    ///
    /// # Errors
    /// When the run has not finished, its log was deleted, the interval is empty or outside of the run, or too many labels are requested.
    pub fn labels_together(
        &self,
        id: &RunId,
        from_ms: Option<i64>,
        to_ms: Option<i64>,
        labels: &[String],
    ) -> Result<Option<Entry>, EngineError> {
        few_labels(labels)?;
        let whole = self.report(id)?;
        let ended_ms = checked(&whole.summary, from_ms, to_ms)?;
        Ok(self.count_within(id, &ended_ms, &whole.summary)?.together(labels))
    }

    /// The results of the run's criteria on a part of it, without the samples of its warm-up.
    fn judged_within(
        &self,
        run: &Run,
        ended_ms: &Range<i64>,
        summary: &Summary,
        whole: &Summary,
    ) -> Result<Vec<CriterionResult>, EngineError> {
        let criteria = criteria_of(run);
        let most = run.max_unread_percent.unwrap_or(MAX_UNREAD_PERCENT);
        let mut results = match self.after_warm_up(run, ended_ms, summary, whole)? {
            Some(counts) => judge(&criteria, &counts, run.warm_up_s, most),
            None => judge(&criteria, summary, 0, most),
        };
        if summary.total.samples == 0 {
            // Nothing was measured: no criterion is met, not even "no errors". There may be transactions that the total does not cover.
            let is_empty = summary.labels.is_empty();
            let of_total = |result: &&mut CriterionResult| result.detail.as_ref().is_none_or(|of| of.label.is_none());
            for result in results.iter_mut().filter(|result| is_empty || of_total(result)) {
                result.met = false;
                result.code = Some(CriterionCode::ValueMissing);
                result.sentence = "No samples ended in the selected time range.".to_owned();
            }
        }
        Ok(results)
    }

    /// The table of the samples that count for the criteria; `None`: all samples of the interval do.
    fn after_warm_up(
        &self,
        run: &Run,
        ended_ms: &Range<i64>,
        summary: &Summary,
        whole: &Summary,
    ) -> Result<Option<Summary>, EngineError> {
        if run.warm_up_s == 0 {
            return Ok(None);
        }
        let clocks = self.clocks_of(run)?;
        let most_ahead_ms = clocks.iter().map(|(_, ahead_ms)| *ahead_ms).max().unwrap_or(0).max(0);
        let offsets: ClockOffsets = clocks.into_iter().map(|(host, ahead_ms)| (host.into_bytes(), ahead_ms)).collect();
        let offsets = Arc::new(offsets);
        let first_ms = self.read_log(&run.id, |input| first_row_start(&[input], &Settings::default(), &offsets))?;
        let warm_up_ms = i64::try_from(run.warm_up_s).unwrap_or(i64::MAX).saturating_mul(1_000);
        let over_ms = first_ms.unwrap_or_default().saturating_add(warm_up_ms);
        if summary.start_ms.is_some_and(|start_ms| start_ms.saturating_sub(most_ahead_ms) >= over_ms) {
            return Ok(None);
        }
        let mut counts = self.read_log(&run.id, |input: Input| -> Result<LogStatistics, LogError> {
            let mut filter = Filter::default();
            filter.add(Condition::CorrectedTime(Bound::AtLeast(over_ms), Arc::clone(&offsets)));
            let parts = Arc::clone(self.known_logs().of(&input, time_of(whole))?.parts());
            let interval = Some(Interval { ended_ms: ended_ms.clone(), parts });
            let options = ReadOptions { filter, interval, empty: Empty::Allowed, ..ReadOptions::default() };
            read_logs_with(&[input], &options, &mut |_| ControlFlow::Continue(()))
        })?;
        counts.set_total_basis(whole.total_basis);
        Ok(Some(of_part(counts.summary(), summary)))
    }

    fn count_within(&self, id: &RunId, ended_ms: &Range<i64>, whole: &Summary) -> Result<LogStatistics, EngineError> {
        let mut counted =
            self.read_log(id, |input: Input| self.known_logs().of(&input, time_of(whole))?.count(&input, ended_ms))?;
        counted.set_total_basis(whole.total_basis);
        Ok(counted)
    }

    /// Prepares a long log for intervals, in the background, one log at a time and while no test runs on this machine: a person who has opened
    /// its report may zoom next.
    pub fn prepare_intervals(&self, id: &RunId, whole: &Summary) {
        if whole.total.samples < WORTH_BLOCKS || !self.known_logs().begin(id) {
            return;
        }
        let (engine, id, time_ms) = (self.clone(), id.clone(), time_of(whole));
        self.keep_running("blocks", format!("the blocks of the run {id}"), move |_| {
            let (engine, id, time_ms) = (engine.clone(), id.clone(), time_ms.clone());
            async move {
                let _turn = engine.known_logs().turn.acquire().await;
                engine.until_nothing_is_measured_here().await;
                let of = id.clone();
                let fill = move |engine: &Engine| {
                    engine.read_log(&of, |input| engine.known_logs().of(&input, time_ms.clone())?.fill(&input))
                };
                if let Err(error) = engine.run_blocking(fill).await {
                    // Intervals are then read in full, and a request for one returns the error.
                    tracing::info!(run = %id, %error, "run {id}: its log could not be prepared for intervals: {error}");
                }
                engine.known_logs().end(&id);
            }
        });
    }
}

/// The interval, if it is valid and contains a part of the run.
fn checked(whole: &Summary, from_ms: Option<i64>, to_ms: Option<i64>) -> Result<Range<i64>, EngineError> {
    let (first_ms, last_ms) = (whole.start_ms.unwrap_or_default(), whole.end_ms.unwrap_or_default());
    let ended_ms = from_ms.unwrap_or(first_ms)..to_ms.unwrap_or(last_ms.saturating_add(1));
    if whole.total.samples == 0 || ended_ms.end <= first_ms || ended_ms.start > last_ms {
        let message = format!(
            "The interval is outside of the run, whose samples are from {first_ms} to {last_ms} (epoch milliseconds)."
        );
        return Err(EngineError::invalid("interval_outside", message));
    }
    if ended_ms.is_empty() {
        return Err(EngineError::invalid("interval_empty", "from_ms must be less than to_ms."));
    }
    Ok(ended_ms)
}

/// The table of a part of the log; unread rows, and their effect on the result, are those of the whole log.
fn of_part(part: Summary, whole: &Summary) -> Summary {
    Summary {
        rejected_rows: whole.rejected_rows,
        unread_percent: whole.unread_percent,
        rejected: whole.rejected.clone(),
        partial: whole.partial.clone(),
        notes: whole.notes.clone(),
        ..part
    }
}
