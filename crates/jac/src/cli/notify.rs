//! The arguments of `jac notify`.

use super::ClientArguments;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// Send a test to the configured notification and metrics targets
    #[command(after_help = "Exit codes: 0 all accepted it, 3 at least one did not.")]
    Test {
        /// The target's name; default: all
        target: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show the state of a run's notifications
    Status {
        /// The run's ID
        #[arg(value_name = "RUN")]
        run: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Retry the undelivered notifications of a run
    Retry {
        /// The run's ID
        #[arg(value_name = "RUN")]
        run: String,
        /// Only this target
        #[arg(long, value_name = "NAME")]
        target: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
}
