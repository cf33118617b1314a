//! Idle connections, too many connections, unknown host names, and what a browser requests by itself.

use crate::served::Served;
use http::{Method, StatusCode, header};
use jac_server::listen::Limits;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

/// No answer takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);

fn limits() -> Limits {
    Limits {
        connections: 8,
        connections_per_peer: 6,
        head: Duration::from_millis(500),
        pause: Duration::from_millis(500),
    }
}

async fn connect(address: SocketAddr) -> TcpStream {
    timeout(LIMIT, TcpStream::connect(address)).await.expect("in time").expect("a connection")
}

/// Everything until the server disconnects.
async fn rest(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    drop(timeout(LIMIT, stream.read_to_end(&mut bytes)).await.expect("it hangs up"));
    String::from_utf8_lossy(&bytes).into_owned()
}

async fn ask(address: SocketAddr, more: &str) -> String {
    let mut stream = connect(address).await;
    let request = format!("GET /api/v1/session HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n{more}\r\n");
    drop(stream.write_all(request.as_bytes()).await);
    rest(&mut stream).await
}

#[tokio::test]
async fn whoever_says_nothing_or_stops_in_the_middle_is_hung_up_on() {
    let served = Served::new().await;
    let address = served.listen_with(limits()).await;
    let page = format!("cookie: {}\r\nx-jac-page: {}\r\n", served.cookie, served.page);
    let body = "POST /api/v1/plans HTTP/1.1\r\nhost: a\r\ncontent-type: multipart/form-data; boundary=x\r\ncontent-length: 100000\r\n";
    for begun in [
        String::new(),
        "GET /api".to_owned(),
        "GET /api/v1/session HTTP/1.1\r\nhost: 127.0.0.1\r\nx-a: ".to_owned(),
        // Kept alive after an answer.
        "GET /api/v1/session HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".to_owned(),
        format!("{}{page}\r\n--x\r\n", body.replace("host: a", "host: 127.0.0.1")),
    ] {
        let mut stream = connect(address).await;
        stream.write_all(begun.as_bytes()).await.expect("it is sent");
        let at = Instant::now();
        rest(&mut stream).await;
        assert!(at.elapsed() < Duration::from_secs(10), "{begun:?}: {:?}", at.elapsed());
    }
    assert!(served.is_clean(), "what was begun is gone");
}

#[tokio::test]
async fn connections_are_bounded_and_the_shell_of_this_machine_has_a_place() {
    let served = Served::new().await;
    let patient = Limits { head: Duration::from_secs(60), ..limits() };
    let address = served.listen_with(patient).await;
    let bearer = format!("authorization: Bearer {}\r\n", served.app.access.token());
    let mut idle = Vec::new();
    for _ in 0..6 {
        idle.push(connect(address).await);
    }
    let refused = ask(address, "").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    let let_in = ask(address, &bearer).await;
    assert!(let_in.starts_with("HTTP/1.1 200"), "{let_in}");
    // All reserved places are taken too, by a silent client.
    for _ in 0..16 {
        idle.push(connect(address).await);
    }
    let let_in = ask(address, &bearer).await;
    assert!(let_in.starts_with("HTTP/1.1 200"), "the silent one has lost a place: {let_in}");
    let refused = ask(address, "").await;
    assert!(refused.starts_with("HTTP/1.1 503"), "{refused}");
    drop(idle);
    let began = Instant::now();
    while !ask(address, "").await.starts_with("HTTP/1.1 401") {
        assert!(began.elapsed() < LIMIT, "places are given back");
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_name_that_is_not_the_servers_is_refused_and_a_page_of_it_gets_nothing() {
    let served = Served::new().await;
    for (host, status) in [
        ("127.0.0.1:8080", StatusCode::OK),
        ("localhost:8080", StatusCode::OK),
        ("[::1]:8080", StatusCode::OK),
        ("rebound.example:8080", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let headers = [("host", host), ("cookie", served.cookie.as_str()), ("x-jac-page", served.page.as_str())];
        let answer = served.call(Method::GET, "/session", &headers, "").await;
        assert_eq!(answer.status, status, "{host}: {}", answer.body);
        if status != StatusCode::OK {
            assert_eq!(answer.body["error"]["code"], "host_not_allowed");
        }
    }
    // What the first line of the request names counts before the header.
    let absolute = http::Request::get("http://rebound.example/sign-in").header("host", "127.0.0.1:8080");
    let refused = served.send(absolute.body(axum::body::Body::empty()).expect("a request")).await;
    assert_eq!(refused.refusal(), (StatusCode::MISDIRECTED_REQUEST, "host_not_allowed"));
    let two = [("host", "127.0.0.1:8080"), ("host", "rebound.example")];
    let answer = served.call(Method::GET, "/sign-in", &two, "").await;
    assert_eq!(answer.refusal(), (StatusCode::BAD_REQUEST, "host_not_allowed"));
}

#[tokio::test]
async fn pages_are_only_read() {
    let served = Served::new().await;
    for (method, status) in [
        (Method::GET, StatusCode::OK),
        (Method::HEAD, StatusCode::OK),
        (Method::POST, StatusCode::METHOD_NOT_ALLOWED),
        (Method::DELETE, StatusCode::METHOD_NOT_ALLOWED),
        (Method::CONNECT, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        let request = http::Request::builder().method(method.clone()).uri("/runs").body(axum::body::Body::empty());
        assert_eq!(served.send(request.expect("a request")).await.status, status, "{method}");
    }
}

#[tokio::test]
async fn an_address_that_cannot_be_understood_is_refused_with_a_code() {
    let served = Served::new().await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await;
    let revision = format!("/plans/{}/revisions/1.5/zip", plan.body["id"].as_str().expect("an id"));
    for (method, path, status, code) in [
        (Method::PUT, "/runs", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::OPTIONS, "/plans/x", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::GET, revision.as_str(), StatusCode::BAD_REQUEST, "request_invalid"),
        (Method::DELETE, "/stores/%c0%ae", StatusCode::BAD_REQUEST, "request_invalid"),
        (Method::GET, "/session/company/callback?state=a&state=b", StatusCode::BAD_REQUEST, "request_invalid"),
    ] {
        let answer = served.as_owner(method, path, "").await;
        assert_eq!(answer.refusal(), (status, code), "{path}");
    }
    assert!(served.as_owner(Method::PUT, "/runs", "").await.headers.contains_key("allow"));
}

#[tokio::test]
async fn a_download_takes_a_ticket_of_its_session_and_path() {
    let served = Served::new().await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await;
    let id = plan.body["id"].as_str().expect("an id").to_owned();
    let path = format!("/plans/{id}/files/a.jmx");
    let ask = async |path: &str| {
        let body = format!(r#"{{"path":"/api/v1{path}"}}"#);
        let answer = served.as_owner(Method::POST, "/session/tickets", &body).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["ticket"].as_str().expect("a ticket").to_owned()
    };
    let ticket = ask(&path).await;
    let get = async |path: &str, ticket: &str, cookie: &str| {
        served.call(Method::GET, &format!("{path}?ticket={ticket}"), &[("cookie", cookie)], "").await.status
    };
    assert_eq!(get(&path, &ticket, &served.cookie).await, StatusCode::OK);
    assert_eq!(get(&path, "0000", &served.cookie).await, StatusCode::FORBIDDEN);
    assert_eq!(get(&format!("/plans/{id}"), &ticket, &served.cookie).await, StatusCode::FORBIDDEN, "another path");
    assert_eq!(get(&path, &ticket, "").await, StatusCode::UNAUTHORIZED, "no session");
    let (other, _) = served.sign_in().await;
    assert_eq!(get(&path, &ticket, &other).await, StatusCode::FORBIDDEN, "another session");
    let place = format!("{path}?ticket={}", ask(&path).await);
    let deleted = served.call(Method::DELETE, &place, &[("cookie", &served.cookie)], "").await;
    assert_eq!(deleted.status, StatusCode::FORBIDDEN, "it changes nothing");

    // Characters that take nine bytes each in an address.
    let name = format!("{}/{}.csv", "数".repeat(70), "据".repeat(70));
    let added = served.upload(&format!("/plans/{id}/files"), &[(&name, b"1\n")]).await;
    assert_eq!(added.status, StatusCode::OK, "{}", added.body);
    let encoded: String = name
        .split('/')
        .map(|part| part.bytes().fold("/".to_owned(), |all, byte| format!("{all}%{byte:02X}")))
        .collect();
    let long = format!("/plans/{id}/files{encoded}");
    assert_eq!(get(&long, &ask(&long).await, &served.cookie).await, StatusCode::OK);

    for refused in ["/plans".to_owned(), format!("/api/v1/{}", "x".repeat(10_000))] {
        let body = format!(r#"{{"path":"{refused}"}}"#);
        let answer = served.as_owner(Method::POST, "/session/tickets", &body).await;
        assert_eq!(answer.refusal(), (StatusCode::BAD_REQUEST, "ticket_path_invalid"));
    }
    let (first, kept) = (ask(&path).await, ask(&path).await);
    for _ in 0..49 {
        ask("/x").await;
    }
    assert_eq!(get(&path, &first, &served.cookie).await, StatusCode::FORBIDDEN, "a session has fifty");
    assert_eq!(get(&path, &kept, &served.cookie).await, StatusCode::OK);
}

#[tokio::test]
async fn nothing_of_the_api_is_kept_by_a_browser_and_pages_talk_to_their_own_server_only() {
    let served = Served::new().await;
    let answer = served.as_owner(Method::GET, "/session", "").await;
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
    let policy = answer.headers["content-security-policy"].to_str().expect("text");
    assert!(policy.starts_with("default-src 'self';"), "{policy}");
    for source in ["unsafe-inline", "unsafe-eval", "data:", "blob:", "http", "*"] {
        assert!(!policy.contains(source), "{policy}");
    }
}
