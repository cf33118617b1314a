//! `jac samples`: single samples out of result logs.

pub mod print;

use crate::cli::{SamplesArguments, SamplesOutput};
use crate::exit::Exit;
use crate::{logs, stdout};
use anyhow::Context;
use jac_logs::{Empty, Keep, Search, search_logs};

pub fn samples(arguments: &SamplesArguments) -> anyhow::Result<Exit> {
    let mut filter = logs::filter(&arguments.narrow)?;
    for condition in &arguments.conditions {
        filter.add(condition.parse().with_context(|| format!("invalid --where {condition}"))?);
    }
    let inputs = logs::inputs(&arguments.files)?;
    let settings = logs::settings(&arguments.read)?;
    let search = Search {
        filter: logs::settled(&filter, &inputs, &settings)?,
        keep: if arguments.slowest { Keep::Slowest } else { Keep::First },
        limit: if arguments.count { 0 } else { arguments.limit },
        settings,
        threads: None,
        empty: Empty::Refused,
    };
    let mut bar = logs::Bar::new();
    let found = search_logs(&inputs, &search, &mut |progress| bar.show(progress));
    bar.close();
    let found = found.map_err(logs::with_its_hint)?;
    match arguments.output {
        SamplesOutput::Json => stdout::json(&found)?,
        _ if arguments.count => stdout::line(&(found.matched + found.matched_transactions).to_string()),
        SamplesOutput::Csv => stdout::put(&print::csv(&found.samples)),
        SamplesOutput::Text => stdout::put(&print::text(&found.samples, stdout::labels())),
    }
    if !arguments.count {
        let all = found.matched + found.matched_transactions;
        let shown = match found.samples.len() as u64 {
            some if some >= all => "all".to_owned(),
            some => some.to_string(),
        };
        let transactions = match found.searched_transactions {
            0 => String::new(),
            searched => format!(" and {} of {searched} transactions", found.matched_transactions),
        };
        eprintln!("{} of {} samples{transactions} match, {shown} shown.", found.matched, found.searched);
    }
    if found.rejected_rows > 0 {
        eprintln!("note: {} rows could not be read; see `jac report` for details.", found.rejected_rows);
    }
    if found.incomplete {
        eprintln!("note: a log is incomplete: the run was killed, or the file is truncated or damaged.");
    }
    Ok(Exit::Done)
}
