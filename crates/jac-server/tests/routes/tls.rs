//! TLS on the real listener: handshakes, unusable certificates and keys, changed ones, and slow clients.

use crate::served::Served;
use futures_util::{SinkExt, StreamExt};
use jac_engine::clock::{Clock, SystemClock};
use jac_server::listen::{Limits, Listener};
use jac_server::tls::{Pair, Tls, TlsFiles};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::{WebSocketStream, client_async};

const LIMIT: Duration = Duration::from_secs(20);
const NAME: &str = "jac.example";

/// A self-signed certificate for [`NAME`], and its key.
struct Made {
    certificate: String,
    key: String,
}

fn make_until(year: i32) -> Made {
    let mut params = CertificateParams::new(vec![NAME.to_owned()]).expect("a name");
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(year, 1, 1);
    let key = KeyPair::generate().expect("a key");
    let certificate = params.self_signed(&key).expect("a certificate").pem();
    Made { certificate, key: key.serialize_pem() }
}

fn make() -> Made {
    make_until(2100)
}

impl Made {
    fn write(&self, folder: &Path) -> TlsFiles {
        let files = TlsFiles { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        std::fs::write(&files.certificate, &self.certificate).expect("written");
        std::fs::write(&files.key, &self.key).expect("written");
        files
    }

    /// A handshake by a client that trusts only this certificate.
    async fn shake(&self, address: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        let der = CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("PEM");
        roots.add(der).expect("an anchor");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(address).await?;
        let name = ServerName::try_from(NAME).expect("a name");
        timeout(LIMIT, TlsConnector::from(Arc::new(config)).connect(name, stream)).await.expect("in time")
    }

    async fn ask(&self, address: SocketAddr, more: &str) -> String {
        let mut stream = self.shake(address).await.expect("a handshake");
        let request = format!("GET /api/v1/session HTTP/1.1\r\nhost: {NAME}\r\nconnection: close\r\n{more}\r\n");
        stream.write_all(request.as_bytes()).await.expect("sent");
        let mut answer = Vec::new();
        timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("in time").expect("a clean end");
        String::from_utf8_lossy(&answer).into_owned()
    }
}

/// A server with this pair, and its TLS state.
async fn serve(served: &Served, files: &TlsFiles, limits: Limits) -> (SocketAddr, Tls) {
    let tls = Tls::new(Pair::read(files).expect("a pair")).expect("TLS");
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("its address");
    let listener = Listener::from(tcp).with_tls(Some(tls.clone())).counted_by(served.app.edge.metrics().clone());
    served.answer_at(listener, limits);
    (address, tls)
}

fn patient() -> Limits {
    Limits::for_descriptors(1024)
}

#[tokio::test]
async fn a_request_over_tls_is_answered_and_knows_it() {
    let served = Served::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = make();
    let (address, _) = serve(&served, &made.write(folder.path()), patient()).await;
    let stream = made.shake(address).await.expect("a handshake");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));
    drop(stream);
    let bearer = format!("authorization: Bearer {}\r\n", served.app.access.token());
    let answer = made.ask(address, &bearer).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("strict-transport-security: max-age=31536000"), "{answer}");
    // Its name was not given with --allowed-host, and TLS does not change that.
    let unknown = made.ask(address, "").await;
    assert!(unknown.starts_with("HTTP/1.1 421") && unknown.contains("host_not_allowed"), "{unknown}");
    assert!(make().shake(address).await.is_err(), "another certificate is not this one");
}

#[tokio::test]
async fn a_pair_that_cannot_be_used_is_reported_by_its_code() {
    let folder = tempfile::tempdir().expect("a folder");
    let code = |files: &TlsFiles| Pair::read(files).expect_err("it cannot be used").code();
    let files = make().write(folder.path());
    assert!(Pair::read(&files).is_ok());
    let cases: [(&str, &str, &str); 4] = [
        ("cert.pem", "", "tls_certificate_invalid"),
        ("cert.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", "tls_certificate_invalid"),
        ("key.pem", "", "tls_key_invalid"),
        ("key.pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "tls_key_invalid"),
    ];
    for (name, content, expected) in cases {
        let files = make().write(folder.path());
        std::fs::write(folder.path().join(name), content).expect("written");
        assert_eq!(code(&files), expected, "{name} {content:?}");
    }
    let files = make().write(folder.path());
    std::fs::write(&files.key, make().key).expect("written");
    assert_eq!(code(&files), "tls_pair_mismatch");
    let gone = TlsFiles { certificate: folder.path().join("gone.pem"), key: files.key.clone() };
    assert_eq!(code(&gone), "tls_certificate_unreadable");
    let gone = TlsFiles { certificate: files.certificate, key: folder.path().join("gone.pem") };
    assert_eq!(code(&gone), "tls_key_unreadable");
}

#[tokio::test]
async fn when_a_certificate_is_valid_is_known_to_the_millisecond() {
    let folder = tempfile::tempdir().expect("a folder");
    let pair = Pair::read(&make_until(2021).write(folder.path())).expect("expired certificates can be read");
    let code_at = |now_ms| pair.fault_at(now_ms).map(|error| error.code());
    let (first_2020, first_2021) = (1_577_836_800_000, 1_609_459_200_000);
    assert_eq!(code_at(first_2020 - 1), Some("tls_certificate_not_yet_valid"));
    assert_eq!(code_at(first_2020), None);
    assert_eq!(code_at(first_2021), None);
    assert_eq!(code_at(first_2021 + 1), Some("tls_certificate_expired"));
}

#[tokio::test]
async fn a_changed_pair_is_used_without_a_restart_and_a_broken_one_is_not() {
    let served = Served::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (make(), make());
    let files = first.write(folder.path());
    let (address, tls) = serve(&served, &files, patient()).await;
    tokio::spawn(tls.follow(Arc::new(SystemClock), Duration::from_millis(20)));
    first.shake(address).await.expect("the first");
    let until = async |expected: &Made| {
        let began = Instant::now();
        while expected.shake(address).await.is_err() {
            assert!(began.elapsed() < LIMIT, "the new pair is not used");
        }
    };
    // Unusable pairs: another one's key, no certificate, an expired one. Then a good one, which shows that each was
    // checked.
    std::fs::write(&files.key, &second.key).expect("written");
    first.shake(address).await.expect("the old pair while half of the new one is there");
    std::fs::write(&files.certificate, &second.certificate).expect("written");
    until(&second).await;
    make_until(2021).write(folder.path());
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(300) {
        second.shake(address).await.expect("an expired one does not take the place of a good one");
    }
    std::fs::write(&files.certificate, "nonsense").expect("written");
    std::fs::remove_file(&files.key).expect("gone");
    second.shake(address).await.expect("the old one");
    first.write(folder.path());
    until(&first).await;
}

/// A clock that a test sets.
struct Hands(AtomicI64);

impl Clock for Hands {
    fn now_ms(&self) -> i64 {
        self.0.load(Ordering::Relaxed)
    }
}

#[tokio::test]
async fn a_pair_that_is_not_valid_yet_is_used_once_it_is() {
    let served = Served::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (first, second) = (make(), make());
    let (address, tls) = serve(&served, &first.write(folder.path()), patient()).await;
    // 2010: before the validity of both certificates, which is reported for the first and delays the second.
    let clock = Arc::new(Hands(AtomicI64::new(1_262_304_000_000)));
    tokio::spawn(tls.follow(Arc::clone(&clock) as Arc<dyn Clock>, Duration::from_millis(20)));
    second.write(folder.path());
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(300) {
        first.shake(address).await.expect("the old pair");
    }
    clock.0.store(SystemClock.now_ms(), Ordering::Relaxed);
    let began = Instant::now();
    while second.shake(address).await.is_err() {
        assert!(began.elapsed() < LIMIT, "the new pair is not used");
    }
}

#[tokio::test]
async fn a_handshake_that_does_not_come_on_is_ended_and_counts_as_a_connection() {
    let served = Served::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = make();
    let limits = Limits {
        connections: 6,
        connections_per_peer: 4,
        head: Duration::from_millis(700),
        pause: Duration::from_millis(700),
    };
    let (address, _) = serve(&served, &made.write(folder.path()), limits).await;
    // Nothing at all, the start of a ClientHello, and plain HTTP.
    for begun in [&b""[..], &[22, 3, 1, 2, 0, 1, 0], b"GET / HTTP/1.1\r\nhost: a\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.expect("a connection");
        stream.write_all(begun).await.expect("sent");
        let at = Instant::now();
        let mut rest = Vec::new();
        drop(timeout(LIMIT, stream.read_to_end(&mut rest)).await.expect("it hangs up"));
        assert!(at.elapsed() < Duration::from_secs(5), "{begun:?}: {:?}", at.elapsed());
    }
    // A request that stops in the middle, and a connection without a request.
    for begun in ["", "GET /api"] {
        let mut stream = made.shake(address).await.expect("a handshake");
        stream.write_all(begun.as_bytes()).await.expect("sent");
        let mut rest = Vec::new();
        drop(timeout(LIMIT, stream.read_to_end(&mut rest)).await.expect("it hangs up"));
    }
    // All places of this address are taken by silent clients: those reserved for the shell of this machine accept its token alone.
    let _silent: Vec<_> = futures_util::future::join_all((0..4).map(|_| TcpStream::connect(address))).await;
    let refused = made.ask(address, "").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    let bearer = format!("authorization: Bearer {}\r\n", served.app.access.token());
    let let_in = made.ask(address, &bearer).await;
    assert!(let_in.starts_with("HTTP/1.1 200"), "{let_in}");
}

#[tokio::test]
async fn live_events_go_over_tls_are_counted_and_end_with_the_server() {
    let served = Served::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = make();
    let (address, _) = serve(&served, &made.write(folder.path()), patient()).await;
    let mut request =
        format!("wss://{address}/socket.io/?EIO=4&transport=websocket").into_client_request().expect("a request");
    request.headers_mut().insert("cookie", served.cookie.parse().expect("a header"));
    let origin = format!("https://{address}");
    request.headers_mut().insert("origin", origin.parse().expect("a header"));
    let stream = made.shake(address).await.expect("a handshake");
    let (mut socket, _) = timeout(LIMIT, client_async(request, stream)).await.expect("in time").expect("a WebSocket");
    socket.send(Message::text(format!(r#"40{{"page":"{}"}}"#, served.page))).await.expect("sent");
    while !matches!(next(&mut socket).await, Some(text) if text.starts_with("40")) {}
    let sockets = async || {
        let bearer = format!("Bearer {}", served.app.access.token());
        let request = http::Request::get("/metrics").header("authorization", bearer);
        let metrics = served.text(request.body(axum::body::Body::empty()).expect("a request")).await;
        metrics.lines().find_map(|line| line.strip_prefix("jac_live_sockets ")).map(str::to_owned)
    };
    assert_eq!(sockets().await.as_deref(), Some("1"));
    served.app.edge.closing().cancel();
    while next(&mut socket).await.is_some() {}
    drop(socket);
    let began = Instant::now();
    while sockets().await.as_deref() != Some("0") {
        assert!(began.elapsed() < LIMIT, "it is still counted");
        tokio::task::yield_now().await;
    }
}

/// The next packet; `None` once the server has disconnected.
async fn next(socket: &mut WebSocketStream<TlsStream<TcpStream>>) -> Option<String> {
    match timeout(LIMIT, socket.next()).await.expect("something within the time") {
        Some(Ok(Message::Text(text))) => Some(text.to_string()),
        _ => None,
    }
}

#[tokio::test]
async fn the_server_ends_with_a_handshake_and_a_slow_request_on_it() {
    let served = Served::new().await;
    let folder = tempfile::tempdir().expect("a folder");
    let made = make();
    let tls = Tls::new(Pair::read(&made.write(folder.path())).expect("a pair")).expect("TLS");
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("its address");
    let serving = served.answer_at(Listener::from(tcp).with_tls(Some(tls)), patient());
    let _silent = TcpStream::connect(address).await.expect("a connection");
    let mut kept = made.shake(address).await.expect("a handshake");
    let bearer = format!("authorization: Bearer {}", served.app.access.token());
    let ask = |length: &str| format!("GET /api/v1/session HTTP/1.1\r\nhost: {NAME}\r\n{bearer}\r\n{length}\r\n");
    kept.write_all(ask("").as_bytes()).await.expect("sent");
    let mut piece = [0; 4096];
    let read = timeout(LIMIT, kept.read(&mut piece)).await.expect("in time").expect("an answer");
    assert!(piece[..read].starts_with(b"HTTP/1.1 200"));
    served.app.edge.closing().cancel();
    timeout(LIMIT, serving).await.expect("kept connections and handshakes hold nobody up").expect("no panic");
    assert!(TcpStream::connect(address).await.is_err(), "nothing new is accepted");
}
