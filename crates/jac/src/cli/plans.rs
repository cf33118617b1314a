//! The arguments of `jac run` and `jac check`: a plan and everything that belongs to it.

use super::{ClientArguments, NewClusterArguments, Output, ServerArguments, whole_number, whole_seconds};
use clap::{Args, Subcommand, ValueEnum};
use jac_model::ResultsChoice;
use std::path::PathBuf;
use std::time::Duration;

/// `jac run`: a plan, and the cluster that is created for it.
#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    pub plan: PlanArguments,
    #[command(flatten)]
    pub cluster: NewClusterArguments,
}

/// The plan and its results, whichever cluster it runs on.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// The JMeter plan
    #[arg(value_name = "PLAN.jmx", required_unless_present = "kept")]
    pub plan: Option<PathBuf>,
    /// An uploaded plan instead of a file, by its ID or name, with its criteria. --split and -q then refer to its files. With a
    /// file: the file becomes the next revision of this plan, given by its ID or by the name of your own plan, created if needed
    #[arg(long = "plan", value_name = "PLAN")]
    pub kept: Option<String>,
    /// Another file that the plan reads; files referenced by the plan are added automatically
    #[arg(long, value_name = "FILE", requires = "plan")]
    pub data: Vec<PathBuf>,
    /// A CSV file to split across the workers; each part keeps the header line
    #[arg(long, value_name = "FILE")]
    pub split: Vec<PathBuf>,
    /// A plugin jar that the plan needs
    #[arg(long, value_name = "JAR", requires = "plan")]
    pub plugin: Vec<PathBuf>,
    /// A JMeter property for the master and every worker
    #[arg(short = 'J', value_name = "name=value")]
    pub property: Vec<String>,
    /// A Java system property for the master and every worker, e.g. javax.net.ssl.keyStore=client.p12
    #[arg(short = 'D', value_name = "name=value")]
    pub system_property: Vec<String>,
    /// A property with a secret value, masked in the report and wherever the run is shown. Names such as password or
    /// api_key are masked automatically
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// A properties file for the master and every worker
    #[arg(short = 'q', value_name = "FILE")]
    pub properties_file: Vec<PathBuf>,
    /// A parent folder of the plan that contains all its files: a plan in tests/ can then read ../data/rows.csv
    #[arg(long, value_name = "DIR", requires = "plan")]
    pub root: Option<PathBuf>,
    /// JMeter home to use instead of JAC's own
    #[arg(long, value_name = "DIR", env = "JMETER_HOME")]
    pub jmeter_home: Option<PathBuf>,
    /// A try run: 1 thread and 1 iteration of each thread group, at most 30 s, on 1 node, to see whether the plan works. Fails
    /// at the first failed sample, keeps the responses of failed samples, and is excluded from trends
    #[arg(long = "try", conflicts_with = "min_workers")]
    pub try_run: bool,
    /// The name of the run
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// Graceful stop timeout, after which requests in flight are aborted
    #[arg(long, alias = "grace", value_name = "SECONDS", default_value_t = 30, value_parser = whole_number(0..=u64::MAX))]
    pub stop_timeout: u64,
    /// JAC's data folder
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Folder for the results; default: ./jac-results/<plan>-<time>
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Also store the results at s3://BUCKET/PREFIX, gs://…, az://… or file:///FOLDER. A server (--server) uses its own
    /// store
    #[arg(long, value_name = "URL", env = "JAC_ARTIFACTS_URL")]
    pub artifacts_url: Option<String>,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    #[command(flatten)]
    pub judged: JudgedArguments,
    #[command(flatten)]
    pub spread: SpreadArguments,
    /// Collect files that the plan writes from every node, e.g. '*.csv' or 'screens/**/*.png'
    #[arg(long, value_name = "GLOB")]
    pub keep: Vec<String>,
    /// Also ship every sample to this Elasticsearch or OpenSearch; not with a server, which uses its own targets [env:
    /// JAC_SEARCH_URL]
    #[arg(long, value_name = "URL")]
    pub search_url: Option<String>,
    #[command(flatten)]
    pub at: ServerArguments,
    /// Lease: how long nodes keep running without contact to JAC
    #[arg(long, value_name = "SECONDS", hide = true, value_parser = whole_number(0..=u64::MAX))]
    pub lease_seconds: Option<u64>,
}

/// How a run is spread over its workers.
#[derive(Debug, Args)]
pub struct SpreadArguments {
    /// How samples are collected: over RMI by JMeter's master, or directly from each worker's log, without a master;
    /// auto = rmi with up to 20 workers
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ResultsName::Auto)]
    pub results: ResultsName,
    /// A JMeter property whose total is divided among the workers: threads=1000 on 3 workers is 334, 333 and 333
    #[arg(long, value_name = "NAME=TOTAL")]
    pub share: Vec<String>,
    /// Continue without lost workers while this many are left (direct results only); default: the first lost worker
    /// ends the run
    #[arg(long, value_name = "N", value_parser = whole_number(0..=u32::MAX))]
    pub min_workers: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ResultsName {
    Auto,
    Rmi,
    Direct,
}

impl From<ResultsName> for ResultsChoice {
    fn from(name: ResultsName) -> Self {
        match name {
            ResultsName::Auto => Self::Auto,
            ResultsName::Rmi => Self::Rmi,
            ResultsName::Direct => Self::Direct,
        }
    }
}

/// A run's criteria and stop rules.
#[derive(Debug, Args)]
pub struct JudgedArguments {
    /// Pass/fail criterion, e.g. 'p95 > 800ms', 'error_percent("Log in") >= 1%' (true = failed)
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Warm-up: samples of the first 30s, 2m, … do not count for --fail-on
    #[arg(long, value_name = "TIME", value_parser = whole_seconds)]
    pub warm_up: Option<Duration>,
    /// Rule of the automatic stop, instead of 'error_percent >= 90% for 60s': 'p95 > 5s for 30s',
    /// 'generator_cpu_percent > 95% for 120s'
    #[arg(long, value_name = "RULE")]
    pub stop_if: Vec<String>,
    /// Disable the automatic stop
    #[arg(long, conflicts_with = "stop_if")]
    pub no_auto_stop: bool,
}

impl JudgedArguments {
    /// The stop rules, if any were given.
    pub fn stop_rules(&self) -> Option<Vec<String>> {
        (self.no_auto_stop || !self.stop_if.is_empty()).then(|| self.stop_if.clone())
    }

    /// The warm-up in whole seconds.
    pub fn warm_up_s(&self) -> Option<u64> {
        self.warm_up.map(|length| length.as_secs())
    }

    /// The criteria, if there are any.
    pub fn criteria(&self) -> Option<Vec<String>> {
        (!self.fail_on.is_empty()).then(|| self.fail_on.clone())
    }
}

/// The arguments of `jac plans`.
#[derive(Debug, Subcommand)]
pub enum PlansCommand {
    /// List plans, newest first
    List {
        /// Only plans with these words in their name, main file, owner or ID
        #[arg(long, value_name = "TEXT")]
        text: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show the elements of a plan as a tree, with their key settings
    Outline {
        /// The plan, by its ID or name
        plan: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Rename a plan, or select another of its .jmx files as the main file
    Edit {
        /// The plan, by its ID or name
        plan: String,
        /// Its new name
        #[arg(long, value_name = "TEXT", required_unless_present = "main")]
        name: Option<String>,
        /// The .jmx file that is run
        #[arg(long, value_name = "FILE.jmx")]
        main: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Copy a plan with its files, criteria and patterns of files to keep
    Duplicate {
        /// The plan, by its ID or name
        plan: String,
        /// The name of the copy; default: the plan's name with "(copy)"
        #[arg(long, value_name = "TEXT")]
        name: Option<String>,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Move a file within a plan, e.g. to where the plan expects it
    Move {
        /// The plan, by its ID or name
        plan: String,
        /// The file's path in the plan
        from: String,
        /// Its new path
        to: String,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Restore the files of an older revision, as a new revision
    Restore {
        /// The plan, by its ID or name
        plan: String,
        /// The revision
        #[arg(value_name = "N", value_parser = whole_number(0..=u32::MAX))]
        revision: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// List the revisions of a plan's files, newest first: who, when, and what changed
    Revisions {
        /// The plan, by its ID or name
        plan: String,
        /// Maximum number
        #[arg(long, value_name = "N", default_value_t = 20, value_parser = whole_number(0..=u32::MAX))]
        limit: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Download the files of a plan or of an older revision as a zip
    Download {
        /// The plan, by its ID or name, and optionally @ and a revision: shop@3
        #[arg(value_name = "PLAN[@N]")]
        plan: String,
        /// The zip file to write
        #[arg(value_name = "FILE.zip")]
        to: PathBuf,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Compare two revisions of a plan: files, and lines of text files
    Diff {
        /// The plan, by its ID or name
        plan: String,
        /// The first revision
        #[arg(value_name = "N", value_parser = whole_number(0..=u32::MAX))]
        from: u32,
        /// The second revision
        #[arg(value_name = "M", value_parser = whole_number(0..=u32::MAX))]
        to: u32,
        #[command(flatten)]
        whose: ClientArguments,
    },
    /// Show or change a plan's criteria and automatic stop
    Criteria {
        /// The plan, by its ID or name
        plan: String,
        #[command(flatten)]
        judged: JudgedArguments,
        /// Remove all criteria
        #[arg(long, conflicts_with = "fail_on")]
        no_criteria: bool,
        #[command(flatten)]
        whose: ClientArguments,
    },
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The JMeter plan
    #[arg(value_name = "PLAN.jmx")]
    pub plan: PathBuf,
    /// Another file that the plan reads
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// A CSV file to split across the workers
    #[arg(long, value_name = "FILE")]
    pub split: Vec<PathBuf>,
    /// A plugin jar that the plan needs
    #[arg(long, value_name = "JAR")]
    pub plugin: Vec<PathBuf>,
    /// A JMeter property
    #[arg(short = 'J', value_name = "name=value")]
    pub property: Vec<String>,
    /// A Java system property
    #[arg(short = 'D', value_name = "name=value")]
    pub system_property: Vec<String>,
    /// A properties file
    #[arg(short = 'q', value_name = "FILE")]
    pub properties_file: Vec<PathBuf>,
    /// A parent folder of the plan that contains all its files
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// Number of JMeter workers; 0: the master runs the plan
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true, value_parser = whole_number::<i64>(..))]
    pub workers: i64,
    #[command(flatten)]
    pub spread: SpreadArguments,
    /// Format of standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// JMeter home whose classes are checked
    #[arg(long, value_name = "DIR", env = "JMETER_HOME")]
    pub jmeter_home: Option<PathBuf>,
    /// Version of JAC's own JMeter whose classes are checked
    #[arg(long, value_name = "VERSION")]
    pub jmeter_version: Option<String>,
    /// JAC's data folder
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}
