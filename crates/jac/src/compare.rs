//! `jac compare`: compares two results: which differences are changes, and which are noise.

use crate::artefacts;
use crate::cli::{CompareArguments, Output};
use crate::exit::{Exit, with_hint};
use crate::{logs, stdout};
use anyhow::Context;
use jac_engine::clock::{Clock, SystemClock};
use jac_jtl::{Partial, Settings, Summary};
use jac_logs::{Filter, Input, with_common_dates};
use jac_report::{Compared, ComparisonReport, Thresholds, comparison_text, render_comparison_html};
use std::path::{Path, PathBuf};

pub fn compare(arguments: &CompareArguments) -> anyhow::Result<Exit> {
    let thresholds = thresholds(arguments)?;
    let filter = logs::filter(&arguments.narrow)?;
    let (before, after) = (Source::find(&arguments.before)?, Source::find(&arguments.after)?);
    let files = [&before, &after].map(Source::file).into_iter().flatten().collect::<Vec<_>>();
    logs::check_outputs(&[("--html", &arguments.html)], &files)?;
    let writer = logs::Writer::new();
    let both: Vec<Input> = [&before, &after].into_iter().filter_map(Source::log).cloned().collect();
    let settings = logs::settings(&arguments.read)?;
    let settings = with_common_dates(&both, &settings).map_err(logs::with_its_hint)?;
    let results = vec![before.read(&filter, &settings)?, after.read(&filter, &settings)?];
    let title = format!("{} -> {}", arguments.before.display(), arguments.after.display());
    let report = ComparisonReport::new(title, env!("CARGO_PKG_VERSION"), SystemClock.now_ms(), results, thresholds);
    if let Some(path) = &arguments.html {
        writer.write(path, render_comparison_html(&report)?.as_bytes())?;
    }
    for comparison in &report.comparisons {
        match arguments.output {
            Output::Text => stdout::put(&comparison_text(comparison, stdout::labels())),
            Output::Json => stdout::json(comparison)?,
        }
    }
    Ok(if report.is_fine() { Exit::Done } else { Exit::CriteriaNotMet })
}

fn thresholds(arguments: &CompareArguments) -> anyhow::Result<Thresholds> {
    let CompareArguments { significance, min_change, min_ms, min_errors, .. } = *arguments;
    let wrong = |flag: &str, value: f64, expected: &str| {
        Err(with_hint(format!("invalid value {value} for {flag}: expected {expected}"), None))
    };
    if !(significance > 0.0 && significance < 1.0) {
        return wrong("--significance", significance, "a probability between 0 and 1");
    }
    for (flag, value) in [("--min-change", min_change), ("--min-ms", min_ms), ("--min-errors", min_errors)] {
        if !(value.is_finite() && value >= 0.0) {
            return wrong(flag, value, "0 or more");
        }
    }
    let max_unread_percent = logs::max_unread_percent(&arguments.max_unread)?;
    Ok(Thresholds {
        significance,
        time_percent: min_change,
        time_ms: min_ms,
        error_points: min_errors,
        max_unread_percent,
    })
}

/// The source of a result.
enum Source {
    /// With the reason why it is partial, if its folder has one.
    Log(Input, Option<Partial>),
    /// Only a table.
    Summary(PathBuf, Box<Summary>),
}

impl Source {
    fn find(path: &Path) -> anyhow::Result<Self> {
        if let Some(address) = path.to_str().filter(|path| artefacts::is_address(path)) {
            return Ok(Self::Log(logs::input(address)?, None));
        }
        if !path.is_dir() {
            return if path.extension().is_some_and(|ending| ending == "json") {
                Self::table(path)
            } else {
                Ok(Self::Log(Input::File(path.to_owned()), None))
            };
        }
        if let Some(log) = logs::log_of(path)? {
            return Ok(Self::Log(Input::File(log), logs::partial(path)));
        }
        let summary = path.join(logs::SUMMARY);
        if summary.is_file() {
            return Self::table(&summary);
        }
        Err(logs::without_results(path, &format!(" or {}", logs::SUMMARY)))
    }

    fn log(&self) -> Option<&Input> {
        match self {
            Self::Log(input, _) => Some(input),
            Self::Summary(..) => None,
        }
    }

    /// The file that is read, if it is one here.
    fn file(&self) -> Option<Input> {
        match self {
            Self::Log(input, _) => Some(input.clone()),
            Self::Summary(path, _) => Some(Input::File(path.clone())),
        }
    }

    fn table(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot open {}", path.display()))?;
        Ok(match serde_json::from_str(&text) {
            Ok(summary) => Self::Summary(path.to_owned(), Box::new(summary)),
            // Reading it as a log reports what kind of file it is.
            Err(_) => Self::Log(Input::File(path.to_owned()), None),
        })
    }

    fn read(self, filter: &Filter, settings: &Settings) -> anyhow::Result<Compared> {
        match self {
            Self::Log(input, partial) => {
                let name = input.name();
                let mut log = logs::read(&[input], settings, filter)?;
                if let Some(partial) = partial {
                    log.mark_partial(partial.cause);
                }
                Ok(Compared::of_log(name, &mut log))
            }
            Self::Summary(path, _) if !filter.is_empty() => Err(with_hint(
                format!("{} is a summary table, which has no samples to filter", path.display()),
                Some("Remove --from, --to and --label, or give the log.".to_owned()),
            )),
            Self::Summary(path, summary) if summary.total.samples == 0 => {
                Err(with_hint(format!("{} contains no samples", path.display()), None))
            }
            Self::Summary(path, summary) => Ok(Compared::of_summary(path.display().to_string(), *summary)),
        }
    }
}
