//! A node's lease: when it terminates itself, even if no other process is running.
//!
//! It is measured by the time since the boot, which nobody can set: a jump of the time of day ends nothing.

use jac_model::EpochMs;
use nix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The lease as stored in the node's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Its end by the time of day, which keepers of earlier versions use.
    until_ms: EpochMs,
    /// When it ends, in milliseconds since the machine's boot; `None`: an earlier version wrote it.
    #[serde(default)]
    until_boot_ms: Option<i64>,
    /// How long the node stays once nothing runs on it any more; `None`: until the lease's end.
    pub after_run_ms: Option<i64>,
}

impl Lease {
    /// A lease requested by the engine, from now on.
    pub fn new(left: Duration, after_run: Option<Duration>) -> Self {
        Self {
            until_ms: now_ms().saturating_add(millis(left)),
            until_boot_ms: Some(boot_ms().saturating_add(millis(left))),
            after_run_ms: after_run.map(millis),
        }
    }

    /// The lease of a node; `None` only if the file does not exist, which a keeper treats as expired.
    ///
    /// # Errors
    /// When the file cannot be read now; `InvalidData` when its content is not a lease.
    pub fn read(node: &Path) -> io::Result<Option<Self>> {
        let Some(bytes) = crate::process::read_if_there(&node.join("lease.json"))? else { return Ok(None) };
        let lease = serde_json::from_slice(&bytes);
        lease.map(Some).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
    }

    /// Writes it atomically. The keeper and several tasks of the server write it, so each uses a separate temporary name.
    pub fn write(self, node: &Path) -> io::Result<()> {
        static WRITTEN: AtomicU64 = AtomicU64::new(0);
        let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
        let new = node.join(format!("lease.json.{}.{number}.new", std::process::id()));
        let written =
            fs::write(&new, serde_json::to_vec(&self)?).and_then(|()| fs::rename(&new, node.join("lease.json")));
        if written.is_err() {
            // On a full disk there may be an empty one.
            drop(fs::remove_file(new));
        }
        written
    }

    pub fn is_over(self) -> bool {
        self.left().is_zero()
    }

    /// The remaining time.
    pub fn left(self) -> Duration {
        let left_ms = match self.until_boot_ms {
            Some(until_ms) => until_ms - boot_ms(),
            None => self.until_ms - now_ms(),
        };
        Duration::from_millis(u64::try_from(left_ms).unwrap_or(0))
    }
}

fn millis(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

/// Now, by this machine's clock. The keeper is a process of its own, outside of the engine's clock.
#[expect(clippy::disallowed_methods, reason = "what keepers of earlier versions go by")]
fn now_ms() -> EpochMs {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}

/// Milliseconds since the machine's boot, including the time it was suspended.
fn boot_ms() -> i64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |time| time.tv_sec() * 1000 + time.tv_nsec() / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_outlives_a_clock_that_is_set_and_a_change_of_versions() {
        let lease = Lease::new(Duration::from_secs(60), None);
        assert!((59..=60).contains(&lease.left().as_secs()));
        let set = Lease { until_ms: lease.until_ms - 2 * 3_600_000, ..lease };
        assert!(!set.is_over(), "the time of day is none of its business");
        let older = Lease { until_boot_ms: None, ..lease };
        assert!(!older.is_over() && Lease { until_ms: now_ms() - 1, ..older }.is_over());
        let text = serde_json::to_value(lease).expect("text");
        assert!(text["until_ms"].is_i64(), "an earlier keeper reads it: {text}");
        let read: Lease =
            serde_json::from_value(serde_json::json!({ "until_ms": 1, "after_run_ms": null })).expect("read");
        assert!(read.is_over());
    }

    #[test]
    fn a_lease_that_many_write_at_once_is_whole_at_every_look() {
        let node = tempfile::tempdir().expect("a folder");
        let lease = Lease::new(Duration::from_secs(60), None);
        lease.write(node.path()).expect("written");
        std::thread::scope(|scope| {
            let writers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        (0..500).try_for_each(|_| Lease::new(Duration::from_secs(60), None).write(node.path()))
                    })
                })
                .collect();
            while !writers.iter().all(std::thread::ScopedJoinHandle::is_finished) {
                assert!(matches!(Lease::read(node.path()), Ok(Some(lease)) if !lease.is_over()));
            }
            for writer in writers {
                writer.join().expect("no panic").expect("each write is done");
            }
        });
        assert_eq!(fs::read_dir(node.path()).expect("a folder").count(), 1, "nothing else is left there");
    }

    #[test]
    fn a_lease_that_is_torn_is_a_fault_and_one_that_is_gone_is_none() {
        let node = tempfile::tempdir().expect("a folder");
        assert!(matches!(Lease::read(node.path()), Ok(None)));
        fs::write(node.path().join("lease.json"), "").expect("written");
        assert_eq!(Lease::read(node.path()).expect_err("torn").kind(), io::ErrorKind::InvalidData);
    }
}
