//! The saved AWS credentials: look, save, forget. Their secrets go in and never come out.

use crate::App;
use crate::access::Administrator;
use crate::body::Body;
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::NewAwsCredentials;
use jac_store::{AwsKind, SavedAws};
use serde::Serialize;

/// What is saved for AWS.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AwsCredentialsView {
    /// `null`: nothing; clusters are made with what the server's environment gives.
    pub saved: Option<SavedAwsView>,
}

/// Saved AWS credentials, as far as they are shown.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SavedAwsView {
    pub kind: AwsKindView,
    /// The first and last letters: `AKIA…MPLE`.
    pub access_key_id: Option<String>,
    pub role_arn: Option<String>,
    pub has_external_id: bool,
    pub has_session_token: bool,
    /// The region of clusters that name none.
    pub region: Option<String>,
    pub saved_ms: i64,
}

/// How AWS is signed in to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AwsKindView {
    /// With an access key, which may then assume a role.
    Keys,
    /// With a role that the environment's credentials assume.
    Role,
}

fn view(saved: Option<SavedAws>) -> Json<AwsCredentialsView> {
    Json(AwsCredentialsView {
        saved: saved.map(|saved| SavedAwsView {
            kind: match saved.kind {
                AwsKind::Keys => AwsKindView::Keys,
                AwsKind::Role => AwsKindView::Role,
            },
            access_key_id: saved.access_key_id,
            role_arn: saved.role_arn,
            has_external_id: saved.has_external_id,
            has_session_token: saved.has_session_token,
            region: saved.region,
            saved_ms: saved.saved_ms,
        }),
    })
}

/// The saved AWS credentials, without their secrets
#[utoipa::path(get, path = "/credentials/aws", tag = "credentials", responses((status = 200, body = AwsCredentialsView), (status = 403, body = ErrorBody)))]
pub async fn show(
    State(app): State<App>,
    Administrator(_): Administrator,
) -> Result<Json<AwsCredentialsView>, ApiError> {
    Ok(view(app.engine.saved_aws().await?))
}

/// Save AWS credentials in the place of those that were saved before
#[utoipa::path(put, path = "/credentials/aws", tag = "credentials", request_body = NewAwsCredentials,
    responses((status = 200, body = AwsCredentialsView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn save(
    State(app): State<App>,
    Administrator(_): Administrator,
    Body(new): Body<NewAwsCredentials>,
) -> Result<Json<AwsCredentialsView>, ApiError> {
    Ok(view(app.engine.save_aws(new).await?))
}

/// Forget the saved AWS credentials
#[utoipa::path(delete, path = "/credentials/aws", tag = "credentials", responses((status = 204), (status = 403, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, Administrator(_): Administrator) -> Result<StatusCode, ApiError> {
    app.engine.delete_aws().await?;
    Ok(StatusCode::NO_CONTENT)
}
