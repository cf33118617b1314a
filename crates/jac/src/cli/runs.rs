//! The arguments of `jac runs`.

use super::{ClientArguments, whole_number};
use clap::{Args, Subcommand};

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
        #[arg(long, value_name = "N", default_value_t = 50, value_parser = whole_number(1..=200_u32))]
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
    /// Mark a moment of a run on its charts, during the run or later
    Annotate {
        /// The run's ID
        run: String,
        /// The text, 1 to 200 characters
        #[arg(required_unless_present = "remove", conflicts_with = "remove")]
        text: Option<String>,
        /// The moment, e.g. 2026-11-25T08:30:00 (UTC), epoch milliseconds, or +90s after the run's start; default: now
        #[arg(long, value_name = "TIME", conflicts_with = "remove", allow_hyphen_values = true)]
        at: Option<String>,
        /// Remove an annotation, by its ID in `jac runs annotations`
        #[arg(long, value_name = "ID")]
        remove: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// List a run's annotations
    Annotations {
        /// The run's ID
        run: String,
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
    /// Find single samples in all runs of a plan, newest run first
    Samples(Box<PlanSamplesArguments>),
    /// Show a plan's trend, newest run first; regressions are marked
    Trend {
        /// The plan, by its ID or name
        plan: String,
        /// The label; default: the total
        #[arg(long, value_name = "LABEL")]
        label: Option<String>,
        /// Maximum number of runs
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = whole_number(1..=200_u32))]
        limit: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
}

#[derive(Debug, Args)]
pub struct PlanSamplesArguments {
    /// The plan, by its ID or name
    pub plan: String,
    /// Only samples whose label matches this regular expression
    #[arg(long, value_name = "REGEX")]
    pub label: Option<String>,
    /// Only samples with this response code
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Only samples with this text in the message, the failed assertion's message or the URL
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Only samples whose thread name matches this regular expression
    #[arg(long, value_name = "REGEX")]
    pub thread: Option<String>,
    /// Only failed samples
    #[arg(long)]
    pub failed: bool,
    /// Only samples that took at least this long, in milliseconds
    #[arg(long, value_name = "MS", value_parser = whole_number(0..=u32::MAX))]
    pub min_ms: Option<u32>,
    /// Only samples that took at most this long, in milliseconds
    #[arg(long, value_name = "MS", value_parser = whole_number(0..=u32::MAX))]
    pub max_ms: Option<u32>,
    /// Only samples that started at or after this time, e.g. 2026-11-25T08:30:00 (UTC), or epoch milliseconds
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only samples that started before this time
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only runs with this tag
    #[arg(long, value_name = "TAG")]
    pub tag: Option<String>,
    /// How many runs to search, newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = whole_number(1..=u32::MAX))]
    pub runs: u32,
    /// Show the slowest samples instead of the first; requests before transactions
    #[arg(long)]
    pub slowest: bool,
    /// How many samples to show; all matches are counted
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = whole_number(0..=1000_u32))]
    pub limit: u32,
    #[command(flatten)]
    pub whose: ClientArguments,
}
