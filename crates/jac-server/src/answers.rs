//! Limits large answers that are not read: each is in memory until then.

use crate::App;
use crate::files::{held_body, too_many_downloads};
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::stream::iter;
use std::convert::Infallible;
use std::sync::{Arc, OnceLock};

/// Bytes above which an answer counts.
const LARGE: u64 = 64 * 1024;
/// Bytes that a connection gets at once. It buffers two of them, which no longer count.
pub(crate) const PIECE: usize = 64 * 1024;
/// Maximum number of a person's large answers that are not read yet; a browser requests six at a time.
pub(crate) const LARGE_ANSWERS_OF_A_PERSON: usize = 64;

/// Who reads the answer, in a request's extensions: set as soon as the caller is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reader(Arc<OnceLock<String>>);

impl Reader {
    pub(crate) fn is(parts: &Parts, person: &str) {
        if let Some(Self(reader)) = parts.extensions.get() {
            reader.get_or_init(|| person.to_owned());
        }
    }
}

/// The layer. An answer of unknown length is a download, and those have limits of their own.
pub(crate) async fn bound(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let reader = Reader::default();
    request.extensions_mut().insert(reader.clone());
    let answer = next.run(request).await;
    let size = answer.body().size_hint().exact().filter(|size| *size > LARGE);
    let (Some(size), Some(person)) = (size, reader.0.get()) else { return answer };
    let Some((place, ())) = app.edge.large_answers().enter(person) else {
        return too_many_downloads("large answers", LARGE_ANSWERS_OF_A_PERSON).into_response();
    };
    let (mut head, body) = answer.into_parts();
    let Ok(whole) = to_bytes(body, usize::MAX).await else { return StatusCode::INTERNAL_SERVER_ERROR.into_response() };
    head.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(size));
    let begins = (0..whole.len()).step_by(PIECE);
    let pieces = begins.map(move |begin| Ok::<_, Infallible>(whole.slice(begin..whole.len().min(begin + PIECE))));
    Response::from_parts(head, held_body(Body::from_stream(iter(pieces)), place))
}
