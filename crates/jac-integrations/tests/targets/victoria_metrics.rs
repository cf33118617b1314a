//! A real metrics store: VictoriaMetrics accepts both protocols, and can be queried.
//!
//! `JAC_TEST_VICTORIA_METRICS` is its program; `scripts/test` sets it.

use serde_json::Value;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No start takes this long, and no point takes this long to appear in an answer.
const LIMIT: Duration = Duration::from_secs(60);

pub struct VictoriaMetrics {
    _folder: TempDir,
    child: Child,
    pub url: String,
}

impl VictoriaMetrics {
    /// `None`: not installed, which is reported, and fails in CI. `config`: what it scrapes.
    pub fn start(config: Option<&str>) -> Option<Self> {
        let Some(program) = std::env::var_os("JAC_TEST_VICTORIA_METRICS").map(PathBuf::from) else {
            assert!(std::env::var_os("CI").is_none(), "JAC_TEST_VICTORIA_METRICS names no program; scripts/test does");
            eprintln!("skipped: JAC_TEST_VICTORIA_METRICS names no VictoriaMetrics");
            return None;
        };
        let folder = tempfile::tempdir().expect("a folder");
        let began = Instant::now();
        loop {
            // Another program may take the port before it does.
            let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
            let mut command = Command::new(&program);
            command.arg(format!("-storageDataPath={}", folder.path().join("data").display()));
            // Points can be queried at once.
            command.args([
                &format!("-httpListenAddr=127.0.0.1:{port}"),
                "-search.latencyOffset=0s",
                "-retentionPeriod=100y",
            ]);
            if let Some(config) = config {
                let file = folder.path().join("scrape.yml");
                std::fs::write(&file, config).expect("written");
                command.arg(format!("-promscrape.config={}", file.display()));
            }
            let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
            while child.try_wait().expect("its state").is_none() {
                if TcpStream::connect(("127.0.0.1", port)).is_ok() {
                    return Some(Self { _folder: folder, child, url: format!("http://127.0.0.1:{port}") });
                }
                assert!(began.elapsed() < LIMIT, "VictoriaMetrics does not answer");
                std::thread::sleep(Duration::from_millis(20));
            }
            assert!(began.elapsed() < LIMIT, "VictoriaMetrics does not start");
        }
    }

    /// The one value of a query at that time; `None`: no series matches.
    pub async fn value(&self, query: &str, at_ms: i64) -> Option<f64> {
        let client = reqwest::Client::new();
        let time = format!("{}.{:03}", at_ms / 1_000, at_ms % 1_000);
        // Includes what has arrived so far.
        client.get(format!("{}/internal/force_flush", self.url)).send().await.expect("it answers");
        let form =
            reqwest::Url::parse_with_params(&format!("{}/api/v1/query", self.url), [("query", query), ("time", &time)]);
        let answer: Value =
            client.get(form.expect("an address")).send().await.expect("it answers").json().await.expect("JSON");
        let result = answer["data"]["result"].as_array().unwrap_or_else(|| panic!("{query}: {answer}"));
        assert!(result.len() <= 1, "{query}: {answer}");
        result.first()?["value"][1].as_str()?.parse().ok()
    }

    /// Waits until a query has that value: the store gives 15 digits, and milliseconds as seconds are rounded in the last one.
    pub async fn expect(&self, query: &str, at_ms: i64, expected: f64) {
        let began = Instant::now();
        loop {
            let value = self.value(query, at_ms).await;
            if value.is_some_and(|value| (value - expected).abs() <= expected.abs() * 1e-12) {
                return;
            }
            assert!(began.elapsed() < LIMIT, "{query} is {value:?}, not {expected}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for VictoriaMetrics {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
