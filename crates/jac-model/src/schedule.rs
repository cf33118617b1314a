//! Schedules: when a plan is run automatically, on which cluster, and the outcome of each scheduled time.
//!
//! Owns schedules and firings, and (in [`times`]) the times that a [`Timing`] describes. The engine decides when
//! schedules are evaluated.

pub mod times;

use crate::{ClusterConfig, ClusterId, EpochMs, Named, Person, PlanId, Provider, ResultsChoice, RunId, ScheduleId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// When a schedule's runs start. Times are those of a clock on the wall in the zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Timing {
    Once {
        /// Date and time in the zone, such as `2026-12-01T03:00`.
        at: String,
        /// An IANA name, such as `Europe/Berlin`, or `UTC`.
        zone: String,
    },
    Cron {
        /// Minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`.
        expression: String,
        /// An IANA name, such as `Europe/Berlin`, or `UTC`.
        zone: String,
    },
}

impl Timing {
    /// The zone's name.
    pub fn zone(&self) -> &str {
        match self {
            Self::Once { zone, .. } | Self::Cron { zone, .. } => zone,
        }
    }
}

/// What happens at a scheduled time if the schedule's earlier run has not finished, or its cluster is busy with another
/// run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Overlap {
    /// Nothing is started for that time.
    #[default]
    Skip,
    /// The run starts when the cluster is free. At most one waits; a time that arrives while one waits is skipped.
    Queue,
}

/// Cluster of a schedule's runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunsOn {
    /// An existing cluster.
    Cluster {
        cluster_id: ClusterId,
        /// Its name when the schedule was saved.
        #[serde(default)]
        cluster_name: String,
    },
    /// A cluster that is created for each run and terminated after it.
    New {
        provider: Provider,
        #[serde(default)]
        config: Box<ClusterConfig>,
    },
}

/// The settings of each run, the same as those of a manually started run.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduledRun {
    /// The revision of the plan's files that each run uses; `null`: the newest at its time, whoever changed the plan.
    pub plan_revision: Option<u32>,
    /// JMeter properties for every node. The values of secret ones are masked in responses; sending a mask back keeps
    /// the value.
    pub properties: BTreeMap<String, String>,
    /// Java system properties for every node.
    pub system_properties: BTreeMap<String, String>,
    /// Names of properties and system properties whose values are secret.
    pub secret: Vec<String>,
    /// Files of the plan that every JMeter reads with `-q`.
    pub properties_files: Vec<String>,
    /// Data files, relative to the plan, whose rows are split across the workers.
    pub split: Vec<String>,
    /// Expressions such as `p95 > 800ms`; if one is true, the run fails. Empty: the plan's criteria.
    pub criteria: Vec<String>,
    /// Graceful stop timeout in seconds; `null`: 30.
    pub stop_timeout_s: Option<u64>,
    /// How the workers' samples are collected.
    pub results: ResultsChoice,
    /// With direct results, each run continues without lost workers while at least this many are left; `null`: the
    /// first lost worker ends the run.
    pub min_workers: Option<u32>,
    /// JMeter properties whose totals are divided among the workers.
    pub share: BTreeMap<String, u64>,
}

/// Whether a schedule starts runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ScheduleState {
    Active,
    /// A person paused it, or its owner was removed.
    Paused,
    /// Too many of its runs failed in a row.
    SwitchedOff,
    /// It had one time only, and that is over.
    Done,
}

/// Number of consecutive failures after which a schedule is switched off.
pub const FAILURES_UNTIL_OFF: u32 = 3;

/// A schedule, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    pub id: ScheduleId,
    pub name: String,
    /// The person whose permissions and credentials its runs use: the one who saved it last.
    pub owner: Person,
    /// The team whose members may change it too; `None`: only its owner may.
    pub team: Option<Named>,
    pub plan_id: PlanId,
    pub plan_name: String,
    pub run: ScheduledRun,
    /// The true values of properties that are masked, sealed, in hex.
    pub sealed_properties: Option<String>,
    pub on: RunsOn,
    pub timing: Timing,
    pub overlap: Overlap,
    pub state: ScheduleState,
    /// Consecutive failures of runs that it started automatically.
    pub failures: u32,
    /// The next time; `None` unless it is active.
    pub next_ms: Option<EpochMs>,
    pub created_ms: EpochMs,
    /// When it was switched off, paused or done last.
    pub ended_ms: Option<EpochMs>,
    /// The number of times it was saved; a save request names the revision that it is based on.
    pub revision: u32,
}

/// State of a firing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum FiringState {
    /// Its time has come; its cluster and its run are being created.
    Starting,
    /// It waits for the end of an earlier run.
    Waiting,
    /// Its run exists and has not finished.
    Running,
    /// Its run completed, or a person stopped it.
    Finished,
    /// Its run failed; a criterion that was not met is not a failure.
    Failed,
    /// Its run could not be started.
    NotStarted,
    /// An earlier run was still active, or it was cancelled while it waited.
    Skipped,
    /// JAC was not running at its time, and too late after it.
    Missed,
}

impl FiringState {
    pub const ALL: [Self; 8] = [
        Self::Starting,
        Self::Waiting,
        Self::Running,
        Self::Finished,
        Self::Failed,
        Self::NotStarted,
        Self::Skipped,
        Self::Missed,
    ];

    /// Nothing more will happen to it.
    pub fn is_terminal(self) -> bool {
        !matches!(self, Self::Starting | Self::Waiting | Self::Running)
    }

    /// It counts towards switching its schedule off.
    pub fn is_failure(self) -> bool {
        matches!(self, Self::Failed | Self::NotStarted)
    }

    /// Its name in the API and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Finished => "finished",
            Self::Failed => "failed",
            Self::NotStarted => "not_started",
            Self::Skipped => "skipped",
            Self::Missed => "missed",
        }
    }

    /// The state with this name.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// A scheduled time and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Firing {
    /// Rises from one to the next.
    pub id: i64,
    pub schedule_id: ScheduleId,
    /// The scheduled time; for a manual start: the time of the request.
    pub due_ms: EpochMs,
    pub state: FiringState,
    /// The person who started it manually; `null`: the schedule did.
    pub by: Option<Person>,
    /// Why it did not become a run, or how its run ended: `completed`, `criteria_failed`, `all_samples_failed`, `no_samples`,
    /// `stopped`, `auto_stopped`, `run_failed`, `run_deleted`, `overlap`, `cluster_busy`, `already_waiting`, `paused`, `missed`, `owner_disabled`, `owner_missing`, `owner_may_not`, or the code of an error; `null`: it has not ended.
    pub code: Option<String>,
    /// The same as a sentence.
    pub message: Option<String>,
    /// The run that it became; `null`: none.
    pub run_id: Option<RunId>,
    /// Number of scheduled times it represents: consecutive missed ones are combined.
    pub times: u32,
    pub ended_ms: Option<EpochMs>,
}
