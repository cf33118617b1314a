//! From a configuration to machines that answer. Each step is recorded before it is done and may be repeated, so that
//! an interrupted launch continues where it was.

use crate::aws::Aws;
use crate::boot::{Boot, Booted, Seen};
use crate::cloud::{Ec2Cloud, machines_now_ms, seal_purpose};
use crate::errors::refused;
use crate::keys::Seed;
use crate::launch::{self, Found};
use crate::machines::{InstanceState, Machine};
use crate::record::{ClusterRecord, Group, LaunchRecord, NodeRecord};
use crate::{ending, field, machines, network, quotas, tags, user_data};
use data_encoding::BASE64;
use futures_util::future::join_all;
use jac_model::ports::{Cloud, Instance, NodeRequest, PortError, ProgressSink};
use jac_model::{Backoff, ClusterConfig, ClusterId, Ec2Config, Fault, Message, Role};
use jac_ssh::machine;
use std::time::Duration;
use tokio::sync::watch as channel;
use tokio::time::{Instant, sleep};

/// Interval between queries of the state of the cluster's machines: one call for all of them.
const ASK_EVERY: Duration = Duration::from_secs(2);
const ASK_AT_LEAST_EVERY: Duration = Duration::from_secs(5);

impl Ec2Cloud {
    /// Launches a cluster's instances, or continues a launch; returns when all required ones answer.
    pub(crate) async fn bring_up(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        let Some(ec2) = &config.ec2 else {
            return Err(PortError::Preflight {
                faults: vec![Fault::at("/config/ec2", Fault::MISSING, "The EC2 configuration is missing.")],
            });
        };
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        let cluster = &first.cluster;
        let region = self.records.read(cluster)?.map(|record| record.region).or_else(|| ec2.region.clone());
        let aws = self.clients.of(&ec2.credentials, region.as_deref()).await?;
        let record = self.prepare(&aws, ec2, requests).await?;
        self.watch.forget_lists();
        let mut failed = too_many_failed(&record, self.ask(&aws, &record, requests, progress).await?)?;
        let (booted, not_booted) = self.boot(&aws, &self.known(cluster)?, progress).await?;
        failed.extend(not_booted);
        let failed = too_many_failed(&record, failed)?;
        for (name, error) in &failed {
            let text = format!("Failed to launch; the cluster continues without it: {error}.");
            progress(name, Message::new("launched_without", text).with("reason", error.to_string()));
        }
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        let record = self.known(cluster)?;
        self.drop_nodes(&aws, &record, &names).await?;
        let record = self.known(cluster)?;
        let unreached = self.reach(&record).await;
        if !unreached.is_empty() {
            let faults = unreached.into_iter().map(|text| Fault::whole(jac_ssh::HOST_UNFIT, text)).collect();
            return Err(PortError::Preflight { faults });
        }
        self.name_all(&record, &booted, progress).await;
        self.watch.forget_lists();
        let memory = |name: &str| record.node(name).map_or(2048, |node| node.kind.memory_mb);
        Ok(booted.iter().map(|(name, up)| up.machine.instance(&aws.region, memory(name), true)).collect())
    }

    /// Records what will be launched, and creates what all machines need: the security group and the keys.
    pub(crate) async fn prepare(
        &self,
        aws: &Aws,
        ec2: &Ec2Config,
        requests: &[NodeRequest],
    ) -> Result<ClusterRecord, PortError> {
        let Some(first) = requests.first() else { return Err(refused(&aws.region, "launch", "no node was asked for")) };
        let cluster = &first.cluster;
        let record = match self.records.read(cluster)? {
            Some(record) if record.launch.is_some() => return Ok(record),
            Some(record) => record,
            None => {
                // Before anything is looked up, so that a termination after a rejection knows that nothing was created.
                self.records.remember(&aws.region, &ec2.credentials).await?;
                let record = launch::record(aws, ec2, cluster);
                self.records.write(record.clone()).await?;
                record
            }
        };
        let found = launch::find(aws, ec2, &self.own_address).await?;
        check_quota(aws, ec2, requests, &found).await?;
        if record.nodes.is_empty() {
            let nodes = launch::nodes(requests, &found);
            self.records.change(cluster, |record| record.nodes = nodes).await?;
            // Terminated meanwhile: nothing is created.
            self.known(cluster)?;
        }
        let common = tags::of_all(&self.installation, first, &ec2.tags);
        let group = match (&ec2.security_group, &found.ssh_from) {
            (Some(id), _) => Group { id: id.clone(), is_ours: false, ssh_from: None },
            (None, Some(from)) => {
                network::make_group(aws, cluster, &found.place.vpc, from, &tags::list(&common)).await?
            }
            (None, None) => {
                return Err(refused(&aws.region, "launch", "the address that SSH is allowed from is unknown"));
            }
        };
        let seed = Seed::random();
        let sealed = self.clients.source().seal(&seal_purpose(cluster), &seed.0)?;
        let launch = LaunchRecord {
            vpc: found.place.vpc,
            subnets: found.place.subnets,
            other_subnets: found.place.others,
            worker_kinds: std::iter::once(&found.worker).chain(&found.fallbacks).map(launch::kind_record).collect(),
            group,
            first_lease_s: first.lease.as_secs().max(1),
            tags: ec2.tags.clone(),
            common_tags: common,
            first_boot: Some(user_data::words()),
            sealed_seed: BASE64.encode(&sealed),
        };
        let change = self.records.change(cluster, |record| {
            for (number, node) in record.nodes.iter_mut().enumerate() {
                node.subnet = launch.subnets.get(number % launch.subnets.len().max(1)).cloned();
            }
            record.launch = Some(launch);
        });
        change.await?;
        self.known(cluster)
    }

    /// Waits for every launched instance. Returns those that did not come up in time, by node.
    async fn boot(
        &self,
        aws: &Aws,
        record: &ClusterRecord,
        progress: ProgressSink<'_>,
    ) -> Result<(Vec<(String, Booted)>, Vec<(String, PortError)>), PortError> {
        let (send, receive) = channel::channel(Seen::new());
        let (now_ms, began) = (machines_now_ms(), Instant::now());
        let nodes = record.nodes.iter().filter_map(|node| {
            let id = node.instance.as_deref()?;
            let boot = Boot {
                aws,
                node: &node.name,
                id,
                addresses: record.config.addresses,
                folder: self.folder(&record.cluster, &node.name),
                asked_ms: node.asked_ms.unwrap_or(now_ms),
                now_ms,
                began,
                limit: self.boot_limit,
                progress,
            };
            let mut seen = receive.clone();
            Some(async move { (boot.node.to_owned(), self.boot_one(&boot, &record.cluster, &mut seen).await) })
        });
        let all = join_all(nodes);
        let done = tokio::select! {
            done = all => done,
            () = self.keep_looking(record, send) => Vec::new(),
        };
        let (mut booted, mut failed) = (Vec::new(), Vec::new());
        for (name, result) in done {
            match result {
                Ok(up) => booted.push((name, up)),
                Err(error) => failed.push((name, error)),
            }
        }
        Ok((booted, failed))
    }

    /// Polls AWS for the state of the machines, for all waiting tasks. Ends only when it is dropped.
    pub(crate) async fn keep_looking(&self, record: &ClusterRecord, seen: channel::Sender<Seen>) {
        let mut pauses = Backoff::new(ASK_EVERY, ASK_AT_LEAST_EVERY);
        loop {
            // With the credentials of now: they may be replaced while machines boot.
            let found = async {
                let aws = self.aws_of(record).await?;
                aws.describing.of_cluster(&aws, &self.installation, &record.cluster).await
            };
            match found.await {
                Ok(found) => {
                    seen.send_replace(found.into_iter().map(|machine| (machine.tags.node.clone(), machine)).collect());
                }
                Err(error) => {
                    tracing::warn!(cluster = %record.cluster, %error, "cluster {}: {error}; asking again", record.cluster);
                }
            }
            sleep(pauses.pause()).await;
        }
    }

    async fn boot_one(
        &self,
        boot: &Boot<'_>,
        cluster: &ClusterId,
        seen: &mut channel::Receiver<Seen>,
    ) -> Result<Booted, PortError> {
        let booted = boot.run(seen).await?;
        let change = self.records.change(cluster, |record| {
            if let Some(node) = record.node_mut(boot.node) {
                node.ssh_address = Some(booted.ssh_address.clone());
                node.private_address.clone_from(&booted.machine.private_address);
                node.zone.clone_from(&booted.machine.zone);
            }
        });
        change.await?;
        let link = self
            .link(&self.known(cluster)?, boot.node)
            .ok_or_else(|| refused(&boot.aws.region, "sign in", "the cluster's key no longer exists"))?;
        boot.answer(&link, seen).await?;
        let change = self.records.change(cluster, |record| {
            if let Some(node) = record.node_mut(boot.node) {
                node.is_up = true;
            }
        });
        change.await?;
        Ok(booted)
    }

    /// Whether the master and each worker reach each other on their private addresses.
    async fn reach(&self, record: &ClusterRecord) -> Vec<String> {
        let with_role = |role| record.nodes.iter().filter(move |node| node.role == role);
        let pairs = with_role(Role::Master)
            .flat_map(|master| with_role(Role::Worker).flat_map(move |worker| [(master, worker), (worker, master)]));
        let tried = join_all(pairs.map(|(from, to)| async move {
            let there = to.private_address.clone().unwrap_or_default();
            match self.remote(&record.cluster, &from.name).can_connect(&there, 22).await {
                Ok(true) => None,
                Ok(false) => Some(format!(
                    "{} cannot reach {} at {there}: their security group must allow all TCP ports between its own \
                     instances.",
                    from.name, to.name
                )),
                Err(error) => Some(format!("{error}.")),
            }
        }));
        tried.await.into_iter().flatten().collect()
    }

    /// Sends the names of all machines to each: without DNS, JMeter waits ten seconds for each name that it looks up.
    async fn name_all(&self, record: &ClusterRecord, booted: &[(String, Booted)], progress: ProgressSink<'_>) {
        let machines: Vec<_> = booted.iter().map(|(name, up)| (name.as_str(), &up.machine)).collect();
        let names = machines::names(&machines);
        join_all(booted.iter().filter_map(|(name, _)| Some((name, self.link(record, name)?))).map(|(name, link)| {
            let (folder, names) = (self.folder(&record.cluster, name), &names);
            async move {
                if let Err(error) = machine::give_names(&link, &folder, names).await {
                    let warning = format!(
                        "The names of the cluster's instances could not be written into its hosts file: {error}."
                    );
                    progress(name, Message::new("warning", format!("Warning: {warning}")).with("warning", warning));
                }
            }
        }))
        .await;
    }

    /// Terminates the machines of these nodes and removes them from the record: those that AWS reported, and those that
    /// it launched although its response was lost, which otherwise only the end of the cluster or of their first lease
    /// would terminate.
    pub(crate) async fn drop_nodes(&self, aws: &Aws, record: &ClusterRecord, names: &[&str]) -> Result<(), PortError> {
        let dropped: Vec<&NodeRecord> =
            record.nodes.iter().filter(|node| names.contains(&node.name.as_str())).collect();
        let mut ids: Vec<String> = dropped.iter().filter_map(|node| node.instance.clone()).collect();
        let unanswered = |name: &str| {
            dropped.iter().any(|node| node.name == name && node.asked_ms.is_some() && node.instance.is_none())
        };
        if dropped.iter().any(|node| unanswered(&node.name)) {
            let shown = aws.describing.of_cluster(aws, &self.installation, &record.cluster).await?;
            let is_left =
                |machine: &Machine| machine.state != InstanceState::Terminated && unanswered(&machine.tags.node);
            ids.extend(shown.into_iter().filter(is_left).map(|machine| machine.id));
        }
        ending::end(aws, ids).await?;
        let is_kept = |node: &NodeRecord| !names.contains(&node.name.as_str());
        self.records.change(&record.cluster, |record| record.nodes.retain(is_kept)).await
    }
}

/// A launch beyond the account's quota is rejected before any of it is created. A quota that cannot be queried rejects
/// nothing.
async fn check_quota(aws: &Aws, ec2: &Ec2Config, requests: &[NodeRequest], found: &Found) -> Result<(), PortError> {
    let workers = requests.iter().filter(|request| request.role == Role::Worker).count();
    let workers = u32::try_from(workers).unwrap_or(u32::MAX);
    let worker = (workers > 0).then_some((&found.worker.0, workers));
    match quotas::look(aws, &found.master.0, worker, ec2.spot).await {
        Ok(Some(text)) => Err(PortError::Preflight { faults: vec![Fault::at(field::WORKERS, quotas::CODE, text)] }),
        Ok(None) => Ok(()),
        Err(note) => {
            tracing::debug!("{note}");
            Ok(())
        }
    }
}

/// How many of a cluster's workers may fail to launch.
pub(crate) fn failures_allowed(record: &ClusterRecord) -> usize {
    usize::try_from(record.config.workers_may_fail).unwrap_or(0)
}

/// The failure of workers that are allowed to fail does not count.
fn too_many_failed(
    record: &ClusterRecord,
    failed: Vec<(String, PortError)>,
) -> Result<Vec<(String, PortError)>, PortError> {
    let of_master = |name: &str| record.node(name).is_none_or(|node| node.role == Role::Master);
    if failed.len() <= failures_allowed(record) && !failed.iter().any(|(name, _)| of_master(name)) {
        return Ok(failed);
    }
    let count = failed.len();
    match failed.into_iter().next() {
        Some((_, error)) if count == 1 => Err(error),
        Some((_, error)) => {
            let texts = [format!("{error}."), format!("{count} nodes failed in total.")];
            Err(PortError::Preflight { faults: texts.map(|text| Fault::whole("launch_failed", text)).to_vec() })
        }
        None => Ok(Vec::new()),
    }
}
