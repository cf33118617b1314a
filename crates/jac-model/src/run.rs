//! Runs: the phase, the cause of the end and the verdict of the criteria are three fields.

use crate::{
    Annotation, BrokenRule, ClusterId, CriterionWatch, Message, NodeLog, Person, PlanFile, PlanId, Provider,
    ResultsChoice, ResultsMode, Role, RunId,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Phase of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunPhase {
    /// It waits for its cluster to be ready.
    Queued,
    /// Files are copied, JMeter is started on the workers, then on the master.
    Preparing,
    /// JMeter's master runs and the log is followed.
    Running,
    /// JMeter has ended; the log is being verified and the artefacts are being created.
    Collecting,
    /// Nothing more will happen to it.
    Finished,
}

/// The events that change a run's phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RunEvent {
    ClusterReady,
    MasterStarted,
    MasterEnded,
    Collected,
}

/// A transition that does not exist.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a run that is {phase:?} cannot take the event {event:?}")]
pub struct RunTransitionError {
    pub phase: RunPhase,
    pub event: RunEvent,
}

impl RunPhase {
    /// The phase after `event`. Repeating the event that led to a phase is allowed, so that a step can be repeated. A
    /// run that fails while it waits or prepares also continues with `collecting`: existing files are kept.
    pub fn apply(self, event: RunEvent) -> Result<Self, RunTransitionError> {
        use RunEvent as E;
        use RunPhase as P;
        match (self, event) {
            (P::Queued | P::Preparing, E::ClusterReady) => Ok(P::Preparing),
            (P::Preparing | P::Running, E::MasterStarted) => Ok(P::Running),
            (P::Queued | P::Preparing | P::Running | P::Collecting, E::MasterEnded) => Ok(P::Collecting),
            (P::Collecting | P::Finished, E::Collected) => Ok(P::Finished),
            (
                P::Queued | P::Preparing | P::Running | P::Collecting | P::Finished,
                E::ClusterReady | E::MasterStarted | E::MasterEnded | E::Collected,
            ) => Err(RunTransitionError { phase: self, event }),
        }
    }

    /// Nothing more will happen to it.
    pub fn is_terminal(self) -> bool {
        self == Self::Finished
    }
}

/// How a run is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum StopMode {
    /// Threads finish the sample that they are at.
    Graceful,
    /// Requests in flight are aborted, and appear in the log as failures.
    #[serde(alias = "cut")]
    Force,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Cause {
    /// The plan finished.
    Completed,
    /// A person stopped it.
    Stopped {
        /// Who, as text.
        by: String,
        how: StopMode,
    },
    /// A rule of the automatic stop was broken.
    AutoStopped {
        /// The rule as it was entered.
        rule: String,
        /// Value of the metric over the window.
        actual: f64,
        /// Unit of the value: `%`, `ms`.
        unit: String,
        /// When the window began, epoch milliseconds.
        since_ms: i64,
        /// The busiest load generator, for rules on CPU usage.
        node: Option<String>,
        how: StopMode,
    },
    /// It failed.
    Failed {
        /// What happened and what to do.
        reason: Message,
        /// What is missing from the log as a result.
        lost: Option<Message>,
    },
    /// It was imported.
    Imported,
}

impl Cause {
    /// The run measured less than the plan asked for.
    pub fn is_partial(&self) -> bool {
        !matches!(self, Self::Completed | Self::Imported)
    }

    /// The code of the cause: `completed`, `stopped`, `auto_stopped` or `failed`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Stopped { .. } => "stopped",
            Self::AutoStopped { .. } => "auto_stopped",
            Self::Imported => "imported",
            Self::Failed { .. } => "failed",
        }
    }

    /// The cause as a sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::Completed => "The plan completed.".to_owned(),
            Self::Imported => "Imported from result logs.".to_owned(),
            Self::Stopped { by, how: StopMode::Graceful } => {
                format!("Stopped by {by} (graceful).")
            }
            Self::Stopped { by, how: StopMode::Force } => {
                format!("Aborted by {by}; requests in flight count as failures.")
            }
            Self::AutoStopped { rule, actual, unit, since_ms, node, how } => {
                let of = node.as_ref().map_or_else(String::new, |node| format!(" of {node}"));
                let how = match how {
                    StopMode::Graceful => " (graceful)",
                    StopMode::Force => "; requests in flight were aborted and count as failures",
                };
                format!(
                    "Stopped automatically by the rule {rule}: {actual:.1} {unit}{of} since {}{how}.",
                    second_utc(*since_ms)
                )
            }
            Self::Failed { reason, lost: None } => reason.message.clone(),
            Self::Failed { reason, lost: Some(lost) } => format!("{reason} {lost}"),
        }
    }
}

/// `2026-11-23 12:00:03 UTC` for a time in epoch milliseconds; a time beyond the calendar is shown as its number.
fn second_utc(at_ms: i64) -> String {
    match jiff::Timestamp::from_millisecond(at_ms) {
        Ok(time) => time.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => format!("{at_ms} ms"),
    }
}

/// State of JMeter on a node of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NodePhase {
    Waiting,
    Starting,
    Running,
    Ended,
    Lost,
}

/// One node's part in a run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunNode {
    pub name: String,
    pub role: Role,
    pub state: NodePhase,
    /// The exit code of its JVM, once that has ended.
    pub exit_code: Option<i32>,
    /// The ports that were chosen for it; empty before the start.
    #[serde(default)]
    pub ports: Vec<u16>,
    /// How far its machine's clock was ahead of the server's at the start, in milliseconds; `null`: the same clock, or
    /// unknown.
    #[serde(default)]
    pub clock_offset_ms: Option<i64>,
    /// Health of its machine at the last observation.
    #[serde(default)]
    pub health: Option<NodeHealth>,
    /// When the first sample of its own log started, by the server's clock; `null`: no sample yet, or the results are
    /// not direct.
    #[serde(default)]
    pub first_sample_ms: Option<i64>,
    /// Since when the run continues without it; `null`: it took part to the end.
    #[serde(default)]
    pub lost_ms: Option<i64>,
    /// Its own log, once it is verified; `null`: not verified yet, or the results are not direct.
    #[serde(default)]
    pub log: Option<NodeLog>,
}

/// Health of a node's machine over the last observation interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NodeHealth {
    pub at_ms: i64,
    /// CPU usage in percent of all CPUs.
    pub cpu_percent: u32,
    /// Highest CPU usage so far in the run.
    pub cpu_highest_percent: u32,
    /// Whether the machine was CPU-bound for a while in the run, so that response times may be inflated.
    #[serde(default)]
    pub was_busy: bool,
    pub memory_used_mb: u64,
    pub memory_mb: u64,
    /// Bytes per second over all network interfaces except loopback.
    pub received_per_s: u64,
    pub sent_per_s: u64,
    /// Free space on the disk of the node's files.
    pub disk_free_mb: Option<u64>,
    /// Used heap of its JVM after the last garbage collection.
    #[serde(default)]
    pub heap_used_mb: Option<u64>,
    /// Heap size of its JVM.
    #[serde(default)]
    pub heap_mb: Option<u64>,
    /// Bytes of its log that have not been read yet, the lowest value since the previous observation; `null`: it writes
    /// no log, or nothing was read since.
    #[serde(default)]
    pub lag_bytes: Option<u64>,
    /// Rows of its log received per second; `null`: the results are not direct.
    #[serde(default)]
    pub samples_per_s: Option<f64>,
}

/// Something that the engine did for a run, for the page's list of steps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunStep {
    /// Stays the same when the wording changes; empty in runs of earlier versions. `waiting_in_queue`,
    /// `waiting_for_cluster`, `checking_nodes`, `copying_files`, `starting_workers`, `starting_master`, `running`,
    /// `stopping`, `force_stopping`, `collecting`, `waiting_for_room`, `making_report`.
    #[serde(default)]
    pub code: String,
    /// Parameters; which ones depends on the code. `waiting_in_queue`: `run` and `name` of the run that it waits for,
    /// or `ahead`, the number of runs that wait before it.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(value_type = Object, additional_properties))]
    pub params: BTreeMap<String, serde_json::Value>,
    /// A sentence for people.
    #[serde(alias = "text")]
    pub message: String,
    pub started_ms: i64,
    pub ended_ms: Option<i64>,
}

/// The programs that a run was measured with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Versions {
    pub jac: String,
    pub jmeter: String,
    /// The distinct versions of its nodes, sorted; one element if all nodes have the same version.
    pub java: Vec<String>,
}

/// Something with an id and a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Named {
    pub id: String,
    pub name: String,
}

/// One execution of a plan on a cluster, as it is stored; its statistics are stored next to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    pub id: RunId,
    pub name: String,
    pub plan_id: PlanId,
    pub plan_name: String,
    /// Which state of the plan's files it runs; `None`: a JAC started it that did not count them.
    #[serde(default)]
    pub plan_revision: Option<u32>,
    pub cluster_id: ClusterId,
    pub cluster_name: String,
    /// The provider of its cluster's nodes; `None`: an earlier version of JAC started it without recording the
    /// provider, and its cluster no longer exists.
    #[serde(default)]
    pub provider: Option<Provider>,
    pub owner: Person,
    /// The team whose members may change it too; `null`: only its owner may.
    #[serde(default)]
    pub team: Option<Named>,
    /// Whether it is pinned: exempt from retention.
    #[serde(default)]
    pub pinned: bool,
    /// Tags to find it by.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Note; empty: none.
    #[serde(default)]
    pub note: String,
    /// Its annotations, in order of time.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// When it was made the baseline of its plan, which the plan's other runs are compared with; `None`: it is not the
    /// baseline.
    #[serde(default)]
    pub baseline_ms: Option<i64>,
    pub phase: RunPhase,
    /// The current step, a sentence; empty when the run is finished.
    pub step: String,
    pub cause: Option<Cause>,
    /// The `--fail-on` expressions.
    pub criteria: Vec<String>,
    /// Samples that start within this many seconds after the first one do not count for the criteria.
    #[serde(default)]
    pub warm_up_s: u64,
    /// Rules of its automatic stop; empty: none.
    #[serde(default)]
    pub stop_rules: Vec<String>,
    /// The version of the plan's criteria, warm-up and rules that these are; `None`: it was started with others.
    #[serde(default)]
    pub criteria_version: Option<u32>,
    /// Share of the log's rows that may be unreadable without affecting the verdict, in percent; `None`: the default.
    #[serde(default)]
    pub max_unread_percent: Option<f64>,
    /// The history of each criterion, as of the last change of any of them.
    #[serde(default)]
    pub criteria_watch: Vec<CriterionWatch>,
    pub created_ms: i64,
    /// When JMeter's master was started.
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// The planned duration in seconds; `None`: the plan does not define one.
    pub expected_s: Option<u64>,
    pub stop_requested: Option<StopMode>,
    pub stop_requested_by: Option<String>,
    /// The stop rule that stopped it; `None`: no rule did.
    #[serde(default)]
    pub broken_rule: Option<BrokenRule>,
    pub nodes: Vec<RunNode>,
    /// The `.jmx` that it runs, one of `files`. Empty in runs of earlier versions.
    #[serde(default)]
    pub main_file: String,
    /// The plan's files at the time of the request; the run's folder contains them.
    #[serde(default)]
    pub files: Vec<PlanFile>,
    /// The versions that it was measured with; known once its nodes were checked.
    #[serde(default)]
    pub versions: Option<Versions>,
    /// The true values of masked properties, sealed, in hex; removed once the run has finished.
    #[serde(default)]
    pub sealed_properties: Option<String>,
    /// JMeter properties for every node.
    pub properties: BTreeMap<String, String>,
    /// Java system properties for every node.
    #[serde(default)]
    pub system_properties: BTreeMap<String, String>,
    /// Properties files of the plan that every JMeter reads with `-q`, in this order.
    pub properties_files: Vec<String>,
    /// Data files that are split across the workers instead of copied to each.
    pub split: Vec<String>,
    /// Files that the plan writes and that are kept: patterns of paths below the folder of its `.jmx`.
    #[serde(default)]
    pub keep: Vec<String>,
    pub workers: u32,
    /// How the workers' samples are collected.
    #[serde(default)]
    pub results: ResultsMode,
    /// Whether it is a try run: `files` has a changed copy of the plan with 1 thread and 1 iteration in each thread group, and 1 node runs it.
    #[serde(default)]
    pub try_run: bool,
    /// The requested way to collect results.
    #[serde(default)]
    pub results_choice: ResultsChoice,
    /// It continues without lost workers while at least this many are left; `None`: the first lost worker ends it.
    #[serde(default)]
    pub min_workers: Option<u32>,
    /// JMeter properties whose totals are divided among the workers.
    #[serde(default)]
    pub share: BTreeMap<String, u64>,
    /// Threads of all workers, as far as the plan defines them.
    pub total_threads: Option<u64>,
    /// Graceful stop timeout in seconds, after which requests in flight are aborted.
    // Records written by older versions have the former name.
    #[serde(alias = "grace_s")]
    pub stop_timeout_s: u64,
    /// What a reader of the report must know.
    pub notes: Vec<Message>,
    pub steps: Vec<RunStep>,
    /// The last stop command for JMeter; it is stored before it is sent.
    #[serde(default)]
    pub stop_sent: Option<StopMode>,
    /// When it was sent: its time limit keeps counting while no engine is running.
    #[serde(default)]
    pub stop_sent_ms: Option<i64>,
    /// A fault that occurs while JMeter is being stopped; it becomes the cause.
    #[serde(default)]
    pub failing: Option<Cause>,
    /// The UDP port on which the master takes `Shutdown`.
    pub shutdown_port: Option<u16>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_from_queued_to_finished_exists_and_each_step_repeats() {
        let mut phase = RunPhase::Queued;
        for event in [RunEvent::ClusterReady, RunEvent::MasterStarted, RunEvent::MasterEnded, RunEvent::Collected] {
            phase = phase.apply(event).expect("a step of the ordinary way");
            assert_eq!(phase.apply(event), Ok(phase));
        }
        assert!(phase.is_terminal());
    }

    #[test]
    fn an_automatic_stop_names_its_rule_its_value_and_since_when() {
        let cause = Cause::AutoStopped {
            rule: "error_percent >= 90% for 60s".to_owned(),
            actual: 97.26,
            unit: "%".to_owned(),
            since_ms: 1_700_000_003_000,
            node: None,
            how: StopMode::Graceful,
        };
        let sentence = "Stopped automatically by the rule error_percent >= 90% for 60s: 97.3 % since 2023-11-14 \
                        22:13:23 UTC (graceful).";
        assert!(cause.is_partial() && cause.sentence() == sentence, "{}", cause.sentence());
    }

    #[test]
    fn a_finished_run_never_runs_again() {
        for event in [RunEvent::ClusterReady, RunEvent::MasterStarted, RunEvent::MasterEnded] {
            assert!(RunPhase::Finished.apply(event).is_err());
        }
    }

    #[test]
    fn whatever_waits_can_end() {
        for phase in [RunPhase::Queued, RunPhase::Preparing, RunPhase::Running] {
            assert_eq!(phase.apply(RunEvent::MasterEnded), Ok(RunPhase::Collecting));
        }
    }
}
