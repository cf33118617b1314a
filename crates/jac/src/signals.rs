//! SIGINT (Ctrl-C), SIGTERM, and SIGHUP of a closed terminal. In a run the first stops gracefully, the second forces
//! the stop, and the third leaves; during a mere wait, the first ends it.

use anyhow::Context;
use jac_model::StopMode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a command handles. Once handled, none of them terminates the process by itself.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    first: Option<u8>,
    count: u32,
}

impl Signals {
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("signals cannot be received")?,
            terminate: signal(SignalKind::terminate()).context("signals cannot be received")?,
            hang_up: signal(SignalKind::hangup()).context("signals cannot be received")?,
            first: None,
            count: 0,
        })
    }

    /// Waits for the next signal, and returns its number. Cancellation-safe: no signal is lost.
    pub async fn next(&mut self) -> u8 {
        let number = tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hang_up.recv() => 1,
        };
        self.first.get_or_insert(number);
        self.count += 1;
        number
    }

    /// The stop of a run that the signals so far request; `None`: there were none, or so many that the command should
    /// leave.
    pub fn requested_stop(&self) -> Option<StopMode> {
        match self.count {
            1 => Some(StopMode::Graceful),
            2 => Some(StopMode::Force),
            _ => None,
        }
    }

    /// Runs work, unless a signal comes first: then it returns the signal's number, and the work is dropped.
    pub async fn unless<T>(&mut self, work: impl Future<Output = T>) -> Result<T, u8> {
        tokio::select! {
            done = work => Ok(done),
            number = self.next() => Err(number),
        }
    }

    /// The first signal, if any arrived.
    pub fn received(&self) -> Option<u8> {
        self.first
    }

    /// Number of signals that arrived.
    pub fn count(&self) -> u32 {
        self.count
    }
}
