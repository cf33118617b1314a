//! The criteria of a plan, with its warm-up and stop rules: one document, with a version for each change.

use super::PlanFolder;
use crate::blocking::wait;
use crate::clusters::conflict;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::runs::judged::faults_of;
use jac_model::{PlanCriteria, PlanId};

impl Engine {
    /// Saves a plan's criteria. `new.version` is the version that was edited. Criteria equal to the saved ones create no
    /// new version.
    ///
    /// # Errors
    /// When one of them cannot be parsed, or somebody has changed them since that version.
    pub fn set_plan_criteria(&self, id: &PlanId, new: PlanCriteria) -> Result<PlanCriteria, EngineError> {
        let faults = faults_of(&new.criteria, new.warm_up_s, &new.stop_rules);
        if !faults.is_empty() {
            return Err(EngineError::faulty("criteria_invalid", faults));
        }
        self.locked_plan(id, || {
            let mut plan = wait(self.store().plan(id))?;
            if plan.criteria.version != new.version {
                let message = format!(
                    "The criteria of '{}' have changed: they are now version {}, not {}.",
                    plan.name, plan.criteria.version, new.version
                );
                return Err(conflict(message, Some("Reload them and repeat your change.")));
            }
            if !plan.criteria.says_the_same(&new) {
                plan.criteria = PlanCriteria { version: new.version.saturating_add(1), ..new };
                PlanFolder::of(self, id).describe(&plan)?;
                wait(self.store().put_plan(&plan))?;
                self.notify(Event::Plan(id.to_string()));
            }
            Ok(plan.criteria)
        })
    }
}
