//! Queries on the logs of runs: single samples, and the changes between runs.
//!
//! Both read the log itself. During a run its rows are in the spool, so an active run can be searched.

use super::kept::{compressed_path, damaged};
use super::secrets::mask;
use super::spool;
use crate::blocking::wait;
use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_jtl::{LabelCharts, LogStatistics, ResponseTimes, Settings};
use jac_logs::{Empty, Input, LogError, ReadOptions, Search, SearchResult, first_start, read_logs_with, search_logs};
use jac_model::{Provider, Run, RunId};
use jac_report::{Compared, ComparedResult, ComparedRun, ComparisonReport, Report, Thresholds, most_frequent};
use jac_store::StoreError;
use std::io::ErrorKind;
use std::ops::ControlFlow;
use std::path::Path;

/// How many runs are compared at most.
pub const MOST_COMPARED: usize = 5;
/// How many samples one search shows at most.
pub const MOST_FOUND: usize = 1_000;

impl Engine {
    /// Searches a run's log. It reads a file: do not call it on an async thread.
    ///
    /// # Errors
    /// When the run does not exist, or has no log.
    pub fn search_samples(&self, run: &RunId, mut search: Search) -> Result<SearchResult, EngineError> {
        let row = wait(self.store().run(run))?;
        search.limit = search.limit.min(MOST_FOUND);
        // An active run may have no sample yet.
        search.empty = Empty::Allowed;
        let mut result = self.read_log(run, |input| {
            let inputs = [input];
            let mut search = search.clone();
            if search.filter.counts_from_start() {
                let start = first_start(&inputs, &Settings::default())?;
                search.filter = search.filter.settle(start.unwrap_or_default());
            }
            search_logs(&inputs, &search, &mut |_| ControlFlow::Continue(()))
        })?;
        // Imported logs may have been rewritten as one without the rows that could not be read.
        if row.run.provider == Some(Provider::Imported)
            && let Some(imported) = self.reading(run)?
        {
            result.rejected_rows = result.rejected_rows.max(imported.rejected_rows);
            result.incomplete |= imported.incomplete;
        }
        Ok(result)
    }

    /// The charts' data of any label of a run, even if it is not among the busiest. It reads the log: do not call it on
    /// an async thread.
    ///
    /// # Errors
    /// When the run does not exist, it has no log, or no sample has the label.
    pub fn label_charts(&self, run: &RunId, label: &str) -> Result<LabelCharts, EngineError> {
        wait(self.store().run(run))?;
        let missing = || EngineError::NotFound { kind: "label of the run", id: label.to_owned() };
        self.statistics(run)?.label_charts(label).ok_or_else(missing)
    }

    /// Compares finished runs with the first of them. It reads their logs: do not call it on an async thread.
    ///
    /// # Errors
    /// When there are not two to five of them, one is named twice, or one has not finished.
    pub fn compare_runs(&self, runs: &[RunId]) -> Result<ComparisonReport, EngineError> {
        if !(2..=MOST_COMPARED).contains(&runs.len()) {
            return Err(EngineError::invalid(
                "runs_to_compare",
                format!("Two to {MOST_COMPARED} runs can be compared; {} were given.", runs.len()),
            ));
        }
        if let Some(twice) = runs.iter().enumerate().find_map(|(at, run)| runs[..at].contains(run).then_some(run)) {
            return Err(EngineError::invalid("runs_to_compare", format!("The run {twice} is given twice.")));
        }
        let mut compared = runs.iter().map(|run| self.compared(run)).collect::<Result<Vec<_>, _>>()?;
        distinguish(&mut compared);
        let names: Vec<&str> = compared.iter().map(|compared| compared.result.name.as_str()).collect();
        let title = names.join(" -> ");
        Ok(ComparisonReport::new(title, env!("CARGO_PKG_VERSION"), self.now_ms(), compared, Thresholds::default()))
    }

    fn compared(&self, id: &RunId) -> Result<Compared, EngineError> {
        let run = wait(self.store().run(id))?.run;
        if !run.phase.is_terminal() {
            return Err(conflict(
                format!("The run '{}' has not finished.", run.name),
                Some(
                    "Wait until it has \
                                         finished.",
                ),
            ));
        }
        let Report { summary, series, profiles, error_types, .. } = self.report(id)?;
        if summary.total.samples == 0 {
            return Err(EngineError::invalid(
                "runs_to_compare",
                format!("The run '{}' has no samples to compare.", run.name),
            ));
        }
        let result = ComparedResult {
            name: run.name.clone(),
            run_id: Some(id.to_string()),
            run: self.started_with(&run)?,
            errors: most_frequent(error_types),
            start_ms: summary.start_ms,
            bucket_ms: Some(series.bucket_ms),
            points: series.points,
            profile: Some(profiles.total),
            percents: profiles.percents,
            summary,
        };
        let samples = result.summary.total.samples;
        let passed_times = self.passed_times(&run, samples)?;
        Ok(Compared { result, passed_times, max_unread_percent: run.max_unread_percent })
    }

    /// The start settings of a run; `None`: it was imported.
    fn started_with(&self, run: &Run) -> Result<Option<ComparedRun>, EngineError> {
        let provider = match run.provider {
            None | Some(Provider::Imported) => return Ok(None),
            Some(provider) => provider,
        };
        // Its row outlives its nodes, and may be deleted before its runs; what cannot be read is named among the notices.
        let cluster = match wait(self.store().cluster(&run.cluster_id)) {
            Ok(cluster) => Some(cluster),
            Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let ec2 = cluster.and_then(|cluster| cluster.config.ec2);
        let machines = ec2.map_or_else(|| provider.to_string(), |ec2| ec2.worker_type);
        let mut run = run.clone();
        mask(&mut run);
        let (jmeter, java) = run.versions.map(|versions| (versions.jmeter, versions.java)).unzip();
        Ok(Some(ComparedRun {
            plan: run.plan_name,
            plan_revision: run.plan_revision,
            users: run.total_threads,
            workers: run.workers,
            machines: Some(machines),
            properties: run.properties,
            system_properties: run.system_properties,
            properties_files: run.properties_files,
            jmeter,
            java: java.unwrap_or_default(),
            share: run.share,
            split: run.split,
        }))
    }

    /// The exact response times of its passed samples; `None` if the log is gone.
    fn passed_times(&self, run: &Run, samples: u64) -> Result<Option<ResponseTimes>, EngineError> {
        let mut log = match self.statistics(&run.id) {
            Ok(log) => log,
            Err(EngineError::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        if log.outcome().cut_logs > 0 && log.summary().total.samples < samples {
            // The remaining part would be compared as if it were complete.
            return Err(damaged(&spool(self.folder(), &run.id)));
        }
        Ok(Some(log.passed_times()))
    }

    /// The statistics of a run's whole log.
    fn statistics(&self, run: &RunId) -> Result<LogStatistics, EngineError> {
        // An active run may have no sample yet, and an ended run without samples is not queried.
        let options = ReadOptions { empty: Empty::Allowed, ..ReadOptions::default() };
        self.read_log(run, |input| read_logs_with(&[input], &options, &mut |_| ControlFlow::Continue(())))
    }

    /// Reads a run's log, plain or compressed, local or in the store. It may be compressed meanwhile: it then has the other name.
    pub(super) fn read_log<T>(
        &self,
        run: &RunId,
        read: impl Fn(Input) -> Result<T, LogError>,
    ) -> Result<T, EngineError> {
        let plain = spool(self.folder(), run);
        for path in [plain.clone(), compressed_path(&plain)] {
            match read(Input::File(path)) {
                Err(LogError::Open { source, .. }) if source.kind() == ErrorKind::NotFound => (),
                // Not the system but the content: a plain log is never refused for that.
                Err(LogError::Read { source, .. }) if source.raw_os_error().is_none() => return Err(damaged(&plain)),
                read => return read.map_err(unread),
            }
        }
        let missing = || EngineError::NotFound { kind: "log of the run", id: run.to_string() };
        read(self.archived_log(run)?.ok_or_else(missing)?).map_err(unread)
    }
}

/// Runs of one plan mostly have the same name: then their IDs are added to it.
fn distinguish(compared: &mut [Compared]) {
    let names: Vec<String> = compared.iter().map(|compared| compared.result.name.clone()).collect();
    for (at, Compared { result, .. }) in compared.iter_mut().enumerate() {
        let shared = names.iter().enumerate().any(|(other, name)| other != at && *name == names[at]);
        if let Some(id) = result.run_id.as_ref().filter(|_| shared) {
            result.name = format!("{} ({id})", result.name);
        }
    }
}

fn unread(error: LogError) -> EngineError {
    match error {
        LogError::Open { source, .. } | LogError::Read { source, .. } => {
            super::kept::unread(Path::new(super::RESULTS), source)
        }
        other => EngineError::JMeter(format!("The run's log cannot be read: {other}.")),
    }
}
