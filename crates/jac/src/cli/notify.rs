//! The words of `jac notify`.

use super::Whose;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// Send a test to the targets of notifications and metrics that the server is configured with
    #[command(after_help = "Exit codes: 0 all took it, 3 one did not.")]
    Test {
        /// Its name; default: all
        target: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Show how far the notifications of a run are
    Status {
        /// Its id
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Try the notifications of a run again that were not delivered
    Retry {
        /// Its id
        #[arg(value_name = "RUN")]
        run: String,
        /// One target only
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
        #[command(flatten)]
        whose: Whose,
    },
}
