//! The audit trail, for administrators.

use crate::access::allowed::{Allowed, ViewAudit};
use crate::body::Query;
use crate::error::{ApiError, ErrorBody};
use axum::Json;
use axum::http::{HeaderName, header};
use axum::response::IntoResponse;
use jac_engine::Engine;
use jac_model::Person;
use jac_store::StoreError;
use jac_store::audit::{EntryFilter, EntryRow, Outcome};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Maximum number of entries per page, and per file.
const MOST: u32 = 200;
const MOST_EXPORTED: u32 = 100_000;
/// The header of an incomplete file with the address of the next part.
const NEXT: HeaderName = HeaderName::from_static("x-jac-next");

/// Which entries.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Of this person, by id.
    pub person: Option<String>,
    /// An action such as `cluster.terminate`.
    pub action: Option<String>,
    /// The ID of the object.
    pub thing: Option<String>,
    /// Text that names, action, code, address or details contain.
    pub text: Option<String>,
    /// At that time or later, epoch milliseconds.
    pub from: Option<i64>,
    /// Until then, epoch milliseconds.
    pub to: Option<i64>,
    /// `next` of the previous page.
    pub after: Option<String>,
    /// How many, 1 to 200; absent: 50.
    pub limit: Option<u32>,
    /// The file's format, for the export; absent: `jsonl`.
    #[param(inline)]
    pub format: Option<Format>,
}

/// How the trail is exported.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    Csv,
    #[default]
    Jsonl,
}

/// Its result.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    Done,
    Refused,
    Failed,
}

impl OutcomeWord {
    /// Its name in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Refused => "refused",
            Self::Failed => "failed",
        }
    }
}

/// An entry of the audit trail.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditEntry {
    pub id: i64,
    pub at_ms: i64,
    /// `null`: unknown.
    pub person: Option<Person>,
    pub via: AuditVia,
    /// Which session or token.
    pub via_name: Option<String>,
    pub address: Option<String>,
    pub action: String,
    pub kind: Option<String>,
    pub thing: Option<String>,
    pub thing_name: Option<String>,
    pub outcome: OutcomeWord,
    /// The code of the error.
    pub code: Option<String>,
    pub details: BTreeMap<String, String>,
}

/// How the person was authenticated.
#[derive(Debug, Clone, Copy, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AuditVia {
    /// With the data folder's token, or on the data folder itself.
    Shell,
    Session,
    Token,
    /// A schedule of theirs whose time had come.
    Schedule,
    /// Not at all: a failed sign-in.
    None,
}

impl AuditVia {
    /// Its name in the API.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shell => "shell",
            Self::Session => "session",
            Self::Schedule => "schedule",
            Self::Token => "token",
            Self::None => "none",
        }
    }
}

/// A page of the audit trail, newest first.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct AuditPage {
    pub items: Vec<AuditEntry>,
    /// Pass as `after` to get the next page; `null`: this is the last one.
    pub next: Option<String>,
}

impl From<EntryRow> for AuditEntry {
    fn from(row: EntryRow) -> Self {
        Self {
            id: row.id,
            at_ms: row.at_ms,
            person: row.person,
            via: match row.via.as_str() {
                "shell" => AuditVia::Shell,
                "session" => AuditVia::Session,
                "token" => AuditVia::Token,
                "schedule" => AuditVia::Schedule,
                _ => AuditVia::None,
            },
            via_name: row.via_name,
            address: row.address,
            action: row.action,
            kind: row.kind,
            thing: row.thing,
            thing_name: row.thing_name,
            outcome: match row.outcome {
                Outcome::Done => OutcomeWord::Done,
                Outcome::Refused => OutcomeWord::Refused,
                Outcome::Failed => OutcomeWord::Failed,
            },
            code: row.code,
            details: row.details,
        }
    }
}

async fn entries(engine: &Engine, query: AuditQuery, limit: u32) -> Result<Vec<AuditEntry>, ApiError> {
    let before = query.after.map(|after| after.parse::<i64>());
    let before = before
        .transpose()
        .map_err(|_| ApiError::bad_request("cursor_invalid", "`after` is not a cursor of this list."))?;
    let filter = EntryFilter {
        person: query.person,
        action: query.action,
        thing: query.thing,
        text: query.text,
        from_ms: query.from,
        to_ms: query.to,
        before,
        limit,
    };
    Ok(engine.store().entries(filter).await?.into_iter().map(AuditEntry::from).collect())
}

/// One page.
pub async fn page(engine: &Engine, query: AuditQuery) -> Result<AuditPage, ApiError> {
    let limit = query.limit.unwrap_or(50).clamp(1, MOST);
    at_most(engine, query, limit).await
}

async fn at_most(engine: &Engine, query: AuditQuery, limit: u32) -> Result<AuditPage, ApiError> {
    let mut items = entries(engine, query, limit + 1).await?;
    let is_last = items.len() <= limit as usize;
    items.truncate(limit as usize);
    let next = items.last().filter(|_| !is_last).map(|entry| entry.id.to_string());
    Ok(AuditPage { items, next })
}

/// List the entries of the audit trail, newest first
#[utoipa::path(get, path = "/audit", tag = "audit", params(AuditQuery), responses((status = 200, body = AuditPage), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn list(allowed: Allowed<ViewAudit>, Query(query): Query<AuditQuery>) -> Result<Json<AuditPage>, ApiError> {
    Ok(Json(page(allowed.engine(), query).await?))
}

/// Export the audit trail as a file, up to 100,000 entries; if there are more, `x-jac-next` has the `after` of the next file
#[utoipa::path(get, path = "/audit/export", tag = "audit", params(AuditQuery), responses((status = 200, content_type = "application/octet-stream"), (status = 403, body = ErrorBody)))]
pub async fn export(
    allowed: Allowed<ViewAudit>,
    Query(query): Query<AuditQuery>,
) -> Result<impl IntoResponse, ApiError> {
    let format = query.format.unwrap_or_default();
    let AuditPage { items, next } = at_most(allowed.engine(), query, MOST_EXPORTED).await?;
    let (name, text) = match format {
        Format::Csv => ("audit.csv", csv(&items)),
        Format::Jsonl => ("audit.jsonl", jsonl(&items)),
    };
    let text = text.map_err(|source| StoreError::Unwritable { what: "the audit trail", source })?;
    let headers = [
        (header::CONTENT_TYPE, "application/octet-stream".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    // A file that is incomplete says so.
    Ok((headers, next.map(|next| [(NEXT, next)]), text))
}

fn jsonl(entries: &[AuditEntry]) -> serde_json::Result<String> {
    entries.iter().map(|entry| Ok(serde_json::to_string(entry)? + "\n")).collect()
}

const HEADER: &str =
    "id,at_ms,person,person_name,via,via_name,address,action,kind,thing,thing_name,outcome,code,details\n";

fn csv(entries: &[AuditEntry]) -> serde_json::Result<String> {
    let line = |entry: &AuditEntry| {
        let details = serde_json::to_string(&entry.details)?;
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let (person, name) = entry.person.as_ref().map_or(("", ""), |person| (&person.id[..], &person.name[..]));
        let fields = [
            entry.id.to_string(),
            entry.at_ms.to_string(),
            person.to_owned(),
            name.to_owned(),
            entry.via.word().to_owned(),
            text(&entry.via_name),
            text(&entry.address),
            entry.action.clone(),
            text(&entry.kind),
            text(&entry.thing),
            text(&entry.thing_name),
            entry.outcome.word().to_owned(),
            text(&entry.code),
            details,
        ];
        Ok(fields.map(|field| quoted(&field)).join(",") + "\n")
    };
    std::iter::once(Ok(HEADER.to_owned())).chain(entries.iter().map(line)).collect()
}

/// RFC 4180; text that a spreadsheet would interpret as a formula is protected.
fn quoted(field: &str) -> String {
    let field = if field.starts_with(['=', '+', '-', '@']) { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\n', '\r']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}
