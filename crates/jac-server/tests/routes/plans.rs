//! Plans that are changed without an upload: renamed, another main file, files moved, restored, duplicated; and their outline.

use crate::PLAN;
use crate::checks::LOADED;
use crate::served::{Answer, Served};
use http::{Method, StatusCode};
use serde_json::{Value, json};

async fn change(served: &Served, method: Method, path: &str, body: Value) -> Answer {
    served.as_owner(method, path, &body.to_string()).await
}

fn paths(plan: &Value) -> Vec<&str> {
    plan["files"].as_array().expect("files").iter().filter_map(|file| file["path"].as_str()).collect()
}

#[tokio::test]
async fn a_plan_is_renamed_and_given_another_main_file() {
    let served = Served::new().await;
    let plan =
        served.upload("/plans", &[("a.jmx", PLAN), ("b/c.jmx", LOADED.as_bytes()), ("rows.csv", b"1\n")]).await.body;
    let path = format!("/plans/{}", plan["id"].as_str().expect("an id"));
    let renamed = change(&served, Method::PATCH, &path, json!({ "name": " Checkout " })).await.body;
    assert_eq!((&renamed["name"], &renamed["revision"]), (&json!("Checkout"), &json!(1)), "its files are as they were");
    let other = change(&served, Method::PATCH, &path, json!({ "main_file": "b/c.jmx" })).await.body;
    assert_eq!(
        (&other["main_file"], &other["revision"], &other["name"]),
        (&json!("b/c.jmx"), &json!(2), &json!("Checkout"))
    );
    let outline = served.as_owner(Method::GET, &format!("{path}/outline"), "").await.body;
    let facts = outline["elements"][1]["facts"].as_array().expect("facts");
    assert_eq!(facts[0], json!({ "code": "threads", "value": "${__P(threads,10)}" }), "{outline}");
    let stored = served.app.engine.store().plan(&plan["id"].as_str().expect("an id").parse().expect("an id")).await;
    let unneeded = served.app.engine.plan_outline(&stored.expect("the plan"), &|| true);
    assert_eq!(unneeded.expect_err("nobody waits for it").code(), "cancelled");
    // Each revision has its own main file.
    let listed = served.as_owner(Method::GET, &format!("{path}/revisions"), "").await.body;
    let mains: Vec<&Value> = listed["items"].as_array().expect("items").iter().map(|one| &one["main_file"]).collect();
    assert_eq!(mains, [&json!("b/c.jmx"), &json!("a.jmx")]);

    for (body, code) in [
        (json!({ "name": "  " }), "name_invalid"),
        (json!({ "name": "a\u{202e}b" }), "name_invalid"),
        (json!({ "main_file": "rows.csv" }), "no_plan"),
        (json!({ "main_file": "none.jmx", "name": "Other" }), "no_plan"),
    ] {
        let refused = change(&served, Method::PATCH, &path, body).await;
        assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, code), "{}", refused.body);
    }
    let after = served.as_owner(Method::GET, &path, "").await.body;
    assert_eq!((&after["name"], &after["revision"]), (&json!("Checkout"), &json!(2)), "nothing of it was taken");
}

#[tokio::test]
async fn files_are_moved_to_where_the_plan_looks_and_what_was_removed_comes_back() {
    let served = Served::new().await;
    let reading = LOADED.replace(
        "<JavaSampler",
        r#"<CSVDataSet guiclass="" testname="Rows"><stringProp name="filename">../data/rows.csv</stringProp></CSVDataSet><hashTree/><JavaSampler"#,
    );
    let plan =
        served.upload("/plans", &[("tests/a.jmx", reading.as_bytes()), ("tests/rows.csv", b"1\n2\n")]).await.body;
    let path = format!("/plans/{}", plan["id"].as_str().expect("an id"));
    let check = async || served.as_owner(Method::GET, &format!("{path}/check"), "").await.body["data_files"][0].clone();
    let missing = check().await;
    assert_eq!(missing["elsewhere"], json!({ "from": "tests/rows.csv", "to": "data/rows.csv" }), "{missing}");
    let moved = change(&served, Method::POST, &format!("{path}/move"), missing["elsewhere"].clone()).await.body;
    assert_eq!((paths(&moved), &moved["revision"]), (vec!["data/rows.csv", "tests/a.jmx"], &json!(2)), "{moved}");
    let found = check().await;
    assert_eq!((&found["found"], &found["elsewhere"]), (&json!(true), &Value::Null));

    for (from, to, status, code) in [
        ("none.csv", "x.csv", StatusCode::NOT_FOUND, "not_found"),
        ("data/rows.csv", "../x.csv", StatusCode::BAD_REQUEST, "file_name"),
        ("data/rows.csv", "tests/a.jmx", StatusCode::CONFLICT, "conflict"),
        ("data/rows.csv", "tests/a.jmx/x.csv", StatusCode::BAD_REQUEST, "file_name"),
        ("tests/a.jmx", "tests/a.csv", StatusCode::BAD_REQUEST, "no_plan"),
    ] {
        let refused = change(&served, Method::POST, &format!("{path}/move"), json!({ "from": from, "to": to })).await;
        assert_eq!(refused.refusal(), (status, code), "{from} to {to}: {}", refused.body);
    }
    let main = change(&served, Method::POST, &format!("{path}/move"), json!({ "from": "tests/a.jmx", "to": "b.jmx" }))
        .await
        .body;
    assert_eq!((&main["main_file"], paths(&main)), (&json!("b.jmx"), vec!["b.jmx", "data/rows.csv"]));

    served.as_owner(Method::DELETE, &format!("{path}/files/data/rows.csv"), "").await;
    let restored = change(&served, Method::POST, &format!("{path}/revisions/1/restore"), json!({})).await.body;
    assert_eq!(
        (paths(&restored), &restored["revision"]),
        (vec!["tests/a.jmx", "tests/rows.csv"], &json!(5)),
        "{restored}"
    );
    assert_eq!(restored["main_file"], "tests/a.jmx");
    let (_, rows) = served.bytes(&format!("{path}/files/tests/rows.csv")).await;
    assert_eq!(rows.expect("the file").as_slice(), b"1\n2\n");
    let none = change(&served, Method::POST, &format!("{path}/revisions/9/restore"), json!({})).await;
    assert_eq!(none.refusal(), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test]
async fn a_copy_of_a_plan_is_a_plan_of_its_own() {
    let served = Served::new().await;
    let plan = served.upload("/plans", &[("a.jmx", LOADED.as_bytes()), ("rows.csv", b"1\n")]).await.body;
    let path = format!("/plans/{}", plan["id"].as_str().expect("an id"));
    let criteria = json!({ "version": 1, "criteria": ["p95 > 1s"], "warm_up_s": 5, "stop_rules": [] });
    change(&served, Method::PUT, &format!("{path}/criteria"), criteria).await;
    change(&served, Method::PATCH, &format!("{path}/keep"), json!({ "keep": ["*.csv"] })).await;
    let copied = change(&served, Method::POST, &format!("{path}/duplicate"), json!({})).await;
    assert_eq!(copied.status, StatusCode::CREATED, "{}", copied.body);
    let copy = copied.body;
    assert_eq!(
        (&copy["name"], &copy["revision"], paths(&copy)),
        (&json!("a (copy)"), &json!(1), vec!["a.jmx", "rows.csv"])
    );
    assert_eq!((&copy["criteria"]["criteria"], &copy["keep"]), (&json!(["p95 > 1s"]), &json!(["*.csv"])));
    assert_eq!(copy["files"], plan["files"]);
    // Changes of one do not affect the other.
    served.as_owner(Method::DELETE, &path, "").await;
    let (_, rows) = served.bytes(&format!("/plans/{}/files/rows.csv", copy["id"].as_str().expect("an id"))).await;
    assert_eq!(rows.expect("the file").as_slice(), b"1\n");
    let refused = change(&served, Method::POST, &format!("{path}/duplicate"), json!({})).await;
    assert_eq!(refused.refusal(), (StatusCode::NOT_FOUND, "not_found"));
}
