//! The shop's routes and server.

use std::future::Future;
use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get, post};
use tokio::net::TcpListener;

use crate::pages;
use crate::stats::{self, Counters};

/// The state shared by the handlers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shop {
    pub(crate) counters: Arc<Counters>,
}

/// The shop's routes, with counters of their own.
pub fn router() -> Router {
    let shop = Shop::default();
    Router::new()
        .route("/", get(pages::home))
        .route("/login", post(pages::login))
        .route("/search", get(pages::search))
        .route("/product/{id}", get(pages::product))
        .route("/cart", post(pages::cart))
        .route("/checkout", post(pages::checkout))
        .route("/fast", get(pages::fast))
        .route("/slow", get(pages::slow))
        .route("/status/{code}", any(pages::status))
        .route("/stats", get(pages::stats))
        .fallback(pages::nowhere)
        .layer(axum::middleware::from_fn_with_state(shop.clone(), stats::count))
        .with_state(shop)
}

/// Serves the shop until `shutdown` ends, then lets open requests finish.
///
/// # Errors
/// When the listener fails.
pub async fn serve(listener: TcpListener, shutdown: impl Future<Output = ()> + Send + 'static) -> std::io::Result<()> {
    use axum::serve::ListenerExt;
    // Small answers wait 40 ms for an acknowledgement otherwise.
    let listener = listener.tap_io(|socket| {
        let _ = socket.set_nodelay(true);
    });
    axum::serve(listener, router()).with_graceful_shutdown(shutdown).await
}
