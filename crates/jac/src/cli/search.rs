//! The words of `jac search`.

use super::Whose;
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum SearchCommand {
    /// Ask the search targets who they are, and whether they take the credentials
    #[command(after_help = "Exit codes: 0 all can be used, 3 one cannot.")]
    Test {
        /// Its name; default: all
        target: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Ship runs again, or for the first time, and wait until they are there; no row is stored twice
    #[command(after_help = "Exit codes: 0 every sample was counted there, 3 some are missing.")]
    Backfill {
        /// Ids of runs
        #[arg(value_name = "RUN", required = true)]
        runs: Vec<String>,
        /// One target only
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Show the search targets, or how far runs are
    Status {
        /// Ids of runs
        #[arg(value_name = "RUN")]
        runs: Vec<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Delete a run's documents at the search targets; the run itself stays
    Delete {
        /// Its id
        #[arg(value_name = "RUN")]
        run: String,
        /// One target only
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Write the dashboards to files, or import them where they are used
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
    /// Import them into the application at this address, signed in as the search target says
    #[arg(long, value_name = "URL")]
    pub import: Option<String>,
    /// What is at that address
    #[arg(long, value_enum, default_value_t = DashboardsName::Kibana)]
    pub kind: DashboardsName,
    /// The data stream or indices that they show; default: those of the search target
    #[arg(long, value_name = "PATTERN")]
    pub index_pattern: Option<String>,
    /// The search target, by its name; default: the first
    #[arg(long, value_name = "NAME")]
    pub target: Option<String>,
    /// Where JAC keeps everything
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
