//! Whether the account may have that many machines: its quota of virtual processors, and what of it is used.
//!
//! Codes and families: "Amazon EC2 On-Demand Instance quotas" and "Spot Instance quotas" in EC2's user guide.

use crate::aws::Aws;
use crate::errors::refusal;
use crate::tags::filter;
use crate::types::Kind;
use aws_sdk_ec2::types::InstanceLifecycleType;

/// The quota of the families A, C, D, H, I, M, R, T and Z, in virtual processors.
const STANDARD: &str = "L-1216C47A";
const STANDARD_SPOT: &str = "L-34B43A08";

/// The code of the fault.
pub const CODE: &str = "quota";

/// Result for a launch: `Ok(Some(fault))`, `Ok(None)` if it fits the quota, `Err(note)` if that is unknown.
pub async fn look(
    aws: &Aws,
    master: &Kind,
    worker: Option<(&Kind, u32)>,
    spot: bool,
) -> Result<Option<String>, String> {
    let kinds = std::iter::once((master, 1)).chain(worker);
    if kinds.clone().any(|(kind, _)| !is_standard(&kind.name)) {
        return Err("The account's quota was not checked: the instance type has a separate quota.".to_owned());
    }
    let needed: u32 = kinds.map(|(kind, count)| kind.vcpus * count).sum();
    let unknown = |reason: String| format!("The account's quota could not be checked: {reason}.");
    let code = if spot { STANDARD_SPOT } else { STANDARD };
    let quota = aws
        .quotas
        .get_service_quota()
        .service_code("ec2")
        .quota_code(code)
        .send()
        .await
        .map_err(|error| unknown(refusal(&error).with_origin()))?;
    let most = quota.quota().and_then(|quota| quota.value()).ok_or_else(|| unknown("AWS gave no value".to_owned()))?;
    let used = in_use(aws, spot).await.map_err(unknown)?;
    Ok((f64::from(used + needed) > most).then(|| {
        format!(
            "The cluster needs {needed} vCPUs, but the account's quota in {} has {} of {most} left. Request an \
             increase under Service Quotas ({code}), or use fewer or smaller instances.",
            aws.region,
            (most - f64::from(used)).max(0.0)
        )
    }))
}

fn is_standard(kind: &str) -> bool {
    kind.starts_with(['a', 'c', 'd', 'h', 'i', 'm', 'r', 't', 'z'])
        && !["hpc", "inf", "trn", "dl", "mac"].iter().any(|other| kind.starts_with(other))
}

async fn in_use(aws: &Aws, spot: bool) -> Result<u32, String> {
    let mut pages =
        aws.ec2.describe_instances().filters(filter("instance-state-name", "running")).into_paginator().send();
    let mut used = 0;
    while let Some(page) = pages.next().await {
        let page = page.map_err(|error| refusal(&error).with_origin())?;
        for instance in page.reservations().iter().flat_map(|reservation| reservation.instances()) {
            let kind = instance.instance_type().map(|kind| kind.as_str()).unwrap_or_default();
            let is_spot = instance.instance_lifecycle() == Some(&InstanceLifecycleType::Spot);
            if is_spot == spot && is_standard(kind) {
                let options = instance.cpu_options();
                let cores = options.and_then(|options| options.core_count()).unwrap_or(1);
                let threads = options.and_then(|options| options.threads_per_core()).unwrap_or(1);
                used += u32::try_from(cores * threads).unwrap_or(1);
            }
        }
    }
    Ok(used)
}
