//! Deletes a run's shipped documents: first the shipment ends, then its documents are deleted, its record last.

use super::targets::named;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::RunId;
use jac_model::search::{SampleTarget, ShipmentState};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a shipment may take to stop before its documents are deleted.
const STOP_LIMIT: Duration = Duration::from_secs(10);

impl Engine {
    /// Deletes a run's documents at one target or at all, and returns their number. Nothing more is shipped. For a
    /// target that this server no longer has, only the record is deleted.
    ///
    /// # Errors
    /// When the run or target does not exist, or the target fails.
    pub async fn delete_shipped(&self, run: &RunId, target: Option<&str>) -> Result<u64, EngineError> {
        let owner = self.owner_of_run(run).await?;
        let targets = self.shipping().targets_of(Some(&owner));
        let (mut deleted, mut failed) = (0, None);
        let is_named = target.is_some();
        // If the target is no longer configured, the shipment's record is deleted; its documents cannot be reached.
        if let Some(name) = target.filter(|name| named(&targets, name).is_none())
            && self.store().shipment(run, name).await?.is_some()
        {
            self.store().delete_shipment(run, name).await?;
            self.notify(Event::Run(run.clone()));
            return Ok(0);
        }
        for name in self.named_targets(&owner, target)? {
            let Some(target) = named(&targets, &name) else { continue };
            // A target that cannot be queried deletes nothing; if it was named, that is an error.
            if !target.counts() {
                if is_named {
                    target.delete(run).await?;
                }
                continue;
            }
            match self.delete_shipped_at(run, name, target.as_ref()).await {
                Ok(documents) => deleted += documents,
                // The other targets are processed anyway.
                Err(error) => _ = failed.get_or_insert(error),
            }
        }
        self.notify(Event::Run(run.clone()));
        failed.map_or(Ok(deleted), Err)
    }

    /// The same at one target. The shipment ends immediately, so that nothing is shipped meanwhile; its record is removed when the documents are deleted.
    async fn delete_shipped_at(
        &self,
        run: &RunId,
        name: String,
        target: &dyn SampleTarget,
    ) -> Result<u64, EngineError> {
        let end = |message: String| {
            let now_ms = self.now_ms();
            self.store().update_shipment(run, &name, move |row| {
                (row.state, row.counted, row.updated_ms) = (ShipmentState::Incomplete, None, now_ms);
                row.trouble = Some(("search_not_deleted".to_owned(), message));
            })
        };
        end("The deletion of its documents was started and has not finished.".to_owned()).await?;
        let key = (run.clone(), name.clone());
        self.shipping().poke(&key);
        let began = Instant::now();
        while self.shipping().working().contains_key(&key) && began.elapsed() < STOP_LIMIT {
            sleep(Duration::from_millis(20)).await;
        }
        match target.delete(run).await {
            Ok(deleted) => {
                self.store().delete_shipment(run, &name).await?;
                Ok(deleted)
            }
            Err(error) => {
                end(format!("Its documents could not be deleted: {error}")).await?;
                Err(error.into())
            }
        }
    }
}
