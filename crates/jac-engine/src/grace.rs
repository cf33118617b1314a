//! The grace after a start: a clock that is hours wrong when the server starts ends nothing at once.
//!
//! Nobody can tell such a clock from a server that was away for hours. So what was there before the start and whose time is over goes on for a
//! while: somebody has the time to see it, and to set the clock right or extend what they need.

use crate::engine::Engine;
use jac_model::{Cluster, EpochMs};
use std::time::Duration;

pub(crate) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Engine {
    /// When something ends that was to end at `end_ms` and was made at `made_ms`. What was there before this engine's start goes on for a
    /// while in any case: the clock may be wrong, and then somebody has the time to see it.
    pub(crate) fn after_grace_ms(&self, made_ms: EpochMs, end_ms: EpochMs) -> EpochMs {
        let started_ms = self.started_ms();
        if made_ms < started_ms { end_ms.max(started_ms + millis(self.settings().start_grace)) } else { end_ms }
    }

    /// Until when a cluster's machines are kept: its lifetime's end, and after a start as long as it takes to stop a run after the grace.
    pub(crate) fn expiry_ms(&self, cluster: &Cluster) -> EpochMs {
        let grace_ms = self.after_grace_ms(cluster.created_ms, EpochMs::MIN);
        cluster.expires_at_ms.max(grace_ms.saturating_add(millis(self.settings().start_grace)))
    }

    /// Says of a cluster whose time was over before this engine's start when it ends.
    pub(crate) async fn tell_grace(&self, cluster: &Cluster) {
        let end_ms = cluster.idle_ends_at_ms().unwrap_or(EpochMs::MAX).min(cluster.expires_at_ms);
        if end_ms < self.started_ms() && self.after_grace_ms(cluster.created_ms, end_ms) > end_ms {
            let seconds = self.settings().start_grace.as_secs();
            let text = format!(
                "Its time was over when the server started. It ends in {seconds} s, unless it is extended: check the server's clock."
            );
            self.note_cluster(&cluster.id, None, text).await;
        }
    }
}
