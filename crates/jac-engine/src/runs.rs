//! Operations on runs: start, stop, delete, read.

mod check;
mod collect;
mod direct;
mod finish;
mod follow;
mod health;
pub(crate) mod interval;
pub(crate) mod judged;
pub(crate) mod keep;
pub(crate) mod kept;
mod new_cluster;
mod node_series;
mod prepare;
mod queue;
pub(crate) mod record;
mod remove;
pub mod results;
pub(crate) mod secrets;
pub mod spread;
mod stop;
mod supervise;
mod tail;
mod tailed_spool;
pub(crate) mod try_run;
mod watch;

use crate::blocking::wait;
use crate::clusters::{NewCluster, conflict};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::plans::names::data_file_name;
use crate::plans::{PlanAt, RunSpec};
use crate::tools::RequestedJMeter;
use crate::view::{LiveLabels, Snapshot};
use jac_jmx::{Check, Finding, Severity};
use jac_jtl::{Entry, LogStatistics, WindowTable};
use jac_model::{
    Cluster, ClusterConfig, ClusterId, ClusterPhase, Fault, Message, Node, NodePhase, Person, PlanId, ResultsChoice,
    ResultsMode, Role, Run, RunId, RunNode, RunPhase, StopMode,
};
use jac_store::audit::AuditedChange;
use jac_store::{DataFolder, RunRow};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::PathBuf;

pub use check::{RunCheck, RunCheckRequest};
pub(crate) use finish::change_report;
pub use finish::{Artefact, LogPiece, artefacts};
pub(crate) use finish::{REPORT_PAGE, end_of as report_end, write as write_file, write_report};
use judged::Chosen;
pub use keep::checked as keep_patterns;
pub use kept::KeptFile;
pub use node_series::{NodeLook, NodeSeries, NodeTrace};
use spread::Spread;

/// The result log among a run's artefacts.
pub const RESULTS: &str = "results.jtl";
/// The folder among them with the plan's files as they were run.
pub(crate) const PLAN: &str = "plan";

/// This many labels are in a snapshot; the report of a finished run has all.
const MOST_LABELS: usize = 500;

/// This many labels' points are followed by one page: as many as a chart has lines.
const MOST_LIVE_LABELS: usize = 10;

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
    /// Names of properties and system properties whose values are secret: they are masked everywhere. Those with names of
    /// secrets (`password`, `token`, `api_key`…) are masked automatically.
    #[serde(default)]
    pub secret: Vec<String>,
    /// Files of the plan that every JMeter reads with `-q`.
    #[serde(default)]
    pub properties_files: Vec<String>,
    /// Data files, relative to the plan, whose rows are split across the workers.
    #[serde(default)]
    pub split: Vec<String>,
    /// Files that the plan writes and that are kept, such as `*.csv` or `screens/**/*.png`: patterns of paths below the folder of its `.jmx`.
    /// `null` or absent: those of the plan.
    #[serde(default)]
    pub keep: Option<Vec<String>>,
    /// Expressions such as `p95 > 800ms`; one that is true fails the run. Absent: the plan's; given, they stand instead of
    /// the plan's.
    #[serde(default)]
    pub criteria: Option<Vec<String>>,
    /// Samples that start within this many seconds after the first one do not count for the criteria; 0: all count. Absent: the plan's.
    #[serde(default)]
    pub warm_up_s: Option<u64>,
    /// Rules such as `error_percent >= 90% for 60s`; one that is broken stops the run. Empty: nothing stops it by itself. Absent:
    /// the plan's.
    #[serde(default)]
    pub stop_rules: Option<Vec<String>>,
    /// Graceful stop timeout in seconds, after which requests in flight are aborted; absent: 30.
    #[serde(default)]
    pub stop_timeout_s: Option<u64>,
    /// How the workers' samples come together; absent: `auto`.
    #[serde(default)]
    pub results: ResultsChoice,
    /// With direct results, the run continues without lost workers while at least this many are left. Absent: it ends with the first lost worker.
    #[serde(default)]
    pub min_workers: Option<u32>,
    /// JMeter properties whose totals are divided among the workers: with 1000 for `threads`, 3 workers have 334, 333 and 333.
    #[serde(default)]
    pub share: BTreeMap<String, u64>,
    /// If the cluster is busy, the run waits behind those already waiting; `false` or absent: a busy cluster is an error.
    #[serde(default)]
    pub queue: bool,
    /// A try run: 1 thread and 1 iteration of each thread group on 1 node, to see whether the plan works. It keeps the responses of failed
    /// samples, fails with the first of them unless criteria are given, and is excluded from trends. A new cluster for it has at most 1 worker.
    #[serde(default)]
    pub try_run: bool,
}

/// A run's files on its node, relative to the node's folder.
pub(crate) struct NodePlaces {
    folder: String,
}

impl NodePlaces {
    pub fn of(run: &RunId) -> Self {
        Self { folder: format!("runs/{run}") }
    }

    pub fn folder(&self) -> &str {
        &self.folder
    }

    pub fn plan(&self) -> String {
        format!("{}/plan", self.folder)
    }

    pub fn plugins(&self) -> String {
        format!("{}/plugins", self.folder)
    }

    pub fn properties(&self) -> String {
        format!("{}/jac.properties", self.folder)
    }

    pub fn system_properties(&self) -> String {
        format!("{}/system.properties", self.folder)
    }

    pub fn key_store(&self) -> String {
        format!("{}/rmi.p12", self.folder)
    }

    pub fn results(&self) -> String {
        format!("{}/{RESULTS}", self.folder)
    }

    pub fn log(&self) -> String {
        format!("{}/jmeter.log", self.folder)
    }
}

/// The name under which a run's JMeter is started on a node.
pub(crate) fn process_name(run: &RunId) -> String {
    format!("{run}-jmeter")
}

/// Where the log of a run grows on this machine.
pub(crate) fn spool(folder: &DataFolder, run: &RunId) -> PathBuf {
    folder.run(run).join(RESULTS)
}

impl Engine {
    /// Validates the request, records the run and starts it. It reads files: call it where blocking is allowed.
    ///
    /// # Errors
    /// When the plan cannot work (all reasons are reported), the cluster is busy or terminating, or a criterion is invalid.
    pub fn create_run(&self, owner: Person, new: NewRun, is_cancelled: &dyn Fn() -> bool) -> Result<Run, EngineError> {
        self.create_run_as(None, owner, new, is_cancelled)
    }

    /// The same, with an id that no other run has; `None`: one is made.
    pub(crate) fn create_run_as(
        &self,
        id: Option<RunId>,
        owner: Person,
        new: NewRun,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Run, EngineError> {
        self.need_room()?;
        let plan = new.plan_id.clone();
        // What is checked is what is run.
        self.locked_plan(&plan, || {
            // Without a row there is no run either; the caller that creates it reports that.
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
            // A try run's plan is used by nothing else.
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

    /// Finds out whether a run would work on a cluster of that configuration and this many workers. Nothing is made.
    ///
    /// # Errors
    /// When it cannot work; all reasons are reported.
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

    /// Asks a run to end. Asking again with `Force` ends it faster; a finished run stays as it is.
    ///
    /// # Errors
    /// When there is no such run.
    pub async fn request_stop(&self, id: &RunId, how: StopMode, by: &str) -> Result<Run, EngineError> {
        let by = by.to_owned();
        let (run, ()) = self
            .store()
            .update_run::<_, EngineError>(id, move |run| {
                if !run.phase.is_terminal() && run.stop_requested.is_none_or(|before| before < how) {
                    run.stop_requested = Some(how);
                    run.stop_requested_by.get_or_insert(by);
                }
                Ok(())
            })
            .await?;
        self.notify(Event::Run(id.clone()));
        Ok(run)
    }

    /// The run as it is now, with the points that changed since the snapshot `after` (0: all).
    ///
    /// # Errors
    /// When there is no such run, or what it left cannot be read.
    pub fn snapshot(&self, id: &RunId, after: u64) -> Result<Snapshot, EngineError> {
        // Before the row: of a run that ends in between, what was measured is known, and not taken for nothing.
        let live = self.live().get(id).cloned();
        let row = wait(self.store().run(id))?;
        match live {
            Some(live) => Ok(self.snapshot_of(row, live.since(after))),
            None => self.stored_snapshot(row, after),
        }
    }

    /// The points of some labels of a run that changed since the snapshot `after` (0: all). A run that is not followed now has no points.
    ///
    /// # Errors
    /// When there is no such run, or too many labels are asked for.
    pub fn live_labels(&self, id: &RunId, after: u64, labels: &[String]) -> Result<LiveLabels, EngineError> {
        few_labels(labels)?;
        let live = self.live().get(id).cloned();
        wait(self.store().run(id))?;
        let Some(live) = live else {
            let (run_id, labels) = (id.clone(), Vec::new());
            return Ok(LiveLabels { run_id, seq: 0, bucket_ms: 1_000, reset: true, labels, together: None });
        };
        let (seq, changed, together) = live.labels_since(after, labels);
        Ok(LiveLabels {
            run_id: id.clone(),
            seq,
            bucket_ms: changed.bucket_ms,
            reset: changed.reset,
            labels: changed.labels,
            together,
        })
    }

    /// The table of a time range of an active run, from its buckets, with some labels as one. For a run that is not being followed it
    /// is empty.
    ///
    /// # Errors
    /// When there is no such run, too many labels are requested, or the time range ends before it starts.
    pub fn live_window(&self, id: &RunId, ended_ms: Range<i64>, labels: &[String]) -> Result<WindowTable, EngineError> {
        few_labels(labels)?;
        if ended_ms.is_empty() {
            return Err(EngineError::invalid("interval_empty", "from_ms must be less than to_ms."));
        }
        let live = self.live().get(id).cloned();
        wait(self.store().run(id))?;
        Ok(match live {
            Some(live) => live.window(ended_ms, labels),
            None => LogStatistics::new(jac_jtl::Settings::default()).window(ended_ms, labels),
        })
    }

    pub(crate) fn snapshot_of(&self, row: RunRow, measured: crate::live::Measured) -> Snapshot {
        let mut summary = measured.summary;
        let labels = keep_busiest(&mut summary.labels, MOST_LABELS);
        Snapshot {
            labels,
            run_id: row.run.id.clone(),
            seq: measured.seq,
            at_ms: self.now_ms(),
            run: self.view_run(row),
            summary,
            bucket_ms: measured.bucket_ms,
            reset: measured.reset,
            points: measured.points,
            codes: measured.codes,
            errors: measured.errors,
        }
    }
}

fn few_labels(labels: &[String]) -> Result<(), EngineError> {
    if labels.len() <= MOST_LIVE_LABELS {
        return Ok(());
    }
    let message = format!("At most {MOST_LIVE_LABELS} labels can be requested at once.");
    Err(EngineError::invalid("too_many_labels", message))
}

/// Keeps the labels with the most samples, in their order, and returns how many there were.
fn keep_busiest(labels: &mut Vec<Entry>, most: usize) -> u64 {
    let all = labels.len();
    if all > most {
        let mut samples: Vec<u64> = labels.iter().map(|label| label.samples).collect();
        let (_, least, _) = samples.select_nth_unstable_by(most - 1, |one, other| other.cmp(one));
        let least = *least;
        // Of those that have as many as the last one, as many as there is place for.
        let mut even = most - labels.iter().filter(|label| label.samples > least).count();
        labels.retain(|label| {
            let is_even = label.samples == least && even > 0;
            even -= usize::from(is_even);
            label.samples > least || is_even
        });
    }
    all as u64
}

/// Makes the run one of the nodes that its cluster has become: some may have failed to launch while it waited.
pub(crate) fn take_nodes(run: &mut Run, cluster: &Cluster) {
    let (requested, workers) = (run.workers, try_run::workers(run.try_run, cluster.worker_count()));
    run.nodes = nodes_of(cluster, run.results, run.try_run);
    if workers == requested {
        return;
    }
    run.workers = workers;
    // Each worker runs the whole plan, unless its totals are divided among them.
    if run.share.is_empty() {
        run.total_threads =
            run.total_threads.map(|threads| threads / u64::from(requested.max(1)) * u64::from(workers.max(1)));
    }
    let text = format!("Only {workers} of {requested} workers launched: the load is that of {workers}.");
    run.notes.push(Message::new("fewer_workers", text).with("requested", requested).with("workers", workers));
}

/// What the check of a plan warns of, for whoever reads the run's report.
fn note_of_finding(finding: &Finding) -> Message {
    let params = finding.params.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    Message { code: finding.code.clone(), params, message: finding.message.clone() }
}

/// The nodes of the cluster that take part in a run: with direct results the workers only; in a try run one node.
fn nodes_of(cluster: &Cluster, results: ResultsMode, is_try: bool) -> Vec<RunNode> {
    let has_part = |node: &&Node| results == ResultsMode::Rmi || node.role == Role::Worker;
    let most = if is_try { 1 } else { usize::MAX };
    cluster.nodes.iter().filter(has_part).take(most).map(waiting_node).collect()
}

fn waiting_node(node: &Node) -> RunNode {
    RunNode {
        name: node.name.clone(),
        role: node.role,
        state: NodePhase::Waiting,
        exit_code: None,
        ports: Vec::new(),
        clock_offset_ms: None,
        health: None,
        first_sample_ms: None,
        lost_ms: None,
        log: None,
    }
}

fn refuse_invalid(new: &NewRun, results: ResultsChoice, workers: u32) -> Result<(), EngineError> {
    let mut faults = faults_of(new);
    faults.extend(new_cluster::fault_of_place(new));
    let NewRun { min_workers, share, properties, system_properties, .. } = new;
    // A schedule's are masked until they are needed, so that this is no fault of it.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_has_the_busiest_labels_in_their_order() {
        let mut log = jac_jtl::LogStatistics::new(jac_jtl::Settings::default());
        log.feed(b"timeStamp,elapsed,label,responseCode,threadName,success\n");
        for (label, samples) in [("a", 1), ("b", 3), ("c", 2), ("d", 2), ("e", 2)] {
            for _ in 0..samples {
                log.feed(format!("1700000000000,1,{label},200,T 1-1,true\n").as_bytes());
            }
        }
        log.finish();
        let all = log.summary().labels;
        for (most, kept) in [(5, "abcde"), (4, "bcde"), (3, "bcd"), (2, "bc"), (1, "b")] {
            let mut labels = all.clone();
            assert_eq!(keep_busiest(&mut labels, most), 5);
            assert_eq!(labels.iter().map(|label| label.label.as_str()).collect::<String>(), kept);
        }
    }
}
