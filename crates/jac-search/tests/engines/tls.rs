//! A proxy in front of an engine that terminates TLS and requires credentials, as a cluster with security does.

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::serve::Listener;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub struct Secured {
    pub url: String,
    /// The certificate of its authority, PEM.
    pub ca_pem: Vec<u8>,
    /// Requests that were forwarded, and those that were rejected.
    pub let_through: Arc<AtomicUsize>,
    pub refused: Arc<AtomicUsize>,
}

impl Secured {
    /// Listens in front of that port of this machine, for requests with this `authorization`.
    pub async fn before(port: u16, authorization: &'static str) -> Self {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
        let (certificate, key) = (made.cert.der().clone(), made.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate], rustls::pki_types::PrivateKeyDer::Pkcs8(key.into()))
            .expect("a pair");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("https://localhost:{}/", listener.local_addr().expect("its address").port());
        let (let_through, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counts = (Arc::clone(&let_through), Arc::clone(&refused));
        let client = reqwest::Client::new();
        let handler = move |method: Method, uri: Uri, headers: HeaderMap, body: Bytes| {
            let (client, counts) = (client.clone(), counts.clone());
            async move {
                if headers.get("authorization").is_none_or(|given| given != authorization) {
                    counts.1.fetch_add(1, Ordering::Relaxed);
                    return (StatusCode::UNAUTHORIZED, "{}").into_response();
                }
                counts.0.fetch_add(1, Ordering::Relaxed);
                forward(&client, port, method, &uri, headers, body).await
            }
        };
        let router = Router::new().fallback(handler).layer(axum::extract::DefaultBodyLimit::disable());
        let listener = TlsListener { listener, acceptor: TlsAcceptor::from(Arc::new(config)) };
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, ca_pem: made.cert.pem().into_bytes(), let_through, refused }
    }
}

async fn forward(
    client: &reqwest::Client,
    port: u16,
    method: Method,
    uri: &Uri,
    mut headers: HeaderMap,
    body: Bytes,
) -> Response {
    for own in ["authorization", "host", "content-length"] {
        headers.remove(own);
    }
    let path = uri.path_and_query().map(|path| path.as_str()).unwrap_or("/");
    let request = client.request(method, format!("http://127.0.0.1:{port}{path}")).headers(headers).body(body);
    let answer = request.send().await.expect("an answer");
    let status = answer.status();
    (status, answer.bytes().await.expect("a body")).into_response()
}

struct TlsListener {
    listener: TcpListener,
    acceptor: TlsAcceptor,
}

impl Listener for TlsListener {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        loop {
            // A client that does not trust the certificate disconnects.
            if let Ok((stream, address)) = self.listener.accept().await
                && let Ok(stream) = self.acceptor.accept(stream).await
            {
                return (stream, address);
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}
