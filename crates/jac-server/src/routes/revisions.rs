//! Revisions of plans: list, download, compare, restore.

use crate::App;
use crate::access::allowed::{ChangePlan, On, View};
use crate::body::{Path, Query};
use crate::edge::ZIPS_OF_A_PERSON;
use crate::error::{ApiError, ErrorBody};
use crate::files::{file_body, held_body, too_many_downloads};
use axum::Json;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use jac_engine::Engine;
use jac_engine::plans::difference::RevisionDifference;
use jac_engine::plans::revisions::RevisionPage;
use jac_engine::view::PlanView;
use jac_model::Plan;
use serde::Deserialize;

/// Default number of revisions per page.
const USUAL: usize = 20;

/// Which revisions.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RevisionsQuery {
    /// Only revisions older than this.
    before: Option<u32>,
    /// Maximum number; absent: 20, at most 200.
    limit: Option<usize>,
}

/// List the revisions of a plan's files, newest first
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

/// Download the files of a revision as a zip
#[utoipa::path(get, path = "/plans/{id}/revisions/{revision}/zip", tag = "plans", params(("id" = String, Path), ("revision" = u32, Path)),
    responses((status = 200, content_type = "application/zip"), (status = 404, body = ErrorBody), (status = 429, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub async fn download_revision(
    State(app): State<App>,
    plan: On<View, Plan>,
    Path((_, revision)): Path<(String, u32)>,
) -> Result<impl IntoResponse, ApiError> {
    let (place, ()) =
        app.edge.zips().enter(&plan.caller.user.id).ok_or_else(|| too_many_downloads("zips", ZIPS_OF_A_PERSON))?;
    let id = plan.thing.id.clone();
    // As a file, so that a slow reader does not block a thread.
    let zip = plan.engine().run_blocking(move |engine| engine.plan_at(&id, revision)?.zip_file(engine)).await?;
    let bytes = zip.bytes();
    // Names of plans may contain characters that file names may not.
    let name = format!("{}-{revision}.zip", plan.thing.id);
    Ok((
        [
            (header::CONTENT_TYPE, "application/zip".to_owned()),
            (header::CONTENT_LENGTH, bytes.to_string()),
            (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
        ],
        held_body(file_body(zip), place),
    ))
}

/// Restore the files of an earlier revision as a new revision
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

/// Compare two revisions: files, and lines of text files
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
