//! Starts the run of a firing. Each step can be repeated:
//!
//! | step                | when repeated                                                          |
//! |---------------------|------------------------------------------------------------------------|
//! | does the run exist  | reads only                                                             |
//! | may the owner       | reads only: their identity and permissions are checked now, not when it was saved |
//! | does the plan work  | reads only, before anything billable is created                        |
//! | create the cluster  | its ID is the firing's: an existing one is used                        |
//! | create the run      | its ID is the firing's: an existing one is the run                     |
//! | record it           | the same again                                                         |
//!
//! What was created for a run that cannot be started is terminated.

use super::{RunChanges, new_run};
use crate::clusters::{Lifespan, NewCluster};
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use crate::rights::ConfigDenied;
use crate::runs::{NewRun, try_run};
use jac_model::{
    Action, Cluster, ClusterConfig, ClusterId, FiringState, Message, Overlap, Owner, Person, Principal, Provider, Run,
    RunId, RunsOn, Schedule, Via, authorize,
};
use jac_store::audit::{AuditedChange, NewEntry, Outcome};
use jac_store::{FiringRow, StoreError};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::sleep;

/// The code of a firing that has waited, until it has another.
pub(super) const WAITED: &str = "waited";
/// Number of consecutive panics of its start before it is abandoned.
const PANICS_UNTIL_GIVEN_UP: u32 = 3;
/// Delay after a failure, e.g. while the database cannot be written.
const RETRY: Duration = Duration::from_secs(1);

/// Why no run was started.
enum Obstacle {
    /// Another run is on the cluster.
    Busy(String),
    /// It was started too late.
    Missed,
    /// It cannot be started.
    Refused { code: String, message: String },
    /// The result is unknown: it is retried.
    Later(EngineError),
}

impl<E: Into<EngineError>> From<E> for Obstacle {
    fn from(error: E) -> Self {
        match error.into() {
            EngineError::Store(error @ (StoreError::Ending | StoreError::Database { .. })) => {
                Self::Later(EngineError::Store(error))
            }
            error => Self::refused(error.code(), jac_model::sentence(&error)),
        }
    }
}

impl Obstacle {
    fn refused(code: &str, message: impl Into<String>) -> Self {
        Self::Refused { code: code.to_owned(), message: message.into() }
    }
}

impl Engine {
    /// Starts the task that creates the run of a firing, unless it is running.
    pub(super) fn start_firing(&self, id: i64) {
        let engine = self.clone();
        self.work_on("scheduled_start", id.to_string(), format!("the start of the scheduled run {id}"), move |panics| {
            let engine = engine.clone();
            async move {
                let done = match panics {
                    0..PANICS_UNTIL_GIVEN_UP => engine.lead_to_run(id).await,
                    _ => {
                        let message = "JAC failed several times to start this run.";
                        engine.end_firing(id, FiringState::NotStarted, "panicked", message).await
                    }
                };
                if let Err(error) = done {
                    tracing::warn!(firing = id, %error, "the scheduled run {id} could not be started: {error}; trying again");
                    sleep(RETRY).await;
                }
                engine.schedules().wake();
            }
        });
    }

    /// Creates the run of a firing, or records why it could not be started.
    async fn lead_to_run(&self, id: i64) -> Result<(), EngineError> {
        let Some(row) = self.store().firing(id).await?.filter(|row| row.firing.state == FiringState::Starting) else {
            return Ok(());
        };
        let schedule = self.store().schedule(&row.firing.schedule_id).await?;
        match self.start_run(&schedule, &row).await {
            Ok(()) => {
                let running = self.store().update_firing(id, |_, firing| {
                    let starts = firing.state == FiringState::Starting;
                    if starts {
                        firing.state = FiringState::Running;
                        firing.code = None;
                    }
                    starts
                });
                running.await?;
                self.notify(Event::Schedule(schedule.id));
                Ok(())
            }
            Err(Obstacle::Busy(_)) if schedule.overlap == Overlap::Queue && row.firing.by.is_none() => {
                let waiting = self.store().update_firing(id, |_, firing| {
                    firing.state = FiringState::Waiting;
                    true
                });
                waiting.await?;
                self.notify(Event::Schedule(schedule.id));
                Ok(())
            }
            Err(Obstacle::Busy(message)) => self.end_firing(id, FiringState::Skipped, "cluster_busy", &message).await,
            Err(Obstacle::Missed) => {
                self.terminate_made(&row).await?;
                let message = "JAC stopped while starting this run and was down for too long.";
                self.end_firing(id, FiringState::Missed, "missed", message).await
            }
            Err(Obstacle::Refused { code, message }) => {
                self.terminate_made(&row).await?;
                self.end_firing(id, FiringState::NotStarted, &code, &message).await
            }
            Err(Obstacle::Later(error)) => Err(error),
        }
    }

    async fn start_run(&self, schedule: &Schedule, row: &FiringRow) -> Result<(), Obstacle> {
        let Some(run_id) = &row.run else { return Err(Obstacle::refused("failed", "The firing has no run.")) };
        match self.store().run(run_id).await {
            Ok(_) => return Ok(()),
            Err(StoreError::NotFound { .. }) => (),
            Err(error) => return Err(error.into()),
        }
        let late_ms = i64::try_from(self.settings().schedule_grace.as_millis()).unwrap_or(i64::MAX);
        let is_of_before = row.firing.due_ms < self.started_ms() && row.firing.code.as_deref() != Some(WAITED);
        if is_of_before && self.now_ms() - row.firing.due_ms > late_ms {
            return Err(Obstacle::Missed);
        }
        let changes = self.open_changes(run_id, row.changes.as_deref())?;
        let owner = self.acting_owner(schedule).await?;
        let cluster = match &schedule.on {
            RunsOn::Cluster { cluster_id, .. } => self.free_cluster(&owner, cluster_id).await?.id,
            RunsOn::New { provider, config } => {
                let Some(id) = &row.cluster else {
                    return Err(Obstacle::refused("failed", "The firing has no cluster."));
                };
                let mut config = ClusterConfig {
                    workers: changes.workers.unwrap_or(config.workers),
                    remove_after_run: true,
                    ..(**config).clone()
                };
                config.workers = try_run::workers_to_create(changes.try_run, &config);
                self.made_cluster(schedule, &owner, id, *provider, config, &changes).await?;
                id.clone()
            }
        };
        let created = self.create_scheduled_run(schedule, &owner.user, run_id, &cluster, &changes).await;
        match (created, &schedule.on) {
            (Ok(_), _) => Ok(()),
            // Another run was faster.
            (Err(EngineError::Conflict { message, .. }), RunsOn::Cluster { .. }) if self.is_busy(&cluster).await => {
                Err(Obstacle::Busy(message))
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    /// The person that the run is started for, as they are now.
    async fn acting_owner(&self, schedule: &Schedule) -> Result<Principal, Obstacle> {
        let name = &schedule.owner.name;
        let person = match self.store().person(&schedule.owner.id).await {
            Ok(person) if person.disabled => {
                return Err(Obstacle::refused(
                    "owner_disabled",
                    format!("The account of its owner {name} is disabled."),
                ));
            }
            Ok(person) => person,
            Err(StoreError::NotFound { .. }) => {
                return Err(Obstacle::refused(
                    "owner_missing",
                    format!("The account of its owner {name} was removed."),
                ));
            }
            Err(error) => return Err(error.into()),
        };
        // As if they were signed in: nothing of it is narrower, as a token may be.
        let via = Via::Session(schedule.id.to_string());
        let owner = Principal { user: person.person(), role: person.role, teams: person.teams, via };
        may(&owner, Action::CreateSchedule, None, "start runs")?;
        Ok(owner)
    }

    async fn free_cluster(&self, owner: &Principal, id: &ClusterId) -> Result<Cluster, Obstacle> {
        let cluster = self.store().cluster(id).await?;
        let whose = Owner { person: &cluster.owner, team: cluster.team.as_ref() };
        may(owner, Action::StartRun, Some(whose), &format!("start runs on the cluster '{}'", cluster.name))?;
        match &cluster.current_run {
            Some(run) => Err(Obstacle::Busy(format!("The cluster '{}' was busy with the run {run}.", cluster.name))),
            None => Ok(cluster),
        }
    }

    async fn is_busy(&self, id: &ClusterId) -> bool {
        let is_held = self.store().cluster(id).await.is_ok_and(|cluster| cluster.current_run.is_some());
        is_held || self.store().queued_runs(id).await.is_ok_and(|waiting| !waiting.is_empty())
    }

    /// The cluster for the run, created unless it exists.
    async fn made_cluster(
        &self,
        schedule: &Schedule,
        owner: &Principal,
        id: &ClusterId,
        provider: Provider,
        mut config: ClusterConfig,
        changes: &RunChanges,
    ) -> Result<(), Obstacle> {
        match self.store().cluster(id).await {
            Ok(_) => return Ok(()),
            Err(StoreError::NotFound { .. }) => (),
            Err(error) => return Err(error.into()),
        }
        may(owner, Action::CreateCluster, None, "create clusters")?;
        match self.config_denied(owner, &mut config, &self.settings().environment_credentials_for).await? {
            None => (),
            Some(ConfigDenied::ServersFile { .. }) => {
                let message = "Only an administrator can use a file on the server, and its owner is no longer one.";
                return Err(Obstacle::refused("administrator_only", message));
            }
            Some(ConfigDenied::Environment) => {
                let message = "The server's own AWS credentials are for administrators and the people named in its \
                     configuration.";
                return Err(Obstacle::refused("environment_credentials", message));
            }
        }
        let run = self.run_of(schedule, id, changes)?;
        let of_cluster = config.clone();
        self.check_in_turn(move |engine, gone| {
            engine.check_new_run(run, &of_cluster, of_cluster.workers, gone).map(drop)
        })
        .await?;
        let new = NewCluster {
            // A schedule's name may be as long as a cluster's.
            name: Some(schedule.name.clone()),
            description: Some(format!("Created for a run of the schedule {}.", schedule.id)),
            provider,
            config,
        };
        let created =
            self.create_cluster_as(id.clone(), owner.user.clone(), schedule.team.clone(), new, Lifespan::Persistent);
        self.audited(schedule, &owner.user, "cluster.create").around(created).await?;
        Ok(())
    }

    async fn create_scheduled_run(
        &self,
        schedule: &Schedule,
        owner: &Person,
        id: &RunId,
        cluster: &ClusterId,
        changes: &RunChanges,
    ) -> Result<Run, EngineError> {
        let run = self.run_of(schedule, cluster, changes)?;
        let (id, person) = (id.clone(), owner.clone());
        let created = self.check_in_turn(move |engine, gone| engine.create_run_as(Some(id), person, run, gone));
        self.audited(schedule, owner, "run.create").around(created).await
    }

    /// The requested run, with the true values of its secrets.
    fn run_of(&self, schedule: &Schedule, cluster: &ClusterId, changes: &RunChanges) -> Result<NewRun, EngineError> {
        let mut run =
            NewRun { name: Some(schedule.name.clone()), ..new_run(&schedule.run, &schedule.plan_id, cluster) };
        let secrets = self.open_scheduled(schedule)?;
        run.properties.extend(secrets.properties);
        run.system_properties.extend(secrets.system_properties);
        run.properties.extend(changes.properties.clone());
        if changes.try_run {
            // A try run has its own criterion.
            (run.try_run, run.criteria) = (true, None);
        }
        Ok(run)
    }

    /// Terminates what was created for a run that will not take place.
    async fn terminate_made(&self, row: &FiringRow) -> Result<(), EngineError> {
        let Some(id) = &row.cluster else { return Ok(()) };
        let cause = Message::new("run_not_started", "The run that it was created for could not be started.");
        match self.request_termination(id, cause, "JAC, because the run could not be started").await {
            Ok(_) | Err(EngineError::NotFound { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// An entry of the audit trail, which is written with what a schedule creates.
    fn audited(&self, schedule: &Schedule, owner: &Person, action: &str) -> AuditedChange {
        let audited = AuditedChange::default();
        audited.begin(NewEntry {
            at_ms: self.now_ms(),
            person: Some(owner.clone()),
            via: "schedule",
            via_name: Some(schedule.id.to_string()),
            address: None,
            action: action.to_owned(),
            kind: None,
            thing: None,
            thing_name: None,
            outcome: Outcome::Done,
            code: None,
            details: BTreeMap::from([("schedule".to_owned(), schedule.name.clone())]),
        });
        audited
    }
}

fn may(owner: &Principal, action: Action, whose: Option<Owner<'_>>, what: &str) -> Result<(), Obstacle> {
    let denied = |_| Obstacle::refused("owner_may_not", format!("Its owner {} may not {what}.", owner.user.name));
    authorize(owner, action, whose).map_err(denied)
}
