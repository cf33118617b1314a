//! `jac runs samples`: single samples of all runs of a plan, from the server's search, request after request until enough runs were searched.

use super::{encoded, plan_id};
use crate::cli::PlanSamplesArguments;
use crate::client::Client;
use crate::connected::{briefly, print};
use crate::exit::{Exit, with_hint};
use crate::samples::print::text_of_runs;
use crate::{stderr, stdout};
use jac_engine::{MOST_SEARCHED_RUNS, PlanSamples};
use jac_logs::{Keep, Moment};
use jac_model::plural;

pub async fn samples(arguments: &PlanSamplesArguments) -> anyhow::Result<Exit> {
    let asked = query(arguments)?;
    briefly(&arguments.whose, async |client| {
        let found = search(client, arguments, &asked).await?;
        print(&arguments.whose, &found, || text_of_runs(&found.samples, stdout::labels()).trim_end().to_owned());
        print_searched(&found);
        Ok(Exit::Done)
    })
    .await
}

/// The filter for each run.
fn query(arguments: &PlanSamplesArguments) -> anyhow::Result<String> {
    let PlanSamplesArguments { label, code, text, thread, min_ms, max_ms, from, to, tag, .. } = arguments;
    let text_of = |number: &Option<u32>| number.map(|number| number.to_string());
    let fields = [
        ("label", label.clone()),
        ("code", code.clone()),
        ("text", text.clone()),
        ("thread", thread.clone()),
        ("success", arguments.failed.then(|| "false".to_owned())),
        ("min_ms", text_of(min_ms)),
        ("max_ms", text_of(max_ms)),
        ("from_ms", moment("--from", from.as_deref())?),
        ("to_ms", moment("--to", to.as_deref())?),
        ("tag", tag.clone()),
        ("keep", arguments.slowest.then(|| "slowest".to_owned())),
    ];
    let given = fields.into_iter().filter_map(|(name, value)| Some(format!("&{name}={}", encoded(&value?))));
    Ok(given.collect())
}

/// A time as epoch milliseconds; runs start at different times, so times relative to a log's start are not accepted.
fn moment(flag: &str, time: Option<&str>) -> anyhow::Result<Option<String>> {
    match time.map(str::parse::<Moment>) {
        None => Ok(None),
        Some(Ok(Moment::At(ms))) => Ok(Some(ms.to_string())),
        Some(Ok(Moment::AfterStart(_)) | Err(())) => {
            let hint = "Give a time such as 2026-11-25T08:30:00 (UTC), or epoch milliseconds.".to_owned();
            Err(with_hint(format!("invalid {flag}"), Some(hint)))
        }
    }
}

async fn search(client: &Client, arguments: &PlanSamplesArguments, asked: &str) -> anyhow::Result<PlanSamples> {
    let plan = plan_id(client, &arguments.plan).await?;
    let keep = if arguments.slowest { Keep::Slowest } else { Keep::First };
    let (most, limit) = (arguments.runs as usize, arguments.limit as usize);
    let mut found = PlanSamples::default();
    loop {
        let runs = (most - found.runs.len()).min(MOST_SEARCHED_RUNS as usize);
        let after = found.next.take().map_or_else(String::new, |next| format!("&after={next}"));
        let path = format!("/plans/{plan}/samples?limit={limit}&runs={runs}{asked}{after}");
        found.add(client.get(&path).await?, keep, limit);
        if found.next.is_none() || found.runs.len() >= most {
            return Ok(found);
        }
    }
}

/// Summary of the search, for people.
fn print_searched(found: &PlanSamples) {
    let searched = found.runs.iter().filter(|run| run.fault.is_none()).count();
    let transactions = match found.searched_transactions {
        0 => String::new(),
        all => format!(" and {} of {all} transactions", found.matched_transactions),
    };
    let older = if found.next.is_some() { " Older runs were not searched: see --runs." } else { "" };
    stderr::line(format_args!(
        "{} of {} samples{transactions} in {} match, {} shown.{older}",
        found.matched,
        found.searched,
        plural(searched as u64, "run"),
        found.samples.len()
    ));
    for run in &found.runs {
        if let Some(fault) = &run.fault {
            stderr::line(format_args!("note: {} was not searched: {} [{}]", run.id, fault.message, fault.code));
        }
    }
}
