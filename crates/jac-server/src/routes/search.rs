//! Search targets: view, ship a run's samples to them, backfill and delete.

use crate::App;
use crate::access::allowed::{Allowed, ChangeCredentials, ChangeRun, On, StartRun, View, ViewCredentials};
use crate::access::{audit, rights};
use crate::body::{Body, Path, Query};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::{NewSearchTarget, OwnTargetView, Shipment, TargetView};
use jac_model::search::TargetTest;
use jac_model::{Person, Run, UserRole};
use serde::{Deserialize, Serialize};

/// List the search targets of this server and the caller's own; for administrators those of all users
#[utoipa::path(get, path = "/search/targets", tag = "search", responses((status = 200, body = Vec<TargetView>)))]
pub async fn targets(allowed: Allowed<View>) -> Result<Json<Vec<TargetView>>, ApiError> {
    Ok(Json(allowed.engine().search_targets(whose(&allowed)).await?))
}

/// The owner of the targets that the caller may see. `None`: all owners.
fn whose<P>(allowed: &Allowed<P>) -> Option<&str> {
    let caller = &allowed.caller;
    (caller.role != UserRole::Administrator).then_some(caller.user.id.as_str())
}

/// Test a target: its identity, and whether it accepts the credentials and grants the privileges that shipping needs. If the target cannot list its
/// privileges, they are tried: index templates and a test index are created
#[utoipa::path(post, path = "/search/targets/{name}/test", tag = "search", params(("name" = String, Path)),
    responses((status = 200, body = TargetTest), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn test(allowed: Allowed<StartRun>, Path(name): Path<String>) -> Result<Json<TargetTest>, ApiError> {
    if let Some(id) = allowed.engine().search_target_owner(&name) {
        allowed.to(&Person { id, name: String::new() }, None)?;
    }
    Ok(Json(allowed.engine().test_search_target(&name).await?))
}

/// Whether a target is tested before it is saved.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SaveTargetQuery {
    /// `false`: save without testing.
    test: Option<bool>,
}

/// Those who may change it get it.
async fn changeable(allowed: &Allowed<ChangeCredentials>, id: &str) -> Result<OwnTargetView, ApiError> {
    let target = allowed.engine().own_search_target(id).await?;
    audit::about("search target", id, &target.name);
    allowed.to(&target.owner, None)?;
    Ok(target)
}

/// List the caller's search targets, without secrets; for administrators those of all users
#[utoipa::path(get, path = "/search/own", tag = "search", responses((status = 200, body = Vec<OwnTargetView>), (status = 403, body = ErrorBody)))]
pub async fn own(allowed: Allowed<ViewCredentials>) -> Result<Json<Vec<OwnTargetView>>, ApiError> {
    Ok(Json(allowed.engine().own_search_targets(whose(&allowed)).await?))
}

/// Add a search target for the caller's runs
#[utoipa::path(post, path = "/search/own", tag = "search", params(SaveTargetQuery), request_body = NewSearchTarget,
    responses((status = 201, body = OwnTargetView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<ChangeCredentials>,
    State(app): State<App>,
    Query(query): Query<SaveTargetQuery>,
    Body(new): Body<NewSearchTarget>,
) -> Result<(StatusCode, Json<OwnTargetView>), ApiError> {
    audit::about("search target", "", &new.name);
    rights::check_role_alone(&app, &allowed.caller, new.credentials.as_deref()).await?;
    let is_tried = query.test.unwrap_or(true);
    let saved = allowed.engine().save_search_target(&allowed.caller.user, None, new, is_tried).await?;
    audit::about("search target", &saved.id, &saved.name);
    Ok((StatusCode::CREATED, Json(saved)))
}

/// Replace a target, including its secret
#[utoipa::path(put, path = "/search/own/{id}", tag = "search", params(("id" = String, Path), SaveTargetQuery), request_body = NewSearchTarget,
    responses((status = 200, body = OwnTargetView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn replace(
    allowed: Allowed<ChangeCredentials>,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<SaveTargetQuery>,
    Body(new): Body<NewSearchTarget>,
) -> Result<Json<OwnTargetView>, ApiError> {
    let before = changeable(&allowed, &id).await?;
    rights::check_role_alone(&app, &allowed.caller, new.credentials.as_deref()).await?;
    let is_tried = query.test.unwrap_or(true);
    Ok(Json(allowed.engine().save_search_target(&before.owner, Some(&before), new, is_tried).await?))
}

/// Delete a target; documents there are kept
#[utoipa::path(delete, path = "/search/own/{id}", tag = "search", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn forget(allowed: Allowed<ChangeCredentials>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    changeable(&allowed, &id).await?;
    allowed.engine().delete_own_search_target(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get the state of shipping a run's samples to the search targets
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

/// Ship a run: a waiting shipment is retried at once, an ended one restarts at the log's beginning, which stores no row
/// twice
#[utoipa::path(post, path = "/runs/{id}/search", tag = "search", params(("id" = String, Path), TargetQuery),
    responses((status = 202, body = Vec<Shipment>), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn ship(
    run: On<ChangeRun, Run>,
    Query(query): Query<TargetQuery>,
) -> Result<(StatusCode, Json<Vec<Shipment>>), ApiError> {
    let shipments = run.engine().ship_run(&run.thing.id, query.target.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(shipments)))
}

/// Result of a deletion.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeletedDocuments {
    /// Number of deleted documents.
    pub documents: u64,
}

/// Delete a run's documents at the search targets; the run itself is kept
#[utoipa::path(delete, path = "/runs/{id}/search", tag = "search", params(("id" = String, Path), TargetQuery),
    responses((status = 200, body = DeletedDocuments), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn delete(
    run: On<ChangeRun, Run>,
    Query(query): Query<TargetQuery>,
) -> Result<Json<DeletedDocuments>, ApiError> {
    let documents = run.engine().delete_shipped(&run.thing.id, query.target.as_deref()).await?;
    Ok(Json(DeletedDocuments { documents }))
}
