//! What the provider says of itself (discovery), kept for a while, and the HTTP client with which it is asked.

use super::CompanyError;
use crate::config::OidcConfig;
use openidconnect::core::{
    CoreAuthDisplay, CoreAuthPrompt, CoreClientAuthMethod, CoreErrorResponseType, CoreGenderClaim, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreRevocableToken, CoreRevocationErrorResponse,
    CoreTokenIntrospectionResponse, CoreTokenType,
};
use openidconnect::{
    AdditionalClaims, AuthType, ClientId, ClientSecret, EmptyExtraTokenFields, EndSessionUrl, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IdTokenClaims, IdTokenFields, IssuerUrl,
    ProviderMetadataWithLogout, Scope, StandardErrorResponse, StandardTokenResponse, UserInfoClaims,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::Instant;

/// The longest that one answer of the provider may take.
const TIMEOUT: Duration = Duration::from_secs(10);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest answer that is read.
const LONGEST_ANSWER: usize = 1 << 20;
/// However old.
pub const ANY_AGE: Duration = Duration::MAX;

/// The claims that no standard names: the groups are among them.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct OtherClaims {
    #[serde(flatten)]
    pub all: BTreeMap<String, serde_json::Value>,
}

impl AdditionalClaims for OtherClaims {}

pub type Claims = IdTokenClaims<OtherClaims, CoreGenderClaim>;
pub type UserInfo = UserInfoClaims<OtherClaims, CoreGenderClaim>;
pub type Tokens = StandardTokenResponse<
    IdTokenFields<
        OtherClaims,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;
pub type Client = openidconnect::Client<
    OtherClaims,
    CoreAuthDisplay,
    CoreGenderClaim,
    CoreJweContentEncryptionAlgorithm,
    CoreJsonWebKey,
    CoreAuthPrompt,
    StandardErrorResponse<CoreErrorResponseType>,
    Tokens,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// The provider as it was when it was last asked.
#[derive(Debug)]
pub struct Provider {
    metadata: ProviderMetadataWithLogout,
    http: reqwest::Client,
    asked: Instant,
}

impl Provider {
    pub fn client(&self, config: &OidcConfig) -> Client {
        let secret = config.client_secret.as_ref().map(|secret| ClientSecret::new(secret.reveal().to_owned()));
        let client =
            Client::from_provider_metadata(self.metadata.clone(), ClientId::new(config.client_id.clone()), secret);
        // Where nothing is listed the header is meant (OpenID Connect Discovery, 3).
        let listed = self.metadata.token_endpoint_auth_methods_supported();
        let takes = |method| listed.is_none_or(|listed| listed.contains(&method));
        let by_body = !takes(CoreClientAuthMethod::ClientSecretBasic) && takes(CoreClientAuthMethod::ClientSecretPost);
        client.set_auth_type(if by_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    /// Asks it something.
    pub fn http(&self) -> impl Fn(HttpRequest) -> Answer + Send + Sync + use<> {
        asking(self.http.clone())
    }

    /// Whether it may be asked for what that scope stands for. A provider that lists none knows those of the standard.
    pub fn knows_scope(&self, scope: &Scope) -> bool {
        let is_standard = scope.as_str() != "groups";
        self.metadata.scopes_supported().map_or(is_standard, |known| known.contains(scope))
    }

    pub fn end_session(&self) -> Option<EndSessionUrl> {
        self.metadata.additional_metadata().end_session_endpoint.clone()
    }
}

/// Asks a provider for what it says of itself.
#[derive(Debug)]
pub struct Providers {
    issuer: String,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    provider: Option<Arc<Provider>>,
    /// When it was found away at the last try, and why.
    away: Option<(Instant, String)>,
}

impl Providers {
    pub fn new(issuer: String) -> Self {
        Self { issuer, known: Mutex::default() }
    }

    /// The provider as it was when it was last asked, if ever; nobody waits for it. While it is being asked it is not known.
    pub fn known(&self) -> Option<Arc<Provider>> {
        self.known.try_lock().ok()?.provider.clone()
    }

    /// The provider as it was at most so long ago.
    pub async fn get(&self, age: Duration) -> Result<Arc<Provider>, CompanyError> {
        let asked = Instant::now();
        let mut known = self.known.lock().await;
        if let Some(provider) = known.provider.as_ref().filter(|provider| provider.asked.elapsed() < age) {
            return Ok(provider.clone());
        }
        // Many who wait for one that is away hear so at once, not one after the other.
        if let Some((_, why)) = known.away.as_ref().filter(|(found, _)| *found >= asked) {
            return Err(CompanyError::Unavailable(why.clone()));
        }
        match discover(&self.issuer).await {
            Ok(provider) => {
                let provider = Arc::new(provider);
                *known = Known { provider: Some(provider.clone()), away: None };
                Ok(provider)
            }
            Err(why) => {
                known.away = Some((Instant::now(), why.clone()));
                Err(CompanyError::Unavailable(why))
            }
        }
    }
}

async fn discover(issuer: &str) -> Result<Provider, String> {
    let issuer = IssuerUrl::new(issuer.to_owned()).map_err(|error| super::sentence(&error))?;
    let http = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .connect_timeout(CONNECT_TIMEOUT)
        // A provider that sends the server elsewhere could have it ask what only the server can reach.
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .map_err(|error| super::sentence(&error))?;
    let metadata = ProviderMetadataWithLogout::discover_async(issuer, &asking(http.clone()))
        .await
        .map_err(|error| super::sentence(&error))?;
    Ok(Provider { metadata, http, asked: Instant::now() })
}

/// Why an answer was not got.
#[derive(Debug, thiserror::Error)]
pub enum HttpFault {
    #[error(transparent)]
    Request(#[from] reqwest::Error),
    #[error("the answer is longer than {LONGEST_ANSWER} bytes")]
    TooLong,
    #[error(transparent)]
    Answer(#[from] http::Error),
}

type Answer = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpFault>> + Send>>;

fn asking(http: reqwest::Client) -> impl Fn(HttpRequest) -> Answer + Send + Sync {
    move |request| Box::pin(ask(http.clone(), request))
}

async fn ask(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, HttpFault> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut built = http::Response::builder().status(answer.status());
    if let Some(headers) = built.headers_mut() {
        headers.extend(answer.headers().clone());
    }
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await? {
        if body.len() + chunk.len() > LONGEST_ANSWER {
            return Err(HttpFault::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(built.body(body)?)
}
