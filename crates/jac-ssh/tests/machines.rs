//! The adapter against OpenSSH's own server: several of them on loopback addresses, each a machine with its own home.
//!
//! Skipped, with a word, where sshd is not installed; `scripts/test` installs it.

#[path = "machines/connection.rs"]
mod connection;
#[path = "machines/files.rs"]
mod files;
#[path = "machines/place.rs"]
mod place;
#[path = "machines/processes.rs"]
mod processes;
#[path = "machines/provider.rs"]
mod provider;
#[path = "machines/reports.rs"]
mod reports;
#[path = "machines/spread.rs"]
mod spread;
#[path = "machines/spread_at_once.rs"]
mod spread_at_once;
#[path = "machines/sshd.rs"]
#[allow(dead_code, reason = "the tests of `jac` use what is not used here")]
mod sshd;
