//! A try: a run that shows whether a plan works, and measures nothing.
//!
//! It runs a changed copy of the plan ([`jac_jmx::TryPlan`]) on one node: each thread group has one thread and one iteration, and begins
//! nothing after 30 seconds. The copy is what the run keeps of the plan, and a note lists what was changed; the plan itself stays as it is.
//! The node writes request and response of each failed sample to a file, which is kept. A try fails with its first failed sample, unless
//! it was given criteria of its own. It is in no trend, is nobody's baseline, and neither notifies anybody nor is shipped to a search target.

use super::NewRun;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::PlanAt;
use jac_model::{ClusterConfig, Message, Plan, ResultsChoice};

/// What a try is judged by where nothing else was given.
const CRITERION: &str = "error_percent > 0%";

/// How many of the cluster's workers take part: one, or 0 in a cluster of the master alone.
pub(crate) fn workers(is_try: bool, of_cluster: u32) -> u32 {
    if is_try { of_cluster.min(1) } else { of_cluster }
}

/// Workers of a cluster that is created for the run. Machines that exist are used as they are listed.
pub(crate) fn workers_to_create(is_try: bool, config: &ClusterConfig) -> u32 {
    workers(is_try && config.ssh.is_none(), config.workers)
}

/// Replaces the settings of the load and its judgement by those of a try. The choice of how results come together stays
/// as it was requested: [`results`] decides how they do.
pub(crate) fn settle(new: &mut NewRun) {
    if !new.try_run {
        return;
    }
    new.min_workers = None;
    new.criteria.get_or_insert_with(|| vec![CRITERION.to_owned()]);
    new.warm_up_s = Some(0);
    new.stop_rules.get_or_insert_default();
}

/// The choice that holds: the one worker of a try writes its log itself, so that responses are nowhere stripped of their bodies.
pub(crate) fn results(is_try: bool, workers: u32, choice: ResultsChoice) -> ResultsChoice {
    match (is_try, workers) {
        (true, 0) => ResultsChoice::Rmi,
        (true, _) => ResultsChoice::Direct,
        (false, _) => choice,
    }
}

/// Patterns of the files to keep, with that of the failed responses.
pub(super) fn keep(mut patterns: Vec<String>) -> Vec<String> {
    if !patterns.iter().any(|pattern| pattern == jac_jmx::FAILURES_FILE) {
        patterns.push(jac_jmx::FAILURES_FILE.to_owned());
    }
    patterns
}

/// What the reader of the run has to know of its plan.
pub(super) fn note(plan: &Plan, groups: &[String]) -> Message {
    let text = format!(
        "Try run: this run's copy of {} was changed. Each thread group has 1 thread and 1 iteration and starts no \
         sample after {} s; failed samples are written with their responses to {}.",
        plan.main_file,
        jac_jmx::LONGEST_TRY_S,
        jac_jmx::FAILURES_FILE
    );
    Message::new("try_plan_changed", text)
        .with("main_file", plan.main_file.as_str())
        .with("groups", groups.to_vec())
        .with("seconds", jac_jmx::LONGEST_TRY_S)
        .with("failures_file", jac_jmx::FAILURES_FILE)
}

impl Engine {
    /// The plan as a try of it runs it.
    ///
    /// # Errors
    /// When its `.jmx` cannot be read.
    pub(crate) fn try_plan_at(&self, at: PlanAt) -> Result<PlanAt, EngineError> {
        let main = at.folder.join(&at.plan.main_file);
        let bytes =
            std::fs::read(main).map_err(|error| EngineError::file(format!("reading {}", at.plan.main_file), error))?;
        let tried =
            jac_jmx::TryPlan::of(&bytes).map_err(|error| crate::plans::not_a_plan(&at.plan.main_file, &error))?;
        self.with_main_file(at, &tried.bytes, tried.groups)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_try_takes_one_worker_which_keeps_the_bodies_of_responses() {
        assert_eq!([0, 1, 7].map(|workers_there| workers(true, workers_there)), [0, 1, 1]);
        assert_eq!(workers(false, 7), 7);
        assert_eq!(results(true, 1, ResultsChoice::Rmi), ResultsChoice::Direct);
        assert_eq!(results(true, 0, ResultsChoice::Direct), ResultsChoice::Rmi);
        assert_eq!(results(false, 3, ResultsChoice::Auto), ResultsChoice::Auto);
    }

    #[test]
    fn failed_responses_are_kept_once() {
        let kept = keep(vec!["*.csv".to_owned()]);
        assert_eq!(keep(kept.clone()), kept);
        assert_eq!(kept, ["*.csv", jac_jmx::FAILURES_FILE]);
    }

    #[test]
    fn the_criterion_of_a_try_is_one() {
        assert!(super::super::judged::faults_of(&[CRITERION.to_owned()], 0, &[]).is_empty());
    }
}
