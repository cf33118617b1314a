//! The arguments of `jac search`.

use super::ClientArguments;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum SearchCommand {
    /// Add a search target of your own, or change it: your runs are shipped there too
    #[command(after_help = "Secrets are read from files or standard input, never from arguments.")]
    Add(Box<AddTargetArguments>),
    /// List your own search targets
    List {
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Remove a search target of your own; documents there are kept
    Remove {
        /// The target's name or ID
        target: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Test the search targets and their credentials
    #[command(after_help = "Exit codes: 0 all work, 3 at least one does not.")]
    Test {
        /// The target's name; default: all
        target: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Ship runs, also again, and wait until they are complete; no row is stored twice
    #[command(after_help = "Exit codes: 0 all samples were counted there, 3 some are missing.")]
    Backfill {
        /// Run IDs
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<String>,
        /// Only this target
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show the search targets, or the shipping state of runs
    Status {
        /// Run IDs
        #[arg(value_name = "RUN")]
        runs: Vec<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Delete a run's documents from the search targets; the run is kept
    Delete {
        /// The run's ID
        #[arg(value_name = "RUN")]
        run: String,
        /// Only this target
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Write the dashboards to files, or import them
    Dashboards(DashboardsArguments),
}

#[derive(Debug, Args)]
pub struct AddTargetArguments {
    /// The target's name: lower-case letters, digits, hyphens. A target of yours with this name is replaced
    pub name: String,
    /// The address of the Elasticsearch or OpenSearch server
    pub url: String,
    /// Sign in with this user name and the password in --password-file
    #[arg(long, value_name = "NAME", requires = "password_file")]
    pub username: Option<String>,
    /// The file with the password; - is standard input
    #[arg(long, value_name = "FILE", requires = "username")]
    pub password_file: Option<PathBuf>,
    /// Sign in with the API key in this file, encoded or as id:api_key; - is standard input
    #[arg(long, value_name = "FILE", conflicts_with = "username")]
    pub api_key_file: Option<PathBuf>,
    /// Sign requests for Amazon's service in this region with --credentials
    #[arg(long, value_name = "REGION", conflicts_with_all = ["username", "api_key_file"])]
    pub aws_region: Option<String>,
    /// The name of your saved AWS credentials
    #[arg(long, value_name = "NAME", default_value = "default", requires = "aws_region")]
    pub credentials: String,
    /// Additional certificate authorities to trust (PEM)
    #[arg(long, value_name = "FILE")]
    pub ca_file: Option<PathBuf>,
    /// One data stream for all runs, or an index for each run
    #[arg(long, value_enum, default_value_t = LayoutName::DataStream)]
    pub layout: LayoutName,
    /// The last part of the data stream's name; default: default
    #[arg(long, value_name = "NAME")]
    pub namespace: Option<String>,
    /// Your own name for the data stream, or prefix for the indices
    #[arg(long, value_name = "NAME")]
    pub index: Option<String>,
    /// A field of every document, labels.NAME
    #[arg(long, value_name = "NAME=VALUE")]
    pub label: Vec<String>,
    /// service.name of every document
    #[arg(long, value_name = "NAME")]
    pub service: Option<String>,
    /// The address of Kibana or OpenSearch Dashboards
    #[arg(long, value_name = "URL")]
    pub dashboards_url: Option<String>,
    /// The application at that address
    #[arg(long, value_enum, default_value_t = DashboardsName::Kibana, requires = "dashboards_url")]
    pub dashboards_kind: DashboardsName,
    /// Save without testing
    #[arg(long)]
    pub no_test: bool,
    #[command(flatten)]
    pub whose: ClientArguments,
}

/// The layout of samples at a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub enum LayoutName {
    /// One data stream for all runs
    DataStream,
    /// An index for each run
    IndexPerRun,
}

#[derive(Debug, Args)]
pub struct DashboardsArguments {
    /// Write the saved objects for Kibana 8 and 9
    #[arg(long, value_name = "FILE")]
    pub kibana: Option<PathBuf>,
    /// Write the saved objects for OpenSearch Dashboards 1 to 3
    #[arg(long, value_name = "FILE")]
    pub opensearch: Option<PathBuf>,
    /// Import them at this address, with the sign-in of the search target
    #[arg(long, value_name = "URL")]
    pub import: Option<String>,
    /// The application at that address
    #[arg(long, value_enum, default_value_t = DashboardsName::Kibana)]
    pub kind: DashboardsName,
    /// The data stream or indices to show; default: those of the search target
    #[arg(long, value_name = "PATTERN")]
    pub index_pattern: Option<String>,
    /// The search target, by its name, also one of your own; default: the server's first
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    #[command(flatten)]
    pub whose: ClientArguments,
}

/// An application that shows dashboards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DashboardsName {
    /// Kibana
    Kibana,
    /// OpenSearch Dashboards
    Opensearch,
}
