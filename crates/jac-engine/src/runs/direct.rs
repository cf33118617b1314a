//! Results without RMI: each worker runs the plan by itself and writes a log of its own; their rows are merged here.
//!
//! | part    | owns                                                                                   |
//! |---------|----------------------------------------------------------------------------------------|
//! | journal | which bytes of the spool came from which node, so that a crash loses and doubles none  |
//! | merge   | the spool with its journal: whole rows of all nodes, in the order in which they came   |
//! | tail    | reads all nodes' logs at the same time                                                 |
//! | follow  | leads the run: polls the nodes' processes, stops them, continues without lost ones     |
//! | verify  | at the end: each node's part of the spool against the node's own log                   |
//!
//! Everything behind the spool (statistics, shipping, report, search, compression) sees one log, as over RMI. Rows are distinguished by the
//! name that JMeter puts in front of their threads' names ([`jac_jmeter::properties::direct`]).

mod follow;
mod journal;
mod merge;
mod tail;
mod verify;

pub(super) use follow::follow;
pub(super) use journal::remove as remove_journal;
