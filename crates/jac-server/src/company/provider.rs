//! The provider's metadata (discovery), cached for a while, and the HTTP client for its requests.

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

/// Time limit for one response of the provider.
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

/// The provider according to its last metadata.
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
        // If nothing is listed, the header is the default (OpenID Connect Discovery, 3).
        let listed = self.metadata.token_endpoint_auth_methods_supported();
        let takes = |method| listed.is_none_or(|listed| listed.contains(&method));
        let by_body = !takes(CoreClientAuthMethod::ClientSecretBasic) && takes(CoreClientAuthMethod::ClientSecretPost);
        client.set_auth_type(if by_body { AuthType::RequestBody } else { AuthType::BasicAuth })
    }

    /// Sends a request to it.
    pub fn http(&self) -> impl Fn(HttpRequest) -> Answer + Send + Sync + use<> {
        asking(self.http.clone())
    }

    /// Whether that scope may be requested. A provider that lists none supports those of the standard.
    pub fn knows_scope(&self, scope: &Scope) -> bool {
        let is_standard = scope.as_str() != "groups";
        self.metadata.scopes_supported().map_or(is_standard, |known| known.contains(scope))
    }

    pub fn end_session(&self) -> Option<EndSessionUrl> {
        self.metadata.additional_metadata().end_session_endpoint.clone()
    }
}

/// Fetches a provider's metadata.
#[derive(Debug)]
pub struct Providers {
    issuer: String,
    known: Mutex<Known>,
}

#[derive(Debug, Default)]
struct Known {
    provider: Option<Arc<Provider>>,
    /// When the last attempt found it unreachable, and why.
    away: Option<(Instant, String)>,
}

impl Providers {
    pub fn new(issuer: String) -> Self {
        Self { issuer, known: Mutex::default() }
    }

    /// The provider according to its last metadata, if any; it does not wait. While the metadata is being fetched, the
    /// result is `None`.
    pub fn known(&self) -> Option<Arc<Provider>> {
        self.known.try_lock().ok()?.provider.clone()
    }

    /// The provider according to metadata of at most this age.
    pub async fn get(&self, age: Duration) -> Result<Arc<Provider>, CompanyError> {
        let asked = Instant::now();
        let mut known = self.known.lock().await;
        if let Some(provider) = known.provider.as_ref().filter(|provider| provider.asked.elapsed() < age) {
            return Ok(provider.clone());
        }
        // Many who wait for an unreachable provider get the error at once, not one after the other.
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
        // A provider that redirects the server could make it send requests to systems that only the server can reach.
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
