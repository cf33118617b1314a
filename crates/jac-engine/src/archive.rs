//! What finished runs left, in an object store: one run at a time in each, once its logs are compressed, tried again until it is there.
//!
//! It owns which runs are stored and when, and what is shown of it; which store that is is `archive/places.rs`'s, the steps of one run are
//! `archive/run.rs`'s, and reading what is only there `archive/kept.rs`'s. Nothing of it is in a run's way: a run has finished, and its cluster can be used, before its archive begins.
//! The run's own folder (`manifest.json`) records what is stored, so that survives a lost or older database.

mod jobs;
mod journal;
mod kept;
mod link;
mod places;
mod rebuild;
mod run;
mod verify;

use crate::blocking::wait;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::runs::record::RunRecord;
use crate::shipping::ShipmentTrouble;
use crate::supervisor::Panicked;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jac_artefacts::{ArtefactError, ArtefactStore, run_prefix};
use jac_model::{ClusterId, EpochMs, Message, Run, RunId};
use jac_store::{Kind, StoreError};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, sleep_until};

use jobs::Jobs;
pub(crate) use journal::begun_in;
pub use kept::{MANIFEST, manifest_in};
pub(crate) use kept::{read_manifest, remote_file, remove_stored_logs};
pub use link::Link;
pub(crate) use places::Place;
use places::Places;
pub use rebuild::Rebuilt;
pub(crate) use run::{keep_only_the_address, mark_stale, was_begun};
pub use verify::Verified;

/// The pause after the first try that failed; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);
/// How long a cluster that is due for termination waits for an upload without progress. All its results are already on this machine.
const STALL_LIMIT: Duration = Duration::from_secs(60);
const POLL_EVERY: Duration = Duration::from_millis(200);
/// Stores that are uploaded to at a time, a run each: one that is away keeps no other waiting.
const STORES_AT_A_TIME: usize = 8;

/// State of a run's upload to the store.
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

/// A run's upload to the store.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ArchiveView {
    /// Address of its objects.
    pub address: String,
    pub phase: ArchivePhase,
    /// Bytes stored so far.
    pub bytes: u64,
    /// Total size in bytes, compressed; 0 until it is known.
    pub total_bytes: u64,
    /// Code of the last attempt's error.
    pub code: Option<String>,
    /// The same, a sentence.
    pub message: Option<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// Time of the next attempt.
    pub next_try_ms: Option<EpochMs>,
    /// Whether temporary download links to its files in the store can be created: it is stored, and the store can sign links.
    #[serde(default)]
    pub has_links: bool,
}

/// The stores, and what is on its way into them.
pub(crate) struct Archive {
    places: Mutex<Places>,
    /// Serialises reading which stores people have, after a change.
    loading: tokio::sync::Mutex<()>,
    queue: Mutex<VecDeque<RunId>>,
    /// Runs that are not stored yet, as far as they were met.
    pending: Mutex<HashMap<RunId, Pending>>,
    /// Runs that are stored, with where and their bytes there.
    stored: Mutex<HashMap<RunId, (Place, u64)>>,
    added: Notify,
    /// Clusters that no longer wait for their runs' uploads; reported once.
    unawaited: Mutex<HashSet<ClusterId>>,
    /// Notified when a run that the store has is deleted.
    removed: Notify,
    verifying: Jobs<RunId, Verified>,
    rebuilding: Jobs<(), Rebuilt>,
}

/// A run that is not stored yet.
#[derive(Debug, Clone)]
struct Pending {
    cluster: ClusterId,
    /// Where it goes, as far as that is known yet.
    place: Place,
    is_uploading: bool,
    bytes: Arc<AtomicU64>,
    total_bytes: u64,
    /// Requested by a person: the content of existing objects is compared too.
    reads_content: bool,
    failed: Option<(ArtefactError, EpochMs)>,
    /// When it is tried again, and the pause before that.
    due: Option<(Instant, Duration)>,
}

/// Runs that are not in the store yet.
#[derive(Debug, Default)]
pub(crate) struct Unstored {
    pub waiting: u64,
    /// Those of them whose last upload failed.
    pub failed: u64,
    /// The error of the newest upload that failed.
    pub trouble: Option<ShipmentTrouble>,
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
    /// `server`: where runs go whose owners have no store of their own.
    pub fn new(server: Option<ArtefactStore>) -> Self {
        Self {
            places: Mutex::new(Places::new(server)),
            loading: tokio::sync::Mutex::default(),
            queue: Mutex::default(),
            pending: Mutex::default(),
            stored: Mutex::default(),
            added: Notify::new(),
            unawaited: Mutex::default(),
            removed: Notify::new(),
            verifying: Jobs::default(),
            rebuilding: Jobs::default(),
        }
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
        self.put_back(run);
        self.added.notify_one();
    }

    /// The run is as it was before [`Archive::next`] gave it. It wakes nobody: whatever kept it from its store is still there.
    fn put_back(&self, run: RunId) {
        let mut queue = lock(&self.queue);
        if !queue.contains(&run) {
            queue.push_back(run);
        }
    }

    /// The first run in the queue whose time has come and whose store is free, else when the next one's time comes.
    fn next(&self, busy: &[(RunId, Place)]) -> Result<RunId, Option<Instant>> {
        let now = Instant::now();
        let mut queue = lock(&self.queue);
        let pending = lock(&self.pending);
        let is_free = |run: &RunId| {
            let place = pending.get(run).map(|pending| &pending.place);
            !busy.iter().any(|(busy, at)| busy == run || Some(at) == place)
        };
        let due = |run: &RunId| pending.get(run).and_then(|pending| pending.due).map(|(due, _)| due);
        let found = queue.iter().position(|run| is_free(run) && due(run).is_none_or(|due| due <= now));
        let next = || queue.iter().filter(|run| is_free(run)).filter_map(due).min();
        match found {
            Some(found) => queue.remove(found).ok_or(None),
            None => Err(next()),
        }
    }

    /// A run has finished, and is to be stored once its logs are compressed, if there is a store for it.
    pub fn expect(&self, run: &Run) {
        let was_at = lock(&self.stored).remove(&run.id).map(|(place, _)| place);
        if let Some(place) = was_at.or_else(|| self.place_for(run)) {
            self.pend(run, place);
        }
    }

    /// The same, for that place.
    fn pend(&self, run: &Run, place: Place) -> Pending {
        lock(&self.stored).remove(&run.id);
        let mut pending = lock(&self.pending);
        let pending = pending.entry(run.id.clone()).or_insert_with(|| Pending {
            cluster: run.cluster_id.clone(),
            place: place.clone(),
            is_uploading: false,
            bytes: Arc::default(),
            total_bytes: 0,
            reads_content: false,
            failed: None,
            due: None,
        });
        pending.place = place;
        pending.clone()
    }

    fn change(&self, run: &RunId, change: impl FnOnce(&mut Pending)) {
        if let Some(pending) = lock(&self.pending).get_mut(run) {
            change(pending);
        }
    }

    fn is_stored_now(&self, run: &RunId, place: Place, bytes: u64) {
        // Whoever sees it stored does not count it as waiting.
        let mut stored = lock(&self.stored);
        stored.insert(run.clone(), (place, bytes));
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

    /// The runs that are not yet in their store.
    pub fn unstored_at(&self, place: &Place) -> Unstored {
        let pending = lock(&self.pending);
        let there = || pending.values().filter(|pending| pending.place == *place);
        let failed = || there().filter_map(|pending| pending.failed.as_ref());
        let newest = failed().max_by_key(|(_, next_try_ms)| *next_try_ms);
        let trouble = |(error, _): &(ArtefactError, EpochMs)| ShipmentTrouble {
            code: error.code().to_owned(),
            message: error.to_string(),
        };
        Unstored { waiting: there().count() as u64, failed: failed().count() as u64, trouble: newest.map(trouble) }
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

    /// The store that has a run or that it is being uploaded to.
    fn known_place(&self, run: &RunId) -> Option<Place> {
        let stored = lock(&self.stored).get(run).map(|(place, _)| place.clone());
        stored.or_else(|| lock(&self.pending).get(run).map(|pending| pending.place.clone()))
    }

    fn reads_content(&self, run: &RunId) -> bool {
        lock(&self.pending).get(run).is_some_and(|pending| pending.reads_content)
    }

    /// `None`: the run is in no store, and goes into none.
    fn view(&self, run: &Run) -> Option<ArchiveView> {
        let stored = lock(&self.stored).get(&run.id).cloned();
        let pending = lock(&self.pending).get(&run.id).cloned();
        let place = self.known_place(&run.id).or_else(|| self.place_for(run))?;
        let address = format!("{}/{}", self.address_of(&place), run_prefix(&run.id, run.created_ms));
        let bare = |phase, bytes, total_bytes| ArchiveView {
            address,
            phase,
            bytes,
            total_bytes,
            code: None,
            message: None,
            hint: None,
            next_try_ms: None,
            has_links: false,
        };
        if let Some((place, bytes)) = stored {
            let has_links = self.store_at(&place).is_ok_and(|store| store.has_links());
            return Some(ArchiveView { has_links, ..bare(ArchivePhase::Stored, bytes, bytes) });
        }
        let Some(pending) = pending else { return Some(bare(ArchivePhase::Waiting, 0, 0)) };
        let bytes = pending.bytes.load(Ordering::Relaxed);
        Some(match pending.failed {
            Some((error, next_try_ms)) if !pending.is_uploading => ArchiveView {
                code: Some(error.code().to_owned()),
                message: Some(error.to_string()),
                hint: error.hint().map(str::to_owned),
                next_try_ms: Some(next_try_ms),
                ..bare(ArchivePhase::Failed, bytes, pending.total_bytes)
            },
            _ if pending.is_uploading => bare(ArchivePhase::Uploading, bytes, pending.total_bytes),
            _ => bare(ArchivePhase::Waiting, bytes, pending.total_bytes),
        })
    }
}

pub(crate) async fn forever(engine: Engine) {
    let archive = engine.archives();
    let queueing = engine.clone();
    // It reads the folder of every run.
    engine.spawn_blocking(move || queueing.queue_unstored_runs()).await.unwrap_or_default();
    let mut busy: Vec<(RunId, Place)> = Vec::new();
    let mut working = FuturesUnordered::new();
    loop {
        let mut due = None;
        while busy.len() < STORES_AT_A_TIME {
            let run = match archive.next(&busy) {
                Ok(run) => run,
                Err(next) => {
                    due = next;
                    break;
                }
            };
            let place = match engine.settle_place(&run).await {
                Ok(Some(place)) => place,
                Ok(None) => continue,
                Err(error) => {
                    tracing::warn!(%run, %error, "run {run}: its results cannot be stored at present: {error}");
                    archive.put_back(run);
                    due = Some(Instant::now() + FIRST_PAUSE);
                    break;
                }
            };
            if busy.iter().any(|(_, at)| *at == place) {
                archive.add_last(run);
                continue;
            }
            busy.push((run.clone(), place.clone()));
            let engine = &engine;
            working.push(async move {
                let what = format!("the upload of the run {run}");
                let stored = engine.guarded("archive", what, engine.archive_run(archive, &run, &place)).await;
                let panicked = |panicked: Panicked| Err(ArtefactError::Panicked { detail: panicked.to_string() });
                (stored.unwrap_or_else(panicked), run, place)
            });
        }
        let waiting = async {
            match due {
                Some(due) => sleep_until(due).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            Some((outcome, run, place)) = working.next() => {
                busy.retain(|(busy, _)| *busy != run);
                engine.conclude_archiving(archive, run, place, outcome);
            }
            () = waiting => (),
            () = archive.added.notified() => (),
        }
    }
}

impl Engine {
    /// Where a run in the queue is to be stored. `None`: it is gone, or there is no store for it.
    ///
    /// # Errors
    /// When the database cannot be queried; that would affect the next run in the queue too.
    async fn settle_place(&self, id: &RunId) -> Result<Option<Place>, StoreError> {
        let archive = self.archives();
        let run = match self.store().run(id).await {
            Ok(row) => row.run,
            // What this JAC cannot read is stored by one that can.
            Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) => {
                archive.forget(id);
                return Ok(None);
            }
            Err(error) => return Err(error),
        };
        let folder = self.folder().run(id);
        let read = tokio::task::spawn_blocking(move || read_manifest(&folder)).await;
        let manifest = match read.unwrap_or_else(|ended| Err(std::io::Error::other(ended))) {
            Ok(manifest) => manifest,
            Err(error) => {
                // Without it the run might go to another store than the one that has it.
                if let Some(place) = archive.known_place(id).or_else(|| archive.place_for(&run)) {
                    archive.pend(&run, place.clone());
                    let error = ArtefactError::File { name: MANIFEST.to_owned(), detail: error.to_string() };
                    self.conclude_archiving(archive, id.clone(), place, Err(error));
                }
                return Ok(None);
            }
        };
        match archive.place_by(&run, manifest.as_ref()) {
            Some(place) => {
                archive.pend(&run, place.clone());
                Ok(Some(place))
            }
            None => {
                archive.forget(id);
                Ok(None)
            }
        }
    }

    fn conclude_archiving(
        &self,
        archive: &Archive,
        run: RunId,
        place: Place,
        outcome: Result<Option<u64>, ArtefactError>,
    ) {
        match outcome {
            Ok(Some(bytes)) => {
                tracing::info!(%run, bytes, "run {run}: its results are in {}", archive.address_of(&place));
                archive.is_stored_now(&run, place, bytes);
                self.notify(Event::Run(run));
            }
            // Its compression queues it again, or it is gone.
            Ok(None) => {
                archive.change(&run, |pending| pending.is_uploading = false);
                if !self.folder().run(&run).exists() {
                    archive.forget(&run);
                }
            }
            Err(error) => {
                let pause = archive.pause_after_failure(&run);
                let next_try_ms = self.now_ms() + EpochMs::try_from(pause.as_millis()).unwrap_or(EpochMs::MAX);
                tracing::warn!(%run, code = error.code(), "run {run}: its results could not be stored: {error} Trying again.");
                archive.change(&run, |pending| {
                    pending.is_uploading = false;
                    pending.failed = Some((error, next_try_ms));
                    pending.due = Some((Instant::now() + pause, pause));
                });
                archive.add_last(run.clone());
                self.notify(Event::Run(run));
            }
        }
    }

    /// The run's way into its store; `None`: there is no store for it, or the run has not finished.
    pub fn archive_view(&self, run: &Run) -> Option<ArchiveView> {
        self.archive().filter(|_| run.phase.is_terminal()).and_then(|archive| archive.view(run))
    }

    /// Tries now what failed before.
    ///
    /// # Errors
    /// When the run has not finished, or no store is configured.
    pub async fn retry_archive(&self, run: &RunId) -> Result<ArchiveView, EngineError> {
        let archive = self.archives();
        let run = self.store().run(run).await?.run;
        archive.view(&run).ok_or_else(no_store)?;
        if !run.phase.is_terminal() {
            return Err(crate::clusters::conflict(
                "The run has not finished.",
                Some("Its results are stored when it has finished."),
            ));
        }
        archive.expect(&run);
        archive.change(&run.id, |pending| {
            pending.due = None;
            // What was removed or changed there is stored once more.
            pending.reads_content = true;
        });
        self.compress_or_archive(archive, &run.id);
        archive.view(&run).ok_or_else(no_store)
    }

    /// The store that a run is in or goes to.
    fn store_of(&self, run: &Run) -> Result<ArtefactStore, EngineError> {
        // A run in the server's store stays there even if its owner has a store by now, also while it is being stored again.
        let place = self.archives().known_place(&run.id).or_else(|| self.archives().place_for(run));
        Ok(self.archives().store_at(&place.ok_or_else(no_store)?)?)
    }

    /// What was written down about a stored run has changed, and is stored again.
    pub(crate) fn archive_again(&self, run: &Run) {
        let Some(archive) = self.archive() else { return };
        archive.expect(run);
        self.compress_or_archive(archive, &run.id);
    }

    /// A run's logs are compressed once its record exists, which may be right now. A run without logs does not wait for tests on this machine.
    fn compress_or_archive(&self, archive: &Archive, run: &RunId) {
        match self.has_uncompressed_logs(&self.folder().run(run)) {
            true => self.compression().add(run.clone()),
            false => archive.add(run.clone()),
        }
    }

    /// A cluster's results are in the store before it ends, as long as they move there.
    pub(crate) async fn wait_for_archive(&self, cluster: &ClusterId) {
        let Some(archive) = self.archive() else { return };
        if lock(&archive.unawaited).contains(cluster) {
            return;
        }
        let mut deadline = Instant::now() + STALL_LIMIT;
        let mut before = None;
        while let Some(moved) = archive.moved_of(cluster) {
            if before != Some(moved.bytes) {
                before = Some(moved.bytes);
                deadline = Instant::now() + STALL_LIMIT;
            }
            if !moved.may_move || Instant::now() > deadline {
                let text = "Its results are complete on the JAC server but not yet in the store; they are uploaded from \
                     there.";
                lock(&archive.unawaited).insert(cluster.clone());
                self.note_cluster(cluster, None, Message::new("archive_pending", text)).await;
                return;
            }
            sleep(POLL_EVERY).await;
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
            // Compressed ones: the others are queued once they are.
            if self.is_unstored(archive, &run) {
                archive.add_last(run);
            }
        }
    }

    /// The same of somebody who has another store now: what failed is tried at once.
    pub(crate) fn queue_unstored_runs_of(&self, owner: &str) -> Result<(), EngineError> {
        let archive = self.archives();
        for run in wait(self.store().owned(Kind::Run, owner))?.iter().filter_map(|run| run.parse::<RunId>().ok()) {
            if self.is_unstored(archive, &run) {
                archive.change(&run, |pending| pending.due = None);
                // It may have logs that were not to be compressed before.
                self.compress_or_archive(archive, &run);
            }
        }
        Ok(())
    }

    /// Whether a finished run is to be stored, which is noted, as is where it is if it is.
    fn is_unstored(&self, archive: &Archive, run: &RunId) -> bool {
        let folder = self.folder().run(run);
        let manifest = match read_manifest(&folder) {
            Ok(manifest) => manifest,
            Err(error) => {
                tracing::warn!(%run, %error, "run {run}: whether its results are stored cannot be read: {error}");
                return false;
            }
        };
        let holder = manifest.as_ref().and_then(|manifest| Some((archive.holder(run, manifest)?, manifest)));
        if let Some((place, manifest)) = holder.filter(|_| !run::is_stale(&folder)) {
            archive.is_stored_now(run, place, manifest.objects.iter().map(|object| object.bytes).sum());
            return false;
        }
        let record = match RunRecord::read(&folder) {
            Ok(Some(record)) => record.run,
            Ok(None) => return false,
            Err(error) => {
                tracing::warn!(%run, %error, "run {run}: its results cannot be stored: {error}");
                return false;
            }
        };
        let Some(place) = archive.place_by(&record, manifest.as_ref()) else {
            archive.forget(run);
            return false;
        };
        archive.pend(&record, place);
        true
    }
}

fn no_store() -> EngineError {
    EngineError::Conflict {
        message: "No store is configured: results are kept only in the data folder.".to_owned(),
        hint: Some(
            "Add one of your own under Settings, Results, or set the server's with --artifacts-url \
             (JAC_ARTIFACTS_URL), e.g. s3://BUCKET/PREFIX."
                .to_owned(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn a_run_that_cannot_be_stored_at_present_waits_and_does_not_wake_its_task() {
        let archive = Archive::new(None);
        let run: RunId = "r-22222222".parse().expect("an ID");
        archive.add_last(run.clone());
        archive.added.notified().await;
        assert_eq!(archive.next(&[]), Ok(run.clone()));
        archive.put_back(run.clone());
        timeout(FIRST_PAUSE, archive.added.notified()).await.expect_err("nobody is woken");
        assert_eq!(archive.next(&[]), Ok(run));
    }
}
