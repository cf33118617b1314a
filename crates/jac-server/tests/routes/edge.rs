//! The edge as seen by a proxy, a browser behind one, a monitor and an attacker, over real connections.

use crate::log::Log;
use crate::served::{Answer, Served};
use crate::things::run;
use http::{Method, StatusCode};
use jac_engine::{Settings, administrator};
use jac_server::Edge;
use jac_server::config::{MetricsConfig, Secret, ServerConfig};
use jac_server::listen::{Callers, Limits, Listener};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};

const LIMIT: Duration = Duration::from_secs(20);

async fn behind_a_proxy_at(trusted: &str) -> (Served, SocketAddr) {
    let config = ServerConfig {
        trusted_proxies: vec![trusted.parse().expect("a network")],
        public_url: Some("https://jac.example".to_owned()),
        ..ServerConfig::default()
    };
    let served = Served::with_edge(Settings::default(), Edge::new(config)).await;
    let address = served.listen().await;
    (served, address)
}

/// Sends a request over a separate connection and returns the whole answer.
async fn ask(address: SocketAddr, lines: &[String]) -> String {
    let mut stream = timeout(LIMIT, TcpStream::connect(address)).await.expect("in time").expect("a connection");
    let head = lines.join("\r\n");
    let request = format!("GET /api/v1/session HTTP/1.1\r\nconnection: close\r\n{head}\r\n\r\n");
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("it is answered"));
    String::from_utf8_lossy(&answer).into_owned()
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

const FORWARDED: [&str; 4] = [
    "x-forwarded-for: 203.0.113.9",
    "x-forwarded-proto: https",
    "x-forwarded-host: localhost",
    "x-request-id: from-the-proxy",
];

#[tokio::test]
async fn a_trusted_proxys_word_for_host_scheme_and_id_holds_and_a_strangers_does_not() {
    let (served, address) = behind_a_proxy_at("127.0.0.1/32").await;
    let signed_in = [format!("cookie: {}", served.cookie), format!("x-jac-page: {}", served.page)];
    // The proxy uses a name of the inner network; the browser requested localhost, over HTTPS.
    let inner = [lines(&["host: inner.example:8080"]), lines(&FORWARDED), signed_in.to_vec()].concat();
    let answer = ask(address, &inner).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("x-request-id: from-the-proxy"), "{answer}");
    let with_origin = |origin: &str| [inner.clone(), vec![format!("origin: {origin}")]].concat();
    assert!(ask(address, &with_origin("https://localhost")).await.starts_with("HTTP/1.1 200"));
    for foreign in ["http://localhost", "https://evil.example", "https://inner.example:8080"] {
        let answer = ask(address, &with_origin(foreign)).await;
        assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("foreign_request"), "{foreign}: {answer}");
    }
    let rebound = lines(&["host: localhost", "x-forwarded-host: evil.example"]);
    assert!(ask(address, &rebound).await.starts_with("HTTP/1.1 421"), "the client's host is looked at");

    let (_served, address) = behind_a_proxy_at("192.0.2.0/24").await;
    let answer = ask(address, &[lines(&["host: evil.example"]), lines(&FORWARDED)].concat()).await;
    assert!(answer.starts_with("HTTP/1.1 421"), "{answer}");
    assert!(!answer.contains("from-the-proxy"), "{answer}");
    let answer = ask(address, &[lines(&["host: localhost"]), lines(&FORWARDED)].concat()).await;
    assert!(!answer.contains("strict-transport-security"), "{answer}");
}

#[tokio::test]
async fn every_answer_has_an_id_of_its_own() {
    let served = Served::new().await;
    let mut seen = std::collections::BTreeSet::new();
    for path in ["/session", "/nothing", "/runs/r-22222222"] {
        let answer = served.as_owner(Method::GET, path, "").await;
        assert!(seen.insert(answer.headers["x-request-id"].to_str().expect("text").to_owned()), "{path}");
    }
    let page = get(&served, "/", &[]).await;
    assert!(seen.insert(page.headers["x-request-id"].to_str().expect("text").to_owned()));
}

async fn get(served: &Served, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = http::Request::get(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    served.send(request.body(axum::body::Body::empty()).expect("a request")).await
}

#[tokio::test]
async fn pages_and_data_are_packed_for_those_who_take_that_and_downloads_are_not() {
    let served = Served::new().await;
    let mine = [("cookie", served.cookie.as_str()), ("x-jac-page", served.page.as_str())];
    let gzip = ("accept-encoding", "br, gzip");
    let coding = |answer: &Answer| {
        answer.headers.get("content-encoding").map(|coding| coding.to_str().expect("text").to_owned())
    };
    let document = "/api/v1/openapi.json";
    let plain = get(&served, document, &mine).await;
    let packed = get(&served, document, &[mine[0], mine[1], gzip]).await;
    assert_eq!((coding(&plain), coding(&packed)), (None, Some("gzip".to_owned())));
    assert!(packed.headers["vary"].to_str().expect("text").contains("accept-encoding"));
    let page = get(&served, "/", &[gzip]).await;
    assert_eq!(
        (coding(&page), &page.headers["content-type"]),
        (Some("gzip".to_owned()), &"text/html".parse().expect("a value"))
    );
    assert_eq!(coding(&get(&served, "/", &[("accept-encoding", "gzip;q=0")]).await), None);

    let run = run(&served, "r-22222222", &administrator()).await;
    let folder = served.app.engine.folder().run(&run.id);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("results.jtl"), "timeStamp,elapsed,label\n".repeat(1_000)).expect("written");
    let log = "/api/v1/runs/r-22222222/artefacts/results.jtl";
    let download = get(&served, log, &[mine[0], mine[1], gzip]).await;
    assert_eq!(
        (download.status, coding(&download)),
        (StatusCode::OK, None),
        "its length is known, and it can be continued"
    );
}

#[tokio::test]
async fn a_monitor_hears_that_the_server_lives_and_whether_it_can_work() {
    let served = Served::new().await;
    assert_eq!(get(&served, "/healthz", &[]).await.status, StatusCode::OK);
    let ready = get(&served, "/readyz", &[]).await;
    assert_eq!((ready.status, &ready.body["codes"]), (StatusCode::OK, &serde_json::json!([])));
    // The reserve is larger than any disk.
    let full = Served::with(Settings { disk_reserve_bytes: u64::MAX, ..Settings::default() }).await;
    let unready = get(&full, "/readyz", &[]).await;
    assert_eq!(unready.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(unready.body["codes"], serde_json::json!(["disk_low"]));
    assert_eq!(get(&full, "/healthz", &[]).await.status, StatusCode::OK, "a restart would not help");
}

#[tokio::test]
async fn a_failure_of_the_servers_is_logged_once_with_the_id_that_the_client_has() {
    let (log, _listening) = Log::listen();
    let served = Served::new().await;
    let run = run(&served, "r-22222222", &administrator()).await;
    let folder = served.app.engine.folder().run(&run.id);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("report.json"), "half of i").expect("written");
    let failed = served.as_owner(Method::GET, "/runs/r-22222222/report", "").await;
    assert!(failed.status.is_server_error(), "{}", failed.status);
    let refused = served.as_owner(Method::GET, "/nothing?ticket=hunter2", "").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    let logged = log.text();
    let of = |answer: &Answer, level: &str| {
        let id = answer.headers["x-request-id"].to_str().expect("text").to_owned();
        logged.lines().filter(|line| line.contains(level) && line.contains(&id)).count()
    };
    assert_eq!((of(&failed, "ERROR"), of(&failed, "DEBUG")), (1, 1), "{logged}");
    assert_eq!((of(&refused, "ERROR"), of(&refused, "DEBUG")), (0, 1), "{logged}");
    assert!(!logged.contains("hunter2"), "a query may hold a ticket: {logged}");
}

async fn metrics_at(address: SocketAddr, more: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("GET /metrics HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{more}\r\n");
    // A client that is rejected may be before it has sent anything.
    drop(stream.write_all(request.as_bytes()).await);
    let mut answer = Vec::new();
    drop(timeout(LIMIT, stream.read_to_end(&mut answer)).await.expect("in time"));
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn metrics_are_for_a_token_and_name_routes_never_paths() {
    let config = ServerConfig {
        metrics: MetricsConfig { listen: None, token: Some(Secret::new("metrics-secret")) },
        ..ServerConfig::default()
    };
    let served = Served::with_edge(Settings::default(), Edge::new(config)).await;
    served.as_owner(Method::GET, "/runs/r-22222222", "").await;
    served.as_owner(Method::GET, "/runs/r-33333333", "").await;
    get(&served, "/made/up/path", &[]).await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("its address");
    served.answer_at(Listener::from(tcp).counted_by(served.app.edge.metrics().clone()), Limits::for_descriptors(1024));
    for stranger in ["", "authorization: Bearer metrics\r\n", "authorization: metrics-secret\r\n"] {
        let refused = metrics_at(address, stranger).await;
        assert!(refused.starts_with("HTTP/1.1 401") && !refused.contains("jac_"), "{refused}");
    }
    let session = format!("cookie: {}\r\nx-jac-page: {}\r\n", served.cookie, served.page);
    assert!(metrics_at(address, &session).await.starts_with("HTTP/1.1 401"), "a page does not need them");
    let metrics = metrics_at(address, "authorization: Bearer metrics-secret\r\n").await;
    assert!(metrics.starts_with("HTTP/1.1 200"), "{metrics}");
    for line in [
        r#"jac_http_requests_total{method="GET",route="/api/v1/runs/{id}",status="404"} 2"#,
        r#"jac_http_request_seconds_count{method="GET",route="/api/v1/runs/{id}"} 2"#,
        "jac_live_sockets 0",
        "jac_samples_followed 0",
        r#"jac_tasks{task="retention"} 1"#,
        r#"jac_task_panics_total{task="retention"} 0"#,
    ] {
        assert!(metrics.lines().any(|said| said == line), "{line} in {metrics}");
    }
    for name in [
        "jac_connections ",
        "jac_database_seconds ",
        "process_resident_memory_bytes ",
        "process_cpu_seconds_total ",
        "process_open_fds ",
    ] {
        assert!(metrics.lines().any(|said| said.starts_with(name)), "{name} in {metrics}");
    }
    assert!(!metrics.contains("r-22222222") && !metrics.contains("/made/up"), "{metrics}");
    let shell = format!("authorization: Bearer {}\r\n", served.app.access.token());
    assert!(metrics_at(address, &shell).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn metrics_have_an_address_of_their_own_that_answers_nothing_else() {
    let served = Served::new().await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("its address");
    let (router, token) = (jac_server::metrics_router(served.app.clone()), served.app.access.token().to_owned());
    let closing = served.app.edge.closing().clone();
    tokio::spawn(async move {
        jac_server::listen::serve(tcp, router, &token, Limits::for_descriptors(1024), closing).await;
    });
    assert!(metrics_at(address, "").await.contains("jac_build_info{"));
    let shell = format!("authorization: Bearer {}", served.app.access.token());
    assert!(ask(address, &[lines(&["host: localhost"]), vec![shell]].concat()).await.starts_with("HTTP/1.1 404"));
}

#[tokio::test]
async fn the_shells_own_address_answers_its_token_alone() {
    let served = Served::new().await;
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("its address");
    served.answer_at(Listener::from(tcp).for_callers(Callers::Shell), Limits::for_descriptors(1024));
    let page = [
        lines(&["host: localhost"]),
        vec![format!("cookie: {}", served.cookie), format!("x-jac-page: {}", served.page)],
    ];
    assert!(ask(address, &page.concat()).await.starts_with("HTTP/1.1 503"));
    let shell = format!("authorization: Bearer {}", served.app.access.token());
    assert!(ask(address, &[lines(&["host: localhost"]), vec![shell]].concat()).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn a_body_that_never_ends_is_cut_off_when_it_pauses_and_when_it_does_not() {
    let served = Served::with(Settings { max_upload_bytes: 100_000, ..Settings::default() }).await;
    let limits = Limits { pause: Duration::from_millis(500), ..Limits::for_descriptors(1024) };
    let address = served.listen_with(limits).await;
    let page = format!("cookie: {}\r\nx-jac-page: {}\r\n", served.cookie, served.page);
    let head = format!(
        "POST /api/v1/plans HTTP/1.1\r\nhost: localhost\r\n{page}content-type: multipart/form-data; boundary=x\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let part = "--x\r\ncontent-disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";
    // One byte, and then nothing.
    let mut paused = TcpStream::connect(address).await.expect("a connection");
    let begun = format!("{head}{:x}\r\n{part}\r\n", part.len());
    paused.write_all(begun.as_bytes()).await.expect("sent");
    let mut answer = String::new();
    drop(timeout(LIMIT, paused.read_to_string(&mut answer)).await.expect("it is not waited for"));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    // More and more: it ends at the maximum upload size, not when the disk is full.
    let (mut reading, mut writing) = TcpStream::connect(address).await.expect("a connection").into_split();
    writing.write_all(begun.as_bytes()).await.expect("sent");
    let endless = tokio::spawn(async move {
        let chunk = format!("2000\r\n{}\r\n", "x".repeat(0x2000));
        let mut sent = 0_usize;
        while writing.write_all(chunk.as_bytes()).await.is_ok() {
            sent += chunk.len();
        }
        sent
    });
    let mut first = [0; 12];
    timeout(LIMIT, reading.read_exact(&mut first)).await.expect("in time").expect("an answer");
    assert_eq!(&first, b"HTTP/1.1 413");
    drop(reading);
    let sent = timeout(LIMIT, endless).await.expect("the connection is closed").expect("no panic");
    assert!(sent < 50_000_000, "{sent} bytes were taken");
    assert!(served.is_clean(), "what was begun is gone");
}

#[tokio::test]
async fn a_proxy_may_bring_more_connections_than_one_person() {
    let served = Served::new().await;
    let limits = Limits { connections: 8, connections_per_peer: 2, ..Limits::for_descriptors(1024) };
    for (proxy, status) in [("127.0.0.1/32", "HTTP/1.1 401"), ("192.0.2.1/32", "HTTP/1.1 503")] {
        let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = tcp.local_addr().expect("its address");
        let proxies = [proxy.parse().expect("a network")];
        served.answer_at(Listener::from(tcp).behind(&proxies), limits.clone());
        let _silent = futures_util::future::join_all((0..4).map(|_| TcpStream::connect(address))).await;
        let answer = ask(address, &lines(&["host: localhost"])).await;
        assert!(answer.starts_with(status), "{proxy}: {answer}");
    }
}

#[tokio::test]
async fn a_thousand_connections_of_one_address_leave_room_for_the_shell_and_are_given_back() {
    let served = Served::new().await;
    let limits = Limits { connections: 400, connections_per_peer: 200, ..Limits::for_descriptors(1024) };
    let tcp = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = tcp.local_addr().expect("its address");
    served.answer_at(Listener::from(tcp).counted_by(served.app.edge.metrics().clone()), limits);
    // Both ends of each are in this process.
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).expect("limits");
    setrlimit(Resource::RLIMIT_NOFILE, soft.max(4096).min(hard), hard).expect("so many descriptors");
    let mut silent = Vec::new();
    for _ in 0..1000 {
        silent.push(timeout(LIMIT, TcpStream::connect(address)).await.expect("in time").expect("a connection"));
    }
    let shell = format!("authorization: Bearer {}\r\n", served.app.access.token());
    // The reserved places are taken by earlier connections, for a second each.
    let began = Instant::now();
    let metrics = loop {
        let metrics = metrics_at(address, &shell).await;
        if metrics.starts_with("HTTP/1.1 200") {
            break metrics;
        }
        assert!(began.elapsed() < LIMIT, "{metrics}");
    };
    let figure = |name: &str| -> u64 {
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)).expect(name);
        line.trim().parse().expect("a number")
    };
    assert!((200..=200 + 16).contains(&figure("jac_connections ")), "{metrics}");
    assert!(figure("jac_connections_refused_total ") >= 1000 - 200 - 16, "{metrics}");
    drop(silent);
    let began = Instant::now();
    while !ask(address, &lines(&["host: localhost"])).await.starts_with("HTTP/1.1 401") {
        assert!(began.elapsed() < LIMIT, "places are given back");
    }
}
