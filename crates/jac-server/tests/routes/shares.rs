//! Share links: what an opened one shows without an account, and what it does not.

use crate::served::{Answer, Served};
use crate::things::{others, run};
use http::{Method, StatusCode, header};
use jac_engine::administrator;
use jac_model::{Person, UserRole};
use jac_store::PersonChange;

/// Creates a link; returns its ID and its secret.
async fn share(served: &Served, path: &str, body: &str) -> (String, String) {
    let made = served.as_owner(Method::POST, path, body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let secret = made.body["url"].as_str().expect("a link").split('#').nth(1).expect("a secret").to_owned();
    (made.body["id"].as_str().expect("an id").to_owned(), secret)
}

/// Opens a link without an account; returns the cookie.
async fn open(served: &Served, secret: &str) -> (String, Answer) {
    let opened = served.call(Method::POST, "/shares/open", &[], &format!(r#"{{"secret":"{secret}"}}"#)).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.body);
    let cookie = opened.headers[header::SET_COOKIE].to_str().expect("text");
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict") && cookie.contains("Path=/;"),
        "{cookie}"
    );
    assert!(!cookie.contains("jac_session"), "{cookie}");
    (cookie.split(';').next().expect("a cookie").to_owned(), opened)
}

#[tokio::test]
async fn a_link_shows_its_run_and_nothing_else_until_it_is_revoked() {
    let served = Served::new().await;
    others(&served).await;
    run(&served, "r-22222222", &administrator()).await;
    run(&served, "r-33333333", &administrator()).await;
    let (id, secret) = share(&served, "/runs/r-22222222/shares", r#"{"expires_days":7}"#).await;
    let (cookie, opened) = open(&served, &secret).await;
    assert_eq!(opened.body, serde_json::json!({"kind": "run", "runs": ["r-22222222"]}));
    let visit =
        async |method: Method, path: &str| served.call(method, path, &[("cookie", cookie.as_str())], "{}").await;
    assert_eq!(visit(Method::GET, "/runs/r-22222222").await.status, StatusCode::OK);
    // It has no report, which only callers with access may learn.
    assert_ne!(visit(Method::GET, "/runs/r-22222222/report").await.status, StatusCode::UNAUTHORIZED);
    for (method, path) in [
        (Method::GET, "/runs/r-33333333"),
        (Method::GET, "/runs/r-33333333/report"),
        (Method::GET, "/runs/nonsense"),
        (Method::GET, "/runs"),
        (Method::GET, "/runs/r-22222222/live"),
        (Method::GET, "/runs/r-22222222/samples"),
        (Method::GET, "/runs/r-22222222/artefacts"),
        (Method::GET, "/runs/r-22222222/shares"),
        (Method::GET, "/compare?runs=r-22222222,r-33333333"),
        (Method::GET, "/session"),
        (Method::GET, "/credentials"),
        (Method::GET, "/clusters/c-22222222"),
        (Method::DELETE, "/runs/r-22222222"),
        (Method::POST, "/runs/r-22222222/stop"),
        (Method::POST, "/runs/r-22222222/shares"),
    ] {
        assert_eq!(
            visit(method.clone(), path).await.refusal(),
            (StatusCode::UNAUTHORIZED, "signed_out"),
            "{method} {path}"
        );
    }
    let listed = served.as_owner(Method::GET, "/runs/r-22222222/shares", "").await.body;
    assert_eq!((&listed[0]["id"], &listed[0]["url"]), (&id.as_str().into(), &serde_json::Value::Null));
    let elsewhere = served.as_owner(Method::DELETE, &format!("/runs/r-33333333/shares/{id}"), "").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND, "it is another run's");
    let revoked = served.as_owner(Method::DELETE, &format!("/runs/r-22222222/shares/{id}"), "").await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    let stale = visit(Method::GET, "/runs/r-22222222").await;
    assert_eq!(stale.refusal(), (StatusCode::UNAUTHORIZED, "signed_out"), "a stale cookie leads to the sign-in");
    let again = served.call(Method::POST, "/shares/open", &[], &format!(r#"{{"secret":"{secret}"}}"#)).await;
    assert_eq!(again.refusal(), (StatusCode::UNAUTHORIZED, "share_invalid"));
}

#[tokio::test]
async fn a_link_of_a_comparison_shows_exactly_that_comparison() {
    let served = Served::new().await;
    for id in ["r-22222222", "r-33333333", "r-44444444"] {
        run(&served, id, &administrator()).await;
    }
    let body = r#"{"runs":["r-22222222","r-33333333"],"expires_days":1}"#;
    let (id, secret) = share(&served, "/comparisons/shares", body).await;
    let (cookie, opened) = open(&served, &secret).await;
    assert_eq!(opened.body["kind"], "comparison");
    let visit = async |path: &str| served.call(Method::GET, path, &[("cookie", cookie.as_str())], "").await;
    assert_eq!(visit("/runs/r-33333333").await.status, StatusCode::OK);
    assert_ne!(visit("/compare?runs=r-22222222,r-33333333").await.status, StatusCode::UNAUTHORIZED);
    for runs in ["r-33333333,r-22222222", "r-22222222", "r-22222222,r-33333333,r-44444444"] {
        assert_eq!(visit(&format!("/compare?runs={runs}")).await.code(), "signed_out", "{runs}");
    }
    let listed = served.as_owner(Method::GET, "/comparisons/shares?runs=r-22222222,r-33333333", "").await.body;
    assert_eq!(listed.as_array().map(Vec::len), Some(1), "{listed}");
    let revoked = served.as_owner(Method::DELETE, &format!("/comparisons/shares/{id}"), "").await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(visit("/runs/r-33333333").await.code(), "signed_out");
}

#[tokio::test]
async fn the_owner_of_any_of_its_runs_revokes_a_comparisons_link() {
    let served = Served::new().await;
    let store = served.app.engine.store();
    for (id, name) in [("ann", "Ann"), ("bob", "Bob")] {
        store.add_person(id, name, UserRole::Member, Vec::new(), 0).await.expect("a person");
    }
    run(&served, "r-22222222", &Person { id: "ann".to_owned(), name: "Ann".to_owned() }).await;
    run(&served, "r-33333333", &administrator()).await;
    // The administrator may share all users' runs.
    let body = r#"{"runs":["r-22222222","r-33333333"],"expires_days":1}"#;
    let (id, _) = share(&served, "/comparisons/shares", body).await;
    let call = async |person: &str, method: Method, path: &str| {
        let (cookie, page) = served.sign_in_as(person).await;
        let headers = [("cookie", cookie.as_str()), ("x-jac-page", page.as_str())];
        served.call(method, path, &headers, "").await
    };
    let path = format!("/comparisons/shares/{id}");
    assert_eq!(call("bob", Method::DELETE, &path).await.refusal(), (StatusCode::FORBIDDEN, "not_owner"));
    let shown = call("ann", Method::GET, "/runs/r-22222222/shares").await.body;
    assert_eq!((&shown[0]["id"], &shown[0]["kind"]), (&id.as_str().into(), &"comparison".into()), "{shown}");
    assert_eq!(shown[0]["runs"], serde_json::json!(["r-22222222", "r-33333333"]));
    assert_eq!(call("ann", Method::DELETE, &path).await.status, StatusCode::NO_CONTENT);
    let (id, _) = share(&served, "/comparisons/shares", body).await;
    let of_run = format!("/runs/r-22222222/shares/{id}");
    assert_eq!(call("ann", Method::DELETE, &of_run).await.status, StatusCode::NO_CONTENT, "where she sees it");
    assert_eq!(call("ann", Method::GET, "/runs/r-22222222/shares").await.body, serde_json::json!([]));
}

#[tokio::test]
async fn a_link_ends_at_its_time_and_its_secret_is_in_no_file() {
    let served = Served::new().await;
    run(&served, "r-22222222", &administrator()).await;
    for days in [0, 91] {
        let body = format!(r#"{{"expires_days":{days}}}"#);
        let refused = served.as_owner(Method::POST, "/runs/r-22222222/shares", &body).await;
        assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "share_expiry_invalid"));
    }
    let (_, secret) = share(&served, "/runs/r-22222222/shares", r#"{"expires_days":90}"#).await;
    let (store, now_ms) = (served.app.engine.store(), served.app.engine.now_ms());
    let day_ms = 24 * 3_600_000;
    assert!(store.share_with(&secret, now_ms + 89 * day_ms).await.expect("asked").is_some());
    assert!(store.share_with(&secret, now_ms + 91 * day_ms).await.expect("asked").is_none());
    let disabled = |disabled| PersonChange { disabled: Some(disabled), ..PersonChange::default() };
    store.add_person("u-1", "Ada", UserRole::Administrator, Vec::new(), 0).await.expect("another administrator");
    store.change_person("admin", disabled(true), now_ms).await.expect("disabled");
    assert!(store.share_with(&secret, now_ms).await.expect("asked").is_none(), "of somebody who is disabled");
    store.change_person("admin", disabled(false), now_ms).await.expect("enabled");
    assert!(store.share_with(&secret, now_ms).await.expect("asked").is_some());
    let mut read = 0;
    for entry in std::fs::read_dir(served.app.engine.folder().root()).expect("the folder").flatten() {
        if entry.file_name().to_string_lossy().starts_with("jac.db") {
            let bytes = std::fs::read(entry.path()).expect("a file");
            read += bytes.len();
            assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
    assert!(read > 4096, "the files were read");
}
