//! Search targets: what they are, how a run's samples get there, backfill and removal.

use crate::access::allowed::{Allowed, ChangeRun, On, StartRun, View};
use crate::body::Query;
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::Path;
use axum::http::StatusCode;
use jac_engine::{Shipment, TargetView};
use jac_model::Run;
use jac_model::search::TargetTest;
use serde::{Deserialize, Serialize};

/// The search targets of this server
#[utoipa::path(get, path = "/search/targets", tag = "search", responses((status = 200, body = Vec<TargetView>)))]
pub async fn targets(allowed: Allowed<View>) -> Result<Json<Vec<TargetView>>, ApiError> {
    Ok(Json(allowed.engine().search_targets().await?))
}

/// Ask a target who it is, and whether it takes the server's credentials
#[utoipa::path(post, path = "/search/targets/{name}/test", tag = "search", params(("name" = String, Path)),
    responses((status = 200, body = TargetTest), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn test(allowed: Allowed<StartRun>, Path(name): Path<String>) -> Result<Json<TargetTest>, ApiError> {
    Ok(Json(allowed.engine().test_search_target(&name).await?))
}

/// How a run's samples get to the search targets
#[utoipa::path(get, path = "/runs/{id}/search", tag = "search", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Shipment>), (status = 404, body = ErrorBody)))]
pub async fn shipments(run: On<View, Run>) -> Result<Json<Vec<Shipment>>, ApiError> {
    Ok(Json(run.engine().shipments(&run.thing.id).await?))
}

/// Which target.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct TargetQuery {
    /// The target's name; absent: all.
    target: Option<String>,
}

/// Ship a run: what waits is tried again at once, what has ended is shipped from the log's beginning, which stores no row twice
#[utoipa::path(post, path = "/runs/{id}/search", tag = "search", params(("id" = String, Path), TargetQuery),
    responses((status = 202, body = Vec<Shipment>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn ship(
    run: On<ChangeRun, Run>,
    Query(query): Query<TargetQuery>,
) -> Result<(StatusCode, Json<Vec<Shipment>>), ApiError> {
    let shipments = run.engine().ship_run(&run.thing.id, query.target.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(shipments)))
}

/// What was deleted.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeletedDocuments {
    /// Documents of the run that were there.
    pub documents: u64,
}

/// Delete a run's documents at the search targets; the run itself stays
#[utoipa::path(delete, path = "/runs/{id}/search", tag = "search", params(("id" = String, Path), TargetQuery),
    responses((status = 200, body = DeletedDocuments), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn delete(
    run: On<ChangeRun, Run>,
    Query(query): Query<TargetQuery>,
) -> Result<Json<DeletedDocuments>, ApiError> {
    let documents = run.engine().delete_shipped(&run.thing.id, query.target.as_deref()).await?;
    Ok(Json(DeletedDocuments { documents }))
}
