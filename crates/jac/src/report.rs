//! `jac report`: the table and the page of result logs, from wherever they come.

use crate::cli::{Output, ReportArguments};
use crate::exit::{Exit, with_hint};
use crate::stdout;
use anyhow::Context;
use jac_engine::clock::{Clock, SystemClock};
use jac_jtl::criteria::{Criterion, CriterionResult};
use jac_logs::{Input, Progress, read_logs};
use jac_report::{Facts, LogFile, Report};
use std::io::{IsTerminal, Write};
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

pub fn report(arguments: &ReportArguments) -> anyhow::Result<Exit> {
    let criteria = arguments
        .fail_on
        .iter()
        .map(|expression| {
            expression.parse::<Criterion>().map_err(|error| with_hint(format!("--fail-on: {error}"), None))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let inputs: Vec<Input> = arguments.files.iter().map(|file| Input::of_argument(file)).collect();
    let mut bar = Bar::new();
    let read = read_logs(&inputs, &jac_jtl::Settings::default(), &mut |progress| bar.show(progress));
    bar.close();
    let mut log = read?;
    let files = inputs
        .iter()
        .map(|input| {
            let bytes = match input {
                Input::File(path) => std::fs::metadata(path).map_or(0, |file| file.len()),
                Input::Stdin => log.outcome().bytes,
            };
            LogFile { name: input.name(), bytes }
        })
        .collect();
    let facts = Facts {
        title: inputs.first().map(Input::name).unwrap_or_default(),
        jac_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_ms: SystemClock.now_ms(),
        files,
        run: None,
        notes: Vec::new(),
    };
    let report = Report::new(facts, &mut log);
    let results: Vec<CriterionResult> = criteria.iter().map(|criterion| criterion.evaluate(&report.summary)).collect();
    if let Some(path) = &arguments.html {
        write(path, jac_report::render_html(&report)?.as_bytes())?;
    }
    if let Some(path) = &arguments.csv {
        write(path, jac_report::table_csv(&report.summary).as_bytes())?;
    }
    if let Some(path) = &arguments.junit {
        write(path, jac_report::junit_xml(&report.summary, &results).as_bytes())?;
    }
    match arguments.output {
        Output::Text => stdout::put(&jac_report::table_text(&report.summary)),
        Output::Json => stdout::line(&serde_json::to_string_pretty(&report.summary)?),
    }
    for note in &report.notes {
        eprintln!("note: {note}");
    }
    for result in &results {
        eprintln!("{} {}", if result.met { "met:" } else { "not met:" }, result.sentence);
    }
    Ok(if results.iter().all(|result| result.met) { Exit::Done } else { Exit::CriteriaNotMet })
}

/// Writes a file in one step: a run that is cut off leaves no half of it.
fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cannot = || format!("{} cannot be written", path.display());
    let mut file = tempfile::NamedTempFile::new_in(folder).with_context(cannot)?;
    file.write_all(bytes).with_context(cannot)?;
    file.persist(path).with_context(cannot)?;
    Ok(())
}

/// How far a long reading is, on a terminal.
struct Bar {
    terminal: bool,
    started: Instant,
    shown: Option<Instant>,
}

impl Bar {
    fn new() -> Self {
        Self { terminal: std::io::stderr().is_terminal(), started: Instant::now(), shown: None }
    }

    fn show(&mut self, progress: Progress) -> ControlFlow<()> {
        let due = self.shown.map_or(self.started.elapsed() > Duration::from_millis(500), |shown| {
            shown.elapsed() > Duration::from_millis(200)
        });
        if self.terminal && due {
            self.shown = Some(Instant::now());
            let megabytes = progress.bytes / 1_000_000;
            match progress.total_bytes.filter(|total| *total > 0) {
                Some(total) => eprint!("\r{} % of {} MB\x1b[K", progress.bytes * 100 / total, total / 1_000_000),
                None => eprint!("\r{megabytes} MB\x1b[K"),
            }
            drop(std::io::stderr().flush());
        }
        ControlFlow::Continue(())
    }

    fn close(&mut self) {
        if self.shown.take().is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
