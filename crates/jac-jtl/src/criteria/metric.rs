//! The metrics of criteria: every number of the table.

use crate::Entry;
use serde::{Deserialize, Serialize};

/// A number of an [`Entry`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// `samples`
    Samples,
    /// `errors`
    Errors,
    /// `error_percent`
    ErrorPercent,
    /// `mean_ms`
    Mean,
    /// `min_ms`
    Min,
    /// `max_ms`
    Max,
    /// `stddev_ms`
    Stddev,
    /// `median_ms`
    Median,
    /// `p90_ms`
    P90,
    /// `p95_ms`
    P95,
    /// `p99_ms`
    P99,
    /// `p999_ms`
    P999,
    /// `throughput_per_s`
    Throughput,
    /// `received_kb_per_s`
    Received,
    /// `sent_kb_per_s`
    Sent,
    /// `avg_bytes`
    AvgBytes,
    /// `latency_ms`
    Latency,
    /// `connect_ms`
    Connect,
    /// `apdex`
    Apdex,
}

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Unit {
    /// It is a number.
    #[serde(rename = "")]
    None,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Percent.
    #[serde(rename = "%")]
    Percent,
    /// Per second.
    #[serde(rename = "/s")]
    PerSecond,
    /// Kilobytes per second.
    #[serde(rename = "KB/s")]
    KilobytesPerSecond,
}

impl Unit {
    /// The symbol after a number.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::None => "",
            Self::Milliseconds => "ms",
            Self::Percent => "%",
            Self::PerSecond => "/s",
            Self::KilobytesPerSecond => "KB/s",
        }
    }

    /// A value for people: at most three decimals, and the unit.
    pub fn with(self, value: f64) -> String {
        let number = format!("{value:.3}");
        let number = number.trim_end_matches('0').trim_end_matches('.');
        if self == Self::None { number.to_owned() } else { format!("{number} {}", self.symbol()) }
    }
}

impl Metric {
    /// All metrics, in the table's order.
    pub const ALL: [Self; 19] = [
        Self::Samples,
        Self::Errors,
        Self::ErrorPercent,
        Self::Mean,
        Self::Min,
        Self::Max,
        Self::Stddev,
        Self::Median,
        Self::P90,
        Self::P95,
        Self::P99,
        Self::P999,
        Self::Throughput,
        Self::Received,
        Self::Sent,
        Self::AvgBytes,
        Self::Latency,
        Self::Connect,
        Self::Apdex,
    ];

    /// The field's name in `summary.json`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Errors => "errors",
            Self::ErrorPercent => "error_percent",
            Self::Mean => "mean_ms",
            Self::Min => "min_ms",
            Self::Max => "max_ms",
            Self::Stddev => "stddev_ms",
            Self::Median => "median_ms",
            Self::P90 => "p90_ms",
            Self::P95 => "p95_ms",
            Self::P99 => "p99_ms",
            Self::P999 => "p999_ms",
            Self::Throughput => "throughput_per_s",
            Self::Received => "received_kb_per_s",
            Self::Sent => "sent_kb_per_s",
            Self::AvgBytes => "avg_bytes",
            Self::Latency => "latency_ms",
            Self::Connect => "connect_ms",
            Self::Apdex => "apdex",
        }
    }

    /// Its name in a sentence.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Errors => "errors",
            Self::ErrorPercent => "error rate",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::Stddev => "standard deviation",
            Self::Median => "median",
            Self::P90 => "p90",
            Self::P95 => "p95",
            Self::P99 => "p99",
            Self::P999 => "p99.9",
            Self::Throughput => "throughput",
            Self::Received => "received KB/s",
            Self::Sent => "sent KB/s",
            Self::AvgBytes => "mean bytes",
            Self::Latency => "mean latency",
            Self::Connect => "mean connect time",
            Self::Apdex => "Apdex",
        }
    }

    /// Its value in a line of the table.
    pub fn value(self, entry: &Entry) -> Option<f64> {
        match self {
            Self::Samples => Some(entry.samples as f64),
            Self::Errors => Some(entry.errors as f64),
            Self::ErrorPercent => entry.error_percent,
            Self::Mean => entry.mean_ms,
            Self::Min => entry.min_ms.map(|value| value as f64),
            Self::Max => entry.max_ms.map(|value| value as f64),
            Self::Stddev => entry.stddev_ms,
            Self::Median => entry.median_ms,
            Self::P90 => entry.p90_ms,
            Self::P95 => entry.p95_ms,
            Self::P99 => entry.p99_ms,
            Self::P999 => entry.p999_ms,
            Self::Throughput => entry.throughput_per_s,
            Self::Received => entry.received_kb_per_s,
            Self::Sent => entry.sent_kb_per_s,
            Self::AvgBytes => entry.avg_bytes,
            Self::Latency => entry.latency_ms,
            Self::Connect => entry.connect_ms,
            Self::Apdex => entry.apdex,
        }
    }

    /// Finds a metric by its name, with or without the unit's suffix.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|metric| {
            let full = metric.name();
            let bare = ["_kb_per_s", "_per_s", "_ms", "_percent"].iter().find_map(|suffix| full.strip_suffix(suffix));
            name == full || Some(name) == bare || (*metric == Self::Median && matches!(name, "p50" | "p50_ms"))
        })
    }

    /// Its unit.
    pub fn unit(self) -> Unit {
        match self {
            Self::Samples | Self::Errors | Self::AvgBytes | Self::Apdex => Unit::None,
            Self::ErrorPercent => Unit::Percent,
            Self::Throughput => Unit::PerSecond,
            Self::Received | Self::Sent => Unit::KilobytesPerSecond,
            Self::Mean
            | Self::Min
            | Self::Max
            | Self::Stddev
            | Self::Median
            | Self::P90
            | Self::P95
            | Self::P99
            | Self::P999
            | Self::Latency
            | Self::Connect => Unit::Milliseconds,
        }
    }

    /// A value for people: at most three decimals, and the unit.
    pub(super) fn with_unit(self, value: f64) -> String {
        self.unit().with(value)
    }
}
