//! The request of a run, and its validation: the faults that show without its plan, then those of the plan with these
//! settings.
//!
//! Nothing is created here: `runs/create.rs` does. `runs/check.rs` checks the same settings while they are being
//! entered.

use super::spread::Spread;
use super::{judged, new_cluster, secrets, try_run};
use crate::blocking::wait;
use crate::clusters::NewCluster;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::names::data_file_name;
use crate::plans::{PlanAt, RunSpec};
use crate::tools::RequestedJMeter;
use jac_jmx::{Check, Severity};
use jac_model::{ClusterConfig, ClusterId, Fault, PlanId, ResultsChoice};
use serde::Deserialize;
use std::collections::BTreeMap;

/// Maximum graceful stop timeout in seconds: a day.
pub const MAX_STOP_TIMEOUT_S: u64 = 86_400;

/// A run to start.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewRun {
    /// ID of the cluster to run on; absent: `new_cluster`.
    #[serde(default)]
    pub cluster_id: Option<ClusterId>,
    /// A cluster that is created for this run, and terminated when it has ended; absent: `cluster_id`.
    #[serde(default)]
    pub new_cluster: Option<NewCluster>,
    pub plan_id: PlanId,
    /// Which revision of the plan's files is run; absent: the newest.
    #[serde(default)]
    pub plan_revision: Option<u32>,
    /// Empty or absent: the plan's name.
    #[serde(default)]
    pub name: Option<String>,
    /// JMeter properties for every node.
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    /// Java system properties for every node, such as `javax.net.ssl.keyStore`.
    #[serde(default)]
    pub system_properties: BTreeMap<String, String>,
    /// Names of properties and system properties whose values are secret: they are masked everywhere. Those with names
    /// of secrets (`password`, `token`, `api_key`…) are masked automatically.
    #[serde(default)]
    pub secret: Vec<String>,
    /// Files of the plan that every JMeter reads with `-q`.
    #[serde(default)]
    pub properties_files: Vec<String>,
    /// Data files, relative to the plan, whose rows are split across the workers.
    #[serde(default)]
    pub split: Vec<String>,
    /// Files written by the plan that are kept, such as `*.csv` or `screens/**/*.png`: patterns of paths below the
    /// folder of its `.jmx`. `null` or absent: those of the plan.
    #[serde(default)]
    pub keep: Option<Vec<String>>,
    /// Expressions such as `p95 > 800ms`; if one is true, the run fails. Absent: the plan's; if given, they replace the
    /// plan's.
    #[serde(default)]
    pub criteria: Option<Vec<String>>,
    /// Samples that start within this many seconds after the first one do not count for the criteria; 0: all count. Absent: the plan's.
    #[serde(default)]
    pub warm_up_s: Option<u64>,
    /// Rules such as `error_percent >= 90% for 60s`; a broken rule stops the run. Empty: no automatic stop. Absent: the
    /// plan's.
    #[serde(default)]
    pub stop_rules: Option<Vec<String>>,
    /// Graceful stop timeout in seconds, after which requests in flight are aborted; absent: 30.
    #[serde(default)]
    pub stop_timeout_s: Option<u64>,
    /// How the workers' samples are collected; absent: `auto`.
    #[serde(default)]
    pub results: ResultsChoice,
    /// With direct results, the run continues without lost workers while at least this many are left. Absent: the first
    /// lost worker ends it.
    #[serde(default)]
    pub min_workers: Option<u32>,
    /// JMeter properties whose totals are divided among the workers: with 1000 for `threads`, 3 workers have 334, 333 and 333.
    #[serde(default)]
    pub share: BTreeMap<String, u64>,
    /// If the cluster is busy, the run waits after those already waiting; `false` or absent: a busy cluster is an
    /// error.
    #[serde(default)]
    pub queue: bool,
    /// A try run: 1 thread and 1 iteration of each thread group on 1 node, to see whether the plan works. It keeps the
    /// responses of failed samples, fails with the first of them unless criteria are given, and is excluded from
    /// trends. A new cluster for it has at most 1 worker.
    #[serde(default)]
    pub try_run: bool,
}

impl Engine {
    /// Validates a run on a cluster with that configuration and this many workers. Creates nothing.
    ///
    /// # Errors
    /// When it cannot work; all faults are reported.
    pub(crate) fn check_new_run(
        &self,
        mut new: NewRun,
        config: &ClusterConfig,
        workers: u32,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<(NewRun, PlanAt, Check), EngineError> {
        let plan = wait(self.store().plan(&new.plan_id))?;
        try_run::settle(&mut new);
        let workers = try_run::workers(new.try_run, workers);
        let results = try_run::results(new.try_run, workers, new.results);
        refuse_invalid(&new, results, workers)?;
        let at = self.locked_plan_at(plan, new.plan_revision)?;
        let at = if new.try_run { self.try_plan_at(at)? } else { at };
        let plan = &at.plan;
        new.split = new.split.iter().map(|name| data_file_name(&plan.main_file, name)).collect::<Result<_, _>>()?;
        if let Some(name) = new.split.iter().find(|name| name.to_ascii_lowercase().ends_with(".jmx")) {
            return Err(EngineError::Invalid {
                code: "split_plan",
                message: format!("{name} is a JMeter plan, which cannot be split."),
                hint: Some("Split only CSV files.".to_owned()),
                faults: Vec::new(),
            });
        }
        let spec = RunSpec {
            workers,
            splits: new.split.clone(),
            properties: new.properties.clone(),
            system_properties: new.system_properties.clone(),
            properties_files: new.properties_files.clone(),
            jmeter: RequestedJMeter::of(config),
            results: results.mode(workers),
            one_disk: config.ssh.is_none() && config.ec2.is_none(),
            share: new.share.clone(),
            keep: new.keep.clone(),
        };
        for file in &new.properties_files {
            self.plan_file(plan, file)?;
        }
        let check = self.check_plan_at(&at, &spec, is_cancelled)?;
        if !check.ok {
            let faults: Vec<_> = check.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
            return Err(EngineError::Invalid {
                code: "plan_check",
                message: faults.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join(" "),
                hint: faults.first().and_then(|finding| finding.hint.clone()),
                faults: faults.iter().map(|finding| Fault::whole(&finding.code, finding.message.clone())).collect(),
            });
        }
        Ok((new, at, check))
    }
}

fn refuse_invalid(new: &NewRun, results: ResultsChoice, workers: u32) -> Result<(), EngineError> {
    let mut faults = faults_of(new);
    faults.extend(new_cluster::fault_of_place(new));
    let NewRun { min_workers, share, properties, system_properties, .. } = new;
    // Those of a schedule are masked until they are needed, so this is not a fault of a schedule.
    faults.extend(secrets::faults_of_masks(properties, system_properties));
    faults.extend(Spread { results, min_workers: *min_workers, share, properties }.faults(workers));
    if faults.is_empty() { Ok(()) } else { Err(EngineError::faulty("run_invalid", faults)) }
}

/// Every fault of a run that shows without its plan.
pub(crate) fn faults_of(new: &NewRun) -> Vec<Fault> {
    let (criteria, rules) = (new.criteria.as_deref(), new.stop_rules.as_deref());
    let mut faults =
        judged::faults_of(criteria.unwrap_or_default(), new.warm_up_s.unwrap_or(0), rules.unwrap_or_default());
    for (field, names) in [("/properties", new.properties.keys()), ("/system_properties", new.system_properties.keys())]
    {
        for name in names.filter(|name| name.trim().is_empty() || name.chars().any(char::is_control)) {
            let message = format!("Invalid property name '{}'.", name.escape_debug());
            faults.push(Fault::at(field, Fault::MALFORMED, message));
        }
    }
    if new.stop_timeout_s.is_some_and(|stop_timeout_s| stop_timeout_s > MAX_STOP_TIMEOUT_S) {
        let message = format!("The graceful stop timeout can be at most {MAX_STOP_TIMEOUT_S} seconds.");
        faults.push(Fault::at("/stop_timeout_s", Fault::OUT_OF_RANGE, message));
    }
    faults
}
