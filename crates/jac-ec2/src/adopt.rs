//! Adopts a cluster that another database of this installation created: from the tags of its machines, and the seed of
//! its keys, which is sealed in a tag of the master.
//!
//! In a tag, because tags are read with the machine and need no connection to it; sealed, because everybody who can
//! view the account can read them. It opens only with the installation's key.

use crate::cloud::Ec2Cloud;
use crate::errors::refused;
use crate::images;
use crate::machines::{self, InstanceState, Machine};
use crate::record::{ClusterRecord, Group, KindRecord, LaunchRecord, NodeRecord};
use crate::types;
use jac_model::ports::{Adopted, PortError};
use jac_model::{ClusterConfig, ClusterId, Ec2Addresses, Ec2Config, Ec2Image, Role};
use std::collections::BTreeMap;

/// Reads the machines' tags as a record and as a cluster.
pub async fn adopt(cloud: &Ec2Cloud, cluster: &ClusterId) -> Result<Adopted, PortError> {
    let places = cloud.places_of(cluster).await?;
    let gone = || refused("EC2", "adopt the cluster", "none of its instances is running");
    let (choice, aws) = places.first().ok_or_else(gone)?;
    let mut machines = machines::of_clusters(aws, &cloud.installation, [cluster]).await?;
    machines.retain(|machine| matches!(machine.state, InstanceState::Pending | InstanceState::Running));
    machines.sort_by_key(|machine| (machine.tags.role != Role::Master, number(&machine.tags.node)));
    let master = machines.first().filter(|machine| machine.tags.role == Role::Master).ok_or_else(|| {
        refused(&aws.region, "adopt the cluster", "its master no longer exists; terminate what is left of it")
    })?;
    let sealed_seed = master.tags.sealed_seed.clone().ok_or_else(|| {
        refused(&aws.region, "adopt the cluster", "its master does not have the cluster's key; terminate it")
    })?;
    let addresses = match &master.public_address {
        Some(address) if Some(address) != master.private_address.as_ref() => Ec2Addresses::Public,
        _ => Ec2Addresses::Private,
    };
    let worker = machines.iter().find(|machine| machine.tags.role == Role::Worker).unwrap_or(master);
    let config = Ec2Config {
        region: Some(aws.region.clone()),
        credentials: choice.clone(),
        master_type: master.kind.clone(),
        worker_type: worker.kind.clone(),
        image: Ec2Image::Id(master.image.clone().unwrap_or_default()),
        vpc: master.vpc.clone(),
        subnets: subnets(&machines),
        addresses,
        key_name: master.key_name.clone(),
        spot: master.spot,
        ..Ec2Config::default()
    };
    let group = group(aws, cluster, master).await?;
    let mut nodes = Vec::new();
    for machine in &machines {
        let kind = types::look_up(aws, &machine.kind).await?;
        let architecture = kind.as_ref().map_or("x86_64", |kind| kind.architecture.as_str());
        let image = Ec2Image::Id(machine.image.clone().unwrap_or_default());
        let root_device = images::look_up(aws, &image, architecture).await?.map(|image| image.root_device);
        nodes.push(NodeRecord {
            name: machine.tags.node.clone(),
            role: machine.tags.role,
            kind: KindRecord {
                name: machine.kind.clone(),
                image: machine.image.clone().unwrap_or_default(),
                root_device: root_device.unwrap_or_default(),
                memory_mb: kind.map_or(2048, |kind| kind.memory_mb),
            },
            subnet: None,
            is_moved: false,
            asked_ms: Some(machine.since_ms),
            instance: Some(machine.id.clone()),
            is_up: true,
            ssh_address: match addresses {
                Ec2Addresses::Public => machine.public_address.clone(),
                Ec2Addresses::Private => machine.private_address.clone(),
            },
            private_address: machine.private_address.clone(),
            zone: machine.zone.clone(),
        });
    }
    let launch = LaunchRecord {
        vpc: master.vpc.clone().unwrap_or_default(),
        subnets: config.subnets.clone(),
        other_subnets: Vec::new(),
        worker_kinds: Vec::new(),
        group,
        first_lease_s: 0,
        tags: BTreeMap::new(),
        common_tags: BTreeMap::new(),
        first_boot: None,
        sealed_seed,
    };
    let seed = cloud.seed(&launch, cluster)?;
    let record = ClusterRecord {
        cluster: cluster.clone(),
        config: config.clone(),
        region: aws.region.clone(),
        nodes,
        launch: Some(launch),
    };
    cloud.records.write_key(cluster, &seed.user_key()?.private).await?;
    cloud.records.write(record.clone()).await?;
    cloud.watch.forget_lists();
    let memory = |name: &str| record.node(name).map_or(2048, |node| node.kind.memory_mb);
    Ok(Adopted {
        config: ClusterConfig {
            workers: u32::try_from(machines.len() - 1).unwrap_or(u32::MAX),
            ec2: Some(config),
            ..ClusterConfig::default()
        },
        name: master.tags.cluster_name.clone(),
        owner: master.tags.owner.clone(),
        expires_at_ms: master.tags.expires_at_ms.unwrap_or_default(),
        instances: machines
            .iter()
            .map(|machine| machine.instance(&aws.region, memory(&machine.tags.node), true))
            .collect(),
    })
}

/// `worker-10` sorts after `worker-9`.
fn number(node: &str) -> u32 {
    node.rsplit('-').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

fn subnets(machines: &[Machine]) -> Vec<String> {
    let mut subnets: Vec<String> = machines.iter().filter_map(|machine| machine.subnet.clone()).collect();
    subnets.sort();
    subnets.dedup();
    subnets
}

/// The machines' security group; it is ours if it has the cluster's tag. The address from which it permits SSH is
/// determined at the next check.
async fn group(aws: &crate::aws::Aws, cluster: &ClusterId, master: &Machine) -> Result<Group, PortError> {
    let answer = aws.ec2.describe_security_groups().filters(crate::tags::of_cluster(cluster)).send().await;
    let answer = answer.map_err(|error| crate::errors::refusal(&error).at(&aws.region, "find the security group"))?;
    let made = answer.security_groups().first().and_then(|group| group.group_id()).map(str::to_owned);
    let id = made.clone().or_else(|| master.group.clone()).unwrap_or_default();
    Ok(Group { id, is_ours: made.is_some(), ssh_from: None })
}
