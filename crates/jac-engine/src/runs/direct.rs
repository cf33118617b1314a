//! Results without RMI: each worker runs the plan by itself and writes its own log; their rows are merged here.
//!
//! | part    | owns                                                                                   |
//! |---------|----------------------------------------------------------------------------------------|
//! | journal | which bytes of the spool came from which node, so that a crash loses and duplicates none |
//! | merge   | the spool with its journal: complete rows of all nodes, in the order of their arrival  |
//! | tail    | reads all nodes' logs in parallel                                                      |
//! | follow  | supervises the run: polls the nodes' processes, stops them, continues without lost ones |
//! | verify  | at the end: each node's part of the spool against the node's own log                   |
//!
//! Everything after the spool (statistics, shipping, report, search, compression) sees one log, as with RMI. Rows are
//! distinguished by the prefix of their threads' names ([`jac_jmeter::properties::direct`]).

mod follow;
mod journal;
mod merge;
mod tail;
mod verify;

pub(super) use follow::follow;
pub(super) use journal::remove as remove_journal;
