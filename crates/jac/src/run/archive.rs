//! Waits for a run's results in the object store. An unfinished upload is not a failure of the run.

use super::Job;
use crate::artefacts;
use jac_engine::archive::{ArchivePhase, ArchiveView};
use jac_engine::view::RunView;

impl Job<'_> {
    /// Waits until the results are in the store, if there is one. An unfinished upload is not a failure of the run.
    pub(super) async fn wait_for_archive(&mut self, run: &RunView) {
        if run.archive.is_none() {
            return;
        }
        let id = run.id.to_string();
        let (client, line) = (self.client, &mut *self.line);
        let mut show = |view: &ArchiveView| line.step(&artefacts::line(view));
        let stored = artefacts::until_stored(client, &id, artefacts::STORE_TIMEOUT, &mut show);
        let seen = tokio::select! {
            seen = stored => seen,
            _ = self.signals.next_stop() => Err(anyhow::anyhow!("waiting was interrupted")),
        };
        match seen {
            // Its last step has already been printed.
            Ok(view) if view.phase == ArchivePhase::Stored => (),
            Ok(view) => self.line.print(&format!(
                "warning: {} The results are complete in the data folder; the server, or the next `jac` on it, retries the upload.",
                artefacts::line(&view)
            )),
            Err(error) => {
                self.line.print(&format!("warning: it is unknown whether the results of {id} are stored: {error}."))
            }
        }
    }
}
