//! Creates a run: its folder with the plan's files, its row, its place on the cluster. A failure leaves nothing.
//!
//! `runs/request.rs` validates it, `runs/new_cluster.rs` creates its cluster, and `runs/supervise.rs` executes it.

use super::judged::Chosen;
use super::nodes::nodes_of;
use super::request::NewRun;
use super::{PLAN, keep, new_cluster, try_run};
use crate::blocking::wait;
use crate::clusters::conflict;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_jmx::{Finding, Severity};
use jac_model::{ClusterPhase, Message, Person, Run, RunId, RunPhase};
use jac_store::audit::AuditedChange;
use std::path::PathBuf;

impl Engine {
    /// Validates the request, records the run and starts it. It reads files: do not call it on an async thread.
    ///
    /// # Errors
    /// When the plan cannot work (all reasons are reported), the cluster is busy or terminating, or a criterion is invalid.
    pub fn create_run(&self, owner: Person, new: NewRun, is_cancelled: &dyn Fn() -> bool) -> Result<Run, EngineError> {
        self.create_run_as(None, owner, new, is_cancelled)
    }

    /// The same, with an unused ID; `None`: one is generated.
    pub(crate) fn create_run_as(
        &self,
        id: Option<RunId>,
        owner: Person,
        new: NewRun,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Run, EngineError> {
        self.need_room()?;
        let plan = new.plan_id.clone();
        // The checked files are those that will run.
        self.locked_plan(&plan, || {
            // Without a row there is no run; the caller that creates the row reports that.
            if let Ok(row) = wait(self.store().plan(&plan)) {
                self.mend_plan(&row)?;
            }
            self.create_run_of_locked_plan(id, owner, new, is_cancelled)
        })
    }

    fn create_run_of_locked_plan(
        &self,
        id: Option<RunId>,
        owner: Person,
        new: NewRun,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Run, EngineError> {
        let Some(cluster) = &new.cluster_id else {
            return Err(EngineError::faulty("run_invalid", new_cluster::fault_of_place(&new).into_iter().collect()));
        };
        let cluster = wait(self.store().cluster(cluster))?;
        if !cluster.phase.is_coming_up() && cluster.phase != ClusterPhase::Ready {
            return Err(conflict(
                format!("The cluster '{}' no longer exists.", cluster.name),
                Some("Create a new cluster."),
            ));
        }
        if !cluster.lost_nodes.is_empty() {
            return Err(conflict(
                format!("The cluster '{}' has lost {}.", cluster.name, cluster.lost_nodes.join(", ")),
                Some("Terminate it and create a new one."),
            ));
        }
        let queue = new.queue;
        let (new, at, check) = self.check_new_run(new, &cluster.config, cluster.worker_count(), is_cancelled)?;
        let plan = &at.plan;
        let keep = keep::checked(new.keep.clone().unwrap_or_else(|| plan.keep.clone()))?;
        let keep = if new.try_run { try_run::keep(keep) } else { keep };
        let note = at.tried.as_ref().map(|groups| try_run::note(plan, groups));
        let notes = check.findings.iter().filter(|finding| finding.severity == Severity::Warning).map(note_of_finding);
        let notes = note.into_iter().chain(notes).collect();
        let name = crate::titles::given(new.name)?.unwrap_or_else(|| crate::titles::fitting(&plan.name));
        let workers = try_run::workers(new.try_run, cluster.worker_count());
        let results = try_run::results(new.try_run, workers, new.results).mode(workers);
        let judged = Chosen::of(plan, new.criteria, new.warm_up_s, new.stop_rules);
        let (id, folder) = self.new_run_folder(id)?;
        let files = match self.link_plan(&at, &folder.join(PLAN)) {
            Ok(files) => files,
            Err(error) => {
                crate::plans::remove_folder(&folder);
                return Err(error);
            }
        };
        let mut run = Run {
            sealed_properties: None,
            name,
            plan_id: plan.id.clone(),
            plan_name: plan.name.clone(),
            plan_revision: Some(plan.revision),
            main_file: plan.main_file.clone(),
            files,
            versions: None,
            cluster_id: cluster.id.clone(),
            cluster_name: cluster.name.clone(),
            provider: Some(cluster.provider),
            owner,
            team: cluster.team.clone(),
            pinned: false,
            tags: Vec::new(),
            note: String::new(),
            annotations: Vec::new(),
            baseline_ms: None,
            phase: RunPhase::Queued,
            step: "Waiting for the cluster.".to_owned(),
            cause: None,
            criteria: judged.criteria,
            warm_up_s: judged.warm_up_s,
            stop_rules: judged.stop_rules,
            criteria_version: judged.version,
            criteria_watch: Vec::new(),
            created_ms: self.now_ms(),
            started_ms: None,
            ended_ms: None,
            expected_s: check.duration_s,
            stop_requested: None,
            stop_requested_by: None,
            broken_rule: None,
            max_unread_percent: None,
            workers,
            try_run: new.try_run,
            results,
            results_choice: new.results,
            min_workers: new.min_workers,
            share: new.share,
            nodes: nodes_of(&cluster, results, new.try_run),
            properties: new.properties,
            system_properties: new.system_properties,
            properties_files: new.properties_files,
            split: new.split,
            keep,
            total_threads: check.total_threads,
            stop_timeout_s: new.stop_timeout_s.unwrap_or(self.settings().default_stop_timeout.as_secs()),
            notes,
            steps: Vec::new(),
            shutdown_port: None,
            stop_sent: None,
            stop_sent_ms: None,
            failing: None,
            id: id.clone(),
        };
        // Recorded in the audit trail once the cluster has accepted it: a run rejected by a busy cluster is not recorded as started.
        AuditedChange::hold();
        let written = self.seal_secrets(&mut run, &new.secret).and_then(|()| Ok(wait(self.store().insert_run(&run))?));
        let remove = |at| {
            crate::plans::remove_folder(&folder);
            // Nothing else uses a try run's plan.
            drop(at);
            self.release_content(&run.files);
        };
        if let Err(error) = written {
            remove(at);
            return Err(error);
        }
        if let Err(error) = wait(self.claim_or_queue(&cluster, &id, queue)) {
            AuditedChange::hold();
            wait(self.store().delete_run(&id))?;
            remove(at);
            return Err(error);
        }
        if let Err(error) = wait(self.begin_shipping(&id)) {
            tracing::warn!(run = %id, %error, "run {id}: its shipping to search targets could not be begun: {error}");
        }
        self.notify(Event::Run(id.clone()));
        self.supervise(id);
        Ok(run)
    }

    /// A folder for a new run, which determines its unique ID. `reserved`: an ID that was reserved for it.
    fn new_run_folder(&self, reserved: Option<RunId>) -> Result<(RunId, PathBuf), EngineError> {
        if let Some(id) = reserved {
            let folder = self.folder().run(&id);
            // Existing content is from an attempt that was interrupted before the run was recorded.
            crate::plans::remove_folder(&folder);
            std::fs::create_dir(&folder).map_err(|error| EngineError::file("accessing the run's folder", error))?;
            return Ok((id, folder));
        }
        loop {
            let id = RunId::from_random(rand::random());
            match wait(self.store().run(&id)) {
                Err(jac_store::StoreError::NotFound { .. }) => (),
                Err(jac_store::StoreError::Unreadable { .. }) | Ok(_) => continue,
                Err(error) => return Err(error.into()),
            }
            let folder = self.folder().run(&id);
            match std::fs::create_dir(&folder) {
                Ok(()) => return Ok((id, folder)),
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => (),
                Err(error) => return Err(EngineError::file("accessing the run's folder", error)),
            }
        }
    }
}

/// Warnings of the plan's check, for readers of the run's report.
fn note_of_finding(finding: &Finding) -> Message {
    let params = finding.params.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    Message { code: finding.code.clone(), params, message: finding.message.clone() }
}
