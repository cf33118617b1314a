//! Memory is bounded whatever a log contains, and any loss of precision is reported.

use jac_jtl::{Sample, SampleStatistics, Settings};

fn sample<'a>(label: &'a [u8], start_ms: i64, elapsed_ms: u32) -> Sample<'a> {
    Sample {
        start_ms,
        end_ms: start_ms + i64::from(elapsed_ms),
        elapsed_ms: Some(elapsed_ms),
        label,
        code: b"200",
        message: b"OK",
        failure_message: b"",
        thread: b"TG 1-1",
        hostname: b"",
        group_threads: b"",
        url: b"",
        success: true,
        received_bytes: Some(1),
        sent_bytes: Some(1),
        latency_ms: Some(1),
        connect_ms: Some(1),
        all_threads: Some(1),
        position: 0,
    }
}

fn has_note(statistics: &mut SampleStatistics, code: &str) -> bool {
    statistics.notes().iter().any(|note| note.code == code)
}

/// A generator that needs no library (Knuth's MMIX constants).
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    *state >> 33
}

#[test]
fn times_that_are_all_different_are_rounded_when_they_do_not_fit() {
    let settings = Settings { memory_bytes: 1 << 20, ..Settings::default() };
    let mut statistics = SampleStatistics::new(&settings);
    let mut exact = SampleStatistics::new(&Settings::default());
    let mut state = 1;
    for at in 0..600_000 {
        let elapsed = next(&mut state) as u32 % 10_000_000;
        let label = format!("label {}", at % 7);
        let sample = sample(label.as_bytes(), 1_700_000_000_000 + at, elapsed);
        statistics.add(&sample);
        exact.add(&sample);
    }
    assert!(has_note(&mut statistics, "response_times_rounded") && !has_note(&mut exact, "response_times_rounded"));
    let (ours, theirs) = (statistics.summary(), exact.summary());
    assert_eq!(ours.total.samples, theirs.total.samples);
    for (rounded, exact) in ours.labels.iter().chain([&ours.total]).zip(theirs.labels.iter().chain([&theirs.total])) {
        for (rounded, exact) in [
            (rounded.mean_ms, exact.mean_ms),
            (rounded.median_ms, exact.median_ms),
            (rounded.p99_ms, exact.p99_ms),
            (rounded.max_ms.map(|ms| ms as f64), exact.max_ms.map(|ms| ms as f64)),
        ] {
            let (rounded, exact) = (rounded.expect("a number"), exact.expect("a number"));
            assert!(rounded <= exact && exact - rounded <= exact * 0.002, "{rounded} and {exact}");
        }
    }
}

#[test]
fn rounded_parts_that_are_merged_stay_rounded_and_whole() {
    let small = Settings { memory_bytes: 64 << 10, ..Settings::default() };
    let mut parts = [SampleStatistics::new(&small), SampleStatistics::new(&Settings::default())];
    let mut state = 7;
    for at in 0..400_000 {
        parts[at as usize % 2].add(&sample(b"Home", at, next(&mut state) as u32 % 1_000_000));
    }
    let [rounded, mut exact] = parts;
    exact.merge(rounded);
    assert_eq!(exact.summary().total.samples, 400_000);
    assert!(has_note(&mut exact, "response_times_rounded"));
}

#[test]
fn long_labels_are_folded_when_their_texts_do_not_fit() {
    let mut statistics = SampleStatistics::new(&Settings::default());
    for at in 0..100 {
        let label = format!("{at} {}", "x".repeat(900_000));
        statistics.add(&sample(label.as_bytes(), 1_700_000_000_000, 5));
    }
    let summary = statistics.summary();
    assert!(summary.labels.len() < 50, "{}", summary.labels.len());
    assert_eq!(summary.labels.iter().map(|entry| entry.samples).sum::<u64>(), 100);
    assert!(has_note(&mut statistics, "labels_folded"));
}
