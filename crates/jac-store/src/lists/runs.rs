//! The list of runs.

use super::{Holds, Key, Page, PageRequest, Query, read_id, read_owner, read_team, read_word, unknown_word};
use crate::documents::word;
use crate::{Store, StoreError, during};
use jac_jtl::criteria::Verdict;
use jac_model::{
    Cause, ClusterId, EpochMs, Named, Person, PlanId, Provider, RunId, RunPhase, RunSort, StopMode, folded,
};
use rusqlite::{Connection, Row};

/// Which runs are listed; empty fields match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RunFilter {
    /// Ids of people; no run matches an empty list.
    pub owners: Option<Vec<String>>,
    /// Ids of teams; no run matches an empty list.
    pub teams: Option<Vec<String>>,
    pub plan: Option<PlanId>,
    pub cluster: Option<ClusterId>,
    pub provider: Option<Provider>,
    pub phase: Option<RunPhase>,
    pub verdict: Option<Verdict>,
    pub pinned: Option<bool>,
    /// Only try runs, or none.
    pub try_run: Option<bool>,
    /// Case-insensitive.
    pub tag: Option<String>,
    /// Words that must all occur in its ID, its name or the names of its plan, cluster or owner.
    pub text: Option<String>,
    /// Created from then on.
    pub from_ms: Option<EpochMs>,
    /// Created before then.
    pub to_ms: Option<EpochMs>,
}

/// A run as in its row. Figures are `None` until it has finished.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRun {
    pub id: RunId,
    pub name: String,
    pub plan: Named,
    pub cluster: Named,
    pub provider: Option<Provider>,
    pub owner: Person,
    pub team: Option<Named>,
    pub phase: RunPhase,
    pub step: String,
    pub cause: Option<Cause>,
    pub verdict: Verdict,
    pub workers: u32,
    pub pinned: bool,
    pub tags: Vec<String>,
    /// It is its plan's baseline.
    pub is_baseline: bool,
    pub try_run: bool,
    pub created_ms: EpochMs,
    pub started_ms: Option<EpochMs>,
    pub ended_ms: Option<EpochMs>,
    /// How long it takes by its plan, in seconds.
    pub expected_s: Option<u64>,
    pub stop_requested: Option<StopMode>,
    pub samples: Option<u64>,
    pub errors: Option<u64>,
    pub p95_ms: Option<f64>,
    pub rate_per_s: Option<f64>,
    pub active_users: Option<u64>,
}

const COLUMNS: &str = "name, plan, plan_name, cluster, cluster_name, provider, owner, owner_name, team, team_name, phase, step, cause_whole, verdict, workers, pinned, tags, baseline_ms, try_run, created_ms, started_ms, ended_ms, expected_s, stop_requested, samples, errors, p95_ms, rate_per_s, active_users";

fn key(sort: RunSort) -> Key {
    let (column, holds, index) = match sort {
        RunSort::Created => ("created_ms", Holds::Integer, "runs_by_created"),
        RunSort::Started => ("started_ms", Holds::Integer, "runs_by_started"),
        RunSort::Duration => ("duration_ms", Holds::Integer, "runs_by_duration"),
        RunSort::Samples => ("samples", Holds::Integer, "runs_by_samples"),
        RunSort::Errors => ("errors", Holds::Integer, "runs_by_errors"),
        RunSort::P95 => ("p95_ms", Holds::Real, "runs_by_p95"),
        RunSort::Rate => ("rate_per_s", Holds::Real, "runs_by_rate"),
    };
    Key { column, holds, index }
}

/// A tag that at most this many runs have is rare.
const RARE: i64 = 1_000;

/// The filter takes few rows, however many there are.
pub(crate) fn is_few(filter: &RunFilter, tag_is_rare: bool) -> bool {
    filter.cluster.is_some() || filter.phase.is_some_and(|phase| !phase.is_terminal()) || tag_is_rare
}

pub(crate) fn query(filter: &RunFilter, tag_is_rare: bool, page: &PageRequest<RunSort>) -> Result<Query, StoreError> {
    let mut query = Query::new("runs", COLUMNS, key(page.sort), page)?.filled();
    if is_few(filter, tag_is_rare) {
        // In any order, sorting them is faster than finding them in that order's index.
        if filter.cluster.is_some() {
            query.through("runs_by_cluster");
        } else if tag_is_rare {
            // The table's key.
            query.through("sqlite_autoindex_runs_1");
        } else {
            query.through("runs_unfinished");
            query.only("phase <> 'finished'");
        }
    } else if page.sort == RunSort::Created {
        if filter.plan.is_some() {
            query.through("runs_by_plan");
        } else if filter.owners.as_ref().is_some_and(|owners| owners.len() == 1) {
            query.through("runs_by_owner");
        } else if filter.pinned == Some(true) {
            query.through("runs_pinned");
            query.only("pinned = 1");
        }
    }
    query.one_of("owner", filter.owners.as_ref());
    query.one_of("team", filter.teams.as_ref());
    query.equal("plan", filter.plan.as_ref().map(ToString::to_string));
    query.equal("cluster", filter.cluster.as_ref().map(ToString::to_string));
    query.equal("provider", filter.provider.map(word).transpose()?);
    query.equal("phase", filter.phase.map(word).transpose()?);
    query.equal("verdict", filter.verdict.map(word).transpose()?);
    query.equal("pinned", filter.pinned);
    query.equal("try_run", filter.try_run);
    // `+`: otherwise it would determine the order.
    let id = if tag_is_rare && filter.cluster.is_none() { "id" } else { "+id" };
    query.in_list(id, "SELECT run FROM run_tags WHERE tag = ", filter.tag.as_deref().map(folded));
    query.text(filter.text.as_deref())?;
    query.created(filter.from_ms, filter.to_ms);
    Ok(query)
}

fn is_rare(connection: &Connection, tag: &str) -> Result<bool, StoreError> {
    let counted = "SELECT count(*) FROM (SELECT 1 FROM run_tags WHERE tag = ?1 LIMIT ?2)";
    let runs: i64 = connection
        .prepare_cached(counted)
        .and_then(|mut counted| counted.query_row((tag, RARE + 1), |row| row.get(0)))
        .map_err(during("count the runs of a tag"))?;
    Ok(runs <= RARE)
}

fn read(row: &Row<'_>) -> Result<ListedRun, rusqlite::Error> {
    let number = |column| Ok::<_, rusqlite::Error>(u64::try_from(row.get::<_, i64>(column)?).ok());
    let time = |column| Ok::<_, rusqlite::Error>(Some(row.get::<_, i64>(column)?).filter(|time| *time >= 0));
    let figure = |column| Ok::<_, rusqlite::Error>(Some(row.get::<_, f64>(column)?).filter(|figure| *figure >= 0.0));
    let cause: Option<String> = row.get("cause_whole")?;
    let cause = cause.map(|cause| serde_json::from_str(&cause)).transpose();
    let provider = row.get::<_, Option<String>>("provider")?.map(|_| read_word(row, "provider")).transpose()?;
    let stop_requested: Option<String> = row.get("stop_requested")?;
    Ok(ListedRun {
        id: read_id(row, "id")?,
        name: row.get("name")?,
        plan: Named { id: row.get("plan")?, name: row.get("plan_name")? },
        cluster: Named { id: row.get("cluster")?, name: row.get("cluster_name")? },
        provider,
        owner: read_owner(row)?,
        team: read_team(row)?,
        phase: read_word(row, "phase")?,
        step: row.get("step")?,
        cause: cause.map_err(|error| unknown_word("cause_whole", error))?,
        verdict: read_word(row, "verdict")?,
        workers: row.get("workers")?,
        pinned: row.get("pinned")?,
        tags: serde_json::from_str(&row.get::<_, String>("tags")?).map_err(|error| unknown_word("tags", error))?,
        is_baseline: row.get::<_, Option<i64>>("baseline_ms")?.is_some(),
        try_run: row.get("try_run")?,
        created_ms: row.get("created_ms")?,
        started_ms: time("started_ms")?,
        ended_ms: time("ended_ms")?,
        expected_s: row.get::<_, Option<i64>>("expected_s")?.and_then(|seconds| u64::try_from(seconds).ok()),
        stop_requested: stop_requested.map(|_| read_word(row, "stop_requested")).transpose()?,
        samples: number("samples")?,
        errors: number("errors")?,
        p95_ms: figure("p95_ms")?,
        rate_per_s: figure("rate_per_s")?,
        active_users: row.get::<_, Option<i64>>("active_users")?.and_then(|users| u64::try_from(users).ok()),
    })
}

impl Store {
    /// A page of the runs that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_runs(
        &self,
        filter: &RunFilter,
        page: &PageRequest<RunSort>,
    ) -> Result<Page<ListedRun>, StoreError> {
        let (filter, page, unreadable) = (filter.clone(), page.clone(), self.unreadable.clone());
        self.read(move |connection| {
            let tag_is_rare = filter.tag.as_deref().map_or(Ok(false), |tag| is_rare(connection, &folded(tag)))?;
            query(&filter, tag_is_rare, &page)?.run(connection, &unreadable, read)
        })
        .await
    }
}
