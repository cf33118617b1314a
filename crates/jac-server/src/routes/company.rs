//! Signing in with the company's account: the page navigates to the provider, and the provider redirects the browser
//! back.

use crate::App;
use crate::access::{audit, cookie, cookies, new_session};
use crate::body::{Body, Query};
use crate::company::{Begun, CompanyError, LIFE};
use crate::edge::{ClientInfo, Scheme};
use crate::error::{ApiError, ErrorBody, Refusal};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::{Extension, Json};
use jac_engine::EngineError;
use jac_store::{PersonRow, StoreError};
use serde::{Deserialize, Serialize};

/// The path to which the provider redirects browsers. It is registered there, with this server's address.
pub const CALLBACK: &str = "/api/v1/session/company/callback";
/// The name of the cookie with which a browser proves that it has begun a sign-in.
const COOKIE: &str = "company";
/// Codes of sign-ins that failed through no fault of the person: they cause no delay.
const OUTAGES: [&str; 3] = ["company_unavailable", "sessions_unavailable", "failed"];

/// A request to sign in with the company's account.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct CompanySignIn {}

/// The address for signing in with the company's account.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct CompanyPage {
    /// The address to which the page navigates.
    pub url: String,
}

/// The parameters with which the provider redirects a browser back.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Back {
    /// Identifies the sign-in.
    state: Option<String>,
    /// For the provider's tokens.
    code: Option<String>,
    /// The error, if the provider sent no code.
    error: Option<String>,
    error_description: Option<String>,
}

/// Start single sign-on: the response contains the provider's address
#[utoipa::path(post, path = "/session/company", tag = "session", operation_id = "company", request_body = CompanySignIn,
    responses((status = 200, body = CompanyPage), (status = 502, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn begin(
    State(app): State<App>,
    client: Option<Extension<ClientInfo>>,
    headers: HeaderMap,
    Body(CompanySignIn {}): Body<CompanySignIn>,
) -> Result<impl IntoResponse, ApiError> {
    let company = app.edge.company().ok_or_else(none)?;
    let client = client.as_deref();
    let begun = company.begin(redirect(&app, client, &headers), app.engine.now_ms()).await;
    let Begun { url, browser } = begun.map_err(|error| match error {
        CompanyError::SessionsUnavailable => ApiError::SessionsUnavailable,
        error => {
            let hint = Some("See the server's log.".to_owned());
            let message = format!("{} cannot be reached.", company.config().name);
            tracing::error!("{error}");
            ApiError::Request { status: StatusCode::BAD_GATEWAY, code: error.code(), message, hint }
        }
    })?;
    // Lax: the provider's page is another site, and its redirect must carry the cookie.
    let cookie = cookie(&app, COOKIE, &browser, "Lax", LIFE.as_secs(), is_https(client));
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(CompanyPage { url })))
}

/// Return from the identity provider: opens a session and continues to the sign-in page
#[utoipa::path(get, path = "/session/company/callback", tag = "session", operation_id = "company_callback", params(Back),
    responses((status = 303, description = "To the sign-in page, with the page's secret or a code in the fragment.")))]
pub async fn callback(
    State(app): State<App>,
    client: Option<Extension<ClientInfo>>,
    headers: HeaderMap,
    Query(back): Query<Back>,
) -> Response {
    let client = client.as_deref();
    let used = cookie(&app, COOKIE, "", "Lax", 0, is_https(client));
    let from = super::session::address(client);
    // Before the audit trail gets an entry, so that nobody can fill it with attempts. A caller in this process has no
    // address.
    let is_from_outside = client.is_some_and(|client| client.address.is_some());
    if is_from_outside && app.access.brakes.wait_for_links(&from).is_some() {
        return refusal("sign_in_delayed", used);
    }
    let mut name = None;
    let person = arrive(&app, client, &headers, back, &mut name).await;
    // Only now: the first write includes the entry, which should name the person.
    audit::begin_sign_in(&app, client, "company", name.as_deref());
    let opened = match person {
        Ok(person) => open(&app, client, &headers, &person).await,
        Err(code) => Err(code),
    };
    match opened {
        Ok((page, session)) => {
            let location = format!("/sign-in#page={page}");
            let headers = [(header::LOCATION, location), (header::SET_COOKIE, used), (header::SET_COOKIE, session)];
            (StatusCode::SEE_OTHER, AppendHeaders(headers)).into_response()
        }
        Err(code) => {
            if !OUTAGES.contains(&code) {
                app.access.brakes.link_failed(&from);
            }
            refusal(code, used)
        }
    }
}

/// Redirects the browser to the sign-in page, which shows the reason.
fn refusal(code: &str, used: String) -> Response {
    let headers = [(header::LOCATION, format!("/sign-in#fault={code}")), (header::SET_COOKIE, used)];
    let mut answer = (StatusCode::SEE_OTHER, AppendHeaders(headers)).into_response();
    answer.extensions_mut().insert(Refusal(code.to_owned()));
    answer
}

/// The returned person, or a code with the reason why they may not sign in. `name` is the provider's name for them.
async fn arrive(
    app: &App,
    client: Option<&ClientInfo>,
    headers: &HeaderMap,
    back: Back,
    name: &mut Option<String>,
) -> Result<PersonRow, &'static str> {
    let company = app.edge.company().ok_or("not_found")?;
    let from = super::session::address(client);
    let refused = |error: &CompanyError| {
        tracing::warn!(peer = from, "a sign-in from {from} was refused: {error}");
        error.code()
    };
    let (Some(state), Some(code)) = (back.state, back.code) else {
        let why = [back.error, back.error_description].into_iter().flatten().collect::<Vec<_>>().join(": ");
        return Err(refused(&CompanyError::Refused(
            why.chars().filter(|letter| !letter.is_control()).take(300).collect(),
        )));
    };
    let browser = cookies(app, COOKIE, headers).next();
    // It has returned to the address that it was sent with.
    let redirect = redirect(app, client, headers);
    let claimed = company.finish(browser, &state, code, redirect, app.engine.now_ms()).await;
    let claimed = claimed.map_err(|error| refused(&error))?;
    *name = claimed.names.first().cloned();
    let (issuer, subject) = (claimed.issuer.clone(), claimed.subject.clone());
    let claimed = match claimed.person(company.config()) {
        Err(error @ CompanyError::NoRole(_)) => {
            // A person who has left the groups loses their permissions.
            let now_ms = app.engine.now_ms();
            let left = app.engine.store().company_person_without_role(&issuer, &subject, now_ms).await;
            if let Some(person) = left.map_err(|error| failed(&from, error.into()))? {
                // Also on other servers that share sessions.
                app.sessions().end_all_of(&person).await;
                app.access.rights_changed();
            }
            return Err(refused(&error));
        }
        claimed => claimed.map_err(|error| refused(&error))?,
    };
    let role = claimed.role;
    let made = app.engine.store().company_person(claimed, app.engine.now_ms()).await;
    let person = made.map_err(|error| failed(&from, error.into()))?;
    if role.is_some_and(|role| role != person.role) {
        tracing::warn!(
            "{} is the last administrator and stays one, though the company sign-on says otherwise",
            person.name
        );
    }
    // The provider's claims may have revoked permissions of open pages.
    app.access.rights_changed();
    if person.disabled {
        tracing::warn!(peer = from, "a sign-in from {from} was refused: the account of {} is disabled", person.name);
        return Err("sign_in_failed");
    }
    Ok(person)
}

/// The page's secret and the cookie of a new session.
async fn open(
    app: &App,
    client: Option<&ClientInfo>,
    headers: &HeaderMap,
    person: &PersonRow,
) -> Result<(String, String), &'static str> {
    let from = super::session::address(client);
    audit::person(&person.person());
    let (session, cookie) = new_session(app, headers, client);
    let page = session.page.clone();
    app.sessions().open(person, session).await.map_err(|error| failed(&from, error))?;
    tracing::info!(peer = from, "{} signed in from {from} with the company's account", person.name);
    Ok((page, cookie))
}

fn failed(from: &str, error: ApiError) -> &'static str {
    let code = match &error {
        ApiError::SessionsUnavailable => return "sessions_unavailable",
        ApiError::Engine(EngineError::Store(StoreError::NameTaken { .. })) => "name_taken",
        _ => "failed",
    };
    tracing::error!(peer = from, "a sign-in from {from} failed: {}", error.detail().message);
    code
}

/// Where a browser goes to sign out of the company's sign-on too; `None`: nowhere.
pub(super) fn sign_out_url(app: &App, client: Option<&ClientInfo>, headers: &HeaderMap) -> Option<String> {
    let back = format!("{}{}", base(app, client, headers), crate::SIGN_IN_PATH);
    app.edge.company()?.sign_out_url(back)
}

/// The address to which the provider redirects the browser.
fn redirect(app: &App, client: Option<&ClientInfo>, headers: &HeaderMap) -> String {
    format!("{}{CALLBACK}", base(app, client, headers))
}

/// The address under which the browser knows this server.
fn base(app: &App, client: Option<&ClientInfo>, headers: &HeaderMap) -> String {
    if let Some(public) = &app.edge.config().public_url {
        return public.clone();
    }
    let scheme = if is_https(client) { "https" } else { "http" };
    let asked = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let host = client.and_then(|client| client.host.as_deref()).or(asked).unwrap_or("localhost");
    format!("{scheme}://{host}")
}

fn is_https(client: Option<&ClientInfo>) -> bool {
    client.is_some_and(|client| client.scheme == Scheme::Https)
}

fn none() -> ApiError {
    ApiError::Request {
        status: StatusCode::NOT_FOUND,
        code: "not_found",
        message: "This server has no company sign-on.".to_owned(),
        hint: Some("Set oidc_issuer and oidc_client_id.".to_owned()),
    }
}
