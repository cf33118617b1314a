//! The keeper: one small process per node that ends the node at its lease. It is the local counterpart of a machine's
//! own shutdown timer, and it is the node: when the keeper is gone, the node counts as gone.
//!
//! It ends the node if and only if the lease is over, is none, or is gone with the node's folder.

use crate::lease::Lease;
use crate::process;
use jac_model::ports::ProcessState;
use std::fs;
use std::path::Path;
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looks after a node until its end. This is the whole life of the process that `LocalCloud` starts for the node.
pub fn keep(node: &Path) {
    loop {
        // A folder that is gone has no lease either. What cannot be read now is looked at again.
        match Lease::read(node) {
            Ok(None) => break,
            Ok(Some(lease)) if lease.is_over() => break,
            Ok(Some(lease)) => shorten_after_run(node, lease),
            Err(_) => (),
        }
        std::thread::sleep(LOOK_EVERY);
    }
    end(node);
}

/// Once what ran has ended, the lease that was made long for it becomes short again.
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
    // One that cannot be looked at may run.
    !states.is_empty() && !states.iter().any(|state| matches!(state, Ok(ProcessState::Running { .. }) | Err(_)))
}

/// Ends everything on the node and removes it; the cluster's folder goes with its last node.
pub fn end(node: &Path) {
    let own = std::process::id();
    // What is being started while we look is found at the next look.
    for _ in 0..100 {
        if process::kill_all_but(node, own).is_ok_and(|others| others == 0) {
            break;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    drop(fs::remove_dir_all(node));
    if let Some(cluster) = node.parent() {
        // Fails while another node is there, which is meant.
        drop(fs::remove_dir(cluster));
    }
}
