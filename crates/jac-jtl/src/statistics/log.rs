//! The reader and the statistics in one: bytes in, tables out.

use super::{ChangedPoints, ResponseTimes, SampleStatistics};
use crate::{
    ApdexThresholds, CodeCount, ErrorGroup, HostCount, LogReader, Partial, Profiles, ReadOutcome, Rejected, Sample,
    Series, Settings, Summary,
};

/// Statistics of a log that is fed as bytes. One value follows one log; several are merged.
#[derive(Debug, Clone)]
pub struct LogStatistics {
    reader: LogReader,
    statistics: SampleStatistics,
    /// What other logs' readers brought, by merging.
    merged: ReadOutcome,
    partial: Option<Partial>,
}

impl LogStatistics {
    /// At the start of a log.
    pub fn new(settings: Settings) -> Self {
        Self::of_source(settings, 0)
    }

    /// At the start of one of several logs that will be merged. Labels are listed in the order of sources.
    pub fn of_source(settings: Settings, source: u32) -> Self {
        Self {
            reader: LogReader::new(&settings),
            statistics: SampleStatistics::of_source(&settings, source),
            merged: ReadOutcome::default(),
            partial: None,
        }
    }

    /// From parts that were read apart: the statistics of their samples and what their readers brought.
    pub fn from_parts(settings: &Settings, statistics: SampleStatistics, outcome: ReadOutcome) -> Self {
        Self { reader: LogReader::new(settings), statistics, merged: outcome, partial: None }
    }

    /// Takes the next piece of the log, cut anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        let statistics = &mut self.statistics;
        self.reader.feed(bytes, &mut |sample: &Sample<'_>| statistics.add(sample));
    }

    /// Says that the log is complete. A last row without a line end is counted now, or rejected as cut.
    pub fn finish(&mut self) {
        let statistics = &mut self.statistics;
        self.reader.finish(&mut |sample: &Sample<'_>| statistics.add(sample));
        self.statistics.finish();
    }

    /// Adds another log's statistics, read with the same settings.
    pub fn merge(&mut self, other: Self) {
        self.statistics.merge(other.statistics);
        self.merged.merge(&other.reader.outcome());
        self.merged.merge(&other.merged);
        if self.partial.is_none() {
            self.partial = other.partial;
        }
    }

    /// Marks the result as not the whole run's, with what ended it: a sentence.
    pub fn mark_partial(&mut self, cause: impl Into<String>) {
        self.partial = Some(Partial { cause: cause.into() });
    }

    /// The table, as in `summary.json`.
    pub fn summary(&mut self) -> Summary {
        let mut summary = self.statistics.summary();
        summary.rejected_rows = self.rejected_rows();
        summary.partial.clone_from(&self.partial);
        summary
    }

    /// The statistics over time: the total's and the busiest labels'.
    pub fn series(&mut self) -> Series {
        self.statistics.series()
    }

    /// The total's points that changed after the number `since`, which an earlier call returned; 0 asks for all.
    pub fn changed_points(&mut self, since: u64) -> ChangedPoints {
        self.statistics.changed_points(since)
    }

    /// The most frequent groups of failures, at most `limit`.
    pub fn errors(&self, limit: usize) -> Vec<ErrorGroup> {
        self.statistics.errors(limit)
    }

    /// Samples by response code, most frequent first.
    pub fn codes(&self) -> Vec<CodeCount> {
        self.statistics.codes()
    }

    /// Samples by the node that took them, busiest first; empty where the log does not say.
    pub fn hosts(&self) -> Vec<HostCount> {
        self.statistics.hosts()
    }

    /// How the response times of the total and of the busiest labels are spread.
    pub fn profiles(&mut self) -> Profiles {
        self.statistics.profiles()
    }

    /// Where Apdex draws its lines.
    pub fn apdex_thresholds(&self) -> ApdexThresholds {
        self.statistics.apdex_thresholds()
    }

    /// How often each response time occurred, exactly.
    pub fn response_times(&mut self) -> ResponseTimes {
        self.statistics.response_times()
    }

    /// Rows that could not be read.
    pub fn rejected_rows(&self) -> u64 {
        self.merged.rejected_rows + self.reader.outcome().rejected_rows
    }

    /// The first 100 of them, with place and reason.
    pub fn rejected(&self) -> Vec<Rejected> {
        self.outcome().rejected
    }

    /// What has been read besides samples: bytes, lines, rejected rows.
    pub fn outcome(&self) -> ReadOutcome {
        let mut outcome = self.reader.outcome();
        outcome.merge(&self.merged);
        outcome
    }

    /// Threads active on all workers together, by the latest samples.
    pub fn active_users(&mut self) -> Option<u64> {
        self.statistics.active_users()
    }

    /// Samples per second over the last full seconds; see [`SampleStatistics::rate_per_s`].
    pub fn rate_per_s(&self, now_ms: Option<i64>) -> Option<f64> {
        self.statistics.rate_per_s(now_ms)
    }

    /// What the reader is to be told: rejected rows and what the limits cut, a sentence each.
    pub fn notes(&mut self) -> Vec<String> {
        let outcome = self.outcome();
        let mut notes = Vec::new();
        if let Some(first) = outcome.rejected.first() {
            let (rows, verb) = if outcome.rejected_rows == 1 { ("row", "was") } else { ("rows", "were") };
            notes.push(format!(
                "{} {rows} of the log could not be read and {verb} left out; the first one on line {}: {}.",
                outcome.rejected_rows, first.line, first.reason
            ));
        }
        notes.extend(self.statistics.notes());
        notes
    }
}
