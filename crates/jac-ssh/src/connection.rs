//! The single connection to a node: established when it is first needed, kept alive, detected as dead within about 15
//! seconds, and re-established with a growing pause between the attempts.
//!
//! JAC connects to a machine if and only if its host key was given before ([`crate::host_keys`]).

use crate::error::LinkError;
use crate::host_keys::{self, HostKeys, Judgement};
use crate::key::KeySource;
use jac_model::{SshHost, descriptors};
use russh::client::{self, AuthResult, Handle};
use russh::keys::{PrivateKeyWithHashAlg, PublicKeyOrCertificate};
use russh::{Disconnect, Preferred};
use russh_sftp::client::RawSftpSession;
use std::future::Future;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex as StdMutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, sleep, timeout};

/// How long a machine may take to accept a connection and a sign-in.
const CONNECT_LIMIT: Duration = Duration::from_secs(10);
/// After this long without data the other end is probed…
const KEEP_ALIVE_EVERY: Duration = Duration::from_secs(3);
/// …and after this many unanswered questions, which is 15 s, the connection counts as dead.
const KEEP_ALIVES_MISSED: usize = 3;
/// How long sent data may remain unacknowledged.
const UNACKNOWLEDGED_LIMIT: Duration = Duration::from_secs(15);
/// How long a good-bye may take.
const GOOD_BYE_LIMIT: Duration = Duration::from_secs(1);
/// The pause before the second try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
/// Interval of the checks whether a pause is over.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// How long an operation waits for a connection that cannot be established.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(25);
/// How many connections one operation may lose.
const CONNECTIONS_LOST: u32 = 8;
/// How long SFTP may take for one answer; a dead connection is found sooner.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);
/// Commands at one time on one connection. sshd allows ten sessions (`MaxSessions`), one of which is SFTP's.
const SESSIONS: usize = 8;

/// A machine and how to sign in there.
#[derive(Debug, Clone)]
pub struct Target {
    pub host: SshHost,
    pub user: String,
    pub key: KeySource,
    /// Lines of `known_hosts`.
    pub known_hosts: Vec<String>,
}

/// The connection to one node. Concurrent users share it.
#[derive(Debug)]
pub struct Link {
    target: Arc<Target>,
    /// Why no further attempts are made.
    end: OnceLock<LinkError>,
    state: Arc<Mutex<State>>,
    pub(crate) sessions: Semaphore,
}

#[derive(Debug, Default)]
struct State {
    live: Option<Arc<Live>>,
    failure: Option<Failure>,
}

impl State {
    /// Records the result of a connection attempt.
    fn take(&mut self, connected: Result<Live, LinkError>) -> Result<Arc<Live>, LinkError> {
        match connected {
            Ok(live) => {
                self.failure = None;
                Ok(Arc::clone(self.live.insert(Arc::new(live))))
            }
            Err(error) => {
                let pause = match &self.failure {
                    // The machine is spared by longer pauses, and had no part in this.
                    _ if matches!(error, LinkError::OutOfDescriptors(_)) => FIRST_PAUSE,
                    None => FIRST_PAUSE,
                    Some(failure) => (failure.pause * 2).min(LONGEST_PAUSE),
                };
                self.failure = Some(Failure { error: error.clone(), pause, next_try_at: Instant::now() + pause });
                Err(error)
            }
        }
    }
}

/// The last try to connect, and when the next is due.
#[derive(Debug)]
struct Failure {
    error: LinkError,
    pause: Duration,
    next_try_at: Instant,
}

/// A connection that was signed in, with its SFTP.
pub struct Live {
    pub(crate) handle: Handle<Client>,
    pub(crate) sftp: RawSftpSession,
}

impl std::fmt::Debug for Live {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Live({})", if self.handle.is_closed() { "closed" } else { "open" })
    }
}

/// Why no file can be opened here now; `None`: one can.
fn descriptor_fault() -> Option<io::Error> {
    std::fs::File::open("/dev/null").err().filter(|error| descriptors::are_used_up(error))
}

/// Why the machine's key was rejected, if it was: the library's error gives no reason.
type Refusal = Arc<StdMutex<Option<String>>>;

/// Judges the machine's key.
pub struct Client {
    host: SshHost,
    keys: HostKeys,
    refusal: Refusal,
}

impl client::Handler for Client {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let key = shown.public_key();
        let why = match self.keys.judge(&key) {
            Judgement::Known => return Ok(true),
            Judgement::Unknown => host_keys::unknown(&self.host),
            Judgement::Changed => host_keys::changed(&self.host, &key),
            Judgement::Revoked => "its host key is marked as revoked in the known hosts".to_owned(),
        };
        *self.refusal.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
        Ok(false)
    }
}

impl Link {
    pub fn new(target: Target) -> Self {
        let target = Arc::new(target);
        Self { target, end: OnceLock::new(), state: Arc::default(), sessions: Semaphore::new(SESSIONS) }
    }

    /// A connection to a node that is unknown: every operation fails.
    pub fn nowhere(node: &str) -> Self {
        Self::failing(node, LinkError::Gone)
    }

    /// A connection that is never established: every operation fails with `error`.
    pub fn failing(node: &str, error: LinkError) -> Self {
        let host = SshHost { name: node.to_owned(), port: 22 };
        let target =
            Target { host, user: String::new(), key: KeySource::File(PathBuf::new()), known_hosts: Vec::new() };
        Self { end: error.into(), ..Self::new(target) }
    }

    /// The machine is gone permanently: from now on every operation fails at once. An operation in progress fails when
    /// its connection, or the attempt to establish one, has ended.
    pub async fn abandon(&self) {
        if self.end.set(LinkError::MachineGone).is_err() {
            return;
        }
        let live = self.state.try_lock().ok().and_then(|mut state| state.live.take());
        if let Some(live) = live {
            self.sign_off(&live).await;
        }
    }

    pub fn is_given_up(&self) -> bool {
        self.end.get().is_some()
    }

    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The connection, established if there is none. Fails at once during the pause after a failed attempt.
    pub async fn live(&self) -> Result<Arc<Live>, LinkError> {
        if let Some(end) = self.end.get() {
            return Err(end.clone());
        }
        // Held while it connects: the others wait for that try and share its result.
        let mut state = Arc::clone(&self.state).lock_owned().await;
        if let Some(end) = self.end.get() {
            state.live = None;
            return Err(end.clone());
        }
        if let Some(live) = state.live.as_ref().filter(|live| !live.handle.is_closed()) {
            return Ok(Arc::clone(live));
        }
        state.live = None;
        if let Some(failure) = state.failure.as_ref().filter(|failure| Instant::now() < failure.next_try_at) {
            return Err(failure.error.clone());
        }
        // In a task of its own: callers with a shorter timeout would otherwise restart it again and again, and it would
        // never complete.
        let target = Arc::clone(&self.target);
        let connecting = tokio::spawn(async move {
            let connected = timeout(CONNECT_LIMIT, target.connect()).await.unwrap_or_else(|_| {
                let (host, limit) = (&target.host, CONNECT_LIMIT.as_secs());
                Err(LinkError::Unreachable(format!("{host} did not answer within {limit} s")))
            });
            state.take(connected)
        });
        connecting.await.unwrap_or_else(|stopped| Err(LinkError::Unreachable(stopped.to_string())))
    }

    /// Runs an operation that may be repeated; if the connection is lost meanwhile, it is repeated over a new one.
    pub(crate) async fn persist<T, F, D>(&self, operation: D) -> Result<T, LinkError>
    where
        D: Fn(Arc<Live>) -> F,
        F: Future<Output = Result<T, LinkError>>,
    {
        let (mut lost, mut deadline) = (0, None);
        loop {
            match self.live().await {
                Ok(live) => {
                    deadline = None;
                    match operation(Arc::clone(&live)).await {
                        Err(LinkError::Unreachable(_)) if lost < CONNECTIONS_LOST => {
                            lost += 1;
                            self.drop_connection(&live).await;
                        }
                        done => return done,
                    }
                }
                Err(error @ (LinkError::Unreachable(_) | LinkError::OutOfDescriptors(_))) => {
                    if Instant::now() >= *deadline.get_or_insert_with(|| Instant::now() + CONNECT_TIMEOUT) {
                        return Err(error);
                    }
                    sleep(LOOK_EVERY).await;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Runs an operation that its caller repeats anyway: it is repeated at most once, and never waits for the end of a
    /// pause.
    pub(crate) async fn attempt<T, F, D>(&self, operation: D) -> Result<T, LinkError>
    where
        D: Fn(Arc<Live>) -> F,
        F: Future<Output = Result<T, LinkError>>,
    {
        for last in [false, true] {
            let live = self.live().await?;
            match operation(Arc::clone(&live)).await {
                Err(LinkError::Unreachable(reason)) => {
                    self.drop_connection(&live).await;
                    if last {
                        return Err(LinkError::Unreachable(reason));
                    }
                }
                done => return done,
            }
        }
        Err(LinkError::Unreachable("the connection was lost twice".to_owned()))
    }

    /// A connection over which an operation was lost is not reused, even if it has not noticed yet that it is dead.
    async fn drop_connection(&self, lost: &Arc<Live>) {
        let mut state = self.state.lock().await;
        if state.live.as_ref().is_some_and(|live| Arc::ptr_eq(live, lost)) {
            state.live = None;
        }
        drop(state);
        self.sign_off(lost).await;
    }

    async fn sign_off(&self, live: &Live) {
        drop(timeout(GOOD_BYE_LIMIT, live.handle.disconnect(Disconnect::ByApplication, "", "")).await);
    }
}

impl Target {
    /// Connects and signs in.
    async fn connect(&self) -> Result<Live, LinkError> {
        let Self { host, user, key, known_hosts } = self;
        let keys = HostKeys::of(known_hosts, host);
        if keys.is_empty() {
            return Err(LinkError::Refused(host_keys::unknown(host)));
        }
        let from = key;
        let key = Arc::new(from.read().await?);
        let config = client::Config {
            keepalive_interval: Some(KEEP_ALIVE_EVERY),
            keepalive_max: KEEP_ALIVES_MISSED,
            preferred: Preferred { key: keys.algorithms().into(), ..Preferred::default() },
            ..client::Config::default()
        };
        let refusal = Refusal::default();
        let client = Client { host: host.clone(), keys, refusal: Arc::clone(&refusal) };
        let unreachable = |error: io::Error| {
            LinkError::here(&error, || LinkError::Unreachable(format!("cannot connect to {host}: {error}")))
        };
        let socket = TcpStream::connect((host.name.as_str(), host.port)).await.map_err(|error| {
            // The resolver's error only says that a name was not found, even if it had no file descriptor.
            let error = if error.raw_os_error().is_none() { descriptor_fault().unwrap_or(error) } else { error };
            unreachable(error)
        })?;
        socket.set_nodelay(true).map_err(unreachable)?;
        // While a write waits for a dead peer, no probe is sent: the operating system has to detect it then.
        socket2::SockRef::from(&socket).set_tcp_user_timeout(Some(UNACKNOWLEDGED_LIMIT)).map_err(unreachable)?;
        let connected = client::connect_stream(Arc::new(config), socket, client).await;
        let mut handle = connected.map_err(|error| {
            match (refusal.lock().unwrap_or_else(PoisonError::into_inner).take(), error) {
                (Some(why), _) => LinkError::Refused(why),
                (None, russh::Error::NoCommonAlgo { ours, theirs, .. }) => LinkError::Refused(format!(
                    "it offers none of the known host key types ({}; it offers {}); verify the output of `ssh-keyscan \
                     -p {} {}` and add it to the known hosts",
                    ours.join(", "),
                    theirs.join(", "),
                    host.port,
                    host.name
                )),
                (None, error) => {
                    LinkError::Unreachable(format!("it is not an SSH server, or closed the connection: {error}"))
                }
            }
        })?;
        let lost = |error: russh::Error| LinkError::Unreachable(format!("it closed the connection: {error}"));
        // SHA-1 only if the server supports nothing better; it would reject it anyway.
        let hash = match key.algorithm().is_rsa() {
            true => handle.best_supported_rsa_hash().await.map_err(lost)?.unwrap_or(Some(russh::keys::HashAlg::Sha256)),
            false => None,
        };
        let signed_in =
            handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(key, hash)).await.map_err(lost)?;
        if !matches!(signed_in, AuthResult::Success) {
            return Err(LinkError::Refused(format!(
                "{user} cannot sign in with {from}; add its public key to ~{user}/.ssh/authorized_keys on it"
            )));
        }
        let channel = handle.channel_open_session().await.map_err(lost)?;
        channel.request_subsystem(true, "sftp").await.map_err(lost)?;
        let limits = russh_sftp::client::Config {
            request_timeout_secs: ANSWER_LIMIT.as_secs(),
            ..russh_sftp::client::Config::default()
        };
        let sftp = RawSftpSession::new_with_config(channel.into_stream(), limits);
        sftp.init().await.map_err(|error| {
            LinkError::Refused(format!(
                "its sshd gives no SFTP ({error}); its sshd_config needs a line such as `Subsystem sftp internal-sftp`"
            ))
        })?;
        Ok(Live { handle, sftp })
    }
}
