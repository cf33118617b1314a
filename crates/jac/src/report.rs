//! `jac report`: the table and the page of result logs, from any source.

use crate::cli::{Output, ReportArguments};
use crate::exit::{Exit, with_hint};
use crate::{logs, stdout};
use jac_engine::clock::{Clock, SystemClock};
use jac_jtl::criteria::{Criterion, CriterionCode, judge};
use jac_jtl::{LogStatistics, Summary};
use jac_logs::Input;
use jac_model::Message;
use jac_report::{Facts, IN_TABLE, LogFile, Report, errors_text};
use std::path::Path;

pub fn report(arguments: &ReportArguments) -> anyhow::Result<Exit> {
    let criteria = arguments
        .fail_on
        .iter()
        .map(|expression| {
            expression.parse::<Criterion>().map_err(|error| with_hint(format!("--fail-on: {error}"), None))
        })
        .collect::<anyhow::Result<Vec<_>>>()?;
    let inputs = logs::inputs(&arguments.files)?;
    let outputs = [("--html", &arguments.html), ("--csv", &arguments.csv), ("--junit", &arguments.junit)];
    logs::check_outputs(&outputs, &inputs)?;
    let filter = logs::filter(&arguments.narrow)?;
    let writer = logs::Writer::new();
    let max_unread_percent = logs::max_unread_percent(&arguments.max_unread)?;
    let settings = logs::counted(&arguments.count, logs::settings(&arguments.read)?)?;
    let mut log = logs::read(&inputs, &settings, &filter)?;
    let folders = arguments.files.iter().map(Path::new).filter(|path| path.is_dir());
    if let Some(partial) = folders.filter_map(logs::partial).next() {
        log.mark_partial(partial.cause);
    }
    let report = Report::new(facts(arguments, &inputs, &log), &mut log);
    let warm_up_s = arguments.warm_up.as_secs();
    let mut results = if warm_up_s == 0 {
        judge(&criteria, &report.summary, 0, max_unread_percent)
    } else {
        let counting = logs::after_warm_up(&inputs, &settings, &filter, warm_up_s, report.summary.total_basis)?;
        // Unread rows are those of the whole log.
        let Summary { rejected_rows, unread_percent, .. } = report.summary;
        judge(&criteria, &Summary { rejected_rows, unread_percent, ..counting }, warm_up_s, max_unread_percent)
    };
    if criteria.is_empty() {
        // No verdict was requested; an unreadable log is reported nevertheless.
        results.retain(|result| result.code != Some(CriterionCode::AllFailed));
    }
    if let Some(path) = &arguments.html {
        writer.write(path, jac_report::render_html(&report)?.as_bytes())?;
    }
    if let Some(path) = &arguments.csv {
        writer.write(path, jac_report::table_csv(&report.summary).as_bytes())?;
    }
    if let Some(path) = &arguments.junit {
        writer.write(path, jac_report::junit_xml(&report.summary, &results).as_bytes())?;
    }
    match arguments.output {
        Output::Text => {
            stdout::put(&jac_report::table_text(&report.summary, stdout::labels()));
            let errors = errors_text(&report.error_types, report.summary.total.errors, stdout::labels());
            if !errors.is_empty() {
                stdout::put(&format!("\n{errors}"));
            }
        }
        Output::Json => stdout::json(&report.summary)?,
    }
    let below_the_table = |note: &Message| arguments.output == Output::Text && IN_TABLE.contains(&note.code.as_str());
    for note in report.notes.iter().filter(|note| !below_the_table(note)) {
        eprintln!("note: {note}");
    }
    if let Some(partial) = &report.summary.partial {
        eprintln!("The result is partial: {}", partial.cause);
    }
    for result in &results {
        let word = match result.code {
            Some(CriterionCode::CannotBeJudged) => "cannot be judged:",
            _ if result.met => "met:",
            _ => "not met:",
        };
        eprintln!("{word} {}", result.sentence);
    }
    Ok(if results.iter().all(|result| result.met) { Exit::Done } else { Exit::CriteriaNotMet })
}

fn facts(arguments: &ReportArguments, inputs: &[Input], log: &LogStatistics) -> Facts {
    let bytes = |input: &Input| match input {
        input if input.is_read_once() => log.outcome().bytes,
        Input::File(path) => std::fs::metadata(path).map_or(0, |file| file.len()),
        Input::Stdin => log.outcome().bytes,
        Input::Elsewhere(elsewhere) => elsewhere.bytes.size().unwrap_or_default(),
    };
    Facts {
        title: arguments.title.clone().or_else(|| inputs.first().map(Input::name)).unwrap_or_default(),
        jac_version: env!("CARGO_PKG_VERSION").to_owned(),
        created_ms: SystemClock.now_ms(),
        files: inputs.iter().map(|input| LogFile { name: input.name(), bytes: bytes(input) }).collect(),
        run: None,
        notes: narrowed(arguments).into_iter().collect(),
    }
}

/// What was excluded by the arguments, so that a part is not mistaken for the whole.
fn narrowed(arguments: &ReportArguments) -> Option<Message> {
    let narrow = &arguments.narrow;
    let parts = [
        narrow.from.as_ref().map(|time| format!("started at {time} or later")),
        narrow.to.as_ref().map(|time| format!("started before {time}")),
        narrow.label.as_ref().map(|pattern| format!("have a label matching {pattern}")),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let text = format!("Only samples that {} are counted.", parts.join(" and "));
    (!parts.is_empty()).then(|| Message::new("narrowed", text))
}
