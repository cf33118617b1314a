//! Reads a run's log for as long as somebody leads the run, piece by piece, and says how that goes.

use super::tailed_spool::Pulled;
use crate::error::EngineError;
use crate::retrying::{is_own_fault, is_silence};
use jac_model::Message;
use std::convert::Infallible;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::task::yield_now;
use tokio::time::{Instant, sleep};

/// How the reading goes, for whoever leads the run.
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
    since_look: LogLook,
}

/// How far the reading of a log is behind, and how much has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct LogLook {
    /// Bytes that were not read yet, the fewest since the look before: a log that is read to its end now and then is not behind. `None`:
    /// nothing was read since.
    pub left_bytes: Option<u64>,
    /// Rows since this process reads it; `None`: they are not counted.
    pub rows: Option<u64>,
}

impl LogLook {
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

    /// How it stands. The next look begins here.
    pub fn look(&self) -> LogLook {
        let mut state = self.state();
        let look = state.since_look;
        state.since_look.left_bytes = None;
        look
    }
}

/// A log that grows somewhere else.
pub(super) trait Pull {
    /// Takes in the next piece.
    async fn pull(&mut self) -> Result<Pulled, EngineError>;

    /// Tells whether the log waits for room on this machine's disk.
    fn report_disk_wait(&self, waits: bool);
}

/// Reads until it is dropped. What cannot be read or kept now is tried again from the same byte on.
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
                    state.since_look.add(left_bytes, rows);
                }
                // A log that is always there already leaves the others no turn by itself.
                yield_now().await;
                continue;
            }
            Ok(Pulled::Everything) => {
                let mut state = tail.state();
                (state.read_all_at, state.trouble) = (Some(begun), None);
                state.since_look.add(0, None);
            }
            Err(EngineError::DiskFull { .. }) => {
                tail.state().trouble = None;
                log.report_disk_wait(true);
            }
            // The looks at the master's process tell of that.
            Err(EngineError::Port(error)) if is_silence(&error) => (),
            // Neither the log nor the file that keeps it is at fault.
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
    fn a_log_that_was_read_to_its_end_since_the_last_look_is_not_behind() {
        let tail = TailState::default();
        assert_eq!(tail.look(), LogLook::default());
        for (left_bytes, rows) in [(900, Some(5)), (400, Some(7)), (700, Some(0))] {
            tail.state().since_look.add(left_bytes, rows);
        }
        assert_eq!(tail.look(), LogLook { left_bytes: Some(400), rows: Some(12) });
        assert_eq!(tail.look(), LogLook { left_bytes: None, rows: Some(12) });
        tail.state().since_look.add(900, Some(1));
        tail.state().since_look.add(0, None);
        assert_eq!(tail.look(), LogLook { left_bytes: Some(0), rows: Some(13) });
    }
}
