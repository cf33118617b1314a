//! The ports: how the engine reaches machines. Adapters (`jac-local`, `jac-ssh`) implement them; the engine has no
//! other access to machines, and tests use simulated adapters.

use crate::{
    ClusterConfig, ClusterId, CredentialChoice, EpochMs, Fault, Message, NodeImage, NodePrices, NodeTools, Person,
    Role, descriptors,
};
use async_trait::async_trait;
use bytes::Bytes;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// Something that a port could not do.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PortError {
    /// The machine is gone or does not answer; a retry may help.
    #[error("{node} does not answer: {reason}")]
    Unreachable { node: String, reason: String },
    /// It cannot be done at the moment, e.g. because of a rate limit or expired credentials. A retry may help.
    #[error("{node} cannot {what} at present: {reason}")]
    Retryable { node: String, what: String, reason: String },
    /// The machine answered and refused; trying again will not help.
    #[error("{node} could not {what}: {reason}")]
    Refused { node: String, what: String, reason: String },
    /// This server, not the node, has run out of file descriptors. It says nothing about the node, and passes.
    #[error(
        "{node} could not {what}: this server has no file descriptor left ({reason}); raise its limit of open files, such as \
         LimitNOFILE= of its service"
    )]
    OutOfDescriptors { node: String, what: String, reason: String },
    /// A disk is full.
    #[error("no space left on the disk of {node} ({what})")]
    DiskFull { node: String, what: String },
    /// The time limit was exceeded.
    #[error("{node} took longer than {} s to {what}", limit.as_secs())]
    TooSlow { node: String, what: String, limit: Duration },
    /// Machines that exist already lack something. All that was found, each a sentence with what to do.
    #[error("{}", Fault::sentences(faults))]
    Preflight { faults: Vec<Fault> },
}

impl PortError {
    /// Errors of files and processes on this machine, as the engine distinguishes them.
    pub fn of_io(node: &str, what: &str, error: &std::io::Error) -> Self {
        let (node, what) = (node.to_owned(), what.to_owned());
        match error.kind() {
            std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded => Self::DiskFull { node, what },
            _ if descriptors::are_used_up(error) => Self::OutOfDescriptors { node, what, reason: error.to_string() },
            _ => Self::Refused { node, what, reason: error.to_string() },
        }
    }

    /// The result of a check: if it was answered with a refusal, the reason alone, because the check itself succeeded.
    pub fn finding(&self) -> String {
        match self {
            Self::Refused { reason, .. } => reason.clone(),
            failed => failed.to_string(),
        }
    }
}

/// Receives the progress of a long operation: the node, and what is being done on it.
pub type ProgressSink<'a> = &'a (dyn Fn(&str, Message) + Send + Sync);

/// The request for one node. Requesting the same cluster and name twice gives the same node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRequest {
    pub cluster: ClusterId,
    pub name: String,
    pub role: Role,
    /// Number of nodes of the whole cluster, if nodes share a machine's memory.
    pub nodes_in_cluster: u32,
    /// The machine terminates itself after this time, unless the lease is renewed before. A duration instead of a time
    /// of day: the clocks of two machines may differ, and a clock may be set.
    pub lease: Duration,
    /// The name of its cluster, its owner, and when it is removed at the latest: they are written on billable machines
    /// as tags.
    pub cluster_name: String,
    pub owner: Person,
    pub expires_at_ms: EpochMs,
}

/// A node as the provider sees it now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    pub cluster: ClusterId,
    pub name: String,
    pub role: Role,
    pub address: String,
    /// Its location, as text.
    pub detail: String,
    /// Memory that this node may use, in MiB.
    pub memory_mb: u64,
    /// It is running; `false` while it is shutting down or broken.
    pub alive: bool,
    /// Facts about a billable machine.
    pub billable: Option<Billable>,
}

/// A billable machine, from its provider and its tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Billable {
    pub region: String,
    /// `i-…`.
    pub id: String,
    /// The instance type.
    pub kind: String,
    pub spot: bool,
    pub cluster_name: String,
    pub owner: Person,
    pub since_ms: EpochMs,
    /// When its cluster is removed at the latest.
    pub expires_at_ms: Option<EpochMs>,
}

/// The instances that a provider has. The list may lack changes that are more recent than its age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub instances: Vec<Instance>,
    /// The time since the provider was asked for the oldest part of the list.
    pub age: Duration,
    /// The clusters whose machines could not be listed, with the reason, without a full stop: the list says nothing
    /// about them.
    pub unknown: BTreeMap<ClusterId, String>,
}

/// When nodes terminate themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// From now on; see [`NodeRequest::lease`].
    pub left: Duration,
    /// The lease that remains once JMeter has ended.
    pub after_run: Option<Duration>,
    /// When the cluster is removed at the latest, for people who see the machines but not this database.
    pub expires_at_ms: EpochMs,
}

/// A provider's validation of a configuration, before anything is created.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// The faults that would make the launch fail.
    pub faults: Vec<Fault>,
    /// Findings, and what could not be checked.
    pub notes: Vec<Message>,
    /// Price of each node per hour; `None`: unknown, and a note says why.
    pub prices: Option<NodePrices>,
}

/// A place that a provider could not list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// The provider's name: `eu-central-1`.
    pub region: String,
    /// Why, without a full stop.
    pub reason: String,
}

/// A cluster unknown to this database, from its machines' tags.
#[derive(Debug, Clone, PartialEq)]
pub struct Adopted {
    pub config: ClusterConfig,
    pub name: String,
    pub owner: Person,
    pub expires_at_ms: EpochMs,
    pub instances: Vec<Instance>,
}

/// A provider of nodes.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Creates the missing nodes, of the kind that `config` describes; existing ones stay unchanged. Returns all of
    /// them.
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError>;

    /// All instances of this installation, of all clusters.
    async fn list(&self) -> Result<Listed, PortError>;

    /// Where the last [`Cloud::list`] could not look, although no known cluster is there: this is not a failure, but
    /// there may be more instances than it returned.
    fn unseen(&self) -> Vec<Unseen> {
        Vec::new()
    }

    /// Terminates all nodes of the cluster and deletes everything on them. Succeeds if no node exists.
    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError>;

    /// Sets when the cluster's nodes terminate themselves, except for those that are gone.
    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError>;

    /// Access to a node's files and processes.
    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote>;

    /// Validates a configuration before a launch. Creates nothing.
    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        let _nothing_to_ask = config;
        Ok(Forecast::default())
    }

    /// Adopts a cluster whose machines [`Cloud::list`] returns and that is not in the database.
    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        Err(PortError::Refused {
            node: cluster.to_string(),
            what: "be adopted".to_owned(),
            reason: "its provider does not support adoption".to_owned(),
        })
    }

    /// Starts to create an image of the cluster's master with everything on it. This restarts the machine.
    async fn bake(&self, cluster: &ClusterId, name: &str, description: &str) -> Result<NodeImage, PortError> {
        let _nothing_is_made = (name, description);
        Err(PortError::Refused {
            node: cluster.to_string(),
            what: "build an image".to_owned(),
            reason: "its provider does not support images".to_owned(),
        })
    }

    /// All images of this installation.
    async fn images(&self) -> Result<Vec<NodeImage>, PortError> {
        Ok(Vec::new())
    }

    /// Reads a private key that a user wants to sign in with, and removes its passphrase. Faults name the field
    /// `/private_key`.
    async fn sign_in_key(&self, private_key: &str, passphrase: Option<&str>) -> Result<SignInKey, PortError> {
        let _none_is_taken = (private_key, passphrase);
        Err(PortError::Refused {
            node: "The provider".to_owned(),
            what: "read a private key".to_owned(),
            reason: "it does not support them".to_owned(),
        })
    }

    /// The identity of those credentials, as the provider names it: an ARN.
    async fn identity(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<String, PortError> {
        let _nobody_knows = (credentials, region);
        Err(PortError::Refused {
            node: "The provider".to_owned(),
            what: "check the credentials".to_owned(),
            reason: "it does not support them".to_owned(),
        })
    }

    /// Keys that are valid now, of credentials with or without a role, for code that signs requests without the
    /// provider's own tools.
    async fn session_keys(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<AwsKeys, PortError> {
        let _nobody_knows = (credentials, region);
        Err(PortError::Refused {
            node: "The provider".to_owned(),
            what: "provide keys".to_owned(),
            reason: "it has none".to_owned(),
        })
    }

    /// Deletes an image and its snapshots. Succeeds if it no longer exists.
    async fn remove_image(&self, region: &str, id: &str) -> Result<(), PortError> {
        Err(PortError::Refused {
            node: region.to_owned(),
            what: "remove an image".to_owned(),
            reason: format!("there is no {id}"),
        })
    }
}

/// A private key that was read. It has no `Debug`.
pub struct SignInKey {
    /// In OpenSSH's format, without a passphrase.
    pub private: String,
    /// One line: `ssh-ed25519 AAAA…`.
    pub public: String,
    /// `SHA256:…`.
    pub fingerprint: String,
}

/// AWS credentials. Their secrets are in no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub enum AwsCredentials {
    /// Credentials of the environment: variables, profile, web identity, the machine's role.
    Environment,
    Keys {
        access_key_id: String,
        secret_access_key: String,
        session_token: Option<String>,
        role: Option<AssumedRole>,
    },
    /// A role that the environment's credentials may assume.
    Role(AssumedRole),
}

/// AWS keys, and until when. They have no `Debug`.
#[derive(Clone, PartialEq, Eq)]
pub struct AwsKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
    /// `None`: they do not expire, or their expiry is unknown.
    pub expires: Option<SystemTime>,
}

/// A role that is assumed with other credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumedRole {
    pub arn: String,
    pub external_id: Option<String>,
}

impl std::fmt::Debug for AwsCredentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Environment => formatter.write_str("Environment"),
            Self::Keys { access_key_id, role, .. } => {
                write!(formatter, "Keys({access_key_id}, …, {role:?})")
            }
            Self::Role(role) => write!(formatter, "Role({role:?})"),
        }
    }
}

/// A source of credentials and of secrets that are sealed with the installation's key.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The current credentials of that choice, with the region that was saved with them.
    async fn aws(&self, choice: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError>;

    /// The private key of that id, in OpenSSH's format.
    async fn ssh_key(&self, id: &str) -> Result<String, PortError>;

    /// The credentials to look for unknown instances with: all saved sets, or those of the environment if no set is
    /// saved.
    async fn all_aws(&self) -> Result<Vec<CredentialChoice>, PortError>;

    /// Takes note of whether the provider took them when they were last used: `None`, or why not.
    async fn used(&self, choice: &CredentialChoice, fault: Option<&str>) {
        let _nobody_asks = (choice, fault);
    }

    /// Seals a secret so that only this installation opens it again, for that purpose.
    fn seal(&self, purpose: &str, secret: &[u8]) -> Result<Vec<u8>, PortError>;

    /// Opens what [`CredentialSource::seal`] sealed.
    fn open(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, PortError>;
}

/// A command for a node: program, arguments, environment and folder. No shell reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Command {
    pub program: String,
    pub arguments: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// Relative to the node's folder.
    pub folder: String,
}

/// The output of a short command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub exit_code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// A process that was started detached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessState {
    /// No such process was started.
    Absent,
    Running {
        pid: u32,
    },
    /// It ended with this exit code.
    Exited {
        code: i32,
    },
    /// It ended without an exit code: it was killed from outside, or the machine was restarted.
    Vanished,
}

/// A file that was found on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Relative to the listed folder, with `/` between the parts.
    pub path: String,
    pub bytes: u64,
}

/// The files below a folder of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFiles {
    /// In no order.
    pub files: Vec<FoundFile>,
    /// `false`: there were more files than the limit, or some whose names are not UTF-8.
    pub is_whole: bool,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub bytes: Bytes,
    /// How long the file was when it was read.
    pub file_size: u64,
}

/// Access to one node. All paths are relative to the node's folder, with `/` between the parts.
#[async_trait]
pub trait Remote: Send + Sync {
    /// The node's folder, absolute, as programs on the node see it.
    fn folder(&self) -> String;

    /// Ensures that the node has a Java, and the JMeter whose home on *this* machine is given. What exists is only
    /// checked. Returns where both are.
    async fn equip(&self, jmeter_home: &Path, progress: ProgressSink<'_>) -> Result<NodeTools, PortError>;

    /// Runs a short command to its end.
    async fn run(&self, command: &Command, limit: Duration) -> Result<Output, PortError>;

    /// Starts a command that outlives this connection and this process, under a name. Starting the same name again has
    /// no effect, whether the command still runs or not. Its output goes to `<name>.out` next to its record.
    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError>;

    /// The state of the process with this name.
    async fn process(&self, name: &str) -> Result<ProcessState, PortError>;

    /// Ends the process of that name and everything it started, at once.
    async fn kill(&self, name: &str) -> Result<(), PortError>;

    /// The same, and removes its record, so that the name can be started again.
    async fn forget(&self, name: &str) -> Result<(), PortError>;

    /// Copies a file from this machine and creates its folders. An existing file of that name is replaced atomically.
    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError>;

    /// The same for a file that the cluster's other nodes receive at about the same time: they may copy it from each
    /// other. By default each receives it from this machine.
    async fn put_on_all(&self, from: &Path, to: &str) -> Result<(), PortError> {
        self.put(from, to).await
    }

    /// Writes a small file that only the node's user may read.
    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError>;

    /// At most `limit` bytes from `offset` on; `None` if there is no such file.
    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError>;

    /// The SHA-256 of a file and its size, computed on the node; `None` if there is no such file.
    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError>;

    /// The regular files below a folder, recursively; at most `most` files and folders are visited. Links are neither
    /// followed nor listed. A missing folder has no files.
    async fn list_files(&self, folder: &str, most: usize) -> Result<FoundFiles, PortError>;

    /// Removes a folder with all that is in it. None there is a success.
    async fn remove(&self, path: &str) -> Result<(), PortError>;

    /// Unused TCP and UDP ports of the node, all different.
    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError>;

    /// Whether an address accepts connections from this node.
    async fn can_connect(&self, address: &str, port: u16) -> Result<bool, PortError>;

    /// Makes the node report the state of a process, the length of a log and its counters until the returned value is dropped.
    /// [`Remote::process`], [`Remote::read_at`] of that log and [`Remote::vitals`] then return the newest report while it is fresh, and query
    /// the node otherwise. By default they always query it.
    fn follow(&self, process: &str, log: &str) -> Following {
        let _asked_each_time = (process, log);
        Box::new(())
    }

    /// The machine's counters now, or at the node's last report; `None` if it has none.
    async fn vitals(&self) -> Result<Option<Vitals>, PortError> {
        Ok(None)
    }

    /// How far the node's clock is ahead of this machine's, in milliseconds, and the uncertainty; `None` if it is the
    /// same clock.
    async fn clock_offset(&self) -> Result<Option<(i64, i64)>, PortError> {
        Ok(None)
    }
}

/// Ends the reports started by [`Remote::follow`] when dropped.
pub type Following = Box<dyn Send + Sync>;

/// A machine's counters at one moment. Rates are computed from two of them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vitals {
    /// `/proc/stat`, `/proc/meminfo` and `/proc/net/dev`, as they are.
    pub stat: String,
    pub meminfo: String,
    pub network: String,
    /// Space available to the node's user on the disk with its files, in bytes.
    pub disk_free_bytes: Option<u64>,
    /// The heap of the node's JVM, while one runs.
    pub heap: Option<Heap>,
    /// Age of these values from `/proc`.
    pub age: Duration,
}

/// The heap of a JVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heap {
    /// Used by objects after the last garbage collection.
    pub used_bytes: u64,
    pub size_bytes: u64,
}
