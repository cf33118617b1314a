//! Which of its cluster's nodes take part in a run: when it is created, and again when its cluster is ready.
//!
//! How the nodes are is `runs/health.rs`'s.

use super::try_run;
use jac_model::{Cluster, Message, Node, NodePhase, ResultsMode, Role, Run, RunNode};

/// Updates the run's nodes to those of its cluster: some may have failed to launch while it waited.
pub(super) fn take_nodes(run: &mut Run, cluster: &Cluster) {
    let (requested, workers) = (run.workers, try_run::workers(run.try_run, cluster.worker_count()));
    run.nodes = nodes_of(cluster, run.results, run.try_run);
    if workers == requested {
        return;
    }
    run.workers = workers;
    // Each worker runs the whole plan, unless its totals are divided among them.
    if run.share.is_empty() {
        run.total_threads =
            run.total_threads.map(|threads| threads / u64::from(requested.max(1)) * u64::from(workers.max(1)));
    }
    let text = format!("Only {workers} of {requested} workers launched: the load is that of {workers}.");
    run.notes.push(Message::new("fewer_workers", text).with("requested", requested).with("workers", workers));
}

/// The nodes of the cluster that take part in a run: with direct results the workers only; in a try run one node.
pub(super) fn nodes_of(cluster: &Cluster, results: ResultsMode, is_try: bool) -> Vec<RunNode> {
    let has_part = |node: &&Node| results == ResultsMode::Rmi || node.role == Role::Worker;
    let most = if is_try { 1 } else { usize::MAX };
    cluster.nodes.iter().filter(has_part).take(most).map(waiting_node).collect()
}

fn waiting_node(node: &Node) -> RunNode {
    RunNode {
        name: node.name.clone(),
        role: node.role,
        state: NodePhase::Waiting,
        exit_code: None,
        ports: Vec::new(),
        clock_offset_ms: None,
        health: None,
        first_sample_ms: None,
        lost_ms: None,
        log: None,
    }
}
