//! Reads the logs of all nodes in parallel, while the run is being supervised.

use super::merge::{SharedMerge, Source};
use crate::runs::supervise::Task;
use crate::runs::tail::{self, TailState};
use futures_util::future::join_all;
use jac_model::ports::Remote;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

/// Minimum time between two reads of a log, per node: a hundred reads a second are enough for all nodes together.
const EVERY_OF_NODES: Duration = Duration::from_millis(10);

/// The interval at which the log of each node is read, for this number of nodes.
pub(super) fn every(task: &Task, nodes: usize) -> Duration {
    task.engine.settings().tail_every.max(EVERY_OF_NODES * u32::try_from(nodes).unwrap_or(u32::MAX))
}

/// A node whose log is being read, and the state of reading.
#[derive(Clone)]
pub(super) struct Tailed {
    pub name: String,
    pub remote: Arc<dyn Remote>,
    pub state: Arc<TailState>,
}

/// Reads until it is dropped.
pub(super) async fn read(task: &Task, merge: &SharedMerge, nodes: &[Tailed]) -> Infallible {
    let every = every(task, nodes.len());
    let readers = nodes.iter().map(|node| async move {
        let mut source = Source::new(merge, task, &node.name, node.remote.as_ref());
        tail::read(&mut source, &node.state, every).await
    });
    // A run has at least one node.
    match join_all(readers).await.pop() {
        Some(never) => never,
        None => std::future::pending().await,
    }
}
