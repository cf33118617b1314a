//! Folders of deleted runs: they are first moved away, then removed. What could not be removed at once, e.g. because
//! the disk was full, is retried regularly. If the run's row still exists at the next start, its folder is moved back:
//! that deletion did not complete.

use crate::archive::{Archive, begun_in, keep_only_the_address, read_manifest, was_begun};
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::plans::remove_folder;
use crate::regular_file::is_absent;
use crate::runs::record::RunRecord;
use jac_artefacts::{Manifest, run_prefix};
use jac_model::{PlanFile, RunId};
use jac_store::StoreError;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::timeout;

const SWEEP_EVERY: Duration = Duration::from_secs(10 * 60);
const PREFIX: &str = "deleted-";

/// The place where a deleted run's folder waits for its removal.
pub(crate) fn place(engine: &Engine, run: &RunId) -> PathBuf {
    engine.folder().uploads().join(format!("{PREFIX}{run}"))
}

/// The run whose folder waits here; `None`: it is something else.
fn run_of(folder: &Path) -> Option<RunId> {
    // This module has not put anything here whose name is not an ID.
    folder.file_name()?.to_str()?.strip_prefix(PREFIX)?.parse().ok()
}

/// Everything that waits.
fn waiting(engine: &Engine) -> Vec<(RunId, PathBuf)> {
    let entries = std::fs::read_dir(engine.folder().uploads()).into_iter().flatten().flatten();
    entries.filter_map(|entry| Some((run_of(&entry.path())?, entry.path()))).collect()
}

/// Removes a folder, and the content of files that nothing else uses. If the run is in the store too, the files with its address
/// there are kept until it is deleted there, in the background.
pub(crate) fn remove(engine: &Engine, folder: &Path, files: &[PlanFile]) {
    if was_begun(folder) {
        keep_only_the_address(folder);
        engine.release_content(files);
        // Without a store now it waits for an engine that has it.
        if let Some(archive) = engine.archive() {
            archive.removals().notify_one();
        }
        return;
    }
    remove_folder(folder);
    if is_absent(folder) {
        engine.release_content(files);
    }
}

/// Whether it is the folder of a deleted run that still has to be removed from the store.
pub(crate) fn waits_for_store(folder: &Path) -> bool {
    run_of(folder).is_some() && was_begun(folder)
}

/// The address of a run in its store: its record, and the manifest.
///
/// # Errors
/// When one of them cannot be read at present; it may still contain the address.
fn address_in(folder: &Path) -> Result<(Option<RunRecord>, Option<Manifest>), EngineError> {
    let record = RunRecord::read(folder)?;
    let manifest = read_manifest(folder).map_err(|error| EngineError::file("reading a run's manifest", error))?;
    Ok((record, manifest))
}

/// Removes a run whose folder waits from its store.
fn remove_from_store(engine: &Engine, archive: &Archive, run: &RunId, folder: &Path) {
    let (record, manifest) = match address_in(folder) {
        Ok(address) => address,
        Err(error) => return tracing::warn!(%run, %error, "run {run} is still in the store: {error} Trying again."),
    };
    let placed = archive.placed(run);
    let store = match &placed {
        Some(place) => archive.store_at(place),
        None => match archive.server() {
            Some(server) if manifest.as_ref().is_none_or(|manifest| manifest.store == server.address()) => Ok(server),
            // It is in another store, which may be configured again.
            _ => return,
        },
    };
    let of_record = record.map(|record| run_prefix(&record.run.id, record.run.created_ms));
    let Some(prefix) = of_record.or_else(|| manifest.map(|manifest| manifest.prefix())) else {
        let path = folder.display();
        return tracing::warn!(%run, %path, "run {run} may be in the store, but {path} contains no address of it; the folder is kept");
    };
    let removed = store.and_then(|store| {
        begun_in(folder).iter().try_for_each(|(name, begun)| wait(store.abort(name, begun)))?;
        wait(store.remove_run(&prefix))
    });
    if let Err(error) = removed {
        tracing::warn!(code = error.code(), "{prefix} is still in the store: {error} Trying again.");
        return;
    }
    remove_folder(folder);
    if placed.is_some() && is_absent(folder) {
        displace(engine, run);
    }
}

fn displace(engine: &Engine, run: &RunId) {
    if let Err(error) = wait(engine.displace_run(run)) {
        tracing::warn!(%run, %error, "run {run}: that it is in no store any more could not be written down: {error}");
    }
}

/// Moves the folder of a run that keeps its row back.
pub(crate) fn give_back(engine: &Engine, run: &RunId) {
    let away = place(engine, run);
    match std::fs::rename(&away, engine.folder().run(run)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::error!(%run, %error, "the folder of the run {run} stays in {}", away.display());
        }
        _ => (),
    }
}

/// Moves the folders of incomplete deletions back. It blocks: do not call it on an async thread.
///
/// # Errors
/// When the database cannot be read.
pub(crate) fn give_back_all(engine: &Engine) -> Result<(), EngineError> {
    for (run, _) in waiting(engine) {
        match wait(engine.store().run(&run)) {
            Err(StoreError::NotFound { .. }) => (),
            Ok(_) | Err(StoreError::Unreadable { .. }) => give_back(engine, &run),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Removes waiting folders, until the engine ends.
pub(crate) async fn sweep_forever(engine: Engine) {
    loop {
        drop(timeout(SWEEP_EVERY, engine.archives().removals().notified()).await);
        // Gigabytes take their time.
        if let Err(error) = engine.run_blocking(sweep).await {
            tracing::warn!(%error, "folders of deleted runs cannot be removed: {error}");
        }
    }
}

fn sweep(engine: &Engine) -> Result<(), EngineError> {
    for (run, folder) in waiting(engine) {
        match wait(engine.store().run(&run)) {
            Err(StoreError::NotFound { .. }) => {
                if was_begun(&folder) {
                    if let Some(archive) = engine.archive() {
                        remove_from_store(engine, archive, &run, &folder);
                    }
                    continue;
                }
                // The record lists the run's files; without it the content stays.
                let record = RunRecord::read(&folder).ok().flatten();
                let files = record.map(|record| record.run.files).unwrap_or_default();
                remove(engine, &folder, &files);
            }
            Err(error) => return Err(error.into()),
            Ok(_) => (),
        }
    }
    // A crash may have occurred between a folder's removal and this.
    for run in engine.archives().placed_runs() {
        if is_absent(&engine.folder().run(&run))
            && is_absent(&place(engine, &run))
            && matches!(wait(engine.store().run(&run)), Err(StoreError::NotFound { .. }))
        {
            displace(engine, &run);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archive::MANIFEST;

    #[test]
    fn an_address_that_cannot_be_read_is_not_taken_for_none() {
        let folder = tempfile::tempdir().expect("a folder");
        assert!(matches!(address_in(folder.path()), Ok((None, None))));
        for name in [MANIFEST, crate::runs::record::NAME] {
            std::fs::create_dir(folder.path().join(name)).expect("a folder in place of the file");
            address_in(folder.path()).expect_err("it is there");
            std::fs::remove_dir(folder.path().join(name)).expect("removed");
        }
    }
}
