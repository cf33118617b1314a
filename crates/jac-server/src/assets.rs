//! The web app's files, embedded in the executable. Paths that are not files are the app's own pages.

use crate::packed::takes_gzip;
use axum::body::Body;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "../../web/dist"]
struct Files;

/// Names with a digest of their content never change; everything else is requested each time.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// Serves a file, or the app for a page of the app.
pub async fn serve(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    if path.starts_with("api/") || path.starts_with("socket.io") {
        return crate::error::ApiError::Request {
            status: StatusCode::NOT_FOUND,
            code: "no_such_route",
            message: format!("Not found: /{path}."),
            hint: Some("See /api/v1/openapi.json for all paths.".to_owned()),
        }
        .into_response();
    }
    if !matches!(method, Method::GET | Method::HEAD) {
        return ([(header::ALLOW, "GET, HEAD")], crate::error::method_not_allowed(method).await).into_response();
    }
    if let Some(file) = Files::get(path) {
        return respond(path, file, &headers);
    }
    if path.starts_with("assets/") {
        return StatusCode::NOT_FOUND.into_response();
    }
    match Files::get("index.html") {
        Some(file) => respond("index.html", file, &headers),
        None => (StatusCode::NOT_FOUND, "The web app is not part of this build.").into_response(),
    }
}

fn respond(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", hex::encode(&file.metadata.sha256_hash()[..16]));
    if headers.get(header::IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return StatusCode::NOT_MODIFIED.into_response();
    }
    let packed = takes_gzip(headers).then(|| Files::get(&format!("{path}.gz"))).flatten();
    let cache = if path.starts_with("assets/") { FOR_EVER } else { "no-cache" };
    let kind = mime_guess::from_path(path).first_or_octet_stream();
    let headers = [
        (header::CONTENT_TYPE, kind.to_string()),
        (header::CACHE_CONTROL, cache.to_owned()),
        (header::ETAG, tag),
        (header::VARY, header::ACCEPT_ENCODING.to_string()),
    ];
    match packed {
        Some(packed) => (headers, [(header::CONTENT_ENCODING, "gzip")], Body::from(packed.data)).into_response(),
        None => (headers, Body::from(file.data)).into_response(),
    }
}
