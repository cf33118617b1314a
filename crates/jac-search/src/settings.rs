//! The settings of a target: its address, who signs in, and how its samples are laid out.

use aws_credential_types::provider::SharedCredentialsProvider;
use jac_model::reach::Reach;
use jac_model::search::{DashboardsInfo, DashboardsKind, TargetKind};
use reqwest::Url;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

/// Maximum size of a request in bytes, uncompressed.
const BATCH_BYTES: usize = 5 << 20;
/// Maximum number of rows per request.
const BATCH_ROWS: usize = 5_000;
/// Requests at a time.
const IN_FLIGHT: usize = 4;
/// The data stream's name before its namespace, according to Elastic's naming scheme: type, dataset, namespace.
const DATA_STREAM: &str = "logs-jmeter.sample";
/// The same for indices, outside of `logs-*-*`, whose built-in template creates data streams.
const INDEX: &str = "jmeter.sample";

/// A password or a key. It cannot be printed.
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

/// How requests are signed in.
#[derive(Debug, Clone)]
pub enum Auth {
    None,
    Basic {
        user: String,
        password: Secret,
    },
    /// Elasticsearch's API key in its encoded form, as displayed when it is created.
    ApiKey(Secret),
    /// Amazon's service.
    SigV4(SigV4),
}

/// Signing for Amazon OpenSearch Service.
#[derive(Clone)]
pub struct SigV4 {
    pub region: String,
    /// `es`: the managed service.
    pub service: String,
    pub credentials: SharedCredentialsProvider,
    pub now: Arc<dyn Fn() -> SystemTime + Send + Sync>,
}

impl fmt::Debug for SigV4 {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "SigV4({}, {})", self.region, self.service)
    }
}

/// How samples are laid out at the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// One data stream for all runs.
    #[default]
    DataStream,
    /// An index for each run: exact by construction, and deleted as a whole.
    IndexPerRun,
}

impl Layout {
    /// As it is written in configurations and answers.
    pub fn word(self) -> &'static str {
        match self {
            Self::DataStream => "data_stream",
            Self::IndexPerRun => "index_per_run",
        }
    }
}

/// The location of a target's dashboards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DashboardsSettings {
    pub kind: DashboardsKind,
    pub url: Url,
}

/// A target.
#[derive(Debug, Clone)]
pub struct Settings {
    pub name: String,
    pub kind: TargetKind,
    /// `http://` or `https://`; for Logstash also `tcp://`. Without credentials.
    pub url: Url,
    pub auth: Auth,
    /// The permitted range of connections to it.
    pub reach: Reach,
    /// Certificates of authorities to trust in addition to the public ones, PEM.
    pub ca_pem: Option<Vec<u8>>,
    pub layout: Layout,
    pub namespace: String,
    /// Name of the data stream, or prefix of the indices' names.
    pub index: Option<String>,
    /// Additional fields of every document: `labels.<name>`.
    pub labels: BTreeMap<String, String>,
    /// `service.name` of every document.
    pub service: Option<String>,
    pub dashboards: Option<DashboardsSettings>,
    pub batch_bytes: usize,
    pub batch_rows: usize,
    pub in_flight: usize,
}

/// Reads the address of a server.
///
/// # Errors
/// A sentence, if the protocol or the host is missing.
pub fn address(text: &str) -> Result<Url, String> {
    // What is before the colon of `localhost:9200` counts as a protocol, without a host.
    Url::parse(text)
        .ok()
        .filter(|url| url.host_str().is_some_and(|host| !host.is_empty()))
        .ok_or_else(|| "The address needs http:// or https:// and a host, e.g. https://search.example:9200.".to_owned())
}

/// Reads the address of Kibana or OpenSearch Dashboards.
///
/// # Errors
/// A sentence, if it is not one of a web server, or contains credentials.
pub fn dashboards_address(text: &str) -> Result<Url, String> {
    match address(text) {
        Ok(url) if !url.username().is_empty() || url.password().is_some() => {
            Err("The address must not contain credentials.".to_owned())
        }
        Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(url),
        _ => Err("The address needs http:// or https:// and a host, e.g. https://kibana.example.".to_owned()),
    }
}

/// Settings that do not fit together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsError {
    /// The setting's name.
    pub key: &'static str,
    /// The fault, a sentence.
    pub message: String,
}

impl Settings {
    /// A target with the default layout and without authentication.
    pub fn new(name: impl Into<String>, kind: TargetKind, url: Url) -> Self {
        Self {
            name: name.into(),
            kind,
            url,
            auth: Auth::None,
            reach: Reach::Anywhere,
            ca_pem: None,
            layout: Layout::default(),
            namespace: "default".to_owned(),
            index: None,
            labels: BTreeMap::new(),
            service: None,
            dashboards: None,
            batch_bytes: BATCH_BYTES,
            batch_rows: BATCH_ROWS,
            in_flight: IN_FLIGHT,
        }
    }

    /// The data stream's name, or the prefix of all indices.
    pub(crate) fn index_name(&self, layout: Layout) -> String {
        let base = match layout {
            Layout::DataStream => DATA_STREAM,
            Layout::IndexPerRun => INDEX,
        };
        self.index.clone().unwrap_or_else(|| format!("{base}-{}", self.namespace))
    }

    /// The index pattern for a data view of Kibana: the data stream, or all indices.
    pub fn data_view(&self) -> String {
        self.index_pattern(self.layout)
    }

    /// The same for that layout.
    pub(crate) fn index_pattern(&self, layout: Layout) -> String {
        match layout {
            Layout::DataStream => self.index_name(layout),
            Layout::IndexPerRun => format!("{}-*", self.index_name(layout)),
        }
    }

    /// The parts of the data stream's name, if it follows Elastic's naming scheme.
    pub(crate) fn data_stream_parts(&self) -> Option<(&'static str, &'static str, &str)> {
        let (kind, dataset) = DATA_STREAM.split_once('-')?;
        (self.layout == Layout::DataStream && self.index.is_none()).then_some((kind, dataset, &self.namespace))
    }

    pub(crate) fn address(&self) -> String {
        let host = self.url.host_str().unwrap_or_default();
        let port = self.url.port_or_known_default().map(|port| format!(":{port}")).unwrap_or_default();
        format!("{}://{host}{port}", self.url.scheme())
    }

    pub(crate) fn dashboards_info(&self) -> Option<DashboardsInfo> {
        let dashboards = self.dashboards.as_ref()?;
        Some(DashboardsInfo { kind: dashboards.kind, url: dashboards.url.as_str().trim_end_matches('/').to_owned() })
    }

    /// Checks what applies to every kind.
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let refused = |key, message: &str| Err(SettingsError { key, message: message.to_owned() });
        let is_name = |text: &str| {
            !text.is_empty()
                && text.len() <= 100
                && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_.".contains(&byte))
                && !text.starts_with(['-', '_', '.'])
        };
        if !is_name(&self.namespace) || self.namespace.contains('-') {
            return refused("namespace", "A namespace can have only lower-case letters, digits, dots and underscores.");
        }
        if self.index.as_deref().is_some_and(|index| !is_name(index)) {
            return refused(
                "index",
                "An index name can have only lower-case letters, digits, '.', '-' and '_', and must start with a \
                 letter or digit.",
            );
        }
        if !self.url.username().is_empty() || self.url.password().is_some() {
            return refused("url", "The address must not contain credentials.");
        }
        if self.url.host_str().is_none_or(str::is_empty) {
            return refused("url", "The address needs a host.");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_protocol_says_what_is_missing_and_gives_an_example() {
        for text in ["localhost:9200", "127.0.0.1:9200", "es.example", "http://", "s3:bucket", ""] {
            for error in [address(text).expect_err(text), dashboards_address(text).expect_err(text)] {
                assert!(error.contains("http:// or https://") && error.contains("e.g. https://"), "{text}: {error}");
            }
        }
        assert_eq!(address("tcp://logs.example:5044").map(|url| url.scheme().to_owned()).as_deref(), Ok("tcp"));
        assert_eq!(dashboards_address("https://k.example/s/a").map(|url| url.path().to_owned()).as_deref(), Ok("/s/a"));
        for text in ["tcp://k.example", "https://ann:secret@k.example"] {
            assert!(!dashboards_address(text).expect_err(text).contains("secret"));
        }
    }
}
