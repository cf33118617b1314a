//! The names under which this server is reached. A page of another site whose name resolves to this server (DNS
//! rebinding) sends requests with that name, and is rejected; a page on another port of this host is recognized by its
//! origin.

use crate::App;
use crate::access::has_token;
use crate::edge::is_https;
use crate::error::ApiError;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::net::{IpAddr, Ipv6Addr};

/// Names in addition to `localhost` and IP addresses, which nobody can redirect.
#[derive(Debug, Default)]
pub struct Hosts {
    names: Vec<String>,
}

impl Hosts {
    pub fn new(names: &[String]) -> Self {
        Self { names: names.iter().map(|name| name.trim().trim_end_matches('.').to_ascii_lowercase()).collect() }
    }

    /// `authority`: a host with or without a port.
    fn has(&self, authority: &str) -> bool {
        let host = host_of(authority);
        host == "localhost"
            || host.ends_with(".localhost")
            || host.parse::<IpAddr>().is_ok()
            || self.names.contains(&host)
    }

    /// It was named when the server was started: a proxy in front of it may keep the name or not.
    fn is_named(&self, authority: &str) -> bool {
        self.names.contains(&host_of(authority))
    }
}

/// `jac.example` of `JAC.example.:8080`, `::1` of `[::1]:8080`; empty if it is no host with or without a port (RFC 3986, section 3.2).
pub(crate) fn host_of(authority: &str) -> String {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']').filter(|(host, _)| host.parse::<Ipv6Addr>().is_ok()).unwrap_or_default(),
        None => authority.split_at(authority.find(':').unwrap_or(authority.len())),
    };
    let is_host = host.chars().all(|letter| letter.is_ascii_alphanumeric() || ".-_:".contains(letter));
    let is_port = |port: &str| port.chars().all(|digit| digit.is_ascii_digit());
    if !is_host || !(port.is_empty() || port.strip_prefix(':').is_some_and(is_port)) {
        return String::new();
    }
    host.trim_end_matches('.').to_ascii_lowercase()
}

/// Accepts only requests for one of the server's names, or with the shell's token. A page that was loaded over plain
/// HTTP is not trusted if HTTPS is used: it may have been forged in transit.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    if request.headers().get_all(header::HOST).iter().count() > 1 {
        // A proxy in front of the server may have based its decision on another one of them (RFC 9112, section 3.2).
        return ApiError::Request {
            status: StatusCode::BAD_REQUEST,
            code: "host_not_allowed",
            message: "The request has more than one Host header.".to_owned(),
            hint: None,
        }
        .into_response();
    }
    let named = request.headers().get(header::HOST).map(|host| host.to_str().unwrap_or_default().to_owned());
    // What the first line names counts before the header (RFC 9112, section 3.2.2).
    let host = request.uri().authority().map(ToString::to_string).or(named);
    match host {
        Some(host) if !app.access.hosts.has(&host) && !has_token(&app, request.headers()) => {
            tracing::warn!(host, "a request under the name {host:?} was refused");
            ApiError::Request {
                status: StatusCode::MISDIRECTED_REQUEST,
                code: "host_not_allowed",
                message: "This server does not accept requests for that host name.".to_owned(),
                hint: Some("Start it with --allowed-host NAME, or use its address.".to_owned()),
            }
            .into_response()
        }
        _ if is_downgraded(&request) && !has_token(&app, request.headers()) => ApiError::Foreign.into_response(),
        _ => next.run(request).await,
    }
}

fn is_downgraded(request: &Request) -> bool {
    let origin = request.headers().get(header::ORIGIN).map(|origin| origin.as_bytes());
    is_https(request.extensions()) && origin.is_some_and(|origin| origin.starts_with(b"http://"))
}

/// Whether a browser's request comes from JAC's own page: its origin is the requested host, or a name of this server. A
/// request without an origin passes this check.
pub fn is_own_page(headers: &HeaderMap, hosts: &Hosts) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let authority = origin.to_str().ok().and_then(|origin| origin.split_once("://")).map(|(_, authority)| authority);
    authority.is_some_and(|authority| Some(authority) == host || hosts.is_named(authority))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_given_names_are_ours_and_no_others() {
        let hosts = Hosts::new(&["JAC.example.".to_owned()]);
        for ours in [
            "localhost",
            "localhost:8080",
            "127.0.0.1:8080",
            "[::1]:8080",
            "10.0.0.7",
            "jac.EXAMPLE:443",
            "jac.example.",
            "x.localhost",
        ] {
            assert!(hosts.has(ours), "{ours}");
        }
        for other in [
            "evil.example",
            "evil.example:8080",
            "jac.example.evil.example",
            "localhost.evil.example",
            "",
            "127.0.0.1.nip.io",
            "[::1]evil.example",
            "[::1].evil.example",
            "127.0.0.1:evil.example",
            "127.0.0.1:80@evil.example",
            "evil.example/.localhost",
            "evil.example#.localhost",
            "[evil.example]",
        ] {
            assert!(!hosts.has(other), "{other}");
        }
    }

    #[test]
    fn an_origin_is_the_host_that_is_asked_or_a_given_name() {
        let hosts = Hosts::new(&["jac.example".to_owned()]);
        let from = |origin: Option<&str>, host: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().expect("a host"));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, origin.parse().expect("an origin"));
            }
            is_own_page(&headers, &hosts)
        };
        assert!(from(None, "127.0.0.1:8080"));
        assert!(from(Some("http://127.0.0.1:8080"), "127.0.0.1:8080"));
        assert!(from(Some("https://jac.example"), "127.0.0.1:8080"), "behind a proxy");
        for origin in ["http://127.0.0.1:9090", "https://evil.example", "null", "http://localhost"] {
            assert!(!from(Some(origin), "127.0.0.1:8080"), "{origin}");
        }
    }
}
