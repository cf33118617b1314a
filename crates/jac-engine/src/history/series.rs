//! Several runs over the time since each began, to be drawn over one another.

use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runs::results::MOST_COMPARED;
use jac_jtl::Point;
use jac_model::RunId;
use serde::Serialize;
use std::collections::HashSet;

/// Runs by elapsed time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunsOverTime {
    /// `null`: the totals.
    pub label: Option<String>,
    /// In the requested order.
    pub runs: Vec<RunOverTime>,
}

/// One run by elapsed time.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunOverTime {
    pub run: RunId,
    pub name: String,
    /// When the run's first bucket began, regardless of the label, epoch milliseconds; `null`: it has no points.
    pub start_ms: Option<i64>,
    /// Width of a bucket in milliseconds; it depends on the run's length.
    pub bucket_ms: u64,
    /// `t_ms` is relative to `start_ms`, in milliseconds. Empty if the run has no sample of the label, or the label is
    /// not among its busiest and the log is gone.
    pub points: Vec<Point>,
}

impl Engine {
    /// The points of up to five runs by the time since each began, in total or of one label. It may read their reports:
    /// do not call it on an async thread.
    ///
    /// # Errors
    /// When no run or too many runs are named, one is named twice, or a run does not exist.
    pub fn runs_over_time(&self, runs: &[RunId], label: Option<&str>) -> Result<RunsOverTime, EngineError> {
        let different: HashSet<&RunId> = runs.iter().collect();
        if runs.is_empty() || runs.len() > MOST_COMPARED || different.len() < runs.len() {
            let message = format!("Give 1 to {MOST_COMPARED} runs, each once.");
            return Err(EngineError::invalid("runs_to_compare", message));
        }
        let runs = runs.iter().map(|run| self.run_over_time(run, label)).collect::<Result<Vec<_>, _>>()?;
        Ok(RunsOverTime { label: label.map(str::to_owned), runs })
    }

    fn run_over_time(&self, id: &RunId, label: Option<&str>) -> Result<RunOverTime, EngineError> {
        let name = wait(self.store().run(id))?.run.name;
        let (bucket_ms, start_ms, mut points) = match label {
            None => {
                let (bucket_ms, points) = self.total_over_time(id)?;
                (bucket_ms, points.first().map(|point| point.t_ms), points)
            }
            Some(label) => self.label_over_time(id, label)?,
        };
        for point in &mut points {
            point.t_ms -= start_ms.unwrap_or_default();
        }
        Ok(RunOverTime { run: id.clone(), name, start_ms, bucket_ms, points })
    }

    /// A label's points: from the report if it is among the busiest, otherwise from the log.
    fn label_over_time(&self, id: &RunId, label: &str) -> Result<(u64, Option<i64>, Vec<Point>), EngineError> {
        let series = self.report(id)?.series;
        let start_ms = series.points.first().map(|point| point.t_ms);
        if let Some(of_label) = series.labels.into_iter().find(|series| series.label == label) {
            return Ok((series.bucket_ms, start_ms, of_label.points));
        }
        match self.label_charts(id, label) {
            Ok(charts) => Ok((charts.bucket_ms, charts.start_ms, charts.series.points)),
            // Without the label, or without its log.
            Err(EngineError::NotFound { .. }) => Ok((series.bucket_ms, start_ms, Vec::new())),
            Err(error) => Err(error),
        }
    }

    /// The total's points, as stored during the run.
    fn total_over_time(&self, id: &RunId) -> Result<(u64, Vec<Point>), EngineError> {
        let Some((bucket_ms, stored)) = wait(self.store().series(id))? else { return Ok((0, Vec::new())) };
        let read = |point: jac_store::StoredPoint| {
            serde_json::from_value(point.point)
                .map_err(|error| EngineError::JMeter(format!("A point of the run cannot be read: {error}.")))
        };
        Ok((bucket_ms.unsigned_abs(), stored.into_iter().map(read).collect::<Result<_, _>>()?))
    }
}
