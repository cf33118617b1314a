//! Machines whose resolver never answers: they know their own names and each other's all the same.

use crate::site::Site;
use serde_json::json;
use std::time::{Duration, Instant};

/// How soon the first sample arrives once a cluster is ready, on a busy host. JMeter looks up about ten names, and each one that is looked up in
/// DNS takes ten seconds.
const FIRST_SAMPLE_WITHIN: Duration = Duration::from_secs(60);

#[test]
fn a_run_on_machines_whose_dns_is_dead_begins_at_once() {
    let Some(site) = Site::new() else { return };
    site.lab(&["dead-dns", "3"]);
    let cluster = site.ready(2, json!({}));
    assert!(!site.events(&cluster).contains("[warning]"), "{}", site.events(&cluster));
    // The faster of two attempts: other load on this machine does not count.
    let taken = [(); 2].map(|()| {
        let (begin, before) = (Instant::now(), site.place.rows_so_far());
        let run = site.run(&cluster, 5);
        site.until("the first sample", || site.place.rows_so_far() > before);
        let taken = begin.elapsed();
        site.assert_whole(&run);
        taken
    });
    println!("the first samples came after {taken:.1?}");
    assert!(taken.iter().min() < Some(&FIRST_SAMPLE_WITHIN), "{taken:?}");
    site.terminate(&cluster);
}
