//! Changes to a plan without an upload: its name, its main `.jmx`, the path of a file, a return of all files to an earlier
//! revision; and duplication.

use super::content::link;
use super::names::safe_name;
use super::staging::refuse_what_is_no_plan;
use super::{Kept, Placed, PlanFolder, refuse_clash};
use crate::clusters::conflict;
use crate::engine::Engine;
use crate::error::EngineError;
use jac_jmx::{Cancel, Outline, PlanError};
use jac_model::{Person, Plan, PlanFileKind, PlanId};
use serde::{Deserialize, Serialize};

/// Maximum length of the original's name within a copy's name, in characters: with the suffix it has the maximum length of a name.
const LONGEST_COPIED: usize = 90;

/// Changes to a plan; absent fields are unchanged.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PlanChanges {
    pub name: Option<String>,
    /// Its main `.jmx`. Changing it creates a new revision.
    pub main_file: Option<String>,
}

/// A move of a file within its plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct MovedFile {
    /// Its path among the plan's files.
    pub from: String,
    /// Its new path, at which no file may exist.
    pub to: String,
}

impl Engine {
    /// Renames a plan, or changes its main `.jmx`.
    ///
    /// # Errors
    /// When the name is invalid, or the file is not one of its `.jmx` files. Nothing is changed then.
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
    /// When the file does not exist, or its new path is not a path below the plan or is taken.
    pub fn move_plan_file(&self, id: &PlanId, by: Person, moved: &MovedFile) -> Result<Plan, EngineError> {
        let to = safe_name(&moved.to)?;
        self.change_plan(id, by, |plan, folder| {
            self.plan_file(plan, &moved.from)?;
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

    /// Restores the files of an earlier revision as a new revision, so that removals and replacements since then can be undone.
    ///
    /// # Errors
    /// When the revision no longer exists, or a file cannot be restored.
    pub fn restore_plan_revision(&self, id: &PlanId, by: Person, revision: u32) -> Result<Plan, EngineError> {
        self.change_plan(id, by, |plan, _| {
            let at = self.locked_plan_at(plan.clone(), Some(revision))?;
            if at.plan.revision == plan.revision {
                return Ok(());
            }
            plan.main_file = at.plan.main_file;
            plan.files = at.plan.files;
            Ok(())
        })
    }

    /// Duplicates a plan with its current files, criteria and patterns of files to keep. The copy's revisions start with 1.
    ///
    /// # Errors
    /// When the plan does not exist, or the name is invalid.
    pub fn duplicate_plan(&self, id: &PlanId, owner: Person, name: Option<String>) -> Result<Plan, EngineError> {
        let name = crate::titles::given(name)?;
        let failed = |error| EngineError::file("copying the plan", error);
        let made = tempfile::tempdir_in(self.folder().uploads()).map_err(failed)?;
        let plan = self.locked_plan(id, || -> Result<Plan, EngineError> {
            let plan = crate::blocking::wait(self.store().plan(id))?;
            self.mend_plan(&plan)?;
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

    /// The tree of the plan's `.jmx`. It reads a whole plan: call it in turn ([`Engine::check_in_turn`]).
    ///
    /// # Errors
    /// When it cannot be read, or nobody waits for the answer any more.
    pub fn plan_outline(&self, plan: &Plan, is_cancelled: &dyn Fn() -> bool) -> Result<Outline, EngineError> {
        let name = &plan.main_file;
        let bytes = std::fs::read(self.plan_file(plan, name)?)
            .map_err(|error| EngineError::file(format!("reading {name}"), error))?;
        match jac_jmx::Plan::parse_until(&bytes, Cancel::when(is_cancelled)) {
            Ok(plan) => Ok(plan.outline()),
            Err(PlanError::Cancelled) => Err(super::check::cancelled()),
            Err(error) => Err(super::not_a_plan(name, &error)),
        }
    }
}
