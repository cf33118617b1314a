//! Nodes on this machine: a node is a folder, and its processes outlive JAC.
//!
//! Owns the layout of a node's folder, how a process is started detached and terminated with all its children, and the
//! keeper that terminates a node at the end of its lease. Does not know the purpose of the processes.
//!
//! A node's folder, `<root>/<cluster>/<node>/`:
//! `node.json` its description · `lease.json` its lease · `keeper.pid` the keeper process ·
//! `processes/<name>/{pid,exit_code,out}` one folder per detached process · everything else belongs to the engine.
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
