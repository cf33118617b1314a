//! Plans: upload, view, check, change files, delete.

use crate::App;
use crate::access::allowed::{Allowed, ChangePlan, CreatePlan, On, View};
use crate::body::{Body, Path, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::TeamRequest;
use crate::routes::lists::PlansQuery;
use crate::upload::{self, Form};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jac_engine::list::{Page, PlanSummary};
use jac_engine::plans::{Kept, MovedFile, PlanChanges, RunSpec};
use jac_engine::runs::{RunCheck, RunCheckRequest};
use jac_engine::view::PlanView;
use jac_engine::{Engine, EngineError};
use jac_jmx::{Check, Outline};
use jac_model::{Plan, PlanCriteria};
use serde::Deserialize;
use tokio_util::io::ReaderStream;

/// Files as a form; `file` may occur several times, its file name is the path relative to the plan.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the form")]
pub struct Upload {
    name: Option<String>,
    /// The `.jmx` to run, if there are several.
    main_file: Option<String>,
    /// Upload as `jac run` does: the plan becomes the next revision of the caller's plan with that name that was
    /// uploaded in this way too, and is deleted some time after its last run was deleted.
    ephemeral: Option<bool>,
    /// It becomes the next revision of the caller's plan of that name, if there is one.
    revise: Option<bool>,
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// Files for a plan as a form; `file` may occur several times, its file name is the path relative to the plan.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the form")]
pub struct PlanFilesUpload {
    /// These files replace all files of the plan.
    replace: Option<bool>,
    /// Which `.jmx` is run, if there are several.
    main_file: Option<String>,
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// List plans, paginated
#[utoipa::path(get, path = "/plans", tag = "plans", params(PlansQuery), responses((status = 200, body = Page<PlanSummary>), (status = 400, body = ErrorBody)))]
pub async fn list(
    allowed: Allowed<View>,
    Query(query): Query<PlansQuery>,
) -> Result<Json<Page<PlanSummary>>, ApiError> {
    let (filter, page) = query.ask(&allowed.caller);
    Ok(Json(allowed.engine().list_plans(&filter, &page).await?))
}

/// Upload a plan, or the next revision of one: a `.jmx`, several files, or one zip
#[utoipa::path(post, path = "/plans", tag = "plans", request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, body = PlanView), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    allowed: Allowed<CreatePlan>,
    request: Request,
) -> Result<(StatusCode, Json<PlanView>), ApiError> {
    let form = Form::of_plan(allowed.engine());
    let (staging, mut fields) = upload::receive(&app, allowed.engine(), &allowed.caller.user.id, form, request).await?;
    let owner = allowed.caller.user.clone();
    let kept = if fields.is_set("ephemeral") { Kept::WithItsRuns } else { Kept::UntilRemoved };
    let revises = fields.is_set("revise") || kept == Kept::WithItsRuns;
    let (name, main_file) = (fields.take("name"), fields.take("main_file"));
    let make = move |engine: &Engine| {
        let make = if revises { Engine::revise_plan } else { Engine::create_plan };
        make(engine, owner, name, main_file.as_deref(), kept, staging)
    };
    let plan = allowed.engine().run_blocking(make).await?;
    Ok((StatusCode::CREATED, Json(allowed.engine().view_plan(plan).await?)))
}

/// One plan
#[utoipa::path(get, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 200, body = PlanView), (status = 404, body = ErrorBody)))]
pub async fn show(plan: On<View, Plan>) -> Result<Json<PlanView>, ApiError> {
    Ok(Json(plan.engine().view_plan(plan.thing.clone()).await?))
}

/// Rename a plan, or change its main `.jmx`
#[utoipa::path(patch, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), request_body = PlanChanges,
    responses((status = 200, body = PlanView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn edit(plan: On<ChangePlan, Plan>, Body(changes): Body<PlanChanges>) -> Result<Json<PlanView>, ApiError> {
    let (id, by) = (plan.thing.id.clone(), plan.caller.user.clone());
    let changed = plan.engine().run_blocking(move |engine| engine.edit_plan(&id, by, changes)).await?;
    Ok(Json(plan.engine().view_plan(changed).await?))
}

/// Name of a plan's copy.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlanCopy {
    /// `null` or absent: the plan's name with "(copy)".
    name: Option<String>,
}

/// Duplicate a plan with its files, criteria and patterns of files to keep; the caller owns the copy
#[utoipa::path(post, path = "/plans/{id}/duplicate", tag = "plans", params(("id" = String, Path)), request_body = PlanCopy,
    responses((status = 201, body = PlanView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn duplicate(
    allowed: Allowed<CreatePlan>,
    plan: On<View, Plan>,
    Body(copy): Body<PlanCopy>,
) -> Result<(StatusCode, Json<PlanView>), ApiError> {
    let (id, owner) = (plan.thing.id.clone(), allowed.caller.user.clone());
    let made = plan.engine().run_blocking(move |engine| engine.duplicate_plan(&id, owner, copy.name)).await?;
    Ok((StatusCode::CREATED, Json(plan.engine().view_plan(made).await?)))
}

/// Get the tree of the plan's elements with their key settings
#[utoipa::path(get, path = "/plans/{id}/outline", tag = "plans", params(("id" = String, Path)), responses((status = 200, body = Outline), (status = 404, body = ErrorBody)))]
pub async fn outline(plan: On<View, Plan>) -> Result<Json<Outline>, ApiError> {
    let of = plan.thing.clone();
    Ok(Json(plan.engine().check_in_turn(move |engine, is_cancelled| engine.plan_outline(&of, is_cancelled)).await?))
}

/// Move a file within the plan, e.g. to where the plan expects it
#[utoipa::path(post, path = "/plans/{id}/move", tag = "plans", params(("id" = String, Path)), request_body = MovedFile,
    responses((status = 200, body = PlanView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn move_file(plan: On<ChangePlan, Plan>, Body(moved): Body<MovedFile>) -> Result<Json<PlanView>, ApiError> {
    let (id, by) = (plan.thing.id.clone(), plan.caller.user.clone());
    let changed = plan.engine().run_blocking(move |engine| engine.move_plan_file(&id, by, &moved)).await?;
    Ok(Json(plan.engine().view_plan(changed).await?))
}

/// Delete a plan; its runs are kept
#[utoipa::path(delete, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 204), (status = 409, body = ErrorBody)))]
pub async fn delete(plan: On<ChangePlan, Plan>) -> Result<StatusCode, ApiError> {
    let id = plan.thing.id.clone();
    plan.engine().run_blocking(move |engine| engine.delete_plan(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add files to a plan, or replace those with the same names, or all
#[utoipa::path(post, path = "/plans/{id}/files", tag = "plans", params(("id" = String, Path)), request_body(content = PlanFilesUpload, content_type = "multipart/form-data"),
    responses((status = 200, body = PlanView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn add_files(
    State(app): State<App>,
    plan: On<ChangePlan, Plan>,
    request: Request,
) -> Result<Json<PlanView>, ApiError> {
    let (staging, mut fields) =
        upload::receive(&app, plan.engine(), &plan.caller.user.id, Form::of_plan(plan.engine()), request).await?;
    let (id, by) = (plan.thing.id.clone(), plan.caller.user.clone());
    let (replaces, main_file) = (fields.is_set("replace"), fields.take("main_file"));
    let change = move |engine: &Engine| match replaces {
        true => engine.replace_plan_files(&id, by, main_file.as_deref(), staging),
        false => engine.add_plan_files(&id, by, staging),
    };
    let changed = plan.engine().run_blocking(change).await?;
    Ok(Json(plan.engine().view_plan(changed).await?))
}

/// Download a file of a plan
#[utoipa::path(get, path = "/plans/{id}/files/{path}", tag = "plans", params(("id" = String, Path), ("path" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = ErrorBody)))]
pub async fn file(
    plan: On<View, Plan>,
    Path((_, path)): Path<(String, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let place = plan.engine().plan_file(&plan.thing, &path)?;
    let file =
        tokio::fs::File::open(&place).await.map_err(|error| EngineError::file(format!("reading {path}"), error))?;
    Ok((
        [(header::CONTENT_TYPE, "application/octet-stream"), (header::CONTENT_DISPOSITION, "attachment")],
        axum::body::Body::from_stream(ReaderStream::new(file)),
    ))
}

/// Remove a file of a plan
#[utoipa::path(delete, path = "/plans/{id}/files/{path}", tag = "plans", params(("id" = String, Path), ("path" = String, Path)),
    responses((status = 200, body = PlanView), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn remove_file(
    plan: On<ChangePlan, Plan>,
    Path((_, path)): Path<(String, String)>,
) -> Result<Json<PlanView>, ApiError> {
    let (id, by) = (plan.thing.id.clone(), plan.caller.user.clone());
    let changed = plan.engine().run_blocking(move |engine| engine.remove_plan_file(&id, by, &path)).await?;
    Ok(Json(plan.engine().view_plan(changed).await?))
}

/// The cluster that the plan is checked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// Workers of the cluster; 0: only the master.
    #[serde(default)]
    workers: u32,
}

/// Check a plan: what it needs, what it does, and its errors
#[utoipa::path(get, path = "/plans/{id}/check", tag = "plans", params(("id" = String, Path), CheckQuery), responses((status = 200, body = Check), (status = 404, body = ErrorBody)))]
pub async fn check(plan: On<View, Plan>, Query(query): Query<CheckQuery>) -> Result<Json<Check>, ApiError> {
    let spec = RunSpec { workers: query.workers, ..RunSpec::default() };
    let engine = plan.engine().clone();
    Ok(Json(engine.check_in_turn(move |engine, gone| engine.check_plan(plan.thing.clone(), &spec, gone)).await?))
}

/// Check what a run of the plan with these settings would do, and their errors; creates nothing
#[utoipa::path(post, path = "/plans/{id}/check", tag = "plans", params(("id" = String, Path)), request_body = RunCheckRequest,
    responses((status = 200, body = RunCheck), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn check_run(plan: On<View, Plan>, Body(request): Body<RunCheckRequest>) -> Result<Json<RunCheck>, ApiError> {
    let engine = plan.engine().clone();
    Ok(Json(engine.check_in_turn(move |engine, gone| engine.check_run(plan.thing.clone(), request, gone)).await?))
}

/// Set the team that may change it in addition to its owner
#[utoipa::path(patch, path = "/plans/{id}/team", tag = "plans", params(("id" = String, Path)), request_body = TeamRequest, responses((status = 200, body = PlanView), (status = 404, body = ErrorBody)))]
pub async fn set_team(
    plan: On<ChangePlan, Plan>,
    Body(request): Body<TeamRequest>,
) -> Result<Json<PlanView>, ApiError> {
    let team = plan.engine().team(request.team.as_deref()).await?;
    plan.engine().set_plan_team(&plan.thing.id, team.clone()).await?;
    Ok(Json(plan.engine().view_plan(Plan { team, ..plan.thing.clone() }).await?))
}

/// Get the plan's criteria and automatic stop
#[utoipa::path(get, path = "/plans/{id}/criteria", tag = "plans", params(("id" = String, Path)), responses((status = 200, body = PlanCriteria), (status = 404, body = ErrorBody)))]
pub async fn criteria(plan: On<View, Plan>) -> Json<PlanCriteria> {
    Json(plan.thing.criteria)
}

/// Replace the plan's criteria and automatic stop; `version` is the version that was edited
#[utoipa::path(put, path = "/plans/{id}/criteria", tag = "plans", params(("id" = String, Path)), request_body = PlanCriteria,
    responses((status = 200, body = PlanCriteria), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn set_criteria(
    plan: On<ChangePlan, Plan>,
    Body(request): Body<PlanCriteria>,
) -> Result<Json<PlanCriteria>, ApiError> {
    let id = plan.thing.id.clone();
    Ok(Json(plan.engine().run_blocking(move |engine| engine.set_plan_criteria(&id, request)).await?))
}

/// The files written by the plan that are kept.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct PlanKeep {
    /// Patterns of paths below the folder of the plan's `.jmx`, such as `*.csv` or `screens/**/*.png`.
    keep: Vec<String>,
}

/// Set which files that the plan writes are kept for each run
#[utoipa::path(patch, path = "/plans/{id}/keep", tag = "plans", params(("id" = String, Path)), request_body = PlanKeep,
    responses((status = 200, body = PlanView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn set_keep(plan: On<ChangePlan, Plan>, Body(request): Body<PlanKeep>) -> Result<Json<PlanView>, ApiError> {
    let id = plan.thing.id.clone();
    plan.engine().run_blocking(move |engine| engine.set_plan_keep(&id, request.keep)).await?;
    let changed = plan.engine().store().plan(&plan.thing.id).await?;
    Ok(Json(plan.engine().view_plan(changed).await?))
}
