//! Processes of a node: starts them detached, checks whether one is running, and terminates it with everything it
//! started.
//!
//! A process is started by a small shell script that is the leader of its own session. The script writes down its PID,
//! waits, and writes down the exit code, so that both are known to any later process, this JAC or the next one.

use jac_model::ports::{Command, ProcessState};
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The environment variable that every process of a node carries: the node's folder.
pub const NODE_VARIABLE: &str = "JAC_NODE";
/// The environment variable that a process and all that it started carry: the folder of its record.
const RECORD_VARIABLE: &str = "JAC_PROCESS";

/// `$1` is the record's folder, the remaining arguments the command. The exit code file is renamed into place, so that
/// it is never read incompletely.
const SUPERVISOR: &str = r#"record=$1; shift
read -r stat < /proc/$$/stat; rest=${stat##*) }; set -f; set -- "$record" $rest -- "$@"
start=${21}; while [ "$1" != -- ]; do shift; done; shift; set +f
echo "$$ $start" > "$record/pid.new" && mv "$record/pid.new" "$record/pid"
"$@" < /dev/null > "$record/out" 2>&1
code=$?
echo "$code" > "$record/exit_code.new" && mv "$record/exit_code.new" "$record/exit_code"
"#;

/// A PID with the start time that distinguishes it from a later process with the same PID.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub pid: u32,
    /// Clock ticks after the boot, field 22 of `/proc/<pid>/stat`.
    pub start: u64,
}

impl Identity {
    /// The process that has this PID now; `None` if there is none, or only a zombie.
    ///
    /// # Errors
    /// When it cannot be read, which says nothing about the process: e.g. too many open files.
    pub fn of(pid: u32) -> io::Result<Option<Self>> {
        let Some(stat) = read_if_there(&PathBuf::from(format!("/proc/{pid}/stat")))? else { return Ok(None) };
        Ok(Self::in_stat(pid, &String::from_utf8_lossy(&stat)))
    }

    fn in_stat(pid: u32, stat: &str) -> Option<Self> {
        // The second field is the program's name in parentheses and may contain anything, including parentheses.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        if matches!(fields.first(), Some(&("Z" | "X"))) {
            return None;
        }
        Some(Self { pid, start: fields.get(19)?.parse().ok()? })
    }

    /// Whether this same process is still running.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn is_alive(self) -> io::Result<bool> {
        Ok(Self::of(self.pid)? == Some(self))
    }

    /// The process recorded in a file; `None`: the file does not exist, or contains no process.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn recorded(path: &Path) -> io::Result<Option<Self>> {
        let Some(text) = read_if_there(path)? else { return Ok(None) };
        let text = String::from_utf8_lossy(&text);
        let Some((pid, start)) = text.trim().split_once(' ') else { return Ok(None) };
        Ok(pid.parse().ok().zip(start.parse().ok()).map(|(pid, start)| Self { pid, start }))
    }
}

/// A file's content; `None` if, and only if, the file does not exist or its process is gone. Any other error does not
/// mean absence: otherwise a server without file descriptors would consider all its processes dead.
pub fn read_if_there(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if is_gone(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(nix::errno::Errno::ESRCH as i32)
}

/// The variables of JAC's own environment that a process of a node gets. All others are withheld: they may contain
/// credentials, and a plan can run any code.
const PASSED_ON: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "JAVA_HOME",
    "JAVA_TOOL_OPTIONS",
    "JDK_JAVA_OPTIONS",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
];

/// The environment of a process of a node.
pub fn environment() -> impl Iterator<Item = (OsString, OsString)> {
    std::env::vars_os()
        .filter(|(name, _)| name.to_str().is_some_and(|name| PASSED_ON.contains(&name) || name.starts_with("LC_")))
}

/// Starts `command` in `folder` with a record; if the record exists already, nothing is done.
pub fn start(node: &Path, record: &Path, command: &Command, folder: &Path) -> io::Result<()> {
    fs::create_dir_all(record.parent().unwrap_or(node))?;
    // Whoever creates the record starts the process, so it is started once: the process reports itself only a moment
    // later.
    match fs::create_dir(record) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        made => made?,
    }
    let mut supervisor = std::process::Command::new("/bin/sh");
    supervisor
        .args(["-c", SUPERVISOR, "jac-process"])
        .arg(record)
        .arg(&command.program)
        .args(&command.arguments)
        .env_clear()
        .envs(environment())
        .envs(&command.environment)
        .env(NODE_VARIABLE, node)
        .env(RECORD_VARIABLE, record)
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    detach(&mut supervisor);
    // Tokio waits for dropped children, so none remains as a zombie of this process.
    match tokio::process::Command::from(supervisor).spawn() {
        Ok(child) => {
            drop(child);
            Ok(())
        }
        Err(error) => {
            drop(fs::remove_dir(record));
            Err(error)
        }
    }
}

/// Gives the process its own session: it receives no signals of a terminal, and its group can be terminated as a whole.
pub fn detach(command: &mut std::process::Command) {
    #[expect(unsafe_code, reason = "setsid is async-signal-safe and is all that runs between fork and exec")]
    // SAFETY: the closure only calls setsid(2), which POSIX lists as async-signal-safe, and allocates nothing.
    unsafe {
        command.pre_exec(|| nix::unistd::setsid().map(drop).map_err(io::Error::from));
    }
}

/// The state of a record's process.
///
/// # Errors
/// When it cannot be read.
pub fn state(record: &Path) -> io::Result<ProcessState> {
    if let Some(code) = exit_code(record)? {
        return Ok(ProcessState::Exited { code });
    }
    let Some(identity) = Identity::recorded(&record.join("pid"))? else { return Ok(ProcessState::Absent) };
    if identity.is_alive()? {
        return Ok(ProcessState::Running { pid: identity.pid });
    }
    // It may have ended between the two checks.
    Ok(exit_code(record)?.map_or(ProcessState::Vanished, |code| ProcessState::Exited { code }))
}

fn exit_code(record: &Path) -> io::Result<Option<i32>> {
    let text = read_if_there(&record.join("exit_code"))?;
    Ok(text.and_then(|text| String::from_utf8_lossy(&text).trim().parse().ok()))
}

/// Kills the process of a record and everything that it started, even processes that outlived its supervisor or left
/// its group: all of them have the record in their environment. When this returns they are gone, or about to be.
/// Returns their number.
///
/// # Errors
/// When the processes of this machine cannot be listed.
pub fn kill(record: &Path) -> io::Result<usize> {
    Ok(kill_each(&carrying(RECORD_VARIABLE, &[record])?))
}

/// Kills everything that runs on nodes. Returns the number of processes.
///
/// # Errors
/// When the processes of this machine cannot be listed.
pub fn kill_all(nodes: &[impl AsRef<Path>]) -> io::Result<usize> {
    Ok(kill_each(&carrying(NODE_VARIABLE, nodes)?))
}

/// The same, except for one process: the keeper that calls it.
///
/// # Errors
/// When the processes of this machine cannot be listed.
pub fn kill_all_but(node: &Path, spared: u32) -> io::Result<usize> {
    let mut found = of_node(node)?;
    found.remove(&spared);
    Ok(kill_each(&found))
}

fn kill_each(found: &BTreeSet<u32>) -> usize {
    for pid in found {
        if let Ok(pid) = i32::try_from(*pid) {
            // ESRCH, the only possible error with our own processes, means that it is gone already.
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
    found.len()
}

/// The PIDs of all processes that run on a node.
///
/// # Errors
/// When the processes of this machine cannot be listed.
pub fn of_node(node: &Path) -> io::Result<BTreeSet<u32>> {
    carrying(NODE_VARIABLE, &[node])
}

/// A scan of the processes of all nodes, shared by all concurrent callers.
#[derive(Debug, Default)]
pub struct Scan(Mutex<Option<(Instant, ByNode)>>);

/// The numbers of processes, by the folder of their node.
type ByNode = HashMap<Vec<u8>, Vec<u32>>;

impl Scan {
    /// How long the result of a scan is valid.
    const FRESH: Duration = Duration::from_secs(1);

    /// The processes of a node, at most a second old. Waits for a scan that is in progress.
    ///
    /// # Errors
    /// When the processes of this machine cannot be listed.
    pub fn of_node(&self, node: &Path) -> io::Result<Vec<u32>> {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if last.as_ref().is_none_or(|(at, _)| at.elapsed() >= Self::FRESH) {
            let mut nodes = ByNode::new();
            each_environment(|pid, variable| {
                if let Some(node) =
                    variable.strip_prefix(NODE_VARIABLE.as_bytes()).and_then(|rest| rest.strip_prefix(b"="))
                {
                    nodes.entry(node.to_owned()).or_default().push(pid);
                }
                Ok(())
            })?;
            *last = Some((Instant::now(), nodes));
        }
        let found = last.as_ref().and_then(|(_, nodes)| nodes.get(node.as_os_str().as_encoded_bytes()));
        Ok(found.cloned().unwrap_or_default())
    }
}

/// The numbers of all processes with one of these paths in this variable of their environment.
fn carrying(variable: &str, paths: &[impl AsRef<Path>]) -> io::Result<BTreeSet<u32>> {
    let entry = |path: &Path| [variable.as_bytes(), b"=", path.as_os_str().as_encoded_bytes()].concat();
    let entries: Vec<Vec<u8>> = paths.iter().map(|path| entry(path.as_ref())).collect();
    let mut found = BTreeSet::new();
    if entries.is_empty() {
        return Ok(found);
    }
    each_environment(|pid, variable| {
        if entries.iter().any(|entry| entry == variable) && Identity::of(pid)?.is_some() {
            found.insert(pid);
        }
        Ok(())
    })?;
    Ok(found)
}

/// Shows each variable of each process of this user.
fn each_environment(mut see: impl FnMut(u32, &[u8]) -> io::Result<()>) -> io::Result<()> {
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let environment = match fs::read(format!("/proc/{pid}/environ")) {
            Ok(environment) => environment,
            // A process of another user is not ours.
            Err(error) if is_gone(&error) || error.kind() == io::ErrorKind::PermissionDenied => continue,
            Err(error) => return Err(error),
        };
        environment.split(|byte| *byte == 0).try_for_each(|variable| see(pid, variable))?;
    }
    Ok(())
}

/// The folder in which the process of that name is recorded.
pub fn record(node: &Path, name: &str) -> PathBuf {
    node.join("processes").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wait_for(what: &str, mut state: impl FnMut() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(10);
        while !state() {
            assert!(Instant::now() < deadline, "never: {what}");
            std::thread::yield_now();
        }
    }

    fn shell(script: &str) -> Command {
        Command {
            program: "/bin/sh".to_owned(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
            ..Command::default()
        }
    }

    #[tokio::test]
    async fn a_process_leaves_its_exit_code_and_its_words() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        assert_eq!(state(&record).expect("a look"), ProcessState::Absent);
        start(node.path(), &record, &shell("echo \"a * b\"; exit 7"), node.path()).expect("it starts");
        wait_for("the exit", || state(&record).expect("a look") == ProcessState::Exited { code: 7 });
        assert_eq!(fs::read_to_string(record.join("out")).expect("its words"), "a * b\n");
    }

    #[tokio::test]
    async fn arguments_reach_the_program_as_they_are() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        let arguments = ["%s|", "two  words", "*", "--", "$HOME", "", "a\nb"].map(str::to_owned).to_vec();
        let command = Command { program: "printf".to_owned(), arguments, ..Command::default() };
        start(node.path(), &record, &command, node.path()).expect("it starts");
        wait_for("the exit", || matches!(state(&record), Ok(ProcessState::Exited { .. })));
        assert_eq!(fs::read_to_string(record.join("out")).expect("its words"), "two  words|*|--|$HOME||a\nb|");
    }

    #[tokio::test]
    async fn starting_twice_is_starting_once() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        for _ in 0..2 {
            start(node.path(), &record, &shell("echo once >> log"), node.path()).expect("it starts");
            wait_for("the exit", || matches!(state(&record), Ok(ProcessState::Exited { .. })));
        }
        assert_eq!(fs::read_to_string(node.path().join("log")).expect("a log"), "once\n");
    }

    #[tokio::test]
    async fn ending_a_process_ends_what_its_supervisor_left_behind() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        start(node.path(), &record, &shell("sleep 300; true"), node.path()).expect("it starts");
        wait_for("the sleep", || of_node(node.path()).expect("a look").len() >= 3);
        let Ok(ProcessState::Running { pid }) = state(&record) else { panic!("it runs") };
        kill_each(&BTreeSet::from([pid]));
        wait_for("its supervisor's end", || state(&record).expect("a look") == ProcessState::Vanished);
        assert!(!of_node(node.path()).expect("a look").is_empty(), "what it started lives on");
        wait_for("nothing", || kill(&record).expect("ended") == 0 && of_node(node.path()).expect("a look").is_empty());
    }

    #[tokio::test]
    async fn ending_a_node_ends_children_that_left_the_group() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        start(node.path(), &record, &shell("setsid sleep 300 & sleep 300"), node.path()).expect("it starts");
        wait_for("three processes", || of_node(node.path()).expect("a look").len() >= 3);
        let scan = Scan::default();
        assert!(scan.of_node(node.path()).expect("a look").len() >= 3);
        assert!(scan.of_node(Path::new("/nowhere")).expect("a look").is_empty());
        wait_for("an empty node", || kill_all(&[node.path()]).expect("ended") == 0);
    }

    #[test]
    fn another_process_with_the_same_number_is_not_taken_for_it() {
        let own = Identity::of(std::process::id()).expect("a look").expect("this process");
        assert!(own.is_alive().expect("a look"));
        assert!(!Identity { start: own.start + 1, ..own }.is_alive().expect("a look"));
    }

    #[tokio::test]
    async fn what_jac_was_started_with_stays_with_it() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        let mut command = shell("env");
        command.environment.insert("REQUESTED".to_owned(), "yes".to_owned());
        start(node.path(), &record, &command, node.path()).expect("it starts");
        wait_for("the exit", || matches!(state(&record), Ok(ProcessState::Exited { .. })));
        let seen = fs::read_to_string(record.join("out")).expect("its words");
        let names: BTreeSet<&str> = seen.lines().filter_map(|line| Some(line.split_once('=')?.0)).collect();
        assert!(names.contains("PATH") && names.contains("REQUESTED"), "{names:?}");
        // The test's own environment has more than these, cargo's variables for one.
        assert!(std::env::vars().any(|(name, _)| name.starts_with("CARGO")));
        let own = [NODE_VARIABLE, RECORD_VARIABLE, "REQUESTED", "PWD", "OLDPWD", "SHLVL", "_"];
        let strange: Vec<&&str> = names
            .iter()
            .filter(|name| !PASSED_ON.contains(name) && !own.contains(name) && !name.starts_with("LC_"))
            .collect();
        assert!(strange.is_empty(), "{strange:?}");
    }

    #[test]
    fn what_cannot_be_read_is_not_gone() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(read_if_there(&folder.path().join("nothing")).expect("there is none"), None);
        // A folder instead of a file causes an error other than absence.
        fs::create_dir_all(folder.path().join("job/exit_code")).expect("a folder");
        assert!(state(&folder.path().join("job")).is_err());
        fs::create_dir_all(folder.path().join("other/pid")).expect("a folder");
        assert!(state(&folder.path().join("other")).is_err());
    }
}
