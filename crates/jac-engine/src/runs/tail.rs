//! Reads a run's log piece by piece while the run is being followed, and reports the progress.

use super::tailed_spool::Pulled;
use crate::error::EngineError;
use crate::retrying::{is_own_fault, is_silence};
use jac_model::Message;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

/// The state of reading, for the task that supervises the run.
#[derive(Debug, Default)]
pub(super) struct TailState {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// When the newest read began that found nothing more.
    read_all_at: Option<Instant>,
    /// Since when the log cannot be read though its machine answers, and why.
    trouble: Option<(Instant, Message)>,
    progress: LogProgress,
}

/// Lag of reading a log, and the number of rows read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LogProgress {
    /// Bytes not read yet, the lowest value since it was last taken: a log that is regularly read to its end is not
    /// behind. `None`: nothing was read since.
    pub left_bytes: Option<u64>,
    /// Rows read by this process; `None`: not counted.
    pub rows: Option<u64>,
}

impl LogProgress {
    fn add(&mut self, left_bytes: u64, rows: Option<u64>) {
        self.left_bytes = Some(self.left_bytes.map_or(left_bytes, |known| known.min(left_bytes)));
        self.rows = rows.map(|rows| self.rows.unwrap_or(0) + rows).or(self.rows);
    }
}

impl TailState {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a read that began after `at` found nothing more.
    pub fn has_read_all_since(&self, at: Instant) -> bool {
        self.state().read_all_at.is_some_and(|read_at| read_at >= at)
    }

    pub fn trouble(&self) -> Option<(Instant, Message)> {
        self.state().trouble.clone()
    }

    /// The progress so far. The next period starts here.
    pub fn take_progress(&self) -> LogProgress {
        let mut state = self.state();
        let progress = state.progress;
        state.progress.left_bytes = None;
        progress
    }
}

/// A growing log elsewhere.
pub(super) trait Pull {
    /// Reads the next piece.
    async fn pull(&mut self) -> Result<Pulled, EngineError>;

    /// Reports whether reading the log is paused because this machine's disk is full.
    fn report_disk_wait(&self, waits: bool);
}

/// Reads until it is dropped. A read or write that fails now is retried from the same byte on.
pub(super) async fn read(log: &mut impl Pull, tail: &TailState, every: Duration) -> Infallible {
    loop {
        let begun = Instant::now();
        let pulled = log.pull().await;
        if !matches!(pulled, Err(EngineError::DiskFull { .. })) {
            log.report_disk_wait(false);
        }
        match pulled {
            Ok(Pulled::Piece { left_bytes, rows }) => {
                {
                    let mut state = tail.state();
                    state.trouble = None;
                    state.progress.add(left_bytes, rows);
                }
                // A log that always has data would not give the others a turn.
                yield_now().await;
                continue;
            }
            Ok(Pulled::Everything) => {
                let mut state = tail.state();
                (state.read_all_at, state.trouble) = (Some(begun), None);
                state.progress.add(0, None);
            }
            Err(EngineError::DiskFull { .. }) => {
                tail.state().trouble = None;
                log.report_disk_wait(true);
            }
            // The polls of the master's process detect that.
            Err(EngineError::Port(error)) if is_silence(&error) => (),
            // Neither the log nor the file that stores it is at fault.
            Err(error) if is_own_fault(&error) => tail.state().trouble = None,
            Err(error) => {
                let mut state = tail.state();
                let since = state.trouble.take().map_or(begun, |(since, _)| since);
                state.trouble = Some((since, error.as_message()));
            }
        }
        sleep(every).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_was_read_to_its_end_in_between_is_not_behind() {
        let tail = TailState::default();
        assert_eq!(tail.take_progress(), LogProgress::default());
        for (left_bytes, rows) in [(900, Some(5)), (400, Some(7)), (700, Some(0))] {
            tail.state().progress.add(left_bytes, rows);
        }
        assert_eq!(tail.take_progress(), LogProgress { left_bytes: Some(400), rows: Some(12) });
        assert_eq!(tail.take_progress(), LogProgress { left_bytes: None, rows: Some(12) });
        tail.state().progress.add(900, Some(1));
        tail.state().progress.add(0, None);
        assert_eq!(tail.take_progress(), LogProgress { left_bytes: Some(0), rows: Some(13) });
    }
}
