//! The whole log by one reader.

use super::{Collector, PIECE, Report, Scan, Scanned};
use crate::input::Opened;
use crate::{Input, LogError};
use jac_jtl::LogReader;
use std::io::{ErrorKind, Read};
use std::sync::atomic::Ordering;

/// Pieces between two reports of progress.
const REPORT_EVERY: usize = 128;

pub(super) fn read<C: Collector>(
    scan: &Scan<'_, C>,
    input: &Input,
    mut opened: Opened,
    report: Report<'_>,
) -> Result<Scanned<C>, LogError> {
    let mut collector = (scan.collector)();
    let mut reader = LogReader::new(scan.settings);
    let mut piece = vec![0; PIECE];
    for count in 0_usize.. {
        match opened.bytes.read(&mut piece) {
            Ok(0) => break,
            Ok(read) => reader.feed(&piece[..read], &mut collector),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(source) => return Err(LogError::Read { name: input.name(), source }),
        }
        if count.is_multiple_of(REPORT_EVERY) && report(opened.taken.load(Ordering::Relaxed)).is_break() {
            return Err(LogError::Cancelled);
        }
    }
    reader.finish(&mut collector);
    Ok(Scanned { collectors: vec![collector], outcome: reader.outcome(), broken: None, in_order: true })
}
