//! Requests whose bodies, or whose turns, come long after their headers: the rights at that later time count.

use crate::served::{Answer, Served, UPLOAD};
use http::{Method, StatusCode};
use jac_model::{TokenScope, UserRole};
use jac_store::TokenRow;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

const JSON: (&str, &str) = ("content-type", "application/json");

type Begun = (mpsc::Sender<Vec<u8>>, JoinHandle<Answer>);

/// A request that was admitted: its body is being read.
async fn begin(served: &Served, method: Method, path: &str, headers: &[(&str, &str)], first: &[u8]) -> Begun {
    let (sender, answer) = served.begin(method, path, headers);
    // The second piece is accepted once the first was read.
    let (last, rest) = first.split_last().expect("something");
    for piece in [rest, &[*last], b"", b""] {
        sender.send(piece.to_vec()).await.expect("it is read");
    }
    (sender, answer)
}

async fn end((sender, answer): Begun, rest: &[u8]) -> Answer {
    sender.send(rest.to_vec()).await.expect("it is read");
    drop(sender);
    answer.await.expect("an answer")
}

async fn join(served: &Served, id: &str, name: &str, role: UserRole) -> (String, String) {
    let teams = if id == "u-mate" { vec!["t-1".to_owned()] } else { Vec::new() };
    served.app.engine.store().add_person(id, name, role, teams, 0).await.expect("added");
    served.sign_in_as(id).await
}

fn token() -> TokenRow {
    TokenRow {
        id: "k-1".to_owned(),
        name: "ci".to_owned(),
        scope: TokenScope::All,
        created_ms: 0,
        expires_ms: None,
        last_used_ms: None,
    }
}

#[tokio::test]
async fn who_is_demoted_or_disabled_while_their_request_comes_does_not_undo_it() {
    let served = Served::new().await;
    let (cookie, page) = join(&served, "u-root", "Root", UserRole::Administrator).await;
    let own = [("cookie", cookie.as_str()), ("x-jac-page", page.as_str()), JSON];
    for (change, refusal) in [
        (r#"{"role":"member"}"#, (StatusCode::FORBIDDEN, "not_administrator")),
        (r#"{"role":"viewer","disabled":true}"#, (StatusCode::UNAUTHORIZED, "signed_out")),
    ] {
        served.as_owner(Method::PATCH, "/people/u-root", r#"{"role":"administrator"}"#).await;
        let begun = begin(&served, Method::PATCH, "/people/u-root", &own, br#"{"role":"administrator","#).await;
        let changed = served.as_owner(Method::PATCH, "/people/u-root", change).await;
        assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
        let answer = end(begun, br#""disabled":false}"#).await;
        assert_eq!(answer.refusal(), refusal, "{}", answer.body);
        let left = served.app.engine.store().person("u-root").await.expect("they are there").role;
        assert_ne!(left, UserRole::Administrator, "{change}");
    }
}

#[tokio::test]
async fn a_token_that_is_revoked_and_a_role_that_changes_in_between_are_noticed() {
    let served = Served::new().await;
    let (cookie, page) = join(&served, "u-ada", "Ada", UserRole::Member).await;
    let store = served.app.engine.store();
    store.add_token("u-ada", "jac_secret", token()).await.expect("written");
    let bearer = [("authorization", "Bearer jac_secret"), JSON];
    let begun = begin(&served, Method::POST, "/account/tokens", &bearer, br#"{"name":"left behind","#).await;
    store.revoke_token("u-ada", "k-1").await.expect("revoked");
    assert_eq!(end(begun, br#""scope":"all"}"#).await.refusal(), (StatusCode::UNAUTHORIZED, "token_invalid"));

    let own = [("cookie", cookie.as_str()), ("x-jac-page", page.as_str()), JSON];
    let begun = begin(&served, Method::POST, "/account/tokens", &own, br#"{"name":"late","#).await;
    let changed = served.as_owner(Method::PATCH, "/people/u-ada", r#"{"role":"viewer"}"#).await;
    assert_eq!(changed.status, StatusCode::OK);
    assert_eq!(end(begun, br#""scope":"all"}"#).await.refusal(), (StatusCode::CONFLICT, "rights_changed"));
    assert_eq!(store.tokens_of("u-ada").await.expect("tokens"), []);
    let begun = begin(&served, Method::POST, "/account/tokens", &own, br#"{"name":"late","#).await;
    assert_eq!(end(begun, br#""scope":"all"}"#).await.status, StatusCode::CREATED, "nothing has changed");
}

#[tokio::test]
async fn a_use_of_a_token_that_is_noted_while_a_body_comes_is_not_recorded_as_the_change() {
    let served = Served::new().await;
    served.app.engine.store().add_person("u-ada", "Ada", UserRole::Member, Vec::new(), 0).await.expect("added");
    let store = served.app.engine.store();
    store.add_token("u-ada", "jac_secret", token()).await.expect("written");
    for (rest, status, outcome) in
        [(r#""scope":"king"}"#, StatusCode::BAD_REQUEST, "failed"), (r#""scope":"read"}"#, StatusCode::CREATED, "done")]
    {
        let bearer = [("authorization", "Bearer jac_secret"), JSON];
        let begun = begin(&served, Method::POST, "/account/tokens", &bearer, br#"{"name":"late","#).await;
        // As if it had been used minutes ago, so its next use is recorded.
        store.revoke_token("u-ada", "k-1").await.expect("revoked");
        store.add_token("u-ada", "jac_secret", token()).await.expect("written");
        assert_eq!(end(begun, rest.as_bytes()).await.status, status);
        let trail = served.as_owner(Method::GET, "/audit?limit=1&action=account.token.create", "").await.body;
        let entry = &trail["items"][0];
        assert_eq!((&entry["outcome"], entry["thing"].is_string()), (&outcome.into(), outcome == "done"), "{trail}");
    }
    let trail = served.as_owner(Method::GET, "/audit?action=account.token.create", "").await.body;
    assert_eq!(trail["items"].as_array().map(Vec::len), Some(2), "{trail}");
}

#[tokio::test]
async fn an_upload_of_who_has_left_the_team_in_between_changes_nothing() {
    let served = Served::new().await;
    served.app.engine.store().add_team("t-1", "Shop").await.expect("made");
    let (cookie, page) = join(&served, "u-mate", "Mate", UserRole::Member).await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].as_str().expect("an id").to_owned();
    let given = served.as_owner(Method::PATCH, &format!("/plans/{plan}/team"), r#"{"team":"t-1"}"#).await;
    assert_eq!(given.status, StatusCode::OK, "{}", given.body);
    let own = [("cookie", cookie.as_str()), ("x-jac-page", page.as_str()), UPLOAD];
    let head = b"--xyz\r\ncontent-disposition: form-data; name=\"file\"; filename=\"late.csv\"\r\n\r\nhello";
    let begun = begin(&served, Method::POST, &format!("/plans/{plan}/files"), &own, head).await;
    let left = served.as_owner(Method::PATCH, "/people/u-mate", r#"{"teams":[]}"#).await;
    assert_eq!(left.status, StatusCode::OK);
    let answer = end(begun, b"\r\n--xyz--\r\n").await;
    assert_eq!(answer.refusal(), (StatusCode::FORBIDDEN, "not_owner"), "{}", answer.body);
    let files = served.as_owner(Method::GET, &format!("/plans/{plan}"), "").await.body["files"].clone();
    assert_eq!(files.as_array().map(Vec::len), Some(1), "{files}");
    assert!(served.is_clean());
}

#[tokio::test]
async fn who_is_demoted_while_their_run_waits_for_its_turn_does_not_start_it() {
    let served = Served::new().await;
    let (cookie, page) = join(&served, "u-ada", "Ada", UserRole::Member).await;
    let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].as_str().expect("an id").to_owned();
    let engine = &served.app.engine;
    let turns = [engine.check_turn().await.expect("a turn"), engine.check_turn().await.expect("the other one")];
    let own = [("cookie", cookie.as_str()), ("x-jac-page", page.as_str()), JSON];
    let run =
        serde_json::json!({ "plan_id": plan, "new_cluster": { "provider": "local", "config": { "workers": 0 } } });
    let (sender, mut answer) = begin(&served, Method::POST, "/runs", &own, run.to_string().as_bytes()).await;
    drop(sender);
    // Long enough for its body to arrive and its rights to be checked.
    let waits = tokio::time::timeout(Duration::from_millis(500), &mut answer).await.is_err();
    assert!(waits, "for its turn");
    let changed = served.as_owner(Method::PATCH, "/people/u-ada", r#"{"role":"viewer"}"#).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    drop(turns);
    let answer = answer.await.expect("an answer");
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{}", answer.body);
    assert_eq!(engine.store().living_clusters().await.expect("clusters"), []);
    assert_eq!(engine.store().unfinished_runs().await.expect("runs"), []);
}

#[tokio::test]
async fn a_body_that_takes_more_than_a_minute_in_all_is_refused() {
    let served = Served::new().await;
    let own = [("cookie", served.cookie.as_str()), ("x-jac-page", served.page.as_str()), JSON];
    let (sender, answer) = begin(&served, Method::POST, "/account/tokens", &own, br#"{"name":"late","#).await;
    tokio::time::pause();
    // A piece every 20 seconds is no pause.
    for _ in 0..4 {
        tokio::time::advance(Duration::from_secs(20)).await;
        drop(sender.send(b" ".to_vec()).await);
    }
    tokio::time::resume();
    assert_eq!(answer.await.expect("an answer").refusal(), (StatusCode::REQUEST_TIMEOUT, "request_too_slow"));
}
