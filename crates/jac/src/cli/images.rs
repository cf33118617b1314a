//! The words of `jac image`.

use super::{Ec2Arguments, Whose};
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum ImageCommand {
    /// Make an image that has Java and JMeter, of a machine that is made for it and removed after it
    Build(Box<BuildArguments>),
    /// The images that were made
    List {
        #[command(flatten)]
        whose: Whose,
    },
    /// Remove an image with what is kept of its disk
    Remove {
        /// Its id, as `jac image list` shows it
        image: String,
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Debug, Args)]
pub struct BuildArguments {
    /// What it is called; default: after JMeter and the time
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The JMeter that it has by version, such as 5.5. Default: the one that JAC was told of, else its newest
    #[arg(long, value_name = "VERSION")]
    pub jmeter_version: Option<String>,
    #[command(flatten, next_help_heading = "The machine that it is made of")]
    pub ec2: Ec2Arguments,
    #[command(flatten)]
    pub whose: Whose,
}
