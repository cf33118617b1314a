//! The words of `jac artifacts`.

use super::Whose;
use clap::Subcommand;

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
    /// Take every run that the store has into the list, after a data folder was lost
    Rebuild {
        #[command(flatten)]
        whose: Whose,
    },
}
