//! Schedules: list, create, save, pause, resume, start manually, view firings.

use crate::App;
use crate::access::allowed::{Allowed, ChangeSchedule, CreateSchedule, On, View};
use crate::access::{audit, rights};
use crate::body::{Body, Query};
use crate::error::{ApiError, ErrorBody};
use crate::routes::TeamRequest;
use crate::routes::lists::SchedulesQuery;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jac_engine::Engine;
use jac_engine::list::Page;
use jac_engine::schedules::{NewSchedule, NextTime, RunChanges, ScheduleOfRun, ScheduleView};
use jac_model::{Action, Firing, Owner, Principal, Run, RunsOn, Schedule, Timing, authorize};
use serde::Deserialize;

/// Number of next times that are shown before a schedule is saved.
const PREVIEWED: usize = 5;
/// Default number of firings per page.
const USUAL: u32 = 50;

/// List schedules, paginated
#[utoipa::path(get, path = "/schedules", tag = "schedules", params(SchedulesQuery),
    responses((status = 200, body = Page<ScheduleView>), (status = 400, body = ErrorBody)))]
pub async fn list(
    allowed: Allowed<View>,
    Query(query): Query<SchedulesQuery>,
) -> Result<Json<Page<ScheduleView>>, ApiError> {
    let (filter, page) = query.ask(&allowed.caller);
    Ok(Json(allowed.engine().list_schedules(&filter, &page).await?))
}

/// A timing to preview.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PreviewQuery {
    /// A cron expression.
    cron: Option<String>,
    /// Alternatively a date and time in the zone, such as `2026-12-01T03:00`.
    at: Option<String>,
    /// An IANA name; absent: `UTC`.
    zone: Option<String>,
}

/// Get the next five times of a timing; nothing is saved
#[utoipa::path(get, path = "/schedules/preview", tag = "schedules", params(PreviewQuery),
    responses((status = 200, body = Vec<NextTime>), (status = 400, body = ErrorBody)))]
pub async fn preview(
    allowed: Allowed<View>,
    Query(query): Query<PreviewQuery>,
) -> Result<Json<Vec<NextTime>>, ApiError> {
    let zone = query.zone.unwrap_or_else(|| "UTC".to_owned());
    let timing = match (query.cron, query.at) {
        (Some(expression), None) => Timing::Cron { expression, zone },
        (None, Some(at)) => Timing::Once { at, zone },
        _ => return Err(ApiError::bad_request("timing_missing", "Give either `cron` or `at`.")),
    };
    // A day that never comes is searched for over centuries.
    let preview = move |engine: &Engine| engine.preview_times(&timing, PREVIEWED);
    Ok(Json(allowed.engine().run_blocking(preview).await?))
}

/// Rejects what the person who saves a schedule may not do manually either. The owner's permissions are checked again
/// at each of its times.
async fn check_rights(app: &App, caller: &Principal, on: &RunsOn) -> Result<(), ApiError> {
    match on {
        RunsOn::Cluster { cluster_id, .. } => {
            let cluster = app.engine.store().cluster(cluster_id).await?;
            let owner = Owner { person: &cluster.owner, team: cluster.team.as_ref() };
            authorize(caller, Action::StartRun, Some(owner)).map_err(ApiError::Denied)
        }
        // `saved` is resolved again each time.
        RunsOn::New { config, .. } => rights::check(app, caller, &mut config.clone()).await,
    }
}

async fn view(engine: &Engine, schedule: Schedule) -> Result<Json<ScheduleView>, ApiError> {
    Ok(Json(engine.view_schedule(schedule).await?))
}

/// Create a schedule; it is active at once
#[utoipa::path(post, path = "/schedules", tag = "schedules", request_body = NewSchedule,
    responses((status = 201, body = ScheduleView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody)))]
pub async fn create(
    allowed: Allowed<CreateSchedule>,
    State(app): State<App>,
    Body(new): Body<NewSchedule>,
) -> Result<(StatusCode, Json<ScheduleView>), ApiError> {
    check_rights(&app, &allowed.caller, &new.on).await?;
    let schedule = allowed.engine().create_schedule(allowed.caller.user.clone(), new).await?;
    Ok((StatusCode::CREATED, view(allowed.engine(), schedule).await?))
}

/// One schedule
#[utoipa::path(get, path = "/schedules/{id}", tag = "schedules", params(("id" = String, Path)), responses((status = 200, body = ScheduleView), (status = 404, body = ErrorBody)))]
pub async fn show(schedule: On<View, Schedule>) -> Result<Json<ScheduleView>, ApiError> {
    view(schedule.engine(), schedule.thing.clone()).await
}

/// Replace a schedule; the caller becomes its owner
#[utoipa::path(put, path = "/schedules/{id}", tag = "schedules", params(("id" = String, Path)), request_body = NewSchedule,
    responses((status = 200, body = ScheduleView), (status = 400, body = ErrorBody), (status = 403, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn save(
    schedule: On<ChangeSchedule, Schedule>,
    State(app): State<App>,
    Body(new): Body<NewSchedule>,
) -> Result<Json<ScheduleView>, ApiError> {
    check_rights(&app, &schedule.caller, &new.on).await?;
    if schedule.thing.owner.id != schedule.caller.user.id {
        audit::detail("owner_before", format!("{} ({})", schedule.thing.owner.name, schedule.thing.owner.id));
    }
    let by = schedule.caller.user.clone();
    let saved = schedule.engine().save_schedule(&schedule.thing.id, by, new).await?;
    view(schedule.engine(), saved).await
}

/// Delete a schedule; its runs are kept
#[utoipa::path(delete, path = "/schedules/{id}", tag = "schedules", params(("id" = String, Path)), responses((status = 204), (status = 409, body = ErrorBody)))]
pub async fn delete(schedule: On<ChangeSchedule, Schedule>) -> Result<StatusCode, ApiError> {
    schedule.engine().delete_schedule(&schedule.thing.id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Pause a schedule; its active run continues
#[utoipa::path(post, path = "/schedules/{id}/pause", tag = "schedules", params(("id" = String, Path)), responses((status = 200, body = ScheduleView), (status = 404, body = ErrorBody)))]
pub async fn pause(schedule: On<ChangeSchedule, Schedule>) -> Result<Json<ScheduleView>, ApiError> {
    let paused = schedule.engine().pause_schedule(&schedule.thing.id).await?;
    view(schedule.engine(), paused).await
}

/// Reactivate a schedule that was paused, switched off or done
#[utoipa::path(post, path = "/schedules/{id}/resume", tag = "schedules", params(("id" = String, Path)), responses((status = 200, body = ScheduleView), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn resume(schedule: On<ChangeSchedule, Schedule>) -> Result<Json<ScheduleView>, ApiError> {
    let resumed = schedule.engine().resume_schedule(&schedule.thing.id).await?;
    view(schedule.engine(), resumed).await
}

/// Start a run of a schedule at once, with its owner's rights; for a smaller try with other properties or fewer workers
#[utoipa::path(post, path = "/schedules/{id}/start", tag = "schedules", params(("id" = String, Path)), request_body = RunChanges,
    responses((status = 202, body = Firing), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn start(
    schedule: On<ChangeSchedule, Schedule>,
    Body(changes): Body<RunChanges>,
) -> Result<(StatusCode, Json<Firing>), ApiError> {
    let by = schedule.caller.user.clone();
    let firing = schedule.engine().run_schedule_now(&schedule.thing.id, by, changes).await?;
    Ok((StatusCode::ACCEPTED, Json(firing)))
}

/// Which part of the firings is requested.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct FiringsQuery {
    /// Only those before the one with this ID.
    before: Option<i64>,
    /// 1 to 200; absent: 50.
    limit: Option<u32>,
}

/// List the results of a schedule's times, newest first
#[utoipa::path(get, path = "/schedules/{id}/firings", tag = "schedules", params(("id" = String, Path), FiringsQuery), responses((status = 200, body = Vec<Firing>), (status = 404, body = ErrorBody)))]
pub async fn firings(
    schedule: On<View, Schedule>,
    Query(query): Query<FiringsQuery>,
) -> Result<Json<Vec<Firing>>, ApiError> {
    let limit = query.limit.unwrap_or(USUAL);
    Ok(Json(schedule.engine().firings(&schedule.thing.id, query.before, limit).await?))
}

/// Set the team that may change it in addition to its owner
#[utoipa::path(patch, path = "/schedules/{id}/team", tag = "schedules", params(("id" = String, Path)), request_body = TeamRequest, responses((status = 200, body = ScheduleView), (status = 404, body = ErrorBody)))]
pub async fn set_team(
    schedule: On<ChangeSchedule, Schedule>,
    Body(request): Body<TeamRequest>,
) -> Result<Json<ScheduleView>, ApiError> {
    let team = schedule.engine().team(request.team.as_deref()).await?;
    let changed = schedule.engine().set_schedule_team(&schedule.thing.id, team).await?;
    view(schedule.engine(), changed).await
}

/// Get a run's schedule; `null`: it was started without one
#[utoipa::path(get, path = "/runs/{id}/schedule", tag = "schedules", params(("id" = String, Path)), responses((status = 200, body = Option<ScheduleOfRun>), (status = 404, body = ErrorBody)))]
pub async fn of_run(run: On<View, Run>) -> Result<Json<Option<ScheduleOfRun>>, ApiError> {
    Ok(Json(run.engine().schedule_of_run(&run.thing.id).await?))
}
