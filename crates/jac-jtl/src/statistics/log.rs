//! The reader and the statistics in one: bytes in, tables out.

use super::{BusiestEntries, ChangedLabels, ChangedPoints, ResponseTimes, SampleStatistics};
use crate::note::counted;
use crate::{
    ApdexThresholds, CodeCount, Entry, ErrorGroup, HostCount, LabelCharts, LogReader, Note, Partial, Profiles,
    ReadOutcome, Rejected, Sample, Series, Settings, Summary, TotalBasis, WindowTable,
};
use std::ops::Range;

/// Statistics of a log that is fed as bytes. One value follows one log; several are merged.
#[derive(Debug, Clone)]
pub struct LogStatistics {
    reader: LogReader,
    statistics: SampleStatistics,
    /// The outcomes of other logs' readers, from merging.
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

    /// From parts that were read separately: the statistics of their samples and the outcome of their readers.
    pub fn from_parts(settings: &Settings, statistics: SampleStatistics, outcome: ReadOutcome) -> Self {
        Self { reader: LogReader::new(settings), statistics, merged: outcome, partial: None }
    }

    /// Reads the next piece of the log, split anywhere.
    pub fn feed(&mut self, bytes: &[u8]) {
        self.feed_and(bytes, &mut |_: &Sample<'_>| ());
    }

    /// The same, and passes each sample to `also` too.
    pub fn feed_and(&mut self, bytes: &[u8], also: &mut impl FnMut(&Sample<'_>)) {
        let statistics = &mut self.statistics;
        self.reader.feed(bytes, &mut |sample: &Sample<'_>| {
            statistics.add(sample);
            also(sample);
        });
    }

    /// Marks the log as complete. A last row without a line end is counted now, or rejected as truncated.
    pub fn finish(&mut self) {
        self.finish_and(&mut |_: &Sample<'_>| ());
    }

    /// The same, and passes the last sample to `also` too.
    pub fn finish_and(&mut self, also: &mut impl FnMut(&Sample<'_>)) {
        let statistics = &mut self.statistics;
        self.reader.finish(&mut |sample: &Sample<'_>| {
            statistics.add(sample);
            also(sample);
        });
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

    /// Renames the merged logs in messages about their rows.
    pub fn rename_files(&mut self, name: &dyn Fn(&str) -> String) {
        self.merged.rename_files(name);
    }

    /// Sets by how many milliseconds a node's clock is ahead; see [`SampleStatistics::set_clock_offset`].
    pub fn set_clock_offset(&mut self, host: &str, ahead_ms: i64) {
        self.statistics.set_clock_offset(host, ahead_ms);
    }

    /// Sets the server's time; see [`SampleStatistics::set_now`].
    pub fn set_now(&mut self, now_ms: i64) {
        self.statistics.set_now(now_ms);
    }

    /// Sets what the total covers; see [`SampleStatistics::set_total_basis`].
    pub fn set_total_basis(&mut self, basis: TotalBasis) {
        self.statistics.set_total_basis(basis);
    }

    /// Marks the result as not the whole run's, with what ended it: a sentence.
    pub fn mark_partial(&mut self, cause: impl Into<String>) {
        self.partial = Some(Partial { cause: cause.into() });
    }

    /// The table, as in `summary.json`.
    pub fn summary(&mut self) -> Summary {
        let mut summary = self.statistics.summary();
        let outcome = self.outcome();
        summary.rejected_rows = outcome.rejected_rows;
        summary.unread_percent = (outcome.samples + outcome.rejected_rows > 0).then(|| outcome.unread_share() * 100.0);
        summary.notes = self.notes_with(&outcome);
        summary.partial.clone_from(&self.partial);
        if self.partial.is_none() {
            summary.partial = outcome.incompleteness().map(|cause| Partial { cause });
        }
        summary.rejected = outcome.rejected;
        summary
    }

    /// The line of some labels together; see [`SampleStatistics::together`].
    pub fn together(&mut self, names: &[String]) -> Option<Entry> {
        self.statistics.together(names)
    }

    /// The table of a time range; see [`SampleStatistics::window`].
    pub fn window(&mut self, ended_ms: Range<i64>, names: &[String]) -> WindowTable {
        self.statistics.window(ended_ms, names)
    }

    /// The statistics over time: the total's and the busiest labels'.
    pub fn series(&mut self) -> Series {
        self.statistics.series()
    }

    /// The charts' data of one label, whether it is among the busiest or not; `None` if no sample has it.
    pub fn label_charts(&mut self, name: &str) -> Option<LabelCharts> {
        self.statistics.label_charts(name)
    }

    /// The total's points that changed after the number `since`, which an earlier call returned; 0 requests all points.
    pub fn changed_points(&mut self, since: u64) -> ChangedPoints {
        self.statistics.changed_points(since)
    }

    /// The same for labels; see [`SampleStatistics::changed_labels`].
    pub fn changed_labels(&mut self, names: &[String], since: u64) -> ChangedLabels {
        self.statistics.changed_labels(names, since)
    }

    /// The most frequent groups of failures, at most `limit`.
    pub fn errors(&self, limit: usize) -> Vec<ErrorGroup> {
        self.statistics.errors(limit)
    }

    /// Samples by response code, most frequent first.
    pub fn codes(&self) -> Vec<CodeCount> {
        self.statistics.codes()
    }

    /// Samples by load generator, busiest first; empty if the log does not contain it.
    pub fn hosts(&self) -> Vec<HostCount> {
        self.statistics.hosts()
    }

    /// How the response times of the total and of the busiest labels are spread.
    pub fn profiles(&mut self) -> Profiles {
        self.statistics.profiles()
    }

    /// The thresholds of Apdex.
    pub fn apdex_thresholds(&self) -> ApdexThresholds {
        self.statistics.apdex_thresholds()
    }

    /// How often each response time occurred, exactly.
    pub fn response_times(&mut self) -> ResponseTimes {
        self.statistics.response_times()
    }

    /// How often each response time occurred among the samples that passed, exactly.
    pub fn passed_times(&mut self) -> ResponseTimes {
        self.statistics.passed_times()
    }

    /// The total and the busiest labels; see [`SampleStatistics::busiest`].
    pub fn busiest(&mut self, most: usize, bounds: &[u32]) -> BusiestEntries {
        self.statistics.busiest(most, bounds)
    }

    /// Rows that could not be read.
    pub fn rejected_rows(&self) -> u64 {
        self.merged.rejected_rows + self.reader.outcome().rejected_rows
    }

    /// The first 100 of them, with position and reason.
    pub fn rejected(&self) -> Vec<Rejected> {
        self.outcome().rejected
    }

    /// The outcome of the reading apart from the samples: bytes, lines, rejected rows.
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
    pub fn rate_per_s(&self) -> Option<f64> {
        self.statistics.rate_per_s()
    }

    /// Have keys been folded because there were more than the limits allow? See [`SampleStatistics::has_folded`].
    pub fn has_folded(&self) -> bool {
        self.statistics.has_folded()
    }

    /// Bytes that the counts take; see [`SampleStatistics::memory`].
    pub fn memory(&self) -> usize {
        self.statistics.memory()
    }

    /// Remarks on the numbers: rows and values that could not be read, data that the log does not contain, guesses, and
    /// what the limits cut off.
    pub fn notes(&mut self) -> Vec<Note> {
        let outcome = self.outcome();
        self.notes_with(&outcome)
    }

    fn notes_with(&mut self, outcome: &ReadOutcome) -> Vec<Note> {
        let mut notes = of_reading(outcome);
        notes.extend(self.statistics.notes());
        notes
    }
}

fn of_reading(outcome: &ReadOutcome) -> Vec<Note> {
    let mut notes = Vec::new();
    let place = |row: &Rejected| match row.file.as_str() {
        "" => format!("line {}", row.line),
        file => format!("{file}, line {}", row.line),
    };
    if let Some(first) = outcome.rejected.first() {
        let verb = if outcome.rejected_rows == 1 { "was" } else { "were" };
        let message = format!(
            "{} could not be read and {verb} skipped. First: {}: {}.",
            counted(outcome.rejected_rows, "row"),
            place(first),
            first.reason
        );
        let note = Note::new("rows_unread", message).with("rows", outcome.rejected_rows);
        let note = note.with("percent", outcome.unread_share() * 100.0).with("file", first.file.clone());
        notes.push(note.with("line", first.line).with("reason", first.code.clone()));
    }
    if let Some(first) = &outcome.unread_value {
        let message = format!(
            "{} could not be read and count as missing. First: {}: {}.",
            counted(outcome.unread_values, "value"),
            place(first),
            first.reason
        );
        let note = Note::new("values_unread", message).with("values", outcome.unread_values);
        notes.push(note.with("file", first.file.clone()).with("line", first.line).with("reason", first.code.clone()));
    }
    if let Some(message) = outcome.incompleteness() {
        let note = Note::new("log_incomplete", message).with("logs", outcome.cut_logs);
        notes.push(note.with("damaged", outcome.damaged_logs));
    }
    if outcome.too_deep > 0 {
        let message = format!(
            "{} nested deeper than JMeter writes to a CSV log {} skipped.",
            counted(outcome.too_deep, "sample"),
            if outcome.too_deep == 1 { "was" } else { "were" }
        );
        notes.push(Note::new("nested_samples_left_out", message).with("samples", outcome.too_deep));
    }
    if outcome.lacks.success {
        let message = "The log has neither a success nor an ErrorCount column: all samples count as passed.";
        notes.push(Note::new("success_unknown", message));
    }
    if outcome.lacks.message {
        let message = "The log has no responseMessage column: transactions cannot be distinguished from requests and are counted \
             in the total.";
        notes.push(Note::new("transactions_unknown", message));
    }
    if let Some(unit) = outcome.guesses.unit {
        let message = format!(
            "Timestamps are read as {}. If that is wrong, give their unit to `jac report` (--time-unit).",
            unit.name()
        );
        notes.push(Note::new("time_unit_guessed", message).with("unit", unit.name()));
    }
    if outcome.guesses.day {
        let message = "Timestamps have no date: the first day is read as 1970-01-02.";
        notes.push(Note::new("day_unknown", message));
    }
    if outcome.guesses.date_order {
        let message = "The order of day and month in the timestamps is a guess. If it is wrong, give their format to `jac report` \
                       (--time-format 'dd/MM/yyyy HH:mm:ss', and --time-zone where the times are not UTC).";
        notes.push(Note::new("date_order_guessed", message));
    }
    notes
}
