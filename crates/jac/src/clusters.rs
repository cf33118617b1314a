//! `jac cluster` and `jac credentials`: clusters that stay, through the same interface that the web app has.

use crate::cli::{ClusterCommand, CreateArguments, CredentialsCommand, Output, RunArguments, Whose};
use crate::client::Client;
use crate::connect::{Connection, connect, settings};
use crate::context;
use crate::exit::{Exit, RunFailed, with_hint};
use crate::run::{files, machines};
use crate::{run, stdout};
use jac_engine::view::{ClusterView, ForecastView, Machines};
use jac_model::{ClusterConfig, ClusterId, ClusterPhase, Provider};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long the first look of an engine at all its regions may take.
const FIRST_LOOK_LIMIT: Duration = Duration::from_secs(30);
/// Between two looks at a cluster.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long a cluster may take to be ready: the engine's own limits are shorter.
const READY_LIMIT: Duration = Duration::from_secs(45 * 60);

/// How long a cluster may take to be gone: AWS takes a minute or two for a machine.
pub fn removal_limit(cluster: &ClusterView) -> Duration {
    match cluster.cluster.provider {
        Provider::Ec2 => Duration::from_secs(600),
        Provider::Local | Provider::Ssh => Duration::from_secs(120),
    }
}

pub async fn cluster(command: ClusterCommand) -> anyhow::Result<Exit> {
    match command {
        ClusterCommand::Run { cluster, run } => run_on(cluster, *run).await,
        ClusterCommand::List { all, whose } => on(&whose, async |client, _| list(client, &whose, all).await).await,
        ClusterCommand::Create(arguments) => {
            on(&arguments.whose, async |client, is_server| create(client, &arguments, is_server).await).await
        }
        ClusterCommand::Check(arguments) => {
            on(&arguments.whose, async |client, _| check(client, &arguments).await).await
        }
        ClusterCommand::Extend { cluster, minutes, whose } => {
            on(&whose, async |client, _| {
                let found = find(client, &cluster).await?;
                let path = format!("/clusters/{}/extend", found.cluster.id);
                let view: ClusterView = client.post(&path, &json!({ "minutes": minutes })).await?;
                print(&whose, &view, || {
                    format!("{} ends in {} at the latest.", view.cluster.id, until(view.cluster.expires_at_ms))
                });
                Ok(Exit::Done)
            })
            .await
        }
        ClusterCommand::Adopt { cluster, whose } => {
            on(&whose, async |client, _| {
                // The machines are shown by the first look at the regions.
                until_shown(client, &cluster).await?;
                let view: ClusterView = client.post(&format!("/orphans/{cluster}/adopt"), &json!({})).await?;
                let view = wait_until_ready(client, view).await?;
                print(&whose, &view, || line_of(&view));
                Ok(Exit::Done)
            })
            .await
        }
        ClusterCommand::Terminate { cluster, wait, whose } => {
            on(&whose, async |client, is_server| terminate(client, &cluster, wait || !is_server).await).await
        }
    }
}

async fn run_on(cluster: String, arguments: RunArguments) -> anyhow::Result<Exit> {
    let machines = &arguments.machines;
    if arguments.workers.is_some()
        || arguments.heap.is_some()
        || !machines.hosts.is_empty()
        || machines.lifetime.is_some()
    {
        return Err(with_hint(
            "the cluster has its machines already".to_owned(),
            Some("Leave --workers, --heap, --hosts and --lifetime out.".to_owned()),
        ));
    }
    run::run(arguments, Some(cluster)).await
}

/// Does something through the server that is meant, or through an engine of this process that ends afterwards.
async fn on(whose: &Whose, deed: impl AsyncFnOnce(&Client, bool) -> anyhow::Result<Exit>) -> anyhow::Result<Exit> {
    let data_folder = context::data_folder(whose.data_dir.as_deref());
    let tools = context::tools(&data_folder, whose.jmeter_home.as_deref());
    let server = whose.server.as_deref().map(|url| (url, whose.token.as_deref()));
    let connection = connect(&data_folder, server, tools, settings(None))?;
    let done = deed(connection.client(), matches!(connection, Connection::Server(_))).await;
    if let Connection::Own { engine, .. } = &connection {
        engine.shut_down().await;
    }
    done
}

fn print(whose: &Whose, view: &impl Serialize, text: impl FnOnce() -> String) {
    match whose.output {
        Output::Text => stdout::line(&text()),
        Output::Json => stdout::line(&serde_json::to_string_pretty(view).unwrap_or_default()),
    }
}

/// A cluster by its id or its name.
pub async fn find(client: &Client, named: &str) -> anyhow::Result<ClusterView> {
    let all: Vec<ClusterView> = client.get("/clusters?ended=true").await?;
    if let Some(found) = all.iter().find(|view| view.cluster.id.as_str() == named) {
        return Ok(found.clone());
    }
    let living = all.into_iter().filter(|view| !view.cluster.phase.is_terminal() && view.cluster.name == named);
    let found: Vec<ClusterView> = living.collect();
    match found.as_slice() {
        [one] => Ok(one.clone()),
        [] => Err(with_hint(
            format!("there is no cluster '{named}'"),
            Some("`jac cluster list` shows those that there are.".to_owned()),
        )),
        several => Err(with_hint(
            format!("{} clusters are called '{named}'", several.len()),
            Some("Give the id of one, as `jac cluster list` shows it.".to_owned()),
        )),
    }
}

/// What would be made; an error where it cannot be.
pub async fn forecast(client: &Client, new: &Value) -> anyhow::Result<ForecastView> {
    let forecast: ForecastView = client.post("/clusters/forecast", new).await?;
    if forecast.faults.is_empty() { Ok(forecast) } else { Err(anyhow::anyhow!("{}", forecast.faults.join(" "))) }
}

/// What the machines cost, in a sentence.
pub fn price_sentence(forecast: &ForecastView, machines: u32) -> String {
    let machines = if machines == 1 { "1 machine".to_owned() } else { format!("{machines} machines") };
    match forecast.usd_per_hour {
        Some(price) => format!("About ${price:.2} an hour for {machines}, without disks and traffic."),
        None => format!("What {machines} cost is not known."),
    }
}

fn new_cluster(arguments: &CreateArguments) -> anyhow::Result<Value> {
    let given = machines::read(&arguments.machines, arguments.workers, arguments.whose.server.is_some())?;
    let options = &arguments.options;
    let ordinary = ClusterConfig::default();
    let config = ClusterConfig {
        workers: given.workers,
        heap_mb: options.heap.as_deref().map(files::heap_mb).transpose()?,
        lifetime_minutes: arguments.machines.lifetime.unwrap_or(ordinary.lifetime_minutes),
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
        let mut lines = forecast.notes.clone();
        lines.extend(forecast.faults.iter().map(|fault| format!("error: {fault}")));
        if new["provider"] == "ec2" {
            lines.push(price_sentence(&forecast, machines));
        }
        lines.push(if forecast.faults.is_empty() { "It can be made." } else { "It cannot be made." }.to_owned());
        lines.join("\n")
    });
    Ok(if forecast.faults.is_empty() { Exit::Done } else { Exit::BadInput })
}

async fn create(client: &Client, arguments: &CreateArguments, is_server: bool) -> anyhow::Result<Exit> {
    let new = new_cluster(arguments)?;
    if new["provider"] == "ec2" {
        let workers = new["config"]["workers"].as_u64().unwrap_or(0);
        let forecast = forecast(client, &new).await?;
        eprintln!("{}", price_sentence(&forecast, u32::try_from(workers).unwrap_or(0) + 1));
    }
    let mut view: ClusterView = client.post("/clusters", &new).await?;
    if arguments.options.wait || !is_server {
        view = wait_until_ready(client, view).await?;
    }
    if !is_server {
        eprintln!(
            "No server looks after it: its nodes end within an hour, unless a `jac serve` lives on this data folder by then."
        );
    }
    print(&arguments.whose, &view, || line_of(&view));
    Ok(Exit::Done)
}

#[derive(Deserialize)]
struct Happening {
    node: Option<String>,
    text: String,
}

/// Shows what happens to a cluster until it takes runs.
async fn wait_until_ready(client: &Client, view: ClusterView) -> anyhow::Result<ClusterView> {
    let id = &view.cluster.id;
    let deadline = Instant::now() + READY_LIMIT;
    let mut told = 0;
    loop {
        let view: ClusterView = client.get(&format!("/clusters/{id}")).await?;
        let events: Vec<Happening> = client.get(&format!("/clusters/{id}/events")).await?;
        for event in events.iter().skip(told) {
            eprintln!("{}{}", event.node.as_ref().map_or_else(String::new, |node| format!("{node}: ")), event.text);
        }
        told = told.max(events.len());
        match view.cluster.phase {
            ClusterPhase::Ready => return Ok(view),
            ClusterPhase::Failed | ClusterPhase::Terminating | ClusterPhase::Terminated => {
                let limit = removal_limit(&view);
                let cause = view.cluster.cause.unwrap_or_else(|| "It was terminated.".to_owned());
                // Its machines are to be gone before this ends.
                wait_until_gone(client, id.as_str(), limit).await?;
                return Err(anyhow::Error::new(RunFailed(cause)));
            }
            _ if Instant::now() > deadline => {
                return Err(anyhow::Error::new(RunFailed(format!("the cluster {id} is still on its way up"))));
            }
            _ => sleep(LOOK_EVERY).await,
        }
    }
}

async fn wait_until_gone(client: &Client, id: &str, limit: Duration) -> anyhow::Result<()> {
    let deadline = Instant::now() + limit;
    loop {
        let view: ClusterView = client.get(&format!("/clusters/{id}")).await?;
        if view.cluster.phase == ClusterPhase::Terminated {
            return Ok(());
        }
        if Instant::now() > deadline {
            return Err(anyhow::Error::new(RunFailed(format!(
                "the cluster {id} is still there after {} s; its machines end by themselves when their lease is over",
                limit.as_secs()
            ))));
        }
        sleep(LOOK_EVERY).await;
    }
}

/// Waits a little for the first look at the regions of an engine that has just begun.
async fn until_shown(client: &Client, cluster: &str) -> anyhow::Result<()> {
    // Only ids are looked for: a name that nobody has is a mistake, and is told at once.
    let limit = if cluster.parse::<ClusterId>().is_ok() { FIRST_LOOK_LIMIT } else { Duration::ZERO };
    let deadline = Instant::now() + limit;
    loop {
        let machines: Machines = client.get("/machines").await?;
        if machines.machines.iter().any(|machine| machine.cluster_id.as_str() == cluster) || Instant::now() > deadline {
            return Ok(());
        }
        sleep(LOOK_EVERY).await;
    }
}

async fn terminate(client: &Client, named: &str, wait: bool) -> anyhow::Result<Exit> {
    let view = match find(client, named).await {
        Ok(view) => view,
        Err(unknown) => {
            until_shown(client, named).await?;
            let machines: Machines = client.get("/machines").await?;
            if !machines.machines.iter().any(|machine| machine.orphan && machine.cluster_id.as_str() == named) {
                return Err(unknown);
            }
            client.delete(&format!("/orphans/{named}")).await?;
            stdout::line(&format!("The machines of {named} are ended."));
            return Ok(Exit::Done);
        }
    };
    let id = view.cluster.id.as_str();
    let _: ClusterView = client.post(&format!("/clusters/{id}/terminate"), &json!({})).await?;
    if wait {
        wait_until_gone(client, id, removal_limit(&view)).await?;
        stdout::line(&format!("Nothing of {id} is left."));
    } else {
        stdout::line(&format!("{id} is being taken away."));
    }
    Ok(Exit::Done)
}

async fn list(client: &Client, whose: &Whose, all: bool) -> anyhow::Result<Exit> {
    let clusters: Vec<ClusterView> = client.get(&format!("/clusters?ended={all}")).await?;
    let machines: Machines = client.get("/machines").await?;
    print(whose, &json!({ "clusters": clusters, "machines": machines }), || {
        let mut lines: Vec<String> = clusters.iter().map(line_of).collect();
        for machine in machines.machines.iter().filter(|machine| machine.orphan) {
            lines.push(format!(
                "{}  orphan     {} ({}) in {}, of '{}'; jac cluster adopt {}, or terminate",
                machine.cluster_id, machine.id, machine.kind, machine.region, machine.cluster_name, machine.cluster_id
            ));
        }
        lines.extend(
            machines
                .unreachable
                .iter()
                .map(|provider| format!("{} cannot be asked: {}", provider.provider, provider.reason)),
        );
        if lines.is_empty() { "There is no cluster.".to_owned() } else { lines.join("\n") }
    });
    Ok(Exit::Done)
}

/// A cluster in a line.
fn line_of(view: &ClusterView) -> String {
    let cluster = &view.cluster;
    let phase = serde_json::to_value(cluster.phase)
        .ok()
        .and_then(|phase| phase.as_str().map(str::to_owned))
        .unwrap_or_default();
    let price = match (cluster.usd_per_hour, view.usd_so_far) {
        (Some(hour), Some(so_far)) => format!(", about ${hour:.2} an hour, ${so_far:.2} so far"),
        _ => String::new(),
    };
    let ends =
        if cluster.phase.is_terminal() { String::new() } else { format!(", ends in {}", until(cluster.expires_at_ms)) };
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
        cluster.nodes.len()
    )
}

/// How long until then.
fn until(at_ms: i64) -> String {
    let seconds = u64::try_from((at_ms - context::now_ms()) / 1000).unwrap_or(0);
    humantime::format_duration(Duration::from_secs(seconds - seconds % 60)).to_string()
}

pub async fn credentials(command: CredentialsCommand) -> anyhow::Result<Exit> {
    let CredentialsCommand::Aws { save, role, external_id, region, delete, whose } = command;
    on(&whose, async |client, _| {
        if delete {
            client.delete("/credentials/aws").await?;
            stdout::line("The saved AWS credentials are deleted.");
            return Ok(Exit::Done);
        }
        if save {
            let keys = context::aws_keys();
            let new = json!({
                "access_key_id": keys.access_key_id, "secret_access_key": keys.secret_access_key,
                "session_token": keys.session_token, "role_arn": role, "external_id": external_id, "region": region,
            });
            let _: Value = client.put("/credentials/aws", &new).await?;
        }
        let view: Value = client.get("/credentials/aws").await?;
        print(&whose, &view, || match &view["saved"] {
            Value::Null => "No AWS credentials are saved: those of the server's environment are used.".to_owned(),
            saved => {
                let shown = |name: &str| saved[name].as_str().unwrap_or("none").to_owned();
                format!("Key {}, role {}, region {}.", shown("access_key_id"), shown("role_arn"), shown("region"))
            }
        });
        Ok(Exit::Done)
    })
    .await
}
