//! Faults during a run on the machines: each is reported with its cause, and the results so far are kept.

use crate::place::kept;
use crate::site::Site;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::{Duration, Instant};

/// How soon a machine that AWS no longer lists is reported as lost, on a busy host: an unreachable network would be waited for
/// this long before anything else is done.
const REPORTED_WITHIN: Duration = Duration::from_secs(60);
/// Maximum number of rows of a log that a full disk may truncate: JMeter continues to write, and later rows that find space follow a
/// truncated one.
pub const CUT_BY_FULL_DISK: u64 = 10;

/// The run failed; returns the cause and what is lost, and checks that the samples so far are kept.
pub fn failure(site: &Site, run: &str, most_truncated_rows: u64) -> String {
    let view = site.finished(run);
    assert_eq!(view["cause"]["kind"], "failed", "{view}");
    let folder = site.place.data().join("runs").join(run);
    let rows = kept(&folder.join("results.jtl")).expect("the log").lines().count() - 1;
    let summary: Value =
        serde_json::from_slice(&std::fs::read(folder.join("summary.json")).expect("it")).expect("JSON");
    // A truncated row is counted as unreadable.
    let (samples, rejected) = (summary["total"]["samples"].as_u64(), summary["rejected_rows"].as_u64());
    let counted = samples.zip(rejected).map(|(samples, rejected)| samples + rejected);
    assert!(rows > 20 && counted == Some(rows as u64), "what was measured is kept: {rows} {samples:?} {rejected:?}");
    assert!(rejected <= Some(most_truncated_rows), "{rejected:?}");
    assert_ne!(summary["partial"], Value::Null, "and marked");
    format!(
        "{} {}",
        view["cause"]["reason"]["message"].as_str().expect("a reason"),
        view["cause"]["lost"]["message"].as_str().unwrap_or_default()
    )
}

#[test]
fn a_worker_whose_plug_is_pulled_ends_the_run_with_what_was_measured() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(2, json!({}));
    let run = site.run(&cluster, 600);
    site.await_samples();
    let begin = Instant::now();
    site.lab(&["kill", &site.machine(&cluster, "worker-2")]);
    let why = failure(&site, &run, 1);
    assert!(why.contains("worker-2"), "{why}");
    assert!(begin.elapsed() < REPORTED_WITHIN, "reported after {:?}", begin.elapsed());
    site.until("the lost node is shown", || site.cluster(&cluster)["lost_nodes"] == json!(["worker-2"]));
    site.terminate(&cluster);
}

#[test]
fn machines_that_are_all_gone_are_not_waited_for() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run(&cluster, 600);
    site.await_samples();
    let begin = Instant::now();
    for node in ["master", "worker-1"] {
        site.lab(&["kill", &site.machine(&cluster, node)]);
    }
    let why = failure(&site, &run, 1);
    assert!(why.contains("The master node is lost"), "{why}");
    assert!(begin.elapsed() < REPORTED_WITHIN, "reported after {:?}", begin.elapsed());
    site.await_phase(&cluster, &["terminated"]);
    site.assert_nothing_left();
}

#[test]
fn a_network_that_is_away_for_twenty_seconds_costs_no_sample() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run(&cluster, 45);
    site.await_samples();
    for node in ["master", "worker-1"] {
        let machine = site.machine(&cluster, node);
        site.lab(&["link", &machine, "down"]);
        std::thread::sleep(Duration::from_secs(10));
        site.lab(&["link", &machine, "up"]);
    }
    let master = site.machine(&cluster, "master");
    site.lab(&["link", &master, "down"]);
    std::thread::sleep(Duration::from_secs(20));
    site.lab(&["link", &master, "up"]);
    site.assert_whole(&run);
    site.terminate(&cluster);
}

#[test]
fn a_master_that_is_out_of_reach_for_good_ends_the_run_with_what_was_measured() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run(&cluster, 600);
    site.await_samples();
    site.lab(&["link", &site.machine(&cluster, "master"), "down"]);
    let why = failure(&site, &run, 1);
    assert!(why.contains("The master node is lost") && why.contains("are lost"), "{why}");
    site.terminate(&cluster);
}

#[test]
fn a_full_disk_is_reported() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run(&cluster, 600);
    site.await_samples();
    site.lab(&["fill-disk", &site.machine(&cluster, "master")]);
    let why = failure(&site, &run, CUT_BY_FULL_DISK);
    assert!(why.to_lowercase().contains("space"), "{why}");
    site.terminate(&cluster);
}

#[test]
fn a_clock_that_is_three_seconds_off_is_reported_with_the_results() {
    let Some(mut site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    site.set_clock_ahead(&cluster, "worker-1");
    let run = site.run(&cluster, 30);
    site.assert_whole(&run);
    site.assert_clock_is_reported(&run, "worker-1", "master");
    site.terminate(&cluster);
}

/// New connections come from an address that no security group rule allows, until JAC notices and changes the rule.
#[test]
fn a_server_that_comes_back_under_another_address_is_let_in_and_the_old_one_is_not() {
    let Some(mut site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run(&cluster, 30);
    site.await_samples();
    site.kill();
    site.lab(&["host-address", "172.31.0.77"]);
    site.start();
    site.assert_whole(&run);
    let master: IpAddr = site.address(&cluster, "master").parse().expect("an address");
    let before = std::env::var_os("JAC_LAB_HOST").and_then(|host| host.to_str()?.parse().ok());
    assert!(opens(master, None), "from where the server is now");
    site.until("the old address is let in no more", || !opens(master, before));
    let calls = site.lab(&["calls"]);
    let (let_in, shut_out) = (&calls["ec2:AuthorizeSecurityGroupIngress"], &calls["ec2:RevokeSecurityGroupIngress"]);
    assert_eq!((let_in, shut_out), (&json!(3), &json!(1)), "two rules at the launch, one for another: {calls}");
    site.terminate(&cluster);
}

/// Whether SSH can be reached, from a given address of the host or from its default one.
fn opens(machine: IpAddr, from: Option<IpAddr>) -> bool {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        if let Some(from) = from {
            socket.bind((from, 0).into()).expect("an address of the host");
        }
        let connected = tokio::time::timeout(Duration::from_secs(2), socket.connect((machine, 22).into())).await;
        matches!(connected, Ok(Ok(_)))
    })
}

#[test]
fn rights_that_are_lost_in_mid_run_cost_no_sample_and_the_machines_go_when_they_are_back() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run(&cluster, 20);
    site.await_samples();
    site.lab(&["deny", "ec2:*"]);
    site.assert_whole(&run);
    site.api().post(&format!("/clusters/{cluster}/terminate"), &Value::Null);
    site.until("the reason why it does not terminate", || site.events(&cluster).contains("lack the permission"));
    assert_eq!(site.cluster(&cluster)["phase"], "terminating");
    site.lab(&["allow", "ec2:*"]);
    site.await_phase(&cluster, &["terminated"]);
    site.assert_nothing_left();
}
