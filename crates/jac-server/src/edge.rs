//! The outermost layer: a request's real origin, its ID, its line in the log, and its place in the metrics.
//!
//! Handlers get scheme, host and address of their client from [`ClientInfo`]: it takes forwarded headers of trusted
//! proxies into account, and those of everybody else are removed. From here on, [`Peer`] and the `Host` header of a
//! request from a trusted proxy are consistent with it.

use crate::App;
use crate::answers::LARGE_ANSWERS_OF_A_PERSON;
use crate::company::Company;
use crate::config::ServerConfig;
use crate::error::Failure;
use crate::forwarded;
use crate::hosts::host_of;
use crate::listen::{Peer, Transport};
use crate::live::Turns;
use crate::metrics::Metrics;
use crate::password::Passwords;
use crate::per_person::PerPerson;
use crate::scans::Scans;
use crate::sessions::redis::Redis;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

/// The header with a request's id, in requests of trusted proxies and in every answer.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// Maximum length of an ID that is accepted from a proxy.
const LONGEST_ID: usize = 64;
/// Maximum number of concurrent uploads per person; a browser sends six.
pub(crate) const UPLOADS_OF_A_PERSON: usize = 8;
/// Maximum number of zips per person that are created or read concurrently: each takes the disk space of its plan.
pub(crate) const ZIPS_OF_A_PERSON: usize = 4;
/// Maximum number of a person's concurrent downloads of files of runs: each keeps a part of a compressed log in memory.
pub(crate) const DOWNLOADS_OF_A_PERSON: usize = 16;
/// Live pages of one person.
pub(crate) const LIVE_PAGES_OF_A_PERSON: usize = 200;
/// Browsers use only HTTPS from then on, for a year.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// The server's outermost state. Clones refer to the same one.
#[derive(Debug, Clone)]
pub struct Edge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    config: ServerConfig,
    metrics: Metrics,
    scans: Scans,
    uploads: PerPerson,
    zips: PerPerson,
    downloads: PerPerson,
    large_answers: PerPerson,
    live_pages: PerPerson<Turns>,
    passwords: Passwords,
    company: Option<Company>,
    redis: Option<Redis>,
    closing: CancellationToken,
}

impl Default for Edge {
    fn default() -> Self {
        Self::new(ServerConfig::default())
    }
}

impl Edge {
    pub fn new(config: ServerConfig) -> Self {
        let metrics = Metrics::default();
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        let scans = Scans::new(processors, metrics.clone());
        let redis = config.redis.clone().map(Redis::new);
        let company = config.oidc.clone().map(|oidc| Company::new(oidc, redis.clone()));
        Self(Arc::new(Inner {
            config,
            company,
            redis,
            metrics,
            scans,
            uploads: PerPerson::new(UPLOADS_OF_A_PERSON),
            zips: PerPerson::new(ZIPS_OF_A_PERSON),
            downloads: PerPerson::new(DOWNLOADS_OF_A_PERSON),
            large_answers: PerPerson::new(LARGE_ANSWERS_OF_A_PERSON),
            live_pages: PerPerson::new(LIVE_PAGES_OF_A_PERSON),
            passwords: Passwords::default(),
            closing: CancellationToken::new(),
        }))
    }

    pub fn config(&self) -> &ServerConfig {
        &self.0.config
    }

    pub fn metrics(&self) -> &Metrics {
        &self.0.metrics
    }

    /// Turns at scanning result logs.
    pub(crate) fn scans(&self) -> &Scans {
        &self.0.scans
    }

    /// Number of parallel uploads of each person.
    pub(crate) fn uploads(&self) -> &PerPerson {
        &self.0.uploads
    }

    /// Number of concurrent zip downloads by person.
    pub(crate) fn zips(&self) -> &PerPerson {
        &self.0.zips
    }

    /// Number of concurrent downloads of files of runs by person.
    pub(crate) fn downloads(&self) -> &PerPerson {
        &self.0.downloads
    }

    /// Number of large answers by person that are not read yet.
    pub(crate) fn large_answers(&self) -> &PerPerson {
        &self.0.large_answers
    }

    /// The open live pages per person.
    pub(crate) fn live_pages(&self) -> &PerPerson<Turns> {
        &self.0.live_pages
    }

    /// Turns at hashing passwords.
    pub(crate) fn passwords(&self) -> &Passwords {
        &self.0.passwords
    }

    /// The company's sign-on, if configured.
    pub(crate) fn company(&self) -> Option<&Company> {
        self.0.company.as_ref()
    }

    /// The session store, if it is not the database.
    pub(crate) fn redis(&self) -> Option<&Redis> {
        self.0.redis.as_ref()
    }

    /// Cancelled when the server ends: connections are closed after their answer, live sockets at once.
    pub fn closing(&self) -> &CancellationToken {
        &self.0.closing
    }
}

/// How a request was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    Http,
    Https,
}

/// The origin of a request, in its extensions: the client's view, before any trusted proxy.
#[derive(Debug, Clone)]
pub struct ClientInfo {
    pub scheme: Scheme,
    /// Host and port that the client requested.
    pub host: Option<String>,
    /// `None` for a caller in this process.
    pub address: Option<IpAddr>,
    pub request_id: String,
}

impl ClientInfo {
    /// The one of a request.
    pub fn of(extensions: &Extensions) -> Option<&Self> {
        extensions.get()
    }
}

/// Whether the client speaks TLS: to this server, or to a trusted proxy before it.
pub fn is_https(extensions: &Extensions) -> bool {
    ClientInfo::of(extensions).is_some_and(|client| client.scheme == Scheme::Https)
}

/// Determines the client, and removes from the request what only a trusted proxy may set.
fn identify(request: &mut Request, config: &ServerConfig) -> ClientInfo {
    let peer = request.extensions().get::<Peer>().map(|Peer(address)| *address);
    let is_tls = request.extensions().get() == Some(&Transport::Tls);
    let proxy = peer.filter(|peer| forwarded::is_trusted(*peer, &config.trusted_proxies));
    let mut client = ClientInfo {
        scheme: if is_tls { Scheme::Https } else { Scheme::Http },
        host: text(request.headers(), &header::HOST),
        address: peer,
        request_id: format!("{:016x}", rand::random::<u64>()),
    };
    if let Some(proxy) = proxy {
        let origin = forwarded::origin(request.headers(), proxy, &config.trusted_proxies);
        client.address = Some(origin.address);
        match origin.is_https {
            Some(true) => client.scheme = Scheme::Https,
            Some(false) => client.scheme = Scheme::Http,
            None => (),
        }
        if let Some(id) = text(request.headers(), &REQUEST_ID).filter(|id| is_id(id)) {
            client.request_id = id;
        }
        // The checks of the host, for rebinding and for the origin, use the one that the client requested.
        if let Some(host) = origin.host
            && let Ok(value) = HeaderValue::from_str(&host)
        {
            request.headers_mut().insert(header::HOST, value);
            client.host = Some(host);
        }
    }
    for name in forwarded::HEADERS {
        request.headers_mut().remove(name);
    }
    request.headers_mut().remove(REQUEST_ID);
    if let Some(address) = client.address {
        request.extensions_mut().insert(Peer(address));
    }
    client
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn is_id(text: &str) -> bool {
    (1..=LONGEST_ID).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.'))
}

/// The layer.
pub async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let began = Instant::now();
    let client = identify(&mut request, app.edge.config());
    request.extensions_mut().insert(client.clone());
    let method = request.method().clone();
    // Without its query, in which a ticket may be.
    let path = request.uri().path().to_owned();
    let route = match request.extensions().get::<MatchedPath>() {
        Some(matched) => matched.as_str().to_owned(),
        None if path.starts_with("/socket.io") => "/socket.io".to_owned(),
        // Arbitrary paths would create an unlimited number of labels.
        None => "page".to_owned(),
    };
    let id = client.request_id.as_str();
    // At the level of errors: everything logged within it shows which request it belongs to.
    let span = tracing::error_span!("request", id);
    let mut answer = next.run(request).instrument(span).await;
    let (status, took) = (answer.status(), began.elapsed());
    app.edge.metrics().answered(&method, &route, status.as_u16(), took);
    let from = client.address.map_or_else(|| "this process".to_owned(), |address| address.to_string());
    match answer.extensions_mut().remove::<Failure>() {
        Some(Failure { is_logged: true, .. }) => (),
        // A system behind the server failed, not the server: the answer says which and why.
        Some(Failure { code, message, .. }) if status == StatusCode::BAD_GATEWAY => {
            tracing::warn!(id, code, route, "request {id} ({method} {route}) failed: {message}");
        }
        Some(Failure { code, message, .. }) => {
            tracing::error!(id, code, route, "request {id} ({method} {route}) failed: {message}");
        }
        // `/readyz` repeats its answer while the server is not ready; that is not logged.
        None if status.is_server_error() && route != "/readyz" => {
            tracing::error!(id, route, "request {id} ({method} {route}) failed with {status}");
        }
        None => (),
    }
    let (status, ms) = (status.as_u16(), took.as_millis());
    tracing::debug!(id, %method, path, status, ms, from, "request {id}: {method} {path} {status} in {ms} ms from {from}");
    let headers = answer.headers_mut();
    if let Ok(value) = HeaderValue::from_str(id) {
        headers.insert(REQUEST_ID, value);
    }
    if client.scheme == Scheme::Https && client.host.as_deref().is_some_and(is_name) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    answer
}

/// Whether a host may be limited to HTTPS (HSTS). `localhost` is shared with other programs, and IP addresses are not
/// names.
fn is_name(authority: &str) -> bool {
    let host = host_of(authority);
    host != "localhost" && !host.ends_with(".localhost") && host.parse::<IpAddr>().is_err()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;

    fn identified(peer: &str, headers: &[(&str, &str)]) -> (ClientInfo, HeaderMap, Option<IpAddr>) {
        let config =
            ServerConfig { trusted_proxies: vec!["10.0.0.0/8".parse().expect("a network")], ..ServerConfig::default() };
        let mut request = Request::builder().header("host", "inner:8080");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(Peer(peer.parse().expect("an address")));
        let client = identify(&mut request, &config);
        let peer = request.extensions().get::<Peer>().map(|Peer(address)| *address);
        (client, request.headers().clone(), peer)
    }

    const FORWARDED: [(&str, &str); 4] = [
        ("x-forwarded-for", "203.0.113.9"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "jac.example"),
        ("x-request-id", "from-the-proxy.1"),
    ];

    #[test]
    fn a_trusted_proxy_is_believed() {
        let (client, headers, peer) = identified("10.0.0.1", &FORWARDED);
        assert_eq!(client.scheme, Scheme::Https);
        assert_eq!(client.host.as_deref(), Some("jac.example"));
        assert_eq!(client.address, Some(IpAddr::from([203, 0, 113, 9])));
        assert_eq!(peer, client.address, "for whoever logs sign-ins");
        assert_eq!(client.request_id, "from-the-proxy.1");
        assert_eq!(headers[header::HOST], "jac.example");
    }

    #[test]
    fn nobody_else_is_and_nothing_of_what_they_say_stays() {
        let (client, headers, peer) = identified("192.0.2.1", &FORWARDED);
        assert_eq!(client.scheme, Scheme::Http);
        assert_eq!(client.host.as_deref(), Some("inner:8080"));
        assert_eq!(client.address, Some(IpAddr::from([192, 0, 2, 1])));
        assert_eq!(peer, client.address);
        assert_ne!(client.request_id, "from-the-proxy.1");
        assert_eq!(headers.len(), 1, "{headers:?}");
        assert_eq!(headers[header::HOST], "inner:8080");
    }

    #[test]
    fn an_id_that_would_garble_the_log_is_not_taken_over() {
        for id in ["", "a b", "a=1", &"x".repeat(65)] {
            let (client, ..) = identified("10.0.0.1", &[("x-request-id", id)]);
            assert_ne!(client.request_id, id);
        }
    }
}
