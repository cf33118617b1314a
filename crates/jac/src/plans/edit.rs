//! `jac plans outline`, `edit`, `duplicate`, `move` and `restore`.

use crate::cli::ClientArguments;
use crate::client::Client;
use crate::connected::print;
use crate::exit::Exit;
use crate::history::plan_id;
use jac_engine::plans::{MovedFile, PlanChanges};
use jac_engine::view::PlanView;
use jac_jmx::{Outline, OutlineElement};
use jac_report::visible;
use serde_json::json;

pub async fn outline(client: &Client, plan: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    let outline: Outline = client.get(&format!("/plans/{id}/outline")).await?;
    print(whose, &outline, || {
        let mut lines: Vec<String> = outline.elements.iter().map(element_line).collect();
        let left = outline.count - outline.elements.len() as u64;
        if left > 0 {
            lines.push(format!("and {left} more elements"));
        }
        lines.join("\n")
    });
    Ok(Exit::Done)
}

/// `    home [HTTP Request] method GET, url /`
fn element_line(element: &OutlineElement) -> String {
    let facts: Vec<String> =
        element.facts.iter().map(|fact| format!("{} {}", fact.code.replace('_', " "), fact.value)).collect();
    let off = if element.enabled { "" } else { " (disabled)" };
    let indent = "  ".repeat(element.level as usize);
    let line = format!("{indent}{} [{}]{off} {}", element.name, element.kind, facts.join(", "));
    visible(line.trim_end()).into_owned()
}

pub async fn edit(client: &Client, plan: &str, changes: &PlanChanges, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    show(whose, &client.patch(&format!("/plans/{id}"), changes).await?)
}

pub async fn duplicate(
    client: &Client,
    plan: &str,
    name: Option<&str>,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    show(whose, &client.post(&format!("/plans/{id}/duplicate"), &json!({ "name": name })).await?)
}

pub async fn move_file(
    client: &Client,
    plan: &str,
    moved: &MovedFile,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    show(whose, &client.post(&format!("/plans/{id}/move"), moved).await?)
}

pub async fn restore(client: &Client, plan: &str, revision: u32, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    show(whose, &client.post(&format!("/plans/{id}/revisions/{revision}/restore"), &json!({})).await?)
}

/// The plan as it is now, in a line.
fn show(whose: &ClientArguments, view: &PlanView) -> anyhow::Result<Exit> {
    let plan = &view.plan;
    print(whose, view, || {
        let files = plan.files.len();
        let line = format!("{}  {}  {}  revision {}, {files} files", plan.id, plan.name, plan.main_file, plan.revision);
        visible(&line).into_owned()
    });
    Ok(Exit::Done)
}
