//! The server's answers: what they hold, or why a request was refused.

use super::Bytestream;
use crate::exit::{RunFailed, hinted};
use crate::retries::{Refused, Temporary};
use anyhow::Context;
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

pub(super) async fn collect(stream: Bytestream) -> anyhow::Result<Bytes> {
    Ok(Body::from_stream(stream).collect().await.map_err(|error| broken_off(std::io::Error::other(error)))?.to_bytes())
}

pub(super) fn broken_off(error: std::io::Error) -> anyhow::Error {
    RunFailed(format!("the server's answer has broken off: {}", innermost(&error))).into()
}

/// The answer to a request, or why it was refused.
pub(super) fn read<T: DeserializeOwned>(path: &str, status: StatusCode, body: &[u8]) -> anyhow::Result<T> {
    if !status.is_success() {
        return Err(refused(status, body));
    }
    serde_json::from_slice(body).with_context(|| format!("the server's answer to {path} cannot be read"))
}

/// The server's own words.
pub(super) fn refused(status: StatusCode, body: &[u8]) -> anyhow::Error {
    #[derive(serde::Deserialize)]
    struct Refusal {
        error: Detail,
    }
    #[derive(serde::Deserialize)]
    struct Detail {
        message: String,
        hint: Option<String>,
    }
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { error }) if status.is_server_error() => anyhow::Error::new(RunFailed(match error.hint {
            Some(hint) => format!("{} {hint}", error.message),
            None => error.message,
        })),
        // Nothing is wrong with the request: the next one may be accepted.
        Ok(Refusal { error }) if status == StatusCode::TOO_MANY_REQUESTS => {
            hinted(RunFailed(error.message), error.hint)
        }
        Ok(Refusal { error }) => hinted(Refused(error.message), error.hint),
        Err(_) if status.is_server_error() => RunFailed(format!("the server answered {status}")).into(),
        // A proxy's own answer, e.g. while the server behind it starts.
        Err(_) => anyhow::Error::new(Temporary(format!("the server answered {status}"))),
    }
}

/// The error at the beginning of a chain of them.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
