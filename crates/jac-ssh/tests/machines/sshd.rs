//! OpenSSH's own server as a machine of a test: on a loopback address and a separate port, with its own host key and
//! home folder, as the user who runs the tests.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const SSHD: &str = "/usr/sbin/sshd";

/// Several machines, and the key that opens them.
pub struct Machines {
    folder: tempfile::TempDir,
    pub machines: Vec<Machine>,
}

/// One machine.
pub struct Machine {
    pub address: String,
    pub port: u16,
    pub home: PathBuf,
    config: PathBuf,
    host_key: PathBuf,
    sshd: Option<Child>,
}

impl Machines {
    /// This many machines; `None`, with a message, if OpenSSH's server is not installed.
    pub fn start(count: u8) -> Option<Self> {
        Self::start_with(count, "")
    }

    /// The same, with more lines for their `sshd_config`.
    pub fn start_with(count: u8, settings: &str) -> Option<Self> {
        if !Path::new(SSHD).is_file() {
            eprintln!("SKIPPED: {SSHD} is not installed (Debian and Ubuntu: apt-get install openssh-server)");
            return None;
        }
        let folder = tempfile::tempdir().expect("a folder");
        if nix::unistd::geteuid().is_root() {
            // Privilege separation needs an empty folder there.
            fs::create_dir_all("/run/sshd").expect("/run/sshd");
        }
        make_key(&folder.path().join("id"), "ed25519");
        let machines = (1..=count).map(|number| Machine::start(folder.path(), number, settings)).collect();
        Some(Self { folder, machines })
    }

    /// The private key that opens all of them.
    pub fn key(&self) -> PathBuf {
        self.folder.path().join("id")
    }

    pub fn user(&self) -> String {
        let id = nix::unistd::geteuid();
        nix::unistd::User::from_uid(id).expect("the users").expect("a user of this number").name
    }

    /// `HOST:PORT` of each.
    pub fn hosts(&self) -> Vec<String> {
        self.machines.iter().map(Machine::host).collect()
    }

    /// `known_hosts` lines for all of them.
    pub fn known_hosts(&self) -> Vec<String> {
        self.machines.iter().map(Machine::known_host).collect()
    }

    /// The same as a file.
    pub fn known_hosts_file(&self) -> PathBuf {
        let path = self.folder.path().join("known_hosts");
        fs::write(&path, self.known_hosts().join("\n")).expect("a file");
        path
    }
}

impl Machine {
    fn start(folder: &Path, number: u8, settings: &str) -> Self {
        let place = folder.join(format!("machine-{number}"));
        let home = place.join("home");
        fs::create_dir_all(&home).expect("a home");
        let host_key = place.join("host_key");
        make_key(&host_key, "ed25519");
        let address = format!("127.0.0.{number}");
        let port = free_port(&address);
        let config = place.join("sshd_config");
        // These settings first: sshd uses the first value of each.
        let lines = format!(
            "{settings}\nListenAddress {address}\nPort {port}\nHostKey {}\nPidFile none\nAuthorizedKeysFile {} {home}/.ssh/authorized_keys\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nMaxStartups 100\n\
             SetEnv HOME={home} PATH={home}/bin:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin\n",
            host_key.display(),
            folder.join("id.pub").display(),
            home = home.display(),
        );
        fs::write(&config, lines).expect("a configuration");
        let mut machine = Self { address, port, home, config, host_key, sshd: None };
        machine.go_up();
        machine
    }

    /// Starts its server, at the same address as before.
    pub fn go_up(&mut self) {
        let mut sshd = Command::new(SSHD);
        sshd.args(["-D", "-e", "-f"]).arg(&self.config).stdin(Stdio::null()).stderr(Stdio::piped());
        let mut sshd = sshd.spawn().expect("sshd starts");
        let mut lines = BufReader::new(sshd.stderr.take().expect("its words")).lines();
        let first = lines.next().expect("a word").expect("text");
        assert!(first.contains("Server listening"), "sshd: {first}");
        // Its output is read continuously, or it would block on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        self.sshd = Some(sshd);
    }

    /// Ends its server and every connection; detached processes continue.
    pub fn go_down(&mut self) {
        // Looked up first: without their parent they cannot be found.
        let serving = self.serving();
        if let Some(mut sshd) = self.sshd.take() {
            drop(sshd.kill());
            drop(sshd.wait());
        }
        send(&serving, nix::sys::signal::Signal::SIGKILL);
    }

    pub fn host(&self) -> String {
        format!("{}:{}", self.address, self.port)
    }

    /// Puts a program before the machine's own of that name in its PATH.
    pub fn replace_program(&self, name: &str, script: &str) {
        use std::os::unix::fs::PermissionsExt;
        let path = self.home.join("bin").join(name);
        fs::create_dir_all(self.home.join("bin")).expect("a folder");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).expect("a program");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("it is ours");
    }

    pub fn known_host(&self) -> String {
        let key = fs::read_to_string(self.host_key.with_extension("pub")).expect("its public key");
        format!("[{}]:{} {}", self.address, self.port, key.trim())
    }

    /// Cuts every connection to it, like a router that forgets them. Returns how many processes served them.
    pub fn cut(&self) -> usize {
        send(&self.serving(), nix::sys::signal::Signal::SIGKILL)
    }

    /// Makes it silent on all existing connections.
    pub fn freeze(&self) -> usize {
        send(&self.serving(), nix::sys::signal::Signal::SIGSTOP)
    }

    /// How many connections there are to it.
    pub fn connections(&self) -> usize {
        let is_alive = |pid: &u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
        };
        self.sshd.iter().flat_map(|sshd| children(sshd.id())).filter(is_alive).count()
    }

    /// The processes that serve connections: the server's children, as far as they are sshd itself.
    fn serving(&self) -> Vec<u32> {
        let mut known: Vec<u32> = self.sshd.iter().map(Child::id).collect();
        let mut found = Vec::new();
        while let Some(parent) = known.pop() {
            for child in children(parent) {
                if fs::read_to_string(format!("/proc/{child}/comm")).is_ok_and(|name| name.trim().starts_with("sshd")) {
                    found.push(child);
                    known.push(child);
                }
            }
        }
        found
    }

    /// The process IDs of JAC's nodes on it.
    pub fn processes(&self) -> Vec<i32> {
        self.marked("JAC_NODE")
    }

    /// The process IDs of the shells that report on its nodes.
    pub fn reporters(&self) -> Vec<i32> {
        let is_shell = |pid: &i32| {
            fs::read_to_string(format!("/proc/{pid}/cmdline")).is_ok_and(|text| text.contains("jac-report"))
        };
        let shells: Vec<i32> = self.marked("JAC_REPORTS").into_iter().filter(is_shell).collect();
        // A program that one of them starts looks like it for a moment.
        let is_called = |pid: &i32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let parent = stat.rsplit_once(')').and_then(|(_, rest)| rest.split_whitespace().nth(1)?.parse().ok());
            parent.is_none_or(|parent: i32| shells.contains(&parent))
        };
        shells.iter().filter(|pid| !is_called(pid)).copied().collect()
    }

    pub fn kill_reporters(&self) {
        for pid in self.reporters() {
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }

    /// The CPU time of its connections and of the reporting shells, including the programs they started, in seconds.
    pub fn cpu_s(&self) -> f64 {
        let reporters = self.reporters().into_iter().filter_map(|pid| u32::try_from(pid).ok());
        let ticks = |pid: u32| {
            let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
            let fields = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace();
            // utime, stime, cutime, cstime: see proc(5).
            fields.skip(11).take(4).filter_map(|field| field.parse::<u64>().ok()).sum::<u64>()
        };
        self.serving().into_iter().chain(reporters).map(ticks).sum::<u64>() as f64 / 100.0
    }

    /// The IDs of processes with an environment variable of that name that contains a node's folder on it.
    fn marked(&self, variable: &str) -> Vec<i32> {
        let mark = format!("{variable}={}/", self.home.display());
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc").expect("/proc").flatten() {
            let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            if environment.split(|byte| *byte == 0).any(|variable| variable.starts_with(mark.as_bytes())) {
                found.push(pid);
            }
        }
        found
    }

    /// The content of `~/.jac` there, except the JMeters that are kept for the next time.
    pub fn left_behind(&self) -> Vec<String> {
        let entries = fs::read_dir(self.home.join(".jac")).into_iter().flatten().flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).filter(|name| name != "jmeter").collect()
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        self.go_down();
        for pid in self.processes() {
            let _gone = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
}

fn send(pids: &[u32], signal: nix::sys::signal::Signal) -> usize {
    for pid in pids {
        let pid = nix::unistd::Pid::from_raw(i32::try_from(*pid).expect("a number"));
        let _gone = nix::sys::signal::kill(pid, signal);
    }
    pids.len()
}

fn children(parent: u32) -> Vec<u32> {
    let of = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let entries = fs::read_dir("/proc").expect("/proc").flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| of(*pid) == Some(parent)).collect()
}

fn make_key(path: &Path, kind: &str) {
    let made = Command::new("ssh-keygen").args(["-q", "-t", kind, "-N", "", "-f"]).arg(path).status();
    assert!(made.expect("ssh-keygen comes with OpenSSH").success());
}

fn free_port(address: &str) -> u16 {
    TcpListener::bind((address, 0)).and_then(|listener| listener.local_addr()).expect("a free port").port()
}

/// Waits for a state, and fails when it does not come.
pub async fn wait_for(what: &str, limit: Duration, mut state: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !state().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}
