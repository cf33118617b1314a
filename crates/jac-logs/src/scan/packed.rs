//! A packed file: one thread unpacks it and deals the parts out to the others.

use super::segments::{LOOK_AHEAD, Part, Segment, Shared, run};
use super::{Collector, Failed, PIECE, Report, Scan, Scanned};
use crate::input::Opened;
use crate::{Input, LogError};
use jac_jtl::{Layout, LogReader, Sample, Settings};
use std::io::{ErrorKind, Read};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Unpacked bytes of one part.
const SEGMENT: usize = 2 << 20;

/// Room for one part and what is looked at behind it.
const ROOM: usize = SEGMENT + LOOK_AHEAD / 8;

/// A part and its bytes, or why there are no more.
type Dealt = Result<(Segment, Buffer), LogError>;

/// Bytes in room that is used again and again: the system would have to find new memory for each part.
struct Buffer {
    room: Vec<u8>,
    filled: usize,
}

/// Buffers that are free.
#[derive(Default)]
struct Pool(Mutex<Vec<Buffer>>);

impl Pool {
    fn take(&self) -> Buffer {
        let free = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        free.unwrap_or_else(|| Buffer { room: vec![0; ROOM], filled: 0 })
    }

    fn give_back(&self, mut buffer: Buffer) {
        buffer.filled = 0;
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(buffer);
    }
}

impl Buffer {
    fn bytes(&self) -> &[u8] {
        &self.room[..self.filled]
    }

    /// Keeps the bytes up to a place and moves those behind it into another buffer.
    fn split_off(&mut self, at: usize, mut into: Buffer) -> Buffer {
        let behind = &self.room[at..self.filled];
        into.room[..behind.len()].copy_from_slice(behind);
        into.filled = behind.len();
        self.filled = at;
        into
    }
}

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
        let pool = Pool::default();
        let mut first = pool.take();
        source.fill(&mut first)?;
        let mut reader = LogReader::new(self.settings);
        reader.feed(first.bytes(), &mut |_: &Sample<'_>| {});
        let layout = reader.layout().ok_or(Failed::Unsplittable)?;
        let shared = Shared::new(self.settings, &layout);
        std::thread::scope(|scope| {
            let (deal, dealt) = sync_channel(threads);
            let dealt = Mutex::new(dealt);
            let (settings, layout, pool) = (self.settings, &layout, &pool);
            scope.spawn(move || deal_out(source, first, settings, layout, pool, &deal));
            let work = |mut collector: C| -> Part<C> {
                let mut outcomes = Vec::new();
                while let Some(part) = next(&dealt) {
                    let (segment, buffer) = part?;
                    if shared.stopped() {
                        break;
                    }
                    let outcome = shared.read(&segment, &mut collector, |feed| {
                        buffer.bytes().chunks(PIECE).for_each(feed);
                        Ok(())
                    })?;
                    pool.give_back(buffer);
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
fn deal_out(
    mut source: Source<'_>,
    first: Buffer,
    settings: &Settings,
    layout: &Layout,
    pool: &Pool,
    deal: &SyncSender<Dealt>,
) {
    let mut buffer = first;
    let mut position = 0;
    for number in 0.. {
        if let Err(error) = source.fill(&mut buffer) {
            // Nobody left to tell is nobody left to mind.
            let _ = deal.send(Err(error));
            return;
        }
        let following = split(&mut buffer, &source, settings, layout, pool);
        let length = buffer.filled as u64;
        let segment = Segment { number, position, last: following.is_none() };
        if deal.send(Ok((segment, buffer))).is_err() {
            return;
        }
        match following {
            Some(following) => buffer = following,
            None => return,
        }
        position += length;
    }
}

/// Cuts the bytes where the next part begins and returns what is behind; `None` at the log's end.
fn split(
    buffer: &mut Buffer,
    source: &Source<'_>,
    settings: &Settings,
    layout: &Layout,
    pool: &Pool,
) -> Option<Buffer> {
    let ahead = buffer.bytes().get(SEGMENT..).unwrap_or_default();
    match layout.find_row(ahead, settings) {
        Some(row) => Some(buffer.split_off(SEGMENT + row, pool.take())),
        None if source.ended => None,
        // No row within the look-ahead: the cut is checked like any other, and found wrong.
        None => Some(buffer.split_off(SEGMENT, pool.take())),
    }
}

/// The unpacked bytes.
struct Source<'a> {
    input: &'a Input,
    bytes: Box<dyn Read + Send>,
    ended: bool,
}

impl Source<'_> {
    /// Fills up a buffer.
    fn fill(&mut self, into: &mut Buffer) -> Result<(), LogError> {
        while !self.ended && into.filled < ROOM {
            match self.bytes.read(&mut into.room[into.filled..]) {
                Ok(0) => self.ended = true,
                Ok(read) => into.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(LogError::Read { name: self.input.name(), source }),
            }
        }
        Ok(())
    }
}
