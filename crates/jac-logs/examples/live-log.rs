//! Feeds a log as the live tail does, on one thread: pieces of 64 KB, and once a second everything that a snapshot holds.
//! Prints the rate: `live-log FILE`.

use jac_jtl::{LogStatistics, Settings};
use std::io::Read;
use std::time::{Duration, Instant};

/// As many failures as a snapshot shows.
const ERRORS_SHOWN: usize = 20;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let path = std::env::args().nth(1).ok_or("live-log FILE")?;
    let mut file = std::fs::File::open(path)?;
    let mut log = LogStatistics::new(Settings::default());
    let mut piece = vec![0; 64 << 10];
    let started = Instant::now();
    let mut next = started + Duration::from_secs(1);
    let (mut since, mut snapshots, mut longest) = (0, 0, Duration::ZERO);
    loop {
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        log.feed(&piece[..length]);
        let now = Instant::now();
        if now >= next {
            let changed = log.changed_points(since);
            since = changed.now;
            let shown = (log.summary(), log.errors(ERRORS_SHOWN), log.rate_per_s(), log.active_users());
            std::hint::black_box((changed, shown));
            snapshots += 1;
            longest = longest.max(now.elapsed());
            next += Duration::from_secs(1);
        }
    }
    log.finish();
    let samples = log.summary().total.samples;
    let rate = samples as f64 / started.elapsed().as_secs_f64();
    println!(
        "{samples} rows, {rate:.0} rows/s on one core, {snapshots} snapshots, the longest {} ms",
        longest.as_millis()
    );
    Ok(())
}
