//! Processes of a node: starting them detached, telling whether one lives, ending it with everything it started.
//!
//! A process is started by a small shell script that is the leader of a session of its own. The script writes down
//! its number, waits, and writes down the exit code: so both are known to whoever looks later, this JAC or the next one.

use jac_model::ports::{Command, ProcessState};
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};

/// The environment variable that every process of a node carries: the node's folder.
pub const NODE_VARIABLE: &str = "JAC_NODE";
/// The environment variable that a process and all that it started carry: the folder of its record.
const RECORD_VARIABLE: &str = "JAC_PROCESS";

/// `$1` is the record's folder, the rest the command. The exit code is renamed into place, so that it is never read half.
const SUPERVISOR: &str = r#"record=$1; shift
read -r stat < /proc/$$/stat; rest=${stat##*) }; set -f; set -- "$record" $rest -- "$@"
start=${21}; while [ "$1" != -- ]; do shift; done; shift; set +f
echo "$$ $start" > "$record/pid.new" && mv "$record/pid.new" "$record/pid"
"$@" < /dev/null > "$record/out" 2>&1
code=$?
echo "$code" > "$record/exit_code.new" && mv "$record/exit_code.new" "$record/exit_code"
"#;

/// A process number together with the start time that tells it from a later process with the same number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Identity {
    pub pid: u32,
    /// Clock ticks after the boot, field 22 of `/proc/<pid>/stat`.
    pub start: u64,
}

impl Identity {
    /// The process with that number as it is now; `None` if there is none, or only its unreaped remains.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The second field is the program's name in parentheses and may hold anything, parentheses too.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        if matches!(fields.first(), Some(&("Z" | "X"))) {
            return None;
        }
        Some(Self { pid, start: fields.get(19)?.parse().ok()? })
    }

    /// Whether this very process still runs.
    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// The process that a file names.
    pub fn recorded(path: &Path) -> Option<Self> {
        let text = fs::read_to_string(path).ok()?;
        let (pid, start) = text.trim().split_once(' ')?;
        Some(Self { pid: pid.parse().ok()?, start: start.parse().ok()? })
    }
}

/// Starts `command` in `folder` under a record; a record that exists already is left alone.
pub fn start(node: &Path, record: &Path, command: &Command, folder: &Path) -> io::Result<()> {
    if record.join("pid").exists() {
        return Ok(());
    }
    fs::create_dir_all(record)?;
    let mut supervisor = std::process::Command::new("/bin/sh");
    supervisor
        .args(["-c", SUPERVISOR, "jac-process"])
        .arg(record)
        .arg(&command.program)
        .args(&command.arguments)
        .envs(&command.environment)
        .env(NODE_VARIABLE, node)
        .env(RECORD_VARIABLE, record)
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null());
    detach(&mut supervisor);
    // Tokio waits for children that are dropped, so none stays behind as a zombie of this process.
    let child = tokio::process::Command::from(supervisor).spawn()?;
    drop(child);
    Ok(())
}

/// Gives the process a session of its own: no terminal's signal reaches it, and its group can be ended as a whole.
pub fn detach(command: &mut std::process::Command) {
    #[expect(unsafe_code, reason = "setsid is async-signal-safe and is all that runs between fork and exec")]
    // SAFETY: the closure only calls setsid(2), which POSIX lists as async-signal-safe, and allocates nothing.
    unsafe {
        command.pre_exec(|| nix::unistd::setsid().map(drop).map_err(io::Error::from));
    }
}

/// What became of the process of a record.
pub fn state(record: &Path) -> ProcessState {
    if let Some(code) = exit_code(record) {
        return ProcessState::Exited { code };
    }
    let Some(identity) = Identity::recorded(&record.join("pid")) else { return ProcessState::Absent };
    if identity.is_alive() {
        return ProcessState::Running { pid: identity.pid };
    }
    // It may have ended between the two looks.
    exit_code(record).map_or(ProcessState::Vanished, |code| ProcessState::Exited { code })
}

fn exit_code(record: &Path) -> Option<i32> {
    fs::read_to_string(record.join("exit_code")).ok()?.trim().parse().ok()
}

/// Ends the process of a record and everything that it started, also what outlived its supervisor or left its group:
/// all of it carries the record in its environment. It is gone when this returns, or about to be.
pub fn kill(record: &Path) -> usize {
    kill_each(&carrying(RECORD_VARIABLE, record))
}

/// Ends everything that runs on a node. Returns how many.
pub fn kill_all(node: &Path) -> usize {
    kill_each(&of_node(node))
}

/// The same, sparing one process: the keeper that does it.
pub fn kill_all_but(node: &Path, spared: u32) -> usize {
    let mut found = of_node(node);
    found.remove(&spared);
    kill_each(&found)
}

fn kill_each(found: &BTreeSet<u32>) -> usize {
    for pid in found {
        if let Ok(pid) = i32::try_from(*pid) {
            // ESRCH, the one error there can be with our own processes, means that it is gone already.
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
    found.len()
}

/// The numbers of all processes that run on a node.
pub fn of_node(node: &Path) -> BTreeSet<u32> {
    carrying(NODE_VARIABLE, node)
}

/// The numbers of all processes with this path in this variable of their environment.
fn carrying(variable: &str, path: &Path) -> BTreeSet<u32> {
    let wanted = [variable.as_bytes(), b"=", path.as_os_str().as_encoded_bytes()].concat();
    let Ok(entries) = fs::read_dir("/proc") else { return BTreeSet::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter(|pid: &u32| {
            fs::read(format!("/proc/{pid}/environ")).is_ok_and(|environment| {
                environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_slice())
            })
        })
        .filter(|pid| Identity::of(*pid).is_some())
        .collect()
}

/// The folder in which the process of that name is recorded.
pub fn record(node: &Path, name: &str) -> PathBuf {
    node.join("processes").join(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, Instant};

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
        assert_eq!(state(&record), ProcessState::Absent);
        start(node.path(), &record, &shell("echo \"a * b\"; exit 7"), node.path()).expect("it starts");
        wait_for("the exit", || state(&record) == ProcessState::Exited { code: 7 });
        assert_eq!(fs::read_to_string(record.join("out")).expect("its words"), "a * b\n");
    }

    #[tokio::test]
    async fn arguments_reach_the_program_as_they_are() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        let arguments = ["%s|", "two  words", "*", "--", "$HOME", "", "a\nb"].map(str::to_owned).to_vec();
        let command = Command { program: "printf".to_owned(), arguments, ..Command::default() };
        start(node.path(), &record, &command, node.path()).expect("it starts");
        wait_for("the exit", || matches!(state(&record), ProcessState::Exited { .. }));
        assert_eq!(fs::read_to_string(record.join("out")).expect("its words"), "two  words|*|--|$HOME||a\nb|");
    }

    #[tokio::test]
    async fn starting_twice_is_starting_once() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        for _ in 0..2 {
            start(node.path(), &record, &shell("echo once >> log"), node.path()).expect("it starts");
            wait_for("the exit", || matches!(state(&record), ProcessState::Exited { .. }));
        }
        assert_eq!(fs::read_to_string(node.path().join("log")).expect("a log"), "once\n");
    }

    #[tokio::test]
    async fn ending_a_process_ends_what_its_supervisor_left_behind() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        start(node.path(), &record, &shell("sleep 300; true"), node.path()).expect("it starts");
        wait_for("the sleep", || of_node(node.path()).len() >= 3);
        let ProcessState::Running { pid } = state(&record) else { panic!("it runs") };
        kill_each(&BTreeSet::from([pid]));
        wait_for("its supervisor's end", || state(&record) == ProcessState::Vanished);
        assert!(!of_node(node.path()).is_empty(), "what it started lives on");
        wait_for("nothing", || kill(&record) == 0 && of_node(node.path()).is_empty());
    }

    #[tokio::test]
    async fn ending_a_node_ends_children_that_left_the_group() {
        let node = tempfile::tempdir().expect("a folder");
        let record = record(node.path(), "job");
        start(node.path(), &record, &shell("setsid sleep 300 & sleep 300"), node.path()).expect("it starts");
        wait_for("three processes", || of_node(node.path()).len() >= 3);
        wait_for("an empty node", || kill_all(node.path()) == 0);
    }

    #[test]
    fn another_process_with_the_same_number_is_not_taken_for_it() {
        let own = Identity::of(std::process::id()).expect("this process");
        assert!(own.is_alive());
        assert!(!Identity { start: own.start + 1, ..own }.is_alive());
    }
}
