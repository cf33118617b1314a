//! Annotations: texts at moments of a run.

use crate::access::allowed::{ChangeRun, On};
use crate::access::audit;
use crate::body::{Body, Path};
use crate::error::{ApiError, ErrorBody};
use crate::routes::runs::view;
use axum::Json;
use axum::http::StatusCode;
use jac_engine::view::RunView;
use jac_model::{Annotation, Run};
use serde::Deserialize;

/// An annotation: a text at a moment of a run.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewAnnotation {
    /// The time, epoch milliseconds; absent: now, or unchanged.
    at_ms: Option<i64>,
    /// 1 to 200 characters.
    text: String,
}

/// Annotate a moment of an active or finished run; its charts show a line there
#[utoipa::path(post, path = "/runs/{id}/annotations", tag = "runs", params(("id" = String, Path)), request_body = NewAnnotation,
    responses((status = 201, body = Annotation), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn annotate(
    run: On<ChangeRun, Run>,
    Body(new): Body<NewAnnotation>,
) -> Result<(StatusCode, Json<Annotation>), ApiError> {
    audit::detail("text", &*new.text);
    let added = run.engine().annotate_run(&run.thing.id, new.at_ms, &new.text, &run.caller.user).await?;
    Ok((StatusCode::CREATED, Json(added)))
}

/// Change an annotation's time and text
#[utoipa::path(put, path = "/runs/{id}/annotations/{annotation}", tag = "runs", params(("id" = String, Path), ("annotation" = String, Path)),
    request_body = NewAnnotation,
    responses((status = 200, body = RunView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn change_annotation(
    run: On<ChangeRun, Run>,
    Path((_, annotation)): Path<(String, String)>,
    Body(new): Body<NewAnnotation>,
) -> Result<Json<RunView>, ApiError> {
    audit::detail("text", &*new.text);
    run.engine().change_annotation(&run.thing.id, &annotation, new.at_ms, &new.text, &run.caller.user).await?;
    Ok(Json(view(run.engine(), &run.thing.id).await?))
}

/// Remove an annotation
#[utoipa::path(delete, path = "/runs/{id}/annotations/{annotation}", tag = "runs", params(("id" = String, Path), ("annotation" = String, Path)),
    responses((status = 204), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn remove_annotation(
    run: On<ChangeRun, Run>,
    Path((_, annotation)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    run.engine().remove_annotation(&run.thing.id, &annotation).await?;
    Ok(StatusCode::NO_CONTENT)
}
