//! Requests: signed in, bounded in time, and their faults named.

use crate::settings::{Auth, Settings, SettingsError, SigV4};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::{Bytes, BytesMut};
use jac_model::reach::Reach;
use jac_model::search::TargetError;
use jac_reach::cause;
use reqwest::header::{AUTHORIZATION, CONTENT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use reqwest::{Certificate, Method, StatusCode, Url};
use serde::Deserialize;
use serde_json::Value;
use std::borrow::Cow;
use std::error::Error;
use std::time::Duration;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
const ANSWER_LIMIT: Duration = Duration::from_secs(90);
/// Maximum length of the excerpt of an unexpected response.
const EXCERPT: usize = 300;
/// Maximum size of a response: one to a search of 1,000 samples has about 2 MB. The target's owner controls its responses.
const MOST_ANSWERED: usize = 64 << 20;

/// A server that is spoken to over HTTP.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    client: reqwest::Client,
    base: Url,
    /// Set if each request is signed individually.
    sigv4: Option<SigV4>,
    /// Of each request.
    headers: HeaderMap,
}

/// A body with its content type.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    pub bytes: Bytes,
    pub media_type: HeaderValue,
    pub is_gzip: bool,
}

impl Payload {
    pub fn json(value: &Value) -> Self {
        let media_type = HeaderValue::from_static("application/json");
        Self { bytes: value.to_string().into(), media_type, is_gzip: false }
    }
}

/// The response.
#[derive(Debug)]
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Why there was no response.
#[derive(Debug)]
pub(crate) struct Silence {
    pub error: TargetError,
    /// The connection was established, and broke while the request or the response was being transferred.
    pub while_sending: bool,
}

impl Http {
    pub fn new(settings: &Settings) -> Result<Self, SettingsError> {
        Self::within(settings.url.clone(), settings.auth.clone(), settings.ca_pem.as_deref(), settings.reach)
    }

    /// A client for that address, without restrictions.
    pub fn at(base: Url, auth: Auth, ca_pem: Option<&[u8]>) -> Result<Self, SettingsError> {
        Self::within(base, auth, ca_pem, Reach::Anywhere)
    }

    fn within(mut base: Url, auth: Auth, ca_pem: Option<&[u8]>, reach: Reach) -> Result<Self, SettingsError> {
        let refused = |key, error: &dyn Error| SettingsError { key, message: format!("{}.", cause(error)) };
        let mut builder = reqwest::Client::builder()
            .connect_timeout(CONNECT_LIMIT)
            .timeout(ANSWER_LIMIT)
            .redirect(reqwest::redirect::Policy::none());
        if reach == Reach::Public {
            builder = jac_reach::public_only(builder);
        }
        if let Some(pem) = ca_pem {
            let certificates = Certificate::from_pem_bundle(pem).map_err(|error| refused("ca_file", &error))?;
            if certificates.is_empty() {
                return Err(SettingsError { key: "ca_file", message: "The file contains no certificate.".to_owned() });
            }
            builder = builder.tls_certs_merge(certificates);
        }
        // Otherwise the last part of a path, as with a proxy, would be replaced with the request's path.
        if !base.path().ends_with('/') {
            base.set_path(&format!("{}/", base.path()));
        }
        let client = builder.build().map_err(|error| refused("url", &error))?;
        let mut headers = HeaderMap::new();
        let mut sigv4 = None;
        match auth {
            Auth::None => (),
            Auth::SigV4(signing) => sigv4 = Some(signing),
            Auth::Basic { user, password } => {
                let request = client.get(base.clone()).basic_auth(user, Some(password.reveal())).build();
                headers = request.map_err(|error| refused("username", &error))?.headers().clone();
            }
            Auth::ApiKey(key) => {
                let value = HeaderValue::from_str(&format!("ApiKey {}", encoded_key(key.reveal())));
                let mut value = value.map_err(|error| refused("api_key_file", &error))?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(Self { client, base, sigv4, headers })
    }

    /// The same with a header in each request.
    pub fn with_header(mut self, name: HeaderName, value: &'static str) -> Self {
        self.headers.insert(name, HeaderValue::from_static(value));
        self
    }

    /// Sends a request and returns any response.
    pub async fn send(&self, method: Method, path: &str, payload: Option<&Payload>) -> Result<Answer, Silence> {
        let given_up = |error| Silence { error, while_sending: false };
        let url = self.base.join(path).map_err(|error| {
            given_up(TargetError::new("search_refused", format!("Invalid address for {path}: {error}.")))
        })?;
        let mut request = reqwest::Request::new(method, url);
        request.headers_mut().extend(self.headers.clone());
        if let Some(payload) = payload {
            request.headers_mut().insert(CONTENT_TYPE, payload.media_type.clone());
            if payload.is_gzip {
                request.headers_mut().insert(CONTENT_ENCODING, HeaderValue::from_static("gzip"));
            }
        }
        if let Some(sigv4) = &self.sigv4 {
            let body = payload.map(|payload| payload.bytes.clone()).unwrap_or_default();
            sigv4.sign(&mut request, &body).await.map_err(given_up)?;
        }
        *request.body_mut() = payload.map(|payload| payload.bytes.clone().into());
        let silent = |error: reqwest::Error| self.silence(&error);
        let mut answer = self.client.execute(request).await.map_err(silent)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let mut body = BytesMut::new();
        while let Some(piece) = answer.chunk().await.map_err(silent)? {
            if body.len() + piece.len() > MOST_ANSWERED {
                let message =
                    format!("The search target's answer to {path} is larger than {} MB.", MOST_ANSWERED >> 20);
                return Err(given_up(TargetError::new("search_answer_invalid", message)));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Answer { status, headers, body: body.freeze() })
    }

    /// The same, if only a success is useful.
    pub async fn call(&self, method: Method, path: &str, payload: Option<&Payload>) -> Result<Value, TargetError> {
        let answer = self.send(method, path, payload).await.map_err(|silence| silence.error)?;
        if !answer.status.is_success() {
            return Err(answer.fault());
        }
        answer.json()
    }

    fn silence(&self, error: &reqwest::Error) -> Silence {
        let reason = cause(error);
        let host = self.base.host_str().unwrap_or_default();
        let port = self.base.port_or_known_default().unwrap_or_default();
        let code = if reason.contains("certificate") || reason.contains("UnknownIssuer") {
            "search_certificate"
        } else if error.is_timeout() {
            "search_timeout"
        } else {
            "search_unreachable"
        };
        Silence {
            error: TargetError::new(code, format!("{host}:{port} does not answer: {reason}.")),
            while_sending: !error.is_connect(),
        }
    }
}

/// An API key as required in Elasticsearch's header: base64 of `id:key`. The setting contains it in this form
/// (`encoded` of the response that created it), or as `id:key`; base64 has no colon.
fn encoded_key(key: &str) -> Cow<'_, str> {
    if key.contains(':') { Cow::Owned(BASE64_STANDARD.encode(key)) } else { Cow::Borrowed(key) }
}

/// An error as both servers write it.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct ServerFault {
    #[serde(default, rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub reason: Option<String>,
    #[serde(default)]
    caused_by: Option<Box<ServerFault>>,
}

impl ServerFault {
    /// The reason with that of each cause.
    pub fn sentence(&self) -> String {
        let mut text = format!("{}: {}", self.kind, self.reason.as_deref().unwrap_or("no reason given"));
        let mut cause = self.caused_by.as_deref();
        while let Some(fault) = cause {
            text.push_str("; ");
            text.push_str(fault.reason.as_deref().unwrap_or(&fault.kind));
            cause = fault.caused_by.as_deref();
        }
        // A block's reason ends with a semicolon.
        text.truncate(text.trim_end_matches([';', '.', ' ']).len());
        text
    }
}

impl Answer {
    pub fn json<T: for<'a> Deserialize<'a>>(&self) -> Result<T, TargetError> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let text = format!("The answer cannot be read ({error}): {}", self.excerpt());
            TargetError::new("search_answer_invalid", text)
        })
    }

    /// The retry delay, if the server gives it.
    pub fn retry_after(&self) -> Option<Duration> {
        self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
    }

    /// The server's own error, if the response contains one.
    pub fn server_fault(&self) -> Option<ServerFault> {
        #[derive(Deserialize)]
        struct Body {
            error: ServerFault,
        }
        serde_json::from_slice::<Body>(&self.body).ok().map(|body| body.error)
    }

    /// The fault of a response that is not a success.
    pub fn fault(&self) -> TargetError {
        let status = self.status.as_u16();
        let fault = self.server_fault();
        let kind = fault.as_ref().map(|fault| fault.kind.clone()).unwrap_or_default();
        let reason = fault.map_or_else(|| self.excerpt(), |fault| fault.sentence());
        let (code, what) = match status {
            401 => ("search_denied", "The credentials were rejected"),
            403 if kind == "cluster_block_exception" => ("search_index_blocked", "The index is read only"),
            403 => ("search_denied", "The credentials lack this permission"),
            413 => ("search_too_large", "The request is larger than the server or a proxy accepts"),
            429 => ("search_busy", "The server is overloaded"),
            500.. => ("search_unavailable", "The server is temporarily unavailable"),
            300..=399 => ("search_refused", "The server answered with a redirection"),
            _ => ("search_refused", "The server refused it"),
        };
        TargetError::new(code, format!("{what} (HTTP {status}): {reason}"))
    }

    fn excerpt(&self) -> String {
        let text = String::from_utf8_lossy(&self.body);
        let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(EXCERPT).collect();
        if text.is_empty() { "no reason given".to_owned() } else { text }
    }
}
