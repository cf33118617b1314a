//! The tools that runs need on the nodes of a cluster: a Java and a JMeter, found there or copied by the provider.
//!
//! It can be repeated at any time, and is repeated before each run, because a machine may have been cleaned up
//! meanwhile.

use crate::engine::{Engine, Lines};
use crate::error::EngineError;
use crate::fan_out::try_for_all;
use crate::retrying::RetryingRemote;
use crate::tools::RequestedJMeter;
use jac_jmeter::JMeterHome;
use jac_jmeter::install::Progress;
use jac_model::ports::Remote;
use jac_model::{Cluster, ClusterId, Message, NodeTools};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::{Instant, timeout};

impl Engine {
    /// Equips all nodes, each as fast as it can, and writes into the row what each has.
    pub(crate) async fn equip(&self, id: &ClusterId) -> Result<Cluster, EngineError> {
        let limit = self.settings().equip_limit;
        timeout(limit, self.equip_nodes(id)).await.unwrap_or_else(|_| {
            let minutes = limit.as_secs() / 60;
            Err(EngineError::JMeter(format!("Java and JMeter were not set up on the nodes within {minutes} minutes.")))
        })
    }

    async fn equip_nodes(&self, id: &ClusterId) -> Result<Cluster, EngineError> {
        let cluster = self.store().cluster(id).await?;
        let home = self.jmeter_of(&cluster).await?;
        let cloud = self.cloud(cluster.provider)?;
        let equip = async |lines: Lines| {
            let progress = |node: &str, message: Message| lines.add(Some(node), message);
            let equipped = cluster.nodes.iter().map(|node| {
                let remote =
                    RetryingRemote { remote: cloud.remote(id, &node.name), limit: self.settings().unreachable_limit };
                let (home, progress) = (home.path(), &progress);
                async move { Ok::<_, EngineError>((node.name.clone(), remote.equip(home, progress).await?)) }
            });
            try_for_all(equipped).await
        };
        let tools: HashMap<String, NodeTools> = self.note_while(id, equip).await?.into_iter().collect();
        let known = cluster.nodes.iter().all(|node| node.tools.as_ref() == tools.get(&node.name));
        if known {
            return Ok(cluster);
        }
        self.say_what_it_has(id, &home, &tools).await;
        let (cluster, ()) = self
            .change_cluster(id, move |cluster| {
                for node in &mut cluster.nodes {
                    node.tools = tools.get(&node.name).cloned();
                }
                Ok(())
            })
            .await?;
        Ok(cluster)
    }

    async fn say_what_it_has(&self, id: &ClusterId, home: &JMeterHome, tools: &HashMap<String, NodeTools>) {
        let versions: BTreeSet<&str> = tools.values().map(|tools| tools.java_version.as_str()).collect();
        let text = match versions.len() {
            0 | 1 => format!("JMeter {} on Java {}.", home.version(), versions.first().unwrap_or(&"unknown")),
            _ => format!(
                "JMeter {}; the nodes have different Java versions ({}), so their measurements may differ.",
                home.version(),
                versions.iter().copied().collect::<Vec<_>>().join(", ")
            ),
        };
        let message = Message::new("tools_found", text).with("jmeter", home.version());
        self.note_cluster(id, None, message.with("java", versions.into_iter().collect::<Vec<_>>())).await;
    }

    async fn jmeter_of(&self, cluster: &Cluster) -> Result<JMeterHome, EngineError> {
        let reported = std::sync::Mutex::new(Instant::now());
        let progress = |lines: &Lines, progress: Progress| {
            // Once a second is enough for a line that people read.
            if !matches!(progress, Progress::Step(_)) {
                let mut reported = reported.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                if reported.elapsed() < Duration::from_secs(1) {
                    return;
                }
                *reported = Instant::now();
            }
            lines.add(None, in_words(progress));
        };
        let fetch = async |lines: Lines| {
            let report = |step: Progress| progress(&lines, step);
            self.toolbox().jmeter(&RequestedJMeter::of(&cluster.config), &report).await
        };
        self.note_while(&cluster.id, fetch).await
    }
}

fn in_words(progress: Progress) -> Message {
    let fetching = |text| Message::new("fetching_jmeter", format!("Downloading JMeter: {text}."));
    match progress {
        Progress::Step(text) => Message::new("jmeter_step", text),
        Progress::Downloading { bytes, total: Some(total) } => {
            fetching(format!("{} of {} MB", bytes / 1_000_000, total / 1_000_000))
                .with("done", bytes)
                .with("total", total)
                .with("unit", "bytes")
        }
        Progress::Downloading { bytes, total: None } => {
            fetching(format!("{} MB", bytes / 1_000_000)).with("done", bytes).with("unit", "bytes")
        }
        Progress::Maven { artefacts } => {
            fetching(format!("{artefacts} files")).with("done", artefacts).with("unit", "files")
        }
    }
}
