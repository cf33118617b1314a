//! A compressed file: a thread that has nothing to read decompresses its next parts, a few ahead of the reading.
//!
//! No thread only decompresses, so that two threads keep two CPUs busy. If decompression is the bottleneck (many CPUs),
//! one thread continues decompressing while others take its output.

use super::segments::{LOOK_AHEAD, Part, Segment, Shared, run};
use super::{Collector, Failed, PIECE, Report, Scan, Scanned};
use crate::input::Opened;
use crate::{Input, LogError};
use jac_jtl::{Layout, LogReader, Sample, Settings};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::sync::atomic::Ordering;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Unpacked bytes of one part.
const SEGMENT: usize = 1 << 20;
/// Parts that are decompressed ahead, so that neither decompression nor reading has to wait when sometimes one,
/// sometimes the other is slower.
const AHEAD: usize = 4;
/// How far after a part the next row's beginning is searched for, at first and at most.
const NEAR: usize = 16 << 10;
const FAR: usize = LOOK_AHEAD / 8;

/// A part and its bytes.
type Unpacked = (Segment, Buffer);

/// Space for one part and the look-ahead after it.
const ROOM: usize = SEGMENT + FAR;

/// A reused buffer: otherwise the system would have to allocate memory for each part.
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

    /// Keeps the bytes up to a position and moves the following ones into another buffer.
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
        let broken = opened.broken.clone();
        let mut source = Source { input, bytes: opened.bytes, ended: false };
        let pool = Pool::default();
        let mut first = pool.take();
        source.fill(&mut first, ROOM)?;
        let mut reader = LogReader::new(self.settings);
        reader.feed(first.bytes(), &mut |_: &Sample<'_>| {});
        let layout = reader.layout().ok_or(Failed::Unsplittable)?;
        let shared = Shared::new(self, &layout);
        let unpacker = Unpacker {
            source,
            buffer: Some(first),
            number: 0,
            position: 0,
            settings: self.settings,
            layout: &layout,
            pool: &pool,
        };
        let parts = Parts::new(unpacker);
        let work = |mut collector: C| -> Part<C> {
            let mut outcomes = Vec::new();
            while let Some((segment, buffer)) = parts.next(&shared)? {
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
        let scanned = run(self, &shared, threads, work, report)?;
        Ok(Scanned { broken: broken.get().copied(), ..scanned })
    }
}

/// The parts as the threads take them.
struct Parts<'a> {
    state: Mutex<State<'a>>,
    /// Notified when there is a part, or when there will be no more.
    changed: Condvar,
}

struct State<'a> {
    /// `None`: a thread is decompressing, or everything is decompressed.
    unpacker: Option<Unpacker<'a>>,
    /// Everything is decompressed.
    ended: bool,
    /// Decompressed but not taken yet, at most [`AHEAD`].
    ready: VecDeque<Unpacked>,
}

impl<'a> Parts<'a> {
    fn new(unpacker: Unpacker<'a>) -> Self {
        let state = State { unpacker: Some(unpacker), ended: false, ready: VecDeque::new() };
        Self { state: Mutex::new(state), changed: Condvar::new() }
    }

    /// The next part for a thread that has nothing to read; `None` when there are no more. Before it takes one, it
    /// decompresses until enough parts are ready, unless another thread does.
    fn next(&self, shared: &Shared<'_>) -> Result<Option<Unpacked>, LogError> {
        let mut state = self.lock();
        loop {
            if shared.stopped() {
                state.ended = true;
                self.changed.notify_all();
                return Ok(None);
            }
            if state.ready.len() < AHEAD
                && let Some(mut unpacker) = state.unpacker.take()
            {
                drop(state);
                let alarm = Alarm(self);
                let unpacked = unpacker.next();
                std::mem::forget(alarm);
                state = self.lock();
                state.put(unpacker, unpacked, &self.changed)?;
            } else if let Some(part) = state.ready.pop_front() {
                return Ok(Some(part));
            } else if state.ended {
                return Ok(None);
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<'a>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dropped by a panic while decompressing: wakes the others, so that they do not wait for more.
struct Alarm<'a, 'b>(&'a Parts<'b>);

impl Drop for Alarm<'_, '_> {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

impl<'a> State<'a> {
    /// Takes a decompressed part, and whether another one follows.
    fn put(
        &mut self,
        unpacker: Unpacker<'a>,
        unpacked: Result<(Unpacked, bool), LogError>,
        changed: &Condvar,
    ) -> Result<(), LogError> {
        match unpacked {
            Ok((part, true)) => {
                self.unpacker = Some(unpacker);
                self.ready.push_back(part);
                changed.notify_one();
                Ok(())
            }
            last => {
                self.ended = true;
                changed.notify_all();
                let (part, _) = last?;
                self.ready.push_back(part);
                Ok(())
            }
        }
    }
}

/// Decompresses and splits, one part after the other.
struct Unpacker<'a> {
    source: Source<'a>,
    /// Where the next part begins; `None` after the last.
    buffer: Option<Buffer>,
    number: usize,
    position: u64,
    settings: &'a Settings,
    layout: &'a Layout,
    pool: &'a Pool,
}

impl Unpacker<'_> {
    /// The next part, and whether another one follows.
    fn next(&mut self) -> Result<(Unpacked, bool), LogError> {
        let mut buffer = self.buffer.take().unwrap_or_else(|| self.pool.take());
        self.buffer = self.split(&mut buffer)?;
        let segment = Segment { number: self.number, position: self.position, last: self.buffer.is_none() };
        self.number += 1;
        self.position += buffer.filled as u64;
        Ok(((segment, buffer), self.buffer.is_some()))
    }

    /// Fills the buffer, cuts it where the next part begins and returns the bytes after it; `None` at the log's end.
    fn split(&mut self, buffer: &mut Buffer) -> Result<Option<Buffer>, LogError> {
        for ahead in [NEAR, FAR] {
            self.source.fill(buffer, SEGMENT + ahead)?;
            let behind = buffer.bytes().get(SEGMENT..).unwrap_or_default();
            if let Some(row) = self.layout.find_row(behind, self.settings) {
                return Ok(Some(buffer.split_off(SEGMENT + row, self.pool.take())));
            }
            if self.source.ended {
                return Ok(None);
            }
        }
        // No row within the look-ahead: this cut is checked like any other, and will be found wrong.
        Ok(Some(buffer.split_off(SEGMENT, self.pool.take())))
    }
}

/// The unpacked bytes.
struct Source<'a> {
    input: &'a Input,
    bytes: Box<dyn Read + Send>,
    ended: bool,
}

impl Source<'_> {
    /// Fills a buffer up to a place.
    fn fill(&mut self, into: &mut Buffer, up_to: usize) -> Result<(), LogError> {
        while !self.ended && into.filled < up_to {
            match self.bytes.read(&mut into.room[into.filled..up_to]) {
                Ok(0) => self.ended = true,
                Ok(read) => into.filled += read,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(source) => return Err(LogError::Read { name: self.input.name(), source }),
            }
        }
        Ok(())
    }
}
