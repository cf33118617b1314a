//! One log after the other, sample by sample in their order, for whoever writes them elsewhere.

use crate::dates;
use crate::input::open;
use crate::read::{Empty, each_log};
use crate::{Input, LogError, Progress};
use jac_jtl::{LogReader, ReadOutcome, Sample, Settings, TakeSample};
use std::io::{ErrorKind, Read};
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

/// Bytes handed to the reader at once.
const PIECE: usize = 128 << 10;

/// Calls `take` with every sample and the number of its log, from 0; when it breaks, or `progress` does, the reading ends with
/// [`LogError::Cancelled`]. Only one row is in memory at a time.
///
/// # Errors
/// When a log cannot be opened, read or unpacked, or has no sample. Rows that cannot be understood are no errors; the outcome counts them.
pub fn stream_samples(
    inputs: &[Input],
    settings: &Settings,
    take: &mut dyn FnMut(u32, &Sample<'_>) -> ControlFlow<()>,
    progress: &mut dyn FnMut(Progress) -> ControlFlow<()>,
) -> Result<ReadOutcome, LogError> {
    let mut all = ReadOutcome::default();
    each_log(inputs, progress, |source, input, report| {
        let mut each = Each { source, take: &mut *take, is_over: false };
        let (mut outcome, is_broken) =
            stream(input, settings, &mut each, &mut |each: Option<&mut Each<'_>>, _, taken| {
                let is_over = each.is_some_and(|each| each.is_over) || report(taken).is_break();
                if is_over { Err(LogError::Cancelled) } else { Ok(()) }
            })?;
        if each.is_over {
            return Err(LogError::Cancelled);
        }
        if is_broken {
            outcome.cut_logs = outcome.cut_logs.max(1);
        }
        Empty::Refused.check(input, &outcome)?;
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

/// What is called while a log is read; see [`stream`].
pub(crate) type After<'a, T, E> = dyn FnMut(Option<&mut T>, usize, u64) -> Result<(), E> + 'a;

/// Reads one log to its end. `after` is called after each piece with its unpacked bytes, and with the bytes that have been taken of the log
/// as it lies there; before that, while the log is only looked through for the order of its dates, without `take`, with all bytes that
/// were unpacked for it so far. Says whether the packed bytes ended too early.
pub(crate) fn stream<T: TakeSample, E: From<LogError>>(
    input: &Input,
    settings: &Settings,
    take: &mut T,
    after: &mut After<'_, T, E>,
) -> Result<(ReadOutcome, bool), E> {
    let mut opened = open(input)?;
    let order = dates::order(input, &opened.head, settings, &mut |bytes| after(None, bytes, 0))?;
    let settings = order.map(|order| dates::with(settings, order.order)).unwrap_or_else(|| settings.clone());
    let mut reader = LogReader::new(&settings);
    let mut piece = vec![0; PIECE];
    loop {
        let read = match opened.bytes.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(source) => return Err(LogError::Read { name: input.name(), source }.into()),
        };
        reader.feed(&piece[..read], take);
        after(Some(&mut *take), read, opened.taken.load(Ordering::Relaxed))?;
    }
    reader.finish(take);
    after(Some(&mut *take), 0, opened.taken.load(Ordering::Relaxed))?;
    let mut outcome = reader.outcome();
    outcome.name_file(&input.name());
    Ok((outcome, opened.broken.load(Ordering::Relaxed)))
}
