//! Groupings of samples in addition to label and time: errors, response codes, response times, hosts.

use serde::{Deserialize, Serialize};

/// A group of similar failures.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ErrorGroup {
    /// The sampler's name.
    pub label: String,
    /// Response code.
    pub code: String,
    /// What their messages have in common: the response message, or the failed assertion's message if the code is a
    /// success, with IDs, numbers and addresses replaced with `#`; truncated after 1,000 bytes.
    pub message: String,
    /// The complete message of the first one; truncated after 10,000 bytes.
    #[serde(default)]
    pub example: String,
    /// Number of failures.
    pub count: u64,
    /// End of the first one, epoch milliseconds.
    pub first_ms: i64,
    /// End of the last one, epoch milliseconds.
    pub last_ms: i64,
}

/// Samples by response code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CodeCount {
    /// Response code as logged, which may be empty.
    pub code: String,
    /// Samples with this code.
    pub count: u64,
    /// Failed samples among them.
    pub errors: u64,
}

/// Samples with a response time in `from_ms..to_ms`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DistributionBin {
    /// Least response time of the bin, in milliseconds.
    pub from_ms: u64,
    /// First response time beyond the bin, in milliseconds.
    pub to_ms: u64,
    /// Samples in it.
    pub samples: u64,
    /// Failed samples among them.
    pub errors: u64,
}

/// Samples by node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HostCount {
    /// `host:port` of a remote thread's name, otherwise the `Hostname` column.
    pub host: String,
    /// Samples of this node.
    pub samples: u64,
    /// Failed samples among them.
    pub errors: u64,
}
