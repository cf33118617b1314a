//! The words of `jac cluster` and `jac credentials`.

use super::{NewClusterArguments, Output, PlanArguments, ServerArguments};
use clap::{Args, Subcommand};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ClusterCommand {
    /// All clusters, and the machines that no cluster here knows
    List {
        /// Those that have ended too
        #[arg(long)]
        all: bool,
        #[command(flatten)]
        whose: Whose,
    },
    /// Make a cluster that stays until its lifetime or its idle limit is over
    Create(CreateArguments),
    /// Say what would be made and what it would cost, and what is in the way; nothing is made
    #[command(after_help = "Exit codes: 0 it can be made, 2 it cannot.")]
    Check(CreateArguments),
    /// Run a plan on a cluster, which stays
    Run {
        /// Its id or name
        cluster: String,
        #[command(flatten)]
        plan: Box<PlanArguments>,
    },
    /// Move a cluster's end
    Extend {
        /// Its id or name
        cluster: String,
        minutes: u32,
        #[command(flatten)]
        whose: Whose,
    },
    /// Take over a cluster whose machines carry this installation's tag and that the database does not know
    Adopt {
        /// Its id, as `jac cluster list` shows it
        cluster: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Take a cluster away, an orphan too
    Terminate {
        /// Its id or name
        cluster: String,
        /// Wait until it is terminated
        #[arg(long)]
        wait: bool,
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Debug, Args)]
pub struct CreateArguments {
    #[command(flatten)]
    pub cluster: NewClusterArguments,
    #[command(flatten)]
    pub options: ClusterOptions,
    #[command(flatten)]
    pub whose: Whose,
}

#[derive(Debug, Args)]
pub struct ClusterOptions {
    /// What it is called
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// After so many minutes without a run it is removed; 0: never for that reason
    #[arg(long, value_name = "MINUTES", default_value_t = 60)]
    pub idle: u32,
    /// Wait until it takes runs. Without a server that lives on it is waited for always
    #[arg(long)]
    pub wait: bool,
}

/// Whose clusters: which server or data folder, and how they are shown.
#[derive(Debug, Args)]
pub struct Whose {
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// A JMeter to use instead of JAC's own
    #[arg(long, value_name = "DIR", env = "JMETER_HOME")]
    pub jmeter_home: Option<PathBuf>,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    #[command(flatten)]
    pub at: ServerArguments,
}

#[derive(Debug, Subcommand)]
pub enum CredentialsCommand {
    /// What is saved for AWS; with --save what the variables AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN say
    Aws {
        /// Which of your sets
        #[arg(long, default_value = "default")]
        name: String,
        /// Save without asking AWS whose they are
        #[arg(long, requires = "save")]
        no_test: bool,
        /// Save what the variables say
        #[arg(long, conflicts_with = "delete")]
        save: bool,
        /// Read the access key's id, its secret and, of a temporary key, the session token from standard input, a line each,
        /// in place of the variables
        #[arg(long, requires = "save")]
        stdin: bool,
        /// A role to assume, with that key or with the server's own credentials
        #[arg(long, value_name = "ARN", requires = "save")]
        role: Option<String>,
        /// The external id that the role asks for
        #[arg(long, value_name = "ID", requires = "role")]
        external_id: Option<String>,
        /// The region of clusters that name none
        #[arg(long, requires = "save")]
        region: Option<String>,
        /// Delete what is saved
        #[arg(long)]
        delete: bool,
        #[command(flatten)]
        whose: Whose,
    },
}
