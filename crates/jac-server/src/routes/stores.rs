//! People's own stores for the results of their runs.

use crate::App;
use crate::access::allowed::{Allowed, ChangeCredentials, ViewCredentials};
use crate::access::{audit, rights};
use crate::body::{Body, Path, Query};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::{NewResultsStore, ResultsStoreView};
use jac_model::UserRole;
use serde::Deserialize;

/// Whether a store is tested before it is saved.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SaveStoreQuery {
    /// `false`: save without writing and removing an object there.
    test: Option<bool>,
}

/// Those who may change it get it. For others the store does not exist.
async fn changeable(allowed: &Allowed<ChangeCredentials>, id: &str) -> Result<ResultsStoreView, ApiError> {
    let store = allowed.engine().results_store(id).await?;
    audit::about("store", id, &store.address);
    allowed.to(&store.owner, None)?;
    Ok(store)
}

/// List the caller's stores for results, the current one first; for administrators those of all users
#[utoipa::path(get, path = "/stores", tag = "stores", responses((status = 200, body = Vec<ResultsStoreView>), (status = 403, body = ErrorBody)))]
pub async fn list(allowed: Allowed<ViewCredentials>) -> Result<Json<Vec<ResultsStoreView>>, ApiError> {
    let me = &allowed.caller.user.id;
    let owner = if allowed.caller.role == UserRole::Administrator { None } else { Some(me.as_str()) };
    Ok(Json(allowed.engine().results_stores(owner).await?))
}

/// Store the caller's runs there from now on, and earlier ones that are in no store. Runs in a previous store are kept
/// there
#[utoipa::path(post, path = "/stores", tag = "stores", params(SaveStoreQuery), request_body = NewResultsStore,
    responses((status = 201, body = ResultsStoreView), (status = 400, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<ChangeCredentials>,
    State(app): State<App>,
    Query(query): Query<SaveStoreQuery>,
    Body(new): Body<NewResultsStore>,
) -> Result<(StatusCode, Json<ResultsStoreView>), ApiError> {
    audit::about("store", "", &new.address);
    rights::check_role_alone(&app, &allowed.caller, Some(&new.credentials)).await?;
    let is_tried = query.test.unwrap_or(true);
    let saved = allowed.engine().use_results_store(&allowed.caller.user, new, is_tried).await?;
    audit::about("store", &saved.id, &saved.address);
    Ok((StatusCode::CREATED, Json(saved)))
}

/// Change the credentials and options of a store, but not its address and endpoint
#[utoipa::path(put, path = "/stores/{id}", tag = "stores", params(("id" = String, Path), SaveStoreQuery), request_body = NewResultsStore,
    responses((status = 200, body = ResultsStoreView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn replace(
    allowed: Allowed<ChangeCredentials>,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<SaveStoreQuery>,
    Body(new): Body<NewResultsStore>,
) -> Result<Json<ResultsStoreView>, ApiError> {
    changeable(&allowed, &id).await?;
    rights::check_role_alone(&app, &allowed.caller, Some(&new.credentials)).await?;
    Ok(Json(allowed.engine().change_results_store(&id, new, query.test.unwrap_or(true)).await?))
}

/// Test a store by writing, reading and removing an object
#[utoipa::path(post, path = "/stores/{id}/test", tag = "stores", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 502, body = ErrorBody)))]
pub async fn test(allowed: Allowed<ChangeCredentials>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    changeable(&allowed, &id).await?;
    allowed.engine().test_results_store(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Stop using a store. Its runs are kept there and are read from there
#[utoipa::path(delete, path = "/stores/{id}", tag = "stores", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn delete(allowed: Allowed<ChangeCredentials>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    changeable(&allowed, &id).await?;
    allowed.engine().leave_results_store(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}
