//! A real S3 server for a test that checks signatures: Versity's gateway over a folder, on a free port of this machine.

use jac_artefacts::{ArtefactStore, Keys, KeysUntil, Location, Options};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No start takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
pub const BUCKET: &str = "results";

pub struct Gateway {
    folder: TempDir,
    port: u16,
    child: Option<Child>,
    pub keys: TestKeys,
}

/// Keys given by the test.
#[derive(Debug, Clone)]
pub struct TestKeys {
    pub id: String,
    pub secret: String,
}

#[async_trait::async_trait]
impl Keys for TestKeys {
    async fn current(&self) -> Result<KeysUntil, String> {
        Ok(KeysUntil {
            access_key_id: self.id.clone(),
            secret_access_key: self.secret.clone(),
            session_token: None,
            expires: None,
        })
    }
}

/// The gateway's path; `None`: not installed, which is reported, and fails in CI.
pub fn program() -> Option<PathBuf> {
    let program = std::env::var_os("JAC_TEST_S3_GATEWAY").map(PathBuf::from);
    if program.is_none() {
        assert!(std::env::var_os("CI").is_none(), "JAC_TEST_S3_GATEWAY names no versitygw; scripts/test does");
        eprintln!("skipped: JAC_TEST_S3_GATEWAY names no versitygw");
    }
    program
}

impl Gateway {
    pub fn start(program: &Path) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("objects").join(BUCKET)).expect("a bucket");
        let keys = TestKeys { id: "jac_test".to_owned(), secret: format!("{:p}-{}", &folder, std::process::id()) };
        let mut gateway = Self { folder, port: 0, child: None, keys };
        let began = Instant::now();
        loop {
            // Another program may take the port before the gateway does.
            gateway.port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
            if gateway.try_to_start(program) {
                return gateway;
            }
            assert!(began.elapsed() < LIMIT, "the gateway does not start");
        }
    }

    fn try_to_start(&mut self, program: &Path) -> bool {
        let people = self.folder.path().join("people");
        std::fs::create_dir_all(&people).expect("a folder");
        let mut child = Command::new(program)
            .args(["--port", &format!("127.0.0.1:{}", self.port), "--quiet", "--iam-dir"])
            .arg(people)
            .arg("posix")
            .arg(self.folder.path().join("objects"))
            .env("ROOT_ACCESS_KEY_ID", &self.keys.id)
            .env("ROOT_SECRET_ACCESS_KEY", &self.keys.secret)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the gateway starts");
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            if child.try_wait().expect("its state").is_some() {
                return false;
            }
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                self.child = Some(child);
                return true;
            }
            std::thread::yield_now();
        }
        drop(child.kill());
        drop(child.wait());
        false
    }

    pub fn options(&self) -> Options {
        Options {
            region: Some("us-east-1".to_owned()),
            endpoint: Some(format!("http://127.0.0.1:{}", self.port)),
            ..Options::default()
        }
    }

    /// A user with their own keys, and the bucket of that name, to which only these keys and the gateway's have access.
    pub fn add_person(&self, program: &Path, bucket: &str) -> TestKeys {
        let keys =
            TestKeys { id: format!("key_of_{}", bucket.replace('-', "_")), secret: format!("secret-of-{bucket}") };
        let endpoint = self.options().endpoint.expect("an address");
        let admin = |arguments: &[&str]| {
            let done = Command::new(program)
                .args(["admin", "--access", &self.keys.id, "--secret", &self.keys.secret, "--endpoint-url", &endpoint])
                .args(arguments)
                .output()
                .expect("the gateway's admin");
            assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
        };
        admin(&["create-user", "--access", &keys.id, "--secret", &keys.secret, "--role", "user"]);
        admin(&["create-bucket", "--owner", &keys.id, "--bucket", bucket]);
        keys
    }

    /// Where the objects of a bucket are on the gateway's disk.
    pub fn bucket(&self, bucket: &str) -> PathBuf {
        self.folder.path().join("objects").join(bucket)
    }

    /// A store in the bucket of that name.
    pub fn store_in(&self, bucket: &str, options: &Options, keys: TestKeys) -> ArtefactStore {
        let location = Location::parse(&format!("s3://{bucket}/team/load")).expect("an address");
        ArtefactStore::new(&location, options, Some(Arc::new(keys))).expect("a store")
    }

    pub fn store(&self) -> ArtefactStore {
        self.store_in(BUCKET, &self.options(), self.keys.clone())
    }

    /// Where an object is on the gateway's disk.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("objects").join(BUCKET).join("team/load").join(name)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
