//! `jac run`: makes the cluster, runs the plan, shows it live, brings the results, removes the cluster.
//!
//! Everything goes through the server's own interface, in this process where no server lives, so both ways give the
//! same output and the same exit codes.

pub mod files;
pub mod machines;
mod progress;
mod signals;
mod wanted;

use crate::cli::{Output, RunArguments};
use crate::client::{Client, UploadFile};
use crate::clusters;
use crate::connect::{Connection, connect, settings};
use crate::context;
use crate::exit::{Exit, RunFailed, with_hint};
use crate::stdout;
use anyhow::Context;
use jac_engine::tools::Toolbox;
use jac_engine::view::{ClusterView, PlanView, RunView, Snapshot};
use jac_jtl::Summary;
use jac_jtl::criteria::Verdict;
use jac_model::{Cause, ClusterConfig, ClusterPhase, Provider, RunPhase, StopMode};
use progress::Line;
use serde::Deserialize;
use serde_json::json;
use signals::Signals;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use wanted::{OutFolder, Wanted};

/// Between two looks at the run.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// How long what an earlier command left may take to be gone.
const REMOVAL_LIMIT: Duration = Duration::from_secs(120);
/// How many looks in a row may fail: a server that is started anew is away for a moment.
const LOOKS_MISSED: u32 = 60;

/// Runs a plan: on a cluster that is made for it, or on the one that is named, which stays.
pub async fn run(arguments: RunArguments, on: Option<String>) -> anyhow::Result<Exit> {
    let mut line = Line::new();
    let mut wanted = Wanted::read(&arguments)?;
    let data_folder = context::data_folder(arguments.data_dir.as_deref());
    let tools = context::tools(&data_folder, arguments.jmeter_home.as_deref());
    let toolbox = Toolbox::new(tools.clone());
    if on.is_none() {
        wanted.check(&toolbox, &mut line)?;
    }
    // Other machines have a Java of their own.
    if arguments.server.is_none() && on.is_none() && wanted.provider == Provider::Local {
        toolbox.java().await.map_err(from_engine)?;
    }
    let out = OutFolder::make(&wanted.out)?;

    let server = arguments.server.as_deref().map(|url| (url, arguments.token.as_deref()));
    let connection = connect(&data_folder, server, tools, settings(arguments.lease_seconds))?;
    let existing = match &on {
        Some(named) => Some(clusters::find(connection.client(), named).await?),
        None => None,
    };
    if let Some(existing) = &existing {
        // How many workers there are is known only now.
        wanted.workers = existing.cluster.worker_count();
        wanted.check(&toolbox, &mut line)?;
    }
    let mut signals = Signals::listen()?;
    let mut job =
        Job { client: connection.client(), wanted: &wanted, line: &mut line, signals: &mut signals, existing };
    let outcome = job.carry_out(&connection).await;
    if let Connection::Own { engine, .. } = &connection {
        job.wait_for_leftovers().await;
        engine.shut_down().await;
    }
    line.close();
    drop(out);
    outcome
}

/// An engine's refusal as the shell shows it.
pub fn from_engine(error: jac_engine::EngineError) -> anyhow::Error {
    let message = jac_engine::tools::sentence(&error);
    match error {
        jac_engine::EngineError::Invalid { hint, .. } | jac_engine::EngineError::Conflict { hint, .. } => {
            with_hint(message, hint)
        }
        _ => anyhow::Error::new(RunFailed(message)),
    }
}

/// One run from the cluster to the results.
struct Job<'a> {
    client: &'a Client,
    wanted: &'a Wanted,
    line: &'a mut Line,
    signals: &'a mut Signals,
    /// The cluster that is there already and stays.
    existing: Option<ClusterView>,
}

impl Job<'_> {
    async fn carry_out(&mut self, connection: &Connection) -> anyhow::Result<Exit> {
        let plan = self.upload().await?;
        let cluster = match self.cluster(connection).await {
            Ok(cluster) => cluster,
            Err(error) => {
                self.forget_plan(&plan).await;
                return Err(error);
            }
        };
        let run = match self.start(&plan, &cluster).await {
            Ok(run) => run,
            Err(error) => {
                self.remove(&cluster).await;
                self.forget_plan(&plan).await;
                return Err(error);
            }
        };
        if let Some(url) = self.client.url() {
            self.line.say(&format!("Live at {url}/runs/{}", run.id));
        }
        let finished = self.follow(&run).await;
        if finished.is_ok() && self.existing.is_none() {
            self.line.step("Removing the cluster.");
        }
        self.remove(&cluster).await;
        let finished = finished?;
        self.bring_results(&finished).await?;
        self.verdict(&finished)
    }

    async fn upload(&mut self) -> anyhow::Result<PlanView> {
        let bundle = &self.wanted.bundle;
        let mut files = vec![UploadFile { name: bundle.main.clone(), path: self.wanted.plan.clone() }];
        files.extend(bundle.files.iter().map(|(name, path)| UploadFile { name: name.clone(), path: path.clone() }));
        let fields = [("name", self.wanted.plan_name.as_str()), ("main_file", bundle.main.as_str())];
        self.client.upload("/plans", &fields, &files).await
    }

    async fn cluster(&mut self, connection: &Connection) -> anyhow::Result<ClusterView> {
        match &self.existing {
            Some(existing) => Ok(existing.clone()),
            None => self.create_cluster(connection).await,
        }
    }

    async fn create_cluster(&mut self, connection: &Connection) -> anyhow::Result<ClusterView> {
        let config = ClusterConfig {
            workers: self.wanted.workers,
            heap_mb: self.wanted.heap_mb,
            lifetime_minutes: self.wanted.lifetime_minutes,
            remove_after_run: true,
            ssh: self.wanted.ssh.clone(),
            ec2: self.wanted.ec2.clone(),
            jmeter_home: match connection {
                // In this process the engine has been told already.
                Connection::Own { .. } => None,
                Connection::Server(_) => self.wanted.jmeter_home.as_ref().map(|home| home.display().to_string()),
            },
            ..ClusterConfig::default()
        };
        let name = format!("jac run {}", self.wanted.plan_name);
        let attended = matches!(connection, Connection::Own { .. });
        let new = json!({ "name": name, "provider": self.wanted.provider, "config": config });
        if self.wanted.provider == Provider::Ec2 {
            let forecast = clusters::forecast(self.client, &new).await?;
            self.line.say(&clusters::price_sentence(&forecast, self.wanted.workers + 1));
        }
        self.client.post(&format!("/clusters?attended={attended}"), &new).await
    }

    async fn start(&mut self, plan: &PlanView, cluster: &ClusterView) -> anyhow::Result<RunView> {
        let new = json!({
            "cluster_id": cluster.cluster.id,
            "plan_id": plan.plan.id,
            "name": self.wanted.name,
            "properties": self.wanted.properties,
            "properties_files": self.wanted.bundle.properties_files,
            "split": self.wanted.bundle.split,
            "criteria": self.wanted.criteria,
            "grace_s": self.wanted.grace_s,
        });
        self.client.post("/runs", &new).await
    }

    /// Shows the run until it has finished, and passes on what the keyboard says.
    async fn follow(&mut self, run: &RunView) -> anyhow::Result<RunView> {
        let path = format!("/runs/{}/live", run.id);
        let mut after = 0;
        let mut missed = 0;
        let mut unsent: Option<StopMode> = None;
        loop {
            tokio::select! {
                how = self.signals.next_stop() => unsent = Some(how),
                () = sleep(LOOK_EVERY) => (),
            }
            // A server that is away for a moment gets the word when it is back.
            if let Some(how) = unsent
                && self.stop(run, how).await.is_ok()
            {
                unsent = None;
            }
            let snapshot: Snapshot = match self.client.get(&format!("{path}?after={after}")).await {
                Ok(snapshot) => snapshot,
                Err(error) => {
                    missed += 1;
                    if missed > LOOKS_MISSED {
                        let lost = format!(
                            "The run {} could not be followed any more: {error:#}. It goes on by itself.",
                            run.id
                        );
                        return Err(anyhow::Error::new(RunFailed(lost)));
                    }
                    continue;
                }
            };
            missed = 0;
            after = snapshot.seq;
            self.show_cluster(&snapshot).await;
            self.line.show(&snapshot);
            if snapshot.run.phase == RunPhase::Finished {
                return Ok(snapshot.run);
            }
        }
    }

    async fn stop(&mut self, run: &RunView, how: StopMode) -> anyhow::Result<()> {
        let _: RunView = self.client.post(&format!("/runs/{}/stop", run.id), &json!({ "how": how })).await?;
        self.line.say(match how {
            StopMode::Graceful => "Stopping gracefully; Ctrl-C again cuts requests in flight.",
            StopMode::Cut => "Cutting.",
        });
        Ok(())
    }

    /// While the run waits, what the cluster does is what there is to see.
    async fn show_cluster(&mut self, snapshot: &Snapshot) {
        #[derive(Deserialize)]
        struct Happening {
            node: Option<String>,
            text: String,
        }
        if snapshot.run.phase == RunPhase::Queued
            && let Ok(events) =
                self.client.get::<Vec<Happening>>(&format!("/clusters/{}/events", snapshot.run.cluster.id)).await
            && let Some(last) = events.last()
        {
            let of_node = last.node.as_ref().map_or_else(String::new, |node| format!("{node}: "));
            self.line.cluster(&format!("{of_node}{}", last.text));
        }
    }

    /// Takes the cluster away and waits until it is gone. What fails here, the leases make good.
    async fn remove(&mut self, cluster: &ClusterView) {
        if self.existing.is_some() {
            return;
        }
        let id = &cluster.cluster.id;
        let limit = clusters::removal_limit(cluster);
        let deadline = Instant::now() + limit;
        let asked = self.client.post::<ClusterView>(&format!("/clusters/{id}/terminate"), &json!({})).await;
        let mut failed = asked.err();
        while failed.is_none() {
            match self.client.get::<ClusterView>(&format!("/clusters/{id}")).await {
                Ok(view) if view.cluster.phase == ClusterPhase::Terminated => return,
                Ok(_) if Instant::now() > deadline => {
                    failed = Some(anyhow::anyhow!("it is still there after {} s", limit.as_secs()))
                }
                Ok(_) => tokio::select! {
                    _ = self.signals.next_stop() => failed = Some(anyhow::anyhow!("it was not waited for")),
                    () = sleep(Duration::from_millis(100)) => (),
                },
                Err(error) => failed = Some(error),
            }
        }
        if let Some(error) = failed {
            self.line.say(&format!("warning: the cluster {id} could not be removed: {error}. Its nodes end by themselves when their lease is over."));
        }
    }

    /// What an earlier `jac run` left behind is ended by this one's engine; it waits for that, but not for ever.
    async fn wait_for_leftovers(&mut self) {
        let deadline = Instant::now() + REMOVAL_LIMIT;
        while Instant::now() < deadline {
            let clusters: Vec<ClusterView> = self.client.get("/clusters").await.unwrap_or_default();
            if !clusters.iter().any(|view| view.cluster.attended_by.is_some()) {
                return;
            }
            tokio::select! {
                _ = self.signals.next_stop() => return,
                () = sleep(Duration::from_millis(200)) => (),
            }
        }
    }

    async fn forget_plan(&mut self, plan: &PlanView) {
        if let Err(error) = self.client.delete(&format!("/plans/{}", plan.plan.id)).await {
            self.line.say(&format!("warning: the upload could not be removed: {error}"));
        }
    }

    async fn bring_results(&mut self, run: &RunView) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Listed {
            name: String,
        }
        let out = &self.wanted.out;
        std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
        let artefacts: Vec<Listed> = self.client.get(&format!("/runs/{}/artefacts", run.id)).await?;
        for artefact in artefacts.iter().filter(|artefact| artefact.name != "report.json") {
            let to = out.join(&artefact.name);
            self.client.download(&format!("/runs/{}/artefacts/{}", run.id, artefact.name), &to).await.map_err(
                |error| anyhow::Error::new(RunFailed(format!("{} could not be brought: {error:#}", artefact.name))),
            )?;
        }
        Ok(())
    }

    /// Prints what came of it, and says how the command ends.
    fn verdict(&mut self, run: &RunView) -> anyhow::Result<Exit> {
        self.line.close();
        let path = self.wanted.out.join("summary.json");
        if let Ok(bytes) = std::fs::read(&path) {
            let summary: Summary =
                serde_json::from_slice(&bytes).with_context(|| format!("{} cannot be read", path.display()))?;
            match self.wanted.output {
                Output::Text => stdout::put(&jac_report::table_text(&summary)),
                Output::Json => stdout::line(&String::from_utf8_lossy(&bytes)),
            }
        }
        for note in &run.notes {
            self.line.say(&format!("note: {note}"));
        }
        for criterion in &run.criteria {
            self.line.say(&format!("{} {}", if criterion.met { "met:" } else { "not met:" }, criterion.sentence));
        }
        self.line.say(&format!("Results: {}", self.wanted.out.display()));
        if !path.is_file() {
            return Err(anyhow::Error::new(RunFailed(
                run.cause.as_ref().map_or_else(|| "The run left no summary.".to_owned(), Cause::sentence),
            )));
        }
        let exit = match (&run.cause, run.verdict) {
            (Some(Cause::Failed { .. }), _) if self.signals.received().is_none() => Exit::Failed,
            _ if self.signals.received().is_some() => Exit::Signal(self.signals.received().unwrap_or(2)),
            (_, Verdict::Failed) => Exit::CriteriaNotMet,
            _ => Exit::Done,
        };
        match &run.cause {
            Some(cause @ Cause::Failed { .. }) => eprintln!("error: {}", cause.sentence()),
            Some(cause @ Cause::Stopped { .. }) => eprintln!("{} The result is partial.", cause.sentence()),
            Some(Cause::Completed) | None => (),
        }
        // Stopped by somebody else, on the page: the run is not what was asked for.
        if matches!(run.cause, Some(Cause::Stopped { .. })) && self.signals.received().is_none() {
            return Ok(Exit::Failed);
        }
        Ok(exit)
    }
}
