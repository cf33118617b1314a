//! `jac cluster`: clusters that stay, on this machine.

use crate::place::{Place, plan_path};
use crate::server::Server;

/// `jac cluster …`, which has to end with that code; gives what it printed.
fn cluster(place: &Place, arguments: &[&str], code: i32) -> String {
    let mut words = vec!["cluster"];
    words.extend(arguments);
    let done = place.finish(place.jac(&words)).expect(code);
    format!("{}{}", done.stdout, done.stderr)
}

#[test]
fn a_cluster_is_made_listed_run_on_twice_extended_and_taken_away() {
    let place = Place::new();
    let _server = Server::start(&place);
    assert!(cluster(&place, &["list"], 0).contains("There is no cluster."));
    let said = cluster(&place, &["create", "--workers", "1", "--name", "mine", "--heap", "256m", "--wait"], 0);
    assert!(said.contains("JMeter 5.6.3 on Java") && said.contains("ready"), "{said}");
    assert!(
        cluster(&place, &["list"], 0).contains("mine, local of 2 nodes, ends in 8h")
            || cluster(&place, &["list"], 0).contains("7h 59m")
    );
    for number in ["1", "2"] {
        let out = place.out().join(number);
        let mut run = place.jac(&["cluster", "run", "mine"]);
        run.arg(plan_path("steady.jmx")).arg("--out").arg(&out).args(["-Jduration=3", "--output", "json"]);
        let done = place.finish(run).expect(0);
        assert!(done.stderr.contains("2 threads") && !done.stderr.contains("Removing"), "{}", done.stderr);
        assert!(out.join("nodes/worker-1/jmeter.log").is_file());
    }
    assert!(cluster(&place, &["run", "mine", "x.jmx", "--workers", "3"], 2).contains("has its machines already"));
    assert!(cluster(&place, &["extend", "mine", "60"], 0).contains("ends in "));
    assert!(cluster(&place, &["terminate", "other"], 2).contains("there is no cluster 'other'"));
    assert!(cluster(&place, &["terminate", "mine", "--wait"], 0).contains("is left"));
    place.assert_nothing_left();
    let said = cluster(&place, &["list", "--all", "--output", "json"], 0);
    let listed: serde_json::Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(listed["clusters"][0]["phase"], "terminated", "{said}");
}

#[test]
fn what_cannot_be_made_is_said_before_anything_is() {
    let place = Place::new();
    let said = cluster(
        &place,
        &["check", "--provider", "ec2", "--disk-gb", "1", "--workers-may-fail", "3", "--workers", "2"],
        2,
    );
    assert!(said.contains("A disk of 1 GB") && said.contains("3 workers may fail"), "{said}");
    let said = cluster(&place, &["create", "--provider", "ec2", "--image", "windows"], 2);
    assert!(said.contains("--image windows is no image"), "{said}");
    assert!(cluster(&place, &["check", "--workers", "2"], 0).contains("It can be made."));
}
