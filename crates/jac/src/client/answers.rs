//! The server's responses: their contents, or why a request was rejected.

use super::Bytestream;
use crate::exit::{RunFailed, coded, hinted, with_hint};
use crate::retries::{Refused, Temporary};
use anyhow::Context;
use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;
use std::fmt;

const NOT_JAC: &str =
    "Check the address: another program answers there, or a proxy in front of JAC. Give JAC's address without a path.";
const USE_HTTPS: &str = "Use https:// in the server's address.";

/// Responses of nginx, Apache and programs in Go to a request without TLS on a port with TLS.
fn is_of_tls_port(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body);
    ["sent to HTTPS port", "to an SSL-enabled server port", "HTTP request to an HTTPS server"]
        .iter()
        .any(|words| text.contains(words))
}

/// Why a request has no response.
pub(super) fn unanswered(base: &str, error: &reqwest::Error) -> anyhow::Error {
    let reason = innermost(error);
    let (reason, hint) = if base.starts_with("https://") && reason.contains("InvalidContentType") {
        ("it does not use TLS at this port".to_owned(), Some("Use http:// in the server's address.".to_owned()))
    } else if reason.contains("invalid HTTP version") {
        // The alert of a TLS server, read as the beginning of an answer.
        ("it does not speak HTTP at this port, or only with TLS".to_owned(), Some(USE_HTTPS.to_owned()))
    } else if reason.contains("certificate") || reason.contains("UnknownIssuer") {
        let hint = "Its certificate must be of an authority that this machine trusts (SSL_CERT_FILE sets others), and for this name.";
        (reason, Some(hint.to_owned()))
    } else {
        (reason, None)
    };
    hinted(RunFailed(format!("the server at {base} does not answer: {reason}")), hint)
}

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
    if serde_json::from_slice::<serde::de::IgnoredAny>(body).is_err() {
        let message = format!("the answer to {path} is not one of a JAC server");
        return Err(with_hint(message, Some(NOT_JAC.to_owned())));
    }
    serde_json::from_slice(body).with_context(|| format!("the server's answer to {path} cannot be read"))
}

/// The server's refusal as data.
#[derive(Debug, serde::Deserialize)]
pub struct Fault {
    /// Stable.
    pub code: String,
    pub message: String,
    pub hint: Option<String>,
}

/// The body of a response that is not a success.
#[derive(serde::Deserialize)]
struct Refusal {
    error: Fault,
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&coded(&self.message, &self.code))
    }
}

/// The same as [`read`], except that a failure of a system behind the server is also a result: its fault, with its
/// code.
pub(super) fn read_or_fault<T: DeserializeOwned>(
    path: &str,
    status: StatusCode,
    body: &[u8],
) -> anyhow::Result<Result<T, Fault>> {
    match serde_json::from_slice::<Refusal>(body) {
        Ok(Refusal { error }) if status == StatusCode::BAD_GATEWAY => Ok(Err(error)),
        _ => read(path, status, body).map(Ok),
    }
}

/// The server's own message and its code.
pub(super) fn refused(status: StatusCode, body: &[u8]) -> anyhow::Error {
    match serde_json::from_slice::<Refusal>(body) {
        // Nothing is wrong with the request: the next one may be accepted.
        Ok(Refusal { error }) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => {
            hinted(RunFailed(error.to_string()), error.hint)
        }
        Ok(Refusal { error }) => hinted(Refused(error.to_string()), error.hint),
        Err(_) if status.is_server_error() => RunFailed(format!("the server answered {status}")).into(),
        Err(_) if status == StatusCode::BAD_REQUEST && is_of_tls_port(body) => {
            hinted(Temporary("the server wants TLS at this port".to_owned()), Some(USE_HTTPS.to_owned()))
        }
        // A proxy's own response, e.g. while the server behind it starts.
        Err(_) => {
            let message = format!("the server answered {status}, and not as JAC does");
            hinted(Temporary(message), Some(NOT_JAC.to_owned()))
        }
    }
}

/// The first error in a chain of causes.
pub(super) fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::lines_of;

    #[test]
    fn a_refusal_is_printed_with_its_code_and_the_hint_on_a_line_of_its_own() {
        let body = br#"{"error":{"code":"artefacts_denied","message":"It is so.","hint":"Do this."}}"#;
        for (status, is_failure) in [
            (StatusCode::NOT_FOUND, false),
            (StatusCode::TOO_MANY_REQUESTS, true),
            (StatusCode::BAD_GATEWAY, true),
            (StatusCode::INTERNAL_SERVER_ERROR, true),
        ] {
            let error = refused(status, body);
            assert_eq!(lines_of(&error), ["error: It is so. [artefacts_denied]", "hint: Do this."], "{status}");
            assert_eq!((error.is::<RunFailed>(), error.is::<Refused>()), (is_failure, !is_failure), "{status}");
        }
    }
}
