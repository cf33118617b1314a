//! Calls the server's own interface: over HTTP, or in this process without a socket. There is one way to run a plan
//! from the shell, whether a server lives or not.

use crate::exit::{RunFailed, with_hint};
use anyhow::{Context, bail};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use jac_engine::list::Page;
use jac_store::MOST_LISTED;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio_util::io::ReaderStream;
use tower::ServiceExt;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// No byte for this long ends an answer.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);
/// The same while the server reads what was uploaded to it.
const READING_LIMIT: Duration = Duration::from_secs(60 * 60);
const PIECE: usize = 256 * 1024;

enum Transport {
    Http { client: reqwest::Client, base: String, shown: String },
    InProcess(Router),
}

/// A caller of the server.
pub struct Client {
    transport: Transport,
    token: String,
}

type Bytestream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

/// A file to be uploaded under a name.
#[derive(Debug, Clone)]
pub struct UploadFile {
    pub name: String,
    pub path: PathBuf,
}

impl Client {
    /// A server behind an address.
    pub fn remote(url: &str, token: &str) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder().connect_timeout(CONNECT_LIMIT).read_timeout(SILENCE_LIMIT).build()?;
        let base = url.trim_end_matches('/').to_owned();
        Ok(Self { transport: Transport::Http { client, shown: base.clone(), base }, token: token.to_owned() })
    }

    /// People look at it at another address.
    #[must_use]
    pub fn shown_at(mut self, url: &str) -> Self {
        if let Transport::Http { shown, .. } = &mut self.transport {
            *shown = url.to_owned();
        }
        self
    }

    /// The server in this process.
    pub fn in_process(router: Router, token: &str) -> Self {
        Self { transport: Transport::InProcess(router), token: token.to_owned() }
    }

    /// Where a person can look at it, if it has an address.
    pub fn url(&self) -> Option<&str> {
        match &self.transport {
            Transport::Http { shown, .. } => Some(shown),
            Transport::InProcess(_) => None,
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.json(Method::GET, path, None, Body::empty()).await
    }

    /// All of a list, page by page. `path` has a query already.
    pub async fn list<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Vec<T>> {
        let mut all = Vec::new();
        let mut after = String::new();
        loop {
            let page: Page<T> = self.get(&format!("{path}&limit={MOST_LISTED}{after}")).await?;
            all.extend(page.items);
            match page.next {
                Some(next) => after = format!("&after={next}"),
                None => return Ok(all),
            }
        }
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.json(Method::POST, path, Some("application/json"), Body::from(serde_json::to_vec(body)?)).await
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.json(Method::PUT, path, Some("application/json"), Body::from(serde_json::to_vec(body)?)).await
    }

    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> anyhow::Result<T> {
        self.json(Method::PATCH, path, Some("application/json"), Body::from(serde_json::to_vec(body)?)).await
    }

    /// Asks something and gives the answer as it is, also a refusal.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(StatusCode, Value)> {
        let (kind, bytes) = match body {
            Some(body) => (Some("application/json"), Body::from(serde_json::to_vec(body)?)),
            None => (None, Body::empty()),
        };
        let (status, body) = self.send(method, path, kind, bytes).await?;
        let bytes = collect(body).await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// Uploads files as a form, piece by piece.
    pub async fn upload<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[UploadFile],
    ) -> anyhow::Result<T> {
        let boundary = format!("jac-{:032x}", rand::random::<u128>());
        let form = form(&boundary, fields, files)?;
        self.json(
            Method::POST,
            path,
            Some(&format!("multipart/form-data; boundary={boundary}")),
            Body::from_stream(form),
        )
        .await
    }

    /// The same where the answer may take long after the last byte: what was uploaded is read before.
    pub async fn upload_and_wait<T: DeserializeOwned>(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        files: &[UploadFile],
    ) -> anyhow::Result<T> {
        self.patient()?.upload(path, fields, files).await
    }

    /// Posts something that the server may work on for longer than a request takes: again, until it is done.
    pub async fn post_until_done<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        loop {
            let (status, body) = self.send(Method::POST, path, None, Body::empty()).await?;
            let bytes = collect(body).await?;
            if status != StatusCode::ACCEPTED {
                return read(path, status, &bytes);
            }
        }
    }

    /// The same caller, who waits longer for an answer to begin.
    fn patient(&self) -> anyhow::Result<Self> {
        let transport = match &self.transport {
            Transport::Http { base, shown, .. } => {
                let builder = reqwest::Client::builder().connect_timeout(CONNECT_LIMIT).read_timeout(READING_LIMIT);
                Transport::Http { client: builder.build()?, base: base.clone(), shown: shown.clone() }
            }
            Transport::InProcess(router) => Transport::InProcess(router.clone()),
        };
        Ok(Self { transport, token: self.token.clone() })
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        let (status, body) = self.send(Method::DELETE, path, None, Body::empty()).await?;
        if status.is_success() { Ok(()) } else { Err(refused(status, &collect(body).await?)) }
    }

    /// Deletes something and reads what is said of it.
    pub async fn delete_and_read<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.json(Method::DELETE, path, None, Body::empty()).await
    }

    /// Writes an answer's body to a file.
    pub async fn download(&self, path: &str, to: &Path) -> anyhow::Result<()> {
        let (status, mut body) = self.send(Method::GET, path, None, Body::empty()).await?;
        if !status.is_success() {
            return Err(refused(status, &collect(body).await?));
        }
        if let Some(folder) = to.parent() {
            tokio::fs::create_dir_all(folder)
                .await
                .with_context(|| format!("{} cannot be created", folder.display()))?;
        }
        let mut file =
            tokio::fs::File::create(to).await.with_context(|| format!("{} cannot be written", to.display()))?;
        while let Some(piece) = body.next().await {
            file.write_all(&piece?).await.with_context(|| format!("{} cannot be written", to.display()))?;
        }
        file.flush().await.with_context(|| format!("{} cannot be written", to.display()))
    }

    async fn json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: Body,
    ) -> anyhow::Result<T> {
        let (status, body) = self.send(method, path, kind, body).await?;
        read(path, status, &collect(body).await?)
    }

    async fn send(
        &self,
        method: Method,
        path: &str,
        kind: Option<&str>,
        body: Body,
    ) -> anyhow::Result<(StatusCode, Bytestream)> {
        let path = format!("/api/v1{path}");
        match &self.transport {
            Transport::Http { client, base, .. } => {
                let mut request = client.request(method, format!("{base}{path}")).bearer_auth(&self.token);
                if let Some(kind) = kind {
                    request = request.header(header::CONTENT_TYPE, kind);
                }
                let response = request.body(reqwest::Body::wrap_stream(body.into_data_stream())).send().await.map_err(
                    |error| {
                        anyhow::Error::new(RunFailed(format!(
                            "the server at {base} does not answer: {}",
                            innermost(&error)
                        )))
                    },
                )?;
                let status = response.status();
                Ok((status, Box::pin(response.bytes_stream().map_err(std::io::Error::other))))
            }
            Transport::InProcess(router) => {
                let mut request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::AUTHORIZATION, format!("Bearer {}", self.token));
                if let Some(kind) = kind {
                    request = request.header(header::CONTENT_TYPE, kind);
                }
                let Ok(response) = router.clone().oneshot(request.body(body)?).await;
                let status = response.status();
                Ok((
                    status,
                    Box::pin(TryStreamExt::map_err(response.into_body().into_data_stream(), std::io::Error::other)),
                ))
            }
        }
    }
}

async fn collect(stream: Bytestream) -> anyhow::Result<Bytes> {
    Ok(Body::from_stream(stream).collect().await?.to_bytes())
}

/// The answer to a request, or why it was refused.
fn read<T: DeserializeOwned>(path: &str, status: StatusCode, body: &[u8]) -> anyhow::Result<T> {
    if !status.is_success() {
        return Err(refused(status, body));
    }
    serde_json::from_slice(body).with_context(|| format!("the server's answer to {path} cannot be read"))
}

/// The server's own words.
fn refused(status: StatusCode, body: &[u8]) -> anyhow::Error {
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
        Ok(Refusal { error }) => with_hint(error.message, error.hint),
        Err(_) => anyhow::anyhow!("the server answered {status}"),
    }
}

/// A form as RFC 7578 has it.
fn form(boundary: &str, fields: &[(&str, &str)], files: &[UploadFile]) -> anyhow::Result<Bytestream> {
    let mut parts: Vec<Bytestream> = Vec::new();
    let text =
        |text: String| -> Bytestream { Box::pin(futures_util::stream::once(async move { Ok(Bytes::from(text)) })) };
    for (name, value) in fields {
        parts.push(text(format!("--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")));
    }
    for file in files {
        if file.name.contains(['"', '\r', '\n']) {
            bail!("the file name '{}' contains a quote or a line break", file.name.escape_debug());
        }
        let head = format!(
            "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"{}\"\r\ncontent-type: application/octet-stream\r\n\r\n",
            file.name
        );
        parts.push(text(head));
        let opened =
            std::fs::File::open(&file.path).with_context(|| format!("{} cannot be read", file.path.display()))?;
        parts.push(Box::pin(ReaderStream::with_capacity(tokio::fs::File::from_std(opened), PIECE)));
        parts.push(text("\r\n".to_owned()));
    }
    parts.push(text(format!("--{boundary}--\r\n")));
    Ok(Box::pin(futures_util::stream::iter(parts).flatten()))
}

fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}
