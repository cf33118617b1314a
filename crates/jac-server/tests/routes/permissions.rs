//! Every route as every kind of caller, against a table: a route without a row fails, and so does a row without a route.

use crate::served::Served;
use crate::socket::Socket;
use http::{Method, StatusCode};
use jac_model::{ClusterId, Named, Person, PlanId, RunId, TokenScope, UserRole};
use jac_store::{NewSession, TokenRow};
use std::net::SocketAddr;

/// Callers with the fewest rights come first: what a later one deletes still existed for all before.
const CALLERS: [&str; 9] =
    ["nobody", "viewer", "other", "read token", "run token", "all token", "mate", "owner", "admin"];

/// `u`: 401; `f`: 403; `+`: any other answer. The tokens are the owner's, the objects the owner's and the team's.
const TABLE: &[(&str, &str, &str)] = &[
    ("GET", "/sign-in", "+++++++++"),
    ("POST", "/session", "uuuuuuuuu"),
    ("POST", "/session/password", "+++++++++"),
    ("POST", "/session/company", "+++++++++"),
    ("GET", "/session/company/callback", "+++++++++"),
    ("GET", "/session", "u++++++++"),
    ("DELETE", "/session", "u++++++++"),
    ("POST", "/session/tickets", "u++++++++"),
    ("GET", "/info", "u++++++++"),
    ("PUT", "/account/password", "u++ff++++"),
    ("GET", "/account/sessions", "u++++++++"),
    ("DELETE", "/account/sessions/{id}", "u++ff++++"),
    ("GET", "/account/tokens", "u++++++++"),
    ("POST", "/account/tokens", "u++ff++++"),
    ("DELETE", "/account/tokens/{id}", "u++ff++++"),
    ("GET", "/account/audit", "u++++++++"),
    ("GET", "/people", "u++++++++"),
    ("POST", "/people", "ufffffff+"),
    ("GET", "/people/{id}", "u++++++++"),
    ("PATCH", "/people/{id}", "ufffffff+"),
    ("DELETE", "/people/{id}", "ufffffff+"),
    ("POST", "/people/{id}/link", "ufffffff+"),
    ("GET", "/teams", "u++++++++"),
    ("POST", "/teams", "ufffffff+"),
    ("PATCH", "/teams/{id}", "ufffffff+"),
    ("DELETE", "/teams/{id}", "ufffffff+"),
    ("GET", "/audit", "ufffffff+"),
    ("GET", "/audit/export", "ufffffff+"),
    ("GET", "/clusters", "u++++++++"),
    ("POST", "/clusters", "uf+f+++++"),
    ("GET", "/clusters/defaults", "u++++++++"),
    ("POST", "/clusters/forecast", "uf+f+++++"),
    ("GET", "/clusters/{id}", "u++++++++"),
    ("GET", "/clusters/{id}/events", "u++++++++"),
    ("POST", "/clusters/{id}/terminate", "ufff+++++"),
    ("POST", "/clusters/{id}/extend", "ufff+++++"),
    ("PATCH", "/clusters/{id}/team", "ufff+++++"),
    ("POST", "/clusters/{id}/image", "ufff+++++"),
    ("GET", "/images", "u++++++++"),
    ("DELETE", "/images/{region}/{id}", "ufffffff+"),
    ("GET", "/machines", "u++++++++"),
    ("POST", "/orphans/{id}/adopt", "ufffffff+"),
    ("DELETE", "/orphans/{id}", "ufffffff+"),
    ("GET", "/credentials", "uf+++++++"),
    ("POST", "/credentials", "uf+ff++++"),
    ("GET", "/credentials/environment", "uf+++++++"),
    // The set in the path does not exist.
    ("PUT", "/credentials/{id}", "uf+ff++++"),
    ("DELETE", "/credentials/{id}", "uf+ff++++"),
    ("POST", "/credentials/{id}/test", "uf+ff++++"),
    ("GET", "/stores", "uf+++++++"),
    ("POST", "/stores", "uf+ff++++"),
    // The store in the path does not exist.
    ("PUT", "/stores/{id}", "uf+ff++++"),
    ("DELETE", "/stores/{id}", "uf+ff++++"),
    ("POST", "/stores/{id}/test", "uf+ff++++"),
    ("GET", "/search/own", "uf+++++++"),
    ("POST", "/search/own", "uf+ff++++"),
    // The target in the path does not exist.
    ("PUT", "/search/own/{id}", "uf+ff++++"),
    ("DELETE", "/search/own/{id}", "uf+ff++++"),
    ("GET", "/runs/{id}/shares", "uffff++++"),
    ("POST", "/runs/{id}/shares", "uffff++++"),
    ("DELETE", "/runs/{id}/shares/{share}", "uffff++++"),
    // No runs are given: routes/shares.rs tests whose they must be.
    ("GET", "/comparisons/shares", "uf+ff++++"),
    ("POST", "/comparisons/shares", "uf+ff++++"),
    ("DELETE", "/comparisons/shares/{id}", "uf+ff++++"),
    ("POST", "/shares/open", "+++++++++"),
    ("GET", "/plans", "u++++++++"),
    ("POST", "/plans", "uf+f+++++"),
    ("GET", "/plans/{id}", "u++++++++"),
    ("DELETE", "/plans/{id}", "ufff+++++"),
    ("PATCH", "/plans/{id}", "ufff+++++"),
    ("POST", "/plans/{id}/duplicate", "uf+f+++++"),
    ("GET", "/plans/{id}/outline", "u++++++++"),
    ("POST", "/plans/{id}/move", "ufff+++++"),
    ("POST", "/plans/{id}/revisions/{revision}/restore", "ufff+++++"),
    ("PATCH", "/plans/{id}/team", "ufff+++++"),
    ("PATCH", "/plans/{id}/keep", "ufff+++++"),
    ("POST", "/plans/{id}/files", "ufff+++++"),
    ("GET", "/plans/{id}/files/{path}", "u++++++++"),
    ("DELETE", "/plans/{id}/files/{path}", "ufff+++++"),
    ("GET", "/plans/{id}/check", "u++++++++"),
    ("POST", "/plans/{id}/check", "u++++++++"),
    ("GET", "/plans/{id}/revisions", "u++++++++"),
    ("GET", "/plans/{id}/revisions/{revision}/zip", "u++++++++"),
    ("GET", "/plans/{id}/revisions/{from}/compare/{to}", "u++++++++"),
    ("GET", "/plans/{id}/criteria", "u++++++++"),
    ("PUT", "/plans/{id}/criteria", "ufff+++++"),
    ("GET", "/runs", "u++++++++"),
    ("POST", "/runs", "ufff+++++"),
    ("POST", "/runs/import", "uf+f+++++"),
    ("GET", "/runs/{id}", "u++++++++"),
    ("DELETE", "/runs/{id}", "ufff+++++"),
    ("POST", "/runs/{id}/stop", "ufff+++++"),
    ("PATCH", "/runs/{id}/team", "ufff+++++"),
    ("PATCH", "/runs/{id}/pin", "ufff+++++"),
    ("PATCH", "/runs/{id}/tags", "ufff+++++"),
    ("PATCH", "/runs/{id}/note", "ufff+++++"),
    ("PATCH", "/runs/{id}/baseline", "ufff+++++"),
    ("GET", "/plans/{id}/trend", "u++++++++"),
    ("GET", "/plans/{id}/samples", "u++++++++"),
    ("GET", "/plans/{id}/labels", "u++++++++"),
    ("GET", "/compare/series", "u++++++++"),
    ("GET", "/runs/{id}/search", "u++++++++"),
    ("POST", "/runs/{id}/search", "ufff+++++"),
    ("DELETE", "/runs/{id}/search", "ufff+++++"),
    ("GET", "/search/targets", "u++++++++"),
    ("POST", "/search/targets/{name}/test", "uf+f+++++"),
    ("GET", "/integrations", "ufffffff+"),
    ("POST", "/integrations/{name}/test", "ufffffff+"),
    ("GET", "/runs/{id}/notifications", "u++++++++"),
    ("POST", "/runs/{id}/notifications/retry", "ufff+++++"),
    ("GET", "/runs/{id}/live", "u++++++++"),
    ("GET", "/runs/{id}/live/labels", "u++++++++"),
    ("GET", "/runs/{id}/live/window", "u++++++++"),
    ("GET", "/runs/{id}/node-series", "u++++++++"),
    ("GET", "/runs/{id}/transactions", "u++++++++"),
    ("POST", "/runs/{id}/annotations", "ufff+++++"),
    ("PUT", "/runs/{id}/annotations/{annotation}", "ufff+++++"),
    ("DELETE", "/runs/{id}/annotations/{annotation}", "ufff+++++"),
    ("GET", "/runs/{id}/labels-together", "u++++++++"),
    ("GET", "/runs/{id}/report", "u++++++++"),
    ("GET", "/runs/{id}/label-charts", "u++++++++"),
    ("GET", "/runs/{id}/samples", "u++++++++"),
    ("GET", "/runs/{id}/logs/{node}", "u++++++++"),
    ("GET", "/runs/{id}/artefacts", "u++++++++"),
    ("GET", "/runs/{id}/artefacts/{name}", "u++++++++"),
    ("POST", "/runs/{id}/archive/retry", "ufff+++++"),
    ("POST", "/runs/{id}/archive/verify", "ufff+++++"),
    ("GET", "/runs/{id}/archive/link", "u++++++++"),
    ("POST", "/archive/rebuild", "ufffffff+"),
    ("GET", "/compare", "u++++++++"),
    ("GET", "/schedules", "u++++++++"),
    ("POST", "/schedules", "uf+ff++++"),
    ("GET", "/schedules/preview", "u++++++++"),
    ("GET", "/schedules/{id}", "u++++++++"),
    ("PUT", "/schedules/{id}", "uffff++++"),
    ("DELETE", "/schedules/{id}", "uffff++++"),
    ("POST", "/schedules/{id}/pause", "uffff++++"),
    ("POST", "/schedules/{id}/resume", "uffff++++"),
    ("POST", "/schedules/{id}/start", "uffff++++"),
    ("GET", "/schedules/{id}/firings", "u++++++++"),
    ("PATCH", "/schedules/{id}/team", "uffff++++"),
    ("GET", "/runs/{id}/schedule", "u++++++++"),
];

/// Live events for the same callers. `u`: the connection itself is rejected with 401, so nothing is received; `+`: it is answered, or received.
/// A token opens no connection, whatever its scope: only JAC's own page may connect, for a signed-in user.
const LIVE: &[(&str, &str)] = &[
    ("connect", "u++uuu+++"),
    ("subscribe_run", "u++uuu+++"),
    ("unsubscribe_run", "u++uuu+++"),
    // Pushed to all connected pages.
    ("changed", "u++uuu+++"),
];

/// All kinds of callers, with the owner's tokens; objects are the owner's and the team's.
async fn people(served: &Served) -> Named {
    let store = served.app.engine.store();
    let team = Named { id: "t-1".to_owned(), name: "Shop".to_owned() };
    store.add_team(&team.id, &team.name).await.expect("made");
    let in_team = || vec![team.id.clone()];
    for (id, role, teams) in [
        ("viewer", UserRole::Viewer, in_team()),
        ("other", UserRole::Member, Vec::new()),
        ("mate", UserRole::Member, in_team()),
        ("owner", UserRole::Member, Vec::new()),
    ] {
        store.add_person(id, id, role, teams, 0).await.expect("added");
    }
    for (name, scope) in [("read", TokenScope::Read), ("run", TokenScope::Run), ("all", TokenScope::All)] {
        let (id, name) = (format!("k-{name}"), name.to_owned());
        let row = TokenRow { id, name: name.clone(), scope, created_ms: 0, expires_ms: None, last_used_ms: None };
        store.add_token("owner", &format!("jac_{name}"), row).await.expect("written");
    }
    team
}

/// The headers of a caller; each browser call has its own session, which the call may end.
async fn headers(served: &Served, caller: &str) -> Vec<(&'static str, String)> {
    if let Some(scope) = caller.strip_suffix(" token") {
        return vec![("authorization", format!("Bearer jac_{scope}"))];
    }
    if caller == "nobody" {
        return Vec::new();
    }
    let secret = format!("{:032x}", rand::random::<u128>());
    let session = NewSession {
        id: secret.clone(),
        secret: secret.clone(),
        page: format!("page-{secret}"),
        expires_ms: i64::MAX,
        address: None,
        user_agent: None,
    };
    let now_ms = served.app.engine.now_ms();
    served.app.engine.store().open_session(caller, session, now_ms).await.expect("opened");
    let name = served.cookie.split('=').next().expect("a name");
    vec![("cookie", format!("{name}={secret}")), ("x-jac-page", format!("page-{secret}"))]
}

#[tokio::test]
async fn every_route_answers_every_kind_of_caller_as_the_table_says() {
    let served = Served::new().await;
    let team = people(&served).await;
    let owner = Person { id: "owner".to_owned(), name: "owner".to_owned() };
    let document = serde_json::to_value(jac_server::openapi::split().1).expect("a document");
    let mut routes: Vec<(Method, String)> = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for method in methods.as_object().expect("methods").keys() {
            let method = method.to_uppercase().parse().expect("a method");
            routes.push((method, path.trim_start_matches("/api/v1").to_owned()));
        }
    }
    assert_eq!(routes.len(), TABLE.len(), "a route without a row, or a row without a route");
    let mut wrong = Vec::new();
    for (number, (method, path)) in (0_u8..).zip(&routes) {
        let row = TABLE.iter().find(|(of, at, _)| *of == method.as_str() && at == path);
        let (_, _, expected) = row.unwrap_or_else(|| panic!("{method} {path} has no row"));
        let (cluster, plan, run) = crate::things::owned(&served, number, &owner, Some(&team)).await;
        let id = match path.split('/').nth(1) {
            Some("clusters" | "orphans") => cluster.to_string(),
            Some("plans") => plan.to_string(),
            Some("schedules") => crate::things::schedule(&served, number, &owner, Some(&team)).await.to_string(),
            _ => run.to_string(),
        };
        let at = path.replace("{id}", &id).replace("{path}", "p.jmx");
        let at = at.replace("{revision}", "1").replace("{from}", "1").replace("{to}", "1").replace(['{', '}'], "");
        let body = body_of(method, path, &cluster, &plan, &run);
        let mut seen = String::new();
        for caller in CALLERS {
            let headers = headers(&served, caller).await;
            let headers: Vec<(&str, &str)> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            let answer = served.call(method.clone(), &at, &headers, &body).await;
            // The plan's file is in the database only, so reading it is a server error.
            let reads_files = ["/check", "/zip", "/duplicate", "/outline"].iter().any(|end| path.ends_with(end))
                || path.contains("/files/");
            if answer.status.is_server_error() && !reads_files {
                wrong.push(format!("{method} {path} {caller}: {}", answer.body));
            }
            seen.push(match answer.status {
                StatusCode::UNAUTHORIZED => 'u',
                StatusCode::FORBIDDEN => 'f',
                _ => '+',
            });
        }
        if seen != *expected {
            wrong.push(format!("{method} {path}: {seen}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{CALLERS:?}\n{}", wrong.join("\n"));
}

#[tokio::test]
async fn every_live_event_answers_every_kind_of_caller_as_the_table_says() {
    let served = Served::new().await;
    let team = people(&served).await;
    let address = served.listen().await;
    let owner = Person { id: "owner".to_owned(), name: "owner".to_owned() };
    let (_, _, run) = crate::things::owned(&served, 0, &owner, Some(&team)).await;
    for event in jac_server::live::ASKED {
        assert!(LIVE.iter().any(|(name, _)| *name == event), "{event} has no row");
    }
    let mut seen = vec![String::new(); LIVE.len()];
    for caller in CALLERS {
        match let_in(&served, address, caller).await {
            Ok(mut page) => {
                for ((event, _), seen) in LIVE.iter().zip(&mut seen) {
                    assert!(comes(&served, &mut page, event, &run).await, "{event} as {caller}");
                    seen.push('+');
                }
            }
            Err(status) => {
                assert_eq!(status, 401, "{caller}");
                seen.iter_mut().for_each(|seen| seen.push('u'));
            }
        }
    }
    let expected: Vec<_> = LIVE.iter().map(|(event, expected)| (*event, (*expected).to_owned())).collect();
    let seen: Vec<_> = LIVE.iter().map(|(event, _)| *event).zip(seen).collect();
    assert_eq!(seen, expected, "{CALLERS:?}");
}

/// The live connection of a caller, or the status with which it is rejected.
async fn let_in(served: &Served, address: SocketAddr, caller: &str) -> Result<Socket, u16> {
    let headers = headers(served, caller).await;
    let page = headers.iter().find(|(name, _)| *name == "x-jac-page").map_or("", |(_, page)| page.as_str());
    let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let mut socket = Socket::open(address, &headers).await?;
    socket.say(&format!(r#"40{{"page":"{page}"}}"#)).await;
    socket.wait_for("40").await;
    Ok(socket)
}

/// Whether a connected page gets what the event is for.
async fn comes(served: &Served, page: &mut Socket, event: &str, run: &RunId) -> bool {
    match event {
        "connect" => true,
        "subscribe_run" => page.ask(1, &format!(r#"["{event}",{{"run_id":"{run}"}}]"#)).await["run_id"] == run.as_str(),
        // It has no answer; the next request has one.
        "unsubscribe_run" => {
            page.say(&format!(r#"42["{event}",{{"run_id":"{run}"}}]"#)).await;
            page.ask(2, r#"["subscribe_run",7]"#).await["error"]["code"] == "subscription_invalid"
        }
        "changed" => {
            let plan = served.upload("/plans", &[("a.jmx", crate::PLAN)]).await.body["id"].to_string();
            page.wait_for(r#"42["changed""#).await.contains(&plan)
        }
        unknown => panic!("it is not known what {unknown} should give"),
    }
}

/// What a request needs to get as far as the permission check.
fn body_of(method: &Method, path: &str, cluster: &ClusterId, plan: &PlanId, _: &RunId) -> String {
    match (method.as_str(), path) {
        ("POST", "/runs") => format!(r#"{{"cluster_id":"{cluster}","plan_id":"{plan}"}}"#),
        ("POST", "/session/password") => r#"{"name":"","password":1}"#.to_owned(),
        ("POST", "/session") => r#"{"token":"0"}"#.to_owned(),
        ("PATCH", path) if path.ends_with("/team") => r#"{"team":"t-1"}"#.to_owned(),
        _ => "{}".to_owned(),
    }
}
