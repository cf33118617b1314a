//! Databases of every older schema, and the shape of what is stored now. Tests only.
//!
//! The fixtures are rows that JACs of those schemas wrote, as text; the paths in them are replaced.

use crate::documents::{Document, schema_of};
use crate::{ClusterFilter, Kind, MIGRATIONS, PageRequest, PlanFilter, RunFilter, Store, examples};
use jac_jtl::criteria::Verdict;
use jac_model::{Cause, Cluster, ClusterSort, Message, Order, Plan, PlanSort, Provider, Run, RunSort};
use rusqlite::{Connection, params};
use rusqlite_migration::Migrations;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

mod copies;

const OF_SCHEMA_2: &str = include_str!("../fixtures/documents-of-schema-2.json");
const OF_SCHEMA_4: &str = include_str!("../fixtures/documents-of-schema-4.json");
/// Schemas whose rows contain the documents themselves.
const OLDER: [(usize, &str); 4] = [(1, OF_SCHEMA_2), (2, OF_SCHEMA_2), (3, OF_SCHEMA_4), (4, OF_SCHEMA_4)];

/// Creates a database with that schema, with a cluster, a plan and a run in it, and a run that is unreadable.
fn write_older(place: &Path, schema: usize, rows: &str) {
    let mut connection = Connection::open(place).expect("a database");
    Migrations::from_slice(&MIGRATIONS[..schema]).to_latest(&mut connection).expect("migrated");
    let rows: Value = serde_json::from_str(rows).expect("the fixture");
    let text = |kind: &str, field: &str| rows[kind][field].as_str().expect("a text").to_owned();
    let id = |kind: &str| {
        let document: Value = serde_json::from_str(&text(kind, "document")).expect("a document");
        document["id"].as_str().expect("an id").to_owned()
    };
    let time = |kind: &str| rows[kind]["created_ms"].as_i64().expect("a time");
    connection
        .execute(
            "INSERT INTO clusters (id, created_ms, phase, document) VALUES (?1, ?2, ?3, ?4)",
            params![id("cluster"), time("cluster"), text("cluster", "phase"), text("cluster", "document")],
        )
        .expect("written");
    connection
        .execute(
            "INSERT INTO plans (id, created_ms, document) VALUES (?1, ?2, ?3)",
            params![id("plan"), time("plan"), text("plan", "document")],
        )
        .expect("written");
    let insert =
        "INSERT INTO runs (id, created_ms, phase, cluster, plan, document, result) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
    let phase = text("run", "phase");
    connection
        .execute(
            insert,
            params![
                id("run"),
                time("run"),
                phase,
                id("cluster"),
                id("plan"),
                text("run", "document"),
                text("run", "result")
            ],
        )
        .expect("written");
    connection
        .execute(insert, params!["r-22222222", 1, "running", id("cluster"), id("plan"), r#"{"of": "somebody"}"#, ""])
        .expect("written");
    for event in rows["events"].as_array().expect("events") {
        connection
            .execute(
                "INSERT INTO cluster_events (cluster, at_ms, node, text) VALUES (?1, ?2, ?3, ?4)",
                params![id("cluster"), event[0].as_i64(), event[1].as_str(), event[2].as_str()],
            )
            .expect("written");
    }
    for point in rows["points"].as_array().expect("points") {
        connection
            .execute(
                "INSERT INTO run_series (run, t_ms, seq, bucket_ms, point) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![id("run"), point[0].as_i64(), point[1].as_i64(), point[2].as_i64(), point[3].as_str()],
            )
            .expect("written");
    }
}

fn page<S: Default>() -> PageRequest<S> {
    PageRequest { sort: S::default(), order: Order::Descending, limit: 9, after: None }
}

#[tokio::test]
async fn databases_of_every_older_schema_open_with_all_that_can_be_read() {
    for (schema, rows) in OLDER {
        let folder = tempfile::tempdir().expect("a folder");
        let place = folder.path().join("jac.db");
        write_older(&place, schema, rows);
        // The second time it is of this schema already.
        for opened in ["first", "again"] {
            let store = Store::open(&place).await.expect("it opens");
            let runs = store.list_runs(&RunFilter::default(), &page::<RunSort>()).await.expect("runs").items;
            let [listed] = runs.as_slice() else { panic!("{schema} {opened}: {runs:?}") };
            let row = store.run(&listed.id).await.expect("the run");
            let clusters =
                store.list_clusters(&ClusterFilter::default(), &page::<ClusterSort>()).await.expect("clusters").items;
            let cluster = store.cluster(&row.run.cluster_id).await.expect("its cluster");
            let plans = store.list_plans(&PlanFilter::default(), &page::<PlanSort>()).await.expect("plans").items;

            assert_eq!((listed.cause.clone(), listed.verdict), (Some(Cause::Completed), Verdict::None), "{schema}");
            let headline = &row.result.as_ref().expect("a result")["headline"];
            assert_eq!(listed.samples, headline["samples"].as_u64(), "{schema}");
            assert_eq!(listed.p95_ms, headline["p95_ms"].as_f64(), "{schema}");
            assert_eq!((listed.started_ms, listed.ended_ms), (row.run.started_ms, row.run.ended_ms), "{schema}");
            assert_eq!(listed.provider, Some(cluster.provider), "{schema}: its cluster knew");
            assert_eq!(row.run.provider, Some(cluster.provider), "{schema}");
            assert_eq!((clusters.len(), clusters[0].workers), (1, cluster.worker_count()), "{schema}");
            assert_eq!(clusters[0].cause, cluster.cause, "{schema}");
            assert_eq!(store.cluster_events(&cluster.id).await.expect("events").len(), 2, "{schema}");
            assert_eq!((plans.len(), plans[0].runs, plans[0].files), (1, 2, cluster_files(&store, &plans[0].id).await));
            assert_eq!(store.series(&listed.id).await.expect("read").map(|(_, points)| points.len()), Some(1));

            let unreadable: Vec<_> = store.unreadable().into_iter().map(|row| (row.kind, row.id)).collect();
            assert_eq!(unreadable, [("run", "r-22222222".to_owned())], "{schema} {opened}");
            assert!(store.ids(Kind::Run).await.expect("ids").contains("r-22222222"), "{schema}: it is left alone");
            assert_eq!(store.unfinished_runs().await.expect("the others"), [], "{schema}");
        }
    }
}

/// Schema 16 compared names in the letters A to Z only.
#[tokio::test]
async fn names_that_were_two_by_an_older_rule_stay_two_people_and_two_teams() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("jac.db");
    let mut connection = Connection::open(&place).expect("a database");
    Migrations::from_slice(&MIGRATIONS[..16]).to_latest(&mut connection).expect("migrated");
    let rows = "INSERT INTO people (id, name, role, created_ms) VALUES
          ('u-1', 'Ädä', 'member', 2), ('u-2', 'ädä', 'viewer', 1), ('u-3', 'ÄDÄ', 'member', 3), ('u-4', 'Bob', 'member', 4);
        INSERT INTO teams (id, name) VALUES ('t-1', 'Öl'), ('t-2', 'öl');";
    connection.execute_batch(rows).expect("written");
    drop(connection);
    for _ in 0..2 {
        let store = Store::open(&place).await.expect("it opens");
        for (name, id) in [("Ädä", "u-1"), ("ädä", "u-2"), ("ÄDÄ", "u-3"), ("äDÄ", "u-2"), ("bob", "u-4")] {
            let (found, _) = store.person_named(name).await.expect("read").expect("somebody");
            assert_eq!(found.id, id, "{name}: as it is written, else who was first");
        }
        for (name, id) in [("Öl", "t-1"), ("öl", "t-2"), ("ÖL", "t-1")] {
            assert_eq!(store.team_named(name).await.expect("read").as_deref(), Some(id), "{name}");
        }
        let rows = store.people().await.expect("people");
        let accounts: BTreeSet<String> = rows.iter().map(crate::PersonRow::account).collect();
        assert_eq!(accounts.len(), 5, "no session of one is the other's: {accounts:?}");
        let another = store.add_person("u-9", "äDä", jac_model::UserRole::Member, Vec::new(), 9).await;
        assert!(matches!(another, Err(crate::StoreError::NameTaken { .. })), "there are no more of them");
        let kept = crate::TeamChange { name: Some("öl".to_owned()), ..crate::TeamChange::default() };
        store.change_team("t-2", kept).await.expect("it keeps its name");
    }
}

#[tokio::test]
async fn clusters_of_before_their_causes_were_whole_are_listed_with_code_and_sentence() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = folder.path().join("jac.db");
    let mut connection = Connection::open(&place).expect("a database");
    crate::connections::add_functions(&connection).expect("added");
    Migrations::from_slice(&MIGRATIONS[..20]).to_latest(&mut connection).expect("migrated");
    let coded = r#"{"cause":{"code":"idle","params":{"minutes":60},"message":"Idle."}}"#;
    let cases = [
        ("c-aaaaaaaa", Some("Idle."), coded),
        ("c-bbbbbbbb", Some("Quota."), r#"{"cause":"Quota."}"#),
        ("c-cccccccc", Some("Gone."), "no document"),
        ("c-dddddddd", None, r#"{"cause":null}"#),
    ];
    for (id, cause, document) in cases {
        let row = "INSERT INTO clusters (id, version, created_ms, phase, provider, cause) VALUES (?1, 1, 1, 'terminated', 'local', ?2)";
        connection.execute(row, params![id, cause]).expect("written");
        connection.execute("INSERT INTO cluster_documents VALUES (?1, 1, ?2)", params![id, document]).expect("written");
    }
    drop(connection);
    let store = Store::open(&place).await.expect("it opens");
    let all = store.list_clusters(&ClusterFilter::default(), &page::<ClusterSort>()).await.expect("clusters").items;
    let cause = |id: &str| all.iter().find(|cluster| cluster.id.as_str() == id).expect("listed").cause.clone();
    let uncoded = |sentence: &str| Some(Message::new(Message::UNCODED, sentence));
    assert_eq!(cause("c-aaaaaaaa"), Some(Message::new("idle", "Idle.").with("minutes", 60)));
    assert_eq!(cause("c-bbbbbbbb"), uncoded("Quota."));
    assert_eq!(cause("c-cccccccc"), uncoded("Gone."));
    assert_eq!(cause("c-dddddddd"), None);
}

async fn cluster_files(store: &Store, plan: &jac_model::PlanId) -> u64 {
    store.plan(plan).await.expect("the plan").files.len() as u64
}

#[tokio::test]
async fn a_document_of_a_newer_jac_is_left_alone_while_its_row_is_listed() {
    let store = crate::examples::store().await;
    let run = examples::run(1);
    store.insert_run(&run).await.expect("written");
    store
        .write::<_, crate::StoreError>(|connection| {
            connection.execute("UPDATE run_documents SET schema = 99", []).expect("written");
            Ok(())
        })
        .await
        .expect("written");
    assert!(matches!(store.run(&run.id).await, Err(crate::StoreError::Unreadable { kind: "run", .. })));
    assert_eq!(store.list_runs(&RunFilter::default(), &page::<RunSort>()).await.expect("runs").items.len(), 1);
    let changed = store.update_run::<_, crate::StoreError>(&run.id, |_| Ok(())).await;
    assert!(changed.is_err(), "nothing is written over it");
    let unreadable: Vec<_> = store.unreadable().into_iter().map(|row| (row.kind, row.id)).collect();
    assert_eq!(unreadable, [("run", run.id.to_string())]);
    // Its owner can still be removed.
    let heir = jac_model::Person { id: "u-heir".to_owned(), name: "Heir".to_owned() };
    store.give_row(Kind::Run, run.id.as_str(), &heir).await.expect("given");
    assert_eq!(store.owned(Kind::Run, &heir.id).await.expect("owned"), [run.id.to_string()]);
}

#[tokio::test]
async fn what_belongs_to_a_thing_goes_with_it() {
    let store = crate::examples::store().await;
    let (run, point) = (examples::run(1), Value::Null);
    store.insert_run(&run).await.expect("written");
    let points = vec![crate::StoredPoint { t_ms: 0, seq: 1, point }];
    store.put_series(&run.id, 1000, points.clone()).await.expect("written");
    let orphan = store.put_series(&examples::run(2).id, 1000, points).await;
    assert!(orphan.is_err(), "no points of a run that is not there");
    store.delete_run(&run.id).await.expect("deleted");
    assert_eq!(store.series(&run.id).await.expect("read"), None);
}

/// The path of each field: `nodes[].health.at_ms`.
fn paths(value: &Value, at: &str, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                paths(value, &format!("{at}.{name}"), found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| paths(item, &format!("{at}[]"), found)),
        _ => drop(found.insert(at.to_owned())),
    }
}

fn shape<T: Document>(thing: &T) -> String {
    let mut found = BTreeSet::new();
    paths(&serde_json::to_value(thing).expect("JSON"), T::KIND.name(), &mut found);
    format!("schema {}\n{}\n", schema_of::<T>(), found.into_iter().collect::<Vec<_>>().join("\n"))
}

/// When this fails, the stored shape has changed. Raise the schema with an upgrade in `documents.rs`, and write the new
/// shape into the fixture.
#[test]
fn the_stored_shape_is_the_one_of_its_schema() {
    let shapes = [
        shape(&examples::cluster(1)),
        shape(&examples::plan(1)),
        shape(&examples::run(1)),
        shape(&examples::schedule(1)),
    ]
    .concat();
    assert_eq!(shapes, include_str!("../fixtures/shapes.txt"), "{shapes}");
}

#[test]
fn an_upgraded_document_has_every_field_of_now() {
    fn check<T: Document + PartialEq + std::fmt::Debug>(thing: &T, added: &[&str]) {
        let mut older = serde_json::to_value(thing).expect("JSON");
        let fields = older.as_object_mut().expect("an object");
        added.iter().for_each(|field| drop(fields.remove(*field)));
        let read: T = crate::documents::parse(thing.id(), 1, &older.to_string()).expect("it is upgraded");
        let upgraded = serde_json::to_value(&read).expect("JSON");
        assert!(added.iter().all(|field| !upgraded[*field].is_object()), "{upgraded}");
    }
    check::<Cluster>(&examples::cluster(1), &["team"]);
    check::<Plan>(&examples::plan(1), &["team", "revision", "ephemeral", "keep"]);
    check::<Run>(
        &examples::run(1),
        &["team", "pinned", "provider", "plan_revision", "tags", "note", "baseline_ms", "keep", "annotations"],
    );
    let kept: Run =
        crate::documents::parse("r", 1, &serde_json::to_string(&examples::run(1)).expect("JSON")).expect("read");
    assert_eq!(kept.provider, Some(Provider::Ec2), "what is there already stays");
}
