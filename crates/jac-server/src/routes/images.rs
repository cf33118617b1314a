//! Images of machines that have Java and JMeter already.

use crate::access::allowed::{Allowed, ChangeCluster, ManageImages, On, View};
use crate::body::{Body, Path};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::http::StatusCode;
use jac_model::{Cluster, NodeImage};
use serde::Deserialize;

/// List all images that JAC created, newest first
#[utoipa::path(get, path = "/images", tag = "images", responses((status = 200, body = Vec<NodeImage>)))]
pub async fn list(allowed: Allowed<View>) -> Result<Json<Vec<NodeImage>>, ApiError> {
    Ok(Json(allowed.engine().images().await?))
}

/// Name of an image.
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
pub struct NewImage {
    /// Empty or absent: named after JMeter and the time.
    #[serde(default)]
    name: Option<String>,
}

/// Create an image of a cluster's master, which is restarted for it; the image is available some minutes later
#[utoipa::path(post, path = "/clusters/{id}/image", tag = "images", params(("id" = String, Path)), request_body = NewImage,
    responses((status = 202, body = NodeImage), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn create(
    cluster: On<ChangeCluster, Cluster>,
    Body(new): Body<NewImage>,
) -> Result<(StatusCode, Json<NodeImage>), ApiError> {
    let image = cluster.engine().bake_image(&cluster.thing.id, new.name.as_deref()).await?;
    Ok((StatusCode::ACCEPTED, Json(image)))
}

/// Remove an image that this installation created
#[utoipa::path(delete, path = "/images/{region}/{id}", tag = "images", params(("region" = String, Path), ("id" = String, Path)),
    responses((status = 204), (status = 409, body = ErrorBody)))]
pub async fn delete(
    allowed: Allowed<ManageImages>,
    Path((region, id)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    allowed.engine().remove_image(&region, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}
