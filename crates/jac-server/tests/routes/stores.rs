//! Users' own stores for results, on a real S3 server that checks which keys may access what.

use crate::gateway::{Gateway, TestKeys, program};
use crate::served::{Answer, Served};
use http::{Method, StatusCode};
use jac_engine::Settings;
use jac_model::{TokenScope, UserRole};
use jac_store::TokenRow;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// No upload of a few hundred rows takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);
/// Nothing listens there.
const NOWHERE: &str = "http://127.0.0.1:9";

/// A member who calls with a token.
pub struct Caller<'a> {
    served: &'a Served,
    token: String,
}

impl<'a> Caller<'a> {
    pub async fn new(served: &'a Served, id: &str) -> Self {
        let store = served.app.engine.store();
        store.add_person(id, id, UserRole::Member, Vec::new(), 1).await.expect("a person");
        let token = jac_server::new_token();
        let row = TokenRow {
            id: format!("t-{id}"),
            name: "test".to_owned(),
            scope: TokenScope::All,
            created_ms: 1,
            expires_ms: None,
            last_used_ms: None,
        };
        store.add_token(id, &token, row).await.expect("a token");
        Self { served, token: format!("Bearer {token}") }
    }

    pub async fn call(&self, method: Method, path: &str, body: &Value) -> Answer {
        self.served.call(method, path, &[("authorization", &self.token)], &body.to_string()).await
    }

    pub async fn get(&self, path: &str) -> Value {
        let answer = self.call(Method::GET, path, &json!(null)).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.body
    }

    /// Saves keys as a set, replacing the one with this ID if given; returns its ID.
    async fn save_keys(&self, id: Option<&str>, keys: &TestKeys) -> String {
        let set = json!({ "name": "work", "aws": { "access_key_id": keys.id, "secret_access_key": keys.secret } });
        let (method, path) = match id {
            None => (Method::POST, "/credentials?test=false".to_owned()),
            Some(id) => (Method::PUT, format!("/credentials/{id}?test=false")),
        };
        let saved = self.call(method, &path, &set).await;
        assert!(saved.status.is_success(), "{}", saved.body);
        saved.body["id"].as_str().expect("an ID").to_owned()
    }

    async fn use_store(&self, store: &Value) -> Value {
        let saved = self.call(Method::POST, "/stores", store).await;
        assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
        saved.body
    }

    /// A finished run of this user.
    pub async fn import(&self, rows: i64) -> String {
        let head = "timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,bytes\n".to_owned();
        let row = |n: i64| format!("{},{},Home,200,OK,T 1-1,true,512\n", 1_700_000_000_000 + n * 100, 100 + n % 20);
        let log: String = std::iter::once(head).chain((0..rows).map(row)).collect();
        let headers = [("authorization", self.token.as_str())];
        let files = [("a.jtl", log.as_bytes())];
        let answer = self.served.post_form("/runs/import", &headers, &[("plan", "shop")], &files).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        answer.body["id"].as_str().expect("an ID").to_owned()
    }

    /// The state of the run's upload, once it is as expected.
    async fn archive(&self, run: &str, is_so: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let archive = self.get(&format!("/runs/{run}")).await["archive"].clone();
            if is_so(&archive) {
                return archive;
            }
            assert!(began.elapsed() < LIMIT, "{run}: {archive}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    async fn stored(&self, run: &str) -> String {
        let archive = self.archive(run, |archive| archive["phase"] == "stored").await;
        archive["address"].as_str().expect("an address").to_owned()
    }

    async fn verified(&self, run: &str) -> bool {
        let answer = self.call(Method::POST, &format!("/runs/{run}/archive/verify"), &json!({})).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["is_stored"] == true && answer.body["missing"] == json!([]) && answer.body["different"] == json!([])
    }

    fn folder(&self, run: &str) -> PathBuf {
        self.served.app.engine.folder().run(&run.parse().expect("an ID"))
    }
}

fn store(gateway: &Gateway, address: &str, set: &str) -> Value {
    json!({ "address": address, "endpoint": gateway.options().endpoint, "region": "us-east-1", "credentials": set })
}

/// Field and code of the only fault of an error.
fn fault(answer: &Answer) -> (StatusCode, &str, &str, &str) {
    let faults = answer.body["error"]["faults"].as_array().map_or(&[][..], Vec::as_slice);
    assert_eq!(faults.len(), 1, "{}", answer.body);
    let text = |key: &str| faults[0][key].as_str().unwrap_or_default();
    (answer.status, answer.code(), text("field"), text("code"))
}

/// How many files are below a folder.
fn files(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| if entry.path().is_dir() { files(&entry.path()) } else { 1 }).sum()
}

/// Is anything there, however deep, that is called after the run?
fn contains(folder: &Path, run: &str) -> bool {
    let mut entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    entries.any(|entry| entry.file_name().to_string_lossy().contains(run) || contains(&entry.path(), run))
}

async fn served(gateway: &Gateway) -> Served {
    let allowed_endpoints = vec![gateway.options().endpoint.expect("an address"), NOWHERE.to_owned()];
    Served::with(Settings { allowed_endpoints, ..Settings::default() }).await
}

#[tokio::test]
async fn what_cannot_be_a_store_is_refused_with_all_its_fields() {
    let served = Served::new().await;
    let (ann, ben) = (Caller::new(&served, "ann").await, Caller::new(&served, "ben").await);
    let keys = TestKeys { id: "AKIAIOSFODNN7EXAMPLE".to_owned(), secret: "secret".to_owned() };
    let (set, other) = (ann.save_keys(None, &keys).await, ben.save_keys(None, &keys).await);
    let bad = json!({ "address": "file:///etc", "region": "x.evil.example/", "endpoint": "http://127.0.0.1:7070", "kms_key": "a b",
        "storage_class": "cold", "credentials": "" });
    let refused = ann.call(Method::POST, "/stores", &bad).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "store_invalid"));
    let faults = refused.body["error"]["faults"].as_array().expect("all faults").iter();
    let found: Vec<_> = faults
        .map(|fault| (fault["field"].as_str().unwrap_or_default(), fault["code"].as_str().unwrap_or_default()))
        .collect();
    let malformed = ["/address", "/region"].map(|field| (field, "malformed"));
    let rest = [
        ("/endpoint", "endpoint_not_allowed"),
        ("/kms_key", "malformed"),
        ("/storage_class", "malformed"),
        ("/credentials", "missing"),
    ];
    assert_eq!(found, [&malformed[..], &rest[..]].concat());
    let good = json!({ "address": "s3://results/load", "region": "eu-central-1", "credentials": set });
    for (field, value, code) in [
        ("address", json!("gs://results"), "malformed"),
        ("address", json!("s3://results:9000/a"), "malformed"),
        ("address", json!("s3://Results"), "malformed"),
        ("address", json!("s3://a%2fb/c"), "malformed"),
        ("address", json!(""), "missing"),
        ("region", json!(""), "missing"),
        ("endpoint", json!("https://169.254.169.254"), "endpoint_not_allowed"),
        ("endpoint", json!("https://user:secret@s3.example"), "malformed"),
        ("credentials", json!(other), "credentials_unknown"),
    ] {
        let mut wrong = good.clone();
        wrong[field] = value.clone();
        let refused = ann.call(Method::POST, "/stores?test=false", &wrong).await;
        let at = format!("/{field}");
        assert_eq!(fault(&refused), (StatusCode::BAD_REQUEST, "store_invalid", at.as_str(), code), "{field} {value}");
    }
    assert_eq!(ann.get("/stores").await, json!([]));
    let saved = ann.call(Method::POST, "/stores?test=false", &good).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
    let path = format!("/stores/{}", saved.body["id"].as_str().expect("an ID"));
    assert_eq!(ben.call(Method::DELETE, &path, &json!(null)).await.refusal(), (StatusCode::FORBIDDEN, "not_owner"));
    assert_eq!(ben.get("/stores").await, json!([]));
    let mut moved = good.clone();
    moved["address"] = json!("s3://other");
    let refused = ann.call(Method::PUT, &format!("{path}?test=false"), &moved).await;
    assert_eq!(fault(&refused), (StatusCode::BAD_REQUEST, "store_invalid", "/address", "store_place_fixed"));
    let in_use = ann.call(Method::DELETE, &format!("/credentials/{set}"), &json!(null)).await;
    assert_eq!(in_use.refusal(), (StatusCode::CONFLICT, "credentials_in_use"));
    assert_eq!(in_use.body["error"]["faults"][0]["message"], "s3://results/load");
    assert_eq!(ann.call(Method::DELETE, &path, &json!(null)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(ann.get("/stores").await, json!([]), "it had no runs");
    assert_eq!(
        ann.call(Method::DELETE, &format!("/credentials/{set}"), &json!(null)).await.status,
        StatusCode::NO_CONTENT
    );
}

#[tokio::test]
async fn a_store_is_tried_before_it_is_saved_and_each_fault_is_beside_its_field() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let (hers, his) = (gateway.add_person(&program, "ann-results"), gateway.add_person(&program, "ben-results"));
    let served = served(&gateway).await;
    let ann = Caller::new(&served, "ann").await;
    let set = ann.save_keys(None, &hers).await;
    let good = store(&gateway, "s3://ann-results/load", &set);
    let refused = async |store: &Value| ann.call(Method::POST, "/stores", store).await;
    let refusal = |field, code| (StatusCode::BAD_REQUEST, "store_refused", field, code);
    let missing = refused(&store(&gateway, "s3://no-such-bucket", &set)).await;
    assert_eq!(fault(&missing), refusal("/address", "artefacts_bucket_missing"));
    let anothers = refused(&store(&gateway, "s3://ben-results", &set)).await;
    assert_eq!(fault(&anothers), refusal("/credentials", "artefacts_denied"));
    let mut away = good.clone();
    away["endpoint"] = json!(NOWHERE);
    assert_eq!(fault(&refused(&away).await), refusal("/endpoint", "artefacts_unreachable"));
    for wrong in
        [TestKeys { secret: his.secret.clone(), ..hers.clone() }, TestKeys { id: "nobody".to_owned(), ..hers.clone() }]
    {
        ann.save_keys(Some(&set), &wrong).await;
        assert_eq!(fault(&refused(&good).await), refusal("/credentials", "artefacts_credentials_refused"), "{wrong:?}");
    }
    assert_eq!(ann.get("/stores").await, json!([]));
    ann.save_keys(Some(&set), &hers).await;
    let saved = ann.use_store(&good).await;
    assert_eq!(
        (&saved["is_current"], &saved["runs"], &saved["credentials"]["name"]),
        (&json!(true), &json!(0), &json!("work"))
    );
    assert_eq!(files(&gateway.bucket("ann-results")), 0, "what was tried is gone");
    let tested =
        ann.call(Method::POST, &format!("/stores/{}/test", saved["id"].as_str().expect("an ID")), &json!({})).await;
    assert_eq!(tested.status, StatusCode::NO_CONTENT, "{}", tested.body);
}

#[tokio::test]
async fn the_runs_of_two_people_are_in_their_own_buckets_and_are_read_there() {
    let Some(program) = program() else { return };
    let gateway = Gateway::start(&program);
    let (hers, his) = (gateway.add_person(&program, "ann-results"), gateway.add_person(&program, "ben-results"));
    let served = served(&gateway).await;
    let (ann, ben) = (Caller::new(&served, "ann").await, Caller::new(&served, "ben").await);
    let earlier = ann.import(50).await;
    assert_eq!(ann.get(&format!("/runs/{earlier}")).await["archive"], json!(null));
    let (set, his_set) = (ann.save_keys(None, &hers).await, ben.save_keys(None, &his).await);
    let first = ann.use_store(&store(&gateway, "s3://ann-results/load", &set)).await;
    ben.use_store(&store(&gateway, "s3://ben-results", &his_set)).await;
    assert!(ann.stored(&earlier).await.starts_with("s3://ann-results/load/runs/"), "what was there before too");
    let (run, of_ben) = (ann.import(300).await, ben.import(200).await);
    assert!(ann.stored(&run).await.starts_with("s3://ann-results/load/runs/"));
    assert!(ben.stored(&of_ben).await.starts_with("s3://ben-results/runs/"));
    assert!(ann.verified(&run).await && ben.verified(&of_ben).await);

    // Everybody reads it there, with its owner's keys; other users' keys have no access.
    std::fs::remove_file(ann.folder(&run).join("results.jtl.zst")).expect("it was compressed");
    let found = ben.get(&format!("/runs/{run}/samples?limit=1")).await;
    assert_eq!(found["matched"], 300, "{found}");
    let compared = ben.get(&format!("/compare?runs={run},{of_ben}")).await;
    assert!(compared["runs"].is_array() || compared["rows"].is_array() || compared.is_object(), "{compared}");
    assert_eq!(ben.get(&format!("/runs/{run}")).await["archive"]["has_links"], true);
    let link = ben.get(&format!("/runs/{run}/archive/link?name=results.jtl")).await;
    assert!(
        link["url"]
            .as_str()
            .is_some_and(|url| url.contains("/ann-results/load/runs/") && url.contains("key_of_ann_results")),
        "{link}"
    );

    let leaving = ann.import(30).await;
    ann.stored(&leaving).await;

    // Keys that do not work any more: a code, nothing lost, nobody else held up.
    ann.save_keys(Some(&set), &TestKeys { secret: "another".to_owned(), ..hers.clone() }).await;
    let unread = ben.call(Method::GET, &format!("/runs/{run}/samples?limit=1"), &json!(null)).await;
    assert_eq!(unread.refusal(), (StatusCode::BAD_GATEWAY, "artefacts_credentials_refused"));
    let held_up = ann.import(100).await;
    let failed = ann.archive(&held_up, |archive| archive["phase"] == "failed").await;
    assert_eq!(failed["code"], "artefacts_credentials_refused", "{failed}");
    let stuck = ann.get("/stores").await[0].clone();
    assert_eq!(
        (&stuck["waiting"], &stuck["failed"], &stuck["trouble"]["code"]),
        (&json!(1), &json!(1), &json!("artefacts_credentials_refused")),
        "{stuck}"
    );
    assert_eq!(ann.get(&format!("/runs/{held_up}/samples?limit=1")).await["matched"], 100);
    let goes_on = ben.import(10).await;
    ben.stored(&goes_on).await;
    let deleted = ann.call(Method::DELETE, &format!("/runs/{leaving}"), &json!(null)).await;
    assert!(deleted.status.is_success(), "{}", deleted.body);
    let is_there = || contains(&gateway.bucket("ann-results"), &leaving);
    assert!(is_there(), "without valid keys nobody removes it");
    // The new keys alone have the upload and the removal tried again at once.
    ann.save_keys(Some(&set), &hers).await;
    ann.stored(&held_up).await;
    let began = Instant::now();
    loop {
        let stored = ann.get("/stores").await[0].clone();
        if (&stored["waiting"], &stored["failed"], &stored["trouble"]) == (&json!(0), &json!(0), &json!(null)) {
            break;
        }
        assert!(began.elapsed() < LIMIT, "{stored}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    while is_there() || ann.get("/stores").await[0]["runs"] != 3 {
        assert!(began.elapsed() < LIMIT, "{leaving} is still in the store");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    // Another store: what is in the first one stays, and is read there.
    let second = ann.use_store(&store(&gateway, "s3://ann-results/other", &set)).await;
    let later = ann.import(20).await;
    assert!(ann.stored(&later).await.starts_with("s3://ann-results/other/runs/"));
    assert!(ann.stored(&run).await.starts_with("s3://ann-results/load/runs/") && ann.verified(&run).await);
    assert_eq!(ben.get(&format!("/runs/{run}/samples?limit=1")).await["matched"], 300);
    let pinned = ann.call(Method::PATCH, &format!("/runs/{run}/pin"), &json!({ "pinned": true })).await;
    assert!(pinned.status.is_success(), "{}", pinned.body);
    assert!(ann.stored(&run).await.starts_with("s3://ann-results/load/runs/"), "its record too");
    let stores = ann.get("/stores").await;
    let seen: Vec<_> =
        stores.as_array().expect("stores").iter().map(|one| (&one["id"], &one["is_current"], &one["runs"])).collect();
    assert_eq!(seen, [(&second["id"], &json!(true), &json!(1)), (&first["id"], &json!(false), &json!(3))]);
    let path = format!("/stores/{}", first["id"].as_str().expect("an ID"));
    assert_eq!(ann.call(Method::DELETE, &path, &json!(null)).await.refusal(), (StatusCode::CONFLICT, "conflict"));

    // Deleted runs are deleted in their store; the previous store is removed with the last of them.
    for run in [&earlier, &run, &held_up] {
        assert!(ann.call(Method::DELETE, &format!("/runs/{run}"), &json!(null)).await.status.is_success());
    }
    let began = Instant::now();
    while ann.get("/stores").await.as_array().map(Vec::len) != Some(1) {
        assert!(began.elapsed() < LIMIT, "{}", ann.get("/stores").await);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(files(&gateway.bucket("ann-results").join("load")), 0);

    // A removed user's runs stay readable, by their new owner.
    let removed = served.as_owner(Method::DELETE, "/people/ann?to=ben", "").await;
    assert!(removed.status.is_success(), "{}", removed.body);
    ben.stored(&later).await;
    assert!(ben.verified(&later).await);
    let handed = ben.get("/stores").await;
    let handed = handed.as_array().expect("stores").iter().find(|one| one["id"] == second["id"]).expect("hers");
    assert_eq!((&handed["is_current"], &handed["runs"]), (&json!(false), &json!(1)));
}
