//! Permissions in a handler's signature: [`Allowed`] for an action in general, [`On`] for an action on the object that
//! the path names.
//!
//! They are the only access to the engine: a handler without an action has nothing to work with, and does not compile.
//! [`jac_model::authorize`] decides on permissions.

use super::{admission, audit, principal};
use crate::App;
use crate::error::ApiError;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use jac_engine::{Engine, EngineError};
use jac_model::{
    Action, Cluster, ClusterId, Named, Owner, Person, Plan, PlanId, Principal, Run, RunId, Schedule, ScheduleId,
    authorize,
};
use std::collections::HashMap;
use std::marker::PhantomData;
use std::str::FromStr;

/// An action, as a type.
pub trait Permission: Send + Sync + 'static {
    const ACTION: Action;
}

pub struct View;
impl Permission for View {
    const ACTION: Action = Action::View;
}

pub struct ViewAccount;
impl Permission for ViewAccount {
    const ACTION: Action = Action::ViewAccount;
}

pub struct ChangeAccount;
impl Permission for ChangeAccount {
    const ACTION: Action = Action::ChangeAccount;
}

pub struct CreatePlan;
impl Permission for CreatePlan {
    const ACTION: Action = Action::CreatePlan;
}

pub struct ChangePlan;
impl Permission for ChangePlan {
    const ACTION: Action = Action::ChangePlan;
}

pub struct CreateCluster;
impl Permission for CreateCluster {
    const ACTION: Action = Action::CreateCluster;
}

pub struct ChangeCluster;
impl Permission for ChangeCluster {
    const ACTION: Action = Action::ChangeCluster;
}

pub struct StartRun;
impl Permission for StartRun {
    const ACTION: Action = Action::StartRun;
}

pub struct ChangeRun;
impl Permission for ChangeRun {
    const ACTION: Action = Action::ChangeRun;
}

pub struct ShareRun;
impl Permission for ShareRun {
    const ACTION: Action = Action::ShareRun;
}

pub struct CreateSchedule;
impl Permission for CreateSchedule {
    const ACTION: Action = Action::CreateSchedule;
}

pub struct ChangeSchedule;
impl Permission for ChangeSchedule {
    const ACTION: Action = Action::ChangeSchedule;
}

pub struct ViewCredentials;
impl Permission for ViewCredentials {
    const ACTION: Action = Action::ViewCredentials;
}

pub struct ChangeCredentials;
impl Permission for ChangeCredentials {
    const ACTION: Action = Action::ChangeCredentials;
}

pub struct ManageMachines;
impl Permission for ManageMachines {
    const ACTION: Action = Action::ManageMachines;
}

pub struct ManageImages;
impl Permission for ManageImages {
    const ACTION: Action = Action::ManageImages;
}

pub struct ManageArchive;
impl Permission for ManageArchive {
    const ACTION: Action = Action::ManageArchive;
}

pub struct ManageIntegrations;
impl Permission for ManageIntegrations {
    const ACTION: Action = Action::ManageIntegrations;
}

pub struct ManagePeople;
impl Permission for ManagePeople {
    const ACTION: Action = Action::ManagePeople;
}

pub struct ViewAudit;
impl Permission for ViewAudit {
    const ACTION: Action = Action::ViewAudit;
}

/// A caller who is permitted to do `P`.
pub struct Allowed<P> {
    pub caller: Principal,
    engine: Engine,
    action: PhantomData<P>,
}

impl<P: Permission> Allowed<P> {
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether the caller may do it to an object of that owner, if the path does not name the object.
    pub fn to(&self, owner: &Person, team: Option<&Named>) -> Result<(), ApiError> {
        authorize(&self.caller, P::ACTION, Some(Owner { person: owner, team })).map_err(ApiError::Denied)
    }
}

impl<P: Permission> FromRequestParts<App> for Allowed<P> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = principal(parts, app).await?;
        audit::begin(parts, app, &caller, None);
        authorize(&caller, P::ACTION, None).map_err(ApiError::Denied)?;
        admission::note(parts, |parts, app| Box::pin(ask::<P>(parts, app)), &caller);
        Ok(Self { caller, engine: app.engine.clone(), action: PhantomData })
    }
}

/// Checks the same again, without a second entry in the audit trail.
async fn ask<P: Permission>(parts: &mut Parts, app: &App) -> Result<Principal, ApiError> {
    let caller = principal(parts, app).await?;
    authorize(&caller, P::ACTION, None).map_err(ApiError::Denied)?;
    Ok(caller)
}

/// An object with an owner, named by the path's `{id}`.
pub trait Ownable: Sized + Send + 'static {
    type Id: FromStr + Send + Sync;
    const KIND: &'static str;
    fn load(engine: &Engine, id: &Self::Id) -> impl Future<Output = Result<Self, EngineError>> + Send;
    fn owner(&self) -> Owner<'_>;
    fn name(&self) -> &str;
}

impl Ownable for Cluster {
    type Id = ClusterId;
    const KIND: &'static str = "cluster";
    async fn load(engine: &Engine, id: &ClusterId) -> Result<Self, EngineError> {
        Ok(engine.store().cluster(id).await?)
    }
    fn owner(&self) -> Owner<'_> {
        Owner { person: &self.owner, team: self.team.as_ref() }
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Ownable for Plan {
    type Id = PlanId;
    const KIND: &'static str = "plan";
    async fn load(engine: &Engine, id: &PlanId) -> Result<Self, EngineError> {
        Ok(engine.store().plan(id).await?)
    }
    fn owner(&self) -> Owner<'_> {
        Owner { person: &self.owner, team: self.team.as_ref() }
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Ownable for Run {
    type Id = RunId;
    const KIND: &'static str = "run";
    async fn load(engine: &Engine, id: &RunId) -> Result<Self, EngineError> {
        Ok(engine.store().run(id).await?.run)
    }
    fn owner(&self) -> Owner<'_> {
        Owner { person: &self.owner, team: self.team.as_ref() }
    }
    fn name(&self) -> &str {
        &self.name
    }
}

impl Ownable for Schedule {
    type Id = ScheduleId;
    const KIND: &'static str = "schedule";
    async fn load(engine: &Engine, id: &ScheduleId) -> Result<Self, EngineError> {
        Ok(engine.store().schedule(id).await?)
    }
    fn owner(&self) -> Owner<'_> {
        Owner { person: &self.owner, team: self.team.as_ref() }
    }
    fn name(&self) -> &str {
        &self.name
    }
}

/// The `{id}` of the path; empty if it has none.
pub(super) async fn id_of(parts: &mut Parts, app: &App) -> String {
    let path = Path::<HashMap<String, String>>::from_request_parts(parts, app).await;
    path.ok().and_then(|Path(mut path)| path.remove("id")).unwrap_or_default()
}

/// The object that the path names, and a caller who is permitted to do `P` to it.
pub struct On<P, T> {
    pub thing: T,
    pub caller: Principal,
    engine: Engine,
    action: PhantomData<P>,
}

impl<P: Permission, T> On<P, T> {
    pub fn engine(&self) -> &Engine {
        &self.engine
    }
}

impl<P: Permission, T: Ownable> FromRequestParts<App> for On<P, T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, ApiError> {
        let caller = principal(parts, app).await?;
        let text = &id_of(parts, app).await;
        audit::begin(parts, app, &caller, Some((T::KIND, text)));
        let not_found = || ApiError::Engine(EngineError::NotFound { kind: T::KIND, id: text.to_owned() });
        let id = text.parse::<T::Id>().map_err(|_| not_found())?;
        let thing = T::load(&app.engine, &id).await?;
        audit::name(thing.name());
        authorize(&caller, P::ACTION, Some(thing.owner())).map_err(ApiError::Denied)?;
        admission::note(parts, |parts, app| Box::pin(ask_on::<P, T>(parts, app)), &caller);
        Ok(Self { thing, caller, engine: app.engine.clone(), action: PhantomData })
    }
}

/// Checks the same again: the object may have a different owner or team by now.
async fn ask_on<P: Permission, T: Ownable>(parts: &mut Parts, app: &App) -> Result<Principal, ApiError> {
    let caller = principal(parts, app).await?;
    let text = &id_of(parts, app).await;
    let not_found = || ApiError::Engine(EngineError::NotFound { kind: T::KIND, id: text.to_owned() });
    let id = text.parse::<T::Id>().map_err(|_| not_found())?;
    let thing = T::load(&app.engine, &id).await?;
    authorize(&caller, P::ACTION, Some(thing.owner())).map_err(ApiError::Denied)?;
    Ok(caller)
}
