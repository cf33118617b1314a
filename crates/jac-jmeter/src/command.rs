//! The command lines of JMeter for every role.

use jac_model::ports::Command;
use std::collections::BTreeMap;

/// The garbage collector with which JMeter makes the most requests per CPU time (docs/decisions/039), and the options
/// of `bin/jmeter`'s own start script (5.6.3): the packages that must be opened for its look and feel.
const JVM_OPTIONS: &[&str] = &[
    "-XX:+UseParallelGC",
    "-Djava.security.egd=file:/dev/urandom",
    "-Djava.awt.headless=true",
    "--add-opens=java.desktop/sun.awt=ALL-UNNAMED",
    "--add-opens=java.desktop/sun.swing=ALL-UNNAMED",
    "--add-opens=java.desktop/javax.swing.text.html=ALL-UNNAMED",
    "--add-opens=java.desktop/java.awt=ALL-UNNAMED",
    "--add-opens=java.desktop/java.awt.font=ALL-UNNAMED",
    "--add-opens=java.base/java.lang=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED",
    "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
    "--add-opens=java.base/java.util=ALL-UNNAMED",
    "--add-opens=java.base/java.text=ALL-UNNAMED",
];

/// JMeter 5.6 writes a warning for each iteration of a plan with a cookie manager (apache/jmeter#6235), which fills disks.
const FLOODING_LOGGER: &str = "org.apache.jmeter.protocol.http.sampler.HTTPSamplerBase";

/// The start parameters of every JMeter of a run. All paths are absolute on the node.
#[derive(Debug, Clone)]
pub struct Launch<'a> {
    pub java: &'a str,
    /// `bin/ApacheJMeter.jar` of the home.
    pub launcher: &'a str,
    pub heap_mb: u32,
    /// The user's `-q` files, in their order.
    pub user_properties_files: &'a [String],
    /// The properties that the user removes (`-Jname=`), even if an earlier file sets them.
    pub removed_properties: &'a [String],
    /// The same for system properties (`-Dname=`).
    pub removed_system_properties: &'a [String],
    /// The file created by [`crate::properties`]; it is read last and takes precedence.
    pub properties_file: &'a str,
    /// A file of the user's system properties. JMeter sets them when it starts, like those of its own `-D`; on the
    /// command line everybody on the node could read them.
    pub system_properties_file: Option<&'a str>,
    pub log_file: &'a str,
    /// The plan's folder, relative to the node's folder: JMeter's working folder.
    pub working_folder: &'a str,
}

/// A worker: JMeter as a server.
#[derive(Debug, Clone)]
pub struct WorkerLaunch<'a> {
    pub common: Launch<'a>,
    /// The address at which the other nodes reach it.
    pub address: &'a str,
}

/// A master.
#[derive(Debug, Clone)]
pub struct MasterLaunch<'a> {
    pub common: Launch<'a>,
    pub address: &'a str,
    /// The plan's file name in the working folder.
    pub plan: &'a str,
    /// The result log.
    pub results: &'a str,
    /// `address:port` of each worker's registry; empty: the master runs the plan itself.
    pub workers: &'a [String],
}

impl Launch<'_> {
    fn command(&self, java_options: &[String], jmeter_arguments: impl IntoIterator<Item = String>) -> Command {
        let mut arguments = vec![format!("-Xms{}m", self.heap_mb), format!("-Xmx{}m", self.heap_mb)];
        arguments.extend(JVM_OPTIONS.iter().map(|option| (*option).to_owned()));
        arguments.extend_from_slice(java_options);
        arguments.extend(["-jar".to_owned(), self.launcher.to_owned()]);
        // JMeter applies them in this order.
        for file in self.user_properties_files {
            arguments.extend(["-q".to_owned(), file.clone()]);
        }
        arguments.extend(self.removed_properties.iter().map(|name| format!("-J{name}=")));
        arguments.extend(["-q".to_owned(), self.properties_file.to_owned()]);
        if let Some(file) = self.system_properties_file {
            arguments.extend(["-S".to_owned(), file.to_owned()]);
        }
        arguments.extend(self.removed_system_properties.iter().map(|name| format!("-D{name}=")));
        arguments.extend(["-j".to_owned(), self.log_file.to_owned(), format!("-L{FLOODING_LOGGER}=ERROR")]);
        arguments.extend(jmeter_arguments);
        Command {
            program: self.java.to_owned(),
            arguments,
            environment: BTreeMap::new(),
            folder: self.working_folder.to_owned(),
        }
    }
}

impl WorkerLaunch<'_> {
    /// The command that starts the worker; it ends with its test.
    pub fn command(&self) -> Command {
        self.common.command(&[format!("-Djava.rmi.server.hostname={}", self.address)], ["-s".to_owned()])
    }
}

impl MasterLaunch<'_> {
    /// The command that runs the plan to its end.
    pub fn command(&self) -> Command {
        let mut arguments: Vec<String> =
            ["-n", "-t", self.plan, "-l", self.results].iter().map(|argument| (*argument).to_owned()).collect();
        if !self.workers.is_empty() {
            arguments.extend(["-R".to_owned(), self.workers.join(",")]);
        }
        self.common.command(&[format!("-Djava.rmi.server.hostname={}", self.address)], arguments)
    }
}

/// Waits until a time of the node's clock, `$1` in epoch milliseconds, but no longer than `$2` milliseconds, because a
/// clock may be set meanwhile. Then it replaces the shell with the remaining arguments. A `date` without fractions
/// prints a character that is not a digit.
const GATE: &str = r#"now=$(date +%s%3N); case $now in *[!0-9]*) now=$(date +%s)000;; esac
left=$(($1 - now)); if [ "$left" -gt "$2" ]; then left=$2; fi
shift 2
if [ "$left" -gt 0 ]; then sleep "$((left / 1000)).$(printf %03d "$((left % 1000))")"; fi
exec "$@""#;

/// The command, delayed until that time of its node's clock, but at most `most_ms` after the node was asked to start
/// it.
pub fn at(command: Command, at_ms: i64, most_ms: i64) -> Command {
    let words = ["-c", GATE, "jac-gate"].map(str::to_owned).into_iter();
    let times = [at_ms, most_ms].map(|time| time.to_string());
    Command {
        program: "/bin/sh".to_owned(),
        arguments: words.chain(times).chain([command.program]).chain(command.arguments).collect(),
        ..command
    }
}

/// A command to a running master.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopWord {
    /// Threads finish the sample that they are at.
    Shutdown,
    /// Requests in flight are aborted.
    StopTestNow,
}

/// The command that stops the master on the same node. The master receives it as a UDP datagram from the
/// loopback address only, so this runs on the master's node; JMeter's own `ShutdownClient` sends it.
pub fn stop(java: &str, launcher: &str, word: StopWord, shutdown_port: u16) -> Command {
    let word = match word {
        StopWord::Shutdown => "Shutdown",
        StopWord::StopTestNow => "StopTestNow",
    };
    Command {
        program: java.to_owned(),
        arguments: [
            "-Xmx32m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            launcher,
            "org.apache.jmeter.util.ShutdownClient",
            word,
        ]
        .iter()
        .map(|argument| (*argument).to_owned())
        .chain([shutdown_port.to_string()])
        .collect(),
        environment: BTreeMap::new(),
        folder: String::new(),
    }
}

/// The default heap of one JVM in MiB: half of the memory available to the node, at least 256 MiB and at most 8 GiB.
pub fn default_heap_mb(node_memory_mb: u64) -> u32 {
    u32::try_from((node_memory_mb / 2).clamp(256, 8192)).unwrap_or(8192)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn launch() -> Launch<'static> {
        Launch {
            java: "/usr/bin/java",
            launcher: "/jm/bin/ApacheJMeter.jar",
            heap_mb: 512,
            user_properties_files: &[],
            removed_properties: &[],
            removed_system_properties: &[],
            properties_file: "/n/jac.properties",
            system_properties_file: None,
            log_file: "/n/jmeter.log",
            working_folder: "plan",
        }
    }

    #[test]
    fn a_master_alone_has_no_remote_hosts_and_one_with_workers_has_them_all() {
        let mut master = MasterLaunch {
            common: launch(),
            address: "127.0.0.1",
            plan: "shop.jmx",
            results: "/n/r.jtl",
            workers: &[],
        };
        assert!(!master.command().arguments.contains(&"-R".to_owned()));
        let workers = ["10.0.0.1:1".to_owned(), "10.0.0.2:2".to_owned()];
        master.workers = &workers;
        assert!(master.command().arguments.ends_with(&["-R".to_owned(), "10.0.0.1:1,10.0.0.2:2".to_owned()]));
    }

    #[test]
    fn our_properties_file_is_read_after_the_users() {
        let files = ["own.properties".to_owned()];
        let common = Launch { user_properties_files: &files, ..launch() };
        let arguments = WorkerLaunch { common, address: "127.0.0.1" }.command().arguments.join(" ");
        assert!(arguments.contains("-q own.properties -q /n/jac.properties"));
    }

    #[test]
    fn what_the_user_removes_is_removed_from_the_files_before_ours() {
        let (files, removed) = (["own.properties".to_owned()], ["threads".to_owned()]);
        let common = Launch {
            user_properties_files: &files,
            removed_properties: &removed,
            removed_system_properties: &removed,
            system_properties_file: Some("/n/system.properties"),
            ..launch()
        };
        let arguments = WorkerLaunch { common, address: "127.0.0.1" }.command().arguments.join(" ");
        assert!(
            arguments.contains("-q own.properties -Jthreads= -q /n/jac.properties -S /n/system.properties -Dthreads=")
        );
    }

    #[test]
    fn system_properties_reach_master_and_worker_by_a_file() {
        let common = Launch { system_properties_file: Some("/n/system.properties"), ..launch() };
        let master = MasterLaunch { common: common.clone(), address: "h", plan: "p", results: "r", workers: &[] };
        for arguments in [WorkerLaunch { common, address: "h" }.command().arguments, master.command().arguments] {
            assert!(arguments.join(" ").contains("-S /n/system.properties"), "{arguments:?}");
        }
    }

    #[test]
    fn a_command_waits_for_its_time_and_no_longer_than_it_may() {
        let now_ms = || {
            #[expect(clippy::disallowed_methods, reason = "what the shell waits for is the machine's own clock")]
            let now = std::time::SystemTime::now();
            i64::try_from(now.duration_since(std::time::UNIX_EPOCH).expect("a time").as_millis())
                .expect("not that late")
        };
        let echo = Command {
            program: "printf".to_owned(),
            arguments: vec!["%s|".to_owned(), "a b".to_owned(), "*".to_owned()],
            ..Command::default()
        };
        for (in_ms, most_ms, expected_ms) in [(400, 10_000, 400), (3_600_000, 300, 300), (-5_000, 10_000, 0)] {
            let begun_ms = now_ms();
            let command = at(echo.clone(), begun_ms + in_ms, most_ms);
            let output =
                std::process::Command::new(&command.program).args(&command.arguments).output().expect("it runs");
            let took_ms = now_ms() - begun_ms;
            assert_eq!(String::from_utf8_lossy(&output.stdout), "a b|*|");
            assert!((expected_ms..expected_ms + 2_000).contains(&took_ms), "{in_ms}: {took_ms} ms");
        }
    }

    #[test]
    fn no_secret_is_on_a_command_line() {
        let arguments = WorkerLaunch { common: launch(), address: "127.0.0.1" }.command().arguments.join(" ");
        assert!(!arguments.contains("password"));
    }
}
