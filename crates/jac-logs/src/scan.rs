//! Reads one log on several threads: it is split between rows, read in parts, and the parts' collectors are returned.
//!
//! A split position is a guess (a quoted field may contain text that looks like a row), so it is checked: a part's
//! reader must be between two rows where the next part begins. If it is not, everything is read again in one piece. So
//! the result always equals that of one pass.

mod framed;
mod packed;
mod plain;
mod segments;
mod sequential;

use crate::dates::Ready;
use crate::frames::FramedLog;
use crate::input::{Broken, Opened, Packing, open};
use crate::{Input, Interval, LogError};
use jac_jtl::{ReadOutcome, Settings, TakeSample};
use std::num::NonZero;
use std::ops::ControlFlow;
use std::sync::Arc;

/// Bytes passed to a reader at once: they stay in the CPU's second-level cache between reading and parsing.
const PIECE: usize = 128 << 10;

/// Receives the samples of one thread; those of one part arrive in the log's order.
pub(crate) trait Collector: TakeSample + Send {
    /// Its thread has no more samples for it.
    fn settle(&mut self) {}

    /// More bytes have been read: an opportunity to hand over what uses much memory. Breaks if the result would depend
    /// on the order of the samples: then the log is read sequentially.
    fn relieve(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// The parameters of a scan in addition to the log.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a, C> {
    pub(crate) settings: &'a Settings,
    /// How many threads read; `None`: as many as there are processors.
    pub(crate) threads: Option<NonZero<usize>>,
    /// Bytes of a plain log that a thread reads at once; a log of less than half of it is read by one thread.
    pub(crate) part_bytes: NonZero<u64>,
    /// Called before the log is read, and again if it has to be read once more: everything that collectors handed over
    /// is void then.
    pub(crate) begin: &'a dyn Fn(),
    /// Parts that are known to have no sample that ended within it are skipped. The collector must still check each
    /// sample.
    pub(crate) within: Option<&'a Interval>,
    /// Creates a thread's collector.
    pub(crate) collector: &'a (dyn Fn() -> C + Sync),
}

/// The result of a scan: the threads' collectors, in no order, and the readers' outcomes.
pub(crate) struct Scanned<C> {
    pub(crate) collectors: Vec<C>,
    pub(crate) outcome: ReadOutcome,
    /// Why not everything could be unpacked, if so.
    pub(crate) broken: Option<Broken>,
    /// One thread took all samples in the log's order.
    pub(crate) in_order: bool,
}

/// The default of [`Scan::part_bytes`]: small enough that the threads finish at about the same time.
pub(crate) const PART_BYTES: NonZero<u64> = NonZero::new(8 << 20).unwrap();

/// Called with the number of this log's bytes read so far; breaks to cancel.
pub(crate) type Report<'a> = &'a mut dyn FnMut(u64) -> ControlFlow<()>;

/// Why a parallel scan has no result.
enum Failed {
    /// A place to split was wrong, or none was found.
    Unsplittable,
    Error(LogError),
}

/// The stored size of a log, if it has one.
pub(crate) fn size(input: &Input) -> Result<Option<u64>, LogError> {
    match input {
        Input::Stdin => Ok(None),
        // Opening a pipe to examine it would terminate its writer.
        Input::File(path) => Ok(std::fs::metadata(path).ok().filter(|file| file.is_file()).map(|file| file.len())),
        Input::Elsewhere(elsewhere) => {
            let size = elsewhere.bytes.size();
            size.map(Some).map_err(|source| LogError::Read { name: input.name(), source })
        }
    }
}

/// The number of threads; `None`: one per CPU.
pub(crate) fn threads(asked: Option<NonZero<usize>>) -> usize {
    asked.or_else(|| std::thread::available_parallelism().ok()).map_or(1, NonZero::get)
}

impl<C: Collector> Scan<'_, C> {
    /// Reads one log.
    pub(crate) fn run(&self, log: &mut Ready<'_>, report: Report<'_>) -> Result<Scanned<C>, LogError> {
        let (input, opened) = (log.input, log.open()?);
        let scan = Scan { settings: &log.settings, ..*self };
        let broken = Arc::clone(&opened.broken);
        let mut scanned = scan.read(input, opened, report)?;
        let outcome = &mut scanned.outcome;
        if let Some(broken) = broken.get().copied().or(scanned.broken) {
            broken.note_in(outcome);
        }
        outcome.name_file(&input.name());
        Ok(scanned)
    }

    fn read(&self, input: &Input, opened: Opened, report: Report<'_>) -> Result<Scanned<C>, LogError> {
        let threads = threads(self.threads);
        // A log that is read in parts need not be read completely.
        if (threads > 1 || self.within.is_some())
            && opened.is_utf8
            && let Some(size) = opened.size
        {
            let is_long = size >= self.part_bytes.get() / 2;
            let framed = match opened.packing {
                Packing::Zstandard => framed(input).map_err(|source| LogError::Read { name: input.name(), source })?,
                Packing::Plain | Packing::Gzip => None,
            };
            let mut parallel = Err(Failed::Unsplittable);
            (self.begin)();
            if let Some(log) = framed.filter(|log| log.frame_count() > 1) {
                parallel = self.framed_file(input, &log, threads, report);
            }
            if matches!(parallel, Err(Failed::Unsplittable)) && is_long {
                (self.begin)();
                parallel = match (opened.packing, input) {
                    (Packing::Plain, Input::File(path)) => self.plain_file(path, threads, report),
                    // Each of its pieces would be fetched for a single thread.
                    (Packing::Plain, _) => Err(Failed::Unsplittable),
                    (Packing::Gzip | Packing::Zstandard, _) => self.packed_file(input, open(input)?, threads, report),
                };
            }
            match parallel {
                Ok(scanned) => return Ok(scanned),
                Err(Failed::Error(error)) => return Err(error),
                Err(Failed::Unsplittable) => {}
            }
        }
        (self.begin)();
        sequential::read(self, input, opened, report)
    }
}

/// The log in frames, if it is one.
fn framed(input: &Input) -> std::io::Result<Option<FramedLog>> {
    match input {
        Input::File(path) => FramedLog::open(path),
        Input::Elsewhere(elsewhere) => FramedLog::of(Arc::clone(&elsewhere.bytes)),
        Input::Stdin => Ok(None),
    }
}

impl From<LogError> for Failed {
    fn from(error: LogError) -> Self {
        Self::Error(error)
    }
}
