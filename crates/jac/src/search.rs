//! `jac search`: samples in Elasticsearch and OpenSearch, and the dashboards that show them.

mod own;
pub mod waiting;

use crate::cli::{ClientArguments, DashboardsArguments, DashboardsName, SearchCommand};
use crate::client::{Client, Fault};
use crate::config;
use crate::connected::{at, briefly, print};
use crate::context;
use crate::exit::{Exit, Interrupted, RunFailed, with_hint};
use crate::history::encoded;
use crate::stderr;
use anyhow::Context;
use jac_engine::{Shipment, TargetView};
use jac_model::plural;
use jac_model::search::{DashboardsKind, ShipmentState, TargetKind, TargetTest};
use jac_search::{Auth, DashboardsSettings, dashboards_address, import_dashboards, saved_objects};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;

/// What the dashboards show if no target is configured: every data stream of samples.
const ANY_SAMPLES: &str = "logs-jmeter.sample-*";

pub async fn search(command: SearchCommand) -> anyhow::Result<Exit> {
    match command {
        SearchCommand::Add(arguments) => own::add(*arguments).await,
        SearchCommand::List { whose } => own::list(&whose).await,
        SearchCommand::Remove { target, whose } => own::remove(&target, &whose).await,
        SearchCommand::Test { target, whose } => {
            briefly(&whose, async |client| test(client, target.as_deref(), &whose).await).await
        }
        SearchCommand::Status { runs, whose } => {
            briefly(&whose, async |client| status(client, &runs, &whose).await).await
        }
        SearchCommand::Delete { run, target, whose } => {
            briefly(&whose, async |client| delete(client, &run, target.as_deref(), &whose).await).await
        }
        SearchCommand::Backfill { runs, target, whose } => {
            at(&whose, async |connected| {
                let work = backfill(connected.client, &runs, target.as_deref(), &whose);
                let continuing = if connected.is_server { "The server continues shipping." } else { "" };
                let interrupted = |signal| Interrupted { signal, continuing: continuing.to_owned() };
                connected.signals.unless(work).await.map_err(interrupted)?
            })
            .await
        }
        SearchCommand::Dashboards(arguments) => dashboards(&arguments).await,
    }
}

/// The part of an address that names a target.
fn of_target(target: Option<&str>) -> String {
    target.map_or_else(String::new, |name| format!("?target={}", encoded(name)))
}

async fn targets(client: &Client) -> anyhow::Result<Vec<TargetView>> {
    let targets: Vec<TargetView> = client.get("/search/targets").await?;
    if targets.is_empty() {
        let hint =
            "Set JAC_SEARCH_URL or add a [[search]] table to jac.toml and restart the server, or add a target of \
                    your own with `jac search add`."
                .to_owned();
        return Err(with_hint("no search target is configured".to_owned(), Some(hint)));
    }
    Ok(targets)
}

async fn test(client: &Client, target: Option<&str>, whose: &ClientArguments) -> anyhow::Result<Exit> {
    #[derive(Serialize)]
    struct Tested {
        target: String,
        test: Option<TargetTest>,
        /// The fault; `null`: none.
        error: Option<String>,
        code: Option<String>,
    }
    let names = match target {
        Some(name) => vec![own::on_server(client, name).await?],
        None => targets(client).await?.into_iter().map(|view| view.target.name).collect(),
    };
    let mut tested = Vec::new();
    for name in names {
        // An unknown name, or a server that does not answer, is not a fault of a target.
        tested.push(match client.try_behind(&format!("/search/targets/{name}/test")).await? {
            Ok(test) => Tested { target: name, test: Some(test), error: None, code: None },
            Err(Fault { code, message, .. }) => {
                Tested { target: name, test: None, error: Some(message), code: Some(code) }
            }
        });
    }
    print(whose, &tested, || {
        let line = |one: &Tested| match (&one.test, &one.error) {
            (Some(test), _) => {
                let layout = if test.layout.is_empty() { String::new() } else { format!(", layout {}", test.layout) };
                let notes: String = test.notes.iter().map(|note| format!(" {note}")).collect();
                let server = [test.server.as_str(), test.version.as_str()].join(" ");
                format!("{}: {}{layout}.{notes}", one.target, server.trim_end())
            }
            (None, error) => {
                let (error, code) = (error.as_deref().unwrap_or_default(), one.code.as_deref().unwrap_or_default());
                format!("{}: {error} [{code}]", one.target)
            }
        };
        tested.iter().map(line).collect::<Vec<_>>().join("\n")
    });
    Ok(if tested.iter().all(|one| one.test.is_some()) { Exit::Done } else { Exit::Failed })
}

async fn status(client: &Client, runs: &[String], whose: &ClientArguments) -> anyhow::Result<Exit> {
    if runs.is_empty() {
        let targets = targets(client).await?;
        print(whose, &targets, || {
            let line = |view: &TargetView| {
                let trouble = view.trouble.as_ref().map_or_else(String::new, |trouble| format!(" {}", trouble.message));
                let TargetView { target, unfinished, .. } = view;
                format!(
                    "{}: {} ({}), {} being shipped.{trouble}",
                    target.name,
                    target.address,
                    target.index_pattern,
                    plural(*unfinished, "run")
                )
            };
            targets.iter().map(line).collect::<Vec<_>>().join("\n")
        });
        return Ok(Exit::Done);
    }
    let mut found: BTreeMap<&str, Vec<Shipment>> = BTreeMap::new();
    for run in runs {
        found.insert(run, client.get(&format!("/runs/{}/search", encoded(run))).await?);
    }
    print(whose, &found, || {
        let lines = found.iter().flat_map(|(run, shipments)| {
            let nothing = shipments.is_empty().then(|| format!("{run}: not shipped"));
            nothing
                .into_iter()
                .chain(shipments.iter().map(move |shipment| format!("{run}: {}", waiting::sentence(shipment))))
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    Ok(Exit::Done)
}

async fn backfill(
    client: &Client,
    runs: &[String],
    target: Option<&str>,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    targets(client).await?;
    let target = own::some_on_server(client, target).await?;
    let target = target.as_deref();
    for run in runs {
        let _: Vec<Shipment> =
            client.post(&format!("/runs/{}/search{}", encoded(run), of_target(target)), &json!({})).await?;
    }
    let mut ended: BTreeMap<&str, Vec<Shipment>> = BTreeMap::new();
    for run in runs {
        let mut shipments = waiting::wait(client, run, &mut |reason| stderr::line(format_args!("{reason}"))).await?;
        shipments.retain(|shipment| target.is_none_or(|name| shipment.target == name));
        ended.insert(run, shipments);
    }
    print(whose, &ended, || {
        let lines = ended.iter().flat_map(|(run, shipments)| {
            shipments.iter().map(move |shipment| format!("{run}: {}", waiting::sentence(shipment)))
        });
        lines.collect::<Vec<_>>().join("\n")
    });
    let is_there = |shipment: &Shipment| matches!(shipment.state, ShipmentState::Complete | ShipmentState::Delivered);
    Ok(if ended.values().flatten().all(is_there) { Exit::Done } else { Exit::Failed })
}

async fn delete(client: &Client, run: &str, target: Option<&str>, whose: &ClientArguments) -> anyhow::Result<Exit> {
    #[derive(Serialize, Deserialize)]
    struct Deleted {
        documents: u64,
    }
    let target = match target {
        Some(named) => Some(target_of_run(client, run, named).await?),
        None => None,
    };
    let path = format!("/runs/{}/search{}", encoded(run), of_target(target.as_deref()));
    let deleted: Deleted = client.delete_and_read(&path).await?;
    print(whose, &deleted, || format!("{run}: {} documents deleted.", deleted.documents));
    Ok(Exit::Done)
}

/// The name on the server of a target that has a run's documents. A user's own target that was removed is known from its
/// shipments only.
async fn target_of_run(client: &Client, run: &str, named: &str) -> anyhow::Result<String> {
    let name = own::on_server(client, named).await?;
    let known: Vec<TargetView> = client.get("/search/targets").await?;
    if known.iter().any(|view| view.target.name == name) {
        return Ok(name);
    }
    let shipments: Vec<Shipment> = client.get(&format!("/runs/{}/search", encoded(run))).await?;
    let is_it = |shipment: &Shipment| shipment.target.rsplit_once('.').is_some_and(|(short, _)| short == named);
    let mut removed = shipments.into_iter().filter(|shipment| shipment.target_info.is_none() && is_it(shipment));
    match (removed.next(), removed.next()) {
        (Some(only), None) => Ok(only.target),
        _ => Ok(name),
    }
}

/// The data stream or indices of a target that is not in the configuration: a user's own, or one of another machine's server.
async fn own_pattern(name: &str, whose: &ClientArguments) -> anyhow::Result<String> {
    let mut pattern = None;
    briefly(whose, async |client| {
        let id = own::on_server(client, name).await?;
        let targets: Vec<TargetView> = client.get("/search/targets").await?;
        pattern = targets.into_iter().find(|view| view.target.name == id).map(|view| view.target.index_pattern);
        Ok(Exit::Done)
    })
    .await?;
    pattern.with_context(|| format!("no search target '{name}'"))
}

/// Needs a server only for a user's own target: the files are created from JAC's own definition, and the application is a different
/// one.
async fn dashboards(arguments: &DashboardsArguments) -> anyhow::Result<Exit> {
    let data_folder = context::data_folder(arguments.whose.data_dir.as_deref());
    let targets = config::search_settings(&data_folder, None)?;
    let target = match &arguments.target {
        None => targets.first(),
        Some(name) => targets.iter().find(|target| target.name == *name),
    };
    let elsewhere = match &arguments.target {
        Some(name) if target.is_none() => {
            let pattern = own_pattern(name, &arguments.whose).await?;
            if arguments.import.is_some() {
                let hint = "Write a file with --kibana or --opensearch, and import it in the application.".to_owned();
                let message = format!("the credentials of the search target '{name}' are on the server, not here");
                return Err(with_hint(message, Some(hint)));
            }
            Some(pattern)
        }
        _ => None,
    };
    let pattern = match (&arguments.index_pattern, target, elsewhere) {
        (Some(pattern), ..) => pattern.clone(),
        (None, Some(target), _) => target.data_view(),
        (None, None, Some(pattern)) => pattern,
        (None, None, None) => ANY_SAMPLES.to_owned(),
    };
    let files =
        [(&arguments.kibana, DashboardsKind::Kibana), (&arguments.opensearch, DashboardsKind::OpensearchDashboards)];
    if arguments.import.is_none() && files.iter().all(|(file, _)| file.is_none()) {
        let hint = "Give a file with --kibana or --opensearch, or an address with --import.".to_owned();
        return Err(with_hint("nothing to write".to_owned(), Some(hint)));
    }
    for (file, kind) in files {
        if let Some(file) = file {
            std::fs::write(file, saved_objects(kind, &pattern))
                .with_context(|| format!("{} cannot be written", file.display()))?;
            let place = match kind {
                DashboardsKind::Kibana => "Stack Management",
                DashboardsKind::OpensearchDashboards => "Dashboards Management",
            };
            eprintln!("{} shows {pattern}. Import it under {place}, Saved objects.", file.display());
        }
    }
    if let Some(address) = &arguments.import {
        let kind = match arguments.kind {
            DashboardsName::Kibana => DashboardsKind::Kibana,
            DashboardsName::Opensearch => DashboardsKind::OpensearchDashboards,
        };
        let url = dashboards_address(address).map_err(|message| {
            let hint = "JAC signs in as at the search target: JAC_SEARCH_USERNAME and JAC_SEARCH_PASSWORD_FILE.";
            with_hint(format!("--import: {message}"), address.contains('@').then(|| hint.to_owned()))
        })?;
        let elastic = target.filter(|target| target.kind == TargetKind::Elasticsearch);
        let auth = elastic.map_or(Auth::None, |target| target.auth.clone());
        let ca = elastic.and_then(|target| target.ca_pem.as_deref());
        let imported = import_dashboards(&DashboardsSettings { kind, url }, auth, ca, &pattern).await;
        let imported = imported.map_err(|error| RunFailed(format!("{} [{}]", error.message, error.code)))?;
        eprintln!("Imported {imported} objects; they show {pattern}.");
    }
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Json, Router, routing::get};

    #[tokio::test]
    async fn a_removed_target_of_ones_own_is_found_by_its_short_name_unless_another_has_it() {
        let shipment = |target: &str| {
            json!({
                "target": target, "target_info": null, "state": "shipping", "rows": 5, "shipped": 5, "refused": 0,
                "updated_ms": 1,
            })
        };
        let target = json!({ "name": "es", "kind": "elasticsearch", "address": "http://es", "index_pattern": "x" });
        let targets = json!([{ "target": target, "unfinished": 0, "trouble": null }]);
        let shipments = ["log.f17d", "es.0a0b", "twice.0001", "twice.0002"].map(shipment);
        let answering = |body: serde_json::Value| get(move || async move { Json(body) });
        let router = Router::new()
            .route("/api/v1/runs/r-1/search", answering(json!(shipments)))
            .route("/api/v1/search/targets", answering(targets))
            .route("/api/v1/search/own", answering(json!([])))
            .route("/api/v1/session", answering(json!({ "user": { "id": "ann" } })));
        let client = Client::in_process(router, "t");
        for (named, found) in [("log", "log.f17d"), ("es", "es"), ("twice", "twice"), ("log.f17d", "log.f17d")] {
            assert_eq!(target_of_run(&client, "r-1", named).await.expect("an answer"), found, "{named}");
        }
    }
}
