//! Revisions of plans: list, download, compare, restore.

use crate::access::allowed::{ChangePlan, On, View};
use crate::body::Query;
use crate::error::{ApiError, ErrorBody};
use crate::files::written_body;
use axum::Json;
use axum::extract::Path;
use axum::http::header;
use axum::response::IntoResponse;
use jac_engine::Engine;
use jac_engine::plans::difference::RevisionDifference;
use jac_engine::plans::revisions::RevisionPage;
use jac_engine::view::PlanView;
use jac_model::Plan;
use serde::Deserialize;

/// Revisions of a page that says nothing of its length.
const USUAL: usize = 20;

/// Which revisions.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RevisionsQuery {
    /// Only older ones than this.
    before: Option<u32>,
    /// At most so many; absent: 20, at most 200.
    limit: Option<usize>,
}

/// The revisions of a plan's files, the newest first
#[utoipa::path(get, path = "/plans/{id}/revisions", tag = "plans", params(("id" = String, Path), RevisionsQuery),
    responses((status = 200, body = RevisionPage), (status = 404, body = ErrorBody)))]
pub async fn list_revisions(
    plan: On<View, Plan>,
    Query(query): Query<RevisionsQuery>,
) -> Result<Json<RevisionPage>, ApiError> {
    let of = plan.thing.clone();
    let limit = query.limit.unwrap_or(USUAL);
    Ok(Json(plan.engine().run_blocking(move |engine| engine.plan_revisions(&of, query.before, limit)).await?))
}

/// The files of a revision as a zip
#[utoipa::path(get, path = "/plans/{id}/revisions/{revision}/zip", tag = "plans", params(("id" = String, Path), ("revision" = u32, Path)),
    responses((status = 200, content_type = "application/zip"), (status = 404, body = ErrorBody)))]
pub async fn download_revision(
    plan: On<View, Plan>,
    Path((_, revision)): Path<(String, u32)>,
) -> Result<impl IntoResponse, ApiError> {
    let id = plan.thing.id.clone();
    let at = plan.engine().run_blocking(move |engine| engine.plan_at(&id, revision)).await?;
    // Names of plans hold what names of files may not.
    let name = format!("{}-{revision}.zip", plan.thing.id);
    Ok((
        [
            (header::CONTENT_TYPE, "application/zip".to_owned()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        ],
        written_body(move |out| at.write_zip(out)),
    ))
}

/// Give the plan the files of an earlier revision again, as a new revision
#[utoipa::path(post, path = "/plans/{id}/revisions/{revision}/restore", tag = "plans", params(("id" = String, Path), ("revision" = u32, Path)),
    responses((status = 200, body = PlanView), (status = 404, body = ErrorBody)))]
pub async fn restore_revision(
    plan: On<ChangePlan, Plan>,
    Path((_, revision)): Path<(String, u32)>,
) -> Result<Json<PlanView>, ApiError> {
    let (id, by) = (plan.thing.id.clone(), plan.caller.user.clone());
    let restore = move |engine: &Engine| engine.restore_plan_revision(&id, by, revision);
    let changed = plan.engine().run_blocking(restore).await?;
    Ok(Json(plan.engine().view_plan(changed).await?))
}

/// What differs between two revisions: files, and lines of those that are text
#[utoipa::path(get, path = "/plans/{id}/revisions/{from}/compare/{to}", tag = "plans",
    params(("id" = String, Path), ("from" = u32, Path), ("to" = u32, Path)),
    responses((status = 200, body = RevisionDifference), (status = 404, body = ErrorBody)))]
pub async fn compare_revisions(
    plan: On<View, Plan>,
    Path((_, from, to)): Path<(String, u32, u32)>,
) -> Result<Json<RevisionDifference>, ApiError> {
    let of = plan.thing.clone();
    Ok(Json(plan.engine().run_blocking(move |engine| engine.compare_revisions(&of, from, to)).await?))
}
