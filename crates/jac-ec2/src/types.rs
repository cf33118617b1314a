//! Instance types: what processor, how much memory, how many virtual processors.

use crate::aws::Aws;
use crate::errors::{refusal, refused};
use aws_sdk_ec2::types::{ArchitectureType, InstanceType};
use jac_model::ports::PortError;

/// The properties of an instance type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    pub name: String,
    /// `x86_64` or `arm64`, as in images.
    pub architecture: String,
    pub memory_mb: u64,
    pub vcpus: u32,
}

/// Queries AWS. `None`: the region does not have the type.
pub async fn look_up(aws: &Aws, name: &str) -> Result<Option<Kind>, PortError> {
    let what = format!("describe the instance type {name}");
    let answer = aws.ec2.describe_instance_types().instance_types(InstanceType::from(name)).send().await;
    let answer = match answer.map_err(|error| refusal(&error)) {
        Ok(answer) => answer,
        Err(no) if no.code == "InvalidInstanceType" || no.code == "InvalidParameterValue" => return Ok(None),
        Err(other) => return Err(other.at(&aws.region, &what)),
    };
    let Some(found) = answer.instance_types().first() else { return Ok(None) };
    let architectures = found.processor_info().map(|info| info.supported_architectures()).unwrap_or_default();
    let architecture = [ArchitectureType::X8664, ArchitectureType::Arm64]
        .into_iter()
        .find(|known| architectures.contains(known))
        .ok_or_else(|| refused(&aws.region, &what, format!("{name} has an unsupported architecture")))?;
    let memory_mb = found.memory_info().and_then(|memory| memory.size_in_mib()).unwrap_or(2048);
    let vcpus = found.v_cpu_info().and_then(|info| info.default_v_cpus()).unwrap_or(1);
    Ok(Some(Kind {
        name: name.to_owned(),
        architecture: architecture.as_str().to_owned(),
        memory_mb: u64::try_from(memory_mb).unwrap_or(2048),
        vcpus: u32::try_from(vcpus).unwrap_or(1),
    }))
}
