//! Reading logs into statistics.

use crate::counting::{Counting, Shared};
use crate::dates::{Ready, ready};
use crate::scan::{PART_BYTES, Report, Scan, size};
use crate::{Filter, Input, Interval, LogError};
use jac_jtl::{LogStatistics, ReadOutcome, SampleStatistics, Settings};
use std::num::NonZero;
use std::ops::ControlFlow;

/// How a log without samples is handled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Empty {
    /// It is an error: a reading without samples is not a success.
    #[default]
    Refused,
    /// It counts as empty: the run may have just begun.
    Allowed,
}

impl Empty {
    /// An error if a log that must have samples has none.
    pub(crate) fn check(self, input: &Input, outcome: &ReadOutcome) -> Result<(), LogError> {
        match self {
            Self::Refused if outcome.samples == 0 => {
                Err(LogError::NoSample { name: input.name(), outcome: Box::new(outcome.clone()) })
            }
            Self::Refused | Self::Allowed => Ok(()),
        }
    }
}

/// How far the reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Stored bytes of all logs read so far.
    pub bytes: u64,
    /// Bytes of all logs together, if every log's size is known.
    pub total_bytes: Option<u64>,
}

/// How logs are read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// The settings and limits of counting.
    pub settings: Settings,
    /// The samples that are counted; others are ignored.
    pub filter: Filter,
    /// How many threads read; `None`: as many as there are processors.
    pub threads: Option<NonZero<usize>>,
    /// Bytes of an uncompressed log that a thread reads at once (8 MB). No effect on the result.
    pub part_bytes: Option<NonZero<u64>>,
    /// How a log without samples is handled.
    pub empty: Empty,
    /// Only the samples that ended within it; for a single log. `None`: all samples.
    pub interval: Option<Interval>,
}

/// Reads logs, each in its own dialect, into one set of statistics: every sample, on all processors. Otherwise as
/// [`read_logs_with`].
///
/// # Errors
/// As [`read_logs_with`].
pub fn read_logs(
    inputs: &[Input],
    settings: &Settings,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<LogStatistics, LogError> {
    read_logs_with(inputs, &ReadOptions { settings: settings.clone(), ..ReadOptions::default() }, progress)
}

/// Reads logs, each in its own dialect, into one set of statistics. Labels are in the order of the logs. `progress` is
/// called regularly; when it breaks, the reading ends with [`LogError::Cancelled`].
///
/// Several threads share the work; the result equals that of one pass, to the last digit.
///
/// # Errors
/// When a log cannot be opened, read or decompressed. Invalid rows are not errors; the statistics count them.
pub fn read_logs_with(
    inputs: &[Input],
    options: &ReadOptions,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<LogStatistics, LogError> {
    // If labels are grouped the logs are read again in their order, which is impossible for a pipe.
    let in_their_order = ReadOptions { threads: Some(NonZero::<usize>::MIN), ..options.clone() };
    let has_pipe = inputs.iter().any(Input::is_read_once);
    let (statistics, in_order) = count(inputs, if has_pipe { &in_their_order } else { options }, progress)?;
    if in_order || !statistics.has_folded() {
        return Ok(statistics);
    }
    // Which labels are kept separately depends on their order of appearance.
    Ok(count(inputs, &in_their_order, progress)?.0)
}

/// Counts logs, and returns whether all samples were counted in their order.
fn count(
    inputs: &[Input],
    options: &ReadOptions,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<(LogStatistics, bool), LogError> {
    let settings = &options.settings;
    let within = options.interval.as_ref();
    let filter = within.map_or_else(|| options.filter.clone(), |interval| interval.narrow(&options.filter));
    let mut all: Option<(SampleStatistics, ReadOutcome)> = None;
    let mut in_order = true;
    each_log(inputs, settings, progress, |source, log, report| {
        let shared = Shared::new(options, all.as_ref().map_or(0, |(statistics, _)| statistics.memory()));
        let collector = || Counting::new(settings, source, &filter, &shared);
        let part_bytes = options.part_bytes.unwrap_or(PART_BYTES);
        let begin = || shared.forget();
        let scan =
            Scan { settings, threads: options.threads, part_bytes, begin: &begin, within, collector: &collector };
        let scanned = scan.run(log, report)?;
        options.empty.check(log.input, &scanned.outcome)?;
        in_order &= scanned.in_order;
        let parts = scanned.collectors.into_iter().map(|part| part.statistics);
        let mut parts = shared.handed_over().take().into_iter().chain(parts);
        if all.is_none() {
            all = parts.next().map(|first| (first, ReadOutcome::default()));
        }
        if let Some((statistics, outcome)) = &mut all {
            statistics.merge_all(parts.collect());
            outcome.merge(&scanned.outcome);
        }
        Ok(())
    })?;
    let (mut statistics, outcome) = all.ok_or(LogError::Nothing)?;
    statistics.finish();
    Ok((LogStatistics::from_parts(settings, statistics, outcome), in_order))
}

/// Calls `read` for one log after the other, with progress reports that add up over all of them.
pub(crate) fn each_log(
    inputs: &[Input],
    settings: &Settings,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
    mut read: impl FnMut(u32, &mut Ready<'_>, Report<'_>) -> Result<(), LogError>,
) -> Result<(), LogError> {
    if inputs.is_empty() {
        return Err(LogError::Nothing);
    }
    let sizes = inputs.iter().map(size).collect::<Result<Vec<_>, _>>()?;
    let total_bytes = sizes.iter().copied().sum();
    // Every file is opened before the first is read, because minutes may pass before the last one is.
    let mut looked = |_| match progress(Progress { bytes: 0, total_bytes }) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(LogError::Cancelled),
    };
    let logs = ready(inputs, settings, &mut looked)?;
    let mut done = 0;
    for ((source, mut log), size) in (0..).zip(logs).zip(sizes) {
        let mut taken = 0;
        read(source, &mut log, &mut |bytes| {
            taken = bytes;
            progress(Progress { bytes: done + bytes, total_bytes })
        })?;
        done += size.unwrap_or(taken);
        if progress(Progress { bytes: done, total_bytes }).is_break() {
            return Err(LogError::Cancelled);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Empty, Progress, ReadOptions, read_logs, read_logs_with};
    use crate::{Input, LogError};
    use jac_jtl::Settings;
    use std::io::Write;
    use std::num::NonZero;
    use std::ops::ControlFlow;
    use std::path::Path;

    const LOG: &[u8] = b"timeStamp,elapsed,label,success\n1000,20,Home,true\n2000,40,Buy,false\n";

    fn written(folder: &Path, name: &str, bytes: &[u8]) -> Input {
        let path = folder.join(name);
        std::fs::write(&path, bytes).expect("a file");
        Input::File(path)
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).expect("packs");
        packer.finish().expect("packs")
    }

    #[test]
    fn packed_and_plain_logs_in_different_dialects_are_merged() {
        let folder = tempfile::tempdir().expect("a folder");
        // gzip files may be joined.
        let gzipped = [gzip(&LOG[..40]), gzip(&LOG[40..])].concat();
        let zstandard = zstd::encode_all(&b"label;elapsed;timeStamp\nPay;60;3000\n"[..], 1).expect("packs");
        let inputs = [
            written(folder.path(), "a.jtl", LOG),
            written(folder.path(), "b.jtl.gz", &gzipped),
            // The name does not matter.
            written(folder.path(), "c.jtl", &zstandard),
        ];
        let mut last = None;
        let mut log = read_logs(&inputs, &Settings::default(), &mut |progress| {
            last = Some(progress);
            ControlFlow::Continue(())
        })
        .expect("statistics");
        let summary = log.summary();
        assert_eq!(summary.total.samples, 5);
        assert_eq!(summary.total.errors, 2);
        assert_eq!(summary.labels.iter().map(|entry| entry.label.as_str()).collect::<Vec<_>>(), ["Home", "Buy", "Pay"]);
        let size = (LOG.len() + gzipped.len() + zstandard.len()) as u64;
        assert_eq!(last, Some(Progress { bytes: size, total_bytes: Some(size) }));
    }

    #[test]
    fn what_cannot_be_read_is_a_sentence() {
        let folder = tempfile::tempdir().expect("a folder");
        let goes_on = &mut |_: Progress| ControlFlow::Continue(());
        let read = |input: Input, on: &mut dyn FnMut(Progress) -> ControlFlow<()>| {
            read_logs(&[input], &Settings::default(), on).map(|_| ()).expect_err("an error").to_string()
        };
        let missing = Input::File(folder.path().join("missing.jtl"));
        assert!(read(missing, goes_on).starts_with("cannot open "));
        assert!(read(Input::File(folder.path().to_owned()), goes_on).contains("is a folder"));
        let cut = written(folder.path(), "cut.gz", &gzip(LOG)[..5]);
        assert!(read(cut, goes_on).starts_with("cannot read "));
        let damaged = written(folder.path(), "damaged.zst", &[0x28, 0xB5, 0x2F, 0xFD, 0xFF, 0xFF, 0xFF]);
        assert!(read(damaged, goes_on).starts_with("cannot read "));
        let plain = written(folder.path(), "a.jtl", LOG);
        assert_eq!(read(plain, &mut |_| ControlFlow::Break(())), LogError::Cancelled.to_string());
    }

    #[test]
    fn a_log_without_a_sample_is_refused_unless_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let input = [written(folder.path(), "empty.jtl", b"")];
        let goes_on = &mut |_: Progress| ControlFlow::Continue(());
        let error = read_logs(&input, &Settings::default(), goes_on).map(|_| ()).expect_err("an error");
        assert_eq!(error.code(), "no_sample");
        let options = ReadOptions { empty: Empty::Allowed, ..ReadOptions::default() };
        let mut log = read_logs_with(&input, &options, goes_on).expect("statistics");
        let summary = log.summary();
        assert_eq!((summary.total.samples, summary.start_ms, summary.total.mean_ms), (0, None, None));
        assert!(log.series().points.is_empty());
    }

    #[test]
    fn a_damaged_packed_log_is_not_called_truncated() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows: String =
            (0..90_000_u64).map(|n| format!("{},{},Home,true\n", n * 7, n * n * 7_919 % 99_991)).collect();
        let log = format!("timeStamp,elapsed,label,success\n{rows}");
        for (name, mut packed) in
            [("a.gz", gzip(log.as_bytes())), ("a.zst", zstd::encode_all(log.as_bytes(), 1).expect("packs"))]
        {
            let middle = packed.len() / 2;
            packed[middle..middle + 64].fill(0xFF);
            let input = [written(folder.path(), name, &packed)];
            for threads in [1, 2] {
                let options = ReadOptions { threads: NonZero::new(threads), ..ReadOptions::default() };
                let log = read_logs_with(&input, &options, &mut |_| ControlFlow::Continue(())).expect(name);
                assert_eq!((log.outcome().cut_logs, log.outcome().damaged_logs), (1, 1), "{name}");
            }
            let mut samples = 0;
            let mut take = |_, _: &jac_jtl::Sample<'_>| {
                samples += 1;
                ControlFlow::Continue(())
            };
            let outcome =
                crate::stream_samples(&input, &Settings::default(), &mut take, &mut |_| ControlFlow::Continue(()));
            assert_eq!(outcome.expect(name).damaged_logs, 1, "{name}");
            assert!((1_000..90_000).contains(&samples), "{name}: {samples}");
        }
    }

    #[test]
    fn a_packed_log_that_breaks_off_gives_what_can_be_unpacked() {
        let folder = tempfile::tempdir().expect("a folder");
        let rows: String =
            (0..90_000_u64).map(|n| format!("{},{},Home,true\n", n * 7, n * n * 7_919 % 99_991)).collect();
        let log = format!("timeStamp,elapsed,label,success\n{rows}");
        for (name, packed) in
            [("a.gz", gzip(log.as_bytes())), ("a.zst", zstd::encode_all(log.as_bytes(), 1).expect("packs"))]
        {
            let input = written(folder.path(), name, &packed[..packed.len() / 2]);
            let mut log = read_logs(&[input], &Settings::default(), &mut |_| ControlFlow::Continue(())).expect(name);
            let summary = log.summary();
            assert!((1_000..90_000).contains(&summary.total.samples), "{name}: {}", summary.total.samples);
            assert!(summary.partial.is_some() && summary.unread_percent == Some(0.0), "{name}");
            assert_eq!(log.outcome().damaged_logs, 0, "{name}");
        }
    }
}
