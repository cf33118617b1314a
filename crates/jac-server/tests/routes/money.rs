//! Credentials, forecasts, and machines that cost money.

use crate::billable::instance;
use crate::served::{Answer, Served};
use http::{Method, StatusCode};
use jac_engine::Settings;
use jac_model::ports::Unseen;
use jac_model::{Role, TokenScope, UserRole};
use jac_server::Edge;
use jac_server::config::ServerConfig;
use jac_store::{CompanyPerson, PersonChange, TokenRow};
use std::sync::atomic::Ordering;

const SECRET: &str = "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY";
const CLUSTER: &str = r#"{"provider":"ec2","config":{"workers":2,"heap_mb":null,"lifetime_minutes":60,"idle_minutes":null,"remove_after_run":false,"ec2":{}}}"#;

fn message(answer: &Answer) -> &str {
    answer.body["error"]["message"].as_str().unwrap_or_default()
}

/// Saves the owner's set `name`, untested; returns its ID.
async fn save(served: &Served, name: &str) -> String {
    let saved = served.as_owner(Method::POST, "/credentials?test=false", &set(name)).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
    assert_eq!(saved.body["shown"]["access_key_id"], "AKIA…MPLE");
    assert!(!saved.body.to_string().contains(SECRET) && !saved.body.to_string().contains("IOSFODNN7"));
    saved.body["id"].as_str().expect("an id").to_owned()
}

fn set(name: &str) -> String {
    format!(
        r#"{{"name":"{name}","aws":{{"access_key_id":"AKIAIOSFODNN7EXAMPLE","secret_access_key":"{SECRET}","region":"eu-central-1"}}}}"#
    )
}

#[tokio::test]
async fn credentials_go_in_and_never_come_out() {
    let served = Served::new().await;
    assert_eq!(served.as_owner(Method::GET, "/credentials", "").await.body, serde_json::json!([]));
    let id = save(&served, "work").await;
    let shown = served.as_owner(Method::GET, "/credentials", "").await.body;
    assert_eq!((&shown[0]["kind"], &shown[0]["region"]), (&"aws_keys".into(), &"eu-central-1".into()));
    assert_eq!((&shown[0]["identity"], &shown[0]["owner"]["id"]), (&serde_json::Value::Null, &"admin".into()));
    assert!(!shown.to_string().contains(SECRET));
    let again = served.as_owner(Method::POST, "/credentials?test=false", &set("Work")).await;
    assert_eq!(again.refusal(), (StatusCode::CONFLICT, "name_taken"));
    let bad = r#"{"name":"x","aws":{"access_key_id":"A B","role_arn":"me","region":"Here"}}"#;
    let bad = served.as_owner(Method::POST, "/credentials", bad).await;
    assert_eq!(bad.refusal(), (StatusCode::BAD_REQUEST, "credentials_invalid"));
    let faults = bad.body["error"]["faults"].as_array().expect("all faults").iter();
    let fields: Vec<_> = faults.filter_map(|fault| fault["field"].as_str()).collect();
    assert_eq!(fields, ["/aws/secret_access_key", "/aws/access_key_id", "/aws/role_arn", "/aws/region"]);
    for wrong in [r#"{"name":"x"}"#, r#"{"name":"x","ssh_key":{"private_key":"words"}}"#, r#"{"name":" ","aws":{}}"#] {
        let refused = served.as_owner(Method::POST, "/credentials", wrong).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{wrong}: {}", refused.body);
    }
    let unknown = format!(r#"{{"name":"x","aws":{{"secret":"{SECRET}"}}}}"#);
    let unknown = served.as_owner(Method::POST, "/credentials", &unknown).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(!unknown.body.to_string().contains(SECRET), "{}", unknown.body);
    let path = format!("/credentials/{id}");
    assert_eq!(served.as_owner(Method::DELETE, &path, "").await.status, StatusCode::NO_CONTENT);
    assert_eq!(served.as_owner(Method::DELETE, &path, "").await.refusal(), (StatusCode::NOT_FOUND, "not_found"));
}

#[tokio::test]
async fn aws_is_asked_whose_credentials_are_before_they_are_saved() {
    let served = Served::new().await;
    let saved = served.as_owner(Method::POST, "/credentials", &set("work")).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
    let arn = "arn:aws:iam::123456789012:user/AKIAIOSFODNN7EXAMPLE";
    assert_eq!(saved.body["identity"], arn);
    *served.billable.failure.lock().expect("no panic") = Some("the token has expired".to_owned());
    let refused = served.as_owner(Method::POST, "/credentials", &set("more")).await;
    assert_eq!(refused.refusal(), (StatusCode::BAD_REQUEST, "credentials_refused"));
    assert_eq!(served.as_owner(Method::GET, "/credentials", "").await.body.as_array().map(Vec::len), Some(1));
    let path = format!("/credentials/{}", saved.body["id"].as_str().expect("an id"));
    let tried = served.as_owner(Method::POST, &format!("{path}/test"), "").await.body;
    assert!(tried["fault"].as_str().is_some_and(|fault| fault.contains("expired")), "{tried}");
    assert_eq!(tried["identity"], arn, "who it was is still known");
    *served.billable.failure.lock().expect("no panic") = None;
    assert_eq!(served.as_owner(Method::PUT, &path, &set("work")).await.body["fault"], serde_json::Value::Null);
    // While AWS cannot be asked, nothing is said of the set.
    served.billable.is_away.store(true, Ordering::Relaxed);
    for (method, path, body) in [
        (Method::POST, "/credentials".to_owned(), set("more")),
        (Method::PUT, path.clone(), set("work")),
        (Method::POST, format!("{path}/test"), String::new()),
    ] {
        let untested = served.as_owner(method, &path, &body).await;
        assert_eq!(untested.refusal(), (StatusCode::BAD_GATEWAY, "credentials_untested"), "{path}");
    }
    let sets = served.as_owner(Method::GET, "/credentials", "").await.body;
    assert_eq!((sets.as_array().map(Vec::len), &sets[0]["fault"]), (Some(1), &serde_json::Value::Null));
    served.billable.is_away.store(false, Ordering::Relaxed);
    let environment = served.as_owner(Method::GET, "/credentials/environment", "").await.body;
    assert_eq!(environment, serde_json::json!({"allowed": true, "available": true}));
}

#[tokio::test]
async fn credentials_stay_while_a_cluster_lives_that_was_made_with_them() {
    let served = Served::new().await;
    let without = served.as_owner(Method::POST, "/clusters", CLUSTER).await;
    assert_eq!(without.status, StatusCode::ACCEPTED, "{}", without.body);
    assert_eq!(without.body["config"]["ec2"]["credentials"], "environment", "none are saved");
    let id = save(&served, "work").await;
    let with = served.as_owner(Method::POST, "/clusters", CLUSTER).await;
    assert_eq!(with.body["config"]["ec2"]["credentials"], *id);
    let refused = served.as_owner(Method::DELETE, &format!("/credentials/{id}"), "").await;
    assert_eq!(refused.refusal(), (StatusCode::CONFLICT, "credentials_in_use"));
    let (with, without) = (with.body["id"].as_str().expect("an id"), without.body["id"].as_str().expect("an id"));
    assert!(message(&refused).contains(with) && !message(&refused).contains(without), "{}", refused.body);
    assert_eq!(refused.body["error"]["faults"][0]["message"], with, "a cluster without a name has its id");
    let shown = served.as_owner(Method::GET, "/credentials", "").await.body;
    assert_eq!(shown[0]["in_use_by"][0]["id"], with);
    let rotated = served.as_owner(Method::PUT, &format!("/credentials/{id}?test=false"), &set("work")).await;
    assert_eq!(rotated.status, StatusCode::OK, "{}", rotated.body);
    save(&served, "more").await;
    assert_eq!(
        served.as_owner(Method::POST, "/clusters", CLUSTER).await.refusal(),
        (StatusCode::BAD_REQUEST, "credentials_ambiguous")
    );
    let chosen = served.as_owner(Method::POST, "/clusters", &with_set(&id)).await;
    assert_eq!(chosen.status, StatusCode::ACCEPTED, "{}", chosen.body);
}

fn with_set(id: &str) -> String {
    CLUSTER.replace(r#""ec2":{}"#, &format!(r#""ec2":{{"credentials":"{id}"}}"#))
}

#[tokio::test]
async fn a_set_is_its_owners_alone_and_the_servers_own_and_its_files_are_the_administrators() {
    let config = ServerConfig { environment_credentials_for: vec!["ben".to_owned()], ..ServerConfig::default() };
    let served = Served::with_edge(Settings::default(), Edge::new(config)).await;
    let theirs = save(&served, "work").await;
    let store = served.app.engine.store();
    let mut tokens = Vec::new();
    for (id, name) in [("u-ann", "Ann"), ("u-ben", "Ben")] {
        store.add_person(id, name, UserRole::Member, Vec::new(), 1).await.expect("a person");
        let secret = jac_server::new_token();
        let row = TokenRow {
            id: format!("t-{id}"),
            name: "test".to_owned(),
            scope: TokenScope::All,
            created_ms: 1,
            expires_ms: None,
            last_used_ms: None,
        };
        store.add_token(id, &secret, row).await.expect("a token");
        tokens.push(format!("Bearer {secret}"));
    }
    let as_one = async |who: usize, method: Method, path: &str, body: &str| {
        served.call(method, path, &[("authorization", tokens[who].as_str())], body).await
    };
    let (ann, ben) = (0, 1);
    assert_eq!(as_one(ann, Method::GET, "/credentials", "").await.body, serde_json::json!([]), "not the others'");
    let delete = as_one(ann, Method::DELETE, &format!("/credentials/{theirs}"), "").await;
    assert_eq!(delete.refusal(), (StatusCode::FORBIDDEN, "not_owner"));
    let used = as_one(ann, Method::POST, "/clusters", &with_set(&theirs)).await;
    assert_eq!(used.refusal(), (StatusCode::BAD_REQUEST, "credentials_unknown"));
    let role = r#"{"name":"r","aws":{"role_arn":"arn:aws:iam::123456789012:role/load"}}"#;
    for (path, body) in [
        ("/clusters", CLUSTER),
        ("/clusters/forecast", CLUSTER),
        ("/clusters", &with_set("environment")),
        ("/credentials", role),
    ] {
        let refused = as_one(ann, Method::POST, path, body).await;
        assert_eq!(refused.refusal(), (StatusCode::FORBIDDEN, "environment_credentials"), "{path} {body}");
    }
    assert_eq!(as_one(ben, Method::POST, "/clusters", CLUSTER).await.status, StatusCode::ACCEPTED, "he is named");
    // A role without a key is assumed with the server's own credentials, even if the user may no longer use them.
    let has = |role| PersonChange { role: Some(role), ..PersonChange::default() };
    store.change_person("u-ann", has(UserRole::Administrator), 2).await.expect("promoted");
    let of_role = as_one(ann, Method::POST, "/credentials?test=false", role).await;
    let role_set = of_role.body["id"].as_str().expect("its id").to_owned();
    store.change_person("u-ann", has(UserRole::Member), 3).await.expect("demoted");
    let refused = as_one(ann, Method::POST, "/clusters", &with_set(&role_set)).await;
    assert_eq!(refused.refusal(), (StatusCode::FORBIDDEN, "environment_credentials"), "of when she was allowed to");
    let gone = as_one(ann, Method::DELETE, &format!("/credentials/{role_set}"), "").await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    let saved = as_one(ann, Method::POST, "/credentials?test=false", &set("work")).await;
    assert_eq!(saved.status, StatusCode::CREATED, "{}", saved.body);
    let made = as_one(ann, Method::POST, "/clusters", CLUSTER).await;
    assert_eq!(made.body["config"]["ec2"]["credentials"], saved.body["id"]);
    let all = served.as_owner(Method::GET, "/credentials", "").await.body;
    let of_ann = all.as_array().expect("sets").iter().find(|set| set["owner"]["id"] == "u-ann").expect("hers");
    assert_eq!((&of_ann["name"], &of_ann["shown"]), (&"work".into(), &serde_json::json!({})), "the name, no contents");
    for part in [
        r#""jmeter_home":"/opt/jmeter""#,
        r#""ssh":{"hosts":["10.0.0.4"],"user":"load","key_file":"/root/.ssh/id","known_hosts":[]}"#,
    ] {
        let body = CLUSTER.replace(r#""ec2":{}"#, part);
        let refused = as_one(ann, Method::POST, "/clusters", &body).await;
        assert_eq!(refused.refusal(), (StatusCode::FORBIDDEN, "administrator_only"), "{part}");
        assert!(refused.body["error"]["faults"][0]["field"].is_string(), "{}", refused.body);
    }
}

#[tokio::test]
async fn a_forecast_has_faults_and_price_and_creates_nothing() {
    let served = Served::new().await;
    let good = served.as_owner(Method::POST, "/clusters/forecast", CLUSTER).await;
    assert_eq!(good.status, StatusCode::OK, "{}", good.body);
    assert_eq!(good.body["faults"], serde_json::json!([]));
    assert_eq!((&good.body["usd_per_hour"], &good.body["notes"][0]["code"]), (&1.5.into(), &"image".into()));
    let bad = CLUSTER.replace(r#""ec2":{}"#, r#""ec2":{"region":"Here","disk_gb":1}"#);
    let bad = served.as_owner(Method::POST, "/clusters/forecast", &bad).await;
    assert_eq!(bad.body["faults"].as_array().map(Vec::len), Some(2), "{}", bad.body);
    *served.billable.failure.lock().expect("no panic") = Some("no credentials were found".to_owned());
    let down = served.as_owner(Method::POST, "/clusters/forecast", CLUSTER).await;
    assert_eq!((down.status, &down.body["usd_per_hour"]), (StatusCode::OK, &serde_json::Value::Null));
    assert_eq!(down.body["faults"][0]["code"], "preflight", "{}", down.body);
    assert_eq!(served.as_owner(Method::GET, "/clusters?ended=true", "").await.body["items"], serde_json::json!([]));
    let defaults = served.as_owner(Method::GET, "/clusters/defaults?provider=ec2", "").await.body;
    assert_eq!(defaults["ec2"]["worker_type"], "c6i.large");
}

/// The machines shown, once they are as expected, or after five seconds: a reconciler runs every two.
async fn machines_when(served: &Served, is_there: impl Fn(&serde_json::Value) -> bool) -> serde_json::Value {
    let mut shown = serde_json::Value::Null;
    for _ in 0..100 {
        let answer = served.as_owner(Method::GET, "/machines", "").await;
        assert_eq!(answer.status, StatusCode::OK);
        shown = answer.body;
        if is_there(&shown) {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    shown
}

#[tokio::test]
async fn machines_that_no_row_knows_are_orphans_to_be_ended_or_adopted() {
    let served = Served::new().await;
    let theirs = crate::things::others(&served).await.0;
    *served.billable.instances.lock().expect("no panic") = vec![
        instance(&theirs, "worker-1", Role::Worker),
        instance("c-77777777", "worker-1", Role::Worker),
        instance("c-99999999", "master", Role::Master),
    ];
    let shown = machines_when(&served, |shown| shown["machines"] != serde_json::json!([])).await;
    let machines = shown["machines"].as_array().expect("machines");
    let orphans: Vec<&str> = machines
        .iter()
        .filter(|machine| machine["orphan"] == true)
        .filter_map(|machine| machine["cluster_id"].as_str())
        .collect();
    assert_eq!(orphans, ["c-99999999", "c-77777777"]);
    let known = machines.iter().find(|machine| machine["orphan"] == false);
    // The row of that cluster has ended, so its machine may have been terminated already.
    assert!(known.is_none_or(|machine| machine["cluster_name"] == "theirs"), "{known:?}");

    let headless = served.as_owner(Method::POST, "/orphans/c-77777777/adopt", "").await;
    assert_eq!(headless.status, StatusCode::CONFLICT, "{}", headless.body);
    assert!(message(&headless).contains("master"), "{}", headless.body);
    for (method, path) in [
        (Method::POST, "/orphans/c-88888888/adopt"),
        (Method::DELETE, "/orphans/c-88888888"),
        (Method::DELETE, "/orphans/..%2f"),
    ] {
        let unknown = served.as_owner(method, path, "").await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{path}: {}", unknown.body);
    }
    let ours = served.as_owner(Method::DELETE, &format!("/orphans/{theirs}"), "").await;
    assert_eq!(ours.status, StatusCode::CONFLICT, "it has a row");
    assert_eq!(served.as_owner(Method::DELETE, "/orphans/c-77777777", "").await.status, StatusCode::NO_CONTENT);
    let left = served.as_owner(Method::GET, "/machines", "").await.body;
    assert!(!left.to_string().contains("c-77777777"), "{left}");
}

#[tokio::test]
async fn a_provider_that_cannot_be_asked_is_shown_as_such() {
    let served = Served::new().await;
    *served.billable.failure.lock().expect("no panic") = Some("the token has expired".to_owned());
    let shown = machines_when(&served, |shown| shown["unreachable"] != serde_json::json!([])).await;
    assert_eq!(
        shown["unreachable"],
        serde_json::json!([{"provider": "ec2", "region": null, "reason": "EC2 could not be asked: the token has expired."}])
    );
    let orphan = served.as_owner(Method::DELETE, "/orphans/c-88888888", "").await;
    assert_ne!(orphan.status, StatusCode::NOT_FOUND, "it may have it");
}

#[tokio::test]
async fn a_region_that_cannot_be_looked_at_is_shown_as_such_and_what_was_seen_there_stays_shown() {
    let served = Served::new().await;
    let mut elsewhere = instance("c-99999999", "master", Role::Master);
    elsewhere.billable.as_mut().expect("it costs money").region = "eu-west-3".to_owned();
    *served.billable.instances.lock().expect("no panic") = vec![elsewhere];
    let shown = machines_when(&served, |shown| shown["machines"] != serde_json::json!([])).await;
    assert_eq!(shown["unreachable"], serde_json::json!([]));
    *served.billable.unseen.lock().expect("no panic") = vec![Unseen {
        region: "eu-west-3".to_owned(),
        reason: "AWS in eu-west-3 does not answer: it is cut off".to_owned(),
    }];
    let shown = machines_when(&served, |shown| shown["unreachable"] != serde_json::json!([])).await;
    let reason = "AWS in eu-west-3 does not answer: it is cut off.";
    assert_eq!(shown["unreachable"], serde_json::json!([{"provider": "ec2", "region": "eu-west-3", "reason": reason}]));
    assert_eq!(shown["machines"].as_array().map(Vec::len), Some(1), "{shown}");
    let orphan = served.as_owner(Method::DELETE, "/orphans/c-88888888", "").await;
    assert_ne!(orphan.status, StatusCode::NOT_FOUND, "that region may have it");
}

/// Whether a single sign-on user called Ada, and Bob, whose account an administrator created, may use the server's own credentials if
/// the configuration names these; and the first one's ID.
async fn allowed_where_named(names: &[&str]) -> (bool, bool, String) {
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    let config = ServerConfig { environment_credentials_for: names, ..ServerConfig::default() };
    let served = Served::with_edge(Settings::default(), Edge::new(config)).await;
    let store = served.app.engine.store();
    let reported = CompanyPerson {
        issuer: "https://login.example".to_owned(),
        subject: "4711".to_owned(),
        names: vec!["Ada".to_owned()],
        role: Some(UserRole::Member),
        teams: None,
    };
    let ada = store.company_person(reported, 1).await.expect("a person").id;
    store.add_person("u-bob", "Bob", UserRole::Member, Vec::new(), 1).await.expect("a person");
    let may = async |person: &str| {
        let secret = jac_server::new_token();
        let row = TokenRow {
            id: format!("t-{person}"),
            name: "test".to_owned(),
            scope: TokenScope::All,
            created_ms: 1,
            expires_ms: None,
            last_used_ms: None,
        };
        store.add_token(person, &secret, row).await.expect("a token");
        let bearer = format!("Bearer {secret}");
        let answer = served.call(Method::GET, "/credentials/environment", &[("authorization", &bearer)], "").await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        answer.body["allowed"] == true
    };
    (may(&ada).await, may("u-bob").await, ada)
}

/// The identity provider may give a new user the name of a removed one.
#[tokio::test]
async fn the_servers_credentials_are_for_accounts_that_an_administrator_made_by_name_and_for_others_by_id() {
    let (of_company, local, id) = allowed_where_named(&["Ada", "bob"]).await;
    assert_eq!((of_company, local), (false, true));
    let (of_company, local, _) = allowed_where_named(&[&id]).await;
    assert_eq!((of_company, local), (true, false));
}
