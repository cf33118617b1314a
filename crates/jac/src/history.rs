//! `jac runs`: the list of runs, their tags, notes, annotations and baselines, and the trend of a plan.

mod annotations;
mod plan_samples;

use crate::cli::{ClientArguments, RunsCommand};
use crate::client::Client;
use crate::connected::{briefly, print};
use crate::exit::{Exit, with_hint};
use crate::utc;
use jac_engine::history::{Trend, TrendPoint};
use jac_engine::list::{Page, PlanSummary, RunSummary};
use jac_engine::view::RunView;
use jac_model::{PlanId, is_same_name, plural};
use jac_report::Change;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub async fn runs(command: RunsCommand) -> anyhow::Result<Exit> {
    match command {
        RunsCommand::List { plan, tag, limit, whose } => {
            briefly(&whose, async |client| list(client, plan.as_deref(), tag.as_deref(), limit, &whose).await).await
        }
        RunsCommand::Tag { run, tags, whose } => {
            let change =
                if tags.is_empty() { "has no tags".to_owned() } else { format!("is tagged {}", tags.join(", ")) };
            mark(&run, "tags", &json!({ "tags": tags }), &change, &whose).await
        }
        RunsCommand::Note { run, text, whose } => {
            let change = if text.trim().is_empty() { "has no note any more" } else { "has a new note" };
            mark(&run, "note", &json!({ "note": text }), change, &whose).await
        }
        RunsCommand::Annotate { run, text, at, remove, whose } => match remove {
            Some(id) => annotations::remove(&run, &id, &whose).await,
            None => annotations::annotate(&run, &text.unwrap_or_default(), at.as_deref(), &whose).await,
        },
        RunsCommand::Annotations { run, whose } => annotations::list(&run, &whose).await,
        RunsCommand::Baseline { run, remove, whose } => {
            let change = if remove { "is no longer a baseline" } else { "is the baseline of its plan" };
            mark(&run, "baseline", &json!({ "baseline": !remove }), change, &whose).await
        }
        RunsCommand::Samples(arguments) => plan_samples::samples(&arguments).await,
        RunsCommand::Trend { plan, label, limit, whose } => {
            briefly(&whose, async |client| trend(client, &plan, label.as_deref(), limit, &whose).await).await
        }
    }
}

async fn mark(run: &str, what: &str, body: &Value, change: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    briefly(whose, async |client| {
        let view: RunView = client.patch(&format!("/runs/{}/{what}", encoded(run)), body).await?;
        print(whose, &view, || format!("{} {change}.", view.id));
        Ok(Exit::Done)
    })
    .await
}

/// All but letters, digits and what IDs and names of targets have; dots too, as `..` would be another path.
const IN_ADDRESSES: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// A value in a path or query.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, IN_ADDRESSES).to_string()
}

/// A plan by its ID or name; a deleted one, or one under which logs were imported, by the name in its runs.
pub async fn plan_id(client: &Client, named: &str) -> anyhow::Result<PlanId> {
    let plans: Vec<PlanSummary> = client.list(&format!("/plans?text={}", encoded(named))).await?;
    let found: Vec<&PlanSummary> =
        plans.iter().filter(|plan| plan.id.as_str() == named || is_same_name(&plan.name, named)).collect();
    match found[..] {
        [plan] => Ok(plan.id.clone()),
        [] => match named.parse() {
            Ok(id) => Ok(id),
            Err(_) => plan_of_runs(client, named).await,
        },
        _ => Err(ambiguous(named, found.iter().map(|plan| plan.id.as_str()))),
    }
}

async fn plan_of_runs(client: &Client, named: &str) -> anyhow::Result<PlanId> {
    // A deleted plan only has runs; the text is searched in other columns too.
    let runs: Vec<RunSummary> = client.list(&format!("/runs?text={}", encoded(named))).await?;
    let plans = runs.iter().map(|run| &run.plan).filter(|plan| is_same_name(&plan.name, named));
    let found: BTreeSet<&str> = plans.map(|plan| plan.id.as_str()).collect();
    match found.iter().copied().collect::<Vec<_>>()[..] {
        [id] => Ok(id.parse()?),
        [] => Err(with_hint(
            format!("no plan '{named}'"),
            Some("Give its ID, or its name as in the list of plans or runs.".to_owned()),
        )),
        _ => Err(ambiguous(named, found.into_iter())),
    }
}

fn ambiguous<'a>(named: &str, ids: impl Iterator<Item = &'a str>) -> anyhow::Error {
    let ids: Vec<&str> = ids.collect();
    let hint = format!("Give the ID: {}. `jac plans list` shows the plans.", ids.join(", "));
    with_hint(format!("{} plans have the name '{named}'", ids.len()), Some(hint))
}

async fn list(
    client: &Client,
    plan: Option<&str>,
    tag: Option<&str>,
    limit: u32,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let mut path = format!("/runs?limit={limit}");
    if let Some(plan) = plan {
        path.push_str(&format!("&plan={}", plan_id(client, plan).await?));
    }
    if let Some(tag) = tag {
        path.push_str(&format!("&tag={}", encoded(tag)));
    }
    let page: Page<RunSummary> = client.get(&path).await?;
    print(whose, &page.items, || {
        let lines: Vec<String> = page.items.iter().map(line_of).collect();
        if lines.is_empty() { "No runs.".to_owned() } else { lines.join("\n") }
    });
    Ok(Exit::Done)
}

/// A run in a line.
fn line_of(run: &RunSummary) -> String {
    let figures = run.headline.as_ref().map_or_else(String::new, |headline| {
        let p95 = headline.p95_ms.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0} ms"));
        format!("{}, {}, p95 {p95}", plural(headline.samples, "sample"), plural(headline.errors, "error"))
    });
    let state = serde_json::to_value(run.phase).ok().and_then(|word| word.as_str().map(str::to_owned));
    let baseline = if run.baseline { "  baseline" } else { "" };
    let try_run = if run.try_run { "  try" } else { "" };
    let tags = if run.tags.is_empty() { String::new() } else { format!("  [{}]", run.tags.join(", ")) };
    let state = state.unwrap_or_default();
    format!(
        "{}  {}  {state:<10}  {}  {figures}{baseline}{try_run}{tags}",
        run.id,
        utc::minute(run.created_ms),
        run.name
    )
}

async fn trend(
    client: &Client,
    plan: &str,
    label: Option<&str>,
    limit: u32,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    let label = label.map(|label| format!("&label={}", encoded(label))).unwrap_or_default();
    let trend: Trend = client.get(&format!("/plans/{id}/trend?limit={limit}{label}")).await?;
    print(whose, &trend, || {
        let lines: Vec<String> = trend.items.iter().map(point_line).collect();
        if lines.is_empty() { "The plan has no finished run with such samples.".to_owned() } else { lines.join("\n") }
    });
    Ok(Exit::Done)
}

/// A run of a trend in a line.
fn point_line(point: &TrendPoint) -> String {
    let ms = |figure: Option<f64>| figure.map_or_else(|| "-".to_owned(), |ms| format!("{ms:.0}"));
    let rate = point.rate_per_s.map_or_else(|| "-".to_owned(), |rate| format!("{rate:.1}/s"));
    let errors = point.error_percent.map_or_else(|| "-".to_owned(), |percent| format!("{percent:.2} %"));
    let compared = match &point.compared {
        _ if point.baseline => "  baseline".to_owned(),
        Some(compared) if compared.change != Change::Same => {
            let load = if compared.load_differs { " (throughput differs)" } else { "" };
            let word = match compared.change {
                Change::Mixed => "partly worse, partly better than",
                Change::Better => "better than",
                Change::Worse => "worse than",
                Change::Same => "the same as",
                Change::Unclear => "unclear compared with",
            };
            format!("  {word} {}: {}{load}", compared.with, compared.sentence)
        }
        Some(_) | None => String::new(),
    };
    let partial = if point.partial { "  partial" } else { "" };
    format!(
        "{}  {}  p50 {} p95 {} p99 {} ms  {rate}  errors {errors}{partial}{compared}",
        point.run,
        utc::minute(point.created_ms),
        ms(point.p50_ms),
        ms(point.p95_ms),
        ms(point.p99_ms)
    )
}
