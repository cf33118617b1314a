//! Authentication: sign-in links, sessions, personal tokens, the token of this machine's shell.
//!
//! It turns a request into a [`Principal`]; the signature of each handler requires the principal's permissions
//! ([`allowed`]).
//!
//! A browser sends its cookies to every port of a host, including the tested application's, so the cookie is only half
//! of a session: the other half is a secret that only JAC's own page has. It is sent in a header, for Socket.IO in its
//! `auth`; a download, which has no headers of its own, has a ticket that the page requested.

pub mod admission;
pub mod allowed;
pub mod audit;
mod brakes;
pub(crate) mod ended;
pub mod rights;
pub(crate) mod shared;

use crate::App;
use crate::answers::Reader;
use crate::edge::{ClientInfo, is_https};
use crate::error::ApiError;
use crate::hosts::{Hosts, is_own_page};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use brakes::Brakes;
use ended::{Ended, EndedSessions};
use jac_engine::administrator;
use jac_model::{EpochMs, Principal, UserRole, Via};
use jac_store::{NewSession, OpenSession, PersonRow, SessionLimits, Store, StoreError};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// The page that a sign-in link opens.
pub const SIGN_IN_PATH: &str = "/sign-in";
/// The header with the page's half of a session.
pub const PAGE_HEADER: &str = "x-jac-page";
/// The name of the sessions' cookie.
const SESSION_COOKIE: &str = "session";
/// How long after the page's request a download may begin.
const TICKET_LIFE: Duration = Duration::from_secs(60);
/// Maximum number of tickets per session, and of all sessions; the oldest is dropped first.
const TICKETS_OF_A_SESSION: usize = 50;
const MOST_TICKETS: usize = 10_000;

/// How long the first administrator's link is valid, and one that resets a password.
pub const LINK_LIFE_MS: i64 = 3_600_000;
/// How long an invitation works.
pub const INVITATION_LIFE_MS: i64 = 7 * 24 * 3_600_000;
/// The prefix of personal tokens: secret scanners for repositories search for such prefixes.
const TOKEN_PREFIX: &str = "jac_";

/// The token with which the shell of this machine calls, and notifications about ended sessions.
#[derive(Clone)]
pub struct Access {
    token: Arc<str>,
    pub(crate) hosts: Arc<Hosts>,
    ended: Arc<Notify>,
    pub(crate) ended_sessions: Arc<EndedSessions>,
    tickets: Arc<Mutex<Vec<Ticket>>>,
    pub(crate) brakes: Arc<Brakes>,
}

/// Permission to get one path, once, requested by a session's own page.
struct Ticket {
    secret: String,
    session: String,
    /// Its digest: a path may be long.
    path: String,
    until: Instant,
}

impl Default for Access {
    fn default() -> Self {
        Self::with_token(&secret())
    }
}

impl Access {
    /// The token of an earlier start of the server: a command that calls it survives a restart.
    pub fn with_token(token: &str) -> Self {
        Self {
            token: token.into(),
            hosts: Arc::default(),
            ended: Arc::default(),
            ended_sessions: Arc::default(),
            tickets: Arc::default(),
            brakes: Arc::default(),
        }
    }

    /// The names under which the server is reached, in addition to its addresses and `localhost`.
    #[must_use]
    pub fn with_hosts(self, names: &[String]) -> Self {
        Self { hosts: Arc::new(Hosts::new(names)), ..self }
    }

    /// The token itself, for the file that only the server's user can read.
    pub fn token(&self) -> &str {
        &self.token
    }

    /// Permits a browser to get `path` by itself, for a short time, with its session's cookie.
    pub(crate) fn ticket(&self, session: &str, path: &str) -> String {
        let secret = secret();
        let ticket = Ticket {
            secret: secret.clone(),
            session: hash(session),
            path: hash(path),
            until: Instant::now() + TICKET_LIFE,
        };
        let mut tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.retain(|ticket| ticket.until > Instant::now());
        let is_own = |other: &Ticket| other.session == ticket.session;
        let oldest = match tickets.iter().filter(|other| is_own(other)).count() {
            TICKETS_OF_A_SESSION.. => tickets.iter().position(is_own),
            _ => (tickets.len() >= MOST_TICKETS).then_some(0),
        };
        if let Some(place) = oldest {
            tickets.remove(place);
        }
        tickets.push(ticket);
        secret
    }

    fn has_ticket(&self, session: &str, parts: &Parts) -> bool {
        let asked = parts.uri.query().into_iter().flat_map(|query| query.split('&'));
        let Some(secret) = asked.filter_map(|pair| pair.strip_prefix("ticket=")).next() else { return false };
        let path = parts.extensions.get::<axum::extract::OriginalUri>().map_or(parts.uri.path(), |uri| uri.0.path());
        let (session, path) = (hash(session), hash(path));
        let tickets = self.tickets.lock().unwrap_or_else(PoisonError::into_inner);
        tickets.iter().any(|ticket| {
            same(&ticket.secret, secret)
                && ticket.session == session
                && ticket.path == path
                && ticket.until > Instant::now()
        })
    }

    /// Waits until a person has signed out or lost permissions, since the last call.
    pub(crate) async fn session_ended(&self) {
        self.ended.notified().await;
    }

    /// Notifies the owners of open connections that sessions have ended or permissions were revoked.
    pub(crate) fn rights_changed(&self) {
        self.ended.notify_one();
    }
}

/// 32 random bytes as text.
pub fn secret() -> String {
    hex::encode(rand::random::<[u8; 32]>())
}

/// Creates a one-time sign-in link: the part after the server's address. Its secret is in the fragment, which browsers
/// do not send.
///
/// # Errors
/// When the database cannot be written, or the person does not exist.
pub async fn new_sign_in_link(
    store: &Store,
    person: &str,
    life_ms: i64,
    now_ms: EpochMs,
) -> Result<String, StoreError> {
    let token = secret();
    store.add_sign_in_link(&token, person, now_ms + life_ms).await?;
    Ok(format!("{SIGN_IN_PATH}#token={token}"))
}

/// A new personal token.
pub fn new_token() -> String {
    format!("{TOKEN_PREFIX}{}", secret())
}

/// The caller.
///
/// # Errors
/// When the caller is unknown, or the request comes from a page other than JAC's own.
pub(crate) async fn principal(parts: &Parts, app: &App) -> Result<Principal, ApiError> {
    let caller = match bearer(&parts.headers) {
        Some(token) => by_token(app, token).await?,
        None => by_session(parts, app).await?,
    };
    Reader::is(parts, &caller.user.id);
    Ok(caller)
}

async fn by_session(parts: &Parts, app: &App) -> Result<Principal, ApiError> {
    let open = session_of(app, &parts.headers, page_secret(&parts.headers)).await?.ok_or(ApiError::SignedOut)?;
    let downloads = matches!(parts.method, Method::GET | Method::HEAD);
    let is_own = open.session.is_own_page || (downloads && app.access.has_ticket(&open.secret, parts));
    if is_own && is_own_page(&parts.headers, &app.access.hosts) { Ok(open.principal()) } else { Err(ApiError::Foreign) }
}

async fn by_token(app: &App, token: &str) -> Result<Principal, ApiError> {
    if same(token, app.access.token()) {
        return Ok(shell());
    }
    let found = app.engine.store().token(token, app.engine.now_ms()).await?;
    let (person, token) = found.ok_or(ApiError::BadToken)?;
    Ok(of_person(&person, Via::Token { id: token.id, name: token.name, scope: token.scope }))
}

/// The shell of the server's own machine.
fn shell() -> Principal {
    Principal { user: administrator(), role: UserRole::Administrator, teams: Vec::new(), via: Via::Shell }
}

pub(crate) fn of_person(person: &PersonRow, via: Via) -> Principal {
    Principal { user: person.person(), role: person.role, teams: person.teams.clone(), via }
}

/// A session that a request's cookie names.
pub struct Session {
    pub session: OpenSession,
    pub secret: String,
}

impl Session {
    pub fn principal(&self) -> Principal {
        of_person(&self.session.person, Via::Session(self.session.id.clone()))
    }
}

/// How long sessions live, now.
pub(crate) fn session_limits(app: &App) -> SessionLimits {
    SessionLimits { now_ms: app.engine.now_ms(), idle_ms: ms(app.edge.config().session.idle), is_use: true }
}

fn ms(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}

/// The session of the request's cookie, if it has a valid one.
pub async fn session_of(app: &App, headers: &HeaderMap, page: Option<&str>) -> Result<Option<Session>, ApiError> {
    find_session(app, headers, page, session_limits(app)).await
}

/// The same for a request that only listens, which does not count as a use of the session.
pub(crate) async fn listening_session_of(app: &App, headers: &HeaderMap) -> Result<Option<Session>, ApiError> {
    find_session(app, headers, None, SessionLimits { is_use: false, ..session_limits(app) }).await
}

async fn find_session(
    app: &App,
    headers: &HeaderMap,
    page: Option<&str>,
    limits: SessionLimits,
) -> Result<Option<Session>, ApiError> {
    // Another server on this host may have set a cookie with the same name for its own path.
    for secret in cookies(app, SESSION_COOKIE, headers) {
        if let Some(session) = app.sessions().find(secret, page, limits).await? {
            return Ok(Some(Session { session, secret: secret.to_owned() }));
        }
    }
    Ok(None)
}

/// A new session for the sender of this request, with its cookie.
pub(crate) fn new_session(app: &App, headers: &HeaderMap, client: Option<&ClientInfo>) -> (NewSession, String) {
    let life = app.edge.config().session.absolute;
    let user_agent = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok());
    let session = NewSession {
        id: hex::encode(rand::random::<[u8; 8]>()),
        secret: secret(),
        page: secret(),
        expires_ms: app.engine.now_ms().saturating_add(ms(life)),
        address: client.and_then(|client| client.address).map(|address| address.to_string()),
        user_agent: user_agent.map(|text| text.chars().take(200).collect()),
    };
    let is_https = client.is_some_and(|client| client.scheme == crate::edge::Scheme::Https);
    let cookie = cookie(app, SESSION_COOKIE, &session.secret, "Strict", life.as_secs(), is_https);
    (session, cookie)
}

/// A cookie for this server only, not readable by scripts; with 0 seconds it deletes the existing one.
pub(crate) fn cookie(app: &App, word: &str, value: &str, same_site: &str, seconds: u64, is_https: bool) -> String {
    let name = cookie_name(app, word, is_https);
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; HttpOnly; SameSite={same_site}; Max-Age={seconds}{secure}")
}

/// The cookie that deletes the session's cookie.
pub(crate) fn no_cookie(app: &App, extensions: &axum::http::Extensions) -> String {
    cookie(app, SESSION_COOKIE, "", "Strict", 0, is_https(extensions))
}

/// Whether the request has the token of this machine's shell.
pub fn has_token(app: &App, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|token| same(token, app.access.token()))
}

/// The page's half of a session, from a request's header.
pub fn page_secret(headers: &HeaderMap) -> Option<&str> {
    headers.get(PAGE_HEADER)?.to_str().ok()
}

/// Ends the session of the request's cookie, if it has one, and notifies the owners of open connections.
pub async fn sign_out(app: &App, headers: &HeaderMap) -> Result<(), ApiError> {
    let limits = SessionLimits { is_use: false, ..session_limits(app) };
    for secret in cookies(app, SESSION_COOKIE, headers) {
        if let Some(open) = app.sessions().find(secret, None, limits).await? {
            app.access.ended_sessions.note(&open.id, Ended::SignedOut);
        }
        app.sessions().end(secret).await?;
    }
    app.access.rights_changed();
    Ok(())
}

/// The name of a cookie: two servers on a host have different ones, unless they share sessions. Over TLS its prefix
/// `__Host-` (RFC 6265bis 4.1.3.2) guarantees that it was set by this host itself, for all paths, which browsers
/// enforce.
fn cookie_name(app: &App, word: &str, is_https: bool) -> String {
    let prefix = if is_https { "__Host-" } else { "" };
    match app.edge.redis() {
        Some(_) => format!("{prefix}jac_{word}"),
        None => format!("{prefix}jac_{word}_{}", app.engine.installation().get(..8).unwrap_or_default()),
    }
}

/// The values of a cookie in a request: there may be several, for paths above each other.
pub(crate) fn cookies<'a>(app: &App, word: &str, headers: &'a HeaderMap) -> impl Iterator<Item = &'a str> + use<'a> {
    let names = [cookie_name(app, word, true), cookie_name(app, word, false)];
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(name, _)| names.iter().any(|known| known == name))
        .map(|(_, value)| value)
}

pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::AUTHORIZATION)?.to_str().ok()?.strip_prefix("Bearer ")
}

/// Compares two secrets in constant time.
pub(crate) fn same(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
}

fn hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret))
}
