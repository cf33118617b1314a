//! The sort keys of lists. jac-store knows which orders its indexes provide without sorting.

use serde::{Deserialize, Serialize};

/// The direction of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum Order {
    #[serde(rename = "asc")]
    Ascending,
    #[default]
    #[serde(rename = "desc")]
    Descending,
}

/// Sort key of runs. A figure that a run does not have yet sorts before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RunSort {
    #[default]
    Created,
    Started,
    Duration,
    Samples,
    Errors,
    P95,
    Rate,
}

/// Sort key of clusters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ClusterSort {
    #[default]
    Created,
    Expires,
    Name,
}

/// Sort key of plans. In the order of the last runs, a plan that was never run sorts before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlanSort {
    #[default]
    Created,
    Name,
    LastRun,
}

/// Sort key of schedules. In the order of the next times, a schedule without one sorts after all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ScheduleSort {
    #[default]
    Next,
    Name,
    Created,
}

/// Sort key of people. When sorted by last sign-in, people who have never signed in come before all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PersonSort {
    #[default]
    Name,
    Created,
    LastSeen,
}
