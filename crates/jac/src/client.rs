//! Calls the server's own API: over HTTP, or in this process without a socket. Commands work in the same way with a
//! server or without.

mod answers;
mod uploads;

use crate::retries::retrying;
pub use answers::Fault;
use answers::{broken_off, collect, read, read_or_fault, refused, unanswered};
use anyhow::Context;
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use futures_util::{Stream, StreamExt, TryStreamExt};
use http::{Method, Request, StatusCode, header};
use jac_engine::list::Page;
use jac_store::MOST_LISTED;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::net::IpAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tower::ServiceExt;
pub use uploads::UploadFile;

const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// No byte for this long ends an answer.
const SILENCE_LIMIT: Duration = Duration::from_secs(60);

enum Transport {
    Http {
        client: reqwest::Client,
        shown: String,
        /// Not through a proxy of the environment.
        is_direct: bool,
    },
    InProcess(Router),
}

/// How a server is called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// Empty for a server in this process.
    pub base: String,
    pub token: String,
}

/// The server's current address, if known.
type Whereabouts = Arc<dyn Fn() -> Option<Address> + Send + Sync>;

/// A caller of the server.
pub struct Client {
    transport: Transport,
    address: Arc<Mutex<Address>>,
    /// Called when the server does not respond: it may have another port after a restart.
    whereabouts: Option<Whereabouts>,
}

type Bytestream = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

impl Client {
    /// A server at an address, through the proxy of the environment unless it is on this machine.
    pub fn remote(url: &str, token: &str) -> anyhow::Result<Self> {
        Self::http(url, token, is_on_this_machine(url))
    }

    /// The server of this machine's data folder: no proxy may see its token.
    pub fn local(url: &str, token: &str) -> anyhow::Result<Self> {
        Self::http(url, token, true)
    }

    fn http(url: &str, token: &str, is_direct: bool) -> anyhow::Result<Self> {
        let client = http_client(is_direct, Some(SILENCE_LIMIT))?;
        let base = url.trim_end_matches('/').to_owned();
        Ok(Self {
            transport: Transport::Http { client, shown: base.clone(), is_direct },
            address: Arc::new(Mutex::new(Address { base, token: token.to_owned() })),
            whereabouts: None,
        })
    }

    /// The server may listen on another port after a restart: if it does not answer, `whereabouts` returns the address of
    /// the next request.
    #[must_use]
    pub fn following(mut self, whereabouts: impl Fn() -> Option<Address> + Send + Sync + 'static) -> Self {
        self.whereabouts = Some(Arc::new(whereabouts));
        self
    }

    /// People open it at another address.
    #[must_use]
    pub fn shown_at(mut self, url: &str) -> Self {
        if let Transport::Http { shown, .. } = &mut self.transport {
            *shown = url.to_owned();
        }
        self
    }

    /// The server in this process.
    pub fn in_process(router: Router, token: &str) -> Self {
        let address = Address { base: String::new(), token: token.to_owned() };
        Self { transport: Transport::InProcess(router), address: Arc::new(Mutex::new(address)), whereabouts: None }
    }

    fn address(&self) -> Address {
        self.address.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The address for people, if it has one.
    pub fn url(&self) -> Option<&str> {
        match &self.transport {
            Transport::Http { shown, .. } => Some(shown),
            Transport::InProcess(_) => None,
        }
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.json(Method::GET, path, None, Body::empty()).await
    }

    /// The same for repeated requests, or important ones at the end of a run: [tolerates](retrying) a server that
    /// is away for a moment.
    pub async fn poll<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        retrying(async || self.get(path).await).await
    }

    /// A complete list, page by page. `path` already has a query.
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

    /// Sends a request and returns any response, including a rejection.
    pub async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> anyhow::Result<(StatusCode, Value)> {
        let (kind, bytes) = match body {
            Some(body) => (Some("application/json"), Body::from(serde_json::to_vec(body)?)),
            None => (None, Body::empty()),
        };
        let (status, body) = self.send(method, path, kind, bytes).await?;
        let bytes = collect(body).await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }

    /// Posts a request to a system behind the server; a failure of that system is also a result, with its code.
    ///
    /// # Errors
    /// When the server does not respond, or rejects the request itself.
    pub async fn try_behind<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<Result<T, Fault>> {
        let (status, body) = self.send(Method::POST, path, Some("application/json"), Body::from("{}")).await?;
        read_or_fault(path, status, &collect(body).await?)
    }

    /// Posts a request whose work may outlast it, and repeats it until the work is done.
    pub async fn post_until_done<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        loop {
            let (status, body) = self.send(Method::POST, path, None, Body::empty()).await?;
            let bytes = collect(body).await?;
            if status != StatusCode::ACCEPTED {
                return read(path, status, &bytes);
            }
        }
    }

    /// The same client without a time limit for responses.
    fn unlimited(&self) -> anyhow::Result<Self> {
        let transport = match &self.transport {
            Transport::Http { shown, is_direct, .. } => {
                Transport::Http { client: http_client(*is_direct, None)?, shown: shown.clone(), is_direct: *is_direct }
            }
            Transport::InProcess(router) => Transport::InProcess(router.clone()),
        };
        Ok(Self { transport, address: Arc::clone(&self.address), whereabouts: self.whereabouts.clone() })
    }

    pub async fn delete(&self, path: &str) -> anyhow::Result<()> {
        let (status, body) = self.send(Method::DELETE, path, None, Body::empty()).await?;
        if status.is_success() { Ok(()) } else { Err(refused(status, &collect(body).await?)) }
    }

    /// Deletes something and reads the answer.
    pub async fn delete_and_read<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.json(Method::DELETE, path, None, Body::empty()).await
    }

    /// Writes a response's body to a file, which is complete or unchanged.
    pub async fn download(&self, path: &str, to: &Path) -> anyhow::Result<()> {
        let (status, mut body) = self.send(Method::GET, path, None, Body::empty()).await?;
        if !status.is_success() {
            return Err(refused(status, &collect(body).await?));
        }
        let cannot = || format!("{} cannot be written", to.display());
        let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        tokio::fs::create_dir_all(folder).await.with_context(|| format!("{} cannot be created", folder.display()))?;
        // With the permissions of any new file (umask). Removed if this is dropped halfway.
        let everybody = std::fs::Permissions::from_mode(0o666);
        let part = tempfile::Builder::new().suffix(".part").permissions(everybody).tempfile_in(folder);
        let part = part.map_err(|error| std::io::Error::from(error.kind())).with_context(cannot)?;
        let mut file = tokio::fs::File::from_std(part.reopen().with_context(cannot)?);
        while let Some(piece) = body.next().await {
            file.write_all(&piece.map_err(broken_off)?).await.with_context(cannot)?;
        }
        file.flush().await.with_context(cannot)?;
        part.persist(to).with_context(cannot)?;
        Ok(())
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
        let Address { base, token } = self.address();
        match &self.transport {
            Transport::Http { client, .. } => {
                let mut request = client.request(method, format!("{base}{path}")).bearer_auth(&token);
                if let Some(kind) = kind {
                    request = request.header(header::CONTENT_TYPE, kind);
                }
                let response = request.body(reqwest::Body::wrap_stream(body.into_data_stream())).send().await.map_err(
                    |error| {
                        if let Some(now) = self.whereabouts.as_ref().and_then(|whereabouts| whereabouts()) {
                            *self.address.lock().unwrap_or_else(PoisonError::into_inner) = now;
                        }
                        unanswered(&base, &error)
                    },
                )?;
                let status = response.status();
                Ok((status, Box::pin(response.bytes_stream().map_err(std::io::Error::other))))
            }
            Transport::InProcess(router) => {
                let mut request = Request::builder()
                    .method(method)
                    .uri(path)
                    .header(header::AUTHORIZATION, format!("Bearer {token}"));
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

fn http_client(is_direct: bool, silence: Option<Duration>) -> anyhow::Result<reqwest::Client> {
    let mut builder = reqwest::Client::builder().connect_timeout(CONNECT_LIMIT);
    if let Some(silence) = silence {
        builder = builder.read_timeout(silence);
    }
    if is_direct {
        builder = builder.no_proxy();
    }
    Ok(builder.build()?)
}

/// The address's host is this machine, by its name or a loopback address.
pub fn is_on_this_machine(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else { return false };
    let host = url.host_str().unwrap_or_default();
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || ip.is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::exit::RunFailed;
    use crate::retries::Refused;
    use axum::routing::get;
    use serde_json::json;

    /// Serves on a port of its own.
    pub async fn served(router: Router) -> String {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    #[test]
    fn only_this_machine_is_reached_without_a_proxy() {
        for url in ["http://127.0.0.1:8080", "http://[::1]:80/", "https://localhost", "http://127.9.9.9"] {
            assert!(is_on_this_machine(url), "{url}");
        }
        for url in ["http://10.0.0.7:8080", "https://jac.example", "http://localhost.example", "nonsense"] {
            assert!(!is_on_this_machine(url), "{url}");
        }
    }

    #[tokio::test]
    async fn an_address_with_the_wrong_scheme_or_of_another_program_says_what_to_do() {
        let nginx = "<html><center>The plain HTTP request was sent to HTTPS port</center></html>";
        let router = Router::new()
            .route("/api/v1/page", get(|| async { "<html>Welcome</html>" }))
            .route("/api/v1/missing", get(|| async { (StatusCode::NOT_FOUND, "<html>") }))
            .route("/api/v1/tls", get(move || async move { (StatusCode::BAD_REQUEST, nginx) }));
        let plain = served(router).await;
        // An alert, as sent by a TLS server in response to a request without TLS.
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let alerting = format!("http://{}", listener.local_addr().expect("its address"));
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                drop(tokio::io::AsyncReadExt::read(&mut stream, &mut [0; 1024]).await);
                drop(stream.write_all(&[0x15, 3, 3, 0, 2, 2, 10]).await);
            }
        });
        let secure = plain.replace("http://", "https://");
        for (base, path, hint) in [
            (secure.as_str(), "/page", "Use http://"),
            (&alerting, "/page", "Use https://"),
            (&plain, "/tls", "Use https://"),
            (&plain, "/page", "Check the address"),
            (&plain, "/missing", "Check the address"),
        ] {
            let client = Client::remote(base, "t").expect("a client");
            let error = client.get::<Value>(path).await.expect_err("no answer");
            let chain: Vec<String> = error.chain().map(ToString::to_string).collect();
            assert!(chain.iter().any(|text| text.starts_with(hint)), "{base}{path}: {chain:?}");
            assert!(
                !chain.iter().any(|text| text.contains("InvalidContentType") || text.contains("<html>")),
                "{chain:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_fault_behind_the_server_is_an_answer_with_its_code_and_a_servers_own_is_not() {
        let fault = |code: &str| axum::Json(json!({ "error": { "code": code, "message": "It is so." } }));
        let behind = axum::routing::post(move || async move { (StatusCode::BAD_GATEWAY, fault("search_denied")) });
        let own = axum::routing::post(move || async move { (StatusCode::INTERNAL_SERVER_ERROR, fault("internal")) });
        let proxy = axum::routing::post(|| async { (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>") });
        let router = Router::new().route("/api/v1/behind", behind).route("/api/v1/own", own);
        let client = Client::in_process(router.route("/api/v1/proxy", proxy), "t");
        let answer = client.try_behind::<Value>("/behind").await.expect("an answer");
        assert_eq!(answer.expect_err("a fault").code, "search_denied");
        for path in ["/own", "/proxy"] {
            let error = client.try_behind::<Value>(path).await.expect_err("no answer");
            assert!(error.is::<RunFailed>(), "{path}: {error:#}");
        }
    }

    #[tokio::test]
    async fn a_servers_trouble_is_no_bad_input_whatever_its_body() {
        let router = Router::new()
            .route("/api/v1/bad", get(|| async { (StatusCode::BAD_GATEWAY, "<html>Bad Gateway</html>") }))
            .route("/api/v1/missing", get(|| async { (StatusCode::NOT_FOUND, "<html>") }))
            .route(
                "/api/v1/busy",
                get(|| async {
                    let error = json!({ "code": "busy", "message": "Too many.", "hint": "Try again in 2 seconds." });
                    (StatusCode::TOO_MANY_REQUESTS, axum::Json(json!({ "error": error })))
                }),
            )
            .route(
                "/api/v1/truncated",
                get(|| async {
                    let pieces = [Ok(Bytes::from("{")), Err(std::io::Error::other("the disk is gone"))];
                    Body::from_stream(futures_util::stream::iter(pieces))
                }),
            );
        let url = served(router.clone()).await;
        for client in [Client::remote(&url, "t").expect("a client"), Client::in_process(router, "t")] {
            for (path, is_trouble) in [("/bad", true), ("/truncated", true), ("/busy", true), ("/missing", false)] {
                let error = client.get::<Value>(path).await.expect_err("no answer");
                assert_eq!(error.is::<RunFailed>(), is_trouble, "{path}: {error:#}");
            }
            let place = tempfile::tempdir().expect("a folder");
            let error = client.download("/truncated", &place.path().join("file")).await.expect_err("truncated");
            assert!(error.is::<RunFailed>(), "{error:#}");
        }
    }

    #[tokio::test]
    async fn a_download_is_whole_or_not_there_and_a_server_that_is_away_for_a_moment_costs_nothing() {
        let tries = Arc::new(Mutex::new(0));
        let answer = move || {
            let mut tries = tries.lock().expect("a number");
            *tries += 1;
            match *tries {
                1 => (StatusCode::BAD_GATEWAY, Body::from("<html>Bad Gateway</html>")),
                2 => (StatusCode::NOT_FOUND, Body::from("404 page not found")),
                3 => {
                    let pieces = [Ok(Bytes::from("half")), Err(std::io::Error::other("the connection is gone"))];
                    (StatusCode::OK, Body::from_stream(futures_util::stream::iter(pieces)))
                }
                _ => (StatusCode::OK, Body::from("the whole file")),
            }
        };
        let gone = get(|| async {
            (StatusCode::NOT_FOUND, axum::Json(json!({ "error": { "code": "not_found", "message": "No such file." } })))
        });
        let router =
            Router::new().route("/api/v1/file", get(move || std::future::ready(answer()))).route("/api/v1/gone", gone);
        let client = Client::remote(&served(router).await, "t").expect("a client");
        let place = tempfile::tempdir().expect("a folder");
        let to = place.path().join("below/file");
        std::fs::create_dir_all(place.path().join("below")).expect("a folder");
        std::fs::write(&to, "before").expect("written");
        for _ in 0..3 {
            client.download("/file", &to).await.expect_err("not yet");
            assert_eq!(std::fs::read_to_string(&to).expect("a file"), "before");
        }
        retrying(async || client.download("/file", &to).await).await.expect("whole");
        assert_eq!(std::fs::read_to_string(&to).expect("a file"), "the whole file");
        let error = retrying(async || client.download("/gone", &to).await).await.expect_err("it is final");
        assert!(error.is::<Refused>() && !error.is::<RunFailed>(), "{error:#}");
        assert_eq!(std::fs::read_dir(place.path().join("below")).expect("a folder").count(), 1, "nothing beside it");
    }

    #[tokio::test]
    async fn a_server_is_found_again_on_another_port() {
        let router = || Router::new().route("/api/v1/here", get(|| async { axum::Json(json!("here")) }));
        let old = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = format!("http://{}", old.local_addr().expect("its address"));
        drop(old);
        let base = served(router()).await;
        let client = Client::local(&address, "t").expect("a client");
        let client = client.following(move || Some(Address { base: base.clone(), token: "t".to_owned() }));
        client.get::<String>("/here").await.expect_err("nothing listens there");
        assert_eq!(client.get::<String>("/here").await.expect("an answer"), "here");
    }
}
