//! Ends machines, and knows when all of a cluster's are gone.

use crate::aws::{Aws, Looks};
use crate::cloud::machines_now_ms;
use crate::errors::{refusal, refused};
use crate::machines::{InstanceState, Machine};
use crate::record::ClusterRecord;
use jac_model::ClusterId;
use jac_model::ports::PortError;

/// A machine that was asked for a moment ago may not be shown yet.
const UNSEEN_FOR_MS: i64 = 60_000;

/// Asks for the end of machines. Some that are gone are no fault.
pub async fn end(aws: &Aws, ids: &[String]) -> Result<(), PortError> {
    if ids.is_empty() {
        return Ok(());
    }
    let call = aws.ec2.terminate_instances().set_instance_ids(Some(ids.to_vec()));
    match call.send().await.map_err(|error| refusal(&error)) {
        Ok(_) => Ok(()),
        // All or none: with one unknown among them each is asked alone.
        Err(unknown) if unknown.is_not_found() && ids.len() > 1 => {
            for id in ids {
                Box::pin(end(aws, std::slice::from_ref(id))).await?;
            }
            Ok(())
        }
        Err(unknown) if unknown.is_not_found() => Ok(()),
        Err(other) => Err(other.at(&aws.region, "terminate the instances")),
    }
}

/// Ends every machine of the cluster and waits until all are gone.
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
        let unseen = record.is_some_and(|record| is_one_unseen(record, &seen));
        if left.is_empty() && !unseen {
            return Ok(());
        }
        let ids: Vec<String> = left
            .iter()
            .filter(|machine| !matches!(machine.state, InstanceState::Terminated))
            .map(|machine| machine.id.clone())
            .chain(record.into_iter().flat_map(|record| record.nodes.iter().filter_map(|node| node.instance.clone())))
            .collect();
        end(aws, &ids).await?;
        if !looks.again().await {
            let what = "terminate the instances";
            let reason = format!("{} of them did not terminate within two minutes; retrying", left.len());
            return Err(refused(&aws.region, what, reason));
        }
    }
}

/// A machine was asked for a moment ago and is not shown, not even as gone: it may be there and be shown a moment later, whether
/// AWS's answer is known or not.
fn is_one_unseen(record: &ClusterRecord, seen: &[Machine]) -> bool {
    let now_ms = machines_now_ms();
    record.nodes.iter().any(|node| {
        node.asked_ms.is_some_and(|asked_ms| now_ms - asked_ms < UNSEEN_FOR_MS)
            && !seen.iter().any(|machine| machine.tags.node == node.name)
    })
}
