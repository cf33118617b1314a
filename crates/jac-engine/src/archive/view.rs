//! The displayed state of runs on their way into a store: of a single run, and of all runs of one store.
//!
//! Nothing is changed here.

use super::{Archive, Place, lock};
use crate::engine::Engine;
use crate::shipping::ShipmentTrouble;
use jac_artefacts::{ArtefactError, run_prefix};
use jac_model::{EpochMs, Run};
use serde::{Deserialize, Serialize};
use std::sync::atomic::Ordering;

/// State of a run's upload to the store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum ArchivePhase {
    /// Its turn has not come, or its logs are being compressed.
    Waiting,
    Uploading,
    /// Everything is stored.
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
    /// Total size in bytes, compressed; 0 while it is unknown.
    pub total_bytes: u64,
    /// Code of the last attempt's error.
    pub code: Option<String>,
    /// The same as a sentence.
    pub message: Option<String>,
    /// How to fix it.
    pub hint: Option<String>,
    /// Time of the next attempt.
    pub next_try_ms: Option<EpochMs>,
    /// Whether temporary download links to its files in the store can be created: it is stored, and the store can sign links.
    #[serde(default)]
    pub has_links: bool,
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

impl Archive {
    /// `None`: the run is in no store, and will not be stored.
    pub(super) fn view(&self, run: &Run) -> Option<ArchiveView> {
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
}

impl Engine {
    /// The state of storing the run; `None`: there is no store for it, or the run has not finished.
    pub fn archive_view(&self, run: &Run) -> Option<ArchiveView> {
        self.archive().filter(|_| run.phase.is_terminal()).and_then(|archive| archive.view(run))
    }
}
