//! What finished runs left, in the object store: one run at a time, once its logs are compressed, tried again until it is there.
//!
//! It owns which runs are stored and when, and what is shown of it; the steps of one run are `archive/run.rs`'s, and reading what is only
//! there `archive/kept.rs`'s. Nothing of it is in a run's way: a run has finished, and its cluster can be used, before its archive begins.
//! What is stored is told by the run's own folder (`manifest.json`), so a database that is lost or older knows as much.

mod journal;
mod kept;
mod link;
mod rebuild;
mod run;
mod verify;

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_artefacts::{ArtefactError, ArtefactStore, run_prefix};
use jac_model::{ClusterId, EpochMs, Message, Run, RunId};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

pub(crate) use journal::begun_in;
pub use kept::{MANIFEST, manifest_in};
pub(crate) use kept::{remote_file, remove_stored_logs};
pub use link::Link;
pub use rebuild::Rebuilt;
pub(crate) use run::{keep_only_the_address, mark_stale, record_of, was_begun};
pub use verify::Verified;

/// The pause after the first try that failed; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// A cluster that is to end waits so long for an upload of which nothing moves. All of its results are on this machine by then.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Where a run is on its way into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ArchivePhase {
    /// Its turn has not come, or its logs are being compressed.
    Waiting,
    Uploading,
    /// Everything is there.
    Stored,
    /// The last try failed; there will be another.
    Failed,
}

/// A run's way into the store, as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArchiveView {
    /// Where its objects are, or will be.
    pub address: String,
    pub phase: ArchivePhase,
    /// Bytes that are there.
    pub bytes: u64,
    /// Bytes in all, compressed; 0 until that is known.
    pub total_bytes: u64,
    /// Why the last try failed: a code that stays the same when the words change.
    pub code: Option<String>,
    /// The same, a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// When it is tried again.
    pub next_try_ms: Option<EpochMs>,
}

/// The store, and what is on its way into it.
pub(crate) struct Archive {
    store: ArtefactStore,
    queue: Mutex<VecDeque<RunId>>,
    /// Runs that are not stored yet, as far as they were met.
    pending: Mutex<HashMap<RunId, Pending>>,
    /// Runs that are stored, with their bytes there.
    stored: Mutex<HashMap<RunId, u64>>,
    added: Notify,
    /// Clusters that did not wait for their runs any longer, which is told once.
    unawaited: Mutex<HashSet<ClusterId>>,
    /// Told when a run was deleted that the store has.
    removed: Notify,
}

/// A run that is not stored yet.
#[derive(Debug, Clone)]
struct Pending {
    cluster: ClusterId,
    is_uploading: bool,
    bytes: Arc<AtomicU64>,
    total_bytes: u64,
    failed: Option<(ArtefactError, EpochMs)>,
    /// When it is tried again, and the pause before that.
    due: Option<(Instant, Duration)>,
}

/// Runs of a cluster on their way into the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Moved {
    bytes: u64,
    /// `false`: all tries have failed so far, and the next one comes later.
    may_move: bool,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Archive {
    pub fn new(store: ArtefactStore) -> Self {
        Self {
            store,
            queue: Mutex::default(),
            pending: Mutex::default(),
            stored: Mutex::default(),
            added: Notify::new(),
            unawaited: Mutex::default(),
            removed: Notify::new(),
        }
    }

    pub fn store(&self) -> &ArtefactStore {
        &self.store
    }

    /// Wakes who has the store forget deleted runs. At a start there may be some.
    pub fn removals(&self) -> &Notify {
        &self.removed
    }

    /// Has a run stored when its turn comes: before those that were there at the start, as somebody may wait for it.
    pub fn add(&self, run: RunId) {
        let mut queue = lock(&self.queue);
        queue.retain(|queued| *queued != run);
        queue.push_front(run);
        drop(queue);
        self.added.notify_one();
    }

    /// Has a run stored after all others.
    fn add_last(&self, run: RunId) {
        let mut queue = lock(&self.queue);
        if !queue.contains(&run) {
            queue.push_back(run);
        }
        drop(queue);
        self.added.notify_one();
    }

    /// The first run in the queue whose time has come, else when the next one's comes.
    fn next(&self) -> Result<RunId, Option<Instant>> {
        let now = Instant::now();
        let mut queue = lock(&self.queue);
        let pending = lock(&self.pending);
        let due = |run: &RunId| pending.get(run).and_then(|pending| pending.due).map(|(due, _)| due);
        let place = queue.iter().position(|run| due(run).is_none_or(|due| due <= now));
        place.and_then(|place| queue.remove(place)).ok_or_else(|| queue.iter().filter_map(due).min())
    }

    /// A run has finished, and is to be stored once its logs are compressed.
    pub fn expect(&self, run: &Run) {
        self.pend(&run.id, &run.cluster_id);
    }

    fn pend(&self, run: &RunId, cluster: &ClusterId) -> Pending {
        lock(&self.stored).remove(run);
        let pending = || Pending {
            cluster: cluster.clone(),
            is_uploading: false,
            bytes: Arc::default(),
            total_bytes: 0,
            failed: None,
            due: None,
        };
        lock(&self.pending).entry(run.clone()).or_insert_with(pending).clone()
    }

    fn change(&self, run: &RunId, change: impl FnOnce(&mut Pending)) {
        if let Some(pending) = lock(&self.pending).get_mut(run) {
            change(pending);
        }
    }

    fn is_stored_now(&self, run: &RunId, bytes: u64) {
        lock(&self.stored).insert(run.clone(), bytes);
        lock(&self.pending).remove(run);
    }

    fn pause_after_failure(&self, run: &RunId) -> Duration {
        let before = lock(&self.pending).get(run).and_then(|pending| pending.due).map(|(_, pause)| pause);
        before.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE))
    }

    /// The run is gone.
    pub fn forget(&self, run: &RunId) {
        lock(&self.queue).retain(|queued| queued != run);
        lock(&self.pending).remove(run);
        lock(&self.stored).remove(run);
    }

    /// What moves of the cluster's runs, while not all of them are there. `None`: nothing of them is missing.
    fn moved_of(&self, cluster: &ClusterId) -> Option<Moved> {
        let pending = lock(&self.pending);
        let mut of_cluster = pending.values().filter(|pending| pending.cluster == *cluster).peekable();
        of_cluster.peek()?;
        let mut moved = Moved { bytes: 0, may_move: false };
        for pending in of_cluster {
            moved.bytes += pending.bytes.load(Ordering::Relaxed) + u64::from(pending.is_uploading);
            moved.may_move |= pending.is_uploading || pending.failed.is_none();
        }
        Some(moved)
    }

    fn view(&self, run: &Run) -> ArchiveView {
        let address = format!("{}/{}", self.store.address(), run_prefix(&run.id, run.created_ms));
        let bare = |phase, bytes, total_bytes| ArchiveView {
            address,
            phase,
            bytes,
            total_bytes,
            code: None,
            message: None,
            hint: None,
            next_try_ms: None,
        };
        if let Some(bytes) = lock(&self.stored).get(&run.id) {
            return bare(ArchivePhase::Stored, *bytes, *bytes);
        }
        let Some(pending) = lock(&self.pending).get(&run.id).cloned() else { return bare(ArchivePhase::Waiting, 0, 0) };
        let bytes = pending.bytes.load(Ordering::Relaxed);
        match pending.failed {
            Some((error, next_try_ms)) if !pending.is_uploading => ArchiveView {
                code: Some(error.code().to_owned()),
                message: Some(error.to_string()),
                hint: error.hint().map(str::to_owned),
                next_try_ms: Some(next_try_ms),
                ..bare(ArchivePhase::Failed, bytes, pending.total_bytes)
            },
            _ if pending.is_uploading => bare(ArchivePhase::Uploading, bytes, pending.total_bytes),
            _ => bare(ArchivePhase::Waiting, bytes, pending.total_bytes),
        }
    }
}

pub(crate) async fn forever(engine: Engine) {
    let Some(archive) = engine.archive() else { return };
    let looking = engine.clone();
    // It reads the folder of every run.
    engine.spawn_blocking(move || looking.queue_unstored_runs()).await.unwrap_or_default();
    loop {
        let run = match archive.next() {
            Ok(run) => run,
            Err(due) => {
                let waiting = async {
                    match due {
                        Some(due) => sleep_until(due).await,
                        None => std::future::pending().await,
                    }
                };
                tokio::select! {
                    () = waiting => (),
                    () = archive.added.notified() => (),
                }
                continue;
            }
        };
        match engine.archive_run(archive, &run).await {
            Ok(Some(bytes)) => {
                archive.is_stored_now(&run, bytes);
                tracing::info!(%run, bytes, "run {run}: its results are in {}", archive.store.address());
                engine.tell(Event::Run(run));
            }
            // Its compression queues it again, or it is gone.
            Ok(None) => {
                archive.change(&run, |pending| pending.is_uploading = false);
                if !engine.folder().run(&run).exists() {
                    archive.forget(&run);
                }
            }
            Err(error) => {
                let pause = archive.pause_after_failure(&run);
                let next_try_ms = engine.now_ms() + EpochMs::try_from(pause.as_millis()).unwrap_or(EpochMs::MAX);
                tracing::warn!(%run, code = error.code(), "run {run}: its results could not be stored: {error} Trying again.");
                archive.change(&run, |pending| {
                    pending.is_uploading = false;
                    pending.failed = Some((error, next_try_ms));
                    pending.due = Some((Instant::now() + pause, pause));
                });
                archive.add_last(run.clone());
                engine.tell(Event::Run(run));
            }
        }
    }
}

impl Engine {
    /// The run's way into the store; `None`: no store is configured, or the run has not finished.
    pub fn archive_view(&self, run: &Run) -> Option<ArchiveView> {
        self.archive().filter(|_| run.phase.is_terminal()).map(|archive| archive.view(run))
    }

    /// Tries now what failed before.
    ///
    /// # Errors
    /// When the run has not finished, or no store is configured.
    pub async fn retry_archive(&self, run: &RunId) -> Result<ArchiveView, EngineError> {
        let archive = self.configured_archive()?;
        let run = self.store().run(run).await?.run;
        if !run.phase.is_terminal() {
            return Err(crate::clusters::conflict(
                "The run has not finished.",
                Some("Its results are stored when it has."),
            ));
        }
        if archive.view(&run).phase != ArchivePhase::Stored {
            archive.pend(&run.id, &run.cluster_id);
            archive.change(&run.id, |pending| pending.due = None);
            // Its logs may have to be compressed first.
            self.compression().add(run.id.clone());
        }
        Ok(archive.view(&run))
    }

    pub(crate) fn configured_archive(&self) -> Result<&Archive, EngineError> {
        self.archive().ok_or_else(|| EngineError::Conflict {
            message: "No store for artefacts is configured: results are in the data folder alone.".to_owned(),
            hint: Some("Name one with --artifacts-url (JAC_ARTIFACTS_URL), such as s3://BUCKET/PREFIX.".to_owned()),
        })
    }

    /// What was written down about a stored run has changed, and is stored again.
    pub(crate) fn archive_again(&self, run: &Run) {
        if let Some(archive) = self.archive() {
            archive.expect(run);
            archive.add(run.id.clone());
        }
    }

    /// A cluster's results are in the store before it ends, as long as they move there.
    pub(crate) async fn wait_for_archive(&self, cluster: &ClusterId) {
        let Some(archive) = self.archive() else { return };
        if lock(&archive.unawaited).contains(cluster) {
            return;
        }
        let mut deadline = Instant::now() + PATIENCE;
        let mut before = None;
        while let Some(moved) = archive.moved_of(cluster) {
            if before != Some(moved.bytes) {
                before = Some(moved.bytes);
                deadline = Instant::now() + PATIENCE;
            }
            if !moved.may_move || Instant::now() > deadline {
                let text = "Its results are not in the store for artefacts yet; they are complete on JAC's server, and are stored from there.";
                lock(&archive.unawaited).insert(cluster.clone());
                self.note_cluster(cluster, None, Message::new("archive_pending", text)).await;
                return;
            }
            sleep(LOOK_EVERY).await;
        }
    }

    /// What earlier engines left: runs that are not stored, or have changed since.
    fn queue_unstored_runs(&self) {
        let Some(archive) = self.archive() else { return };
        for entry in std::fs::read_dir(self.folder().runs()).into_iter().flatten().flatten() {
            if self.is_ending() {
                return;
            }
            let Some(run) = entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()) else { continue };
            let folder = entry.path();
            match archive.manifest_in(&folder) {
                Some(manifest) if !run::is_stale(&folder) => {
                    archive.is_stored_now(&run, manifest.objects.iter().map(|object| object.bytes).sum());
                }
                // Compressed ones: the others are queued once they are.
                _ => {
                    if let Some(record) = record_of(&folder) {
                        archive.expect(&record);
                        archive.add_last(run);
                    }
                }
            }
        }
    }
}
