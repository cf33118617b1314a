//! Signing in by a one-time link, and out.

use crate::App;
use crate::access::{Caller, SESSION_LIFE_S, cookie_name, has_token, page_secret, secret, session_of, sign_out};
use crate::body::Body;
use crate::error::{ApiError, ErrorBody};
use crate::listen::Peer;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use jac_engine::administrator;
use jac_store::NewSession;
use serde::{Deserialize, Serialize};

/// Who is signed in.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Session {
    pub user: User,
}

/// A person and what they may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct User {
    pub id: String,
    pub name: String,
    pub role: UserRole,
}

/// What a person may do.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum UserRole {
    Administrator,
}

/// The token of a sign-in link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct SignIn {
    pub token: String,
}

fn session() -> Session {
    let person = administrator();
    Session { user: User { id: person.id, name: person.name, role: UserRole::Administrator } }
}

/// A session that was opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignedIn {
    pub user: User,
    /// What the page sends along with everything, in `X-JAC-Page` and in Socket.IO's `auth.page`: the cookie alone is not enough.
    pub page: String,
}

/// What a browser is to get by itself.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TicketRequest {
    /// The path, from `/api/v1` on, without a query.
    pub path: String,
}

/// Leave to get it.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DownloadTicket {
    /// For the query: `?ticket=…`. It works for a minute, for that path and this session.
    pub ticket: String,
}

/// Who is signed in
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session), (status = 401, body = ErrorBody)))]
pub async fn show(Caller(_): Caller) -> Json<Session> {
    Json(session())
}

/// Sign in with the token of a link, which is used up
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, responses((status = 200, body = SignedIn), (status = 401, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    peer: Option<Extension<Peer>>,
    Body(sign_in): Body<SignIn>,
) -> Result<impl IntoResponse, ApiError> {
    let (new, page) = (secret(), secret());
    let now_ms = app.engine.now_ms();
    let opened = NewSession { secret: new.clone(), page: page.clone(), expires_ms: now_ms + SESSION_LIFE_S * 1000 };
    let person = app.engine.store().sign_in(&sign_in.token, opened, now_ms).await?;
    let from = peer.map_or_else(|| "unknown".to_owned(), |Extension(Peer(address))| address.to_string());
    if person.is_none() {
        tracing::warn!(peer = from, "a sign-in from {from} was refused: the link is unknown, used or over");
        return Err(ApiError::Request {
            status: StatusCode::UNAUTHORIZED,
            code: "link_used",
            message: "This sign-in link was used already, or its time is over.".to_owned(),
            hint: Some("`jac admin link` prints a new one.".to_owned()),
        });
    }
    tracing::info!(peer = from, "{} signed in from {from}", administrator().name);
    let name = cookie_name(&app);
    let cookie = format!("{name}={new}; Path=/; HttpOnly; SameSite=Strict; Max-Age={SESSION_LIFE_S}");
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(SignedIn { user: session().user, page })))
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub async fn delete(
    State(app): State<App>,
    Caller(_): Caller,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    sign_out(&app, &headers).await?;
    let cookie = format!("{}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0", cookie_name(&app));
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}

/// Ask for leave to download something: a browser that gets a file by itself sends the cookie and nothing else
#[utoipa::path(post, path = "/session/tickets", tag = "session", request_body = TicketRequest, responses((status = 200, body = DownloadTicket), (status = 401, body = ErrorBody)))]
pub async fn ticket(
    State(app): State<App>,
    Caller(_): Caller,
    headers: HeaderMap,
    Body(wanted): Body<TicketRequest>,
) -> Result<Json<DownloadTicket>, ApiError> {
    let session = session_of(&app, &headers, page_secret(&headers)).await?;
    match session {
        Some(session) => Ok(Json(DownloadTicket { ticket: app.access.ticket(&session.secret, &wanted.path) })),
        // Whoever has the token needs none.
        None if has_token(&app, &headers) => Err(ApiError::bad_request(
            "no_session",
            "A ticket is for the browser of a session. Send the token instead.",
        )),
        None => Err(ApiError::SignedOut),
    }
}
