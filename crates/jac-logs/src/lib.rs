//! `jac-logs` opens result logs, wherever they are and however they are packed, and runs them through `jac-jtl`.
//!
//! It owns files, standard input and decompression; what the bytes mean is `jac-jtl`'s. Memory does not grow with a
//! log's length.

mod input;
mod read;

pub use input::Input;
pub use read::{LogError, Progress, read_logs};
