//! The last known state of the machines: AWS is not queried at every observation of the engine, and a machine that is
//! unreachable for a moment is not gone.

use crate::aws::Aws;
use crate::cloud::Ec2Cloud;
use crate::errors::Refusal;
use crate::machines::{self, InstanceState, Machine};
use crate::record::ClusterRecord;
use crate::{network, user_data};
use futures_util::future::join_all;
use jac_model::ports::{Instance, Listed, PortError, Unseen};
use jac_model::{ClusterId, CredentialChoice};
use jac_ssh::{Link, LinkError, machine};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// Interval of queries for the machines of a region with existing clusters…
const ASK_EVERY: Duration = Duration::from_secs(5);
/// …and of a region with former clusters only, to find leftover machines.
const ASK_ELSEWHERE_EVERY: Duration = Duration::from_secs(60);
/// Time limit for a region with existing clusters and one set of credentials: the engine's limit for all of them is a
/// little longer.
const SOME_LIVE_LIMIT: Duration = Duration::from_secs(45);
/// Time limit for a region without existing clusters: the others must not wait for it.
const ELSEWHERE_LIMIT: Duration = Duration::from_secs(15);
/// How long an answer of a machine may take: the reconciler waits for it.
const ANSWER_LIMIT: Duration = Duration::from_secs(3);
/// How long a machine may be unreachable before its node counts as gone.
pub const AWAY_LIMIT: Duration = Duration::from_secs(60);

/// A cluster and the name of one of its nodes.
type NodeKey = (ClusterId, String);
/// A region, and the credentials.
type Asked = (String, CredentialChoice);
/// A machine's response to the query for its keeper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Given,
    None,
    /// This server had no file descriptor left for the query; this says nothing about the machine.
    NotAsked,
}

/// A node that is unreachable.
#[derive(Debug, Clone, Copy)]
struct Away {
    since: Instant,
    /// It has been unreachable for longer than the limit.
    is_gone: bool,
}

/// A machine by its id.
type Found = (String, Instance);

#[derive(Debug, Default)]
pub struct Watch {
    /// The single connection to each node, with its address.
    links: Mutex<HashMap<NodeKey, (String, Arc<Link>)>>,
    /// Each region's last list, and its time.
    lists: Mutex<HashMap<Asked, (Instant, Vec<Machine>)>>,
    /// The machines that AWS has listed, with their clusters, and since when it no longer lists them: a new one may not
    /// be listed yet.
    shown: Mutex<HashMap<String, (ClusterId, Option<Instant>)>>,
    /// The places that could not be queried: since when, and why.
    unseen: Mutex<BTreeMap<Asked, (Instant, String)>>,
    /// The last report for each set of credentials.
    faults: Mutex<HashMap<CredentialChoice, Option<String>>>,
    /// The unreachable nodes.
    away: Mutex<HashMap<NodeKey, Away>>,
    expiries: Mutex<HashMap<ClusterId, i64>>,
}

fn open<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    pub fn link(&self, cluster: &ClusterId, node: &str, address: &str) -> Option<Arc<Link>> {
        let links = open(&self.links);
        let (at, link) = links.get(&(cluster.clone(), node.to_owned()))?;
        (at == address).then(|| Arc::clone(link))
    }

    pub fn keep(&self, cluster: &ClusterId, node: &str, address: &str, link: &Arc<Link>) {
        open(&self.links).insert((cluster.clone(), node.to_owned()), (address.to_owned(), Arc::clone(link)));
    }

    fn forget_link(&self, cluster: &ClusterId, node: &str) {
        open(&self.links).remove(&(cluster.clone(), node.to_owned()));
    }

    pub fn forget(&self, cluster: &ClusterId) {
        open(&self.shown).retain(|_, (of, _)| of != cluster);
        open(&self.links).retain(|(of, _), _| of != cluster);
        open(&self.away).retain(|(of, _), _| of != cluster);
        open(&self.expiries).remove(cluster);
        self.forget_lists();
    }

    /// The next observation queries AWS.
    pub fn forget_lists(&self) {
        open(&self.lists).clear();
    }

    /// The places that the last observation could not query.
    pub fn unseen(&self) -> Vec<Unseen> {
        let unseen = open(&self.unseen);
        let place = |((region, _), (_, reason)): (&Asked, &(Instant, String))| Unseen {
            region: region.clone(),
            reason: reason.clone(),
        };
        unseen.iter().map(place).collect()
    }

    pub fn is_new_expiry(&self, cluster: &ClusterId, expires_at_ms: i64) -> bool {
        open(&self.expiries).get(cluster) != Some(&expires_at_ms)
    }

    pub fn expiry_is_tagged(&self, cluster: &ClusterId, expires_at_ms: i64) {
        open(&self.expiries).insert(cluster.clone(), expires_at_ms);
    }

    /// Whether the node has been unreachable for longer than the limit, after this answer or none.
    fn is_gone(&self, cluster: &ClusterId, node: &str, answer: Answer) -> bool {
        let mut away = open(&self.away);
        let key = (cluster.clone(), node.to_owned());
        match answer {
            Answer::None => {
                let away = away.entry(key).or_insert_with(|| Away { since: Instant::now(), is_gone: false });
                away.is_gone |= away.since.elapsed() >= AWAY_LIMIT;
                away.is_gone
            }
            // Nodes that were gone still are; for the others it is unknown how long they have been unreachable.
            Answer::NotAsked if away.get(&key).is_some_and(|away| away.is_gone) => true,
            Answer::NotAsked | Answer::Given => {
                away.remove(&key);
                false
            }
        }
    }
}

/// Queries a machine for its keeper.
async fn ask(link: &Link, folder: &str) -> Answer {
    match timeout(ANSWER_LIMIT, machine::has_keeper(link, folder)).await {
        Ok(Ok(_)) => Answer::Given,
        Ok(Err(LinkError::OutOfDescriptors(_))) => Answer::NotAsked,
        Ok(Err(_)) | Err(_) => Answer::None,
    }
}

impl Ec2Cloud {
    /// All machines of this installation, in every region where it ever had some, with all existing credentials.
    pub(crate) async fn list_all(&self) -> Result<Listed, PortError> {
        let records = self.records.all()?;
        let mut places: BTreeMap<Asked, Vec<&ClusterRecord>> = BTreeMap::new();
        for record in &records {
            places.entry((record.region.clone(), record.config.credentials.clone())).or_default().push(record);
        }
        let all = records.as_slice();
        let looked = join_all(places.iter().map(|((region, choice), living)| async move {
            let looking = self.look_where_some_live(region, choice, living, all);
            let looked = timeout(SOME_LIVE_LIMIT, looking).await.unwrap_or_else(|_| {
                let (node, what) = (format!("AWS in {region}"), "list its machines".to_owned());
                Err(PortError::TooSlow { node, what, limit: SOME_LIVE_LIMIT })
            });
            (region, choice, living, looked)
        }));
        let mut listed = Listed { instances: Vec::new(), age: Duration::ZERO, unknown: BTreeMap::new() };
        let (mut known, mut failed, mut answered) = (HashSet::new(), None, false);
        let mut unseen = BTreeMap::new();
        for (region, choice, living, looked) in looked.await {
            match looked {
                Ok((at, found)) => {
                    answered = true;
                    listed.age = listed.age.max(at.elapsed());
                    // Two sets of credentials may be of one account.
                    listed
                        .instances
                        .extend(found.into_iter().filter(|(id, _)| known.insert(id.clone())).map(|one| one.1));
                }
                // One expired set must not hide what others show.
                Err(error) => {
                    let reason = error.to_string();
                    unseen.insert((region.clone(), choice.clone()), (Instant::now(), reason.clone()));
                    listed.unknown.extend(living.iter().map(|record| (record.cluster.clone(), reason.clone())));
                    failed = Some(error);
                }
            }
        }
        let choices = self.choices().await?;
        let everywhere = self.records.regions().into_iter();
        let everywhere =
            everywhere.flat_map(|region| choices.iter().map(move |choice| (region.clone(), choice.clone())));
        let elsewhere: Vec<Asked> = everywhere.filter(|place| !places.contains_key(place)).collect();
        {
            let mut before = open(&self.watch.unseen);
            before.retain(|place, _| elsewhere.contains(place));
            before.extend(unseen);
        }
        if let (Some(error), false) = (failed, answered) {
            return Err(error);
        }
        let looked = join_all(elsewhere.iter().map(|place| self.look_elsewhere(place, &records))).await;
        // No known cluster is there: the age of those lists affects no cluster.
        let found = looked.into_iter().flatten().filter(|(id, _)| known.insert(id.clone()));
        listed.instances.extend(found.map(|(_, instance)| instance));
        Ok(listed)
    }

    /// The credentials to search for unrecorded machines with: all sets, and the environment's if there is no set or
    /// something was created with them.
    pub(crate) async fn choices(&self) -> Result<Vec<CredentialChoice>, PortError> {
        let mut choices = self.clients.source().all_aws().await?;
        let has_environment = choices.contains(&CredentialChoice::Environment);
        if has_environment && !self.records.regions().is_empty() {
            self.records.remember_environment().await?;
        } else if !has_environment && self.records.knows_environment() {
            choices.push(CredentialChoice::Environment);
        }
        Ok(choices)
    }

    /// Queries the regions with existing clusters, with their credentials.
    async fn look_where_some_live(
        &self,
        region: &str,
        choice: &CredentialChoice,
        living: &[&ClusterRecord],
        records: &[ClusterRecord],
    ) -> Result<(Instant, Vec<Found>), PortError> {
        let looked = async {
            let aws = self.clients.of(choice, Some(region)).await?;
            join_all(living.iter().map(|record| self.follow_own_address(&aws, record))).await;
            let (at, machines) = self.machines(&aws, choice, ASK_EVERY).await?;
            join_all(living.iter().map(|record| self.abandon_vanished(record, &machines))).await;
            Ok((at, self.seen_all(&aws, records, &machines).await))
        }
        .await;
        let fault = looked.as_ref().err().map(ToString::to_string);
        self.report_use(choice, fault).await;
        looked
    }

    /// Reports whether credentials worked, when that changes.
    async fn report_use(&self, choice: &CredentialChoice, fault: Option<String>) {
        let before = open(&self.watch.faults).insert(choice.clone(), fault.clone());
        if before.as_ref() != Some(&fault) {
            self.clients.source().used(choice, fault.as_deref()).await;
        }
    }

    async fn seen_all(&self, aws: &Aws, records: &[ClusterRecord], machines: &[Machine]) -> Vec<Found> {
        join_all(machines.iter().map(|machine| async { (machine.id.clone(), self.seen(aws, records, machine).await) }))
            .await
    }

    /// Queries a place without known clusters. A failure is recorded, and affects nothing else.
    async fn look_elsewhere(&self, place: &Asked, records: &[ClusterRecord]) -> Vec<Found> {
        let (region, choice) = place;
        let failed_lately =
            open(&self.watch.unseen).get(place).is_some_and(|(at, _)| at.elapsed() < ASK_ELSEWHERE_EVERY);
        if failed_lately {
            return Vec::new();
        }
        let looked = timeout(ELSEWHERE_LIMIT, async {
            let aws = self.clients.of(choice, Some(region)).await?;
            let (_, machines) = self.machines(&aws, choice, ASK_ELSEWHERE_EVERY).await?;
            Ok::<_, PortError>(self.seen_all(&aws, records, &machines).await)
        });
        let reason = match looked.await {
            Ok(Ok(found)) => {
                open(&self.watch.unseen).remove(place);
                return found;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => format!("AWS in {region} did not answer within {} s", ELSEWHERE_LIMIT.as_secs()),
        };
        tracing::debug!(%region, "cannot list {region}: {reason}");
        open(&self.watch.unseen).insert(place.clone(), (Instant::now(), reason));
        Vec::new()
    }

    /// The machines of a region, and when AWS was queried for them.
    async fn machines(
        &self,
        aws: &Aws,
        choice: &CredentialChoice,
        every: Duration,
    ) -> Result<(Instant, Vec<Machine>), PortError> {
        let key = (aws.region.clone(), choice.clone());
        let known = open(&self.watch.lists).get(&key).filter(|(at, _)| at.elapsed() < every).cloned();
        if let Some(known) = known {
            return Ok(known);
        }
        let at = Instant::now();
        let machines = machines::of_installation(aws, &self.installation).await?;
        let shown = machines.iter().map(|machine| (machine.id.clone(), (machine.tags.cluster.clone(), None)));
        open(&self.watch.shown).extend(shown);
        open(&self.watch.lists).insert(key, (at, machines.clone()));
        Ok((at, machines))
    }

    async fn seen(&self, aws: &Aws, records: &[ClusterRecord], machine: &Machine) -> Instance {
        let tags = &machine.tags;
        let record = records.iter().find(|record| record.cluster == tags.cluster);
        let node = record.and_then(|record| record.node(&tags.node));
        let mut alive = matches!(machine.state, InstanceState::Pending | InstanceState::Running);
        if let (true, Some(record), Some(link)) =
            (alive, record, record.and_then(|record| self.link(record, &tags.node)))
        {
            let folder = user_data::node_folder(&self.installation, &record.cluster, &tags.node);
            if link.is_given_up() {
                // AWS had not listed it for a moment. The next observation creates another connection.
                self.watch.forget_link(&record.cluster, &tags.node);
            }
            alive = !self.watch.is_gone(&record.cluster, &tags.node, ask(&link, &folder).await);
        }
        machine.instance(&aws.region, node.map_or(2048, |node| node.kind.memory_mb), alive)
    }

    /// Aborts waiting operations on machines that AWS listed before and no longer lists, and that do not answer either.
    async fn abandon_vanished(&self, record: &ClusterRecord, shown: &[Machine]) {
        // Long enough that at least a second list without it was received.
        let is_gone = |id: &String| {
            let mut known = open(&self.watch.shown);
            match known.get_mut(id).filter(|_| !shown.iter().any(|machine| machine.id == *id)) {
                Some((_, since)) => since.get_or_insert_with(Instant::now).elapsed() > ASK_EVERY,
                None => false,
            }
        };
        let gone = record.nodes.iter().filter(|node| node.is_up && node.instance.as_ref().is_some_and(is_gone));
        join_all(gone.map(|node| async {
            let Some(link) = self.link(record, &node.name) else { return };
            let folder = user_data::node_folder(&self.installation, &record.cluster, &node.name);
            if ask(&link, &folder).await == Answer::None {
                link.abandon().await;
            }
        }))
        .await;
    }

    /// Permits SSH from the server's current address, unless the source was configured.
    async fn follow_own_address(&self, aws: &Aws, record: &ClusterRecord) {
        let Some(launch) = &record.launch else { return };
        let (config, group) = (&record.config, &launch.group);
        if !group.is_ours || config.ssh_from.is_some() {
            return;
        }
        let somewhere = record.nodes.iter().find_map(|node| node.private_address.as_ref()?.parse::<Ipv4Addr>().ok());
        let Some(somewhere) = somewhere else { return };
        let Ok(now) = network::ssh_from(config, somewhere, &self.own_address).await else { return };
        if group.ssh_from.as_ref() == Some(&now) {
            return;
        }
        let moving = async {
            network::move_ssh(aws, &group.id, group.ssh_from.as_deref(), &now).await?;
            let change = self.records.change(&record.cluster, |record| {
                if let Some(launch) = &mut record.launch {
                    launch.group.ssh_from = Some(now.clone());
                }
            });
            change.await
        };
        match moving.await {
            Ok(()) => {
                tracing::info!(cluster = %record.cluster,
                    "the server's address is now {now}; SSH is allowed from there")
            }
            Err(error) => tracing::warn!(cluster = %record.cluster, %error,
                "SSH cannot be allowed from {now}: {error}"),
        }
    }

    /// The places where a cluster without a record has machines, and the credentials that show them.
    ///
    /// # Errors
    /// When none were found and a region could not be queried; whatever may pass takes precedence over rejected credentials.
    pub(crate) async fn places_of(&self, cluster: &ClusterId) -> Result<Vec<(CredentialChoice, Arc<Aws>)>, Unlisted> {
        let choices = self.choices().await.map_err(Unlisted::unanswered)?;
        let regions = self.records.regions();
        let places: Vec<Asked> = regions
            .iter()
            .flat_map(|region| choices.iter().map(move |choice| (region.clone(), choice.clone())))
            .collect();
        let looked = join_all(places.iter().map(|(region, choice)| {
            timeout(ELSEWHERE_LIMIT, async move {
                let aws = self.clients.of(choice, Some(region)).await.map_err(Unlisted::of_clients)?;
                let machines = machines::of_cluster(&aws, &self.installation, cluster).await;
                let machines = machines.map_err(|refusal| Unlisted::of(refusal, region))?;
                Ok((!machines.is_empty()).then(|| (choice.clone(), aws)))
            })
        }));
        let (mut found, mut failed) = (Vec::new(), None);
        for ((region, _), looked) in places.iter().zip(looked.await) {
            let looked = looked.unwrap_or_else(|_| {
                let (node, what) = (format!("AWS in {region}"), "list its machines".to_owned());
                Err(Unlisted::unanswered(PortError::TooSlow { node, what, limit: ELSEWHERE_LIMIT }))
            });
            match looked {
                Ok(place) => found.extend(place),
                Err(unlisted) if failed.as_ref().is_none_or(|failed: &Unlisted| failed.is_of_credentials) => {
                    failed = Some(unlisted);
                }
                Err(_) => (),
            }
        }
        // A cluster is in one region: where it was found, the others do not matter.
        match failed {
            Some(unlisted) if found.is_empty() => Err(unlisted),
            _ => Ok(found),
        }
    }
}

/// Why it is unknown whether a cluster has machines.
#[derive(Debug)]
pub(crate) struct Unlisted {
    pub error: PortError,
    /// AWS rejected the credentials, or none were found. Otherwise the same question may be answered later.
    pub is_of_credentials: bool,
}

impl Unlisted {
    fn of(refusal: Refusal, region: &str) -> Self {
        let is_of_credentials = refusal.is_of_credentials();
        Self { error: refusal.at(region, machines::LIST), is_of_credentials }
    }

    fn unanswered(error: PortError) -> Self {
        Self { error, is_of_credentials: false }
    }

    /// No clients can be created: the credentials were deleted, or cannot be decrypted.
    fn of_clients(error: PortError) -> Self {
        Self { is_of_credentials: matches!(error, PortError::Refused { .. } | PortError::Preflight { .. }), error }
    }
}

impl From<Unlisted> for PortError {
    fn from(unlisted: Unlisted) -> Self {
        unlisted.error
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_server_without_descriptors_keeps_what_it_knew_of_a_machine() {
        let (watch, cluster) = (Watch::default(), ClusterId::from_random([1; 8]));
        let gone = |answer| watch.is_gone(&cluster, "worker-1", answer);
        for _ in 0..10 {
            assert!(!gone(Answer::NotAsked));
            tokio::time::advance(AWAY_LIMIT).await;
        }
        assert!(!gone(Answer::None), "only now it did not answer");
        tokio::time::advance(AWAY_LIMIT).await;
        assert!(gone(Answer::None) && gone(Answer::NotAsked), "what was gone before still is");
        assert!(!gone(Answer::Given), "it is back");
        assert!(!gone(Answer::None));
        tokio::time::advance(AWAY_LIMIT).await;
        assert!(!gone(Answer::NotAsked) && !gone(Answer::None), "the time in which nobody asked does not count");
    }
}
