//! This machine's clock: for the offset of another machine's clock, and for when a lease has certainly expired.

use jac_model::EpochMs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now.
#[expect(clippy::disallowed_methods, reason = "an adapter has no engine's clock; this is its only source of time")]
pub fn now_ms() -> EpochMs {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| i64::try_from(time.as_millis()).unwrap_or(i64::MAX))
}
