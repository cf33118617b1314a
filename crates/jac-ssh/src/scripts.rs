//! The scripts that run on a node, put together with their words. Every word goes through [`crate::quote`].

use crate::quote::{is_variable_name, quote, words};
use jac_model::ports::Command;
use std::time::Duration;

const PROCESSES: &str = include_str!("../scripts/processes.sh");
const SUPERVISOR: &str = include_str!("../scripts/supervisor.sh");
const KEEPER: &str = include_str!("../scripts/keeper.sh");
const END_PROCESSES: &str = include_str!("../scripts/end_processes.sh");
const END_MACHINE: &str = include_str!("../scripts/end_machine.sh");

/// A script ends with this code when the node's folder is gone: its lease is over, or somebody removed it.
pub const NODE_IS_GONE: i32 = 96;
/// …and with this one when a folder or file that it needs is not there.
pub const NOTHING_THERE: i32 = 97;

/// Looks at a machine before anything of ours is there.
pub fn look() -> String {
    format!("{PROCESSES}\n{}", include_str!("../scripts/look.sh"))
}

pub fn find_java() -> String {
    include_str!("../scripts/find_java.sh").to_owned()
}

/// `AFTER` of a lease is `-` where nothing shortens it.
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

/// The keeper of a machine that is there for one node only. It takes the node's folder and runs as root.
pub fn machine_keeper() -> String {
    format!("{PROCESSES}\n{END_MACHINE}\n{KEEPER}")
}

pub fn terminate(node: &str) -> String {
    format!("node={}\n{PROCESSES}\n{}", quote(node), include_str!("../scripts/terminate.sh"))
}

pub fn renew(node: &str, left: Duration, after_run: Option<Duration>) -> String {
    let script = format!("lease={}\n{}", quote(&lease(left, after_run)), include_str!("../scripts/renew.sh"));
    on_node(node, &script)
}

/// What is done on a node that is there. Without this a folder that is gone would be made again.
pub fn on_node(node: &str, script: &str) -> String {
    format!("node={}\n[ -d \"$node\" ] || exit {NODE_IS_GONE}\n{script}", quote(node))
}

/// Goes to a command's folder and sets its environment. `None` where a name cannot be a variable's.
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

/// Runs a command to its end. By the mark, which is random, it is found if it has to be ended.
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

/// Ends a process. `patience` is how long what was killed may take to be gone.
pub fn kill(node: &str, record: &str, patience: Duration) -> String {
    let script = format!(
        "record={} patience={}\n{PROCESSES}\n{}",
        quote(record),
        patience.as_millis() / 50,
        include_str!("../scripts/kill.sh")
    );
    on_node(node, &script)
}
