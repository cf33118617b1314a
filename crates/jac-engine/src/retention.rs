//! Retention: once an hour old runs, logs that are also in the artefact store, events of old clusters, old revisions of
//! plans, and plans of `jac run` without runs are removed.
//!
//! Pinned runs, baselines and unfinished runs are never removed, and others only by the age, count or size ([`size`]) that the settings
//! define. Runs are removed in small batches, so other work is not delayed.

mod size;

use crate::engine::Engine;
use crate::error::EngineError;
use jac_model::{EpochMs, RunId};
use jac_store::RunPlace;
use std::collections::BTreeSet;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

const EVERY: Duration = Duration::from_secs(60 * 60);
const DAY_MS: EpochMs = 24 * 60 * 60 * 1_000;
const RUNS_AT_A_TIME: u32 = 50;
const EVENTS_AT_A_TIME: u32 = 1_000;
/// Minimum age of a plan of `jac run` before it may be removed: by then every cluster that was created together with it
/// has ended.
const EPHEMERAL_DAYS: i64 = 31;

pub(crate) async fn forever(engine: Engine) {
    let mut timer = interval_at(Instant::now() + EVERY, EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = engine.remove_what_is_old().await {
            tracing::warn!(%error, "removing what is old: {error}; trying again in an hour");
        }
    }
}

impl Engine {
    async fn remove_what_is_old(&self) -> Result<(), EngineError> {
        let now_ms = self.now_ms();
        let settings = self.settings();
        if let Some(days) = settings.runs_days {
            self.remove_runs_until(&(now_ms - i64::from(days) * DAY_MS, String::new())).await?;
        }
        if let Some(count) = settings.runs_count
            && let Some(place) = self.store().newest_run_beyond(count).await?
        {
            self.remove_runs_until(&place).await?;
        }
        if let Some(bytes) = settings.runs_bytes
            && let Some(place) = self.run_blocking(move |engine| engine.newest_run_beyond_bytes(bytes)).await?
        {
            self.remove_runs_until(&place).await?;
        }
        if let Some(days) = settings.stored_logs_days
            && self.archive().is_some()
        {
            self.remove_stored_logs_until(&(now_ms - i64::from(days) * DAY_MS, String::new())).await?;
        }
        let before_ms = now_ms - i64::from(settings.cluster_events_days) * DAY_MS;
        while self.store().delete_old_events(before_ms, EVENTS_AT_A_TIME).await? > 0 {}
        for plan in self.store().forgotten_plans(now_ms - EPHEMERAL_DAYS * DAY_MS).await? {
            let id = plan.clone();
            match self.run_blocking(move |engine| engine.delete_plan(&id)).await {
                Ok(()) => {
                    tracing::info!(%plan, "the plan {plan} of a jac run, which has no runs any more, was removed")
                }
                Err(error) => tracing::warn!(%plan, %error, "the plan {plan} could not be removed: {error}"),
            }
        }
        // Last: a revision that a run used is kept for that run.
        if let Some(count) = settings.plan_revisions {
            self.run_blocking(move |engine| engine.remove_old_revisions(count)).await?;
        }
        Ok(())
    }

    fn remove_old_revisions(&self, count: u32) -> Result<(), EngineError> {
        let scheduled = self.scheduled_revisions()?;
        let none = BTreeSet::new();
        for plan in self.plans_with_revisions() {
            match self.forget_revisions(&plan, count, scheduled.get(&plan).unwrap_or(&none)) {
                Ok(0) => (),
                Ok(removed) => {
                    tracing::info!(%plan, removed, "{removed} old revisions of the plan {plan} were removed")
                }
                Err(error) => {
                    tracing::warn!(%plan, %error, "old revisions of the plan {plan} could not be removed: {error}")
                }
            }
        }
        Ok(())
    }

    /// Removes the runs up to a position. A run that cannot be removed is skipped.
    async fn remove_runs_until(&self, until: &RunPlace) -> Result<(), EngineError> {
        let mut after: RunPlace = (EpochMs::MIN, String::new());
        loop {
            let batch = self.store().oldest_runs(&after, until, RUNS_AT_A_TIME).await?;
            for (place, run) in batch.iter().cloned() {
                let what = format!("the removal of the run {run}");
                // A run whose removal panics is skipped, like one that cannot be removed.
                drop(self.guarded("retention", what, self.remove_old_run(&run)).await);
                after = place;
            }
            if batch.is_empty() {
                return Ok(());
            }
        }
    }

    /// Removes local logs that the store has, of runs up to a position, also of pinned ones: they are read from the store from then on.
    async fn remove_stored_logs_until(&self, until: &RunPlace) -> Result<(), EngineError> {
        let mut after: RunPlace = (EpochMs::MIN, String::new());
        loop {
            let batch = self.store().finished_runs(&after, until, RUNS_AT_A_TIME).await?;
            let Some((last, _)) = batch.last().cloned() else { return Ok(()) };
            after = last;
            let remove = move |engine: &Engine| {
                let Some(archive) = engine.archive() else { return Ok(()) };
                for (_, run) in &batch {
                    crate::archive::remove_stored_logs(archive, run, &engine.folder().run(run));
                }
                Ok(())
            };
            self.run_blocking(remove).await?;
        }
    }

    async fn remove_old_run(&self, run: &RunId) {
        match self.delete_run_unless_kept(run).await {
            Ok(()) => tracing::info!(%run, "run {run} was removed by the retention"),
            Err(error) => tracing::warn!(%run, %error, "run {run} could not be removed: {error}"),
        }
    }
}
