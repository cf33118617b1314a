//! A server that implements as much of an engine's or Logstash's protocol as is needed to see what is sent, and answers as configured.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use serde_json::{Value, json};
use std::io::Read;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request as received.
#[derive(Clone)]
pub struct Seen {
    pub method: Method,
    pub path: String,
    pub headers: HeaderMap,
    /// As it was sent.
    pub raw: Bytes,
    /// Decompressed.
    pub body: String,
}

impl Seen {
    /// IDs of the rows of a `_bulk` request.
    pub fn ids(&self) -> Vec<String> {
        let lines = self.body.lines().step_by(2).map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
        lines.map(|line| line["create"]["_id"].as_str().expect("an id").to_owned()).collect()
    }
}

pub struct Sink {
    pub url: String,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Sink {
    /// Answers each request with what `answer` returns; `None`: like an engine that accepts everything.
    pub async fn start(answer: impl Fn(&Seen) -> Option<Response> + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}/", listener.local_addr().expect("its address"));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&seen);
        let answer = Arc::new(answer);
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, raw: Bytes| {
            let mut body = String::new();
            let unpacked = match headers.get("content-encoding") {
                Some(_) => GzDecoder::new(&raw[..]).read_to_string(&mut body),
                None => (&raw[..]).read_to_string(&mut body),
            };
            unpacked.expect("text");
            let seen = Seen { method, path: uri.path().to_owned(), headers, raw, body };
            let response = answer(&seen).unwrap_or_else(|| usual(&seen));
            kept.lock().unwrap_or_else(PoisonError::into_inner).push(seen);
            async move { response }
        };
        let router = Router::new().fallback(handler).layer(axum::extract::DefaultBodyLimit::disable());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    pub fn seen(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The requests with rows.
    pub fn bulks(&self) -> Vec<Seen> {
        self.seen().iter().filter(|seen| seen.path.ends_with("/_bulk")).cloned().collect()
    }
}

/// Elasticsearch's usual answer.
fn usual(seen: &Seen) -> Response {
    if seen.path.ends_with("/_bulk") {
        return bulk(seen, |_| json!({ "status": 201 }));
    }
    let version = json!({ "number": "9.2.0" });
    axum::Json(json!({ "version": version, "acknowledged": true, "count": 0 })).into_response()
}

/// An answer to `_bulk` with an item for each row.
pub fn bulk(seen: &Seen, item: impl Fn(&str) -> Value) -> Response {
    let items: Vec<Value> = seen.ids().iter().map(|id| json!({ "create": item(id) })).collect();
    axum::Json(json!({ "errors": true, "items": items })).into_response()
}

pub fn page(status: u16, text: &str) -> Response {
    (StatusCode::from_u16(status).expect("a status"), text.to_owned()).into_response()
}
