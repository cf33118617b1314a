//! `jac run`: creates the cluster, runs the plan, shows its progress, downloads the results, terminates the cluster.
//!
//! Everything goes through the server's own API, in this process if no server is running, so the output and the exit
//! codes are the same in both cases.

mod archive;
pub mod files;
mod follow;
pub mod machines;
mod notifications;
mod progress;
mod removal;
mod results;
mod search;
mod spec;
mod start;
mod upload;

use crate::cli::{NewClusterArguments, PlanArguments};
use crate::client::Client;
use crate::clusters;
use crate::connect::{Connection, Elsewhere, connect, settings};
use crate::context;
use crate::exit::{Exit, Interrupted, RunFailed, with_hint};
use crate::history::plan_id;
use crate::signals::Signals;
use jac_engine::Engine;
use jac_engine::tools::{RequestedJMeter, Toolbox};
use jac_engine::view::ClusterView;
use jac_model::Provider;
use jac_report::visible;
use machines::NewCluster;
use progress::Line;
use spec::{OutFolder, Place, RunSpec, Source};
pub use spec::{refuse_criteria, refuse_spread, refuse_stop_timeout};
use std::time::Duration;
use tokio::time::Instant;
use upload::upload;

/// Time limit for the shutdown of this process's engine once nothing is waited for any more.
const LEAVE_LIMIT: Duration = Duration::from_secs(2);
/// How long to wait for a response after a signal.
const LAST_ANSWER: Duration = Duration::from_secs(10);

/// Which cluster a run is on.
#[derive(Debug)]
pub enum On {
    /// A cluster that is created for the run and terminated after it.
    New(Box<NewClusterArguments>),
    /// The cluster with that ID or name, which is kept; with `queue` the run waits while it is busy.
    Existing { named: String, queue: bool },
}

/// The same, validated.
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
    // The properties of the nodes' JMeter home decide which files the plan names. A home that is not installed yet has
    // none.
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
            // The number of workers is known only now.
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
        waits: Waits::All,
    };
    let outcome = job.carry_out(&connection).await;
    if let Connection::Own { engine, .. } = &connection {
        job.wait_for_leftovers(lease).await;
        job.end(engine).await;
    }
    line.close();
    drop(out);
    outcome
}

/// An engine's refusal as the shell shows it.
pub fn from_engine(error: jac_engine::EngineError) -> anyhow::Error {
    let message = jac_model::sentence(&error);
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
    waits: Waits,
}

impl Job<'_> {
    /// Ends the engine of this process. A signal ends the wait for it: the next engine resumes this one's work.
    async fn end(&mut self, engine: &Engine) {
        let limit = if self.waits == Waits::All { Duration::MAX } else { LEAVE_LIMIT };
        let _either = self.signals.unless(tokio::time::timeout(limit, engine.shut_down())).await;
    }
}

/// What the command still waits for once the run has ended, or can no longer be followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// The cluster's end, the results, the store, the search targets and the notifications.
    All,
    /// The results only.
    Results,
    Nothing,
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
}
