//! The statistics of blocks of a log's time, kept so that an interval is the sum of its blocks, and only its edges are read.
//!
//! Blocks are half-open by the samples' end, like intervals, so their sum gives the same figures as a single reading. They take
//! memory, which is bounded; if a block is missing the interval is read in full.

use crate::{Empty, Filter, Input, Interval, LogError, PartTimes, ReadOptions, read_logs_with};
use jac_jtl::LogStatistics;
use std::collections::BTreeMap;
use std::num::NonZero;
use std::ops::{ControlFlow, Range};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Number of blocks of a log's time: an interval's edges cover at most two of them.
const BLOCKS: i64 = 48;
/// Maximum memory of one log's blocks, in bytes.
const MOST_BYTES: usize = 48 << 20;

/// Index of one log that does not grow any more.
#[derive(Debug)]
pub struct TimeBlocks {
    /// When its samples ended, epoch milliseconds, except those with wrong times.
    time_ms: Range<i64>,
    parts: Arc<PartTimes>,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    blocks: BTreeMap<i64, Arc<LogStatistics>>,
    /// The running count that they belong to, which may have ended.
    filling: Option<u64>,
    fillings: u64,
}

impl TimeBlocks {
    /// For a log whose samples ended within this time.
    pub fn new(time_ms: Range<i64>) -> Self {
        Self { time_ms, parts: Arc::default(), kept: Mutex::default() }
    }

    /// The time spans in which the samples of the log's parts ended, as far as known.
    pub fn parts(&self) -> &Arc<PartTimes> {
        &self.parts
    }

    /// Counts the samples that ended within an interval.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn count(&self, input: &Input, ended_ms: &Range<i64>) -> Result<LogStatistics, LogError> {
        let covered = self.covered(ended_ms);
        let (Some(first), Some(last)) = (covered.first(), covered.last()) else {
            return self.read(input, ended_ms, None);
        };
        let kept: Option<Vec<_>> = covered.iter().map(|block| self.kept().blocks.get(block).cloned()).collect();
        let Some(kept) = kept else { return self.read(input, ended_ms, None) };
        let edges = [ended_ms.start..self.block(*first).start, self.block(*last).end..ended_ms.end];
        let mut sets: Vec<LogStatistics> = kept.iter().map(|block| LogStatistics::clone(block)).collect();
        for edge in edges.into_iter().filter(|edge| !edge.is_empty()) {
            sets.push(self.read(input, &edge, None)?);
        }
        match sets.into_iter().reduce(merged) {
            // Which labels are kept separately depends on their order of appearance.
            Some(all) if !all.has_folded() => Ok(all),
            _ => self.read(input, ended_ms, None),
        }
    }

    /// Counts the blocks and keeps them, with one thread in the background. Done once, however often it is requested, until they are
    /// cleared.
    ///
    /// # Errors
    /// When the log cannot be read; it may be retried.
    pub fn fill(&self, input: &Input) -> Result<(), LogError> {
        if self.time_ms.end - self.time_ms.start < BLOCKS {
            return Ok(());
        }
        let filling = {
            let mut kept = self.kept();
            if kept.filling.is_some() {
                return Ok(());
            }
            kept.fillings += 1;
            kept.filling = Some(kept.fillings);
            kept.fillings
        };
        let filled = self.fill_with(input, filling);
        if filled.is_err() {
            self.clear();
        }
        filled
    }

    fn fill_with(&self, input: &Input, filling: u64) -> Result<(), LogError> {
        let mut bytes = 0;
        for block in 0..BLOCKS {
            let counted = self.read(input, &self.block(block), Some(NonZero::<usize>::MIN))?;
            bytes += counted.memory();
            let mut kept = self.kept();
            if bytes > MOST_BYTES || counted.has_folded() || kept.filling != Some(filling) {
                break;
            }
            kept.blocks.insert(block, Arc::new(counted));
        }
        Ok(())
    }

    /// Drops the blocks, to free memory for another log's, and cancels their counting.
    pub fn clear(&self) {
        let mut kept = self.kept();
        kept.blocks.clear();
        kept.filling = None;
    }

    /// Number of stored blocks.
    pub fn filled(&self) -> usize {
        self.kept().blocks.len()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn block(&self, number: i64) -> Range<i64> {
        let length = self.time_ms.end - self.time_ms.start;
        let start = |number: i64| self.time_ms.start + length * number / BLOCKS;
        start(number)..start(number + 1)
    }

    /// The blocks that are completely within an interval.
    fn covered(&self, ended_ms: &Range<i64>) -> Vec<i64> {
        let is_in = |block: &Range<i64>| block.start >= ended_ms.start && block.end <= ended_ms.end;
        (0..BLOCKS).filter(|number| is_in(&self.block(*number))).collect()
    }

    fn read(
        &self,
        input: &Input,
        ended_ms: &Range<i64>,
        threads: Option<NonZero<usize>>,
    ) -> Result<LogStatistics, LogError> {
        let interval = Interval { ended_ms: ended_ms.clone(), parts: Arc::clone(&self.parts) };
        let options = ReadOptions {
            filter: Filter::default(),
            interval: Some(interval),
            threads,
            empty: Empty::Allowed,
            ..ReadOptions::default()
        };
        read_logs_with(std::slice::from_ref(input), &options, &mut |_| ControlFlow::Continue(()))
    }
}

fn merged(mut one: LogStatistics, other: LogStatistics) -> LogStatistics {
    one.merge(other);
    one
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write as _;

    /// Ten minutes of three labels, one of them rare, with failures, in no strict order of time.
    fn log() -> (tempfile::TempDir, Input, Range<i64>) {
        let mut text =
            "timeStamp,elapsed,label,responseCode,success,threadName,bytes,sentBytes,allThreads\n".to_owned();
        let (mut first, mut last) = (i64::MAX, i64::MIN);
        for row in 0..6_000_i64 {
            let start = 1_700_000_000_000 + row * 100 - row % 7 * 300;
            let elapsed = 5 + row * 7_919 % 1_900;
            let label = if row % 500 == 3 { "rare" } else { ["a", "b"][(row % 2) as usize] };
            let code = if row % 50 == 0 { 500 } else { 200 };
            writeln!(
                text,
                "{start},{elapsed},{label},{code},{},h-{} 1-1,{row},3,{}",
                code == 200,
                row % 2,
                1 + row / 600
            )
            .expect("a row");
            first = first.min(start);
            last = last.max(start + elapsed);
        }
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("results.jtl");
        std::fs::write(&path, text).expect("written");
        (folder, Input::File(path), first..last + 1)
    }

    fn shown(mut log: LogStatistics) -> String {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            log.summary(),
            log.series(),
            log.errors(10),
            log.codes(),
            log.response_times(),
            log.profiles()
        )
    }

    #[test]
    fn an_interval_from_blocks_is_the_interval_that_was_read() {
        let (_folder, input, time) = log();
        let blocks = TimeBlocks::new(time.clone());
        let length = time.end - time.start;
        let intervals = [
            time.clone(),
            0..i64::MAX,
            time.start + 7..time.end - 3,
            time.start + length / 10..time.end,
            time.start..time.start + length / 2,
            time.start + length / 3..time.start + length / 3 + 50,
            time.end + 5..time.end + 90,
        ];
        let read: Vec<String> =
            intervals.iter().map(|interval| shown(blocks.count(&input, interval).expect("read"))).collect();
        assert_eq!(blocks.filled(), 0);
        blocks.fill(&input).expect("read");
        assert_eq!(blocks.filled(), BLOCKS as usize);
        for (interval, expected) in intervals.iter().zip(&read) {
            assert_eq!(&shown(blocks.count(&input, interval).expect("read")), expected, "{interval:?}");
        }
        blocks.clear();
        assert_eq!(blocks.filled(), 0);
        assert_eq!(shown(blocks.count(&input, &time).expect("read")), read[0]);
        blocks.fill(&Input::File("/nowhere".into())).expect_err("the log does not exist");
        blocks.fill(&input).expect("read again");
        assert_eq!(blocks.filled(), BLOCKS as usize);
        blocks.fill(&Input::File("/nowhere".into())).expect("counted once");
    }

    #[test]
    fn a_filling_ends_when_its_blocks_are_cleared() {
        let (_folder, input, time) = log();
        let blocks = TimeBlocks::new(time);
        blocks.kept().filling = Some(2);
        blocks.fill_with(&input, 1).expect("read");
        assert_eq!(blocks.filled(), 0, "they belong to a filling that was ended");
        blocks.fill_with(&input, 2).expect("read");
        assert_eq!(blocks.filled(), BLOCKS as usize);
    }

    #[test]
    fn a_moment_has_no_blocks() {
        let (_folder, input, time) = log();
        let blocks = TimeBlocks::new(time.start..time.start + 3);
        blocks.fill(&input).expect("nothing to do");
        assert_eq!(blocks.filled(), 0);
        assert_eq!(blocks.count(&input, &time).expect("read").summary().total.samples, 6_000);
    }
}
