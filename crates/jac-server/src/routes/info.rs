//! This server's version, tools and notices.

use crate::access::allowed::{Allowed, View};
use crate::error::ApiError;
use axum::Json;
use jac_engine::Notice;
use jac_engine::tools::RequestedJMeter;
use jac_model::{ClusterConfig, Provider};
use serde::Serialize;

/// Information about this server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Info {
    pub version: &'static str,
    /// The id of its data folder.
    pub installation: String,
    pub java: ToolInfo,
    /// The default for clusters.
    pub jmeter: ToolInfo,
    /// The versions of JMeter that JAC manages, newest first.
    pub jmeter_versions: Vec<&'static str>,
    pub limits: Limits,
    pub providers: Vec<Provider>,
    pub started_ms: i64,
    /// Notices; empty if there are no problems.
    pub notices: Vec<Notice>,
}

/// A program required by runs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ToolInfo {
    pub found: bool,
    /// Its path.
    pub path: Option<String>,
    pub version: Option<String>,
    /// How to fix it, if it is missing.
    pub hint: Option<String>,
}

/// Limits of the server.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Limits {
    pub max_workers: u32,
    pub max_upload_bytes: u64,
    /// Imported result logs together, also when unpacked.
    pub max_import_bytes: u64,
    pub max_files: usize,
}

/// Get information about this server
#[utoipa::path(get, path = "/info", tag = "info", responses((status = 200, body = Info)))]
pub async fn show(allowed: Allowed<View>) -> Result<Json<Info>, ApiError> {
    let engine = &allowed.engine();
    let java = match engine.toolbox().java(&RequestedJMeter::default()).await {
        Ok(java) => ToolInfo {
            found: true,
            path: Some(java.path.display().to_string()),
            version: Some(java.version),
            hint: None,
        },
        Err(error) => ToolInfo { found: false, path: None, version: None, hint: Some(error.to_string()) },
    };
    let jmeter = match engine.toolbox().home(&RequestedJMeter::default()) {
        Ok(Some(home)) => ToolInfo {
            found: true,
            path: Some(home.path().display().to_string()),
            version: Some(home.version().to_owned()),
            hint: None,
        },
        Ok(None) => ToolInfo {
            found: false,
            path: None,
            version: None,
            hint: Some("JMeter will be downloaded when you create the first cluster.".to_owned()),
        },
        Err(error) => ToolInfo { found: false, path: None, version: None, hint: Some(error.to_string()) },
    };
    Ok(Json(Info {
        version: env!("CARGO_PKG_VERSION"),
        installation: engine.installation().to_owned(),
        java,
        jmeter,
        jmeter_versions: engine.jmeter_versions(),
        limits: Limits {
            max_workers: ClusterConfig::MAX_WORKERS,
            max_upload_bytes: engine.settings().max_upload_bytes,
            max_import_bytes: engine.settings().max_import_bytes,
            max_files: engine.settings().max_files,
        },
        providers: engine.providers(),
        started_ms: engine.started_ms(),
        notices: engine.notices(),
    }))
}
