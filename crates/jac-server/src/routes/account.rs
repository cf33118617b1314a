//! Your own account: password, sessions, tokens, and your entries in the audit trail.

use crate::App;
use crate::access::allowed::{Allowed, ChangeAccount, ViewAccount};
use crate::access::ended::Ended;
use crate::access::{audit, new_token, session_of};
use crate::body::{Body, Path, Query};
use crate::edge::ClientInfo;
use crate::error::{ApiError, ErrorBody};
use crate::password::Passwords;
use crate::routes::audit::{AuditPage, AuditQuery, page};
use crate::routes::session::prove;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::{Extension, Json};
use jac_engine::EngineError;
use jac_model::{TokenScope, Via};
use jac_store::TokenRow;
use serde::{Deserialize, Serialize};

/// The longest name of a token.
const LONGEST_NAME: usize = 60;
/// Maximum validity of a token that expires: ten years.
const MOST_DAYS: u32 = 3650;

/// A new password.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct NewPassword {
    /// The current password; not needed in a session that was opened by a one-time link, or if there is none.
    #[serde(default)]
    pub current: Option<String>,
    pub password: String,
}

/// A session.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct SessionView {
    pub id: String,
    /// Whether it is the session of this request.
    pub current: bool,
    pub created_ms: i64,
    pub last_used_ms: i64,
    pub expires_ms: i64,
    pub address: Option<String>,
    pub user_agent: Option<String>,
}

/// A personal token, without its secret.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TokenView {
    pub id: String,
    pub name: String,
    pub scope: TokenScope,
    pub created_ms: i64,
    /// When it expires; `null`: never.
    pub expires_ms: Option<i64>,
    pub last_used_ms: Option<i64>,
}

impl From<TokenRow> for TokenView {
    fn from(token: TokenRow) -> Self {
        let TokenRow { id, name, scope, created_ms, expires_ms, last_used_ms } = token;
        Self { id, name, scope, created_ms, expires_ms, last_used_ms }
    }
}

/// A token to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct TokenRequest {
    pub name: String,
    pub scope: TokenScope,
    /// Validity in days; absent or `null`: until it is revoked.
    #[serde(default)]
    pub expires_days: Option<u32>,
}

/// A created token.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct NewToken {
    /// The secret, shown only once.
    pub token: String,
    pub view: TokenView,
}

/// Set the password; other sessions end
#[utoipa::path(put, path = "/account/password", tag = "account", request_body = NewPassword,
    responses((status = 204), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody)))]
pub async fn set_password(
    allowed: Allowed<ChangeAccount>,
    State(app): State<App>,
    client: Option<Extension<ClientInfo>>,
    headers: HeaderMap,
    Body(new): Body<NewPassword>,
) -> Result<StatusCode, ApiError> {
    let caller = &allowed.caller;
    let session = match &caller.via {
        Via::Session(id) => Some(id.as_str()),
        Via::Shell | Via::Token { .. } => None,
    };
    let open = if session.is_some() { session_of(&app, &headers, None).await? } else { None };
    let person = allowed.engine().store().person(&caller.user.id).await?;
    let is_free = caller.via == Via::Shell || open.is_some_and(|open| open.session.by_link);
    if !is_free && !person.has_password {
        // Otherwise a hijacked session of the company's sign-on could create a sign-in that the company cannot revoke.
        return Err(ApiError::Request {
            status: StatusCode::FORBIDDEN,
            code: "link_needed",
            message: "To set a first password, sign in with a one-time link.".to_owned(),
            hint: Some("Ask an administrator for a link.".to_owned()),
        });
    }
    if !is_free {
        let current = new.current.unwrap_or_default();
        prove(&app, client.as_deref(), &person.name, current, true).await.map_err(|error| match error {
            ApiError::Request { code: "sign_in_failed", .. } => {
                ApiError::bad_request("password_wrong", "The current password is wrong.")
            }
            other => other,
        })?;
    }
    Passwords::check(&new.password, &person.name)?;
    let hash = app.edge.passwords().hash(new.password).await?;
    let others = app.sessions().of(&person).await?.into_iter().filter(|row| Some(row.id.as_str()) != session);
    others.for_each(|row| app.access.ended_sessions.note(&row.id, Ended::PasswordChanged));
    app.sessions().set_password(&person, &hash, session).await?;
    app.access.rights_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// List the caller's sessions
#[utoipa::path(get, path = "/account/sessions", tag = "account", responses((status = 200, body = Vec<SessionView>)))]
pub async fn sessions(
    allowed: Allowed<ViewAccount>,
    State(app): State<App>,
) -> Result<Json<Vec<SessionView>>, ApiError> {
    let person = allowed.engine().store().person(&allowed.caller.user.id).await?;
    let rows = app.sessions().of(&person).await?;
    let current = |id: &str| matches!(&allowed.caller.via, Via::Session(own) if own == id);
    let view = |row: jac_store::SessionRow| SessionView {
        current: current(&row.id),
        id: row.id,
        created_ms: row.created_ms,
        last_used_ms: row.last_used_ms,
        expires_ms: row.expires_ms,
        address: row.address,
        user_agent: row.user_agent,
    };
    Ok(Json(rows.into_iter().map(view).collect()))
}

/// End one of the caller's sessions
#[utoipa::path(delete, path = "/account/sessions/{id}", tag = "account", params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn end_session(
    allowed: Allowed<ChangeAccount>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    audit::about("session", &id, "");
    let person = allowed.engine().store().person(&allowed.caller.user.id).await?;
    // Before it ends, so that its page receives the reason; nothing is stored for another person's session or none.
    if app.sessions().of(&person).await?.iter().any(|session| session.id == id) {
        app.access.ended_sessions.note(&id, Ended::Revoked);
    }
    app.sessions().end_one(&person, &id).await?;
    app.access.rights_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// List the caller's personal tokens
#[utoipa::path(get, path = "/account/tokens", tag = "account", responses((status = 200, body = Vec<TokenView>)))]
pub async fn tokens(allowed: Allowed<ViewAccount>) -> Result<Json<Vec<TokenView>>, ApiError> {
    let rows = allowed.engine().store().tokens_of(&allowed.caller.user.id).await?;
    Ok(Json(rows.into_iter().map(TokenView::from).collect()))
}

/// Create a personal token
#[utoipa::path(post, path = "/account/tokens", tag = "account", request_body = TokenRequest, responses((status = 201, body = NewToken), (status = 400, body = ErrorBody)))]
pub async fn create_token(
    allowed: Allowed<ChangeAccount>,
    Body(new): Body<TokenRequest>,
) -> Result<(StatusCode, Json<NewToken>), ApiError> {
    let engine = allowed.engine();
    let row = token_row(&new.name, new.scope, new.expires_days, engine.now_ms())?;
    let token = new_token();
    audit::about("token", &row.id, &row.name);
    engine.store().add_token(&allowed.caller.user.id, &token, row.clone()).await?;
    Ok((StatusCode::CREATED, Json(NewToken { token, view: row.into() })))
}

/// A token's row, from the request.
pub fn token_row(name: &str, scope: TokenScope, days: Option<u32>, now_ms: i64) -> Result<TokenRow, EngineError> {
    let invalid = |field: &str, message: String| EngineError::invalid_field("token_request_invalid", field, message);
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || jac_engine::required_name(name).is_err() {
        return Err(invalid("/name", format!("The name of a token must have 1 to {LONGEST_NAME} visible characters.")));
    }
    if days.is_some_and(|days| days == 0 || days > MOST_DAYS) {
        return Err(invalid("/expires_days", format!("A token can be valid for 1 to {MOST_DAYS} days.")));
    }
    Ok(TokenRow {
        id: format!("k-{}", hex::encode(rand::random::<[u8; 6]>())),
        name: name.to_owned(),
        scope,
        created_ms: now_ms,
        expires_ms: days.map(|days| now_ms + i64::from(days) * 24 * 3_600_000),
        last_used_ms: None,
    })
}

/// Revoke one of the caller's tokens
#[utoipa::path(delete, path = "/account/tokens/{id}", tag = "account", params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn revoke_token(allowed: Allowed<ChangeAccount>, Path(id): Path<String>) -> Result<StatusCode, ApiError> {
    audit::about("token", &id, "");
    allowed.engine().store().revoke_token(&allowed.caller.user.id, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the caller's own audit entries
#[utoipa::path(get, path = "/account/audit", tag = "account", params(AuditQuery), responses((status = 200, body = AuditPage), (status = 400, body = ErrorBody)))]
pub async fn own_audit(
    allowed: Allowed<ViewAccount>,
    Query(query): Query<AuditQuery>,
) -> Result<Json<AuditPage>, ApiError> {
    let query = AuditQuery { person: Some(allowed.caller.user.id.clone()), ..query };
    Ok(Json(page(allowed.engine(), query).await?))
}
