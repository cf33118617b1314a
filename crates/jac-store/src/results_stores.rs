//! The rows of people's own stores for results, and which runs are in them.

use crate::{Store, StoreError, during};
use jac_model::{EpochMs, Person, RunId};
use rusqlite::{Connection, Row, params};

/// A location in S3 where a person has the results of their runs stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultsStoreRow {
    pub id: String,
    pub owner: Person,
    /// `s3://BUCKET/PREFIX`.
    pub address: String,
    pub region: Option<String>,
    /// The URL of a store that speaks S3's protocol; `None`: AWS.
    pub endpoint: Option<String>,
    pub kms_key: Option<String>,
    pub storage_class: Option<String>,
    /// The set of credentials that requests are signed with: its ID.
    pub credentials: String,
    /// The store of its owner's new runs; `false`: it contains earlier ones.
    pub is_current: bool,
    pub saved_ms: EpochMs,
}

const COLUMNS: &str = "SELECT results_stores.id, owner, people.name, address, region, endpoint, kms_key, storage_class, credentials, is_current, saved_ms
     FROM results_stores JOIN people ON people.id = owner";

fn row_of(row: &Row<'_>) -> rusqlite::Result<ResultsStoreRow> {
    Ok(ResultsStoreRow {
        id: row.get(0)?,
        owner: Person { id: row.get(1)?, name: row.get(2)? },
        address: row.get(3)?,
        region: row.get(4)?,
        endpoint: row.get(5)?,
        kms_key: row.get(6)?,
        storage_class: row.get(7)?,
        credentials: row.get(8)?,
        is_current: row.get(9)?,
        saved_ms: row.get(10)?,
    })
}

fn put(connection: &Connection, row: &ResultsStoreRow) -> rusqlite::Result<()> {
    if row.is_current {
        let sql = "UPDATE results_stores SET is_current = 0 WHERE owner = ?1 AND id <> ?2";
        connection.execute(sql, params![row.owner.id, row.id])?;
    }
    let sql = "INSERT INTO results_stores (id, owner, address, region, endpoint, kms_key, storage_class, credentials, is_current, saved_ms)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
         ON CONFLICT (id) DO UPDATE SET owner = ?2, region = ?4, kms_key = ?6, storage_class = ?7, credentials = ?8, is_current = ?9, saved_ms = ?10";
    let values = params![
        row.id,
        row.owner.id,
        row.address,
        row.region,
        row.endpoint,
        row.kms_key,
        row.storage_class,
        row.credentials,
        row.is_current,
        row.saved_ms
    ];
    connection.execute(sql, values).map(drop)
}

/// Deletes former stores that have no runs any more.
fn drop_empty(connection: &Connection) -> rusqlite::Result<()> {
    let sql = "DELETE FROM results_stores WHERE is_current = 0 AND id NOT IN (SELECT store FROM placed_runs)";
    connection.execute(sql, []).map(drop)
}

impl Store {
    /// All stores of people, by their owners' names, each owner's current one first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn results_stores(&self) -> Result<Vec<ResultsStoreRow>, StoreError> {
        self.read(|connection| {
            let read = || {
                let sql = format!("{COLUMNS} ORDER BY people.name, owner, is_current DESC, address, results_stores.id");
                connection.prepare_cached(&sql)?.query_map([], row_of)?.collect::<rusqlite::Result<Vec<_>>>()
            };
            read().map_err(during("read the stores for results"))
        })
        .await
    }

    /// Writes a store, and replaces the one with its ID except for its address and endpoint. If it is its owner's
    /// current one, no other is; a former store without runs is deleted.
    ///
    /// # Errors
    /// When its set of credentials does not exist, or the database cannot be written.
    pub async fn put_results_store(&self, row: ResultsStoreRow) -> Result<(), StoreError> {
        self.write(move |connection| {
            let write = || {
                put(connection, &row)?;
                drop_empty(connection)
            };
            write().map_err(during("write a store for results"))
        })
        .await
    }

    /// Deletes a store that has no runs. A missing one is a success.
    ///
    /// # Errors
    /// When there are runs in it, or the database cannot be written.
    pub async fn delete_results_store(&self, id: &str) -> Result<(), StoreError> {
        let id = id.to_owned();
        self.write(move |connection| {
            let deleted = connection.execute("DELETE FROM results_stores WHERE id = ?1", [id]);
            deleted.map(drop).map_err(during("delete a store for results"))
        })
        .await
    }

    /// Every run that is in a person's store, or may be, with the store's ID.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn placed_runs(&self) -> Result<Vec<(RunId, String)>, StoreError> {
        self.read(|connection| {
            let read = || {
                let mut statement = connection.prepare("SELECT run, store FROM placed_runs")?;
                let pair = |row: &Row<'_>| Ok((row.get::<_, String>(0)?, row.get(1)?));
                statement.query_map([], pair)?.collect::<rusqlite::Result<Vec<_>>>()
            };
            let rows = read().map_err(during("read where runs are stored"))?;
            Ok(rows.into_iter().filter_map(|(run, store)| Some((run.parse().ok()?, store))).collect())
        })
        .await
    }

    /// Records that a run may be in that store from now on.
    ///
    /// # Errors
    /// When the store no longer exists, or the database cannot be written.
    pub async fn place_run(&self, run: &RunId, store: &str) -> Result<(), StoreError> {
        let (run, store) = (run.clone(), store.to_owned());
        self.write(move |connection| {
            let write = || {
                let sql =
                    "INSERT INTO placed_runs (run, store) VALUES (?1, ?2) ON CONFLICT (run) DO UPDATE SET store = ?2";
                connection.execute(sql, params![run.as_str(), store])?;
                drop_empty(connection)
            };
            write().map_err(during("write where a run is stored"))
        })
        .await
    }

    /// Records that nothing of a run is in a person's store any more. A former store is deleted with its last run.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn displace_run(&self, run: &RunId) -> Result<(), StoreError> {
        let run = run.clone();
        self.write(move |connection| {
            let write = || {
                connection.execute("DELETE FROM placed_runs WHERE run = ?1", [run.as_str()])?;
                drop_empty(connection)
            };
            write().map_err(during("write where a run is stored"))
        })
        .await
    }

    /// Gives the stores of a person who is removed to another person, as former stores: their contents can be read and
    /// deleted. Stores without runs are deleted.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn hand_results_stores_over(&self, from: &str, to: &str) -> Result<(), StoreError> {
        let (from, to) = (from.to_owned(), to.to_owned());
        self.write(move |connection| {
            let write = || {
                let sql = "UPDATE results_stores SET owner = ?2, is_current = 0 WHERE owner = ?1";
                connection.execute(sql, params![from, to])?;
                drop_empty(connection)
            };
            write().map_err(during("hand over stores for results"))
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{NewSet, SealingKey, Secret, Vault};
    use jac_model::ports::AwsCredentials;
    use std::collections::BTreeMap;

    async fn store_with_set() -> Store {
        let store = Store::in_memory().await.expect("a database");
        let vault = Vault::new(store.clone(), SealingKey::new(&[1; 32]).expect("a key"));
        let keys = AwsCredentials::Keys {
            access_key_id: "AKIA1".to_owned(),
            secret_access_key: "secret".to_owned(),
            session_token: None,
            role: None,
        };
        let set = NewSet {
            id: "k-1".to_owned(),
            owner: admin(),
            name: "work".to_owned(),
            secret: Secret::Aws(keys),
            region: None,
            shown: BTreeMap::new(),
            identity: None,
            now_ms: 1,
        };
        vault.save(set).await.expect("saved");
        store
    }

    fn admin() -> Person {
        Person { id: "admin".to_owned(), name: "Administrator".to_owned() }
    }

    fn row(id: &str, address: &str) -> ResultsStoreRow {
        ResultsStoreRow {
            id: id.to_owned(),
            owner: admin(),
            address: address.to_owned(),
            region: Some("eu-central-1".to_owned()),
            endpoint: None,
            kms_key: None,
            storage_class: None,
            credentials: "k-1".to_owned(),
            is_current: true,
            saved_ms: 1,
        }
    }

    async fn ids(store: &Store) -> Vec<(String, bool)> {
        store.results_stores().await.expect("read").into_iter().map(|row| (row.id, row.is_current)).collect()
    }

    #[tokio::test]
    async fn one_store_is_current_and_one_of_before_stays_as_long_as_it_has_runs() {
        let store = store_with_set().await;
        let run: RunId = "r-22222222".parse().expect("an id");
        store.put_results_store(row("s-1", "s3://first")).await.expect("written");
        assert_eq!(store.results_stores().await.expect("read"), [row("s-1", "s3://first")]);
        store.place_run(&run, "s-1").await.expect("written");
        store.put_results_store(row("s-2", "s3://second")).await.expect("written");
        store.put_results_store(row("s-3", "s3://third")).await.expect("written");
        assert_eq!(ids(&store).await, [("s-3".to_owned(), true), ("s-1".to_owned(), false)], "the second had no run");
        assert_eq!(store.placed_runs().await.expect("read"), [(run.clone(), "s-1".to_owned())]);
        store.delete_results_store("s-1").await.expect_err("a run is in it");
        store.displace_run(&run).await.expect("written");
        assert_eq!(ids(&store).await, [("s-3".to_owned(), true)]);
    }

    #[tokio::test]
    async fn a_set_stays_while_a_store_needs_it_and_stores_go_on_with_their_runs() {
        let store = store_with_set().await;
        store.add_person("u-2", "Other", jac_model::UserRole::Member, Vec::new(), 1).await.expect("a person");
        store.put_results_store(row("s-1", "s3://first")).await.expect("written");
        store.delete_credentials("k-1").await.expect_err("it is needed");
        store
            .put_results_store(ResultsStoreRow { credentials: "k-2".to_owned(), ..row("s-2", "s3://other") })
            .await
            .expect_err("no such set");
        store.place_run(&"r-22222222".parse().expect("an id"), "s-1").await.expect("written");
        store.hand_results_stores_over("admin", "u-2").await.expect("handed over");
        let handed = store.results_stores().await.expect("read");
        assert_eq!((handed[0].owner.id.as_str(), handed[0].is_current), ("u-2", false));
        store.displace_run(&"r-22222222".parse().expect("an id")).await.expect("written");
        assert_eq!(ids(&store).await, []);
        store.delete_credentials("k-1").await.expect("nothing needs it");
    }
}
