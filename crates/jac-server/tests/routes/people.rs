//! Accounts: invitations, passwords, delays, tokens, removal, and their entries in the audit trail.

use crate::served::{Answer, Served};
use http::{Method, StatusCode, header};
use jac_model::UserRole;
use jac_store::{CompanyPerson, NewSession};

const PASSWORD: &str = "correct horse battery staple";

/// The cookie and the page's secret from a sign-in.
fn session(answer: &Answer) -> [(&'static str, String); 2] {
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let cookie = answer.headers[header::SET_COOKIE].to_str().expect("text").split(';').next().expect("a cookie");
    [("cookie", cookie.to_owned()), ("x-jac-page", answer.body["page"].as_str().expect("a secret").to_owned())]
}

async fn call(served: &Served, as_whom: &[(&str, String)], method: Method, path: &str, body: &str) -> Answer {
    let headers: Vec<(&str, &str)> = as_whom.iter().map(|(name, value)| (*name, value.as_str())).collect();
    served.call(method, path, &headers, body).await
}

/// Invites a user, opens the link, and sets a password.
async fn join(served: &Served, name: &str, role: &str) -> (String, [(&'static str, String); 2]) {
    let body = format!(r#"{{"name":"{name}","role":"{role}"}}"#);
    let invited = served.as_owner(Method::POST, "/people", &body).await;
    assert_eq!(invited.status, StatusCode::CREATED, "{}", invited.body);
    let link = invited.body["link"].as_str().expect("a link");
    assert!(link.starts_with("/sign-in#token="), "the secret is in the fragment: {link}");
    let token = link.split("token=").nth(1).expect("a token");
    let opened = served.call(Method::POST, "/session", &[], &format!(r#"{{"token":"{token}"}}"#)).await;
    let own = session(&opened);
    assert_eq!(opened.body["session"]["by_link"], true);
    let set = call(served, &own, Method::PUT, "/account/password", &format!(r#"{{"password":"{PASSWORD}"}}"#)).await;
    assert_eq!(set.status, StatusCode::NO_CONTENT, "{}", set.body);
    (invited.body["user"]["id"].as_str().expect("an id").to_owned(), own)
}

async fn by_password(served: &Served, name: &str, password: &str) -> Answer {
    let body = serde_json::json!({ "name": name, "password": password }).to_string();
    served.call(Method::POST, "/session/password", &[], &body).await
}

#[tokio::test]
async fn somebody_is_invited_sets_a_password_and_signs_in_with_it() {
    let served = Served::new().await;
    let (_, own) = join(&served, "Ada", "member").await;
    let again = call(&served, &own, Method::PUT, "/account/password", r#"{"password":"another good long one"}"#).await;
    assert_eq!(again.refusal(), (StatusCode::BAD_REQUEST, "password_wrong"), "the one before is needed now");
    assert_eq!(again.body["error"]["faults"][0]["field"], "/current");
    let weak = format!(r#"{{"current":"{PASSWORD}","password":"password123"}}"#);
    let weak = call(&served, &own, Method::PUT, "/account/password", &weak).await;
    assert_eq!(weak.refusal(), (StatusCode::BAD_REQUEST, "password_weak"));

    let signed_in = by_password(&served, "ada", PASSWORD).await;
    let second = session(&signed_in);
    assert_eq!(signed_in.body["session"]["user"]["role"], "member");
    let sessions = call(&served, &second, Method::GET, "/account/sessions", "").await.body;
    assert_eq!(sessions.as_array().map(Vec::len), Some(2));
    let first = sessions.as_array().expect("sessions").iter().find(|one| one["current"] == false).expect("the first");
    let path = format!("/account/sessions/{}", first["id"].as_str().expect("an id"));
    assert_eq!(call(&served, &second, Method::DELETE, &path, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(call(&served, &own, Method::GET, "/session", "").await.status, StatusCode::UNAUTHORIZED);

    let twice = served.as_owner(Method::POST, "/people", r#"{"name":"ADA","role":"viewer"}"#).await;
    assert_eq!(twice.refusal(), (StatusCode::CONFLICT, "name_taken"));
}

#[tokio::test]
async fn guessing_is_slowed_down_and_reveals_nothing_of_who_is_there() {
    let served = Served::new().await;
    join(&served, "Ada", "member").await;
    for _ in 0..3 {
        let (known, unknown) = (by_password(&served, "Ada", "wrong").await, by_password(&served, "Eve", "wrong").await);
        assert_eq!(known.refusal(), (StatusCode::UNAUTHORIZED, "sign_in_failed"));
        assert_eq!(unknown.refusal(), (StatusCode::UNAUTHORIZED, "sign_in_failed"));
    }
    let mut tries = 0;
    while by_password(&served, "Ada", "wrong").await.status != StatusCode::TOO_MANY_REQUESTS {
        tries += 1;
        assert!(tries < 30, "guessing is not slowed down");
    }
    let delayed = by_password(&served, "Ada", PASSWORD).await;
    assert_eq!(delayed.refusal(), (StatusCode::TOO_MANY_REQUESTS, "sign_in_delayed"));
    assert!(delayed.headers.contains_key(header::RETRY_AFTER));
}

#[tokio::test]
async fn nobody_is_called_like_another_with_a_letter_in_between_that_is_not_seen() {
    let served = Served::new().await;
    let name = |name: &str| serde_json::json!({ "name": name, "role": "member" }).to_string();
    let refused = served.as_owner(Method::POST, "/people", &name("Administrator\u{200B}")).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "name_invalid"));
    // A zero-width joiner is part of some scripts.
    let taken = served.as_owner(Method::POST, "/people", &name("Admin\u{200D}istrator")).await;
    assert_eq!(taken.refusal(), (StatusCode::CONFLICT, "name_taken"));
    let team = served.as_owner(Method::POST, "/teams", &name("Shop\u{AD}").replace(r#","role":"member""#, "")).await;
    assert_eq!(team.refusal(), (StatusCode::BAD_REQUEST, "name_invalid"), "{}", team.body);
    let token = serde_json::json!({ "name": "ci\u{2060}", "scope": "read" }).to_string();
    let token = served.as_owner(Method::POST, "/account/tokens", &token).await;
    assert_eq!(token.refusal(), (StatusCode::BAD_REQUEST, "token_request_invalid"));
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_their_tokens_with_them() {
    let served = Served::new().await;
    let (id, own) = join(&served, "Ada", "member").await;
    let made =
        call(&served, &own, Method::POST, "/account/tokens", r#"{"name":"ci","scope":"run","expires_days":30}"#).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let token = made.body["token"].as_str().expect("a token").to_owned();
    let bearer = [("authorization", format!("Bearer {token}"))];
    let used = call(&served, &bearer, Method::GET, "/session", "").await;
    assert_eq!((&used.body["via"], &used.body["user"]["name"]), (&"token".into(), &"Ada".into()));
    let shown = call(&served, &own, Method::GET, "/account/tokens", "").await.body;
    assert!(!shown.to_string().contains(&token) && shown[0]["last_used_ms"].is_i64(), "{shown}");

    let path = format!("/people/{id}");
    let disabled = served.as_owner(Method::PATCH, &path, r#"{"disabled":true}"#).await;
    assert_eq!(disabled.status, StatusCode::OK, "{}", disabled.body);
    assert_eq!(call(&served, &own, Method::GET, "/session", "").await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(call(&served, &bearer, Method::GET, "/session", "").await.code(), "token_invalid");
    assert_eq!(by_password(&served, "Ada", PASSWORD).await.status, StatusCode::UNAUTHORIZED);
    let enabled = served.as_owner(Method::PATCH, &path, r#"{"disabled":false}"#).await;
    assert_eq!(enabled.status, StatusCode::OK);
    assert_eq!(
        call(&served, &bearer, Method::GET, "/session", "").await.status,
        StatusCode::OK,
        "the token works again"
    );
    assert_eq!(by_password(&served, "Ada", PASSWORD).await.status, StatusCode::OK);
}

/// Setting a browser's cookie before its owner signs in does not give access to the session (session fixation).
#[tokio::test]
async fn each_sign_in_is_a_session_of_its_own_whatever_cookie_the_browser_had() {
    let served = Served::new().await;
    join(&served, "Ada", "member").await;
    let name = served.cookie.split('=').next().expect("a name").to_owned();
    let planted = ("cookie", format!("{name}=planted"));
    let body = serde_json::json!({ "name": "Ada", "password": PASSWORD }).to_string();
    let own = session(&call(&served, std::slice::from_ref(&planted), Method::POST, "/session/password", &body).await);
    assert_ne!(own[0].1, planted.1);
    let again = session(&call(&served, &own, Method::POST, "/session/password", &body).await);
    assert_ne!((&again[0].1, &again[1].1), (&own[0].1, &own[1].1), "a new one for each sign-in");
    let with_planted = [planted, ("x-jac-page", own[1].1.clone())];
    assert_eq!(call(&served, &with_planted, Method::GET, "/session", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn who_came_by_the_companys_sign_on_sets_a_first_password_with_a_link_only() {
    let served = Served::new().await;
    let store = served.app.engine.store();
    let reported = CompanyPerson {
        issuer: "https://id.example".to_owned(),
        subject: "42".to_owned(),
        names: vec!["Ada".to_owned()],
        role: Some(UserRole::Member),
        teams: None,
    };
    let ada = store.company_person(reported, 0).await.expect("made");
    let now_ms = served.app.engine.now_ms();
    let new = NewSession {
        id: "s".to_owned(),
        secret: "secret".to_owned(),
        page: "page".to_owned(),
        expires_ms: now_ms + 60_000,
        address: None,
        user_agent: None,
    };
    store.open_session(&ada.id, new, now_ms).await.expect("opened");
    let name = served.cookie.split('=').next().expect("a name");
    let own = [("cookie", format!("{name}=secret")), ("x-jac-page", "page".to_owned())];
    let body = format!(r#"{{"password":"{PASSWORD}"}}"#);
    let refused = call(&served, &own, Method::PUT, "/account/password", &body).await;
    assert_eq!(refused.refusal(), (StatusCode::FORBIDDEN, "link_needed"));
}

#[tokio::test]
async fn what_a_removed_person_owned_is_handed_over() {
    let served = Served::new().await;
    let (ada, _) = join(&served, "Ada", "member").await;
    let (bob, _) = join(&served, "Bob", "member").await;
    let person = jac_model::Person { id: ada.clone(), name: "Ada".to_owned() };
    let (cluster, plan, run) = crate::things::owned(&served, 0, &person, None).await;
    let listed = served.as_owner(Method::GET, "/people", "").await.body;
    // Her cluster has been terminated, so there is none to hand over.
    let of_ada =
        listed["items"].as_array().expect("a list").iter().find(|one| one["id"] == *ada).expect("she is there");
    assert_eq!(of_ada["owns"], serde_json::json!({ "clusters": 0, "plans": 1, "runs": 1 }));
    let (viewer, _) = join(&served, "Vera", "viewer").await;
    let to_viewer = served.as_owner(Method::DELETE, &format!("/people/{ada}?to={viewer}"), "").await;
    assert_eq!(to_viewer.refusal(), (StatusCode::BAD_REQUEST, "heir_invalid"), "who could not terminate her clusters");
    let to_oneself = served.as_owner(Method::DELETE, &format!("/people/{ada}?to={ada}"), "").await;
    assert_eq!(to_oneself.refusal(), (StatusCode::BAD_REQUEST, "heir_invalid"));
    let removed = served.as_owner(Method::DELETE, &format!("/people/{ada}?to={bob}"), "").await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{}", removed.body);
    for path in [format!("/clusters/{cluster}"), format!("/plans/{plan}"), format!("/runs/{run}")] {
        let shown = served.as_owner(Method::GET, &path, "").await;
        assert_eq!(shown.body["owner"]["id"].as_str(), Some(bob.as_str()), "{path}: {}", shown.body);
    }
    let shell = served.as_owner(Method::DELETE, &format!("/people/admin?to={bob}"), "").await;
    assert_eq!(shell.refusal(), (StatusCode::BAD_REQUEST, "shell_account"));
    let last = served.as_owner(Method::PATCH, "/people/admin", r#"{"disabled":true}"#).await;
    assert_eq!(last.refusal(), (StatusCode::CONFLICT, "last_administrator"));
}

#[tokio::test]
async fn the_audit_trail_says_who_did_what_and_what_was_refused() {
    let served = Served::new().await;
    let (id, own) = join(&served, "Ada", "viewer").await;
    let refused = call(&served, &own, Method::POST, "/people", r#"{"name":"Eve","role":"member"}"#).await;
    assert_eq!(refused.code(), "not_administrator");
    assert_eq!(by_password(&served, "Ada", "wrong").await.status, StatusCode::UNAUTHORIZED);
    let trail = served.as_owner(Method::GET, "/audit?limit=3", "").await.body;
    let found: Vec<_> = trail["items"]
        .as_array()
        .expect("entries")
        .iter()
        .map(|entry| {
            let of = |key: &str| entry[key].as_str().unwrap_or("-").to_owned();
            (entry["person"]["name"].as_str().unwrap_or("-").to_owned(), of("action"), of("outcome"), of("code"))
        })
        .collect();
    let row = |who: &str, action: &str, outcome: &str, code: &str| {
        (who.to_owned(), action.to_owned(), outcome.to_owned(), code.to_owned())
    };
    assert_eq!(
        found,
        [
            row("-", "session.create", "refused", "sign_in_failed"),
            row("Ada", "person.create", "refused", "not_administrator"),
            row("Ada", "account.password", "done", "-"),
        ]
    );
    let next = trail["next"].as_str().expect("there is more");
    let older = served.as_owner(Method::GET, &format!("/audit?limit=1&after={next}"), "").await.body;
    assert!(older["items"][0]["id"].as_i64() < trail["items"][2]["id"].as_i64());
    let of_ada = served.as_owner(Method::GET, &format!("/audit?thing={id}"), "").await.body;
    assert_eq!(of_ada["items"][0]["action"], "person.create", "{of_ada}");
    let own_trail = call(&served, &own, Method::GET, "/account/audit", "").await.body;
    assert!(own_trail["items"].as_array().expect("entries").iter().all(|entry| entry["person"]["name"] == "Ada"));
    let cursor = served.as_owner(Method::GET, "/audit?after=x", "").await;
    assert_eq!(cursor.refusal(), (StatusCode::BAD_REQUEST, "cursor_invalid"));
    assert!(!served.as_owner(Method::GET, "/audit?limit=200", "").await.body.to_string().contains(PASSWORD));
}

#[tokio::test]
async fn a_page_knows_whether_its_person_is_alone_and_has_a_password() {
    let served = Served::new().await;
    let alone = served.as_owner(Method::GET, "/session", "").await.body;
    assert_eq!((&alone["single_user"], &alone["has_password"]), (&true.into(), &false.into()));
    let (_, ada) = join(&served, "Ada", "viewer").await;
    let hers = call(&served, &ada, Method::GET, "/session", "").await.body;
    assert_eq!(
        (&hers["single_user"], &hers["has_password"], &hers["by_link"]),
        (&false.into(), &true.into(), &false.into())
    );
    assert_eq!(hers["sign_out_url"], serde_json::Value::Null, "the company's sign-on knows nothing of her");
    let own = served.as_owner(Method::GET, "/session", "").await.body;
    assert_eq!((&own["single_user"], &own["has_password"]), (&false.into(), &false.into()));
    let shell = [("authorization", format!("Bearer {}", served.app.access.token()))];
    let found = call(&served, &shell, Method::GET, "/session", "").await.body;
    assert_eq!((&found["via"], &found["user"]["id"]), (&"shell".into(), &"admin".into()));
}
