//! External targets that this server notifies: the configured ones, a test of each, and the notifications of a run.

use crate::access::allowed::{Allowed, ChangeRun, ManageIntegrations, On, View};
use crate::access::audit;
use crate::body::{Path, Query};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::http::StatusCode;
use jac_engine::{Delivery, IntegrationTest, IntegrationsView};
use jac_model::Run;
use serde::Deserialize;

/// List the server's notification and metrics targets with their recent deliveries
#[utoipa::path(get, path = "/integrations", tag = "integrations", responses((status = 200, body = IntegrationsView)))]
pub async fn list(allowed: Allowed<ManageIntegrations>) -> Result<Json<IntegrationsView>, ApiError> {
    Ok(Json(allowed.engine().integrations_view().await?))
}

/// Send a test to a target
#[utoipa::path(post, path = "/integrations/{name}/test", tag = "integrations", params(("name" = String, Path)),
    responses((status = 200, body = IntegrationTest), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn test(
    allowed: Allowed<ManageIntegrations>,
    Path(name): Path<String>,
) -> Result<Json<IntegrationTest>, ApiError> {
    audit::about("integration", &name, &name);
    Ok(Json(allowed.engine().test_integration(&name).await?))
}

/// List the notifications of a run's end and their states
#[utoipa::path(get, path = "/runs/{id}/notifications", tag = "integrations", params(("id" = String, Path)),
    responses((status = 200, body = Vec<Delivery>), (status = 404, body = ErrorBody)))]
pub async fn deliveries(run: On<View, Run>) -> Result<Json<Vec<Delivery>>, ApiError> {
    Ok(Json(run.engine().deliveries(&run.thing.id).await?))
}

/// Which target.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct NotificationQuery {
    /// The target's name; absent: all.
    target: Option<String>,
}

/// Retry the undelivered notifications of a run
#[utoipa::path(post, path = "/runs/{id}/notifications/retry", tag = "integrations", params(("id" = String, Path), NotificationQuery),
    responses((status = 202, body = Vec<Delivery>), (status = 404, body = ErrorBody)))]
pub async fn retry(
    run: On<ChangeRun, Run>,
    Query(query): Query<NotificationQuery>,
) -> Result<(StatusCode, Json<Vec<Delivery>>), ApiError> {
    let deliveries = run.engine().retry_deliveries(&run.thing.id, query.target.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(deliveries)))
}
