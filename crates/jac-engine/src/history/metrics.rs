//! The figures of finished runs: written when a run ends, and in the background for runs that ended under an earlier
//! JAC or were restored from their folders.
//!
//! The total and the labels with the most samples are stored. Response times of passed samples are stored in coarse
//! steps; for a run with only a report, they are rebuilt from the report's percentiles, or from its histogram if some
//! samples failed.

use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_jtl::{Entry, LogStatistics, Summary, TotalBasis};
use jac_model::RunId;
use jac_report::{CoarseTimes, Report};
use jac_store::RunMetrics;
use std::collections::HashMap;
use std::time::Duration;
use tokio::time::sleep;

/// Number of labels whose figures are stored per run, those with the most samples.
const MOST_LABELS: usize = 100;
/// Number of runs read concurrently.
const AT_A_TIME: u32 = 50;
/// Pause between two reports: users of the server have priority.
const PAUSE: Duration = Duration::from_millis(20);
/// After this time it is retried.
const RETRY_EVERY: Duration = Duration::from_secs(10 * 60);

/// Figures of a run's statistics, with the share of rows that may be unreadable if it is not the default.
pub(crate) fn of_statistics(statistics: &mut LogStatistics, max_unread_percent: Option<f64>) -> Vec<RunMetrics> {
    let (summary, times) = (statistics.summary(), statistics.passed_times());
    let labels: HashMap<&str, &[(u32, u64)]> =
        times.labels.iter().map(|(label, counts)| (label.as_str(), counts.as_slice())).collect();
    let of = |label: Option<&str>| {
        let counts = label.map_or(Some(times.total.as_slice()), |label| labels.get(label).copied());
        CoarseTimes::of(counts.unwrap_or_default().iter().copied())
    };
    rows(&summary, max_unread_percent, of)
}

/// From a run's report.
fn of_report(report: &Report, max_unread_percent: Option<f64>) -> Vec<RunMetrics> {
    let profiles = &report.profiles;
    let labels: HashMap<&str, _> = profiles.labels.iter().map(|label| (label.label.as_str(), &label.profile)).collect();
    let of = |label: Option<&str>| {
        let profile = label.map_or(Some(&profiles.total), |label| labels.get(label).copied());
        let curve = profile.filter(|profile| profile.percentiles_ms.len() == profiles.percents.len());
        curve.map_or_else(CoarseTimes::default, |profile| {
            let samples = profile.satisfied + profile.tolerated + profile.frustrated + profile.failed;
            let all = CoarseTimes::of_percentiles(&profiles.percents, &profile.percentiles_ms, samples);
            if profile.failed > 0 { all.passed(&profile.distribution) } else { all }
        })
    };
    rows(&report.summary, max_unread_percent, of)
}

/// The rows of a table; empty if the run has no samples.
fn rows(
    summary: &Summary,
    max_unread_percent: Option<f64>,
    times: impl Fn(Option<&str>) -> CoarseTimes,
) -> Vec<RunMetrics> {
    if summary.total.samples == 0 {
        return Vec::new();
    }
    let basis = match summary.total_basis {
        TotalBasis::Samples => "samples",
        TotalBasis::Transactions => "transactions",
    };
    let row = |label: Option<&str>, entry: &Entry| RunMetrics {
        label: label.map(str::to_owned),
        samples: entry.samples,
        errors: entry.errors,
        mean_ms: entry.mean_ms,
        median_ms: entry.median_ms,
        p90_ms: entry.p90_ms,
        p95_ms: entry.p95_ms,
        p99_ms: entry.p99_ms,
        rate_per_s: entry.throughput_per_s,
        unread_percent: summary.unread_percent,
        max_unread_percent,
        total_basis: Some(basis.to_owned()),
        times: times(label).to_bytes(),
    };
    let mut labels: Vec<&Entry> = summary.labels.iter().collect();
    labels.sort_by_key(|entry| std::cmp::Reverse(entry.samples));
    labels.truncate(MOST_LABELS);
    let labels = labels.into_iter().map(|entry| row(Some(&entry.label), entry));
    std::iter::once(row(None, &summary.total)).chain(labels).collect()
}

/// Writes the figures of finished runs that have none yet, newest first, until all are done.
pub(crate) async fn fill(engine: Engine) {
    loop {
        match engine.fill_metrics().await {
            Ok(0) => return,
            Ok(_) => (),
            Err(error) => {
                tracing::warn!(%error, "the figures of earlier runs could not be written: {error}; trying again");
                sleep(RETRY_EVERY).await;
            }
        }
    }
}

impl Engine {
    /// Adds the figures of some runs; returns for how many.
    async fn fill_metrics(&self) -> Result<usize, EngineError> {
        let runs = self.store().runs_without_metrics(AT_A_TIME).await?;
        let mut failed = None;
        for run in &runs {
            let id = run.clone();
            // A run that cannot be read at present does not delay the others.
            if let Err(error) = self.run_blocking(move |engine| engine.fill_metrics_of(&id)).await {
                tracing::warn!(%run, %error, "run {run}: no figures for its plan's trend: {error}");
                failed = Some(error);
            }
            sleep(PAUSE).await;
        }
        failed.map_or(Ok(runs.len()), Err)
    }

    /// Writes the figures of a run that has none, from its report. It blocks: do not call it on an async thread.
    pub(crate) fn fill_metrics_of(&self, run: &RunId) -> Result<(), EngineError> {
        let kept = wait(self.store().run(run))?.run;
        let metrics = match self.report(run) {
            // It is excluded from trends.
            _ if kept.try_run => Vec::new(),
            Ok(report) => of_report(&report, kept.max_unread_percent),
            // Without a report they are unknown.
            Err(error @ (EngineError::NotFound { .. } | EngineError::JMeter(_))) => {
                tracing::debug!(%run, %error, "run {run}: no figures for its plan's trend: {error}");
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        Ok(wait(self.store().fill_run_metrics(run, metrics))?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_jtl::Settings;
    use jac_report::Facts;

    fn log() -> LogStatistics {
        let mut log = LogStatistics::new(Settings::default());
        log.feed(b"timeStamp,elapsed,label,success\n");
        for n in 0..5_000_u64 {
            let label = n % 3;
            log.feed(format!("{},{},Page {label},{}\n", n * 10, elapsed_ms(n), n % 50 != 0).as_bytes());
        }
        log.finish();
        log
    }

    /// Failures are either immediate or timeouts.
    fn elapsed_ms(n: u64) -> u64 {
        match n % 100 {
            0 => 1,
            50 => 60_000,
            _ => 100 + (n * 7919) % 300,
        }
    }

    #[test]
    fn the_total_and_each_label_are_kept_and_a_run_without_samples_has_nothing() {
        let rows = of_statistics(&mut log(), None);
        let labels: Vec<_> = rows.iter().map(|row| row.label.as_deref().unwrap_or("total")).collect();
        assert_eq!(labels, ["total", "Page 0", "Page 1", "Page 2"]);
        assert_eq!((rows[0].samples, rows[0].errors), (5_000, 100));
        for row in &rows {
            let times = CoarseTimes::from_bytes(&row.times).expect("times");
            assert_eq!(times.counts().iter().map(|(_, count)| count).sum::<u64>(), row.samples - row.errors);
        }
        let mut empty = LogStatistics::new(Settings::default());
        empty.finish();
        assert!(of_statistics(&mut empty, None).is_empty());
    }

    #[test]
    fn figures_of_a_report_are_near_those_of_its_log() {
        let facts = Facts {
            title: String::new(),
            jac_version: String::new(),
            created_ms: 0,
            files: Vec::new(),
            run: None,
            notes: Vec::new(),
        };
        let (exact, report) = (of_statistics(&mut log(), None), Report::new(facts, &mut log()));
        let rebuilt = of_report(&report, None);
        assert_eq!(rebuilt.len(), exact.len());
        for (exact, rebuilt) in exact.iter().zip(&rebuilt) {
            assert_eq!(
                RunMetrics { times: Vec::new(), ..exact.clone() },
                RunMetrics { times: Vec::new(), ..rebuilt.clone() }
            );
            let share_below = |times: &[u8], limit: u32| {
                let times = CoarseTimes::from_bytes(times).expect("times");
                let below: u64 = times.counts().iter().filter(|(ms, _)| *ms < limit).map(|(_, count)| count).sum();
                let all: u64 = times.counts().iter().map(|(_, count)| count).sum();
                #[expect(clippy::cast_precision_loss, reason = "small numbers")]
                let share = below as f64 / all as f64;
                share
            };
            assert_eq!((share_below(&exact.times, 64), share_below(&exact.times, 408)), (0.0, 1.0), "only what passed");
            for limit in [64, 150, 200, 250, 300, 350, 450] {
                let (one, other) = (share_below(&exact.times, limit), share_below(&rebuilt.times, limit));
                assert!((one - other).abs() < 0.03, "{limit}: {one} and {other}");
            }
        }
    }
}
