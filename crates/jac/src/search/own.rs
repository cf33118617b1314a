//! `jac search add|list|remove`: users' own search targets. Secrets come from files or standard input, never from the command line, which
//! everybody on the machine may read.

use crate::cli::{AddTargetArguments, ClientArguments, DashboardsName, LayoutName};
use crate::client::Client;
use crate::connected::{briefly, print};
use crate::credentials::own_set;
use crate::exit::{Exit, with_hint};
use crate::retries::Refused;
use anyhow::Context;
use jac_engine::{OwnTargetView, TargetView};
use jac_model::search::{DashboardsKind, OwnTargetSettings, TargetLayout};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

/// No password, key or certificate bundle is as long.
const LONGEST_INPUT: u64 = 128 * 1024;
/// The name of standard input among files.
const STANDARD_INPUT: &str = "-";

pub async fn add(arguments: AddTargetArguments) -> anyhow::Result<Exit> {
    let secret = |file: &Option<PathBuf>| file.as_deref().map(secret_in).transpose();
    let (password, api_key) = (secret(&arguments.password_file)?, secret(&arguments.api_key_file)?);
    let ca_pem = arguments.ca_file.as_deref().map(|file| text_of(file, open(file)?)).transpose()?;
    let settings = OwnTargetSettings {
        url: arguments.url,
        ca_pem,
        layout: match arguments.layout {
            LayoutName::DataStream => TargetLayout::DataStream,
            LayoutName::IndexPerRun => TargetLayout::IndexPerRun,
        },
        namespace: arguments.namespace,
        index: arguments.index,
        labels: labels(&arguments.label)?,
        service: arguments.service,
        dashboards_kind: arguments.dashboards_url.is_some().then_some(match arguments.dashboards_kind {
            DashboardsName::Kibana => DashboardsKind::Kibana,
            DashboardsName::Opensearch => DashboardsKind::OpensearchDashboards,
        }),
        dashboards_url: arguments.dashboards_url,
    };
    let (name, whose) = (arguments.name, arguments.whose);
    briefly(&whose, async |client| {
        let credentials = match &arguments.aws_region {
            Some(_) => Some(set_id(client, &arguments.credentials).await?),
            None => None,
        };
        let new = json!({
            "name": name, "settings": settings, "username": arguments.username, "password": password, "api_key": api_key,
            "aws_region": arguments.aws_region, "credentials": credentials,
        });
        let query = if arguments.no_test { "?test=false" } else { "" };
        let saved: OwnTargetView = match own_targets(client).await?.into_iter().find(|known| known.name == name) {
            Some(known) => client.put(&format!("/search/own/{}{query}", known.id), &new).await?,
            None => client.post(&format!("/search/own{query}"), &new).await?,
        };
        print(&whose, &saved, || {
            format!("{}\nShip earlier runs with `jac search backfill RUN… --target {}`.", line(&saved), saved.name)
        });
        Ok(Exit::Done)
    })
    .await
}

pub async fn list(whose: &ClientArguments) -> anyhow::Result<Exit> {
    briefly(whose, async |client| {
        let targets = own_targets(client).await?;
        print(whose, &targets, || {
            let lines: Vec<String> = targets.iter().map(line).collect();
            if lines.is_empty() { "You have no search target of your own.".to_owned() } else { lines.join("\n") }
        });
        Ok(Exit::Done)
    })
    .await
}

pub async fn remove(named: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    briefly(whose, async |client| {
        let targets = own_targets(client).await?;
        let Some(target) = targets.into_iter().find(|target| target.name == named || target.id == named) else {
            return Err(with_hint(
                format!("you have no search target '{named}'"),
                Some("`jac search list` lists yours. Those of the server are in its configuration.".to_owned()),
            ));
        };
        client.delete(&format!("/search/own/{}", target.id)).await?;
        print(whose, &target, || format!("{} is removed. Documents there are kept.", target.name));
        Ok(Exit::Done)
    })
    .await
}

/// The caller's own targets: administrators receive everybody's.
async fn own_targets(client: &Client) -> anyhow::Result<Vec<OwnTargetView>> {
    let session: Value = client.get("/session").await?;
    let targets: Vec<OwnTargetView> = client.get("/search/own").await?;
    Ok(targets.into_iter().filter(|target| session["user"]["id"] == target.owner.id.as_str()).collect())
}

/// A target's name on the server. Owners can use the short name of their own target, unless the server has a target with that name.
pub async fn on_server(client: &Client, named: &str) -> anyhow::Result<String> {
    let all: Vec<TargetView> = client.get("/search/targets").await?;
    if all.iter().any(|view| view.target.name == named) {
        return Ok(named.to_owned());
    }
    let own = match own_targets(client).await {
        // For a person who may not have targets of their own the server responds that the target does not exist.
        Err(error) if error.is::<Refused>() => Vec::new(),
        own => own?,
    };
    Ok(own.into_iter().find(|target| target.name == named).map_or_else(|| named.to_owned(), |target| target.id))
}

/// The same for an optional name.
pub async fn some_on_server(client: &Client, named: Option<&str>) -> anyhow::Result<Option<String>> {
    match named {
        Some(named) => Ok(Some(on_server(client, named).await?)),
        None => Ok(None),
    }
}

async fn set_id(client: &Client, name: &str) -> anyhow::Result<Value> {
    let set = own_set(client, name).await?;
    set.map(|set| set["id"].clone()).ok_or_else(|| {
        with_hint(
            format!("you have no saved AWS credentials '{name}'"),
            Some("Save some with `jac credentials aws --save`, or give a set with --credentials.".to_owned()),
        )
    })
}

fn labels(given: &[String]) -> anyhow::Result<BTreeMap<String, String>> {
    let read = |pair: &String| match pair.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        _ => Err(with_hint(format!("invalid --label {pair}: expected NAME=VALUE"), None)),
    };
    given.iter().map(read).collect()
}

/// A secret in a file or in standard input. No error repeats it.
fn secret_in(file: &Path) -> anyhow::Result<String> {
    let text = if file.as_os_str() == STANDARD_INPUT {
        let input = std::io::stdin();
        if input.is_terminal() {
            let hint = "Give a file, or a pipe: pass show es | jac search add … --api-key-file -.".to_owned();
            return Err(with_hint("standard input is a terminal, which would show the secret".to_owned(), Some(hint)));
        }
        text_of(file, input.lock())?
    } else {
        text_of(file, open(file)?)?
    };
    match text.trim() {
        "" => Err(with_hint(format!("{} is empty", name_of(file)), None)),
        secret => Ok(secret.to_owned()),
    }
}

fn open(file: &Path) -> anyhow::Result<std::fs::File> {
    std::fs::File::open(file).with_context(|| format!("{} cannot be read", file.display()))
}

fn text_of(file: &Path, input: impl Read) -> anyhow::Result<String> {
    let mut text = String::new();
    let read = input.take(LONGEST_INPUT).read_to_string(&mut text);
    read.with_context(|| format!("{} cannot be read as text", name_of(file)))?;
    Ok(text)
}

/// An input's name in messages.
fn name_of(file: &Path) -> String {
    if file.as_os_str() == STANDARD_INPUT { "standard input".to_owned() } else { file.display().to_string() }
}

/// A target in a line.
fn line(target: &OwnTargetView) -> String {
    let OwnTargetView { id, name, settings, username, has_secret, aws_region, .. } = target;
    let signed_in = match (username, aws_region, has_secret) {
        (Some(username), ..) => format!("user {username}"),
        (None, Some(region), _) => {
            let set = target.credentials.as_ref().map_or("", |set| set.name.as_str());
            format!("AWS credentials {set} in {region}")
        }
        (None, None, true) => "API key".to_owned(),
        (None, None, false) => "not signed in".to_owned(),
    };
    format!("{name} ({id}): {}, {signed_in}.", settings.url)
}
