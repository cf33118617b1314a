//! Streams the samples of logs, one log after the other, in their order, e.g. to write them elsewhere.

use crate::dates::Ready;
use crate::input::Broken;
use crate::read::{Empty, each_log};
use crate::{Input, LogError, Progress};
use jac_jtl::{LogReader, ReadOutcome, Sample, Settings, TakeSample};
use std::io::{ErrorKind, Read};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

/// Bytes passed to the reader at once.
const PIECE: usize = 128 << 10;

/// Calls `take` with every sample and the number of its log, from 0; when it breaks, or `progress` does, the reading ends with
/// [`LogError::Cancelled`]. Only one row is in memory at a time.
///
/// # Errors
/// When a log cannot be opened, read or decompressed, or has no samples. Invalid rows are not errors; the outcome
/// counts them.
pub fn stream_samples(
    inputs: &[Input],
    settings: &Settings,
    take: &mut dyn FnMut(u32, &Sample<'_>) -> ControlFlow<()>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<ReadOutcome, LogError> {
    let mut all = ReadOutcome::default();
    each_log(inputs, settings, progress, |source, log, report| {
        let mut each = Each { source, take: &mut *take, is_over: false };
        let (mut outcome, broken) = stream(log, &mut each, &mut |each: &mut Each<'_>, _, taken| {
            let is_over = each.is_over || report(taken).is_break();
            if is_over { Err(LogError::Cancelled) } else { Ok(()) }
        })?;
        if each.is_over {
            return Err(LogError::Cancelled);
        }
        if let Some(broken) = broken {
            broken.note_in(&mut outcome);
        }
        Empty::Refused.check(log.input, &outcome)?;
        all.merge(&outcome);
        Ok(())
    })?;
    Ok(all)
}

struct Each<'a> {
    source: u32,
    take: &'a mut dyn FnMut(u32, &Sample<'_>) -> ControlFlow<()>,
    is_over: bool,
}

impl TakeSample for Each<'_> {
    fn take(&mut self, sample: &Sample<'_>) {
        self.is_over = self.is_over || (self.take)(self.source, sample).is_break();
    }
}

/// Callbacks while a log is read; see [`stream`].
pub(crate) type After<'a, T, E> = dyn FnMut(&mut T, usize, u64) -> Result<(), E> + 'a;

/// Reads one log to its end. `after` is called after each piece with its unpacked bytes, and with the bytes that have been taken of the log
/// as it lies there. Says why not everything could be unpacked, if so.
pub(crate) fn stream<T: TakeSample, E: From<LogError>>(
    log: &mut Ready<'_>,
    take: &mut T,
    after: &mut After<'_, T, E>,
) -> Result<(ReadOutcome, Option<Broken>), E> {
    let (input, mut opened) = (log.input, log.open()?);
    let mut reader = LogReader::new(&log.settings);
    let mut piece = vec![0; PIECE];
    loop {
        let read = match opened.bytes.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(source) => return Err(LogError::Read { name: input.name(), source }.into()),
        };
        reader.feed(&piece[..read], take);
        after(&mut *take, read, opened.taken.load(Ordering::Relaxed))?;
    }
    reader.finish(take);
    after(&mut *take, 0, opened.taken.load(Ordering::Relaxed))?;
    let mut outcome = reader.outcome();
    outcome.name_file(&input.name());
    Ok((outcome, opened.broken.get().copied()))
}
