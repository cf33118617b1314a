//! Who is calling: sign-in links, sessions, the token of this machine's shell, and ownership.
//!
//! A handler says in its signature who may call it: [`Caller`] for anybody who is signed in, [`Owned`] for the owner of
//! the thing that its path names, [`Administrator`] for what is nobody's else. Nothing else looks at cookies or owners.

use crate::App;
use crate::error::ApiError;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use jac_engine::{Engine, EngineError, administrator, may_write};
use jac_model::{Cluster, ClusterId, EpochMs, Person, Plan, PlanId, Run, RunId};
use jac_store::{Store, StoreError};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::Arc;
use tokio::sync::Notify;

/// The page that a sign-in link opens.
pub const SIGN_IN_PATH: &str = "/sign-in";
/// The cookie of a session.
pub const COOKIE: &str = "jac_session";
/// A page of another site cannot set this header, so it shows that the request is ours.
const OWN_HEADER: &str = "x-jac-request";

/// How long a sign-in link works.
const LINK_LIFE_MS: i64 = 7 * 24 * 3_600_000;
/// How long a session lasts.
pub const SESSION_LIFE_S: i64 = 30 * 24 * 3_600;

/// The token with which the shell of this machine calls, and word of sessions that end.
#[derive(Clone)]
pub struct Access {
    token: Arc<str>,
    ended: Arc<Notify>,
}

impl Default for Access {
    fn default() -> Self {
        Self::with_token(&secret())
    }
}

impl Access {
    /// The token that an earlier start of the server had: a command that calls it outlives a restart.
    pub fn with_token(token: &str) -> Self {
        Self { token: token.into(), ended: Arc::default() }
    }

    /// The token itself, for the file that only the server's user can read.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Waits until somebody has signed out, since it was last asked.
    pub(crate) async fn session_ended(&self) {
        self.ended.notified().await;
    }
}

/// 32 random bytes as text.
pub fn secret() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// Makes a one-time sign-in link: the part behind the server's address.
///
/// # Errors
/// When the database cannot be written.
pub fn new_sign_in_link(store: &Store, now_ms: EpochMs) -> Result<String, StoreError> {
    let token = secret();
    store.add_sign_in_link(&token, &administrator().id, now_ms + LINK_LIFE_MS)?;
    Ok(format!("{SIGN_IN_PATH}?token={token}"))
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Caller(pub Person);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if bearer(&parts.headers).is_some_and(|token| same(token, app.access.token())) {
            return Ok(Self(administrator()));
        }
        let person = signed_in(app, &parts.headers)?.ok_or(ApiError::SignedOut)?;
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if changes && !parts.headers.contains_key(OWN_HEADER) {
            return Err(ApiError::Foreign);
        }
        Ok(Self(person))
    }
}

/// The administrator. There is no other account yet; what asks for this stays shut when there are.
#[derive(Debug, Clone)]
pub struct Administrator(pub Person);

impl FromRequestParts<App> for Administrator {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Caller(person) = Caller::from_request_parts(parts, app).await?;
        if person.id == administrator().id { Ok(Self(person)) } else { Err(ApiError::NotAdministrator) }
    }
}

/// Whose session the request's cookie names.
pub fn signed_in(app: &App, headers: &HeaderMap) -> Result<Option<Person>, ApiError> {
    let Some(session) = session_cookie(headers) else { return Ok(None) };
    let person = app.engine.store().session(session, app.engine.now_ms())?;
    // Without accounts there is one person; a session of anybody else is of a newer JAC.
    Ok(person.map(|_| administrator()))
}

/// Ends the session of the request's cookie, if it has one, and says so to those who keep connections open.
pub fn sign_out(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    if let Some(session) = session_cookie(headers) {
        app.engine.store().sign_out(session)?;
        app.access.ended.notify_one();
    }
    Ok(())
}

/// Whether a request that browsers do not shield (a WebSocket) comes from JAC's own page. Cookies go to every port of a
/// host, so a page on another port would be let in; a caller without an origin is no browser.
pub fn is_own_page(headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    authority.is_some() && authority == host
}

/// The session's secret in the request's cookies.
fn session_cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(name, value)| (name == COOKIE).then_some(value))
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Compares two secrets without telling by the time where they differ.
fn same(one: &str, other: &str) -> bool {
    use sha2::{Digest, Sha256};
    Sha256::digest(one) == Sha256::digest(other)
}

/// Something that belongs to somebody and is named by the path's `{id}`.
pub trait Ownable: Sized + Send {
    type Id: FromStr + Send;
    const KIND: &'static str;
    fn load(engine: &Engine, id: &Self::Id) -> Result<Self, EngineError>;
    fn owner(&self) -> &Person;
}

impl Ownable for Cluster {
    type Id = ClusterId;
    const KIND: &'static str = "cluster";
    fn load(engine: &Engine, id: &ClusterId) -> Result<Self, EngineError> {
        Ok(engine.store().cluster(id)?)
    }
    fn owner(&self) -> &Person {
        &self.owner
    }
}

impl Ownable for Plan {
    type Id = PlanId;
    const KIND: &'static str = "plan";
    fn load(engine: &Engine, id: &PlanId) -> Result<Self, EngineError> {
        Ok(engine.store().plan(id)?)
    }
    fn owner(&self) -> &Person {
        &self.owner
    }
}

impl Ownable for Run {
    type Id = RunId;
    const KIND: &'static str = "run";
    fn load(engine: &Engine, id: &RunId) -> Result<Self, EngineError> {
        Ok(engine.store().run(id)?.run)
    }
    fn owner(&self) -> &Person {
        &self.owner
    }
}

async fn named<T: Ownable>(parts: &mut Parts, app: &App) -> Result<T, ApiError> {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, app)
        .await
        .map(|Path(path)| path)
        .unwrap_or_default();
    let text = path.get("id").map(String::as_str).unwrap_or_default();
    let not_found = || ApiError::Engine(EngineError::NotFound { kind: T::KIND, id: text.to_owned() });
    let id = text.parse::<T::Id>().map_err(|_| not_found())?;
    Ok(T::load(&app.engine, &id)?)
}

/// The thing that the path names; the caller is its owner.
#[derive(Debug)]
pub struct Owned<T> {
    pub thing: T,
    pub caller: Person,
}

impl<T: Ownable> FromRequestParts<App> for Owned<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Caller(caller) = Caller::from_request_parts(parts, app).await?;
        let thing: T = named(parts, app).await?;
        if may_write(&caller, thing.owner()) { Ok(Self { thing, caller }) } else { Err(ApiError::NotOwner) }
    }
}

/// The thing that the path names; anybody who is signed in may look at it.
#[derive(Debug)]
pub struct Shown<T> {
    pub thing: T,
    pub caller: Person,
}

impl<T: Ownable> FromRequestParts<App> for Shown<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let Caller(caller) = Caller::from_request_parts(parts, app).await?;
        Ok(Self { thing: named(parts, app).await?, caller })
    }
}
