//! The task that stores runs, one run at a time per store, and handles the results.
//!
//! The steps of one run are in `archive/run.rs`, the order of runs in `archive/queue.rs`.

use super::queue::FIRST_PAUSE;
use super::{Archive, MANIFEST, Place, read_manifest};
use crate::engine::{Engine, Event};
use crate::regular_file::is_absent;
use crate::supervisor::Panicked;
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use jac_artefacts::ArtefactError;
use jac_model::{EpochMs, RunId};
use jac_store::StoreError;
use tokio::time::{Instant, sleep_until};

/// Number of stores that are uploaded to in parallel, one run each: an unreachable one does not delay the others.
const STORES_AT_A_TIME: usize = 8;

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
    /// Determines the store for a run in the queue. `None`: the run is gone, or there is no store for it.
    ///
    /// # Errors
    /// When the database cannot be queried; that would affect the next run in the queue too.
    async fn settle_place(&self, id: &RunId) -> Result<Option<Place>, StoreError> {
        let archive = self.archives();
        let run = match self.store().run(id).await {
            Ok(row) => row.run,
            // A run that this JAC cannot read is stored by a version that can.
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
                // Otherwise the run might go to another store than the one that has it.
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
            // Its compression queues it again, or it was deleted.
            Ok(None) => {
                archive.change(&run, |pending| pending.is_uploading = false);
                if is_absent(&self.folder().run(&run)) {
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
}
