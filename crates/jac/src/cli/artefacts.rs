//! The words of `jac artifacts`.

use super::Whose;
use clap::{Args, Subcommand};

#[derive(Debug, Subcommand)]
pub enum ArtifactsCommand {
    /// Where a run's results are on their way into the store
    Status {
        /// Its id
        run: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Store a run's results now, in place of at the next try, and wait for it
    Retry {
        /// Its id
        run: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Read everything of a stored run and compare it with its manifest
    #[command(after_help = "Exit codes: 0 everything is as it was stored, 1 something is missing or differs.")]
    Verify {
        /// Its id
        run: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Where the results of your own runs are stored: show it, or choose a bucket of your own
    Store(StoreArguments),
    /// Take every run that the stores have into the list, after a data folder was lost
    Rebuild {
        #[command(flatten)]
        whose: Whose,
    },
}

#[derive(Debug, Args)]
pub struct StoreArguments {
    /// Store your runs' results there from now on: s3://BUCKET/PREFIX
    #[arg(long, value_name = "ADDRESS")]
    pub save: Option<String>,
    /// The name of your set of AWS credentials
    #[arg(long, value_name = "NAME", default_value = "default", requires = "save")]
    pub credentials: String,
    /// The bucket's region, where it is not that of the credentials
    #[arg(long, requires = "save")]
    pub region: Option<String>,
    /// The address of a store that speaks S3's protocol
    #[arg(long, value_name = "URL", requires = "save")]
    pub endpoint: Option<String>,
    /// The ID or ARN of the KMS key that objects are encrypted with
    #[arg(long, value_name = "KEY", requires = "save")]
    pub kms_key: Option<String>,
    /// The storage class of logs, such as STANDARD_IA
    #[arg(long, value_name = "CLASS", requires = "save")]
    pub storage_class: Option<String>,
    /// Save it without writing and removing something there first
    #[arg(long, requires = "save")]
    pub no_test: bool,
    /// Store nothing more there; what is there stays and is read there
    #[arg(long, conflicts_with = "save")]
    pub stop: bool,
    #[command(flatten)]
    pub whose: Whose,
}
