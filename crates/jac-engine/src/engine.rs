//! The engine: its parts, how it starts, and how it announces changes.
//!
//! It starts a task for every cluster that is starting or terminating and for every unfinished run, including those of
//! an earlier process, and the reconciler. Dropping it terminates no node: running tests continue, and the next engine
//! resumes them.

use crate::archive::Archive;
use crate::clock::Clock;
use crate::grace::grace_until_ms;
use crate::integrations::{IntegrationTargets, Integrations};
use crate::limited::LimitedCloud;
use crate::live::LiveRun;
use crate::machines::Seen;
use crate::notices::Notice;
use crate::reconcile::Missing;
use crate::runs::interval::KnownLogs;
use crate::schedules::Schedules;
use crate::settings::Settings;
use crate::shipping::Shipping;
use crate::supervisor::Supervisor;
use crate::tools::{ToolSettings, Toolbox};
use crate::view::Snapshot;
use crate::{EngineError, archive, compression, deleted, history, reconcile, retention, schedules};
use jac_artefacts::ArtefactStore;
use jac_model::ports::Cloud;
use jac_model::{Cluster, ClusterId, EpochMs, Message, Person, PlanId, Provider, RunId, ScheduleId};
use jac_store::{DataFolder, Lock, Store, Vault};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, broadcast, mpsc};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A listener that falls this far behind misses events and gets an error; it then reads the state as a whole.
const EVENTS_KEPT: usize = 1024;

/// How many plans are checked at a time: each may take a processor and the memory of a large plan.
const CHECKS_AT_A_TIME: usize = 2;

/// The changed object.
#[derive(Debug, Clone)]
pub enum Event {
    Cluster(ClusterId),
    Run(RunId),
    Plan(String),
    Schedule(ScheduleId),
    /// A schedule was switched off after consecutive failures: the overview shows that to its owner.
    ScheduleSwitchedOff(ScheduleId),
    /// The next snapshot of a run that is watched.
    Snapshot(Arc<Snapshot>),
}

/// The parts of an engine.
pub struct Parts {
    pub folder: DataFolder,
    /// Proof that no other engine works on the folder.
    pub lock: Lock,
    pub store: Store,
    /// The saved credentials; adapters use the same vault.
    pub vault: Arc<Vault>,
    pub clock: Arc<dyn Clock>,
    pub clouds: HashMap<Provider, Arc<dyn Cloud>>,
    pub tools: ToolSettings,
    pub settings: Settings,
    /// The permanent store for artefacts of finished runs; `None`: only the data folder.
    pub artefacts: Option<ArtefactStore>,
    /// The targets of notifications and metrics.
    pub integrations: IntegrationTargets,
}

/// A handle to the engine; clones refer to the same engine.
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    folder: DataFolder,
    store: Store,
    vault: Arc<Vault>,
    clock: Arc<dyn Clock>,
    clouds: HashMap<Provider, Arc<dyn Cloud>>,
    toolbox: Toolbox,
    settings: Settings,
    /// Different for each start of an engine.
    instance: String,
    installation: String,
    started_ms: EpochMs,
    /// Items that existed before this start and have expired continue until then.
    grace_until_ms: EpochMs,
    events: broadcast::Sender<Event>,
    live: Mutex<HashMap<RunId, Arc<LiveRun>>>,
    known_logs: KnownLogs,
    supervisor: Supervisor,
    renewed: Mutex<HashMap<ClusterId, tokio::time::Instant>>,
    seen: Mutex<HashMap<Provider, Seen>>,
    /// When clusters became ready under this engine: earlier lists are ignored for their nodes.
    became_ready: Mutex<HashMap<ClusterId, tokio::time::Instant>>,
    missing: Mutex<HashMap<ClusterId, Missing>>,
    noticed: Mutex<Vec<Notice>>,
    plan_locks: Mutex<HashMap<PlanId, Arc<Mutex<()>>>>,
    descriptions: Mutex<()>,
    tasks: TaskTracker,
    checks: Arc<Semaphore>,
    blocking_turns: Arc<Semaphore>,
    compression: compression::Queue,
    archive: Archive,
    shipping: Shipping,
    integrations: Integrations,
    schedules: Schedules,
    stop: CancellationToken,
    /// Dropped last: the next holder of the lock finds the database closed.
    _lock: Lock,
}

fn limited(cloud: Arc<dyn Cloud>) -> Arc<dyn Cloud> {
    Arc::new(LimitedCloud(cloud))
}

impl Engine {
    /// Starts the engine and resumes the work of an earlier one.
    ///
    /// # Errors
    /// When the database or the data folder cannot be read.
    pub async fn start(parts: Parts) -> Result<Self, EngineError> {
        let installation = parts
            .folder
            .installation(rand::random())
            .map_err(|error| EngineError::file("reading the installation's id", std::io::Error::other(error)))?;
        let started_ms = parts.clock.now_ms();
        let engine = Self {
            inner: Arc::new(Inner {
                started_ms,
                grace_until_ms: grace_until_ms(&parts.folder, started_ms, parts.settings.start_grace),
                folder: parts.folder,
                _lock: parts.lock,
                store: parts.store,
                vault: parts.vault,
                clock: parts.clock,
                clouds: parts.clouds.into_iter().map(|(provider, cloud)| (provider, limited(cloud))).collect(),
                toolbox: Toolbox::new(parts.tools),
                settings: parts.settings,
                instance: format!("{:016x}", rand::random::<u64>()),
                installation,
                events: broadcast::channel(EVENTS_KEPT).0,
                live: Mutex::default(),
                known_logs: KnownLogs::default(),
                supervisor: Supervisor::default(),
                renewed: Mutex::default(),
                seen: Mutex::default(),
                became_ready: Mutex::default(),
                missing: Mutex::default(),
                noticed: Mutex::default(),
                plan_locks: Mutex::default(),
                descriptions: Mutex::default(),
                tasks: TaskTracker::new(),
                checks: Arc::new(Semaphore::new(CHECKS_AT_A_TIME)),
                blocking_turns: Arc::new(Semaphore::new(crate::blocking::TURNS)),
                compression: compression::Queue::default(),
                archive: Archive::new(parts.artefacts),
                shipping: Shipping::default(),
                integrations: Integrations::new(parts.integrations),
                schedules: Schedules::default(),
                stop: CancellationToken::new(),
            }),
        };
        engine.load_results_stores().await?;
        engine.load_placed_runs().await?;
        engine.resume().await?;
        engine.begin_integrations().await?;
        // One per provider, so that a provider that hangs does not delay the others' clusters.
        for provider in [Provider::Local, Provider::Ssh, Provider::Ec2] {
            let reconciling = engine.clone();
            engine.keep_running("reconciler", format!("the reconciler of {provider}"), move |_| {
                reconcile::forever(reconciling.clone(), provider)
            });
        }
        let sweeping = engine.clone();
        engine.keep_running("deletion", "the removal of deleted runs".to_owned(), move |_| {
            deleted::sweep_forever(sweeping.clone())
        });
        let keeping = engine.clone();
        engine.keep_running("retention", "the retention".to_owned(), move |_| retention::forever(keeping.clone()));
        let compressing = engine.clone();
        engine.keep_running("compression", "the compression of logs".to_owned(), move |_| {
            compression::forever(compressing.clone())
        });
        let archiving = engine.clone();
        engine
            .keep_running("archive", "the archive of results".to_owned(), move |_| archive::forever(archiving.clone()));
        if engine.settings().starts_schedules {
            let scheduling = engine.clone();
            engine
                .keep_running("schedules", "the schedules".to_owned(), move |_| schedules::forever(scheduling.clone()));
        }
        let filling = engine.clone();
        engine.keep_running("history", "the figures of earlier runs".to_owned(), move |_| {
            history::metrics::fill(filling.clone())
        });
        let describing = engine.clone();
        // It reads every run's folder, and nothing waits for it.
        engine.inner.tasks.spawn_blocking(move || describing.describe_finished_runs());
        Ok(engine)
    }

    /// Resumes what an earlier engine began, and terminates what belonged only to that one.
    async fn resume(&self) -> Result<(), EngineError> {
        let locked = self.vault().count_locked().await?;
        if locked > 0 {
            let message = format!(
                "{locked} saved secrets cannot be decrypted: secret.key is missing or belongs to another installation. Put the file back \
                 and restart JAC, or save the credentials again."
            );
            self.notice(Notice::new("secrets_locked", [("count", locked.to_string())], message));
        }
        let recovering = self.clone();
        let recovered = tokio::task::spawn_blocking(move || recovering.recover_folder()).await;
        recovered.map_err(|panic| EngineError::JMeter(panic.to_string()))??;
        self.adopt_restored().await?;
        for cluster in self.store().living_clusters().await? {
            let forsaken = cluster.ephemeral_of.as_ref().is_some_and(|instance| *instance != self.inner.instance);
            if forsaken {
                tracing::info!(cluster = %cluster.id,
                    "cluster {} belongs to a `jac run` that has ended; terminating it", cluster.id);
                self.request_termination(
                    &cluster.id,
                    Message::new("command_gone", "The `jac run` that it was created for has ended."),
                    "JAC, because its `jac run` has ended",
                )
                .await?;
            }
            if cluster.master_restarting {
                self.await_master(&cluster.id);
            }
            self.report_grace(&cluster).await;
            self.continue_cluster(&cluster.id);
        }
        for run in self.store().unfinished_runs().await? {
            self.supervise(run.id);
        }
        Ok(())
    }

    /// Ends all tasks of this engine. Nodes and their processes keep running.
    pub async fn shut_down(&self) {
        self.flush_exports().await;
        self.inner.stop.cancel();
        self.inner.tasks.close();
        self.inner.tasks.wait().await;
    }

    /// Starts work that waits, on a thread for that. The engine's end waits for it.
    pub(crate) fn spawn_blocking<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
        self.inner.tasks.spawn_blocking(work)
    }

    /// Whether the engine is shutting down.
    pub(crate) fn is_ending(&self) -> bool {
        self.inner.stop.is_cancelled()
    }

    pub(crate) fn compression(&self) -> &compression::Queue {
        &self.inner.compression
    }

    /// The permanent stores of finished runs, if there are any: the server's, or people's own.
    pub(crate) fn archive(&self) -> Option<&Archive> {
        Some(self.archives()).filter(|archive| archive.is_used())
    }

    /// The same, also without a store.
    pub(crate) fn archives(&self) -> &Archive {
        &self.inner.archive
    }

    pub(crate) fn shipping(&self) -> &Shipping {
        &self.inner.shipping
    }

    pub(crate) fn integrations(&self) -> &Integrations {
        &self.inner.integrations
    }

    pub(crate) fn schedules(&self) -> &Schedules {
        &self.inner.schedules
    }

    /// Starts a task that ends with the engine.
    pub(crate) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let stop = self.inner.stop.clone();
        self.inner.tasks.spawn(async move {
            tokio::select! {
                biased;
                () = stop.cancelled() => (),
                () = task => (),
            }
        });
    }

    /// Listens for changes from now on.
    pub fn events(&self) -> broadcast::Receiver<Event> {
        self.inner.events.subscribe()
    }

    pub(crate) fn notify(&self, event: Event) {
        // It is not a fault if there are no listeners.
        drop(self.inner.events.send(event));
    }

    pub fn store(&self) -> &Store {
        &self.inner.store
    }

    pub fn vault(&self) -> &Arc<Vault> {
        &self.inner.vault
    }

    pub(crate) fn clock(&self) -> &Arc<dyn Clock> {
        &self.inner.clock
    }

    pub fn folder(&self) -> &DataFolder {
        &self.inner.folder
    }

    pub fn settings(&self) -> &Settings {
        &self.inner.settings
    }

    /// Turns at work on threads that may wait.
    pub(crate) fn blocking_turns(&self) -> &Arc<Semaphore> {
        &self.inner.blocking_turns
    }

    /// Turns at checking plans.
    pub(crate) fn checks(&self) -> &Arc<Semaphore> {
        &self.inner.checks
    }

    pub fn toolbox(&self) -> &Toolbox {
        &self.inner.toolbox
    }

    pub fn now_ms(&self) -> EpochMs {
        self.inner.clock.now_ms()
    }

    /// The id of this data folder.
    pub fn installation(&self) -> &str {
        &self.inner.installation
    }

    /// The id of this start of the engine.
    pub fn instance(&self) -> &str {
        &self.inner.instance
    }

    pub fn started_ms(&self) -> EpochMs {
        self.inner.started_ms
    }

    pub(crate) fn grace_until_ms(&self) -> EpochMs {
        self.inner.grace_until_ms
    }

    pub(crate) fn cloud(&self, provider: Provider) -> Result<&Arc<dyn Cloud>, EngineError> {
        self.inner.clouds.get(&provider).ok_or_else(|| {
            EngineError::invalid("provider_off", format!("The provider '{provider}' is disabled on this server."))
        })
    }

    /// The providers that are switched on.
    pub fn providers(&self) -> Vec<Provider> {
        self.inner.clouds.keys().copied().collect()
    }

    /// The versions of JMeter that JAC manages, newest first.
    pub fn jmeter_versions(&self) -> Vec<&'static str> {
        jac_jmeter::release::RELEASES.iter().map(|release| release.version).collect()
    }

    pub(crate) fn live(&self) -> MutexGuard<'_, HashMap<RunId, Arc<LiveRun>>> {
        self.inner.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Indexes and statistics of finished runs' logs, for time ranges.
    pub(crate) fn known_logs(&self) -> &KnownLogs {
        &self.inner.known_logs
    }

    pub(crate) fn supervisor(&self) -> &Supervisor {
        &self.inner.supervisor
    }

    pub(crate) fn renewed(&self) -> MutexGuard<'_, HashMap<ClusterId, tokio::time::Instant>> {
        self.inner.renewed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn seen(&self) -> MutexGuard<'_, HashMap<Provider, Seen>> {
        self.inner.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn became_ready(&self) -> MutexGuard<'_, HashMap<ClusterId, tokio::time::Instant>> {
        self.inner.became_ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn missing(&self) -> MutexGuard<'_, HashMap<ClusterId, Missing>> {
        self.inner.missing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn noticed(&self) -> MutexGuard<'_, Vec<Notice>> {
        self.inner.noticed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Held while a finished run's folder is updated from its row.
    pub(crate) fn describing(&self) -> MutexGuard<'_, ()> {
        self.inner.descriptions.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn plan_locks(&self) -> MutexGuard<'_, HashMap<PlanId, Arc<Mutex<()>>>> {
        self.inner.plan_locks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs work that adds events to a cluster's history from code that cannot await; they are recorded as they arrive.
    pub(crate) async fn note_while<T, W: Future<Output = T>>(
        &self,
        id: &ClusterId,
        work: impl FnOnce(Lines) -> W,
    ) -> T {
        let (lines, mut events) = mpsc::unbounded_channel::<(Option<String>, Message)>();
        let write_down = async {
            while let Some((node, message)) = events.recv().await {
                self.note_cluster(id, node.as_deref(), message).await;
            }
        };
        tokio::join!(work(Lines(lines)), write_down).0
    }

    /// Adds an event to a cluster's history. If it cannot be written, the work continues.
    pub(crate) async fn note_cluster(&self, id: &ClusterId, node: Option<&str>, message: Message) {
        tracing::info!(cluster = %id, node, code = message.code, "cluster {id}: {}", message.message);
        if let Err(error) = self.store().add_cluster_event(id, self.now_ms(), node, &message).await {
            tracing::warn!(cluster = %id, %error, "cluster {id}: an event could not be written");
        }
        self.notify(Event::Cluster(id.clone()));
    }
}

/// Takes lines of a cluster's history, each with the node that it is about.
pub(crate) struct Lines(mpsc::UnboundedSender<(Option<String>, Message)>);

impl Lines {
    pub(crate) fn add(&self, node: Option<&str>, message: Message) {
        // The receiver is gone if the work was cancelled.
        drop(self.0.send((node.map(str::to_owned), message)));
    }
}

/// The first administrator, whom every installation has from its start. The shell of its machine acts as them.
pub fn administrator() -> Person {
    Person { id: "admin".to_owned(), name: "Administrator".to_owned() }
}

/// The names of a cluster's nodes, the master first.
pub(crate) fn node_names(cluster: &Cluster) -> impl Iterator<Item = &str> {
    cluster.nodes.iter().map(|node| node.name.as_str())
}
