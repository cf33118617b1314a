//! Results of runs: reports, single samples, comparisons.

use crate::App;
use crate::access::allowed::{Allowed, On, View};
use crate::access::shared::{ViewedRun, Viewing};
use crate::body::{LargeJson, Path, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::runs::labels_of;
use axum::extract::State;
use jac_engine::{EngineError, FoundSamples, PlanSamples, RunsToSearch, SampleSource};
use jac_jtl::{Entry, LabelCharts};
use jac_logs::{Bound, Condition, Filter, FilterError, Keep, Search};
use jac_model::{PlanId, Run, RunId};
use jac_report::{ComparisonReport, Report};
use serde::Deserialize;

/// The requested samples. All given conditions must match.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SamplesQuery {
    /// A regular expression that matches somewhere in the label.
    label: Option<String>,
    /// The response code.
    code: Option<String>,
    /// Passed or failed.
    success: Option<bool>,
    /// Minimum response time in milliseconds.
    min_ms: Option<i64>,
    /// Maximum response time in milliseconds.
    max_ms: Option<i64>,
    /// Started then or later, epoch milliseconds.
    from_ms: Option<i64>,
    /// Started before then, epoch milliseconds.
    to_ms: Option<i64>,
    /// A regular expression that matches somewhere in the thread's name.
    thread: Option<String>,
    /// Text in the message, the failed assertion's message or the URL, upper and lower case alike.
    text: Option<String>,
    /// Which of the matching samples are shown.
    #[serde(default)]
    #[param(inline)]
    keep: KeepWord,
    /// How many are shown; absent: 100, at most 1,000. All are counted.
    limit: Option<usize>,
    /// Where to search. The result is the same.
    #[serde(default)]
    #[param(inline)]
    source: SampleSource,
}

/// Which of the matching samples are shown.
#[derive(Debug, Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeepWord {
    /// The first in the log's order.
    #[default]
    First,
    /// Those with the longest response times.
    Slowest,
}

impl SamplesQuery {
    fn search(self) -> Result<Search, FilterError> {
        let mut filter = Filter::default();
        let conditions = [
            self.from_ms.map(|ms| Condition::Time(Bound::AtLeast(ms))),
            self.to_ms.map(|ms| Condition::Time(Bound::Below(ms))),
            self.min_ms.map(|ms| Condition::Elapsed(Bound::AtLeast(ms))),
            self.max_ms.map(|ms| Condition::Elapsed(Bound::AtMost(ms))),
            self.success.map(Condition::Success),
            self.code.as_deref().map(Condition::code),
            self.label.as_deref().map(Condition::label).transpose()?,
            self.thread.as_deref().map(Condition::thread).transpose()?,
            self.text.as_deref().map(Condition::anywhere).transpose()?,
        ];
        for condition in conditions.into_iter().flatten() {
            filter.add(condition);
        }
        let keep = match self.keep {
            KeepWord::First => Keep::First,
            KeepWord::Slowest => Keep::Slowest,
        };
        Ok(Search { filter, keep, limit: self.limit.unwrap_or(100), ..Search::default() })
    }
}

/// Search a run's samples, also during the run
#[utoipa::path(get, path = "/runs/{id}/samples", tag = "runs", params(("id" = String, Path), SamplesQuery),
    responses((status = 200, body = FoundSamples), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn samples(
    State(app): State<App>,
    run: On<View, Run>,
    Query(query): Query<SamplesQuery>,
) -> Result<LargeJson<FoundSamples>, ApiError> {
    let source = query.source;
    let search = query.search().map_err(|error| ApiError::bad_request("condition", format!("{error}.")))?;
    let (engine, person) = (run.engine().clone(), run.caller.user.id.clone());
    Ok(LargeJson(app.edge.scans().run(&person, move || engine.find_samples(&run.thing.id, search, source)).await?))
}

/// Which runs of the plan are searched.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SearchedRunsQuery {
    /// Only runs with this tag.
    tag: Option<String>,
    /// Maximum number of runs, 1 to 50; absent: 20. It may search fewer: no further run is started after 3 s.
    runs: Option<u32>,
    /// `next` of the previous response: older runs.
    after: Option<String>,
}

/// Search the samples of a plan's runs, newest run first; also of a deleted plan
#[utoipa::path(get, path = "/plans/{id}/samples", tag = "plans", params(("id" = String, Path), SamplesQuery, SearchedRunsQuery),
    responses((status = 200, body = PlanSamples), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn plan_samples(
    State(app): State<App>,
    allowed: Allowed<View>,
    Path(id): Path<String>,
    Query(query): Query<SamplesQuery>,
    Query(which): Query<SearchedRunsQuery>,
) -> Result<LargeJson<PlanSamples>, ApiError> {
    let plan: PlanId = id.parse().map_err(|_| EngineError::NotFound { kind: "plan", id })?;
    let source = query.source;
    let search = query.search().map_err(|error| ApiError::bad_request("condition", format!("{error}.")))?;
    let SearchedRunsQuery { tag, runs, after } = which;
    let which = RunsToSearch { tag, most: runs.unwrap_or(20), after };
    let (engine, person) = (allowed.engine().clone(), allowed.caller.user.id.clone());
    let find = move || engine.find_plan_samples(&plan, &search, source, &which);
    Ok(LargeJson(app.edge.scans().run(&person, find).await?))
}

/// Which part of the run.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct IntervalQuery {
    /// Samples that ended then or later, epoch milliseconds; absent: from the run's beginning.
    from_ms: Option<i64>,
    /// Samples that ended before then, epoch milliseconds; absent: to the run's end.
    to_ms: Option<i64>,
}

/// Get the report of a finished run, or of a time range, which is counted again from its log
#[utoipa::path(get, path = "/runs/{id}/report", tag = "runs", params(("id" = String, Path), IntervalQuery),
    responses((status = 200, body = Report), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn report(
    State(app): State<App>,
    run: ViewedRun,
    Query(query): Query<IntervalQuery>,
) -> Result<LargeJson<Report>, ApiError> {
    let (engine, id) = (run.engine().clone(), run.thing.id.clone());
    let IntervalQuery { from_ms, to_ms } = query;
    if from_ms.is_none() && to_ms.is_none() {
        let of = id.clone();
        let report = engine.run_blocking(move |engine| engine.report(&of)).await?;
        engine.prepare_intervals(&id, &report.summary);
        return Ok(LargeJson(report));
    }
    let read = move || engine.report_within(&id, from_ms, to_ms);
    Ok(LargeJson(app.edge.scans().run(&run.who, read).await?))
}

/// Which label.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LabelQuery {
    /// The label, as it is in the summary.
    label: String,
}

/// Get the points of one label of a run, also if the report omits it, and during the run
#[utoipa::path(get, path = "/runs/{id}/label-charts", tag = "runs", params(("id" = String, Path), LabelQuery),
    responses((status = 200, body = LabelCharts), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn label_charts(
    State(app): State<App>,
    run: On<View, Run>,
    Query(query): Query<LabelQuery>,
) -> Result<LargeJson<LabelCharts>, ApiError> {
    let (engine, person) = (run.engine().clone(), run.caller.user.id.clone());
    Ok(LargeJson(app.edge.scans().run(&person, move || engine.label_charts(&run.thing.id, &query.label)).await?))
}

/// Which labels, and which part of the run.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TogetherQuery {
    /// A JSON array of labels, at most ten: `["Log in","Search"]`.
    labels: String,
    /// Samples that ended then or later, epoch milliseconds; absent: from the run's beginning.
    from_ms: Option<i64>,
    /// Samples that ended before then, epoch milliseconds; absent: to the run's end.
    to_ms: Option<i64>,
}

/// Get the statistics of several labels of a finished run as one, with percentiles; reads the log. `null`: none of them has a sample there
#[utoipa::path(get, path = "/runs/{id}/labels-together", tag = "runs", params(("id" = String, Path), TogetherQuery),
    responses((status = 200, body = Option<Entry>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn labels_together(
    State(app): State<App>,
    run: ViewedRun,
    Query(query): Query<TogetherQuery>,
) -> Result<LargeJson<Option<Entry>>, ApiError> {
    let labels = labels_of(&query.labels)?;
    let (engine, id) = (run.engine().clone(), run.thing.id.clone());
    let read = move || engine.labels_together(&id, query.from_ms, query.to_ms, &labels);
    Ok(LargeJson(app.edge.scans().run(&run.who, read).await?))
}

/// Which runs.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CompareQuery {
    /// Two to five IDs separated by commas; the others are compared with the first.
    runs: String,
}

impl CompareQuery {
    /// The ids, as they were written.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.runs.split(',').filter(|id| !id.is_empty())
    }
}

/// Ids of runs that are ids.
pub fn run_ids<'a>(ids: impl Iterator<Item = &'a str>) -> Result<Vec<RunId>, EngineError> {
    let not_found = |id: &str| EngineError::NotFound { kind: "run", id: id.to_owned() };
    ids.map(|id| id.parse::<RunId>().map_err(|_| not_found(id))).collect()
}

/// Compare runs with the first one, with tests for significance
#[utoipa::path(get, path = "/compare", tag = "runs", params(CompareQuery),
    responses((status = 200, body = ComparisonReport), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn compare(
    State(app): State<App>,
    viewing: Viewing,
    Query(query): Query<CompareQuery>,
) -> Result<LargeJson<ComparisonReport>, ApiError> {
    let runs = run_ids(query.ids())?;
    let engine = viewing.exactly(&runs)?.clone();
    Ok(LargeJson(app.edge.scans().run(&viewing.who, move || engine.compare_runs(&runs)).await?))
}
