//! The parts of a cluster's configuration that require permission: files on the server, and its own credentials.

use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{ClusterConfig, CredentialChoice, Principal, UserRole, is_same_name};
use jac_store::CredentialKind;

/// Why a person may not create a cluster with a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfigDenied {
    /// It names a file of the server, in this field.
    ServersFile { field: &'static str },
    /// It needs the credentials of the server's environment.
    Environment,
}

/// Whether a person may use the credentials of the server's environment. A person from the company's sign-on is only
/// identified by ID.
pub(crate) fn is_environments(caller: &Principal, via_company: bool, named: &[String]) -> bool {
    let is_named = |word: &str| named.iter().any(|name| is_same_name(name, word));
    caller.role == UserRole::Administrator || is_named(&caller.user.id) || (!via_company && is_named(&caller.user.name))
}

impl Engine {
    /// Whether a person may use the credentials of the server's environment. `named` contains those in the server's
    /// configuration, by their ID, or by the name of an account that an administrator created: a person from the
    /// company's sign-on may get the name of a person who has left.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn may_use_environment(&self, caller: &Principal, named: &[String]) -> Result<bool, EngineError> {
        // Queried only if it makes a difference.
        if is_environments(caller, true, named) {
            return Ok(true);
        }
        Ok(is_environments(caller, false, named) && !self.store().person(&caller.user.id).await?.via_company)
    }

    /// Replaces `saved` with the person's own set, and returns the settings that they may not use.
    ///
    /// # Errors
    /// When the credentials belong to another person, or the database cannot be read.
    pub async fn config_denied(
        &self,
        caller: &Principal,
        config: &mut ClusterConfig,
        named: &[String],
    ) -> Result<Option<ConfigDenied>, EngineError> {
        let files = [
            ("/config/jmeter_home", config.jmeter_home.is_some()),
            ("/config/ssh/key_file", config.ssh.as_ref().is_some_and(|ssh| ssh.key_file.is_some())),
        ];
        let file = files.into_iter().find(|(_, is_set)| *is_set && caller.role != UserRole::Administrator);
        if let Some((field, _)) = file {
            return Ok(Some(ConfigDenied::ServersFile { field }));
        }
        self.resolve_credentials(&caller.user, config).await?;
        if self.may_use_environment(caller, named).await? {
            return Ok(None);
        }
        let needs_environment = match config.ec2.as_ref().map(|ec2| &ec2.credentials) {
            Some(CredentialChoice::Environment) => true,
            // A role without a key is assumed with the server's own credentials.
            Some(CredentialChoice::Set(id)) => self.credentials_of(id).await?.0.kind == CredentialKind::AwsRole,
            Some(CredentialChoice::Saved) | None => false,
        };
        Ok(needs_environment.then_some(ConfigDenied::Environment))
    }
}
