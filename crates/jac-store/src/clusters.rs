//! Clusters, and what happened to them.

use crate::audit::AuditedChange;
use crate::documents::{self, CLUSTER_UPGRADES, Document, Kind, Put, search_text, to_json, word};
use crate::people::must_be_there;
use crate::{Store, StoreError, during};
use jac_model::{Cluster, ClusterId, EpochMs, Message};
use rusqlite::params;
use rusqlite::types::Value as Sql;

/// Something that happened to a cluster, for its page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClusterEventRow {
    /// Rises from one to the next.
    pub id: i64,
    pub at_ms: EpochMs,
    pub node: Option<String>,
    /// Its code is empty if it was written before events had codes.
    pub message: Message,
}

impl Document for Cluster {
    const KIND: Kind = Kind::Cluster;
    const UPGRADES: &'static [fn(&mut serde_json::Map<String, serde_json::Value>)] = CLUSTER_UPGRADES;

    fn id(&self) -> &str {
        self.id.as_str()
    }

    fn columns(&self) -> Result<Vec<(&'static str, Sql)>, StoreError> {
        let credential = self.config.ec2.as_ref().map(|ec2| word(&ec2.credentials)).transpose()?;
        Ok(vec![
            ("created_ms", self.created_ms.into()),
            ("phase", word(self.phase)?.into()),
            ("name", self.name.clone().into()),
            ("owner", self.owner.id.clone().into()),
            ("owner_name", self.owner.name.clone().into()),
            ("team", self.team.as_ref().map(|team| team.id.clone()).into()),
            ("team_name", self.team.as_ref().map(|team| team.name.clone()).into()),
            ("provider", word(self.provider)?.into()),
            ("credential", credential.into()),
            ("cause", self.cause.as_ref().map(|cause| cause.message.clone()).into()),
            ("cause_whole", self.cause.as_ref().map(|cause| to_json("a cause", cause)).transpose()?.into()),
            ("workers", self.worker_count().into()),
            ("remove_after_run", self.config.remove_after_run.into()),
            ("lost_nodes", to_json("the lost nodes", &self.lost_nodes)?.into()),
            ("current_run", self.current_run.as_ref().map(|run| run.to_string()).into()),
            ("ready_ms", self.ready_ms.into()),
            ("ended_ms", self.ended_ms.into()),
            ("expires_ms", self.expires_at_ms.into()),
            ("idle_ends_ms", self.idle_ends_at_ms().into()),
            ("usd_per_hour", self.usd_per_hour.into()),
            ("search", search_text(&[self.id.as_str(), &self.name, &self.owner.name]).into()),
        ])
    }
}

impl Store {
    /// Writes a new cluster down.
    pub async fn insert_cluster(&self, cluster: &Cluster) -> Result<(), StoreError> {
        let cluster = cluster.clone();
        self.write(move |connection| {
            must_be_there(connection, &cluster.owner)?;
            AuditedChange::makes("cluster", cluster.id.as_str(), &cluster.name);
            documents::put(connection, &cluster, Put::New)
        })
        .await
    }

    /// The cluster of that id.
    pub async fn cluster(&self, id: &ClusterId) -> Result<Cluster, StoreError> {
        let id = id.clone();
        self.read(move |connection| documents::document(connection, id.as_str())).await
    }

    /// Whether a cluster was ever created with the server's own credentials.
    pub(crate) async fn has_used_environment(&self) -> Result<bool, StoreError> {
        self.read(|connection| {
            let sql = "SELECT EXISTS (SELECT 1 FROM clusters INDEXED BY clusters_of_environment WHERE credential = 'environment')";
            connection.query_row(sql, [], |row| row.get(0)).map_err(during("read the clusters"))
        })
        .await
    }

    /// The clusters that have not ended, the oldest first.
    pub async fn living_clusters(&self) -> Result<Vec<Cluster>, StoreError> {
        let unreadable = self.unreadable.clone();
        self.read(move |connection| documents::documents(connection, &unreadable, LIVING)).await
    }

    /// Reads a cluster, lets `change` modify it, and writes it, atomically. Nothing is written when `change` returns an
    /// error.
    pub async fn update_cluster<T: Send + 'static, E: From<StoreError> + Send + 'static>(
        &self,
        id: &ClusterId,
        change: impl FnOnce(&mut Cluster) -> Result<T, E> + Send + 'static,
    ) -> Result<(Cluster, T), E> {
        let id = id.clone();
        self.write(move |connection| {
            let mut cluster: Cluster = documents::document(connection, id.as_str())?;
            let answer = change(&mut cluster)?;
            documents::put(connection, &cluster, Put::Over)?;
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
        message: &Message,
    ) -> Result<(), StoreError> {
        let (id, node, text, code) =
            (id.clone(), node.map(str::to_owned), message.message.clone(), message.code.clone());
        let params = serde_json::to_string(&message.params)
            .map_err(|source| StoreError::Unwritable { what: "an event", source })?;
        self.write(move |connection| {
            connection
                .execute(
                    "INSERT INTO cluster_events (cluster, at_ms, node, text, code, params) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    params![id.as_str(), at_ms, node, text, code, params],
                )
                .map(drop)
                .map_err(during("write an event"))
        })
        .await
    }

    /// A cluster's events, the oldest first, the last thousand.
    pub async fn cluster_events(&self, id: &ClusterId) -> Result<Vec<ClusterEventRow>, StoreError> {
        let id = id.clone();
        self.read(move |connection| {
            let mut statement = connection
                .prepare_cached(
                    "SELECT id, at_ms, node, text, code, params FROM cluster_events WHERE cluster = ?1 ORDER BY id DESC LIMIT 1000",
                )
                .map_err(during("read events"))?;
            let rows = statement
                .query_map([id.as_str()], |row| {
                    let params: String = row.get(5)?;
                    // An unreadable value is reported without it: the message has everything.
                    let params = serde_json::from_str(&params).unwrap_or_default();
                    let message = Message { code: row.get(4)?, params, message: row.get(3)? };
                    Ok(ClusterEventRow { id: row.get(0)?, at_ms: row.get(1)?, node: row.get(2)?, message })
                })
                .map_err(during("read events"))?;
            let mut events: Vec<_> = rows.collect::<Result<_, _>>().map_err(during("read events"))?;
            events.reverse();
            Ok(events)
        })
        .await
    }
}

pub(crate) const LIVING: &str = "SELECT id FROM clusters INDEXED BY clusters_living WHERE phase <> 'terminated' AND (created_ms, id) > (-1, '') ORDER BY created_ms, id";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::examples;

    #[tokio::test]
    async fn events_are_numbered_and_the_last_thousand_of_a_cluster_are_given() {
        let store = crate::examples::store().await;
        let (one, two) = (examples::cluster(1), examples::cluster(2));
        store.insert_cluster(&one).await.expect("written");
        store.insert_cluster(&two).await.expect("written");
        for number in 0..1010 {
            let message = Message::new("sending", format!("event {number}")).with("done", number);
            store.add_cluster_event(&one.id, 7, Some("master"), &message).await.expect("written");
            store.add_cluster_event(&two.id, 7, None, &Message::new("ready", "something else")).await.expect("written");
        }
        let events = store.cluster_events(&one.id).await.expect("events");
        assert_eq!(
            (events.len(), &events[0].message, events[999].message.message.as_str()),
            (1000, &Message::new("sending", "event 10").with("done", 10), "event 1009")
        );
        assert!(events.windows(2).all(|pair| pair[0].id < pair[1].id), "also where the times are the same");
        assert_eq!(events[0].node.as_deref(), Some("master"));
    }
}
