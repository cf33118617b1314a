//! The keys of a person's set of credentials, for their own stores and search targets: always the current ones, so that
//! rotated keys are used at once.

use crate::clock::Clock;
use crate::engine::Engine;
use async_trait::async_trait;
use jac_artefacts::{Keys, KeysUntil};
use jac_model::ports::{AwsCredentials, AwsKeys, Cloud};
use jac_model::search::AwsKeySource;
use jac_model::{EpochMs, Principal, Provider, Via};
use jac_store::{Secret, Vault};
use std::sync::Arc;
use std::time::UNIX_EPOCH;
use tokio::sync::Mutex;

/// Keys of a role are replaced this long before they expire.
const EXPIRES_SOON_MS: EpochMs = 5 * 60 * 1_000;

/// The keys of a set.
pub(crate) struct SetKeys {
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    /// The provider that assumes roles.
    cloud: Option<Arc<dyn Cloud>>,
    /// The set's ID.
    set: String,
    owner: String,
    /// People who may use the credentials of the server's environment.
    environment_for: Vec<String>,
    /// Keys of a role, with the credentials that assumed it.
    assumed: Mutex<Option<(AwsCredentials, AwsKeys)>>,
}

impl std::fmt::Debug for SetKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SetKeys({})", self.set)
    }
}

impl SetKeys {
    /// Those of a set of that person.
    pub fn of(engine: &Engine, owner: &str, set: &str) -> Self {
        Self {
            vault: Arc::clone(engine.vault()),
            clock: Arc::clone(engine.clock()),
            cloud: engine.cloud(Provider::Ec2).ok().map(Arc::clone),
            set: set.to_owned(),
            owner: owner.to_owned(),
            environment_for: engine.settings().environment_credentials_for.clone(),
            assumed: Mutex::default(),
        }
    }

    /// Whether the owner may have roles assumed with the credentials of the server's environment.
    async fn may_use_environment(&self) -> Result<bool, String> {
        let person = self.vault.database().person(&self.owner).await.map_err(|error| error.to_string())?;
        let caller = Principal { user: person.person(), role: person.role, teams: Vec::new(), via: Via::Shell };
        Ok(!person.disabled && crate::rights::is_environments(&caller, person.via_company, &self.environment_for))
    }

    async fn of_role(&self, credentials: AwsCredentials, region: Option<&str>) -> Result<AwsKeys, String> {
        let mut assumed = self.assumed.lock().await;
        let lasts = |keys: &AwsKeys| {
            let expires = keys.expires.and_then(|at| at.duration_since(UNIX_EPOCH).ok());
            let expires_ms =
                expires.map_or(EpochMs::MAX, |at| EpochMs::try_from(at.as_millis()).unwrap_or(EpochMs::MAX));
            expires_ms > self.clock.now_ms() + EXPIRES_SOON_MS
        };
        if let Some((with, keys)) = &*assumed
            && *with == credentials
            && lasts(keys)
        {
            return Ok(keys.clone());
        }
        let cloud = self.cloud.as_ref().ok_or("this server does not assume roles")?;
        let keys = cloud.session_keys(&credentials, region).await.map_err(|error| error.to_string())?;
        *assumed = Some((credentials, keys.clone()));
        Ok(keys)
    }
}

#[async_trait]
impl Keys for SetKeys {
    async fn current(&self) -> Result<KeysUntil, String> {
        let AwsKeys { access_key_id, secret_access_key, session_token, expires } = self.keys().await?;
        Ok(KeysUntil { access_key_id, secret_access_key, session_token, expires })
    }
}

#[async_trait]
impl AwsKeySource for SetKeys {
    async fn keys(&self) -> Result<AwsKeys, String> {
        let found = self.vault.secret(&self.set).await.map_err(|error| error.to_string())?;
        let Some((Secret::Aws(credentials), region)) = found else {
            return Err(format!("no AWS credentials {}", self.set));
        };
        match credentials {
            AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role: None } => {
                Ok(AwsKeys { access_key_id, secret_access_key, session_token, expires: None })
            }
            with_role @ AwsCredentials::Keys { .. } => self.of_role(with_role, region.as_deref()).await,
            AwsCredentials::Environment | AwsCredentials::Role(_) if !self.may_use_environment().await? => {
                Err("its owner may not use the server's own credentials, which are needed to assume the \
                     role"
                    .to_owned())
            }
            role => self.of_role(role, region.as_deref()).await,
        }
    }
}
