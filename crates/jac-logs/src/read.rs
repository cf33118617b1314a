//! Reading logs into statistics.

use crate::dates::{Ready, ready};
use crate::filter::corrected_start_ms;
use crate::scan::{Collector, PART_BYTES, Report, Scan, size, threads};
use crate::{ClockOffsets, Filter, Input, Interval, Kind};
use jac_jtl::{LogReader, LogStatistics, ReadOutcome, Sample, SampleStatistics, Settings, TakeSample};
use std::cell::Cell;
use std::io::Read;
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// How much of a log is read at a time to find its start.
const FIRST_BYTES: u64 = 256 << 10;

/// Why a log could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// It cannot be opened.
    #[error("cannot open {name}: {source}")]
    Open {
        /// The log's name.
        name: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// It is a folder.
    #[error("{name} is a folder; give the log file in it, such as {name}/results.jtl")]
    Directory {
        /// The folder's name.
        name: String,
    },
    /// Reading or unpacking it failed midway.
    #[error("cannot read {name}: {source}")]
    Read {
        /// The log's name.
        name: String,
        /// What the system or the unpacker says.
        #[source]
        source: std::io::Error,
    },
    /// It is something else.
    #[error("{name} is {kind}, not a result log")]
    NotALog {
        /// The file's name.
        name: String,
        /// What it is.
        kind: Kind,
    },
    /// It has no sample.
    #[error("{name} contains no samples: {}", without_samples(outcome))]
    NoSample {
        /// The log's name.
        name: String,
        /// What its reader met.
        outcome: Box<ReadOutcome>,
    },
    /// There was nothing to read.
    #[error("no log given")]
    Nothing,
    /// A pipe would have to be read twice.
    #[error("times after the start (+90s, a warm-up) need a file: {name} can be read only once")]
    OnlyOnce {
        /// The log's name.
        name: String,
    },
    /// A pipe has to be read twice for the order of its dates, and cannot be copied for that.
    #[error("cannot copy {name} to a temporary file, to find out the order of its dates: {source}")]
    Spool {
        /// The log's name.
        name: String,
        /// What the system says.
        #[source]
        source: std::io::Error,
    },
    /// The caller ended it.
    #[error("reading was cancelled")]
    Cancelled,
}

impl LogError {
    /// Its stable name.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Open { .. } => "log_not_opened",
            Self::Directory { .. } => "log_is_a_folder",
            Self::Read { .. } => "log_not_read",
            Self::NotALog { .. } => "not_a_result_log",
            Self::NoSample { .. } => "no_sample",
            Self::Nothing => "no_log_named",
            Self::OnlyOnce { .. } => "input_only_once",
            Self::Spool { .. } => "log_not_copied",
            Self::Cancelled => "cancelled",
        }
    }

    /// What to do about it, a sentence.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotALog { name, kind } => Some(kind.hint(name)),
            Self::NoSample { outcome, .. } => Some(match outcome.rejected.first().map(|row| row.code.as_str()) {
                None => "JMeter may have ended before its first sample; check its jmeter.log.".to_owned(),
                Some("no_header") => {
                    "If it has no header, give its columns: --columns timeStamp,elapsed,label,…".to_owned()
                }
                Some("time_stamp") => {
                    "Give the format of its timestamps: --time-format 'dd/MM/yyyy HH:mm:ss', or --time-unit.".to_owned()
                }
                Some(_) => "Give a result log written by JMeter, as CSV or XML.".to_owned(),
            }),
            Self::Spool { .. } => Some(
                "Give the format of its timestamps (--time-format 'dd/MM/yyyy HH:mm:ss'), or set TMPDIR to a folder with room."
                    .to_owned(),
            ),
            Self::Open { .. }
            | Self::Directory { .. }
            | Self::Read { .. }
            | Self::Nothing
            | Self::OnlyOnce { .. }
            | Self::Cancelled => None,
        }
    }
}

fn without_samples(outcome: &ReadOutcome) -> String {
    match (outcome.bytes, outcome.rejected.first()) {
        (0, _) if outcome.cut_logs == 0 => "it is empty".to_owned(),
        (_, None) if outcome.cut_logs > 0 => "it ends before its first one".to_owned(),
        (_, None) => "it has no rows".to_owned(),
        (_, Some(first)) => {
            let rows = outcome.rejected_rows;
            let of_rows = if rows == 1 { "its row".to_owned() } else { format!("none of its {rows} rows") };
            let could = if rows == 1 { "could not" } else { "could" };
            format!("{of_rows} {could} be read (line {}: {})", first.line, first.reason)
        }
    }
}

/// What becomes of a log without a sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Empty {
    /// It is an error: nothing that was read is no success.
    #[default]
    Refused,
    /// It counts nothing: the run may still be at its beginning.
    Allowed,
}

impl Empty {
    /// An error where a log that must have samples has none.
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
    /// Bytes of all logs taken so far, as they lie there.
    pub bytes: u64,
    /// Bytes of all logs together, where every one's size is known.
    pub total_bytes: Option<u64>,
}

/// How logs are read.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// What is counted, and its limits.
    pub settings: Settings,
    /// Which samples are counted; others are as if they were not there.
    pub filter: Filter,
    /// How many threads read; `None`: as many as there are processors.
    pub threads: Option<NonZero<usize>>,
    /// Bytes of a plain log that a thread reads at once (8 MB): of no effect on what is read.
    pub part_bytes: Option<NonZero<u64>>,
    /// What becomes of a log without a sample.
    pub empty: Empty,
    /// The samples that ended within it alone; one log's. `None`: whenever they ended.
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

/// Reads logs, each in its own dialect, into one set of statistics. Labels come in the order of the logs. `progress` is
/// called now and then; when it breaks, the reading ends with [`LogError::Cancelled`].
///
/// Several processors share the work; the result is that of one pass, to the last digit.
///
/// # Errors
/// When a log cannot be opened, read or unpacked. Rows that cannot be understood are no errors; the statistics count them.
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

/// Counts logs, and says whether all samples were counted in their order.
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
        let collector = || Counting {
            statistics: SampleStatistics::of_source(settings, source),
            filter: &filter,
            source,
            settings,
            shared: &shared,
            memory: 0,
        };
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

/// The earliest start among the first rows of the logs (those in the first 256 KB of each, or else its first one), epoch milliseconds:
/// what times after the start count from. `None` if the log has no rows.
///
/// # Errors
/// When a log cannot be opened or read, or is a pipe, which can be read only once.
pub fn first_start(inputs: &[Input], settings: &Settings) -> Result<Option<i64>, LogError> {
    let earlier = |known: Option<i64>, start_ms: i64| Some(known.map_or(start_ms, |known| known.min(start_ms)));
    let mut first: Option<i64> = None;
    // JMeter writes 0 for a sample that never began.
    let mut first_but_zero: Option<i64> = None;
    each_first_row(inputs, settings, &mut |_, sample| {
        let start_ms = sample.start_ms;
        first = earlier(first, start_ms);
        if start_ms > 0 {
            first_but_zero = earlier(first_but_zero, start_ms);
        }
    })?;
    Ok(first_but_zero.or(first))
}

/// When the first row of the logs started, epoch milliseconds, by the clock that nodes' clocks were compared with; of several logs the earliest. This is known as soon as a log begins:
/// a warm-up counts from it, while the run continues and afterwards.
///
/// # Errors
/// As those of [`first_start`].
pub fn first_row_start(inputs: &[Input], settings: &Settings, offsets: &ClockOffsets) -> Result<Option<i64>, LogError> {
    let mut firsts: Vec<Option<i64>> = vec![None; inputs.len()];
    each_first_row(inputs, settings, &mut |log, sample| {
        if sample.start_ms > 0 {
            firsts[log].get_or_insert(corrected_start_ms(sample, offsets));
        }
    })?;
    Ok(firsts.into_iter().flatten().min())
}

/// The first rows of each log, up to the first with a start time: the log's index and the row.
fn each_first_row(
    inputs: &[Input],
    settings: &Settings,
    take: &mut dyn FnMut(usize, &Sample<'_>),
) -> Result<(), LogError> {
    if let Some(pipe) = inputs.iter().find(|input| input.is_read_once()) {
        return Err(LogError::OnlyOnce { name: pipe.name() });
    }
    for (log, mut ready) in ready(inputs, settings, &mut |_| Ok::<_, LogError>(()))?.into_iter().enumerate() {
        let (input, mut opened) = (ready.input, ready.open()?);
        let has_begun = Cell::new(false);
        let mut take = |sample: &Sample<'_>| {
            has_begun.set(has_begun.get() || sample.start_ms > 0);
            take(log, sample);
        };
        let mut reader = LogReader::new(&ready.settings);
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            let read = opened.bytes.by_ref().take(FIRST_BYTES).read_to_end(&mut bytes);
            read.map_err(|source| LogError::Read { name: input.name(), source })?;
            if bytes.is_empty() {
                reader.finish(&mut take);
                break;
            }
            reader.feed(&bytes, &mut take);
            if has_begun.get() {
                break;
            }
        }
    }
    Ok(())
}

/// Calls `read` for one log after the other, with a report that adds up what all of them took.
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

/// What the threads that read one log share: the memory that all counts together may take.
///
/// Nothing is given up for being counted in parts: as soon as the parts take more than what is left, those with more than their
/// share hand over what they have counted, and it is one set of statistics that has to keep to the limit.
struct Shared {
    /// Bytes that parts and what was handed over may take together.
    limit: usize,
    threads: usize,
    handed_over: Mutex<Option<SampleStatistics>>,
    /// Bytes of what was handed over, and of all parts.
    handed_over_bytes: AtomicUsize,
    part_bytes: AtomicUsize,
}

/// Parts may always have this share of the memory together, so that they need not hand over every few rows.
const LEAST_SHARE: usize = 8;

impl Shared {
    fn new(options: &ReadOptions, counted: usize) -> Self {
        let memory = options.settings.memory_bytes;
        Self {
            limit: memory.saturating_sub(counted).max(memory / LEAST_SHARE),
            threads: threads(options.threads).max(1),
            handed_over: Mutex::new(None),
            handed_over_bytes: AtomicUsize::new(0),
            part_bytes: AtomicUsize::new(0),
        }
    }

    fn handed_over(&self) -> MutexGuard<'_, Option<SampleStatistics>> {
        self.handed_over.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Starts again with nothing.
    fn forget(&self) {
        *self.handed_over() = None;
        self.handed_over_bytes.store(0, Ordering::Relaxed);
        self.part_bytes.store(0, Ordering::Relaxed);
    }

    /// Has a part of so many bytes, which had so many before, to hand them over?
    fn is_too_much(&self, before: usize, now: usize) -> bool {
        let others = self.part_bytes.fetch_sub(before, Ordering::Relaxed) - before;
        self.part_bytes.fetch_add(now, Ordering::Relaxed);
        let left = self.limit.saturating_sub(self.handed_over_bytes.load(Ordering::Relaxed));
        let room = left.max(self.limit / LEAST_SHARE);
        others + now > room && now > room / self.threads
    }

    fn hand_over(&self, counted: SampleStatistics) -> ControlFlow<()> {
        let mut all = self.handed_over();
        match &mut *all {
            Some(all) => all.merge(counted),
            none => *none = Some(counted),
        }
        let all = all.as_ref();
        self.handed_over_bytes.store(all.map_or(0, SampleStatistics::memory), Ordering::Relaxed);
        if all.is_some_and(SampleStatistics::has_folded) { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    }
}

struct Counting<'a> {
    statistics: SampleStatistics,
    filter: &'a Filter,
    source: u32,
    settings: &'a Settings,
    shared: &'a Shared,
    /// Bytes of its counts when they were looked at last.
    memory: usize,
}

impl Collector for Counting<'_> {
    fn settle(&mut self) {
        self.statistics.settle();
    }

    fn relieve(&mut self) -> ControlFlow<()> {
        if self.statistics.has_folded() {
            return ControlFlow::Break(());
        }
        let before = std::mem::replace(&mut self.memory, self.statistics.memory());
        if !self.shared.is_too_much(before, self.memory) {
            return ControlFlow::Continue(());
        }
        self.shared.is_too_much(self.memory, 0);
        self.memory = 0;
        let empty = SampleStatistics::of_source(self.settings, self.source);
        self.shared.hand_over(std::mem::replace(&mut self.statistics, empty))
    }
}

impl TakeSample for Counting<'_> {
    // Part of the reader's loop: a sample need not be written to memory to be counted.
    #[inline(always)]
    fn take(&mut self, sample: &Sample<'_>) {
        if self.filter.matches(sample) {
            self.statistics.add(sample);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Empty, LogError, Progress, ReadOptions, first_row_start, first_start, read_logs, read_logs_with};
    use crate::{Bound, ClockOffsets, Condition, Filter, Input};
    use jac_jtl::Settings;
    use std::io::Write;
    use std::ops::ControlFlow;
    use std::path::Path;
    use std::sync::Arc;

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
    fn the_start_is_that_of_the_first_row_wherever_it_stands() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = Settings::default();
        let long = "x".repeat(600 << 10);
        for (name, log, expected) in [
            (
                "far",
                format!("timeStamp,elapsed,label,success\n0,0,{long},true\n1700000000000,1,Home,true\n"),
                Some(1_700_000_000_000),
            ),
            ("one", "timeStamp,elapsed,label,success\n1700000000000,1,Home,true".to_owned(), Some(1_700_000_000_000)),
            ("none", "timeStamp,elapsed,label,success\n".to_owned(), None),
        ] {
            let inputs = [written(folder.path(), name, log.as_bytes())];
            assert_eq!(first_start(&inputs, &settings).expect(name), expected, "{name}");
            assert_eq!(first_row_start(&inputs, &settings, &ClockOffsets::default()).expect(name), expected, "{name}");
        }
    }

    #[test]
    fn nodes_whose_clocks_are_ahead_are_corrected_where_that_is_asked_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = 1_700_000_000_000_i64;
        let row = |start_ms: i64, node: u8| format!("{start_ms},1,Home,10.0.0.{node}:1099-Users 1-1\n");
        // The second node's clock is a minute ahead.
        let rows = [row(at + 60_000, 2), row(at + 5_000, 1), row(at + 66_000, 2)].concat();
        let inputs =
            [written(folder.path(), "log.jtl", format!("timeStamp,elapsed,label,threadName\n{rows}").as_bytes())];
        let offsets = Arc::new(ClockOffsets::from([(b"10.0.0.2:1099".to_vec(), 60_000)]));
        let settings = Settings::default();
        assert_eq!(first_row_start(&inputs, &settings, &offsets).expect("read"), Some(at));
        for (after_ms, samples) in [(0, 3), (5_000, 2), (6_000, 1), (6_001, 0)] {
            let mut filter = Filter::default();
            filter.add(Condition::CorrectedTime(Bound::AtLeast(at + after_ms), Arc::clone(&offsets)));
            let options = ReadOptions { filter, ..ReadOptions::default() };
            let read = read_logs_with(&inputs, &options, &mut |_| ControlFlow::Continue(()));
            assert_eq!(read.expect("read").summary().total.samples, samples, "{after_ms}");
        }
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
        }
    }
}
