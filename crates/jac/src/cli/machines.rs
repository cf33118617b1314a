//! What a cluster is made of: the same words for every command that makes or checks one.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Where nodes come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ProviderName {
    /// Processes on this machine
    Local,
    /// Machines that exist already, over SSH: --hosts, --user, --key
    Ssh,
    /// Machines of Amazon EC2, made for it
    Ec2,
}

/// A cluster that is to be made.
#[derive(Debug, Args)]
pub struct NewClusterArguments {
    /// How many JMeter workers; 0, the default: the master runs the plan alone. With --hosts it is their number without
    /// the master
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    pub workers: Option<i64>,
    /// The heap of each JVM, such as 512m or 2g
    #[arg(long, value_name = "SIZE")]
    pub heap: Option<String>,
    /// The JMeter of its nodes by version, such as 5.5, fetched when it is first wanted. Default: the one that JAC was told of, else its newest
    #[arg(long, value_name = "VERSION")]
    pub jmeter_version: Option<String>,
    /// Where the nodes come from
    #[arg(long, value_enum, default_value_t = ProviderName::Local)]
    pub provider: ProviderName,
    /// The machines for --provider ssh, with commas between them: the first is the master, the others are workers
    #[arg(long, value_name = "HOST[:PORT],…", value_delimiter = ',')]
    pub hosts: Vec<String>,
    /// Who signs in on the machines
    #[arg(long, value_name = "NAME")]
    pub user: Option<String>,
    /// The private key to sign in with, without a passphrase
    #[arg(long, value_name = "FILE")]
    pub key: Option<PathBuf>,
    /// The file with the machines' own keys; default: ~/.ssh/known_hosts
    #[arg(long, value_name = "FILE")]
    pub known_hosts: Option<PathBuf>,
    #[command(flatten, next_help_heading = "Machines of EC2 (--provider ec2)")]
    pub ec2: Ec2Arguments,
    /// After so many minutes the cluster is removed, whatever it does; default: 480, and for a local or SSH run 30 days. A run
    /// of a plan that never ends needs it on other machines than this one
    #[arg(long, value_name = "MINUTES", allow_negative_numbers = true)]
    pub lifetime: Option<i64>,
}

/// The machines of EC2.
#[derive(Debug, Default, Args)]
pub struct Ec2Arguments {
    /// Default: the one of the credentials or of AWS_REGION
    #[arg(long)]
    pub region: Option<String>,
    /// The instance type of the master and the workers
    #[arg(long = "type", value_name = "TYPE", conflicts_with_all = ["master_type", "worker_type"])]
    pub both_types: Option<String>,
    /// Default: c6i.xlarge
    #[arg(long, value_name = "TYPE")]
    pub master_type: Option<String>,
    /// Default: c6i.large
    #[arg(long, value_name = "TYPE")]
    pub worker_type: Option<String>,
    /// What they boot: an image's id, or the newest debian12 (default), ubuntu2404 or amazon-linux2023
    #[arg(long, value_name = "IMAGE")]
    pub image: Option<String>,
    /// Default: the region's default VPC
    #[arg(long, value_name = "vpc-…")]
    pub vpc: Option<String>,
    /// Nodes are spread across them; default: one default subnet
    #[arg(long, value_name = "subnet-…")]
    pub subnet: Vec<String>,
    /// Default: one is made, and removed with the cluster
    #[arg(long, value_name = "sg-…")]
    pub security_group: Option<String>,
    /// Give the machines no public address: this machine is in their network
    #[arg(long)]
    pub private: bool,
    /// From where SSH is let in, such as 203.0.113.7/32; default: this machine's own address
    #[arg(long, value_name = "BLOCK")]
    pub ssh_from: Option<String>,
    /// The disk of each machine; default: 20
    #[arg(long, value_name = "GB")]
    pub disk_gb: Option<u32>,
    /// A key pair of the account's, for signing in by hand
    #[arg(long, value_name = "NAME")]
    pub key_name: Option<String>,
    /// Spare capacity at a lower price, which AWS may take back
    #[arg(long)]
    pub spot: bool,
    /// A further tag of everything that is made
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    pub tags: Vec<String>,
    /// How many workers may fail to come up
    #[arg(long, value_name = "N")]
    pub workers_may_fail: Option<u32>,
}
