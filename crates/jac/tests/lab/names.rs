//! Machines whose resolver never answers: they know their own names and each other's all the same.

use crate::site::Site;
use serde_json::json;
use std::time::{Duration, Instant};

/// How soon the first sample comes once a cluster is ready. One DNS query that is waited for takes half of that, and
/// JMeter does about ten.
const FIRST_SAMPLE_WITHIN: Duration = Duration::from_secs(20);
/// The same where all of this machine's processors are asked for several times over: still well below what ten queries take.
const ON_A_BUSY_MACHINE: Duration = Duration::from_secs(60);

fn limit() -> Duration {
    let text = std::fs::read_to_string("/proc/loadavg").expect("the load");
    let load: f64 = text.split(' ').next().and_then(|word| word.parse().ok()).expect("the load of a minute");
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    #[expect(clippy::cast_precision_loss, reason = "processors are few")]
    let is_busy = load > 3.0 * processors as f64;
    if is_busy { ON_A_BUSY_MACHINE } else { FIRST_SAMPLE_WITHIN }
}

#[test]
fn a_run_on_machines_whose_dns_is_dead_begins_at_once() {
    let Some(site) = Site::new() else { return };
    site.lab(&["dead-dns", "3"]);
    let cluster = site.ready(2, json!({}));
    assert!(!site.events(&cluster).contains("[warning]"), "{}", site.events(&cluster));
    // Twice, for the quicker one: other work of this machine does not count.
    let taken = [(); 2].map(|()| {
        let (begin, before) = (Instant::now(), site.place.rows_so_far());
        let run = site.run(&cluster, 5);
        site.until("the first sample", || site.place.rows_so_far() > before);
        let taken = begin.elapsed();
        site.assert_whole(&run);
        taken
    });
    println!("the first samples came after {taken:.1?}");
    let limit = limit();
    assert!(taken.iter().min() < Some(&limit), "{taken:?}, limit {limit:?}");
    site.terminate(&cluster);
}
