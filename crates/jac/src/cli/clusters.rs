//! The arguments of `jac cluster` and `jac credentials`.

use super::{NewClusterArguments, Output, PlanArguments, ServerArguments, whole_number};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// List clusters and orphaned machines
    List {
        /// Include terminated clusters
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Create a persistent cluster; it terminates at the end of its lifetime or idle timeout
    Create(CreateArguments),
    /// Validate the configuration and estimate the cost; creates nothing
    #[command(after_help = "Exit codes: 0 all checks passed, 2 not.")]
    Check(CreateArguments),
    /// Run a plan on an existing cluster
    Run {
        /// The cluster's ID or name
        cluster: String,
        /// Wait for the cluster if it is busy, after the runs that are already waiting
        #[arg(long)]
        queue: bool,
        #[command(flatten)]
        plan: Box<PlanArguments>,
    },
    /// Extend a cluster's lifetime
    Extend {
        /// The cluster's ID or name
        cluster: String,
        /// Minutes to add to its lifetime
        #[arg(value_parser = whole_number(0..=u32::MAX))]
        minutes: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Adopt an orphan: a cluster with this installation's tag that is not in the database
    Adopt {
        /// Its ID, as shown by `jac cluster list`
        cluster: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Terminate a cluster or an orphan
    Terminate {
        /// The cluster's ID or name
        cluster: String,
        /// Wait until it is terminated
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
}

#[derive(Debug, Args)]
pub struct CreateArguments {
    #[command(flatten)]
    pub cluster: NewClusterArguments,
    #[command(flatten)]
    pub options: ClusterOptions,
    #[command(flatten)]
    pub whose: ClientArguments,
}

#[derive(Debug, Args)]
pub struct ClusterOptions {
    /// The name of the cluster
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Idle timeout: minutes without a run until it terminates; 0 = no limit
    #[arg(long, value_name = "MINUTES", default_value_t = 60, value_parser = whole_number(0..=u32::MAX))]
    pub idle: u32,
    /// Wait until it is ready; always the case without a running server
    #[arg(long)]
    pub wait: bool,
}

/// The server or data folder, and the format of the output.
#[derive(Debug, Args)]
pub struct ClientArguments {
    /// JAC's data folder
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// JMeter home to use instead of JAC's own
    #[arg(long, value_name = "DIR", env = "JMETER_HOME")]
    pub jmeter_home: Option<PathBuf>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    #[command(flatten)]
    pub at: ServerArguments,
}

#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// Show saved AWS credentials; with --save, save AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN
    Aws {
        /// The name of the set
        #[arg(long, default_value = "default")]
        name: String,
        /// Save without testing with AWS
        #[arg(long, requires = "save")]
        no_test: bool,
        /// Save the credentials in the environment variables
        #[arg(long, conflicts_with = "delete")]
        save: bool,
        /// Read the access key ID, the secret access key and, for a temporary key, the session token from standard
        /// input, one per line,
        /// instead of the variables
        #[arg(long, requires = "save")]
        stdin: bool,
        /// The ARN of a role to assume, with that key or with the server's own credentials
        #[arg(long, value_name = "ARN", requires = "save")]
        role: Option<String>,
        /// The external ID required by the role's trust policy
        #[arg(long, value_name = "ID", requires = "role")]
        external_id: Option<String>,
        /// Default region of clusters
        #[arg(long, requires = "save")]
        region: Option<String>,
        /// Delete the saved credentials
        #[arg(long)]
        delete: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
}
