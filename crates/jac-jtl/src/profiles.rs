//! How response times are spread, per label and in total: percentile curves, histograms, and how many satisfied.

use crate::DistributionBin;
use serde::{Deserialize, Serialize};

/// The spread of the total's response times and of the busiest labels'.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profiles {
    /// The percentages that `percentiles_ms` of every profile is at, rising from 0 (the least time) to 100 (the greatest).
    pub percents: Vec<f64>,
    /// Over the same rows as the table's total.
    pub total: Profile,
    /// The same labels as in `series.labels`, in the same order.
    pub labels: Vec<LabelProfile>,
}

/// One label's spread.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelProfile {
    /// The sampler's name.
    pub label: String,
    /// Whether all its rows are transactions.
    pub transaction: bool,
    /// Distribution of its response times.
    pub profile: Profile,
}

/// Distribution of response times.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Profile {
    /// Successes within the lower threshold of Apdex.
    pub satisfied: u64,
    /// Successes above it and within the upper one.
    pub tolerated: u64,
    /// Successes above the upper one.
    pub frustrated: u64,
    /// Failures, regardless of their response time.
    pub failed: u64,
    /// Exact response times in milliseconds at `percents`; empty if there are no samples.
    pub percentiles_ms: Vec<f64>,
    /// The histogram: bins that contain samples, by rising time.
    pub distribution: Vec<DistributionBin>,
}

/// Apdex thresholds, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ApdexThresholds {
    /// Up to this, a successful sample counts as satisfied.
    pub satisfied_ms: u32,
    /// Up to this, a successful sample counts as tolerated.
    pub tolerated_ms: u32,
}
