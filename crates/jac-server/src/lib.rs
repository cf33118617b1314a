//! The server: REST under `/api/v1`, live events over Socket.IO, sign-in, and the web app's files.
//!
//! Owns permissions of callers and the HTTP interface. Decides nothing about clusters and runs: handlers extract,
//! authorise in their signature, call the engine, and map.

mod access;
mod answers;
mod assets;
mod body;
mod company;
pub mod config;
pub mod edge;
mod error;
mod files;
mod forwarded;
mod health;
mod hosts;
pub mod listen;
pub mod live;
mod metrics;
pub mod openapi;
mod packed;
mod password;
mod per_person;
#[cfg(test)]
#[path = "../tests/routes/redis_server.rs"]
#[expect(dead_code, reason = "the tests of the routes use all of it")]
mod redis_server;
mod routes;
mod scans;
mod sessions;
pub mod tls;
mod upload;

pub use access::{Access, INVITATION_LIFE_MS, LINK_LIFE_MS, SIGN_IN_PATH, new_sign_in_link, new_token};
pub use edge::Edge;
pub use health::metrics_router;
pub use metrics::Metrics;
pub use routes::account::token_row;
pub use routes::audit::AuditEntry;
pub use routes::people::new_id;

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::{Router, middleware};
use error::ApiError;
use jac_engine::{Engine, EngineError};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tracing::Instrument;

/// The state available to every handler.
#[derive(Clone)]
pub struct App {
    pub engine: Engine,
    pub access: Access,
    pub edge: Edge,
}

/// Pages load scripts, styles and images from this server only, none of it inline. What scripts set on an element's `style` is not restricted.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// The whole server as one service. It needs a tokio runtime: live events are forwarded by a task of its own.
pub fn router(app: App) -> Router {
    let (api, _) = openapi::split();
    let api = api.method_not_allowed_fallback(error::method_not_allowed);
    let header = |name: &'static str, value: &'static str| {
        SetResponseHeaderLayer::if_not_present(HeaderName::from_static(name), HeaderValue::from_static(value))
    };
    let live = live::layer(app.clone());
    Router::new()
        // API responses are valid only for this moment and this person.
        .merge(
            api.layer(middleware::from_fn_with_state(app.clone(), access::audit::record))
                .layer(middleware::from_fn(complete))
                .layer(header("cache-control", "no-store"))
                .layer(middleware::from_fn_with_state(app.clone(), answers::bound))
                .layer(packed::layer()),
        )
        .merge(health::routes())
        .fallback(assets::serve)
        .with_state(app.clone())
        .layer(live)
        .layer(middleware::from_fn_with_state(app.clone(), live::check))
        .layer(middleware::from_fn_with_state(app.clone(), hosts::check))
        .layer(CatchPanicLayer::custom(error::after_panic))
        .layer(header("content-security-policy", CONTENT_SECURITY_POLICY))
        .layer(header("x-content-type-options", "nosniff"))
        .layer(header("referrer-policy", "no-referrer"))
        // The outermost: all others see the client as it is.
        .layer(middleware::from_fn_with_state(app, edge::observe))
}

/// A change runs to its end, even if the caller has disconnected: between the database and the actions that follow
/// there is no safe place to stop. Exceptions are the start of a run and the import of one, whose first part can use a
/// CPU for long; and the check of a plan, which changes nothing.
async fn complete(request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    if reads || ["/api/v1/runs", "/api/v1/runs/import", "/api/v1/plans/{id}/check"].contains(&route) {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request).in_current_span()).await {
        Ok(answer) => answer,
        Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
        Err(_) => ApiError::Engine(EngineError::JMeter("The server is ending.".to_owned())).into_response(),
    }
}
