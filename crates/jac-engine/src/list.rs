//! Lists for callers: summaries of runs, clusters and plans, a page at a time.
//!
//! They are built from the store's narrow rows; for running tests the figures of their newest snapshot replace those
//! that are not stored yet.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::view::{ClusterView, Headline, LastRun};
use jac_jtl::criteria::Verdict;
use jac_model::{
    Cause, ClusterId, ClusterPhase, ClusterSort, Message, Named, Person, PlanId, PlanSort, Provider, RunId, RunPhase,
    RunSort, StopMode,
};
use jac_store::{
    ClusterFilter, ListedCluster, ListedPlan, ListedRun, ListedRunOfPlan, PageRequest, PlanFilter, RunFilter,
};
use serde::{Deserialize, Serialize};

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page<T> {
    pub items: Vec<T>,
    /// Pass as `after` to get the next page; `null`: this is the last one.
    pub next: Option<String>,
}

/// A run in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunSummary {
    pub id: RunId,
    pub name: String,
    pub plan: Named,
    pub cluster: Named,
    /// `null`: an older JAC started it, and its cluster is unknown now.
    pub provider: Option<Provider>,
    pub owner: Person,
    pub team: Option<Named>,
    pub phase: RunPhase,
    /// Current step, as a sentence.
    pub step: String,
    /// Why it ended; `null` until it has.
    pub cause: Option<Cause>,
    pub verdict: Verdict,
    pub workers: u32,
    pub created_ms: i64,
    pub started_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// Its expected duration by its plan, in seconds; `null`: unknown.
    pub expected_s: Option<u64>,
    pub stop_requested: Option<StopMode>,
    /// `null`: nothing was measured yet.
    pub headline: Option<Headline>,
    /// Whether it is pinned: exempt from retention.
    pub pinned: bool,
    /// Tags to find it by.
    pub tags: Vec<String>,
    /// Whether it is its plan's baseline.
    pub baseline: bool,
    /// Whether it is a try run, which is excluded from trends.
    #[serde(default)]
    pub try_run: bool,
}

/// A cluster in a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ClusterSummary {
    pub id: ClusterId,
    pub name: String,
    pub owner: Person,
    pub team: Option<Named>,
    pub provider: Provider,
    pub phase: ClusterPhase,
    /// Why it failed or ended.
    pub cause: Option<Message>,
    pub workers: u32,
    /// It was made for a run and is terminated after it: no other run can wait for it.
    pub remove_after_run: bool,
    /// Nodes that were lost.
    pub lost_nodes: Vec<String>,
    /// The run that is currently using it.
    pub current_run: Option<String>,
    pub created_ms: i64,
    pub ready_ms: Option<i64>,
    pub ended_ms: Option<i64>,
    /// When its lifetime ends and it is terminated.
    pub expires_at_ms: i64,
    /// When the idle timeout terminates it, unless a run starts before.
    pub idle_ends_at_ms: Option<i64>,
    /// Estimated cost of all its nodes in US dollars per hour; `null`: free, or unknown.
    pub usd_per_hour: Option<f64>,
    /// Estimated cost so far in US dollars.
    pub usd_so_far: Option<f64>,
}

/// A plan in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanSummary {
    pub id: PlanId,
    pub name: String,
    pub owner: Person,
    pub team: Option<Named>,
    pub created_ms: i64,
    /// The `.jmx` that is run.
    pub main_file: String,
    /// How many files it has.
    pub files: u64,
    /// Total size of its files in bytes.
    pub bytes: u64,
    /// How many runs it had.
    pub runs: u64,
    pub last_run: Option<LastRun>,
}

impl Engine {
    /// A page of the runs that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_runs(
        &self,
        filter: &RunFilter,
        page: &PageRequest<RunSort>,
    ) -> Result<Page<RunSummary>, EngineError> {
        let listed = self.store().list_runs(filter, page).await?;
        let summary = |run: ListedRun| {
            let live = self.live().get(&run.id).cloned();
            let headline = figures(&run).or_else(|| live.and_then(|live| live.headline()));
            summary_of_run(run, headline)
        };
        Ok(Page { items: listed.items.into_iter().map(summary).collect(), next: listed.next })
    }

    /// A page of the clusters that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_clusters(
        &self,
        filter: &ClusterFilter,
        page: &PageRequest<ClusterSort>,
    ) -> Result<Page<ClusterSummary>, EngineError> {
        let listed = self.store().list_clusters(filter, page).await?;
        let now_ms = self.now_ms();
        Ok(Page {
            items: listed.items.into_iter().map(|cluster| summary_of_cluster(cluster, now_ms)).collect(),
            next: listed.next,
        })
    }

    /// A page of the plans that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_plans(
        &self,
        filter: &PlanFilter,
        page: &PageRequest<PlanSort>,
    ) -> Result<Page<PlanSummary>, EngineError> {
        let listed = self.store().list_plans(filter, page).await?;
        Ok(Page { items: listed.items.into_iter().map(summary_of_plan).collect(), next: listed.next })
    }
}

/// The result, once it is stored.
fn figures(run: &ListedRun) -> Option<Headline> {
    let (samples, errors) = (run.samples?, run.errors?);
    #[expect(clippy::cast_precision_loss, reason = "as exact as a share of so many samples has to be")]
    let error_percent = (samples > 0).then(|| errors as f64 * 100.0 / samples as f64);
    Some(Headline {
        samples,
        errors,
        error_percent,
        rate_per_s: run.rate_per_s,
        p95_ms: run.p95_ms,
        active_users: run.active_users,
    })
}

fn summary_of_run(run: ListedRun, headline: Option<Headline>) -> RunSummary {
    RunSummary {
        id: run.id,
        name: run.name,
        plan: run.plan,
        cluster: run.cluster,
        provider: run.provider,
        owner: run.owner,
        team: run.team,
        phase: run.phase,
        step: run.step,
        cause: run.cause,
        verdict: run.verdict,
        workers: run.workers,
        created_ms: run.created_ms,
        started_ms: run.started_ms,
        ended_ms: run.ended_ms,
        expected_s: run.expected_s,
        stop_requested: run.stop_requested,
        headline,
        pinned: run.pinned,
        tags: run.tags,
        baseline: run.is_baseline,
        try_run: run.try_run,
    }
}

fn summary_of_cluster(cluster: ListedCluster, now_ms: i64) -> ClusterSummary {
    ClusterSummary {
        usd_so_far: jac_model::cluster::usd_so_far(cluster.usd_per_hour, cluster.created_ms, cluster.ended_ms, now_ms),
        id: cluster.id,
        name: cluster.name,
        owner: cluster.owner,
        team: cluster.team,
        provider: cluster.provider,
        phase: cluster.phase,
        cause: cluster.cause,
        workers: cluster.workers,
        remove_after_run: cluster.remove_after_run,
        lost_nodes: cluster.lost_nodes,
        current_run: cluster.current_run,
        created_ms: cluster.created_ms,
        ready_ms: cluster.ready_ms,
        ended_ms: cluster.ended_ms,
        expires_at_ms: cluster.expires_at_ms,
        idle_ends_at_ms: cluster.idle_ends_at_ms,
        usd_per_hour: cluster.usd_per_hour,
    }
}

impl From<&ClusterView> for ClusterSummary {
    fn from(view: &ClusterView) -> Self {
        let cluster = &view.cluster;
        Self {
            id: cluster.id.clone(),
            name: cluster.name.clone(),
            owner: cluster.owner.clone(),
            team: cluster.team.clone(),
            provider: cluster.provider,
            phase: cluster.phase,
            cause: cluster.cause.clone(),
            workers: cluster.worker_count(),
            remove_after_run: cluster.config.remove_after_run,
            lost_nodes: cluster.lost_nodes.clone(),
            current_run: cluster.current_run.as_ref().map(ToString::to_string),
            created_ms: cluster.created_ms,
            ready_ms: cluster.ready_ms,
            ended_ms: cluster.ended_ms,
            expires_at_ms: cluster.expires_at_ms,
            idle_ends_at_ms: view.idle_ends_at_ms,
            usd_per_hour: cluster.usd_per_hour,
            usd_so_far: view.usd_so_far,
        }
    }
}

fn summary_of_plan(plan: ListedPlan) -> PlanSummary {
    PlanSummary {
        id: plan.id,
        name: plan.name,
        owner: plan.owner,
        team: plan.team,
        created_ms: plan.created_ms,
        main_file: plan.main_file,
        files: plan.files,
        bytes: plan.bytes,
        runs: plan.runs,
        last_run: plan.last_run.map(LastRun::from),
    }
}

impl From<ListedRunOfPlan> for LastRun {
    fn from(run: ListedRunOfPlan) -> Self {
        Self { id: run.id, phase: run.phase, verdict: run.verdict, created_ms: run.created_ms }
    }
}
