//! The target Logstash: its `http` input, or its `tcp` input with `json_lines`.
//!
//! Each document has its ID in its `@metadata`, which the pipeline of `packaging/logstash/` uses as the document's ID,
//! so that a row that is sent again is stored once. An `http` input responds when it has put the rows into its queue. A
//! `tcp` input never responds: data written to a connection that breaks afterwards may be lost, and only the count in
//! the search engine shows it.

use crate::batch::{Batch, Framing};
use crate::bulk::{failure, off_the_runtime, pack};
use crate::dashboards::link;
use crate::http::{Http, Payload, Silence};
use crate::settings::{Auth, Settings, SettingsError};
use crate::ship::{Failure, Sender, Verdict, ship};
use async_trait::async_trait;
use bytes::Bytes;
use jac_model::search::{
    Cursor, SampleLog, SampleMatches, SampleQuery, SampleTarget, ShippedRun, TargetError, TargetInfo, TargetKind,
    TargetTest,
};
use jac_model::{EpochMs, RunId};
use reqwest::Method;
use reqwest::header::HeaderValue;
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::time::timeout;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// An input that accepts nothing for this long is abandoned.
const WRITE_LIMIT: Duration = Duration::from_secs(60);

pub(crate) struct Logstash {
    settings: Settings,
    input: Input,
}

enum Input {
    Http(Http),
    /// Host, port and the connection of now.
    Tcp {
        host: String,
        port: u16,
        stream: Mutex<Option<TcpStream>>,
    },
}

impl Logstash {
    pub fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        let refused = |key, message: &str| Err(SettingsError { key, message: message.to_owned() });
        let input = match settings.url.scheme() {
            "http" | "https" if matches!(settings.auth, Auth::None | Auth::Basic { .. }) => {
                Input::Http(Http::new(&settings)?)
            }
            "http" | "https" => return refused("auth", "Logstash's http input supports only user and password."),
            "tcp" if matches!(settings.auth, Auth::None) => {
                let (Some(host), Some(port)) = (settings.url.host_str(), settings.url.port()) else {
                    return refused("url", "A tcp:// address needs a host and a port.");
                };
                Input::Tcp { host: host.trim_matches(['[', ']']).to_owned(), port, stream: Mutex::default() }
            }
            "tcp" => return refused("auth", "Logstash's tcp input does not support authentication."),
            _ => return refused("url", "Invalid address of Logstash. Must start with http://, https:// or tcp://."),
        };
        Ok(Self { settings, input })
    }

    fn uncountable() -> TargetError {
        TargetError::new("search_not_countable", "Logstash cannot report what it has forwarded.")
    }
}

#[async_trait]
impl Sender for Logstash {
    fn framing(&self) -> Framing {
        Framing::Lines
    }

    async fn send(&self, batch: &Arc<Batch>, rows: Vec<Range<usize>>) -> Result<Verdict, Failure> {
        match &self.input {
            Input::Http(http) => post(http, batch, rows).await,
            Input::Tcp { host, port, stream } => {
                let mut kept = stream.lock().await;
                // If this fails or is cancelled, half a line may have been written: the connection is not reused then.
                let mut stream = kept.take();
                let written = write(&mut stream, host, *port, batch, &rows).await;
                if written.is_ok() {
                    *kept = stream;
                }
                written.map(|()| Verdict::default()).map_err(|error| {
                    let text = format!("{host}:{port} does not accept the rows: {error}.");
                    Failure::Passing { error: TargetError::new("search_unreachable", text), retry_after: None }
                })
            }
        }
    }

    async fn answers(&self) -> bool {
        self.test().await.is_ok()
    }
}

/// Sends rows as an array, which the input's `json` codec splits into one event per element.
async fn post(http: &Http, batch: &Arc<Batch>, rows: Vec<Range<usize>>) -> Result<Verdict, Failure> {
    let failed = |error| Failure::Passing { error, retry_after: None };
    let packed = Arc::clone(batch);
    let body = off_the_runtime(move || {
        let mut text = Vec::new();
        for row in rows.into_iter().flatten() {
            text.push(if text.is_empty() { b'[' } else { b',' });
            text.extend_from_slice(packed.bytes(row..row + 1).trim_ascii_end());
        }
        text.push(b']');
        pack(std::iter::once(text.as_slice()))
    });
    let bytes: Bytes = body.await.map_err(failed)?;
    let payload = Payload { bytes, media_type: HeaderValue::from_static("application/json"), is_gzip: true };
    match http.send(Method::POST, "", Some(&payload)).await {
        Ok(answer) if answer.status.is_success() => Ok(Verdict::default()),
        // It does not say which row it cannot read.
        Ok(answer) if answer.status.as_u16() == 400 => {
            Err(Failure::Divide { status: 400, reason: answer.fault().message })
        }
        Ok(answer) => Err(failure(&answer)),
        Err(Silence { error, while_sending: true }) => Err(Failure::Broken(error)),
        Err(Silence { error, while_sending: false }) => Err(failed(error)),
    }
}

async fn write(
    stream: &mut Option<TcpStream>,
    host: &str,
    port: u16,
    batch: &Batch,
    rows: &[Range<usize>],
) -> std::io::Result<()> {
    let connected = match stream {
        Some(connected) if is_open(connected) => connected,
        _ => stream.insert(timeout(CONNECT_LIMIT, TcpStream::connect((host, port))).await??),
    };
    for range in rows {
        timeout(WRITE_LIMIT, connected.write_all(batch.bytes(range.clone()))).await??;
    }
    timeout(WRITE_LIMIT, connected.flush()).await?
}

/// Logstash sends nothing on such a connection: if it is readable, it was closed.
fn is_open(stream: &TcpStream) -> bool {
    matches!(stream.try_read(&mut [0; 1]), Err(error) if error.kind() == std::io::ErrorKind::WouldBlock)
}

#[async_trait]
impl SampleTarget for Logstash {
    fn info(&self) -> TargetInfo {
        TargetInfo {
            name: self.settings.name.clone(),
            kind: TargetKind::Logstash,
            address: self.settings.address(),
            index_pattern: self.settings.index_pattern(self.settings.layout),
            dashboards: self.settings.dashboards_info(),
        }
    }

    fn dashboard_url(&self, run: &RunId, from_ms: EpochMs, to_ms: EpochMs) -> Option<String> {
        self.settings.dashboards.as_ref().map(|dashboards| link(dashboards, run, from_ms, to_ms))
    }

    fn counts(&self) -> bool {
        false
    }

    async fn test(&self) -> Result<TargetTest, TargetError> {
        let mut notes = Vec::new();
        match &self.input {
            Input::Http(http) => {
                // No event is in it.
                let nothing = Payload::json(&serde_json::json!([]));
                let answer = http.send(Method::POST, "", Some(&nothing)).await.map_err(|silence| silence.error)?;
                if !answer.status.is_success() {
                    return Err(answer.fault());
                }
            }
            Input::Tcp { host, port, .. } => {
                let unreachable = |error: std::io::Error| {
                    TargetError::new("search_unreachable", format!("{host}:{port} does not answer: {error}."))
                };
                let connected = timeout(CONNECT_LIMIT, TcpStream::connect((host.as_str(), *port))).await;
                connected.map_err(|late| unreachable(late.into()))?.map_err(unreachable)?;
                notes
                    .push("A tcp input does not acknowledge: rows on a connection that breaks may be lost.".to_owned());
            }
        }
        Ok(TargetTest { server: "logstash".to_owned(), version: String::new(), layout: String::new(), notes })
    }

    async fn ship(&self, run: &ShippedRun, from: Cursor, log: &dyn SampleLog) -> Result<Cursor, TargetError> {
        ship(self, &self.settings, run, from, log).await
    }

    async fn count(&self, _: &RunId) -> Result<u64, TargetError> {
        Err(Self::uncountable())
    }

    async fn search(&self, _: &SampleQuery) -> Result<SampleMatches, TargetError> {
        Err(Self::uncountable())
    }

    async fn delete_doubles(&self, _: &RunId) -> Result<u64, TargetError> {
        Err(Self::uncountable())
    }

    async fn delete(&self, _: &RunId) -> Result<u64, TargetError> {
        Err(Self::uncountable())
    }
}
