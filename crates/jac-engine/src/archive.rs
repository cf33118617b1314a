//! Stores the artefacts of finished runs in an object store: one run at a time per store, once its logs are compressed,
//! with retries.
//!
//! | part                | owns                                                                  |
//! |---------------------|-----------------------------------------------------------------------|
//! | `unstored`          | which finished runs still have to be stored                           |
//! | `queue`             | their order, when one is tried again, and which are stored            |
//! | `task`              | a run at a time into each store                                       |
//! | `run`               | the steps of one run, with `journal` for what a crash must not forget |
//! | `places`            | which store a run is in or goes to                                    |
//! | `view`              | the displayed state                                                   |
//! | `wait`              | how long a terminating cluster waits for it                           |
//! | `kept`              | reading what is only in a store, `link` the download addresses        |
//! | `verify`, `rebuild` | user-requested work on stored runs, as `jobs`                         |
//!
//! This module contains what they share, and what makes a run be stored again. None of it delays a run: a run has
//! finished, and its cluster can be used, before it is stored. The run's own folder (`manifest.json`) records what is
//! stored, so that the record survives a lost or older database.

mod jobs;
mod journal;
mod kept;
mod link;
mod places;
mod queue;
mod rebuild;
mod run;
mod task;
mod unstored;
mod verify;
mod view;
mod wait;

use crate::engine::Engine;
use crate::error::EngineError;
use jac_artefacts::{ArtefactError, ArtefactStore};
use jac_model::{ClusterId, EpochMs, Run, RunId};
use jobs::Jobs;
use places::Places;
use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

pub(crate) use journal::begun_in;
pub use kept::{MANIFEST, manifest_in};
pub(crate) use kept::{read_manifest, remote_file, remove_stored_logs};
pub use link::Link;
pub(crate) use places::Place;
pub use rebuild::Rebuilt;
pub(crate) use run::{keep_only_the_address, mark_stale, was_begun};
pub(crate) use task::forever;
pub use verify::Verified;
pub use view::{ArchivePhase, ArchiveView};

/// The stores, and the runs being stored in them.
pub(crate) struct Archive {
    places: Mutex<Places>,
    /// Serialises reading which stores people have, after a change.
    loading: tokio::sync::Mutex<()>,
    queue: Mutex<VecDeque<RunId>>,
    /// Known runs that are not stored yet.
    pending: Mutex<HashMap<RunId, Pending>>,
    /// Stored runs, with their store and their size there in bytes.
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
    /// Its store, as far as it is known yet.
    place: Place,
    is_uploading: bool,
    bytes: Arc<AtomicU64>,
    total_bytes: u64,
    /// Requested by a person: the content of existing objects is compared too.
    reads_content: bool,
    failed: Option<(ArtefactError, EpochMs)>,
    /// The time of the next attempt, and the pause before it.
    due: Option<(Instant, Duration)>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Archive {
    /// `server`: the store for runs whose owners have no store of their own.
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

    /// Wakes the task that removes deleted runs from the store. At a start there may be some.
    pub fn removals(&self) -> &Notify {
        &self.removed
    }
}

impl Engine {
    /// Retries a failed upload now.
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
            // Objects that were removed or changed there are stored again.
            pending.reads_content = true;
        });
        self.compress_or_archive(archive, &run.id);
        archive.view(&run).ok_or_else(no_store)
    }

    /// The store that contains a run, or will contain it.
    fn store_of(&self, run: &Run) -> Result<ArtefactStore, EngineError> {
        // A run in the server's store stays there even if its owner has a store by now, also while it is being stored
        // again.
        let place = self.archives().known_place(&run.id).or_else(|| self.archives().place_for(run));
        Ok(self.archives().store_at(&place.ok_or_else(no_store)?)?)
    }

    /// Stores a run again whose record has changed.
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
