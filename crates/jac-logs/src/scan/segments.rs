//! The threads that read parts of one log, and how their results become one.

use super::{Collector, Failed, Report, Scan, Scanned};
use crate::interval::Spanning;
use crate::{Interval, LogError};
use jac_jtl::{Layout, LogReader, ReadOutcome, Settings};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How far after a position a row's beginning is searched for, in bytes.
pub(super) const LOOK_AHEAD: usize = 1 << 20;
/// How often progress is reported.
const REPORT_EVERY: Duration = Duration::from_millis(100);

/// One part of a log.
pub(super) struct Segment {
    /// Its number; 0 begins with the log.
    pub(super) number: usize,
    /// The byte it begins at.
    pub(super) position: u64,
    /// The log ends with it.
    pub(super) last: bool,
}

/// The state shared by the threads.
pub(super) struct Shared<'a> {
    pub(super) settings: &'a Settings,
    pub(super) layout: &'a Layout,
    within: Option<&'a Interval>,
    /// Number of bytes read.
    pub(super) taken: AtomicU64,
    /// The result is no longer needed.
    stop: AtomicBool,
    /// A place to split was wrong.
    wrong: AtomicBool,
}

impl<'a> Shared<'a> {
    pub(super) fn new<C>(scan: &Scan<'a, C>, layout: &'a Layout) -> Self {
        let (stop, wrong) = (AtomicBool::new(false), AtomicBool::new(false));
        let (settings, within) = (scan.settings, scan.within);
        Self { settings, layout, within, taken: AtomicU64::new(0), stop, wrong }
    }

    pub(super) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// The log cannot be read in these parts.
    pub(super) fn mark_unreadable(&self) {
        self.wrong.store(true, Ordering::Relaxed);
        self.stop();
    }

    /// Whether the part that begins at this byte has to be read.
    pub(super) fn needs(&self, position: u64) -> bool {
        self.within.is_none_or(|interval| interval.may_be_in(position))
    }

    /// Reads one part, whose bytes `feed` passes to the reader.
    pub(super) fn read<C: Collector>(
        &self,
        segment: &Segment,
        collector: &mut C,
        feed: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), LogError>,
    ) -> Result<ReadOutcome, LogError> {
        let Some(interval) = self.within else { return self.read_part(segment, collector, feed) };
        let mut spanning = Spanning::new(collector);
        let outcome = self.read_part(segment, &mut spanning, feed)?;
        if !self.stopped() {
            interval.learn(segment.position, spanning.span);
        }
        Ok(outcome)
    }

    fn read_part<C: Collector>(
        &self,
        segment: &Segment,
        collector: &mut C,
        feed: impl FnOnce(&mut dyn FnMut(&[u8])) -> Result<(), LogError>,
    ) -> Result<ReadOutcome, LogError> {
        let sink = collector;
        let mut reader = match segment.number {
            0 => LogReader::new(self.settings),
            _ => LogReader::continued(self.settings, self.layout, segment.position),
        };
        feed(&mut |bytes| {
            reader.feed(bytes, sink);
            if sink.relieve().is_break() {
                self.mark_unreadable();
            }
        })?;
        if segment.last {
            reader.finish(sink);
        } else if !reader.is_between_rows(self.layout) {
            self.mark_unreadable();
        }
        Ok(reader.outcome())
    }
}

/// A thread's result: its collector, and for every part that it read the number and the reader's outcome.
pub(super) type Part<C> = Result<(C, Vec<(usize, ReadOutcome)>), LogError>;

/// Runs the threads until all are done, reports progress meanwhile, and combines their results.
pub(super) fn run<C: Collector>(
    scan: &Scan<'_, C>,
    shared: &Shared<'_>,
    threads: usize,
    work: impl Fn(C) -> Part<C> + Sync,
    report: Report<'_>,
) -> Result<Scanned<C>, Failed> {
    let mut parts = Vec::new();
    std::thread::scope(|scope| {
        let (done, finished): (Sender<Part<C>>, Receiver<Part<C>>) = channel();
        for _ in 0..threads {
            let (done, work) = (done.clone(), &work);
            let collector = (scan.collector)();
            // The receiver outlives the threads, so nothing is lost here.
            scope.spawn(move || {
                let mut part = work(collector);
                if let Ok((collector, _)) = &mut part {
                    collector.settle();
                }
                done.send(part)
            });
        }
        drop(done);
        loop {
            match finished.recv_timeout(REPORT_EVERY) {
                Ok(part) => {
                    if part.is_err() {
                        shared.stop();
                    }
                    parts.push(part);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if report(shared.taken.load(Ordering::Relaxed)).is_break() {
                shared.stop();
                parts.push(Err(LogError::Cancelled));
            }
        }
    });
    if shared.wrong.load(Ordering::Relaxed) {
        return Err(Failed::Unsplittable);
    }
    let mut collectors = Vec::new();
    let mut outcomes = Vec::new();
    for part in parts {
        let (collector, read) = part?;
        collectors.push(collector);
        outcomes.extend(read);
    }
    outcomes.sort_by_key(|(number, _)| *number);
    let mut outcome = ReadOutcome::default();
    for (_, following) in &outcomes {
        outcome.append(following);
    }
    Ok(Scanned { collectors, outcome, broken: None, in_order: false })
}
