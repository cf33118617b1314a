//! The result of a firing: its run has ended, or was never started. Consecutive failures switch the schedule off.

use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::view::{RunResult, result_of};
use jac_jtl::criteria::Verdict;
use jac_model::schedule::FAILURES_UNTIL_OFF;
use jac_model::{Cause, EpochMs, Firing, FiringState, Schedule, ScheduleState};
use jac_store::{FiringRow, StoreError};

/// Ends a firing. Manual ones count neither as failures nor as successes of the schedule.
fn end(
    schedule: &mut Schedule,
    firing: &mut Firing,
    state: FiringState,
    (code, message): (String, String),
    now_ms: EpochMs,
) {
    firing.state = state;
    firing.code = Some(code);
    firing.message = Some(message);
    firing.ended_ms = Some(now_ms);
    if firing.by.is_some() {
        return;
    }
    if state == FiringState::Finished {
        schedule.failures = 0;
    } else if state.is_failure() {
        schedule.failures += 1;
        if schedule.failures >= FAILURES_UNTIL_OFF && schedule.state == ScheduleState::Active {
            schedule.state = ScheduleState::SwitchedOff;
            schedule.next_ms = None;
            schedule.ended_ms = Some(now_ms);
        }
    }
}

/// Result code of a completed run.
fn completed(result: &RunResult) -> &'static str {
    match &result.headline {
        Some(headline) if headline.samples == 0 => "no_samples",
        Some(headline) if headline.samples == headline.errors => "all_samples_failed",
        _ if result.verdict == Verdict::Failed => "criteria_failed",
        _ => "completed",
    }
}

/// The same as text, appended to the sentence of its cause.
fn addition(code: &str) -> &'static str {
    match code {
        "no_samples" => " There are no samples.",
        "all_samples_failed" => " All samples failed.",
        "criteria_failed" => " Its criteria were not met.",
        _ => "",
    }
}

impl Engine {
    /// Records the result of a firing, once.
    pub(super) async fn end_firing(
        &self,
        id: i64,
        state: FiringState,
        code: &str,
        message: &str,
    ) -> Result<(), EngineError> {
        let (now_ms, why) = (self.now_ms(), (code.to_owned(), message.to_owned()));
        let ended = self.store().update_firing(id, move |schedule, firing| {
            if firing.state.is_terminal() {
                return false;
            }
            end(schedule, firing, state, why, now_ms);
            true
        });
        let Some((schedule, firing)) = ended.await? else { return Ok(()) };
        let (name, word) = (&schedule.name, state.word());
        tracing::info!(schedule = %schedule.id, run = firing.run_id.as_ref().map(ToString::to_string), code, "schedule '{name}' ({}): {word}: {message}", schedule.id);
        let is_now_off = schedule.state == ScheduleState::SwitchedOff && schedule.ended_ms == Some(now_ms);
        if is_now_off && firing.by.is_none() {
            self.schedule_switched_off(&schedule);
        }
        self.notify(Event::Schedule(schedule.id.clone()));
        self.schedules().wake();
        Ok(())
    }

    /// Records the result of a firing's run.
    pub(super) async fn process_running(&self, row: &FiringRow) -> Result<(), EngineError> {
        let Some(run) = &row.run else { return Ok(()) };
        let id = row.firing.id;
        let found = match self.store().run(run).await {
            Ok(found) => found,
            Err(StoreError::NotFound { .. }) => {
                return self.end_firing(id, FiringState::Finished, "run_deleted", "Its run was deleted.").await;
            }
            Err(error) => return Err(error.into()),
        };
        let run = &found.run;
        if !run.phase.is_terminal() {
            return Ok(());
        }
        let (state, code) = match &run.cause {
            Some(Cause::Failed { .. }) => (FiringState::Failed, "run_failed"),
            Some(Cause::Stopped { .. }) => (FiringState::Finished, "stopped"),
            // The tested system failed, not the schedule.
            Some(Cause::AutoStopped { .. }) => (FiringState::Finished, "auto_stopped"),
            Some(Cause::Completed | Cause::Imported) | None => (FiringState::Finished, completed(&result_of(&found))),
        };
        let message = run.cause.as_ref().map_or_else(String::new, Cause::sentence);
        self.end_firing(id, state, code, &format!("{message}{}", addition(code))).await
    }

    /// Called when a schedule was switched off. The overview shows that to its owner until it is resumed; other
    /// notifications can be based on [`Event::ScheduleSwitchedOff`].
    pub(super) fn schedule_switched_off(&self, schedule: &Schedule) {
        let (id, name, owner) = (&schedule.id, &schedule.name, &schedule.owner.name);
        tracing::warn!(schedule = %id, owner = %schedule.owner.id, failures = schedule.failures, "schedule '{name}' ({id}) of {owner} was switched off after {} failures in a row", schedule.failures);
        self.notify(Event::ScheduleSwitchedOff(id.clone()));
    }
}
