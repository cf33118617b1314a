//! The words of `jac runs`.

use super::ClientArguments;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// List runs, newest first
    List {
        /// Only runs of this plan, by its ID or name
        #[arg(long, value_name = "PLAN")]
        plan: Option<String>,
        /// Only runs with this tag
        #[arg(long, value_name = "TAG")]
        tag: Option<String>,
        /// Maximum number
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Set a run's tags, replacing the existing ones
    Tag {
        /// The run's ID
        run: String,
        /// The tags; none removes all
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Set a run's note
    Note {
        /// The run's ID
        run: String,
        /// The note; empty removes it
        text: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Set a run as the baseline of its plan
    Baseline {
        /// The run's ID
        run: String,
        /// Remove it as baseline
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show a plan's trend, newest run first; regressions are marked
    Trend {
        /// The plan, by its ID or name
        plan: String,
        /// The label; default: the total
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
        /// Maximum number of runs
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
}
