//! Searching and comparing finished runs whose logs are in the data folder.

use crate::served::Served;
use crate::things::run;
use http::{Method, StatusCode};
use jac_engine::{EngineError, administrator};
use jac_jtl::criteria::Verdict;
use jac_jtl::{LogStatistics, Settings};
use jac_model::{ResultsMode, RunId, Versions};
use jac_report::{Facts, Report, RunFacts};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// When the first sample of each run started.
const START_MS: u64 = 1_700_000_000_000;

/// A finished run with a log of 300 samples.
pub async fn finished(served: &Served, id: &str, slower_ms: u64) {
    let run = run(served, id, &administrator()).await;
    let mut bytes = "timeStamp,elapsed,label,responseCode,success,failureMessage,URL\n".to_owned();
    for n in 0..300_u64 {
        let failed = n % 100 == 7;
        let (code, why) = if failed { (500, "no basket") } else { (200, "") };
        bytes.push_str(&format!(
            "{},{},Home,{code},{},{why},http://shop/{n}\n",
            START_MS + n * 100,
            100 + n % 20 + slower_ms,
            !failed
        ));
    }
    let mut log = LogStatistics::new(Settings::default());
    log.feed(bytes.as_bytes());
    log.finish();
    let facts = Facts {
        title: run.name,
        jac_version: "0".to_owned(),
        created_ms: 3,
        files: Vec::new(),
        run: Some(RunFacts {
            id: id.to_owned(),
            plan: "shop".to_owned(),
            cluster: "walk".to_owned(),
            workers: 1,
            started_ms: None,
            ended_ms: None,
            cause: None,
            verdict: Verdict::None,
            criteria: Vec::new(),
            criteria_watch: Vec::new(),
            warm_up_s: 0,
            properties: BTreeMap::new(),
            share: BTreeMap::new(),
            results: ResultsMode::Rmi,
            nodes: Vec::new(),
            start_skew_ms: None,
            annotations: Vec::new(),
            transactions: BTreeMap::new(),
        }),
        notes: Vec::new(),
    };
    let report = serde_json::to_vec(&Report::new(facts, &mut log)).expect("JSON");
    let folder = served.app.engine.folder().run(&run.id);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join("results.jtl"), bytes).expect("written");
    std::fs::write(folder.join("report.json"), report).expect("written");
}

#[tokio::test]
async fn a_part_of_a_runs_time_has_a_report_of_its_own() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    let id: RunId = "r-33333333".parse().expect("an id");
    let judged = served.app.engine.store().update_run::<_, EngineError>(&id, |run| {
        run.criteria = vec!["errors > 0".to_owned(), "p95 > 1s".to_owned()];
        run.warm_up_s = 10;
        Ok(())
    });
    judged.await.expect("a run");
    let ask = async |query: &str| served.as_owner(Method::GET, &format!("/runs/r-33333333/report{query}"), "").await;
    let part = async |from: u64, to: u64| {
        let answer = ask(&format!("?from_ms={}&to_ms={}", START_MS + from, START_MS + to)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body
    };
    let judged = |body: &Value| -> String {
        let results = body["run"]["criteria"].as_array().cloned().unwrap_or_default();
        let codes: Vec<&str> = results.iter().filter_map(|result| result["code"].as_str()).collect();
        format!("{}: {}", body["run"]["verdict"].as_str().unwrap_or_default(), codes.join(" "))
    };
    let whole = ask("").await.body;
    assert_eq!((&whole["interval"], &whole["summary"]["total"]["samples"]), (&Value::Null, &json!(300)));
    // One sample every 100 ms, of 100 to 119 ms; numbers 7, 107 and 207 failed.
    let body = part(12_000, 20_000).await;
    assert_eq!(body["interval"], json!({ "from_ms": START_MS + 12_000, "to_ms": START_MS + 20_000 }));
    let total = &body["summary"]["total"];
    assert_eq!((&total["samples"], &total["errors"], &total["min_ms"]), (&json!(80), &json!(0), &json!(100)));
    assert_eq!((&body["errors"], &body["codes"][0]["count"]), (&json!([]), &json!(80)));
    assert_eq!(judged(&body), "passed: met met");
    // It failed within the warm-up, which does not count.
    let body = part(0, 10_500).await;
    assert_eq!(body["run"]["criteria"][0]["detail"]["actual"], 0.0, "that of 700 ms does not count");
    let body = part(9_000, 12_000).await;
    assert_eq!(judged(&body), "failed: not_met met");
    let body = part(0, 1_000).await;
    assert_eq!(judged(&body), "failed: within_warm_up within_warm_up");
    assert_eq!(body["summary"]["total"]["errors"], 1);
    assert_eq!(body["errors"][0]["count"], 1);
    let halves = [part(0, 15_000).await, part(15_000, 31_000).await];
    let samples = halves.map(|half| half["summary"]["total"]["samples"].as_u64().unwrap_or_default());
    assert_eq!(samples.iter().sum::<u64>(), 300, "no sample is in both or in none");
    // No sample at all: figures are missing and not 0 ms.
    let body = part(100, 101).await;
    assert_eq!(body["summary"]["total"]["samples"], 1, "that of 100 ms");
    let body = part(101, 150).await;
    let total = &body["summary"]["total"];
    assert_eq!((&total["samples"], &total["p95_ms"], &total["mean_ms"]), (&json!(0), &Value::Null, &Value::Null));
    assert_eq!(total["error_percent"], Value::Null);
    assert_eq!(judged(&body), "failed: value_missing value_missing");
    for (query, code) in [
        (format!("?from_ms={}&to_ms={}", START_MS + 9, START_MS + 9), "interval_empty"),
        (format!("?from_ms={}&to_ms={}", START_MS + 9, START_MS + 5), "interval_empty"),
        (format!("?from_ms={}", START_MS + 90_000), "interval_outside"),
        (format!("?to_ms={START_MS}"), "interval_outside"),
        ("?from_ms=-5&to_ms=5".to_owned(), "interval_outside"),
    ] {
        let refused = ask(&query).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert_eq!(refused.body["error"]["code"], code, "{query}");
    }
    assert_eq!(ask("?from_ms=soon").await.status, StatusCode::BAD_REQUEST);
    std::fs::remove_file(served.app.engine.folder().run(&id).join("results.jtl")).expect("removed");
    assert_eq!(ask(&format!("?from_ms={}", START_MS + 9)).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn samples_of_a_run_are_found_by_every_condition() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    let find = async |query: &str| {
        let answer = served.as_owner(Method::GET, &format!("/runs/r-33333333/samples?{query}"), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        answer.body
    };
    for (query, matched) in [
        ("", 300),
        ("success=false", 3),
        ("code=500&label=%5EHome%24", 3),
        ("text=BASKET", 3),
        ("text=shop/29", 11),
        ("min_ms=119", 15),
        ("max_ms=100", 15),
        ("from_ms=1700000029000", 10),
        ("to_ms=1700000001000", 10),
        ("thread=nobody", 0),
    ] {
        assert_eq!(find(query).await["matched"], matched, "{query}");
    }
    let slowest = find("keep=slowest&limit=2").await;
    assert_eq!(slowest["samples"].as_array().map(Vec::len), Some(2));
    assert_eq!(slowest["samples"][0]["elapsed_ms"], 119);
    assert_eq!(find("limit=1000000").await["samples"].as_array().map(Vec::len), Some(300));
    for query in ["label=(", "keep=fastest", "min_ms=soon"] {
        let refused = served.as_owner(Method::GET, &format!("/runs/r-33333333/samples?{query}"), "").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}");
        assert!(refused.body["error"]["message"].is_string(), "{query}");
    }
    let logless = run(&served, "r-44444444", &administrator()).await;
    let missing = served.as_owner(Method::GET, &format!("/runs/{}/samples", logless.id), "").await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn samples_of_all_runs_of_a_plan_are_found_as_in_each_of_them() {
    let served = Served::new().await;
    // Newest last; the third no longer has a log, and a run of another plan is not searched.
    for (id, slower_ms) in [("r-33333333", 0), ("r-44444444", 400), ("r-66666666", 200)] {
        finished(&served, id, slower_ms).await;
    }
    run(&served, "r-55555555", &administrator()).await;
    let store = served.app.engine.store();
    finished(&served, "r-22222222", 0).await;
    let of_other: RunId = "r-22222222".parse().expect("an id");
    let changed = store.update_run::<_, EngineError>(&of_other, |run| {
        run.plan_id = "p-33333333".parse().expect("an id");
        Ok(())
    });
    changed.await.expect("a run");
    served.as_owner(Method::PATCH, "/runs/r-44444444/tags", r#"{"tags":["nightly"]}"#).await;
    let find = async |query: &str| {
        let answer = served.as_owner(Method::GET, &format!("/plans/p-22222222/samples?{query}"), "").await;
        assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
        answer.body
    };
    let ids = |list: &Value, key: &str| -> Vec<String> {
        list.as_array().expect("a list").iter().map(|one| one[key].as_str().expect("an id").to_owned()).collect()
    };
    let failed = find("success=false").await;
    assert_eq!((&failed["matched"], &failed["searched"], &failed["next"]), (&json!(9), &json!(900), &Value::Null));
    assert_eq!(ids(&failed["runs"], "id"), ["r-66666666", "r-55555555", "r-44444444", "r-33333333"]);
    assert_eq!(failed["runs"][1]["fault"]["code"], "not_found", "{failed}");
    let failed_run = &failed["runs"][0];
    assert_eq!(
        (&failed_run["matched"], &failed_run["searched"], &failed_run["source"]),
        (&json!(3), &json!(300), &json!("log"))
    );
    let runs = ids(&failed["samples"], "run");
    assert_eq!((runs.len(), runs[0].as_str(), runs[8].as_str()), (9, "r-66666666", "r-33333333"), "the newest first");
    // As each run's own search finds it.
    let own = served.as_owner(Method::GET, "/runs/r-66666666/samples?success=false", "").await.body;
    for (at, sample) in own["samples"].as_array().expect("samples").iter().enumerate() {
        let mut of_plan = failed["samples"][at].clone();
        of_plan.as_object_mut().expect("an object").remove("run");
        assert_eq!(of_plan, *sample);
    }
    // All are counted, whether they are shown or not.
    let few = find("success=false&limit=4").await;
    assert_eq!((&few["matched"], few["samples"].as_array().map(Vec::len)), (&json!(9), Some(4)));
    let slowest = find("keep=slowest&limit=20").await;
    let runs = ids(&slowest["samples"], "run");
    assert_eq!((runs.len(), &slowest["samples"][0]["elapsed_ms"]), (20, &json!(519)));
    assert!(runs.iter().all(|run| run == "r-44444444"), "{runs:?}");
    assert_eq!(ids(&find("tag=Nightly").await["runs"], "id"), ["r-44444444"]);
    // A few runs at a time.
    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let part = find(&format!("runs=3&code=500{after}")).await;
        seen.push((ids(&part["runs"], "id").len(), part["matched"].as_u64().expect("a count")));
        let Some(next) = part["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(seen, [(3, 6), (1, 3)]);
    assert_eq!(find("text=BASKET&runs=1000").await["matched"], 9);
    for query in ["label=(", "after=elsewhere", "runs=many"] {
        let refused = served.as_owner(Method::GET, &format!("/plans/p-22222222/samples?{query}"), "").await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{query}: {}", refused.body);
    }
    let none = served.as_owner(Method::GET, "/plans/p-99999999/samples", "").await;
    assert_eq!((none.status, &none.body["runs"]), (StatusCode::OK, &json!([])), "as its trend");
    let wrong = served.as_owner(Method::GET, "/plans/nowhere/samples", "").await;
    assert_eq!(wrong.refusal(), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test]
async fn charts_are_given_of_labels_beyond_the_busiest() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    // The report has series of the 50 busiest labels; this one is the 61st.
    let log = served.app.engine.folder().run(&"r-33333333".parse().expect("an id")).join("results.jtl");
    let mut rows = std::fs::read_to_string(&log).expect("a log");
    for label in 0..60 {
        for n in 0..3 {
            rows.push_str(&format!("{},100,Page {label},200,true,,\n", 1_700_000_000_000_u64 + n * 1_000));
        }
    }
    rows.push_str("1700000002000,40,Rare & odd,200,true,,\n");
    std::fs::write(&log, rows).expect("written");
    let charts =
        async |query: &str| served.as_owner(Method::GET, &format!("/runs/r-33333333/label-charts{query}"), "").await;
    let rare = charts("?label=Rare%20%26%20odd").await;
    assert_eq!(rare.status, StatusCode::OK, "{}", rare.body);
    assert_eq!(rare.body["start_ms"], 1_700_000_000_000_u64);
    assert_eq!(rare.body["series"]["label"], "Rare & odd");
    let points = rare.body["series"]["points"].as_array().expect("points");
    assert_eq!(
        (points.len(), points[0]["t_ms"].as_u64(), points[0]["samples"].as_u64()),
        (1, Some(1_700_000_002_000), Some(1))
    );
    assert_eq!(rare.body["profile"]["profile"]["satisfied"], 1);
    for (query, status) in [("?label=none", StatusCode::NOT_FOUND), ("", StatusCode::BAD_REQUEST)] {
        assert_eq!(charts(query).await.status, status, "{query}");
    }
    let over_time = served.as_owner(Method::GET, "/compare/series?runs=r-33333333&label=Rare%20%26%20odd", "").await;
    assert_eq!(
        over_time.body["runs"][0]["points"][0]["t_ms"], 2_000,
        "counted from the run's begin: {}",
        over_time.body
    );
}

#[tokio::test]
async fn labels_together_have_percentiles_in_any_part_of_a_run() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    let log = served.app.engine.folder().run(&"r-33333333".parse().expect("an id")).join("results.jtl");
    let mut rows = std::fs::read_to_string(&log).expect("a log");
    for n in 0..100 {
        rows.push_str(&format!("{},900,Buy,200,true,,\n", START_MS + n * 100));
    }
    std::fs::write(&log, rows).expect("written");
    let ask = async |labels: &str, more: &str| {
        let labels = labels.replace('"', "%22");
        served.as_owner(Method::GET, &format!("/runs/r-33333333/labels-together?labels={labels}{more}"), "").await
    };
    let both = ask(r#"["Home","Buy","none"]"#, "").await;
    assert_eq!(both.status, StatusCode::OK, "{}", both.body);
    assert_eq!((&both.body["samples"], &both.body["p95_ms"]), (&json!(400), &json!(900.0)));
    assert_eq!((&both.body["label"], &both.body["errors"]), (&json!(""), &json!(3)));
    let part = ask(r#"["Home","Buy"]"#, &format!("&from_ms={}&to_ms={}", START_MS + 15_000, START_MS + 20_000)).await;
    assert_eq!((&part.body["samples"], &part.body["max_ms"]), (&json!(50), &json!(119)), "no Buy is in it");
    assert_eq!(ask(r#"["none"]"#, "").await.body, Value::Null);
    assert_eq!(ask("Home", "").await.refusal(), (StatusCode::BAD_REQUEST, "labels_invalid"));
    let eleven = serde_json::to_string(&[""; 11]).expect("JSON");
    assert_eq!(ask(&eleven, "").await.refusal(), (StatusCode::BAD_REQUEST, "too_many_labels"));
    assert_eq!(ask("[]", "&from_ms=9&to_ms=5").await.refusal(), (StatusCode::BAD_REQUEST, "interval_outside"));
}

#[tokio::test]
async fn runs_are_compared_with_the_first_of_them() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    finished(&served, "r-44444444", 0).await;
    finished(&served, "r-55555555", 80).await;
    let store = served.app.engine.store();
    let id = "r-44444444".parse::<jac_model::RunId>().expect("an id");
    let started = store.update_run::<_, EngineError>(&id, |run| {
        run.system_properties.insert("dns.ttl".to_owned(), "5".to_owned());
        run.system_properties.insert("store.password".to_owned(), "hidden".to_owned());
        run.properties_files.push("shop.properties".to_owned());
        let java = vec!["21.0.8".to_owned()];
        run.versions = Some(Versions { jac: "0".to_owned(), jmeter: "5.6.3".to_owned(), java });
        Ok(())
    });
    started.await.expect("written");
    let compare = async |runs: &str| served.as_owner(Method::GET, &format!("/compare?runs={runs}"), "").await;
    let answer = compare("r-33333333,r-44444444,r-55555555").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let report = answer.body;
    assert_eq!(report["results"].as_array().map(Vec::len), Some(3));
    assert_eq!(report["results"][2]["run_id"], "r-55555555");
    let started = &report["results"][1]["run"];
    assert_eq!(started["system_properties"], serde_json::json!({ "dns.ttl": "5", "store.password": "***" }));
    assert_eq!(started["properties_files"], serde_json::json!(["shop.properties"]));
    assert_eq!((&started["jmeter"], &started["java"][0]), (&"5.6.3".into(), &"21.0.8".into()));
    assert_eq!(report["results"][0]["run"]["jmeter"], serde_json::Value::Null);
    assert_eq!(report["comparisons"][0]["total"]["change"], "same");
    assert_eq!(report["comparisons"][1]["total"]["change"], "worse");
    assert!(report["results"][0]["points"].as_array().is_some_and(|points| points.len() == 31));
    for (runs, status) in [
        ("r-33333333", StatusCode::BAD_REQUEST),
        ("r-33333333,r-33333333", StatusCode::BAD_REQUEST),
        ("", StatusCode::BAD_REQUEST),
        ("r-33333333,nonsense", StatusCode::NOT_FOUND),
        ("r-33333333,r-99999999", StatusCode::NOT_FOUND),
    ] {
        let refused = compare(runs).await;
        assert_eq!(refused.status, status, "{runs}: {}", refused.body);
    }
}

#[tokio::test]
async fn whoever_searches_too_much_at_once_is_asked_to_come_back_later() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    let bearer = format!("Bearer {}", served.app.access.token());
    let headers = [("authorization", bearer.as_str())];
    let search = || served.call(Method::GET, "/runs/r-33333333/samples", &headers, "");
    let compare = || served.call(Method::GET, "/compare?runs=r-33333333,r-33333333", &headers, "");
    let mut answers = futures_util::future::join_all((0..60).map(|_| search())).await;
    let (done, busy): (Vec<_>, Vec<_>) = answers.drain(..).partition(|answer| answer.status == StatusCode::OK);
    assert!(done.len() >= 8 && !busy.is_empty(), "{} done, {} not", done.len(), busy.len());
    for answer in busy {
        assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(answer.body["error"]["code"], "busy");
        let seconds: u64 = answer.headers["retry-after"].to_str().expect("text").parse().expect("seconds");
        assert!((1..=60).contains(&seconds));
    }
    assert_eq!(search().await.status, StatusCode::OK, "nothing is left in the queue");
    assert_ne!(compare().await.status, StatusCode::TOO_MANY_REQUESTS);
}

/// Compresses the log of a run as the engine does.
fn compress_log(served: &Served, id: &str) -> std::path::PathBuf {
    let plain = served.app.engine.folder().run(&id.parse().expect("an id")).join("results.jtl");
    let compressed = plain.with_extension("jtl.zst");
    let content = jac_logs::Content::Samples;
    jac_logs::compress(&plain, &compressed, content, &mut || std::ops::ControlFlow::Continue(())).expect("compressed");
    std::fs::remove_file(plain).expect("removed");
    compressed
}

#[tokio::test]
async fn a_compressed_log_is_found_compared_and_downloaded_as_before() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    finished(&served, "r-44444444", 80).await;
    let paths = ["/runs/r-33333333/samples?success=false", "/compare?runs=r-33333333,r-44444444"];
    let ask = async || {
        let mut answers = Vec::new();
        for path in paths {
            let mut answer = served.as_owner(Method::GET, path, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
            answer.body["created_ms"] = serde_json::Value::Null;
            answers.push(answer.body);
        }
        answers
    };
    let plain = served.app.engine.folder().run(&"r-33333333".parse().expect("an id")).join("results.jtl");
    let (log, before) = (std::fs::read(plain).expect("the log"), ask().await);
    for id in ["r-33333333", "r-44444444"] {
        compress_log(&served, id);
    }
    assert_eq!(ask().await, before);
    let folder = served.app.engine.folder().run(&"r-33333333".parse().expect("an id"));
    let stored = std::fs::read(folder.join("results.jtl.zst")).expect("the compressed log");
    let list = served.as_owner(Method::GET, "/runs/r-33333333/artefacts", "").await.body;
    let listed =
        list.as_array().expect("a list").iter().find(|one| one["name"] == "results.jtl").expect("the log").clone();
    assert_eq!(
        (&listed["bytes"], &listed["stored_bytes"], &listed["compressed_name"]),
        (&log.len().into(), &stored.len().into(), &"results.jtl.zst".into())
    );
    for (name, content, media_type) in
        [("results.jtl", &log, "text/csv; charset=utf-8"), ("results.jtl.zst", &stored, "application/zstd")]
    {
        let (headers, bytes) = served.bytes(&format!("/runs/r-33333333/artefacts/{name}")).await;
        assert_eq!(headers["content-type"], media_type);
        assert_eq!(headers["content-length"], content.len().to_string().as_str());
        assert_eq!(headers["content-disposition"], format!("attachment; filename=\"r-33333333-{name}\"").as_str());
        assert!(bytes.expect("all of it") == *content, "{name}");
        let path = format!("/runs/r-33333333/artefacts/{name}");
        // The rest of an interrupted download, the last bytes, and a few in the middle.
        let (size, tag) = (content.len(), headers["etag"].clone());
        for (range, part) in [
            (format!("bytes={}-", size / 3), size / 3..size),
            ("bytes=-10".to_owned(), size - 10..size),
            ("bytes=5-9".to_owned(), 5..10),
            (format!("bytes=0-{}", size * 2), 0..size),
        ] {
            let asked = [("range", range.as_str()), ("if-range", tag.to_str().expect("text"))];
            let (status, headers, bytes) = served.part(&path, &asked).await;
            let of = format!("bytes {}-{}/{size}", part.start, part.end - 1);
            assert_eq!((status, headers["content-range"].as_bytes()), (StatusCode::PARTIAL_CONTENT, of.as_bytes()));
            assert!(bytes == content[part], "{name}: {range}");
        }
        // Of another version, several at once, not understood: the whole file. Behind its end: none.
        let other = [("range", "bytes=5-9"), ("if-range", "\"other\"")];
        for asked in [&other[..], &[("range", "bytes=0-1,5-6")], &[("range", "rows=1-2")]] {
            let (status, _, bytes) = served.part(&path, asked).await;
            assert!(status == StatusCode::OK && bytes == *content, "{name}: {asked:?}");
        }
        let (status, headers, body) = served.part(&path, &[("range", &format!("bytes={size}-"))]).await;
        let of = format!("bytes */{size}");
        assert_eq!((status, headers["content-range"].as_bytes()), (StatusCode::RANGE_NOT_SATISFIABLE, of.as_bytes()));
        assert!(String::from_utf8_lossy(&body).contains("range_invalid"), "{name}");
    }
}

#[tokio::test]
async fn a_damaged_log_is_reported_by_its_code_and_never_short() {
    let served = Served::new().await;
    finished(&served, "r-33333333", 0).await;
    finished(&served, "r-44444444", 80).await;
    let stored = compress_log(&served, "r-44444444");
    let whole = std::fs::read(&stored).expect("the compressed log");
    let path = "/runs/r-44444444/artefacts/results.jtl";
    // Its frame is damaged, which shows during decompression: the answer is aborted.
    let mut bytes = whole.clone();
    bytes[whole.len() / 2] ^= 1;
    std::fs::write(&stored, bytes).expect("written");
    let (_, received) = served.bytes(path).await;
    assert!(received.is_err(), "it must not seem whole");
    // Its table is missing.
    std::fs::write(&stored, &whole[..whole.len() - 3]).expect("written");
    let refused = served.as_owner(Method::GET, path, "").await;
    assert_eq!(
        (refused.status, &refused.body["error"]["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &"log_damaged".into())
    );
    // Some of its samples are missing.
    std::fs::write(&stored, &whole[..whole.len() * 2 / 3]).expect("written");
    for path in ["/compare?runs=r-33333333,r-44444444", "/runs/r-44444444/samples"] {
        let refused = served.as_owner(Method::GET, path, "").await;
        assert_eq!(refused.body["error"]["code"], "log_damaged", "{path}: {}", refused.body);
    }
    let (_, left) = served.bytes("/runs/r-44444444/artefacts/results.jtl.zst").await;
    assert_eq!(left.expect("what is left").len(), whole.len() * 2 / 3);
}
