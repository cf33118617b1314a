//! Launches a cluster's machines: determines what to create and records it, then requests all machines at once.
//!
//! | step   | does                                                   | undone by                                  |
//! |--------|--------------------------------------------------------|--------------------------------------------|
//! | find   | types, images, subnets: creates nothing                | nothing                                    |
//! | record | region and nodes, before anything is created           | the record's file is removed               |
//! | group  | the security group, by its name                        | groups with the cluster's tag are removed  |
//! | key    | the seed, sealed in the record, and the key's file     | both files are removed                     |
//! | ask    | one call per machine, with a token and its tags ([`crate::run_instances`]) | machines with the cluster's
//! tag are terminated |
//!
//! Each step may be repeated: the group is found again by its name, a machine by its token, and the record contains
//! every parameter of the call.

use crate::aws::Aws;
use crate::errors::{Refusal, Retryability, refusal, refused};
use crate::field;
use crate::images::{self, Image};
use crate::keys::Seed;
use crate::network::{self, Place};
use crate::own_address::OwnAddress;
use crate::pace::Pace;
use crate::placing;
use crate::record::{ClusterRecord, KindRecord, LaunchRecord, NodeRecord};
use crate::types::{self, Kind};
use crate::{tags, user_data};
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    BlockDeviceMapping, EbsBlockDevice, HttpTokensState, InstanceInterruptionBehavior, InstanceMarketOptionsRequest,
    InstanceMetadataOptionsRequest, InstanceNetworkInterfaceSpecification, InstanceType, MarketType, ResourceType,
    ShutdownBehavior, SpotInstanceType, SpotMarketOptions, Tag, VolumeType,
};
use data_encoding::HEXLOWER;
use jac_model::ports::{NodeRequest, PortError};
use jac_model::{ClusterId, Ec2Addresses, Ec2Config, Fault, Role};
use sha2::{Digest, Sha256};

/// A configuration resolved in its region.
#[derive(Debug, Clone)]
pub struct Found {
    pub master: (Kind, Image),
    /// The same as the master's if there are no workers.
    pub worker: (Kind, Image),
    /// The types of workers to use if there is no capacity, in this order.
    pub fallbacks: Vec<(Kind, Image)>,
    pub place: Place,
    pub ssh_from: Option<String>,
}

/// Determines what to launch. All faults are reported at once.
pub async fn find(aws: &Aws, config: &Ec2Config, own: &OwnAddress) -> Result<Found, PortError> {
    let mut faults = Vec::new();
    let master = kind_and_image(aws, config, &config.master_type, field::MASTER_TYPE, &mut faults).await?;
    let worker = if config.worker_type == config.master_type {
        master.clone()
    } else {
        kind_and_image(aws, config, &config.worker_type, field::WORKER_TYPE, &mut faults).await?
    };
    let mut fallbacks = Vec::new();
    for (number, kind) in config.fallback_worker_types.iter().enumerate() {
        let field = format!("{}/{number}", field::FALLBACK_WORKER_TYPES);
        fallbacks.extend(kind_and_image(aws, config, kind, &field, &mut faults).await?);
    }
    // Faults are collected; without a place, what depends on it is not checked.
    let place = network::find(aws, config).await?.map_err(|fault| faults.push(fault)).ok();
    let ssh_from = match &place {
        Some(place) if config.security_group.is_none() => {
            let found = network::ssh_from(config, place.somewhere, own).await;
            found.map_err(|fault| faults.push(Fault::at(field::SSH_FROM, Fault::PREFLIGHT, format!("{fault}.")))).ok()
        }
        _ => None,
    };
    if let (Some(group), Some(place)) = (&config.security_group, &place)
        && let Some(fault) = group_fault(aws, group, &place.vpc).await?
    {
        faults.push(Fault::at(field::SECURITY_GROUP, Fault::PREFLIGHT, fault));
    }
    if let Some(name) = &config.key_name
        && let Err(no) = aws.ec2.describe_key_pairs().key_names(name).send().await.map_err(|error| refusal(&error))
    {
        let text = format!("The key pair {name} cannot be used: {}.", no.with_origin());
        faults.push(Fault::at(field::KEY_NAME, Fault::PREFLIGHT, text));
    }
    match (master, worker, place) {
        (Some(master), Some(worker), Some(place)) if faults.is_empty() => {
            Ok(Found { master, worker, fallbacks, place, ssh_from })
        }
        _ => Err(PortError::Preflight { faults }),
    }
}

async fn kind_and_image(
    aws: &Aws,
    config: &Ec2Config,
    kind: &str,
    field: &str,
    faults: &mut Vec<Fault>,
) -> Result<Option<(Kind, Image)>, PortError> {
    let Some(kind) = types::look_up(aws, kind).await? else {
        let text = format!("The instance type {kind} is not available in {}.", aws.region);
        faults.push(Fault::at(field, Fault::PREFLIGHT, text));
        return Ok(None);
    };
    match images::look_up(aws, &config.image, &kind.architecture).await? {
        Ok(image) => Ok(Some((kind, image))),
        Err(fault) => {
            let fault = Fault::at(field::IMAGE, Fault::PREFLIGHT, fault);
            if !faults.contains(&fault) {
                faults.push(fault);
            }
            Ok(None)
        }
    }
}

async fn group_fault(aws: &Aws, group: &str, vpc: &str) -> Result<Option<String>, PortError> {
    let answer = aws.ec2.describe_security_groups().group_ids(group).send().await.map_err(|error| refusal(&error));
    match answer {
        Ok(answer) => {
            Ok(answer.security_groups().first().and_then(|found| found.vpc_id()).filter(|of| *of != vpc).map(|of| {
                format!("The security group {group} belongs to the VPC {of}, but the subnets belong to {vpc}.")
            }))
        }
        Err(no) if no.is_not_found() || no.code.starts_with("InvalidGroupId") => {
            Ok(Some(format!("Security group {group} not found in {}.", aws.region)))
        }
        Err(other) => Err(other.at(&aws.region, "find the security group")),
    }
}

/// The record of an instance type.
pub fn kind_record((kind, image): &(Kind, Image)) -> KindRecord {
    KindRecord {
        name: kind.name.clone(),
        image: image.id.clone(),
        root_device: image.root_device.clone(),
        memory_mb: kind.memory_mb,
    }
}

/// Nodes that were not requested yet, each with its preferred type.
pub fn nodes(requests: &[NodeRequest], found: &Found) -> Vec<NodeRecord> {
    let node = |request: &NodeRequest| {
        let kind = if request.role == Role::Master { &found.master } else { &found.worker };
        NodeRecord {
            name: request.name.clone(),
            role: request.role,
            kind: kind_record(kind),
            subnet: None,
            is_moved: false,
            asked_ms: None,
            instance: None,
            is_up: false,
            ssh_address: None,
            private_address: None,
            zone: None,
        }
    };
    requests.iter().map(node).collect()
}

/// Recorded before the first call to the account: where the cluster will be, and with which credentials.
pub fn record(aws: &Aws, config: &Ec2Config, cluster: &ClusterId) -> ClusterRecord {
    ClusterRecord {
        cluster: cluster.clone(),
        config: config.clone(),
        region: aws.region.clone(),
        nodes: Vec::new(),
        launch: None,
    }
}

/// The result of a call.
#[derive(Debug)]
pub struct Launched {
    pub id: String,
    pub zone: String,
}

/// The parameters of one call.
#[derive(Debug)]
pub struct Call<'a> {
    pub aws: &'a Aws,
    pub pace: &'a Pace,
    pub installation: &'a str,
    pub record: &'a ClusterRecord,
    pub launch: &'a LaunchRecord,
    pub cluster_name: &'a str,
    pub common_tags: &'a [Tag],
}

impl Call<'_> {
    /// Requests one machine, once. Repeating the request gives the same machine.
    pub async fn ask(&self, node: &NodeRecord, seed: &Seed) -> Result<Launched, Refusal> {
        let failed = |error: PortError| Refusal {
            code: String::new(),
            sentence: error.to_string(),
            retryability: Retryability::Final,
        };
        let call = self.run_instances(node, seed).map_err(failed)?;
        // The SDK must not retry: it would do so faster than AWS permits.
        let once = aws_sdk_ec2::config::Builder::new().retry_config(RetryConfig::disabled());
        let answer = call.customize().config_override(once).send().await.map_err(|error| refusal(&error))?;
        let instance = answer.instances().first();
        let zone = instance.and_then(|instance| instance.placement()?.availability_zone());
        let zone = zone.unwrap_or(&self.aws.region).to_owned();
        let id = instance.and_then(|instance| instance.instance_id()).map(str::to_owned);
        let none = || failed(refused(&self.aws.region, "launch", "the answer contained no instance"));
        Ok(Launched { id: id.ok_or_else(none)?, zone })
    }

    /// The launch as a question only: `None` when it may be done.
    pub async fn dry_run(&self, node: &NodeRecord, seed: &Seed) -> Result<Option<Refusal>, PortError> {
        let call = self.run_instances(node, seed)?.dry_run(true);
        self.pace.turn().await;
        Ok(match call.send().await.map_err(|error| refusal(&error)) {
            Ok(_) => None,
            Err(answer) if answer.code == "DryRunOperation" => None,
            Err(refusal) => Some(refusal),
        })
    }

    fn run_instances(&self, node: &NodeRecord, seed: &Seed) -> Result<RunInstancesFluentBuilder, PortError> {
        let (config, launch) = (&self.record.config, self.launch);
        let folder = user_data::node_folder(self.installation, &self.record.cluster, &node.name);
        let tags = tags::of_node(self.common_tags, &node.name, node.role, self.cluster_name, &launch.sealed_seed);
        let subnet = placing::subnet(launch, node);
        let interface = InstanceNetworkInterfaceSpecification::builder()
            .device_index(0)
            .set_subnet_id(subnet.cloned())
            .groups(&launch.group.id)
            .associate_public_ip_address(config.addresses == Ec2Addresses::Public)
            .delete_on_termination(true);
        let disk = EbsBlockDevice::builder()
            .volume_size(i32::try_from(config.disk_gb).unwrap_or(i32::MAX))
            .volume_type(VolumeType::Gp3)
            .delete_on_termination(true);
        let disk = BlockDeviceMapping::builder().device_name(&node.kind.root_device).ebs(disk.build());
        // Processes on the machine must not read its metadata; tokens prevent accidental requests.
        let metadata = InstanceMetadataOptionsRequest::builder()
            .http_tokens(HttpTokensState::Required)
            .http_put_response_hop_limit(1);
        let mut call = self
            .aws
            .ec2
            .run_instances()
            .image_id(&node.kind.image)
            .instance_type(InstanceType::from(node.kind.name.as_str()))
            .min_count(1)
            .max_count(1)
            .client_token(self.token(node))
            .user_data(user_data::of(launch, seed, &node.name, &folder)?)
            .instance_initiated_shutdown_behavior(ShutdownBehavior::Terminate)
            .metadata_options(metadata.build())
            .network_interfaces(interface.build())
            .block_device_mappings(disk.build())
            .set_key_name(config.key_name.clone())
            .tag_specifications(tags::specification(ResourceType::Instance, tags.clone()))
            .tag_specifications(tags::specification(ResourceType::Volume, tags.clone()))
            .tag_specifications(tags::specification(ResourceType::NetworkInterface, tags));
        if config.spot {
            let spot = SpotMarketOptions::builder()
                .spot_instance_type(SpotInstanceType::OneTime)
                .instance_interruption_behavior(InstanceInterruptionBehavior::Terminate);
            let market =
                InstanceMarketOptionsRequest::builder().market_type(MarketType::Spot).spot_options(spot.build());
            call = call.instance_market_options(market.build());
        }
        Ok(call)
    }

    /// The same token for the same node of the same cluster, and for no other; at most 64 characters are permitted.
    fn token(&self, node: &NodeRecord) -> String {
        let mut text = format!("{}\n{}\n{}", self.installation, self.record.cluster, node.name);
        if node.is_moved {
            // With the token of the first choice another type would be rejected.
            let (kind, subnet) = placing::place(self.launch, node);
            text.push_str(&format!("\n{kind}\n{subnet}"));
        }
        HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
    }
}
