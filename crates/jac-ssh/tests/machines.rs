//! The adapter with OpenSSH's own server: several on loopback addresses, each a machine with its own home folder.
//!
//! Skipped with a message if sshd is not installed; `scripts/test` installs it.

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
