//! Counts in messages: `1 run`, `3 runs`.

/// A count with its noun, which takes an s unless there is exactly one.
pub fn plural(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}
