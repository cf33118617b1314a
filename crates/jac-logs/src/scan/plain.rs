//! An uncompressed file: every thread reads its own parts of it.

use super::segments::{LOOK_AHEAD, Part, Segment, Shared, run};
use super::{Collector, Failed, PIECE, Report, Scan, Scanned};
use crate::LogError;
use jac_jtl::{Layout, LogReader, Sample, Settings};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How far after a position the next row's beginning is searched for at first: mostly it is found there.
const NEAR: usize = 8 << 10;
/// Bytes at the start that must contain the header and the first row.
const HEAD: usize = 1 << 20;

impl<C: Collector> Scan<'_, C> {
    pub(super) fn plain_file(&self, path: &Path, threads: usize, report: Report<'_>) -> Result<Scanned<C>, Failed> {
        let failed = |source| LogError::Read { name: path.display().to_string(), source };
        let (file, size) = crate::input::open_file(path)?;
        let size = size.ok_or(Failed::Unsplittable)?;
        let layout = layout(&file, self.settings).map_err(failed)?.ok_or(Failed::Unsplittable)?;
        let starts = starts(&file, size, self.part_bytes.get(), &layout, self.settings).map_err(failed)?;
        let shared = Shared::new(self, &layout);
        let next = AtomicUsize::new(0);
        let work = |mut collector: C| -> Part<C> {
            let mut outcomes = Vec::new();
            let mut piece = vec![0; PIECE];
            while !shared.stopped() {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let Some(position) = starts.get(number).copied() else { break };
                let end = starts.get(number + 1).copied();
                if !shared.needs(position) {
                    shared.taken.fetch_add(end.unwrap_or(size) - position, Ordering::Relaxed);
                    continue;
                }
                let segment = Segment { number, position, last: end.is_none() };
                let mut at = position;
                let end = end.unwrap_or(size);
                let outcome = shared.read(&segment, &mut collector, |feed| {
                    while at < end && !shared.stopped() {
                        let length = PIECE.min(usize::try_from(end - at).unwrap_or(PIECE));
                        let read = read_at(&file, &mut piece[..length], at).map_err(failed)?;
                        if read == 0 {
                            break;
                        }
                        feed(&piece[..read]);
                        at += read as u64;
                        shared.taken.fetch_add(read as u64, Ordering::Relaxed);
                    }
                    Ok(())
                })?;
                outcomes.push((number, outcome));
            }
            Ok((collector, outcomes))
        };
        run(self, &shared, threads.min(starts.len()), work, report)
    }
}

/// How the rows are laid out, by the log's first bytes.
fn layout(file: &File, settings: &Settings) -> std::io::Result<Option<Layout>> {
    let mut head = vec![0; HEAD];
    // Usually the first kilobytes decide.
    for room in [NEAR, HEAD] {
        let read = read_at(file, &mut head[..room], 0)?;
        let mut reader = LogReader::new(settings);
        reader.feed(&head[..read], &mut |_: &Sample<'_>| {});
        if let Some(layout) = reader.layout() {
            return Ok(Some(layout));
        }
    }
    Ok(None)
}

/// The positions at which the parts begin.
fn starts(file: &File, size: u64, part_bytes: u64, layout: &Layout, settings: &Settings) -> std::io::Result<Vec<u64>> {
    let mut starts = vec![0];
    let mut ahead = vec![0; LOOK_AHEAD];
    let mut at = part_bytes;
    while at < size {
        for room in [NEAR, PIECE, LOOK_AHEAD] {
            let read = read_at(file, &mut ahead[..room], at)?;
            if let Some(row) = layout.find_row(&ahead[..read], settings) {
                starts.push(at + row as u64);
                break;
            }
        }
        at += part_bytes;
    }
    starts.dedup();
    Ok(starts)
}

fn read_at(file: &File, into: &mut [u8], at: u64) -> std::io::Result<usize> {
    let mut read = 0;
    while read < into.len() {
        match file.read_at(&mut into[read..], at + read as u64) {
            Ok(0) => break,
            Ok(count) => read += count,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(read)
}
