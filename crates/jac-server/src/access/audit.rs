//! The contents of the audit trail: every request that changes something, and every sign-in, with the caller and the
//! outcome.

use crate::App;
use crate::edge::ClientInfo;
use crate::error::Refusal;
use axum::extract::{MatchedPath, Request, State};
use axum::http::request::Parts;
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use jac_model::{Principal, Via};
use jac_store::audit::{AuditedChange, NewEntry, Outcome};
use std::collections::BTreeMap;

/// Has a body but changes nothing, and is sent while a user types.
const CHECKED: &str = "/plans/{id}/check";

/// The action of a request, as a code: `cluster.terminate` for `POST /api/v1/clusters/{id}/terminate`.
fn action(method: &Method, route: &str) -> String {
    let route = route.strip_prefix("/api/v1/").unwrap_or(route);
    let words: Vec<&str> = route.split('/').filter(|word| !word.starts_with('{')).collect();
    let singular = |word: &str| match word {
        "people" => "person".to_owned(),
        "credentials" => "credentials".to_owned(),
        "annotations" | "images" | "integrations" | "notifications" | "runs" | "plans" | "revisions" | "clusters"
        | "teams" | "orphans" | "tokens" | "tickets" | "files" | "shares" | "schedules" | "stores" => {
            word.trim_end_matches('s').to_owned()
        }
        "sessions" => "session".to_owned(),
        other => other.to_owned(),
    };
    let names_a_thing = route.ends_with('}');
    let is_verb = words.len() > 1
        && !names_a_thing
        && matches!(
            *words.last().unwrap_or(&""),
            "terminate"
                | "extend"
                | "stop"
                | "adopt"
                | "image"
                | "link"
                | "team"
                | "pin"
                | "tags"
                | "note"
                | "baseline"
                | "test"
                | "retry"
                | "password"
                | "open"
                | "pause"
                | "resume"
                | "start"
                | "import"
                | "keep"
                | "duplicate"
                | "move"
                | "restore"
                | "forecast"
                | "verify"
                | "rebuild"
        );
    let mut parts: Vec<String> = words.iter().map(|word| singular(word)).collect();
    if !is_verb {
        let verb = match method.as_str() {
            "POST" => "create",
            "PUT" => "save",
            "PATCH" => "change",
            "DELETE" => "delete",
            other => other,
        };
        parts.push(verb.to_lowercase());
    }
    parts.join(".")
}

/// Audits a request that may change something: an entry that no change has written is written with the outcome.
pub async fn record(State(app): State<App>, request: Request, next: Next) -> Response {
    // Browsers return from the company's sign-on by following a link.
    let signs_in = request.uri().path() == crate::routes::company::CALLBACK;
    if !signs_in && matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        return next.run(request).await;
    }
    let audited = AuditedChange::default();
    let answer = audited.around(next.run(request)).await;
    let Some(mut entry) = audited.unwritten() else { return answer };
    let status = answer.status();
    // Endless password guessing is in the log; the trail contains the attempts that were checked.
    if entry.person.is_none() && status == StatusCode::TOO_MANY_REQUESTS {
        return answer;
    }
    entry.code = answer.extensions().get::<Refusal>().map(|refusal| refusal.0.clone());
    entry.outcome = match status {
        // Redirected to a page that gives the reason.
        _ if status.is_redirection() && entry.code.is_some() => Outcome::Refused,
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS => Outcome::Refused,
        _ if status.is_success() || status.is_redirection() => Outcome::Done,
        _ => Outcome::Failed,
    };
    if let Err(error) = app.engine.store().add_entry(entry).await {
        tracing::error!(%error, "the audit trail could not be written: {error}");
    }
    answer
}

/// Sets the caller and the action, in requests that may change something.
pub(super) fn begin(parts: &Parts, app: &App, caller: &Principal, thing: Option<(&str, &str)>) {
    let Some(audited) = AuditedChange::current() else { return };
    let route = parts.extensions.get::<MatchedPath>().map_or(parts.uri.path(), MatchedPath::as_str);
    if route.ends_with(CHECKED) {
        return;
    }
    let (via, via_name) = match &caller.via {
        Via::Shell => ("shell", None),
        Via::Session(id) => ("session", Some(id.clone())),
        Via::Token { name, .. } => ("token", Some(name.clone())),
    };
    audited.begin(NewEntry {
        at_ms: app.engine.now_ms(),
        person: Some(caller.user.clone()),
        via,
        via_name,
        address: address(parts.extensions.get()),
        action: action(&parts.method, route),
        kind: thing.map(|(kind, _)| kind.to_owned()),
        thing: thing.map(|(_, id)| kept_id(id)),
        thing_name: None,
        outcome: Outcome::Done,
        code: None,
        details: BTreeMap::new(),
    });
}

/// Begins the entry of a sign-in attempt, with a name or a link.
pub fn begin_sign_in(app: &App, client: Option<&ClientInfo>, how: &str, name: Option<&str>) {
    let Some(audited) = AuditedChange::current() else { return };
    audited.begin(NewEntry {
        at_ms: app.engine.now_ms(),
        person: None,
        via: "none",
        via_name: None,
        address: address(client),
        action: "session.create".to_owned(),
        kind: Some("session".to_owned()),
        thing: None,
        thing_name: None,
        outcome: Outcome::Done,
        code: None,
        details: [("how", Some(how)), ("name", name)]
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?.chars().take(100).collect())))
            .collect(),
    });
}

fn address(client: Option<&ClientInfo>) -> Option<String> {
    client.and_then(|client| client.address).map(|address| address.to_string())
}

/// Maximum length of a stored ID, which may combine several.
const LONGEST_ID: usize = 200;

/// An ID in storable form: it comes from the caller and may be anything.
fn kept_id(id: &str) -> String {
    id.chars().filter(|letter| !letter.is_control()).take(LONGEST_ID).collect()
}

/// Sets the name of the object.
pub(super) fn name(name: &str) {
    if let Some(audited) = AuditedChange::current() {
        audited.amend(|entry| entry.thing_name = Some(name.to_owned()));
    }
}

/// Sets the person, once known.
pub fn person(person: &jac_model::Person) {
    if let Some(audited) = AuditedChange::current() {
        audited.amend(|entry| entry.person = Some(person.clone()));
    }
}

/// Sets the object, if the path does not name it.
pub fn about(kind: &str, id: &str, name: &str) {
    if let Some(audited) = AuditedChange::current() {
        audited.amend(|entry| {
            entry.kind = Some(kind.to_owned());
            entry.thing = Some(kept_id(id));
            entry.thing_name = Some(name.to_owned());
        });
    }
}

/// Adds a detail. It must not be a secret.
pub fn detail(key: &str, value: impl Into<String>) {
    AuditedChange::detail(key, value);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_kept_short_and_on_one_line() {
        assert_eq!(kept_id("r-1,r-2"), "r-1,r-2");
        assert_eq!(kept_id("x\n2026-01-01  admin\u{1b}[2J"), "x2026-01-01  admin[2J");
        assert_eq!(kept_id(&"é".repeat(1_000)).chars().count(), LONGEST_ID);
    }

    #[test]
    fn a_request_is_called_by_what_it_does() {
        for (method, route, expected) in [
            (Method::POST, "/api/v1/clusters", "cluster.create"),
            (Method::POST, "/api/v1/clusters/{id}/terminate", "cluster.terminate"),
            (Method::DELETE, "/api/v1/runs/{id}", "run.delete"),
            (Method::DELETE, "/api/v1/plans/{id}/files/{*path}", "plan.file.delete"),
            (Method::POST, "/api/v1/plans/{id}/files", "plan.file.create"),
            (Method::PATCH, "/api/v1/people/{id}", "person.change"),
            (Method::POST, "/api/v1/people/{id}/link", "person.link"),
            (Method::PUT, "/api/v1/account/password", "account.password"),
            (Method::DELETE, "/api/v1/account/tokens/{id}", "account.token.delete"),
            (Method::PATCH, "/api/v1/runs/{id}/team", "run.team"),
            (Method::PUT, "/api/v1/credentials/aws", "credentials.aws.save"),
            (Method::POST, "/api/v1/integrations/{name}/test", "integration.test"),
            (Method::POST, "/api/v1/runs/{id}/notifications/retry", "run.notification.retry"),
            (Method::PUT, "/api/v1/schedules/{id}", "schedule.save"),
            (Method::POST, "/api/v1/stores", "store.create"),
            (Method::POST, "/api/v1/stores/{id}/test", "store.test"),
            (Method::POST, "/api/v1/schedules/{id}/start", "schedule.start"),
            (Method::DELETE, "/api/v1/runs/{id}/annotations/{annotation}", "run.annotation.delete"),
            (Method::POST, "/api/v1/plans/{id}/duplicate", "plan.duplicate"),
            (Method::POST, "/api/v1/plans/{id}/move", "plan.move"),
            (Method::POST, "/api/v1/plans/{id}/revisions/{revision}/restore", "plan.revision.restore"),
            (Method::POST, "/api/v1/clusters/forecast", "cluster.forecast"),
            (Method::POST, "/api/v1/runs/{id}/archive/verify", "run.archive.verify"),
            (Method::POST, "/api/v1/archive/rebuild", "archive.rebuild"),
            (Method::POST, "/api/v1/session/tickets", "session.ticket.create"),
        ] {
            assert_eq!(action(&method, route), expected, "{method} {route}");
        }
    }
}
