//! The steps that store one finished run. A crash may occur at any time; every step can be repeated.
//!
//! | step | action                                                                                |
//! |------|---------------------------------------------------------------------------------------|
//! | 1    | its logs are compressed (`compression.rs`), before this module                         |
//! | 2    | the store's manifest is read, if it has one: existing objects are not uploaded          |
//! | 3    | the store's owner is recorded, unless it is the server's store                          |
//! | 4    | each file is uploaded, large ones in parts that are recorded (`uploads.json`)           |
//! | 5    | the manifest is put into the store: from here on the run is stored                       |
//! | 6    | the manifest is written into the run's folder: from here on it counts as stored         |
//!
//! A run whose record changes afterwards (e.g. its pin) has `manifest.stale` next to the manifest until the store has
//! the new one.

use super::journal::{JOURNAL, RunJournal, begun_in};
use super::kept::is_log;
use super::{Archive, MANIFEST, Place, read_manifest};
use crate::blocking::{resumed, wait};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::regular_file::{is_absent, read_regular};
use crate::runs::keep::is_kept;
use crate::runs::kept::{COMPRESSED, KeptFile};
use crate::runs::write_file;
use crate::shipping::refused_artefact;
use crate::view::RunResult;
use jac_artefacts::{ArtefactError, ArtefactStore, Checked, Manifest, StoredObject, digest, object_name};
use jac_model::{Run, RunId};
use jac_store::{ShipmentRow, StoreError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};

/// Next to the manifest of a run that has changed since.
const STALE: &str = "manifest.stale";
/// The extension of JAC's files while they are incomplete.
const UNFINISHED: &str = ".new";
/// The plan's files may have any name.
pub(super) const PLAN: &str = "plan/";
/// How often the progress of an upload is sent to pages.
const REPORT_EVERY: Duration = Duration::from_secs(1);

/// Whether the run has changed since it was stored.
pub(super) fn is_stale(folder: &Path) -> bool {
    folder.join(STALE).exists()
}

/// Marks a run as changed, before the change. Each change has a separate mark.
pub(crate) fn mark_stale(folder: &Path) -> Result<(), EngineError> {
    let mark = format!("{:016x}", rand::random::<u64>());
    std::fs::write(folder.join(STALE), mark).map_err(|error| EngineError::file("accessing the run's folder", error))
}

/// The mark of the last change that is not stored; `None`: everything is stored.
fn stale_mark(folder: &Path) -> Option<Vec<u8>> {
    read_regular(&folder.join(STALE)).ok()
}

/// A file of the run's folder with its object.
struct Kept {
    path: PathBuf,
    object: StoredObject,
}

impl Engine {
    /// Stores a run. Returns its size in the store in bytes; `None`: there is nothing to store yet, or any more.
    pub(super) async fn archive_run(
        &self,
        archive: &Archive,
        id: &RunId,
        place: &Place,
    ) -> Result<Option<u64>, ArtefactError> {
        let row = match self.store().run(id).await {
            Ok(row) => row,
            Err(StoreError::NotFound { .. }) => {
                archive.forget(id);
                return Ok(None);
            }
            Err(error) => return Err(unreadable("the database", &error)),
        };
        let folder = self.folder().run(id);
        if !row.run.phase.is_terminal() || self.has_uncompressed_logs(&folder) {
            return Ok(None);
        }
        let pending = archive.pend(&row.run, place.clone());
        archive.change(id, |pending| pending.is_uploading = true);
        self.notify(Event::Run(id.clone()));
        // A page that shows it must be notified.
        let mut ticks = interval(REPORT_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let result: Option<RunResult> =
            row.result.as_ref().and_then(|value| serde_json::from_value(value.clone()).ok());
        let samples = result.and_then(|result| result.headline).map_or(0, |headline| headline.samples);
        let storing = self.put_run(archive, place, &row.run, samples, &folder, &pending.bytes);
        tokio::pin!(storing);
        loop {
            tokio::select! {
                stored = &mut storing => return stored,
                _ = ticks.tick() => self.notify(Event::Run(id.clone())),
            }
        }
    }

    async fn put_run(
        &self,
        archive: &Archive,
        at: &Place,
        run: &Run,
        samples: u64,
        folder: &Path,
        moved: &Arc<AtomicU64>,
    ) -> Result<Option<u64>, ArtefactError> {
        let store = archive.store_at(at)?;
        let prefix = jac_artefacts::run_prefix(&run.id, run.created_ms);
        let there = store.manifest(&prefix).await?;
        let place = folder.to_owned();
        let refusals =
            Refusals::of(self.store().shipments(&run.id).await.map_err(|error| unreadable("the database", &error))?);
        let growing = refusals.growing;
        let listed = tokio::task::spawn_blocking(move || {
            // Later changes have another mark.
            let mark = stale_mark(&place);
            Ok::<_, std::io::Error>((mark, kept_files(&place, &growing)?, read_manifest(&place)?))
        });
        let listed = resumed(listed.await).map_err(|ended| unreadable("the run's folder", &ended))?;
        let (mark, files, known) = match listed {
            Ok(listed) => listed,
            Err(_) if self.was_deleted(&run.id).await? => return Ok(None),
            Err(error) => return Err(unreadable("the run's folder", &error)),
        };
        // It is in another store, and no longer here: the run would lose it.
        if let Some(known) = known.filter(|known| known.store != store.address())
            && let Some(lost) = known.objects.iter().find(|object| {
                let is_it = |other: &StoredObject| other.name == object.name;
                !files.iter().any(|file| is_it(&file.object))
                    && !there.iter().any(|there| there.objects.iter().any(is_it))
            })
        {
            return Err(ArtefactError::Missing { store: known.store.clone(), name: lost.name.clone() });
        }
        let unchanged = there.iter().flat_map(|there| &there.objects);
        let unchanged: Vec<_> = unchanged.filter(|object| files.iter().any(|file| file.object == **object)).collect();
        let sound = sound_objects(&store, &prefix, &unchanged, archive.reads_content(&run.id)).await?;
        let stored_before = |object: &StoredObject| sound.contains(object);
        moved.store(0, Ordering::Relaxed);
        let total = files.iter().map(|file| file.object.bytes).sum();
        archive.change(&run.id, |pending| pending.total_bytes = total);
        self.move_to(archive, at, run, folder).await?;
        let journal = RunJournal::of(folder);
        journal.open().await?;
        let count = |bytes| _ = moved.fetch_add(bytes, Ordering::Relaxed);
        for Kept { path, object } in &files {
            if stored_before(object) {
                count(object.bytes);
                continue;
            }
            match store.upload(&format!("{prefix}{}", object.name), path, object, &journal, &count).await {
                _ if is_absent(folder) && self.was_deleted(&run.id).await? => return take_back(&store, &prefix).await,
                done => done?,
            }
        }
        let mut objects: Vec<StoredObject> = files.into_iter().map(|file| file.object).collect();
        // Objects that are only in the store.
        let elsewhere = there.iter().flat_map(|there| &there.objects);
        let elsewhere = elsewhere.filter(|object| objects.iter().all(|kept| kept.name != object.name)).cloned();
        let elsewhere: Vec<_> = elsewhere.filter(|object| !refusals.gone.contains(&object.name)).collect();
        objects.extend(elsewhere);
        let bytes = objects.iter().map(|object| object.bytes).sum();
        let version = env!("CARGO_PKG_VERSION");
        let manifest = Manifest::new(run.id.clone(), run.created_ms, self.now_ms(), samples, objects, version)
            .put_into(store.address());
        let text = manifest.to_bytes().map_err(|detail| ArtefactError::File { name: MANIFEST.to_owned(), detail })?;
        let name = format!("{prefix}{MANIFEST}");
        if there.is_some() || !store.put_new(&name, text.clone()).await? {
            store.put(&name, text.clone()).await?;
        }
        let place = folder.join(MANIFEST);
        let written = tokio::task::spawn_blocking(move || write_file(&place, &text));
        match resumed(written.await).map_err(|ended| unreadable(MANIFEST, &ended))? {
            Err(_) if self.was_deleted(&run.id).await? => take_back(&store, &prefix).await,
            Err(error) => Err(unreadable(MANIFEST, &error)),
            Ok(()) => {
                journal.close().await;
                let place = folder.to_owned();
                let settle = move || if stale_mark(&place) == mark { settled(&place) } else { false };
                if tokio::task::spawn_blocking(settle).await.unwrap_or_default() {
                    return Ok(Some(bytes));
                }
                // Its record has been changed meanwhile: store it again.
                archive.add(run.id.clone());
                Ok(None)
            }
        }
    }

    /// Whether a run was deleted: its folder and its row are gone. A deletion under way is awaited, as it may fail and give the folder back.
    async fn was_deleted(&self, run: &RunId) -> Result<bool, ArtefactError> {
        let id = run.clone();
        let looked = self.run_blocking(move |engine| {
            let _turn = engine.describing();
            if !is_absent(&engine.folder().run(&id)) {
                return Ok(false);
            }
            match wait(engine.store().run(&id)) {
                Err(StoreError::NotFound { .. }) => Ok(true),
                Ok(_) | Err(StoreError::Unreadable { .. }) => Ok(false),
                Err(error) => Err(error.into()),
            }
        });
        looked.await.map_err(|error| unreadable("the database", &error))
    }

    /// Records the run's store from now on. Uploads started in the server's or another store of its owner are removed there, as far as that can be
    /// done: it was never whole, and lifecycle rules of the bucket remove the rest.
    async fn move_to(&self, archive: &Archive, at: &Place, run: &Run, folder: &Path) -> Result<(), ArtefactError> {
        let was_begun = || folder.join(JOURNAL).exists();
        let on_server = || archive.server().filter(|_| was_begun()).map(|_| Place::Server);
        // Uploads to the server's store are recorded in the journal only.
        let before = archive.placed(&run.id).or_else(on_server);
        if before.as_ref() == Some(at) || (before.is_none() && *at == Place::Server) {
            return Ok(());
        }
        if let Some(before) = before {
            let prefix = jac_artefacts::run_prefix(&run.id, run.created_ms);
            if let Err(error) = take_back_begun(archive, &before, &prefix, folder).await {
                tracing::warn!(run = %run.id, code = error.code(), "run {}: what was begun stays in the store of before: {error}", run.id);
            }
            let journal = folder.join(JOURNAL);
            drop(tokio::task::spawn_blocking(move || std::fs::remove_file(journal)).await);
        }
        self.place_run(&run.id, at).await.map_err(|error| unreadable("the database", &error))
    }
}

/// The objects that the store still has: compared by size, with `reads_content` also by content, except for the logs.
/// Objects that were removed or changed there are stored again.
async fn sound_objects(
    store: &ArtefactStore,
    prefix: &str,
    objects: &[&StoredObject],
    reads_content: bool,
) -> Result<Vec<StoredObject>, ArtefactError> {
    let mut sound = Vec::new();
    for object in objects {
        let is_sound = if is_log(&object.name) || !reads_content {
            store.size(&format!("{prefix}{}", object.name)).await? == Some(object.bytes)
        } else {
            store.check(prefix, object).await? == Checked::Same
        };
        if is_sound {
            sound.push(StoredObject::clone(object));
        }
    }
    Ok(sound)
}

async fn take_back_begun(archive: &Archive, at: &Place, prefix: &str, folder: &Path) -> Result<(), ArtefactError> {
    let store = archive.store_at(at)?;
    for (name, begun) in begun_in(folder) {
        store.abort(&name, &begun).await?;
    }
    store.remove_run(prefix).await
}

/// The run was deleted while it was uploaded: removes what was uploaded after the deletion.
async fn take_back(store: &ArtefactStore, prefix: &str) -> Result<Option<u64>, ArtefactError> {
    store.remove_run(prefix).await?;
    Ok(None)
}

/// Records that the last change is stored. Returns whether that succeeded.
fn settled(folder: &Path) -> bool {
    match std::fs::remove_file(folder.join(STALE)) {
        Err(error) => error.kind() == std::io::ErrorKind::NotFound,
        Ok(()) => true,
    }
}

fn unreadable(name: &str, error: &dyn std::fmt::Display) -> ArtefactError {
    ArtefactError::File { name: name.to_owned(), detail: error.to_string() }
}

/// The files with rows that search targets refused.
#[derive(Default)]
struct Refusals {
    /// Files of active shipments: they are stored once these have ended.
    growing: Vec<String>,
    /// Files of shipments that ended without refused rows: the store's copies are from an earlier attempt.
    gone: Vec<String>,
}

impl Refusals {
    fn of(shipments: Vec<ShipmentRow>) -> Self {
        let mut refusals = Self::default();
        for row in shipments {
            let name = refused_artefact(&row.target);
            if !row.state.is_final() {
                refusals.growing.push(name);
            } else if row.refused_bytes == 0 {
                refusals.gone.push(name);
            }
        }
        refusals
    }
}

/// The files of a finished run's folder to store: all except those that are still growing.
fn kept_files(folder: &Path, growing: &[String]) -> std::io::Result<Vec<Kept>> {
    let mut names = Vec::new();
    names_below(folder, "", &mut names)?;
    names.retain(|name| {
        let is_unfinished = name.ends_with(UNFINISHED) && !name.starts_with(PLAN) && !is_kept(name);
        ![MANIFEST, STALE, JOURNAL].contains(&name.as_str()) && !is_unfinished && !growing.contains(name)
    });
    names.sort();
    let kept = |name: String| {
        let path = folder.join(&name);
        let (bytes, sha256) = digest(&path)?;
        let log = name.ends_with(COMPRESSED).then(|| KeptFile::open(&path.with_extension("")).ok().flatten()).flatten();
        let unpacked_bytes = log.filter(|log| matches!(log, KeptFile::Compressed(_))).map(|log| log.bytes());
        Ok(Kept { path, object: StoredObject { name: object_name(&name), bytes, sha256, unpacked_bytes } })
    };
    names.into_iter().map(kept).collect()
}

fn names_below(folder: &Path, name: &str, names: &mut Vec<String>) -> std::io::Result<()> {
    for entry in std::fs::read_dir(folder.join(name))? {
        let entry = entry?;
        let (kind, file) = (entry.file_type()?, entry.file_name());
        let Some(file) = file.to_str() else { continue };
        let name = if name.is_empty() { file.to_owned() } else { format!("{name}/{file}") };
        if kind.is_dir() {
            names_below(folder, &name, names)?;
        } else if kind.is_file() {
            names.push(name);
        }
    }
    Ok(())
}

/// Whether the run is in the store, or being uploaded.
pub(crate) fn was_begun(folder: &Path) -> bool {
    [MANIFEST, JOURNAL].iter().any(|name| folder.join(name).exists())
}

/// Keeps only the files of a run's folder that contain its address in the store, until it is deleted there too.
pub(crate) fn keep_only_the_address(folder: &Path) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if [MANIFEST, JOURNAL, crate::runs::record::NAME].iter().any(|kept| name == *kept) {
            continue;
        }
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            crate::plans::remove_folder(&entry.path());
        } else {
            drop(std::fs::remove_file(entry.path()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_a_run_is_stored_but_for_jacs_own_notes_and_what_is_not_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let stored = [
            "nodes/worker-1/files/out.new",
            "plan/data/renew",
            "plan/prices.new",
            "plan/users_new",
            "report.html",
            "run.json",
            "search/done.refused.ndjson",
        ];
        let left_out = [MANIFEST, STALE, JOURNAL, "run.new", "results.jtl.zst.new", "search/target.refused.ndjson"];
        let growing = ["search/target.refused.ndjson".to_owned()];
        for name in stored.into_iter().chain(left_out) {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            std::fs::write(path, name).expect("written");
        }
        let files = kept_files(folder.path(), &growing).expect("read");
        let names: Vec<&str> = files.iter().map(|file| file.object.name.as_str()).collect();
        assert_eq!(names, stored.map(object_name));
    }

    #[test]
    fn a_change_while_a_run_is_stored_has_a_mark_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(stale_mark(folder.path()), None);
        mark_stale(folder.path()).expect("marked");
        let first = stale_mark(folder.path());
        assert!(is_stale(folder.path()) && first.is_some());
        mark_stale(folder.path()).expect("marked");
        assert_ne!(stale_mark(folder.path()), first);
        assert!(settled(folder.path()) && !is_stale(folder.path()));
    }
}
