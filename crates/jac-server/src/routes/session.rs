//! Signing in by a one-time link, and out.

use crate::App;
use crate::access::{COOKIE, Caller, SESSION_LIFE_S, secret, sign_out};
use crate::body::Body;
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use jac_engine::administrator;
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

/// Who is signed in
#[utoipa::path(get, path = "/session", tag = "session", responses((status = 200, body = Session), (status = 401, body = ErrorBody)))]
pub async fn show(Caller(_): Caller) -> Json<Session> {
    Json(session())
}

/// Sign in with the token of a link, which is used up
#[utoipa::path(post, path = "/session", tag = "session", request_body = SignIn, responses((status = 200, body = Session), (status = 401, body = ErrorBody)))]
pub async fn create(State(app): State<App>, Body(sign_in): Body<SignIn>) -> Result<impl IntoResponse, ApiError> {
    let new = secret();
    let now_ms = app.engine.now_ms();
    let person = app.engine.store().sign_in(&sign_in.token, &new, now_ms, now_ms + SESSION_LIFE_S * 1000)?;
    if person.is_none() {
        return Err(ApiError::Request {
            status: StatusCode::UNAUTHORIZED,
            code: "link_used",
            message: "This sign-in link was used already, or its time is over.".to_owned(),
            hint: Some("`jac admin link` prints a new one.".to_owned()),
        });
    }
    let cookie = format!("{COOKIE}={new}; Path=/; HttpOnly; SameSite=Strict; Max-Age={SESSION_LIFE_S}");
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(session())))
}

/// Sign out
#[utoipa::path(delete, path = "/session", tag = "session", responses((status = 204)))]
pub async fn delete(
    State(app): State<App>,
    Caller(_): Caller,
    headers: HeaderMap,
) -> Result<impl IntoResponse, ApiError> {
    sign_out(&app, &headers)?;
    let cookie = format!("{COOKIE}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, AppendHeaders([(header::SET_COOKIE, cookie)])))
}
