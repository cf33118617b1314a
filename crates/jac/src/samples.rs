//! `jac samples`: single samples out of result logs.

mod print;

use crate::cli::{SamplesArguments, SamplesOutput};
use crate::exit::Exit;
use crate::{logs, stdout};
use anyhow::Context;
use jac_jtl::Settings;
use jac_logs::{Input, Keep, Search, search_logs};

pub fn samples(arguments: &SamplesArguments) -> anyhow::Result<Exit> {
    let mut filter = logs::filter(&arguments.narrow)?;
    for condition in &arguments.conditions {
        filter.add(condition.parse().with_context(|| format!("--where {condition}"))?);
    }
    let inputs: Vec<Input> = arguments.files.iter().map(|file| Input::of_argument(file)).collect();
    let search = Search {
        filter: logs::settled(&filter, &inputs)?,
        keep: if arguments.slowest { Keep::Slowest } else { Keep::First },
        limit: if arguments.count { 0 } else { arguments.limit },
        settings: Settings::default(),
        threads: None,
    };
    let mut bar = logs::Bar::new();
    let found = search_logs(&inputs, &search, &mut |progress| bar.show(progress));
    bar.close();
    let found = found?;
    match arguments.output {
        SamplesOutput::Json => stdout::json(&serde_json::to_string_pretty(&found)?),
        _ if arguments.count => stdout::line(&found.matched.to_string()),
        SamplesOutput::Csv => stdout::data(&print::csv(&found.samples)),
        SamplesOutput::Text => stdout::put(&print::text(&found.samples)),
    }
    if !arguments.count {
        let shown = match found.samples.len() as u64 {
            all if all == found.matched => "all".to_owned(),
            some => some.to_string(),
        };
        eprintln!("{} of {} samples match, {shown} shown.", found.matched, found.searched);
    }
    if found.rejected_rows > 0 {
        eprintln!("note: {} rows could not be read; `jac report` says where and why.", found.rejected_rows);
    }
    Ok(Exit::Done)
}
