//! If memory is not sufficient, the same precision is lost, however the samples are divided into parts and in whatever order these are merged.

use crate::cases;
use crate::tables::Tables;
use jac_jtl::{Note, Sample, SampleStatistics, Settings};
use proptest::prelude::*;

/// A log that needs more memory than allowed, described by the numbers it is generated from.
#[derive(Debug, Clone)]
struct Shape {
    seed: u64,
    samples: u64,
    labels: u64,
    hosts: u64,
    /// Response times are below this.
    elapsed_ms: u64,
    /// Milliseconds between two samples.
    gap_ms: u64,
    memory_bytes: usize,
    max_buckets: usize,
}

fn shape() -> impl Strategy<Value = Shape> {
    (
        any::<u64>(),
        1..4_000_u64,
        1..60_u64,
        1..4_u64,
        prop::sample::select(vec![3_u64, 900, 30_000, 9_000_000]),
        prop::sample::select(vec![1_u64, 300, 2_000, 70_000]),
        2_000..300_000_usize,
        2..300_usize,
    )
        .prop_map(|(seed, samples, labels, hosts, elapsed_ms, gap_ms, memory_bytes, max_buckets)| Shape {
            seed,
            samples,
            labels,
            hosts,
            elapsed_ms,
            gap_ms,
            memory_bytes,
            max_buckets,
        })
}

impl Shape {
    fn settings(&self) -> Settings {
        let (memory_bytes, max_buckets) = (self.memory_bytes, self.max_buckets);
        Settings { memory_bytes, max_buckets, series_labels: 5, ..Settings::default() }
    }

    /// Adds a sample to statistics.
    fn add(&self, number: u64, to: &mut SampleStatistics) {
        let mut state = self.seed.wrapping_add(number.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        let mut below = |limit: u64| {
            state = (state ^ (state >> 31)).wrapping_mul(0xD6E8_FEB8_6659_FD93);
            (state >> 33) % limit
        };
        let elapsed_ms = below(self.elapsed_ms);
        let start_ms = (1_700_000_000_000 + number * self.gap_ms).cast_signed();
        let label = format!("label {}", below(self.labels));
        let thread = format!("10.0.0.{}:1099-T 1-1", below(self.hosts));
        to.add(&Sample {
            start_ms,
            end_ms: start_ms + elapsed_ms.cast_signed(),
            elapsed_ms: u32::try_from(elapsed_ms).ok(),
            label: label.as_bytes(),
            code: [&b"200"[..], b"404", b"500"][below(3) as usize],
            message: if below(9) == 0 { b"Number of samples in transaction : 1" } else { b"OK" },
            failure_message: b"",
            thread: thread.as_bytes(),
            hostname: b"",
            group_threads: b"",
            url: b"",
            success: below(4) > 0,
            received_bytes: (below(5) > 0).then(|| below(70_000)),
            sent_bytes: Some(below(700)),
            latency_ms: (below(5) > 0).then_some(elapsed_ms / 2),
            connect_ms: Some(below(9)),
            all_threads: Some(below(50) as u32),
            position: number * 100,
        });
    }

    /// All in one pass.
    fn whole(&self) -> SampleStatistics {
        let mut statistics = SampleStatistics::new(&self.settings());
        (0..self.samples).for_each(|number| self.add(number, &mut statistics));
        statistics
    }

    /// Counted in several parts that take stretches in turn, and are merged now and then.
    fn in_parts(&self, threads: usize, stretch: u64, hand_over_every: u64) -> SampleStatistics {
        let settings = self.settings();
        let empty = || SampleStatistics::new(&settings);
        let mut parts: Vec<SampleStatistics> = std::iter::repeat_with(empty).take(threads).collect();
        let mut all = empty();
        for number in 0..self.samples {
            let at = (number / stretch) as usize % threads;
            self.add(number, &mut parts[at]);
            if number % hand_over_every == hand_over_every - 1 {
                all.merge(std::mem::replace(&mut parts[at], empty()));
            }
        }
        parts.rotate_left(threads / 3);
        parts.reverse();
        all.merge_all(parts);
        all
    }
}

fn shown(mut statistics: SampleStatistics) -> (Tables, Vec<Note>, usize) {
    statistics.finish();
    let tables = Tables::of_samples(&mut statistics);
    (tables, statistics.notes(), statistics.memory())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(150)))]

    #[test]
    fn one_and_many_threads_give_the_same_digits(
        shape in shape(),
        stretch in 1..500_u64,
        hand_over_every in 1..2_000_u64,
    ) {
        let expected = shown(shape.whole());
        for threads in [1, 2, 7, 32] {
            let ours = shown(shape.in_parts(threads, stretch, hand_over_every));
            prop_assert!(ours == expected, "{threads} threads: {ours:#?}\nand in one pass: {expected:#?}");
        }
    }
}

#[test]
fn the_shapes_need_more_memory_than_there_is() {
    let shape = |memory_bytes| Shape {
        seed: 5,
        samples: 4_000,
        labels: 9,
        hosts: 2,
        elapsed_ms: 9_000_000,
        gap_ms: 300,
        memory_bytes,
        max_buckets: 300,
    };
    let width = |memory_bytes| shape(memory_bytes).whole().series().bucket_ms;
    let rounded = |memory_bytes| {
        let (_, notes, _) = shown(shape(memory_bytes).whole());
        notes.iter().any(|note| note.code == "response_times_rounded")
    };
    assert!(width(20_000) > width(400_000));
    assert!(rounded(10_000) && !rounded(100_000));
}
