//! Clusters, plans and runs: JSON documents, read and changed whole.

use crate::{Store, StoreError, Unreadable, during, note_unreadable};
use jac_model::{Cluster, ClusterId, EpochMs, Plan, PlanId, Run, RunId};
use rusqlite::{Connection, OptionalExtension, named_params, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashSet;

/// Something that happened to a cluster, for its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEventRow {
    /// Rises from one to the next.
    pub id: i64,
    pub at_ms: EpochMs,
    pub node: Option<String>,
    pub text: String,
}

/// A run with what was measured.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    pub run: Run,
    /// As the engine wrote it when the run finished.
    pub result: Option<serde_json::Value>,
}

/// Which runs are wanted; empty fields take all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    pub cluster: Option<ClusterId>,
    pub plan: Option<PlanId>,
    /// Only those that have not finished.
    pub unfinished: bool,
    /// At most so many, the newest; `None`: all.
    pub limit: Option<u32>,
}

/// The tables of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Cluster,
    Plan,
    Run,
}

fn to_json<T: Serialize>(what: &'static str, document: &T) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|source| StoreError::Unwritable { what, source })
}

fn from_json<T: DeserializeOwned>(kind: &'static str, id: &str, text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|source| StoreError::Unreadable { kind, id: id.to_owned(), source })
}

/// A phase as the column has it: the word that serde writes, without quotes.
fn word<T: Serialize>(phase: T) -> Result<String, StoreError> {
    Ok(to_json("a phase", &phase)?.trim_matches('"').to_owned())
}

fn document<T: DeserializeOwned>(
    connection: &Connection,
    kind: &'static str,
    sql: &str,
    id: &str,
) -> Result<T, StoreError> {
    let text: Option<String> = connection.query_row(sql, [id], |row| row.get(0)).optional().map_err(during("read"))?;
    from_json(kind, id, &text.ok_or_else(|| StoreError::NotFound { kind, id: id.to_owned() })?)
}

/// All documents of a query that gives ids and documents; those that cannot be read are left out and remembered.
fn documents<T: DeserializeOwned>(
    connection: &Connection,
    unreadable: &Unreadable,
    kind: &'static str,
    sql: &str,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(during("read"))?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
        .map_err(during("read"))?;
    let mut found = Vec::new();
    for row in rows {
        let (id, text) = row.map_err(during("read"))?;
        match serde_json::from_str(&text) {
            Ok(document) => found.push(document),
            Err(error) => note_unreadable(unreadable, kind, &id, &error),
        }
    }
    Ok(found)
}

fn run_row(unreadable: &Unreadable, id: &str, text: &str, result: Option<&str>) -> Result<RunRow, StoreError> {
    // The figures beside it may be of another version; what was run is not less known for that.
    let result = result.and_then(|text| match serde_json::from_str(text) {
        Ok(result) => Some(result),
        Err(error) => {
            note_unreadable(unreadable, "run", id, &error);
            None
        }
    });
    Ok(RunRow { run: from_json("run", id, text)?, result })
}

const CLUSTER: &str = "SELECT document FROM clusters WHERE id = ?1";
const RUN: &str = "SELECT document FROM runs WHERE id = ?1";

impl Store {
    async fn all<T: DeserializeOwned + Send + 'static>(
        &self,
        kind: &'static str,
        sql: &'static str,
    ) -> Result<Vec<T>, StoreError> {
        let unreadable = self.unreadable.clone();
        self.read(move |connection| documents(connection, &unreadable, kind, sql)).await
    }

    /// The ids of all rows of a kind, those that cannot be read included.
    pub async fn ids(&self, kind: Kind) -> Result<HashSet<String>, StoreError> {
        let sql = match kind {
            Kind::Cluster => "SELECT id FROM clusters",
            Kind::Plan => "SELECT id FROM plans",
            Kind::Run => "SELECT id FROM runs",
        };
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(sql).map_err(during("read ids"))?;
            let ids = statement.query_map([], |row| row.get(0)).map_err(during("read ids"))?;
            ids.collect::<Result<_, _>>().map_err(during("read ids"))
        })
        .await
    }

    /// Writes a new cluster down.
    pub async fn insert_cluster(&self, cluster: &Cluster) -> Result<(), StoreError> {
        let cluster = cluster.clone();
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO clusters (id, created_ms, phase, document) VALUES (?1, ?2, ?3, ?4)",
                    params![
                        cluster.id.as_str(),
                        cluster.created_ms,
                        word(cluster.phase)?,
                        to_json("a cluster", &cluster)?
                    ],
                )
                .map(drop)
                .map_err(during("write a cluster"))
        })
        .await
    }

    /// The cluster of that id.
    pub async fn cluster(&self, id: &ClusterId) -> Result<Cluster, StoreError> {
        let id = id.clone();
        self.read(move |connection| document(connection, "cluster", CLUSTER, id.as_str())).await
    }

    /// All clusters, the newest first.
    pub async fn clusters(&self) -> Result<Vec<Cluster>, StoreError> {
        self.all("cluster", "SELECT id, document FROM clusters ORDER BY created_ms DESC, id").await
    }

    /// Reads a cluster, lets `change` change it, and writes it, with nothing in between. Nothing is written when
    /// `change` refuses.
    pub async fn update_cluster<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        id: &ClusterId,
        change: impl FnOnce(&mut Cluster) -> Result<T, E> + Send + 'static,
    ) -> Result<(Cluster, T), E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut cluster: Cluster = document(connection, "cluster", CLUSTER, id.as_str())?;
            let answer = change(&mut cluster)?;
            connection
                .execute(
                    "UPDATE clusters SET phase = ?2, document = ?3 WHERE id = ?1",
                    params![id.as_str(), word(cluster.phase)?, to_json("a cluster", &cluster)?],
                )
                .map_err(during("write a cluster"))?;
            Ok((cluster, answer))
        })
        .await
    }

    /// Adds a line to what happened to a cluster.
    pub async fn add_cluster_event(
        &self,
        id: &ClusterId,
        at_ms: EpochMs,
        node: Option<&str>,
        text: &str,
    ) -> Result<(), StoreError> {
        let (id, node, text) = (id.clone(), node.map(str::to_owned), text.to_owned());
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO cluster_events (cluster, at_ms, node, text) VALUES (?1, ?2, ?3, ?4)",
                    params![id.as_str(), at_ms, node, text],
                )
                .map(drop)
                .map_err(during("write an event"))
        })
        .await
    }

    /// What happened to a cluster, the oldest first, the last thousand.
    pub async fn cluster_events(&self, id: &ClusterId) -> Result<Vec<ClusterEventRow>, StoreError> {
        let id = id.clone();
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached("SELECT rowid, at_ms, node, text FROM (SELECT rowid, * FROM cluster_events WHERE cluster = ?1 ORDER BY rowid DESC LIMIT 1000) ORDER BY rowid")
                .map_err(during("read events"))?;
            let rows = statement
                .query_map([id.as_str()], |row| {
                    Ok(ClusterEventRow { id: row.get(0)?, at_ms: row.get(1)?, node: row.get(2)?, text: row.get(3)? })
                })
                .map_err(during("read events"))?;
            rows.collect::<Result<_, _>>().map_err(during("read events"))
        })
        .await
    }

    /// Writes a plan down, new or changed.
    pub async fn put_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        let plan = plan.clone();
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO plans (id, created_ms, document) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
                    params![plan.id.as_str(), plan.created_ms, to_json("a plan", &plan)?],
                )
                .map(drop)
                .map_err(during("write a plan"))
        })
        .await
    }

    /// The plan of that id.
    pub async fn plan(&self, id: &PlanId) -> Result<Plan, StoreError> {
        let id = id.clone();
        self.read(move |connection| {
            document(connection, "plan", "SELECT document FROM plans WHERE id = ?1", id.as_str())
        })
        .await
    }

    /// All plans, the newest first.
    pub async fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        self.all("plan", "SELECT id, document FROM plans ORDER BY created_ms DESC, id").await
    }

    /// Forgets a plan. Its runs keep its name.
    pub async fn delete_plan(&self, id: &PlanId) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |connection| {
            connection
                .execute("DELETE FROM plans WHERE id = ?1", [id.as_str()])
                .map(drop)
                .map_err(during("delete a plan"))
        })
        .await
    }

    /// Writes a new run down.
    pub async fn insert_run(&self, run: &Run) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |connection| put_run(connection, "INSERT", &run, None)).await
    }

    /// The run of that id.
    pub async fn run(&self, id: &RunId) -> Result<RunRow, StoreError> {
        let (id, unreadable) = (id.clone(), self.unreadable.clone());
        self.read(move |connection| {
            let found: Option<(String, Option<String>)> = connection
                .query_row("SELECT document, result FROM runs WHERE id = ?1", [id.as_str()], |row| {
                    Ok((row.get(0)?, row.get(1)?))
                })
                .optional()
                .map_err(during("read a run"))?;
            let (text, result) = found.ok_or_else(|| StoreError::NotFound { kind: "run", id: id.to_string() })?;
            run_row(&unreadable, id.as_str(), &text, result.as_deref())
        })
        .await
    }

    /// The runs that the filter takes, the newest first.
    pub async fn runs(&self, filter: &Filter) -> Result<Vec<RunRow>, StoreError> {
        let (filter, unreadable) = (filter.clone(), self.unreadable.clone());
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached(
                    "SELECT id, document, result FROM runs
                     WHERE (:cluster IS NULL OR cluster = :cluster) AND (:plan IS NULL OR plan = :plan)
                       AND (NOT :unfinished OR phase <> 'finished')
                     ORDER BY created_ms DESC, id LIMIT :limit",
                )
                .map_err(during("read runs"))?;
            let rows = statement
                .query_map(
                    named_params! {
                        ":cluster": filter.cluster.as_ref().map(ClusterId::as_str),
                        ":plan": filter.plan.as_ref().map(PlanId::as_str),
                        ":unfinished": filter.unfinished,
                        ":limit": filter.limit.map_or(-1, i64::from),
                    },
                    |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, Option<String>>(2)?)),
                )
                .map_err(during("read runs"))?;
            let mut found = Vec::new();
            for row in rows {
                let (id, text, result) = row.map_err(during("read runs"))?;
                match run_row(&unreadable, &id, &text, result.as_deref()) {
                    Ok(row) => found.push(row),
                    Err(StoreError::Unreadable { source, .. }) => note_unreadable(&unreadable, "run", &id, &source),
                    Err(error) => return Err(error),
                }
            }
            Ok(found)
        })
        .await
    }

    /// Writes a run down as its own folder tells it, over what the row says.
    pub async fn restore_run(&self, run: &Run, result: Option<&serde_json::Value>) -> Result<(), StoreError> {
        let (run, result) = (run.clone(), result.map(ToString::to_string));
        self.write(move |connection| put_run(connection, "INSERT OR REPLACE", &run, result)).await
    }

    /// Reads a run, lets `change` change it, and writes it, with nothing in between. Nothing is written when `change`
    /// refuses.
    pub async fn update_run<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut Run) -> Result<T, E> + Send + 'static,
    ) -> Result<(Run, T), E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut run: Run = document(connection, "run", RUN, id.as_str())?;
            let answer = change(&mut run)?;
            connection
                .execute(
                    "UPDATE runs SET phase = ?2, document = ?3 WHERE id = ?1",
                    params![id.as_str(), word(run.phase)?, to_json("a run", &run)?],
                )
                .map_err(during("write a run"))?;
            Ok((run, answer))
        })
        .await
    }

    /// Writes down what a run measured.
    pub async fn put_run_result(&self, id: &RunId, result: &serde_json::Value) -> Result<(), StoreError> {
        let (id, result) = (id.clone(), result.to_string());
        self.write(move |connection| {
            connection
                .execute("UPDATE runs SET result = ?2 WHERE id = ?1", params![id.as_str(), result])
                .map(drop)
                .map_err(during("write a run's result"))
        })
        .await
    }

    /// Forgets a run and its series.
    pub async fn delete_run(&self, id: &RunId) -> Result<(), StoreError> {
        let id = id.clone();
        self.write(move |connection| {
            for sql in ["DELETE FROM run_series WHERE run = ?1", "DELETE FROM runs WHERE id = ?1"] {
                connection.execute(sql, [id.as_str()]).map_err(during("delete a run"))?;
            }
            Ok(())
        })
        .await
    }
}

fn put_run(connection: &Connection, insert: &str, run: &Run, result: Option<String>) -> Result<(), StoreError> {
    connection
        .execute(
            &format!("{insert} INTO runs (id, created_ms, phase, cluster, plan, document, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)"),
            params![
                run.id.as_str(),
                run.created_ms,
                word(run.phase)?,
                run.cluster_id.as_str(),
                run.plan_id.as_str(),
                to_json("a run", run)?,
                result
            ],
        )
        .map(drop)
        .map_err(during("write a run"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_row_that_cannot_be_read_is_left_out_and_named_and_stops_nothing() {
        let store = Store::in_memory().await.expect("a database");
        let kept = ClusterId::from_random([1; 8]);
        let written = kept.clone();
        store
            .write::<_, StoreError>(move |connection| {
                let other = r#"{"of": "another version"}"#;
                let insert = "INSERT INTO clusters (id, created_ms, phase, document) VALUES (?1, 1, 'ready', ?2)";
                connection.execute(insert, [written.as_str(), other]).expect("written");
                let insert = "INSERT INTO plans (id, created_ms, document) VALUES (?1, 1, ?2)";
                connection.execute(insert, [written.as_str(), other]).expect("written");
                let insert = "INSERT INTO runs (id, created_ms, phase, cluster, plan, document) VALUES ('r-1', 1, 'running', 'c', 'p', '{')";
                connection.execute(insert, []).expect("written");
                Ok(())
            })
            .await
            .expect("written");
        assert_eq!(store.clusters().await.expect("the others"), []);
        assert_eq!(store.plans().await.expect("the others"), []);
        assert_eq!(store.runs(&Filter::default()).await.expect("the others"), []);
        let unreadable: Vec<_> = store.unreadable().into_iter().map(|row| (row.kind, row.id)).collect();
        let id = kept.to_string();
        assert_eq!(unreadable, [("cluster", id.clone()), ("plan", id.clone()), ("run", "r-1".to_owned())]);
        assert!(matches!(store.cluster(&kept).await, Err(StoreError::Unreadable { kind: "cluster", .. })));
        assert_eq!(store.ids(Kind::Run).await.expect("ids"), HashSet::from(["r-1".to_owned()]));
        assert_eq!(store.ids(Kind::Cluster).await.expect("ids"), HashSet::from([id]));
    }

    #[tokio::test]
    async fn events_are_numbered_and_the_last_thousand_of_a_cluster_are_given() {
        let store = Store::in_memory().await.expect("a database");
        let (cluster, other) = (ClusterId::from_random([1; 8]), ClusterId::from_random([2; 8]));
        for number in 0..1010 {
            store.add_cluster_event(&cluster, 7, Some("master"), &format!("event {number}")).await.expect("written");
            store.add_cluster_event(&other, 7, None, "something else").await.expect("written");
        }
        let events = store.cluster_events(&cluster).await.expect("events");
        assert_eq!(
            (events.len(), events[0].text.as_str(), events[999].text.as_str()),
            (1000, "event 10", "event 1009")
        );
        assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id), "also where the times are the same");
        assert_eq!(events[0].node.as_deref(), Some("master"));
    }
}
