//! Uploads before they are a plan: a folder to collect them in, unpacking, and the choice of the main file.

use super::archive::{self, Limits};
use super::names::safe_name;
use super::not_a_plan;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{Fault, PlanFile, PlanFileKind};
use std::path::{Path, PathBuf};

/// A folder in which an upload is collected. It is removed with this value, whatever happened to the upload.
#[derive(Debug)]
pub struct Staging {
    pub(super) folder: tempfile::TempDir,
    /// The files, in the order in which they arrived.
    arrived: Vec<PathBuf>,
    max_files: usize,
}

impl Staging {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The files, in the order in which they arrived.
    pub(crate) fn arrived(&self) -> &[PathBuf] {
        &self.arrived
    }

    /// The path for writing a file with that name; creates its folders.
    ///
    /// # Errors
    /// When the name leads elsewhere, there are too many files, or the disk is full.
    pub fn place(&mut self, name: &str) -> Result<PathBuf, EngineError> {
        let name = safe_name(name)?;
        let place = self.folder.path().join(&name);
        if self.arrived.contains(&place) {
            return Err(EngineError::invalid("file_twice", format!("The upload contains two files named '{name}'.")));
        }
        self.arrived.push(place.clone());
        if self.arrived.len() > self.max_files {
            return Err(EngineError::invalid(
                "too_many_files",
                format!("An upload can have at most {} files.", self.max_files),
            ));
        }
        if let Some(parent) = place.parent() {
            std::fs::create_dir_all(parent).map_err(|error| EngineError::file(format!("taking {name}"), error))?;
        }
        Ok(place)
    }
}

/// Removes the remains of uploads interrupted by a crash.
pub(crate) fn sweep_uploads(engine: &Engine) {
    for entry in std::fs::read_dir(engine.folder().uploads()).into_iter().flatten().flatten() {
        if crate::deleted::waits_for_store(&entry.path()) {
            continue;
        }
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
        Ok(Staging { folder, arrived: Vec::new(), max_files: self.settings().max_files })
    }

    pub(super) fn unpacked(&self, staging: Staging) -> Result<Staging, EngineError> {
        let files = list_files(staging.folder.path())?;
        match files.as_slice() {
            [] => Err(EngineError::Invalid {
                code: "upload_empty",
                message: "The upload contains no files.".to_owned(),
                hint: Some("Send the .jmx and the files that it reads, or a zip of them.".to_owned()),
                faults: Vec::new(),
            }),
            [only] if only.path.to_ascii_lowercase().ends_with(".zip") => {
                let unpacked = self.stage()?;
                let limits =
                    Limits { max_bytes: self.settings().max_upload_bytes, max_files: self.settings().max_files };
                let archive = staging.folder.path().join(&only.path);
                archive::unpack(&archive, unpacked.folder.path(), limits, &|| self.has_room_for_files())?;
                Ok(unpacked)
            }
            _ => Ok(staging),
        }
    }
}

/// All files below a folder, in the order of their paths.
pub(crate) fn list_files(folder: &Path) -> Result<Vec<PlanFile>, EngineError> {
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
                    sha256: None,
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

/// The `.jmx` to run: the named one, the only one, otherwise the one in the topmost folder.
pub(super) fn choose_main(files: &[PlanFile], named: Option<&str>) -> Result<String, EngineError> {
    let plans: Vec<&str> =
        files.iter().filter(|file| file.kind == PlanFileKind::Plan).map(|file| file.path.as_str()).collect();
    if let Some(named) = named {
        return plans
            .contains(&named)
            .then(|| named.to_owned())
            .ok_or_else(|| EngineError::invalid("no_plan", format!("The upload contains no plan '{named}'.")));
    }
    plans.iter().min_by_key(|path| (path.matches('/').count(), **path)).map(|path| (*path).to_owned()).ok_or_else(
        || EngineError::Invalid {
            code: "no_plan",
            message: "The upload contains no .jmx file.".to_owned(),
            hint: Some("Send the plan's .jmx together with the files that it reads, or a zip of them.".to_owned()),
            faults: files.iter().take(20).map(|file| Fault::whole("not_a_plan", file.path.clone())).collect(),
        },
    )
}

pub(super) fn refuse_what_is_no_plan(folder: &Path, main_file: &str) -> Result<(), EngineError> {
    let bytes = std::fs::read(folder.join(main_file))
        .map_err(|error| EngineError::file(format!("reading {main_file}"), error))?;
    jac_jmx::Plan::parse(&bytes).map(drop).map_err(|error| not_a_plan(main_file, &error))
}
