//! The fast reader and its statistics have three properties on logs of every shape, valid and invalid:
//! they give the results of the slow reference, in whatever pieces the bytes arrive, and merged parts give the result of one
//! pass.

mod logs;
mod parts;
mod reference;
mod tables;

use jac_jtl::{LogReader, LogStatistics, ReadOutcome, Sample, SampleStatistics, Settings, TimeUnit};
use logs::Log;
use proptest::prelude::*;
use reference::OwnedSample;
use tables::{Tables, assert_near};

/// `PROPTEST_CASES` requests more cases of every property.
fn cases(usual: u32) -> u32 {
    let asked = std::env::var_os("PROPTEST_CASES").and_then(|cases| cases.to_str()?.parse().ok());
    asked.map_or(usual, |asked: u32| asked.max(usual))
}

fn settings() -> Settings {
    // Few buckets and series, so that widening and selecting happen. Limits by size are tested elsewhere.
    let time_unit = Some(TimeUnit::Milliseconds);
    Settings { max_buckets: 6, series_labels: 3, series_codes: 2, time_unit, ..Settings::default() }
}

/// The reader indexes blocks of 32 KB. With blocks of a few bytes, rows, quotes, `\r\n` and headers cross their borders.
fn with_blocks(block_bytes: usize) -> Settings {
    Settings { block_bytes, ..settings() }
}

fn read_in_pieces(log: &[u8], cuts: &[prop::sample::Index]) -> (Vec<OwnedSample>, ReadOutcome) {
    read_in_blocks(log, cuts, settings().block_bytes)
}

fn read_in_blocks(log: &[u8], cuts: &[prop::sample::Index], block_bytes: usize) -> (Vec<OwnedSample>, ReadOutcome) {
    let mut samples = Vec::new();
    let mut sink = |sample: &Sample<'_>| samples.push(OwnedSample::of(sample));
    let mut reader = LogReader::new(&with_blocks(block_bytes));
    let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(log.len() + 1)).collect();
    ends.push(log.len());
    ends.sort_unstable();
    let mut from = 0;
    for end in ends {
        reader.feed(&log[from..end], &mut sink);
        from = end;
    }
    reader.finish(&mut sink);
    (samples, reader.outcome())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(1_500)))]

    #[test]
    fn the_reader_reads_what_the_reference_reads(log in logs::any_log(), block_bytes in block_bytes()) {
        let (samples, outcome) = read_in_blocks(&log.bytes, &[], block_bytes);
        let expected = reference::read(&log.bytes);
        let rejected: Vec<(u64, u64)> = outcome.rejected.iter().map(|row| (row.line, row.position)).collect();
        prop_assert_eq!(&rejected, &expected.rejected, "{:?}", outcome.rejected);
        prop_assert_eq!(outcome.rejected_rows as usize, expected.rejected.len());
        prop_assert_eq!(outcome.samples as usize, expected.samples.len());
        prop_assert_eq!(outcome.unread_values, expected.unread_values);
        prop_assert_eq!(samples, expected.samples);
        prop_assert_eq!(outcome.bytes as usize, log.bytes.len());
    }

    #[test]
    fn any_pieces_in_any_blocks_are_read_like_one(
        log in logs::any_log(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..40),
        block_bytes in block_bytes(),
    ) {
        prop_assert_eq!(read_in_blocks(&log.bytes, &cuts, block_bytes), read_in_pieces(&log.bytes, &[]));
    }

    #[test]
    fn bytes_one_by_one_are_read_like_one_piece(log in logs::any_log()) {
        let mut samples = Vec::new();
        let mut sink = |sample: &Sample<'_>| samples.push(OwnedSample::of(sample));
        let mut reader = LogReader::new(&settings());
        for byte in &log.bytes {
            reader.feed(std::slice::from_ref(byte), &mut sink);
        }
        reader.finish(&mut sink);
        let outcome = reader.outcome();
        prop_assert_eq!((samples, outcome), read_in_pieces(&log.bytes, &[]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(cases(400)))]

    #[test]
    fn the_tables_are_those_of_the_reference(log in logs::any_log(), block_bytes in block_bytes()) {
        let mut statistics = LogStatistics::new(with_blocks(block_bytes));
        statistics.feed(&log.bytes);
        statistics.finish();
        let ours = Tables::of(&mut statistics);
        let theirs = reference::tables(&reference::read(&log.bytes), &settings());
        assert_near(&ours, &theirs);
    }

    #[test]
    fn merged_parts_are_like_one_pass(
        log in logs::any_log(),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        order in any::<bool>(),
    ) {
        let samples = reference::read(&log.bytes).samples;
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(samples.len() + 1)).collect();
        ends.push(samples.len());
        ends.sort_unstable();
        let mut from = 0;
        let mut parts = Vec::new();
        for end in ends {
            parts.push(statistics_of(&samples[from..end]));
            from = end;
        }
        if order {
            parts.reverse();
        }
        let mut merged = parts.remove(0);
        for part in parts {
            merged.merge(part);
        }
        let mut whole = statistics_of(&samples);
        prop_assert_eq!(Tables::of_samples(&mut merged), Tables::of_samples(&mut whole));
    }

    #[test]
    fn changed_points_add_up_to_all_points(log in logs::any_log(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut ends: Vec<usize> = cuts.iter().map(|cut| cut.index(log.bytes.len() + 1)).collect();
        ends.push(log.bytes.len());
        ends.sort_unstable();
        let mut statistics = LogStatistics::new(settings());
        let mut shown = std::collections::BTreeMap::new();
        let mut codes = std::collections::BTreeMap::new();
        let mut from = 0;
        let (mut since, mut width) = (0, 0);
        for (at, end) in ends.iter().enumerate() {
            statistics.feed(&log.bytes[from..*end]);
            from = *end;
            if at + 1 == ends.len() {
                statistics.finish();
            }
            let changed = statistics.changed_points(since);
            prop_assert!(changed.reset || changed.bucket_ms == width);
            if changed.reset {
                shown.clear();
                width = changed.bucket_ms;
            }
            since = changed.now;
            if changed.codes.reset {
                codes.clear();
            }
            for series in changed.codes.series {
                codes.extend(series.points.iter().map(|point| ((series.code.clone(), point.t_ms), point.samples)));
            }
            shown.extend(changed.points.into_iter().map(|point| (point.t_ms, point)));
        }
        let all = statistics.series();
        prop_assert_eq!(all.bucket_ms, width);
        prop_assert_eq!(shown.into_values().collect::<Vec<_>>(), all.points);
        // Which codes have their own series is the implementation's choice; a code's counts do not depend on it.
        let mut apart = LogStatistics::new(Settings { series_codes: usize::MAX, ..settings() });
        apart.feed(&log.bytes);
        apart.finish();
        let mut expected = std::collections::BTreeMap::new();
        for series in apart.series().codes {
            let is_apart = codes.keys().any(|(code, _)| *code == series.code);
            let code = if is_apart { series.code } else { Settings::OTHER_CODES.to_owned() };
            for point in series.points {
                *expected.entry((code.clone(), point.t_ms)).or_insert(0) += point.samples;
            }
        }
        prop_assert_eq!(codes, expected);
    }

    #[test]
    fn any_label_has_the_charts_that_it_has_among_the_busiest(log in logs::any_log()) {
        let read = |settings: Settings| {
            let mut statistics = LogStatistics::new(settings);
            statistics.feed(&log.bytes);
            statistics.finish();
            statistics
        };
        let mut all = read(Settings { series_labels: usize::MAX, ..settings() });
        let mut few = read(settings());
        let (series, profiles) = (all.series(), all.profiles());
        for (series, profile) in series.labels.into_iter().zip(profiles.labels) {
            let charts = few.label_charts(&series.label).expect("it is in the log");
            prop_assert_eq!((charts.series, charts.profile), (series, profile));
        }
        prop_assert_eq!(few.label_charts("no such label"), None);
    }
}

/// From blocks that hold less than a field to blocks that hold several rows.
fn block_bytes() -> impl Strategy<Value = usize> {
    prop_oneof![1..20_usize, 20..400_usize, Just(32 << 10)]
}

fn statistics_of(samples: &[OwnedSample]) -> SampleStatistics {
    let mut statistics = SampleStatistics::new(&settings());
    for sample in samples {
        statistics.add(&sample.borrow());
    }
    statistics.finish();
    statistics
}

#[test]
fn a_log_is_shown_when_a_property_fails() {
    let log = Log { bytes: b"a\nb".to_vec() };
    assert_eq!(format!("{log:?}"), "a\nb");
}
