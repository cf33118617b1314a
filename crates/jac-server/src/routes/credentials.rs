//! People's saved credentials: view, save, test, delete. Secrets are accepted and never returned.

use crate::App;
use crate::access::allowed::{Allowed, ChangeCredentials, ViewCredentials};
use crate::access::{audit, rights};
use crate::body::{Body, Path, Query};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::{CredentialUsers, NewCredentials};
use jac_model::{Named, Person, UserRole};
use jac_store::{CredentialKind, CredentialRow};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A set of credentials, without its secrets.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CredentialView {
    pub id: String,
    pub name: String,
    pub kind: CredentialWord,
    pub owner: Person,
    /// Default region of clusters that use it.
    pub region: Option<String>,
    /// Its non-secret values by name: `access_key_id`, `role_arn`, `fingerprint`…
    pub shown: BTreeMap<String, String>,
    pub saved_ms: i64,
    /// Its identity as reported by AWS: an ARN.
    pub identity: Option<String>,
    /// Why it failed when it was last used or tested.
    pub fault: Option<String>,
    /// Active clusters that use it.
    pub in_use_by: Vec<Named>,
    /// Results stores that use it, by address.
    pub stores: Vec<Named>,
    /// Search targets that use it.
    pub search_targets: Vec<Named>,
}

/// Kind of a set of credentials.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialWord {
    /// An access key of AWS, which may then assume a role.
    AwsKeys,
    /// A role that the credentials of the server's environment assume.
    AwsRole,
    /// A private key that signs in by SSH.
    SshKey,
}

/// The AWS credentials of the server's environment.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct EnvironmentCredentials {
    /// Whether the caller may use them.
    pub allowed: bool,
    /// Whether any exist that AWS accepts. Always `false` for callers who may not use them.
    pub available: bool,
}

/// Whether credentials are tested before they are saved.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct SaveQuery {
    /// `false`: save without testing with AWS.
    test: Option<bool>,
}

fn view((row, users): (CredentialRow, CredentialUsers), is_own: bool) -> CredentialView {
    CredentialView {
        kind: match row.kind {
            CredentialKind::AwsKeys => CredentialWord::AwsKeys,
            CredentialKind::AwsRole => CredentialWord::AwsRole,
            CredentialKind::SshKey => CredentialWord::SshKey,
        },
        id: row.id,
        name: row.name,
        owner: row.owner,
        region: row.region,
        shown: if is_own { row.shown } else { BTreeMap::new() },
        saved_ms: row.saved_ms,
        identity: row.identity.filter(|_| is_own),
        fault: row.fault.filter(|_| is_own),
        in_use_by: users.clusters,
        stores: users.stores,
        search_targets: users.targets,
    }
}

/// The set as its owner sees it, or another person who may change it.
async fn shown<P: crate::access::allowed::Permission>(
    allowed: &Allowed<P>,
    id: &str,
) -> Result<Json<CredentialView>, ApiError> {
    let found = allowed.engine().credentials_of(id).await?;
    let is_own = found.0.owner.id == allowed.caller.user.id;
    Ok(Json(view(found, is_own)))
}

/// Those who may change it get the row. For others, except administrators, the set does not exist.
async fn changeable(allowed: &Allowed<ChangeCredentials>, id: &str) -> Result<CredentialRow, ApiError> {
    let (row, _) = allowed.engine().credentials_of(id).await?;
    audit::about("credentials", id, &row.name);
    allowed.to(&row.owner, None)?;
    Ok(row)
}

/// A role without a key is assumed with the server's own credentials, which are not everybody's.
async fn check_role(app: &App, allowed: &Allowed<ChangeCredentials>, new: &NewCredentials) -> Result<(), ApiError> {
    let is_role_alone = new.aws.as_ref().is_some_and(|aws| aws.access_key_id.is_none() && aws.role_arn.is_some());
    if is_role_alone && !rights::may_use_environment(app, &allowed.caller).await? {
        return Err(rights::environment_refused());
    }
    Ok(())
}

/// List the caller's credentials, without secrets; for administrators also the names of everybody's
#[utoipa::path(get, path = "/credentials", tag = "credentials", responses((status = 200, body = Vec<CredentialView>), (status = 403, body = ErrorBody)))]
pub async fn list(allowed: Allowed<ViewCredentials>) -> Result<Json<Vec<CredentialView>>, ApiError> {
    let me = &allowed.caller.user.id;
    let owner = if allowed.caller.role == UserRole::Administrator { None } else { Some(me.as_str()) };
    let rows = allowed.engine().credentials(owner).await?.into_iter();
    Ok(Json(rows.map(|found| (found.0.owner.id == *me, found)).map(|(is_own, found)| view(found, is_own)).collect()))
}

/// Save credentials
#[utoipa::path(post, path = "/credentials", tag = "credentials", params(SaveQuery), request_body = NewCredentials,
    responses((status = 201, body = CredentialView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<ChangeCredentials>,
    State(app): State<App>,
    Query(query): Query<SaveQuery>,
    Body(new): Body<NewCredentials>,
) -> Result<(StatusCode, Json<CredentialView>), ApiError> {
    check_role(&app, &allowed, &new).await?;
    audit::about("credentials", "", &new.name);
    let is_tried = query.test.unwrap_or(true);
    let saved = allowed.engine().save_credentials(&allowed.caller.user, None, new, is_tried).await?;
    Ok((StatusCode::CREATED, shown(&allowed, &saved.id).await?))
}

/// Replace the secrets of a set: rotate a key, renew a session token
#[utoipa::path(put, path = "/credentials/{id}", tag = "credentials", params(("id" = String, Path), SaveQuery), request_body = NewCredentials,
    responses((status = 200, body = CredentialView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn replace(
    allowed: Allowed<ChangeCredentials>,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<SaveQuery>,
    Body(new): Body<NewCredentials>,
) -> Result<Json<CredentialView>, ApiError> {
    let before = changeable(&allowed, &id).await?;
    check_role(&app, &allowed, &new).await?;
    let is_tried = query.test.unwrap_or(true);
    allowed.engine().save_credentials(&allowed.caller.user, Some(&before), new, is_tried).await?;
    shown(&allowed, &id).await
}

/// Test a set with AWS
#[utoipa::path(post, path = "/credentials/{id}/test", tag = "credentials", params(("id" = String, Path)),
    responses((status = 200, body = CredentialView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn test(
    allowed: Allowed<ChangeCredentials>,
    Path(id): Path<String>,
) -> Result<Json<CredentialView>, ApiError> {
    changeable(&allowed, &id).await?;
    allowed.engine().test_credentials(&id).await?;
    shown(&allowed, &id).await
}

/// Delete a set
#[utoipa::path(delete, path = "/credentials/{id}", tag = "credentials", params(("id" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn delete(allowed: Allowed<ChangeCredentials>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    changeable(&allowed, &id).await?;
    allowed.engine().delete_credentials(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Get whether the server has AWS credentials of its own, and whether the caller may use them
#[utoipa::path(get, path = "/credentials/environment", tag = "credentials", responses((status = 200, body = EnvironmentCredentials), (status = 403, body = ErrorBody)))]
pub async fn environment(
    allowed: Allowed<ViewCredentials>,
    State(app): State<App>,
) -> Result<Json<EnvironmentCredentials>, ApiError> {
    let may = rights::may_use_environment(&app, &allowed.caller).await?;
    let available = may && allowed.engine().has_environment_credentials().await;
    Ok(Json(EnvironmentCredentials { allowed: may, available }))
}
