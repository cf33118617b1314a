//! The keys that the AWS SDK finds by itself: its variables, a profile, or the role of the machine or task. For other services than EC2.

use aws_config::{BehaviorVersion, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use std::time::SystemTime;
use tokio::sync::OnceCell;

/// Keys, with until when they are valid.
pub struct ChainKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    pub expires: Option<SystemTime>,
}

/// The chain. It is looked through when the first keys are needed; the SDK renews those that expire.
#[derive(Debug, Default)]
pub struct KeyChain {
    config: OnceCell<SdkConfig>,
}

impl KeyChain {
    async fn config(&self) -> &SdkConfig {
        self.config.get_or_init(|| aws_config::defaults(BehaviorVersion::latest()).load()).await
    }

    /// Keys that are valid now.
    ///
    /// # Errors
    /// A phrase that says why there are none.
    pub async fn current(&self) -> Result<ChainKeys, String> {
        let provider = self.config().await.credentials_provider().ok_or("none are configured")?;
        let keys = provider.provide_credentials().await.map_err(|error| error.to_string())?;
        Ok(ChainKeys {
            access_key_id: keys.access_key_id().to_owned(),
            secret_access_key: keys.secret_access_key().to_owned(),
            session_token: keys.session_token().map(str::to_owned),
            expires: keys.expiry(),
        })
    }

    /// The region that the variables or the profile name.
    pub async fn region(&self) -> Option<String> {
        self.config().await.region().map(ToString::to_string)
    }
}
