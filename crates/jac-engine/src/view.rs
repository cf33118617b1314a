//! Clusters and runs as seen by callers: the rows, and what is only known while they are active.

use crate::archive::ArchiveView;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::live::Judged;
use jac_jtl::criteria::stop::StopRuleState;
use jac_jtl::criteria::{CriterionResult, Verdict};
use jac_jtl::{ChangedCodes, Entry, ErrorGroup, LabelSeries, Point, Summary};
use jac_model::{
    Annotation, Cause, Cluster, ClusterId, CriterionWatch, Fault, Message, Named, Person, Plan, PlanFile, Provider,
    ResultsChoice, ResultsMode, Role, Run, RunId, RunNode, RunPhase, RunStep, StopMode, Versions,
};
use jac_store::RunRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A cluster.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClusterView {
    #[serde(flatten)]
    pub cluster: Cluster,
    /// When the idle timeout terminates it, unless a run starts before.
    pub idle_ends_at_ms: Option<i64>,
    /// Estimated cost so far in US dollars; `null`: free, or unknown.
    pub usd_so_far: Option<f64>,
    /// Problems that affect every run on it: `java_versions_differ`.
    #[serde(default)]
    pub warnings: Vec<Message>,
}

/// Preview of a cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ForecastView {
    /// Errors that would make its launch fail.
    pub faults: Vec<Fault>,
    /// Findings, and what could not be checked: `account`, `image`, `ssh_from`, `quota_unknown`, `price_unknown`;
    /// `fallback_prices` with `types` (`type`, `usd_per_hour`, `cluster_usd_per_hour` if all workers were of that
    /// type); `images_differ`; for hosts `host_warning` and `java_versions_differ`.
    pub notes: Vec<Message>,
    /// Estimated cost of all nodes per hour; `null`: unknown, and a note explains why.
    pub usd_per_hour: Option<f64>,
}

/// A billable instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Machine {
    pub provider: Provider,
    pub region: String,
    /// The provider's ID: `i-…`.
    pub id: String,
    /// The instance type.
    pub kind: String,
    pub spot: bool,
    pub cluster_id: ClusterId,
    pub cluster_name: String,
    pub owner: Person,
    /// `master`, `worker-1`…
    pub node: String,
    pub role: Role,
    pub since_ms: i64,
    /// When its cluster is removed at the latest.
    pub expires_at_ms: Option<i64>,
    /// An estimate; `null`: unknown.
    pub usd_per_hour: Option<f64>,
    /// Orphan: not managed by this server; can be adopted or terminated with its cluster.
    pub orphan: bool,
}

/// All billable instances.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Machines {
    pub machines: Vec<Machine>,
    /// Providers and regions that are currently unreachable; their instances are shown as last observed.
    pub unreachable: Vec<Unreachable>,
}

/// An unreachable provider or region.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Unreachable {
    pub provider: Provider,
    /// The single region that cannot be listed, in which this server manages no cluster; `null`: the provider as a
    /// whole.
    pub region: Option<String>,
    /// A sentence.
    pub reason: String,
}

/// A plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanView {
    #[serde(flatten)]
    pub plan: Plan,
    /// The size of all its files.
    pub bytes: u64,
    /// How many runs it had.
    pub runs: u64,
    pub last_run: Option<LastRun>,
}

/// The newest run of a plan.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastRun {
    pub id: RunId,
    pub phase: RunPhase,
    pub verdict: Verdict,
    pub created_ms: i64,
}

/// Key figures of a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Headline {
    pub samples: u64,
    pub errors: u64,
    pub error_percent: Option<f64>,
    /// While it runs: samples a second over the last full seconds; afterwards: over the whole run.
    pub rate_per_s: Option<f64>,
    pub p95_ms: Option<f64>,
    pub active_users: Option<u64>,
}

/// The result of a run, as far as the list of runs shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunResult {
    pub verdict: Verdict,
    pub criteria: Vec<CriterionResult>,
    /// History of each criterion during the run.
    #[serde(default)]
    pub criteria_watch: Vec<CriterionWatch>,
    pub headline: Option<Headline>,
}

impl Default for RunResult {
    fn default() -> Self {
        Self { verdict: Verdict::None, criteria: Vec::new(), criteria_watch: Vec::new(), headline: None }
    }
}

/// A run.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunView {
    pub id: RunId,
    pub name: String,
    /// The provider of the cluster's nodes; `null`: an older JAC started it, and its cluster is unknown now.
    pub provider: Option<Provider>,
    pub plan: Named,
    /// The revision of the plan's files that it runs; `null`: an older JAC started it, or it was imported.
    #[serde(default)]
    pub plan_revision: Option<u32>,
    pub cluster: Named,
    pub owner: Person,
    /// The team whose members may change it too.
    pub team: Option<Named>,
    /// Whether it is pinned: exempt from retention.
    pub pinned: bool,
    /// Its upload to the object store; `null`: none is configured, or the run has not finished.
    pub archive: Option<ArchiveView>,
    /// Tags to find it by.
    pub tags: Vec<String>,
    /// Note; empty: none.
    pub note: String,
    /// Its annotations, in order of time.
    #[serde(default)]
    pub annotations: Vec<Annotation>,
    /// Whether it is its plan's baseline.
    pub baseline: bool,
    pub phase: RunPhase,
    /// Current step, as a sentence.
    pub step: String,
    /// Why it ended; `null` until it has.
    pub cause: Option<Cause>,
    pub verdict: Verdict,
    /// Result of each criterion, or its current state during the run.
    pub criteria: Vec<CriterionResult>,
    pub criteria_expressions: Vec<String>,
    /// The history of each criterion since it had a value.
    pub criteria_watch: Vec<CriterionWatch>,
    /// Samples that start within this many seconds after the first one do not count for the criteria; 0: all count.
    pub warm_up_s: u64,
    /// Rules of its automatic stop; empty: none.
    pub stop_rules: Vec<String>,
    /// Their state during the run.
    pub stop_rule_states: Vec<StopRuleState>,
    /// The version of its plan's criteria, warm-up and rules that these are; `null`: it was started with others.
    pub criteria_version: Option<u32>,
    pub created_ms: i64,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// Its expected duration by its plan, in seconds.
    pub expected_s: Option<u64>,
    pub stop_requested: Option<StopMode>,
    pub headline: Option<Headline>,
    pub nodes: Vec<RunNode>,
    /// The `.jmx` that it runs, one of `files`; empty in runs of earlier versions.
    pub main_file: String,
    /// The plan's files at the time of the request. Each is among the artefacts, below `plan/`.
    pub files: Vec<PlanFile>,
    /// Versions of JMeter and Java that it used; `null` until its nodes were checked.
    pub versions: Option<Versions>,
    pub properties: BTreeMap<String, String>,
    /// Java system properties for every node.
    #[serde(default)]
    pub system_properties: BTreeMap<String, String>,
    /// Files of the plan that every JMeter reads with `-q`.
    #[serde(default)]
    pub properties_files: Vec<String>,
    pub split: Vec<String>,
    /// Patterns of the files written by the plan that are kept.
    pub keep: Vec<String>,
    pub workers: u32,
    /// How the workers' samples are collected.
    #[serde(default)]
    pub results: ResultsMode,
    /// Whether it is a try run: 1 thread and 1 iteration of each thread group on 1 node, excluded from trends.
    #[serde(default)]
    pub try_run: bool,
    /// The requested way to collect results.
    #[serde(default)]
    pub results_choice: ResultsChoice,
    /// It continues without lost workers while at least this many are left; `null`: the first lost worker ends it.
    #[serde(default)]
    pub min_workers: Option<u32>,
    /// JMeter properties whose totals are divided among the workers.
    #[serde(default)]
    pub share: BTreeMap<String, u64>,
    pub total_threads: Option<u64>,
    pub stop_timeout_s: u64,
    /// What a reader of the report must know.
    pub notes: Vec<Message>,
    pub steps: Vec<RunStep>,
}

/// The points of some labels of an active run.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LiveLabels {
    pub run_id: RunId,
    /// Number of the newest snapshot; send it with the next request.
    pub seq: u64,
    /// Width of a bucket in milliseconds.
    pub bucket_ms: u64,
    /// All points are here and replace every earlier one.
    pub reset: bool,
    /// Those of the labels that have a sample, in the table's order.
    pub labels: Vec<LabelSeries>,
    /// The labels as one, each sample counted once, its `label` empty; `null`: none of them has a sample.
    pub together: Option<Entry>,
}

/// State of a run at one time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Snapshot {
    pub run_id: RunId,
    /// Number of the snapshot, increased by one for each one sent.
    pub seq: u64,
    /// By the server's clock.
    pub at_ms: i64,
    pub run: RunView,
    /// Of the labels those with the most samples, at most 500.
    pub summary: Summary,
    /// Total number of labels.
    pub labels: u64,
    /// The width of a bucket.
    pub bucket_ms: u64,
    /// `points` is complete and replaces everything sent before.
    pub reset: bool,
    /// The buckets of the total that changed since the requested snapshot.
    pub points: Vec<Point>,
    /// The total's samples by response code in the changed buckets; for a finished run, in all buckets.
    #[serde(default)]
    pub codes: ChangedCodes,
    /// The twenty most frequent failures.
    pub errors: Vec<ErrorGroup>,
}

impl Engine {
    /// The cluster with what is only known while it is active.
    pub fn view_cluster(&self, cluster: Cluster) -> ClusterView {
        ClusterView {
            idle_ends_at_ms: cluster.idle_ends_at_ms(),
            usd_so_far: cluster.usd_so_far(self.now_ms()),
            warnings: crate::javas::different(&cluster).into_iter().collect(),
            cluster,
        }
    }

    /// The plan with its runs counted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn view_plan(&self, plan: Plan) -> Result<PlanView, EngineError> {
        let (runs, last_run) = self.store().runs_of_plan(&plan.id).await?;
        Ok(PlanView { bytes: plan.bytes(), runs, last_run: last_run.map(LastRun::from), plan })
    }

    /// The run as it is shown: secrets masked, with the figures of now.
    pub fn view_run(&self, mut row: RunRow) -> RunView {
        crate::runs::secrets::mask(&mut row.run);
        let result = result_of(&row);
        let live = self.live().get(&row.run.id).cloned();
        let headline = result.headline.clone().or_else(|| live.as_ref().and_then(|live| live.headline()));
        let archive = self.archive_view(&row.run);
        let judged = match live.filter(|_| row.result.is_none()) {
            Some(live) => live.judged(),
            None => Judged { criteria: result.criteria, watch: result.criteria_watch, rules: Vec::new() },
        };
        RunView { archive, ..view(row.run, result.verdict, judged, headline) }
    }
}

/// The result recorded when the run finished; empty until then.
pub(crate) fn result_of(row: &RunRow) -> RunResult {
    row.result.as_ref().and_then(|value| serde_json::from_value(value.clone()).ok()).unwrap_or_default()
}

fn view(run: Run, verdict: Verdict, judged: Judged, headline: Option<Headline>) -> RunView {
    RunView {
        plan: Named { id: run.plan_id.into(), name: run.plan_name },
        plan_revision: run.plan_revision,
        cluster: Named { id: run.cluster_id.into(), name: run.cluster_name },
        provider: run.provider,
        id: run.id,
        name: run.name,
        owner: run.owner,
        team: run.team,
        phase: run.phase,
        step: run.step,
        cause: run.cause,
        pinned: run.pinned,
        archive: None,
        tags: run.tags,
        note: run.note,
        annotations: run.annotations,
        baseline: run.baseline_ms.is_some(),
        verdict,
        criteria: judged.criteria,
        criteria_watch: judged.watch,
        criteria_expressions: run.criteria,
        warm_up_s: run.warm_up_s,
        stop_rules: run.stop_rules,
        stop_rule_states: judged.rules,
        criteria_version: run.criteria_version,
        created_ms: run.created_ms,
        started_ms: run.started_ms,
        ended_ms: run.ended_ms,
        expected_s: run.expected_s,
        stop_requested: run.stop_requested,
        headline,
        nodes: run.nodes,
        main_file: run.main_file,
        files: run.files,
        versions: run.versions,
        properties: run.properties,
        system_properties: run.system_properties,
        properties_files: run.properties_files,
        split: run.split,
        keep: run.keep,
        workers: run.workers,
        results: run.results,
        try_run: run.try_run,
        results_choice: run.results_choice,
        min_workers: run.min_workers,
        share: run.share,
        total_threads: run.total_threads,
        stop_timeout_s: run.stop_timeout_s,
        notes: run.notes,
        steps: run.steps,
    }
}
