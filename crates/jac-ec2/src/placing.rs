//! The next place for a node for which AWS has no capacity: the same type in another zone, then the next type of its
//! list.

use crate::record::{LaunchRecord, NodeRecord};
use jac_model::Role;
use std::collections::HashSet;

/// Places without capacity: an instance type in a subnet, which is in one zone.
pub type Exhausted = HashSet<(String, String)>;

/// The subnet in which a node is requested.
pub fn subnet<'a>(launch: &'a LaunchRecord, node: &'a NodeRecord) -> Option<&'a String> {
    node.subnet.as_ref().or(launch.subnets.first())
}

/// Type and subnet with which a node is currently requested.
pub fn place(launch: &LaunchRecord, node: &NodeRecord) -> (String, String) {
    (node.kind.name.clone(), subnet(launch, node).cloned().unwrap_or_default())
}

/// The node with its next place; `None` if there is no further one. A master has only one type.
pub fn next(launch: &LaunchRecord, node: &NodeRecord, exhausted: &Exhausted) -> Option<NodeRecord> {
    let own = std::slice::from_ref(&node.kind);
    let kinds = match node.role {
        Role::Worker if !launch.worker_kinds.is_empty() => &launch.worker_kinds[..],
        Role::Worker | Role::Master => own,
    };
    let subnets = || launch.subnets.iter().chain(&launch.other_subnets);
    let mut places = kinds.iter().flat_map(|kind| subnets().map(move |subnet| (kind, subnet)));
    let (kind, subnet) = places.find(|(kind, subnet)| !exhausted.contains(&(kind.name.clone(), (*subnet).clone())))?;
    Some(NodeRecord { kind: kind.clone(), subnet: Some(subnet.clone()), is_moved: true, ..node.clone() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{Group, KindRecord};
    use std::collections::BTreeMap;

    fn kind(name: &str) -> KindRecord {
        let text = |text: &str| text.to_owned();
        KindRecord { name: text(name), image: text("ami-1"), root_device: text("/dev/xvda"), memory_mb: 4096 }
    }

    fn launch() -> LaunchRecord {
        LaunchRecord {
            vpc: "vpc-1".to_owned(),
            subnets: vec!["subnet-a".to_owned()],
            other_subnets: vec!["subnet-b".to_owned()],
            worker_kinds: vec![kind("c6i.large"), kind("c5.large")],
            group: Group { id: "sg-1".to_owned(), is_ours: true, ssh_from: None },
            first_lease_s: 3600,
            tags: BTreeMap::new(),
            common_tags: BTreeMap::new(),
            first_boot: None,
            sealed_seed: String::new(),
        }
    }

    fn places(role: Role) -> Vec<(String, String)> {
        let launch = launch();
        let mut exhausted = Exhausted::new();
        let first = NodeRecord {
            name: "a node".to_owned(),
            role,
            kind: kind("c6i.large"),
            subnet: Some("subnet-a".to_owned()),
            is_moved: false,
            asked_ms: None,
            instance: None,
            is_up: false,
            ssh_address: None,
            private_address: None,
            zone: None,
        };
        std::iter::successors(Some(first), |node| {
            exhausted.insert(place(&launch, node));
            next(&launch, node, &exhausted)
        })
        .map(|node| place(&launch, &node))
        .collect()
    }

    #[test]
    fn another_zone_comes_before_another_type_and_a_master_stays_of_its_own() {
        let pair = |kind: &str, subnet: &str| (kind.to_owned(), subnet.to_owned());
        let zones = [pair("c6i.large", "subnet-a"), pair("c6i.large", "subnet-b")];
        assert_eq!(places(Role::Master), zones);
        let types = [pair("c5.large", "subnet-a"), pair("c5.large", "subnet-b")];
        assert_eq!(places(Role::Worker), [zones, types].concat());
    }
}
