//! How objects are stored: a narrow row with the columns that lists need, and the complete object as a JSON document
//! with its schema number.
//!
//! Owns the schema numbers, the upgrades from one to the next and the writing of both parts in one transaction. The
//! columns of a kind are defined with the kind. [Decision 13](../../../docs/decisions/013-documents-have-a-schema.md)
//! gives the reasons.

use crate::{Store, StoreError, Unreadable, during, note_unreadable};
use jac_model::{Cluster, Plan, Run};
use rusqlite::types::Value as Sql;
use rusqlite::{Connection, OptionalExtension, ToSql, params, params_from_iter};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::HashSet;

/// The tables of objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Cluster,
    Plan,
    Run,
    Schedule,
}

impl Kind {
    /// As sentences name it, and the tables of its documents.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Cluster => "cluster",
            Self::Plan => "plan",
            Self::Run => "run",
            Self::Schedule => "schedule",
        }
    }

    /// The table of its rows.
    pub fn rows(self) -> &'static str {
        match self {
            Self::Cluster => "clusters",
            Self::Plan => "plans",
            Self::Run => "runs",
            Self::Schedule => "schedules",
        }
    }
}

/// Upgrades a document from one schema to the next.
type Upgrade = fn(&mut Map<String, Value>);

/// An object that is stored as a row and a document.
pub(crate) trait Document: Serialize + DeserializeOwned + Send + 'static {
    const KIND: Kind;
    /// The first upgrades schema 1 to schema 2. Append only, one for each change of the stored shape; the test
    /// `the_stored_shape_is_the_one_of_its_schema` fails until it is added.
    const UPGRADES: &'static [Upgrade];

    fn id(&self) -> &str;
    /// The columns of its row, except `id` and `version`.
    fn columns(&self) -> Result<Vec<(&'static str, Sql)>, StoreError>;
    /// Writes its data in other tables, whenever it is written.
    fn put_beside(&self, _connection: &Connection) -> Result<(), StoreError> {
        Ok(())
    }
    /// Adds data that is missing in a document of an older JAC, from other rows.
    fn complete(&mut self, _connection: &Connection) -> Result<(), StoreError> {
        Ok(())
    }
}

/// The number of the schema that this JAC writes.
pub(crate) fn schema_of<T: Document>() -> u32 {
    u32::try_from(T::UPGRADES.len() + 1).unwrap_or(u32::MAX)
}

/// Renames a field.
fn rename(document: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = document.remove(from) {
        add(document, to, value);
    }
}

/// Gives a field a value if the document has none.
fn add(document: &mut Map<String, Value>, field: &str, value: Value) {
    document.entry(field).or_insert(value);
}

pub(crate) const CLUSTER_UPGRADES: &[Upgrade] = &[
    |cluster| add(cluster, "team", Value::Null),
    // Machines that are reached by SSH may have a saved key instead of a file.
    |cluster| {
        if let Some(Value::Object(ssh)) = cluster.get_mut("config").and_then(|config| config.get_mut("ssh")) {
            add(ssh, "key", Value::Null);
        }
    },
    // Causes now have codes; those without a code are read unchanged.
    |_| (),
    fallback_worker_types,
    |cluster| rename(cluster, "attended_by", "ephemeral_of"),
    |cluster| add(cluster, "master_restarting", json!(false)),
];

/// Workers had one type.
fn fallback_worker_types(document: &mut Map<String, Value>) {
    let config = document.get_mut("config");
    if let Some(Value::Object(ec2)) = config.and_then(|config| config.get_mut("ec2")) {
        add(ec2, "fallback_worker_types", json!([]));
    }
}

pub(crate) const PLAN_UPGRADES: &[Upgrade] = &[
    |plan| {
        add(plan, "team", Value::Null);
        add(plan, "revision", json!(1));
        add(plan, "ephemeral", json!(false));
    },
    |plan| {
        let stop_rules = ["error_percent >= 90% for 60s"];
        add(plan, "criteria", json!({ "version": 1, "criteria": [], "warm_up_s": 0, "stop_rules": stop_rules }));
    },
    |plan| add(plan, "keep", json!([])),
];

pub(crate) const RUN_UPGRADES: &[Upgrade] = &[
    |run| {
        add(run, "team", Value::Null);
        add(run, "pinned", json!(false));
        add(run, "provider", Value::Null);
        add(run, "plan_revision", Value::Null);
    },
    |run| {
        add(run, "tags", json!([]));
        add(run, "note", json!(""));
        add(run, "baseline_ms", Value::Null);
    },
    |run| {
        add(run, "warm_up_s", json!(0));
        add(run, "stop_rules", json!([]));
        add(run, "criteria_version", Value::Null);
        add(run, "criteria_watch", json!([]));
        add(run, "broken_rule", Value::Null);
    },
    |run| add(run, "keep", json!([])),
    // Notes and causes now have codes; those without a code are read unchanged.
    |_| (),
    |run| {
        add(run, "results", json!("rmi"));
        spread(run, "results_choice");
        for node in run.get_mut("nodes").and_then(Value::as_array_mut).into_iter().flatten() {
            if let Value::Object(node) = node {
                ["first_sample_ms", "lost_ms", "log"].into_iter().for_each(|field| add(node, field, Value::Null));
            }
        }
    },
    |run| rename(run, "grace_s", "stop_timeout_s"),
    // Fields of a node's health that older runs lack are read as unknown.
    |run| add(run, "annotations", json!([])),
    |run| add(run, "try_run", json!(false)),
    |run| add(run, "max_unread_percent", Value::Null),
    // Parameters of its steps, which are read as none.
    |_| (),
];

/// How a run is spread over its workers; an older JAC had only one way.
fn spread(run: &mut Map<String, Value>, choice: &str) {
    add(run, choice, json!("auto"));
    add(run, "min_workers", Value::Null);
    add(run, "share", json!({}));
}

pub(crate) const SCHEDULE_UPGRADES: &[Upgrade] = &[
    |schedule| {
        if let Some(Value::Object(run)) = schedule.get_mut("run") {
            add(run, "plan_revision", Value::Null);
        }
    },
    |schedule| {
        if let Some(Value::Object(run)) = schedule.get_mut("run") {
            spread(run, "results");
        }
    },
    |schedule| {
        if let Some(Value::Object(on)) = schedule.get_mut("on") {
            fallback_worker_types(on);
        }
    },
    |schedule| {
        if let Some(Value::Object(run)) = schedule.get_mut("run") {
            rename(run, "grace_s", "stop_timeout_s");
        }
    },
];

pub(crate) fn to_json<T: Serialize>(what: &'static str, document: &T) -> Result<String, StoreError> {
    serde_json::to_string(document).map_err(|source| StoreError::Unwritable { what, source })
}

/// An enum as stored in a column: the name that serde writes, without quotes.
pub(crate) fn word<T: Serialize>(value: T) -> Result<String, StoreError> {
    Ok(to_json("a word", &value)?.trim_matches('"').to_owned())
}

/// The reverse: the value of a column's name.
pub(crate) fn from_word<T: DeserializeOwned>(word: &str) -> Result<T, serde_json::Error> {
    serde_json::from_value(Value::String(word.to_owned()))
}

/// The text that a text search searches.
pub(crate) fn search_text(parts: &[&str]) -> String {
    jac_model::folded(&parts.join("\n"))
}

/// Reads a document of any schema up to this JAC's.
pub(crate) fn parse<T: Document>(id: &str, schema: u32, text: &str) -> Result<T, StoreError> {
    let read = || {
        if schema > schema_of::<T>() {
            let newer = format!(
                "it was written by a newer version of JAC (schema {schema}, this version supports \
                 {})",
                schema_of::<T>()
            );
            return Err(serde::de::Error::custom(newer));
        }
        let mut document: Value = serde_json::from_str(text)?;
        if let Value::Object(fields) = &mut document {
            T::UPGRADES.iter().skip(schema.saturating_sub(1) as usize).for_each(|upgrade| upgrade(fields));
        }
        serde_json::from_value(document)
    };
    read().map_err(|source| StoreError::Unreadable { kind: T::KIND.name(), id: id.to_owned(), source })
}

/// The document of that id.
pub(crate) fn document<T: Document>(connection: &Connection, id: &str) -> Result<T, StoreError> {
    let sql = format!("SELECT schema, document FROM {}_documents WHERE id = ?1", T::KIND.name());
    let mut statement = connection.prepare_cached(&sql).map_err(during("read"))?;
    let found: Option<(u32, String)> =
        statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional().map_err(during("read"))?;
    let (schema, text) = found.ok_or_else(|| StoreError::NotFound { kind: T::KIND.name(), id: id.to_owned() })?;
    parse(id, schema, &text)
}

/// All documents of a query that returns IDs; unreadable ones are skipped and recorded.
pub(crate) fn documents<T: Document>(
    connection: &Connection,
    unreadable: &Unreadable,
    sql: &str,
) -> Result<Vec<T>, StoreError> {
    documents_of(connection, unreadable, sql, &[])
}

/// The same for a query with parameters.
pub(crate) fn documents_of<T: Document>(
    connection: &Connection,
    unreadable: &Unreadable,
    sql: &str,
    values: &[&dyn ToSql],
) -> Result<Vec<T>, StoreError> {
    let mut found = Vec::new();
    for id in ids_of(connection, sql, values)? {
        match document(connection, &id) {
            Ok(document) => found.push(document),
            Err(StoreError::Unreadable { kind, id, source }) => note_unreadable(unreadable, kind, &id, &source),
            Err(error) => return Err(error),
        }
    }
    Ok(found)
}

pub(crate) fn ids(connection: &Connection, sql: &str) -> Result<Vec<String>, StoreError> {
    ids_of(connection, sql, &[])
}

fn ids_of(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<Vec<String>, StoreError> {
    let mut statement = connection.prepare_cached(sql).map_err(during("read ids"))?;
    let ids = statement.query_map(values, |row| row.get(0)).map_err(during("read ids"))?;
    ids.collect::<Result<_, _>>().map_err(during("read ids"))
}

/// Whether a row of that id may be there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Put {
    New,
    Over,
}

/// Writes both parts of an object.
pub(crate) fn put<T: Document>(connection: &Connection, thing: &T, put: Put) -> Result<(), StoreError> {
    let columns = thing.columns()?;
    let names: Vec<&str> = columns.iter().map(|(name, _)| *name).collect();
    let places: Vec<String> = (2..names.len() + 2).map(|place| format!("?{place}")).collect();
    let over: String = names.iter().map(|name| format!(", {name} = excluded.{name}")).collect();
    let conflict = |set: &str| match put {
        Put::New => String::new(),
        Put::Over => format!(" ON CONFLICT (id) DO UPDATE SET {set}"),
    };
    let row = format!(
        "INSERT INTO {} (id, version, {}) VALUES (?1, 1, {}){}",
        T::KIND.rows(),
        names.join(", "),
        places.join(", "),
        conflict(&format!("version = version + 1{over}"))
    );
    let document = format!(
        "INSERT INTO {}_documents (id, schema, document) VALUES (?1, ?2, ?3){}",
        T::KIND.name(),
        conflict("schema = excluded.schema, document = excluded.document")
    );
    let values = std::iter::once(Sql::from(thing.id().to_owned())).chain(columns.into_iter().map(|(_, value)| value));
    let written = connection.prepare_cached(&row).and_then(|mut row| row.execute(params_from_iter(values)));
    written.map_err(during("write a row"))?;
    let text = to_json("a document", thing)?;
    let written = connection
        .prepare_cached(&document)
        .and_then(|mut document| document.execute(params![thing.id(), schema_of::<T>(), text]));
    written.map(drop).map_err(during("write a document"))?;
    thing.put_beside(connection)
}

/// Removes an object and everything that belongs to it.
pub(crate) fn remove<T: Document>(connection: &Connection, id: &str) -> Result<(), StoreError> {
    let sql = format!("DELETE FROM {} WHERE id = ?1", T::KIND.rows());
    connection.execute(&sql, [id]).map(drop).map_err(during("delete a row"))
}

/// Fills the columns of rows that a migration took over, and tries those again that could not be read then.
pub(crate) fn fill_rows(connection: &Connection, unreadable: &Unreadable) -> Result<(), StoreError> {
    fill::<Cluster>(connection, unreadable)?;
    fill::<Plan>(connection, unreadable)?;
    fill::<Run>(connection, unreadable)
}

fn fill<T: Document>(connection: &Connection, unreadable: &Unreadable) -> Result<(), StoreError> {
    for id in ids(connection, &format!("SELECT id FROM {} WHERE version = 0", T::KIND.rows()))? {
        match document::<T>(connection, &id) {
            Ok(mut thing) if thing.id() == id => {
                thing.complete(connection)?;
                put(connection, &thing, Put::Over)?;
            }
            Ok(other) => {
                let reason = format!("its document is that of {}", other.id());
                note_unreadable(unreadable, T::KIND.name(), &id, &reason);
            }
            Err(StoreError::Unreadable { kind, id, source }) => note_unreadable(unreadable, kind, &id, &source),
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

impl Store {
    /// The IDs of all rows of a kind, including unreadable ones.
    pub async fn ids(&self, kind: Kind) -> Result<HashSet<String>, StoreError> {
        let sql = format!("SELECT id FROM {}", kind.rows());
        self.read(move |connection| Ok(ids(connection, &sql)?.into_iter().collect())).await
    }

    /// Those of the ids that have a row, whether it can be read or not.
    pub async fn known(&self, kind: Kind, ids: Vec<String>) -> Result<HashSet<String>, StoreError> {
        let sql = format!("SELECT 1 FROM {} WHERE id = ?1", kind.rows());
        self.read(move |connection| {
            let mut statement = connection.prepare_cached(&sql).map_err(during("read ids"))?;
            let mut known = HashSet::new();
            for id in ids {
                if statement.exists([&id]).map_err(during("read ids"))? {
                    known.insert(id);
                }
            }
            Ok(known)
        })
        .await
    }
}
