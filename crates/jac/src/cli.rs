//! The command line, declared once. Flags win over the environment, the environment over defaults; the server has a file between
//! those two (`config`).

mod admin;
mod clusters;
mod images;
mod machines;
mod search;
mod server;
mod settings;

pub use admin::{AuditArguments, Place, TokenCommand, UserCommand};
pub use clusters::{ClusterCommand, CreateArguments, CredentialsCommand, Whose};
pub use images::{BuildArguments, ImageCommand};
pub use machines::{Ec2Arguments, NewClusterArguments, ProviderName};
pub use search::{DashboardsArguments, DashboardsName, SearchCommand};
pub use server::{LoginArguments, LogoutArguments, ServerArguments};
pub use settings::{ConfigCommand, ServeArguments};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

/// JMeter Across the Cloud: runs Apache JMeter plans on clusters of machines.
#[derive(Debug, Parser)]
#[command(name = "jac", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line and the environment; ends the process with its usage where that makes no sense.
    pub fn read() -> Self {
        Self::read_from(std::env::args_os()).unwrap_or_else(|error| error.exit())
    }

    fn read_from(words: impl IntoIterator<Item = impl Into<OsString> + Clone>) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(words)?;
        let (mut below, mut given) = (&mut command, &matches);
        while let Some((name, further)) = given.subcommand() {
            below = below.find_subcommand_mut(name).expect("what was matched is declared");
            given = further;
        }
        if names_two_jmeters(given) {
            let words = "--jmeter-home names a JMeter already, so that --jmeter-version has nothing to choose: give one of them";
            return Err(below.error(ErrorKind::ArgumentConflict, words));
        }
        Self::from_arg_matches(&matches)
    }
}

/// A home from the environment is for whoever chooses none; one on the command line is as much of a choice as a version.
fn names_two_jmeters(given: &ArgMatches) -> bool {
    let is_typed =
        |id: &str| given.ids().any(|known| known == id) && given.value_source(id) == Some(ValueSource::CommandLine);
    is_typed("jmeter_home") && is_typed("jmeter_version")
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a plan on a cluster that is made for it and removed after it
    #[command(after_help = EXIT_CODES)]
    Run(Box<RunArguments>),
    /// Start the server and its web app
    Serve(ServeArguments),
    /// The server's configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Clusters that stay: list, create, run on, extend, adopt, terminate
    #[command(subcommand)]
    Cluster(Box<ClusterCommand>),
    /// Images of EC2 that have Java and JMeter, so that clusters come up sooner: build, list, remove
    #[command(subcommand)]
    Image(ImageCommand),
    /// The AWS credentials that the server works with
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Say what a plan needs and will do, and what is missing
    #[command(after_help = "Exit codes: 0 it can run, 2 it cannot.")]
    Check(CheckArguments),
    /// Make a report of result logs (.jtl, also .gz and .zst; - is standard input)
    Report(ReportArguments),
    /// Say what has changed between two results, and what of it is noise
    #[command(after_help = "Exit codes: 0 no worse, 1 worse, 2 bad input.")]
    Compare(CompareArguments),
    /// Find single samples in result logs
    #[command(after_help = CONDITIONS)]
    Samples(SamplesArguments),
    /// Samples in Elasticsearch and OpenSearch: test, backfill, status, delete, dashboards
    #[command(subcommand)]
    Search(SearchCommand),
    /// JAC's own copy of JMeter
    Jmeter(JmeterArguments),
    /// A small shop to try load tests on
    DemoTarget(DemoTargetArguments),
    /// Save a personal token of a server, for --server
    Login(LoginArguments),
    /// Remove the saved token of a server from this machine
    Logout(LogoutArguments),
    /// Look after an installation
    Admin(AdminArguments),
    /// Say by the exit code whether the server that lives on the data folder answers
    #[command(hide = true)]
    Health(HealthArguments),
    /// Keeps a local node until its lease is over
    #[command(hide = true)]
    LocalNode { folder: PathBuf },
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done, criteria met
  1    done, a criterion of --fail-on is not met
  2    bad input
  3    the run failed or took no sample
  130  stopped by Ctrl-C (143: SIGTERM, 129: SIGHUP); what was measured is kept";

const CONDITIONS: &str = "\
Conditions, FIELD OP VALUE, all of which must hold:
  label code thread host message url   = != ~ !~ (a regular expression, anywhere in it)
  text                                 the same in message, failed assertion and URL
  success                              = true, = false
  elapsed                              = != > >= < <=, in ms, or 1.5s
  bytes                                = != > >= < <=
  time                                 the start: 2026-11-25T08:30:00 (UTC), epoch ms, +90s after the log's start

Examples:
  jac samples results.jtl --where success=false --where 'elapsed>2s' --slowest
  jac samples results.jtl --where 'label~^Check' --where 'code~^5' --limit 1000 --output csv > failed.csv";

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table
    Text,
    /// The summary as JSON
    Json,
}

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
    #[arg(value_name = "PLAN.jmx")]
    pub plan: PathBuf,
    /// Another file that the plan reads; files that the plan names are taken along by themselves
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// A CSV file whose rows are dealt out among the workers, its header line kept
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
    /// How long a graceful stop may take before requests are cut
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub grace: u64,
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
    /// Where the results go; default: ./jac-results/<plan>-<time>
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// What fails the run, such as 'p95 > 800ms', 'error_percent("Log in") >= 1%'
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Ship every sample to this Elasticsearch or OpenSearch too, where no server does the run [env: JAC_SEARCH_URL]
    #[arg(long, value_name = "URL")]
    pub search_url: Option<String>,
    #[command(flatten)]
    pub at: ServerArguments,
    /// How long nodes live without hearing from JAC
    #[arg(long, value_name = "SECONDS", hide = true)]
    pub lease_seconds: Option<u64>,
}

#[derive(Debug, Args)]
pub struct CheckArguments {
    /// The JMeter plan
    #[arg(value_name = "PLAN.jmx")]
    pub plan: PathBuf,
    /// Another file that the plan reads
    #[arg(long, value_name = "FILE")]
    pub data: Vec<PathBuf>,
    /// A CSV file whose rows are to be dealt out among the workers
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

/// Which of a log's samples are looked at.
#[derive(Debug, Args)]
pub struct NarrowArguments {
    /// Only samples that started then or later: 2026-11-25T08:30:00 (UTC), epoch milliseconds, or +90s after the log's start
    #[arg(long, value_name = "TIME")]
    pub from: Option<String>,
    /// Only samples that started before then
    #[arg(long, value_name = "TIME")]
    pub to: Option<String>,
    /// Only samples whose label matches somewhere
    #[arg(long, value_name = "REGEX")]
    pub label: Option<String>,
}

/// How a log is read where it does not say it itself.
#[derive(Debug, Args)]
pub struct ReadArguments {
    /// The columns of a log without a header, such as timeStamp,elapsed,label,responseCode,success
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
    /// How time stamps are written, as in JMeter's timestamp_format: 'dd/MM/yyyy HH:mm:ss.SSS'
    #[arg(long, value_name = "PATTERN", conflicts_with = "time_unit")]
    pub time_format: Option<String>,
    /// Time zone of dates that do not name one: UTC, +02:00
    #[arg(long, value_name = "OFFSET", default_value = "UTC", allow_hyphen_values = true)]
    pub time_zone: String,
    /// What numeric time stamps count; default: by their size
    #[arg(long, value_enum)]
    pub time_unit: Option<TimeUnitName>,
}

/// What numeric time stamps count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum TimeUnitName {
    /// Seconds
    S,
    /// Milliseconds
    Ms,
    /// Microseconds
    Us,
    /// Nanoseconds
    Ns,
}

/// How a log is counted.
#[derive(Debug, Args)]
pub struct CountArguments {
    /// Apdex: the response times in ms within which a success satisfies and is tolerated
    #[arg(long, value_name = "MS,MS", default_value = "500,1500")]
    pub apdex: String,
    /// Labels that are kept apart; later ones are counted together
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    pub max_labels: usize,
}

#[derive(Debug, Args)]
pub struct ReportArguments {
    /// Result logs; several are merged
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    #[command(flatten)]
    pub count: CountArguments,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Write the report as one offline page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Write the table as CSV
    #[arg(long, value_name = "FILE")]
    pub csv: Option<PathBuf>,
    /// Write the criteria and labels as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// What the page is called; default: the first file's name
    #[arg(long, value_name = "TEXT")]
    pub title: Option<String>,
    /// What fails the report, such as 'p95 > 800ms'
    #[arg(long, value_name = "EXPR")]
    pub fail_on: Vec<String>,
    /// Share of the rows that may be unread before the result cannot be judged
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
}

#[derive(Debug, Args)]
pub struct CompareArguments {
    /// What is compared with: a folder of results, a log, or a summary.json
    #[arg(value_name = "BEFORE")]
    pub before: PathBuf,
    /// What is judged
    #[arg(value_name = "AFTER")]
    pub after: PathBuf,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = Output::Text)]
    pub output: Output,
    /// Write the comparison as one offline page
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Greatest probability of calling noise a change
    #[arg(long, value_name = "P", default_value_t = 0.01)]
    pub significance: f64,
    /// Least change of mean, median or p95 that matters, in percent
    #[arg(long, value_name = "PERCENT", default_value_t = 5.0)]
    pub min_change: f64,
    /// Least such change in milliseconds
    #[arg(long, value_name = "MS", default_value_t = 2.0)]
    pub min_ms: f64,
    /// Least change of the share of failures that matters, in percentage points
    #[arg(long, value_name = "POINTS", default_value_t = 0.1)]
    pub min_errors: f64,
    /// Share of the rows of either that may be unread before they cannot be judged
    #[arg(long, value_name = "PERCENT", default_value = "0.1%")]
    pub max_unread: String,
}

#[derive(Debug, Args)]
pub struct SamplesArguments {
    /// Result logs
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<String>,
    /// A condition, such as success=false, 'elapsed>2s', 'label~^Log', kind=request
    #[arg(long = "where", value_name = "FIELD OP VALUE")]
    pub conditions: Vec<String>,
    #[command(flatten)]
    pub narrow: NarrowArguments,
    #[command(flatten)]
    pub read: ReadArguments,
    /// The slowest in place of the first; requests before transactions
    #[arg(long)]
    pub slowest: bool,
    /// How many are shown; all are counted
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub limit: usize,
    /// Print only how many there are
    #[arg(long)]
    pub count: bool,
    /// What is printed on standard output
    #[arg(long, value_enum, default_value_t = SamplesOutput::Text)]
    pub output: SamplesOutput,
}

/// How samples are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SamplesOutput {
    /// A table
    Text,
    /// All fields as CSV, with a header
    Csv,
    /// All fields as JSON
    Json,
}

#[derive(Debug, Args)]
pub struct JmeterArguments {
    #[command(subcommand)]
    pub command: JmeterCommand,
}

#[derive(Debug, Subcommand)]
pub enum JmeterCommand {
    /// Fetch and verify JAC's own JMeter, and print its folder
    Install {
        /// Where JAC keeps everything
        #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
        data_dir: Option<PathBuf>,
        /// Which release
        #[arg(long, value_name = "VERSION", default_value = jac_jmeter::Release::newest().version)]
        version: String,
        /// Where it comes from
        #[arg(long, value_enum, default_value_t = SourceName::Auto)]
        source: SourceName,
        /// The archive's address, for a mirror of your own; {version} stands for the release
        #[arg(long, value_name = "URL", default_value = jac_jmeter::install::ARCHIVE_URL, env = "JAC_JMETER_ARCHIVE")]
        archive: String,
    },
}

/// Where JMeter comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// Apache's archive, else Maven Central
    Auto,
    /// Apache's archive only
    Archive,
    /// Maven Central only
    Maven,
}

#[derive(Debug, Args)]
pub struct DemoTargetArguments {
    /// Where to listen; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
}

#[derive(Debug, Args)]
pub struct AdminArguments {
    #[command(subcommand)]
    pub command: AdminCommand,
}

#[derive(Debug, Args)]
pub struct HealthArguments {
    /// Where JAC keeps everything
    #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
    pub data_dir: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Print a new one-time sign-in link for the first administrator
    Link {
        #[command(flatten)]
        place: Place,
    },
    /// Make a new key for what is saved sealed, and seal all saved credentials with it; no server may run
    RotateKey {
        #[command(flatten)]
        place: Place,
    },
    /// People who may sign in: add, list, disable, enable, remove
    #[command(subcommand)]
    User(UserCommand),
    /// Personal tokens: create, list, revoke
    #[command(subcommand)]
    Token(TokenCommand),
    /// Who did what to what
    Audit(AuditArguments),
    /// Write the database and the plans to a file, while a server works on them or not
    ///
    /// The file is an archive (tar, Zstandard). It never has secret.key: keep a copy of that elsewhere, else saved credentials have to be
    /// entered again after a restore on another machine.
    Backup {
        /// Where to, such as jac.tar.zst
        file: PathBuf,
        /// The folders of finished runs too: logs, reports, everything
        #[arg(long)]
        with_results: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Put a backup back, while no server works on the folder
    ///
    /// The database that is there is kept beside the new one. Plans and runs that are in the folder stay, also those of after the backup.
    Restore {
        /// What `jac admin backup` wrote
        file: PathBuf,
        #[command(flatten)]
        place: Place,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_declared_without_contradictions() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_home_and_a_version_of_jmeter_are_one_choice_too_many() {
        let (home, version) = (["--jmeter-home", "/opt/jmeter"], ["--jmeter-version", "5.5"]);
        for command in [&["jac", "run", "plan.jmx"][..], &["jac", "check", "plan.jmx"], &["jac", "cluster", "create"]] {
            for alone in [home, version] {
                Cli::read_from([command, &alone].concat()).expect("one of them is a choice");
            }
            let refused = Cli::read_from([command, &home, &version].concat()).expect_err("which of them is meant?");
            assert_eq!(refused.kind(), ErrorKind::ArgumentConflict, "{command:?}");
        }
    }
}
