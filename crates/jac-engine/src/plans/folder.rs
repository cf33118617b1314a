//! The location of a plan on the disk.

use super::remove_folder;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::regular_file::read_regular;
use jac_model::{Plan, PlanId};
use std::path::PathBuf;

/// A plan on disk: the folder of its files, and next to it a file that describes it, so that a lost or older database
/// loses no plan.
pub(crate) struct PlanFolder {
    pub(super) files: PathBuf,
    description: PathBuf,
}

impl PlanFolder {
    pub fn of(engine: &Engine, id: &PlanId) -> Self {
        Self { files: engine.folder().plan(id), description: engine.folder().plans().join(format!("{id}.json")) }
    }

    pub(super) fn describe(&self, plan: &Plan) -> Result<(), EngineError> {
        let bytes = serde_json::to_vec_pretty(plan).map_err(|error| EngineError::JMeter(error.to_string()))?;
        crate::runs::write_file(&self.description, &bytes)
    }

    /// The plan as described by the file; `None` if that cannot be read.
    pub(super) fn description(&self) -> Option<Plan> {
        let plan: Plan = serde_json::from_slice(&read_regular(&self.description).ok()?).ok()?;
        self.files.ends_with(plan.id.as_str()).then_some(plan)
    }

    /// The same; `None` also if the folder has other content.
    pub fn described(&self) -> Option<Plan> {
        let is_whole = |plan: &Plan| plan.files.iter().all(|file| self.files.join(&file.path).is_file());
        self.description().filter(is_whole)
    }

    pub(super) fn forget(&self) -> Result<(), EngineError> {
        match std::fs::remove_file(&self.description) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(EngineError::file("removing the plan", error))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn remove(&self) {
        drop(self.forget());
        remove_folder(&self.files);
    }
}
