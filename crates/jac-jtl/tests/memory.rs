//! A day with many labels keeps its one-minute points within the memory of a live run; in a separate process, because its memory is
//! measured.

use jac_jtl::{Sample, SampleStatistics, Settings};

const DAY_S: i64 = 24 * 3_600;
/// Samples per second of each label.
const RATE: i64 = 6;
/// The labels of a large run, for which the default memory is made.
const LABELS: usize = 500;

/// Realistic response times: log-normal around medians from 50 to 850 ms, with long tails.
struct Times {
    state: u64,
    factors: Vec<f64>,
}

impl Times {
    fn new() -> Self {
        // The sum of twelve uniform numbers is close enough to a normal one.
        let mut state = 1;
        let factors = (0..1 << 14).map(|_| {
            let sum: f64 = (0..12).map(|_| next(&mut state) as f64 / f64::from(1_u32 << 31)).sum();
            (0.6 * (sum - 6.0)).exp()
        });
        Self { factors: factors.collect(), state }
    }

    fn elapsed_ms(&mut self, label: usize) -> u32 {
        let factor = self.factors[next(&mut self.state) as usize % self.factors.len()];
        ((50 + label % 17 * 50) as f64 * factor) as u32 + 1
    }
}

/// A generator that needs no library (Knuth's MMIX constants).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

/// Resident memory of this process in bytes.
fn resident() -> usize {
    let pages = std::fs::read_to_string("/proc/self/statm").expect("Linux");
    pages.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok()).expect("a number") * 4_096
}

/// A day by a simulated clock, with a snapshot once a minute.
fn a_day_keeps_its_minutes(labels: usize) {
    let names: Vec<String> = (0..labels).map(|label| format!("Request number {label}")).collect();
    let memory_bytes = Settings::default().memory_bytes / LABELS * labels;
    let settings = Settings { memory_bytes, ..Settings::default() };
    let (mut times, mut statistics, mut since) = (Times::new(), SampleStatistics::new(&settings), 0);
    let (before, mut most, mut most_resident) = (resident(), 0, 0);
    for second in 0..DAY_S {
        for at in 0..RATE {
            for (label, name) in names.iter().enumerate() {
                let (end_ms, elapsed_ms) = (1_700_000_000_000 + second * 1_000 + at * 150, times.elapsed_ms(label));
                let start_ms = end_ms - i64::from(elapsed_ms);
                let success = elapsed_ms % 97 > 0;
                statistics.add(&Sample {
                    start_ms,
                    end_ms,
                    elapsed_ms: Some(elapsed_ms),
                    label: name.as_bytes(),
                    code: if success { b"200" } else { b"503" },
                    message: b"OK",
                    failure_message: b"",
                    thread: b"10.0.0.1:1099-TG 1-1",
                    hostname: b"",
                    group_threads: b"",
                    url: b"",
                    success,
                    received_bytes: Some(u64::from(elapsed_ms) * 37),
                    sent_bytes: Some(300),
                    latency_ms: Some(u64::from(elapsed_ms) * 9 / 10),
                    connect_ms: Some(3),
                    all_threads: Some(100),
                    position: 0,
                });
            }
        }
        if second % 60 == 59 {
            since = statistics.changed_points(since).now;
            most = most.max(statistics.memory());
            most_resident = most_resident.max(resident() - before);
        }
    }
    let (series, summary) = (statistics.series(), statistics.summary());
    println!(
        "{labels} labels, {} samples, {} points of {} s: {} MB counted, {} MB resident, of {} MB",
        summary.total.samples,
        series.points.len(),
        series.bucket_ms / 1_000,
        most >> 20,
        most_resident >> 20,
        memory_bytes >> 20
    );
    assert_eq!(series.bucket_ms, 60_000);
    assert!(series.points.len() >= 24 * 60);
    assert_eq!(summary.total.samples, DAY_S as u64 * RATE as u64 * labels as u64);
    assert!(statistics.notes().is_empty(), "the table is exact");
    assert!(most <= memory_bytes);
    // The snapshots, and what the allocator holds.
    assert!(most_resident <= memory_bytes * 5 / 4 + (24 << 20), "{most_resident}");
}

#[test]
fn a_day_of_labels_keeps_one_minute_points_in_their_share_of_the_memory() {
    a_day_keeps_its_minutes(LABELS / 25);
}

#[test]
#[ignore = "a quarter of a billion samples"]
fn a_day_of_five_hundred_labels_keeps_one_minute_points() {
    a_day_keeps_its_minutes(LABELS);
}
