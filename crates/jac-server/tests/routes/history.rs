//! Tags, notes and baselines of runs, the trend of a plan, and several runs over time.

use crate::served::{Answer, Served};
use crate::things::run;
use http::{Method, StatusCode};
use jac_engine::administrator;
use jac_model::{RunId, StopMode};
use jac_report::CoarseTimes;
use jac_store::{RunMetrics, StoredPoint};
use serde_json::{Value, json};

async fn patch(served: &Served, path: &str, body: Value) -> Answer {
    served.as_owner(Method::PATCH, path, &body.to_string()).await
}

#[tokio::test]
async fn a_run_has_tags_and_a_note_that_are_found_checked_and_audited() {
    let served = Served::new().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    run(&served, "r-33333333", &administrator()).await;
    let tagged = patch(&served, &format!("/runs/{id}/tags"), json!({ "tags": [" nightly", "Nightly", "v2"] })).await;
    assert_eq!((tagged.status, &tagged.body["tags"]), (StatusCode::OK, &json!(["nightly", "v2"])), "{}", tagged.body);
    let trail = served.as_owner(Method::GET, "/audit?limit=1", "").await.body;
    assert_eq!((&trail["items"][0]["action"], &trail["items"][0]["thing"]), (&json!("run.tags"), &json!(id)));
    for (filter, found) in [("NIGHTLY", 1), ("v2", 1), ("v", 0)] {
        let listed = served.as_owner(Method::GET, &format!("/runs?tag={filter}"), "").await.body;
        assert_eq!(listed["items"].as_array().map(Vec::len), Some(found), "{filter}");
    }
    let wrong = patch(&served, &format!("/runs/{id}/tags"), json!({ "tags": ["good", "a,b"] })).await;
    assert_eq!(wrong.refusal(), (StatusCode::BAD_REQUEST, "tag_invalid"));
    assert_eq!(wrong.body["error"]["faults"][0]["field"], "/tags/1");
    let many: Vec<String> = (0..21).map(|number| number.to_string()).collect();
    let many = patch(&served, &format!("/runs/{id}/tags"), json!({ "tags": many })).await;
    assert_eq!(many.refusal(), (StatusCode::BAD_REQUEST, "too_many_tags"));

    let noted =
        patch(&served, &format!("/runs/{id}/note"), json!({ "note": "Cache was cold.\nAgain tomorrow. " })).await;
    assert_eq!(noted.body["note"], "Cache was cold.\nAgain tomorrow.", "{}", noted.body);
    let long = patch(&served, &format!("/runs/{id}/note"), json!({ "note": "x".repeat(4_001) })).await;
    assert_eq!(long.refusal(), (StatusCode::BAD_REQUEST, "note_invalid"));
    let kept = served.as_owner(Method::GET, &format!("/runs/{id}"), "").await.body;
    assert_eq!((&kept["tags"], &kept["note"]), (&json!(["nightly", "v2"]), &noted.body["note"]));
    let none = patch(&served, &format!("/runs/{id}/tags"), json!({ "tags": [] })).await;
    assert_eq!(none.body["tags"], json!([]));
}

/// The figures of a run with response times around `middle_ms`.
fn figures(label: Option<&str>, middle_ms: u32, errors: u64) -> RunMetrics {
    let times: Vec<(u32, u64)> = (0..200).map(|step| (middle_ms - 50 + step / 2, 10)).collect();
    let middle = f64::from(middle_ms);
    RunMetrics {
        label: label.map(str::to_owned),
        samples: 2_000,
        errors,
        mean_ms: Some(middle),
        median_ms: Some(middle),
        p90_ms: Some(middle + 40.0),
        p95_ms: Some(middle + 45.0),
        p99_ms: Some(middle + 49.0),
        rate_per_s: Some(10.0),
        unread_percent: Some(0.0),
        max_unread_percent: None,
        total_basis: None,
        times: CoarseTimes::of(times).to_bytes(),
    }
}

async fn with_figures(served: &Served, id: &str, middle_ms: u32, errors: u64) -> RunId {
    let id = run(served, id, &administrator()).await.id;
    let rows = vec![figures(None, middle_ms, errors), figures(Some("Home"), 100, errors)];
    served.app.engine.store().put_run_metrics(&id, rows).await.expect("written");
    id
}

const TREND: &str = "/plans/p-22222222/trend";

/// Each run of a trend: its ID, whether it is the baseline, the result of its comparison, and with which run.
fn points_of(trend: &Value) -> Vec<(String, bool, String, String)> {
    let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let items = trend["items"].as_array().expect("runs");
    let shown = items.iter().map(|point| {
        let compared = &point["compared"];
        (word(&point["run"]), point["baseline"] == true, word(&compared["change"]), word(&compared["with"]))
    });
    shown.collect()
}

#[tokio::test]
async fn a_trend_marks_regressions_against_the_run_before_or_the_baseline() {
    let served = Served::new().await;
    // Runs of the same time are in the order of their IDs.
    for (id, middle_ms, errors) in
        [("r-22222222", 100, 2), ("r-33333333", 101, 2), ("r-44444444", 140, 2), ("r-55555555", 141, 60)]
    {
        with_figures(&served, id, middle_ms, errors).await;
    }
    let row = |run: &str, baseline: bool, change: &str, with: &str| {
        (run.to_owned(), baseline, change.to_owned(), with.to_owned())
    };
    let trend = served.as_owner(Method::GET, TREND, "").await;
    assert_eq!(trend.status, StatusCode::OK, "{}", trend.body);
    assert_eq!(
        points_of(&trend.body),
        [
            row("r-55555555", false, "worse", "r-44444444"),
            row("r-44444444", false, "worse", "r-33333333"),
            row("r-33333333", false, "same", "r-22222222"),
            row("r-22222222", false, "-", "-"),
        ]
    );
    assert_eq!((&trend.body["baseline"], &trend.body["items"][0]["error_percent"]), (&Value::Null, &json!(3.0)));
    let worse = |at: usize| trend.body["items"][at]["compared"]["worse"].clone();
    assert_eq!(worse(0), json!(["error_percent"]));
    assert!(worse(1).as_array().is_some_and(|metrics| metrics.contains(&json!("p95_ms"))), "{}", worse(1));
    assert_eq!(worse(2), json!([]));
    let of_label = served.as_owner(Method::GET, &format!("{TREND}?label=Home"), "").await.body;
    assert_eq!(points_of(&of_label)[1], row("r-44444444", false, "same", "r-33333333"), "the label did not change");

    let marked = patch(&served, "/runs/r-44444444/baseline", json!({ "baseline": true })).await;
    assert_eq!((marked.status, &marked.body["baseline"]), (StatusCode::OK, &json!(true)), "{}", marked.body);
    let trend = served.as_owner(Method::GET, TREND, "").await.body;
    assert_eq!(
        points_of(&trend),
        [
            row("r-55555555", false, "worse", "r-44444444"),
            row("r-44444444", true, "-", "-"),
            row("r-33333333", false, "better", "r-44444444"),
            row("r-22222222", false, "better", "r-44444444"),
        ]
    );
    assert_eq!(trend["baseline"]["run"], "r-44444444");
    // Another one replaces it.
    patch(&served, "/runs/r-22222222/baseline", json!({ "baseline": true })).await;
    let first = served.as_owner(Method::GET, "/runs/r-44444444", "").await.body;
    assert_eq!(first["baseline"], false);
    let listed = served.as_owner(Method::GET, "/runs", "").await.body;
    let baselines = listed["items"].as_array().expect("runs").iter().filter(|run| run["baseline"] == true).count();
    assert_eq!(baselines, 1);
}

#[tokio::test]
async fn a_trend_compares_no_totals_of_other_rows_and_calls_no_failure_better() {
    let served = Served::new().await;
    let basis = |basis: &str, figures: RunMetrics| RunMetrics { total_basis: Some(basis.to_owned()), ..figures };
    for (id, figures) in [
        ("r-22222222", basis("samples", figures(None, 100, 2))),
        ("r-33333333", basis("transactions", figures(None, 500, 2))),
        ("r-44444444", basis("transactions", figures(None, 100, 2_000))),
        ("r-55555555", basis("transactions", figures(None, 60, 2_000))),
        // Written by an earlier JAC.
        ("r-66666666", figures(None, 60, 0)),
    ] {
        let id = run(&served, id, &administrator()).await.id;
        served.app.engine.store().put_run_metrics(&id, vec![figures]).await.expect("written");
    }
    let trend = served.as_owner(Method::GET, TREND, "").await.body;
    let changes: Vec<String> = points_of(&trend).into_iter().map(|(_, _, change, _)| change).collect();
    assert_eq!(changes, ["better", "unclear", "worse", "unclear", "-"], "{trend}");
}

#[tokio::test]
async fn a_trend_is_paged_and_a_plan_lists_its_labels() {
    let served = Served::new().await;
    for id in ["r-22222222", "r-33333333", "r-44444444"] {
        with_figures(&served, id, 100, 0).await;
    }
    let mut path = format!("{TREND}?limit=2");
    let mut seen = Vec::new();
    loop {
        let page = served.as_owner(Method::GET, &path, "").await.body;
        seen.extend(points_of(&page).into_iter().map(|(run, _, change, with)| (run, change, with)));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("{TREND}?limit=2&before={next}");
    }
    let row = |run: &str, change: &str, with: &str| (run.to_owned(), change.to_owned(), with.to_owned());
    assert_eq!(
        seen,
        [row("r-44444444", "same", "r-33333333"), row("r-33333333", "same", "r-22222222"), row("r-22222222", "-", "-"),],
        "the last one of a page is compared with the first of the next"
    );
    let cursor = served.as_owner(Method::GET, &format!("{TREND}?before=x"), "").await;
    assert_eq!(cursor.refusal(), (StatusCode::BAD_REQUEST, "cursor_invalid"));
    assert_eq!(served.as_owner(Method::GET, "/plans/p-22222222/labels", "").await.body, json!(["Home"]));
    assert_eq!(served.as_owner(Method::GET, "/plans/p-33333333/labels", "").await.body, json!([]));
    assert_eq!(served.as_owner(Method::GET, "/plans/x/trend", "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_run_that_goes_on_is_no_baseline() {
    let served = Served::new().await;
    let id = run(&served, "r-22222222", &administrator()).await.id;
    let going = served.app.engine.store().update_run::<_, jac_store::StoreError>(&id, |run| {
        run.phase = jac_model::RunPhase::Collecting;
        run.stop_requested = Some(StopMode::Graceful);
        Ok(())
    });
    going.await.expect("written");
    let refused = patch(&served, &format!("/runs/{id}/baseline"), json!({ "baseline": true })).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
}

#[tokio::test]
async fn runs_are_laid_over_one_another_by_the_time_since_each_began() {
    let served = Served::new().await;
    let store = served.app.engine.store();
    let mut ids = Vec::new();
    for (id, begin_ms) in [("r-22222222", 1_000_000), ("r-33333333", 9_000_000)] {
        let id = run(&served, id, &administrator()).await.id;
        let point = |at: i64, samples: u64| StoredPoint {
            t_ms: begin_ms + at,
            seq: 1,
            point: json!({ "t_ms": begin_ms + at, "samples": samples, "errors": 0, "mean_ms": 5.0, "p50_ms": 5.0, "p90_ms": 5.0,
                "p95_ms": 5.0, "p99_ms": 5.0, "max_ms": 5, "latency_ms": null, "connect_ms": null, "received_bytes": null,
                "sent_bytes": null, "active_users": 3 }),
        };
        store.put_series(&id, 1_000, vec![point(0, 7), point(1_000, 8), point(5_000, 9)]).await.expect("written");
        ids.push(id.to_string());
    }
    let answer = served.as_owner(Method::GET, &format!("/compare/series?runs={}", ids.join(",")), "").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    for (run, start_ms) in answer.body["runs"].as_array().expect("runs").iter().zip([1_000_000, 9_000_000]) {
        assert_eq!((&run["start_ms"], &run["bucket_ms"]), (&json!(start_ms), &json!(1_000)));
        let times: Vec<_> =
            run["points"].as_array().expect("points").iter().map(|point| point["t_ms"].clone()).collect();
        assert_eq!(times, [0, 1_000, 5_000]);
    }
    for runs in ["", "r-22222222,r-22222222", "r-1,r-2,r-3,r-4,r-5,r-6"] {
        let refused = served.as_owner(Method::GET, &format!("/compare/series?runs={runs}"), "").await;
        assert!(refused.status.is_client_error(), "{runs}: {}", refused.body);
    }
}
