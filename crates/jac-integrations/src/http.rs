//! Requests to targets: one try, bounded in time, without following redirections, and their faults named.

use crate::settings::{Secret, SettingsError, http_url, shown};
use bytes::Bytes;
use jac_model::notify::{Retry, SendError};
use reqwest::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, StatusCode};
use std::error::Error;
use std::time::Duration;
use url::Url;

const CONNECT_LIMIT: Duration = Duration::from_secs(5);
/// From the beginning of the connection to the end of the answer.
const ANSWER_LIMIT: Duration = Duration::from_secs(15);
/// Maximum number of bytes read from a response.
const MOST_READ: usize = 16 << 10;
/// Maximum length of the excerpt shown.
const EXCERPT: usize = 200;
/// Shorter parts of an address do not count as secrets.
const SHORTEST_SECRET: usize = 4;
/// The maximum honoured retry delay of a target.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// A target that is spoken to over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    url: Url,
    /// Of each request.
    headers: HeaderMap,
}

impl Http {
    /// Posts to that address, which may be a secret.
    pub fn to_secret(url: &Secret, ca_pem: Option<&[u8]>) -> Result<Self, SettingsError> {
        Self::new(http_url(url.reveal())?, ca_pem)
    }

    pub fn new(url: Url, ca_pem: Option<&[u8]>) -> Result<Self, SettingsError> {
        let refused = |key, error: &dyn Error| SettingsError::new(key, format!("{}.", innermost(error)));
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("JAC/", env!("CARGO_PKG_VERSION")));
        if let Some(pem) = ca_pem {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|error| refused("ca_file", &error))?;
            if certificates.is_empty() {
                return Err(SettingsError::new("ca_file", "The file contains no certificate."));
            }
            builder = builder.tls_certs_merge(certificates);
        }
        let client = builder.build().map_err(|error| refused("url", &error))?;
        Ok(Self { client, url, headers: HeaderMap::new() })
    }

    /// The same with a header in each request; `key`: the setting that it comes from.
    pub fn with_header(mut self, name: &str, value: &str, key: &'static str) -> Result<Self, SettingsError> {
        let invalid = || SettingsError::new(key, "Not a valid HTTP header.");
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| invalid())?;
        let mut value = HeaderValue::from_str(value).map_err(|_| invalid())?;
        value.set_sensitive(true);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Scheme, host and port.
    pub fn shown(&self) -> String {
        shown(&self.url)
    }

    /// Posts a body and returns the beginning of a successful response.
    pub async fn post(
        &self,
        media_type: &'static str,
        headers: HeaderMap,
        body: impl Into<Bytes>,
    ) -> Result<Bytes, SendError> {
        let request = self
            .client
            .post(self.url.clone())
            .headers(self.headers.clone())
            .headers(headers)
            .header(CONTENT_TYPE, media_type)
            .body(body.into());
        let mut answer = request.send().await.map_err(|error| self.silence(&error))?;
        let (status, wait) = (answer.status(), retry_after(answer.headers()));
        let mut beginning = Vec::new();
        while beginning.len() < MOST_READ {
            match answer.chunk().await {
                Ok(Some(chunk)) => beginning.extend_from_slice(&chunk),
                Ok(None) => break,
                // The target has accepted it; only the remaining response is missing.
                Err(_) if status.is_success() => break,
                Err(error) => return Err(self.silence(&error)),
            }
        }
        if status.is_success() {
            return Ok(beginning.into());
        }
        Err(self.refusal(status, wait, &beginning))
    }

    fn silence(&self, error: &reqwest::Error) -> SendError {
        // The error's own text contains the address.
        let reason = innermost(error);
        let code = if reason.contains("certificate") || reason.contains("UnknownIssuer") {
            "integration_certificate"
        } else if error.is_timeout() {
            "integration_timeout"
        } else {
            "integration_unreachable"
        };
        SendError::passing(code, format!("{} does not answer: {reason}.", self.shown()))
    }

    /// A server's message without the parts of the address that may be secret: many servers repeat the requested path.
    fn without_address(&self, text: &str) -> String {
        let path = self.url.path();
        let mut parts: Vec<String> = path.split('/').map(str::to_owned).collect();
        parts.extend([path.to_owned(), self.url.query().unwrap_or_default().to_owned()]);
        parts.extend(self.url.query_pairs().map(|(_, value)| value.into_owned()));
        parts.retain(|part| part.len() >= SHORTEST_SECRET);
        parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
        parts.iter().fold(text.to_owned(), |text, part| text.replace(part.as_str(), "…"))
    }

    fn refusal(&self, status: StatusCode, wait: Option<Duration>, body: &[u8]) -> SendError {
        let (code, retries) = match status.as_u16() {
            300..=399 => ("integration_redirected", false),
            401 | 403 => ("integration_denied", false),
            404 | 410 => ("integration_gone", false),
            408 | 425 => ("integration_timeout", true),
            429 => ("integration_busy", true),
            500.. => ("integration_unavailable", true),
            _ => ("integration_refused", false),
        };
        let text = self.without_address(&String::from_utf8_lossy(body));
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect();
        let said = if text.is_empty() { String::new() } else { format!(": {text}") };
        let message = format!("{} answered HTTP {}{said}.", self.shown(), status.as_u16());
        let retry = match wait {
            _ if !retries => Retry::Never,
            Some(wait) => Retry::After(wait),
            None => Retry::Later,
        };
        SendError { code, message, retry }
    }
}

/// The retry delay, if the server gives it in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let seconds = headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER))
}

pub(crate) fn innermost(error: &dyn Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string().trim_end_matches('.').to_owned()
}
