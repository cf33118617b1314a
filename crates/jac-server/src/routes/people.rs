//! People and teams.

use crate::App;
use crate::access::allowed::{Allowed, ManagePeople, View};
use crate::access::{INVITATION_LIFE_MS, LINK_LIFE_MS, audit, new_sign_in_link};
use crate::body::{Body, Query};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use jac_engine::{Engine, EngineError, required_name};
use jac_model::{Named, Person, UserRole};
use jac_store::{Owned, PersonChange, PersonRow, TeamRow};
use serde::{Deserialize, Serialize};

/// A person. What only administrators see is `null` for others.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    pub id: String,
    pub name: String,
    pub role: UserRole,
    pub teams: Vec<Named>,
    pub disabled: Option<bool>,
    /// They sign in by the company's sign-on.
    pub via_company: Option<bool>,
    pub has_password: Option<bool>,
    pub created_ms: Option<i64>,
    pub last_seen_ms: Option<i64>,
    pub owns: Option<Owns>,
}

/// How much somebody owns: what would be handed over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Owns {
    /// That live.
    pub clusters: u64,
    pub plans: u64,
    pub runs: u64,
}

impl UserView {
    fn full(row: PersonRow, owned: Owned) -> Self {
        Self {
            owns: Some(Owns { clusters: owned.clusters, plans: owned.plans, runs: owned.runs }),
            id: row.id,
            name: row.name,
            role: row.role,
            teams: row.teams,
            disabled: Some(row.disabled),
            via_company: Some(row.via_company),
            has_password: Some(row.has_password),
            created_ms: Some(row.created_ms),
            last_seen_ms: row.last_seen_ms,
        }
    }

    fn of_others(row: PersonRow) -> Self {
        let full = Self::full(row, Owned::default());
        Self {
            disabled: None,
            via_company: None,
            has_password: None,
            created_ms: None,
            last_seen_ms: None,
            owns: None,
            ..full
        }
    }
}

/// Somebody to invite.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewUser {
    /// What they sign in with and are shown as.
    pub name: String,
    pub role: UserRole,
    /// Ids of teams.
    #[serde(default)]
    pub teams: Vec<String>,
}

/// Somebody who was invited.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Invited {
    pub user: UserView,
    /// A one-time link, shown this once.
    pub link: String,
    pub expires_ms: i64,
}

/// A one-time link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OneTimeLink {
    pub link: String,
    pub expires_ms: i64,
}

/// What is to be changed; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct UserChange {
    #[serde(default)]
    pub role: Option<UserRole>,
    /// The ids of all their teams.
    #[serde(default)]
    pub teams: Option<Vec<String>>,
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// Who takes over what they own.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RemoveQuery {
    /// The id of a person; absent: clusters are terminated, the rest goes to whoever removes.
    to: Option<String>,
}

/// A team.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TeamView {
    pub id: String,
    pub name: String,
    pub members: Vec<Person>,
}

impl From<TeamRow> for TeamView {
    fn from(row: TeamRow) -> Self {
        Self { id: row.id, name: row.name, members: row.members }
    }
}

/// A team to make.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewTeam {
    pub name: String,
}

/// What is to be changed of a team; what is left out stays.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct TeamChange {
    #[serde(default)]
    pub name: Option<String>,
    /// The ids of all members.
    #[serde(default)]
    pub members: Option<Vec<String>>,
}

/// A new id with that letter.
pub fn new_id(letter: char) -> String {
    format!("{letter}-{}", hex::encode(rand::random::<[u8; 8]>()))
}

async fn link(app: &App, person: &str, life_ms: i64) -> Result<OneTimeLink, ApiError> {
    let now_ms = app.engine.now_ms();
    let path = new_sign_in_link(app.engine.store(), person, life_ms, now_ms).await?;
    let public = app.edge.config().public_url.clone().unwrap_or_default();
    Ok(OneTimeLink { link: format!("{public}{path}"), expires_ms: now_ms + life_ms })
}

/// Everybody who has an account
#[utoipa::path(get, path = "/people", tag = "people", responses((status = 200, body = Vec<UserView>)))]
pub async fn list(allowed: Allowed<View>) -> Result<Json<Vec<UserView>>, ApiError> {
    let rows = allowed.engine().store().people().await?;
    if allowed.caller.role != UserRole::Administrator {
        return Ok(Json(rows.into_iter().map(UserView::of_others).collect()));
    }
    let owned = allowed.engine().store().owned_counts().await?;
    let owned_by = |row: &PersonRow| owned.get(&row.id).copied().unwrap_or_default();
    Ok(Json(rows.into_iter().map(|row| (owned_by(&row), row)).map(|(owned, row)| UserView::full(row, owned)).collect()))
}

/// Invite somebody
#[utoipa::path(post, path = "/people", tag = "people", request_body = NewUser,
    responses((status = 201, body = Invited), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<ManagePeople>,
    State(app): State<App>,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<Invited>), ApiError> {
    let (id, name, engine) = (new_id('u'), required_name(&new.name)?, allowed.engine());
    audit::about("person", &id, &name);
    let row = engine.store().add_person(&id, &name, new.role, new.teams, engine.now_ms()).await?;
    let OneTimeLink { link, expires_ms } = link(&app, &id, INVITATION_LIFE_MS).await?;
    Ok((StatusCode::CREATED, Json(Invited { user: UserView::full(row, Owned::default()), link, expires_ms })))
}

/// Change somebody's role or teams, disable or enable them
#[utoipa::path(patch, path = "/people/{id}", tag = "people", params(("id" = String, Path)), request_body = UserChange,
    responses((status = 200, body = UserView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn change(
    allowed: Allowed<ManagePeople>,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(change): Body<UserChange>,
) -> Result<Json<UserView>, ApiError> {
    let store = allowed.engine().store();
    let name = store.person(&id).await?.name;
    audit::about("person", &id, &name);
    if let Some(disabled) = change.disabled {
        audit::detail("disabled", disabled.to_string());
    }
    if let Some(role) = change.role {
        audit::detail("role", role.word());
    }
    let change = PersonChange { role: change.role, teams: change.teams, disabled: change.disabled };
    let row = store.change_person(&id, change, allowed.engine().now_ms()).await?;
    if row.disabled {
        app.sessions().end_all_of(&row).await;
    }
    app.access.rights_changed();
    let owned = store.owned_counts().await?.get(&row.id).copied().unwrap_or_default();
    Ok(Json(UserView::full(row, owned)))
}

/// Make a one-time link for somebody who has forgotten their password
#[utoipa::path(post, path = "/people/{id}/link", tag = "people", params(("id" = String, Path)), responses((status = 200, body = OneTimeLink), (status = 404, body = ErrorBody)))]
pub async fn reset(
    allowed: Allowed<ManagePeople>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<Json<OneTimeLink>, ApiError> {
    let person = allowed.engine().store().person(&id).await?;
    audit::about("person", &id, &person.name);
    Ok(Json(link(&app, &id, LINK_LIFE_MS).await?))
}

/// Remove somebody; what they own is handed over
#[utoipa::path(delete, path = "/people/{id}", tag = "people", params(("id" = String, Path), RemoveQuery),
    responses((status = 204), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn remove(
    allowed: Allowed<ManagePeople>,
    State(app): State<App>,
    Path(id): Path<String>,
    Query(query): Query<RemoveQuery>,
) -> Result<StatusCode, ApiError> {
    let engine: &Engine = allowed.engine();
    let leaving = engine.store().person(&id).await?;
    audit::about("person", &id, &leaving.name);
    let heir = match &query.to {
        Some(to) => Some(engine.store().person(to).await?.person()),
        None => None,
    };
    engine.remove_person(&leaving.person(), heir, &allowed.caller.user).await?;
    app.sessions().end_all_of(&leaving).await;
    app.access.rights_changed();
    Ok(StatusCode::NO_CONTENT)
}

/// All teams
#[utoipa::path(get, path = "/teams", tag = "people", responses((status = 200, body = Vec<TeamView>)))]
pub async fn teams(allowed: Allowed<View>) -> Result<Json<Vec<TeamView>>, ApiError> {
    let rows = allowed.engine().store().teams().await?;
    Ok(Json(rows.into_iter().map(TeamView::from).collect()))
}

async fn team(engine: &Engine, id: &str) -> Result<Json<TeamView>, ApiError> {
    let found = engine.store().teams().await?.into_iter().find(|team| team.id == id);
    let found = found.ok_or_else(|| EngineError::NotFound { kind: "team", id: id.to_owned() })?;
    Ok(Json(found.into()))
}

async fn team_name(engine: &Engine, id: &str) -> Result<String, ApiError> {
    Ok(team(engine, id).await?.0.name)
}

/// Make a team
#[utoipa::path(post, path = "/teams", tag = "people", request_body = NewTeam, responses((status = 201, body = TeamView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create_team(
    allowed: Allowed<ManagePeople>,
    Body(new): Body<NewTeam>,
) -> Result<(StatusCode, Json<TeamView>), ApiError> {
    let (id, name) = (new_id('t'), required_name(&new.name)?);
    audit::about("team", &id, &name);
    allowed.engine().store().add_team(&id, &name).await?;
    Ok((StatusCode::CREATED, team(allowed.engine(), &id).await?))
}

/// Rename a team, or say who is in it
#[utoipa::path(patch, path = "/teams/{id}", tag = "people", params(("id" = String, Path)), request_body = TeamChange,
    responses((status = 200, body = TeamView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn change_team(
    allowed: Allowed<ManagePeople>,
    State(app): State<App>,
    Path(id): Path<String>,
    Body(change): Body<TeamChange>,
) -> Result<Json<TeamView>, ApiError> {
    let name = change.name.as_deref().map(required_name).transpose()?;
    audit::about("team", &id, &team_name(allowed.engine(), &id).await?);
    allowed.engine().store().change_team(&id, name, change.members).await?;
    app.access.rights_changed();
    team(allowed.engine(), &id).await
}

/// Remove a team; what it could write is its owners' alone
#[utoipa::path(delete, path = "/teams/{id}", tag = "people", params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn remove_team(
    allowed: Allowed<ManagePeople>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    audit::about("team", &id, &team_name(allowed.engine(), &id).await?);
    allowed.engine().store().remove_team(&id).await?;
    app.access.rights_changed();
    Ok(StatusCode::NO_CONTENT)
}
