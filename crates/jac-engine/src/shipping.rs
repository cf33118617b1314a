//! Every sample of every run to the search targets: a task for each run and target, with a cursor of its own in the database.
//!
//! Owns when a run is shipped, how far it is, and whether it has arrived: in the end the target's documents are counted, too many are thinned
//! out and missing ones shipped again. Protocols and documents are the adapter's ([`SampleTarget`]). It only reads the run's log, beside
//! everything else that is done with it: a target that is slow, away or wrong costs the run nothing. A crash at any moment costs at most
//! that some rows are sent again, which the ids of their documents make harmless.

mod find;
mod log;
mod own;
mod pauses;
mod query;
mod view;

pub use find::{FoundSamples, LOG, SampleSource, SearchFallback};
pub(crate) use log::{FOLDER, refused_artefact};
pub use own::{NewSearchTarget, OwnTargetView};
pub use view::{Shipment, ShipmentTrouble, TargetView};

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::search::{SampleTarget, ShipmentState, ShippedRun, TargetError, TargetMaker, TargetTest};
use jac_model::{Provider, Run, RunId};
use jac_store::{Attempt, ShipmentRow, StoreError};
use log::{Precedence, SpoolLog};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};

/// Number of concurrent backfills per target; active runs are always shipped immediately.
const BACKFILLS_AT_A_TIME: usize = 2;
/// Runs that ended while they were shipped, to a target at a time. Where it is away for long, more of them wait without an open log and
/// batches in memory.
const ENDING_AT_A_TIME: usize = 8;
/// Between two tries of something that failed outside of a target.
const RETRY_EVERY: Duration = Duration::from_secs(15);
/// How often documents are counted that should be there and are not yet.
const COUNTS: u32 = 6;
/// Before the second count; doubled before each further one.
const COUNT_PAUSE: Duration = Duration::from_millis(500);
/// How long a shipment may take to stop before its documents are deleted.
const STOP_LIMIT: Duration = Duration::from_secs(10);

type Key = (RunId, String);

/// The targets, and what is being shipped to them.
#[derive(Default)]
pub(crate) struct Shipping {
    /// The server's.
    targets: Mutex<Vec<Arc<dyn SampleTarget>>>,
    /// People's own, each with its owner's ID.
    own: Mutex<Vec<(String, Arc<dyn SampleTarget>)>>,
    /// Serialises reading which targets people have, after a change.
    loading: tokio::sync::Mutex<()>,
    /// Who makes people's own.
    maker: Mutex<Option<Arc<dyn TargetMaker>>>,
    /// Shipments with a task.
    working: Mutex<HashMap<Key, Work>>,
    /// By the target's name: one that is away keeps no other waiting.
    turns: Mutex<HashMap<String, Turns>>,
    /// Live shipments that have more to read than they could.
    behind: Mutex<HashSet<Key>>,
    /// Targets that are not asked for samples before then, and why.
    search_pauses: pauses::Pauses,
}

impl Shipping {
    /// All of them, the server's first.
    fn targets(&self) -> Vec<Arc<dyn SampleTarget>> {
        self.targets_of(None)
    }

    /// Those that runs of that person are shipped to: the server's and their own. `None`: everybody's.
    fn targets_of(&self, owner: Option<&str>) -> Vec<Arc<dyn SampleTarget>> {
        let mut targets = self.targets.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let theirs = own.iter().filter(|(of, _)| owner.is_none_or(|owner| of == owner));
        targets.extend(theirs.map(|(_, target)| Arc::clone(target)));
        targets
    }

    /// The ID of whoever a target belongs to; `None`: it is the server's, or there is none.
    fn owner_of(&self, target: &str) -> Option<String> {
        let own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        own.iter().find(|(_, own)| own.info().name == target).map(|(owner, _)| owner.clone())
    }

    /// A target was changed or removed: its shipments check that.
    fn poke_target(&self, target: &str) {
        self.working().iter().filter(|((_, of), _)| of == target).for_each(|(_, work)| work.poked.notify_one());
    }

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

/// A target as part of a list that can be searched by name.
fn named<'a>(targets: &'a [Arc<dyn SampleTarget>], name: &str) -> Option<&'a Arc<dyn SampleTarget>> {
    targets.iter().find(|target| target.info().name == name)
}

impl Engine {
    /// Ships to these from now on: runs that have not finished, those that are started, and what an earlier engine has not shipped to its end.
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

    /// Ships a run to a target, or to all: one that is being shipped is tried again at once, everything else from the log's beginning.
    ///
    /// # Errors
    /// When there is no such run or target.
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

    /// Deletes a run's documents at one target or at all, and returns their number. Nothing more is shipped. A shipment to a target that
    /// this server does not have any more is only forgotten.
    ///
    /// # Errors
    /// When there is no such run or target, or the target does not do it.
    pub async fn delete_shipped(&self, run: &RunId, target: Option<&str>) -> Result<u64, EngineError> {
        let owner = self.owner_of_run(run).await?;
        let targets = self.shipping().targets_of(Some(&owner));
        let (mut deleted, mut failed) = (0, None);
        let is_named = target.is_some();
        // A shipment whose target is not configured any more is forgotten; nothing can be asked of where its documents are.
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

    /// Asks a target who it is.
    ///
    /// # Errors
    /// When there is no such target, or it cannot be used as it is.
    pub async fn test_search_target(&self, name: &str) -> Result<TargetTest, EngineError> {
        let targets = self.shipping().targets();
        let target = named(&targets, name).ok_or_else(|| not_found(name))?;
        Ok(target.test().await?)
    }

    /// What was shipped of a log is not what the log holds now.
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

    /// A run is deleted, and its shipments with it: whoever ships it finds nothing more to do.
    pub(crate) fn stop_shipping(&self, run: &RunId) {
        for (_, work) in self.shipping().working().iter().filter(|((of, _), _)| of == run) {
            work.poked.notify_one();
        }
    }

    /// Whose a person's own target is: their ID. `None`: it is the server's, or there is none.
    pub fn search_target_owner(&self, name: &str) -> Option<String> {
        self.shipping().owner_of(name)
    }

    fn named_targets(&self, owner: &str, target: Option<&str>) -> Result<Vec<String>, EngineError> {
        let targets = self.shipping().targets_of(Some(owner));
        let all: Vec<String> = targets.iter().map(|target| target.info().name).collect();
        match target {
            None if all.is_empty() => Err(EngineError::invalid(
                "search_not_configured",
                "No search target is configured. Add one of your own under Settings, Search, or to the server: `search_url`, or a [[search]] table in jac.toml.",
            )),
            None => Ok(all),
            Some(name) if all.iter().any(|known| known == name) => Ok(vec![name.to_owned()]),
            Some(name) => Err(not_found(name)),
        }
    }

    /// Sees to it that there is a task for the shipment, if its target is one of this server's.
    fn work_on_shipment(&self, run: &RunId, target: &str) {
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
                // It is looked at again.
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
            // It does not come back.
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

    /// A target that cannot be asked what has arrived: what it refused is known all the same.
    async fn finish_delivered(&self, key: &Key) -> Result<(), TargetError> {
        let Some(row) = self.store().shipment(&key.0, &key.1).await.map_err(of_store)? else { return Ok(()) };
        if row.cursor.refused == 0 {
            return self.finish(key, ShipmentState::Delivered, None, None).await;
        }
        let text = format!("The target refused {} of {} rows.", row.cursor.refused, row.cursor.rows);
        self.finish(key, ShipmentState::Incomplete, None, Some(("search_rows_refused", text))).await
    }

    /// Counts what has arrived, deletes what is there twice, and ships once more where something is missing.
    async fn finish_counted(&self, key: &Key, target: &dyn SampleTarget) -> Result<(), TargetError> {
        let Some(row) = self.store().shipment(&key.0, &key.1).await.map_err(of_store)? else { return Ok(()) };
        let expected = row.cursor.shipped;
        let mut counted = target.count(&key.0).await?;
        for again in 0..COUNTS {
            if counted > expected && target.delete_doubles(&key.0).await? == 0 || counted == expected {
                break;
            }
            if counted < expected {
                sleep(COUNT_PAUSE * (1 << again)).await;
            }
            counted = target.count(&key.0).await?;
        }
        let run = key.0.clone();
        let samples = self.run_blocking(move |engine| engine.samples_of(&run)).await.ok().flatten();
        let missing = samples.filter(|samples| row.cursor.rows < *samples);
        if counted == expected && row.cursor.refused == 0 && missing.is_none() {
            return self.finish(key, ShipmentState::Complete, Some(counted), None).await;
        }
        if counted == expected && missing.is_none() {
            let text = format!("The target refused {} of {} rows.", row.cursor.refused, row.cursor.rows);
            let trouble = ("search_rows_refused", text);
            return self.finish(key, ShipmentState::Incomplete, Some(counted), Some(trouble)).await;
        }
        if row.attempt == Attempt::First {
            // What is missing is shipped by shipping everything; what is too much and no double is of no log of this run.
            let attempt = if counted > expected || missing.is_some() { Attempt::Full } else { Attempt::Again };
            tracing::warn!(run = %key.0, target = key.1, counted, expected, "run {}: {counted} documents of {expected} at {}; shipping again", key.0, key.1);
            let reset = move |row: &mut ShipmentRow| {
                *row = ShipmentRow { attempt, ..ShipmentRow::new(row.run.clone(), row.target.clone(), row.updated_ms) };
            };
            self.change_shipment(key, reset).await?;
            return Err(TargetError::new(
                "search_miscounted",
                format!("{counted} documents found of {expected}; all rows are shipped again."),
            ));
        }
        let text = match missing {
            Some(samples) if counted == expected => {
                format!("{} rows were shipped of a run with {samples} samples.", row.cursor.rows)
            }
            _ => format!("{counted} documents found of {expected} that the target accepted."),
        };
        let trouble = ("search_miscounted", text);
        self.finish(key, ShipmentState::Incomplete, Some(counted), Some(trouble)).await
    }

    async fn finish(
        &self,
        key: &Key,
        state: ShipmentState,
        counted: Option<u64>,
        trouble: Option<(&'static str, String)>,
    ) -> Result<(), TargetError> {
        let concerns_store = self.refusals_are_to_be_stored(key).await?;
        let done = move |row: &mut ShipmentRow| {
            row.state = state;
            row.counted = counted;
            row.trouble = trouble.map(|(code, message)| (code.to_owned(), message));
        };
        if let Some(row) = self.change_shipment(key, done).await? {
            let rows = row.cursor.rows;
            tracing::info!(run = %key.0, target = key.1, ?state, rows, counted, "run {}: shipped to {}: {state:?}, {rows} rows", key.0, key.1);
        }
        if concerns_store && let Err(error) = self.describe_run(&key.0).await {
            // Its folder is marked: the next engine stores it.
            tracing::warn!(run = %key.0, %error, "run {}: the rows that {} refused are not stored yet: {error}", key.0, key.1);
        }
        Ok(())
    }

    /// Has the shipment refused rows that the store for artefacts is to have, or none where it has some? Then its run is marked as changed,
    /// before the shipment ends, so that a crash after that forgets nothing.
    async fn refusals_are_to_be_stored(&self, key: &Key) -> Result<bool, TargetError> {
        let Some(row) = self.store().shipment(&key.0, &key.1).await.map_err(of_store)? else { return Ok(false) };
        if row.state.is_final() {
            return Ok(false);
        }
        let mark = move |engine: &Engine| {
            let folder = engine.folder().run(&row.run);
            let name = refused_artefact(&row.target);
            // One that cannot be read now may have it.
            let is_stored = || match crate::archive::read_manifest(&folder) {
                Ok(manifest) => manifest.is_some_and(|manifest| manifest.object(&name).is_some()),
                Err(_) => true,
            };
            let is_due = engine.archive().is_some() && folder.is_dir() && (row.refused_bytes > 0 || is_stored());
            if is_due {
                crate::archive::mark_stale(&folder)?;
            }
            Ok(is_due)
        };
        let failed = |error: EngineError| TargetError::new("search_refused_not_kept", crate::tools::sentence(&error));
        self.run_blocking(mark).await.map_err(failed)
    }

    /// Changes a shipment that has not ended.
    async fn change_shipment(
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

    /// Writes down what holds a shipment up.
    async fn note_trouble(&self, key: &Key, trouble: Option<TargetError>) {
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

fn not_found(name: &str) -> EngineError {
    EngineError::NotFound { kind: "search target", id: name.to_owned() }
}

fn of_store(error: StoreError) -> TargetError {
    TargetError::new("search_failed", format!("JAC's database could not be used: {error}."))
}
