//! Clusters of Amazon EC2 machines: the port `Cloud` on the official AWS SDK. Nothing else of JAC names the SDK.
//!
//! Promises: what is about to be made is written down before AWS is asked for it ([`record`]), every machine says in its
//! tags whose it is and when it goes ([`tags`]), ends itself when nobody renews its lease ([`user_data`]), and whatever was
//! made for a cluster goes with it: machines with their disks, and the security group.
//!
//! Machines are reached over SSH, by `jac-ssh`, with a key made for the cluster; their own host keys are made here too and
//! come with the first boot, so that the first connection is verified already ([`keys`]).
//!
//! A launch ([`bring_up`]): [`forecast`] looks first · [`launch`] asks for all machines at once · [`boot`] waits for each of them ·
//! [`network`] has security groups and the server's own address · [`aws`] has clients and what AWS's errors mean.

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
