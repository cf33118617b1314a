//! Takes files of a multipart request in, piece by piece, onto the disk.

use crate::App;
use crate::access::admission::Admission;
use crate::edge::UPLOADS_OF_A_PERSON;
use crate::error::ApiError;
use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use futures_util::{StreamExt, stream};
use jac_engine::disk::CHECK_EVERY_BYTES;
use jac_engine::plans::Staging;
use jac_engine::{Engine, EngineError};
use std::collections::BTreeMap;
use std::future::ready;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::AsyncWriteExt;

/// The fields that a form has in addition to files, and the limit of their size.
pub struct Form {
    /// The names of its text fields.
    pub fields: &'static [&'static str],
    /// All files together, in bytes.
    pub max_bytes: u64,
    /// The error for a larger upload.
    pub too_large: fn(u64) -> EngineError,
}

impl Form {
    /// A plan with its files.
    pub fn of_plan(engine: &Engine) -> Self {
        let too_large = |max_bytes| EngineError::Invalid {
            code: "upload_too_large",
            message: format!("The upload is larger than {} MB.", max_bytes >> 20),
            hint: Some("Remove files that the plan does not need, or raise the limit with --max-upload-mb.".to_owned()),
            faults: Vec::new(),
        };
        let max_bytes = engine.settings().max_upload_bytes;
        Self { fields: &["name", "main_file", "ephemeral", "revise", "replace"], max_bytes, too_large }
    }
}

/// The fields other than the files.
#[derive(Debug, Default)]
pub struct Fields(BTreeMap<String, String>);

impl Fields {
    /// The text of a field; `None`: it is missing.
    pub fn take(&mut self, name: &str) -> Option<String> {
        self.0.remove(name)
    }

    /// Whether a field is `true`.
    pub fn is_set(&mut self, name: &str) -> bool {
        self.take(name).is_some_and(|word| word == "true")
    }
}

/// Bytes of a request that have arrived but have not been processed: a preamble before the first part, the head of a
/// part. They wait in memory, so they are bounded; the content of a file's part goes to the disk.
#[derive(Debug, Clone, Default)]
struct Waiting {
    bytes: Arc<AtomicUsize>,
}

/// Their maximum number. A chunk of a body has at most some hundred KB.
const MOST_WAITING: usize = 1 << 20;

impl Waiting {
    /// The same body, which ends with an error when too many bytes are unprocessed.
    fn watch(&self, body: Body) -> Body {
        let bytes = Arc::clone(&self.bytes);
        // The form parser reads on until it has to wait: without this, everything available at once, such as a file
        // that a command of this process uploads, would be in memory. It also waits before the end: an end that arrives
        // with the last chunk would look like a premature one.
        let end = stream::once(ready(None));
        let pieces = body.into_data_stream().map(Some).chain(end).then(async |piece| {
            tokio::task::yield_now().await;
            piece
        });
        Body::from_stream(pieces.scan((), |(), piece| ready(piece)).map(move |piece| {
            let piece = piece.map_err(io::Error::other)?;
            let waiting = bytes.fetch_add(piece.len(), Ordering::Relaxed) + piece.len();
            if waiting > MOST_WAITING {
                return Err(io::Error::other("the header of a part is not terminated"));
            }
            Ok(piece)
        }))
    }

    /// The bytes were processed.
    fn is_over(&self) {
        self.bytes.store(0, Ordering::Relaxed);
    }
}

/// The longest text field, in bytes.
const MAX_TEXT: usize = 1024;

/// Reads the whole request into a staging folder. Permissions are checked again when it is complete.
///
/// # Errors
/// When the person has too many active uploads or has lost the permission meanwhile, it exceeds the size limit, a name leads elsewhere, the connection ends early or
/// the disk is full. The folder is gone then.
pub async fn receive(
    app: &App,
    engine: &Engine,
    person: &str,
    form: Form,
    request: Request,
) -> Result<(Staging, Fields), ApiError> {
    let _place = app.edge.uploads().enter(person).ok_or_else(too_many)?;
    let admission = Admission::of(&request);
    let waiting = Waiting::default();
    let request = request.map(|body| waiting.watch(body));
    let mut request = Multipart::from_request(request, &()).await.map_err(|rejection| {
        ApiError::bad_request("upload_broken", format!("{}.", rejection.body_text().trim_end_matches('.')))
    })?;
    let mut staging = engine.stage()?;
    let mut fields = Fields::default();
    let mut left = form.max_bytes;
    while let Some(field) = request.next_field().await.map_err(broken)? {
        waiting.is_over();
        match field.name() {
            Some("file") => {
                let name = field.file_name().unwrap_or_default().to_owned();
                let place = staging.place(&name)?;
                left = write(engine, field, &name, &place, left, &form, &waiting).await?;
            }
            Some(name) if form.fields.contains(&name) => {
                let name = name.to_owned();
                fields.0.insert(name, text(field).await?);
            }
            other => {
                return Err(ApiError::bad_request(
                    "upload_field",
                    format!("The upload has an unknown field '{}'.", other.unwrap_or_default()),
                ));
            }
        }
    }
    admission.still_holds(app).await?;
    Ok((staging, fields))
}

fn too_many() -> ApiError {
    ApiError::Later {
        status: StatusCode::TOO_MANY_REQUESTS,
        code: "too_many_uploads",
        message: format!("You already have {UPLOADS_OF_A_PERSON} uploads in progress."),
        seconds: 2,
    }
}

async fn write(
    engine: &Engine,
    mut field: Field<'_>,
    name: &str,
    place: &std::path::Path,
    mut left: u64,
    form: &Form,
    waiting: &Waiting,
) -> Result<u64, ApiError> {
    let failed = |error| EngineError::file(format!("taking {name}"), error);
    let mut file = tokio::fs::File::create(place).await.map_err(failed)?;
    let mut until_look = 0;
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        waiting.is_over();
        if until_look == 0 {
            if !engine.has_room_for_files() {
                return Err(EngineError::DiskFull { what: format!("taking {name}") }.into());
            }
            until_look = CHECK_EVERY_BYTES;
        }
        until_look = until_look.saturating_sub(piece.len() as u64);
        left = left.checked_sub(piece.len() as u64).ok_or_else(|| (form.too_large)(form.max_bytes))?;
        file.write_all(&piece).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)?;
    Ok(left)
}

async fn text(mut field: Field<'_>) -> Result<String, ApiError> {
    let mut bytes = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(broken)? {
        bytes.extend_from_slice(&piece);
        if bytes.len() > MAX_TEXT {
            return Err(ApiError::bad_request("upload_field", "A text field of the upload is too long."));
        }
    }
    String::from_utf8(bytes)
        .map_err(|_| ApiError::bad_request("upload_field", "A text field of the upload is not UTF-8."))
}

fn broken(error: MultipartError) -> ApiError {
    ApiError::Request {
        status: StatusCode::BAD_REQUEST,
        code: "upload_broken",
        message: format!("The upload is incomplete: {}.", error.body_text().trim_end_matches('.')),
        hint: Some("Send it again.".to_owned()),
    }
}
