//! Operations on runs: start, stop, delete, read.
//!
//! | a run is  | modules
//! |
//! |-----------|---------------------------------------------------------------------------------------------------------|
//! | requested | `check.rs` while its settings are being entered, `request.rs` in full
//! |
//! | created   | `create.rs`, with its own cluster `new_cluster.rs`; it waits for the cluster in `queue.rs`
//! |
//! | supervised | `supervise.rs`: `prepare.rs`, `follow.rs` or `direct.rs`, `collect.rs`; each can end in `stop.rs`
//! |
//! | watched   | `snapshot.rs` for pages, `health.rs` for its nodes, `watch.rs` for its rules
//! |
//! | kept      | `finish.rs`, `keep.rs`, `record.rs`; read again in `results.rs` and `interval.rs`, deleted in `remove.rs` |
//!
//! This module itself only contains the names of its artefacts.

mod check;
mod collect;
mod create;
mod direct;
mod finish;
mod follow;
mod health;
pub(crate) mod interval;
pub(crate) mod judged;
pub(crate) mod keep;
pub(crate) mod kept;
mod new_cluster;
mod node_series;
mod nodes;
mod places;
mod prepare;
mod queue;
pub(crate) mod record;
mod remove;
mod request;
pub mod results;
pub(crate) mod secrets;
mod snapshot;
pub mod spread;
mod stop;
mod supervise;
mod tail;
mod tailed_spool;
pub(crate) mod try_run;
mod watch;

pub use check::{RunCheck, RunCheckRequest};
pub(crate) use finish::change_report;
pub use finish::{Artefact, LogPiece, artefacts};
pub(crate) use finish::{REPORT_PAGE, end_of as report_end, write as write_file, write_report};
pub use keep::checked as keep_patterns;
pub use kept::KeptFile;
pub use node_series::{NodeLook, NodeSeries, NodeTrace};
pub(crate) use places::{NodePlaces, process_name, spool};
pub(crate) use request::faults_of;
pub use request::{MAX_STOP_TIMEOUT_S, NewRun};

/// The result log among a run's artefacts.
pub const RESULTS: &str = "results.jtl";
/// The folder among them with the plan's files as they were run.
pub(crate) const PLAN: &str = "plan";
