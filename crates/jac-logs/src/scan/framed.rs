//! A log in frames: every thread decompresses and reads its own frames.
//!
//! JAC's frames end at a row's end. Frames by other programs need not: then, or if one is damaged, the log is read
//! sequentially.

use super::segments::{Part, Segment, Shared, run};
use super::{Collector, Failed, PIECE, Report, Scan, Scanned};
use crate::frames::{FrameReader, FramedLog};
use crate::{Input, LogError};
use jac_jtl::{LogReader, Sample};
use std::io::ErrorKind;
use std::sync::atomic::{AtomicUsize, Ordering};

impl<C: Collector> Scan<'_, C> {
    pub(super) fn framed_file(
        &self,
        input: &Input,
        log: &FramedLog,
        threads: usize,
        report: Report<'_>,
    ) -> Result<Scanned<C>, Failed> {
        let failed = |error: std::io::Error| match error.kind() {
            ErrorKind::InvalidData => Failed::Unsplittable,
            _ => Failed::Error(LogError::Read { name: input.name(), source: error }),
        };
        let mut reader = LogReader::new(self.settings);
        reader.feed(FrameReader::default().read(log, 0).map_err(failed)?, &mut |_: &Sample<'_>| {});
        let layout = reader.layout().ok_or(Failed::Unsplittable)?;
        let shared = Shared::new(self, &layout);
        let next = AtomicUsize::new(0);
        let work = |mut collector: C| -> Part<C> {
            let mut outcomes = Vec::new();
            let mut reader = FrameReader::default();
            while !shared.stopped() {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(frame) = log.frames().get(number) else { break };
                if !shared.needs(frame.position) {
                    shared.taken.fetch_add(u64::from(frame.packed), Ordering::Relaxed);
                    continue;
                }
                let bytes = match reader.read(log, number).map_err(failed) {
                    Ok(bytes) => bytes,
                    Err(Failed::Error(error)) => return Err(error),
                    Err(Failed::Unsplittable) => {
                        shared.mark_unreadable();
                        break;
                    }
                };
                let last = number + 1 == log.frame_count();
                let segment = Segment { number, position: frame.position, last };
                let outcome = shared.read(&segment, &mut collector, |feed| {
                    bytes.chunks(PIECE).for_each(feed);
                    Ok(())
                })?;
                shared.taken.fetch_add(u64::from(frame.packed), Ordering::Relaxed);
                outcomes.push((number, outcome));
            }
            Ok((collector, outcomes))
        };
        run(self, &shared, threads.min(log.frame_count()), work, report)
    }
}
