//! Checks a run's settings while they are being entered, with the same code as the check before the start.
//!
//! Owns the mapping of faults to settings. Creates nothing.

use super::spread::Spread;
use super::try_run;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::RunSpec;
use crate::plans::names::data_file_name;
use crate::tools::RequestedJMeter;
use jac_jmx::{Check, Finding, Severity};
use jac_model::{Fault, Plan, Provider, ResultsChoice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The settings of a run that a user is about to start, the same as in the request that starts it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunCheckRequest {
    /// Workers of the cluster; 0: only the master.
    #[serde(default)]
    pub workers: u32,
    /// Which revision of the plan's files; absent: the newest.
    #[serde(default)]
    pub plan_revision: Option<u32>,
    #[serde(default)]
    pub properties: BTreeMap<String, String>,
    #[serde(default)]
    pub system_properties: BTreeMap<String, String>,
    #[serde(default)]
    pub properties_files: Vec<String>,
    #[serde(default)]
    pub split: Vec<String>,
    #[serde(default)]
    pub results: ResultsChoice,
    #[serde(default)]
    pub min_workers: Option<u32>,
    /// Totals that are divided among the workers.
    #[serde(default)]
    pub share: BTreeMap<String, u64>,
    /// The cluster's provider: with `local` the workers share a disk. Absent: any.
    #[serde(default)]
    pub provider: Option<Provider>,
    /// The cluster's JMeter version; absent: the default.
    #[serde(default)]
    pub jmeter_version: Option<String>,
    /// Check a try run: its changed copy of the plan, on one of the workers.
    #[serde(default)]
    pub try_run: bool,
}

/// What a run with these settings would do, and its faults.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunCheck {
    /// With these settings: users, duration, findings.
    #[serde(flatten)]
    pub check: Check,
    /// The faults of settings, each with its field: `/share`, `/min_workers`, `/split/0`, `/properties/threads`. A run
    /// with a fault is rejected.
    pub faults: Vec<Fault>,
}

impl Engine {
    /// Checks the settings of a run of a plan. It reads files: do not call it on an async thread, and only in turn
    /// ([`Engine::check_in_turn`]).
    ///
    /// # Errors
    /// When the revision does not exist or cannot be read, or the check is cancelled.
    pub fn check_run(
        &self,
        plan: Plan,
        request: RunCheckRequest,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<RunCheck, EngineError> {
        let RunCheckRequest {
            workers,
            plan_revision,
            properties,
            system_properties,
            properties_files,
            split,
            results,
            min_workers,
            share,
            provider,
            jmeter_version,
            try_run: is_try,
        } = request;
        let workers = try_run::workers(is_try, workers);
        let results = try_run::results(is_try, workers, results);
        let min_workers = min_workers.filter(|_| !is_try);
        let mut faults = Spread { results, min_workers, share: &share, properties: &properties }.faults(workers);
        let at = self.locked_plan_at(plan, plan_revision)?;
        let at = if is_try { self.try_plan_at(at)? } else { at };
        let mut splits = Vec::new();
        for (place, name) in split.iter().enumerate() {
            match data_file_name(&at.plan.main_file, name) {
                Ok(name) => splits.push(name),
                Err(error) => faults.push(Fault::at(&format!("/split/{place}"), error.code(), error.to_string())),
            }
        }
        let mut files = Vec::new();
        for (place, file) in properties_files.iter().enumerate() {
            match self.plan_file(&at.plan, file) {
                Ok(_) => files.push(file.clone()),
                Err(error) => {
                    faults.push(Fault::at(&format!("/properties_files/{place}"), error.code(), error.to_string()))
                }
            }
        }
        let spec = RunSpec {
            workers,
            splits,
            results: results.mode(workers),
            properties_files: files,
            properties: properties.clone(),
            system_properties,
            share,
            jmeter: RequestedJMeter { home: None, version: jmeter_version },
            one_disk: provider == Some(Provider::Local),
            keep: None,
        };
        let check = self.check_plan_at(&at, &spec, is_cancelled)?;
        faults.extend(check.findings.iter().filter_map(|finding| of_property(finding, &properties)));
        Ok(RunCheck { check, faults })
    }
}

/// The fault of a property whose value makes a number of the plan invalid.
fn of_property(finding: &Finding, properties: &BTreeMap<String, String>) -> Option<Fault> {
    let text =
        finding.params.get("text").filter(|_| finding.code == "not_a_number" && finding.severity == Severity::Error)?;
    let (name, _) = properties.iter().find(|(_, value)| value.trim() == text.trim())?;
    let field = format!("/properties/{}", name.replace('~', "~0").replace('/', "~1"));
    Some(Fault::at(&field, &finding.code, finding.message.clone()))
}
