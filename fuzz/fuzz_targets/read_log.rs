//! Any bytes are a log. Whatever they are: nothing panics, the pieces in which they come and the parts in which they are
//! counted make no difference, and nothing is lost between rows that were counted and rows that were rejected.

#![no_main]

use jac_jtl::{LogReader, LogStatistics, Sample, SampleStatistics, Settings};
use libfuzzer_sys::fuzz_target;

const HEADER: &[u8] = b"timeStamp,elapsed,label,responseCode,responseMessage,threadName,dataType,success,failureMessage,\
bytes,sentBytes,grpThreads,allThreads,URL,Latency,IdleTime,Connect\n";

/// Small limits, so that every kind of folding, widening and rounding happens.
fn settings() -> Settings {
    Settings {
        max_labels: 4,
        max_groups: 3,
        max_buckets: 5,
        series_labels: 2,
        series_codes: 2,
        memory_bytes: 16 << 10,
        // Rows and quotes lie across the borders of blocks.
        block_bytes: 100,
        ..Settings::default()
    }
}

fn in_pieces(bytes: &[u8], piece: usize) -> LogStatistics {
    let mut log = LogStatistics::new(settings());
    for piece in bytes.chunks(piece) {
        log.feed(piece);
    }
    log.finish();
    log
}

fuzz_target!(|input: (u8, u16, &[u8])| {
    let (choice, piece, bytes) = input;
    // Half of the inputs begin behind an ordinary header, as most bytes never come past a wrong one.
    let bytes = if choice & 1 == 0 { bytes.to_vec() } else { [HEADER, bytes].concat() };
    let mut whole = in_pieces(&bytes, usize::MAX);
    let mut pieces = in_pieces(&bytes, usize::from(piece).max(1));
    let summary = whole.summary();
    assert_eq!(summary, pieces.summary());
    assert_eq!(whole.series(), pieces.series());
    assert_eq!(whole.profiles(), pieces.profiles());
    assert_eq!(whole.errors(usize::MAX), pieces.errors(usize::MAX));
    assert_eq!(whole.outcome(), pieces.outcome());
    assert_eq!(whole.notes(), pieces.notes());

    // Every sample that the reader brings, split between two parts and merged.
    let mut parts = [SampleStatistics::new(&settings()), SampleStatistics::new(&settings())];
    let mut samples = 0;
    let mut reader = LogReader::new(&settings());
    let mut sink = |sample: &Sample<'_>| {
        assert_eq!(sample.end_ms, sample.start_ms + i64::from(sample.elapsed_ms.unwrap_or(0)));
        parts[samples % 2].add(sample);
        samples += 1;
    };
    reader.feed(&bytes, &mut sink);
    reader.finish(&mut sink);
    let [mut first, second] = parts;
    first.merge(second);
    let merged = first.summary();
    assert_eq!(merged.total.samples, summary.total.samples);
    assert_eq!(merged.total.errors, summary.total.errors);
    assert_eq!((merged.start_ms, merged.end_ms), (summary.start_ms, summary.end_ms));
    let rows: u64 = summary.labels.iter().map(|entry| entry.samples).sum();
    assert!(rows <= samples as u64, "{rows} of {samples}");
    assert_eq!(whole.outcome().bytes, bytes.len() as u64);
});
