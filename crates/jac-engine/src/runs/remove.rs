//! The end of a run's results: deletion, by a user or by the retention, and the pin that protects them from the
//! retention.

use super::record;
use crate::blocking::wait;
use crate::clusters::conflict;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::{Run, RunId};
use std::path::Path;

impl Engine {
    /// Deletes a finished run and its artefacts.
    ///
    /// # Errors
    /// When it has not finished.
    pub async fn delete_run(&self, id: &RunId) -> Result<(), EngineError> {
        let id = id.clone();
        self.run_blocking(move |engine| engine.remove_run(&id, |_| true)).await
    }

    /// The same, unless it was pinned or set as baseline meanwhile.
    pub(crate) async fn delete_run_unless_kept(&self, id: &RunId) -> Result<(), EngineError> {
        let id = id.clone();
        let is_free = |run: &Run| !run.pinned && run.baseline_ms.is_none();
        self.run_blocking(move |engine| engine.remove_run(&id, is_free)).await
    }

    /// Sets whether a run is exempt from retention.
    ///
    /// # Errors
    /// When the run does not exist, or its record cannot be written.
    pub async fn pin_run(&self, id: &RunId, pinned: bool) -> Result<(), EngineError> {
        let pin = move |run: &mut Run| {
            run.pinned = pinned;
            Ok(())
        };
        self.store().update_run::<_, EngineError>(id, pin).await?;
        self.describe_run(id).await?;
        self.notify(Event::Run(id.clone()));
        Ok(())
    }

    /// Writes a finished run's row into its folder too, so that a lost or older database does not lose it.
    pub(crate) async fn describe_run(&self, id: &RunId) -> Result<(), EngineError> {
        self.describe_run_and(id, |_, _| Ok(())).await
    }

    /// The same, and updates the files in the folder that depend on it.
    pub(crate) async fn describe_run_and(
        &self,
        id: &RunId,
        also: impl FnOnce(&Path, &Run) -> Result<(), EngineError> + Send + 'static,
    ) -> Result<(), EngineError> {
        let id = id.clone();
        self.run_blocking(move |engine| {
            // The row is read under the lock, so the last writer writes the newest state.
            let _turn = engine.describing();
            let row = wait(engine.store().run(&id))?;
            let folder = engine.folder().run(&row.run.id);
            if row.run.phase.is_terminal() && folder.is_dir() {
                // One that cannot be read now may exist.
                if engine.archive().is_some() || !matches!(crate::archive::read_manifest(&folder), Ok(None)) {
                    crate::archive::mark_stale(&folder)?;
                }
                let run = row.run.clone();
                // The record first: everything else can be regenerated from it.
                record::RunRecord::of(row).write(&folder)?;
                let done = also(&folder, &run);
                engine.archive_again(&run);
                done
            } else {
                Ok(())
            }
        })
        .await
    }

    fn remove_run(&self, id: &RunId, may_go: impl FnOnce(&Run) -> bool) -> Result<(), EngineError> {
        let turn = self.describing();
        let run = wait(self.store().run(id))?.run;
        if !may_go(&run) {
            return Ok(());
        }
        if !run.phase.is_terminal() {
            return Err(conflict("The run has not finished.", Some("Stop it first.")));
        }
        let folder = self.folder().run(id);
        // Moved away first: after a crash once the row is gone, the run would be restored from its folder.
        let away = crate::deleted::place(self, id);
        match std::fs::rename(&folder, &away) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(EngineError::file("removing the run's folder", error));
            }
            _ => (),
        }
        if let Err(error) = wait(self.store().delete_run(id)) {
            // It is still in the lists, so its results must be there; if not now, then at the next start.
            crate::deleted::give_back(self, id);
            return Err(error.into());
        }
        // The removed files may be large.
        drop(turn);
        if let Some(archive) = self.archive() {
            archive.forget(id);
        }
        self.stop_shipping(id);
        // What cannot be removed now is removed later.
        crate::deleted::remove(self, &away, &run.files);
        self.notify(Event::Run(id.clone()));
        Ok(())
    }
}
