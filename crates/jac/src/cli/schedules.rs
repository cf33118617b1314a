//! The words of `jac schedule`.

use super::{NewClusterArguments, Whose};
use clap::{Args, Subcommand, ValueEnum};
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum ScheduleCommand {
    /// Have a plan run by itself: once, or again and again by a cron expression
    Add(Box<AddArguments>),
    /// All schedules, the next one first
    List {
        /// Only your own
        #[arg(long)]
        mine: bool,
        #[command(flatten)]
        whose: Whose,
    },
    /// A schedule with its next times, and what came of the last ones
    Show {
        /// Its id or name
        schedule: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Start nothing until it is resumed; a run that is there goes on
    Pause {
        /// Its id or name
        schedule: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Make one active again that was paused, switched off after failures, or done
    Resume {
        /// Its id or name
        schedule: String,
        #[command(flatten)]
        whose: Whose,
    },
    /// Start its run now, as a try with fewer workers or other properties
    Start {
        /// Its id or name
        schedule: String,
        /// Workers of the cluster that is created for this run
        #[arg(long, value_name = "N")]
        workers: Option<u32>,
        /// A JMeter property of this run, over that of the schedule
        #[arg(short = 'J', value_name = "name=value")]
        property: Vec<String>,
        #[command(flatten)]
        whose: Whose,
    },
    /// Delete a schedule; its runs stay
    Remove {
        /// Its id or name
        schedule: String,
        #[command(flatten)]
        whose: Whose,
    },
}

/// What is done when an earlier run has not finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum OverlapName {
    /// Nothing is started for that time
    Skip,
    /// The run starts when the earlier one has finished
    Queue,
}

#[derive(Debug, Args)]
pub struct AddArguments {
    /// A plan that JAC has, by its id or name, or a .jmx file, which is uploaded with the files that it reads
    #[arg(value_name = "PLAN")]
    pub plan: String,
    /// The revision of the plan's files that each run runs; default: the newest at its time, whoever has changed the plan by then
    #[arg(long, value_name = "N")]
    pub revision: Option<u32>,
    /// When: minute, hour, day of month, month, day of week, such as '0 3 * * MON-FRI'; or @hourly, @daily, @weekly, @monthly
    #[arg(long, value_name = "EXPR", required_unless_present = "at", conflicts_with = "at")]
    pub cron: Option<String>,
    /// Once, at this date and time in the zone, such as 2026-12-01T03:00
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The time zone, such as Europe/Berlin
    #[arg(long, value_name = "ZONE", default_value = "UTC")]
    pub zone: String,
    /// What is done when an earlier run has not finished, or the cluster is busy
    #[arg(long, value_enum, default_value_t = OverlapName::Skip)]
    pub overlap: OverlapName,
    /// What the schedule and its runs are called; default: the plan's name
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// The cluster to run on, by its id or name; default: one is created for each run and terminated after it
    #[arg(long, value_name = "CLUSTER")]
    pub on: Option<String>,
    /// Another file that the uploaded plan reads
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// A CSV file whose rows are split across the workers, its header line kept
    #[arg(long, value_name = "FILE")]
    pub split: Vec<PathBuf>,
    /// A plugin that the uploaded plan needs
    #[arg(long, value_name = "JAR")]
    pub plugin: Vec<PathBuf>,
    /// A folder above the uploaded plan's, which its files stay in
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A JMeter property for the master and every worker
    #[arg(short = 'J', value_name = "name=value")]
    pub property: Vec<String>,
    /// A Java system property for the master and every worker
    #[arg(short = 'D', value_name = "name=value")]
    pub system_property: Vec<String>,
    /// A property whose value is a secret
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// A properties file for the master and every worker
    #[arg(short = 'q', value_name = "FILE")]
    pub properties_file: Vec<PathBuf>,
    /// What fails the run, such as 'p95 > 800ms', in place of the plan's criteria
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// How long a graceful stop may take before requests in flight are aborted
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub grace: u64,
    #[command(flatten)]
    pub cluster: NewClusterArguments,
    #[command(flatten)]
    pub whose: Whose,
}
