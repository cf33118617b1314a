//! Live events over a real Socket.IO connection: who may connect, what is rejected and how, and who is disconnected.

use crate::served::Served;
use crate::socket::Socket;
use crate::things::run;
use http::{Method, StatusCode};
use jac_engine::{EngineError, administrator};
use jac_model::Run;
use jac_server::listen::Limits;
use serde_json::json;
use std::time::{Duration, Instant};

/// The server's message before it disconnects a client without permission.
const SIGNED_OUT: &str = r#"42["signed_out",{"code":"signed_out"}]"#;

#[tokio::test]
async fn a_page_that_is_signed_in_hears_of_changes_and_gets_the_run_that_it_asks_for() {
    let served = Served::new().await;
    let address = served.listen().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let own_page = format!("http://{address}");
    let headers = [("cookie", served.cookie.as_str()), ("origin", &own_page)];
    let mut page = Socket::connect(address, &headers, &served.page).await;
    page.wait_for("40").await;
    let answer = page.ask(1, &format!(r#"["subscribe_run",{{"run_id":"{id}","after":0}}]"#)).await;
    assert_eq!((&answer["run_id"], &answer["run"]["phase"]), (&json!(id), &json!("finished")), "{answer}");
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await;
    assert_eq!(plan.status, StatusCode::CREATED);
    let changed = page.wait_for("42").await;
    assert_eq!(changed, format!(r#"["changed",{{"kind":"plan","id":{}}}]"#, plan.body["id"]));
}

#[tokio::test]
async fn strangers_and_pages_of_other_origins_get_no_connection() {
    let served = Served::new().await;
    let address = served.listen().await;
    let cookie = served.cookie.as_str();
    let forged = format!("{}=0000", cookie.split('=').next().expect("a name"));
    let bearer = format!("Bearer {}", served.app.access.token());
    let callers: [(&[(&'static str, &str)], u16); 8] = [
        (&[], 401),
        (&[("cookie", "jac_session=")], 401),
        (&[("cookie", &forged)], 401),
        (&[("authorization", "Bearer 0")], 401),
        // The shell's token is for REST; no part of JAC connects with it, so nobody may.
        (&[("authorization", &bearer)], 401),
        (&[("cookie", cookie), ("origin", "http://127.0.0.1:1")], 403),
        (&[("cookie", cookie), ("origin", "https://evil.example")], 403),
        (&[("cookie", cookie), ("origin", "null")], 403),
    ];
    for (headers, status) in callers {
        let refused = Socket::open(address, headers).await.err();
        assert_eq!(refused, Some(status), "{headers:?}");
    }
    // A cookie of the same name that another server of the host has set for a more specific path locks nobody out.
    let both = format!("{forged}; {cookie}");
    let mut page = Socket::connect(address, &[("cookie", &both)], &served.page).await;
    page.wait_for("40").await;
}

#[tokio::test]
async fn who_has_the_cookie_alone_hears_nothing() {
    let served = Served::new().await;
    let address = served.listen().await;
    let mut outside = Vec::new();
    for hello in ["40", "40{}", r#"40{"page":7}"#, r#"40{"page":"0000"}"#] {
        let mut socket = Socket::open(address, &[("cookie", &served.cookie)]).await.expect("it is accepted");
        socket.say(hello).await;
        let refused = socket.wait_for("44").await;
        assert_eq!(refused, r#"{"message":"signed_out"}"#, "{hello}");
        socket.say(r#"421["subscribe_run",{"run_id":"r-22222222"}]"#).await;
        outside.push(socket);
    }
    let mut page = Socket::welcomed(address, &served.cookie, &served.page).await;
    assert_eq!(served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.status, StatusCode::CREATED);
    page.wait_for(r#"42["changed""#).await;
    assert_eq!(served.as_owner(Method::DELETE, "/session", "").await.status, StatusCode::NO_CONTENT);
    for mut socket in outside {
        let said = socket.until_it_ends().await;
        assert!(!said.iter().any(|packet| packet.contains("changed") || packet.starts_with("43")), "{said:?}");
    }
}

#[tokio::test]
async fn labels_are_followed_ten_at_a_time_and_a_run_that_nobody_follows_has_none() {
    let served = Served::new().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let ask = async |query: &str| served.as_owner(Method::GET, &format!("/runs/{id}/live/labels{query}"), "").await;
    let none = ask("?labels=%5B%22Buy%2C%20now%22%5D").await;
    assert_eq!((none.status, &none.body["labels"], &none.body["reset"]), (StatusCode::OK, &json!([]), &json!(true)));
    let eleven = serde_json::to_string(&[""; 11]).expect("JSON").replace('"', "%22");
    for (query, code) in [
        ("?labels=Buy".to_owned(), "labels_invalid"),
        (String::new(), "request_invalid"),
        (format!("?labels={eleven}"), "too_many_labels"),
    ] {
        let refused = ask(&query).await;
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (StatusCode::BAD_REQUEST, &json!(code)),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_window_and_the_nodes_of_a_run_that_nobody_follows_are_empty_or_from_its_folder() {
    let served = Served::new().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let ask = async |path: &str| served.as_owner(Method::GET, &format!("/runs/{id}/{path}"), "").await;
    let window = ask("live/window?from_ms=1&to_ms=5&labels=%5B%22Buy%22%5D").await;
    assert_eq!((window.status, &window.body["total"]["samples"]), (StatusCode::OK, &json!(0)), "{}", window.body);
    assert_eq!((&window.body["labels"], &window.body["together"]), (&json!([]), &json!(null)));
    assert_eq!(window.body["errors"], json!([]));
    for (query, code) in [
        ("from_ms=5&to_ms=5", "interval_empty"),
        ("from_ms=5", "request_invalid"),
        ("from_ms=1&to_ms=5&labels=Buy", "labels_invalid"),
    ] {
        assert_eq!(ask(&format!("live/window?{query}")).await.refusal(), (StatusCode::BAD_REQUEST, code), "{query}");
    }
    let beyond = ask("logs/master?from=18446744073709551615").await;
    assert_eq!(beyond.refusal(), (StatusCode::BAD_REQUEST, "from_invalid"));
    assert_eq!(ask("node-series").await.body, json!({ "every_ms": 5_000, "nodes": [] }));
    let look = |cpu: u32| json!({ "at_ms": 5, "cpu_percent": cpu, "memory_used_mb": 1, "heap_used_mb": null, "received_per_s": 1, "sent_per_s": 1, "lag_bytes": 7, "samples_per_s": 2.5 });
    let trace = |name: &str, cpu: u32| json!({ "name": name, "looks": [look(cpu)] });
    let series = json!({ "every_ms": 10_000, "nodes": [trace("master", 3), trace("worker-1", 90)] });
    let folder = served.app.engine.folder().run(&id);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("node-series.json"), series.to_string()).expect("written");
    assert_eq!(ask("node-series").await.body, series);
    let busiest = ask("node-series?limit=1").await.body;
    assert_eq!(busiest["nodes"], json!([trace("worker-1", 90)]));
    let listed = ask("artefacts").await.body;
    assert_eq!(listed[0]["name"], "node-series.json");
}

#[tokio::test]
async fn the_transactions_of_a_run_are_those_of_the_plan_that_it_ran() {
    let served = Served::new().await;
    let run = run(&served, "r-22222222", &administrator()).await;
    let ask = async || served.as_owner(Method::GET, &format!("/runs/{}/transactions", run.id), "").await;
    assert_eq!(ask().await.body, json!({}), "its plan is not there");
    let plan = r#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="TestPlanGui" testname="P"/><hashTree><ThreadGroup guiclass="ThreadGroupGui" testname="G"/>
        <hashTree><TransactionController guiclass="TransactionControllerGui" testname="Buy"/><hashTree><HTTPSamplerProxy guiclass="HttpTestSampleGui" testname="Pay"/><hashTree/></hashTree></hashTree></hashTree>
        </hashTree></jmeterTestPlan>"#;
    let name = |run: &mut Run| {
        run.main_file = "shop.jmx".to_owned();
        Ok(())
    };
    served.app.engine.store().update_run::<_, EngineError>(&run.id, name).await.expect("named");
    let file = served.app.engine.folder().run(&run.id).join("plan/shop.jmx");
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    std::fs::write(&file, plan).expect("written");
    assert_eq!(ask().await.body, json!({ "Buy": ["Pay"] }));
}

#[tokio::test]
async fn a_subscription_right_behind_the_greeting_is_answered() {
    let served = Served::new().await;
    let address = served.listen().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    for round in 0..100 {
        let mut page = Socket::welcomed(address, &served.cookie, &served.page).await;
        let answer = page.ask(1, &format!(r#"["subscribe_run",{{"run_id":"{id}"}}]"#)).await;
        assert_eq!(answer["run_id"], json!(id), "round {round}");
    }
}

#[tokio::test]
async fn one_person_has_so_many_live_pages_and_the_next_one_is_refused_and_others_are_let_in() {
    let served = Served::new().await;
    let address = served.listen_with(Limits::for_descriptors(4096)).await;
    let own = [("cookie", served.cookie.as_str())];
    let mut pages = Vec::new();
    let refused = loop {
        let mut page = Socket::connect(address, &own, &served.page).await;
        let answer = page.wait_for("4").await;
        if let Some(refused) = answer.strip_prefix('4') {
            break refused.to_owned();
        }
        pages.push(page);
        assert!(pages.len() < 1_000, "a thousand live pages of one person");
    };
    assert_eq!(refused, r#"{"message":"too_many_pages"}"#);
    let (cookie, secret) = served.sign_in_as_another().await;
    Socket::welcomed(address, &cookie, &secret).await;
    // One of the first user's connections is closed: there is room for another.
    drop(pages.pop());
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let mut page = Socket::connect(address, &own, &served.page).await;
        if page.wait_for("4").await.starts_with('0') {
            break;
        }
        assert!(Instant::now() < deadline, "its place is not given back");
    }
}

#[tokio::test]
async fn a_page_that_sends_subscriptions_without_end_is_refused_most_of_them() {
    let served = Served::new().await;
    let address = served.listen().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let mut page = Socket::welcomed(address, &served.cookie, &served.page).await;
    for number in 100..400 {
        page.say(&format!(r#"42{number}["subscribe_run",{{"run_id":"{id}"}}]"#)).await;
    }
    let mut refused = 0;
    // As many as fit into the queue of a page that does not read.
    for _ in 0..30 {
        refused += usize::from(page.wait_for("43").await.contains("too_many_subscriptions"));
    }
    assert!(refused > 0);
    let mut other = Socket::welcomed(address, &served.cookie, &served.page).await;
    assert_eq!(other.ask(1, &format!(r#"["subscribe_run",{{"run_id":"{id}"}}]"#)).await["run_id"], json!(id));
}

#[tokio::test]
async fn a_message_that_is_larger_than_any_of_ours_ends_the_connection() {
    let served = Served::new().await;
    let address = served.listen().await;
    let mut page = Socket::welcomed(address, &served.cookie, &served.page).await;
    let mut large = Socket::welcomed(address, &served.cookie, &served.page).await;
    large.try_to_say(&format!(r#"421["subscribe_run","{}"]"#, "x".repeat(1 << 20))).await;
    let said = large.until_it_ends().await;
    assert!(!said.iter().any(|packet| packet.starts_with("43")), "{said:?}");
    assert_eq!(page.ask(1, r#"["subscribe_run",7]"#).await["error"]["code"], "subscription_invalid");
}

#[tokio::test]
async fn what_cannot_be_subscribed_to_is_refused_in_a_sentence_and_the_page_goes_on() {
    let served = Served::new().await;
    let address = served.listen().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let mut page = Socket::welcomed(address, &served.cookie, &served.page).await;
    let unknown = page.ask(1, r#"["subscribe_run",{"run_id":"r-99999999","after":0}]"#).await;
    assert_eq!(unknown["error"]["code"], "not_found", "{unknown}");
    assert!(unknown["error"]["faults"].is_array() && unknown["error"]["message"].is_string(), "as by HTTP: {unknown}");
    let malformed = [
        r#"["subscribe_run"]"#,
        r#"["subscribe_run",null]"#,
        r#"["subscribe_run",7]"#,
        r#"["subscribe_run",{}]"#,
        r#"["subscribe_run",{"run_id":7}]"#,
        r#"["subscribe_run",{"run_id":"../../jac.db"}]"#,
        r#"["subscribe_run",{"run_id":"r-22222222","after":-1}]"#,
        r#"["subscribe_run",{"run_id":"r-22222222","after":1e99}]"#,
        r#"["subscribe_run",[[[[[[]]]]]]]"#,
    ];
    for (number, event) in (10..).zip(malformed) {
        let answer = page.ask(number, event).await;
        assert_eq!(answer["error"]["code"], "subscription_invalid", "{event}: {answer}");
    }
    // No acknowledgement was requested for these, and none is sent.
    for event in [r#"["unsubscribe_run",7]"#, r#"["subscribe_run",7]"#, r#"["nothing_that_there_is",{}]"#] {
        page.say(&format!("42{event}")).await;
    }
    let answer = page.ask(99, &format!(r#"["subscribe_run",{{"run_id":"{id}"}}]"#)).await;
    assert_eq!(answer["run_id"], json!(id), "the page is served as before");
}

#[tokio::test]
async fn a_connection_that_speaks_no_socket_io_is_ended_and_others_go_on() {
    let served = Served::new().await;
    let address = served.listen().await;
    let mut page = Socket::welcomed(address, &served.cookie, &served.page).await;
    for packet in ["nonsense", "4", "4nonsense", "42[", "42{}", "451-[\"subscribe_run\"]", "42/admin,[\"a\"]"] {
        let mut broken = Socket::welcomed(address, &served.cookie, &served.page).await;
        broken.say(packet).await;
        // Ended, or ignored: never an answer, and never a crash.
        broken.say(r#"421["subscribe_run",7]"#).await;
        while let Some(said) = broken.next().await {
            if said.starts_with("431") {
                break;
            }
            assert!(!said.starts_with("43"), "{packet}: {said}");
        }
    }
    let answer = page.ask(1, r#"["subscribe_run",7]"#).await;
    assert_eq!(answer["error"]["code"], "subscription_invalid", "{answer}");
}

#[tokio::test]
async fn who_signs_out_is_cut_off_on_all_pages_of_that_session_and_nobody_else_is() {
    let served = Served::new().await;
    let address = served.listen().await;
    let (other_cookie, other_page) = served.sign_in().await;
    let mut pages = [
        Socket::welcomed(address, &served.cookie, &served.page).await,
        Socket::welcomed(address, &served.cookie, &served.page).await,
    ];
    let mut other = Socket::welcomed(address, &other_cookie, &other_page).await;
    assert_eq!(served.as_owner(Method::DELETE, "/session", "").await.status, StatusCode::NO_CONTENT);
    for page in &mut pages {
        let said = page.until_it_ends().await;
        assert_eq!(said.first().map(String::as_str), Some(SIGNED_OUT), "{said:?}");
    }
    // The other session of the same user gets the next change; those that were disconnected do not.
    let headers = [("cookie", other_cookie.as_str()), ("x-jac-page", other_page.as_str())];
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let answer = other.ask(1, &format!(r#"["subscribe_run",{{"run_id":"{id}"}}]"#)).await;
    assert_eq!(answer["run_id"], json!(id));
    let deleted = served.call(Method::DELETE, &format!("/runs/{id}"), &headers, "").await;
    assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
    other.wait_for(r#"42["changed""#).await;
    for mut page in pages {
        page.try_to_say(&format!(r#"40{{"page":"{}"}}"#, served.page)).await;
        // A client that answers pings forever keeps no connection open.
        while let Some(next) = page.next().await {
            assert!(next.starts_with("44"), "nothing of the changes, and no way back in: {next}");
        }
    }
}

#[tokio::test]
async fn a_page_learns_why_its_session_ended() {
    let served = Served::new().await;
    let address = served.listen().await;
    for (code, how) in [
        ("session_revoked", "revoke"),
        ("password_changed", "password"),
        ("signed_out", "sign out"),
        ("session_expired", "expire"),
    ] {
        let (cookie, page) = served.sign_in().await;
        let mut socket = Socket::welcomed(address, &cookie, &page).await;
        let (own, theirs) = (served.sign_in().await, [("cookie", cookie.as_str()), ("x-jac-page", page.as_str())]);
        let own = [("cookie", own.0.as_str()), ("x-jac-page", own.1.as_str())];
        let sessions = served.call(Method::GET, "/account/sessions", &theirs, "").await.body;
        let current = sessions.as_array().expect("sessions").iter().find(|one| one["current"] == true).expect("it");
        let path = format!("/account/sessions/{}", current["id"].as_str().expect("an id"));
        let done = match how {
            "revoke" => served.call(Method::DELETE, &path, &own, "").await.status,
            "password" => {
                let body = r#"{"password":"correct horse battery staple"}"#;
                served.call(Method::PUT, "/account/password", &own, body).await.status
            }
            "sign out" => served.call(Method::DELETE, "/session", &theirs, "").await.status,
            _ => {
                let secret = cookie.split_once('=').expect("a value").1;
                served.app.engine.store().sign_out(secret).await.expect("as if its time were over");
                // The end of another session makes the server check all sessions, as the timer does.
                served.call(Method::DELETE, "/session", &own, "").await.status
            }
        };
        assert_eq!(done, StatusCode::NO_CONTENT, "{how}");
        let said = socket.until_it_ends().await;
        let expected = format!(r#"42["signed_out",{{"code":"{code}"}}]"#);
        assert_eq!(said.first(), Some(&expected), "{how}: {said:?}");
    }
}

#[tokio::test]
async fn events_that_come_after_the_end_has_begun_are_sent_to_nobody() {
    let served = Served::new().await;
    let address = served.listen().await;
    let own_page = format!("http://{address}");
    let headers = [("cookie", served.cookie.as_str()), ("origin", &own_page)];
    let mut page = Socket::connect(address, &headers, &served.page).await;
    page.wait_for("40").await;
    served.app.edge.closing().cancel();
    let tasks = async || {
        let figures = served.app.engine.figures().await.expect("figures");
        ["live_events", "live_sign_outs"].map(|kind| figures.tasks[kind])
    };
    let began = Instant::now();
    while tasks().await.iter().any(|task| task.running > 0) {
        assert!(began.elapsed() < Duration::from_secs(20), "it sends events on");
        let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await;
        assert_eq!(plan.status, StatusCode::CREATED);
    }
    assert!(tasks().await.iter().all(|task| task.panics == 0));
}
