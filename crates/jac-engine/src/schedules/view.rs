//! Schedules as the outside sees them.

use crate::engine::Engine;
use crate::error::EngineError;
use crate::list::Page;
use jac_model::schedule::times::Times;
use jac_model::{
    EpochMs, Firing, Named, Overlap, Person, RunId, RunsOn, Schedule, ScheduleId, ScheduleSort, ScheduleState,
    ScheduledRun, Timing,
};
use jac_store::PageRequest;
pub use jac_store::ScheduleFilter;
use serde::{Deserialize, Serialize};

/// Number of next times that are shown.
const NEXT_SHOWN: usize = 5;
/// Maximum number of firings returned at once.
const MOST_FIRINGS: u32 = 200;

/// A future scheduled time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NextTime {
    pub at_ms: i64,
    /// As the zone's clocks show it, such as `2026-12-01T03:00:00+01:00`.
    pub local: String,
}

pub(super) fn next_times(times: &Times, after_ms: EpochMs, count: usize) -> Vec<NextTime> {
    let next = times.next(after_ms, count).into_iter();
    next.map(|at_ms| NextTime { at_ms, local: times.local(at_ms) }).collect()
}

/// A schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleView {
    pub id: ScheduleId,
    pub name: String,
    /// The person whose permissions and credentials its runs use: the one who saved it last.
    pub owner: Person,
    /// The team whose members may change it too; `null`: only its owner may.
    pub team: Option<Named>,
    pub plan: Named,
    pub run: ScheduledRun,
    pub on: RunsOn,
    pub timing: Timing,
    pub overlap: Overlap,
    pub state: ScheduleState,
    /// Consecutive failures; the schedule is switched off after three.
    pub failures: u32,
    /// The next five times; empty unless it is active.
    pub next: Vec<NextTime>,
    pub created_ms: i64,
    /// When it was paused, switched off or done; `null` while it is active.
    pub ended_ms: Option<i64>,
    /// Revision number; send the one that your change is based on when saving.
    pub revision: u32,
    /// Result of its last time; `null`: none yet.
    pub last: Option<Firing>,
}

/// The schedule that a run is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ScheduleOfRun {
    pub schedule: Named,
    /// The time that the run is of.
    pub due_ms: i64,
    /// The person who started it manually; `null`: the schedule did.
    pub by: Option<Person>,
}

impl Engine {
    /// A schedule as it is now.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn view_schedule(&self, schedule: Schedule) -> Result<ScheduleView, EngineError> {
        let last = self.store().firings(&schedule.id, None, 1).await?.pop();
        let from_ms = schedule.next_ms.map(|next_ms| next_ms - 1);
        let next = match (from_ms, schedule.timing.times()) {
            (Some(from_ms), Ok(times)) => next_times(&times, from_ms, NEXT_SHOWN),
            _ => Vec::new(),
        };
        Ok(ScheduleView {
            id: schedule.id,
            name: schedule.name,
            owner: schedule.owner,
            team: schedule.team,
            plan: Named { id: schedule.plan_id.to_string(), name: schedule.plan_name },
            run: schedule.run,
            on: schedule.on,
            timing: schedule.timing,
            overlap: schedule.overlap,
            state: schedule.state,
            failures: schedule.failures,
            next,
            created_ms: schedule.created_ms,
            ended_ms: schedule.ended_ms,
            revision: schedule.revision,
            last,
        })
    }

    /// A page of the schedules that match the filter.
    ///
    /// # Errors
    /// When the cursor is not one of this list.
    pub async fn list_schedules(
        &self,
        filter: &ScheduleFilter,
        page: &PageRequest<ScheduleSort>,
    ) -> Result<Page<ScheduleView>, EngineError> {
        let listed = self.store().list_schedules(filter, page).await?;
        let mut items = Vec::with_capacity(listed.items.len());
        for schedule in listed.items {
            items.push(self.view_schedule(schedule).await?);
        }
        Ok(Page { items, next: listed.next })
    }

    /// The firings of a schedule before one, the newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn firings(&self, id: &ScheduleId, before: Option<i64>, limit: u32) -> Result<Vec<Firing>, EngineError> {
        Ok(self.store().firings(id, before, limit.clamp(1, MOST_FIRINGS)).await?)
    }

    /// The schedule of a run; `None`: it was started manually, or its schedule was deleted.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn schedule_of_run(&self, run: &RunId) -> Result<Option<ScheduleOfRun>, EngineError> {
        let found = self.store().firing_of_run(run).await?;
        Ok(found.map(|(firing, name)| ScheduleOfRun {
            schedule: Named { id: firing.schedule_id.to_string(), name },
            due_ms: firing.due_ms,
            by: firing.by,
        }))
    }
}
