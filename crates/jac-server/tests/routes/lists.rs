//! The lists: pages, filters by caller, and cursors.

use crate::served::Served;
use http::{Method, StatusCode};
use jac_model::UserRole;
use serde_json::Value;

async fn names(served: &Served, path: &str) -> Vec<String> {
    let answer = served.as_owner(Method::GET, path, "").await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
    let items = answer.body["items"].as_array().expect("items").iter();
    items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

#[tokio::test]
async fn a_list_comes_in_pages_that_go_on_where_the_one_before_ended() {
    let served = Served::new().await;
    for name in ["c.jmx", "a.jmx", "b.jmx"] {
        assert_eq!(served.upload("/plans", &[(name, crate::PLAN)]).await.status, StatusCode::CREATED);
    }
    let first = served.as_owner(Method::GET, "/plans?sort=name&order=asc&limit=2", "").await.body;
    let next = first["next"].as_str().expect("another page");
    let rest = served.as_owner(Method::GET, &format!("/plans?sort=name&order=asc&limit=2&after={next}"), "").await.body;
    let name = |page: &Value, at: usize| page["items"][at]["name"].clone();
    assert_eq!([name(&first, 0), name(&first, 1), name(&rest, 0)], ["a", "b", "c"]);
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["next"]), (Some(1), &Value::Null));
    for wrong in [
        format!("/plans?sort=created&after={next}"),
        "/runs?after=7".to_owned(),
        format!("/plans?sort=name&order=asc&after={}", &next[1..]),
    ] {
        let refused = served.as_owner(Method::GET, &wrong, "").await;
        assert_eq!(
            (refused.status, &refused.body["error"]["code"]),
            (StatusCode::BAD_REQUEST, &"cursor_invalid".into()),
            "{wrong}"
        );
    }
    for wrong in ["/runs?sort=colour", "/runs?limit=many", "/clusters?phase=asleep", "/runs?plan=shop"] {
        assert_eq!(served.as_owner(Method::GET, wrong, "").await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn me_is_whoever_asks_and_mine_their_teams() {
    let served = Served::new().await;
    crate::things::others(&served).await;
    assert_eq!(served.upload("/plans", &[("own.jmx", crate::PLAN)]).await.status, StatusCode::CREATED);
    assert_eq!(names(&served, "/plans?sort=name&order=asc").await, ["own", "theirs"]);
    assert_eq!(names(&served, "/plans?owner=me").await, ["own"]);
    assert_eq!(names(&served, "/plans?text=THEIRS").await, ["theirs"]);
    assert!(names(&served, "/plans?team=mine").await.is_empty());
    for text in ["a+".repeat(1_000), "x".repeat(50_000)] {
        for list in ["plans", "runs", "clusters"] {
            let refused = served.as_owner(Method::GET, &format!("/{list}?text={text}"), "").await;
            assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "text_too_long"), "{list}");
        }
    }
    assert_eq!(names(&served, "/clusters").await.len(), 0, "it has ended");
    assert_eq!(names(&served, "/clusters?ended=true&provider=local").await.len(), 1);
    assert_eq!(names(&served, "/clusters?phase=terminated").await.len(), 1);
    assert_eq!(names(&served, "/clusters?ended=true&owner=me").await.len(), 0);
}

#[tokio::test]
async fn a_run_is_pinned_by_its_owner_and_found_by_that() {
    let served = Served::new().await;
    let owner = jac_engine::administrator();
    let id = crate::things::run(&served, "r-33333333", &owner).await.id;
    let pin = format!("/runs/{id}/pin");
    for (body, pinned) in [(r#"{"pinned":true}"#, true), (r#"{"pinned":false}"#, false)] {
        let answer = served.as_owner(Method::PATCH, &pin, body).await;
        assert_eq!((answer.status, &answer.body["pinned"]), (StatusCode::OK, &Value::Bool(pinned)), "{}", answer.body);
        assert_eq!(names(&served, "/runs?pinned=true").await.len(), usize::from(pinned));
    }
    assert_eq!(served.as_owner(Method::PATCH, &pin, "{}").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn people_and_teams_come_in_pages_that_stay_small_and_show_others_what_is_theirs_to_see() {
    let served = Served::new().await;
    let store = served.app.engine.store();
    store.add_team("t-1", "Shop").await.expect("made");
    for number in 0..230 {
        let (id, name) = (format!("u-{number:04}"), format!("Person {number:04} of the Company"));
        let role = if number < 3 { UserRole::Viewer } else { UserRole::Member };
        store.add_person(&id, &name, role, vec!["t-1".to_owned()], number).await.expect("added");
    }
    let first = served.as_owner(Method::GET, "/people?limit=200", "").await;
    assert_eq!(first.body["items"].as_array().map(Vec::len), Some(200));
    let bytes = first.body.to_string().len();
    assert!(bytes < 100_000, "{bytes} bytes");
    let next = first.body["next"].as_str().expect("another page");
    let rest = served.as_owner(Method::GET, &format!("/people?limit=200&after={next}"), "").await.body;
    assert_eq!((rest["items"].as_array().map(Vec::len), &rest["next"]), (Some(31), &Value::Null), "and the first one");
    assert_eq!(names(&served, "/people?role=viewer&text=COMPANY").await.len(), 3);
    assert_eq!(names(&served, "/people?state=disabled").await.len(), 0);
    assert_eq!(
        names(&served, "/people?team=t-1&sort=created&order=desc&limit=1").await,
        ["Person 0229 of the Company"]
    );
    let teams = served.as_owner(Method::GET, "/teams?text=sHop", "").await.body;
    let team = &teams["items"][0];
    assert_eq!((&team["member_count"], team["members"].as_array().map(Vec::len)), (&230.into(), Some(10)));
    for wrong in
        ["/people?sort=colour", "/people?state=asleep", "/people?role=king", "/people?after=7", "/teams?after=7"]
    {
        assert_eq!(served.as_owner(Method::GET, wrong, "").await.status, StatusCode::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(
        served.as_owner(Method::GET, "/people/u-9999", "").await.refusal(),
        (StatusCode::NOT_FOUND, "not_found")
    );

    let (cookie, page) = served.sign_in_as("u-0000").await;
    let ask = async |path: &str| {
        served.call(Method::GET, path, &[("cookie", cookie.as_str()), ("x-jac-page", page.as_str())], "").await
    };
    let seen = ask("/people?limit=1").await.body;
    assert_eq!((&seen["items"][0]["disabled"], &seen["items"][0]["owns"]), (&Value::Null, &Value::Null));
    for path in ["/people?state=active", "/people?sort=last_seen", "/people?sort=created"] {
        assert_eq!(ask(path).await.refusal(), (StatusCode::FORBIDDEN, "not_administrator"), "{path}");
    }
}
