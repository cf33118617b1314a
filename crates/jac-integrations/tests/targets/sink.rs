//! A server for a test that records what it receives, byte for byte, and answers as configured.

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;

/// A request as received.
#[derive(Debug, Clone)]
pub struct Received {
    pub uri: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// An answer to one request.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    Status(u16),
    /// 404 with the requested address, as many servers answer.
    Echo,
    /// With `Retry-After` of this many seconds.
    Busy(u64),
    /// A redirect.
    Redirect,
    /// No answer.
    Hang,
    /// 200 with these bytes.
    Body(&'static [u8]),
}

#[derive(Default)]
struct Kept {
    received: Vec<Received>,
    answers: VecDeque<Answer>,
}

#[derive(Clone, Default)]
pub struct Sink {
    kept: Arc<Mutex<Kept>>,
    pub url: String,
}

impl Sink {
    /// Answers in this order, and with 200 after it.
    pub async fn start(answers: &[Answer]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        let kept = Kept { received: Vec::new(), answers: answers.iter().copied().collect() };
        let sink = Self { kept: Arc::new(Mutex::new(kept)), url: format!("http://{address}") };
        let router = Router::new().fallback(take).with_state(sink.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        sink
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn received(&self) -> Vec<Received> {
        self.kept().received.clone()
    }
}

async fn take(State(sink): State<Sink>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let answer = {
        let mut kept = sink.kept();
        kept.received.push(Received { uri: uri.to_string(), headers, body });
        kept.answers.pop_front().unwrap_or(Answer::Status(200))
    };
    match answer {
        Answer::Status(status) => StatusCode::from_u16(status).expect("a status").into_response(),
        Answer::Echo => (StatusCode::NOT_FOUND, format!("Cannot POST {uri}")).into_response(),
        Answer::Busy(seconds) => {
            (StatusCode::TOO_MANY_REQUESTS, [("retry-after", seconds.to_string())]).into_response()
        }
        Answer::Redirect => (StatusCode::FOUND, [("location", format!("{}/elsewhere", sink.url))]).into_response(),
        Answer::Hang => std::future::pending().await,
        Answer::Body(bytes) => bytes.into_response(),
    }
}
