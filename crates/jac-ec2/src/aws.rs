//! AWS's clients: one set per region and credentials, cached while the credentials stay the same.

use crate::describe::Describing;
use crate::errors::{refusal, refused};
use crate::field;
use crate::pace::{Pace, Paces};
use aws_config::retry::RetryConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::ProvideCredentials;
use aws_sdk_ec2::config::retry::{RetryPartition, TokenBucket};
use aws_sdk_ec2::config::{Credentials, SharedCredentialsProvider, SharedHttpClient};
use jac_model::ports::{AssumedRole, AwsCredentials, AwsKeys, CredentialSource, PortError};
use jac_model::{CredentialChoice, Fault};
use std::collections::HashMap;
use std::sync::{Arc, Mutex as StdMutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::timeout;

/// Price lists are queried in this region, whichever region the machines are in.
const PRICES_IN: &str = "us-east-1";
/// The identity of credentials can be queried in each region.
const ANY_REGION: &str = "us-east-1";
/// Every call is done again when AWS throttles or fails, with growing pauses.
const TRIES: u32 = 8;
const FEW_TRIES: u32 = 2;
const CONNECT_LIMIT: Duration = Duration::from_secs(5);
const CALL_LIMIT: Duration = Duration::from_secs(30);
/// How long a call may take with all its tries.
const TRIES_LIMIT: Duration = Duration::from_secs(120);
/// How long a launch waits to determine its account.
const ACCOUNT_LIMIT: Duration = Duration::from_secs(10);
/// How an assumed role's session is called in CloudTrail.
const SESSION: &str = "jac";

/// The clients of one region, with the rights of one set of credentials.
#[derive(Debug, Clone)]
pub struct Aws {
    pub region: String,
    pub ec2: aws_sdk_ec2::Client,
    pub sts: aws_sdk_sts::Client,
    pub prices: aws_sdk_pricing::Client,
    pub quotas: aws_sdk_servicequotas::Client,
    pub pacing: Pacing,
    /// One question for the machines of all clusters.
    pub describing: Arc<Describing>,
}

/// When the next instance may be launched: once the account is known, all of its credentials share one rate.
#[derive(Debug, Clone, Default)]
pub struct Pacing {
    all: Arc<Paces>,
    of_account: Arc<OnceCell<Arc<Pace>>>,
    /// While the account is unknown.
    own: Arc<Pace>,
}

impl Pacing {
    pub fn new(all: Arc<Paces>) -> Self {
        Self { all, ..Self::default() }
    }
}

/// Creates clients.
pub struct Clients {
    source: Arc<dyn CredentialSource>,
    /// The connector to AWS; `None`: the SDK's own.
    connector: Option<SharedHttpClient>,
    paces: Arc<Paces>,
    /// Creating one set blocks others that need the same.
    made: StdMutex<HashMap<ClientKey, Arc<Mutex<Option<Made>>>>>,
}

/// The credentials, and the region.
type ClientKey = (CredentialChoice, Option<String>);
/// The clients, and the credentials that they were created with.
type Made = (AwsCredentials, Arc<Aws>);

impl std::fmt::Debug for Clients {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Clients")
    }
}

impl Clients {
    pub fn new(source: Arc<dyn CredentialSource>) -> Self {
        Self { source, connector: None, paces: Arc::default(), made: StdMutex::default() }
    }

    /// The same with another connector.
    #[cfg(test)]
    pub fn over(source: Arc<dyn CredentialSource>, connector: SharedHttpClient) -> Self {
        Self { connector: Some(connector), ..Self::new(source) }
    }

    /// The clients of a region; `None`: the region of the credentials or of the environment.
    pub async fn of(&self, choice: &CredentialChoice, region: Option<&str>) -> Result<Arc<Aws>, PortError> {
        let (credentials, saved_region) = self.source.aws(choice).await?;
        let region = region.map(str::to_owned).or(saved_region);
        let made = self.made((choice.clone(), region.clone()));
        let mut made = made.lock().await;
        if let Some((with, aws)) = made.as_ref()
            && *with == credentials
        {
            return Ok(Arc::clone(aws));
        }
        let mut aws = self.connect(&credentials, region, None).await?;
        aws.pacing = Pacing::new(Arc::clone(&self.paces));
        let aws = Arc::new(aws);
        *made = Some((credentials, Arc::clone(&aws)));
        Ok(aws)
    }

    fn made(&self, key: ClientKey) -> Arc<Mutex<Option<Made>>> {
        Arc::clone(self.made.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default())
    }

    /// Uses these clients instead of creating some.
    #[cfg(test)]
    pub async fn keep(&self, choice: CredentialChoice, region: Option<&str>, credentials: AwsCredentials, aws: Aws) {
        *self.made((choice, region.map(str::to_owned))).lock().await = Some((credentials, Arc::new(aws)));
    }

    /// The identity of those credentials: an ARN. They need not be saved.
    pub async fn identity(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<String, PortError> {
        let aws = self.connect(credentials, region.map(str::to_owned), Some(ANY_REGION)).await?;
        Ok(aws.identity().await?.1)
    }

    /// Keys that are valid now; those of the role if the credentials have one.
    pub async fn session_keys(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<AwsKeys, PortError> {
        let what = "provide keys";
        let (config, region) = self.configure(credentials, region.map(str::to_owned), Some(ANY_REGION)).await?;
        let provider = config.credentials_provider().ok_or_else(|| refused(&region, what, "no credentials found"))?;
        let keys = provider.provide_credentials().await.map_err(|error| refused(&region, what, error.to_string()))?;
        Ok(AwsKeys {
            access_key_id: keys.access_key_id().to_owned(),
            secret_access_key: keys.secret_access_key().to_owned(),
            session_token: keys.session_token().map(str::to_owned),
            expires: keys.expiry(),
        })
    }

    pub fn source(&self) -> &dyn CredentialSource {
        self.source.as_ref()
    }

    /// The common configuration of all clients, with the region. If none is given anywhere it is `otherwise`, or a
    /// fault.
    async fn configure(
        &self,
        credentials: &AwsCredentials,
        region: Option<String>,
        otherwise: Option<&'static str>,
    ) -> Result<(SdkConfig, String), PortError> {
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_LIMIT)
            .operation_attempt_timeout(CALL_LIMIT)
            .operation_timeout(TRIES_LIMIT)
            .build();
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .retry_config(RetryConfig::standard().with_max_attempts(TRIES))
            .timeout_config(timeouts);
        if let Some(connector) = &self.connector {
            loader = loader.http_client(connector.clone());
        }
        if let Some(region) = region {
            loader = loader.region(Region::new(region));
        }
        let role = match credentials {
            AwsCredentials::Environment => None,
            AwsCredentials::Keys { access_key_id, secret_access_key, session_token, role } => {
                let keys =
                    Credentials::new(access_key_id, secret_access_key, session_token.clone(), None, "saved in JAC");
                loader = loader.credentials_provider(keys);
                role.as_ref()
            }
            AwsCredentials::Role(role) => Some(role),
        };
        let mut config = loader.load().await;
        if let (None, Some(otherwise)) = (config.region(), otherwise) {
            config = config.to_builder().region(Region::new(otherwise)).build();
        }
        let Some(region) = config.region().map(ToString::to_string) else {
            let text = "No AWS region given. Set one, e.g. eu-central-1, in the cluster's configuration or with the credentials.";
            return Err(PortError::Preflight { faults: vec![Fault::at(field::REGION, Fault::MISSING, text)] });
        };
        if let Some(role) = role {
            config = assume(role, &config).await;
        }
        Ok((config, region))
    }

    /// Creates the clients.
    async fn connect(
        &self,
        credentials: &AwsCredentials,
        region: Option<String>,
        otherwise: Option<&'static str>,
    ) -> Result<Aws, PortError> {
        let (config, region) = self.configure(credentials, region, otherwise).await?;
        // Queries whose results are only informative wait less long than a launch.
        let few = RetryConfig::standard().with_max_attempts(FEW_TRIES);
        let prices = aws_sdk_pricing::config::Builder::from(&config)
            .region(Region::new(PRICES_IN))
            .retry_config(few.clone())
            .build();
        let quotas = aws_sdk_servicequotas::config::Builder::from(&config).retry_config(few).build();
        // The retries of all calls share a limit: per set of clients, because one account's trouble is not another's.
        let own = RetryPartition::custom("jac").token_bucket(TokenBucket::default()).build();
        let ec2 = aws_sdk_ec2::config::Builder::from(&config).retry_partition(own).build();
        Ok(Aws {
            ec2: aws_sdk_ec2::Client::from_conf(ec2),
            sts: aws_sdk_sts::Client::new(&config),
            prices: aws_sdk_pricing::Client::from_conf(prices),
            quotas: aws_sdk_servicequotas::Client::from_conf(quotas),
            pacing: Pacing::default(),
            describing: Arc::default(),
            region,
        })
    }
}

/// The same with the permissions of a role; the SDK renews its session.
async fn assume(role: &AssumedRole, config: &SdkConfig) -> SdkConfig {
    let mut provider = AssumeRoleProvider::builder(&role.arn).session_name(SESSION).configure(config);
    if let Some(id) = &role.external_id {
        provider = provider.external_id(id);
    }
    let provider = provider.build().await;
    config.to_builder().credentials_provider(SharedCredentialsProvider::new(provider)).build()
}

impl Aws {
    /// The pace of the account. The account is determined once; until then these credentials have their own pace.
    pub async fn pace(&self) -> Arc<Pace> {
        let Pacing { all, of_account, own } = &self.pacing;
        let known = of_account.get_or_try_init(|| async {
            let asked = timeout(ACCOUNT_LIMIT, self.identity()).await;
            let (account, _) = asked.ok().and_then(Result::ok).ok_or(())?;
            Ok::<_, ()>(all.of(&account, &self.region))
        });
        Arc::clone(known.await.unwrap_or(own))
    }

    /// The account that the credentials belong to, and their identity there.
    pub async fn identity(&self) -> Result<(String, String), PortError> {
        let what = "check the credentials";
        let answer = self.sts.get_caller_identity().send().await.map_err(|error| match refusal(&error) {
            // Asked again, AWS gives the same answer: it is about what is asked here.
            rejected if rejected.is_of_credentials() => refused(&self.region, what, rejected.sentence),
            other => other.at(&self.region, what),
        })?;
        match (answer.account(), answer.arn()) {
            (Some(account), Some(arn)) => Ok((account.to_owned(), arn.to_owned())),
            _ => Err(refused(&self.region, what, "the answer was empty")),
        }
    }
}

/// Polls, with pauses, for changes that AWS shows a moment later: two minutes in total.
#[derive(Debug)]
pub struct Looks {
    deadline: tokio::time::Instant,
    pause: Duration,
}

impl Looks {
    const LIMIT: Duration = Duration::from_secs(120);
    const LONGEST_PAUSE: Duration = Duration::from_secs(5);

    pub fn new() -> Self {
        Self { deadline: tokio::time::Instant::now() + Self::LIMIT, pause: Duration::from_millis(500) }
    }

    /// Waits; `false` once the time limit is exceeded.
    pub async fn again(&mut self) -> bool {
        if tokio::time::Instant::now() + self.pause > self.deadline {
            return false;
        }
        tokio::time::sleep(self.pause).await;
        self.pause = (self.pause * 3 / 2).min(Self::LONGEST_PAUSE);
        true
    }
}
