//! Files of a run that are only in the store: found by the manifest in the run's folder, and read without downloading
//! them completely.

use super::Archive;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::regular_file::read_regular;
use crate::runs::kept::{COMPRESSED, KeptFile, damaged};
use jac_artefacts::{ArtefactError, ArtefactStore, Manifest, ObjectBytes, StoredObject, local_name, object_name};
use jac_logs::{Elsewhere, FramedLog, Input};
use jac_model::RunId;
use std::path::Path;
use std::sync::Arc;

/// Its name in a run's folder, as in the store.
pub const MANIFEST: &str = jac_artefacts::MANIFEST;

/// The manifest in a run's folder, for display; `None`: the run is not in the store, or the manifest cannot be read.
pub fn manifest_in(folder: &Path) -> Option<Manifest> {
    read_manifest(folder).ok().flatten()
}

/// The manifest in a run's folder; `None`: no manifest, or a damaged one.
///
/// # Errors
/// When it exists but cannot be read now: the run may be in a store.
pub(crate) fn read_manifest(folder: &Path) -> std::io::Result<Option<Manifest>> {
    match read_regular(&folder.join(MANIFEST)) {
        Ok(bytes) => Ok(Manifest::parse(&bytes).ok()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The stored object of the file with that name, plain or compressed.
pub(crate) fn remote_file<'a>(manifest: &'a Manifest, local: &str) -> Option<&'a StoredObject> {
    let name = object_name(local);
    manifest.object(&name).or_else(|| manifest.object(&format!("{name}{COMPRESSED}")))
}

/// Removes the logs from the folder of a run that the store has, unless the run has changed since.
pub(crate) fn remove_stored_logs(archive: &Archive, run: &RunId, folder: &Path) {
    if super::run::is_stale(folder) {
        return;
    }
    let Ok(Some((store, manifest))) = archive.stored_in(run, folder) else { return };
    for object in manifest.objects.iter().filter(|object| is_log(&object.name)) {
        let path = folder.join(local_name(&object.name));
        // Only files that are identical to the store's copy, if that still exists.
        if std::fs::metadata(&path).is_ok_and(|file| file.len() == object.bytes)
            && wait(store.size(&format!("{}{}", manifest.prefix(), object.name)))
                .is_ok_and(|size| size == Some(object.bytes))
            && let Err(error) = std::fs::remove_file(&path)
        {
            tracing::warn!(%error, "{} could not be removed: {error}", path.display());
        }
    }
}

/// Objects that are large, and are read in place.
pub(super) fn is_log(object: &str) -> bool {
    object.starts_with("samples/") || object.starts_with("logs/")
}

fn open(store: &ArtefactStore, manifest: &Manifest, object: &StoredObject) -> Result<ObjectBytes, EngineError> {
    Ok(wait(store.object(&format!("{}{}", manifest.prefix(), object.name)))?)
}

impl Archive {
    /// The store that has a run, and the manifest in its folder. `None`: no configured store has it.
    fn stored_in(&self, run: &RunId, folder: &Path) -> Result<Option<(ArtefactStore, Manifest)>, ArtefactError> {
        let read = read_manifest(folder);
        let unreadable =
            |error: std::io::Error| ArtefactError::File { name: MANIFEST.to_owned(), detail: error.to_string() };
        let Some(manifest) = read.map_err(unreadable)? else { return Ok(None) };
        let Some(place) = self.holder(run, &manifest) else { return Ok(None) };
        Ok(Some((self.store_at(&place)?, manifest)))
    }
}

impl Engine {
    /// A file of a run, decompressed if necessary, from here or from the store. `None`: it is in neither. It blocks: do
    /// not call it on an async thread.
    pub(crate) fn kept_file(&self, run: &RunId, name: &str) -> Result<Option<KeptFile>, EngineError> {
        let path = self.folder().run(run).join(name);
        if let Some(file) = KeptFile::open(&path)? {
            return Ok(Some(file));
        }
        let Some((store, manifest)) = self.archived(run)? else { return Ok(None) };
        let Some(object) = remote_file(&manifest, name) else { return Ok(None) };
        let bytes = open(&store, &manifest, object)?;
        if object.name == object_name(name) {
            return Ok(Some(KeptFile::Elsewhere(Arc::new(bytes), object.bytes)));
        }
        let log = FramedLog::of(Arc::new(bytes)).map_err(|error| crate::runs::kept::unread(&path, error))?;
        log.map(KeptFile::Compressed).map(Some).ok_or_else(|| damaged(&path))
    }

    /// The same for exactly that name, without decompression.
    pub(crate) fn kept_file_as_it_is(&self, run: &RunId, name: &str) -> Result<Option<KeptFile>, EngineError> {
        if let Some(file) = KeptFile::open_as_it_is(&self.folder().run(run).join(name))? {
            return Ok(Some(file));
        }
        let Some((store, manifest)) = self.archived(run)? else { return Ok(None) };
        let Some(object) = manifest.object(&object_name(name)) else { return Ok(None) };
        Ok(Some(KeptFile::Elsewhere(Arc::new(open(&store, &manifest, object)?), object.bytes)))
    }

    /// A run's log in the store. `None`: it does not exist.
    pub(crate) fn archived_log(&self, run: &RunId) -> Result<Option<Input>, EngineError> {
        let Some((store, manifest)) = self.archived(run)? else { return Ok(None) };
        let Some(object) = remote_file(&manifest, crate::runs::RESULTS) else { return Ok(None) };
        let name = format!("{}/{}{}", store.address(), manifest.prefix(), object.name);
        Ok(Some(Input::Elsewhere(Elsewhere { name, bytes: Arc::new(open(&store, &manifest, object)?) })))
    }

    pub(super) fn archived(&self, run: &RunId) -> Result<Option<(ArtefactStore, Manifest)>, EngineError> {
        Ok(self.archives().stored_in(run, &self.folder().run(run))?)
    }
}
