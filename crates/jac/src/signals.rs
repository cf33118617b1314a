//! SIGINT (Ctrl-C), SIGTERM, and SIGHUP of a terminal that is closed. In a run the first stops gracefully and the second
//! forces the stop; where something is only waited for, the first ends that.

use anyhow::Context;
use jac_model::StopMode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a command listens to. Once they are listened to, none ends the process by itself any more.
pub struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
    first: Option<u8>,
}

impl Signals {
    pub fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).context("signals cannot be received")?,
            terminate: signal(SignalKind::terminate()).context("signals cannot be received")?,
            hang_up: signal(SignalKind::hangup()).context("signals cannot be received")?,
            first: None,
        })
    }

    /// Waits for the next signal, and gives its number. Nothing is lost when this is dropped half way.
    pub async fn next(&mut self) -> u8 {
        let number = tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hang_up.recv() => 1,
        };
        self.first.get_or_insert(number);
        number
    }

    /// Waits for the next signal, and returns the stop that it requests.
    pub async fn next_stop(&mut self) -> StopMode {
        let how = if self.first.is_none() { StopMode::Graceful } else { StopMode::Force };
        self.next().await;
        how
    }

    /// Does something, unless a signal comes first: then gives its number, and the work is dropped where it is.
    pub async fn unless<T>(&mut self, work: impl Future<Output = T>) -> Result<T, u8> {
        tokio::select! {
            done = work => Ok(done),
            number = self.next() => Err(number),
        }
    }

    /// The first signal that came, if one did.
    pub fn received(&self) -> Option<u8> {
        self.first
    }
}
