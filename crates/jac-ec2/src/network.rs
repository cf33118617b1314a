//! The network of the machines: VPC, subnets, and the security group with its rules.
//!
//! A group that JAC creates permits port 22 from the server's own address, and all traffic among the group's own
//! machines.

use crate::aws::{Aws, Looks};
use crate::errors::{Refusal, refusal, refused};
use crate::field;
use crate::own_address::{self, OwnAddress};
use crate::record::Group;
use crate::tags::{filter, of_cluster, specification};
use aws_sdk_ec2::types::{IpPermission, IpRange, ResourceType, Subnet, Tag, UserIdGroupPair};
use jac_model::ports::PortError;
use jac_model::{ClusterId, Ec2Addresses, Ec2Config, Fault};
use std::net::Ipv4Addr;

const SET_RULES: &str = "set the security group's rules";
/// Number of polls, four seconds in total, for a group that was created a moment ago and may still be unknown to AWS.
const UNSEEN_LOOKS: u32 = 4;

/// VPC and subnets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub vpc: String,
    pub subnets: Vec<String>,
    /// Subnets of other zones, for what those have no capacity for.
    pub others: Vec<String>,
    /// The first address of a subnet.
    pub somewhere: Ipv4Addr,
}

/// Finds the subnets of a configuration; a fault if none match.
pub async fn find(aws: &Aws, config: &Ec2Config) -> Result<Result<Place, Fault>, PortError> {
    let fault = |text: String| {
        let named = if config.subnets.is_empty() { field::VPC } else { field::SUBNETS };
        Ok(Err(Fault::at(named, Fault::PREFLIGHT, text)))
    };
    let mut call = aws.ec2.describe_subnets();
    if config.subnets.is_empty() {
        match &config.vpc {
            Some(vpc) => call = call.filters(filter("vpc-id", vpc)),
            None => call = call.filters(filter("default-for-az", "true")),
        }
    } else {
        call = call.set_subnet_ids(Some(config.subnets.clone()));
    }
    let answer = match call.send().await.map_err(|error| refusal(&error)) {
        Ok(answer) => answer,
        Err(no) if no.is_not_found() => return fault(format!("{} ({}).", capital(&no.with_origin()), aws.region)),
        Err(other) => return Err(other.at(&aws.region, "find the subnets")),
    };
    let mut subnets: Vec<&Subnet> = answer.subnets().iter().filter(|subnet| subnet.subnet_id().is_some()).collect();
    subnets.sort_by_key(|subnet| (subnet.availability_zone(), subnet.subnet_id()));
    let Some(first) = subnets.first() else {
        return fault(match &config.vpc {
            Some(vpc) => format!("The VPC {vpc} has no subnet in {}.", aws.region),
            None => format!(
                "The region {} has no default VPC. Give subnets, or create the default VPC (aws ec2 \
                 create-default-vpc).",
                aws.region
            ),
        });
    };
    let vpc = first.vpc_id().unwrap_or_default().to_owned();
    if config.vpc.as_ref().is_some_and(|given| *given != vpc)
        || subnets.iter().any(|subnet| subnet.vpc_id() != Some(&vpc))
    {
        return fault("The subnets do not all belong to the given VPC.".to_owned());
    }
    let somewhere = first.cidr_block().and_then(|block| block.split('/').next()?.parse().ok());
    // In one zone traffic between machines is free and fastest: unless subnets are named, only one is used.
    let taken = if config.subnets.is_empty() { 1 } else { subnets.len() };
    let mut ids: Vec<String> = subnets.iter().filter_map(|subnet| subnet.subnet_id().map(str::to_owned)).collect();
    let mut others = ids.split_off(taken.min(ids.len()));
    // Only default subnets are known to be equivalent: another one of a VPC may have no route to the internet.
    others.retain(|_| config.vpc.is_none());
    Ok(Ok(Place { vpc, subnets: ids, others, somewhere: somewhere.unwrap_or(Ipv4Addr::LOCALHOST) }))
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().collect::<String>() + letters.as_str()).unwrap_or_default()
}

/// The address range from which SSH is permitted: the configured one, otherwise the server's own address.
pub async fn ssh_from(config: &Ec2Config, somewhere: Ipv4Addr, own: &OwnAddress) -> Result<String, String> {
    if let Some(named) = &config.ssh_from {
        return Ok(named.clone());
    }
    let address = match config.addresses {
        Ec2Addresses::Public => own.public().await,
        Ec2Addresses::Private => own_address::towards(somewhere),
    };
    address.map(|address| format!("{address}/32")).map_err(|reason| {
        format!("{}; set the addresses that SSH is allowed from, e.g. 203.0.113.7/32", capital(&reason))
    })
}

/// Creates the cluster's security group, or finds it if it was created before.
pub async fn make_group(
    aws: &Aws,
    cluster: &ClusterId,
    vpc: &str,
    ssh_from: &str,
    tags: &[Tag],
) -> Result<Group, PortError> {
    let name = format!("jac-{cluster}");
    let what = "create the security group";
    let made = aws
        .ec2
        .create_security_group()
        .group_name(&name)
        .description("JAC: SSH from the server, all traffic between the instances of one cluster")
        .vpc_id(vpc)
        .tag_specifications(specification(ResourceType::SecurityGroup, tags.to_vec()))
        .send()
        .await;
    let id = match made.map_err(|error| refusal(&error)) {
        Ok(made) => made.group_id().unwrap_or_default().to_owned(),
        Err(there) if there.code == "InvalidGroup.Duplicate" => group_named(aws, &name, vpc).await?,
        Err(other) => return Err(other.at(&aws.region, what)),
    };
    let among = IpPermission::builder()
        .ip_protocol("-1")
        .user_id_group_pairs(UserIdGroupPair::builder().group_id(&id).build())
        .build();
    for rule in [among, ssh_rule(ssh_from)] {
        allow_in_new(aws, &id, rule).await?;
    }
    Ok(Group { id, is_ours: true, ssh_from: Some(ssh_from.to_owned()) })
}

fn ssh_rule(from: &str) -> IpPermission {
    let range = IpRange::builder().cidr_ip(from).description("the JAC server").build();
    IpPermission::builder().ip_protocol("tcp").from_port(22).to_port(22).ip_ranges(range).build()
}

/// An existing rule is a success.
async fn allow(aws: &Aws, group: &str, rule: IpPermission) -> Result<(), Refusal> {
    let call = aws.ec2.authorize_security_group_ingress().group_id(group).ip_permissions(rule);
    match call.send().await.map_err(|error| refusal(&error)) {
        Err(there) if there.code == "InvalidPermission.Duplicate" => Ok(()),
        done => done.map(drop),
    }
}

/// The same for a new group, which may be invisible for a moment.
async fn allow_in_new(aws: &Aws, group: &str, rule: IpPermission) -> Result<(), PortError> {
    let mut looks = Looks::new();
    loop {
        match allow(aws, group, rule.clone()).await {
            Err(unseen) if unseen.is_not_found() && looks.again().await => (),
            done => return done.map_err(|error| error.at(&aws.region, SET_RULES)),
        }
    }
}

async fn group_named(aws: &Aws, name: &str, vpc: &str) -> Result<String, PortError> {
    let what = "find the security group";
    let mut looks = Looks::new();
    loop {
        let answer = aws
            .ec2
            .describe_security_groups()
            .filters(filter("group-name", name))
            .filters(filter("vpc-id", vpc))
            .send()
            .await
            .map_err(|error| refusal(&error).at(&aws.region, what))?;
        if let Some(id) = answer.security_groups().first().and_then(|group| group.group_id()) {
            return Ok(id.to_owned());
        }
        if !looks.again().await {
            return Err(refused(&aws.region, what, format!("{name} exists but is not listed")));
        }
    }
}

/// Permits SSH from another address, and no longer from the old one. It does not wait: it is called during the regular
/// check of all machines.
pub async fn move_ssh(aws: &Aws, group: &str, old: Option<&str>, new: &str) -> Result<(), PortError> {
    allow(aws, group, ssh_rule(new)).await.map_err(|error| error.at(&aws.region, SET_RULES))?;
    let Some(old) = old.filter(|old| *old != new) else { return Ok(()) };
    let call = aws.ec2.revoke_security_group_ingress().group_id(group).ip_permissions(ssh_rule(old));
    match call.send().await.map_err(|error| refusal(&error)) {
        Ok(_) => Ok(()),
        Err(gone) if gone.is_not_found() => Ok(()),
        Err(other) => Err(other.at(&aws.region, SET_RULES)),
    }
}

/// Removes the groups that were created for a cluster: those with its tag, and the one that is `known` to have been
/// created, which may be so new that it is not listed yet. AWS keeps one while a machine that is shutting down uses it.
pub async fn remove_groups(aws: &Aws, cluster: &ClusterId, known: Option<&str>) -> Result<(), PortError> {
    let mut looks = Looks::new();
    let answer = aws
        .ec2
        .describe_security_groups()
        .filters(of_cluster(cluster))
        .send()
        .await
        .map_err(|error| refusal(&error).at(&aws.region, "find the security group"))?;
    let listed: Vec<&str> = answer.security_groups().iter().filter_map(|group| group.group_id()).collect();
    let unlisted = known.filter(|id| !listed.contains(id));
    for id in listed.into_iter().chain(unlisted) {
        let mut unseen = 0;
        loop {
            match aws.ec2.delete_security_group().group_id(id).send().await.map_err(|error| refusal(&error)) {
                Ok(_) => break,
                Err(gone) if gone.is_not_found() => {
                    unseen += 1;
                    if unlisted != Some(id) || unseen > UNSEEN_LOOKS || !looks.again().await {
                        break;
                    }
                }
                Err(used) if used.code == "DependencyViolation" && looks.again().await => (),
                Err(other) => return Err(other.at(&aws.region, "remove the security group")),
            }
        }
    }
    Ok(())
}
