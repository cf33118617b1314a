//! The `ssh` provider: existing machines, used as a cluster and left as they were.
//!
//! | step   | does                                                     | undone by                                |
//! |--------|----------------------------------------------------------|------------------------------------------|
//! | record | the machines, before any connection                      | the record's file is removed             |
//! | check  | checks all machines; faults of any of them end it        | nothing                                  |
//! | mark   | records what will be created, before it is               | nothing was created: it is skipped       |
//! | create | a folder of ours with a lease and a keeper, on each      | our processes end, our folder is removed |
//!
//! Each step may be repeated. Nothing that belongs to the machines is changed; what JMeter needs stays below
//! `~/.jac/jmeter` for the next time.

use crate::connection::{Link, Target};
use crate::error::LinkError;
use crate::examination::{Examination, different_javas, examine};
use crate::key::{self, KeySource};
use crate::machine;
use crate::record_files::RecordFiles;
use crate::records::{ClusterRecord, Made, NodeRecord};
use crate::remote::SshRemote;
use crate::tools::Tools;
use crate::upload::refused;
use crate::{exec, scripts, time};
use async_trait::async_trait;
use futures_util::future::{join_all, try_join_all};
use jac_jmeter::JavaSearch;
use jac_model::ports::{
    Cloud, CredentialSource, Forecast, Instance, Lease, Listed, NodeRequest, PortError, ProgressSink, Remote, SignInKey,
};
use jac_model::{ClusterConfig, ClusterId, EpochMs, Fault, Message, SshConfig, SshHost};
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// The code of a fault: opening a key with its passphrase would exceed the computation that JAC permits.
const KEY_COST: &str = "key_cost";

const SCRIPT_LIMIT: Duration = Duration::from_secs(40);
/// Minimum interval between queries of a machine for the state of its node; in between, the last answer counts.
const ASK_EVERY: Duration = Duration::from_secs(4);
/// How long such an answer may take: the reconciler waits for it.
const ASK_LIMIT: Duration = Duration::from_secs(3);
/// How long a machine may be unreachable before its node counts as gone. Networks recover, and so do machines.
const AWAY_LIMIT: Duration = Duration::from_secs(60);
/// The keeper checks every second, and rounds up; the remaining time is for a slow machine.
const AFTER_LEASE_MS: i64 = 60_000;

/// The settings of the provider.
#[derive(Clone)]
pub struct SshSettings {
    /// The folder of the records, in the data folder.
    pub records: PathBuf,
    /// The folder of packed JMeters and Javas, in the data folder.
    pub bundles: PathBuf,
    /// This installation's ID: several installations may use the same machines.
    pub installation: String,
    /// The source of saved keys.
    pub credentials: Arc<dyn CredentialSource>,
    /// Where this machine's own Java is found, which is copied to nodes that have none.
    pub java: JavaSearch,
}

/// Machines that exist already.
pub struct SshCloud {
    records: RecordFiles<ClusterRecord>,
    installation: String,
    credentials: Arc<dyn CredentialSource>,
    tools: Arc<Tools>,
    /// The single connection to each node, with its last known state.
    nodes: Mutex<HashMap<(ClusterId, String), Arc<Known>>>,
    /// Keys are opened by one at a time: it takes a processor, and memory that the key chooses.
    opening: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Debug)]
struct Known {
    link: Arc<Link>,
    seen: Mutex<Option<Seen>>,
}

/// The last known state of a node.
#[derive(Debug, Clone, Copy)]
struct Seen {
    at: Instant,
    alive: bool,
    away_since: Option<Instant>,
}

impl SshCloud {
    pub fn new(settings: SshSettings) -> Self {
        Self {
            records: RecordFiles::new(settings.records),
            installation: settings.installation,
            credentials: settings.credentials,
            tools: Arc::new(Tools::new(settings.bundles, settings.java)),
            nodes: Mutex::default(),
            opening: Arc::default(),
        }
    }

    fn known(&self, record: &ClusterRecord, node: &NodeRecord) -> Result<Arc<Known>, PortError> {
        let mut nodes = self.nodes.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (record.cluster.clone(), node.name.clone());
        if let Some(known) = nodes.get(&key) {
            return Ok(Arc::clone(known));
        }
        let host: SshHost =
            node.host.parse().map_err(|error| LinkError::Refused(format!("{error}")).at(&node.name, "be reached"))?;
        let known = Arc::new(Known {
            link: Arc::new(Link::new(target(&record.ssh, host, &self.credentials))),
            seen: Mutex::default(),
        });
        nodes.insert(key, Arc::clone(&known));
        Ok(known)
    }

    fn forget(&self, cluster: &ClusterId) {
        self.nodes.lock().unwrap_or_else(PoisonError::into_inner).retain(|(of, _), _| of != cluster);
    }

    fn folder(&self, base: &str, cluster: &ClusterId, node: &str) -> String {
        format!("{base}/{}/{cluster}/{node}", self.installation)
    }

    /// The cluster's record, created before anything is done for it.
    async fn intent(
        &self,
        ssh: &SshConfig,
        requests: &[NodeRequest],
        cluster: &ClusterId,
    ) -> Result<ClusterRecord, PortError> {
        if let Some(record) = self.records.read(cluster)? {
            return Ok(record);
        }
        let nodes = requests.iter().zip(&ssh.hosts).map(|(request, host)| NodeRecord {
            name: request.name.clone(),
            role: request.role,
            host: host.clone(),
            made: None,
        });
        let record = ClusterRecord { cluster: cluster.clone(), ssh: ssh.clone(), nodes: nodes.collect() };
        self.records.write(cluster, record.clone()).await?;
        Ok(record)
    }

    async fn make(&self, link: &Link, node: &str, folder: &str, lease: Duration) -> Result<(), PortError> {
        let made = link.persist(|live| async move {
            let script = scripts::launch(folder, lease);
            exec::run(link, &live, &script, SCRIPT_LIMIT).await
        });
        done(made.await, node, "be made")
    }

    /// The state of a node, from the last answer, or a new one if that is old.
    async fn look(&self, record: &ClusterRecord, node: &NodeRecord) -> Option<Instance> {
        let made = node.made.as_ref()?;
        let known = self.known(record, node).ok()?;
        let last = *known.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let seen = match last {
            Some(seen) if seen.at.elapsed() < ASK_EVERY => seen,
            _ => {
                let folder = self.folder(&made.base, &record.cluster, &node.name);
                let asked = timeout(ASK_LIMIT, machine::has_keeper(&known.link, &folder));
                let answer = match asked.await {
                    Ok(Ok(alive)) => Answer::Alive(alive),
                    Ok(Err(LinkError::OutOfDescriptors(_))) => Answer::NotAsked,
                    Ok(Err(_)) | Err(_) => Answer::None,
                };
                let seen = judge(last, answer, Instant::now());
                *known.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
                seen
            }
        };
        Some(instance(record, node, made, seen.alive))
    }

    /// Ends a node and removes our folder. A machine that is out of reach is waited for until its lease is surely over.
    async fn end(&self, record: &ClusterRecord, node: &NodeRecord) -> Result<(), PortError> {
        let Some(made) = &node.made else { return Ok(()) };
        let known = self.known(record, node)?;
        let script = scripts::terminate(&self.folder(&made.base, &record.cluster, &node.name));
        let (link, script) = (&known.link, &script);
        let ended = link.attempt(|live| async move { exec::run(link, &live, script, SCRIPT_LIMIT).await }).await;
        match ended {
            Err(error) if time::now_ms() > made.lease_end_ms.saturating_add(AFTER_LEASE_MS) => {
                tracing::warn!(
                    cluster = %record.cluster, node = node.name, %error,
                    "{} on {} cannot be reached ({error}); its lease has expired, so it has ended", node.name, node.host
                );
                Ok(())
            }
            ended => done(ended, &node.name, "be removed"),
        }
    }
}

fn target(ssh: &SshConfig, host: SshHost, credentials: &Arc<dyn CredentialSource>) -> Target {
    Target {
        host,
        user: ssh.user.clone(),
        key: match &ssh.key {
            Some(id) => KeySource::Saved { id: id.clone(), in_: Arc::clone(credentials) },
            None => KeySource::File(ssh.key_file.clone().unwrap_or_default().into()),
        },
        known_hosts: ssh.known_hosts.clone(),
    }
}

fn done(ran: Result<jac_model::ports::Output, LinkError>, node: &str, what: &str) -> Result<(), PortError> {
    ran.and_then(|output| match output.exit_code {
        0 => Ok(()),
        code => Err(refused(code, &output.stderr)),
    })
    .map_err(|error| error.at(node, what))
}

/// A machine's answer to the query whether its node is running.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Alive(bool),
    None,
    /// This server could not query it: nothing is known about the machine.
    NotAsked,
}

/// The new state after an answer, or without one.
fn judge(last: Option<Seen>, answer: Answer, now: Instant) -> Seen {
    match answer {
        Answer::Alive(alive) => Seen { at: now, alive, away_since: None },
        Answer::NotAsked => Seen { at: now, alive: last.is_none_or(|seen| seen.alive), away_since: None },
        Answer::None => {
            let away_since = last.and_then(|seen| seen.away_since).unwrap_or(now);
            let alive = last.is_none_or(|seen| seen.alive) && now.duration_since(away_since) < AWAY_LIMIT;
            Seen { at: now, alive, away_since: Some(away_since) }
        }
    }
}

fn instance(record: &ClusterRecord, node: &NodeRecord, made: &Made, alive: bool) -> Instance {
    Instance {
        cluster: record.cluster.clone(),
        name: node.name.clone(),
        role: node.role,
        address: node.host.parse::<SshHost>().map_or_else(|_| node.host.clone(), |host| host.name),
        detail: format!("{}@{}", record.ssh.user, node.host),
        memory_mb: made.memory_mb,
        alive,
        billable: None,
    }
}

/// The end of a lease that is given now, by this machine's clock.
fn end_of(lease: Duration) -> EpochMs {
    time::now_ms().saturating_add(i64::try_from(lease.as_millis()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Cloud for SshCloud {
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        let Some(request) = requests.first() else { return Ok(Vec::new()) };
        let ssh = config.ssh.as_ref().filter(|ssh| ssh.hosts.len() == requests.len()).ok_or_else(|| {
            let text = "The number of hosts does not match the number of nodes.";
            PortError::Preflight { faults: vec![Fault::at("/config/ssh/hosts", Fault::OUT_OF_RANGE, text)] }
        })?;
        let cluster = &request.cluster;
        let mut record = self.intent(ssh, requests, cluster).await?;
        let known = record.nodes.iter().map(|node| self.known(&record, node)).collect::<Result<Vec<_>, PortError>>()?;
        for node in &record.nodes {
            let host = node.host.to_string();
            progress(&node.name, Message::new("checking_host", format!("Checking {host}.")).with("host", host));
        }
        let links: Vec<Arc<Link>> = known.iter().map(|known| Arc::clone(&known.link)).collect();
        let Examination { found, faults, warnings } = examine(&links).await;
        if !faults.is_empty() {
            return Err(PortError::Preflight { faults });
        }
        for (at, warning) in warnings {
            if let Some(node) = record.nodes.get(at) {
                progress(&node.name, Message::new("warning", format!("Warning: {warning}")).with("warning", warning));
            }
        }
        for (node, found) in record.nodes.iter_mut().zip(&found) {
            if let Some(machine) = &found.machine {
                let lease_end_ms = node.made.as_ref().map_or(0, |made| made.lease_end_ms).max(end_of(request.lease));
                let base = format!("{}/.jac", machine.home.trim_end_matches('/'));
                node.made = Some(Made { base, memory_mb: machine.memory_mb, lease_end_ms });
            }
        }
        self.records.change(cluster, |known| known.clone_from(&record)).await?;
        try_join_all(record.nodes.iter().zip(&known).filter_map(|(node, known)| {
            let folder = self.folder(&node.made.as_ref()?.base, cluster, &node.name);
            let lease = request.lease;
            Some(async move { self.make(&known.link, &node.name, &folder, lease).await })
        }))
        .await?;
        Ok(record.nodes.iter().filter_map(|node| Some(instance(&record, node, node.made.as_ref()?, true))).collect())
    }

    async fn list(&self) -> Result<Listed, PortError> {
        let asked = Instant::now();
        let records = self.records.all()?;
        let nodes = records.iter().flat_map(|record| record.nodes.iter().map(move |node| self.look(record, node)));
        let instances = join_all(nodes).await.into_iter().flatten().collect();
        Ok(Listed { instances, age: asked.elapsed(), unknown: BTreeMap::new() })
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        let Some(record) = self.records.read(cluster)? else { return Ok(()) };
        // Every machine is contacted, even if one does not answer.
        let ended = join_all(record.nodes.iter().map(|node| self.end(&record, node))).await;
        ended.into_iter().collect::<Result<(), PortError>>()?;
        self.records.remove(cluster).await?;
        self.forget(cluster);
        Ok(())
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError> {
        // Before the machines get it: the recorded time is never earlier than theirs.
        let noted = self.records.change(cluster, |record| {
            let alive = record.nodes.iter_mut().filter(|node| !gone.contains(&node.name));
            for made in alive.filter_map(|node| node.made.as_mut()) {
                made.lease_end_ms = made.lease_end_ms.max(end_of(lease.left));
            }
        });
        noted.await?;
        let Some(record) = self.records.read(cluster)? else { return Ok(()) };
        let asked = record.nodes.iter().filter(|node| !gone.contains(&node.name));
        let renewed = join_all(asked.map(|node| async {
            let Some(made) = &node.made else { return Ok(()) };
            let known = self.known(&record, node)?;
            let folder = self.folder(&made.base, cluster, &node.name);
            machine::renew_lease(&known.link, &folder, lease)
                .await
                .map_err(|error| error.at(&node.name, "renew its lease"))
        }))
        .await;
        renewed.into_iter().collect()
    }

    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        let Some(ssh) = &config.ssh else { return Ok(Forecast::default()) };
        let (mut links, mut faults) = (Vec::new(), Vec::new());
        for (at, host) in ssh.hosts.iter().enumerate() {
            match host.parse::<SshHost>() {
                Ok(host) => links.push(Arc::new(Link::new(target(ssh, host, &self.credentials)))),
                Err(error) => {
                    faults.push(Fault::at(&format!("/config/ssh/hosts/{at}"), Fault::MALFORMED, format!("{error}.")));
                }
            }
        }
        if !faults.is_empty() {
            return Ok(Forecast { faults, ..Forecast::default() });
        }
        let Examination { found, faults, warnings } = examine(&links).await;
        // These connections are not shared with any cluster.
        join_all(links.iter().map(|link| link.abandon())).await;
        let warning = |(at, text): (usize, String)| {
            Message::new("host_warning", text).with("host", ssh.hosts.get(at).map_or("", String::as_str))
        };
        let mut notes: Vec<Message> = warnings.into_iter().map(warning).collect();
        notes.extend(different_javas(&ssh.hosts, &found));
        Ok(Forecast { faults, notes, prices: None })
    }

    async fn sign_in_key(&self, private_key: &str, passphrase: Option<&str>) -> Result<SignInKey, PortError> {
        let (text, passphrase) = (private_key.to_owned(), passphrase.map(str::to_owned));
        let turn = Arc::clone(&self.opening).lock_owned().await;
        let opening = tokio::task::spawn_blocking(move || {
            let opened = key::unlocked(&text, passphrase.as_deref());
            drop(turn);
            opened
        });
        let opened = opening.await;
        opened.unwrap_or_else(|panic| Err(LinkError::Refused(panic.to_string()))).map_err(|error| {
            let code = if matches!(error, LinkError::KeyCost(_)) { KEY_COST } else { Fault::MALFORMED };
            PortError::Preflight { faults: vec![Fault::at("/private_key", code, format!("{error}."))] }
        })
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        let known = self.records.read(cluster).map(|record| {
            let record = record?;
            let found = record.node(node)?;
            Some((self.known(&record, found).ok()?, found.made.clone()?))
        });
        let (link, base) = match known {
            Ok(Some((known, made))) => (Arc::clone(&known.link), made.base),
            Ok(None) => (Arc::new(Link::nowhere(node)), String::new()),
            Err(error) => (Arc::new(Link::failing(node, error.into())), String::new()),
        };
        let folder = self.folder(&base, cluster, node);
        Arc::new(SshRemote::new(node.to_owned(), link, base, folder, Arc::clone(&self.tools)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_is_away_for_a_moment_still_has_its_node_and_one_that_stays_away_has_not() {
        let now = Instant::now();
        let seen = judge(None, Answer::Alive(true), now);
        assert!(seen.alive);
        let away = judge(Some(seen), Answer::None, now + Duration::from_secs(4));
        assert!(away.alive);
        let long_away = judge(Some(away), Answer::None, now + Duration::from_secs(4) + AWAY_LIMIT);
        assert!(!long_away.alive);
        assert!(judge(Some(long_away), Answer::Alive(true), now).alive, "it is back");
        assert!(!judge(Some(seen), Answer::Alive(false), now).alive, "it answers that its node is gone");
        assert!(judge(None, Answer::None, now).alive, "nothing is known against it yet");
    }

    #[test]
    fn a_time_in_which_this_server_could_not_ask_counts_against_no_machine() {
        let now = Instant::now();
        let mut seen = judge(None, Answer::Alive(true), now);
        for seconds in 1..=10 {
            seen = judge(Some(seen), Answer::NotAsked, now + AWAY_LIMIT * seconds);
            assert!(seen.alive, "after {seconds} times the limit");
        }
        let silent = judge(Some(seen), Answer::None, now + AWAY_LIMIT * 11);
        assert!(silent.alive, "its own silence has only begun");
        assert!(!judge(Some(silent), Answer::None, now + AWAY_LIMIT * 12).alive);
        let gone = judge(Some(seen), Answer::Alive(false), now);
        assert!(!judge(Some(gone), Answer::NotAsked, now).alive, "what it said before still counts");
    }
}
