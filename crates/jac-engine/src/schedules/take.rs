//! Decides what to do when a schedule's time has come: the pure part, without a database and a clock.
//!
//! It happens in the transaction that writes its result: a process killed before it has done nothing, and one killed after it finds
//! the firing with the IDs of its cluster and its run.

use super::is_open;
use jac_model::schedule::times::Times;
use jac_model::{ClusterId, EpochMs, FiringState, Overlap, RunId, Schedule, ScheduleState};
use jac_store::{FiringRow, NewFiring};

/// Missed times are counted so far.
const MOST_COUNTED: u32 = 1_000;

/// A firing whose run will be started.
pub(super) fn starting(due_ms: EpochMs, run: RunId) -> NewFiring {
    NewFiring {
        due_ms,
        state: FiringState::Starting,
        by: None,
        code: None,
        message: None,
        run: Some(run),
        cluster: None,
        changes: None,
        times: 1,
        ended_ms: None,
    }
}

/// A firing that became no run.
fn without_run(due_ms: EpochMs, state: FiringState, code: &str, message: &str, now_ms: EpochMs) -> NewFiring {
    NewFiring {
        due_ms,
        state,
        by: None,
        code: Some(code.to_owned()),
        message: Some(message.to_owned()),
        run: None,
        cluster: None,
        changes: None,
        times: 1,
        ended_ms: Some(now_ms),
    }
}

/// Takes the due times from a schedule. `open` contains its unfinished firings; a time that is more than `grace_ms` ago
/// is not made up for.
pub(super) fn take(
    schedule: &mut Schedule,
    open: &[FiringRow],
    now_ms: EpochMs,
    grace_ms: EpochMs,
    (run, cluster): (RunId, ClusterId),
) -> Vec<NewFiring> {
    let Some(due_ms) = schedule.next_ms.filter(|due_ms| *due_ms <= now_ms) else { return Vec::new() };
    let times = match schedule.timing.times() {
        Ok(times) => times,
        // A zone that this JAC does not know any more.
        Err(fault) => {
            schedule.state = ScheduleState::SwitchedOff;
            schedule.next_ms = None;
            schedule.ended_ms = Some(now_ms);
            return vec![without_run(due_ms, FiringState::NotStarted, &fault.code, &fault.message, now_ms)];
        }
    };
    schedule.next_ms = times.after(now_ms);
    if schedule.next_ms.is_none() {
        schedule.state = ScheduleState::Done;
        schedule.ended_ms = Some(now_ms);
    }
    let latest_ms = latest(&times, due_ms, now_ms, grace_ms);
    let missed = count(&times, due_ms, latest_ms.unwrap_or(now_ms + 1));
    let mut firings = Vec::new();
    if missed > 0 {
        let message = "JAC was not running at this time.";
        let firing = without_run(due_ms, FiringState::Missed, "missed", message, now_ms);
        firings.push(NewFiring { times: missed, ..firing });
    }
    firings.extend(latest_ms.map(|due_ms| {
        let waits = open.iter().any(|row| row.firing.state == FiringState::Waiting);
        match schedule.overlap {
            _ if !open.iter().any(|row| is_open(row.firing.state)) => {
                NewFiring { cluster: Some(cluster), ..starting(due_ms, run) }
            }
            Overlap::Skip => {
                let message = "An earlier run of this schedule had not finished.";
                without_run(due_ms, FiringState::Skipped, "overlap", message, now_ms)
            }
            Overlap::Queue if waits => {
                let message = "A run of this schedule was waiting already.";
                without_run(due_ms, FiringState::Skipped, "already_waiting", message, now_ms)
            }
            Overlap::Queue => {
                NewFiring { cluster: Some(cluster), state: FiringState::Waiting, ..starting(due_ms, run) }
            }
        }
    }));
    firings
}

/// The last of the due times, unless it is too long ago.
fn latest(times: &Times, due_ms: EpochMs, now_ms: EpochMs, grace_ms: EpochMs) -> Option<EpochMs> {
    let earliest_ms = due_ms.max(now_ms - grace_ms);
    let first = if due_ms == earliest_ms { Some(due_ms) } else { times.after(earliest_ms - 1) };
    std::iter::successors(first, |last_ms| times.after(*last_ms)).take_while(|at_ms| *at_ms <= now_ms).last()
}

/// How many times there are from one on and before another.
fn count(times: &Times, from_ms: EpochMs, before_ms: EpochMs) -> u32 {
    let all = std::iter::successors(Some(from_ms), |last_ms| times.after(*last_ms));
    let counted = all.take_while(|at_ms| *at_ms < before_ms).take(MOST_COUNTED as usize).count();
    u32::try_from(counted).unwrap_or(MOST_COUNTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jac_model::{Firing, Person, PlanId, RunsOn, ScheduleId, ScheduledRun, Timing};

    const MINUTE: i64 = 60_000;
    const GRACE: i64 = 15 * MINUTE;
    /// 2026-11-27T10:00:00Z
    const TEN: i64 = 1_795_773_600_000;

    fn schedule(expression: &str, overlap: Overlap, next_ms: i64) -> Schedule {
        Schedule {
            id: ScheduleId::from_random([1; 8]),
            name: "nightly".to_owned(),
            owner: Person { id: "ada".to_owned(), name: "Ada".to_owned() },
            team: None,
            plan_id: PlanId::from_random([1; 8]),
            plan_name: "shop".to_owned(),
            run: ScheduledRun::default(),
            sealed_properties: None,
            on: RunsOn::Cluster { cluster_id: ClusterId::from_random([1; 8]), cluster_name: "load".to_owned() },
            timing: Timing::Cron { expression: expression.to_owned(), zone: "UTC".to_owned() },
            overlap,
            state: ScheduleState::Active,
            failures: 0,
            next_ms: Some(next_ms),
            created_ms: 0,
            ended_ms: None,
            revision: 1,
        }
    }

    fn open(state: FiringState) -> FiringRow {
        let firing = Firing {
            id: 1,
            schedule_id: ScheduleId::from_random([1; 8]),
            due_ms: 0,
            state,
            by: None,
            code: None,
            message: None,
            run_id: None,
            times: 1,
            ended_ms: None,
        };
        FiringRow { firing, run: None, cluster: None, changes: None }
    }

    /// The due time of each firing, in minutes from ten o'clock, its state, and the number of times it represents.
    fn taken(schedule: &mut Schedule, open: &[FiringRow], now_ms: i64) -> Vec<(i64, FiringState, u32)> {
        let ids = (RunId::from_random([1; 8]), ClusterId::from_random([1; 8]));
        let firings = take(schedule, open, now_ms, GRACE, ids);
        firings.iter().map(|firing| ((firing.due_ms - TEN) / MINUTE, firing.state, firing.times)).collect()
    }

    #[test]
    fn a_time_that_has_come_is_taken_once() {
        let mut hourly = schedule("0 * * * *", Overlap::Skip, TEN);
        assert_eq!(taken(&mut hourly, &[], TEN - 1), []);
        assert_eq!(taken(&mut hourly, &[], TEN), [(0, FiringState::Starting, 1)]);
        assert_eq!((hourly.next_ms, hourly.state), (Some(TEN + 60 * MINUTE), ScheduleState::Active));
        assert_eq!(taken(&mut hourly, &[], TEN), []);
    }

    #[test]
    fn a_single_time_is_the_last() {
        let timing = Timing::Once { at: "2026-11-27T10:00:00".to_owned(), zone: "UTC".to_owned() };
        let mut once = Schedule { timing, ..schedule("", Overlap::Skip, TEN) };
        assert_eq!(taken(&mut once, &[], TEN + 3), [(0, FiringState::Starting, 1)]);
        assert_eq!((once.next_ms, once.state, once.ended_ms), (None, ScheduleState::Done, Some(TEN + 3)));
    }

    #[test]
    fn of_missed_times_the_last_is_made_up_for_within_the_grace_and_the_others_are_counted() {
        use FiringState::{Missed, Starting};
        for (expression, minutes, expected) in [
            ("0 * * * *", 15, vec![(0, Starting, 1)]),
            ("0 * * * *", 16, vec![(0, Missed, 1)]),
            ("0 * * * *", 70, vec![(0, Missed, 1), (60, Starting, 1)]),
            ("0 * * * *", 600 + 20, vec![(0, Missed, 11)]),
            ("*/5 * * * *", 12, vec![(0, Missed, 2), (10, Starting, 1)]),
            ("* * * * *", 30 * 24 * 60, vec![(0, Missed, MOST_COUNTED), (30 * 24 * 60, Starting, 1)]),
        ] {
            let mut schedule = schedule(expression, Overlap::Skip, TEN);
            assert_eq!(taken(&mut schedule, &[], TEN + minutes * MINUTE), expected, "{expression} {minutes}");
        }
    }

    #[test]
    fn an_earlier_run_is_waited_for_or_the_time_is_skipped() {
        use FiringState::{Running, Skipped, Starting, Waiting};
        for (overlap, before, expected) in [
            (Overlap::Skip, vec![], Starting),
            (Overlap::Skip, vec![open(Running)], Skipped),
            (Overlap::Skip, vec![open(Starting)], Skipped),
            (Overlap::Queue, vec![open(Running)], Waiting),
            (Overlap::Queue, vec![open(Running), open(Waiting)], Skipped),
        ] {
            let mut schedule = schedule("0 * * * *", overlap, TEN);
            assert_eq!(taken(&mut schedule, &before, TEN), [(0, expected, 1)], "{overlap:?} {before:?}");
        }
    }

    #[test]
    fn a_timing_that_this_jac_does_not_know_switches_it_off() {
        let timing = Timing::Cron { expression: "@daily".to_owned(), zone: "Mars/Olympus".to_owned() };
        let mut schedule = Schedule { timing, ..schedule("", Overlap::Skip, TEN) };
        assert_eq!(taken(&mut schedule, &[], TEN), [(0, FiringState::NotStarted, 1)]);
        assert_eq!((schedule.state, schedule.next_ms), (ScheduleState::SwitchedOff, None));
    }
}
