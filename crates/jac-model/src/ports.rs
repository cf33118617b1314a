//! The ports: how the engine reaches machines. Adapters (`jac-local`, `jac-ssh`) implement them; the engine knows no
//! other way, and the tests put simulated ones in their place.

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
    /// The machine is gone or does not answer; trying again may help.
    #[error("{node} does not answer: {reason}")]
    Unreachable { node: String, reason: String },
    /// It cannot be done as things are, and that may change: a limit on calls, credentials that are over. Trying again may help.
    #[error("{node} cannot {what} at present: {reason}")]
    Retryable { node: String, what: String, reason: String },
    /// The machine answered and refused; trying again will not help.
    #[error("{node} could not {what}: {reason}")]
    Refused { node: String, what: String, reason: String },
    /// This server, not the node, has no file descriptor left. It says nothing of the node, and passes by itself.
    #[error(
        "{node} could not {what}: this server has no file descriptor left ({reason}); raise its limit of open files, such as \
         LimitNOFILE= of its service"
    )]
    OutOfDescriptors { node: String, what: String, reason: String },
    /// A disk has no room left.
    #[error("no space left on the disk of {node} ({what})")]
    DiskFull { node: String, what: String },
    /// The time that was given for it is over.
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
}

/// Receives the progress of a long operation: the node, and what is done there.
pub type ProgressSink<'a> = &'a (dyn Fn(&str, Message) + Send + Sync);

/// One node that a provider is asked for. Asking twice with the same cluster and name gives the same node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeRequest {
    pub cluster: ClusterId,
    pub name: String,
    pub role: Role,
    /// How many nodes the whole cluster has, where nodes share a machine's memory.
    pub nodes_in_cluster: u32,
    /// The machine ends itself after this time, unless the lease is renewed before. A length and not a time of day: no two
    /// clocks are sure to agree, nor one with itself after it was set.
    pub lease: Duration,
    /// What its cluster is called, whose it is, and when it is removed at the latest: written on machines that cost money.
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
    /// Where it is, in words.
    pub detail: String,
    /// Memory that this node may use, in MiB.
    pub memory_mb: u64,
    /// It runs; `false` while it is on its way out or broken.
    pub alive: bool,
    /// What is known of a machine that somebody pays for.
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

/// What a provider has, and how old that is: what happened since may not be in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub instances: Vec<Instance>,
    /// The time since the provider was asked for the oldest part of it.
    pub age: Duration,
    /// The clusters whose machines could not be looked for, with the reason, without a full stop: the list says nothing of them.
    pub unknown: BTreeMap<ClusterId, String>,
}

/// When nodes end themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// From now on; see [`NodeRequest::lease`].
    pub left: Duration,
    /// The time that is left once JMeter has ended.
    pub after_run: Option<Duration>,
    /// When the cluster is removed at the latest, for those who look at the machines without this database.
    pub expires_at_ms: EpochMs,
}

/// What a provider says of a configuration before anything is made.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Forecast {
    /// What would make the launch fail.
    pub faults: Vec<Fault>,
    /// What was found or could not be looked at.
    pub notes: Vec<Message>,
    /// What each node costs an hour; `None`: it is not known, and a note says why.
    pub prices: Option<NodePrices>,
}

/// A place that a provider could not look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unseen {
    /// As the provider calls it: `eu-central-1`.
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

/// Where nodes come from and go to.
#[async_trait]
pub trait Cloud: Send + Sync {
    /// Makes the nodes that are not there yet, of the kind that `config` describes; those that are stay as they are.
    /// Returns all of them.
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError>;

    /// Everything of this installation, whichever cluster it is of.
    async fn list(&self) -> Result<Listed, PortError>;

    /// Where the last [`Cloud::list`] could not look though nothing that is known lives there: no reason to fail, but
    /// there may be more than it gave.
    fn unseen(&self) -> Vec<Unseen> {
        Vec::new()
    }

    /// Takes all nodes of the cluster away, with everything on them. No node left is a success.
    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError>;

    /// Sets when the cluster's nodes end themselves, but for those that are gone.
    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError>;

    /// The way to a node's files and processes.
    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote>;

    /// Looks at a configuration before a launch. Nothing is made.
    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        let _nothing_to_ask = config;
        Ok(Forecast::default())
    }

    /// Takes over a cluster whose machines [`Cloud::list`] shows and no row knows.
    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        Err(PortError::Refused {
            node: cluster.to_string(),
            what: "be adopted".to_owned(),
            reason: "its provider does not support adoption".to_owned(),
        })
    }

    /// Begins to make an image of the cluster's master, with all that is on it. The machine is restarted for it.
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

    /// Reads a private key that somebody wants to sign in with, and takes its passphrase off. Faults name the field `/private_key`.
    async fn sign_in_key(&self, private_key: &str, passphrase: Option<&str>) -> Result<SignInKey, PortError> {
        let _none_is_taken = (private_key, passphrase);
        Err(PortError::Refused {
            node: "The provider".to_owned(),
            what: "read a private key".to_owned(),
            reason: "it does not support them".to_owned(),
        })
    }

    /// Says whose those credentials are, as the provider calls them: an ARN.
    async fn identity(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<String, PortError> {
        let _nobody_knows = (credentials, region);
        Err(PortError::Refused {
            node: "The provider".to_owned(),
            what: "check the credentials".to_owned(),
            reason: "it does not support them".to_owned(),
        })
    }

    /// Keys that are valid now, of credentials with or without a role: whoever signs requests without the provider's own tools needs them.
    async fn session_keys(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<AwsKeys, PortError> {
        let _nobody_knows = (credentials, region);
        Err(PortError::Refused {
            node: "The provider".to_owned(),
            what: "provide keys".to_owned(),
            reason: "it has none".to_owned(),
        })
    }

    /// Removes one of them, with what it takes on disks. One that is gone already is a success.
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
    /// What the environment gives: variables, profile, web identity, the machine's role.
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
    /// `None`: they do not expire, or nobody says when.
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

/// Where credentials come from, and what is sealed with the installation's key.
#[async_trait]
pub trait CredentialSource: Send + Sync {
    /// The credentials of that choice with the region that was saved along, as they are now.
    async fn aws(&self, choice: &CredentialChoice) -> Result<(AwsCredentials, Option<String>), PortError>;

    /// The private key of that id, in OpenSSH's format.
    async fn ssh_key(&self, id: &str) -> Result<String, PortError>;

    /// With whose rights to look for what nothing is known of: all sets that there are, or the environment's where there is none.
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

/// What a short command printed.
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
    /// It ended; the code is the one it ended with.
    Exited {
        code: i32,
    },
    /// It ended without an exit code: it was killed from outside, or the machine was restarted.
    Vanished,
}

/// A file that was found on a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFile {
    /// Relative to the folder that was looked at, with `/` between the parts.
    pub path: String,
    pub bytes: u64,
}

/// The files below a folder of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundFiles {
    /// In no order.
    pub files: Vec<FoundFile>,
    /// `false`: there were more than were to be looked at, or some whose names are not UTF-8.
    pub is_whole: bool,
}

/// A piece of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunk {
    pub bytes: Bytes,
    /// How long the file was when it was read.
    pub file_size: u64,
}

/// The way to one node. All paths are relative to the node's folder, with `/` between the parts.
#[async_trait]
pub trait Remote: Send + Sync {
    /// The node's folder, absolute, as programs on the node see it.
    fn folder(&self) -> String;

    /// Sees to it that the node has a Java, and the JMeter whose home on *this* machine is given. What is there already
    /// is only looked at. Says where both lie.
    async fn equip(&self, jmeter_home: &Path, progress: ProgressSink<'_>) -> Result<NodeTools, PortError>;

    /// Runs a short command to its end.
    async fn run(&self, command: &Command, limit: Duration) -> Result<Output, PortError>;

    /// Starts a command that outlives this connection and this process, under a name. Starting the same name again is
    /// the same as having started it once, whether it still runs or not. Its output goes to `<name>.out` beside its record.
    async fn start(&self, name: &str, command: &Command) -> Result<(), PortError>;

    /// What became of the process of that name.
    async fn process(&self, name: &str) -> Result<ProcessState, PortError>;

    /// Ends the process of that name and everything it started, at once.
    async fn kill(&self, name: &str) -> Result<(), PortError>;

    /// The same, and removes its record, so that the name can be started again.
    async fn forget(&self, name: &str) -> Result<(), PortError>;

    /// Copies a file from this machine; its folders are made. An older file of that name is replaced in one step.
    async fn put(&self, from: &Path, to: &str) -> Result<(), PortError>;

    /// The same for a file that the cluster's other nodes receive at about the same time: they may copy it from each other. By default each receives it
    /// from this machine.
    async fn put_on_all(&self, from: &Path, to: &str) -> Result<(), PortError> {
        self.put(from, to).await
    }

    /// Writes a small file that only the node's user may read.
    async fn write(&self, to: &str, bytes: &[u8]) -> Result<(), PortError>;

    /// At most `limit` bytes from `offset` on; `None` if there is no such file.
    async fn read_at(&self, path: &str, offset: u64, limit: usize) -> Result<Option<Chunk>, PortError>;

    /// The SHA-256 of a file and its size, computed on the node; `None` if there is no such file.
    async fn digest(&self, path: &str) -> Result<Option<(u64, [u8; 32])>, PortError>;

    /// The plain files below a folder, however deep, after a look at no more than `most` files and folders. Links are neither followed nor
    /// listed. No such folder: none.
    async fn list_files(&self, folder: &str, most: usize) -> Result<FoundFiles, PortError>;

    /// Removes a folder with all that is in it. None there is a success.
    async fn remove(&self, path: &str) -> Result<(), PortError>;

    /// TCP and UDP ports of the node that nothing has now, all different.
    async fn free_ports(&self, count: usize) -> Result<Vec<u16>, PortError>;

    /// Whether something accepts connections there, seen from this node.
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

    /// How far the node's clock is ahead of this machine's, in milliseconds, and how unsure that is; `None` where it is the
    /// same clock.
    async fn clock_offset(&self) -> Result<Option<(i64, i64)>, PortError> {
        Ok(None)
    }
}

/// Ends the reports started by [`Remote::follow`] when dropped.
pub type Following = Box<dyn Send + Sync>;

/// What a machine's counters say at one moment. Two of them make rates.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Vitals {
    /// `/proc/stat`, `/proc/meminfo` and `/proc/net/dev`, as they are.
    pub stat: String,
    pub meminfo: String,
    pub network: String,
    /// What is free for the node's user where its files lie, in bytes.
    pub disk_free_bytes: Option<u64>,
    /// The heap of the node's JVM, while one runs.
    pub heap: Option<Heap>,
    /// Age of these values from `/proc`.
    pub age: Duration,
}

/// The heap of a JVM.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Heap {
    /// What objects took of it when the collector last looked.
    pub used_bytes: u64,
    pub size_bytes: u64,
}
