//! `jac run`: makes the cluster, runs the plan, shows it live, brings the results, removes the cluster.
//!
//! Everything goes through the server's own interface, in this process where no server runs, so both ways give the
//! same output and the same exit codes.

pub mod files;
pub mod machines;
mod notifications;
mod progress;
mod search;
mod spec;
mod upload;

use crate::artefacts;
use crate::cli::{NewClusterArguments, Output, PlanArguments};
use crate::client::Client;
use crate::clusters;
use crate::connect::{Connection, Elsewhere, connect, settings};
use crate::context;
use crate::exit::{Exit, Interrupted, RunFailed, hinted, with_hint};
use crate::history::plan_id;
use crate::plans::auto_stop;
use crate::retries::{self, Refused, Retries, retrying};
use crate::signals::Signals;
use crate::{stdout, utc};
use anyhow::Context;
use jac_engine::archive::{ArchivePhase, ArchiveView};
use jac_engine::list::ClusterSummary;
use jac_engine::tools::{RequestedJMeter, Toolbox};
use jac_engine::view::{ClusterView, PlanView, RunView, Snapshot};
use jac_jtl::Summary;
use jac_jtl::criteria::Verdict;
use jac_model::{Cause, ClusterConfig, ClusterPhase, EpochMs, NodeState, Provider, RunPhase, StopMode};
use jac_report::{visible, visible_lines};
use machines::NewCluster;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use progress::Line;
use serde::Deserialize;
use serde_json::json;
use spec::{OutFolder, Place, RunSpec, Source};
pub use spec::{refuse_criteria, refuse_spread, refuse_stop_timeout};
use std::path::{Component, Path};
use std::pin::pin;
use std::time::Duration;
use tokio::time::{Instant, sleep};
use upload::upload;

/// Between two polls of the run.
const POLL_INTERVAL: Duration = Duration::from_millis(500);
/// How long to wait for a response after a signal.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// Which cluster a run is on.
#[derive(Debug)]
pub enum On {
    /// One that is made for it and removed after it.
    New(Box<NewClusterArguments>),
    /// The cluster with that ID or name, which is kept; with `queue` the run waits while it is busy.
    Existing { named: String, queue: bool },
}

/// The same, found possible.
enum Target {
    New(Box<NewCluster>),
    Existing { cluster: Box<ClusterView>, queue: bool },
}

impl Target {
    fn place(&self) -> Place {
        let (provider, jmeter_version) = match self {
            Self::New(new) => (new.provider, new.jmeter_version.clone()),
            Self::Existing { cluster, .. } => (cluster.cluster.provider, cluster.cluster.config.jmeter_version.clone()),
        };
        Place { workers: self.workers(), provider, jmeter_version }
    }

    fn workers(&self) -> u32 {
        match self {
            Self::New(new) => new.workers,
            Self::Existing { cluster, .. } => cluster.cluster.worker_count(),
        }
    }
}

pub async fn run(arguments: PlanArguments, on: On) -> anyhow::Result<Exit> {
    let mut line = Line::new();
    let new = match &on {
        On::New(given) => Some(machines::read(given, arguments.at.server.is_some())?.for_run(arguments.try_run)),
        On::Existing { .. } => None,
    };
    let data_folder = context::data_folder(arguments.data_dir.as_deref());
    let tools = context::tools(&data_folder, arguments.jmeter_home.as_deref());
    let toolbox = Toolbox::new(tools.clone());
    // The properties of the home that the nodes will have decide which files the plan names. One that is not there yet has none.
    let version = new.as_ref().and_then(|new| new.jmeter_version.clone());
    let requested = RequestedJMeter { home: None, version };
    let home = toolbox.home(&requested).map_err(from_engine)?;
    // The number of workers of an existing cluster is only known later.
    let most = new.as_ref().map_or(jac_model::ClusterConfig::MAX_WORKERS, |new| new.workers);
    let mut spec = RunSpec::read(&arguments, most, home.as_ref())?;
    if let Some(new) = &new {
        let check = spec.check(new.workers, new.provider, new.jmeter_version.clone(), &toolbox, &mut line)?;
        if let Some(check) = check.filter(|_| !spec.try_run) {
            new.refuse_endless(&check.findings)?;
        }
        // Other machines have a Java of their own.
        if arguments.at.server.is_none() && new.provider == Provider::Local {
            toolbox.java(&requested).await.map_err(from_engine)?;
        }
    }
    let out = OutFolder::claim(&spec.out, arguments.out.is_some())?;
    out.path().clone_into(&mut spec.out);

    let settings = settings(arguments.lease_seconds);
    let lease = settings.lease;
    let elsewhere =
        Elsewhere { artifacts_url: arguments.artifacts_url.as_deref(), search_url: arguments.search_url.as_deref() };
    let connection = connect(&data_folder, &arguments.at, tools, settings, elsewhere).await?;
    if arguments.search_url.is_some() && matches!(connection, Connection::Server(_)) {
        line.print("note: --search-url has no effect: the server ships to its own search targets.");
    }
    let target = match (on, new) {
        (On::Existing { named, queue }, _) => {
            let existing = clusters::find(connection.client(), &named).await?;
            existing.warnings.iter().for_each(|warning| line.print(&format!("warning: {}", warning.message)));
            // How many workers there are is known only now.
            spec.check(
                existing.cluster.worker_count(),
                existing.cluster.provider,
                existing.cluster.config.jmeter_version.clone(),
                &toolbox,
                &mut line,
            )?;
            Target::Existing { cluster: Box::new(existing), queue }
        }
        (On::New(_), Some(new)) => Target::New(Box::new(new)),
        (On::New(_), None) => anyhow::bail!("no cluster given"),
    };
    if let Source::Kept(named) = &spec.source {
        let plan = plan_id(connection.client(), named).await?;
        let check = spec.check_kept(connection.client(), &plan, target.place(), &mut line).await?;
        if let Target::New(new) = &target
            && !spec.try_run
        {
            new.refuse_endless(&check.findings)?;
        }
    }
    spec.print_spread(target.workers(), &mut line);
    let mut signals = Signals::listen()?;
    let mut job = Job {
        client: connection.client(),
        spec: &spec,
        line: &mut line,
        signals: &mut signals,
        target,
        removing_since: None,
        waits: true,
    };
    let outcome = job.carry_out(&connection).await;
    if let Connection::Own { engine, .. } = &connection {
        job.wait_for_leftovers(lease).await;
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
    spec: &'a RunSpec,
    line: &'a mut Line,
    signals: &'a mut Signals,
    target: Target,
    /// Since when its own cluster is being terminated.
    removing_since: Option<Instant>,
    /// Whether to wait for clusters that are being terminated; `false` after a signal.
    waits: bool,
}

impl Job<'_> {
    async fn carry_out(&mut self, connection: &Connection) -> anyhow::Result<Exit> {
        let plan = self.signals.unless(upload(self.client, self.spec)).await.map_err(Interrupted::early)??;
        let (id, name) = (&plan.plan.id, visible(&plan.plan.name));
        self.line.print(&format!("Revision {} of plan '{name}' ({id}).", plan.plan.revision));
        self.print_criteria(&plan);
        let cluster = self.cluster(connection).await?;
        if let Some(signal) = self.signals.received() {
            self.remove(&cluster, connection).await;
            return Err(Interrupted::early(signal).into());
        }
        let run = match self.start(&plan, &cluster).await {
            Ok(run) => run,
            Err(error) => {
                self.remove(&cluster, connection).await;
                return Err(error);
            }
        };
        if let Some(url) = self.client.url() {
            self.line.print(&format!("Live at {url}/runs/{}", run.id));
        }
        let finished = self.follow(&run).await;
        if finished.is_err() && matches!(connection, Connection::Server(_)) {
            // The run may be healthy: its server terminates the cluster after it (`remove_after_run`).
            return finished.map(|_| Exit::Failed);
        }
        if finished.is_ok() && matches!(self.target, Target::New(_)) {
            self.line.step("Terminating the cluster.");
        }
        self.remove(&cluster, connection).await;
        let finished = finished?;
        let missing = self.bring_results(&finished).await.err();
        let exit = self.verdict(&finished, missing);
        self.wait_for_archive(&finished).await;
        self.wait_for_search(&finished).await;
        self.wait_for_notifications(&finished).await;
        exit
    }

    /// Prints the criteria and the rules of the automatic stop, before anything starts.
    fn print_criteria(&mut self, plan: &PlanView) {
        let (spec, kept) = (self.spec, &plan.plan.criteria);
        let criteria = spec.criteria.as_ref().unwrap_or(&kept.criteria);
        if !criteria.is_empty() {
            let warm_up = match spec.warm_up_s.unwrap_or(kept.warm_up_s) {
                0 => String::new(),
                seconds => format!(" The first {seconds} s (warm-up) do not count."),
            };
            self.line.print(&format!("Fails if {}.{warm_up}", criteria.join(", or if ")));
        }
        self.line.print(&auto_stop(spec.stop_rules.as_ref().unwrap_or(&kept.stop_rules)));
    }

    async fn cluster(&mut self, connection: &Connection) -> anyhow::Result<ClusterView> {
        let new = match &self.target {
            Target::Existing { cluster, .. } => return Ok((**cluster).clone()),
            Target::New(new) => new,
        };
        let config = ClusterConfig {
            workers: new.workers,
            heap_mb: new.heap_mb,
            lifetime_minutes: lifetime_minutes(new),
            remove_after_run: true,
            ssh: new.ssh.clone(),
            ec2: new.ec2.clone(),
            jmeter_home: match connection {
                // A version names it. And the engine of this process was given it already.
                _ if new.jmeter_version.is_some() => None,
                Connection::Own { .. } => None,
                Connection::Server(_) => self.spec.jmeter_home.as_ref().map(|home| home.display().to_string()),
            },
            jmeter_version: new.jmeter_version.clone(),
            ..ClusterConfig::default()
        };
        let name = jac_engine::fitting_name(&format!("jac run {}", self.spec.plan_name));
        let ephemeral = matches!(connection, Connection::Own { .. });
        let request = json!({ "name": name, "provider": new.provider, "config": config });
        if new.provider == Provider::Ec2 {
            let forecast = self.signals.unless(clusters::forecast(self.client, &request)).await;
            let forecast = forecast.map_err(Interrupted::early)??;
            self.line.print(&clusters::price_sentence(&forecast, new.workers + 1));
        }
        let path = format!("/clusters?ephemeral={ephemeral}");
        begun(
            self.signals,
            self.client.post(&path, &request),
            "`jac cluster list` shows whether the cluster was created.",
        )
        .await
    }

    async fn start(&mut self, plan: &PlanView, cluster: &ClusterView) -> anyhow::Result<RunView> {
        let new = json!({
            "cluster_id": cluster.cluster.id,
            "plan_id": plan.plan.id,
            // For a file the revision of this upload, whatever another command uploads meanwhile.
            "plan_revision": matches!(self.spec.source, Source::Files { .. }).then_some(plan.plan.revision),
            "name": self.spec.name,
            "properties": self.spec.properties,
            "system_properties": self.spec.system_properties,
            "secret": self.spec.secret,
            "properties_files": self.spec.properties_files,
            "split": self.spec.split,
            "keep": (!self.spec.keep.is_empty()).then_some(&self.spec.keep),
            "criteria": self.spec.criteria,
            "warm_up_s": self.spec.warm_up_s,
            "stop_rules": self.spec.stop_rules,
            "stop_timeout_s": self.spec.stop_timeout_s,
            "results": self.spec.results,
            "min_workers": self.spec.min_workers,
            "share": self.spec.share,
            "queue": matches!(self.target, Target::Existing { queue: true, .. }),
            "try_run": self.spec.try_run,
        });
        begun(self.signals, self.client.post("/runs", &new), "`jac runs list` shows whether the run has started.").await
    }

    /// Shows the run until it has finished, and passes on the keyboard's signals.
    async fn follow(&mut self, run: &RunView) -> anyhow::Result<RunView> {
        let path = format!("/runs/{}/live", run.id);
        let mut after = 0;
        let mut retries = Retries::default();
        // A signal received while the run was being started.
        let mut unsent = self.signals.received().map(|_| StopMode::Graceful);
        loop {
            tokio::select! {
                how = self.signals.next_stop() => unsent = Some(how),
                () = sleep(POLL_INTERVAL) => (),
            }
            // A server that is briefly unavailable receives the stop when it is back.
            if let Some(how) = unsent
                && self.stop(run, how).await.is_ok()
            {
                unsent = None;
            }
            let polled = self.client.get(&format!("{path}?after={after}")).await;
            let snapshot: Snapshot = match retries.answer(polled) {
                Ok(Some(snapshot)) => snapshot,
                Ok(None) => continue,
                Err(error) => return Err(self.lost(run, &error)),
            };
            after = snapshot.seq;
            self.show_cluster(&snapshot).await;
            self.line.show(&snapshot);
            if snapshot.run.phase == RunPhase::Finished {
                return Ok(snapshot.run);
            }
        }
    }

    /// The run cannot be followed any more.
    fn lost(&self, run: &RunView, error: &anyhow::Error) -> anyhow::Error {
        let id = &run.id;
        if error.is::<Refused>() {
            return hinted(RunFailed(format!("the run {id} cannot be followed: {error}")), self.place_of(run));
        }
        let continues = if self.client.url().is_some() { ". The run continues without this command" } else { "" };
        hinted(RunFailed(format!("lost contact with the run {id}: {error:#}{continues}")), self.place_of(run))
    }

    /// The address of the run's page, as a hint; `None`: its engine ends with this command.
    fn place_of(&self, run: &RunView) -> Option<String> {
        let url = self.client.url()?;
        let id = &run.id;
        Some(format!("See {url}/runs/{id} or `jac runs list`. Its results can be exported with `jac export {id}`."))
    }

    async fn stop(&mut self, run: &RunView, how: StopMode) -> anyhow::Result<()> {
        let _: RunView = self.client.post(&format!("/runs/{}/stop", run.id), &json!({ "how": how })).await?;
        self.line.print(match how {
            StopMode::Graceful => "Stopping gracefully. Press Ctrl-C again to abort requests in flight.",
            StopMode::Force => "Force stopping.",
        });
        Ok(())
    }

    /// While the run waits, what the cluster does is what there is to see.
    async fn show_cluster(&mut self, snapshot: &Snapshot) {
        #[derive(Deserialize)]
        struct ClusterEvent {
            node: Option<String>,
            message: String,
        }
        if let Some(step) = snapshot.run.steps.last()
            && step.code == "waiting_in_queue"
        {
            self.line.cluster(&step.message);
        } else if snapshot.run.phase == RunPhase::Queued
            && let Ok(events) =
                self.client.get::<Vec<ClusterEvent>>(&format!("/clusters/{}/events", snapshot.run.cluster.id)).await
            && let Some(last) = events.last()
        {
            let of_node = last.node.as_ref().map_or_else(String::new, |node| format!("{node}: "));
            self.line.cluster(&format!("{of_node}{}", last.message));
        }
    }

    /// Terminates the cluster and waits until it is gone. If that fails, the leases end its nodes.
    async fn remove(&mut self, cluster: &ClusterView, connection: &Connection) {
        if matches!(self.target, Target::Existing { .. }) {
            return;
        }
        let id = &cluster.cluster.id;
        self.removing_since = Some(Instant::now());
        let path = format!("/clusters/{id}/terminate");
        let client = self.client;
        let mut asked = pin!(retrying(async || client.post::<ClusterView>(&path, &json!({})).await));
        let gone = match self.signals.unless(&mut asked).await {
            Ok(Ok(view)) => self.wait_until_gone(view).await,
            Ok(Err(error)) => Err((cluster.clone(), error)),
            Err(_) => {
                // The request should still arrive.
                drop(tokio::time::timeout(LAST_ANSWER, asked).await);
                Err((cluster.clone(), self.interrupted()))
            }
        };
        let Err((left, error)) = gone else { return };
        self.line.print(&format!("warning: the cluster {id} could not be terminated: {error}."));
        // Without a server the remaining clusters are waited for and reported at the very end.
        if matches!(connection, Connection::Server(_)) {
            self.line.print(&left_behind(&left, "The server", "lifetime ends", left.cluster.expires_at_ms));
        }
    }

    /// Returns the cluster as last observed, and why it is not terminated.
    async fn wait_until_gone(&mut self, cluster: ClusterView) -> Result<(), (ClusterView, anyhow::Error)> {
        let limit = clusters::removal_limit(&cluster);
        let deadline = Instant::now() + limit;
        let mut seen = cluster;
        let path = format!("/clusters/{}", seen.cluster.id);
        loop {
            match self.signals.unless(self.client.poll::<ClusterView>(&path)).await {
                Ok(Ok(view)) if view.cluster.phase == ClusterPhase::Terminated => return Ok(()),
                Ok(Ok(view)) => seen = view,
                Ok(Err(error)) => return Err((seen, error)),
                Err(_) => return Err((seen, self.interrupted())),
            }
            if Instant::now() > deadline {
                return Err((seen, anyhow::anyhow!("it is not terminated after {} s", limit.as_secs())));
            }
            tokio::select! {
                _ = self.signals.next() => return Err((seen, self.interrupted())),
                () = sleep(Duration::from_millis(100)) => (),
            }
        }
    }

    /// A signal arrived during a wait: nothing else is waited for.
    fn interrupted(&mut self) -> anyhow::Error {
        self.waits = false;
        anyhow::anyhow!("waiting was interrupted")
    }

    /// What this run or an earlier `jac run` left behind is ended by this one's engine; it waits for that as long as machines
    /// take to terminate, and then reports the remaining ones. `lease`: how long nodes live without an engine.
    async fn wait_for_leftovers(&mut self, lease: Duration) {
        let since = self.removing_since.unwrap_or_else(Instant::now);
        loop {
            let left = self.ephemeral_clusters().await;
            let Some(limit) = left.iter().map(clusters::removal_limit).max() else { return };
            if !self.waits || since.elapsed() > limit {
                let lease_ms = i64::try_from(lease.as_millis()).unwrap_or(i64::MAX);
                let lease_ends_ms = context::now_ms().saturating_add(lease_ms);
                for view in &left {
                    let ends_ms = lease_ends_ms.min(view.cluster.expires_at_ms);
                    let who = "The next `jac` on this data folder";
                    self.line.print(&left_behind(view, who, "lease expires", ends_ms));
                }
                return;
            }
            let ids: Vec<&str> = left.iter().map(|view| view.cluster.id.as_str()).collect();
            self.line.step(&format!("Waiting until {} is terminated.", ids.join(", ")));
            tokio::select! {
                _ = self.signals.next_stop() => self.waits = false,
                () = sleep(Duration::from_millis(200)) => (),
            }
        }
    }

    /// The active ephemeral clusters. If they cannot be queried, they are not waited for.
    async fn ephemeral_clusters(&self) -> Vec<ClusterView> {
        let living: Vec<ClusterSummary> = self.client.list("/clusters?ended=false").await.unwrap_or_default();
        let mut ephemeral = Vec::new();
        for cluster in living {
            if let Ok(view) = self.client.get::<ClusterView>(&format!("/clusters/{}", cluster.id)).await
                && view.cluster.ephemeral_of.is_some()
            {
                ephemeral.push(view);
            }
        }
        ephemeral
    }

    async fn bring_results(&mut self, run: &RunView) -> anyhow::Result<()> {
        #[derive(Deserialize)]
        struct Listed {
            name: String,
        }
        let out = &self.spec.out;
        std::fs::create_dir_all(out).with_context(|| format!("{} cannot be created", out.display()))?;
        let client = self.client;
        let list = format!("/runs/{}/artefacts", run.id);
        let listed = self.signals.unless(client.poll::<Vec<Listed>>(&list)).await;
        let artefacts = listed.map_err(|_| self.interrupted())??;
        let mut failed = Vec::new();
        for artefact in artefacts.iter().filter(|artefact| artefact.name != "report.json") {
            let name = &artefact.name;
            let to = match inside(name) {
                Ok(inside) => out.join(inside),
                Err(error) => {
                    failed.push(error.to_string());
                    continue;
                }
            };
            // Plans name the files that they write as they like.
            let parts = name.split('/').map(|part| utf8_percent_encode(part, NON_ALPHANUMERIC).to_string());
            let path = format!("{list}/{}", parts.collect::<Vec<_>>().join("/"));
            let brought = self.signals.unless(retrying(async || client.download(&path, &to).await)).await;
            // One that cannot be downloaded keeps no other away, unless the server is gone: each would be waited for as long.
            let Err(error) = brought.map_err(|_| self.interrupted())? else { continue };
            failed.push(format!("{name}: {error:#}"));
            if retries::is_absence(&error) {
                break;
            }
        }
        if failed.is_empty() { Ok(()) } else { Err(anyhow::anyhow!(listed_failures(&failed))) }
    }

    /// Waits until the results are in the store, if there is one. An unfinished upload is not a failure of the run.
    async fn wait_for_archive(&mut self, run: &RunView) {
        if run.archive.is_none() {
            return;
        }
        let id = run.id.to_string();
        let (client, line) = (self.client, &mut *self.line);
        let mut show = |view: &ArchiveView| line.step(&artefacts::line(view));
        let stored = artefacts::until_stored(client, &id, artefacts::STORE_TIMEOUT, &mut show);
        let seen = tokio::select! {
            seen = stored => seen,
            _ = self.signals.next_stop() => Err(anyhow::anyhow!("waiting was interrupted")),
        };
        match seen {
            // Its last step has already been printed.
            Ok(view) if view.phase == ArchivePhase::Stored => (),
            Ok(view) => self.line.print(&format!(
                "warning: {} The results are complete in the data folder; the server, or the next `jac` on it, retries the upload.",
                artefacts::line(&view)
            )),
            Err(error) => {
                self.line.print(&format!("warning: it is unknown whether the results of {id} are stored: {error}."))
            }
        }
    }

    /// Prints the results, and returns the exit code. `missing`: why not all files of the run are here; the verdict is the
    /// server's and does not need them.
    fn verdict(&mut self, run: &RunView, missing: Option<anyhow::Error>) -> anyhow::Result<Exit> {
        self.line.close();
        let path = self.spec.out.join("summary.json");
        if let Ok(bytes) = std::fs::read(&path) {
            let summary: Summary =
                serde_json::from_slice(&bytes).with_context(|| format!("{} cannot be read", path.display()))?;
            match self.spec.output {
                Output::Text => stdout::put(&jac_report::table_text(&summary, stdout::labels())),
                Output::Json => stdout::line(&String::from_utf8_lossy(&bytes)),
            }
        }
        for note in &run.notes {
            self.line.print(&format!("note: {note}"));
        }
        for criterion in &run.criteria {
            self.line.print(&format!("{} {}", if criterion.met { "met:" } else { "not met:" }, criterion.sentence));
        }
        self.line.print(&format!("Results: {}", self.spec.out.display()));
        if missing.is_none() && !path.is_file() {
            return Err(anyhow::Error::new(RunFailed(
                run.cause.as_ref().map_or_else(|| "The run has no summary.".to_owned(), Cause::sentence),
            )));
        }
        let exit = match (&run.cause, run.verdict) {
            (Some(Cause::Failed { .. } | Cause::AutoStopped { .. }), _) if self.signals.received().is_none() => {
                Exit::Failed
            }
            _ if self.signals.received().is_some() => Exit::Signal(self.signals.received().unwrap_or(2)),
            (_, Verdict::Failed) => Exit::CriteriaNotMet,
            _ => Exit::Done,
        };
        match &run.cause {
            Some(cause @ (Cause::Failed { .. } | Cause::AutoStopped { .. })) => {
                eprintln!("error: {}", visible_lines(&cause.sentence()))
            }
            Some(cause @ Cause::Stopped { .. }) => {
                eprintln!("{} The result is partial.", visible_lines(&cause.sentence()))
            }
            Some(Cause::Completed | Cause::Imported) | None => (),
        }
        // Stopped by somebody else, on the page: not the requested run.
        if matches!(run.cause, Some(Cause::Stopped { .. })) && self.signals.received().is_none() {
            return Ok(Exit::Failed);
        }
        match missing {
            None => Ok(exit),
            Some(error) => {
                let text = format!("not all results of the run {} were downloaded: {error:#}", run.id);
                let error = hinted(RunFailed(text), self.place_of(run));
                if exit == Exit::Done {
                    return Err(error);
                }
                // The run's result takes precedence.
                crate::exit::report(&error);
                Ok(exit)
            }
        }
    }
}

/// A run ends its cluster by itself. Only where machines cost money there is a bound on what a run that never ends costs.
fn lifetime_minutes(new: &NewCluster) -> u32 {
    let otherwise = match new.provider {
        Provider::Ec2 => ClusterConfig::default().lifetime_minutes,
        Provider::Local | Provider::Ssh | Provider::Imported => ClusterConfig::MAX_LIFETIME_MINUTES,
    };
    new.lifetime_minutes.unwrap_or(otherwise)
}

/// Files that could not be downloaded, one after the other; of many the first.
fn listed_failures(failed: &[String]) -> String {
    const MOST: usize = 10;
    let shown = failed.iter().take(MOST).cloned().collect::<Vec<_>>().join("; ");
    match failed.len().checked_sub(MOST).filter(|more| *more > 0) {
        Some(more) => format!("{shown}; and {more} more"),
        None => shown,
    }
}

/// An artefact's name as a path below a folder of this machine.
///
/// # Errors
/// When the server gives one that leads out of it.
fn inside(name: &str) -> anyhow::Result<&Path> {
    let path = Path::new(name);
    let is_inside = !name.is_empty() && path.components().all(|part| matches!(part, Component::Normal(_)));
    is_inside.then_some(path).ok_or_else(|| {
        anyhow::Error::new(RunFailed(format!(
            "the server returned an invalid artefact name: '{}'",
            name.escape_debug()
        )))
    })
}

/// When a signal arrives, the requested item may already exist, and only the response has its ID: that is waited for a
/// little longer. [`Signals::received`] returns whether a signal came.
async fn begun<T>(
    signals: &mut Signals,
    asked: impl Future<Output = anyhow::Result<T>>,
    continuing: &str,
) -> anyhow::Result<T> {
    let mut asked = pin!(asked);
    match signals.unless(&mut asked).await {
        Ok(answer) => answer,
        Err(signal) => match tokio::time::timeout(LAST_ANSWER, asked).await {
            Ok(answer) => answer,
            Err(_) => Err(Interrupted { signal, continuing: continuing.to_owned() }.into()),
        },
    }
}

/// The remaining parts of a cluster, who continues to terminate it, and when it ends automatically at the latest.
fn left_behind(view: &ClusterView, who: &str, ended_by: &str, ends_ms: EpochMs) -> String {
    let cluster = &view.cluster;
    let nodes = cluster.nodes.iter().filter(|node| node.state != NodeState::Terminated).count();
    let (nodes, they) = match nodes {
        1 => ("1 node".to_owned(), "it terminates when its"),
        _ => (format!("{nodes} nodes"), "they terminate when their"),
    };
    format!(
        "Not terminated yet: {} ({}), {nodes}. {who} continues; {they} {ended_by}, at {} at the latest.",
        cluster.id,
        cluster.provider,
        utc::minute(ends_ms)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::{Cluster, ClusterId, Person};

    fn cluster(provider: Provider, workers: u32) -> ClusterView {
        let cluster = Cluster {
            id: ClusterId::from_random([1; 8]),
            name: "a run's".to_owned(),
            description: String::new(),
            owner: Person { id: "admin".to_owned(), name: "Administrator".to_owned() },
            team: None,
            provider,
            config: ClusterConfig { workers, ..ClusterConfig::default() },
            phase: ClusterPhase::Terminating,
            cause: None,
            lost_nodes: Vec::new(),
            current_run: None,
            master_restarting: false,
            nodes: Cluster::requested_nodes(workers),
            created_ms: 0,
            ready_ms: None,
            ended_ms: None,
            expires_at_ms: 0,
            idle_since_ms: None,
            ephemeral_of: Some("this one".to_owned()),
            usd_per_hour: None,
            node_prices: None,
        };
        ClusterView { cluster, idle_ends_at_ms: None, usd_so_far: None, warnings: Vec::new() }
    }

    #[test]
    fn what_is_left_is_reported_with_who_continues_and_when_it_terminates_by_itself() {
        let mut view = cluster(Provider::Ec2, 3);
        view.cluster.nodes[3].state = NodeState::Terminated;
        let who = "The next `jac` on this data folder";
        let sentence = left_behind(&view, who, "lease expires", 20_780 * 86_400_000 + 3_600_000);
        let id = &view.cluster.id;
        assert_eq!(
            sentence,
            format!(
                "Not terminated yet: {id} (ec2), 3 nodes. The next `jac` on this data folder continues; they \
                 terminate when their lease expires, at 2026-11-23 01:00 UTC at the latest."
            )
        );
        let sentence = left_behind(&cluster(Provider::Local, 0), "The server", "lifetime ends", 0);
        assert!(
            sentence.contains("(local), 1 node. The server")
                && sentence.contains("it terminates when its lifetime ends"),
            "{sentence}"
        );
    }

    #[test]
    fn all_files_that_could_not_be_downloaded_are_listed_and_of_many_the_first() {
        let failed: Vec<String> = (1..=12).map(|number| format!("{number}.csv: gone")).collect();
        assert_eq!(listed_failures(&failed[..2]), "1.csv: gone; 2.csv: gone");
        let many = listed_failures(&failed);
        assert!(many.contains("10.csv: gone; and 2 more") && !many.contains("11.csv"), "{many}");
    }

    #[test]
    fn an_artefact_is_written_into_the_folder_or_not_at_all() {
        for name in ["results.jtl", "files/worker-1/a.csv", "a..b/.c"] {
            assert_eq!(inside(name).expect(name), Path::new(name));
        }
        for name in ["", "../../.bashrc", "/etc/passwd", "a/../../b", "./a"] {
            assert!(inside(name).expect_err(name).is::<RunFailed>(), "{name}");
        }
    }

    #[test]
    fn machines_of_ec2_are_waited_for_longer_and_live_no_longer_than_their_bound() {
        assert_eq!(clusters::removal_limit(&cluster(Provider::Ec2, 1)), Duration::from_secs(600));
        assert_eq!(clusters::removal_limit(&cluster(Provider::Local, 1)), Duration::from_secs(120));
    }
}
