//! An HTTP proxy in front of an engine: it answers instead of the engine if a test says so, and forwards everything else.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::http::header::{CONNECTION, CONTENT_LENGTH, HOST, TRANSFER_ENCODING};
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The gate's behaviour, which a test can change while it runs.
#[derive(Debug, Default)]
pub struct Rules {
    /// This many `_bulk` requests are forwarded before the gate becomes busy; 0: it never does.
    pub busy_after: usize,
    /// `_bulk` requests are answered with 429 after they were read, like an engine's answer.
    pub is_busy: AtomicBool,
    /// Maximum body size in bytes; a request that announces more is answered with 413 before any of it is read, as by nginx. 0: unlimited.
    pub most_bytes: usize,
    /// How many milliseconds an engine waits for a shard before it gives up a `_bulk` request; 0: its default of a minute.
    pub shard_wait_ms: usize,
    /// Parts of paths whose requests are answered as by OpenSearch's security plugin.
    pub denies: Vec<&'static str>,
    /// What is answered to Elasticsearch's question for privileges; `None`: it is passed on.
    pub privileges: Option<serde_json::Value>,
    /// Requests that the gate answered itself.
    pub answered: AtomicUsize,
    /// `_bulk` requests received.
    pub passed: AtomicUsize,
}

pub struct Gate {
    pub url: String,
    pub rules: Arc<Rules>,
}

impl Gate {
    /// Listens in front of that port of this machine.
    pub async fn before(port: u16, rules: Rules) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let rules = Arc::new(rules);
        let (known, client) = (Arc::clone(&rules), reqwest::Client::new());
        let router = Router::new().fallback(move |request: Request| {
            let (rules, client) = (Arc::clone(&known), client.clone());
            async move { pass(request, &rules, &client, port).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, rules }
    }
}

impl Rules {
    fn answer(&self, status: StatusCode, text: &'static str) -> Response {
        self.answered.fetch_add(1, Ordering::Relaxed);
        (status, text).into_response()
    }

    /// Whether to reject this `_bulk` request.
    fn refuses(&self) -> bool {
        if self.busy_after > 0 && self.passed.fetch_add(1, Ordering::Relaxed) == self.busy_after {
            self.is_busy.store(true, Ordering::Relaxed);
        }
        self.is_busy.load(Ordering::Relaxed)
    }
}

async fn pass(request: Request, rules: &Rules, client: &reqwest::Client, port: u16) -> Response {
    let (head, body) = request.into_parts();
    let announced = head.headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if rules.most_bytes > 0 && announced.is_some_and(|bytes| bytes > rules.most_bytes) {
        return rules.answer(StatusCode::PAYLOAD_TOO_LARGE, "<html>413 Request Entity Too Large</html>");
    }
    // The client may disconnect.
    let Ok(body) = to_bytes(body, 64 << 20).await else { return StatusCode::BAD_REQUEST.into_response() };
    let path = head.uri.path();
    if rules.denies.iter().any(|part| format!("{} {path}", head.method).contains(part)) {
        let denied = r#"{"error":{"root_cause":[],"type":"security_exception","reason":"no permissions for [x] and User [name=jac]"},"status":403}"#;
        return rules.answer(StatusCode::FORBIDDEN, denied);
    }
    if let Some(privileges) = rules.privileges.as_ref().filter(|_| path.ends_with("/_has_privileges")) {
        return axum::Json(privileges.clone()).into_response();
    }
    let is_bulk = head.uri.path().ends_with("/_bulk");
    if is_bulk && rules.refuses() {
        return rules.answer(StatusCode::TOO_MANY_REQUESTS, "");
    }
    let wait = match rules.shard_wait_ms {
        wait_ms @ 1.. if is_bulk => format!("&timeout={wait_ms}ms"),
        _ => String::new(),
    };
    let target: Uri = format!("http://127.0.0.1:{port}{}{wait}", head.uri).parse().expect("an address");
    let mut sent = client.request(head.method, target.to_string()).body(body);
    for (name, value) in head.headers.iter().filter(|(name, _)| ![HOST, CONTENT_LENGTH].contains(name)) {
        sent = sent.header(name, value);
    }
    let Ok(got) = sent.send().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let (status, headers) = (got.status(), got.headers().clone());
    let Ok(bytes) = got.bytes().await else { return StatusCode::BAD_GATEWAY.into_response() };
    let mut back = Response::new(Body::from(bytes));
    *back.status_mut() = status;
    // Elasticsearch is identified by a header.
    let of_connection = [CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING];
    let kept = headers.iter().filter(|(name, _)| !of_connection.contains(name));
    back.headers_mut().extend(kept.map(|(name, value)| (name.clone(), value.clone())));
    back
}
