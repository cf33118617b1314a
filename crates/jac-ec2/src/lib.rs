//! Clusters of Amazon EC2 instances: the port `Cloud` on the official AWS SDK. No other crate of JAC uses the SDK for
//! EC2.
//!
//! Guarantees: whatever will be created is recorded before AWS is asked for it ([`record`]); every machine's tags
//! contain its owner and expiry ([`tags`]); every machine terminates itself when its lease is not renewed
//! ([`user_data`]); and whatever was created for a cluster is removed with it: machines with their disks, and the
//! security group.
//!
//! Machines are reached over SSH, by `jac-ssh`, with a key created for the cluster; their own host keys are created
//! here too and installed by the first boot, so that the first connection is verified already ([`keys`]).
//!
//! A launch ([`bring_up`]): [`forecast`] validates first · [`launch`] requests all machines at once · [`boot`] waits
//! for each of them · [`network`] has security groups and the server's own address · [`aws`] has clients and the
//! meaning of AWS's errors.

mod adopt;
mod aws;
mod boot;
mod bring_up;
mod cloud;
mod cloud_init;
#[cfg(test)]
mod decisions;
mod describe;
mod ending;
mod environment;
mod errors;
mod field;
mod forecast;
mod images;
mod keys;
mod launch;
mod machines;
mod network;
mod node_images;
mod own_address;
mod pace;
mod placing;
mod prices;
mod quotas;
mod record;
mod run_instances;
mod tags;
mod types;
mod user_data;
mod watch;

pub use boot::launch_limit;
pub use cloud::{Ec2Cloud, Ec2Settings};
pub use environment::{EnvironmentKeys, KeyChain, environment_credentials};
