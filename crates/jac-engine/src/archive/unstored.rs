//! Finds the finished runs that still have to be stored: by their folders at the start, and when their owner has
//! another store.
//!
//! Runs that end while the server is running are added when they end ([`Archive::expect`]).

use super::{Archive, read_manifest, run};
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::runs::record::RunRecord;
use jac_model::RunId;
use jac_store::Kind;

impl Engine {
    /// Runs that earlier engines left unstored, or that have changed since.
    pub(super) fn queue_unstored_runs(&self) {
        let Some(archive) = self.archive() else { return };
        for entry in std::fs::read_dir(self.folder().runs()).into_iter().flatten().flatten() {
            if self.is_ending() {
                return;
            }
            let Some(run) = entry.file_name().to_str().and_then(|name| name.parse::<RunId>().ok()) else { continue };
            // Compressed ones: the others are queued after their compression.
            if self.is_unstored(archive, &run) {
                archive.add_last(run);
            }
        }
    }

    /// The same for a person who has another store now: failed uploads are retried at once.
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

    /// Whether a finished run has to be stored. Also records it, or its store if it is stored.
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
