//! A real Elasticsearch or OpenSearch for a test, on a free port of this machine.
//!
//! `JAC_SEARCH_ENGINES` is the folder in which `scripts/test` has unpacked them. They do not run as root, so then they run as `nobody`, from
//! links in the test's own folder.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::{Gid, Pid, Uid, chown, geteuid};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{Instant, sleep};

/// No start takes this long, even on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);
const NOBODY: u32 = 65_534;
/// The folders it writes to. The log of its garbage collector is in its home regardless of the configuration.
const WRITTEN: [&str; 5] = ["data", "logs", "config", "tmp", "home/logs"];

/// One at a time: each uses a gigabyte and all CPUs.
static ALONE: Mutex<()> = Mutex::new(());

pub struct Engine {
    home: PathBuf,
    folder: TempDir,
    settings: String,
    java_home: PathBuf,
    child: Option<Child>,
    port: u16,
    _alone: MutexGuard<'static, ()>,
}

/// The folder with that engine; `None`: not installed, which is a failure in CI.
fn home_of(name: &str) -> Option<PathBuf> {
    let home = std::env::var_os("JAC_SEARCH_ENGINES").map(|folder| PathBuf::from(folder).join(name));
    let found = home.filter(|home| home.is_dir());
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "JAC_SEARCH_ENGINES names no folder with {name}");
        eprintln!("skipped: JAC_SEARCH_ENGINES names no folder with {name}");
    }
    found
}

/// A Java of at least that version; `None` if no Java was found and none is required.
fn java(major: u32) -> Option<PathBuf> {
    let named = std::env::var_os("JAVA_HOME").map(PathBuf::from);
    let installed = std::fs::read_dir("/usr/lib/jvm").into_iter().flatten().flatten().map(|entry| entry.path());
    let mut homes: Vec<PathBuf> = named.into_iter().chain(installed).collect();
    homes.sort();
    let is_new_enough = |home: &PathBuf| {
        let version = Command::new(home.join("bin/java")).arg("-version").output().ok();
        let text = version.map(|version| String::from_utf8_lossy(&version.stderr).into_owned()).unwrap_or_default();
        let version = text.split('"').nth(1).and_then(|version| version.split('.').next()?.parse::<u32>().ok());
        version.is_some_and(|version| version >= major)
    };
    let found = homes.into_iter().find(is_new_enough);
    if found.is_none() {
        assert!(std::env::var_os("CI").is_none(), "a Java {major} or newer is not in /usr/lib/jvm");
        eprintln!("skipped: a Java {major} or newer is not in /usr/lib/jvm");
    }
    found
}

impl Engine {
    /// Starts the engine of that name with these lines added to its configuration.
    pub async fn start(name: &str, settings: &str) -> Option<Self> {
        let source = home_of(name)?;
        let java_home = java(if name.starts_with("opensearch-3") { 21 } else { 17 })?;
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("its rights");
        let home = folder.path().join("home");
        link(&source, &home);
        for part in WRITTEN {
            std::fs::create_dir_all(folder.path().join(part)).expect("a folder");
        }
        for entry in std::fs::read_dir(home.join("config")).expect("its configuration").flatten() {
            if entry.path().is_file() {
                std::fs::copy(entry.path(), folder.path().join("config").join(entry.file_name())).expect("copied");
            }
        }
        let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
        let mut engine =
            Self { home, folder, settings: settings.to_owned(), java_home, child: None, port, _alone: alone };
        engine.start_again().await;
        Some(engine)
    }

    fn is_opensearch(&self) -> bool {
        self.home.join("bin/opensearch").is_file()
    }

    /// Starts it with its earlier data, on the same port, and waits until it answers.
    pub async fn start_again(&mut self) {
        let place = self.folder.path();
        let (program, file) = if self.is_opensearch() {
            ("opensearch", "opensearch.yml")
        } else {
            ("elasticsearch", "elasticsearch.yml")
        };
        let lines = format!(
            "cluster.name: jac-test\nnetwork.host: 127.0.0.1\nhttp.port: {}\ntransport.port: 0\ndiscovery.type: single-node\n\
             path.data: {}\npath.logs: {}\ncluster.routing.allocation.disk.threshold_enabled: false\n{}{}\n",
            self.port,
            place.join("data").display(),
            place.join("logs").display(),
            if self.is_opensearch() { "" } else { "xpack.security.enabled: false\n" },
            self.settings
        );
        std::fs::write(place.join("config").join(file), lines).expect("written");
        let out = std::fs::File::create(place.join("out.log")).expect("a file");
        let mut command = Command::new(self.home.join("bin").join(program));
        let (heap, config) = ("-Xms512m -Xmx512m", place.join("config"));
        command
            .current_dir(place)
            .env("OPENSEARCH_JAVA_HOME", &self.java_home)
            .env("ES_JAVA_HOME", &self.java_home)
            .env("OPENSEARCH_JAVA_OPTS", heap)
            .env("ES_JAVA_OPTS", heap)
            .env("OPENSEARCH_PATH_CONF", &config)
            .env("ES_PATH_CONF", &config)
            .env("TMPDIR", place.join("tmp"))
            .env("HOME", place)
            .env_remove("JAVA_HOME")
            .stdin(Stdio::null())
            .stdout(out.try_clone().expect("the same file"))
            .stderr(out)
            .process_group(0);
        if geteuid().is_root() {
            own_all(place);
            command.uid(NOBODY).gid(NOBODY);
        }
        self.child = Some(command.spawn().expect("it starts"));
        let began = Instant::now();
        while !self.answers().await {
            let ended = self.child.as_mut().and_then(|child| child.try_wait().ok()).flatten();
            if ended.is_some() || began.elapsed() > LIMIT {
                let said = std::fs::read_to_string(place.join("out.log")).unwrap_or_default();
                panic!("{program} does not answer ({ended:?}): {}", &said[said.len().saturating_sub(4000)..]);
            }
            sleep(Duration::from_millis(200)).await;
        }
    }

    async fn answers(&self) -> bool {
        let answer = reqwest::get(format!("{}_cluster/health?wait_for_status=yellow&timeout=5s", self.url())).await;
        answer.is_ok_and(|answer| answer.status().is_success())
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        let Some(mut child) = self.child.take() else { return };
        let group = Pid::from_raw(i32::try_from(child.id()).expect("an id"));
        killpg(group, Signal::SIGKILL).ok();
        drop(child.wait());
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}/", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A request that is not part of the test; `null`: without a body.
    pub async fn ask(&self, method: reqwest::Method, path: &str, body: serde_json::Value) -> serde_json::Value {
        let request = reqwest::Client::new().request(method, format!("{}{path}", self.url()));
        let request = if body.is_null() { request } else { request.json(&body) };
        request.send().await.expect("an answer").json().await.expect("JSON")
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Recreates the folder with links, or copies if it is on another disk.
fn link(from: &Path, to: &Path) {
    std::fs::create_dir(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder").flatten() {
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        if source.is_dir() {
            link(&source, &target);
        } else if std::fs::hard_link(&source, &target).is_err() {
            std::fs::copy(&source, &target).expect("copied");
        }
    }
}

/// Makes `nobody` the owner of what it writes. Not of the links: their files are shared.
fn own_all(place: &Path) {
    let own = |path: &Path| chown(path, Some(Uid::from_raw(NOBODY)), Some(Gid::from_raw(NOBODY))).expect("its owner");
    own(place);
    let mut folders: Vec<PathBuf> = WRITTEN.map(|part| place.join(part)).into();
    while let Some(folder) = folders.pop() {
        own(&folder);
        for entry in std::fs::read_dir(&folder).expect("a folder").flatten() {
            if entry.path().is_dir() { folders.push(entry.path()) } else { own(&entry.path()) }
        }
    }
}
