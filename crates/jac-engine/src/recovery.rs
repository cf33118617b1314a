//! Recovery of a data folder when an engine starts on it: the folder takes precedence over the database.
//!
//! A finished run's folder describes itself (`run.json`), and so does a plan's. One without a row, or whose row is
//! older (an older database was restored), is added to the list again. Folders that describe nothing are moved to
//! `lost/`; only unfinished uploads and unused file content are ever removed.

use crate::blocking::wait;
use crate::engine::Engine;
use crate::error::EngineError;
use crate::notices::{Notice, RESTORED};
use crate::plans::{self, PlanFolder};
use crate::runs::record::RunRecord;
use jac_model::{PlanId, RunId, plural};
use jac_store::Kind;
use std::path::Path;

/// Number of folders per database query.
const AT_A_TIME: usize = 1_000;

impl Engine {
    pub(crate) fn recover_folder(&self) -> Result<(), EngineError> {
        crate::deleted::give_back_all(self)?;
        plans::sweep_uploads(self);
        plans::sweep_revisions(self);
        // Reported at every start until somebody has checked and removed it.
        for (_, path) in entries(&self.folder().lost()) {
            let message = format!(
                "{} was moved there at an earlier start because JAC does not recognise it. Check it and remove it if \
                 you do not need it.",
                path.display()
            );
            self.notice(Notice::new("moved_to_lost", [("path", path.display().to_string())], message));
        }
        let runs = self.recover_runs()? + self.recover_unfinished_runs()?;
        let plans = self.recover_plans()?;
        plans::sweep_content(self);
        if runs + plans > 0 {
            let message = format!(
                "The database was older than the data folder. Restored from the folder: {}, {}.",
                plural(runs as u64, "run"),
                plural(plans as u64, "plan")
            );
            self.notice(Notice::new(RESTORED, [("runs", runs.to_string()), ("plans", plans.to_string())], message));
        }
        Ok(())
    }

    /// Restores runs whose folders have no row.
    fn recover_runs(&self) -> Result<usize, EngineError> {
        let mut restored = 0;
        let mut entries = entries(&self.folder().runs());
        loop {
            let some: Vec<_> = entries.by_ref().take(AT_A_TIME).collect();
            if some.is_empty() {
                return Ok(restored);
            }
            let names = some.iter().map(|(name, _)| name.clone()).collect();
            let known = wait(self.store().known(Kind::Run, names))?;
            let unknown = some.into_iter().filter(|(name, _)| !known.contains(name));
            restored += self.recover_run_folders(unknown)?;
        }
    }

    fn recover_run_folders(
        &self,
        folders: impl Iterator<Item = (String, std::path::PathBuf)>,
    ) -> Result<usize, EngineError> {
        let mut restored = 0;
        for (name, folder) in folders {
            match RunRecord::read(&folder) {
                Ok(Some(record)) if record.run.id.as_str() == name => {
                    record.restore(self)?;
                    restored += 1;
                }
                Ok(_) => self.move_to_lost(&folder, "run"),
                Err(error) => {
                    let message = format!("{} cannot be read and stays where it is: {error}", folder.display());
                    self.notice(Notice::new("record_unreadable", [("path", folder.display().to_string())], message));
                }
            }
        }
        Ok(restored)
    }

    /// Restores runs that had not finished when the database was backed up, but have according to their folders.
    fn recover_unfinished_runs(&self) -> Result<usize, EngineError> {
        let mut restored = 0;
        for run in wait(self.store().unfinished_runs())? {
            if let Ok(Some(record)) = RunRecord::read(&self.folder().run(&run.id))
                && record.run.id == run.id
            {
                // Its end was written to the folder, but the server crashed before the database was updated: nobody was
                // notified. This comes first, so that another crash between the two loses nothing; a target that was
                // notified by a later state of the database recognises the delivery's ID.
                let deliveries = self.due_notifications(&record.run, &record.result());
                wait(self.store().add_deliveries(&run.id, deliveries, self.now_ms()))?;
                record.restore(self)?;
                restored += 1;
            }
        }
        Ok(restored)
    }

    /// Restores plans without a row, and those changed after the database was backed up.
    fn recover_plans(&self) -> Result<usize, EngineError> {
        let known = wait(self.store().ids(Kind::Plan))?;
        let mut restored = 0;
        for (name, path) in entries(&self.folder().plans()) {
            if path.is_file() {
                continue;
            }
            // A folder whose name is not an ID belongs to no plan, and goes to lost/.
            let id: Option<PlanId> = name.parse().ok();
            if let Some(id) = &id {
                self.mend_plan_at_start(id);
            }
            let described = id.as_ref().and_then(|id| PlanFolder::of(self, id).described());
            match (described, known.contains(&name)) {
                (Some(plan), false) => {
                    wait(self.store().put_plan(&plan))?;
                    restored += 1;
                }
                (Some(plan), true) => {
                    if wait(self.store().plan(&plan.id)).is_ok_and(|row| row != plan) {
                        wait(self.store().put_plan(&plan))?;
                        restored += 1;
                    }
                }
                (None, true) => (),
                (None, false) => self.move_to_lost(&path, "plan"),
            }
        }
        Ok(restored)
    }

    /// Writes `run.json` for finished runs that have none: those of earlier versions, and those whose disk was full. It
    /// reads the folder of every run: do not call it on an async thread.
    pub(crate) fn describe_finished_runs(&self) {
        for (name, folder) in entries(&self.folder().runs()) {
            let Ok(id) = name.parse::<RunId>() else { continue };
            if RunRecord::is_in(&folder) {
                continue;
            }
            let _turn = self.describing();
            let Ok(row) = wait(self.store().run(&id)) else { continue };
            if row.run.phase.is_terminal()
                && let Err(error) = RunRecord::of(row).write(&folder)
            {
                tracing::warn!(run = %id, %error, "run {id}: its record could not be written: {error}");
            }
        }
    }

    /// Moves an unknown item to where a person finds it. An empty folder is removed: a crash occurred between it and
    /// its row.
    fn move_to_lost(&self, path: &Path, kind: &'static str) {
        if path.is_dir() && std::fs::remove_dir(path).is_ok() {
            return;
        }
        let lost = self.folder().lost();
        let name = path.file_name().map_or_else(|| kind.to_owned(), |name| name.to_string_lossy().into_owned());
        let free = (1..).map(|number| match number {
            1 => lost.join(&name),
            _ => lost.join(format!("{name}.{number}")),
        });
        let Some(to) = free.into_iter().find(|place| !place.exists()) else { return };
        let moved = std::fs::create_dir_all(&lost).and_then(|()| std::fs::rename(path, &to));
        let params = [("kind", kind.to_owned()), ("path", to.display().to_string())];
        let message = match moved {
            Ok(()) => format!(
                "The folder {} belongs to no known {kind} and has no readable record. It was moved to {}.",
                path.display(),
                to.display()
            ),
            Err(error) => format!(
                "The folder {} belongs to no known {kind} and could not be moved to {}: {error}.",
                path.display(),
                to.display()
            ),
        };
        self.notice(Notice::new("moved_to_lost", params, message));
    }
}

/// The contents of a folder, by name. An unreadable folder has nothing that could be moved.
fn entries(folder: &Path) -> impl Iterator<Item = (String, std::path::PathBuf)> + use<> {
    let found = std::fs::read_dir(folder).into_iter().flatten().flatten();
    found.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path()))
}
