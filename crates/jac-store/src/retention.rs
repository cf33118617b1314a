//! Retention: the oldest rows, which are deleted first.

use crate::documents::ids;
use crate::{Store, StoreError, during};
use jac_model::{EpochMs, PlanId, RunId};
use rusqlite::{OptionalExtension, params};

/// A place in the order of creation: the time and the id of a run.
pub type RunPlace = (EpochMs, String);

// A baseline is looked up in the narrow index of all baselines, so that neither statement reads the table.
const OLDEST: &str = "SELECT created_ms, id FROM runs INDEXED BY runs_by_created
    WHERE (created_ms, id) > (?1, ?2) AND (created_ms, id) <= (?3, ?4) AND version > 0 AND pinned = 0 AND phase = 'finished'
    AND NOT EXISTS (SELECT 1 FROM runs AS b INDEXED BY runs_baseline WHERE b.plan = runs.plan AND b.baseline_ms IS NOT NULL AND b.id = runs.id)
    ORDER BY created_ms, id LIMIT ?5";
const FINISHED: &str = "SELECT created_ms, id FROM runs INDEXED BY runs_by_created
    WHERE (created_ms, id) > (?1, ?2) AND (created_ms, id) <= (?3, ?4) AND version > 0 AND phase = 'finished'
    ORDER BY created_ms, id LIMIT ?5";
const NTH_NEWEST: &str = "SELECT created_ms, id FROM runs INDEXED BY runs_by_created
    WHERE (created_ms, id) < (x'', '') AND version > 0 AND pinned = 0 AND phase = 'finished'
    AND NOT EXISTS (SELECT 1 FROM runs AS b INDEXED BY runs_baseline WHERE b.plan = runs.plan AND b.baseline_ms IS NOT NULL AND b.id = runs.id)
    ORDER BY created_ms DESC, id DESC LIMIT 1 OFFSET ?1";
const OLD_EVENTS: &str = "DELETE FROM cluster_events WHERE id IN (
    SELECT cluster_events.id FROM clusters INDEXED BY clusters_by_ended
    CROSS JOIN cluster_events INDEXED BY cluster_events_by_cluster ON cluster_events.cluster = clusters.id
    WHERE clusters.phase = 'terminated' AND clusters.ended_ms < ?1 LIMIT ?2)";
// Earlier versions created one for each run: those replaced by a newer one with that name are removed although they have runs.
const EPHEMERAL: &str = "SELECT id FROM plans INDEXED BY plans_ephemeral WHERE ephemeral = 1 AND created_ms < ?1
    AND NOT EXISTS (SELECT 1 FROM runs INDEXED BY runs_by_plan WHERE plan = plans.id AND phase <> 'finished')
    AND (NOT EXISTS (SELECT 1 FROM runs INDEXED BY runs_by_plan WHERE plan = plans.id)
    OR EXISTS (SELECT 1 FROM plans AS newer INDEXED BY plans_ephemeral WHERE newer.ephemeral = 1
    AND newer.created_ms > plans.created_ms AND newer.owner = plans.owner AND newer.name = plans.name))";

#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 5] = [OLDEST, FINISHED, NTH_NEWEST, OLD_EVENTS, EPHEMERAL];

impl Store {
    /// The finished runs between two positions that are neither pinned nor a baseline, oldest first, at most `limit`.
    pub async fn oldest_runs(
        &self,
        after: &RunPlace,
        until: &RunPlace,
        limit: u32,
    ) -> Result<Vec<(RunPlace, RunId)>, StoreError> {
        self.runs_between(OLDEST, after, until, limit).await
    }

    /// The same for all finished runs.
    pub async fn finished_runs(
        &self,
        after: &RunPlace,
        until: &RunPlace,
        limit: u32,
    ) -> Result<Vec<(RunPlace, RunId)>, StoreError> {
        self.runs_between(FINISHED, after, until, limit).await
    }

    async fn runs_between(
        &self,
        sql: &'static str,
        after: &RunPlace,
        until: &RunPlace,
        limit: u32,
    ) -> Result<Vec<(RunPlace, RunId)>, StoreError> {
        let (after, until) = (after.clone(), until.clone());
        let rows: Vec<RunPlace> = self
            .read(move |connection| {
                let mut statement = connection.prepare_cached(sql).map_err(during("read old runs"))?;
                let rows = statement.query_map(params![after.0, after.1, until.0, until.1, limit], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                });
                rows.and_then(Iterator::collect).map_err(during("read old runs"))
            })
            .await?;
        Ok(rows.into_iter().filter_map(|place| place.1.parse().ok().map(|id| (place, id))).collect())
    }

    /// The position from which finished runs, except pinned ones and baselines, exceed `count`; `None`: they do not.
    pub async fn newest_run_beyond(&self, count: u32) -> Result<Option<RunPlace>, StoreError> {
        self.read(move |connection| {
            let found = connection.prepare_cached(NTH_NEWEST).and_then(|mut statement| {
                statement.query_row([count], |row| Ok((row.get(0)?, row.get(1)?))).optional()
            });
            found.map_err(during("count runs"))
        })
        .await
    }

    /// Removes at most `limit` events of clusters that ended before then, and returns their number.
    pub async fn delete_old_events(&self, before_ms: EpochMs, limit: u32) -> Result<usize, StoreError> {
        self.write(move |connection| {
            connection.execute(OLD_EVENTS, params![before_ms, limit]).map_err(during("delete old events"))
        })
        .await
    }

    /// Plans of `jac run` first uploaded before this time that have no runs and no schedule any more.
    pub async fn forgotten_plans(&self, before_ms: EpochMs) -> Result<Vec<PlanId>, StoreError> {
        let sql = EPHEMERAL.replace("?1", &before_ms.to_string());
        let found = self.read(move |connection| {
            let mut found = ids(connection, &sql)?;
            if !found.is_empty() {
                // There are few schedules, and this is rare.
                let scheduled = ids(connection, "SELECT plan FROM schedules")?;
                found.retain(|plan| !scheduled.contains(plan));
            }
            Ok(found)
        });
        let found = found.await?;
        Ok(found.iter().filter_map(|id| id.parse().ok()).collect())
    }
}
