//! A node's files and processes, over SSH.
//!
//! Frequent queries of the engine use SFTP and need no process on the node; while a run is followed the node reports
//! these values ([`crate::reports`]). Everything else is done by scripts. Operations that change something are repeated
//! if the connection was lost meanwhile, so each may run twice; queries fail fast, because they are repeated anyway.

use crate::connection::{Link, Live};
use crate::error::LinkError;
use crate::quote::quote;
use crate::reports::Reports;
use crate::spread::{Member, Peer};
use crate::tools::Tools;
use crate::upload::{refused, upload};
use crate::{checks, exec, free_ports, scripts, sftp, shared};
use async_trait::async_trait;
use jac_jmeter::jvm::{self, HeapPlaces};
use jac_model::NodeTools;
use jac_model::ports::{
    Chunk, Command, Following, FoundFiles, Heap, Output, PortError, ProcessState, ProgressSink, Remote, Vitals,
};
use russh::ChannelOpenFailure;
use std::future::Future;
use std::path::{Component, Path};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;
use tokio::time::timeout;

/// How long an ordinary script may take.
const SCRIPT_LIMIT: Duration = Duration::from_secs(30);
/// Time limit for a process to report itself: the script waits 30 s for it.
const START_LIMIT: Duration = Duration::from_secs(40);
/// Time limit for the processes of a record to disappear after SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(10);
/// How long a digest may take; 1 GB takes a slow disk ten seconds.
const DIGEST_LIMIT: Duration = Duration::from_secs(300);
/// How long all that a piece of a file, a list of files or a small file takes may take, on a slow line.
const FILES_LIMIT: Duration = Duration::from_secs(120);
/// How long lost connections, and waits for sessions on them, may delay an operation that then has its own limit.
const WAY_LIMIT: Duration = Duration::from_secs(120);
/// Time limit for the answer to a query.
const ANSWER_LIMIT: Duration = Duration::from_secs(6);
/// How long a connection between two nodes may take.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// Access to one node's folder and processes.
#[derive(Debug, Clone)]
pub struct SshRemote {
    pub(crate) name: String,
    pub(crate) link: Arc<Link>,
    /// Our folder on the machine, `<home>/.jac`.
    pub(crate) base: String,
    folder: String,
    tools: Arc<Tools>,
    /// How the cluster's other nodes reach it; `None`: they are not to.
    pub(crate) peer: Option<Peer>,
    known: Arc<Known>,
}

/// Data about a node from its earlier responses.
#[derive(Debug, Default)]
struct Known {
    /// Its reports while it is followed.
    reports: Mutex<Weak<Reports>>,
    /// The process of its JVM, and the path of that JVM's counters.
    jvm: Mutex<Option<(u32, HeapPlaces)>>,
}

impl SshRemote {
    /// The node of that name, in that folder below `base`.
    pub fn new(name: String, link: Arc<Link>, base: String, folder: String, tools: Arc<Tools>) -> Self {
        Self { name, link, base, folder, tools, peer: None, known: Arc::default() }
    }

    /// The same for a machine that exists only for its cluster: the cluster's other nodes may copy files from it.
    #[must_use]
    pub fn reached_by(self, peer: Option<Peer>) -> Self {
        Self { peer, ..self }
    }

    /// An absolute path for one below the node's folder.
    fn inside(&self, path: &str) -> Result<String, PortError> {
        let parts: Vec<_> = Path::new(path).components().collect();
        if parts.iter().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            let below = path.trim_start_matches("./");
            return Ok(if below.is_empty() { self.folder.clone() } else { format!("{}/{below}", self.folder) });
        }
        let reason = format!("{path} points outside its folder");
        Err(PortError::Refused { node: self.name.clone(), what: "take a path".to_owned(), reason })
    }

    /// Its cluster, as `/<installation>/<cluster>`, independent of the home folder.
    pub(crate) fn cluster(&self) -> &str {
        let below = self.folder.strip_prefix(&self.base).unwrap_or(&self.folder);
        below.rsplit_once('/').map_or("", |(cluster, _)| cluster)
    }

    /// The node as a participant in a transfer between nodes.
    pub(crate) fn member(&self, peer: Peer, file: String) -> Member {
        Member { name: self.name.clone(), link: Arc::clone(&self.link), peer, folder: self.folder.clone(), file }
    }

    /// Its reports while it is followed.
    fn reports(&self) -> Option<Arc<Reports>> {
        self.known.reports.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    /// The heap of the node's JVM, from the counters of the user's JVMs. If it cannot be read, the other values are
    /// still valid.
    async fn heap(&self, live: &Live) -> Option<Heap> {
        let user = &self.link.target().user;
        let known = self.known.jvm.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((pid, places)) = known {
            let numbers = sftp::read_numbers(live, &jvm::counters_path(user, pid), places.offsets()).await;
            if let Some(heap) = numbers.ok().flatten().and_then(|numbers| places.heap(&numbers)) {
                return Some(heap);
            }
        }
        let mark = format!("JAC_NODE={}", self.folder);
        for name in sftp::names(live, &jvm::counters_folder(user)).await.ok()? {
            let Ok(pid) = name.parse::<u32>() else { continue };
            let environment = sftp::read_small(live, &format!("/proc/{pid}/environ")).await.ok().flatten();
            if environment.is_some_and(|text| text.split('\0').any(|word| word == mark)) {
                let counters = sftp::read_at(live, &jvm::counters_path(user, pid), 0, jvm::COUNTERS_SIZE).await;
                let counters = counters.ok().flatten()?.bytes;
                let found = HeapPlaces::find(&counters).map(|places| (pid, places));
                *self.known.jvm.lock().unwrap_or_else(PoisonError::into_inner) = found;
                return jvm::heap(&counters);
            }
        }
        None
    }

    fn record(&self, name: &str) -> String {
        format!("{}/processes/{name}", self.folder)
    }

    fn no_variable(&self, command: &Command) -> PortError {
        PortError::Refused {
            node: self.name.clone(),
            what: format!("run {}", command.program),
            reason: "invalid name of an environment variable".to_owned(),
        }
    }

    /// Limits the total time of an operation, however often the connection is lost.
    async fn within<T>(
        &self,
        what: &str,
        limit: Duration,
        operation: impl Future<Output = Result<T, LinkError>>,
    ) -> Result<T, PortError> {
        let done = timeout(limit, operation).await.unwrap_or(Err(LinkError::TooSlow(limit)));
        done.map_err(|error| error.at(&self.name, what))
    }

    /// Runs a script, and repeats it if the connection was lost, until it ended by itself.
    async fn script(&self, what: &str, script: &str, limit: Duration) -> Result<Output, PortError> {
        let run = self.link.persist(|live| async move { exec::run(&self.link, &live, script, limit).await });
        let ran = async {
            let output = run.await?;
            if output.exit_code == 0 { Ok(output) } else { Err(refused(output.exit_code, &output.stderr)) }
        };
        self.within(what, limit * 2 + WAY_LIMIT, ran).await
    }

    /// Runs a query that will be repeated soon.
    async fn ask<T, F, D>(&self, what: &str, operation: D) -> Result<T, PortError>
    where
        D: Fn(Arc<Live>) -> F,
        F: Future<Output = Result<T, LinkError>>,
    {
        let late = || LinkError::Unreachable(format!("it did not answer within {} s", ANSWER_LIMIT.as_secs()));
        let answer = timeout(ANSWER_LIMIT, self.link.attempt(operation)).await.unwrap_or_else(|_| Err(late()));
        answer.map_err(|error| error.at(&self.name, what))
    }
}

#[async_trait]
impl Remote for SshRemote {
    fn folder(&self) -> String {
        self.folder.clone()
    }

    async fn equip(&self, jmeter_home: &Path, progress: ProgressSink<'_>) -> Result<NodeTools, PortError> {
        self.tools.equip(self, jmeter_home, progress).await
    }

    async fn run(&self, command: &Command, limit: Duration) -> Result<Output, PortError> {
        let folder = self.inside(&command.folder)?;
        let mark = format!("{:032x}", rand::random::<u128>());
        let script = scripts::run(&self.folder, &folder, &mark, command).ok_or_else(|| self.no_variable(command))?;
        let what = format!("run {}", command.program);
        // Opening a session is retried until it succeeds; the command itself is started only once, because it is
        // unknown whether it may be repeated.
        let opening = self.link.persist(|live| async move { exec::open(&self.link, &live).await });
        let output = self.within(&what, WAY_LIMIT, opening).await?.run(&script, limit).await;
        if matches!(output, Err(LinkError::TooSlow(_))) {
            // A command that cannot be terminated now ends with the node.
            drop(self.script(&what, &scripts::end_run(&self.folder, &mark), SCRIPT_LIMIT).await);
        }
        match output.map_err(|error| error.at(&self.name, &what))? {
            Output { exit_code: code @ (scripts::NODE_IS_GONE | scripts::NOTHING_THERE), stderr, .. } => {
                let error = if code == scripts::NODE_IS_GONE { refused(code, &stderr) } else { LinkError::NoSuchFile };
                Err(error.at(&self.name, &what))
            }
            output => Ok(output),
        }
    }

    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError> {
        let folder = self.inside(&command.folder)?;
        let record = self.record(name);
        let script =
            scripts::start(&self.folder, &record, &folder, command).ok_or_else(|| self.no_variable(command))?;
        self.script(&format!("start {name}"), &script, START_LIMIT).await.map(drop)
    }

    async fn process(&self, name: &str) -> Result<ProcessState, PortError> {
        let record = self.record(name);
        let reports = self.reports();
        if let Some(reported) = reports.as_ref().and_then(|reports| reports.process(&record)) {
            return Ok(reported);
        }
        let look = |live: Arc<Live>| {
            let record = &record;
            async move { state(&live, &self.folder, record).await }
        };
        let state = self.ask("look at a process", look).await?;
        if let Some(reports) = reports {
            reports.asked(&record, state);
        }
        Ok(state)
    }

    async fn kill(&self, name: &str) -> Result<(), PortError> {
        let script = scripts::kill(&self.folder, &self.record(name), KILL_LIMIT);
        self.script(&format!("end {name}"), &script, SCRIPT_LIMIT).await.map(drop)
    }

    async fn forget(&self, name: &str) -> Result<(), PortError> {
        let record = self.record(name);
        let script = format!("{}\nrm -rf -- {}", scripts::kill(&self.folder, &record, KILL_LIMIT), quote(&record));
        self.script(&format!("forget {name}"), &script, SCRIPT_LIMIT).await.map(drop)
    }

    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError> {
        let place = self.inside(to)?;
        // It has limits of its own, as long as it makes progress.
        upload(&self.link, from, &place, &self.folder, &|_, _| ())
            .await
            .map_err(|error| error.at(&self.name, &format!("receive the file {to}")))
    }

    async fn put_on_all(&self, from: &Path, to: &str) -> Result<(), PortError> {
        let is_large = tokio::fs::metadata(from).await.is_ok_and(|file| file.len() >= shared::FROM_BYTES);
        let Some(peer) = self.peer.as_ref().filter(|_| is_large) else { return self.put(from, to).await };
        let place = self.inside(to)?;
        shared::share(&self.tools, self, peer, from, &place)
            .await
            .map_err(|error| error.at(&self.name, &format!("receive the file {to}")))
    }

    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError> {
        let place = self.inside(to)?;
        let parent = place.rsplit_once('/').map_or("/", |(parent, _)| parent).to_owned();
        let written = self.link.persist(|live| {
            let (place, parent) = (&place, &parent);
            async move {
                match sftp::write_private(&live, place, bytes).await {
                    Err(LinkError::NoSuchFile) => (),
                    done => return done,
                }
                let script = scripts::on_node(&self.folder, &format!("mkdir -p -- {}", quote(parent)));
                let made = exec::run(&self.link, &live, &script, SCRIPT_LIMIT).await?;
                if made.exit_code != 0 {
                    return Err(refused(made.exit_code, &made.stderr));
                }
                sftp::write_private(&live, place, bytes).await
            }
        });
        self.within(&format!("receive the file {to}"), FILES_LIMIT, written).await
    }

    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError> {
        let place = self.inside(path)?;
        let reports = self.reports().filter(|reports| reports.is_of_log(&place));
        if let Some(nothing) = reports.as_ref().and_then(|reports| reports.nothing_at(offset)) {
            return Ok(nothing);
        }
        let read = self.link.attempt(|live| {
            let (place, reports) = (&place, &reports);
            async move {
                match reports {
                    Some(reports) => reports.read(&live, offset, limit).await,
                    None => sftp::read_at(&live, place, offset, limit).await,
                }
            }
        });
        self.within(&format!("read {path}"), FILES_LIMIT, read).await
    }

    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError> {
        let place = self.inside(path)?;
        let what = format!("read {path}");
        let script = format!("file={}\n[ -f \"$file\" ] || {{ echo none; exit 0; }}\n", quote(&place))
            + "wc -c <\"$file\" && sha256sum <\"$file\"";
        let output = self.script(&what, &scripts::on_node(&self.folder, &script), DIGEST_LIMIT).await?;
        let mut words = output.stdout.split_whitespace();
        let size = match words.next() {
            Some("none") => return Ok(None),
            word => word.and_then(|word| word.parse().ok()),
        };
        let digest = words.next().and_then(|word| hex::decode(word).ok()).and_then(|bytes| bytes.try_into().ok());
        match (size, digest) {
            (Some(size), Some(digest)) => Ok(Some((size, digest))),
            _ => Err(LinkError::Refused(format!("it answered '{}'", output.stdout.trim())).at(&self.name, &what)),
        }
    }

    async fn list_files(&self, folder: &str, most: usize) -> Result<FoundFiles, PortError> {
        let place = self.inside(folder)?;
        let listed = self.link.attempt(|live| {
            let place = &place;
            async move { sftp::files_below(&live, place, most).await }
        });
        self.within(&format!("list {folder}"), FILES_LIMIT, listed).await
    }

    async fn remove(&self, path: &str) -> Result<(), PortError> {
        let script = scripts::on_node(&self.folder, &format!("rm -rf -- {}", quote(&self.inside(path)?)));
        self.script(&format!("remove {path}"), &script, SCRIPT_LIMIT).await.map(drop)
    }

    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError> {
        let output = self.script("find free ports", free_ports::SCRIPT, SCRIPT_LIMIT).await?;
        free_ports::choose(&output.stdout, count)
            .ok_or_else(|| LinkError::Refused(format!("{count} were not found")).at(&self.name, "find free ports"))
    }

    fn follow(&self, process: &str, log: &str) -> Following {
        // An invalid path is rejected when it is read.
        let Ok(log) = self.inside(log) else { return Box::new(()) };
        let (reports, following) =
            Reports::begin(&self.name, &self.folder, self.record(process), log, Arc::clone(&self.link));
        *self.known.reports.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(&reports);
        following
    }

    async fn vitals(&self) -> Result<Option<Vitals>, PortError> {
        let reported = self.reports().and_then(|reports| reports.counters());
        let look = |live: Arc<Live>| {
            let reported = reported.clone();
            async move {
                let mut vitals = match reported {
                    Some(reported) => reported,
                    None => counters(&live).await?,
                };
                if vitals.disk_free_bytes.is_none() {
                    // An SFTP server without that extension must not hide the other values.
                    let disk = live.sftp.statvfs(&self.folder).await.ok();
                    vitals.disk_free_bytes = disk.map(|disk| disk.blocks_avail.saturating_mul(disk.fragment_size));
                }
                Ok(Some(Vitals { heap: self.heap(&live).await, ..vitals }))
            }
        };
        self.ask("report its health", look).await
    }

    async fn clock_offset(&self) -> Result<Option<(i64, i64)>, PortError> {
        let look = |live: Arc<Live>| async move { checks::clock_offset(&self.link, &live).await };
        self.ask("report its clock", look).await
    }

    async fn can_connect(&self, address: &str, port: u16) -> Result<bool, PortError> {
        let attempt = |live: Arc<Live>| async move { can_connect(&self.link, &live, address, port).await };
        self.ask("try a connection", attempt).await
    }
}

/// The counters of a machine that does not report them.
async fn counters(live: &Live) -> Result<Vitals, LinkError> {
    let read = |path: &'static str| sftp::read_small(live, path);
    let (stat, meminfo, network) = tokio::try_join!(read("/proc/stat"), read("/proc/meminfo"), read("/proc/net/dev"))?;
    Ok(Vitals {
        stat: stat.unwrap_or_default(),
        meminfo: meminfo.unwrap_or_default(),
        network: network.unwrap_or_default(),
        ..Vitals::default()
    })
}

/// The state of a record's process.
async fn state(live: &Live, node: &str, record: &str) -> Result<ProcessState, LinkError> {
    let pid_file = format!("{record}/pid");
    // Both at once: on a long line an answer takes its time.
    let (code, known) = tokio::join!(exit_code(live, record), identity(live, &pid_file));
    if let Some(code) = code? {
        return Ok(ProcessState::Exited { code });
    }
    let Some((pid, start)) = known? else {
        if !sftp::exists(live, node).await? {
            return Err(LinkError::Gone);
        }
        return Ok(ProcessState::Absent);
    };
    if is_alive(live, pid, start).await? {
        return Ok(ProcessState::Running { pid });
    }
    // It may have ended between the two checks.
    Ok(exit_code(live, record).await?.map_or(ProcessState::Vanished, |code| ProcessState::Exited { code }))
}

async fn exit_code(live: &Live, record: &str) -> Result<Option<i32>, LinkError> {
    let text = sftp::read_small(live, &format!("{record}/exit_code")).await?;
    Ok(text.and_then(|text| text.trim().parse().ok()))
}

/// The process that a file names: its number and when it began.
pub(crate) async fn identity(live: &Live, path: &str) -> Result<Option<(u32, u64)>, LinkError> {
    let text = sftp::read_small(live, path).await?;
    Ok(text.and_then(|text| {
        let (pid, start) = text.trim().split_once(' ')?;
        Some((pid.parse().ok()?, start.parse().ok()?))
    }))
}

/// Whether this very process runs: fields 3 (state) and 22 (start) of `/proc/<pid>/stat`, see proc(5).
pub(crate) async fn is_alive(live: &Live, pid: u32, start: u64) -> Result<bool, LinkError> {
    let Some(stat) = sftp::read_small(live, &format!("/proc/{pid}/stat")).await? else { return Ok(false) };
    let fields: Vec<&str> = stat.rsplit_once(')').map_or("", |(_, rest)| rest).split_whitespace().collect();
    let ended = matches!(fields.first(), None | Some(&("Z" | "X")));
    Ok(!ended && fields.get(19).and_then(|field| field.parse().ok()) == Some(start))
}

/// Whether an address accepts connections from the node: its sshd tries it; if that forbids forwarding, bash does.
pub(crate) async fn can_connect(link: &Link, live: &Live, address: &str, port: u16) -> Result<bool, LinkError> {
    let opened = live.handle.channel_open_direct_tcpip(address, u32::from(port), "127.0.0.1", 0);
    match timeout(CONNECT_LIMIT, opened).await {
        Ok(Ok(channel)) => {
            drop(channel.close().await);
            Ok(true)
        }
        Err(_) | Ok(Err(russh::Error::ChannelOpenFailure(ChannelOpenFailure::ConnectFailed))) => Ok(false),
        Ok(Err(russh::Error::ChannelOpenFailure(_))) => {
            let script = format!(
                "command -v bash >/dev/null 2>&1 || exit {}\nbash -c 'exec 3<>\"/dev/tcp/$0/$1\"' {} {port} 2>/dev/null",
                scripts::NOTHING_THERE,
                quote(address)
            );
            match exec::run(link, live, &script, CONNECT_LIMIT).await {
                Ok(Output { exit_code: scripts::NOTHING_THERE, .. }) => {
                    Err(LinkError::Refused(NO_FORWARDING.to_owned()))
                }
                Ok(output) => Ok(output.exit_code == 0),
                Err(LinkError::TooSlow(_)) => Ok(false),
                Err(error) => Err(error),
            }
        }
        Ok(Err(error)) => Err(LinkError::Unreachable(format!("the connection was lost: {error}"))),
    }
}

pub(crate) const NO_FORWARDING: &str = "its sshd does not forward connections and it has no bash; set `AllowTcpForwarding yes` in its sshd_config, or \
     install bash";
