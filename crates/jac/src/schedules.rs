//! `jac schedule`: runs that start automatically, through the same API as the web app.

use crate::cli::{AddArguments, ClientArguments, OverlapName, ScheduleCommand};
use crate::client::{Client, UploadFile};
use crate::clusters;
use crate::connected::{Connected, at, briefly, print};
use crate::context;
use crate::exit::{Exit, Interrupted, RunFailed, with_hint};
use crate::history::{encoded, plan_id};
use crate::retries::Refused;
use crate::run::files::{Bundle, Given, properties, shares};
use crate::run::{from_engine, machines, refuse_criteria, refuse_stop_timeout};
use crate::utc;
use jac_engine::list::PlanSummary;
use jac_engine::plans::source::Workers;
use jac_engine::schedules::ScheduleView;
use jac_engine::tools::{RequestedJMeter, Toolbox};
use jac_engine::view::PlanView;
use jac_model::{
    ClusterConfig, Firing, FiringState, Overlap, PlanId, ResultsChoice, RunsOn, ScheduleState, ScheduledRun, Timing,
    is_same_name,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Number of latest times that are shown.
const FIRINGS_SHOWN: u32 = 10;

pub async fn schedule(command: ScheduleCommand) -> anyhow::Result<Exit> {
    match command {
        ScheduleCommand::Add(arguments) => {
            at(&arguments.whose, async |connected| {
                let Connected { client, signals, is_server } = connected;
                signals.unless(add(client, is_server, &arguments)).await.map_err(|signal| Interrupted {
                    signal,
                    continuing: "`jac schedule list` shows whether the schedule was saved.".to_owned(),
                })?
            })
            .await
        }
        ScheduleCommand::List { mine, whose } => briefly(&whose, async |client| list(client, mine, &whose).await).await,
        ScheduleCommand::Show { schedule, whose } => {
            briefly(&whose, async |client| show(client, &schedule, &whose).await).await
        }
        ScheduleCommand::Pause { schedule, whose } => change(&schedule, "pause", &whose).await,
        ScheduleCommand::Resume { schedule, whose } => change(&schedule, "resume", &whose).await,
        ScheduleCommand::Start { schedule, workers, property, try_run, whose } => {
            let properties = properties('J', &property)?;
            let changes = json!({ "workers": workers, "properties": properties, "try_run": try_run });
            briefly(&whose, async |client| {
                let found = find(client, &schedule).await?;
                let firing: Firing = client.post(&format!("/schedules/{}/start", found.id), &changes).await?;
                print(&whose, &firing, || {
                    let id = &found.id;
                    format!("Starting a run of {}. `jac schedule show {id}` shows its progress.", found.name)
                });
                Ok(Exit::Done)
            })
            .await
        }
        ScheduleCommand::Remove { schedule, whose } => {
            briefly(&whose, async |client| {
                let found = find(client, &schedule).await?;
                client.delete(&format!("/schedules/{}", found.id)).await?;
                print(&whose, &found, || format!("The schedule {} ({}) is deleted.", found.name, found.id));
                Ok(Exit::Done)
            })
            .await
        }
    }
}

/// A schedule by its id or its name.
async fn find(client: &Client, named: &str) -> anyhow::Result<ScheduleView> {
    let all: Vec<ScheduleView> = client.list(&format!("/schedules?text={}", encoded(named))).await?;
    let is_it = |one: &&ScheduleView| one.id.as_str() == named || is_same_name(&one.name, named);
    let found: Vec<&ScheduleView> = all.iter().filter(is_it).collect();
    match found[..] {
        [one] => Ok(one.clone()),
        [] => Err(with_hint(
            format!("no schedule '{named}'"),
            Some("`jac schedule list` lists all schedules.".to_owned()),
        )),
        _ => Err(with_hint(
            format!("{} schedules have the name '{named}'", found.len()),
            Some(format!("Give the ID: {}.", found.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", "))),
        )),
    }
}

async fn add(client: &Client, is_server: bool, arguments: &AddArguments) -> anyhow::Result<Exit> {
    let zone = arguments.zone.clone();
    let timing = match (&arguments.cron, &arguments.at) {
        (Some(expression), _) => Timing::Cron { expression: expression.clone(), zone },
        (None, Some(at)) => Timing::Once { at: at.clone(), zone },
        (None, None) => anyhow::bail!("give --cron or --at"),
    };
    // Before anything is uploaded.
    timing.times().map_err(|fault| with_hint(fault.message, None))?;
    let run = ScheduledRun {
        plan_revision: None,
        properties: properties('J', &arguments.property)?,
        system_properties: properties('D', &arguments.system_property)?,
        secret: arguments.secret.clone(),
        properties_files: Vec::new(),
        split: Vec::new(),
        criteria: arguments.fail_on.clone(),
        stop_timeout_s: Some(arguments.stop_timeout),
        results: arguments.spread.results.into(),
        min_workers: arguments.spread.min_workers,
        share: shares(&arguments.spread.share)?,
    };
    refuse_criteria(&run.criteria)?;
    refuse_stop_timeout(arguments.stop_timeout)?;
    let on = on(client, arguments).await?;
    let SchedulePlan { id: plan_id, revision, split, properties_files, is_new } =
        plan(client, arguments, &run.share).await?;
    let run = ScheduledRun { plan_revision: revision, properties_files, split, ..run };
    let overlap = match arguments.overlap {
        OverlapName::Skip => Overlap::Skip,
        OverlapName::Queue => Overlap::Queue,
    };
    let new = json!({
        "name": arguments.name, "plan_id": plan_id, "run": run, "on": on, "timing": timing, "overlap": overlap,
    });
    let saved = client.post("/schedules", &new).await;
    if is_new && saved.as_ref().is_err_and(anyhow::Error::is::<Refused>) {
        // Nothing else uses the plan uploaded for it.
        if let Err(error) = client.delete(&format!("/plans/{plan_id}")).await {
            eprintln!("warning: the uploaded plan {plan_id} could not be deleted: {error}");
        }
    }
    let view: ScheduleView = saved?;
    if !is_server {
        eprintln!("note: schedules start runs only while `jac serve` runs on this data folder.");
    }
    print(&arguments.whose, &view, || {
        let id = &view.id;
        format!("{}\nTry it first: `jac schedule start {id} --try`.", text_of(&view))
    });
    Ok(Exit::Done)
}

/// The named cluster, or the one to create for each run.
async fn on(client: &Client, arguments: &AddArguments) -> anyhow::Result<Value> {
    if let Some(named) = &arguments.on {
        refuse_without_effect("with --on: the cluster exists", &machines::flags(&arguments.cluster))?;
        let found = clusters::find(client, named).await?;
        return Ok(json!({ "kind": "cluster", "cluster_id": found.cluster.id }));
    }
    let given = machines::read(&arguments.cluster, arguments.whose.at.server.is_some())?;
    let ordinary = ClusterConfig::default();
    let config = ClusterConfig {
        workers: given.workers,
        heap_mb: given.heap_mb,
        jmeter_version: given.jmeter_version,
        lifetime_minutes: given.lifetime_minutes.unwrap_or(ordinary.lifetime_minutes),
        ssh: given.ssh,
        ec2: given.ec2,
        ..ordinary
    };
    Ok(json!({ "kind": "new", "provider": given.provider, "config": config }))
}

/// Rejects options that would be ignored.
fn refuse_without_effect(why: &str, flags: &[&str]) -> anyhow::Result<()> {
    if flags.is_empty() {
        return Ok(());
    }
    let them = if flags.len() == 1 { "it" } else { "them" };
    Err(with_hint(format!("no effect {why}: {}", flags.join(", ")), Some(format!("Remove {them}."))))
}

/// The plan of a schedule.
struct SchedulePlan {
    id: PlanId,
    /// `None`: the newest when a run starts.
    revision: Option<u32>,
    /// Files to split and properties files, by their names in the plan.
    split: Vec<String>,
    properties_files: Vec<String>,
    /// It did not exist before.
    is_new: bool,
}

/// The plan. A file is uploaded as by `jac run`, so it is the same plan, and the schedule uses the revision of this
/// upload: later uploads, e.g. by `jac run` on somebody's machine, do not change what it runs.
async fn plan(
    client: &Client,
    arguments: &AddArguments,
    share: &BTreeMap<String, u64>,
) -> anyhow::Result<SchedulePlan> {
    let path = Path::new(&arguments.plan);
    let is_jmx = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("jmx"));
    if !(is_jmx && path.is_file()) {
        let names = |files: &[PathBuf]| files.iter().map(|file| file.display().to_string()).collect();
        let flags = machines::given([
            ("--data", !arguments.data.is_empty()),
            ("--plugin", !arguments.plugin.is_empty()),
            ("--root", arguments.root.is_some()),
        ]);
        let id = plan_id(client, &arguments.plan).await.map_err(|error| match is_jmx && !error.is::<RunFailed>() {
            true => with_hint(format!("no file {}, and {error}", path.display()), None),
            false => error,
        })?;
        refuse_without_effect("on an uploaded plan", &flags)?;
        return Ok(SchedulePlan {
            id,
            revision: arguments.revision,
            split: names(&arguments.split),
            properties_files: names(&arguments.properties_file),
            is_new: false,
        });
    }
    let flags = machines::given([("--revision", arguments.revision.is_some())]);
    refuse_without_effect("on a file, which is uploaded as a revision", &flags)?;
    let data_folder = context::data_folder(arguments.whose.data_dir.as_deref());
    let toolbox = Toolbox::new(context::tools(&data_folder, arguments.whose.jmeter_home.as_deref()));
    let version = arguments.cluster.jmeter_version.clone();
    let home = toolbox.home(&RequestedJMeter { home: None, version }).map_err(from_engine)?;
    let bundle = Bundle::gather(Given {
        plan: path,
        root: arguments.root.as_deref(),
        data: &arguments.data,
        split: &arguments.split,
        plugins: &arguments.plugin,
        properties_files: &arguments.properties_file,
        properties: &properties('J', &arguments.property)?,
        system_properties: &properties('D', &arguments.system_property)?,
        // The number of an existing cluster's workers is not known yet.
        workers: Workers { count: ClusterConfig::MAX_WORKERS, share },
        home: home.as_ref(),
    })?;
    let mut files = vec![UploadFile { name: bundle.main.clone(), path: path.to_owned() }];
    files.extend(bundle.files.iter().map(|(name, path)| UploadFile { name: name.clone(), path: path.clone() }));
    let name = jac_engine::fitting_name(&path.file_stem().unwrap_or_default().to_string_lossy());
    let known: Vec<PlanSummary> = client.list(&format!("/plans?owner=me&text={}", encoded(&name))).await?;
    let fields = [("name", name.as_str()), ("ephemeral", "true"), ("main_file", bundle.main.as_str())];
    let uploaded: PlanView = client.upload("/plans", &fields, &files).await?;
    Ok(SchedulePlan {
        is_new: known.iter().all(|plan| plan.id != uploaded.plan.id),
        id: uploaded.plan.id,
        revision: Some(uploaded.plan.revision),
        split: bundle.split,
        properties_files: bundle.properties_files,
    })
}

async fn list(client: &Client, mine: bool, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let filter = if mine { "?owner=me" } else { "?sort=next" };
    let all: Vec<ScheduleView> = client.list(&format!("/schedules{filter}")).await?;
    print(whose, &all, || {
        let lines: Vec<String> = all.iter().map(line_of).collect();
        if lines.is_empty() { "No schedules.".to_owned() } else { lines.join("\n") }
    });
    Ok(Exit::Done)
}

async fn show(client: &Client, named: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    let view = find(client, named).await?;
    let path = format!("/schedules/{}/firings?limit={FIRINGS_SHOWN}", view.id);
    let firings: Vec<Firing> = client.get(&path).await?;
    print(whose, &json!({ "schedule": view, "firings": firings }), || {
        let mut lines = vec![text_of(&view)];
        if !firings.is_empty() {
            lines.push("Last times:".to_owned());
            lines.extend(firings.iter().map(|firing| format!("  {}", firing_line(firing))));
        }
        lines.join("\n")
    });
    Ok(Exit::Done)
}

async fn change(named: &str, verb: &str, whose: &ClientArguments) -> anyhow::Result<Exit> {
    briefly(whose, async |client| {
        let found = find(client, named).await?;
        let view: ScheduleView = client.post(&format!("/schedules/{}/{verb}", found.id), &json!({})).await?;
        print(whose, &view, || text_of(&view));
        Ok(Exit::Done)
    })
    .await
}

fn state_word(state: ScheduleState) -> &'static str {
    match state {
        ScheduleState::Active => "active",
        ScheduleState::Paused => "paused",
        ScheduleState::SwitchedOff => "switched off after failures",
        ScheduleState::Done => "done",
    }
}

fn timing_text(timing: &Timing) -> String {
    match timing {
        Timing::Once { at, zone } => format!("once at {at} {zone}"),
        Timing::Cron { expression, zone } => format!("{expression} {zone}"),
    }
}

/// A schedule in a line.
fn line_of(view: &ScheduleView) -> String {
    let next = view.next.first().map_or_else(|| state_word(view.state).to_owned(), |next| next.local.clone());
    let last = view.last.as_ref().map_or_else(String::new, |last| format!("  last: {}", firing_word(last)));
    format!("{}  {}  {next}  {}  of {}{last}", view.id, view.name, timing_text(&view.timing), view.owner.name)
}

/// All its details.
fn text_of(view: &ScheduleView) -> String {
    let on = match &view.on {
        RunsOn::Cluster { cluster_id, cluster_name } => format!("on the cluster {cluster_name} ({cluster_id})"),
        RunsOn::New { provider, config } => {
            format!("on a new cluster for each run ({provider}, {} workers)", config.workers)
        }
    };
    let revision = view.run.plan_revision.map_or_else(String::new, |revision| format!(" (revision {revision})"));
    let mut lines = vec![
        format!("{}  {}  {}", view.id, view.name, state_word(view.state)),
        format!("Runs {}{revision} {}, {on}.", view.plan.name, timing_text(&view.timing)),
    ];
    lines.extend(spread_line(&view.run));
    if !view.next.is_empty() {
        lines.push("Next times:".to_owned());
        lines.extend(view.next.iter().map(|next| format!("  {}", next.local)));
    }
    lines.join("\n")
}

/// How its runs are distributed to workers, if specified.
fn spread_line(run: &ScheduledRun) -> Option<String> {
    let results = match run.results {
        ResultsChoice::Auto => None,
        ResultsChoice::Rmi => Some("results over RMI".to_owned()),
        ResultsChoice::Direct => Some("direct results".to_owned()),
    };
    let least = run.min_workers.map(|least| format!("continues while {least} workers are left"));
    let shares = run.share.iter().map(|(name, total)| format!("{name}={total} divided among the workers"));
    let parts: Vec<String> = results.into_iter().chain(least).chain(shares).collect();
    (!parts.is_empty()).then(|| format!("Workers: {}.", parts.join(", ")))
}

fn firing_word(firing: &Firing) -> &'static str {
    match firing.state {
        FiringState::Starting => "starting",
        FiringState::Waiting => "waiting",
        FiringState::Running => "running",
        FiringState::Finished => "finished",
        FiringState::Failed => "failed",
        FiringState::NotStarted => "not started",
        FiringState::Skipped => "skipped",
        FiringState::Missed => "missed",
    }
}

/// The result of a scheduled time, in a line.
fn firing_line(firing: &Firing) -> String {
    let run = firing.run_id.as_ref().map_or_else(String::new, |run| format!("  {run}"));
    let by = firing.by.as_ref().map_or_else(String::new, |by| format!("  by {}", by.name));
    let times = if firing.times > 1 { format!("  {} times", firing.times) } else { String::new() };
    let is_well = firing.state == FiringState::Finished && firing.code.as_deref() == Some("completed");
    let why = firing.message.as_ref().filter(|_| !is_well).map_or_else(String::new, |message| format!("  {message}"));
    format!("{}  {}{times}{run}{by}{why}", utc::minute(firing.due_ms), firing_word(firing))
}
