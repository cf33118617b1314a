//! The grace period after a start: if the clock is hours wrong when the server starts, nothing ends at once.
//!
//! A wrong clock cannot be distinguished from a server that was stopped for hours. So whatever existed before the start
//! and has expired continues for a while: there is time to notice it, and to set the clock right or extend what is
//! needed. Repeated starts do not repeat the grace period: the machines cost money.

use crate::engine::Engine;
use jac_model::{Cluster, EpochMs, Message};
use jac_store::DataFolder;
use std::time::Duration;

/// Starts closer together than this, by the clock, share one grace period.
const ONCE_IN: Duration = Duration::from_secs(60 * 60);

/// Until when expired items continue after a start at that time. A folder that cannot be written to gets a new grace period each time.
pub(crate) fn grace_until_ms(folder: &DataFolder, started_ms: EpochMs, grace: Duration) -> EpochMs {
    let path = folder.grace();
    let granted_ms = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse::<EpochMs>().ok());
    let is_near = |granted_ms: &EpochMs| started_ms.abs_diff(*granted_ms) < ONCE_IN.as_millis() as u64;
    let granted_ms = granted_ms.filter(is_near).unwrap_or_else(|| {
        if let Err(error) = std::fs::write(&path, started_ms.to_string()) {
            tracing::warn!(%error, "{} cannot be written: {error}", path.display());
        }
        started_ms
    });
    granted_ms.saturating_add(millis(grace))
}

pub(crate) fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

impl Engine {
    /// When an item created at `made_ms` that expires at `end_ms` actually ends. Items from before this engine's start continue for a
    /// while in any case: if the clock is wrong, there is time to notice it.
    pub(crate) fn after_grace_ms(&self, made_ms: EpochMs, end_ms: EpochMs) -> EpochMs {
        let started_ms = self.started_ms();
        if made_ms < started_ms { end_ms.max(self.grace_until_ms()) } else { end_ms }
    }

    /// How long a cluster's machines are kept: until its lifetime's end, and after a start at least until a run can be
    /// stopped after the grace period.
    pub(crate) fn expiry_ms(&self, cluster: &Cluster) -> EpochMs {
        let grace_ms = self.after_grace_ms(cluster.created_ms, EpochMs::MIN);
        cluster.expires_at_ms.max(grace_ms.saturating_add(millis(self.settings().start_grace)))
    }

    /// Reports when a cluster that had expired before this engine's start will end.
    pub(crate) async fn report_grace(&self, cluster: &Cluster) {
        let end_ms = cluster.idle_ends_at_ms().unwrap_or(EpochMs::MAX).min(cluster.expires_at_ms);
        if end_ms < self.started_ms() && self.after_grace_ms(cluster.created_ms, end_ms) > end_ms {
            let seconds = (self.after_grace_ms(cluster.created_ms, end_ms) - self.now_ms()).max(0) / 1_000;
            let text = format!(
                "Its lifetime had expired when the server started. It will be terminated in {seconds} s unless you \
                 extend it. Check the server's clock."
            );
            let message = Message::new("expired_at_start", text).with("seconds", seconds);
            self.note_cluster(&cluster.id, None, message).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_near_each_other_have_one_grace_and_a_clock_that_is_hours_wrong_has_another() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = DataFolder::open(&place.path().join("data")).expect("it opens");
        let (minute, grace) = (60_000, Duration::from_secs(300));
        let first = 1_800_000_000_000;
        assert_eq!(grace_until_ms(&folder, first, grace), first + 5 * minute);
        for restart in 1..30 {
            let until = grace_until_ms(&folder, first + restart * 2 * minute - 1, grace);
            assert_eq!(until, first + 5 * minute, "start {restart} of a server that fails again and again");
        }
        for jump in [2 * 60 * minute, -2 * 60 * minute, 365 * 24 * 60 * minute] {
            assert_eq!(grace_until_ms(&folder, first + jump, grace), first + jump + 5 * minute);
        }
        // The folder is opened again with its new contents.
        DataFolder::open(folder.root()).expect("it opens");
    }
}
