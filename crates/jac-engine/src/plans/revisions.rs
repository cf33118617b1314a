//! The revisions of a plan: its earlier files.
//!
//! | below `plans-revisions/<plan>/` | content
//! |
//! |---------------------------------|-----------------------------------------------------------------------------------------------|
//! | `<N>.json`                      | revision N: when and by whom it was created, and its files by the hash of their
//! content       |
//! | `content/<SHA-256>`             | content of earlier revisions that the plan no longer has: links to `blobs/`,
//! each content once |
//!
//! A record is written before the plan's row, so the record of a revision unknown to the row belongs to a change interrupted by a crash, and is
//! overwritten. Runs have their files in separate folders; deleting a plan deletes its revisions.

use super::content::{Content, link};
use super::{PlanFolder, remove_folder};
use crate::blocking::wait;
use crate::disk::Roomy;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::regular_file::read_regular;
use crate::runs::KeptFile;
use jac_model::{EpochMs, FileChange, Person, Plan, PlanFile, PlanId, PlanRevision, changed_files};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::io::{self, BufWriter, Seek, Write};
use std::path::{Path, PathBuf};
use tempfile::TempDir;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// Maximum number of changes of a revision that are shown by name.
const CHANGES_SHOWN: usize = 50;
/// A revision is shown at most this many at a time.
const MOST_SHOWN: usize = 200;
/// Zips with larger files need their long form.
const LARGE: u64 = u32::MAX as u64;

/// A file that differs from the previous revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ChangedFile {
    pub path: String,
    pub change: FileChange,
}

/// A revision of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionView {
    pub revision: u32,
    /// When its files were uploaded, added or removed; `null`: by a version of JAC that did not record revisions.
    pub created_ms: Option<i64>,
    /// Who did it; `null` likewise.
    pub by: Option<Person>,
    /// How many files it has, and their size in bytes.
    pub files: u32,
    pub bytes: u64,
    /// The `.jmx` that it runs.
    #[serde(default)]
    pub main_file: String,
    /// How many runs ran it.
    pub runs: u64,
    /// The revision that `changes` are relative to: the newest kept one before it; `null`: no earlier one is kept.
    pub changes_from: Option<u32>,
    /// Files that were added, removed or changed since then, the first 50.
    pub changes: Vec<ChangedFile>,
    /// How many there are.
    pub changed_files: u32,
}

/// Revisions of a plan, newest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RevisionPage {
    pub items: Vec<RevisionView>,
    /// The value of `before` for older ones; `null`: there are no further ones.
    pub next: Option<u32>,
}

/// The plan at one of its revisions, with the folder that its files are in now.
#[derive(Debug)]
pub struct PlanAt {
    pub plan: Plan,
    pub folder: PathBuf,
    /// Names of the thread groups that were changed for a try run; `None`: the plan is as uploaded.
    pub tried: Option<Vec<String>>,
    /// For an earlier revision or a try run, the folder is created for the caller.
    _made: Option<TempDir>,
}

impl PlanAt {
    /// All files as a zip: an unnamed file that disappears with its last reader.
    ///
    /// # Errors
    /// When a file cannot be read, or the disk is full or nearly so.
    pub fn zip_file(&self, engine: &Engine) -> Result<KeptFile, EngineError> {
        let failed = |error| EngineError::file("packing the plan", error);
        let file = tempfile::tempfile_in(engine.folder().uploads()).map_err(failed)?;
        let has_room = || engine.has_room_for_files();
        let out = Roomy::new(BufWriter::new(&file), &has_room);
        self.write_zip(out).map_err(failed)?;
        let bytes = file.metadata().map_err(failed)?.len();
        (&file).rewind().map_err(failed)?;
        Ok(KeptFile::Plain(file, bytes))
    }

    fn write_zip(&self, out: impl Write) -> io::Result<()> {
        let mut zip = ZipWriter::new_stream(out);
        for file in &self.plan.files {
            let options = SimpleFileOptions::default().large_file(file.bytes >= LARGE);
            zip.start_file(file.path.as_str(), options)?;
            io::copy(&mut std::fs::File::open(self.folder.join(&file.path))?, &mut zip)?;
        }
        zip.finish()?.flush()
    }
}

/// The folder of a plan's revisions.
pub(super) struct Revisions {
    folder: PathBuf,
}

impl Revisions {
    pub fn of(engine: &Engine, plan: &PlanId) -> Self {
        Self { folder: engine.folder().revisions().join(plan.as_str()) }
    }

    fn record(&self, revision: u32) -> PathBuf {
        self.folder.join(format!("{revision}.json"))
    }

    /// The path of an earlier revision's content, if it is stored.
    pub fn content(&self, sha256: &str) -> PathBuf {
        self.contents().join(sha256)
    }

    fn contents(&self) -> PathBuf {
        self.folder.join("content")
    }

    pub fn write(&self, revision: &PlanRevision) -> Result<(), EngineError> {
        std::fs::create_dir_all(&self.folder).map_err(|error| EngineError::file("keeping the revision", error))?;
        let bytes = serde_json::to_vec(revision).map_err(|error| EngineError::JMeter(error.to_string()))?;
        crate::runs::write_file(&self.record(revision.revision), &bytes)
    }

    pub fn has(&self, revision: u32) -> bool {
        self.record(revision).is_file()
    }

    /// `None`: it was never stored, or was removed.
    ///
    /// # Errors
    /// When a record exists but cannot be read.
    fn read(&self, revision: u32) -> Result<Option<PlanRevision>, EngineError> {
        let failed = |error| EngineError::file(format!("reading revision {revision}"), error);
        let bytes = match read_regular(&self.record(revision)) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failed(error)),
        };
        let kept: PlanRevision = serde_json::from_slice(&bytes).map_err(|error| failed(error.into()))?;
        if kept.revision == revision { Ok(Some(kept)) } else { Err(failed(io::ErrorKind::InvalidData.into())) }
    }

    /// The kept ones, newest first. A file with another name is not a record.
    fn numbers(&self) -> Result<Vec<u32>, EngineError> {
        let failed = |error| EngineError::file("listing the revisions", error);
        let entries = match std::fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(failed)?,
        };
        let mut numbers: Vec<u32> = Vec::new();
        for entry in entries {
            let name = entry.map_err(failed)?.file_name();
            // Records without a number are ignored.
            numbers.extend(name.to_str().and_then(|name| name.strip_suffix(".json")?.parse::<u32>().ok()));
        }
        numbers.sort_unstable_by_key(|number| Reverse(*number));
        Ok(numbers)
    }

    /// Keeps the content of files that the plan no longer has.
    ///
    /// # Errors
    /// When it is stored nowhere, or cannot be stored here.
    pub fn keep(&self, content: &Content, was: &[PlanFile], is: &[PlanFile]) -> Result<(), EngineError> {
        let there: HashSet<&str> = is.iter().filter_map(|file| file.sha256.as_deref()).collect();
        let gone = was.iter().filter_map(|file| file.sha256.as_deref()).filter(|sha256| !there.contains(sha256));
        let failed = |error| EngineError::file("keeping the revision before", error);
        for sha256 in gone {
            let kept = content.find(sha256).ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
            std::fs::create_dir_all(self.contents()).map_err(failed)?;
            match link(&kept, &self.contents().join(sha256)) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => (),
                linked => linked.map_err(failed)?,
            }
        }
        Ok(())
    }

    pub fn remove(&self) {
        remove_folder(&self.folder);
    }

    /// The content that all stored revisions refer to.
    ///
    /// # Errors
    /// When one of them cannot be read: its content is then unknown.
    fn all_files(&self) -> Result<Vec<PlanFile>, EngineError> {
        let mut files = Vec::new();
        for number in self.numbers()? {
            files.extend(self.read(number)?.into_iter().flat_map(|kept| kept.files));
        }
        Ok(files)
    }

    /// The same for removing all of them. Content of unreadable records is removed at the next start.
    pub fn released_files(&self) -> Vec<PlanFile> {
        self.all_files().unwrap_or_else(|error| {
            tracing::warn!(%error, "a removed revision cannot be read; its content is removed at the next start: {error}");
            Vec::new()
        })
    }
}

/// The plan's files as a revision.
pub(super) fn revision_of(plan: &Plan, made: Option<(EpochMs, Person)>) -> PlanRevision {
    let (created_ms, by) = made.unzip();
    PlanRevision {
        revision: plan.revision,
        created_ms,
        by,
        main_file: plan.main_file.clone(),
        files: plan.files.clone(),
    }
}

/// The same for a revision without a record: the first is known to be the upload.
pub(super) fn unrecorded(plan: &Plan) -> PlanRevision {
    let is_first = plan.revision == 1;
    revision_of(plan, is_first.then(|| (plan.created_ms, plan.owner.clone())))
}

impl Engine {
    /// A revision of a plan.
    ///
    /// # Errors
    /// When the plan has no such revision, or it was removed.
    pub fn plan_revision(&self, plan: &Plan, revision: u32) -> Result<PlanRevision, EngineError> {
        let kept = Revisions::of(self, &plan.id).read(revision).unwrap_or_else(|error| {
            tracing::warn!(plan = %plan.id, %error, "a revision of the plan {} is left out: {error}", plan.id);
            None
        });
        let kept = kept.filter(|_| revision <= plan.revision);
        let current = || (revision == plan.revision).then(|| unrecorded(plan));
        kept.or_else(current).ok_or_else(|| EngineError::NotFound { kind: "revision", id: revision.to_string() })
    }

    /// Revisions of a plan, newest first; `before`: only older ones than that.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn plan_revisions(&self, plan: &Plan, before: Option<u32>, limit: usize) -> Result<RevisionPage, EngineError> {
        let kept = Revisions::of(self, &plan.id);
        let mut numbers = kept.numbers()?;
        // Left by a crash in a change that did not take effect.
        numbers.retain(|number| *number < plan.revision);
        numbers.insert(0, plan.revision);
        numbers.retain(|number| before.is_none_or(|before| *number < before));
        let limit = limit.clamp(1, MOST_SHOWN);
        // One more, for the comparison of the last one.
        let mut read = numbers.iter().filter_map(|number| self.plan_revision(plan, *number).ok()).take(limit + 1);
        let runs = wait(self.store().runs_by_revision(&plan.id))?;
        let mut items = Vec::new();
        let mut newer = read.next();
        while let Some(revision) = newer {
            if items.len() == limit {
                return Ok(RevisionPage { next: items.last().map(|item: &RevisionView| item.revision), items });
            }
            newer = read.next();
            let changes = newer.as_ref().map_or_else(Vec::new, |older| changed_files(&older.files, &revision.files));
            let shown = changes.iter().take(CHANGES_SHOWN);
            items.push(RevisionView {
                revision: revision.revision,
                created_ms: revision.created_ms,
                by: revision.by.clone(),
                main_file: revision.main_file.clone(),
                files: count(revision.files.len()),
                bytes: revision.files.iter().map(|file| file.bytes).sum(),
                runs: runs.get(&revision.revision).copied().unwrap_or(0).into(),
                changes_from: newer.as_ref().map(|older| older.revision),
                changes: shown
                    .map(|(path, change)| ChangedFile { path: (*path).to_owned(), change: *change })
                    .collect(),
                changed_files: count(changes.len()),
            });
        }
        Ok(RevisionPage { items, next: None })
    }

    /// The plan at a revision, with its files; `None`: the current one. Consistent, because nobody can change the plan
    /// meanwhile.
    ///
    /// # Errors
    /// When the revision no longer exists.
    pub(crate) fn locked_plan_at(&self, plan: Plan, revision: Option<u32>) -> Result<PlanAt, EngineError> {
        match revision.filter(|revision| *revision != plan.revision) {
            Some(revision) => {
                let kept = self.plan_revision(&plan, revision)?;
                self.made_plan_at(plan, kept)
            }
            None => Ok(PlanAt { folder: self.folder().plan(&plan.id), plan, tried: None, _made: None }),
        }
    }

    /// The plan at a revision, with a folder of its files that does not change with the plan.
    ///
    /// # Errors
    /// When the revision no longer exists.
    pub fn plan_at(&self, id: &PlanId, revision: u32) -> Result<PlanAt, EngineError> {
        self.locked_plan(id, || {
            let plan = wait(self.store().plan(id))?;
            let kept = self.plan_revision(&plan, revision)?;
            self.made_plan_at(plan, kept)
        })
    }

    fn made_plan_at(&self, mut plan: Plan, revision: PlanRevision) -> Result<PlanAt, EngineError> {
        let failed = |error| EngineError::file("putting the revision together", error);
        let made = tempfile::tempdir_in(self.folder().uploads()).map_err(failed)?;
        for file in &revision.files {
            let place = made.path().join(&file.path);
            std::fs::create_dir_all(place.parent().unwrap_or(made.path())).map_err(failed)?;
            let missing = || EngineError::NotFound { kind: "file", id: file.path.clone() };
            let from = self.place_of(&plan, file).ok_or_else(missing)?;
            link(&from, &place).map_err(failed)?;
        }
        (plan.revision, plan.main_file, plan.files) = (revision.revision, revision.main_file, revision.files);
        Ok(PlanAt { folder: made.path().to_owned(), plan, tried: None, _made: Some(made) })
    }

    /// The plan with a modified `.jmx`, in a separate folder.
    pub(crate) fn with_main_file(
        &self,
        at: PlanAt,
        main_file: &[u8],
        tried: Vec<String>,
    ) -> Result<PlanAt, EngineError> {
        let failed = |error| EngineError::file("preparing the plan of a try run", error);
        let made = tempfile::tempdir_in(self.folder().uploads()).map_err(failed)?;
        let mut plan = at.plan.clone();
        for file in &mut plan.files {
            let place = made.path().join(&file.path);
            std::fs::create_dir_all(place.parent().unwrap_or(made.path())).map_err(failed)?;
            if file.path == plan.main_file {
                std::fs::write(&place, main_file).map_err(failed)?;
                (file.bytes, file.sha256) = (main_file.len() as u64, None);
            } else {
                link(&at.folder.join(&file.path), &place).map_err(failed)?;
            }
        }
        Ok(PlanAt { folder: made.path().to_owned(), plan, tried: Some(tried), _made: Some(made) })
    }

    /// The path of the content of a file that the plan has or had.
    pub(super) fn place_of(&self, plan: &Plan, file: &PlanFile) -> Option<PathBuf> {
        let folder = self.folder().plan(&plan.id);
        let Some(sha256) = file.sha256.as_deref().filter(|sha256| sha256.len() == 64) else {
            // A file system without links, or a plan of an older JAC: content that is not stored by its hash exists
            // only under the file's name.
            return plan.files.contains(file).then(|| folder.join(&file.path));
        };
        let kept = Revisions::of(self, &plan.id).content(sha256);
        // After `jac admin restore` only the plans' folders have it.
        let current = plan.files.iter().find(|now| now.sha256.as_deref() == Some(sha256));
        let current = current.map(|now| folder.join(&now.path));
        let places = [Some(kept), Content::new(self.folder().blobs()).find(sha256), current];
        places.into_iter().flatten().find(|place| place.is_file())
    }

    /// Removes all revisions of a plan except the newest `newest` and those that a run used or a schedule will use.
    pub(crate) fn forget_revisions(
        &self,
        id: &PlanId,
        newest: u32,
        scheduled: &BTreeSet<u32>,
    ) -> Result<usize, EngineError> {
        self.locked_plan(id, || {
            let revisions = Revisions::of(self, id);
            let plan = wait(self.store().plan(id))?;
            let ran = wait(self.store().runs_by_revision(id))?;
            let stays =
                |number: u32| number >= plan.revision || ran.contains_key(&number) || scheduled.contains(&number);
            let newest = usize::try_from(newest.max(1)).unwrap_or(usize::MAX);
            let numbers = revisions.numbers()?.into_iter().skip(newest);
            let old: Vec<u32> = numbers.filter(|number| !stays(*number)).collect();
            if old.is_empty() {
                return Ok(0);
            }
            // An unreadable record may refer to shared content: nothing is removed then.
            let gone = revisions.all_files()?;
            for number in &old {
                std::fs::remove_file(revisions.record(*number))
                    .map_err(|error| EngineError::file("removing a revision", error))?;
            }
            self.sweep_contents(&revisions, &gone)?;
            Ok(old.len())
        })
    }

    /// Removes content that no kept revision has.
    fn sweep_contents(&self, revisions: &Revisions, gone: &[PlanFile]) -> Result<(), EngineError> {
        let kept: HashSet<String> = revisions.all_files()?.into_iter().filter_map(|file| file.sha256).collect();
        for entry in std::fs::read_dir(revisions.contents()).into_iter().flatten().flatten() {
            if entry.file_name().to_str().is_some_and(|sha256| !kept.contains(sha256)) {
                std::fs::remove_file(entry.path()).map_err(|error| EngineError::file("removing a revision", error))?;
            }
        }
        self.release_content(gone);
        Ok(())
    }

    /// The revisions that schedules will use, by plan.
    pub(crate) fn scheduled_revisions(&self) -> Result<HashMap<PlanId, BTreeSet<u32>>, EngineError> {
        let mut found: HashMap<PlanId, BTreeSet<u32>> = HashMap::new();
        for id in wait(self.store().schedule_ids())? {
            // If a record cannot be read, this fails and nothing is removed, so its content is kept.
            let schedule = wait(self.store().schedule(&id))?;
            if let Some(revision) = schedule.run.plan_revision {
                found.entry(schedule.plan_id).or_default().insert(revision);
            }
        }
        Ok(found)
    }

    /// The plans that have revisions.
    pub(crate) fn plans_with_revisions(&self) -> Vec<PlanId> {
        let entries = std::fs::read_dir(self.folder().revisions()).into_iter().flatten().flatten();
        entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect()
    }
}

/// Writes a record of the plan before a change, unless it has one.
pub(super) fn record_before(revisions: &Revisions, plan: &Plan) -> Result<(), EngineError> {
    if revisions.has(plan.revision) { Ok(()) } else { revisions.write(&unrecorded(plan)) }
}

/// Removes the revisions of plans that no longer exist.
pub(crate) fn sweep_revisions(engine: &Engine) {
    for id in engine.plans_with_revisions() {
        // A file that cannot be examined at present is not missing.
        if PlanFolder::of(engine, &id).files.try_exists().is_ok_and(|exists| !exists) {
            let revisions = Revisions::of(engine, &id);
            let files = revisions.released_files();
            revisions.remove();
            engine.release_content(&files);
        }
    }
}

/// Removes content that no plan and no run uses: left by rejected or interrupted uploads.
pub(crate) fn sweep_content(engine: &Engine) {
    if let Err(error) = Content::new(engine.folder().blobs()).sweep() {
        tracing::warn!(%error, "unused content cannot be removed: {error}");
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A file's text, if it is text and short enough.
pub(super) fn text_of(place: &Path, most_bytes: u64) -> Option<String> {
    let is_short = std::fs::metadata(place).is_ok_and(|file| file.len() <= most_bytes);
    let text = is_short.then(|| std::fs::read(place).ok().and_then(|bytes| String::from_utf8(bytes).ok())).flatten();
    text.filter(|text| !text.contains('\0'))
}
