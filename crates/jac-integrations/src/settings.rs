//! The settings of a target: its address and its credentials.

use crate::signature::SigningKey;
use jac_model::notify::{NotifierInfo, NotifierKind, RunSelection};
use std::fmt;
use std::time::Duration;
use url::Url;

/// A password, a token, or an address that is one. It cannot be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("…")
    }
}

/// Settings that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// The setting's name in its table.
    pub key: &'static str,
    /// The fault, a sentence.
    pub message: String,
}

impl SettingsError {
    pub(crate) fn new(key: &'static str, message: impl Into<String>) -> Self {
        Self { key, message: message.into() }
    }
}

/// A notification target.
#[derive(Debug, Clone)]
pub struct NotifierSettings {
    pub name: String,
    pub runs: RunSelection,
    /// Names of plans; empty: all.
    pub plans: Vec<String>,
    /// Certificates of authorities to trust in addition to the public ones, PEM.
    pub ca_pem: Option<Vec<u8>>,
    pub protocol: NotifierProtocol,
}

impl NotifierSettings {
    pub(crate) fn info(&self, kind: NotifierKind, address: String) -> NotifierInfo {
        NotifierInfo { name: self.name.clone(), kind, address, runs: self.runs, plans: self.plans.clone() }
    }
}

/// The protocol of a notification. The addresses of Slack and Teams are secrets: anybody who has them can write.
#[derive(Debug, Clone)]
pub enum NotifierProtocol {
    Webhook { url: Secret, key: SigningKey },
    Slack { url: Secret },
    Teams { url: Secret },
    Mail(Box<MailSettings>),
}

/// A mail server, and the sender and recipients.
#[derive(Debug, Clone)]
pub struct MailSettings {
    pub host: String,
    /// `None`: 465 with TLS from the start, 587 with STARTTLS, 25 without.
    pub port: Option<u16>,
    pub tls: MailTls,
    /// User and password.
    pub login: Option<(String, Secret)>,
    /// An address, or `Name <address>`.
    pub from: String,
    pub to: Vec<String>,
}

/// How the connection to a mail server is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailTls {
    /// From its beginning.
    Implicit,
    /// After a plain greeting; without it nothing is sent.
    StartTls,
    /// No encryption: only for a server on this machine.
    None,
}

/// A metrics target.
#[derive(Debug, Clone)]
pub struct ExporterSettings {
    pub name: String,
    /// `http://` or `https://`, without credentials.
    pub url: Url,
    /// Between two points of a run.
    pub interval: Duration,
    pub ca_pem: Option<Vec<u8>>,
    pub protocol: ExporterProtocol,
}

#[derive(Debug, Clone)]
pub enum ExporterProtocol {
    /// With headers of each request, as `Authorization`.
    Otlp {
        headers: Vec<(String, Secret)>,
    },
    Influxdb(InfluxPlace),
}

/// The destination of points in an InfluxDB.
#[derive(Debug, Clone)]
pub enum InfluxPlace {
    /// Version 2 and 3: a bucket of an organisation, with a token.
    Bucket { org: String, bucket: String, token: Option<Secret> },
    /// Version 1, and what speaks its language: a database, with a user and a password.
    Database { database: String, login: Option<(String, Secret)> },
}

/// A name that fits into addresses and commands.
pub(crate) fn check_name(name: &str) -> Result<(), SettingsError> {
    let is_name = !name.is_empty()
        && name.len() <= 40
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if is_name {
        return Ok(());
    }
    Err(SettingsError::new("name", "A name can have at most 40 lower-case letters, digits and hyphens."))
}

/// An address of a server that is spoken to by HTTP.
pub(crate) fn http_url(text: &str) -> Result<Url, SettingsError> {
    // The text itself may be a secret.
    let refused = |message: &str| Err(SettingsError::new("url", message));
    let Ok(url) = Url::parse(text) else { return refused("Invalid address.") };
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none_or(str::is_empty) {
        return refused("The address must start with http:// or https:// and a host.");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return refused("The address must not contain a user or a password.");
    }
    Ok(url)
}

/// The displayable part of an address: scheme, host and port.
pub(crate) fn shown(url: &Url) -> String {
    let port = url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default())
}
