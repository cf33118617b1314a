//! Ships every sample of every run to the search targets: a task for each run and target, with its own cursor in the
//! database.
//!
//! Owns when a run is shipped, the progress, and whether it has arrived: in the end the target's documents are counted,
//! duplicates are deleted and missing ones shipped again. Protocols and documents belong to the adapter
//! ([`SampleTarget`]). It only reads the run's log, in parallel with everything else: a target that is slow,
//! unreachable or faulty does not affect the run. After a crash at most some rows are sent again, which is harmless
//! because of the IDs of their documents.
//!
//! This module contains the current shipments, and what starts or stops them. The task of a shipment is in
//! `shipping/ship.rs`, its final count in `shipping/arrival.rs`, the deletion of documents in `shipping/delete.rs`, and
//! the owners of targets in `shipping/targets.rs`.

mod arrival;
mod delete;
mod find;
mod log;
mod own;
mod pauses;
mod query;
mod ship;
mod targets;
mod view;

pub use find::{FoundSamples, LOG, SampleSource, SearchFallback};
pub(crate) use log::{FOLDER, refused_artefact};
pub use own::{NewSearchTarget, OwnTargetView};
pub use view::{Shipment, ShipmentTrouble, TargetView};

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::RunId;
use jac_model::search::{SampleTarget, TargetError, TargetMaker};
use jac_store::{Attempt, ShipmentRow, StoreError};
use log::Precedence;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, Semaphore};

/// Number of concurrent backfills per target; active runs are always shipped immediately.
const BACKFILLS_AT_A_TIME: usize = 2;
/// Maximum number of ended runs that are shipped to a target in parallel. If it is unreachable for long, more of them
/// wait, without an open log and batches in memory.
const ENDING_AT_A_TIME: usize = 8;

type Key = (RunId, String);

/// The targets, and the current shipments.
#[derive(Default)]
pub(crate) struct Shipping {
    /// The server's.
    targets: Mutex<Vec<Arc<dyn SampleTarget>>>,
    /// People's own, each with its owner's ID.
    own: Mutex<Vec<(String, Arc<dyn SampleTarget>)>>,
    /// Serialises reading which targets people have, after a change.
    loading: tokio::sync::Mutex<()>,
    /// Creates people's own targets.
    maker: Mutex<Option<Arc<dyn TargetMaker>>>,
    /// Shipments with a task.
    working: Mutex<HashMap<Key, Work>>,
    /// By the target's name: an unreachable one does not delay the others.
    turns: Mutex<HashMap<String, Turns>>,
    /// Live shipments that have more to read than they could.
    behind: Mutex<HashSet<Key>>,
    /// Targets that are not queried for samples before a given time, and why.
    search_pauses: pauses::Pauses,
}

impl Shipping {
    fn working(&self) -> MutexGuard<'_, HashMap<Key, Work>> {
        self.working.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn turns(&self, target: &str, precedence: Precedence) -> Arc<Semaphore> {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        let turns = turns.entry(target.to_owned()).or_default();
        match precedence {
            Precedence::Live => Arc::clone(&turns.ending),
            Precedence::Backfill => Arc::clone(&turns.backfills),
        }
    }

    fn behind(&self) -> MutexGuard<'_, HashSet<Key>> {
        self.behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is_a_live_one_behind(&self, target: &str) -> bool {
        self.behind().iter().any(|(_, of)| of == target)
    }

    fn note_behind(&self, key: &Key, is_behind: bool) {
        if is_behind {
            self.behind().insert(key.clone());
        } else {
            self.behind().remove(key);
        }
    }

    fn poke(&self, key: &Key) {
        if let Some(work) = self.working().get(key) {
            work.poked.notify_one();
        }
    }

    /// Ends the task of a shipment, unless the shipment was started again since the task last checked.
    fn ends(&self, key: &Key) -> bool {
        let mut working = self.working();
        if working.get_mut(key).is_some_and(|work| std::mem::take(&mut work.again)) {
            return false;
        }
        working.remove(key);
        true
    }
}

/// The task of a shipment.
struct Work {
    /// Notified when the shipment has changed, or should be retried now.
    poked: Arc<Notify>,
    /// The shipment was started again meanwhile.
    again: bool,
}

/// Turns at a target.
struct Turns {
    backfills: Arc<Semaphore>,
    ending: Arc<Semaphore>,
}

impl Default for Turns {
    fn default() -> Self {
        let of = |turns| Arc::new(Semaphore::new(turns));
        Self { backfills: of(BACKFILLS_AT_A_TIME), ending: of(ENDING_AT_A_TIME) }
    }
}

impl Engine {
    /// Ships to these targets from now on: unfinished runs, newly started ones, and those that an earlier engine has
    /// not shipped completely.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn use_search_targets(&self, targets: Vec<Arc<dyn SampleTarget>>) -> Result<(), EngineError> {
        *self.shipping().targets.lock().unwrap_or_else(PoisonError::into_inner) = targets;
        self.load_own_targets().await?;
        for run in self.store().unfinished_runs().await? {
            self.begin_shipping(&run.id).await?;
        }
        self.ship_interrupted_imports().await?;
        for row in self.store().unfinished_shipments().await? {
            self.work_on_shipment(&row.run, &row.target);
        }
        Ok(())
    }

    /// Ships a run to all targets of the server and of its owner; a try run only on request.
    pub(crate) async fn begin_shipping(&self, run: &RunId) -> Result<(), EngineError> {
        if self.shipping().targets().is_empty() || self.store().run(run).await?.run.try_run {
            return Ok(());
        }
        let owner = self.owner_of_run(run).await?;
        for target in self.shipping().targets_of(Some(&owner)) {
            let name = target.info().name;
            self.store().add_shipment(run, &name, self.now_ms()).await?;
            self.work_on_shipment(run, &name);
        }
        Ok(())
    }

    /// Ships a run to a target, or to all: one that is being shipped is retried at once, everything else from the log's
    /// beginning.
    ///
    /// # Errors
    /// When the run or target does not exist.
    pub async fn ship_run(&self, run: &RunId, target: Option<&str>) -> Result<Vec<Shipment>, EngineError> {
        for name in self.named_targets(&self.owner_of_run(run).await?, target)? {
            self.store().add_shipment(run, &name, self.now_ms()).await?;
            let now_ms = self.now_ms();
            let again = move |row: &mut ShipmentRow| {
                if row.state.is_final() {
                    *row = ShipmentRow::new(row.run.clone(), row.target.clone(), now_ms);
                }
            };
            self.store().update_shipment(run, &name, again).await?;
            self.work_on_shipment(run, &name);
            self.shipping().poke(&(run.clone(), name));
        }
        self.notify(Event::Run(run.clone()));
        self.shipments(run).await
    }

    /// The shipped part of a log differs from the log's current content.
    pub(crate) async fn log_was_replaced(&self, run: &RunId) -> Result<(), EngineError> {
        for row in self.store().shipments(run).await? {
            let now_ms = self.now_ms();
            let again = move |row: &mut ShipmentRow| {
                let fresh = ShipmentRow::new(row.run.clone(), row.target.clone(), now_ms);
                *row = ShipmentRow { attempt: Attempt::Full, ..fresh };
            };
            self.store().update_shipment(run, &row.target, again).await?;
            self.shipping().poke(&(run.clone(), row.target));
        }
        Ok(())
    }

    /// Called when a run is deleted, and its shipments with it: the task finds nothing more to do.
    pub(crate) fn stop_shipping(&self, run: &RunId) {
        for (_, work) in self.shipping().working().iter().filter(|((of, _), _)| of == run) {
            work.poked.notify_one();
        }
    }
}

fn of_store(error: StoreError) -> TargetError {
    TargetError::new("search_failed", format!("JAC's database could not be used: {error}."))
}
