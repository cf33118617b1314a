//! Ctrl-C once stops gracefully, twice cuts. SIGTERM, and SIGHUP of a terminal that is closed, count like Ctrl-C.

use anyhow::Context;
use jac_model::StopMode;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The signals that a run listens to.
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

    /// Waits for the next signal, and says what it asks for. Nothing is lost when this is dropped half way.
    pub async fn next_stop(&mut self) -> StopMode {
        let number = tokio::select! {
            _ = self.interrupt.recv() => 2,
            _ = self.terminate.recv() => 15,
            _ = self.hang_up.recv() => 1,
        };
        let how = if self.first.is_none() { StopMode::Graceful } else { StopMode::Cut };
        self.first.get_or_insert(number);
        how
    }

    /// The first signal that came, if one did.
    pub fn received(&self) -> Option<u8> {
        self.first
    }
}
