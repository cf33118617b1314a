//! The queue of runs to store: their order, the retries of failed ones, and which are stored.
//!
//! It only holds this state; `archive/task.rs` processes the runs. `archive/unstored.rs` adds runs at the start, and
//! [`Archive::expect`] when a run ends.

use super::{Archive, Pending, Place, lock};
use jac_model::{Run, RunId};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// The pause after the first try that failed; it doubles with each.
pub(super) const FIRST_PAUSE: Duration = Duration::from_secs(5);
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

impl Archive {
    /// Queues a run, before those that were queued at the start, because a user may be waiting for it.
    pub fn add(&self, run: RunId) {
        let mut queue = lock(&self.queue);
        queue.retain(|queued| *queued != run);
        queue.push_front(run);
        drop(queue);
        self.added.notify_one();
    }

    /// Queues a run after all others.
    pub(super) fn add_last(&self, run: RunId) {
        self.put_back(run);
        self.added.notify_one();
    }

    /// Restores the state before [`Archive::next`] returned the run. It wakes no task: the obstacle in its store still
    /// exists.
    pub(super) fn put_back(&self, run: RunId) {
        let mut queue = lock(&self.queue);
        if !queue.contains(&run) {
            queue.push_back(run);
        }
    }

    /// The first run in the queue that is due and whose store is free, otherwise the time when the next one is due.
    pub(super) fn next(&self, busy: &[(RunId, Place)]) -> Result<RunId, Option<Instant>> {
        let now = Instant::now();
        let mut queue = lock(&self.queue);
        let pending = lock(&self.pending);
        let is_free = |run: &RunId| {
            let place = pending.get(run).map(|pending| &pending.place);
            !busy.iter().any(|(busy, at)| busy == run || Some(at) == place)
        };
        let due = |run: &RunId| pending.get(run).and_then(|pending| pending.due).map(|(due, _)| due);
        let found = queue.iter().position(|run| is_free(run) && due(run).is_none_or(|due| due <= now));
        let next = || queue.iter().filter(|run| is_free(run)).filter_map(due).min();
        match found {
            Some(found) => queue.remove(found).ok_or(None),
            None => Err(next()),
        }
    }

    /// Called when a run has finished: it will be stored once its logs are compressed, if there is a store for it.
    pub fn expect(&self, run: &Run) {
        let was_at = lock(&self.stored).remove(&run.id).map(|(place, _)| place);
        if let Some(place) = was_at.or_else(|| self.place_for(run)) {
            self.pend(run, place);
        }
    }

    /// The same, for that store.
    pub(super) fn pend(&self, run: &Run, place: Place) -> Pending {
        lock(&self.stored).remove(&run.id);
        let mut pending = lock(&self.pending);
        let pending = pending.entry(run.id.clone()).or_insert_with(|| Pending {
            cluster: run.cluster_id.clone(),
            place: place.clone(),
            is_uploading: false,
            bytes: Arc::default(),
            total_bytes: 0,
            reads_content: false,
            failed: None,
            due: None,
        });
        pending.place = place;
        pending.clone()
    }

    pub(super) fn change(&self, run: &RunId, change: impl FnOnce(&mut Pending)) {
        if let Some(pending) = lock(&self.pending).get_mut(run) {
            change(pending);
        }
    }

    pub(super) fn is_stored_now(&self, run: &RunId, place: Place, bytes: u64) {
        // A reader that sees it as stored must not count it as waiting.
        let mut stored = lock(&self.stored);
        stored.insert(run.clone(), (place, bytes));
        lock(&self.pending).remove(run);
    }

    pub(super) fn pause_after_failure(&self, run: &RunId) -> Duration {
        let before = lock(&self.pending).get(run).and_then(|pending| pending.due).map(|(_, pause)| pause);
        before.map_or(FIRST_PAUSE, |pause| (pause * 2).min(LONGEST_PAUSE))
    }

    /// Removes a deleted run.
    pub fn forget(&self, run: &RunId) {
        lock(&self.queue).retain(|queued| queued != run);
        lock(&self.pending).remove(run);
        lock(&self.stored).remove(run);
    }

    /// The store that has a run or that it is being uploaded to.
    pub(super) fn known_place(&self, run: &RunId) -> Option<Place> {
        let stored = lock(&self.stored).get(run).map(|(place, _)| place.clone());
        stored.or_else(|| lock(&self.pending).get(run).map(|pending| pending.place.clone()))
    }

    pub(super) fn reads_content(&self, run: &RunId) -> bool {
        lock(&self.pending).get(run).is_some_and(|pending| pending.reads_content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    #[tokio::test(start_paused = true)]
    async fn a_run_that_cannot_be_stored_at_present_waits_and_does_not_wake_its_task() {
        let archive = Archive::new(None);
        let run: RunId = "r-22222222".parse().expect("an ID");
        archive.add_last(run.clone());
        archive.added.notified().await;
        assert_eq!(archive.next(&[]), Ok(run.clone()));
        archive.put_back(run.clone());
        timeout(FIRST_PAUSE, archive.added.notified()).await.expect_err("nobody is woken");
        assert_eq!(archive.next(&[]), Ok(run));
    }
}
