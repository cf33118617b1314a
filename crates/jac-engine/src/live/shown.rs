//! A run's state at its newest snapshot: its headline figures, its criteria and its stop rules, which pages, lists and
//! metrics request at any time.
//!
//! It is written by [`LiveRun::advance`]; nothing is measured here.

use super::LiveRun;
use crate::view::Headline;
use jac_jtl::criteria::stop::{StopRuleCode, StopRuleState};
use jac_jtl::criteria::{CriterionCode, CriterionResult};
use jac_model::{BrokenRule, CriterionWatch, EpochMs};

/// The state at the newest snapshot.
#[derive(Default)]
pub(super) struct Shown {
    /// `None` before the first snapshot of this process.
    pub(super) headline: Option<Headline>,
    pub(super) judged: Judged,
    /// The history of the criteria has changed since it was stored.
    pub(super) watch_changed: bool,
}

/// The state of the criteria and the stop rules at the newest snapshot.
#[derive(Debug, Clone, Default)]
pub(crate) struct Judged {
    pub criteria: Vec<CriterionResult>,
    pub watch: Vec<CriterionWatch>,
    pub rules: Vec<StopRuleState>,
}

impl LiveRun {
    /// The figures of the newest snapshot.
    pub fn headline(&self) -> Option<Headline> {
        self.shown().headline.clone()
    }

    /// How it was judged at the newest snapshot.
    pub fn judged(&self) -> Judged {
        self.shown().judged.clone()
    }

    /// The first rule of the automatic stop that was broken at the newest snapshot.
    pub fn broken_rule(&self) -> Option<BrokenRule> {
        let shown = self.shown();
        let broken = shown.judged.rules.iter().find(|rule| rule.code == StopRuleCode::Broken)?;
        Some(BrokenRule {
            rule: broken.expression.clone(),
            actual: broken.actual?,
            unit: broken.unit.symbol().to_owned(),
            since_ms: broken.since_ms?,
            node: broken.node.clone(),
        })
    }

    /// The watch over the criteria, if one of them changed since [`LiveRun::watch_is_kept`].
    pub fn changed_watch(&self) -> Option<Vec<CriterionWatch>> {
        let shown = self.shown();
        shown.watch_changed.then(|| shown.judged.watch.clone())
    }

    pub fn watch_is_kept(&self) {
        self.shown().watch_changed = false;
    }
}

impl Shown {
    /// Takes over the results of the criteria and updates their history. A criterion without a value is neither met nor failed.
    pub(super) fn judge(&mut self, criteria: Vec<CriterionResult>, rules: Vec<StopRuleState>, now_ms: EpochMs) {
        self.judged.criteria = criteria;
        self.judged.rules = rules;
        for result in &self.judged.criteria {
            let met = match result.code {
                Some(CriterionCode::Met) => true,
                Some(CriterionCode::NotMet) => false,
                _ => continue,
            };
            let known = self.judged.watch.iter_mut().find(|watch| watch.expression == result.expression);
            self.watch_changed |= match known {
                Some(watch) => watch.look(met, now_ms),
                None => {
                    self.judged.watch.push(CriterionWatch::first(&result.expression, met, now_ms));
                    true
                }
            };
        }
    }
}
