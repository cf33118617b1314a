//! The machines that cost money, and the clusters among them that no row knows.

use crate::App;
use crate::access::{Administrator, Caller};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jac_engine::EngineError;
use jac_engine::view::{ClusterView, Machines};
use jac_model::ClusterId;

/// All machines that cost money, and the providers that cannot be asked
#[utoipa::path(get, path = "/machines", tag = "machines", responses((status = 200, body = Machines)))]
pub async fn list(State(app): State<App>, Caller(_): Caller) -> Result<Json<Machines>, ApiError> {
    Ok(Json(app.engine.machines().await?))
}

/// Take over a cluster that no row knows; it becomes ready by itself
#[utoipa::path(post, path = "/orphans/{id}/adopt", tag = "orphans", params(("id" = String, Path)),
    responses((status = 202, body = ClusterView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn adopt(
    State(app): State<App>,
    Administrator(caller): Administrator,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ClusterView>), ApiError> {
    let cluster = app.engine.adopt_cluster(caller.clone(), &orphan(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(app.engine.view_cluster(cluster, &caller))))
}

/// End a cluster that no row knows
#[utoipa::path(delete, path = "/orphans/{id}", tag = "orphans", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn terminate(
    State(app): State<App>,
    Administrator(_): Administrator,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    app.engine.terminate_orphan(&orphan(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn orphan(id: &str) -> Result<ClusterId, ApiError> {
    id.parse().map_err(|_| ApiError::Engine(EngineError::NotFound { kind: "orphan", id: id.to_owned() }))
}
