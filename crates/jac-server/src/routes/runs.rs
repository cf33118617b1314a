//! Runs: start, look, stop, report, artefacts.

use crate::App;
use crate::access::{Caller, Owned, Shown};
use crate::body::{Body, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::lists::{Asker, RunsQuery};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jac_engine::list::{Page, RunSummary};
use jac_engine::runs::{Artefact, LogPiece, NewRun, artefacts};
use jac_engine::view::{RunView, Snapshot};
use jac_engine::{EngineError, may_write};
use jac_model::{Cluster, Run, RunId, StopMode};
use jac_report::Report;
use jac_store::RunRow;
use serde::Deserialize;
use tokio_util::io::ReaderStream;

/// Runs, a page at a time
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunsQuery), responses((status = 200, body = Page<RunSummary>), (status = 400, body = ErrorBody)))]
pub async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(query): Query<RunsQuery>,
) -> Result<Json<Page<RunSummary>>, ApiError> {
    let (filter, page) = query.ask(Asker { person: &caller, teams: &[] });
    Ok(Json(app.engine.list_runs(&filter, &page).await?))
}

/// Start a run; it waits for its cluster by itself
#[utoipa::path(post, path = "/runs", tag = "runs", request_body = NewRun,
    responses((status = 202, body = RunView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Caller(caller): Caller,
    Body(new): Body<NewRun>,
) -> Result<(StatusCode, Json<RunView>), ApiError> {
    let cluster: Cluster = app.engine.store().cluster(&new.cluster_id).await?;
    // The cluster is named in the body, not in the path, so its owner is looked at here.
    if !may_write(&caller, &cluster.owner) {
        return Err(ApiError::NotOwner);
    }
    let owner = caller.clone();
    let run = app.engine.check_in_turn(move |engine, gone| engine.create_run(owner, new, gone)).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, &caller, &run.id).await?)))
}

async fn view(app: &App, caller: &jac_model::Person, id: &RunId) -> Result<RunView, ApiError> {
    let row: RunRow = app.engine.store().run(id).await?;
    Ok(app.engine.view_run(row, caller))
}

/// One run
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = RunView), (status = 404, body = ErrorBody)))]
pub async fn show(State(app): State<App>, run: Shown<Run>) -> Result<Json<RunView>, ApiError> {
    Ok(Json(view(&app, &run.caller, &run.thing.id).await?))
}

/// How a run is to end.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Stop {
    pub how: StopMode,
}

/// Stop a run; what was measured is kept
#[utoipa::path(post, path = "/runs/{id}/stop", tag = "runs", params(("id" = String, Path)), request_body = Stop, responses((status = 202, body = RunView), (status = 404, body = ErrorBody)))]
pub async fn stop(
    State(app): State<App>,
    run: Owned<Run>,
    Body(stop): Body<Stop>,
) -> Result<(StatusCode, Json<RunView>), ApiError> {
    app.engine.request_stop(&run.thing.id, stop.how, &run.caller.name).await?;
    Ok((StatusCode::ACCEPTED, Json(view(&app, &run.caller, &run.thing.id).await?)))
}

/// Whether a run is to be kept.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Pin {
    pinned: bool,
}

/// Keep a run whatever the retention says, or no longer
#[utoipa::path(patch, path = "/runs/{id}/pin", tag = "runs", params(("id" = String, Path)), request_body = Pin,
    responses((status = 200, body = RunView), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn pin(State(app): State<App>, run: Owned<Run>, Body(pin): Body<Pin>) -> Result<Json<RunView>, ApiError> {
    app.engine.pin_run(&run.thing.id, pin.pinned).await?;
    Ok(Json(view(&app, &run.caller, &run.thing.id).await?))
}

/// Delete a finished run and its artefacts
#[utoipa::path(delete, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 204), (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, run: Owned<Run>) -> Result<StatusCode, ApiError> {
    app.engine.delete_run(&run.thing.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// From which snapshot on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveQuery {
    /// The number of the last snapshot that the caller has; 0: none.
    #[serde(default)]
    after: u64,
}

/// The run as it is now, with the points that changed since a snapshot
#[utoipa::path(get, path = "/runs/{id}/live", tag = "runs", params(("id" = String, Path), LiveQuery), responses((status = 200, body = Snapshot), (status = 404, body = ErrorBody)))]
pub async fn live(
    State(app): State<App>,
    run: Shown<Run>,
    Query(query): Query<LiveQuery>,
) -> Result<Json<Snapshot>, ApiError> {
    let engine = app.engine.clone();
    let read = tokio::task::spawn_blocking(move || engine.snapshot(&run.thing.id, query.after, &run.caller)).await;
    Ok(Json(read.map_err(|panic| EngineError::JMeter(panic.to_string()))??))
}

/// The report of a finished run
#[utoipa::path(get, path = "/runs/{id}/report", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = Report), (status = 409, body = ErrorBody)))]
pub async fn report(State(app): State<App>, run: Shown<Run>) -> Result<Json<Report>, ApiError> {
    let engine = app.engine.clone();
    let read = tokio::task::spawn_blocking(move || engine.report(&run.thing.id)).await;
    Ok(Json(read.map_err(|panic| EngineError::JMeter(panic.to_string()))??))
}

/// From which byte on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    #[serde(default)]
    from: u64,
}

/// A piece of a node's JMeter log, at most 256 KB
#[utoipa::path(get, path = "/runs/{id}/logs/{node}", tag = "runs", params(("id" = String, Path), ("node" = String, Path), LogQuery), responses((status = 200, body = LogPiece), (status = 404, body = ErrorBody)))]
pub async fn log(
    State(app): State<App>,
    run: Shown<Run>,
    Path((_, node)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPiece>, ApiError> {
    Ok(Json(app.engine.jmeter_log(&run.thing.id, &node, query.from).await?))
}

/// What the run left
#[utoipa::path(get, path = "/runs/{id}/artefacts", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = Vec<Artefact>)))]
pub async fn list_artefacts(State(app): State<App>, run: Shown<Run>) -> Result<Json<Vec<Artefact>>, ApiError> {
    Ok(Json(artefacts(&app.engine.folder().run(&run.thing.id))?))
}

/// A file that the run left
#[utoipa::path(get, path = "/runs/{id}/artefacts/{name}", tag = "runs", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = ErrorBody)))]
pub async fn artefact(
    State(app): State<App>,
    run: Shown<Run>,
    Path((_, name)): Path<(String, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let (artefact, place) = app.engine.artefact(&run.thing.id, &name).await?;
    let file =
        tokio::fs::File::open(&place).await.map_err(|error| EngineError::file(format!("reading {name}"), error))?;
    // A log that still grows is longer at its end than it says now.
    let length = file.metadata().await.map_err(|error| EngineError::file(format!("reading {name}"), error))?.len();
    let saved_as = format!("{}-{}", run.thing.id, artefact.name.replace('/', "-"));
    let headers = [
        (header::CONTENT_TYPE, artefact.media_type),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{saved_as}\"")),
    ];
    use tokio::io::AsyncReadExt;
    Ok((headers, axum::body::Body::from_stream(ReaderStream::with_capacity(file.take(length), 256 * 1024))))
}
