//! A user's own search targets from the shell: added, replaced, listed and removed, without showing a secret.

use crate::place::{Place, Server, err, out};
use serde_json::{Value, json};
use std::fs::File;
use std::process::Output;

const SECRET: &str = "s3cret-key";
const ADD: [&str; 5] = ["add", "logs", "https://search.example", "--no-test", "--namespace"];

/// The output of `jac search`, with that file as its standard input.
fn search(place: &Place, arguments: &[&str]) -> Output {
    let input = File::open(place.0.path().join("secret")).expect("the secret");
    let done = place.jac(&[&["search"], arguments].concat()).stdin(input).output().expect("jac starts");
    assert!(!out(&done).contains(SECRET) && !err(&done).contains(SECRET), "{}{}", out(&done), err(&done));
    done
}

fn listed(place: &Place) -> Value {
    let done = search(place, &["list", "--output", "json"]);
    assert_eq!(done.status.code(), Some(0), "{}", err(&done));
    serde_json::from_str(&out(&done)).expect("JSON")
}

#[test]
fn a_search_target_of_ones_own_is_added_replaced_listed_and_removed() {
    let place = Place::new();
    let secret = place.0.path().join("secret");
    std::fs::write(&secret, format!("{SECRET}\n")).expect("written");
    let secret = secret.to_str().expect("UTF-8");
    for with_server in [false, true] {
        let _server = with_server.then(|| Server::start(&place, &["--listen", "127.0.0.1:0"]));
        assert_eq!(listed(&place), json!([]));
        let done = search(&place, &[&ADD[..], &["one", "--api-key-file", secret, "--label", "team=shop"]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        let added = listed(&place)[0].clone();
        assert_eq!(
            (&added["name"], &added["has_secret"], &added["username"]),
            (&json!("logs"), &json!(true), &Value::Null)
        );
        assert_eq!(
            (&added["settings"]["namespace"], &added["settings"]["labels"]["team"]),
            (&json!("one"), &json!("shop"))
        );
        // The same name again replaces that target; its secret is read from standard input.
        let signed_in = ["two", "--username", "ann", "--password-file", "-", "--layout", "index_per_run"];
        let done = search(&place, &[&ADD[..], &signed_in].concat());
        assert_eq!(done.status.code(), Some(0), "{}", err(&done));
        let all = listed(&place);
        assert_eq!((all.as_array().map(Vec::len), &all[0]["id"]), (Some(1), &added["id"]));
        assert_eq!((&all[0]["username"], &all[0]["settings"]["layout"]), (&json!("ann"), &json!("index_per_run")));
        let id = added["id"].as_str().expect("an ID");
        // Its secret is on the server: an import could not sign in. A file can be written.
        let file = place.0.path().join("kibana.ndjson");
        let import = ["dashboards", "--target", "logs", "--import", "http://127.0.0.1:1"];
        let refused = search(&place, &import);
        assert_eq!(refused.status.code(), Some(2), "{}", err(&refused));
        let written = search(&place, &["dashboards", "--target", "logs", "--kibana", file.to_str().expect("UTF-8")]);
        assert_eq!(written.status.code(), Some(0), "{}", err(&written));
        let unclear = search(&place, &["dashboards", "--import", "localhost:5601"]);
        assert_eq!(unclear.status.code(), Some(2), "{}", err(&unclear));
        assert!(err(&unclear).contains("http:// or https://"), "{}", err(&unclear));
        assert!(out(&search(&place, &["list"])).contains(id), "it is shown with its name on the server");
        assert_eq!(search(&place, &["remove", "other"]).status.code(), Some(2));
        assert_eq!(search(&place, &["remove", "logs"]).status.code(), Some(0));
    }
}

#[test]
fn what_cannot_be_a_search_target_is_refused_before_anything_is_saved() {
    let place = Place::new();
    std::fs::write(place.0.path().join("secret"), " \n").expect("written");
    for arguments in [
        &["add", "logs", "http://10.0.0.4:9200", "--no-test"][..],
        &["add", "My Logs", "https://search.example", "--no-test"],
        &["add", "logs", "https://search.example", "--no-test", "--username", "ann"],
        &["add", "logs", "https://search.example", "--no-test", "--api-key-file", "-"],
        &["add", "logs", "https://search.example", "--no-test", "--api-key-file", "/nowhere/key"],
        &["add", "logs", "https://search.example", "--no-test", "--label", "team"],
        &["add", "logs", "https://search.example", "--no-test", "--aws-region", "eu-central-1"],
        &["add", "logs", "https://search.example", "--dashboards-kind", "opensearch"],
    ] {
        let done = search(&place, arguments);
        assert_eq!((done.status.code(), out(&done)), (Some(2), String::new()), "{arguments:?}: {}", err(&done));
        assert!(err(&done).contains("error: "), "{arguments:?}: {}", err(&done));
    }
    assert_eq!(listed(&place), json!([]));
}
