//! Clusters: list, create, view, extend, terminate.

use crate::App;
use crate::access::allowed::{Allowed, ChangeCluster, CreateCluster, On, View};
use crate::access::rights;
use crate::body::{Body, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::TeamRequest;
use crate::routes::lists::ClustersQuery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::list::{ClusterSummary, Page};
use jac_engine::view::{ClusterView, ForecastView};
use jac_engine::{Lifespan, NewCluster};
use jac_model::{Cluster, ClusterConfig, Ec2Config, Message, Provider};
use serde::{Deserialize, Serialize};

/// List clusters, paginated
#[utoipa::path(get, path = "/clusters", tag = "clusters", params(ClustersQuery), responses((status = 200, body = Page<ClusterSummary>), (status = 400, body = ErrorBody)))]
pub async fn list(
    allowed: Allowed<View>,
    Query(query): Query<ClustersQuery>,
) -> Result<Json<Page<ClusterSummary>>, ApiError> {
    let (filter, page) = query.ask(&allowed.caller);
    Ok(Json(allowed.engine().list_clusters(&filter, &page).await?))
}

/// The provider whose defaults are requested.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DefaultsQuery {
    /// Include this provider's part, if it needs no input of the user.
    #[serde(default)]
    provider: Option<Provider>,
}

/// Get the default configuration of a new cluster
#[utoipa::path(get, path = "/clusters/defaults", tag = "clusters", params(DefaultsQuery), responses((status = 200, body = ClusterConfig)))]
pub async fn defaults(_: Allowed<View>, Query(query): Query<DefaultsQuery>) -> Json<ClusterConfig> {
    let ec2 = (query.provider == Some(Provider::Ec2)).then(Ec2Config::default);
    Json(ClusterConfig { ec2, ..ClusterConfig::default() })
}

/// Validate a cluster's configuration and estimate its cost; creates nothing
#[utoipa::path(post, path = "/clusters/forecast", tag = "clusters", request_body = NewCluster,
    responses((status = 200, body = ForecastView), (status = 400, body = ErrorBody)))]
pub async fn forecast(
    allowed: Allowed<CreateCluster>,
    State(app): State<App>,
    Body(mut new): Body<NewCluster>,
) -> Result<Json<ForecastView>, ApiError> {
    rights::check(&app, &allowed.caller, &mut new.config).await?;
    Ok(Json(allowed.engine().forecast(&allowed.caller.user, new).await?))
}

/// The purpose of the new cluster.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct CreateQuery {
    /// Terminate it when this server's process ends, as the clusters of `jac run` without a server are.
    #[serde(default)]
    ephemeral: bool,
}

/// Create a cluster; it is launched in the background
#[utoipa::path(post, path = "/clusters", tag = "clusters", params(CreateQuery), request_body = NewCluster,
    responses((status = 202, body = ClusterView), (status = 400, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<CreateCluster>,
    State(app): State<App>,
    Query(query): Query<CreateQuery>,
    Body(mut new): Body<NewCluster>,
) -> Result<(StatusCode, Json<ClusterView>), ApiError> {
    rights::check(&app, &allowed.caller, &mut new.config).await?;
    let lifespan = if query.ephemeral { Lifespan::Ephemeral } else { Lifespan::Persistent };
    let cluster = allowed.engine().create_cluster(allowed.caller.user.clone(), new, lifespan).await?;
    Ok((StatusCode::ACCEPTED, Json(allowed.engine().view_cluster(cluster))))
}

/// One cluster
#[utoipa::path(get, path = "/clusters/{id}", tag = "clusters", params(("id" = String, Path)), responses((status = 200, body = ClusterView), (status = 404, body = ErrorBody)))]
pub async fn show(cluster: On<View, Cluster>) -> Json<ClusterView> {
    Json(cluster.engine().view_cluster(cluster.thing.clone()))
}

/// Terminate a cluster; a run on it is stopped first, plans and results are kept
#[utoipa::path(post, path = "/clusters/{id}/terminate", tag = "clusters", params(("id" = String, Path)), responses((status = 202, body = ClusterView), (status = 404, body = ErrorBody)))]
pub async fn terminate(cluster: On<ChangeCluster, Cluster>) -> Result<(StatusCode, Json<ClusterView>), ApiError> {
    let by = &cluster.caller.user.name;
    let cause = Message::new("terminated_by", format!("Terminated by {by}.")).with("by", by.as_str());
    let ended = cluster.engine().request_termination(&cluster.thing.id, cause, by).await?;
    Ok((StatusCode::ACCEPTED, Json(cluster.engine().view_cluster(ended))))
}

/// Extension of a cluster's lifetime.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct Extension {
    pub minutes: u32,
}

/// Extend a cluster's lifetime
#[utoipa::path(post, path = "/clusters/{id}/extend", tag = "clusters", params(("id" = String, Path)), request_body = Extension,
    responses((status = 200, body = ClusterView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn extend(
    cluster: On<ChangeCluster, Cluster>,
    Body(extension): Body<Extension>,
) -> Result<Json<ClusterView>, ApiError> {
    let extended = cluster.engine().extend_cluster(&cluster.thing.id, extension.minutes).await?;
    Ok(Json(cluster.engine().view_cluster(extended)))
}

/// An event of a cluster.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ClusterEventView {
    /// Rises from one event to the next: a repeated query uses it to find new events, even if the oldest have been
    /// removed by then.
    pub id: i64,
    pub at_ms: i64,
    pub node: Option<String>,
    /// Stays the same when the wording changes; empty for events of older versions. `requested`, `instance_launched`,
    /// `capacity_missing`, `launch_throttled`, `instance_running`, `ssh_ready`, `clock_offset`, `boot_progress`,
    /// `checking_host`, `launched_without`, `nodes_created`, `java_brought`, `taking`, `sending` and `fetching_jmeter`
    /// (progress: `done` of `total`, in `unit`), `jmeter_step`, `tools_found`, `key_created`, `ready`, `failed`,
    /// `retrying`, `warning`, `extended`, `adopted`, `node_lost`, `provider_unreachable`, `provider_reachable`,
    /// `instances_unknown`, `instances_known`, `expired_at_start`, `image_requested`, `termination_requested`,
    /// `archive_pending`, `terminated`.
    pub code: String,
    /// Parameters; which ones depends on the code.
    #[schema(value_type = std::collections::BTreeMap<String, serde_json::Value>)]
    pub params: std::collections::BTreeMap<String, serde_json::Value>,
    /// For people.
    pub message: String,
}

/// List the last thousand events of a cluster, oldest first
#[utoipa::path(get, path = "/clusters/{id}/events", tag = "clusters", params(("id" = String, Path)), responses((status = 200, body = Vec<ClusterEventView>)))]
pub async fn events(cluster: On<View, Cluster>) -> Result<Json<Vec<ClusterEventView>>, ApiError> {
    let rows = cluster.engine().store().cluster_events(&cluster.thing.id).await?;
    Ok(Json(
        rows.into_iter()
            .map(|row| {
                let Message { code, params, message } = row.message;
                ClusterEventView { id: row.id, at_ms: row.at_ms, node: row.node, code, params, message }
            })
            .collect(),
    ))
}

/// Set the team that may change it in addition to its owner
#[utoipa::path(patch, path = "/clusters/{id}/team", tag = "clusters", params(("id" = String, Path)), request_body = TeamRequest, responses((status = 200, body = ClusterView), (status = 404, body = ErrorBody)))]
pub async fn set_team(
    cluster: On<ChangeCluster, Cluster>,
    Body(request): Body<TeamRequest>,
) -> Result<Json<ClusterView>, ApiError> {
    let team = cluster.engine().team(request.team.as_deref()).await?;
    cluster.engine().set_cluster_team(&cluster.thing.id, team.clone()).await?;
    Ok(Json(cluster.engine().view_cluster(Cluster { team, ..cluster.thing.clone() })))
}
