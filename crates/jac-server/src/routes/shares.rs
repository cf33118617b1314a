//! Share links, which show a run or a comparison to people without an account: created, listed, revoked, opened.

use crate::App;
use crate::access::allowed::{Allowed, On, ShareRun};
use crate::access::shared::SHARE_COOKIE;
use crate::access::{audit, cookie, shared};
use crate::body::{Body, Path, Query};
use crate::edge::is_https;
use crate::error::{ApiError, ErrorBody};
use crate::routes::results::CompareQuery;
use axum::Json;
use axum::extract::State;
use axum::http::{Extensions, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse};
use jac_model::{Person, Principal, Run, RunId};
use jac_store::{ShareKind, ShareRow};
use serde::{Deserialize, Serialize};

/// The page that a link opens.
const PAGE: &str = "/share";
const LONGEST_DAYS: u32 = 90;
const DAY_MS: i64 = 24 * 3_600_000;

/// A link.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Share {
    pub id: String,
    /// The link to share, shown only once.
    pub url: Option<String>,
    pub created_ms: i64,
    pub expires_ms: i64,
    pub by: Person,
    pub kind: ShareWord,
    /// The runs that it shows.
    pub runs: Vec<String>,
}

/// Validity of a link.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewShare {
    /// 1 to 90.
    pub expires_days: u32,
}

/// A comparison to share, and for how long.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub struct NewComparisonShare {
    /// Two to five IDs; the others are compared with the first.
    pub runs: Vec<String>,
    /// 1 to 90.
    pub expires_days: u32,
}

/// Secret of a share link: the part after its `#`.
#[derive(Deserialize, utoipa::ToSchema)]
pub struct SharedSecret {
    pub secret: String,
}

/// What a share link shows.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct OpenedShare {
    pub kind: ShareWord,
    pub runs: Vec<String>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ShareWord {
    Run,
    Comparison,
}

impl From<ShareKind> for ShareWord {
    fn from(kind: ShareKind) -> Self {
        match kind {
            ShareKind::Run => Self::Run,
            ShareKind::Comparison => Self::Comparison,
        }
    }
}

fn view(row: ShareRow, url: Option<String>) -> Share {
    let runs = shown(&row);
    Share {
        id: row.id,
        url,
        created_ms: row.created_ms,
        expires_ms: row.expires_ms,
        by: row.by,
        kind: row.kind.into(),
        runs,
    }
}

fn shown(row: &ShareRow) -> Vec<String> {
    row.runs.iter().map(ToString::to_string).collect()
}

async fn make(
    app: &App,
    caller: &Principal,
    kind: ShareKind,
    runs: Vec<RunId>,
    days: u32,
) -> Result<(StatusCode, Json<Share>), ApiError> {
    if !(1..=LONGEST_DAYS).contains(&days) {
        let message = format!("A link can be valid for 1 to {LONGEST_DAYS} days.");
        return Err(ApiError::bad_request("share_expiry_invalid", message));
    }
    let created_ms = app.engine.now_ms();
    let row = ShareRow {
        id: format!("s-{}", hex::encode(rand::random::<[u8; 8]>())),
        kind,
        runs,
        by: caller.user.clone(),
        created_ms,
        expires_ms: created_ms + i64::from(days) * DAY_MS,
    };
    audit::detail("share", &row.id);
    audit::detail("expires_days", days.to_string());
    let secret = crate::access::secret();
    app.engine.store().add_share(row.clone(), &secret).await?;
    let public = app.edge.config().public_url.clone().unwrap_or_default();
    Ok((StatusCode::CREATED, Json(view(row, Some(format!("{public}{PAGE}#{secret}"))))))
}

fn listed(rows: Vec<ShareRow>) -> Json<Vec<Share>> {
    Json(rows.into_iter().map(|row| view(row, None)).collect())
}

/// Revokes a link; one that does not fit counts as not existing.
async fn revoke(app: &App, id: &str, fits: impl Fn(&ShareRow) -> bool) -> Result<StatusCode, ApiError> {
    audit::detail("share", id);
    let not_found = || jac_engine::EngineError::NotFound { kind: "share link", id: id.to_owned() };
    let row = app.engine.store().share(id).await?;
    if !fits(&row) {
        return Err(not_found().into());
    }
    app.engine.store().delete_share(id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// List the valid share links that show a run, alone or in a comparison
#[utoipa::path(get, path = "/runs/{id}/shares", tag = "shares", params(("id" = String, Path)), responses((status = 200, body = Vec<Share>), (status = 404, body = ErrorBody)))]
pub async fn of_run(State(app): State<App>, run: On<ShareRun, Run>) -> Result<Json<Vec<Share>>, ApiError> {
    Ok(listed(app.engine.store().shares_showing(&run.thing.id, app.engine.now_ms()).await?))
}

/// Create a share link for a run
#[utoipa::path(post, path = "/runs/{id}/shares", tag = "shares", params(("id" = String, Path)), request_body = NewShare,
    responses((status = 201, body = Share), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn share_run(
    State(app): State<App>,
    run: On<ShareRun, Run>,
    Body(new): Body<NewShare>,
) -> Result<(StatusCode, Json<Share>), ApiError> {
    make(&app, &run.caller, ShareKind::Run, vec![run.thing.id.clone()], new.expires_days).await
}

/// Revoke a share link of a run
#[utoipa::path(delete, path = "/runs/{id}/shares/{share}", tag = "shares", params(("id" = String, Path), ("share" = String, Path)),
    responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn revoke_of_run(
    State(app): State<App>,
    run: On<ShareRun, Run>,
    Path((_, share)): Path<(String, String)>,
) -> Result<StatusCode, ApiError> {
    // Also a link of a comparison: no run is shown against its owner's will.
    revoke(&app, &share, |row| row.runs.contains(&run.thing.id)).await
}

/// The runs with those IDs, if the caller may share all of them.
async fn shareable<'a>(
    allowed: &Allowed<ShareRun>,
    ids: impl Iterator<Item = &'a str>,
) -> Result<Vec<RunId>, ApiError> {
    let runs = super::results::run_ids(ids)?;
    if !(2..=5).contains(&runs.len()) {
        return Err(ApiError::bad_request("share_runs_invalid", "A comparison needs two to five runs."));
    }
    for id in &runs {
        let run = allowed.engine().store().run(id).await?.run;
        allowed.to(&run.owner, run.team.as_ref())?;
    }
    Ok(runs)
}

/// List the valid share links of a comparison
#[utoipa::path(get, path = "/comparisons/shares", tag = "shares", params(CompareQuery), responses((status = 200, body = Vec<Share>), (status = 404, body = ErrorBody)))]
pub async fn of_comparison(
    allowed: Allowed<ShareRun>,
    State(app): State<App>,
    Query(query): Query<CompareQuery>,
) -> Result<Json<Vec<Share>>, ApiError> {
    let runs = shareable(&allowed, query.ids()).await?;
    Ok(listed(app.engine.store().shares_of(ShareKind::Comparison, &runs, app.engine.now_ms()).await?))
}

/// Create a share link for a comparison
#[utoipa::path(post, path = "/comparisons/shares", tag = "shares", request_body = NewComparisonShare,
    responses((status = 201, body = Share), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn share_comparison(
    allowed: Allowed<ShareRun>,
    State(app): State<App>,
    Body(new): Body<NewComparisonShare>,
) -> Result<(StatusCode, Json<Share>), ApiError> {
    audit::about("comparison", &new.runs.join(","), "");
    let runs = shareable(&allowed, new.runs.iter().map(String::as_str)).await?;
    make(&app, &allowed.caller, ShareKind::Comparison, runs, new.expires_days).await
}

/// Revoke a link of a comparison
#[utoipa::path(delete, path = "/comparisons/shares/{id}", tag = "shares", params(("id" = String, Path)), responses((status = 204), (status = 404, body = ErrorBody)))]
pub async fn revoke_of_comparison(
    allowed: Allowed<ShareRun>,
    State(app): State<App>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    let row = allowed.engine().store().share(&id).await?;
    // Permitted for its creator, and for everybody who may share any run that it shows: nobody's run is shown against
    // their will.
    if let Err(refused) = allowed.to(&row.by, None) {
        let mut is_of_theirs = false;
        for run in &row.runs {
            if let Ok(found) = allowed.engine().store().run(run).await {
                is_of_theirs |= allowed.to(&found.run.owner, found.run.team.as_ref()).is_ok();
            }
        }
        if !is_of_theirs {
            return Err(refused);
        }
    }
    revoke(&app, &id, |row| row.kind == ShareKind::Comparison).await
}

/// Open a share link: the response's cookie gives access to its runs, and to nothing else
#[utoipa::path(post, path = "/shares/open", tag = "shares", request_body = SharedSecret, responses((status = 200, body = OpenedShare), (status = 401, body = ErrorBody)))]
pub async fn open(
    State(app): State<App>,
    extensions: Extensions,
    Body(given): Body<SharedSecret>,
) -> Result<impl IntoResponse, ApiError> {
    let now_ms = app.engine.now_ms();
    let row = app.engine.store().share_with(&given.secret, now_ms).await?.ok_or_else(shared::invalid)?;
    let seconds = u64::try_from((row.expires_ms - now_ms) / 1000).unwrap_or_default();
    let cookie = cookie(&app, SHARE_COOKIE, &given.secret, "Strict", seconds, is_https(&extensions));
    let opened = OpenedShare { kind: row.kind.into(), runs: shown(&row) };
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), Json(opened)))
}
