//! Ownership: handing objects over to another person, and to a team.

use crate::administrator;
use crate::engine::{Engine, Event};
use crate::error::EngineError;
use jac_model::{ClusterId, Message, Named, Person, Plan, PlanId, RunId, ScheduleId, UserRole};
use jac_store::audit::AuditedChange;
use jac_store::{Kind, PersonChange, StoreError};
use std::collections::BTreeMap;

/// Maximum number of rounds of handing over items that were created meanwhile.
const MOST_ROUNDS: usize = 10;

impl Engine {
    /// Removes a person, who is disabled first. Everything they own passes to `heir`; without an heir their clusters
    /// are terminated, their schedules paused, and everything else goes to `by`. Repeating it has the same result, so
    /// it can be repeated after a crash.
    ///
    /// # Errors
    /// When they are the account of the server's shell, or the last administrator, or the database cannot be written.
    /// After a failure in the middle they stay disabled.
    pub async fn remove_person(&self, leaving: &Person, heir: Option<Person>, by: &Person) -> Result<(), EngineError> {
        if leaving.id == administrator().id {
            let message = "This is the account of the server's command line and cannot be removed. Disable it instead.";
            return Err(EngineError::invalid("shell_account", message));
        }
        // Before anything is handed over; the database checks it again at the end.
        if !self.store().has_other_administrator(&leaving.id).await? {
            return Err(StoreError::LastAdministrator.into());
        }
        if let Some(heir) = &heir {
            let heir = self.store().person(&heir.id).await?;
            if heir.disabled || heir.role == UserRole::Viewer {
                let message =
                    format!("{} cannot become the owner: the account is disabled or its role is viewer.", heir.name);
                return Err(EngineError::invalid("heir_invalid", message));
            }
        }
        let next = heir.as_ref().unwrap_or(by);
        if next.id == leaving.id {
            return Err(EngineError::Invalid {
                code: "heir_invalid",
                message: "You cannot hand over to the same person.".to_owned(),
                hint: Some("Choose another person.".to_owned()),
                faults: Vec::new(),
            });
        }
        // Many transactions, which a failure may interrupt: the trail records their beginning, and the removal only
        // when it is complete.
        AuditedChange::prepare("person.hand_over");
        AuditedChange::detail("to", format!("{} ({})", next.name, next.id));
        // They can send no more requests. Earlier requests may still create items, so items are handed over until none are left.
        let disabled = PersonChange { disabled: Some(true), ..PersonChange::default() };
        self.store().change_person(&leaving.id, disabled, self.now_ms()).await?;
        let mut done = HandedOver::default();
        for _ in 0..MOST_ROUNDS {
            self.hand_over(leaving, heir.is_none(), next, by, &mut done).await?;
            AuditedChange::conclude();
            match self.store().remove_person(&leaving.id).await {
                Err(StoreError::StillOwns) => AuditedChange::prepare("person.hand_over"),
                removed => return Ok(removed?),
            }
        }
        let message =
            format!("New items are still being created for {} by requests that were sent earlier.", leaving.name);
        Err(EngineError::Conflict { message, hint: Some("Try again in a moment.".to_owned()) })
    }

    /// Gives everything that a person owns to `next`; existing clusters are terminated if `is_ending`.
    async fn hand_over(
        &self,
        leaving: &Person,
        is_ending: bool,
        next: &Person,
        by: &Person,
        done: &mut HandedOver,
    ) -> Result<(), EngineError> {
        for kind in [Kind::Cluster, Kind::Plan, Kind::Run, Kind::Schedule] {
            for id in self.store().owned(kind, &leaving.id).await? {
                match self.hand_one_over(kind, &id, leaving, is_ending, next, by).await {
                    // An unreadable row must not keep a person from being removed.
                    Err(EngineError::Store(StoreError::Unreadable { .. })) => {
                        self.store().give_row(kind, &id, next).await?;
                    }
                    handed => handed?,
                }
                done.count(kind);
            }
        }
        self.leave_results_stores(leaving, next).await?;
        self.leave_search_targets(leaving).await?;
        self.leave_credentials(leaving, next).await
    }

    async fn hand_one_over(
        &self,
        kind: Kind,
        id: &str,
        leaving: &Person,
        is_ending: bool,
        next: &Person,
        by: &Person,
    ) -> Result<(), EngineError> {
        let owner = next.clone();
        match kind {
            Kind::Cluster => {
                let Ok(id) = id.parse::<ClusterId>() else { return Ok(self.store().give_row(kind, id, next).await?) };
                if is_ending && !self.store().cluster(&id).await?.phase.is_terminal() {
                    let text = format!("Terminated because its owner {} was removed.", leaving.name);
                    let cause = Message::new("owner_removed", text).with("owner", leaving.name.as_str());
                    self.request_termination(&id, cause, &by.name).await?;
                }
                let change = self.change_cluster(&id, move |cluster| {
                    cluster.owner = owner;
                    Ok(())
                });
                change.await.map(drop)
            }
            Kind::Plan => {
                let Ok(id) = id.parse::<PlanId>() else { return Ok(self.store().give_row(kind, id, next).await?) };
                let change = |plan: &mut Plan| {
                    plan.owner = owner;
                    // A plan that its new owner runs under that name is a different plan.
                    plan.ephemeral = false;
                };
                self.run_blocking(move |engine| engine.change_plan_record(&id, change)).await
            }
            Kind::Run => {
                let Ok(id) = id.parse::<RunId>() else { return Ok(self.store().give_row(kind, id, next).await?) };
                self.give_run(&id, owner).await
            }
            Kind::Schedule => {
                let Ok(id) = id.parse::<ScheduleId>() else { return Ok(self.store().give_row(kind, id, next).await?) };
                self.hand_schedule_over(&id, owner, is_ending).await
            }
        }
    }

    /// Changes a run's owner, in the list and in its folder.
    pub(crate) async fn give_run(&self, id: &RunId, owner: Person) -> Result<(), EngineError> {
        let change = self.store().update_run::<_, EngineError>(id, move |run| {
            run.owner = owner;
            Ok(())
        });
        change.await?;
        self.describe_run(id).await
    }

    /// Gives runs and plans whose owner has no account here to the person with the same name, and those of a team that
    /// never existed here to the team with the same name: folders and stores contain the IDs of a lost database. If
    /// there is no such name, they are unchanged until there is one.
    ///
    /// # Errors
    /// When the database cannot be read or written.
    pub async fn adopt_restored(&self) -> Result<(), EngineError> {
        for kind in [Kind::Run, Kind::Plan] {
            for (id, owner) in self.store().without_account(kind).await? {
                let Some((person, _)) = self.store().person_named(&owner).await? else { continue };
                let person = person.person();
                let name = person.name.clone();
                let adopted = match kind {
                    Kind::Run => match id.parse() {
                        Ok(run) => self.give_run(&run, person).await,
                        Err(_) => continue,
                    },
                    _ => match id.parse() {
                        Ok(plan) => {
                            let change = move |plan: &mut Plan| plan.owner = person;
                            self.run_blocking(move |engine| engine.change_plan_record(&plan, change)).await
                        }
                        Err(_) => continue,
                    },
                };
                match adopted {
                    Ok(()) => {
                        tracing::info!(id, "{id} was restored and belongs to {name}, whose name it has as its owner's")
                    }
                    // It does not prevent the others from being assigned.
                    Err(error) => tracing::warn!(id, %error, "{id} could not be given to {name}: {error}"),
                }
            }
            self.adopt_restored_of_teams(kind).await?;
        }
        Ok(())
    }

    /// The same for the team that may change them.
    async fn adopt_restored_of_teams(&self, kind: Kind) -> Result<(), EngineError> {
        for (id, name) in self.store().without_team(kind).await? {
            let Some(team) = self.store().team_named(&name).await? else { continue };
            let team = self.team(Some(&team)).await?;
            let adopted = match (kind, id.parse(), id.parse()) {
                (Kind::Run, Ok(run), _) => self.set_run_team(&run, team).await,
                (Kind::Plan, _, Ok(plan)) => self.set_plan_team(&plan, team).await,
                _ => continue,
            };
            match adopted {
                Ok(()) => tracing::info!(id, "{id} was restored, and is of the team {name} by that name"),
                Err(error) => tracing::warn!(id, %error, "{id} could not be given to the team {name}: {error}"),
            }
        }
        Ok(())
    }

    /// The team with that ID, for an object that will belong to it.
    ///
    /// # Errors
    /// When it does not exist.
    pub async fn team(&self, id: Option<&str>) -> Result<Option<Named>, EngineError> {
        let Some(id) = id else { return Ok(None) };
        let found = self.store().team(id).await?;
        Ok(Some(Named { id: found.id, name: found.name }))
    }

    /// Sets the team that may change a cluster in addition to its owner.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_cluster_team(&self, id: &ClusterId, team: Option<Named>) -> Result<(), EngineError> {
        self.change_cluster(id, move |cluster| {
            cluster.team = team;
            Ok(())
        })
        .await
        .map(drop)
    }

    /// Sets the team that may change a plan in addition to its owner.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_plan_team(&self, id: &PlanId, team: Option<Named>) -> Result<(), EngineError> {
        let id = id.clone();
        self.run_blocking(move |engine| engine.change_plan_record(&id, |plan| plan.team = team)).await
    }

    /// Sets the team that may change a run in addition to its owner.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn set_run_team(&self, id: &RunId, team: Option<Named>) -> Result<(), EngineError> {
        let change = self.store().update_run::<_, EngineError>(id, move |run| {
            run.team = team;
            Ok(())
        });
        change.await?;
        self.describe_run(id).await?;
        self.notify(Event::Run(id.clone()));
        Ok(())
    }
}

/// Number of items of each kind handed over so far, for the audit trail.
#[derive(Default)]
struct HandedOver(BTreeMap<&'static str, u64>);

impl HandedOver {
    fn count(&mut self, kind: Kind) {
        let kind = kind.rows();
        let count = self.0.entry(kind).or_default();
        *count += 1;
        AuditedChange::detail(kind, count.to_string());
    }
}
