//! `jac plans revisions`, `download` and `diff`.

use crate::cli::ClientArguments;
use crate::client::Client;
use crate::connected::print;
use crate::exit::{Exit, RunFailed, with_hint};
use crate::history::plan_id;
use crate::utc;
use jac_engine::plans::difference::{FileDifference, Hunk, LineChange, RevisionDifference};
use jac_engine::plans::revisions::{ChangedFile, RevisionPage, RevisionView};
use jac_engine::view::PlanView;
use jac_model::{FileChange, PlanId, plural};
use serde_json::json;
use std::path::Path;

pub async fn list(client: &Client, plan: &str, limit: u32, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    let page = newest(client, &id, limit).await?;
    print(whose, &page, || {
        let mut lines: Vec<String> = page.items.iter().flat_map(revision_lines).collect();
        if page.next.is_some() {
            lines.push("There are older ones: use --limit to show more.".to_owned());
        }
        lines.join("\n")
    });
    Ok(Exit::Done)
}

/// The newest revisions up to this number; the server returns them page by page.
async fn newest(client: &Client, plan: &PlanId, limit: u32) -> anyhow::Result<RevisionPage> {
    let mut items = Vec::new();
    let mut before = String::new();
    loop {
        let left = limit.saturating_sub(u32::try_from(items.len()).unwrap_or(u32::MAX));
        let page: RevisionPage = client.get(&format!("/plans/{plan}/revisions?limit={left}{before}")).await?;
        let is_empty = page.items.is_empty();
        items.extend(page.items);
        match page.next {
            Some(next) if !is_empty && items.len() < limit as usize => before = format!("&before={next}"),
            next => return Ok(RevisionPage { items, next }),
        }
    }
}

/// A revision in a line, and its changed files below.
fn revision_lines(revision: &RevisionView) -> Vec<String> {
    let when = revision.created_ms.map_or_else(|| "unknown time".to_owned(), utc::minute);
    let by = revision.by.as_ref().map_or("unknown", |by| by.name.as_str());
    let files = plural(u64::from(revision.files), "file");
    let line = format!("{:>4}  {when}  {by}  {files}  {}", revision.revision, plural(revision.runs, "run"));
    let changes = revision.changes.iter().map(|file| format!("      {}", change_line(file)));
    let left = revision.changed_files as usize - revision.changes.len();
    let more = (left > 0).then(|| format!("      and {left} more"));
    std::iter::once(line).chain(changes).chain(more).collect()
}

fn change_line(file: &ChangedFile) -> String {
    format!("{} {}", word(file.change), file.path)
}

fn word(change: FileChange) -> &'static str {
    match change {
        FileChange::Added => "added",
        FileChange::Removed => "removed",
        FileChange::Changed => "changed",
    }
}

pub async fn download(client: &Client, plan: &str, to: &Path, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let (id, revision) = match plan_id(client, plan).await {
        Ok(id) => (id, None),
        // An @ may be in a plan's name.
        Err(error) if !plan.contains('@') || error.is::<RunFailed>() => return Err(error),
        Err(_) => {
            let (named, revision) = named_revision(plan)?;
            (plan_id(client, named).await?, revision)
        }
    };
    let revision = match revision {
        Some(revision) => revision,
        None => client.get::<PlanView>(&format!("/plans/{id}")).await?.plan.revision,
    };
    client.download(&format!("/plans/{id}/revisions/{revision}/zip"), to).await?;
    print(whose, &json!({ "plan": id, "revision": revision, "file": to }), || {
        format!("Revision {revision} is in {}.", to.display())
    });
    Ok(Exit::Done)
}

/// The plan and the revision of `shop@3`.
fn named_revision(text: &str) -> anyhow::Result<(&str, Option<u32>)> {
    let Some((plan, revision)) = text.rsplit_once('@') else { return Ok((text, None)) };
    match revision.parse() {
        Ok(number) if !plan.is_empty() => Ok((plan, Some(number))),
        _ => Err(with_hint(
            format!("invalid revision '{revision}'"),
            Some("Give its number after the @, e.g. shop@3.".to_owned()),
        )),
    }
}

pub async fn compare(
    client: &Client,
    plan: &str,
    (from, to): (u32, u32),
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let id = plan_id(client, plan).await?;
    let difference: RevisionDifference = client.get(&format!("/plans/{id}/revisions/{from}/compare/{to}")).await?;
    print(whose, &difference, || match difference.files.as_slice() {
        [] => format!("Revisions {from} and {to} have the same files."),
        files => files.iter().map(file_text).collect::<Vec<_>>().join("\n"),
    });
    Ok(Exit::Done)
}

fn file_text(file: &FileDifference) -> String {
    let size = |bytes: Option<u64>| bytes.map_or_else(|| "-".to_owned(), |bytes| format!("{bytes} bytes"));
    let sizes = match file.change {
        FileChange::Added => size(file.to_bytes),
        FileChange::Removed => size(file.from_bytes),
        FileChange::Changed => format!("{} to {}", size(file.from_bytes), size(file.to_bytes)),
    };
    let head = format!("{} {} ({sizes})", word(file.change), file.path);
    let note = file.is_cut.then(|| "Not all lines are shown.".to_owned());
    std::iter::once(head).chain(file.hunks.iter().map(hunk_text)).chain(note).collect::<Vec<_>>().join("\n")
}

/// Lines as `diff -u` writes them.
fn hunk_text(hunk: &Hunk) -> String {
    let count = |left_out| hunk.lines.iter().filter(|line| line.change != left_out).count();
    let (before, after) = (count(LineChange::Added), count(LineChange::Removed));
    let head = format!("@@ -{},{before} +{},{after} @@", hunk.from_line, hunk.to_line);
    let lines = hunk.lines.iter().map(|line| {
        let sign = match line.change {
            LineChange::Same => ' ',
            LineChange::Removed => '-',
            LineChange::Added => '+',
        };
        format!("{sign}{}", line.text)
    });
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_named_after_the_plan() {
        assert_eq!(named_revision("shop").expect("a plan"), ("shop", None));
        assert_eq!(named_revision("shop@3").expect("a revision"), ("shop", Some(3)));
        assert_eq!(named_revision("a@b@12").expect("a revision"), ("a@b", Some(12)));
        for text in ["shop@", "shop@latest", "@3", "shop@-1"] {
            assert!(named_revision(text).is_err(), "{text}");
        }
    }
}
