//! JSON bodies and queries whose faults are reported like all others, as an [`crate::error::ErrorBody`]; and JSON
//! responses that may be large.

use crate::App;
use crate::access::admission::Admission;
use crate::error::ApiError;
use axum::extract::rejection::JsonRejection;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use jac_engine::blocking::in_place;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::time::Duration;
use tokio::time::timeout;

/// A JSON body. Unknown fields are rejected: they are typing errors, and their intent would be ignored.
///
/// Permissions are checked again when it is complete.
pub struct Body<T>(pub T);

/// Time limit of a complete body.
const LONGEST: Duration = Duration::from_secs(60);

impl<T: DeserializeOwned> FromRequest<App> for Body<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, app: &App) -> Result<Self, ApiError> {
        let admission = Admission::of(&request);
        let received = axum::Json::<serde_json::Value>::from_request(request, app);
        let received = timeout(LONGEST, received).await.map_err(|_| too_slow())?;
        admission.still_holds(app).await?;
        match received {
            Ok(axum::Json(body)) => read(body).map(Self),
            Err(rejection) => Err(refusal(&rejection)),
        }
    }
}

fn too_slow() -> ApiError {
    let message = format!("The request's body was not complete after {} seconds.", LONGEST.as_secs());
    ApiError::Request { status: StatusCode::REQUEST_TIMEOUT, code: "request_too_slow", message, hint: None }
}

fn read<T: DeserializeOwned>(body: serde_json::Value) -> Result<T, ApiError> {
    let mut unknown = Vec::new();
    let mut track = serde_path_to_error::Track::new();
    let body = serde_path_to_error::Deserializer::new(body, &mut track);
    match serde_ignored::deserialize(body, |path| unknown.push(shown(&path))) {
        Ok(_) if !unknown.is_empty() => Err(unusable(
            StatusCode::BAD_REQUEST,
            "unknown_field",
            &format!("unknown field `{}`", unknown.join("`, `")),
        )),
        Ok(read) => Ok(read),
        Err(error) => {
            let path = track.path().to_string();
            let place = if path == "." { String::new() } else { format!("{path}: ") };
            Err(unusable(StatusCode::BAD_REQUEST, "request_invalid", &format!("{place}{error}")))
        }
    }
}

/// A field's path. `serde_ignored` has `?` for each optional field in it.
fn shown(path: &serde_ignored::Path<'_>) -> String {
    path.to_string().replace(".?", "")
}

fn refusal(rejection: &JsonRejection) -> ApiError {
    let text = rejection.body_text();
    // serde's message after axum's, without the position in a generated text.
    let text = text.rsplit_once("target type: ").map_or(text.as_str(), |(_, words)| words);
    let text = text.rsplit_once(" at line ").map_or(text, |(words, _)| words);
    // A body that is too large has its own status; any other fault is a bad request.
    let status = match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    };
    unusable(status, "request_invalid", text)
}

fn unusable(status: StatusCode, code: &'static str, why: &str) -> ApiError {
    ApiError::Request {
        status,
        code,
        message: format!("Invalid request: {}.", why.trim_end_matches('.')),
        hint: Some("See /api/v1/openapi.json for what is expected.".to_owned()),
    }
}

/// An answer that may be megabytes: of hundreds of labels, points or samples.
pub struct LargeJson<T>(pub T);

impl<T: Serialize> IntoResponse for LargeJson<T> {
    fn into_response(self) -> Response {
        match in_place(|| serde_json::to_vec(&self.0)) {
            Ok(json) => ([(CONTENT_TYPE, "application/json")], json).into_response(),
            Err(error) => {
                tracing::error!(%error, "an answer cannot be written as JSON: {error}");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The parts of an address that a route names.
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(named)) => Ok(Self(named)),
            Err(rejection) => Err(invalid_address(&rejection.body_text())),
        }
    }
}

/// The part of an address after the question mark.
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Query::<T>::from_request_parts(parts, state).await {
            Ok(axum::extract::Query(query)) => Ok(Self(query)),
            Err(rejection) => Err(invalid_address(&rejection.body_text())),
        }
    }
}

fn invalid_address(why: &str) -> ApiError {
    ApiError::bad_request("request_invalid", format!("Invalid address: {}.", why.trim_end_matches('.')))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    struct Outer {
        #[expect(dead_code, reason = "only its place is asked for")]
        inner: Option<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {}

    #[test]
    fn an_unknown_field_is_named_by_the_path_that_was_sent() {
        let refused = read::<Outer>(serde_json::json!({ "inner": { "confg": 1 } })).expect_err("nothing reads it");
        let detail = refused.detail();
        assert_eq!(detail.code, "unknown_field");
        assert!(detail.message.contains("`inner.confg`"), "{}", detail.message);
    }
}
