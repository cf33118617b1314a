//! Validates a configuration before anything is created: the identity of the credentials, what is missing, the
//! permissions, and the cost. Launches are requested as a `DryRun`, which needs the same permissions and creates
//! nothing.
//!
//! The permission to *terminate* machines cannot be checked in this way, because it depends on the tags of a machine
//! that does not exist yet.

use crate::aws::Aws;
use crate::cloud::Ec2Cloud;
use crate::errors::{Refusal, refusal};
use crate::field;
use crate::keys::Seed;
use crate::launch::{self, Call, Found};
use crate::record::{Group, LaunchRecord};
use crate::{prices, quotas, tags};
use aws_sdk_ec2::types::ResourceType;
use futures_util::future::join_all;
use jac_model::ports::{Forecast, NodeRequest, PortError};
use jac_model::{ClusterConfig, ClusterId, Ec2Config, Fault, Message, NodePrices, Person, Role, sentence};
use serde_json::json;
use std::collections::BTreeMap;

/// A group's ID for the dry run if the group does not exist yet.
const SOME_GROUP: &str = "sg-00000000000000000";

/// Everything that can be determined. Only if nothing can be queried is it an error.
pub async fn look(cloud: &Ec2Cloud, aws: &Aws, config: &ClusterConfig, ec2: &Ec2Config) -> Result<Forecast, PortError> {
    let mut forecast = Forecast::default();
    match aws.identity().await {
        Ok((account, arn)) => {
            let text = format!("Instances are created in the account {account} by {arn}, in {}.", aws.region);
            forecast.notes.push(Message::new("account", text).with("account", account).with("arn", arn));
        }
        Err(error) => {
            forecast.faults.push(Fault::at(field::CREDENTIALS, Fault::PREFLIGHT, sentence(&error.finding())));
            return Ok(forecast);
        }
    }
    let found = match launch::find(aws, ec2, &cloud.own_address).await {
        Ok(found) => found,
        Err(PortError::Preflight { faults }) => {
            forecast.faults.extend(faults);
            return Ok(forecast);
        }
        Err(error) => {
            forecast.faults.push(Fault::whole(Fault::PREFLIGHT, sentence(&error)));
            return Ok(forecast);
        }
    };
    let (name, id) = (&found.master.1.name, &found.master.1.id);
    forecast.notes.push(Message::new("image", format!("Image: {name} ({id}).")).with("image", id.as_str()));
    if let Some(from) = &found.ssh_from {
        let text = format!("SSH is allowed from {from} only.");
        forecast.notes.push(Message::new("ssh_from", text).with("ssh_from", from.as_str()));
    }
    permissions(aws, &cloud.installation, config, ec2, &found, &mut forecast).await?;
    let worker = (config.workers > 0).then_some((&found.worker.0, config.workers));
    match quotas::look(aws, &found.master.0, worker, ec2.spot).await {
        Ok(fault) => forecast.faults.extend(fault.map(|text| Fault::at(field::WORKERS, quotas::CODE, text))),
        Err(note) => forecast.notes.push(Message::new("quota_unknown", note)),
    }
    match price(aws, config, ec2).await {
        Ok(prices) => forecast.prices = Some(prices),
        Err(reason) => {
            let text = format!("The price is unknown: {reason}.");
            forecast.notes.push(Message::new("price_unknown", text).with("reason", reason));
        }
    }
    if config.workers > 0 && !ec2.fallback_worker_types.is_empty() {
        forecast.notes.push(fallback_prices(aws, config, ec2, forecast.prices).await);
    }
    forecast.notes.extend(different_images(&found, config.workers));
    Ok(forecast)
}

/// The price of workers of the fallback types, and of the cluster if all its workers had that type.
pub(crate) async fn fallback_prices(
    aws: &Aws,
    config: &ClusterConfig,
    ec2: &Ec2Config,
    prices: Option<NodePrices>,
) -> Message {
    let asked = ec2.fallback_worker_types.iter().map(|kind| prices::per_hour(aws, kind, ec2.spot));
    let answers = join_all(asked).await;
    let (mut words, mut kinds) = (Vec::new(), Vec::new());
    for (kind, price) in ec2.fallback_worker_types.iter().zip(answers) {
        // A missing price blocks nothing: the check reports the types without a price.
        let price = price.ok();
        let all =
            prices.zip(price).map(|(prices, price)| NodePrices { worker: Some(price), ..prices }.sum(config.workers));
        words.push(match (price, all) {
            (Some(price), Some(all)) => format!("{kind} at ${price:.3} an hour each (up to ${all:.2} for the cluster)"),
            (Some(price), None) => format!("{kind} at ${price:.3} an hour each"),
            (None, _) => format!("{kind}, whose price is unknown"),
        });
        kinds.push(json!({ "type": kind, "usd_per_hour": price, "cluster_usd_per_hour": all }));
    }
    let text =
        format!("Workers for which {} has no capacity are launched as {}.", ec2.worker_type, words.join(", then "));
    Message::new("fallback_prices", text).with("types", kinds)
}

/// Nodes with different images may have different Java versions, and measure differently.
fn different_images(found: &Found, workers: u32) -> Option<Message> {
    let (master, others) = (&found.master, std::iter::once(&found.worker).chain(&found.fallbacks));
    let mut kinds: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (kind, image) in std::iter::once(master).chain(others.filter(|_| workers > 0)) {
        let of_image = kinds.entry(&image.id).or_default();
        if !of_image.contains(&kind.name.as_str()) {
            of_image.push(&kind.name);
        }
    }
    let images: Vec<String> = kinds.iter().map(|(image, kinds)| format!("{image} for {}", kinds.join(", "))).collect();
    (kinds.len() > 1).then(|| {
        let text = format!(
            "The instance types use different images ({}), so their Java versions and measurements may differ.",
            images.join("; ")
        );
        Message::new("images_differ", text).with("images", kinds.keys().copied().collect::<Vec<_>>())
    })
}

async fn price(aws: &Aws, config: &ClusterConfig, ec2: &Ec2Config) -> Result<NodePrices, String> {
    let master = prices::per_hour(aws, &ec2.master_type, ec2.spot).await?;
    let worker = match config.workers {
        0 => None,
        _ if ec2.worker_type == ec2.master_type => Some(master),
        _ => Some(prices::per_hour(aws, &ec2.worker_type, ec2.spot).await?),
    };
    Ok(NodePrices { master, worker })
}

/// Makes the calls of a launch as dry runs.
async fn permissions(
    aws: &Aws,
    installation: &str,
    config: &ClusterConfig,
    ec2: &Ec2Config,
    found: &Found,
    forecast: &mut Forecast,
) -> Result<(), PortError> {
    let request = |role, name: &str| NodeRequest {
        cluster: ClusterId::from_random(rand::random()),
        name: name.to_owned(),
        role,
        nodes_in_cluster: config.workers + 1,
        lease: std::time::Duration::ZERO,
        cluster_name: "a question".to_owned(),
        owner: Person { id: "nobody".to_owned(), name: "Nobody".to_owned() },
        expires_at_ms: 0,
    };
    let mut requests = vec![request(Role::Master, "master")];
    if config.workers > 0 {
        requests.push(request(Role::Worker, "worker-1"));
    }
    let mut record = launch::record(aws, ec2, &requests[0].cluster);
    record.nodes = launch::nodes(&requests, found);
    let common = tags::list(&tags::of_all(installation, &requests[0], &ec2.tags));
    let mut refusals: Vec<(String, Refusal)> = Vec::new();
    let mut ask = |action: &str, answer: Refusal| {
        if answer.code != "DryRunOperation" && !refusals.iter().any(|(known, _)| known == action) {
            refusals.push((action.to_owned(), answer));
        }
    };
    // A launch polls these all the time; its other queries have been made before.
    if let Err(error) = aws.ec2.describe_instances().dry_run(true).send().await {
        ask("ec2:DescribeInstances", refusal(&error));
    }
    if let Err(error) = aws.ec2.describe_security_groups().dry_run(true).send().await {
        ask("ec2:DescribeSecurityGroups", refusal(&error));
    }
    if ec2.security_group.is_none() {
        let call = aws
            .ec2
            .create_security_group()
            .group_name("jac-question")
            .description("a question")
            .vpc_id(&found.place.vpc)
            .tag_specifications(tags::specification(ResourceType::SecurityGroup, common.clone()))
            .dry_run(true);
        if let Err(error) = call.send().await {
            ask("ec2:CreateSecurityGroup", refusal(&error));
        }
    }
    let group = match &ec2.security_group {
        Some(id) => Group { id: id.clone(), is_ours: false, ssh_from: None },
        None => match default_group(aws, &found.place.vpc).await {
            Some(id) => Group { id, is_ours: true, ssh_from: None },
            None => Group { id: SOME_GROUP.to_owned(), is_ours: true, ssh_from: None },
        },
    };
    let launch = LaunchRecord {
        vpc: found.place.vpc.clone(),
        subnets: found.place.subnets.clone(),
        other_subnets: Vec::new(),
        worker_kinds: Vec::new(),
        group,
        first_lease_s: 3600,
        tags: BTreeMap::new(),
        common_tags: BTreeMap::new(),
        first_boot: None,
        sealed_seed: String::new(),
    };
    let (pace, record, launch) = (&aws.pace().await, &record, &launch);
    let call = Call { aws, pace, installation, record, launch, cluster_name: "a question", common_tags: &common };
    let seed = Seed::random();
    for node in &record.nodes {
        match call.dry_run(node, &seed).await? {
            // The dry run's placeholder is not the group of the launch.
            Some(answer) if answer.code.starts_with("InvalidGroup") && ec2.security_group.is_none() => (),
            Some(answer) => ask("ec2:RunInstances", answer),
            None => (),
        }
    }
    for (action, answer) in refusals {
        let text = format!("{action}: {}.", answer.with_origin());
        let field = field::of_refusal(&answer.code).map(str::to_owned);
        forecast.faults.push(Fault { code: Fault::PREFLIGHT.to_owned(), field, message: text });
    }
    Ok(())
}

/// Every network has one; the dry run uses it while the cluster's own group does not exist.
async fn default_group(aws: &Aws, vpc: &str) -> Option<String> {
    let answer = aws
        .ec2
        .describe_security_groups()
        .filters(tags::filter("vpc-id", vpc))
        .filters(tags::filter("group-name", "default"))
        .send()
        .await
        .ok()?;
    answer.security_groups().first()?.group_id().map(str::to_owned)
}
