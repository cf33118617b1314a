//! What of a cluster's configuration not everybody may say, as it is refused over HTTP. Who may what is the engine's to say.

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

/// The refusal of those who may not.
pub fn environment_refused() -> ApiError {
    ApiError::Request {
        status: StatusCode::FORBIDDEN,
        code: "environment_credentials",
        message: "The server's own AWS credentials are for administrators and the people named in its configuration."
            .to_owned(),
        hint: Some("Save your own credentials under Settings, or ask an administrator.".to_owned()),
    }
}

/// Refuses a set with a role without a key, which is assumed with the server's own credentials, to those who may not use them.
///
/// # Errors
/// When it is such a set, and the caller may not.
pub async fn check_role_alone(app: &App, caller: &Principal, set: Option<&str>) -> Result<(), ApiError> {
    let Some(set) = set else { return Ok(()) };
    let found = app.engine.credentials_of(set.trim()).await;
    let is_role_alone = found.is_ok_and(|(row, _)| row.kind == CredentialKind::AwsRole);
    if is_role_alone && !may_use_environment(app, caller).await? {
        return Err(environment_refused());
    }
    Ok(())
}

/// Puts the caller's own set instead of `saved`, and refuses what they may not say.
///
/// # Errors
/// When they name a file of the server, another's credentials, or the environment's, and may not.
pub async fn check(app: &App, caller: &Principal, config: &mut ClusterConfig) -> Result<(), ApiError> {
    match app.engine.config_denied(caller, config, &app.edge.config().environment_credentials_for).await? {
        None => Ok(()),
        Some(ConfigDenied::ServersFile { field }) => Err(ApiError::ServersFile { field }),
        Some(ConfigDenied::Environment) => Err(environment_refused()),
    }
}
