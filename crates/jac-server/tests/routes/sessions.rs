//! Sessions in a Redis that two servers share, with the real redis-server: one sign-in for both, its limits and its end, and what happens
//! while Redis is unavailable or after it has lost all data.

use crate::log::Log;
use crate::redis_server::{PASSWORD, RedisServer};
use crate::served::{Answer, Served};
use crate::socket::Socket;
use axum::body::Body;
use http::{Method, Request, StatusCode, header};
use jac_engine::Settings;
use jac_model::{TokenScope, UserRole};
use jac_server::Edge;
use jac_server::config::{OidcConfig, RedisUrl, ServerConfig, SessionConfig};
use jac_server::listen::Peer;
use jac_store::{PersonChange, TokenRow};
use redis::Commands;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// No wait takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
const SIGNED_OUT: &str = r#"42["signed_out",{"code":"signed_out"}]"#;
const LONG_PASSWORD: &str = "correct horse battery staple";

type Caller = [(&'static str, String); 2];

/// A server whose administrator has signed in.
async fn served(redis: &RedisServer) -> Served {
    served_with(redis, SessionConfig::USUAL).await
}

async fn served_with(redis: &RedisServer, session: SessionConfig) -> Served {
    let redis = RedisUrl::parse(&redis.url());
    assert!(redis.is_some());
    Served::with_edge(Settings::default(), Edge::new(ServerConfig { redis, session, ..ServerConfig::default() })).await
}

fn own(served: &Served) -> Caller {
    [("cookie", served.cookie.clone()), ("x-jac-page", served.page.clone())]
}

async fn call(served: &Served, caller: &Caller, method: Method, path: &str, body: &str) -> Answer {
    let headers: Vec<(&str, &str)> = caller.iter().map(|(name, value)| (*name, value.as_str())).collect();
    served.call(method, path, &headers, body).await
}

/// The status and the code that a session gets.
async fn asked(served: &Served, caller: &Caller) -> (u16, String) {
    let answer = call(served, caller, Method::GET, "/session", "").await;
    (answer.status.as_u16(), answer.code().to_owned())
}

fn signed_in() -> (u16, String) {
    (200, String::new())
}

fn signed_out() -> (u16, String) {
    (401, "signed_out".to_owned())
}

fn unavailable() -> (u16, String) {
    (503, "sessions_unavailable".to_owned())
}

/// Repeats the request until it gets this answer.
async fn until(served: &Served, caller: &Caller, expected: (u16, String)) {
    let began = Instant::now();
    loop {
        let found = asked(served, caller).await;
        if found == expected {
            return;
        }
        assert!(began.elapsed() < LIMIT, "{found:?}, not {expected:?}");
        sleep(Duration::from_millis(20)).await;
    }
}

fn of_answer(answer: &Answer) -> Caller {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text").split(';').next().expect("a cookie");
    [("cookie", cookie.to_owned()), ("x-jac-page", answer.body["page"].as_str().expect("a secret").to_owned())]
}

/// Adds an account there, with a password.
async fn add(served: &Served, id: &str, name: &str) {
    let store = served.app.engine.store();
    store.add_person(id, name, UserRole::Member, Vec::new(), served.app.engine.now_ms()).await.expect("added");
    let person = store.person(id).await.expect("there");
    let link = jac_server::new_sign_in_link(store, &person.id, 60_000, served.app.engine.now_ms()).await;
    let link = link.expect("a link");
    let token = link.split("token=").nth(1).expect("a token");
    let opened = served.call(Method::POST, "/session", &[], &format!(r#"{{"token":"{token}"}}"#)).await;
    let session = of_answer(&opened);
    let body = format!(r#"{{"password":"{LONG_PASSWORD}"}}"#);
    let set = call(served, &session, Method::PUT, "/account/password", &body).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.body);
    let again = call(served, &session, Method::PUT, "/account/password", &body).await;
    assert_eq!(again.code(), "password_wrong", "a session that a link opened sets a password once");
    let out = call(served, &session, Method::DELETE, "/session", "").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
}

async fn sign_in(served: &Served, name: &str) -> Caller {
    let body = serde_json::json!({ "name": name, "password": LONG_PASSWORD }).to_string();
    of_answer(&served.call(Method::POST, "/session/password", &[], &body).await)
}

#[tokio::test]
async fn who_signs_in_on_one_server_is_signed_in_on_the_other_and_signs_out_of_both() {
    let redis = RedisServer::start();
    let (one, two) = (served(&redis).await, served(&redis).await);
    assert_ne!(one.app.engine.installation(), two.app.engine.installation());
    assert!(one.cookie.starts_with("jac_session="), "{}", one.cookie);
    let answer = call(&two, &own(&one), Method::GET, "/session", "").await;
    assert_eq!((answer.status, &answer.body["user"]["id"]), (StatusCode::OK, &"admin".into()));
    let half = [("cookie", one.cookie.clone()), ("x-jac-page", "0".to_owned())];
    let half = call(&two, &half, Method::GET, "/session", "").await;
    assert_eq!(half.code(), "foreign_request", "the cookie alone is half of it there too");
    let out = call(&two, &own(&one), Method::DELETE, "/session", "").await;
    assert_eq!(out.status, StatusCode::NO_CONTENT);
    assert_eq!(asked(&one, &own(&one)).await, signed_out());
    assert_eq!(asked(&two, &own(&one)).await, signed_out());
    assert_eq!(asked(&one, &own(&two)).await, signed_in(), "the other session continues");
}

#[tokio::test]
async fn a_session_is_of_who_has_the_account_on_the_server_that_is_asked() {
    let redis = RedisServer::start();
    let (one, two) = (served(&redis).await, served(&redis).await);
    add(&one, "u-1", "Ada").await;
    let ada = sign_in(&one, "Ada").await;
    assert_eq!(asked(&two, &ada).await, signed_out(), "nobody is called so there");
    add(&two, "u-2", "ada").await;
    assert_eq!(asked(&two, &ada).await, signed_out(), "the account is younger than the session");
    let ada = sign_in(&one, "Ada").await;
    let there = call(&two, &ada, Method::GET, "/session", "").await;
    assert_eq!((&there.body["user"]["id"], &there.body["user"]["name"]), (&"u-2".into(), &"ada".into()));
    let now_ms = two.app.engine.now_ms();
    let disabled = |disabled| PersonChange { disabled: Some(disabled), ..PersonChange::default() };
    // As the shell of that machine does it, without access to Redis.
    two.app.engine.store().change_person("u-2", disabled(true), now_ms).await.expect("changed");
    assert_eq!(asked(&two, &ada).await, signed_out());
    assert_eq!(asked(&one, &ada).await, signed_in());
    two.app.engine.store().change_person("u-2", disabled(false), now_ms + 1).await.expect("changed");
    assert_eq!(asked(&two, &ada).await, signed_out(), "she was signed out there");
    let answer = one.as_owner(Method::PATCH, "/people/u-1", r#"{"disabled":true}"#).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(asked(&one, &ada).await, signed_out());
    assert_eq!(redis.keys("jac:sessions-of:name:ada"), Vec::<String>::new(), "and by the server everywhere");
}

#[tokio::test]
async fn a_session_ends_when_it_is_not_used_and_at_its_end_in_any_case() {
    let redis = RedisServer::start();
    let hour = 3_600_000_i64;
    let limits = SessionConfig { idle: Duration::from_secs(3600), absolute: Duration::from_secs(10 * 3600) };
    let one = served_with(&redis, limits).await;
    let me = own(&one);
    let mut connection = redis.connection();
    let key = redis.keys("jac:session:").into_iter().next().expect("a session");
    let mut set = |field: &str, ms: i64| {
        let ms = one.app.engine.now_ms() + ms;
        let () = connection.hset(&key, field, ms).expect("set");
        let () = connection.pexpire(&key, 60_000).expect("set");
    };
    let life = || -> i64 { redis.connection().pttl(&key).expect("a time") };
    assert!(life() > hour - 60_000 && life() <= hour, "it is gone by itself: {}", life());
    set("last_used_ms", -hour + 60_000);
    assert_eq!(asked(&one, &me).await, signed_in());
    assert!(life() > hour - 60_000, "it was used: {}", life());
    set("last_used_ms", -hour / 2);
    set("expires_ms", 120_000);
    assert_eq!(asked(&one, &me).await, signed_in());
    assert!((60_001..=120_000).contains(&life()), "no use makes it live beyond its end: {}", life());
    set("expires_ms", 1500);
    until(&one, &me, signed_out()).await;
    set("expires_ms", hour);
    set("last_used_ms", -hour);
    assert_eq!(asked(&one, &me).await, signed_out(), "it was not used for an hour");

    let short = SessionConfig { idle: Duration::from_millis(1500), ..SessionConfig::USUAL };
    let two = served_with(&redis, short).await;
    let began = Instant::now();
    // A request would count as a use of it.
    while redis.keys("jac:session:").contains(&key) || redis.keys("jac:session:").len() > 1 {
        drop(connection.del::<_, ()>(&key));
        assert!(began.elapsed() < LIMIT);
        sleep(Duration::from_millis(20)).await;
    }
    let began = Instant::now();
    while !redis.keys("jac:session:").is_empty() {
        assert!(began.elapsed() < LIMIT, "it is still there");
        sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(asked(&two, &own(&two)).await, signed_out());
}

#[tokio::test]
async fn ones_sessions_of_all_servers_are_listed_and_ended_from_any() {
    let redis = RedisServer::start();
    let (one, two) = (served(&redis).await, served(&redis).await);
    let list = async |served: &Served, caller: &Caller| {
        let answer = call(served, caller, Method::GET, "/account/sessions", "").await;
        answer.body.as_array().expect("sessions").clone()
    };
    let sessions = list(&one, &own(&one)).await;
    assert_eq!(sessions.len(), 2);
    let other = sessions.iter().find(|session| session["current"] == false).expect("that of the other server");
    let path = format!("/account/sessions/{}", other["id"].as_str().expect("an id"));
    assert_eq!(call(&one, &own(&one), Method::DELETE, &path, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(asked(&two, &own(&two)).await, signed_out());
    let again = call(&one, &own(&one), Method::DELETE, &path, "").await;
    assert_eq!((again.status, again.code()), (StatusCode::NOT_FOUND, "not_found"));
    assert_eq!(list(&two, &own(&one)).await.len(), 1);
    // A session that a full Redis had evicted could no longer be ended.
    let () = redis.connection().del("jac:sessions-of:name:administrator").expect("deleted");
    assert_eq!(asked(&one, &own(&one)).await, signed_out());
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_on_all_servers() {
    let redis = RedisServer::start();
    let (one, two) = (served(&redis).await, served(&redis).await);
    for (served, id) in [(&one, "u-1"), (&two, "u-2")] {
        add(served, id, "Ada").await;
    }
    let (here, there) = (sign_in(&one, "Ada").await, sign_in(&two, "Ada").await);
    assert_eq!(asked(&one, &there).await, signed_in());
    let body = format!(r#"{{"current":"{LONG_PASSWORD}","password":"another good long one"}}"#);
    let set = call(&one, &here, Method::PUT, "/account/password", &body).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.body);
    assert_eq!(asked(&two, &there).await, signed_out());
    assert_eq!(asked(&one, &here).await, signed_in());
    assert_eq!(asked(&one, &own(&one)).await, signed_in(), "nobody else's");
}

#[tokio::test]
async fn live_connections_of_a_session_that_ends_on_another_server_are_cut_off() {
    let redis = RedisServer::start();
    let (one, two) = (served(&redis).await, served(&redis).await);
    let address = two.listen().await;
    let mut page = Socket::welcomed(address, &one.cookie, &one.page).await;
    let mut other = Socket::welcomed(address, &two.cookie, &two.page).await;
    assert_eq!(call(&one, &own(&one), Method::DELETE, "/session", "").await.status, StatusCode::NO_CONTENT);
    let said = page.until_it_ends().await;
    assert_eq!(said.first().map(String::as_str), Some(SIGNED_OUT), "{said:?}");
    let answer = other.ask(1, r#"["subscribe_run",7]"#).await;
    assert_eq!(answer["error"]["code"], "subscription_invalid", "the other is served: {answer}");
}

#[tokio::test]
async fn an_outage_of_redis_delays_no_later_sign_in() {
    let mut redis = RedisServer::start();
    let oidc = OidcConfig {
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: "jac".to_owned(),
        client_secret: None,
        name: "Company".to_owned(),
        groups_claim: "groups".to_owned(),
        role_groups: BTreeMap::new(),
        team_groups: BTreeMap::new(),
    };
    let config = ServerConfig { redis: RedisUrl::parse(&redis.url()), oidc: Some(oidc), ..ServerConfig::default() };
    let served = Served::with_edge(Settings::default(), Edge::new(config)).await;
    let come_back = async || {
        let request = Request::get("/api/v1/session/company/callback?state=s&code=c").header("cookie", "jac_company=b");
        let mut request = request.body(Body::empty()).expect("a request");
        request.extensions_mut().insert(Peer("192.0.2.1".parse().expect("an address")));
        served.send(request).await.headers[header::LOCATION].to_str().expect("text").to_owned()
    };
    redis.kill();
    for _ in 0..15 {
        assert_eq!(come_back().await, "/sign-in#fault=sessions_unavailable");
    }
    redis.start_again();
    let began = Instant::now();
    while come_back().await == "/sign-in#fault=sessions_unavailable" {
        assert!(began.elapsed() < LIMIT, "it is there again");
    }
    assert_eq!(come_back().await, "/sign-in#fault=company_expired", "what nobody has begun is a guess");
    for _ in 0..15 {
        come_back().await;
    }
    assert_eq!(come_back().await, "/sign-in#fault=sign_in_delayed");
}

#[tokio::test]
async fn while_redis_is_away_the_answer_is_clear_tokens_go_on_and_the_log_says_it_once() {
    let (log, _listening) = Log::listen();
    let mut redis = RedisServer::that_remembers();
    let one = served(&redis).await;
    add(&one, "u-1", "Ada").await;
    let me = own(&one);
    let address = one.listen().await;
    let mut page = Socket::welcomed(address, &one.cookie, &one.page).await;
    let token = TokenRow {
        id: "k-1".to_owned(),
        name: "ci".to_owned(),
        scope: TokenScope::Read,
        created_ms: 0,
        expires_ms: None,
        last_used_ms: None,
    };
    one.app.engine.store().add_token("admin", "jac_1", token).await.expect("written");

    redis.kill();
    for _ in 0..5 {
        assert_eq!(asked(&one, &me).await, unavailable());
    }
    let answer = call(&one, &me, Method::GET, "/runs", "").await;
    assert_eq!((answer.status.as_u16(), answer.code()), (503, "sessions_unavailable"));
    assert!(answer.headers.contains_key("retry-after"));
    for (path, body) in [
        ("/session/password", format!(r#"{{"name":"Ada","password":"{LONG_PASSWORD}"}}"#)),
        ("/session", format!(r#"{{"token":"{}"}}"#, link_token(&one).await)),
    ] {
        let answer = one.call(Method::POST, path, &[], &body).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (503, "sessions_unavailable"), "{path}");
    }
    let shell = format!("Bearer {}", one.app.access.token());
    for bearer in ["Bearer jac_1", &shell] {
        let runs = one.call(Method::GET, "/runs", &[("authorization", bearer)], "").await;
        assert_eq!(runs.status, StatusCode::OK, "{}", runs.body);
    }
    let body = r#"{"password":"another good long one"}"#;
    let set = one.call(Method::PUT, "/account/password", &[("authorization", &shell)], body).await;
    assert_eq!((set.status.as_u16(), set.code()), (503, "sessions_unavailable"), "it would not end what it should");
    let disabled = one.call(Method::PATCH, "/people/u-1", &[("authorization", &shell)], r#"{"disabled":true}"#).await;
    assert_eq!(disabled.status, StatusCode::OK, "somebody can be shut out all the same: {}", disabled.body);
    assert_eq!(readiness(&one).await, (503, serde_json::json!(["sessions_unavailable"])));
    assert_eq!(Socket::open(address, &[("cookie", &one.cookie)]).await.err(), Some(503));
    let answer = page.ask(1, r#"["subscribe_run",{"run_id":"r-22222222"}]"#).await;
    assert_eq!(
        answer["error"]["code"], "sessions_unavailable",
        "its page gets the error, and is not signed out: {answer}"
    );

    redis.start_again();
    until(&one, &me, signed_in()).await;
    assert_eq!(readiness(&one).await, (200, serde_json::json!([])));
    let answer = page.ask(2, r#"["subscribe_run",7]"#).await;
    assert_eq!(answer["error"]["code"], "subscription_invalid", "it continued: {answer}");
    let began = Instant::now();
    while !log.text().contains("can be used again") {
        assert!(began.elapsed() < LIMIT, "{}", log.text());
        sleep(Duration::from_millis(20)).await;
    }
    let said = log.text();
    let lines = |word: &str| said.lines().filter(|line| line.contains(word)).count();
    assert_eq!((lines("ERROR"), lines("sessions_unavailable"), lines("can be used again")), (1, 1, 1), "{said}");
    assert!(!said.contains(PASSWORD), "{said}");
}

async fn link_token(served: &Served) -> String {
    let engine = &served.app.engine;
    let link = jac_server::new_sign_in_link(engine.store(), "admin", 60_000, engine.now_ms()).await.expect("a link");
    link.split("token=").nth(1).expect("a token").to_owned()
}

async fn readiness(served: &Served) -> (u16, serde_json::Value) {
    let answer = served.send(http::Request::get("/readyz").body(axum::body::Body::empty()).expect("a request")).await;
    (answer.status.as_u16(), answer.body["codes"].clone())
}

#[tokio::test]
async fn a_redis_that_says_nothing_is_waited_for_a_moment_only() {
    let redis = RedisServer::start();
    let one = served(&redis).await;
    redis.pause();
    let began = Instant::now();
    assert_eq!(asked(&one, &own(&one)).await, unavailable());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    redis.go_on();
    until(&one, &own(&one), signed_in()).await;
}

#[tokio::test]
async fn a_redis_that_has_forgotten_everything_has_signed_everybody_out() {
    let mut redis = RedisServer::start();
    let one = served(&redis).await;
    let address = one.listen().await;
    let mut page = Socket::welcomed(address, &one.cookie, &one.page).await;
    redis.kill();
    redis.start_again();
    until(&one, &own(&one), signed_out()).await;
    let said = page.until_it_ends().await;
    assert_eq!(said.first().map(String::as_str), Some(SIGNED_OUT), "{said:?}");
    let (cookie, page) = one.sign_in().await;
    assert_eq!(asked(&one, &[("cookie", cookie), ("x-jac-page", page)]).await, signed_in());
}

#[tokio::test]
async fn no_secret_of_a_session_is_in_redis_or_on_its_disk() {
    let redis = RedisServer::that_remembers();
    let one = served(&redis).await;
    add(&one, "u-1", "Ada").await;
    let ada = sign_in(&one, "Ada").await;
    let token = link_token(&one).await;
    let by_link = one.call(Method::POST, "/session", &[], &format!(r#"{{"token":"{token}"}}"#)).await;
    let by_link = of_answer(&by_link);
    let kept = redis.everything();
    // Check that there are any data at all.
    let digest = |secret: &str| hex::encode(<sha2::Sha256 as sha2::Digest>::digest(secret));
    for caller in [own(&one), ada, by_link] {
        let [(_, cookie), (_, page)] = caller;
        let cookie = cookie.split('=').nth(1).expect("a secret");
        for secret in [cookie, &page] {
            assert!(kept.contains(&digest(secret)), "its digest is kept");
            assert!(!kept.contains(secret), "{kept}");
        }
    }
    assert!(kept.contains(&digest(&token)) && !kept.contains(&token) && !kept.contains(LONG_PASSWORD), "{kept}");
}
