//! Connections: how many are permitted, in total and from one address, and how long each may be silent.
//!
//! A connection that sends no request, stops in the middle of one, or reads no more of a response is closed, so that
//! nobody occupies the server's descriptors without using them. A few more connections are reserved for the shell of
//! this machine: if all others are taken, they serve requests with its token only. TLS is subject to the same limits: a
//! handshake has the time limit of a request's head.

mod places;

use crate::access;
use crate::answers::PIECE;
use crate::metrics::Metrics;
use crate::tls::Tls;
use axum::Router;
use axum::body::Body;
use http::{HeaderValue, Request, Response, StatusCode, header};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use places::{Place, Places};
use std::convert::Infallible;
use std::io;
use std::net::IpAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;
use tower_http::timeout::RequestBodyTimeoutLayer;

/// Bounds on connections.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// …and from one address.
    pub connections_per_peer: usize,
    /// How long the head of a request may take, and how long a connection may wait for its next one.
    pub head: Duration,
    /// How long a body, or the reader of a response, may pause.
    pub pause: Duration,
}

/// Maximum number of descriptors that the server keeps for its own files and connections.
const OWN_DESCRIPTORS: u64 = 4096;

impl Limits {
    /// For a process that may have this many descriptors: half of them, and all beyond [`OWN_DESCRIPTORS`], are for
    /// connections, the others for the server itself.
    pub fn for_descriptors(descriptors: u64) -> Self {
        let connections = (descriptors / 2).max(descriptors.saturating_sub(OWN_DESCRIPTORS));
        let connections = usize::try_from(connections).unwrap_or(usize::MAX).clamp(64, 32_768);
        Self {
            connections,
            connections_per_peer: connections / 2,
            head: Duration::from_secs(30),
            pause: Duration::from_secs(30),
        }
    }
}

impl Limits {
    /// For another address of the same process, which few callers need: together with the main one they stay within the
    /// descriptors.
    #[must_use]
    pub fn beside(&self) -> Self {
        let connections = (self.connections / 4).max(16);
        Self { connections, connections_per_peer: connections, ..self.clone() }
    }
}

/// How long a reserved place is kept for a silent connection.
const KEPT_HEAD: Duration = Duration::from_secs(1);
/// The response to a connection beyond the limit.
const FULL: &[u8] =
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 5\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

/// Whose requests an address answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Callers {
    Everybody,
    /// Requests with the token of this machine's shell, and no others.
    Shell,
}

/// An address that is listened on, and how.
pub struct Listener {
    tcp: TcpListener,
    tls: Option<Tls>,
    callers: Callers,
    proxies: Vec<IpNet>,
    metrics: Option<Metrics>,
}

impl From<TcpListener> for Listener {
    /// Plain HTTP for everybody.
    fn from(tcp: TcpListener) -> Self {
        Self { tcp, tls: None, callers: Callers::Everybody, proxies: Vec::new(), metrics: None }
    }
}

impl Listener {
    /// Uses TLS if configured.
    #[must_use]
    pub fn with_tls(self, tls: Option<Tls>) -> Self {
        Self { tls, ..self }
    }

    #[must_use]
    pub fn for_callers(self, callers: Callers) -> Self {
        Self { callers, ..self }
    }

    /// These bring many people's requests, so they have no bound of one address.
    #[must_use]
    pub fn behind(self, proxies: &[IpNet]) -> Self {
        Self { proxies: proxies.to_vec(), ..self }
    }

    /// Counts its connections there.
    #[must_use]
    pub fn counted_by(self, metrics: Metrics) -> Self {
        Self { metrics: Some(metrics), ..self }
    }
}

/// Serves until `closing`, and then until the last response is complete.
pub async fn serve(
    listener: impl Into<Listener>,
    router: Router,
    token: &str,
    limits: Limits,
    closing: CancellationToken,
) {
    let Listener { tcp, tls, callers, proxies, metrics } = listener.into();
    let places = Places::new(&limits, proxies, metrics);
    let router = router.layer(RequestBodyTimeoutLayer::new(limits.pause));
    let token: Arc<str> = token.into();
    let tasks = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = tcp.accept() => accepted,
            () = closing.cancelled() => break,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                // A connection that was closed while waiting, or no descriptor available: the others continue.
                tracing::warn!(%error, "a connection could not be accepted: {error}");
                sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        match places.take(peer.ip().to_canonical()) {
            Some(place) => {
                let needs_token = place.kept.is_some() || callers == Callers::Shell;
                let connection = Connection {
                    router: router.clone(),
                    token: Arc::clone(&token),
                    limits: limits.clone(),
                    needs_token,
                };
                let (tls, closing) = (tls.clone(), closing.clone());
                tasks.spawn(async move {
                    let kept = place.kept.clone();
                    let served = async {
                        match tls {
                            Some(tls) => connection.serve_tls(&tls, stream, place, closing).await,
                            None => connection.serve(stream, place, Transport::Plain, closing).await,
                        }
                    };
                    match kept {
                        Some(kept) => tokio::select! {
                            () = served => (),
                            () = kept.evicted() => (),
                        },
                        None => served.await,
                    }
                });
            }
            // Without a handshake no response can be sent.
            None if tls.is_some() => (),
            None => {
                tasks.spawn(turn_away(stream));
            }
        }
    }
    drop(tcp);
    tasks.close();
    tasks.wait().await;
}

async fn turn_away(mut stream: TcpStream) {
    drop(timeout(Duration::from_secs(1), stream.write_all(FULL)).await);
}

/// How a request was transported, in its extensions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    Plain,
    Tls,
}

/// The stream of a connection: plain, or inside of TLS.
trait Stream: AsyncRead + AsyncWrite + Send {}
impl<S: AsyncRead + AsyncWrite + Send> Stream for S {}
type AnyStream = Pin<Box<dyn Stream>>;

struct Connection {
    router: Router,
    token: Arc<str>,
    limits: Limits,
    /// It serves requests with the shell's token only.
    needs_token: bool,
}

impl Connection {
    fn head_limit(&self, place: &Place) -> Duration {
        if place.kept.is_some() { KEPT_HEAD.min(self.limits.head) } else { self.limits.head }
    }

    async fn serve_tls(self, tls: &Tls, stream: TcpStream, place: Place, closing: CancellationToken) {
        let handshake = timeout(self.head_limit(&place), tls.acceptor().accept(stream));
        let shaken = tokio::select! {
            shaken = handshake => shaken,
            () = closing.cancelled() => return,
        };
        let failure = match shaken {
            Ok(Ok(stream)) => return self.serve(stream, place, Transport::Tls, closing).await,
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        place.handshake_failed();
        tracing::debug!(peer = %place.peer, "a TLS handshake with {} failed: {failure}", place.peer);
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Send + 'static,
        place: Place,
        transport: Transport,
        closing: CancellationToken,
    ) {
        let (peer, head_limit, is_socket) = (place.peer, self.head_limit(&place), Arc::clone(&place.is_socket));
        let (metrics, kept) = (place.metrics.clone(), place.kept.clone());
        let stream: AnyStream = Box::pin(stream);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(self.limits.pause));
        let hang_up = HangUp(CancellationToken::new());
        let hung_up = Box::pin(hang_up.0.clone().cancelled_owned());
        let io = TokioIo::new(Held { stream: Box::pin(stream), hung_up, place });
        let (router, token, needs_token) = (self.router, self.token, self.needs_token);
        let service = service_fn(move |mut request: Request<Incoming>| {
            let (router, token) = (router.clone(), Arc::clone(&token));
            let (is_socket, metrics, kept) = (Arc::clone(&is_socket), metrics.clone(), kept.clone());
            request.extensions_mut().insert(Peer(peer));
            request.extensions_mut().insert(transport);
            request.extensions_mut().insert(hang_up.clone());
            async move {
                if needs_token && !access::bearer(request.headers()).is_some_and(|sent| access::same(sent, &token)) {
                    return Ok::<_, Infallible>(full());
                }
                kept.as_ref().inspect(|kept| kept.has_asked());
                let answer = router.oneshot(request.map(Body::new)).await?;
                if answer.status() == StatusCode::SWITCHING_PROTOCOLS && !is_socket.swap(true, Ordering::Relaxed) {
                    metrics.as_ref().inspect(|metrics| metrics.socket_opened());
                }
                Ok(answer)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(head_limit)
            // What a connection buffers for a slow reader is no longer counted as a part of the answer.
            .max_buf_size(2 * PIECE)
            .serve_connection(io, service)
            .with_upgrades();
        let mut connection = std::pin::pin!(connection);
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = closing.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended: {error}");
        }
    }
}

fn full() -> Response<Body> {
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    answer
}

/// The address that a request came from, in its extensions.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Ends a connection's WebSocket, stored in its request's extensions: its client could otherwise continue indefinitely. A
/// connection without one continues, because it may carry others' requests too.
#[derive(Debug, Clone)]
pub struct HangUp(CancellationToken);

impl HangUp {
    pub fn now(&self) {
        self.0.cancel();
    }
}

/// A connection with its place, which it keeps if it becomes a WebSocket.
struct Held {
    stream: Pin<Box<TimeoutStream<AnyStream>>>,
    hung_up: Pin<Box<WaitForCancellationFutureOwned>>,
    place: Place,
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.place.is_socket.load(Ordering::Relaxed) && self.hung_up.as_mut().poll(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::ConnectionAborted.into()));
        }
        self.stream.as_mut().poll_read(context, buffer)
    }
}

impl AsyncWrite for Held {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream.as_mut().poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream.as_mut().poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
