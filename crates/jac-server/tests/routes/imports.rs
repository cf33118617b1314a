//! Result logs from elsewhere become runs; what cannot be imported leaves nothing.

use crate::served::{Served, form};
use axum::body::Body;
use flate2::Compression;
use flate2::write::GzEncoder;
use http::{Method, Request, StatusCode, header};
use jac_engine::Settings;
use jac_logs::{Input, read_logs};
use serde_json::Value;
use std::io::Write;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::Duration;
use zip::write::SimpleFileOptions;

const HEADER: &str =
    "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,URL\n";
const XML: &[u8] = br#"<?xml version="1.0" encoding="UTF-8"?><testResults version="1.2">
<httpSample t="120" lt="80" ts="1700000300000" s="true" lb="Home" rc="200" rm="OK" tn="T 1-1" by="512"/>
<httpSample t="340" lt="90" ts="1700000301000" s="false" lb="Pay, &quot;now&quot;" rc="503" rm="busy" tn="T 1-2" by="64"/>
</testResults>"#;

/// This many samples from a time on, one a second.
fn log(start_ms: i64, samples: i64, slower_ms: i64) -> String {
    let row = |n: i64| {
        let failed = n % 40 == 7;
        let (code, why) = if failed { (500, "\"no \"\"basket\"\", sorry\"") } else { (200, "") };
        let (at, elapsed) = (start_ms + n * 1000, 100 + n % 20 + slower_ms);
        format!("{at},{elapsed},Home,{code},OK,T 1-{},{},{why},512,http://shop/{n}\n", n % 4, !failed)
    };
    std::iter::once(HEADER.to_owned()).chain((0..samples).map(row)).collect()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(bytes).expect("packs");
    packer.finish().expect("packs")
}

fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).expect("an entry");
        zip.write_all(bytes).expect("its bytes");
    }
    zip.finish().expect("a zip").into_inner()
}

impl Served {
    fn importing(&self, body: Body) -> Request<Body> {
        self.uploading("/runs/import", body)
    }

    async fn import(&self, plan: &str, files: &[(&str, &[u8])]) -> crate::served::Answer {
        self.send(self.importing(Body::from(form(&[("plan", plan)], files)))).await
    }

    async fn imported(&self, plan: &str, files: &[(&str, &[u8])]) -> Value {
        let answer = self.import(plan, files).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.as_owner(Method::GET, path, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    fn run_folders(&self) -> usize {
        std::fs::read_dir(self.app.engine.folder().runs()).expect("the folder").count()
    }
}

/// The figures of `jac report` for the same files in the same order.
fn reported(files: &[(&str, &[u8])]) -> Value {
    let folder = tempfile::tempdir().expect("a folder");
    let written = files.iter().map(|(name, bytes)| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).expect("a file");
        Input::File(path)
    });
    let inputs: Vec<Input> = written.collect();
    let mut log = read_logs(&inputs, &jac_jtl::Settings::default(), &mut |_| ControlFlow::Continue(())).expect("read");
    log.rename_files(&|file| Path::new(file).file_name().expect("a name").to_string_lossy().into_owned());
    // Serialised in the same way as the other one: numbers do not survive parsing to the last bit.
    serde_json::from_str(&serde_json::to_string(&log.summary()).expect("JSON")).expect("JSON")
}

#[tokio::test]
async fn logs_of_any_kind_have_the_figures_of_their_report() {
    let served = Served::new().await;
    let (first, second) = (log(1_700_000_000_000, 300, 0), log(1_700_000_400_000, 100, 50));
    let packed = gzip(second.as_bytes());
    let zstandard = zstd::encode_all(second.as_bytes(), 1).expect("packs");
    let semicolons = "label;elapsed;timeStamp\nTill;60;2023/11/14 22:13:25.250\n";
    let cases: [&[(&str, &[u8])]; 7] = [
        &[("plain.jtl", first.as_bytes())],
        &[("packed.jtl.gz", &packed)],
        &[("an.xml", XML)],
        &[("dates.csv", semicolons.as_bytes())],
        // Not in the order of their times: they are read one after the other, as given.
        &[("b.jtl.zst", &zstandard), ("a.jtl", first.as_bytes()), ("c.xml", XML), ("d.csv", semicolons.as_bytes())],
        // Truncated in the middle of a row: the machine failed.
        &[("cut.jtl", &first.as_bytes()[..first.len() - 30])],
        // The same together with another log: the stored log contains both, without the truncated row.
        &[("cut.jtl", &first.as_bytes()[..first.len() - 30]), ("c.xml", XML)],
    ];
    for files in cases {
        let run = served.imported("Shop", files).await;
        let id = run["id"].as_str().expect("an id");
        let report = served.get(&format!("/runs/{id}/report")).await;
        let (_, summary) = served.bytes(&format!("/runs/{id}/artefacts/summary.json")).await;
        let summary: Value = serde_json::from_slice(&summary.expect("a file")).expect("JSON");
        assert_eq!(summary, reported(files), "{}", files[0].0);
        let names: Vec<&str> =
            report["files"].as_array().into_iter().flatten().flat_map(|file| file["name"].as_str()).collect();
        assert_eq!(names, files.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let samples = served.get(&format!("/runs/{id}/samples?limit=1000")).await;
        assert_eq!(samples["matched"], report["summary"]["total"]["samples"], "{}", files[0].0);
        assert_eq!(samples["rejected_rows"], report["summary"]["rejected_rows"]);
        assert_eq!(
            (&run["phase"], &run["provider"], &run["cause"]["kind"]),
            (&"finished".into(), &"imported".into(), &"imported".into())
        );
        assert_eq!(
            (&run["started_ms"], &run["ended_ms"]),
            (&report["summary"]["start_ms"], &report["summary"]["end_ms"])
        );
        assert_eq!(run["owner"]["id"], "admin");
        assert!(served.is_clean());
    }
    assert_eq!(served.run_folders(), cases.len());
}

/// The active users over time.
fn users(report: &Value) -> Vec<(Value, Value)> {
    let points = report["series"]["points"].as_array().expect("points");
    points.iter().map(|point| (point["t_ms"].clone(), point["active_users"].clone())).collect()
}

#[tokio::test]
async fn logs_of_several_load_generators_have_their_users_also_in_a_part_of_the_time() {
    let served = Served::new().await;
    let log = |users: u64| -> String {
        let row = |n: u64| format!("{},5,Home,200,OK,T 1-1,true,{users}\n", 1_700_000_000_000 + n * 1_000);
        let header = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,allThreads\n".to_owned();
        std::iter::once(header).chain((0..60).map(row)).collect()
    };
    let (first, second) = (log(3), log(4));
    let run = served.imported("Shop", &[("a.jtl", first.as_bytes()), ("b.jtl", second.as_bytes())]).await;
    let id = run["id"].as_str().expect("an id");
    let whole = served.get(&format!("/runs/{id}/report")).await;
    assert!(users(&whole).iter().all(|(_, users)| *users == 7), "{:?}", users(&whole));
    let part = served.get(&format!("/runs/{id}/report?from_ms=1700000010000&to_ms=1700000020000")).await;
    assert_eq!(users(&part), users(&whole)[10..20]);
}

#[tokio::test]
async fn the_total_of_a_part_covers_what_that_of_the_whole_run_does() {
    let served = Served::new().await;
    let transaction = "\"Number of samples in transaction : 1, number of failing samples : 0\"";
    let row = |second: u64, label: &str, message: &str| {
        format!("{},5,{label},200,{message},T 1-1,true,,1,\n", 1_700_000_000_000 + second * 1_000)
    };
    let log: String = std::iter::once(HEADER.to_owned())
        .chain((0..10).map(|second| row(second, "Home", "OK")))
        .chain((10..20).map(|second| row(second, "Order", transaction)))
        .collect();
    let run = served.imported("Shop", &[("a.jtl", log.as_bytes())]).await;
    let id = run["id"].as_str().expect("an id");
    let part = served.get(&format!("/runs/{id}/report?from_ms=1700000012000")).await;
    let summary = &part["summary"];
    assert_eq!((&summary["total_basis"], &summary["total"]["samples"]), (&"samples".into(), &0.into()));
    assert_eq!((&summary["labels"][0]["label"], &summary["labels"][0]["samples"]), (&"Order".into(), &8.into()));
}

#[tokio::test]
async fn a_zip_of_logs_is_one_run_of_all_of_them() {
    let served = Served::new().await;
    let (first, second) = (log(1_700_000_000_000, 30, 0), gzip(log(1_700_000_400_000, 10, 50).as_bytes()));
    let archive = zip(&[("day/1.jtl", first.as_bytes()), ("day/2.jtl.gz", &second), ("__MACOSX/day/1.jtl", b"x")]);
    let run = served.imported("Shop", &[("logs.zip", &archive)]).await;
    let report = served.get(&format!("/runs/{}/report", run["id"].as_str().expect("an id"))).await;
    assert_eq!(report["summary"]["total"]["samples"], 40);
    assert_eq!(
        (&report["files"][0]["name"], &report["files"][1]["name"]),
        (&"day/1.jtl".into(), &"day/2.jtl.gz".into())
    );
}

#[tokio::test]
async fn imports_under_one_name_have_a_history_and_can_be_compared() {
    let served = Served::new().await;
    let [earlier, later] =
        [(1_700_000_000_000, 0), (1_700_100_000_000, 400)].map(|(start, slower)| log(start, 400, slower));
    // The later one is imported first: a run has the age of its log.
    let later = served.imported("Night shop", &[("later.jtl", later.as_bytes())]).await;
    let earlier = served.imported("night SHOP", &[("earlier.jtl", earlier.as_bytes())]).await;
    let id = |run: &Value| run["id"].as_str().expect("an id").to_owned();
    let plan = later["plan"]["id"].as_str().expect("an id");
    let trend = served.get(&format!("/plans/{plan}/trend?limit=10")).await;
    assert_eq!((&trend["items"][0]["run"], &trend["items"][1]["run"]), (&later["id"], &earlier["id"]));
    assert_eq!(
        (&trend["items"][0]["compared"]["change"], &trend["items"][0]["partial"]),
        (&"worse".into(), &false.into())
    );
    let compared = served.get(&format!("/compare?runs={},{}", id(&earlier), id(&later))).await;
    assert_eq!(compared["comparisons"][0]["total"]["change"], "worse");
    assert_eq!(compared["results"][0]["run"], Value::Null, "nothing is known of how it was started");
    let (headers, page) = served.bytes(&format!("/runs/{}/artefacts/report.html", id(&later))).await;
    assert!(
        headers[header::CONTENT_TYPE].to_str().expect("text").starts_with("text/html")
            && page.expect("a page").len() > 10_000
    );
    // An existing plan gets the run, by its ID or its name.
    let plan = served.upload("/plans", &[("Shop.jmx", crate::PLAN)]).await.body["id"].clone();
    for named in ["shop", plan.as_str().expect("an id")] {
        assert_eq!(served.imported(named, &[("a.xml", XML)]).await["plan"]["id"], plan);
    }
    served.upload("/plans", &[("Shop.jmx", crate::PLAN)]).await;
    assert_eq!(served.import("Shop", &[("a.xml", XML)]).await.code(), "plan_ambiguous");
}

#[tokio::test]
async fn an_import_is_in_the_audit_trail_with_the_run_that_it_made() {
    let served = Served::new().await;
    let run = served.imported("Shop", &[("a.xml", XML)]).await;
    served.import("Shop", &[("a.txt", b"no log")]).await;
    let entries = served.get("/audit?action=run.import").await;
    let entry = |at: usize| &entries["items"][at];
    assert_eq!((&entry(1)["outcome"], &entry(1)["thing"]), (&"done".into(), &run["id"]), "{entries}");
    assert_eq!((&entry(0)["outcome"], &entry(0)["code"]), (&"failed".into(), &"no_sample".into()), "{entries}");
}

/// Names and contents.
type Files<'a> = &'a [(&'a str, &'a [u8])];

#[tokio::test]
async fn what_is_not_a_log_or_damaged_is_refused_by_its_code_and_leaves_nothing() {
    let served = Served::with(Settings { max_import_bytes: 1 << 20, ..Settings::default() }).await;
    let whole = log(1_700_000_000_000, 300, 0);
    let packed = gzip(whole.as_bytes());
    let half_bad =
        whole.lines().map(|row| if row.contains("T 1-2") { "rubbish\n".to_owned() } else { format!("{row}\n") });
    let half_bad: String = half_bad.collect();
    let long = log(1_700_000_000_000, 20_000, 0);
    let bomb = vec![b'0'; 8 << 20];
    let refusals: [(&str, Files); 15] = [
        ("upload_empty", &[]),
        ("no_sample", &[("empty.jtl", b"")]),
        ("no_sample", &[("header.jtl", HEADER.as_bytes())]),
        ("no_sample", &[("letter.txt", b"Dear Ada,\nall is well.\n")]),
        ("not_a_result_log", &[("plan.jmx", crate::PLAN)]),
        ("log_truncated", &[("cut.jtl.gz", &packed[..packed.len() / 2])]),
        ("log_truncated", &[("noise.jtl.gz", &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xFF, 0xFF])]),
        ("rows_rejected", &[("half.jtl", half_bad.as_bytes())]),
        ("upload_too_large", &[("long.jtl.gz", &gzip(long.as_bytes()))]),
        ("upload_too_large", &[("bomb.jtl.gz", &gzip(&bomb))]),
        ("archive", &[("bomb.zip", &zip(&[("bomb.jtl", &bomb)]))]),
        ("file_name", &[("up.zip", &zip(&[("../../up.jtl", whole.as_bytes())]))]),
        ("not_a_result_log", &[("outer.zip", &zip(&[("day/inner.zip", &zip(&[("a.jtl", whole.as_bytes())]))]))]),
        ("archive", &[("cut.zip", &zip(&[("a.jtl", whole.as_bytes())])[..100])]),
        // One bad log among good ones fails the whole import.
        ("no_sample", &[("good.jtl", whole.as_bytes()), ("empty.jtl", b"")]),
    ];
    for (code, files) in refusals {
        let answer = served.import("Shop", files).await;
        assert_eq!(answer.code(), code, "{:?}: {}", files.first().map(|file| file.0), answer.body);
        assert!(answer.status.is_client_error());
        assert!(!answer.body.to_string().contains("uploads/"), "no place of the server: {}", answer.body);
        assert!(served.is_clean(), "{code}");
    }
    assert_eq!(served.import("", &[("a.jtl", whole.as_bytes())]).await.code(), "plan_missing");
    assert_eq!(served.import("Shop", &[("a.jtl", XML), ("a.jtl", XML)]).await.code(), "file_twice");
    assert_eq!(served.import("Shop", &[("../a.jtl", XML)]).await.code(), "file_name");
    assert!(served.is_clean());
    assert_eq!((served.run_folders(), served.get("/runs").await["items"].as_array().map(Vec::len)), (0, Some(0)));
    // With the tolerance given, the rest is imported.
    let fields = [("plan", "Shop"), ("max_unread_percent", "60")];
    let body = form(&fields, &[("half.jtl", half_bad.as_bytes())]);
    let run = served.send(served.importing(Body::from(body))).await;
    assert_eq!((run.status, &run.body["headline"]["samples"]), (StatusCode::CREATED, &225.into()), "{}", run.body);
    // Tolerated rows do not fail it, neither as a whole nor in part.
    let id = run.body["id"].as_str().expect("an id");
    for part in ["", "?to_ms=1700000100000"] {
        let report = served.get(&format!("/runs/{id}/report{part}")).await;
        assert_eq!(report["run"]["verdict"], "none", "{}", report["run"]["criteria"]);
    }
    let again = served.send(served.importing(Body::from(form(&fields, &[("half.jtl", half_bad.as_bytes())])))).await;
    let again = again.body["id"].as_str().expect("an id").to_owned();
    let compared = served.get(&format!("/compare?runs={id},{again}")).await;
    assert_eq!(compared["comparisons"][0]["outcome"], "same", "{}", compared["comparisons"][0]["findings"]);
}

#[tokio::test]
async fn an_upload_that_is_cancelled_leaves_nothing() {
    let served = Served::new().await;
    let whole = form(&[("plan", "Shop")], &[("a.jtl", log(1_700_000_000_000, 3000, 0).as_bytes())]);
    let (sender, mut receiver) = tokio::sync::mpsc::channel::<Vec<u8>>(1);
    let pieces = futures_util::stream::poll_fn(move |context| receiver.poll_recv(context));
    let pieces = futures_util::StreamExt::map(pieces, Ok::<_, std::io::Error>);
    let (request, engine) = (served.importing(Body::from_stream(pieces)), served.app.engine.clone());
    let router = jac_server::router(served.app.clone());
    let going = tokio::spawn(async move { tower::ServiceExt::oneshot(router, request).await });
    for piece in whole[..whole.len() / 2].chunks(10_000) {
        sender.send(piece.to_vec()).await.expect("it is read");
    }
    assert!(!served.is_clean(), "it has begun");
    going.abort();
    tokio::time::timeout(Duration::from_secs(20), async {
        while !served.is_clean() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .expect("its folder is removed");
    assert_eq!(served.run_folders(), 0);
    drop(engine);
}
