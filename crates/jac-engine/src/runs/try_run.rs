//! Try runs: they show whether a plan works, and measure nothing.
//!
//! A try run executes a changed copy of the plan ([`jac_jmx::TryPlan`]) on one node: each thread group has one thread
//! and one iteration, and starts no sample after 30 seconds. The copy is kept with the run, and a note lists the
//! changes; the plan itself is unchanged. The node writes request and response of each failed sample to a file, which
//! is kept. A try run fails at its first failed sample, unless criteria were given. It is excluded from trends,
//! baselines, notifications and search targets.

use super::NewRun;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::PlanAt;
use jac_model::{ClusterConfig, Message, Plan, ResultsChoice};

/// Criterion of a try run without other criteria.
const CRITERION: &str = "error_percent > 0%";

/// Number of workers that take part: one, or 0 in a cluster that only has a master.
pub(crate) fn workers(is_try: bool, of_cluster: u32) -> u32 {
    if is_try { of_cluster.min(1) } else { of_cluster }
}

/// Workers of a cluster created for the run. Existing machines are used as listed.
pub(crate) fn workers_to_create(is_try: bool, config: &ClusterConfig) -> u32 {
    workers(is_try && config.ssh.is_none(), config.workers)
}

/// Replaces the load settings and the criteria with those of a try run. The requested result mode is unchanged:
/// [`results`] decides which one applies.
pub(crate) fn settle(new: &mut NewRun) {
    if !new.try_run {
        return;
    }
    new.min_workers = None;
    new.criteria.get_or_insert_with(|| vec![CRITERION.to_owned()]);
    new.warm_up_s = Some(0);
    new.stop_rules.get_or_insert_default();
}

/// The result mode that applies: the single worker of a try run writes its own log, so that responses are not stripped of their bodies.
pub(crate) fn results(is_try: bool, workers: u32, choice: ResultsChoice) -> ResultsChoice {
    match (is_try, workers) {
        (true, 0) => ResultsChoice::Rmi,
        (true, _) => ResultsChoice::Direct,
        (false, _) => choice,
    }
}

/// Patterns of the files to keep, including that of the failed responses.
pub(super) fn keep(mut patterns: Vec<String>) -> Vec<String> {
    if !patterns.iter().any(|pattern| pattern == jac_jmx::FAILURES_FILE) {
        patterns.push(jac_jmx::FAILURES_FILE.to_owned());
    }
    patterns
}

/// Note for readers of the run about its changed plan.
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
    /// The changed plan of a try run.
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
