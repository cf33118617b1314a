//! The port `Cloud` on EC2.

use crate::aws::{Aws, Clients};
use crate::boot::{self, BOOT_LIMIT};
use crate::errors::{refusal, refused};
use crate::keys::Seed;
use crate::own_address::OwnAddress;
use crate::record::{ClusterRecord, LaunchRecord, Records};
use crate::watch::{Unlisted, Watch};
use crate::{adopt, ending, forecast, network, node_images, tags, user_data};
use async_trait::async_trait;
use aws_sdk_ec2::types::Tag;
use data_encoding::BASE64;
use futures_util::future::join_all;
use jac_jmeter::JavaSearch;
use jac_model::ports::{
    Adopted, AwsCredentials, AwsKeys, Cloud, CredentialSource, Forecast, Instance, Lease, Listed, NodeRequest,
    PortError, ProgressSink, Remote, Unseen,
};
use jac_model::{ClusterConfig, ClusterId, NodeImage, SshHost};
use jac_ssh::key::KeySource;
use jac_ssh::spread::Peer;
use jac_ssh::tools::Tools;
use jac_ssh::{Link, SshRemote, Target, machine};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

/// How long the end of a cluster may take: two minutes for its machines, two for its security group, and calls that AWS throttles.
const TERMINATE_LIMIT: Duration = Duration::from_secs(480);

/// Time limit for updating the tag of a renewed lease.
const TAG_LIMIT: Duration = Duration::from_secs(15);

/// The settings of the provider.
#[derive(Clone)]
pub struct Ec2Settings {
    /// The folder of the records, in the data folder.
    pub records: PathBuf,
    /// The folder of packed JMeters and Javas, in the data folder.
    pub bundles: PathBuf,
    /// This installation's id, which every machine carries.
    pub installation: String,
    /// The credentials that the machines are created with, and the key that seals the machines' keys.
    pub credentials: Arc<dyn CredentialSource>,
    /// Where this machine's own Java is found, which is copied to machines that have none and cannot install one.
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
    pub(crate) boot_limit: Duration,
    tools: Arc<Tools>,
    pub(crate) watch: Watch,
    pub(crate) own_address: OwnAddress,
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
            own_address: OwnAddress::default(),
        }
    }

    pub(crate) async fn aws_of(&self, record: &ClusterRecord) -> Result<Arc<Aws>, PortError> {
        self.clients.of(&record.config.credentials, Some(&record.region)).await
    }

    pub(crate) fn known(&self, cluster: &ClusterId) -> Result<ClusterRecord, PortError> {
        self.records.read(cluster)?.ok_or_else(|| PortError::Refused {
            node: cluster.to_string(),
            what: "be worked on".to_owned(),
            reason: "its instances are no longer known".to_owned(),
        })
    }

    /// The seed of the cluster's keys.
    pub(crate) fn seed(&self, launch: &LaunchRecord, cluster: &ClusterId) -> Result<Seed, PortError> {
        let sealed = BASE64.decode(launch.sealed_seed.as_bytes()).unwrap_or_default();
        let opened = self.clients.source().open(&seal_purpose(cluster), &sealed)?;
        Seed::of(&opened).ok_or_else(|| refused("EC2", "open the cluster's key", "it has the wrong length"))
    }

    /// The single connection to a node; `None` while it has no address.
    pub(crate) fn link(&self, record: &ClusterRecord, node: &str) -> Option<Arc<Link>> {
        let address = record.node(node)?.ssh_address.clone()?;
        if let Some(link) = self.watch.link(&record.cluster, node, &address) {
            return Some(link);
        }
        let host_key = self.seed(record.launch.as_ref()?, &record.cluster).and_then(|seed| seed.host_key(node)).ok()?;
        let link = Arc::new(Link::new(Target {
            host: SshHost { name: address.clone(), port: 22 },
            user: user_data::USER.to_owned(),
            key: KeySource::File(self.records.key_path(&record.cluster)),
            known_hosts: boot::known_hosts(&address, &host_key.public),
        }));
        self.watch.keep(&record.cluster, node, &address, &link);
        Some(link)
    }

    pub(crate) fn folder(&self, cluster: &ClusterId, node: &str) -> String {
        user_data::node_folder(&self.installation, cluster, node)
    }
}

/// How the cluster's other nodes reach a node: at its private address, with the host key that it was given.
fn peer(record: &ClusterRecord, node: &str, link: &Link) -> Option<Peer> {
    let address = record.node(node)?.private_address.clone()?;
    let (_, host_key) = link.target().known_hosts.first()?.split_once(' ')?;
    Some(Peer { address, port: 22, host_key: host_key.to_owned() })
}

/// The purpose that the seed is sealed for.
pub(crate) fn seal_purpose(cluster: &ClusterId) -> String {
    format!("ec2 cluster key {cluster}")
}

/// This machine's clock, for the times of requests and the length of first leases.
#[expect(clippy::disallowed_methods, reason = "an adapter has no engine's clock; this is its only source of time")]
pub(crate) fn machines_now_ms() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

#[async_trait]
impl Cloud for Ec2Cloud {
    async fn launch(
        &self,
        config: &ClusterConfig,
        requests: &[NodeRequest],
        progress: ProgressSink<'_>,
    ) -> Result<Vec<Instance>, PortError> {
        self.bring_up(config, requests, progress).await
    }

    async fn list(&self) -> Result<Listed, PortError> {
        self.list_all().await
    }

    fn unseen(&self) -> Vec<Unseen> {
        self.watch.unseen()
    }

    async fn terminate(&self, cluster: &ClusterId) -> Result<(), PortError> {
        timeout(TERMINATE_LIMIT, self.terminate_all(cluster)).await.unwrap_or_else(|_| {
            let (node, what) = (cluster.to_string(), "be removed".to_owned());
            Err(PortError::TooSlow { node, what, limit: TERMINATE_LIMIT })
        })
    }

    async fn renew_lease(&self, cluster: &ClusterId, lease: Lease, gone: &[String]) -> Result<(), PortError> {
        let Some(record) = self.records.read(cluster)? else { return Ok(()) };
        // A machine that is not up yet has its first lease.
        let asked = record.nodes.iter().filter(|node| node.is_up && !gone.contains(&node.name));
        let renewed = join_all(asked.map(|node| async {
            let Some(link) = self.link(&record, &node.name) else { return Ok(()) };
            let folder = self.folder(cluster, &node.name);
            machine::renew_lease(&link, &folder, lease).await.map_err(|error| error.at(&node.name, "renew its lease"))
        }));
        let renewed: Result<(), PortError> = renewed.await.into_iter().collect();
        // The tag is informative in AWS's console, and used for an adoption. If AWS rejects it the machines keep
        // running, and the next renewal tries again: the engine repeats a failed renewal every few seconds, on all
        // nodes.
        let tagging = timeout(TAG_LIMIT, self.tag_expiry(&record, lease.expires_at_ms, gone));
        if let Err(error) =
            tagging.await.map_err(|late| late.to_string()).and_then(|done| done.map_err(|error| error.to_string()))
        {
            tracing::warn!(%cluster, %error, "cluster {cluster}: the tags of its machines do not say when it expires: {error}");
        }
        renewed
    }

    fn remote(&self, cluster: &ClusterId, node: &str) -> Arc<dyn Remote> {
        let (link, peer) = match self.records.read(cluster) {
            Ok(Some(record)) => {
                let link = self.link(&record, node).unwrap_or_else(|| Link::nowhere(node).into());
                let peer = peer(&record, node, &link);
                (link, peer)
            }
            Ok(None) => (Link::nowhere(node).into(), None),
            Err(error) => (Link::failing(node, error.into()).into(), None),
        };
        let (base, folder) = (format!("{}/.jac", user_data::HOME), self.folder(cluster, node));
        let remote = SshRemote::new(node.to_owned(), link, base, folder, Arc::clone(&self.tools));
        Arc::new(remote.reached_by(peer))
    }

    async fn forecast(&self, config: &ClusterConfig) -> Result<Forecast, PortError> {
        let Some(ec2) = &config.ec2 else { return Ok(Forecast::default()) };
        match self.clients.of(&ec2.credentials, ec2.region.as_deref()).await {
            Ok(aws) => forecast::look(self, &aws, config, ec2).await,
            Err(PortError::Preflight { faults }) => Ok(Forecast { faults, ..Forecast::default() }),
            Err(error) => Err(error),
        }
    }

    async fn adopt(&self, cluster: &ClusterId) -> Result<Adopted, PortError> {
        adopt::adopt(self, cluster).await
    }

    async fn identity(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<String, PortError> {
        self.clients.identity(credentials, region).await
    }

    async fn session_keys(&self, credentials: &AwsCredentials, region: Option<&str>) -> Result<AwsKeys, PortError> {
        self.clients.session_keys(credentials, region).await
    }

    async fn bake(&self, cluster: &ClusterId, name: &str, description: &str) -> Result<NodeImage, PortError> {
        node_images::bake(self, cluster, name, description).await
    }

    async fn images(&self) -> Result<Vec<NodeImage>, PortError> {
        node_images::list(self).await
    }

    async fn remove_image(&self, region: &str, id: &str) -> Result<(), PortError> {
        node_images::remove(self, region, id).await
    }
}

impl Ec2Cloud {
    async fn terminate_all(&self, cluster: &ClusterId) -> Result<(), PortError> {
        // An unreadable record must not leave instances behind: their tags suffice.
        let record = self.records.read(cluster).unwrap_or_else(|error| {
            tracing::warn!(%cluster, %error, "cluster {cluster}: {error}; its machines are found by their tags");
            None
        });
        let places = match &record {
            // Its launch failed before anything was created.
            Some(record) if record.nodes.is_empty() && record.launch.is_none() => Vec::new(),
            Some(record) => vec![self.aws_of(record).await?],
            // A cluster created by another database: its machines are searched for.
            None => match self.places_of(cluster).await {
                Ok(places) => places.into_iter().map(|(_, aws)| aws).collect(),
                // Any credentials may have expired. Their instances are listed and terminated once the credentials are valid again.
                Err(Unlisted { error, is_of_credentials: true }) => {
                    tracing::warn!(%cluster, %error, "cluster {cluster}: no machines were found, but not all could be listed: {error}");
                    Vec::new()
                }
                Err(Unlisted { error, .. }) => return Err(error),
            },
        };
        self.watch.forget_lists();
        for aws in places {
            ending::end_all(&aws, &self.installation, cluster, record.as_ref()).await?;
            network::remove_groups(&aws, cluster, record.as_ref().and_then(ClusterRecord::own_group)).await?;
        }
        self.records.remove(cluster).await?;
        self.watch.forget(cluster);
        Ok(())
    }

    async fn tag_expiry(&self, record: &ClusterRecord, expires_at_ms: i64, gone: &[String]) -> Result<(), PortError> {
        if !self.watch.is_new_expiry(&record.cluster, expires_at_ms) {
            return Ok(());
        }
        let there = record.nodes.iter().filter(|node| !gone.contains(&node.name));
        let ids: Vec<String> = there.filter_map(|node| node.instance.clone()).collect();
        if ids.is_empty() {
            return Ok(());
        }
        let aws = self.aws_of(record).await?;
        let tag = tags::tag(tags::EXPIRES_AT, tags::time_text(expires_at_ms));
        set_tag(&aws, ids, &tag).await?;
        self.watch.expiry_is_tagged(&record.cluster, expires_at_ms);
        Ok(())
    }
}

/// Tags machines. It is not a fault if some are gone.
async fn set_tag(aws: &Aws, ids: Vec<String>, tag: &Tag) -> Result<(), PortError> {
    let tagged = ending::for_all_known(ids, |ids| async {
        let call = aws.ec2.create_tags().set_resources(Some(ids)).tags(tag.clone());
        call.send().await.map(drop).map_err(|error| refusal(&error))
    });
    tagged.await.map_err(|error| error.at(&aws.region, "set the machines' tags"))
}
