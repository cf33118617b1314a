//! A real redis-server for a test, on a free port of this machine, with a password.

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use redis::{Commands, Connection};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// No start takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// Must not be in any log.
pub const PASSWORD: &str = "hunter2";

pub struct RedisServer {
    folder: TempDir,
    port: u16,
    /// It stores on its disk what it receives.
    remembers: bool,
    /// It accepts TLS only, with `cert.pem` and `key.pem` of this folder.
    tls: Option<PathBuf>,
    child: Option<Child>,
}

impl RedisServer {
    /// One that has lost everything after a restart.
    pub fn start() -> Self {
        Self::new(false, None)
    }

    /// One that keeps everything over a restart.
    pub fn that_remembers() -> Self {
        Self::new(true, None)
    }

    /// One that accepts TLS only, with `cert.pem` and `key.pem` of that folder.
    pub fn with_tls(folder: &Path) -> Self {
        Self::new(false, Some(folder.to_owned()))
    }

    fn new(remembers: bool, tls: Option<PathBuf>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut server = Self { folder, port: 0, remembers, tls, child: None };
        let began = Instant::now();
        loop {
            // Another program may take the port before Redis does.
            server.port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
            if server.try_to_start() {
                return server;
            }
            assert!(began.elapsed() < LIMIT, "redis-server does not start");
        }
    }

    /// Starts it again on the same port.
    pub fn start_again(&mut self) {
        let began = Instant::now();
        while !self.try_to_start() {
            assert!(began.elapsed() < LIMIT, "redis-server does not start on port {} again", self.port);
        }
    }

    /// Whether it answers; otherwise it has ended by itself.
    fn try_to_start(&mut self) -> bool {
        let port = self.port.to_string();
        let append = if self.remembers { "yes" } else { "no" };
        let mut command = Command::new("redis-server");
        match &self.tls {
            None => command.args(["--port", &port]),
            Some(folder) => command
                .args(["--port", "0", "--tls-port", &port, "--tls-auth-clients", "no", "--tls-cert-file"])
                .arg(folder.join("cert.pem"))
                .arg("--tls-key-file")
                .arg(folder.join("key.pem")),
        };
        let child = command
            .current_dir(self.folder.path())
            .args(["--bind", "127.0.0.1", "--requirepass", PASSWORD])
            .args(["--save", "", "--appendonly", append, "--appendfsync", "always"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("redis-server is not installed (Debian: redis-server); scripts/test installs it");
        self.child = Some(child);
        let began = Instant::now();
        while began.elapsed() < LIMIT {
            let ended = self.child.as_mut().map(|child| child.try_wait().expect("it is ours"));
            if ended.flatten().is_some() {
                return false;
            }
            // With TLS it is not checked here: the clients that trust its certificate do that.
            let answers = match &self.tls {
                None => redis::Client::open(self.url())
                    .and_then(|client| client.get_connection())
                    .and_then(|mut connection| redis::cmd("PING").exec(&mut connection))
                    .is_ok(),
                Some(_) => TcpStream::connect(("127.0.0.1", self.port)).is_ok(),
            };
            if answers {
                return true;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("redis-server does not answer")
    }

    /// Ends it at once, like a power failure.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            drop(child.kill());
            drop(child.wait());
        }
    }

    /// Freezes it, with its connections open.
    pub fn pause(&self) {
        self.signal(Signal::SIGSTOP);
    }

    pub fn go_on(&self) {
        self.signal(Signal::SIGCONT);
    }

    fn signal(&self, signal: Signal) {
        let id = self.child.as_ref().expect("it runs").id();
        kill(Pid::from_raw(i32::try_from(id).expect("a number")), signal).expect("it is there");
    }

    pub fn url(&self) -> String {
        let scheme = if self.tls.is_some() { "rediss" } else { "redis" };
        format!("{scheme}://:{PASSWORD}@localhost:{}", self.port)
    }

    /// A separate connection for the test.
    pub fn connection(&self) -> Connection {
        redis::Client::open(self.url()).expect("an address").get_connection().expect("a connection")
    }

    /// The keys with this prefix.
    pub fn keys(&self, start: &str) -> Vec<String> {
        self.connection().keys(format!("{start}*")).expect("keys")
    }

    /// All its data, and everything that it ever received, if it stores that.
    pub fn everything(&self) -> String {
        let mut connection = self.connection();
        let mut text = String::new();
        for key in self.keys("") {
            let kind: String = redis::cmd("TYPE").arg(&key).query(&mut connection).expect("a type");
            let value: redis::Value = match kind.as_str() {
                "hash" => connection.hgetall(&key).expect("a hash"),
                "set" => connection.smembers(&key).expect("a set"),
                "zset" => connection.zrange_withscores(&key, 0, -1).expect("a sorted set"),
                "string" => connection.get(&key).expect("a text"),
                // It has expired meanwhile.
                "none" => continue,
                other => panic!("{key} is a {other}"),
            };
            text.push_str(&format!("{key}: {value:?}\n"));
        }
        let files = std::fs::read_dir(self.folder.path().join("appendonlydir")).into_iter().flatten().flatten();
        for file in files {
            text.push_str(&String::from_utf8_lossy(&std::fs::read(file.path()).expect("a file")));
        }
        text
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.kill();
    }
}
