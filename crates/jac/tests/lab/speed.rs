//! How long a cluster takes to become ready, and on what that depends. Measured on request, on an otherwise idle machine:
//!
//! ```text
//! cargo test --workspace --locked --test lab speed -- --ignored --nocapture --test-threads 1
//! ```

use crate::place::kept;
use crate::site::Site;
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// By how much ten machines may take longer than one, apart from the CPU time they need.
const ALLOWED: f64 = 1.3;

/// Seconds that all CPUs of this machine were busy since it was started, and their number.
fn busy() -> (f64, f64) {
    let stat = std::fs::read_to_string("/proc/stat").expect("/proc/stat");
    let ticks: Vec<f64> =
        stat.lines().next().expect("a line").split_whitespace().skip(1).filter_map(|word| word.parse().ok()).collect();
    let cores = stat.lines().filter(|line| line.starts_with("cpu")).count() - 1;
    // User, nice, system, interrupts: in hundredths of a second on Linux.
    ((ticks[0] + ticks[1] + ticks[2] + ticks[5] + ticks[6]) / 100.0, cores as f64)
}

/// Creates and terminates a cluster of this many machines: seconds until it is ready, and CPU seconds until then.
fn seconds_to_ready(site: &Site, machines: u32) -> (f64, f64) {
    let (begin, (busy_before, _)) = (Instant::now(), busy());
    let cluster = site.ready(machines - 1, json!({}));
    let taken = (begin.elapsed().as_secs_f64(), busy().0 - busy_before);
    site.terminate(&cluster);
    taken
}

#[test]
#[ignore = "a measurement"]
fn ten_machines_are_ready_about_as_soon_as_one() {
    let Some(site) = Site::new() else { return };
    let cores = busy().1;
    // The first one creates the bundle.
    seconds_to_ready(&site, 1);
    let (one, one_busy) = seconds_to_ready(&site, 1);
    let (ten, ten_busy) = seconds_to_ready(&site, 10);
    let added = (ten_busy - one_busy) / cores;
    println!(
        "one machine: {one:.1} s ({one_busy:.1} s of processors); ten: {ten:.1} s ({ten_busy:.1} s of {cores} processors)"
    );
    println!("ten without what the processors add ({added:.1} s): {:.2} x of one", (ten - added) / one);
    assert!(ten <= ALLOWED * one + added, "machines wait for each other");
}

#[test]
#[ignore = "a measurement"]
fn a_bundle_is_sent_to_one_of_ten_machines_and_given_on() {
    let Some(site) = Site::new() else { return };
    let cluster = site.ready(9, json!({}));
    let events = site.api().get(&format!("/clusters/{cluster}/events"));
    let events = events.as_array().expect("a list");
    let at = |event: &Value| event["at_ms"].as_f64().expect("a time");
    let nodes_of = |code: &str| {
        let of_code = events.iter().filter(|event| event["code"] == code);
        of_code.filter_map(|event| event["node"].as_str()).collect::<std::collections::BTreeSet<_>>().len()
    };
    let first = |code: &str| events.iter().find(|event| event["code"] == code).expect("the event");
    let (sent, there) = (first("sending"), first("tools_found"));
    let megabytes = sent["params"]["total"].as_f64().expect("its size") / 1e6;
    println!("{megabytes} MB to ten machines: {:.1} s until all have unpacked it", (at(there) - at(sent)) / 1000.0);
    assert_eq!((nodes_of("sending"), nodes_of("taking")), (1, 9));
    site.terminate(&cluster);
}

/// Milliseconds since 1970, as JMeter stamps samples.
#[expect(clippy::disallowed_methods, reason = "a test has no engine's clock")]
fn now_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock").as_millis()).expect("a time")
}

/// The same run alternately with a server that follows it and without one: JMeter continues when the server is killed. The server
/// shares the CPUs with the machines here, and catches up at its start, so the cost is higher than elsewhere.
#[test]
#[ignore = "a measurement"]
fn following_a_run_costs_little_of_its_throughput() {
    const TURN: Duration = Duration::from_secs(12);
    const TURNS: usize = 12;
    let Some(mut site) = Site::new() else { return };
    let cluster = site.ready(1, json!({}));
    let run = site.run_with(&cluster, &json!({ "duration": "170", "threads": "4", "sleep": "1" }));
    site.await_samples();
    let mut turns = Vec::new();
    for turn in 0..TURNS {
        let followed = turn % 2 == 0;
        if !followed {
            site.kill();
        } else if turn > 0 {
            site.start();
        }
        let begin = now_ms();
        std::thread::sleep(TURN);
        turns.push((followed, begin, now_ms()));
    }
    site.start();
    site.assert_whole(&run);
    let log = kept(&site.place.data().join("runs").join(&run).join("results.jtl")).expect("the log");
    let mut counts = vec![0_u32; TURNS];
    for row in log.lines().skip(1) {
        let stamp: i64 = row.split(',').next().and_then(|field| field.parse().ok()).expect("a time");
        if let Some(turn) = turns.iter().position(|(_, begin, end)| (*begin..*end).contains(&stamp)) {
            counts[turn] += 1;
        }
    }
    let rate = |is_followed: bool| {
        let of = || turns.iter().zip(&counts).filter(move |((followed, ..), _)| *followed == is_followed);
        let milliseconds: i64 = of().map(|((_, begin, end), _)| end - begin).sum();
        f64::from(of().map(|(_, count)| count).sum::<u32>()) * 1000.0 / milliseconds as f64
    };
    let (followed, alone) = (rate(true), rate(false));
    println!(
        "followed: {followed:.0} samples/s, alone: {alone:.0} samples/s: {:.4} x; each turn: {counts:?}",
        followed / alone
    );
    assert!(followed > 0.97 * alone, "following costs more than 3 %");
    site.terminate(&cluster);
}
