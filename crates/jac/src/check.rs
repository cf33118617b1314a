//! `jac check`: what a plan needs and will do, and what is missing.

use crate::cli::{CheckArguments, Output};
use crate::context;
use crate::exit::Exit;
use crate::plans::auto_stop;
use crate::run::files::{Bundle, Given, properties, shares, workers};
use crate::run::{from_engine, refuse_spread};
use crate::stdout;
use jac_engine::plans::check::PlanCheck;
use jac_engine::plans::source::Workers;
use jac_engine::runs::spread::Spread;
use jac_engine::tools::{RequestedJMeter, Toolbox};
use jac_jmx::{Check, Severity};
use jac_model::{DEFAULT_STOP_RULE, ResultsChoice};
use jac_report::visible;
use std::fmt::Write;

pub fn check(arguments: &CheckArguments) -> anyhow::Result<Exit> {
    let workers = workers(arguments.workers)?;
    let given = properties('J', &arguments.property)?;
    let system_properties = properties('D', &arguments.system_property)?;
    let results = ResultsChoice::from(arguments.spread.results);
    let share = shares(&arguments.spread.share)?;
    let spread = Spread { results, min_workers: arguments.spread.min_workers, share: &share, properties: &given };
    refuse_spread(spread, workers)?;
    let tools = context::tools(&context::data_folder(arguments.data_dir.as_deref()), arguments.jmeter_home.as_deref());
    let toolbox = Toolbox::new(tools);
    let jmeter = RequestedJMeter { home: None, version: arguments.jmeter_version.clone() };
    let home = toolbox.home(&jmeter).map_err(from_engine)?;
    let bundle = Bundle::gather(Given {
        plan: &arguments.plan,
        root: arguments.root.as_deref(),
        data: &arguments.data,
        split: &arguments.split,
        plugins: &arguments.plugin,
        properties_files: &arguments.properties_file,
        properties: &given,
        system_properties: &system_properties,
        workers: Workers { count: workers, share: &share },
        home: home.as_ref(),
    })?;
    let check = PlanCheck {
        results: results.mode(workers),
        share,
        ..bundle.check(&arguments.plan, workers, &given, &system_properties, jmeter)
    };
    let check = check.run(&toolbox).map_err(from_engine)?;
    match arguments.output {
        Output::Json => stdout::json(&check)?,
        Output::Text => stdout::put(&text(&check)),
    }
    Ok(if check.ok { Exit::Done } else { Exit::BadInput })
}

fn text(check: &Check) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        // Writing into a String cannot fail. A name with a line end must not pass for a line of the check.
        let _written = writeln!(out, "{}", visible(&text));
    };
    let number = |value: Option<u64>| value.map_or_else(|| "?".to_owned(), |value| value.to_string());
    line(match &check.test_name {
        Some(name) => format!("{} ({name})", check.plan),
        None => check.plan.clone(),
    });
    line(String::new());
    line("Thread groups".to_owned());
    for group in &check.thread_groups {
        let mut facts = vec![format!(
            "{} threads",
            group.threads.map_or_else(
                || group.raw.threads.clone().unwrap_or_else(|| "?".to_owned()),
                |threads| threads.to_string()
            )
        )];
        facts.extend(group.ramp_up_s.map(|seconds| format!("ramp-up {seconds} s")));
        facts.extend(group.duration_s.map(|seconds| format!("{seconds} s")));
        facts.extend(
            group.loops.map(|loops| if loops < 0 { "loops forever".to_owned() } else { format!("{loops} loops") }),
        );
        let off = if group.enabled { "" } else { ", disabled" };
        line(format!("  {}: {} ({}{off})", group.name, facts.join(", "), group.kind));
    }
    // If a total is divided, the workers' parts differ.
    let is_even = |workers: u32| match (check.threads_per_node, check.total_threads) {
        (Some(each), Some(total)) => each.saturating_mul(workers.into()) == total,
        _ => true,
    };
    line(match check.workers {
        0 => format!("  The master runs {} threads.", number(check.total_threads)),
        workers if is_even(workers) => format!(
            "  {} threads x {workers} workers = {} threads.",
            number(check.threads_per_node),
            number(check.total_threads)
        ),
        workers => format!("  {} threads on {workers} workers.", number(check.total_threads)),
    });
    line(match check.duration_s {
        Some(seconds) => format!("  It ends after at most {seconds} s."),
        None => "  Duration unknown.".to_owned(),
    });
    if !check.data_files.is_empty() {
        line(String::new());
        line("Data files".to_owned());
        for file in &check.data_files {
            let state = match (file.found, file.split) {
                (false, _) if file.written_by_plan => "written by the plan",
                (false, _) => "MISSING",
                (true, true) => "split across the workers",
                (true, false) => "copied to every node",
            };
            line(format!("  {}: {state} ({})", file.path, file.element));
        }
    }
    if !check.properties.is_empty() {
        line(String::new());
        line("Properties".to_owned());
        for property in &check.properties {
            let value = match (&property.value, &property.default) {
                (Some(value), _) => format!("= {value}"),
                (None, Some(default)) => format!("default {default}"),
                (None, None) => "no value and no default".to_owned(),
            };
            line(format!("  {} {value}", property.name));
        }
    }
    if !check.findings.is_empty() {
        line(String::new());
        line("Findings".to_owned());
        for finding in &check.findings {
            let word = match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Info => "info",
            };
            line(format!("  {word}: {} [{}]", finding.message, finding.code));
            if let Some(hint) = &finding.hint {
                line(format!("    hint: {hint}"));
            }
        }
    }
    line(String::new());
    line(format!("{} `jac run --no-auto-stop` disables it.", auto_stop(&[DEFAULT_STOP_RULE.to_owned()])));
    line(if check.ok {
        "No errors: the plan can run.".to_owned()
    } else {
        "The plan cannot run: fix the errors above.".to_owned()
    });
    out
}
