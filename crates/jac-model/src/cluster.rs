//! Clusters and their nodes: the requested configuration, the states, and the permitted transitions.

use crate::{ClusterId, Ec2Config, Fault, Message, Named, RunId, SshConfig};
use serde::{Deserialize, Serialize};

/// A person as an owner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    pub id: String,
    pub name: String,
}

/// Source of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Provider {
    /// Processes on the machine that JAC runs on.
    Local,
    /// Machines that exist already, reached over SSH.
    Ssh,
    /// Amazon EC2 instances, created for the cluster and terminated with it.
    Ec2,
    /// None: a run was measured elsewhere, and its logs were imported. No cluster has this provider.
    Imported,
}

impl std::fmt::Display for Provider {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Local => "local",
            Self::Ssh => "ssh",
            Self::Ec2 => "ec2",
            Self::Imported => "imported",
        })
    }
}

/// The role of a node in JMeter's distributed mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Role {
    /// Starts the test and collects the samples; without workers it runs the plan itself.
    Master,
    /// Runs the whole plan as a JMeter server.
    Worker,
}

/// Last observed state of a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NodeState {
    /// Requested; not observed yet.
    Requested,
    /// Observed running, and it answers.
    Running,
    /// It existed and disappeared although nobody asked for its termination.
    Lost,
    /// Terminated on request.
    Terminated,
}

/// The Java and the JMeter of a node, as programs there name them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeTools {
    /// The executable.
    pub java: String,
    /// The version as Java reports it: `17.0.15`.
    pub java_version: String,
    pub jmeter_home: String,
}

/// One machine of a cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Node {
    /// `master`, `worker-1`, `worker-2`… unique in its cluster.
    pub name: String,
    pub role: Role,
    pub state: NodeState,
    /// The address that the cluster's other nodes reach it at.
    pub address: Option<String>,
    /// Location or problem, as text.
    pub detail: Option<String>,
    /// Memory that it may use, in MiB.
    pub memory_mb: Option<u64>,
    /// Java and JMeter for its runs; known once the node is equipped.
    #[serde(default)]
    pub tools: Option<NodeTools>,
}

/// The requested configuration of a cluster. It can be edited before the cluster is created, not afterwards. Omitted
/// fields have their defaults. Rows of other versions have other fields, so unknown fields are accepted here; code that
/// reads a configuration from outside must reject them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClusterConfig {
    /// Number of workers, 0 to [`ClusterConfig::MAX_WORKERS`]; with 0 the master runs the plan itself, without RMI.
    #[serde(deserialize_with = "worker_count")]
    pub workers: u32,
    /// Heap of each JVM in MiB; `null`: JAC chooses it from the machine's memory.
    pub heap_mb: Option<u32>,
    /// Lifetime in minutes, after which the cluster is terminated in any case.
    pub lifetime_minutes: u32,
    /// Idle timeout in minutes, after which a cluster without a run is terminated; `null`: never; absent: 60.
    pub idle_minutes: Option<u32>,
    /// Terminate the cluster when its first run ends, as `jac run` does.
    pub remove_after_run: bool,
    /// The JMeter that its nodes use, a folder on the server; `null`: the one that JAC is configured with or manages.
    /// Nodes on other machines get a copy.
    pub jmeter_home: Option<String>,
    /// The version of JMeter that its nodes use, such as `5.5`: one that JAC manages and downloads when it is first
    /// needed; `null`: `jmeter_home` decides.
    pub jmeter_version: Option<String>,
    /// The machines, for the provider `ssh`.
    pub ssh: Option<SshConfig>,
    /// The machines, for the provider `ec2`.
    pub ec2: Option<Ec2Config>,
}

/// Reads a number of workers; the error for a negative number says what is expected.
fn worker_count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let given = i64::deserialize(deserializer)?;
    u32::try_from(given).map_err(|_| {
        serde::de::Error::custom(format!(
            "invalid number of workers {given}; expected 0 to {}",
            ClusterConfig::MAX_WORKERS
        ))
    })
}

impl ClusterConfig {
    /// Maximum number of workers of one cluster: with more JMeter servers, the master is the bottleneck that is
    /// measured.
    pub const MAX_WORKERS: u32 = 200;
    /// The longest lifetime, in minutes: 30 days.
    pub const MAX_LIFETIME_MINUTES: u32 = 30 * 24 * 60;

    /// Every fault of the configuration for this provider, with fields within it; empty when it can be created.
    pub fn faults(&self, provider: Provider) -> Vec<Fault> {
        let mut faults = Vec::new();
        if self.workers > Self::MAX_WORKERS {
            let message = format!("Too many workers ({}). Expected 0 to {}.", self.workers, Self::MAX_WORKERS);
            faults.push(Fault::at("/workers", Fault::OUT_OF_RANGE, message));
        }
        if let Some(heap_mb) = self.heap_mb
            && !(64..=1_048_576).contains(&heap_mb)
        {
            let message = format!("Invalid heap of {heap_mb} MiB. Expected 64 to 1048576 MiB, or none.");
            faults.push(Fault::at("/heap_mb", Fault::OUT_OF_RANGE, message));
        }
        if self.lifetime_minutes == 0 || self.lifetime_minutes > Self::MAX_LIFETIME_MINUTES {
            let message = format!(
                "Invalid lifetime of {} minutes. Expected 1 to {} minutes.",
                self.lifetime_minutes,
                Self::MAX_LIFETIME_MINUTES
            );
            faults.push(Fault::at("/lifetime_minutes", Fault::OUT_OF_RANGE, message));
        }
        if self.idle_minutes == Some(0) {
            let message =
                "An idle timeout of 0 minutes would terminate the cluster at once. Expected 1 or more, or none.";
            faults.push(Fault::at("/idle_minutes", Fault::OUT_OF_RANGE, message));
        }
        if self.jmeter_home.is_some() && self.jmeter_version.is_some() {
            let message = "Give a JMeter home or a JMeter version, not both.";
            faults.push(Fault::at("/jmeter_version", Fault::CONFLICTING, message));
        }
        if provider == Provider::Imported {
            let message = "Imported runs have no cluster. Choose another provider.";
            faults.push(Fault::at("/provider", Fault::CONFLICTING, message));
        }
        match (provider, &self.ssh) {
            (Provider::Ssh, Some(ssh)) => {
                faults.extend(ssh.faults(self.workers).into_iter().map(|fault| fault.under("/ssh")));
            }
            (Provider::Ssh, None) => {
                let message = "The provider ssh requires hosts, user and key.";
                faults.push(Fault::at("/ssh", Fault::MISSING, message));
            }
            (_, Some(_)) => {
                let message = format!("Hosts are for the provider ssh, not for {provider}.");
                faults.push(Fault::at("/ssh", Fault::CONFLICTING, message));
            }
            (_, None) => (),
        }
        match (provider, &self.ec2) {
            (Provider::Ec2, Some(ec2)) => {
                faults.extend(ec2.faults(self.workers).into_iter().map(|fault| fault.under("/ec2")));
            }
            (Provider::Ec2, None) => {
                let message = "The provider ec2 requires its configuration (`ec2`).";
                faults.push(Fault::at("/ec2", Fault::MISSING, message));
            }
            (_, Some(_)) => {
                let message = format!("EC2 settings are for the provider ec2, not for {provider}.");
                faults.push(Fault::at("/ec2", Fault::CONFLICTING, message));
            }
            (_, None) => (),
        }
        faults
    }
}

impl Default for ClusterConfig {
    fn default() -> Self {
        Self {
            workers: 2,
            heap_mb: None,
            lifetime_minutes: 8 * 60,
            idle_minutes: Some(60),
            remove_after_run: false,
            jmeter_home: None,
            jmeter_version: None,
            ssh: None,
            ec2: None,
        }
    }
}

/// Phase of a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ClusterPhase {
    /// Saved; the provider has not been called yet.
    Requested,
    /// The nodes have been requested from the provider.
    Launching,
    /// The nodes exist and are being equipped.
    Preparing,
    /// It takes runs.
    Ready,
    /// It could not be created or kept; it may still have nodes and always continues to `terminating`.
    Failed,
    /// Its nodes are being removed.
    Terminating,
    /// Everything is removed except this record, its plans and its results.
    Terminated,
}

/// The events that change a cluster's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClusterEvent {
    LaunchStarted,
    NodesSeen,
    Prepared,
    Broke,
    TerminationStarted,
    NothingLeft,
}

/// A transition that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a cluster that is {phase:?} cannot take the event {event:?}")]
pub struct ClusterTransitionError {
    pub phase: ClusterPhase,
    pub event: ClusterEvent,
}

impl ClusterPhase {
    /// The phase after `event`. Repeating the event that led to a phase is allowed, so that a step can be repeated.
    pub fn apply(self, event: ClusterEvent) -> Result<Self, ClusterTransitionError> {
        use ClusterEvent as E;
        use ClusterPhase as P;
        match (self, event) {
            (P::Requested | P::Launching, E::LaunchStarted) => Ok(P::Launching),
            (P::Launching | P::Preparing, E::NodesSeen) => Ok(P::Preparing),
            (P::Preparing | P::Ready, E::Prepared) => Ok(P::Ready),
            (P::Requested | P::Launching | P::Preparing | P::Ready | P::Failed, E::Broke) => Ok(P::Failed),
            (
                P::Requested | P::Launching | P::Preparing | P::Ready | P::Failed | P::Terminating,
                E::TerminationStarted,
            ) => Ok(P::Terminating),
            (P::Terminating | P::Terminated, E::NothingLeft) => Ok(P::Terminated),
            (
                P::Requested | P::Launching | P::Preparing | P::Ready | P::Failed | P::Terminating | P::Terminated,
                E::LaunchStarted | E::NodesSeen | E::Prepared | E::Broke | E::TerminationStarted | E::NothingLeft,
            ) => Err(ClusterTransitionError { phase: self, event }),
        }
    }

    /// Nothing more will happen to it.
    pub fn is_terminal(self) -> bool {
        self == Self::Terminated
    }

    /// The provider may have nodes of this cluster.
    pub fn may_hold_nodes(self) -> bool {
        !matches!(self, Self::Requested | Self::Terminated)
    }

    /// The cluster is starting and not `ready` yet.
    pub fn is_coming_up(self) -> bool {
        matches!(self, Self::Requested | Self::Launching | Self::Preparing)
    }
}

/// A cluster: one master and N workers that belong to one owner, created by one provider.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Cluster {
    pub id: ClusterId,
    pub name: String,
    pub description: String,
    pub owner: Person,
    /// The team whose members may change it too; `null`: only its owner may.
    #[serde(default)]
    pub team: Option<Named>,
    pub provider: Provider,
    pub config: ClusterConfig,
    pub phase: ClusterPhase,
    /// Why it failed or ended: `terminated_by`, `lifetime_over`, `idle`, `nodes_gone`, `run_ended`, `run_not_started`,
    /// `command_gone`, `owner_removed`, or the code of the error that prevented its creation; `params.faults` of that
    /// error contains the faults of its configuration or its hosts.
    pub cause: Option<Message>,
    /// Nodes that were lost; a `ready` cluster with lost nodes is degraded.
    pub lost_nodes: Vec<String>,
    /// The run that is currently using it.
    pub current_run: Option<RunId>,
    /// Its master is being restarted to create an image; no run starts until it is running again.
    #[serde(default)]
    pub master_restarting: bool,
    pub nodes: Vec<Node>,
    pub created_ms: i64,
    pub ready_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// When its lifetime ends and it is terminated.
    pub expires_at_ms: i64,
    /// Since when it has been idle: the end of its last run, or when it became ready.
    pub idle_since_ms: Option<i64>,
    /// The engine instance that an ephemeral cluster (one created by `jac run`) belongs to; the next engine instance
    /// terminates it. `None`: the cluster is persistent.
    #[serde(default)]
    pub ephemeral_of: Option<String>,
    /// Estimated cost of all its nodes in US dollars per hour; `null`: free, or unknown.
    #[serde(default)]
    pub usd_per_hour: Option<f64>,
    /// Estimated cost per node and role; `null`: unknown.
    #[serde(default)]
    pub node_prices: Option<NodePrices>,
}

/// Estimated price of one node of each role, in US dollars per hour. The master and the workers may have different
/// instance types.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodePrices {
    pub master: f64,
    /// `null`: there are no workers.
    pub worker: Option<f64>,
}

impl NodePrices {
    /// The price of one node of that role.
    pub fn of(&self, role: Role) -> Option<f64> {
        match role {
            Role::Master => Some(self.master),
            Role::Worker => self.worker,
        }
    }

    /// The price of a master and this many workers.
    pub fn sum(&self, workers: u32) -> f64 {
        self.master + self.worker.unwrap_or_default() * f64::from(workers)
    }
}

/// Cost in US dollars of a cluster with that price per hour, from its creation until its end, or until `now_ms`.
pub fn usd_so_far(usd_per_hour: Option<f64>, created_ms: i64, ended_ms: Option<i64>, now_ms: i64) -> Option<f64> {
    let until_ms = ended_ms.unwrap_or(now_ms);
    #[expect(clippy::cast_precision_loss, reason = "2^53 ms are 285,000 years")]
    let hours = (until_ms - created_ms).max(0) as f64 / 3_600_000.0;
    Some(usd_per_hour? * hours)
}

impl Cluster {
    /// When the idle timeout terminates it, unless a run starts before.
    pub fn idle_ends_at_ms(&self) -> Option<i64> {
        if self.phase != ClusterPhase::Ready || self.current_run.is_some() {
            return None;
        }
        let limit = self.config.idle_minutes?;
        Some(self.idle_since_ms? + i64::from(limit) * 60_000)
    }

    /// Number of workers. Less than requested if some failed to launch, within the tolerance.
    pub fn worker_count(&self) -> u32 {
        let workers = self.nodes.iter().filter(|node| node.role == Role::Worker).count();
        u32::try_from(workers).unwrap_or(u32::MAX)
    }

    /// Cost in US dollars until `now_ms`, or until its end: its price per hour times its age.
    pub fn usd_so_far(&self, now_ms: i64) -> Option<f64> {
        usd_so_far(self.usd_per_hour, self.created_ms, self.ended_ms, now_ms)
    }

    /// The requested nodes, in the state `requested`.
    pub fn requested_nodes(workers: u32) -> Vec<Node> {
        let node = |name: String, role| Node {
            name,
            role,
            state: NodeState::Requested,
            address: None,
            detail: None,
            memory_mb: None,
            tools: None,
        };
        std::iter::once(node("master".to_owned(), Role::Master))
            .chain((1..=workers).map(|number| node(format!("worker-{number}"), Role::Worker)))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHASES: [ClusterPhase; 7] = [
        ClusterPhase::Requested,
        ClusterPhase::Launching,
        ClusterPhase::Preparing,
        ClusterPhase::Ready,
        ClusterPhase::Failed,
        ClusterPhase::Terminating,
        ClusterPhase::Terminated,
    ];

    #[test]
    fn a_cluster_costs_what_its_master_and_its_workers_cost() {
        let prices = NodePrices { master: 0.5, worker: Some(0.25) };
        assert_eq!((prices.sum(3), prices.of(Role::Master), prices.of(Role::Worker)), (1.25, Some(0.5), Some(0.25)));
        let alone = NodePrices { master: 0.5, worker: None };
        assert_eq!((alone.sum(0), alone.of(Role::Worker)), (0.5, None));
    }

    #[test]
    fn the_way_from_requested_to_terminated_exists() {
        use ClusterEvent::*;
        let mut phase = ClusterPhase::Requested;
        for event in [LaunchStarted, NodesSeen, Prepared, TerminationStarted, NothingLeft] {
            phase = phase.apply(event).expect("a step of the ordinary way");
            assert_eq!(phase.apply(event), Ok(phase), "each step can be repeated");
        }
        assert!(phase.is_terminal());
    }

    #[test]
    fn every_phase_but_the_last_can_be_terminated() {
        for phase in PHASES {
            assert_eq!(phase.apply(ClusterEvent::TerminationStarted).is_ok(), !phase.is_terminal(), "{phase:?}");
        }
    }

    #[test]
    fn a_failed_cluster_never_becomes_ready_again() {
        assert!(ClusterPhase::Failed.apply(ClusterEvent::Prepared).is_err());
        assert!(ClusterPhase::Terminating.apply(ClusterEvent::Prepared).is_err());
    }

    #[test]
    fn a_configuration_reports_all_its_faults_at_once() {
        let config = ClusterConfig {
            workers: 10_000,
            heap_mb: Some(1),
            lifetime_minutes: 0,
            idle_minutes: Some(0),
            remove_after_run: false,
            jmeter_home: None,
            jmeter_version: None,
            ssh: None,
            ec2: None,
        };
        assert_eq!(config.faults(Provider::Local).len(), 4);
        assert!(ClusterConfig::default().faults(Provider::Local).is_empty());
        assert_eq!(config.faults(Provider::Ssh).len(), 5);
    }
}
