//! Nodes of a cluster with different Java versions, which measure differently. The versions are known once the nodes are equipped, before any
//! run.

use jac_model::{Cluster, Message, Node};
use std::collections::BTreeSet;

/// The Java versions of the equipped nodes.
pub(crate) fn versions(cluster: &Cluster) -> BTreeSet<&str> {
    cluster.nodes.iter().filter_map(|node| Some(node.tools.as_ref()?.java_version.as_str())).collect()
}

/// The Java version of each node; `None`: all have the same.
pub(crate) fn different(cluster: &Cluster) -> Option<Message> {
    let versions = versions(cluster);
    if versions.len() < 2 {
        return None;
    }
    let of_version = |version: &&str| {
        let has = |node: &&Node| node.tools.as_ref().is_some_and(|tools| tools.java_version == *version);
        let names: Vec<&str> = cluster.nodes.iter().filter(has).map(|node| node.name.as_str()).collect();
        match names.as_slice() {
            [] | [_] | [_, _] | [_, _, _] => format!("{version} on {}", names.join(", ")),
            [first, second, ..] => format!("{version} on {first}, {second} and {} others", names.len() - 2),
        }
    };
    let all: Vec<String> = versions.iter().map(of_version).collect();
    let text = format!("The nodes have different Java versions, so their measurements may differ: {}.", all.join("; "));
    Some(Message::new("java_versions_differ", text).with("java", versions.into_iter().collect::<Vec<_>>()))
}
