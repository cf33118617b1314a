//! A run's criteria: chosen when it is requested, from the plan's and those given for this run, and read again from its row.

use jac_jtl::criteria::stop::StopRule;
use jac_jtl::criteria::{Criterion, Evaluation};
use jac_model::{Fault, Plan, PlanCriteria, Run};

/// The longest warm-up, in seconds: a day.
const LONGEST_WARM_UP_S: u64 = 86_400;
/// Maximum number of criteria, and of rules.
const MOST_CRITERIA: usize = 100;
const MOST_RULES: usize = 20;

/// The criteria of a new run: those of its request, otherwise those of its plan.
pub(super) struct Chosen {
    pub criteria: Vec<String>,
    pub warm_up_s: u64,
    pub stop_rules: Vec<String>,
    /// The plan's version with the same criteria, warm-up and rules.
    pub version: Option<u32>,
}

impl Chosen {
    pub fn of(
        plan: &Plan,
        criteria: Option<Vec<String>>,
        warm_up_s: Option<u64>,
        stop_rules: Option<Vec<String>>,
    ) -> Self {
        let kept = plan.criteria.clone();
        let chosen = PlanCriteria {
            version: kept.version,
            criteria: criteria.unwrap_or_else(|| kept.criteria.clone()),
            warm_up_s: warm_up_s.unwrap_or(kept.warm_up_s),
            stop_rules: stop_rules.unwrap_or_else(|| kept.stop_rules.clone()),
        };
        let is_the_plans = chosen.says_the_same(&kept);
        let PlanCriteria { version, criteria, warm_up_s, stop_rules } = chosen;
        Self { criteria, warm_up_s, stop_rules, version: is_the_plans.then_some(version) }
    }
}

/// Their faults, by the fields' names.
pub(crate) fn faults_of(criteria: &[String], warm_up_s: u64, stop_rules: &[String]) -> Vec<Fault> {
    let mut faults = Vec::new();
    for (place, expression) in criteria.iter().enumerate() {
        if let Err(error) = expression.parse::<Criterion>() {
            let message = jac_model::sentence(&error);
            faults.push(Fault::at(&format!("/criteria/{place}"), Fault::MALFORMED, message));
        }
    }
    for (place, expression) in stop_rules.iter().enumerate() {
        if let Err(error) = expression.parse::<StopRule>() {
            let message = jac_model::sentence(&error);
            faults.push(Fault::at(&format!("/stop_rules/{place}"), Fault::MALFORMED, message));
        }
    }
    for (field, count, most) in
        [("/criteria", criteria.len(), MOST_CRITERIA), ("/stop_rules", stop_rules.len(), MOST_RULES)]
    {
        if count > most {
            faults.push(Fault::at(field, Fault::OUT_OF_RANGE, format!("At most {most} are allowed.")));
        }
    }
    if warm_up_s > LONGEST_WARM_UP_S {
        let message = format!("The warm-up can be at most {LONGEST_WARM_UP_S} seconds.");
        faults.push(Fault::at("/warm_up_s", Fault::OUT_OF_RANGE, message));
    }
    faults
}

/// A run's criteria, from its row: each expression was read when the run was requested.
pub(super) fn criteria_of(run: &Run) -> Vec<Criterion> {
    run.criteria.iter().filter_map(|expression| expression.parse().ok()).collect()
}

/// The evaluation of a run: its criteria and stop rules, from its row.
pub(crate) fn evaluation_of(run: &Run) -> Evaluation {
    let rules = run.stop_rules.iter().filter_map(|expression| expression.parse().ok()).collect();
    Evaluation::new(criteria_of(run), run.warm_up_s, rules)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::DEFAULT_STOP_RULE;

    #[test]
    fn the_default_rule_of_a_plan_is_valid() {
        assert_eq!(DEFAULT_STOP_RULE, jac_jtl::criteria::stop::DEFAULT_RULE);
        let kept = PlanCriteria::default();
        assert!(faults_of(&kept.criteria, kept.warm_up_s, &kept.stop_rules).is_empty());
    }

    #[test]
    fn each_fault_is_at_its_place() {
        let criteria = ["p95 > 1s".to_owned(), "speed > 1".to_owned()];
        let rules = ["error > 1%".to_owned()];
        let places: Vec<_> =
            faults_of(&criteria, 100_000, &rules).into_iter().map(|fault| (fault.field, fault.code)).collect();
        let expected = [
            ("/criteria/1", Fault::MALFORMED),
            ("/stop_rules/0", Fault::MALFORMED),
            ("/warm_up_s", Fault::OUT_OF_RANGE),
        ];
        assert_eq!(places, expected.map(|(place, code)| (Some(place.to_owned()), code.to_owned())));
    }
}
