//! Waits for a run's results in the object store. An unfinished upload is not a failure of the run.

use super::{Job, Waits};
use crate::artefacts;
use jac_engine::archive::{ArchivePhase, ArchiveView};
use jac_engine::view::RunView;

impl Job<'_> {
    /// Waits until the results are in the store, if there is one.
    pub(super) async fn wait_for_archive(&mut self, run: &RunView) {
        if run.archive.is_none() {
            return;
        }
        let id = run.id.to_string();
        let seen = if self.waits == Waits::All {
            let line = &mut *self.line;
            let mut show = |view: &ArchiveView| line.step(&artefacts::line(view));
            let stored = artefacts::until_stored(self.client, &id, artefacts::STORE_TIMEOUT, &mut show);
            match self.signals.unless(stored).await {
                Ok(seen) => seen,
                Err(_) => Err(self.interrupted()),
            }
        } else {
            Err(anyhow::anyhow!("waiting was interrupted"))
        };
        match seen {
            Ok(view) if view.phase == ArchivePhase::Stored => (),
            // Why not was the last step, so it is printed already.
            Ok(_) => self.line.print(&format!(
                "warning: the results of {id} are only in the data folder; the server, or the next `jac` on it, retries the upload."
            )),
            Err(error) => {
                self.line.print(&format!("warning: it is unknown whether the results of {id} are stored: {error}."))
            }
        }
    }
}
