//! Billable machines as listed by their providers, and those of clusters without a row.
//!
//! The reconciler lists them every few seconds, and pages show its last list, so frequent page requests cause no calls to a
//! provider. A failed call keeps the previous list, records the reason, and reports it to the provider's clusters once.

use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::view::{Machine, Machines, Unreachable};
use jac_model::ports::{Adopted, Instance, Listed, PortError, Unseen};
use jac_model::{
    Cluster, ClusterConfig, ClusterId, ClusterPhase, CredentialChoice, Message, Node, NodeState, Person, Provider,
    Role, sentence,
};
use jac_store::StoreError;
use std::collections::{BTreeMap, HashMap, HashSet};
use tokio::time::{Instant, timeout};

/// A provider's machines at one time.
#[derive(Debug, Clone)]
pub(crate) struct Observed {
    pub at: Instant,
    pub instances: Vec<Instance>,
    /// The clusters whose machines it does not include, with the reason.
    pub unknown: BTreeMap<ClusterId, String>,
}

/// The last known state of a provider.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    instances: Vec<Instance>,
    /// Why the last call failed, a sentence.
    failure: Option<String>,
    /// Regions that could not be listed.
    unseen: Vec<Unseen>,
    /// The clusters whose machines could not be listed.
    unknown: BTreeMap<ClusterId, String>,
    /// When the call with this result was started.
    asked: Option<Instant>,
}

/// Changes caused by a result.
#[derive(Debug, Default, PartialEq, Eq)]
struct Taken {
    /// The provider has become unreachable, or reachable again.
    reachability_changed: bool,
    /// The clusters whose machines could not be listed before; `None`: nothing was listed.
    known_before: Option<BTreeMap<ClusterId, String>>,
}

impl Seen {
    /// Takes the result of a call that started at `asked`: its list, or its error. Several calls may be in flight; the one that
    /// started last applies, whichever ends first. `None`: a later result was already taken.
    fn take(
        &mut self,
        asked: Instant,
        listed: Option<&Listed>,
        failure: Option<String>,
        unseen: Vec<Unseen>,
    ) -> Option<Taken> {
        if self.asked.is_some_and(|before| before > asked) {
            return None;
        }
        self.asked = Some(asked);
        let known_before = listed.map(|listed| {
            self.apply(&listed.instances, unseen);
            std::mem::replace(&mut self.unknown, listed.unknown.clone())
        });
        let reachability_changed = self.failure.is_some() != failure.is_some();
        self.failure = failure;
        Some(Taken { reachability_changed, known_before })
    }

    /// Applies the result of a call. Previous observations of regions that could not be listed are kept, to be shown.
    fn apply(&mut self, instances: &[Instance], unseen: Vec<Unseen>) {
        let is_unseen = |instance: &Instance| {
            let billable = instance.billable.as_ref();
            // Instances that one set of credentials does not show may be shown by another.
            let is_seen =
                || instances.iter().any(|seen| seen.cluster == instance.cluster && seen.name == instance.name);
            billable.is_some_and(|billable| unseen.iter().any(|place| place.region == billable.region)) && !is_seen()
        };
        self.instances.retain(is_unseen);
        self.instances.extend_from_slice(instances);
        self.unseen = unseen;
    }
}

impl Engine {
    /// Lists a provider's instances, and records the result.
    pub(crate) async fn observe(&self, provider: Provider) -> Result<Observed, EngineError> {
        let limit = self.settings().ask_limit;
        let late =
            |_| PortError::TooSlow { node: format!("The provider {provider}"), what: "answer".to_owned(), limit };
        let cloud = self.cloud(provider)?;
        let asked = Instant::now();
        let listed = timeout(limit, cloud.list()).await.map_err(late).and_then(|listed| listed);
        let failure = listed.as_ref().err().map(|error| sentence(error));
        let taken = {
            let mut all = self.seen();
            all.entry(provider).or_default().take(asked, listed.as_ref().ok(), failure.clone(), cloud.unseen())
        };
        let Taken { reachability_changed, known_before } = taken.unwrap_or_default();
        if reachability_changed {
            self.report_reachability(provider, failure.as_deref()).await?;
        }
        let listed = listed?;
        if let Some(known_before) = known_before {
            self.report_unknown(&known_before, &listed.unknown).await;
        }
        let now = Instant::now();
        let at = now.checked_sub(listed.age).unwrap_or(now);
        Ok(Observed { at, instances: listed.instances, unknown: listed.unknown })
    }

    /// Reports to each cluster, once, that its own machines can no longer be listed, or can again.
    async fn report_unknown(&self, before: &BTreeMap<ClusterId, String>, now: &BTreeMap<ClusterId, String>) {
        for (cluster, reason) in now.iter().filter(|(cluster, _)| !before.contains_key(cluster)) {
            let text = format!("Cannot list its instances: {reason}. They keep running until their lease expires.");
            self.note_cluster(cluster, None, Message::new("instances_unknown", text).with("reason", reason.as_str()))
                .await;
        }
        for cluster in before.keys().filter(|cluster| !now.contains_key(cluster)) {
            let text = "Its instances can be listed again.";
            self.note_cluster(cluster, None, Message::new("instances_known", text)).await;
        }
    }

    /// Reports to a provider's clusters that it has become unreachable, or reachable again.
    async fn report_reachability(&self, provider: Provider, failure: Option<&str>) -> Result<(), EngineError> {
        let message = match failure {
            Some(failure) => Message::new(
                "provider_unreachable",
                format!("Cannot list {provider} resources: {failure} Nodes keep running until their lease expires."),
            )
            .with("reason", failure),
            None => Message::new("provider_reachable", format!("{provider} resources can be listed again.")),
        };
        tracing::warn!(%provider, "{}", message.message);
        for cluster in self.store().living_clusters().await? {
            if cluster.provider == provider {
                self.note_cluster(&cluster.id, None, message.clone()).await;
            }
        }
        Ok(())
    }

    /// Ensures that each provider was queried once.
    async fn observe_where_not_seen(&self) {
        let unseen = self.providers().into_iter().filter(|provider| !self.seen().contains_key(provider));
        futures_util::future::join_all(unseen.map(|provider| async move {
            // A failure is recorded next to the last list.
            drop(self.observe(provider).await);
        }))
        .await;
    }

    /// All billable machines of all clusters, oldest first.
    ///
    /// # Errors
    /// When the database cannot be read. A provider that cannot be queried is listed as unreachable.
    pub async fn machines(&self) -> Result<Machines, EngineError> {
        self.observe_where_not_seen().await;
        let seen = self.seen().clone();
        let rows = self.rows_of(seen.values().flat_map(|seen| &seen.instances)).await?;
        let mut machines: Vec<Machine> = seen
            .iter()
            .flat_map(|(provider, seen)| seen.instances.iter().map(|instance| (*provider, instance)))
            .filter_map(|(provider, instance)| machine(provider, instance, rows.get(&instance.cluster)))
            .collect();
        machines.sort_by(|one, other| (one.since_ms, &one.id).cmp(&(other.since_ms, &other.id)));
        let mut unreachable: Vec<Unreachable> =
            seen.into_iter().flat_map(|(provider, seen)| unreachable(provider, seen)).collect();
        unreachable.sort_by_key(|unreachable| (unreachable.provider.to_string(), unreachable.region.clone()));
        Ok(Machines { machines, unreachable })
    }

    /// The rows of the clusters that instances are of, as far as there are any that can be read.
    async fn rows_of(
        &self,
        instances: impl Iterator<Item = &Instance>,
    ) -> Result<HashMap<ClusterId, Cluster>, EngineError> {
        let ids: HashSet<&ClusterId> = instances.map(|instance| &instance.cluster).collect();
        let mut rows = HashMap::new();
        for id in ids {
            match self.store().cluster(id).await {
                Ok(cluster) => drop(rows.insert(id.clone(), cluster)),
                Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) => (),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(rows)
    }

    /// The provider with machines of a cluster that has no row.
    async fn provider_of_orphan(&self, id: &ClusterId) -> Result<Provider, EngineError> {
        match self.store().cluster(id).await {
            Ok(cluster) => {
                return Err(conflict(
                    format!("'{}' ({id}) is a cluster of this installation, not an orphan.", cluster.name),
                    Some("Find it under Clusters."),
                ));
            }
            Err(StoreError::NotFound { .. }) => (),
            Err(error) => return Err(error.into()),
        }
        let mut failed = None;
        for provider in self.providers() {
            match self.observe(provider).await {
                Ok(observed) if observed.instances.iter().any(|instance| instance.cluster == *id) => {
                    return Ok(provider);
                }
                Ok(_) => {
                    if let Some(place) = self.seen().get(&provider).and_then(|seen| seen.unseen.first()) {
                        failed = Some(EngineError::Port(PortError::Retryable {
                            node: format!("The provider {provider}"),
                            what: format!("list the instances in {}", place.region),
                            reason: place.reason.clone(),
                        }));
                    }
                }
                Err(error) => failed = Some(error),
            }
        }
        // A provider that could not be queried may have it.
        Err(failed.unwrap_or_else(|| EngineError::NotFound { kind: "orphan", id: id.to_string() }))
    }

    /// Adopts a cluster that was not in this database. It becomes ready automatically, and belongs to `owner` from now
    /// on.
    ///
    /// # Errors
    /// When it does not exist, or its machines do not make up a cluster any more.
    pub async fn adopt_cluster(&self, owner: Person, id: &ClusterId) -> Result<Cluster, EngineError> {
        let provider = self.provider_of_orphan(id).await?;
        let mut adopted = self.cloud(provider)?.adopt(id).await?;
        // The set that its machines were created with keeps its owner; only `saved` of an older JAC has to be resolved.
        let names_a_set =
            adopted.config.ec2.as_ref().is_some_and(|ec2| matches!(ec2.credentials, CredentialChoice::Set(_)));
        if !names_a_set {
            self.resolve_credentials(&owner, &mut adopted.config).await?;
        }
        let from = adopted.owner.name.clone();
        let cluster = adopted_row(id, provider, owner, adopted, self.now_ms())?;
        self.store().insert_cluster(&cluster).await?;
        let by = cluster.owner.name.as_str();
        let message = Message::new("adopted", format!("Adopted by {by}; previously owned by {from}."));
        self.note_cluster(id, None, message.with("by", by).with("from", from)).await;
        self.continue_cluster(id);
        Ok(cluster)
    }

    /// Terminates a cluster that is not in this database.
    ///
    /// # Errors
    /// When it does not exist, or its provider cannot terminate it.
    pub async fn terminate_orphan(&self, id: &ClusterId) -> Result<(), EngineError> {
        let provider = self.provider_of_orphan(id).await?;
        tracing::info!(cluster = %id, "ending the orphan {id}");
        self.cloud(provider)?.terminate(id).await?;
        // So that the next page does not show it.
        drop(self.observe(provider).await);
        Ok(())
    }
}

/// A machine as shown; `None` for a node that costs nothing. The row is more recent than the tags.
fn machine(provider: Provider, instance: &Instance, row: Option<&Cluster>) -> Option<Machine> {
    let billable = instance.billable.as_ref()?;
    Some(Machine {
        provider,
        region: billable.region.clone(),
        id: billable.id.clone(),
        kind: billable.kind.clone(),
        spot: billable.spot,
        cluster_id: instance.cluster.clone(),
        cluster_name: row.map_or_else(|| billable.cluster_name.clone(), |row| row.name.clone()),
        owner: row.map_or_else(|| billable.owner.clone(), |row| row.owner.clone()),
        node: instance.name.clone(),
        role: instance.role,
        since_ms: billable.since_ms,
        expires_at_ms: row.map(|row| row.expires_at_ms).or(billable.expires_at_ms),
        usd_per_hour: row.and_then(|row| price_of_one(row, instance.role)),
        orphan: row.is_none(),
    })
}

/// Why a provider, or some of its regions, could not be queried.
fn unreachable(provider: Provider, seen: Seen) -> Vec<Unreachable> {
    match seen.failure {
        Some(reason) => vec![Unreachable { provider, region: None, reason }],
        None => seen
            .unseen
            .into_iter()
            .map(|place| Unreachable { provider, region: Some(place.region), reason: format!("{}.", place.reason) })
            .collect(),
    }
}

/// Hourly cost of one of a cluster's machines. Rows of earlier versions only have the sum, which determines it if all
/// machines are of one type.
fn price_of_one(row: &Cluster, role: Role) -> Option<f64> {
    if let Some(prices) = row.node_prices {
        return prices.of(role);
    }
    let ec2 = row.config.ec2.as_ref()?;
    let alike = row.nodes.len() == 1 || ec2.master_type == ec2.worker_type;
    let count = u32::try_from(row.nodes.len()).ok().filter(|count| alike && *count > 0)?;
    Some(row.usd_per_hour? / f64::from(count))
}

/// The row of an adopted cluster: its machines exist, so it only has to be prepared.
fn adopted_row(
    id: &ClusterId,
    provider: Provider,
    owner: Person,
    adopted: Adopted,
    now_ms: i64,
) -> Result<Cluster, EngineError> {
    let there: Vec<&Instance> = adopted.instances.iter().filter(|instance| instance.alive).collect();
    let workers = there.iter().filter(|instance| instance.role == Role::Worker).count();
    let masters = there.iter().filter(|instance| instance.role == Role::Master).count();
    if masters != 1 || (workers == 0 && adopted.config.workers > 0) {
        return Err(conflict(
            format!(
                "The cluster {id} cannot be adopted: of 1 master and {} workers, {masters} and {workers} are left.",
                adopted.config.workers
            ),
            Some("Terminate it."),
        ));
    }
    let mut nodes: Vec<Node> = there.iter().map(|instance| adopted_node(instance)).collect();
    nodes.sort_by_key(|node| (node.role == Role::Worker, node.name.len(), node.name.clone()));
    let since = there.iter().filter_map(|instance| Some(instance.billable.as_ref()?.since_ms)).min();
    let created_ms = since.unwrap_or(now_ms);
    Ok(Cluster {
        id: id.clone(),
        name: adopted.name,
        description: String::new(),
        owner,
        team: None,
        provider,
        config: ClusterConfig {
            workers: u32::try_from(workers).unwrap_or(u32::MAX),
            lifetime_minutes: lifetime_minutes(created_ms, adopted.expires_at_ms),
            ..adopted.config
        },
        phase: ClusterPhase::Preparing,
        cause: None,
        lost_nodes: Vec::new(),
        current_run: None,
        master_restarting: false,
        nodes,
        created_ms,
        ready_ms: None,
        ended_ms: None,
        expires_at_ms: adopted.expires_at_ms,
        idle_since_ms: None,
        ephemeral_of: None,
        usd_per_hour: None,
        node_prices: None,
    })
}

/// The lifetime that a cluster was given, in minutes. Its machines were created a little later, but AWS reports the
/// time in whole seconds, which may be a little earlier: so it is rounded to the nearest.
fn lifetime_minutes(created_ms: i64, expires_at_ms: i64) -> u32 {
    let minutes = expires_at_ms.saturating_sub(created_ms).saturating_add(30_000) / 60_000;
    u32::try_from(minutes.max(1)).unwrap_or(u32::MAX).min(ClusterConfig::MAX_LIFETIME_MINUTES)
}

fn adopted_node(instance: &Instance) -> Node {
    Node {
        name: instance.name.clone(),
        role: instance.role,
        state: NodeState::Running,
        address: Some(instance.address.clone()),
        detail: Some(instance.detail.clone()),
        memory_mb: Some(instance.memory_mb),
        tools: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn an_adopted_cluster_has_the_lifetime_that_it_was_given() {
        let given = 60 * 60_000;
        for made_later_ms in [-999, 0, 5, 1_900, 29_000] {
            assert_eq!(lifetime_minutes(made_later_ms, given), 60, "{made_later_ms}");
        }
        assert_eq!(lifetime_minutes(given, given), 1, "none is over at its beginning");
    }

    #[test]
    fn answers_hold_by_when_they_were_asked_for_and_report_each_change_once() {
        let (cluster, start) = (ClusterId::from_random([7; 8]), Instant::now());
        let second = |number| start + Duration::from_secs(number);
        let unknown = BTreeMap::from([(cluster, "no rights".to_owned())]);
        let listed = Listed { instances: Vec::new(), age: Duration::ZERO, unknown: unknown.clone() };
        let changed = |reachability_changed, known_before| Some(Taken { reachability_changed, known_before });
        let away = || Some("It is away.".to_owned());
        let mut seen = Seen::default();
        assert_eq!(seen.take(second(2), Some(&listed), None, Vec::new()), changed(false, Some(BTreeMap::new())));
        // Started earlier and ended later: neither its list nor its failure is newer.
        assert_eq!(seen.take(second(1), Some(&listed), None, Vec::new()), None);
        assert_eq!(seen.take(second(1), None, away(), Vec::new()), None);
        assert_eq!((seen.failure.as_ref(), &seen.unknown), (None, &unknown));
        assert_eq!(seen.take(second(4), None, away(), Vec::new()), changed(true, None));
        assert_eq!(seen.take(second(3), Some(&listed), None, Vec::new()), None, "it was away later");
        assert_eq!(seen.take(second(5), None, away(), Vec::new()), changed(false, None));
        assert_eq!(seen.take(second(6), Some(&listed), None, Vec::new()), changed(true, Some(unknown)));
    }
}
