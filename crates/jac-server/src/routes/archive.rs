//! Runs in the artefact store: retried, verified, linked to, and restored to the list.

use crate::access::allowed::{Allowed, ChangeRun, ManageArchive, On, View};
use crate::body::Query;
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use jac_engine::archive::{ArchiveView, Link, Rebuilt, Verified};
use jac_model::{Message, Run};
use serde::Deserialize;

/// Store a run's results now instead of at the next retry
#[utoipa::path(post, path = "/runs/{id}/archive/retry", tag = "archive", params(("id" = String, Path)),
    responses((status = 202, body = ArchiveView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn retry(run: On<ChangeRun, Run>) -> Result<(StatusCode, Json<ArchiveView>), ApiError> {
    Ok((StatusCode::ACCEPTED, Json(run.engine().retry_archive(&run.thing.id).await?)))
}

/// Returns the result of work on a store, or that it continues.
fn done_or_running<T: IntoResponse>(done: Option<T>) -> Response {
    done.map_or_else(|| (StatusCode::ACCEPTED, Json(still_running())).into_response(), T::into_response)
}

fn still_running() -> Message {
    Message::new("still_running", "The work continues. Repeat the request to wait for its result.")
}

/// Read a stored run again and compare it with its manifest
///
/// After 25 seconds the work continues on the server: repeat the request until the response is 200.
#[utoipa::path(post, path = "/runs/{id}/archive/verify", tag = "archive", params(("id" = String, Path)),
    responses((status = 200, body = Verified), (status = 202, body = Message), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody),
        (status = 502, body = ErrorBody)))]
pub async fn verify(run: On<ChangeRun, Run>) -> Result<Response, ApiError> {
    Ok(done_or_running(run.engine().verify_archive(&run.thing.id).await?.map(Json)))
}

/// Which object.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct LinkQuery {
    /// The artefact, as the list of artefacts names it, or its compressed name.
    name: String,
}

/// Create an address from which anybody can download an artefact from the store for 15 minutes
#[utoipa::path(get, path = "/runs/{id}/archive/link", tag = "archive", params(("id" = String, Path), LinkQuery),
    responses((status = 200, body = Link), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn link(run: On<View, Run>, Query(query): Query<LinkQuery>) -> Result<Json<Link>, ApiError> {
    Ok(Json(run.engine().archive_link(&run.thing.id, &query.name).await?))
}

/// Rebuild the list of runs from the stores; existing runs are kept
///
/// After 25 seconds the work continues on the server: repeat the request until the response is 200.
#[utoipa::path(post, path = "/archive/rebuild", tag = "archive",
    responses((status = 200, body = Rebuilt), (status = 202, body = Message), (status = 409, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn rebuild(allowed: Allowed<ManageArchive>) -> Result<Response, ApiError> {
    Ok(done_or_running(allowed.engine().rebuild_from_archive().await?.map(Json)))
}
