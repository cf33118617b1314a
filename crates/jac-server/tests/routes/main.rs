//! The real router over a real database: who may call what, and the answers to bad input. No node is created here.

mod annotations;
mod audit;
mod billable;
mod checks;
mod connections;
mod edge;
#[path = "../../../jac-search/tests/engines/engine.rs"]
mod engine;
#[expect(dead_code, reason = "the engine opens the stores")]
#[path = "../../../jac-artefacts/tests/s3/gateway.rs"]
mod gateway;
mod history;
mod imports;
mod lists;
mod live;
mod log;
mod money;
mod people;
mod permissions;
mod plans;
mod pressure;
#[expect(dead_code, reason = "TLS is tried with the executable")]
mod redis_server;
mod results;
mod revising;
mod revisions;
mod runs;
mod schedules;
mod served;
mod sessions;
mod shares;
mod slow_bodies;
mod socket;
mod stores;
mod targets;
mod things;
mod tls;

use http::{Method, StatusCode};
use jac_engine::{Settings, administrator};
use served::Served;

/// Routes that do not require signing in.
const OPEN: &[(&str, &str)] = &[
    ("GET", "/sign-in"),
    ("POST", "/session"),
    ("POST", "/session/password"),
    ("POST", "/session/company"),
    ("GET", "/session/company/callback"),
    ("POST", "/shares/open"),
];

const PLAN: &[u8] = br#"<?xml version="1.0"?><jmeterTestPlan version="1.2"><hashTree><TestPlan guiclass="TestPlanGui" testname="P"/><hashTree/></hashTree></jmeterTestPlan>"#;

#[tokio::test]
async fn every_route_is_shut_to_strangers_and_to_other_pages() {
    let served = Served::new().await;
    let document = serde_json::to_value(jac_server::openapi::split().1).expect("a document");
    let mut walked = 0;
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let path = path.trim_start_matches("/api/v1").replace("{id}", "r-22222222").replace(['{', '}'], "");
        for method in methods.as_object().expect("methods").keys() {
            let method: Method = method.to_uppercase().parse().expect("a method");
            if OPEN.contains(&(method.as_str(), path.as_str())) {
                continue;
            }
            walked += 1;
            let stranger = served.call(method.clone(), &path, &[], "{}").await;
            assert_eq!(stranger.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(stranger.body["error"]["code"], "signed_out");
            let forged = served
                .call(
                    method.clone(),
                    &path,
                    &[
                        ("authorization", "Bearer 0"),
                        ("cookie", &format!("{}=0", served.cookie.split('=').next().expect("a name"))),
                    ],
                    "{}",
                )
                .await;
            assert_eq!(forged.status, StatusCode::UNAUTHORIZED, "{method} {path}");
            assert_eq!(forged.body["error"]["code"], "token_invalid");
            // Cookies are sent to every port of a host, so another server there may know half of a session.
            let other = ("cookie", served.cookie.as_str());
            for more in [("accept", "*/*"), ("x-jac-page", "0"), ("x-jac-request", "1")] {
                let other_page = served.call(method.clone(), &path, &[other, more], "{}").await;
                assert_eq!(other_page.status, StatusCode::FORBIDDEN, "{method} {path} {more:?}");
                assert_eq!(other_page.body["error"]["code"], "foreign_request");
            }
            let own = ("x-jac-page", served.page.as_str());
            let origin = ("origin", "http://127.0.0.1:9");
            let other_origin = served.call(method.clone(), &path, &[other, own, origin], "{}").await;
            assert_eq!(other_origin.status, StatusCode::FORBIDDEN, "{method} {path}");
        }
    }
    assert!(walked > 32, "{walked} routes");
}

#[tokio::test]
async fn a_bad_cluster_is_refused_with_all_its_faults() {
    let served = Served::new().await;
    for workers in ["-1", "10000", "\"two\""] {
        let body = format!(
            r#"{{"provider":"local","config":{{"workers":{workers},"heap_mb":null,"lifetime_minutes":0,"idle_minutes":0,"remove_after_run":false}}}}"#
        );
        let refused = served.as_owner(Method::POST, "/clusters", &body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{workers}");
        if workers == "-1" {
            let message = refused.body["error"]["message"].as_str().unwrap_or_default();
            assert!(message.contains("expected 0 to 200"), "{message}");
        }
        if workers == "10000" {
            assert_eq!(refused.body["error"]["faults"].as_array().map(Vec::len), Some(3), "{}", refused.body);
        }
    }
    assert_eq!(served.as_owner(Method::GET, "/clusters?ended=true", "").await.body["items"], serde_json::json!([]));
}

#[tokio::test]
async fn a_plan_is_taken_whole_or_not_at_all() {
    let served = Served::new().await;
    let taken = served.upload("/plans", &[("shop/shop.jmx", PLAN), ("shop/data/users.csv", b"user\nann\n")]).await;
    assert_eq!(taken.status, StatusCode::CREATED, "{}", taken.body);
    assert_eq!(taken.body["main_file"], "shop/shop.jmx");
    let id = taken.body["id"].as_str().expect("an id").to_owned();
    let file = served.as_owner(Method::GET, &format!("/plans/{id}/files/shop/data/users.csv"), "").await;
    assert_eq!(file.status, StatusCode::OK);

    type Upload<'a> = &'a [(&'a str, &'a [u8])];
    let refused: [(Upload, &str); 7] = [
        (&[], "upload_empty"),
        (&[("a.csv", b"1")], "no_plan"),
        (&[("a.jmx", b"no xml")], "not_a_plan"),
        (&[("a.jmx", b"")], "not_a_plan"),
        (&[("../a.jmx", PLAN)], "file_name"),
        (&[("a.zip", b"no zip")], "archive"),
        (&[("a.jmx", PLAN), ("data", b"1"), ("data/users.csv", b"1")], "file_name"),
    ];
    for (files, code) in refused {
        let answer = served.upload("/plans", files).await;
        assert_eq!(
            (answer.status, answer.body["error"]["code"].as_str()),
            (StatusCode::BAD_REQUEST, Some(code)),
            "{}",
            answer.body
        );
        assert!(
            answer.body["error"]["message"].as_str().is_some_and(|message| message.ends_with('.')),
            "{}",
            answer.body
        );
        assert!(served.is_clean(), "{code} left something behind");
    }
    assert_eq!(served.as_owner(Method::GET, "/plans", "").await.body["items"].as_array().map(Vec::len), Some(1));
    for path in ["..%2f..%2fjac.db", "../../jac.db", "shop%2f..%2fshop%2fshop.jmx"] {
        let answer = served.as_owner(Method::GET, &format!("/plans/{id}/files/{path}"), "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(served.as_owner(Method::DELETE, &format!("/plans/{id}"), "").await.status, StatusCode::NO_CONTENT);
    assert!(!served.app.engine.folder().plan(&id.parse().expect("an id")).exists());
}

#[tokio::test]
async fn an_upload_beyond_the_limit_is_cut_off() {
    let served = Served::with(Settings { max_upload_bytes: 1000, ..Settings::default() }).await;
    let answer = served.upload("/plans", &[("a.jmx", PLAN), ("b.csv", &[b'x'; 5000])]).await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{}", answer.body);
    assert!(served.is_clean());
}

#[tokio::test]
async fn the_limits_of_a_plan_hold_over_all_of_its_uploads() {
    let served = Served::with(Settings { max_upload_bytes: 3000, max_files: 3, ..Settings::default() }).await;
    let plan = served.upload("/plans", &[("a.jmx", PLAN)]).await;
    let path = format!("/plans/{}/files", plan.body["id"].as_str().expect("an id"));
    assert_eq!(served.upload(&path, &[("b.csv", &[b'x'; 1500])]).await.status, StatusCode::OK);
    let large = served.upload(&path, &[("c.csv", &[b'x'; 1500])]).await;
    assert_eq!(
        (large.status, &large.body["error"]["code"]),
        (StatusCode::PAYLOAD_TOO_LARGE, &"upload_too_large".into())
    );
    let again = served.upload(&path, &[("b.csv", &[b'y'; 2500])]).await;
    assert_eq!(again.status, StatusCode::OK, "in place of another: {}", again.body);
    let many = served.upload(&path, &[("c.csv", b"1"), ("d.csv", b"2")]).await;
    assert_eq!((many.status, &many.body["error"]["code"]), (StatusCode::BAD_REQUEST, &"too_many_files".into()));
    let shown = served.as_owner(Method::GET, path.trim_end_matches("/files"), "").await;
    assert_eq!(shown.body["files"].as_array().map(Vec::len), Some(2), "what was refused changed nothing");
    assert!(served.is_clean());
}

#[tokio::test]
async fn what_of_an_upload_leads_to_nothing_is_bounded() {
    let served = Served::new().await;
    let long = vec![b'x'; 3 << 20];
    let preamble = [&long[..], b"\r\n--xyz--\r\n"].concat();
    let head =
        [b"--xyz\r\ncontent-disposition: form-data; name=\"file\"; x=\"", &long[..], b"\"\r\n\r\n1\r\n--xyz--\r\n"]
            .concat();
    for body in [preamble, head] {
        // As it arrives over a network: in pieces.
        let pieces: Vec<Result<bytes::Bytes, std::io::Error>> =
            body.chunks(64 << 10).map(|piece| Ok(bytes::Bytes::copy_from_slice(piece))).collect();
        let body = axum::body::Body::from_stream(futures_util::stream::iter(pieces));
        let answer = served.send(served.uploading("/plans", body)).await;
        assert_eq!((answer.status, &answer.body["error"]["code"]), (StatusCode::BAD_REQUEST, &"upload_broken".into()));
        assert!(served.is_clean());
    }
}

#[tokio::test]
async fn unknown_things_are_not_found_whatever_their_name_looks_like() {
    let served = Served::new().await;
    for path in [
        "/clusters/c-99999999",
        "/clusters/%2e%2e",
        "/runs/nonsense",
        "/runs/r-99999999/artefacts/results.jtl",
        "/nothing",
    ] {
        let answer = served.as_owner(Method::GET, path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{path}");
        assert!(answer.body["error"]["message"].is_string(), "{path}: {}", answer.body);
    }
}

#[tokio::test]
async fn the_shells_token_and_the_page_are_one_person() {
    let served = Served::new().await;
    let bearer = format!("Bearer {}", served.app.access.token());
    let answer = served.call(Method::GET, "/session", &[("authorization", &bearer)], "").await;
    assert_eq!(answer.body["user"]["id"], administrator().id);
    assert_eq!(served.as_owner(Method::DELETE, "/session", "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(served.as_owner(Method::GET, "/session", "").await.status, StatusCode::UNAUTHORIZED, "signed out");
}
