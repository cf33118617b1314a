//! The command line, declared once. Flags take precedence over the environment, the environment over defaults; the
//! server has a file between those two (`config`).

mod admin;
mod artefacts;
mod clusters;
mod export;
mod images;
mod imports;
mod logs;
mod machines;
mod mcp;
mod notify;
mod plans;
mod runs;
mod schedules;
mod search;
mod server;
mod settings;

pub use admin::{AuditArguments, Place, TokenCommand, UserCommand};
pub use artefacts::{ArtifactsCommand, StoreArguments};
pub use clusters::{ClientArguments, ClusterCommand, CreateArguments, CredentialsCommand};
pub use export::ExportArguments;
pub use images::{BuildArguments, ImageCommand};
pub use imports::ImportArguments;
pub use logs::{
    CompareArguments, CountArguments, NarrowArguments, ReadArguments, ReportArguments, SamplesArguments, SamplesOutput,
    TimeUnitName,
};
pub use machines::{Ec2Arguments, NewClusterArguments, ProviderName};
pub use mcp::McpArguments;
pub use notify::NotifyCommand;
pub use plans::{CheckArguments, JudgedArguments, PlanArguments, PlansCommand, RunArguments, SpreadArguments};
pub use runs::{PlanSamplesArguments, RunsCommand};
pub use schedules::{AddArguments, OverlapName, ScheduleCommand};
pub use search::{AddTargetArguments, DashboardsArguments, DashboardsName, LayoutName, SearchCommand};
pub use server::{LoginArguments, LogoutArguments, ServerArguments};
pub use settings::{ConfigCommand, ServeArguments};

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::{Bound, RangeBounds};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

/// JMeter Across the Cloud: runs Apache JMeter plans on clusters of machines.
#[derive(Debug, Parser)]
#[command(name = "jac", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

impl Cli {
    /// Reads the command line and the environment; exits with the usage if they are invalid.
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
            let words = "--jmeter-home and --jmeter-version cannot be used together";
            return Err(below.error(ErrorKind::ArgumentConflict, words));
        }
        Self::from_arg_matches(&matches)
    }
}

/// A home from the environment is a default; one on the command line is a choice, like a version.
fn names_two_jmeters(given: &ArgMatches) -> bool {
    let is_typed =
        |id: &str| given.ids().any(|known| known == id) && given.value_source(id) == Some(ValueSource::CommandLine);
    is_typed("jmeter_home") && is_typed("jmeter_version")
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a plan on a cluster that is created for it and terminated afterwards
    #[command(after_help = EXIT_CODES)]
    Run(Box<RunArguments>),
    /// Start the server and its web app
    Serve(ServeArguments),
    /// The server's configuration
    #[command(subcommand)]
    Config(ConfigCommand),
    /// Persistent clusters: list, create, check, run, extend, adopt, terminate
    #[command(subcommand)]
    Cluster(Box<ClusterCommand>),
    /// Uploaded plans: criteria, revisions, files
    #[command(subcommand)]
    Plans(Box<PlansCommand>),
    /// Runs: list, tag, add a note, annotate, set a baseline, show a trend, search samples
    #[command(subcommand)]
    Runs(Box<RunsCommand>),
    /// Scheduled runs: add, list, show, pause, resume, start, remove
    #[command(subcommand)]
    Schedule(Box<ScheduleCommand>),
    /// EC2 images with Java and JMeter, so that clusters launch faster: build, list, remove
    #[command(subcommand)]
    Image(ImageCommand),
    /// Your saved AWS credentials
    #[command(subcommand)]
    Credentials(CredentialsCommand),
    /// Results in an object store: status, retry, verify, rebuild, and your own store
    #[command(subcommand)]
    Artifacts(ArtifactsCommand),
    /// Validate a plan: what it needs, what it will do, what is missing
    #[command(after_help = "Exit codes: 0 the plan can run, 2 it cannot.")]
    Check(CheckArguments),
    /// Create a report from result logs (.jtl, also .gz and .zst; - is standard input)
    Report(ReportArguments),
    /// Import result logs written elsewhere as a run, with report, search, comparison and history
    Import(ImportArguments),
    /// Export a run's samples for other programs: Parquet, HdrHistogram
    Export(ExportArguments),
    /// Give an assistant access to runs and plans: a Model Context Protocol server on standard input and output
    Mcp(McpArguments),
    /// Compare two results and report which changes are significant
    #[command(after_help = "Exit codes: 0 no worse, 1 worse, 2 bad input.")]
    Compare(CompareArguments),
    /// Find single samples in result logs
    #[command(after_help = CONDITIONS)]
    Samples(SamplesArguments),
    /// Samples in Elasticsearch and OpenSearch: test, backfill, status, delete, dashboards, and your own targets
    #[command(subcommand)]
    Search(SearchCommand),
    /// Notifications and metrics targets: test them, show a run's notifications, retry them
    #[command(subcommand)]
    Notify(NotifyCommand),
    /// JAC's own copy of JMeter
    Jmeter(JmeterArguments),
    /// Start a small demo shop to test against
    DemoTarget(DemoTargetArguments),
    /// Save a personal token of a server, for --server
    Login(LoginArguments),
    /// Remove the saved token of a server from this machine
    Logout(LogoutArguments),
    /// Administer an installation
    Admin(AdminArguments),
    /// Check whether the server on the data folder answers (exit code)
    #[command(hide = true)]
    Health(HealthArguments),
    /// Keeps a local node until its lease expires
    #[command(hide = true)]
    LocalNode { folder: PathBuf },
}

const EXIT_CODES: &str = "\
Exit codes:
  0    done, criteria met
  1    done, a criterion is not met
  2    bad input
  3    the run failed, recorded no samples, or was stopped automatically or by somebody else
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

/// A duration with its unit, such as `10s` or `30d`.
fn duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| "expected a duration with its unit, e.g. 30s, 2m or 30d".to_owned())
}

/// A duration in whole seconds, because it is counted in seconds.
fn whole_seconds(text: &str) -> Result<Duration, String> {
    let length = duration(text)?;
    if length.subsec_nanos() == 0 { Ok(length) } else { Err("expected whole seconds, e.g. 30s or 2m".to_owned()) }
}

/// The parser of a whole number in a range. An unbounded range permits every number of the type.
fn whole_number<T>(
    range: impl RangeBounds<T> + Clone + Send + Sync + 'static,
) -> impl Fn(&str) -> Result<T, String> + Clone + Send + Sync + 'static
where
    T: FromStr + Display + PartialOrd + Clone + Send + Sync + 'static,
{
    move |text| {
        let read = text.parse().ok().filter(|number| range.contains(number));
        read.ok_or_else(|| match (range.start_bound(), range.end_bound()) {
            (Bound::Included(least), Bound::Included(most)) => {
                format!("expected a whole number from {least} to {most}")
            }
            _ => "expected a whole number".to_owned(),
        })
    }
}

/// A number that may have a fraction.
fn number(text: &str) -> Result<f64, String> {
    text.parse().map_err(|_| "expected a number, e.g. 2 or 0.5".to_owned())
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// A table
    Text,
    /// JSON
    Json,
}

#[derive(Debug, Args)]
pub struct JmeterArguments {
    #[command(subcommand)]
    pub command: JmeterCommand,
}

#[derive(Debug, Subcommand)]
pub enum JmeterCommand {
    /// Download and verify JAC's own JMeter, and print its folder
    Install {
        /// JAC's data folder
        #[arg(long, value_name = "DIR", env = "JAC_DATA_DIR")]
        data_dir: Option<PathBuf>,
        /// The release
        #[arg(long, value_name = "VERSION", default_value = jac_jmeter::Release::newest().version)]
        version: String,
        /// The source of the download
        #[arg(long, value_enum, default_value_t = SourceName::Auto)]
        source: SourceName,
        /// The archive's address, e.g. of a mirror; {version} is replaced with the release
        #[arg(long, value_name = "URL", default_value = jac_jmeter::install::ARCHIVE_URL, env = "JAC_JMETER_ARCHIVE")]
        archive: String,
    },
}

/// The source of JMeter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum SourceName {
    /// Apache's archive, otherwise Maven Central
    Auto,
    /// Apache's archive only
    Archive,
    /// Maven Central only
    Maven,
}

#[derive(Debug, Args)]
pub struct DemoTargetArguments {
    /// Address to listen on; port 0 = any free port
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
    /// JAC's data folder
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
    /// Create a new encryption key and re-encrypt all saved secrets with it; the server must be stopped
    RotateKey {
        #[command(flatten)]
        place: Place,
    },
    /// Accounts: add, list, link, disable, enable, remove
    #[command(subcommand)]
    User(UserCommand),
    /// Personal tokens: create, list, revoke
    #[command(subcommand)]
    Token(TokenCommand),
    /// The audit trail: who did what
    Audit(AuditArguments),
    /// Back up the database and the plans to a file, also while a server is running
    ///
    /// The file is an archive (tar, Zstandard). It never contains secret.key: keep a copy of that elsewhere, otherwise
    /// saved credentials must be entered again after a restore on another machine.
    Backup {
        /// The file to write, e.g. jac.tar.zst
        file: PathBuf,
        /// Include the folders of finished runs: logs, reports, everything
        #[arg(long)]
        with_results: bool,
        #[command(flatten)]
        place: Place,
    },
    /// Restore a backup; the server must be stopped
    ///
    /// The previous database is kept next to the restored one. Plans and runs in the folder are kept, including those
    /// newer than the backup.
    Restore {
        /// The file written by `jac admin backup`
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
    fn a_warm_up_has_whole_seconds() {
        for command in [&["jac", "run", "plan.jmx"][..], &["jac", "report", "results.jtl"]] {
            for whole in ["0s", "2000ms", "1m 30s"] {
                Cli::read_from([command, &["--warm-up", whole]].concat()).expect(whole);
            }
            for fraction in ["1500ms", "999us", "1s 1ns"] {
                let refused = Cli::read_from([command, &["--warm-up", fraction]].concat()).expect_err(fraction);
                assert_eq!(refused.kind(), ErrorKind::ValueValidation, "{fraction}");
            }
        }
    }

    /// Every numeric argument below a command, with a command line in which its value is `x`.
    fn numbers(command: &clap::Command, path: &[String], found: &mut Vec<(String, Vec<String>)>) {
        use std::any::TypeId;
        let types =
            [TypeId::of::<u32>(), TypeId::of::<u64>(), TypeId::of::<i64>(), TypeId::of::<usize>(), TypeId::of::<f64>()];
        for argument in command.get_arguments() {
            let its_type = argument.get_value_parser().type_id();
            if !types.iter().any(|number| its_type == *number) {
                continue;
            }
            let mut words = path.to_vec();
            if let Some(long) = argument.get_long() {
                words.push(format!("--{long}=x"));
                found.push((format!("--{long}"), words));
            } else {
                let before = command.get_positionals().take_while(|other| other.get_id() != argument.get_id());
                words.extend(before.map(|_| "1".to_owned()));
                words.push("x".to_owned());
                found.push((format!("<{}>", argument.get_value_names().expect("a name")[0]), words));
            }
        }
        for below in command.get_subcommands() {
            numbers(below, &[path, &[below.get_name().to_owned()]].concat(), found);
        }
    }

    #[test]
    fn every_numeric_argument_says_what_it_expects() {
        let mut found = Vec::new();
        numbers(&Cli::command(), &["jac".to_owned()], &mut found);
        assert!(found.len() > 30, "{found:?}");
        for (name, words) in found {
            let refused = Cli::read_from(&words).expect_err(&name);
            assert_eq!((refused.kind(), refused.exit_code()), (ErrorKind::ValueValidation, 2), "{words:?}: {refused}");
            let text = refused.to_string();
            let first = text.lines().next().expect("a line");
            assert!(first.contains("'x'") && first.contains(&name), "{words:?}: {first}");
            assert!(first.contains(": expected a whole number") || first.contains(": expected a number"), "{first}");
        }
    }

    #[test]
    fn a_number_out_of_range_is_refused_with_the_range() {
        for (words, expected) in [
            (["runs", "list", "--limit=0"], "expected a whole number from 1 to 200"),
            (["runs", "list", "--limit=201"], "expected a whole number from 1 to 200"),
            (["runs", "samples", "--limit=1001"], "expected a whole number from 0 to 1000"),
            (["runs", "samples", "--runs=0"], "expected a whole number from 1 to 4294967295"),
            (["cluster", "create", "--workers-may-fail=4294967296"], "expected a whole number from 0 to 4294967295"),
            (["cluster", "create", "--workers=1.5"], "expected a whole number"),
            (["compare", "a.jtl", "--significance=1%"], "expected a number, e.g. 2 or 0.5"),
        ] {
            let refused = Cli::read_from([&["jac"][..], &words].concat()).expect_err(expected);
            let text = refused.to_string();
            assert_eq!((refused.kind(), refused.exit_code()), (ErrorKind::ValueValidation, 2), "{text}");
            assert!(text.lines().next().is_some_and(|line| line.ends_with(expected)), "{text}");
        }
        Cli::read_from(["jac", "runs", "list", "--limit=200"]).expect("the greatest");
        Cli::read_from(["jac", "cluster", "create", "--workers=-1"]).expect("the engine refuses it, with its field");
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
