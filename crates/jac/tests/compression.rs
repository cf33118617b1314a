//! The log of a finished run is compressed by a server that is killed at many different times: the log is always complete.

use serde_json::json;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(120);
const RUN: &str = "r-33333333";

fn log() -> String {
    let mut log = "timeStamp,elapsed,label,responseCode,success\n".to_owned();
    for row in 0..600_000_u64 {
        let (time, elapsed) = (1_700_000_000_000 + row * 3, row * 7_919 % 1_499);
        writeln!(log, "{time},{elapsed},Label {},200,true", row % 7).expect("a string can be written to");
    }
    log
}

/// A data folder with only a finished run and its own description.
fn folder_of_a_run(data: &Path, log: &str) -> PathBuf {
    let folder = data.join("runs").join(RUN);
    fs::create_dir_all(&folder).expect("a folder");
    let run = json!({
        "id": RUN, "name": "evening", "plan_id": "p-22222222", "plan_name": "shop", "cluster_id": "c-22222222",
        "cluster_name": "c", "owner": { "id": "admin", "name": "Administrator" }, "phase": "finished", "step": "",
        "cause": { "kind": "completed" }, "criteria": [], "created_ms": 1, "started_ms": 1, "ended_ms": 2, "expected_s": null,
        "stop_requested": null, "stop_requested_by": null, "nodes": [], "properties": {}, "properties_files": [], "split": [],
        "workers": 1, "total_threads": null, "grace_s": 30, "notes": [], "steps": [], "shutdown_port": null,
        "provider": "local",
    });
    let record = json!({ "schema": 1, "jac_version": "0.1.0", "run": run, "result": null });
    fs::write(folder.join("run.json"), record.to_string()).expect("written");
    fs::write(folder.join("results.jtl"), log).expect("written");
    folder
}

struct Server(Child);

impl Server {
    fn start(data: &Path) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
        command
            .args(["serve", "--listen", "127.0.0.1:0"])
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("JAC_DATA_DIR", data);
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("jac starts"))
    }

    /// Waits for a state of the folder.
    fn until(&mut self, what: &str, state: impl Fn() -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !state() {
            assert!(Instant::now() < deadline, "never: {what}");
            assert!(self.0.try_wait().expect("it is ours").is_none(), "the server ended before {what}");
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// Like `kill -9`.
impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_server_that_is_killed_at_any_moment_of_a_compression_loses_no_byte() {
    let place = tempfile::tempdir().expect("a folder");
    let (data, log) = (place.path().join("data"), log());
    let folder = folder_of_a_run(&data, &log);
    let [plain, staged, compressed] =
        ["results.jtl", "results.jtl.zst.new", "results.jtl.zst"].map(|name| folder.join(name));
    let size = |path: &Path| fs::metadata(path).map_or(0, |file| file.len());
    // How far the file is when the server is killed: from its first bytes to a complete file that only has to be compared and renamed.
    for killed_at in [1, 500_000, 1_000_000, 1_500_000, 2_000_000, 2_400_000] {
        let mut server = Server::start(&data);
        server.until("the file grows", || size(&staged) >= killed_at || !plain.exists());
        drop(server);
        match fs::read(&plain) {
            Ok(plain) => assert!(plain == log.as_bytes(), "killed at {killed_at}"),
            Err(_) => assert!(unpacked(&compressed) == log.as_bytes(), "killed at {killed_at}"),
        }
    }
    let mut server = Server::start(&data);
    server.until("the compression's end", || !plain.exists());
    assert!(unpacked(&compressed) == log.as_bytes());
    assert!(!staged.exists());
    assert!(size(&compressed) * 4 < log.len() as u64, "{} of {} bytes", size(&compressed), log.len());
}

fn unpacked(path: &Path) -> Vec<u8> {
    zstd::decode_all(fs::File::open(path).expect("the compressed log")).expect("it unpacks")
}
