//! Annotations: texts at moments of a run.

use crate::results::finished;
use crate::served::{Answer, Served};
use http::{Method, StatusCode};
use serde_json::{Value, json};

const RUN: &str = "/runs/r-33333333";

async fn annotate(served: &Served, at_ms: i64, text: &str) -> Answer {
    let body = json!({ "at_ms": at_ms, "text": text }).to_string();
    served.as_owner(Method::POST, &format!("{RUN}/annotations"), &body).await
}

async fn annotations(served: &Served) -> Vec<(i64, String)> {
    let run = served.as_owner(Method::GET, RUN, "").await.body;
    let all = run["annotations"].as_array().cloned().unwrap_or_default();
    let of = |one: &Value| (one["at_ms"].as_i64().unwrap_or(0), one["text"].as_str().unwrap_or_default().to_owned());
    all.iter().map(of).collect()
}

#[tokio::test]
async fn a_run_has_annotations_in_order_of_time_and_its_report_has_them_too() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    let later = annotate(&served, 1_700_000_020_000, " Cache flushed ").await;
    assert_eq!((later.status, &later.body["text"]), (StatusCode::CREATED, &json!("Cache flushed")), "{}", later.body);
    assert!(later.body["by"]["name"].is_string() && later.body["written_ms"].is_i64());
    let trail = served.as_owner(Method::GET, "/audit?limit=1", "").await.body;
    assert_eq!(trail["items"][0]["action"], "run.annotation.create");
    assert_eq!(annotate(&served, 1_700_000_010_000, "Deployed 2.4").await.status, StatusCode::CREATED);
    let both = [(1_700_000_010_000, "Deployed 2.4".to_owned()), (1_700_000_020_000, "Cache flushed".to_owned())];
    assert_eq!(annotations(&served).await, both);
    let report = served.as_owner(Method::GET, &format!("{RUN}/report"), "").await.body;
    assert_eq!(report["run"]["annotations"][1]["text"], "Cache flushed");

    let one = format!("{RUN}/annotations/{}", later.body["id"].as_str().unwrap_or_default());
    let moved = json!({ "at_ms": 1_700_000_005_000_i64, "text": "Cache cold" }).to_string();
    let changed = served.as_owner(Method::PUT, &one, &moved).await;
    assert_eq!((changed.status, &changed.body["annotations"][0]["text"]), (StatusCode::OK, &json!("Cache cold")));
    let reworded = served.as_owner(Method::PUT, &one, r#"{"text":"Cache cold again"}"#).await;
    assert_eq!(reworded.body["annotations"][0]["at_ms"], json!(1_700_000_005_000_i64), "{}", reworded.body);
    assert_eq!(served.as_owner(Method::DELETE, &one, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(annotations(&served).await, both[..1]);
    let now = served.as_owner(Method::POST, &format!("{RUN}/annotations"), r#"{"text":"Now"}"#).await.body;
    assert_eq!(now["at_ms"], now["written_ms"]);
    let now = format!("{RUN}/annotations/{}", now["id"].as_str().unwrap_or_default());
    assert_eq!(served.as_owner(Method::DELETE, &now, "").await.status, StatusCode::NO_CONTENT);
    for method in [Method::DELETE, Method::PUT] {
        let body = if method == Method::PUT { &moved[..] } else { "" };
        assert_eq!(served.as_owner(method, &one, body).await.status, StatusCode::NOT_FOUND);
    }
    let folder = served.app.engine.folder().run(&"r-33333333".parse().expect("an id"));
    let record = std::fs::read_to_string(folder.join("run.json")).expect("a record");
    assert!(record.contains("Deployed 2.4") && !record.contains("Cache"), "the folder knows as much");
    assert!(!folder.join("report.html").exists(), "a page that is not there is not made");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn annotations_at_once_are_all_kept_and_leave_the_report_whole() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    let folder = served.app.engine.folder().run(&"r-33333333".parse().expect("an id"));
    std::fs::write(folder.join("report.html"), "a page").expect("written");
    let texts: Vec<String> = (0..20).map(|number| format!("remark {number}")).collect();
    let all = texts.iter().map(|text| annotate(&served, 1_700_000_010_000, text));
    for answer in futures_util::future::join_all(all).await {
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    }
    let report = served.as_owner(Method::GET, &format!("{RUN}/report"), "").await.body;
    assert_eq!(report["run"]["annotations"].as_array().map(Vec::len), Some(20));
    let [record, page] =
        ["run.json", "report.html"].map(|name| std::fs::read_to_string(folder.join(name)).expect("it"));
    for text in &texts {
        assert!(record.contains(text.as_str()) && page.contains(text.as_str()), "{text}");
    }
    assert!(page.starts_with("<!doctype html>") && serde_json::from_str::<Value>(&record).is_ok());
}

#[tokio::test]
async fn an_annotation_is_a_short_line_at_a_moment_and_they_are_not_many() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    for (at_ms, text, code, field) in [
        (1, "", "annotation_invalid", "/text"),
        (1, " ", "annotation_invalid", "/text"),
        (1, "two\nlines", "annotation_invalid", "/text"),
        (1, &"x".repeat(201), "annotation_invalid", "/text"),
        (-1, "text", "annotation_time_invalid", "/at_ms"),
        (i64::MAX, "text", "annotation_time_invalid", "/at_ms"),
    ] {
        let refused = annotate(&served, at_ms, text).await;
        assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, code), "{text}");
        assert_eq!(refused.body["error"]["faults"][0]["field"], field, "{text}");
    }
    for number in 0..100 {
        assert_eq!(annotate(&served, number, &"ü".repeat(200)).await.status, StatusCode::CREATED, "{number}");
    }
    assert_eq!(annotate(&served, 1, "one more").await.refusal(), (StatusCode::BAD_REQUEST, "too_many_annotations"));
}
