//! The credentials of this server's environment (variables, profile, role of its machine), for whoever signs requests without the SDK.

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, Result, SharedCredentialsProvider, future};
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// Credentials are asked for anew after this long. Those of a role are replaced several minutes before they expire.
const KEPT: Duration = Duration::from_secs(120);

/// Found when they are first asked for.
pub fn environment_credentials() -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(Environment::default())
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
