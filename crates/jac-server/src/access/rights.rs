//! What of a cluster's configuration not everybody may say: files of the server, and its own credentials.

use crate::App;
use crate::error::ApiError;
use axum::http::StatusCode;
use jac_model::{ClusterConfig, CredentialChoice, Principal, UserRole};
use jac_store::CredentialKind;

/// Whether the caller may work with the credentials of the server's environment. The configuration names somebody by their id, or by the name
/// of an account that an administrator made: whoever comes by the company's sign-on may be called as somebody was who is gone.
///
/// # Errors
/// When the database cannot be read.
pub async fn may_use_environment(app: &App, caller: &Principal) -> Result<bool, ApiError> {
    let named = &app.edge.config().environment_credentials_for;
    let is_named = |word: &str| named.iter().any(|name| name.eq_ignore_ascii_case(word));
    if caller.role == UserRole::Administrator || is_named(&caller.user.id) {
        return Ok(true);
    }
    Ok(is_named(&caller.user.name) && !app.engine.store().person(&caller.user.id).await?.via_company)
}

/// The refusal of those who may not.
pub fn environment_refused() -> ApiError {
    ApiError::Request {
        status: StatusCode::FORBIDDEN,
        code: "environment_credentials",
        message: "The server's own AWS credentials are for administrators and people whom the configuration names."
            .to_owned(),
        hint: Some("Save credentials of your own under Settings, or ask an administrator.".to_owned()),
    }
}

/// Puts the caller's own set in the place of `saved`, and refuses what they may not say.
///
/// # Errors
/// When they name a file of the server, another's credentials, or the environment's, and may not.
pub async fn check(app: &App, caller: &Principal, config: &mut ClusterConfig) -> Result<(), ApiError> {
    let files = [
        ("/config/jmeter_home", config.jmeter_home.is_some()),
        ("/config/ssh/key_file", config.ssh.as_ref().is_some_and(|ssh| ssh.key_file.is_some())),
    ];
    if let Some((field, _)) = files.into_iter().find(|(_, is_said)| *is_said && caller.role != UserRole::Administrator)
    {
        return Err(ApiError::ServersFile { field });
    }
    app.engine.resolve_credentials(&caller.user, config).await?;
    if may_use_environment(app, caller).await? {
        return Ok(());
    }
    let needs_environment = match config.ec2.as_ref().map(|ec2| &ec2.credentials) {
        Some(CredentialChoice::Environment) => true,
        // A role without a key is assumed with the server's own credentials.
        Some(CredentialChoice::Set(id)) => app.engine.credentials_of(id).await?.0.kind == CredentialKind::AwsRole,
        Some(CredentialChoice::Saved) | None => false,
    };
    if needs_environment { Err(environment_refused()) } else { Ok(()) }
}
