//! Plans in the store: created from uploads, changed, removed.

pub mod archive;
pub mod check;
pub(crate) mod content;
mod criteria;
pub mod difference;
mod edit;
mod folder;
pub mod names;
mod own;
mod revise;
pub mod revisions;
mod settle;
pub mod source;
mod staging;
mod unread;

pub use check::{CheckTurn, RunSpec};
pub use edit::{MovedFile, PlanChanges};
pub(crate) use folder::PlanFolder;
pub(crate) use revise::{ambiguous, id_of_name};
pub(crate) use revisions::{PlanAt, sweep_content, sweep_revisions};
pub use staging::Staging;
pub(crate) use staging::{list_files as files_in, sweep_uploads};

use crate::blocking::{in_place, wait};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use content::Content;
use jac_model::{Person, Plan, PlanCriteria, PlanFile, PlanId};
use jac_store::StoreError;
use revisions::{Revisions, record_before, revision_of};
use staging::{choose_main, list_files, refuse_what_is_no_plan};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// How long a plan is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// Until it is removed by a user.
    UntilRemoved,
    /// Kept while it has runs, as uploaded by `jac run`.
    WithItsRuns,
}

/// Content of a new plan.
struct Placed {
    name: String,
    main_file: String,
    files: Vec<PlanFile>,
    criteria: PlanCriteria,
    keep: Vec<String>,
}

impl Engine {
    /// Creates a plan from an upload. A single zip is unpacked.
    ///
    /// # Errors
    /// When it contains no `.jmx`, it is not a plan, or the archive is not safe. Nothing is left then.
    pub fn create_plan(
        &self,
        owner: Person,
        name: Option<String>,
        main_file: Option<&str>,
        kept: Kept,
        staging: Staging,
    ) -> Result<Plan, EngineError> {
        let staging = self.unpacked(staging)?;
        let files = list_files(staging.folder.path())?;
        let main_file = choose_main(&files, main_file)?;
        refuse_what_is_no_plan(staging.folder.path(), &main_file)?;
        let name = crate::titles::given(name)?.unwrap_or_else(|| plan_name(&main_file));
        let placed = Placed { name, main_file, files, criteria: PlanCriteria::default(), keep: Vec::new() };
        self.place_plan(staging.folder.path(), owner, kept, placed)
    }

    /// Creates a plan from a folder, which is moved.
    fn place_plan(&self, folder: &Path, owner: Person, kept: Kept, placed: Placed) -> Result<Plan, EngineError> {
        let mut placed = placed;
        let stored = self.store_contents(folder, &mut placed.files);
        let files = placed.files.clone();
        stored.and_then(|()| self.place_stored_plan(folder, owner, kept, placed)).inspect_err(|_| {
            remove_folder(folder);
            self.release_content(&files);
        })
    }

    fn place_stored_plan(&self, folder: &Path, owner: Person, kept: Kept, placed: Placed) -> Result<Plan, EngineError> {
        let Placed { name, main_file, files, criteria, keep } = placed;
        let id = self.free_plan_id()?;
        let plan = Plan {
            id: id.clone(),
            name,
            owner,
            team: None,
            created_ms: self.now_ms(),
            revision: 1,
            ephemeral: kept == Kept::WithItsRuns,
            keep,
            main_file,
            files,
            criteria,
        };
        let (place, revisions) = (PlanFolder::of(self, &id), Revisions::of(self, &id));
        std::fs::rename(folder, &place.files).map_err(|error| EngineError::file("keeping the plan", error))?;
        let first = revision_of(&plan, Some((plan.created_ms, plan.owner.clone())));
        let kept = revisions.write(&first).and_then(|()| place.describe(&plan));
        if let Err(error) = kept.and_then(|()| Ok(wait(self.store().insert_plan(&plan))?)) {
            revisions.remove();
            place.remove();
            return Err(error);
        }
        self.notify(Event::Plan(id.to_string()));
        Ok(plan)
    }

    /// An ID that is used by neither a row nor a folder.
    fn free_plan_id(&self) -> Result<PlanId, EngineError> {
        loop {
            let id = PlanId::from_random(rand::random());
            match wait(self.store().plan(&id)) {
                Err(StoreError::NotFound { .. }) if !PlanFolder::of(self, &id).files.exists() => return Ok(id),
                Err(StoreError::NotFound { .. } | StoreError::Unreadable { .. }) | Ok(_) => (),
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Determines each file's hash; equal content is stored once.
    fn store_contents(&self, folder: &Path, files: &mut [PlanFile]) -> Result<(), EngineError> {
        let content = Content::new(self.folder().blobs());
        for file in files.iter_mut().filter(|file| file.sha256.is_none()) {
            let taken = content.add(&folder.join(&file.path));
            file.sha256 = Some(taken.map_err(|error| EngineError::file(format!("keeping {}", file.path), error))?);
        }
        Ok(())
    }

    /// The files of a plan for a new run, linked into the run's folder.
    pub(crate) fn link_plan(&self, plan: &PlanAt, to: &Path) -> Result<Vec<PlanFile>, EngineError> {
        let PlanAt { plan, folder: from, .. } = plan;
        let mut files = plan.files.clone();
        if let Some(path) = self.take_in(from, &mut files)?.first() {
            return Err(EngineError::file(format!("reading {path}"), std::io::ErrorKind::NotFound.into()));
        }
        content::link_all(&files, from, to)?;
        Ok(files)
    }

    /// Links stored content to another name. `false`: it is not stored.
    pub(crate) fn link_content(&self, sha256: &str, to: &Path) -> std::io::Result<bool> {
        let Some(kept) = Content::new(self.folder().blobs()).find(sha256) else { return Ok(false) };
        match content::link(&kept, to) {
            // Its last user has just been removed.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(false),
            linked => linked.map(|()| true),
        }
    }

    /// Stores a file's content, so that equal content is stored once.
    pub(crate) fn keep_content(&self, file: &Path) -> std::io::Result<()> {
        Content::new(self.folder().blobs()).add(file).map(drop)
    }

    /// Removes the content of files that no plan and no run uses any more.
    pub(crate) fn release_content(&self, files: &[PlanFile]) {
        Content::new(self.folder().blobs()).release(files);
    }

    /// Runs `work` while nobody else can change the plan.
    pub(crate) fn locked_plan<T>(&self, id: &PlanId, work: impl FnOnce() -> T) -> T {
        let lock: Arc<Mutex<()>> = Arc::clone(self.plan_locks().entry(id.clone()).or_default());
        let _held = lock.lock().unwrap_or_else(PoisonError::into_inner);
        work()
    }

    /// Adds files to a plan, or replaces those with the same names. Runs that were requested before use the previous
    /// files.
    ///
    /// # Errors
    /// When the result would not be a valid plan.
    pub fn add_plan_files(&self, id: &PlanId, by: Person, staging: Staging) -> Result<Plan, EngineError> {
        let staging = self.unpacked(staging)?;
        let mut new = list_files(staging.folder.path())?;
        let stored = self.store_contents(staging.folder.path(), &mut new);
        let added = stored.and_then(|()| self.add_stored_files(id, by, staging.folder.path(), &new));
        // Rejected content has no user once the upload is removed.
        drop(staging);
        self.release_content(&new);
        added
    }

    fn add_stored_files(&self, id: &PlanId, by: Person, from: &Path, new: &[PlanFile]) -> Result<Plan, EngineError> {
        self.change_plan(id, by, |plan, folder| {
            if new.iter().any(|file| file.path == plan.main_file) {
                refuse_what_is_no_plan(from, &plan.main_file)?;
            }
            for file in new {
                refuse_clash(folder, &file.path)?;
            }
            let stay = plan.files.iter().filter(|file| !new.iter().any(|new| new.path == file.path));
            self.refuse_too_much(stay.chain(new))?;
            plan.files.retain(|file| !new.iter().any(|new| new.path == file.path));
            plan.files.extend(new.iter().cloned());
            Ok(())
        })
    }

    /// The limits of an upload apply to a plan, however many uploads it consists of.
    fn refuse_too_much<'a>(&self, files: impl Iterator<Item = &'a PlanFile>) -> Result<(), EngineError> {
        let (count, bytes) =
            files.fold((0, 0u64), |(count, bytes), file| (count + 1, bytes.saturating_add(file.bytes)));
        let settings = self.settings();
        if count > settings.max_files {
            return Err(EngineError::invalid(
                "too_many_files",
                format!("A plan can have at most {} files.", settings.max_files),
            ));
        }
        if bytes > settings.max_upload_bytes {
            return Err(EngineError::Invalid {
                code: "upload_too_large",
                message: format!("The plan would be larger than {} MB.", settings.max_upload_bytes >> 20),
                hint: Some(
                    "Remove files that the plan does not need, or raise the limit with --max-upload-mb.".to_owned(),
                ),
                faults: Vec::new(),
            });
        }
        Ok(())
    }

    /// Removes one file of a plan.
    ///
    /// # Errors
    /// When it is the plan's `.jmx`.
    pub fn remove_plan_file(&self, id: &PlanId, by: Person, path: &str) -> Result<Plan, EngineError> {
        self.change_plan(id, by, |plan, _| {
            if path == plan.main_file {
                return Err(crate::clusters::conflict(
                    "This is the plan's main file.",
                    Some("Delete the plan, or replace the file with another .jmx."),
                ));
            }
            self.plan_file(plan, path)?;
            plan.files.retain(|file| file.path != path);
            Ok(())
        })
    }

    /// Changes a plan's list of files, then its folder, one change at a time. Every actual change creates a revision. `change` may
    /// read the folder but must not modify it; the content of added files is stored.
    ///
    /// # Errors
    /// When it cannot be done. The plan is then unchanged.
    fn change_plan(
        &self,
        id: &PlanId,
        by: Person,
        change: impl FnOnce(&mut Plan, &Path) -> Result<(), EngineError>,
    ) -> Result<Plan, EngineError> {
        self.locked_plan(id, || {
            let mut plan = wait(self.store().plan(id))?;
            let (place, revisions) = (PlanFolder::of(self, id), Revisions::of(self, id));
            self.mend_plan(&plan)?;
            let missing = self.take_in(&place.files, &mut plan.files)?;
            let before = plan.clone();
            record_before(&revisions, &plan)?;
            change(&mut plan, &place.files)?;
            plan.files.sort_by(|one, other| one.path.cmp(&other.path));
            if plan.files == before.files && plan.main_file == before.main_file {
                return Ok(plan);
            }
            plan.revision = plan.revision.saturating_add(1);
            let there: Vec<_> = before.files.iter().filter(|file| !missing.contains(&file.path)).cloned().collect();
            revisions.keep(&Content::new(self.folder().blobs()), &there, &plan.files)?;
            revisions.write(&revision_of(&plan, Some((self.now_ms(), by))))?;
            let changed = self.lay_out(&before, &plan).and_then(|()| place.describe(&plan));
            if let Err(error) = changed.and_then(|()| Ok(wait(self.store().put_plan(&plan))?)) {
                if let Err(error) = self.lay_out(&plan, &before).and_then(|()| place.describe(&before)) {
                    tracing::warn!(plan = %id, %error, "a change of the plan {id} failed and is undone later: {error}");
                }
                return Err(error);
            }
            self.release_content(&before.files);
            self.notify(Event::Plan(id.to_string()));
            Ok(plan)
        })
    }

    /// Changes the description of a plan, in its row and in the file that describes it. Its files, and so its revision, are unchanged.
    pub(crate) fn change_plan_record(&self, id: &PlanId, change: impl FnOnce(&mut Plan)) -> Result<(), EngineError> {
        self.locked_plan(id, || {
            let mut plan = wait(self.store().plan(id))?;
            change(&mut plan);
            PlanFolder::of(self, id).describe(&plan)?;
            wait(self.store().put_plan(&plan))?;
            self.notify(Event::Plan(id.to_string()));
            Ok(())
        })
    }

    /// Removes a plan. Its runs keep the files that they ran.
    ///
    /// # Errors
    /// When it does not exist.
    pub fn delete_plan(&self, id: &PlanId) -> Result<(), EngineError> {
        self.locked_plan(id, || {
            let plan = wait(self.store().plan(id))?;
            let (place, revisions) = (PlanFolder::of(self, id), Revisions::of(self, id));
            let files = revisions.released_files();
            place.forget()?;
            wait(self.store().delete_plan(id))?;
            place.remove();
            revisions.remove();
            self.release_content(&plan.files);
            self.release_content(&files);
            Ok::<(), EngineError>(())
        })?;
        self.plan_locks().remove(id);
        self.notify(Event::Plan(id.to_string()));
        Ok(())
    }

    /// The path of a plan's file.
    ///
    /// # Errors
    /// When the plan has no such file.
    pub fn plan_file(&self, plan: &Plan, path: &str) -> Result<PathBuf, EngineError> {
        if plan.files.iter().any(|file| file.path == path) {
            return Ok(self.folder().plan(&plan.id).join(path));
        }
        Err(EngineError::NotFound { kind: "file", id: path.to_owned() })
    }
}

/// A file that JMeter could not load.
pub(crate) fn not_a_plan(name: &str, error: &jac_jmx::PlanError) -> EngineError {
    EngineError::Invalid {
        code: "not_a_plan",
        message: format!("\"{name}\" cannot be used: {error}"),
        hint: Some(error.hint().to_owned()),
        faults: Vec::new(),
    }
}

/// A file cannot replace a folder or be inside a file: checked before anything is changed.
fn refuse_clash(folder: &Path, path: &str) -> Result<(), EngineError> {
    let inside = Path::new(path).ancestors().skip(1).any(|above| folder.join(above).is_file());
    if folder.join(path).is_dir() || inside {
        return Err(EngineError::file(format!("keeping {path}"), std::io::ErrorKind::AlreadyExists.into()));
    }
    Ok(())
}

/// `shop` of `plans/shop.jmx`. A file's name may be longer than a plan's.
fn plan_name(main_file: &str) -> String {
    let stem = Path::new(main_file).file_stem().map(|stem| stem.to_string_lossy());
    crate::titles::fitting(stem.as_deref().unwrap_or(main_file))
}

/// Removes one of JAC's own folders. A failure is logged once and the folder is left.
pub(crate) fn remove_folder(folder: &Path) {
    if let Err(error) = in_place(|| std::fs::remove_dir_all(folder))
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(folder = %folder.display(), %error, "a folder cannot be removed");
    }
}
