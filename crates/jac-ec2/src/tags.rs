//! The tags of JAC's resources. They are part of the call that creates a resource, so that none ever exists without
//! them.

use aws_sdk_ec2::types::{Filter, ResourceType, Tag, TagSpecification};
use jac_model::ports::NodeRequest;
use jac_model::{ClusterId, EpochMs, Person, Role};
use std::collections::BTreeMap;

pub const INSTALLATION: &str = "jac:installation";
pub const CLUSTER: &str = "jac:cluster";
pub const CLUSTER_NAME: &str = "jac:cluster-name";
pub const OWNER: &str = "jac:owner";
pub const OWNER_NAME: &str = "jac:owner-name";
pub const ROLE: &str = "jac:role";
pub const NODE: &str = "jac:node";
pub const EXPIRES_AT: &str = "jac:expires-at";
/// The seed of the cluster's keys, sealed for this installation.
pub const KEY: &str = "jac:key";
/// AWS's own, for people.
pub const NAME: &str = "Name";
/// A tag's value has at most 256 characters.
const LONGEST: usize = 255;

pub fn tag(name: &str, value: impl Into<String>) -> Tag {
    let value: String = value.into();
    Tag::builder().key(name).value(value.chars().take(LONGEST).collect::<String>()).build()
}

pub fn filter(name: &str, value: &str) -> Filter {
    Filter::builder().name(name).values(value).build()
}

/// Matches resources of this installation.
pub fn ours(installation: &str) -> Filter {
    filter(&format!("tag:{INSTALLATION}"), installation)
}

/// Matches resources of any of the clusters.
pub fn of_clusters<'a>(clusters: impl IntoIterator<Item = &'a ClusterId>) -> Filter {
    let ids = clusters.into_iter().map(ToString::to_string).collect();
    Filter::builder().name(format!("tag:{CLUSTER}")).set_values(Some(ids)).build()
}

/// Matches resources of the cluster.
pub fn of_cluster(cluster: &ClusterId) -> Filter {
    of_clusters([cluster])
}

/// The tags of all resources of a cluster.
pub fn of_all(
    installation: &str,
    request: &NodeRequest,
    further: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let ours = [
        (INSTALLATION, installation.to_owned()),
        (CLUSTER, request.cluster.to_string()),
        (CLUSTER_NAME, request.cluster_name.clone()),
        (OWNER, request.owner.id.clone()),
        (OWNER_NAME, request.owner.name.clone()),
        (EXPIRES_AT, time_text(request.expires_at_ms)),
    ];
    let mut tags = further.clone();
    tags.extend(ours.map(|(name, value)| (name.to_owned(), value)));
    tags
}

/// The tags in the SDK's form.
pub fn list(tags: &BTreeMap<String, String>) -> Vec<Tag> {
    tags.iter().map(|(name, value)| tag(name, value)).collect()
}

/// The tags of one node's machine, disk and network interface.
pub fn of_node(common: &[Tag], name: &str, role: Role, cluster_name: &str, sealed_seed: &str) -> Vec<Tag> {
    let mut tags = common.to_vec();
    tags.extend([tag(NODE, name), tag(ROLE, role_text(role)), tag(NAME, format!("JAC {cluster_name} {name}"))]);
    if role == Role::Master {
        tags.push(tag(KEY, sealed_seed));
    }
    tags
}

pub fn specification(kind: ResourceType, tags: Vec<Tag>) -> TagSpecification {
    TagSpecification::builder().resource_type(kind).set_tags(Some(tags)).build()
}

fn role_text(role: Role) -> &'static str {
    match role {
        Role::Master => "master",
        Role::Worker => "worker",
    }
}

/// Milliseconds since 1970 in the format of RFC 3339, readable in AWS's console.
pub fn time_text(time_ms: EpochMs) -> String {
    let time = aws_sdk_ec2::primitives::DateTime::from_millis(time_ms);
    time.fmt(aws_sdk_ec2::primitives::DateTimeFormat::DateTime).unwrap_or_else(|_| time_ms.to_string())
}

pub fn time_of_text(text: &str) -> Option<EpochMs> {
    let format = aws_sdk_ec2::primitives::DateTimeFormat::DateTime;
    aws_sdk_ec2::primitives::DateTime::from_str(text, format).ok()?.to_millis().ok()
}

/// The contents of a machine's tags.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MachineTags {
    pub cluster: ClusterId,
    pub cluster_name: String,
    pub owner: Person,
    pub node: String,
    pub role: Role,
    pub expires_at_ms: Option<EpochMs>,
    pub sealed_seed: Option<String>,
}

impl MachineTags {
    /// `None` if they are not ours.
    pub fn of(tags: &[Tag]) -> Option<Self> {
        let value = |name: &str| tags.iter().find(|tag| tag.key() == Some(name)).and_then(Tag::value);
        let cluster: ClusterId = value(CLUSTER)?.parse().ok()?;
        let node = value(NODE)?.to_owned();
        let role = if value(ROLE)? == role_text(Role::Master) { Role::Master } else { Role::Worker };
        let owner = value(OWNER).unwrap_or_default();
        Some(Self {
            cluster_name: value(CLUSTER_NAME).unwrap_or(cluster.as_str()).to_owned(),
            owner: Person { id: owner.to_owned(), name: value(OWNER_NAME).unwrap_or(owner).to_owned() },
            node,
            role,
            expires_at_ms: value(EXPIRES_AT).and_then(time_of_text),
            sealed_seed: value(KEY).map(str::to_owned),
            cluster,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let request = NodeRequest {
            cluster: ClusterId::from_random([5; 8]),
            name: "master".to_owned(),
            role: Role::Master,
            nodes_in_cluster: 3,
            lease: std::time::Duration::ZERO,
            cluster_name: "Friday's".to_owned(),
            owner: Person { id: "admin".to_owned(), name: "Administrator".to_owned() },
            expires_at_ms: 1_764_000_000_000,
        };
        let further = BTreeMap::from([("team".to_owned(), "shop".to_owned())]);
        let common = list(&of_all("an installation", &request, &further));
        let tags = of_node(&common, "master", Role::Master, "Friday's", "c2VhbGVk");
        let tags_read = MachineTags::of(&tags).expect("they are ours");
        assert_eq!(
            (tags_read.cluster, tags_read.node.as_str(), tags_read.role),
            (request.cluster, "master", Role::Master)
        );
        assert_eq!((tags_read.owner, tags_read.cluster_name.as_str()), (request.owner, "Friday's"));
        assert_eq!(
            (tags_read.expires_at_ms, tags_read.sealed_seed.as_deref()),
            (Some(1_764_000_000_000), Some("c2VhbGVk"))
        );
        assert!(tags.iter().any(|tag| tag.key() == Some("team") && tag.value() == Some("shop")));
        assert_eq!(MachineTags::of(&common), None, "a volume's tags name no node");
        let worker = of_node(&common, "worker-1", Role::Worker, "Friday's", "c2VhbGVk");
        assert_eq!(MachineTags::of(&worker).expect("ours").sealed_seed, None, "one copy of the key is enough");
    }
}
