//! The port `Cloud` on EC2.

use crate::aws::{Aws, Clients};
use crate::boot::{self, BOOT_LIMIT, Boot, Booted, Seen};
use crate::errors::{refusal, refused};
use crate::keys::Seed;
use crate::launch::{self, Call};
use crate::record::{ClusterRecord, Group, LaunchRecord, Records};
use crate::watch::Watch;
use crate::{adopt, baked, ending, forecast, network, tags, user_data};
use async_trait::async_trait;
use data_encoding::BASE64;
use futures_util::future::join_all;
use jac_jmeter::JavaSearch;
use jac_model::ports::{
    Adopted, Cloud, CredentialSource, Forecast, Instance, Lease, NodeRequest, PortError, Remote, Tell, Unseen,
};
use jac_model::{BakedImage, ClusterConfig, ClusterId, Ec2Config, Role, SshHost};
use jac_ssh::tools::Tools;
use jac_ssh::{Link, SshRemote, Target, machine};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch as channel;

/// Where the provider keeps what it has to know.
#[derive(Clone)]
pub struct Ec2Settings {
    /// The folder of the records, in the data folder.
    pub records: PathBuf,
    /// The folder of packed JMeters and Javas, in the data folder.
    pub bundles: PathBuf,
    /// This installation's id, which every machine carries.
    pub installation: String,
    /// Whose rights the machines are made with, and what seals their keys.
    pub credentials: Arc<dyn CredentialSource>,
    /// Where this machine's own Java is found, for machines that have none and cannot install one.
    pub java: JavaSearch,
    /// How long a machine may take from its launch to its first answer; `None`: five minutes.
    pub boot_limit: Option<Duration>,
}

/// Machines of EC2.
#[derive(Debug)]
pub struct Ec2Cloud {
    pub(crate) records: Records,
    pub(crate) installation: String,
    pub(crate) clients: Clients,
    boot_limit: Duration,
    tools: Arc<Tools>,
    pub(crate) watch: Watch,
    /// Records are changed by one at a time.
    changing: Mutex<()>,
}

impl Ec2Cloud {
    pub fn new(settings: Ec2Settings) -> Self {
        Self {
            records: Records::new(settings.records),
            installation: settings.installation,
            clients: Clients::new(settings.credentials),
            boot_limit: settings.boot_limit.unwrap_or(BOOT_LIMIT),
            tools: Arc::new(Tools::new(settings.bundles, settings.java)),
            watch: Watch::default(),
            changing: Mutex::default(),
        }
    }

    pub(crate) async fn aws_of(&self, record: &ClusterRecord) -> Result<Arc<Aws>, PortError> {
        self.clients.of(record.config.credentials, Some(&record.region)).await
    }

    /// Changes what is known of a cluster. One that is not known is left alone.
    pub(crate) fn change(&self, cluster: &ClusterId, change: impl FnOnce(&mut ClusterRecord)) -> Result<(), PortError> {
        let _one_at_a_time = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut record) = self.records.read(cluster)? else { return Ok(()) };
        let before = record.clone();
        change(&mut record);
        if record == before { Ok(()) } else { self.records.write(&record) }
    }

    fn known(&self, cluster: &ClusterId) -> Result<ClusterRecord, PortError> {
        self.records.read(cluster)?.ok_or_else(|| PortError::Refused {
            node: cluster.to_string(),
            what: "be worked on".to_owned(),
            reason: "nothing is known of its machines any more".to_owned(),
        })
    }

    /// The seed of the cluster's keys.
    pub(crate) fn seed(&self, launch: &LaunchRecord, cluster: &ClusterId) -> Result<Seed, PortError> {
        let sealed = BASE64.decode(launch.sealed_seed.as_bytes()).unwrap_or_default();
        let opened = self.clients.source().open(&seal_purpose(cluster), &sealed)?;
        Seed::of(&opened).ok_or_else(|| refused("EC2", "open the cluster's key", "it has another length"))
    }

    /// The one connection to a node; `None` while it has no address.
    pub(crate) fn link(&self, record: &ClusterRecord, node: &str) -> Option<Arc<Link>> {
        let address = record.node(node)?.ssh_address.clone()?;
        if let Some(link) = self.watch.link(&record.cluster, node, &address) {
            return Some(link);
        }
        let host_key = self.seed(record.launch.as_ref()?, &record.cluster).and_then(|seed| seed.host_key(node)).ok()?;
        let link = Arc::new(Link::new(Target {
            host: SshHost { name: address.clone(), port: 22 },
            user: user_data::USER.to_owned(),
            key_file: self.records.key_path(&record.cluster),
            known_hosts: boot::known_hosts(&address, &host_key.public),
        }));
        self.watch.keep(&record.cluster, node, &address, &link);
        Some(link)
    }

    fn folder(&self, cluster: &ClusterId, node: &str) -> String {
        user_data::node_folder(&self.installation, cluster, node)
    }

    /// Writes down what is to be launched, and makes what all machines need: the security group and the keys.
    async fn prepare(&self, aws: &Aws, ec2: &Ec2Config, requests: &[NodeRequest]) -> Result<ClusterRecord, PortError> {
        let Some(first) = requests.first() else { return Err(refused(&aws.region, "launch", "no node was asked for")) };
        let cluster = &first.cluster;
        let record = match self.records.read(cluster)? {
            Some(record) if record.launch.is_some() => return Ok(record),
            known => known,
        };
        let found = launch::find(aws, ec2).await?;
        if record.is_none() {
            let record = launch::record(aws, ec2, requests, &found);
            self.records.remember_region(&aws.region)?;
            self.records.write(&record.ok_or_else(|| refused(&aws.region, "launch", "no node was asked for"))?)?;
        }
        let common = tags::of_all(&self.installation, first, &ec2.tags);
        let group = match (&ec2.security_group, &found.ssh_from) {
            (Some(id), _) => Group { id: id.clone(), is_ours: false, ssh_from: None },
            (None, Some(from)) => network::make_group(aws, cluster, &found.place.vpc, from, &common).await?,
            (None, None) => return Err(refused(&aws.region, "launch", "no address is known that SSH comes from")),
        };
        let seed = Seed::random();
        let sealed = self.clients.source().seal(&seal_purpose(cluster), &seed.0)?;
        let now_ms = machines_now_ms();
        let launch = LaunchRecord {
            vpc: found.place.vpc,
            subnets: found.place.subnets,
            group,
            first_lease_s: u64::try_from((first.lease_until_ms - now_ms) / 1000).unwrap_or(0).max(1),
            tags: ec2.tags.clone(),
            sealed_seed: BASE64.encode(&sealed),
        };
        self.change(cluster, |record| record.launch = Some(launch))?;
        self.known(cluster)
    }

    /// Asks for every machine at once. Gives what was refused, by node.
    async fn ask(
        &self,
        aws: &Aws,
        record: &ClusterRecord,
        requests: &[NodeRequest],
        tell: Tell<'_>,
    ) -> Result<Vec<(String, PortError)>, PortError> {
        let (Some(launch), Some(first)) = (&record.launch, requests.first()) else { return Ok(Vec::new()) };
        let cluster = &record.cluster;
        let seed = self.seed(launch, cluster)?;
        // The key's file is what a crash may have kept back.
        self.records.write_key(cluster, &seed.user_key()?.private)?;
        let now_ms = machines_now_ms();
        self.change(cluster, |record| {
            for node in &mut record.nodes {
                node.asked_ms.get_or_insert(now_ms);
            }
        })?;
        let common = tags::of_all(&self.installation, first, &launch.tags);
        let call = Call {
            aws,
            installation: &self.installation,
            record,
            launch,
            cluster_name: &first.cluster_name,
            common_tags: &common,
        };
        let (call, seed) = (&call, &seed);
        let asked = join_all(record.nodes.iter().enumerate().map(|(number, node)| async move {
            let answer = call.ask(number, node, seed).await;
            match &answer {
                Ok(id) => {
                    tell(&node.name, format!("{id} was launched ({}).", node.kind));
                    self.change(cluster, |record| {
                        if let Some(node) = record.node_mut(&node.name) {
                            node.instance = Some(id.clone());
                        }
                    })
                }
                Err(_) => Ok(()),
            }?;
            Ok::<_, PortError>((node.name.clone(), answer))
        }))
        .await;
        let mut failed = Vec::new();
        for asked in asked {
            if let (name, Err(refusal)) = asked? {
                let error = refusal.at(&aws.region, &format!("launch {name}"));
                failed.push((name, error));
            }
        }
        Ok(failed)
    }

    /// Waits for every machine that was launched. Gives those that did not come up, by node.
    async fn boot(
        &self,
        aws: &Aws,
        record: &ClusterRecord,
        tell: Tell<'_>,
    ) -> Result<(Vec<(String, Booted)>, Vec<(String, PortError)>), PortError> {
        let (send, receive) = channel::channel(Seen::new());
        let nodes = record.nodes.iter().filter_map(|node| {
            let id = node.instance.as_deref()?;
            let boot = Boot {
                aws,
                node: &node.name,
                id,
                addresses: record.config.addresses,
                folder: self.folder(&record.cluster, &node.name),
                limit: self.boot_limit,
                tell,
            };
            let mut seen = receive.clone();
            Some(async move { (boot.node.to_owned(), self.boot_one(&boot, &record.cluster, &mut seen).await) })
        });
        let all = join_all(nodes);
        let done = tokio::select! {
            done = all => done,
            () = boot::keep_looking(aws, &self.installation, &record.cluster, send) => Vec::new(),
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

    async fn boot_one(
        &self,
        boot: &Boot<'_>,
        cluster: &ClusterId,
        seen: &mut channel::Receiver<Seen>,
    ) -> Result<Booted, PortError> {
        let booted = boot.run(seen).await?;
        self.change(cluster, |record| {
            if let Some(node) = record.node_mut(boot.node) {
                node.ssh_address = Some(booted.ssh_address.clone());
                node.private_address.clone_from(&booted.machine.private_address);
                node.zone.clone_from(&booted.machine.zone);
            }
        })?;
        let link = self
            .link(&self.known(cluster)?, boot.node)
            .ok_or_else(|| refused(&boot.aws.region, "sign in", "the key of the cluster is gone"))?;
        boot.answer(&link).await?;
        self.change(cluster, |record| {
            if let Some(node) = record.node_mut(boot.node) {
                node.is_up = true;
            }
        })?;
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
                    "{} does not reach {} at {there}: their security group has to let its own machines in on all TCP ports.",
                    from.name, to.name
                )),
                Err(error) => Some(format!("{error}.")),
            }
        }));
        tried.await.into_iter().flatten().collect()
    }

    /// Ends these machines and forgets them.
    async fn drop_nodes(&self, aws: &Aws, record: &ClusterRecord, names: &[&str]) -> Result<(), PortError> {
        let ids: Vec<String> = record
            .nodes
            .iter()
            .filter(|node| names.contains(&node.name.as_str()))
            .filter_map(|node| node.instance.clone())
            .collect();
        ending::end(aws, &ids).await?;
        self.change(&record.cluster, |record| record.nodes.retain(|node| !names.contains(&node.name.as_str())))
    }
}

/// What the seed is sealed for.
pub(crate) fn seal_purpose(cluster: &ClusterId) -> String {
    format!("ec2 cluster key {cluster}")
}

/// This machine's clock, for when something was asked and how long a first lease is.
#[expect(clippy::disallowed_methods, reason = "an adapter has no engine's clock; this is its only source of time")]
pub(crate) fn machines_now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// Only a failure of workers that are allowed to fail is none.
fn too_many_failed(
    record: &ClusterRecord,
    failed: Vec<(String, PortError)>,
) -> Result<Vec<(String, PortError)>, PortError> {
    let of_master = |name: &str| record.node(name).is_none_or(|node| node.role == Role::Master);
    let allowed = usize::try_from(record.config.workers_may_fail).unwrap_or(0);
    if failed.len() <= allowed && !failed.iter().any(|(name, _)| of_master(name)) {
        return Ok(failed);
    }
    let count = failed.len();
    match failed.into_iter().next() {
        Some((_, error)) if count == 1 => Err(error),
        Some((_, error)) => Err(PortError::Unfit {
            faults: vec![format!("{error}."), format!("The same or another happened to {count} nodes in all.")],
        }),
        None => Ok(Vec::new()),
    }
}

#[async_trait]
impl Cloud for Ec2Cloud {
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        tell: Tell<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        let Some(ec2) = &config.ec2 else {
            return Err(PortError::Unfit { faults: vec!["No machines are described.".to_owned()] });
        };
        let Some(first) = requests.first() else { return Ok(Vec::new()) };
        let cluster = &first.cluster;
        let region = self.records.read(cluster)?.map(|record| record.region).or_else(|| ec2.region.clone());
        let aws = self.clients.of(ec2.credentials, region.as_deref()).await?;
        let record = self.prepare(&aws, ec2, requests).await?;
        self.watch.forget_lists();
        let mut failed = too_many_failed(&record, self.ask(&aws, &record, requests, tell).await?)?;
        let (booted, not_booted) = self.boot(&aws, &self.known(cluster)?, tell).await?;
        failed.extend(not_booted);
        let failed = too_many_failed(&record, failed)?;
        for (name, error) in &failed {
            tell(name, format!("It did not come up, and the cluster goes on without it: {error}."));
        }
        let names: Vec<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
        let record = self.known(cluster)?;
        self.drop_nodes(&aws, &record, &names).await?;
        let record = self.known(cluster)?;
        let faults = self.reach(&record).await;
        if !faults.is_empty() {
            return Err(PortError::Unfit { faults });
        }
        self.watch.forget_lists();
        let memory = |name: &str| record.node(name).map_or(2048, |node| node.memory_mb);
        Ok(booted.iter().map(|(name, up)| up.machine.instance(&aws.region, memory(name), true)).collect())
    }

    async fn list(&self) -> Result<Vec<Instance>, PortError> {
        self.list_all().await
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.watch.unseen()
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        // A record that cannot be read is no reason to leave machines: their tags tell enough.
        let record = self.records.read(cluster).unwrap_or_else(|error| {
            tracing::warn!(%cluster, %error, "cluster {cluster}: {error}; its machines are found by their tags");
            None
        });
        let places = match &record {
            Some(record) => vec![self.aws_of(record).await?],
            // One that another database made: wherever it is.
            None => self.places_of(cluster).await?,
        };
        self.watch.forget_lists();
        for aws in places {
            ending::end_all(&aws, &self.installation, cluster, record.as_ref()).await?;
            network::remove_groups(&aws, cluster).await?;
        }
        self.records.remove(cluster)?;
        self.watch.forget(cluster);
        Ok(())
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError> {
        let Some(record) = self.records.read(cluster)? else { return Ok(()) };
        // One that is not up yet lives on its first lease.
        let asked = record.nodes.iter().filter(|node| node.is_up && !gone.contains(&node.name));
        let renewed = join_all(asked.map(|node| async {
            let Some(link) = self.link(&record, &node.name) else { return Ok(()) };
            let folder = self.folder(cluster, &node.name);
            machine::renew_lease(&link, &folder, lease).await.map_err(|error| error.at(&node.name, "renew its lease"))
        }));
        let renewed: Result<(), PortError> = renewed.await.into_iter().collect();
        // The tag is for those who look at AWS's console, and for an adoption.
        let tagged = self.tag_expiry(&record, lease.expires_at_ms).await;
        renewed.and(tagged)
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        let link = self.records.read(cluster).ok().flatten().and_then(|record| self.link(&record, node));
        let link = link.unwrap_or_else(|| Arc::new(Link::nowhere(node)));
        let base = format!("{}/.jac", user_data::HOME);
        Arc::new(SshRemote::new(node.to_owned(), link, base, self.folder(cluster, node), Arc::clone(&self.tools)))
    }

    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        let Some(ec2) = &config.ec2 else { return Ok(Forecast::default()) };
        match self.clients.of(ec2.credentials, ec2.region.as_deref()).await {
            Ok(aws) => forecast::look(&aws, &self.installation, config, ec2).await,
            Err(PortError::Unfit { faults }) => Ok(Forecast { faults, ..Forecast::default() }),
            Err(error) => Err(error),
        }
    }

    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        adopt::adopt(self, cluster).await
    }

    async fn bake(&self, cluster: &ClusterId, name: &str, description: &str) -> Result<BakedImage, PortError> {
        baked::bake(self, cluster, name, description).await
    }

    async fn images(&self) -> Result<Vec<BakedImage>, PortError> {
        baked::list(self).await
    }

    async fn remove_image(&self, region: &str, id: &str) -> Result<(), PortError> {
        baked::remove(self, region, id).await
    }
}

impl Ec2Cloud {
    async fn tag_expiry(&self, record: &ClusterRecord, expires_at_ms: i64) -> Result<(), PortError> {
        if !self.watch.is_new_expiry(&record.cluster, expires_at_ms) {
            return Ok(());
        }
        let ids: Vec<String> = record.nodes.iter().filter_map(|node| node.instance.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let aws = self.aws_of(record).await?;
        let tag = tags::tag(tags::EXPIRES_AT, tags::time_text(expires_at_ms));
        let call = aws.ec2.create_tags().set_resources(Some(ids)).tags(tag);
        call.send().await.map_err(|error| refusal(&error).at(&aws.region, "set the machines' tags"))?;
        self.watch.expiry_is_tagged(&record.cluster, expires_at_ms);
        Ok(())
    }
}
