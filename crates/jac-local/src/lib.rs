//! Nodes on this machine: a node is a folder, and what runs on it are processes that outlive JAC.
//!
//! Owns the layout of a node's folder, how a process is started detached and ended with all its children, and the
//! keeper that ends a node at its lease. Does not know what the processes are.
//!
//! A node's folder, `<root>/<cluster>/<node>/`:
//! `node.json` what it is · `lease.json` when it ends · `keeper.pid` the process that sees to it ·
//! `processes/<name>/{pid,exit_code,out}` one folder per detached process · all else is the engine's.
//!
//! Linux only: processes are distinguished by their start time in `/proc`, and found by their environment there.

mod blocking;
pub mod cloud;
pub mod keeper;
pub mod lease;
pub mod process;
pub mod remote;

pub use cloud::LocalCloud;
pub use keeper::keep;
pub use remote::LocalRemote;
