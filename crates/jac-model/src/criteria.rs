//! The pass/fail criteria and stop rules of a plan, as they are stored, and the history of each criterion during a run.
//!
//! The expressions are text here; jac-jtl parses and evaluates them.

use serde::{Deserialize, Serialize};

/// The criteria of a plan, its warm-up and the rules of its automatic stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanCriteria {
    /// Rises by one with each change.
    pub version: u32,
    /// Expressions such as `p95 > 800ms`; if one is true, the run fails.
    pub criteria: Vec<String>,
    /// Samples that start within this many seconds after the first one do not count for the criteria; 0: all count.
    pub warm_up_s: u64,
    /// Rules such as `error_percent >= 90% for 60s`; a broken rule stops the run. Empty: no automatic stop.
    pub stop_rules: Vec<String>,
}

/// The stop rule of plans that have no other. jac-jtl has the same constant.
pub const DEFAULT_STOP_RULE: &str = "error_percent >= 90% for 60s";

impl Default for PlanCriteria {
    fn default() -> Self {
        Self { version: 1, criteria: Vec::new(), warm_up_s: 0, stop_rules: vec![DEFAULT_STOP_RULE.to_owned()] }
    }
}

impl PlanCriteria {
    /// Whether both have the same criteria, warm-up and stop rules, whatever their versions.
    pub fn says_the_same(&self, other: &Self) -> bool {
        let said = |one: &Self| (one.criteria.clone(), one.warm_up_s, one.stop_rules.clone());
        said(self) == said(other)
    }
}

/// A rule that was broken.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct BrokenRule {
    /// The rule as it was entered.
    pub rule: String,
    /// Value of the metric over the window.
    pub actual: f64,
    /// Unit of the value: `%`, `ms`.
    pub unit: String,
    /// When the window began, epoch milliseconds.
    pub since_ms: i64,
    /// The busiest generator, if the rule is about CPU usage.
    pub node: Option<String>,
}

/// History of a criterion during the run, evaluated once a second by the server's clock.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CriterionWatch {
    pub expression: String,
    /// Whether it was met at the last evaluation.
    pub met: bool,
    /// When it first had a value.
    pub began_ms: i64,
    /// Since when `met` has its value.
    pub since_ms: i64,
    /// When it was first not met; `null`: never.
    pub first_broken_ms: Option<i64>,
    /// For how long it was met, of the time from `began_ms` to `seen_ms`.
    pub met_ms: i64,
    /// When it was last evaluated.
    pub seen_ms: i64,
}

impl CriterionWatch {
    /// The first evaluation.
    pub fn first(expression: &str, met: bool, now_ms: i64) -> Self {
        Self {
            expression: expression.to_owned(),
            met,
            began_ms: now_ms,
            since_ms: now_ms,
            first_broken_ms: (!met).then_some(now_ms),
            met_ms: 0,
            seen_ms: now_ms,
        }
    }

    /// A further evaluation. The state of the previous one holds until then. Returns whether the state has changed.
    pub fn look(&mut self, met: bool, now_ms: i64) -> bool {
        // A clock that was set back adds nothing.
        let now_ms = now_ms.max(self.seen_ms);
        if self.met {
            self.met_ms += now_ms - self.seen_ms;
        }
        self.seen_ms = now_ms;
        let changed = self.met != met;
        if changed {
            (self.met, self.since_ms) = (met, now_ms);
        }
        if !met {
            self.first_broken_ms.get_or_insert(now_ms);
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_watch_knows_since_when_and_for_how_long_a_criterion_is_met() {
        let mut watch = CriterionWatch::first("p95 > 1s", true, 1_000);
        assert!(!watch.look(true, 2_000));
        assert!(watch.look(false, 3_000));
        assert!(!watch.look(false, 5_000));
        assert!(watch.look(true, 6_000));
        // No evaluation for a while, and the clock was set back.
        watch.look(true, 60_000);
        watch.look(true, 50_000);
        let expected = CriterionWatch {
            expression: "p95 > 1s".to_owned(),
            met: true,
            began_ms: 1_000,
            since_ms: 6_000,
            first_broken_ms: Some(3_000),
            met_ms: 2_000 + 54_000,
            seen_ms: 60_000,
        };
        assert_eq!(watch, expected);
    }
}
