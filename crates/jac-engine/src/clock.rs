//! The engine's only source of the time of day. Waiting uses tokio's clock; this one is for recorded times.

use jac_model::EpochMs;
use nix::time::{ClockId, clock_gettime};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// A source of the time of day.
pub trait Clock: Send + Sync {
    /// Milliseconds since 1970, by this clock.
    fn now_ms(&self) -> EpochMs;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the only source of the time of day")]
    fn now_ms(&self) -> EpochMs {
        SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
    }
}

/// The machine's clock at the start, plus the time that has really passed since: setting the clock while the server is
/// running neither ages anything nor ends a lifetime.
#[derive(Debug)]
pub struct SteadyClock {
    began_ms: EpochMs,
    began_boot_ms: i64,
    differs: AtomicBool,
}

/// A difference of at least this is not a gradual correction, which both clocks follow, but means that the clock was
/// set.
const SET_MS: i64 = 60_000;

impl Default for SteadyClock {
    fn default() -> Self {
        Self { began_ms: SystemClock.now_ms(), began_boot_ms: boot_ms(), differs: AtomicBool::new(false) }
    }
}

impl SteadyClock {
    /// The same, as if the machine's clock had been set by this much since the start.
    #[cfg(test)]
    fn after_a_jump(jump_ms: i64) -> Self {
        let clock = Self::default();
        Self { began_ms: clock.began_ms - jump_ms, ..clock }
    }
}

impl Clock for SteadyClock {
    fn now_ms(&self) -> EpochMs {
        let now_ms = self.began_ms + boot_ms() - self.began_boot_ms;
        let ahead_ms = SystemClock.now_ms() - now_ms;
        let differs = ahead_ms.abs() > SET_MS;
        if self.differs.swap(differs, Ordering::Relaxed) != differs && differs {
            tracing::warn!(
                "the clock of this machine was changed by {} s; JAC ignores the change until it is restarted",
                ahead_ms / 1000
            );
        }
        now_ms
    }
}

/// Milliseconds since the machine's boot, including the time it was suspended.
fn boot_ms() -> i64 {
    clock_gettime(ClockId::CLOCK_BOOTTIME).map_or(0, |time| time.tv_sec() * 1000 + time.tv_nsec() / 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_moves_nothing() {
        let (steady, jumped) = (SteadyClock::default(), SteadyClock::after_a_jump(2 * 3_600_000));
        assert!((steady.now_ms() - SystemClock.now_ms()).abs() < 1_000);
        assert!(!steady.differs.load(Ordering::Relaxed));
        let before = jumped.now_ms();
        assert!((SystemClock.now_ms() - before - 2 * 3_600_000).abs() < 1_000);
        assert!(jumped.differs.load(Ordering::Relaxed), "the jump is reported");
        assert!((0..1_000).contains(&(jumped.now_ms() - before)));
    }
}
