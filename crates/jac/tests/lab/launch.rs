//! Faults while machines are created: each ends in the correct state, is reported with its cause, and leaves nothing.

use crate::site::Site;
use serde_json::{Value, json};
use std::process::Command;

/// Creates a cluster whose launch fails, and returns the cause.
fn cause_of_failure(site: &Site, workers: u32, ec2: Value) -> String {
    let cluster = site.create(workers, ec2);
    site.await_phase(&cluster, &["terminated"]);
    site.assert_nothing_left();
    site.cluster(&cluster)["cause"]["message"].as_str().expect("a cause").to_owned()
}

#[test]
fn missing_rights_are_reported_by_name() {
    let Some(site) = Site::new() else { return };
    site.lab(&["deny", "ec2:RunInstances"]);
    let forecast = site.api().post("/clusters/forecast", &site.config(1, json!({})));
    assert!(forecast["faults"].to_string().contains("ec2:RunInstances"), "{forecast}");
    let cause = cause_of_failure(&site, 1, json!({}));
    assert!(cause.contains("lack the permission") && cause.contains("docs/aws.md"), "{cause}");
}

#[test]
fn no_capacity_and_missing_resources_are_reported() {
    let Some(site) = Site::new() else { return };
    site.lab(&["no-capacity"]);
    let cause = cause_of_failure(&site, 1, json!({}));
    assert!(cause.contains("no capacity for that instance type"), "{cause}");
    site.lab(&["reset"]);
    let wrong = json!({ "image": { "id": "ami-0badbadbadbadbad0" }, "worker_type": "c6i.huge", "security_group": "sg-0badbadbadbadbad0" });
    let forecast = site.api().post("/clusters/forecast", &site.config(1, wrong.clone()));
    let faults = forecast["faults"].to_string();
    for text in ["ami-0badbadbadbadbad0", "c6i.huge", "sg-0badbadbadbadbad0"] {
        assert!(faults.contains(text), "{text}: {faults}");
    }
    let cause = cause_of_failure(&site, 1, wrong);
    assert!(cause.contains("ami-0badbadbadbadbad0"), "{cause}");
}

#[test]
fn workers_without_capacity_are_of_the_next_type_and_launches_keep_awss_pace() {
    let Some(site) = Site::new() else { return };
    site.lab(&["no-capacity", "1000", "c6i.large"]);
    // AWS's token bucket holds 5: on a busy host calls may be delayed and then arrive together. Without pacing there would be more.
    site.lab(&["throttle-launches", "10", "2"]);
    let cluster = site.ready(7, json!({ "fallback_worker_types": ["c5.large"] }));
    let events = site.events(&cluster);
    assert!(events.contains("[capacity_missing]") && !events.contains("[launch_throttled]"), "{events}");
    let nodes = site.cluster(&cluster)["nodes"].clone();
    let of_fallback = |node: &&Value| node["detail"].as_str().is_some_and(|detail| detail.contains("c5.large"));
    assert_eq!(nodes.as_array().expect("nodes").iter().filter(of_fallback).count(), 7, "{nodes}");
    let run = site.run(&cluster, 3);
    site.assert_whole(&run);
    site.terminate(&cluster);
}

#[test]
fn an_api_that_throttles_answers_late_and_loses_its_answers_makes_one_cluster() {
    let Some(site) = Site::new() else { return };
    site.lab(&["throttle", "6"]);
    site.lab(&["delay-reads", "3000"]);
    site.lab(&["cut-after-launch", "2"]);
    let cluster = site.ready(2, json!({}));
    let machines = site.left().into_iter().filter(|id| id.starts_with("i-")).count();
    assert_eq!(machines, 3, "no machine was made twice");
    let run = site.run(&cluster, 3);
    site.assert_whole(&run);
    site.terminate(&cluster);
}

#[test]
fn a_machine_that_never_answers_fails_the_cluster() {
    let Some(site) = Site::with_boot_limit("50") else { return };
    site.lab(&["no-ssh", "1"]);
    let cause = cause_of_failure(&site, 0, json!({}));
    assert!(cause.contains("did not answer within 50 s") && cause.contains("console"), "{cause}");
}

#[test]
fn a_worker_that_dies_while_it_boots_is_left_out_where_the_cluster_may_do_without() {
    let Some(site) = Site::new() else { return };
    let cluster = site.create(2, json!({ "workers_may_fail": 1 }));
    site.until("all are launched", || site.events(&cluster).matches("[instance_launched]").count() == 3);
    let events = site.events(&cluster);
    let machine =
        events.lines().find_map(|line| line.strip_prefix("worker-2: ")?.split(' ').find(|word| word.starts_with("i-")));
    let machine = machine.expect("its machine");
    site.until("it boots", || site.lab(&["status"])["machines"][machine]["on"] == true);
    site.lab(&["kill", machine]);
    site.until("the event", || site.events(&cluster).contains("terminated while launching"));
    site.await_phase(&cluster, &["ready", "terminated"]);
    let view = site.cluster(&cluster);
    assert_eq!(view["phase"], "ready", "{}\n{}", view["cause"], site.events(&cluster));
    assert_eq!(view["nodes"].as_array().expect("nodes").len(), 2, "{}", site.events(&cluster));
    let run = site.run(&cluster, 3);
    site.assert_whole(&run);
    site.terminate(&cluster);
}

#[test]
fn a_machine_that_never_boots_is_reported() {
    let Some(site) = Site::with_boot_limit("20") else { return };
    site.lab(&["no-boot", "1"]);
    let cause = cause_of_failure(&site, 0, json!({}));
    assert!(cause.contains("did not answer within 20 s"), "{cause}");
}

#[test]
fn a_cluster_that_is_terminated_while_launching_is_gone_before_it_is_ready() {
    let Some(site) = Site::new() else { return };
    site.lab(&["delay-reads", "2000"]);
    let cluster = site.create(1, json!({}));
    site.until("a machine is launched", || site.events(&cluster).contains("[instance_launched]"));
    site.terminate(&cluster);
}

#[test]
fn a_key_pair_that_somebody_has_opens_the_machines_for_them() {
    let Some(site) = Site::new() else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let pem = folder.path().join("mine.pem");
    let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f"]).arg(&pem).status();
    assert!(made.expect("ssh-keygen").success());
    let public = std::fs::read_to_string(pem.with_extension("pem.pub")).expect("its public half");
    site.lab(&["import-key", "mine", public.trim()]);
    let cluster = site.ready(1, json!({ "key_name": "mine" }));
    for node in site.cluster(&cluster)["nodes"].as_array().expect("its nodes") {
        let address = node["address"].as_str().expect("an address");
        let done = Command::new("ssh")
            .args(["-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
            .arg(&pem)
            .args([&format!("admin@{address}"), "sudo -n id -un"])
            .output()
            .expect("ssh");
        assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "root", "{}", String::from_utf8_lossy(&done.stderr));
    }
    site.terminate(&cluster);
}

#[test]
fn a_failed_first_boot_is_reported_at_once_in_cloud_inits_words() {
    let Some(site) = Site::new() else { return };
    site.lab(&["broken-boot", "1"]);
    // That it does not take the whole boot limit is enough: a first boot has ten minutes.
    let cause = cause_of_failure(&site, 0, json!({}));
    assert!(cause.contains("its first boot failed") && cause.contains("write-files"), "{cause}");
}
