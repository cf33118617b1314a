//! The scripts that run on a node, assembled with their arguments. Every argument is quoted by [`crate::quote`].

use crate::quote::{is_variable_name, quote, words};
use jac_model::ports::Command;
use std::time::Duration;

const PROCESSES: &str = include_str!("../scripts/processes.sh");
const SUPERVISOR: &str = include_str!("../scripts/supervisor.sh");
const KEEPER: &str = include_str!("../scripts/keeper.sh");
const END_PROCESSES: &str = include_str!("../scripts/end_processes.sh");
const MACHINE_NAMES: &str = include_str!("../scripts/machine_names.sh");
const END_MACHINE: &str = include_str!("../scripts/end_machine.sh");

/// Exit code of a script if the node's folder is gone: its lease has expired, or it was removed.
pub const NODE_IS_GONE: i32 = 96;
/// …and with this one if a folder or file that it needs does not exist.
pub const NOTHING_THERE: i32 = 97;

/// Interval of a node's reports, in seconds…
const REPORT_PAUSE_S: &str = "1";
/// …and the number of reports per set of counters.
const COUNTERS_EVERY: u32 = 4;

/// Checks a machine before any file of ours is there.
pub fn look() -> String {
    format!("{PROCESSES}\n{}", include_str!("../scripts/look.sh"))
}

/// Resolves names, and the names of addresses, all in parallel; prints `CODE NAME` for each.
pub fn look_up(names: &[String]) -> String {
    format!("set -- {}\n{}", words(names.iter().map(String::as_str)), include_str!("../scripts/look_up.sh"))
}

pub fn find_java() -> String {
    include_str!("../scripts/find_java.sh").to_owned()
}

/// `AFTER` of a lease is `-` if nothing shortens it.
fn lease(left: Duration, after_run: Option<Duration>) -> String {
    // Rounded up: a node ends late rather than early.
    let after = after_run.map_or_else(|| "-".to_owned(), |after| after.as_secs().to_string());
    format!("{} {after}", left.as_millis().div_ceil(1000))
}

pub fn launch(node: &str, left: Duration) -> String {
    let keeper = format!("{PROCESSES}\n{END_PROCESSES}\n{KEEPER}");
    format!(
        "node={} lease={} keeper={}\n{PROCESSES}\n{}",
        quote(node),
        quote(&lease(left, None)),
        quote(&keeper),
        include_str!("../scripts/launch.sh")
    )
}

/// The keeper of a machine that exists for one node only. Its argument is the node's folder, and it runs as root.
pub fn machine_keeper() -> String {
    format!("{PROCESSES}\n{MACHINE_NAMES}\n{END_MACHINE}\n{KEEPER}")
}

pub fn terminate(node: &str) -> String {
    format!("node={}\n{PROCESSES}\n{}", quote(node), include_str!("../scripts/terminate.sh"))
}

pub fn renew(node: &str, left: Duration, after_run: Option<Duration>) -> String {
    let script = format!("lease={}\n{}", quote(&lease(left, after_run)), include_str!("../scripts/renew.sh"));
    on_node(node, &script)
}

/// Makes a node report on a process and its log, replacing an earlier script, which a lost connection may have left behind.
pub fn report(node: &str, record: &str, log: &str) -> String {
    let reporter = format!("{PROCESSES}\n{}", include_str!("../scripts/report.sh"));
    let mark = quote(&format!("JAC_REPORTS={node}"));
    let script = format!(
        "{PROCESSES}\nkill_carriers {mark} 20\nexport {mark}\nexec /bin/sh -c {} jac-report {} {REPORT_PAUSE_S} {COUNTERS_EVERY}",
        quote(&reporter),
        words([node, record, log].into_iter()),
    );
    on_node(node, &script)
}

/// Passes names to the keeper of a machine that exists for one node only.
pub fn give_names(node: &str, names: &str) -> String {
    on_node(node, &format!("names={}\n{}", quote(names), include_str!("../scripts/give_names.sh")))
}

/// A script for an existing node. Without this check a folder that is gone would be created again.
pub fn on_node(node: &str, script: &str) -> String {
    format!("node={}\n[ -d \"$node\" ] || exit {NODE_IS_GONE}\n{script}", quote(node))
}

/// Changes to a command's folder and sets its environment. `None` if a name is not valid for a variable.
fn prelude(folder: &str, command: &Command) -> Option<String> {
    let mut script = format!("cd -- {} 2>/dev/null || exit {NOTHING_THERE}\n", quote(folder));
    for (name, value) in &command.environment {
        if !is_variable_name(name) {
            return None;
        }
        script.push_str(&format!("export {name}={}\n", quote(value)));
    }
    Some(script)
}

fn command_words(command: &Command) -> String {
    words(std::iter::once(command.program.as_str()).chain(command.arguments.iter().map(String::as_str)))
}

/// Runs a command to its end. The random mark identifies it if it has to be killed.
pub fn run(node: &str, folder: &str, mark: &str, command: &Command) -> Option<String> {
    let prelude = prelude(folder, command)?;
    let words = command_words(command);
    Some(on_node(node, &format!("{prelude}export JAC_NODE=\"$node\" JAC_RUN={mark}\nexec {words}")))
}

/// Ends a command that [`run`] began, with all that it started.
pub fn end_run(node: &str, mark: &str) -> String {
    on_node(node, &format!("{PROCESSES}\nkill_carriers JAC_RUN={mark} 100"))
}

pub fn start(node: &str, record: &str, folder: &str, command: &Command) -> Option<String> {
    let prelude = prelude(folder, command)?;
    let script = format!(
        "record={} supervisor={}\n{prelude}set -- {}\n{}",
        quote(record),
        quote(SUPERVISOR),
        command_words(command),
        include_str!("../scripts/start.sh")
    );
    Some(on_node(node, &script))
}

/// Ends a process. `timeout`: how long a killed process may take to disappear.
pub fn kill(node: &str, record: &str, timeout: Duration) -> String {
    let script = format!(
        "record={} checks={}\n{PROCESSES}\n{}",
        quote(record),
        timeout.as_millis() / 50,
        include_str!("../scripts/kill.sh")
    );
    on_node(node, &script)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::process::Command;

    /// `/etc/hosts` after the keeper has processed these names, with a real shell.
    fn hosts_after(before: &str, names: impl FnOnce(&std::path::Path)) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let at = folder.path();
        fs::write(at.join("etc-hosts"), before).expect("a file");
        names(&at.join("hosts"));
        let path = |name: &str| at.join(name).display().to_string();
        let script =
            MACHINE_NAMES.replace("/etc/hosts", &path("etc-hosts")).replace("/var/lib/jac/hosts", &path("given"));
        let done = Command::new("timeout")
            .args(["10", "sh", "-c", &format!("node={}\n{script}\nlook_further", path(""))])
            .output();
        assert!(done.expect("a shell").status.success());
        assert!(!at.join("given").exists() && !at.join("hosts").is_file(), "they are taken once");
        fs::read_to_string(at.join("etc-hosts")).expect("it stays")
    }

    #[test]
    fn names_replace_those_before_and_leave_the_rest_of_the_hosts_file() {
        let names = "10.0.0.4 ip-10-0-0-4.ec2.internal\n10.0.0.4 master";
        let first = hosts_after("127.0.0.1 localhost\n", |file| fs::write(file, names).expect("a file"));
        let lines: Vec<&str> = first.lines().collect();
        assert_eq!(lines[1..3], ["10.0.0.4 ip-10-0-0-4.ec2.internal", "10.0.0.4 master"], "{first}");
        assert_eq!((lines.len(), lines[4]), (5, "127.0.0.1 localhost"), "{first}");
        let second = hosts_after(&first, |file| fs::write(file, "10.0.0.9 worker-1").expect("a file"));
        assert_eq!(second.lines().count(), 4, "{second}");
        assert!(second.contains("10.0.0.9 worker-1") && !second.contains("10.0.0.4"), "{second}");
    }

    #[test]
    fn only_lines_of_an_address_and_a_machines_name_are_taken() {
        let hostile = [
            "10.0.0.1 security.debian.org",
            "10.0.0.1 localhost",
            "127.0.0.1 master",
            "10.0.0.1 master shop.example",
            "10.0.0.1 a;reboot",
            "10.0.0.1\tmaster",
            "::1 master",
            "root:x:0:0",
            "# (JAC)",
        ];
        let text = format!("{}\n10.0.0.7 worker-3\n", hostile.join("\n"));
        let after = hosts_after("127.0.0.1 localhost\n", |file| fs::write(file, text).expect("a file"));
        assert_eq!(after.lines().count(), 4, "{after}");
        assert!(after.contains("10.0.0.7 worker-3"), "{after}");
    }

    #[test]
    fn what_is_no_file_is_not_read() {
        let before = "127.0.0.1 localhost\n";
        let secret = tempfile::NamedTempFile::new().expect("a file");
        fs::write(secret.path(), "10.0.0.1 secret\n").expect("a text");
        let link = |file: &std::path::Path| std::os::unix::fs::symlink(secret.path(), file).expect("a link");
        assert_eq!(hosts_after(before, link), before);
        let pipe =
            |file: &std::path::Path| assert!(Command::new("mkfifo").arg(file).status().expect("mkfifo").success());
        assert_eq!(hosts_after(before, pipe), before, "a pipe would be waited for");
    }
}
