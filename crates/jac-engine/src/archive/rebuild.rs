//! Runs that the store has and this installation does not: a database and folder that were lost come back from manifests. The logs
//! stay where they are, and are read there.

use super::Place;
use super::kept::{MANIFEST, is_log};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::runs::record::RunRecord;
use futures_util::{StreamExt, stream};
use jac_artefacts::{ArtefactError, ArtefactStore, Manifest, local_name};
use jac_model::RunId;
use jac_store::{ResultsStoreRow, StoreError};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::{Component, Path};
use tokio::fs::File;
use tokio::io::AsyncWriteExt;

/// Runs that are processed at a time.
const AT_A_TIME: usize = 8;

/// Result of a rebuild.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Rebuilt {
    /// Restored runs.
    pub restored: u64,
    /// Runs that are there, or were deleted and are still to be removed from the store.
    pub known: u64,
    /// Uploads that never came to their end: they have no manifest.
    pub unfinished: u64,
    /// Runs that cannot be restored, each with why, a sentence.
    pub failed: Vec<String>,
}

enum Outcome {
    Restored,
    Known,
    Unfinished,
    Failed(String),
}

impl Engine {
    /// Takes every run that is in the server's store, or in one of people's own, into the list, unless it is there. From somebody's own store come
    /// runs of its owner only. `None`: that takes longer, and continues; whoever asks again waits for it again.
    ///
    /// # Errors
    /// When there is no store, or the server's cannot be asked.
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
            // One that cannot be asked keeps nobody else's runs away.
            if let Err(error) = done {
                let owner = &row.owner.name;
                rebuilt.failed.push(format!("{} of {owner}: {}", row.address, crate::tools::sentence(&error)));
            }
        }
        rebuilt.failed.sort();
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
                .unwrap_or_else(|error| Outcome::Failed(format!("{prefix}: {}", crate::tools::sentence(&error))))
        });
        let mut outcomes = outcomes.buffer_unordered(AT_A_TIME);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Outcome::Restored => rebuilt.restored += 1,
                Outcome::Known => rebuilt.known += 1,
                Outcome::Unfinished => rebuilt.unfinished += 1,
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
        if crate::deleted::place(self, &run).exists() {
            return Ok(Outcome::Known);
        }
        let Some(manifest) = store.manifest(prefix).await? else { return Ok(Outcome::Unfinished) };
        let manifest = manifest.put_into(store.address());
        if manifest.run != run || manifest.prefix() != prefix {
            return Ok(Outcome::Failed(format!("{prefix}: its manifest belongs to the run {}.", manifest.run)));
        }
        // Under a name of its own until it is whole: after a crash it is swept as an upload that was not finished.
        let staged = self.folder().uploads().join(format!("restored-{run}"));
        let fetched = fetch(store, &manifest, &staged).await;
        let (engine, id, place) = (self.clone(), run.clone(), staged.clone());
        let owner = own.map(|own| own.owner.clone());
        let restored = self
            .run_blocking(move |_| {
                fetched?;
                let record = RunRecord::read(&place)?.filter(|record| record.run.id == id);
                let Some(record) = record else {
                    return Ok(Outcome::Failed(format!("{id}: its run.json does not describe a finished run.")));
                };
                // Whoever writes to their own bucket makes no runs of others.
                if owner.is_some_and(|owner| owner.id != record.run.owner.id) {
                    return Ok(Outcome::Failed(format!("{id}: the run does not belong to the store's owner.")));
                }
                let folder = engine.folder().run(&id);
                std::fs::rename(&place, &folder)
                    .map_err(|error| EngineError::file("accessing the run's folder", error))?;
                record.restore(&engine)?;
                engine.fill_metrics_of(&id)?;
                Ok(Outcome::Restored)
            })
            .await;
        if !matches!(restored, Ok(Outcome::Restored)) {
            crate::plans::remove_folder(&staged);
        } else {
            let place = own.map_or(Place::Server, |own| Place::Own(own.id.clone()));
            self.place_run(&run, &place).await?;
            self.archives().is_stored_now(&run, place, manifest.objects.iter().map(|object| object.bytes).sum());
            self.notify(Event::Run(run));
        }
        restored
    }
}

/// Fetches what a run's folder needs; its logs stay in the store.
async fn fetch(store: &ArtefactStore, manifest: &Manifest, folder: &Path) -> Result<(), EngineError> {
    for object in &manifest.objects {
        if is_log(&object.name) {
            continue;
        }
        let local = local_name(&object.name);
        // Whoever writes to the bucket writes no files outside of the run's folder.
        let is_below = Path::new(&local).components().all(|part| matches!(part, Component::Normal(_)));
        if !is_below || local.split('/').any(|part| part.is_empty() || part == ".") {
            return Err(EngineError::JMeter(format!(
                "the manifest names '{}', which is not a file of a run",
                object.name
            )));
        }
        let name = format!("{}{}", manifest.prefix(), object.name);
        let missing = || ArtefactError::Missing { store: store.address().to_owned(), name: name.clone() };
        let Some(mut pieces) = store.open(&name, object.bytes).await? else {
            // It is made of what else there is, and nothing is read from it.
            if local == crate::runs::REPORT_PAGE {
                continue;
            }
            return Err(missing().into());
        };
        let mut file = create_below(folder, &local).await?;
        let mut sum = Sha256::new();
        while let Some(piece) = pieces.next().await? {
            sum.update(&piece);
            file.write_all(&piece).await.map_err(failed)?;
        }
        file.flush().await.map_err(failed)?;
        if hex::encode(sum.finalize()) != object.sha256 {
            return Err(EngineError::JMeter(format!("{name} does not match its manifest: its SHA-256 differs")));
        }
    }
    let text = manifest.to_bytes().map_err(EngineError::JMeter)?;
    tokio::fs::write(folder.join(MANIFEST), text).await.map_err(failed)
}

async fn create_below(folder: &Path, name: &str) -> Result<File, EngineError> {
    let path = folder.join(name);
    if let Some(parent) = path.parent() {
        tokio::fs::create_dir_all(parent).await.map_err(failed)?;
    }
    File::create(path).await.map_err(failed)
}

fn failed(error: std::io::Error) -> EngineError {
    EngineError::file("restoring the run's folder", error)
}
