//! Users' own search targets, on a real OpenSearch behind proxies that check the credentials.

use crate::engine::Engine;
use crate::served::{Answer, Served};
use crate::stores::Caller;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode, header};
use jac_engine::Settings;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, UNIX_EPOCH};
use tokio::net::TcpListener;

const OPENSEARCH: &str = "opensearch-2.19.4";
const LIMIT: Duration = Duration::from_secs(120);

/// A proxy to the engine that forwards requests with the right credentials, and rejects all others.
struct Guard {
    url: String,
    /// The `Authorization` that it accepts.
    opens: Arc<Mutex<String>>,
}

impl Guard {
    async fn before(port: u16, opens: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let opens = Arc::new(Mutex::new(opens.to_owned()));
        let asked = Arc::clone(&opens);
        let router = Router::new().fallback(move |request: Request| {
            let expected = asked.lock().expect("a lock").clone();
            async move { forward(request, port, &expected).await }
        });
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, opens }
    }
}

async fn forward(request: Request, port: u16, expected: &str) -> Response {
    let (head, body) = request.into_parts();
    if head.headers.get(header::AUTHORIZATION).is_none_or(|given| given != expected) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let body = to_bytes(body, 64 << 20).await.expect("a body");
    let mut sent =
        reqwest::Client::new().request(head.method, format!("http://127.0.0.1:{port}{}", head.uri)).body(body);
    for name in [header::CONTENT_TYPE, header::CONTENT_ENCODING] {
        if let Some(value) = head.headers.get(&name) {
            sent = sent.header(name, value);
        }
    }
    let answer = sent.send().await.expect("an answer");
    let (status, kind) = (answer.status(), answer.headers().get(header::CONTENT_TYPE).cloned());
    let mut back = (status, Body::from(answer.bytes().await.expect("a body"))).into_response();
    if let Some(kind) = kind {
        back.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    back
}

async fn served(settings: Settings) -> Served {
    let served = Served::with(settings).await;
    let now = || UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    served.app.engine.make_search_targets_with(Arc::new(jac_search::Maker { now: Arc::new(now) }));
    served
}

/// Fields and codes of an error's faults.
fn faults(answer: &Answer) -> Vec<(&str, &str)> {
    let all = answer.body["error"]["faults"].as_array().map_or(&[][..], Vec::as_slice);
    all.iter()
        .map(|fault| (fault["field"].as_str().unwrap_or_default(), fault["code"].as_str().unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn what_cannot_be_a_target_is_refused_with_all_its_fields_and_nobody_has_more_than_five() {
    let served = served(Settings::default()).await;
    let (ann, ben) = (Caller::new(&served, "ann").await, Caller::new(&served, "ben").await);
    let bad = json!({ "name": "My Logs", "settings": { "url": "http://10.0.0.4:9200" }, "username": "jac", "api_key": "key", "credentials": "k-1" });
    let refused = ann.call(Method::POST, "/search/own", &bad).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "search_target_invalid"));
    let expected = [
        ("/name", "malformed"),
        ("/settings/url", "endpoint_not_allowed"),
        ("/password", "missing"),
        ("/aws_region", "missing"),
        ("/api_key", "conflicting"),
        ("/credentials", "credentials_unknown"),
    ];
    assert_eq!(faults(&refused), expected);
    let target =
        |name: &str| json!({ "name": name, "settings": { "url": "https://search.example" }, "api_key": "s3cret-key" });
    for (url, code) in [
        ("https://169.254.169.254/latest", "endpoint_not_allowed"),
        ("https://[::1]:9200", "endpoint_not_allowed"),
        ("https://jac:s3cret-key@search.example", "malformed"),
        ("tcp://search.example:5044", "malformed"),
        ("file:///etc/passwd", "malformed"),
    ] {
        let wrong = json!({ "name": "logs", "settings": { "url": url } });
        assert_eq!(
            faults(&ann.call(Method::POST, "/search/own?test=false", &wrong).await),
            [("/settings/url", code)],
            "{url}"
        );
    }
    let mut wrong = target("logs");
    wrong["settings"]["namespace"] = json!("My-Own");
    assert_eq!(
        faults(&ann.call(Method::POST, "/search/own?test=false", &wrong).await),
        [("/settings/namespace", "malformed")]
    );
    let all = json!({ "name": "My Logs", "settings": {
        "url": "nowhere", "namespace": "My-Own", "index": "_x", "dashboards_url": "localhost:5601",
    } });
    let mut fields = faults(&ann.call(Method::POST, "/search/own?test=false", &all).await)
        .into_iter()
        .map(|(field, _)| field.to_owned())
        .collect::<Vec<_>>();
    fields.sort_unstable();
    assert_eq!(
        fields,
        ["/name", "/settings/dashboards_url", "/settings/index", "/settings/namespace", "/settings/url"]
    );
    for number in 0..5 {
        let saved = ann.call(Method::POST, "/search/own?test=false", &target(&format!("logs-{number}"))).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
        assert!(!saved.body.to_string().contains("s3cret-key"), "{}", saved.body);
    }
    let more = ann.call(Method::POST, "/search/own?test=false", &target("logs-5")).await;
    assert_eq!(more.refusal(), (StatusCode::BAD_REQUEST, "too_many_search_targets"));
    let taken = ann
        .call(
            Method::PUT,
            &format!("/search/own/{}?test=false", ann.get("/search/own").await[0]["id"].as_str().expect("an ID")),
            &target("logs-1"),
        )
        .await;
    assert_eq!(taken.refusal(), (StatusCode::CONFLICT, "name_taken"));
    assert_eq!((ben.get("/search/own").await, ben.get("/search/targets").await), (json!([]), json!([])));
    assert_eq!(ann.get("/search/targets").await.as_array().map(Vec::len), Some(5));
    // The same name is a separate target for another user.
    let his = ben.call(Method::POST, "/search/own?test=false", &target("logs-1")).await;
    assert_eq!(his.status, StatusCode::CREATED, "{}", his.body);
    let hers = ann.get("/search/own").await[0]["id"].as_str().expect("an ID").to_owned();
    for (method, path) in
        [(Method::DELETE, format!("/search/own/{hers}")), (Method::POST, format!("/search/targets/{hers}/test"))]
    {
        assert_eq!(ben.call(method, &path, &json!({})).await.refusal(), (StatusCode::FORBIDDEN, "not_owner"), "{path}");
    }
    let secrets = std::fs::read(served.app.engine.folder().database()).expect("the database");
    assert!(!secrets.windows(10).any(|bytes| bytes == b"s3cret-key"));
}

/// The shipment of a run to a target, once it is as expected.
async fn shipment(caller: &Caller<'_>, run: &str, target: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let shipments = caller.get(&format!("/runs/{run}/search")).await;
        let found = shipments.as_array().expect("a list").iter().find(|one| one["target"] == target).cloned();
        if let Some(found) = found.filter(|found| is_so(found)) {
            return found;
        }
        assert!(began.elapsed() < LIMIT, "{run} to {target}: {shipments}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn the_runs_of_two_people_are_shipped_to_their_own_targets() {
    let Some(engine) = Engine::start(OPENSEARCH, "").await else { return };
    let hers = Guard::before(engine.port(), "Basic YW5uOmFubnMtd29yZA==").await; // ann:anns-word
    let his = Guard::before(engine.port(), "ApiKey bens-key").await;
    let allowed_endpoints = vec![hers.url.clone(), his.url.clone()];
    let served = served(Settings { allowed_endpoints, ..Settings::default() }).await;
    let (ann, ben) = (Caller::new(&served, "ann").await, Caller::new(&served, "ben").await);
    let earlier = ann.import(40).await;
    let of_ann = json!({ "name": "logs", "username": "ann", "password": "anns-word",
        "settings": { "url": hers.url, "namespace": "ann", "dashboards_url": "https://kibana.example/s/ann", "labels": { "team": "shop" } } });
    let of_ben = json!({ "name": "logs", "api_key": "bens-key", "settings": { "url": his.url, "namespace": "ben", "layout": "index_per_run" } });

    // Signing in with another user's credentials gives the error at the field.
    let mut wrong = of_ann.clone();
    wrong["password"] = json!("another");
    let refused = ann.call(Method::POST, "/search/own", &wrong).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "search_target_refused"));
    assert_eq!(faults(&refused).iter().map(|(field, _)| *field).collect::<Vec<_>>(), ["/password"], "{}", refused.body);
    let mut ids = Vec::new();
    for (who, target) in [(&ann, &of_ann), (&ben, &of_ben)] {
        let saved = who.call(Method::POST, "/search/own", target).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
        ids.push(saved.body["id"].as_str().expect("an ID").to_owned());
    }
    let (run, of_other) = (ann.import(300).await, ben.import(200).await);
    let complete = |shipment: &Value| shipment["state"] == "complete";
    let shipped = shipment(&ben, &run, &ids[0], complete).await;
    assert_eq!(
        (&shipped["counted"], &shipped["target_info"]["index_pattern"]),
        (&json!(300), &json!("logs-jmeter.sample-ann"))
    );
    assert!(
        shipped["dashboard_url"].as_str().is_some_and(|url| url.starts_with("https://kibana.example/s/ann/")),
        "{shipped}"
    );
    assert!(!shipped.to_string().contains("anns-word"), "{shipped}");
    assert_eq!(shipment(&ben, &of_other, &ids[1], complete).await["counted"], 200);
    for (run, targets) in [(&run, 1), (&of_other, 1), (&earlier, 0)] {
        assert_eq!(
            ann.get(&format!("/runs/{run}/search")).await.as_array().map(Vec::len),
            Some(targets),
            "nobody else's"
        );
    }
    let found = ben.get(&format!("/runs/{run}/samples?limit=1&source=search")).await;
    assert_eq!((&found["source"], &found["matched"]), (&json!(ids[0]), &json!(300)), "{found}");

    // Backfill, only to the server's and the user's own, and removal.
    let backfill = |target: &str| format!("/runs/{earlier}/search?target={target}");
    assert_eq!(
        ann.call(Method::POST, &backfill(&ids[1]), &json!({})).await.refusal(),
        (StatusCode::NOT_FOUND, "not_found")
    );
    assert_eq!(ann.call(Method::POST, &backfill(&ids[0]), &json!({})).await.status, StatusCode::ACCEPTED);
    assert_eq!(shipment(&ann, &earlier, &ids[0], complete).await["counted"], 40);
    let deleted = ann.call(Method::DELETE, &backfill(&ids[0]), &json!({})).await;
    assert_eq!((deleted.status, &deleted.body["documents"]), (StatusCode::OK, &json!(40)), "{}", deleted.body);

    // A changed password delays her shipments, with a code, and nobody else's; saved again, they continue automatically.
    "Basic YW5uOm5ldy13b3Jk".clone_into(&mut hers.opens.lock().expect("a lock")); // ann:new-word
    let held_up = ann.import(60).await;
    let trouble = shipment(&ann, &held_up, &ids[0], |shipment| shipment["trouble"].is_object()).await;
    assert_eq!(trouble["state"], "shipping", "{trouble}");
    assert!(
        trouble["trouble"]["code"].as_str().is_some_and(|code| ["search_denied", "search_credentials"].contains(&code)),
        "{trouble}"
    );
    let own = ann.get("/search/own").await;
    let stuck = own.as_array().expect("targets").iter().find(|target| target["id"] == ids[0]).expect("hers").clone();
    assert_eq!((&stuck["unfinished"], &stuck["trouble"]), (&json!(1), &trouble["trouble"]), "{stuck}");
    let goes_on = ben.import(10).await;
    assert_eq!(shipment(&ben, &goes_on, &ids[1], complete).await["counted"], 10);
    let mut again = of_ann.clone();
    again["password"] = json!("new-word");
    let saved = ann.call(Method::PUT, &format!("/search/own/{}", ids[0]), &again).await;
    assert_eq!((saved.status, &saved.body["id"]), (StatusCode::OK, &json!(ids[0])), "{}", saved.body);
    assert_eq!(shipment(&ann, &held_up, &ids[0], complete).await["counted"], 60);

    // A deleted target is reported as such; documents there are kept.
    assert_eq!(
        ann.call(Method::DELETE, &format!("/search/own/{}", ids[0]), &json!({})).await.status,
        StatusCode::NO_CONTENT
    );
    assert_eq!(shipment(&ann, &run, &ids[0], |shipment| shipment["target_info"].is_null()).await["state"], "complete");
    let query = json!({ "query": { "term": { "run.id": run } } });
    assert_eq!(engine.ask(Method::POST, "logs-jmeter.sample-ann/_count", query).await["count"], 300);
}
