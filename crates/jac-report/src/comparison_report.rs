//! Several results next to each other as data: embedded in the comparison's page and served by the server.

use crate::{Comparison, ErrorType, Side, Thresholds, compare, error_types};
use jac_jtl::{LogStatistics, Point, Profile, ResponseTimes, Summary};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Two or more results side by side.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparisonReport {
    /// Version of this format: 1.
    pub version: u32,
    /// Heading of the page.
    pub title: String,
    /// Version of JAC that created it.
    pub jac_version: String,
    /// When it was created, epoch milliseconds.
    pub created_ms: i64,
    /// The results in the given order. The others are compared with the first.
    pub results: Vec<ComparedResult>,
    /// The second, third… result compared with the first.
    pub comparisons: Vec<Comparison>,
}

/// A compared result.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparedResult {
    /// Its name.
    pub name: String,
    /// The run's ID, if JAC ran it.
    pub run_id: Option<String>,
    /// How that run was started; `null`: unknown.
    #[serde(default)]
    pub run: Option<ComparedRun>,
    /// Its failures by type, the most frequent first, at most 200.
    #[serde(default)]
    pub errors: Vec<ErrorType>,
    /// Start of its first sample, epoch milliseconds.
    pub start_ms: Option<i64>,
    /// Width of a bucket in milliseconds; `null` if there is only a table.
    pub bucket_ms: Option<u64>,
    /// The total over time; empty if there is only a table.
    pub points: Vec<Point>,
    /// How the total's response times are spread; `null` if there is only a table.
    pub profile: Option<Profile>,
    /// The percentages of `profile.percentiles_ms`.
    pub percents: Vec<f64>,
    /// Its table.
    pub summary: Summary,
}

/// The start settings of a run that its results depend on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ComparedRun {
    /// Its plan's name.
    pub plan: String,
    /// The revision of the plan's files; `null`: unknown.
    pub plan_revision: Option<u32>,
    /// Threads of all workers; `null`: they are known only at run time.
    pub users: Option<u64>,
    /// Number of workers; 0: the master ran the plan itself.
    pub workers: u32,
    /// Type of its nodes; `null`: no longer known.
    pub machines: Option<String>,
    /// JMeter properties for every node, secrets masked.
    pub properties: BTreeMap<String, String>,
    /// Java system properties for every node, secrets masked.
    #[serde(default)]
    pub system_properties: BTreeMap<String, String>,
    /// Properties files of the plan that every JMeter read.
    #[serde(default)]
    pub properties_files: Vec<String>,
    /// Version of JMeter; `null`: unknown.
    #[serde(default)]
    pub jmeter: Option<String>,
    /// Java versions of its nodes; empty: unknown.
    #[serde(default)]
    pub java: Vec<String>,
    /// JMeter properties whose totals were divided among the workers.
    pub share: BTreeMap<String, u64>,
    /// Data files whose rows were split across the workers.
    pub split: Vec<String>,
}

/// Maximum number of failure types per result.
const MOST_ERRORS: usize = 200;

/// The most frequent types of failures.
pub fn most_frequent(mut errors: Vec<ErrorType>) -> Vec<ErrorType> {
    errors.truncate(MOST_ERRORS);
    errors
}

/// A result to compare, with the data that the tests need.
#[derive(Debug, Clone, PartialEq)]
pub struct Compared {
    /// The displayed part.
    pub result: ComparedResult,
    /// The exact response times of its passed samples; without them only failures can be tested.
    pub passed_times: Option<ResponseTimes>,
    /// Share of its rows that may be unread, in percent; `None`: that of the thresholds.
    pub max_unread_percent: Option<f64>,
}

impl Compared {
    /// From a log's statistics.
    pub fn of_log(name: impl Into<String>, log: &mut LogStatistics) -> Self {
        let (series, profiles, summary) = (log.series(), log.profiles(), log.summary());
        let result = ComparedResult {
            name: name.into(),
            run_id: None,
            run: None,
            errors: most_frequent(error_types(&log.errors(usize::MAX))),
            start_ms: summary.start_ms,
            bucket_ms: Some(series.bucket_ms),
            points: series.points,
            profile: Some(profiles.total),
            percents: profiles.percents,
            summary,
        };
        Self { result, passed_times: Some(log.passed_times()), max_unread_percent: None }
    }

    /// From only a `summary.json`.
    pub fn of_summary(name: impl Into<String>, summary: Summary) -> Self {
        let result = ComparedResult {
            name: name.into(),
            run_id: None,
            run: None,
            errors: Vec::new(),
            start_ms: summary.start_ms,
            bucket_ms: None,
            points: Vec::new(),
            profile: None,
            percents: Vec::new(),
            summary,
        };
        Self { result, passed_times: None, max_unread_percent: None }
    }

    fn side(&self) -> Side {
        Side {
            name: self.result.name.clone(),
            summary: self.result.summary.clone(),
            passed_times: self.passed_times.clone(),
            max_unread_percent: self.max_unread_percent,
        }
    }
}

impl ComparisonReport {
    /// Compares every result after the first with the first.
    pub fn new(
        title: impl Into<String>,
        jac_version: impl Into<String>,
        created_ms: i64,
        compared: Vec<Compared>,
        thresholds: Thresholds,
    ) -> Self {
        let sides: Vec<Side> = compared.iter().map(Compared::side).collect();
        let comparisons = match sides.split_first() {
            Some((base, others)) => others.iter().map(|other| compare(base, other, thresholds)).collect(),
            None => Vec::new(),
        };
        Self {
            version: 1,
            title: title.into(),
            jac_version: jac_version.into(),
            created_ms,
            results: compared.into_iter().map(|compared| compared.result).collect(),
            comparisons,
        }
    }

    /// Whether no line of any result is worse than in the first, and the tests could be applied.
    pub fn is_fine(&self) -> bool {
        self.comparisons.iter().all(|comparison| comparison.outcome.is_fine())
    }
}
