//! A packed file: one thread unpacks it and deals the parts out to the others.

use super::segments::{LOOK_AHEAD, Part, Segment, Shared, run};
use super::{Collector, Failed, Report, Scan, Scanned};
use crate::input::Opened;
use crate::{Input, LogError};
use jac_jtl::{Layout, LogReader, Settings};
use std::io::{ErrorKind, Read};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Unpacked bytes of one part.
const SEGMENT: usize = 2 << 20;

/// A part and its bytes, or why there are no more.
type Dealt = Result<(Segment, Vec<u8>), LogError>;

impl<C: Collector> Scan<'_, C> {
    pub(super) fn packed_file(
        &self,
        input: &Input,
        opened: Opened,
        threads: usize,
        report: Report<'_>,
    ) -> Result<Scanned<C>, Failed> {
        let taken = opened.taken.clone();
        let mut source = Source { input, bytes: opened.bytes, ended: false };
        let mut first = Vec::new();
        source.fill(&mut first)?;
        let mut reader = LogReader::new(self.settings);
        reader.feed(&first, &mut |_| {});
        let layout = reader.layout().ok_or(Failed::Unsplittable)?;
        let shared = Shared::new(self.settings, &layout);
        std::thread::scope(|scope| {
            let (deal, dealt) = sync_channel(threads);
            let dealt = Mutex::new(dealt);
            let (settings, layout) = (self.settings, &layout);
            scope.spawn(move || deal_out(source, first, settings, layout, &deal));
            let work = |mut collector: C| -> Part<C> {
                let mut outcomes = Vec::new();
                while let Some(part) = next(&dealt) {
                    let (segment, bytes) = part?;
                    if shared.stopped() {
                        break;
                    }
                    let outcome = shared.read(&segment, &mut collector, |feed| {
                        feed(&bytes);
                        Ok(())
                    })?;
                    shared.taken.store(taken.load(Ordering::Relaxed), Ordering::Relaxed);
                    outcomes.push((segment.number, outcome));
                }
                Ok((collector, outcomes))
            };
            let scanned = run(self, &shared, threads, work, report);
            // The unpacking thread ends when nobody takes its parts any more.
            drop(dealt);
            scanned
        })
    }
}

fn next(dealt: &Mutex<Receiver<Dealt>>) -> Option<Dealt> {
    dealt.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

/// Unpacks and splits until the log ends, an error occurs or nobody takes the parts.
fn deal_out(mut source: Source<'_>, first: Vec<u8>, settings: &Settings, layout: &Layout, deal: &SyncSender<Dealt>) {
    let mut bytes = first;
    let mut position = 0;
    for number in 0.. {
        if let Err(error) = source.fill(&mut bytes) {
            // Nobody left to tell is nobody left to mind.
            let _ = deal.send(Err(error));
            return;
        }
        let following = split(&mut bytes, &source, settings, layout);
        let length = bytes.len() as u64;
        let segment = Segment { number, position, last: following.is_none() };
        if deal.send(Ok((segment, bytes))).is_err() {
            return;
        }
        match following {
            Some(following) => bytes = following,
            None => return,
        }
        position += length;
    }
}

/// Cuts the bytes where the next part begins and returns what is behind; `None` at the log's end.
fn split(bytes: &mut Vec<u8>, source: &Source<'_>, settings: &Settings, layout: &Layout) -> Option<Vec<u8>> {
    let ahead = bytes.get(SEGMENT..).unwrap_or_default();
    match layout.find_row(ahead, settings) {
        Some(row) => Some(bytes.split_off(SEGMENT + row)),
        None if source.ended => None,
        // No row within the look-ahead: the cut is checked like any other, and found wrong.
        None => Some(bytes.split_off(SEGMENT)),
    }
}

/// The unpacked bytes.
struct Source<'a> {
    input: &'a Input,
    bytes: Box<dyn Read + Send>,
    ended: bool,
}

impl Source<'_> {
    /// Fills up to one part and the look-ahead behind it.
    fn fill(&mut self, into: &mut Vec<u8>) -> Result<(), LogError> {
        let begun = into.len();
        let wanted = SEGMENT + LOOK_AHEAD / 8;
        if self.ended || begun >= wanted {
            return Ok(());
        }
        into.resize(wanted, 0);
        let mut filled = begun;
        while filled < wanted {
            match self.bytes.read(&mut into[filled..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(read) => filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(LogError::Read { name: self.input.name(), source }),
            }
        }
        into.truncate(filled);
        Ok(())
    }
}
