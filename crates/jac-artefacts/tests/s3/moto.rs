//! A second S3 server for a test: moto, which keeps objects in memory and does not check signatures.

use crate::gateway::{BUCKET, TestKeys};
use jac_artefacts::{ArtefactStore, Location, Options};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// No start takes this long, even on a busy machine: it is Python.
const LIMIT: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(100);

pub struct Moto {
    port: u16,
    child: Child,
}

/// Its path; `None`: not installed, which is reported, and fails in CI.
fn program() -> Option<PathBuf> {
    let program = std::env::var_os("JAC_TEST_MOTO").map(PathBuf::from);
    if program.is_none() {
        assert!(std::env::var_os("CI").is_none(), "JAC_TEST_MOTO names no moto_server; scripts/test does");
        eprintln!("skipped: JAC_TEST_MOTO names no moto_server");
    }
    program
}

impl Moto {
    /// A server with a bucket; `None`: not installed here.
    pub async fn start() -> Option<Self> {
        let program = program()?;
        let began = Instant::now();
        loop {
            // Another program may take the port before it does.
            let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
            let mut command = Command::new(&program);
            command.args(["-H", "127.0.0.1", "-p", &port.to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
            let mut moto = Self { port, child: command.spawn().expect("moto starts") };
            if moto.makes_bucket(began).await {
                return Some(moto);
            }
            assert!(began.elapsed() < LIMIT, "moto does not start");
        }
    }

    async fn makes_bucket(&mut self, began: Instant) -> bool {
        let (address, client) = (format!("{}/{BUCKET}", self.endpoint()), reqwest::Client::new());
        while began.elapsed() < LIMIT && self.child.try_wait().expect("its state").is_none() {
            if let Ok(answer) = client.put(&address).send().await {
                assert!(answer.status().is_success(), "{answer:?}");
                return true;
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
        false
    }

    fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    pub fn store(&self) -> ArtefactStore {
        let location = Location::parse(&format!("s3://{BUCKET}/team/load")).expect("an address");
        let options =
            Options { region: Some("us-east-1".to_owned()), endpoint: Some(self.endpoint()), ..Options::default() };
        let keys = TestKeys { id: "moto".to_owned(), secret: "moto".to_owned() };
        ArtefactStore::new(&location, &options, Some(Arc::new(keys))).expect("a store")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
