//! Brings a plan's folder in line with its list of files.
//!
//! A change is recorded before the folder is modified, and the content of both states is stored by then. So a change that failed or
//! was interrupted at any step is undone, or completed, by restoring the list that applies.

use super::PlanFolder;
use super::content::{Content, has, replace};
use super::revisions::Revisions;
use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{Plan, PlanFile, PlanId};
use std::io;
use std::path::{Path, PathBuf};

impl Engine {
    /// Restores the files of a plan's list in its folder from stored content. Files whose content is not stored are unchanged. Call it while
    /// nobody else changes the plan.
    ///
    /// # Errors
    /// When a file cannot be examined or restored.
    pub(crate) fn mend_plan(&self, plan: &Plan) -> Result<(), EngineError> {
        self.lay_out(plan, plan)
    }

    /// The same at startup, by the file that describes the plan, or by its row if there is no such file.
    pub(crate) fn mend_plan_at_start(&self, id: &PlanId) {
        let described = PlanFolder::of(self, id).description();
        // A row that cannot be read is reported elsewhere.
        let Some(plan) = described.or_else(|| wait(self.store().plan(id)).ok()) else { return };
        if let Err(error) = self.mend_plan(&plan) {
            tracing::warn!(plan = %id, %error, "files of the plan {id} could not be restored: {error}");
        }
    }

    /// Changes a plan's folder with the files of `from`, or a mixture, to have those of `to`. Idempotent.
    pub(super) fn lay_out(&self, from: &Plan, to: &Plan) -> Result<(), EngineError> {
        let folder = self.folder().plan(&to.id);
        let gone = from.files.iter().filter(|file| !to.files.iter().any(|other| other.path == file.path));
        // A folder replaces a file, or the other way round. Other removals come last, so that moved content is linked from somewhere at all times.
        let is_in_the_way = |file: &&PlanFile| to.files.iter().any(|other| is_above(&file.path, &other.path));
        let (first, last): (Vec<&PlanFile>, Vec<&PlanFile>) = gone.partition(is_in_the_way);
        remove_all(&folder, &first)?;
        let content = Content::new(self.folder().blobs());
        for file in &to.files {
            let place = folder.join(&file.path);
            if content.is_kept(file, &place) {
                continue;
            }
            let failed = |error| EngineError::file(format!("keeping {}", file.path), error);
            let Some((sha256, kept)) = self.kept_content(&to.id, file) else {
                // Content that no longer exists was missing before.
                if from.files.contains(file) {
                    continue;
                }
                return Err(failed(io::ErrorKind::NotFound.into()));
            };
            if !has(&place, sha256).map_err(failed)? {
                let put = place.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| replace(&kept, &place));
                put.map_err(failed)?;
            }
        }
        remove_all(&folder, &last)
    }

    /// The path and hash of the content of a file that is missing from the plan's folder.
    fn kept_content<'a>(&self, plan: &PlanId, file: &'a PlanFile) -> Option<(&'a str, PathBuf)> {
        let sha256 = file.sha256.as_deref().filter(|sha256| sha256.len() == 64)?;
        let of_revision = || Some(Revisions::of(self, plan).content(sha256)).filter(|place| place.is_file());
        Some((sha256, Content::new(self.folder().blobs()).find(sha256).or_else(of_revision)?))
    }

    /// Stores the content of a folder's files that is not stored yet: that of an older JAC, and everything after `jac admin restore`. The file with
    /// the name counts. Returns the paths of missing files.
    pub(super) fn take_in(&self, folder: &Path, files: &mut [PlanFile]) -> Result<Vec<String>, EngineError> {
        let content = Content::new(self.folder().blobs());
        let mut missing = Vec::new();
        for file in files {
            let place = folder.join(&file.path);
            if content.is_kept(file, &place) {
                continue;
            }
            let taken = std::fs::metadata(&place).and_then(|known| Ok((known.len(), content.add(&place)?)));
            match taken {
                Ok((bytes, sha256)) => (file.bytes, file.sha256) = (bytes, Some(sha256)),
                Err(error) if error.kind() == io::ErrorKind::NotFound => missing.push(file.path.clone()),
                Err(error) => return Err(EngineError::file(format!("reading {}", file.path), error)),
            }
        }
        Ok(missing)
    }
}

/// Whether one of the two would be a folder that contains the other.
fn is_above(one: &str, other: &str) -> bool {
    let (one, other) = (Path::new(one), Path::new(other));
    one.starts_with(other) || other.starts_with(one)
}

/// Removes files, and folders that become empty. A missing file is not an error.
fn remove_all(folder: &Path, files: &[&PlanFile]) -> Result<(), EngineError> {
    for file in files {
        let place = folder.join(&file.path);
        match std::fs::remove_file(&place) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(EngineError::file(format!("removing {}", file.path), error));
            }
            _ => remove_empty_above(folder, &place),
        }
    }
    Ok(())
}

/// Removes the folders above a path that have become empty.
fn remove_empty_above(root: &Path, place: &Path) {
    for folder in place.ancestors().skip(1).take_while(|folder| *folder != root && folder.starts_with(root)) {
        // A folder that is not empty is kept.
        if std::fs::remove_dir(folder).is_err() {
            return;
        }
    }
}
