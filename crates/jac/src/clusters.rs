//! `jac cluster`: persistent clusters, through the same API as the web app.

mod waiting;

pub use waiting::removal_limit;

use crate::cli::{ClientArguments, ClusterCommand, CreateArguments};
use crate::client::Client;
use crate::connected::{Connected, at, briefly, print};
use crate::context;
use crate::exit::{Exit, Interrupted, RunFailed, with_hint};
use crate::run::{self, On, machines};
use jac_engine::list::ClusterSummary;
use jac_engine::view::{ClusterView, ForecastView, Machines, Unreachable};
use jac_model::{ClusterConfig, ClusterId, Fault, plural};
use serde_json::{Value, json};
use std::time::Duration;

pub async fn cluster(command: ClusterCommand) -> anyhow::Result<Exit> {
    match command {
        ClusterCommand::Run { cluster, queue, plan } => run::run(*plan, On::Existing { named: cluster, queue }).await,
        ClusterCommand::List { all, whose } => briefly(&whose, async |client| list(client, &whose, all).await).await,
        ClusterCommand::Create(arguments) => {
            at(&arguments.whose, async |connected| create(connected, &arguments).await).await
        }
        ClusterCommand::Check(arguments) => {
            briefly(&arguments.whose, async |client| check(client, &arguments).await).await
        }
        ClusterCommand::Extend { cluster, minutes, whose } => {
            briefly(&whose, async |client| {
                let found = find(client, &cluster).await?;
                let path = format!("/clusters/{}/extend", found.cluster.id);
                let view: ClusterView = client.post(&path, &json!({ "minutes": minutes })).await?;
                print(&whose, &view, || {
                    format!("{} expires in {}.", view.cluster.id, until(end_ms(&ClusterSummary::from(&view))))
                });
                Ok(Exit::Done)
            })
            .await
        }
        ClusterCommand::Adopt { cluster, whose } => {
            at(&whose, async |connected| adopt(connected, &cluster, &whose).await).await
        }
        ClusterCommand::Terminate { cluster, wait, whose } => {
            at(&whose, async |connected| terminate(connected, &cluster, wait, &whose).await).await
        }
    }
}

/// A cluster by its id or its name.
pub async fn find(client: &Client, named: &str) -> anyhow::Result<ClusterView> {
    look_up(client, named).await?.ok_or_else(|| unknown(named))
}

/// The same; `None` if there is none.
async fn look_up(client: &Client, named: &str) -> anyhow::Result<Option<ClusterView>> {
    let all: Vec<ClusterSummary> = client.list("/clusters?ended=true").await?;
    let view = async |id: &ClusterId| client.get(&format!("/clusters/{id}")).await.map(Some);
    if let Some(found) = all.iter().find(|cluster| cluster.id.as_str() == named) {
        return view(&found.id).await;
    }
    let living = all.into_iter().filter(|cluster| !cluster.phase.is_terminal() && cluster.name == named);
    let found: Vec<ClusterSummary> = living.collect();
    match found.as_slice() {
        [one] => view(&one.id).await,
        [] => Ok(None),
        several => Err(with_hint(
            format!("{} clusters have the name '{named}'", several.len()),
            Some("Give the ID of one, as shown by `jac cluster list`.".to_owned()),
        )),
    }
}

fn unknown(named: &str) -> anyhow::Error {
    with_hint(format!("no cluster '{named}'"), Some("`jac cluster list` lists all clusters.".to_owned()))
}

/// The forecast of the cluster; an error if it cannot be created.
pub async fn forecast(client: &Client, new: &Value) -> anyhow::Result<ForecastView> {
    let forecast: ForecastView = client.post("/clusters/forecast", new).await?;
    if forecast.faults.is_empty() {
        Ok(forecast)
    } else {
        Err(anyhow::anyhow!("{}", Fault::sentences(&forecast.faults)))
    }
}

/// The code of the note with the price of workers of other types.
const FALLBACK_PRICES: &str = "fallback_prices";

/// The price of the machines as a sentence, and another one with the price of other types.
pub fn price_sentence(forecast: &ForecastView, machines: u32) -> String {
    let machines = plural(machines.into(), "machine");
    let price = match forecast.usd_per_hour {
        Some(price) => format!("About ${price:.2} an hour for {machines}, without disks and traffic."),
        None => format!("The cost of {machines} is unknown."),
    };
    let others = forecast.notes.iter().find(|note| note.code == FALLBACK_PRICES);
    others.map_or_else(|| price.clone(), |others| format!("{price} {others}"))
}

fn new_cluster(arguments: &CreateArguments) -> anyhow::Result<Value> {
    let given = machines::read(&arguments.cluster, arguments.whose.at.server.is_some())?;
    let options = &arguments.options;
    let ordinary = ClusterConfig::default();
    let config = ClusterConfig {
        workers: given.workers,
        heap_mb: given.heap_mb,
        jmeter_version: given.jmeter_version,
        lifetime_minutes: given.lifetime_minutes.unwrap_or(ordinary.lifetime_minutes),
        idle_minutes: (options.idle > 0).then_some(options.idle),
        ssh: given.ssh,
        ec2: given.ec2,
        ..ordinary
    };
    Ok(json!({ "name": options.name, "provider": given.provider, "config": config }))
}

async fn check(client: &Client, arguments: &CreateArguments) -> anyhow::Result<Exit> {
    let new = new_cluster(arguments)?;
    let forecast: ForecastView = client.post("/clusters/forecast", &new).await?;
    print(&arguments.whose, &forecast, || {
        let machines =
            new["config"]["workers"].as_u64().and_then(|workers| u32::try_from(workers).ok()).unwrap_or(0) + 1;
        // That note is printed with the price.
        let notes = forecast.notes.iter().filter(|note| note.code != FALLBACK_PRICES);
        let mut lines: Vec<String> = notes.map(ToString::to_string).collect();
        lines.extend(forecast.faults.iter().map(|fault| format!("error: {}", fault.message)));
        if new["provider"] == "ec2" {
            lines.push(price_sentence(&forecast, machines));
        }
        lines.push(if forecast.faults.is_empty() { "All checks passed." } else { "Fix the errors above." }.to_owned());
        lines.join("\n")
    });
    Ok(if forecast.faults.is_empty() { Exit::Done } else { Exit::BadInput })
}

async fn create(mut connected: Connected<'_>, arguments: &CreateArguments) -> anyhow::Result<Exit> {
    let new = new_cluster(arguments)?;
    if new["provider"] == "ec2" {
        let workers = new["config"]["workers"].as_u64().unwrap_or(0);
        let forecast =
            connected.signals.unless(forecast(connected.client, &new)).await.map_err(Interrupted::early)??;
        eprintln!("{}", price_sentence(&forecast, u32::try_from(workers).unwrap_or(0) + 1));
    }
    let created = connected.signals.unless(connected.client.post("/clusters", &new)).await;
    let mut view: ClusterView = created.map_err(|signal| Interrupted {
        signal,
        continuing: "`jac cluster list` shows whether the cluster was created.".to_owned(),
    })??;
    if arguments.options.wait || !connected.is_server {
        view = connected.wait_for_creation(&view).await?;
    }
    if !connected.is_server {
        eprintln!(
            "No server manages it: its nodes terminate within an hour, unless `jac serve` runs on this data folder by \
             then."
        );
    }
    print(&arguments.whose, &view, || line_of(&ClusterSummary::from(&view)));
    Ok(Exit::Done)
}

/// The ID of a cluster to adopt: that of an orphan, or of a known cluster, which the server rejects with its name. If
/// all regions were listed, an unknown ID is a mistake.
async fn find_orphan(connected: &mut Connected<'_>, named: &str) -> anyhow::Result<ClusterId> {
    let Ok(id) = named.parse::<ClusterId>() else { return Err(unknown(named)) };
    let machines: Machines = connected.machines().await?;
    if machines.machines.iter().any(|machine| machine.cluster_id == id) {
        return Ok(id);
    }
    if machines.unreachable.is_empty() {
        return Err(unknown(named));
    }
    let reasons: Vec<String> = machines.unreachable.iter().map(cannot_be_asked).collect();
    Err(anyhow::Error::new(RunFailed(format!(
        "no cluster '{named}' found, but some providers could not be queried: {}",
        reasons.join(" ")
    ))))
}

async fn adopt(mut connected: Connected<'_>, named: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let client = connected.client;
    let rows: Vec<ClusterSummary> = client.list("/clusters?ended=true").await?;
    let id = match rows.into_iter().find(|cluster| cluster.id.as_str() == named) {
        // The server answers that it is not an orphan.
        Some(known) => known.id,
        None => find_orphan(&mut connected, named).await?,
    };
    let adopted = connected.signals.unless(client.post(&format!("/orphans/{id}/adopt"), &json!({}))).await;
    let view: ClusterView = adopted.map_err(|signal| Interrupted {
        signal,
        continuing: format!("`jac cluster list` shows whether {id} was adopted."),
    })??;
    let view = connected.wait_for_adopted(&view).await?;
    print(whose, &view, || line_of(&ClusterSummary::from(&view)));
    Ok(Exit::Done)
}

async fn terminate(
    mut connected: Connected<'_>,
    named: &str,
    wait: bool,
    whose: &ClientArguments,
) -> anyhow::Result<Exit> {
    let client = connected.client;
    let Some(view) = look_up(client, named).await? else {
        let id = find_orphan(&mut connected, named).await?;
        let ended = connected.signals.unless(client.delete(&format!("/orphans/{id}"))).await;
        ended.map_err(|signal| Interrupted {
            signal,
            continuing: format!("`jac cluster list` shows whether the machines of {id} are terminated."),
        })??;
        print(whose, &json!({ "id": id, "orphan": true, "phase": "terminated" }), || {
            format!("The machines of {id} are terminated.")
        });
        return Ok(Exit::Done);
    };
    let id = view.cluster.id.clone();
    let path = format!("/clusters/{id}/terminate");
    let terminated = connected.signals.unless(client.post(&path, &json!({}))).await;
    let mut view: ClusterView = terminated.map_err(|signal| Interrupted {
        signal,
        continuing: format!("`jac cluster list` shows whether {id} is being terminated."),
    })??;
    let wait = wait || !connected.is_server;
    if wait {
        view = connected.wait_for_end(&view).await?;
    }
    print(whose, &view, || {
        if wait {
            format!("{id} is terminated. All its resources are removed.")
        } else {
            format!("{id} is being terminated.")
        }
    });
    Ok(Exit::Done)
}

/// `ec2 in eu-central-1 cannot be asked: …`.
fn cannot_be_asked(unreachable: &Unreachable) -> String {
    let region = unreachable.region.as_ref().map_or_else(String::new, |region| format!(" in {region}"));
    format!("{}{region} cannot be queried: {}", unreachable.provider, unreachable.reason)
}

async fn list(client: &Client, whose: &ClientArguments, all: bool) -> anyhow::Result<Exit> {
    let clusters: Vec<ClusterSummary> = client.list(&format!("/clusters?ended={all}")).await?;
    let machines: Machines = client.get("/machines").await?;
    print(whose, &json!({ "clusters": clusters, "machines": machines }), || {
        let mut lines: Vec<String> = clusters.iter().map(line_of).collect();
        for machine in machines.machines.iter().filter(|machine| machine.orphan) {
            lines.push(format!(
                "{}  orphan     {} ({}) in {}, of '{}'; jac cluster adopt {}, or terminate",
                machine.cluster_id, machine.id, machine.kind, machine.region, machine.cluster_name, machine.cluster_id
            ));
        }
        lines.extend(machines.unreachable.iter().map(cannot_be_asked));
        if lines.is_empty() { "No active clusters.".to_owned() } else { lines.join("\n") }
    });
    Ok(Exit::Done)
}

/// A cluster in a line.
fn line_of(cluster: &ClusterSummary) -> String {
    let phase = serde_json::to_value(cluster.phase)
        .ok()
        .and_then(|phase| phase.as_str().map(str::to_owned))
        .unwrap_or_default();
    let price = match (cluster.usd_per_hour, cluster.usd_so_far) {
        (Some(hour), Some(so_far)) => format!(", about ${hour:.2} an hour, ${so_far:.2} so far"),
        _ => String::new(),
    };
    let ends =
        if cluster.phase.is_terminal() { String::new() } else { format!(", expires in {}", until(end_ms(cluster))) };
    let lost = if cluster.lost_nodes.is_empty() {
        String::new()
    } else {
        format!(", lost: {}", cluster.lost_nodes.join(", "))
    };
    format!(
        "{}  {phase:<10} {}, {} of {} nodes{ends}{price}{lost}",
        cluster.id,
        cluster.name,
        cluster.provider,
        cluster.workers + 1
    )
}

/// When the cluster ends if no run is started on it: the earlier of both limits.
fn end_ms(cluster: &ClusterSummary) -> i64 {
    cluster.idle_ends_at_ms.unwrap_or(i64::MAX).min(cluster.expires_at_ms)
}

/// How long until then.
fn until(at_ms: i64) -> String {
    let seconds = u64::try_from((at_ms - context::now_ms()) / 1000).unwrap_or(0);
    humantime::format_duration(Duration::from_secs(seconds - seconds % 60)).to_string()
}
