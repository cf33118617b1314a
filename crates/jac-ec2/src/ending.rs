//! Terminates machines, and detects when all of a cluster's are gone.

use crate::aws::{Aws, Looks};
use crate::cloud::machines_now_ms;
use crate::errors::{Refusal, refusal, refused};
use crate::machines::{InstanceState, Machine};
use crate::record::{ClusterRecord, NodeRecord};
use jac_model::ClusterId;
use jac_model::ports::PortError;

/// A machine that was requested less than this time ago may not be listed yet.
const UNSEEN_FOR_MS: i64 = 60_000;

/// Requests the termination of machines. It is not a fault if some are gone.
pub async fn end(aws: &Aws, ids: Vec<String>) -> Result<(), PortError> {
    let ended = for_all_known(ids, |ids| async {
        let call = aws.ec2.terminate_instances().set_instance_ids(Some(ids));
        call.send().await.map(drop).map_err(|error| refusal(&error))
    });
    ended.await.map_err(|error| error.at(&aws.region, "terminate the instances"))
}

/// Makes a call for machines of which some may be gone. AWS executes it for all or for none, so unknown machines are
/// found by bisection: with one of 200 gone this takes 17 calls, whereas one call for each would exhaust the account's
/// rate limit.
pub async fn for_all_known<F: Future<Output = Result<(), Refusal>>>(
    ids: Vec<String>,
    call: impl Fn(Vec<String>) -> F,
) -> Result<(), Refusal> {
    let mut left = vec![ids];
    while let Some(mut ids) = left.pop() {
        if ids.is_empty() {
            continue;
        }
        match call(ids.clone()).await {
            Err(unknown) if unknown.is_not_found() => {
                if ids.len() > 1 {
                    let others = ids.split_off(ids.len() / 2);
                    left.extend([others, ids]);
                }
            }
            done => done?,
        }
    }
    Ok(())
}

/// Terminates every machine of the cluster and waits until all are gone.
pub async fn end_all(
    aws: &Aws,
    installation: &str,
    cluster: &ClusterId,
    record: Option<&ClusterRecord>,
) -> Result<(), PortError> {
    let mut looks = Looks::new();
    loop {
        let seen = aws.describing.of_cluster(aws, installation, cluster).await?;
        let left: Vec<&Machine> = seen.iter().filter(|machine| machine.state != InstanceState::Terminated).collect();
        let unseen = record.map(|record| unseen(record, &seen)).unwrap_or_default();
        if left.is_empty() && unseen.is_empty() {
            return Ok(());
        }
        let known = unseen.into_iter().filter_map(|node| node.instance.clone());
        end(aws, left.iter().map(|machine| machine.id.clone()).chain(known).collect()).await?;
        if !looks.again().await {
            let what = "terminate the instances";
            let reason = format!("{} of them did not terminate within two minutes; retrying", left.len());
            return Err(refused(&aws.region, what, reason));
        }
    }
}

/// The nodes that were requested a moment ago and are not listed, not even as terminated: they may exist and appear a
/// moment later, whether AWS's response is known or not.
fn unseen<'a>(record: &'a ClusterRecord, seen: &[Machine]) -> Vec<&'a NodeRecord> {
    let now_ms = machines_now_ms();
    let is_recent = |node: &&NodeRecord| node.asked_ms.is_some_and(|asked_ms| now_ms - asked_ms < UNSEEN_FOR_MS);
    let is_shown = |node: &NodeRecord| seen.iter().any(|machine| machine.tags.node == node.name);
    record.nodes.iter().filter(is_recent).filter(|node| !is_shown(node)).collect()
}
