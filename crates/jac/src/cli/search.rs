//! The words of `jac search`.

use super::ClientArguments;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum SearchCommand {
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
    /// The search target, by its name; default: the first
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// JAC's data folder
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

/// An application that shows dashboards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum DashboardsName {
    /// Kibana
    Kibana,
    /// OpenSearch Dashboards
    Opensearch,
}
