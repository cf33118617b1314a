//! Runs, and their results.

use crate::audit::AuditedChange;
use crate::documents::{self, Document, Kind, Put, RUN_UPGRADES, search_text, to_json, word};
use crate::people::must_be_there;
use crate::plans::note_last_run;
use crate::series::put_points;
use crate::{Store, StoreError, StoredPoint, Unreadable, during, note_unreadable};
use jac_model::{Cause, Run, RunId};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

/// A run with its result.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub run: Run,
    /// As the engine wrote it when the run finished.
    pub result: Option<Value>,
}

impl Document for Run {
    const KIND: Kind = Kind::Run;
    const UPGRADES: &'static [fn(&mut serde_json::Map<String, Value>)] = RUN_UPGRADES;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn columns(&self) -> Result<Vec<(&'static str, Sql)>, StoreError> {
        let duration_ms = self.ended_ms.zip(self.started_ms).map_or(-1, |(ended_ms, started_ms)| ended_ms - started_ms);
        let cause = self.cause.as_ref().map(Cause::code);
        let found_by =
            [self.id.as_str(), &self.name, &self.plan_name, &self.cluster_name, &self.owner.name].map(str::trim);
        Ok(vec![
            ("created_ms", self.created_ms.into()),
            ("phase", word(self.phase)?.into()),
            ("cluster", self.cluster_id.to_string().into()),
            ("plan", self.plan_id.to_string().into()),
            ("name", self.name.clone().into()),
            ("cluster_name", self.cluster_name.clone().into()),
            ("plan_name", self.plan_name.clone().into()),
            ("plan_revision", self.plan_revision.into()),
            ("owner", self.owner.id.clone().into()),
            ("owner_name", self.owner.name.clone().into()),
            ("team", self.team.as_ref().map(|team| team.id.clone()).into()),
            ("team_name", self.team.as_ref().map(|team| team.name.clone()).into()),
            ("provider", self.provider.map(word).transpose()?.into()),
            ("step", self.step.clone().into()),
            ("cause", cause.map(str::to_owned).into()),
            ("cause_whole", self.cause.as_ref().map(|cause| to_json("a cause", cause)).transpose()?.into()),
            ("workers", self.workers.into()),
            ("pinned", self.pinned.into()),
            ("tags", to_json("tags", &self.tags)?.into()),
            ("note", self.note.clone().into()),
            ("baseline_ms", self.baseline_ms.into()),
            ("try_run", self.try_run.into()),
            ("started_ms", self.started_ms.unwrap_or(-1).into()),
            ("ended_ms", self.ended_ms.unwrap_or(-1).into()),
            ("duration_ms", duration_ms.max(-1).into()),
            ("expected_s", self.expected_s.and_then(|seconds| i64::try_from(seconds).ok()).into()),
            ("stop_requested", self.stop_requested.map(word).transpose()?.into()),
            ("search", search_text(&found_by).into()),
        ])
    }

    fn put_beside(&self, connection: &Connection) -> Result<(), StoreError> {
        crate::history::put_tags(connection, self)
    }

    fn complete(&mut self, connection: &Connection) -> Result<(), StoreError> {
        if self.provider.is_none()
            && let Ok(cluster) = documents::document::<jac_model::Cluster>(connection, self.cluster_id.as_str())
        {
            self.provider = Some(cluster.provider);
        }
        note_figures(connection, &self.id)?;
        note_last_run(connection, self.plan_id.as_str())
    }
}

/// Copies the figures that lists sort by from a run's result into its row.
fn note_figures(connection: &Connection, id: &RunId) -> Result<(), StoreError> {
    let result: Option<String> = connection
        .query_row("SELECT result FROM run_documents WHERE id = ?1", [id.as_str()], |row| row.get(0))
        .map_err(during("read a run's result"))?;
    // An unreadable result is reported when the run is requested.
    let Some(result) = result.and_then(|text| serde_json::from_str::<Value>(&text).ok()) else { return Ok(()) };
    let figure = |name: &str| result.pointer(&format!("/headline/{name}"));
    let verdict = result.get("verdict").and_then(Value::as_str).unwrap_or("none");
    connection
        .execute(
            "UPDATE runs SET version = version + 1, verdict = ?2, samples = ?3, errors = ?4, p95_ms = ?5, rate_per_s = ?6, active_users = ?7 WHERE id = ?1",
            params![
                id.as_str(),
                verdict,
                figure("samples").and_then(Value::as_i64).unwrap_or(-1),
                figure("errors").and_then(Value::as_i64).unwrap_or(-1),
                figure("p95_ms").and_then(Value::as_f64).unwrap_or(-1.0),
                figure("rate_per_s").and_then(Value::as_f64).unwrap_or(-1.0),
                figure("active_users").and_then(Value::as_i64),
            ],
        )
        .map(drop)
        .map_err(during("write a run's figures"))
}

fn put_result(connection: &Connection, id: &RunId, result: &Value) -> Result<(), StoreError> {
    connection
        .execute("UPDATE run_documents SET result = ?2 WHERE id = ?1", params![id.as_str(), result.to_string()])
        .map_err(during("write a run's result"))?;
    note_figures(connection, id)
}

fn run_row(connection: &Connection, unreadable: &Unreadable, id: &str) -> Result<RunRow, StoreError> {
    let found: Option<(u32, String, Option<String>)> = connection
        .prepare_cached("SELECT schema, document, result FROM run_documents WHERE id = ?1")
        .and_then(|mut statement| {
            statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()
        })
        .map_err(during("read a run"))?;
    let (schema, text, result) =
        found.ok_or_else(|| StoreError::NotFound { kind: Kind::Run.name(), id: id.to_owned() })?;
    // The figures may be of another version; the run itself can still be read.
    let result = result.and_then(|text| match serde_json::from_str(&text) {
        Ok(result) => Some(result),
        Err(error) => {
            note_unreadable(unreadable, Kind::Run.name(), id, &error);
            None
        }
    });
    Ok(RunRow { run: documents::parse(id, schema, &text)?, result })
}

pub(crate) const UNFINISHED: &str =
    "SELECT id FROM runs INDEXED BY runs_unfinished WHERE phase <> 'finished' AND phase > ''";

/// There are few unfinished runs.
const QUEUED: &str = "SELECT id FROM runs INDEXED BY runs_unfinished WHERE phase = 'queued' AND phase <> 'finished' AND phase > '' AND cluster = ?1 \
    ORDER BY created_ms, id";

impl Store {
    /// Writes a new run down.
    pub async fn insert_run(&self, run: &Run) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |connection| {
            must_be_there(connection, &run.owner)?;
            AuditedChange::makes("run", run.id.as_str(), &run.name);
            documents::put(connection, &run, Put::New)?;
            note_last_run(connection, run.plan_id.as_str())
        })
        .await
    }

    /// The run of that id.
    pub async fn run(&self, id: &RunId) -> Result<RunRow, StoreError> {
        let (id, unreadable) = (id.clone(), self.unreadable.clone());
        self.read(move |connection| run_row(connection, &unreadable, id.as_str())).await
    }

    /// The runs that have not finished.
    pub async fn unfinished_runs(&self) -> Result<Vec<Run>, StoreError> {
        let unreadable = self.unreadable.clone();
        self.read(move |connection| documents::documents(connection, &unreadable, UNFINISHED)).await
    }

    /// The runs of a cluster that have not begun, in the order in which they were started; one may already have claimed
    /// it. An unreadable run never begins, so it is skipped and recorded.
    pub async fn queued_runs(&self, cluster: &jac_model::ClusterId) -> Result<Vec<RunId>, StoreError> {
        let (cluster, unreadable) = (cluster.to_string(), self.unreadable.clone());
        self.read(move |connection| {
            let runs: Vec<Run> = documents::documents_of(connection, &unreadable, QUEUED, &[&cluster])?;
            Ok(runs.into_iter().map(|run| run.id).collect())
        })
        .await
    }

    /// Records a run as described by its folder, replacing its row; `points`: its charts with the width of their buckets.
    pub async fn restore_run(
        &self,
        run: &Run,
        result: Option<&Value>,
        points: Option<(i64, Vec<StoredPoint>)>,
    ) -> Result<(), StoreError> {
        self.put_finished(run, result, points, Put::Over).await
    }

    /// Inserts a new run that has already finished, i.e. an imported one.
    pub async fn insert_finished_run(
        &self,
        run: &Run,
        result: Option<&Value>,
        points: Option<(i64, Vec<StoredPoint>)>,
    ) -> Result<(), StoreError> {
        self.put_finished(run, result, points, Put::New).await
    }

    async fn put_finished(
        &self,
        run: &Run,
        result: Option<&Value>,
        points: Option<(i64, Vec<StoredPoint>)>,
        put: Put,
    ) -> Result<(), StoreError> {
        let (mut run, result) = (run.clone(), result.cloned());
        self.write(move |connection| {
            if put == Put::New {
                must_be_there(connection, &run.owner)?;
                AuditedChange::makes("run", run.id.as_str(), &run.name);
            }
            documents::put(connection, &run, put)?;
            if let Some(result) = &result {
                put_result(connection, &run.id, result)?;
            }
            if run.provider.is_none() {
                run.complete(connection)?;
                documents::put(connection, &run, Put::Over)?;
            }
            if let Some((bucket_ms, points)) = points {
                put_points(connection, &run.id, bucket_ms, points)?;
            }
            note_last_run(connection, run.plan_id.as_str())
        })
        .await
    }

    /// Reads a run, lets `change` modify it, and writes it, atomically. Nothing is written when `change` returns an
    /// error.
    pub async fn update_run<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut Run) -> Result<T, E> + Send + 'static,
    ) -> Result<(Run, T), E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut run: Run = documents::document(connection, id.as_str())?;
            let answer = change(&mut run)?;
            documents::put(connection, &run, Put::Over)?;
            Ok((run, answer))
        })
        .await
    }

    /// Stores the result of a run.
    pub async fn put_run_result(&self, id: &RunId, result: &Value) -> Result<(), StoreError> {
        let (id, result) = (id.clone(), result.clone());
        self.write(move |connection| put_result(connection, &id, &result)).await
    }

    /// Forgets a run and its series.
    pub async fn delete_run(&self, id: &RunId) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |connection| {
            let plan: Option<String> = connection
                .query_row("SELECT plan FROM runs WHERE id = ?1", [id.as_str()], |row| row.get(0))
                .optional()
                .map_err(during("read a run"))?;
            documents::remove::<Run>(connection, id.as_str())?;
            plan.map_or(Ok(()), |plan| note_last_run(connection, &plan))
        })
        .await
    }
}
