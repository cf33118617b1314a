//! Imports the saved objects into Kibana or OpenSearch Dashboards with their own API.

use crate::dashboards::saved_objects;
use crate::http::{Answer, Http, Payload};
use crate::settings::{Auth, DashboardsSettings};
use bytes::Bytes;
use jac_model::search::{DashboardsKind, TargetError};
use reqwest::header::{HeaderName, HeaderValue};
use reqwest::{Method, Url};
use serde::Deserialize;
use serde_json::Value;

/// Separates the form's parts; it does not occur in the file.
const BOUNDARY: &str = "jac-saved-objects-5d41402abc4b2a76";

/// Imports the dashboards, replacing those of an earlier import, and returns the number of objects.
///
/// # Errors
/// When the application does not answer, refuses, or accepts only some of the objects.
pub async fn import_dashboards(
    dashboards: &DashboardsSettings,
    auth: Auth,
    ca_pem: Option<&[u8]>,
    index_pattern: &str,
) -> Result<u64, TargetError> {
    // Without this header both reject the request as cross-site request forgery.
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
    let answer = http.send(Method::POST, "api/saved_objects/_import?overwrite=true", Some(&payload)).await;
    let answer = answer.map_err(|silence| silence.error)?;
    let Some(imported) = Imported::of(&answer) else { return Err(not_imported(&dashboards.url, &answer)) };
    match imported.errors.first() {
        None if imported.success => Ok(imported.success_count),
        failed => {
            let reason = failed.map_or_else(String::new, |failed| format!(" {}", failed.sentence()));
            let text = format!("Only {} objects were imported.{reason}", imported.success_count);
            Err(TargetError::new("search_import_refused", text))
        }
    }
}

/// The answer of both applications.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Imported {
    success: bool,
    #[serde(default)]
    success_count: u64,
    #[serde(default)]
    errors: Vec<Failed>,
}

/// An object that was not accepted.
#[derive(Debug, Deserialize)]
struct Failed {
    #[serde(default)]
    id: String,
    #[serde(default)]
    error: Value,
}

impl Imported {
    /// `None`: the response is from neither application.
    fn of(answer: &Answer) -> Option<Self> {
        answer.status.is_success().then(|| answer.json().ok()).flatten()
    }
}

impl Failed {
    fn sentence(&self) -> String {
        let text = |key: &str| self.error.get(key).and_then(Value::as_str);
        let why = text("message").or_else(|| text("type")).unwrap_or("no reason given");
        format!("{}: {why}.", self.id)
    }
}

/// Why the application did not import anything. No answer is repeated as it is: it may be a page of anything.
fn not_imported(url: &Url, answer: &Answer) -> TargetError {
    /// As both applications write an error.
    #[derive(Deserialize)]
    struct Fault {
        message: String,
    }
    let status = answer.status.as_u16();
    let fault = answer.json::<Fault>().ok().map(|fault| fault.message);
    match (status, fault) {
        (401 | 403, _) => TargetError::new(
            "search_import_denied",
            format!("{url} does not accept the credentials, or they may not import saved objects (HTTP {status})."),
        ),
        (502..=504, _) => {
            TargetError::new("search_unavailable", format!("{url} is temporarily unavailable (HTTP {status})."))
        }
        (_, Some(message)) if answer.server_fault().is_none() && status != 404 => TargetError::new(
            "search_import_refused",
            format!("{url} refuses the import (HTTP {status}): {}.", message.trim_end_matches('.')),
        ),
        _ => TargetError::new(
            "search_not_dashboards",
            format!(
                "Neither Kibana nor OpenSearch Dashboards answers at {url} (HTTP {status}). Give the address that opens it in a browser, with \
                 its base path (/_dashboards on AWS), and not that of the search engine."
            ),
        ),
    }
}
