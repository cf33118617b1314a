//! Faults while workers run the plan independently: those of [`crate::faults`], for results without a master.

use crate::faults::{CUT_BY_FULL_DISK, failure};
use crate::site::Site;
use serde_json::{Value, json};
use std::time::Duration;

const DIRECT: &str = "direct";

fn node<'a>(run: &'a Value, name: &str) -> &'a Value {
    run["nodes"].as_array().expect("nodes").iter().find(|node| node["name"] == name).expect("that node")
}

#[test]
fn ten_workers_lose_no_sample_to_an_interrupted_line_a_killed_server_and_a_wrong_clock() {
    let Some(mut site) = Site::new() else { return };
    let cluster = site.ready(10, json!({}));
    site.set_clock_ahead(&cluster, "worker-4");
    let run = site.run_by(&cluster, &json!({ "duration": "60" }), DIRECT);
    site.await_samples();
    let disconnected = site.machine(&cluster, "worker-7");
    site.lab(&["link", &disconnected, "down"]);
    site.kill();
    site.start();
    std::thread::sleep(Duration::from_secs(20));
    site.lab(&["link", &disconnected, "up"]);
    site.assert_whole(&run);
    let view = site.finished(&run);
    let started: Vec<i64> = (1..=10)
        .map(|number| node(&view, &format!("worker-{number}"))["first_sample_ms"].as_i64().expect("its first sample"))
        .collect();
    println!("first samples within {} ms", started.iter().max().expect("ten") - started.iter().min().expect("ten"));
    site.assert_clock_is_reported(&run, "worker-4", "worker-5");
    site.terminate(&cluster);
}

#[test]
fn a_worker_that_loses_power_ends_no_run_that_may_continue_without_it() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(3, json!({}));
    let asked = json!({ "results": DIRECT, "min_workers": 2 });
    let run = site.run_of(&cluster, &json!({ "duration": "45" }), &asked);
    site.await_samples();
    site.lab(&["kill", &site.machine(&cluster, "worker-2")]);
    let view = site.finished(&run);
    assert_eq!(view["cause"]["kind"], "completed", "{}", view["cause"]);
    let lost = |name| node(&view, name)["lost_ms"].as_i64().is_some();
    assert_eq!(["worker-1", "worker-2", "worker-3"].map(lost), [false, true, false], "{}", view["nodes"]);
    site.terminate(&cluster);
}

#[test]
fn a_full_disk_of_a_worker_is_reported() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(2, json!({}));
    let run = site.run_by(&cluster, &json!({ "duration": "600" }), DIRECT);
    site.await_samples();
    site.lab(&["fill-disk", &site.machine(&cluster, "worker-2")]);
    let why = failure(&site, &run, CUT_BY_FULL_DISK);
    assert!(why.to_lowercase().contains("space") && why.contains("worker-2"), "{why}");
    site.terminate(&cluster);
}
