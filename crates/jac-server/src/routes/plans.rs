//! Plans: upload, look, check, change files, delete.

use crate::App;
use crate::access::{Caller, Owned, Shown};
use crate::body::Query;
use crate::error::{ApiError, ErrorBody};
use crate::upload;
use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use jac_engine::plans::RunWish;
use jac_engine::view::PlanView;
use jac_engine::{Engine, EngineError};
use jac_jmx::Check;
use jac_model::Plan;
use serde::Deserialize;
use tokio_util::io::ReaderStream;

/// Files as a form; `file` may come several times, its file name is the path relative to the plan.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the form")]
pub struct Upload {
    name: Option<String>,
    /// Which `.jmx` is run, where there are several.
    main_file: Option<String>,
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// All plans, the newest first
#[utoipa::path(get, path = "/plans", tag = "plans", responses((status = 200, body = Vec<PlanView>)))]
pub async fn list(State(app): State<App>, Caller(caller): Caller) -> Result<Json<Vec<PlanView>>, ApiError> {
    let plans = app.engine.store().plans().await?;
    let mut views = Vec::new();
    for plan in plans {
        views.push(app.engine.view_plan(plan, &caller).await?);
    }
    Ok(Json(views))
}

/// Upload a plan: a `.jmx`, several files, or one zip
#[utoipa::path(post, path = "/plans", tag = "plans", request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 201, body = PlanView), (status = 400, body = ErrorBody), (status = 413, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Caller(caller): Caller,
    request: Request,
) -> Result<(StatusCode, Json<PlanView>), ApiError> {
    let (staging, fields) = upload::receive(&app.engine, request).await?;
    let owner = caller.clone();
    let create = move |engine: &Engine| engine.create_plan(owner, fields.name, fields.main_file.as_deref(), staging);
    let plan = app.engine.run_blocking(create).await?;
    Ok((StatusCode::CREATED, Json(app.engine.view_plan(plan, &caller).await?)))
}

/// One plan
#[utoipa::path(get, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 200, body = PlanView), (status = 404, body = ErrorBody)))]
pub async fn show(State(app): State<App>, plan: Shown<Plan>) -> Result<Json<PlanView>, ApiError> {
    Ok(Json(app.engine.view_plan(plan.thing, &plan.caller).await?))
}

/// Delete a plan; its runs stay
#[utoipa::path(delete, path = "/plans/{id}", tag = "plans", params(("id" = String, Path)), responses((status = 204), (status = 409, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, plan: Owned<Plan>) -> Result<StatusCode, ApiError> {
    let id = plan.thing.id;
    app.engine.run_blocking(move |engine| engine.delete_plan(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Add files to a plan, or replace them
#[utoipa::path(post, path = "/plans/{id}/files", tag = "plans", params(("id" = String, Path)), request_body(content = Upload, content_type = "multipart/form-data"),
    responses((status = 200, body = PlanView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn add_files(
    State(app): State<App>,
    plan: Owned<Plan>,
    request: Request,
) -> Result<Json<PlanView>, ApiError> {
    let (staging, _) = upload::receive(&app.engine, request).await?;
    let id = plan.thing.id;
    let changed = app.engine.run_blocking(move |engine| engine.add_plan_files(&id, staging)).await?;
    Ok(Json(app.engine.view_plan(changed, &plan.caller).await?))
}

/// A file of a plan
#[utoipa::path(get, path = "/plans/{id}/files/{path}", tag = "plans", params(("id" = String, Path), ("path" = String, Path)),
    responses((status = 200, content_type = "application/octet-stream"), (status = 404, body = ErrorBody)))]
pub async fn file(
    State(app): State<App>,
    plan: Shown<Plan>,
    Path((_, path)): Path<(String, String)>,
) -> Result<impl IntoResponse, ApiError> {
    let place = app.engine.plan_file(&plan.thing, &path)?;
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
    State(app): State<App>,
    plan: Owned<Plan>,
    Path((_, path)): Path<(String, String)>,
) -> Result<Json<PlanView>, ApiError> {
    let id = plan.thing.id;
    let changed = app.engine.run_blocking(move |engine| engine.remove_plan_file(&id, &path)).await?;
    Ok(Json(app.engine.view_plan(changed, &plan.caller).await?))
}

/// What the plan is checked for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CheckQuery {
    /// Workers of the cluster; 0: the master alone.
    #[serde(default)]
    workers: u32,
}

/// What the plan needs and will do, and what is wrong with it
#[utoipa::path(get, path = "/plans/{id}/check", tag = "plans", params(("id" = String, Path), CheckQuery), responses((status = 200, body = Check), (status = 404, body = ErrorBody)))]
pub async fn check(
    State(app): State<App>,
    plan: Shown<Plan>,
    Query(query): Query<CheckQuery>,
) -> Result<Json<Check>, ApiError> {
    let wish = RunWish { workers: query.workers, ..RunWish::default() };
    Ok(Json(app.engine.check_in_turn(move |engine, gone| engine.check_plan(&plan.thing, &wish, gone)).await?))
}
