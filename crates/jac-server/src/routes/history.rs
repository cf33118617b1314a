//! The history of plans: marks on runs, trends, runs over one another.

use crate::App;
use crate::access::allowed::{Allowed, ChangeRun, On, View};
use crate::access::audit;
use crate::access::shared::Viewing;
use crate::body::{Body, LargeJson, Path, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::results::run_ids;
use crate::routes::runs::view;
use axum::Json;
use axum::extract::State;
use jac_engine::EngineError;
use jac_engine::history::{RunsOverTime, Trend};
use jac_engine::view::RunView;
use jac_model::{PlanId, Run};
use serde::Deserialize;

/// How much of a note the audit trail has, in characters.
const NOTE_IN_TRAIL: usize = 200;

/// The tags of a run, which replace its current ones.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct RunTags {
    /// At most 20 of 1 to 40 characters, without commas. Case-insensitive.
    tags: Vec<String>,
}

/// A note on a run.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct RunNote {
    /// At most 4,000 characters; empty: nothing.
    note: String,
}

/// Whether a run is its plan's baseline.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct RunBaseline {
    baseline: bool,
}

/// Set the tags of a run
#[utoipa::path(patch, path = "/runs/{id}/tags", tag = "runs", params(("id" = String, Path)), request_body = RunTags,
    responses((status = 200, body = RunView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn set_tags(run: On<ChangeRun, Run>, Body(new): Body<RunTags>) -> Result<Json<RunView>, ApiError> {
    audit::detail("tags", new.tags.join(", "));
    run.engine().tag_run(&run.thing.id, new.tags).await?;
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}

/// Set the note of a run
#[utoipa::path(patch, path = "/runs/{id}/note", tag = "runs", params(("id" = String, Path)), request_body = RunNote,
    responses((status = 200, body = RunView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn set_note(run: On<ChangeRun, Run>, Body(new): Body<RunNote>) -> Result<Json<RunView>, ApiError> {
    audit::detail("note", new.note.chars().take(NOTE_IN_TRAIL).collect::<String>());
    run.engine().note_run(&run.thing.id, &new.note).await?;
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}

/// Make a finished run the baseline of its plan and replace any other, or remove the baseline
#[utoipa::path(patch, path = "/runs/{id}/baseline", tag = "runs", params(("id" = String, Path)), request_body = RunBaseline,
    responses((status = 200, body = RunView), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn set_baseline(run: On<ChangeRun, Run>, Body(new): Body<RunBaseline>) -> Result<Json<RunView>, ApiError> {
    audit::detail("baseline", new.baseline.to_string());
    run.engine().set_run_baseline(&run.thing.id, new.baseline).await?;
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}

/// Which part of a trend.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TrendQuery {
    /// Of this label; absent: the totals.
    label: Option<String>,
    /// How many runs, 1 to 200; absent: 50.
    limit: Option<u32>,
    /// `next` of the previous page.
    before: Option<String>,
}

fn plan_id(id: &str) -> Result<PlanId, EngineError> {
    id.parse().map_err(|_| EngineError::NotFound { kind: "plan", id: id.to_owned() })
}

/// Get the trend of a plan's figures, newest run first; also for a deleted plan
#[utoipa::path(get, path = "/plans/{id}/trend", tag = "plans", params(("id" = String, Path), TrendQuery),
    responses((status = 200, body = Trend), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn trend(
    allowed: Allowed<View>,
    Path(id): Path<String>,
    Query(query): Query<TrendQuery>,
) -> Result<Json<Trend>, ApiError> {
    let (label, limit) = (query.label.as_deref(), query.limit.unwrap_or(50));
    Ok(Json(allowed.engine().trend(&plan_id(&id)?, label, limit, query.before.as_deref()).await?))
}

/// List the labels of a plan's trend by name, at most 1,000
#[utoipa::path(get, path = "/plans/{id}/labels", tag = "plans", params(("id" = String, Path)),
    responses((status = 200, body = Vec<String>), (status = 404, body = ErrorBody)))]
pub async fn labels(allowed: Allowed<View>, Path(id): Path<String>) -> Result<Json<Vec<String>>, ApiError> {
    Ok(Json(allowed.engine().plan_labels(&plan_id(&id)?).await?))
}

/// The runs and the metric of a trend.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SeriesQuery {
    /// One to five ids with commas between.
    runs: String,
    /// Of this label; absent: the totals.
    label: Option<String>,
}

/// Get runs over the time since each one's start
#[utoipa::path(get, path = "/compare/series", tag = "runs", params(SeriesQuery),
    responses((status = 200, body = RunsOverTime), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn series(
    State(app): State<App>,
    viewing: Viewing,
    Query(query): Query<SeriesQuery>,
) -> Result<LargeJson<RunsOverTime>, ApiError> {
    let runs = run_ids(query.runs.split(',').filter(|id| !id.is_empty()))?;
    let engine = viewing.exactly(&runs)?.clone();
    let label = query.label;
    let read = move || engine.runs_over_time(&runs, label.as_deref());
    Ok(LargeJson(app.edge.scans().run(&viewing.who, read).await?))
}
