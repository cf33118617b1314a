//! `/healthz`, `/readyz` and `/metrics`, for monitoring the server. The first two are open to everybody and return only
//! codes; metrics need a token, unless they have an address of their own.

use crate::App;
use crate::access::{bearer, has_token, same};
use crate::config::Secret;
use crate::error::ApiError;
use crate::metrics::Moment;
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Json, Response};
use axum::routing::get;
use jac_engine::blocking::in_place;
use jac_engine::{EngineError, Unready};
use serde::Serialize;
use std::time::Duration;
use tokio::time::timeout;

/// A database or disk that takes longer than this counts as not responding.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Serialize)]
struct Ready {
    ready: bool,
    /// Why not.
    codes: Vec<Code>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Code {
    Engine(Unready),
    Server(&'static str),
}

/// The three routes outside of the API.
pub fn routes() -> Router<App> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// Only `/metrics`, for a separate address. A token from the configuration is required here too.
pub fn metrics_router(app: App) -> Router {
    Router::new().route("/metrics", get(metrics_apart)).with_state(app)
}

/// The process answers.
async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the database, the disk and the session store work.
async fn ready(State(app): State<App>) -> Response {
    let faults = match timeout(TIMEOUT, app.engine.unready()).await {
        Ok(codes) => codes,
        Err(_) => vec![Unready::DatabaseUnavailable],
    };
    let mut codes: Vec<Code> = faults.into_iter().map(Code::Engine).collect();
    if let Some(redis) = app.edge.redis()
        && redis.available().await.is_err()
    {
        codes.push(Code::Server("sessions_unavailable"));
    }
    let status = if codes.is_empty() { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(Ready { ready: codes.is_empty(), codes })).into_response()
}

async fn metrics(State(app): State<App>, headers: HeaderMap) -> Response {
    let token = &app.edge.config().metrics.token;
    if has_token(&app, &headers) || token.as_ref().is_some_and(|token| is_sent(token, &headers)) {
        text(&app).await
    } else {
        ApiError::SignedOut.into_response()
    }
}

async fn metrics_apart(State(app): State<App>, headers: HeaderMap) -> Response {
    let token = &app.edge.config().metrics.token;
    if token.as_ref().is_none_or(|token| is_sent(token, &headers)) {
        text(&app).await
    } else {
        ApiError::SignedOut.into_response()
    }
}

fn is_sent(token: &Secret, headers: &HeaderMap) -> bool {
    bearer(headers).is_some_and(|sent| same(sent, token.reveal()))
}

async fn text(app: &App) -> Response {
    let moment = async {
        Ok::<_, EngineError>(Moment {
            figures: app.engine.figures().await?,
            integrations: app.engine.integrations_view().await?,
            runs: app.engine.run_figures().await?,
        })
    };
    let moment = timeout(TIMEOUT, moment).await.ok().and_then(Result::ok);
    let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
    (kind, in_place(|| app.edge.metrics().text(moment))).into_response()
}
