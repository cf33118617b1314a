//! The list of plans, each with its runs counted.

use super::{Holds, Key, Page, PageRequest, Query, read_id, read_owner, read_team, unknown_word};
use crate::documents::from_word;
use crate::{Store, StoreError, during};
use jac_jtl::criteria::Verdict;
use jac_model::{EpochMs, Named, Person, PlanId, PlanSort, RunId, RunPhase};
use rusqlite::{Connection, OptionalExtension, Row};

/// Which plans are listed; empty fields match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanFilter {
    /// Ids of people; no plan matches an empty list.
    pub owners: Option<Vec<String>>,
    /// Ids of teams; no plan matches an empty list.
    pub teams: Option<Vec<String>>,
    /// Words that must all occur in its ID, its name or its owner's name.
    pub text: Option<String>,
}

/// A plan as in its row.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedPlan {
    pub id: PlanId,
    pub name: String,
    pub owner: Person,
    pub team: Option<Named>,
    pub created_ms: EpochMs,
    pub main_file: String,
    pub files: u64,
    pub bytes: u64,
    pub runs: u64,
    pub last_run: Option<ListedRunOfPlan>,
}

/// The newest run of a plan.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedRunOfPlan {
    pub id: RunId,
    pub phase: RunPhase,
    pub verdict: Verdict,
    pub created_ms: EpochMs,
}

const COLUMNS: &str = "name, owner, owner_name, team, team_name, created_ms, main_file, files, bytes, (SELECT count(*) FROM runs INDEXED BY runs_by_plan WHERE plan = plans.id) AS runs";
pub(crate) const LAST_RUN: &str = "SELECT id, phase, verdict, created_ms FROM runs INDEXED BY runs_by_plan WHERE plan = ?1 ORDER BY created_ms DESC, id DESC LIMIT 1";
pub(crate) const RUNS: &str = "SELECT count(*) FROM runs INDEXED BY runs_by_plan WHERE plan = ?1";

fn key(sort: PlanSort) -> Key {
    let (column, holds, index) = match sort {
        PlanSort::Created => ("created_ms", Holds::Integer, "plans_by_created"),
        PlanSort::Name => ("name", Holds::Text, "plans_by_name"),
        PlanSort::LastRun => ("last_run_ms", Holds::Integer, "plans_by_last_run"),
    };
    Key { column, holds, index }
}

pub(crate) fn query(filter: &PlanFilter, page: &PageRequest<PlanSort>) -> Result<Query, StoreError> {
    let mut query = Query::new("plans", COLUMNS, key(page.sort), page)?.filled();
    query.one_of("owner", filter.owners.as_ref());
    query.one_of("team", filter.teams.as_ref());
    query.text(filter.text.as_deref())?;
    Ok(query)
}

fn read(connection: &Connection, row: &Row<'_>) -> Result<ListedPlan, rusqlite::Error> {
    let id: PlanId = read_id(row, "id")?;
    let number = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.unsigned_abs());
    Ok(ListedPlan {
        name: row.get("name")?,
        owner: read_owner(row)?,
        team: read_team(row)?,
        created_ms: row.get("created_ms")?,
        main_file: row.get("main_file")?,
        files: number("files")?,
        bytes: number("bytes")?,
        runs: number("runs")?,
        last_run: last_run(connection, &id)?,
        id,
    })
}

fn last_run(connection: &Connection, plan: &PlanId) -> Result<Option<ListedRunOfPlan>, rusqlite::Error> {
    let read = |row: &Row<'_>| {
        let (phase, verdict): (String, String) = (row.get("phase")?, row.get("verdict")?);
        Ok(ListedRunOfPlan {
            id: read_id(row, "id")?,
            phase: from_word(&phase).map_err(|error| unknown_word("phase", error))?,
            verdict: from_word(&verdict).map_err(|error| unknown_word("verdict", error))?,
            created_ms: row.get("created_ms")?,
        })
    };
    connection.prepare_cached(LAST_RUN)?.query_row([plan.as_str()], read).optional()
}

impl Store {
    /// A page of the plans that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_plans(
        &self,
        filter: &PlanFilter,
        page: &PageRequest<PlanSort>,
    ) -> Result<Page<ListedPlan>, StoreError> {
        let query = query(filter, page)?;
        // The statements of one page see one moment.
        let unreadable = self.unreadable.clone();
        self.read_at_once(move |connection| query.run(connection, &unreadable, |row| read(connection, row))).await
    }

    /// The number of runs of a plan, and the newest of them.
    pub async fn runs_of_plan(&self, plan: &PlanId) -> Result<(u64, Option<ListedRunOfPlan>), StoreError> {
        let plan = plan.clone();
        self.read_at_once(move |connection| {
            let count = connection
                .prepare_cached(RUNS)
                .and_then(|mut statement| statement.query_row([plan.as_str()], |row| row.get::<_, i64>(0)));
            let count = count.map_err(during("count a plan's runs"))?.unsigned_abs();
            Ok((count, last_run(connection, &plan).map_err(during("read a plan's last run"))?))
        })
        .await
    }
}
