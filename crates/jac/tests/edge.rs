//! `jac serve`, `jac config`, `jac admin` and `jac login` as an operator uses them: errors, TLS with the shell's own address, users and
//! their tokens, and shutting down.

#[path = "edge/people.rs"]
mod people;
#[path = "edge/place.rs"]
mod place;
#[path = "../../jac-server/tests/routes/redis_server.rs"]
#[expect(dead_code, reason = "the tests of the routes use all of it")]
mod redis_server;
#[path = "edge/runs.rs"]
mod runs;
#[path = "edge/targets.rs"]
mod targets;

use place::{LIMIT, Place, Server, WITH_TLS, err, out};
use redis_server::{PASSWORD, RedisServer};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn config_check_names_the_place_of_every_setting_and_shows_no_secret() {
    let place = Place::new();
    place.write_config("max_upload_mb = 7\nsession_hours = 9\nredis_url = \"redis://:hunter2@localhost:6379\"\n");
    let token = place.0.path().join("metrics-token");
    std::fs::write(&token, "hunter3").expect("written");
    let arguments = ["config", "check", "--max-upload-mb", "9", "--metrics-token-file", token.to_str().expect("UTF-8")];
    let check = |more: &[&str]| {
        let mut command = place.jac(&[&arguments[..], more].concat());
        command.env("JAC_SESSION_HOURS", "10").env("JAC_MAX_UPLOAD_MB", "8").output().expect("jac starts")
    };
    let done = check(&[]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    let file = place.data().join("jac.toml");
    for line in [
        "listen = \"127.0.0.1:8080\"  # default".to_owned(),
        "max_upload_mb = 9  # --max-upload-mb".to_owned(),
        "session_hours = 10  # JAC_SESSION_HOURS".to_owned(),
        format!("redis_url = \"redis://…@localhost:6379\"  # {}", file.display()),
    ] {
        assert!(out(&done).lines().any(|printed| printed == line), "{line} in {}", out(&done));
    }
    assert!(out(&done).parse::<toml::Table>().is_ok(), "it is a configuration file itself: {}", out(&done));
    let json = check(&["--output", "json"]);
    let value: Value = serde_json::from_slice(&json.stdout).expect("JSON");
    assert_eq!(value["faults"], serde_json::json!([]));
    for output in [&done, &json] {
        assert!(!out(output).contains("hunter") && !err(output).contains("hunter"), "{}", out(output));
    }
    assert!(!place.data().join("jac.db").exists(), "it makes nothing");
}

#[test]
fn a_server_with_a_bad_configuration_reports_all_faults_and_does_not_start() {
    let place = Place::new();
    place.write_pair(2100);
    let own_key = std::fs::read(place.data().join("tls/key.pem")).expect("the key");
    place.write_pair(2100);
    std::fs::write(place.data().join("tls/key.pem"), own_key).expect("written");
    place.write_config(&format!("max_uplod_mb = 1\ntrusted_proxies = [\"proxy\"]\n{WITH_TLS}"));
    let faults = |command: &[&str]| {
        let done = place.jac(command).env("JAC_SESSION_HOURS", "none").output().expect("jac starts");
        assert_eq!(done.status.code(), Some(2), "{command:?}: {}", err(&done));
        let stderr = err(&done);
        let mut codes: Vec<String> = stderr
            .lines()
            .filter(|line| line.starts_with("error: "))
            .map(|line| {
                let key = line["error: ".len()..].split([' ', ':']).next().unwrap_or_default();
                let code = line.rsplit('[').next().unwrap_or_default().trim_end_matches(']');
                format!("{key} {code}")
            })
            .collect();
        codes.sort();
        codes
    };
    let expected = [
        "max_uplod_mb config_key_unknown",
        "public_url config_value_invalid",
        "session_hours config_value_invalid",
        "tls_key tls_pair_mismatch",
        "trusted_proxies config_value_invalid",
    ];
    assert_eq!(faults(&["serve", "--public-url", "jac.example"]), expected);
    assert_eq!(faults(&["config", "check", "--public-url", "jac.example"]), expected);
    assert!(!place.data().join("jac.db").exists(), "nothing was begun");
    let missing = place.jac(&["config", "check", "--config", "/nowhere/jac.toml"]).output().expect("jac starts");
    assert_eq!(missing.status.code(), Some(2));
    assert!(err(&missing).contains("[config_file_unreadable]"), "{}", err(&missing));
}

/// `GET path` over HTTPS by a client that trusts this certificate; returns the status and body.
fn get(certificate: &str, url: &str) -> Result<(u16, String), reqwest::Error> {
    let root = reqwest::Certificate::from_pem(certificate.as_bytes())?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let client = reqwest::Client::builder().tls_certs_only([root]).timeout(Duration::from_secs(20)).build()?;
        let answer = client.get(url).send().await?;
        Ok((answer.status().as_u16(), answer.text().await?))
    })
}

#[test]
fn a_server_with_tls_serves_browsers_by_it_and_its_own_shell_without() {
    let place = Place::new();
    let certificate = place.write_pair(2100);
    place.write_config(WITH_TLS);
    let mut server = Server::start(&place, &["--public-url", "https://jac.example"]);
    assert!(server.url.starts_with("https://127.0.0.1:"), "{}", server.url);
    assert_eq!(get(&certificate, &format!("{}/healthz", server.url)).expect("an answer"), (200, "ok\n".to_owned()));
    let file = place.server_file();
    assert_eq!(file["public_url"], "https://jac.example");
    assert!(file["url"].as_str().is_some_and(|url| url.starts_with("http://127.0.0.1:")), "{file}");
    for arguments in [&["cluster", "list"][..], &["cluster", "list", "--server", "https://jac.example"]] {
        let listed = place.jac(arguments).output().expect("jac starts");
        assert_eq!(listed.status.code(), Some(0), "{arguments:?}: {}", err(&listed));
    }
    let link = place.jac(&["admin", "link"]).output().expect("jac starts");
    assert!(out(&link).starts_with("https://jac.example/sign-in"), "{}", out(&link));
    let health = place.jac(&["health"]).output().expect("jac starts");
    assert_eq!(health.status.code(), Some(0), "{}", err(&health));
    let check = place.jac(&["config", "check"]).output().expect("jac starts");
    assert_eq!(check.status.code(), Some(0), "beside a living server: {}", err(&check));

    // A new pair of files, which the next check finds.
    let renewed = place.write_pair(2101);
    let began = Instant::now();
    while get(&renewed, &format!("{}/healthz", server.url)).is_err() {
        assert!(began.elapsed() < LIMIT, "the new certificate is not used");
    }
    assert!(get(&certificate, &format!("{}/healthz", server.url)).is_err(), "the old one is gone");
    assert_eq!(server.end().0, Some(0));
    let log = std::fs::read_to_string(place.0.path().join("serve.log")).expect("the log");
    assert!(log.contains(" INFO ") && !log.contains('\u{1b}'), "colours are for terminals: {log}");
}

#[test]
fn an_expired_certificate_is_reported_once_and_stops_no_server() {
    let place = Place::new();
    place.write_pair(2021);
    place.write_config(WITH_TLS);
    let check = place.jac(&["config", "check"]).output().expect("jac starts");
    assert_eq!(check.status.code(), Some(2));
    assert!(err(&check).contains("[tls_certificate_expired]"), "{}", err(&check));
    let mut server = Server::start(&place, &[]);
    let listed = place.jac(&["cluster", "list"]).output().expect("jac starts");
    assert_eq!(listed.status.code(), Some(0), "{}", err(&listed));
    assert_eq!(server.end().0, Some(0));
    let log = std::fs::read_to_string(place.0.path().join("serve.log")).expect("the log");
    assert_eq!(log.matches("tls_certificate_expired").count(), 1, "{log}");
}

#[test]
fn a_redis_over_tls_is_used_when_its_certificate_is_one_that_is_trusted() {
    let place = Place::new();
    place.write_pair(2100);
    let pair = place.data().join("tls");
    let redis = RedisServer::with_tls(&pair);
    place.write_config(&format!("listen = \"127.0.0.1:0\"\nredis_url = \"{}\"\n", redis.url()));
    for (is_trusted, ready) in [(true, "200"), (false, "503")] {
        let mut command = place.jac(&["serve"]);
        if is_trusted {
            command.env("SSL_CERT_FILE", pair.join("cert.pem"));
        }
        let mut server = Server::spawn(&place, command);
        for _ in 0..3 {
            let request = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            let mut answer = String::new();
            connect(server.address(), request).read_to_string(&mut answer).expect("an answer");
            assert!(answer.starts_with(&format!("HTTP/1.1 {ready}")), "{answer}");
            assert_eq!(answer.contains("sessions_unavailable"), !is_trusted, "{answer}");
        }
        assert_eq!(server.end().0, Some(0));
        let log = std::fs::read_to_string(place.0.path().join("serve.log")).expect("the log");
        assert_eq!(log.matches("sessions_unavailable").count(), usize::from(!is_trusted), "{log}");
        assert!(!log.contains(PASSWORD), "{log}");
    }
}

fn connect(address: &str, begun: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).expect("a connection");
    stream.set_read_timeout(Some(LIMIT)).expect("set");
    stream.write_all(begun.as_bytes()).expect("sent");
    stream
}

#[test]
fn sigterm_ends_a_server_in_time_whoever_is_connected() {
    let place = Place::new();
    place.write_pair(2100);
    for config in ["listen = \"127.0.0.1:0\"", WITH_TLS] {
        place.write_config(config);
        let mut server = Server::start(&place, &[]);
        let token = place.server_file()["token"].as_str().expect("a token").to_owned();
        let head = format!("POST /api/v1/plans HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n");
        // Silent, in the middle of a header, in the middle of a body, and kept open after an answer.
        let clients = [
            String::new(),
            "GET /api".to_owned(),
            format!("{head}content-type: multipart/form-data; boundary=x\r\ncontent-length: 100000\r\n\r\n--x\r\n"),
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n".to_owned(),
        ];
        let _open: Vec<TcpStream> = clients.iter().map(|begun| connect(server.address(), begun)).collect();
        // A later request was answered, so the server has seen all of them.
        let url = place.server_file()["url"].as_str().expect("an address").to_owned();
        let request = format!(
            "GET /api/v1/session HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n"
        );
        let mut last = connect(url.trim_start_matches("http://"), &request);
        let mut answer = String::new();
        last.read_to_string(&mut answer).expect("an answer");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        let (code, took) = server.end();
        assert_eq!(code, Some(0));
        assert!(took < Duration::from_secs(10), "{took:?}");
        assert!(!place.data().join("server.json").exists());
    }
}

#[test]
fn saving_credentials_says_what_it_waits_for_and_gives_up_in_time() {
    let place = Place::new();
    // AWS is not reached: connections are accepted by the kernel, and nothing is answered.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut command = place.jac(&["credentials", "aws", "--save", "--region", "eu-central-1"]);
    command.env("AWS_ACCESS_KEY_ID", "AKIATEST").env("AWS_SECRET_ACCESS_KEY", "secret");
    command.env("AWS_ENDPOINT_URL_STS", format!("http://{}", silent.local_addr().expect("its address")));
    let began = Instant::now();
    let done = command.output().expect("jac starts");
    assert!(began.elapsed() < Duration::from_secs(40), "it took {:?}", began.elapsed());
    assert_ne!(done.status.code(), Some(0));
    let lines = err(&done);
    assert!(lines.contains("Testing the credentials with AWS"), "{lines}");
    assert!(lines.contains("--no-test"), "{lines}");
}

#[test]
fn the_wrong_scheme_is_named_with_the_right_one() {
    let place = Place::new();
    place.write_pair(2100);
    place.write_config(WITH_TLS);
    let server = Server::start(&place, &[]);
    let plain = format!("http://{}", server.address());
    let done = place.jac(&["plans", "list", "--server", &plain]).env("JAC_TOKEN", "t").output().expect("jac starts");
    assert_eq!(done.status.code(), Some(3), "{}", err(&done));
    assert!(err(&done).contains("hint: Use https://"), "{}", err(&done));
}
