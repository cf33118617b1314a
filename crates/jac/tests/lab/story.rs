//! The usual life of a cluster on EC2, from creation to termination.

use crate::site::Site;
use serde_json::json;

#[test]
fn a_cluster_is_made_runs_twice_and_goes_with_all_that_was_made_for_it() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(2, json!({ "tags": { "team": "shop" } }));
    let events = site.events(&cluster);
    for code in ["(c6i.xlarge). [instance_launched]", "[ssh_ready]", "[tools_found]", "[ready]"] {
        assert!(events.contains(code), "{code}: {events}");
    }
    assert!(!events.contains("[warning]"), "{events}");
    let machines = site.lab(&["status"]);
    let groups: Vec<&serde_json::Value> =
        machines["machines"].as_object().expect("machines").values().map(|machine| &machine["groups"]).collect();
    assert!(groups.len() == 3 && groups.windows(2).all(|pair| pair[0] == pair[1]), "one group for all: {groups:?}");
    // Three machines, three disks, one group.
    assert_eq!(site.left().len(), 7, "{:?}", site.left());

    let first = site.run(&cluster, 5);
    site.assert_whole(&first);
    let second = site.run(&cluster, 3);
    site.assert_whole(&second);
    site.terminate(&cluster);
    let view = site.api().get(&format!("/runs/{first}"));
    assert_eq!(view["phase"], "finished", "its results stay");
}

#[test]
fn a_lifetime_that_is_over_ends_the_machines() {
    let Some(site) = Site::new() else { return };
    let mut config = site.config(0, json!({}));
    config["config"]["lifetime_minutes"] = json!(1);
    let cluster = site.api().post("/clusters", &config)["id"].as_str().expect("its id").to_owned();
    // On a busy machine it may be over before the cluster is ready.
    site.until("its machine is launched", || site.events(&cluster).contains("[instance_launched]"));
    site.await_phase(&cluster, &["terminated"]);
    assert_eq!(site.cluster(&cluster)["cause"]["code"], "lifetime_over");
    site.assert_nothing_left();
}

#[test]
fn machines_end_by_themselves_when_the_server_is_gone_for_good() {
    // A machine has to become ready within it, even on a busy host.
    let Some(mut site) = Site::with(&["--lease-seconds", "60"]) else { return };
    let cluster = site.ready(1, json!({}));
    // During a run, the lease lasts beyond its expected end.
    let run = site.run(&cluster, 30);
    site.await_samples();
    site.kill();
    site.until("the machines end by their lease", || {
        let machines = site.lab(&["status"]);
        machines["machines"].as_object().expect("machines").is_empty()
    });
    // Only free resources are left, and the next server removes those too.
    site.start();
    let view = site.finished(&run);
    assert_eq!(view["cause"]["kind"], "failed", "{view}");
    site.await_phase(&cluster, &["terminated"]);
    site.assert_nothing_left();
}

#[test]
fn the_shell_does_the_whole_job_with_and_without_a_cluster_that_stays() {
    let Some(site) = Site::new() else { return };
    let machines = ["--provider", "ec2", "--private", "--workers", "1", "--heap", "256m"];
    let mut run = site.place.run("steady.jmx", &machines);
    run.args(["--disk-gb", "8", "-Jduration=3"]);
    let done = site.place.finish(run).expect(0);
    assert!(
        done.stderr.contains("The cost of 2 machines is unknown") || done.stderr.contains("an hour for 2 machines"),
        "{}",
        done.stderr
    );
    assert!(site.place.summary()["total"]["samples"].as_u64() > Some(20));
    site.assert_nothing_left();

    let shell = |words: &[&str], code| {
        let done = site.place.finish(site.place.jac(words)).expect(code);
        format!("{}{}", done.stdout, done.stderr)
    };
    let mut create = vec!["cluster", "create", "--name", "mine", "--wait"];
    create.extend(machines);
    assert!(shell(&create, 0).contains("Answers over SSH."));
    assert!(shell(&["cluster", "list"], 0).contains("mine, ec2 of 2 nodes"));
    assert!(shell(&["cluster", "extend", "mine", "30"], 0).contains("expires in 1h 2"));
    assert!(shell(&["cluster", "terminate", "mine", "--wait"], 0).contains("is terminated"));
    site.assert_nothing_left();
}
