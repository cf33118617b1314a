//! The history of plans: the figures of each finished run by label, and which run of a plan is its baseline.
//!
//! Trends are read only from here: rows are stored in the order in which a trend shows them, so that the cost of a page
//! does not depend on the number of runs. The engine interprets the counted response times: here they are bytes.

use crate::documents::{self, Put};
use crate::lists::{read_id, read_word};
use crate::{MOST_LISTED, Store, StoreError, during};
use jac_jtl::criteria::Verdict;
use jac_model::{EpochMs, PlanId, Run, RunId, folded};
use rusqlite::{Connection, OptionalExtension, Row, params};

/// The figures of a run, in total or of one label.
#[derive(Debug, Clone, PartialEq)]
pub struct RunMetrics {
    /// `None`: the total.
    pub label: Option<String>,
    pub samples: u64,
    pub errors: u64,
    pub mean_ms: Option<f64>,
    pub median_ms: Option<f64>,
    pub p90_ms: Option<f64>,
    pub p95_ms: Option<f64>,
    pub p99_ms: Option<f64>,
    pub rate_per_s: Option<f64>,
    /// Share of the whole log's rows that could not be read, in percent.
    pub unread_percent: Option<f64>,
    /// The permitted share, if it is not the default.
    pub max_unread_percent: Option<f64>,
    /// What the total covers: `samples` or `transactions`; `None`: unknown, or irrelevant for a label.
    pub total_basis: Option<String>,
    /// Counted response times.
    pub times: Vec<u8>,
}

/// A run in a trend.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendRow {
    pub run: RunId,
    pub name: String,
    pub created_ms: EpochMs,
    pub started_ms: Option<EpochMs>,
    pub verdict: Verdict,
    /// It ended before its time.
    pub is_partial: bool,
    pub tags: Vec<String>,
    /// When it was made its plan's baseline.
    pub baseline_ms: Option<EpochMs>,
    pub pinned: bool,
    pub plan_revision: Option<u32>,
    pub metrics: RunMetrics,
}

/// A page of a trend and the baseline of its plan, of the same moment.
#[derive(Debug, Clone, PartialEq)]
pub struct TrendRows {
    /// `None`: the plan has none, or none with figures of that label.
    pub baseline: Option<TrendRow>,
    /// The newest first.
    pub rows: Vec<TrendRow>,
}

/// The end of a page of a trend: the newest runs come first.
pub type TrendPlace = (EpochMs, RunId);

const COLUMNS: &str = "m.run, r.name, m.created_ms, r.started_ms, r.verdict, r.cause, r.tags, r.baseline_ms, r.pinned, r.plan_revision, m.label, m.total, m.samples, m.errors, m.mean_ms, m.median_ms, m.p90_ms, m.p95_ms, m.p99_ms, m.rate_per_s, m.unread_percent, m.max_unread_percent, m.total_basis, m.times";

fn trend_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM run_metrics AS m CROSS JOIN runs AS r ON r.id = m.run
         WHERE m.plan = ?1 AND m.total = ?2 AND m.label = ?3 AND (m.created_ms, m.run) < (?4, ?5)
         ORDER BY m.created_ms DESC, m.run DESC LIMIT ?6"
    )
}

fn baseline_sql() -> String {
    format!(
        "SELECT {COLUMNS} FROM runs AS r INDEXED BY runs_baseline CROSS JOIN run_metrics AS m
         WHERE r.plan = ?1 AND r.baseline_ms IS NOT NULL
           AND m.plan = r.plan AND m.total = ?2 AND m.label = ?3 AND m.created_ms = r.created_ms AND m.run = r.id
         ORDER BY r.baseline_ms DESC LIMIT 1"
    )
}

/// The labels one after the other, so that the rows between them are skipped.
const FIRST_LABEL: &str = "SELECT min(label) FROM run_metrics WHERE plan = ?1 AND total = 0";
const NEXT_LABEL: &str = "SELECT min(label) FROM run_metrics WHERE plan = ?1 AND total = 0 AND label > ?2";

const WITHOUT_METRICS: &str = "SELECT id FROM runs INDEXED BY runs_without_metrics WHERE metrics = 0 AND phase = 'finished' AND version > 0 ORDER BY created_ms DESC, id DESC LIMIT ?1";

const OTHER_BASELINES: &str =
    "SELECT id FROM runs INDEXED BY runs_baseline WHERE plan = ?1 AND baseline_ms IS NOT NULL AND id <> ?2";

/// All statements here, for the test that none reads a whole table.
#[cfg(test)]
pub(crate) fn statements() -> Vec<String> {
    [FIRST_LABEL, NEXT_LABEL, WITHOUT_METRICS, OTHER_BASELINES]
        .map(str::to_owned)
        .into_iter()
        .chain([trend_sql(), baseline_sql()])
        .collect()
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<TrendRow> {
    let count = |column| Ok::<_, rusqlite::Error>(row.get::<_, i64>(column)?.unsigned_abs());
    let tags: String = row.get("tags")?;
    let label: String = row.get("label")?;
    let cause: Option<String> = row.get("cause")?;
    Ok(TrendRow {
        run: read_id(row, "run")?,
        name: row.get("name")?,
        created_ms: row.get("created_ms")?,
        started_ms: Some(row.get::<_, i64>("started_ms")?).filter(|at_ms| *at_ms >= 0),
        verdict: read_word(row, "verdict")?,
        is_partial: cause.is_some_and(|cause| !["completed", "imported"].contains(&cause.as_str())),
        tags: serde_json::from_str(&tags).unwrap_or_default(),
        baseline_ms: row.get("baseline_ms")?,
        pinned: row.get("pinned")?,
        plan_revision: row.get("plan_revision")?,
        metrics: RunMetrics {
            label: (row.get::<_, i64>("total")? == 0).then_some(label),
            samples: count("samples")?,
            errors: count("errors")?,
            mean_ms: row.get("mean_ms")?,
            median_ms: row.get("median_ms")?,
            p90_ms: row.get("p90_ms")?,
            p95_ms: row.get("p95_ms")?,
            p99_ms: row.get("p99_ms")?,
            rate_per_s: row.get("rate_per_s")?,
            unread_percent: row.get("unread_percent")?,
            max_unread_percent: row.get("max_unread_percent")?,
            total_basis: row.get("total_basis")?,
            times: row.get("times")?,
        },
    })
}

/// Which rows: the total's, or a label's.
fn line(label: Option<&str>) -> (i64, String) {
    label.map_or((1, String::new()), |label| (0, label.to_owned()))
}

fn put_metrics(connection: &Connection, id: &RunId, metrics: &[RunMetrics]) -> Result<(), StoreError> {
    let failed = || during("write a run's metrics");
    let run: Option<(String, i64)> = connection
        .query_row("SELECT plan, created_ms FROM runs WHERE id = ?1", [id.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()
        .map_err(failed())?;
    let Some((plan, created_ms)) = run else {
        return Err(StoreError::NotFound { kind: "run", id: id.to_string() });
    };
    connection.execute("DELETE FROM run_metrics WHERE run = ?1", [id.as_str()]).map_err(failed())?;
    let mut statement = connection
        .prepare_cached(
            "INSERT OR REPLACE INTO run_metrics (plan, total, label, created_ms, run, samples, errors, mean_ms, median_ms, p90_ms, p95_ms, p99_ms, rate_per_s, unread_percent, max_unread_percent, total_basis, times)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        )
        .map_err(failed())?;
    for row in metrics {
        let (total, label) = line(row.label.as_deref());
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        statement
            .execute(params![
                plan,
                total,
                label,
                created_ms,
                id.as_str(),
                count(row.samples),
                count(row.errors),
                row.mean_ms,
                row.median_ms,
                row.p90_ms,
                row.p95_ms,
                row.p99_ms,
                row.rate_per_s,
                row.unread_percent,
                row.max_unread_percent,
                row.total_basis,
                row.times
            ])
            .map_err(failed())?;
    }
    let state = if metrics.is_empty() { 2 } else { 1 };
    connection
        .execute("UPDATE runs SET metrics = ?2 WHERE id = ?1", params![id.as_str(), state])
        .map(drop)
        .map_err(failed())
}

impl Store {
    /// Stores a finished run's figures and replaces any earlier ones; an empty list means that it has no figures.
    ///
    /// # Errors
    /// When the run does not exist, or the database cannot be written.
    pub async fn put_run_metrics(&self, id: &RunId, metrics: Vec<RunMetrics>) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |connection| put_metrics(connection, &id, &metrics)).await
    }

    /// The same for a run whose figures are missing: figures that were written at a run's end are kept, as are earlier
    /// ones that should be replaced if there is no replacement.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn fill_run_metrics(&self, id: &RunId, metrics: Vec<RunMetrics>) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |connection| {
            let sql = "SELECT 1 FROM runs WHERE id = ?1 AND metrics = 0";
            let is_missing = connection.prepare_cached(sql).and_then(|mut row| row.exists([id.as_str()]));
            if !is_missing.map_err(during("read a run"))? {
                return Ok(());
            }
            let sql = "SELECT 1 FROM run_metrics WHERE run = ?1";
            let has_some = connection.prepare_cached(sql).and_then(|mut row| row.exists([id.as_str()]));
            if metrics.is_empty() && has_some.map_err(during("read a run's metrics"))? {
                let kept = connection.execute("UPDATE runs SET metrics = 1 WHERE id = ?1", [id.as_str()]);
                return kept.map(drop).map_err(during("write a run's metrics"));
            }
            put_metrics(connection, &id, &metrics)
        })
        .await
    }

    /// Finished runs whose figures are not stored yet, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn runs_without_metrics(&self, limit: u32) -> Result<Vec<RunId>, StoreError> {
        self.read(move |connection| {
            let read = || {
                let mut statement = connection.prepare_cached(WITHOUT_METRICS)?;
                statement.query_map([limit], |row| read_id(row, "id"))?.collect::<Result<_, rusqlite::Error>>()
            };
            read().map_err(during("read runs without metrics"))
        })
        .await
    }

    /// The runs of a plan that have figures of that label (`None`: in total), the newest first, those before a place, and
    /// the plan's baseline at the same moment.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn trend(
        &self,
        plan: &PlanId,
        label: Option<&str>,
        before: Option<TrendPlace>,
        limit: u32,
    ) -> Result<TrendRows, StoreError> {
        let ((total, label), plan) = (line(label), plan.to_string());
        let limit = limit.clamp(1, MOST_LISTED + 1);
        self.read_at_once(move |connection| {
            let (at_ms, run) = before.map_or((i64::MAX, String::new()), |(at_ms, run)| (at_ms, run.to_string()));
            let read = || {
                let baseline = connection
                    .prepare_cached(&baseline_sql())?
                    .query_row(params![plan, total, label], row_of)
                    .optional()?;
                let rows = connection
                    .prepare_cached(&trend_sql())?
                    .query_map(params![plan, total, label, at_ms, run, limit], row_of)?
                    .collect::<Result<_, rusqlite::Error>>()?;
                Ok(TrendRows { baseline, rows })
            };
            read().map_err(during("read a trend"))
        })
        .await
    }

    /// The labels that runs of a plan have figures of, by name, at most `limit`.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn plan_labels(&self, plan: &PlanId, limit: u32) -> Result<Vec<String>, StoreError> {
        let plan = plan.to_string();
        self.read(move |connection| {
            let read = || {
                let mut labels: Vec<String> = Vec::new();
                let mut found: Option<String> = connection.query_row(FIRST_LABEL, [&plan], |row| row.get(0))?;
                let mut next = connection.prepare_cached(NEXT_LABEL)?;
                while let Some(label) = found.filter(|_| labels.len() < limit as usize) {
                    found = next.query_row([&plan, &label], |row| row.get(0))?;
                    labels.push(label);
                }
                Ok(labels)
            };
            read().map_err(during("read a plan's labels"))
        })
        .await
    }

    /// Makes a run its plan's baseline and replaces any other, or removes the baseline. Returns the changed runs.
    ///
    /// # Errors
    /// When the run does not exist, or the database cannot be written.
    pub async fn set_baseline(&self, id: &RunId, at_ms: Option<EpochMs>) -> Result<Vec<RunId>, StoreError> {
        let id = id.clone();
        self.write(move |connection| {
            let mut run: Run = documents::document(connection, id.as_str())?;
            let mut changed = vec![id.clone()];
            if at_ms.is_some() {
                for other in other_baselines(connection, &run)? {
                    let mut other: Run = documents::document(connection, &other)?;
                    other.baseline_ms = None;
                    documents::put(connection, &other, Put::Over)?;
                    changed.push(other.id);
                }
            }
            run.baseline_ms = at_ms;
            documents::put(connection, &run, Put::Over)?;
            Ok(changed)
        })
        .await
    }
}

fn other_baselines(connection: &Connection, run: &Run) -> Result<Vec<String>, StoreError> {
    let read = || {
        let mut statement = connection.prepare_cached(OTHER_BASELINES)?;
        statement
            .query_map([run.plan_id.as_str(), run.id.as_str()], |row| row.get(0))?
            .collect::<Result<_, rusqlite::Error>>()
    };
    read().map_err(during("read a plan's baseline"))
}

/// Stores the tags of a run in the table that lists use.
pub(crate) fn put_tags(connection: &Connection, run: &Run) -> Result<(), StoreError> {
    let failed = || during("write a run's tags");
    connection.execute("DELETE FROM run_tags WHERE run = ?1", [run.id.as_str()]).map_err(failed())?;
    for tag in &run.tags {
        connection
            .execute("INSERT OR IGNORE INTO run_tags (tag, run) VALUES (?1, ?2)", [&folded(tag), run.id.as_str()])
            .map_err(failed())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    fn metrics(label: Option<&str>, p95_ms: f64) -> RunMetrics {
        RunMetrics {
            label: label.map(str::to_owned),
            samples: 100,
            errors: 1,
            mean_ms: Some(20.0),
            median_ms: Some(18.0),
            p90_ms: Some(p95_ms - 1.0),
            p95_ms: Some(p95_ms),
            p99_ms: None,
            rate_per_s: Some(5.0),
            unread_percent: Some(0.0),
            max_unread_percent: None,
            total_basis: None,
            times: vec![1, 20, 100],
        }
    }

    /// This many runs of one plan, each with a total and a label, and every other one with a second label.
    async fn with_runs(count: u32) -> (Store, Vec<Run>) {
        let store = crate::examples::store().await;
        let runs = add_runs(&store, count).await;
        (store, runs)
    }

    async fn add_runs(store: &Store, count: u32) -> Vec<Run> {
        let runs: Vec<Run> = (1..=count).map(examples::run).collect();
        for (number, run) in runs.iter().enumerate() {
            store.insert_run(run).await.expect("written");
            let mut rows = vec![metrics(None, 50.0), metrics(Some("Home"), 60.0)];
            if number % 2 == 0 {
                rows.push(metrics(Some(""), 70.0));
            }
            store.put_run_metrics(&run.id, rows).await.expect("written");
        }
        runs
    }

    #[tokio::test]
    async fn a_trend_has_the_runs_of_a_plan_page_by_page_and_only_those_with_the_label() {
        let (store, runs) = with_runs(5).await;
        let plan = runs[0].plan_id.clone();
        let newest_first: Vec<_> = runs.iter().rev().map(|run| run.id.clone()).collect();
        let mut seen = Vec::new();
        let mut before = None;
        loop {
            let page = store.trend(&plan, None, before, 2).await.expect("a page").rows;
            let Some(last) = page.last() else { break };
            before = Some((last.created_ms, last.run.clone()));
            assert!(page.iter().all(|row| row.metrics == metrics(None, 50.0) && row.tags == ["nightly"]));
            seen.extend(page.into_iter().map(|row| row.run));
        }
        assert_eq!(seen, newest_first);
        let of_label = store.trend(&plan, Some(""), None, 10).await.expect("a page").rows;
        assert_eq!(
            of_label.iter().map(|row| row.created_ms).collect::<Vec<_>>(),
            [5, 3, 1],
            "an empty label is not the total"
        );
        assert_eq!(store.plan_labels(&plan, 10).await.expect("labels"), ["", "Home"]);
        assert_eq!(store.plan_labels(&plan, 1).await.expect("labels"), [""]);
        let nowhere = examples::plan(9).id;
        assert!(store.plan_labels(&nowhere, 10).await.expect("labels").is_empty());
        store.delete_run(&runs[4].id).await.expect("deleted");
        assert_eq!(store.trend(&plan, None, None, 10).await.expect("a page").rows.len(), 4);
    }

    #[tokio::test]
    async fn a_plan_has_one_baseline_and_the_newest_one_counts() {
        let (store, runs) = with_runs(3).await;
        let plan = runs[0].plan_id.clone();
        let baseline = async || {
            let trend = store.trend(&plan, Some("Home"), None, 1).await.expect("read");
            trend.baseline.map(|row| row.run)
        };
        assert_eq!(baseline().await, None);
        assert_eq!(store.set_baseline(&runs[0].id, Some(7)).await.expect("set"), [runs[0].id.clone()]);
        let changed = store.set_baseline(&runs[2].id, Some(8)).await.expect("set");
        assert_eq!(changed, [runs[2].id.clone(), runs[0].id.clone()]);
        assert_eq!(baseline().await.as_ref(), Some(&runs[2].id));
        assert_eq!(store.run(&runs[0].id).await.expect("a run").run.baseline_ms, None);
        // A folder of another installation may contain one.
        let restored = Run { baseline_ms: Some(9), ..runs[1].clone() };
        store.restore_run(&restored, None, None).await.expect("restored");
        assert_eq!(baseline().await.as_ref(), Some(&runs[1].id));
        store.set_baseline(&runs[1].id, None).await.expect("unset");
        assert_eq!(baseline().await.as_ref(), Some(&runs[2].id));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_trend_and_its_baseline_are_of_the_same_moment() {
        let folder = tempfile::tempdir().expect("a folder");
        let store = crate::examples::store_in(folder.path()).await;
        let runs = add_runs(&store, 2).await;
        let plan = runs[0].plan_id.clone();
        store.set_baseline(&runs[0].id, Some(1)).await.expect("set");
        let changes = tokio::spawn({
            let store = store.clone();
            async move {
                for number in 2..200 {
                    let run = &runs[number % 2].id;
                    store.set_baseline(run, i64::try_from(number).ok()).await.expect("set");
                }
            }
        });
        while !changes.is_finished() {
            let trend = store.trend(&plan, None, None, 10).await.expect("a page");
            let marked: Vec<_> = trend.rows.iter().filter(|row| row.baseline_ms.is_some()).collect();
            assert_eq!(marked, trend.baseline.as_ref().into_iter().collect::<Vec<_>>());
        }
        changes.await.expect("changed");
    }

    #[tokio::test]
    async fn runs_without_figures_are_looked_for_once() {
        let store = crate::examples::store().await;
        let runs: Vec<Run> = (1..=3).map(examples::run).collect();
        for run in &runs {
            store.insert_run(run).await.expect("written");
        }
        let missing = async || store.runs_without_metrics(10).await.expect("read");
        assert_eq!(missing().await, [&runs[2], &runs[1], &runs[0]].map(|run| run.id.clone()));
        store.put_run_metrics(&runs[1].id, vec![metrics(None, 5.0)]).await.expect("written");
        store.fill_run_metrics(&runs[1].id, Vec::new()).await.expect("those that are there stay");
        assert_eq!(store.trend(&runs[1].plan_id, None, None, 10).await.expect("a page").rows.len(), 1);
        store.fill_run_metrics(&runs[2].id, Vec::new()).await.expect("there are none");
        assert_eq!(missing().await, [runs[0].id.clone()]);
        // Later changes of the run do not affect it.
        store.set_baseline(&runs[2].id, Some(1)).await.expect("set");
        assert_eq!(missing().await, [runs[0].id.clone()]);
        let unknown = store.put_run_metrics(&examples::run(9).id, Vec::new()).await;
        assert!(matches!(unknown, Err(StoreError::NotFound { .. })));
    }
}
