//! What `jac run` was asked for: read, found possible, and checked before anything is made.

use super::files::{self, Bundle, Given, properties};
use super::from_engine;
use super::progress::Line;
use crate::cli::{Output, PlanArguments};
use crate::client::Client;
use crate::context;
use crate::exit::with_hint;
use crate::utc;
use jac_engine::plans::check::PlanCheck;
use jac_engine::plans::source::Workers;
use jac_engine::runs::RunCheck;
use jac_engine::runs::spread::Spread;
use jac_engine::tools::{RequestedJMeter, Toolbox};
use jac_jmeter::JMeterHome;
use jac_jmx::{Check, Severity};
use jac_jtl::criteria::Criterion;
use jac_jtl::criteria::stop::StopRule;
use jac_model::{Fault, PlanId, Provider, RMI_MOST_WORKERS, ResultsChoice, ResultsMode, share_of};
use jac_report::visible;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the plan comes from.
pub enum Source {
    /// Files of this machine, uploaded for this run. `revises`: the plan that they become the next revision of, by its ID or name; `None`: that
    /// which an earlier command has made of a file of this name.
    Files { bundle: Bundle, plan: PathBuf, revises: Option<String> },
    /// It is kept where the run is done, under this ID or name.
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
    /// Those that JMeter reads with `-q`, in their order, relative to the root.
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
    /// Reads it for at most so many workers.
    pub fn read(arguments: &PlanArguments, workers: u32, home: Option<&JMeterHome>) -> anyhow::Result<Self> {
        let properties = properties('J', &arguments.property)?;
        let system_properties = files::properties('D', &arguments.system_property)?;
        let share = files::shares(&arguments.spread.share)?;
        let judged = &arguments.judged;
        let keep = jac_engine::runs::keep_patterns(arguments.keep.clone()).map_err(from_engine)?;
        for expression in &judged.fail_on {
            expression.parse::<Criterion>().map_err(|error| with_hint(format!("--fail-on: {error}"), None))?;
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
                plan.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
            }
            // It is also the name of a folder, so it has no separators.
            Source::Kept(named) => named.replace(std::path::is_separator, "-"),
        };
        let out = arguments.out.clone().unwrap_or_else(|| {
            Path::new("jac-results").join(format!("{plan_name}-{}", utc::compact(context::now_ms())))
        });
        if std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some()) || out.is_file() {
            return Err(with_hint(
                format!("{} is not empty", out.display()),
                Some("Give an empty folder with --out.".to_owned()),
            ));
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

    /// The check before the start, on so many workers with the JMeter of that version, if one is chosen: nothing is made for
    /// a plan that cannot work. `None`: the plan is kept elsewhere, and [checked](Self::check_kept) there.
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
            ..bundle.check(plan, workers, &self.properties, &self.system_properties, jmeter)
        };
        let check = check.run(toolbox).map_err(from_engine)?;
        print_warnings(&check, line);
        refuse(&check)?;
        line.print(&self.what_will_run(&check));
        Ok(Some(check))
    }

    /// Refuses what cannot work on so many workers.
    fn refuse_spread(&self, workers: u32) -> anyhow::Result<()> {
        if self.try_run {
            // One worker takes part, whatever is asked of many.
            return Ok(());
        }
        let Self { results, min_workers, share, properties, .. } = self;
        refuse_spread(Spread { results: *results, min_workers: *min_workers, share, properties }, workers)
    }

    /// Prints how the run is spread over so many workers, before anything starts.
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

    /// The same for a kept plan, by the server that keeps it.
    pub async fn check_kept(
        &self,
        client: &Client,
        plan: &PlanId,
        on: Place,
        line: &mut Line,
    ) -> anyhow::Result<Check> {
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

/// Refuses what cannot work on so many workers.
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
        1 => "1 worker".to_owned(),
        workers => format!("{workers} workers"),
    };
    let threads = match (check.threads_per_node, check.total_threads, check.workers) {
        (Some(each), Some(total), 2..) if each.saturating_mul(check.workers.into()) == total => {
            format!(", {each} threads x {} = {total} threads", check.workers)
        }
        (_, Some(total), _) => format!(", {total} threads"),
        _ => String::new(),
    };
    let duration = check.duration_s.map_or_else(String::new, |seconds| format!(", {seconds} s"));
    format!("{} on {machines}{threads}{duration}.", check.plan)
}

/// The folder for the results, created before anything starts, so that a long run does not fail at its end for a place
/// that cannot be written to. If nothing was put into it, it is removed.
pub struct OutFolder<'a>(&'a Path);

impl<'a> OutFolder<'a> {
    pub fn make(path: &'a Path) -> anyhow::Result<Self> {
        let cannot = |error| {
            with_hint(
                format!("{} cannot be written to: {error}", path.display()),
                Some("Give another folder with --out.".to_owned()),
            )
        };
        std::fs::create_dir_all(path).map_err(cannot)?;
        let folder = Self(path);
        tempfile::tempfile_in(path).map_err(cannot)?;
        Ok(folder)
    }
}

impl Drop for OutFolder<'_> {
    fn drop(&mut self) {
        // Fails where something lies in it, which is meant.
        drop(std::fs::remove_dir(self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn parts_are_listed_or_counted() {
        assert_eq!(parts(1000, 3), "334, 333, 333");
        assert_eq!(parts(45, 20), "3 for 5 of them, 2 for 15");
        assert_eq!(parts(40, 20), "2 each");
    }
}
