//! The server is killed repeatedly, at times chosen by a seed, while a cluster is created, used and terminated: alternately with results over
//! RMI and with direct results.
//!
//! `JAC_SOAK` is the number of kills (default 6), `JAC_SOAK_SEED` the seed; `scripts/soak N` sets them.

use crate::site::Site;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::json;
use std::time::{Duration, Instant};

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var_os(name).and_then(|text| text.to_str()?.parse().ok()).unwrap_or(otherwise)
}

#[test]
fn a_server_that_is_killed_at_any_time_leaves_no_machine_and_loses_no_sample() {
    let Some(mut site) = Site::new() else { return };
    let (kills, seed) = (number("JAC_SOAK", 6), number("JAC_SOAK_SEED", 2026));
    println!("{kills} kills with the seed {seed}");
    let mut chance = StdRng::seed_from_u64(seed);
    for kill in 1..=kills {
        // The whole life of such a cluster takes about half a minute here. One that is over before the kill does not
        // count, and the next kill comes within the time that it took.
        let mut within = Duration::from_secs(30);
        while let Some(taken) = live(&mut site, kill, chance.random_range(Duration::ZERO..within)) {
            println!("kill {kill}: none, it was over after {:.1} s", taken.as_secs_f64());
            within = taken;
        }
        site.assert_gone();
    }
}

/// The life of a cluster, with a kill of the server after that time; returns how long it took if it was over before.
fn live(site: &mut Site, kill: u64, after: Duration) -> Option<Duration> {
    let begin = Instant::now();
    let mut life = Life::begin(site, if kill.is_multiple_of(2) { "direct" } else { "rmi" });
    let mut killed = false;
    loop {
        if !killed && begin.elapsed() >= after {
            let stage = life.stage(site);
            site.kill();
            site.start();
            killed = true;
            println!("kill {kill}: after {:.1} s, {stage}", after.as_secs_f64());
        }
        if life.step(site) {
            return (!killed).then(|| begin.elapsed());
        }
        assert!(begin.elapsed() < Duration::from_secs(240), "kill {kill} after {after:?}: it never ended");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// A cluster from creation to termination, with one run.
struct Life {
    cluster: String,
    results: &'static str,
    run: Option<String>,
    ending: bool,
}

impl Life {
    fn begin(site: &Site, results: &'static str) -> Self {
        // With a single worker's log there is nothing to merge.
        let workers = if results == "direct" { 2 } else { 1 };
        Self { cluster: site.create(workers, json!({})), results, run: None, ending: false }
    }

    fn stage(&self, site: &Site) -> String {
        let run = self.run.as_ref().map(|run| site.api().get(&format!("/runs/{run}"))["phase"].clone());
        format!("{}: cluster {}, run {}", self.results, site.cluster(&self.cluster)["phase"], run.unwrap_or_default())
    }

    /// Continues; `true` at the end.
    fn step(&mut self, site: &Site) -> bool {
        let view = site.cluster(&self.cluster);
        match (view["phase"].as_str().expect("a phase"), &self.run) {
            ("failed", _) => panic!("{}\n{}", view["cause"], site.events(&self.cluster)),
            ("ready", None) => {
                self.run = Some(site.run_by(&self.cluster, &json!({ "duration": "8" }), self.results));
            }
            ("ready", Some(run)) if !self.ending && site.api().get(&format!("/runs/{run}"))["phase"] == "finished" => {
                site.assert_whole(run);
                site.api().post(&format!("/clusters/{}/terminate", self.cluster), &serde_json::Value::Null);
                self.ending = true;
            }
            ("terminated", _) => {
                assert!(self.ending, "it ended by itself: {}\n{}", view["cause"], site.events(&self.cluster));
                return true;
            }
            _ => (),
        }
        false
    }
}
