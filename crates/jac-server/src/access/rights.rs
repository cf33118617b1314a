//! Parts of a cluster's configuration that not everybody may use, and their rejection over HTTP. The engine decides on
//! permissions.

use crate::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use jac_engine::ConfigDenied;
use jac_model::{ClusterConfig, Principal};
use jac_store::CredentialKind;

/// Whether the caller may work with the credentials of the server's environment.
///
/// # Errors
/// When the database cannot be read.
pub async fn may_use_environment(app: &App, caller: &Principal) -> Result<bool, ApiError> {
    Ok(app.engine.may_use_environment(caller, &app.edge.config().environment_credentials_for).await?)
}

/// The rejection of callers who may not use the environment's credentials.
pub fn environment_refused() -> ApiError {
    ApiError::Request {
        status: StatusCode::FORBIDDEN,
        code: "environment_credentials",
        message: "The server's own AWS credentials are for administrators and the people named in its configuration."
            .to_owned(),
        hint: Some("Save your own credentials under Settings, or ask an administrator.".to_owned()),
    }
}

/// Rejects a set with a role without a key, which is assumed with the server's own credentials, for callers who may not
/// use those.
///
/// # Errors
/// When it is such a set, and the caller may not use it.
pub async fn check_role_alone(app: &App, caller: &Principal, set: Option<&str>) -> Result<(), ApiError> {
    let Some(set) = set else { return Ok(()) };
    let found = app.engine.credentials_of(set.trim()).await;
    let is_role_alone = found.is_ok_and(|(row, _)| row.kind == CredentialKind::AwsRole);
    if is_role_alone && !may_use_environment(app, caller).await? {
        return Err(environment_refused());
    }
    Ok(())
}

/// Replaces `saved` with the caller's own set, and rejects what the caller may not use.
///
/// # Errors
/// When the configuration names a file of the server, another person's credentials, or the environment's, without
/// permission.
pub async fn check(app: &App, caller: &Principal, config: &mut ClusterConfig) -> Result<(), ApiError> {
    match app.engine.config_denied(caller, config, &app.edge.config().environment_credentials_for).await? {
        None => Ok(()),
        Some(ConfigDenied::ServersFile { field }) => Err(ApiError::ServersFile { field }),
        Some(ConfigDenied::Environment) => Err(environment_refused()),
    }
}
