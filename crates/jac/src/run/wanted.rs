//! What `jac run` was asked for: read, found possible, and checked before anything is made.

use super::files::{Bundle, Given, heap_mb, properties};
use super::from_engine;
use super::machines;
use super::progress::Line;
use crate::cli::{Output, RunArguments};
use crate::exit::with_hint;
use jac_engine::plans::check::PlanCheck;
use jac_engine::tools::Toolbox;
use jac_jmx::{Check, Severity};
use jac_jtl::criteria::Criterion;
use jac_model::{ClusterConfig, Ec2Config, Provider, SshConfig};
use std::path::{Path, PathBuf};

/// The command line, read and found possible.
pub struct Wanted {
    pub bundle: Bundle,
    pub plan: PathBuf,
    pub plan_name: String,
    pub provider: Provider,
    pub ssh: Option<SshConfig>,
    pub ec2: Option<Ec2Config>,
    pub lifetime_minutes: u32,
    pub workers: u32,
    pub properties: jac_jmx::Properties,
    pub heap_mb: Option<u32>,
    pub jmeter_home: Option<PathBuf>,
    pub name: Option<String>,
    pub criteria: Vec<String>,
    pub grace_s: u64,
    pub out: PathBuf,
    pub output: Output,
}

impl Wanted {
    pub fn read(arguments: &RunArguments) -> anyhow::Result<Self> {
        let machines = machines::read(&arguments.machines, arguments.workers, arguments.server.is_some())?;
        let properties = properties(&arguments.property)?;
        let heap_mb = arguments.heap.as_deref().map(heap_mb).transpose()?;
        for expression in &arguments.fail_on {
            expression.parse::<Criterion>().map_err(|error| with_hint(format!("--fail-on: {error}"), None))?;
        }
        let bundle = Bundle::gather(Given {
            plan: &arguments.plan,
            data: &arguments.data,
            split: &arguments.split,
            plugins: &arguments.plugin,
            properties_files: &arguments.properties_file,
            properties: &properties,
        })?;
        let plan_name = arguments.plan.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let out = arguments
            .out
            .clone()
            .unwrap_or_else(|| Path::new("jac-results").join(format!("{plan_name}-{}", utc_now())));
        if std::fs::read_dir(&out).is_ok_and(|mut entries| entries.next().is_some()) || out.is_file() {
            return Err(with_hint(
                format!("{} holds something already", out.display()),
                Some("Name an empty folder with --out.".to_owned()),
            ));
        }
        Ok(Self {
            bundle,
            plan: arguments.plan.clone(),
            plan_name,
            provider: machines.provider,
            lifetime_minutes: lifetime_minutes(machines.provider, arguments.machines.lifetime),
            ssh: machines.ssh,
            ec2: machines.ec2,
            workers: machines.workers,
            properties,
            heap_mb,
            // A server works in another folder than this command.
            jmeter_home: arguments
                .jmeter_home
                .as_ref()
                .map(|home| home.canonicalize().unwrap_or_else(|_| home.clone())),
            name: arguments.name.clone(),
            criteria: arguments.fail_on.clone(),
            grace_s: arguments.grace,
            out,
            output: arguments.output,
        })
    }

    /// The check before the start: nothing is made for a plan that cannot work.
    pub fn check(&self, toolbox: &Toolbox, line: &mut Line) -> anyhow::Result<()> {
        let check = PlanCheck {
            name: self.bundle.main.clone(),
            main: self.plan.clone(),
            files: self.bundle.files.clone(),
            workers: self.workers,
            splits: self.bundle.split.clone(),
            properties: self.properties.clone(),
            properties_files: self
                .bundle
                .properties_files
                .iter()
                .filter_map(|name| self.bundle.files.get(name))
                .cloned()
                .collect(),
            jmeter_home: None,
        }
        .run(toolbox)
        .map_err(from_engine)?;
        for finding in check.findings.iter().filter(|finding| finding.severity == Severity::Warning) {
            line.say(&format!("warning: {}", finding.message));
        }
        refuse(&check)?;
        line.say(&what_will_run(&check));
        Ok(())
    }
}

/// A run ends its cluster by itself. Only where machines cost money there is a bound on what a run that never ends costs.
fn lifetime_minutes(provider: Provider, given: Option<u32>) -> u32 {
    let otherwise = match provider {
        Provider::Ec2 => ClusterConfig::default().lifetime_minutes,
        Provider::Local | Provider::Ssh => ClusterConfig::MAX_LIFETIME_MINUTES,
    };
    given.unwrap_or(otherwise)
}

/// The errors of a check as one.
fn refuse(check: &Check) -> anyhow::Result<()> {
    let errors: Vec<_> = check.findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
    if errors.is_empty() {
        return Ok(());
    }
    let message = errors.iter().map(|finding| finding.message.as_str()).collect::<Vec<_>>().join(" ");
    Err(with_hint(message, errors.iter().find_map(|finding| finding.hint.clone())))
}

fn what_will_run(check: &Check) -> String {
    let machines = match check.workers {
        0 => "the master alone".to_owned(),
        1 => "1 worker".to_owned(),
        workers => format!("{workers} workers"),
    };
    let threads = match (check.threads_per_node, check.total_threads, check.workers) {
        (Some(each), Some(total), 2..) => format!(", {each} threads x {} = {total} threads", check.workers),
        (_, Some(total), _) => format!(", {total} threads"),
        _ => String::new(),
    };
    let duration = check.duration_s.map_or_else(String::new, |seconds| format!(", {seconds} s"));
    format!("{} on {machines}{threads}{duration}.", check.plan)
}

/// The folder for the results, made before anything is begun: a place that cannot be written to is no surprise for the
/// end of a long run. If nothing was put into it, it goes again.
pub struct OutFolder<'a>(&'a Path);

impl<'a> OutFolder<'a> {
    pub fn make(path: &'a Path) -> anyhow::Result<Self> {
        let cannot = |error| {
            with_hint(
                format!("{} cannot be written to: {error}", path.display()),
                Some("Name another folder with --out.".to_owned()),
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

/// `20261123T101500Z`.
fn utc_now() -> String {
    use jac_engine::clock::{Clock, SystemClock};
    let seconds = SystemClock.now_ms().div_euclid(1000);
    let (days, second) = (seconds.div_euclid(86_400), seconds.rem_euclid(86_400));
    let (year, month, day) = civil(days);
    format!("{year:04}{month:02}{day:02}T{:02}{:02}{:02}Z", second / 3600, second / 60 % 60, second % 60)
}

/// Year, month and day of a number of days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month, day_of_year - (153 * shifted_month + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use super::civil;

    #[test]
    fn days_become_dates() {
        for (days, date) in [(0, (1970, 1, 1)), (59, (1970, 3, 1)), (11_016, (2000, 2, 29)), (20_780, (2026, 11, 23))] {
            assert_eq!(civil(days), date);
        }
    }
}
