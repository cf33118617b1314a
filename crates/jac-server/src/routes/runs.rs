//! Runs: start, view, stop, report, artefacts.

use crate::App;
use crate::access::admission::Admission;
use crate::access::allowed::{Allowed, ChangeRun, On, StartRun, View};
use crate::access::rights;
use crate::access::shared::ViewedRun;
use crate::body::{Body, LargeJson, Path, Query};
use crate::edge::DOWNLOADS_OF_A_PERSON;
use crate::error::{ApiError, ErrorBody};
use crate::files::{download, too_many_downloads};
use crate::routes::TeamRequest;
use crate::routes::lists::RunsQuery;
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use jac_engine::list::{Page, RunSummary};
use jac_engine::runs::{Artefact, LogPiece, NewRun, NodeSeries, artefacts};
use jac_engine::view::{LiveLabels, RunView, Snapshot};
use jac_engine::{Engine, NewCluster};
use jac_jtl::WindowTable;
use jac_model::{Action, Cluster, Run, RunId, StopMode, authorize};
use jac_store::RunRow;
use serde::Deserialize;
use std::collections::BTreeMap;

/// List runs, paginated
#[utoipa::path(get, path = "/runs", tag = "runs", params(RunsQuery), responses((status = 200, body = Page<RunSummary>), (status = 400, body = ErrorBody)))]
pub async fn list(allowed: Allowed<View>, Query(query): Query<RunsQuery>) -> Result<Json<Page<RunSummary>>, ApiError> {
    let (filter, page) = query.ask(&allowed.caller);
    Ok(Json(allowed.engine().list_runs(&filter, &page).await?))
}

/// Start a run, on an existing cluster or on a new one for it; it waits for its cluster
#[utoipa::path(post, path = "/runs", tag = "runs", request_body = NewRun,
    responses((status = 202, body = RunView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<StartRun>,
    admission: Admission,
    State(app): State<App>,
    Body(mut new): Body<NewRun>,
) -> Result<(StatusCode, Json<RunView>), ApiError> {
    let (owner, engine) = (allowed.caller.user.clone(), allowed.engine());
    new_cluster_of(&app, &allowed, &new).await?;
    let turn = engine.check_turn().await?;
    // The check may have waited as long as others' checks take.
    admission.still_holds(&app).await?;
    let run = match new_cluster_of(&app, &allowed, &new).await? {
        Some(cluster) => {
            new.new_cluster = Some(cluster.clone());
            engine.create_run_on_new_cluster(turn, owner, new, cluster).await?
        }
        None => engine.check_with(turn, move |engine, gone| engine.create_run(owner, new, gone)).await?,
    };
    Ok((StatusCode::ACCEPTED, Json(view(engine, &run.id).await?)))
}

/// The cluster to create for a run, with the caller's credentials; `None`: the run uses an existing one.
///
/// # Errors
/// When the caller may not create it, or may not use the existing one. It is named in the body, not in the path, so its
/// owner is checked here.
async fn new_cluster_of(app: &App, allowed: &Allowed<StartRun>, new: &NewRun) -> Result<Option<NewCluster>, ApiError> {
    match (&new.cluster_id, &new.new_cluster) {
        (None, Some(cluster)) => {
            let mut cluster = cluster.clone();
            authorize(&allowed.caller, Action::CreateCluster, None).map_err(ApiError::Denied)?;
            rights::check(app, &allowed.caller, &mut cluster.config).await?;
            Ok(Some(cluster))
        }
        (Some(id), _) => {
            let cluster: Cluster = allowed.engine().store().cluster(id).await?;
            allowed.to(&cluster.owner, cluster.team.as_ref())?;
            Ok(None)
        }
        (None, None) => Ok(None),
    }
}

/// The run as it is shown now.
pub async fn view(engine: &Engine, id: &RunId) -> Result<RunView, ApiError> {
    let row: RunRow = engine.store().run(id).await?;
    Ok(engine.view_run(row))
}

/// Get a run
#[utoipa::path(get, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = RunView), (status = 404, body = ErrorBody)))]
pub async fn show(run: ViewedRun) -> Result<Json<RunView>, ApiError> {
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}

/// How to stop a run.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Stop {
    pub how: StopMode,
}

/// Stop a run; measured data is kept
#[utoipa::path(post, path = "/runs/{id}/stop", tag = "runs", params(("id" = String, Path)), request_body = Stop, responses((status = 202, body = RunView), (status = 404, body = ErrorBody)))]
pub async fn stop(run: On<ChangeRun, Run>, Body(stop): Body<Stop>) -> Result<(StatusCode, Json<RunView>), ApiError> {
    run.engine().request_stop(&run.thing.id, stop.how, &run.caller.user.name).await?;
    Ok((StatusCode::ACCEPTED, Json(view(run.engine(), &run.thing.id).await?)))
}

/// Whether to pin a run.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Pin {
    pinned: bool,
}

/// Pin a run (exempt from retention), or unpin it
#[utoipa::path(patch, path = "/runs/{id}/pin", tag = "runs", params(("id" = String, Path)), request_body = Pin,
    responses((status = 200, body = RunView), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn pin(run: On<ChangeRun, Run>, Body(pin): Body<Pin>) -> Result<Json<RunView>, ApiError> {
    run.engine().pin_run(&run.thing.id, pin.pinned).await?;
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}

/// Delete a finished run and its artefacts
#[utoipa::path(delete, path = "/runs/{id}", tag = "runs", params(("id" = String, Path)), responses((status = 204), (status = 409, body = ErrorBody)))]
pub async fn delete(run: On<ChangeRun, Run>) -> Result<StatusCode, ApiError> {
    run.engine().delete_run(&run.thing.id).await?;
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

/// Get the current state of a run, with the points that changed since a snapshot
#[utoipa::path(get, path = "/runs/{id}/live", tag = "runs", params(("id" = String, Path), LiveQuery), responses((status = 200, body = Snapshot), (status = 404, body = ErrorBody)))]
pub async fn live(run: On<View, Run>, Query(query): Query<LiveQuery>) -> Result<LargeJson<Snapshot>, ApiError> {
    let id = run.thing.id.clone();
    let read = move |engine: &Engine| engine.snapshot(&id, query.after);
    Ok(LargeJson(run.engine().run_blocking(read).await?))
}

/// Which labels, and from which snapshot on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveLabelsQuery {
    /// The number of the last snapshot whose points the caller has; 0: none.
    #[serde(default)]
    after: u64,
    /// A JSON array of labels, at most ten: `["Log in","Search"]`.
    labels: String,
}

/// Get the points of some labels of an active run that changed since a snapshot
#[utoipa::path(get, path = "/runs/{id}/live/labels", tag = "runs", params(("id" = String, Path), LiveLabelsQuery),
    responses((status = 200, body = LiveLabels), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn live_labels(
    run: On<View, Run>,
    Query(query): Query<LiveLabelsQuery>,
) -> Result<LargeJson<LiveLabels>, ApiError> {
    let labels = labels_of(&query.labels)?;
    let id = run.thing.id.clone();
    let read = move |engine: &Engine| engine.live_labels(&id, query.after, &labels);
    Ok(LargeJson(run.engine().run_blocking(read).await?))
}

/// Parses the labels of a query.
pub fn labels_of(text: &str) -> Result<Vec<String>, ApiError> {
    serde_json::from_str(text).map_err(|error| {
        ApiError::bad_request("labels_invalid", format!("`labels` must be a JSON array of labels: {error}."))
    })
}

/// The latest time that browsers support, in the year 275760: counting buckets from it does not overflow.
const LATEST_MS: i64 = 8_640_000_000_000_000;

/// Which part of the run's time, and which labels as one.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LiveWindowQuery {
    /// Samples that ended then or later, epoch milliseconds; the bucket of the charts that contains it is counted
    /// completely.
    from_ms: i64,
    /// Samples that ended before then, epoch milliseconds; the bucket of the charts that contains it is counted
    /// completely.
    to_ms: i64,
    /// A JSON array of labels, at most ten: `["Log in","Search"]`; absent: none.
    labels: Option<String>,
}

/// Get the table of a time range of an active run, counted from the buckets of its charts
#[utoipa::path(get, path = "/runs/{id}/live/window", tag = "runs", params(("id" = String, Path), LiveWindowQuery),
    responses((status = 200, body = WindowTable), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn live_window(
    run: On<View, Run>,
    Query(query): Query<LiveWindowQuery>,
) -> Result<LargeJson<WindowTable>, ApiError> {
    let labels = query.labels.as_deref().map(labels_of).transpose()?.unwrap_or_default();
    let id = run.thing.id.clone();
    let ended_ms = query.from_ms.clamp(0, LATEST_MS)..query.to_ms.clamp(0, LATEST_MS);
    let read = move |engine: &Engine| engine.live_window(&id, ended_ms, &labels);
    Ok(LargeJson(run.engine().run_blocking(read).await?))
}

/// How many nodes.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NodeSeriesQuery {
    /// Maximum number of nodes, those with the highest CPU usage; absent: 10.
    limit: Option<usize>,
}

/// Get CPU, memory, heap and network of a run's nodes over time, during the run and afterwards
#[utoipa::path(get, path = "/runs/{id}/node-series", tag = "runs", params(("id" = String, Path), NodeSeriesQuery),
    responses((status = 200, body = NodeSeries), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn node_series(
    run: On<View, Run>,
    Query(query): Query<NodeSeriesQuery>,
) -> Result<LargeJson<NodeSeries>, ApiError> {
    let (id, limit) = (run.thing.id.clone(), query.limit.unwrap_or(10));
    let read = move |engine: &Engine| engine.node_series(&id, limit);
    Ok(LargeJson(run.engine().run_blocking(read).await?))
}

/// Get the labels inside each transaction of a run, by the transaction's label, as far as the plan that it ran shows
/// them
#[utoipa::path(get, path = "/runs/{id}/transactions", tag = "runs", params(("id" = String, Path)),
    responses((status = 200, body = BTreeMap<String, Vec<String>>), (status = 404, body = ErrorBody)))]
pub async fn transactions(run: On<View, Run>) -> Result<Json<BTreeMap<String, Vec<String>>>, ApiError> {
    let of = run.thing.clone();
    Ok(Json(run.engine().check_in_turn(move |engine, gone| engine.run_transactions(&of, gone)).await?))
}

/// The size of the largest file that an operating system can have.
const MAX_FILE_BYTES: u64 = i64::MAX as u64;

/// From which byte on.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// 0: from the beginning.
    #[serde(default)]
    #[param(maximum = 9_223_372_036_854_775_807_i64)]
    from: u64,
}

/// Get a piece of a node's JMeter log, at most 256 KB
#[utoipa::path(get, path = "/runs/{id}/logs/{node}", tag = "runs", params(("id" = String, Path), ("node" = String, Path), LogQuery),
    responses((status = 200, body = LogPiece), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn log(
    run: On<View, Run>,
    Path((_, node)): Path<(String, String)>,
    Query(query): Query<LogQuery>,
) -> Result<Json<LogPiece>, ApiError> {
    if query.from > MAX_FILE_BYTES {
        return Err(ApiError::bad_request(
            "from_invalid",
            format!("`from` must be at most {MAX_FILE_BYTES}: no file is larger."),
        ));
    }
    Ok(Json(run.engine().jmeter_log(&run.thing.id, &node, query.from).await?))
}

/// List the run's artefacts
#[utoipa::path(get, path = "/runs/{id}/artefacts", tag = "runs", params(("id" = String, Path)), responses((status = 200, body = Vec<Artefact>)))]
pub async fn list_artefacts(run: On<View, Run>) -> Result<Json<Vec<Artefact>>, ApiError> {
    let id = run.thing.id.clone();
    Ok(Json(run.engine().run_blocking(move |engine| artefacts(&engine.folder().run(&id))).await?))
}

/// Download a file of the run
#[utoipa::path(get, path = "/runs/{id}/artefacts/{name}", tag = "runs", params(("id" = String, Path), ("name" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"),
        (status = 206, description = "The bytes of `Range`", content_type = "application/octet-stream"),
        (status = 404, body = ErrorBody), (status = 416, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub async fn artefact(
    State(app): State<App>,
    run: On<View, Run>,
    Path((_, name)): Path<(String, String)>,
    requested: HeaderMap,
) -> Result<Response, ApiError> {
    let (place, ()) = app
        .edge
        .downloads()
        .enter(&run.caller.user.id)
        .ok_or_else(|| too_many_downloads("files", DOWNLOADS_OF_A_PERSON))?;
    let (artefact, file) = run.engine().artefact(&run.thing.id, &name).await?;
    let saved_as = format!("{}-{}", run.thing.id, artefact.name.replace(['/', '"', '\\'], "-"));
    Ok(download(&requested, file, &artefact.media_type, &saved_as, place))
}

/// Set the team that may change it in addition to its owner
#[utoipa::path(patch, path = "/runs/{id}/team", tag = "runs", params(("id" = String, Path)), request_body = TeamRequest, responses((status = 200, body = RunView), (status = 404, body = ErrorBody)))]
pub async fn set_team(run: On<ChangeRun, Run>, Body(request): Body<TeamRequest>) -> Result<Json<RunView>, ApiError> {
    let team = run.engine().team(request.team.as_deref()).await?;
    run.engine().set_run_team(&run.thing.id, team).await?;
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}
