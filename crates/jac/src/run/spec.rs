//! The settings of `jac run`: read, validated, and checked before anything is created.

use super::files::{self, Bundle, Given, properties};
use super::from_engine;
use super::progress::Line;
use crate::cli::{Output, PlanArguments};
use crate::client::Client;
use crate::context;
use crate::exit::with_hint;
use crate::utc;
use jac_engine::plans::check::PlanCheck;
use jac_engine::plans::names::data_file_name;
use jac_engine::plans::source::Workers;
use jac_engine::runs::RunCheck;
use jac_engine::runs::spread::Spread;
use jac_engine::tools::{RequestedJMeter, Toolbox};
use jac_engine::view::PlanView;
use jac_jmeter::JMeterHome;
use jac_jmx::{Check, Severity};
use jac_jtl::criteria::Criterion;
use jac_jtl::criteria::stop::StopRule;
use jac_model::{Fault, Plan, PlanId, Provider, RMI_MOST_WORKERS, ResultsChoice, ResultsMode, plural, share_of};
use jac_report::visible;
use std::collections::BTreeMap;
use std::fs::{File, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// The source of the plan.
pub enum Source {
    /// Local files, uploaded for this run. `revises`: the plan whose next revision they become, by its ID or name;
    /// `None`: the one that an earlier command created from a file with this name.
    Files { bundle: Bundle, plan: PathBuf, revises: Option<String> },
    /// An uploaded plan on the run's server, with this ID or name.
    Kept(String),
}

/// The cluster of a run, as far as its check needs it.
pub struct Place {
    pub workers: u32,
    pub provider: Provider,
    pub jmeter_version: Option<String>,
}

/// The command line, read and found possible.
pub struct RunSpec {
    pub source: Source,
    pub plan_name: String,
    /// Data files whose rows are split, relative to the plan's folder.
    pub split: Vec<String>,
    /// Files that JMeter reads with `-q`, in their order, relative to the root.
    pub properties_files: Vec<String>,
    /// 1 thread and 1 iteration of each thread group on 1 node.
    pub try_run: bool,
    pub properties: jac_jmx::Properties,
    pub system_properties: jac_jmx::Properties,
    pub secret: Vec<String>,
    pub jmeter_home: Option<PathBuf>,
    pub name: Option<String>,
    /// Empty: the plan's.
    pub keep: Vec<String>,
    /// `None`: the plan's.
    pub criteria: Option<Vec<String>>,
    pub warm_up_s: Option<u64>,
    pub stop_rules: Option<Vec<String>>,
    pub stop_timeout_s: u64,
    pub results: ResultsChoice,
    pub min_workers: Option<u32>,
    /// Properties whose totals are divided among the workers.
    pub share: BTreeMap<String, u64>,
    pub out: PathBuf,
    pub output: Output,
}

impl RunSpec {
    /// Reads it for at most this many workers.
    pub fn read(arguments: &PlanArguments, workers: u32, home: Option<&JMeterHome>) -> anyhow::Result<Self> {
        let properties = properties('J', &arguments.property)?;
        let system_properties = files::properties('D', &arguments.system_property)?;
        let share = files::shares(&arguments.spread.share)?;
        let judged = &arguments.judged;
        let keep = jac_engine::runs::keep_patterns(arguments.keep.clone()).map_err(from_engine)?;
        refuse_criteria(&judged.fail_on)?;
        refuse_stop_timeout(arguments.stop_timeout)?;
        if let Some(name) = arguments.name.as_deref().filter(|name| !name.trim().is_empty()) {
            jac_engine::required_name(name).map_err(from_engine)?;
        }
        for expression in &judged.stop_if {
            expression.parse::<StopRule>().map_err(|error| with_hint(format!("--stop-if: {error}"), None))?;
        }
        let (source, split, properties_files) = match (&arguments.plan, &arguments.kept) {
            (Some(plan), kept) => {
                let bundle = Bundle::gather(Given {
                    plan,
                    root: arguments.root.as_deref(),
                    data: &arguments.data,
                    split: &arguments.split,
                    plugins: &arguments.plugin,
                    properties_files: &arguments.properties_file,
                    properties: &properties,
                    system_properties: &system_properties,
                    workers: Workers { count: workers, share: &share },
                    home,
                })?;
                let (split, properties_files) = (bundle.split.clone(), bundle.properties_files.clone());
                (Source::Files { bundle, plan: plan.clone(), revises: kept.clone() }, split, properties_files)
            }
            (None, Some(named)) => {
                let names = |paths: &[PathBuf]| paths.iter().map(|path| path.to_string_lossy().into_owned()).collect();
                (Source::Kept(named.clone()), names(&arguments.split), names(&arguments.properties_file))
            }
            (None, None) => anyhow::bail!("no plan given"),
        };
        let plan_name = match &source {
            Source::Files { plan, .. } => {
                jac_engine::fitting_name(&plan.file_stem().unwrap_or_default().to_string_lossy())
            }
            // It is also the name of a folder, so it has no separators.
            Source::Kept(named) => named.replace(std::path::is_separator, "-"),
        };
        let out = arguments.out.clone().unwrap_or_else(|| {
            Path::new("jac-results").join(format!("{plan_name}-{}", utc::compact(context::now_ms())))
        });
        if arguments.out.is_some() {
            refuse_full(&out)?;
        }
        Ok(Self {
            source,
            plan_name,
            split,
            properties_files,
            try_run: arguments.try_run,
            properties,
            system_properties,
            secret: arguments.secret.clone(),
            // A server works in another folder than this command.
            jmeter_home: arguments
                .jmeter_home
                .as_ref()
                .map(|home| home.canonicalize().unwrap_or_else(|_| home.clone())),
            name: arguments.name.clone(),
            keep,
            criteria: judged.criteria(),
            warm_up_s: judged.warm_up_s(),
            stop_rules: judged.stop_rules(),
            stop_timeout_s: arguments.stop_timeout,
            results: arguments.spread.results.into(),
            min_workers: arguments.spread.min_workers,
            share,
            out,
            output: arguments.output,
        })
    }

    /// The check before the start, with this many workers and that version of JMeter, if one is selected: nothing is
    /// created for a plan that cannot work. `None`: the plan is stored elsewhere, and [checked](Self::check_kept)
    /// there.
    pub fn check(
        &self,
        workers: u32,
        provider: Provider,
        jmeter_version: Option<String>,
        toolbox: &Toolbox,
        line: &mut Line,
    ) -> anyhow::Result<Option<Check>> {
        self.refuse_spread(workers)?;
        let Source::Files { bundle, plan, .. } = &self.source else { return Ok(None) };
        let jmeter = RequestedJMeter { home: None, version: jmeter_version };
        let check = PlanCheck {
            results: self.results.mode(workers),
            one_disk: provider == Provider::Local,
            share: self.share.clone(),
            keep: self.keep.clone(),
            ..bundle.check(plan, workers, &self.properties, &self.system_properties, jmeter)
        };
        let check = check.run(toolbox).map_err(from_engine)?;
        print_warnings(&check, line);
        refuse(&check)?;
        line.print(&self.what_will_run(&check));
        Ok(Some(check))
    }

    /// Rejects options that cannot work with this number of workers.
    fn refuse_spread(&self, workers: u32) -> anyhow::Result<()> {
        if self.try_run {
            // One worker is used, regardless of the request.
            return Ok(());
        }
        let Self { results, min_workers, share, properties, .. } = self;
        refuse_spread(Spread { results: *results, min_workers: *min_workers, share, properties }, workers)
    }

    /// Prints how the run is spread over this many workers, before anything starts.
    pub fn print_spread(&self, workers: u32, line: &mut Line) {
        if !self.try_run && self.results == ResultsChoice::Auto && self.results.mode(workers) == ResultsMode::Direct {
            line.print(&format!(
                "Direct results, because there are more than {RMI_MOST_WORKERS} workers: each writes its own log, and \
                 no master runs."
            ));
        }
        for (name, total) in self.share.iter().filter(|_| workers > 0 && !self.try_run) {
            line.print(&format!("{name}={total} is divided among the workers: {}.", parts(*total, workers)));
        }
    }

    /// The same for an uploaded plan, checked by its server.
    pub async fn check_kept(
        &self,
        client: &Client,
        plan: &PlanId,
        on: Place,
        line: &mut Line,
    ) -> anyhow::Result<Check> {
        let kept: PlanView = client.get(&format!("/plans/{plan}")).await?;
        for split in &self.split {
            refuse_missing(&kept.plan, split)?;
        }
        let request = serde_json::json!({
            "workers": on.workers,
            "provider": on.provider,
            "jmeter_version": on.jmeter_version,
            "properties": self.properties,
            "system_properties": self.system_properties,
            "properties_files": self.properties_files,
            "split": self.split,
            "results": self.results,
            "min_workers": self.min_workers,
            "share": self.share,
            "try_run": self.try_run,
        });
        let RunCheck { check, faults } = client.post(&format!("/plans/{plan}/check"), &request).await?;
        print_warnings(&check, line);
        refuse(&check)?;
        if !faults.is_empty() {
            return Err(with_hint(Fault::sentences(&faults), None));
        }
        line.print(&self.what_will_run(&check));
        Ok(check)
    }

    fn what_will_run(&self, check: &Check) -> String {
        if self.try_run {
            let limit_s = jac_jmx::LONGEST_TRY_S;
            let threads = "1 thread and 1 iteration of each thread group";
            return format!("{}: try run on 1 node, {threads}, at most {limit_s} s.", check.plan);
        }
        what_will_run(check)
    }
}

/// Refuses criteria that cannot be read.
pub fn refuse_criteria(fail_on: &[String]) -> anyhow::Result<()> {
    for expression in fail_on {
        expression.parse::<Criterion>().map_err(|error| with_hint(format!("--fail-on: {error}"), None))?;
    }
    Ok(())
}

/// Rejects an invalid graceful stop timeout.
pub fn refuse_stop_timeout(seconds: u64) -> anyhow::Result<()> {
    let most = jac_engine::runs::MAX_STOP_TIMEOUT_S;
    if seconds > most {
        return Err(with_hint(format!("invalid --stop-timeout {seconds}: expected at most {most} seconds"), None));
    }
    Ok(())
}

/// Rejects a file to split that an uploaded plan does not have.
fn refuse_missing(plan: &Plan, split: &str) -> anyhow::Result<()> {
    let name = data_file_name(&plan.main_file, split).map_err(from_engine)?;
    let mut path: Vec<&str> = plan.main_file.split('/').collect();
    path.pop();
    for part in name.split('/') {
        match part {
            ".." => path.truncate(path.len().saturating_sub(1)),
            part => path.push(part),
        }
    }
    let path = path.join("/");
    if plan.files.iter().any(|file| file.path == path || file.path == name) {
        return Ok(());
    }
    Err(with_hint(
        format!("--split {split}: the plan {} has no such file", visible(&plan.name)),
        Some("Name it as in the plan, relative to the folder of its main file.".to_owned()),
    ))
}

/// Rejects options that cannot work with this number of workers.
pub fn refuse_spread(spread: Spread<'_>, workers: u32) -> anyhow::Result<()> {
    let faults = spread.faults(workers);
    if faults.is_empty() { Ok(()) } else { Err(with_hint(Fault::sentences(&faults), None)) }
}

fn print_warnings(check: &Check, line: &mut Line) {
    for finding in check.findings.iter().filter(|finding| finding.severity == Severity::Warning) {
        line.print(&format!("warning: {}", visible(&finding.message)));
    }
}

/// The errors of a check as one.
fn refuse(check: &Check) -> anyhow::Result<()> {
    let errors: Vec<_> = check.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let message = errors.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join(" ");
    let message = visible(&message).into_owned();
    Err(with_hint(message, errors.iter().find_map(|finding| finding.hint.clone())))
}

/// `334, 333, 333`, or how many have which part.
fn parts(total: u64, workers: u32) -> String {
    const LISTED: u32 = 10;
    if workers <= LISTED {
        return (0..workers).map(|worker| share_of(total, workers, worker).to_string()).collect::<Vec<_>>().join(", ");
    }
    let (most, least) = (share_of(total, workers, 0), share_of(total, workers, workers - 1));
    match total % u64::from(workers) {
        0 => format!("{least} each"),
        more => format!("{most} for {more} of them, {least} for {}", u64::from(workers) - more),
    }
}

fn what_will_run(check: &Check) -> String {
    let machines = match check.workers {
        0 => "the master only".to_owned(),
        workers => plural(workers.into(), "worker"),
    };
    let threads = match (check.threads_per_node, check.total_threads, check.workers) {
        (Some(each), Some(total), 2..) if each.saturating_mul(check.workers.into()) == total => {
            format!(", {each} threads x {} = {total} threads", check.workers)
        }
        (_, Some(total), _) => format!(", {}", plural(total, "thread")),
        _ => String::new(),
    };
    let duration = check.duration_s.map_or_else(String::new, |seconds| format!(", {seconds} s"));
    format!("{} on {machines}{threads}{duration}.", check.plan)
}

/// The folder for the results, created before anything starts, so that a long run does not fail at its end because the
/// folder cannot be written, and locked so that no other run writes into it. An empty one is removed.
pub struct OutFolder {
    path: PathBuf,
    _lock: File,
}

/// Maximum number of runs of one plan that may begin in one second.
const MOST_IN_A_SECOND: u32 = 1000;

impl OutFolder {
    /// Creates the named folder, or a new one with a similar name.
    pub fn claim(path: &Path, is_named: bool) -> anyhow::Result<Self> {
        let cannot = |error: std::io::Error| {
            with_hint(
                format!("{} cannot be written to: {}", path.display(), std::io::Error::from(error.kind())),
                Some("Give another folder with --out.".to_owned()),
            )
        };
        let path = if is_named {
            std::fs::create_dir_all(path).map_err(cannot)?;
            path.to_owned()
        } else {
            std::fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).map_err(cannot)?;
            new_folder(path).map_err(cannot)?
        };
        let lock = File::open(&path).map_err(cannot)?;
        // If the file system does not support locks, the folder is used without one.
        if let Err(TryLockError::WouldBlock) = lock.try_lock() {
            return Err(with_hint(
                format!("another `jac run` uses {}", path.display()),
                Some("Give another folder with --out.".to_owned()),
            ));
        }
        // Another run may have ended since the arguments were read.
        refuse_full(&path)?;
        let folder = Self { path, _lock: lock };
        tempfile::tempfile_in(&folder.path).map_err(cannot)?;
        Ok(folder)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for OutFolder {
    fn drop(&mut self) {
        // Fails if it is not empty, which is intended.
        drop(std::fs::remove_dir(&self.path));
    }
}

fn refuse_full(folder: &Path) -> anyhow::Result<()> {
    if std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
        return Err(with_hint(
            format!("{} is not empty", folder.display()),
            Some("Give an empty folder with --out.".to_owned()),
        ));
    }
    Ok(())
}

/// A new folder: `NAME`, otherwise `NAME-2`, `NAME-3`, …
fn new_folder(path: &Path) -> std::io::Result<PathBuf> {
    let mut number = 1;
    loop {
        let mut name = path.as_os_str().to_owned();
        if number > 1 {
            name.push(format!("-{number}"));
        }
        match std::fs::create_dir(&name) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && number < MOST_IN_A_SECOND => number += 1,
            made => return made.map(|()| PathBuf::from(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{OutFolder, parts};

    #[test]
    fn a_results_folder_is_one_runs_alone() {
        let place = tempfile::tempdir().expect("a folder");
        let path = place.path().join("jac-results/shop-20261126-120000");
        let folders = [1, 2, 3].map(|_| OutFolder::claim(&path, false).expect("one of its own"));
        let names = folders.each_ref().map(|folder| folder.path().file_name().map(|name| name.to_string_lossy()));
        let expected = ["", "-2", "-3"].map(|end| Some(format!("shop-20261126-120000{end}").into()));
        assert_eq!(names, expected);
        let named = place.path().join("out");
        let first = OutFolder::claim(&named, true).expect("it is free");
        let refused = OutFolder::claim(&named, true).err().expect("it is used").to_string();
        assert!(refused.contains("another `jac run` uses"), "{refused}");
        std::fs::write(named.join("results.jtl"), "a result").expect("written");
        drop(first);
        let refused = OutFolder::claim(&named, true).err().expect("it is full").to_string();
        assert!(refused.contains("is not empty"), "{refused}");
        drop(folders);
        assert!(!path.exists(), "nothing was put into it");
    }

    #[test]
    fn parts_are_listed_or_counted() {
        assert_eq!(parts(1000, 3), "334, 333, 333");
        assert_eq!(parts(45, 20), "3 for 5 of them, 2 for 15");
        assert_eq!(parts(40, 20), "2 each");
    }
}
