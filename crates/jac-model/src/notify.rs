//! Notifications: messages about a run's end, and the port to a target.
//!
//! Owns the document and the terms. An adapter owns protocols and wording; the engine decides which runs are reported
//! to which target, when a delivery is retried, and when it is abandoned.

use crate::{Cause, EpochMs, Named, Person, PlanId, RunId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Kind of a notification target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum NotifierKind {
    /// A signed JSON document by HTTP POST.
    Webhook,
    /// An incoming webhook of Slack.
    Slack,
    /// A webhook of Microsoft Teams' Workflows.
    Teams,
    /// A mail by SMTP.
    Mail,
}

/// Which runs a target is notified of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunSelection {
    #[default]
    All,
    /// Runs that failed or did not meet their criteria.
    Failed,
}

/// A notification target, without the secret parts of its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NotifierInfo {
    /// Unique on this server.
    pub name: String,
    pub kind: NotifierKind,
    /// Scheme, host and port; for mail also who gets it.
    pub address: String,
    pub runs: RunSelection,
    /// Names of the plans whose runs are reported to it; empty: all plans.
    pub plans: Vec<String>,
}

impl NotifierInfo {
    /// Whether the target is notified of this run.
    pub fn selects(&self, run: &EndedRun) -> bool {
        let is_of_plan = self.plans.is_empty() || self.plans.contains(&run.plan.name);
        is_of_plan && (self.runs == RunSelection::All || run.is_failure())
    }
}

/// Why a notification is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotificationEvent {
    /// A run has ended, and its results are available.
    #[serde(rename = "run.finished")]
    RunFinished,
    /// A test of the target by a user; the run in it is invented.
    #[serde(rename = "test")]
    Test,
}

/// The notification: the JSON document of a webhook, from which the adapters of other kinds create their text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notification {
    /// Version of this format: 1. Fields may be added to a version.
    pub version: u32,
    pub event: NotificationEvent,
    /// The delivery's ID, the same in each attempt.
    pub id: String,
    pub run: EndedRun,
}

/// A run at its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedRun {
    pub id: RunId,
    pub name: String,
    pub plan: EndedPlan,
    pub owner: Person,
    pub team: Option<Named>,
    pub cluster: String,
    pub workers: u32,
    pub tags: Vec<String>,
    /// Epoch milliseconds, as all times.
    pub created_ms: EpochMs,
    /// When the test began; `null`: it never did.
    pub started_ms: Option<EpochMs>,
    pub ended_ms: EpochMs,
    pub cause: EndCause,
    /// `passed`, `failed`, or `none` if the run has no criteria.
    pub verdict: String,
    /// `null`: nothing was measured.
    pub figures: Option<EndFigures>,
    pub criteria: Vec<EndCriterion>,
    /// Its page; `null`: the server's public address is not configured.
    pub url: Option<String>,
}

impl EndedRun {
    /// The run failed, or its criteria were not met.
    pub fn is_failure(&self) -> bool {
        self.cause.code == "failed" || self.verdict == "failed"
    }
}

/// The plan that was run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedPlan {
    pub id: PlanId,
    pub name: String,
    /// The revision of its files; `null`: unknown.
    pub revision: Option<u32>,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndCause {
    /// `completed`, `stopped` or `failed`.
    pub code: String,
    /// Sentences for people.
    pub message: String,
}

impl From<&Cause> for EndCause {
    fn from(cause: &Cause) -> Self {
        Self { code: cause.code().to_owned(), message: cause.sentence() }
    }
}

/// The headline figures of a run, for its whole length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndFigures {
    pub samples: u64,
    pub errors: u64,
    pub error_percent: Option<f64>,
    /// Samples per second.
    pub rate_per_s: Option<f64>,
    /// 95th percentile of the response times, milliseconds.
    pub p95_ms: Option<f64>,
}

/// Result of a criterion.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndCriterion {
    pub expression: String,
    pub met: bool,
    /// `met`, `not_met`, `label_missing`…, as in the report.
    pub code: Option<String>,
    /// For people.
    pub message: String,
}

/// Why a target did not accept a notification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SendError {
    /// Stays the same when the wording changes: `integration_timeout`, `integration_refused`…
    pub code: &'static str,
    /// A sentence, without secrets.
    pub message: String,
    pub retry: Retry,
}

/// Whether a retry may succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retry {
    /// It may pass, after the usual delay.
    Later,
    /// The target says when to retry.
    After(Duration),
    /// The target will not take it.
    Never,
}

impl SendError {
    /// A fault that may pass.
    pub fn passing(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry: Retry::Later }
    }

    /// A fault that a retry does not remedy.
    pub fn lasting(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), retry: Retry::Never }
    }
}

/// A target for notifications.
#[async_trait]
pub trait Notifier: Send + Sync {
    fn info(&self) -> NotifierInfo;

    /// Sends it once, within a bounded time. Sent twice, both have the notification's id. `now_ms`: when it is signed.
    async fn send(&self, notification: &Notification, now_ms: EpochMs) -> Result<(), SendError>;
}

/// State of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum DeliveryState {
    /// It is sent, or waits to be sent again.
    Waiting,
    /// The target took it.
    Delivered,
    /// The target refuses it, or did not take it for a day.
    GivenUp,
}
