//! The machines that AWS lists, with the contents of their tags.

use crate::aws::Aws;
use crate::errors::{Refusal, refusal};
use crate::tags::{self, MachineTags};
use aws_sdk_ec2::types::{Filter, InstanceLifecycleType, InstanceStateName};
use jac_model::ports::{Billable, Instance, PortError};
use jac_model::{ClusterId, EpochMs};

/// The name of this operation in sentences.
pub const LIST: &str = "list its machines";

/// The state of a machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceState {
    Pending,
    Running,
    /// Shutting down, or stopped, which JAC never requests: it costs its disk and nothing runs on it.
    ShuttingDown,
    /// Listed for another hour; it costs nothing.
    Terminated,
}

/// A machine of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine {
    pub id: String,
    pub tags: MachineTags,
    pub state: InstanceState,
    pub kind: String,
    pub spot: bool,
    pub zone: Option<String>,
    pub private_address: Option<String>,
    /// AWS's DNS name of that address.
    pub private_name: Option<String>,
    pub public_address: Option<String>,
    pub group: Option<String>,
    pub image: Option<String>,
    pub vpc: Option<String>,
    pub subnet: Option<String>,
    pub key_name: Option<String>,
    pub since_ms: EpochMs,
    /// The reason for its state, in AWS's words.
    pub reason: Option<String>,
}

/// All machines of this installation in the region, except terminated ones.
pub async fn of_installation(aws: &Aws, installation: &str) -> Result<Vec<Machine>, PortError> {
    let states = ["pending", "running", "shutting-down", "stopping", "stopped"].map(str::to_owned).to_vec();
    let states = Filter::builder().name("instance-state-name").set_values(Some(states)).build();
    let found = find(aws, vec![tags::ours(installation), states]).await;
    found.map_err(|refusal| refusal.at(&aws.region, LIST))
}

/// Every machine of some clusters, including terminated ones.
pub async fn of_clusters<'a>(
    aws: &Aws,
    installation: &str,
    clusters: impl IntoIterator<Item = &'a ClusterId>,
) -> Result<Vec<Machine>, PortError> {
    let filters = vec![tags::ours(installation), tags::of_clusters(clusters)];
    find(aws, filters).await.map_err(|refusal| refusal.at(&aws.region, LIST))
}

/// Every machine of a cluster, including terminated ones.
pub async fn of_cluster(aws: &Aws, installation: &str, cluster: &ClusterId) -> Result<Vec<Machine>, Refusal> {
    find(aws, vec![tags::ours(installation), tags::of_cluster(cluster)]).await
}

async fn find(aws: &Aws, filters: Vec<Filter>) -> Result<Vec<Machine>, Refusal> {
    let mut pages = aws.ec2.describe_instances().set_filters(Some(filters)).into_paginator().send();
    let mut machines = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| refusal(&error))?;
        machines.extend(page.reservations().iter().flat_map(|reservation| reservation.instances()).filter_map(read));
    }
    Ok(machines)
}

/// `None` if the tags are not ours.
pub fn read(instance: &aws_sdk_ec2::types::Instance) -> Option<Machine> {
    let state = match instance.state().and_then(|state| state.name()) {
        Some(InstanceStateName::Pending) => InstanceState::Pending,
        Some(InstanceStateName::Running) => InstanceState::Running,
        Some(InstanceStateName::Terminated) => InstanceState::Terminated,
        _ => InstanceState::ShuttingDown,
    };
    let reason = instance.state_reason().and_then(|reason| reason.message());
    let text = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Some(Machine {
        id: instance.instance_id()?.to_owned(),
        tags: MachineTags::of(instance.tags())?,
        state,
        kind: instance.instance_type().map(|kind| kind.as_str().to_owned()).unwrap_or_default(),
        spot: instance.instance_lifecycle() == Some(&InstanceLifecycleType::Spot),
        zone: text(instance.placement().and_then(|placement| placement.availability_zone())),
        private_address: text(instance.private_ip_address()),
        private_name: text(instance.private_dns_name()),
        public_address: text(instance.public_ip_address()),
        group: text(instance.security_groups().first().and_then(|group| group.group_id())),
        image: text(instance.image_id()),
        vpc: text(instance.vpc_id()),
        subnet: text(instance.subnet_id()),
        key_name: text(instance.key_name()),
        since_ms: instance.launch_time().and_then(|time| time.to_millis().ok()).unwrap_or(0),
        reason: text(reason),
    })
}

/// Lines of `/etc/hosts` for machines of a cluster, by their nodes' names: AWS's names, then the node's.
pub fn names(machines: &[(&str, &Machine)]) -> String {
    let mut lines = Vec::new();
    for (node, machine) in machines {
        let Some(address) = &machine.private_address else { continue };
        let whole = machine.private_name.as_deref().unwrap_or_default();
        let mut names = vec![whole, whole.split('.').next().unwrap_or_default(), node];
        names.dedup();
        lines.extend(names.iter().filter(|name| !name.is_empty()).map(|name| format!("{address} {name}")));
    }
    lines.join("\n")
}

impl Machine {
    /// As the engine sees it.
    pub fn instance(&self, region: &str, memory_mb: u64, alive: bool) -> Instance {
        let address = self.private_address.clone().unwrap_or_default();
        let zone = self.zone.as_deref().unwrap_or(region);
        Instance {
            cluster: self.tags.cluster.clone(),
            name: self.tags.node.clone(),
            role: self.tags.role,
            detail: format!("{} ({}{}) in {zone}", self.id, self.kind, if self.spot { ", spot" } else { "" }),
            address,
            memory_mb,
            alive,
            billable: Some(Billable {
                region: region.to_owned(),
                id: self.id.clone(),
                kind: self.kind.clone(),
                spot: self.spot,
                cluster_name: self.tags.cluster_name.clone(),
                owner: self.tags.owner.clone(),
                since_ms: self.since_ms,
                expires_at_ms: self.tags.expires_at_ms,
            }),
        }
    }
}
