//! Puts the saved objects into Kibana or OpenSearch Dashboards by their own interface.

use crate::dashboards::saved_objects;
use crate::http::{Http, Payload};
use crate::settings::{Auth, DashboardsSettings};
use bytes::Bytes;
use jac_model::search::{DashboardsKind, TargetError};
use reqwest::Method;
use reqwest::header::{HeaderName, HeaderValue};
use serde_json::Value;

/// Separates the form's parts; nothing in the file looks like it.
const BOUNDARY: &str = "jac-saved-objects-5d41402abc4b2a76";

/// Imports the dashboards over those of an earlier import, and says how many objects there are.
///
/// # Errors
/// When the application does not answer, refuses, or takes only some of the objects.
pub async fn import_dashboards(
    dashboards: &DashboardsSettings,
    auth: Auth,
    ca_pem: Option<&[u8]>,
    index_pattern: &str,
) -> Result<u64, TargetError> {
    // Without this header both take a request for one that another site's page has made.
    let header = match dashboards.kind {
        DashboardsKind::Kibana => "kbn-xsrf",
        DashboardsKind::OpensearchDashboards => "osd-xsrf",
    };
    let http = Http::at(dashboards.url.clone(), auth, ca_pem)
        .map_err(|error| TargetError::new("search_settings_invalid", error.message))?
        .with_header(HeaderName::from_static(header), "true");
    let objects = saved_objects(dashboards.kind, index_pattern);
    let form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"jac.ndjson\"\r\nContent-Type: application/ndjson\r\n\r\n\
         {objects}\r\n--{BOUNDARY}--\r\n"
    );
    let media_type = HeaderValue::from_str(&format!("multipart/form-data; boundary={BOUNDARY}"))
        .map_err(|error| TargetError::new("search_failed", format!("{error}.")))?;
    let payload = Payload { bytes: Bytes::from(form), media_type, is_gzip: false };
    let answer = http.call(Method::POST, "api/saved_objects/_import?overwrite=true", Some(&payload)).await?;
    let imported = answer.get("successCount").and_then(Value::as_u64).unwrap_or(0);
    match answer.get("success").and_then(Value::as_bool) {
        Some(true) => Ok(imported),
        _ => {
            let reason = answer.pointer("/errors/0").map(ToString::to_string).unwrap_or_default();
            let text = format!("Only {imported} objects were imported: {reason}");
            Err(TargetError::new("search_import_refused", text))
        }
    }
}
