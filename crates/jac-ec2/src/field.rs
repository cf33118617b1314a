//! The fields of a request for a cluster that faults are about: JSON pointers (RFC 6901) into its body.

pub const REGION: &str = "/config/ec2/region";
pub const CREDENTIALS: &str = "/config/ec2/credentials";
pub const IMAGE: &str = "/config/ec2/image";
pub const VPC: &str = "/config/ec2/vpc";
pub const SUBNETS: &str = "/config/ec2/subnets";
pub const SECURITY_GROUP: &str = "/config/ec2/security_group";
pub const SSH_FROM: &str = "/config/ec2/ssh_from";
pub const KEY_NAME: &str = "/config/ec2/key_name";
pub const MASTER_TYPE: &str = "/config/ec2/master_type";
pub const WORKER_TYPE: &str = "/config/ec2/worker_type";
pub const FALLBACK_WORKER_TYPES: &str = "/config/ec2/fallback_worker_types";
pub const WORKERS: &str = "/config/workers";

/// The field that a rejection of `RunInstances` is about, by its code (EC2's API reference, "Error codes").
pub fn of_refusal(code: &str) -> Option<&'static str> {
    let beginnings = [
        ("InvalidSubnet", SUBNETS),
        ("InvalidAMI", IMAGE),
        ("InvalidKeyPair", KEY_NAME),
        ("InvalidGroup", SECURITY_GROUP),
        ("InvalidSecurityGroup", SECURITY_GROUP),
        ("InvalidVpc", VPC),
        ("InvalidInstanceType", WORKER_TYPE),
        // The type is not offered in the zone, or not for the image's architecture.
        ("Unsupported", WORKER_TYPE),
        ("InsufficientInstanceCapacity", WORKER_TYPE),
        ("VcpuLimitExceeded", WORKERS),
        ("InstanceLimitExceeded", WORKERS),
        ("MaxSpotInstanceCountExceeded", WORKERS),
    ];
    beginnings.iter().find(|(beginning, _)| code.starts_with(beginning)).map(|(_, field)| *field)
}
