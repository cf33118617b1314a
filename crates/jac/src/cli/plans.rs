//! The arguments of `jac run` and `jac check`: a plan with what belongs to it.

use super::{NewClusterArguments, Output, ServerArguments, Whose};
use clap::{Args, Subcommand, ValueEnum};
use jac_model::ResultsChoice;
use std::path::PathBuf;
use std::time::Duration;

/// `jac run`: a plan, and the cluster that is made for it.
#[derive(Debug, Args)]
pub struct RunArguments {
    #[command(flatten)]
    pub plan: PlanArguments,
    #[command(flatten)]
    pub cluster: NewClusterArguments,
}

/// What is run and what comes of it, whichever cluster it runs on.
#[derive(Debug, Args)]
pub struct PlanArguments {
    /// The JMeter plan
    #[arg(value_name = "PLAN.jmx", required_unless_present = "kept")]
    pub plan: Option<PathBuf>,
    /// In the place of a file: a plan that is kept, by its id or name, with its criteria. --split and -q then name files of it
    #[arg(long = "plan", value_name = "PLAN", conflicts_with_all = ["plan", "data", "plugin", "root"])]
    pub kept: Option<String>,
    /// Another file that the plan reads; files that the plan names are taken along by themselves
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// A CSV file whose rows are split across the workers, its header line kept
    #[arg(long, value_name = "FILE")]
    pub split: Vec<PathBuf>,
    /// A plugin that the plan needs
    #[arg(long, value_name = "JAR")]
    pub plugin: Vec<PathBuf>,
    /// A JMeter property for the master and every worker
    #[arg(short = 'J', value_name = "name=value")]
    pub property: Vec<String>,
    /// A Java system property for the master and every worker, such as javax.net.ssl.keyStore=client.p12
    #[arg(short = 'D', value_name = "name=value")]
    pub system_property: Vec<String>,
    /// A property whose value is a secret: it is masked in the report and wherever the run is shown. Names such as password or
    /// api_key are masked by themselves
    #[arg(long, value_name = "NAME")]
    pub secret: Vec<String>,
    /// A properties file for the master and every worker
    #[arg(short = 'q', value_name = "FILE")]
    pub properties_file: Vec<PathBuf>,
    /// A folder above the plan's, which its files stay in: a plan in tests/ may then read ../data/rows.csv
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// A JMeter to use instead of JAC's own
    #[arg(long, value_name = "DIR", env = "JMETER_HOME")]
    pub jmeter_home: Option<PathBuf>,
    /// What the run is called
    #[arg(long, value_name = "TEXT")]
    pub name: Option<String>,
    /// How long a graceful stop may take before requests in flight are aborted
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub grace: u64,
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the results go; default: ./jac-results/<plan>-<time>
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Store the results there too: s3://BUCKET/PREFIX, gs://…, az://… or file:///FOLDER. A server that is named has a store of its own
    #[arg(long, value_name = "URL", env = "JAC_ARTIFACTS_URL")]
    pub artifacts_url: Option<String>,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    #[command(flatten)]
    pub judged: JudgedArguments,
    #[command(flatten)]
    pub spread: SpreadArguments,
    /// Keep files that the plan writes, such as '*.csv' or 'screens/**/*.png', of every node
    #[arg(long, value_name = "GLOB")]
    pub keep: Vec<String>,
    /// Ship every sample to this Elasticsearch or OpenSearch too, where no server does the run [env: JAC_SEARCH_URL]
    #[arg(long, value_name = "URL")]
    pub search_url: Option<String>,
    #[command(flatten)]
    pub at: ServerArguments,
    /// How long nodes live without hearing from JAC
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub lease_seconds: Option<u64>,
}

/// How a run is spread over its workers.
#[derive(Debug, Args)]
pub struct SpreadArguments {
    /// How the workers' samples come together: over RMI in JMeter's master, or directly from each worker's own log, without a master;
    /// auto is rmi with up to 20 workers
    #[arg(long, value_enum, value_name = "HOW", default_value_t = ResultsName::Auto)]
    pub results: ResultsName,
    /// A JMeter property whose total is divided among the workers: threads=1000 on 3 workers is 334, 333 and 333
    #[arg(long, value_name = "NAME=TOTAL")]
    pub share: Vec<String>,
    /// Go on without workers that are lost while so many are left, where results are direct; otherwise the run ends with the first
    #[arg(long, value_name = "N")]
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

/// What a run is judged by, and what stops it by itself.
#[derive(Debug, Args)]
pub struct JudgedArguments {
    /// What fails the run, such as 'p95 > 800ms', 'error_percent("Log in") >= 1%'
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Samples that start so long after the first one count for --fail-on, earlier ones do not: 30s, 2m
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    pub warm_up: Option<Duration>,
    /// What stops the run by itself, in place of 'error_percent >= 90% for 60s': 'p95 > 5s for 30s',
    /// 'generator_cpu_percent > 95% for 120s'
    #[arg(long, value_name = "RULE")]
    pub stop_if: Vec<String>,
    /// Nothing stops the run by itself
    #[arg(long, conflicts_with = "stop_if")]
    pub no_auto_stop: bool,
}

impl JudgedArguments {
    /// The rules of the automatic stop, where something was said of them.
    pub fn stop_rules(&self) -> Option<Vec<String>> {
        (self.no_auto_stop || !self.stop_if.is_empty()).then(|| self.stop_if.clone())
    }

    /// The warm-up in whole seconds.
    pub fn warm_up_s(&self) -> Option<u64> {
        self.warm_up.map(|length| length.as_secs())
    }

    /// The criteria, where there are some.
    pub fn criteria(&self) -> Option<Vec<String>> {
        (!self.fail_on.is_empty()).then(|| self.fail_on.clone())
    }
}

/// The words of `jac plans`.
#[derive(Debug, Subcommand)]
pub enum PlansCommand {
    /// The revisions of a plan's files, the newest first: who made them, when, and what changed
    Revisions {
        /// The plan, by its id or name
        plan: String,
        /// At most so many
        #[arg(long, value_name = "N", default_value_t = 20)]
        limit: u32,
        #[command(flatten)]
        whose: Whose,
    },
    /// The files of a plan as a zip, as they are or as they were
    Download {
        /// The plan, by its id or name, and after an @ the revision: shop@3
        #[arg(value_name = "PLAN[@N]")]
        plan: String,
        /// Where the zip is written
        #[arg(value_name = "FILE.zip")]
        to: PathBuf,
        #[command(flatten)]
        whose: Whose,
    },
    /// What differs between two revisions of a plan: files, and lines of those that are text
    Diff {
        /// The plan, by its id or name
        plan: String,
        /// The one revision
        #[arg(value_name = "N")]
        from: u32,
        /// The other
        #[arg(value_name = "M")]
        to: u32,
        #[command(flatten)]
        whose: Whose,
    },
    /// What the runs of a plan are judged by and what stops them by itself: show it, or change what is given
    Criteria {
        /// The plan, by its id or name
        plan: String,
        #[command(flatten)]
        judged: JudgedArguments,
        /// Its runs are not judged
        #[arg(long, conflicts_with = "fail_on")]
        no_criteria: bool,
        #[command(flatten)]
        whose: Whose,
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
    /// A CSV file whose rows are to be split across the workers
    #[arg(long, value_name = "FILE")]
    pub split: Vec<PathBuf>,
    /// A plugin that the plan needs
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
    /// A folder above the plan's, which its files stay in
    #[arg(long, value_name = "DIR")]
    pub root: Option<PathBuf>,
    /// How many JMeter workers; 0: the master runs the plan alone
    #[arg(long, value_name = "N", default_value_t = 0, allow_negative_numbers = true)]
    pub workers: i64,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// The JMeter whose classes are looked at
    #[arg(long, value_name = "DIR", env = "JMETER_HOME")]
    pub jmeter_home: Option<PathBuf>,
    /// The version of JAC's own JMeter whose classes are looked at
    #[arg(long, value_name = "VERSION")]
    pub jmeter_version: Option<String>,
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}
