//! Clusters, plans and runs: JSON documents, read and changed whole.

use crate::{Store, StoreError, during};
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

impl Store {
    /// All documents of a query that gives ids and documents; those that cannot be read are left out and remembered.
    fn documents<T: DeserializeOwned>(&self, kind: &'static str, sql: &str) -> Result<Vec<T>, StoreError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(during("read"))?;
        let rows = statement
            .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))
            .map_err(during("read"))?;
        let mut found = Vec::new();
        for row in rows {
            let (id, text) = row.map_err(during("read"))?;
            match serde_json::from_str(&text) {
                Ok(document) => found.push(document),
                Err(error) => self.note_unreadable(kind, &id, &error),
            }
        }
        Ok(found)
    }

    /// The ids of all rows of a kind, those that cannot be read included.
    pub fn ids(&self, kind: Kind) -> Result<HashSet<String>, StoreError> {
        let sql = match kind {
            Kind::Cluster => "SELECT id FROM clusters",
            Kind::Plan => "SELECT id FROM plans",
            Kind::Run => "SELECT id FROM runs",
        };
        let connection = self.connection();
        let mut statement = connection.prepare_cached(sql).map_err(during("read ids"))?;
        let ids = statement.query_map([], |row| row.get(0)).map_err(during("read ids"))?;
        ids.collect::<Result<_, _>>().map_err(during("read ids"))
    }

    /// Writes a new cluster down.
    pub fn insert_cluster(&self, cluster: &Cluster) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO clusters (id, created_ms, phase, document) VALUES (?1, ?2, ?3, ?4)",
                params![cluster.id.as_str(), cluster.created_ms, word(cluster.phase)?, to_json("a cluster", cluster)?],
            )
            .map(drop)
            .map_err(during("write a cluster"))
    }

    /// The cluster of that id.
    pub fn cluster(&self, id: &ClusterId) -> Result<Cluster, StoreError> {
        document(&self.connection(), "cluster", "SELECT document FROM clusters WHERE id = ?1", id.as_str())
    }

    /// All clusters, the newest first.
    pub fn clusters(&self) -> Result<Vec<Cluster>, StoreError> {
        self.documents("cluster", "SELECT id, document FROM clusters ORDER BY created_ms DESC, id")
    }

    /// Reads a cluster, lets `change` change it, and writes it, with nothing in between. Nothing is written when
    /// `change` refuses.
    pub fn update_cluster<T, E: From<StoreError>>(
        &self,
        id: &ClusterId,
        change: impl FnOnce(&mut Cluster) -> Result<T, E>,
    ) -> Result<(Cluster, T), E> {
        let connection = self.connection();
        let mut cluster: Cluster =
            document(&connection, "cluster", "SELECT document FROM clusters WHERE id = ?1", id.as_str())?;
        let answer = change(&mut cluster)?;
        connection
            .execute(
                "UPDATE clusters SET phase = ?2, document = ?3 WHERE id = ?1",
                params![id.as_str(), word(cluster.phase)?, to_json("a cluster", &cluster)?],
            )
            .map_err(during("write a cluster"))?;
        Ok((cluster, answer))
    }

    /// Adds a line to what happened to a cluster.
    pub fn add_cluster_event(
        &self,
        id: &ClusterId,
        at_ms: EpochMs,
        node: Option<&str>,
        text: &str,
    ) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO cluster_events (cluster, at_ms, node, text) VALUES (?1, ?2, ?3, ?4)",
                params![id.as_str(), at_ms, node, text],
            )
            .map(drop)
            .map_err(during("write an event"))
    }

    /// What happened to a cluster, the oldest first, the last thousand.
    pub fn cluster_events(&self, id: &ClusterId) -> Result<Vec<ClusterEventRow>, StoreError> {
        let connection = self.connection();
        let mut statement = connection
            .prepare_cached("SELECT rowid, at_ms, node, text FROM (SELECT rowid, * FROM cluster_events WHERE cluster = ?1 ORDER BY rowid DESC LIMIT 1000) ORDER BY rowid")
            .map_err(during("read events"))?;
        let rows = statement
            .query_map([id.as_str()], |row| {
                Ok(ClusterEventRow { id: row.get(0)?, at_ms: row.get(1)?, node: row.get(2)?, text: row.get(3)? })
            })
            .map_err(during("read events"))?;
        rows.collect::<Result<_, _>>().map_err(during("read events"))
    }

    /// Writes a plan down, new or changed.
    pub fn put_plan(&self, plan: &Plan) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO plans (id, created_ms, document) VALUES (?1, ?2, ?3) ON CONFLICT (id) DO UPDATE SET document = excluded.document",
                params![plan.id.as_str(), plan.created_ms, to_json("a plan", plan)?],
            )
            .map(drop)
            .map_err(during("write a plan"))
    }

    /// The plan of that id.
    pub fn plan(&self, id: &PlanId) -> Result<Plan, StoreError> {
        document(&self.connection(), "plan", "SELECT document FROM plans WHERE id = ?1", id.as_str())
    }

    /// All plans, the newest first.
    pub fn plans(&self) -> Result<Vec<Plan>, StoreError> {
        self.documents("plan", "SELECT id, document FROM plans ORDER BY created_ms DESC, id")
    }

    /// Forgets a plan. Its runs keep its name.
    pub fn delete_plan(&self, id: &PlanId) -> Result<(), StoreError> {
        self.connection()
            .execute("DELETE FROM plans WHERE id = ?1", [id.as_str()])
            .map(drop)
            .map_err(during("delete a plan"))
    }

    /// Writes a new run down.
    pub fn insert_run(&self, run: &Run) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT INTO runs (id, created_ms, phase, cluster, plan, document) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                params![
                    run.id.as_str(),
                    run.created_ms,
                    word(run.phase)?,
                    run.cluster_id.as_str(),
                    run.plan_id.as_str(),
                    to_json("a run", run)?
                ],
            )
            .map(drop)
            .map_err(during("write a run"))
    }

    /// The run of that id.
    pub fn run(&self, id: &RunId) -> Result<RunRow, StoreError> {
        let found: Option<(String, Option<String>)> = self
            .connection()
            .query_row("SELECT document, result FROM runs WHERE id = ?1", [id.as_str()], |row| {
                Ok((row.get(0)?, row.get(1)?))
            })
            .optional()
            .map_err(during("read a run"))?;
        let (text, result) = found.ok_or_else(|| StoreError::NotFound { kind: "run", id: id.to_string() })?;
        self.run_row(id.as_str(), &text, result.as_deref())
    }

    /// The runs that the filter takes, the newest first.
    pub fn runs(&self, filter: &Filter) -> Result<Vec<RunRow>, StoreError> {
        let connection = self.connection();
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
            match self.run_row(&id, &text, result.as_deref()) {
                Ok(row) => found.push(row),
                Err(StoreError::Unreadable { source, .. }) => self.note_unreadable("run", &id, &source),
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn run_row(&self, id: &str, text: &str, result: Option<&str>) -> Result<RunRow, StoreError> {
        // The figures beside it may be of another version; what was run is not less known for that.
        let result = result.and_then(|text| match serde_json::from_str(text) {
            Ok(result) => Some(result),
            Err(error) => {
                self.note_unreadable("run", id, &error);
                None
            }
        });
        Ok(RunRow { run: from_json("run", id, text)?, result })
    }

    /// Writes a run down as its own folder tells it, over what the row says.
    pub fn restore_run(&self, run: &Run, result: Option<&serde_json::Value>) -> Result<(), StoreError> {
        self.connection()
            .execute(
                "INSERT OR REPLACE INTO runs (id, created_ms, phase, cluster, plan, document, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    run.id.as_str(),
                    run.created_ms,
                    word(run.phase)?,
                    run.cluster_id.as_str(),
                    run.plan_id.as_str(),
                    to_json("a run", run)?,
                    result.map(ToString::to_string)
                ],
            )
            .map(drop)
            .map_err(during("restore a run"))
    }

    /// Reads a run, lets `change` change it, and writes it, with nothing in between. Nothing is written when `change`
    /// refuses.
    pub fn update_run<T, E: From<StoreError>>(
        &self,
        id: &RunId,
        change: impl FnOnce(&mut Run) -> Result<T, E>,
    ) -> Result<(Run, T), E> {
        let connection = self.connection();
        let mut run: Run = document(&connection, "run", "SELECT document FROM runs WHERE id = ?1", id.as_str())?;
        let answer = change(&mut run)?;
        connection
            .execute(
                "UPDATE runs SET phase = ?2, document = ?3 WHERE id = ?1",
                params![id.as_str(), word(run.phase)?, to_json("a run", &run)?],
            )
            .map_err(during("write a run"))?;
        Ok((run, answer))
    }

    /// Writes down what a run measured.
    pub fn put_run_result(&self, id: &RunId, result: &serde_json::Value) -> Result<(), StoreError> {
        self.connection()
            .execute("UPDATE runs SET result = ?2 WHERE id = ?1", params![id.as_str(), result.to_string()])
            .map(drop)
            .map_err(during("write a run's result"))
    }

    /// Forgets a run and its series.
    pub fn delete_run(&self, id: &RunId) -> Result<(), StoreError> {
        let mut connection = self.connection();
        let transaction = connection.transaction().map_err(during("delete a run"))?;
        for sql in ["DELETE FROM run_series WHERE run = ?1", "DELETE FROM runs WHERE id = ?1"] {
            transaction.execute(sql, [id.as_str()]).map_err(during("delete a run"))?;
        }
        transaction.commit().map_err(during("delete a run"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_that_cannot_be_read_is_left_out_and_named_and_stops_nothing() {
        let store = Store::in_memory().expect("a database");
        let kept = ClusterId::from_random([1; 8]);
        for table in ["clusters", "plans"] {
            let columns =
                if table == "clusters" { "(id, created_ms, phase, document)" } else { "(id, created_ms, document)" };
            let phase = if table == "clusters" { "'ready', " } else { "" };
            let sql = format!("INSERT INTO {table} {columns} VALUES (?1, 1, {phase}?2)");
            store.connection().execute(&sql, [kept.as_str(), "{\"of\": \"another version\"}"]).expect("written");
        }
        store
            .connection()
            .execute(
                "INSERT INTO runs (id, created_ms, phase, cluster, plan, document) VALUES ('r-1', 1, 'running', 'c', 'p', '{')",
                [],
            )
            .expect("written");
        assert_eq!(store.clusters().expect("the others"), []);
        assert_eq!(store.plans().expect("the others"), []);
        assert_eq!(store.runs(&Filter::default()).expect("the others"), []);
        let unreadable: Vec<_> = store.unreadable().into_iter().map(|row| (row.kind, row.id)).collect();
        let id = kept.to_string();
        assert_eq!(unreadable, [("cluster", id.clone()), ("plan", id.clone()), ("run", "r-1".to_owned())]);
        assert!(matches!(store.cluster(&kept), Err(StoreError::Unreadable { kind: "cluster", .. })));
        assert_eq!(store.ids(Kind::Run).expect("ids"), HashSet::from(["r-1".to_owned()]));
        assert_eq!(store.ids(Kind::Cluster).expect("ids"), HashSet::from([id]));
    }

    #[test]
    fn events_are_numbered_and_the_last_thousand_of_a_cluster_are_given() {
        let store = Store::in_memory().expect("a database");
        let (cluster, other) = (ClusterId::from_random([1; 8]), ClusterId::from_random([2; 8]));
        for number in 0..1010 {
            store.add_cluster_event(&cluster, 7, Some("master"), &format!("event {number}")).expect("written");
            store.add_cluster_event(&other, 7, None, "something else").expect("written");
        }
        let events = store.cluster_events(&cluster).expect("events");
        assert_eq!(
            (events.len(), events[0].text.as_str(), events[999].text.as_str()),
            (1000, "event 10", "event 1009")
        );
        assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id), "also where the times are the same");
        assert_eq!(events[0].node.as_deref(), Some("master"));
    }
}
