//! Billable machines, including clusters that are not in the database.

use crate::access::allowed::{Allowed, ManageMachines, View};
use crate::body::Path;
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::http::StatusCode;
use jac_engine::EngineError;
use jac_engine::view::{ClusterView, Machines};
use jac_model::ClusterId;

/// List all billable instances, and the providers that cannot be queried
#[utoipa::path(get, path = "/machines", tag = "machines", responses((status = 200, body = Machines)))]
pub async fn list(allowed: Allowed<View>) -> Result<Json<Machines>, ApiError> {
    Ok(Json(allowed.engine().machines().await?))
}

/// Adopt an orphaned cluster
#[utoipa::path(post, path = "/orphans/{id}/adopt", tag = "orphans", params(("id" = String, Path)),
    responses((status = 202, body = ClusterView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn adopt(
    allowed: Allowed<ManageMachines>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<ClusterView>), ApiError> {
    let cluster = allowed.engine().adopt_cluster(allowed.caller.user.clone(), &orphan(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(allowed.engine().view_cluster(cluster))))
}

/// Terminate an orphaned cluster
#[utoipa::path(delete, path = "/orphans/{id}", tag = "orphans", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn terminate(allowed: Allowed<ManageMachines>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    allowed.engine().terminate_orphan(&orphan(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn orphan(id: &str) -> Result<ClusterId, ApiError> {
    id.parse().map_err(|_| ApiError::Engine(EngineError::NotFound { kind: "orphan", id: id.to_owned() }))
}
