//! The arguments of `jac schedule`.

use super::{ClientArguments, NewClusterArguments, SpreadArguments, whole_number};
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Schedule a plan: once, or repeatedly with a cron expression
    Add(Box<AddArguments>),
    /// List schedules, next one first
    List {
        /// Only your own
        #[arg(long)]
        mine: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show a schedule with its next times and last results
    Show {
        /// The schedule's ID or name
        schedule: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Pause a schedule; a run in progress continues
    Pause {
        /// The schedule's ID or name
        schedule: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Resume a schedule that was paused, switched off after failures, or done
    Resume {
        /// The schedule's ID or name
        schedule: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Start a run of a schedule now, optionally with fewer workers or other properties
    Start {
        /// The schedule's ID or name
        schedule: String,
        /// Workers of the cluster created for this run
        #[arg(long, value_name = "N", value_parser = whole_number(0..=u32::MAX))]
        workers: Option<u32>,
        /// A JMeter property for this run; takes precedence over the schedule's
        #[arg(short = 'J', value_name = "name=value")]
        property: Vec<String>,
        /// As a try run: 1 thread and 1 iteration of each thread group on 1 node, excluded from trends
        #[arg(long = "try")]
        try_run: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Delete a schedule; its runs are kept
    Remove {
        /// The schedule's ID or name
        schedule: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
}

/// What happens if an earlier run has not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OverlapName {
    /// No run is started for that time
    Skip,
    /// The run starts when the earlier one has finished
    Queue,
}

#[derive(Debug, Args)]
#[command(group(ArgGroup::new("when").required(true).args(["cron", "at"])))]
pub struct AddArguments {
    /// An uploaded plan, by its ID or name, or a .jmx file, which is uploaded with the files that it reads; each run
    /// then uses this upload, regardless of later uploads by `jac run`
    #[arg(value_name = "PLAN")]
    pub plan: String,
    /// The revision of an uploaded plan that each run uses; default: the newest when the run starts, no matter who changed it
    #[arg(long, value_name = "N", value_parser = whole_number(0..=u32::MAX))]
    pub revision: Option<u32>,
    /// Cron expression: minute, hour, day of month, month, day of week, e.g. '0 3 * * MON-FRI'; or @hourly, @daily,
    /// @weekly, @monthly
    #[arg(long, value_name = "EXPR")]
    pub cron: Option<String>,
    /// Once, at this local date and time in the time zone, e.g. 2026-12-01T03:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The time zone, e.g. Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// What to do when an earlier run has not finished, or the cluster is busy
    #[arg(long, value_enum, default_value_t = OverlapName::Skip)]
    pub overlap: OverlapName,
    /// The name of the schedule and its runs; default: the plan's name
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The cluster to run on, by its ID or name; default: a new one for each run, terminated after it
    #[arg(long, value_name = "CLUSTER")]
    pub on: Option<String>,
    /// Another file that the uploaded plan reads
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// A CSV file to split across the workers; each part keeps the header line
    #[arg(long, value_name = "FILE")]
    pub split: Vec<PathBuf>,
    /// A plugin jar that the uploaded plan needs
    #[arg(long, value_name = "JAR")]
    pub plugin: Vec<PathBuf>,
    /// A parent folder of the uploaded plan that contains all its files
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A JMeter property for the master and every worker
    #[arg(short = 'J', value_name = "name=value")]
    pub property: Vec<String>,
    /// A Java system property for the master and every worker
    #[arg(short = 'D', value_name = "name=value")]
    pub system_property: Vec<String>,
    /// A property with a secret value
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// A properties file for the master and every worker
    #[arg(short = 'q', value_name = "FILE")]
    pub properties_file: Vec<PathBuf>,
    /// Pass/fail criterion, e.g. 'p95 > 800ms', instead of the plan's criteria
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Graceful stop timeout, after which requests in flight are aborted
    #[arg(long, alias = "grace", value_name = "SECONDS", default_value_t = 30, value_parser = whole_number(0..=u64::MAX))]
    pub stop_timeout: u64,
    #[command(flatten)]
    pub spread: SpreadArguments,
    #[command(flatten)]
    pub cluster: NewClusterArguments,
    #[command(flatten)]
    pub whose: ClientArguments,
}
