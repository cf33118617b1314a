//! Runs from the shell, with a server on the data folder and without.

use crate::place::{Place, Server, err, out};
use serde_json::Value;

fn json_of(place: &Place, arguments: &[&str]) -> Value {
    let output = place.jac(&[arguments, &["--output", "json"]].concat()).output().expect("jac starts");
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", err(&output));
    serde_json::from_str(&out(&output)).expect("JSON")
}

#[test]
fn runs_are_listed_and_missing_ones_are_reported() {
    let place = Place::new();
    for with_server in [false, true] {
        let _server = with_server.then(|| Server::start(&place, &["--listen", "127.0.0.1:0"]));
        assert_eq!(json_of(&place, &["runs", "list", "--tag", "a&b c"]), serde_json::json!([]));
        let trend = json_of(&place, &["runs", "trend", "p-22222222", "--label", "Log in"]);
        assert_eq!((&trend["label"], &trend["items"]), (&"Log in".into(), &serde_json::json!([])));
        for arguments in [
            &["runs", "trend", "nowhere"][..],
            &["runs", "list", "--plan", "nowhere"],
            &["runs", "tag", "r-22222222", "nightly"],
            &["runs", "note", "r-22222222", "text"],
            &["runs", "baseline", "r-22222222"],
            &["runs", "annotations", "r-22222222"],
            &["runs", "annotate", "r-22222222", "Deployed 2.4"],
            &["runs", "annotate", "r-22222222", "Deployed 2.4", "--at", "noon"],
            &["runs", "annotate", "r-22222222"],
            &["runs", "annotate", "r-22222222", "text", "--remove", "0"],
            &["runs", "list", "--limit", "0"],
        ] {
            let output = place.jac(arguments).output().expect("jac starts");
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", err(&output));
            assert!(err(&output).contains("error: ") && out(&output).is_empty(), "{arguments:?}: {}", err(&output));
        }
    }
}
