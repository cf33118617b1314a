//! A node's files and processes, on this machine.

use crate::blocking::blocking;
use crate::process::{self, Scan};
use async_trait::async_trait;
use bytes::Bytes;
use jac_jmeter::{JMeterHome, JavaSearch, jvm};
use jac_model::ports::{
    Chunk, Command, FoundFile, FoundFiles, Heap, Output, PortError, ProcessState, ProgressSink, Remote, Vitals,
};
use jac_model::{Backoff, NodeTools};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Time limit for a process to report itself. It is a shell's first line, even on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Time limit for a process to disappear after SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// Time limit for reading small files, processes or a piece of a file, even on a busy machine.
const LOOK_LIMIT: Duration = Duration::from_secs(20);
/// How long a file may take to be copied, read whole or removed, however large it is.
const FILE_LIMIT: Duration = Duration::from_secs(600);
/// How long a connection on this machine may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(1);

/// How many ports that are free for TCP may be in use for UDP.
const TAKEN_PORTS_MAX: usize = 1_000;

/// Access to one node's folder and processes.
#[derive(Debug, Clone)]
pub struct LocalRemote {
    name: String,
    folder: PathBuf,
    java: JavaSearch,
    scan: Arc<Scan>,
}

impl LocalRemote {
    /// The node of that name, in that folder.
    pub fn new(name: String, folder: PathBuf, java: JavaSearch, scan: Arc<Scan>) -> Self {
        Self { name, folder, java, scan }
    }

    /// Runs work with files or processes.
    async fn blocking<T: Send + 'static>(
        &self,
        what: &str,
        limit: Duration,
        work: impl FnOnce() -> io::Result<T> + Send + 'static,
    ) -> Result<T, PortError> {
        let (this, doing) = (self.clone(), what.to_owned());
        blocking(&self.name, what, limit, move || work().map_err(|error| this.failed(&doing, &error))).await
    }

    fn failed(&self, what: &str, error: &io::Error) -> PortError {
        match PortError::of_io(&self.name, what, error) {
            PortError::Refused { node, .. } if self.is_gone() => {
                PortError::Unreachable { node, reason: "its folder no longer exists".to_owned() }
            }
            other => other,
        }
    }

    /// Whether the folder no longer exists; one that cannot be read may exist.
    fn is_gone(&self) -> bool {
        matches!(fs::metadata(&self.folder), Err(error) if error.kind() == io::ErrorKind::NotFound)
    }

    /// The heap of the node's JVM, from the counters of the user's JVMs; `None` if none of them belongs to the node.
    fn heap(&self) -> Option<Heap> {
        let user = nix::unistd::User::from_uid(nix::unistd::getuid()).ok().flatten()?.name;
        self.scan
            .of_node(&self.folder)
            .ok()?
            .into_iter()
            .find_map(|pid| jvm::heap(&fs::read(jvm::counters_path(&user, pid)).ok()?))
    }

    /// A path below the node's folder.
    fn inside(&self, path: &str) -> Result<PathBuf, PortError> {
        let path = Path::new(path);
        if path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Ok(self.folder.join(path));
        }
        Err(PortError::Refused {
            node: self.name.clone(),
            what: "take a path".to_owned(),
            reason: format!("{} points outside its folder", path.display()),
        })
    }
}

fn parent_made(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

/// Removes a folder with all that is in it. None there is a success.
fn removed(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The name of a file while it is incomplete: unique for each write, because one that timed out may still be running.
fn unfinished(path: &Path) -> PathBuf {
    static WRITTEN: AtomicU64 = AtomicU64::new(0);
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.new", WRITTEN.fetch_add(1, Ordering::Relaxed)));
    PathBuf::from(name)
}

/// Ports that are free for both TCP and UDP. All are held until the last is found, so they differ.
fn free_ports(count: usize, bind_udp: impl Fn(u16) -> io::Result<UdpSocket>) -> io::Result<Vec<u16>> {
    let mut held = Vec::new();
    for _ in 0..count.saturating_add(TAKEN_PORTS_MAX) {
        if held.len() == count {
            break;
        }
        let tcp = TcpListener::bind((Ipv4Addr::UNSPECIFIED, 0))?;
        let port = tcp.local_addr()?.port();
        match bind_udp(port) {
            Ok(udp) => held.push((port, tcp, udp)),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => (),
            Err(error) => return Err(error),
        }
    }
    if held.len() < count {
        return Err(io::ErrorKind::AddrInUse.into());
    }
    Ok(held.into_iter().map(|(port, ..)| port).collect())
}

/// The regular files below a folder; links are skipped.
fn files_below(folder: &Path, most: usize) -> io::Result<FoundFiles> {
    let mut found = FoundFiles { files: Vec::new(), is_whole: true };
    let mut folders = vec![String::new()];
    let mut looked_at = 0;
    while let Some(below) = folders.pop() {
        let entries = match fs::read_dir(folder.join(&below)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            looked_at += 1;
            if looked_at > most {
                return Ok(FoundFiles { is_whole: false, ..found });
            }
            let Ok(name) = entry.file_name().into_string() else {
                found.is_whole = false;
                continue;
            };
            let path = if below.is_empty() { name } else { format!("{below}/{name}") };
            let kind = entry.file_type()?;
            if kind.is_dir() {
                folders.push(path);
            } else if kind.is_file() {
                found.files.push(FoundFile { path, bytes: entry.metadata()?.len() });
            }
        }
    }
    Ok(found)
}

/// The file, or `None` if it does not exist.
fn opened(path: &Path) -> io::Result<Option<fs::File>> {
    match fs::File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

#[async_trait]
impl Remote for LocalRemote {
    fn folder(&self) -> String {
        self.folder.display().to_string()
    }

    /// The node is this machine: its Java is looked up, and JMeter is used in place.
    async fn equip(&self, jmeter_home: &Path, _progress: ProgressSink<'_>) -> Result<NodeTools, PortError> {
        let refused =
            |what: &str, reason: String| PortError::Refused { node: self.name.clone(), what: what.to_owned(), reason };
        let home = jmeter_home.to_owned();
        let jmeter = blocking(&self.name, "open JMeter", LOOK_LIMIT, move || Ok(JMeterHome::open(&home))).await?;
        let jmeter = jmeter.map_err(|error| refused("open JMeter", error.to_string()))?;
        let java = self.java.find().await.and_then(|java| java.fits(jmeter.version()));
        let java = java.map_err(|error| refused("find Java", error.to_string()))?;
        Ok(NodeTools {
            java: java.path.display().to_string(),
            java_version: java.version,
            jmeter_home: jmeter_home.display().to_string(),
        })
    }

    async fn run(&self, command: &Command, limit: Duration) -> Result<Output, PortError> {
        let what = format!("run {}", command.program);
        let running = tokio::process::Command::new(&command.program)
            .args(&command.arguments)
            .env_clear()
            .envs(process::environment())
            .envs(&command.environment)
            .env(process::NODE_VARIABLE, &self.folder)
            .current_dir(self.inside(&command.folder)?)
            .stdin(std::process::Stdio::null())
            .kill_on_drop(true)
            .output();
        let output = tokio::time::timeout(limit, running)
            .await
            .map_err(|_| PortError::TooSlow { node: self.name.clone(), what: what.clone(), limit })?
            .map_err(|error| self.failed(&what, &error))?;
        Ok(Output {
            exit_code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError> {
        let folder = self.inside(&command.folder)?;
        let record = process::record(&self.folder, name);
        let (node, place, command, what) =
            (self.folder.clone(), record.clone(), command.clone(), format!("start {name}"));
        self.blocking(&what, START_LIMIT, move || process::start(&node, &place, &command, &folder)).await?;
        // The process writes its own record. Before that, it would look as if it had never been started.
        let deadline = tokio::time::Instant::now() + START_LIMIT;
        let mut pauses = Backoff::new(Duration::from_millis(5), Duration::from_millis(200));
        loop {
            let record = record.clone();
            if self.blocking(&what, LOOK_LIMIT, move || process::state(&record)).await? != ProcessState::Absent {
                return Ok(());
            }
            if tokio::time::Instant::now() > deadline {
                return Err(PortError::TooSlow { node: self.name.clone(), what, limit: START_LIMIT });
            }
            tokio::time::sleep(pauses.pause()).await;
        }
    }

    async fn process(&self, name: &str) -> Result<ProcessState, PortError> {
        let (folder, record) = (self.folder.clone(), process::record(&self.folder, name));
        let look = move || {
            fs::metadata(&folder)?;
            process::state(&record)
        };
        self.blocking(&format!("look at {name}"), LOOK_LIMIT, look).await.map_err(|error| match error {
            // Nothing was refused: it could not be determined this time.
            PortError::Refused { node, what, reason } => PortError::Retryable { node, what, reason },
            other => other,
        })
    }

    async fn kill(&self, name: &str) -> Result<(), PortError> {
        let record = process::record(&self.folder, name);
        self.blocking(&format!("end {name}"), LOOK_LIMIT, move || process::kill(&record)).await.map(drop)
    }

    async fn forget(&self, name: &str) -> Result<(), PortError> {
        let (record, what) = (process::record(&self.folder, name), format!("end {name}"));
        let deadline = tokio::time::Instant::now() + KILL_LIMIT;
        let mut pauses = Backoff::new(Duration::from_millis(10), Duration::from_millis(500));
        loop {
            let record = record.clone();
            if self.blocking(&what, LOOK_LIMIT, move || process::kill(&record)).await? == 0 {
                break;
            }
            if tokio::time::Instant::now() > deadline {
                return Err(PortError::TooSlow { node: self.name.clone(), what, limit: KILL_LIMIT });
            }
            tokio::time::sleep(pauses.pause()).await;
        }
        self.blocking(&format!("forget {name}"), FILE_LIMIT, move || removed(&record)).await
    }

    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError> {
        let (from, path) = (from.to_owned(), self.inside(to)?);
        let copy = move || {
            parent_made(&path)?;
            let new = unfinished(&path);
            fs::copy(&from, &new)?;
            fs::rename(new, path)
        };
        self.blocking(&format!("receive the file {to}"), FILE_LIMIT, copy).await
    }

    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError> {
        let (path, bytes) = (self.inside(to)?, bytes.to_owned());
        let write = move || {
            parent_made(&path)?;
            let new = unfinished(&path);
            let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
            file.write_all(&bytes)?;
            drop(file);
            fs::rename(new, path)
        };
        self.blocking(&format!("receive the file {to}"), FILE_LIMIT, write).await
    }

    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError> {
        let place = self.inside(path)?;
        let read = move || {
            let Some(mut file) = opened(&place)? else { return Ok(None) };
            let file_size = file.metadata()?.len();
            let mut bytes = Vec::new();
            if file_size > offset {
                file.seek(SeekFrom::Start(offset))?;
                bytes.reserve(usize::try_from(file_size - offset).unwrap_or(limit).min(limit));
                file.take(limit as u64).read_to_end(&mut bytes)?;
            }
            Ok(Some(Chunk { bytes: Bytes::from(bytes), file_size }))
        };
        self.blocking(&format!("read {path}"), LOOK_LIMIT, read).await
    }

    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError> {
        let place = self.inside(path)?;
        let digest = move || {
            let Some(mut file) = opened(&place)? else { return Ok(None) };
            let mut digest = Sha256::new();
            let mut buffer = vec![0; 256 * 1024];
            let mut size = 0;
            loop {
                match file.read(&mut buffer)? {
                    0 => return Ok(Some((size, digest.finalize().into()))),
                    length => {
                        digest.update(&buffer[..length]);
                        size += length as u64;
                    }
                }
            }
        };
        self.blocking(&format!("read {path}"), FILE_LIMIT, digest).await
    }

    async fn list_files(&self, folder: &str, most: usize) -> Result<FoundFiles, PortError> {
        let place = self.inside(folder)?;
        self.blocking(&format!("list {folder}"), LOOK_LIMIT, move || files_below(&place, most)).await
    }

    async fn remove(&self, path: &str) -> Result<(), PortError> {
        let place = self.inside(path)?;
        self.blocking(&format!("remove {path}"), FILE_LIMIT, move || removed(&place)).await
    }

    async fn vitals(&self) -> Result<Option<Vitals>, PortError> {
        let this = self.clone();
        let look = move || {
            let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
            // An unreadable value is unknown, but the other values are still valid: the caller omits it.
            let disk = nix::sys::statvfs::statvfs(&this.folder).ok();
            Ok(Some(Vitals {
                stat: read("/proc/stat"),
                meminfo: read("/proc/meminfo"),
                network: read("/proc/net/dev"),
                disk_free_bytes: disk.map(|disk| disk.blocks_available().saturating_mul(disk.fragment_size())),
                heap: this.heap(),
                age: Duration::ZERO,
            }))
        };
        self.blocking("report its health", LOOK_LIMIT, look).await
    }

    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError> {
        let find = move || free_ports(count, |port| UdpSocket::bind((Ipv4Addr::UNSPECIFIED, port)));
        self.blocking("find free ports", LOOK_LIMIT, find).await
    }

    async fn can_connect(&self, address: &str, port: u16) -> Result<bool, PortError> {
        let connecting = tokio::net::TcpStream::connect((address, port));
        Ok(matches!(tokio::time::timeout(CONNECT_LIMIT, connecting).await, Ok(Ok(_))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node() -> (tempfile::TempDir, LocalRemote) {
        let folder = tempfile::tempdir().expect("a folder");
        let remote =
            LocalRemote::new("worker-1".to_owned(), folder.path().to_owned(), JavaSearch::default(), Arc::default());
        (folder, remote)
    }

    #[tokio::test]
    async fn a_file_is_read_from_any_byte_on_and_a_missing_one_is_none() {
        let (_folder, remote) = node();
        remote.write("runs/log", b"0123456789").await.expect("a file");
        let chunk = remote.read_at("runs/log", 4, 3).await.expect("it reads").expect("it is there");
        assert_eq!((chunk.bytes.as_ref(), chunk.file_size), (&b"456"[..], 10));
        let chunk = remote.read_at("runs/log", 99, 3).await.expect("it reads").expect("it is there");
        assert!(chunk.bytes.is_empty());
        assert_eq!(remote.read_at("nothing", 0, 3).await.expect("it reads"), None);
    }

    /// `docs/benchmarks.md`, "What following a node costs", contains its output.
    #[tokio::test]
    #[ignore = "a measurement"]
    async fn what_looking_at_a_log_costs() {
        const LOOKS: u32 = 20_000;
        let (_folder, remote) = node();
        remote.write("runs/log", &[b'x'; 1 << 20]).await.expect("a file");
        let used = || {
            let usage = nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_SELF).expect("it is known");
            let micros = |time: nix::sys::time::TimeVal| time.tv_sec() * 1_000_000 + time.tv_usec();
            micros(usage.user_time()) + micros(usage.system_time())
        };
        let before = used();
        for _ in 0..LOOKS {
            let chunk = remote.read_at("runs/log", 1 << 20, 1 << 20).await.expect("it reads").expect("it is there");
            assert!(chunk.bytes.is_empty());
        }
        println!("{} ns of processor time a look", (used() - before) * 1_000 / i64::from(LOOKS));
    }

    #[test]
    fn the_search_for_ports_ends_where_none_is_free_or_no_descriptor_is_left() {
        assert_eq!(free_ports(3, |_| UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))).expect("three").len(), 3);
        let taken = free_ports(1, |_| Err(io::ErrorKind::AddrInUse.into())).expect_err("none is free");
        assert_eq!(taken.kind(), io::ErrorKind::AddrInUse);
        let used_up = free_ports(1, |_| Err(io::Error::from_raw_os_error(24))).expect_err("no descriptor");
        assert_eq!(used_up.raw_os_error(), Some(24));
    }

    #[tokio::test]
    async fn a_path_never_leaves_the_node() {
        let (_folder, remote) = node();
        for path in ["../x", "/etc/passwd", "a/../../x"] {
            assert!(remote.write(path, b"").await.is_err(), "{path}");
        }
    }

    #[tokio::test]
    async fn free_ports_differ_and_are_free() {
        let (_folder, remote) = node();
        let ports = remote.free_ports(5).await.expect("ports");
        for port in &ports {
            TcpListener::bind(("127.0.0.1", *port)).expect("it is free");
        }
        assert_eq!(ports.iter().collect::<std::collections::BTreeSet<_>>().len(), 5);
    }

    #[tokio::test]
    async fn a_node_whose_folder_is_gone_is_unreachable() {
        let (folder, remote) = node();
        drop(folder);
        assert!(matches!(remote.process("x").await, Err(PortError::Unreachable { .. })));
    }
}
