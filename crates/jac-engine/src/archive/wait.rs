//! A cluster that is about to end waits for its runs to be stored, as long as their uploads move.

use super::{Archive, lock};
use crate::engine::Engine;
use jac_model::{ClusterId, Message};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a cluster that is due for termination waits for an upload without progress. All its results are already on this machine.
const STALL_LIMIT: Duration = Duration::from_secs(60);

const POLL_EVERY: Duration = Duration::from_millis(200);

/// Progress of a cluster's runs that are being stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moved {
    bytes: u64,
    /// `false`: all attempts have failed so far, and the next one comes later.
    may_move: bool,
}

impl Archive {
    /// The progress of the cluster's runs that are not stored yet. `None`: all are stored.
    fn moved_of(&self, cluster: &ClusterId) -> Option<Moved> {
        let pending = lock(&self.pending);
        let mut of_cluster = pending.values().filter(|pending| pending.cluster == *cluster).peekable();
        of_cluster.peek()?;
        let mut moved = Moved { bytes: 0, may_move: false };
        for pending in of_cluster {
            moved.bytes += pending.bytes.load(Ordering::Relaxed) + u64::from(pending.is_uploading);
            moved.may_move |= pending.is_uploading || pending.failed.is_none();
        }
        Some(moved)
    }
}

impl Engine {
    /// A cluster's results are in the store before it ends, as long as they move there.
    pub(crate) async fn wait_for_archive(&self, cluster: &ClusterId) {
        let Some(archive) = self.archive() else { return };
        if lock(&archive.unawaited).contains(cluster) {
            return;
        }
        let mut deadline = Instant::now() + STALL_LIMIT;
        let mut before = None;
        while let Some(moved) = archive.moved_of(cluster) {
            if before != Some(moved.bytes) {
                before = Some(moved.bytes);
                deadline = Instant::now() + STALL_LIMIT;
            }
            if !moved.may_move || Instant::now() > deadline {
                let text = "Its results are complete on the JAC server but not yet in the store; they are uploaded from \
                     there.";
                lock(&archive.unawaited).insert(cluster.clone());
                self.note_cluster(cluster, None, Message::new("archive_pending", text)).await;
                return;
            }
            sleep(POLL_EVERY).await;
        }
    }
}
