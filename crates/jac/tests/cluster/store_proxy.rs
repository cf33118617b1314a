//! A proxy in front of a test's S3 server: it forwards requests, and from a given part of an upload on rejects all of
//! them, until it is opened.

use crate::gateway::Gateway;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::header::{AUTHORIZATION, CONNECTION, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Runtime;

/// The largest part is 8 MiB.
const MOST_BYTES: usize = 64 << 20;

/// How the store rejects requests.
#[derive(Debug, Clone, Copy)]
pub struct Fault {
    pub status: u16,
    /// S3's own code.
    pub code: &'static str,
}

#[derive(Debug, Default)]
struct State {
    /// Parts that were forwarded and stored.
    stored: usize,
    /// From this number of parts on everything is rejected.
    refuses: Option<(usize, Fault)>,
    /// Only what is signed with this key.
    of_key: Option<String>,
}

pub struct StoreProxy {
    url: String,
    state: Arc<Mutex<State>>,
    _runtime: Runtime,
}

impl StoreProxy {
    pub fn before(gateway: &Gateway) -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let behind = gateway.options().endpoint.expect("an address");
        let state: Arc<Mutex<State>> = Arc::default();
        let (known, client) = (Arc::clone(&state), reqwest::Client::new());
        let router = Router::new().fallback(move |request: Request| {
            let (state, client, behind) = (Arc::clone(&known), client.clone(), behind.clone());
            async move { pass(request, &state, &client, &behind).await }
        });
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { url, state, _runtime: runtime }
    }

    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Counts parts again, and rejects everything once this many were stored.
    pub fn refuse_after(&self, parts: usize, fault: Fault) {
        *lock(&self.state) = State { stored: 0, refuses: Some((parts, fault)), of_key: None };
    }

    /// The same, but what is signed with another key is passed on.
    pub fn refuse_key_after(&self, parts: usize, key: &str, fault: Fault) {
        *lock(&self.state) = State { stored: 0, refuses: Some((parts, fault)), of_key: Some(key.to_owned()) };
    }

    /// Forwards everything again, and returns how many parts were stored so far.
    pub fn open(&self) -> usize {
        let mut state = lock(&self.state);
        state.refuses = None;
        state.stored
    }

    /// Parts that were stored.
    pub fn stored(&self) -> usize {
        lock(&self.state).stored
    }
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn pass(request: Request, state: &Mutex<State>, client: &reqwest::Client, behind: &str) -> Response {
    let (head, body) = request.into_parts();
    // Always read: a server that answers before it has read everything would be a different fault.
    let Ok(body) = axum::body::to_bytes(body, MOST_BYTES).await else { return StatusCode::BAD_REQUEST.into_response() };
    let refusal = {
        let state = lock(state);
        let signed = head.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let is_meant = state.of_key.as_ref().is_none_or(|key| signed.contains(&format!("Credential={key}/")));
        state.refuses.filter(|_| is_meant).filter(|(parts, _)| state.stored >= *parts).map(|(_, fault)| fault)
    };
    if let Some(fault) = refusal {
        return refuse(fault, head.method == Method::HEAD);
    }
    let is_part = head.method == Method::PUT && head.uri.query().is_some_and(|query| query.contains("partNumber="));
    // With the `Host` that was signed.
    let mut sent = client.request(head.method, format!("{behind}{}", head.uri)).body(body);
    for (name, value) in head.headers.iter().filter(|(name, _)| **name != CONNECTION && **name != TRANSFER_ENCODING) {
        sent = sent.header(name, value);
    }
    let Ok(answer) = sent.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes: Bytes = answer.bytes().await.unwrap_or_default();
    if is_part && status.is_success() {
        lock(state).stored += 1;
    }
    let mut back = Response::new(Body::from(bytes));
    *back.status_mut() = status;
    let kept = headers.iter().filter(|(name, _)| **name != CONNECTION && **name != TRANSFER_ENCODING);
    back.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    back
}

fn refuse(Fault { status, code }: Fault, has_no_body: bool) -> Response {
    let text = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>{code}</Code><Message>It is refused.</Message></Error>"
    );
    let status = StatusCode::from_u16(status).expect("a status");
    let body = if has_no_body { Body::empty() } else { Body::from(text) };
    (status, [(CONTENT_TYPE, "application/xml")], body).into_response()
}
