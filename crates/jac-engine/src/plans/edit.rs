//! What people change of a plan without an upload: its name, which of its `.jmx` is run, where a file lies, all files back to an earlier
//! revision; and a second plan of the same files.

use super::content::{link, replace};
use super::names::safe_name;
use super::staging::refuse_what_is_no_plan;
use super::{Kept, Placed, PlanFolder, keep_only, put, refuse_clash, remove_empty_above};
use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_jmx::Outline;
use jac_model::{Person, Plan, PlanFileKind, PlanId};
use serde::{Deserialize, Serialize};

/// The longest name of a copy that is made of another's, in characters: with its ending it is as long as a name may be.
const LONGEST_COPIED: usize = 90;

/// What is to be changed of a plan; what is absent stays.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanChanges {
    pub name: Option<String>,
    /// The `.jmx` among its files that is run. Another one makes a new revision.
    pub main_file: Option<String>,
}

/// A file that is to lie elsewhere in its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MovedFile {
    /// Its path among the plan's files.
    pub from: String,
    /// The path that it gets. No file may be there.
    pub to: String,
}

impl Engine {
    /// Renames a plan, or runs another of its `.jmx` from now on.
    ///
    /// # Errors
    /// When the name is invalid, or the file is not a plan among its files. Nothing is changed then.
    pub fn edit_plan(&self, id: &PlanId, by: Person, changes: PlanChanges) -> Result<Plan, EngineError> {
        let name = changes.name.map(|name| crate::titles::required(&name)).transpose()?;
        let changed = self.change_plan(id, by, |plan, folder| {
            let Some(main_file) = changes.main_file else { return Ok(()) };
            if !plan.files.iter().any(|file| file.path == main_file && file.kind == PlanFileKind::Plan) {
                let message = format!("The plan has no .jmx file '{main_file}'.");
                return Err(EngineError::invalid_field("no_plan", "/main_file", message));
            }
            refuse_what_is_no_plan(folder, &main_file)?;
            plan.main_file = main_file;
            Ok(())
        })?;
        let Some(name) = name.filter(|name| *name != changed.name) else { return Ok(changed) };
        self.change_plan_record(id, |plan| plan.name.clone_from(&name))?;
        Ok(Plan { name, ..changed })
    }

    /// Moves a file within its plan.
    ///
    /// # Errors
    /// When there is no such file, or its new path is not a path below the plan or is taken.
    pub fn move_plan_file(&self, id: &PlanId, by: Person, moved: &MovedFile) -> Result<Plan, EngineError> {
        let to = safe_name(&moved.to)?;
        self.change_plan(id, by, |plan, folder| {
            let from = self.plan_file(plan, &moved.from)?;
            if to == moved.from {
                return Ok(());
            }
            let is_jmx = |path: &str| PlanFileKind::of(path) == PlanFileKind::Plan;
            if moved.from == plan.main_file && !is_jmx(&to) {
                let message = "The plan's main file has to end in .jmx.";
                return Err(EngineError::invalid_field("no_plan", "/to", message));
            }
            if plan.files.iter().any(|file| file.path == to) {
                let hint = Some("Remove or move the file that is there first.");
                return Err(conflict(format!("The plan already has a file '{to}'."), hint));
            }
            refuse_clash(folder, &to)?;
            let place = folder.join(&to);
            let done =
                place.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::rename(&from, &place));
            done.map_err(|error| EngineError::file(format!("moving {}", moved.from), error))?;
            remove_empty_above(folder, &from);
            if plan.main_file == moved.from {
                plan.main_file.clone_from(&to);
            }
            for file in plan.files.iter_mut().filter(|file| file.path == moved.from) {
                file.path.clone_from(&to);
                file.kind = PlanFileKind::of(&to);
            }
            Ok(())
        })
    }

    /// Gives a plan the files of an earlier revision again, as a new revision: what was removed or replaced since then can be undone.
    ///
    /// # Errors
    /// When there is no such revision any more, or a file cannot be put back.
    pub fn restore_plan_revision(&self, id: &PlanId, by: Person, revision: u32) -> Result<Plan, EngineError> {
        self.change_plan(id, by, |plan, folder| {
            let at = self.locked_plan_at(plan.clone(), Some(revision))?;
            if at.plan.revision == plan.revision {
                return Ok(());
            }
            keep_only(folder, &plan.files, &at.plan.files)?;
            for file in &at.plan.files {
                put(&file.path, folder, |to| replace(&at.folder.join(&file.path), to))?;
            }
            plan.main_file = at.plan.main_file;
            plan.files = at.plan.files;
            Ok(())
        })
    }

    /// Makes a second plan of the files, the criteria and the patterns of files to keep that a plan has now. Its revisions begin with 1.
    ///
    /// # Errors
    /// When the plan does not exist, or the name is invalid.
    pub fn duplicate_plan(&self, id: &PlanId, owner: Person, name: Option<String>) -> Result<Plan, EngineError> {
        let name = crate::titles::given(name)?;
        let failed = |error| EngineError::file("copying the plan", error);
        let made = tempfile::tempdir_in(self.folder().uploads()).map_err(failed)?;
        let plan = self.locked_plan(id, || -> Result<Plan, EngineError> {
            let plan = crate::blocking::wait(self.store().plan(id))?;
            let from = PlanFolder::of(self, id).files;
            for file in &plan.files {
                let to = made.path().join(&file.path);
                let linked = to
                    .parent()
                    .map_or(Ok(()), std::fs::create_dir_all)
                    .and_then(|()| link(&from.join(&file.path), &to));
                linked.map_err(failed)?;
            }
            Ok(plan)
        })?;
        let name = name.unwrap_or_else(|| {
            let start: String = plan.name.chars().take(LONGEST_COPIED).collect();
            format!("{start} (copy)")
        });
        let placed =
            Placed { name, main_file: plan.main_file, files: plan.files, criteria: plan.criteria, keep: plan.keep };
        self.place_plan(made.path(), owner, Kept::UntilRemoved, placed)
    }

    /// The tree of the plan's `.jmx`. It reads the file: call it where that is allowed.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn plan_outline(&self, plan: &Plan) -> Result<Outline, EngineError> {
        let name = &plan.main_file;
        let bytes = std::fs::read(self.plan_file(plan, name)?)
            .map_err(|error| EngineError::file(format!("reading {name}"), error))?;
        let parsed = jac_jmx::Plan::parse(&bytes).map_err(|error| super::not_a_plan(name, &error))?;
        Ok(parsed.outline())
    }
}
