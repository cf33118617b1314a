//! The keeper: one small process per node that terminates the node at the end of its lease. It is the local counterpart
//! of a machine's own shutdown timer, and it represents the node: when the keeper is gone, the node counts as gone.
//!
//! It terminates the node if and only if the lease has expired, was removed, or is invalid and the last valid one has
//! expired.

use crate::lease::Lease;
use crate::process;
use jac_model::ports::ProcessState;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(500);
/// The lifetime of a node whose keeper has never seen a valid lease.
const UNSEEN_LEASE: Duration = Duration::from_secs(60);

/// Watches a node until its end. This is the main function of the process that `LocalCloud` starts for the node.
pub fn keep(node: &Path) {
    let mut last = Lease::new(UNSEEN_LEASE, None);
    loop {
        let read = Lease::read(node);
        if is_over(&read, &mut last) {
            break;
        }
        if let Ok(Some(lease)) = read {
            shorten_after_run(node, lease);
        }
        std::thread::sleep(LOOK_EVERY);
    }
    end(node);
}

/// Whether the node should end, according to this reading of its lease. `last` is the last valid one.
fn is_over(read: &io::Result<Option<Lease>>, last: &mut Lease) -> bool {
    match read {
        // A removed folder has no lease either.
        Ok(None) => true,
        Ok(Some(lease)) => {
            *last = *lease;
            lease.is_over()
        }
        // An invalid lease cannot be renewed, so the last valid one counts.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => last.is_over(),
        // An unreadable lease may have been renewed: it is read again later.
        Err(_) => false,
    }
}

/// Shortens the lease, which was made long for a run, once the run's processes have ended.
fn shorten_after_run(node: &Path, lease: Lease) {
    let Some(after_run_ms) = lease.after_run_ms else { return };
    let after_run = Duration::from_millis(u64::try_from(after_run_ms).unwrap_or(0));
    if after_run < lease.left() && something_ended(node) {
        // A lease that cannot be written ends the node at its old time: late, but surely.
        drop(Lease::new(after_run, None).write(node));
    }
}

/// Processes were started on the node, and none of them runs now.
fn something_ended(node: &Path) -> bool {
    let Ok(records) = fs::read_dir(node.join("processes")) else { return false };
    let states: Vec<_> = records.flatten().map(|record| process::state(&record.path())).collect();
    // A process whose state cannot be read may be running.
    !states.is_empty() && !states.iter().any(|state| matches!(state, Ok(ProcessState::Running { .. }) | Err(_)))
}

/// Terminates everything on the node and removes it; the cluster's folder is removed with its last node.
pub fn end(node: &Path) {
    let own = std::process::id();
    // A process that is just starting is found in the next pass.
    for _ in 0..100 {
        if process::kill_all_but(node, own).is_ok_and(|others| others == 0) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(fs::remove_dir_all(node));
    if let Some(cluster) = node.parent() {
        // Fails while another node exists, which is intended.
        drop(fs::remove_dir(cluster));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_of_a_lease_ends_a_node_only_where_it_says_the_end() {
        let ok = |lease: Lease| Ok(Some(lease));
        let (long, over) = (Lease::new(UNSEEN_LEASE, None), Lease::new(Duration::ZERO, None));
        let torn = || Err(io::ErrorKind::InvalidData.into());
        let unread = || Err(io::Error::from_raw_os_error(24));
        for (mut last, read, ends) in [
            (long, ok(long), false),
            (long, ok(over), true),
            (over, ok(long), false),
            (long, Ok(None), true),
            (long, torn(), false),
            (over, torn(), true),
            (over, unread(), false),
        ] {
            assert_eq!(is_over(&read, &mut last), ends, "{read:?}");
        }
    }
}
