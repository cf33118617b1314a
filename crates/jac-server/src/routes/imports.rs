//! Imports of result logs from elsewhere as a run.

use crate::App;
use crate::access::admission::Admission;
use crate::access::allowed::{Allowed, StartRun};
use crate::error::{ApiError, ErrorBody};
use crate::routes::runs::view;
use crate::upload::{self, Fields, Form};
use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use jac_engine::Engine;
use jac_engine::imports::{NewImport, too_large};
use jac_engine::view::RunView;
use jac_store::audit::AuditedChange;
use tokio_util::sync::CancellationToken;

/// Result logs as a form; `file` may occur several times, and the logs are read in this order.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes the form")]
pub struct ImportUpload {
    /// The plan that the run is counted among: its id, or its name, whether there is a plan of that name or not.
    plan: String,
    /// Empty or absent: the plan's name.
    name: Option<String>,
    /// The share of the rows that may be unreadable, in percent; absent: 0.1.
    max_unread_percent: Option<f64>,
    /// CSV or XML, plain, gzip or Zstandard; or a zip of such files.
    #[schema(value_type = Vec<String>, format = Binary)]
    file: Vec<Vec<u8>>,
}

/// Import result logs written elsewhere as a finished run
#[utoipa::path(post, path = "/runs/import", tag = "runs", request_body(content = ImportUpload, content_type = "multipart/form-data"),
    responses((status = 201, body = RunView), (status = 400, body = ErrorBody), (status = 409, body = ErrorBody), (status = 413, body = ErrorBody), (status = 507, body = ErrorBody)))]
pub async fn import_logs(
    State(app): State<App>,
    allowed: Allowed<StartRun>,
    request: Request,
) -> Result<(StatusCode, Json<RunView>), ApiError> {
    let owner = allowed.caller.user.clone();
    allowed.engine().need_room()?;
    let admission = Admission::of(&request);
    let (staging, fields) = upload::receive(&app, allowed.engine(), &owner.id, form(allowed.engine()), request).await?;
    let new = request_of(fields)?;
    // A caller who disconnects while the logs are read does not get the run.
    let gone = CancellationToken::new();
    let _cancelled_when_gone = gone.clone().drop_guard();
    let audited = AuditedChange::current().unwrap_or_default();
    let (engine, person) = (allowed.engine().clone(), owner.id.clone());
    let import = move || audited.around_blocking(|| engine.import_run(owner, new, staging, &|| gone.is_cancelled()));
    // It may have waited for a long time.
    let run = app.edge.scans().run_if(&person, admission.still_holds(&app), import).await?;
    Ok((StatusCode::CREATED, Json(view(allowed.engine(), &run.id).await?)))
}

fn form(engine: &Engine) -> Form {
    let max_bytes = engine.settings().max_import_bytes;
    Form { fields: &["plan", "name", "max_unread_percent"], max_bytes, too_large }
}

fn request_of(mut fields: Fields) -> Result<NewImport, ApiError> {
    let percent = |text: String| {
        let percent = text.parse::<f64>().ok().filter(|percent| (0.0..=100.0).contains(percent));
        percent.ok_or_else(|| ApiError::bad_request("max_unread_percent", "max_unread_percent must be 0 to 100."))
    };
    Ok(NewImport {
        plan: fields.take("plan").unwrap_or_default(),
        name: fields.take("name"),
        max_unread_percent: fields.take("max_unread_percent").map(percent).transpose()?,
    })
}
