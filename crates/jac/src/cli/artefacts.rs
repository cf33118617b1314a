//! The arguments of `jac artifacts`.

use super::ClientArguments;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum ArtifactsCommand {
    /// Show the upload state of a run's results
    Status {
        /// The run's ID
        run: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Store a run's results now instead of at the next retry, and wait for it
    Retry {
        /// The run's ID
        run: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Verify a stored run against its manifest
    #[command(after_help = "Exit codes: 0 everything is as stored, 1 something is missing or differs.")]
    Verify {
        /// The run's ID
        run: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show or set your own store for the results of your runs
    Store(StoreArguments),
    /// Rebuild the list of runs from the stores, after the loss of a data folder
    Rebuild {
        #[command(flatten)]
        whose: ClientArguments,
    },
}

#[derive(Debug, Args)]
pub struct StoreArguments {
    /// Store the results of your future runs at s3://BUCKET/PREFIX
    #[arg(long, value_name = "ADDRESS")]
    pub save: Option<String>,
    /// The name of your saved AWS credentials
    #[arg(long, value_name = "NAME", default_value = "default", requires = "save")]
    pub credentials: String,
    /// The bucket's region; default: that of the credentials
    #[arg(long, requires = "save")]
    pub region: Option<String>,
    /// The endpoint of an S3-compatible store
    #[arg(long, value_name = "URL", requires = "save")]
    pub endpoint: Option<String>,
    /// The ID or ARN of the KMS key to encrypt objects with
    #[arg(long, value_name = "KEY", requires = "save")]
    pub kms_key: Option<String>,
    /// The storage class of logs, e.g. STANDARD_IA
    #[arg(long, value_name = "CLASS", requires = "save")]
    pub storage_class: Option<String>,
    /// Save without testing
    #[arg(long, requires = "save")]
    pub no_test: bool,
    /// Stop using it; stored runs are kept and are read from there
    #[arg(long, conflicts_with = "save")]
    pub stop: bool,
    #[command(flatten)]
    pub whose: ClientArguments,
}
