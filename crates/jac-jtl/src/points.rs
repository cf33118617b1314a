//! The statistics over time.

use crate::LabelProfile;
use serde::{Deserialize, Serialize};

/// The statistics over time, at one bucket width.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Series {
    /// Width of a bucket in milliseconds.
    pub bucket_ms: u64,
    /// The total's points in order of time; a bucket without a sample has none.
    pub points: Vec<Point>,
    /// The busiest labels, most samples first.
    pub labels: Vec<LabelSeries>,
    /// Samples by response code, the most frequent codes first; over the same rows as `points`.
    pub codes: Vec<CodeSeries>,
    /// Samples that *started* in each bucket: the load on the target, however long it took to answer. Over the same
    /// rows as `points`; a bucket in which no sample started has no entry.
    pub started: Vec<TimedCount>,
}

/// One response code's samples over time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeSeries {
    /// Response code as logged, which may be empty; [`Settings::OTHER_CODES`](crate::Settings::OTHER_CODES) for all that
    /// have no series of their own.
    pub code: String,
    /// Samples that ended in each bucket, in order of time; a bucket without samples has no entry.
    pub points: Vec<TimedCount>,
}

/// Changes of the samples by response code since a number that was returned before.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedCodes {
    /// `series` is complete and replaces everything returned before.
    pub reset: bool,
    /// All codes with a series of their own, at most ten of the most frequent, in a stable order, each with the counts
    /// of the changed buckets; then all other codes together, as in [`Series::codes`], if those buckets have any.
    pub series: Vec<CodeSeries>,
}

/// A number in one bucket of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TimedCount {
    /// Start of the bucket, epoch milliseconds.
    pub t_ms: i64,
    /// Samples.
    pub samples: u64,
}

/// One label's points.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelSeries {
    /// The sampler's name.
    pub label: String,
    /// Whether all its rows are transactions.
    pub transaction: bool,
    /// Its points in order of time; a bucket without a sample of this label has none.
    pub points: Vec<Point>,
}

/// The charts' data of one label, as in a report's `series` and `profiles`, which contain only the busiest labels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LabelCharts {
    /// Width of a bucket in milliseconds: that of the whole result's series.
    pub bucket_ms: u64,
    /// Start of the whole result's first bucket, epoch milliseconds; `null`: no row has a time.
    pub start_ms: Option<i64>,
    /// Its points.
    pub series: LabelSeries,
    /// Distribution of its response times.
    pub profile: LabelProfile,
}

/// Statistics of one time bucket. A sample belongs to the bucket in which it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Point {
    /// Start of the bucket, epoch milliseconds.
    pub t_ms: i64,
    /// Samples that ended in it.
    pub samples: u64,
    /// Failed samples.
    pub errors: u64,
    /// Mean response time in milliseconds.
    pub mean_ms: Option<f64>,
    /// 50th percentile of the response times, as the others exact below 1,024 ms and at most 0.2 % too low above.
    pub p50_ms: Option<f64>,
    /// 90th percentile.
    pub p90_ms: Option<f64>,
    /// 95th percentile.
    pub p95_ms: Option<f64>,
    /// 99th percentile.
    pub p99_ms: Option<f64>,
    /// Greatest response time.
    pub max_ms: Option<u64>,
    /// Mean time to the first byte in milliseconds.
    pub latency_ms: Option<f64>,
    /// Mean time to connect in milliseconds.
    pub connect_ms: Option<f64>,
    /// Bytes received; `null` in a log without them.
    pub received_bytes: Option<u64>,
    /// Bytes sent; `null` in a log without them.
    pub sent_bytes: Option<u64>,
    /// Threads active on all workers together; `null` in a log without thread counts and in a label's points.
    pub active_users: Option<u64>,
}
