//! `jac plans`: the list of plans; a plan's criteria and automatic stop, elements, files and revisions.

mod edit;
mod revisions;

use crate::cli::{ClientArguments, JudgedArguments, PlansCommand};
use crate::client::Client;
use crate::connected::{briefly, print};
use crate::exit::Exit;
use crate::history::{encoded, plan_id};
use jac_engine::list::PlanSummary;
use jac_engine::plans::{MovedFile, PlanChanges};
use jac_model::{PlanCriteria, plural};
use jac_report::visible;

pub async fn plans(command: PlansCommand) -> anyhow::Result<Exit> {
    match command {
        PlansCommand::Criteria { plan, judged, no_criteria, whose } => {
            briefly(&whose, async |client| criteria(client, &plan, &judged, no_criteria, &whose).await).await
        }
        PlansCommand::List { text, whose } => {
            briefly(&whose, async |client| list(client, text.as_deref(), &whose).await).await
        }
        PlansCommand::Outline { plan, whose } => {
            briefly(&whose, async |client| edit::outline(client, &plan, &whose).await).await
        }
        PlansCommand::Edit { plan, name, main, whose } => {
            let changes = PlanChanges { name, main_file: main };
            briefly(&whose, async |client| edit::edit(client, &plan, &changes, &whose).await).await
        }
        PlansCommand::Duplicate { plan, name, whose } => {
            briefly(&whose, async |client| edit::duplicate(client, &plan, name.as_deref(), &whose).await).await
        }
        PlansCommand::Move { plan, from, to, whose } => {
            let moved = MovedFile { from, to };
            briefly(&whose, async |client| edit::move_file(client, &plan, &moved, &whose).await).await
        }
        PlansCommand::Restore { plan, revision, whose } => {
            briefly(&whose, async |client| edit::restore(client, &plan, revision, &whose).await).await
        }
        PlansCommand::Revisions { plan, limit, whose } => {
            briefly(&whose, async |client| revisions::list(client, &plan, limit, &whose).await).await
        }
        PlansCommand::Download { plan, to, whose } => {
            briefly(&whose, async |client| revisions::download(client, &plan, &to, &whose).await).await
        }
        PlansCommand::Diff { plan, from, to, whose } => {
            briefly(&whose, async |client| revisions::compare(client, &plan, (from, to), &whose).await).await
        }
    }
}

async fn list(client: &Client, text: Option<&str>, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let path = format!("/plans?text={}", encoded(text.unwrap_or_default()));
    let plans: Vec<PlanSummary> = client.list(&path).await?;
    print(whose, &plans, || match plans.is_empty() {
        true => "No plans.".to_owned(),
        false => plans.iter().map(line_of).collect::<Vec<_>>().join("\n"),
    });
    Ok(Exit::Done)
}

/// `p-7w2m4kqd  shop  shop.jmx, 2 files, 3 runs  of Ada`
fn line_of(plan: &PlanSummary) -> String {
    let PlanSummary { id, name, main_file, .. } = plan;
    let (files, runs) = (plural(plan.files, "file"), plural(plan.runs, "run"));
    format!("{id}  {}  {}, {files}, {runs}  of {}", visible(name), visible(main_file), visible(&plan.owner.name))
}

async fn criteria(
    client: &Client,
    plan: &str,
    judged: &JudgedArguments,
    no_criteria: bool,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let path = format!("/plans/{}/criteria", plan_id(client, plan).await?);
    let kept: PlanCriteria = client.get(&path).await?;
    let criteria = if no_criteria { Some(Vec::new()) } else { judged.criteria() };
    let requested = PlanCriteria {
        version: kept.version,
        criteria: criteria.unwrap_or_else(|| kept.criteria.clone()),
        warm_up_s: judged.warm_up_s().unwrap_or(kept.warm_up_s),
        stop_rules: judged.stop_rules().unwrap_or_else(|| kept.stop_rules.clone()),
    };
    let kept = if requested == kept { kept } else { client.put(&path, &requested).await? };
    print(whose, &kept, || text(&kept));
    Ok(Exit::Done)
}

fn text(kept: &PlanCriteria) -> String {
    let mut lines = vec![format!("Version {}", kept.version)];
    if kept.criteria.is_empty() {
        lines.push("No pass/fail criteria: runs are not evaluated.".to_owned());
    }
    lines.extend(kept.criteria.iter().map(|expression| format!("Fails if {expression}")));
    if kept.warm_up_s > 0 {
        lines.push(format!("Samples of the first {} s do not count for the criteria.", kept.warm_up_s));
    }
    lines.push(auto_stop(&kept.stop_rules));
    lines.join("\n")
}

/// The rules of the automatic stop, as a sentence.
pub fn auto_stop(rules: &[String]) -> String {
    match rules {
        [] => "Automatic stop: off.".to_owned(),
        rules => format!("Automatic stop: if {}.", rules.join(", or if ")),
    }
}
