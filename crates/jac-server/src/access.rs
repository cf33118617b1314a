//! Who is calling: sign-in links, sessions, the token of this machine's shell, and ownership.
//!
//! A handler says in its signature who may call it: [`Caller`] for anybody who is signed in, [`Owned`] for the owner of
//! the thing that its path names, [`Administrator`] for what is nobody's else. Nothing else looks at cookies or owners.
//!
//! A browser sends its cookies to every port of a host, the tested application's included, so the cookie is half of a session:
//! the other half is a secret that only JAC's own page has. It comes in a header, for Socket.IO in its `auth`; a download, which
//! has no headers of its own, has a ticket that the page asked for.

use crate::App;
use crate::error::ApiError;
use crate::hosts::{Hosts, is_own_page};
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use jac_engine::{Engine, EngineError, administrator, may_write};
use jac_model::{Cluster, ClusterId, EpochMs, Person, Plan, PlanId, Run, RunId};
use jac_store::{Store, StoreError};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The page that a sign-in link opens.
pub const SIGN_IN_PATH: &str = "/sign-in";
/// The header with the page's half of a session.
pub const PAGE_HEADER: &str = "x-jac-page";
/// How long a download may begin after its page asked for it.
const TICKET_LIFE: Duration = Duration::from_secs(60);
/// So many tickets are kept; the oldest goes first.
const MOST_TICKETS: usize = 1000;

/// How long a sign-in link works.
const LINK_LIFE_MS: i64 = 7 * 24 * 3_600_000;
/// How long a session lasts.
pub const SESSION_LIFE_S: i64 = 30 * 24 * 3_600;

/// The token with which the shell of this machine calls, and word of sessions that end.
#[derive(Clone)]
pub struct Access {
    token: Arc<str>,
    pub(crate) hosts: Arc<Hosts>,
    ended: Arc<Notify>,
    tickets: Arc<Mutex<Vec<Ticket>>>,
}

/// Leave to get one path, once asked for by a session's own page.
struct Ticket {
    secret: String,
    session: String,
    path: String,
    until: Instant,
}

impl Default for Access {
    fn default() -> Self {
        Self::with_token(&secret())
    }
}

impl Access {
    /// The token that an earlier start of the server had: a command that calls it outlives a restart.
    pub fn with_token(token: &str) -> Self {
        Self { token: token.into(), hosts: Arc::default(), ended: Arc::default(), tickets: Arc::default() }
    }

    /// The names under which the server is reached, besides its addresses and `localhost`.
    #[must_use]
    pub fn with_hosts(self, names: &[String]) -> Self {
        Self { hosts: Arc::new(Hosts::new(names)), ..self }
    }

    /// The token itself, for the file that only the server's user can read.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Leave for a browser to get `path` by itself, soon, with its session's cookie.
    pub(crate) fn ticket(&self, session: &str, path: &str) -> String {
        let secret = secret();
        let ticket = Ticket {
            secret: secret.clone(),
            session: hash(session),
            path: path.to_owned(),
            until: Instant::now() + TICKET_LIFE,
        };
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|ticket| ticket.until > Instant::now());
        if tickets.len() >= MOST_TICKETS {
            tickets.remove(0);
        }
        tickets.push(ticket);
        secret
    }

    fn has_ticket(&self, session: &str, parts: &Parts) -> bool {
        let asked = parts.uri.query().into_iter().flat_map(|query| query.split('&'));
        let Some(secret) = asked.filter_map(|pair| pair.strip_prefix("ticket=")).next() else { return false };
        let path = parts.extensions.get::<axum::extract::OriginalUri>().map_or(parts.uri.path(), |uri| uri.0.path());
        let tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.iter().any(|ticket| {
            same(&ticket.secret, secret)
                && ticket.session == hash(session)
                && ticket.path == path
                && ticket.until > Instant::now()
        })
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
pub async fn new_sign_in_link(store: &Store, now_ms: EpochMs) -> Result<String, StoreError> {
    let token = secret();
    store.add_sign_in_link(&token, &administrator().id, now_ms + LINK_LIFE_MS).await?;
    Ok(format!("{SIGN_IN_PATH}?token={token}"))
}

/// Somebody who is signed in.
#[derive(Debug, Clone)]
pub struct Caller(pub Person);

impl FromRequestParts<App> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        if has_token(app, &parts.headers) {
            return Ok(Self(administrator()));
        }
        let session = session_of(app, &parts.headers, page_secret(&parts.headers)).await?.ok_or(ApiError::SignedOut)?;
        let downloads = matches!(parts.method, Method::GET | Method::HEAD);
        let is_own = session.is_own_page || (downloads && app.access.has_ticket(&session.secret, parts));
        if is_own && is_own_page(&parts.headers, &app.access.hosts) {
            Ok(Self(session.person))
        } else {
            Err(ApiError::Foreign)
        }
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

/// A session that a request's cookie names.
pub struct Session {
    pub person: Person,
    pub secret: String,
    /// The request came with the page's half of it too.
    pub is_own_page: bool,
}

/// The session of the request's cookie, if it has one that lives.
pub async fn session_of(app: &App, headers: &HeaderMap, page: Option<&str>) -> Result<Option<Session>, ApiError> {
    let name = cookie_name(app);
    // Another server of this host may have set one of the same name for a path of its own.
    for secret in cookies(headers, &name) {
        if let Some((_, is_own_page)) = app.engine.store().session(secret, page, app.engine.now_ms()).await? {
            // Without accounts there is one person; a session of anybody else is of a newer JAC.
            return Ok(Some(Session { person: administrator(), secret: secret.to_owned(), is_own_page }));
        }
    }
    Ok(None)
}

/// Whether the request has the token of this machine's shell.
pub fn has_token(app: &App, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| same(token, app.access.token()))
}

/// The page's half of a session, as a request's header has it.
pub fn page_secret(headers: &HeaderMap) -> Option<&str> {
    headers.get(PAGE_HEADER)?.to_str().ok()
}

/// Ends the session of the request's cookie, if it has one, and says so to those who keep connections open.
pub async fn sign_out(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    for session in cookies(headers, &cookie_name(app)) {
        app.engine.store().sign_out(session).await?;
    }
    app.access.ended.notify_one();
    Ok(())
}

/// The name of the sessions' cookie: two servers on a host have two.
pub fn cookie_name(app: &App) -> String {
    format!("jac_session_{}", app.engine.installation().get(..8).unwrap_or_default())
}

/// The values of a cookie in a request: there may be several, for paths above each other.
fn cookies<'a>(headers: &'a HeaderMap, wanted: &str) -> impl Iterator<Item = &'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| *name == wanted)
        .map(|(_, value)| value)
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Compares two secrets without telling by the time where they differ.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}

/// Something that belongs to somebody and is named by the path's `{id}`.
pub trait Ownable: Sized + Send {
    type Id: FromStr + Send + Sync;
    const KIND: &'static str;
    fn load(engine: &Engine, id: &Self::Id) -> impl Future<Output = Result<Self, EngineError>> + Send;
    fn owner(&self) -> &Person;
}

impl Ownable for Cluster {
    type Id = ClusterId;
    const KIND: &'static str = "cluster";
    async fn load(engine: &Engine, id: &ClusterId) -> Result<Self, EngineError> {
        Ok(engine.store().cluster(id).await?)
    }
    fn owner(&self) -> &Person {
        &self.owner
    }
}

impl Ownable for Plan {
    type Id = PlanId;
    const KIND: &'static str = "plan";
    async fn load(engine: &Engine, id: &PlanId) -> Result<Self, EngineError> {
        Ok(engine.store().plan(id).await?)
    }
    fn owner(&self) -> &Person {
        &self.owner
    }
}

impl Ownable for Run {
    type Id = RunId;
    const KIND: &'static str = "run";
    async fn load(engine: &Engine, id: &RunId) -> Result<Self, EngineError> {
        Ok(engine.store().run(id).await?.run)
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
    Ok(T::load(&app.engine, &id).await?)
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
