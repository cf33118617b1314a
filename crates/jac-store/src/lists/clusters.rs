//! The list of clusters.

use super::{Holds, Key, Page, PageRequest, Query, read_id, read_owner, read_team, read_word, unknown_word};
use crate::documents::word;
use crate::{Store, StoreError};
use jac_model::{ClusterId, ClusterPhase, ClusterSort, EpochMs, Message, Named, Person, Provider};
use rusqlite::Row;

/// Which clusters are listed; empty fields match all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterFilter {
    /// Ids of people; no cluster matches an empty list.
    pub owners: Option<Vec<String>>,
    /// Ids of teams; no cluster matches an empty list.
    pub teams: Option<Vec<String>>,
    pub provider: Option<Provider>,
    pub phase: Option<ClusterPhase>,
    /// Only those that are not terminated.
    pub living: bool,
    /// Words that must all occur in its ID, its name or its owner's name.
    pub text: Option<String>,
}

/// A cluster as in its row.
#[derive(Debug, Clone, PartialEq)]
pub struct ListedCluster {
    pub id: ClusterId,
    pub name: String,
    pub owner: Person,
    pub team: Option<Named>,
    pub provider: Provider,
    pub phase: ClusterPhase,
    /// Why it failed or ended; without a code if only the sentence is known.
    pub cause: Option<Message>,
    pub workers: u32,
    pub remove_after_run: bool,
    pub lost_nodes: Vec<String>,
    pub current_run: Option<String>,
    pub created_ms: EpochMs,
    pub ready_ms: Option<EpochMs>,
    pub ended_ms: Option<EpochMs>,
    pub expires_at_ms: EpochMs,
    pub idle_ends_at_ms: Option<EpochMs>,
    pub usd_per_hour: Option<f64>,
}

const COLUMNS: &str = "name, owner, owner_name, team, team_name, provider, phase, cause, cause_whole, workers, remove_after_run, lost_nodes, current_run, created_ms, ready_ms, ended_ms, expires_ms, idle_ends_ms, usd_per_hour";

fn key(sort: ClusterSort) -> Key {
    let (column, holds, index) = match sort {
        ClusterSort::Created => ("created_ms", Holds::Integer, "clusters_by_created"),
        ClusterSort::Expires => ("expires_ms", Holds::Integer, "clusters_by_expires"),
        ClusterSort::Name => ("name", Holds::Text, "clusters_by_name"),
    };
    Key { column, holds, index }
}

pub(crate) fn query(filter: &ClusterFilter, page: &PageRequest<ClusterSort>) -> Result<Query, StoreError> {
    let mut query = Query::new("clusters", COLUMNS, key(page.sort), page)?.filled();
    if filter.living {
        query.only("phase <> 'terminated'");
        if page.sort == ClusterSort::Created {
            query.through("clusters_living");
        }
    }
    query.one_of("owner", filter.owners.as_ref());
    query.one_of("team", filter.teams.as_ref());
    query.equal("provider", filter.provider.map(word).transpose()?);
    query.equal("phase", filter.phase.map(word).transpose()?);
    query.text(filter.text.as_deref())?;
    Ok(query)
}

fn read(row: &Row<'_>) -> Result<ListedCluster, rusqlite::Error> {
    let lost = serde_json::from_str(&row.get::<_, String>("lost_nodes")?);
    let cause = match row.get::<_, Option<String>>("cause_whole")? {
        Some(cause) => serde_json::from_str(&cause).map(Some),
        None => Ok(row.get::<_, Option<String>>("cause")?.map(|sentence| Message::new(Message::UNCODED, sentence))),
    };
    Ok(ListedCluster {
        id: read_id(row, "id")?,
        name: row.get("name")?,
        owner: read_owner(row)?,
        team: read_team(row)?,
        provider: read_word(row, "provider")?,
        phase: read_word(row, "phase")?,
        cause: cause.map_err(|error| unknown_word("cause_whole", error))?,
        workers: row.get("workers")?,
        remove_after_run: row.get("remove_after_run")?,
        lost_nodes: lost.map_err(|error| unknown_word("lost_nodes", error))?,
        current_run: row.get("current_run")?,
        created_ms: row.get("created_ms")?,
        ready_ms: row.get("ready_ms")?,
        ended_ms: row.get("ended_ms")?,
        expires_at_ms: row.get("expires_ms")?,
        idle_ends_at_ms: row.get("idle_ends_ms")?,
        usd_per_hour: row.get("usd_per_hour")?,
    })
}

impl Store {
    /// A page of the clusters that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_clusters(
        &self,
        filter: &ClusterFilter,
        page: &PageRequest<ClusterSort>,
    ) -> Result<Page<ListedCluster>, StoreError> {
        let query = query(filter, page)?;
        let unreadable = self.unreadable.clone();
        self.read(move |connection| query.run(connection, &unreadable, read)).await
    }
}
