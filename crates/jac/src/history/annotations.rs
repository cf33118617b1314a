//! `jac runs annotate` and `annotations`: texts at moments of a run, marked on its charts.

use super::encoded;
use crate::cli::ClientArguments;
use crate::client::Client;
use crate::connected::{briefly, print};
use crate::exit::{Exit, with_hint};
use crate::utc;
use jac_engine::view::RunView;
use jac_logs::Moment;
use jac_model::{Annotation, EpochMs};
use serde_json::json;

/// Adds one. `now` is by the server's clock.
pub async fn annotate(run: &str, text: &str, at: Option<&str>, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let at = at.map(moment).transpose()?;
    briefly(whose, async |client| {
        let at_ms = match at {
            None => None,
            Some(Moment::At(ms)) => Some(ms),
            Some(Moment::AfterStart(ms)) => Some(start_of(client, run).await?.saturating_add(ms)),
        };
        let path = format!("/runs/{}/annotations", encoded(run));
        let added: Annotation = client.post(&path, &json!({ "at_ms": at_ms, "text": text })).await?;
        print(whose, &added, || line_of(&added));
        Ok(Exit::Done)
    })
    .await
}

pub async fn list(run: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    briefly(whose, async |client| {
        let view: RunView = client.get(&format!("/runs/{}", encoded(run))).await?;
        print(whose, &view.annotations, || {
            let lines: Vec<String> = view.annotations.iter().map(line_of).collect();
            if lines.is_empty() { "The run has no annotations.".to_owned() } else { lines.join("\n") }
        });
        Ok(Exit::Done)
    })
    .await
}

pub async fn remove(run: &str, id: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    briefly(whose, async |client| {
        client.delete(&format!("/runs/{}/annotations/{}", encoded(run), encoded(id))).await?;
        print(whose, &json!({ "removed": id }), || format!("The annotation {id} is removed."));
        Ok(Exit::Done)
    })
    .await
}

fn moment(at: &str) -> anyhow::Result<Moment> {
    at.parse().map_err(|()| {
        let hint = "Give a time such as 2026-11-25T08:30:00 (UTC), epoch milliseconds, or +90s after the run's start.";
        with_hint("invalid --at", Some(hint.to_owned()))
    })
}

/// When the run's load began.
async fn start_of(client: &Client, run: &str) -> anyhow::Result<EpochMs> {
    let view: RunView = client.get(&format!("/runs/{}", encoded(run))).await?;
    view.started_ms.ok_or_else(|| {
        with_hint("the run has not started", Some("Give a time, or omit --at for the current time.".to_owned()))
    })
}

/// Its ID, time, text and author.
fn line_of(annotation: &Annotation) -> String {
    let Annotation { id, at_ms, text, by, .. } = annotation;
    format!("{id}  {}  {text}  ({})", utc::second(*at_ms), by.name)
}
