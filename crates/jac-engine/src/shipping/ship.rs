//! The task of one shipment: from its cursor to the end of the run's log, retried until that is done.
//!
//! `shipping/log.rs` reads the log; `shipping/arrival.rs` verifies the arrival.

use super::log::{self, Precedence, SpoolLog};
use super::targets::named;
use super::{Key, Work, of_store};
use crate::engine::{Engine, Event};
use jac_model::search::{SampleTarget, ShipmentState, ShippedRun, TargetError};
use jac_model::{Provider, Run, RunId};
use jac_store::{Attempt, ShipmentRow, StoreError};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::sleep;

/// Interval of attempts after a failure outside of a target.
const RETRY_EVERY: Duration = Duration::from_secs(15);

impl Engine {
    /// Ensures that the shipment has a task, if its target is one of this server's.
    pub(super) fn work_on_shipment(&self, run: &RunId, target: &str) {
        let targets = self.shipping().targets();
        let Some(target) = named(&targets, target) else { return };
        let key = (run.clone(), target.info().name);
        let poked = Arc::new(Notify::new());
        {
            let mut working = self.shipping().working();
            if let Some(work) = working.get_mut(&key) {
                work.again = true;
                return;
            }
            working.insert(key.clone(), Work { poked: Arc::clone(&poked), again: false });
        }
        let engine = self.clone();
        self.keep_running("shipping", format!("the shipping of run {} to {}", key.0, key.1), move |_| {
            engine.clone().ship_to_the_end(key.clone(), Arc::clone(&poked))
        });
    }

    async fn ship_to_the_end(self, key: Key, poked: Arc<Notify>) {
        let mut precedence = Precedence::Backfill;
        loop {
            // A person's may have been changed or deleted since.
            let targets = self.shipping().targets();
            let Some(target) = named(&targets, &key.1) else {
                if !self.shipping().ends(&key) {
                    continue;
                }
                self.notify(Event::Run(key.0));
                return;
            };
            let shipped = tokio::select! {
                biased;
                () = poked.notified() => continue,
                shipped = self.ship(&key, target.as_ref(), &mut precedence) => shipped,
            };
            if let Err(error) = shipped {
                tracing::warn!(run = %key.0, target = key.1, code = error.code, "run {}: search target {}: {error}", key.0, key.1);
                self.note_trouble(&key, Some(error)).await;
                tokio::select! {
                    () = poked.notified() => (),
                    () = sleep(RETRY_EVERY) => (),
                }
                continue;
            }
            self.notify(Event::Run(key.0.clone()));
            // Until then there is only this task: a restart of the shipment is signalled to it.
            let is_over = match self.store().shipment(&key.0, &key.1).await {
                Ok(row) => row.is_none_or(|row| row.state.is_final()),
                // It is checked again.
                Err(_) => false,
            };
            if is_over && self.shipping().ends(&key) {
                return;
            }
        }
    }

    /// Ships the remaining rows and checks whether they have arrived. A shipment that was removed has also ended.
    async fn ship(&self, key: &Key, target: &dyn SampleTarget, precedence: &mut Precedence) -> Result<(), TargetError> {
        let (run, name) = key;
        let Some(mut row) = self.store().shipment(run, name).await.map_err(of_store)? else { return Ok(()) };
        if row.state.is_final() {
            return Ok(());
        }
        let stored = match self.store().run(run).await {
            Ok(row) => row.run,
            Err(StoreError::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(of_store(error)),
        };
        let is_over = stored.phase.is_terminal();
        if !is_over {
            *precedence = Precedence::Live;
        }
        let turns = self.shipping().turns(name, *precedence);
        let mut turn = if is_over { turns.acquire().await.ok() } else { None };
        if row.attempt == Attempt::Full {
            if target.counts() {
                target.delete(run).await?;
            }
            let Some(begun) = self.change_shipment(key, |row| row.attempt = Attempt::Again).await? else {
                return Ok(());
            };
            row = begun;
        }
        let log = SpoolLog::open(self, &row, *precedence).await?;
        let shipped_run = shipped_run(&stored);
        let shipped = {
            let mut ship = target.ship(&shipped_run, row.cursor, &log);
            loop {
                tokio::select! {
                    biased;
                    shipped = &mut ship => break Some(shipped),
                    () = self.until_over(run), if turn.is_none() => match turns.try_acquire() {
                        Ok(own) => turn = Some(own),
                        // It resumes at its cursor when its turn comes.
                        Err(_) => break None,
                    },
                }
            }
        };
        log.write_down().await?;
        let Some(shipped) = shipped else { return Ok(()) };
        match shipped {
            Ok(_) if target.counts() => self.finish_counted(key, target).await,
            Ok(_) => self.finish_delivered(key).await,
            // It will not be restored.
            Err(error) if error.code == "log_missing" => {
                self.finish(key, ShipmentState::Incomplete, None, Some(("log_missing", error.message))).await
            }
            // It was cancelled, or is restarted.
            Err(error) if error.code == log::CHANGED => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Waits until a run has finished.
    async fn until_over(&self, run: &RunId) {
        let mut changes = self.changes_of_run(run);
        while !self.store().run(run).await.is_ok_and(|row| row.run.phase.is_terminal()) {
            changes.next().await;
        }
    }

    /// Changes a shipment that has not ended.
    pub(super) async fn change_shipment(
        &self,
        key: &Key,
        change: impl FnOnce(&mut ShipmentRow) + Send + 'static,
    ) -> Result<Option<ShipmentRow>, TargetError> {
        let now_ms = self.now_ms();
        let changed = self.store().update_shipment(&key.0, &key.1, move |row| {
            if !row.state.is_final() {
                change(row);
                row.updated_ms = now_ms;
            }
        });
        Ok(changed.await.map_err(of_store)?.map(|(row, ())| row))
    }

    /// Records what holds up a shipment.
    pub(super) async fn note_trouble(&self, key: &Key, trouble: Option<TargetError>) {
        let trouble = trouble.map(|error| (error.code.to_owned(), error.message));
        if let Err(error) = self.change_shipment(key, move |row| row.trouble = trouble).await {
            tracing::warn!(run = %key.0, %error, "run {}: a fault of its shipping could not be written down: {error}", key.0);
        }
        self.notify(Event::Run(key.0.clone()));
    }
}

fn shipped_run(run: &Run) -> ShippedRun {
    ShippedRun {
        id: run.id.clone(),
        name: run.name.clone(),
        plan: run.plan_name.clone(),
        cluster: run.cluster_name.clone(),
        owner: run.owner.name.clone(),
        source: 0,
        is_imported: run.provider == Some(Provider::Imported),
    }
}
