//! The company's sign-on by OpenID Connect: the authorization code flow with PKCE against the provider that the configuration names.
//!
//! Owns the requests to the provider and the verification of its responses. [`person_claims`] decides on permissions; sessions and
//! redirects are the routes' own ([`crate::routes::company`]).

mod pending;
pub mod person_claims;
mod provider;

use crate::access::secret;
use crate::config::OidcConfig;
use crate::sessions::redis::{Redis, Unavailable};
use jac_model::EpochMs;
use openidconnect::core::CoreAuthenticationFlow;
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, CsrfToken, LogoutRequest, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl, RequestTokenError,
    Scope, SignatureVerificationError, TokenResponse, UserInfoError,
};
use pending::Pendings;
use person_claims::PersonClaims;
use provider::{ANY_AGE, Claims, Client, Providers, Tokens, UserInfo};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// Time limit for the sign-in on the provider's page.
pub const LIFE: Duration = Duration::from_secs(600);
/// Maximum age of the provider's metadata when a browser is sent to it: older metadata is fetched again, which also
/// shows whether it is reachable.
const FRESH: Duration = Duration::from_secs(60);
/// How far the provider's clock may be ahead of this one.
const CLOCK_LEEWAY_MS: i64 = 300_000;

/// Why a person was not signed in. The messages are for the server's log.
#[derive(Debug, thiserror::Error)]
pub enum CompanyError {
    #[error("the company sign-on is unavailable: {0}")]
    Unavailable(String),
    #[error("the clocks of this server and of the company sign-on differ: {0}")]
    Clock(String),
    #[error("the company sign-on refused: {0}")]
    Refused(String),
    #[error("the answer of the company sign-on is invalid: {0}")]
    Invalid(String),
    #[error("the sign-in was started in another browser or too long ago, or was used already")]
    Expired,
    #[error("the sign-in cannot be stored because Redis does not answer")]
    SessionsUnavailable,
    #[error("{0} is in none of the groups that have a role here")]
    NoRole(String),
}

impl CompanyError {
    /// The code shown on the sign-in page.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable(_) => "company_unavailable",
            Self::Clock(_) => "company_clock",
            Self::Refused(_) => "company_refused",
            Self::Invalid(_) => "company_invalid",
            Self::Expired => "company_expired",
            Self::SessionsUnavailable => "sessions_unavailable",
            Self::NoRole(_) => "company_no_role",
        }
    }
}

impl From<Unavailable> for CompanyError {
    fn from(_: Unavailable) -> Self {
        Self::SessionsUnavailable
    }
}

/// A sign-in that has begun.
#[derive(Debug)]
pub struct Begun {
    /// The provider's page.
    pub url: String,
    /// For the browser's cookie: the return works only in this browser.
    pub browser: String,
}

/// The company's sign-on.
#[derive(Debug)]
pub struct Company {
    config: OidcConfig,
    providers: Providers,
    pending: Pendings,
}

impl Company {
    /// With a Redis, a sign-in may end on another server than it was begun on.
    pub fn new(config: OidcConfig, redis: Option<Redis>) -> Self {
        Self { providers: Providers::new(config.issuer.clone()), config, pending: Pendings::new(redis) }
    }

    pub fn config(&self) -> &OidcConfig {
        &self.config
    }

    /// Begins a sign-in, after which the provider redirects the browser to `redirect`.
    ///
    /// # Errors
    /// [`CompanyError::Unavailable`] when the provider does not respond, [`CompanyError::SessionsUnavailable`] when
    /// Redis does not.
    pub async fn begin(&self, redirect: String, now_ms: EpochMs) -> Result<Begun, CompanyError> {
        let provider = self.providers.get(FRESH).await?;
        let client = provider.client(&self.config).set_redirect_uri(redirect_url(&redirect)?);
        let (browser, state) = (secret(), secret());
        let Derived { nonce, verifier } = Derived::of(&browser, &state);
        let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
        let csrf = CsrfToken::new(state.clone());
        let mut request = client
            .authorize_url(CoreAuthenticationFlow::AuthorizationCode, || csrf, || nonce)
            .set_pkce_challenge(challenge);
        // Providers ignore unknown scopes, but some reject them: only those that the provider lists are requested.
        for scope in ["profile", "email", "groups"] {
            let scope = Scope::new(scope.to_owned());
            if provider.knows_scope(&scope) {
                request = request.add_scope(scope);
            }
        }
        let (url, ..) = request.url();
        self.pending.keep(&state, &browser, now_ms).await?;
        Ok(Begun { url: url.into(), browser })
    }

    /// Completes a sign-in whose browser has returned from the provider to `redirect`, with the provider's claims about
    /// the person.
    ///
    /// # Errors
    /// When this browser has not begun it, the provider does not respond, or its response is invalid.
    pub async fn finish(
        &self,
        browser: Option<&str>,
        state: &str,
        code: String,
        redirect: String,
        now_ms: EpochMs,
    ) -> Result<PersonClaims, CompanyError> {
        let browser = browser.ok_or(CompanyError::Expired)?;
        if !self.pending.take(state, browser, now_ms).await? {
            return Err(CompanyError::Expired);
        }
        let Derived { nonce, verifier } = Derived::of(browser, state);
        let provider = self.providers.get(ANY_AGE).await?;
        let client = provider.client(&self.config).set_redirect_uri(redirect_url(&redirect)?);
        let tokens: Tokens = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|error| CompanyError::Unavailable(sentence(&error)))?
            .set_pkce_verifier(verifier)
            .request_async(&provider.http())
            .await
            .map_err(|error| match &error {
                RequestTokenError::ServerResponse(_) => CompanyError::Refused(sentence(&error)),
                _ => CompanyError::Unavailable(sentence(&error)),
            })?;
        let claims = match verify(&client, &tokens, &nonce, now_ms) {
            // It may have new keys since its metadata was fetched.
            Err(ClaimsVerificationError::SignatureVerification(SignatureVerificationError::NoMatchingKey)) => {
                verify(&self.providers.get(Duration::ZERO).await?.client(&self.config), &tokens, &nonce, now_ms)
            }
            verified => verified,
        };
        let claims = claims.map_err(|error| match &error {
            ClaimsVerificationError::Expired(_) => CompanyError::Clock(sentence(&error)),
            _ => CompanyError::Invalid(sentence(&error)),
        })?;
        let mut claimed = PersonClaims::of_token(claims, &self.config);
        // Many providers keep the ID token small and return the remaining claims on request.
        if claimed.lacks_something(&self.config)
            && let Ok(request) = client.user_info(tokens.access_token().clone(), Some(claims.subject().clone()))
        {
            let more: UserInfo = request.request_async(&provider.http()).await.map_err(|error| match &error {
                UserInfoError::ClaimsVerification(_) => CompanyError::Invalid(sentence(&error)),
                _ => CompanyError::Unavailable(sentence(&error)),
            })?;
            claimed.add(&more, &self.config);
        }
        Ok(claimed)
    }

    /// Where a browser signs out of the company's sign-on and returns to `back`; `None`: the provider has no such page,
    /// or was not queried since the server's start.
    pub fn sign_out_url(&self, back: String) -> Option<String> {
        let provider = self.providers.known()?;
        let request = LogoutRequest::from(provider.end_session()?)
            .set_client_id(ClientId::new(self.config.client_id.clone()))
            .set_post_logout_redirect_uri(PostLogoutRedirectUrl::new(back).ok()?);
        Some(request.http_get_url().into())
    }
}

/// Values that protect a sign-in in addition to its state. Both are derived from the 256 random bits of the browser's
/// cookie, so that they can be computed again on return and are not stored meanwhile.
struct Derived {
    /// Binds the ID token to the sign-in.
    nonce: Nonce,
    /// Binds the code to the initiator of the sign-in (PKCE, RFC 7636).
    verifier: PkceCodeVerifier,
}

impl Derived {
    fn of(browser: &str, state: &str) -> Self {
        let derive = |what: &str| hex::encode(Sha256::digest(format!("{what}\n{state}\n{browser}")));
        Self { nonce: Nonce::new(derive("nonce")), verifier: PkceCodeVerifier::new(derive("verifier")) }
    }
}

/// The ID token's claims, if it was issued by the provider, for this client and this sign-in, and is valid now.
fn verify<'a>(
    client: &Client,
    tokens: &'a Tokens,
    nonce: &Nonce,
    now_ms: EpochMs,
) -> Result<&'a Claims, ClaimsVerificationError> {
    let token =
        tokens.id_token().ok_or_else(|| ClaimsVerificationError::Other("the ID token is missing".to_owned()))?;
    let verifier = client.id_token_verifier().set_issue_time_verifier_fn(|issued| {
        if issued.timestamp_millis() <= now_ms + CLOCK_LEEWAY_MS {
            Ok(())
        } else {
            Err(format!("the ID token was issued in the future ({issued})"))
        }
    });
    let claims = token.claims(&verifier, nonce)?;
    if let Some(expected) = claims.access_token_hash() {
        let other = |error: &dyn std::error::Error| ClaimsVerificationError::Other(error.to_string());
        let algorithm = token.signing_alg().map_err(|error| other(&error))?;
        let key = token.signing_key(&verifier).map_err(|error| other(&error))?;
        let found =
            AccessTokenHash::from_token(tokens.access_token(), algorithm, key).map_err(|error| other(&error))?;
        if found != *expected {
            return Err(ClaimsVerificationError::Other("the access token does not match".to_owned()));
        }
    }
    Ok(claims)
}

fn redirect_url(text: &str) -> Result<RedirectUrl, CompanyError> {
    RedirectUrl::new(text.to_owned())
        .map_err(|error| CompanyError::Invalid(format!("{text} is not an address: {error}")))
}

/// An error with all that caused it.
fn sentence(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    let words: Vec<String> = causes.map(|error| error.to_string().trim_end_matches('.').to_owned()).collect();
    words.join(": ")
}
