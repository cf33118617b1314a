//! The arguments of `jac image`.

use super::{ClientArguments, Ec2Arguments};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Build an image with Java and JMeter, using a temporary machine
    Build(Box<BuildArguments>),
    /// List the built images
    List {
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Remove an image and its snapshots
    Remove {
        /// Its ID, as shown by `jac image list`
        image: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
}

#[derive(Debug, Args)]
pub struct BuildArguments {
    /// The name of the image; default: from JMeter's version and the time
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The JMeter version, e.g. 5.5; default: the configured one, otherwise the newest
    #[arg(long, value_name = "VERSION")]
    pub jmeter_version: Option<String>,
    #[command(flatten, next_help_heading = "The machine to build it on")]
    pub ec2: Ec2Arguments,
    #[command(flatten)]
    pub whose: ClientArguments,
}
