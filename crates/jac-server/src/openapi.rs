//! The OpenAPI document, generated from the handlers, and the routes that belong to it.

use crate::App;
use crate::routes::{
    account, annotations, archive, audit, clusters, company, credentials, history, images, imports, info, integrations,
    machines, people, plans, results, revisions, runs, schedules, search, session, shares, stores,
};
use axum::extract::DefaultBodyLimit;
use axum::routing::get;
use axum::{Json, Router};
use std::collections::BTreeSet;
use std::sync::OnceLock;
use utoipa::OpenApi as _;
use utoipa::openapi::schema::{ArrayItems, Schema};
use utoipa::openapi::{ContentBuilder, Ref, ResponseBuilder};
use utoipa::openapi::{OpenApi, RefOr};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

#[derive(utoipa::OpenApi)]
#[openapi(info(title = "JAC", description = "JMeter Across the Cloud: clusters, plans, runs."))]
struct Base;

/// Request bodies, whose omitted fields have defaults. In everything that the server sends, each field is present.
const SENT_BY_PEOPLE: &[&str] = &[
    "NewCluster",
    "ClusterConfig",
    "NewRun",
    "NewSchedule",
    "ScheduledRun",
    "RunChanges",
    "SignIn",
    "Stop",
    "Pin",
    "RunTags",
    "RunNote",
    "RunBaseline",
    "Extension",
    "Upload",
    "PlanFilesUpload",
    "ImportUpload",
    "NewAwsCredentials",
    "NewCredentials",
    "NewSshKey",
    "NewShare",
    "NewComparisonShare",
    "SharedSecret",
    "NewImage",
    "TicketRequest",
    "PasswordSignIn",
    "CompanySignIn",
    "NewPassword",
    "TokenRequest",
    "NewUser",
    "UserChange",
    "NewTeam",
    "TeamChange",
    "TeamRequest",
];

/// The routes and their document.
pub fn split() -> (Router<App>, OpenApi) {
    // Uploads have a limit of their own, counted while they are streamed; everything else is read completely, up to
    // axum's 2 MB.
    let uploads = OpenApiRouter::new()
        .routes(routes!(plans::list, plans::create))
        .routes(routes!(plans::add_files))
        .routes(routes!(imports::import_logs))
        .layer(DefaultBodyLimit::disable());
    let api = OpenApiRouter::new()
        .routes(routes!(session::show, session::create, session::delete))
        .routes(routes!(session::ticket))
        .routes(routes!(session::methods))
        .routes(routes!(session::by_password))
        .routes(routes!(company::begin))
        .routes(routes!(company::callback))
        .routes(routes!(account::set_password))
        .routes(routes!(account::sessions))
        .routes(routes!(account::end_session))
        .routes(routes!(account::tokens, account::create_token))
        .routes(routes!(account::revoke_token))
        .routes(routes!(account::own_audit))
        .routes(routes!(people::list, people::create))
        .routes(routes!(people::get, people::change, people::remove))
        .routes(routes!(people::reset))
        .routes(routes!(people::teams, people::create_team))
        .routes(routes!(people::change_team, people::remove_team))
        .routes(routes!(audit::list))
        .routes(routes!(audit::export))
        .routes(routes!(clusters::set_team))
        .routes(routes!(plans::set_team))
        .routes(routes!(plans::set_keep))
        .routes(routes!(plans::duplicate))
        .routes(routes!(plans::move_file))
        .routes(routes!(plans::outline))
        .routes(routes!(revisions::restore_revision))
        .routes(routes!(runs::set_team))
        .routes(routes!(info::show))
        .routes(routes!(clusters::list, clusters::create))
        .routes(routes!(clusters::defaults))
        .routes(routes!(clusters::forecast))
        .routes(routes!(clusters::show))
        .routes(routes!(clusters::terminate))
        .routes(routes!(clusters::extend))
        .routes(routes!(clusters::events))
        .routes(routes!(credentials::list, credentials::create))
        .routes(routes!(credentials::environment))
        .routes(routes!(credentials::replace, credentials::delete))
        .routes(routes!(credentials::test))
        .routes(routes!(stores::list, stores::create))
        .routes(routes!(stores::replace, stores::delete))
        .routes(routes!(stores::test))
        .routes(routes!(search::own, search::create))
        .routes(routes!(search::replace, search::forget))
        .routes(routes!(schedules::list, schedules::create))
        .routes(routes!(schedules::preview))
        .routes(routes!(schedules::show, schedules::save, schedules::delete))
        .routes(routes!(schedules::pause))
        .routes(routes!(schedules::resume))
        .routes(routes!(schedules::start))
        .routes(routes!(schedules::firings))
        .routes(routes!(schedules::set_team))
        .routes(routes!(schedules::of_run))
        .routes(routes!(shares::of_run, shares::share_run))
        .routes(routes!(shares::revoke_of_run))
        .routes(routes!(shares::of_comparison, shares::share_comparison))
        .routes(routes!(shares::revoke_of_comparison))
        .routes(routes!(shares::open))
        .routes(routes!(images::list))
        .routes(routes!(images::create))
        .routes(routes!(images::delete))
        .routes(routes!(machines::list))
        .routes(routes!(machines::adopt))
        .routes(routes!(machines::terminate))
        .routes(routes!(plans::show, plans::edit, plans::delete))
        .routes(routes!(plans::check, plans::check_run))
        .routes(routes!(revisions::list_revisions))
        .routes(routes!(revisions::download_revision))
        .routes(routes!(revisions::compare_revisions))
        .routes(routes!(plans::criteria, plans::set_criteria))
        .routes(routes!(runs::list, runs::create))
        .routes(routes!(runs::show, runs::delete))
        .routes(routes!(runs::stop))
        .routes(routes!(runs::pin))
        .routes(routes!(history::set_tags))
        .routes(routes!(history::set_note))
        .routes(routes!(history::set_baseline))
        .routes(routes!(history::trend))
        .routes(routes!(history::labels))
        .routes(routes!(history::series))
        .routes(routes!(runs::live))
        .routes(routes!(runs::live_labels))
        .routes(routes!(runs::live_window))
        .routes(routes!(runs::node_series))
        .routes(routes!(runs::transactions))
        .routes(routes!(annotations::annotate))
        .routes(routes!(annotations::change_annotation, annotations::remove_annotation))
        .routes(routes!(results::report))
        .routes(routes!(results::samples))
        .routes(routes!(results::plan_samples))
        .routes(routes!(results::label_charts))
        .routes(routes!(results::labels_together))
        .routes(routes!(results::compare))
        .routes(routes!(runs::log))
        .routes(routes!(runs::list_artefacts))
        .routes(routes!(archive::retry))
        .routes(routes!(archive::verify))
        .routes(routes!(archive::link))
        .routes(routes!(archive::rebuild))
        .routes(routes!(search::targets))
        .routes(routes!(search::test))
        .routes(routes!(search::shipments, search::ship, search::delete))
        .routes(routes!(integrations::list))
        .routes(routes!(integrations::test))
        .routes(routes!(integrations::deliveries))
        .routes(routes!(integrations::retry))
        .merge(uploads);
    let (router, mut document) = OpenApiRouter::with_openapi(Base::openapi()).nest("/api/v1", api).split_for_parts();
    // Names that contain slashes: axum and OpenAPI have different syntax for such a parameter, so these two are
    // declared twice.
    let deep =
        OpenApiRouter::<App>::new().routes(routes!(plans::file, plans::remove_file)).routes(routes!(runs::artefact));
    let (_, deep_document) = OpenApiRouter::with_openapi(Base::openapi()).nest("/api/v1", deep).split_for_parts();
    document.merge(deep_document);
    refer_to_items(&mut document);
    require_what_is_sent(&mut document);
    name_operations(&mut document);
    document_errors(&mut document);
    let router = router
        .route("/api/v1/plans/{id}/files/{*path}", get(plans::file).delete(plans::remove_file))
        .route("/api/v1/runs/{id}/artefacts/{*name}", get(runs::artefact))
        .route("/api/v1/openapi.json", get(show));
    (router, document)
}

async fn show() -> Json<&'static OpenApi> {
    static DOCUMENT: OnceLock<OpenApi> = OnceLock::new();
    Json(DOCUMENT.get_or_init(|| split().1))
}

/// `clusters_list` instead of `list`: a name of its own for each operation, for those who generate clients.
fn name_operations(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
        {
            let resource = operation.tags.as_ref().and_then(|tags| tags.first()).cloned().unwrap_or_default();
            operation.operation_id = operation.operation_id.take().map(|verb| format!("{resource}_{verb}"));
        }
    }
}

/// Adds the error responses: every other status is an error, and all errors have the same form. The caller may not be
/// signed in, the object may not exist, or there may be no place for a connection.
fn document_errors(document: &mut OpenApi) {
    for item in document.paths.paths.values_mut() {
        for operation in
            [&mut item.get, &mut item.put, &mut item.post, &mut item.patch, &mut item.delete].into_iter().flatten()
        {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("ErrorBody"))).build();
            let error = ResponseBuilder::new().description("An error").content("application/json", content).build();
            operation.responses.responses.insert("default".to_owned(), RefOr::T(error));
        }
    }
}

/// The items of a page refer to the schema in the page's name after `Page_`, instead of a copy of it.
fn refer_to_items(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (name, schema) in &mut components.schemas {
        if let Some(item) = name.strip_prefix("Page_")
            && let RefOr::T(Schema::Object(page)) = schema
            && let Some(RefOr::T(Schema::Array(items))) = page.properties.get_mut("items")
        {
            items.items = ArrayItems::RefOrSchema(Box::new(Ref::from_schema_name(item).into()));
        }
    }
}

/// A missing number is sent as `null`, never omitted.
fn require_what_is_sent(document: &mut OpenApi) {
    let Some(components) = &mut document.components else { return };
    for (name, schema) in &mut components.schemas {
        if !SENT_BY_PEOPLE.contains(&name.as_str()) {
            require_all(schema);
        }
    }
}

fn require_all(schema: &mut RefOr<Schema>) {
    match schema {
        RefOr::T(Schema::Object(object)) => {
            let names: BTreeSet<String> = object.properties.keys().cloned().collect();
            object.required = names.into_iter().collect();
        }
        RefOr::T(Schema::AllOf(all)) => all.items.iter_mut().for_each(require_all),
        RefOr::T(Schema::OneOf(one)) => one.items.iter_mut().for_each(require_all),
        _ => (),
    }
}
