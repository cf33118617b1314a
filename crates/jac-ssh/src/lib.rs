//! Nodes on other machines, over SSH: access to a node (`Remote`), and the provider `ssh` for existing machines.
//!
//! Owns the connection to a node, the layout of our folder there, the scripts that run there, and how JMeter gets
//! there. Does not know the purpose of the processes. A node needs sshd with SFTP, a POSIX shell, coreutils, grep, tar,
//! gzip, setsid and `/proc`; nothing is installed outside of `~/.jac`.
//!
//! On a machine, below `~/.jac`: `jmeter/<sha256>/` a JMeter home, kept for the next cluster ·
//! `<installation>/<cluster>/<node>/` a node: `lease` its lease · `keeper.pid` the keeper process ·
//! `processes/<name>/{pid,exit_code,out}` one folder per detached process · everything else belongs to the engine.
//!
//! While a run is followed its nodes send reports ([`reports`]) and are queried only if these are missing.
//!
//! Machines that exist for one cluster only pass on files from the server to each other ([`spread`]).
//!
//! A file records a cluster's machines during its life ([`record_files`]), so that the next JAC finds them.

pub mod checks;
pub mod cloud;
pub mod connection;
mod error;
pub mod examination;
mod exec;
mod free_ports;
pub mod host_keys;
pub mod key;
mod key_cost;
pub mod machine;
pub mod quote;
pub mod record_files;
pub mod records;
pub mod remote;
mod reports;
mod scripts;
mod sftp;
mod shared;
mod short_scalar;
pub mod spread;
mod time;
pub mod tools;
pub mod upload;

pub use checks::HOST_UNFIT;
pub use cloud::{SshCloud, SshSettings};
pub use connection::{Link, Target};
pub use error::LinkError;
pub use remote::SshRemote;
