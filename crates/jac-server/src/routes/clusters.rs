//! Clusters: list, create, look, extend, terminate.

use crate::App;
use crate::access::{Caller, Owned, Shown};
use crate::body::{Body, Query};
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::view::{ClusterView, ForecastView};
use jac_engine::{Attendance, NewCluster};
use jac_model::{Cluster, ClusterConfig, Ec2Config, Provider};
use serde::{Deserialize, Serialize};

/// Which clusters to list.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    /// Those that have ended too.
    #[serde(default)]
    ended: bool,
}

/// All clusters, the newest first
#[utoipa::path(get, path = "/clusters", tag = "clusters", params(ListQuery), responses((status = 200, body = Vec<ClusterView>)))]
pub async fn list(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(query): Query<ListQuery>,
) -> Result<Json<Vec<ClusterView>>, ApiError> {
    let clusters = app.engine.store().clusters().await?;
    let shown = clusters.into_iter().filter(|cluster| query.ended || !cluster.phase.is_terminal());
    Ok(Json(shown.map(|cluster| app.engine.view_cluster(cluster, &caller)).collect()))
}

/// Whose defaults are wanted.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DefaultsQuery {
    /// With this provider's part, where it has one that needs nothing of the user.
    #[serde(default)]
    provider: Option<Provider>,
}

/// What a new cluster is, unless something is changed
#[utoipa::path(get, path = "/clusters/defaults", tag = "clusters", params(DefaultsQuery), responses((status = 200, body = ClusterConfig)))]
pub async fn defaults(Caller(_): Caller, Query(query): Query<DefaultsQuery>) -> Json<ClusterConfig> {
    let ec2 = (query.provider == Some(Provider::Ec2)).then(Ec2Config::default);
    Json(ClusterConfig { ec2, ..ClusterConfig::default() })
}

/// What a cluster would be and cost; nothing is made
#[utoipa::path(post, path = "/clusters/forecast", tag = "clusters", request_body = NewCluster,
    responses((status = 200, body = ForecastView), (status = 400, body = ErrorBody)))]
pub async fn forecast(
    State(app): State<App>,
    Caller(_): Caller,
    Body(new): Body<NewCluster>,
) -> Result<Json<ForecastView>, ApiError> {
    Ok(Json(app.engine.forecast(new).await?))
}

/// Who the new cluster is for.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CreateQuery {
    /// It ends with this server's process, as the clusters of `jac run` without a server do.
    #[serde(default)]
    attended: bool,
}

/// Create a cluster; it comes up by itself
#[utoipa::path(post, path = "/clusters", tag = "clusters", params(CreateQuery), request_body = NewCluster,
    responses((status = 202, body = ClusterView), (status = 400, body = ErrorBody)))]
pub async fn create(
    State(app): State<App>,
    Caller(caller): Caller,
    Query(query): Query<CreateQuery>,
    Body(new): Body<NewCluster>,
) -> Result<(StatusCode, Json<ClusterView>), ApiError> {
    let attendance = if query.attended { Attendance::ThisEngine } else { Attendance::Unattended };
    let cluster = app.engine.create_cluster(caller.clone(), new, attendance).await?;
    Ok((StatusCode::ACCEPTED, Json(app.engine.view_cluster(cluster, &caller))))
}

/// One cluster
#[utoipa::path(get, path = "/clusters/{id}", tag = "clusters", params(("id" = String, Path)), responses((status = 200, body = ClusterView), (status = 404, body = ErrorBody)))]
pub async fn show(State(app): State<App>, cluster: Shown<Cluster>) -> Json<ClusterView> {
    Json(app.engine.view_cluster(cluster.thing, &cluster.caller))
}

/// Take a cluster away; a run on it is stopped first, plans and results stay
#[utoipa::path(post, path = "/clusters/{id}/terminate", tag = "clusters", params(("id" = String, Path)), responses((status = 202, body = ClusterView), (status = 404, body = ErrorBody)))]
pub async fn terminate(
    State(app): State<App>,
    cluster: Owned<Cluster>,
) -> Result<(StatusCode, Json<ClusterView>), ApiError> {
    let by = &cluster.caller.name;
    let ended = app.engine.request_termination(&cluster.thing.id, &format!("Terminated by {by}."), by).await?;
    Ok((StatusCode::ACCEPTED, Json(app.engine.view_cluster(ended, &cluster.caller))))
}

/// By how much a cluster's end is moved.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Extension {
    pub minutes: u32,
}

/// Move a cluster's end
#[utoipa::path(post, path = "/clusters/{id}/extend", tag = "clusters", params(("id" = String, Path)), request_body = Extension,
    responses((status = 200, body = ClusterView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn extend(
    State(app): State<App>,
    cluster: Owned<Cluster>,
    Body(extension): Body<Extension>,
) -> Result<Json<ClusterView>, ApiError> {
    let extended = app.engine.extend_cluster(&cluster.thing.id, extension.minutes).await?;
    Ok(Json(app.engine.view_cluster(extended, &cluster.caller)))
}

/// Something that happened to a cluster.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterEventView {
    /// Rises from one to the next: whoever asks again knows by it what is new, also where the oldest are left out by then.
    pub id: i64,
    pub at_ms: i64,
    pub node: Option<String>,
    pub text: String,
}

/// What happened to a cluster, the last thousand events, the oldest first
#[utoipa::path(get, path = "/clusters/{id}/events", tag = "clusters", params(("id" = String, Path)), responses((status = 200, body = Vec<ClusterEventView>)))]
pub async fn events(State(app): State<App>, cluster: Shown<Cluster>) -> Result<Json<Vec<ClusterEventView>>, ApiError> {
    let rows = app.engine.store().cluster_events(&cluster.thing.id).await?;
    Ok(Json(
        rows.into_iter()
            .map(|row| ClusterEventView { id: row.id, at_ms: row.at_ms, node: row.node, text: row.text })
            .collect(),
    ))
}
