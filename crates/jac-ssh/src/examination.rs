//! Examines all machines of a cluster before it is created: each one, then whether they can reach and resolve each other.

use crate::checks::{self, Findings, HOST_UNFIT};
use crate::connection::Link;
use futures_util::future::join_all;
use jac_model::{Fault, Message};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The findings, each with the index of its host.
#[derive(Debug)]
pub struct Examination {
    pub found: Vec<Findings>,
    /// Errors that prevent a cluster.
    pub faults: Vec<Fault>,
    /// Warnings about possible problems of a test.
    pub warnings: Vec<(usize, String)>,
}

/// Examines all machines. The first is the master.
pub async fn examine(links: &[Arc<Link>]) -> Examination {
    let mut found = join_all(links.iter().map(|link| checks::look(link, None))).await;
    let of_host = |(at, found): (usize, &Findings)| {
        let field = format!("/config/ssh/hosts/{at}");
        found.faults.iter().map(|text| Fault::at(&field, HOST_UNFIT, text)).collect::<Vec<_>>()
    };
    let mut faults: Vec<Fault> = found.iter().enumerate().flat_map(of_host).collect();
    if found.iter().all(|found| found.machine.is_some()) {
        let unreached = checks::reach(links).await;
        faults.extend(unreached.into_iter().map(|text| Fault::at("/config/ssh/hosts", HOST_UNFIT, text)));
    }
    let mut warnings = if faults.is_empty() { checks::find_each_other(links).await } else { Vec::new() };
    let of_hosts = found.iter_mut().enumerate();
    warnings.extend(of_hosts.flat_map(|(at, found)| found.warnings.drain(..).map(move |text| (at, text))));
    Examination { found, faults, warnings }
}

/// Different Java versions measure differently: reports which hosts have which. Hosts without Java get a copy of the server's.
pub fn different_javas(hosts: &[String], found: &[Findings]) -> Option<Message> {
    const SERVERS: &str = "the server's";
    let mut of_version: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (host, found) in hosts.iter().zip(found) {
        of_version.entry(found.java.as_deref().unwrap_or(SERVERS)).or_default().push(host);
    }
    if of_version.len() < 2 {
        return None;
    }
    let words = |(version, hosts): (&&str, &Vec<&str>)| match hosts.as_slice() {
        [] | [_] | [_, _] | [_, _, _] => format!("{version} on {}", hosts.join(", ")),
        [first, second, ..] => format!("{version} on {first}, {second} and {} others", hosts.len() - 2),
    };
    let text = format!(
        "The hosts have different Java versions, so their measurements may differ: {}.",
        of_version.iter().map(words).collect::<Vec<_>>().join("; ")
    );
    let versions: Vec<&str> = of_version.into_keys().collect();
    Some(Message::new("java_versions_differ", text).with("java", versions))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_with_different_javas_are_named_with_them() {
        let hosts = ["a", "b", "c"].map(str::to_owned);
        let with = |versions: [Option<&str>; 3]| {
            let found = versions.map(|java| Findings { java: java.map(str::to_owned), ..Findings::default() });
            different_javas(&hosts, &found)
        };
        assert_eq!(with([Some("17.0.1"); 3]), None);
        assert_eq!(with([None; 3]), None, "all get the same");
        let note = with([Some("17.0.1"), Some("21.0.2"), None]).expect("a note");
        assert_eq!(
            (note.code.as_str(), &note.params["java"]),
            ("java_versions_differ", &["17.0.1", "21.0.2", "the server's"].to_vec().into())
        );
        assert!(note.message.contains("21.0.2 on b"), "{note}");
    }
}
