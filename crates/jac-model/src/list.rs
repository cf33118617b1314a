//! What lists can be sorted by. Which order a database can give without sorting is jac-store's.

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

/// What runs are sorted by. A figure that a run does not have yet is less than all others.
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

/// What clusters are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ClusterSort {
    #[default]
    Created,
    Expires,
    Name,
}

/// What plans are sorted by. One that was never run is less than all others in the order of the last runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum PlanSort {
    #[default]
    Created,
    Name,
    LastRun,
}

/// What schedules are sorted by. One that has no next time is more than all others in the order of the next times.
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
