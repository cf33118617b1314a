//! The credentials of this server's environment (variables, profile, role of its machine), for code that signs requests
//! without the SDK.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::default_provider::region::default_provider;
use aws_config::meta::region::ProvideRegion;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};
use std::time::{Duration, SystemTime};
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Credentials are reloaded after this time. Those of a role are replaced several minutes before they expire.
const KEPT: Duration = Duration::from_secs(120);

/// Resolved when they are first needed.
pub fn environment_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Environment::default())
}

/// The same for code that signs by other means than the SDK.
#[derive(Debug)]
pub struct KeyChain(SharedCredentialsProvider);

/// Keys, with until when they are valid.
pub struct EnvironmentKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub expires: Option<SystemTime>,
}

impl Default for KeyChain {
    fn default() -> Self {
        Self(environment_credentials())
    }
}

impl KeyChain {
    /// Keys that are valid now.
    ///
    /// # Errors
    /// A phrase that says why no keys are available.
    pub async fn current(&self) -> std::result::Result<EnvironmentKeys, String> {
        let keys = self.0.provide_credentials().await.map_err(|error| error.to_string())?;
        Ok(EnvironmentKeys {
            access_key_id: keys.access_key_id().to_owned(),
            secret_access_key: keys.secret_access_key().to_owned(),
            session_token: keys.session_token().map(str::to_owned),
            expires: keys.expiry(),
        })
    }

    /// The region that the variables or the profile name.
    pub async fn region(&self) -> Option<String> {
        default_provider().region().await.map(|region| region.to_string())
    }
}

#[derive(Debug, Default)]
struct Environment {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    chain: Option<DefaultCredentialsChain>,
    known: Option<(Instant, Credentials)>,
}

impl Environment {
    async fn credentials(&self) -> Result {
        let mut state = self.state.lock().await;
        if let Some((since, credentials)) = &state.known
            && since.elapsed() < KEPT
        {
            return Ok(credentials.clone());
        }
        let chain = match state.chain.take() {
            Some(chain) => chain,
            None => DefaultCredentialsChain::builder().build().await,
        };
        let credentials = state.chain.insert(chain).provide_credentials().await?;
        state.known = Some((Instant::now(), credentials.clone()));
        Ok(credentials)
    }
}

impl ProvideCredentials for Environment {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}
