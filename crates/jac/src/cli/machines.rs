//! The arguments that describe a cluster, the same for every command that creates or checks one.

use super::whole_number;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Source of nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// Processes on this machine
    Local,
    /// Existing machines over SSH: --hosts, --user, --key
    Ssh,
    /// Amazon EC2 instances, created on demand
    Ec2,
}

/// A cluster to create.
#[derive(Debug, Args)]
pub struct NewClusterArguments {
    /// Number of JMeter workers; 0 (default): the master runs the plan. With --hosts: the number of hosts without
    /// the master
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = whole_number::<i64>(..))]
    pub workers: Option<i64>,
    /// Heap of each JMeter JVM, e.g. 512m or 2g
    #[arg(long, value_name = "SIZE")]
    pub heap: Option<String>,
    /// JMeter version of the nodes, e.g. 5.5, downloaded when needed; default: the configured one, otherwise the newest
    #[arg(long, value_name = "VERSION")]
    pub jmeter_version: Option<String>,
    /// The provider of the nodes
    #[arg(long, value_enum, default_value_t = ProviderName::Local)]
    pub provider: ProviderName,
    /// Hosts for --provider ssh, comma-separated: the first is the master, the others are workers
    #[arg(long, value_name = "HOST[:PORT],…", value_delimiter = ',')]
    pub hosts: Vec<String>,
    /// SSH user
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// SSH private key file, without a passphrase
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// File with the host keys; default: ~/.ssh/known_hosts
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    #[command(flatten, next_help_heading = "EC2 instances (--provider ec2)")]
    pub ec2: Ec2Arguments,
    /// Lifetime in minutes, after which the cluster is terminated in any case; default: 480, for a local or SSH run 30
    /// days. A run of a plan that never ends requires it, except on local nodes
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true, value_parser = whole_number::<i64>(..))]
    pub lifetime: Option<i64>,
}

/// The machines of EC2.
#[derive(Debug, Default, Args)]
pub struct Ec2Arguments {
    /// Default: the region of the credentials, or AWS_REGION
    #[arg(long)]
    pub region: Option<String>,
    /// Instance type of master and workers
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["master_type", "worker_type"])]
    pub both_types: Option<String>,
    /// Default: c6i.xlarge
    #[arg(long, value_name = "TYPE")]
    pub master_type: Option<String>,
    /// Default: c6i.large. Several: if AWS has no capacity for one, the next is used
    #[arg(long, value_name = "TYPE[,TYPE…]", value_delimiter = ',')]
    pub worker_type: Vec<String>,
    /// An image ID, or the newest image of debian12 (default), ubuntu2404 or amazon-linux2023
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Default: the region's default VPC
    #[arg(long, value_name = "vpc-…")]
    pub vpc: Option<String>,
    /// Nodes are spread across them; default: one default subnet
    #[arg(long, value_name = "subnet-…")]
    pub subnet: Vec<String>,
    /// Default: one is created, and removed with the cluster
    #[arg(long, value_name = "sg-…")]
    pub security_group: Option<String>,
    /// Connect via private IPs: no public IPs; this machine must be in their network
    #[arg(long)]
    pub private: bool,
    /// CIDR block that SSH is allowed from, e.g. 203.0.113.7/32; default: this machine's address
    #[arg(long, value_name = "BLOCK")]
    pub ssh_from: Option<String>,
    /// Disk per machine in GB; default: 20
    #[arg(long, value_name = "GB", value_parser = whole_number(0..=u32::MAX))]
    pub disk_gb: Option<u32>,
    /// An EC2 key pair for manual SSH
    #[arg(long, value_name = "NAME")]
    pub key_name: Option<String>,
    /// Spot instances: cheaper spare capacity, which AWS may reclaim
    #[arg(long)]
    pub spot: bool,
    /// An additional tag for all resources
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    pub tags: Vec<String>,
    /// Tolerated worker launch failures
    #[arg(long, value_name = "N", value_parser = whole_number(0..=u32::MAX))]
    pub workers_may_fail: Option<u32>,
}
