//! The task of the schedules: it sleeps until the next time, or until something has changed.
//!
//! Time is the engine's clock, which is not affected by setting the machine's clock. It never sleeps for long, so that
//! a machine that was suspended is late by at most that time. The work to do is in the database: after a crash it
//! continues from there.

use super::{start, take};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::{ClusterId, EpochMs, FiringState, RunId, RunsOn, ScheduleId, ScheduleState};
use jac_store::FiringRow;
use std::time::Duration;
use tokio::time::sleep;

/// The longest sleep.
const LONGEST: Duration = Duration::from_secs(60);
/// The same while a run of a schedule has not finished. Its end wakes the task itself; this interval covers missed
/// wake-ups.
const LONGEST_WITH_RUNS: Duration = Duration::from_secs(5);
/// Delay after a failure.
const RETRY: Duration = Duration::from_secs(1);

pub(crate) async fn forever(engine: Engine) {
    loop {
        let pause = match engine.process_schedules().await {
            Ok(pause) => pause,
            Err(error) => {
                tracing::warn!(%error, "processing the schedules: {error}; trying again");
                RETRY
            }
        };
        tokio::select! {
            () = engine.schedules().changed.notified() => (),
            () = sleep(pause) => (),
        }
    }
}

impl Engine {
    /// Processes due times, and returns the time until the next one.
    async fn process_schedules(&self) -> Result<Duration, EngineError> {
        let mut failed = false;
        for id in self.store().due_schedules(self.now_ms()).await? {
            if let Err(error) = self.guard_schedule(&id, self.take_due(&id)).await {
                tracing::warn!(schedule = %id, %error, "schedule {id}: {error}; trying again");
                failed = true;
            }
        }
        let open = self.store().open_firings().await?;
        for row in &open {
            let id = &row.firing.schedule_id;
            if let Err(error) = self.guard_schedule(id, self.process_open(row, &open)).await {
                tracing::warn!(schedule = %id, %error, "schedule {id}: {error}; trying again");
                failed = true;
            }
        }
        let longest = if open.is_empty() { LONGEST } else { LONGEST_WITH_RUNS };
        let next_ms = self.store().next_due_ms().await?;
        let left = next_ms.map_or(longest, |next_ms| self.until(next_ms)).min(longest);
        // An unreadable one stays due permanently.
        Ok(if failed { left.max(RETRY) } else { left })
    }

    /// A schedule that panics does not affect the others.
    async fn guard_schedule(
        &self,
        id: &ScheduleId,
        work: impl Future<Output = Result<(), EngineError>>,
    ) -> Result<(), EngineError> {
        let done = self.guarded("schedules", format!("the schedule {id}"), work).await;
        done.unwrap_or_else(|panicked| Err(panicked.into()))
    }

    async fn process_open(&self, row: &FiringRow, open: &[FiringRow]) -> Result<(), EngineError> {
        match row.firing.state {
            FiringState::Starting => {
                self.start_firing(row.firing.id);
                Ok(())
            }
            FiringState::Waiting => self.process_waiting(row, open).await,
            FiringState::Running => self.process_running(row).await,
            _ => Ok(()),
        }
    }

    async fn take_due(&self, id: &ScheduleId) -> Result<(), EngineError> {
        let now_ms = self.now_ms();
        let grace_ms = EpochMs::try_from(self.settings().schedule_grace.as_millis()).unwrap_or(EpochMs::MAX);
        let ids = (RunId::from_random(rand::random()), ClusterId::from_random(rand::random()));
        let taken = self.store().take_firings::<EngineError>(id, move |schedule, open| {
            Ok(take::take(schedule, open, now_ms, grace_ms, ids))
        });
        let (schedule, _) = taken.await?;
        if schedule.state == ScheduleState::SwitchedOff {
            self.schedule_switched_off(&schedule);
        }
        self.notify(Event::Schedule(id.clone()));
        Ok(())
    }

    /// Starts a waiting firing once nothing prevents it, or cancels it.
    async fn process_waiting(&self, row: &FiringRow, open: &[FiringRow]) -> Result<(), EngineError> {
        let id = &row.firing.schedule_id;
        let is_before = |other: &&FiringRow| other.firing.schedule_id == *id && other.firing.id < row.firing.id;
        let schedule = self.store().schedule(id).await?;
        if matches!(schedule.state, ScheduleState::Paused | ScheduleState::SwitchedOff) {
            let message = "The schedule was paused or switched off while this run was waiting.";
            return self.end_firing(row.firing.id, FiringState::Skipped, "paused", message).await;
        }
        if open.iter().filter(is_before).any(|other| super::is_open(other.firing.state)) {
            return Ok(());
        }
        if let RunsOn::Cluster { cluster_id, .. } = &schedule.on
            && let Ok(cluster) = self.store().cluster(cluster_id).await
            && cluster.current_run.is_some()
        {
            return Ok(());
        }
        let released = self.store().update_firing(row.firing.id, |_, firing| {
            let waits = firing.state == FiringState::Waiting;
            if waits {
                firing.state = FiringState::Starting;
                firing.code = Some(start::WAITED.to_owned());
            }
            waits
        });
        if released.await?.is_some() {
            self.notify(Event::Schedule(id.clone()));
            self.start_firing(row.firing.id);
        }
        Ok(())
    }
}
