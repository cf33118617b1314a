//! One log past every processor: split where rows begin, read in parts, the parts' collectors handed back.
//!
//! A place to split is a guess (a quoted field may hold what looks like a row), so it is checked: a part's reader must
//! stand between two rows where the next part begins. If one does not, everything is read again in one piece. So the
//! result is always that of one pass.

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

/// Bytes handed to a reader at once: they stay in the processor's second cache between reading and parsing.
const PIECE: usize = 128 << 10;

/// Takes the samples of one thread; those of one part come in the log's order.
pub(crate) trait Collector: TakeSample + Send {
    /// Its thread has no more samples for it.
    fn settle(&mut self) {}

    /// Some more bytes have been read: a good time to hand over what takes much memory. Breaks where the result would depend on the order
    /// of the samples: then the log is read in its order.
    fn relieve(&mut self) -> ControlFlow<()> {
        ControlFlow::Continue(())
    }
}

/// What a scan is given besides the log.
#[derive(Clone, Copy)]
pub(crate) struct Scan<'a, C> {
    pub(crate) settings: &'a Settings,
    /// How many threads read; `None`: as many as there are processors.
    pub(crate) threads: Option<NonZero<usize>>,
    /// Bytes of a plain log that a thread reads at once; a log of less than half of it is read by one thread.
    pub(crate) part_bytes: NonZero<u64>,
    /// Called before the log is read, and again where it has to be read once more: what collectors handed over is void.
    pub(crate) begin: &'a dyn Fn(),
    /// Parts without a sample that ended within it are left out, where that is known. Whoever takes the samples looks at each all the same.
    pub(crate) within: Option<&'a Interval>,
    /// Makes a thread's collector.
    pub(crate) collector: &'a (dyn Fn() -> C + Sync),
}

/// What a scan brings: the threads' collectors, in no order, and what the readers met.
pub(crate) struct Scanned<C> {
    pub(crate) collectors: Vec<C>,
    pub(crate) outcome: ReadOutcome,
    /// Why not everything could be unpacked, if so.
    pub(crate) broken: Option<Broken>,
    /// One thread took all samples in the log's order.
    pub(crate) in_order: bool,
}

/// [`Scan::part_bytes`] unless somebody asks for another: small enough that the threads end together.
pub(crate) const PART_BYTES: NonZero<u64> = NonZero::new(8 << 20).unwrap();

/// Called with the bytes of this log that have been taken; breaks to cancel.
pub(crate) type Report<'a> = &'a mut dyn FnMut(u64) -> ControlFlow<()>;

/// Why a parallel scan has no result.
enum Failed {
    /// A place to split was wrong, or none was found.
    Unsplittable,
    Error(LogError),
}

/// The size of a log as it lies there, where it has one.
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

/// How many threads read where this many are asked for; `None`: as many as there are processors.
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
        // What is read in parts need not be read whole.
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
                    // Each of its pieces would be fetched for one thread alone.
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

/// The log in frames, where it is one.
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
