//! A data folder for one test, commands of the executable on it, and a server.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub const LIMIT: Duration = Duration::from_secs(60);

pub struct Place(pub tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub fn jac(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
        command.args(arguments).env_clear().env("PATH", "/usr/bin:/bin").env("JAC_DATA_DIR", self.data());
        command.stdin(Stdio::null());
        command
    }

    pub fn write_config(&self, text: &str) {
        std::fs::create_dir_all(self.data()).expect("a folder");
        std::fs::write(self.data().join("jac.toml"), text).expect("written");
    }

    /// A certificate for this machine that expires at the end of that year, in the files that the configuration names.
    pub fn write_pair(&self, until: i32) -> String {
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let mut params = CertificateParams::new(names).expect("names");
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        std::fs::create_dir_all(self.data().join("tls")).expect("a folder");
        std::fs::write(self.data().join("tls/cert.pem"), &certificate).expect("written");
        std::fs::write(self.data().join("tls/key.pem"), key.serialize_pem()).expect("written");
        certificate
    }

    pub fn server_file(&self) -> Value {
        serde_json::from_slice(&std::fs::read(self.data().join("server.json")).expect("server.json")).expect("JSON")
    }
}

pub const WITH_TLS: &str = "listen = \"127.0.0.1:0\"\ntls_cert = \"tls/cert.pem\"\ntls_key = \"tls/key.pem\"\n";

pub fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

pub struct Server {
    pub child: Child,
    pub url: String,
}

impl Server {
    pub fn start(place: &Place, arguments: &[&str]) -> Self {
        Self::spawn(place, place.jac(&[&["serve"], arguments].concat()))
    }

    /// The same for a command with additional environment variables.
    pub fn spawn(place: &Place, mut command: Command) -> Self {
        let log = std::fs::File::create(place.0.path().join("serve.log")).expect("a log");
        let mut child = command.stdout(Stdio::piped()).stderr(log).spawn().expect("jac starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("text");
        let url = first.split_whitespace().last().expect("the address").to_owned();
        Self { child, url }
    }

    pub fn address(&self) -> &str {
        self.url.split("://").nth(1).expect("an address")
    }

    /// Sends SIGTERM, and returns the exit code and how long it took.
    pub fn end(&mut self) -> (Option<i32>, Duration) {
        let began = Instant::now();
        let pid = Pid::from_raw(i32::try_from(self.child.id()).expect("a number"));
        kill(pid, Signal::SIGTERM).expect("it is there");
        loop {
            if let Some(status) = self.child.try_wait().expect("it is ours") {
                return (status.code(), began.elapsed());
            }
            assert!(began.elapsed() < LIMIT, "the server does not end");
            std::thread::yield_now();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
