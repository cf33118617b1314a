//! The sample search of a run, answered by a real engine and by the log: both give the same answer, or the reason why not.

use super::engine::Engine;
use super::{LIMIT, OPENSEARCH, Server, jac, text};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use reqwest::{Method, Url};
use serde_json::{Value, json};
use std::path::Path;
use std::time::Instant;

const ROWS: usize = 6_000;
const FILTERS: usize = 150;
const SEED: u64 = 20_261_128;
const HEADER: &[u8] = b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,success,failureMessage,bytes,sentBytes,grpThreads,allThreads,URL,Latency,Connect,Hostname\n";
/// The rows of the log, and how many samples to request.
const LABELS: [(&str, &str); 7] = [
    ("Home", "Home"),
    ("home", "home"),
    ("Log in", "Log in"),
    ("\"Pay, ünsafe\"", "Pay, ünsafe"),
    (r"a*b?c\d", r"a*b?c\d"),
    ("\"two\nlines\"", "two\nlines"),
    ("", ""),
];
const CODES: [&str; 5] = ["200", "500", "ORA-1017", "Non HTTP response code: java.net.SocketException", ""];
const THREADS: [&str; 4] = ["10.0.0.7:1099-Users 1-1", "Users 1-10", "Users 1-1", ""];

/// A log with everything that a row can have or lack.
fn log(random: &mut StdRng) -> Vec<u8> {
    let mut log = HEADER.to_vec();
    let pick = |random: &mut StdRng, texts: &[&'static str]| *texts.choose(random).expect("some");
    for row in 0..ROWS {
        let start = 1_700_000_000_000 + row as u64 * 3 + random.random_range(0..9_u64);
        let label = LABELS.choose(random).expect("some").0;
        // A clock that went back, and an empty text.
        let elapsed = if random.random_ratio(1, 50) { -3 } else { random.random_range(0..400_i64) };
        let (message, url) = match random.random_range(0..20) {
            0 => ("\"Number of samples in transaction : 2, number of failing samples : 1\"", "null"),
            1 => ("\"Number of samples in transaction : 0, number of failing samples : 0\"", "null"),
            2 => ("", ""),
            _ => (pick(random, &["OK", "\"say \"\"please\"\"\"", "größer"]), "http://shop.test/?q=ü"),
        };
        let failure = pick(random, &["", "", "no basket"]);
        let bytes = pick(random, &["", "0", "1234567890123"]);
        let host = pick(random, &["", "node-1"]);
        let line = format!(
            "{start},{elapsed},{label},{},{message},{},{},{failure},{bytes},12,{},9,{url},7,1,{host}\n",
            pick(random, &CODES),
            pick(random, &THREADS),
            random.random_bool(0.8),
            row % 5
        );
        log.extend_from_slice(line.as_bytes());
        if row % 700 == 0 {
            log.extend_from_slice(b"1700000000000,5,broken \xff text,200,OK,Users 1-1,true,,1,1,1,1,,0,0,\n");
            log.extend_from_slice(b"this is not a row\n");
        }
    }
    log
}

/// A search with the filters of the page's form, and whether an engine can answer it.
fn filter(random: &mut StdRng) -> (Vec<(&'static str, String)>, bool) {
    let mut asked = Vec::new();
    let mut exact = true;
    if random.random_bool(0.5) {
        let text = LABELS.choose(random).expect("some").1;
        let literal = text.replace('\\', r"\\").replace('*', r"\*").replace('?', r"\?");
        let half: String = text.chars().take(2).collect::<String>().replace('*', r"\*");
        let (pattern, is_exact) = match random.random_range(0..7) {
            0 | 1 => (format!("^{literal}$"), !text.is_empty()),
            2 => (format!("^{half}"), !text.is_empty()),
            3 => (half.clone(), true),
            4 => (format!("^(?:{literal}|Home)$"), !text.is_empty()),
            5 => ("H.me".to_owned(), false),
            _ => (format!("(?i){half}$"), !text.is_empty()),
        };
        asked.push(("label", pattern));
        exact &= is_exact;
    }
    if random.random_bool(0.3) {
        let code = *CODES.choose(random).expect("some");
        asked.push(("code", code.to_owned()));
        exact &= !code.is_empty();
    }
    if random.random_bool(0.3) {
        asked.push(("success", random.random_bool(0.5).to_string()));
    }
    if random.random_bool(0.3) {
        asked.push(("min_ms", random.random_range(0..300).to_string()));
    }
    if random.random_bool(0.3) {
        asked.push(("max_ms", random.random_range(100..400).to_string()));
    }
    if random.random_bool(0.3) {
        asked.push(("from_ms", (1_700_000_000_000_u64 + random.random_range(0..9_000)).to_string()));
    }
    if random.random_bool(0.3) {
        asked.push(("to_ms", (1_700_000_009_000_u64 + random.random_range(0..9_000)).to_string()));
    }
    if random.random_bool(0.2) {
        asked.push(("thread", (*["Users 1-1", "Users 1-1$", "^Users"].choose(random).expect("some")).to_owned()));
    }
    if random.random_bool(0.1) {
        asked.push(("text", "BASKET".to_owned()));
        exact = false;
    }
    if random.random_bool(0.5) {
        asked.push(("keep", "slowest".to_owned()));
    }
    asked.push(("limit", (*["1", "100", "1000"].choose(random).expect("some")).to_owned()));
    (asked, exact)
}

/// A server with a search target.
struct Searched {
    url: Url,
    token: String,
    _server: Server,
}

impl Searched {
    fn start(data: &Path, target: &str) -> Self {
        let server = Server::start(data, target);
        let file = std::fs::read(data.join("server.json")).expect("the server's file");
        let file: Value = serde_json::from_slice(&file).expect("JSON");
        let text = |key: &str| file[key].as_str().expect("text").to_owned();
        Self { url: text("url").parse().expect("a URL"), token: text("token"), _server: server }
    }

    async fn samples(&self, run: &str, query: &[(&str, String)], source: &str) -> Value {
        let mut url = self.url.join(&format!("/api/v1/runs/{run}/samples")).expect("a URL");
        url.query_pairs_mut().extend_pairs(query).append_pair("source", source);
        let answer = reqwest::Client::new().get(url).bearer_auth(&self.token).send().await.expect("an answer");
        answer.json().await.expect("JSON")
    }
}

/// Imports a log, and waits until all of it is counted at the target.
fn shipped(data: &Path, target: &str, log: &[u8]) -> String {
    let path = data.parent().expect("a folder").join("results.jtl");
    std::fs::write(&path, log).expect("written");
    let path = path.to_str().expect("UTF-8");
    let arguments = ["import", path, "--plan", "Shop", "--output", "json", "--max-unread", "50"];
    let imported = jac(data, target).args(arguments).output().expect("jac starts");
    let run: Value = serde_json::from_slice(&imported.stdout).unwrap_or_else(|_| panic!("{}", text(&imported)));
    let id = run["id"].as_str().expect("an id").to_owned();
    let backfill = jac(data, target).args(["search", "backfill", &id]).output().expect("jac starts");
    assert!(text(&backfill).contains("complete"), "{}", text(&backfill));
    id
}

/// The answer without its source.
fn bare(mut answer: Value) -> Value {
    for key in ["source", "fallback"] {
        answer.as_object_mut().expect("an object").remove(key);
    }
    answer
}

async fn gives_the_logs_answer(name: &str) {
    let Some(engine) = Engine::start(name, "").await else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let (data, target) = (folder.path().join("data"), engine.url());
    let searched = Searched::start(&data, &target);
    let mut random = StdRng::seed_from_u64(SEED);
    let run = shipped(&data, &target, &log(&mut random));
    let (mut by_engine, mut found) = (0, 0);
    for number in 0..FILTERS {
        let (query, exact) = filter(&mut random);
        let of_log = searched.samples(&run, &query, "log").await;
        assert_eq!((&of_log["source"], &of_log["fallback"]), (&json!("log"), &Value::Null), "{query:?}: {of_log}");
        let of_engine = searched.samples(&run, &query, "search").await;
        let expected = if exact {
            (json!("search"), Value::Null)
        } else {
            (json!("log"), json!({ "target": "search", "code": "search_filter_inexact" }))
        };
        assert_eq!((&of_engine["source"], &of_engine["fallback"]), (&expected.0, &expected.1), "{number}: {query:?}");
        found += of_log["matched"].as_u64().expect("a count");
        assert_eq!(bare(of_engine), bare(of_log), "{number}: {query:?}");
        by_engine += usize::from(exact);
    }
    assert!(by_engine > FILTERS / 3 && found > 1_000, "{by_engine} by the engine, {found} found");
    // A short log is read instead, which is not reported as an error.
    let short = searched.samples(&run, &[], "auto").await;
    assert_eq!((&short["source"], &short["fallback"]), (&json!("log"), &Value::Null));

    // A text that is too long for the index.
    let mut with_long = HEADER.to_vec();
    with_long
        .extend_from_slice(format!("1700000000000,5,{},200,OK,U 1-1,true,,,,,,,,,\n", "x".repeat(1_500)).as_bytes());
    let long = shipped(&data, &target, &with_long);
    let answer = searched.samples(&long, &[("label", "xx".to_owned())], "search").await;
    assert_eq!((&answer["matched"], &answer["fallback"]["code"]), (&json!(1), &json!("search_values_not_indexed")));

    // A document that JAC did not write.
    let foreign = json!({ "@timestamp": "2023-11-14T22:13:20Z", "run": { "id": run }, "jmeter": { "form": 2 } });
    let path = "logs-jmeter.sample-default/_doc?refresh=true";
    assert_eq!(engine.ask(Method::POST, path, foreign).await["result"], "created");
    let answer = searched.samples(&run, &[], "search").await;
    assert_eq!((&answer["source"], &answer["fallback"]["code"]), (&json!("log"), &json!("search_miscounted")));
    let shipped_again = jac(&data, &target).args(["search", "backfill", &run]).output().expect("jac starts");
    assert!(text(&shipped_again).contains("complete"), "{}", text(&shipped_again));
    assert_eq!(searched.samples(&run, &[], "search").await["source"], "search");

    // An unreachable engine delays no answer, and is not queried again at once.
    let mut engine = engine;
    engine.kill();
    let began = Instant::now();
    let answer = searched.samples(&run, &[], "search").await;
    assert_eq!((&answer["source"], &answer["fallback"]["code"]), (&json!("log"), &json!("search_unreachable")));
    assert!(began.elapsed() < LIMIT);
}

#[tokio::test(flavor = "multi_thread")]
async fn opensearch_2_gives_the_logs_answer_or_the_reason_why_not() {
    gives_the_logs_answer(OPENSEARCH).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn opensearch_3_gives_the_logs_answer_or_the_reason_why_not() {
    gives_the_logs_answer("opensearch-3.6.0").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elasticsearch_8_gives_the_logs_answer_or_the_reason_why_not() {
    gives_the_logs_answer("elasticsearch-8.19.5").await;
}
