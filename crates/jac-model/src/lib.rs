//! The vocabulary of JAC: IDs, specifications, states with their transitions, and the ports through which the engine
//! reaches machines.
//!
//! Owns the definitions of clusters, nodes and runs, and the permitted transitions of their states. Does not own how
//! anything is stored, started or shown. It has no clock, no randomness, no network and no files; callers provide time
//! and random bytes.

pub mod annotation;
pub mod backoff;
pub mod cluster;
pub mod criteria;
pub mod descriptors;
pub mod ec2;
pub mod fault;
mod folded;
pub mod id;
pub mod list;
pub mod message;
pub mod monitoring;
pub mod notify;
mod peer;
pub mod people;
pub mod plan;
pub mod ports;
pub mod reach;
pub mod results;
pub mod run;
pub mod schedule;
pub mod search;
pub mod ssh;

pub use annotation::Annotation;
pub use backoff::Backoff;
pub use cluster::{
    Cluster, ClusterConfig, ClusterEvent, ClusterPhase, Node, NodePrices, NodeState, NodeTools, Person, Provider, Role,
};
pub use criteria::{BrokenRule, CriterionWatch, DEFAULT_STOP_RULE, PlanCriteria};
pub use ec2::{CredentialChoice, Distribution, Ec2Addresses, Ec2Config, Ec2Image, ImageState, NodeImage};
pub use fault::Fault;
pub use folded::{folded, is_invisible, is_same_name};
pub use id::{ClusterId, PlanId, RunId, ScheduleId};
pub use list::{ClusterSort, Order, PersonSort, PlanSort, RunSort, ScheduleSort};
pub use message::{Message, plural, sentence};
pub use peer::network_of;
pub use people::{Action, Denied, Owner, Principal, TokenScope, UserRole, Via, authorize};
pub use plan::{FileChange, Plan, PlanFile, PlanFileKind, PlanRevision, changed_files};
pub use results::{NodeLog, RMI_MOST_WORKERS, ResultsChoice, ResultsMode, share_of, shares_of};
pub use run::{Cause, Named, NodeHealth, NodePhase, Run, RunEvent, RunNode, RunPhase, RunStep, StopMode, Versions};
pub use schedule::{Firing, FiringState, Overlap, RunsOn, Schedule, ScheduleState, ScheduledRun, Timing};
pub use ssh::{SshConfig, SshHost};

/// Milliseconds since 1970-01-01T00:00:00Z.
pub type EpochMs = i64;
