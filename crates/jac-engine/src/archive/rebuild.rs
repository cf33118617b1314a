//! Restores runs that the store has and this installation does not: a lost database and folder are rebuilt from
//! manifests. The logs stay in the store, and are read there.

use super::Place;
use super::kept::{MANIFEST, is_log};
use super::run::PLAN;
use crate::disk::CHECK_EVERY_BYTES;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::regular_file::is_absent;
use crate::runs::record::{self, RunRecord};
use futures_util::{StreamExt, stream};
use jac_artefacts::{ArtefactError, ArtefactStore, Manifest, StoredObject, local_name};
use jac_model::{Person, RunId, is_same_name};
use jac_store::{ResultsStoreRow, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Component, Path};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// Number of runs processed concurrently.
const AT_A_TIME: usize = 8;

/// Result of a rebuild.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rebuilt {
    /// Restored runs.
    pub restored: u64,
    /// Runs that exist here, or were deleted and still have to be removed from the store.
    pub known: u64,
    /// Incomplete uploads: they have no manifest.
    pub unfinished: u64,
    /// Runs of other people in a person's own store.
    #[serde(default)]
    pub others: u64,
    /// Runs that cannot be restored, each with why, a sentence.
    pub failed: Vec<String>,
}

enum Outcome {
    Restored,
    Known,
    Unfinished,
    Others,
    Failed(String),
}

impl Engine {
    /// Adds every run in the server's store, or in one of people's own, to the list, unless it exists. From a person's
    /// own store only runs of its owner are added, found by ID or, if no account has that ID, by name. `None`: it takes
    /// longer and continues; repeat the call to wait again.
    ///
    /// # Errors
    /// When there is no store, or the server's cannot be reached.
    pub async fn rebuild_from_archive(&self) -> Result<Option<Rebuilt>, EngineError> {
        let archive = self.archive().ok_or_else(super::no_store)?;
        let engine = self.clone();
        let work = async move { engine.rebuild().await };
        self.wait_for_job(&archive.rebuilding, (), "the rebuild from the store".to_owned(), work).await
    }

    async fn rebuild(&self) -> Result<Rebuilt, ArtefactError> {
        let archive = self.archives();
        let mut rebuilt = Rebuilt::default();
        if let Some(server) = archive.server() {
            self.rebuild_from(&server, None, &mut rebuilt).await?;
        }
        for row in archive.own_stores() {
            let store = archive.store_at(&Place::Own(row.id.clone()));
            let done = match store {
                Ok(store) => self.rebuild_from(&store, Some(&row), &mut rebuilt).await,
                Err(error) => Err(error),
            };
            // An unreachable store must not prevent the others' runs from being restored.
            if let Err(error) = done {
                let owner = &row.owner.name;
                rebuilt.failed.push(format!("{} of {owner}: {}", row.address, jac_model::sentence(&error)));
            }
        }
        rebuilt.failed.sort();
        if let Err(error) = self.adopt_restored().await {
            tracing::warn!(%error, "restored runs stay without an owner until the next start: {error}");
        }
        Ok(rebuilt)
    }

    async fn rebuild_from(
        &self,
        store: &ArtefactStore,
        own: Option<&ResultsStoreRow>,
        rebuilt: &mut Rebuilt,
    ) -> Result<(), ArtefactError> {
        let prefixes = store.run_prefixes().await?;
        let outcomes = stream::iter(prefixes).map(|prefix| async move {
            self.restore_run(store, own, &prefix)
                .await
                .unwrap_or_else(|error| Outcome::Failed(format!("{prefix}: {}", jac_model::sentence(&error))))
        });
        let mut outcomes = outcomes.buffer_unordered(AT_A_TIME);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Outcome::Restored => rebuilt.restored += 1,
                Outcome::Known => rebuilt.known += 1,
                Outcome::Unfinished => rebuilt.unfinished += 1,
                Outcome::Others => rebuilt.others += 1,
                Outcome::Failed(why) => rebuilt.failed.push(why),
            }
        }
        Ok(())
    }

    async fn restore_run(
        &self,
        store: &ArtefactStore,
        own: Option<&ResultsStoreRow>,
        prefix: &str,
    ) -> Result<Outcome, EngineError> {
        let named: Option<RunId> = prefix.trim_end_matches('/').rsplit('/').next().and_then(|name| name.parse().ok());
        let Some(run) = named else { return Ok(Outcome::Failed(format!("{prefix}: not a run ID."))) };
        match self.store().run(&run).await {
            Ok(_) => return Ok(Outcome::Known),
            Err(StoreError::NotFound { .. }) => (),
            Err(error) => return Err(error.into()),
        }
        // Deleted, and the store has yet to forget it.
        if !is_absent(&crate::deleted::place(self, &run)) {
            return Ok(Outcome::Known);
        }
        let Some(manifest) = store.manifest(prefix).await? else { return Ok(Outcome::Unfinished) };
        let manifest = manifest.put_into(store.address());
        if manifest.run != run || manifest.prefix() != prefix {
            return Ok(Outcome::Failed(format!("{prefix}: its manifest belongs to the run {}.", manifest.run)));
        }
        // Under a name of its own until it is whole: after a crash it is swept as an upload that was not finished.
        let staged = self.folder().uploads().join(format!("restored-{run}"));
        let restored = match self.fetch_run(store, own, &manifest, &staged).await {
            Ok(None) => self.list_run(&run, &staged).await.map(|()| Outcome::Restored),
            Ok(Some(outcome)) => Ok(outcome),
            Err(error) => Err(error),
        };
        if !matches!(restored, Ok(Outcome::Restored)) {
            crate::plans::remove_folder(&staged);
        } else {
            let place = own.map_or(Place::Server, |own| Place::Own(own.id.clone()));
            self.place_run(&run, &place).await?;
            self.archives().is_stored_now(&run, place, manifest.objects.iter().map(|object| object.bytes).sum());
            if let Some(own) = own
                && self.store().run(&run).await?.run.owner.id != own.owner.id
            {
                self.give_run(&run, own.owner.clone()).await?;
            }
            self.notify(Event::Run(run));
        }
        restored
    }

    /// Downloads the files that a run's folder needs, its record first; its logs stay in the store. `Some`: why it is
    /// not restored.
    async fn fetch_run(
        &self,
        store: &ArtefactStore,
        own: Option<&ResultsStoreRow>,
        manifest: &Manifest,
        folder: &Path,
    ) -> Result<Option<Outcome>, EngineError> {
        if let Some(object) = manifest.object(record::NAME) {
            self.fetch(store, manifest, folder, object).await?;
        }
        let place = folder.to_owned();
        let record = self.run_blocking(move |_| RunRecord::read(&place)).await?;
        let id = &manifest.run;
        let Some(record) = record.filter(|record| record.run.id == *id) else {
            return Ok(Some(Outcome::Failed(format!("{id}: its run.json does not describe a finished run."))));
        };
        // A bucket's owner must not be able to create other people's runs, and several people may share one bucket.
        if let Some(own) = own
            && !self.is_of(&record.run.owner, &own.owner).await?
        {
            return Ok(Some(Outcome::Others));
        }
        for object in manifest.objects.iter().filter(|object| !is_log(&object.name) && object.name != record::NAME) {
            self.fetch(store, manifest, folder, object).await?;
        }
        let text = manifest.to_bytes().map_err(EngineError::JMeter)?;
        tokio::fs::write(folder.join(MANIFEST), text).await.map_err(failed)?;
        Ok(None)
    }

    /// Whether the owner in a run's record is this person: after a lost database the accounts have other IDs.
    async fn is_of(&self, recorded: &Person, owner: &Person) -> Result<bool, EngineError> {
        if recorded.id == owner.id {
            return Ok(true);
        }
        match self.store().person(&recorded.id).await {
            Ok(_) => Ok(false),
            Err(StoreError::NotFound { .. }) => Ok(is_same_name(&recorded.name, &owner.name)),
            Err(error) => Err(error.into()),
        }
    }

    /// Moves a fetched run into place and adds it to the list.
    async fn list_run(&self, run: &RunId, staged: &Path) -> Result<(), EngineError> {
        let (id, place) = (run.clone(), staged.to_owned());
        self.run_blocking(move |engine| {
            let record = RunRecord::read(&place)?;
            let folder = engine.folder().run(&id);
            std::fs::rename(&place, &folder).map_err(|error| EngineError::file("accessing the run's folder", error))?;
            if let Some(record) = record {
                record.restore(engine)?;
            }
            engine.fill_metrics_of(&id)
        })
        .await
    }

    /// Downloads one file of a run, unless this installation has its content.
    async fn fetch(
        &self,
        store: &ArtefactStore,
        manifest: &Manifest,
        folder: &Path,
        object: &StoredObject,
    ) -> Result<(), EngineError> {
        let local = local_name(&object.name);
        // A person with access to the bucket must not be able to write files outside of the run's folder.
        let is_below = Path::new(&local).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_below || local.split('/').any(|part| part.is_empty() || part == ".") {
            return Err(EngineError::JMeter(format!(
                "the manifest names '{}', which is not a file of a run",
                object.name
            )));
        }
        let path = folder.join(&local);
        if let Some(parent) = path.parent() {
            tokio::fs::create_dir_all(parent).await.map_err(failed)?;
        }
        let is_of_plan = object.name.starts_with(PLAN);
        if is_of_plan {
            let (sha256, to) = (object.sha256.clone(), path.clone());
            if self.run_blocking(move |engine| engine.link_content(&sha256, &to).map_err(failed)).await? {
                return Ok(());
            }
        }
        let name = format!("{}{}", manifest.prefix(), object.name);
        let missing = || ArtefactError::Missing { store: store.address().to_owned(), name: name.clone() };
        let Some(mut pieces) = store.open(&name, object.bytes).await? else {
            // It is generated from the other files, and nothing is read from it.
            if local == crate::runs::REPORT_PAGE {
                return Ok(());
            }
            return Err(missing().into());
        };
        let mut file = File::create(&path).await.map_err(failed)?;
        let (mut sum, mut until_check) = (Sha256::new(), 0_u64);
        while let Some(piece) = pieces.next().await? {
            if until_check == 0 && !self.has_room_for_files() {
                return Err(failed(std::io::ErrorKind::StorageFull.into()));
            }
            until_check = if until_check == 0 { CHECK_EVERY_BYTES } else { until_check };
            until_check = until_check.saturating_sub(piece.len() as u64);
            sum.update(&piece);
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        if hex::encode(sum.finalize()) != object.sha256 {
            return Err(EngineError::JMeter(format!("{name} does not match its manifest: its SHA-256 differs")));
        }
        if is_of_plan {
            self.run_blocking(move |engine| engine.keep_content(&path).map_err(failed)).await?;
        }
        Ok(())
    }
}

fn failed(error: std::io::Error) -> EngineError {
    EngineError::file("restoring the run's folder", error)
}
