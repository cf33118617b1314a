//! Signing in, by a one-time link or by name and password, and out; tickets for downloads.

use super::company::sign_out_url;
use crate::App;
use crate::access::allowed::{Allowed, View, ViewAccount};
use crate::access::{audit, new_session, no_cookie, of_person, page_secret, session_of, sign_out};
use crate::body::Body;
use crate::edge::ClientInfo;
use crate::error::{ApiError, ErrorBody};
use axum::extract::State;
use axum::http::{Extensions, HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use axum::{Extension, Json};
use jac_engine::Engine;
use jac_model::{Named, Principal, UserRole, Via};
use jac_store::PersonRow;
use jac_store::StoreError;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// The signed-in person and their session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Session {
    pub user: User,
    pub via: ViaWord,
    /// Whether they can sign in with a password.
    pub has_password: bool,
    /// This session was opened by a one-time link: a password may be set without the one before.
    pub by_link: bool,
    /// Whether nobody else has an account on this server.
    pub single_user: bool,
    /// Address to sign out of the company's sign-on; `null`: none.
    pub sign_out_url: Option<String>,
}

/// A person and their permissions.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct User {
    pub id: String,
    pub name: String,
    pub role: UserRole,
    pub teams: Vec<Named>,
}

/// How a caller was authenticated.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ViaWord {
    Session,
    Token,
    Shell,
}

/// The methods on the sign-in page.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignInMethods {
    /// By name and password.
    pub local: bool,
    /// The company's sign-on; `null`: there is none.
    pub company: Option<CompanySignOn>,
}

/// The company's sign-on.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CompanySignOn {
    /// Its name.
    pub name: String,
}

/// The token of a sign-in link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct SignIn {
    pub token: String,
}

/// A name and its password.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct PasswordSignIn {
    pub name: String,
    pub password: String,
}

/// A session that was opened.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SignedIn {
    pub session: Session,
    /// The page sends this with every request, in `X-JAC-Page` and in Socket.IO's `auth.page`: the cookie alone is not
    /// enough.
    pub page: String,
}

/// A download to get a ticket for.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TicketRequest {
    /// The path, from `/api/v1` on, without a query.
    pub path: String,
}

/// A ticket for a download.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DownloadTicket {
    /// For the query: `?ticket=…`. It works for a minute, for that path and this session.
    pub ticket: String,
}

/// Maximum length of a download's path, in bytes: a file of a plan may be twelve folders deep with names of 230 bytes, and each byte takes three
/// in a URL.
const LONGEST_PATH: usize = 10_000;

fn user(principal: &Principal) -> User {
    User {
        id: principal.user.id.clone(),
        name: principal.user.name.clone(),
        role: principal.role,
        teams: principal.teams.clone(),
    }
}

/// The session as its page sees it.
async fn session_view(engine: &Engine, caller: &Principal, by_link: bool) -> Result<Session, ApiError> {
    let has_password = match engine.store().person(&caller.user.id).await {
        Ok(person) => person.has_password,
        // The shell's account in a database of its own.
        Err(StoreError::NotFound { .. }) => false,
        Err(error) => return Err(error.into()),
    };
    Ok(Session {
        has_password,
        single_user: engine.store().count_people().await? == 1,
        user: user(caller),
        via: match &caller.via {
            Via::Session(_) => ViaWord::Session,
            Via::Token { .. } => ViaWord::Token,
            Via::Shell => ViaWord::Shell,
        },
        by_link,
        sign_out_url: None,
    })
}

/// Get the sign-in page's methods
#[utoipa::path(get, path = "/sign-in", tag = "session", responses((status = 200, body = SignInMethods)))]
pub async fn methods(State(app): State<App>) -> Json<SignInMethods> {
    let company = app.edge.config().oidc.as_ref().map(|oidc| CompanySignOn { name: oidc.name.clone() });
    Json(SignInMethods { local: true, company })
}

/// Get the signed-in person
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session), (status = 401, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn show(
    allowed: Allowed<ViewAccount>,
    client: Option<Extension<ClientInfo>>,
    headers: HeaderMap,
    State(app): State<App>,
) -> Result<Json<Session>, ApiError> {
    let by_link = match &allowed.caller.via {
        Via::Session(_) => session_of(&app, &headers, None).await?.is_some_and(|open| open.session.by_link),
        Via::Shell | Via::Token { .. } => false,
    };
    let mut session = session_view(allowed.engine(), &allowed.caller, by_link).await?;
    let is_in_a_browser = matches!(allowed.caller.via, Via::Session(_)) && !by_link;
    if is_in_a_browser && allowed.engine().store().person(&allowed.caller.user.id).await?.via_company {
        session.sign_out_url = sign_out_url(&app, client.as_deref(), &headers);
    }
    Ok(Json(session))
}

/// Sign in with the token of a one-time link
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn,
    responses((status = 200, body = SignedIn), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    client: Option<Extension<ClientInfo>>,
    headers: HeaderMap,
    Body(sign_in): Body<SignIn>,
) -> Result<impl IntoResponse, ApiError> {
    let client = client.as_deref();
    let from = address(client);
    // Before the audit trail gets an entry, so that nobody can fill it with attempts. A caller in this process has no
    // address.
    let is_from_outside = client.is_some_and(|client| client.address.is_some());
    if let Some(wait) = app.access.brakes.wait_for_links(&from).filter(|_| is_from_outside) {
        return Err(delayed(wait));
    }
    audit::begin_sign_in(&app, client, "link", None);
    let (session, cookie) = new_session(&app, &headers, client);
    let (id, page) = (session.id.clone(), session.page.clone());
    let person = app.sessions().open_by_link(&sign_in.token, session).await?;
    let Some(person) = person else {
        app.access.brakes.link_failed(&from);
        tracing::warn!(peer = from, "a sign-in from {from} was refused: the link is unknown, used or over");
        return Err(ApiError::Request {
            status: StatusCode::UNAUTHORIZED,
            code: "link_invalid",
            message: "This sign-in link is invalid or has expired.".to_owned(),
            hint: Some("Ask your administrator for a new one, or run `jac admin link` on the server.".to_owned()),
        });
    };
    let session = session_view(&app.engine, &of_person(&person, Via::Session(id)), true).await?;
    Ok(signed_in(client, session, page, cookie))
}

/// Sign in with name and password
#[utoipa::path(post, path = "/session/password", tag = "session", request_body = PasswordSignIn,
    responses((status = 200, body = SignedIn), (status = 401, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn by_password(
    State(app): State<App>,
    client: Option<Extension<ClientInfo>>,
    headers: HeaderMap,
    Body(sign_in): Body<PasswordSignIn>,
) -> Result<impl IntoResponse, ApiError> {
    let client = client.as_deref();
    let name = sign_in.name.trim().to_owned();
    audit::begin_sign_in(&app, client, "password", Some(&name));
    let person = prove(&app, client, &name, sign_in.password, false).await?;
    let (session, cookie) = new_session(&app, &headers, client);
    let (id, page) = (session.id.clone(), session.page.clone());
    audit::person(&person.person());
    app.sessions().open(&person, session).await?;
    let session = session_view(&app.engine, &of_person(&person, Via::Session(id)), false).await?;
    Ok(signed_in(client, session, page, cookie))
}

/// The response to one attempt too many.
fn delayed(wait: Duration) -> ApiError {
    ApiError::Later {
        status: StatusCode::TOO_MANY_REQUESTS,
        code: "sign_in_delayed",
        message: "Too many failed attempts.".to_owned(),
        seconds: wait.as_secs() + 1,
    }
}

/// Checks the person's password, after the delay caused by earlier failures. Attempts by others elsewhere do not delay a person who
/// is signed in or who uses an address from which they have signed in before.
pub(super) async fn prove(
    app: &App,
    client: Option<&ClientInfo>,
    name: &str,
    given: String,
    is_signed_in: bool,
) -> Result<PersonRow, ApiError> {
    let from = address(client);
    let brakes = &app.access.brakes;
    let found = app.engine.store().person_named(name).await?;
    if let Some(wait) = brakes.wait_elsewhere(name).filter(|_| !is_signed_in) {
        let is_known = match &found {
            Some((person, _)) => app.engine.store().has_signed_in_from(&person.id, &from).await?,
            None => false,
        };
        if !is_known {
            return Err(delayed(wait));
        }
    }
    if let Some(wait) = brakes.wait(name, &from) {
        return Err(delayed(wait));
    }
    brakes.failed(name, &from);
    let (person, kept) = found.map_or((None, None), |(person, kept)| (Some(person), kept));
    let is_right = app.edge.passwords().verify(given, kept).await?;
    match person.filter(|person| is_right && !person.disabled) {
        Some(person) => {
            brakes.succeeded(name, &from);
            Ok(person)
        }
        None => {
            tracing::warn!(
                peer = from,
                "a sign-in from {from} was refused: unknown name, wrong password or disabled account"
            );
            Err(ApiError::Request {
                status: StatusCode::UNAUTHORIZED,
                code: "sign_in_failed",
                message: "Wrong name or password, or the account is disabled.".to_owned(),
                hint: None,
            })
        }
    }
}

pub(super) fn address(client: Option<&ClientInfo>) -> String {
    client.and_then(|client| client.address).map_or_else(|| "this process".to_owned(), |address| address.to_string())
}

fn signed_in(client: Option<&ClientInfo>, session: Session, page: String, cookie: String) -> impl IntoResponse + use<> {
    let from = address(client);
    tracing::info!(peer = from, "{} signed in from {from}", session.user.name);
    (AppendHeaders([(header::SET_COOKIE, cookie)]), Json(SignedIn { session, page }))
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub async fn delete(
    _: Allowed<ViewAccount>,
    State(app): State<App>,
    headers: HeaderMap,
    extensions: Extensions,
) -> Result<impl IntoResponse, ApiError> {
    sign_out(&app, &headers).await?;
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, no_cookie(&app, &extensions))])))
}

/// Create a ticket for a download: browsers send only the cookie when they download a file
#[utoipa::path(post, path = "/session/tickets", tag = "session", request_body = TicketRequest,
    responses((status = 200, body = DownloadTicket), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn ticket(
    _: Allowed<View>,
    State(app): State<App>,
    headers: HeaderMap,
    Body(request): Body<TicketRequest>,
) -> Result<Json<DownloadTicket>, ApiError> {
    if request.path.len() > LONGEST_PATH || !request.path.starts_with("/api/v1/") {
        let message = format!("The path must start with /api/v1/ and have at most {LONGEST_PATH} bytes.");
        return Err(ApiError::bad_request("ticket_path_invalid", message));
    }
    let session = session_of(&app, &headers, page_secret(&headers)).await?;
    match session {
        Some(session) => Ok(Json(DownloadTicket { ticket: app.access.ticket(&session.secret, &request.path) })),
        // A caller with a token needs no ticket.
        None => Err(ApiError::bad_request("no_session", "Tickets are for browser sessions. Send the token instead.")),
    }
}
