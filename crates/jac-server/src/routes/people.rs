//! People and teams.

use crate::App;
use crate::access::allowed::{Allowed, ManagePeople, View};
use crate::access::{INVITATION_LIFE_MS, LINK_LIFE_MS, audit, new_sign_in_link};
use crate::body::{Body, Path, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::lists::{PeopleQuery, TeamsQuery};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::list::Page;
use jac_engine::{Engine, required_name};
use jac_model::{Named, Person, UserRole};
use jac_store::{Owned, PersonChange, PersonRow, Store, TeamRow};
use serde::{Deserialize, Serialize};

/// A person. Fields visible only to administrators are `null` for others.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct UserView {
    pub id: String,
    pub name: String,
    pub role: UserRole,
    pub teams: Vec<Named>,
    pub disabled: Option<bool>,
    /// Whether they sign in with the company's sign-on.
    pub via_company: Option<bool>,
    pub has_password: Option<bool>,
    pub created_ms: Option<i64>,
    pub last_seen_ms: Option<i64>,
    pub owns: Option<Owns>,
}

/// How much a person owns and would be handed over.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Owns {
    /// Active clusters.
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

/// A person to invite.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewUser {
    /// Name to sign in with and to display.
    pub name: String,
    pub role: UserRole,
    /// IDs of teams.
    #[serde(default)]
    pub teams: Vec<String>,
}

/// An invited person.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Invited {
    pub user: UserView,
    /// A one-time link, shown only once.
    pub link: String,
    pub expires_ms: i64,
}

/// A one-time link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OneTimeLink {
    pub link: String,
    pub expires_ms: i64,
}

/// Changes; absent fields are unchanged.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct UserChange {
    #[serde(default)]
    pub role: Option<UserRole>,
    /// IDs of all their teams.
    #[serde(default)]
    pub teams: Option<Vec<String>>,
    #[serde(default)]
    pub disabled: Option<bool>,
}

/// The new owner of their objects.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RemoveQuery {
    /// The ID of a person; absent: clusters are terminated, everything else goes to the caller.
    to: Option<String>,
}

/// A team.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct TeamView {
    pub id: String,
    pub name: String,
    pub member_count: u64,
    /// All members by name, or ten of them; `GET /people?team=ID` lists all.
    pub members: Vec<Person>,
}

impl From<TeamRow> for TeamView {
    fn from(row: TeamRow) -> Self {
        Self { id: row.id, name: row.name, member_count: row.member_count, members: row.members }
    }
}

/// A team to create.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewTeam {
    pub name: String,
}

/// Changes to a team; absent fields are unchanged.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct TeamChange {
    #[serde(default)]
    pub name: Option<String>,
    /// IDs of people to add to the team.
    #[serde(default)]
    pub add: Vec<String>,
    /// IDs of people to remove from the team, after `add`.
    #[serde(default)]
    pub remove: Vec<String>,
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

/// List people with an account, paginated
#[utoipa::path(get, path = "/people", tag = "people", params(PeopleQuery),
    responses((status = 200, body = Page<UserView>), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(allowed: Allowed<View>, Query(query): Query<PeopleQuery>) -> Result<Json<Page<UserView>>, ApiError> {
    let (filter, page) = query.ask(&allowed.caller)?;
    let store = allowed.engine().store();
    let rows = store.list_people(&filter, &page).await?;
    let mut owned = match allowed.caller.role {
        UserRole::Administrator => {
            Some(store.owned_counts(rows.items.iter().map(|row| row.id.clone()).collect()).await?)
        }
        _ => None,
    };
    let view = |row: PersonRow| match &mut owned {
        Some(owned) => {
            let owned = owned.remove(&row.id).unwrap_or_default();
            UserView::full(row, owned)
        }
        None => UserView::of_others(row),
    };
    Ok(Json(Page { items: rows.items.into_iter().map(view).collect(), next: rows.next }))
}

async fn full_view(store: &Store, row: PersonRow) -> Result<UserView, ApiError> {
    let owned = store.owned_counts(vec![row.id.clone()]).await?.remove(&row.id).unwrap_or_default();
    Ok(UserView::full(row, owned))
}

/// Get a person
#[utoipa::path(get, path = "/people/{id}", tag = "people", params(("id" = String, Path)), responses((status = 200, body = UserView), (status = 404, body = ErrorBody)))]
pub async fn get(allowed: Allowed<View>, Path(id): Path<String>) -> Result<Json<UserView>, ApiError> {
    let store = allowed.engine().store();
    let row = store.person(&id).await?;
    Ok(Json(match allowed.caller.role {
        UserRole::Administrator => full_view(store, row).await?,
        _ => UserView::of_others(row),
    }))
}

/// Invite a person
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
    engine.adopt_restored().await?;
    let OneTimeLink { link, expires_ms } = link(&app, &id, INVITATION_LIFE_MS).await?;
    Ok((StatusCode::CREATED, Json(Invited { user: UserView::full(row, Owned::default()), link, expires_ms })))
}

/// Change a person's role or teams, disable or enable the account
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
    Ok(Json(full_view(store, row).await?))
}

/// Create a one-time link for a person who has forgotten the password
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

/// Remove a person; their objects get another owner
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
    let removed = engine.remove_person(&leaving.person(), heir, &allowed.caller.user).await;
    // They are signed out before anything is handed over, whether or not that succeeds.
    if engine.store().person(&id).await.is_ok_and(|person| person.disabled) || removed.is_ok() {
        app.sessions().end_all_of(&leaving).await;
        app.access.rights_changed();
    }
    removed?;
    Ok(StatusCode::NO_CONTENT)
}

/// List teams by name, paginated
#[utoipa::path(get, path = "/teams", tag = "people", params(TeamsQuery),
    responses((status = 200, body = Page<TeamView>), (status = 400, body = ErrorBody)))]
pub async fn teams(allowed: Allowed<View>, Query(query): Query<TeamsQuery>) -> Result<Json<Page<TeamView>>, ApiError> {
    let (text, page) = query.ask();
    let rows = allowed.engine().store().list_teams(text.as_deref(), &page).await?;
    Ok(Json(Page { items: rows.items.into_iter().map(TeamView::from).collect(), next: rows.next }))
}

async fn team(engine: &Engine, id: &str) -> Result<Json<TeamView>, ApiError> {
    Ok(Json(engine.store().team(id).await?.into()))
}

async fn team_name(engine: &Engine, id: &str) -> Result<String, ApiError> {
    Ok(engine.store().team(id).await?.name)
}

/// Create a team
#[utoipa::path(post, path = "/teams", tag = "people", request_body = NewTeam, responses((status = 201, body = TeamView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create_team(
    allowed: Allowed<ManagePeople>,
    Body(new): Body<NewTeam>,
) -> Result<(StatusCode, Json<TeamView>), ApiError> {
    let (id, name) = (new_id('t'), required_name(&new.name)?);
    audit::about("team", &id, &name);
    allowed.engine().store().add_team(&id, &name).await?;
    allowed.engine().adopt_restored().await?;
    Ok((StatusCode::CREATED, team(allowed.engine(), &id).await?))
}

/// Rename a team, or change its members
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
    let change = jac_store::TeamChange { name, add: change.add, remove: change.remove };
    allowed.engine().store().change_team(&id, change).await?;
    app.access.rights_changed();
    team(allowed.engine(), &id).await
}

/// Delete a team; objects that were shared with it can then only be changed by their owners
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
