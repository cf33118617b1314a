//! Plans in the store: taking uploads in, changing their files, checking them.

pub mod archive;
pub mod check;
pub mod names;
mod own;
pub mod source;
mod unread;

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::tools::WantedJMeter;
use archive::Limits;
use check::{PlanCheck, relative_to_main};
use jac_jmx::{Check, Properties};
use jac_model::{Person, Plan, PlanFile, PlanFileKind, PlanId};
use jac_store::Filter;
use names::safe_name;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// A folder in which an upload is put together. It is gone with this value, whatever happened to the upload.
#[derive(Debug)]
pub struct Staging {
    folder: tempfile::TempDir,
    files: usize,
    max_files: usize,
}

impl Staging {
    /// Where a file of that name is to be written; its folders are there afterwards.
    ///
    /// # Errors
    /// When the name leads elsewhere, there are too many files, or the disk is full.
    pub fn place(&mut self, name: &str) -> Result<PathBuf, EngineError> {
        let name = safe_name(name)?;
        self.files += 1;
        if self.files > self.max_files {
            return Err(EngineError::invalid(
                "too_many_files",
                format!("A plan has at most {} files.", self.max_files),
            ));
        }
        let place = self.folder.path().join(&name);
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(|error| EngineError::file(format!("taking {name}"), error))?;
        }
        Ok(place)
    }
}

/// Removes what uploads that were cut off by a crash left behind.
pub(crate) fn sweep_uploads(engine: &Engine) {
    for entry in std::fs::read_dir(engine.folder().uploads()).into_iter().flatten().flatten() {
        if let Err(error) = std::fs::remove_dir_all(entry.path()) {
            tracing::warn!(path = %entry.path().display(), %error, "an unfinished upload cannot be removed");
        }
    }
}

impl Engine {
    /// A place for a new upload.
    ///
    /// # Errors
    /// When the disk is full.
    pub fn stage(&self) -> Result<Staging, EngineError> {
        let folder = tempfile::tempdir_in(self.folder().uploads())
            .map_err(|error| EngineError::file("taking the upload", error))?;
        Ok(Staging { folder, files: 0, max_files: self.settings().max_files })
    }

    /// Makes a plan of an upload. A single zip is unpacked.
    ///
    /// # Errors
    /// When there is no `.jmx` in it, it is not a plan, or the archive is not to be trusted. Nothing is left then.
    pub fn create_plan(
        &self,
        owner: Person,
        name: Option<String>,
        main_file: Option<&str>,
        staging: Staging,
    ) -> Result<Plan, EngineError> {
        let staging = self.unpacked(staging)?;
        let files = list_files(staging.folder.path())?;
        let main_file = choose_main(&files, main_file)?;
        refuse_what_is_no_plan(staging.folder.path(), &main_file)?;
        let id = PlanId::from_random(rand::random());
        let name = name
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty())
            .unwrap_or_else(|| plan_name(&main_file));
        let plan = Plan { id: id.clone(), name, owner, created_ms: self.now_ms(), main_file, files };
        let place = self.folder().plan(&id);
        std::fs::rename(staging.folder.path(), &place).map_err(|error| EngineError::file("keeping the plan", error))?;
        if let Err(error) = self.store().put_plan(&plan) {
            remove_folder(&place);
            return Err(error.into());
        }
        self.tell(Event::Plan(id.to_string()));
        Ok(plan)
    }

    fn unpacked(&self, staging: Staging) -> Result<Staging, EngineError> {
        let files = list_files(staging.folder.path())?;
        match files.as_slice() {
            [] => Err(EngineError::Invalid {
                code: "upload_empty",
                message: "The upload holds no file.".to_owned(),
                hint: Some("Send the .jmx and the files that it reads, or a zip of them.".to_owned()),
                details: Vec::new(),
            }),
            [only] if only.path.to_ascii_lowercase().ends_with(".zip") => {
                let unpacked = self.stage()?;
                let limits =
                    Limits { max_bytes: self.settings().max_upload_bytes, max_files: self.settings().max_files };
                archive::unpack(&staging.folder.path().join(&only.path), unpacked.folder.path(), limits)?;
                Ok(unpacked)
            }
            _ => Ok(staging),
        }
    }

    /// Adds files to a plan, or replaces those of the same names.
    ///
    /// # Errors
    /// When a run uses the plan, or the plan would not be one afterwards.
    pub fn add_plan_files(&self, id: &PlanId, staging: Staging) -> Result<Plan, EngineError> {
        let mut plan = self.changeable(id)?;
        let staging = self.unpacked(staging)?;
        let new = list_files(staging.folder.path())?;
        if new.iter().any(|file| file.path == plan.main_file) {
            refuse_what_is_no_plan(staging.folder.path(), &plan.main_file)?;
        }
        let place = self.folder().plan(id);
        for file in &new {
            let to = place.join(&file.path);
            let moved = to
                .parent()
                .map_or(Ok(()), std::fs::create_dir_all)
                .and_then(|()| std::fs::rename(staging.folder.path().join(&file.path), &to));
            moved.map_err(|error| EngineError::file(format!("keeping {}", file.path), error))?;
        }
        plan.files = list_files(&place)?;
        self.store().put_plan(&plan)?;
        self.tell(Event::Plan(id.to_string()));
        Ok(plan)
    }

    /// Removes one file of a plan.
    ///
    /// # Errors
    /// When it is the plan itself, or a run uses the plan.
    pub fn remove_plan_file(&self, id: &PlanId, path: &str) -> Result<Plan, EngineError> {
        let mut plan = self.changeable(id)?;
        if path == plan.main_file {
            return Err(crate::clusters::conflict(
                "This file is the plan itself.",
                Some("Remove the whole plan, or upload another .jmx over it."),
            ));
        }
        let place = self.plan_file(&plan, path)?;
        std::fs::remove_file(place).map_err(|error| EngineError::file(format!("removing {path}"), error))?;
        plan.files = list_files(&self.folder().plan(id))?;
        self.store().put_plan(&plan)?;
        self.tell(Event::Plan(id.to_string()));
        Ok(plan)
    }

    /// Removes a plan. Its runs and their results stay.
    ///
    /// # Errors
    /// When a run uses it.
    pub fn delete_plan(&self, id: &PlanId) -> Result<(), EngineError> {
        self.changeable(id)?;
        self.store().delete_plan(id)?;
        remove_folder(&self.folder().plan(id));
        self.tell(Event::Plan(id.to_string()));
        Ok(())
    }

    fn changeable(&self, id: &PlanId) -> Result<Plan, EngineError> {
        let plan = self.store().plan(id)?;
        let filter = Filter { plan: Some(id.clone()), unfinished: true, ..Filter::default() };
        match self.store().runs(&filter)?.first() {
            Some(row) => Err(crate::clusters::conflict(
                format!("The run {} uses the plan.", row.run.id),
                Some("Wait for its end, or stop it."),
            )),
            None => Ok(plan),
        }
    }

    /// Where a file of a plan lies.
    ///
    /// # Errors
    /// When the plan has no such file.
    pub fn plan_file(&self, plan: &Plan, path: &str) -> Result<PathBuf, EngineError> {
        if plan.files.iter().any(|file| file.path == path) {
            return Ok(self.folder().plan(&plan.id).join(path));
        }
        Err(EngineError::NotFound { kind: "file", id: path.to_owned() })
    }

    /// What the plan needs and will do. It reads files: call it where that is allowed, and in turn
    /// ([`Engine::check_in_turn`]).
    ///
    /// # Errors
    /// When the plan cannot be read, or nobody waits for the check any more.
    pub fn check_plan(
        &self,
        plan: &Plan,
        wanted: &RunWish,
        is_cancelled: &dyn Fn() -> bool,
    ) -> Result<Check, EngineError> {
        let folder = self.folder().plan(&plan.id);
        let files: BTreeMap<String, PathBuf> = plan
            .files
            .iter()
            .filter(|file| file.path != plan.main_file)
            .map(|file| (relative_to_main(&plan.main_file, &file.path), folder.join(&file.path)))
            .collect();
        let check = PlanCheck {
            name: plan.main_file.clone(),
            main: folder.join(&plan.main_file),
            files,
            workers: wanted.workers,
            splits: wanted.splits.clone(),
            properties: wanted.properties.clone(),
            system_properties: wanted.system_properties.clone(),
            properties_files: wanted.properties_files.iter().map(|path| folder.join(path)).collect(),
            jmeter: wanted.jmeter.clone(),
        };
        check.run_until(self.toolbox(), is_cancelled)
    }

    /// Does work that checks a plan where it holds nobody up, only a few at a time. When the caller goes away, the work is told.
    ///
    /// # Errors
    /// What the work fails with.
    pub async fn check_in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Engine, &dyn Fn() -> bool) -> Result<T, EngineError> + Send + 'static,
    ) -> Result<T, EngineError> {
        let permit = Arc::clone(self.checks()).acquire_owned().await.map_err(|_| check::cancelled())?;
        let (engine, token) = (self.clone(), CancellationToken::new());
        let _told_when_gone = token.clone().drop_guard();
        let done = tokio::task::spawn_blocking(move || {
            let _permit = permit;
            work(&engine, &|| token.is_cancelled())
        });
        done.await.map_err(|panic| EngineError::JMeter(panic.to_string()))?
    }
}

/// The part of a run's wishes that the check knows of.
#[derive(Debug, Clone, Default)]
pub struct RunWish {
    pub workers: u32,
    pub splits: Vec<String>,
    pub properties: Properties,
    pub system_properties: Properties,
    /// Paths in the plan.
    pub properties_files: Vec<String>,
    pub jmeter: WantedJMeter,
}

/// All files below a folder, in the order of their paths.
fn list_files(folder: &Path) -> Result<Vec<PlanFile>, EngineError> {
    fn visit(root: &Path, folder: &Path, files: &mut Vec<PlanFile>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                visit(root, &path, files)?;
            } else if let Some(name) = path.strip_prefix(root).ok().and_then(Path::to_str) {
                files.push(PlanFile {
                    path: name.to_owned(),
                    bytes: entry.metadata()?.len(),
                    kind: PlanFileKind::of(name),
                });
            }
        }
        Ok(())
    }
    let mut files = Vec::new();
    visit(folder, folder, &mut files).map_err(|error| EngineError::file("reading the upload", error))?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

/// The `.jmx` to run: the one that was named, the only one, else the one that lies highest.
fn choose_main(files: &[PlanFile], named: Option<&str>) -> Result<String, EngineError> {
    let plans: Vec<&str> =
        files.iter().filter(|file| file.kind == PlanFileKind::Plan).map(|file| file.path.as_str()).collect();
    if let Some(named) = named {
        return plans
            .contains(&named)
            .then(|| named.to_owned())
            .ok_or_else(|| EngineError::invalid("no_plan", format!("The upload holds no plan '{named}'.")));
    }
    plans.iter().min_by_key(|path| (path.matches('/').count(), **path)).map(|path| (*path).to_owned()).ok_or_else(
        || EngineError::Invalid {
            code: "no_plan",
            message: "The upload holds no .jmx file.".to_owned(),
            hint: Some("Send the plan's .jmx together with the files that it reads, or a zip of them.".to_owned()),
            details: files.iter().map(|file| file.path.clone()).take(20).collect(),
        },
    )
}

fn refuse_what_is_no_plan(folder: &Path, main_file: &str) -> Result<(), EngineError> {
    let bytes = std::fs::read(folder.join(main_file))
        .map_err(|error| EngineError::file(format!("reading {main_file}"), error))?;
    jac_jmx::Plan::parse(&bytes).map(drop).map_err(|error| not_a_plan(main_file, &error))
}

/// A file that JMeter could not load.
fn not_a_plan(name: &str, error: &jac_jmx::PlanError) -> EngineError {
    EngineError::Invalid {
        code: "not_a_plan",
        message: format!("\"{name}\" cannot be used: {error}"),
        hint: Some(error.hint().to_owned()),
        details: Vec::new(),
    }
}

/// `shop` of `plans/shop.jmx`.
fn plan_name(main_file: &str) -> String {
    Path::new(main_file).file_stem().map_or_else(|| main_file.to_owned(), |stem| stem.to_string_lossy().into_owned())
}

/// Removes a folder of our own. What cannot be removed is told once and left.
pub(crate) fn remove_folder(folder: &Path) {
    if let Err(error) = std::fs::remove_dir_all(folder)
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(folder = %folder.display(), %error, "a folder cannot be removed");
    }
}
