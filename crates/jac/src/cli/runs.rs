//! The words of `jac runs`.

use super::Whose;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum RunsCommand {
    /// Runs, the newest first
    List {
        /// Of this plan, by its id or name
        #[arg(long, value_name = "PLAN")]
        plan: Option<String>,
        /// With this tag
        #[arg(long, value_name = "TAG")]
        tag: Option<String>,
        /// How many
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        #[command(flatten)]
        whose: Whose,
    },
    /// Give a run tags, in place of those that it has
    Tag {
        /// Its id
        run: String,
        /// Short words; none: it has no tag any more
        #[arg(value_name = "TAG")]
        tags: Vec<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Say what is to be known of a run
    Note {
        /// Its id
        run: String,
        /// Empty: nothing
        text: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Make a run the one that the other runs of its plan are compared with
    Baseline {
        /// Its id
        run: String,
        /// It is not any more
        #[arg(long)]
        remove: bool,
        #[command(flatten)]
        whose: Whose,
    },
    /// How a plan's figures went from run to run, the newest first; regressions are marked
    Trend {
        /// The plan, by its id or name
        plan: String,
        /// Of this label; default: the total
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
        /// How many runs
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
        limit: u32,
        #[command(flatten)]
        whose: Whose,
    },
}
