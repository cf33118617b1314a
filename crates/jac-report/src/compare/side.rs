//! The input of a comparison: the two results, and the thresholds.

use jac_jtl::criteria::MAX_UNREAD_PERCENT;
use jac_jtl::{LogStatistics, ResponseTimes, Summary};

/// One of the two results.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// Its name.
    pub name: String,
    /// Its table.
    pub summary: Summary,
    /// Response times of its passed samples; without them (all there is is a `summary.json`) only failures can be tested.
    pub passed_times: Option<ResponseTimes>,
    /// Share of its rows that may be unread, in percent; `None`: that of the thresholds.
    pub max_unread_percent: Option<f64>,
}

impl Side {
    /// From a log's statistics.
    pub fn of_log(name: impl Into<String>, log: &mut LogStatistics) -> Self {
        let passed_times = Some(log.passed_times());
        Self { name: name.into(), summary: log.summary(), passed_times, max_unread_percent: None }
    }

    /// From only a `summary.json`.
    pub fn of_summary(name: impl Into<String>, summary: Summary) -> Self {
        Self { name: name.into(), summary, passed_times: None, max_unread_percent: None }
    }

    /// The percentage of unread rows above which the verdict is in doubt, if this result has more.
    pub(super) fn exceeded_percent(&self, thresholds: Thresholds) -> Option<f64> {
        let most = self.max_unread_percent.unwrap_or(thresholds.max_unread_percent);
        self.summary.unread_percent.is_some_and(|unread| unread > most).then_some(most)
    }
}

/// When a change counts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Thresholds {
    /// Greatest probability of calling noise a change, over all tests together (0.01).
    pub significance: f64,
    /// Minimum relevant change of mean, median or 95th percentile, in percent (5).
    pub time_percent: f64,
    /// Least such change in milliseconds (2): below it the clocks' steps are all there is.
    pub time_ms: f64,
    /// Least change of the share of failures that matters, in percentage points (0.1).
    pub error_points: f64,
    /// Share of a log's rows that may be unread without putting the verdict in doubt, in percent (0.1), if its result
    /// has no such value.
    pub max_unread_percent: f64,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self {
            significance: 0.01,
            time_percent: 5.0,
            time_ms: 2.0,
            error_points: 0.1,
            max_unread_percent: MAX_UNREAD_PERCENT,
        }
    }
}
