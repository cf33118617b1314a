//! Schedules: runs that start automatically.
//!
//! Owns operations on schedules. Their times are processed in [`due`], a time becomes a run in [`start`], and the run's
//! result is recorded in [`end`]. A started run is like any other: it is not followed here.

mod due;
mod end;
mod secrets;
mod start;
mod take;
mod view;

pub(crate) use due::forever;
pub use view::{NextTime, ScheduleFilter, ScheduleOfRun, ScheduleView};

use crate::clusters::{NewCluster, conflict};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::runs::NewRun;
use crate::runs::spread::Spread;
use jac_model::schedule::times::Times;
use jac_model::{
    ClusterId, EpochMs, Fault, Firing, FiringState, Named, Overlap, Person, PlanId, RunId, RunsOn, Schedule,
    ScheduleId, ScheduleState, ScheduledRun, Timing,
};
use jac_store::NewFiring;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tokio::sync::Notify;

/// A schedule to save.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct NewSchedule {
    /// Empty or absent: the plan's name.
    #[serde(default)]
    pub name: Option<String>,
    pub plan_id: PlanId,
    /// The settings of each run.
    #[serde(default)]
    pub run: ScheduledRun,
    pub on: RunsOn,
    pub timing: Timing,
    #[serde(default)]
    pub overlap: Overlap,
    /// The revision that is changed; absent: the current one.
    #[serde(default)]
    pub revision: Option<u32>,
}

/// Settings of one manual run that differ from its schedule.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RunChanges {
    /// Number of workers of the cluster created for it; `null`: as in the schedule.
    pub workers: Option<u32>,
    /// JMeter properties, over those of the schedule.
    pub properties: BTreeMap<String, String>,
    /// Start a try run: 1 thread and 1 iteration of each thread group on 1 node.
    pub try_run: bool,
}

/// The engine's current work on schedules.
#[derive(Debug, Default)]
pub(crate) struct Schedules {
    changed: Notify,
}

impl Schedules {
    /// Called after a change that may let a run start or end.
    pub fn wake(&self) {
        self.changed.notify_one();
    }
}

impl Engine {
    /// Writes a schedule down; it is active from then on.
    ///
    /// # Errors
    /// When something of it cannot work; all faults that show are reported.
    pub async fn create_schedule(&self, owner: Person, new: NewSchedule) -> Result<Schedule, EngineError> {
        let valid = self.valid_schedule(&new).await?;
        let now_ms = self.now_ms();
        let id = ScheduleId::from_random(rand::random());
        let mut run = new.run;
        let sealed_properties = self.seal_scheduled(&id, &mut run, None)?;
        let schedule = Schedule {
            id,
            name: valid.name,
            owner,
            team: None,
            plan_id: new.plan_id,
            plan_name: valid.plan_name,
            run,
            sealed_properties,
            on: valid.on,
            timing: valid.timing,
            overlap: new.overlap,
            state: ScheduleState::Active,
            failures: 0,
            next_ms: Some(valid.next_ms),
            created_ms: now_ms,
            ended_ms: None,
            revision: 1,
        };
        self.store().insert_schedule(&schedule).await?;
        self.schedule_changed(&schedule.id);
        Ok(schedule)
    }

    /// Replaces a schedule. The person who saves it becomes its owner, because its runs have the permissions of the
    /// person who defined them. One that was done or switched off becomes active again; one that is paused stays
    /// paused.
    ///
    /// # Errors
    /// When a setting is invalid, or somebody else has saved it meanwhile (`schedule_changed`).
    pub async fn save_schedule(&self, id: &ScheduleId, by: Person, new: NewSchedule) -> Result<Schedule, EngineError> {
        let valid = self.valid_schedule(&new).await?;
        let before = self.store().schedule(id).await?;
        let mut run = new.run;
        // Secrets are kept only for the person who has entered them.
        let kept = if before.owner.id == by.id { self.open_scheduled(&before)? } else { secrets::Sealed::default() };
        let sealed_properties = self.seal_scheduled(id, &mut run, Some(&kept))?;
        let (seen, read) = (new.revision, before.revision);
        let change = move |schedule: &mut Schedule| {
            if schedule.revision != read || seen.is_some_and(|seen| seen != schedule.revision) {
                return Err(conflict(
                    "Somebody else has changed this schedule since you opened it.",
                    Some("Reload it and repeat your changes."),
                ));
            }
            schedule.name = valid.name;
            schedule.owner = by;
            schedule.plan_id = new.plan_id;
            schedule.plan_name = valid.plan_name;
            schedule.run = run;
            schedule.sealed_properties = sealed_properties;
            schedule.on = valid.on;
            schedule.timing = valid.timing;
            schedule.overlap = new.overlap;
            schedule.revision += 1;
            if schedule.state != ScheduleState::Paused {
                activate(schedule, valid.next_ms);
            }
            Ok(())
        };
        let (schedule, ()) = self.store().update_schedule::<_, EngineError>(id, change).await?;
        self.schedule_changed(id);
        Ok(schedule)
    }

    /// Pauses a schedule: it starts nothing until it is resumed, and waiting runs are cancelled. An active run continues.
    ///
    /// # Errors
    /// When the schedule does not exist.
    pub async fn pause_schedule(&self, id: &ScheduleId) -> Result<Schedule, EngineError> {
        let now_ms = self.now_ms();
        let change = move |schedule: &mut Schedule| {
            if schedule.state != ScheduleState::Paused {
                schedule.state = ScheduleState::Paused;
                schedule.next_ms = None;
                schedule.ended_ms = Some(now_ms);
            }
            Ok(())
        };
        let (schedule, ()) = self.store().update_schedule::<_, EngineError>(id, change).await?;
        self.schedule_changed(id);
        Ok(schedule)
    }

    /// Reactivates a schedule that was paused, switched off or done, and clears its failures. Times that have passed
    /// meanwhile are not made up for.
    ///
    /// # Errors
    /// When it has no further time (`no_next_time`).
    pub async fn resume_schedule(&self, id: &ScheduleId) -> Result<Schedule, EngineError> {
        let now_ms = self.now_ms();
        let change = move |schedule: &mut Schedule| {
            let times = schedule.timing.times().map_err(timing_fault)?;
            if schedule.state != ScheduleState::Active {
                activate(schedule, next_time(&times, now_ms)?);
            }
            Ok(())
        };
        let (schedule, ()) = self.store().update_schedule::<_, EngineError>(id, change).await?;
        self.schedule_changed(id);
        Ok(schedule)
    }

    /// Removes a schedule. Its runs are kept.
    ///
    /// # Errors
    /// While a run of it is being started.
    pub async fn delete_schedule(&self, id: &ScheduleId) -> Result<(), EngineError> {
        let refuse = || conflict("A run of this schedule is being started.", Some("Try again in a moment."));
        self.store().delete_schedule::<EngineError>(id, refuse).await?;
        self.schedule_changed(id);
        Ok(())
    }

    /// Starts a run of a schedule at once, whatever its state, and returns its firing. It has the owner's permissions,
    /// so other people may start only the owner's definition, or less.
    ///
    /// # Errors
    /// While an earlier run of it has not finished, when no running server starts schedules, or when `changes` exceed
    /// the definition.
    pub async fn run_schedule_now(
        &self,
        id: &ScheduleId,
        by: Person,
        changes: RunChanges,
    ) -> Result<Firing, EngineError> {
        if !self.settings().starts_schedules {
            return Err(conflict("No server is running to start it.", Some("Start one with `jac serve`.")));
        }
        let schedule = self.store().schedule(id).await?;
        if let Some(fault) = fault_of_changes(&schedule, &by, &changes) {
            return Err(EngineError::faulty("changes_invalid", vec![fault]));
        }
        let run = RunId::from_random(rand::random());
        let changes = self.seal_changes(&run, &changes)?;
        let firing = NewFiring {
            by: Some(by),
            changes,
            cluster: Some(ClusterId::from_random(rand::random())),
            ..take::starting(self.now_ms(), run)
        };
        let taken = self.store().take_firings::<EngineError>(id, move |_, open| {
            if open.is_empty() {
                return Ok(vec![firing]);
            }
            Err(conflict("An earlier run of this schedule has not finished.", Some("Wait until it ends, or stop it.")))
        });
        let (_, ids) = taken.await?;
        self.schedule_changed(id);
        let row = match ids.first() {
            Some(firing) => self.store().firing(*firing).await?,
            None => None,
        };
        row.map(|row| row.firing).ok_or_else(|| EngineError::NotFound { kind: "firing", id: id.to_string() })
    }

    /// Sets the team that may change a schedule in addition to its owner.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_schedule_team(&self, id: &ScheduleId, team: Option<Named>) -> Result<Schedule, EngineError> {
        let change = move |schedule: &mut Schedule| {
            schedule.team = team;
            Ok(())
        };
        let (schedule, ()) = self.store().update_schedule::<_, EngineError>(id, change).await?;
        self.schedule_changed(id);
        Ok(schedule)
    }

    /// Gives a schedule to another person. It is paused if nobody was named to take it over, because its runs would
    /// have the permissions of a person who does not know about it, and if it had secrets of its owner, which are
    /// removed.
    pub(crate) async fn hand_schedule_over(
        &self,
        id: &ScheduleId,
        next: Person,
        pauses: bool,
    ) -> Result<(), EngineError> {
        let now_ms = self.now_ms();
        let change = move |schedule: &mut Schedule| {
            schedule.owner = next;
            // Secrets belong to the person who entered them: without them it does not run until it is saved with new
            // ones.
            let had_secrets = schedule.sealed_properties.take().is_some();
            if (pauses || had_secrets) && schedule.state == ScheduleState::Active {
                schedule.state = ScheduleState::Paused;
                schedule.next_ms = None;
                schedule.ended_ms = Some(now_ms);
            }
            Ok(())
        };
        self.store().update_schedule::<_, EngineError>(id, change).await?;
        self.schedule_changed(id);
        Ok(())
    }

    /// The next times of a timing that is not saved yet.
    ///
    /// # Errors
    /// When it is invalid, or has no further time.
    pub fn preview_times(&self, timing: &Timing, count: usize) -> Result<Vec<NextTime>, EngineError> {
        let times = timing.times().map_err(timing_fault)?;
        next_time(&times, self.now_ms())?;
        Ok(view::next_times(&times, self.now_ms(), count))
    }

    /// Notifies, and wakes the task of the schedules.
    fn schedule_changed(&self, id: &ScheduleId) {
        self.notify(Event::Schedule(id.clone()));
        self.schedules().wake();
    }

    /// Validates a schedule before it is saved.
    async fn valid_schedule(&self, new: &NewSchedule) -> Result<Valid, EngineError> {
        let mut faults = Vec::new();
        let timing = new.timing.normalized().and_then(|timing| Ok((timing.times()?, timing)));
        let next = match timing {
            Ok((times, timing)) => match times.after(self.now_ms()) {
                Some(next_ms) => Some((next_ms, timing)),
                None => {
                    faults.push(no_next_time());
                    None
                }
            },
            Err(fault) => {
                faults.push(fault.under("/timing"));
                None
            }
        };
        let plan = self.store().plan(&new.plan_id).await?;
        // A fixed revision is unaffected by later changes of the plan by `jac run`.
        if plan.ephemeral && new.run.plan_revision.is_none() {
            let message = "This plan belongs to `jac run`, which changes it. Schedule one of its revisions, or an uploaded plan, such as a copy of it.";
            faults.push(Fault::at("/plan_id", "plan_ephemeral", message));
        }
        let given = new.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
        let name = given.map_or_else(|| crate::titles::fitting(&plan.name), str::to_owned);
        faults.extend(crate::titles::fault(&name).map(|message| Fault::at("/name", "name_invalid", message)));
        if let Some(revision) = new.run.plan_revision
            && self.plan_revision(&plan, revision).is_err()
        {
            let message = format!("The plan has no revision {revision}, or it was deleted.");
            faults.push(Fault::at("/run/plan_revision", "revision_missing", message));
        }
        let mut on = new.on.clone();
        let workers = match &mut on {
            RunsOn::Cluster { cluster_id, cluster_name } => {
                let cluster = self.store().cluster(cluster_id).await?;
                if cluster.phase.is_terminal() || cluster.config.remove_after_run {
                    let message = "This cluster is terminated, or will be after its next run. Choose another one.";
                    faults.push(Fault::at("/on/cluster_id", "cluster_gone", message));
                }
                *cluster_name = cluster.name;
                cluster.config.workers
            }
            RunsOn::New { provider, config } => {
                config.remove_after_run = true;
                let cluster =
                    NewCluster { name: None, description: None, provider: *provider, config: (**config).clone() };
                faults.extend(self.faults_of(&cluster).into_iter().map(|fault| fault.under("/on")));
                config.workers
            }
        };
        let run = new_run(&new.run, &new.plan_id, &ClusterId::from_random([0; 8]));
        let spread = Spread {
            results: run.results,
            min_workers: run.min_workers,
            share: &run.share,
            properties: &run.properties,
        };
        let of_run = crate::runs::faults_of(&run).into_iter().chain(spread.faults(workers));
        faults.extend(of_run.map(|fault| fault.under("/run")));
        match next {
            Some((next_ms, timing)) if faults.is_empty() => {
                Ok(Valid { name, plan_name: plan.name.clone(), on, timing, next_ms })
            }
            _ => Err(EngineError::faulty("schedule_invalid", faults)),
        }
    }
}

/// The fault of a manual start whose changes exceed the caller's permissions.
fn fault_of_changes(schedule: &Schedule, by: &Person, changes: &RunChanges) -> Option<Fault> {
    if !changes.properties.is_empty() && by.id != schedule.owner.id {
        let message = "Only the owner can start a run with other properties, because it would use the owner's secrets.";
        return Some(Fault::at("/properties", "owner_only", message));
    }
    let (workers, most) = match &schedule.on {
        RunsOn::New { config, .. } => (changes.workers?, config.workers),
        RunsOn::Cluster { .. } => {
            changes.workers?;
            let message = "The number of workers is fixed by the cluster.";
            return Some(Fault::at("/workers", Fault::CONFLICTING, message));
        }
    };
    let message = || format!("The schedule has {most} workers; a run started manually cannot have more.");
    (workers > most).then(|| Fault::at("/workers", Fault::OUT_OF_RANGE, message()))
}

/// The validated parts of a schedule, in canonical form.
struct Valid {
    name: String,
    plan_name: String,
    on: RunsOn,
    timing: Timing,
    next_ms: EpochMs,
}

fn activate(schedule: &mut Schedule, next_ms: EpochMs) {
    schedule.state = ScheduleState::Active;
    schedule.failures = 0;
    schedule.ended_ms = None;
    schedule.next_ms = Some(next_ms);
}

fn no_next_time() -> Fault {
    Fault::at(
        "/timing",
        "no_next_time",
        "The schedule has no future times: the time has passed, or the day never occurs.",
    )
}

fn next_time(times: &Times, now_ms: EpochMs) -> Result<EpochMs, EngineError> {
    times.after(now_ms).ok_or_else(|| EngineError::faulty("no_next_time", vec![no_next_time()]))
}

fn timing_fault(fault: Fault) -> EngineError {
    EngineError::faulty("timing_invalid", vec![fault.under("/timing")])
}

/// A schedule's run as the request of a manual run. Its secrets are masked here.
fn new_run(run: &ScheduledRun, plan: &PlanId, cluster: &ClusterId) -> NewRun {
    let run = run.clone();
    NewRun {
        cluster_id: Some(cluster.clone()),
        new_cluster: None,
        plan_id: plan.clone(),
        plan_revision: run.plan_revision,
        name: None,
        properties: run.properties,
        system_properties: run.system_properties,
        secret: run.secret,
        properties_files: run.properties_files,
        split: run.split,
        keep: None,
        criteria: (!run.criteria.is_empty()).then_some(run.criteria),
        warm_up_s: None,
        stop_rules: None,
        stop_timeout_s: run.stop_timeout_s,
        results: run.results,
        min_workers: run.min_workers,
        share: run.share,
        queue: false,
        try_run: false,
    }
}

/// Whether a firing still needs the engine.
fn is_open(state: FiringState) -> bool {
    !state.is_terminal()
}
