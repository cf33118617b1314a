//! `jac-logs` opens result logs, wherever they are and however they are packed, and runs them through `jac-jtl`.
//!
//! It owns files, standard input and decompression; what the bytes mean is `jac-jtl`'s. Memory does not grow with a
//! log's length.

mod filter;
mod input;
mod read;
mod scan;
mod search;

pub use filter::{Bound, Condition, Field, Filter, FilterError, Moment, Test};
pub use input::Input;
pub use read::{LogError, Progress, ReadOptions, first_start, read_logs, read_logs_with};
pub use search::{FoundSample, Keep, Search, SearchResult, search_logs};
