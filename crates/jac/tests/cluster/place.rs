//! A data folder for one test, commands of the executable on it, and checks for leftovers.

use nix::sys::signal::Signal;
use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// No single step of a run takes this long, even on a busy machine.
pub const LIMIT: Duration = Duration::from_secs(120);
/// No command takes this long.
const COMMAND_LIMIT: Duration = Duration::from_secs(300);

/// A log of a finished run, by its plain name, whether or not it is compressed.
pub fn kept_bytes(log: &Path) -> Option<Vec<u8>> {
    fs::read(log).ok().or_else(|| {
        let compressed = fs::File::open(format!("{}.zst", log.display())).ok()?;
        Some(zstd::decode_all(compressed).expect("it unpacks"))
    })
}

/// The same as text.
pub fn kept(log: &Path) -> Option<String> {
    kept_bytes(log).map(|bytes| String::from_utf8(bytes).expect("text"))
}

/// A data folder of its own. When the test ends, processes still running in it are killed.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub fn new() -> Self {
        let home = std::env::var_os("JMETER_HOME").expect("JMETER_HOME names a JMeter 5.6.3; scripts/test sets it");
        assert!(Path::new(&home).join("bin/ApacheJMeter.jar").is_file(), "JMETER_HOME is no JMeter home");
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub fn out(&self) -> PathBuf {
        self.folder.path().join("out")
    }

    /// `jac` on this data folder.
    pub fn jac(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_jac"));
        command.args(arguments).env("JAC_DATA_DIR", self.data()).env_remove("JAC_SERVER").stdin(Stdio::null());
        command
    }

    /// `jac run` of a plan of `tests/plans`, to be started or waited for.
    pub fn run(&self, plan: &str, arguments: &[&str]) -> Command {
        let mut command = self.jac(&["run"]);
        command.arg(plan_path(plan)).arg("--out").arg(self.out()).args(arguments);
        command
    }

    /// Runs a command to its end.
    pub fn finish(&self, mut command: Command) -> Finished {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("jac starts");
        let _watchdog = Watchdog::of(&child);
        Finished::of(&child.wait_with_output().expect("it ends"))
    }

    /// The result log that was downloaded.
    pub fn log(&self) -> String {
        fs::read_to_string(self.out().join("results.jtl")).expect("results.jtl")
    }

    /// The `summary.json` that was downloaded.
    pub fn summary(&self) -> serde_json::Value {
        serde_json::from_slice(&fs::read(self.out().join("summary.json")).expect("summary.json")).expect("it is JSON")
    }

    /// The process IDs on a node of this data folder. Nodes are identified by name: `worker-1`.
    pub fn processes_of(&self, node: &str) -> Vec<i32> {
        self.processes()
            .into_iter()
            .filter(|(_, folder)| folder.ends_with(&format!("/{node}")))
            .map(|(pid, _)| pid)
            .collect()
    }

    /// The JVM of a node.
    pub fn jvm_of(&self, node: &str) -> i32 {
        self.find_jvm(node).unwrap_or_else(|| panic!("no JVM runs on {node}"))
    }

    /// Whether a JVM runs on a node.
    pub fn has_jvm(&self, node: &str) -> bool {
        self.find_jvm(node).is_some()
    }

    fn find_jvm(&self, node: &str) -> Option<i32> {
        let is_java =
            |pid: &i32| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|program| program.ends_with("java"));
        self.processes_of(node).into_iter().find(is_java)
    }

    /// All processes of this data folder's nodes, with their node's folder.
    fn processes(&self) -> Vec<(i32, String)> {
        let root = self.data().canonicalize().unwrap_or_else(|_| self.data()).join("local");
        let mark = format!("JAC_NODE={}/", root.display());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            for variable in environment.split(|byte| *byte == 0) {
                let variable = String::from_utf8_lossy(variable);
                if let Some(node) = variable.strip_prefix("JAC_NODE=").filter(|_| variable.starts_with(&mark)) {
                    found.push((pid, node.to_owned()));
                }
            }
        }
        found
    }

    /// No node has a process or a folder.
    pub fn has_no_nodes(&self) -> bool {
        self.processes().is_empty() && is_empty(&self.data().join("local"))
    }

    /// The summaries of all finished runs, from the data folder.
    pub fn finished_runs(&self) -> Vec<serde_json::Value> {
        let runs = fs::read_dir(self.data().join("runs")).into_iter().flatten().flatten();
        let summaries = runs.filter_map(|run| fs::read(run.path().join("summary.json")).ok());
        summaries.map(|bytes| serde_json::from_slice(&bytes).expect("it is JSON")).collect()
    }

    /// Asserts that nothing is left of any cluster, within a moment.
    pub fn assert_nothing_left(&self) {
        self.wait_until("nothing is left", || self.has_no_nodes());
        // A server that keeps running removes it a moment after the nodes.
        self.wait_until("no cluster's key is left", || is_empty(&self.data().join("clusters")));
        assert!(is_empty(&self.data().join("uploads")), "an upload is left");
    }

    /// Waits for a state, and fails when it does not come.
    pub fn wait_until(&self, what: &str, mut state: impl FnMut() -> bool) {
        let deadline = Instant::now() + LIMIT;
        while !state() {
            assert!(Instant::now() < deadline, "never: {what}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The current number of rows in the growing log of the only run.
    pub fn rows_so_far(&self) -> usize {
        let runs = fs::read_dir(self.data().join("runs")).into_iter().flatten().flatten();
        runs.filter_map(|run| kept(&run.path().join("results.jtl")))
            .map(|log| log.lines().count().saturating_sub(1))
            .sum()
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        for (pid, _) in self.processes() {
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL);
        }
    }
}

/// A plan of `tests/plans`.
pub fn plan_path(plan: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plans").join(plan)
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none())
}

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Finished {
    pub fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Asserts the exit code, and shows the output if it is another.
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }
}

/// Kills a command that is still running after [`COMMAND_LIMIT`]: then its test fails with its output, and the
/// following tests are run.
struct Watchdog {
    _ended: mpsc::Sender<()>,
}

impl Watchdog {
    fn of(child: &Child) -> Self {
        let pid = pid_of(child);
        let (ended, is_ended) = mpsc::channel();
        std::thread::spawn(move || {
            if is_ended.recv_timeout(COMMAND_LIMIT) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("killing a command that has not ended in {} s", COMMAND_LIMIT.as_secs());
                let _gone = nix::sys::signal::kill(pid, Signal::SIGKILL);
            }
        });
        Self { _ended: ended }
    }
}

fn pid_of(child: &Child) -> nix::unistd::Pid {
    nix::unistd::Pid::from_raw(i32::try_from(child.id()).expect("a number"))
}

/// A command that keeps running while the test does something to it.
pub struct Running {
    child: Option<Child>,
    _watchdog: Watchdog,
    stderr: Option<BufReader<ChildStderr>>,
    printed: String,
}

impl Running {
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("jac starts");
        let stderr = child.stderr.take().map(BufReader::new);
        Self { _watchdog: Watchdog::of(&child), child: Some(child), stderr, printed: String::new() }
    }

    pub fn signal(&self, signal: Signal) {
        nix::sys::signal::kill(pid_of(self.child.as_ref().expect("it runs")), signal).expect("it is there");
    }

    /// Reads its messages until one contains a text.
    pub fn wait_for_word(&mut self, word: &str) {
        let stderr = self.stderr.as_mut().expect("it is piped");
        while !self.printed.contains(word) {
            let read = stderr.read_line(&mut self.printed).expect("text");
            assert!(read > 0, "it ended without '{word}': {}", self.printed);
        }
    }

    pub fn wait(mut self) -> Finished {
        // It prints its results after all messages, and they are short: neither pipe can fill up meanwhile.
        self.stderr.as_mut().expect("it is piped").read_to_string(&mut self.printed).expect("text");
        let output = self.child.take().expect("it runs").wait_with_output().expect("it ends");
        Finished { stderr: std::mem::take(&mut self.printed), ..Finished::of(&output) }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _gone = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// Ends a process from outside, as a crash does.
pub fn kill(pid: i32) {
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), Signal::SIGKILL).expect("it is there");
}
