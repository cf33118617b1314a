//! Complete databases of each schema from 5 on, with a row of everything that a JAC of that schema stored.
//!
//! A current database is filled, and the tables and columns that a schema had are copied into a database of that
//! schema. The documents are those of each document schema in turn: a fixture of the first one, with the upgrades up to
//! that one applied.

use super::{OF_SCHEMA_4, page, write_older};
use crate::documents::{Document, document, schema_of};
use crate::{ClusterFilter, Kind, MIGRATIONS, PlanFilter, RunFilter, Store, connections, examples};
use jac_model::{Cluster, ClusterSort, Plan, PlanSort, Run, RunSort, Schedule, ScheduleId, UserRole};
use rusqlite::Connection;
use rusqlite_migration::Migrations;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// The first schema whose rows are separate from their documents.
const FIRST: usize = 5;

/// How many rows each table has.
type Content = BTreeMap<String, i64>;

fn tables(connection: &Connection) -> Vec<String> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name";
    let mut statement = connection.prepare(sql).expect("a statement");
    let names = statement.query_map([], |row| row.get(0)).expect("tables");
    names.collect::<Result<_, _>>().expect("names")
}

fn columns(connection: &Connection, schema: &str, table: &str) -> Vec<String> {
    let sql = format!("SELECT name FROM pragma_table_info('{table}', '{schema}') ORDER BY cid");
    let mut statement = connection.prepare(&sql).expect("a statement");
    let names = statement.query_map([], |row| row.get(0)).expect("columns");
    names.collect::<Result<_, _>>().expect("names")
}

/// Fills a current database: with the fixture, and a row in every other table.
async fn fill(place: &Path) {
    write_older(place, 4, OF_SCHEMA_4);
    let store = Store::open(place).await.expect("it opens");
    store.add_team("t-1", "Shöp").await.expect("a team");
    store.add_person("u-1", "Ädä", UserRole::Member, vec!["t-1".to_owned()], 5).await.expect("a person");
    store.add_sign_in_link("link", "u-1", 100).await.expect("a link");
    let owner = examples::owner();
    store.add_person(&owner.id, &owner.name, UserRole::Member, Vec::new(), 5).await.expect("its owner");
    store.insert_schedule(&examples::schedule(1)).await.expect("a schedule");
    drop(store);
    let connection = Connection::open(place).expect("a database");
    connections::add_functions(&connection).expect("added");
    let rows = "
        INSERT INTO sessions (token, id, page, person, created_ms, last_used_ms, expires_ms, by_link) VALUES ('d', 's-1', 'p', 'u-1', 1, 2, 9, 0);
        INSERT INTO tokens (id, digest, person, name, scope, created_ms) VALUES ('k-1', 'd', 'u-1', 'ci', 'run', 1);
        INSERT INTO audit (at_ms, person, person_name, via, action, outcome, details) VALUES (1, 'u-1', 'Ädä', 'session', 'run.create', 'done', '{}');
        INSERT INTO credentials (id, owner, name, kind, sealed, shown, saved_ms) VALUES ('s-1', 'u-1', 'Lästt', 'aws_keys', x'00', '{}', 1);
        INSERT INTO shares (id, digest, kind, runs, person, created_ms, expires_ms) SELECT 'h-1', 'd', 'run', id, 'u-1', 1, 9 FROM runs LIMIT 1;
        INSERT INTO shipments (run, target, state, updated_ms) SELECT id, 'search', 'complete', 1 FROM runs WHERE version > 0;
        INSERT INTO deliveries (run, target, id, state, since_ms, next_ms, updated_ms) SELECT id, 'hook', 'n-1', 'delivered', 1, 1, 1 FROM runs WHERE version > 0;
        INSERT INTO run_tags (tag, run) SELECT 'nightly', id FROM runs WHERE version > 0;
        INSERT INTO run_metrics (plan, total, label, created_ms, run, samples, errors, times) SELECT plan, 1, '', created_ms, id, 1, 0, x'01' FROM runs WHERE version > 0;
        INSERT INTO firings (schedule, due_ms, state) SELECT id, 1, 'finished' FROM schedules;
        INSERT INTO results_stores (id, owner, address, credentials, is_current, saved_ms) VALUES ('b-1', 'u-1', 's3://b/p', 's-1', 1, 1);
        INSERT INTO placed_runs (run, store) SELECT id, 'b-1' FROM runs WHERE version > 0;
        INSERT INTO search_targets (id, owner, name, settings, saved_ms) VALUES ('e-1', 'u-1', 'own', '{}', 1);";
    connection.execute_batch(rows).expect("written");
}

/// Creates a database of a schema with the data of `full` that the schema has columns for.
fn copy(full: &Path, place: &Path, schema: usize) {
    let mut connection = Connection::open(place).expect("a database");
    connections::add_functions(&connection).expect("added");
    Migrations::from_slice(&MIGRATIONS[..schema]).to_latest(&mut connection).expect("migrated");
    connection.pragma_update(None, "foreign_keys", false).expect("off");
    connection.execute("ATTACH ?1 AS source", [full.to_str().expect("text")]).expect("attached");
    let full_tables = columns_of_tables(&connection);
    for table in tables(&connection).into_iter().filter(|table| table != "oldest_reader") {
        let Some(known) = full_tables.get(&table) else { continue };
        let own = columns(&connection, "main", &table);
        let both: Vec<&str> = own.iter().filter(|column| known.contains(column)).map(String::as_str).collect();
        let list = both.join(", ");
        // The first administrator is in every one.
        let sql = format!("INSERT OR REPLACE INTO main.{table} ({list}) SELECT {list} FROM source.{table}");
        connection.execute_batch(&sql).unwrap_or_else(|error| panic!("{schema} {table}: {error}"));
    }
    connection.execute_batch("DETACH source").expect("detached");
}

fn columns_of_tables(connection: &Connection) -> BTreeMap<String, Vec<String>> {
    let sql = "SELECT name FROM source.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(sql).expect("a statement");
    let names = statement.query_map([], |row| row.get::<_, String>(0)).expect("tables");
    let named = |name: Result<String, _>| {
        let name: String = name.expect("a name");
        let columns = columns(connection, "source", &name);
        (name, columns)
    };
    names.map(named).collect()
}

/// Replaces the document of a kind with the fixture's, in that document schema.
fn put_document<T: Document>(connection: &Connection, fixture: &Value, schema: u32) {
    let name = T::KIND.name();
    let mut document: Value =
        serde_json::from_str(fixture[name]["document"].as_str().expect("a text")).expect("a document");
    let id = document["id"].as_str().expect("an id").to_owned();
    let fields = document.as_object_mut().expect("an object");
    let schema = schema.min(schema_of::<T>());
    T::UPGRADES.iter().take(schema as usize - 1).for_each(|upgrade| upgrade(fields));
    let sql = format!("UPDATE {name}_documents SET schema = ?1, document = ?2 WHERE id = ?3");
    let changed = connection.execute(&sql, rusqlite::params![schema, document.to_string(), id]).expect("written");
    assert_eq!(changed, 1, "{name}");
}

fn content(connection: &Connection) -> Content {
    let rows = |table: &String| {
        let sql = format!("SELECT count(*) FROM {table}");
        (table.clone(), connection.query_row(&sql, [], |row| row.get(0)).expect("a count"))
    };
    tables(connection).iter().map(rows).collect()
}

#[tokio::test]
async fn databases_of_every_schema_with_rows_open_with_everything_that_was_in_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let full = folder.path().join("full.db");
    fill(&full).await;
    let expected = content(&Connection::open(&full).expect("a database"));
    let empty: Vec<_> = expected.iter().filter(|(_, rows)| **rows == 0).map(|(table, _)| table).collect();
    assert!(empty.is_empty(), "a row in every table: {empty:?}");
    let fixture: Value = serde_json::from_str(OF_SCHEMA_4).expect("the fixture");
    let newest = schema_of::<Cluster>().max(schema_of::<Plan>()).max(schema_of::<Run>());
    for schema in FIRST..=MIGRATIONS.len() {
        for documents in 1..=newest {
            let place = folder.path().join(format!("{schema}-{documents}.db"));
            copy(&full, &place, schema);
            let connection = Connection::open(&place).expect("a database");
            put_document::<Cluster>(&connection, &fixture, documents);
            put_document::<Plan>(&connection, &fixture, documents);
            put_document::<Run>(&connection, &fixture, documents);
            let before = content(&connection);
            drop(connection);

            let what = format!("schema {schema}, documents of schema {documents}");
            let store = Store::open(&place).await.unwrap_or_else(|error| panic!("{what}: {error}"));
            let runs = store.list_runs(&RunFilter::default(), &page::<RunSort>()).await.expect("runs").items;
            let clusters =
                store.list_clusters(&ClusterFilter::default(), &page::<ClusterSort>()).await.expect("clusters").items;
            let plans = store.list_plans(&PlanFilter::default(), &page::<PlanSort>()).await.expect("plans").items;
            assert_eq!((runs.len(), clusters.len(), plans.len()), (1, 1, 1), "{what}");
            let run = store.run(&runs[0].id).await.expect("the run").run;
            assert_eq!((run.stop_timeout_s, run.tags.len()), (30, 0), "{what}");
            store.cluster(&run.cluster_id).await.expect("the cluster");
            store.plan(&run.plan_id).await.expect("the plan");
            if schema >= 12 {
                let schedule: ScheduleId = examples::schedule(1).id;
                let read: Schedule =
                    store.read(move |connection| document(connection, schedule.as_str())).await.expect("the schedule");
                assert_eq!(read, examples::schedule(1), "{what}");
            }
            if schema >= 6 {
                let (ada, _) = store.person_named("äDÄ").await.expect("read").expect("she is found");
                assert_eq!((ada.id.as_str(), ada.teams[0].name.as_str()), ("u-1", "Shöp"), "{what}");
            }
            let unreadable: Vec<_> = store.unreadable().into_iter().map(|row| (row.kind, row.id)).collect();
            assert_eq!(unreadable, [("run", "r-22222222".to_owned())], "{what}");
            assert!(store.ids(Kind::Run).await.expect("ids").contains("r-22222222"), "{what}: it is left alone");
            drop(store);
            let after = content(&Connection::open(&place).expect("a database"));
            for (table, rows) in &before {
                // Sessions of before schema 6 were of one person, and schema 7 took one set of credentials, by its name.
                let was_replaced = (schema < 6 && ["sessions", "sign_in_links"].contains(&table.as_str()))
                    || (schema < 7 && table == "credentials");
                if !was_replaced {
                    assert_eq!(after[table], *rows, "{what}: {table}");
                }
            }
            let connection = Connection::open(&place).expect("a database");
            let broken: i64 = connection
                .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
                .expect("a check");
            assert_eq!(broken, 0, "{what}: every reference leads somewhere");
        }
    }
}
