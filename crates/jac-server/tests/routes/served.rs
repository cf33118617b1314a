//! The real router over a real database, and callers of it.

use crate::billable::BillableCloud;
use axum::Router;
use axum::body::Body;
use futures_util::StreamExt;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use jac_engine::clock::SystemClock;
use jac_engine::tools::ToolSettings;
use jac_engine::{Engine, Parts, Settings};
use jac_local::LocalCloud;
use jac_model::ports::Cloud;
use jac_model::{Provider, UserRole};
use jac_server::listen::{Limits, Listener, serve};
use jac_server::{Access, App, Edge};
use jac_store::{DataFolder, Store, Vault};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tower::ServiceExt;

/// The header of an upload.
pub const UPLOAD: (&str, &str) = ("content-type", "multipart/form-data; boundary=xyz");

pub struct Served {
    /// The state of the provider ec2.
    pub billable: Arc<BillableCloud>,
    _folder: tempfile::TempDir,
    pub app: App,
    router: Router,
    pub cookie: String,
    /// The page's half of the session.
    pub page: String,
}

/// A complete answer.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: serde_json::Value,
}

impl Answer {
    /// The error code; empty if the answer has no code.
    pub fn code(&self) -> &str {
        self.body["error"]["code"].as_str().unwrap_or_default()
    }

    /// Status and code of the error.
    pub fn refusal(&self) -> (StatusCode, &str) {
        (self.status, self.code())
    }
}

impl Served {
    pub async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub async fn with(settings: Settings) -> Self {
        Self::with_edge(settings, Edge::default()).await
    }

    pub async fn with_edge(settings: Settings, edge: Edge) -> Self {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(place.path()).expect("it opens");
        let lock = folder.lock().expect("it is free");
        let store = Store::open(&folder.database()).await.expect("a database");
        let vault = Vault::open(&folder, store.clone(), None, [5; 32]).expect("a vault");
        let billable = Arc::new(BillableCloud::default());
        let cloud =
            LocalCloud::new(folder.local_nodes(), vec!["/bin/true".to_owned()], jac_jmeter::JavaSearch::default());
        let engine = Engine::start(Parts {
            folder,
            lock,
            store,
            vault: Arc::new(vault),
            clock: Arc::new(SystemClock),
            clouds: HashMap::from([
                (Provider::Local, Arc::new(cloud) as Arc<dyn Cloud>),
                (Provider::Ec2, Arc::clone(&billable) as Arc<dyn Cloud>),
            ]),
            tools: ToolSettings::default(),
            settings,
            artefacts: None,
            integrations: jac_engine::IntegrationTargets::default(),
        })
        .await
        .expect("an engine");
        let app = App { engine, access: Access::default(), edge };
        let router = jac_server::router(app.clone());
        let mut served = Self { billable, _folder: place, router, app, cookie: String::new(), page: String::new() };
        (served.cookie, served.page) = served.sign_in().await;
        served
    }

    /// Opens a session with a new link, which works once, and returns its cookie and its page's secret.
    pub async fn sign_in(&self) -> (String, String) {
        self.sign_in_as("admin").await
    }

    /// The same for a new user, a member.
    pub async fn sign_in_as_another(&self) -> (String, String) {
        let store = self.app.engine.store();
        store.add_person("another", "Another", UserRole::Member, Vec::new(), 0).await.expect("added");
        self.sign_in_as("another").await
    }

    pub async fn sign_in_as(&self, person: &str) -> (String, String) {
        let link = jac_server::new_sign_in_link(self.app.engine.store(), person, 60_000, self.app.engine.now_ms())
            .await
            .expect("a link");
        let token = link.split("token=").nth(1).expect("a token").to_owned();
        let answer = self.call(Method::POST, "/session", &[], &format!(r#"{{"token":"{token}"}}"#)).await;
        assert_eq!(answer.status, StatusCode::OK);
        let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text");
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"));
        let cookie = cookie.split(';').next().expect("a cookie").to_owned();
        let page = answer.body["page"].as_str().expect("a secret").to_owned();
        let used = self.call(Method::GET, "/session", &[("cookie", &cookie), ("x-jac-page", &page)], "").await;
        assert_eq!(used.status, StatusCode::OK);
        let again = self.call(Method::POST, "/session", &[], &format!(r#"{{"token":"{token}"}}"#)).await;
        assert_eq!(again.status, StatusCode::UNAUTHORIZED, "a link works once");
        (cookie, page)
    }

    /// The headers of the owner's session.
    fn own(&self) -> [(&str, &str); 2] {
        [("cookie", &self.cookie), ("x-jac-page", &self.page)]
    }

    pub async fn call(&self, method: Method, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let headers = [&[("content-type", "application/json")][..], headers].concat();
        self.send(request(method, path, &headers, Body::from(body.to_owned()))).await
    }

    pub async fn as_owner(&self, method: Method, path: &str, body: &str) -> Answer {
        self.call(method, path, &self.own(), body).await
    }

    /// Posts a form of fields and files.
    pub async fn post_form(
        &self,
        path: &str,
        headers: &[(&str, &str)],
        fields: &[(&str, &str)],
        files: &[(&str, &[u8])],
    ) -> Answer {
        let headers = [headers, &[UPLOAD]].concat();
        self.send(request(Method::POST, path, &headers, Body::from(form(fields, files)))).await
    }

    pub async fn upload(&self, path: &str, files: &[(&str, &[u8])]) -> Answer {
        self.post_form(path, &self.own(), &[], files).await
    }

    /// An upload by the owner with that body.
    pub fn uploading(&self, path: &str, body: Body) -> Request<Body> {
        request(Method::POST, path, &[&self.own()[..], &[UPLOAD]].concat(), body)
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        answer(self.router.clone(), request).await
    }

    /// Starts an upload whose file continues until the sender is dropped.
    pub fn begin_upload(&self) -> (mpsc::Sender<Vec<u8>>, JoinHandle<Answer>) {
        self.begin(Method::POST, "/plans", &[&self.own()[..], &[UPLOAD]].concat())
    }

    /// Starts a request whose body continues until the sender is dropped.
    pub fn begin(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
    ) -> (mpsc::Sender<Vec<u8>>, JoinHandle<Answer>) {
        let (sender, mut receiver) = mpsc::channel::<Vec<u8>>(1);
        let pieces = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
        let body = Body::from_stream(pieces.map(Ok::<_, std::io::Error>));
        (sender, tokio::spawn(answer(self.router.clone(), request(method, path, headers, body))))
    }

    /// The answer up to its header; the body is not read.
    pub async fn unread(&self, path: &str) -> axum::response::Response {
        self.router.clone().oneshot(request(Method::GET, path, &self.own(), Body::empty())).await.expect("an answer")
    }

    /// A download by the owner: the headers, and the body as far as it arrives.
    pub async fn bytes(&self, path: &str) -> (HeaderMap, Result<Vec<u8>, axum::Error>) {
        let response = self.unread(path).await;
        let headers = response.headers().clone();
        (headers, response.into_body().collect().await.map(|body| body.to_bytes().to_vec()))
    }

    /// A part of a download by the owner, with further headers in the request.
    pub async fn part(&self, path: &str, asked: &[(&'static str, &str)]) -> (StatusCode, HeaderMap, Vec<u8>) {
        let mut request = request(Method::GET, path, &self.own(), Body::empty());
        for (name, value) in asked {
            request.headers_mut().insert(*name, value.parse().expect("a header"));
        }
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (head, body) = response.into_parts();
        (head.status, head.headers, body.collect().await.expect("all of it").to_bytes().to_vec())
    }

    /// The body of an answer that is not JSON.
    pub async fn text(&self, request: Request<Body>) -> String {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let bytes = response.into_body().collect().await.expect("a body").to_bytes();
        String::from_utf8(bytes.to_vec()).expect("text")
    }

    /// Listens on a port of this machine until the test ends.
    pub async fn listen(&self) -> SocketAddr {
        self.listen_with(Limits::for_descriptors(1024)).await
    }

    pub async fn listen_with(&self, limits: Limits) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("its address");
        self.answer_at(listener, limits);
        address
    }

    /// Serves there until the edge closes; the task ends with the last answer.
    pub fn answer_at(&self, listener: impl Into<Listener>, limits: Limits) -> JoinHandle<()> {
        let (listener, router, token) = (listener.into(), self.router.clone(), self.app.access.token().to_owned());
        let closing = self.app.edge.closing().clone();
        tokio::spawn(async move { serve(listener, router, &token, limits, closing).await })
    }

    pub fn is_clean(&self) -> bool {
        std::fs::read_dir(self.app.engine.folder().uploads()).expect("the folder").next().is_none()
    }
}

fn request(method: Method, path: &str, headers: &[(&str, &str)], body: Body) -> Request<Body> {
    let mut request = Request::builder().method(method).uri(format!("/api/v1{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body).expect("a request")
}

/// A form, as [`UPLOAD`] announces it.
pub fn form(fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Vec<u8> {
    let fields = fields.iter().map(|(name, value)| (format!("name=\"{name}\""), value.as_bytes()));
    let files = files.iter().map(|(name, bytes)| (format!("name=\"file\"; filename=\"{name}\""), *bytes));
    let mut body = Vec::new();
    for (head, bytes) in fields.chain(files) {
        body.extend_from_slice(format!("--xyz\r\ncontent-disposition: form-data; {head}\r\n\r\n").as_bytes());
        body.extend_from_slice(bytes);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--xyz--\r\n");
    body
}

async fn answer(router: Router, request: Request<Body>) -> Answer {
    let response = router.oneshot(request).await.expect("an answer");
    let (status, headers) = (response.status(), response.headers().clone());
    let bytes = response.into_body().collect().await.expect("a body").to_bytes();
    // Anything that is not JSON is kept as text.
    let text = || serde_json::Value::from(String::from_utf8_lossy(&bytes));
    let body = if bytes.is_empty() {
        serde_json::Value::Null
    } else {
        serde_json::from_slice(&bytes).unwrap_or_else(|_| text())
    };
    Answer { status, headers, body }
}
