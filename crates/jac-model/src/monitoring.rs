//! The figures of a running test for monitoring systems, and the port to a target that they are pushed to.
//!
//! Owns the figures. All counts cover the whole run so far: they only rise, also across a restart of the server. Names
//! and formats belong to the adapters and to `/metrics`; the engine decides when figures are taken and what happens to
//! undelivered ones.

use crate::notify::SendError;
use crate::{EpochMs, RunId};
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::time::Duration;

/// Upper bounds of the response times' histogram, inclusive; one more bucket is above the last.
pub const BOUNDS_MS: [u32; 16] =
    [5, 10, 25, 50, 75, 100, 250, 500, 750, 1_000, 2_500, 5_000, 7_500, 10_000, 30_000, 60_000];
/// The percentiles among [`Counted`], as quantiles, in their order there.
pub const QUANTILES: [f64; 4] = [0.5, 0.9, 0.95, 0.99];

/// A run at a moment.
#[derive(Debug, Clone, PartialEq)]
pub struct RunFigures {
    pub run: RunId,
    pub name: String,
    pub plan: String,
    pub cluster: String,
    /// The owner's name.
    pub owner: String,
    pub at_ms: EpochMs,
    /// The start of the counted period.
    pub started_ms: EpochMs,
    /// All that was measured is in it.
    pub is_last: bool,
    /// Active threads of all workers; `None`: the log does not record them.
    pub active_users: Option<u64>,
    /// Over the last seconds; 0 in the last figures.
    pub rate_per_s: Option<f64>,
    /// Rows of the log that could not be read.
    pub rejected_rows: u64,
    /// All samples without transactions, as in the report.
    pub total: Counted,
    /// The labels with the most samples.
    pub labels: Vec<LabelFigures>,
    /// Number of omitted labels.
    pub labels_left_out: u64,
}

/// The figures of a label.
#[derive(Debug, Clone, PartialEq)]
pub struct LabelFigures {
    pub label: String,
    /// `request`, `transaction` or `mixed`.
    pub kind: &'static str,
    pub counted: Counted,
}

/// Counts of a group of samples.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Counted {
    pub samples: u64,
    pub errors: u64,
    /// Sum of the response times.
    pub sum_ms: u64,
    pub min_ms: Option<u64>,
    pub max_ms: Option<u64>,
    /// Percentiles of the response times of the whole run so far, milliseconds, those of [`QUANTILES`].
    pub quantiles_ms: [Option<f64>; QUANTILES.len()],
    /// Samples in each bucket, not added up: up to each of [`BOUNDS_MS`], and above.
    pub buckets: [u64; BOUNDS_MS.len() + 1],
}

impl Counted {
    /// Samples that have a response time: those in the buckets.
    pub fn timed(&self) -> u64 {
        self.buckets.iter().sum()
    }
}

/// The protocol of a metrics target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ExporterKind {
    /// OpenTelemetry's protocol: HTTP with protobuf.
    Otlp,
    /// InfluxDB's line protocol over its write interface, version 1 or 2.
    Influxdb,
}

/// A metrics target, without credentials.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExporterInfo {
    /// Unique on this server.
    pub name: String,
    pub kind: ExporterKind,
    /// Scheme, host and port.
    pub address: String,
    /// Seconds between two points of a run.
    pub interval_s: u64,
}

/// A place that figures are pushed to.
#[async_trait]
pub trait MetricsExporter: Send + Sync {
    fn info(&self) -> ExporterInfo;

    /// Interval at which figures are taken for it.
    fn interval(&self) -> Duration;

    /// Pushes points once, within a bounded time, and returns how many of their values the target rejected. Pushing a
    /// point twice is harmless.
    async fn push(&self, points: &[Arc<RunFigures>]) -> Result<u64, SendError>;

    /// Pushes one value of no run.
    async fn test(&self, now_ms: EpochMs) -> Result<(), SendError>;
}
